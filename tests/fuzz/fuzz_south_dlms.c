/* Any bytes from DLMS meters, on streams and in datagrams, any answers to what they are asked, at any time: the gateway
 * stands, gives back what it borrowed, and everything it publishes is JSON on one of its topics.
 *
 *     input: operations; a byte says which, another one what it is about
 *     0 open a connection, or a peer    1 close one    2 bytes on one (length, bytes)    3 the same framed in a wrapper
 *     4 time passes    5 an answer to what was sent last (length, octets behind its head)    6 login
 *     7 a command    8 dlms.polling changes    9 in an HDLC frame
 *
 * Inputs of odd length have another south in front, which hands on what is not its own. */
#define RIG_WITHOUT_CHECK
#include "tests/gateway_rig.h"

#include "sim/codec/hdlc.h"
#include "sim/codec/wrapper.h"
#include "sim/core/json_in.h"
#include "sim/gateway/south_dlms.h"

enum { PORTS = 8, PEERS_FROM = 5 };

static struct rig r;
static wp_port port[PORTS];

static void check_payload(void)
{
    static struct json_token tokens[8192];
    struct json_tape tape = {.at = tokens, .cap = 8192};

    if (r.n_published == 0)
        return;
    assert(strncmp(r.last_topic, "ivy/v1/", 7) == 0);
    assert(json_read(&tape, wp_text(r.last_payload), JSON_DEPTH, NULL) == JSON_FAULT_NONE);
    assert(tokens[0].kind == JSON_OBJECT);
    assert(!tape.duplicate);
}

static void deliver(size_t to, struct wp_slice bytes)
{
    if (!port[to] || bytes.n == 0)
        return;
    if (to >= PEERS_FROM)
        rig_datagram(&r, port[to], bytes);
    else
        rig_bytes(&r, port[to], bytes);
}

static void in_wrapper(size_t to, struct wp_slice apdu)
{
    uint8_t wire[WRAPPER_HEADER + 512];
    struct wp_writer w = wp_writer(wire, sizeof wire);
    const struct wrapper_frame f = {.source = 1, .destination = 1, .payload = apdu};

    wrapper_encode(&w, &f);
    deliver(to, wp_written(&w));
}

static void in_hdlc(size_t to, uint8_t how, struct wp_slice apdu)
{
    uint8_t wire[600];
    struct wp_writer w = wp_writer(wire, sizeof wire);
    const struct hdlc_frame f = {.destination = {.upper = 16, .n = 1},
                                 .source = {.upper = 1, .lower = 17, .n = 2},
                                 .type = how & 1   ? HDLC_I
                                         : how & 2 ? HDLC_UA
                                                   : HDLC_UI,
                                 .control = hdlc_control(how & 1   ? HDLC_I
                                                         : how & 2 ? HDLC_UA
                                                                   : HDLC_UI,
                                                         how >> 5, how >> 2 & 7, true),
                                 .more = how & 16,
                                 .llc = how & 8 ? HDLC_LLC_NONE : HDLC_LLC_RESPONSE,
                                 .payload = apdu};

    hdlc_encode(&w, &f);
    deliver(to, wp_written(&w));
}

/* A get-response or an AARE, as what was asked wants it. */
static void answer(size_t to, struct wp_slice rest)
{
    uint8_t apdu[300] = {0xC4, 1};
    size_t invoke = r.n_last_sent > 11 ? r.last_sent[10] : 0;
    static const uint8_t aare[] = {0x61, 0x29, 0xA1, 0x09, 0x06, 0x07, 0x60, 0x85, 0x74, 0x05, 0x08,
                                   0x01, 0x01, 0xA2, 0x03, 0x02, 0x01, 0x00, 0xA3, 0x05, 0xA1, 0x03,
                                   0x02, 0x01, 0x00, 0xBE, 0x10, 0x04, 0x0E, 0x08, 0x00, 0x06, 0x5F,
                                   0x1F, 0x04, 0x00, 0x00, 0x1E, 0x1D, 0x04, 0xC8, 0x00, 0x07};

    if (r.n_last_sent > 8 && r.last_sent[8] == 0x60) {
        in_wrapper(to, wp_slice(aare, sizeof aare));
        return;
    }
    if (rest.n > 0)
        apdu[1] = rest.p[0] % 4;
    apdu[2] = (uint8_t)invoke;
    if (rest.n > 1)
        memcpy(apdu + 3, rest.p + 1, rest.n - 1);
    in_wrapper(to, wp_slice(apdu, 3 + (rest.n > 1 ? rest.n - 1 : 0)));
}

static void open_port(size_t which)
{
    if (!port[which])
        port[which] = which >= PEERS_FROM ? rig_peer(&r, (uint8_t)which) : rig_connect(&r, (uint8_t)which);
}

static void close_port(size_t which)
{
    if (port[which])
        rig_step(&r, (struct wp_event){.kind = WP_EV_CLOSE,
                                       .endpoint = which >= PEERS_FROM ? 2 : 0,
                                       .port = port[which],
                                       .close = {.reason = WP_CLOSE_PEER}});
    port[which] = 0;
}

static void command(uint8_t which)
{
    static const char *const what[] = {
        "{\"requestId\":\"a\",\"command\":\"read\",\"register\":\"voltageA\"}",
        "{\"requestId\":\"b\",\"command\":\"readGroup\",\"group\":\"all\"}",
        "{\"requestId\":\"c\",\"command\":\"read\",\"register\":\"0-0:96.1.0.255\"}",
        "{\"requestId\":\"d\",\"command\":\"readMultiple\",\"registers\":[\"1-0:1.8.0.255\",\"x\"]}",
    };

    if (r.broker)
        rig_request(&r, what[which % 4]);
}

static void operate(struct wp_reader *in)
{
    uint8_t what = wp_get_u8(in), which = wp_get_u8(in);
    size_t to = which % PORTS;
    char address[16];

    switch (what % 10) {
    case 0: open_port(to); break;
    case 1: close_port(to); break;
    case 2: deliver(to, wp_get_slice(in, wp_get_u8(in))); break;
    case 3: in_wrapper(to, wp_get_slice(in, wp_get_u8(in))); break;
    case 4: rig_run(&r, r.now + WP_MS(1 << which % 20)); break;
    case 5: answer(to, wp_get_slice(in, wp_get_u8(in))); break;
    case 6:
        snprintf(address, sizeof address, "%012u", (which >> 3) % 4u);
        if (port[to] && to < PEERS_FROM)
            rig_session(&r, port[to], IVY_LOGIN, address);
        break;
    case 7: command(which); break;
    case 8: rig_set(&r, "dlms.polling", which & 1 ? "true" : "false"); break;
    case 9: in_hdlc(to, which, wp_get_slice(in, wp_get_u8(in))); break;
    }
    rig_clear(&r);
    check_payload();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wp_reader in = wp_reader(wp_slice(data, size));

    memset(port, 0, sizeof port);
    r.only_south = size % 2 ? NULL : &south_dlms_class;
    r.next_south = size % 2 ? &south_dlms_class : NULL;
    rig_start(&r, "meters.max_connections", "6", "dlms.max_devices", "3", "dlms.unit_max", "1024",
              "dlms.keys",
              size % 3 ? "*=000102030405060708090A0B0C0D0E0F:D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF"
                       : "*=000102030405060708090A0B0C0D0E0F",
              "dlms.mechanism", size % 8 < 6 ? "none" : "gmac", "dlms.polling", "true", "dlms.read_scaler",
              size % 4 < 2 ? "true" : "false", NULL);
    for (int i = 0; i < 200 && wp_left(&in) > 0; i++)
        operate(&in);
    for (size_t i = 0; i < PORTS; i++)
        close_port(i);
    rig_step(&r, (struct wp_event){.kind = WP_EV_STOP});
    rig_end(&r);
    return 0;
}
