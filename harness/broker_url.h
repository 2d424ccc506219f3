/* The address of a broker that is not ours, as a URL: mqtt://user:password@host:1883, mqtts://host:8883. */
#ifndef WP_BROKER_URL_H
#define WP_BROKER_URL_H

#include "harness/arena.h"

struct broker_url {
    const char *host;            /* a name, or an address without brackets */
    const char *user, *password; /* percent-decoded (RFC 3986, 2.1); NULL: not given */
    uint16_t port;               /* 1883, or 8883 with TLS, when the URL has none */
    bool tls;
};

/* false: it is none. */
bool broker_url_read(struct arena *a, const char *text, struct broker_url *out);
/* Without user and password: for people. */
void broker_url_put(struct wp_writer *w, const struct broker_url *url);

#endif
