/* Who may write and control: password levels and the operator code.
 *
 * PA is the level of a password, 0 the highest authority. A request needs the password of its own level, and a level
 * that is high enough for what it asks: option `level`, with exceptions in `levels`. Levels 98 and 99 carry a
 * ciphertext or a MAC for keys that are not in here, and are refused like every level below 9. When the meter has an
 * operator code, it must be right too. */
#include "sim/device/dlt645_meter_inside.h"

static unsigned hex_digit(uint8_t c)
{
    return c <= '9' ? c - (unsigned)'0' : (c | 0x20u) - 'a' + 10;
}

static bool is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* "04000C=2, 1C=3": does `rule` (up to its '=') begin the identifier, or name the function? */
static bool rule_fits(struct wp_slice rule, uint8_t function, uint32_t di)
{
    if (rule.n == 2)
        return hex_digit(rule.p[0]) * 16 + hex_digit(rule.p[1]) == function;
    for (size_t i = 0; i < rule.n; i++)
        if (hex_digit(rule.p[i]) != (di >> (28 - 4 * i) & 0xF))
            return false;
    return function == DLT645_WRITE || function == DLT645_CHANGE_PASSWORD;
}

bool dlt645_meter_next_level(struct wp_slice *text, struct wp_slice *rule, unsigned *level)
{
    size_t n = 0;

    while (text->n > 0 && (text->p[0] == ' ' || text->p[0] == ','))
        *text = wp_slice_from(*text, 1);
    while (n < text->n && is_hex(text->p[n]))
        n++;
    if (n < 2 || n > 8 || text->n < n + 2 || text->p[n] != '=' || text->p[n + 1] < '0' ||
        text->p[n + 1] > '9')
        return false;
    *rule = wp_slice(text->p, n);
    *level = text->p[n + 1] - (unsigned)'0';
    *text = wp_slice_from(*text, n + 2);
    return true;
}

static unsigned level_for(const struct dlt645_meter *m, uint8_t function, uint32_t di)
{
    struct wp_slice text = dlt645_meter_given(m->setup, METER_LEVELS).bytes, rule;
    unsigned found = (unsigned)dlt645_meter_given(m->setup, METER_LEVEL).num, level;

    while (dlt645_meter_next_level(&text, &rule, &level))
        if (rule_fits(rule, function, di))
            found = level;
    return found;
}

/* The password of a level: as changed by 18, else as given. */
static bool is_password(const struct dlt645_meter *m, const struct dlt645_auth *auth)
{
    struct wp_slice changed = dlt645_meter_recall(m, 0x04000C01u + auth->level);
    uint8_t given[3];

    if (changed.n == sizeof given)
        return memcmp(changed.p, auth->password, sizeof given) == 0;
    (void)dlt645_meter_given_octets(m->setup, METER_PASSWORD, given, sizeof given);
    return memcmp(given, auth->password, sizeof given) == 0;
}

static bool is_operator(const struct dlt645_meter *m, const struct dlt645_auth *auth)
{
    uint8_t code[4];

    if (dlt645_meter_given_octets(m->setup, METER_OPERATOR, code, sizeof code) == 0)
        return true;
    return memcmp(code, auth->operator_code, sizeof code) == 0;
}

bool dlt645_meter_may(const struct dlt645_meter *m, uint8_t function, const struct dlt645_body *body)
{
    if (body->auth.level > level_for(m, function, body->di) || !is_password(m, &body->auth))
        return false;
    return !(body->has & DLT645_HAS_OPERATOR) || is_operator(m, &body->auth);
}
