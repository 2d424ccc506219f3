/* The gateway: souths, norths and a poller joined into one machine. */
#ifndef WP_GATEWAY_H
#define WP_GATEWAY_H

#include "sim/core/machine.h"

extern const struct wp_class wp_gateway_class;

/* Options that every gateway has; see gateway_options.def. Parts read them from their setup. */
enum gateway_option {
#define OPTION(id, ...) GATEWAY_##id,
#include "sim/gateway/gateway_options.def"
#undef OPTION
    GATEWAY_N_OPTIONS
};

extern const struct wp_option gateway_options[];

static inline struct wp_value gateway_given(const struct wp_setup *setup, enum gateway_option id)
{
    return wp_setup_value(setup, &gateway_options[id]);
}

/* The value of a SET; null sets the default again. */
static inline struct wp_value gateway_set_value(const struct wp_event *event)
{
    struct wp_value v = event->set.value;

    if (v.kind == WP_NULL && event->set.option->fallback)
        (void)wp_option_read(event->set.option, wp_text(event->set.option->fallback), &v, NULL);
    return v;
}

/* What every part may know about the whole: read through a const pointer, true whenever a part is stepped. */
struct gateway_facts {
    int64_t epoch_us; /* Unix time of now = 0, as the gateway's clock has it */
    wp_us started;
    struct wp_slice name, version;
    struct {
        bool enabled;
        wp_us interval;
        wp_us last_run; /* start of the latest cycle; -1: none yet */
    } polling;
};

/* What a part gets as its setup: `setup` stands first, so that a part finds the facts behind it. */
struct gateway_part_setup {
    struct wp_setup setup;
    const struct gateway_facts *facts;
};

static inline const struct gateway_facts *gateway_facts(const struct wp_setup *setup)
{
    return ((const struct gateway_part_setup *)(const void *)setup)->facts;
}

/* Unix time in milliseconds. */
static inline int64_t gateway_unix_ms(const struct gateway_facts *facts, wp_us at)
{
    return (facts->epoch_us + at) / 1000;
}

/* How many meters may be connected at once: as many as the door lets in (meters.max_connections), whichever
 * south has them, and those that come to a south another way, as its option `*.max_devices` says. */
size_t gateway_max_meters(const struct wp_setup *setup);
/* The same with the inverters, which the gateway dials (lxp_inverters.h), and the services of the D-Bus, as many as the
 * option `*.max_services` of their south says. */
size_t gateway_max_devices(const struct wp_setup *setup);

/* Is there a south behind `self` that goes on with a connection of this endpoint? */
bool gateway_can_hand_on(const struct wp_setup *setup, const struct wp_class *self, const char *endpoint);

/* The fault of every command for a device that is not there; the IVY document has the words for meters. */
#define GATEWAY_NOT_CONNECTED "Meter not connected"
#define GATEWAY_NO_INVERTER   "Inverter not connected"

#endif
