/* What was read of a capture, written as a frames file and a scenario. */
#include "harness/import_bus.h"
#include "harness/keys.h"
#include "harness/moment.h"
#include "harness/playback.h"
#include "harness/service_config.h"
#include "sim/catalog.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { LONG_S = 15, LAG_NS = 250000000, DEVICE_NET = 0x7F000201 /* 127.0.2.1 */ };

/* ---- text --------------------------------------------------------------------------------------------- */

void import_put(struct import_text *t, const char *format, ...)
{
    va_list args, again;
    int n;

    va_start(args, format);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, args);
    if (t->n + (size_t)n + 1 > t->cap) {
        t->cap = (t->n + (size_t)n + 1) * 2;
        t->p = realloc(t->p, t->cap);
        if (!t->p)
            abort();
    }
    vsnprintf(t->p + t->n, (size_t)n + 1, format, again);
    t->n += (size_t)n;
    va_end(again);
    va_end(args);
}

void import_text_free(struct import_text *t)
{
    free(t->p);
    *t = (struct import_text){0};
}

static void put_time(struct import_text *t, int64_t ns)
{
    int64_t us = ns < 0 ? 0 : ns / 1000;

    import_put(t, "%lld.%06lld", (long long)(us / 1000000), (long long)(us % 1000000));
}

static void put_bytes(struct import_text *t, struct wp_slice bytes)
{
    for (size_t i = 0; i < bytes.n; i++)
        import_put(t, " %02X", bytes.p[i]);
    import_put(t, "\n");
}

static void put_addr(struct import_text *t, const struct packet_addr *a)
{
    char text[80];
    struct wp_writer w = wp_writer(text, sizeof text);

    packet_put_addr(&w, a);
    import_put(t, "%s", wp_put_end(&w));
}

/* "2026-11-20T18:37:48Z" */
static void put_date(struct import_text *t, int64_t ns)
{
    struct moment_cache clock = {0};
    char text[64];
    struct wp_writer w = wp_writer(text, sizeof text);

    moment_put(&clock, &w, ns, 6);
    wp_put_end(&w);
    import_put(t, "%.19sZ", text);
}

/* ---- frames --------------------------------------------------------------------------------------------- */

/* Devices that nobody asks over MQTT live until the gateway has polled them, even if they hung up sooner. */
static wp_us polling_us(const struct import *im)
{
    int64_t us = (im->last_ns - im->first_ns) / 4000 / 1000000 * 1000000;

    return us < WP_SEC(1) ? WP_SEC(1) : us > WP_SEC(60) ? WP_SEC(60) : us;
}

static int64_t close_of(const struct import *im, const struct import_device *d)
{
    int64_t least = d->open_ns + 2500 * polling_us(im);

    if (d->close_ns < 0 || im->n_requests > 0)
        return d->close_ns;
    return d->close_ns > least ? d->close_ns : least;
}

static void put_item(const struct import_item *item, struct import_text *out)
{
    import_put(out, "# %llu %s\n%s ", (unsigned long long)item->packet, item->text,
               item->is_question ? "ask" : "send");
    put_time(out, item->ns);
    put_bytes(out, item->wire);
    if (!item->is_question)
        return;
    if (item->answer.n == 0) {
        import_put(out, "silence\n");
        return;
    }
    import_put(out, "# %s\nanswer ", item->answer_text);
    put_time(out, item->delay_ns);
    put_bytes(out, item->answer);
}

static void put_device_frames(const struct import *im, const struct import_device *d, struct import_text *out)
{
    int64_t close = close_of(im, d);

    import_put(out, "\n# ");
    put_addr(out, &d->device);
    import_put(out, " > ");
    put_addr(out, &d->gateway);
    if (d->n_left_out)
        import_put(out, "; %zu times too many bytes that are no frame, left out", d->n_left_out);
    import_put(out, "\ndevice %s\ncodec %s\n%sopen ", d->name, d->codec->name, d->listens ? "listens\n" : "");
    put_time(out, d->open_ns);
    import_put(out, d->datagrams ? "\ndatagrams\n" : "\n");
    for (const struct import_item *i = d->items; i; i = i->next)
        put_item(i, out);
    if (close < 0)
        return;
    import_put(out, d->reset ? "reset " : "close ");
    put_time(out, close);
    import_put(out, "\n");
}

void import_put_frames(const struct import *im, struct import_text *out)
{
    import_put(out, "# wattproof playback %d\n# What the devices of %s said and were asked, from ",
               PLAYBACK_VERSION, im->capture);
    put_date(out, im->first_ns);
    import_put(out, " on. Times are seconds since then; of an answer since its question.\n");
    for (const struct import_device *d = im->devices; d; d = d->next)
        put_device_frames(im, d, out);
}

/* ---- the gateway ---------------------------------------------------------------------------------------- */

/* The option with the keys of a south that deciphers: a list of WHO=KEY[:AUTHENTICATION[:BROADCAST]]; NULL: there is no
 * such south. */
static const struct wp_option *keys_option(void)
{
    for (size_t i = 0; i < wp_n_souths; i++)
        for (size_t k = 0; wp_souths[i]->keys && k < wp_souths[i]->n_options; k++) {
            const struct wp_option *o = &wp_souths[i]->options[k];
            const char *dot = strrchr(o->name, '.');

            if (o->use == WP_USE_SECRET && dot && strcmp(dot, ".keys") == 0)
                return o;
        }
    return NULL;
}

static void put_hex(struct import_text *t, const char *before, const uint8_t *p, size_t n)
{
    import_put(t, "%s", before);
    for (size_t i = 0; i < n; i++)
        import_put(t, "%02X", p[i]);
}

static void put_key(struct import_text *t, const struct wp_key *k)
{
    if (k->has_title)
        put_hex(t, "", k->title, sizeof k->title);
    else
        import_put(t, "*");
    put_hex(t, "=", k->key, k->n_key);
    if (k->n_auth > 0 || k->n_broadcast > 0)
        put_hex(t, ":", k->auth, k->n_auth);
    if (k->n_broadcast > 0)
        put_hex(t, ":", k->broadcast, k->n_broadcast);
}

/* Those that the user gave for the capture. */
static void put_keys(struct import_text *t, const char *before)
{
    const struct wp_keys *keys = keys_given();
    const struct wp_option *option = keys->n > 0 ? keys_option() : NULL;
    const char *comma = "";

    if (!option)
        return;
    import_put(t, "%s%s: \"", before, option->name);
    for (size_t i = 0; i < keys->n; i++) {
        if (keys->at[i].n_key == 0)
            continue;
        import_put(t, "%s", comma);
        put_key(t, &keys->at[i]);
        comma = ",";
    }
    import_put(t, "\"");
}

static void put_polling(const struct import *im, struct import_text *t)
{
    char interval[40];
    struct wp_writer w = wp_writer(interval, sizeof interval);

    wp_put_duration(&w, polling_us(im));
    import_put(t, "polling.interval: %s", wp_put_end(&w));
    for (size_t i = 0; i < im->n_ids; i++)
        import_put(t, "%s%.*s", i == 0 ? ", polling.ids: \"" : ",", WP_FMT(im->ids[i]));
    import_put(t, "%s", im->n_ids > 0 ? "\"" : "");
    put_keys(t, ", ");
}

static void put_ip(struct import_text *t, uint32_t ip)
{
    import_put(t, "127.%u.%u.%u", ip >> 16 & 0xFF, ip >> 8 & 0xFF, ip & 0xFF);
}

/* Those that are dialled: the first one, and further ones with a prefix of their own. One that never said its name cannot
 * be asked for anything. */
static void put_inverters(const struct import *im, const char *before, struct import_text *t)
{
    uint32_t ip = DEVICE_NET;
    size_t n = 0;

    for (const struct import_device *d = im->devices; d; d = d->next, ip++) {
        if (!d->listens || d->inverter.n == 0 || d->datalog.n == 0)
            continue;
        if (n++ == 0) {
            import_put(t, "%slxp.host: ", before);
            put_ip(t, ip);
            import_put(t, ", lxp.serial: \"%.*s\", lxp.datalog: \"%.*s\"", WP_FMT(d->inverter),
                       WP_FMT(d->datalog));
            continue;
        }
        import_put(t, "%sinverter%zu=%.*s:%.*s@", n == 2 ? ", lxp.more: \"" : ", ", n, WP_FMT(d->inverter),
                   WP_FMT(d->datalog));
        put_ip(t, ip);
    }
    import_put(t, "%s", n > 1 ? "\"" : "");
}

/* Devices that dial are polled for the first north; those that are dialled have a north of their own. */
static void put_default_gateway(const struct import *im, struct import_text *t)
{
    static const char dialled_north[] = "octolux";
    bool polls = false, dials = false, has_bus = im->n_services > 0;

    for (const struct import_device *d = im->devices; d; d = d->next) {
        polls |= !d->listens;
        dials |= d->listens;
    }
    import_put(t, "{north: [%s%s%s%s%s], set: {", polls ? wp_norths[0]->name : "", polls && dials ? ", " : "",
               dials ? dialled_north : "", has_bus && (polls || dials) ? ", " : "", has_bus ? "venus" : "");
    if (polls)
        put_polling(im, t);
    if (dials)
        put_inverters(im, polls ? ", " : "", t);
    import_put(t, "}}");
}

static bool is_of_gateway(const struct wp_option *option, const struct service_config *c)
{
    const struct wp_class *classes[SERVICE_CLASSES_MAX];
    size_t n = service_classes(&c->parts, classes);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < classes[i]->n_options; k++)
            if (&classes[i]->options[k] == option)
                return !service_is_secret(option) || (option == keys_option() && keys_given()->n == 0);
    return false;
}

static void put_given(const struct wp_option_value *given, struct import_text *t)
{
    bool quoted = given->option->type == WP_OPT_TEXT || given->option->type == WP_OPT_HEX;

    size_t room = given->value.kind == WP_TEXT ? given->value.bytes.n + 1 : 100;
    char *text = malloc(room);
    struct wp_writer w = wp_writer(text, room);

    if (!text)
        abort();
    if (given->option->type == WP_OPT_DURATION)
        wp_put_duration(&w, given->value.num);
    else
        wp_put_value(&w, given->value);
    import_put(t, "%s: %s%s%s", given->option->name, quoted ? "\"" : "", wp_put_end(&w), quoted ? "\"" : "");
    free(text);
}

static void put_configured_gateway(const struct service_config *c, struct import_text *t)
{
    bool first = true;

    import_put(t, "{north: [");
    for (size_t i = 0; i < c->n_norths; i++)
        import_put(t, "%s%s", i ? ", " : "", c->norths[i]->name);
    import_put(t, "], set: {");
    for (size_t i = 0; i < c->setup.n_given; i++) {
        if (!is_of_gateway(c->setup.given[i].option, c))
            continue;
        import_put(t, "%s", first ? "" : ", ");
        put_given(&c->setup.given[i], t);
        first = false;
    }
    put_keys(t, first ? "" : ", ");
    import_put(t, "}}");
}

bool import_gateway(struct import *im, const char *file, struct import_gateway *out, struct wp_writer *why)
{
    struct import_text t = {0};
    struct service_config c;
    bool good = true;

    if (!file) {
        put_default_gateway(im, &t);
    } else {
        good = service_config_read(&c, file, why);
        if (good)
            put_configured_gateway(&c, &t);
        service_config_free(&c);
    }
    if (good)
        out->text = arena_text(&im->arena, wp_slice(t.p, t.n));
    import_text_free(&t);
    return good;
}

/* ---- the scenario --------------------------------------------------------------------------------------- */

/* In quotes, as YAML and JSON have them. */
static void put_quoted(struct import_text *t, struct wp_slice text)
{
    import_put(t, "\"");
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];

        if (c == '"' || c == '\\')
            import_put(t, "\\%c", c);
        else if (c < 0x20 || c == 0x7F)
            import_put(t, "\\x%02X", c);
        else
            import_put(t, "%c", c);
    }
    import_put(t, "\"");
}

static void put_request(const struct import_message *m, struct import_text *t)
{
    import_put(t, "  - publish: {from: c, topic: ");
    put_quoted(t, m->topic);
    if (wp_slice_is_utf8(m->payload)) {
        import_put(t, ", text: ");
        put_quoted(t, m->payload);
    } else {
        import_put(t, ", hex: \"");
        for (size_t i = 0; i < m->payload.n; i++)
            import_put(t, "%02X", m->payload.p[i]);
        import_put(t, "\"");
    }
    import_put(t, ", qos: %u%s}\n", m->qos, m->retain ? ", retain: true" : "");
}

static const struct import_message *next_request(const struct import_message *m)
{
    while (m && !m->is_request)
        m = m->next;
    return m;
}

static void put_wait(struct import_text *t, int64_t *now, int64_t until)
{
    if (until / 1000 > *now / 1000)
        import_put(t, "  - wait: %lldus\n", (long long)(until / 1000 - *now / 1000));
    *now = until > *now ? until : *now;
}

/* Each request waits as long as it did in the capture, all of them a little longer: a device's login must have arrived
 * over any line. Expectations stand behind the wait, when what they want has come. */
static void put_steps(const struct import *im, const struct import_scenario *s, struct import_text *t)
{
    const struct import_message *m = next_request(im->messages);
    const struct import_change *c = im->changes;
    int64_t now = -LAG_NS;
    size_t stimulus = 0;

    import_put(t, "steps:\n");
    for (;;) {
        bool is_change = c && (!m || c->ns < m->ns);

        if (m || c)
            put_wait(t, &now, is_change ? c->ns : m->ns);
        if (s->expect)
            s->expect(s->ctx, stimulus++, t);
        if (!m && !c)
            break;
        if (is_change) {
            import_bus_put_change(c, t);
            c = c->next;
        } else {
            put_request(m, t);
            m = next_request(m->next);
        }
    }
    if (s->to_the_end)
        import_put(t, "  - at: %lldus\n",
                   (long long)(im->last_ns - im->first_ns) / 1000 + 3 * polling_us(im));
}

void import_put_scenario(const struct import *im, const struct import_scenario *s, struct import_text *t)
{
    int64_t span_s = (im->last_ns - im->first_ns) / 1000000000;
    uint32_t ip = DEVICE_NET;

    import_put(t, "scenario: %s\npurpose: \"What the devices of %s said from ", s->name, im->capture);
    put_date(t, im->first_ns);
    import_put(t, " on, said again.\"\n");
    if (span_s + 3 * polling_us(im) / 1000000 > LONG_S)
        import_put(t, "tags: [long]\n");
    import_put(t, "epoch: %lld\n", (long long)s->epoch_ms);
    import_put(t, "limit: %llds\n", (long long)span_s + 300);
    if (s->golden)
        import_put(t, "golden: \"%s\"\n", s->golden);
    import_put(t, "gateway: %s\ndevices:\n", s->gateway);
    for (const struct import_device *d = im->devices; d; d = d->next, ip++)
        import_put(t, "  %s: {model: playback, ip: 127.%u.%u.%u%s, set: {frames: %s}}\n", d->name,
                   ip >> 16 & 0xFF, ip >> 8 & 0xFF, ip & 0xFF, s->link ? ", link: line" : "", s->frames);
    import_bus_put_devices(im, t);
    if (s->link)
        import_put(t, "links:\n  line: %s\n", s->link);
    import_put(t, "clients:\n  c: {subscribe: [\"#\"]}\n");
    put_steps(im, s, t);
}
