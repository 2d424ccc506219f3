/* What `wattproof gateway FILE` is told: a YAML file or an INI file, and the environment, which wins. */
#ifndef WP_SERVICE_CONFIG_H
#define WP_SERVICE_CONFIG_H

#include "harness/service_options.h"
#include "sim/world/access.h"

enum service_level { SERVICE_ERROR, SERVICE_WARNING, SERVICE_INFO, SERVICE_DEBUG };

struct service_config {
    struct arena arena;
    const struct wp_class *norths[SERVICE_NORTHS_MAX], *souths[SERVICE_SOUTHS_MAX];
    size_t n_norths, n_souths;
    enum service_level level;
    const char *run_dir;
    const char *bus; /* of a south that has services there; NULL: there is none */
    struct service_broker {
        const char *host; /* of an external one; NULL: an own one */
        uint16_t port;
        bool tls, insecure;             /* external: insecure: its certificate may be anybody's */
        const char *ca;                 /* external: PEM file; NULL: whom this system trusts */
        bool none;                      /* there is no API, so nobody to have a broker for */
        struct wp_addr mqtt, websocket; /* own: ip 0 is every interface, port 0 a free one */
        const struct wp_access *access; /* own: NULL: everybody may do everything */
        uint32_t max_queued;
        int64_t restart_after_us;
    } broker;
    struct wp_option_value *given; /* setup.given, as it grows */
    struct wp_parts parts;
    struct wp_setup setup; /* of the gateway: given options, endpoints with their addresses, parts */
};

/* file NULL: the defaults, and the environment. false: `why` has a line for each thing that is wrong, with its place
 * (FILE:LINE:COLUMN, or the variable). Secrets are in no message. service_config_free is due either way. */
bool service_config_read(struct service_config *c, const char *file, struct wp_writer *why);
/* The same of a file's text. */
bool service_config_read_text(struct service_config *c, const char *file, struct wp_slice text,
                              struct wp_writer *why);
void service_config_free(struct service_config *c);

/* "north ivy; meters on 127.0.0.1:8899; MQTT on ..." */
void service_config_put(const struct service_config *c, struct wp_writer *w);

#endif
