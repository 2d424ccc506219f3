/* The frames file of a playback device, read line by line. */
#include "harness/playback.h"

#include "harness/keys.h"
#include "harness/yaml.h"
#include "sim/catalog.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct reading {
    struct arena *arena;
    const char *file;
    unsigned line;
    struct wp_writer *why;
    const char *device; /* whose section is wanted */
    struct playback_plan *plan;
    bool is_in, was_in; /* the section at hand is the wanted one; it was there */
    bool has_question;  /* an `ask` waits for its outcome */
    void *frame, *state;
    struct playback_send *sends;
    struct playback_answer *answers;
    size_t cap_sends, cap_answers;
};

static bool fail(struct reading *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(struct reading *r, const char *format, ...)
{
    char text[600];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    wp_put_text(r->why, r->file);
    if (r->line)
        wp_put_text(r->why, arena_print(r->arena, ":%u", r->line));
    wp_put_text(r->why, ": ");
    wp_put_text(r->why, text);
    return false;
}

/* ---- words -------------------------------------------------------------------------------------------- */

/* "12.345678" in microseconds. */
static bool read_time(struct reading *r, const char *text, const char **ret_rest, wp_us *out)
{
    wp_us whole = 0, part = 0, unit = 1000000;
    const char *p = text;

    for (; isdigit((unsigned char)*p) && whole < INT64_C(1000000000); p++)
        whole = whole * 10 + (*p - '0');
    if (p == text)
        return fail(r, "expected a time in seconds, such as 0.012500, not '%.20s'", text);
    if (*p == '.')
        for (p++; isdigit((unsigned char)*p); p++) {
            unit /= 10;
            part += unit * (*p - '0');
        }
    if (*p && *p != ' ')
        return fail(r, "expected a time in seconds, such as 0.012500, not '%.20s'", text);
    *ret_rest = p + strspn(p, " ");
    *out = whole * 1000000 + part;
    return true;
}

static bool read_bytes(struct reading *r, const char *hex, struct wp_slice *out)
{
    size_t cap = strlen(hex) / 2 + 1, at = 0;
    uint8_t *bytes = arena_get(r->arena, cap);

    if (!wp_hex_read(wp_text(hex), bytes, cap, &at))
        return fail(r, "not a byte at character %zu of the digits", at);
    if (at == 0)
        return fail(r, "no bytes");
    *out = wp_slice(bytes, at);
    return true;
}

/* Whose frame is it, and what does it ask or answer? */
static bool read_turn(struct reading *r, struct wp_slice bytes, enum wp_side from, enum wp_turn_kind kind,
                      size_t *ret_codec, struct wp_turn *out)
{
    for (size_t i = 0; i < r->plan->n_codecs; i++) {
        const struct wp_codec *codec = r->plan->codec[i];
        struct wp_decode d;

        keys_begin_state(codec, r->state);
        d = codec->decode(r->state, from, bytes, r->frame);
        if (d.status != WP_OK || d.used != bytes.n || !codec->turn)
            continue;
        *out = codec->turn(r->frame);
        *ret_codec = i;
        if (out->kind == kind)
            return true;
    }
    return fail(
        r, kind == WP_TURN_ASKS ? "these bytes are no question of %s" : "these bytes are no answer of %s",
        r->plan->n_codecs ? r->plan->codec[0]->name : "any codec");
}

/* ---- lines -------------------------------------------------------------------------------------------- */

static bool same_family(const struct wp_codec *a, const struct wp_codec *b)
{
    return a == b || (a->family && b->family && strcmp(a->family, b->family) == 0);
}

static bool take_codec(struct reading *r, const char *name)
{
    const struct wp_codec *codec = wp_codec_find(name);
    size_t frame = 1, state = 1;

    if (!codec)
        return fail(r, "there is no codec '%s'", name);
    r->plan->n_codecs = 0;
    for (size_t i = 0; i < wp_n_codecs && r->plan->n_codecs < PLAYBACK_CODECS_MAX; i++) {
        if (!same_family(codec, wp_codecs[i]))
            continue;
        r->plan->codec[r->plan->n_codecs++] = wp_codecs[i];
        frame = wp_codecs[i]->frame_size > frame ? wp_codecs[i]->frame_size : frame;
        state = wp_codecs[i]->state_size > state ? wp_codecs[i]->state_size : state;
    }
    r->frame = arena_get(r->arena, frame);
    r->state = arena_get(r->arena, state);
    return true;
}

static void *grown(struct reading *r, void *old, size_t n, size_t *cap, size_t size)
{
    void *new;

    if (n < *cap)
        return old;
    *cap = *cap ? 2 * *cap : 64;
    new = arena_get(r->arena, *cap * size);
    if (n)
        memcpy(new, old, n * size);
    return new;
}

static bool take_send(struct reading *r, wp_us at, const char *hex)
{
    struct playback_send send = {.at = at};

    if (r->plan->n_sends > 0 && r->sends[r->plan->n_sends - 1].at > at)
        return fail(r, "sent before what stands above it");
    if (!read_bytes(r, hex, &send.bytes))
        return false;
    r->sends = grown(r, r->sends, r->plan->n_sends, &r->cap_sends, sizeof send);
    r->sends[r->plan->n_sends++] = send;
    return true;
}

static bool take_ask(struct reading *r, wp_us at, const char *hex)
{
    struct playback_answer a = {.at = at};
    struct wp_slice bytes;

    if (r->plan->n_codecs == 0)
        return fail(r, "a line `codec NAME` must come first");
    if (!read_bytes(r, hex, &bytes) ||
        !read_turn(r, bytes, playback_asker(r->plan), WP_TURN_ASKS, &a.codec, &a.question))
        return false;
    a.question = playback_key(r->plan->codec[a.codec], &a.question);
    r->answers = grown(r, r->answers, r->plan->n_answers, &r->cap_answers, sizeof a);
    r->answers[r->plan->n_answers++] = a;
    r->has_question = true;
    return true;
}

static bool take_answer(struct reading *r, wp_us delay, const char *hex)
{
    struct playback_answer *a;

    if (!r->has_question)
        return fail(r, "an answer stands behind its `ask`");
    r->has_question = false;
    a = &r->answers[r->plan->n_answers - 1];
    a->delay = delay;
    return read_bytes(r, hex, &a->bytes) &&
           read_turn(r, a->bytes, playback_asker(r->plan) == WP_SIDE_SERVER ? WP_SIDE_CLIENT : WP_SIDE_SERVER,
                     WP_TURN_ANSWERS, &a->answer_codec, &a->answer);
}

static bool take_silence(struct reading *r)
{
    if (!r->has_question)
        return fail(r, "`silence` stands behind its `ask`");
    r->has_question = false;
    return true;
}

static bool take_timed(struct reading *r, const char *word, wp_us at, const char *rest)
{
    if (strcmp(word, "answer") == 0)
        return take_answer(r, at, rest);
    if (r->has_question)
        return fail(r, "the `ask` before has no outcome: `answer` or `silence`");
    if (strcmp(word, "send") == 0)
        return take_send(r, at, rest);
    if (strcmp(word, "ask") == 0)
        return take_ask(r, at, rest);
    if (strcmp(word, "open") == 0)
        r->plan->open = at;
    else
        r->plan->close = at;
    r->plan->reset = strcmp(word, "reset") == 0;
    return true;
}

static bool take_device(struct reading *r, const char *name)
{
    if (r->is_in && r->has_question)
        return fail(r, "the `ask` before has no outcome: `answer` or `silence`");
    r->is_in = strcmp(name, r->device) == 0;
    if (r->is_in && r->was_in)
        return fail(r, "a second section of device '%s'", name);
    r->was_in = r->was_in || r->is_in;
    return true;
}

static bool is_timed(const char *word)
{
    static const char *const words[] = {"open", "send", "ask", "answer", "close", "reset"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

static bool take_line(struct reading *r, char *line)
{
    char *rest = line + strcspn(line, " ");
    const char *behind = NULL;
    wp_us at = 0;

    if (*line == 0 || *line == '#')
        return true;
    if (*rest)
        *rest++ = 0;
    rest += strspn(rest, " ");
    if (strcmp(line, "device") == 0)
        return take_device(r, rest);
    if (!r->is_in)
        return true;
    if (strcmp(line, "codec") == 0)
        return take_codec(r, rest);
    if (strcmp(line, "silence") == 0)
        return take_silence(r);
    if (strcmp(line, "datagrams") == 0)
        return r->plan->datagrams = true;
    if (strcmp(line, "listens") == 0)
        return r->plan->listens = true;
    if (!is_timed(line))
        return fail(
            r,
            "unknown word '%.40s'; one of: device codec datagrams listens open send ask answer silence close "
            "reset",
            line);
    return read_time(r, rest, &behind, &at) && take_timed(r, line, at, behind);
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

static int by_question(const void *x, const void *y)
{
    const struct playback_answer *a = x, *b = y;

    if (a->codec != b->codec)
        return a->codec < b->codec ? -1 : 1;
    if (a->question.who != b->question.who)
        return a->question.who < b->question.who ? -1 : 1;
    if (a->question.what != b->question.what)
        return a->question.what < b->question.what ? -1 : 1;
    return a->at < b->at ? -1 : a->at > b->at;
}

static bool read_head(struct reading *r, const char *text)
{
    int version, n = 0;

    r->line = 1;
    if (sscanf(text, "# wattproof playback %d%n", &version, &n) != 1)
        return fail(r, "the first line is '# wattproof playback %d'", PLAYBACK_VERSION);
    if (version != PLAYBACK_VERSION)
        return fail(r, "written with version %d, and this program has %d; import the capture anew", version,
                    PLAYBACK_VERSION);
    return true;
}

static bool finish(struct reading *r)
{
    r->line = 0;
    if (!r->was_in)
        return fail(r, "it has no section 'device %s'", r->device);
    if (r->has_question)
        return fail(r, "the last `ask` has no outcome: `answer` or `silence`");
    if (r->plan->n_answers)
        qsort(r->answers, r->plan->n_answers, sizeof r->answers[0], by_question);
    r->plan->sends = r->sends;
    r->plan->answers = r->answers;
    return true;
}

bool playback_read_text(struct arena *a, const char *file, struct wp_slice text, const char *device,
                        struct playback_plan *out, struct wp_writer *why)
{
    struct reading r = {.arena = a, .file = file, .why = why, .device = device, .plan = out};
    char *copy = arena_text(a, text), *line = copy;

    *out = (struct playback_plan){.close = WP_NEVER};
    if (!read_head(&r, copy))
        return false;
    while (line) {
        char *end = strchr(line, '\n');
        size_t n = end ? (size_t)(end - line) : strlen(line);

        while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\r'))
            n--;
        line[n] = 0;
        if (!take_line(&r, line))
            return false;
        line = end ? end + 1 : NULL;
        r.line++;
    }
    return finish(&r);
}

bool playback_read(struct arena *a, const char *file, const char *device, struct playback_plan *out,
                   struct wp_writer *why)
{
    struct wp_slice text = file_read(a, file, why);

    return text.p && playback_read_text(a, file, text, device, out, why);
}
