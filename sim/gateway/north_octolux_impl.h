/* Private to the files of north_octolux. */
#ifndef WP_NORTH_OCTOLUX_IMPL_H
#define WP_NORTH_OCTOLUX_IMPL_H

#include "sim/codec/lxp_input.h"
#include "sim/core/map.h"
#include "sim/gateway/broker_session.h"
#include "sim/gateway/carve.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/lxp_inverters.h"
#include "sim/gateway/north_octolux.h"

enum { OCTOLUX_TOPIC_MAX = LXP_INVERTER_PREFIX_MAX + 64 };

enum octolux_option {
#define OPTION(id, ...) OCTOLUX_OPT_##id,
#include "sim/gateway/north_octolux_options.def"
#undef OPTION
    OCTOLUX_N_OPTIONS
};

/* The commands in the document's order, those that the document does not have behind them. What each does stands in
 * north_octolux_command.c. */
#define OCTOLUX_COMMANDS(X)                                                                                  \
    X(READ_INPUT, "read_input")                                                                              \
    X(AC_CHARGE, "ac_charge")                                                                                \
    X(FORCED_DISCHARGE, "forced_discharge")                                                                  \
    X(DISCHARGE_PCT, "discharge_pct")                                                                        \
    X(CHARGE_PCT, "charge_pct")                                                                              \
    X(CHARGE_AMOUNT_PCT, "charge_amount_pct")                                                                \
    X(READ_HOLD, "read_hold")                                                                                \
    X(CHARGE_PRIORITY, "charge_priority")

enum octolux_command {
#define X(id, name) OCTOLUX_##id,
    OCTOLUX_COMMANDS(X)
#undef X
        OCTOLUX_N_COMMANDS,
    OCTOLUX_N_DOCUMENTED = OCTOLUX_CHARGE_PRIORITY,
};

extern const char *const octolux_command_names[OCTOLUX_N_COMMANDS];

/* An inverter that has topics. */
struct octolux_inverter {
    char serial[LXP_INVERTER_CHARS];
    uint8_t n_prefix;
    uint32_t prefix; /* where it begins in octolux.prefixes */
};

enum octolux_kind { OCTOLUX_INPUTS, OCTOLUX_HOLD, OCTOLUX_RESULT };

/* A message on its way to the broker. */
struct octolux_message {
    uint32_t inverter; /* index */
    uint16_t number;   /* the set, the register or the command */
    uint8_t kind;
    uint16_t n; /* bytes of the payload */
    uint8_t payload[LXP_INPUT_JSON_MAX];
};

struct octolux {
    const struct wp_setup *setup;

    /* at the broker */
    struct broker_session session;
    bool had_session, always_clean, stopped;
    uint32_t next_subscription, n_subscriptions; /* every command of every inverter in turn */
    uint32_t unanswered;                         /* subscriptions under way */

    /* inverters */
    struct octolux_inverter *inverter;
    uint32_t n_inverters;
    char *prefixes; /* all of them, one behind the other */
    struct wp_map by_serial, by_prefix;

    /* commands */
    unsigned n_commands; /* that are subscribed to */
    bool lenient, accepts_retained;
    uint64_t n_ignored, n_doubtful;

    /* what goes out: a ring, of which the first n_sent are with the broker and not acknowledged */
    struct octolux_message *message;
    uint32_t cap, first, n, n_sent;
    uint32_t first_tag;
    uint64_t n_dropped; /* since the last session */

    struct wp_outbox *out; /* while a step is under way */
    wp_us now;
};

/* ---- north_octolux_setup.c ------------------------------------------------------------------------ */

extern const struct wp_option north_octolux_options[OCTOLUX_N_OPTIONS];
extern const struct broker_account north_octolux_account;

bool north_octolux_check(const struct wp_setup *setup, struct wp_writer *why);
size_t north_octolux_size(const struct wp_setup *setup);
void north_octolux_init(const struct wp_setup *setup, void *memory);
struct wp_value octolux_given(const struct octolux *no, enum octolux_option id);

/* "octolux" */
static inline struct wp_slice octolux_prefix(const struct octolux *no, uint32_t inverter)
{
    const struct octolux_inverter *at = &no->inverter[inverter];

    return wp_slice(no->prefixes + at->prefix, at->n_prefix);
}

/* ---- north_octolux_outbox.c ----------------------------------------------------------------------- */

/* A message to be filled in: payload and n. The oldest one makes room for it. */
struct octolux_message *octolux_begin(struct octolux *no, uint32_t inverter, enum octolux_kind kind,
                                      uint16_t number);
/* It goes to the broker, or waits for it. */
void octolux_end(struct octolux *no, struct octolux_message *m);
/* A session has begun: what waits goes out, in order. */
void octolux_send_waiting(struct octolux *no);
/* The session is gone: what was not acknowledged waits again. */
void octolux_unsend(struct octolux *no);
/* The broker has taken over this message and those before it. */
void octolux_acked(struct octolux *no, uint32_t tag);

/* ---- north_octolux_publish.c: readings and answers to messages ------------------------------------ */

void octolux_take_reading(struct octolux *no, const struct wp_reading *reading);
void octolux_take_answer(struct octolux *no, const struct wp_answer *answer);
void octolux_tell_result(struct octolux *no, uint32_t inverter, enum octolux_command command, bool ok);

/* ---- north_octolux_command.c ---------------------------------------------------------------------- */

void octolux_take_message(struct octolux *no, struct wp_slice topic, struct wp_slice payload, bool retained);

/* A command's tag says whose it is and which, so nothing need be remembered until its answer comes. */
static inline uint32_t octolux_tag(uint32_t inverter, enum octolux_command command)
{
    return inverter * OCTOLUX_N_COMMANDS + command;
}

#endif
