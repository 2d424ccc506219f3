/* A user's profiles, read from text. One directive a line, so a line counts for at most one profile, scale, table or
 * element: what is to be read is counted first, then put side by side into memory of that size. */
#include "sim/codec/cosem_profile.h"

#include "sim/codec/cosem_unit_code.h"

#include <stddef.h>

enum { WORDS_MAX = 4 };

/* One line as words, its comment left out. */
struct line {
    struct wp_slice words[WORDS_MAX];
    size_t n;
    bool has_more; /* words than these */
};

#define DIRECTIVES(X)                                                                                        \
    X(PROFILE, "profile")                                                                                    \
    X(SCALE, "scale")                                                                                        \
    X(ALLOW, "allow")                                                                                        \
    X(TABLE, "table")                                                                                        \
    X(BUFFER, "buffer")                                                                                      \
    X(PUSH, "push")

enum directive {
    ELEMENT, /* anything else: a line of a table */
#define X(name, text) name,
    DIRECTIVES(X)
#undef X
        N_DIRECTIVES
};

/* Where things stand in the memory. */
struct room {
    struct cosem_profile *profiles;
    struct cosem_scaling *scalings;
    struct cosem_table *tables;
    struct cosem_element *elements;
};

struct reading {
    struct wp_slice text; /* what is left of it */
    const char *file;
    unsigned line;
    struct room room;
    size_t n_profiles, n_scalings, n_tables, n_elements;
    struct cosem_profile *profile; /* that is being read; NULL: none yet */
    struct cosem_table *table;     /* NULL: none in this profile yet */
    struct wp_writer *error;
};

/* ---- lines and words --------------------------------------------------------------------------------------- */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct wp_slice take_line(struct wp_slice *text)
{
    const uint8_t *end = text->n ? (const uint8_t *)memchr(text->p, '\n', text->n) : NULL;
    size_t n = end ? (size_t)(end - text->p) : text->n;
    struct wp_slice line = wp_slice(text->p, n);

    *text = wp_slice_from(*text, n + (end != NULL));
    return line;
}

static struct line split(struct wp_slice text)
{
    struct line line = {.n = 0};
    size_t at = 0;

    while (at < text.n && text.p[at] != '#') {
        size_t from = at;

        while (at < text.n && !is_blank(text.p[at]) && text.p[at] != '#')
            at++;
        if (at > from && line.n < WORDS_MAX)
            line.words[line.n++] = wp_slice(text.p + from, at - from);
        else if (at > from)
            line.has_more = true;
        while (at < text.n && is_blank(text.p[at]))
            at++;
    }
    return line;
}

static enum directive directive_of(const struct line *line)
{
    static const char *const texts[] = {"",
#define X(name, text) text,
                                        DIRECTIVES(X)
#undef X
    };

    for (int d = PROFILE; d < N_DIRECTIVES; d++)
        if (wp_slice_is(line->words[0], texts[d]))
            return (enum directive)d;
    return ELEMENT;
}

/* ---- errors -------------------------------------------------------------------------------------------------- */

static void begin_error(struct reading *r)
{
    wp_put_text(r->error, r->file);
    wp_put_char(r->error, ':');
    wp_put_uint(r->error, r->line);
    wp_put_text(r->error, ": ");
}

static bool fails(struct reading *r, const char *sentence)
{
    begin_error(r);
    wp_put_text(r->error, sentence);
    return false;
}

/* `before` "word" `after` */
static bool fails_at(struct reading *r, const char *before, struct wp_slice word, const char *after)
{
    begin_error(r);
    wp_put_text(r->error, before);
    wp_put_text(r->error, " \"");
    wp_put_slice(r->error, word);
    wp_put_text(r->error, "\"");
    wp_put_text(r->error, after);
    return false;
}

/* ---- parts of lines ------------------------------------------------------------------------------------------- */

static bool read_name(struct reading *r, struct wp_slice word, char *out)
{
    if (word.n >= COSEM_PROFILE_NAME_MAX)
        return fails_at(r, "a name has at most 31 characters:", word, "");
    memcpy(out, word.p, word.n);
    out[word.n] = 0;
    return true;
}

static bool read_scaler(struct reading *r, struct wp_slice word, int8_t *out)
{
    struct wp_value number;
    int64_t scaler;

    if (!wp_number_read(word, &number) || !wp_decimal_at(number, 0, &scaler) || scaler < -COSEM_SCALER_MAX ||
        scaler > COSEM_SCALER_MAX)
        return fails_at(r, "a scaler is a power of ten, -12 to 12, not", word, "");
    *out = (int8_t)scaler;
    return true;
}

static bool read_unit(struct reading *r, struct wp_slice word, uint8_t *out)
{
    if (!cosem_unit_find(word, out))
        return fails_at(r, "unknown unit", word,
                        "; as DLMS has them: W, Wh, var, varh, VA, VAh, V, A, Hz ..");
    return true;
}

static bool read_ln(struct reading *r, struct wp_slice word, struct obis *out)
{
    if (!obis_read(word, out))
        return fails_at(r, "no OBIS code:", word, "; write 1-0:1.8.0.255");
    return true;
}

static enum cosem_quantity read_quantity(struct wp_slice word)
{
    static const char *const texts[] = {
#define X(name, text, unit) text,
        COSEM_QUANTITIES(X)
#undef X
    };

    for (int q = COSEM_NO_QUANTITY + 1; q < COSEM_N_QUANTITIES; q++)
        if (wp_slice_is(word, texts[q]))
            return (enum cosem_quantity)q;
    return COSEM_NO_QUANTITY;
}

/* ---- directives ------------------------------------------------------------------------------------------------ */

/* profile NAME [like NAME] */
static bool read_profile(struct reading *r, const struct line *line)
{
    struct cosem_profile *profile = &r->room.profiles[r->n_profiles];
    struct cosem_profiles before = {r->room.profiles, r->n_profiles};

    if (line->n != 2 && !(line->n == 4 && wp_slice_is(line->words[2], "like")))
        return fails(r, "write: profile NAME, or: profile NAME like NAME");
    *profile = (struct cosem_profile){.scalings = &r->room.scalings[r->n_scalings],
                                      .tables = &r->room.tables[r->n_tables]};
    if (cosem_profile_find(&before, line->words[1]))
        return fails_at(r, "there is a profile", line->words[1], " already: choose another name");
    if (!read_name(r, line->words[1], profile->name))
        return false;
    if (line->n == 4) {
        profile->like = cosem_profile_find(&before, line->words[3]);
        if (!profile->like)
            return fails_at(r, "no profile", line->words[3], " is known, or stands above");
    }
    r->profile = profile;
    r->table = NULL;
    r->n_profiles++;
    return true;
}

static void scale_quantity(struct cosem_profile *profile, enum cosem_quantity q, int8_t scaler)
{
    profile->has_scale = true;
    profile->scale[q].is_set = true;
    profile->scale[q].scaler = scaler;
}

/* "energy" stands for reactive and apparent energy too, "power" likewise, unless they are said themselves. */
static void scale_family(struct cosem_profile *profile, enum cosem_quantity q, int8_t scaler)
{
    enum cosem_quantity others[2] = {q, q};

    if (q == COSEM_ENERGY) {
        others[0] = COSEM_REACTIVE_ENERGY;
        others[1] = COSEM_APPARENT_ENERGY;
    } else if (q == COSEM_POWER) {
        others[0] = COSEM_REACTIVE;
        others[1] = COSEM_APPARENT;
    }
    for (int i = 0; i < 2; i++)
        if (!profile->scale[others[i]].is_set)
            scale_quantity(profile, others[i], scaler);
    scale_quantity(profile, q, scaler);
}

/* scale OBIS SCALER [UNIT] */
static bool read_scaling(struct reading *r, const struct line *line)
{
    struct cosem_scaling *scaling = &r->room.scalings[r->n_scalings];

    *scaling = (struct cosem_scaling){.unit = 0};
    if (!obis_read(line->words[1], &scaling->ln))
        return fails_at(
            r, "neither a quantity nor an OBIS code:", line->words[1],
            "; quantities: power reactive-power apparent-power current voltage power-factor frequency "
            "energy reactive-energy apparent-energy");
    if (!read_scaler(r, line->words[2], &scaling->scaler) ||
        (line->n == 4 && !read_unit(r, line->words[3], &scaling->unit)))
        return false;
    r->n_scalings++;
    r->profile->n_scalings++;
    return true;
}

/* scale QUANTITY SCALER | scale voltage auto | scale OBIS SCALER [UNIT] */
static bool read_scale(struct reading *r, const struct line *line)
{
    enum cosem_quantity q;
    int8_t scaler;

    if (line->n < 3)
        return fails(r, "write: scale QUANTITY SCALER, or: scale OBIS SCALER UNIT");
    q = read_quantity(line->words[1]);
    if (q == COSEM_NO_QUANTITY)
        return read_scaling(r, line);
    if (line->n > 3)
        return fails_at(r, "the unit of a quantity is DLMS's own; take away", line->words[3], "");
    if (q == COSEM_VOLTAGE && wp_slice_is(line->words[2], "auto")) {
        r->profile->voltage_auto = true;
        return true;
    }
    if (!read_scaler(r, line->words[2], &scaler))
        return false;
    scale_family(r->profile, q, scaler);
    return true;
}

static bool read_allow(struct reading *r, const struct line *line)
{
    if (line->n < 2)
        return fails(r, "write: allow untagged, or: allow swapped");
    for (size_t i = 1; i < line->n; i++) {
        if (wp_slice_is(line->words[i], "untagged"))
            r->profile->allow_untagged = true;
        else if (wp_slice_is(line->words[i], "swapped"))
            r->profile->allow_swapped = true;
        else
            return fails_at(r, "nothing called", line->words[i], " can be allowed; untagged and swapped can");
    }
    return true;
}

/* table NAME | buffer OBIS | push OBIS */
static bool read_table(struct reading *r, const struct line *line, enum directive directive)
{
    struct cosem_table *table = &r->room.tables[r->n_tables];

    *table = (struct cosem_table){.elements = &r->room.elements[r->n_elements]};
    if (line->n != 2)
        return fails(r, directive == TABLE ? "write: table NAME" : "write: buffer OBIS, or: push OBIS");
    if (!read_name(r, line->words[1], table->name) ||
        (directive != TABLE && !read_ln(r, line->words[1], &table->ln)))
        return false;
    table->kind = directive == TABLE    ? COSEM_TABLE_LIST
                  : directive == BUFFER ? COSEM_TABLE_BUFFER
                                        : COSEM_TABLE_PUSH;
    r->table = table;
    r->n_tables++;
    r->profile->n_tables++;
    return true;
}

/* TYPE or text=PREFIX */
static bool read_type(struct reading *r, struct wp_slice word, struct cosem_element *element)
{
    static const char *const texts[] = {
#define X(name, text, tags) text,
        COSEM_ELEMENT_TYPES(X)
#undef X
    };

    if (word.n > 5 && memcmp(word.p, "text=", 5) == 0) {
        if (word.n - 5 > COSEM_PREFIX_MAX)
            return fails_at(r, "at most 8 characters of a text are compared:", word, "");
        memcpy(element->prefix, word.p + 5, word.n - 5);
        element->type = COSEM_TYPE_TEXT;
        return true;
    }
    for (uint8_t type = 0; type < COSEM_N_TYPES; type++)
        if (wp_slice_is(word, texts[type])) {
            element->type = type;
            return true;
        }
    return fails_at(r, "neither a directive nor a type:", word,
                    "; types: text clock u8 u16 u32 u64 counter number enum flag bits array any");
}

/* TYPE - | TYPE OBIS [SCALER [UNIT]] */
static bool read_element(struct reading *r, const struct line *line)
{
    struct cosem_element *element = &r->room.elements[r->n_elements];

    *element = (struct cosem_element){.is_mapped = false};
    if (!read_type(r, line->words[0], element))
        return false;
    if (!r->table)
        return fails(r, "an element outside a table: write `table NAME` above");
    if (line->n < 2)
        return fails(r, "write: TYPE OBIS, or: TYPE - for what nobody wants");
    if (!(line->n == 2 && wp_slice_is(line->words[1], "-"))) {
        element->is_mapped = true;
        element->has_scale = line->n > 2;
        if (!read_ln(r, line->words[1], &element->ln) ||
            (line->n > 2 && !read_scaler(r, line->words[2], &element->scaler)) ||
            (line->n > 3 && !read_unit(r, line->words[3], &element->unit)))
            return false;
    }
    r->n_elements++;
    r->table->n++;
    return true;
}

static bool read_directive(struct reading *r, const struct line *line)
{
    enum directive directive = directive_of(line);

    if (line->has_more)
        return fails(r, "more words than any line has");
    if (directive == PROFILE)
        return read_profile(r, line);
    if (!r->profile)
        return fails(r, "the first line must be: profile NAME");
    switch (directive) {
    case SCALE: return read_scale(r, line);
    case ALLOW: return read_allow(r, line);
    case TABLE:
    case BUFFER:
    case PUSH: return read_table(r, line, directive);
    default: return read_element(r, line);
    }
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static void count_lines(struct wp_slice text, size_t counts[N_DIRECTIVES])
{
    while (text.n > 0) {
        struct line line = split(take_line(&text));

        if (line.n > 0)
            counts[directive_of(&line)]++;
    }
}

/* Octets of each part, every one a multiple of the strictest alignment among them. */
struct parts {
    size_t profiles, scalings, tables, elements;
};

static size_t aligned(size_t n)
{
    size_t unit = sizeof(max_align_t);

    return (n + unit - 1) / unit * unit;
}

static struct parts measure(struct wp_slice text)
{
    size_t n[N_DIRECTIVES] = {0};

    count_lines(text, n);
    return (struct parts){aligned(n[PROFILE] * sizeof(struct cosem_profile)),
                          aligned(n[SCALE] * sizeof(struct cosem_scaling)),
                          aligned((n[TABLE] + n[BUFFER] + n[PUSH]) * sizeof(struct cosem_table)),
                          aligned(n[ELEMENT] * sizeof(struct cosem_element))};
}

size_t cosem_profile_size(struct wp_slice text)
{
    struct parts parts = measure(text);

    return parts.profiles + parts.scalings + parts.tables + parts.elements;
}

static struct room lay_out(void *memory, struct parts parts)
{
    uint8_t *at = (uint8_t *)memory;
    struct room room;

    room.profiles = (struct cosem_profile *)(void *)at;
    at += parts.profiles;
    room.scalings = (struct cosem_scaling *)(void *)at;
    at += parts.scalings;
    room.tables = (struct cosem_table *)(void *)at;
    at += parts.tables;
    room.elements = (struct cosem_element *)(void *)at;
    return room;
}

bool cosem_profile_read(struct wp_slice text, const char *file, void *memory, struct cosem_profiles *out,
                        struct wp_writer *error)
{
    struct reading r = {.text = text, .file = file, .error = error, .room = lay_out(memory, measure(text))};

    while (r.text.n > 0) {
        struct line line = split(take_line(&r.text));

        r.line++;
        if (line.n > 0 && !read_directive(&r, &line))
            return false;
    }
    *out = (struct cosem_profiles){r.room.profiles, r.n_profiles};
    return true;
}
