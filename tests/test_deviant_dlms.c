/* Gateways that deviate from the IVY document where DLMS meters are concerned. */
#include "tests/deviant_rig.h"

static const struct expected expected[] = {
    /* Readings of DLMS meters: a statement of the OBIS table (IVY-176 ...) tells key, code, unit and factor of its row. */
    {"dlms-no-source", "IVY-159 IVY-161", false},
    {"dlms-source", "IVY-159", false},
    {"dlms-register", "IVY-161", false},
    {"dlms-array",
     "IVY-161 IVY-164 IVY-166 IVY-167 IVY-168 IVY-169 IVY-172 IVY-176 IVY-177 IVY-178 IVY-179 IVY-180 "
     "IVY-181 IVY-182 IVY-183 IVY-184 IVY-185",
     false},
    {"dlms-first",
     "IVY-164 IVY-166 IVY-167 IVY-168 IVY-169 IVY-172 IVY-176 IVY-177 IVY-178 IVY-179 IVY-180 IVY-181 "
     "IVY-182 IVY-184 IVY-185",
     false},
    {"dlms-keys",
     "IVY-164 IVY-166 IVY-167 IVY-168 IVY-169 IVY-172 IVY-176 IVY-177 IVY-178 IVY-179 IVY-180 IVY-181 "
     "IVY-182 IVY-183 IVY-184 IVY-185",
     true},
    {"dlms-no-unit", "IVY-165 IVY-180", false},
    {"dlms-no-obis", "IVY-165 IVY-166", false},
    {"dlms-short-obis",
     "IVY-166 IVY-176 IVY-177 IVY-178 IVY-179 IVY-180 IVY-181 IVY-182 IVY-183 IVY-184 IVY-185", false},
    {"dlms-text",
     "IVY-167 IVY-168 IVY-169 IVY-176 IVY-177 IVY-178 IVY-179 IVY-180 IVY-181 IVY-182 IVY-183 IVY-184 "
     "IVY-185",
     false},
    {"dlms-voltage", "IVY-167 IVY-180", false},
    {"dlms-current", "IVY-168 IVY-179 IVY-184", false},
    {"dlms-kilowatts", "IVY-169 IVY-176", false},
    {"dlms-watt-hours", "IVY-183", false},
    {"dlms-percent", "IVY-181", false},
    {"dlms-seconds", "IVY-163", false},
    {"dlms-deviation", "IVY-163", false},
    {"dlms-twice", "IVY-164", false},
    {"dlms-retained", "IVY-B30", false},
    {"dlms-never", "IVY-159 IVY-163 IVY-172 IVY-175", false},
    {"dlms-event-name", "IVY-170 IVY-171", true},
    {"dlms-event-type", "IVY-170", false},
    {"dlms-event-object", "IVY-170", false},
    {"dlms-event-twice", "IVY-171", false},
    {"dlms-event-never", "IVY-170 IVY-171", false},
};

int main(void)
{
    static const struct deviants all = {
        .begins = "dlms",
        .expected = expected,
        .n_expected = sizeof expected / sizeof expected[0],
        .select = "ivy-dlms-members ivy-dlms-clock",
        .pics = "north.ivy, south.dlt645, south.dlms",
        .south = "",
        .ready = ",\n        ready: {topic: ivy/v1/gateway/status}",
    };

    return deviants_main(&all);
}
