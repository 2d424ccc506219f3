/* What the bytes of frames become: ids at their places, the same ids wherever else they stand, checksums. */
#include "harness/anonymise_impl.h"

#include "harness/anonymise_form.h"
#include "harness/anonymise_frame.h"
#include "harness/keys.h"

#include <assert.h>
#include <stdlib.h>

enum {
    PACKED_MIN = 5,       /* bytes of an id that is looked for packed: four are what registers are named by */
    NONZERO_MIN = 3,      /* bytes of a packed id that are not 0: fewer are found by chance */
    BAD_MAX = 1 << 18,    /* bytes of one bad part that are looked at; the rest is blanked */
    BROKEN_MAX = 1 << 14, /* of one broken frame */
    PADDED_MAX = 1 << 16, /* bytes that are added to a frame that was cut */
    REPAIR_REACH = 4,     /* a frame ends at most so far behind its checksum */
    LOOK_MAX = 256,       /* bytes behind it that may matter to why a broken frame is one */
    BLANK = 'x',
};

/* ---- one frame at hand ------------------------------------------------------------------------------ */

struct edit {
    struct anon *a;
    struct wp_slice was;
    uint8_t *becomes, *decided; /* as long */
    bool is_bad;                /* no frame of the capture's own: nothing is counted as expected */
};

static void make_room(struct anon *a, size_t n)
{
    if (2 * n <= a->cap)
        return;
    free(a->memory);
    a->cap = 4 * n;
    a->memory = malloc(a->cap);
    if (!a->memory) {
        fputs("wattproof: no memory for a frame of this capture\n", stderr);
        abort();
    }
}

static struct edit begin(struct anon *a, struct wp_slice was)
{
    struct edit e = {.a = a, .was = was};

    make_room(a, was.n);
    e.becomes = a->memory;
    e.decided = a->memory + was.n;
    if (was.n)
        memcpy(e.becomes, was.p, was.n);
    memset(e.decided, 0, was.n);
    return e;
}

static bool is_decided(const struct edit *e, size_t first, size_t n)
{
    return memchr(e->decided + first, 1, n) != NULL;
}

static unsigned lowest(unsigned bits)
{
    return bits ? (unsigned)__builtin_ctz(bits) : 0;
}

/* A form that all ids of this kind could stand in; so a palindrome is read as its neighbours are. */
static unsigned form_of(const struct anon *a, const struct anon_place *p)
{
    unsigned common = p->forms & a->ids.kind[p->kind].forms;

    return lowest(common ? common : p->forms);
}

/* Text stays text; other bytes become what begins nothing in any protocol. */
static void blank(uint8_t *p, size_t n)
{
    bool is_text = wp_slice_is_utf8(wp_slice(p, n)) && !memchr(p, 0, n);

    memset(p, is_text ? BLANK : 0xFF, n);
}

/* ---- places ----------------------------------------------------------------------------------------- */

static void gather(void *ctx, const struct anon_place *p)
{
    struct anon *a = ((struct edit *)ctx)->a;

    if (!anon_is_id(p->text) || anon_address_read(&a->addresses, p->text))
        return;
    anon_ids_add(&a->ids, p->text, p->kind);
    if (a->ids.kind[p->kind].forms & p->forms)
        a->ids.kind[p->kind].forms &= p->forms;
}

static void change(void *ctx, const struct anon_place *p)
{
    struct edit *e = ctx;
    const struct anon_id *id = p->text.n ? anon_ids_find(&e->a->ids, p->text) : NULL;

    if (is_decided(e, p->first, p->n))
        return;
    if (p->text.n == 0 && e->a->setup->keeps_foreign) {
        e->a->counts.kept++;
        return;
    }
    if (p->text.n == 0) {
        blank(e->becomes + p->first, p->n);
        e->a->counts.blanked++;
    } else if (!id || !form_encode(form_of(e->a, p), id->becomes, e->becomes + p->first, p->n)) {
        return;
    } else {
        anon_ids_count(&e->a->ids, id, p->kind);
    }
    memset(e->decided + p->first, 1, p->n);
}

/* ---- the same ids elsewhere ------------------------------------------------------------------------- */

static void replace(struct edit *e, const struct needle *needle, size_t at)
{
    const struct anon_id *id = &e->a->ids.id[needle->owner];

    if (!form_encode(needle->form, id->becomes, e->becomes + at, needle->bytes.n))
        return;
    memset(e->decided + at, 1, needle->bytes.n);
    anon_ids_count(&e->a->ids, id, id->kind);
}

static void change_elsewhere(struct edit *e)
{
    const struct anon *a = e->a;
    const struct needle *needle;
    size_t at = 0;

    for (; (needle = needles_next(&a->ids.strong, e->was, &at)); at++)
        if (!is_decided(e, at, needle->bytes.n) &&
            anon_ids_stands_alone(&a->ids.id[needle->owner], e->was, at))
            replace(e, needle, at);
    for (at = 0; (needle = needles_next(&a->binary, e->was, &at)); at++)
        if (!is_decided(e, at, needle->bytes.n))
            replace(e, needle, at);
}

void anon_replace_known(struct anon *a, uint8_t *bytes, size_t n)
{
    struct edit e = begin(a, wp_slice(bytes, n));

    change_elsewhere(&e);
    if (n)
        memcpy(bytes, e.becomes, n);
}

static size_t count_nonzero(struct wp_slice bytes)
{
    size_t n = 0;

    for (size_t i = 0; i < bytes.n; i++)
        n += bytes.p[i] != 0;
    return n;
}

void anon_add_binary(struct anon *a)
{
    static const unsigned forms[] = {
        FORM_PACKED,
        FORM_PACKED | FORM_REVERSED,
        FORM_PACKED | FORM_OFFSET,
        FORM_PACKED | FORM_REVERSED | FORM_OFFSET,
        FORM_SPELLED | FORM_REVERSED,
        FORM_SPELLED | FORM_SPACED,
        FORM_SPELLED | FORM_SPACED | FORM_REVERSED,
    };

    for (size_t i = 0; i < a->ids.texts.n; i++) {
        const struct anon_id *id = &a->ids.id[i];
        size_t packed = form_size(FORM_PACKED, id->text);
        uint8_t bytes[ANON_ID_MAX];

        if (!id->is_strong || id->is_word || packed < PACKED_MIN ||
            !form_encode(FORM_PACKED, id->text, bytes, packed) ||
            count_nonzero(wp_slice(bytes, packed)) < NONZERO_MIN)
            continue;
        for (size_t k = 0; k < sizeof forms / sizeof forms[0]; k++) {
            size_t n = form_size(forms[k], id->text);
            uint8_t *needle = arena_get(&a->ids.arena, n);

            form_encode(forms[k], id->text, needle, n);
            needles_add(&a->binary, wp_slice(needle, n), i, forms[k]);
        }
    }
}

/* ---- whole frames ----------------------------------------------------------------------------------- */

/* Checksums that were right are right again; those that were wrong stay as they are. */
static void repair(const struct edit *e, const struct wp_codec *codec)
{
    uint8_t *copy = e->decided; /* not needed any more */

    if (!codec->repair || e->was.n == 0)
        return;
    memcpy(copy, e->was.p, e->was.n);
    if (codec->repair(copy, e->was.n) && memcmp(copy, e->was.p, e->was.n) == 0)
        codec->repair(e->becomes, e->was.n);
}

void anon_take_frame(struct anon *a, uint64_t stream, const struct replay_event *event)
{
    struct edit e = begin(a, event->wire);

    anon_frame_places(&a->finder, &a->ids, event->codec, event->frame, event->wire,
                      a->is_changing ? change : gather, &e);
    if (!a->is_changing)
        return;
    change_elsewhere(&e);
    repair(&e, event->codec);
    anon_bytes_decide(&a->bytes, stream, event->offset, wp_slice(e.becomes, e.was.n));
}

/* ---- bytes that are no frame ------------------------------------------------------------------------ */

struct broken {
    const struct wp_codec *codec;
    const void *known; /* what the codec remembered; NULL: nothing */
    enum wp_side side;
    void *frame, *state;
    uint8_t *memory; /* the bytes, made a frame */
    size_t n;        /* how long that is */
};

static struct wp_decode decode(const struct broken *b, struct wp_slice in)
{
    if (b->known)
        memcpy(b->state, b->known, wp_codec_keeps(b->codec, b->known));
    else
        keys_begin_state(b->codec, b->state);
    return b->codec->decode(b->state, b->side, in, b->frame);
}

/* Lengthens what was cut with zero bytes, until the codec knows what it would have been. */
static struct wp_decode lengthen(struct broken *b, struct wp_slice in)
{
    struct wp_decode d;
    size_t n = in.n;

    memcpy(b->memory, in.p, in.n);
    while ((d = decode(b, wp_slice(b->memory, n))).status == WP_MORE && d.need <= PADDED_MAX - (n - in.n)) {
        memset(b->memory + n, 0, d.need);
        n += d.need;
    }
    b->n = n;
    return d;
}

/* Can the bytes be read as a frame, but for its end and its checksum? Then it stands decoded in `b`. */
static bool salvage(struct broken *b, struct wp_slice in)
{
    struct wp_decode d = lengthen(b, in);
    size_t have = b->n;

    if (d.status == WP_BAD && b->codec->repair)
        for (size_t n = d.at + 1; n <= d.at + REPAIR_REACH && n <= have && d.status != WP_OK; n++)
            if (b->codec->repair(b->memory, n))
                d = decode(b, wp_slice(b->memory, n));
    if (d.status != WP_OK)
        return false;
    b->n = d.used;
    return true;
}

/* What was wrong stays wrong, also when the changed values would by chance have made it right. */
static void keep_wrong(struct edit *e, const struct broken *b)
{
    uint8_t *copy = e->decided;

    if (!b->codec->repair || b->n > e->was.n)
        return;
    memcpy(copy, e->becomes, b->n);
    if (!b->codec->repair(copy, b->n) || memcmp(copy, e->becomes, b->n) != 0)
        return;
    for (size_t i = b->n; i-- > 0;)
        if (b->memory[i] != e->was.p[i]) { /* the byte that was wrong */
            e->becomes[i] ^= 0x01;
            return;
        }
}

static bool is_same(const struct wp_decode *a, const struct wp_decode *b)
{
    return a->status == b->status && a->fault == b->fault && a->at == b->at && a->used == b->used &&
           a->need == b->need;
}

/* The fewest of the first n bytes that must be kept for the codec to refuse them for the same reason and as far;
 * `in` goes on behind them. */
static size_t needed(const struct broken *b, struct wp_slice in, size_t n)
{
    static const size_t heads[] = {0, 1, 2, 3, 4, 5, 8, 12, 16};
    struct wp_decode expected;

    in.n = in.n < n + LOOK_MAX ? in.n : n + LOOK_MAX;
    expected = decode(b, in);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0] && heads[i] <= n; i++) {
        struct wp_decode got;

        memcpy(b->memory, in.p, in.n);
        memset(b->memory + heads[i], BLANK, n - heads[i]);
        got = decode(b, wp_slice(b->memory, in.n));
        if (is_same(&got, &expected))
            return heads[i];
    }
    return n ? 1 : 0;
}

/* What cannot be read becomes blank. */
static void blank_unreadable(struct anon *a, struct edit *e, const struct broken *b, struct wp_slice in)
{
    a->counts.bad_bytes += e->was.n;
    if (a->setup->keeps_foreign)
        return;
    for (size_t i = needed(b, in, e->was.n); i < e->was.n; i++)
        if (!e->decided[i])
            e->becomes[i] = BLANK;
}

/* A broken frame that was read all the same: its ids change, what was wrong stays wrong. */
static struct edit edit_salvaged(struct anon *a, const struct broken *b, struct wp_slice in)
{
    struct edit e = begin(a, wp_slice(b->memory, b->n));

    anon_frame_places(&a->finder, &a->ids, b->codec, b->frame, e.was, a->is_changing ? change : gather, &e);
    for (size_t i = 0; i < in.n; i++)
        if (!e.decided[i])
            e.becomes[i] = in.p[i];
    e.was = in;
    if (a->is_changing) {
        change_elsewhere(&e);
        keep_wrong(&e, b);
        a->counts.salvaged++;
    }
    return e;
}

/* One broken frame, or one piece of garbage, from the front; its length. */
static size_t take_broken(struct anon *a, struct broken *b, struct wp_slice in, uint64_t stream,
                          uint64_t offset)
{
    struct wp_decode d = decode(b, in);
    size_t n = d.status == WP_MORE || d.used > in.n ? in.n : d.used ? d.used : 1;
    struct edit e;

    if ((d.status != WP_BAD || d.at > 0) && salvage(b, in)) {
        n = b->n < in.n ? b->n : in.n;
        e = edit_salvaged(a, b, wp_slice(in.p, n));
    } else {
        e = begin(a, wp_slice(in.p, n));
        if (a->is_changing) {
            change_elsewhere(&e);
            blank_unreadable(a, &e, b, in);
        }
    }
    if (a->is_changing)
        anon_bytes_decide(&a->bytes, stream, offset, wp_slice(e.becomes, n));
    return n;
}

void anon_take_bad(struct anon *a, uint64_t stream, const struct replay_event *event)
{
    size_t n = event->n < BAD_MAX ? (size_t)event->n : BAD_MAX;
    struct broken b = {
        .codec = event->codec,
        .known = event->state,
        .side = event->side,
        .frame = malloc(event->codec->frame_size + 1),
        .state = calloc(1, event->codec->state_size + 1),
        .memory = malloc(n + PADDED_MAX),
    };
    uint8_t *bytes = malloc(n + 1);

    if (!b.frame || !b.state || !b.memory || !bytes) {
        fputs("wattproof: no memory for broken frames of this capture\n", stderr);
        abort();
    }
    anon_bytes_was(&a->bytes, stream, event->offset, bytes, n);
    for (size_t at = 0; at < n;)
        at += take_broken(a, &b, wp_slice(bytes + at, n - at < BROKEN_MAX ? n - at : BROKEN_MAX), stream,
                          event->offset + at);
    free(bytes);
    free(b.memory);
    free(b.state);
    free(b.frame);
}
