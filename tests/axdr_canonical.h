/* A-XDR from its one-line text, as the published vectors write it: "S2[os:0100010700FF u32:291]". */
#ifndef WP_TEST_AXDR_CANONICAL_H
#define WP_TEST_AXDR_CANONICAL_H

#include "sim/codec/axdr.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static inline size_t axdr_canonical_digits(const char *text, uint8_t *out, size_t cap)
{
    size_t n = 0;

    ck_assert(wp_hex_read(wp_slice(text, strcspn(text, " ]")), out, cap, &n));
    return n;
}

/* "bs:128:1000.." */
static inline void axdr_canonical_bits(struct wp_writer *w, const char *text)
{
    uint8_t octets[1024];
    char *end;
    uint32_t n = (uint32_t)strtoul(text, &end, 10);

    axdr_canonical_digits(end + 1, octets, sizeof octets);
    axdr_put_bits(w, octets, n);
}

/* "u32:291": the value stands behind the colon. */
static inline void axdr_canonical_scalar(struct wp_writer *w, uint8_t tag, const char *value)
{
    const struct axdr_type *type = axdr_type(tag);
    uint8_t octets[4096];
    size_t n;

    if (type->form == AXDR_SIGNED) {
        axdr_put_scalar(w, (enum axdr_tag)tag, (uint64_t)strtoll(value, NULL, 10));
    } else if (type->form == AXDR_UNSIGNED) {
        axdr_put_scalar(w, (enum axdr_tag)tag, strtoull(value, NULL, 10));
    } else if (type->form == AXDR_BITS) {
        axdr_canonical_bits(w, value);
    } else {
        n = axdr_canonical_digits(value, octets, sizeof octets);
        wp_put_u8(w, tag);
        if (type->form == AXDR_STRING)
            axdr_put_length(w, (uint32_t)n);
        wp_put_slice(w, wp_slice(octets, n));
    }
}

static inline void axdr_from_canonical(struct wp_writer *w, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, " ]");

        if (*text == ' ' || *text == ']') {
            text++;
        } else if (*text == 'A' || *text == 'S') {
            char *end;
            uint32_t count = (uint32_t)strtoul(text + 1, &end, 10);

            if (*text == 'A')
                axdr_put_array(w, count);
            else
                axdr_put_structure(w, count);
            text = end + 1; /* behind [ */
        } else {
            unsigned tag = 0;
            const struct axdr_type *type = axdr_type(0);

            for (; tag < 256; tag++) {
                type = axdr_type((uint8_t)tag);
                if (type && strncmp(text, type->prefix, strlen(type->prefix)) == 0 && *text != 'A' &&
                    *text != 'S')
                    break;
            }
            ck_assert_msg(tag < 256, "no type: %s", text);
            axdr_canonical_scalar(w, (uint8_t)tag, text + strlen(type->prefix));
            text += n;
        }
    }
}

#endif
