/* Whose firmware it has, one row each.
 *
 * Most are seen in published traffic: protocol 2 with blocks of 40 is the older dongle; 5 the newer, which pushes in blocks
 * of 127 and may set the address octet to 0, and whose number flips with its cloud session. A read reply of protocol 1 has no
 * length octet. Some dongles serve one client only. source: protocols/luxpower-and-octolux a.3, a.6, a.7 */
#include "sim/device/lxp_inverter_inside.h"

const struct lxp_inverter_profile lxp_inverter_profiles[] = {
    /* name, protocol, address, read_max, clients_max, push_form */
    {"lxp3600", "2", 1, 40, 4, 40},    {"protocol1", "1", 1, 40, 4, 40}, {"protocol5", "5", 1, 125, 4, 40},
    {"block127", "5", 1, 127, 4, 127}, {"address0", "2", 0, 40, 4, 40},  {"flip", "flip", 1, 40, 4, 40},
    {"single", "2", 1, 40, 1, 40},
};

const struct lxp_inverter_profile *lxp_inverter_profile_find(struct wp_slice name)
{
    for (size_t i = 0; i < sizeof lxp_inverter_profiles / sizeof lxp_inverter_profiles[0]; i++)
        if (wp_slice_is(name, lxp_inverter_profiles[i].name))
            return &lxp_inverter_profiles[i];
    return NULL;
}
