/* What the tests of requests to one meter share: the meter 000000000001 on port 2, which is asked and answers. */
#ifndef GATEWAY_REQUESTS_H
#define GATEWAY_REQUESTS_H

#include "tests/gateway_rig.h"

enum { METER = 2 }; /* the meter's port */

static struct rig r;

static inline void begin(const char *name, const char *value)
{
    rig_start(&r, "polling.enabled", "false", name, value, NULL);
    rig_meter(&r, 1, "000000000001");
    r.show = RIG_SENDS | RIG_PARTS;
}

static inline void setup(void)
{
    begin(NULL, NULL);
}

static inline void teardown(void)
{
    rig_end(&r);
}

static inline void restart(const char *name, const char *value)
{
    rig_end(&r);
    begin(name, value);
}

static inline void ask(const char *id, const char *what)
{
    char text[1024];

    snprintf(text, sizeof text, "{\"requestId\":\"%s\",%s}", id, what);
    rig_request(&r, text);
}

#define READ_VOLTAGE "\"command\":\"read\",\"register\":\"voltageA\""
#define READ_ENERGY  "\"command\":\"read\",\"register\":\"totalActiveEnergy\""
#define READ_GROUP   "\"command\":\"readGroup\",\"group\":\"voltage\""

#define LIST_4  "\"voltageA\",\"voltageA\",\"voltageA\",\"voltageA\""
#define LIST_16 LIST_4 "," LIST_4 "," LIST_4 "," LIST_4
#define LIST_64 LIST_16 "," LIST_16 "," LIST_16 "," LIST_16

static inline void follow_reply(uint32_t di, const char *data, uint8_t seq, bool more)
{
    uint8_t wire[DLT645_FRAME_MAX], bytes[256];
    struct wp_writer w = wp_writer(wire, sizeof wire);
    struct dlt645_frame f;
    size_t n;

    ck_assert(wp_hex_read(wp_text(data), bytes, sizeof bytes, &n));
    dlt645_reply_follow(&f, 1, di, wp_slice(bytes, n), seq, more);
    dlt645_encode(&w, &f);
    rig_bytes(&r, METER, wp_written(&w));
}

static inline void done_reply(enum dlt645_function function)
{
    uint8_t wire[DLT645_FRAME_MAX];
    struct wp_writer w = wp_writer(wire, sizeof wire);
    struct dlt645_frame f;

    dlt645_reply_done(&f, 1, function);
    dlt645_encode(&w, &f);
    rig_bytes(&r, METER, wp_written(&w));
}

static inline void first_piece(uint32_t di, const char *data)
{
    uint8_t wire[DLT645_FRAME_MAX];

    rig_bytes(&r, METER, rig_reply(wire, 1, di, data, true));
}

static inline bool payload_has(const char *text)
{
    return strstr(r.last_payload, text) != NULL;
}

#endif
