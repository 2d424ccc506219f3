/* What a record that a pattern names must say, part by part. */
#include "harness/contract.h"
#include "harness/pattern_impl.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

/* How far a time may lie from the record's own; node_duration_or of near_now says otherwise. */
#define NEAR_US WP_SEC(2)

/* A Unix time below is one in seconds, from there on in milliseconds: until the year 5138, and since 1973. */
#define SECONDS_BELOW 100000000000

enum { TEXT_MAX = 1 << 18 }; /* of a text that is matched with an expression */

wp_us node_duration_or(const struct node *n, wp_us fallback)
{
    int64_t us;

    return n && n->kind == NODE_SCALAR && wp_duration_read(n->text, &us) ? us : fallback;
}

static bool no(struct wp_writer *why, const char *what, const char *sentence)
{
    if (why) {
        wp_put_text(why, what);
        wp_put_text(why, sentence);
    }
    return false;
}

static bool number_at(const struct json_tape *tape, const char *path, struct wp_value *out)
{
    uint32_t at = payload_member(tape, path);

    if (at == UINT32_MAX || tape->at[at].kind != JSON_NUMBER)
        return false;
    *out = json_value(tape, at);
    return wp_is_number(*out);
}

static double as_double(struct wp_value v)
{
    char text[64];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_value(&w, v);
    return strtod(wp_put_end(&w), NULL);
}

const char *pattern_entry_path(const struct node *entry)
{
    return entry->key ? entry->key : node_text(entry, "");
}

static bool within(const struct pattern_look *look, const struct node *n, double low, double high,
                   struct wp_writer *why)
{
    struct wp_value v;
    char text[200];

    if (!number_at(look->tape, n->key, &v))
        return no(why, n->key, ": no number there");
    if (as_double(v) >= low && as_double(v) <= high)
        return true;
    snprintf(text, sizeof text, ": expected %g to %g, came %.17g", low, high, as_double(v));
    return no(why, n->key, text);
}

static double number_of(const struct node *n)
{
    return strtod(node_text(n, "0"), NULL);
}

static bool between_fits(const struct pattern_look *look, const struct node *n, struct wp_writer *why)
{
    return within(look, n, number_of(n->first), number_of(n->first->next), why);
}

static bool approx_fits(const struct pattern_look *look, const struct node *n, struct wp_writer *why)
{
    double middle = number_of(n->first), tolerance = number_of(n->first->next);

    return within(look, n, middle - tolerance, middle + tolerance, why);
}

bool pattern_text_matches(struct wp_slice text, const char *expression)
{
    int error;
    PCRE2_SIZE at;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)expression, PCRE2_ZERO_TERMINATED,
                                     PCRE2_UTF | PCRE2_DOLLAR_ENDONLY, &error, &at, NULL);
    pcre2_match_data *data = code ? pcre2_match_data_create_from_pattern(code, NULL) : NULL;
    bool hit = data && pcre2_match(code, text.p ? text.p : (PCRE2_SPTR) "", text.n, 0, 0, data, NULL) >= 0;

    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return hit;
}

static bool expression_fits(const struct pattern_look *look, const struct node *n, struct wp_writer *why)
{
    const struct json_tape *tape = look->tape;
    uint32_t at = payload_member(tape, n->key);
    static char text[TEXT_MAX];
    struct wp_writer w = wp_writer(text, sizeof text);

    if (at == UINT32_MAX)
        return no(why, n->key, ": missing");
    if (tape->at[at].kind == JSON_STRING)
        json_put_string(tape, at, &w);
    else
        wp_put_slice(&w, json_text(tape, at));
    if (pattern_text_matches(wp_written(&w), node_text(n, "")))
        return true;
    if (why) {
        wp_put_text(why, n->key);
        wp_put_text(why, ": does not match ");
        wp_put_text(why, node_text(n, ""));
        wp_put_text(why, ", came ");
        wp_put_slice(why, wp_slice(text, w.n > 100 ? 100 : w.n));
    }
    return false;
}

static bool absence_fits(const struct pattern_look *look, const struct node *n, struct wp_writer *why)
{
    return payload_member(look->tape, node_text(n, "")) == UINT32_MAX ||
           no(why, node_text(n, ""), ": is there, and must not be");
}

static bool nearness_fits(const struct pattern_look *look, const struct node *n, struct wp_writer *why)
{
    const char *path = pattern_entry_path(n);
    wp_us tolerance = n->key ? node_duration_or(n, NEAR_US) : NEAR_US;
    struct wp_value v;
    int64_t unix_time, ms, off;
    char text[100];
    struct wp_writer w = wp_writer(text, sizeof text);

    if (!number_at(look->tape, path, &v) || !wp_decimal_at(v, 0, &unix_time))
        return no(why, path, ": no whole number of seconds or milliseconds");
    if (unix_time > INT64_MAX / 2000 || unix_time < 0)
        return no(why, path, ": no time of ours");
    ms = unix_time < SECONDS_BELOW ? unix_time * 1000 : unix_time;
    off = ms * 1000 - (look->world->epoch_us + look->record->at);
    if (off <= tolerance && off >= -tolerance)
        return true;
    wp_put_text(&w, ": is off by ");
    wp_put_duration(&w, off / 1000 * 1000);
    return no(why, path, wp_put_end(&w));
}

const struct pattern_part pattern_parts[PATTERN_PARTS] = {
    {"absent", absence_fits},     {"approx", approx_fits},     {"between", between_fits},
    {"matches", expression_fits}, {"near_now", nearness_fits},
};

bool pattern_qos_fits(const struct pattern *p, const struct wp_record *r)
{
    const struct node *qos = node_get(p->node, "qos");

    return !qos || (r->message.unseen & WP_UNSEEN_QOS) || r->message.qos == atoi(node_text(qos, "0"));
}

bool pattern_retain_fits(const struct pattern *p, const struct wp_record *r)
{
    const struct node *retain = node_get(p->node, "retain");

    return !retain || (r->message.unseen & WP_UNSEEN_RETAIN) || r->message.retain == node_is(retain, "true");
}

static bool parts_fit(const struct pattern_look *look, const struct node *n, struct wp_writer *why)
{
    for (size_t i = 0; i < PATTERN_PARTS; i++) {
        const struct node *part = node_get(n, pattern_parts[i].key);

        for (const struct node *e = part ? part->first : NULL; e; e = e->next)
            if (!pattern_parts[i].fits(look, e, why))
                return false;
    }
    return true;
}

bool pattern_text_fits(const struct pattern *p, const struct wp_record *r)
{
    const struct node *text = node_get(p->node, "text");

    return !text || wp_slice_eq(text->text, r->message.payload);
}

bool pattern_asks_for_json(const struct node *n)
{
    if (node_get(n, "payload") || node_get(n, "schema"))
        return true;
    for (size_t i = 0; i < PATTERN_PARTS; i++)
        if (node_get(n, pattern_parts[i].key))
            return true;
    return false;
}

static bool other_text(const struct pattern *p, const struct wp_record *r, struct wp_writer *why)
{
    struct wp_slice came = r->message.payload;

    if (why) {
        wp_put_text(why, "payload: expected the text ");
        wp_put_slice(why, node_get(p->node, "text")->text);
        wp_put_text(why, ", came ");
        wp_put_slice(why, wp_slice(came.p, came.n > 400 ? 400 : came.n));
    }
    return false;
}

static bool message_fits(const struct pattern *p, const struct pattern_world *world,
                         const struct wp_record *r, struct wp_writer *why)
{
    const struct node *n = p->node, *payload = node_get(n, "payload"), *schema = node_get(n, "schema");
    struct pattern_look look = {.world = world, .record = r};

    if (!pattern_qos_fits(p, r))
        return no(why, "qos",
                  r->message.qos == 0   ? ": came 0"
                  : r->message.qos == 1 ? ": came 1"
                                        : ": came 2");
    if (!pattern_retain_fits(p, r))
        return no(why, "retain", r->message.retain ? ": came true" : ": came false");
    if (!pattern_text_fits(p, r))
        return other_text(p, r, why);
    if (!pattern_asks_for_json(n))
        return true;
    look.tape = payload_tape(r->message.payload, why);
    return look.tape && (!payload || payload_fits(p, r, look.tape, 0, payload, "", why)) &&
           parts_fit(&look, n, why) &&
           (!schema || !world->contracts ||
            contract_obeys(world->contracts, node_text(schema, ""), look.tape, why));
}

static bool point_fits(const struct node *n, const struct wp_reading *reading, struct wp_writer *why)
{
    const struct node *id = node_get(n, "id"), *value = node_get(n, "payload");

    for (size_t i = 0; i < reading->n_points; i++) {
        const struct wp_point *p = &reading->points[i];

        if (id && !wp_slice_eq(id->text, p->id))
            continue;
        if (!value || wp_value_eq(node_value(value), p->value))
            return true;
    }
    return no(why, "point", ": no such point in the reading");
}

static bool code_fits(const struct node *n, int code, struct wp_writer *why)
{
    char text[40];

    if (!node_get(n, "code") || atoi(node_text(node_get(n, "code"), "0")) == code)
        return true;
    snprintf(text, sizeof text, ": came %d", code);
    return no(why, "code", text);
}

static bool close_fits(const struct node *n, enum wp_close_reason reason, struct wp_writer *why)
{
    static const char *const text[] = {"peer", "reset", "own", "refused", "timeout"};

    if (!node_get(n, "reason") || node_is(node_get(n, "reason"), text[reason]))
        return true;
    return no(why, "reason: came ", text[reason]);
}

static bool frame_record_fits(const struct pattern *p, const struct wp_record *r, struct wp_writer *why)
{
    const struct node *fault = node_get(p->node, "fault");

    if (fault)
        return (!r->frame.frame && node_is(fault, wp_fault_text(r->frame.bad.fault))) ||
               no(why, "fault: ", r->frame.frame ? "it is a good frame" : wp_fault_text(r->frame.bad.fault));
    if (!r->frame.frame)
        return no(why, "frame: ", wp_fault_text(r->frame.bad.fault));
    return frame_fits(r, node_get(p->node, "fields"), node_get(p->node, "matches"), why);
}

bool pattern_fits(const struct pattern *p, const struct pattern_world *world, const struct wp_record *r,
                  struct wp_writer *why)
{
    const struct node *n = p->node, *filter = node_get(n, "filter"), *text = node_get(n, "text");

    switch (r->kind) {
    case WP_REC_PUBLISH:
    case WP_REC_DELIVER: return message_fits(p, world, r, why);
    case WP_REC_CONNACK: return code_fits(n, r->connack.code, why);
    case WP_REC_SUBACK:
        return (!filter || wp_slice_eq(filter->text, r->subscribe.filter) ||
                no(why, "filter", ": another one")) &&
               code_fits(n, r->subscribe.qos, why);
    case WP_REC_CLOSE: return close_fits(n, r->close.reason, why) && code_fits(n, r->close.code, why);
    case WP_REC_FRAME: return frame_record_fits(p, r, why);
    case WP_REC_READING: return point_fits(n, r->reading, why);
    case WP_REC_PRESENCE:
        return !node_get(n, "online") ||
               node_is(node_get(n, "online"), r->presence->online ? "true" : "false") ||
               no(why, "online", r->presence->online ? ": came true" : ": came false");
    case WP_REC_NOTE:
        return !text || pattern_text_matches(r->note.text, node_text(text, "")) ||
               no(why, "text", ": differs");
    default: return true;
    }
}

void pattern_put_member(struct wp_writer *w, const struct pattern *p, const struct wp_record *r,
                        const char *path)
{
    const struct json_tape *tape;
    uint32_t at;

    if (path[0] == '{') {
        wp_put_slice(w, pattern_level(p, r, wp_text(path)));
        return;
    }
    tape = payload_tape(r->message.payload, NULL);
    at = tape ? payload_member(tape, path) : UINT32_MAX;
    if (at == UINT32_MAX)
        return;
    if (tape->at[at].kind == JSON_STRING)
        json_put_string(tape, at, w);
    else
        wp_put_slice(w, json_text(tape, at));
}
