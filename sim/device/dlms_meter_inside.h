/* What the files of the simulated DLMS/COSEM meter share; nobody else includes it. */
#ifndef WP_DLMS_METER_INSIDE_H
#define WP_DLMS_METER_INSIDE_H

#include "sim/codec/axdr.h"
#include "sim/codec/cosem_apdu.h"
#include "sim/codec/cosem_crypt.h"
#include "sim/codec/cosem_time.h"
#include "sim/codec/hdlc.h"
#include "sim/core/machine.h"

#include <assert.h>

/* ---- the table ------------------------------------------------------------------------------------ */

/* In the order of the table in dlms_meter_profiles.c. */
#define DLMS_METER_PROFILES_TEXT                                                                             \
    "em114070|aidon-no-3p|kaifa-no-3p|kaifa-no-1p|kamstrup-no|kamstrup-dk|iskra-ch|iskra-at|lg-e450|"        \
    "netz-noe|sagemcom-at|in-15959|spodes|egd-untagged|zmf100-swapped"

/* METER_<id> is the row's place in dlms_meter_options. */
enum dlms_meter_row {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help) METER_##id,
#define PIN(id, name, c, d, e, unit, exponent, min, max, help)                     METER_PIN_##id,
#define FAULT(id, name, type, min, max, choices, help)                             METER_FAULT_##id,
#include "sim/device/dlms_meter.def"
#undef OPTION
#undef PIN
#undef FAULT
    METER_ROWS,
    METER_FIRST_PIN = METER_PIN_POWER,
    METER_FIRST_FAULT = METER_FAULT_SCALER,
    METER_FIRST_STRIKE = METER_FAULT_SEND, /* from here on they happen when they are set */
};

extern const struct wp_option dlms_meter_options[METER_ROWS];

enum {
    METER_PHASES_MAX = 3,
    METER_SERIAL_MAX = 24,
    METER_KEY = 16,          /* octets of EK and AK */
    METER_PASSWORD_MAX = 32, /* characters */
    METER_CHALLENGE = 32,    /* most octets of a client's challenge; its own has 16 */
    METER_OWN_CHALLENGE = 16,
    METER_BODY_MAX = 2048,                 /* of one push, or of what a GET returns */
    METER_APDU_MAX = METER_BODY_MAX + 128, /* protected */
    METER_FRAME_MAX = HDLC_FRAME_MAX > METER_APDU_MAX + 8 ? HDLC_FRAME_MAX : METER_APDU_MAX + 8,
    METER_HELD_LEAST = 136,
    METER_HELD_MAX = 2048, /* octets of a request that is kept, or of an answer that cannot be made anew */
    METER_FAULT_BYTES = 16,
};

/* ---- profiles: dlms_meter_profiles.c -------------------------------------------------------------- */

/* How a list is laid out; what cosem_push.h calls it is behind the dash. */
enum dlms_meter_shape {
    METER_ARRAY,      /* A{ S{OBIS, value [, S{scaler, unit}]} .. }: array-of-obis-structs */
    METER_STRUCTS,    /* S{ S{OBIS, value [, S{scaler, unit}]} .. }: structs-in-structure */
    METER_POSITIONAL, /* S{ value .. } */
    METER_PAIRS,      /* S{ [text,] OBIS, value .. }: flat-obis */
    METER_TRIPLES,    /* S{ clock, OBIS, value, S{scaler, unit} .., meter number }: flat-obis */
    METER_OBJECTS,    /* S{ A{ S{class, OBIS, attribute, index} .. }, value .. }: push-object-list */
    METER_OBJECTS_6,  /* the same, with restriction and columns in each entry */
    METER_IS15959,    /* S{ device, push setup, clock, value .. } */
    METER_UNTAGGED,   /* class, OBIS and attribute without tags */
    METER_SWAPPED,    /* A{ S{OBIS, value, S{scaler, unit}} .. } with 06 09 where 09 06 is meant */
};

/* What stands in an element. */
enum dlms_meter_what {
    METER_NUMBER, /* of the object, scaled */
    METER_TEXT,   /* `text` */
    METER_SERIAL_NUMBER,
    METER_DEVICE_NAME, /* `text`, ending in the address */
    METER_CLOCK_VALUE,
    METER_TARIFF_VALUE,
    METER_RELAY_STATE,
    METER_SETUP_NAME,  /* OBIS code of the list's push setup */
    METER_SCALER_UNIT, /* of the object: its attribute 3 */
    METER_STATUS_BITS, /* Indian event status word */
    METER_EVENT_CODE,
    METER_EVENT_COUNT,
};

struct dlms_meter_element {
    uint16_t class_id;
    struct obis ln;
    int8_t attribute;
    uint8_t what;  /* enum dlms_meter_what */
    uint8_t tag;   /* enum axdr_tag of the value */
    int8_t scaler; /* of a number */
    uint8_t unit;  /* code; 0: it has no scaler_unit */
    const char *text;
};

struct dlms_meter_list {
    uint8_t shape;     /* enum dlms_meter_shape */
    uint16_t every;    /* of so many pushes one is this list; the last list that fits is sent */
    bool is_hourly;    /* instead: the first push of each hour of its clock */
    struct obis setup; /* its push setup */
    const struct dlms_meter_element *elements;
    size_t n;
};

enum dlms_meter_transport { METER_HDLC, METER_WRAPPER, METER_MBUS, METER_BARE, METER_UDP };

enum dlms_meter_zone { METER_ZONE_NONE, METER_ZONE_TOLD, METER_ZONE_ZERO };

enum dlms_meter_events {
    METER_EVENTS_NONE,    /* it has no way to tell */
    METER_EVENTS_OBJECTS, /* event-notifications of counters and event codes */
    METER_EVENTS_STATUS,  /* a push of the alert list with the event status word */
    METER_EVENTS_LIST,    /* a push of its list, which has the code of what happened */
};

enum { METER_LISTS_MAX = 3 };

struct dlms_meter_profile {
    const char *name;
    char maker[4];      /* of the system title */
    const char *serial; /* ends in as many digits of the address as `serial_digits` */
    uint8_t serial_digits;
    uint8_t phases;
    uint8_t transport; /* enum dlms_meter_transport */
    struct hdlc_address destination, source;
    uint8_t hdlc_type; /* enum hdlc_type of pushes */
    uint16_t hdlc_segment;
    uint8_t mbus_data;
    uint16_t client; /* wPort that it pushes to */
    uint16_t gbt_block;
    uint8_t security; /* SC with the suite; 0: none */
    uint32_t interval_ms;
    uint32_t invoke;  /* long-invoke-id of the first push */
    bool invoke_runs; /* it counts up; else it is always the same */
    bool logs_in;
    uint8_t events;    /* enum dlms_meter_events */
    uint8_t time_form; /* first letter of absent, standard, tagged */
    uint8_t zone;      /* enum dlms_meter_zone */
    uint8_t hundredths, clock_status;
    bool no_weekday;
    uint32_t millivolt;
    int32_t milliampere;
    uint16_t factor_permille;
    uint16_t centihertz;
    const char *device_name;  /* NULL: the maker's letters and zeros, ending in the address */
    const char *manufacturer; /* NULL: it has no such object */
    bool is_bare_bones;       /* none but the objects of its lists, no relay, no load profile */
    struct dlms_meter_list lists[METER_LISTS_MAX];
    struct dlms_meter_list alert; /* n 0: none; not part of the turns */
};

extern const struct dlms_meter_profile dlms_meter_profiles[];
extern const size_t dlms_meter_n_profiles;

/* NULL: there is none of that name. */
const struct dlms_meter_profile *dlms_meter_profile_find(struct wp_slice name);

/* ---- the machine ---------------------------------------------------------------------------------- */

enum dlms_meter_state {
    METER_OFF,      /* no power */
    METER_WAITING,  /* not connected, dials at due[METER_DUE_LINK] */
    METER_DIALLING, /* the world has not answered yet */
    METER_ONLINE,
    METER_GONE,    /* vanished: powered, but deaf and dumb */
    METER_STOPPED, /* the run is over */
};

enum {
    METER_DUE_LINK, /* OFF: power returns; WAITING: dial; ONLINE: next keep-alive */
    METER_DUE_PUSH,
    METER_DUE_RX,   /* n_busy: that request is answered; else what came of one is given up */
    METER_DUE_REST, /* a push goes on behind a pause */
    METER_DUES
};

/* What the sensors see. */
struct dlms_meter_load {
    uint32_t millivolt[METER_PHASES_MAX];
    int32_t milliampere[METER_PHASES_MAX]; /* negative flows back */
    uint16_t factor_permille;
    uint16_t centihertz;
};

/* Energy is counted in mW ms: exactly, at the resolution of the powers. */
enum dlms_meter_counter {
    METER_IMPORT_1, /* tariff 1 */
    METER_IMPORT_2,
    METER_EXPORT_1,
    METER_EXPORT_2,
    METER_REACTIVE, /* import */
    METER_COUNTERS
};

/* One of a few cells: an object that is held at a value, or a fault that is on. */
enum dlms_meter_cell_kind { METER_CELL_FREE, METER_CELL_PIN, METER_CELL_FAULT };

union dlms_meter_cell {
    uint8_t kind; /* enum dlms_meter_cell_kind; both others begin with it */
    struct dlms_meter_pin {
        uint8_t kind;
        uint8_t c, d, e; /* 1-0:c.d.e.255 */
        int8_t exp10;
        int64_t num;
    } pin;
    struct dlms_meter_fault {
        uint8_t kind;
        uint8_t row; /* index from METER_FIRST_FAULT on */
        uint8_t n;
        uint16_t times;                   /* 0: until cleared */
        uint8_t bytes[METER_FAULT_BYTES]; /* of text or octets; else a number in the first eight */
    } fault;
};

/* What the faults do to one APDU: decided when it is made, kept while its pieces go out. */
struct dlms_meter_bend {
    int8_t scaler;
    uint8_t shape; /* 1 + index of the profile whose list it is; 0: its own */
    uint8_t invoke, result;
    uint8_t block, swap; /* pieces, from 1 on; 0: none */
    bool deviation : 1, key : 1, half : 1;
};

enum dlms_meter_job_kind {
    METER_JOB_NONE,
    METER_JOB_PUSH,
    METER_JOB_REQUEST, /* answer made of the GET in `held`, as often as pieces of it are asked for */
    METER_JOB_HELD,    /* answer that stands in `held` */
    METER_JOB_PLAIN,   /* the same, never protected: of the association itself, exceptions */
};

/* An APDU that goes out. It is made anew for each of its pieces, from the moment at which it began: nothing but this
 * is kept of it. */
struct dlms_meter_job {
    wp_us at;
    uint32_t ic;     /* of its protection */
    uint32_t invoke; /* of a push: its long-invoke-id */
    uint32_t block;  /* datablock at hand; 0: it needs none */
    uint16_t piece;  /* segment or frame that goes out next */
    uint8_t kind;    /* enum dlms_meter_job_kind */
    uint8_t list;    /* index of the list; METER_LISTS_MAX: the alert; above: an object */
    struct dlms_meter_bend bend;
};

enum { METER_JOB_ALERT = METER_LISTS_MAX, METER_JOB_OBJECT, METER_JOB_EVENT };

enum dlms_meter_association { METER_CLOSED, METER_HLS_PENDING, METER_ASSOCIATED };

struct dlms_meter {
    const struct wp_setup *setup;
    const struct dlms_meter_profile *profile;
    wp_us due[METER_DUES];
    wp_us clock;   /* how far its clock is ahead of the run's */
    wp_us settled; /* up to when energy is counted */
    int64_t energy[METER_COUNTERS];
    uint64_t number; /* the address */
    struct dlms_meter_load load;
    uint32_t high_mv, low_mv; /* bounds of voltages; 0: none */
    struct dlms_meter_job push, answer;
    uint32_t ic;        /* the next one */
    uint32_t ic_client; /* highest of the client; 0: none yet */
    uint32_t pushes;    /* so far; also the long-invoke-id */
    uint32_t push_ms, beat_ms, reply_us;
    uint32_t faults; /* bit n: row METER_FIRST_FAULT + n is on */
    wp_port port;
    int32_t hour; /* of its clock, of the last push */
    uint16_t rx_cap, n_rx, n_busy, n_held;
    uint16_t client_port, pdu_max; /* of who asks: its wPort, the longest APDU it takes */
    uint16_t gbt_block, hdlc_segment;
    uint16_t n_events[4]; /* voltage high, low, power failures, tampering */
    struct obis object;   /* push.object */
    struct obis event;    /* of the event that is being pushed */
    bool has_object;
    uint8_t event_code, status_bit; /* what happened last */
    uint8_t n_cells;
    uint8_t endpoint, state, redials, transport;
    uint8_t security, push_list, push_form, time_form, zone, login_crc,
        tariff;                         /* forms: their first letters */
    uint8_t association;                /* enum dlms_meter_association */
    uint8_t mechanism, tamper, alarms;  /* alarms: bits of voltages that are out of their bounds */
    uint8_t ns, nr;                     /* of HDLC: next to send, next expected */
    struct hdlc_address client, served; /* of the HDLC link */
    uint32_t conformance;               /* agreed on */
    uint16_t n_associations;            /* so far */
    uint16_t hdlc_answer;               /* most octets of information that the client takes */
    uint8_t n_challenge;
    uint8_t client_title[COSEM_TITLE];
    uint8_t challenge[METER_CHALLENGE];
    bool is_joining, is_last_piece; /* HDLC: of a request in segments; of the answer */
    bool dialling, restored, relay_open, is_linked, is_ciphered, answers_bare, came_bare;
    /* then rx, held */
    union dlms_meter_cell cells[];
};

/* ---- what was given: dlms_meter_options.c ---------------------------------------------------------- */

bool dlms_meter_check(const struct wp_setup *setup, struct wp_writer *why);
size_t dlms_meter_size(const struct wp_setup *setup);
/* The meter as it stands before it has power. */
void dlms_meter_begin(struct dlms_meter *m, const struct wp_setup *setup);

/* NULL: all are taken. */
union dlms_meter_cell *dlms_meter_free_cell(struct dlms_meter *m);
uint8_t *dlms_meter_rx(struct dlms_meter *m);
uint8_t *dlms_meter_held(struct dlms_meter *m);
/* Without the frame around it, but an AARE with GMAC must fit. */
static inline uint16_t dlms_meter_held_cap(const struct dlms_meter *m)
{
    return m->rx_cap < METER_HELD_LEAST ? METER_HELD_LEAST : (uint16_t)(m->rx_cap - 8);
}

/* The value given for a row, else its fallback, else WP_NULL. */
struct wp_value dlms_meter_given(const struct wp_setup *setup, enum dlms_meter_row row);
bool dlms_meter_given_is(const struct wp_setup *setup, enum dlms_meter_row row, const char *text);
/* A decimal with so many places, rounded half away from zero; 0 for what is none. */
int64_t dlms_meter_fixed(struct wp_value v, int decimals);
/* Octets of a HEX row; returns how many, 0 when more than cap. */
size_t dlms_meter_octets(struct wp_value v, uint8_t *out, size_t cap);
size_t dlms_meter_given_octets(const struct wp_setup *setup, enum dlms_meter_row row, uint8_t *out,
                               size_t cap);
/* How many "object=value" a text of the row `register` has. */
size_t dlms_meter_count_pins(const struct wp_option_value *given);

/* ---- what changes: dlms_meter_settings.c, dlms_meter_pins.c --------------------------------------------- */

void dlms_meter_begin_settings(struct dlms_meter *m);
void dlms_meter_set(struct dlms_meter *m, const struct wp_event *event, struct wp_outbox *out);
/* A row of a pin, or `register`; out NULL: nobody is told what is not taken. */
void dlms_meter_set_pin(struct dlms_meter *m, enum dlms_meter_row row, struct wp_value v,
                        struct wp_outbox *out);
void dlms_meter_set_registers(struct dlms_meter *m, struct wp_value v, struct wp_outbox *out);
/* false: not all of it reads. */
bool dlms_meter_registers_read(struct wp_slice text);
const struct dlms_meter_pin *dlms_meter_pinned(const struct dlms_meter *m, struct obis ln);
bool dlms_meter_pin(struct dlms_meter *m, struct obis ln, int64_t num, int exp10);

/* ---- load, energy, clock: dlms_meter_physics.c ------------------------------------------------------------ */

void dlms_meter_begin_physics(struct dlms_meter *m);
/* Count up to now. Everything that changes the load calls it first. */
void dlms_meter_settle(struct dlms_meter *m, wp_us now);
/* The number of an object of electricity at a moment, num * 10^exp10 in V, A, W, Wh, ... as nothing scales it.
 * false: it has none such. */
bool dlms_meter_number(const struct dlms_meter *m, wp_us at, struct obis ln, int64_t *num, int *exp10);
/* num * 10^exp10 / 10^scaler, rounded half away from zero. */
int64_t dlms_meter_scaled(int64_t num, int exp10, int scaler);
/* Milliseconds since 1970 on its clock, UTC. */
int64_t dlms_meter_clock_ms(const struct dlms_meter *m, wp_us at);
struct cosem_time dlms_meter_time(const struct dlms_meter *m, wp_us at, const struct dlms_meter_bend *bend);
/* Hours of its local time since 1970. */
int32_t dlms_meter_hour(const struct dlms_meter *m, wp_us at);

/* ---- what it says of itself: dlms_meter_values.c ------------------------------------------------------------ */

struct dlms_meter_view {
    const struct dlms_meter *m;
    const struct dlms_meter_list *list; /* the push that it stands in; NULL: it is asked for */
    wp_us at;
    const struct dlms_meter_bend *bend;
};

void dlms_meter_put_element(struct wp_writer *w, const struct dlms_meter_view *view,
                            const struct dlms_meter_element *element);
void dlms_meter_put_scaler_unit(struct wp_writer *w, const struct dlms_meter_view *view,
                                const struct dlms_meter_element *element);
void dlms_meter_put_clock(struct wp_writer *w, const struct dlms_meter_view *view);
void dlms_meter_title(const struct dlms_meter *m, uint8_t out[COSEM_TITLE]);
uint8_t dlms_meter_unit(struct obis ln);
void dlms_meter_put_digits(struct wp_writer *w, uint64_t number, unsigned digits);
/* Bits of the Indian event status word. */
enum {
    METER_BIT_VOLTAGE_HIGH = 3,
    METER_BIT_VOLTAGE_LOW = 4,
    METER_BIT_MAGNET = 81,
    METER_BIT_NEUTRAL = 82,
    METER_BIT_COVER = 83,
    METER_BIT_LAST_GASP = 85,
    METER_BIT_FIRST_BREATH = 86,
};

/* ---- its objects: dlms_meter_objects.c ------------------------------------------------------------------------- */

/* Attribute 2 of an object that can be asked for, NULL: it has none of that name. */
const struct dlms_meter_element *dlms_meter_find(const struct dlms_meter *m, struct obis ln);
/* The same of what it tells by events, which not everyone lets be asked for. */
const struct dlms_meter_element *dlms_meter_find_event(struct obis ln);
enum dlms_meter_event { METER_EVENT_HIGH, METER_EVENT_LOW, METER_EVENT_POWER, METER_EVENT_TAMPER };
/* Whose counter that is. */
enum dlms_meter_event dlms_meter_counter_of(struct obis ln);
struct obis dlms_meter_event_object(enum dlms_meter_event event);

/* ---- bodies: dlms_meter_shapes.c ----------------------------------------------------------------------------- */

void dlms_meter_put_list(struct wp_writer *w, const struct dlms_meter_view *view);

/* ---- pushes: dlms_meter_push.c -------------------------------------------------------------------------------- */

/* The next list in turn, or what the options say instead. */
void dlms_meter_push(struct dlms_meter *m, wp_us now, struct wp_outbox *out);
void dlms_meter_push_due(struct dlms_meter *m, wp_us now, struct wp_outbox *out);
void dlms_meter_arm_push(struct dlms_meter *m, wp_us now);
/* What is done to it now, by its letter: o nothing, c cover, m magnet, n neutral. */
void dlms_meter_tamper(struct dlms_meter *m, wp_us now, uint8_t how, struct wp_outbox *out);
/* The plain APDU of a push. */
void dlms_meter_put_push(struct wp_writer *w, const struct dlms_meter *m, const struct dlms_meter_job *job);
/* Something happened, in the way in which the profile tells it. */
void dlms_meter_event(struct dlms_meter *m, wp_us now, enum dlms_meter_event event, struct wp_outbox *out);

/* ---- out to the wire: dlms_meter_line.c, dlms_meter_security.c ------------------------------------------------------ */

/* Everything of the push that is not sent yet. */
void dlms_meter_send_push(struct dlms_meter *m, wp_us now, struct wp_outbox *out);
/* One frame, with the faults that act on frames. */
void dlms_meter_send_frame(struct dlms_meter *m, uint8_t *frame, size_t n, struct wp_outbox *out);
/* `plain` as its association or profile has it protected. */
void dlms_meter_protect(struct wp_writer *w, const struct dlms_meter *m, const struct dlms_meter_job *job,
                        struct wp_slice plain);
/* The security control octet of what is protected. */
uint8_t dlms_meter_control(const struct dlms_meter *m);
/* A job that begins now: its counter, its faults. false: its counter is spent, nothing may be sent. */
bool dlms_meter_begin_job(struct dlms_meter *m, wp_us now, enum dlms_meter_job_kind kind,
                          struct dlms_meter_job *job);
bool dlms_meter_next_counter(struct dlms_meter *m, struct dlms_meter_job *job);
/* Its own secrets. `memory` holds the keys. */
struct dlms_meter_keys {
    uint8_t ek[METER_KEY], ak[METER_KEY], title[COSEM_TITLE];
};
/* One: its own, with its title. */
void dlms_meter_tell_keys(const struct wp_setup *setup, wp_take_key *take, void *ctx);
struct cosem_secret dlms_meter_secret(const struct dlms_meter *m, struct dlms_meter_keys *memory);

/* ---- the line: dlms_meter_link.c ------------------------------------------------------------------------------------- */

struct ivy_frame;

void dlms_meter_power_up(struct dlms_meter *m, wp_us now);
void dlms_meter_opened(struct dlms_meter *m, const struct wp_event *event, struct wp_outbox *out);
void dlms_meter_closed(struct dlms_meter *m, const struct wp_event *event);
void dlms_meter_lost(struct dlms_meter *m, wp_us now);
void dlms_meter_link_due(struct dlms_meter *m, wp_us now, struct wp_outbox *out);
/* The gateway said something that makes sense: the back-off begins anew. */
void dlms_meter_understood(struct dlms_meter *m);
void dlms_meter_arm_beat(struct dlms_meter *m, wp_us now);
void dlms_meter_strike(struct dlms_meter *m, wp_us now, enum dlms_meter_row row, struct wp_value v,
                       struct wp_outbox *out);

/* ---- requests: dlms_meter_receive.c, _hdlc.c, _server.c, _association.c, _objects.c ----------------------------------- */

void dlms_meter_receive(struct dlms_meter *m, wp_us now, struct wp_slice in, struct wp_outbox *out);
void dlms_meter_rx_due(struct dlms_meter *m, wp_us now, struct wp_outbox *out);
/* Nothing of the connection is left. */
void dlms_meter_forget_session(struct dlms_meter *m);

/* _hdlc.c: is that frame for this meter? */
bool dlms_meter_hdlc_is_ours(const struct dlms_meter *m, const struct hdlc_frame *frame);
void dlms_meter_hdlc_frame(struct dlms_meter *m, wp_us now, struct wp_slice in, struct wp_outbox *out);
void dlms_meter_hdlc_answer(struct dlms_meter *m, struct wp_slice apdu, struct wp_outbox *out);

/* _server.c: one APDU that was asked, without its frame. */
void dlms_meter_serve(struct dlms_meter *m, wp_us now, struct wp_slice in, struct wp_outbox *out);
/* fault.silence for such a request. */
bool dlms_meter_is_silent(struct dlms_meter *m, const char *request);
enum wp_fault dlms_meter_decipher(struct dlms_meter *m, const struct cosem_ciphered *ciphered, uint8_t *room,
                                  size_t n_room, struct wp_slice *plain);

/* _write.c: each executes and answers. */
void dlms_meter_serve_set(struct dlms_meter *m, wp_us now, const struct cosem_apdu *request,
                          struct wp_outbox *out);
void dlms_meter_serve_set_list(struct dlms_meter *m, wp_us now, const struct cosem_apdu *request,
                               struct wp_outbox *out);
void dlms_meter_serve_action(struct dlms_meter *m, wp_us now, const struct cosem_apdu *request,
                             struct wp_outbox *out);

/* _answer.c */
void dlms_meter_hold(struct dlms_meter *m, struct wp_slice bytes);
void dlms_meter_reply(struct dlms_meter *m, wp_us now, enum dlms_meter_job_kind kind,
                      const struct cosem_apdu *apdu, struct wp_outbox *out);
void dlms_meter_exception(struct dlms_meter *m, wp_us now, uint8_t state, uint8_t service,
                          struct wp_outbox *out);
/* The piece of the answer that is at hand. */
void dlms_meter_send_answer(struct dlms_meter *m, struct wp_outbox *out);

/* _association.c */
void dlms_meter_forget_association(struct dlms_meter *m);
void dlms_meter_associate(struct dlms_meter *m, wp_us now, const struct cosem_association *aarq,
                          struct wp_outbox *out);
void dlms_meter_release(struct dlms_meter *m, wp_us now, struct wp_outbox *out);
void dlms_meter_challenge(const struct dlms_meter *m, uint8_t out[METER_OWN_CHALLENGE]);
/* f of its challenge is right: the client is who it says, and gets f of its own. */
bool dlms_meter_prove(struct dlms_meter *m, struct wp_slice f, uint8_t out[COSEM_GMAC]);

/* _get.c: the response to the request in `held`; data-access-results. */
void dlms_meter_put_response(struct wp_writer *w, struct dlms_meter *m);
uint8_t dlms_meter_attribute_status(const struct dlms_meter *m, const struct cosem_attribute *a);

/* _buffer.c: the load profile. */
struct obis dlms_meter_buffer_object(void);
bool dlms_meter_selection_is_good(const struct dlms_meter *m, const struct cosem_attribute *a);
void dlms_meter_put_buffer(struct wp_writer *w, const struct dlms_meter_view *view,
                           const struct cosem_attribute *a);

/* ---- misbehaviour: dlms_meter_faults.c ----------------------------------------------------------------------------------- */

void dlms_meter_set_fault(struct dlms_meter *m, wp_us now, enum dlms_meter_row row, struct wp_value v,
                          uint32_t times, struct wp_outbox *out);
/* Is it on? Then one occasion of it is used up. number: NULL for who does not ask. */
bool dlms_meter_fault(struct dlms_meter *m, enum dlms_meter_row row, int64_t *number);
/* NULL: it is off. */
const struct dlms_meter_fault *dlms_meter_fault_slot(const struct dlms_meter *m, enum dlms_meter_row row);
/* The same of octets or text, which are borrowed until the next set. */
bool dlms_meter_fault_octets(struct dlms_meter *m, enum dlms_meter_row row, struct wp_slice *octets);
/* Is it on? Nothing is used up. */
bool dlms_meter_has_fault(const struct dlms_meter *m, enum dlms_meter_row row, int64_t *number);
bool dlms_meter_fault_is_good(enum dlms_meter_row row, struct wp_value v);

#endif
