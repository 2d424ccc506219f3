/* What the files of the simulated Victron service share; nobody else includes it. */
#ifndef WP_VENUS_SERVICE_INSIDE_H
#define WP_VENUS_SERVICE_INSIDE_H

#include "sim/core/machine.h"
#include "sim/device/venus_items.h"

#include <assert.h>

/* SERVICE_<id> is the row's place in venus_service_options. */
enum venus_service_row {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help) SERVICE_##id,
#define FAULT(id, name, type, min, max, choices, help)                             SERVICE_FAULT_##id,
#include "sim/device/venus_service.def"
#undef OPTION
#undef FAULT
    SERVICE_ROWS,
    SERVICE_FIRST_FAULT = SERVICE_FAULT_ITEMS_SLOW,
    SERVICE_FAULTS = SERVICE_ROWS - SERVICE_FIRST_FAULT,
};

extern const struct wp_option venus_service_options[SERVICE_ROWS];

struct venus_service {
    const struct wp_setup *setup;
    struct venus_items_plan plan;
    struct venus_items *items;
    struct wp_slice rows; /* of the playback, from the next one on */
    wp_us next_row;       /* when it is due */
    wp_us start;
    int64_t n_refused;              /* settings that did not go */
    uint32_t times[SERVICE_FAULTS]; /* occasions left of those that count them; 0: until cleared */
    int32_t refusal;                /* what SetValue answers; VENUS_SET_DONE: nothing is refused */
    char name[DBUS_NAME_MAX + 1];
};

/* ---- what was given: venus_service_options.c ---------------------------------------------------------------- */

bool venus_service_check(const struct wp_setup *setup, struct wp_writer *why);
size_t venus_service_size(const struct wp_setup *setup);
void venus_service_begin(struct venus_service *m, const struct wp_setup *setup);
/* The value given for a row, else its fallback, else WP_NULL. */
struct wp_value venus_service_given(const struct wp_setup *setup, enum venus_service_row row);

/* ---- what changes: venus_service_settings.c ------------------------------------------------------------------ */

/* Rows that may change while it runs, as they were given. */
void venus_service_begin_settings(struct venus_service *m);
void venus_service_set(struct venus_service *m, const struct wp_event *event, struct wp_outbox *out);
/* SetValue of a client. */
venus_items_write venus_service_write;

/* ---- playback: venus_service_playback.c ----------------------------------------------------------------------- */

/* "12.5, pvinverter/20, /Ac/Power, 936.0" off the front; false: the text is at its end, or *ret_why says what is wrong. */
struct venus_service_record {
    wp_us at;
    struct wp_slice service, path, value;
};
bool venus_service_next_record(struct wp_slice *text, struct venus_service_record *out, const char **ret_why);
/* Is its value one, as far as can be seen without its item? Otherwise *ret_why says what is wrong. */
bool venus_service_is_record(const struct venus_service_record *record, const char **ret_why);
/* Is it this service's: by bus name, with or without com.victronenergy., TYPE/INSTANCE, or the type? */
bool venus_service_is_for(const struct venus_service *m, struct wp_slice service);
void venus_service_begin_playback(struct venus_service *m, wp_us now);
void venus_service_play(struct venus_service *m, wp_us now, struct wp_outbox *out);

#endif
