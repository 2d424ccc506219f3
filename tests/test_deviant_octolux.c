/* Gateways that deviate from the octolux document. They dial our devices. */
#include "tests/deviant_rig.h"

static const struct expected expected[] = {
    /* Payloads of the octolux API as they are written; OCT-025 and OCT-062 are samples of the document to the byte. */
    {"octolux-blank", "OCT-023 OCT-025", false},
    {"octolux-newline", "OCT-023 OCT-025", false},
    {"octolux-order", "OCT-020 OCT-021 OCT-025", false},
    {"octolux-no-zero", "OCT-024 OCT-025", false},
    {"octolux-two-decimals", "OCT-024 OCT-025", false},
    {"octolux-exponent", "OCT-024 OCT-025", false},
    {"octolux-text", "OCT-024 OCT-025 OCT-028", false},
    {"octolux-prose", "OCT-020 OCT-021 OCT-025 OCT-031 OCT-082", true},
    {"octolux-extra", "OCT-025", true},
    {"octolux-lacking", "OCT-020 OCT-021 OCT-025 OCT-028", false},
    {"octolux-unscaled", "OCT-025 OCT-027", false},
    {"octolux-rounded", "OCT-025 OCT-033", false},
    {"octolux-soc-health", "OCT-025 OCT-028", false},
    {"octolux-unsigned", "OCT-059", false},
    {"octolux-words", "OCT-052", false},
    {"octolux-tenths", "OCT-062 OCT-063 OCT-064", false},
    {"octolux-filtered", "OCT-062 OCT-072", false},
    {"octolux-exchanged", "OCT-018 OCT-020 OCT-021 OCT-101", true},
    {"octolux-inputs-also", "OCT-B01", true},
    {"octolux-inputs-twice", "OCT-101", false},
    {"octolux-inputs-never", "OCT-017 OCT-101", false},
    {"octolux-inputs-late", "OCT-017 OCT-101", false},
    {"octolux-inputs-retained", "OCT-B01", false},
    {"octolux-inputs-qos-0", "OCT-B01", false},
    {"octolux-hold-signed", "OCT-148", false},
    {"octolux-hold-quoted", "OCT-148 OCT-149", false},
    {"octolux-hold-zeros", "OCT-148 OCT-150 OCT-158", false},
    {"octolux-hold-requested", "OCT-149", false},
    {"octolux-hold-twice", "OCT-150 OCT-158", false},
    {"octolux-hold-never", "OCT-150 OCT-158", false},
    {"octolux-hold-last", "OCT-160", false},
    {"octolux-result-lower-case", "OCT-102 OCT-138 OCT-139 OCT-159", false},
    {"octolux-result-quoted", "OCT-102 OCT-138 OCT-139 OCT-159", false},
    {"octolux-result-always-ok", "OCT-139", false},
    {"octolux-result-reason", "OCT-139", false},
    {"octolux-result-silent", "OCT-139", false},
    {"octolux-result-never", "OCT-102 OCT-136 OCT-139 OCT-159", false},
    {"octolux-result-twice", "OCT-102 OCT-139 OCT-159", false},
    {"octolux-result-last", "OCT-137", false},
    {"octolux-result-topic", "OCT-102 OCT-136 OCT-139 OCT-159 OCT-B01", true},
    {"octolux-result-retained", "OCT-B01", false},
};

int main(void)
{
    static const struct deviants all = {
        .begins = "octolux",
        .expected = expected,
        .n_expected = sizeof expected / sizeof expected[0],
        .select = "octolux-members-inputs octolux-members-hold octolux-members-failing",
        .pics = "north.octolux, south.lxp",
        .south = ", listen: \"127.0.0.1:0\"",
        .ready = "",
    };

    return deviants_main(&all);
}
