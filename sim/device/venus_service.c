/* One Victron service on a message bus.
 *
 *     ON THE BUS --present: false--> OFF IT --present: true--> ON THE BUS          see venus_items.h
 *
 * It does what it is told: values are set by the scenario, by a playback, or by who writes them over the bus. Physics that hold
 * several services together are venus-system's. While it is off the bus its values stay and may be set.
 *
 * What a restart of the machine keeps is what was set of it; what was written over the bus is lost with it. `present`
 * keeps everything, as flash memory does. Messages that cannot be read (WP_BAD) are passed over. */
#include "sim/device/venus_service.h"

#include "sim/device/venus_service_inside.h"

static const struct wp_endpoint endpoints[] = {{.name = "bus", .transport = WP_BUS}};

static void service_init(const struct wp_setup *setup, void *memory)
{
    venus_service_begin(memory, setup);
}

static void start(struct venus_service *m, wp_us now, struct wp_outbox *out)
{
    venus_service_begin_playback(m, now);
    if (venus_service_given(m->setup, SERVICE_PRESENT).yes)
        venus_items_present(m->items, true, now, out);
}

static void timer(struct venus_service *m, wp_us now, struct wp_outbox *out)
{
    venus_service_play(m, now, out);
    venus_items_timer(m->items, now, out);
}

static void service_step(void *machine, const struct wp_event *event, struct wp_outbox *out)
{
    struct venus_service *m = machine;

    switch (event->kind) {
    case WP_EV_START: start(m, event->now, out); break;
    case WP_EV_TIMER: timer(m, event->now, out); break;
    case WP_EV_SET: venus_service_set(m, event, out); break;
    case WP_EV_STOP: venus_items_present(m->items, false, event->now, out); break;
    default:
        if (venus_items_is_mine(m->items, event))
            venus_items_event(m->items, event, out);
        break;
    }
}

static wp_us service_deadline(const void *machine)
{
    const struct venus_service *m = machine;
    const wp_us due = venus_items_due(m->items);

    return due < m->next_row ? due : m->next_row;
}

const struct wp_class venus_service_class = {
    .name = "venus-service",
    .help = "a Victron service on a message bus, of any type",
    .options = venus_service_options,
    .n_options = SERVICE_ROWS,
    .endpoints = endpoints,
    .n_endpoints = sizeof endpoints / sizeof endpoints[0],
    .check = venus_service_check,
    .size = venus_service_size,
    .init = service_init,
    .step = service_step,
    .deadline = service_deadline,
};
