/* Requests of one inverter: one at a time, in order of arrival.
 *
 *     WAITING --sent--> READING --reply--> the next registers, or answered
 *                               --reply, the bit is another--> WRITING (the same request: nothing comes in between)
 *                       READING --retry_after--> READING, sent once more
 *                       WRITING --echo--> answered
 *     any --exception, timeout, command_timeout, the connection is gone--> answered: failed
 *
 * A reply is ours when datalog, inverter, function, register and count are those of the request that is out. A reply to
 * a write that was given up may still come and looks like one to the next write of the same register: its value tells.
 * What matches nothing answers nothing, and goes on as what somebody else asked for.
 *
 * Reads: first the reading, then the answer. Writes: first the answer, then the reading of the register as the inverter
 * has it. What was read to change a bit is no reading but where nothing had to be written. */
#include "sim/gateway/south_lxp_impl.h"

#define NO_REPLY    "No reply from the inverter"
#define REFUSED     "The inverter refused"
#define OTHER_VALUE "The inverter has another value"
#define TOO_LATE    "Commands before it took too long"

/* ---- answers -------------------------------------------------------------------------------------- */

/* Takes the first request out of the queue; what it was comes back. */
static struct lxp_request take_out(struct lxp_south *so, struct lxp_session *s)
{
    struct lxp_request *r = s->first, was = *r;

    s->first = r->next;
    if (!s->first)
        s->last = NULL;
    s->n_requests--;
    s->is_running = false;
    wp_pool_return(&so->requests, r);
    return was;
}

/* fault NULL: done. */
static void answer(struct lxp_south *so, const struct lxp_session *s, const struct lxp_request *r,
                   const char *fault)
{
    const struct wp_answer a = {.tag = r->tag,
                                .from = r->from,
                                .device = lxp_session_serial(s),
                                .ok = !fault,
                                .fault = wp_text(fault)};
    const struct wp_effect effect = {.kind = WP_ANSWER, .answer = &a};

    if (r->kind != LXP_ASK_BACK)
        so->out->emit(so->out, &effect);
}

static void finish(struct lxp_south *so, struct lxp_session *s, const char *fault)
{
    const struct lxp_request r = take_out(so, s);

    answer(so, s, &r, fault);
}

void south_lxp_fail_all(struct lxp_south *so, struct lxp_session *s, const char *fault)
{
    while (s->first)
        finish(so, s, fault);
}

/* ---- sending -------------------------------------------------------------------------------------- */

static bool asks_input(const struct lxp_request *r)
{
    return r->kind == LXP_ASK_INPUT;
}

static void transmit(struct lxp_south *so, struct lxp_session *s, struct lxp_request *r)
{
    const struct lxp_head head = {.protocol = 1, .datalog = s->datalog, .inverter = s->serial};
    uint8_t wire[LXP_REQUEST_BYTES];
    struct wp_writer w = wp_writer(wire, sizeof wire);

    s->is_running = true;
    if (r->is_writing) {
        r->asked = 1;
        lxp_put_write(&w, &head, r->first, r->value);
    } else {
        r->asked = r->left < so->max_read ? r->left : so->max_read;
        lxp_put_read(&w, &head, asks_input(r) ? LXP_READ_INPUT : LXP_READ_HOLD, r->first, r->asked);
    }
    wp_send(so->out, s->port, wp_written(&w));
}

static void begin_exchange(struct lxp_south *so, struct lxp_session *s, struct lxp_request *r)
{
    r->sent = so->now;
    r->is_repeated = false;
    transmit(so, s, r);
}

void south_lxp_go_on(struct lxp_south *so, struct lxp_session *s)
{
    while (s->first && !s->is_running) {
        if (s->first->due <= so->now)
            finish(so, s, TOO_LATE);
        else
            begin_exchange(so, s, s->first);
    }
}

/* ---- time ----------------------------------------------------------------------------------------- */

static wp_us exchange_end(const struct lxp_south *so, const struct lxp_request *r)
{
    wp_us end = r->sent + so->timeout;

    return end < r->due ? end : r->due;
}

static bool may_repeat(const struct lxp_south *so, const struct lxp_request *r)
{
    return so->retry_after > 0 && !r->is_writing && !r->is_repeated &&
           r->sent + so->retry_after < exchange_end(so, r);
}

/* The one that waits next came later, so it is due later. */
wp_us south_lxp_queue_deadline(const struct lxp_south *so, const struct lxp_session *s)
{
    const struct lxp_request *r = s->first;

    if (!r)
        return WP_NEVER;
    return may_repeat(so, r) ? r->sent + so->retry_after : exchange_end(so, r);
}

/* Its reply may still come. */
static void remember_late(struct lxp_session *s, const struct lxp_request *r)
{
    s->is_late = true;
    s->late_first = r->first;
    s->late_value = r->value;
}

void south_lxp_queue_timer(struct lxp_south *so, struct lxp_session *s)
{
    struct lxp_request *r = s->first;

    if (!r || south_lxp_queue_deadline(so, s) > so->now)
        return;
    if (may_repeat(so, r)) {
        r->is_repeated = true;
        south_lxp_count(so, LXP_N_AGAIN, s, 1);
        transmit(so, s, r);
        return;
    }
    if (r->is_writing)
        remember_late(s, r);
    south_lxp_count(so, LXP_N_TIMEOUT, s, 1);
    finish(so, s, NO_REPLY);
    south_lxp_go_on(so, s);
}

/* ---- replies -------------------------------------------------------------------------------------- */

static bool is_reply_to(const struct lxp_frame *f, const struct lxp_request *r)
{
    uint8_t function = r->is_writing ? LXP_WRITE_SINGLE : asks_input(r) ? LXP_READ_INPUT : LXP_READ_HOLD;

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

static bool has_bit(const struct lxp_request *r, uint16_t value)
{
    return (value >> r->bit & 1) == r->on;
}

static void take_written(struct lxp_south *so, struct lxp_session *s, const struct lxp_frame *f)
{
    finish(so, s, lxp_u16(f->values, 0) == s->first->value ? NULL : OTHER_VALUE);
    south_lxp_tell(so, s, f, WP_ASKED);
}

static void take_bit(struct lxp_south *so, struct lxp_session *s, const struct lxp_frame *f)
{
    struct lxp_request *r = s->first;
    uint16_t value = lxp_u16(f->values, 0);

    if (has_bit(r, value)) {
        finish(so, s, NULL);
        south_lxp_tell(so, s, f, WP_ASKED);
        return;
    }
    r->is_writing = true;
    r->value = (uint16_t)(value ^ 1u << r->bit);
    begin_exchange(so, s, r);
}

static void take_read(struct lxp_south *so, struct lxp_session *s, const struct lxp_frame *f)
{
    struct lxp_request *r = s->first;

    south_lxp_tell(so, s, f, r->kind == LXP_ASK_BACK ? WP_PUSHED : WP_ASKED);
    r->first = (uint16_t)(r->first + r->asked);
    r->left = (uint16_t)(r->left - r->asked);
    if (r->left == 0)
        finish(so, s, NULL);
    else if (r->due <= so->now)
        finish(so, s, NO_REPLY);
    else
        begin_exchange(so, s, r);
}

bool south_lxp_take_reply(struct lxp_south *so, struct lxp_session *s, const struct lxp_frame *f)
{
    struct lxp_request *r = s->is_running ? s->first : NULL;

    if (is_late_echo(so, s, f, r) || !r || !is_reply_to(f, r))
        return false;
    if (f->shape == LXP_IS_EXCEPTION)
        finish(so, s, REFUSED);
    else if (r->is_writing)
        take_written(so, s, f);
    else if (r->kind == LXP_SET_BIT)
        take_bit(so, s, f);
    else
        take_read(so, s, f);
    south_lxp_go_on(so, s);
    return true;
}

/* ---- new requests --------------------------------------------------------------------------------- */

static bool is_full(const struct lxp_south *so, const struct lxp_session *s)
{
    return s->n_requests - (unsigned)s->is_running >= so->queue_depth;
}

static bool add(struct lxp_south *so, struct lxp_session *s, const struct lxp_request *made)
{
    struct lxp_request *r = wp_pool_borrow(&so->requests);

    if (!r) {
        south_lxp_count(so, LXP_N_NO_CELL, s, 1);
        return false;
    }
    *r = *made;
    r->next = NULL;
    r->due = so->now + so->command_timeout;
    if (s->last)
        s->last->next = r;
    else
        s->first = r;
    s->last = r;
    s->n_requests++;
    return true;
}

const char *south_lxp_append(struct lxp_south *so, struct lxp_session *s, const struct lxp_request *made)
{
    if (is_full(so, s)) {
        south_lxp_count(so, LXP_N_QUEUE_FULL, s, 1);
        return "Command queue full";
    }
    return add(so, s, made) ? NULL : "Command queue full";
}

/* Is it on its list already? Then the reading that is to come will have what was written. */
static bool will_be_read_back(const struct lxp_session *s, uint16_t first, uint16_t count, size_t *ret_n)
{
    const struct lxp_request *r = s->is_running ? s->first->next : s->first;

    *ret_n = 0;
    for (; r; r = r->next) {
        if (r->kind != LXP_ASK_BACK)
            continue;
        if (r->first == first && r->left == count)
            return true;
        ++*ret_n;
    }
    return false;
}

void south_lxp_read_back(struct lxp_south *so, struct lxp_session *s, uint16_t first, uint16_t count)
{
    const struct lxp_request back = {.kind = LXP_ASK_BACK, .first = first, .left = count};
    size_t n;

    if (count == 0 || will_be_read_back(s, first, count, &n))
        return;
    if (n >= LXP_READ_BACKS_MAX) {
        south_lxp_count(so, LXP_N_QUEUE_FULL, s, 1);
        return;
    }
    if (add(so, s, &back))
        south_lxp_go_on(so, s);
}
