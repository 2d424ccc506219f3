/* Any bytes from meters, any messages from clients, in any order and at any time: the gateway stands, what
 * it sends are frames and answers of its own, and everything it publishes is JSON on one of its topics.
 *
 *     input: operations; a byte says which, then what it needs
 *     0 open a connection      1 close one      2 bytes on one (length, bytes)      3 request (length, bytes)
 *     4 time passes (1 byte: 1 ms .. 17 min)    5 a good reply to what was sent last      6 login of a meter
 *     7 the broker goes      8 a poll cycle's worth of time
 *
 * Every other input has a second south behind the listener, which takes what is not DL/T 645; its connections tell it
 * what to do, see tests/fake_south.h. */
#define RIG_WITHOUT_CHECK
#include "tests/fake_south.h"
#include "tests/gateway_rig.h"

#include "sim/core/json_in.h"

enum { PORTS = 8 };

static struct rig r;
static wp_port port[PORTS];

static void check_payload(void)
{
    static struct json_token tokens[4096];
    struct json_tape tape = {.at = tokens, .cap = 4096};

    if (r.n_published == 0)
        return;
    assert(strncmp(r.last_topic, "ivy/v1/", 7) == 0);
    assert(json_read(&tape, wp_text(r.last_payload), JSON_DEPTH, NULL) == JSON_FAULT_NONE);
    assert(tokens[0].kind == JSON_OBJECT);
    assert(!tape.duplicate);
}

static void reply_to_last(wp_port to, uint8_t seed)
{
    uint8_t wire[DLT645_FRAME_MAX], data[8];
    struct wp_writer w = wp_writer(wire, sizeof wire);
    struct dlt645_frame asked, reply;
    struct dlt645_body body;

    if (dlt645_decode(wp_slice(r.last_sent, r.n_last_sent), &asked).status != WP_OK ||
        !dlt645_body(&asked, &body))
        return;
    memset(data, seed, sizeof data);
    if (dlt645_function(&asked) == DLT645_READ_FOLLOW)
        dlt645_reply_follow(&reply, asked.address, body.di, wp_slice(data, seed % 8), body.seq, seed & 1);
    else
        dlt645_reply_read(&reply, asked.address, body.di, wp_slice(data, seed % 8), seed & 8);
    dlt645_encode(&w, &reply);
    rig_bytes(&r, to, wp_written(&w));
}

static void log_in(wp_port to, uint8_t which)
{
    char address[13];

    snprintf(address, sizeof address, "%012u", which % 4u);
    rig_session(&r, to, which & 0x80 ? IVY_HEARTBEAT : which & 0x40 ? IVY_LAST_GASP : IVY_LOGIN, address);
}

static void lose_broker(void)
{
    wp_port lost = r.broker;

    if (!lost)
        return;
    r.broker = 0;
    rig_step(&r, (struct wp_event){.kind = WP_EV_CLOSE, .endpoint = 1, .port = lost});
}

static void operate(struct wp_reader *in)
{
    uint8_t what = wp_get_u8(in), which = wp_get_u8(in);
    wp_port *p = &port[which % PORTS];
    struct wp_slice bytes;

    switch (what % 9) {
    case 0:
        if (!*p)
            *p = rig_connect(&r, which);
        break;
    case 1:
        if (*p)
            rig_close(&r, *p);
        *p = 0;
        break;
    case 2:
        bytes = wp_get_slice(in, wp_get_u8(in));
        if (*p && bytes.n)
            rig_bytes(&r, *p, bytes);
        break;
    case 3:
        bytes = wp_get_slice(in, wp_get_u16be(in) % 2048);
        if (r.broker)
            rig_message_with(&r, "ivy/v1/meters/000000000001/command/request", bytes, which & 0x80);
        break;
    case 4: rig_run(&r, r.now + WP_MS(1 << which % 20)); break;
    case 5:
        if (*p)
            reply_to_last(*p, wp_get_u8(in));
        break;
    case 6:
        if (*p)
            log_in(*p, which);
        break;
    case 7: lose_broker(); break;
    case 8: rig_run(&r, r.now + WP_SEC(60)); break;
    }
    rig_clear(&r);
    check_payload();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wp_reader in = wp_reader(wp_slice(data, size));

    memset(port, 0, sizeof port);
    r.next_south = size % 4 < 2 ? &fake_south_class : NULL;
    rig_start(&r, "meters.max_connections", "6", "dlt645.block_reads", size % 2 ? "true" : "false",
              "ivy.max_meters", "3", "ivy.max_pending", "4", "dlt645.max_commands", "4", "meters.rate_limit",
              size % 3 ? "false" : "true", "dlms.meters", size % 5 ? "" : "000000000001", NULL);
    r.show = 0;
    for (int i = 0; i < 200 && wp_left(&in) > 0; i++)
        operate(&in);
    rig_step(&r, (struct wp_event){.kind = WP_EV_STOP});
    rig_end(&r);
    return 0;
}
