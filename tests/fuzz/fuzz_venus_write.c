/* Any bytes as the payload of a W and of a keep-alive: refused, or a variant that a service can be sent, whose value is
 * published as JSON that reads again; and any bytes as a message whose body is published. */
#include "sim/codec/venus_write.h"

#include "sim/codec/dbus_out.h"
#include "sim/codec/venus_text.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TOKENS = 1 << 16, ROOM = 1 << 19 };

static uint8_t message[ROOM], tree[ROOM], text[8 * ROOM];
static struct json_token tokens[TOKENS];

/* Keys in order, and nothing that JSON does not know. */
static void check_json(struct wp_slice json)
{
    struct json_tape tape = {.at = tokens, .cap = TOKENS};
    const enum json_fault fault = json_read(&tape, json, JSON_DEPTH, NULL);

    assert(fault == JSON_FAULT_NONE || fault == JSON_FAULT_SIZE);
    assert(fault != JSON_FAULT_NONE || !tape.duplicate);
}

static void check_published(struct wp_value v)
{
    struct wp_writer w = wp_writer(text, sizeof text);

    venus_put_payload(&w, v, &v, NULL);
    assert(!w.full);
    check_json(wp_written(&w));
}

/* As a service gets it, and signals it. */
static void check_sent(struct wp_value v)
{
    struct wp_writer w = wp_writer(message, sizeof message), memory = wp_writer(tree, sizeof tree);
    struct dbus_message m;
    struct dbus_out out;
    struct dbus_iter it;

    dbus_begin_signal(&out, &w, 1, wp_text("/V"), wp_text("com.victronenergy.BusItem"), wp_text("C"), "v");
    dbus_put_variant(&out, v);
    assert(dbus_end(&out));
    assert(dbus_decode(wp_written(&w), &m).status == WP_OK);
    dbus_iter(&it, &m);
    assert(venus_take_value(&it, &memory, &v));
    check_published(v);
}

static void check_keepalive(struct wp_slice payload, struct venus_room *room)
{
    struct wp_writer w = wp_writer(text, sizeof text);
    struct venus_keepalive k;

    venus_keepalive_read(payload, room, &k);
    assert(!(k.suppress && k.has_echo));
    venus_put_completed(&w, k.has_echo ? &k.echo : NULL, 1702459522);
    assert(!w.full);
    check_json(wp_written(&w));
}

static void check_message(struct wp_slice in)
{
    struct dbus_message m;
    struct dbus_iter it;
    struct wp_value v;

    if (in.n > 8192 || dbus_decode(in, &m).status != WP_OK)
        return;
    dbus_iter(&it, &m);
    for (;;) {
        struct wp_writer memory = wp_writer(tree, sizeof tree);

        if (!venus_take_value(&it, &memory, &v))
            break;
        check_published(v);
    }
    assert(!it.wrong);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct venus_room room;
    const struct wp_slice payload = wp_slice(data, size);
    struct wp_value v;

    if (venus_write_read(payload, &room, &v) == VENUS_WRITE_NONE)
        check_sent(v);
    check_keepalive(payload, &room);
    check_message(payload);
    return 0;
}
