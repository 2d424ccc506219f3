/* Values as a scenario writes them: `/Ac/Power d 936.0; /Mode u 3 min 1 max 4 writable; /Ac/L2/Power null`. */
#include "sim/device/venus_items_impl.h"

/* ---- words ---------------------------------------------------------------------------------------------- */

static struct wp_slice without_blanks(struct wp_slice s)
{
    while (s.n > 0 && (*s.p == ' ' || *s.p == '\n' || *s.p == '\t'))
        s = wp_slice(s.p + 1, s.n - 1);
    return s;
}

static struct wp_slice front(struct wp_slice *text, size_t n)
{
    const struct wp_slice s = wp_slice(text->p, n);

    *text = wp_slice(text->p + n, text->n - n);
    return s;
}

static size_t string_length(struct wp_slice s)
{
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] == '\\')
            i++;
        else if (s.p[i] == '"')
            return i + 1;
    }
    return s.n;
}

/* Up to a blank or a semicolon that is in no string and no bracket. */
static size_t word_length(struct wp_slice s)
{
    size_t i = 0;

    for (int open = 0; i < s.n; i++) {
        const uint8_t c = s.p[i];

        if (c == '"') {
            i += string_length(wp_slice_from(s, i)) - 1;
            continue;
        }
        open += c == '[' || c == '{';
        open -= c == ']' || c == '}';
        if (open <= 0 && (c == ' ' || c == ';' || c == '\n' || c == '\t'))
            break;
    }
    return i < s.n ? i : s.n;
}

static struct wp_slice next_word(struct wp_slice *text)
{
    *text = without_blanks(*text);
    return front(text, word_length(*text));
}

/* What is no type: a value that JSON has, or a double that it has not. */
static bool is_value(struct wp_slice word)
{
    static const char *const values[] = {"null", "true", "false", "NaN", "Infinity"};

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (wp_slice_is(word, values[i]))
            return true;
    return word.n > 0 && strchr("\"[{-0123456789", word.p[0]);
}

/* ---- what stands behind a value ------------------------------------------------------------------------- */

static bool take_behind(struct wp_slice word, struct wp_slice *text, struct venus_words *out,
                        const char **ret_why)
{
    struct wp_slice *at = NULL;

    if (wp_slice_is(word, "writable")) {
        out->is_writable = true;
        return true;
    }
    at = wp_slice_is(word, "min")       ? &out->min
         : wp_slice_is(word, "max")     ? &out->max
         : wp_slice_is(word, "default") ? &out->def
         : wp_slice_is(word, "unit")    ? &out->unit
                                        : NULL;
    *ret_why = "behind a value may stand min, max, default, unit with one each, and writable";
    if (!at)
        return false;
    *at = next_word(text);
    return at->n > 0;
}

bool venus_words_next(struct wp_slice *text, struct venus_words *out, const char **ret_why)
{
    struct wp_slice word;

    *ret_why = "";
    *text = without_blanks(*text);
    if (text->n == 0)
        return false;
    *out = (struct venus_words){.path = next_word(text)};
    *ret_why = "an item begins with its path, such as /Ac/Power";
    if (out->path.n < 2 || out->path.n > VENUS_PATH_MAX || !dbus_is_path(out->path))
        return false;
    word = next_word(text);
    if (!is_value(word)) {
        *ret_why = "behind the path stands a D-Bus type of at most 11 characters, or a value as JSON has it";
        out->type = word;
        if (word.n > VENUS_TYPE_MAX || !dbus_is_one_type(word) || word.p[0] == 'v')
            return false;
        word = next_word(text);
    }
    *ret_why = "a value is one that JSON has, or NaN, Infinity, -Infinity";
    out->json = word;
    if (!is_value(word) || word.n > VENUS_WORDS_MAX)
        return false;
    for (word = next_word(text); word.n > 0; word = next_word(text))
        if (!take_behind(word, text, out, ret_why))
            return false;
    if (text->n > 0)
        (void)front(text, 1); /* the semicolon */
    return true;
}

/* ---- may they be ------------------------------------------------------------------------------------------ */

static bool say(struct wp_writer *why, struct wp_slice path, const char *sentence)
{
    if (!why)
        return false;
    wp_put_slice(why, path);
    wp_put_text(why, ": ");
    wp_put_text(why, sentence);
    return false;
}

/* The n-th, whose words are none. */
static bool say_item(struct wp_writer *why, unsigned n, const char *sentence)
{
    char text[16];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_text(&w, "item ");
    wp_put_uint(&w, n);
    return say(why, wp_written(&w), sentence);
}

enum { CHECK_ROOM = 16384 }; /* a longer value is looked at when it is stored */

bool venus_words_is_value(struct wp_slice json, struct wp_slice type, const char **ret_why)
{
    _Alignas(8) uint8_t memory[CHECK_ROOM];
    const struct venus_words_room room = {memory, sizeof memory};
    struct wp_value v;

    return json.n > CHECK_ROOM / 32 || venus_words_value(json, type, room, &v, ret_why);
}

/* Who named the path first says its type. */
static struct wp_slice type_before(struct wp_slice all, const struct venus_words *words)
{
    struct wp_slice type = {0};
    struct venus_words w;
    const char *why;

    while (all.p < words->path.p && venus_words_next(&all, &w, &why) && w.path.p < words->path.p)
        if (wp_slice_eq(w.path, words->path) && w.type.n > 0)
            type = w.type;
    return type;
}

bool venus_words_check(struct wp_slice text, const struct venus_profile *profile, struct wp_writer *why)
{
    const struct wp_slice all = text;
    struct venus_words words;
    const char *sentence;
    unsigned n = 1;

    for (; venus_words_next(&text, &words, &sentence); n++) {
        const struct venus_row *row = profile ? venus_profile_row(profile, words.path) : NULL;
        struct wp_slice type = words.type;

        if (type.n == 0)
            type = type_before(all, &words);
        if (type.n == 0 && row)
            type = wp_text(row->type);
        if (type.n == 0)
            return say(why, words.path,
                       "an item that the profile has not is given with its D-Bus type, such as d");
        if (!venus_words_is_value(words.json, type, &sentence))
            return say(why, words.path, sentence);
    }
    return sentence[0] == 0 || say_item(why, n, sentence);
}

/* A tree takes at most 8 bytes for each byte of its JSON ("0," in ax), and 16 for what is around it. */
static size_t value_cost(struct wp_slice json)
{
    const bool is_tree = json.n > 0 && (json.p[0] == '[' || json.p[0] == '{');

    return venus_slab_cost(is_tree ? 16 * json.n + 32 : json.n);
}

size_t venus_words_cost(struct wp_slice text, size_t *ret_bytes)
{
    struct venus_words words;
    const char *why;
    size_t n = 0;

    *ret_bytes = 0;
    for (; venus_words_next(&text, &words, &why); n++)
        *ret_bytes += venus_slab_cost(words.path.n) + value_cost(words.json) + venus_slab_cost(words.def.n) +
                      venus_slab_cost(words.unit.n + 1);
    return n;
}

/* ---- storing ------------------------------------------------------------------------------------------------ */

static bool limits(struct venus_items *t, struct venus_item *item, const struct venus_words *words,
                   const char **ret_why)
{
    const struct wp_slice type = wp_text(item->type);
    struct wp_value min = item->min, max = item->max, def = item->def;
    const struct venus_words_room room = {t->scratch.p, t->scratch.n};

    if ((words->min.n > 0 && !venus_words_value(words->min, type, room, &min, ret_why)) ||
        (words->max.n > 0 && !venus_words_value(words->max, type, room, &max, ret_why)))
        return false;
    if (!wp_value_eq(min, item->min) || !wp_value_eq(max, item->max)) {
        item->tells_limits = true;
        venus_items_mark(t, item);
    }
    item->min = wp_is_number(min) ? min : wp_null();
    item->max = wp_is_number(max) ? max : wp_null();
    if (words->def.n == 0)
        return true;
    *ret_why = venus_no_room;
    return venus_words_value(words->def, type, room, &def, ret_why) &&
           venus_items_limit(t, item, item->min, item->max, def);
}

static bool take_unit(struct venus_items *t, struct venus_item *item, struct wp_slice unit)
{
    const struct wp_slice quoted = unit.n >= 2 && unit.p[0] == '"' ? wp_slice(unit.p + 1, unit.n - 2) : unit;
    char text[32];
    struct wp_slice kept;

    if (quoted.n >= sizeof text)
        return false;
    memcpy(text, quoted.p, quoted.n);
    text[quoted.n] = 0;
    if (!venus_slab_put(&t->slab, wp_slice(text, quoted.n + 1), &kept))
        return false;
    venus_slab_drop(&t->slab, wp_slice(item->unit, strlen(item->unit) + 1));
    item->unit = (const char *)kept.p;
    return true;
}

/* The item's own, else what the profile has there although the service has not. */
static struct wp_slice known_type(const struct venus_items *t, const struct venus_item *item,
                                  struct wp_slice path)
{
    const struct venus_row *row = t->plan->profile ? venus_profile_row(t->plan->profile, path) : NULL;

    return wp_text(item ? item->type : row ? row->type : "");
}

bool venus_items_assign_one(struct venus_items *t, const struct venus_words *words, const char **ret_why)
{
    struct venus_item *item = venus_items_find_slice(t, words->path);
    const struct venus_words_room room = {t->scratch.p, t->scratch.n};
    struct wp_slice type = words->type;
    struct wp_value value;

    *ret_why = "a new item is given with its D-Bus type, such as d";
    if (type.n == 0)
        type = known_type(t, item, words->path);
    if (type.n == 0)
        return false;
    if (!venus_words_value(words->json, type, room, &value, ret_why))
        return false;
    *ret_why = venus_items_is_node(t, words->path) ? "the path has items below it" : venus_no_room;
    if (!item)
        item = venus_items_add(t, words->path, type);
    if (!item || !venus_items_put_as(t, item, type, value))
        return false;
    item->is_writable = item->is_writable || words->is_writable;
    if (words->unit.n > 0 && !take_unit(t, item, words->unit))
        return false;
    return limits(t, item, words, ret_why);
}

bool venus_items_assign(struct venus_items *t, struct wp_slice text, const char **ret_why)
{
    struct venus_words words;

    while (venus_words_next(&text, &words, ret_why))
        if (!venus_items_assign_one(t, &words, ret_why))
            return false;
    return **ret_why == 0;
}
