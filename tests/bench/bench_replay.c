/* Replaying a capture beside a bare libpcap loop over the same file, and beside tshark on a tenth of it. The contestants
 * take turns in one run; medians are printed. The files are others' captures from the test data, written many times
 * with other addresses into a temporary folder. Last, the whole program on a capture of 1.5 KB. */
#include "harness/home.h"
#include "harness/replay.h"

#include <dirent.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 5, COPIES = 200, TSHARK_PART = 10, STARTS = 101, SOURCES_MAX = 64, PATH_BYTES = 512 };

static char dir[] = "/tmp/wattproof-bench-XXXXXX";

static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *t, size_t n)
{
    qsort(t, n, sizeof t[0], by_value);
    return t[n / 2];
}

/* ---- the files -------------------------------------------------------------------------------------- */

struct sources {
    char path[SOURCES_MAX][PATH_BYTES];
    size_t n;
};

/* Both addresses moved on, so that every copy has its own connections. */
static void move_addresses(u_char *p, size_t n, unsigned copy)
{
    size_t at = n >= 34 && p[12] == 0x08 && p[13] == 0x00 ? 27 : 0, step = 4;

    if (n >= 54 && p[12] == 0x86 && p[13] == 0xDD) {
        at = 30;
        step = 16;
    }
    for (int side = 0; at && side < 2; side++, at += step) {
        p[at] = (u_char)copy;
        p[at + 1] = (u_char)(copy >> 8);
    }
}

static void write_copy(pcap_dumper_t *dump, const char *source, unsigned copy)
{
    static u_char changed[262144];
    char problem[PCAP_ERRBUF_SIZE];
    pcap_t *from = pcap_open_offline(source, problem);
    struct pcap_pkthdr *header;
    const u_char *bytes;

    while (from && pcap_next_ex(from, &header, &bytes) == 1) {
        memcpy(changed, bytes, header->caplen);
        move_addresses(changed, header->caplen, copy);
        pcap_dump((u_char *)dump, header, changed);
    }
    if (from)
        pcap_close(from);
}

static double write_copies(const struct sources *sources, const char *path, unsigned copies)
{
    pcap_t *dead = pcap_open_dead(DLT_EN10MB, 262144);
    pcap_dumper_t *dump = pcap_dump_open(dead, path);
    double size = 0;

    for (unsigned copy = 0; dump && copy < copies; copy++)
        for (size_t i = 0; i < sources->n; i++)
            write_copy(dump, sources->path[i], copy);
    if (dump) {
        size = (double)pcap_dump_ftell(dump);
        pcap_dump_close(dump);
    }
    pcap_close(dead);
    return size;
}

/* ---- the contestants -------------------------------------------------------------------------------- */

static double bare(const char *path)
{
    char problem[PCAP_ERRBUF_SIZE];
    double start = seconds();
    pcap_t *pcap = pcap_open_offline(path, problem);
    struct pcap_pkthdr *header;
    const u_char *bytes;
    volatile uint64_t sum = 0;

    while (pcap_next_ex(pcap, &header, &bytes) == 1)
        sum = sum + header->caplen;
    pcap_close(pcap);
    return seconds() - start;
}

static struct replay_summary sum;

static double replayed(const char *path, FILE *text, FILE *json)
{
    struct replay_file file = {.path = path, .text = text, .json = json};
    double start = seconds();

    replay_file(&file, &sum, stderr);
    return seconds() - start;
}

/* Runs a program without its output; how long it took, below 0: it cannot be run. */
static double ran(const char *const *argv)
{
    extern char **environ;
    posix_spawn_file_actions_t actions;
    double start = seconds();
    int status = -1;
    pid_t pid;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (posix_spawnp(&pid, argv[0], &actions, NULL, (char **)(uintptr_t)argv, environ) == 0)
        waitpid(pid, &status, 0);
    posix_spawn_file_actions_destroy(&actions);
    return WIFEXITED(status) && WEXITSTATUS(status) < 2 ? seconds() - start : -1;
}

static void race_tshark(const char *name, const char *path, double decoded, double json)
{
    const char *const phs[] = {"tshark", "-r", path, "-q", "-z", "io,phs", NULL};
    const char *const fields[] = {
        "tshark",      "-r", path,          "-T", "fields",   "-e", "frame.time",       "-e",
        "ip.src",      "-e", "tcp.srcport", "-e", "ip.dst",   "-e", "modbus.func_code", "-e",
        "modbus.data", "-e", "mqtt.topic",  "-e", "mqtt.msg", NULL};
    double counted = ran(phs) * TSHARK_PART, told = ran(fields) * TSHARK_PART;

    if (counted < 0 || told < 0)
        printf("replay %s: skipped: tshark is not installed\n", name);
    else
        printf("replay %s: tshark -z io,phs would take %.1f s, %.0f times as long as decoding; -T fields "
               "%.1f s, "
               "%.0f times as long as JSON\n",
               name, counted, counted / decoded, told, told / json);
}

static void race(const char *name, const struct sources *sources, unsigned copies)
{
    static double plain[ROUNDS], decoded[ROUNDS], text[ROUNDS], json[ROUNDS];
    char path[PATH_BYTES];
    FILE *null = fopen("/dev/null", "w");
    double mb, base;

    snprintf(path, sizeof path, "%s/x.pcap", dir);
    mb = write_copies(sources, path, copies) / 1e6;
    bare(path); /* the file is in memory from here on */
    for (int i = 0; i < ROUNDS; i++) {
        plain[i] = bare(path);
        decoded[i] = replayed(path, NULL, NULL);
        text[i] = replayed(path, null, NULL);
        json[i] = replayed(path, NULL, null);
    }
    base = median(plain, ROUNDS);
    printf("replay %s, %.0f MB, %.2f million packets, %.2f million frames: bare libpcap %.3f s (%.0f MB/s); "
           "decoded %.3f s (%.2f of the bare time), text %.3f s (%.2f), JSON %.3f s (%.2f)\n",
           name, mb, (double)sum.packets / 1e6, (double)sum.n_frames / 1e6, base, mb / base,
           median(decoded, ROUNDS), median(decoded, ROUNDS) / base, median(text, ROUNDS),
           median(text, ROUNDS) / base, median(json, ROUNDS), median(json, ROUNDS) / base);
    write_copies(sources, path, copies / TSHARK_PART);
    race_tshark(name, path, median(decoded, ROUNDS), median(json, ROUNDS));
    unlink(path);
    fclose(null);
}

/* ---- start ------------------------------------------------------------------------------------------ */

static void start(void)
{
    static double took[STARTS], nothing[STARTS];
    const char *program = getenv("WATTPROOF_BIN");
    char path[PATH_BYTES];
    const char *const argv[] = {program, "replay", path, NULL}, *const idle[] = {"/bin/true", NULL};

    snprintf(path, sizeof path, "%s/captures/dlt645/own-follow-up.pcapng", home_dir());
    for (int i = 0; i < STARTS; i++) {
        took[i] = program ? ran(argv) : -1;
        nothing[i] = ran(idle);
    }
    if (took[0] < 0)
        printf("replay: skipped: start of the program (WATTPROOF_BIN does not say where it is)\n");
    else
        printf("replay of a capture of 1.5 KB by the built program: %.2f ms (/bin/true %.2f ms)\n",
               median(took, STARTS) * 1e3, median(nothing, STARTS) * 1e3);
}

/* ---- all -------------------------------------------------------------------------------------------- */

static bool find_sources(struct sources *sources, const char *folder, const char *only)
{
    const char *data = getenv("WATTPROOF_TESTDATA");
    char path[PATH_BYTES];
    struct dirent **entry;
    int n;

    snprintf(path, sizeof path, "%s/captures/%s", data ? data : "../shared", folder);
    n = scandir(path, &entry, NULL, alphasort);
    sources->n = 0;
    for (int i = 0; i < n; i++) {
        const char *name = entry[i]->d_name;

        if (strstr(name, ".pcap") && (!only || strcmp(name, only) == 0) && sources->n < SOURCES_MAX)
            snprintf(sources->path[sources->n++], PATH_BYTES, "%.255s/%.200s", path, name);
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
    if (sources->n == 0)
        printf("replay %s: skipped: no test data at %s\n", folder, path);
    return sources->n > 0;
}

int main(void)
{
    static const struct {
        const char *folder, *only;
        unsigned copies;
    } row[] = {{"modbus", "ITI__ModbusTCP.pcap", COPIES},
               {"mqtt", NULL, COPIES},
               {"dlt645", "ivy-4g-gateway_5meters_dlt645_mqtt.pcap", COPIES},
               {"luxpower", "derived_lxp-bridge_fixtures.pcap", 50 * COPIES}}; /* 100 000 frames */
    static struct sources sources;

    if (!mkdtemp(dir)) {
        perror(dir);
        return 1;
    }
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        if (find_sources(&sources, row[i].folder, row[i].only))
            race(row[i].folder, &sources, row[i].copies);
    rmdir(dir);
    start();
    return 0;
}
