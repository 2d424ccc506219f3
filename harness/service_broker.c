/* The keys below broker: an own one, or an external one by its URL. */
#include "harness/broker_url.h"
#include "harness/venus_broker.h"
#include "harness/service_impl.h"
#include "harness/service_ini.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { VRM_PORT = 8883 };

static bool is_own_only(size_t id)
{
    return id == SERVICE_MQTT || id == SERVICE_WEBSOCKET || id == SERVICE_ANONYMOUS ||
           id == SERVICE_CLOSE_ON_DENIED || id == SERVICE_MAX_QUEUED || id == SERVICE_RESTART_AFTER;
}

static bool is_external_only(size_t id)
{
    return id == SERVICE_USER || id == SERVICE_PASSWORD || id == SERVICE_CA_FILE || id == SERVICE_INSECURE;
}

static void check_keys(struct service_reader *r, const struct service_own *own, bool external)
{
    static const char *const lists[] = {"users", "rules", "vrm"};
    const struct node *broker = node_get(r->root, "broker");

    for (size_t i = 0; i < SERVICE_N_OPTIONS; i++) {
        const struct service_setting *s = &own->setting[i];

        if (s->text && external && is_own_only(i))
            service_complain(r, s->where, "%s is of the own broker, but broker.url names an external one",
                             service_options[i].name);
        if (s->text && !external && is_external_only(i))
            service_complain(r, s->where, "%s is of an external broker, but there is no broker.url",
                             service_options[i].name);
    }
    for (size_t i = 0; external && i < sizeof lists / sizeof *lists; i++)
        if (node_get(broker, lists[i]))
            service_complain(r, service_where_key(r, node_get(broker, lists[i])),
                             "broker.%s is of the own broker, but broker.url names an external one",
                             lists[i]);
}

/* Credentials for every north; what `set` says of one of them comes later and wins. */
static void give_credential(struct service_config *c, const char *leaf, const char *text)
{
    for (size_t i = 0; text && i < c->n_norths; i++) {
        const char *name = arena_print(&c->arena, "%s.%s", c->norths[i]->name, leaf);
        const struct wp_option *o =
            wp_option_find(c->norths[i]->options, c->norths[i]->n_options, wp_text(name));

        if (o)
            service_give(c, o, wp_text_value(wp_text(text)));
    }
}

static const char *text_or(struct service_setting s, const char *other)
{
    return s.text ? s.text : other;
}

/* A path is from the configuration's folder. */
static void read_trust(struct service_reader *r, const struct service_own *own)
{
    struct service_broker *b = &r->config->broker;
    const struct service_setting *ca = &own->setting[SERVICE_CA_FILE],
                                 *insecure = &own->setting[SERVICE_INSECURE];

    for (int i = 0; i < 2; i++)
        if (!b->tls && own->setting[i ? SERVICE_INSECURE : SERVICE_CA_FILE].text)
            service_complain(r, own->setting[i ? SERVICE_INSECURE : SERVICE_CA_FILE].where,
                             "%s is of a broker with TLS: mqtts://",
                             service_options[i ? SERVICE_INSECURE : SERVICE_CA_FILE].name);
    b->insecure = own->value[SERVICE_INSECURE].yes;
    if (!ca->text)
        return;
    b->ca = service_path(r, *ca);
    if (access(b->ca, R_OK) != 0)
        service_complain(r, ca->where, "broker.ca_file: %s: %s", b->ca, strerror(errno));
    if (b->insecure && insecure->text)
        service_complain(r, insecure->where,
                         "broker.insecure: nobody is verified, so broker.ca_file says nothing");
}

static bool has_north(const struct service_config *c, const char *name)
{
    for (size_t i = 0; i < c->n_norths; i++)
        if (strcmp(c->norths[i]->name, name) == 0)
            return true;
    return false;
}

/* The VRM server that the portal ID names. */
static bool find_vrm(struct service_reader *r, struct service_setting s, struct broker_url *out)
{
    static const char option[] = "venus.portal";
    struct service_setting portal = service_find(r, node_get(r->root, "set"), option, option, false);
    char text[200];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct venus_broker found;

    if (!has_north(r->config, "venus")) {
        service_complain(r, s.where, "broker.url: vrm is found by venus.portal, and there is no north venus");
        return false;
    }
    if (!portal.text) {
        service_complain(r, s.where, "broker.url: vrm is found by venus.portal, which is not set");
        return false;
    }
    if (!venus_broker_find(wp_text(portal.text), &found, &why)) {
        service_complain(r, portal.where, "%s: %s", option, wp_put_end(&why));
        return false;
    }
    *out = (struct broker_url){.tls = true, .port = VRM_PORT};
    out->host = arena_text(&r->config->arena, wp_text(found.mqtt));
    return true;
}

/* A URL, which wins, or the word vrm. */
static bool find_external(struct service_reader *r, struct service_setting s, struct broker_url *out)
{
    if (strcmp(s.text, "vrm") == 0)
        return find_vrm(r, s, out);
    if (broker_url_read(&r->config->arena, s.text, out))
        return true;
    service_complain(r, s.where, "%s takes mqtt://[user[:password]@]host[:port], or the same with mqtts://",
                     service_ini_is(r->file) ? "uri" : "broker.url");
    return false;
}

static void read_external(struct service_reader *r, const struct service_own *own)
{
    struct service_config *c = r->config;
    struct service_setting s = own->setting[SERVICE_URL];
    struct broker_url url;

    if (!find_external(r, s, &url))
        return;
    c->broker.host = url.host;
    c->broker.port = url.port;
    c->broker.tls = url.tls;
    read_trust(r, own);
    give_credential(c, "user", text_or(own->setting[SERVICE_USER], url.user));
    give_credential(c, "password", text_or(own->setting[SERVICE_PASSWORD], url.password));
}

static struct wp_addr read_listener(struct service_reader *r, const struct service_own *own,
                                    enum service_option id, uint32_t bind)
{
    const struct wp_option *o = &service_options[id];
    struct wp_addr fallback = {bind, (uint16_t)strtoul(o->fallback, NULL, 10)};

    return service_read_addr(r, o->name, own->setting[id], fallback);
}

void service_read_broker(struct service_reader *r, const struct service_own *own, uint32_t bind)
{
    struct service_broker *b = &r->config->broker;
    bool external = own->setting[SERVICE_URL].text != NULL;

    check_keys(r, own, external);
    if (external) {
        read_external(r, own);
        return;
    }
    b->none = r->config->n_norths == 0;
    if (b->none)
        return;
    b->mqtt = read_listener(r, own, SERVICE_MQTT, bind);
    b->websocket = read_listener(r, own, SERVICE_WEBSOCKET, bind);
    b->max_queued = (uint32_t)own->value[SERVICE_MAX_QUEUED].num;
    b->restart_after_us = own->value[SERVICE_RESTART_AFTER].num;
}
