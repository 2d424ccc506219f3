#include "harness/pcap_notes.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    HELD_BYTES = 8 << 20, /* of packets to which a check may still come */
    PLACES = 1 << 15,     /* records whose packet is known; a later one takes the place of an earlier one */
    WAITING_MAX = 32,     /* checks whose packet has not been seen yet */
};

struct place {
    uint64_t record, packet;
};

struct waiting {
    uint64_t record; /* 0: free */
    char comment[PCAP_COMMENT_BYTES];
};

struct pcap_notes {
    struct pcapng *file;
    const char *scenario;
    char step[PCAP_COMMENT_BYTES]; /* of the next packet; empty: none */
    struct place place[PLACES];
    struct waiting waiting[WAITING_MAX];
    size_t next_waiting;
};

struct pcap_notes *pcap_notes_new(struct pcapng *file, const char *scenario)
{
    struct pcap_notes *n = calloc(1, sizeof *n);

    if (!n) {
        fputs("wattproof: no memory for the comments of a capture\n", stderr);
        abort();
    }
    n->file = file;
    n->scenario = scenario;
    pcapng_hold(file, HELD_BYTES);
    return n;
}

void pcap_notes_free(struct pcap_notes *n)
{
    free(n);
}

static struct wp_writer begin(const struct pcap_notes *n, char memory[PCAP_COMMENT_BYTES])
{
    struct wp_writer w = wp_writer(memory, PCAP_COMMENT_BYTES);

    wp_put_text(&w, n->scenario);
    wp_put_text(&w, ": ");
    return w;
}

/* ---- steps ------------------------------------------------------------------------------------------ */

void pcap_notes_step(struct pcap_notes *n, const struct wp_record *step)
{
    struct wp_writer w = begin(n, n->step);

    wp_put_text(&w, "step ");
    wp_put_int(&w, step->note.count);
    wp_put_char(&w, ' ');
    wp_put_text(&w, step->note.what);
    if (step->note.text.n > 0) {
        wp_put_char(&w, ' ');
        wp_put_slice(&w, step->note.text);
    }
    wp_put_end(&w);
}

const char *pcap_notes_take(struct pcap_notes *n, char memory[PCAP_COMMENT_BYTES])
{
    if (!n->step[0])
        return NULL;
    memcpy(memory, n->step, PCAP_COMMENT_BYTES);
    n->step[0] = 0;
    return memory;
}

/* ---- checks ----------------------------------------------------------------------------------------- */

void pcap_notes_place(struct pcap_notes *n, uint64_t record, uint64_t packet)
{
    n->place[record % PLACES] = (struct place){record, packet};
    for (size_t i = 0; i < WAITING_MAX; i++) {
        if (n->waiting[i].record != record)
            continue;
        pcapng_comment(n->file, packet, n->waiting[i].comment);
        n->waiting[i].record = 0;
    }
}

void pcap_notes_check(struct pcap_notes *n, const struct wp_record *check)
{
    const struct place *place = &n->place[check->check.by % PLACES];
    char comment[PCAP_COMMENT_BYTES];
    struct wp_writer w = begin(n, comment);

    if (check->check.by == 0)
        return;
    wp_put_slice(&w, check->check.title);
    wp_put_end(&w);
    if (place->record == check->check.by) {
        pcapng_comment(n->file, place->packet, comment);
        return;
    }
    n->waiting[n->next_waiting].record = check->check.by;
    memcpy(n->waiting[n->next_waiting].comment, comment, sizeof comment);
    n->next_waiting = (n->next_waiting + 1) % WAITING_MAX;
}
