/* What the files of the simulated LuxPower inverter share; nobody else includes it. */
#ifndef WP_LXP_INVERTER_INSIDE_H
#define WP_LXP_INVERTER_INSIDE_H

#include "sim/core/machine.h"

#include <assert.h>

/* ---- the table ------------------------------------------------------------------------------------ */

/* In the order of the table in lxp_inverter_profiles.c. */
#define LXP_INVERTER_PROFILES_TEXT "lxp3600|protocol1|protocol5|block127|address0|flip|single"

/* INVERTER_<id> is the row's place in lxp_inverter_options. */
enum lxp_inverter_row {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help) INVERTER_##id,
#define FAULT(id, name, type, min, max, choices, help)                             INVERTER_FAULT_##id,
#include "sim/device/lxp_inverter.def"
#undef OPTION
#undef FAULT
    INVERTER_ROWS,
    INVERTER_FIRST_FAULT = INVERTER_FAULT_SILENCE,
    INVERTER_FIRST_STRIKE = INVERTER_FAULT_SEND, /* from here on they happen when they are set */
};

extern const struct wp_option lxp_inverter_options[INVERTER_ROWS];

enum {
    INVERTER_SERIAL_CHARS = 10,  /* characters of either serial number */
    INVERTER_FIRMWARE_CHARS = 4, /* characters */
    INVERTER_HOLDS = 262,        /* hold registers 0..261 */
    INVERTER_INPUTS = 381,       /* input registers 0..380 */
    INVERTER_BLOCK = 127,        /* most registers of one frame */
    INVERTER_FRAME = 300,        /* octets of the longest frame that it sends, as it should be */
    INVERTER_RANGES = 8,         /* of read-only registers */
    INVERTER_FAULT_BYTES = 32,
};

/* ---- profiles: lxp_inverter_profiles.c -------------------------------------------------------------- */

struct lxp_inverter_profile {
    const char *name;
    const char *protocol; /* as the option says it */
    uint8_t address;      /* octet of its replies */
    uint8_t read_max;     /* registers */
    uint8_t clients_max;
    uint8_t push_form; /* registers of a block: 40 or 127 */
};

extern const struct lxp_inverter_profile lxp_inverter_profiles[];
const struct lxp_inverter_profile *lxp_inverter_profile_find(struct wp_slice name);

/* ---- the machine ------------------------------------------------------------------------------------ */

enum {
    INVERTER_DUE_REPLY, /* the request in front is executed */
    INVERTER_DUE_HALF,  /* a client's incomplete request is given up */
    INVERTER_DUE_PUSH,  /* the next frame of a burst */
    INVERTER_DUE_BEAT,
    INVERTER_DUE_REST, /* of a frame whose first octets are out */
    INVERTER_DUES
};

/* One connection. Its octets are in the rx memory of its place. */
struct lxp_inverter_client {
    wp_us heard;    /* when its incomplete request last grew */
    wp_port port;   /* 0: the place is free */
    uint32_t asked; /* counts up over all clients as requests become whole; 0: none waits */
    uint16_t n_rx;
    uint16_t n_request; /* octets of the request that waits */
    uint16_t n_skip;    /* still to come of a frame that is passed over */
};

/* A register away from its default: hold by its number, input with INVERTER_INPUT_BIT. */
enum { INVERTER_INPUT_BIT = 0x8000 };

struct lxp_inverter_cell {
    uint16_t key, value;
};

struct lxp_inverter {
    const struct wp_setup *setup;
    wp_us due[INVERTER_DUES];
    wp_us clock;     /* how far its clock is ahead of the run's */
    uint64_t faults; /* bit n: row INVERTER_FIRST_FAULT + n is on, its value in the store */
    uint32_t push_s, gap_us, beat_ms, reply_us, spread_us;
    uint32_t n_asked, n_replies;
    char serial[INVERTER_SERIAL_CHARS], datalog[INVERTER_SERIAL_CHARS], firmware[INVERTER_FIRMWARE_CHARS];
    uint16_t rx_cap;
    uint16_t n_cells, cell_cap;
    uint16_t n_store, store_cap;
    uint16_t hold_last;
    uint8_t endpoint;
    uint8_t n_clients;  /* places */
    uint8_t busy;       /* place whose request is executed when its reply is due, plus 1; 0: none */
    uint8_t burst;      /* next frame of the burst that runs; 0: none runs */
    uint8_t unanswered; /* heartbeats since one was echoed */
    uint8_t protocol;   /* 1, 2, 5; 0: they flip */
    uint8_t address, read_max, push_form, tail;
    uint8_t n_ranges;
    bool silent_over, echo_needed, flipped, is_resting, is_stopped;
    struct {
        uint16_t first, last;
    } read_only[INVERTER_RANGES];
    struct lxp_inverter_client client[]; /* then the cells, rx of each client, the store */
};

/* ---- what was given: lxp_inverter_options.c --------------------------------------------------------- */

bool lxp_inverter_check(const struct wp_setup *setup, struct wp_writer *why);
size_t lxp_inverter_size(const struct wp_setup *setup);
void lxp_inverter_begin(struct lxp_inverter *m, const struct wp_setup *setup);

/* The value given for a row, else its fallback, else WP_NULL: the profile decides. */
struct wp_value lxp_inverter_given(const struct wp_setup *setup, enum lxp_inverter_row row);
const struct lxp_inverter_profile *lxp_inverter_profile(const struct wp_setup *setup);
/* Places for clients. */
size_t lxp_inverter_n_clients(const struct wp_setup *setup);

/* ---- clients: lxp_inverter_link.c ------------------------------------------------------------------------ */

void lxp_inverter_opened(struct lxp_inverter *m, const struct wp_event *event, struct wp_outbox *out);
void lxp_inverter_closed(struct lxp_inverter *m, const struct wp_event *event);
/* Says goodbye to all of them, and is done. */
void lxp_inverter_stop(struct lxp_inverter *m, struct wp_outbox *out);

#endif
