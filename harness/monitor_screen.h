/* What monitor shows: a status line on a terminal, news as they come, the conclusion. */
#ifndef WP_MONITOR_SCREEN_H
#define WP_MONITOR_SCREEN_H

#include "harness/monitor.h"
#include "harness/terminal.h"

struct monitor_screen {
    struct terminal terminal;
    const struct monitor_setup *setup;
    const struct monitor_counts *counts;
    char url[300];
    wp_us last_at; /* of the status line */
    uint64_t last_messages;
};

void monitor_screen_init(struct monitor_screen *s, const struct monitor_setup *setup,
                         const struct monitor_counts *counts);
/* The status line, where there is one; often called, drawn now and then. */
void monitor_screen_status(struct monitor_screen *s, wp_us now);
/* "12.345 s fail IVY-033 topic: sentence"; id NULL: a remark. */
void monitor_screen_news(struct monitor_screen *s, wp_us at, const char *id, const char *sentence);
/* "12.345 s connection lost" and the like. */
void monitor_screen_say(struct monitor_screen *s, wp_us at, const char *sentence);
/* Everything that was decided, an API after the other. */
void monitor_screen_end(struct monitor_screen *s, const struct scenario_result *result);

#endif
