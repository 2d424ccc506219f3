/* Requests of one meter: one association at a time, commands in order of arrival before the poll.
 *
 *     WAITING --no talk under way--> LINKING (HDLC) --> ASSOCIATING --> PROVING (gmac) --> ASKING, object by object
 *     ASKING --the last object--> answered, RELEASING --> UNLINKING (HDLC) --> the next one
 *     ASSOCIATING --rejected, or silence after all tries--> answered with the reason
 *     any --the meter has gone--> answered: not connected
 *
 * See south_dlms_association.c and south_dlms_get.c. A request stays in the queue until it is answered, so a newer connection
 * of the same meter goes on with it. */
#include "sim/gateway/south_dlms_talk.h"

#include <assert.h>

size_t south_dlms_request_size(bool poll)
{
    return sizeof(struct dlms_request) +
           (poll ? DLMS_POLL_IDS_MAX : DLMS_COMMAND_IDS_MAX) * sizeof(struct dlms_ask);
}

size_t south_dlms_talk_size(void)
{
    return sizeof(struct dlms_talk);
}

/* ---- the beginning of a request --------------------------------------------------------------------- */

/* What kind of object has such a code. source: Blue Book, 6.2 */
static uint16_t class_of(struct obis o)
{
    enum { DATA = 1, REGISTER = 3, EXTENDED = 4, DEMAND = 5, PROFILE = 7, CLOCK = 8, DISCONNECT = 70 };

    if (o.v[2] == 99)
        return PROFILE;
    if (o.v[0] == 0)
        return o.v[2] == 1 && o.v[3] == 0 ? CLOCK : o.v[2] == 96 && o.v[3] == 3 ? DISCONNECT : DATA;
    if (o.v[3] == 6)
        return EXTENDED;
    return o.v[3] == 4 || o.v[3] == 5 ? DEMAND : o.v[2] == 0 ? DATA : REGISTER;
}

static struct dlms_ask ask_of(struct wp_slice id)
{
    struct dlms_ask ask = {.id = 2};

    if (!obis_read(id, &ask.ln))
        return (struct dlms_ask){.id = 0};
    ask.class_id = class_of(ask.ln);
    return ask;
}

/* "disconnect", "reconnect": the methods of the disconnect control. */
static bool method_of(struct wp_slice id, struct dlms_ask *out)
{
    *out = (struct dlms_ask){.ln = obis(0, 0, 96, 3, 10, 255), .class_id = 70, .is_method = true};
    out->id = wp_slice_is(id, "disconnect") ? 1 : wp_slice_is(id, "reconnect") ? 2 : 0;
    return out->id != 0;
}

static bool is_listening(const struct dlms_session *s)
{
    return !s->is_udp && s->transport != DLMS_MBUS;
}

/* NULL: it may go into the queue. */
static const char *why_not(struct dlms_south *so, struct dlms_session *s, const struct wp_command *command)
{
    struct dlms_ask method;

    if (!is_listening(s))
        return "DLMS association failed: meter only pushes";
    if (command->n_ids == 0 || command->n_ids > (command->poll ? DLMS_POLL_IDS_MAX : DLMS_COMMAND_IDS_MAX))
        return "Too many registers";
    if (command->operation == WP_EXECUTE && command->n_ids == 1 && method_of(command->ids[0], &method))
        return NULL;
    if (command->operation != WP_READ)
        return "Not supported";
    if (command->poll && s->poll) {
        south_dlms_count(so, DLMS_BUSY, s, 1);
        return "Poll still running";
    }
    if (!command->poll &&
        s->n_commands - (s->talk && s->talk->request && !s->talk->request->poll) >= so->queue_depth) {
        south_dlms_count(so, DLMS_QUEUE_FULL, s, 1);
        return "Command queue full";
    }
    return NULL;
}

static void append(struct dlms_session *s, struct dlms_request *r)
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

void south_dlms_take_command(struct dlms_south *so, const struct wp_command *command)
{
    struct dlms_meter *m = wp_map_find(&so->by_name, command->device);
    const char *fault = m ? why_not(so, m->session, command) : GATEWAY_NOT_CONNECTED;
    struct dlms_request *r = fault ? NULL : wp_pool_borrow(command->poll ? &so->polls : &so->commands);

    if (!fault && !r) {
        south_dlms_count(so, DLMS_NO_CELL, m->session, 1);
        fault = "Command queue full";
    }
    if (fault) {
        south_dlms_refuse(so, command, fault);
        return;
    }
    r->poll = command->poll;
    r->tag = command->tag;
    r->from = command->from;
    r->n = (uint8_t)command->n_ids;
    r->meter = m;
    for (size_t i = 0; i < command->n_ids; i++)
        if (command->operation != WP_EXECUTE || !method_of(command->ids[i], &r->ask[i]))
            r->ask[i] = ask_of(command->ids[i]);
    append(m->session, r);
    south_dlms_go_on(so, m->session);
    south_dlms_arm(so, m->session);
}

/* ---- its course ------------------------------------------------------------------------------------- */

void south_dlms_go_on(struct dlms_south *so, struct dlms_session *s)
{
    struct dlms_request *r = s->first ? s->first : s->poll;

    if (!r || s->talk)
        return;
    s->talk = wp_pool_borrow(&so->talks);
    assert(s->talk); /* as many as sessions */
    s->talk->request = r;
    south_dlms_begin(so, s);
}

wp_us south_dlms_talk_deadline(const struct dlms_session *s)
{
    return s->talk ? s->talk->until : WP_NEVER;
}

void south_dlms_talk_timer(struct dlms_south *so, struct dlms_session *s)
{
    if (!s->talk || s->talk->until > so->now)
        return;
    if (s->talk->stage == DLMS_ASKING) {
        south_dlms_count(so, DLMS_TIMEOUT, s, 1);
        south_dlms_get_timeout(so, s);
    } else {
        south_dlms_association_timeout(so, s);
    }
}

/* In a ciphered association a plain answer may be anybody's. What cannot be ciphered, or says that it was not, may be plain. */
static bool is_laid_bare(const struct dlms_session *s, const struct cosem_plain *plain)
{
    switch (plain->apdu.form) {
    case COSEM_AARE:
    case COSEM_RLRE:
    case COSEM_EXCEPTION:
    case COSEM_SERVICE_ERROR: return false;
    default: return s->talk && s->talk->is_ciphered && plain->n_layers == 0;
    }
}

void south_dlms_take_reply(struct dlms_south *so, struct dlms_session *s, const struct cosem_plain *plain)
{
    const uint8_t stage = s->talk ? s->talk->stage : DLMS_UNLINKING;

    if (is_laid_bare(s, plain)) {
        south_dlms_count_fault(so, WP_FAULT_DOWNGRADE, s);
        return;
    }
    switch (plain->apdu.form) {
    case COSEM_AARE:
        if (stage == DLMS_ASSOCIATING) {
            south_dlms_take_aare(so, s, plain);
            return;
        }
        break;
    case COSEM_RLRE:
        if (stage == DLMS_RELEASING) {
            south_dlms_released(so, s);
            return;
        }
        break;
    case COSEM_EXCEPTION:
    case COSEM_SERVICE_ERROR:
        if (stage < DLMS_RELEASING) {
            south_dlms_take_exception(so, s, &plain->apdu);
            return;
        }
        break;
    case COSEM_ACTION_RESPONSE:
        if (stage == DLMS_PROVING || stage == DLMS_ASKING) {
            south_dlms_take_action(so, s, &plain->apdu.service);
            return;
        }
        break;
    default:
        if (stage == DLMS_ASKING) {
            south_dlms_take_get(so, s, &plain->apdu);
            return;
        }
        break;
    }
    south_dlms_count(so, DLMS_UNEXPECTED, s, 1);
}

/* ---- the end ---------------------------------------------------------------------------------------- */

static void give_back(struct dlms_south *so, struct dlms_request *r)
{
    session_buffer_return(&so->buffers, &r->got);
    wp_pool_return(r->poll ? &so->polls : &so->commands, r);
}

/* Takes the first command, or the poll, out of the queue. */
static void unlink_request(struct dlms_session *s, struct dlms_request *r)
{
    if (r->poll) {
        s->poll = NULL;
        return;
    }
    assert(s->first == r);
    s->first = r->next;
    if (!s->first)
        s->last = NULL;
    s->n_commands--;
}

void south_dlms_answer_request(struct dlms_south *so, struct dlms_session *s, const char *fault)
{
    struct dlms_request *r = s->talk->request;

    s->talk->request = NULL;
    unlink_request(s, r);
    south_dlms_answer(so, r, fault);
    give_back(so, r);
}

void south_dlms_talk_drop(struct dlms_south *so, struct dlms_session *s)
{
    if (!s->talk)
        return;
    session_buffer_return(&so->buffers, &s->talk->joined);
    wp_pool_return(&so->talks, s->talk);
    s->talk = NULL;
}

void south_dlms_talk_end(struct dlms_south *so, struct dlms_session *s)
{
    south_dlms_talk_drop(so, s);
    south_dlms_go_on(so, s);
}

void south_dlms_fail_all(struct dlms_south *so, struct dlms_session *s)
{
    struct dlms_request *r;

    south_dlms_talk_drop(so, s);
    while ((r = s->first ? s->first : s->poll)) {
        const struct wp_command command = {.tag = r->tag, .from = r->from, .device = dlms_name(r->meter)};

        unlink_request(s, r);
        give_back(so, r);
        south_dlms_refuse(so, &command, GATEWAY_NOT_CONNECTED);
    }
}

void south_dlms_move_requests(struct dlms_south *so, struct dlms_session *from, struct dlms_session *to)
{
    south_dlms_talk_drop(so, from);
    to->first = from->first;
    to->last = from->last;
    to->poll = from->poll;
    to->n_commands = from->n_commands;
    from->first = from->last = from->poll = NULL;
    from->n_commands = 0;
    if (to->is_udp)
        south_dlms_fail_all(so, to);
    else
        south_dlms_go_on(so, to);
}
