/* Any bytes through the tap of a stranger, in pieces of any size: nothing is lost or held back but a CONNECT that is not
 * whole, and the records are the same however the bytes are cut. The first byte says how, the second who begins. */
#include "sim/world/live_tap.h"

#include <assert.h>
#include <stdlib.h>

enum { INPUT_MAX = 4096 };

struct seen {
    struct wp_sink sink; /* first */
    uint64_t records;    /* a hash over those that are no WIRE */
    size_t n_records, n_bytes;
    uint8_t bytes[INPUT_MAX];
};

static void mix(struct seen *s, struct wp_slice bytes)
{
    s->records = s->records * 31 + wp_slice_hash(bytes);
}

static void take_story(struct seen *s, const struct wp_record *r)
{
    s->n_records++;
    s->records = s->records * 31 + (uint64_t)r->kind;
    mix(s, wp_text(r->machine));
    switch (r->kind) {
    case WP_REC_PUBLISH:
    case WP_REC_DELIVER:
        mix(s, r->message.topic);
        mix(s, r->message.payload);
        break;
    case WP_REC_SUBSCRIBE:
    case WP_REC_SUBACK:
    case WP_REC_UNSUBSCRIBE: mix(s, r->subscribe.filter); break;
    case WP_REC_LOGIN:
        mix(s, r->login->client_id);
        mix(s, r->login->will.payload);
        break;
    case WP_REC_NOTE: mix(s, r->note.text); break;
    default: break;
    }
}

static void take(struct wp_sink *sink, const struct wp_record *r)
{
    struct seen *s = (struct seen *)(void *)sink;

    if (r->kind != WP_REC_WIRE) {
        take_story(s, r);
        return;
    }
    assert(s->n_bytes + r->wire.bytes.n <= INPUT_MAX);
    if (r->wire.bytes.n > 0)
        memcpy(s->bytes + s->n_bytes, r->wire.bytes.p, r->wire.bytes.n);
    s->n_bytes += r->wire.bytes.n;
}

/* What the client sends, or what it is sent, in pieces of `step` bytes. */
static void pass(struct seen *s, struct wp_slice in, bool down, size_t step)
{
    struct live *w = calloc(1, sizeof *w);
    struct live_relay relay = {.world = w};
    struct wp_transcript transcript = {0};
    struct live_tap tap = {.world = w, .id = 1, .port = 1};
    static const uint8_t connect_packet[] = {0x10, 12, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 0};

    assert(w);
    *s = (struct seen){.sink = {take}};
    wp_transcript_add(&transcript, &s->sink);
    tap.stranger = live_stranger_new(&relay, (struct wp_addr){1, 1}, (struct wp_addr){2, 2});
    if (down)
        live_seen_bytes(&tap, false, wp_slice(connect_packet, sizeof connect_packet));
    w->setup.transcript = &transcript;
    for (size_t at = 0; at < in.n; at += step)
        live_seen_bytes(&tap, down, wp_slice(in.p + at, in.n - at < step ? in.n - at : step));
    live_seen_end(&tap, down, false);
    live_seen_end(&tap, !down, false);
    live_stranger_free(tap.stranger);
    free(tap.up.rest.p);
    free(tap.down.rest.p);
    live_names_free(w);
    free(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct seen whole, split;
    struct wp_slice in;

    if (n < 2 || n > INPUT_MAX)
        return 0;
    in = wp_slice(data + 2, n - 2);
    pass(&whole, in, data[1] & 1, INPUT_MAX);
    pass(&split, in, data[1] & 1, data[0] % 64 + 1);
    assert(whole.n_records == split.n_records);
    assert(whole.records == split.records);
    assert(whole.n_bytes == split.n_bytes);
    assert(memcmp(whole.bytes, split.bytes, whole.n_bytes) == 0);
    assert(whole.n_bytes <= in.n);
    return 0;
}
