/* A second south for a gateway under test. It understands nothing; each of its connections is told what to do
 * in text:
 *
 *     I000000000001   it is this device: told online as "fake"
 *     O               its device is told offline
 *     K               it keeps its device though another south says to have it
 *     H               hung up
 *     N               handed on, though nobody is behind it
 *
 * What happens to it becomes notes: `handed: 2 000000000001 7EA0`, `bytes: 2 4831`, `closed: 2`, `dropped: 2`. A
 * device that it is handed it tells online at once, or offline when it has FAKE_PORTS connections. Commands are answered "Fake". */
#ifndef FAKE_SOUTH_H
#define FAKE_SOUTH_H

#include "sim/core/machine.h"

enum { FAKE_PORTS = 64, FAKE_DIGITS = 12 };

struct fake_south {
    struct {
        wp_port port;
        uint32_t ip;
        bool keeps;
        char device[FAKE_DIGITS + 1]; /* "": nobody */
    } at[FAKE_PORTS];
    struct wp_outbox *out;
    wp_us now;
};

extern const struct wp_class fake_south_class;

static inline void fake_note(const struct fake_south *f, const char *what, wp_port port, struct wp_slice name,
                             struct wp_slice bytes)
{
    char text[20000];
    struct wp_writer w = wp_writer(text, sizeof text);

    wp_put_uint(&w, port);
    if (name.n) {
        wp_put_char(&w, ' ');
        wp_put_slice(&w, name);
    }
    if (bytes.n) {
        wp_put_char(&w, ' ');
        wp_put_hex(&w, bytes);
    }
    wp_note(f->out, what, wp_written(&w), 1);
}

static inline void fake_tell(const struct fake_south *f, struct wp_slice device, uint32_t ip, bool online)
{
    const struct wp_presence p = {
        .device = device, .protocol = fake_south_class.name, .online = online, .ip = ip, .at = f->now};
    const struct wp_effect e = {.kind = WP_PRESENCE, .presence = &p};

    f->out->emit(f->out, &e);
}

static inline void fake_presence(const struct fake_south *f, int i, bool online)
{
    fake_tell(f, wp_text(f->at[i].device), f->at[i].ip, online);
}

/* -1: no such connection, or no such device. */
static inline int fake_find(const struct fake_south *f, wp_port port)
{
    for (int i = 0; i < FAKE_PORTS; i++)
        if (f->at[i].port == port)
            return i;
    return -1;
}

static inline int fake_find_device(const struct fake_south *f, struct wp_slice device)
{
    for (int i = 0; i < FAKE_PORTS; i++)
        if (f->at[i].port && wp_slice_is(device, f->at[i].device))
            return i;
    return -1;
}

static inline void fake_name(struct fake_south *f, int i, struct wp_slice device)
{
    size_t n = device.n < FAKE_DIGITS ? device.n : FAKE_DIGITS;

    memcpy(f->at[i].device, device.p, n);
    f->at[i].device[n] = 0;
}

static inline void fake_forget(struct fake_south *f, int i)
{
    memset(&f->at[i], 0, sizeof f->at[i]);
}

static inline void fake_obey(struct fake_south *f, wp_port port, struct wp_slice bytes)
{
    const struct wp_handover h = {.bytes = bytes};
    const struct wp_effect on = {.kind = WP_HAND_ON, .port = port, .handover = &h};
    int i = fake_find(f, port);

    if (i < 0 || bytes.n == 0)
        return;
    switch (bytes.p[0]) {
    case 'I':
        fake_name(f, i, wp_slice_from(bytes, 1));
        fake_presence(f, i, true);
        break;
    case 'O': fake_presence(f, i, false); break;
    case 'K': f->at[i].keeps = true; break;
    case 'H':
        wp_hang_up(f->out, port);
        fake_forget(f, i);
        break;
    case 'N':
        fake_forget(f, i);
        f->out->emit(f->out, &on);
        break;
    default: break;
    }
}

static inline void fake_handed(struct fake_south *f, const struct wp_event *e)
{
    const struct wp_handover *h = e->handover;
    int i = fake_find(f, 0);

    fake_note(f, "handed", e->port, h->device, h->bytes);
    if (i < 0) {
        wp_hang_up(f->out, e->port);
        if (h->device.n)
            fake_tell(f, h->device, h->peer.ip, false);
        return;
    }
    f->at[i].port = e->port;
    f->at[i].ip = h->peer.ip;
    if (h->device.n) {
        fake_name(f, i, h->device);
        fake_presence(f, i, true);
    }
    fake_obey(f, e->port, h->bytes);
}

static inline void fake_closed(struct fake_south *f, const struct wp_event *e)
{
    int i = fake_find(f, e->port);

    fake_note(f, "closed", e->port, (struct wp_slice){NULL, 0}, (struct wp_slice){NULL, 0});
    if (i < 0)
        return;
    if (f->at[i].device[0])
        fake_presence(f, i, false);
    fake_forget(f, i);
}

static inline void fake_lose(struct fake_south *f, const struct wp_presence *p)
{
    int i = p->online ? fake_find_device(f, p->device) : -1;
    wp_port port = i < 0 ? 0 : f->at[i].port;

    if (!port || f->at[i].keeps)
        return;
    fake_note(f, "dropped", port, (struct wp_slice){NULL, 0}, (struct wp_slice){NULL, 0});
    fake_forget(f, i);
    wp_hang_up(f->out, port);
}

static inline void fake_answer(const struct fake_south *f, const struct wp_command *c)
{
    const struct wp_answer a = {
        .tag = c->tag, .from = c->from, .device = c->device, .fault = wp_text("Fake")};
    const struct wp_effect e = {.kind = WP_ANSWER, .answer = &a};

    f->out->emit(f->out, &e);
}

static inline void fake_step(void *machine, const struct wp_event *e, struct wp_outbox *out)
{
    struct fake_south *f = machine;

    f->out = out;
    f->now = e->now;
    switch (e->kind) {
    case WP_EV_OPEN: fake_note(f, "opened", e->port, wp_text(""), wp_text("")); break;
    case WP_EV_HANDED: fake_handed(f, e); break;
    case WP_EV_BYTES:
        fake_note(f, "bytes", e->port, wp_text(""), e->bytes);
        fake_obey(f, e->port, e->bytes);
        break;
    case WP_EV_CLOSE: fake_closed(f, e); break;
    case WP_EV_PRESENCE: fake_lose(f, e->presence); break;
    case WP_EV_COMMAND: fake_answer(f, e->command); break;
    default: break;
    }
}

static inline size_t fake_size(const struct wp_setup *setup)
{
    (void)setup;
    return sizeof(struct fake_south);
}

static inline void fake_init(const struct wp_setup *setup, void *memory)
{
    (void)setup;
    memset(memory, 0, sizeof(struct fake_south));
}

static inline wp_us fake_deadline(const void *machine)
{
    (void)machine;
    return WP_NEVER;
}

static const struct wp_endpoint fake_endpoints[] = {
    {.name = "meters", .transport = WP_TCP, .listen = true, .addr = {.port = 8899}}};

const struct wp_class fake_south_class = {
    .name = "fake",
    .help = "told what to do by its own connections",
    .endpoints = fake_endpoints,
    .n_endpoints = 1,
    .size = fake_size,
    .init = fake_init,
    .step = fake_step,
    .deadline = fake_deadline,
};

#endif
