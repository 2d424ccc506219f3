/* What a capture comes to, and whether a smaller one comes to the same. */
#include "harness/minimise_impl.h"

#include "sim/catalog.h"

#include <stdlib.h>

/* What is replayed in all, so that a large capture does not take for ever. */
#define REPLAYED_MAX ((uint64_t)8 << 30)

struct hearing {
    struct replay_out out; /* first */
    struct replay_out *also;
    struct verdict_of *verdict;
};

static void add_name(struct verdict_of *v, const char *first, const char *second, const char *third)
{
    char text[512];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_text(&w, first);
    if (*second) {
        wp_put_char(&w, ' ');
        wp_put_text(&w, second);
    }
    if (*third) {
        wp_put_char(&w, ' ');
        wp_put_text(&w, third);
    }
    texts_add(&v->names, wp_written(&w));
}

/* A good frame whose content is not. */
static void hear_content(struct verdict_of *v, const struct replay_event *e)
{
    struct wp_content content = {0};

    if (e->codec->content)
        e->codec->content(e->frame, &content);
    if (frames_is_wrong(content.fault) && content.fault != WP_FAULT_NONE)
        add_name(v, e->codec->name, "refused", wp_fault_text(content.fault));
}

static void on_event(struct replay_out *out, const struct replay_event *e)
{
    struct hearing *h = (struct hearing *)out;

    switch (e->kind) {
    case REPLAY_FRAME: hear_content(h->verdict, e); break;
    case REPLAY_BAD: add_name(h->verdict, e->codec->name, "bad", wp_fault_text(e->bad.fault)); break;
    case REPLAY_UNANSWERED: add_name(h->verdict, e->codec->name, "unanswered", ""); break;
    case REPLAY_GAP: add_name(h->verdict, "gap", "", ""); break;
    }
    if (h->also)
        h->also->event(h->also, e);
}

static bool is_required(const char *rule)
{
    size_t n = strlen(rule), m = strlen("/required");

    return n >= m && strcmp(rule + n - m, "/required") == 0;
}

static void on_judged(struct replay_out *out, const struct judged *j)
{
    struct verdict_of *v = ((struct hearing *)out)->verdict;

    for (const struct judged_place *place = j->places; place; place = place->next) {
        char where[400];

        /* a lacking member has no place, so the sentence says which one it is */
        snprintf(where, sizeof where, "%s%s%s", place->where, *place->where ? " " : "",
                 is_required(place->rule) ? place->sentence : place->rule);
        add_name(v, place->id ? place->id : "undocumented", place->address, where);
    }
}

static bool begins_with(struct wp_slice text, const char *with)
{
    return text.n >= strlen(with) && memcmp(text.p, with, strlen(with)) == 0;
}

static bool is_remark(struct wp_slice name)
{
    return begins_with(name, "undocumented");
}

static void on_segment(struct replay_out *out, const struct flow *flow, unsigned direction, int64_t at,
                       const struct packet *p, const struct moment *when)
{
    struct hearing *h = (struct hearing *)out;

    if (h->also && h->also->segment)
        h->also->segment(h->also, flow, direction, at, p, when);
}

static void on_summary(struct replay_out *out, const struct replay_summary *s)
{
    struct verdict_of *v = ((struct hearing *)out)->verdict;
    bool is_clean = true;

    for (size_t i = 0; i < v->names.n; i++)
        is_clean = is_clean && is_remark(v->names.entry[i].text);
    v->frames = s->n_frames;
    v->connections = s->ours;
    for (size_t i = 0; i < wp_n_codecs && is_clean; i++)
        if (s->frames[i])
            add_name(v, wp_codecs[i]->name, "heard", "");
}

bool verdict_of_image(struct judge_contracts *contracts, const struct capture_image *image,
                      struct replay_out *also, struct verdict_of *out)
{
    char why_text[512];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    struct hearing h = {
        .out = {.event = on_event,
                .summary = on_summary,
                .judged = on_judged,
                .segment = also && also->segment ? on_segment : NULL},
        .also = also,
        .verdict = out,
    };
    struct replay_setup setup = {.out = {&h.out}, .judge = replay_judge_new(contracts, NULL)};
    struct capture *capture = capture_image_open(image, &why);

    *out = (struct verdict_of){.end = REPLAY_UNREADABLE};
    if (capture)
        out->end = replay_capture(&setup, capture, NULL, &why);
    replay_judge_free(setup.judge);
    return out->end != REPLAY_UNREADABLE;
}

void verdict_free(struct verdict_of *v)
{
    texts_free(&v->names);
}

/* ---- what is wanted --------------------------------------------------------------------------------- */

static bool is_wanted(const struct minimise_setup *setup, struct wp_slice name)
{
    if (setup->statement && !begins_with(name, setup->statement))
        return false;
    if (!setup->keep && is_remark(name))
        return false;
    return !setup->keep || memmem(name.p, name.n, setup->keep, strlen(setup->keep)) != NULL;
}

bool verdict_choose(struct minimiser *m, struct wp_writer *why)
{
    const struct texts *names = &m->original.names;
    size_t n = 0;

    m->wanted = calloc(names->n + 1, sizeof m->wanted[0]);
    if (!m->wanted)
        abort();
    for (size_t i = 0; i < names->n; i++)
        n += m->wanted[i] = is_wanted(m->setup, names->entry[i].text);
    if (n > 0)
        return true;
    wp_put_text(why, "no finding of that name; there is");
    for (size_t i = 0; i < names->n && !why->full; i++) {
        wp_put_text(why, i ? ", '" : " '");
        wp_put_slice(why, names->entry[i].text);
        wp_put_char(why, '\'');
    }
    return false;
}

bool verdict_holds(struct minimiser *m, const struct capture_image *image)
{
    struct verdict_of v;
    bool holds;

    if (m->tries == m->tries_max || m->bytes > REPLAYED_MAX)
        return false;
    m->tries++;
    m->bytes += image->n_bytes;
    holds = verdict_of_image(m->contracts, image, NULL, &v) && v.end == m->original.end;
    for (size_t i = 0; i < v.names.n && holds; i++)
        holds = texts_find(&m->original.names, v.names.entry[i].text) != TEXTS_NONE;
    for (size_t i = 0; i < m->original.names.n && holds; i++)
        holds = !m->wanted[i] || texts_find(&v.names, m->original.names.entry[i].text) != TEXTS_NONE;
    verdict_free(&v);
    return holds;
}
