#include "harness/broker_url.h"

#include <ctype.h>
#include <stdlib.h>

enum { MQTT_PORT = 1883, MQTTS_PORT = 8883, HOST_MAX = 255 };

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decoded (RFC 3986, 2.1); NULL: a bad escape, or an octet 0. */
static const char *decode(struct arena *a, const char *text, size_t n)
{
    char *out = arena_get(a, n + 1);
    size_t k = 0;

    for (size_t i = 0; i < n; i++) {
        int high, low;

        if (text[i] != '%') {
            out[k++] = text[i];
            continue;
        }
        high = i + 2 < n ? hex_digit(text[i + 1]) : -1;
        low = high >= 0 ? hex_digit(text[i + 2]) : -1;
        if (low < 0 || (high == 0 && low == 0))
            return NULL;
        out[k++] = (char)(high * 16 + low);
        i += 2;
    }
    return out;
}

static bool read_credentials(struct arena *a, const char *text, size_t n, struct broker_url *out)
{
    const char *colon = memchr(text, ':', n);
    size_t n_user = colon ? (size_t)(colon - text) : n;

    out->user = decode(a, text, n_user);
    if (!out->user || n_user == 0)
        return false;
    if (!colon)
        return true;
    out->password = decode(a, colon + 1, n - n_user - 1);
    return out->password != NULL;
}

static bool read_port(const char *text, uint16_t *out)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);

    if (!isdigit((unsigned char)*text) || *end || port < 1 || port > UINT16_MAX)
        return false;
    *out = (uint16_t)port;
    return true;
}

static bool is_host(const char *host)
{
    if (!*host || strlen(host) > HOST_MAX)
        return false;
    for (; *host; host++)
        if (!isalnum((unsigned char)*host) && !strchr("-._", *host))
            return false;
    return true;
}

/* "[::1]": without its brackets, and what comes after them. */
static bool read_ip6(struct arena *a, const char *text, struct broker_url *out, const char **ret_rest)
{
    const char *end = strchr(text, ']');

    if (!end || end == text + 1 || strspn(text + 1, "0123456789abcdefABCDEF:.") != (size_t)(end - text - 1))
        return false;
    out->host = arena_text(a, wp_slice(text + 1, (size_t)(end - text - 1)));
    *ret_rest = end + 1;
    return true;
}

bool broker_url_read(struct arena *a, const char *text, struct broker_url *out)
{
    const char *at, *rest;

    *out = (struct broker_url){.tls = strncmp(text, "mqtts://", 8) == 0};
    out->port = out->tls ? MQTTS_PORT : MQTT_PORT;
    if (!out->tls && strncmp(text, "mqtt://", 7) != 0)
        return false;
    text += out->tls ? 8 : 7;
    text = arena_text(a, wp_slice(text, strcspn(text, "/?#"))); /* a path says nothing here */
    at = strrchr(text, '@');
    if (at && !read_credentials(a, text, (size_t)(at - text), out))
        return false;
    text = at ? at + 1 : text;
    if (*text == '[') {
        if (!read_ip6(a, text, out, &rest))
            return false;
    } else {
        rest = text + strcspn(text, ":");
        out->host = arena_text(a, wp_slice(text, (size_t)(rest - text)));
        if (!is_host(out->host))
            return false;
    }
    return *rest == 0 || (*rest == ':' && read_port(rest + 1, &out->port));
}

void broker_url_put(struct wp_writer *w, const struct broker_url *url)
{
    bool ip6 = strchr(url->host, ':') != NULL;

    wp_put_text(w, url->tls ? "mqtts://" : "mqtt://");
    wp_put_text(w, ip6 ? "[" : "");
    wp_put_text(w, url->host);
    wp_put_text(w, ip6 ? "]:" : ":");
    wp_put_uint(w, url->port);
}
