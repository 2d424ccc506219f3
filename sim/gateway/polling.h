/* The poller: gives every connected device one read command per interval, one device after the other. */
#ifndef WP_POLLING_H
#define WP_POLLING_H

#include "sim/gateway/gateway.h"
#include "sim/gateway/ivy_registers.h"
#include "sim/gateway/roster.h"

enum { POLLING_IDS_MAX = 32 };

/* How devices of a protocol are polled; the rows stand in polling_protocols.c. */
struct polling_protocol {
    const char *name;   /* as presence has it: "dlt645" */
    const char *permit; /* a south's option, true|false: polled only if it is true; NULL: always polled */
    /* The group in the protocol's own words, at most POLLING_IDS_MAX; 0: it has no such group. The texts are
     * literals. */
    size_t (*group_ids)(enum ivy_group group, struct wp_slice *out);
    bool (*is_id)(struct wp_slice id); /* could this one of polling.ids be meant for it? */
};

enum { POLLING_PROTOCOLS_MAX = 8 };

extern const struct polling_protocol polling_protocols[];
extern const size_t polling_n_protocols;

struct polling {
    struct gateway_facts *facts; /* polling.enabled, interval and last_run are kept there, for all to see */
    const struct roster *roster;
    wp_us stagger;
    enum ivy_group group;
    const struct polling_protocol *protocols;
    size_t n_protocols;
    struct {
        const struct wp_option *option; /* NULL: none, or no south has it */
        bool yes;
    } permit[POLLING_PROTOCOLS_MAX];
    struct wp_slice own_ids[POLLING_IDS_MAX]; /* polling.ids; they stand in the setup */
    size_t n_own_ids;
    wp_us next_cycle, next_turn;  /* WP_NEVER: no turn is left in this cycle */
    struct roster_device *cursor; /* whose turn comes next */
    uint32_t cycle;
    size_t n_done; /* connected devices that had their turn in this cycle */
};

/* May it poll what the setup says? false: one sentence in `why`. */
bool polling_check(const struct wp_setup *setup, struct wp_writer *why);
void polling_init(struct polling *p, const struct wp_setup *setup, const struct roster *roster,
                  struct gateway_facts *facts);
/* Another table of protocols than polling_protocols; it outlives the poller. */
void polling_use(struct polling *p, const struct wp_setup *setup, const struct polling_protocol *protocols,
                 size_t n);
void polling_start(struct polling *p, wp_us now);
/* An option of the gateway's or of a part's has changed; those of others are passed over. */
void polling_set(struct polling *p, const struct wp_option *option, struct wp_value value, wp_us now);
/* `d` is about to leave the roster. */
void polling_forget(struct polling *p, const struct roster_device *d);
wp_us polling_deadline(const struct polling *p);
/* Gives the commands that are due by `now`. */
typedef void polling_give(void *ctx, const struct roster_device *to, const struct wp_command *command);
void polling_step(struct polling *p, wp_us now, polling_give *give, void *ctx);

#endif
