/* A push body, mapped and said in one line. */
#ifndef WP_TEST_PUSH_SAID_H
#define WP_TEST_PUSH_SAID_H

#include "sim/codec/cosem_push.h"
#include "tests/axdr_canonical.h"

enum { PUSH_POINTS = 256, PUSH_OCTETS = 8192 };

static struct cosem_point push_points[PUSH_POINTS];
static struct cosem_push push;

static inline void push_map_as(const char *profile, struct wp_slice body)
{
    struct cosem_push_setup setup = {.profile = cosem_profile_find(NULL, wp_text(profile))};

    ck_assert_msg(setup.profile != NULL, "no profile %s", profile);
    cosem_push_map(body, &setup, push_points, PUSH_POINTS, &push);
}

/* Hex digits, of which the mapper gets exactly as many octets of memory. */
static inline void push_hex(const char *profile, const char *hex)
{
    static uint8_t octets[PUSH_OCTETS];
    static uint8_t *exact;
    size_t n;

    ck_assert(wp_hex_read(wp_text(hex), octets, sizeof octets, &n));
    free(exact);
    exact = (uint8_t *)malloc(n);
    ck_assert_ptr_nonnull(exact);
    memcpy(exact, octets, n);
    push_map_as(profile, wp_slice(exact, n));
}

/* "S2[os:0100010700FF u32:291]" */
static inline struct wp_slice push_body(const char *canonical)
{
    static uint8_t octets[PUSH_OCTETS];
    struct wp_writer w = wp_writer(octets, sizeof octets);

    axdr_from_canonical(&w, canonical);
    ck_assert(!w.full);
    return wp_written(&w);
}

static inline void push_text(const char *profile, const char *canonical)
{
    push_map_as(profile, push_body(canonical));
}

/* "1-0:1.7.0.255=920 W, " for every point; "#2 " before the second row of a buffer */
static inline const char *push_said(void)
{
    static char text[8192];
    static char texts[4096];
    struct wp_writer w = wp_writer(text, sizeof text), t = wp_writer(texts, sizeof texts);

    for (size_t i = 0; i < push.n_points; i++) {
        const struct cosem_point *point = &push_points[i];

        wp_put_text(&w, i > 0 ? ", " : "");
        if (point->row) {
            wp_put_char(&w, '#');
            wp_put_uint(&w, point->row);
            wp_put_char(&w, ' ');
        }
        obis_put(&w, point->ln);
        wp_put_char(&w, '=');
        wp_put_value(&w, cosem_point_value(point, &t));
        if (*cosem_point_unit(point)) {
            wp_put_char(&w, ' ');
            wp_put_text(&w, cosem_point_unit(point));
        }
    }
    return wp_put_end(&w);
}

#endif
