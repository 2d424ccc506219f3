#include "harness/program.h"
#include "harness/judge_blame.h"
#include "harness/home.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pcre2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_MAX = 1 << 20 };

/* Where Debian's packages put the modules of /usr/bin/python3. */
#define PYTHON_MODULES "/usr/lib/python3/dist-packages"

struct program {
    const struct scenario_client *client;
    pid_t pid;
    bool running, decided;
    int status;
    wp_us until;
    char output[512]; /* path of what it prints */
};

struct program *programs_new(size_t n)
{
    struct program *all = calloc(n ? n : 1, sizeof *all);

    if (!all)
        abort();
    return all;
}

struct program *program_at(struct program *all, size_t index)
{
    return &all[index];
}

static bool is_in_path(const char *name)
{
    const char *path = getenv("PATH");
    char full[600];

    while (path && *path) {
        size_t n = strcspn(path, ":");

        snprintf(full, sizeof full, "%.*s/%s", (int)n, path, name);
        if (access(full, X_OK) == 0)
            return true;
        path += n + (path[n] == ':');
    }
    return false;
}

static bool is_port_free(uint16_t port)
{
    const struct sockaddr_in own = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    bool is_free;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one); /* a connection that lingers is no holder */
    is_free = bind(fd, (const struct sockaddr *)&own, sizeof own) == 0 && listen(fd, 1) == 0;
    close(fd);
    return is_free;
}

/* WATTPROOF_NODE_MODULES, else where `check` installs them. */
static const char *node_modules(void)
{
    static char path[1100];
    const char *modules = getenv("WATTPROOF_NODE_MODULES");

    if (modules && *modules)
        return modules;
    snprintf(path, sizeof path, "%s/tests/interop/node_modules", home_dir());
    return path;
}

static bool is_file(const char *folder, const char *name, const char *suffix)
{
    char full[1400];

    snprintf(full, sizeof full, "%s/%s%s", folder, name, suffix);
    return access(full, F_OK) == 0;
}

static bool is_there(const char *need)
{
    if (strncmp(need, "port:", 5) == 0)
        return is_port_free((uint16_t)atoi(need + 5));
    if (strncmp(need, "npm:", 4) == 0)
        return is_file(node_modules(), need + 4, "");
    if (strncmp(need, "python3:", 8) == 0)
        return is_file(PYTHON_MODULES, need + 8, "") || is_file(PYTHON_MODULES, need + 8, ".py");
    return is_in_path(need);
}

const char *program_lacks(const struct scenario_client *client)
{
    const struct node *needs = node_get(client->node, "needs");
    const char *command = node_text(client->program->first, "");

    for (const struct node *n = needs ? needs->first : NULL; n; n = n->next)
        if (!is_there(node_text(n, "")))
            return node_text(n, "");
    return strchr(command, '/') || is_in_path(command) ? NULL : command;
}

/* In the child: never returns. A file of the programs' folder is found by its bare name. */
static void become(const struct program *p, const char *home, const char *dir,
                   const struct program_places *places)
{
    char *args[32], full[1024];
    int n = 0, out = open(p->output, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (out < 0 || chdir(dir) != 0)
        _exit(126);
    dup2(out, 1);
    dup2(out, 2);
    for (const struct node *a = p->client->program->first; a && n < 31; a = a->next) {
        snprintf(full, sizeof full, "%s/%s", home, node_text(a, ""));
        args[n] = strdup(n > 0 && access(full, R_OK) == 0 ? full : node_text(a, ""));
        n++;
    }
    args[n] = NULL;
    setenv("WATTPROOF_BROKER", places->broker, 1);
    setenv("WATTPROOF_BROKER_WS", places->broker_ws, 1);
    if (places->broker_tls) {
        setenv("WATTPROOF_BROKER_TLS", places->broker_tls, 1);
        setenv("WATTPROOF_CA", places->ca, 1);
    }
    if (places->vrm) {
        setenv("WATTPROOF_VRM", places->vrm, 1);
        setenv("WATTPROOF_VRM_CA", places->vrm_ca, 1);
    }
    if (places->bus)
        setenv("WATTPROOF_BUS", places->bus, 1);
    setenv("WATTPROOF_NODE_MODULES", node_modules(), 1);
    setenv("WATTPROOF_BIN", home_program(), 0);
    setenv("PYTHONUNBUFFERED", "1", 1);
    setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
    execvp(args[0], args);
    fprintf(stderr, "%s: %s\n", args[0], strerror(errno));
    _exit(127);
}

bool program_start(struct program *p, const struct scenario_client *client, const char *home, const char *dir,
                   const struct program_places *places, wp_us now, struct wp_writer *why)
{
    const struct node *expect = node_get(client->node, "expect");
    char own[400];

    snprintf(own, sizeof own, "%s/%s", dir, client->name);
    if (mkdir(own, 0700) != 0 && errno != EEXIST) {
        wp_put_text(why, own);
        wp_put_text(why, ": cannot be made");
        return false;
    }
    *p = (struct program){.client = client,
                          .until = now + node_duration_or(node_get(expect, "within"), WP_SEC(10))};
    snprintf(p->output, sizeof p->output, "%s/output.txt", own);
    p->pid = fork();
    if (p->pid == 0)
        become(p, home, own, places);
    p->running = p->pid > 0;
    if (!p->running)
        wp_put_text(why, "fork failed");
    return p->running;
}

/* Does some line of the output match? */
static bool line_matches(struct wp_slice output, const char *expression, bool *ret_bad)
{
    int error;
    PCRE2_SIZE at;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)expression, PCRE2_ZERO_TERMINATED,
                      PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_MULTILINE, &error, &at, NULL);
    pcre2_match_data *data;
    bool hit;

    *ret_bad = !code;
    if (!code)
        return false;
    data = pcre2_match_data_create_from_pattern(code, NULL);
    hit = pcre2_match(code, output.p ? output.p : (PCRE2_SPTR) "", output.n, 0, 0, data, NULL) >= 0;
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return hit;
}

static void decide(struct program *p, struct judge *judge, enum verdict verdict, wp_us now, const char *text)
{
    const struct node *proves = node_get(node_get(p->client->node, "expect"), "proves");
    struct finding *f = result_add(judge->result, verdict, "program", p->client->node->key_line, now, text);

    p->decided = true;
    judge->result->n_checks++;
    judge_blame(judge, f, proves, NULL);
    judge->failed = judge->failed || verdict >= VERDICT_FAIL;
}

/* NULL: all that is expected of its output is there; else the first expression that no line matches. */
static const char *missing_line(const struct program *p, struct arena *a)
{
    const struct node *lines = node_get(node_get(p->client->node, "expect"), "stdout");
    char why[200];
    struct wp_writer w = wp_writer(why, sizeof why);
    struct wp_slice output = lines ? file_read(a, p->output, &w) : (struct wp_slice){NULL, 0};

    for (const struct node *n = lines ? lines->first : NULL; n; n = n->next) {
        bool bad;

        if (!line_matches(output, node_text(n, ""), &bad))
            return node_text(n, "");
    }
    return NULL;
}

static void look(struct program *p, struct judge *judge, wp_us now, bool last)
{
    const struct node *expect = p->client ? node_get(p->client->node, "expect") : NULL;
    const struct node *exit_node = node_get(expect, "exit");
    struct arena a = {0};
    const char *missing;
    char text[1000];

    if (p->running && waitpid(p->pid, &p->status, WNOHANG) == p->pid)
        p->running = false;
    if (p->decided || !expect || p->pid == 0)
        return;
    missing = missing_line(p, &a);
    if (!p->running && exit_node &&
        (!WIFEXITED(p->status) || WEXITSTATUS(p->status) != atoi(node_text(exit_node, "0")))) {
        snprintf(text, sizeof text, "program %s ended with %s %d, expected exit %s; it printed: see %s",
                 p->client->name, WIFEXITED(p->status) ? "exit" : "signal",
                 WIFEXITED(p->status) ? WEXITSTATUS(p->status) : WTERMSIG(p->status),
                 node_text(exit_node, "0"), p->output);
        decide(p, judge, VERDICT_FAIL, now, text);
    } else if (!missing && (!exit_node || !p->running)) {
        snprintf(text, sizeof text, "program %s did what is expected", p->client->name);
        decide(p, judge, VERDICT_PASS, now, text);
    } else if (last || now >= p->until || (!p->running && missing)) {
        snprintf(text, sizeof text, "program %s: %s%s; it printed: see %s", p->client->name,
                 missing ? "no line of its output matches " : "still running", missing ? missing : "",
                 p->output);
        decide(p, judge, VERDICT_FAIL, now, text);
    }
    arena_free(&a);
}

void programs_look(struct program *all, size_t n, struct judge *judge, wp_us now)
{
    for (size_t i = 0; i < n; i++)
        look(&all[i], judge, now, false);
}

bool programs_are_waiting(const struct program *all, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (all[i].pid > 0 && !all[i].decided && node_get(all[i].client->node, "expect"))
            return true;
    return false;
}

void programs_finish(struct program *all, size_t n, struct judge *judge, wp_us now)
{
    for (size_t i = 0; i < n; i++) {
        look(&all[i], judge, now, !judge->failed);
        if (!all[i].running)
            continue;
        kill(all[i].pid, SIGKILL);
        waitpid(all[i].pid, &all[i].status, 0);
        all[i].running = false;
    }
}

void programs_free(struct program *all, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!all[i].running)
            continue;
        kill(all[i].pid, SIGKILL);
        waitpid(all[i].pid, NULL, 0);
    }
    free(all);
}
