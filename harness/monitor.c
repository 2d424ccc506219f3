#include "harness/monitor.h"

#include "harness/cmd.h"
#include "harness/ending.h"
#include "harness/monitor_impl.h"
#include "harness/result_file.h"

#include <stdlib.h>
#include <unistd.h>

/* How often time is looked at when nothing comes. */
#define LOOK_EVERY WP_MS(200)
/* At the end: how long nothing more may come of what the broker keeps, and how long that may take in all. */
#define KEPT_QUIET WP_MS(500)
#define KEPT_LIMIT WP_SEC(5)

/* ---- before ----------------------------------------------------------------------------------------- */

static void add_filter(void *ctx, struct wp_slice filter)
{
    struct watcher_plan *plan = ctx;

    if (plan->n_filters < WATCHER_FILTERS_MAX)
        plan->filters[plan->n_filters++] = filter;
}

static void make_plan(struct monitor *m)
{
    const struct broker_url *url = &m->setup->url;

    snprintf(m->client_id, sizeof m->client_id, "wattproof-monitor-%d", (int)getpid());
    m->plan =
        (struct watcher_plan){.login = {.client_id = wp_text(m->client_id), .clean = true, .keepalive_s = 30},
                              .wide = wp_text("#")};
    if (url->user)
        m->plan.login.user = wp_text(url->user);
    if (url->password)
        m->plan.login.password = wp_text(url->password);
    contract_each_filter(m->setup->contracts, m->setup->api, add_filter, &m->plan);
    m->watcher = (struct wp_setup){.name = "monitor",
                                   .endpoints = watcher_class.endpoints,
                                   .n_endpoints = watcher_class.n_endpoints,
                                   .plan = &m->plan};
}

static bool open_evidence(struct monitor *m, struct wp_writer *why)
{
    struct scenario *s = m->setup->watch ? m->setup->watch : &m->no_scenario;
    const struct play_setup play = {
        .scenario = s, .world = PLAY_LIVE, .keep = KEEP_ALL, .dir = m->setup->dir};

    m->no_scenario.name = "monitor";
    if (!m->setup->dir)
        return true;
    s->epoch_us = world_epoch(m->world);
    m->evidence = record_file_new(&play, why);
    return m->evidence != NULL;
}

static bool begin(struct monitor *m, struct wp_writer *why)
{
    const struct broker_url *url = &m->setup->url;
    const struct wp_world_setup world = {.transcript = &m->transcript, .service = &m->service};

    m->service = (struct wp_world_service){.broker_host = url->host,
                                           .broker_port = url->port,
                                           .broker_tls = url->tls,
                                           .broker_ca = m->setup->ca};
    judge_init(&m->judge, &m->transcript, m->result, m->setup->contracts, MONITOR_SUT, 0);
    m->judge.slack = PLAY_LIVE_SLACK;
    contract_tell(m->judge.tally, &m->news);
    wp_transcript_add(&m->transcript, &m->judge.sink);
    wp_transcript_add(&m->transcript, &m->sink);
    if (m->setup->watch)
        judge_watch(&m->judge, m->setup->watch);
    m->world = world_live_new(&world, why);
    if (!m->world)
        return false;
    m->judge.world.epoch_us = world_epoch(m->world);
    if (!open_evidence(m, why))
        return false;
    m->machine = world_add(m->world, &watcher_class, &m->watcher, NULL);
    if (world_start(m->world))
        return true;
    wp_put_text(why, world_error(m->world));
    return false;
}

/* ---- while it goes on ------------------------------------------------------------------------------- */

static bool turn(struct monitor *m, wp_us until)
{
    wp_us next = world_now(m->world) + LOOK_EVERY;

    if (world_run(m->world, next < until ? next : until) == WP_WORLD_ERROR)
        return false;
    m->judge.lateness = world_lateness(m->world);
    judge_advance(&m->judge, world_now(m->world));
    monitor_screen_status(&m->screen, world_now(m->world));
    return true;
}

/* What was retained shows when the same subscriptions are made again (MQTT 3.1.1, 3.8.4). */
static bool ask_again(struct monitor *m)
{
    wp_port port = world_port(m->world, m->machine, "broker");
    wp_us limit = world_now(m->world) + KEPT_LIMIT;

    if (port == 0)
        return true;
    m->asks_again = true;
    m->last_kept = world_now(m->world);
    for (size_t i = 0; i < m->n_granted; i++) {
        const struct wp_effect e = {
            .kind = WP_SUBSCRIBE, .port = port, .subscribe = {.filter = m->granted[i], .qos = 2}};

        world_act(m->world, m->machine, &e);
    }
    while (world_now(m->world) < limit && world_now(m->world) < m->last_kept + KEPT_QUIET)
        if (!turn(m, limit))
            return false;
    if (m->counts.is_on) /* else nobody knows what would have come */
        retained_decide(m->retained, m->setup->contracts, m->judge.tally, world_now(m->world));
    return true;
}

static bool watch(struct monitor *m)
{
    while (!ending_is_asked() && !m->refused && world_now(m->world) < m->setup->how_long)
        if (!turn(m, m->setup->how_long))
            return false;
    return ask_again(m);
}

/* ---- one watch --------------------------------------------------------------------------------------- */

static int exit_code(const struct monitor *m)
{
    if (m->counts.logins == 0 || m->refused)
        return EXIT_HARNESS;
    if (m->counts.messages + m->counts.kept == 0)
        return EXIT_NOTHING_RAN;
    return m->result->verdict >= VERDICT_FAIL ? EXIT_FAILED : EXIT_AS_EXPECTED;
}

static bool close_evidence(struct monitor *m)
{
    bool good = !m->evidence || record_file_close(m->evidence, true);

    m->evidence = NULL;
    return good;
}

static int run(struct monitor *m)
{
    char text[600];
    struct wp_writer why = wp_writer(text, sizeof text);

    if (!begin(m, &why)) {
        fprintf(stderr, "wattproof: %s\n", wp_put_end(&why));
        return EXIT_HARNESS;
    }
    ending_of(m->world);
    if (!watch(m)) {
        fprintf(stderr, "wattproof: %s\n", world_error(m->world));
        return EXIT_HARNESS;
    }
    monitor_conclude(m);
    world_end(m->world);
    if (m->setup->dir && (!result_write(m->result, m->setup->dir) || !close_evidence(m))) {
        fprintf(stderr, "wattproof: %s: not everything could be written: is the disk full?\n", m->setup->dir);
        return EXIT_HARNESS;
    }
    return exit_code(m);
}

int monitor_run(const struct monitor_setup *setup, struct scenario_result *result)
{
    struct monitor *m = calloc(1, sizeof *m);
    int code;

    if (!m)
        abort();
    monitor_take_init(m);
    m->setup = setup;
    m->result = result;
    m->retained = retained_new();
    result_init(result, setup->watch ? setup->watch->name : "monitor", setup->watch ? setup->watch->file : "",
                "live");
    result->applicable = true;
    result->api = setup->api ? setup->api : "";
    monitor_screen_init(&m->screen, setup, &m->counts);
    result->purpose = arena_print(&result->arena, "What passed on %s", m->screen.url);
    result->again = arena_print(&result->arena, "./wattproof monitor %s", m->screen.url);
    make_plan(m);
    ending_listen();
    code = run(m);
    ending_of(NULL);
    world_free(m->world);
    close_evidence(m);
    judge_free(&m->judge);
    retained_free(m->retained);
    free(m);
    return code;
}
