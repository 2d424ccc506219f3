/* Which frame answers which: by address, function, register and piece, never by the order of arrival. */
#include "sim/codec/dlt645.h"

/* `what`: function in bits 0..7, the piece in 8..15, the register from 32 on, and which of them are there. */
#define HAS_SEQ   (UINT64_C(1) << 16)
#define HAS_DI    (UINT64_C(1) << 17)
#define SEQ_MASK  (UINT64_C(0xFF) << 8)
#define DI_MASK   (UINT64_C(0xFFFFFFFF) << 32)
#define FUNC_MASK UINT64_C(0xFF)

static uint64_t what_of(const struct dlt645_frame *f)
{
    struct dlt645_body body;
    uint64_t what = dlt645_function(f);

    if (!dlt645_body(f, &body))
        return what;
    if (body.has & DLT645_HAS_DI)
        what |= HAS_DI | (uint64_t)body.di << 32;
    if (body.has & DLT645_HAS_DI2)
        what |= HAS_DI | (uint64_t)body.di2 << 32;
    if (body.has & DLT645_HAS_SEQ)
        what |= HAS_SEQ | (uint64_t)body.seq << 8;
    return what;
}

static bool is_broadcast(const struct dlt645_frame *f)
{
    return f->address == DLT645_ADDRESS_BROADCAST || dlt645_function(f) == DLT645_BROADCAST_TIME;
}

struct wp_turn dlt645_turn(const void *frame)
{
    const struct dlt645_frame *f = frame;
    struct wp_turn turn = {.who = f->address, .what = what_of(f)};

    if (dlt645_is_from_meter(f))
        turn.kind = WP_TURN_ANSWERS;
    else
        turn.kind = is_broadcast(f) ? WP_TURN_ALONE : WP_TURN_ASKS;
    return turn;
}

/* Do both lack it, or one of them, or is it the same? */
static bool agree(uint64_t a, uint64_t b, uint64_t has, uint64_t mask)
{
    return !(a & b & has) || ((a ^ b) & mask) == 0;
}

bool dlt645_answers(const struct wp_turn *answer, const struct wp_turn *question)
{
    uint64_t a = answer->what, q = question->what;

    return ((a ^ q) & FUNC_MASK) == 0 && agree(a, q, HAS_DI, DI_MASK) && agree(a, q, HAS_SEQ, SEQ_MASK) &&
           dlt645_address_match(question->who, answer->who);
}
