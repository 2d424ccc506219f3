#include "sim/codec/wrapper.h"

#include "sim/codec/cosem_apdu.h"

#include <assert.h>

/* Of the wPorts that captures show none is as large. */
enum { PORT_END = 0x200 };

static uint16_t load_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

size_t wrapper_next_start(struct wp_slice in, size_t at)
{
    while (at < in.n) {
        const uint8_t *p = memchr(in.p + at, 0, in.n - at);

        if (!p)
            return in.n;
        at = (size_t)(p - in.p);
        if (at + 1 == in.n || in.p[at + 1] == WRAPPER_VERSION)
            return at;
        at++;
    }
    return in.n;
}

struct wp_decode wrapper_decode(struct wp_slice in, struct wrapper_frame *out)
{
    size_t length;

    if (in.n > 0 && (in.p[0] != 0 || (in.n > 1 && in.p[1] != WRAPPER_VERSION)))
        return wp_bad(WP_FAULT_WRAPPER_VERSION, 0, wrapper_next_start(in, 1));
    if (in.n < WRAPPER_HEADER)
        return wp_more(WRAPPER_HEADER - in.n);
    length = load_u16(in.p + 6);
    if (in.n < WRAPPER_HEADER + length)
        return wp_more(WRAPPER_HEADER + length - in.n);
    *out = (struct wrapper_frame){
        .source = load_u16(in.p + 2),
        .destination = load_u16(in.p + 4),
        .payload = wp_slice(in.p + WRAPPER_HEADER, length),
    };
    return wp_ok(WRAPPER_HEADER + length);
}

void wrapper_encode(struct wp_writer *w, const struct wrapper_frame *frame)
{
    assert(frame->payload.n <= WRAPPER_PAYLOAD_MAX);
    wp_put_u16be(w, WRAPPER_VERSION);
    wp_put_u16be(w, frame->source);
    wp_put_u16be(w, frame->destination);
    wp_put_u16be(w, (uint16_t)frame->payload.n);
    wp_put_slice(w, frame->payload);
}

/* ---- the catalog row -------------------------------------------------------------------------------- */

static void say(wp_visit *visit, void *ctx, const char *path, struct wp_value value, size_t first, size_t len,
                enum wp_role role)
{
    struct wp_field field = {path, value, "", first, len, role};

    visit(ctx, &field);
}

static bool has_apdu(const struct wrapper_frame *f)
{
    return f->payload.n > 0 && cosem_apdu_name(f->payload.p[0]);
}

static void fields(const void *frame, wp_visit *visit, void *ctx)
{
    const struct wrapper_frame *f = frame;

    say(visit, ctx, "src", wp_int(f->source), 2, 2, WP_ROLE_KEY);
    say(visit, ctx, "dst", wp_int(f->destination), 4, 2, WP_ROLE_KEY);
    say(visit, ctx, "len", wp_int((int64_t)f->payload.n), 6, 2, WP_ROLE_LENGTH);
    if (has_apdu(f))
        cosem_apdu_fields(f->payload, WRAPPER_HEADER, visit, ctx);
    else
        say(visit, ctx, "payload", wp_bytes_value(f->payload), f->payload.n ? WRAPPER_HEADER : 0,
            f->payload.n, WP_ROLE_VALUE);
}

/* May the first bytes, as many as there are, begin a wrapper? Where the source stands Modbus TCP has its protocol, 0:
 * who is no station must send an APDU. seen: a T210-D pushes with source 0, vectors d0382 */
static bool is_header(const uint8_t *p, size_t n)
{
    if (n > 2 && p[2] >= PORT_END >> 8)
        return false;
    if (n > 4 && p[4] >= PORT_END >> 8)
        return false;
    if (n > 5 && load_u16(p + 4) == 0)
        return false;
    if (n < WRAPPER_HEADER || load_u16(p + 2) != 0)
        return true;
    return load_u16(p + 6) != 0 && (n == WRAPPER_HEADER || cosem_apdu_name(p[WRAPPER_HEADER]));
}

/* In a stream of several protocols more is asked of a header: what cannot be wPorts is no wrapper. */
static struct wp_decode decode(void *state, enum wp_side from, struct wp_slice in, void *frame)
{
    struct wp_decode d;

    (void)state;
    (void)from;
    if (!is_header(in.p, in.n))
        return wp_bad(WP_FAULT_START, 0, wrapper_next_start(in, 1));
    d = wrapper_decode(in, frame);
    if (d.status == WP_BAD && (in.n < WRAPPER_HEADER || in.p[0] != 0))
        d.fault = WP_FAULT_START;
    return d;
}

/* A header is four small numbers, and those stand in many protocols (EtherNet/IP): what reads to its end as an APDU is
 * sure, the tag of one alone is not. */
static enum wp_probe probe(struct wp_slice in)
{
    struct wrapper_frame f;
    struct cosem_apdu apdu;
    struct wp_decode d = decode(NULL, WP_SIDE_UNKNOWN, in, &f);

    if (d.status == WP_MORE)
        return WP_PROBE_MORE;
    if (d.status == WP_BAD || !has_apdu(&f))
        return WP_PROBE_NO;
    return cosem_apdu_read(f.payload, COSEM_TOLERANT, &apdu).status == WP_OK ? WP_PROBE_YES : WP_PROBE_MAYBE;
}

const struct wp_codec wrapper_codec = {
    .name = "wrapper",
    .print_version = 1,
    .frame_size = sizeof(struct wrapper_frame),
    .probe = probe,
    .decode = decode,
    .fields = fields,
    .family = "meter",
};
