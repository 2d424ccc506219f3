/* For tests of clients that are not ours: a socket of the test's own, through the tap before a real mosquitto. */
#ifndef WP_LIVE_STRANGERS_H
#define WP_LIVE_STRANGERS_H

#include "tests/live_sessions.h"
#include "tests/wire_trace.h"

#include "sim/world/live_tap.h"
#include "sim/world/mqtt_login.h"

#include <arpa/inet.h>
#include <fcntl.h>

static struct wire_trace seen;
static int stranger; /* its socket */

/* One of ours, c0, listens to everything. */
static inline void open_tapped(const struct wp_access *access)
{
    seen = (struct wire_trace){.sink = {wire_trace_take}};
    open_world(1, (struct wp_world_setup){.wires = true, .access = access});
    wp_transcript_add(&f.transcript, &seen.sink);
}

static inline void listen_to_all(void)
{
    log_in(&f, 0, "bob");
    subscribe(&f, 0, "#", 2);
}

static inline int dial(struct wp_addr at)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(at.port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    a.sin_addr.s_addr = htonl(at.ip);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static inline void say_bytes(const void *p, size_t n)
{
    ck_assert_int_eq(write(stranger, p, n), (ssize_t)n);
}

static inline struct wp_slice encoded(const struct mqtt_frame *frame)
{
    static uint8_t bytes[4096];
    struct wp_writer w = wp_writer(bytes, sizeof bytes);

    mqtt_encode(&w, frame);
    ck_assert(!w.full);
    return wp_written(&w);
}

static inline void say_frame(struct mqtt_frame frame)
{
    struct wp_slice bytes;

    if (!frame.version)
        frame.version = MQTT_V311;
    bytes = encoded(&frame);
    say_bytes(bytes.p, bytes.n);
}

/* Waits until the log has it. */
static inline void await_log(const char *text)
{
    wp_us limit = world_now(f.world) + WP_SEC(20);

    while (!log_has(&f, text)) {
        run_for(&f, WP_MS(1));
        ck_assert_msg(world_now(f.world) < limit, "no \"%s\" in\n%s", text, f.trace.text);
    }
}

static inline void stranger_logs_in(struct wp_login login)
{
    f.trace.n = 0;
    f.trace.text[0] = 0;
    stranger = dial(world_broker_addr(f.world, false));
    login.clean = true;
    say_frame(mqtt_login_frame(&login, 60));
    await_log("connack");
    f.trace.n = 0;
    f.trace.text[0] = 0;
}

static const struct wp_login sut = {.client_id = {(const uint8_t *)"sut", 3}, .clean = true};

static inline struct mqtt_frame publication(const char *topic, const char *payload, uint8_t qos, bool retain)
{
    return (struct mqtt_frame){.type = MQTT_PUBLISH,
                               .topic = wp_text(topic),
                               .payload = wp_text(payload),
                               .qos = qos,
                               .retain = retain,
                               .packet_id = qos ? 7 : 0};
}

#endif
