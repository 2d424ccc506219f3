/* Any bytes as a LuxPower stream: every frame survives being built again, as far as it is one that is ever sent. The
 * first byte also says who sends. */
#include "sim/codec/lxp.h"
#include "tests/fuzz/codec_fuzz.h"

/* The builders know one form of each frame: with the CRC counted in the length, and with 01 where it belongs. */
static bool is_ours(const struct lxp_frame *f)
{
    return f->reserved == 1 && f->shape != LXP_IS_FIRMWARE && f->shape != LXP_IS_PARAM_OTHER &&
           !f->has_last_param && (f->function != LXP_DATA || f->data_len == f->frame_len - 14) &&
           (f->shape != LXP_IS_READ_REPLY ||
            (f->count <= LXP_COUNT_MAX && f->has_length_byte == (f->protocol != 1)));
}

static void build(struct wp_writer *w, const struct lxp_frame *f)
{
    const struct lxp_head head = {.protocol = f->protocol,
                                  .address = f->address,
                                  .datalog = (const char *)f->datalog.p,
                                  .inverter = (const char *)f->inverter.p};

    switch (f->shape) {
    case LXP_IS_HEARTBEAT: lxp_put_heartbeat(w, f->protocol, head.datalog, f->tail); break;
    case LXP_IS_READ_REQUEST: lxp_put_read(w, &head, f->device_function, f->first, f->count); break;
    case LXP_IS_READ_REPLY: lxp_put_read_reply(w, &head, f->device_function, f->first, f->values); break;
    case LXP_IS_WRITE_SINGLE: lxp_put_write(w, &head, f->first, lxp_u16(f->values, 0)); break;
    case LXP_IS_WRITE_MULTI_REQUEST: lxp_put_write_multi(w, &head, f->first, f->values); break;
    case LXP_IS_WRITE_MULTI_REPLY: lxp_put_write_multi_reply(w, &head, f->first, f->count); break;
    case LXP_IS_EXCEPTION:
        lxp_put_exception(w, &head, lxp_device_function(f), f->first, f->error_code);
        break;
    case LXP_IS_PARAM_READ_REQUEST: lxp_put_param_read(w, &head, f->param); break;
    case LXP_IS_PARAM_READ_REPLY: lxp_put_param_read_reply(w, &head, f->param, f->values); break;
    case LXP_IS_PARAM_WRITE_REQUEST: lxp_put_param_write(w, &head, f->param, f->values); break;
    case LXP_IS_PARAM_WRITE_REPLY: lxp_put_param_write_reply(w, &head, f->param, f->status); break;
    default: break;
    }
}

static void check_frame(const void *frame, struct wp_slice wire)
{
    static uint8_t again[LXP_FRAME_MAX];
    const struct lxp_frame *f = frame;
    struct wp_writer w = wp_writer(again, sizeof again);

    if (!is_ours(f))
        return;
    build(&w, f);
    assert(wp_slice_eq(wp_written(&w), wire));
    assert(lxp_repair(again, w.n) == (f->function == LXP_DATA));
    assert(wp_slice_eq(wp_written(&w), wire));
}

/* A checksum is hard to guess: the bytes as one data frame whose lengths and checksum are right, so that what is behind
 * them is reached, too. */
static void made_whole(uint8_t *frame, size_t n)
{
    static const uint8_t mark[2] = {0xA1, 0x1A};
    size_t frame_len = n - LXP_HEADER, data_len = n - LXP_AT_DATA;

    memcpy(frame, mark, sizeof mark);
    frame[4] = (uint8_t)frame_len;
    frame[5] = (uint8_t)(frame_len >> 8);
    frame[7] = LXP_DATA;
    frame[LXP_AT_BODY] = (uint8_t)data_len;
    frame[LXP_AT_BODY + 1] = (uint8_t)(data_len >> 8);
    assert(lxp_repair(frame, n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t copy[CODEC_FUZZ_MAX];
    const size_t least = LXP_AT_PAYLOAD + 2;

    if (size < 2 || size > sizeof copy)
        return 0;
    memcpy(copy, data, size);
    if (copy[0] & 0x10 && size > least)
        made_whole(copy + 1, size - 1);
    return codec_fuzz(&lxp_codec, (enum wp_side)(data[0] / 32 % 4), copy, size, check_frame);
}
