/* What a DLMS south is made from: its options, its memory. */
#include "sim/codec/cosem_name.h"
#include "sim/codec/cosem_time.h"
#include "sim/gateway/carve.h"
#include "sim/gateway/south_dlms_impl.h"

enum { TABLES_MAX = 65536 };   /* octets of memory of dlms.tables */
enum { BUFFER_SMALL = 512 };   /* cell: most pushes */
enum { BUFFER_OVERHEAD = 64 }; /* of a big cell, around one unit: transport, head */
enum { POINT_TEXT = OBIS_TEXT_MAX + 2 * COSEM_TIME_TEXT_MAX, PASSWORD_MAX = 128 };

const struct wp_option south_dlms_options[DLMS_N_OPTIONS] = {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help)                           \
    {name, WP_OPT_##type, WP_USE_##use, unit, fallback, min, max, choices, help, kept},
#include "sim/gateway/south_dlms_options.def"
#undef OPTION
};

static struct wp_value given(const struct wp_setup *setup, enum dlms_option id)
{
    return wp_setup_value(setup, &south_dlms_options[id]);
}

/* Empty when it is not given. */
static struct wp_slice given_text(const struct wp_setup *setup, enum dlms_option id)
{
    struct wp_value v = given(setup, id);

    return v.kind == WP_TEXT ? v.bytes : (struct wp_slice){NULL, 0};
}

/* ---- check ------------------------------------------------------------------------------------------ */

static bool say(struct wp_writer *why, const char *sentence)
{
    wp_put_text(why, sentence);
    return false;
}

typedef bool is_good_pair(const struct dlms_pair *pair, const void *ctx);

static bool is_list(struct wp_slice list, is_good_pair *is_good, const void *ctx)
{
    struct dlms_pair pair;

    while (list.n > 0)
        if (!south_dlms_next_pair(&list, &pair) || !is_good(&pair, ctx))
            return false;
    return true;
}

static bool is_key(const struct dlms_pair *pair, const void *ctx)
{
    struct wp_key key;

    (void)ctx;
    return south_dlms_read_key(pair, &key);
}

static bool is_identity(const struct dlms_pair *pair, const void *ctx)
{
    uint8_t title[COSEM_TITLE];
    struct wp_addr addr;

    (void)ctx;
    return (south_dlms_read_title(pair->who, title) || wp_addr_read(pair->who, &addr)) &&
           south_dlms_is_name(pair->what);
}

static bool is_profile_pair(const struct dlms_pair *pair, const void *ctx)
{
    return south_dlms_is_name(pair->who) && cosem_profile_find(ctx, pair->what);
}

static bool is_title(struct wp_slice hex)
{
    uint8_t title[COSEM_TITLE];
    size_t n;

    return wp_hex_read(hex, title, sizeof title, &n) && n == sizeof title;
}

bool south_dlms_check(const struct wp_setup *setup, struct wp_writer *why)
{
    alignas(max_align_t) uint8_t memory[TABLES_MAX];
    struct wp_slice tables = given_text(setup, DLMS_OPT_TABLES);
    struct wp_slice password = given_text(setup, DLMS_OPT_PASSWORD);
    struct cosem_profiles own;

    if (cosem_profile_size(tables) > sizeof memory)
        return say(why, "dlms.tables is too long");
    if (!cosem_profile_read(tables, "dlms.tables", memory, &own, why))
        return false;
    if (!is_list(given_text(setup, DLMS_OPT_KEYS), is_key, NULL))
        return say(
            why,
            "dlms.keys takes WHO=KEY[:AUTHENTICATION[:BROADCAST]] with commas between them: WHO is 16 hex "
            "digits, a 12-digit number or *, a key 32 or 64 hex digits, all of one sender equally many");
    if (!is_list(given_text(setup, DLMS_OPT_IDENTITIES), is_identity, NULL))
        return say(
            why,
            "dlms.identities takes ADDRESS=METER or TITLE=METER with commas between them: an IP address, 16 "
            "hex digits, a 12-digit number");
    if (!cosem_profile_find(&own, given_text(setup, DLMS_OPT_PROFILE)))
        return say(why, "dlms.profile names no profile that is known");
    if (!is_list(given_text(setup, DLMS_OPT_PROFILES), is_profile_pair, &own))
        return say(
            why,
            "dlms.profiles takes METER=PROFILE with commas between them: a 12-digit number, a known profile");
    if (!sign_on_is_list(given_text(setup, DLMS_OPT_EAST_POSITIVE)))
        return say(why, "dlms.east_positive takes 12-digit numbers with commas between them, or *");
    if (!is_title(given_text(setup, DLMS_OPT_CLIENT_TITLE)))
        return say(why, "dlms.client_title takes 8 octets");
    if (wp_slice_is(given_text(setup, DLMS_OPT_MECHANISM), "lls") &&
        (password.n == 0 || password.n > PASSWORD_MAX))
        return say(why, "dlms.mechanism: lls needs dlms.password, of 128 octets at most");
    if (wp_slice_is(given_text(setup, DLMS_OPT_MECHANISM), "gmac") && given_text(setup, DLMS_OPT_KEYS).n == 0)
        return say(why, "dlms.mechanism: gmac needs dlms.keys");
    return true;
}

/* ---- memory ----------------------------------------------------------------------------------------- */

static size_t count_pairs(struct wp_slice list)
{
    struct dlms_pair pair;
    size_t n = 0;

    while (south_dlms_next_pair(&list, &pair))
        n++;
    return n;
}

/* Those of meters have a list of their own, since a push tells its title and not its meter. */
static void take_keys(struct dlms_south *so, struct wp_slice list, struct wp_key *keys)
{
    struct wp_key *own = keys + count_pairs(list); /* from the end on */
    struct dlms_pair pair;
    struct wp_key key;

    so->keys.at = keys;
    while (south_dlms_next_pair(&list, &pair) && south_dlms_read_key(&pair, &key)) {
        if (!south_dlms_is_name(pair.who)) {
            keys[so->keys.n++] = key;
            continue;
        }
        *--own = key;
        so->meter_keys[so->n_meter_keys].keys = (struct wp_keys){own, 1};
        memcpy(so->meter_keys[so->n_meter_keys++].name, pair.who.p, DLMS_NAME);
    }
}

/* A meter's number says nothing of the title that it sends with: its key is nobody's who only listens. */
void south_dlms_tell_keys(const struct wp_setup *setup, wp_take_key *take, void *ctx)
{
    struct wp_slice list = given_text(setup, DLMS_OPT_KEYS);
    struct dlms_pair pair;
    struct wp_key key;

    while (south_dlms_next_pair(&list, &pair) && south_dlms_read_key(&pair, &key))
        if (!south_dlms_is_name(pair.who))
            take(ctx, &key);
}

/* Every session may have a small buffer; few have a long APDU half there at the same time. Big ones also hold what
 * segments and blocks are joined to. */
static struct session_buffer_plan buffer_plan(size_t sessions, size_t unit_max)
{
    return (struct session_buffer_plan){.small = BUFFER_SMALL,
                                        .n_small = sessions,
                                        .big = unit_max + BUFFER_OVERHEAD,
                                        .n_big = 64 + sessions / 32};
}

/* Counts the memory, or hands it out; so NULL while counting. */
static void lay_out(const struct wp_setup *setup, struct wp_carve *memory)
{
    const size_t max_udp = (size_t)given(setup, DLMS_OPT_MAX_DEVICES).num,
                 n = (size_t)gateway_given(setup, GATEWAY_METERS_MAX_CONNECTIONS).num + max_udp,
                 n_commands = (size_t)given(setup, DLMS_OPT_MAX_COMMANDS).num,
                 unit_max = (size_t)given(setup, DLMS_OPT_UNIT_MAX).num,
                 n_keys = count_pairs(given_text(setup, DLMS_OPT_KEYS));
    const struct session_buffer_plan buffers = buffer_plan(n, unit_max);
    struct wp_slice tables = given_text(setup, DLMS_OPT_TABLES);
    struct dlms_south *so = wp_carve(memory, sizeof *so), sizing;
    void *sessions = wp_carve(memory, wp_pool_size(sizeof(struct dlms_session), n));
    void *meters = wp_carve(memory, wp_pool_size(sizeof(struct dlms_meter), n));
    void *links = wp_carve(memory, wp_pool_size(sizeof(struct dlms_link), n));
    void *units = wp_carve(memory, wp_pool_size(sizeof(struct cosem_unit), n));
    void *senders = wp_carve(memory, wp_pool_size(sizeof(struct dlms_sender), n));
    void *by_title = wp_carve(memory, wp_map_size(n));
    void *talks = wp_carve(memory, wp_pool_size(south_dlms_talk_size(), n));
    void *commands = wp_carve(memory, wp_pool_size(south_dlms_request_size(false), n_commands));
    void *polls = wp_carve(memory, wp_pool_size(south_dlms_request_size(true), n));
    void *by_port = wp_carve(memory, wp_map_size(n)), *by_name = wp_carve(memory, wp_map_size(n));
    struct wp_key *keys = wp_carve(memory, n_keys * sizeof *keys);
    struct dlms_meter_key *meter_keys = wp_carve(memory, n_keys * sizeof *meter_keys);
    void *profiles = wp_carve(memory, cosem_profile_size(tables));
    void *room = wp_carve(memory, unit_max + BUFFER_OVERHEAD);
    void *points = wp_carve(memory, DLMS_POINTS_MAX * sizeof(struct cosem_point));
    void *told = wp_carve(memory, DLMS_POINTS_MAX * sizeof(struct wp_point));
    void *text = wp_carve(memory, (size_t)DLMS_POINTS_MAX * POINT_TEXT);

    if (so) {
        *so = (struct dlms_south){.max_udp = max_udp, .unit_max = unit_max};
        wp_pool_init(&so->sessions, sessions, sizeof(struct dlms_session), n);
        wp_pool_init(&so->meters, meters, sizeof(struct dlms_meter), n);
        wp_pool_init(&so->links, links, sizeof(struct dlms_link), n);
        wp_pool_init(&so->units, units, sizeof(struct cosem_unit), n);
        wp_pool_init(&so->senders, senders, sizeof(struct dlms_sender), n);
        wp_map_init(&so->by_title, by_title, n);
        wp_pool_init(&so->talks, talks, south_dlms_talk_size(), n);
        wp_pool_init(&so->commands, commands, south_dlms_request_size(false), n_commands);
        wp_pool_init(&so->polls, polls, south_dlms_request_size(true), n);
        wp_map_init(&so->by_port, by_port, n);
        wp_map_init(&so->by_name, by_name, n);
        wp_timers_init(&so->timers);
        wp_timers_init(&so->silence);
        so->meter_keys = meter_keys;
        take_keys(so, given_text(setup, DLMS_OPT_KEYS), keys);
        (void)cosem_profile_read(tables, "dlms.tables", profiles, &so->profiles, NULL);
        so->points = points;
        so->told = told;
        so->text = text;
    }
    session_buffers_lay_out(so ? &so->buffers : &sizing.buffers, memory, &buffers);
    if (so)
        so->scratch = (struct cosem_scratch){
            .room = room, .n_room = unit_max + BUFFER_OVERHEAD, .chains = &so->buffers.big};
}

size_t south_dlms_size(const struct wp_setup *setup)
{
    struct wp_carve count = {NULL, 0};

    lay_out(setup, &count);
    return count.n;
}

static uint16_t endpoint(const struct wp_setup *setup, const char *name)
{
    for (size_t i = 0; i < setup->n_endpoints; i++)
        if (strcmp(setup->endpoints[i].name, name) == 0)
            return (uint16_t)i;
    return UINT16_MAX;
}

static int16_t deviation(struct wp_value zone)
{
    return zone.kind == WP_NULL ? COSEM_ANY_DEVIATION : (int16_t)-zone.num;
}

static unsigned policy(const struct wp_setup *setup)
{
    return (given(setup, DLMS_OPT_REQUIRE_AUTH).yes ? COSEM_REQUIRE_TAG : 0u) |
           (given(setup, DLMS_OPT_ALLOW_PLAIN).yes ? 0u : COSEM_REFUSE_PLAIN) |
           (given(setup, DLMS_OPT_STRICT_IC).yes ? COSEM_STRICT_COUNTER : 0u) |
           (given(setup, DLMS_OPT_HEADLESS).yes ? COSEM_HEADLESS : 0u);
}

static uint8_t mechanism(struct wp_slice name)
{
    return wp_slice_is(name, "gmac")  ? COSEM_MECHANISM_HLS_GMAC
           : wp_slice_is(name, "lls") ? COSEM_MECHANISM_LLS
                                      : COSEM_MECHANISM_NONE;
}

/* 0 when it is not given. */
static uint16_t address(struct wp_value v)
{
    return v.kind == WP_NULL ? 0 : (uint16_t)v.num;
}

static void init_asking(struct dlms_south *so, const struct wp_setup *setup)
{
    size_t n;

    so->timeout = given(setup, DLMS_OPT_TIMEOUT).num;
    so->release_timeout = given(setup, DLMS_OPT_RELEASE_TIMEOUT).num;
    so->association_retries = (uint32_t)given(setup, DLMS_OPT_ASSOCIATION_RETRIES).num;
    so->queue_depth = (uint8_t)given(setup, DLMS_OPT_QUEUE_DEPTH).num;
    so->reads_scaler = given(setup, DLMS_OPT_READ_SCALER).yes;
    so->mechanism = mechanism(given(setup, DLMS_OPT_MECHANISM).bytes);
    so->password = given_text(setup, DLMS_OPT_PASSWORD);
    so->client = address(given(setup, DLMS_OPT_CLIENT));
    so->server = address(given(setup, DLMS_OPT_SERVER));
    (void)wp_hex_read(given_text(setup, DLMS_OPT_CLIENT_TITLE), so->client_title, COSEM_TITLE, &n);
    so->random = wp_random(setup->seed);
}

void south_dlms_init(const struct wp_setup *setup, void *memory)
{
    struct wp_carve room = {memory, 0};
    struct dlms_south *so = memory;

    lay_out(setup, &room);
    so->idle_timeout = given(setup, DLMS_OPT_IDLE_TIMEOUT).num;
    so->udp_timeout = given(setup, DLMS_OPT_UDP_TIMEOUT).num;
    so->frame_timeout = given(setup, DLMS_OPT_FRAME_TIMEOUT).num;
    so->segment_timeout = given(setup, DLMS_OPT_SEGMENT_TIMEOUT).num;
    so->block_timeout = given(setup, DLMS_OPT_BLOCK_TIMEOUT).num;
    so->garbage_max = (uint16_t)given(setup, DLMS_OPT_GARBAGE_MAX).num;
    so->policy = policy(setup);
    so->identities = given_text(setup, DLMS_OPT_IDENTITIES);
    so->profile_list = given_text(setup, DLMS_OPT_PROFILES);
    so->profile = cosem_profile_find(&so->profiles, given_text(setup, DLMS_OPT_PROFILE));
    so->clock_tolerance = given(setup, DLMS_OPT_CLOCK_TOLERANCE).num;
    so->deviation = deviation(given(setup, DLMS_OPT_ZONE));
    so->east_positive = given_text(setup, DLMS_OPT_EAST_POSITIVE);
    init_asking(so, setup);
    so->sign_on = sign_on_policy(setup);
    so->facts = gateway_facts(setup);
    so->scratch.cipher = cosem_cipher_shared();
    so->meters_endpoint = endpoint(setup, "meters");
    so->pushes_endpoint = endpoint(setup, "pushes");
}
