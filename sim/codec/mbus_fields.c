/* What an M-Bus frame says, field by field, and its row of the catalog. */
#include "sim/codec/cosem_apdu.h"
#include "sim/codec/mbus.h"

enum { START_SHORT = 0x10, AT_L = 1, AT_C = 4, AT_PAYLOAD = 9 };

struct visitor {
    wp_visit *visit;
    void *ctx;
};

static void say(const struct visitor *v, const char *path, struct wp_value value, size_t first, size_t len,
                enum wp_role role)
{
    struct wp_field field = {path, value, "", first, len, role};

    v->visit(v->ctx, &field);
}

static void say_short(const struct visitor *v, const struct mbus_frame *f)
{
    say(v, "c", wp_int(f->c), 1, 1, WP_ROLE_KEY);
    say(v, "a", wp_int(f->a), 2, 1, WP_ROLE_ID);
    say(v, "checksum", wp_bytes_value(wp_slice(&f->checksum, 1)), 3, 1, WP_ROLE_CHECKSUM);
}

static void say_payload(const struct visitor *v, const struct mbus_frame *f, size_t at)
{
    bool is_whole = mbus_is_cosem(f) && mbus_segment(f) == 0 && mbus_is_last(f);

    if (is_whole && f->payload.n > 0 && cosem_apdu_name(f->payload.p[0]))
        cosem_apdu_fields(f->payload, at, v->visit, v->ctx);
    else
        say(v, "data", wp_bytes_value(f->payload), f->payload.n ? at : 0, f->payload.n, WP_ROLE_VALUE);
}

static void say_long(const struct visitor *v, const struct mbus_frame *f)
{
    size_t at = AT_C + 3;

    say(v, "L", wp_int(f->l), AT_L, 2, WP_ROLE_LENGTH);
    say(v, "len", wp_int(f->length), 0, 0, WP_ROLE_FIELD);
    say(v, "c", wp_int(f->c), AT_C, 1, WP_ROLE_KEY);
    say(v, "a", wp_int(f->a), AT_C + 1, 1, WP_ROLE_ID);
    say(v, "ci", wp_int(f->ci), AT_C + 2, 1, WP_ROLE_KEY);
    if (mbus_is_cosem(f)) {
        say(v, "seq", wp_int(mbus_segment(f)), 0, 0, WP_ROLE_FIELD);
        say(v, "fin", wp_int(mbus_is_last(f)), 0, 0, WP_ROLE_FIELD);
        say(v, "stsap", wp_int(f->stsap), AT_C + 3, 1, WP_ROLE_KEY);
        say(v, "dtsap", wp_int(f->dtsap), AT_C + 4, 1, WP_ROLE_KEY);
        at = AT_PAYLOAD;
    }
    say_payload(v, f, at);
    say(v, "checksum", wp_bytes_value(wp_slice(&f->checksum, 1)), AT_C + f->length, 1, WP_ROLE_CHECKSUM);
}

static void fields(const void *frame, wp_visit *visit, void *ctx)
{
    static const char *const kind[] = {"long", "short", "acknowledge"};
    const struct mbus_frame *f = frame;
    struct visitor v = {visit, ctx};

    say(&v, "kind", wp_text_value(wp_text(kind[f->kind])), 0, 0, WP_ROLE_FIELD);
    switch (f->kind) {
    case MBUS_IS_LONG: say_long(&v, f); break;
    case MBUS_IS_SHORT: say_short(&v, f); break;
    case MBUS_IS_ACKNOWLEDGE: break;
    }
}

/* ---- the catalog row -------------------------------------------------------------------------------- */

/* In a stream of several protocols a 68 alone, which DL/T 645 and IEC 60870-5-104 have too, begins no frame yet, and
 * neither does a 10 that is not the first of a short frame. */
static struct wp_decode decode(void *state, enum wp_side from, struct wp_slice in, void *frame)
{
    struct wp_decode d = mbus_decode(in, frame);

    (void)state;
    (void)from;
    if (d.status == WP_BAD && (d.fault == WP_FAULT_MBUS_START || in.p[0] == START_SHORT))
        d.fault = WP_FAULT_START;
    return d;
}

/* A whole long frame with DLMS/COSEM in it. Short frames and E5 are known by those alone. */
static enum wp_probe probe(struct wp_slice in)
{
    struct mbus_frame f;
    struct wp_decode d = mbus_decode(in, &f);

    if (d.status == WP_MORE)
        return in.n > 0 && in.p[0] == START_SHORT ? WP_PROBE_NO : WP_PROBE_MORE;
    return d.status == WP_OK && mbus_is_cosem(&f) ? WP_PROBE_YES : WP_PROBE_NO;
}

const struct wp_codec mbus_codec = {
    .name = "mbus",
    .print_version = 1,
    .frame_size = sizeof(struct mbus_frame),
    .probe = probe,
    .decode = decode,
    .fields = fields,
    .family = "meter",
    .repair = mbus_repair,
};
