/* Shared by gist*.c: a parsed line, and the hash of what it says. */
#ifndef WP_GIST_IMPL_H
#define WP_GIST_IMPL_H

#include "harness/gist.h"

/* A text's tape in memory that grows with the longest one. */
struct parsed {
    struct json_tape tape;
    struct json_token *tokens;
    size_t cap;
};

struct gist_reader {
    int64_t start_us; /* the run's clock at its start, since 1970; 0: not known yet */
    bool is_live;
    int64_t at_us; /* of the line */
    bool is_delivery;
    struct parsed line, payload;
    char *plain; /* the payload without JSON's escapes */
    size_t plain_cap;
};

bool gist_parse(struct parsed *p, struct wp_slice text);
/* The line as an object with a `record`; its time is in the reader. */
bool gist_parse_line(struct gist_reader *r, struct wp_slice line);
/* The line's string token i into r->payload. false: it is no JSON; `ret_plain` is its text all the same. */
bool gist_parse_payload(struct gist_reader *r, uint32_t i, struct wp_slice *ret_plain);

/* The member of the line's object; 0: none. */
uint32_t gist_member(const struct json_tape *t, const char *name);
bool gist_member_is(const struct json_tape *t, const char *name, const char *text);
int64_t gist_int(const struct json_tape *t, const char *name);
bool gist_key_is_one_of(const struct json_tape *t, uint32_t key, const char *const *names, size_t n);

/* Equal for what says the same at its time. */
uint64_t gist_hash_value(struct gist_reader *r, const struct json_tape *t, uint32_t i);
/* The same of a member of the line, as its name wants it. */
uint64_t gist_hash_member(struct gist_reader *r, uint32_t key);
bool gist_is_compared(const struct gist_reader *r, uint32_t key);

#endif
