#include "harness/divergence.h"
#include "harness/gist.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_SHOWN = 400, WHERE_SHOWN = 600 };

/* An event: where its line is, and what it says. */
struct event {
    struct gist gist;
    size_t at, n;
    uint64_t line;
};

/* One transcript, mapped, so that a long one costs what its events do. */
struct transcript {
    const char *file;
    struct wp_slice text;
    struct gist_reader *reader;
    struct event *events;
    size_t n, cap;
    size_t n_judged; /* events before the judge's last word; behind it everything is ended */
    size_t *by_key;  /* the events' indexes by key, then in their order */
};

/* ---- reading ---------------------------------------------------------------------------------------- */

static bool complain(struct wp_writer *why, const char *file, uint64_t line, const char *sentence)
{
    wp_put_text(why, file);
    wp_put_char(why, ':');
    if (line > 0) {
        wp_put_uint(why, line);
        wp_put_char(why, ':');
    }
    wp_put_char(why, ' ');
    wp_put_text(why, sentence);
    return false;
}

static bool map_file(struct transcript *t, struct wp_writer *why)
{
    int fd = open(t->file, O_RDONLY | O_CLOEXEC);
    struct stat st;
    void *p = MAP_FAILED;

    if (fd < 0)
        return complain(why, t->file, 0, strerror(errno));
    if (fstat(fd, &st) == 0 && st.st_size > 0)
        p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (p == MAP_FAILED)
        return complain(why, t->file, 0, "is empty, or no file that can be read");
    t->text = wp_slice(p, (size_t)st.st_size);
    return true;
}

/* The next line without its end; false: there is none. */
static bool next_line(struct wp_slice text, size_t *at, struct wp_slice *line)
{
    const uint8_t *end;

    if (*at >= text.n)
        return false;
    end = memchr(text.p + *at, '\n', text.n - *at);
    *line = wp_slice(text.p + *at, (end ? (size_t)(end - text.p) : text.n) - *at);
    *at += line->n + 1;
    return true;
}

static void add_event(struct transcript *t, struct event event)
{
    if (t->n == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 256;
        t->events = realloc(t->events, t->cap * sizeof *t->events);
        if (!t->events)
            abort();
    }
    t->events[t->n++] = event;
}

static bool read_transcript(struct transcript *t, struct wp_writer *why)
{
    struct wp_slice line = {NULL, 0};
    size_t at = 0;

    if (!next_line(t->text, &at, &line) || !(t->reader = gist_reader_new(line)))
        return complain(why, t->file, 1, "is no transcript of a play");
    for (uint64_t number = 2; next_line(t->text, &at, &line); number++) {
        struct event e = {.at = (size_t)(line.p - t->text.p), .n = line.n, .line = number};
        enum gist_kind kind = gist_of(t->reader, line, &e.gist);

        if (kind == GIST_BAD)
            return complain(why, t->file, number, "is no record: was the play ended while it was written?");
        if (kind == GIST_CHECK)
            t->n_judged = t->n;
        if (kind == GIST_RECORD)
            add_event(t, e);
    }
    return true;
}

static void close_transcript(struct transcript *t)
{
    if (t->text.p)
        munmap((void *)t->text.p, t->text.n);
    gist_reader_free(t->reader);
    free(t->events);
    free(t->by_key);
}

/* ---- sight ------------------------------------------------------------------------------------------ */

static bool sees(const struct transcript *t, uint64_t sight)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->events[i].gist.sight == sight)
            return true;
    return false;
}

/* How a play is ended depends on whose process is ended. */
static void leave_out_end(struct transcript *t)
{
    if (t->n_judged > 0)
        t->n = t->n_judged;
}

/* What of `t` the other one sees nothing like; of so few kinds that most events are asked about once. */
static void leave_out_unseen(struct transcript *t, const struct transcript *other)
{
    uint64_t asked = 0;
    bool seen = true;
    size_t n = 0;

    for (size_t i = 0; i < t->n; i++) {
        uint64_t sight = t->events[i].gist.sight;

        if (sight != 0 && sight != asked) {
            asked = sight;
            seen = sees(other, sight);
        }
        if (sight == 0 || seen)
            t->events[n++] = t->events[i];
    }
    t->n = n;
}

/* ---- alignment -------------------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b, void *events)
{
    const struct event *x = (const struct event *)events + *(const size_t *)a,
                       *y = (const struct event *)events + *(const size_t *)b;

    if (x->gist.key != y->gist.key)
        return x->gist.key < y->gist.key ? -1 : 1;
    return (x > y) - (x < y);
}

static void sort_by_key(struct transcript *t)
{
    t->by_key = calloc(t->n + 1, sizeof *t->by_key);
    if (!t->by_key)
        abort();
    for (size_t i = 0; i < t->n; i++)
        t->by_key[i] = i;
    if (t->n > 0)
        qsort_r(t->by_key, t->n, sizeof *t->by_key, by_key, t->events);
}

/* The earliest pair that is none, or does not say the same. */
struct parting {
    const struct event *a, *b; /* NULL: that transcript does not have it */
    const struct event *event; /* the earlier of the two; NULL: there is no such pair */
};

static void consider(struct parting *first, const struct event *a, const struct event *b)
{
    const struct event *e = !b || (a && a->gist.at_us <= b->gist.at_us) ? a : b;
    bool is_later =
        first->event && (e->gist.at_us > first->event->gist.at_us ||
                         (e->gist.at_us == first->event->gist.at_us && e->line >= first->event->line));

    if ((a && b && a->gist.content == b->gist.content) || is_later)
        return;
    *first = (struct parting){a, b, e};
}

/* Both lists are walked at once; of the same key the first stands beside the first. */
static struct parting find_parting(const struct transcript *a, const struct transcript *b)
{
    struct parting first = {NULL, NULL, NULL};
    size_t i = 0, k = 0;

    while (i < a->n || k < b->n) {
        const struct event *x = i < a->n ? &a->events[a->by_key[i]] : NULL;
        const struct event *y = k < b->n ? &b->events[b->by_key[k]] : NULL;

        if (x && y && x->gist.key != y->gist.key) {
            if (x->gist.key < y->gist.key)
                y = NULL;
            else
                x = NULL;
        }
        consider(&first, x, y);
        i += x != NULL;
        k += y != NULL;
    }
    return first;
}

/* ---- telling ---------------------------------------------------------------------------------------- */

static struct wp_slice line_of(const struct transcript *t, const struct event *e)
{
    return wp_slice(t->text.p + e->at, e->n);
}

/* The printed record may be as long as its line before it is cut. */
static const char *print(struct arena *arena, const struct transcript *t, const struct event *e)
{
    char *room = malloc(e->n + LINE_SHOWN);
    struct wp_writer w = wp_writer(room, e->n + LINE_SHOWN);
    const char *text;

    if (!room)
        abort();
    gist_put_line(&w, t->reader, line_of(t, e), LINE_SHOWN);
    text = arena_text(arena, wp_written(&w));
    free(room);
    return text;
}

static void put_context(struct arena *arena, const struct transcript *t, const struct event *e,
                        struct divergence *out)
{
    size_t i = (size_t)(e - t->events), first = i > DIVERGENCE_CONTEXT ? i - DIVERGENCE_CONTEXT : 0;

    for (size_t k = first; k < i; k++)
        out->context[out->n_context++] = print(arena, t, &t->events[k]);
}

static void tell(struct arena *arena, struct transcript *a, struct transcript *b, const struct parting *p,
                 struct divergence *out)
{
    char where[WHERE_SHOWN];
    struct wp_writer w = wp_writer(where, sizeof where);

    *out = (struct divergence){.n_context = 0};
    if (p->a) {
        out->a = print(arena, a, p->a);
        out->a_line = p->a->line;
    }
    if (p->b) {
        out->b = print(arena, b, p->b);
        out->b_line = p->b->line;
    }
    if (p->a && p->b) {
        gist_put_difference(&w, a->reader, line_of(a, p->a), b->reader, line_of(b, p->b));
        out->where = arena_text(arena, wp_text(wp_put_end(&w)));
    }
    if (p->a)
        put_context(arena, a, p->a, out);
    else
        put_context(arena, b, p->b, out);
}

static bool same_bytes(const struct transcript *a, const struct transcript *b)
{
    return a->text.n == b->text.n && memcmp(a->text.p, b->text.p, a->text.n) == 0;
}

enum divergence_end divergence_find(struct arena *arena, const char *file_a, const char *file_b,
                                    bool from_outside, struct divergence *out, struct wp_writer *why)
{
    struct transcript a = {.file = file_a}, b = {.file = file_b};
    enum divergence_end end = DIVERGENCE_UNREADABLE;

    if (!map_file(&a, why) || !map_file(&b, why)) {
        end = DIVERGENCE_UNREADABLE;
    } else if (same_bytes(&a, &b)) {
        end = DIVERGENCE_NONE;
    } else if (read_transcript(&a, why) && read_transcript(&b, why)) {
        struct parting p;

        if (from_outside) {
            leave_out_end(&a);
            leave_out_end(&b);
            leave_out_unseen(&a, &b);
            leave_out_unseen(&b, &a);
        }
        sort_by_key(&a);
        sort_by_key(&b);
        p = find_parting(&a, &b);
        end = p.event ? DIVERGENCE_FOUND : DIVERGENCE_NONE;
        if (p.event)
            tell(arena, &a, &b, &p, out);
    }
    close_transcript(&a);
    close_transcript(&b);
    return end;
}
