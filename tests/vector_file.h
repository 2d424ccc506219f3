/* Files of ../shared/vectors, for the tests of every codec. */
#ifndef WP_VECTOR_FILE_H
#define WP_VECTOR_FILE_H

#include <check.h>
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

/* vectors/NAME of WATTPROOF_TESTDATA, whatever JSON it is, the caller's to free. NULL: it is not there, which is said. */
static inline cJSON *vector_file(const char *name)
{
    const char *folder = getenv("WATTPROOF_TESTDATA");
    char path[512], *text;
    FILE *in;
    long n;
    cJSON *json;

    snprintf(path, sizeof path, "%s/vectors/%s", folder ? folder : "../shared", name);
    in = fopen(path, "rb");
    if (!in) {
        printf("skipped: no test data at %s\n", path);
        return NULL;
    }
    fseek(in, 0, SEEK_END);
    n = ftell(in);
    rewind(in);
    text = (char *)malloc((size_t)n);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_eq(fread(text, 1, (size_t)n, in), (size_t)n);
    fclose(in);
    json = cJSON_ParseWithLength(text, (size_t)n);
    free(text);
    ck_assert_msg(json != NULL, "%s is not JSON", path);
    return json;
}

#endif
