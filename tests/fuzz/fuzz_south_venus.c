/* Any messages on the bus, any commands, at any time: the Victron south stands, sends whole messages of its own, answers every
 * command exactly once, and takes back nothing that it does not have.
 *
 *     input: operations; a byte says which, another one what it is about
 *     0 the bus comes, or goes    1 bytes (length, bytes)    2 time passes    3 a name gets an owner, or loses it
 *     4 a reply of any kind to one of the latest calls    5 items of a service    6 one item    7 a read    8 a write
 *     9 the mirror    10 names    11 a body of any type (signature, bytes) as reply or signal */
#define RIG_WITHOUT_CHECK
#include "tests/fuzz/take.h"
#include "tests/south_venus_rig.h"

static struct rig r;
static uint32_t n_commands;

static const char *const names[] = {"com.victronenergy.grid.a", "com.victronenergy.grid.b",
                                    "com.victronenergy.tank", "com.victronenergy.x.y.z"};
static const char *const owners[] = {":1.1", ":1.2", ":1.3", ":1.4", DBUS_BUS};
static const char *const paths[] = {"/A",          "/A/B", "/",          "/DeviceInstance",
                                    "/Identifier", "A//",  "Ac/L1/Power"};
static const char *const devices[] = {"grid/0", "grid/1", "tank/0", "x/abc", "grid/-3"};
static const char *const values[] = {"1",  "'a'", "null", "2.5", "'a_text_that_is_longer_than_others_are'",
                                     "-3", "true"};

#define PICK(list, i) ((list)[(i) % (sizeof(list) / sizeof(list)[0])])

static void bus(void)
{
    if (r.is_open)
        rig_close(&r);
    else if (r.is_dialling)
        rig_open(&r);
}

static void owner(uint8_t what, uint8_t how)
{
    rig_owner_change(&r, PICK(names, what), how & 1 ? PICK(owners, how >> 3) : "",
                     how & 2 ? PICK(owners, how >> 4) : "");
}

static uint32_t call_of(uint8_t back)
{
    return r.serial > back % 4 ? r.serial - back % 4 : 1;
}

static void put_items(char *text, size_t cap, struct wp_slice how)
{
    size_t n = 0;

    text[0] = 0;
    for (size_t i = 0; i + 1 < how.n && n + 200 < cap; i += 2)
        n += (size_t)snprintf(text + n, cap - n, "%s%s %s %s", n ? "; " : "", PICK(paths, how.p[i]),
                              how.p[i] & 0x80 ? "Max" : "Value", PICK(values, how.p[i + 1]));
}

static void reply(uint8_t what, struct wp_slice how)
{
    const char *from = PICK(owners, how.n ? how.p[0] : 0);
    char text[4096];

    put_items(text, sizeof text, how);
    for (char *at = text; what % 8 == 1 && (at = strstr(at, " Value")) != NULL;)
        memmove(at, at + 6, strlen(at + 6) + 1);
    switch (what % 8) {
    case 0: rig_reply_items(&r, from, call_of(what >> 3), text); break;
    case 1:
        if (!strstr(text, "Max"))
            rig_reply_values(&r, from, call_of(what >> 3), text);
        break;
    case 2: rig_reply_value(&r, from, call_of(what >> 3), PICK(values, how.n)); break;
    case 3: rig_reply_code(&r, from, call_of(what >> 3), (int)how.n); break;
    case 4: rig_reply_text(&r, call_of(what >> 3), from); break;
    case 5: rig_reply_nothing(&r, call_of(what >> 3)); break;
    case 6: rig_reply_error(&r, from, call_of(what >> 3), DBUS_FAULT("UnknownMethod")); break;
    default: rig_reply_error(&r, from, call_of(what >> 3), DBUS_FAULT("UnknownObject")); break;
    }
}

/* Only what a bus would pass on. */
static void raw(uint8_t what, struct wp_slice types, struct wp_slice body)
{
    char signature[DBUS_NAME_MAX + 1];
    struct wp_slice from = wp_text(PICK(owners, what >> 2));
    const struct dbus_head head = {.type = what & 1 ? DBUS_RETURN : DBUS_SIGNAL,
                                   .serial = 5,
                                   .reply_serial = what & 1 ? call_of(what >> 4) : 0,
                                   .path = wp_text(what & 1 ? "" : "/A"),
                                   .interface = wp_text(what & 1 ? "" : "com.victronenergy.BusItem"),
                                   .member = wp_text(what & 1   ? ""
                                                     : what & 2 ? "ItemsChanged"
                                                                : "PropertiesChanged"),
                                   .sender = from};
    struct wp_writer w = wp_writer(r.message, sizeof r.message);
    struct dbus_message m;
    struct dbus_out out;

    if (!dbus_is_signature(types))
        return;
    if (types.n > 0)
        memcpy(signature, types.p, types.n);
    signature[types.n] = 0;
    dbus_begin(&out, &w, &head, "");
    (void)dbus_end(&out);
    if (types.n > 0) { /* the signature's field, and the body behind */
        uint8_t fields = w.p[12];

        while (w.n % 8)
            wp_put_u8(&w, 0);
        wp_put_u8(&w, 8);
        wp_put_u8(&w, 1);
        wp_put_u8(&w, 'g');
        wp_put_u8(&w, 0);
        wp_put_u8(&w, (uint8_t)types.n);
        wp_put_slice(&w, types);
        wp_put_u8(&w, 0);
        fields = (uint8_t)(w.n - DBUS_FIXED);
        w.p[12] = fields;
        while (w.n % 8)
            wp_put_u8(&w, 0);
        wp_put_slice(&w, body);
        w.p[4] = (uint8_t)body.n;
    }
    if (dbus_decode(wp_written(&w), &m).status == WP_OK)
        rig_bytes(&r, wp_written(&w));
}

static void changed(bool all, uint8_t what, struct wp_slice how)
{
    char text[4096];

    put_items(text, sizeof text, how);
    if (all)
        rig_items_changed(&r, PICK(owners, what), text);
    else
        rig_properties_changed(&r, PICK(owners, what), "/A", what & 8 ? "Value 'text'; Max 3" : "Text 'no'");
}

static void step(uint8_t operation, uint8_t what, struct wp_slice *in)
{
    struct wp_slice first;

    switch (operation % 12) {
    case 0: bus(); break;
    case 1: rig_bytes(&r, take_bytes(in)); break;
    case 2: rig_run(&r, r.now + WP_MS(200) * what); break;
    case 3: owner(what, take(in)); break;
    case 4: reply(what, take_bytes(in)); break;
    case 5: changed(true, what, take_bytes(in)); break;
    case 6: changed(false, what, wp_text("")); break;
    case 7: rig_read(&r, ++n_commands, PICK(devices, what), PICK(paths, take(in))); break;
    case 8:
        rig_write(&r, ++n_commands, PICK(devices, what), PICK(paths, take(in)), PICK(values, what));
        break;
    case 9: rig_mirror(&r, ++n_commands, PICK(devices, what)); break;
    case 10:
        rig_reply_names(&r, call_of(what), "com.victronenergy.grid.a x com.victronenergy.tank :1.3");
        break;
    default:
        first = take_bytes(in);
        raw(what, first, take_bytes(in));
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct wp_slice in = wp_slice(data, n);

    n_commands = 0;
    rig_start(&r, "venus.max_items", "16", "venus.max_services", "3", "venus.max_calls", "4",
              "venus.max_signals", "3", "venus.text", "65536", NULL);
    r.is_silent = true;
    rig_connect(&r, "com.victronenergy.grid.a");
    while (in.n > 1) {
        uint8_t operation = take(&in), what = take(&in);

        step(operation, what, &in);
    }
    rig_step(&r, (struct wp_event){.kind = WP_EV_STOP});
    assert(r.n_answers == n_commands);
    rig_end(&r);
    return 0;
}
