/* Which inverters the gateway has: what lxp.host, lxp.port, lxp.serial, lxp.datalog, octolux.prefix and lxp.more say.
 *
 * The first one has the options of its own, further ones stand in lxp.more:
 *
 *     lxp.more: "garage=5555555556:BA55555556@127.0.2.2:8000, house1=5555555560:BA55555560@127.0.3.1*40"
 *
 * An entry is PREFIX=SERIAL:DATALOG@IP[:PORT]; without a port it is lxp.port. With *N behind it there are N in a row:
 * the digits at the ends of prefix, serial and datalog and the IP address count up, house1 5555555560 BA55555560
 * 127.0.3.1, house2 5555555561 BA55555561 127.0.3.2. Without lxp.host there is no first one; without both there is
 * none, and neither the south nor the north of inverters has anything to do.
 *
 * The south dials them and the north names their topics; both find them here, in the same order. */
#ifndef WP_LXP_INVERTERS_H
#define WP_LXP_INVERTERS_H

#include "sim/core/machine.h"

enum {
    LXP_INVERTER_CHARS = 10,      /* of a serial, of an inverter or a datalog */
    LXP_INVERTER_PREFIX_MAX = 64, /* bytes of a topic prefix */
    LXP_INVERTERS_MAX = 100000,
    LXP_INVERTER_ENTRIES_MAX = 1000, /* of lxp.more */
};

struct lxp_inverter_site {
    struct wp_addr addr; /* of its datalog, where it is dialled */
    char serial[LXP_INVERTER_CHARS], datalog[LXP_INVERTER_CHARS];
    uint8_t n_prefix;
    char prefix[LXP_INVERTER_PREFIX_MAX]; /* what its topics begin with: "octolux" */
};

static inline struct wp_slice lxp_inverter_serial(const struct lxp_inverter_site *site)
{
    return wp_slice(site->serial, sizeof site->serial);
}

static inline struct wp_slice lxp_inverter_datalog(const struct lxp_inverter_site *site)
{
    return wp_slice(site->datalog, sizeof site->datalog);
}

static inline struct wp_slice lxp_inverter_prefix(const struct lxp_inverter_site *site)
{
    return wp_slice(site->prefix, site->n_prefix);
}

/* Are they all well said, each with a serial, a prefix and an address that no other one has? false: one sentence in
 * `why`, with the option's name. What follows is for setups that pass. */
bool lxp_inverters_check(const struct wp_setup *setup, struct wp_writer *why);

/* How many there are. */
size_t lxp_inverters_count(const struct wp_setup *setup);

/* Is it the serial of one of them, connected or not? */
bool lxp_inverters_have(const struct wp_setup *setup, struct wp_slice serial);

/* One after the other, each in a few steps:
 *
 *     struct lxp_inverter_walk walk = lxp_inverters_walk(setup);
 *     while (lxp_inverters_next(&walk, &site)) ... */
struct lxp_inverter_walk {
    struct wp_slice rest; /* of lxp.more; stands in the setup */
    uint16_t port;        /* lxp.port */
    size_t left;          /* of the entry at hand */
    struct lxp_inverter_site site;
};

struct lxp_inverter_walk lxp_inverters_walk(const struct wp_setup *setup);
bool lxp_inverters_next(struct lxp_inverter_walk *walk, struct lxp_inverter_site *out);

#endif
