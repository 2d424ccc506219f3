#include "harness/anonymise_bytes.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAGES_OF_STREAM_BITS = 40 };

static size_t slot(const struct anon_bytes *b, uint64_t key)
{
    return (size_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> 20) & b->mask;
}

static struct anon_page **place(const struct anon_bytes *b, uint64_t key)
{
    size_t i = slot(b, key);

    while (b->index[i] && b->index[i]->key != key)
        i = (i + 1) & b->mask;
    return &b->index[i];
}

static void widen(struct anon_bytes *b)
{
    struct anon_page **old = b->index;
    size_t n_old = old ? b->mask + 1 : 0;

    b->mask = n_old ? n_old * 2 - 1 : 255;
    b->index = calloc(b->mask + 1, sizeof b->index[0]);
    if (!b->index) {
        fputs("wattproof: no memory for the streams of this capture\n", stderr);
        abort();
    }
    for (size_t i = 0; i < n_old; i++)
        if (old[i])
            *place(b, old[i]->key) = old[i];
    free(old);
}

static uint64_t key_of(uint64_t stream, uint64_t at)
{
    return stream << PAGES_OF_STREAM_BITS | at / ANON_PAGE;
}

static struct anon_page *find(const struct anon_bytes *b, uint64_t stream, uint64_t at)
{
    return b->index ? *place(b, key_of(stream, at)) : NULL;
}

static struct anon_page *make(struct anon_bytes *b, uint64_t stream, uint64_t at)
{
    struct anon_page **page;

    if (2 * b->n >= b->mask)
        widen(b);
    page = place(b, key_of(stream, at));
    if (!*page) {
        *page = arena_get(&b->arena, sizeof **page);
        (*page)->key = key_of(stream, at);
        b->n++;
    }
    return *page;
}

/* How many of n bytes from `at` on stand on the same page. */
static size_t on_page(uint64_t at, size_t n)
{
    size_t left = ANON_PAGE - at % ANON_PAGE;

    return n < left ? n : left;
}

void anon_bytes_put(struct anon_bytes *b, uint64_t stream, int64_t at, struct wp_slice bytes)
{
    if (at < 0) {
        bytes = wp_slice_from(bytes, (size_t)-at);
        at = 0;
    }
    for (uint64_t to = (uint64_t)at; bytes.n > 0;) {
        struct anon_page *page = make(b, stream, to);
        size_t n = on_page(to, bytes.n);

        for (size_t i = 0; i < n; i++) {
            size_t k = (to + i) % ANON_PAGE;

            if (page->known[k / 8] >> k % 8 & 1)
                continue;
            page->known[k / 8] |= (uint8_t)(1u << k % 8);
            page->was[k] = bytes.p[i];
            page->becomes[k] = b->keeps ? bytes.p[i] : 0;
        }
        to += n;
        bytes = wp_slice_from(bytes, n);
    }
}

static void get(const struct anon_bytes *b, uint64_t stream, uint64_t at, uint8_t *out, size_t n,
                bool becomes)
{
    while (n > 0) {
        const struct anon_page *page = find(b, stream, at);
        size_t part = on_page(at, n), k = at % ANON_PAGE;

        if (page)
            memcpy(out, (becomes ? page->becomes : page->was) + k, part);
        else
            memset(out, 0, part);
        out += part;
        at += part;
        n -= part;
    }
}

void anon_bytes_was(const struct anon_bytes *b, uint64_t stream, uint64_t at, uint8_t *out, size_t n)
{
    get(b, stream, at, out, n, false);
}

void anon_bytes_becomes(const struct anon_bytes *b, uint64_t stream, uint64_t at, uint8_t *out, size_t n)
{
    get(b, stream, at, out, n, true);
}

void anon_bytes_decide(struct anon_bytes *b, uint64_t stream, uint64_t at, struct wp_slice bytes)
{
    while (bytes.n > 0) {
        struct anon_page *page = find(b, stream, at);
        size_t n = on_page(at, bytes.n);

        for (size_t k = at % ANON_PAGE, i = 0; page && i < n; i++, k++) {
            page->becomes[k] = bytes.p[i];
            page->decided[k / 8] |= (uint8_t)(1u << k % 8);
        }
        at += n;
        bytes = wp_slice_from(bytes, n);
    }
}

size_t anon_bytes_apply(const struct anon_bytes *b, uint64_t stream, int64_t at, uint8_t *bytes, size_t n)
{
    size_t before = at < 0 ? (uint64_t)-at < n ? (size_t)-at : n : 0, undecided = before;

    memset(bytes, 0, before);
    for (size_t i = before; i < n; i++) {
        uint64_t to = (uint64_t)at + i;
        const struct anon_page *page = find(b, stream, to);
        size_t k = to % ANON_PAGE;

        if (!page)
            bytes[i] = 0;
        else
            bytes[i] = (uint8_t)(page->becomes[k] ^ (bytes[i] != page->was[k]));
        undecided += !page || !(page->decided[k / 8] >> k % 8 & 1);
    }
    return undecided;
}

void anon_bytes_free(struct anon_bytes *b)
{
    free(b->index);
    arena_free(&b->arena);
    *b = (struct anon_bytes){0};
}
