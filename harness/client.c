/*     IDLE --start (not late)--> LOGIN --open--> READY        a step may dial a late one, or one that has gone
 *                                LOGIN --close--> IDLE        READY --close--> IDLE
 *
 * A client never comes back by itself: whether it does is the scenario's to say. */
#include "harness/client.h"

#include <assert.h>

struct client {
    const struct client_plan *plan;
};

static const struct wp_endpoint client_endpoints[] = {{.name = "broker", .transport = WP_BROKER}};

static size_t client_size(const struct wp_setup *setup)
{
    (void)setup;
    return sizeof(struct client);
}

static void client_init(const struct wp_setup *setup, void *memory)
{
    struct client *c = memory;

    *c = (struct client){.plan = setup->plan};
}

static void subscribe_all(const struct client *c, const struct wp_event *open, struct wp_outbox *out)
{
    for (size_t i = 0; i < c->plan->n_filters; i++) {
        const struct wp_effect e = {
            .kind = WP_SUBSCRIBE,
            .port = open->port,
            .subscribe = {.filter = c->plan->filters[i], .qos = c->plan->qos, .tag = (uint32_t)i + 1},
        };

        out->emit(out, &e);
    }
}

static void client_step(void *machine, const struct wp_event *event, struct wp_outbox *out)
{
    struct client *c = machine;
    const struct wp_effect login = {.kind = WP_LOGIN, .login = &c->plan->login};

    if (event->kind == WP_EV_START && !c->plan->late)
        out->emit(out, &login);
    if (event->kind == WP_EV_OPEN)
        subscribe_all(c, event, out);
}

static wp_us client_deadline(const void *machine)
{
    (void)machine;
    return WP_NEVER;
}

const struct wp_class client_class = {
    .name = "client",
    .help = "an MQTT client of the scenario",
    .endpoints = client_endpoints,
    .n_endpoints = 1,
    .size = client_size,
    .init = client_init,
    .step = client_step,
    .deadline = client_deadline,
};
