/* Any bytes from datalogs, any commands, at any time: the LuxPower south stands, sends whole frames of its own, one request
 * at a time, and answers every command exactly once.
 *
 *     input: operations; a byte says which, another one what it is about
 *     0 a dial succeeds    1 a dial fails    2 a connection ends    3 bytes (length, bytes)    4 time passes
 *     5 a reply to what was sent last (how it differs)    6 a read    7 a write    8 a bit    9 an option changes
 *     10 a frame with a right checksum (length, bytes behind its head) */
#define RIG_WITHOUT_CHECK
#include "tests/fuzz/take.h"
#include "tests/south_lxp_rig.h"

enum { INVERTERS = 3 };

static struct rig r;
static wp_port port[INVERTERS]; /* 0: not connected */
static uint32_t tag, n_opened;

static void deliver(size_t to, struct wp_slice bytes)
{
    r.last_port = port[to];
    if (port[to] && bytes.n > 0)
        rig_bytes(&r, bytes);
}

static void open_one(size_t i)
{
    if (port[i])
        return;
    r.last_port = n_opened++;
    port[i] = rig_open(&r, RIG_IP + (uint32_t)i);
    if (r.hung_up[port[i] % RIG_PORTS]) /* it was not dialled */
        port[i] = 0;
}

static void close_one(size_t i)
{
    if (port[i])
        rig_close(&r, port[i]);
    port[i] = 0;
}

/* As what was sent last wants it, or nearly so. */
static void reply(size_t to, uint8_t how)
{
    uint8_t wire[LXP_FRAME_MAX];
    struct wp_writer w = wp_writer(wire, sizeof wire);
    struct lxp_frame f;

    if (lxp_decode(NULL, WP_SIDE_CLIENT, wp_slice(r.last_sent, r.n_last_sent), &f).status != WP_OK)
        return;
    r.head.protocol = how & 1 ? 1 : 5;
    if (how & 2)
        f.first++;
    if (how & 4)
        lxp_put_exception(&w, &r.head, f.device_function, f.first, 3);
    else if (f.shape == LXP_IS_READ_REQUEST)
        rig_put_block(&r, &w, f.device_function, f.first, how & 8 ? 3 : f.count);
    else if (f.shape == LXP_IS_WRITE_SINGLE)
        lxp_put_write(&w, &r.head, f.first, (uint16_t)(lxp_u16(f.values, 0) ^ (how & 8)));
    if (how & 16)
        w.n /= 2;
    deliver(to, wp_written(&w));
}

static void framed(size_t to, struct wp_slice body)
{
    uint8_t wire[LXP_AT_DATA + 300] = {0xA1, 0x1A, 2, 0, 0, 0, 1, LXP_DATA};
    size_t n = LXP_AT_DATA + body.n;

    memcpy(wire + 8, RIG_DATALOG, LXP_SERIAL);
    wire[4] = (uint8_t)(n - LXP_HEADER);
    wire[5] = (uint8_t)((n - LXP_HEADER) >> 8);
    wire[18] = (uint8_t)body.n;
    if (body.n > 0)
        memcpy(wire + LXP_AT_DATA, body.p, body.n);
    if (body.n > 12)
        memcpy(wire + 22, RIG_SERIAL, LXP_SERIAL);
    (void)lxp_repair(wire, n);
    deliver(to, wp_slice(wire, n));
}

static void command(uint8_t operation, uint8_t what, uint8_t value)
{
    static const char *const ids[] = {"hold 21",     "hold 65",    "hold 0/80", "input 0/40",
                                      "input 0/127", "hold 65535", "x"};
    static const char *const bits[] = {"hold 21.7", "hold 21.10", "hold 65.0", "hold 65.16"};

    tag++;
    if (operation == 6)
        rig_read(&r, tag, ids[what % 7]);
    else if (operation == 7)
        rig_write(&r, tag, ids[what % 7], value);
    else
        rig_switch(&r, tag, bits[what % 4], value & 1);
}

static void step(uint8_t operation, uint8_t what, struct wp_slice *in)
{
    size_t i = what % INVERTERS;

    switch (operation % 11) {
    case 0: open_one(i); break;
    case 1: rig_fail_dial(&r, RIG_IP + (uint32_t)i); break;
    case 2: close_one(i); break;
    case 3: deliver(i, take_bytes(in)); break;
    case 4: rig_run(&r, r.now + WP_MS(100) * what); break;
    case 5: reply(i, take(in)); break;
    case 9:
        rig_set(&r, what & 1 ? "lxp.heartbeats" : "lxp.accept_any_serial", what & 2 ? "true" : "false");
        break;
    case 10: framed(i, take_bytes(in)); break;
    default: command(operation % 11, what, take(in)); break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct wp_slice in = wp_slice(data, n);
    size_t n_answers = 0;

    memset(port, 0, sizeof port);
    tag = n_opened = 0;
    rig_start(&r, "lxp.more", "h1=5555555555:BA55555555@127.0.2.1*3", "lxp.publish_hold",
              n & 1 ? "on_change" : "always", NULL);
    while (in.n > 1) {
        uint8_t operation = take(&in), what = take(&in);

        step(operation, what, &in);
        for (size_t i = 0; i < INVERTERS; i++) /* hung up for its silence */
            if (port[i] && r.hung_up[port[i] % RIG_PORTS])
                port[i] = 0;
        n_answers += r.n_answers;
        rig_clear(&r);
    }
    for (size_t i = 0; i < INVERTERS; i++)
        close_one(i);
    n_answers += r.n_answers;
    assert(n_answers == tag);
    rig_end(&r);
    return 0;
}
