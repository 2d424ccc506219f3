/* A run as capture files: the TCP connections of its transcript, devices' and broker sessions', packet by packet, and
 * its UDP datagrams; what goes over its message bus stands in a file beside (pcap_bus.h).
 *
 * Handshake at open, one segment and its acknowledgement at each receipt, FIN when a machine hangs up and RST when it
 * breaks off; a datagram stands where it is received, or where it was sent when nobody is known there; what a fault of
 * the line swallows never was on the wire. Raw IP, the machines' own addresses. Comments
 * begin with the scenario's name: the first packet after a step names the step, and the packet whose record decided a
 * check names the check, its verdict and its statements. */
#ifndef WP_PCAP_SYNTH_H
#define WP_PCAP_SYNTH_H

#include "sim/world/world.h"

struct pcap_synth;

/* bus_path: there only when messages go over a bus. NULL: the first file cannot be written, `why` says it. */
struct pcap_synth *pcap_synth_new(const char *path, const char *bus_path, const char *scenario,
                                  int64_t epoch_us, struct wp_writer *why);
struct wp_sink *pcap_synth_sink(struct pcap_synth *s);
/* Unix time is that world's from now on: a live one knows its own when it starts, and its first record follows at once. */
void pcap_synth_set_world(struct pcap_synth *s, const struct wp_world *world);
/* false: not everything could be written. */
bool pcap_synth_close(struct pcap_synth *s);

#endif
