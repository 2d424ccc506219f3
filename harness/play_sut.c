#include "harness/broker_url.h"
#include "harness/home.h"
#include "harness/observer.h"
#include "harness/play_impl.h"
#include "harness/sut_config.h"
#include "sim/catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define LOOPBACK_IP 0x7F000001u /* 127.0.0.1 */

enum { LOOK_MS = 10, LOOK_BACK_MS = 300 };

static const struct sut *sut_of(const struct play *p)
{
    return p->guest->sut;
}

/* The machine of the scenario that it stands for. */
static const char *stands_for(const struct sut *sut, const struct scenario *s)
{
    switch (sut->role) {
    case SUT_GATEWAY: return wp_gateway_class.name;
    case SUT_DEVICE: return s->n_devices > 0 ? s->devices[0].name : "device";
    default: return "cloud-client";
    }
}

struct play_sut *play_sut_new(const struct sut *sut, const struct scenario *s, struct arena *a)
{
    struct play_sut *g = arena_get(a, sizeof *g);

    *g = (struct play_sut){.sut = sut, .name = stands_for(sut, s), .start_at = WP_NEVER};
    return g;
}

bool play_sut_is(const struct play *p, enum sut_role role)
{
    return p->guest && p->guest->sut->role == role;
}

const char *play_sut_name(const struct play *p)
{
    return p->guest->name;
}

/* ---- where it is ------------------------------------------------------------------------------------ */

static const char *address_text(struct play *p, struct wp_addr addr)
{
    char text[40];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_addr(&w, addr);
    return arena_text(&p->arena, wp_written(&w));
}

/* Where our devices dial: the port of the endpoint that every device of the class has. */
static uint16_t dialled_port(const struct scenario *s)
{
    for (size_t i = 0; i < s->n_devices; i++)
        for (size_t k = 0; k < s->devices[i].class->n_endpoints; k++)
            if (!s->devices[i].class->endpoints[k].listen &&
                s->devices[i].class->endpoints[k].transport != WP_UDP)
                return s->devices[i].class->endpoints[k].addr.port;
    return 0;
}

/* Of the scenario's gateway, in the reference gateway's words; NULL: it is not given. */
static const char *given_text(struct play *p, const char *option)
{
    for (size_t i = 0; i < p->s->n_given; i++)
        if (strcmp(p->s->given[i].option->name, option) == 0 && p->s->given[i].value.kind == WP_TEXT)
            return arena_text(&p->arena, p->s->given[i].value.bytes);
    return NULL;
}

/* The devices that it dials. */
static bool find_devices(struct play *p, struct wp_writer *why)
{
    struct play_sut *g = p->guest;
    struct sut_places *places = &g->process.places;

    if (!sut_find_devices(sut_of(p), p->s, &p->arena, &g->devices, why))
        return false;
    g->guest.places = g->devices.at;
    g->guest.n_places = g->devices.n;
    places->serial = given_text(p, "lxp.serial");
    places->datalog = given_text(p, "lxp.datalog");
    if (g->devices.n > 0)
        places->device = address_text(p, g->devices.at[0].real);
    if (!places->south)
        places->south = places->device;
    return true;
}

/* Where our gateway dials the first device. */
static struct wp_addr listening_place(const struct scenario *s)
{
    const struct wp_class *class = s->devices[0].class;

    for (size_t i = 0; i < class->n_endpoints; i++)
        if (class->endpoints[i].listen && class->endpoints[i].transport == WP_TCP)
            return (struct wp_addr){s->devices[0].ip, class->endpoints[i].addr.port};
    return (struct wp_addr){0};
}

static bool find_south(struct play *p, struct wp_writer *why)
{
    struct play_sut *g = p->guest;
    const struct sut_south *south = &sut_of(p)->south;
    struct wp_addr real = south->addr;

    if (south->line == SUT_NO_LINE)
        return true;
    g->guest.scenario = (struct wp_addr){PLAY_GATEWAY_IP, dialled_port(p->s)};
    if (sut_of(p)->role == SUT_DEVICE && south->line == SUT_TCP)
        g->guest.scenario = listening_place(p->s);
    if (south->line == SUT_SERIAL) {
        if (sut_of(p)->role == SUT_DEVICE) /* it is a client of our gateway's, once that listens */
            return true;
        if (!serial_hub_listen(&g->hub, &south->serial, why))
            return false;
        g->guest.real = g->hub.addr;
        return true;
    }
    if (real.port == 0)
        real.port = sut_free_port(real.ip);
    if (real.port == 0) {
        wp_put_text(why, arena_print(&p->arena, "no port is free at %s", address_text(p, real)));
        return false;
    }
    g->process.places.south = address_text(p, real);
    g->guest.real = real;
    g->guest.datagrams = sut_of(p)->is_configured ? real.port : 0; /* as sut_config has it */
    return true;
}

static bool find_north(struct play *p, struct wp_writer *why)
{
    struct play_sut *g = p->guest;
    const char *url = sut_of(p)->north.url, *mark = url ? strstr(url, "{port}") : NULL;
    struct broker_url read;

    if (!url)
        return true;
    if (mark) {
        g->process.places.port = arena_print(&p->arena, "%u", sut_free_port(LOOPBACK_IP));
        url = arena_print(&p->arena, "%.*s%s%s", (int)(mark - url), url, g->process.places.port, mark + 6);
    }
    if (!broker_url_read(&p->arena, url, &read)) {
        wp_put_text(why, "the broker's address cannot be read");
        return false;
    }
    if (!mark)
        g->process.places.port = arena_print(&p->arena, "%u", read.port);
    g->service = (struct wp_world_service){.broker_host = read.host,
                                           .broker_port = read.port,
                                           .broker_tls = read.tls,
                                           .broker_ca = sut_of(p)->north.ca};
    return true;
}

bool play_sut_open(struct play *p, struct wp_world_setup *world, struct wp_writer *why)
{
    struct play_sut *g = p->guest;
    const struct sut *sut = sut_of(p);

    g->guest.name = g->name;
    g->guest.client_id = ""; /* its sessions come through a tap of their own */
    g->guest.dials = sut->south.dials || (sut->role == SUT_DEVICE && sut->south.line != SUT_TCP);
    g->guest.is_on_bus = sut->south.has_bus;
    g->process.sut = sut;
    g->process.places.wattproof = home_program();
    g->process.places.dir = p->setup->dir;
    if (p->setup->dir)
        snprintf(g->process.output, sizeof g->process.output, "%s/sut.log", p->setup->dir);
    if (!find_south(p, why) || !find_devices(p, why) || !find_north(p, why))
        return false;
    world->guest = &g->guest;
    world->has_bus = sut->south.has_bus;
    world->bus = sut->south.bus;
    if (g->service.broker_host)
        world->service = &g->service;
    return true;
}

/* ---- its beginning ---------------------------------------------------------------------------------- */

static bool write_config(struct play *p, struct wp_writer *why)
{
    struct play_sut *g = p->guest;
    const char *path;

    if (!sut_of(p)->is_configured || !p->setup->dir)
        return true;
    path = arena_print(&p->arena, "%s/sut.yaml", p->setup->dir);
    g->process.places.config = path;
    return sut_config_write(p->s, &g->process.places, &g->devices, path, why);
}

static bool is_ready(const struct play_sut *g)
{
    const struct sut_start *start = &g->sut->start;

    if (!start->for_each_scenario || (!start->ready_line && !start->ready_south && !start->ready_topic))
        return g->has_subscribed || g->service.broker_host || g->sut->role != SUT_GATEWAY;
    return (!start->ready_line || sut_process_has_said(&g->process, start->ready_line)) &&
           (!start->ready_south || sut_takes_connections(g->guest.real)) &&
           (!start->ready_topic || g->has_spoken || g->service.broker_host);
}

static void take(struct wp_sink *sink, const struct wp_record *r)
{
    struct play_sut *g = (struct play_sut *)(void *)sink;

    const char *topic = g->sut->start.ready_topic;

    if ((r->kind != WP_REC_PUBLISH && r->kind != WP_REC_SUBSCRIBE && r->kind != WP_REC_SUBACK) ||
        strcmp(r->machine, g->name) != 0)
        return;
    g->subscribes += r->kind == WP_REC_SUBSCRIBE;
    g->subacks += r->kind == WP_REC_SUBACK;
    g->has_subscribed = g->has_subscribed || (g->subacks > 0 && g->subacks >= g->subscribes);
    g->has_spoken = g->has_spoken || (topic && r->kind == WP_REC_PUBLISH &&
                                      wp_topic_matches(wp_text(topic), r->message.topic));
}

static void pass_time(struct play *p)
{
    if (p->world && p->is_started)
        world_run(p->world, world_now(p->world) + WP_MS(LOOK_MS));
    else
        sut_process_wait(&p->guest->process, LOOK_MS);
}

static bool wait_until_ready(struct play *p, struct wp_writer *why)
{
    struct play_sut *g = p->guest;

    for (wp_us waited = 0; !is_ready(g); waited += WP_MS(LOOK_MS)) {
        if (g->is_up && sut_process_has_ended(&g->process)) {
            wp_put_text(why, "the SUT ended before it was ready: ");
            sut_process_put_end(&g->process, why);
            return false;
        }
        if (waited > sut_of(p)->start.within) {
            wp_put_text(why, "the SUT was not ready in time");
            wp_put_text(why, g->is_up ? "; it printed: see " : ": it has not subscribed at our broker");
            wp_put_text(why, g->is_up ? g->process.output : "");
            return false;
        }
        pass_time(p);
    }
    return true;
}

static bool start(struct play *p, struct wp_writer *why)
{
    struct play_sut *g = p->guest;

    if (!sut_of(p)->start.for_each_scenario)
        return true;
    g->has_spoken = false;
    g->is_up = true;
    return write_config(p, why) && sut_process_start(&g->process, why);
}

bool play_sut_reach_device(struct play *p, struct wp_writer *why)
{
    struct play_sut *g = p->guest;

    if (sut_of(p)->role != SUT_DEVICE || sut_of(p)->south.line != SUT_SERIAL)
        return true;
    return serial_hub_dial(&g->hub, &sut_of(p)->south.serial, world_real_addr(p->world, g->guest.scenario),
                           why);
}

bool play_sut_start_early(struct play *p, struct wp_writer *why)
{
    p->guest->process.places.bus = world_bus_address(p->world);
    return sut_of(p)->north.is_ours || (start(p, why) && wait_until_ready(p, why));
}

bool play_sut_start_late(struct play *p, struct wp_writer *why)
{
    struct play_sut *g = p->guest;
    const struct wp_world_tap tap = {.machine = g->name, .listen = {LOOPBACK_IP, sut_of(p)->north.port}};
    struct wp_addr at = {0};

    if (sut_of(p)->south.dials &&
        !play_add_listening_devices(p, why)) /* they are there when it begins to look for them */
        return false;
    if (!sut_of(p)->north.is_ours)
        return true;
    if (sut_of(p)->role != SUT_DEVICE && !world_tap(p->world, &tap, &at, why))
        return false;
    g->process.places.broker = address_text(p, at);
    g->process.places.broker_ws = address_text(p, world_broker_addr(p->world, true));
    g->sink.take = take;
    wp_transcript_add(&p->transcript, &g->sink);
    return start(p, why) && wait_until_ready(p, why);
}

/* ---- at its own broker ------------------------------------------------------------------------------ */

static wp_machine add_listener(struct play *p, const char *name)
{
    struct wp_setup *setup = arena_get(&p->arena, sizeof *setup);
    struct client_plan *plan = arena_get(&p->arena, sizeof *plan);
    const struct sut_north *north = &sut_of(p)->north;

    *plan = observer_plan(name);
    plan->login.user = north->user ? wp_text(north->user) : (struct wp_slice){NULL, 0};
    plan->login.password = north->password ? wp_text(north->password) : (struct wp_slice){NULL, 0};
    *setup = (struct wp_setup){.name = name,
                               .epoch_us = p->s->epoch_us,
                               .ip = LOOPBACK_IP,
                               .endpoints = client_class.endpoints,
                               .n_endpoints = client_class.n_endpoints,
                               .plan = plan};
    return world_add(p->world, &client_class, setup, NULL);
}

void play_sut_add_observer(struct play *p)
{
    struct play_sut *g = p->guest;

    if (sut_of(p)->north.is_ours)
        return;
    g->observer = observer_new(&p->transcript, g->name, sut_of(p)->start.for_each_scenario);
    wp_transcript_add(&p->transcript, observer_sink(g->observer));
    add_listener(p, observer_name);
    p->settle.want_connacks++;
}

static void see_retained(void *ctx, const struct wp_record *publish)
{
    struct play *p = ctx;

    judge_see_retain(&p->judge, publish);
}

/* Only who comes now is told what is retained. */
void play_sut_look_back(struct play *p)
{
    if (!p->guest->observer)
        return;
    add_listener(p, observer_second_name);
    world_run(p->world, world_now(p->world) + WP_MS(LOOK_BACK_MS));
    observer_each_last(p->guest->observer, see_retained, p);
}

/* ---- while it lives --------------------------------------------------------------------------------- */

/* Nobody asked it to end: that is a finding about it, not about us. */
static void tell_early_end(struct play *p)
{
    char text[500];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_text(&w, "the SUT ended by itself: ");
    sut_process_put_end(&p->guest->process, &w);
    result_add(p->result, VERDICT_FAIL, "sut", 0, world_now(p->world), wp_put_end(&w));
    p->judge.failed = true;
    p->guest->is_up = false;
}

void play_sut_look(struct play *p)
{
    struct play_sut *g = p->guest;
    char why[300];
    struct wp_writer w = wp_writer(why, sizeof why);
    bool has_ended = sut_process_has_ended(&g->process);

    if (g->is_up && has_ended && sut_of(p)->start.for_each_scenario) {
        tell_early_end(p);
    } else if (has_ended && g->start_at != WP_NEVER && world_now(p->world) >= g->start_at) {
        g->start_at = WP_NEVER;
        g->is_up = sut_process_start(&g->process, &w);
        p->judge.failed = p->judge.failed || !g->is_up;
    }
}

void play_sut_restart(struct play *p, bool orderly, wp_us down)
{
    struct wp_record r = {.kind = WP_REC_FAULT, .at = world_now(p->world), .machine = p->guest->name};

    r.note.what = "restart";
    r.note.text = wp_text(orderly ? "orderly" : "killed");
    r.note.count = down;
    wp_transcript_write(&p->transcript, &r);
    sut_process_ask(&p->guest->process, !orderly);
    p->guest->is_up = false;
    p->guest->start_at = world_now(p->world) + down;
}

/* ---- its end ---------------------------------------------------------------------------------------- */

/* The world goes on meanwhile, so that it can say goodbye. */
void play_sut_end(struct play *p)
{
    struct play_sut *g = p->guest;
    wp_us limit = world_now(p->world) + sut_of(p)->stop_within;

    g->is_up = false;
    sut_process_ask(&g->process, false);
    while (!sut_process_has_ended(&g->process) && world_now(p->world) < limit)
        pass_time(p);
}

void play_sut_free(struct play *p)
{
    sut_process_stop(&p->guest->process, true);
    serial_hub_close(&p->guest->hub);
    observer_free(p->guest->observer);
}
