/* The published LuxPower vectors, entry by entry: vectors/lxp.json of the test data.
 *
 *     for (struct lxp_vector v = {0}; lxp_vectors_next(&v);)
 *         if (v.is_valid) ...
 *
 * Without the test data the loop has no turn, and one line says so. */
#ifndef WP_LXP_VECTORS_H
#define WP_LXP_VECTORS_H

#include "sim/core/bytes.h"
#include "tests/vector_file.h"

#include <cjson/cJSON.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { LXP_VECTOR_MAX = 1024 };

/* One entry. What it points to is valid until the next turn. */
struct lxp_vector {
    const cJSON *entry; /* NULL before the first turn */
    const char *id;     /* "lxp-012" */
    const char *note;
    struct wp_slice bytes;
    bool is_valid;
    bool is_stream; /* what one read gave, not exactly one frame */
    const cJSON *expect;
    uint8_t memory[LXP_VECTOR_MAX];
};

/* The parsed file, kept to the end of the program; NULL, and a line that says so, when it is not there. */
static inline const cJSON *lxp_vectors(void)
{
    static cJSON *entries;
    static bool is_loaded;

    if (is_loaded)
        return entries;
    is_loaded = true;
    entries = vector_file("lxp.json");
    ck_assert_msg(!entries || cJSON_IsArray(entries), "vectors/lxp.json is no array");
    return entries;
}

/* "" where there is none. */
static inline const char *lxp_vector_text(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

    return text ? text : "";
}

static inline bool lxp_vectors_next(struct lxp_vector *v)
{
    const cJSON *entries = lxp_vectors();
    const char *hex;
    size_t n;

    if (!entries)
        return false;
    v->entry = v->entry ? v->entry->next : entries->child;
    if (!v->entry)
        return false;
    v->id = lxp_vector_text(v->entry, "id");
    v->note = lxp_vector_text(v->entry, "note");
    v->is_valid = strcmp(lxp_vector_text(v->entry, "kind"), "valid") == 0;
    v->is_stream = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(v->entry, "stream"));
    v->expect = cJSON_GetObjectItemCaseSensitive(v->entry, "expect");
    hex = lxp_vector_text(v->entry, "hex");
    ck_assert_msg(wp_hex_read(wp_text(hex), v->memory, sizeof v->memory, &n), "%s: %s", v->id, hex);
    v->bytes = wp_slice(v->memory, n);
    return true;
}

/* The entry of this id, "lxp-012"; false, where there is no test data. */
static inline bool lxp_vectors_find(struct lxp_vector *v, const char *id)
{
    v->entry = NULL;
    while (lxp_vectors_next(v))
        if (strcmp(v->id, id) == 0)
            return true;
    ck_assert_msg(!lxp_vectors(), "vectors/lxp.json has no entry '%s'", id);
    return false;
}

#endif
