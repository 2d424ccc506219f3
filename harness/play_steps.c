/* The steps: a stimulus arms every expectation up to the next one, then acts; expectations are waited for in turn. */
#include "harness/home.h"
#include "harness/play_impl.h"
#include "harness/scenario_impl.h"

#include <stdio.h>
#include <stdlib.h>

enum { FILL_MAX = 4 * 1024 * 1024 };

static void fail(struct play *p, const struct step *step, const char *text)
{
    p->result->verdict = VERDICT_ERROR;
    p->result->because =
        arena_print(&p->result->arena, "%s:%d: %s", home_relative(p->s->file), step->line, text);
}

static bool is_stimulus(enum step_kind kind)
{
    return kind != STEP_WAIT && kind != STEP_AT && kind != STEP_EXPECT && kind != STEP_NONE &&
           kind != STEP_BIND;
}

/* Arms what follows step `from` up to the next stimulus; a bind ends it too, for later patterns may need it. */
static void arm(struct play *p, size_t from)
{
    for (size_t i = from; i < p->s->n_steps && !is_stimulus(p->s->steps[i].kind); i++) {
        const struct step *step = &p->s->steps[i];
        enum check_kind kind = step->kind == STEP_NONE   ? CHECK_NONE
                               : step->kind == STEP_BIND ? CHECK_BIND
                                                         : CHECK_EXPECT;

        if (step->kind == STEP_WAIT || step->kind == STEP_AT)
            continue;
        p->checks[i] = judge_arm(&p->judge, kind, p->s->file, step->node, step->line, world_now(p->world));
        if (step->kind == STEP_BIND)
            return;
    }
}

static const struct node *filled(struct play *p, const struct node *node)
{
    for (size_t i = 0; i < p->judge.n_bound; i++)
        node = node_fill(&p->arena, node, p->judge.bound[i][0], p->judge.bound[i][1]);
    return node;
}

/* ---- acting ----------------------------------------------------------------------------------------- */

static wp_port client_port(struct play *p, const char *client, wp_machine *ret)
{
    *ret = play_machine(p, client);
    return *ret >= 0 ? world_port(p->world, *ret, "broker") : 0;
}

/* {"a":1} and a member of `size` letters -> {"a":1,"name":"xxx..."} */
static struct wp_slice with_fill(struct play *p, struct wp_slice json, const struct node *fill)
{
    size_t size = (size_t)atol(node_text(node_get(fill, "size"), "0"));
    const char *name = node_text(node_get(fill, "member"), "fill");
    struct wp_writer w;

    if (size > FILL_MAX || json.n < 2)
        return json;
    w = wp_writer(arena_get(&p->arena, json.n + size + strlen(name) + 16), json.n + size + strlen(name) + 16);
    wp_put_slice(&w, wp_slice(json.p, json.n - 1));
    wp_put_text(&w, json.n > 2 ? ",\"" : "\"");
    wp_put_text(&w, name);
    wp_put_text(&w, "\":\"");
    for (size_t i = 0; i < size; i++)
        wp_put_char(&w, 'x');
    wp_put_text(&w, "\"}");
    return wp_written(&w);
}

static struct wp_slice payload_of(struct play *p, const struct node *node)
{
    const struct node *payload = node_get(node, "payload"), *text = node_get(node, "text");
    const struct node *hex = node_get(node, "hex"), *fill = node_get(node, "fill");
    struct wp_slice bytes = {NULL, 0};

    if (payload)
        bytes = wp_text(node_json(&p->arena, payload));
    if (payload && fill)
        bytes = with_fill(p, bytes, fill);
    if (text)
        bytes = text->text;
    if (hex) {
        uint8_t *octets = arena_get(&p->arena, hex->text.n / 2 + 1);
        size_t n;

        if (wp_hex_read(hex->text, octets, hex->text.n / 2 + 1, &n))
            bytes = wp_slice(octets, n);
    }
    return bytes;
}

static bool act_publish(struct play *p, const struct step *step, const struct node *node)
{
    wp_machine m;
    struct wp_effect e = {
        .kind = WP_PUBLISH,
        .port = client_port(p, node_text(node_get(node, "from"), ""), &m),
        .publish = {.topic = node_get(node, "topic")->text,
                    .payload = payload_of(p, node),
                    .qos = (uint8_t)atoi(node_text(node_get(node, "qos"), "0")),
                    .retain = node_is(node_get(node, "retain"), "true"),
                    .tag = (uint32_t)step->line},
    };

    if (e.port == 0) {
        fail(p, step, "the client is not connected");
        return false;
    }
    world_act(p->world, m, &e);
    return true;
}

static bool act_subscribe(struct play *p, const struct step *step, const struct node *node)
{
    const struct node *filters = node_get(node, "to");
    wp_machine m;
    wp_port port = client_port(p, node_text(node_get(node, "client"), ""), &m);

    if (port == 0) {
        fail(p, step, "the client is not connected");
        return false;
    }
    for (const struct node *n = filters->first; n; n = n->next) {
        const struct wp_effect e = {
            .kind = WP_SUBSCRIBE,
            .port = port,
            .subscribe = {.filter = n->text,
                          .qos = (uint8_t)atoi(node_text(node_get(node, "qos"), "1")),
                          .tag = (uint32_t)step->line},
        };

        world_act(p->world, m, &e);
    }
    return true;
}

/* The programs stand in a folder beside the scenario. */
static void put_program_home(const struct play *p, char *home, size_t cap)
{
    const char *slash = strrchr(p->s->file, '/');

    snprintf(home, cap, "%.*s/programs", slash ? (int)(slash - p->s->file) : 1, slash ? p->s->file : ".");
}

static const char *put_place(struct play *p, struct wp_addr addr)
{
    char text[40];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_addr(&w, addr);
    return arena_text(&p->arena, wp_written(&w));
}

static struct program_places places_of(struct play *p)
{
    struct wp_addr tls, vrm;
    const char *dir = world_broker_tls(p->world, &tls), *vrm_dir = world_vrm_tls(p->world, &vrm);

    return (struct program_places){
        .broker = put_place(p, world_broker_addr(p->world, false)),
        .broker_ws = put_place(p, world_broker_addr(p->world, true)),
        .broker_tls = dir ? put_place(p, tls) : NULL,
        .ca = dir ? arena_print(&p->arena, "%s/ca.pem", dir) : NULL,
        .vrm = vrm_dir ? put_place(p, vrm) : NULL,
        .vrm_ca = vrm_dir ? arena_print(&p->arena, "%s/ca.pem", vrm_dir) : NULL,
        .bus = world_bus_address(p->world),
    };
}

static bool start_program(struct play *p, const struct step *step, size_t index)
{
    const struct program_places places = places_of(p);
    char home[600], absolute[4096], why[400];
    struct wp_writer w = wp_writer(why, sizeof why);

    put_program_home(p, home, sizeof home);
    if (!realpath(home, absolute)) {
        wp_put_text(&w, "there is no folder programs beside the scenario");
    } else if (program_start(program_at(p->programs, index), &p->s->clients[index], absolute, p->setup->dir,
                             &places, world_now(p->world), &w)) {
        return true;
    }
    fail(p, step, wp_put_end(&w));
    return false;
}

static bool act_connect(struct play *p, const struct step *step, const struct node *node)
{
    const char *name = node_text(node->kind == NODE_MAP ? node_get(node, "client") : node, "");
    const struct scenario_client *c = scenario_client(p->s, name);
    struct wp_login login;
    struct wp_effect e = {.kind = WP_LOGIN, .login = &login};
    size_t index = (size_t)(c - p->s->clients);

    if (c->program)
        return start_program(p, step, index);
    login = node_get(node, "login") ? play_login(p, c, node_get(node, "login")) : p->plans[index].login;
    world_act(p->world, p->clients[index], &e);
    return true;
}

static bool act_disconnect(struct play *p, const struct step *step, const struct node *node)
{
    wp_machine m;
    struct wp_effect e = {
        .kind = WP_HANG_UP,
        .port = client_port(p, node_text(node->kind == NODE_MAP ? node_get(node, "client") : node, ""), &m),
        .abort = node_is(node_get(node, "abort"), "true"),
    };

    if (e.port == 0) {
        fail(p, step, "the client is not connected");
        return false;
    }
    world_act(p->world, m, &e);
    return true;
}

static bool act_set(struct play *p, const struct step *step, const struct node *node)
{
    uint32_t times = (uint32_t)atol(node_text(node_get(node, "times"), "0"));

    for (const struct node *n = node->first; n; n = n->next) {
        struct settable set;
        struct wp_event event = {.kind = WP_EV_SET, .set = {.times = times}};
        char why[400];
        struct wp_writer w = wp_writer(why, sizeof why);

        if (strcmp(n->key, "times") == 0)
            continue;
        if (!scenario_settable(p->s, n, &set, &w)) {
            fail(p, step, wp_put_end(&w));
            return false;
        }
        event.set.option = set.option;
        event.set.value = set.value;
        world_event(p->world, play_machine(p, set.machine), &event);
    }
    return true;
}

static size_t number_of(const struct node *node, const char *key, size_t fallback)
{
    const struct node *n = node_get(node, key);

    return n ? (size_t)strtoull(node_text(n, "0"), NULL, 10) : fallback;
}

static bool act_fault(struct play *p, const struct step *step, const struct node *node)
{
    static const char *const directions[] = {"", "from", "to", "both"};
    const char *kind = node_text(node_get(node, "kind"), "");
    struct wp_link_fault f = {
        .direction = WP_LINK_BOTH,
        .times = (uint32_t)number_of(node, "times", 1),
        .skip = (uint32_t)number_of(node, "skip", 0),
        .at = number_of(node, "at", 0),
        .n = number_of(node, "n", 0),
        .mask = (uint8_t)number_of(node, "mask", 1),
        .duration = node_duration_or(node_get(node, "for"), 0),
    };
    wp_machine m = play_machine(p, node_text(node_get(node, "link"), ""));
    const struct node *hex = node_get(node, "bytes");

    while (strcmp(wp_link_fault_text(f.kind), kind) != 0)
        f.kind++; /* the schema allows no other word */
    for (int i = 1; i < 4; i++)
        if (node_is(node_get(node, "direction"), directions[i]))
            f.direction = (enum wp_link_direction)i;
    if (hex) {
        uint8_t *octets = arena_get(&p->arena, hex->text.n / 2 + 1);
        size_t n = 0;

        if (!wp_hex_read(hex->text, octets, hex->text.n / 2 + 1, &n)) {
            fail(p, step, "bytes are hex digits");
            return false;
        }
        f.bytes = wp_slice(octets, n);
    }
    if (m < 0) {
        fail(p, step, "there is no such machine");
        return false;
    }
    world_fault(p->world, m, &f);
    return true;
}

static bool act_restart(struct play *p, const struct step *step, const struct node *node)
{
    const char *name = node_text(node->kind == NODE_MAP ? node_get(node, "machine") : node, "");
    bool orderly = node_is(node_get(node, "orderly"), "true");
    wp_us down = node_duration_or(node_get(node, "down"), WP_MS(500));
    wp_machine m = play_machine(p, name);

    if (strcmp(name, "broker") == 0) {
        world_restart_broker(p->world, orderly, down);
        return true;
    }
    if (m < 0 && strcmp(name, "vrm") == 0 && p->s->brokers.has_vrm) {
        world_restart_vrm(p->world, orderly, down);
        return true;
    }
    if (p->guest && strcmp(name, play_sut_name(p)) == 0) {
        play_sut_restart(p, orderly, down);
        return true;
    }
    if (m < 0 && strcmp(name, "bus") == 0) {
        world_restart_bus(p->world, down);
        return true;
    }
    if (m < 0) {
        fail(p, step, "there is no such machine");
        return false;
    }
    world_restart(p->world, m, orderly, down);
    return true;
}

static bool act(struct play *p, const struct step *step)
{
    const struct node *node = filled(p, step->node);

    switch (step->kind) {
    case STEP_PUBLISH: return act_publish(p, step, node);
    case STEP_SUBSCRIBE: return act_subscribe(p, step, node);
    case STEP_CONNECT: return act_connect(p, step, node);
    case STEP_DISCONNECT: return act_disconnect(p, step, node);
    case STEP_SET: return act_set(p, step, node);
    case STEP_FAULT: return act_fault(p, step, node);
    case STEP_RESTART: return act_restart(p, step, node);
    default: return true; /* mark: its record is all there is to it */
    }
}

/* ---- stepping --------------------------------------------------------------------------------------- */

static void write_step(struct play *p, const struct step *step, size_t number)
{
    struct wp_record record = {
        .kind = WP_REC_STEP,
        .at = world_now(p->world),
        .machine = "scenario",
        .note = {.what = step->node->key, .count = (int64_t)number},
    };

    if (step->node->kind == NODE_SCALAR)
        record.note.text = step->node->text;
    wp_transcript_write(&p->transcript, &record);
}

/* What is on its way from somebody else's program belongs to the time before; but stimuli in a row are one, for what the
 * first brings about is awaited behind the last. */
static bool begins_stimuli(const struct play *p, size_t i)
{
    const struct step *steps = p->s->steps;

    return p->guest && is_stimulus(steps[i].kind) && (i == 0 || !is_stimulus(steps[i - 1].kind));
}

/* false: the steps end here. */
static bool wait_for(struct play *p, size_t i)
{
    struct check *c = p->checks[i];

    if (!c) { /* nothing stood before it but a bind */
        arm(p, i);
        c = p->checks[i];
    }
    judge_reach(&p->judge, c, world_now(p->world));
    if (!play_until(p, WP_NEVER, c) || p->judge.failed)
        return false;
    if (c->kind == CHECK_BIND)
        arm(p, i + 1);
    return true;
}

static bool step_on(struct play *p, size_t i)
{
    const struct step *step = &p->s->steps[i];
    wp_us now = world_now(p->world);

    if (step->kind == STEP_EXPECT || step->kind == STEP_NONE || step->kind == STEP_BIND)
        return wait_for(p, i);
    if (begins_stimuli(p, i) && !play_until(p, now + p->setup->sut->settle, NULL))
        return false;
    write_step(p, step, i + 1);
    if (step->kind == STEP_WAIT)
        return play_until(p, now + node_duration_or(step->node, 0), NULL) && !p->judge.failed;
    if (step->kind == STEP_AT)
        return play_until(p, node_duration_or(step->node, 0), NULL) && !p->judge.failed;
    arm(p, i + 1);
    return act(p, step);
}

void play_arm_first(struct play *p)
{
    p->checks = arena_get(&p->arena, (p->s->n_steps + 1) * sizeof(struct check *));
    arm(p, 0);
}

void play_steps(struct play *p)
{
    char why[600];
    struct wp_writer w = wp_writer(why, sizeof why);

    judge_begin(&p->judge, world_now(p->world));
    if (!play_add_devices(p, &w)) {
        p->result->verdict = VERDICT_ERROR;
        p->result->because = arena_text(&p->result->arena, wp_text(wp_put_end(&w)));
        return;
    }
    play_let_dials_go(p);
    for (size_t i = 0; i < p->s->n_clients; i++) {
        const struct scenario_client *c = &p->s->clients[i];
        const struct step first = {.line = c->node->line};

        if (c->program && !node_is(node_get(c->node, "start"), "later") && !start_program(p, &first, i))
            return;
    }
    for (size_t i = 0; i < p->s->n_steps && p->result->verdict != VERDICT_ERROR; i++)
        if (!step_on(p, i))
            return;
}
