#include "harness/service.h"

#include "harness/cmd.h"
#include "harness/ending.h"
#include "harness/home.h"
#include "harness/service_log.h"
#include "harness/service_port.h"
#include "sim/catalog.h"
#include "sim/world/live_dir.h"
#include "sim/world/world.h"

#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

enum { WHY_BYTES = 2048, LOOPBACK_NET = 127 };

/* How often clients are counted at the own broker. */
#define SYS_INTERVAL WP_SEC(10)

struct service {
    const struct service_config *config;
    struct service_log log;
    struct wp_transcript transcript;
    struct live_dir dir;
    struct wp_world *world;
    struct wp_world_service life;
    const char *plugin;
};

/* ---- what has to be there --------------------------------------------------------------------------- */

static bool check_port(struct service *s, const char *key, struct wp_addr addr, bool is_udp)
{
    char text[300];
    struct wp_writer why = wp_writer(text, sizeof text);

    if (service_port_is_free(addr, is_udp, &why))
        return true;
    service_log_line(&s->log, SERVICE_ERROR, "%s: %s", key, wp_put_end(&why));
    return false;
}

/* All of them are named, not just the first. */
static bool check_ports(struct service *s)
{
    const struct service_config *c = s->config;
    bool good = true;

    for (size_t i = 0; i < c->setup.n_endpoints; i++) {
        const struct wp_endpoint *e = &c->setup.endpoints[i];
        char key[80];

        snprintf(key, sizeof key, "listen.%s", e->name);
        if (e->listen)
            good = check_port(s, key, e->addr, e->transport == WP_UDP) && good;
    }
    if (c->broker.host || c->broker.none)
        return good;
    good = check_port(s, "broker.mqtt", c->broker.mqtt, false) && good;
    return check_port(s, "broker.websocket", c->broker.websocket, false) && good;
}

static bool find_plugin(struct service *s)
{
    s->plugin = home_plugin();
    if (s->plugin && access(s->plugin, R_OK) == 0)
        return true;
    service_log_line(&s->log, SERVICE_ERROR,
                     "users and rights need the access plugin, and it is not at %s: set WATTPROOF_PLUGIN",
                     s->plugin ? s->plugin : "the program's place");
    return false;
}

static bool make_dir(struct service *s)
{
    char text[700];
    struct wp_writer why = wp_writer(text, sizeof text);

    live_sweep(s->config->run_dir);
    if (live_dir_make(&s->dir, s->config->run_dir, &why))
        return true;
    service_log_line(&s->log, SERVICE_ERROR, "run_dir: %s", wp_put_end(&why));
    return false;
}

/* ---- the world -------------------------------------------------------------------------------------- */

static uint64_t random_seed(void)
{
    uint64_t seed = 0;

    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = (uint64_t)getpid();
    return seed;
}

static struct wp_world_setup world_setup(struct service *s)
{
    const struct service_broker *b = &s->config->broker;

    s->life = (struct wp_world_service){.broker_host = b->host,
                                        .broker_port = b->port,
                                        .broker_none = b->none,
                                        .broker_tls = b->tls,
                                        .broker_insecure = b->insecure,
                                        .broker_ca = b->ca,
                                        .broker_back = b->restart_after_us,
                                        .broker_queue = b->max_queued};
    return (struct wp_world_setup){.seed = random_seed(),
                                   .transcript = &s->transcript,
                                   .run_dir = s->dir.path,
                                   .plugin = b->access ? s->plugin : NULL,
                                   .access = b->access,
                                   .sys_interval = SYS_INTERVAL,
                                   .fixed_ports = true,
                                   .broker_listen = b->mqtt,
                                   .websocket_listen = b->websocket,
                                   .bus = s->config->bus,
                                   .service = &s->life};
}

/* It may come later than we do: the gateway tries again and again. */
static void look_for_bus(struct service *s)
{
    char text[WHY_BYTES];
    struct wp_writer why = wp_writer(text, sizeof text);

    if (s->config->bus && !world_try_bus(s->config->bus, &why))
        service_log_line(&s->log, SERVICE_WARNING, "%s; it is tried again", wp_put_end(&why));
}

static bool make_world(struct service *s, struct wp_setup *gateway)
{
    struct wp_world_setup setup = world_setup(s);
    char text[WHY_BYTES];
    struct wp_writer why = wp_writer(text, sizeof text);

    *gateway = s->config->setup;
    gateway->seed = setup.seed;
    s->world = world_live_new(&setup, &why);
    if (!s->world) {
        service_log_line(&s->log, SERVICE_ERROR, "%s", wp_put_end(&why));
        return false;
    }
    ending_of(s->world);
    world_add(s->world, &wp_gateway_class, gateway, NULL);
    if (world_start(s->world))
        return true;
    service_log_line(&s->log, SERVICE_ERROR, "%s", world_error(s->world));
    return false;
}

/* With the ports that were free where none was asked for. */
static void tell_start(struct service *s)
{
    struct service_config shown = *s->config;
    struct wp_endpoint endpoints[32];
    char text[800];
    struct wp_writer w = wp_writer(text, sizeof text);

    memcpy(endpoints, shown.setup.endpoints, shown.setup.n_endpoints * sizeof *endpoints);
    for (size_t i = 0; i < shown.setup.n_endpoints; i++)
        if (endpoints[i].listen)
            endpoints[i].addr = world_real_endpoint(s->world, &endpoints[i]);
    shown.setup.endpoints = endpoints;
    if (!shown.broker.none) {
        shown.broker.mqtt = world_broker_addr(s->world, false);
        shown.broker.websocket = world_broker_addr(s->world, true);
    }
    service_config_put(&shown, &w);
    service_log_line(&s->log, SERVICE_INFO, "started: %s", wp_put_end(&w));
    if (!shown.broker.host && !shown.broker.none && !shown.broker.access &&
        shown.broker.mqtt.ip >> 24 != LOOPBACK_NET)
        service_log_line(
            &s->log, SERVICE_WARNING,
            "everybody in the network may read and command what is below: broker.users gives them names");
}

static int serve(struct service *s)
{
    enum wp_world_end end = WP_WORLD_STOPPED;

    tell_start(s);
    while (!ending_is_asked() && end != WP_WORLD_ERROR)
        end = world_run(s->world, WP_NEVER);
    if (end == WP_WORLD_ERROR) {
        service_log_line(&s->log, SERVICE_ERROR, "%s", world_error(s->world));
        return EXIT_HARNESS;
    }
    service_log_line(&s->log, SERVICE_INFO, "ending");
    world_end(s->world);
    return EXIT_AS_EXPECTED;
}

int service_run(const struct service_config *config)
{
    struct service s = {.config = config};
    struct wp_setup gateway;
    int code = EXIT_HARNESS;

    service_log_open(&s.log, STDERR_FILENO, config->level);
    s.log.broker_host = config->broker.host;
    s.log.broker_port = config->broker.port;
    wp_transcript_add(&s.transcript, &s.log.sink);
    ending_listen();
    if (!check_ports(&s) || (config->broker.access && !find_plugin(&s)))
        return EXIT_HARNESS;
    if (!config->broker.host && !config->broker.none && !make_dir(&s))
        return EXIT_HARNESS;
    look_for_bus(&s);
    if (make_world(&s, &gateway))
        code = serve(&s);
    ending_of(NULL);
    world_free(s.world);
    live_dir_remove(&s.dir);
    if (code == EXIT_AS_EXPECTED)
        service_log_line(&s.log, SERVICE_INFO, "ended");
    return code;
}
