/* A pattern names the record that it matches and what it must say. */
#ifndef WP_PATTERN_H
#define WP_PATTERN_H

#include "harness/yaml.h"
#include "sim/core/transcript.h"

/* A pattern is its node in the scenario; this is what is looked up once. */
struct pattern {
    const struct node *node;
    enum wp_record_kind kind;
    struct wp_slice
        key; /* what the naming member says: a topic with {name} levels, a machine, a codec, a device */
    uint8_t filter[300]; /* the topic as a filter, {name} levels being + */
    size_t filter_n;
    const char *from, *to;
    uint32_t min, max; /* how often; max UINT32_MAX: any number */
    wp_us within;
    bool strict_order;
    const struct node *proves;
};

/* What the matching needs beyond the record. */
struct pattern_world {
    int64_t epoch_us;
    const struct contract_set *contracts; /* for `schema:` */
};

/* false: `why` has file:line:column and the sentence. */
bool pattern_read(struct pattern *p, const char *file, const struct node *node, struct wp_writer *why);

/* Does the record have the pattern's kind, topic and parties? Cheap; asked for every record. */
bool pattern_names(const struct pattern *p, const struct wp_record *record);

/* Given that it does: does it say what the pattern wants? false: `why` (may be NULL) gets one sentence:
 * "value: expected 12345.67, came 12345.6". */
bool pattern_fits(const struct pattern *p, const struct pattern_world *world, const struct wp_record *record,
                  struct wp_writer *why);

/* Everything in which a record differs from what the pattern wants: members by their dotted path, with [] for whatever
 * element of a list; "@qos", "@retain", "@text", "@json" (no JSON at all), "@schema", "@lacking" (a member of the
 * first level is not there), and what a judge adds: "@missing", "@count", "@time", "@order". */
enum { PATTERN_MISFITS_MAX = 24, PATTERN_PATH_MAX = 64 };

struct pattern_misfits {
    size_t n;
    size_t members, asked; /* how many of those that the pattern asks for differ, of how many */
    char path[PATTERN_MISFITS_MAX][PATTERN_PATH_MAX];
};

/* Of a message that the pattern names. Of a frame only how many fields differ; nothing for other records. */
void pattern_misfits(const struct pattern *p, const struct pattern_world *world,
                     const struct wp_record *record, struct pattern_misfits *out);
void pattern_misfit_add(struct pattern_misfits *m, const char *path);

/* What stands at a dotted path of the record's payload, bare, or in the level of its topic that the pattern calls `{name}`,
 * when the path is that; nothing when it is not there. */
void pattern_put_member(struct wp_writer *w, const struct pattern *p, const struct wp_record *record,
                        const char *path);

/* The duration that a scalar says, or the fallback. */
wp_us node_duration_or(const struct node *n, wp_us fallback);

/* One line about the record for people: "ivy/v1/.../telemetry {...}". */
void pattern_put_record(struct wp_writer *w, const struct wp_record *record);
/* One line about what is awaited: "topic ivy/v1/.../response". */
void pattern_put(struct wp_writer *w, const struct pattern *p);

#endif
