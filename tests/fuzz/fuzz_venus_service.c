/* Any message to a Victron service, any setting and any fault, in any order and time: it keeps within its memory, its
 * timers end, what it sends is a whole message, and goes to its open port.
 *
 * The input is a list of steps: a kind, a length, then as many bytes (see step()). */
#include "sim/device/venus_service.h"
#include "sim/device/venus_service_inside.h"

#include "sim/codec/dbus_out.h"

#include <stdlib.h>

enum { TIMERS_MAX = 100, PATHS = 8, MESSAGE_MAX = 4096 };

struct bench {
    struct wp_outbox outbox; /* first: the outbox is the bench */
    struct wp_setup setup;
    struct wp_option_value given[3];
    struct wp_endpoint endpoint;
    struct venus_service *m;
    wp_us now;
    wp_port port;
    uint32_t serial;
};

static void emit(struct wp_outbox *outbox, const struct wp_effect *e)
{
    struct bench *b = (struct bench *)outbox;
    struct dbus_message m;

    switch (e->kind) {
    case WP_SEND:
        assert(e->port == b->port);
        assert(dbus_decode(e->bytes, &m).status == WP_OK);
        assert(m.whole.n == e->bytes.n);
        break;
    case WP_HANG_UP:
        assert(e->port == b->port);
        b->port = 0;
        break;
    default: assert(e->kind == WP_NOTE || e->kind == WP_DIAL);
    }
}

static void give(struct bench *b, struct wp_event e)
{
    e.now = b->now;
    venus_service_class.step(b->m, &e, &b->outbox);
}

static void open_port(struct bench *b)
{
    if (b->port != 0)
        return;
    b->port = 7;
    give(b, (struct wp_event){.kind = WP_EV_OPEN, .port = 7, .open = {.bus_name = wp_text(":1.1")}});
}

static void from_bus(struct bench *b, struct wp_slice bytes)
{
    if (b->port != 0)
        give(b, (struct wp_event){.kind = WP_EV_BYTES, .port = b->port, .bytes = bytes});
}

/* A well-formed call whose member and arguments the input picks. */
static void call(struct bench *b, struct wp_slice in)
{
    static const char *const paths[PATHS] = {"/",  "/Settings",   "/A", "/A/B",
                                             "/S", "/Settings/X", "/L", "/Nope"};
    static const char *const members[] = {"GetValue",   "SetValue",       "GetItems",      "GetText",
                                          "AddSetting", "AddSettings",    "Introspect",    "SetDefault",
                                          "GetMin",     "RemoveSettings", "GetAttributes", "Ping"};
    static const char *const types[] = {"", "v", "ssvsvv", "aa{sv}", "as", "i"};
    uint8_t message[MESSAGE_MAX];
    struct wp_writer w = wp_writer(message, sizeof message);
    struct wp_reader r = wp_reader(in);
    const struct dbus_head head = {
        .type = DBUS_CALL,
        .flags = wp_get_u8(&r) & 1,
        .serial = ++b->serial,
        .path = wp_text(paths[wp_get_u8(&r) % PATHS]),
        .member = wp_text(members[wp_get_u8(&r) % (sizeof members / sizeof members[0])]),
        .sender = wp_text(":1.9"),
    };
    const char *type = types[wp_get_u8(&r) % (sizeof types / sizeof types[0])];
    struct dbus_out out;
    struct wp_value value = wp_real((double)(int8_t)wp_get_u8(&r) / 4);

    if (wp_get_u8(&r) & 1)
        value = wp_text_value(wp_slice_from(in, r.at));
    dbus_begin(&out, &w, &head, type);
    if (type[0] == 'v') {
        dbus_put_variant(&out, value);
    } else if (strcmp(type, "as") == 0 || strcmp(type, "aa{sv}") == 0) {
        dbus_open(&out);
        if (type[1] == 's') {
            dbus_put_text(&out, wp_slice_from(in, r.at));
        } else {
            for (int i = 0; i < 2; i++) {
                dbus_open(&out);
                dbus_open(&out);
                dbus_put_text(&out, wp_text("path"));
                dbus_put_variant(&out, wp_text_value(wp_slice_from(in, r.at)));
                dbus_close(&out);
                dbus_open(&out);
                dbus_put_text(&out, wp_text("default"));
                dbus_put_variant(&out, value);
                dbus_close(&out);
                dbus_close(&out);
            }
        }
        dbus_close(&out);
    } else if (type[0] == 's') {
        dbus_put_text(&out, wp_text("Devices"));
        dbus_put_text(&out, wp_slice_from(in, r.at));
        dbus_put_variant(&out, value);
        dbus_put_text(&out, wp_text(b->serial & 1 ? "s" : "i"));
        dbus_put_variant(&out, wp_int(0));
        dbus_put_variant(&out, value);
    } else if (type[0] == 'i') {
        dbus_put_int(&out, b->serial);
    }
    if (dbus_end(&out))
        from_bus(b, wp_written(&w));
}

static void set(struct bench *b, uint8_t pick, struct wp_slice text)
{
    const struct wp_option *option = &venus_service_options[pick % SERVICE_ROWS];
    struct wp_value v;

    if (option->use >= WP_USE_SET && wp_option_read(option, text, &v, NULL))
        give(b,
             (struct wp_event){.kind = WP_EV_SET, .set = {.option = option, .value = v, .times = pick / 64}});
}

static void pass(struct bench *b, wp_us until)
{
    wp_us due;

    for (int i = 0; i < TIMERS_MAX && (due = venus_service_class.deadline(b->m)) <= until; i++) {
        b->now = due > b->now ? due : b->now;
        give(b, (struct wp_event){.kind = WP_EV_TIMER});
    }
    if (venus_service_class.deadline(b->m) > until)
        b->now = until;
}

static void step(struct bench *b, uint8_t kind, struct wp_slice in)
{
    switch (kind % 7) {
    case 0: from_bus(b, in); break;
    case 1:
    case 2: call(b, in); break;
    case 3: set(b, in.n > 0 ? in.p[0] : 0, wp_slice_from(in, 1)); break;
    case 4: pass(b, b->now + WP_MS(10) * (int64_t)in.n * (int64_t)in.n); break;
    case 5: open_port(b); break;
    default:
        if (b->port == 0)
            break;
        b->port = 0;
        give(b, (struct wp_event){.kind = WP_EV_CLOSE, .port = 7, .close = {.reason = WP_CLOSE_RESET}});
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct wp_reader r = wp_reader(wp_slice(data, n));
    struct bench b = {.outbox = {emit}, .endpoint = venus_service_class.endpoints[0]};
    const bool is_settings = wp_get_u8(&r) & 1;

    b.given[0] = (struct wp_option_value){&venus_service_options[SERVICE_TYPE],
                                          wp_text_value(wp_text(is_settings ? "settings" : "vebus"))};
    b.given[1] = (struct wp_option_value){
        &venus_service_options[SERVICE_VALUES],
        wp_text_value(
            wp_text("/A/B d 1.5 min 0.0 max 9.0 writable; /S s \"x\" writable; /L ai [1,2] writable"))};
    b.given[2] = (struct wp_option_value){&venus_service_options[SERVICE_MEMORY], wp_int(2048)};
    b.setup = (struct wp_setup){
        .name = "v", .given = b.given, .n_given = 3, .endpoints = &b.endpoint, .n_endpoints = 1};
    b.m = malloc(venus_service_class.size(&b.setup));
    venus_service_class.init(&b.setup, b.m);
    give(&b, (struct wp_event){.kind = WP_EV_START});
    open_port(&b);
    while (wp_left(&r) > 0) {
        const uint8_t kind = wp_get_u8(&r), length = wp_get_u8(&r);

        step(&b, kind, wp_get_slice(&r, length < wp_left(&r) ? length : wp_left(&r)));
    }
    give(&b, (struct wp_event){.kind = WP_EV_STOP});
    free(b.m);
    return 0;
}
