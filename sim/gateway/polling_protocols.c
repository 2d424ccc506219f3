/* The protocols whose devices can be polled, a row each.
 *
 * polling.ids may hold identifiers of several protocols: each device is asked for those that are of its own. */
#include "sim/gateway/polling.h"

#include "sim/codec/obis.h"
#include "sim/gateway/ivy_objects.h"

/* Anything but an OBIS code; the south refuses what is no data identifier. */
static bool is_dlt645_id(struct wp_slice id)
{
    return !memchr(id.p, ':', id.n);
}

/* The document has groups for DL/T 645 meters alone: of these all ten objects are read. */
static size_t objects(enum ivy_group group, struct wp_slice *out)
{
    (void)group;
    return ivy_object_ids(out);
}

static bool is_obis(struct wp_slice id)
{
    struct obis code;

    return obis_read(id, &code);
}

const struct polling_protocol polling_protocols[] = {
    {"dlt645", NULL, ivy_group_ids, is_dlt645_id},
    {"dlms", "dlms.polling", objects, is_obis},
};

const size_t polling_n_protocols = sizeof polling_protocols / sizeof polling_protocols[0];
