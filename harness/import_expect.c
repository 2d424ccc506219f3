/* Which publications can be expected: those that come the same in three plays, of another epoch and seed, and over slower
 * lines; members that differ between them (times, counters) are left out. Where the capture has publications of its
 * own, those that say the same. */
#include "harness/import.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

enum { PLAYS = 3, MISSING_SHOWN = 20, EXPECTED_MAX = 400 };

#define MARGIN WP_SEC(3) /* beyond when it came in the virtual world */

/* What is expected: what all plays have in common of one publication of the first. */
struct expected {
    const struct import_published *first;
    cJSON *payload; /* members that stay; NULL: no JSON, compared as text */
    bool dropped;
};

struct import_expectations {
    const struct import *im;
    struct import_play play[PLAYS];
    struct expected *all;
    size_t n;
    bool of_capture; /* the capture's own publications were looked at */
    const struct import_message **missing;
    size_t n_missing;
};

/* ---- payloads ----------------------------------------------------------------------------------------- */

static cJSON *parsed(struct wp_slice payload)
{
    cJSON *json = cJSON_ParseWithLength((const char *)payload.p, payload.n);

    if (cJSON_IsObject(json))
        return json;
    cJSON_Delete(json);
    return NULL;
}

static bool keep_common(cJSON *ours, const cJSON *theirs);

/* Times: they are the same in three plays of the virtual world only because nothing takes any there. */
static bool is_time(const char *name)
{
    return strstr(name, "time") || strcmp(name, "ts") == 0;
}

/* Does what is left of a member still say something? Objects lose what differs in them. */
static bool keep_member(cJSON *ours, const cJSON *theirs)
{
    if (!theirs || ours->type != theirs->type)
        return false;
    if (cJSON_IsObject(ours))
        return keep_common(ours, theirs);
    return cJSON_Compare(ours, theirs, true);
}

/* Takes out of `ours` all that `theirs` has not the same. false: nothing is left. */
static bool keep_common(cJSON *ours, const cJSON *theirs)
{
    for (cJSON *m = ours->child, *next; m; m = next) {
        next = m->next;
        if (is_time(m->string) || !keep_member(m, cJSON_GetObjectItemCaseSensitive(theirs, m->string)))
            cJSON_Delete(cJSON_DetachItemViaPointer(ours, m));
    }
    return ours->child != NULL;
}

static size_t leaves(const cJSON *json)
{
    size_t n = 0;

    if (!cJSON_IsObject(json))
        return 1;
    for (const cJSON *m = json->child; m; m = m->next)
        n += leaves(m);
    return n;
}

/* ---- what stays the same -------------------------------------------------------------------------------- */

/* How much two payloads have in common. */
static size_t likeness(const cJSON *a, struct wp_slice payload)
{
    cJSON *other = parsed(payload), *copy = cJSON_Duplicate(a, true);
    size_t n = other && keep_common(copy, other) ? leaves(copy) : 0;

    cJSON_Delete(other);
    cJSON_Delete(copy);
    return n;
}

/* The publication of another play that is most like this one, each used once; NULL: none on its topic. */
static const struct import_published *counterpart(const struct expected *e, const struct import_play *play,
                                                  bool *used)
{
    size_t best = 0, at = play->n;

    for (size_t i = 0; i < play->n; i++) {
        const struct import_published *p = &play->published[i];
        size_t n;

        if (used[i] || p->stimulus != e->first->stimulus || !wp_slice_eq(p->topic, e->first->topic))
            continue;
        n = e->payload ? likeness(e->payload, p->payload) : wp_slice_eq(p->payload, e->first->payload);
        if (n > best) {
            best = n;
            at = i;
        }
    }
    if (at == play->n)
        return NULL;
    used[at] = true;
    return &play->published[at];
}

static void keep_what_stays(struct import_expectations *e, const struct import_play *other)
{
    bool *used = calloc(other->n + 1, sizeof *used);

    if (!used)
        abort();
    for (size_t i = 0; i < e->n; i++) {
        struct expected *x = &e->all[i];
        const struct import_published *p = x->dropped ? NULL : counterpart(x, other, used);
        cJSON *theirs = p ? parsed(p->payload) : NULL;

        if (!p || (x->payload && (!theirs || !keep_common(x->payload, theirs))))
            x->dropped = true;
        cJSON_Delete(theirs);
    }
    free(used);
}

/* ---- what the capture shows ------------------------------------------------------------------------------- */

/* Does the captured publication say all that is expected? */
static bool says(const struct import_message *m, const struct expected *x)
{
    cJSON *theirs, *copy;
    bool good;

    if (!wp_slice_eq(m->topic, x->first->topic) || m->qos != x->first->qos)
        return false;
    if (!x->payload)
        return wp_slice_eq(m->payload, x->first->payload);
    theirs = parsed(m->payload);
    copy = cJSON_Duplicate(x->payload, true);
    good = theirs && keep_common(copy, theirs) && cJSON_Compare(copy, x->payload, true);
    cJSON_Delete(theirs);
    cJSON_Delete(copy);
    return good;
}

static bool has_publications(const struct import *im)
{
    return im->n_messages > im->n_requests;
}

/* Keeps what the capture's gateway published too. Where that is less than half of what it published it was another
 * program, or none that keeps to the document: then everything stays. */
static void keep_what_was_seen(struct import_expectations *e)
{
    bool *seen = calloc(e->n + 1, sizeof *seen);

    if (!seen)
        abort();
    e->missing = arena_get(&e->play[0].arena, (e->im->n_messages + 1) * sizeof *e->missing);
    for (const struct import_message *m = e->im->messages; m; m = m->next) {
        bool met = m->is_request;

        for (size_t i = 0; i < e->n && !m->is_request; i++) {
            bool fits = !e->all[i].dropped && says(m, &e->all[i]);

            seen[i] = seen[i] || fits;
            met = met || fits;
        }
        if (!met)
            e->missing[e->n_missing++] = m;
    }
    e->of_capture = 2 * e->n_missing <= e->im->n_messages - e->im->n_requests;
    for (size_t i = 0; i < e->n && e->of_capture; i++)
        e->all[i].dropped = e->all[i].dropped || !seen[i];
    free(seen);
}

/* The same expectation after the same stimulus stands once. */
static void drop_repeated(struct import_expectations *e)
{
    for (size_t i = 0; i < e->n; i++)
        for (size_t k = i + 1; k < e->n && !e->all[i].dropped; k++) {
            struct expected *x = &e->all[i], *y = &e->all[k];

            if (y->dropped || x->first->stimulus != y->first->stimulus || x->first->qos != y->first->qos ||
                x->first->retain != y->first->retain || !wp_slice_eq(x->first->topic, y->first->topic))
                continue;
            y->dropped = x->payload && y->payload ? cJSON_Compare(x->payload, y->payload, true)
                                                  : wp_slice_eq(x->first->payload, y->first->payload);
        }
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

static bool play_all(struct import_expectations *e, const struct import_scenario *s,
                     const struct contract_set *contracts, struct wp_writer *why)
{
    struct import_scenario variant[PLAYS] = {*s, *s, *s};

    variant[1].epoch_ms += 86400000 + 1234567;
    variant[2].link = "{latency: 30ms}";
    for (size_t i = 0; i < PLAYS; i++) {
        variant[i].expect = NULL;
        variant[i].to_the_end = true;
        if (!import_play(e->im, &variant[i], contracts, i + 1, NULL, &e->play[i], why))
            return false;
    }
    return true;
}

/* What comes when the play is over anyway is nobody's to expect: a test that has all it waits for ends sooner. */
static bool is_of_the_end(const struct import_expectations *e, const struct import_published *p)
{
    return p->at >= e->play[0].result.ended;
}

struct import_expectations *import_expectations_new(const struct import *im, const struct import_scenario *s,
                                                    const struct contract_set *contracts,
                                                    struct wp_writer *why)
{
    struct import_expectations *e = calloc(1, sizeof *e);

    if (!e)
        abort();
    e->im = im;
    if (!play_all(e, s, contracts, why)) {
        import_expectations_free(e);
        return NULL;
    }
    e->all = calloc(e->play[0].n + 1, sizeof *e->all);
    if (!e->all)
        abort();
    for (size_t i = 0; i < e->play[0].n && e->n < EXPECTED_MAX; i++) {
        const struct import_published *p = &e->play[0].published[i];

        if (!is_of_the_end(e, p))
            e->all[e->n++] = (struct expected){.first = p, .payload = parsed(p->payload)};
    }
    for (size_t i = 1; i < PLAYS; i++)
        keep_what_stays(e, &e->play[i]);
    if (has_publications(im))
        keep_what_was_seen(e);
    drop_repeated(e);
    return e;
}

void import_expectations_free(struct import_expectations *e)
{
    if (!e)
        return;
    for (size_t i = 0; i < e->n; i++)
        cJSON_Delete(e->all[i].payload);
    free(e->all);
    for (size_t i = 0; i < PLAYS; i++)
        import_play_free(&e->play[i]);
    free(e);
}

size_t import_expectations_count(const struct import_expectations *e)
{
    size_t n = 0;

    for (size_t i = 0; i < e->n; i++)
        n += !e->all[i].dropped;
    return n;
}

size_t import_expectations_missing(const struct import_expectations *e)
{
    return e->n_missing;
}

/* ---- as steps ------------------------------------------------------------------------------------------- */

/* A payload that stayed as it was keeps its own digits: another library's print of a number is another number's to a
 * pattern that is exact. */
static char *payload_text(const struct expected *x)
{
    cJSON *whole = parsed(x->first->payload);
    bool is_whole = whole && cJSON_Compare(whole, x->payload, true);
    char *text = is_whole ? strndup((const char *)x->first->payload.p, x->first->payload.n)
                          : cJSON_PrintUnformatted(x->payload);

    cJSON_Delete(whole);
    return text;
}

static void put_expected(const struct expected *x, struct import_text *out)
{
    int64_t within = x->first->at - x->first->since + MARGIN;
    char *text = x->payload ? payload_text(x) : NULL;

    import_put(out, "  - expect: {topic: \"%.*s\", within: %lldms, qos: %u, retain: %s",
               WP_FMT(x->first->topic), (long long)(within / 1000), x->first->qos,
               x->first->retain ? "true" : "false");
    if (text)
        import_put(out, ", payload: %s", text);
    import_put(out, "}\n");
    free(text);
}

static void put_missing(const struct import_expectations *e, struct import_text *out)
{
    size_t shown = e->n_missing < MISSING_SHOWN ? e->n_missing : MISSING_SHOWN;

    if (e->n_missing == 0)
        return;
    import_put(out, "# Published in the capture, and not so by the reference gateway: %zu.\n", e->n_missing);
    for (size_t i = 0; i < shown; i++) {
        const struct import_message *m = e->missing[i];
        bool plain = wp_slice_is_utf8(m->payload) && !memchr(m->payload.p, '\n', m->payload.n);

        import_put(out, "#   %llu %.*s %.*s\n", (unsigned long long)m->packet, WP_FMT(m->topic),
                   plain ? (int)m->payload.n : 0, (const char *)m->payload.p);
    }
    if (shown < e->n_missing)
        import_put(out, "#   and %zu more\n", e->n_missing - shown);
    if (!e->of_capture)
        import_put(out, "# So what is expected here is what the reference gateway publishes.\n");
}

void import_expectations_put(void *ctx, size_t stimulus, struct import_text *out)
{
    const struct import_expectations *e = ctx;

    if (stimulus == 0)
        put_missing(e, out);
    for (size_t i = 0; i < e->n; i++)
        if (!e->all[i].dropped && e->all[i].first->stimulus == stimulus)
            put_expected(&e->all[i], out);
}
