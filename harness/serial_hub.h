/* A serial line as an address: machines that know only connections meet what hangs on the line.
 *
 *     machine --TCP--> hub <--> /dev/ttyUSB0        listen: every connection hears the line, and speaks on it
 *     gateway <--TCP-- hub <--> /dev/ttyUSB0        dial: the line is a client of the gateway's listener
 *
 * The hub is a process of its own, so that the line is served whatever the loop does. It dies with its parent. */
#ifndef WP_SERIAL_HUB_H
#define WP_SERIAL_HUB_H

#include "harness/arena.h"
#include "sim/core/machine.h"

#include <sys/types.h>

/* "/dev/ttyUSB0,2400,8E1" */
struct serial_line {
    const char *path;
    unsigned baud, data_bits, stop_bits;
    char parity; /* N, E or O */
};

/* false: it is none, or the rate is none that a serial line has. */
bool serial_line_read(struct arena *a, const char *text, struct serial_line *out);

struct serial_hub {
    pid_t pid;           /* 0: there is none */
    struct wp_addr addr; /* listen: where it takes connections */
};

/* false: `why` has the sentence. */
bool serial_hub_listen(struct serial_hub *hub, const struct serial_line *line, struct wp_writer *why);
/* Dials `to`, again and again while nobody answers. */
bool serial_hub_dial(struct serial_hub *hub, const struct serial_line *line, struct wp_addr to,
                     struct wp_writer *why);
void serial_hub_close(struct serial_hub *hub);

#endif
