/* Services that vanish, freeze or are slow, by name and for so many periods. */
#include "sim/device/venus_system_inside.h"

enum { SLOW_S = 2 };

#define FOREVER UINT32_MAX

static struct venus_system_service *next_service(struct venus_system *m, struct wp_slice *names,
                                                 bool *ret_unknown)
{
    const struct venus_profile *profile;
    const char *why;
    int instance;

    *ret_unknown = false;
    if (!venus_system_next(names, &profile, &instance, &why)) {
        *ret_unknown = why[0] != '\0';
        return NULL;
    }
    for (uint32_t i = 0; i < m->n_services; i++)
        if (m->service[i].profile == profile && m->service[i].instance == instance)
            return &m->service[i];
    *ret_unknown = true;
    return NULL;
}

bool venus_faults_check(struct venus_system *m, struct wp_slice names, const char *option,
                        struct wp_writer *why)
{
    bool is_unknown;

    while (next_service(m, &names, &is_unknown))
        ;
    if (is_unknown && why) {
        wp_put_text(why, option);
        wp_put_text(why, ": names services of the site, as vebus/257 pvinverter/20");
    }
    return !is_unknown;
}

static uint32_t *left(struct venus_system_service *s, enum venus_system_row row)
{
    assert(row >= SYSTEM_VANISH);
    assert(row < SYSTEM_ROWS);
    return &s->fault[row - SYSTEM_VANISH];
}

static void follow(struct venus_system_service *s)
{
    venus_items_conduct(s->items)->items_delay = venus_faults_has(s, SYSTEM_SLOW) ? WP_SEC(SLOW_S) : 0;
}

void venus_faults_set(struct venus_system *m, enum venus_system_row row, struct wp_value names,
                      uint32_t times, struct wp_outbox *out)
{
    struct wp_slice text = names.kind == WP_TEXT ? names.bytes : wp_text("");
    struct venus_system_service *s;
    bool is_unknown;

    for (uint32_t i = 0; i < m->n_services; i++)
        *left(&m->service[i], row) = 0;
    while ((s = next_service(m, &text, &is_unknown)) != NULL)
        *left(s, row) = times ? times : FOREVER;
    if (is_unknown)
        wp_note(out, "unknown-service", names.bytes, 1);
    for (uint32_t i = 0; i < m->n_services; i++)
        follow(&m->service[i]);
}

bool venus_faults_has(const struct venus_system_service *s, enum venus_system_row row)
{
    return s->fault[row - SYSTEM_VANISH] > 0;
}

void venus_faults_tick(struct venus_system_service *s)
{
    for (unsigned i = 0; i < SYSTEM_FAULTS; i++)
        if (s->fault[i] > 0 && s->fault[i] != FOREVER)
            s->fault[i]--;
    follow(s);
}
