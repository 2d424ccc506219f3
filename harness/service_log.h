/* The service's log: one line each on standard error, with the time.
 *
 *     2024-01-15T12:00:00.123Z warning gateway broker-lost: mqtt.example:1883
 *     2024-01-15T12:00:01.004Z info    gateway meter 000000000001 is online from 127.0.2.1
 *
 * Its lines are made from the records of the world: notes, who comes and goes; at `debug` commands, connections and
 * broker sessions too. Of one kind of note at most 10 lines are written in a second; the next one says how many there
 * were besides. */
#ifndef WP_SERVICE_LOG_H
#define WP_SERVICE_LOG_H

#include "harness/service_config.h"
#include "sim/core/transcript.h"

enum { SERVICE_LOG_WORDS = 64 };

struct service_log {
    struct wp_sink sink; /* first */
    int fd;
    enum service_level level;
    const char
        *broker_host; /* said with notes of the broker that say nothing themselves; NULL: our own one */
    uint16_t broker_port;
    struct service_word {
        const char *what;
        int64_t second;
        unsigned lines, left_out;
    } words[SERVICE_LOG_WORDS];
    size_t n_words;
};

void service_log_open(struct service_log *l, int fd, enum service_level level);
void service_log_line(struct service_log *l, enum service_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
