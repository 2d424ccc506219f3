/* What the files of the simulated DL/T 645 meter share; nobody else includes it. */
#ifndef WP_DLT645_METER_INSIDE_H
#define WP_DLT645_METER_INSIDE_H

#include "sim/codec/dlt645.h"
#include "sim/codec/dlt645_di.h"
#include "sim/core/machine.h"

#include <assert.h>

/* ---- the table ------------------------------------------------------------------------------------ */

/* METER_<id> is the row's place in dlt645_meter_options. */
enum dlt645_meter_row {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help) METER_##id,
#define PIN(id, name, di, unit, min, max, help)                                    METER_##id,
#define FAULT(id, name, type, min, max, choices, help)                             METER_FAULT_##id,
#include "sim/device/dlt645_meter.def"
#undef OPTION
#undef PIN
#undef FAULT
    METER_ROWS,
    METER_FIRST_PIN = METER_TOTAL_ACTIVE,
    METER_FIRST_FAULT = METER_FAULT_SILENCE,
};

enum {
    METER_PHASES_MAX = 3,
    METER_TARIFFS_MAX = 4,
    METER_SLOTS_MAX = 14,
    METER_PUSHES_MAX = 8,
    METER_FAULT_BYTES_MAX = 64, /* of a fault's value */
    METER_FAULT_VALUE_MAX = METER_FAULT_BYTES_MAX + 4,
    METER_LONG_MAX = 1024, /* an answer that goes out in pieces */
};

extern const struct wp_option dlt645_meter_options[METER_ROWS];

/* ---- the machine ---------------------------------------------------------------------------------- */

enum dlt645_meter_state {
    METER_OFF,      /* no power */
    METER_WAITING,  /* not connected, dials at due[METER_DUE_LINK] */
    METER_DIALLING, /* the world has not answered yet */
    METER_ONLINE,
    METER_GONE,    /* vanished: powered, but deaf and dumb */
    METER_STOPPED, /* the run is over */
};

enum {
    METER_DUE_LINK, /* OFF: power returns; WAITING: dial; ONLINE: next login or keep-alive */
    METER_DUE_RX, /* n_busy: that request is executed, or the rest of its reply sent; else its tail is given up */
    METER_DUE_PUSH,
    METER_DUE_RELAY, /* a delayed trip */
    METER_DUES
};

/* What the sensors see. */
struct dlt645_meter_load {
    uint32_t millivolt[METER_PHASES_MAX];
    int32_t milliampere[METER_PHASES_MAX]; /* negative flows back */
    uint32_t scale_permille;
    uint16_t factor_permille[METER_PHASES_MAX];
    uint8_t quadrant;
};

/* Power by register resolution, 0.1 W, var, VA; [0] the total, [1..3] the phases. */
struct dlt645_meter_flow {
    int32_t active[METER_PHASES_MAX + 1];
    int32_t reactive[METER_PHASES_MAX + 1];
    int32_t apparent[METER_PHASES_MAX + 1];
    int32_t milliampere[METER_PHASES_MAX + 1]; /* [0] unused: see dlt645_meter_neutral */
};

/* Energy is counted in 0.1 W ms: power at the register's resolution times whole milliseconds, so that nothing is
 * ever rounded. A register shows 0.01 kWh = 36 kJ of it and turns over at 1 000 000 kWh. */
#define METER_ENERGY_UNIT UINT64_C(360000000)
#define METER_ENERGY_WRAP (METER_ENERGY_UNIT * 100000000)

enum dlt645_meter_quantity {
    METER_FORWARD,
    METER_REVERSE,
    METER_QUADRANT_1,
    METER_QUADRANT_2,
    METER_QUADRANT_3,
    METER_QUADRANT_4,
    METER_APPARENT_FORWARD,
    METER_APPARENT_REVERSE,
    METER_QUANTITIES
};

/* Maximum demand of one direction: the average over demand periods that begin with the clock's hour. */
struct dlt645_meter_demand {
    uint64_t part; /* of the running period, 0.1 W ms */
    uint32_t max;  /* 0.1 W */
    uint32_t
        at_minute; /* end of that period; minutes of the meter's clock since 2000, 0 when there was none */
};

enum dlt645_meter_record_kind {
    METER_SETTLED,
    METER_TIMED,
    METER_INSTANT,
    METER_HOURLY,
    METER_DAILY,
    METER_RECORD_KINDS
};

/* The counters of one settlement or freeze. */
struct dlt645_meter_record {
    uint32_t at_minute;                    /* 0: the cell is empty */
    uint32_t active[2][METER_TARIFFS_MAX]; /* forward, reverse; 0.01 kWh */
    uint32_t quadrant[4];
    uint32_t total[2]; /* truncated once: not the sum of the truncated tariffs */
    struct {
        uint32_t max, at_minute;
    } demand[2];
};

struct dlt645_meter {
    const struct wp_setup *setup;
    wp_us due[METER_DUES];
    wp_us clock;        /* how far the meter's clock is ahead of the run's */
    int64_t settled_ms; /* run time up to which energy is counted */
    int64_t loaded_ms;  /* of the last change of load or relay */
    uint64_t address;
    struct dlt645_meter_demand demand[2];
    struct dlt645_meter_load load;
    wp_port port;
    uint32_t faults; /* bit n: row METER_FIRST_FAULT + n is on, its value in the store */
    uint32_t reply_us, push_ms, beat_ms;
    uint32_t long_di;    /* of the answer that goes out in pieces */
    uint16_t synced_day; /* of the last broadcast time taken */
    uint16_t centihertz;
    int16_t decidegree;
    uint16_t rx_cap, n_rx, n_busy; /* n_busy: bytes of the request in front that waits for its reply */
    uint16_t long_cap, n_long;
    uint16_t store_cap, n_store;
    uint8_t n_slots, n_tariffs, n_phases, n_settlements, n_freezes;
    uint8_t endpoint, state, redials, misses, preamble;
    uint8_t settle_day, settle_hour, demand_min;
    uint8_t login_crc; /* first letter of good, zero, wrong */
    uint8_t piece;     /* bytes of an answer that go into one frame */
    uint8_t seq;       /* of the long answer's last piece sent */
    bool phase_energy, dialling, login_open, relay_open, relay_permitted, relay_commanded_open, keeps_power,
        alarm;
    bool programming, resting; /* resting: the second half of a split reply is in the store */
    uint64_t energy[];         /* then records, slots, rx, the long answer, the store */
};

/* ---- what was given: dlt645_meter_options.c -------------------------------------------------------------- */

bool dlt645_meter_check(const struct wp_setup *setup, struct wp_writer *why);
size_t dlt645_meter_size(const struct wp_setup *setup);
/* The meter as it stands before it has power. */
void dlt645_meter_begin(struct dlt645_meter *m, const struct wp_setup *setup);

/* The value given for a row, else its fallback. */
struct wp_value dlt645_meter_given(const struct wp_setup *setup, enum dlt645_meter_row row);
/* A decimal with so many places, rounded half away from zero; 0 for what is none. */
int64_t dlt645_meter_fixed(struct wp_value v, int decimals);
int64_t dlt645_meter_given_number(const struct wp_setup *setup, enum dlt645_meter_row row, int decimals);
/* Octets of a HEX row, zeros behind them up to cap. Returns how many there were; 0 when more than cap. */
size_t dlt645_meter_octets(struct wp_value v, uint8_t *out, size_t cap);
size_t dlt645_meter_given_octets(const struct wp_setup *setup, enum dlt645_meter_row row, uint8_t *out,
                                 size_t cap);

/* ---- registers held at a value: dlt645_meter_pins.c ------------------------------------------------------------ */

/* One register by its name. */
void dlt645_meter_pin(struct dlt645_meter *m, enum dlt645_meter_row row, struct wp_value v,
                      struct wp_outbox *out);
/* Any by "DI=value, ..."; null lets go of all. */
void dlt645_meter_set_registers(struct dlt645_meter *m, struct wp_value v, struct wp_outbox *out);
/* Bytes that a given value takes of the store. */
size_t dlt645_meter_value_bytes(const struct wp_option_value *given);
bool dlt645_meter_value_is_good(const struct wp_option_value *given, struct wp_writer *why);
/* A set that was not taken; before the machine runs (out NULL) nobody is told. */
void dlt645_meter_refuse(struct wp_outbox *out, const char *what, const char *name);

/* ---- what changes: dlt645_meter_settings.c ----------------------------------------------------------------- */

void dlt645_meter_begin_settings(struct dlt645_meter *m);
/* One row changes while it runs; what happens at once goes out. */
void dlt645_meter_set(struct dlt645_meter *m, const struct wp_event *event, struct wp_outbox *out);
/* The load that the setup gives. */
void dlt645_meter_first_load(const struct dlt645_meter *m, struct dlt645_meter_load *out);

/* ---- memory: dlt645_meter_store.c -------------------------------------------------------------------------- */

struct dlt645_meter_record *dlt645_meter_records(const struct dlt645_meter *m);
uint16_t *dlt645_meter_slots(const struct dlt645_meter *m); /* minute << 3 | tariff, ascending */
uint8_t *dlt645_meter_rx(const struct dlt645_meter *m);
uint8_t *dlt645_meter_long(const struct dlt645_meter *m);

/* The store: what was set, written or is at fault, as bytes by key. Registers are kept under their identifier. */
enum { METER_STORE_HEAD = 6 };
#define METER_KEY_FIRST    UINT32_C(0xFF000000) /* no register at and beyond this one */
#define METER_KEY_FAULT(n) (METER_KEY_FIRST + (uint32_t)(n))
#define METER_KEY_FREEZE   (METER_KEY_FIRST + 0x80) /* minute hour day month of the timed freeze; 99 is every */
#define METER_KEY_REST     (METER_KEY_FIRST + 0x81) /* second half of a split reply */
#define METER_KEY_PUSH     (METER_KEY_FIRST + 0x82) /* identifiers to push, 4 bytes each, high byte first */

/* Borrowed until the next put or drop; p NULL when there is none. */
struct wp_slice dlt645_meter_recall(const struct dlt645_meter *m, uint32_t key);
/* false: no room; what was there before is gone. */
bool dlt645_meter_keep(struct dlt645_meter *m, uint32_t key, struct wp_slice bytes);
void dlt645_meter_forget(struct dlt645_meter *m, uint32_t key);
/* All keys in from..to. */
void dlt645_meter_forget_range(struct dlt645_meter *m, uint32_t from, uint32_t to);

/* ---- time: dlt645_meter_clock.c ----------------------------------------------------------------------- */

#define METER_MS_MINUTE INT64_C(60000)
#define METER_MS_HOUR   INT64_C(3600000)
#define METER_MS_DAY    INT64_C(86400000)

/* Milliseconds since 1970 on the meter's own clock, local time, at run time `ms`. */
int64_t dlt645_meter_local_ms(const struct dlt645_meter *m, int64_t ms);
struct dlt645_time dlt645_meter_date(int64_t local_ms);
unsigned dlt645_meter_weekday(int64_t local_ms); /* 0 is Sunday */
/* false: no such moment (month 13, 31 April, hour 24). */
bool dlt645_meter_moment(const struct dlt645_time *t, int64_t *ret_local_ms);
uint32_t dlt645_meter_minute(int64_t local_ms); /* since 2000 */
int64_t dlt645_meter_minute_ms(uint32_t minute);
uint8_t dlt645_meter_bcd(unsigned two_digits);
/* mm hh DD MM YY */
void dlt645_meter_put_minute(struct wp_writer *w, uint32_t minute);
/* The clock says `local_ms` from now on; what was counted so far was counted by the old one. */
void dlt645_meter_set_clock(struct dlt645_meter *m, wp_us now, int64_t local_ms);
void dlt645_meter_step_clock(struct dlt645_meter *m, wp_us now, wp_us ahead);
/* Broadcast time; whether it was taken. */
bool dlt645_meter_sync(struct dlt645_meter *m, wp_us now, const struct dlt645_time *t);

/* ---- load and energy: dlt645_meter_load.c, _physics.c, _tariffs.c, _history.c ------------------------------ */

void dlt645_meter_flow(const struct dlt645_meter *m, struct dlt645_meter_flow *out);
/* The same for the load that the setup gives, whatever happened since. */
void dlt645_meter_first_flow(const struct dlt645_meter *m, struct dlt645_meter_flow *out);
/* Milliampere in the neutral. */
int32_t dlt645_meter_neutral(const struct dlt645_meter *m, const struct dlt645_meter_flow *flow);
/* Degrees by 0.1 of (active, reactive), 0..3599. */
int dlt645_meter_angle(int32_t active, int32_t reactive);
uint32_t dlt645_meter_root(uint64_t square);

/* Count up to now. Everything that changes load, clock or relay calls it first. */
void dlt645_meter_settle(struct dlt645_meter *m, wp_us now);
/* phase 0: the total; tariff 0: of all of them. In 0.1 W ms below METER_ENERGY_WRAP. */
uint64_t dlt645_meter_energy(const struct dlt645_meter *m, unsigned phase,
                             enum dlt645_meter_quantity quantity, unsigned tariff);
size_t dlt645_meter_n_energy(unsigned n_tariffs, bool phase_energy);
void dlt645_meter_begin_energy(struct dlt645_meter *m);
void dlt645_meter_clear_energy(struct dlt645_meter *m);
void dlt645_meter_clear_demand(struct dlt645_meter *m);
/* The tariff of a moment, and when its slot ends. */
unsigned dlt645_meter_tariff(const struct dlt645_meter *m, int64_t local_ms, int64_t *ret_slot_end);
/* Milliseconds of tariff `tariff` (0: any) in local time from..to. */
int64_t dlt645_meter_tariff_ms(const struct dlt645_meter *m, int64_t from, int64_t to, unsigned tariff);
size_t dlt645_meter_slot_cells(unsigned n_tariffs);
/* 04010001 as it stands on the wire: tariff mm hh, each slot. Bits of enum dlt645_error, 0: taken. */
uint8_t dlt645_meter_write_slots(struct dlt645_meter *m, wp_us now, struct wp_slice bytes);
void dlt645_meter_put_slots(const struct dlt645_meter *m, struct wp_writer *w);
bool dlt645_meter_read_slots(struct wp_slice text, uint16_t out[METER_SLOTS_MAX], uint8_t *ret_n);

/* The next moment in (from, to] of run time at which a record is due, else `to`; *kinds gets a bit for each kind. */
int64_t dlt645_meter_next_record(const struct dlt645_meter *m, int64_t from, int64_t to, unsigned *kinds);
void dlt645_meter_record(struct dlt645_meter *m, enum dlt645_meter_record_kind kind, int64_t ms);
/* The n-th last record of a kind, n from 1. false: none. A settlement before the run is reckoned back. */
bool dlt645_meter_recorded(const struct dlt645_meter *m, enum dlt645_meter_record_kind kind, unsigned n,
                           struct dlt645_meter_record *out);
size_t dlt645_meter_n_records(unsigned n_settlements, unsigned n_freezes);

/* ---- registers: dlt645_meter_registers.c, _parameters.c, _profile.c -------------------------------------- */

/* The bytes of a register or block, settled before; false: it has no such register. */
bool dlt645_meter_read(const struct dlt645_meter *m, uint32_t di, struct wp_writer *w);
/* One register that was neither set nor written: computed, a parameter, a count. */
bool dlt645_meter_compute(const struct dlt645_meter *m, const struct dlt645_register *row, uint32_t di,
                          struct wp_writer *w);
bool dlt645_meter_parameter(const struct dlt645_meter *m, const struct dlt645_register *row,
                            struct wp_writer *w);
void dlt645_meter_put_fill(struct wp_writer *w, size_t n);
/* BCD of the register's size; a value beyond it shows the largest. */
void dlt645_meter_put_number(struct wp_writer *w, int64_t num, unsigned n_bytes, bool is_signed);
/* `count` load profile records, from the moment `from` on (NULL: the last ones). */
bool dlt645_meter_read_profile(const struct dlt645_meter *m, uint32_t di, unsigned count,
                               const struct dlt645_time *from, struct wp_writer *w);
/* 14. Bits of enum dlt645_error, 0: written. */
uint8_t dlt645_meter_write(struct dlt645_meter *m, wp_us now, uint32_t di, struct wp_slice bytes);
/* One more of a counted event (03300000, 1D000001, ...). */
void dlt645_meter_count(struct dlt645_meter *m, uint32_t di);

/* ---- requests: dlt645_meter_control.c, _access.c, _relay.c -------------------------------------------------- */

/* Is it meant for this meter, and does it ever get an answer? */
enum dlt645_meter_call { METER_NOT_OURS, METER_UNANSWERED, METER_ANSWERED };
enum dlt645_meter_call dlt645_meter_called(const struct dlt645_meter *m, const struct dlt645_frame *request);
/* Execute a request that reached this meter. false: no answer is owed. */
bool dlt645_meter_execute(struct dlt645_meter *m, wp_us now, const struct dlt645_frame *request,
                          struct dlt645_frame *out);

/* Level, password and operator code are good enough for what the body asks. */
bool dlt645_meter_may(const struct dlt645_meter *m, uint8_t function, const struct dlt645_body *body);
/* Takes one "04000C=2" off the front of the levels option. */
bool dlt645_meter_next_level(struct wp_slice *text, struct wp_slice *rule, unsigned *level);

/* 1C. Bits of enum dlt645_error, 0: done. */
uint8_t dlt645_meter_relay(struct dlt645_meter *m, wp_us now, const struct dlt645_body *body);
void dlt645_meter_switch(struct dlt645_meter *m, wp_us now, bool open);

/* ---- the line: dlt645_meter_link.c --------------------------------------------------------------------------- */

struct ivy_frame;

void dlt645_meter_power_up(struct dlt645_meter *m, wp_us now);
void dlt645_meter_opened(struct dlt645_meter *m, const struct wp_event *event, struct wp_outbox *out);
void dlt645_meter_closed(struct dlt645_meter *m, const struct wp_event *event);
/* Not connected any more; dials again by and by. */
void dlt645_meter_lost(struct dlt645_meter *m, wp_us now);
void dlt645_meter_link_due(struct dlt645_meter *m, wp_us now, struct wp_outbox *out);
/* The gateway said something that makes sense: the back-off begins anew. */
void dlt645_meter_understood(struct dlt645_meter *m);
/* An answer to a login or keep-alive. */
void dlt645_meter_session(struct dlt645_meter *m, wp_us now, const struct ivy_frame *frame);
/* Unasked readings of these identifiers, 4 bytes each, high byte first. */
void dlt645_meter_push(struct dlt645_meter *m, wp_us now, struct wp_slice dis, struct wp_outbox *out);
void dlt645_meter_push_due(struct dlt645_meter *m, wp_us now, struct wp_outbox *out);
/* An interval changed. */
void dlt645_meter_rearm(struct dlt645_meter *m, wp_us now, enum dlt645_meter_row row);
/* A fault that happens at once; null: it ends. */
void dlt645_meter_strike(struct dlt645_meter *m, wp_us now, enum dlt645_meter_row row, struct wp_value v,
                         struct wp_outbox *out);

/* ---- misbehaviour: dlt645_meter_faults.c ----------------------------------------------------------------------- */

struct dlt645_meter_fault {
    int64_t number;
    size_t n_bytes;
    uint8_t bytes[METER_FAULT_BYTES_MAX];
};

void dlt645_meter_set_fault(struct dlt645_meter *m, wp_us now, enum dlt645_meter_row row, struct wp_value v,
                            uint32_t times, struct wp_outbox *out);
bool dlt645_meter_fault_is_good(enum dlt645_meter_row row, struct wp_value v);
/* As it is kept in the store; returns how many bytes. */
size_t dlt645_meter_fault_bytes(enum dlt645_meter_row row, struct wp_value v, uint32_t times,
                                uint8_t out[METER_FAULT_VALUE_MAX]);
static inline bool dlt645_meter_has_fault(const struct dlt645_meter *m, enum dlt645_meter_row row)
{
    return m->faults >> (row - METER_FIRST_FAULT) & 1;
}
/* Is it on? Then one occasion of it is used up. */
bool dlt645_meter_fault(struct dlt645_meter *m, enum dlt645_meter_row row, struct dlt645_meter_fault *out);
/* Send a frame with the faults that act on it. */
void dlt645_meter_send(struct dlt645_meter *m, wp_us now, const struct dlt645_frame *frame, bool is_reply,
                       struct wp_outbox *out);

#endif
