/* A scenario with the SUT's own meters and inverters in place of its own: the file's text is read again with the other
 * addresses and serials, which have as many characters, so all places in it stay. */
#include "harness/sut_devices.h"
#include "harness/sut_fit.h"

/* ---- the SUT's own meters --------------------------------------------------------------------------- */

static bool is_digit_at(struct wp_slice text, size_t at)
{
    return at < text.n && text.p[at] >= '0' && text.p[at] <= '9';
}

/* Every address that stands alone becomes the other one; both have twelve digits, so all places stay. */
static void replace(uint8_t *text, size_t n, const char *from, const char *to)
{
    const size_t digits = strlen(from);
    const struct wp_slice all = wp_slice(text, n);

    for (size_t i = 0; i + digits <= n; i++) {
        if (memcmp(text + i, from, digits) != 0 || (i > 0 && is_digit_at(all, i - 1)) ||
            is_digit_at(all, i + digits))
            continue;
        memcpy(text + i, to, digits);
    }
}

static const char *address_of(const struct scenario *s, size_t device)
{
    const struct node *devices = node_get(s->root, "devices"), *n = devices->first;

    for (size_t i = 0; i < device; i++)
        n = n->next;
    return node_text(node_get(n, "address"), "");
}

/* In two turns, for the SUT's address of one meter may be the scenario's of another. */
static struct wp_slice put_meters(const struct sut *sut, const struct scenario *s, struct wp_slice text,
                                  struct arena *a)
{
    uint8_t *bytes = (uint8_t *)arena_text(a, text);
    const struct node *meter = sut->meters->first;

    for (size_t i = 0; i < s->n_devices && i < sut->meters->count; i++)
        if (strlen(address_of(s, i)) == 12)
            replace(bytes, text.n, address_of(s, i), arena_print(a, "~~~~~~~~%04zu", i));
    for (size_t i = 0; i < s->n_devices && i < sut->meters->count; i++, meter = meter->next)
        replace(bytes, text.n, arena_print(a, "~~~~~~~~%04zu", i), node_text(meter, ""));
    return wp_slice(bytes, text.n);
}

/* ---- the SUT's own inverters -------------------------------------------------------------------------- */

enum { SERIAL_CHARS = 10 };

static const char *device_text(const struct scenario_device *d, const char *option, struct arena *a)
{
    const struct wp_option *o = wp_option_find(d->class->options, d->class->n_options, wp_text(option));

    for (size_t i = 0; i < d->n_given; i++)
        if (d->given[i].option == o && d->given[i].value.kind == WP_TEXT)
            return arena_text(a, d->given[i].value.bytes);
    return o ? o->fallback : NULL;
}

/* The two serials of a device: the inverter's own, and its datalog's, which is made from it unless it is given. */
static bool serials_of(const struct scenario_device *d, struct arena *a, const char *out[2])
{
    out[0] = device_text(d, "serial", a);
    out[1] = device_text(d, "datalog", a);
    if (!out[0] || strlen(out[0]) != SERIAL_CHARS)
        return false;
    if (!out[1])
        out[1] = arena_print(a, "BA%s", out[0] + 2);
    return strlen(out[1]) == SERIAL_CHARS;
}

/* In two turns, as with meters. */
static struct wp_slice put_inverters(const struct sut *sut, const struct scenario *s, struct wp_slice text,
                                     struct arena *a)
{
    uint8_t *bytes = (uint8_t *)arena_text(a, text);
    const struct node *n = sut->inverters->first;
    const char *old[2];

    for (size_t i = 0; i < s->n_devices && i < sut->inverters->count; i++)
        for (unsigned k = 0; k < 2 && serials_of(&s->devices[i], a, old); k++)
            replace(bytes, text.n, old[k], arena_print(a, "~~~~%u~%04zu", k, i));
    for (size_t i = 0; i < s->n_devices && i < sut->inverters->count; i++, n = n->next)
        for (unsigned k = 0; k < 2; k++)
            replace(bytes, text.n, arena_print(a, "~~~~%u~%04zu", k, i),
                    arena_print(a, "%.10s", node_text(n, "") + k * (SERIAL_CHARS + 1)));
    return wp_slice(bytes, text.n);
}

static void give(struct scenario_device *d, const char *option, struct wp_slice text)
{
    const struct wp_option *o = wp_option_find(d->class->options, d->class->n_options, wp_text(option));

    if (o && d->n_given < SCENARIO_GIVEN_MAX)
        d->given[d->n_given++] = (struct wp_option_value){o, wp_text_value(text)};
}

/* A device that had its serials by default has them said. */
static void give_serials(const struct sut *sut, struct scenario *s)
{
    const struct node *n = sut->inverters->first;

    for (size_t i = 0; i < s->n_devices && n; i++, n = n->next) {
        const char *text = node_text(n, "");

        give(&s->devices[i], "serial", wp_slice(text, SERIAL_CHARS));
        give(&s->devices[i], "datalog", wp_slice(text + SERIAL_CHARS + 1, SERIAL_CHARS));
    }
}

/* ---- the SUT's own portal ------------------------------------------------------------------------------- */

/* It has as many characters, too. */
static struct wp_slice put_portal(const struct sut *sut, struct wp_slice text, struct arena *a)
{
    uint8_t *bytes = (uint8_t *)arena_text(a, text);

    replace(bytes, text.n, SUT_PORTAL, sut->portal);
    return wp_slice(bytes, text.n);
}

struct scenario *sut_adapt(const struct sut *sut, struct scenario *s, struct scenario_list *own,
                           struct wp_writer *why)
{
    bool has_meters = sut->meters && sut_is_to_listen(s), has_inverters = sut->inverters && sut_is_dialled(s);
    bool has_portal = sut->portal && sut->role != SUT_DEVICE; /* above a device the gateway is ours */
    struct wp_slice text;

    if (!has_meters && !has_inverters && !has_portal)
        return s;
    text = file_read(&s->arena, s->file, why);
    if (!text.p)
        return NULL;
    if (has_meters)
        text = put_meters(sut, s, text, &s->arena);
    if (has_inverters)
        text = put_inverters(sut, s, text, &s->arena);
    if (has_portal)
        text = put_portal(sut, text, &s->arena);
    if (!scenario_load_text(s->file, text, own, why))
        return NULL;
    for (size_t i = 0; i < own->n; i++) {
        if (strcmp(own->at[i]->name, s->name) != 0)
            continue;
        if (has_inverters)
            give_serials(sut, own->at[i]);
        return own->at[i];
    }
    wp_put_text(why, "the scenario is not in its file any more");
    return NULL;
}
