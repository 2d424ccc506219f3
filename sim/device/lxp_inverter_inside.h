/* What the files of the simulated LuxPower inverter share; nobody else includes it. */
#ifndef WP_LXP_INVERTER_INSIDE_H
#define WP_LXP_INVERTER_INSIDE_H

#include "sim/codec/lxp.h"
#include "sim/codec/lxp_register.h"
#include "sim/core/machine.h"
#include "sim/core/random.h"
#include "sim/device/lxp_inverter_physics.h"

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
    INVERTER_FIRST_PHYSICS = INVERTER_PV1_PEAK, /* as many as LXP_PHYSICS_ROWS, in their order */
    INVERTER_FIRST_FAULT = INVERTER_FAULT_SILENCE,
    INVERTER_FIRST_STRIKE = INVERTER_FAULT_SEND, /* from here on they happen when they are set */
};

extern const struct wp_option lxp_inverter_options[INVERTER_ROWS];

enum {
    INVERTER_SERIAL_CHARS = 10,     /* of either serial number */
    INVERTER_FIRMWARE_CHARS = 4,    /* of its code */
    INVERTER_HOLDS = LXP_HOLDS,     /* hold registers 0..261 */
    INVERTER_INPUTS = LXP_INPUTS,   /* input registers 0..380 */
    INVERTER_BLOCK = LXP_COUNT_MAX, /* most registers of one frame */
    INVERTER_FRAME = 300,           /* octets of the longest frame that it sends, as it should be */
    INVERTER_RANGES = 8,            /* of registers that are read only */
    INVERTER_CLOCK_REGISTERS = 3,
    INVERTER_FAULT_BYTES = 32, /* of a fault's value */
};

/* Codes of exceptions. */
enum {
    INVERTER_NO_REGISTER = 2,
    INVERTER_NO_VALUE = 3, /* and: not to be written, or too many */
    INVERTER_NO_MEMORY = 4,
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
    INVERTER_DUE_POWER, /* the dongle is powered again */
    INVERTER_DUE_REST,  /* of a frame whose first octets are out; the dues below wait for it */
    INVERTER_DUE_REPLY, /* the earliest request is executed */
    INVERTER_DUE_HALF,  /* a client's incomplete request is given up */
    INVERTER_DUE_BEAT,
    INVERTER_DUE_PUSH, /* the next frame of a burst, or the next burst */
    INVERTER_DUES
};

/* One connection. Its octets are in the rx of its place. */
struct lxp_inverter_client {
    wp_us heard;        /* when its incomplete request last grew */
    wp_port port;       /* 0: the place is free */
    uint32_t asked;     /* counts up over all clients as requests become whole; 0: none waits */
    uint16_t n_rx;      /* octets in rx */
    uint16_t n_request; /* of the request that waits */
    uint16_t n_skip;    /* still to come of a frame that is passed over */
};

/* A register away from its default: hold by its number, input with INVERTER_INPUT_BIT. */
enum { INVERTER_INPUT_BIT = 0x8000 };

struct lxp_inverter_cell {
    uint16_t key, value;
};

struct lxp_inverter_range {
    uint16_t first, last;
};

struct lxp_inverter {
    const struct wp_setup *setup;
    wp_us due[INVERTER_DUES];
    wp_us clock;     /* how far its clock is ahead of the run's */
    wp_us burst_at;  /* when the last burst began */
    uint64_t faults; /* bit n: row INVERTER_FIRST_FAULT + n is on, its value in the store */
    uint32_t push_ms, beat_ms, gap_us, reply_us, spread_us;
    uint32_t n_asked, n_replies;
    struct lxp_inverter_range read_only[INVERTER_RANGES];
    char serial[INVERTER_SERIAL_CHARS], datalog[INVERTER_SERIAL_CHARS], firmware[INVERTER_FIRMWARE_CHARS];
    uint16_t rx_cap, n_cells, cell_cap, n_store, store_cap, hold_last;
    uint8_t n_clients;  /* places */
    uint8_t n_ranges;   /* in read_only */
    uint8_t busy;       /* place whose request is executed when its reply is due, plus 1; 0: none */
    uint8_t burst;      /* frames of the running burst that are out; 0: none runs */
    uint8_t unanswered; /* heartbeats since one was echoed */
    uint8_t protocol;   /* 0: 2 and 5 take turns */
    uint8_t address, read_max, push_form, tail;
    bool silent_over, echo_needed, flipped, is_off, is_stopped;
    struct lxp_physics physics;
    struct lxp_inverter_client client[]; /* then the cells, rx of each client, the store */
};

/* ---- what was given: lxp_inverter_options.c --------------------------------------------------------- */

bool lxp_inverter_check(const struct wp_setup *setup, struct wp_writer *why);
size_t lxp_inverter_size(const struct wp_setup *setup);
/* As it stands before its dongle has power. */
void lxp_inverter_begin(struct lxp_inverter *m, const struct wp_setup *setup);

/* The value given for a row, else its fallback, else WP_NULL: the profile decides. */
struct wp_value lxp_inverter_given(const struct wp_setup *setup, enum lxp_inverter_row row);
const struct lxp_inverter_profile *lxp_inverter_profile(const struct wp_setup *setup);

/* ---- what changes: lxp_inverter_settings.c ------------------------------------------------------------ */

void lxp_inverter_begin_settings(struct lxp_inverter *m);
/* One row changes while it runs; what happens at once goes out. */
void lxp_inverter_set(struct lxp_inverter *m, const struct wp_event *event, struct wp_outbox *out);
/* At most INVERTER_RANGES of them. */
bool lxp_inverter_ranges(struct wp_slice text, struct lxp_inverter_range *out, uint8_t *ret_n);

/* ---- registers as text: lxp_inverter_text.c --------------------------------------------------------------- */

/* One "21=62292" off the front; *ret_given is false for "21=". false: it does not read, or is above max. */
bool lxp_inverter_next_register(struct wp_slice *text, unsigned max, uint16_t *reg, uint16_t *value,
                                bool *ret_given);
bool lxp_inverter_are_registers(struct wp_slice text, unsigned max);
/* "64=90 80": how many values; 0: it does not read, or there are more than cap. */
unsigned lxp_inverter_read_values(struct wp_slice text, unsigned cap, uint16_t *ret_first, uint16_t *out);
/* "0/40", "hold 0/40", "input 0/40" */
bool lxp_inverter_read_block(struct wp_slice text, bool *ret_is_input, uint16_t *ret_first, uint16_t *ret_n);
/* "21" leaves *ret_code as it is; "21=2" */
bool lxp_inverter_read_rejection(struct wp_slice text, uint16_t *ret_reg, uint16_t *ret_code);
/* One "0-10" or "19" off the front. */
bool lxp_inverter_next_range(struct wp_slice *text, uint16_t *first, uint16_t *last);

/* ---- memory: lxp_inverter_store.c ---------------------------------------------------------------------------- */

/* m->n_cells of them. */
const struct lxp_inverter_cell *lxp_inverter_cells(const struct lxp_inverter *m);
/* false: no room. */
bool lxp_inverter_put_cell(struct lxp_inverter *m, uint16_t key, uint16_t value);
/* All with keys in from..to. */
void lxp_inverter_drop_cells(struct lxp_inverter *m, uint16_t from, uint16_t to);
uint8_t *lxp_inverter_rx(const struct lxp_inverter *m, unsigned place);

enum { INVERTER_STORE_HEAD = 3 }; /* octets that an entry takes besides its own */

/* Borrowed until the next keep or forget; p NULL when there is none. */
struct wp_slice lxp_inverter_recall(const struct lxp_inverter *m, uint8_t key);
/* false: no room; what was there before is gone. */
bool lxp_inverter_keep(struct lxp_inverter *m, uint8_t key, struct wp_slice octets);
void lxp_inverter_forget(struct lxp_inverter *m, uint8_t key);

/* ---- time: lxp_inverter_clock.c --------------------------------------------------------------------------------- */

/* True local time since 1970. */
int64_t lxp_inverter_local_ms(const struct lxp_inverter *m, wp_us now);
int64_t lxp_inverter_ahead_ms(const struct lxp_inverter *m);
/* Hold 12 to 14. */
void lxp_inverter_clock(const struct lxp_inverter *m, wp_us now, uint16_t out[INVERTER_CLOCK_REGISTERS]);
/* What the clock would say, local; false: no such moment. */
bool lxp_inverter_clock_takes(const uint16_t registers[INVERTER_CLOCK_REGISTERS], int64_t *ret_local_ms);
void lxp_inverter_set_clock(struct lxp_inverter *m, wp_us now, int64_t local_ms);

/* ---- registers: lxp_inverter_hold.c, _defaults.c, _image.c -------------------------------------------------------- */

extern const uint16_t lxp_inverter_defaults[INVERTER_HOLDS];

/* n of them from `first` on; 0 for what it has not. */
void lxp_inverter_holds(const struct lxp_inverter *m, wp_us now, unsigned first, unsigned n, uint16_t *out);
void lxp_inverter_inputs(struct lxp_inverter *m, wp_us now, unsigned first, unsigned n, uint16_t *out);
/* One that is not the clock. */
uint16_t lxp_inverter_hold(const struct lxp_inverter *m, unsigned reg);
/* A gateway or the portal writes: 0, or the exception, and nothing is written. */
uint8_t lxp_inverter_write(struct lxp_inverter *m, wp_us now, unsigned first, unsigned n,
                           const uint16_t *values);
/* Whoever may write it. false: no memory left; it has its default now. */
bool lxp_inverter_set_hold(struct lxp_inverter *m, wp_us now, uint16_t reg, uint16_t value);
void lxp_inverter_reset_hold(struct lxp_inverter *m, wp_us now, uint16_t reg);

void lxp_inverter_begin_physics(struct lxp_inverter *m);
bool lxp_inverter_is_physics(enum lxp_inverter_row row);
void lxp_inverter_set_physics(struct lxp_inverter *m, wp_us now, enum lxp_inverter_row row,
                              struct wp_value v);
/* A hold register says something else from now on. */
void lxp_inverter_feel(struct lxp_inverter *m, wp_us now, unsigned reg, uint16_t value);
void lxp_inverter_step_clock(struct lxp_inverter *m, wp_us now, wp_us ahead);

/* ---- clients: lxp_inverter_link.c ---------------------------------------------------------------------------------- */

void lxp_inverter_opened(struct lxp_inverter *m, const struct wp_event *event, struct wp_outbox *out);
void lxp_inverter_closed(struct lxp_inverter *m, const struct wp_event *event);
void lxp_inverter_bytes(struct lxp_inverter *m, const struct wp_event *event, struct wp_outbox *out);
bool lxp_inverter_has_clients(const struct lxp_inverter *m);
void lxp_inverter_close_all(struct lxp_inverter *m, bool reset, struct wp_outbox *out);
void lxp_inverter_lose_power(struct lxp_inverter *m, wp_us now, wp_us how_long);
void lxp_inverter_power_returns(struct lxp_inverter *m, wp_us now, struct wp_outbox *out);
/* Says goodbye to all of them, and is done. */
void lxp_inverter_stop(struct lxp_inverter *m, struct wp_outbox *out);

/* ---- requests: lxp_inverter_receive.c, _serve.c -------------------------------------------------------------------- */

void lxp_inverter_receive(struct lxp_inverter *m, unsigned place, wp_us now, struct wp_slice in,
                          struct wp_outbox *out);
void lxp_inverter_reply_due(struct lxp_inverter *m, wp_us now, struct wp_outbox *out);
void lxp_inverter_half_due(struct lxp_inverter *m, wp_us now);
/* Its client is gone, and with it a request that waits. */
void lxp_inverter_forget_client(struct lxp_inverter *m, unsigned place, wp_us now);

/* Execute a request for us and send what answers it.
 * is_reply  a client asked: the faults of requests and replies act on it */
void lxp_inverter_serve(struct lxp_inverter *m, wp_us now, const struct lxp_frame *request, bool is_reply,
                        struct wp_outbox *out);
/* Of the next frame. */
struct lxp_head lxp_inverter_head(struct lxp_inverter *m);
/* The reply to a read, n up to INVERTER_BLOCK. function: LXP_READ_HOLD, LXP_READ_INPUT */
void lxp_inverter_put_block(struct lxp_inverter *m, wp_us now, uint8_t function, uint16_t first, unsigned n,
                            struct wp_writer *w);

/* ---- unasked: lxp_inverter_push.c, _portal.c ----------------------------------------------------------------------- */

void lxp_inverter_power_up(struct lxp_inverter *m, wp_us now);
void lxp_inverter_push_due(struct lxp_inverter *m, wp_us now, struct wp_outbox *out);
void lxp_inverter_push_now(struct lxp_inverter *m, wp_us now);
void lxp_inverter_set_interval(struct lxp_inverter *m, wp_us now, wp_us interval);
void lxp_inverter_arm_beat(struct lxp_inverter *m, wp_us now);
void lxp_inverter_beat_due(struct lxp_inverter *m, wp_us now, struct wp_outbox *out);
/* row: INVERTER_PORTAL_...; false: the text does not read. */
bool lxp_inverter_portal(struct lxp_inverter *m, wp_us now, enum lxp_inverter_row row, struct wp_slice text,
                         struct wp_outbox *out);

/* ---- misbehaviour: lxp_inverter_faults.c ---------------------------------------------------------------------------- */

struct lxp_inverter_fault {
    int64_t number;
    size_t n;
    uint8_t octets[INVERTER_FAULT_BYTES];
};

void lxp_inverter_set_fault(struct lxp_inverter *m, wp_us now, enum lxp_inverter_row row, struct wp_value v,
                            uint32_t times, struct wp_outbox *out);
bool lxp_inverter_fault_is_good(enum lxp_inverter_row row, struct wp_value v);
/* Octets of the store that one takes at most. */
size_t lxp_inverter_fault_cost(void);
/* Octets of a HEX row; 0: more than cap, or none. */
size_t lxp_inverter_octets(struct wp_value v, uint8_t *out, size_t cap);
bool lxp_inverter_has_fault(const struct lxp_inverter *m, enum lxp_inverter_row row);
/* Is it on? */
bool lxp_inverter_look(const struct lxp_inverter *m, enum lxp_inverter_row row,
                       struct lxp_inverter_fault *out);
/* Is it on? Then one occasion of it is used up. */
bool lxp_inverter_fault(struct lxp_inverter *m, enum lxp_inverter_row row, struct lxp_inverter_fault *out);
bool lxp_inverter_fault_is(const struct lxp_inverter_fault *fault, const char *text);

/* ---- frames on their way out: lxp_inverter_bend.c, _send.c --------------------------------------------------------- */

void lxp_inverter_bend_reply(struct lxp_inverter *m, uint8_t *frame, size_t n);
void lxp_inverter_bend(struct lxp_inverter *m, uint8_t *frame, size_t n);
/* To all clients, with the faults of a frame; those of a reply too. */
void lxp_inverter_send(struct lxp_inverter *m, wp_us now, uint8_t *frame, size_t n, struct wp_outbox *out);
void lxp_inverter_reply(struct lxp_inverter *m, wp_us now, uint8_t *frame, size_t n, struct wp_outbox *out);
void lxp_inverter_rest_due(struct lxp_inverter *m, struct wp_outbox *out);
/* What is kept back of frames is never sent. */
void lxp_inverter_drop_kept(struct lxp_inverter *m);
/* A fault that happens at once. */
void lxp_inverter_strike(struct lxp_inverter *m, wp_us now, enum lxp_inverter_row row, struct wp_value v,
                         struct wp_outbox *out);

#endif
