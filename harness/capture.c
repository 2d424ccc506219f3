#include "harness/capture_impl.h"

#include <errno.h>
#include <pcap/dlt.h>
#include <stdarg.h>
#include <stdlib.h>

/* Snapshot lengths of libpcap: a D-Bus message may have 128 MiB. */
enum { PACKET_MAX = 262144, MESSAGE_MAX = 128 << 20 };

bool capture_is_too_long(int link, size_t n)
{
    return n > (link == DLT_DBUS ? MESSAGE_MAX : PACKET_MAX);
}

/* ---- opening ---------------------------------------------------------------------------------------- */

/* What else is kept in files with such names. */
static const char *other_format(const uint8_t *p, size_t n)
{
    static const struct {
        const char *magic, *sentence;
    } row[] = {
        {"\xFD"
         "7zXZ",
         "compressed by xz: decompress it first (xz -d)"},
        {"\x28\xB5\x2F\xFD", "compressed by zstd: decompress it first (zstd -d)"},
        {"BZh", "compressed by bzip2: decompress it first (bzip2 -d)"},
        {"PK\x03\x04", "a zip archive: unpack it first (unzip)"},
        {"snoop", "a snoop file: convert it first (editcap -F pcap)"},
        {"GMBU", "a Network Monitor file: convert it first (editcap -F pcap)"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        if (n >= strlen(row[i].magic) && memcmp(p, row[i].magic, strlen(row[i].magic)) == 0)
            return row[i].sentence;
    return "unknown file format: neither pcap nor pcapng";
}

/* Nothing in it is a capture: why? */
static const char *refusal(struct capture *c)
{
    if (c->error[0])
        return c->error;
    if (c->in.problem[0])
        return c->in.problem;
    if (capture_input_left(&c->in) == 0)
        return "truncated: the file is empty";
    return other_format(c->in.memory + c->in.at, capture_input_left(&c->in));
}

static bool begin(struct capture *c)
{
    c->status = CAPTURE_PACKET;
    c->link = -1;
    return capture_classic_begin(c) || (!c->error[0] && capture_pcapng_begin(c));
}

static struct capture *open_file(FILE *file, const char *name, const struct capture_follow *follow,
                                 struct wp_writer *why)
{
    struct capture *c = calloc(1, sizeof *c);

    if (!c) {
        fputs("wattproof: no memory to read a capture\n", stderr);
        abort();
    }
    snprintf(c->name, sizeof c->name, "%s", name);
    capture_input_init(&c->in, file, follow);
    if (begin(c))
        return c;
    if (!c->error[0]) {
        wp_put_text(why, name);
        wp_put_text(why, ": ");
    }
    wp_put_text(why, refusal(c));
    capture_free(c);
    return NULL;
}

struct capture *capture_open_follow(const char *path, const struct capture_follow *follow,
                                    struct wp_writer *why)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");

    if (!file) {
        wp_put_text(why, path);
        wp_put_text(why, ": ");
        wp_put_text(why, strerror(errno));
        return NULL;
    }
    return open_file(file, file == stdin ? "standard input" : path, follow, why);
}

struct capture *capture_open(const char *path, struct wp_writer *why)
{
    return capture_open_follow(path, NULL, why);
}

struct capture *capture_open_file(FILE *file, const char *name, struct wp_writer *why)
{
    return open_file(file, name, NULL, why);
}

void capture_free(struct capture *c)
{
    if (!c)
        return;
    capture_input_free(&c->in);
    pcapng_read_free(&c->pcapng);
    free(c);
}

/* ---- reading ---------------------------------------------------------------------------------------- */

enum capture_status capture_broken(struct capture *c, const char *format, ...)
{
    va_list arguments;
    int n = snprintf(c->error, sizeof c->error, "%s: ", c->name);

    if (c->next)
        n += snprintf(c->error + n, sizeof c->error - (size_t)n,
                      "packet %llu: ", (unsigned long long)c->n_packets + 1);
    va_start(arguments, format);
    vsnprintf(c->error + n, sizeof c->error - (size_t)n, format, arguments);
    va_end(arguments);
    return CAPTURE_BROKEN;
}

enum capture_status capture_ends(struct capture *c, size_t n)
{
    if (c->in.problem[0])
        return capture_broken(c, "%s", c->in.problem);
    if (capture_input_left(&c->in) == 0 || c->in.stops)
        return CAPTURE_END;
    return capture_broken(c, "truncated: the file has %zu of its %zu bytes", capture_input_left(&c->in), n);
}

enum capture_status capture_next(struct capture *c, struct capture_packet *out)
{
    if (c->status != CAPTURE_PACKET)
        return c->status;
    c->status = c->next(c, out);
    if (c->status == CAPTURE_PACKET) {
        out->number = ++c->n_packets;
        c->last_ns = out->time_ns;
    }
    return c->status;
}

const char *capture_error(const struct capture *c)
{
    return c->status == CAPTURE_BROKEN ? c->error : "";
}

/* ---- names ------------------------------------------------------------------------------------------ */

int capture_link(const struct capture *c)
{
    return c->link;
}

/* As libpcap calls them. It is not linked: with what it needs for capturing it would take a third of the time that the
 * program needs to begin. */
const char *capture_link_name(int link)
{
    static const struct {
        int link;
        const char *name;
    } row[] = {
        {0, "NULL"},
        {1, "EN10MB"},
        {6, "IEEE802"},
        {7, "ARCNET"},
        {8, "SLIP"},
        {9, "PPP"},
        {10, "FDDI"},
        {12, "RAW"},
        {14, "RAW"},
        {50, "PPP_SERIAL"},
        {51, "PPP_ETHER"},
        {101, "RAW"},
        {104, "C_HDLC"},
        {105, "IEEE802_11"},
        {107, "FRELAY"},
        {108, "LOOP"},
        {113, "LINUX_SLL"},
        {117, "PFLOG"},
        {127, "IEEE802_11_RADIO"},
        {166, "PPP_PPPD"},
        {187, "BLUETOOTH_HCI_H4"},
        {189, "USB_LINUX"},
        {195, "IEEE802_15_4"},
        {201, "BLUETOOTH_HCI_H4_WITH_PHDR"},
        {204, "PPP_WITH_DIR"},
        {220, "USB_LINUX_MMAPPED"},
        {227, "CAN_SOCKETCAN"},
        {228, "IPV4"},
        {229, "IPV6"},
        {230, "IEEE802_15_4_NOFCS"},
        {231, "DBUS"},
        {239, "NFLOG"},
        {249, "USBPCAP"},
        {250, "RTAC_SERIAL"},
        {251, "BLUETOOTH_LE_LL"},
        {252, "WIRESHARK_UPPER_PDU"},
        {253, "NETLINK"},
        {276, "LINUX_SLL2"},
        {283, "IEEE802_15_4_TAP"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        if (row[i].link == link)
            return row[i].name;
    return "unknown";
}

const char *capture_name(const struct capture *c)
{
    return c->name;
}
