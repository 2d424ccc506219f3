/* Signing on: what login, heartbeat and last gasp of a meter mean to a south, and what is answered.
 * Nothing here knows the protocol that the meter speaks afterwards, so every south of the listener does alike. */
#ifndef WP_SIGN_ON_H
#define WP_SIGN_ON_H

#include "sim/codec/ivy.h"
#include "sim/core/machine.h"

enum { SIGN_ON_DIGITS = 12, SIGN_ON_ACK_MAX = 64, SIGN_ON_ANSWER_MAX = 300 };

/* The options meters.ack, ack_bytes, crc and zero_address. */
struct sign_on_policy {
    bool accepts_zero, checks_crc, answers;
    uint8_t n_ack; /* 0: the answer that belongs to the message */
    uint8_t ack[SIGN_ON_ACK_MAX];
};

/* What to do with a wrapper. */
enum sign_on_verdict {
    SIGN_ON_OTHER,   /* no session message: empty, an APDU, anything else */
    SIGN_ON_ECHO,    /* an answer: our own, or a foreign master's */
    SIGN_ON_DROPPED, /* a wrong CRC, and the policy minds */
    SIGN_ON_HOSTILE, /* its address is not twelve digits */
    SIGN_ON_WELCOME, /* login or heartbeat: identify it, then answer */
    SIGN_ON_GASP,    /* its power fails: the meter goes */
};

struct sign_on {
    enum sign_on_verdict verdict;
    bool bad_crc;                /* of a session message from a meter, whatever the policy */
    uint64_t address;            /* WELCOME, GASP: twelve hexadecimal digits as DL/T 645 frames have them */
    char device[SIGN_ON_DIGITS]; /* the same as text, without a 0 at its end */
};

/* May such a setup live? false: one sentence in `why`. */
bool sign_on_check(const struct wp_setup *setup, struct wp_writer *why);
struct sign_on_policy sign_on_policy(const struct wp_setup *setup);

struct sign_on sign_on_read(const struct sign_on_policy *policy, const struct ivy_frame *f);
/* Can a meter have this address? Not a broadcast or wildcard one, and zero only if the policy has it. */
bool sign_on_is_meter(const struct sign_on_policy *policy, uint64_t address);
/* The bytes that answer a WELCOME, its ports swapped; nothing is put when it stays unanswered.
 * w    has room for SIGN_ON_ANSWER_MAX bytes */
void sign_on_answer(const struct sign_on_policy *policy, const struct ivy_frame *f, struct wp_writer *w);

/* Does meters listed as "000000000001, 000000000002" (or "*": all) have this one? */
bool sign_on_lists(struct wp_slice list, struct wp_slice device);
/* Is it such a list? */
bool sign_on_is_list(struct wp_slice list);

#endif
