#include "harness/pcap_bus.h"

#include "harness/pcap_notes.h"
#include "sim/world/bus_seen.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    PORTS = 1024, /* buckets */
    SEEN =
        1
        << 16, /* messages that are known again when they arrive; a later one takes the place of an earlier one */
    NAME_BYTES = 255,
};

/* A connection of one of our machines. */
struct port {
    struct port *next; /* in the same bucket */
    wp_port port;
    uint8_t name[NAME_BYTES]; /* its unique one */
    size_t n_name;
};

struct seen {
    uint64_t key; /* of bus_seen.h; 0: free */
    uint64_t packet;
};

struct pcap_bus {
    char *path, *scenario;
    struct pcapng *file; /* NULL: no message so far, or it cannot be written */
    bool is_broken;      /* it cannot be written */
    uint32_t interface;
    struct pcap_notes *notes; /* with the file */
    struct wp_record step;    /* the last one before the file; its texts are ours */
    char step_what[PCAP_COMMENT_BYTES], step_text[PCAP_COMMENT_BYTES];
    struct port *ports[PORTS];
    size_t n_ports;
    struct seen *seen; /* with the file */
    uint64_t packet;   /* of the message that was taken last */
    uint8_t *stamped;
    size_t cap;
};

static void *get_memory(size_t n)
{
    void *p = calloc(1, n);

    if (!p) {
        fputs("wattproof: no memory for the messages of this run\n", stderr);
        abort();
    }
    return p;
}

static char *copy(const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(get_memory(n), text, n);
}

/* ---- the file ----------------------------------------------------------------------------------------- */

static bool open_file(struct pcap_bus *b)
{
    char text[600];
    struct wp_writer why = wp_writer(text, sizeof text);

    if (b->file || b->is_broken)
        return b->file != NULL;
    b->file = pcapng_new(b->path, "wattproof", &why);
    b->is_broken = !b->file;
    if (b->is_broken)
        return false;
    b->interface = pcapng_interface(b->file, PCAPNG_DBUS, "bus");
    b->notes = pcap_notes_new(b->file, b->scenario);
    b->seen = get_memory(SEEN * sizeof *b->seen);
    if (b->step.kind == WP_REC_STEP)
        pcap_notes_step(b->notes, &b->step);
    return true;
}

struct pcap_bus *pcap_bus_new(const char *path, const char *scenario)
{
    struct pcap_bus *b = get_memory(sizeof *b);

    unlink(path);
    b->path = copy(path);
    b->scenario = copy(scenario);
    return b;
}

static void forget_ports(struct pcap_bus *b)
{
    for (size_t i = 0; i < PORTS; i++) {
        for (struct port *next, *p = b->ports[i]; p; p = next) {
            next = p->next;
            free(p);
        }
    }
}

bool pcap_bus_close(struct pcap_bus *b)
{
    bool good = !b->is_broken;

    forget_ports(b);
    if (b->file) {
        good = pcapng_close(b->file);
        pcap_notes_free(b->notes);
    }
    free(b->stamped);
    free(b->seen);
    free(b->path);
    free(b->scenario);
    free(b);
    return good;
}

/* ---- connections ---------------------------------------------------------------------------------------- */

static struct port **find_port(struct pcap_bus *b, wp_port port)
{
    struct port **at = &b->ports[port % PORTS];

    while (*at && (*at)->port != port)
        at = &(*at)->next;
    return at;
}

static void take_open(struct pcap_bus *b, const struct wp_record *r)
{
    struct wp_slice name = r->open.bus_name;
    struct port **at = find_port(b, r->port);

    if (r->open.transport != WP_BUS || *at || name.n > NAME_BYTES)
        return;
    *at = get_memory(sizeof **at);
    (*at)->port = r->port;
    (*at)->n_name = name.n;
    if (name.n > 0)
        memcpy((*at)->name, name.p, name.n);
    b->n_ports++;
}

/* When nobody is connected any more, the bus may begin anew and give its names and serials a second time. */
static void take_close(struct pcap_bus *b, const struct wp_record *r)
{
    struct port **at = find_port(b, r->port), *gone = *at;

    if (!gone)
        return;
    *at = gone->next;
    free(gone);
    if (--b->n_ports == 0 && b->seen)
        memset(b->seen, 0, SEEN * sizeof *b->seen);
}

/* ---- messages --------------------------------------------------------------------------------------------- */

/* As the bus hands it on. */
static struct wp_slice stamp(struct pcap_bus *b, struct wp_slice message, struct wp_slice sender)
{
    struct wp_writer w;

    if (b->cap < message.n + BUS_STAMP_BYTES) {
        free(b->stamped);
        b->cap = 2 * (message.n + BUS_STAMP_BYTES);
        b->stamped = get_memory(b->cap);
    }
    w = wp_writer(b->stamped, b->cap);
    return bus_seen_stamp(&w, message, sender) ? wp_written(&w) : message;
}

static void take_message(struct pcap_bus *b, const struct wp_record *r, int64_t time_ns)
{
    const struct port *port = *find_port(b, r->port);
    struct wp_slice sender = {NULL, 0};
    char comment[PCAP_COMMENT_BYTES];
    struct seen *seen;
    uint64_t key;

    if (!port)
        return;
    if (r->kind == WP_REC_SEND)
        sender = wp_slice(port->name, port->n_name);
    if (!bus_seen_key(r->bytes, sender, &key) || !open_file(b))
        return;
    seen = &b->seen[(key ^ key >> 32) % SEEN];
    if (seen->key != key)
        *seen = (struct seen){key, pcapng_packet(b->file, b->interface, time_ns,
                                                 sender.p ? stamp(b, r->bytes, sender) : r->bytes,
                                                 pcap_notes_take(b->notes, comment))};
    b->packet = seen->packet;
    pcap_notes_place(b->notes, r->seq, b->packet);
}

/* Steps before the first message: the last one is the one that it says. */
static void take_step(struct pcap_bus *b, const struct wp_record *r)
{
    if (b->file) {
        pcap_notes_step(b->notes, r);
        return;
    }
    snprintf(b->step_what, sizeof b->step_what, "%s", r->note.what);
    snprintf(b->step_text, sizeof b->step_text, "%.*s", (int)r->note.text.n, (const char *)r->note.text.p);
    b->step = *r;
    b->step.note.what = b->step_what;
    b->step.note.text = wp_text(b->step_text);
}

void pcap_bus_take(struct pcap_bus *b, const struct wp_record *r, int64_t time_ns)
{
    switch (r->kind) {
    case WP_REC_OPEN: take_open(b, r); break;
    case WP_REC_CLOSE: take_close(b, r); break;
    case WP_REC_SEND:
    case WP_REC_RECEIPT: take_message(b, r, time_ns); break;
    case WP_REC_FRAME:
        if (b->file && *find_port(b, r->port))
            pcap_notes_place(b->notes, r->seq, b->packet); /* of the message just taken */
        break;
    case WP_REC_STEP: take_step(b, r); break;
    case WP_REC_CHECK:
        if (b->file)
            pcap_notes_check(b->notes, r);
        break;
    default: break;
    }
}
