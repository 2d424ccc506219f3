/* Which reply is whose, and what it ends.
 *
 * A reply is ours when datalog, inverter, function, register and count are those of the request that is out. A reply to
 * a write that was given up may still come and looks like one to the next write of the same register: its value tells.
 * So may the second reply to a read that was sent once more: its checksum tells. The reply to a read that was given up
 * cannot be told from one to the next read of the same registers; it is what the inverter had a few seconds ago.
 * What matches nothing answers nothing, and goes on as what somebody else asked for.
 *
 * Reads: first the reading, then the answer. Writes: first the answer, then the reading of the register as the inverter
 * has it. What was read to change a bit is no reading but where nothing had to be written. */
#include "sim/gateway/south_lxp_impl.h"

#define REFUSED     "The inverter refused"
#define OTHER_VALUE "The inverter has another value"

static bool is_reply_to(const struct lxp_frame *f, const struct lxp_request *r)
{
    uint8_t function = r->is_writing             ? LXP_WRITE_SINGLE
                       : south_lxp_asks_input(r) ? LXP_READ_INPUT
                                                 : LXP_READ_HOLD;

    if (lxp_device_function(f) != function || f->first != r->first)
        return false;
    return f->shape == LXP_IS_EXCEPTION || f->count == r->asked;
}

/* The echo of an earlier write, while another value is to be written. It goes on as what somebody else wrote. */
static bool is_late_echo(struct lxp_south *so, struct lxp_session *s, const struct lxp_frame *f,
                         const struct lxp_request *r)
{
    if (!s->is_late || f->shape != LXP_IS_WRITE_SINGLE || f->first != s->late_first ||
        lxp_u16(f->values, 0) != s->late_value)
        return false;
    s->is_late = false;
    if (!r || !r->is_writing || r->first != f->first || r->value == s->late_value)
        return false;
    south_lxp_count(so, LXP_N_LATE, s, 1);
    return true;
}

/* A read that was sent once more may be answered twice. The second reply is no news, and must not pass for the reply to
 * the next read of the same registers; one that is not the same to the last bit is news. Where none was to come, what
 * was passed over was the reply to that next read: it is sent once more too, and then nothing is left to come. */
static void expect_double(const struct lxp_south *so, struct lxp_session *s, const struct lxp_frame *f)
{
    if (!s->first->is_repeated || s->first->has_passed_over)
        return;
    s->double_until = so->now + so->timeout;
    s->double_crc = f->crc;
}

static bool is_double(struct lxp_south *so, struct lxp_session *s, const struct lxp_frame *f,
                      struct lxp_request *r)
{
    if (so->now >= s->double_until || f->shape != LXP_IS_READ_REPLY || f->crc != s->double_crc)
        return false;
    s->double_until = 0;
    if (r && is_reply_to(f, r))
        r->has_passed_over = true;
    south_lxp_count(so, LXP_N_DOUBLE, s, 1);
    return true;
}

static bool has_bit(const struct lxp_request *r, uint16_t value)
{
    return (value >> r->bit & 1) == r->on;
}

static void take_written(struct lxp_south *so, struct lxp_session *s, const struct lxp_frame *f)
{
    south_lxp_finish(so, s, lxp_u16(f->values, 0) == s->first->value ? NULL : OTHER_VALUE);
    south_lxp_tell(so, s, f, WP_ASKED);
}

static void take_bit(struct lxp_south *so, struct lxp_session *s, const struct lxp_frame *f)
{
    struct lxp_request *r = s->first;
    uint16_t value = lxp_u16(f->values, 0);

    if (has_bit(r, value)) {
        south_lxp_finish(so, s, NULL);
        south_lxp_tell(so, s, f, WP_ASKED);
        return;
    }
    if (r->due <= so->now) {
        south_lxp_finish(so, s, LXP_NO_REPLY);
        return;
    }
    r->is_writing = true;
    r->value = (uint16_t)(value ^ 1u << r->bit);
    south_lxp_begin_exchange(so, s, r);
}

static void take_read(struct lxp_south *so, struct lxp_session *s, const struct lxp_frame *f)
{
    struct lxp_request *r = s->first;

    south_lxp_tell(so, s, f, r->kind == LXP_ASK_BACK ? WP_PUSHED : WP_ASKED);
    r->first = (uint16_t)(r->first + r->asked);
    r->left = (uint16_t)(r->left - r->asked);
    if (r->left == 0)
        south_lxp_finish(so, s, NULL);
    else if (r->due <= so->now)
        south_lxp_finish(so, s, LXP_NO_REPLY);
    else
        south_lxp_begin_exchange(so, s, r);
}

bool south_lxp_take_reply(struct lxp_south *so, struct lxp_session *s, const struct lxp_frame *f)
{
    struct lxp_request *r = s->is_running ? s->first : NULL;

    if (is_double(so, s, f, r))
        return true;
    if (is_late_echo(so, s, f, r) || !r || !is_reply_to(f, r))
        return false;
    if (f->shape == LXP_IS_READ_REPLY)
        expect_double(so, s, f);
    if (f->shape == LXP_IS_EXCEPTION)
        south_lxp_finish(so, s, REFUSED);
    else if (r->is_writing)
        take_written(so, s, f);
    else if (r->kind == LXP_SET_BIT)
        take_bit(so, s, f);
    else
        take_read(so, s, f);
    south_lxp_go_on(so, s);
    return true;
}
