#include "sim/world/live_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Nothing of what the parent does on a signal may happen in the child. */
static void forget_signals(void)
{
    sigset_t none;

    for (int s = 1; s < NSIG; s++)
        signal(s, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child, with all signals blocked. */
static void begin(void (*become)(const void *ctx, int log), const void *ctx, int log, pid_t parent)
{
    setpgid(0, 0);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
        _exit(126);
    forget_signals();
    become(ctx, log);
    _exit(127);
}

pid_t process_spawn(void (*become)(const void *ctx, int log), const void *ctx, int *ret_log)
{
    pid_t parent = getpid(), pid;
    sigset_t all, before;
    int fd[2], error;

    if (pipe2(fd, O_CLOEXEC) < 0)
        return -1;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid = fork();
    error = errno;
    if (pid == 0)
        begin(become, ctx, fd[1], parent);
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(fd[1]);
    if (pid < 0) {
        close(fd[0]);
        errno = error;
        return -1;
    }
    fcntl(fd[0], F_SETFL, O_NONBLOCK);
    *ret_log = fd[0];
    return pid;
}
