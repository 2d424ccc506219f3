/* JSON, streamed into a bounded writer: commas come by themselves, text is escaped, numbers stay exact. */
#ifndef WP_JSON_OUT_H
#define WP_JSON_OUT_H

#include "sim/core/value.h"

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
/* `key` is plain: no character of it needs an escape. */
void json_key(struct json_out *j, const char *key);
void json_key_slice(struct json_out *j, struct wp_slice key); /* any text */
/* Text; bytes that are no UTF-8 become U+FFFD. */
void json_put_text(struct json_out *j, struct wp_slice text);
/* Numbers, booleans, null and text as such; bytes as a string of hex digits; NaN and infinities as null. */
void json_put_value(struct json_out *j, struct wp_value v);
void json_put_int(struct json_out *j, int64_t v);
void json_put_bool(struct json_out *j, bool v);
void json_put_null(struct json_out *j);
/* Well-formed JSON from elsewhere, as it is. */
void json_put_raw(struct json_out *j, struct wp_slice json);

/* json_key and the value in one. */
void json_text_member(struct json_out *j, const char *key, struct wp_slice text);
void json_int_member(struct json_out *j, const char *key, int64_t v);
void json_value_member(struct json_out *j, const char *key, struct wp_value v);
void json_bool_member(struct json_out *j, const char *key, bool v);

#endif
