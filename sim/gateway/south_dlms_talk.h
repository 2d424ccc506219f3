/* Private to the files of south_dlms that ask meters: requests, associations, GETs. */
#ifndef WP_SOUTH_DLMS_TALK_H
#define WP_SOUTH_DLMS_TALK_H

#include "sim/gateway/south_dlms_impl.h"

enum {
    DLMS_COMMAND_IDS_MAX = 64, /* objects of one command */
    DLMS_POLL_IDS_MAX = 32,
    DLMS_CHALLENGE = 16, /* octets of ours */
    DLMS_APDU_MAX = 512, /* octets of one request */
    DLMS_LINK_TRIES = 3, /* of SNRM */
    DLMS_REQUESTS = 15,  /* invoke ids, from 1 on */
};

/* One attribute that is asked for, or one method that is called. */
struct dlms_ask {
    struct obis ln;
    uint16_t class_id;
    int8_t id; /* attribute or method; 0: what was asked for is no object */
    bool is_method;
};

/* A command or a poll on its way. */
struct dlms_request {
    struct dlms_request *next;
    struct session_buffer *got; /* outcomes so far, see south_dlms_outcome.c */
    uint32_t tag;
    uint16_t from;
    uint8_t n, at; /* objects, and the one at hand */
    bool poll;
    bool is_lost; /* there was no buffer for an outcome */
    struct dlms_meter *meter;
    struct dlms_ask ask[];
};

enum dlms_stage {
    DLMS_LINKING,     /* SNRM sent */
    DLMS_ASSOCIATING, /* AARQ sent */
    DLMS_PROVING,     /* the answer to the meter's challenge sent */
    DLMS_ASKING,      /* GET or ACTION sent */
    DLMS_RELEASING,   /* RLRQ sent */
    DLMS_UNLINKING,   /* DISC sent */
};

/* What an association needs; borrowed from its beginning to its end. */
struct dlms_talk {
    struct dlms_request *request; /* NULL: it is answered, what is left is to say goodbye */
    wp_us until;
    uint8_t stage; /* enum dlms_stage */
    uint8_t tries; /* of the link, and of the frame that is out */
    uint8_t associations;
    uint8_t invoke;
    bool is_ciphered;
    bool was_lost;    /* the meter has forgotten the association once already */
    bool asks_scaler; /* attribute 3 of the object at hand */
    bool confirms;    /* attribute 2 of the object whose method was called */
    uint8_t ns, nr;   /* HDLC: of the next frame that is sent, that is awaited */
    uint16_t info_max;
    uint32_t block;                /* the latest one of a long answer; 0: none */
    struct session_buffer *joined; /* its blocks so far; the value, while a scaler is asked for */
    uint32_t counter;              /* the latest invocation counter */
    uint8_t challenge[DLMS_CHALLENGE];
};

/* ---- south_dlms_queue.c ----------------------------------------------------------------------------- */

/* Begins with the next request if none is under way. */
void south_dlms_go_on(struct dlms_south *so, struct dlms_session *s);
/* The request at hand is answered. fault NULL: its outcomes say what came of it. */
void south_dlms_answer_request(struct dlms_south *so, struct dlms_session *s, const char *fault);
/* The talk is over; on to the next request. */
void south_dlms_talk_end(struct dlms_south *so, struct dlms_session *s);

/* ---- south_dlms_association.c ----------------------------------------------------------------------- */

void south_dlms_begin(struct dlms_south *so, struct dlms_session *s);
void south_dlms_release_association(struct dlms_south *so, struct dlms_session *s);
/* The meter has forgotten it: once more. false: that was tried already. */
bool south_dlms_associate_again(struct dlms_south *so, struct dlms_session *s);
void south_dlms_take_aare(struct dlms_south *so, struct dlms_session *s, const struct cosem_plain *plain);
void south_dlms_take_proof(struct dlms_south *so, struct dlms_session *s, const struct cosem_service *reply);
void south_dlms_take_exception(struct dlms_south *so, struct dlms_session *s, const struct cosem_apdu *apdu);
/* The release was answered, or will not be. */
void south_dlms_released(struct dlms_south *so, struct dlms_session *s);
void south_dlms_association_timeout(struct dlms_south *so, struct dlms_session *s);

/* ---- south_dlms_get.c -------------------------------------------------------------------------------- */

/* Asks for the object at hand; when there is none left, the request is finished. */
void south_dlms_ask(struct dlms_south *so, struct dlms_session *s);
void south_dlms_take_get(struct dlms_south *so, struct dlms_session *s, const struct cosem_apdu *apdu);
void south_dlms_take_action(struct dlms_south *so, struct dlms_session *s, const struct cosem_service *reply);
/* Nothing came. */
void south_dlms_get_timeout(struct dlms_south *so, struct dlms_session *s);
void south_dlms_get_failed(struct dlms_south *so, struct dlms_session *s, const char *why);

/* ---- south_dlms_send.c: one APDU to the meter -------------------------------------------------------- */

/* In the meter's transport, ciphered where the association is; the talk waits for `wait` then. */
void south_dlms_send(struct dlms_south *so, struct dlms_session *s, const struct cosem_apdu *apdu,
                     wp_us wait);
/* A frame of HDLC that carries none. */
void south_dlms_send_link(struct dlms_south *so, struct dlms_session *s, enum hdlc_type type, wp_us wait);
/* Puts `plain` as the association protects it. false: no key, or no counter is left. */
bool south_dlms_seal(struct dlms_south *so, struct dlms_session *s, struct wp_slice plain,
                     struct wp_writer *w);
/* What the gateway protects what it says to this meter with. false: no key is known. */
bool south_dlms_secret(struct dlms_south *so, struct dlms_session *s, struct cosem_secret *out);
/* talk->counter is one that was never used. false: there is none left. */
bool south_dlms_next_counter(struct dlms_south *so, struct dlms_session *s);
/* Confirmed, high priority, 1..15 in turn. */
uint8_t south_dlms_next_invoke(struct dlms_session *s);

/* ---- south_dlms_outcome.c: what became of each object ------------------------------------------------ */

struct dlms_scale {
    bool is_known;
    int8_t scaler;
    uint8_t unit;
};

void south_dlms_outcome_good(struct dlms_south *so, struct dlms_request *r, struct wp_slice data,
                             const struct dlms_scale *scale);
/* why   NULL-terminated: "timeout", "object-undefined" */
void south_dlms_outcome_bad(struct dlms_south *so, struct dlms_request *r, const char *why);
/* The reading of all that came, and the one answer. fault NULL: as above. */
void south_dlms_answer(struct dlms_south *so, struct dlms_request *r, const char *fault);
void south_dlms_refuse(struct dlms_south *so, const struct wp_command *command, const char *fault);

#endif
