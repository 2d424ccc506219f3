#include "harness/sut_process.h"
#include "harness/home.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pcre2.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PORT_FIRST = 20000, PORT_COUNT = 12000, PORTS_EACH = 7, PORTS_TRIED = 500 };

enum { ARGS_MAX = 32, LOOK_MS = 10, KILL_WAIT_S = 2, LAST_LINE_MAX = 200 };

/* ---- the command ------------------------------------------------------------------------------------ */

static const struct {
    const char *name, *variable;
    size_t offset;
} place_names[] = {
    {"wattproof", "WATTPROOF_BIN", offsetof(struct sut_places, wattproof)},
    {"config", "WATTPROOF_SUT_CONFIG", offsetof(struct sut_places, config)},
    {"south", "WATTPROOF_SUT_SOUTH", offsetof(struct sut_places, south)},
    {"device", "WATTPROOF_SUT_DEVICE", offsetof(struct sut_places, device)},
    {"serial", "WATTPROOF_SUT_SERIAL", offsetof(struct sut_places, serial)},
    {"datalog", "WATTPROOF_SUT_DATALOG", offsetof(struct sut_places, datalog)},
    {"broker", "WATTPROOF_BROKER", offsetof(struct sut_places, broker)},
    {"broker_ws", "WATTPROOF_BROKER_WS", offsetof(struct sut_places, broker_ws)},
    {"bus", "WATTPROOF_BUS", offsetof(struct sut_places, bus)},
    {"port", "WATTPROOF_SUT_PORT", offsetof(struct sut_places, port)},
    {"dir", "WATTPROOF_SUT_DIR", offsetof(struct sut_places, dir)},
};

enum { N_PLACES = sizeof place_names / sizeof place_names[0] };

static const char *place(const struct sut_places *p, size_t i)
{
    return *(const char *const *)(const void *)((const char *)p + place_names[i].offset);
}

/* "--south={south}" -> "--south=127.0.0.1:8899"; what has no place here stays. */
static const char *filled(struct arena *a, const struct sut_places *p, const char *text)
{
    for (size_t i = 0; i < N_PLACES; i++) {
        const char *mark = arena_print(a, "{%s}", place_names[i].name), *value = place(p, i), *at;

        for (size_t from = 0; value && (at = strstr(text + from, mark)) != NULL;) {
            from = (size_t)(at - text) + strlen(value);
            text = arena_print(a, "%.*s%s%s", (int)(at - text), text, value, at + strlen(mark));
        }
    }
    return text;
}

/* "wattproof" is this very program; a path is from the descriptor's folder; a bare name is of PATH. */
static const char *program_of(struct arena *a, const struct sut *sut, const char *word)
{
    if (strcmp(word, "wattproof") == 0)
        return home_program();
    if (*word == '/' || !strchr(word, '/'))
        return word;
    return arena_print(a, "%s/%s", sut->folder, word);
}

/* In the child: never returns. */
static void become(const struct sut_process *p, const struct node *command)
{
    struct arena a = {0};
    const char *args[ARGS_MAX + 1] = {NULL};
    size_t n = 0;
    int out = open(*p->output ? p->output : "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0600);
    int in = open("/dev/null", O_RDONLY);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    if (out < 0 || in < 0)
        _exit(126);
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    for (const struct node *word = command->first; word && n < ARGS_MAX; word = word->next)
        args[n++] = filled(&a, &p->places, node_text(word, ""));
    args[0] = program_of(&a, p->sut, args[0]);
    for (size_t i = 0; i < N_PLACES; i++)
        if (place(&p->places, i))
            setenv(place_names[i].variable, place(&p->places, i), 1);
    if (p->places.bus) { /* whichever of the two its library looks for */
        setenv("DBUS_SYSTEM_BUS_ADDRESS", p->places.bus, 1);
        setenv("DBUS_SESSION_BUS_ADDRESS", p->places.bus, 1);
    }
    for (const struct node *e = p->sut->start.environment ? p->sut->start.environment->first : NULL; e;
         e = e->next)
        setenv(e->key, filled(&a, &p->places, node_text(e, "")), 1);
    execvp(args[0], (char *const *)(uintptr_t)args);
    fprintf(stderr, "%s: %s\n", args[0], strerror(errno));
    _exit(127);
}

static pid_t spawn(const struct sut_process *p, const struct node *command)
{
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        become(p, command);
    }
    if (pid > 0)
        setpgid(pid, pid); /* whichever of the two is first */
    return pid;
}

bool sut_process_start(struct sut_process *p, struct wp_writer *why)
{
    p->pid = spawn(p, p->sut->start.command);
    if (p->pid > 0)
        return true;
    p->pid = 0;
    wp_put_text(why, "the SUT cannot be started: fork failed");
    return false;
}

/* ---- the end ---------------------------------------------------------------------------------------- */

bool sut_process_has_ended(struct sut_process *p)
{
    pid_t pid = p->pid;

    if (pid > 0 && waitpid(pid, &p->status, WNOHANG) == pid) {
        p->pid = 0;
        kill(-pid, SIGKILL); /* what it has started and left behind */
    }
    return p->pid == 0;
}

void sut_process_ask(struct sut_process *p, bool hard)
{
    pid_t helper;

    if (p->pid <= 0)
        return;
    if (!hard && p->sut->stop_command) {
        helper = spawn(p, p->sut->stop_command);
        if (helper > 0)
            waitpid(helper, NULL, 0);
        return;
    }
    kill(-p->pid, hard ? SIGKILL : SIGTERM);
}

/* The kernel tells when it ends (pidfd_open, Linux 5.3); of one that is not ours only the time is waited for. */
void sut_process_wait(const struct sut_process *p, int ms)
{
    struct pollfd end = {.fd = p->pid > 0 ? (int)syscall(SYS_pidfd_open, p->pid, 0) : -1, .events = POLLIN};

    poll(&end, 1, ms);
    if (end.fd >= 0)
        close(end.fd);
}

static bool wait_for_end(struct sut_process *p, wp_us limit)
{
    if (!sut_process_has_ended(p))
        sut_process_wait(p, (int)(limit / 1000));
    return sut_process_has_ended(p);
}

void sut_process_stop(struct sut_process *p, bool hard)
{
    if (sut_process_has_ended(p))
        return;
    sut_process_ask(p, hard);
    if (wait_for_end(p, p->sut->stop_within))
        return;
    sut_process_ask(p, true);
    wait_for_end(p, WP_SEC(KILL_WAIT_S));
}

/* ---- what it says ----------------------------------------------------------------------------------- */

static struct wp_slice output_of(const struct sut_process *p, struct arena *a)
{
    char ignored[300];
    struct wp_writer why = wp_writer(ignored, sizeof ignored);

    return *p->output ? file_read(a, p->output, &why) : (struct wp_slice){NULL, 0};
}

bool sut_process_has_said(const struct sut_process *p, const char *expression)
{
    struct arena a = {0};
    struct wp_slice output = output_of(p, &a);
    int error;
    PCRE2_SIZE at;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)expression, PCRE2_ZERO_TERMINATED,
                      PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_MULTILINE, &error, &at, NULL);
    pcre2_match_data *data = code ? pcre2_match_data_create_from_pattern(code, NULL) : NULL;
    bool said = data && output.p && pcre2_match(code, output.p, output.n, 0, 0, data, NULL) >= 0;

    pcre2_match_data_free(data);
    pcre2_code_free(code);
    arena_free(&a);
    return said;
}

/* The last line that is not empty. */
static struct wp_slice last_line(struct wp_slice text)
{
    size_t start;

    while (text.n > 0 && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r'))
        text.n--;
    for (start = text.n; start > 0 && text.p[start - 1] != '\n';)
        start--;
    text = wp_slice_from(text, start);
    return wp_slice(text.p, text.n > LAST_LINE_MAX ? LAST_LINE_MAX : text.n);
}

void sut_process_put_end(const struct sut_process *p, struct wp_writer *w)
{
    struct arena a = {0};
    struct wp_slice output = output_of(p, &a);

    wp_put_text(w, WIFEXITED(p->status) ? "exit " : "signal ");
    wp_put_uint(w, (uint64_t)(WIFEXITED(p->status) ? WEXITSTATUS(p->status) : WTERMSIG(p->status)));
    if (output.n > 0) {
        wp_put_text(w, "; its last line: ");
        wp_put_slice(w, last_line(output));
    }
    arena_free(&a);
}

/* ---- ports ------------------------------------------------------------------------------------------ */

static struct sockaddr_in socket_address(struct wp_addr addr)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(addr.port)};

    a.sin_addr.s_addr = htonl(addr.ip);
    return a;
}

static bool is_free(struct wp_addr addr)
{
    struct sockaddr_in a = socket_address(addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0;

    if (fd >= 0)
        close(fd);
    return good;
}

/* Below those that the system gives to whoever asks for none, and not where another worker begins to look. */
uint16_t sut_free_port(uint32_t ip)
{
    static unsigned asked; /* none is found twice, not even one that nobody has opened yet */
    unsigned first = (unsigned)getpid() * PORTS_EACH;

    for (unsigned i = 0; i < PORTS_TRIED; i++) {
        uint16_t port = (uint16_t)(PORT_FIRST + (first + asked++) % PORT_COUNT);

        if (is_free((struct wp_addr){ip, port}))
            return port;
    }
    return 0;
}

bool sut_takes_connections(struct wp_addr addr)
{
    struct sockaddr_in a = socket_address(addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error = 0;
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    socklen_t n = sizeof error;
    bool good;

    if (fd < 0)
        return false;
    good = connect(fd, (struct sockaddr *)&a, sizeof a) == 0 || errno == EINPROGRESS;
    good = good && poll(&wait, 1, LOOK_MS) == 1 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 &&
           error == 0;
    close(fd);
    return good;
}
