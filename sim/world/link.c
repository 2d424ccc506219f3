#include "sim/world/link.h"
#include "sim/core/random.h"

#include <assert.h>
#include <stdlib.h>

enum { BITS_PER_BYTE = 11 }; /* start, 8 data, parity, stop */

struct buffer {
    uint8_t *p;
    size_t n, cap;
};

/* A line that machines share: one of them sends at a time, in whichever direction. */
struct wp_line {
    struct wp_line *next;
    const char *name;
    wp_us free_at;
};

struct fault {
    struct wp_link_fault f;
    uint32_t skipped, struck;
};

/* One direction of the link. */
struct lane {
    wp_us free_at;     /* own line: until then earlier sends are being clocked out */
    wp_us last_at;     /* nothing arrives before what was sent before it */
    wp_us stall_until; /* nothing is read until then */
    wp_port stalled;   /* the connection that has bytes waiting for it; 0: none */
    struct buffer held;
    wp_port held_port;
};

struct wp_link {
    const struct wp_link_setup *setup;
    struct wp_line *shared; /* NULL: a line of its own */
    struct wp_random random;
    struct lane lane[2];
    struct fault *fault;
    size_t n_faults, cap_faults;
    struct buffer work;
};

/* What the faults that struck make of one send. */
struct plan {
    bool hold, drop;
    unsigned copies;
    wp_us delay, gap;
    size_t split_at, cut_at; /* SIZE_MAX: nowhere */
};

const char *wp_link_fault_text(enum wp_link_fault_kind kind)
{
    static const char *const text[] = {
#define X(name, text) text,
        WP_LINK_FAULTS(X)
#undef X
    };

    assert(kind < sizeof text / sizeof text[0]);
    return text[kind];
}

bool wp_link_fault_is_immediate(const struct wp_link_fault *fault)
{
    return fault->kind == WP_LINK_CLOSE || (fault->kind == WP_LINK_CUT && fault->n == 0 && fault->skip == 0);
}

static void buffer_insert(struct buffer *b, size_t at, struct wp_slice bytes)
{
    if (bytes.n == 0)
        return;
    if (b->n + bytes.n > b->cap) {
        b->cap = (b->n + bytes.n) * 2;
        b->p = realloc(b->p, b->cap);
        assert(b->p);
    }
    memmove(b->p + at + bytes.n, b->p + at, b->n - at);
    memcpy(b->p + at, bytes.p, bytes.n);
    b->n += bytes.n;
}

static void buffer_remove(struct buffer *b, size_t at, size_t n)
{
    if (at >= b->n)
        return;
    if (n > b->n - at)
        n = b->n - at;
    memmove(b->p + at, b->p + at + n, b->n - at - n);
    b->n -= n;
}

static struct wp_line *find_line(struct wp_lines *lines, const char *name)
{
    struct wp_line **at = &lines->first;

    while (*at && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    if (!*at) {
        *at = calloc(1, sizeof **at);
        assert(*at);
        (*at)->name = name;
    }
    return *at;
}

void wp_lines_free(struct wp_lines *lines)
{
    struct wp_line *next;

    for (; lines->first; lines->first = next) {
        next = lines->first->next;
        free(lines->first);
    }
}

struct wp_link *wp_link_new(struct wp_lines *lines, const struct wp_link_setup *setup, uint64_t seed)
{
    struct wp_link *link = calloc(1, sizeof *link);

    assert(link);
    link->setup = setup;
    link->random = wp_random(seed);
    if (setup->shared && setup->name)
        link->shared = find_line(lines, setup->name);
    return link;
}

void wp_link_free(struct wp_link *link)
{
    if (!link)
        return;
    for (size_t i = 0; i < link->n_faults; i++)
        free((void *)(uintptr_t)link->fault[i].f.bytes.p); /* our copy */
    free(link->fault);
    free(link->lane[0].held.p);
    free(link->lane[1].held.p);
    free(link->work.p);
    free(link);
}

wp_us wp_link_latency(const struct wp_link *link)
{
    return link->setup->latency;
}

size_t wp_link_memory(const struct wp_link *link)
{
    if (!link)
        return 0;
    return sizeof *link + link->cap_faults * sizeof *link->fault + link->work.cap + link->lane[0].held.cap +
           link->lane[1].held.cap;
}

void wp_link_add_fault(struct wp_link *link, const struct wp_link_fault *fault)
{
    struct fault *f;

    assert(!wp_link_fault_is_immediate(fault));
    if (link->n_faults == link->cap_faults) {
        link->cap_faults = link->cap_faults * 2 + 2;
        link->fault = realloc(link->fault, link->cap_faults * sizeof *link->fault);
        assert(link->fault);
    }
    f = &link->fault[link->n_faults++];
    *f = (struct fault){.f = *fault};
    f->f.bytes.p = NULL;
    if (fault->bytes.n > 0) {
        uint8_t *copy = malloc(fault->bytes.n);

        assert(copy);
        f->f.bytes.p = memcpy(copy, fault->bytes.p, fault->bytes.n);
    }
}

static void end_fault(struct wp_link *link, size_t i)
{
    free((void *)(uintptr_t)link->fault[i].f.bytes.p);
    link->n_faults--;
    memmove(&link->fault[i], &link->fault[i + 1], (link->n_faults - i) * sizeof *link->fault);
}

/* One fault strikes the send that stands in `work`. */
static void strike(struct wp_link *link, struct lane *lane, const struct wp_link_fault *f, wp_us now,
                   struct plan *plan)
{
    struct buffer *work = &link->work;

    switch (f->kind) {
    case WP_LINK_DROP:
        buffer_remove(work, f->n ? f->at : 0, f->n ? f->n : work->n);
        plan->drop = true;
        break;
    case WP_LINK_CORRUPT:
        if (f->at < work->n)
            work->p[f->at] ^= f->mask;
        break;
    case WP_LINK_INSERT: buffer_insert(work, f->at < work->n ? f->at : work->n, f->bytes); break;
    case WP_LINK_DUPLICATE: plan->copies++; break;
    case WP_LINK_DELAY: plan->delay += f->duration; break;
    case WP_LINK_SPLIT:
        plan->split_at = f->at;
        plan->gap = f->duration;
        break;
    case WP_LINK_MERGE: plan->hold = true; break;
    case WP_LINK_CUT: plan->cut_at = f->n; break;
    case WP_LINK_STALL:
        lane->stall_until = now + f->duration;
        lane->stalled = 0;
        break;
    case WP_LINK_CLOSE: assert(false); /* an immediate fault never comes here */
    }
}

static struct plan strike_all(struct wp_link *link, enum wp_link_direction direction, bool may_hold,
                              wp_us now, struct wp_link_out *out)
{
    struct plan plan = {.copies = 1, .split_at = SIZE_MAX, .cut_at = SIZE_MAX};
    struct lane *lane = &link->lane[direction - 1];

    for (size_t i = 0; i < link->n_faults;) {
        struct fault *f = &link->fault[i];

        if (!(f->f.direction & direction) || (f->f.kind == WP_LINK_MERGE && !may_hold)) {
            i++;
        } else if (f->skipped < f->f.skip) {
            f->skipped++;
            i++;
        } else {
            strike(link, lane, &f->f, now, &plan);
            out->fault(out, f->f.kind, "strikes", ++f->struck);
            if (f->struck == f->f.times) {
                out->fault(out, f->f.kind, "ends", f->struck);
                end_fault(link, i);
            } else {
                i++;
            }
        }
    }
    return plan;
}

/* Time to clock out n bytes, rounded up. */
static wp_us clocked(const struct wp_link_setup *setup, size_t n)
{
    if (setup->baud == 0)
        return 0;
    return (wp_us)(((uint64_t)n * BITS_PER_BYTE * 1000000 + setup->baud - 1) / setup->baud);
}

/* Where the piece that begins at `from` ends. */
static size_t piece_end(const struct wp_link_setup *setup, const struct plan *plan, size_t from, size_t end)
{
    if (setup->split > 0 && end - from > setup->split)
        end = from + setup->split;
    if (from < plan->split_at && plan->split_at < end)
        end = plan->split_at;
    return end;
}

static void send_piece(struct lane *lane, wp_port port, wp_us at, struct wp_slice bytes,
                       struct wp_link_out *out)
{
    bool waits = at < lane->stall_until, joined = waits && lane->stalled == port;

    if (waits) {
        at = lane->stall_until;
        lane->stalled = port;
    }
    if (at < lane->last_at)
        at = lane->last_at;
    lane->last_at = at;
    out->piece(out, at, bytes, joined);
}

/* Sends what stands in `work` as planned. */
static void send_work(struct wp_link *link, struct lane *lane, wp_port port, wp_us now,
                      const struct plan *plan, struct wp_link_out *out)
{
    const struct wp_link_setup *setup = link->setup;
    wp_us *free_at = link->shared ? &link->shared->free_at : &lane->free_at;
    wp_us start = *free_at > now ? *free_at : now;
    wp_us on_the_way = setup->latency + wp_random_between(&link->random, 0, setup->jitter) + plan->delay;
    size_t end = plan->cut_at < link->work.n ? plan->cut_at : link->work.n, sent = 0;

    for (unsigned copy = 0; copy < plan->copies; copy++) {
        for (size_t from = 0, to; from < end; from = to) {
            wp_us at = start + on_the_way;

            to = piece_end(setup, plan, from, end);
            sent += to - from;
            if (plan->split_at <= from && plan->split_at > 0)
                at += plan->gap;
            send_piece(lane, port, at + clocked(setup, sent), wp_slice(link->work.p + from, to - from), out);
        }
    }
    *free_at = start + clocked(setup, sent);
    if (plan->cut_at != SIZE_MAX) {
        wp_us at = *free_at + on_the_way;

        out->cut(out, at > lane->last_at ? at : lane->last_at);
    }
}

/* One datagram, on its way whatever becomes of others. What faults have made too long for one gets nowhere. */
static void send_datagram(struct lane *lane, wp_us at, struct wp_slice bytes, struct wp_link_out *out)
{
    if (bytes.n <= WP_DATAGRAM_MAX)
        out->piece(out, at < lane->stall_until ? lane->stall_until : at, bytes, false);
}

static void send_datagrams(struct wp_link *link, struct lane *lane, wp_us now, const struct plan *plan,
                           struct wp_link_out *out)
{
    const struct wp_link_setup *setup = link->setup;
    wp_us *free_at = link->shared ? &link->shared->free_at : &lane->free_at;
    wp_us start = *free_at > now ? *free_at : now;
    size_t end = plan->cut_at < link->work.n ? plan->cut_at : link->work.n, sent = 0;
    size_t first = plan->split_at > 0 && plan->split_at < end ? plan->split_at : end;

    for (unsigned copy = 0; copy < plan->copies; copy++) {
        wp_us on_the_way = setup->latency + wp_random_between(&link->random, 0, setup->jitter) + plan->delay;

        sent += first;
        send_datagram(lane, start + on_the_way + clocked(setup, sent), wp_slice(link->work.p, first), out);
        if (first == end)
            continue;
        sent += end - first;
        send_datagram(lane, start + on_the_way + plan->gap + clocked(setup, sent),
                      wp_slice(link->work.p + first, end - first), out);
    }
    *free_at = start + clocked(setup, sent);
}

static void send_planned(struct wp_link *link, struct lane *lane, wp_port port, wp_us now,
                         const struct plan *plan, struct wp_link_out *out)
{
    if (out->datagrams)
        send_datagrams(link, lane, now, plan, out);
    else
        send_work(link, lane, port, now, plan, out);
}

/* Moves what was held back for the port to the front of `work`. */
static bool take_held(struct wp_link *link, struct lane *lane, wp_port port)
{
    link->work.n = 0;
    if (lane->held.n == 0 || lane->held_port != port)
        return false;
    buffer_insert(&link->work, 0, wp_slice(lane->held.p, lane->held.n));
    lane->held.n = 0;
    return true;
}

void wp_link_carry(struct wp_link *link, enum wp_link_direction direction, wp_port port, wp_us now,
                   struct wp_slice bytes, struct wp_link_out *out)
{
    struct lane *lane = &link->lane[direction - 1];
    bool is_merged = take_held(link, lane, port);
    struct plan plan;

    buffer_insert(&link->work, link->work.n, bytes);
    plan = strike_all(link, direction, !is_merged && lane->held.n == 0, now, out);
    if (plan.drop && out->datagrams)
        return;
    if (plan.hold) {
        buffer_insert(&lane->held, 0, wp_slice(link->work.p, link->work.n));
        lane->held_port = port;
        return;
    }
    send_planned(link, lane, port, now, &plan, out);
}

void wp_link_flush(struct wp_link *link, enum wp_link_direction direction, wp_port port, wp_us now,
                   struct wp_link_out *out)
{
    const struct plan plan = {.copies = 1, .split_at = SIZE_MAX, .cut_at = SIZE_MAX};
    struct lane *lane = &link->lane[direction - 1];

    if (take_held(link, lane, port) && out)
        send_planned(link, lane, port, now, &plan, out);
}
