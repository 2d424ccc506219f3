#include "harness/reassembly_sent.h"

#include <stdio.h>
#include <stdlib.h>

enum { RING_BYTES = 256 * 1024, SEGMENT_MAX = RING_BYTES / 4 };

/* Before a segment's bytes. */
struct head {
    uint64_t before; /* the direction's segment before it, as `last` tells */
    int64_t at;
    uint64_t n;
};

struct reassembly_sent {
    uint64_t end; /* where the next head goes; counts all bytes that ever went in */
    uint8_t ring[RING_BYTES];
};

struct reassembly_sent *reassembly_sent_new(void)
{
    struct reassembly_sent *s = malloc(sizeof *s);

    if (!s) {
        fputs("wattproof: no memory for what was sent\n", stderr);
        abort();
    }
    s->end = 0;
    return s;
}

void reassembly_sent_free(struct reassembly_sent *s)
{
    free(s);
}

void reassembly_sent_put(struct reassembly_sent *s, uint64_t *last, int64_t at, struct wp_slice bytes)
{
    struct head head = {*last, at, bytes.n};
    size_t n = sizeof head + (bytes.n + 7) / 8 * 8, place = s->end % RING_BYTES;

    if (n > SEGMENT_MAX)
        return;
    if (place + n > RING_BYTES) { /* a segment stands in one piece */
        s->end += RING_BYTES - place;
        place = 0;
    }
    memcpy(s->ring + place, &head, sizeof head);
    memcpy(s->ring + place + sizeof head, bytes.p, bytes.n);
    *last = s->end + 1;
    s->end += n;
}

/* Nothing has been written over it yet. */
static bool is_there(const struct reassembly_sent *s, uint64_t last)
{
    return last > 0 && last - 1 + RING_BYTES >= s->end;
}

static uint64_t compare_one(const struct head *head, const uint8_t *sent, int64_t at, struct wp_slice bytes)
{
    int64_t from = at > head->at ? at : head->at;
    int64_t end = at + (int64_t)bytes.n, to = head->at + (int64_t)head->n;
    uint64_t differ = 0;

    for (int64_t i = from; i < (end < to ? end : to); i++)
        differ += bytes.p[i - at] != sent[i - head->at];
    return differ;
}

uint64_t reassembly_sent_compare(const struct reassembly_sent *s, uint64_t last, int64_t at,
                                 struct wp_slice bytes)
{
    uint64_t differ = 0;

    while (is_there(s, last)) { /* ends: each is older than the one before */
        const uint8_t *p = s->ring + (last - 1) % RING_BYTES;
        struct head head;

        memcpy(&head, p, sizeof head);
        differ += compare_one(&head, p + sizeof head, at, bytes);
        if (head.at <= at)
            break;
        last = head.before;
    }
    return differ;
}
