/* The recorded payloads of a real Victron system through the whole gateway: their values go in as D-Bus messages of its
 * services, in their order and at their times, and every message comes out as it was recorded. */
#include "sim/catalog.h"
#include "sim/codec/dbus_bus.h"
#include "sim/gateway/north_venus.h"
#include "sim/gateway/south_venus.h"
#include "tests/venus_vectors.h"

#include <string.h>

#define PREFIX  "N/c0619ab12345/"
#define SERVICE "com.victronenergy."
#define ITEM    "com.victronenergy.BusItem"
#define EPOCH_US                                                                                             \
    INT64_C(1795198098750000)   /* so that the recorded markers and heartbeats have their seconds */
#define ASKED_AT  505500        /* when the recorded keep-alive came */
#define GONE      "acload/1001" /* the device that went away */
#define KEEPALIVE "{\"keepalive-options\":[{\"full-publish-completed-echo\":\"Ucq2YLVt6ZWdgUNf\"}]}"

enum { BUS, BROKER, SERVICES_MAX = 40, SAID_MAX = 4000, TOKENS_MAX = 2048 };

struct said {
    char *topic, *payload;
    bool retain, is_seen;
};

static struct bench {
    struct wp_outbox outbox; /* first: the outbox is the bench */
    void *machine;
    wp_us now;
    wp_port bus, broker;
    const cJSON *records;
    char services[SERVICES_MAX][40]; /* "pvinverter/32" */
    unsigned n_services;
    struct said said[SAID_MAX];
    size_t n_said;
    struct call {
        uint32_t serial;
        char member[32], name[80];
    } calls[4 * SERVICES_MAX];
    size_t n_calls;
    uint32_t serial;
    int equal, same_number;
} b;

static uint8_t memory[4 << 20];

/* ---- the gateway, stepped by hand -------------------------------------------------------------------- */

static void copy(struct wp_slice from, char *to, size_t cap)
{
    ck_assert_uint_lt(from.n, cap);
    if (from.n)
        memcpy(to, from.p, from.n);
    to[from.n] = 0;
}

static char *text_of(struct wp_slice s)
{
    char *text = malloc(s.n + 1);

    ck_assert_ptr_nonnull(text);
    copy(s, text, s.n + 1);
    return text;
}

static void take_call(struct wp_slice bytes)
{
    struct dbus_message m;
    struct call *c = &b.calls[b.n_calls];

    ck_assert_int_eq(dbus_decode(bytes, &m).status, WP_OK);
    ck_assert_uint_lt(b.n_calls, sizeof b.calls / sizeof *b.calls);
    c->serial = m.serial;
    copy(m.member, c->member, sizeof c->member);
    copy(m.destination, c->name, sizeof c->name);
    if (wp_slice_is(m.member, "GetNameOwner")) {
        struct dbus_iter it;

        dbus_iter(&it, &m);
        copy(dbus_get_text(&it), c->name, sizeof c->name);
    }
    b.n_calls++;
}

static void emit(struct wp_outbox *outbox, const struct wp_effect *e)
{
    (void)outbox;
    if (e->kind == WP_SEND) {
        take_call(e->bytes);
    } else if (e->kind == WP_PUBLISH) {
        ck_assert_uint_lt(b.n_said, SAID_MAX);
        b.said[b.n_said++] =
            (struct said){text_of(e->publish.topic), text_of(e->publish.payload), e->publish.retain, false};
    }
}

static void step(struct wp_event e)
{
    e.now = b.now;
    wp_gateway_class.step(b.machine, &e, &b.outbox);
}

static void run_until(wp_us until)
{
    while (wp_gateway_class.deadline(b.machine) <= until) {
        b.now = wp_gateway_class.deadline(b.machine);
        step((struct wp_event){.kind = WP_EV_TIMER});
    }
    b.now = until;
}

static void forget_said(void)
{
    while (b.n_said > 0) {
        b.n_said--;
        free(b.said[b.n_said].topic);
        free(b.said[b.n_said].payload);
    }
}

/* ---- the bus ------------------------------------------------------------------------------------------ */

static struct wp_slice unique_name(unsigned service)
{
    static char text[16];

    snprintf(text, sizeof text, ":1.%u", 10 + service);
    return wp_text(text);
}

/* com.victronenergy.pvinverter.i32 of "pvinverter/32". */
static const char *bus_name(unsigned service)
{
    static char text[80];
    const char *slash = strchr(b.services[service], '/');

    snprintf(text, sizeof text, SERVICE "%.*s.i%s", (int)(slash - b.services[service]), b.services[service],
             slash + 1);
    return text;
}

static unsigned service_of(const char *name)
{
    for (unsigned i = 0; i < b.n_services; i++)
        if (strcmp(bus_name(i), name) == 0)
            return i;
    ck_abort_msg("nobody has the name %s", name);
}

static void begin(struct dbus_out *out, struct wp_writer *w, struct dbus_head head, const char *signature)
{
    *w = wp_writer(memory, sizeof memory);
    head.serial = ++b.serial;
    dbus_begin(out, w, &head, signature);
}

static void deliver(struct dbus_out *out, struct wp_writer *w)
{
    ck_assert(dbus_end(out));
    step((struct wp_event){.kind = WP_EV_BYTES, .endpoint = BUS, .port = b.bus, .bytes = wp_written(w)});
}

static void begin_reply(struct dbus_out *out, struct wp_writer *w, const struct call *c, struct wp_slice from,
                        const char *signature)
{
    begin(out, w,
          (struct dbus_head){
              .type = DBUS_RETURN, .flags = DBUS_NO_REPLY, .reply_serial = c->serial, .sender = from},
          signature);
}

/* The three kinds of value that JSON has no form for. */
static bool put_unsaid(struct dbus_out *out, const char *source, const char *path)
{
    static const char *const named[] = {"(double NaN)", "(double +inf)", "(double -inf)"};
    const double real[] = {NAN, INFINITY, -INFINITY};

    for (size_t i = 0; i < 3; i++) {
        if (strstr(source, named[i])) {
            dbus_put_variant(out, wp_real(real[i]));
            return true;
        }
    }
    if (strcmp(path, "/A/struct") == 0) {
        dbus_open_variant(out, "(is)");
        dbus_open(out);
        dbus_put_int(out, 1);
        dbus_put_text(out, wp_text("x"));
        dbus_close(out);
    } else if (strcmp(path, "/O/path") == 0) {
        dbus_open_variant(out, "o");
        dbus_put_text(out, wp_text("/Ac/Power"));
    } else if (strstr(path, "AccessPointPassword")) {
        dbus_put_variant(out, wp_text_value(wp_text("what nobody may see")));
        return true;
    } else {
        return false;
    }
    dbus_close(out);
    return true;
}

/* a{sv} of what a recorded payload says of its item. */
static void put_row(struct dbus_out *out, const cJSON *record, const char *path)
{
    static const char *const names[][2] = {{"value", "Value"}, {"min", "Min"}, {"max", "Max"}};
    struct json_token tokens[TOKENS_MAX];
    struct json_tape tape = {.at = tokens, .cap = TOKENS_MAX};

    ck_assert_int_eq(json_read(&tape, wp_text(venus_vector_text(record, "payload")), JSON_DEPTH, NULL),
                     JSON_FAULT_NONE);
    dbus_open(out);
    for (size_t i = 0; i < 3; i++) {
        const uint32_t at = json_member(&tape, 0, wp_text(names[i][0]));

        if (!at)
            continue;
        dbus_open(out);
        dbus_put_text(out, wp_text(names[i][1]));
        if (i > 0 || !put_unsaid(out, venus_vector_text(record, "source"), path))
            venus_put_variant(out, &tape, at);
        dbus_close(out);
    }
    dbus_close(out);
}

static void put_item(struct dbus_out *out, const cJSON *record, const char *path)
{
    dbus_open(out);
    dbus_put_text(out, wp_text(path));
    put_row(out, record, path);
    dbus_close(out);
}

/* ---- the recordings ----------------------------------------------------------------------------------- */

static bool is_kind(const cJSON *record, const char *kind)
{
    return strcmp(venus_vector_text(record, "kind"), kind) == 0;
}

/* "/Ac/Power", and "pvinverter/32" in `device`; NULL: the topic is no item's. */
static const char *path_of(const cJSON *record, char device[40])
{
    const char *rest = venus_vector_text(record, "topic") + strlen(PREFIX), *slash = strchr(rest, '/'),
               *path = slash ? strchr(slash + 1, '/') : NULL;

    if (path)
        copy(wp_slice(rest, (size_t)(path - rest)), device, 40);
    return path;
}

/* Of the first tree: what the system said at the keep-alive, and the items with one path for each type. */
static bool is_of_tree(const cJSON *record)
{
    return is_kind(record, "full-publish") || is_kind(record, "number-and-type-format");
}

static void find_services(void)
{
    const cJSON *record;
    char device[40];

    cJSON_ArrayForEach(record, b.records)
    {
        unsigned i = 0;

        if (!is_of_tree(record) || !path_of(record, device))
            continue;
        while (i < b.n_services && strcmp(b.services[i], device) != 0)
            i++;
        ck_assert_uint_lt(i, SERVICES_MAX);
        if (i == b.n_services)
            strcpy(b.services[b.n_services++], device);
    }
}

static void answer_items(const struct call *c)
{
    const unsigned service = service_of(c->name);
    struct dbus_out out;
    struct wp_writer w;
    const cJSON *record;
    char device[40];

    begin_reply(&out, &w, c, unique_name(service), "a{sa{sv}}");
    dbus_open(&out);
    cJSON_ArrayForEach(record, b.records)
    {
        const char *path = is_of_tree(record) ? path_of(record, device) : NULL;

        if (path && strcmp(device, b.services[service]) == 0)
            put_item(&out, record, path);
    }
    dbus_close(&out);
    deliver(&out, &w);
}

static void answer(const struct call *c)
{
    const struct wp_slice bus = wp_text(DBUS_BUS);
    struct dbus_out out;
    struct wp_writer w;

    if (strcmp(c->member, "GetItems") == 0) {
        answer_items(c);
        return;
    }
    if (strcmp(c->member, "ListNames") == 0) {
        begin_reply(&out, &w, c, bus, "as");
        dbus_open(&out);
        dbus_put_text(&out, bus);
        for (unsigned i = 0; i < b.n_services; i++)
            dbus_put_text(&out, wp_text(bus_name(i)));
        dbus_close(&out);
    } else if (strcmp(c->member, "GetNameOwner") == 0) {
        begin_reply(&out, &w, c, bus, "s");
        dbus_put_text(&out, unique_name(service_of(c->name)));
    } else {
        ck_assert_str_eq(c->member, "AddMatch");
        begin_reply(&out, &w, c, bus, "");
    }
    deliver(&out, &w);
}

/* By turns as one signal and as the other; limits come with ItemsChanged alone. */
static void signal_change(const cJSON *record)
{
    static bool by_turns;
    const char *payload = venus_vector_text(record, "payload");
    char device[40];
    const char *path = path_of(record, device);
    struct dbus_head head = {.type = DBUS_SIGNAL, .flags = DBUS_NO_REPLY, .interface = wp_text(ITEM)};
    struct dbus_out out;
    struct wp_writer w;
    unsigned service = 0;

    ck_assert_ptr_nonnull(path);
    while (strcmp(b.services[service], device) != 0)
        service++;
    head.sender = unique_name(service);
    by_turns = !by_turns;
    if (by_turns || strstr(payload, "\"min\"") || strstr(payload, "\"max\"")) {
        head.path = wp_text("/");
        head.member = wp_text("ItemsChanged");
        begin(&out, &w, head, "a{sa{sv}}");
        dbus_open(&out);
        put_item(&out, record, path);
        dbus_close(&out);
    } else {
        head.path = wp_text(path);
        head.member = wp_text("PropertiesChanged");
        begin(&out, &w, head, "a{sv}");
        put_row(&out, record, path);
    }
    deliver(&out, &w);
}

static void leave(const char *device)
{
    struct dbus_owner_change change;
    struct dbus_head head = {.type = DBUS_SIGNAL,
                             .path = wp_text(DBUS_BUS_PATH),
                             .interface = wp_text(DBUS_BUS),
                             .member = wp_text("NameOwnerChanged"),
                             .sender = wp_text(DBUS_BUS)};
    struct dbus_out out;
    struct wp_writer w;
    unsigned service = 0;

    while (strcmp(b.services[service], device) != 0)
        service++;
    change = (struct dbus_owner_change){wp_text(bus_name(service)), unique_name(service), wp_text("")};
    begin(&out, &w, head, "sss");
    dbus_put_text(&out, change.name);
    dbus_put_text(&out, change.before);
    dbus_put_text(&out, change.after);
    deliver(&out, &w);
}

/* ---- comparing ---------------------------------------------------------------------------------------- */

/* Alike but for digits of numbers that are the same double: the original's Grisu2 is not always the shortest. */
static bool is_same_but_digits(const char *a, const char *c)
{
    static const char digits[] = "+-.0123456789Ee";

    while (*a && *c) {
        if (strchr("-0123456789", *a) && strchr("-0123456789", *c)) {
            char *end_a, *end_c;

            if (strtod(a, &end_a) != strtod(c, &end_c) || end_a == a || end_c == c)
                return false;
            a = end_a;
            c = end_c;
            if (*a && strchr(digits, *a))
                return false;
        } else if (*a++ != *c++) {
            return false;
        }
    }
    return *a == *c;
}

/* It was said once since the last time that anybody looked, and so. */
static void expect(const cJSON *record, bool retain)
{
    const char *topic = venus_vector_text(record, "topic"), *payload = venus_vector_text(record, "payload");
    struct said *hit = NULL;

    for (size_t i = 0; i < b.n_said; i++) {
        if (b.said[i].is_seen || strcmp(b.said[i].topic, topic) != 0)
            continue;
        ck_assert_msg(!hit, "%s came twice", topic);
        hit = &b.said[i];
    }
    ck_assert_msg(hit != NULL, "%s %s did not come", topic, payload);
    hit->is_seen = true;
    ck_assert_msg(hit->retain == retain, "%s: retained", topic);
    if (strcmp(hit->payload, payload) == 0)
        b.equal++;
    else if (is_same_but_digits(hit->payload, payload))
        b.same_number++;
    else
        ck_abort_msg("%s: %s, not %s", topic, hit->payload, payload);
}

static void expect_all_seen(void)
{
    for (size_t i = 0; i < b.n_said; i++)
        ck_assert_msg(b.said[i].is_seen, "%s %s came and is not recorded", b.said[i].topic,
                      b.said[i].payload);
    forget_said();
}

/* The portal's ID alone is retained, as the recorded gateway did. */
static bool is_serial(const cJSON *record)
{
    return strcmp(venus_vector_text(record, "topic"), PREFIX "system/0/Serial") == 0;
}

/* ---- the play ----------------------------------------------------------------------------------------- */

static void start(void)
{
    static const struct wp_class *const souths[] = {&south_venus_class}, *const norths[] = {
                                                                             &north_venus_class};
    static const struct wp_parts parts = {souths, 1, norths, 1};
    static struct wp_endpoint endpoints[2];
    static struct wp_option_value given[1];
    static struct wp_setup setup;

    endpoints[BUS] = south_venus_class.endpoints[0];
    endpoints[BROKER] = north_venus_class.endpoints[0];
    given[0].option = wp_option_find(north_venus_class.options, north_venus_class.n_options,
                                     wp_text("venus.retain_serial"));
    given[0].value = wp_bool(true);
    setup = (struct wp_setup){.name = "gateway",
                              .epoch_us = EPOCH_US,
                              .given = given,
                              .n_given = 1,
                              .endpoints = endpoints,
                              .n_endpoints = 2,
                              .parts = &parts};
    b.outbox.emit = emit;
    b.machine = malloc(wp_gateway_class.size(&setup));
    ck_assert_ptr_nonnull(b.machine);
    wp_gateway_class.init(&setup, b.machine);
    step((struct wp_event){.kind = WP_EV_START});
    b.broker = 1;
    step((struct wp_event){.kind = WP_EV_OPEN, .endpoint = BROKER, .port = b.broker});
    b.bus = 2;
    step((struct wp_event){
        .kind = WP_EV_OPEN, .endpoint = BUS, .port = b.bus, .open = {.bus_name = wp_text(":1.1")}});
    for (size_t i = 0; i < b.n_calls; i++) {
        const struct call c = b.calls[i];

        answer(&c);
    }
}

static void keep_alive(void)
{
    run_until(ASKED_AT);
    step((struct wp_event){
        .kind = WP_EV_MESSAGE,
        .endpoint = BROKER,
        .port = b.broker,
        .message = {.topic = wp_text("R/c0619ab12345/keepalive"), .payload = wp_text(KEEPALIVE)}});
}

/* Where nobody is alive, the portal's ID alone is told; N/<id>/keepalive was never recorded. */
static void play_before_anybody_is_alive(void)
{
    const cJSON *record;

    for (size_t i = 0; i < b.n_said; i++)
        b.said[i].is_seen = strcmp(b.said[i].topic, PREFIX "keepalive") == 0;
    cJSON_ArrayForEach(record, b.records)
    {
        if (is_kind(record, "retained-before-any-keepalive"))
            expect(record, true);
    }
    expect_all_seen();
}

static void play_tree(void)
{
    const cJSON *record;
    bool has_beaten = false;

    keep_alive();
    cJSON_ArrayForEach(record, b.records)
    {
        if (is_of_tree(record) || (is_kind(record, "heartbeat") && !has_beaten))
            expect(record, is_serial(record));
        has_beaten = has_beaten || is_kind(record, "heartbeat");
    }
    expect_all_seen();
}

/* Of a device that left all topics are told; some of them were recorded. */
static void play_departure(const cJSON *record)
{
    size_t n = 0;

    if (b.n_said == 0)
        leave(GONE);
    for (size_t i = 0; i < b.n_said; i++) {
        ck_assert_str_eq(b.said[i].payload, "");
        ck_assert(strncmp(b.said[i].topic, PREFIX GONE "/", strlen(PREFIX GONE "/")) == 0);
        n += !b.said[i].is_seen;
    }
    ck_assert_uint_gt(n, 0);
    expect(record, false);
}

static void play_changes(void)
{
    const cJSON *record;
    bool has_beaten = false, is_leaving = false;

    cJSON_ArrayForEach(record, b.records)
    {
        const cJSON *t = cJSON_GetObjectItemCaseSensitive(record, "t");

        if (is_of_tree(record) || !t)
            continue;
        if (is_leaving && !is_kind(record, "device-disappeared")) {
            is_leaving = false;
            forget_said();
        }
        if (is_kind(record, "heartbeat") && !has_beaten) {
            has_beaten = true;
            continue;
        }
        run_until((wp_us)(t->valuedouble * 1e6));
        if (is_kind(record, "device-disappeared")) {
            is_leaving = true;
            play_departure(record);
            continue;
        }
        if (is_kind(record, "change-or-read"))
            signal_change(record);
        expect(record, is_serial(record));
        expect_all_seen();
    }
}

START_TEST(every_recorded_message_comes_out_of_the_gateway)
{
    cJSON *file = vector_file("venus-recordings.json");

    if (!file)
        return;
    b.records = file;
    find_services();
    start();
    play_before_anybody_is_alive();
    play_tree();
    play_changes();
    printf("%d recorded messages of %u services: %d byte for byte, %d the same number in other digits\n",
           b.equal + b.same_number, b.n_services, b.equal, b.same_number);
    ck_assert_int_eq(b.equal + b.same_number, cJSON_GetArraySize(file));
    ck_assert_int_le(b.same_number, 2);
    forget_said();
    free(b.machine);
    cJSON_Delete(file);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("venus_recordings");
    TCase *t = tcase_create("gateway");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_test(t, every_recorded_message_comes_out_of_the_gateway);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
