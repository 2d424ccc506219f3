/* 10 000 meters on one gateway, one register each a minute, one virtual hour: 600 000 exchanges from scenario to
 * verdict. Measured with every message judged and without, and beside one meter for the memory; the ratio is against
 * a bare binary heap that turns as many events as the play wrote records. Then 100 000 idle push meters: all that the
 * process has resident while they are connected, and the most that it ever had, which is when all say goodbye at once.
 * Each play is a process of its own. */
#include "harness/contract.h"
#include "harness/home.h"
#include "harness/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 3, HEAP_TIMERS = 10000 };

struct measured {
    double cpu_s;
    long rss_kib, marked_kib; /* the most ever; when the last step began */
    uint64_t records, publishes;
    int verdict;
};

static double cpu_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "bench_fleet: %s\n", what);
    exit(1);
}

static long resident_kib(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    long all, resident;

    if (!f || fscanf(f, "%ld %ld", &all, &resident) != 2)
        die("cannot tell how much memory is resident");
    fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

struct marker {
    struct wp_sink sink; /* first */
    long resident_kib;
};

static void look(struct wp_sink *sink, const struct wp_record *r)
{
    if (r->kind == WP_REC_STEP)
        ((struct marker *)(void *)sink)->resident_kib = resident_kib();
}

/* In the child: one play, what it took into the pipe. */
static void play_once(const char *name, bool judged, int out)
{
    char path[1024], text[4096];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct scenario_list list = {0};
    struct contract_set *contracts = contracts_load(home_dir(), &why);
    struct marker marker = {.sink = {look}};
    struct scenario_result result;
    struct rusage usage;
    struct measured m;
    double start;

    snprintf(path, sizeof path, "%s/tests/bench/%s", home_dir(), name);
    if (!contracts || !scenario_load(path, &list, &why))
        die(wp_put_end(&why));
    start = cpu_s();
    play(&(struct play_setup){.scenario = list.at[0],
                              .world = PLAY_VIRTUAL,
                              .keep = KEEP_FAILED,
                              .seed = 1,
                              .contracts = judged ? contracts : NULL,
                              .also = &marker.sink},
         &result);
    m = (struct measured){.cpu_s = cpu_s() - start,
                          .records = result.n_records,
                          .publishes = result.n_publishes,
                          .verdict = (int)result_verdict(&result, false)};
    getrusage(RUSAGE_SELF, &usage);
    m.rss_kib = usage.ru_maxrss;
    m.marked_kib = marker.resident_kib;
    if (result.because)
        die(result.because);
    _exit(write(out, &m, sizeof m) == sizeof m ? 0 : 1);
}

static struct measured measure(const char *name, bool judged)
{
    struct measured m;
    int ends[2], status;
    pid_t pid;

    fflush(NULL);
    if (pipe(ends) != 0 || (pid = fork()) < 0)
        die("cannot start a play");
    if (pid == 0)
        play_once(name, judged, ends[1]);
    close(ends[1]);
    if (read(ends[0], &m, sizeof m) != sizeof m)
        die("a play left no result");
    close(ends[0]);
    waitpid(pid, &status, 0);
    return m;
}

/* ---- the bare heap ---------------------------------------------------------------------------------- */

static int64_t heap[HEAP_TIMERS];

static void sift_down(int64_t at)
{
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= HEAP_TIMERS)
            break;
        child += child + 1 < HEAP_TIMERS && heap[child + 1] < heap[child];
        if (heap[child] >= at)
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = at;
}

static double heap_s(uint64_t events)
{
    double start = cpu_s();
    uint64_t random = 1;

    for (size_t i = 0; i < HEAP_TIMERS; i++)
        heap[i] = (int64_t)i;
    for (uint64_t i = 0; i < events; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        sift_down(heap[0] + (int64_t)(random >> 40));
    }
    return cpu_s() - start;
}

/* ---- medians ---------------------------------------------------------------------------------------- */

static int by_cpu(const void *a, const void *b)
{
    double x = ((const struct measured *)a)->cpu_s, y = ((const struct measured *)b)->cpu_s;

    return (x > y) - (x < y);
}

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void idle(void)
{
    struct measured m = measure("idle.yaml", true);

    if (m.verdict != VERDICT_PASS)
        die("not all of the idle meters signed on");
    printf("fleet.idle           %8.1f MiB resident with 100 000 idle push meters, %.0f bytes each with all "
           "that is "
           "around them\n",
           (double)m.marked_kib / 1024, (double)m.marked_kib * 1024 / 100000);
    printf("fleet.goodbye        %8.1f MiB at the most, while all of them end at one instant; %.1f s of "
           "processor in "
           "all\n",
           (double)m.rss_kib / 1024, m.cpu_s);
}

int main(void)
{
    struct measured judged[ROUNDS], bare[ROUNDS], one = measure("one.yaml", true);
    double heaps[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        judged[i] = measure("fleet.yaml", true);
        bare[i] = measure("fleet.yaml", false);
        heaps[i] = heap_s(judged[i].records);
    }
    qsort(judged, ROUNDS, sizeof judged[0], by_cpu);
    qsort(bare, ROUNDS, sizeof bare[0], by_cpu);
    qsort(heaps, ROUNDS, sizeof heaps[0], by_number);
    printf("fleet.judged         %8.2f s for 10 000 meters and a virtual hour, %llu publications, ratio %.1f "
           "to the heap\n",
           judged[ROUNDS / 2].cpu_s, (unsigned long long)judged[ROUNDS / 2].publishes,
           judged[ROUNDS / 2].cpu_s / heaps[ROUNDS / 2]);
    printf("fleet.not_judged     %8.2f s, ratio %.1f to the heap\n", bare[ROUNDS / 2].cpu_s,
           bare[ROUNDS / 2].cpu_s / heaps[ROUNDS / 2]);
    printf("fleet.bare_heap      %8.2f s for %llu events\n", heaps[ROUNDS / 2],
           (unsigned long long)judged[ROUNDS / 2].records);
    printf("fleet.memory         %8.0f bytes of RSS for each meter (10 000 beside one)\n",
           (double)(judged[ROUNDS / 2].rss_kib - one.rss_kib) * 1024 / 9999);
    idle();
    return 0;
}
