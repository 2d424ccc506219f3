/* One record of a transcript as the page shows it: long texts cut, a frame with its fields and where they stand. */
#include "harness/report_html_impl.h"

#include "harness/keys.h"
#include "sim/catalog.h"
#include "sim/core/json_in.h"
#include "sim/core/json_out.h"

#include <stdlib.h>

enum {
    TOKENS_MAX = 65536,
    VALUE_MAX = 64 * 1024, /* of a member that is no text: a reading with thousands of points is left out */
    STATES = 64,
};

/* What a codec remembers of one connection. */
struct codec_state {
    const struct wp_codec *codec;
    uint64_t parties;
    void *memory;
};

struct record_printer {
    struct json_token *tokens;
    struct json_tape tape; /* the record at hand */
    void *frame;
    uint8_t *room; /* for a text without its escapes, or the bytes of a frame */
    size_t room_n;
    struct codec_state states[STATES];
    size_t n_states;
};

static void *get(size_t n)
{
    void *p = calloc(1, n);

    if (!p)
        abort();
    return p;
}

struct record_printer *record_printer_new(void)
{
    struct record_printer *r = get(sizeof *r);
    size_t frame = 1;

    for (size_t i = 0; i < wp_n_codecs; i++)
        frame = wp_codecs[i]->frame_size > frame ? wp_codecs[i]->frame_size : frame;
    r->frame = get(frame);
    r->tokens = get(TOKENS_MAX * sizeof *r->tokens);
    return r;
}

void record_printer_forget(struct record_printer *r)
{
    for (size_t i = 0; i < r->n_states; i++)
        free(r->states[i].memory);
    r->n_states = 0;
}

void record_printer_free(struct record_printer *r)
{
    record_printer_forget(r);
    free(r->room);
    free(r->frame);
    free(r->tokens);
    free(r);
}

static uint8_t *room(struct record_printer *r, size_t n)
{
    if (r->room_n < n) {
        free(r->room);
        r->room = get(n);
        r->room_n = n;
    }
    return r->room;
}

static struct wp_slice member(const struct record_printer *r, const char *key)
{
    uint32_t at = json_member(&r->tape, 0, wp_text(key));

    return at > 0 && r->tape.at[at].kind == JSON_STRING ? json_text(&r->tape, at)
                                                        : (struct wp_slice){NULL, 0};
}

/* ---- frames ----------------------------------------------------------------------------------------- */

static const char *role_text(enum wp_role role)
{
    static const char *const text[] = {"field", "length", "checksum", "id",
                                       "key",   "value",  "secret",   "cipher"};

    return text[role];
}

/* [path, value, unit, first byte, bytes, role] */
static void put_field(void *ctx, const struct wp_field *field)
{
    struct json_out *j = ctx;
    char text[2048];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_value(&w, field->value);
    json_open_array(j);
    json_put_text(j, wp_text(field->path));
    json_put_text(j, wp_written(&w));
    json_put_text(j, wp_text(field->unit));
    json_put_int(j, (int64_t)field->first);
    json_put_int(j, (int64_t)field->len);
    json_put_text(j, wp_text(role_text(field->role)));
    json_close_array(j);
}

static const struct wp_codec *codec_named(struct wp_slice name)
{
    for (size_t i = 0; i < wp_n_codecs; i++)
        if (wp_slice_is(name, wp_codecs[i]->name))
            return wp_codecs[i];
    return NULL;
}

/* The same for both directions. */
static void *state_of(struct record_printer *r, const struct wp_codec *codec)
{
    uint64_t parties = wp_slice_hash(member(r, "machine")) ^ wp_slice_hash(member(r, "peer"));
    struct codec_state *s = r->states;

    while (s < r->states + r->n_states && (s->codec != codec || s->parties != parties))
        s++;
    if (s == r->states + STATES) { /* many connections: who is asked for again begins anew */
        record_printer_forget(r);
        s = r->states;
    }
    if (s == r->states + r->n_states) {
        *s = (struct codec_state){codec, parties, get(codec->state_size + 1)};
        keys_begin_state(codec, s->memory);
        r->n_states++;
    }
    return s->memory;
}

/* The bytes are decoded again, by the codec that did it in the run: a transcript that named every field and its place
 * would be several times as large. */
static void put_fields(struct record_printer *r, struct json_out *j)
{
    struct wp_slice hex = member(r, "wire");
    const struct wp_codec *codec = codec_named(member(r, "codec"));
    uint8_t *wire = codec && hex.n > 0 ? room(r, hex.n / 2) : NULL;
    size_t n;

    if (!wire || !wp_hex_read(hex, wire, r->room_n, &n) ||
        codec->decode(state_of(r, codec), WP_SIDE_UNKNOWN, wp_slice(wire, n), r->frame).status != WP_OK)
        return;
    json_key(j, "fields");
    json_open_array(j);
    codec->fields(r->frame, put_field, j);
    json_close_array(j);
}

/* ---- one record ------------------------------------------------------------------------------------- */

static void put_count(struct json_out *j, struct wp_slice key, size_t n)
{
    char name[80];
    struct wp_writer w = wp_writer(name, sizeof name);

    wp_put_slice(&w, wp_slice(key.p, key.n > 60 ? 60 : key.n));
    wp_put_text(&w, "_bytes");
    json_key_slice(j, wp_written(&w));
    json_put_int(j, (int64_t)n);
}

/* A long text: its beginning, and how long it was. */
static void put_text(struct record_printer *r, struct json_out *j, uint32_t key, size_t limit)
{
    size_t cap = r->tape.at[key + 1].n, n = 0, len;
    struct wp_writer w = wp_writer(room(r, cap), cap);

    json_put_string(&r->tape, key + 1, &w);
    while (n < w.n && (len = wp_utf8_len(w.p + n, w.n - n)) > 0 && n + len <= limit)
        n += len;
    json_put_text(j, wp_slice(w.p, n));
    if (n < w.n)
        put_count(j, json_text(&r->tape, key), w.n);
}

static bool is_hex_member(struct wp_slice key)
{
    return wp_slice_is(key, "bytes") || wp_slice_is(key, "wire") || wp_slice_is(key, "payload_hex");
}

static void put_member(struct record_printer *r, struct json_out *j, uint32_t key, size_t text_bytes)
{
    struct wp_slice name = json_text(&r->tape, key);
    const struct json_token *value = &r->tape.at[key + 1];
    size_t limit = is_hex_member(name) ? 2 * text_bytes : text_bytes;

    if (value->kind != JSON_STRING && value->n > VALUE_MAX) {
        put_count(j, name, value->n);
        return;
    }
    json_key_slice(j, name);
    if (value->kind == JSON_STRING && value->n > limit)
        put_text(r, j, key, limit);
    else
        json_put_token(j, &r->tape, key + 1);
}

bool record_print(struct record_printer *r, struct wp_slice line, size_t text_bytes, struct wp_writer *w)
{
    struct json_out j = json_out(w);

    r->tape = (struct json_tape){.at = r->tokens, .cap = TOKENS_MAX};
    if (json_read(&r->tape, line, JSON_DEPTH, NULL) != JSON_FAULT_NONE || r->tape.at[0].kind != JSON_OBJECT)
        return false;
    json_open_object(&j);
    JSON_EACH_KEY(&r->tape, key, 0) put_member(r, &j, key, text_bytes);
    if (wp_slice_is(member(r, "record"), "frame"))
        put_fields(r, &j);
    json_close_object(&j);
    return !w->full;
}
