#include "harness/pcapng.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { SECTION = 0x0A0D0D0A, INTERFACE = 1, ENHANCED_PACKET = 6 };
enum { BYTE_ORDER_MAGIC = 0x1A2B3C4D };
enum { OPT_END = 0, OPT_COMMENT = 1, OPT_NAME = 2, OPT_APPLICATION = 4, OPT_TSRESOL = 9 };
enum { NANOSECONDS = 9, OPTION_MAX = 0xFFFC };

/* A packet that waits to be written. */
struct held {
    struct held *next;
    uint32_t interface;
    int64_t time_ns;
    char *comment; /* ours; NULL: none */
    size_t n;
    uint8_t bytes[];
};

struct pcapng {
    FILE *file;
    uint32_t n_interfaces;
    uint64_t n_packets;
    struct held *first, *last;
    uint64_t n_held; /* the last ones of all packets */
    size_t held_bytes, held_max;
};

static uint32_t padded(size_t n)
{
    return (uint32_t)((n + 3) & ~(size_t)3);
}

static void put(struct pcapng *f, const void *p, size_t n)
{
    static const uint8_t zero[3];

    if (n)
        fwrite(p, 1, n, f->file);
    if (padded(n) > n)
        fwrite(zero, 1, padded(n) - n, f->file);
}

static void put_u32(struct pcapng *f, uint32_t v)
{
    put(f, &v, sizeof v);
}

static void put_u16_pair(struct pcapng *f, uint16_t first, uint16_t second)
{
    uint16_t pair[2] = {first, second};

    put(f, pair, sizeof pair);
}

struct option {
    uint16_t code;
    struct wp_slice value;
};

static struct option text_option(uint16_t code, const char *text)
{
    struct wp_slice value = wp_text(text);

    if (value.n > OPTION_MAX)
        value.n = OPTION_MAX;
    return (struct option){code, value};
}

/* An option without value is left out, and with it the end that only options need. */
static uint32_t option_size(const struct option *o)
{
    return o->value.n ? 4 + padded(o->value.n) : 0;
}

static void put_option(struct pcapng *f, const struct option *o)
{
    if (!o->value.n)
        return;
    put_u16_pair(f, o->code, (uint16_t)o->value.n);
    put(f, o->value.p, o->value.n);
}

static uint32_t options_size(const struct option *options, size_t n)
{
    uint32_t size = 0;

    for (size_t i = 0; i < n; i++)
        size += option_size(&options[i]);
    return size ? size + 4 : 0;
}

static void put_options(struct pcapng *f, const struct option *options, size_t n)
{
    if (options_size(options, n) == 0)
        return;
    for (size_t i = 0; i < n; i++)
        put_option(f, &options[i]);
    put_u16_pair(f, OPT_END, 0);
}

static void begin(struct pcapng *f, uint32_t type, uint32_t size)
{
    put_u32(f, type);
    put_u32(f, size);
}

static void put_section(struct pcapng *f, const char *application)
{
    struct option option = text_option(OPT_APPLICATION, application);
    uint32_t size = 28 + options_size(&option, 1);

    begin(f, SECTION, size);
    put_u32(f, BYTE_ORDER_MAGIC);
    put_u16_pair(f, 1, 0);
    put_u32(f, UINT32_MAX); /* the section's length is not known */
    put_u32(f, UINT32_MAX);
    put_options(f, &option, 1);
    put_u32(f, size);
}

struct pcapng *pcapng_to(FILE *file, const char *application)
{
    struct pcapng *f = calloc(1, sizeof *f);

    if (!f) {
        fputs("wattproof: no memory to write a capture\n", stderr);
        abort();
    }
    f->file = file;
    put_section(f, application);
    return f;
}

struct pcapng *pcapng_new(const char *path, const char *application, struct wp_writer *why)
{
    FILE *file = fopen(path, "wb");

    if (file)
        return pcapng_to(file, application);
    wp_put_text(why, path);
    wp_put_text(why, ": ");
    wp_put_text(why, strerror(errno));
    return NULL;
}

uint32_t pcapng_interface(struct pcapng *f, uint16_t link, const char *name)
{
    static const uint8_t resolution = NANOSECONDS;
    struct option options[] = {text_option(OPT_NAME, name), {OPT_TSRESOL, {&resolution, 1}}};
    uint32_t size = 20 + options_size(options, 2);

    begin(f, INTERFACE, size);
    put_u16_pair(f, link, 0);
    put_u32(f, 0); /* packets are whole, however long */
    put_options(f, options, 2);
    put_u32(f, size);
    return f->n_interfaces++;
}

static void write_packet(struct pcapng *f, uint32_t interface, int64_t time_ns, struct wp_slice bytes,
                         const char *comment)
{
    pcapng_cut_packet(f, interface, time_ns, bytes, bytes.n, comment);
}

void pcapng_cut_packet(struct pcapng *f, uint32_t interface, int64_t time_ns, struct wp_slice bytes,
                       size_t n_wire, const char *comment)
{
    struct option option = text_option(OPT_COMMENT, comment);
    uint32_t size = 32 + padded(bytes.n) + options_size(&option, 1);

    begin(f, ENHANCED_PACKET, size);
    put_u32(f, interface);
    put_u32(f, (uint32_t)((uint64_t)time_ns >> 32));
    put_u32(f, (uint32_t)time_ns);
    put_u32(f, (uint32_t)bytes.n);
    put_u32(f, (uint32_t)n_wire);
    put(f, bytes.p, bytes.n);
    put_options(f, &option, 1);
    put_u32(f, size);
}

/* ---- packets that wait ------------------------------------------------------------------------------ */

static void *get_memory(size_t n)
{
    void *p = malloc(n);

    if (!p) {
        fputs("wattproof: no memory for the packets of a capture\n", stderr);
        abort();
    }
    return p;
}

static void release_first(struct pcapng *f)
{
    struct held *h = f->first;

    write_packet(f, h->interface, h->time_ns, wp_slice(h->bytes, h->n), h->comment);
    f->first = h->next;
    f->n_held--;
    f->held_bytes -= sizeof *h + h->n;
    free(h->comment);
    free(h);
}

static char *copy_text(const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(get_memory(n), text, n);
}

static void hold(struct pcapng *f, uint32_t interface, int64_t time_ns, struct wp_slice bytes,
                 const char *comment)
{
    struct held *h = get_memory(sizeof *h + bytes.n);

    *h = (struct held){.interface = interface,
                       .time_ns = time_ns,
                       .comment = comment && *comment ? copy_text(comment) : NULL,
                       .n = bytes.n};
    if (bytes.n > 0)
        memcpy(h->bytes, bytes.p, bytes.n);
    *(f->first ? &f->last->next : &f->first) = h;
    f->last = h;
    f->n_held++;
    f->held_bytes += sizeof *h + bytes.n;
    while (f->held_bytes > f->held_max)
        release_first(f);
}

uint64_t pcapng_packet(struct pcapng *f, uint32_t interface, int64_t time_ns, struct wp_slice bytes,
                       const char *comment)
{
    if (f->held_max > 0)
        hold(f, interface, time_ns, bytes, comment);
    else
        write_packet(f, interface, time_ns, bytes, comment);
    return ++f->n_packets;
}

void pcapng_hold(struct pcapng *f, size_t bytes)
{
    f->held_max = bytes;
}

bool pcapng_comment(struct pcapng *f, uint64_t packet, const char *comment)
{
    uint64_t first = f->n_packets - f->n_held + 1;
    struct held *h = f->first;
    char *both;
    size_t n;

    if (packet < first || packet > f->n_packets)
        return false;
    for (uint64_t i = first; i < packet; i++)
        h = h->next;
    if (!h->comment) {
        h->comment = copy_text(comment);
        return true;
    }
    n = strlen(h->comment);
    both = get_memory(n + 1 + strlen(comment) + 1);
    memcpy(both, h->comment, n);
    both[n] = '\n';
    memcpy(both + n + 1, comment, strlen(comment) + 1);
    free(h->comment);
    h->comment = both;
    return true;
}

bool pcapng_close(struct pcapng *f)
{
    bool good;

    while (f->first)
        release_first(f);
    good = !ferror(f->file);
    good = fclose(f->file) == 0 && good;
    free(f);
    return good;
}
