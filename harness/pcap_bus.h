/* The messages of a run's message bus as a capture of their own, for a file has one link type: D-Bus messages, each once
 * and as the bus carried it, with SENDER.
 *
 * A message stands where its sender sent it, one of the bus itself or of a stranger where the first of our machines got
 * it; what strangers tell each other, or ask of the bus, nobody sees. Comments as in pcap_synth.h. */
#ifndef WP_PCAP_BUS_H
#define WP_PCAP_BUS_H

#include "sim/core/transcript.h"

struct pcap_bus;

/* The file is there once there is a message; one that was there before goes. */
struct pcap_bus *pcap_bus_new(const char *path, const char *scenario);
/* Each record of the run. time_ns: Unix time. */
void pcap_bus_take(struct pcap_bus *b, const struct wp_record *r, int64_t time_ns);
/* false: not everything could be written, or the file could not be made. */
bool pcap_bus_close(struct pcap_bus *b);

#endif
