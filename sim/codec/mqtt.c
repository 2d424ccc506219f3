#include "sim/codec/mqtt.h"

#include "sim/codec/mqtt_take.h"

enum { ALL_VERSIONS = 1u << MQTT_V31 | 1u << MQTT_V311 | 1u << MQTT_V5 };

static const enum mqtt_version oldest_last[] = {MQTT_V5, MQTT_V311, MQTT_V31};
static const enum mqtt_version usual_first[] = {MQTT_V311, MQTT_V31, MQTT_V5};

enum { N_VERSIONS = 3 };

const char *mqtt_type_text(unsigned type)
{
    static const char *const text[16] = {
#define X(name, number) [number] = #name,
        MQTT_TYPES(X)
#undef X
    };

    return type < 16 ? text[type] : NULL;
}

const char *mqtt_version_text(enum mqtt_version v)
{
    switch (v) {
    case MQTT_V31: return "3.1";
    case MQTT_V311: return "3.1.1";
    default: return "5";
    }
}

/* ---- one packet, read as one version ---------------------------------------------------------------- */

struct packet {
    struct wp_slice wire;
    size_t head;
    enum wp_side from;
};

/* The first fault; NONE: *out is the packet. */
static enum wp_fault read_as(const struct packet *p, enum mqtt_version version, struct mqtt_frame *out,
                             size_t *ret_at)
{
    struct mqtt_take t = {.r = {.in = p->wire, .at = p->head}, .version = version, .from = p->from};

    *out = (struct mqtt_frame){
        .type = (enum mqtt_type)(p->wire.p[0] >> 4),
        .version = version,
        .wire = p->wire,
        .head = p->head,
    };
    mqtt_take_packet(&t, out);
    /* Version 5 wants lengths in the fewest bytes (1.5.5); the older ones say nothing of it. */
    if (version == MQTT_V5 && p->head > 2 && p->wire.p[p->head - 1] == 0)
        mqtt_fail(&t, WP_FAULT_LENGTH, p->head - 1);
    *ret_at = t.at;
    return t.fault;
}

/* A CONNECT says which version it is. *ret_possible: that one; all of them when it says one that there is not; none
 * when it is no CONNECT by its name. */
static enum wp_fault version_of_connect(const struct packet *p, unsigned *ret_possible, size_t *ret_at)
{
    struct wp_reader r = wp_reader(wp_slice_from(p->wire, p->head));
    struct wp_slice name = wp_get_slice(&r, wp_get_u16be(&r));
    uint8_t level = wp_get_u8(&r), version = level & 0x7F;
    bool is_new = wp_slice_is(name, "MQTT"), is_old = wp_slice_is(name, "MQIsdp");

    *ret_at = p->head;
    *ret_possible = 0;
    if (r.ran_out)
        return WP_FAULT_LENGTH;
    *ret_at += 2;
    if (!is_new && !is_old)
        return WP_FAULT_VERSION;
    if ((is_old && version == MQTT_V31) || (is_new && version == MQTT_V311) || (is_new && level == MQTT_V5)) {
        *ret_possible = 1u << version;
        return WP_FAULT_NONE;
    }
    *ret_at += name.n;
    *ret_possible = ALL_VERSIONS;
    return WP_FAULT_VERSION;
}

/* The version is learned also when there is a fault behind it. */
static enum wp_fault read_connect(struct mqtt_state *state, const struct packet *p, struct mqtt_frame *out,
                                  size_t *ret_at)
{
    unsigned possible;
    enum wp_fault fault = version_of_connect(p, &possible, ret_at);

    if (possible)
        *state = (struct mqtt_state){.possible = (uint8_t)possible, .is_introduced = fault == WP_FAULT_NONE};
    if (fault != WP_FAULT_NONE)
        return fault;
    return read_as(p, (enum mqtt_version)__builtin_ctz(possible), out, ret_at);
}

/* ---- one packet, read as what it could be ----------------------------------------------------------- */

static unsigned possible_versions(const struct mqtt_state *state, const struct packet *p)
{
    unsigned possible = state->possible ? state->possible : ALL_VERSIONS;

    /* A server that is older than the client's version refuses in its own: 3.1.1, 3.2.2.3. */
    if (p->wire.p[0] == MQTT_CONNACK << 4 && p->wire.n == 4)
        return possible & ~(1u << MQTT_V5) ? possible & ~(1u << MQTT_V5) : 1u << MQTT_V311;
    return possible;
}

/* In which order versions are tried. A PUBLISH that can be read as version 5 is meant so: hardly any payload begins
 * with the 0 that otherwise is an empty list of properties. */
static const enum mqtt_version *order_of(const struct mqtt_state *state, unsigned type)
{
    return type == MQTT_PUBLISH || state->leaning == MQTT_V5 ? oldest_last : usual_first;
}

static void learn(struct mqtt_state *state, const struct mqtt_frame *f, unsigned survivors)
{
    if (state->is_introduced)
        return;
    state->possible = (uint8_t)survivors;
    if (f->type == MQTT_PUBLISH && f->version == MQTT_V5)
        state->leaning = MQTT_V5;
}

/* Read as each version that could be; those that cannot mean it are ruled out. When none can, the reading that got
 * furthest names the fault. */
static enum wp_fault read_as_any(struct mqtt_state *state, const struct packet *p, unsigned possible,
                                 struct mqtt_frame *out, size_t *ret_at)
{
    const enum mqtt_version *order = order_of(state, p->wire.p[0] >> 4);
    enum wp_fault fault = WP_FAULT_NONE;
    unsigned survivors = 0;
    struct mqtt_frame frame;

    for (size_t i = 0; i < N_VERSIONS; i++) {
        enum wp_fault its;
        size_t at;

        if (!(possible >> order[i] & 1))
            continue;
        its = read_as(p, order[i], &frame, &at);
        if (its == WP_FAULT_NONE && !survivors)
            *out = frame;
        if (its == WP_FAULT_NONE)
            survivors |= 1u << order[i];
        else if (fault == WP_FAULT_NONE || at > *ret_at) {
            fault = its;
            *ret_at = at;
        }
    }
    if (!survivors)
        return fault;
    learn(state, out, survivors);
    return WP_FAULT_NONE;
}

static enum wp_fault read_packet(struct mqtt_state *state, const struct packet *p, struct mqtt_frame *out,
                                 size_t *ret_at)
{
    unsigned possible;
    enum wp_fault fault;

    if (p->wire.p[0] >> 4 == MQTT_CONNECT)
        return read_connect(state, p, out, ret_at);
    possible = possible_versions(state, p);
    if (possible & (possible - 1))
        fault = read_as_any(state, p, possible, out, ret_at);
    else
        fault = read_as(p, (enum mqtt_version)__builtin_ctz(possible), out, ret_at);
    out->is_inferred = !state->is_introduced;
    return fault;
}

static uint8_t bit_of(enum wp_side from)
{
    return (uint8_t)(1u << from);
}

/* Is it unknown where a packet begins: before the first one, and behind a length that was none? */
static bool is_searching(const struct mqtt_state *state, enum wp_side from)
{
    return !state->possible || state->lost & bit_of(from);
}

/* Where a packet may begin that is not whole yet. */
static struct wp_decode wait_for(const struct mqtt_state *state, const struct packet *p,
                                 struct wp_decode more)
{
    if (state->lost & bit_of(p->from) && !mqtt_may_begin(p->wire))
        return wp_bad(WP_FAULT_START, 0, mqtt_next_start(p->wire));
    return more;
}

struct wp_decode mqtt_decode(struct mqtt_state *state, enum wp_side from, struct wp_slice in,
                             struct mqtt_frame *out)
{
    struct packet p = {.wire = in, .from = from};
    struct wp_decode whole;
    struct mqtt_frame frame;
    enum wp_fault fault;
    size_t at;

    if (in.n == 0)
        return wp_more(2);
    whole = mqtt_measure(in, &p.head);
    if (is_searching(state, from) && !mqtt_may_begin_with(in.p[0]) &&
        !(whole.status == WP_OK && whole.used == in.n && in.p[0] >> 4))
        return wp_bad(WP_FAULT_START, 0,
                      mqtt_next_start(in)); /* but of what is nothing else, the fault is named */
    if (whole.status == WP_BAD) {
        if (state->possible)
            state->lost |= bit_of(from);
        return wp_bad(whole.fault, whole.at, mqtt_next_start(in));
    }
    if (whole.status == WP_MORE)
        return whole;
    if (whole.used > in.n)
        return wait_for(state, &p, wp_more(whole.used - in.n));
    p.wire = wp_slice(in.p, whole.used);
    fault = read_packet(state, &p, &frame, &at);
    if (fault != WP_FAULT_NONE)
        return wp_bad(fault, at, is_searching(state, from) ? mqtt_next_start(in) : whole.used);
    state->lost &= (uint8_t)~bit_of(from);
    *out = frame;
    return whole;
}

/* ---- the catalog row -------------------------------------------------------------------------------- */

static struct wp_decode decode(void *state, enum wp_side from, struct wp_slice in, void *frame)
{
    return mqtt_decode(state, from, in, frame);
}

const struct wp_codec mqtt_codec = {
    .name = "mqtt",
    .print_version = 1,
    .frame_size = sizeof(struct mqtt_frame),
    .state_size = sizeof(struct mqtt_state),
    .probe = mqtt_probe,
    .decode = decode,
    .fields = mqtt_fields,
    .turn = mqtt_turn,
    .answers = mqtt_answers,
    .asker = "client",
    .answerer = "broker",
    .carries_anything = true,
    .message = mqtt_message,
    .sender = mqtt_sender,
};
