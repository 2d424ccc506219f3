#include "sim/core/json_out.h"

#include <assert.h>
#include <math.h>

struct json_out json_out(struct wp_writer *w)
{
    return (struct json_out){.w = w};
}

/* Before every key and every value that stands for itself. */
static void separate(struct json_out *j)
{
    if (j->behind_key) {
        j->behind_key = false;
        return;
    }
    if (j->more >> j->depth & 1)
        wp_put_char(j->w, ',');
    j->more |= 1u << j->depth;
}

static void open_container(struct json_out *j, char bracket)
{
    separate(j);
    wp_put_char(j->w, bracket);
    assert(j->depth + 1 < JSON_OUT_DEPTH);
    j->depth++;
    j->more &= ~(1u << j->depth);
}

static void close_container(struct json_out *j, char bracket)
{
    assert(j->depth > 0);
    j->depth--;
    wp_put_char(j->w, bracket);
}

void json_open_object(struct json_out *j)
{
    open_container(j, '{');
}

void json_close_object(struct json_out *j)
{
    close_container(j, '}');
}

void json_open_array(struct json_out *j)
{
    open_container(j, '[');
}

void json_close_array(struct json_out *j)
{
    close_container(j, ']');
}

void json_key(struct json_out *j, const char *key)
{
    separate(j);
    wp_put_char(j->w, '"');
    wp_put_text(j->w, key);
    wp_put_slice(j->w, wp_slice("\":", 2));
    j->behind_key = true;
}

/* Length of the UTF-8 sequence at p; 0: none. */
static size_t sequence(const uint8_t *p, size_t n)
{
    for (size_t len = 2; len <= 4 && len <= n; len++)
        if (wp_slice_is_utf8(wp_slice(p, len)) && p[0] >= 0xC0)
            return len;
    return 0;
}

static void put_escape(struct wp_writer *w, uint8_t c)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *hit = c ? strchr(from, c) : NULL;

    wp_put_char(w, '\\');
    if (hit) {
        wp_put_char(w, to[hit - from]);
        return;
    }
    wp_put_text(w, "u00");
    wp_put_hex(w, wp_slice(&c, 1));
}

static void put_string(struct wp_writer *w, struct wp_slice text)
{
    size_t plain = 0; /* start of what has not been written yet */

    if (text.n == 0) {
        wp_put_text(w, "\"\"");
        return;
    }
    wp_put_char(w, '"');
    for (size_t i = 0; i < text.n;) {
        uint8_t c = text.p[i];
        size_t len = 1;

        if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
            i++;
            continue;
        }
        if (c >= 0x80 && (len = sequence(text.p + i, text.n - i)) > 0) {
            i += len;
            continue;
        }
        wp_put_slice(w, wp_slice(text.p + plain, i - plain));
        if (c >= 0x80)
            wp_put_text(w, "\xEF\xBF\xBD"); /* U+FFFD */
        else
            put_escape(w, c);
        plain = ++i;
    }
    wp_put_slice(w, wp_slice(text.p + plain, text.n - plain));
    wp_put_char(w, '"');
}

void json_key_slice(struct json_out *j, struct wp_slice key)
{
    separate(j);
    put_string(j->w, key);
    wp_put_char(j->w, ':');
    j->behind_key = true;
}

void json_put_text(struct json_out *j, struct wp_slice text)
{
    separate(j);
    put_string(j->w, text);
}

void json_put_value(struct json_out *j, struct wp_value v)
{
    switch (v.kind) {
    case WP_TEXT: json_put_text(j, v.bytes); break;
    case WP_BYTES:
    case WP_TREE:
        separate(j);
        wp_put_char(j->w, '"');
        wp_put_hex(j->w, v.bytes);
        wp_put_char(j->w, '"');
        break;
    case WP_REAL:
        separate(j);
        wp_put_value(j->w, isfinite(v.real) ? v : wp_null());
        break;
    case WP_NULL:
    case WP_BOOL:
    case WP_DECIMAL:
    case WP_UINT:
        separate(j);
        wp_put_value(j->w, v);
        break;
    }
}

void json_put_int(struct json_out *j, int64_t v)
{
    separate(j);
    wp_put_int(j->w, v);
}

void json_put_bool(struct json_out *j, bool v)
{
    separate(j);
    wp_put_text(j->w, v ? "true" : "false");
}

void json_put_null(struct json_out *j)
{
    separate(j);
    wp_put_text(j->w, "null");
}

void json_put_raw(struct json_out *j, struct wp_slice json)
{
    separate(j);
    wp_put_slice(j->w, json);
}

void json_text_member(struct json_out *j, const char *key, struct wp_slice text)
{
    json_key(j, key);
    json_put_text(j, text);
}

void json_int_member(struct json_out *j, const char *key, int64_t v)
{
    json_key(j, key);
    json_put_int(j, v);
}

void json_value_member(struct json_out *j, const char *key, struct wp_value v)
{
    json_key(j, key);
    json_put_value(j, v);
}

void json_bool_member(struct json_out *j, const char *key, bool v)
{
    json_key(j, key);
    json_put_bool(j, v);
}
