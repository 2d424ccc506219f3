/* Any topics and payloads from clients, any readings from souths, a broker that comes and goes: the octolux north stands,
 * what it publishes is on one of its topics and has one of its forms, and every command has exactly one result.
 *
 *     input: operations; a byte says which, then what it needs
 *     0 a message on one of our command topics (which, length, payload)      1 on any topic (length, topic, payload)
 *     2 a set of inputs, values as they come     3 hold registers     4 the south answers what it was given
 *     5 the broker goes     6 time passes     7 points of any id and value
 *
 * The first byte says which options are given. */
#define RIG_WITHOUT_CHECK
#include "tests/octolux_rig.h"

enum { COMMANDS = 8 };

static struct rig r;
static size_t n_given, n_told; /* commands; results of them */

static const char *const commands[COMMANDS] = {"read_input",       "read_hold",      "ac_charge",
                                               "forced_discharge", "charge_pct",     "charge_amount_pct",
                                               "discharge_pct",    "charge_priority"};

static bool is_number(const char *text, size_t n)
{
    bool good = n > 0 && n <= 5;

    for (size_t i = 0; good && i < n; i++)
        good = text[i] >= '0' && text[i] <= '9';
    return good && (n == 1 || text[0] != '0');
}

/* Of one published line, behind "publish ": topic, QoS, payload. */
static void check_line(const char *line, size_t n)
{
    const char *blank = memchr(line, ' ', n), *leaf, *payload;
    size_t n_payload;

    assert(blank && strncmp(blank, " q1 ", 4) == 0);
    leaf = strncmp(line, "octolux/", 8) == 0 ? line + 8 : strncmp(line, "a/b/", 4) == 0 ? line + 4 : NULL;
    assert(leaf);
    payload = blank + 4;
    n_payload = (size_t)(line + n - payload);
    if (strncmp(leaf, "inputs/", 7) == 0) {
        assert(blank - leaf == 8 && leaf[7] >= '1' && leaf[7] <= '3');
        assert(payload[0] == '{' && payload[n_payload - 1] == '}');
    } else if (strncmp(leaf, "hold/", 5) == 0) {
        assert(is_number(leaf + 5, (size_t)(blank - leaf - 5)));
        assert(is_number(payload, n_payload));
    } else {
        assert(strncmp(leaf, "result/", 7) == 0);
        assert((n_payload == 2 && memcmp(payload, "OK", 2) == 0) ||
               (n_payload == 4 && memcmp(payload, "FAIL", 4) == 0));
    }
}

static void check_trace(void)
{
    const char *at = wp_put_end(&r.w), *end;

    assert(!r.w.full);
    for (; *at; at = end + 1) {
        end = strchr(at, '\n');
        if (strncmp(at, "publish ", 8) == 0)
            check_line(at + 8, (size_t)(end - at - 8));
    }
    rig_clear(&r);
}

static struct wp_slice take(struct wp_reader *in)
{
    size_t n = wp_get_u8(in);

    return wp_get_slice(in, n < wp_left(in) ? n : wp_left(in));
}

/* A command that is one is given to the south once, or has failed at once. */
static void send_command(uint8_t which, struct wp_slice payload)
{
    char topic[64];
    bool ours = which % COMMANDS < COMMANDS - 1;

    snprintf(topic, sizeof topic, "%s/cmd/%s", which & 0x40 ? "a/b" : "octolux", commands[which % COMMANDS]);
    rig_clear(&r);
    rig_message_with(&r, wp_text(topic), payload, (which & 0x80) != 0);
    if (!(which & 0x80) && ours && r.broker && !r.holds_acks)
        assert((r.own.offline ? 0 : r.n_commands) + r.n_publishes == 1);
    n_given += r.n_commands;
}

static void send_points(struct wp_slice id, uint8_t kind, uint8_t value)
{
    struct wp_point point = {.id = id, .unit = "", .quality = (enum wp_quality)(kind % 4)};

    switch (kind / 4 % 4) {
    case 0: point.value = wp_int(value); break;
    case 1: point.value = wp_decimal(value - 128, value % 5 - 2); break;
    case 2: point.value = wp_text_value(id); break;
    default: point.value = wp_int(INT64_MAX - value); break;
    }
    rig_reading(&r, wp_text("5555555555"), (enum wp_reason)(kind / 16 % 3), NULL, &point, 1);
}

static void send_inputs(uint16_t first, struct wp_slice values)
{
    struct wp_point points[LXP_INPUT_POINTS_MAX];
    uint8_t bytes[2 * LXP_REPLY_REGISTERS] = {0};

    if (values.n > 0)
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = values.p[i % values.n];
    rig_reading(
        &r, wp_text(first & 1 ? "5555555555" : "5555555556"), WP_PUSHED, NULL, points,
        lxp_input_points(first % 400, wp_slice(bytes, sizeof bytes), (struct lxp_input_options){0}, points));
}

static void send_holds(uint16_t first, struct wp_slice values)
{
    uint16_t numbers[LXP_REPLY_REGISTERS];
    size_t n = values.n / 2 < LXP_REPLY_REGISTERS ? values.n / 2 : LXP_REPLY_REGISTERS;

    for (size_t i = 0; i < n; i++)
        numbers[i] = (uint16_t)(values.p[2 * i] | values.p[2 * i + 1] << 8);
    rig_holds(&r, "5555555555", first & 1 ? WP_ASKED : WP_PUSHED, first, numbers, n);
}

static void operate(struct wp_reader *in)
{
    uint8_t what = wp_get_u8(in), which = wp_get_u8(in);
    struct wp_slice bytes = take(in);
    char topic[256] = "";

    switch (what % 8) {
    case 0: send_command(which, bytes); break;
    case 1:
        memcpy(topic, bytes.p ? (const char *)bytes.p : "", bytes.n);
        rig_message_with(&r, wp_text(topic), take(in), (which & 1) != 0);
        break;
    case 2: send_inputs((uint16_t)(which << 2 | what >> 6), bytes); break;
    case 3: send_holds((uint16_t)(which << 8 | what), bytes); break;
    case 4:
        if (n_given > n_told) {
            n_told++;
            rig_answer(&r, which & 1);
        }
        break;
    case 5:
        if (r.broker)
            rig_lose_broker(&r);
        break;
    case 6: rig_run(&r, r.now + WP_MS(37) * which); break;
    default: send_points(bytes, which, what); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wp_reader in = wp_reader(wp_slice(data, size < 4096 ? size : 4096));
    uint8_t options = wp_get_u8(&in);

    n_given = n_told = 0;
    rig_init(&r, "lxp.more", "a/b=5555555556:BA55555556@127.0.2.2", "octolux.outbox",
             options & 1 ? "3" : "50", "octolux.lenient_integers", options & 2 ? "true" : "false",
             "octolux.accept_retained", options & 8 ? "true" : "false", "octolux.charge_priority",
             options & 16 ? "true" : "false", NULL);
    r.own.offline = options & 32;
    rig_step(&r, (struct wp_event){.kind = WP_EV_START});
    rig_clear(&r);
    while (wp_left(&in) > 0) {
        operate(&in);
        check_trace();
    }
    rig_end(&r);
    return 0;
}
