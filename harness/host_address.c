#include "harness/host_address.h"

#include <arpa/inet.h>
#include <netdb.h>

const char *host_address(struct arena *a, const char *host, struct wp_writer *why)
{
    const struct addrinfo want = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *all;
    char text[INET_ADDRSTRLEN];
    int rc = getaddrinfo(host, NULL, &want, &all);

    if (rc != 0) {
        wp_put_text(why, arena_print(a, "host '%s' has no IPv4 address: %s", host, gai_strerror(rc)));
        return NULL;
    }
    inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)all->ai_addr)->sin_addr, text,
              sizeof text);
    freeaddrinfo(all);
    return arena_text(a, wp_text(text));
}
