/* Any topic and payload, published or delivered: held against the contracts without a crash, and each finding has a
 * packet. The input: a byte of how, the topic up to a zero byte, the payload. */
#include "harness/home.h"
#include "harness/replay_judge.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Most topics that are made up are nobody's: half of the inputs get one that is the gateway's. */
static struct wp_slice topic_of(uint8_t how, struct wp_slice made_up)
{
    static const char *const topics[] = {
        "ivy/v1/meters/000000000001/telemetry",
        "ivy/v1/meters/000000000001/status",
        "ivy/v1/meters/000000000001/events",
        "ivy/v1/meters/000000000001/command/response",
        "ivy/v1/meters/000000000001/command/request",
        "ivy/v1/gateway/status",
        "ivy/v1/gateway/stats",
        "ivy/v1/else",
    };

    return how & 0x80 ? wp_text(topics[how & 7]) : made_up;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct judge_contracts *contracts;
    struct replay_judge *judge;
    struct judge_talk talk = {.key = 1};
    const struct judged *judged;
    char text[500];
    struct wp_writer why = wp_writer(text, sizeof text);
    const uint8_t *zero = size > 1 ? memchr(data + 1, 0, size - 1) : NULL;
    size_t n = zero ? (size_t)(zero - data) - 1 : 0;
    struct wp_carried m = {0};

    if (!zero)
        return 0;
    if (!contracts)
        contracts = judge_contracts_new(home_dir());
    judge = replay_judge_new(contracts, NULL);
    m.topic = topic_of(data[0], wp_slice(data + 1, n));
    m.payload = wp_slice(zero + 1, size - n - 2);
    m.qos = data[0] >> 3 & 1;
    m.retain = data[0] & 0x10;
    m.alias = data[0] >> 5 & 1;
    for (uint64_t i = 0; i < 2; i++)
        replay_judge_take(judge, &talk, (unsigned)i, i ? WP_SIDE_SERVER : WP_SIDE_CLIENT, &m,
                          &(struct moment){(int64_t)i, i + 1}, 0);
    judged = replay_judge_finish(judge, &why);
    assert(why.n == 0);
    for (const struct judged_place *p = judged ? judged->places : NULL; p; p = p->next) {
        assert(p->n_packets > 0);
        assert(p->times >= p->n_packets);
    }
    judge_talk_free(&talk);
    replay_judge_free(judge);
    return 0;
}
