#include "harness/home.h"
#include "harness/keys.h"
#include "harness/pcap_synth.h"
#include "harness/play_impl.h"
#include "harness/record_file.h"
#include "harness/scenario_keys.h"
#include "harness/sut_fit.h"
#include "sim/catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DIALS_MAX  WP_SEC(1)  /* steps begin when who was dialled has answered, or after so long */
#define SETTLE_MAX WP_SEC(10) /* everybody is connected and subscribed by then, or the play is an error */

static int64_t wall_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void error(struct play *p, const char *text)
{
    p->result->verdict = VERDICT_ERROR;
    if (!p->result->because)
        p->result->because = arena_text(&p->result->arena, wp_text(text));
}

/* ---- settling --------------------------------------------------------------------------------------- */

/* To a dial of the gateway's. */
static bool is_answer(const struct wp_record *r)
{
    return strcmp(r->machine, wp_gateway_class.name) == 0 &&
           ((r->kind == WP_REC_OPEN && r->open.transport == WP_TCP) ||
            (r->kind == WP_REC_CLOSE && r->port == 0 && r->close.peer.port != 0));
}

static void settle_take(struct wp_sink *sink, const struct wp_record *r)
{
    struct play_settle *s = (struct play_settle *)(void *)sink;

    if (s->dials > 0 && is_answer(r) && --s->dials == 0)
        world_stop(s->world);
    if (s->settled)
        return;
    s->connacks += r->kind == WP_REC_CONNACK;
    s->subscribes += r->kind == WP_REC_SUBSCRIBE;
    if (r->kind == WP_REC_SUBACK) {
        s->subacks++;
        s->gateway_subacks += strcmp(r->machine, wp_gateway_class.name) == 0;
    }
    s->settled = s->connacks >= s->want_connacks && s->subscribes == s->subacks &&
                 (!s->want_gateway || s->gateway_subacks > 0);
    if (s->settled)
        world_stop(s->world);
}

/* Gateway and clients stand before the first device dials, or is dialled, so that nobody misses the first message. */
static bool settle(struct play *p)
{
    struct play_settle *s = &p->settle;

    s->settled = s->want_connacks == 0 && !s->want_gateway;
    while (!s->settled && world_now(p->world) < SETTLE_MAX) {
        enum wp_world_end end = world_run(p->world, SETTLE_MAX);

        if (end == WP_WORLD_ERROR) {
            error(p, world_error(p->world));
            return false;
        }
        if (end == WP_WORLD_IDLE)
            break;
    }
    if (!s->settled) {
        error(p, arena_print(&p->arena, "%u of %u logins and %u of %u subscriptions were answered",
                             s->connacks, s->want_connacks, s->subacks, s->subscribes));
        return false;
    }
    return true;
}

void play_let_dials_go(struct play *p)
{
    struct play_settle *s = &p->settle;
    wp_us limit = world_now(p->world) + DIALS_MAX;

    s->dials = world_let_dials_go(p->world);
    while (s->dials > 0 && world_now(p->world) < limit)
        if (world_run(p->world, limit) == WP_WORLD_ERROR)
            return; /* the first step says so */
}

/* ---- running ---------------------------------------------------------------------------------------- */

static void stop_when_decided(void *ctx)
{
    struct play *p = ctx;

    world_stop(p->world);
}

bool play_until(struct play *p, wp_us until, const struct check *awaited)
{
    wp_us limit = p->s->limit;

    for (;;) {
        wp_us now = world_now(p->world), next = judge_deadline(&p->judge);
        enum wp_world_end end;

        if (p->judge.failed || (awaited && awaited->state != CHECK_ARMED) || (!awaited && now >= until))
            return true;
        if (now >= limit) {
            char text[100];
            struct wp_writer w = wp_writer(text, sizeof text);

            wp_put_text(&w, "took longer than its limit of ");
            wp_put_duration(&w, limit);
            error(p, wp_put_end(&w));
            return false;
        }
        if (until < next)
            next = until;
        if (limit < next)
            next = limit;
        if ((p->n_programs > 0 || p->guest) && now + WP_MS(20) < next)
            next = now + WP_MS(20); /* a foreign program tells nobody when it ends */
        end = world_run(p->world, next);
        if (end == WP_WORLD_ERROR) {
            error(p, world_error(p->world));
            return false;
        }
        p->judge.lateness = world_lateness(p->world);
        judge_advance(&p->judge, world_now(p->world));
        if (p->n_programs > 0)
            programs_look(p->programs, p->n_programs, &p->judge, world_now(p->world));
        if (p->guest)
            play_sut_look(p);
    }
}

static void play_out(struct play *p)
{
    while (!p->judge.failed &&
           (judge_is_waiting(&p->judge) || programs_are_waiting(p->programs, p->n_programs))) {
        wp_us now = world_now(p->world), next;

        judge_advance(&p->judge, now); /* live time has gone on while nobody looked */
        next = judge_deadline(&p->judge);
        if (p->n_programs > 0 && (next == WP_NEVER || next > now + WP_MS(100)))
            next = now + WP_MS(100);
        if (next == WP_NEVER || !play_until(p, next, NULL))
            return;
    }
}

/* ---- one play --------------------------------------------------------------------------------------- */

/* As the VRM servers do, and a Venus system. */
static bool speaks_tls(const struct scenario *s)
{
    return s->vrm.n_logins > 0 || node_get(s->root, "local");
}

static bool make_world(struct play *p, struct wp_writer *why)
{
    struct wp_world_setup w = {
        .seed = p->setup->seed,
        .epoch_us = p->s->epoch_us,
        .transcript = &p->transcript,
        .access = play_access(p),
        .plugin = p->setup->plugin,
        .wires = p->capture != NULL,
        .broker_tls = speaks_tls(p->s),
        .shut = p->s->brokers.shut,
        .vrm = venus_brokers_world(&p->arena, &p->s->brokers, p->setup->seed),
        .watches_bus = p->guest || scenario_has_program(p->s),
    };

    if (p->guest && !play_sut_open(p, &w, why))
        return false;
    p->world = p->setup->world == PLAY_VIRTUAL ? world_virtual_new(&w) : world_live_new(&w, why);
    return p->world != NULL;
}

static bool scenario_wants_frames(const struct scenario *s)
{
    if (s->golden_frames)
        return true;
    for (size_t i = 0; i < s->n_steps; i++)
        if (s->steps[i].node->kind == NODE_MAP && node_get(s->steps[i].node, "frame"))
            return true;
    for (size_t i = 0; i < s->n_watches; i++) {
        const struct node *control = node_get(s->watches[i].node, "control");

        if (node_get(s->watches[i].node, "frame") || node_get(control, "frame"))
            return true;
    }
    return false;
}

/* Files first, for they see records in the order of their numbers; then who writes more of them. */
static bool add_sinks(struct play *p, struct wp_writer *why)
{
    if (p->setup->dir) {
        p->file = record_file_new(p->setup, why);
        if (!p->file)
            return false;
        wp_transcript_add(&p->transcript, record_file_sink(p->file));
    }
    if (p->setup->dir && p->setup->keep == KEEP_ALL) {
        p->capture = pcap_synth_new(arena_print(&p->arena, "%s/run.pcapng", p->setup->dir),
                                    arena_print(&p->arena, "%s/bus.pcapng", p->setup->dir), p->s->name,
                                    p->s->epoch_us, why);
        if (!p->capture)
            return false;
        wp_transcript_add(&p->transcript, pcap_synth_sink(p->capture));
    }
    if (p->setup->keep == KEEP_ALL || scenario_wants_frames(p->s)) {
        scenario_keys_add(p->s);
        p->stream = stream_sink_new(&p->transcript);
        wp_transcript_add(&p->transcript, stream_sink(p->stream));
    }
    if (p->s->golden && p->setup->world == PLAY_VIRTUAL && !p->guest) {
        p->golden = play_golden_new(p->setup, p->s->golden, p->s->golden_frames, why);
        if (!p->golden)
            return false;
        wp_transcript_add(&p->transcript, play_golden_sink(p->golden));
    }
    if (p->setup->also)
        wp_transcript_add(&p->transcript, p->setup->also);
    wp_transcript_add(&p->transcript, &p->settle.sink);
    wp_transcript_add(&p->transcript, &p->judge.sink);
    return true;
}

/* A SUT with a broker of its own is started before our clients, and dials our devices as soon as it is there. */
static bool needs_devices_first(const struct play *p)
{
    return p->guest && p->setup->sut->south.dials && !p->setup->sut->north.is_ours;
}

static bool start_world(struct play *p, struct wp_writer *why)
{
    if (!world_start(p->world)) {
        wp_put_text(why, world_error(p->world));
        return false;
    }
    p->is_started = true;
    p->judge.world.epoch_us = world_epoch(p->world);
    return true;
}

static bool begin(struct play *p, struct wp_writer *why)
{
    const char *sut = p->s->has_gateway ? wp_gateway_class.name : NULL;

    if (p->guest) /* a device publishes nothing, and our gateway is not under test */
        sut = play_sut_is(p, SUT_DEVICE) ? NULL : play_sut_name(p);
    judge_init(&p->judge, &p->transcript, p->result, p->setup->contracts, sut, p->s->epoch_us);
    p->judge.changed = stop_when_decided;
    p->judge.ctx = p;
    p->settle.sink.take = settle_take;
    p->judge.is_foreign = play_sut_is(p, SUT_GATEWAY);
    p->judge.has_own_broker = p->guest && !p->setup->sut->north.is_ours;
    p->judge.is_client = play_sut_is(p, SUT_CLOUD_CLIENT);
    if (p->setup->world == PLAY_LIVE)
        p->judge.slack = p->guest ? p->setup->sut->slack : PLAY_LIVE_SLACK;
    if (!add_sinks(p, why) || !make_world(p, why))
        return false;
    p->settle.world = p->world;
    if (p->capture)
        pcap_synth_set_world(p->capture, p->world);
    judge_watch(&p->judge, p->s);
    play_arm_first(p);
    if (needs_devices_first(p)) {
        if (!play_add_listening_devices(p, why) || !start_world(p, why) || !play_sut_start_early(p, why))
            return false;
        play_sut_add_observer(p);
        return play_add_clients(p, why);
    }
    if (p->guest)
        play_sut_add_observer(p);
    if (!play_add_gateway(p, why) || !play_add_clients(p, why))
        return false;
    world_hold_dials(p->world);
    return (!p->guest || play_sut_start_early(p, why)) && start_world(p, why);
}

/* The same as before, line for line, is a check like any other; after a failure only the failure counts. */
static void compare_golden(struct play *p)
{
    char text[8192];
    struct wp_writer w = wp_writer(text, sizeof text);
    bool same;

    if (p->judge.failed)
        return;
    same = play_golden_finish(p->golden, &w);
    if (same)
        wp_put_text(&w, p->setup->update ? "written anew" : "the same line for line");
    result_add(p->result, same ? VERDICT_PASS : VERDICT_FAIL, "golden", 0, p->result->ended,
               home_relative(wp_put_end(&w)));
}

static void run(struct play *p)
{
    char why[600];
    struct wp_writer w = wp_writer(why, sizeof why);

    if (!begin(p, &w)) {
        error(p, wp_put_end(&w));
        return;
    }
    if (!p->result->applicable || !settle(p))
        return;
    if (p->guest && (!play_sut_start_late(p, &w) || !play_sut_reach_device(p, &w))) {
        error(p, wp_put_end(&w));
        return;
    }
    play_steps(p);
    if (p->result->verdict != VERDICT_ERROR)
        play_out(p);
    if (p->guest)
        play_sut_look_back(p);
    judge_finish(&p->judge, world_now(p->world));
    programs_finish(p->programs, p->n_programs, &p->judge, world_now(p->world));
    p->result->ended = world_now(p->world);
    if (p->guest)
        play_sut_end(p);
    world_end(p->world);
    if (p->golden)
        compare_golden(p);
}

/* The scenario as it is for the SUT; false: it does not apply, or cannot be read again. */
static bool adapt(struct play *p, struct play_setup *own, struct scenario_list *list)
{
    char why[600];
    struct wp_writer w = wp_writer(why, sizeof why);
    const char *reason = sut_excludes(own->sut, p->s, &p->arena);

    if (reason) {
        p->result->applicable = false;
        p->result->because = arena_text(&p->result->arena, wp_text(reason));
        return false;
    }
    own->scenario = sut_adapt(own->sut, p->s, list, &w);
    if (!own->scenario) {
        error(p, wp_put_end(&w));
        return false;
    }
    p->s = own->scenario;
    p->guest = play_sut_new(own->sut, p->s, &p->arena);
    return true;
}

void play(const struct play_setup *setup, struct scenario_result *result)
{
    struct play_setup own = *setup;
    struct play p = {.setup = &own, .s = setup->scenario, .result = result, .gateway = -1};
    struct scenario_list list = {0};
    int64_t start = wall_us();
    size_t n_keys = keys_given()->n;

    result_init(result, p.s->name, home_relative(p.s->file),
                setup->world == PLAY_VIRTUAL ? "virtual" : "live");
    result->purpose = p.s->purpose ? arena_text(&result->arena, wp_text(p.s->purpose)) : "";
    result->api = p.s->api ? p.s->api : "";
    result->sut = setup->sut ? setup->sut->file : NULL;
    if (!setup->sut || adapt(&p, &own, &list))
        run(&p);
    if (p.guest)
        play_sut_free(&p);
    if (p.stream)
        stream_sink_free(p.stream);
    keys_keep(n_keys);
    if (p.capture && !pcap_synth_close(p.capture) && result->verdict != VERDICT_ERROR)
        error(&p, "the capture could not be written whole: is the disk full?");
    if (p.file && !record_file_close(p.file, result_verdict(result, true) >= VERDICT_INCONC) &&
        result->verdict != VERDICT_ERROR)
        error(&p, "the transcript could not be written whole: is the disk full?");
    play_golden_free(p.golden);
    world_free(p.world); /* last: records that were kept point to its names */
    judge_free(&p.judge);
    programs_free(p.programs, p.n_programs);
    arena_free(&p.arena);
    scenario_list_free(&list);
    if (setup->sut)
        sut_weigh(setup->sut, result);
    result->wall_us = wall_us() - start;
}
