#include "sim/world/access_report.h"

#include <assert.h>

/* What stands before the bytes of a record. A `size` that reaches the end of the ring with `kind` 0 is filling. */
struct head {
    uint32_t size; /* of the whole record, a multiple of 8 */
    uint8_t kind, qos, retain, n_address;
    uint16_t n_client, n_topic;
    uint32_t n_payload;
};

static size_t size_of(const struct report *r)
{
    return (sizeof(struct head) + r->client.n + r->address.n + r->topic.n + r->payload.n + 7) & ~(size_t)7;
}

static uint8_t *copy(uint8_t *to, struct wp_slice s)
{
    if (s.n > 0)
        memcpy(to, s.p, s.n);
    return to + s.n;
}

static void write_record(uint8_t *at, size_t size, const struct report *r)
{
    const struct head head = {
        .size = (uint32_t)size,
        .kind = (uint8_t)r->kind,
        .qos = r->qos,
        .retain = r->retain,
        .n_address = (uint8_t)r->address.n,
        .n_client = (uint16_t)r->client.n,
        .n_topic = (uint16_t)r->topic.n,
        .n_payload = (uint32_t)r->payload.n,
    };

    memcpy(at, &head, sizeof head);
    at = copy(at + sizeof head, r->client);
    at = copy(at, r->address);
    at = copy(at, r->topic);
    copy(at, r->payload);
}

bool report_put(struct report_ring *ring, const struct report *r)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed), tail = atomic_load(&ring->tail);
    size_t size = size_of(r), at = (size_t)(head % REPORT_RING_BYTES), filling = 0;

    if (at + size > REPORT_RING_BYTES)
        filling = REPORT_RING_BYTES - at;
    if (size > REPORT_BYTES_MAX || r->client.n > UINT16_MAX || r->address.n > UINT8_MAX ||
        r->topic.n > UINT16_MAX || head + filling + size - tail > REPORT_RING_BYTES) {
        atomic_fetch_add(&ring->dropped, 1);
        return atomic_exchange(&ring->asleep, 0);
    }
    if (filling > 0) {
        const struct head skip = {.size = (uint32_t)filling};

        memcpy(ring->bytes + at, &skip, sizeof skip.size + sizeof skip.kind);
        at = 0;
    }
    write_record(ring->bytes + at, size, r);
    atomic_store(&ring->head, head + filling + size);
    return atomic_load(&ring->asleep) && atomic_exchange(&ring->asleep, 0);
}

/* Each side stores its own mark and then looks at the other's, so one of the two sees the other's news. */
bool report_sleep(struct report_ring *ring)
{
    atomic_store(&ring->asleep, 1);
    return atomic_load_explicit(&ring->tail, memory_order_relaxed) == atomic_load(&ring->head);
}

void report_awake(struct report_ring *ring)
{
    atomic_store_explicit(&ring->asleep, 0, memory_order_relaxed);
}

/* The head of the record at the tail; false when all are taken. */
static bool next_record(struct report_ring *ring, struct head *out, const uint8_t **ret_at)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

    while (tail != atomic_load(&ring->head)) {
        *ret_at = ring->bytes + tail % REPORT_RING_BYTES;
        *out = (struct head){0};
        memcpy(out, *ret_at, sizeof out->size + sizeof out->kind);
        if (out->kind != 0) {
            memcpy(out, *ret_at, sizeof *out);
            return true;
        }
        tail += out->size;
        atomic_store(&ring->tail, tail);
    }
    return false;
}

bool report_get(struct report_ring *ring, struct report *out)
{
    const uint8_t *at;
    struct head head;

    if (!next_record(ring, &head, &at))
        return false;
    at += sizeof head;
    out->kind = (enum report_kind)head.kind;
    out->qos = head.qos;
    out->retain = head.retain;
    out->client = wp_slice(at, head.n_client);
    out->address = wp_slice(at += head.n_client, head.n_address);
    out->topic = wp_slice(at += head.n_address, head.n_topic);
    out->payload = wp_slice(at + head.n_topic, head.n_payload);
    return true;
}

void report_done(struct report_ring *ring)
{
    const uint8_t *at;
    struct head head;
    bool found = next_record(ring, &head, &at);

    assert(found);
    atomic_fetch_add(&ring->tail, head.size);
}
