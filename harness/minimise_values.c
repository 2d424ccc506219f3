/* Values that do not matter: numbers become 0, texts and members of JSON nothing, each within its place so that lengths
 * hold. */
#include "harness/minimise_impl.h"

#include "harness/ddmin.h"
#include "harness/keys.h"
#include "sim/core/json_in.h"

#include <stdlib.h>

enum { FRAME_MAX = 1 << 16, ROUNDS = 4, VALUES_MAX = 20000, OFFSET = 0x33 };

/* One place that may become nothing. */
struct part {
    size_t frame;
    size_t first, n; /* in the frame */
    uint8_t fill;    /* each byte; for JSON what stands in front and then blanks */
    char front[3];
};

struct shrinking_frame {
    const struct wp_codec *codec;
    struct cut_range where;
    uint8_t *bytes;
};

struct shrinking {
    struct replay_out out; /* first */
    struct minimiser *m;
    struct capture_cut *cut;
    struct shrinking_frame *frame;
    size_t n_frames, frame_cap;
    struct part *part;
    size_t n, cap;
    struct arena arena;
    void *decoded, *state; /* of one try */
};

static void *get_memory(void *old, size_t n)
{
    void *p = realloc(old, n ? n : 1);

    if (!p) {
        fputs("wattproof: no memory to minimise\n", stderr);
        abort();
    }
    return p;
}

/* ---- what becomes of a part --------------------------------------------------------------------------- */

static bool is_nothing(const struct part *p, const uint8_t *frame)
{
    size_t front = strlen(p->front);

    if (memcmp(frame + p->first, p->front, front) != 0)
        return false;
    for (size_t i = front; i < p->n; i++)
        if (frame[p->first + i] != p->fill)
            return false;
    return true;
}

static void make_nothing(const struct part *p, uint8_t *frame)
{
    size_t front = strlen(p->front);

    memcpy(frame + p->first, p->front, front);
    memset(frame + p->first + front, p->fill, p->n - front);
}

static void add_part(struct shrinking *s, struct part part)
{
    if (part.n < strlen(part.front) || s->n == VALUES_MAX ||
        is_nothing(&part, s->frame[s->n_frames - 1].bytes))
        return;
    if (s->n == s->cap) {
        s->cap = s->cap ? 2 * s->cap : 256;
        s->part = get_memory(s->part, s->cap * sizeof s->part[0]);
    }
    part.frame = s->n_frames - 1;
    s->part[s->n++] = part;
}

/* ---- JSON ------------------------------------------------------------------------------------------- */

struct json_place {
    struct shrinking *s;
    const struct json_tape *tape;
    size_t first; /* of the text in the frame */
};

static void add_json(const struct json_place *j, size_t at, size_t n, const char *front)
{
    struct part part = {.first = j->first + at, .n = n, .fill = ' '};

    strcpy(part.front, front);
    add_part(j->s, part);
}

/* Where the value's text ends, its closing quote included. */
static size_t end_of(const struct json_tape *tape, uint32_t i)
{
    return (size_t)tape->at[i].at + tape->at[i].n + (tape->at[i].kind == JSON_STRING);
}

static void add_leaf(const struct json_place *j, uint32_t i)
{
    const struct json_token *t = &j->tape->at[i];

    if (t->kind == JSON_NUMBER)
        add_json(j, t->at, t->n, "0");
    else if (t->kind == JSON_STRING)
        add_json(j, t->at - 1u, t->n + 2u, "\"\"");
}

/* A member goes with the comma before it; the first one with the one behind it. */
static void add_member(const struct json_place *j, uint32_t key, bool is_first)
{
    const struct json_tape *tape = j->tape;
    size_t from = tape->at[key].at - 1u, to = end_of(tape, key + 1);

    while (!is_first && from > 0 && tape->text.p[from] != ',')
        from--;
    while (is_first && to < tape->text.n && tape->text.p[to] != ',' && tape->text.p[to] != '}')
        to++;
    if (is_first && to < tape->text.n && tape->text.p[to] == ',')
        to++;
    add_json(j, from, to - from, "");
}

static void add_json_parts(struct shrinking *s, size_t first, struct wp_slice text)
{
    struct json_tape tape = {.cap = (uint32_t)json_tokens_max(text.n)};
    struct json_place j = {s, &tape, first};

    tape.at = get_memory(NULL, tape.cap * sizeof tape.at[0]);
    if (json_read(&tape, text, JSON_DEPTH, NULL) == JSON_FAULT_NONE) {
        for (uint32_t i = 0; i < tape.n; i++) {
            bool is_first = true;

            if (tape.at[i].kind == JSON_OBJECT)
                JSON_EACH_KEY(&tape, key, i)
                {
                    add_member(&j, key, is_first);
                    add_leaf(&j, key + 1);
                    is_first = false;
                }
            if (tape.at[i].kind == JSON_ARRAY)
                JSON_EACH(&tape, k, i)
            add_leaf(&j, k);
        }
    }
    free(tape.at);
}

/* ---- fields ----------------------------------------------------------------------------------------- */

struct reading {
    const struct part *part;
    bool is_zero;
};

static void is_zero_now(void *ctx, const struct wp_field *f)
{
    struct reading *r = ctx;
    struct wp_value zero = wp_int(0);

    if (f->first != r->part->first || f->len != r->part->n)
        return;
    if (wp_is_number(f->value))
        r->is_zero = wp_number_cmp(f->value, zero) == 0;
    else if (f->value.kind == WP_BYTES || f->value.kind == WP_TEXT)
        r->is_zero = true;
    for (size_t i = 0; f->value.kind == WP_BYTES && i < f->value.bytes.n; i++)
        r->is_zero = r->is_zero && f->value.bytes.p[i] == 0;
}

/* Does the frame decode with the part filled so, and say 0 there? */
static bool says_zero(struct shrinking *s, const struct part *part)
{
    const struct shrinking_frame *f = &s->frame[s->n_frames - 1];
    uint8_t *copy = get_memory(NULL, f->where.n);
    struct reading r = {part, false};
    struct wp_decode d;

    memcpy(copy, f->bytes, f->where.n);
    make_nothing(part, copy);
    if (f->codec->repair)
        f->codec->repair(copy, f->where.n);
    keys_begin_state(f->codec, s->state);
    d = f->codec->decode(s->state, WP_SIDE_UNKNOWN, wp_slice(copy, f->where.n), s->decoded);
    if (d.status == WP_OK && d.used == f->where.n)
        f->codec->fields(s->decoded, is_zero_now, &r);
    free(copy);
    return r.is_zero;
}

static void take_field(void *ctx, const struct wp_field *f)
{
    static const uint8_t fills[] = {0, OFFSET, '0'};
    struct shrinking *s = ctx;
    const struct shrinking_frame *frame = &s->frame[s->n_frames - 1];
    struct part part = {.first = f->first, .n = f->len};

    if (f->len == 0 || f->first + f->len > frame->where.n || f->role != WP_ROLE_VALUE)
        return;
    if (f->value.kind == WP_TEXT && frame->bytes[f->first] == '{') {
        add_json_parts(s, f->first, wp_slice(frame->bytes + f->first, f->len));
        return;
    }
    for (size_t i = 0; i < sizeof fills; i++) {
        part.fill = fills[i];
        if (says_zero(s, &part)) {
            add_part(s, part);
            return;
        }
    }
}

static void take_frame(struct replay_out *out, const struct replay_event *e)
{
    struct shrinking *s = (struct shrinking *)out;

    if (e->kind != REPLAY_FRAME || e->wire.n > FRAME_MAX)
        return;
    if (s->n_frames == s->frame_cap) {
        s->frame_cap = s->frame_cap ? 2 * s->frame_cap : 64;
        s->frame = get_memory(s->frame, s->frame_cap * sizeof s->frame[0]);
    }
    s->frame[s->n_frames++] = (struct shrinking_frame){
        .codec = e->codec,
        .where = {(uint64_t)e->flow->number * 2 + e->direction, e->offset, e->wire.n},
        .bytes = arena_get(&s->arena, e->wire.n),
    };
    memcpy(s->frame[s->n_frames - 1].bytes, e->wire.p, e->wire.n);
    s->decoded = get_memory(s->decoded, e->codec->frame_size);
    s->state = get_memory(s->state, e->codec->state_size);
    e->codec->fields(e->frame, take_field, s);
}

/* ---- tries ------------------------------------------------------------------------------------------ */

/* The image with the parts that are not kept made nothing: leaves first, then members, which may hold them. */
static void make(const struct shrinking *s, const bool *keep, struct capture_image *out)
{
    capture_image_copy(out, &s->m->image);
    for (size_t i = 0; i < s->n_frames; i++) {
        const struct shrinking_frame *f = &s->frame[i];
        uint8_t *bytes = get_memory(NULL, f->where.n);
        bool any = false;

        memcpy(bytes, f->bytes, f->where.n);
        for (int members = 0; members < 2; members++)
            for (size_t k = 0; k < s->n; k++) {
                bool is_member = s->part[k].fill == ' ' && !*s->part[k].front;

                if (s->part[k].frame != i || keep[k] || is_member != members)
                    continue;
                make_nothing(&s->part[k], bytes);
                any = true;
            }
        if (any && f->codec->repair)
            f->codec->repair(bytes, f->where.n);
        if (any)
            capture_cut_write(s->cut, out, &f->where, bytes);
        free(bytes);
    }
}

static bool holds(void *ctx, const bool *keep, size_t n)
{
    const struct shrinking *s = ctx;
    struct capture_image candidate;
    bool good;

    (void)n;
    make(s, keep, &candidate);
    good = verdict_holds(s->m, &candidate);
    capture_image_free(&candidate);
    return good;
}

/* Once through all parts. false: nothing more can go. */
static bool shrink(struct minimiser *m)
{
    struct shrinking s = {.out = {.event = take_frame}, .m = m, .cut = minimise_learn(m)};
    struct verdict_of v;
    size_t left;
    bool *keep;

    verdict_of_image(m->contracts, &m->image, &s.out, &v);
    verdict_free(&v);
    keep = get_memory(NULL, s.n * sizeof keep[0]);
    memset(keep, true, s.n);
    left = ddmin(keep, s.n, holds, &s);
    if (left < s.n) {
        struct capture_image image;

        make(&s, keep, &image);
        capture_image_free(&m->image);
        m->image = image;
        m->values += s.n - left;
    }
    free(keep);
    capture_cut_free(s.cut);
    free(s.frame);
    free(s.part);
    free(s.decoded);
    free(s.state);
    arena_free(&s.arena);
    return left < s.n;
}

void minimise_values(struct minimiser *m)
{
    for (int round = 0; round < ROUNDS && shrink(m); round++)
        ;
}
