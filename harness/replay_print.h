/* Private to the printers of replay: lines of any length. */
#ifndef WP_REPLAY_PRINT_H
#define WP_REPLAY_PRINT_H

#include "harness/replay.h"

enum { REPLAY_ADDRS = 64, REPLAY_ADDR_TEXT = 56 };

/* An address as it was printed last in this place. */
struct replay_addr {
    struct packet_addr addr;
    uint16_t n; /* 0: none */
    char text[REPLAY_ADDR_TEXT];
};

struct replay_printer {
    struct replay_out out; /* first */
    struct replay_lines *lines;
    struct moment_cache clock;
    struct replay_addr addr[REPLAY_ADDRS];
    char *memory;
    size_t cap;
};

struct replay_printer *replay_printer_new(struct replay_lines *lines, const struct replay_out *out);
void replay_printer_free(struct replay_printer *p);

/* packet_put_addr: the same few addresses stand in line after line. */
void replay_put_addr(struct replay_printer *p, struct wp_writer *w, const struct packet_addr *addr);

/* `put` writes the line; it is called again with more room when it did not fit. */
void replay_print(struct replay_printer *p,
                  void (*put)(struct replay_printer *p, struct wp_writer *w, const void *what),
                  const void *what);

/* What the messages come to. */
void replay_print_judged(struct replay_printer *p, const struct judged *judged);
void replay_print_judged_json(struct replay_printer *p, const struct judged *judged);

#endif
