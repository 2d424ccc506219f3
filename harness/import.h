/* A capture made into a play: each device connection becomes a playback device, what clients asked the gateway over MQTT
 * becomes steps, and what was published becomes expectations. Services of a message bus become simulated ones, whose
 * values change by steps as they did.
 *
 * A connection, or an exchange of datagrams, is a device's when its protocol is one that the reference gateway has a south for; the gateway in it is who
 * asks. Everything of the capture lives in the import's arena. */
#ifndef WP_IMPORT_H
#define WP_IMPORT_H

#include "harness/contract.h"
#include "harness/packet.h"
#include "harness/play.h"
#include "sim/core/decode.h"

enum { IMPORT_DEVICES_MAX = 500, IMPORT_ITEMS_MAX = 1000000, IMPORT_MESSAGES_MAX = 100000 };

/* What a device sent unasked, or was asked. */
struct import_item {
    bool is_question;
    int64_t ns, delay_ns; /* since the capture's first packet; from question to answer */
    uint64_t packet;
    struct wp_slice wire, answer;   /* answer: empty when none came */
    const char *text, *answer_text; /* the decoded lines */
    struct import_item *next;
};

struct import_device {
    char name[24]; /* m1, m2, ... */
    const struct wp_codec *codec;
    struct packet_addr device, gateway;
    int64_t open_ns, close_ns; /* close_ns -1: it did not hang up itself */
    bool reset, datagrams;     /* datagrams: over UDP, open_ns is the first one's, and nothing closes it */
    bool listens;              /* its south dials: all its connections are one, and nothing closes it */
    struct wp_slice inverter, datalog; /* of those, what it is called; empty: it never said so */
    struct import_item *items, **tail, *last;
    size_t n_items, n_left_out; /* bytes that were no frame and too many to keep */
    struct import_device *next;
};

/* A message on a topic of an API. */
struct import_message {
    int64_t ns;
    uint64_t packet;
    bool is_request; /* a client's; else the gateway's */
    struct wp_slice topic, payload;
    uint8_t qos;
    bool retain;
    struct import_message *next;
};

/* A service of a message bus: a simulated one stands for it. */
struct import_service {
    char name[24];            /* v1, v2, ... */
    struct wp_slice bus_name; /* com.victronenergy.grid.cgwacs_ttyUSB0_di30_mb1 */
    int64_t open_ns;
    struct import_value { /* what it starts with, in the words of venus-service's option `values` */
        const char *words;
        struct import_value *next;
    } * values, **tail;
    bool is_away;      /* at the end of the capture */
    size_t n_left_out; /* values that those words have nothing for */
    struct import_service *next;
};

enum import_change_kind { IMPORT_VALUE, IMPORT_LEAVES, IMPORT_COMES };

struct import_change {
    int64_t ns;
    uint64_t packet;
    enum import_change_kind kind;
    struct import_service *service;
    const char *words; /* IMPORT_VALUE: all that one message said */
    struct import_change *next;
};

struct import {
    struct arena arena;
    const char *capture; /* its name */
    bool is_readable;    /* to its end, whatever it holds */
    const char *broken;  /* else: where it breaks; what stands before that is imported */
    int64_t first_ns, last_ns;
    struct import_device *devices, **device_tail;
    size_t n_devices, n_items;
    struct import_service *services, **service_tail;
    struct import_change *changes, **change_tail; /* by time */
    size_t n_services, n_changes;
    struct import_message *messages, **message_tail; /* by time */
    size_t n_messages, n_requests;
    size_t n_without_south;    /* connections of codecs that no south speaks */
    const char *without_south; /* the first of those codecs; NULL: none */
    struct wp_slice ids[32];   /* what was read, as polling.ids has them */
    size_t n_ids;
};

/* Reads the capture. false: `why` has a sentence. import_free is due either way. `contracts`: whose topics count. */
bool import_read(struct import *im, const char *path, const struct contract_set *contracts,
                 struct wp_writer *why);
void import_free(struct import *im);

static inline bool import_has_any(const struct import *im)
{
    return im->n_devices > 0 || im->n_services > 0;
}

/* What the gateway of the play is to be: norths and options of a file for `wattproof gateway`; NULL: the first north,
 * polling what the capture's gateway read. It has the keys of keys_given(), for its souths that decipher; of the file's
 * secrets only keys are taken. false: `why` has a sentence. */
struct import_gateway {
    const char *text; /* the scenario's key `gateway`, a line */
};
bool import_gateway(struct import *im, const char *file, struct import_gateway *out, struct wp_writer *why);

/* A growing text. */
struct import_text {
    char *p;
    size_t n, cap;
};
void import_put(struct import_text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void import_text_free(struct import_text *t);

/* The frames file. */
void import_put_frames(const struct import *im, struct import_text *out);

/* What is expected after the stimulus with the given number (0: the start), as lines of steps; NULL: nothing. */
typedef void import_expect(void *ctx, size_t stimulus, struct import_text *out);

struct import_scenario {
    const char *name, *frames; /* the scenario's, and the frames file's */
    const char *gateway;       /* the key's line */
    int64_t epoch_ms;
    const char *golden; /* the path; NULL: none */
    bool update;        /* write it anew */
    const char *link;   /* of the devices' lines: "{latency: 40ms}"; NULL: clean ones */
    import_expect *expect;
    void *ctx;
    bool to_the_end; /* wait until the capture's end */
};

void import_put_scenario(const struct import *im, const struct import_scenario *s, struct import_text *out);

/* ---- playing it --------------------------------------------------------------------------------------- */

/* One publication of a play. */
struct import_published {
    wp_us at;
    size_t stimulus; /* after which it came, and when that was */
    wp_us since;
    struct wp_slice topic, payload;
    uint8_t qos;
    bool retain;
};

/* Something that a device could not do as captured: PLAYBACK_UNKNOWN and its like. */
struct import_note {
    const char *device, *what, *text;
    uint64_t times;
    struct import_note *next;
};

struct import_play {
    struct arena arena;
    struct import_published *published; /* by the gateway */
    size_t n, cap;
    struct import_note *notes, **note_tail;
    uint64_t n_unknown; /* questions that the capture does not know */
    struct scenario_result result;
    bool has_result;
};

/* Plays it in the virtual world. `also` hears everything; NULL: nobody. false: it could not be played: `why`. */
bool import_play(const struct import *im, const struct import_scenario *s,
                 const struct contract_set *contracts, uint64_t seed, struct wp_sink *also,
                 struct import_play *out, struct wp_writer *why);
void import_play_free(struct import_play *p);

/* ---- expectations ------------------------------------------------------------------------------------- */

struct import_expectations;

/* What three plays of it, of another epoch and over slower lines, publish alike; where the capture has publications, what
 * of it those say too. NULL: `why`. */
struct import_expectations *import_expectations_new(const struct import *im, const struct import_scenario *s,
                                                    const struct contract_set *contracts,
                                                    struct wp_writer *why);
void import_expectations_free(struct import_expectations *e); /* NULL is fine */
import_expect import_expectations_put;
size_t import_expectations_count(const struct import_expectations *e);
/* Publications of the capture that the reference gateway does not make. */
size_t import_expectations_missing(const struct import_expectations *e);

#endif
