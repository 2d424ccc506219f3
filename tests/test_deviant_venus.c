/* Gateways that deviate from the document of the Victron API. Their services are on our message bus. */
#include "tests/deviant_rig.h"

static const struct expected expected[] = {
    /* Payloads as they are written: VEN-030, VEN-033 and VEN-035 are samples of the document to the byte. */
    {"venus-blank", "VEN-024 VEN-030 VEN-033 VEN-035 VEN-112", false},
    {"venus-newline", "VEN-024 VEN-030 VEN-033 VEN-035 VEN-112", false},
    {"venus-whole", "VEN-024 VEN-030 VEN-035 VEN-B28", false},
    {"venus-real", "VEN-024 VEN-030", false},
    {"venus-order", "VEN-024 VEN-058 VEN-120", false},
    {"venus-no-limits", "VEN-058", false},
    {"venus-text", "VEN-024 VEN-030 VEN-B28", false},
    {"venus-unit", "VEN-023 VEN-024 VEN-030 VEN-033 VEN-035 VEN-112", false},
    {"venus-bare", "VEN-023 VEN-024 VEN-030 VEN-032 VEN-033 VEN-035 VEN-060 VEN-112", false},
    {"venus-invalid-zero", "VEN-033 VEN-035 VEN-112", false},
    {"venus-invalid-list", "VEN-033 VEN-035 VEN-112 VEN-B37", false},
    {"venus-invalid-never", "VEN-033 VEN-035 VEN-112 VEN-B15", false},
    {"venus-left-null", "VEN-038", false},
    {"venus-left-never", "VEN-037 VEN-038 VEN-B15", false},
    {"venus-left-twice", "VEN-037 VEN-B15", false},
    {"venus-left-retained", "VEN-B36", false},
    {"venus-instance",
     "VEN-022 VEN-030 VEN-033 VEN-035 VEN-037 VEN-038 VEN-058 VEN-059 VEN-065 VEN-112 VEN-B15", false},
    {"venus-type", "VEN-020 VEN-030 VEN-033 VEN-035 VEN-037 VEN-038 VEN-058 VEN-059 VEN-065 VEN-112 VEN-B15",
     false},
    {"venus-portal",
     "VEN-018 VEN-030 VEN-033 VEN-035 VEN-037 VEN-038 VEN-058 VEN-059 VEN-065 VEN-112 VEN-B15", false},
    {"venus-lower-case", "VEN-030 VEN-035 VEN-037 VEN-038 VEN-058 VEN-059 VEN-065 VEN-B15", false},
    {"venus-slashes",
     "VEN-017 VEN-030 VEN-033 VEN-035 VEN-037 VEN-038 VEN-058 VEN-059 VEN-065 VEN-112 VEN-B15", false},
    {"venus-node", "VEN-059", false},
    {"venus-twice", "VEN-058 VEN-059 VEN-B15", false},
    {"venus-never", "VEN-030 VEN-033 VEN-035 VEN-037 VEN-038 VEN-058 VEN-059 VEN-065 VEN-112 VEN-B15", false},
    {"venus-late", "VEN-030 VEN-033 VEN-035 VEN-037 VEN-038 VEN-058 VEN-059 VEN-065 VEN-112 VEN-B15", false},
    {"venus-retained", "VEN-B36", false},
    {"venus-qos-1", "VEN-B36", false},
    {"venus-marker-first", "VEN-084", false},
    {"venus-marker-never", "VEN-084 VEN-086 VEN-089 VEN-090 VEN-097", false},
    {"venus-marker-twice", "VEN-084 VEN-086 VEN-097", false},
    {"venus-marker-ms", "VEN-085", false},
    {"venus-marker-retained", "VEN-B36", false},
    {"venus-echo-lost", "VEN-090", false},
    {"venus-echo-order", "VEN-090", false},
    {"venus-echo-case", "VEN-090", false},
    {"venus-write-real", "VEN-150", false},
    {"venus-write-never", "VEN-004 VEN-044 VEN-045 VEN-047 VEN-150", false},
    {"venus-write-twice", "VEN-044", false},
    {"venus-write-stored", "VEN-151 VEN-B14", false},
    {"venus-read-never", "VEN-058 VEN-059 VEN-065", false},
    {"venus-keepalive-never", "VEN-041 VEN-079 VEN-084 VEN-086 VEN-097 VEN-B26", false},
    {"venus-suppress-always", "VEN-041 VEN-079 VEN-084 VEN-086 VEN-097", false},
    {"venus-any-portal", "VEN-B11", false},
};

int main(void)
{
    static const struct deviant_group groups[] = {
        {"venus-marker", "venus-keepalive-empty venus-keepalive-echo"},
        {"venus-echo", "venus-keepalive-empty venus-keepalive-echo"},
        {"venus-keepalive", "venus-keepalive-empty venus-keepalive-suppress-first"},
        {"venus-suppress", "venus-keepalive-empty venus-keepalive-suppress-first"},
        {"venus-read", "venus-read-leaf venus-read-node"},
        {"venus-write-stored", "venus-write-retained"},
        {"venus-write", "venus-write-setpoint venus-write-hub4"},
        {"venus-any", "venus-write-other-portal venus-write-hub4"},
    };
    static const struct deviants all = {
        .begins = "venus",
        .expected = expected,
        .n_expected = sizeof expected / sizeof expected[0],
        .groups = groups,
        .n_groups = sizeof groups / sizeof groups[0],
        .select = "venus-notify-int-and-real venus-notify-invalid venus-read-leaf venus-services-return",
        .pics = "north.venus, south.venus",
        .south = ", bus: ours",
        .ready = "",
    };

    return deviants_main(&all);
}
