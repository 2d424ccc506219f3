/* What the sun gives the strings of the inverter and what the house takes, by the time of day. */
#include "sim/device/lxp_inverter_physics.h"

enum { FUSE_WATT = 32000 }; /* the house takes no more, whatever is given */

/* What the strings give at so much of their peaks. */
static void shine(struct lxp_physics *p, int64_t ppm, int32_t strings[3])
{
    for (unsigned i = 0; i < 3; i++) {
        int64_t peak = p->setting[LXP_PHYSICS_PV1_PEAK + i] * (INT64_C(1000) + p->sun_permille) / 1000;

        strings[i] = (int32_t)(peak * ppm / SUN_PPM);
        p->lit |= (uint8_t)((strings[i] > 0) << i);
    }
}

/* The power that was given, shared by the peaks; all of the first string when it has none. */
static void share(struct lxp_physics *p, int32_t strings[3])
{
    const uint16_t *peak = &p->setting[LXP_PHYSICS_PV1_PEAK];
    int32_t power = p->setting[LXP_PHYSICS_PV_POWER], sum = peak[0] + peak[1] + peak[2];

    for (unsigned i = 1; i < 3; i++)
        strings[i] = sum > 0 ? (int32_t)((int64_t)power * peak[i] / sum) : 0;
    strings[0] = power - strings[1] - strings[2];
    for (unsigned i = 0; i < 3; i++)
        p->lit |= (uint8_t)((strings[i] > 0) << i);
}

int64_t lxp_physics_sun(struct lxp_physics *p, int32_t strings[3])
{
    int64_t next;

    p->lit = 0;
    if (p->setting[LXP_PHYSICS_PV_POWER] != LXP_SETTING_NONE) {
        share(p, strings);
        return INT64_MAX;
    }
    shine(p, sun_ppm(&p->sun, p->now_ms, &next), strings);
    return next;
}

int64_t lxp_physics_load(const struct lxp_physics *p, int32_t *ret_watt)
{
    int64_t watt = p->setting[LXP_PHYSICS_LOAD_POWER] * (INT64_C(1000) + p->load_permille) / 1000;
    int64_t next = INT64_MAX;

    if (p->setting[LXP_PHYSICS_LOAD_PROFILE] == 1)
        watt = watt * sun_home(p->now_ms, &next) / 4000;
    *ret_watt = watt < FUSE_WATT ? (int32_t)watt : FUSE_WATT;
    return next;
}
