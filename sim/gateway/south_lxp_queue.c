/* Requests of one inverter: one at a time, in order of arrival.
 *
 *     WAITING --sent--> READING --reply--> the next registers, or answered
 *                               --reply, the bit is another--> WRITING (the same request: nothing comes in between)
 *                       READING --retry_after--> READING, sent once more
 *                       WRITING --echo--> answered
 *     any --exception, timeout, command_timeout, the connection is gone--> answered: failed */
#include "sim/gateway/south_lxp_impl.h"

#define TOO_LATE "Commands before it took too long"

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

void south_lxp_finish(struct lxp_south *so, struct lxp_session *s, const char *fault)
{
    const struct lxp_request r = take_out(so, s);

    answer(so, s, &r, fault);
}

void south_lxp_fail_all(struct lxp_south *so, struct lxp_session *s, const char *fault)
{
    while (s->first)
        south_lxp_finish(so, s, fault);
}

/* ---- sending -------------------------------------------------------------------------------------- */

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
        lxp_put_read(&w, &head, south_lxp_asks_input(r) ? LXP_READ_INPUT : LXP_READ_HOLD, r->first, r->asked);
    }
    wp_send(so->out, s->port, wp_written(&w));
}

void south_lxp_begin_exchange(struct lxp_south *so, struct lxp_session *s, struct lxp_request *r)
{
    r->sent = so->now;
    r->is_repeated = r->has_passed_over = false;
    transmit(so, s, r);
}

void south_lxp_go_on(struct lxp_south *so, struct lxp_session *s)
{
    while (s->first && !s->is_running) {
        if (s->first->due <= so->now)
            south_lxp_finish(so, s, TOO_LATE);
        else
            south_lxp_begin_exchange(so, s, s->first);
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
    south_lxp_finish(so, s, LXP_NO_REPLY);
    south_lxp_go_on(so, s);
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

    if (count == 0 || count > LXP_COUNT_MAX || first > UINT16_MAX - (count - 1)) {
        south_lxp_count(so, LXP_N_LENGTH, s, 1); /* no request can have written them */
        return;
    }
    if (will_be_read_back(s, first, count, &n))
        return;
    if (n >= LXP_READ_BACKS_MAX) {
        south_lxp_count(so, LXP_N_QUEUE_FULL, s, 1);
        return;
    }
    if (add(so, s, &back))
        south_lxp_go_on(so, s);
}
