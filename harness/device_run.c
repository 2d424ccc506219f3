#include "harness/device_run.h"
#include "harness/cmd.h"
#include "harness/ending.h"
#include "harness/jobs.h"
#include "harness/pcap_synth.h"
#include "harness/play_impl.h"
#include "harness/record_file.h"
#include "sim/catalog.h"

#include <stdlib.h>
#include <unistd.h>

/* How often the status line is written anew. */
#define LOOK_EVERY WP_MS(200)

enum { LOOPBACK_NET = 127 };

/* What has happened so far: a sink. */
struct counts {
    struct wp_sink sink; /* first */
    size_t connected, opened, refused;
    uint64_t sent, received, bad; /* frames */
    size_t n_bus;                 /* connections with a bus so far */
    FILE *out;
    bool is_terminal, they_dial;
};

/* ---- what is told ----------------------------------------------------------------------------------- */

static bool is_ours(const struct wp_record *r)
{
    return strcmp(r->machine, wp_gateway_class.name) != 0;
}

static void put_event(struct counts *c, const struct wp_record *r, const char *what)
{
    if (c->is_terminal)
        return; /* the status line tells */
    fprintf(c->out, "%10.3f s  %s %s\n", (double)r->at / 1e6, r->machine, what);
    fflush(c->out);
}

/* What a bus says of names: that a connection has one, or when its policy forbids something (who may own one, who may
 * send what to whom). */
struct bus_word {
    struct wp_slice sender, member, error, text;
};

static void read_bus_word(void *ctx, const struct wp_field *field)
{
    struct bus_word *f = ctx;

    if (field->value.kind != WP_TEXT)
        return;
    if (strcmp(field->path, "sender") == 0)
        f->sender = field->value.bytes;
    else if (strcmp(field->path, "member") == 0)
        f->member = field->value.bytes;
    else if (strcmp(field->path, "error_name") == 0)
        f->error = field->value.bytes;
    else if (strcmp(field->path, "body.0.string") == 0)
        f->text = field->value.bytes;
}

static void tell_bus_word(struct counts *c, const struct wp_record *r)
{
    struct bus_word f = {0};
    const char *what;

    r->frame.codec->fields(r->frame.frame, read_bus_word, &f);
    if (!wp_slice_is(f.sender, "org.freedesktop.DBus"))
        return;
    if (wp_slice_is(f.error, "org.freedesktop.DBus.Error.AccessDenied"))
        what = "is refused by the bus:";
    else if (wp_slice_is(f.member, "NameAcquired") && f.text.n > 0 && f.text.p[0] != ':' && !c->is_terminal)
        what = "is on the bus:";
    else
        return;
    fprintf(c->out, "%s%10.3f s  %s %s %.*s\n", c->is_terminal ? "\r\033[K" : "", (double)r->at / 1e6,
            r->peer, what, WP_FMT(f.text));
    fflush(c->out);
}

/* Our side of a bus is the only one that is seen, so what a device sends there is counted as it is sent. */
static void count_frame(struct counts *c, const struct wp_record *r)
{
    bool is_of_bus = r->frame.codec && strcmp(r->frame.codec->name, "dbus") == 0;

    c->bad += !r->frame.frame;
    if (!r->frame.frame)
        return;
    c->sent += is_ours(r) && !is_of_bus;
    c->received += !is_ours(r) || is_of_bus;
    if (is_of_bus)
        tell_bus_word(c, r);
}

static void take(struct wp_sink *sink, const struct wp_record *r)
{
    static const char *const reasons[] = {"was hung up on", "was reset", "has hung up", "was refused",
                                          "had no answer"};
    struct counts *c = (struct counts *)(void *)sink;

    if (r->kind == WP_REC_OPEN && is_ours(r)) {
        c->connected++;
        c->opened++;
        c->n_bus += r->open.transport == WP_BUS;
        if (r->open.transport != WP_BUS)
            put_event(c, r, "is connected");
    } else if (r->kind == WP_REC_CLOSE && is_ours(r)) {
        c->connected -= r->port != 0;
        c->refused += r->port == 0;
        put_event(c, r, reasons[r->close.reason]);
    } else if (r->kind == WP_REC_SEND) {
        c->sent += c->n_bus > 0 && r->peer && strcmp(r->peer, "bus") == 0;
    } else if (r->kind == WP_REC_FRAME) {
        count_frame(c, r);
    }
}

static void put_status(const struct counts *c, size_t n)
{
    if (c->they_dial && c->n_bus == 0)
        fprintf(c->out, "%zu of %zu connected", c->connected, n);
    else
        fprintf(c->out, "devices %zu, connections %zu, in all %zu", n, c->connected, c->opened);
    fprintf(c->out, ", %llu frames sent, %llu received, %llu not understood, %zu dials refused",
            (unsigned long long)c->sent, (unsigned long long)c->received, (unsigned long long)c->bad,
            c->refused);
}

static void put_status_line(const struct counts *c, size_t n)
{
    if (!c->is_terminal)
        return;
    fputs("\r\033[K", c->out);
    put_status(c, n);
    fflush(c->out);
}

/* ---- the world -------------------------------------------------------------------------------------- */

struct devices {
    const struct device_setup *setup;
    struct play play; /* of which there are devices alone */
    struct play_setup play_setup;
    struct wp_world_guest gateway;
    struct wp_world_place *places; /* of those that listen */
    size_t n_places;
    struct wp_world_service no_broker;
    struct counts counts;
    size_t n;
};

static bool open_files(struct devices *d, struct wp_writer *why)
{
    struct play *p = &d->play;

    if (!d->setup->dir)
        return true;
    p->file = record_file_new(&d->play_setup, why);
    if (!p->file)
        return false;
    wp_transcript_add(&p->transcript, record_file_sink(p->file));
    p->capture = pcap_synth_new(arena_print(&p->arena, "%s/run.pcapng", d->setup->dir),
                                arena_print(&p->arena, "%s/bus.pcapng", d->setup->dir), "device",
                                d->setup->devices->epoch_us, why);
    if (p->capture)
        wp_transcript_add(&p->transcript, pcap_synth_sink(p->capture));
    return p->capture != NULL;
}

static const struct wp_endpoint *tcp_endpoint(const struct wp_class *class, bool listens)
{
    for (size_t i = 0; i < class->n_endpoints; i++)
        if (class->endpoints[i].listen == listens && class->endpoints[i].transport == WP_TCP)
            return &class->endpoints[i];
    return NULL;
}

/* Where the i-th of a fleet listens: at addresses that count up where this machine has them all, else at ports. */
static struct wp_addr real_place(const struct scenario_device *d, uint16_t standard, uint32_t i)
{
    struct wp_addr at = d->has_listen ? d->listen : (struct wp_addr){d->ip, 0};

    if (at.port == 0)
        at.port = standard;
    if (at.ip >> 24 == LOOPBACK_NET)
        at.ip += i;
    else
        at.port = (uint16_t)(at.port + i);
    return at;
}

static void find_places(struct devices *d)
{
    const struct scenario *s = d->setup->devices;

    d->places = arena_get(&d->play.arena, (d->n + 1) * sizeof *d->places);
    for (size_t i = 0; i < s->n_devices; i++) {
        const struct wp_endpoint *e = tcp_endpoint(s->devices[i].class, true);

        for (uint32_t k = 0; e && k < s->devices[i].count; k++)
            d->places[d->n_places++] = (struct wp_world_place){{s->devices[i].ip + k, e->addr.port},
                                                               real_place(&s->devices[i], e->addr.port, k)};
    }
}

/* The devices know their gateway by the address that every scenario gives it. */
static void find_gateway(struct devices *d)
{
    const struct scenario *s = d->setup->devices;
    const struct wp_endpoint *e = NULL;

    for (size_t i = 0; i < s->n_devices && !e; i++)
        e = tcp_endpoint(s->devices[i].class, false);
    find_places(d);
    d->gateway = (struct wp_world_guest){.name = wp_gateway_class.name,
                                         .scenario = {PLAY_GATEWAY_IP, e ? e->addr.port : 0},
                                         .real = d->setup->gateway,
                                         .dials = d->n_places > 0,
                                         .places = d->places,
                                         .n_places = d->n_places};
}

static void put_listeners(const struct devices *d)
{
    const struct wp_world_place *place = d->places;

    for (size_t i = 0; i < d->setup->devices->n_devices; i++) {
        const struct scenario_device *device = &d->setup->devices->devices[i];
        char at[40];
        struct wp_writer w = wp_writer(at, sizeof at);

        for (uint32_t k = 0; tcp_endpoint(device->class, true) && k < device->count; k++, place++) {
            w.n = 0;
            wp_put_addr(&w, place->real);
            fprintf(d->setup->out, device->count > 1 ? "%s%u" : "%s", device->name, k + 1);
            fprintf(d->setup->out, " %s listens on %s\n", device->class->name, wp_put_end(&w));
        }
    }
    fflush(d->setup->out);
}

/* For whoever is to read what our devices say there. */
static void put_bus(const struct devices *d)
{
    const char *address = world_bus_address(d->play.world);

    if (!address)
        return;
    fprintf(d->setup->out, "%s %s\n", d->setup->devices->bus ? "bus" : "private bus", address);
    fflush(d->setup->out);
}

static bool needs_bus(const struct scenario *s)
{
    for (size_t i = 0; i < s->n_devices; i++)
        for (size_t k = 0; k < s->devices[i].class->n_endpoints; k++)
            if (s->devices[i].class->endpoints[k].transport == WP_BUS)
                return true;
    return false;
}

static bool make_world(struct devices *d, struct wp_writer *why)
{
    struct play *p = &d->play;
    const char *bus = d->setup->devices->bus;
    const struct wp_world_setup world = {.seed = d->play_setup.seed,
                                         .transcript = &p->transcript,
                                         .service = &d->no_broker,
                                         .bus = bus,
                                         .guest = &d->gateway};

    if (bus && needs_bus(p->s) && !world_try_bus(bus, why))
        return false;
    p->world = world_live_new(&world, why);
    if (!p->world)
        return false;
    d->setup->devices->epoch_us = world_epoch(p->world);
    if (!open_files(d, why))
        return false;
    p->stream = stream_sink_new(&p->transcript);
    wp_transcript_add(&p->transcript, stream_sink(p->stream));
    wp_transcript_add(&p->transcript, &d->counts.sink);
    if (!play_add_devices(p, why))
        return false;
    if (world_start(p->world))
        return true;
    wp_put_text(why, world_error(p->world));
    return false;
}

static void begin(struct devices *d, const struct device_setup *setup)
{
    *d = (struct devices){.setup = setup,
                          .no_broker = {.broker_host = "127.0.0.1"},
                          .counts = {.sink = {.take = take},
                                     .out = setup->out,
                                     .is_terminal = isatty(fileno(setup->out)) == 1}};
    d->play_setup = (struct play_setup){.scenario = setup->devices,
                                        .world = PLAY_LIVE,
                                        .keep = KEEP_ALL,
                                        .seed = setup->devices->has_seed ? setup->devices->seed : 1,
                                        .dir = setup->dir};
    d->play.setup = &d->play_setup;
    d->play.s = setup->devices;
    d->play.gateway = -1;
    for (size_t i = 0; i < setup->devices->n_devices; i++)
        d->n += setup->devices->devices[i].count;
    find_gateway(d);
    d->counts.they_dial = d->n_places == 0;
}

/* ---- one run ---------------------------------------------------------------------------------------- */

static bool serve(struct devices *d)
{
    struct wp_world *w = d->play.world;

    while (!ending_is_asked() && world_now(w) < d->setup->how_long) {
        wp_us next = world_now(w) + LOOK_EVERY;

        if (world_run(w, next < d->setup->how_long ? next : d->setup->how_long) == WP_WORLD_ERROR)
            return false;
        put_status_line(&d->counts, d->n);
    }
    return true;
}

static bool close_files(struct devices *d)
{
    bool good = !d->play.capture || pcap_synth_close(d->play.capture);

    return (!d->play.file || record_file_close(d->play.file, true)) && good;
}

static int run(struct devices *d)
{
    char text[600];
    struct wp_writer why = wp_writer(text, sizeof text);

    if (!make_world(d, &why)) {
        fprintf(stderr, "wattproof: %s\n", wp_put_end(&why));
        return EXIT_HARNESS;
    }
    put_listeners(d);
    put_bus(d);
    ending_of(d->play.world);
    if (!serve(d)) {
        fprintf(stderr, "wattproof: %s\n", world_error(d->play.world));
        return EXIT_HARNESS;
    }
    fputs(d->counts.is_terminal ? "\r\033[K" : "", d->setup->out);
    put_status(&d->counts, d->n);
    fputc('\n', d->setup->out);
    fflush(d->setup->out);
    d->counts.is_terminal = true; /* their goodbye is no news */
    world_end(d->play.world);
    return d->counts.opened > 0 ? EXIT_AS_EXPECTED : EXIT_NOTHING_RAN;
}

int device_run(const struct device_setup *setup)
{
    struct devices *d = calloc(1, sizeof *d);
    int code;

    if (!d)
        abort();
    begin(d, setup);
    ending_listen();
    code = run(d);
    ending_of(NULL);
    world_free(d->play.world);
    if (d->play.stream)
        stream_sink_free(d->play.stream);
    if (!close_files(d)) {
        fprintf(stderr, "wattproof: %s: not everything could be written: is the disk full?\n", setup->dir);
        code = EXIT_HARNESS;
    }
    arena_free(&d->play.arena);
    free(d);
    return code;
}
