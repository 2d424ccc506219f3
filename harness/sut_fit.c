#include "harness/sut_fit.h"
#include "harness/sut_devices.h"
#include "sim/catalog.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- options ---------------------------------------------------------------------------------------- */

/* By PIXIT, else by the option's documented default. */
static bool is_set_so(const struct sut *sut, const struct wp_option_value *wanted, struct arena *a)
{
    const struct node *own = node_get(sut->options, wanted->option->name);
    const char *text = own ? node_text(own, "") : wanted->option->fallback;
    bool is_portal = strcmp(wanted->option->name, "venus.portal") == 0;
    char ignored[300];
    struct wp_writer why = wp_writer(ignored, sizeof ignored);
    struct wp_value value = wp_null();

    if (is_portal && sut->portal && wp_slice_is(wanted->value.bytes, SUT_PORTAL))
        return true; /* the scenario will have its own */
    if (!text)
        return wanted->value.kind == WP_NULL;
    return wp_option_read(wanted->option, wp_text(arena_text(a, wp_text(text))), &value, &why) &&
           wp_value_eq(value, wanted->value);
}

/* Where and who the first device is it learns from its command: {device}, {serial}, {datalog}. */
static bool is_told(const struct sut *sut, const char *option)
{
    static const char *const told[] = {"lxp.host", "lxp.port", "lxp.serial", "lxp.datalog"};

    for (size_t i = 0; sut->south.dials && i < sizeof told / sizeof told[0]; i++)
        if (strcmp(option, told[i]) == 0)
            return true;
    return false;
}

static const char *lacks_option(const struct sut *sut, const struct scenario *s, struct arena *a)
{
    const struct node *set = node_get(node_get(s->root, "gateway"), "set");

    if (sut->is_configured)
        return NULL;
    for (size_t i = 0; i < s->n_given; i++)
        if (!is_told(sut, s->given[i].option->name) && !is_set_so(sut, &s->given[i], a))
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

/* On a bus that is not ours nobody lets us look at others' messages: there we see what the SUT sends us, not what it is
 * sent. */
static bool looks_at_its_receipts(const struct sut *sut, const struct scenario *s)
{
    const char *name = wp_gateway_class.name;

    if (sut->role == SUT_DEVICE && s->n_devices > 0)
        name = s->devices[0].name;
    for (size_t i = 0; i < s->n_steps; i++) {
        const struct node *n = s->steps[i].node, *frame = n->kind == NODE_MAP ? node_get(n, "frame") : NULL;

        if (node_is(frame, "dbus") && !node_is(node_get(n, "from"), name))
            return true;
    }
    return false;
}

/* ---- what stands there ------------------------------------------------------------------------------ */

static bool has_fleet(const struct scenario *s)
{
    for (size_t i = 0; i < s->n_devices; i++)
        if (s->devices[i].count > 1)
            return true;
    return false;
}

/* Its devices, and those that the descriptor knows of. */
static const char *cannot_meet(const struct sut *sut, const struct scenario *s, struct arena *a)
{
    size_t n_meters = sut->meters ? sut->meters->count : 0, n = sut->inverters ? sut->inverters->count : 0;
    bool is_dialled = sut_is_dialled(s), is_to_listen = sut_is_to_listen(s);

    if (is_to_listen && sut->south.line == SUT_NO_LINE)
        return sut->south.dials ? "needs devices that dial, and the descriptor has no south for them"
                                : "needs devices, and the descriptor has no south";
    if (is_dialled && !sut->south.dials)
        return "needs devices that are dialled, and the descriptor does not say where: south: {listen: ...}";
    if (sut_is_on_bus(s) && !sut->south.has_bus)
        return "needs services on a message bus, and the descriptor does not say which: south: {bus: ours}";
    if (s->n_devices > 1 && sut->south.line == SUT_SERIAL)
        return "needs several devices, each with a line of its own";
    if (is_to_listen && n_meters > 0 && s->n_devices > n_meters)
        return arena_print(a, "needs %zu meters, and PIXIT names %zu", s->n_devices, n_meters);
    if (is_to_listen && n_meters > 0 && has_fleet(s))
        return "needs a fleet, and PIXIT names meters one by one";
    if (is_dialled && n > 0 && s->n_devices > n)
        return arena_print(a, "needs %zu inverters, and PIXIT names %zu", s->n_devices, n);
    if (is_dialled && n > 0 && has_fleet(s))
        return "needs a fleet, and PIXIT names inverters one by one";
    if (is_dialled && sut->south.devices.port != 0 && has_fleet(s))
        return "needs a fleet at places that count up, and the descriptor has one place: say port 0";
    return NULL;
}

static const char *cannot_stand(const struct sut *sut, const struct scenario *s, struct arena *a)
{
    if (!s->in_live)
        return arena_print(a, "plays in the virtual world only: %s", s->because ? s->because : "");
    if (s->access && sut->role == SUT_GATEWAY && (!sut->is_configured || !sut->north.is_ours))
        return "needs a broker with users and rights of its own";
    if (!sut->north.is_ours && scenario_has_program(s))
        return "has a foreign program as client, and at the SUT's own broker nobody tells who publishes";
    if (!s->has_gateway && sut->role == SUT_GATEWAY)
        return "has no gateway: it is about something else";
    if (sut->south.bus && looks_at_its_receipts(sut, s))
        return "looks at messages that the SUT gets over the bus, and on a bus that is not ours only those "
               "that it "
               "sends us are seen: south: {bus: ours} shows all";
    return sut->role == SUT_GATEWAY ? cannot_meet(sut, s, a) : NULL;
}

/* ---- a device --------------------------------------------------------------------------------------- */

/* "m1.voltageA" of the first device, which is the SUT. */
static bool is_of_device(const struct scenario *s, const char *key)
{
    size_t n = strlen(s->devices[0].name);

    return strncmp(key, s->devices[0].name, n) == 0 && (key[n] == '.' || key[n] == 0);
}

/* Its names are ours to see go and come; a line that is dialled would have to be found anew. */
static bool can_restart_device(const struct sut *sut)
{
    return sut->south.has_bus && sut->start.for_each_scenario;
}

static const char *disturbs_device(const struct sut *sut, const struct scenario *s, const struct step *step,
                                   struct arena *a)
{
    const struct node *n = step->node, *name = n->kind == NODE_MAP ? node_get(n, "machine") : n;

    for (const struct node *m = step->kind == STEP_SET ? n->first : NULL; m; m = m->next)
        if (is_of_device(s, m->key))
            return arena_print(a, "sets %s, and that device is the SUT", m->key);
    if (step->kind == STEP_FAULT && is_of_device(s, node_text(node_get(n, "link"), "")))
        return "disturbs the line of the device, which is not ours to disturb";
    if (step->kind == STEP_RESTART && is_of_device(s, node_text(name, "")) && !can_restart_device(sut))
        return "restarts the device";
    return NULL;
}

/* By which a device is called: PIXIT may name another. */
static bool is_name(const char *option)
{
    return strcmp(option, "address") == 0 || strcmp(option, "serial") == 0 || strcmp(option, "datalog") == 0;
}

static const char *needs_other_device(const struct sut *sut, const struct scenario *s, struct arena *a)
{
    if (s->n_devices == 0)
        return "has no device";
    if (s->devices[0].count > 1)
        return "needs a fleet";
    if (sut_is_service(&s->devices[0]) != sut->south.has_bus)
        return sut->south.has_bus
                   ? "needs a device that is no service on a message bus"
                   : "needs a service on a message bus, and south: does not say which, with bus:";
    if (!sut->south.has_bus && sut_is_dialled(s) != (sut->south.line == SUT_TCP))
        return sut_is_dialled(s) ? "needs a device that is dialled, and south: does not say where, with tcp:"
                                 : "needs a device that dials, and south: {tcp: ...} is one that is dialled";
    for (size_t i = 0; i < s->devices[0].n_given; i++)
        if (!is_name(s->devices[0].given[i].option->name))
            return arena_print(a, "needs a device whose %s is set", s->devices[0].given[i].option->name);
    for (size_t i = 0; i < s->n_steps; i++) {
        const char *reason = disturbs_device(sut, s, &s->steps[i], a);

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
        reason = needs_other_device(sut, s, a);
    return reason;
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
