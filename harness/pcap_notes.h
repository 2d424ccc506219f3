/* What the packets of a run's capture say in their comments: the step before them, and the checks that they decided.
 *
 * A check is decided after its packet was written, sometimes seconds later, sometimes before (a publish is judged when
 * it is sent and seen on the wire when it arrives). So packets wait in memory, and records and packets are brought
 * together by the number of the record. */
#ifndef WP_PCAP_NOTES_H
#define WP_PCAP_NOTES_H

#include "harness/pcapng.h"
#include "sim/core/transcript.h"

enum { PCAP_COMMENT_BYTES = 512 };

struct pcap_notes;

/* For a file to which nothing has been written yet; both outlive the notes. */
struct pcap_notes *pcap_notes_new(struct pcapng *file, const char *scenario);
void pcap_notes_free(struct pcap_notes *n);

/* A STEP: the next packet says so. */
void pcap_notes_step(struct pcap_notes *n, const struct wp_record *step);
/* The comment of the packet that is written now; NULL: none. */
const char *pcap_notes_take(struct pcap_notes *n, char memory[PCAP_COMMENT_BYTES]);

/* This packet carries that record. */
void pcap_notes_place(struct pcap_notes *n, uint64_t record, uint64_t packet);
/* A CHECK: the packet that carries the record by which it was decided says so, now or when it is there. */
void pcap_notes_check(struct pcap_notes *n, const struct wp_record *check);

#endif
