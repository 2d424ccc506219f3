/* Children of the live world: each in a process group of its own (a Ctrl-C in the terminal is ours to answer), and none
 * of them outlives us. */
#ifndef WP_LIVE_PROCESS_H
#define WP_LIVE_PROCESS_H

#include <sys/types.h>

/* Starts one.
 * become   in the child: arranges its files and calls exec; when it returns, the child ends. `log` is to be what it says
 *          things to. Async-signal-safe calls only, and snprintf.
 * ret_log  what it says; never blocks
 * -1: there is no child, errno says why */
pid_t process_spawn(void (*become)(const void *ctx, int log), const void *ctx, int *ret_log);

#endif
