/* The broker sessions of a run in its capture: WIRE records become TCP segments, and each PUBLISH packet is brought
 * together with its PUBLISH or DELIVER record, so that checks find it. */
#ifndef WP_PCAP_BROKER_H
#define WP_PCAP_BROKER_H

#include "harness/pcap_notes.h"

struct pcap_broker;

/* Both outlive it. */
struct pcap_broker *pcap_broker_new(struct pcapng *file, uint32_t interface, struct pcap_notes *notes);
/* Connections that are still open end here. */
void pcap_broker_free(struct pcap_broker *b);

/* WIRE. time_ns: Unix time. */
void pcap_broker_wire(struct pcap_broker *b, const struct wp_record *r, int64_t time_ns);
/* PUBLISH or DELIVER: its packet has been written, or is still to come. */
void pcap_broker_message(struct pcap_broker *b, const struct wp_record *r);

#endif
