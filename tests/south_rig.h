/* What the benches of the souths that dial have in common: making, stepping, and what is expected of the trace.
 *
 * A rig defines, in front of this file, RIG_SOUTH (the class) and struct rig, which has outbox, setup, given, endpoint, machine
 * and now in front, then its own, then trace and w; and behind it rig_emit, rig_clear and rig_make_list. */
#ifndef SOUTH_RIG_H
#define SOUTH_RIG_H

static inline void rig_emit(struct wp_outbox *outbox, const struct wp_effect *e);
/* The trace and the counts. */
static inline void rig_clear(struct rig *r);
/* name, value, ..., NULL. Made, not started. */
static inline void rig_make_list(struct rig *r, va_list list);

static inline void rig_head(struct rig *r)
{
    char head[32];

    snprintf(head, sizeof head, "[%3lld.%03lld] ", (long long)(r->now / 1000000),
             (long long)(r->now / 1000 % 1000));
    wp_put_text(&r->w, head);
}

/* The trace since the last look is exactly this. */
static inline void rig_expect(struct rig *r, const char *lines)
{
    ck_assert_msg(!r->w.full, "the trace has room");
    ck_assert_str_eq(wp_put_end(&r->w), lines);
    rig_clear(r);
}

/* ---- stepping ------------------------------------------------------------------------------------- */

static inline void rig_step(struct rig *r, struct wp_event e)
{
    e.now = r->now;
    RIG_SOUTH.step(r->machine, &e, &r->outbox);
}

/* Timers up to `until`; then it is `until`. Between two moments it rests. */
static inline void rig_run(struct rig *r, wp_us until)
{
    unsigned n_at_once = 0;
    wp_us due;

    while ((due = RIG_SOUTH.deadline(r->machine)) <= until) {
        ck_assert_int_ge(due, r->now);
        n_at_once = due == r->now ? n_at_once + 1 : 0;
        ck_assert_uint_lt(n_at_once, 100);
        r->now = due;
        rig_step(r, (struct wp_event){.kind = WP_EV_TIMER});
    }
    r->now = until;
}

static inline const struct wp_option *rig_option(const char *name)
{
    const struct wp_option *o = wp_option_find(RIG_SOUTH.options, RIG_SOUTH.n_options, wp_text(name));

    if (!o)
        o = wp_option_find(gateway_options, GATEWAY_N_OPTIONS, wp_text(name));
    ck_assert_msg(o, "there is an option %s", name);
    return o;
}

/* For rig_make_list. */
static inline void rig_make_south(struct rig *r, va_list list)
{
    const char *name;
    char why[256];
    struct wp_writer w = wp_writer(why, sizeof why);

    memset(r, 0, offsetof(struct rig, trace));
    rig_clear(r);
    r->outbox.emit = rig_emit;
    r->endpoint = RIG_SOUTH.endpoints[0];
    r->setup =
        (struct wp_setup){.name = "gateway", .given = r->given, .endpoints = &r->endpoint, .n_endpoints = 1};
    while ((name = va_arg(list, const char *))) {
        struct wp_option_value *v = &r->given[r->setup.n_given++];

        v->option = rig_option(name);
        ck_assert_msg(wp_option_read(v->option, wp_text(va_arg(list, const char *)), &v->value, &w), "%s: %s",
                      name, wp_put_end(&w));
    }
    ck_assert_msg(RIG_SOUTH.check(&r->setup, &w), "%s", wp_put_end(&w));
    r->machine = malloc(RIG_SOUTH.size(&r->setup));
    ck_assert_ptr_nonnull(r->machine);
    RIG_SOUTH.init(&r->setup, r->machine);
}

static inline void rig_end(struct rig *r)
{
    free(r->machine);
    r->machine = NULL;
}

/* Made and started: it has dialled, the trace has it. */
static inline void rig_start(struct rig *r, ...)
{
    va_list list;

    va_start(list, r);
    rig_make_list(r, list);
    va_end(list);
    rig_step(r, (struct wp_event){.kind = WP_EV_START});
}

#endif
