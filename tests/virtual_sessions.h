/* For tests of broker sessions in the virtual world: a (with listeners, too) and b log in, m dials a. */
#ifndef WP_VIRTUAL_SESSIONS_H
#define WP_VIRTUAL_SESSIONS_H

#include "tests/world_trace.h"

enum { A, B };

static const struct wp_endpoint endpoints[] = {
    {"broker", WP_BROKER, false, {0, 0}},
    {"meters", WP_TCP, true, {0, 8899}},
    {"pushes", WP_UDP, true, {0, 8899}},
};
static const struct wp_endpoint dials[] = {{"line", WP_TCP, false, {0x7F000001, 8899}},
                                           {"push", WP_UDP, false, {0x7F000001, 8899}}};
static const struct wp_setup setups[] = {
    {.name = "a", .endpoints = endpoints, .n_endpoints = 3, .ip = 0x7F000001},
    {.name = "b", .endpoints = endpoints, .n_endpoints = 1, .ip = 0x7F000002},
    {.name = "m", .endpoints = dials, .n_endpoints = 2, .ip = 0x7F000003},
};

static struct wp_world *world;
static struct wp_transcript transcript;
static struct trace trace;
static bool wires; /* WIRE records are wanted, too */

static inline void start_with(const struct wp_access *access)
{
    const struct wp_world_setup s = {.seed = 1, .transcript = &transcript, .access = access, .wires = wires};

    trace = (struct trace){.sink = {trace_take}, .with_times = true};
    transcript = (struct wp_transcript){0};
    wp_transcript_add(&transcript, &trace.sink);
    world = world_virtual_new(&s);
    for (int i = 0; i < 3; i++)
        world_add(world, &puppet_class, &setups[i], NULL);
    ck_assert(world_start(world));
    trace.n = 0;
}

static inline void teardown(void)
{
    world_free(world);
    world = NULL;
}

static inline void expect(const char *text)
{
    ck_assert_str_eq(trace.text, text);
    trace.n = 0;
    trace.text[0] = 0;
}

static inline void run(wp_us until)
{
    ck_assert_int_ne(world_run(world, until), WP_WORLD_ERROR);
}

static inline void login_as(wp_machine m, const struct wp_login *login)
{
    const struct wp_effect e = {.kind = WP_LOGIN, .login = login};

    world_act(world, m, &e);
}

static const struct wp_login plain[] = {
    {.client_id = {(const uint8_t *)"a", 1}, .clean = true, .keepalive_s = 10},
    {.client_id = {(const uint8_t *)"b", 1}, .clean = true, .keepalive_s = 10},
};

static inline void subscribe(wp_machine m, const char *filter, uint8_t qos)
{
    const struct wp_effect e = {.kind = WP_SUBSCRIBE,
                                .port = world_port(world, m, "broker"),
                                .subscribe = {.filter = wp_text(filter), .qos = qos, .tag = 1}};

    world_act(world, m, &e);
}

static inline void publish(wp_machine m, const char *topic, const char *payload, uint8_t qos, bool retain,
                           uint32_t tag)
{
    const struct wp_effect e = {
        .kind = WP_PUBLISH,
        .port = world_port(world, m, "broker"),
        .publish = {
            .topic = wp_text(topic), .payload = wp_text(payload), .qos = qos, .retain = retain, .tag = tag}};

    world_act(world, m, &e);
}

static inline void hang_up(wp_machine m, bool abort)
{
    const struct wp_effect e = {.kind = WP_HANG_UP, .port = world_port(world, m, "broker"), .abort = abort};

    world_act(world, m, &e);
}

static inline void fault(wp_machine m, struct wp_link_fault f)
{
    if (!f.direction)
        f.direction = WP_LINK_BOTH;
    world_fault(world, m, &f);
}

/* a and b are logged in, b has subscribed x with QoS 2; it is 10 ms. */
static inline void start(void)
{
    start_with(NULL);
    login_as(A, &plain[A]);
    login_as(B, &plain[B]);
    run(WP_MS(1));
    subscribe(B, "x", 2);
    run(WP_MS(10));
    trace.n = 0;
    trace.text[0] = 0;
}

#endif
