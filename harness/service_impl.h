/* Private to the files that read the service's configuration. */
#ifndef WP_SERVICE_IMPL_H
#define WP_SERVICE_IMPL_H

#include "harness/service_config.h"
#include "harness/yaml.h"

struct service_reader {
    struct service_config *config;
    const char *file;
    const struct node *root;
    struct wp_writer *why;
    bool good;
};

/* What is given for a key, and where that stands: "FILE:3:9", or the name of a variable. text NULL: nothing is. */
struct service_setting {
    const char *text, *where;
};

/* "WHERE: SENTENCE" and a line end to `why`; the configuration is not good then. */
void service_complain(struct service_reader *r, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Where a node's value stands, and where its key does. */
const char *service_where(const struct service_reader *r, const struct node *n);
const char *service_where_key(const struct service_reader *r, const struct node *n);

/* The value of `key`: the variable of its full name, else the member of `map` (NULL: no such level). A secret may be
 * read from the file that KEY_file, or VARIABLE_FILE, names. Null is as good as nothing. */
struct service_setting service_find(struct service_reader *r, const struct node *map, const char *key,
                                    const char *full_name, bool is_secret);
/* A path as it was given; a relative one begins where it was said. */
const char *service_path(struct service_reader *r, struct service_setting name);
/* By the option's row; false: not given, or complained about. */
bool service_take(struct service_reader *r, const struct wp_option *option, struct service_setting setting,
                  struct wp_value *out);
/* `map` is a map whose keys are all among these; `level` is what it is called. */
void service_check_keys(struct service_reader *r, const struct node *map, const char *level,
                        const char *const *names, size_t n);

/* A port, an address, or both; what is not said is as in `fallback`. */
struct wp_addr service_read_addr(struct service_reader *r, const char *name, struct service_setting s,
                                 struct wp_addr fallback);

/* What was given for the service's own keys. */
struct service_own {
    struct wp_value value[SERVICE_N_OPTIONS]; /* or the default; WP_NULL: neither */
    struct service_setting setting[SERVICE_N_OPTIONS];
};

/* config->norths, souths, parts. */
void service_read_parts(struct service_reader *r);

void service_read_broker(struct service_reader *r, const struct service_own *own, uint32_t bind);

/* Who may do what at the own broker, from broker.users, broker.rules and broker.vrm; NULL: everybody everything. The gateway gets
 * a user of its own with all rights; its name and password are added to the given options. */
const struct wp_access *service_access(struct service_reader *r, const struct wp_value *anonymous,
                                       bool close_on_denied);
/* One more given option; later ones win. */
void service_give(struct service_config *c, const struct wp_option *option, struct wp_value value);

#endif
