/* Bytes: borrowed slices, sticky cursors for reading and writing, hex. */
#ifndef WP_BYTES_H
#define WP_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Borrowed bytes or text: never kept past the call that handed them over, never freed. Not 0-terminated. */
struct wp_slice {
    const uint8_t *p;
    size_t n;
};

static inline struct wp_slice wp_slice(const void *p, size_t n)
{
    return (struct wp_slice){(const uint8_t *)p, n};
}

static inline struct wp_slice wp_text(const char *s)
{
    return (struct wp_slice){(const uint8_t *)s, s ? strlen(s) : 0};
}

/* The slice without its first `skip` bytes; empty when it has fewer. */
static inline struct wp_slice wp_slice_from(struct wp_slice s, size_t skip)
{
    if (skip >= s.n)
        return (struct wp_slice){NULL, 0};
    return (struct wp_slice){s.p + skip, s.n - skip};
}

bool wp_slice_eq(struct wp_slice a, struct wp_slice b);
bool wp_slice_is(struct wp_slice a, const char *text);
/* <0, 0, >0 by bytes, a shorter prefix first. */
int wp_slice_cmp(struct wp_slice a, struct wp_slice b);
/* 64-bit FNV-1a of the bytes; the same on every machine, so it may decide an order. */
uint64_t wp_slice_hash(struct wp_slice s);
/* Length (1..4) of the well-formed UTF-8 sequence that begins the n >= 1 bytes at p; 0 when none does. */
size_t wp_utf8_len(const uint8_t *p, size_t n);
/* Is it well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF)? */
bool wp_slice_is_utf8(struct wp_slice s);

/* Is it printable ASCII (20..7E), or empty? */
bool wp_slice_is_printable(struct wp_slice s);

/* Length and text for the format "%.*s". */
#define WP_FMT(s) (int)(s).n, (const char *)(s).p

/* Reading cursor. Sticky: after the first read beyond the end every get returns 0 and ran_out stays true,
 * so a decoder reads everything and looks once. */
struct wp_reader {
    struct wp_slice in;
    size_t at;
    bool ran_out;
};

struct wp_reader wp_reader(struct wp_slice in);
size_t wp_left(const struct wp_reader *r);
uint8_t wp_get_u8(struct wp_reader *r);
uint16_t wp_get_u16be(struct wp_reader *r);
uint16_t wp_get_u16le(struct wp_reader *r);
uint32_t wp_get_u32be(struct wp_reader *r);
uint32_t wp_get_u32le(struct wp_reader *r);
/* n borrowed bytes; an empty slice when fewer are left. */
struct wp_slice wp_get_slice(struct wp_reader *r, size_t n);

/* Bounded writing cursor. Sticky: once something did not fit, full stays true and nothing more is written. */
struct wp_writer {
    uint8_t *p;
    size_t cap, n;
    bool full;
};

static inline struct wp_writer wp_writer(void *p, size_t cap)
{
    return (struct wp_writer){.p = (uint8_t *)p, .cap = cap};
}

static inline struct wp_slice wp_written(const struct wp_writer *w)
{
    return wp_slice(w->p, w->n);
}

/* Here because text known to the compiler becomes a store or two. */
static inline void wp_put_slice(struct wp_writer *w, struct wp_slice s)
{
    if (w->full || w->cap - w->n < s.n) {
        w->full = true;
        return;
    }
    if (s.n > 0)
        memcpy(w->p + w->n, s.p, s.n);
    w->n += s.n;
}

static inline void wp_put_u8(struct wp_writer *w, uint8_t v)
{
    if (w->full || w->n == w->cap) {
        w->full = true;
        return;
    }
    w->p[w->n++] = v;
}

static inline void wp_put_text(struct wp_writer *w, const char *s)
{
    wp_put_slice(w, wp_text(s));
}

static inline void wp_put_char(struct wp_writer *w, char c)
{
    wp_put_u8(w, (uint8_t)c);
}

void wp_put_u16be(struct wp_writer *w, uint16_t v);
void wp_put_u16le(struct wp_writer *w, uint16_t v);
void wp_put_u32be(struct wp_writer *w, uint32_t v);
void wp_put_u32le(struct wp_writer *w, uint32_t v);
void wp_put_uint(struct wp_writer *w, uint64_t v);
void wp_put_int(struct wp_writer *w, int64_t v);
/* Upper-case hex digits, two for each byte, no blanks. */
void wp_put_hex(struct wp_writer *w, struct wp_slice s);
/* The text as a C string inside the writer's memory: appends a 0 (the last byte is given up when full). */
const char *wp_put_end(struct wp_writer *w);

/* Hex digits to bytes; blanks, colons and dashes between bytes are skipped.
 * false: an odd digit, another character, or more than cap bytes; *ret_n is then the character's offset. */
bool wp_hex_read(struct wp_slice text, uint8_t *out, size_t cap, size_t *ret_n);

#endif
