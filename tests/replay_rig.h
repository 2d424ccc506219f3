/* Captures made here and replayed: what was told stands in `text`, `json`, `problems` and `sum`. */
#ifndef WP_TESTS_REPLAY_RIG_H
#define WP_TESTS_REPLAY_RIG_H

#include "harness/golden.h"
#include "harness/pcap_tcp.h"
#include "sim/codec/dlt645.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { METER = 0x1234, VOLTAGE = 0x02010100, CURRENT = 0x02020100 };

static const struct wp_addr meter = {0x7F000201, 40000}, gateway = {0x7F000101, 8899};

static char dir[64], path[128], golden[160];

/* ---- captures made here ----------------------------------------------------------------------------- */

static struct pcapng *file;
static struct pcap_tcp tcp;
static int64_t now_ns;

static inline void setup(void)
{
    char why_text[256];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);

    strcpy(dir, "/tmp/wattproof-replay-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/x.pcapng", dir);
    snprintf(golden, sizeof golden, "%s.expect", path);
    file = pcapng_new(path, "wattproof tests", &why);
    ck_assert_msg(file != NULL, "%s", wp_put_end(&why));
    tcp = pcap_tcp(file, pcapng_interface(file, PCAPNG_RAW_IP, "made up"), PCAPNG_RAW_IP, meter, gateway);
    now_ns = INT64_C(1705320000000000000);
    pcap_tcp_open(&tcp, now_ns, NULL);
}

static inline void teardown(void)
{
    char command[160];

    if (file)
        pcapng_close(file);
    file = NULL;
    snprintf(command, sizeof command, "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}

static inline void send_bytes(unsigned side, struct wp_slice bytes)
{
    now_ns += 10000000;
    pcap_tcp_send(&tcp, side, now_ns, bytes, NULL);
}

static inline void send_frame(unsigned side, const struct dlt645_frame *frame)
{
    uint8_t memory[DLT645_FRAME_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    dlt645_encode(&w, frame);
    send_bytes(side, wp_written(&w));
}

static inline void ask(uint64_t address, uint32_t di)
{
    struct dlt645_frame frame;

    dlt645_ask_read(&frame, address, di);
    send_frame(1, &frame);
}

static inline void tell(uint64_t address, uint32_t di)
{
    static const uint8_t value[] = {0x05, 0x22};
    struct dlt645_frame frame;

    dlt645_reply_read(&frame, address, di, wp_slice(value, sizeof value), false);
    send_frame(0, &frame);
}

static inline void refuse(uint64_t address)
{
    struct dlt645_frame frame;

    dlt645_reply_error(&frame, address, DLT645_READ, DLT645_ERROR_NO_DATA);
    send_frame(0, &frame);
}

static inline void hang_up(void)
{
    pcap_tcp_fin(&tcp, 0, now_ns, NULL);
    pcap_tcp_fin(&tcp, 1, now_ns, NULL);
}

static inline void end_capture(void)
{
    ck_assert(pcapng_close(file));
    file = NULL;
}

/* ---- replaying them --------------------------------------------------------------------------------- */

static char *text, *json, *problems;
static struct replay_summary sum;

/* Everything that is printed stands in `text`, `json` and `problems` until the next replay. */
static inline enum replay_end replay(struct replay_file r)
{
    static char *owned[3];
    size_t n;
    FILE *out[3];
    enum replay_end end;

    for (int i = 0; i < 3; i++) {
        free(owned[i]);
        out[i] = open_memstream(&owned[i], &n);
    }
    r.text = out[0];
    r.json = out[1];
    end = replay_file(&r, &sum, out[2]);
    for (int i = 0; i < 3; i++)
        fclose(out[i]);
    text = owned[0];
    json = owned[1];
    problems = owned[2];
    return end;
}

static inline enum replay_end replay_it(void)
{
    end_capture();
    return replay((struct replay_file){.path = path});
}

/* Line by line: Check has no room for a whole text in a sentence. */
static inline void expect_text(const char *expected)
{
    const char *got = text;

    while (*expected || *got) {
        int n = (int)strcspn(expected, "\n"), m = (int)strcspn(got, "\n");

        ck_assert_msg(n == m && strncmp(expected, got, (size_t)n) == 0, "expected '%.*s', got '%.*s'", n,
                      expected, m, got);
        expected += n + (expected[n] == '\n');
        got += m + (got[m] == '\n');
    }
}

/* The lines that contain the word, without packet number, time and addresses. */
static inline const char *lines_with(const char *word)
{
    static char out[8192];
    size_t n = 0;

    out[0] = 0;
    for (const char *line = text; *line;) {
        size_t len = strcspn(line, "\n");
        const char *hit = strstr(line, word);

        if (hit && hit < line + len)
            n += (size_t)snprintf(out + n, sizeof out - n, "%.*s\n", (int)len, line);
        line += len + (line[len] == '\n');
    }
    return out;
}

static inline const char *shared(const char *name)
{
    static char full[512];
    const char *folder = getenv("WATTPROOF_TESTDATA");

    snprintf(full, sizeof full, "%s/captures/%s", folder ? folder : "../shared", name);
    if (access(full, R_OK) == 0)
        return full;
    printf("skipped: no test data at %s\n", full);
    return NULL;
}

#endif
