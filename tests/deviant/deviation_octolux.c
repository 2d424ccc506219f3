/* Deviations of the octolux API: what is done to payloads as they are written, for order, blanks and the form of numbers
 * are part of its document. */
#include "tests/deviant/deviation_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVIATION(function) static void function(struct message *m, struct deviation_memory *memory)
#define UNUSED              (void)memory

/* ---- what is done to texts -------------------------------------------------------------------------- */

/* "key":value of the payload; false: it has no such key. */
static bool member_of(const struct message *m, const char *key, char *out, size_t cap)
{
    char quoted[60];
    const char *at;

    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    at = strstr(m->text, quoted);
    if (!at)
        return false;
    snprintf(out, cap, "%.*s", (int)(strlen(quoted) + strcspn(at + strlen(quoted), ",}")), at);
    return true;
}

static void put_value(struct message *m, const char *key, const char *value)
{
    char member[100], other[100];

    if (!member_of(m, key, member, sizeof member))
        return;
    snprintf(other, sizeof other, "\"%s\":%s", key, value);
    deviation_replace(m, member, other);
}

static bool is_text(const struct message *m, const char *text)
{
    return strcmp(m->text, text) == 0;
}

/* What stands behind the topic's last slash. */
static const char *last_level(const struct message *m)
{
    return strrchr(m->topic, '/') + 1;
}

static void put_last_level(struct message *m, const char *level)
{
    snprintf(strrchr(m->topic, '/') + 1, sizeof m->topic - (size_t)(last_level(m) - m->topic), "%s", level);
}

/* ---- inputs ----------------------------------------------------------------------------------------- */

DEVIATION(blank_behind_the_first_colon)
{
    UNUSED;
    deviation_replace(m, "\":", "\": ");
}

DEVIATION(newline_at_the_end)
{
    UNUSED;
    deviation_replace(m, "}", "}\n");
}

DEVIATION(key_moved)
{
    UNUSED;
    deviation_replace(m, "\"v_bat\":49.4,\"soc\":53", "\"soc\":53,\"v_bat\":49.4");
}

DEVIATION(no_zero)
{
    UNUSED;
    deviation_replace(m, "2.0,", "2,");
}

DEVIATION(two_decimals)
{
    UNUSED;
    put_value(m, "v_bat", "49.40");
}

DEVIATION(exponent)
{
    UNUSED;
    put_value(m, "p_pv", "5.5e2");
}

DEVIATION(number_as_text)
{
    UNUSED;
    put_value(m, "soc", "\"53\"");
}

DEVIATION(name_of_the_prose)
{
    UNUSED;
    deviation_replace(m, "\"p_discharge\":", "\"p_dischg\":");
}

DEVIATION(time_as_well)
{
    UNUSED;
    deviation_replace(m, "}", ",\"time\":1705320000}");
}

DEVIATION(no_soc)
{
    UNUSED;
    deviation_replace(m, "\"soc\":53,", "");
}

DEVIATION(unscaled)
{
    UNUSED;
    put_value(m, "v_bat", "494.0");
}

DEVIATION(rounded)
{
    UNUSED;
    put_value(m, "f_ac", "50.0");
}

/* The high octet of its register is there, too. */
DEVIATION(soc_with_health)
{
    UNUSED;
    put_value(m, "soc", "25653");
}

DEVIATION(temperature_unsigned)
{
    UNUSED;
    put_value(m, "t_inner", "65535");
}

DEVIATION(high_word_first)
{
    UNUSED;
    put_value(m, "e_inv_all", "61859430.4");
}

DEVIATION(limits_in_tenths)
{
    UNUSED;
    put_value(m, "max_chg_curr", "1050.0");
    put_value(m, "max_dischg_curr", "1500.0");
}

DEVIATION(battery_status_mapped)
{
    UNUSED;
    put_value(m, "bat_status_5", "0");
}

/* inputs/2 is published as inputs/3, and the other way round. */
DEVIATION(sets_exchanged)
{
    UNUSED;
    if (*last_level(m) != '1')
        put_last_level(m, *last_level(m) == '2' ? "3" : "2");
}

DEVIATION(all_on_another_topic_too)
{
    UNUSED;
    snprintf(m->also, sizeof m->also, "octolux/inputs/all");
}

/* ---- any message ------------------------------------------------------------------------------------ */

DEVIATION(twice)
{
    UNUSED;
    m->copies = 2;
}

DEVIATION(never)
{
    UNUSED;
    m->copies = 0;
}

DEVIATION(retained)
{
    UNUSED;
    m->retain = true;
}

DEVIATION(qos_0)
{
    UNUSED;
    m->qos = 0;
}

DEVIATION(late)
{
    UNUSED;
    m->late_ms = 2500;
}

/* ---- holdings --------------------------------------------------------------------------------------- */

DEVIATION(signed_number)
{
    char text[30];
    long value = strtol(m->text, NULL, 10);

    UNUSED;
    snprintf(text, sizeof text, "%ld", value > 32767 ? value - 65536 : value);
    deviation_put_text(m, text);
}

DEVIATION(quoted)
{
    char text[100];

    UNUSED;
    snprintf(text, sizeof text, "\"%.90s\"", m->text);
    deviation_put_text(m, text);
}

DEVIATION(register_with_zeros)
{
    char level[40];

    UNUSED;
    snprintf(level, sizeof level, "0%s", last_level(m));
    put_last_level(m, level);
}

/* What was asked for instead of what the inverter says. */
DEVIATION(as_requested)
{
    UNUSED;
    if (is_text(m, "49"))
        deviation_put_text(m, "50");
}

/* ---- results ---------------------------------------------------------------------------------------- */

DEVIATION(lower_case)
{
    UNUSED;
    deviation_put_text(m, is_text(m, "OK") ? "ok" : "fail");
}

DEVIATION(always_ok)
{
    UNUSED;
    deviation_put_text(m, "OK");
}

DEVIATION(silent_on_failure)
{
    UNUSED;
    if (is_text(m, "FAIL"))
        m->copies = 0;
}

DEVIATION(reason_as_well)
{
    UNUSED;
    if (is_text(m, "FAIL"))
        deviation_put_text(m, "FAIL: refused");
}

/* octolux/result for all of them. */
DEVIATION(on_one_topic)
{
    UNUSED;
    *strrchr(m->topic, '/') = 0;
}

/* The result waits for what follows it. */
DEVIATION(result_last)
{
    UNUSED;
    m->late_ms = 300;
}

/* The register waits for what follows it. */
DEVIATION(hold_last)
{
    UNUSED;
    m->late_ms = 300;
}

const struct deviation deviation_octolux[] = {
    {"octolux-blank", "a blank behind the first colon", "inputs", blank_behind_the_first_colon},
    {"octolux-newline", "a newline at the end", "inputs", newline_at_the_end},
    {"octolux-order", "soc before v_bat", "inputs", key_moved},
    {"octolux-no-zero", "2.0 is written 2", "inputs", no_zero},
    {"octolux-two-decimals", "49.4 is written 49.40", "inputs", two_decimals},
    {"octolux-exponent", "550 is written 5.5e2", "inputs", exponent},
    {"octolux-text", "soc is a text", "inputs", number_as_text},
    {"octolux-prose", "p_discharge is called p_dischg", "inputs", name_of_the_prose},
    {"octolux-extra", "a member that the document does not know", "inputs", time_as_well},
    {"octolux-lacking", "soc is missing", "inputs", no_soc},
    {"octolux-unscaled", "ten times the battery's voltage", "inputs", unscaled},
    {"octolux-rounded", "the frequency is rounded", "inputs", rounded},
    {"octolux-soc-health", "soc with the high octet of its register", "inputs", soc_with_health},
    {"octolux-unsigned", "a temperature below zero is one above 65000", "inputs", temperature_unsigned},
    {"octolux-words", "the high word of a counter first", "inputs", high_word_first},
    {"octolux-tenths", "limits of the battery are tenths", "inputs", limits_in_tenths},
    {"octolux-filtered", "a battery status that is not published", "inputs", battery_status_mapped},
    {"octolux-exchanged", "inputs/2 and inputs/3 are exchanged", "inputs", sets_exchanged},
    {"octolux-inputs-also", "on a topic of all inputs, too", "inputs", all_on_another_topic_too},
    {"octolux-inputs-twice", "each message of inputs twice", "inputs", twice},
    {"octolux-inputs-never", "no inputs at all", "inputs", never},
    {"octolux-inputs-late", "inputs 2.5 s late", "inputs", late},
    {"octolux-inputs-retained", "inputs with the retain flag", "inputs", retained},
    {"octolux-inputs-qos-0", "inputs with QoS 0", "inputs", qos_0},
    {"octolux-hold-signed", "62420 is -3116", "hold", signed_number},
    {"octolux-hold-quoted", "a register's value is a JSON text", "hold", quoted},
    {"octolux-hold-zeros", "the register has zeros in front", "hold", register_with_zeros},
    {"octolux-hold-requested", "what was asked for, not what the inverter says", "hold", as_requested},
    {"octolux-hold-twice", "each register twice", "hold", twice},
    {"octolux-hold-never", "no register at all", "hold", never},
    {"octolux-hold-last", "a register that was read comes behind the result", "hold", hold_last},
    {"octolux-result-lower-case", "ok and fail", "result", lower_case},
    {"octolux-result-quoted", "a result is a JSON text", "result", quoted},
    {"octolux-result-always-ok", "OK for everything", "result", always_ok},
    {"octolux-result-reason", "FAIL with a reason", "result", reason_as_well},
    {"octolux-result-silent", "no result of what failed", "result", silent_on_failure},
    {"octolux-result-never", "no result at all", "result", never},
    {"octolux-result-twice", "each result twice", "result", twice},
    {"octolux-result-last", "the result behind the register that was written", "result", result_last},
    {"octolux-result-topic", "one topic for the results of all commands", "result", on_one_topic},
    {"octolux-result-retained", "results with the retain flag", "result", retained},
};

const unsigned deviation_n_octolux = sizeof deviation_octolux / sizeof deviation_octolux[0];
