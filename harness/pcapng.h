/* A pcapng file, written block by block (libpcap writes only classic pcap).
 *
 *     section header | interface description, one for each interface | enhanced packet, ...
 *
 * Timestamps in nanoseconds, everything in the byte order of this machine. source: draft-ietf-opsawg-pcapng, 4.1-4.3 */
#ifndef WP_PCAPNG_H
#define WP_PCAPNG_H

#include "sim/core/bytes.h"

#include <stdio.h>

/* Link types of the file format. */
enum { PCAPNG_ETHERNET = 1, PCAPNG_RAW_IP = 101, PCAPNG_DBUS = 231 };

struct pcapng;

/* A new file. NULL: it cannot be written, `why` says it. */
struct pcapng *pcapng_new(const char *path, const char *application, struct wp_writer *why);

/* The same into an open file, which pcapng_close closes. */
struct pcapng *pcapng_to(FILE *file, const char *application);

/* The number of a new interface, from 0. Files that libpcap is to read have one link type. */
uint32_t pcapng_interface(struct pcapng *f, uint16_t link, const char *name);

/* `time_ns` is Unix time; `comment` is UTF-8 or NULL. The packet's number, from 1. */
uint64_t pcapng_packet(struct pcapng *f, uint32_t interface, int64_t time_ns, struct wp_slice bytes,
                       const char *comment);

/* From now on the last packets wait in memory, up to so many bytes, because more may have to be said about them. */
void pcapng_hold(struct pcapng *f, size_t bytes);
/* Adds to the comment of a packet that waits, as a line of its own. false: it is in the file already. */
bool pcapng_comment(struct pcapng *f, uint64_t packet, const char *comment);

/* One that was `n_wire` bytes long and is not here whole. */
void pcapng_cut_packet(struct pcapng *f, uint32_t interface, int64_t time_ns, struct wp_slice bytes,
                       size_t n_wire, const char *comment);

/* false: not everything could be written. */
bool pcapng_close(struct pcapng *f);

#endif
