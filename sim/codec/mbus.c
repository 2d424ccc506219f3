#include "sim/codec/mbus.h"

#include <assert.h>

enum { START_LONG = 0x68, START_SHORT = 0x10, ACKNOWLEDGE = 0xE5, STOP = 0x16 };

/* Where things stand in a long frame. */
enum { AT_L = 1, AT_SECOND_L, AT_SECOND_START, AT_C, AT_A, AT_CI, AT_STSAP, AT_DTSAP, AT_DATA };

/* Sixteen bytes at a time in four sums of 16 bits, which hold 262 bytes and more. */
static uint8_t sum_of(const uint8_t *p, size_t n)
{
    const uint64_t low = UINT64_C(0x00FF00FF00FF00FF);
    uint64_t lanes = 0;
    unsigned sum = 0;
    size_t i = 0;

    for (; n - i >= 16; i += 16) {
        uint64_t x, y;

        memcpy(&x, p + i, sizeof x);
        memcpy(&y, p + i + 8, sizeof y);
        lanes += (x & low) + (x >> 8 & low) + (y & low) + (y >> 8 & low);
    }
    for (; i < n; i++)
        sum += p[i];
    return (uint8_t)(sum + (lanes * UINT64_C(0x0001000100010001) >> 48));
}

static bool is_start(uint8_t c)
{
    return c == START_LONG || c == START_SHORT || c == ACKNOWLEDGE;
}

static struct wp_decode bad(struct wp_slice in, enum wp_fault fault, size_t at)
{
    size_t next = 1;

    while (next < in.n && !is_start(in.p[next]))
        next++;
    return wp_bad(fault, at, next);
}

static size_t length_of(uint8_t l)
{
    return l < MBUS_LENGTH_MIN ? l + 256U : l;
}

/* The checksum and the stop behind n bytes at `at`. */
static struct wp_decode check_end(struct wp_slice in, size_t at, size_t n)
{
    if (in.p[at + n + 1] != STOP)
        return bad(in, WP_FAULT_MBUS_STOP, at + n + 1);
    if (in.p[at + n] != sum_of(in.p + at, n))
        return bad(in, WP_FAULT_MBUS_CHECKSUM, at + n);
    return wp_ok(at + n + 2);
}

static struct wp_decode decode_short(struct wp_slice in, struct mbus_frame *out)
{
    struct wp_decode d;

    if (in.n < MBUS_SHORT)
        return wp_more(MBUS_SHORT - in.n);
    d = check_end(in, 1, 2);
    if (d.status == WP_OK)
        *out = (struct mbus_frame){.kind = MBUS_IS_SHORT, .c = in.p[1], .a = in.p[2], .checksum = in.p[3]};
    return d;
}

static struct wp_decode decode_long(struct wp_slice in, struct mbus_frame *out)
{
    const uint8_t *p = in.p;
    size_t length, head = AT_STSAP;
    struct wp_decode d;

    if (in.n < AT_C)
        return wp_more(MBUS_OVERHEAD + MBUS_LENGTH_MIN - in.n);
    if (p[AT_SECOND_START] != START_LONG)
        return bad(in, WP_FAULT_MBUS_START, AT_SECOND_START);
    if (p[AT_L] != p[AT_SECOND_L])
        return bad(in, WP_FAULT_MBUS_LENGTH, AT_SECOND_L);
    length = length_of(p[AT_L]);
    if (in.n < length + MBUS_OVERHEAD)
        return wp_more(length + MBUS_OVERHEAD - in.n);
    d = check_end(in, AT_C, length);
    if (d.status != WP_OK)
        return d;
    *out = (struct mbus_frame){
        .kind = MBUS_IS_LONG,
        .c = p[AT_C],
        .a = p[AT_A],
        .ci = p[AT_CI],
        .l = p[AT_L],
        .length = (uint16_t)length,
        .checksum = p[AT_C + length],
    };
    if (mbus_is_cosem(out)) {
        out->stsap = p[AT_STSAP];
        out->dtsap = p[AT_DTSAP];
        head = AT_DATA;
    }
    out->payload = wp_slice(p + head, AT_C + length - head);
    return d;
}

struct wp_decode mbus_decode(struct wp_slice in, struct mbus_frame *out)
{
    if (in.n == 0)
        return wp_more(1);
    switch (in.p[0]) {
    case START_LONG: return decode_long(in, out);
    case START_SHORT: return decode_short(in, out);
    case ACKNOWLEDGE: *out = (struct mbus_frame){.kind = MBUS_IS_ACKNOWLEDGE}; return wp_ok(1);
    default: return bad(in, WP_FAULT_MBUS_START, 0);
    }
}

bool mbus_repair(uint8_t *frame, size_t n)
{
    size_t at = AT_C, length = n - MBUS_OVERHEAD;

    if (n == 1)
        return frame[0] == ACKNOWLEDGE;
    if (n == MBUS_SHORT && frame[0] == START_SHORT) {
        at = 1;
        length = 2;
    } else if (n < MBUS_OVERHEAD + MBUS_LENGTH_MIN || frame[0] != START_LONG ||
               frame[AT_L] != frame[AT_SECOND_L] || frame[AT_SECOND_START] != START_LONG ||
               length_of(frame[AT_L]) != length) {
        return false;
    }
    frame[at + length] = sum_of(frame + at, length);
    frame[at + length + 1] = STOP;
    return true;
}

/* ---- encoding --------------------------------------------------------------------------------------- */

static void put_end(struct wp_writer *w, size_t from)
{
    struct wp_slice body = wp_slice_from(wp_written(w), from);

    wp_put_u8(w, sum_of(body.p, body.n));
    wp_put_u8(w, STOP);
}

static void put_long(struct wp_writer *w, const struct mbus_frame *f)
{
    size_t length = (mbus_is_cosem(f) ? MBUS_LENGTH_MIN : 3) + f->payload.n, from;

    assert(length >= MBUS_LENGTH_MIN);
    assert(length <= MBUS_LENGTH_MAX);
    wp_put_u8(w, START_LONG);
    wp_put_u8(w, (uint8_t)length);
    wp_put_u8(w, (uint8_t)length);
    wp_put_u8(w, START_LONG);
    from = w->n;
    wp_put_u8(w, f->c);
    wp_put_u8(w, f->a);
    wp_put_u8(w, f->ci);
    if (mbus_is_cosem(f)) {
        wp_put_u8(w, f->stsap);
        wp_put_u8(w, f->dtsap);
    }
    wp_put_slice(w, f->payload);
    put_end(w, from);
}

void mbus_encode(struct wp_writer *w, const struct mbus_frame *frame)
{
    size_t from;

    switch (frame->kind) {
    case MBUS_IS_LONG: put_long(w, frame); break;
    case MBUS_IS_ACKNOWLEDGE: wp_put_u8(w, ACKNOWLEDGE); break;
    case MBUS_IS_SHORT:
        wp_put_u8(w, START_SHORT);
        from = w->n;
        wp_put_u8(w, frame->c);
        wp_put_u8(w, frame->a);
        put_end(w, from);
        break;
    }
}

bool mbus_split_next(struct mbus_split *split, struct wp_writer *w)
{
    struct mbus_frame *f = &split->frame, piece;
    bool more = f->payload.n > split->data_max;

    if (split->is_done)
        return false;
    assert(split->data_max >= 1);
    assert(mbus_segment(f) > 0 || f->payload.n <= split->data_max * MBUS_SEGMENTS_MAX);
    piece = *f;
    piece.kind = MBUS_IS_LONG;
    piece.ci = (uint8_t)(mbus_segment(f) | (more ? 0 : MBUS_FIN));
    piece.payload.n = more ? split->data_max : f->payload.n;
    put_long(w, &piece);
    f->payload = wp_slice_from(f->payload, piece.payload.n);
    f->ci++;
    split->is_done = !more;
    return true;
}

/* ---- joining ---------------------------------------------------------------------------------------- */

void mbus_join_init(struct mbus_join *join, void *memory, size_t cap)
{
    *join = (struct mbus_join){.p = memory, .cap = cap};
}

void mbus_join_drop(struct mbus_join *join)
{
    join->dropped += join->is_open;
    join->is_open = false;
    join->n = 0;
}

static bool is_next(const struct mbus_join *join, const struct mbus_frame *f)
{
    return join->is_open && mbus_segment(f) == join->next && f->a == join->a && f->stsap == join->stsap &&
           f->dtsap == join->dtsap;
}

static enum wp_status refuse(struct mbus_join *join, enum wp_fault fault, enum wp_fault *ret_fault)
{
    mbus_join_drop(join);
    *ret_fault = fault;
    return WP_BAD;
}

enum wp_status mbus_join_add(struct mbus_join *join, const struct mbus_frame *frame, struct wp_slice *out,
                             enum wp_fault *ret_fault)
{
    if (!mbus_is_cosem(frame))
        return WP_MORE;
    if (mbus_segment(frame) == 0) {
        mbus_join_drop(join);
        if (mbus_is_last(frame)) {
            *out = frame->payload;
            return WP_OK;
        }
        join->is_open = true;
        join->a = frame->a;
        join->stsap = frame->stsap;
        join->dtsap = frame->dtsap;
    } else if (!is_next(join, frame)) {
        return refuse(join, WP_FAULT_MBUS_SEQUENCE, ret_fault);
    }
    if (frame->payload.n > join->cap - join->n)
        return refuse(join, WP_FAULT_TOO_LARGE, ret_fault);
    if (frame->payload.n > 0)
        memcpy(join->p + join->n, frame->payload.p, frame->payload.n);
    join->n += frame->payload.n;
    join->next = (uint8_t)(mbus_segment(frame) + 1);
    if (!mbus_is_last(frame))
        return WP_MORE;
    join->is_open = false;
    *out = wp_slice(join->p, join->n);
    return WP_OK;
}
