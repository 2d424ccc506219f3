/* A capture read for import: what each device said and was asked, and what passed on topics of an API. */
#include "harness/fields.h"
#include "harness/import_bus.h"
#include "harness/replay.h"
#include "sim/catalog.h"

#include <stdio.h>
#include <stdlib.h>

enum { LINE_MAX = 16384 };

#define SPAN_MAX_NS (INT64_C(86400) * 1000000000)

/* A frame, or bad bytes, of a connection that may be a device's, until it is over. */
struct heard {
    unsigned direction;
    const struct wp_codec *codec;
    enum exchange_kind exchange;
    struct moment when, question; /* question: EXCHANGE_ANSWER */
    struct wp_slice wire;
    const char *text;
    struct import_item *item;
    struct heard *next;
};

struct talk {
    uint32_t number; /* the flow's */
    struct heard *first, **tail;
    size_t asked[2]; /* by direction */
    size_t answered[2];
    size_t n_left_out;
    struct wp_slice inverter, datalog; /* what it was called first */
    struct talk *next;
};

struct reader {
    struct replay_out out; /* first */
    struct import *im;
    const struct contract_set *contracts;
    struct import_bus *bus;
    struct talk *talks;
    bool too_many;
    /* Messages as they passed: published by clients, delivered by a broker. */
    struct import_message *published, **published_tail, *delivered, **delivered_tail;
    uint32_t deliveries_of
        [2]; /* the flow whose deliveries count, of publications and requests: copies go to others */
};

/* ---- what counts ---------------------------------------------------------------------------------------- */

static bool is_family(const struct wp_codec *a, const struct wp_codec *b)
{
    return a == b || (a && b && a->family && b->family && strcmp(a->family, b->family) == 0);
}

static bool has_south(const struct wp_codec *codec)
{
    for (size_t i = 0; i < wp_n_souths; i++)
        if (is_family(codec, wp_codec_find(wp_souths[i]->name)))
            return true;
    return false;
}

/* Does its south dial the device? */
static bool is_dialled(const struct wp_codec *codec)
{
    for (size_t i = 0; i < wp_n_souths; i++)
        for (size_t k = 0; k < wp_souths[i]->n_endpoints; k++)
            if (wp_souths[i]->endpoints[k].transport == WP_TCP && !wp_souths[i]->endpoints[k].listen &&
                is_family(codec, wp_codec_find(wp_souths[i]->name)))
                return true;
    return false;
}

static struct wp_slice copied(struct arena *a, struct wp_slice s)
{
    uint8_t *p = arena_get(a, s.n + 1);

    if (s.n)
        memcpy(p, s.p, s.n);
    return wp_slice(p, s.n);
}

static const char *line_of(struct arena *a, const struct wp_codec *codec, const void *frame)
{
    static char text[LINE_MAX];
    struct wp_writer w = wp_writer(text, sizeof text);

    fields_put_line(&w, codec, frame);
    return arena_text(a, wp_written(&w));
}

/* ---- frames of devices ---------------------------------------------------------------------------------- */

static struct talk *talk_of(struct reader *r, const struct flow *flow)
{
    struct talk *t = r->talks;

    while (t && t->number != flow->number)
        t = t->next;
    if (t)
        return t;
    t = arena_get(&r->im->arena, sizeof *t);
    t->number = flow->number;
    t->tail = &t->first;
    t->next = r->talks;
    r->talks = t;
    return t;
}

/* The identifier of a question for a register, as polling.ids has it. The value lives for the call only. */
static void look_for_id(void *ctx, const struct wp_field *field)
{
    if (strcmp(field->path, "di") == 0 && field->value.kind == WP_BYTES)
        wp_put_hex(ctx, field->value.bytes);
}

static void keep_id(struct import *im, const struct replay_event *e)
{
    char hex[64];
    struct wp_writer w = wp_writer(hex, sizeof hex);

    e->codec->fields(e->frame, look_for_id, &w);
    if (w.n == 0 || im->n_ids == sizeof im->ids / sizeof im->ids[0])
        return;
    for (size_t i = 0; i < im->n_ids; i++)
        if (wp_slice_eq(im->ids[i], wp_written(&w)))
            return;
    im->ids[im->n_ids].p = (const uint8_t *)arena_text(&im->arena, wp_written(&w));
    im->ids[im->n_ids++].n = w.n;
}

struct naming {
    struct reader *r;
    struct talk *talk;
};

/* Who a dialled device is: its gateway must be told. */
static void look_for_name(void *ctx, const struct wp_field *field)
{
    const struct naming *n = ctx;
    struct wp_slice *name = strcmp(field->path, "inverter") == 0  ? &n->talk->inverter
                            : strcmp(field->path, "datalog") == 0 ? &n->talk->datalog
                                                                  : NULL;

    if (name && name->n == 0 && field->value.kind == WP_TEXT)
        *name = copied(&n->r->im->arena, field->value.bytes);
}

static void hear(struct reader *r, const struct replay_event *e)
{
    struct talk *t = talk_of(r, e->flow);
    struct naming naming = {r, t};
    struct heard *h;

    if (e->kind == REPLAY_FRAME && (t->inverter.n == 0 || t->datalog.n == 0) && is_dialled(e->codec))
        e->codec->fields(e->frame, look_for_name, &naming);

    if (e->kind == REPLAY_BAD && e->wire.n < e->n) {
        t->n_left_out++;
        return;
    }
    if (r->im->n_items++ == IMPORT_ITEMS_MAX) {
        r->too_many = true;
        return;
    }
    h = arena_get(&r->im->arena, sizeof *h);
    *h = (struct heard){
        .direction = e->direction, .codec = e->codec, .when = e->when, .question = e->question};
    h->exchange = e->kind == REPLAY_FRAME ? e->exchange : EXCHANGE_ALONE;
    h->wire = copied(&r->im->arena, e->wire);
    h->text =
        e->kind == REPLAY_FRAME ? line_of(&r->im->arena, e->codec, e->frame) : "bytes that are no frame";
    t->asked[e->direction] += h->exchange == EXCHANGE_QUESTION;
    t->answered[e->direction] += h->exchange == EXCHANGE_ANSWER || h->exchange == EXCHANGE_UNASKED;
    if (h->exchange == EXCHANGE_QUESTION)
        keep_id(r->im, e);
    *t->tail = h;
    t->tail = &h->next;
}

/* ---- messages --------------------------------------------------------------------------------------------- */

static void keep_message(struct reader *r, const struct replay_event *e, const struct wp_carried *m,
                         bool down)
{
    enum contract_way way = contract_way(r->contracts, NULL, m->topic);
    uint32_t *of = &r->deliveries_of[way == CONTRACT_RECEIVED];
    struct import_message *message;

    if (way == CONTRACT_NOBODYS || m->topic.n == 0)
        return;
    if (r->im->n_messages++ == IMPORT_MESSAGES_MAX) {
        r->too_many = true;
        return;
    }
    if (down && *of && *of != e->flow->number)
        return;
    if (down)
        *of = e->flow->number;
    message = arena_get(&r->im->arena, sizeof *message);
    *message = (struct import_message){
        .ns = e->when.ns,
        .packet = e->when.number,
        .is_request = way == CONTRACT_RECEIVED,
        .topic = copied(&r->im->arena, m->topic),
        .payload = copied(&r->im->arena, m->payload),
        .qos = m->qos,
        .retain = m->retain,
    };
    if (down) {
        *r->delivered_tail = message;
        r->delivered_tail = &message->next;
    } else {
        *r->published_tail = message;
        r->published_tail = &message->next;
    }
}

/* From a broker to a client? Where nobody saw who opened the connection, a well-known port may tell. */
static bool is_down(const struct replay_event *e)
{
    if (e->flow->knows_client)
        return e->direction == 1;
    return e->from->port == 1883 || e->from->port < e->to->port;
}

static void on_event(struct replay_out *out, const struct replay_event *e)
{
    struct reader *r = (struct reader *)out;
    struct wp_carried message;

    if (e->kind != REPLAY_FRAME && e->kind != REPLAY_BAD)
        return;
    if (e->flow->kind == FLOW_BUS)
        import_bus_hear(r->bus, e);
    else if (has_south(e->codec))
        hear(r, e);
    else if (e->kind == REPLAY_FRAME && e->codec->message && e->codec->message(e->frame, &message))
        keep_message(r, e, &message, is_down(e));
    else if (e->kind == REPLAY_FRAME && !e->codec->message && e->codec->turn)
        talk_of(r, e->flow)->n_left_out++;
}

/* ---- a connection is over --------------------------------------------------------------------------------- */

/* Who asks is the gateway; where nobody does, who was dialled. */
static unsigned device_direction(const struct talk *t)
{
    if (t->asked[0] != t->asked[1])
        return t->asked[0] > t->asked[1] ? 1 : 0;
    if (t->answered[0] != t->answered[1])
        return t->answered[0] > t->answered[1] ? 0 : 1;
    return 0;
}

/* Frames of one datagram go out together. */
static bool join_datagram(struct import *im, struct import_device *d, const struct heard *h)
{
    struct import_item *last = d->last;
    uint8_t *both;

    if (!d->datagrams || !last || last->is_question || last->packet != h->when.number)
        return false;
    both = arena_get(&im->arena, last->wire.n + h->wire.n);
    memcpy(both, last->wire.p, last->wire.n);
    memcpy(both + last->wire.n, h->wire.p, h->wire.n);
    last->wire = wp_slice(both, last->wire.n + h->wire.n);
    last->text = arena_print(&im->arena, "%s; %s", last->text, h->text);
    return true;
}

static void add_item(struct import_device *d, struct import_item *item)
{
    d->last = item;
    *d->tail = item;
    d->tail = &item->next;
    d->n_items++;
}

/* The question that this answers, taken from what was heard before. */
static struct import_item *question_of(const struct talk *t, const struct heard *answer)
{
    for (const struct heard *h = t->first; h != answer; h = h->next)
        if (h->item && h->item->is_question && h->when.number == answer->question.number &&
            h->when.ns == answer->question.ns && h->item->answer.n == 0)
            return h->item;
    return NULL;
}

static void take_heard(const struct reader *r, const struct talk *t, struct import_device *d, unsigned from,
                       struct heard *h)
{
    struct import_item *question = h->exchange == EXCHANGE_ANSWER ? question_of(t, h) : NULL;

    if (h->direction != from && h->exchange != EXCHANGE_QUESTION)
        return; /* what a gateway says that is no question changes nothing in a device that only repeats */
    if (question) {
        question->answer = h->wire;
        question->answer_text = h->text;
        question->delay_ns = h->when.ns - h->question.ns;
        return;
    }
    if (h->direction == from && join_datagram(r->im, d, h))
        return;
    h->item = arena_get(&r->im->arena, sizeof *h->item);
    *h->item = (struct import_item){
        .is_question = h->direction != from,
        .ns = h->when.ns,
        .packet = h->when.number,
        .wire = h->wire,
        .text = h->text,
    };
    add_item(d, h->item);
}

static const struct wp_codec *codec_of(const struct talk *t)
{
    const struct wp_codec *codec = NULL;

    for (const struct heard *h = t->first; h; h = h->next)
        if (!codec || (h->exchange != EXCHANGE_ALONE && !codec->turn))
            codec = h->codec;
    return codec;
}

static struct import_device *known_device(const struct import *im, struct wp_slice inverter)
{
    struct import_device *d = im->devices;

    while (d && !(d->listens && inverter.n > 0 && wp_slice_eq(d->inverter, inverter)))
        d = d->next;
    return d;
}

/* Whoever is connected at the same time hears the same: only what was said after the last word is new. Connections are told
 * of when they end, the one that began first may come last. */
static void join_connections(struct import_device *d, struct import_device *other)
{
    struct import_device was = *d;
    int64_t last;

    if (other->open_ns < d->open_ns) {
        *d = *other;
        d->next = was.next;
        d->tail = d->last ? &d->last->next : &d->items;
        *other = was;
    }
    last = d->last ? d->last->ns + d->last->delay_ns : d->open_ns;
    for (struct import_item *i = other->items, *behind; i; i = behind) {
        behind = i->next;
        i->next = NULL;
        if (i->ns > last)
            add_item(d, i);
    }
    d->n_left_out += other->n_left_out;
}

static void add_device(struct reader *r, const struct talk *t, const struct flow *flow)
{
    struct import_device *d = arena_get(&r->im->arena, sizeof *d), *known;
    unsigned from = device_direction(t);

    if (r->im->n_devices == IMPORT_DEVICES_MAX) {
        r->too_many = true;
        return;
    }
    d->codec = codec_of(t);
    d->device = flow->addr[from];
    d->gateway = flow->addr[!from];
    d->open_ns = flow->opened.ns;
    d->close_ns = flow->ended.number && flow->ended_by == from ? flow->ended.ns : -1;
    d->reset = flow->was_reset;
    d->datagrams = flow->kind == FLOW_UDP;
    d->n_left_out = t->n_left_out;
    d->tail = &d->items;
    for (struct heard *h = t->first; h; h = h->next)
        take_heard(r, t, d, from, h);
    if (is_dialled(d->codec)) {
        d->listens = true;
        d->close_ns = -1;
        d->inverter = t->inverter;
        d->datalog = t->datalog;
        known = known_device(r->im, d->inverter);
        if (known) {
            join_connections(known, d);
            return;
        }
    }
    *r->im->device_tail = d;
    r->im->device_tail = &d->next;
    r->im->n_devices++;
}

static void on_connection(struct replay_out *out, const struct flow *flow, bool is_ours)
{
    struct reader *r = (struct reader *)out;

    for (struct talk **t = &r->talks; *t && is_ours; t = &(*t)->next) {
        if ((*t)->number != flow->number)
            continue;
        if ((*t)->first)
            add_device(r, *t, flow);
        else
            r->im->n_without_south++;
        *t = (*t)->next;
        return;
    }
}

static void on_summary(struct replay_out *out, const struct replay_summary *sum)
{
    struct reader *r = (struct reader *)out;

    for (size_t i = 0; i < wp_n_codecs && !r->im->without_south; i++)
        if (sum->frames[i] && !has_south(wp_codecs[i]) && !wp_codecs[i]->message)
            r->im->without_south = import_bus_lack(r->im, wp_codecs[i]->name);
}

/* ---- from when to when ------------------------------------------------------------------------------------ */

static void reach(struct import *im, int64_t ns)
{
    im->first_ns = ns < im->first_ns ? ns : im->first_ns;
    im->last_ns = ns > im->last_ns ? ns : im->last_ns;
}

/* What counts is when something of a device or an API was captured, whatever else the capture holds. */
static void find_span(struct import *im)
{
    im->first_ns = INT64_MAX;
    im->last_ns = INT64_MIN;
    for (const struct import_device *d = im->devices; d; d = d->next) {
        reach(im, d->open_ns);
        reach(im, d->close_ns < 0 ? d->open_ns : d->close_ns);
        for (const struct import_item *i = d->items; i; i = i->next)
            reach(im, i->ns + i->delay_ns);
    }
    for (const struct import_service *s = im->services; s; s = s->next)
        reach(im, s->open_ns);
    for (const struct import_change *c = im->changes; c; c = c->next)
        reach(im, c->ns);
    for (const struct import_message *m = im->messages; m && import_has_any(im); m = m->next)
        reach(im, m->ns);
}

static void count_from_first(struct import *im)
{
    for (struct import_device *d = im->devices; d; d = d->next) {
        d->open_ns -= im->first_ns;
        d->close_ns -= d->close_ns < 0 ? 0 : im->first_ns;
        for (struct import_item *i = d->items; i; i = i->next)
            i->ns -= im->first_ns;
    }
    for (struct import_change *c = im->changes; c; c = c->next)
        c->ns -= im->first_ns;
    for (struct import_message *m = im->messages; m; m = m->next)
        m->ns -= im->first_ns;
}

/* ---- the whole -------------------------------------------------------------------------------------------- */

static int by_time(const void *x, const void *y)
{
    const struct import_device *const *a = x, *const *b = y;

    return (*a)->open_ns < (*b)->open_ns ? -1 : (*a)->open_ns > (*b)->open_ns;
}

/* Connections end in another order than they begin. */
static void sort_devices(struct import *im)
{
    struct import_device **all = arena_get(&im->arena, (im->n_devices + 1) * sizeof *all);
    size_t n = 0;

    for (struct import_device *d = im->devices; d; d = d->next)
        all[n++] = d;
    if (n)
        qsort(all, n, sizeof all[0], by_time);
    im->devices = n ? all[0] : NULL;
    for (size_t i = 0; i < n; i++) {
        all[i]->next = i + 1 < n ? all[i + 1] : NULL;
        snprintf(all[i]->name, sizeof all[i]->name, "m%zu", i + 1);
    }
}

static bool has_kind(const struct import_message *m, bool is_request)
{
    for (; m; m = m->next)
        if (m->is_request == is_request)
            return true;
    return false;
}

/* Publications as they were sent where the capture has them, else as they were delivered; both lists are by time. */
static void choose_messages(struct import *im, struct import_message *published,
                            struct import_message *delivered)
{
    bool up[2] = {has_kind(published, false), has_kind(published, true)};

    im->n_messages = 0;
    im->message_tail = &im->messages;
    while (published || delivered) {
        bool first = published && (!delivered || published->packet <= delivered->packet);
        struct import_message *m = first ? published : delivered;

        if (first)
            published = m->next;
        else
            delivered = m->next;
        if (first != up[m->is_request])
            continue;
        im->n_messages++;
        im->n_requests += m->is_request;
        *im->message_tail = m;
        im->message_tail = &m->next;
    }
    *im->message_tail = NULL;
}

/* A dongle tells every client what any of them asked. Where no client of a gateway asks anything, the gateway is not made to
 * either: it hears the answers as it would have heard them beside the one who asked. */
static void say_answers_unasked(struct import_device *d)
{
    int64_t last = d->open_ns;

    for (struct import_item *i = d->items; i; i = i->next) {
        if (i->is_question && i->answer.n > 0) {
            i->is_question = false;
            i->wire = i->answer;
            i->text = i->answer_text;
            i->ns += i->delay_ns;
            i->delay_ns = 0;
            i->answer.n = 0;
        }
        i->ns =
            i->ns > last ? i->ns : last; /* what came between a question and its answer stands behind it */
        last = i->ns;
    }
}

bool import_read(struct import *im, const char *path, const struct contract_set *contracts,
                 struct wp_writer *why)
{
    struct reader r = {.out = {.event = on_event, .summary = on_summary, .connection = on_connection},
                       .im = im,
                       .contracts = contracts};
    struct replay_setup setup = {.out = {&r.out}};
    struct capture *capture;
    char text[600];
    struct wp_writer w = wp_writer(text, sizeof text);

    *im = (struct import){0};
    im->device_tail = &im->devices;
    r.bus = import_bus_new(im);
    r.published_tail = &r.published;
    r.delivered_tail = &r.delivered;
    im->capture = arena_text(&im->arena, wp_text(strrchr(path, '/') ? strrchr(path, '/') + 1 : path));
    capture = capture_open(path, why);
    if (!capture)
        return false;
    im->is_readable = replay_capture(&setup, capture, NULL, &w) != REPLAY_UNREADABLE;
    if (!im->is_readable && !import_has_any(im)) {
        wp_put_slice(why, wp_written(&w));
        return false;
    }
    im->broken = im->is_readable ? NULL : arena_text(&im->arena, wp_written(&w));
    if (r.too_many) {
        wp_put_text(
            why, "the capture holds more than 500 device connections, a million frames or 100000 messages: "
                 "cut it first");
        return false;
    }
    sort_devices(im);
    choose_messages(im, r.published, r.delivered);
    for (struct import_device *d = im->devices; d; d = d->next)
        if (d->listens && im->n_requests == 0)
            say_answers_unasked(d);
    find_span(im);
    if (import_has_any(im) && im->last_ns - im->first_ns > SPAN_MAX_NS) {
        wp_put_text(why, "from the first to the last frame it is more than a day: cut it first");
        return false;
    }
    count_from_first(im);
    import_bus_keep_alive(im);
    if (import_has_any(im))
        return true;
    wp_put_text(why, "no connection of a device that the reference gateway has a south for");
    if (im->without_south) {
        wp_put_text(why, "; it has none for ");
        wp_put_text(why, im->without_south);
    }
    return false;
}

void import_free(struct import *im)
{
    arena_free(&im->arena);
}
