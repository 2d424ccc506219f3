/* Holding messages against the contracts, and what that comes to. */
#include "harness/contract_impl.h"
#include "harness/pattern_impl.h"
#include "sim/core/json_out.h"

#include <stdio.h>
#include <stdlib.h>

struct contract_tally *contract_tally_new(const struct contract_set *set)
{
    struct contract_tally *t = calloc(1, sizeof *t);
    size_t n = set->n_ids + 1;

    if (!t)
        abort();
    t->set = set;
    t->good = calloc(n, sizeof *t->good);
    t->bad = calloc(n, sizeof *t->bad);
    t->unseen = calloc(n, sizeof *t->unseen);
    t->first = calloc(n, sizeof *t->first);
    t->first_at = calloc(n, sizeof *t->first_at);
    t->first_record = calloc(n, sizeof *t->first_record);
    if (!t->good || !t->bad || !t->unseen || !t->first || !t->first_at || !t->first_record)
        abort();
    return t;
}

void contract_tally_free(struct contract_tally *t)
{
    if (!t)
        return;
    free(t->good);
    free(t->bad);
    free(t->unseen);
    free(t->first);
    free(t->first_at);
    free(t->first_record);
    free(t);
}

/* ---- counting --------------------------------------------------------------------------------------- */

/* Where and by what rule a message is at fault. */
struct fault_at {
    const char *place, *rule;
    bool names_member;
};

static void tell_each(struct contract_tally *t, const char *id, const struct fault_at *at,
                      const struct wp_record *r, const char *sentence)
{
    const struct contract_fault fault = {
        .id = id,
        .address = t->address,
        .place = at->place,
        .rule = at->rule,
        .sentence = sentence,
        .names_member = at->names_member,
        .record = r,
    };

    if (t->news && t->news->each)
        t->news->each(t->news, &fault);
}

static void fails(struct contract_tally *t, uint16_t id, const struct fault_at *at, const struct wp_record *r,
                  const char *sentence)
{
    tell_each(t, t->set->ids[id], at, r, sentence);
    if (t->bad[id]++ > 0)
        return;
    snprintf(t->first[id], sizeof t->first[id], "%.*s: %s", WP_FMT(r->message.topic), sentence);
    t->first_at[id] = r->at;
    t->first_record[id] = r->seq;
    if (t->news)
        t->news->tell(t->news, t->set->ids[id], t->first[id], r);
}

static void decide(struct contract_tally *t, const struct rule *rule, const char *name, bool holds,
                   const struct wp_record *r, const char *sentence)
{
    const struct fault_at at = {.place = "", .rule = name};

    for (size_t i = 0; i < rule->n; i++) {
        if (holds)
            t->good[rule->statements[i]]++;
        else
            fails(t, rule->statements[i], &at, r, sentence);
    }
}

static void not_visible(struct contract_tally *t, const struct rule *rule)
{
    for (size_t i = 0; i < rule->n; i++)
        t->unseen[rule->statements[i]]++;
}

/* A rule about who published: nothing follows where nobody knows. */
static void decide_of_sender(struct contract_tally *t, const struct rule *rule, const char *name, bool holds,
                             const struct wp_record *r, const char *sentence)
{
    if (r->message.unseen & WP_UNSEEN_SENDER)
        not_visible(t, rule);
    else
        decide(t, rule, name, holds, r, sentence);
}

static void remark(struct contract_tally *t, const struct wp_record *r, const char *sentence)
{
    size_t i = 0;

    while (i < t->n_remarks && strcmp(t->remarks[i].text, sentence) != 0)
        i++;
    if (i == CONTRACT_REMARKS_MAX)
        return;
    if (i == t->n_remarks) {
        snprintf(t->remarks[i].text, sizeof t->remarks[i].text, "%s", sentence);
        t->remarks[i].at = r->at;
        t->remarks[i].record = r->seq;
        t->n_remarks++;
        if (t->news)
            t->news->tell(t->news, NULL, t->remarks[i].text, r);
    }
    t->remarks[i].count++;
}

static void remark_on(struct contract_tally *t, const struct fault_at *at, const struct wp_record *r,
                      const char *sentence)
{
    char text[400];

    tell_each(t, NULL, at, r, sentence);
    snprintf(text, sizeof text, "%.*s: %s", WP_FMT(r->message.topic), sentence);
    remark(t, r, text);
}

/* A topic that nobody has written down. */
static void remark_topic(struct contract_tally *t, const struct wp_record *r, const char *sentence)
{
    const struct fault_at at = {.place = "", .rule = "topic"};
    char text[300];

    tell_each(t, NULL, &at, r, sentence);
    snprintf(text, sizeof text, "topic %.*s %s", WP_FMT(r->message.topic), sentence);
    remark(t, r, text);
}

/* ---- schemas ---------------------------------------------------------------------------------------- */

struct looking {
    struct contract_tally *t;
    const struct wp_record *r;
};

static bool on_error(void *ctx, const struct schema_error *e)
{
    struct looking *l = ctx;
    const struct fault_at at = {
        .place = e->instance_path,
        .rule = e->schema_path,
        .names_member = strcmp(e->keyword, "required") == 0 || strcmp(e->keyword, "dependentRequired") == 0,
    };
    char sentence[300];

    snprintf(sentence, sizeof sentence, "%s %s", e->instance_path[0] ? e->instance_path : "the payload",
             e->reason);
    if (e->undocumented) {
        remark_on(l->t, &at, l->r, sentence);
        return true;
    }
    for (size_t i = 0; i < e->n_statements; i++)
        for (size_t id = 0; id < l->t->set->n_ids; id++)
            if (strcmp(l->t->set->ids[id], e->statements[i]) == 0)
                fails(l->t, (uint16_t)id, &at, l->r, sentence);
    if (e->n_statements == 0)
        remark_on(l->t, &at, l->r, sentence);
    return true;
}

/* Every statement that the schema looked at in this value is decided: bad where an error named it, else good. */
static void check_schema(struct contract_tally *t, const struct judged_schema *s,
                         const struct json_tape *tape, const struct wp_record *r)
{
    struct looking l = {.t = t, .r = r};
    size_t words = schema_mark_words(s->n_marks);

    memset(t->reached, 0, words * sizeof t->reached[0]);
    if (!schema_check(s->schema, tape, 0, t->reached, NULL, NULL))
        schema_check(s->schema, tape, 0, t->reached, on_error, &l);
    for (size_t w = 0; w < words; w++) {
        for (uint64_t bits = t->reached[w]; bits; bits &= bits - 1) {
            const struct rule *mark = &s->marks[w * 64 + (size_t)__builtin_ctzll(bits)];

            for (size_t i = 0; i < mark->n; i++)
                t->good[mark->statements[i]]++;
        }
    }
}

/* Which of the channel's messages the payload is meant to be; NULL: none of them. */
static const struct contract_message *message_of(const struct contract_channel *c,
                                                 const struct json_tape *tape)
{
    for (size_t i = 0; i < c->n_messages; i++) {
        const struct contract_message *m = &c->messages[i];

        if (m->is_empty)
            continue;
        if (!m->when.schema || schema_check(m->when.schema, tape, 0, NULL, NULL, NULL))
            return m;
    }
    return NULL;
}

/* The message of the channel that has no payload; NULL: there is none. */
static const struct contract_message *empty_of(const struct contract_channel *c)
{
    for (size_t i = 0; i < c->n_messages; i++)
        if (c->messages[i].is_empty)
            return &c->messages[i];
    return NULL;
}

/* ---- one message ------------------------------------------------------------------------------------ */

/* A text as a JSON string of its own, held against its schema. false: it is longer than any that is judged. */
static bool check_string(struct contract_tally *t, const struct judged_schema *s, struct wp_slice text,
                         const struct wp_record *r)
{
    static char quoted[CONTRACT_TEXT_MAX]; /* one thread, one text at a time */
    struct json_token tokens[2];
    struct json_tape tape = {.at = tokens, .cap = 2};
    struct wp_writer w = wp_writer(quoted, sizeof quoted);
    struct json_out out = json_out(&w);

    json_put_text(&out, text);
    if (w.full || json_read(&tape, wp_written(&w), 1, NULL) != JSON_FAULT_NONE)
        return false;
    check_schema(t, s, &tape, r);
    return true;
}

/* What the parameters stand for in the topic. */
static void check_levels(struct contract_tally *t, const struct contract_channel *c,
                         const struct wp_record *r)
{
    for (size_t i = 0; i < c->n_parameters; i++) {
        const struct contract_parameter *p = &c->parameters[i];
        struct wp_slice level;

        if (p->level.schema && contract_level(p, r->message.topic, &level))
            check_string(t, &p->level, level, r);
    }
}

static void check_same(struct contract_tally *t, const struct contract_channel *c,
                       const struct json_tape *tape, const struct wp_record *r)
{
    for (size_t i = 0; i < c->n_parameters; i++) {
        const struct contract_parameter *p = &c->parameters[i];
        uint32_t at = p->same_path ? payload_member(tape, p->same_path) : UINT32_MAX;
        struct wp_slice level;

        if (at == UINT32_MAX || !contract_level(p, r->message.topic, &level))
            continue;
        decide(t, &p->same, "x-same", tape->at[at].kind == JSON_STRING && json_string_is(tape, at, level), r,
               "the payload names another one than the topic");
    }
}

/* The payload as a JSON string, for schemas of its text. */
static void check_text(struct contract_tally *t, const struct judged_schema *s, const struct wp_record *r)
{
    if (!check_string(t, s, r->message.payload, r))
        remark_topic(t, r, "has a payload longer than any text of the document");
}

static void check_plain(struct contract_tally *t, const struct contract_message *m, const struct wp_record *r)
{
    decide(t, &m->seen, "", true, r, "");
    check_text(t, &m->payload, r);
}

static void check_json(struct contract_tally *t, const struct contract_channel *c, const struct wp_record *r)
{
    char why[200];
    struct wp_writer w = wp_writer(why, sizeof why);
    const struct json_tape *tape = payload_tape(r->message.payload, &w);
    const struct contract_message *m;

    decide(t, &c->is_json, "x-json", tape != NULL, r, wp_put_end(&w));
    if (!tape)
        return;
    check_same(t, c, tape, r);
    m = message_of(c, tape);
    if (!m) {
        const struct fault_at at = {.place = "", .rule = "x-when"};

        remark_on(t, &at, r, "the payload is none of the channel's messages");
        return;
    }
    decide(t, &m->seen, "", true, r, "");
    check_schema(t, &m->payload, tape, r);
    if (m->text.schema)
        check_text(t, &m->text, r);
}

static void check_payload(struct contract_tally *t, const struct contract_channel *c,
                          const struct wp_record *r)
{
    const struct contract_message *empty = r->message.payload.n == 0 ? empty_of(c) : NULL;

    if (empty)
        decide(t, &empty->seen, "", true, r, "");
    else if (c->messages[0].is_plain)
        check_plain(t, &c->messages[0], r);
    else
        check_json(t, c, r);
}

static void check_delivery(struct contract_tally *t, const struct contract_channel *c,
                           const struct wp_record *r)
{
    bool any_retain = c->retain == CONTRACT_RETAINED_OR_NOT, retain = c->retain == CONTRACT_RETAINED;
    bool qos_seen = !(r->message.unseen & WP_UNSEEN_QOS),
         retain_seen = any_retain || !(r->message.unseen & WP_UNSEEN_RETAIN);
    /* Nobody is given more than was published: 3.1.1, 3.8.4. */
    bool holds = (qos_seen ? r->message.qos == c->qos : r->message.qos <= c->qos) &&
                 (!retain_seen || any_retain || r->message.retain == retain);
    char sentence[100];

    if (!c->has_delivery)
        return;
    if (holds && !(qos_seen && retain_seen)) {
        not_visible(t, &c->delivery);
        return;
    }
    snprintf(sentence, sizeof sentence, "QoS %d%s, expected QoS %d%s", r->message.qos,
             r->message.retain ? " retained" : "", c->qos, retain ? " retained" : "");
    decide(t, &c->delivery, "x-delivery", holds, r, sentence);
}

static uint64_t bit_of(const struct contract_set *set, const struct contract *of)
{
    uint64_t bit = 1;

    for (const struct contract *c = set->contracts; c != of; c = c->next)
        bit <<= 1;
    return bit;
}

void contract_take(const struct contract_set *set, struct contract_tally *t, const struct wp_record *r)
{
    const struct contract_channel *channel;
    const struct contract *c = contract_of(set, NULL, r->message.topic, &channel);

    t->messages++;
    t->address = channel ? channel->address : "";
    if (!c) {
        remark_topic(t, r, "is in no document");
        return;
    }
    t->apis |= bit_of(set, c);
    decide_of_sender(t, &c->closed, "x-closed", channel != NULL, r, "the document has no such topic");
    if (!channel) {
        remark_topic(t, r, "is not in the document");
        return;
    }
    decide_of_sender(t, &channel->receive_only, "x-receive-only", false, r,
                     "the gateway publishes where only clients may");
    decide(t, &channel->seen, "", true, r, "");
    check_levels(t, channel, r);
    check_delivery(t, channel, r);
    check_payload(t, channel, r);
}

static void take_request(struct contract_tally *t, const struct contract_channel *c,
                         const struct wp_record *r)
{
    t->address = c ? c->address : "";
    if (!c || c->receive_only.n == 0) {
        remark_topic(t, r, c ? "is the gateway's, and a client publishes there" : "is not in the document");
        return;
    }
    decide(t, &c->seen, "", true, r, "");
    check_levels(t, c, r);
    check_payload(t, c, r);
}

void contract_take_request(const struct contract_set *set, struct contract_tally *t,
                           const struct wp_record *r)
{
    const struct contract_channel *channel;
    const struct contract *c = contract_of(set, NULL, r->message.topic, &channel);

    t->messages++;
    if (!c)
        return;
    t->apis |= bit_of(set, c);
    take_request(t, channel, r);
}

void contract_take_delivery(const struct contract_set *set, struct contract_tally *t,
                            const struct wp_record *r)
{
    const struct contract_channel *channel;

    contract_of(set, NULL, r->message.topic, &channel);
    if (!channel)
        return;
    t->address = channel->address;
    check_delivery(t, channel, r);
}

void contract_tell(struct contract_tally *t, struct contract_news *news)
{
    t->news = news;
}

bool contract_has_seen(const struct contract_set *set, const struct contract_tally *t, const char *api)
{
    uint64_t bit = 1;

    for (const struct contract *c = set->contracts; c; c = c->next, bit <<= 1)
        if (strcmp(c->api, api) == 0)
            return t->apis & bit;
    return false;
}

void contract_put_apis(const struct contract_set *set, const struct contract_tally *t, struct wp_writer *w)
{
    for (const struct contract *c = set->contracts; c; c = c->next) {
        if (!contract_has_seen(set, t, c->api))
            continue;
        if (w->n)
            wp_put_char(w, ' ');
        wp_put_text(w, c->api);
    }
}

bool contract_obeys(const struct contract_set *set, const char *name, const struct json_tape *tape,
                    struct wp_writer *why)
{
    size_t n = strcspn(name, "/");

    for (const struct contract *c = set->contracts; c; c = c->next) {
        if (strlen(c->api) != n || strncmp(c->api, name, n) != 0)
            continue;
        for (size_t i = 0; i < c->n_channels; i++) {
            for (size_t k = 0; k < c->channels[i].n_messages; k++) {
                const struct contract_message *m = &c->channels[i].messages[k];

                if (name[n] != '/' || strcmp(m->name, name + n + 1) != 0)
                    continue;
                if (schema_check(m->payload.schema, tape, 0, NULL, NULL, NULL))
                    return true;
                if (why)
                    wp_put_text(why, "the payload does not obey its schema");
                return false;
            }
        }
    }
    if (why)
        wp_put_text(why, "there is no such message in the contracts");
    return false;
}

/* ---- findings --------------------------------------------------------------------------------------- */

void contract_finish(const struct contract_set *set, const struct contract_tally *t,
                     struct scenario_result *result, wp_us now)
{
    struct finding *held = NULL, *unseen = NULL, *f;
    char text[400];

    snprintf(text, sizeof text, "%llu messages held against the contract", (unsigned long long)t->messages);
    for (size_t i = 0; i < set->n_ids; i++) {
        if (t->bad[i] > 0 || t->good[i] == 0)
            continue;
        if (!held)
            held = result_add(result, VERDICT_PASS, "contract", 0, now, text);
        finding_statement(result, held, set->ids[i]);
    }
    for (size_t i = 0; i < set->n_ids; i++) {
        if (t->bad[i] == 0)
            continue;
        snprintf(text, sizeof text, "%s%s", t->first[i], t->bad[i] > 1 ? " (and more)" : "");
        f = result_add(result, VERDICT_FAIL, "contract", 0, t->first_at[i], text);
        f->record = t->first_record[i];
        finding_statement(result, f, set->ids[i]);
    }
    for (size_t i = 0; i < set->n_ids; i++) {
        if (t->bad[i] > 0 || t->good[i] > 0 || t->unseen[i] == 0)
            continue;
        if (!unseen)
            unseen = result_add(result, VERDICT_INCONC, "contract", 0, now, "not visible from here");
        finding_statement(result, unseen, set->ids[i]);
    }
    for (size_t i = 0; i < t->n_remarks; i++) {
        f = result_add(result, VERDICT_FAIL, "undocumented", 0, t->remarks[i].at, t->remarks[i].text);
        f->record = t->remarks[i].record;
        f->undocumented = true;
    }
}
