/*     BEFORE --the capture's time--> DIALLING --open--> OPEN --the capture's time--> GONE
 *                                    DIALLING --refused--> GONE        OPEN --the gateway hangs up--> GONE
 *
 * It does not come back: another connection of the capture is another device. Bytes that are no frame are dropped.
 * One that listens is BEFORE until it is dialled, and again when the gateway hangs up; another client is turned away. */
#include "harness/playback.h"

#include "harness/fields.h"
#include "harness/keys.h"

#include <stddef.h>

enum { RX_MAX = 8192, WAITING_MAX = 32, LINE_MAX = 4096, ANSWER_MAX = 4096 };

enum state { BEFORE, DIALLING, OPEN, GONE };

struct waiting {
    wp_us due;
    const struct playback_answer *answer;
    struct wp_turn question;
};

struct playback {
    const struct playback_plan *plan;
    enum state state;
    wp_us start;
    wp_port port;
    size_t next_send;
    struct waiting waiting[WAITING_MAX]; /* in the order in which they were asked for */
    size_t n_waiting, n_rx;
    int64_t n_unknown, n_silent;
    size_t state_at[PLAYBACK_CODECS_MAX], frame_at; /* in `more` */
    uint8_t rx[RX_MAX];
    _Alignas(max_align_t) uint8_t more[];
};

enum { GATEWAY, PUSHES };

static const struct wp_endpoint endpoints[] = {
    [GATEWAY] = {.name = "gateway", .transport = WP_TCP, .addr = {.port = 8899}},
    [PUSHES] = {.name = "pushes", .transport = WP_UDP, .addr = {.port = 4059}},
};

static const struct wp_endpoint listeners[] = {
    {.name = "dongle", .transport = WP_TCP, .listen = true, .addr = {.port = 8000}},
};

static const struct wp_option options[] = {
    {.name = "frames",
     .type = WP_OPT_TEXT,
     .use = WP_USE_SETUP,
     .unit = "",
     .help = "the file with its frames"},
};

/* ---- memory ------------------------------------------------------------------------------------------- */

static size_t rounded(size_t n)
{
    return (n + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
}

/* What the codecs need: a state for each, one frame for all. Returns all of it; writes where it stands. */
static size_t lay_out(const struct playback_plan *plan, size_t *state_at, size_t *ret_frame_at)
{
    size_t n = 0, frame = 1;

    for (size_t i = 0; i < plan->n_codecs; i++) {
        state_at[i] = n;
        n += rounded(plan->codec[i]->state_size);
        frame = plan->codec[i]->frame_size > frame ? plan->codec[i]->frame_size : frame;
    }
    *ret_frame_at = n;
    return n + rounded(frame);
}

static size_t size(const struct wp_setup *setup)
{
    size_t state_at[PLAYBACK_CODECS_MAX], frame_at;

    return sizeof(struct playback) + lay_out(setup->plan, state_at, &frame_at);
}

static void init(const struct wp_setup *setup, void *memory)
{
    struct playback *p = memory;

    memset(p, 0, size(setup));
    p->plan = setup->plan;
    lay_out(p->plan, p->state_at, &p->frame_at);
    for (size_t i = 0; i < p->plan->n_codecs; i++)
        keys_begin_state(p->plan->codec[i], p->more + p->state_at[i]);
}

enum wp_side playback_asker(const struct playback_plan *plan)
{
    return plan->listens ? WP_SIDE_CLIENT : WP_SIDE_SERVER;
}

/* ---- answers ------------------------------------------------------------------------------------------ */

/* By codec, then `who`, then `what`. */
static int compare(size_t codec, const struct wp_turn *turn, const struct playback_answer *a)
{
    if (codec != a->codec)
        return codec < a->codec ? -1 : 1;
    if (turn->who != a->question.who)
        return turn->who < a->question.who ? -1 : 1;
    if (turn->what != a->question.what)
        return turn->what < a->question.what ? -1 : 1;
    return 0;
}

struct wp_turn playback_key(const struct wp_codec *codec, const struct wp_turn *question)
{
    struct wp_turn key = *question;

    if (codec->adopt)
        key.who = 0;
    return key;
}

/* A question to whoever is there ("any address") is no recorded one's equal, but its answer may do. */
static bool would_answer(const struct playback_plan *plan, size_t codec, const struct wp_turn *question,
                         const struct playback_answer *a)
{
    return a->codec == codec && a->bytes.n > 0 && a->question.what == question->what &&
           plan->codec[codec]->answers(&a->answer, question);
}

const struct playback_answer *playback_find(const struct playback_plan *plan, size_t codec,
                                            const struct wp_turn *question, wp_us at)
{
    const struct playback_answer *found = NULL;
    const struct wp_turn key = playback_key(plan->codec[codec], question);
    size_t from = 0, to = plan->n_answers;

    while (from < to) { /* the first that is not before the question */
        size_t middle = from + (to - from) / 2;

        if (compare(codec, &key, &plan->answers[middle]) > 0)
            from = middle + 1;
        else
            to = middle;
    }
    for (size_t i = from; i < plan->n_answers && compare(codec, &key, &plan->answers[i]) == 0; i++)
        if (!found || plan->answers[i].at <= at)
            found = &plan->answers[i];
    for (size_t i = 0; i < plan->n_answers && !found; i++)
        if (would_answer(plan, codec, question, &plan->answers[i]))
            found = &plan->answers[i];
    return found;
}

static void name_question(struct wp_outbox *out, const char *what, const struct wp_codec *codec,
                          const void *frame, int64_t count)
{
    char line[LINE_MAX];
    struct wp_writer w = wp_writer(line, sizeof line);

    fields_put_line(&w, codec, frame);
    wp_note(out, what, wp_written(&w), count);
}

static void take_question(struct playback *p, size_t codec, const struct wp_turn *question, wp_us now,
                          struct wp_outbox *out)
{
    const struct playback_answer *a = playback_find(p->plan, codec, question, now - p->start);
    const void *frame = p->more + p->frame_at;

    if (!a) {
        name_question(out, PLAYBACK_UNKNOWN, p->plan->codec[codec], frame, ++p->n_unknown);
    } else if (a->bytes.n == 0) {
        name_question(out, PLAYBACK_SILENT, p->plan->codec[codec], frame, ++p->n_silent);
    } else if (p->n_waiting == WAITING_MAX) {
        wp_note(out, "queue-full", wp_text("more questions wait for their answers than one device holds"), 1);
    } else {
        p->waiting[p->n_waiting++] = (struct waiting){now + a->delay, a, *question};
    }
}

/* Of a connection on which both say alike frames the codec must have seen both sides: who speaks first, and how. */
static void say(struct playback *p, struct wp_slice bytes, struct wp_outbox *out)
{
    for (size_t i = 0; p->plan->listens && i < p->plan->n_codecs; i++)
        (void)p->plan->codec[i]->decode(p->more + p->state_at[i], WP_SIDE_SERVER, bytes,
                                        p->more + p->frame_at);
    wp_send(out, p->port, bytes);
}

/* The recorded answer, as one to this question; one that cannot be made so goes out as it was. */
static void say_answer(struct playback *p, const struct waiting *w, struct wp_outbox *out)
{
    const struct wp_codec *codec = p->plan->codec[w->answer->answer_codec];
    struct wp_slice recorded = w->answer->bytes;
    uint8_t adopted[ANSWER_MAX];

    if (!codec->adopt || recorded.n > sizeof adopted) {
        say(p, recorded, out);
        return;
    }
    memcpy(adopted, recorded.p, recorded.n);
    (void)codec->adopt(adopted, recorded.n, &w->question);
    wp_send(out, p->port, wp_slice(adopted, recorded.n));
}

/* ---- what the gateway says ------------------------------------------------------------------------------ */

static void drop(struct playback *p, size_t n)
{
    memmove(p->rx, p->rx + n, p->n_rx - n);
    p->n_rx -= n;
}

/* Is another codec sure of what this one can read? */
static bool is_anothers(const struct playback_plan *plan, size_t i, struct wp_slice in)
{
    enum wp_probe own = plan->codec[i]->probe(in);

    if (own == WP_PROBE_NO)
        return true;
    for (size_t k = 0; plan->codec[i]->yields && own != WP_PROBE_YES && k < plan->n_codecs; k++)
        if (k != i && plan->codec[k]->probe(in) == WP_PROBE_YES)
            return true;
    return false;
}

/* Takes one frame off the front, or bytes that begin none. false: more is to come first. */
static bool read_one(struct playback *p, wp_us now, struct wp_outbox *out)
{
    const struct wp_slice in = wp_slice(p->rx, p->n_rx);
    size_t skip = p->n_rx;
    bool waits = false;

    for (size_t i = 0; i < p->plan->n_codecs; i++) {
        const struct wp_codec *codec = p->plan->codec[i];
        void *frame = p->more + p->frame_at;
        struct wp_decode d = codec->decode(p->more + p->state_at[i], playback_asker(p->plan), in, frame);
        struct wp_turn turn;

        if (d.status == WP_OK && is_anothers(p->plan, i, in)) {
            skip = d.used < skip ? d.used : skip;
            continue;
        }
        if (d.status == WP_OK) {
            turn = codec->turn ? codec->turn(frame) : (struct wp_turn){.kind = WP_TURN_ALONE};
            if (turn.kind == WP_TURN_ASKS)
                take_question(p, i, &turn, now, out);
            drop(p, d.used);
            return true;
        }
        waits = waits || d.status == WP_MORE;
        if (d.status == WP_BAD && d.used < skip)
            skip = d.used;
    }
    if (waits && p->n_rx < RX_MAX)
        return false;
    drop(p, waits ? 1 : skip);
    return true;
}

static void take_bytes(struct playback *p, const struct wp_event *e, struct wp_outbox *out)
{
    struct wp_slice bytes = e->bytes;

    while (bytes.n > 0) {
        size_t room = RX_MAX - p->n_rx, n = bytes.n < room ? bytes.n : room;

        memcpy(p->rx + p->n_rx, bytes.p, n);
        p->n_rx += n;
        bytes = wp_slice_from(bytes, n);
        while (p->n_rx > 0 && read_one(p, e->now, out))
            ;
    }
}

/* ---- time ----------------------------------------------------------------------------------------------- */

static wp_us at(const struct playback *p, wp_us recorded)
{
    return recorded == WP_NEVER ? WP_NEVER : p->start + recorded;
}

/* The one that is due first; of several the one that was asked for first. n_waiting: none. */
static size_t next_answer(const struct playback *p)
{
    size_t first = 0;

    for (size_t i = 1; i < p->n_waiting; i++)
        if (p->waiting[i].due < p->waiting[first].due)
            first = i;
    return first;
}

static void send_due(struct playback *p, wp_us now, struct wp_outbox *out)
{
    while (p->next_send < p->plan->n_sends && at(p, p->plan->sends[p->next_send].at) <= now)
        say(p, p->plan->sends[p->next_send++].bytes, out);
    for (size_t i = next_answer(p); i < p->n_waiting && p->waiting[i].due <= now; i = next_answer(p)) {
        say_answer(p, &p->waiting[i], out);
        memmove(&p->waiting[i], &p->waiting[i + 1], (--p->n_waiting - i) * sizeof p->waiting[0]);
    }
}

static void on_time(struct playback *p, wp_us now, struct wp_outbox *out)
{
    if (p->state == BEFORE && !p->plan->listens && at(p, p->plan->open) <= now) {
        p->state = DIALLING;
        wp_dial(out, p->plan->datagrams ? PUSHES : GATEWAY);
    }
    if (p->state != OPEN)
        return;
    send_due(p, now, out);
    if (at(p, p->plan->close) > now)
        return;
    p->state = GONE;
    if (p->plan->reset)
        wp_abort(out, p->port);
    else
        wp_hang_up(out, p->port);
}

static void on_close(struct playback *p, struct wp_outbox *out)
{
    size_t left = p->plan->n_sends - p->next_send;

    if (p->state != GONE && left > 0 && !p->plan->listens)
        wp_note(out, PLAYBACK_EARLY, wp_text("what the capture's device sent later is left out"),
                (int64_t)left);
    p->state = p->plan->listens ? BEFORE : GONE;
    p->n_waiting = 0;
    p->n_rx = 0;
}

static void on_open(struct playback *p, wp_port port, struct wp_outbox *out)
{
    if (p->state == OPEN) {
        wp_abort(out, port);
        return;
    }
    p->state = OPEN;
    p->port = port;
}

static void step(void *machine, const struct wp_event *e, struct wp_outbox *out)
{
    struct playback *p = machine;

    switch (e->kind) {
    case WP_EV_START: p->start = e->now; break;
    case WP_EV_OPEN: on_open(p, e->port, out); break;
    case WP_EV_CLOSE:
        if (e->port == p->port || p->state == DIALLING)
            on_close(p, out);
        break;
    case WP_EV_BYTES:
        if (e->port == p->port)
            take_bytes(p, e, out);
        break;
    default: break;
    }
    on_time(p, e->now, out);
}

static wp_us deadline(const void *machine)
{
    const struct playback *p = machine;
    wp_us next = WP_NEVER;

    if (p->state == BEFORE)
        return p->plan->listens ? WP_NEVER : at(p, p->plan->open);
    if (p->state != OPEN)
        return WP_NEVER;
    next = at(p, p->plan->close);
    if (p->next_send < p->plan->n_sends && at(p, p->plan->sends[p->next_send].at) < next)
        next = at(p, p->plan->sends[p->next_send].at);
    if (p->n_waiting > 0 && p->waiting[next_answer(p)].due < next)
        next = p->waiting[next_answer(p)].due;
    return next;
}

#define COMMON                                                                                               \
    .name = "playback", .help = "a device that says what a capture heard it say", .options = options,        \
    .n_options = sizeof options / sizeof options[0], .size = size, .init = init, .step = step,               \
    .deadline = deadline

const struct wp_class playback_class = {COMMON, .endpoints = endpoints,
                                        .n_endpoints = sizeof endpoints / sizeof endpoints[0]};

const struct wp_class playback_listener_class = {COMMON, .endpoints = listeners,
                                                 .n_endpoints = sizeof listeners / sizeof listeners[0]};
