/* One machine joined of parts: souths, norths, the poller.
 *
 *     world --open, close, bytes, message, acked--> the part that owns the endpoint
 *     world --open--> the door --let in--> the first south of the listener --hand on--> the next one
 *     south --reading, presence--> every north (presence: roster, poller and the other souths too)
 *     north --command--> the south that has the device          poller --command--> the same
 *     south --answer--> who gave the command
 *
 * What passes between the parts goes to the world's outbox first, so the transcript has it before what
 * follows from it, and then at once to the part that it is for. So a part may be stepped while another
 * one's step is under way, and a giver of commands while it gives one (a device that is not there is
 * answered at once): parts give a command as the last thing that they do.
 *
 * The gateway itself waits for nothing but its parts and decodes nothing; WP_BAD never reaches it. */
#include "sim/gateway/gateway_impl.h"
#include "sim/gateway/lxp_inverters.h"

#include <assert.h>

enum { FROM_POLLER = 0 };

/* ---- effects of the parts ------------------------------------------------------------------------- */

static void give_answer(struct gateway *g, const struct wp_effect *effect)
{
    uint16_t from = effect->answer->from;

    g->out->emit(g->out, effect);
    if (from != FROM_POLLER) {
        const struct wp_event e = {.kind = WP_EV_ANSWER, .now = g->now, .answer = effect->answer};

        assert(from <= g->n_parts);
        gateway_step_part(&g->part[from - 1], &e);
    }
}

static const char *who_is_missing(const struct gateway *g, struct wp_slice device)
{
    return lxp_inverters_have(&g->setup.setup, device) ? GATEWAY_NO_INVERTER : GATEWAY_NOT_CONNECTED;
}

static void refuse_command(struct gateway *g, const struct wp_command *command)
{
    const struct wp_answer nobody = {.tag = command->tag,
                                     .from = command->from,
                                     .device = command->device,
                                     .fault = wp_text(who_is_missing(g, command->device))};
    const struct wp_effect refusal = {.kind = WP_ANSWER, .answer = &nobody};

    give_answer(g, &refusal);
}

/* `to` NULL: the device is not there. */
static void give_command(struct gateway *g, uint16_t from, const struct roster_device *to,
                         const struct wp_command *given)
{
    struct wp_command command = *given;
    const struct wp_effect effect = {.kind = WP_COMMAND, .command = &command};
    const struct wp_event event = {.kind = WP_EV_COMMAND, .now = g->now, .command = &command};

    command.from = from;
    g->out->emit(g->out, &effect);
    if (to)
        gateway_step_part(&g->part[to->south], &event);
    else
        refuse_command(g, &command);
}

static void give_poll(void *ctx, const struct roster_device *to, const struct wp_command *command)
{
    give_command(ctx, FROM_POLLER, to, command);
}

static void take_command(struct gateway *g, const struct gateway_part *p, const struct wp_command *command)
{
    give_command(g, (uint16_t)(p->number + 1), roster_find(&g->roster, command->device), command);
}

static void give_reading(struct gateway *g, const struct wp_effect *effect)
{
    const struct wp_event e = {.kind = WP_EV_READING, .now = g->now, .reading = effect->reading};

    g->out->emit(g->out, effect);
    gateway_step_norths(g, &e);
}

void gateway_part_emit(struct wp_outbox *outbox, const struct wp_effect *effect)
{
    struct gateway_part *p = (struct gateway_part *)(void *)outbox;
    struct gateway *g = p->gateway;

    switch (effect->kind) {
    case WP_READING: give_reading(g, effect); break;
    case WP_PRESENCE: gateway_give_presence(g, p->number, effect->presence); break;
    case WP_COMMAND: take_command(g, p, effect->command); break;
    case WP_ANSWER: give_answer(g, effect); break;
    case WP_HANG_UP: gateway_hang_up(g, effect); break;
    case WP_HAND_ON: gateway_hand_on(g, p->number, effect); break;
    default: g->out->emit(g->out, effect); break;
    }
}

/* ---- events --------------------------------------------------------------------------------------- */

static void on_start(struct gateway *g, const struct wp_event *event)
{
    g->facts.started = event->now;
    polling_start(&g->polling, event->now);
    for (size_t i = 0; i < g->n_parts; i++)
        gateway_step_part(&g->part[i], event);
}

static void on_timer(struct gateway *g, const struct wp_event *event)
{
    polling_step(&g->polling, event->now, give_poll, g);
    for (size_t i = 0; i < g->n_parts; i++) {
        struct gateway_part *p = &g->part[i];

        if (p->class->deadline(p->machine) <= event->now)
            gateway_step_part(p, event);
    }
}

static bool has_option(const struct wp_option *table, size_t n, const struct wp_option *option)
{
    return option >= table && option < table + n;
}

static void on_set(struct gateway *g, const struct wp_event *event)
{
    const struct wp_option *option = event->set.option;

    if (option == &gateway_options[GATEWAY_CLOCK])
        g->facts.epoch_us = g->epoch_us + gateway_set_value(event).num;
    else
        polling_set(&g->polling, option, gateway_set_value(event), event->now);
    for (size_t i = 0; i < g->n_parts; i++)
        if (has_option(g->part[i].class->options, g->part[i].class->n_options, option))
            gateway_step_part(&g->part[i], event);
}

/* The souths say goodbye first, so that the norths can still tell. */
static void on_stop(struct gateway *g, const struct wp_event *event)
{
    for (size_t i = 0; i < g->n_parts; i++)
        gateway_step_part(&g->part[i], event);
}

static void gateway_step(void *machine, const struct wp_event *event, struct wp_outbox *out)
{
    struct gateway *g = machine;

    g->out = out;
    g->now = event->now;
    switch (event->kind) {
    case WP_EV_START: on_start(g, event); break;
    case WP_EV_TIMER: on_timer(g, event); break;
    case WP_EV_SET: on_set(g, event); break;
    case WP_EV_STOP: on_stop(g, event); break;
    case WP_EV_COMMAND:
    case WP_EV_ANSWER:
    case WP_EV_READING:
    case WP_EV_PRESENCE:
    case WP_EV_HANDED: break; /* only ever from part to part */
    default: gateway_connection(g, event); break;
    }
    g->out = NULL;
}

static wp_us gateway_deadline(const void *machine)
{
    const struct gateway *g = machine;
    wp_us earliest = polling_deadline(&g->polling);

    for (size_t i = 0; i < g->n_parts; i++) {
        wp_us at = g->part[i].class->deadline(g->part[i].machine);

        if (at < earliest)
            earliest = at;
    }
    return earliest;
}

const struct wp_class wp_gateway_class = {
    .name = "gateway",
    .help = "the reference gateway: any south behind any north",
    .options = gateway_options,
    .n_options = GATEWAY_N_OPTIONS,
    .check = gateway_check,
    .size = gateway_size,
    .init = gateway_init,
    .step = gateway_step,
    .deadline = gateway_deadline,
    .keys = gateway_keys,
};
