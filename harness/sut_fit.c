#include "harness/sut_fit.h"
#include "sim/catalog.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- options ---------------------------------------------------------------------------------------- */

/* By PIXIT, else by the option's documented default. */
static bool is_set_so(const struct sut *sut, const struct wp_option_value *wanted, struct arena *a)
{
    const struct node *own = node_get(sut->options, wanted->option->name);
    const char *text = own ? node_text(own, "") : wanted->option->fallback;
    char ignored[300];
    struct wp_writer why = wp_writer(ignored, sizeof ignored);
    struct wp_value value = wp_null();

    if (!text)
        return wanted->value.kind == WP_NULL;
    return wp_option_read(wanted->option, wp_text(arena_text(a, wp_text(text))), &value, &why) &&
           wp_value_eq(value, wanted->value);
}

static const char *lacks_option(const struct sut *sut, const struct scenario *s, struct arena *a)
{
    const struct node *set = node_get(node_get(s->root, "gateway"), "set");

    if (sut->is_configured)
        return NULL;
    for (size_t i = 0; i < s->n_given; i++)
        if (!is_set_so(sut, &s->given[i], a))
            return arena_print(a, "needs gateway option %s: %s", s->given[i].option->name,
                               node_text(node_get(set, s->given[i].option->name), "null"));
    return NULL;
}

/* ---- steps ------------------------------------------------------------------------------------------ */

static const char *sets_gateway(const struct step *step, struct arena *a)
{
    size_t n = strlen(wp_gateway_class.name);

    for (const struct node *m = step->node->first; m; m = m->next)
        if (strncmp(m->key, wp_gateway_class.name, n) == 0 && m->key[n] == '.')
            return arena_print(a, "sets %s of the running gateway", m->key + n + 1);
    return NULL;
}

static const char *cannot_restart(const struct sut *sut, const struct step *step)
{
    const struct node *name = step->node->kind == NODE_MAP ? node_get(step->node, "machine") : step->node;

    if (node_is(name, "broker") && !sut->north.is_ours)
        return "restarts the broker, and that is the SUT's own";
    if (node_is(name, wp_gateway_class.name) && !sut->north.is_ours)
        return "restarts the gateway, and its broker, with all our clients, goes with it";
    if (node_is(name, wp_gateway_class.name) && !sut->start.for_each_scenario)
        return "restarts the gateway, and no start command does that for one scenario";
    return NULL;
}

static const char *cannot_step(const struct sut *sut, const struct scenario *s, struct arena *a)
{
    for (size_t i = 0; i < s->n_steps; i++) {
        const struct step *step = &s->steps[i];
        const char *reason = NULL;

        if (step->kind == STEP_SET)
            reason = sets_gateway(step, a);
        else if (step->kind == STEP_RESTART)
            reason = cannot_restart(sut, step);
        else if (step->kind == STEP_FAULT && node_is(node_get(step->node, "link"), wp_gateway_class.name))
            reason = "disturbs the gateway's session with the broker, which is not ours to disturb";
        if (reason)
            return reason;
    }
    return NULL;
}

static bool has_program(const struct scenario *s)
{
    for (size_t i = 0; i < s->n_clients; i++)
        if (s->clients[i].program)
            return true;
    return false;
}

/* ---- what stands there ------------------------------------------------------------------------------ */

static const char *cannot_stand(const struct sut *sut, const struct scenario *s, struct arena *a)
{
    size_t n_meters = sut->meters ? sut->meters->count : 0;

    if (!s->in_live)
        return arena_print(a, "plays in the virtual world only: %s", s->because ? s->because : "");
    if (s->access && sut->role == SUT_GATEWAY && (!sut->is_configured || !sut->north.is_ours))
        return "needs a broker with users and rights of its own";
    if (!sut->north.is_ours && has_program(s))
        return "has a foreign program as client, and at the SUT's own broker nobody tells who publishes";
    if (s->n_devices > 0 && sut->role == SUT_GATEWAY && sut->south.line == SUT_NO_LINE)
        return "needs devices, and the descriptor has no south";
    if (s->n_devices > 1 && sut->role == SUT_GATEWAY && sut->south.line == SUT_SERIAL)
        return "needs several devices, each with a line of its own";
    if (!s->has_gateway && sut->role == SUT_GATEWAY)
        return "has no gateway: it is about something else";
    if (sut->role == SUT_GATEWAY && n_meters > 0 && s->n_devices > n_meters)
        return arena_print(a, "needs %zu meters, and PIXIT names %zu", s->n_devices, n_meters);
    for (size_t i = 0; sut->role == SUT_GATEWAY && n_meters > 0 && i < s->n_devices; i++)
        if (s->devices[i].count > 1)
            return "needs a fleet, and PIXIT names meters one by one";
    return NULL;
}

/* ---- a device --------------------------------------------------------------------------------------- */

/* "m1.voltageA" of the first device, which is the SUT. */
static bool is_of_device(const struct scenario *s, const char *key)
{
    size_t n = strlen(s->devices[0].name);

    return strncmp(key, s->devices[0].name, n) == 0 && (key[n] == '.' || key[n] == 0);
}

static const char *disturbs_device(const struct scenario *s, const struct step *step, struct arena *a)
{
    const struct node *n = step->node, *name = n->kind == NODE_MAP ? node_get(n, "machine") : n;

    for (const struct node *m = step->kind == STEP_SET ? n->first : NULL; m; m = m->next)
        if (is_of_device(s, m->key))
            return arena_print(a, "sets %s, and that device is the SUT", m->key);
    if (step->kind == STEP_FAULT && is_of_device(s, node_text(node_get(n, "link"), "")))
        return "disturbs the line of the device, which is not ours to disturb";
    if (step->kind == STEP_RESTART && is_of_device(s, node_text(name, "")))
        return "restarts the device";
    return NULL;
}

static const char *needs_other_device(const struct scenario *s, struct arena *a)
{
    if (s->n_devices == 0)
        return "has no device";
    if (s->devices[0].count > 1)
        return "needs a fleet";
    for (size_t i = 0; i < s->devices[0].n_given; i++)
        if (strcmp(s->devices[0].given[i].option->name, "address") != 0)
            return arena_print(a, "needs a device whose %s is set", s->devices[0].given[i].option->name);
    for (size_t i = 0; i < s->n_steps; i++) {
        const char *reason = disturbs_device(s, &s->steps[i], a);

        if (reason)
            return reason;
    }
    return NULL;
}

const char *sut_excludes(const struct sut *sut, struct scenario *s, struct arena *a)
{
    const char *lack, *reason;

    if (!pics_hold(sut, s->requires, a, &lack))
        return arena_print(a, "requires %s, which %s", lack,
                           strpbrk(lack, "!&|( ") ? "is not so here" : "the SUT does not claim");
    reason = cannot_stand(sut, s, a);
    if (!reason && sut->role == SUT_GATEWAY)
        reason = lacks_option(sut, s, a);
    if (!reason && sut->role == SUT_GATEWAY)
        reason = cannot_step(sut, s, a);
    if (!reason && sut->role == SUT_DEVICE)
        reason = needs_other_device(s, a);
    return reason;
}

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

struct scenario *sut_adapt(const struct sut *sut, struct scenario *s, struct scenario_list *own,
                           struct wp_writer *why)
{
    struct wp_slice text;

    if (!sut->meters || s->n_devices == 0)
        return s;
    text = file_read(&s->arena, s->file, why);
    if (!text.p)
        return NULL;
    if (!scenario_load_text(s->file, put_meters(sut, s, text, &s->arena), own, why))
        return NULL;
    for (size_t i = 0; i < own->n; i++)
        if (strcmp(own->at[i]->name, s->name) == 0)
            return own->at[i];
    wp_put_text(why, "the scenario is not in its file any more");
    return NULL;
}

/* ---- the verdict ------------------------------------------------------------------------------------ */

/* Known when every statement that it fails is; the first reason tells why. */
static const char *known(const struct sut *sut, const struct finding *f)
{
    for (size_t i = 0; i < f->n_statements; i++)
        if (!sut_deviation(sut, f->statements[i]))
            return NULL;
    return f->n_statements > 0 ? sut_deviation(sut, f->statements[0]) : NULL;
}

void sut_weigh(const struct sut *sut, struct scenario_result *result)
{
    for (struct finding *f = result->findings; f; f = f->next) {
        if (f->verdict == VERDICT_FAIL && known(sut, f))
            f->known = arena_text(&result->arena, wp_text(known(sut, f)));
        if (sut->is_strict)
            f->undocumented = false;
    }
}
