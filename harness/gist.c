#include "harness/gist_impl.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    EPHEMERAL = 32768,
    NEAR_MS = 5000, /* a moment is told that late, or by a clock that wrong */
    UPTIME_NEAR_MS = 250,
};

#define FNV_START 0xCBF29CE484222325u
#define FNV_STEP  0x100000001B3u

/* ---- moments ---------------------------------------------------------------------------------------- */

/* Is it now, as the record's time goes? What is delivered may have been retained since the play began. */
static bool is_now(const struct gist_reader *r, int64_t told_us, int64_t start_us, int64_t by_ms)
{
    int64_t by = by_ms * 1000, earliest = start_us + (r->is_delivery ? 0 : r->at_us) - by;

    return told_us >= earliest && told_us <= start_us + r->at_us + by;
}

/* 13 digits of milliseconds or 10 of seconds, from 2001 to 2100; 0: neither. */
static int64_t as_us(int64_t n)
{
    if (n >= 1000000000000 && n < 4102444800000)
        return n * 1000;
    if (n >= 1000000000 && n < 4102444800)
        return n * 1000000;
    return 0;
}

/* What kind of moment the number is, NULL: none. The first one of a live transcript sets its clock. */
static const char *moment(struct gist_reader *r, int64_t n)
{
    int64_t us = as_us(n);

    if (us != 0 && r->start_us == 0)
        r->start_us = us - r->at_us;
    if (us != 0 && is_now(r, us, r->start_us, NEAR_MS))
        return us == n * 1000 ? "ms" : "s";
    return NULL;
}

/* Does the uptime tell how long the play has gone on, in milliseconds or seconds? Another one is a difference. */
static bool is_uptime(const struct gist_reader *r, const struct json_tape *t, uint32_t key)
{
    struct wp_value v;

    if (t->at[key + 1].kind != JSON_NUMBER || !json_string_is(t, key, wp_text("uptime")))
        return false;
    v = json_value(t, key + 1);
    return v.kind == WP_DECIMAL && v.exp10 == 0 && v.num >= 0 && v.num < INT64_MAX / 1000000 &&
           (is_now(r, v.num * 1000, 0, UPTIME_NEAR_MS) || is_now(r, v.num * 1000000, 0, 1000));
}

/* ---- values ----------------------------------------------------------------------------------------- */

/* The length too: "ab", "c" is not "a", "bc". */
static uint64_t mix(uint64_t hash, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ p[i]) * FNV_STEP;
    return (hash ^ n) * FNV_STEP;
}

/* What the string says, however it was escaped. */
static uint64_t mix_string(uint64_t hash, const struct json_tape *t, uint32_t i)
{
    struct wp_slice text = json_text(t, i);
    char *plain;
    struct wp_writer w;

    if (!t->at[i].escaped)
        return mix(hash, text.p, text.n);
    plain = malloc(text.n);
    if (!plain)
        abort();
    w = wp_writer(plain, text.n);
    json_put_string(t, i, &w);
    hash = mix(hash, w.p, w.n);
    free(plain);
    return hash;
}

static uint64_t hash_number(struct gist_reader *r, const struct json_tape *t, uint32_t i)
{
    struct wp_slice text = json_text(t, i);
    struct wp_value v = json_value(t, i);
    const char *kind = v.kind == WP_DECIMAL && v.exp10 == 0 ? moment(r, v.num) : NULL;
    char plain[64];
    double number;

    if (kind)
        return mix(FNV_START, kind, strlen(kind));
    if (text.n >= sizeof plain || json_number_digits(text) > 15)
        return mix(FNV_START, text.p, text.n); /* of more digits than a double has, the digits count */
    snprintf(plain, sizeof plain, "%.*s", WP_FMT(text));
    number = strtod(plain, NULL) + 0.0; /* -0 is 0 */
    return mix(FNV_START, &number, sizeof number);
}

/* As deep as json_read lets it be. */
uint64_t gist_hash_value(struct gist_reader *r, const struct json_tape *t, uint32_t i)
{
    uint64_t hash = FNV_START + t->at[i].kind;

    switch (t->at[i].kind) {
    case JSON_NUMBER: return hash_number(r, t, i);
    case JSON_STRING: return mix_string(hash, t, i);
    case JSON_ARRAY:
        JSON_EACH(t, k, i)
        {
            uint64_t element = gist_hash_value(r, t, k);

            hash = mix(hash, &element, sizeof element);
        }
        return hash;
    case JSON_OBJECT:
        JSON_EACH_KEY(t, key, i)
        {
            uint64_t value = is_uptime(r, t, key) ? 0 : gist_hash_value(r, t, key + 1);

            hash += mix(mix_string(FNV_START, t, key), &value, sizeof value); /* in any order */
        }
        return hash;
    default: return hash;
    }
}

/* ---- members of a record ---------------------------------------------------------------------------- */

static const char *const not_compared[] = {"seq", "at_us", "port", "tag"};
static const char *const in_key[] = {"record", "machine", "peer", "topic", "filter",
                                     "device", "what",    "name", "client"};

#define IS_ONE_OF(t, key, names) gist_key_is_one_of(t, key, names, sizeof(names) / sizeof(names)[0])

bool gist_key_is_one_of(const struct json_tape *t, uint32_t key, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (json_string_is(t, key, wp_text(names[i])))
            return true;
    return false;
}

static bool is(const struct json_tape *t, uint32_t key, const char *name)
{
    return json_string_is(t, key, wp_text(name));
}

/* "127.0.2.1:43859" without a port that the system gave out. */
static uint64_t hash_address(const struct json_tape *t, uint32_t i)
{
    struct wp_slice text = json_text(t, i);
    size_t colon = text.n, port = 0;

    while (colon > 0 && text.p[colon - 1] != ':')
        colon--;
    for (size_t k = colon; k < text.n && port < EPHEMERAL; k++)
        port = text.p[k] >= '0' && text.p[k] <= '9' ? 10 * port + text.p[k] - '0' : 0;
    return mix(FNV_START, text.p, port >= EPHEMERAL ? colon : text.n);
}

/* Without its numbers, and without the ids that a broker makes up for clients that have none. */
static uint64_t hash_note(const struct json_tape *t, uint32_t i)
{
    struct wp_slice text = json_text(t, i);
    uint64_t hash = FNV_START;

    for (size_t k = 0; k < text.n; k++)
        if ((text.p[k] < '0' || text.p[k] > '9') && (text.p[k] < 'A' || text.p[k] > 'F'))
            hash = (hash ^ text.p[k]) * FNV_STEP;
    return hash;
}

/* Text that is JSON by its value, other text as it is. */
static uint64_t hash_payload(struct gist_reader *r, uint32_t i)
{
    struct wp_slice plain;

    return gist_parse_payload(r, i, &plain) ? gist_hash_value(r, &r->payload.tape, 0)
                                            : mix(FNV_START, plain.p, plain.n);
}

uint64_t gist_hash_member(struct gist_reader *r, uint32_t key)
{
    const struct json_tape *t = &r->line.tape;
    uint32_t i = key + 1;
    uint64_t sum = 0;

    if (t->at[i].kind == JSON_OBJECT) { /* a will, which has a payload too */
        JSON_EACH_KEY(t, inner, i)
        sum += mix_string(gist_hash_member(r, inner), t, inner);
        return sum;
    }
    if (t->at[i].kind != JSON_STRING)
        return gist_hash_value(r, t, i);
    if (is(t, key, "payload"))
        return hash_payload(r, i);
    if (is(t, key, "own") || is(t, key, "peer_addr"))
        return hash_address(t, i);
    if (is(t, key, "text") && gist_member_is(t, "record", "note"))
        return hash_note(t, i);
    return gist_hash_value(r, t, i);
}

/* Of a frame only what it was sent as: the printed line follows from that. */
bool gist_is_compared(const struct gist_reader *r, uint32_t key)
{
    const struct json_tape *t = &r->line.tape;

    if (IS_ONE_OF(t, key, not_compared) || IS_ONE_OF(t, key, in_key))
        return false;
    if (gist_member_is(t, "record", "frame"))
        return is(t, key, "wire") || is(t, key, "codec");
    if (r->is_live && r->is_delivery && is(t, key, "retain"))
        return false; /* who subscribed a little later gets the same message as a retained one */
    return !is(t, key, "count") || !gist_member_is(t, "record", "note");
}

/* ---- records ---------------------------------------------------------------------------------------- */

/* How TCP cuts a stream is nobody's doing in the live world; the frames in it are. */
static bool is_event(const struct gist_reader *r)
{
    const struct json_tape *t = &r->line.tape;
    uint32_t topic = gist_member(t, "topic");

    if (topic != 0 && json_text(t, topic).n >= 5 && memcmp(json_text(t, topic).p, "$SYS/", 5) == 0)
        return false;
    return !(r->is_live && gist_member_is(t, "record", "receipt"));
}

/* Frames, messages and sessions are seen from outside too; these need not be. */
static uint64_t sight_of(const struct json_tape *t)
{
    static const char *const kinds[] = {"presence", "reading", "command", "answer", "send", "open", "close"};
    static const char *const members[] = {"record", "machine", "peer"};
    uint32_t kind = gist_member(t, "record");
    uint64_t hash = FNV_START;
    bool is_one = false;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        is_one = is_one || json_string_is(t, kind, wp_text(kinds[i]));
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        uint32_t m = gist_member(t, members[i]);

        hash = m != 0 ? mix_string(hash, t, m) : mix(hash, NULL, 0);
    }
    return is_one ? hash | 1 : 0;
}

enum gist_kind gist_of(struct gist_reader *r, struct wp_slice line, struct gist *out)
{
    const struct json_tape *t = &r->line.tape;

    if (!gist_parse_line(r, line))
        return GIST_BAD;
    if (gist_member_is(t, "record", "check"))
        return GIST_CHECK;
    if (!is_event(r))
        return GIST_OTHER;
    *out = (struct gist){.at_us = r->at_us, .sight = sight_of(t)};
    JSON_EACH_KEY(t, key, 0)
    {
        if (IS_ONE_OF(t, key, in_key))
            out->key += mix_string(mix_string(FNV_START, t, key), t, key + 1);
        else if (gist_is_compared(r, key))
            out->content += mix_string(gist_hash_member(r, key), t, key);
    }
    return GIST_RECORD;
}
