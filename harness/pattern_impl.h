/* Private to the files of the patterns. */
#ifndef WP_PATTERN_IMPL_H
#define WP_PATTERN_IMPL_H

#include "harness/pattern.h"
#include "sim/core/json_in.h"

/* The level of the record's topic that the pattern's `{name}` binds; empty: there is no such name. */
struct wp_slice pattern_level(const struct pattern *p, const struct wp_record *record, struct wp_slice name);

/* Does the JSON value say what the node says? false: `why` names the member. */
bool payload_fits(const struct pattern *p, const struct wp_record *record, const struct json_tape *tape,
                  uint32_t at, const struct node *expected, const char *path, struct wp_writer *why);

/* The member at a dotted path ("data[0].unit"), from the root; UINT32_MAX: none. */
uint32_t payload_member(const struct json_tape *tape, const char *path);

/* One of the parts of a pattern that hold a list or map of members, each to be looked at by itself. */
struct pattern_look {
    const struct pattern_world *world;
    const struct wp_record *record;
    const struct json_tape *tape;
};

struct pattern_part {
    const char *key; /* "approx" */
    bool (*fits)(const struct pattern_look *look, const struct node *entry, struct wp_writer *why);
};

enum { PATTERN_PARTS = 5 };
extern const struct pattern_part pattern_parts[PATTERN_PARTS];
/* The member that the entry is about. */
const char *pattern_entry_path(const struct node *entry);
bool pattern_qos_fits(const struct pattern *p, const struct wp_record *r);
bool pattern_retain_fits(const struct pattern *p, const struct wp_record *r);
bool pattern_text_fits(const struct pattern *p, const struct wp_record *r);
/* Is anything looked for inside the payload? */
bool pattern_asks_for_json(const struct node *n);

/* Does the good frame have these fields, and others that match these expressions? Either may be NULL. */
bool frame_fits(const struct wp_record *record, const struct node *fields, const struct node *expressions,
                struct wp_writer *why);
/* How many of them it does not have, or that do not match. */
size_t frame_misfits(const struct wp_record *record, const struct node *fields,
                     const struct node *expressions);

/* Is the expression (PCRE2) somewhere in the text? */
bool pattern_text_matches(struct wp_slice text, const char *expression);

/* The payload of a record on a tape that lasts until the next call; NULL: it is no JSON, `why` says where. */
const struct json_tape *payload_tape(struct wp_slice payload, struct wp_writer *why);

#endif
