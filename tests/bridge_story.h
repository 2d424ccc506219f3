/* An installation's broker and the VRM portal's, with the bridge between them, in any world: what four clients do, and
 * what each of them hears of it, as text. Two worlds agree when the texts are equal.
 *
 *     gx   within the house: R/#, W/#, N/#         anna  at the portal, Full Control: N/c0619ab12345/#
 *     lan  at the local network's port: #          ben   at the portal, Monitor Only: N/c0619ab12345/#
 *
 * Nothing waits by the clock: after each deed its doer publishes a fence three times, each time when everybody who can
 * hear it has heard the last. */
#ifndef WP_BRIDGE_STORY_H
#define WP_BRIDGE_STORY_H

#include "sim/core/random.h"
#include "tests/world_trace.h"

#include <stdarg.h>

enum { GX, LAN, ANNA, BEN, STORY_CLIENTS, STORY_ROUNDS = 3, STORY_BYTES = 1 << 18 };

#define STORY_LIMIT WP_SEC(20) /* for a fence: a machine under load is slow but not wrong */
#define STORY_DOWN  WP_MS(200)

#define STORY_PORTAL "c0619ab12345"

static const char *const story_names[] = {"gx", "lan", "anna", "ben"};

static const struct wp_access_user story_bridge = {"ccgxapikey_" STORY_PORTAL, "of the bridge"};
static const struct wp_access_rule story_rules[] = {
    {"ccgxapikey_" STORY_PORTAL, WP_ACCESS_PUBLISH, "N/" STORY_PORTAL "/#"},
    {"ccgxapikey_" STORY_PORTAL, WP_ACCESS_SUBSCRIBE, "R/" STORY_PORTAL "/#"},
    {"ccgxapikey_" STORY_PORTAL, WP_ACCESS_SUBSCRIBE, "W/" STORY_PORTAL "/#"},
};
static const struct wp_vrm_login story_logins[] = {{"anna", "1f", true}, {"ben", "2f", true}};
static const struct wp_vrm_site story_sites[] = {{"anna", STORY_PORTAL, true}, {"ben", STORY_PORTAL, false}};

static const struct wp_access story_access = {.users = &story_bridge,
                                              .n_users = 1,
                                              .rules = story_rules,
                                              .n_rules = 3,
                                              .vrm = {.logins = story_logins,
                                                      .n_logins = 2,
                                                      .sites = story_sites,
                                                      .n_sites = 2,
                                                      .monitor_only_may_read = true}};

struct story {
    struct wp_sink sink;
    struct wp_transcript transcript;
    struct wp_world_vrm vrm;
    struct wp_world *world;
    struct wp_endpoint at[STORY_CLIENTS];
    struct wp_setup setups[STORY_CLIENTS];
    unsigned fences;              /* published */
    unsigned closed;              /* a bit per client */
    char seen[STORY_CLIENTS][32]; /* the last fence that each has heard */
    char heard[STORY_CLIENTS][8192];
    size_t n;
    char text[STORY_BYTES];
};

static inline void story_say(struct story *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline void story_say(struct story *s, const char *format, ...)
{
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(s->text + s->n, sizeof s->text - s->n, format, args);
    va_end(args);
    ck_assert_int_lt(n, (int)(sizeof s->text - s->n));
    s->n += (size_t)n;
}

/* ---- what is heard ---------------------------------------------------------------------------------- */

static inline int story_client(const char *name)
{
    int m = 0;

    while (m < STORY_CLIENTS && strcmp(story_names[m], name) != 0)
        m++;
    return m;
}

static inline bool story_is_fence(struct wp_slice topic)
{
    return topic.n > 6 && memcmp(topic.p + topic.n - 6, "/fence", 6) == 0;
}

static inline void story_take(struct wp_sink *sink, const struct wp_record *r)
{
    struct story *s = (struct story *)(void *)sink;
    int m = story_client(r->machine);

    if (m == STORY_CLIENTS)
        return;
    if (r->kind == WP_REC_DELIVER && story_is_fence(r->message.topic)) {
        snprintf(s->seen[m], sizeof s->seen[m], "%.*s", (int)r->message.payload.n,
                 (const char *)r->message.payload.p);
    } else if (r->kind == WP_REC_DELIVER) {
        size_t n = strlen(s->heard[m]);

        snprintf(s->heard[m] + n, sizeof s->heard[m] - n, "    %s < %s: %.*s %.*s q%u%s\n", story_names[m],
                 r->peer, (int)r->message.topic.n, (const char *)r->message.topic.p,
                 (int)r->message.payload.n, (const char *)r->message.payload.p, r->message.qos,
                 r->message.retain ? " retain" : "");
    }
    if (r->kind == WP_REC_CLOSE)
        s->closed |= 1u << m;
    if (r->kind == WP_REC_SUBACK)
        story_say(s, "  %s subscribed at %s: %u\n", story_names[m], r->peer, r->subscribe.qos);
}

static inline void story_tell(struct story *s)
{
    for (int m = 0; m < STORY_CLIENTS; m++) {
        story_say(s, "%s", s->heard[m]);
        s->heard[m][0] = 0;
    }
}

static inline void story_run(struct story *s, wp_us time)
{
    ck_assert_msg(world_run(s->world, world_now(s->world) + time) != WP_WORLD_ERROR, "%s",
                  world_error(s->world));
}

/* ---- what is done ----------------------------------------------------------------------------------- */

static inline void story_publish(struct story *s, int who, const char *topic, const char *payload,
                                 uint8_t qos, bool retain)
{
    const struct wp_effect e = {
        .kind = WP_PUBLISH,
        .port = world_port(s->world, who, "broker"),
        .publish = {
            .topic = wp_text(topic), .payload = wp_text(payload), .qos = qos, .retain = retain, .tag = 1}};

    world_act(s->world, who, &e);
}

static inline void story_subscribe(struct story *s, int who, const char *filter)
{
    const struct wp_effect e = {.kind = WP_SUBSCRIBE,
                                .port = world_port(s->world, who, "broker"),
                                .subscribe = {.filter = wp_text(filter), .qos = 2, .tag = 1}};
    size_t before = s->n;
    wp_us limit = world_now(s->world) + STORY_LIMIT;

    world_act(s->world, who, &e);
    while (s->n == before && world_now(s->world) < limit)
        story_run(s, WP_MS(1));
}

/* false: it is turned away, or nobody is there. */
static inline bool story_log_in(struct story *s, int who)
{
    static const char *const passwords[] = {NULL, NULL, "Token 1f", "Token 2f"};
    const struct wp_login login = {
        .client_id = wp_text(story_names[who]),
        .user = passwords[who] ? wp_text(story_names[who]) : (struct wp_slice){NULL, 0},
        .password = passwords[who] ? wp_text(passwords[who]) : (struct wp_slice){NULL, 0},
        .clean = true};
    const struct wp_effect e = {.kind = WP_LOGIN, .login = &login};
    wp_us limit = world_now(s->world) + STORY_LIMIT;

    s->closed &= ~(1u << who);
    world_act(s->world, who, &e);
    while (!world_port(s->world, who, "broker") && !(s->closed >> who & 1) && world_now(s->world) < limit)
        story_run(s, WP_MS(1));
    return world_port(s->world, who, "broker") != 0;
}

/* gx and lan hear what comes from the portal; what the installation says, everybody. */
static inline bool story_is_settled(const struct story *s, int who, const char *fence)
{
    bool all = who == GX && s->vrm.forward != WP_FORWARD_OFF;

    return strcmp(s->seen[GX], fence) == 0 && strcmp(s->seen[LAN], fence) == 0 &&
           (!all || (strcmp(s->seen[ANNA], fence) == 0 && strcmp(s->seen[BEN], fence) == 0));
}

static inline void story_settle(struct story *s, int who)
{
    char fence[32];

    for (int i = 0; i < STORY_ROUNDS; i++) {
        wp_us limit = world_now(s->world) + STORY_LIMIT;

        snprintf(fence, sizeof fence, "%u", ++s->fences);
        story_publish(s, who, who == GX ? "N/" STORY_PORTAL "/fence" : "R/" STORY_PORTAL "/fence", fence, 0,
                      false);
        while (!story_is_settled(s, who, fence)) {
            story_run(s, WP_MS(1));
            ck_assert_msg(world_now(s->world) < limit, "a fence of %s is not heard:\n%s", story_names[who],
                          s->text);
        }
    }
    story_tell(s);
}

static inline void story_do(struct story *s, int who, const char *topic, const char *payload, uint8_t qos,
                            bool retain)
{
    story_say(s, "%s publishes %s %s q%u%s\n", story_names[who], topic, payload, qos,
              retain ? " retain" : "");
    story_publish(s, who, topic, payload, qos, retain);
    story_settle(s, who);
}

/* ---- the beginning, and a story --------------------------------------------------------------------- */

/* What a world is made of; `s->world` is the caller's to make of it. */
static inline struct wp_world_setup story_setup(struct story *s, enum wp_forward forward)
{
    memset(s, 0, sizeof *s);
    s->sink.take = story_take;
    wp_transcript_add(&s->transcript, &s->sink);
    s->vrm = (struct wp_world_vrm){.access = &story_access,
                                   .portal = STORY_PORTAL,
                                   .user = story_bridge.name,
                                   .password = story_bridge.password,
                                   .forward = forward};
    return (struct wp_world_setup){.seed = 1, .transcript = &s->transcript, .vrm = &s->vrm};
}

static inline void story_open(struct story *s)
{
    static const enum wp_door doors[] = {WP_DOOR_INSIDE, WP_DOOR_PLAIN, WP_DOOR_VRM, WP_DOOR_VRM};

    for (int m = 0; m < STORY_CLIENTS; m++) {
        s->at[m] =
            (struct wp_endpoint){.name = "broker", .transport = WP_BROKER, .addr = wp_door_addr(doors[m])};
        s->setups[m] = (struct wp_setup){.name = story_names[m], .endpoints = &s->at[m], .n_endpoints = 1};
        ck_assert_int_eq(world_add(s->world, &puppet_class, &s->setups[m], NULL), m);
    }
    ck_assert_msg(world_start(s->world), "%s", world_error(s->world));
    for (int m = 0; m < STORY_CLIENTS; m++)
        ck_assert_msg(story_log_in(s, m), "%s is not let in", story_names[m]);
    story_subscribe(s, GX, "N/#");
    story_subscribe(s, GX, "R/#");
    story_subscribe(s, GX, "W/#");
    story_subscribe(s, LAN, "#");
    story_subscribe(s, ANNA, "N/" STORY_PORTAL "/#");
    story_subscribe(s, BEN, "N/" STORY_PORTAL "/#");
}

/* What is stored shows when somebody subscribes again. */
static inline void story_ask_again(struct story *s)
{
    static const char *const filters[] = {"N/#", "#", "N/c0619ab12345/#", "N/c0619ab12345/#"};

    for (int m = 0; m < STORY_CLIENTS; m++) {
        story_subscribe(s, m, filters[m]);
        story_settle(s, GX);
    }
}

static inline void story_play(struct story *s, uint64_t seed, unsigned deeds)
{
    static const char *const topics[] = {
        "N/c0619ab12345/a/0/P", "N/c0619ab12345/a/0/Q", "R/c0619ab12345/a/0/P", "W/c0619ab12345/a/0/P",
        "N/b827eb123456/a/0/P", "W/b827eb123456/a/0/P", "X/c0619ab12345/a",     "N/c0619ab12345"};
    struct wp_random random = wp_random(seed);
    char payload[32];

    for (unsigned i = 0; i < deeds; i++) {
        int who = (int)wp_random_below(&random, STORY_CLIENTS);
        const char *topic = topics[wp_random_below(&random, sizeof topics / sizeof *topics)];
        uint8_t qos = (uint8_t)wp_random_below(&random, 3);

        snprintf(payload, sizeof payload, "{\"value\":%u}", i);
        story_do(s, who == LAN ? GX : who, topic, payload, qos, wp_random_below(&random, 4) == 0);
    }
    story_ask_again(s);
}

/* The portal goes and comes back: the installation does not notice, and the bridge is there again. */
static inline void story_portal_restarts(struct story *s)
{
    story_say(s, "the portal restarts\n");
    world_restart_vrm(s->world, false, STORY_DOWN);
    for (wp_us limit = world_now(s->world) + STORY_LIMIT; s->closed != (1u << ANNA | 1u << BEN);) {
        story_run(s, WP_MS(1));
        ck_assert(world_now(s->world) < limit);
    }
    s->vrm.forward = WP_FORWARD_OFF; /* for the fence alone: nobody there hears it */
    story_do(s, GX, "N/" STORY_PORTAL "/a/0/P", "lost", 1, false);
    s->vrm.forward = WP_FORWARD_FULL;
    for (int m = ANNA; m <= BEN; m++) {
        for (wp_us limit = world_now(s->world) + STORY_LIMIT; !story_log_in(s, m);) {
            story_run(s, WP_MS(50));
            ck_assert(world_now(s->world) < limit);
        }
        story_subscribe(s, m, "N/" STORY_PORTAL "/#");
    }
    story_run(s, WP_SEC(9)); /* how soon the bridge is back is its own affair */
    story_do(s, GX, "N/" STORY_PORTAL "/a/0/P", "again", 1, false);
    story_do(s, ANNA, "W/" STORY_PORTAL "/a/0/P", "again", 1, false);
}

#endif
