/* Requests of one meter: one at a time, commands in order of arrival before the poll.
 *
 *     WAITING --transmit--> RUNNING --reply--> next identifier, or answered
 *                           RUNNING --more follows--> RUNNING, asks for the follow-up frame
 *                           RUNNING --no reply, refused, out of turn--> a command: next identifier
 *                                                a poll: WAITING for its pause, 1 + retries times
 *     any --the meter has gone--> answered: not connected
 *
 * A command that waits runs before a poll's next identifier or try, so a poll holds it up for one reply at
 * most. A request is answered once, when its last identifier is done with. */
#include "sim/gateway/south_dlt645_impl.h"

enum { READ_BYTES = 4, FOLLOW_BYTES = 5, WAKEUP_MAX = 16 };

/* ---- transmission --------------------------------------------------------------------------------- */

static void send(struct south *so, struct south_session *s, struct dlt645_frame *f)
{
    uint8_t wire[WAKEUP_MAX + DLT645_OVERHEAD + FOLLOW_BYTES];
    struct wp_writer w = wp_writer(wire, sizeof wire);

    f->wakeup = so->wakeup;
    dlt645_encode(&w, f);
    wp_send(so->out, s->port, wp_written(&w));
    s->until = so->now + (s->running->poll ? so->poll_timeout : so->timeout);
}

static uint32_t choose_block(const struct south *so, const struct south_session *s, struct south_request *r)
{
    uint32_t di = r->id[r->at];

    r->n_asked = 1;
    if (so->reads_blocks && !s->no_blocks)
        r->n_asked = (uint8_t)south_dlt645_block_of(&r->id[r->at], (size_t)(r->n - r->at), &di);
    return di;
}

static void transmit(struct south *so, struct south_session *s, struct south_request *r)
{
    struct dlt645_frame f;

    s->running = r;
    r->tries++;
    r->seq = 0;
    dlt645_ask_read(&f, s->address, choose_block(so, s, r));
    send(so, s, &f);
}

void south_dlt645_ask_more(struct south *so, struct south_session *s)
{
    struct south_request *r = s->running;
    struct dlt645_frame f;
    uint32_t di = r->id[r->at];

    if (r->n_asked > 1)
        (void)south_dlt645_block_of(&r->id[r->at], r->n_asked, &di);
    r->seq++;
    dlt645_ask_follow(&f, s->address, di, r->seq);
    send(so, s, &f);
}

void south_dlt645_go_on(struct south *so, struct south_session *s)
{
    struct south_request *r = s->first ? s->first : s->poll;

    if (r && !s->running && r->due <= so->now)
        transmit(so, s, r);
}

wp_us south_dlt645_queue_deadline(const struct south_session *s)
{
    if (s->running)
        return s->until;
    if (s->first)
        return s->first->due;
    return s->poll ? s->poll->due : WP_NEVER;
}

void south_dlt645_queue_timer(struct south *so, struct south_session *s)
{
    if (s->running && s->until <= so->now) {
        south_dlt645_count(so, SOUTH_TIMEOUT, s, 1);
        south_dlt645_item_failed(so, s, SOUTH_GOT_NO_REPLY, 0);
    } else {
        south_dlt645_go_on(so, s);
    }
}

/* ---- the end of a request ------------------------------------------------------------------------- */

static void give_back(struct south *so, struct south_request *r)
{
    session_buffer_return(&so->buffers, &r->got);
    wp_pool_return(r->poll ? &so->polls : &so->commands, r);
}

/* Takes the first command, or the poll, out of the queue. */
static void unlink_request(struct south_session *s, struct south_request *r)
{
    if (r->poll) {
        s->poll = NULL;
        return;
    }
    s->first = r->next;
    if (!s->first)
        s->last = NULL;
    s->n_commands--;
}

void south_dlt645_item_done(struct south *so, struct south_session *s)
{
    struct south_request *r = s->running;

    s->running = NULL;
    r->at = (uint8_t)(r->at + r->n_asked);
    r->tries = 0;
    if (r->at == r->n) {
        unlink_request(s, r);
        south_dlt645_answer(so, s, r);
        give_back(so, r);
    }
    south_dlt645_go_on(so, s);
}

void south_dlt645_item_failed(struct south *so, struct south_session *s, uint8_t outcome, uint8_t detail)
{
    struct south_request *r = s->running;
    const struct wp_slice nothing = {NULL, 0};

    if (r->seq > 0)
        south_dlt645_outcome_forget(so, r);
    if (r->n_asked > 1 && outcome == SOUTH_GOT_ERROR) {
        s->no_blocks = true;
        r->tries = 0;
        transmit(so, s, r);
        return;
    }
    if (r->poll && r->tries < so->poll_tries) {
        r->due = so->now + so->poll_pause;
        s->running = NULL;
        south_dlt645_go_on(so, s);
        return;
    }
    for (size_t i = 0; i < r->n_asked; i++)
        south_dlt645_outcome_add(so, r, outcome, detail, nothing);
    south_dlt645_item_done(so, s);
}

void south_dlt645_fail_all(struct south *so, struct south_session *s)
{
    struct south_request *r;

    s->running = NULL;
    while ((r = s->first ? s->first : s->poll)) {
        const struct wp_command command = {
            .tag = r->tag, .from = r->from, .device = wp_slice(s->device, SOUTH_ADDRESS_DIGITS)};

        unlink_request(s, r);
        give_back(so, r);
        south_dlt645_refuse(so, &command, GATEWAY_NOT_CONNECTED);
    }
}

void south_dlt645_move_requests(struct south *so, struct south_session *from, struct south_session *to)
{
    if (from->running) {
        from->running->tries--;
        from->running->due = 0;
        if (from->running->seq > 0)
            south_dlt645_outcome_forget(so, from->running);
    }
    to->first = from->first;
    to->last = from->last;
    to->n_commands = from->n_commands;
    to->poll = from->poll;
    from->first = from->last = from->poll = from->running = NULL;
    from->n_commands = 0;
}

/* ---- the beginning of a request ------------------------------------------------------------------- */

static bool read_ids(const struct wp_command *command, uint32_t *out)
{
    for (size_t i = 0; i < command->n_ids; i++) {
        uint8_t di[READ_BYTES];
        size_t n;

        if (command->ids[i].n != 2 * READ_BYTES || !wp_hex_read(command->ids[i], di, sizeof di, &n))
            return false;
        out[i] = (uint32_t)di[0] << 24 | (uint32_t)di[1] << 16 | (uint32_t)di[2] << 8 | di[3];
    }
    return true;
}

static bool is_full(const struct south *so, const struct south_session *s)
{
    unsigned running = s->running && !s->running->poll;

    return s->n_commands - running >= so->queue_depth;
}

static void append(struct south_session *s, struct south_request *r)
{
    if (r->poll) {
        s->poll = r;
        return;
    }
    if (s->last)
        s->last->next = r;
    else
        s->first = r;
    s->last = r;
    s->n_commands++;
}

/* NULL: it may go into the queue. */
static const char *why_not(struct south *so, const struct south_session *s, const struct wp_command *command,
                           size_t ids_max)
{
    if (command->operation != WP_READ)
        return "Not supported";
    if (command->n_ids == 0 || command->n_ids > ids_max)
        return "Too many registers";
    if (command->poll && s->poll) {
        south_dlt645_count(so, SOUTH_BUSY, s, 1);
        return "Poll still running";
    }
    if (!command->poll && is_full(so, s)) {
        south_dlt645_count(so, SOUTH_QUEUE_FULL, s, 1);
        return "Command queue full";
    }
    return NULL;
}

void south_dlt645_take_command(struct south *so, const struct wp_command *command)
{
    struct south_session *s = wp_map_find(&so->by_device, command->device);
    size_t ids_max = command->poll ? SOUTH_POLL_IDS_MAX : SOUTH_COMMAND_IDS_MAX;
    const char *fault = s ? why_not(so, s, command, ids_max) : GATEWAY_NOT_CONNECTED;
    struct south_request *r;

    if (fault) {
        south_dlt645_refuse(so, command, fault);
        return;
    }
    r = wp_pool_borrow(command->poll ? &so->polls : &so->commands);
    if (!r) {
        south_dlt645_count(so, SOUTH_NO_CELL, s, 1);
        south_dlt645_refuse(so, command, "Command queue full");
        return;
    }
    r->poll = command->poll;
    r->tag = command->tag;
    r->from = command->from;
    r->n = (uint8_t)command->n_ids;
    if (!read_ids(command, r->id)) {
        give_back(so, r);
        south_dlt645_refuse(so, command, "Unknown data identifier");
        return;
    }
    append(s, r);
    south_dlt645_go_on(so, s);
    south_dlt645_arm(so, s);
}
