#include "harness/capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

/* What is read from the file at a time. */
enum { READ_BYTES = 64 * 1024, ERROR_BYTES = PCAP_ERRBUF_SIZE + 320, NAME_BYTES = 256 };

struct capture {
    pcap_t *pcap;
    uint64_t n_packets;
    enum capture_status status;
    char name[NAME_BYTES];
    char error[ERROR_BYTES];
    char buffer[READ_BYTES]; /* stdio's, until the file is closed */
};

struct capture *capture_open(const char *path, struct wp_writer *why)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");

    if (!file) {
        wp_put_text(why, path);
        wp_put_text(why, ": ");
        wp_put_text(why, strerror(errno));
        return NULL;
    }
    return capture_open_file(file, file == stdin ? "standard input" : path, why);
}

struct capture *capture_open_file(FILE *file, const char *name, struct wp_writer *why)
{
    struct capture *c = malloc(sizeof *c);
    char problem[PCAP_ERRBUF_SIZE] = "no memory";

    if (c) {
        if (file != stdin) /* which outlives the buffer */
            setvbuf(file, c->buffer, _IOFBF, sizeof c->buffer);
        c->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, problem);
    }
    if (!c || !c->pcap) {
        wp_put_text(why, name);
        wp_put_text(why, ": ");
        wp_put_text(why, problem);
        fclose(file);
        free(c);
        return NULL;
    }
    c->n_packets = 0;
    c->status = CAPTURE_PACKET;
    snprintf(c->name, sizeof c->name, "%s", name);
    return c;
}

void capture_free(struct capture *c)
{
    if (!c)
        return;
    pcap_close(c->pcap);
    free(c);
}

int capture_link(const struct capture *c)
{
    return pcap_datalink(c->pcap);
}

const char *capture_link_name(const struct capture *c)
{
    const char *name = pcap_datalink_val_to_name(pcap_datalink(c->pcap));

    return name ? name : "unknown";
}

const char *capture_name(const struct capture *c)
{
    return c->name;
}

/* Damaged files have any number there: then the time is held at the end of what can be said. */
static int64_t nanoseconds(const struct timeval *t)
{
    int64_t ns;

    if (__builtin_mul_overflow((int64_t)t->tv_sec, INT64_C(1000000000), &ns) ||
        __builtin_add_overflow(ns, (int64_t)t->tv_usec, &ns))
        return t->tv_sec < 0 ? INT64_MIN : INT64_MAX;
    return ns;
}

static enum capture_status broken(struct capture *c)
{
    snprintf(c->error, sizeof c->error, "%s: packet %llu: %s", c->name, (unsigned long long)c->n_packets + 1,
             pcap_geterr(c->pcap));
    c->status = CAPTURE_BROKEN;
    return c->status;
}

enum capture_status capture_next(struct capture *c, struct capture_packet *out)
{
    struct pcap_pkthdr *header;
    const uint8_t *bytes;

    if (c->status != CAPTURE_PACKET)
        return c->status;
    switch (pcap_next_ex(c->pcap, &header, &bytes)) {
    case 1: break;
    case PCAP_ERROR_BREAK: c->status = CAPTURE_END; return c->status;
    default: return broken(c);
    }
    out->number = ++c->n_packets;
    out->time_ns = nanoseconds(&header->ts); /* tv_usec holds nanoseconds: so it was opened */
    out->bytes = wp_slice(bytes, header->caplen);
    out->n_wire = header->len;
    return CAPTURE_PACKET;
}

const char *capture_error(const struct capture *c)
{
    return c->status == CAPTURE_BROKEN ? c->error : "";
}
