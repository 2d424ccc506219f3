/* JSON, streamed into a bounded writer: commas come by themselves, text is escaped, numbers stay exact. */
#ifndef WP_JSON_OUT_H
#define WP_JSON_OUT_H

#include "sim/core/value.h"

struct json_tape;

enum { JSON_OUT_DEPTH = 32 };

struct json_out {
    struct wp_writer *w;
    uint32_t more; /* bit d: something stands already at depth d, so a comma comes next */
    unsigned depth;
    bool behind_key;
};

struct json_out json_out(struct wp_writer *w);
void json_open_object(struct json_out *j);
void json_close_object(struct json_out *j);
void json_open_array(struct json_out *j);
void json_close_array(struct json_out *j);
void json_key_slice(struct json_out *j, struct wp_slice key); /* any text */
/* Text; bytes that are no UTF-8 become U+FFFD, one for each longest piece of a sequence (Unicode 15, 3.9). */
void json_put_text(struct json_out *j, struct wp_slice text);
/* Numbers, booleans, null and text as such; bytes as a string of hex digits; NaN and infinities as null. */
void json_put_value(struct json_out *j, struct wp_value v);
void json_put_int(struct json_out *j, int64_t v);
void json_put_uint(struct json_out *j, uint64_t v);
/* A string of upper-case hex digits. */
void json_put_hex(struct json_out *j, struct wp_slice bytes);
void json_put_bool(struct json_out *j, bool v);
void json_put_null(struct json_out *j);
/* Well-formed JSON from elsewhere, as it is. */
void json_put_raw(struct json_out *j, struct wp_slice json);
/* A value from a tape, on one line. */
void json_put_token(struct json_out *j, const struct json_tape *tape, uint32_t i);

/* Here because a key known to the compiler becomes a store or two. `key` is plain: no character of it needs an
 * escape. */
static inline void json_key(struct json_out *j, const char *key)
{
    struct wp_writer *w = j->w;
    size_t n = strlen(key);
    uint32_t bit = 1u << j->depth;
    uint8_t *p = w->p + w->n;

    if (w->full || w->cap - w->n < n + 4) {
        json_key_slice(j, wp_slice(key, n));
        return;
    }
    if (j->more & bit)
        *p++ = ',';
    *p++ = '"';
    memcpy(p, key, n);
    p += n;
    *p++ = '"';
    *p++ = ':';
    w->n = (size_t)(p - w->p);
    j->more |= bit;
    j->behind_key = true;
}

/* json_key and the value in one. */
static inline void json_text_member(struct json_out *j, const char *key, struct wp_slice text)
{
    json_key(j, key);
    json_put_text(j, text);
}

static inline void json_int_member(struct json_out *j, const char *key, int64_t v)
{
    json_key(j, key);
    json_put_int(j, v);
}

static inline void json_uint_member(struct json_out *j, const char *key, uint64_t v)
{
    json_key(j, key);
    json_put_uint(j, v);
}

static inline void json_hex_member(struct json_out *j, const char *key, struct wp_slice bytes)
{
    json_key(j, key);
    json_put_hex(j, bytes);
}

static inline void json_value_member(struct json_out *j, const char *key, struct wp_value v)
{
    json_key(j, key);
    json_put_value(j, v);
}

static inline void json_bool_member(struct json_out *j, const char *key, bool v)
{
    json_key(j, key);
    json_put_bool(j, v);
}

#endif
