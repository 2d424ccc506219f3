#include "harness/replay_judge.h"

#include "harness/copies.h"
#include "harness/places.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- contracts -------------------------------------------------------------------------------------- */

struct judge_contracts {
    const char *home;
    struct contract_set *set; /* NULL until somebody needs it */
    bool is_tried, has_roots;
    char roots[1024]; /* "ivy octolux" */
    char why[1024];   /* it could not be loaded */
};

static void *get_memory(size_t n)
{
    void *p = calloc(1, n);

    if (!p) {
        fputs("wattproof: no memory for the messages of this capture\n", stderr);
        abort();
    }
    return p;
}

struct judge_contracts *judge_contracts_new(const char *home)
{
    struct judge_contracts *c = get_memory(sizeof *c);
    struct wp_writer roots = wp_writer(c->roots, sizeof c->roots);

    c->home = home;
    c->has_roots = contracts_roots(home, &roots);
    wp_put_end(&roots);
    return c;
}

void judge_contracts_free(struct judge_contracts *c)
{
    if (!c)
        return;
    contracts_free(c->set);
    free(c);
}

static struct contract_set *load(struct judge_contracts *c)
{
    struct wp_writer why = wp_writer(c->why, sizeof c->why);

    if (!c->is_tried) {
        c->set = contracts_load(c->home, &why);
        c->is_tried = true;
    }
    wp_put_end(&why);
    return c->set;
}

/* Is the topic's first level one of the roots? */
static bool may_be_ours(const struct judge_contracts *c, struct wp_slice topic)
{
    const uint8_t *slash = topic.n ? memchr(topic.p, '/', topic.n) : NULL;
    size_t n = slash ? (size_t)(slash - topic.p) : topic.n;

    if (!c->has_roots) /* then loading says what is wrong */
        return true;
    for (const char *root = c->roots; *root; root += strspn(root, " ")) {
        size_t length = strcspn(root, " ");

        if ((length == n && memcmp(root, topic.p, n) == 0) ||
            (root[0] == '+' && topic.n && topic.p[0] != '$'))
            return true;
        root += length;
    }
    return false;
}

bool judge_contracts_know(struct judge_contracts *c, const char *api, struct wp_writer *why)
{
    struct contract_set *set = load(c);

    if (!set)
        wp_put_text(why, c->why);
    else if (!contract_has_api(set, api)) {
        wp_put_text(why, "there is no API '");
        wp_put_text(why, api);
        wp_put_text(why, "'; there are: ");
        contract_put_names(set, why);
    } else {
        return true;
    }
    return false;
}

/* ---- one capture ------------------------------------------------------------------------------------ */

struct replay_judge {
    struct contract_news news; /* first */
    struct judge_contracts *contracts;
    const char *api;
    struct contract_tally *tally; /* NULL until there is a message to judge */
    struct copies *copies;
    struct places *places;
    struct scenario_result result;
    struct judged judged;
};

static void on_first(struct contract_news *news, const char *id, const char *sentence,
                     const struct wp_record *r)
{
    (void)news;
    (void)id;
    (void)sentence;
    (void)r;
}

static void on_each(struct contract_news *news, const struct contract_fault *fault)
{
    places_add(((struct replay_judge *)news)->places, fault);
}

struct replay_judge *replay_judge_new(struct judge_contracts *contracts, const char *api)
{
    struct replay_judge *j = get_memory(sizeof *j);

    j->news.tell = on_first;
    j->news.each = on_each;
    j->contracts = contracts;
    j->api = api;
    return j;
}

void replay_judge_free(struct replay_judge *j)
{
    if (!j)
        return;
    contract_tally_free(j->tally);
    copies_free(j->copies);
    places_free(j->places);
    result_free(&j->result);
    free(j->judged.statements);
    free(j);
}

static void begin(struct replay_judge *j, const struct contract_set *set)
{
    if (j->tally)
        return;
    j->tally = contract_tally_new(set);
    contract_tell(j->tally, &j->news);
    j->copies = copies_new();
    j->places = places_new();
}

/* ---- topic aliases of MQTT 5 ------------------------------------------------------------------------ */

enum { ALIASES_MAX = 64 }; /* of one direction; more is nobody's usage, and only costs names */

struct judge_alias {
    struct judge_alias *next;
    uint16_t number;
    size_t n;
    uint8_t topic[];
};

static struct judge_alias **find_alias(struct judge_alias **first, uint16_t number, size_t *ret_n)
{
    *ret_n = 0;
    while (*first && (*first)->number != number) {
        first = &(*first)->next;
        ++*ret_n;
    }
    return first;
}

static void keep_alias(struct judge_alias **first, uint16_t number, struct wp_slice topic)
{
    size_t n;
    struct judge_alias **at = find_alias(first, number, &n), *old = *at, *alias;

    if (!old && n == ALIASES_MAX)
        return;
    alias = get_memory(sizeof *alias + topic.n);
    alias->next = old ? old->next : NULL;
    alias->number = number;
    alias->n = topic.n;
    memcpy(alias->topic, topic.p, topic.n);
    *at = alias;
    free(old);
}

/* The topic, by itself or by its alias; empty: the capture does not have it. */
static struct wp_slice topic_of(struct judge_talk *t, unsigned direction, const struct wp_carried *m)
{
    struct judge_alias **at;
    size_t n;

    if (m->alias == 0)
        return m->topic;
    if (m->topic.n > 0) {
        keep_alias(&t->alias[direction], m->alias, m->topic);
        return m->topic;
    }
    at = find_alias(&t->alias[direction], m->alias, &n);
    return *at ? wp_slice((*at)->topic, (*at)->n) : m->topic;
}

void judge_talk_free(struct judge_talk *t)
{
    for (size_t i = 0; i < 2; i++) {
        while (t->alias[i]) {
            struct judge_alias *alias = t->alias[i];

            t->alias[i] = alias->next;
            free(alias);
        }
    }
}

/* ---- messages --------------------------------------------------------------------------------------- */

static void hold(struct replay_judge *j, const struct contract_set *set, struct wp_record *r, unsigned unseen)
{
    r->message.unseen = (uint8_t)unseen;
    contract_take(set, j->tally, r);
}

static void take_publication(struct replay_judge *j, struct judge_talk *t, const struct contract_set *set,
                             enum contract_way way, struct wp_record *r)
{
    uint64_t hash = copies_hash(r->message.topic, r->message.payload);

    if (r->message.dup && copies_is_known(j->copies, hash)) { /* the same one, sent again */
        j->judged.copies++;
        return;
    }
    copies_published(j->copies, hash);
    t->is_gateway |= way == CONTRACT_SENT;
    if (way == CONTRACT_RECEIVED && !t->is_gateway) {
        j->judged.requests++;
        return;
    }
    j->judged.published++;
    hold(j, set, r, t->is_gateway ? 0 : WP_UNSEEN_SENDER);
}

static void take_delivery(struct replay_judge *j, const struct judge_talk *t, const struct contract_set *set,
                          enum contract_way way, struct wp_record *r)
{
    uint64_t hash = copies_hash(r->message.topic, r->message.payload);

    if (!copies_delivered(j->copies, hash, t->key)) {
        j->judged.copies++;
        return;
    }
    if (way == CONTRACT_RECEIVED) {
        j->judged.requests++;
        return;
    }
    j->judged.delivered++;
    /* A set retain flag was published so; one that is not says nothing (3.1.1, 3.3.1.3). */
    hold(j, set, r, WP_UNSEEN_SENDER | WP_UNSEEN_QOS | (r->message.retain ? 0u : WP_UNSEEN_RETAIN));
}

void replay_judge_take(struct replay_judge *j, struct judge_talk *t, unsigned direction, enum wp_side from,
                       const struct wp_carried *message, const struct moment *when, int64_t since_ns)
{
    struct wp_slice topic = topic_of(t, direction, message);
    const struct contract_set *set = NULL;
    enum contract_way way = CONTRACT_NOBODYS;
    struct wp_record r = {.kind = WP_REC_PUBLISH, .machine = "gateway", .peer = "broker"};

    if (may_be_ours(j->contracts, topic))
        set = load(j->contracts);
    if (set)
        way = contract_way(set, j->api, topic);
    if (way == CONTRACT_NOBODYS) {
        j->judged.foreign++;
        return;
    }
    begin(j, set);
    r.at = (when->ns - since_ns) / 1000;
    r.seq = when->number;
    r.message.topic = topic;
    r.message.payload = message->payload;
    r.message.qos = message->qos;
    r.message.retain = message->retain;
    r.message.dup = message->dup;
    if (from == WP_SIDE_CLIENT)
        take_publication(j, t, set, way, &r);
    else
        take_delivery(j, t, set, way, &r);
}

/* ---- what it comes to ------------------------------------------------------------------------------- */

static const struct finding *finding_of(const struct scenario_result *result, const char *id)
{
    for (const struct finding *f = result->findings; f; f = f->next)
        for (size_t i = 0; i < f->n_statements; i++)
            if (strcmp(f->statements[i], id) == 0)
                return f;
    return NULL;
}

/* The statements of the APIs that were seen, as far as a contract names them. */
struct named {
    const struct catalogue *catalogues;
    const char **id; /* each as often as it is named */
    size_t n, cap;
};

static void name_one(void *ctx, const char *id, const char *where)
{
    struct named *named = ctx;

    (void)where;
    if (named->n == named->cap) {
        named->cap = named->cap ? named->cap * 2 : 256;
        named->id = realloc(named->id, named->cap * sizeof named->id[0]);
        if (!named->id)
            abort();
    }
    named->id[named->n++] = id;
}

static bool is_named(const struct named *named, const char *id)
{
    for (size_t i = 0; i < named->n; i++)
        if (strcmp(named->id[i], id) == 0)
            return true;
    return false;
}

static void add_statement(struct replay_judge *j, const struct statement *s)
{
    const struct finding *f = finding_of(&j->result, s->id);
    enum verdict verdict = f ? f->verdict : VERDICT_NONE;

    j->judged.statements[j->judged.n_statements++] =
        (struct judged_statement){s->id, s->says ? s->says : "", verdict, places_times(j->places, s->id)};
    j->judged.n_failed += verdict == VERDICT_FAIL;
    j->judged.n_held += verdict == VERDICT_PASS;
    j->judged.n_unseen += verdict == VERDICT_INCONC;
    j->judged.n_undecided += verdict == VERDICT_NONE;
}

static void add_statements(struct replay_judge *j, const struct contract_set *set)
{
    struct named named = {.catalogues = contracts_catalogues(set)};
    size_t n = 0;

    for (const struct catalogue *c = named.catalogues; c; c = c->next)
        n += c->n;
    j->judged.statements = get_memory((n + 1) * sizeof j->judged.statements[0]);
    contract_each_statement(set, name_one, &named);
    for (const struct catalogue *c = named.catalogues; c; c = c->next)
        for (size_t i = 0; i < c->n; i++)
            if (contract_has_seen(set, j->tally, c->api) && is_named(&named, c->at[i].id))
                add_statement(j, &c->at[i]);
    free(named.id);
}

const struct judged *replay_judge_finish(struct replay_judge *j, struct wp_writer *why)
{
    const struct contract_set *set = j->contracts->set;
    struct wp_writer api = wp_writer(j->judged.api, sizeof j->judged.api);

    if (j->contracts->why[0])
        wp_put_text(why, j->contracts->why);
    if (!j->tally)
        return NULL;
    result_init(&j->result, "capture", "", "");
    contract_finish(set, j->tally, &j->result, 0);
    contract_put_apis(set, j->tally, &api);
    wp_put_end(&api);
    add_statements(j, set);
    j->judged.places = places_first(j->places);
    j->judged.n_undocumented = places_undocumented(j->places);
    j->judged.n_dropped = places_dropped(j->places);
    return &j->judged;
}
