/* The device side of a capture fed to the reference gateway, at the capture's times in the virtual world, and what the
 * gateway makes of it: every publication, judged by the contracts, and what the devices could not say. */
#ifndef WP_THROUGH_H
#define WP_THROUGH_H

#include "harness/replay.h"

struct through {
    const char *path;
    const char *
        gateway; /* a file for `wattproof gateway`; NULL: the defaults, polling what the capture's gateway read */
    const char *golden; /* NULL: none */
    bool update;        /* write the golden instead of comparing */
    bool strict;        /* what the document does not know is a finding, too */
    FILE *text;         /* NULL: nowhere */
};

/* REPLAY_NOTHING: no connection of a device that the gateway has a south for. Otherwise as replay_file. */
enum replay_end through_gateway(const struct through *t, FILE *problems);

/* "x.pcap.through.expect", to be freed. */
char *through_golden_path(const char *capture);

#endif
