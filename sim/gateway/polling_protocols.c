/* The protocols whose devices can be polled, a row each.
 *
 * polling.ids may hold identifiers of several protocols: each device is asked for those that are of its own. */
#include "sim/gateway/polling.h"

/* Anything but an OBIS code; the south refuses what is no data identifier. */
static bool is_dlt645_id(struct wp_slice id)
{
    return !memchr(id.p, ':', id.n);
}

const struct polling_protocol polling_protocols[] = {
    {"dlt645", NULL, ivy_group_ids, is_dlt645_id},
};

const size_t polling_n_protocols = sizeof polling_protocols / sizeof polling_protocols[0];
