/* From what a transport delivered to one plain APDU.
 *
 *     payload -> LLC off -> blocks joined -> deciphered -> read
 *
 * - LLC: E6 E6 00, E6 E7 00 (HDLC), 90 01 01 (IEC 61334-4-32); may be missing.
 * - General block transfer, and around it, or inside it, protection: general-glo- and general-ded-ciphering, glo- and
 *   ded-, general-ciphering. At most one block transfer and two protections, no kind of them inside itself.
 * - Whose title belongs to the IV: the one that the APDU carries; else that of the association (AARQ, AARE) for the side
 *   that sends such an APDU; else the configured one; else that of the only entry of the keys that has one.
 *
 * Whose keys: those of the server. An entry of the keys with the sender's own title comes first, one without a title last.
 *
 * A unit is what is remembered of one connection, some 250 octets. Memory for blocks is borrowed while a chain is
 * unfinished, memory for plain text for one call.                                  source: IEC 62056-5-3, 5.7, 9.2 */
#ifndef WP_COSEM_UNIT_H
#define WP_COSEM_UNIT_H

#include "sim/codec/cosem_apdu.h"
#include "sim/codec/cosem_crypt.h"
#include "sim/codec/cosem_gbt.h"
#include "sim/core/pool.h"

enum {
    COSEM_UNIT_MAX = 16384, /* octets of one joined APDU, where nobody wishes otherwise */
    COSEM_LAYERS_MAX = 2,
    COSEM_COUNTERS = 4,
};

/* What is demanded of senders; nothing by default. */
enum cosem_policy {
    COSEM_REQUIRE_TAG = 1 << 0,  /* authenticated, and verified: else DOWNGRADE, or NO_KEY without AK */
    COSEM_REFUSE_PLAIN = 1 << 1, /* no data in clear from a sender whose key is known: DOWNGRADE */
    COSEM_STRICT_COUNTER =
        1 << 2, /* counters rise: else REPLAY. Real meters start again after a change of key */
    COSEM_HEADLESS =
        1 << 3, /* general-glo-ciphering without its tag: 00 | length | ... seen: Elgama, Kaifa PL */
};

/* The counter of one sender under one key. The text is part of the printed form. */
#define COSEM_FRESHNESS(X)                                                                                   \
    X(FRESH, "fresh")       /* above all that were seen */                                                   \
    X(REPEATED, "repeated") /* the highest one once more */                                                  \
    X(LOWER, "lower")                                                                                        \
    X(SPENT, "spent") /* FFFFFFFF: nothing may follow it */

enum cosem_freshness {
#define X(name, text) COSEM_COUNTER_##name,
    COSEM_FRESHNESS(X)
#undef X
};

const char *cosem_freshness_text(enum cosem_freshness freshness);

enum cosem_role { COSEM_CLIENT, COSEM_SERVER };

enum cosem_key { COSEM_KEY_GLOBAL, COSEM_KEY_DEDICATED, COSEM_KEY_BROADCAST };

struct cosem_counter {
    uint8_t title[COSEM_TITLE];
    uint32_t highest;
    uint8_t key; /* enum cosem_key */
    bool is_seen;
};

enum cosem_freshness cosem_counter_look(const struct cosem_counter *counter, uint32_t ic);
/* The next one to send with, of a sender whose last one was *last. false: it is spent, nothing may be sent. */
bool cosem_counter_next(uint32_t *last, uint32_t *ret_ic);

/* One protection that was taken off, or could not be. */
struct cosem_layer {
    uint8_t apdu_tag; /* DB, CC, ... */
    uint8_t sc;
    enum cosem_role role; /* who sent it */
    bool has_title;
    uint8_t title[COSEM_TITLE]; /* the one that was used */
    uint32_t ic;
    enum cosem_tag tag;
    enum cosem_key key;
    enum cosem_freshness freshness;
};

/* What came of a payload. Slices borrow from the payload or from scratch->room, until the next call.
 * apdu      COSEM_UNIT_PLAIN: the plain APDU, read. Refused with NESTING: the shell that is too much.
 * layers    from the outermost; also when the innermost was refused
 * blocks    how many were joined; 0: it came in one piece
 * initiate  of an association: its initiate APDU, deciphered if it was; tag 0: there is none. initiate_fault: why it
 *           could not be deciphered; the association is delivered all the same */
struct cosem_plain {
    struct cosem_apdu apdu;
    struct cosem_layer layer[COSEM_LAYERS_MAX];
    size_t n_layers;
    uint32_t blocks;
    struct cosem_initiate initiate;
    enum wp_fault initiate_fault;
    struct cosem_transfer block; /* PART, AGAIN, ACK: that block */
    enum wp_fault fault;         /* COSEM_UNIT_REFUSED */
    size_t at;                   /* of what was wrong, in the payload; 0 when it was deciphered or joined */
};

enum cosem_unit_result {
    COSEM_UNIT_PLAIN,
    COSEM_UNIT_PART,  /* a block of an unfinished chain; in a confirmed exchange see cosem_gbt_acknowledge */
    COSEM_UNIT_AGAIN, /* a block that is known */
    COSEM_UNIT_ACK,   /* a block without data: the other side acknowledges ours */
    COSEM_UNIT_REFUSED,
};

/* What all units of a machine share.
 * room    for plain and joined text: as much as the longest APDU that is to be read, COSEM_UNIT_MAX usually
 * chains  cells are borrowed for unfinished chains, their size is the longest joined APDU. NULL: every chain was lent
 *         memory by the caller (cosem_gbt_lend), and keeps it */
struct cosem_scratch {
    struct cosem_cipher *cipher;
    uint8_t *room;
    size_t n_room;
    struct wp_pool *chains;
};

/* Zeroed: no keys, no policy. */
struct cosem_unit {
    const struct wp_keys *keys;                                /* outlives it; NULL: none */
    size_t hint;                                               /* the entry that was used last */
    unsigned policy, tolerance;                                /* enum cosem_policy, enum cosem_tolerance */
    uint8_t title[2][COSEM_TITLE], configured[2][COSEM_TITLE]; /* by enum cosem_role */
    bool has_title[2], has_configured[2];
    uint8_t client_side; /* enum wp_side: where the AARQ came from */
    uint8_t n_dedicated;
    uint8_t dedicated[COSEM_KEY_MAX];
    struct cosem_counter
        counter[COSEM_COUNTERS]; /* may be carried over to the next connection of the same device */
    uint8_t counters;            /* how many were ever seen; the oldest gives way */
    struct cosem_gbt chain[2];
    uint8_t protection[2]; /* how the first block of each chain was protected */
};

/* The title of a side, for when neither APDU nor association tells it. */
void cosem_unit_configure(struct cosem_unit *unit, enum cosem_role role, const uint8_t title[COSEM_TITLE]);
/* What an association that was not seen here agreed on: the title of a side, the dedicated key (n 0: none). */
void cosem_unit_learn(struct cosem_unit *unit, enum cosem_role role, const uint8_t title[COSEM_TITLE]);
void cosem_unit_dedicate(struct cosem_unit *unit, struct wp_slice key);

/* Octets of the LLC that `payload` begins with, 0: it has none. */
size_t cosem_llc_length(struct wp_slice payload);

/* One payload, with its LLC or without.
 * from  which side of the connection sent it, as far as that is known; the sides have a chain each
 * Faults: of cosem_apdu_read (the payload, or what was authenticated, is no APDU), of cosem_decipher; DECIPHER (not
 * authenticated and no APDU: a wrong key?), NO_KEY, SYSTEM_TITLE, REPLAY, DOWNGRADE (as the policy says, and blocks of one
 * chain that are not protected alike), NESTING, BLOCK, TOO_LARGE (beyond the room, or no cell was free), UNSUPPORTED
 * (signed; wrapped or agreed keys). */
enum cosem_unit_result cosem_unit_feed(struct cosem_unit *unit, const struct cosem_scratch *scratch,
                                       enum wp_side from, struct wp_slice payload, struct cosem_plain *out);

/* Is a chain unfinished, so that a time limit is due? */
bool cosem_unit_is_waiting(const struct cosem_unit *unit);
/* Gives up unfinished chains: after that time limit, and when the connection ends. */
void cosem_unit_give_up(struct cosem_unit *unit, const struct cosem_scratch *scratch);

/* ---- the other way ---------------------------------------------------------------------------------- */

/* The tag of a plain APDU inside glo- or ded-ciphering (COSEM_GLO, COSEM_DED); 0: it has none. */
uint8_t cosem_shell_tag(enum cosem_form shell, uint8_t plain_tag);

/* Put `plain` enciphered, in a shell: COSEM_GENERAL_GLO, COSEM_GENERAL_DED, COSEM_GLO or COSEM_DED. The secret and sc as
 * cosem_encipher wants them. false: it does not fit (out is full), or there is no such shell for this APDU. */
bool cosem_seal(struct wp_writer *w, struct cosem_cipher *cipher, const struct cosem_secret *secret,
                enum cosem_form shell, uint8_t sc, uint32_t ic, struct wp_slice plain);

#endif
