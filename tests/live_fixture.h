/* A live world for tests: probes on real sockets and a real mosquitto, and a trace of their records.
 *
 * A probe does what the test acts in its name, and counts what it hears for the test to look at. */
#ifndef WP_LIVE_FIXTURE_H
#define WP_LIVE_FIXTURE_H

#include "tests/world_trace.h"

#include <stdlib.h>
#include <unistd.h>

struct probe {
    unsigned starts, sets, opens, closes, acked, refused, subacked, messages, bytes_events, stops;
    size_t bytes;
    enum wp_close_reason reason;
    uint8_t code, granted;
    wp_port port;
    bool session_present;
    char last[256];
    struct wp_addr peer, own;
    bool echo;
    wp_us tick, next; /* it wakes every `tick` */
    unsigned ticks;
};

static struct probe probes[2048]; /* where the test looks; by the number in the machine's name */

static size_t probe_size(const struct wp_setup *setup)
{
    (void)setup;
    return sizeof(struct probe *);
}

static void probe_init(const struct wp_setup *setup, void *memory)
{
    struct probe **p = memory;

    *p = &probes[atoi(setup->name + 1)];
}

static void probe_keep(struct probe *p, struct wp_slice s)
{
    size_t n = s.n < sizeof p->last - 1 ? s.n : sizeof p->last - 1;

    if (n > 0)
        memcpy(p->last, s.p, n);
    p->last[n] = 0;
}

static void probe_step(void *memory, const struct wp_event *e, struct wp_outbox *out)
{
    struct probe *p = *(struct probe **)memory;

    switch (e->kind) {
    case WP_EV_START:
        p->starts++;
        p->next = p->tick ? e->now + p->tick : WP_NEVER;
        break;
    case WP_EV_OPEN:
        p->opens++;
        p->port = e->port;
        p->session_present = e->open.session_present;
        p->peer = e->open.peer;
        p->own = e->open.own;
        break;
    case WP_EV_CLOSE:
        p->closes++;
        p->reason = e->close.reason;
        p->code = e->close.code;
        p->port = 0;
        break;
    case WP_EV_BYTES:
        p->bytes_events++;
        p->bytes += e->bytes.n;
        probe_keep(p, e->bytes);
        if (p->echo)
            wp_send(out, e->port, e->bytes);
        break;
    case WP_EV_MESSAGE:
        p->messages++;
        p->bytes += e->message.payload.n;
        probe_keep(p, e->message.payload);
        break;
    case WP_EV_ACKED: *(e->acked.ok ? &p->acked : &p->refused) += 1; break;
    case WP_EV_SUBACKED:
        p->subacked++;
        p->granted = e->subacked.code;
        break;
    case WP_EV_TIMER:
        p->ticks++;
        p->next = e->now + p->tick;
        break;
    case WP_EV_SET:
        p->sets++;
        probe_keep(p, e->set.value.bytes);
        break;
    case WP_EV_STOP: p->stops++; break;
    default: break;
    }
}

static wp_us probe_deadline(const void *memory)
{
    const struct probe *p = *(struct probe *const *)memory;

    return p->tick ? p->next : WP_NEVER;
}

static const struct wp_class probe_class = {
    .name = "probe", .size = probe_size, .init = probe_init, .step = probe_step, .deadline = probe_deadline};

/* ---- the log --------------------------------------------------------------------------------------- */

struct live_fixture {
    struct wp_sink sink;
    struct wp_transcript transcript;
    struct wp_world *world;
    struct trace trace;
    bool quiet; /* counts only */
    unsigned count[WP_REC_WIRE + 1];
    struct wp_setup *setups[2048];
    size_t n_setups;
};

static void take_record(struct wp_sink *sink, const struct wp_record *r)
{
    struct live_fixture *f = (struct live_fixture *)(void *)sink;

    f->count[r->kind]++;
    if (!f->quiet)
        trace_take(&f->trace.sink, r);
}

/* ---- the world ------------------------------------------------------------------------------------- */

static inline bool has_mosquitto(void)
{
    return access("/usr/sbin/mosquitto", X_OK) == 0 || system("command -v mosquitto >/dev/null 2>&1") == 0;
}

static inline void fixture_open(struct live_fixture *f, struct wp_world_setup setup)
{
    static char plugin[512];
    char text[2048];
    struct wp_writer why = wp_writer(text, sizeof text);
    const char *build = getenv("WATTPROOF_BUILD");

    memset(probes, 0, sizeof probes);
    *f = (struct live_fixture){.sink = {take_record}};
    wp_transcript_add(&f->transcript, &f->sink);
    snprintf(plugin, sizeof plugin, "%s/wattproof_access.so", build ? build : "build/dev");
    setup.transcript = &f->transcript;
    setup.plugin = plugin;
    f->world = world_live_new(&setup, &why);
    ck_assert_msg(f->world, "%s", wp_put_end(&why));
}

static inline void fixture_close(struct live_fixture *f)
{
    world_free(f->world);
    for (size_t i = 0; i < f->n_setups; i++)
        free(f->setups[i]);
}

static const struct wp_endpoint broker_endpoint[] = {{.name = "broker", .transport = WP_BROKER}};

/* name: a letter and its number. */
static inline wp_machine fixture_add(struct live_fixture *f, const char *name, uint32_t ip,
                                     const struct wp_endpoint *endpoints, size_t n,
                                     const struct wp_link_setup *link)
{
    struct wp_setup *setup = calloc(1, sizeof *setup + strlen(name) + 1);

    ck_assert_ptr_nonnull(setup);
    setup->name = strcpy((char *)(setup + 1), name);
    setup->ip = ip;
    setup->endpoints = endpoints;
    setup->n_endpoints = n;
    f->setups[f->n_setups++] = setup;
    return world_add(f->world, &probe_class, setup, link);
}

static inline wp_machine fixture_client(struct live_fixture *f, const char *name)
{
    return fixture_add(f, name, 0, broker_endpoint, 1, NULL);
}

static inline void fixture_start(struct live_fixture *f)
{
    ck_assert_msg(world_start(f->world), "%s", world_error(f->world));
}

/* Runs until `*what` is at least n; at most 30 s, for a machine under load is slow but not wrong. */
static inline void run_until(struct live_fixture *f, const unsigned *what, unsigned n)
{
    wp_us limit = world_now(f->world) + WP_SEC(30);

    while (*what < n) {
        enum wp_world_end end = world_run(f->world, world_now(f->world) + WP_MS(1));

        ck_assert_msg(end != WP_WORLD_ERROR, "%s", world_error(f->world));
        ck_assert_msg(world_now(f->world) < limit, "%u of %u after 30 s; the log:\n%s", *what, n,
                      f->trace.text);
    }
}

static inline void run_for(struct live_fixture *f, wp_us time)
{
    enum wp_world_end end = world_run(f->world, world_now(f->world) + time);

    ck_assert_msg(end != WP_WORLD_ERROR, "%s", world_error(f->world));
}

static inline void act(struct live_fixture *f, wp_machine m, struct wp_effect effect)
{
    world_act(f->world, m, &effect);
}

static inline void log_in(struct live_fixture *f, wp_machine m, const char *id)
{
    const struct wp_login login = {.client_id = wp_text(id), .clean = true};
    unsigned n = probes[m].opens + 1;

    act(f, m, (struct wp_effect){.kind = WP_LOGIN, .login = &login});
    run_until(f, &probes[m].opens, n);
}

static inline void subscribe(struct live_fixture *f, wp_machine m, const char *filter, uint8_t qos)
{
    unsigned n = probes[m].subacked + 1;

    act(f, m,
        (struct wp_effect){.kind = WP_SUBSCRIBE,
                           .port = probes[m].port,
                           .subscribe = {.filter = wp_text(filter), .qos = qos, .tag = n}});
    run_until(f, &probes[m].subacked, n);
}

static inline void publish(struct live_fixture *f, wp_machine m, const char *topic, const char *payload,
                           uint8_t qos, bool retain)
{
    act(f, m,
        (struct wp_effect){.kind = WP_PUBLISH,
                           .port = probes[m].port,
                           .publish = {.topic = wp_text(topic),
                                       .payload = wp_text(payload),
                                       .qos = qos,
                                       .retain = retain,
                                       .tag = 7}});
}

static inline bool log_has(const struct live_fixture *f, const char *text)
{
    return strstr(f->trace.text, text) != NULL;
}

#endif
