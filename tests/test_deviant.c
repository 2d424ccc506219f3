/* Gateways that deviate from the IVY document where DL/T 645 meters are concerned. */
#include "tests/deviant_rig.h"

static const struct expected expected[] = {
    /* A statement of the register table (IVY-131 ...) tells name, value, unit and raw of its row, and breaks with each. */
    {"none", "", false},
    {"telemetry-renamed", "IVY-024 IVY-026 IVY-033 IVY-131", true},
    {"telemetry-no-unit", "IVY-024 IVY-034 IVY-131", false},
    {"telemetry-wrong-unit", "IVY-034 IVY-131 IVY-136 IVY-141 IVY-144", false},
    {"telemetry-seconds", "IVY-029", false},
    {"telemetry-local-time", "IVY-029", false},
    {"telemetry-text", "IVY-026 IVY-033 IVY-131", false},
    {"telemetry-float", "IVY-026 IVY-033 IVY-131", false},
    {"telemetry-unscaled", "IVY-026 IVY-033 IVY-131 IVY-136 IVY-141", false},
    {"telemetry-stale", "IVY-033 IVY-132 IVY-136", false},
    {"telemetry-no-raw", "IVY-024 IVY-027 IVY-035 IVY-131", false},
    {"telemetry-raw-prefix", "IVY-027 IVY-035 IVY-131 IVY-136 IVY-141 IVY-144", false},
    {"telemetry-raw-order", "IVY-027 IVY-035 IVY-131", false},
    {"telemetry-snake-case", "IVY-031 IVY-131 IVY-136 IVY-141 IVY-144", false},
    {"telemetry-id-reversed", "IVY-030 IVY-031", false},
    {"telemetry-no-description", "IVY-024 IVY-032", false},
    {"telemetry-id-number", "IVY-020 IVY-028", false},
    {"telemetry-other-meter", "IVY-020 IVY-028", false},
    {"telemetry-extra", "", true},
    {"telemetry-broken", "IVY-024 IVY-107 IVY-119 IVY-B33", false},
    {"telemetry-retained", "IVY-B30", false},
    {"telemetry-qos-0", "IVY-B30", false},
    {"telemetry-twice", "IVY-022 IVY-025", false},
    {"telemetry-never", "IVY-012 IVY-022 IVY-025", false},
    {"telemetry-late", "IVY-012 IVY-022 IVY-025", false},
    {"telemetry-other-case", "IVY-001 IVY-012 IVY-022 IVY-025", true},
    {"telemetry-other-topic", "IVY-001", true},
    {"response-renamed", "IVY-074", false},
    {"response-twice", "IVY-068 IVY-072", false},
    {"response-text", "IVY-075 IVY-079 IVY-080 IVY-B11", false},
    {"response-with-error", "IVY-073", false},
    {"response-silent", "IVY-072 IVY-081 IVY-B11", false},
    {"response-error-text", "IVY-081 IVY-B11", false},
    {"response-error-object", "IVY-080 IVY-081 IVY-B11", false},
    {"response-no-unit", "IVY-078", false},
    {"response-rounded", "IVY-077", false},
    {"response-seconds", "IVY-073 IVY-080", false},
    {"response-retained", "IVY-B30", false},
    {"status-not-retained", "IVY-B30", false},
    {"status-number", "IVY-036 IVY-040", false},
    {"status-port", "IVY-042", false},
    {"status-no-ip", "IVY-038 IVY-042", false},
    {"status-never", "IVY-013 IVY-036", false},
    {"status-twice", "IVY-036 IVY-037", false},
    {"event-type", "IVY-051 IVY-053 IVY-059 IVY-060", false},
    {"event-threshold", "IVY-050", false},
    {"event-no-data", "IVY-045", false},
    {"event-message", "IVY-047", false},
    {"event-twice", "IVY-043 IVY-044 IVY-055 IVY-059 IVY-060", false},
    {"gateway-running", "IVY-086 IVY-B31", true},
    {"gateway-uptime", "IVY-088", false},
    {"gateway-no-version", "IVY-085 IVY-089", false},
    {"gateway-not-retained", "IVY-B30", false},
    {"stats-seconds", "IVY-100", false},
    {"stats-total", "IVY-096", false},
    {"stats-retained", "IVY-091 IVY-B30", false},
    {"no-will", "IVY-B31", false},
    {"will-not-retained", "IVY-B30 IVY-B31", false},
};

/* Beside the scenarios made for this, which look at one member each, those of the library that meet the spoilt topic. */
#define MEMBERS "'ivy-members-*' ivy-gateway-killed "

static const struct deviant_group groups[] = {
    {"telemetry", MEMBERS "ivy-read-register ivy-registers-energy ivy-read-multiple"},
    {"response", MEMBERS "ivy-read-register ivy-read-multiple ivy-meter-not-connected"},
    {"status", MEMBERS "ivy-status-connect ivy-status-disconnect-reset"},
    {"event", MEMBERS "ivy-event-voltage-high ivy-status-connect ivy-status-disconnect-reset"},
    {"stats", MEMBERS "ivy-stats ivy-stats-messages"},
    {"gateway", MEMBERS "ivy-gateway-status"},
    {"none",
     MEMBERS "ivy-read-register ivy-read-multiple ivy-status-connect ivy-event-voltage-high ivy-stats "
             "ivy-gateway-status ivy-dlms-members ivy-dlms-clock"},
};

int main(void)
{
    static const struct deviants all = {
        .begins = "",
        .expected = expected,
        .n_expected = sizeof expected / sizeof expected[0],
        .groups = groups,
        .n_groups = sizeof groups / sizeof groups[0],
        .select = MEMBERS,
        .pics = "north.ivy, south.dlt645, south.dlms",
        .south = "",
        .ready = ",\n        ready: {topic: ivy/v1/gateway/status}",
    };

    return deviants_main(&all);
}
