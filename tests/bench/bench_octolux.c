/* An inverter's reply of 40 registers through the whole reference gateway: its octets go in as WP_EV_BYTES, the message
 * comes out as WP_PUBLISH and is acknowledged. Beside it the codec's functions alone, what cJSON takes to build and print
 * the same object from numbers that are decoded already, and what it takes to print one that stands. One inverter, whose
 * frames differ in their first registers. The contestants take turns in one run; the least of each is printed. */
#include "sim/codec/lxp.h"
#include "sim/codec/lxp_input.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/north_octolux.h"
#include "sim/gateway/south_lxp.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 25, PASSES = 10000, FRAMES = 16, TARGET_NS = 600, INVERTER_PORT = 1, BROKER_PORT = 2 };

static const struct wp_class *const souths[] = {&south_lxp_class}, *const norths[] = {&north_octolux_class};
static const struct wp_parts parts = {souths, 1, norths, 1};
static uint8_t reply[LXP_SETS][FRAMES][LXP_FRAME_MAX];
static size_t n_reply;
static uint8_t payload[2][LXP_INPUT_JSON_MAX]; /* of the gateway, of the codec alone */
static struct wp_slice published, printed;
static cJSON *standing[LXP_SETS];
static unsigned set; /* whose reply it is */
static void *gateway;
static uint64_t n_published;

static double nanoseconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return 1e9 * (double)ts.tv_sec + (double)ts.tv_nsec;
}

/* An inverter on a sunny day; numbers of the usual lengths. */
static void make(uint8_t *out, unsigned of_set, unsigned i)
{
    const struct lxp_head head = {
        .protocol = 2, .address = 1, .datalog = "BA55555555", .inverter = "5555555555"};
    struct wp_writer w = wp_writer(out, LXP_FRAME_MAX);
    uint8_t values[2 * LXP_SET_REGISTERS];

    for (unsigned k = 0; k < LXP_SET_REGISTERS; k++) {
        unsigned value = k % 3 == 0 ? 32 : k % 3 == 1 ? 2473 + i : 550;

        values[2 * k] = (uint8_t)value;
        values[2 * k + 1] = (uint8_t)(value >> 8);
    }
    lxp_put_read_reply(&w, &head, LXP_READ_INPUT, (uint16_t)((of_set - 1) * LXP_SET_REGISTERS),
                       wp_slice(values, sizeof values));
    assert(!w.full);
    n_reply = w.n;
}

/* ---- the gateway ------------------------------------------------------------------------------------ */

static uint32_t tag;

static void take(struct wp_outbox *outbox, const struct wp_effect *e)
{
    (void)outbox;
    if (e->kind != WP_PUBLISH)
        return;
    assert(e->publish.payload.n <= sizeof payload[0]);
    memcpy(payload[0], e->publish.payload.p, e->publish.payload.n);
    published = wp_slice(payload[0], e->publish.payload.n);
    tag = e->publish.tag;
    n_published++;
}

static struct wp_outbox outbox = {take};

static void step(struct wp_event e)
{
    e.now = WP_SEC(1);
    wp_gateway_class.step(gateway, &e, &outbox);
}

static struct wp_option_value option(const char *name, const char *value)
{
    struct wp_option_value v = {
        .option = wp_option_find(wp_gateway_class.options, wp_gateway_class.n_options, wp_text(name))};
    bool good = v.option && wp_option_read(v.option, wp_text(value), &v.value, NULL);

    assert(good);
    return v;
}

static void open_gateway(void)
{
    static struct wp_endpoint endpoints[2];
    static struct wp_option_value given[3];
    static struct wp_setup setup = {.name = "gateway",
                                    .given = given,
                                    .n_given = 3,
                                    .endpoints = endpoints,
                                    .n_endpoints = 2,
                                    .parts = &parts};

    endpoints[0] = south_lxp_class.endpoints[0];
    endpoints[1] = north_octolux_class.endpoints[0];
    given[0] = option("lxp.host", "127.0.2.1");
    given[1] = option("lxp.serial", "5555555555");
    given[2] = option("lxp.datalog", "BA55555555");
    gateway = calloc(1, wp_gateway_class.size(&setup));
    assert(gateway);
    wp_gateway_class.init(&setup, gateway);
    step((struct wp_event){.kind = WP_EV_START});
    step((struct wp_event){.kind = WP_EV_OPEN, .endpoint = 1, .port = BROKER_PORT});
    step((struct wp_event){
        .kind = WP_EV_OPEN, .endpoint = 0, .port = INVERTER_PORT, .open.peer = {0x7F000201, 8000}});
}

/* ---- the contestants -------------------------------------------------------------------------------- */

static void through_gateway(unsigned i)
{
    step((struct wp_event){.kind = WP_EV_BYTES,
                           .endpoint = 0,
                           .port = INVERTER_PORT,
                           .bytes = wp_slice(reply[set - 1][i % FRAMES], n_reply)});
    step((struct wp_event){
        .kind = WP_EV_ACKED, .endpoint = 1, .port = BROKER_PORT, .acked = {.tag = tag, .ok = true}});
}

static void through_codec(unsigned i)
{
    struct wp_point points[LXP_INPUT_POINTS_MAX];
    struct wp_writer w = wp_writer(payload[1], sizeof payload[1]);
    struct lxp_frame frame;
    struct wp_decode d =
        lxp_decode(NULL, WP_SIDE_SERVER, wp_slice(reply[set - 1][i % FRAMES], n_reply), &frame);

    assert(d.status == WP_OK);
    lxp_input_points(frame.first, frame.values, (struct lxp_input_options){0}, points);
    lxp_input_json(&w, set, points);
    printed = wp_written(&w);
}

/* Keys and numbers of the object that stands, in another one. */
static void build_and_print(unsigned i)
{
    static char text[LXP_INPUT_JSON_MAX];
    cJSON *object = cJSON_CreateObject();
    bool good;

    (void)i;
    for (const cJSON *item = standing[set - 1]->child; item; item = item->next)
        cJSON_AddNumberToObject(object, item->string, item->valuedouble);
    good = cJSON_PrintPreallocated(object, text, sizeof text, false);
    assert(good);
    cJSON_Delete(object);
}

static void print_only(unsigned i)
{
    static char text[LXP_INPUT_JSON_MAX];
    bool good = cJSON_PrintPreallocated(standing[set - 1], text, sizeof text, false);

    (void)i;
    assert(good);
}

static const struct {
    const char *name;
    void (*run)(unsigned i);
} contestant[] = {
    {"gateway", through_gateway},
    {"codec", through_codec},
    {"cjson_build_and_print", build_and_print},
    {"cjson_print", print_only},
};

enum { CONTESTANTS = sizeof contestant / sizeof contestant[0], BUILT = 2 };

/* What the gateway publishes of a frame, the codec says, too; and it is what cJSON is given. */
static void prepare(void)
{
    for (unsigned i = 0; i < FRAMES; i++)
        make(reply[set - 1][i], set, i);
    through_gateway(1);
    through_codec(1);
    assert(wp_slice_eq(published, printed));
    standing[set - 1] = cJSON_ParseWithLength((const char *)published.p, published.n);
    assert(standing[set - 1]);
    assert((size_t)cJSON_GetArraySize(standing[set - 1]) == lxp_input_keys(set));
}

static void race(void)
{
    double least[CONTESTANTS];

    for (int round = 0; round < ROUNDS; round++)
        for (size_t c = 0; c < CONTESTANTS; c++) {
            double start = nanoseconds(), took;

            for (unsigned i = 0; i < PASSES; i++)
                contestant[c].run(i);
            took = (nanoseconds() - start) / PASSES;
            least[c] = round == 0 || took < least[c] ? took : least[c];
        }
    for (size_t c = 0; c < CONTESTANTS; c++)
        printf(
            "octolux.%-22s %6.0f ns for set %u, %zu keys, %zu octets; %.2f of building and printing it with "
            "cJSON\n",
            contestant[c].name, least[c], set, lxp_input_keys(set), published.n, least[c] / least[BUILT]);
}

int main(void)
{
    uint64_t before;

    open_gateway();
    for (set = 1; set <= LXP_SETS; set++) {
        prepare();
        before = n_published;
        race();
        assert(n_published - before == (uint64_t)ROUNDS * PASSES);
        cJSON_Delete(standing[set - 1]);
    }
    printf("octolux.target         %6d ns for each frame of set 1\n", TARGET_NS);
    free(gateway);
    return 0;
}
