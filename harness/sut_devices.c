#include "harness/sut_devices.h"

#include "harness/sut_process.h"

#include <ctype.h>
#include <stdlib.h>

enum { LOOPBACK_NET = 127, SHORTEST_PLACE = 7, LONGEST_PLACE = 21 }; /* 0.0.0.0, 255.255.255.255:65535 */

/* ---- what the scenario's devices do ------------------------------------------------------------------ */

static bool is_stream(const struct wp_endpoint *e)
{
    return e->transport == WP_TCP || e->transport == WP_SERIAL;
}

static bool has_endpoint(const struct scenario *s, bool listens)
{
    for (size_t i = 0; i < s->n_devices; i++)
        for (size_t k = 0; k < s->devices[i].class->n_endpoints; k++) {
            const struct wp_endpoint *e = &s->devices[i].class->endpoints[k];

            if (e->listen == listens && (is_stream(e) || e->transport == WP_UDP))
                return true;
        }
    return false;
}

bool sut_is_dialled(const struct scenario *s)
{
    return has_endpoint(s, true);
}

bool sut_is_to_listen(const struct scenario *s)
{
    return has_endpoint(s, false);
}

bool sut_is_service(const struct scenario_device *d)
{
    for (size_t i = 0; i < d->class->n_endpoints; i++)
        if (d->class->endpoints[i].transport == WP_BUS)
            return true;
    return false;
}

bool sut_is_on_bus(const struct scenario *s)
{
    for (size_t i = 0; i < s->n_devices; i++)
        if (sut_is_service(&s->devices[i]))
            return true;
    return false;
}

/* ---- where they are ---------------------------------------------------------------------------------- */

static size_t count_places(const struct scenario *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n_devices; i++)
        for (size_t k = 0; k < s->devices[i].class->n_endpoints; k++)
            if (s->devices[i].class->endpoints[k].listen && is_stream(&s->devices[i].class->endpoints[k]))
                n += s->devices[i].count;
    return n;
}

static void put_scenario_places(const struct scenario *s, struct sut_devices *d)
{
    for (size_t i = 0; i < s->n_devices; i++)
        for (uint32_t k = 0; k < s->devices[i].count; k++)
            for (size_t e = 0; e < s->devices[i].class->n_endpoints; e++) {
                const struct wp_endpoint *at = &s->devices[i].class->endpoints[e];

                if (at->listen && is_stream(at))
                    d->at[d->n++].scenario = (struct wp_addr){s->devices[i].ip + k, at->addr.port};
            }
}

/* 0 as an address: free at every one of this machine. */
static struct wp_addr real_place(const struct sut *sut, size_t i, struct wp_addr scenario, uint16_t free_port)
{
    const struct wp_addr *first = &sut->south.devices;
    bool is_near = first->ip >> 24 == LOOPBACK_NET;

    if (i == 0 && first->port != 0)
        return *first;
    if (is_near)
        return (struct wp_addr){scenario.ip, free_port};
    return (struct wp_addr){first->ip, i == 0 ? free_port : sut_free_port(first->ip)};
}

bool sut_find_devices(const struct sut *sut, const struct scenario *s, struct arena *a,
                      struct sut_devices *out, struct wp_writer *why)
{
    uint16_t free_port = sut->south.devices.port;
    size_t n = count_places(s);

    *out = (struct sut_devices){.at = arena_get(a, (n + 1) * sizeof *out->at)};
    if (!sut->south.dials || n == 0)
        return true;
    if (free_port == 0)
        free_port = sut_free_port(0);
    put_scenario_places(s, out);
    for (size_t i = 0; i < n; i++) {
        out->at[i].real = real_place(sut, i, out->at[i].scenario, free_port);
        if (out->at[i].real.port == 0) {
            wp_put_text(why, "no port is free for our devices");
            return false;
        }
    }
    return true;
}

/* ---- in the words of an option ----------------------------------------------------------------------- */

/* The address at the beginning of `text`, and how many characters it has; 0: there is none. */
static size_t read_place(const char *text, uint16_t standard, struct wp_addr *out)
{
    size_t n = strspn(text, "0123456789.:");

    for (; n > 0 && !wp_addr_read(wp_slice(text, n), out); n--)
        ;
    if (n > 0 && out->port == 0)
        out->port = standard;
    return n;
}

static const struct wp_world_place *find_place(const struct sut_devices *d, struct wp_addr scenario)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->at[i].scenario.ip == scenario.ip && d->at[i].scenario.port == scenario.port)
            return &d->at[i];
    return NULL;
}

/* A serial number is no part of an address. */
static size_t word_length(const char *text)
{
    size_t n = 0;

    while (isalnum((unsigned char)text[n]) || text[n] == '_')
        n++;
    return n > 0 ? n : 1;
}

const char *sut_real_text(struct arena *a, const struct sut_devices *d, const char *text, uint16_t standard)
{
    size_t room = strlen(text) * (LONGEST_PLACE / SHORTEST_PLACE + 1) + 1;
    char *out = arena_get(a, room);
    struct wp_writer w = wp_writer(out, room);

    while (*text) {
        struct wp_addr addr;
        size_t n = read_place(text, standard, &addr);
        const struct wp_world_place *place = n > 0 ? find_place(d, addr) : NULL;

        if (n == 0)
            n = word_length(text);
        if (place)
            wp_put_addr(&w, place->real);
        else
            wp_put_slice(&w, wp_slice(text, n));
        text += n;
    }
    return wp_put_end(&w);
}
