#include "harness/vectors.h"

#include "harness/frames.h"
#include "sim/catalog.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { VECTOR_LINE_MAX = 16384, INPUT_MAX = 4200, TEXT_MAX = 2 * INPUT_MAX };

struct reading {
    const char *file;
    unsigned line;
    struct wp_writer *why;
    const struct wp_codec *codec;
    enum wp_side from;
    uint8_t input[INPUT_MAX];
    size_t n_input;
    unsigned n_parts; /* in the input */
    unsigned at_part; /* expected so far */
    struct vectors_result result;
};

static bool __attribute__((format(printf, 2, 3))) fail(struct reading *r, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    wp_put_text(r->why, r->file);
    if (r->line) {
        wp_put_char(r->why, ':');
        wp_put_uint(r->why, r->line);
    }
    wp_put_text(r->why, ": ");
    wp_put_text(r->why, text);
    return false;
}

static struct wp_slice input(const struct reading *r)
{
    return wp_slice(r->input, r->n_input);
}

/* ---- one part of the input ------------------------------------------------------------------------------ */

/* What an expectation line says, and what was found. */
struct claim {
    struct reading *r;
    const char *word, *rest; /* "frame", "address=... control=91" */
    unsigned skip;           /* parts before it */
    bool ok;
};

/* One field's printed value; the elements of an array joined by commas. */
struct found {
    struct wp_slice name;
    struct wp_writer text;
    bool is_there, is_hex;
};

static void find_field(void *ctx, const struct wp_field *field)
{
    struct found *f = ctx;
    struct wp_slice path = wp_text(field->path);

    if (path.n > 2 && memcmp(path.p + path.n - 2, "[]", 2) == 0)
        path.n -= 2;
    if (!wp_slice_eq(path, f->name))
        return;
    if (f->is_there)
        wp_put_char(&f->text, ',');
    wp_put_value(&f->text, field->value);
    f->is_there = true;
    f->is_hex = field->value.kind == WP_BYTES;
}

/* Alike but for blanks and letter case. */
static bool same_hex(struct wp_slice a, struct wp_slice b)
{
    size_t i = 0, k = 0;

    for (;;) {
        while (i < a.n && a.p[i] == ' ')
            i++;
        while (k < b.n && b.p[k] == ' ')
            k++;
        if (i == a.n || k == b.n)
            return i == a.n && k == b.n;
        if (toupper(a.p[i++]) != toupper(b.p[k++]))
            return false;
    }
}

static bool check_field(struct reading *r, const void *frame, struct wp_slice name, struct wp_slice value)
{
    char memory[TEXT_MAX];
    struct found f = {.name = name, .text = wp_writer(memory, sizeof memory)};
    struct wp_slice text;

    r->codec->fields(frame, find_field, &f);
    if (!f.is_there)
        return fail(r, "the frame has no field '%.*s'", WP_FMT(name));
    text = wp_written(&f.text);
    if (f.is_hex ? !same_hex(text, value) : !wp_slice_eq(text, value))
        return fail(r, "%.*s is %.*s, not %.*s", WP_FMT(name), WP_FMT(text), WP_FMT(value));
    return true;
}

/* Offset of the next "name=" behind a blank, or the end. */
static size_t next_name(struct wp_slice s, size_t at)
{
    for (size_t i = at; i < s.n; i++) {
        size_t k = i + 1;

        if (s.p[i] != ' ')
            continue;
        while (k < s.n && s.p[k] != ' ' && s.p[k] != '=')
            k++;
        if (k < s.n && s.p[k] == '=')
            return i;
    }
    return s.n;
}

/* "address=1 data=00 11 control=91": a value goes on until the next name. */
static bool check_frame(struct reading *r, const void *frame, const char *rest)
{
    struct wp_slice s = wp_text(rest);

    while (s.n > 0) {
        size_t end = next_name(s, 0);
        const uint8_t *equals = memchr(s.p, '=', end);
        size_t n_name;

        if (!equals)
            return fail(r, "'%.*s' is not name=value", (int)end, (const char *)s.p);
        n_name = (size_t)(equals - s.p);
        if (!check_field(r, frame, wp_slice(s.p, n_name), wp_slice(equals + 1, end - n_name - 1)))
            return false;
        s = wp_slice_from(s, end + 1);
    }
    return true;
}

static const char *part_word(const struct frames_part *part)
{
    if (part->kind == FRAMES_FRAME)
        return "frame";
    if (part->why.status == WP_MORE)
        return "unfinished";
    return part->likeness == FRAMES_GARBAGE ? "skipped" : "bad";
}

static bool check_part(const struct claim *c, const struct frames_part *part)
{
    char is[64];

    if (strcmp(c->word, part_word(part)) != 0)
        return fail(c->r, "at byte %zu of the input stands: %s", part->at, part_word(part));
    if (part->kind == FRAMES_FRAME)
        return check_frame(c->r, part->frame, c->rest);
    if (part->why.status == WP_MORE)
        snprintf(is, sizeof is, "%zu", part->why.need);
    else if (part->likeness == FRAMES_GARBAGE)
        snprintf(is, sizeof is, "%zu", part->n);
    else
        snprintf(is, sizeof is, "%s", frames_gap_text(part));
    if (strcmp(is, c->rest) != 0)
        return fail(c->r, "it is: %s %s", c->word, is);
    return true;
}

static void claim_part(void *ctx, const struct frames_part *part)
{
    struct claim *c = ctx;

    if (c->skip-- == 0)
        c->ok = check_part(c, part);
}

static bool read_claim(struct reading *r, const char *word, const char *rest)
{
    struct claim c = {.r = r, .word = word, .rest = rest, .skip = r->at_part};

    if (r->n_input == 0)
        return fail(r, "'%s' comes before any input", word);
    if (r->at_part == r->n_parts)
        return fail(r, "the input has no further part (it has %u)", r->n_parts);
    frames_walk(r->codec, r->from, input(r), claim_part, &c);
    r->at_part++;
    r->result.frames += c.ok && strcmp(word, "frame") == 0;
    return c.ok;
}

/* ---- lines ------------------------------------------------------------------------------------------------ */

static bool is_finished(struct reading *r)
{
    if (r->at_part == r->n_parts)
        return true;
    return fail(r, "the input before has %u parts, only %u are named", r->n_parts, r->at_part);
}

static void count_part(void *ctx, const struct frames_part *part)
{
    unsigned *n = ctx;

    (void)part;
    ++*n;
}

static bool read_input(struct reading *r, enum wp_side from, const char *hex)
{
    size_t at;

    if (!r->codec)
        return fail(r, "a line 'codec NAME' must come first");
    if (!is_finished(r))
        return false;
    if (!wp_hex_read(wp_text(hex), r->input, sizeof r->input, &at))
        return fail(r, "not a byte at character %zu of the digits", at);
    if (at == 0)
        return fail(r, "an input without bytes");
    r->n_input = at;
    r->from = from;
    r->at_part = r->n_parts = 0;
    r->result.inputs++;
    frames_walk(r->codec, from, input(r), count_part, &r->n_parts);
    return true;
}

static bool read_codec(struct reading *r, const char *name)
{
    if (!is_finished(r))
        return false;
    r->codec = wp_codec_find(name);
    r->n_input = r->at_part = r->n_parts = 0;
    return r->codec || fail(r, "there is no codec '%s'", name);
}

static bool read_line(struct reading *r, char *line)
{
    char *rest = line + strcspn(line, " ");

    if (*line == 0 || *line == '#')
        return true;
    if (*rest)
        *rest++ = 0;
    rest += strspn(rest, " ");
    if (strcmp(line, "codec") == 0)
        return read_codec(r, rest);
    if (strcmp(line, "from-device") == 0 || strcmp(line, "from-client") == 0)
        return read_input(r, WP_SIDE_CLIENT, rest);
    if (strcmp(line, "from-gateway") == 0 || strcmp(line, "from-server") == 0)
        return read_input(r, WP_SIDE_SERVER, rest);
    if (strcmp(line, "frame") == 0 || strcmp(line, "skipped") == 0 || strcmp(line, "bad") == 0 ||
        strcmp(line, "unfinished") == 0)
        return read_claim(r, line, rest);
    return fail(r,
                "unknown word '%s'; one of: codec from-device from-gateway from-client from-server frame "
                "skipped bad unfinished",
                line);
}

static bool read_lines(struct reading *r, FILE *in)
{
    char line[VECTOR_LINE_MAX];

    while (fgets(line, sizeof line, in)) {
        size_t n = strcspn(line, "\r\n");

        r->line++;
        if (n == sizeof line - 1)
            return fail(r, "a line of more than %d characters", VECTOR_LINE_MAX - 2);
        while (n > 0 && line[n - 1] == ' ')
            n--;
        line[n] = 0;
        if (!read_line(r, line))
            return false;
    }
    return is_finished(r);
}

bool vectors_check(const char *file, struct vectors_result *out, struct wp_writer *why)
{
    struct reading *r = calloc(1, sizeof *r);
    FILE *in = fopen(file, "r");
    bool ok;

    if (!r)
        abort();
    r->file = file;
    r->why = why;
    ok = in ? read_lines(r, in) : fail(r, "%s", strerror(errno));
    if (ok)
        *out = r->result;
    if (in)
        fclose(in);
    free(r);
    return ok;
}
