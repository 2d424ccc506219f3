#include "sim/core/machine.h"

#include <assert.h>

static bool read_number(struct wp_slice text, size_t *at, uint32_t max, uint32_t *out)
{
    size_t start = *at;
    uint32_t v = 0;

    while (*at < text.n && text.p[*at] >= '0' && text.p[*at] <= '9' && *at - start < 6)
        v = v * 10 + (uint32_t)(text.p[(*at)++] - '0');
    *out = v;
    return *at > start && v <= max;
}

bool wp_addr_read(struct wp_slice text, struct wp_addr *out)
{
    uint32_t ip = 0, part;
    size_t at = 0;

    for (int i = 0; i < 4; i++) {
        if (i > 0 && (at == text.n || text.p[at++] != '.'))
            return false;
        if (!read_number(text, &at, 255, &part))
            return false;
        ip = ip << 8 | part;
    }
    part = 0;
    if (at < text.n && (text.p[at++] != ':' || !read_number(text, &at, UINT16_MAX, &part)))
        return false;
    if (at != text.n)
        return false;
    *out = (struct wp_addr){.ip = ip, .port = (uint16_t)part};
    return true;
}

void wp_put_ip(struct wp_writer *w, uint32_t ip)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        wp_put_uint(w, ip >> shift & 0xFF);
        if (shift > 0)
            wp_put_char(w, '.');
    }
}

void wp_put_addr(struct wp_writer *w, struct wp_addr addr)
{
    wp_put_ip(w, addr.ip);
    wp_put_char(w, ':');
    wp_put_uint(w, addr.port);
}

void wp_dial(struct wp_outbox *out, uint16_t endpoint)
{
    const struct wp_effect e = {.kind = WP_DIAL, .endpoint = endpoint};

    out->emit(out, &e);
}

void wp_hang_up(struct wp_outbox *out, wp_port port)
{
    const struct wp_effect e = {.kind = WP_HANG_UP, .port = port};

    out->emit(out, &e);
}

void wp_abort(struct wp_outbox *out, wp_port port)
{
    const struct wp_effect e = {.kind = WP_HANG_UP, .port = port, .abort = true};

    out->emit(out, &e);
}

void wp_send(struct wp_outbox *out, wp_port port, struct wp_slice bytes)
{
    const struct wp_effect e = {.kind = WP_SEND, .port = port, .bytes = bytes};

    out->emit(out, &e);
}

void wp_note(struct wp_outbox *out, const char *what, struct wp_slice text, int64_t count)
{
    const struct wp_effect e = {.kind = WP_NOTE, .note = {.what = what, .text = text, .count = count}};

    out->emit(out, &e);
}

struct wp_value wp_setup_value(const struct wp_setup *setup, const struct wp_option *option)
{
    struct wp_value value = wp_null();

    if (setup->own && setup->own->option == option)
        return setup->own->value;
    for (size_t i = setup->n_given; i-- > 0;)
        if (setup->given[i].option == option)
            return setup->given[i].value;
    if (option->fallback) {
        bool good = wp_option_read(option, wp_text(option->fallback), &value, NULL);

        assert(good);
    }
    return value;
}

struct wp_value wp_setup_get(const struct wp_setup *setup, const struct wp_option *table, size_t n,
                             const char *name)
{
    const struct wp_option *option = wp_option_find(table, n, wp_text(name));

    assert(option);
    return wp_setup_value(setup, option);
}

uint16_t wp_setup_endpoint(const struct wp_setup *setup, const char *name)
{
    for (size_t i = 0; i < setup->n_endpoints; i++)
        if (strcmp(setup->endpoints[i].name, name) == 0)
            return (uint16_t)i;
    assert(false && "the setup has an endpoint of that name");
    return 0;
}
