#include "sim/core/option.h"

/* Durations are held in microseconds; the units, the largest first, so that printing finds it. */
static const struct {
    const char *unit;
    int64_t us;
} units[] = {
    {"d", 86400000000}, {"h", 3600000000}, {"min", 60000000}, {"s", 1000000}, {"ms", 1000}, {"us", 1},
};

enum { N_UNITS = sizeof units / sizeof units[0], DECIMAL_BOUND_PLACES = 6 };

const struct wp_option *wp_option_find(const struct wp_option *table, size_t n, struct wp_slice name)
{
    for (size_t i = 0; i < n; i++)
        if (wp_slice_is(name, table[i].name))
            return &table[i];
    return NULL;
}

static bool is_letter(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

/* One "1.5h"; advances *at. */
static bool read_part(struct wp_slice text, size_t *at, int64_t *us)
{
    size_t start = *at, unit;
    struct wp_value number;

    while (*at < text.n && !is_letter(text.p[*at]))
        (*at)++;
    unit = *at;
    while (*at < text.n && is_letter(text.p[*at]))
        (*at)++;
    if (!wp_number_read(wp_slice(text.p + start, unit - start), &number) || number.kind != WP_DECIMAL)
        return false;
    for (int i = 0; i < N_UNITS; i++) {
        if (!wp_slice_is(wp_slice(text.p + unit, *at - unit), units[i].unit))
            continue;
        for (; number.exp10 < 0 && number.num % 10 == 0; number.exp10++)
            number.num /= 10;
        if (__builtin_mul_overflow(number.num, units[i].us, us))
            return false;
        for (; number.exp10 > 0; number.exp10--)
            if (__builtin_mul_overflow(*us, 10, us))
                return false;
        for (; number.exp10 < 0; number.exp10++) {
            if (*us % 10 != 0)
                return false; /* finer than a microsecond */
            *us /= 10;
        }
        return true;
    }
    return false;
}

bool wp_duration_read(struct wp_slice text, int64_t *out)
{
    bool negative = text.n > 0 && text.p[0] == '-';
    size_t at = negative || (text.n > 0 && text.p[0] == '+') ? 1 : 0;
    int64_t sum = 0, part;

    if (wp_slice_is(wp_slice_from(text, at), "0")) {
        *out = 0;
        return true;
    }
    if (at == text.n)
        return false;
    while (at < text.n)
        if (!read_part(text, &at, &part) || part < 0 || __builtin_add_overflow(sum, part, &sum))
            return false;
    *out = negative ? -sum : sum;
    return true;
}

void wp_put_duration(struct wp_writer *w, int64_t us)
{
    if (us == 0) {
        wp_put_text(w, "0s");
        return;
    }
    for (int i = 0; i < N_UNITS; i++) {
        if (us % units[i].us == 0) {
            wp_put_int(w, us / units[i].us);
            wp_put_text(w, units[i].unit);
            return;
        }
    }
}

static void say(struct wp_writer *why, const char *text)
{
    if (why)
        wp_put_text(why, text);
}

static void say_range(struct wp_writer *why, const struct wp_option *option)
{
    static const char *const what[] = {
        [WP_OPT_INT] = "a whole number",
        [WP_OPT_DECIMAL] = "a decimal number",
        [WP_OPT_DURATION] = "a duration such as 250ms",
    };
    int places = option->type == WP_OPT_DECIMAL ? DECIMAL_BOUND_PLACES : 0;

    if (!why)
        return;
    say(why, what[option->type]);
    if (option->min == 0 && option->max == 0)
        return;
    say(why, " from ");
    if (option->type == WP_OPT_DURATION) {
        wp_put_duration(why, option->min);
        say(why, " to ");
        wp_put_duration(why, option->max);
        return;
    }
    for (int64_t bound = option->min;; bound = option->max) {
        struct wp_value v = wp_decimal(bound, -places);

        for (; v.exp10 < 0 && v.num % 10 == 0; v.exp10++)
            v.num /= 10;
        wp_put_value(why, v);
        if (bound == option->max)
            return;
        say(why, " to ");
    }
}

static bool in_range(const struct wp_option *option, struct wp_value v, int places)
{
    if (option->min == 0 && option->max == 0)
        return true;
    return wp_number_cmp(v, wp_decimal(option->min, -places)) >= 0 &&
           wp_number_cmp(v, wp_decimal(option->max, -places)) <= 0;
}

static bool is_choice(const char *choices, struct wp_slice text)
{
    for (const char *at = choices; *at;) {
        size_t n = strcspn(at, "|");

        if (wp_slice_eq(wp_slice(at, n), text))
            return true;
        at += n + (at[n] == '|');
    }
    return false;
}

static bool read_hex(struct wp_slice text, struct wp_writer *why)
{
    uint8_t octets[1024];
    size_t n;

    if (wp_hex_read(text, octets, sizeof octets, &n))
        return true;
    say(why, "hex digits, two for each octet");
    return false;
}

bool wp_option_read(const struct wp_option *option, struct wp_slice text, struct wp_value *out,
                    struct wp_writer *why)
{
    int places = option->type == WP_OPT_DECIMAL ? DECIMAL_BOUND_PLACES : 0;

    switch (option->type) {
    case WP_OPT_BOOL:
        if (wp_slice_is(text, "true") || wp_slice_is(text, "false")) {
            *out = wp_bool(wp_slice_is(text, "true"));
            return true;
        }
        say(why, "true or false");
        return false;
    case WP_OPT_INT:
    case WP_OPT_DECIMAL:
        if (wp_number_read(text, out) && out->kind == WP_DECIMAL && in_range(option, *out, places) &&
            (option->type == WP_OPT_DECIMAL || out->exp10 == 0))
            return true;
        say_range(why, option);
        return false;
    case WP_OPT_DURATION: {
        int64_t us;

        if (wp_duration_read(text, &us) && in_range(option, wp_int(us), 0)) {
            *out = wp_int(us);
            return true;
        }
        say_range(why, option);
        return false;
    }
    case WP_OPT_HEX: *out = wp_text_value(text); return read_hex(text, why);
    case WP_OPT_ENUM:
        if (is_choice(option->choices, text)) {
            *out = wp_text_value(text);
            return true;
        }
        say(why, "one of ");
        say(why, option->choices);
        return false;
    case WP_OPT_FILE:
    case WP_OPT_TEXT: *out = wp_text_value(text); return wp_slice_is_utf8(text);
    }
    return false;
}
