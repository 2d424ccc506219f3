#include "harness/ending.h"
#include "harness/cmd.h"

#include <signal.h>
#include <unistd.h>

static struct wp_world *volatile running;
static volatile sig_atomic_t is_asked;

static void on_signal(int signal_number)
{
    (void)signal_number;
    if (is_asked)
        _exit(EXIT_INTERRUPTED);
    is_asked = 1;
    if (running)
        world_interrupt(running);
}

void ending_listen(void)
{
    static const int ends[] = {SIGTERM, SIGINT, SIGHUP};
    const struct sigaction action = {.sa_handler = on_signal};

    is_asked = 0;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        sigaction(ends[i], &action, NULL);
}

void ending_of(struct wp_world *world)
{
    running = world;
}

bool ending_is_asked(void)
{
    return is_asked;
}
