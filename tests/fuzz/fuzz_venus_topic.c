/* Any bytes as a topic: refused, or written again as they were; and as a bus name and an identifier. */
#include "sim/codec/venus_topic.h"

#include "sim/codec/dbus.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_topic(struct wp_slice said, uint8_t *room)
{
    struct wp_writer w = wp_writer(room, said.n);
    struct venus_topic t;

    if (!venus_topic_read(said, &t))
        return;
    assert(venus_is_portal(t.portal));
    assert((t.about == VENUS_ITEM) == (t.path.n > 0));
    assert(t.about != VENUS_ITEM || dbus_is_path(t.path));
    assert(venus_put_topic(&w, &t));
    assert(wp_slice_eq(wp_written(&w), said));
}

/* Whatever a service has there makes one level of a topic. */
static void check_instance(struct wp_slice text, uint8_t *room, size_t cap)
{
    const struct wp_value identifier = wp_text_value(text);
    struct wp_writer w = wp_writer(room, cap);
    struct venus_topic t = {VENUS_NOTIFY, VENUS_ITEM, wp_text("a"), wp_text("b"), {NULL, 0}, wp_text("/V")};

    venus_put_instance(&w, NULL, &identifier);
    t.instance = wp_written(&w);
    assert(!w.full);
    assert(venus_is_portal(t.instance));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct wp_slice said = wp_slice(data, size);
    uint8_t *room = (uint8_t *)malloc(size + 1);
    struct wp_slice type;

    assert(room);
    check_topic(said, room);
    check_instance(said, room, size + 1);
    if (venus_service_type(said, &type))
        assert(type.n > 0 && type.n < size);
    free(room);
    return 0;
}
