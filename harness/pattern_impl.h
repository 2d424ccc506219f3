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

/* Does the frame have these fields? */
bool frame_fits(const struct wp_record *record, const struct node *fields, struct wp_writer *why);

/* The payload of a record on a tape that lasts until the next call; NULL: it is no JSON, `why` says where. */
const struct json_tape *payload_tape(struct wp_slice payload, struct wp_writer *why);

#endif
