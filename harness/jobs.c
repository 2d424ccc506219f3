#include "harness/jobs.h"
#include "harness/home.h"
#include "harness/result_file.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A live play may take its limit, the slack and the time to start and end a broker. */
#define OVERTIME_US ((int64_t)30 * 1000000)

static volatile sig_atomic_t interrupted;

static void on_signal(int signal_number)
{
    interrupted = signal_number;
}

static void on_alarm(int signal_number)
{
    (void)signal_number;
}

static int64_t clock_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void job_dir_name(char *out, size_t cap, const char *name)
{
    size_t n = 0;

    for (; *name && n + 4 < cap; name++) {
        bool plain = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
                     (*name >= '0' && *name <= '9') || strchr(".-_=[]", *name);

        if (plain)
            out[n++] = *name;
        else
            n += (size_t)snprintf(out + n, cap - n, "%%%02X", (unsigned char)*name);
    }
    out[n] = 0;
}

bool make_dirs(const char *path)
{
    char copy[1024];

    snprintf(copy, sizeof copy, "%s", path);
    for (char *p = copy + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = 0;
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            return false;
        *p = '/';
    }
    return mkdir(copy, 0777) == 0 || errno == EEXIST;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

bool remove_tree(const char *path)
{
    return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT;
}

/* In the worker: one play, its result as a file, and out. */
static void work(const struct jobs_setup *setup, struct job *job)
{
    struct play_setup play_setup = setup->play;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_IGN); /* the parent ends us, orderly, by SIGTERM */
    signal(SIGTERM, SIG_DFL);
    play_setup.scenario = job->scenario;
    play_setup.world = job->world;
    play_setup.dir = job->dir;
    if (job->scenario->has_seed)
        play_setup.seed = job->scenario->seed;
    play(&play_setup, &job->result);
    job->result.verdict = verdict_worst(job->result.verdict, result_verdict(&job->result, false));
    _exit(result_write(&job->result, job->dir) ? 0 : 3);
}

static void broken(struct job *job, const char *sentence)
{
    result_init(&job->result, job->scenario->name, home_relative(job->scenario->file),
                job->world == PLAY_VIRTUAL ? "virtual" : "live");
    job->result.api = job->scenario->api ? job->scenario->api : "";
    job->result.purpose = job->scenario->purpose;
    job->result.verdict = VERDICT_ERROR;
    job->result.because = arena_text(&job->result.arena, wp_text(sentence));
}

/* false: enough. */
static bool collect(const struct jobs_setup *setup, struct job *job, int status)
{
    char sentence[200];

    job->pid = 0;
    job->done = true;
    if (WIFSIGNALED(status)) {
        snprintf(sentence, sizeof sentence,
                 "the worker was ended by signal %d (%s), see %.100s/transcript.jsonl", WTERMSIG(status),
                 strsignal(WTERMSIG(status)), job->dir);
        broken(job, sentence);
    } else if (!result_read(&job->result, job->dir)) {
        snprintf(sentence, sizeof sentence, "the worker left no result (exit %d): is the disk full?",
                 WEXITSTATUS(status));
        broken(job, sentence);
    }
    return setup->finished(setup->ctx, job);
}

static void cannot_begin(struct job *job, const char *what)
{
    char sentence[600];

    job->pid = 0;
    job->done = true;
    snprintf(sentence, sizeof sentence, "%.500s: %s", what, strerror(errno));
    broken(job, sentence);
}

/* false: it could not even begin, and is done. */
static bool start(const struct jobs_setup *setup, struct job *job)
{
    if (!remove_tree(job->dir) || !make_dirs(job->dir)) {
        cannot_begin(job, job->dir);
        return false;
    }
    fflush(NULL);
    job->started_us = clock_us();
    job->pid = fork();
    if (job->pid == 0)
        work(setup, job);
    if (job->pid < 0)
        cannot_begin(job, "a process for the play");
    return job->pid > 0;
}

static void end_all(struct job *jobs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (jobs[i].pid > 0)
            kill(jobs[i].pid, SIGTERM);
    for (size_t i = 0; i < n; i++)
        if (jobs[i].pid > 0)
            waitpid(jobs[i].pid, NULL, 0);
}

/* A worker that has not ended long after its limit hangs; that is our error, with its name. */
static void end_overdue(struct job *jobs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t limit = jobs[i].world == PLAY_LIVE ? jobs[i].scenario->limit : 10 * WP_SEC(60);

        if (jobs[i].pid > 0 && clock_us() - jobs[i].started_us > limit + OVERTIME_US)
            kill(jobs[i].pid, SIGABRT);
    }
}

static bool shares_port(const struct job *a, const struct job *b)
{
    for (size_t i = 0; i < JOB_PORTS_MAX && a->ports[i]; i++)
        for (size_t k = 0; k < JOB_PORTS_MAX && b->ports[k]; k++)
            if (a->ports[i] == b->ports[k])
                return true;
    return false;
}

/* Does one that plays have a port that this one needs? */
static bool must_wait(const struct job *jobs, size_t n, const struct job *j)
{
    for (size_t i = 0; j->ports[0] && i < n; i++)
        if (jobs[i].pid > 0 && shares_port(&jobs[i], j))
            return true;
    return false;
}

/* The next job to start, the longest first, so that the last ones do not run alone. */
static struct job *next_job(struct job *jobs, size_t n, size_t room_virtual, size_t room_live)
{
    struct job *best = NULL;

    for (size_t i = 0; i < n; i++) {
        struct job *j = &jobs[i];

        if (j->done || j->pid > 0 || (j->world == PLAY_LIVE ? room_live : room_virtual) == 0)
            continue;
        if ((!best || j->expected_us > best->expected_us) && !must_wait(jobs, n, j))
            best = j;
    }
    return best;
}

enum jobs_end jobs_run(const struct jobs_setup *setup, struct job *jobs, size_t n)
{
    size_t left = n, running_virtual = 0, running_live = 0;
    bool enough = false;
    struct sigaction action = {.sa_handler = on_signal}, old_int, old_term;
    struct sigaction wake = {.sa_handler = on_alarm};

    interrupted = 0;
    sigaction(SIGINT, &action, &old_int);
    sigaction(SIGTERM, &action, &old_term);
    sigaction(SIGALRM, &wake, NULL);
    while (left > 0 && !interrupted && !enough) {
        struct job *job =
            next_job(jobs, n, setup->workers_virtual - running_virtual, setup->workers_live - running_live);
        int status;
        pid_t pid;

        if (job) {
            if (start(setup, job)) {
                (*(job->world == PLAY_LIVE ? &running_live : &running_virtual))++;
            } else {
                left--;
                enough = !setup->finished(setup->ctx, job);
            }
            continue;
        }
        alarm(5); /* interrupts the wait, so that an overdue worker is seen although none ends */
        pid = waitpid(-1, &status, 0);
        end_overdue(jobs, n);
        for (size_t i = 0; pid > 0 && i < n; i++) {
            if (jobs[i].pid != pid)
                continue;
            (*(jobs[i].world == PLAY_LIVE ? &running_live : &running_virtual))--;
            enough = !collect(setup, &jobs[i], status);
            left--;
        }
    }
    alarm(0);
    if (left > 0)
        end_all(jobs, n);
    world_live_sweep(); /* of workers that were ended, or ended badly */
    sigaction(SIGINT, &old_int, NULL);
    sigaction(SIGTERM, &old_term, NULL);
    return left == 0 ? JOBS_ALL_DONE : interrupted ? JOBS_INTERRUPTED : JOBS_ENOUGH;
}
