#include "harness/anonymise_frame.h"

#include "harness/anonymise_form.h"
#include "sim/core/decode.h"

enum { VALUE_MAX = 4096, KIND_MAX = 120 };

struct look {
    const struct anon_finder *finder;
    struct anon_ids *ids;
    const struct wp_codec *codec;
    struct wp_slice wire;
    anon_place_visit *visit;
    void *ctx;
    bool has_topic;           /* a message: its payload is text that we may know */
    struct wp_slice topic;    /* its own, not a filter or a will's */
    struct wp_slice name;     /* the text before this one in a list of names and values */
    const struct wp_field *f; /* at hand */
};

/* ---- telling ---------------------------------------------------------------------------------------- */

static void tell(struct look *l, size_t first, size_t n, struct wp_slice text, unsigned forms,
                 const char *what)
{
    char path[KIND_MAX];
    size_t n_path = strlen(l->f->path);
    struct anon_place place = {first, n, text, forms, 0};

    if (n_path > 2 && l->f->path[n_path - 1] == ']')
        n_path -= 2;
    snprintf(path, sizeof path, "%.*s%s%s", (int)n_path, l->f->path, *what ? " " : "", what);
    place.kind = anon_ids_kind(l->ids, l->codec->name, path);
    if (first < l->wire.n && n <= l->wire.n - first)
        l->visit(l->ctx, &place);
}

/* A piece of text that stands as it is in the frame. */
static void take_found(void *ctx, struct wp_slice text, const char *what)
{
    struct look *l = ctx;

    tell(l, (size_t)(text.p - l->wire.p), text.n, text, 1u << 0, what);
}

static struct anon_found found_by(struct look *l)
{
    return (struct anon_found){take_found, l};
}

/* ---- kinds of fields -------------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

/* "topic", "willTopic", "properties.responseTopic", "filters[]" */
static bool is_topic(const char *path)
{
    return ends_with(path, "opic") || ends_with(path, "filters[]");
}

static bool is_printable(struct wp_slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 0x20 || text.p[i] == 0x7F)
            return false;
    return wp_slice_is_utf8(text);
}

/* Bytes as they are: text when it is some, else their digits. */
static void take_bytes(struct look *l, struct wp_slice bytes)
{
    uint8_t memory[2 * VALUE_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    if (is_printable(bytes)) {
        tell(l, l->f->first, bytes.n, bytes, 1u << 0, "");
        return;
    }
    wp_put_hex(&w, bytes);
    if (w.full || wp_written(&w).n > ANON_ID_MAX)
        tell(l, l->f->first, bytes.n, wp_text(""), 0, "");
    else
        tell(l, l->f->first, bytes.n, wp_written(&w), 1u << FORM_PACKED, "");
}

/* What the codec says, in whichever form the bytes say it. */
static void take_id(struct look *l, struct wp_slice bytes)
{
    uint8_t memory[VALUE_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    unsigned forms;

    wp_put_value(&w, l->f->value);
    forms = w.full ? 0 : form_find(wp_written(&w), bytes);
    if (forms)
        tell(l, l->f->first, bytes.n, wp_written(&w), forms, "");
    else
        take_bytes(l, bytes);
}

/* A short word or number that cannot be anybody's: "23.5", "online". */
static bool is_harmless(struct wp_slice text)
{
    return text.n <= 64 && is_printable(text);
}

/* "octolux/hold/2" to 6: characters of an inverter's serial, two in each number. */
static bool is_register_of_serial(struct wp_slice topic, struct wp_slice number)
{
    static const char end[] = "/hold/";
    const size_t n = sizeof end - 1;

    if (number.n != 5 || topic.n <= n || memcmp(topic.p + topic.n - n - 1, end, n) != 0)
        return false;
    for (size_t i = 0; i < number.n; i++)
        if (number.p[i] < '0' || number.p[i] > '9')
            return false;
    return topic.p[topic.n - 1] >= '2' && topic.p[topic.n - 1] <= '6' && number.p[0] <= '3';
}

/* What a message carries: JSON, a word, or what nobody knows. */
static void take_payload(struct look *l, struct wp_slice bytes)
{
    struct anon_found found = found_by(l);

    if (is_register_of_serial(l->topic,
                              bytes)) { /* the first digit stays: it is one of 16 bits afterwards, too */
        take_found(l, wp_slice_from(bytes, 1), "register");
        return;
    }
    if (anon_find_in_json(l->finder, bytes, &found))
        return;
    if (is_harmless(bytes))
        anon_find_in_text(bytes, &found);
    else
        tell(l, l->f->first, bytes.n, wp_text(""), 0, "");
}

/* Names and values take turns in a list of pairs. */
static void take_pair(struct look *l, struct wp_slice bytes)
{
    struct anon_found found = found_by(l);
    bool is_value = l->f->role == WP_ROLE_VALUE;

    if (is_value && l->name.n && anon_is_id_name(l->finder, l->name))
        take_bytes(l, bytes);
    else
        anon_find_in_text(bytes, &found);
    l->name = is_value ? (struct wp_slice){NULL, 0} : bytes;
}

struct wp_field anon_narrow(const struct wp_field *field, struct wp_slice wire)
{
    struct wp_field f = *field;
    size_t n = f.value.bytes.n, end = f.first + f.len;

    if ((f.value.kind != WP_TEXT && f.value.kind != WP_BYTES) || n == 0 || n >= f.len || end > wire.n ||
        memcmp(wire.p + end - n, f.value.bytes.p, n) != 0)
        return f;
    f.first = end - n;
    f.len = n;
    return f;
}

static void take_joined_word(void *ctx, struct wp_slice text, const char *what)
{
    tell(ctx, 0, 0, text, 1u << 0, what);
}

/* What was joined stands in several frames: an id in it is looked for in the bytes of each; so is one in content that is
 * only authenticated, and so can be read, but is left to a key's owner to take apart. In values, only words are
 * ids, as in whole frames: the OBIS code and the time that the codec tells of bytes are none. */
static void take_joined(struct look *l, const struct wp_field *f)
{
    uint8_t memory[2 * ANON_ID_MAX + 1];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    bool has_bytes = f->value.kind == WP_TEXT || f->value.kind == WP_BYTES;

    if (!has_bytes || f->value.bytes.n == 0 || f->value.bytes.n > ANON_ID_MAX / 2 ||
        (strncmp(f->path, "joined.", strlen("joined.")) != 0 &&
         strncmp(f->path, "plain.", strlen("plain.")) != 0))
        return;
    l->f = f;
    if (f->role != WP_ROLE_ID && is_printable(f->value.bytes)) {
        anon_find_in_text(f->value.bytes, &(struct anon_found){take_joined_word, l});
    } else if (f->role == WP_ROLE_ID && is_printable(f->value.bytes)) {
        tell(l, 0, 0, f->value.bytes, 1u << 0, "");
    } else if (f->role == WP_ROLE_ID) {
        wp_put_hex(&w, f->value.bytes);
        tell(l, 0, 0, wp_written(&w), 1u << FORM_PACKED, "");
    }
}

static void take_field(void *ctx, const struct wp_field *field)
{
    struct look *l = ctx;
    struct wp_field narrow;
    const struct wp_field *f = field;
    struct wp_slice bytes;
    struct anon_found found = found_by(l);
    bool is_text = field->value.kind == WP_TEXT;

    if (f->len == 0 && l->codec->is_deep)
        take_joined(l, f);
    if (f->len == 0 || f->first > l->wire.n || f->len > l->wire.n - f->first)
        return;
    if (l->codec->is_deep) {
        narrow = anon_narrow(f, l->wire);
        f = &narrow;
        is_text = is_text || (f->value.kind == WP_BYTES && is_printable(f->value.bytes));
    }
    l->f = f;
    bytes = wp_slice(l->wire.p + f->first, f->len);
    l->has_topic = l->has_topic || is_topic(f->path);
    if (strcmp(f->path, "topic") == 0)
        l->topic = bytes;
    if (f->role == WP_ROLE_SECRET)
        take_bytes(l, bytes);
    else if (f->role == WP_ROLE_CIPHER)
        tell(l, f->first, bytes.n, wp_text(""), 0, "");
    else if (f->role == WP_ROLE_ID && is_topic(f->path))
        anon_find_in_topic(l->finder, bytes, &found);
    else if (f->role == WP_ROLE_ID && (is_text || f->value.kind == WP_BYTES))
        take_id(l, bytes);
    else if (l->has_topic && ends_with(f->path, "ayload"))
        take_payload(l, bytes);
    else if (is_text && ends_with(f->path, "userProperty[]"))
        take_pair(l, bytes);
    else if (is_text && f->role == WP_ROLE_VALUE && wp_slice_eq(f->value.bytes, bytes))
        anon_find_in_text(bytes, &found);
}

void anon_frame_places(const struct anon_finder *finder, struct anon_ids *ids, const struct wp_codec *codec,
                       const void *frame, struct wp_slice wire, anon_place_visit *visit, void *ctx)
{
    struct look l = {.finder = finder, .ids = ids, .codec = codec, .wire = wire, .visit = visit, .ctx = ctx};

    codec->fields(frame, take_field, &l);
}
