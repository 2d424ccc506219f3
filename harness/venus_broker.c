#include "harness/venus_broker.h"

#include <stdio.h>

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct wp_slice trimmed(struct wp_slice s)
{
    while (s.n > 0 && is_blank(s.p[0]))
        s = wp_slice_from(s, 1);
    while (s.n > 0 && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

static bool refuse(struct wp_writer *why, const char *what)
{
    wp_put_text(why, what);
    wp_put_text(why, "; it is what stands behind N/ in a topic, such as c0619ab12345");
    return false;
}

bool venus_broker_find(struct wp_slice portal, struct venus_broker *out, struct wp_writer *why)
{
    struct venus_broker b = {.sum = 0};
    struct wp_slice id = trimmed(portal);

    if (id.n == 0)
        return refuse(why, "the portal ID is empty");
    if (id.n > VENUS_PORTAL_MAX)
        return refuse(why, "the portal ID is longer than 64 characters");
    for (size_t i = 0; i < id.n; i++) {
        uint8_t c = id.p[i];

        if (c <= ' ' || c > '~')
            return refuse(why, "the portal ID has a character that is no visible ASCII");
        if (c >= 'A' && c <= 'Z')
            c = (uint8_t)(c - 'A' + 'a');
        b.portal[i] = (char)c;
        b.sum += c;
    }
    b.index = b.sum % VENUS_BROKERS;
    snprintf(b.mqtt, sizeof b.mqtt, "mqtt%u.victronenergy.com", (unsigned)b.index);
    snprintf(b.webmqtt, sizeof b.webmqtt, "webmqtt%u.victronenergy.com", (unsigned)b.index);
    *out = b;
    return true;
}
