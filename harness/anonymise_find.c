#include "harness/anonymise_find.h"

#include "harness/anonymise_ids.h"
#include "sim/core/json_in.h"
#include "sim/world/topics.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    NAME_MAX_BYTES = 64,
    WORD_MIN = 9,
    WORD_DIGITS = 6,
    LEVEL_MIN = 6,
    LEVEL_DIGITS = 4,
    NUMBER_MIN = 6,
    DUMP_MIN = 20
};

/* ---- names ------------------------------------------------------------------------------------------ */

/* A last word that says so, and a first one that says that it is something else: requestId numbers a request. */
static const char *const id_words[] = {
    "id",     "ids",   "uid",      "uuid",     "guid",    "serial",  "serialnumber", "sn",      "imei",
    "imsi",   "iccid", "msisdn",   "phone",    "mac",     "macaddr", "macaddress",   "ip",      "ipaddr",
    "ipv4",   "ipv6",  "host",     "hostname", "ssid",    "bssid",   "user",         "login",   "username",
    "client", "owner", "password", "passwd",   "pwd",     "secret",  "token",        "apikey",  "email",
    "mail",   "addr",  "address",  "customer", "account", "meterno", "meternumber",  "clientid"};
static const char *const other_words[] = {
    "request",  "req",   "message",  "msg",      "correlation", "transaction", "register", "obis", "data",
    "packet",   "error", "event",    "alarm",    "command",     "cmd",         "schema",   "type", "unit",
    "sequence", "seq",   "function", "protocol", "version",     "modbus",      "product"};

/* What stands there tells of bytes; ids in them are found in that form. */
static const char *const byte_words[] = {"raw", "hex", "data", "rawvalue", "bytes", "frame", "rx", "tx"};

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_word_char(uint8_t c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static uint8_t lower(uint8_t c)
{
    return is_upper(c) ? (uint8_t)(c | 0x20) : c;
}

static bool is_one_of(struct wp_slice word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (wp_slice_is(word, list[i]))
            return true;
    return false;
}

/* Does a new word begin at i? "meterId", "meter_id", "MeterID". */
static bool begins_word(struct wp_slice name, size_t i)
{
    if (!is_word_char(name.p[i]))
        return false;
    if (i == 0 || !is_word_char(name.p[i - 1]))
        return true;
    return is_upper(name.p[i]) && (!is_upper(name.p[i - 1]) || (i + 1 < name.n && !is_upper(name.p[i + 1]) &&
                                                                is_word_char(name.p[i + 1])));
}

/* First and last word, and all of them without what stands between, in lower case. */
struct words {
    uint8_t text[NAME_MAX_BYTES];
    struct wp_slice first, last, all;
};

static void split(struct wp_slice name, struct words *out)
{
    size_t n = 0, last = 0, first_end = 0, n_words = 0;

    for (size_t i = 0; i < name.n && n < NAME_MAX_BYTES; i++) {
        if (begins_word(name, i)) {
            last = n;
            if (++n_words == 2)
                first_end = n;
        }
        if (is_word_char(name.p[i]))
            out->text[n++] = lower(name.p[i]);
    }
    out->first = wp_slice(out->text, n_words < 2 ? n : first_end);
    out->last = wp_slice(out->text + last, n - last);
    out->all = wp_slice(out->text, n);
}

void anon_name_add(struct texts *names, const char *name)
{
    struct words words;

    split(wp_text(name), &words);
    texts_add(names, words.all);
}

bool anon_is_id_name(const struct anon_finder *f, struct wp_slice name)
{
    struct words words;

    split(name, &words);
    if (texts_find(&f->names.no_ids, words.all) != TEXTS_NONE)
        return false;
    if (texts_find(&f->names.ids, words.all) != TEXTS_NONE)
        return true;
    if (is_one_of(words.first, other_words, sizeof other_words / sizeof other_words[0]))
        return false;
    return is_one_of(words.last, id_words, sizeof id_words / sizeof id_words[0]) ||
           is_one_of(words.all, id_words, sizeof id_words / sizeof id_words[0]);
}

bool anon_is_id_member(const struct anon_finder *f, struct wp_slice parent, struct wp_slice name)
{
    uint8_t memory[2 * NAME_MAX_BYTES];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct words words;

    if (!anon_is_id_name(f, name))
        return false;
    split(name, &words);
    if (words.first.n != words.all.n || parent.n == 0 || texts_find(&f->names.ids, words.all) != TEXTS_NONE)
        return true;
    if (parent.p[parent.n - 1] == 's') /* of a list of them */
        parent.n--;
    wp_put_slice(&w, parent);
    wp_put_char(&w, '.');
    wp_put_slice(&w, name);
    return w.full || anon_is_id_name(f, wp_written(&w));
}

/* ---- words ------------------------------------------------------------------------------------------ */

static size_t count_digits(struct wp_slice text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++)
        n += is_digit(text.p[i]);
    return n;
}

/* Seconds or milliseconds since 1970, in this century and before 2100. */
static bool is_moment(struct wp_slice word)
{
    if (word.n != 10 && word.n != 13)
        return false;
    return count_digits(word) == word.n && word.p[0] >= '1' && word.p[0] <= '3';
}

/* 20240115 and what may follow it: a date. */
static bool is_date(struct wp_slice word)
{
    if ((word.n != 8 && word.n != 14) || count_digits(word) != word.n)
        return false;
    return word.p[0] == '2' && word.p[1] == '0' && word.p[4] <= '1' && word.p[6] <= '3';
}

/* 0x02010100: a number of a protocol. */
static bool is_hex_number(struct wp_slice word)
{
    return word.n > 2 && word.p[0] == '0' && lower(word.p[1]) == 'x';
}

/* FE68070001012420689108...: bytes spelled out; ids in them are found as such. */
static bool is_dump(struct wp_slice word)
{
    size_t letters = 0;

    for (size_t i = 0; i < word.n; i++) {
        uint8_t c = lower(word.p[i]);

        if (!is_digit(c) && (c < 'a' || c > 'f'))
            return false;
        letters += !is_digit(c);
    }
    return word.n >= DUMP_MIN && word.n % 2 == 0 && letters > 0;
}

bool anon_is_id_word(struct wp_slice word)
{
    if (is_hex_number(word) || is_dump(word))
        return false;
    return word.n >= WORD_MIN && count_digits(word) >= WORD_DIGITS && !is_moment(word) && !is_date(word);
}

static bool is_mac(struct wp_slice text, size_t at)
{
    if (text.n - at < 17 || (at + 17 < text.n && is_word_char(text.p[at + 17])))
        return false;
    for (size_t i = 0; i < 17; i++) {
        uint8_t c = text.p[at + i];
        bool separates = i % 3 == 2;

        if (separates && !((c == ':' || c == '-') && c == text.p[at + 2]))
            return false;
        if (!separates && !(is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f')))
            return false;
    }
    return true;
}

void anon_find_in_text(struct wp_slice text, const struct anon_found *found)
{
    for (size_t i = 0; i < text.n;) {
        size_t n = 0;

        while (i + n < text.n && is_word_char(text.p[i + n]))
            n++;
        if (n == 2 && is_mac(text, i)) {
            n = 17;
            found->take(found->ctx, wp_slice(text.p + i, n), "word");
        } else if (n && anon_is_id_word(wp_slice(text.p + i, n))) {
            found->take(found->ctx, wp_slice(text.p + i, n), "word");
        }
        i += n ? n : 1;
    }
}

/* ---- topics ----------------------------------------------------------------------------------------- */

void anon_find_in_topic(const struct anon_finder *f, struct wp_slice topic, const struct anon_found *found)
{
    struct topic_levels levels = topic_levels(topic);
    struct wp_slice parameter = {NULL, 0}, level;

    if (f->contracts)
        contract_topic_parameter(f->contracts, topic, &parameter);
    while (topic_next_level(&levels, &level)) {
        bool looks = level.n >= LEVEL_MIN && count_digits(level) >= LEVEL_DIGITS;

        if (anon_is_id(level) && (looks || (parameter.n && level.p == parameter.p)))
            found->take(found->ctx, level, "level");
    }
}

/* ---- JSON ------------------------------------------------------------------------------------------- */

struct walk {
    const struct anon_finder *finder;
    const struct anon_found *found;
    const struct json_tape *tape;
};

static void take_named(const struct walk *w, struct wp_slice key, struct wp_slice text)
{
    char what[NAME_MAX_BYTES + 16];

    snprintf(what, sizeof what, "member %.*s", (int)(key.n < NAME_MAX_BYTES ? key.n : NAME_MAX_BYTES),
             (const char *)key.p);
    w->found->take(w->found->ctx, text, what);
}

/* Where a value stands: the key that it has, or is in an array of, and the object's own. */
struct at_key {
    struct wp_slice parent, key;
};

static bool is_named_id(const struct walk *w, const struct at_key *at)
{
    return at->key.n && anon_is_id_member(w->finder, at->parent, at->key);
}

static bool tells_of_bytes(struct wp_slice key)
{
    struct words words;

    split(key, &words);
    return is_one_of(words.all, byte_words, sizeof byte_words / sizeof byte_words[0]);
}

/* A short number is a count or a code, whatever its name. */
static void take_number(const struct walk *w, const struct at_key *at, uint32_t i)
{
    struct wp_slice text = json_text(w->tape, i);

    if (text.n >= NUMBER_MIN && count_digits(text) == text.n && is_named_id(w, at))
        take_named(w, at->key, text);
}

static void take_string(const struct walk *w, const struct at_key *at, uint32_t i)
{
    struct wp_slice text = json_text(w->tape, i);

    if (is_named_id(w, at))
        take_named(w, at->key, text);
    else if (!tells_of_bytes(at->key))
        anon_find_in_text(text, w->found);
}

/* Nested as deep as JSON may be: JSON_DEPTH. */
static void walk(const struct walk *w, uint32_t i, struct at_key at)
{
    switch (w->tape->at[i].kind) {
    case JSON_NUMBER: take_number(w, &at, i); break;
    case JSON_STRING: take_string(w, &at, i); break;
    case JSON_ARRAY:
        JSON_EACH(w->tape, k, i)
        walk(w, k, at);
        break;
    case JSON_OBJECT:
        JSON_EACH_KEY(w->tape, k, i)
        {
            anon_find_in_text(json_text(w->tape, k), w->found);
            walk(w, k + 1, (struct at_key){at.key, json_text(w->tape, k)});
        }
        break;
    default: break;
    }
}

bool anon_find_in_json(const struct anon_finder *f, struct wp_slice text, const struct anon_found *found)
{
    struct json_tape tape = {.cap = (uint32_t)json_tokens_max(text.n)};
    struct walk w = {f, found, &tape};
    bool is_json;

    if (text.n == 0 || text.n > UINT32_MAX / 2)
        return false;
    tape.at = malloc(tape.cap * sizeof tape.at[0]);
    if (!tape.at)
        abort();
    is_json = json_read(&tape, text, JSON_DEPTH, NULL) == JSON_FAULT_NONE;
    if (is_json)
        walk(&w, 0, (struct at_key){{NULL, 0}, {NULL, 0}});
    free(tape.at);
    return is_json;
}
