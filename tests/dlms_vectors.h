/* The published DLMS/COSEM vectors, entry by entry: vectors/dlms.json of the test data.
 *
 *     for (struct dlms_vector v = {0}; dlms_vectors_next(&v, "hdlc");)
 *         if (v.is_valid) ...
 *
 * Without the test data the loop has no turn, and one line says so. */
#ifndef WP_DLMS_VECTORS_H
#define WP_DLMS_VECTORS_H

#include "sim/core/decode.h"
#include "tests/vector_file.h"

#include <cjson/cJSON.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { DLMS_VECTOR_MAX = 8192 };

/* One entry. What it points to is valid until the next turn. */
struct dlms_vector {
    const cJSON *entry; /* NULL before the first turn */
    const char *id;     /* "d0042" */
    const char *proto; /* outermost layer of the bytes: "hdlc", "mbus", "dlms-wrapper", "dlms-apdu", "axdr" */
    const char *note;
    struct wp_slice bytes;
    bool is_valid;
    const char *error; /* what an invalid entry must be refused for; "" of a valid one */
    const cJSON *expect;
    bool has_key; /* `key` holds what the entry gives: encryption key, authentication key, system title */
    struct wp_key key;
};

static inline const char *dlms_vectors_folder(void)
{
    const char *folder = getenv("WATTPROOF_TESTDATA");

    return folder ? folder : "../shared";
}

/* An array of entries, read once; NULL, and a line that says so, when it is not there. */
static inline const cJSON *dlms_vectors_load(const char *file)
{
    cJSON *entries = vector_file(file);

    ck_assert_msg(!entries || cJSON_IsArray(entries), "vectors/%s is no array", file);
    return entries;
}

/* The parsed vectors/dlms.json, kept to the end of the program; NULL when it is not there. */
static inline const cJSON *dlms_vectors(void)
{
    static const cJSON *entries;
    static bool is_loaded;

    if (!is_loaded)
        entries = dlms_vectors_load("dlms.json");
    is_loaded = true;
    return entries;
}

/* The text at `key`, "" where there is none. */
static inline const char *dlms_vector_text(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

    return text ? text : "";
}

/* The octets that the digits at `key` stand for; 0 where there is no such key. */
static inline size_t dlms_vector_hex(const cJSON *object, const char *key, uint8_t *out, size_t cap)
{
    size_t n;

    ck_assert_msg(wp_hex_read(wp_text(dlms_vector_text(object, key)), out, cap, &n), "%s of %s", key,
                  dlms_vector_text(object, "id"));
    return n;
}

static inline void dlms_vector_read(const cJSON *entry, struct dlms_vector *out)
{
    static uint8_t bytes[DLMS_VECTOR_MAX];

    *out = (struct dlms_vector){
        .entry = entry,
        .id = dlms_vector_text(entry, "id"),
        .proto = dlms_vector_text(entry, "proto"),
        .note = dlms_vector_text(entry, "note"),
        .bytes = wp_slice(bytes, dlms_vector_hex(entry, "hex", bytes, sizeof bytes)),
        .is_valid = strcmp(dlms_vector_text(entry, "kind"), "valid") == 0,
        .expect = cJSON_GetObjectItemCaseSensitive(entry, "expect"),
    };
    out->error = dlms_vector_text(out->expect, "error");
    out->key.n_key = (uint8_t)dlms_vector_hex(entry, "key", out->key.key, sizeof out->key.key);
    out->key.n_auth = (uint8_t)dlms_vector_hex(entry, "aad", out->key.auth, sizeof out->key.auth);
    out->key.has_title = dlms_vector_hex(entry, "system_title", out->key.title, sizeof out->key.title) ==
                         sizeof out->key.title;
    out->has_key = out->key.n_key > 0;
}

/* The next entry of that protocol, NULL: of any; the first one when v is zeroed. false: there are no more. */
static inline bool dlms_vectors_next(struct dlms_vector *v, const char *proto)
{
    const cJSON *entry = v->entry ? v->entry->next : dlms_vectors() ? dlms_vectors()->child : NULL;

    for (; entry; entry = entry->next) {
        if (proto && strcmp(dlms_vector_text(entry, "proto"), proto) != 0)
            continue;
        dlms_vector_read(entry, v);
        return true;
    }
    return false;
}

#endif
