/* Any bytes: decoding never reads beyond them, what was decoded names fields inside it, and what is written again means
 * the same. */
#include "sim/codec/mqtt.h"

#include <assert.h>
#include <stdlib.h>

static void look(void *ctx, const struct wp_field *field)
{
    const struct mqtt_frame *f = ctx;

    assert(field->first + field->len <= f->wire.n);
    assert(field->len > 0 || field->first == 0);
}

static void write_and_read(const struct mqtt_frame *f)
{
    uint8_t *memory = malloc(f->wire.n + 8);
    struct wp_writer w = wp_writer(memory, f->wire.n + 8);
    struct mqtt_state state = {.possible = (uint8_t)(1u << f->version), .is_introduced = true};
    struct mqtt_frame back;
    struct wp_decode d;

    assert(memory);
    mqtt_encode(&w, f);
    assert(!w.full);
    d = mqtt_decode(&state, WP_SIDE_UNKNOWN, wp_written(&w), &back);
    assert(d.status == WP_OK);
    assert(d.used == w.n);
    assert(back.packet_id == f->packet_id);
    assert(back.reason == f->reason);
    assert(wp_slice_eq(back.topic, f->topic));
    assert(wp_slice_eq(back.payload, f->payload));
    assert(wp_slice_eq(back.properties, f->properties));
    assert(wp_slice_eq(back.list, f->list));
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wp_slice in = wp_slice(data, size);
    struct mqtt_state state = {0};

    mqtt_probe(in);
    for (size_t at = 0; at < size;) {
        struct mqtt_frame f;
        struct wp_decode d = mqtt_decode(&state, WP_SIDE_UNKNOWN, wp_slice_from(in, at), &f);

        if (d.status == WP_MORE) {
            assert(d.need > 0);
            at++;
            continue;
        }
        assert(d.used > 0);
        assert(d.used <= size - at);
        if (d.status == WP_OK) {
            mqtt_fields(&f, look, &f);
            mqtt_turn(&f);
            write_and_read(&f);
        } else {
            assert(d.fault != WP_FAULT_NONE);
            assert(d.at <= size - at);
        }
        at += d.used;
    }
    return 0;
}
