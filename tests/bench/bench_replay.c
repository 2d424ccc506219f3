/* Replaying a capture beside a bare libpcap loop over the same file. The contestants take turns in one run; medians
 * are printed. The files are others' captures from the test data, written many times with other addresses. */
#include "harness/replay.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 9, FILE_BYTES = 48 << 20 };

static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

/* ---- the file --------------------------------------------------------------------------------------- */

/* The same packets with both IPv4 addresses moved on, so that every copy has its own connections. */
static void write_copy(pcap_dumper_t *dump, pcap_t *from, unsigned copy)
{
    struct pcap_pkthdr *header;
    const u_char *bytes;
    static u_char changed[262144];

    while (pcap_next_ex(from, &header, &bytes) == 1) {
        memcpy(changed, bytes, header->caplen);
        if (header->caplen >= 34 && changed[12] == 0x08 && changed[13] == 0x00) {
            changed[27] = changed[31] = (u_char)copy;
            changed[28] = changed[32] = (u_char)(copy >> 8);
        }
        pcap_dump((u_char *)dump, header, changed);
    }
}

/* 0: the test data are not there. */
static long write_many(const char *source, const char *path)
{
    char problem[PCAP_ERRBUF_SIZE];
    pcap_dumper_t *dump = NULL;
    long size = 0;

    for (unsigned copy = 0; size < FILE_BYTES; copy++) {
        pcap_t *from = pcap_open_offline(source, problem);

        if (!from)
            break;
        if (!dump)
            dump = pcap_dump_open(from, path);
        if (!dump) {
            pcap_close(from);
            break;
        }
        write_copy(dump, from, copy);
        pcap_close(from);
        size = pcap_dump_ftell(dump);
    }
    if (dump)
        pcap_dump_close(dump);
    return size;
}

/* ---- the contestants -------------------------------------------------------------------------------- */

static uint64_t n_frames;

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

static double replayed(const char *path, FILE *text, FILE *json)
{
    struct replay_file file = {.path = path, .text = text, .json = json};
    struct replay_summary sum;
    double start = seconds();

    replay_file(&file, &sum, stderr);
    n_frames = sum.n_frames;
    return seconds() - start;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *t)
{
    qsort(t, ROUNDS, sizeof t[0], by_value);
    return t[ROUNDS / 2];
}

static void race(const char *name, const char *source)
{
    static double plain[ROUNDS], decoded[ROUNDS], text[ROUNDS], json[ROUNDS];
    char path[] = "/tmp/wattproof-bench-XXXXXX";
    FILE *null = fopen("/dev/null", "w");
    int fd = mkstemp(path);
    double mb, base;
    long size;

    if (fd >= 0)
        close(fd);
    size = fd >= 0 && null ? write_many(source, path) : 0;
    if (size == 0) {
        printf("replay %s: skipped: no test data at %s\n", name, source);
    } else {
        bare(path); /* the file is in memory from here on */
        for (int i = 0; i < ROUNDS; i++) {
            plain[i] = bare(path);
            decoded[i] = replayed(path, NULL, NULL);
            text[i] = replayed(path, null, NULL);
            json[i] = replayed(path, NULL, null);
        }
        mb = (double)size / 1e6;
        base = median(plain);
        printf("replay %s, %.0f MB, %llu frames: bare libpcap %.0f MB/s; decoded %.0f MB/s (%.2f of the bare "
               "time), "
               "text %.0f MB/s (%.2f), JSON %.0f MB/s (%.2f)\n",
               name, mb, (unsigned long long)n_frames, mb / base, mb / median(decoded),
               median(decoded) / base, mb / median(text), median(text) / base, mb / median(json),
               median(json) / base);
    }
    unlink(path);
    if (null)
        fclose(null);
}

int main(void)
{
    const char *folder = getenv("WATTPROOF_TESTDATA");
    static const char *const row[][2] = {
        {"dlt645", "dlt645/ivy-4g-gateway_5meters_dlt645_mqtt.pcap"},
        {"modbus", "modbus/ITI__ModbusTCP.pcap"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        char source[512];

        snprintf(source, sizeof source, "%s/captures/%s", folder ? folder : "../shared", row[i][1]);
        race(row[i][0], source);
    }
    return 0;
}
