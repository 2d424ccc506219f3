/* The proof: the result, decoded again, is what the input was but for what was changed, and nothing that was changed
 * stands in it any more. */
#include "harness/anonymise_impl.h"

#include "harness/anonymise_form.h"
#include "harness/anonymise_frame.h"

#include <inttypes.h>
#include <stdlib.h>

enum { VALUE_MAX = 1 << 16, FRAME_MAX = 1 << 20 };

/* ---- an event as a number --------------------------------------------------------------------------- */

struct hasher {
    uint64_t hash;
    const uint8_t *was, *becomes; /* the frame's bytes in the input and in the result */
    size_t n;
    const struct wp_codec *codec; /* of that frame */
    bool is_result;               /* the frame at hand is the result's */
    uint8_t *memory;
};

static void mix(struct hasher *h, const void *p, size_t n)
{
    const uint8_t *bytes = p;

    for (size_t i = 0; i < n; i++)
        h->hash = (h->hash ^ bytes[i]) * UINT64_C(0x100000001B3);
    h->hash = (h->hash ^ n) * UINT64_C(0x100000001B3);
}

static void mix_number(struct hasher *h, uint64_t n)
{
    mix(h, &n, sizeof n);
}

static bool is_changed(const struct hasher *h, size_t first, size_t n)
{
    return memcmp(h->was + first, h->becomes + first, n) != 0;
}

/* What the changed field must say: what its new bytes say in the form in which the old ones did. */
static void mix_changed(struct hasher *h, const struct wp_field *f)
{
    struct wp_writer value = wp_writer(h->memory, VALUE_MAX),
                     expected = wp_writer(h->memory + VALUE_MAX, VALUE_MAX);
    const struct wp_field narrow = h->codec->is_deep ? anon_narrow(f, wp_slice(h->was, h->n)) : *f;
    unsigned forms;

    wp_put_value(&value, f->value);
    if (h->is_result) {
        mix(h, value.p, value.n);
        return;
    }
    forms = value.full ? 0 : form_find(wp_written(&value), wp_slice(h->was + narrow.first, narrow.len));
    if (forms)
        form_decode((unsigned)__builtin_ctz(forms), wp_slice(h->becomes + narrow.first, narrow.len),
                    &expected);
    mix(h, expected.p, expected.n);
}

/* Checksums follow from the rest, and what a derived field of bytes, or of an id, says is said by others. */
static void mix_field(void *ctx, const struct wp_field *f)
{
    struct hasher *h = ctx;
    struct wp_writer value = wp_writer(h->memory, VALUE_MAX);
    bool frame_changed = is_changed(h, 0, h->n);

    mix(h, f->path, strlen(f->path));
    mix_number(h, f->len);
    if (f->role == WP_ROLE_SECRET || f->role == WP_ROLE_CIPHER ||
        (frame_changed && f->role == WP_ROLE_CHECKSUM))
        return;
    if (f->len && f->first <= h->n && f->len <= h->n - f->first && is_changed(h, f->first, f->len)) {
        mix_changed(h, f);
        return;
    }
    if (frame_changed && f->len == 0 && (f->value.kind == WP_BYTES || f->role == WP_ROLE_ID))
        return;
    /* Derived, and perhaps from bytes of other frames. */
    if (h->codec->is_deep && f->len == 0 && (f->value.kind == WP_BYTES || f->value.kind == WP_TEXT))
        return;
    wp_put_value(&value, f->value);
    mix(h, value.p, value.n);
}

static void mix_frame(struct hasher *h, struct anon *a, const struct replay_event *e)
{
    uint64_t stream = anon_stream(e->flow, e->direction);
    uint8_t *both = malloc(2 * e->wire.n + 1);

    if (!both)
        abort();
    anon_bytes_was(&a->bytes, stream, e->offset, both, e->wire.n);
    anon_bytes_becomes(&a->bytes, stream, e->offset, both + e->wire.n, e->wire.n);
    h->was = both;
    h->becomes = both + e->wire.n;
    h->n = e->wire.n;
    h->codec = e->codec;
    mix_number(h, e->exchange);
    mix_number(h, e->wire.n);
    e->codec->fields(e->frame, mix_field, h);
    free(both);
}

/* Packets that were left out make other numbers, so those are not looked at. */
static uint64_t hash_of(struct anon *a, const struct replay_event *e, bool is_result)
{
    struct hasher h = {
        .hash = UINT64_C(0xCBF29CE484222325), .is_result = is_result, .memory = malloc(2 * VALUE_MAX)};

    if (!h.memory)
        abort();
    mix_number(&h, e->kind);
    mix_number(&h, anon_stream(e->flow, e->direction));
    mix_number(&h, (uint64_t)e->when.ns);
    mix_number(&h, (uint64_t)e->question.ns);
    mix_number(&h, e->offset);
    mix_number(&h, e->n);
    if (e->codec)
        mix(&h, e->codec->name, strlen(e->codec->name));
    if (e->kind == REPLAY_FRAME)
        mix_frame(&h, a, e);
    free(h.memory);
    return h.hash;
}

void anon_expect(struct anon *a, const struct replay_event *e)
{
    struct anon_expected *x = &a->expected;

    if (x->n == x->cap) {
        x->cap = x->cap ? 2 * x->cap : 1024;
        x->hash = realloc(x->hash, x->cap * sizeof x->hash[0]);
        if (!x->hash)
            abort();
    }
    x->hash[x->n++] = hash_of(a, e, false);
}

/* ---- the result decoded ----------------------------------------------------------------------------- */

struct comparing {
    struct replay_out out; /* first */
    struct anon *a;
    size_t n;
    struct wp_writer *why;
    bool differs;
};

static void compare_event(struct replay_out *out, const struct replay_event *e)
{
    struct comparing *c = (struct comparing *)out;
    const struct anon_expected *x = &c->a->expected;

    if (!c->differs && (c->n >= x->n || hash_of(c->a, e, true) != x->hash[c->n])) {
        c->differs = true;
        wp_put_text(c->why, "packet ");
        wp_put_uint(c->why, e->when.number);
        wp_put_text(c->why, " of the result decodes to something else than it should (");
        wp_put_text(c->why, e->codec ? e->codec->name : "a gap");
        wp_put_text(c->why, ", connection ");
        wp_put_uint(c->why, e->flow->number);
        wp_put_char(c->why, ')');
    }
    c->n++;
}

void anon_expect_judged(struct anon *a, const struct judged *j)
{
    struct anon_expected *x = &a->expected;

    x->n_judged = j->n_statements;
    x->judged = calloc(j->n_statements + 1, sizeof x->judged[0]);
    if (!x->judged)
        abort();
    for (size_t i = 0; i < j->n_statements; i++) {
        snprintf(x->judged[i].id, sizeof x->judged[i].id, "%s", j->statements[i].id);
        x->judged[i].verdict = j->statements[i].verdict;
        x->judged[i].times = j->statements[i].times;
    }
}

/* Ids are checked by documents, too: as long as it is as before, those that replace them are good enough. */
static void compare_judged(struct replay_out *out, const struct judged *j)
{
    struct comparing *c = (struct comparing *)out;
    const struct anon_expected *x = &c->a->expected;

    for (size_t i = 0; i < x->n_judged && !c->differs; i++) {
        const struct judged_statement *s = &j->statements[i];

        if (i < j->n_statements && strcmp(s->id, x->judged[i].id) == 0 &&
            s->verdict == x->judged[i].verdict && s->times == x->judged[i].times)
            continue;
        c->differs = true;
        wp_put_text(c->why, "the messages of the result keep to the document otherwise than before (");
        wp_put_text(c->why, x->judged[i].id);
        wp_put_text(c->why, "): is a member taken for an id that is none? --no-id NAME leaves it alone");
    }
}

static void ignore_summary(struct replay_out *out, const struct replay_summary *summary)
{
    (void)out;
    (void)summary;
}

static bool same_sums(const struct replay_summary *a, const struct replay_summary *b)
{
    return a->n_frames == b->n_frames && a->questions == b->questions && a->answered == b->answered &&
           a->unanswered == b->unanswered && a->unasked == b->unasked && a->bad == b->bad &&
           a->bad_bytes == b->bad_bytes && a->gaps == b->gaps && a->gap_bytes == b->gap_bytes &&
           a->ours == b->ours;
}

static bool decodes_alike(struct anon *a, struct wp_writer *why)
{
    struct comparing c = {
        .out = {.event = compare_event, .summary = ignore_summary, .judged = compare_judged},
        .a = a,
        .why = why};
    struct replay_summary sum;
    enum replay_end end;

    if (!anon_replay(a, &a->out, &c.out, &sum, &end, why) || c.differs)
        return false;
    if (c.n == a->expected.n && end == a->expected.end && same_sums(&sum, &a->expected.sum))
        return true;
    wp_put_text(why, "the result has other frames or findings than the input: ");
    wp_put_uint(why, sum.n_frames);
    wp_put_text(why, " frames instead of ");
    wp_put_uint(why, a->expected.sum.n_frames);
    wp_put_text(why, ", ");
    wp_put_uint(why, replay_findings(&sum));
    wp_put_text(why, " findings instead of ");
    wp_put_uint(why, replay_findings(&a->expected.sum));
    return false;
}

/* ---- nothing of old --------------------------------------------------------------------------------- */

static void put_left(struct wp_writer *why, struct wp_slice text, size_t packet, size_t at, const char *how)
{
    wp_put_text(why, "the id ");
    wp_put_slice(why, text);
    wp_put_text(why, " is still in packet ");
    wp_put_uint(why, packet + 1);
    wp_put_text(why, " of the result, at byte ");
    wp_put_uint(why, at);
    wp_put_text(why, how);
}

static bool has_id(const struct anon *a, size_t i, struct wp_writer *why)
{
    struct wp_slice in = wp_slice(a->out.packet[i].bytes, a->out.packet[i].n);
    const struct needle *needle;
    size_t at = 0;

    for (; (needle = needles_next(&a->ids.strong, in, &at)); at++) {
        const struct anon_id *id = &a->ids.id[needle->owner];

        if (anon_ids_stands_alone(id, in, at)) {
            put_left(why, id->text, i, at, " (as text)");
            return true;
        }
    }
    at = 0;
    needle = needles_next(&a->binary, in, &at);
    if (needle)
        put_left(why, a->ids.id[needle->owner].text, i, at, " (packed)");
    return needle != NULL;
}

static bool is_old(const struct anon *a, const struct packet_addr *addr)
{
    enum anon_family family = addr->version == 6 ? ANON_IPV6 : ANON_IPV4;

    return texts_find(&a->addresses.found[family], wp_slice(addr->ip, anon_address_size(family))) !=
           TEXTS_NONE;
}

static bool has_address(const struct anon *a, size_t i, struct wp_writer *why)
{
    const struct image_packet *p = &a->out.packet[i];
    struct packet packet = {0};
    enum packet_kind kind = packet_read(p->link, wp_slice(p->bytes, p->n), p->n_wire, &packet);

    if ((kind != PACKET_TCP && kind != PACKET_UDP && kind != PACKET_FRAGMENT) ||
        (!is_old(a, &packet.from) && !is_old(a, &packet.to)))
        return false;
    wp_put_text(why, "an IP address of the input is still in packet ");
    wp_put_uint(why, i + 1);
    wp_put_text(why, " of the result");
    return true;
}

bool anon_prove(struct anon *a, struct wp_writer *why)
{
    if (!decodes_alike(a, why))
        return false;
    for (size_t i = 0; i < a->out.n; i++)
        if (has_address(a, i, why) || has_id(a, i, why))
            return false;
    return true;
}
