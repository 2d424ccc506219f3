/* Deviations of the octolux API: what is done to payloads as they are written, for order, blanks and the form of numbers
 * are part of its document. */
#include "tests/deviant/bend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    message_replace(m, member, other);
}

/* The value of the key `what` is written `with`. */
static void value(struct message *m)
{
    put_value(m, m->of->what, m->of->with);
}

static void limits_in_tenths(struct message *m)
{
    put_value(m, "max_chg_curr", "1050.0");
    put_value(m, "max_dischg_curr", "1500.0");
}

/* inputs/2 is published as inputs/3, and the other way round. */
static void sets_exchanged(struct message *m)
{
    if (*last_level(m) != '1')
        put_last_level(m, *last_level(m) == '2' ? "3" : "2");
}

/* ---- holdings --------------------------------------------------------------------------------------- */

static void signed_number(struct message *m)
{
    char text[30];
    long number = strtol(m->text, NULL, 10);

    snprintf(text, sizeof text, "%ld", number > 32767 ? number - 65536 : number);
    message_put_text(m, text);
}

static void quoted(struct message *m)
{
    char text[100];

    snprintf(text, sizeof text, "\"%.90s\"", m->text);
    message_put_text(m, text);
}

static void register_with_zeros(struct message *m)
{
    char level[40];

    snprintf(level, sizeof level, "0%s", last_level(m));
    put_last_level(m, level);
}

/* ---- results ---------------------------------------------------------------------------------------- */

static void lower_case(struct message *m)
{
    message_put_text(m, message_is(m, "OK") ? "ok" : "fail");
}

static void silent_on_failure(struct message *m)
{
    if (message_is(m, "FAIL"))
        bend_to_never(m);
}

/* octolux/result for all of them. */
static void on_one_topic(struct message *m)
{
    *strrchr(m->topic, '/') = 0;
}

/* ---- the table -------------------------------------------------------------------------------------- */

static const struct deviation rows[] = {
    {"octolux-blank", "a blank behind the first colon", "inputs", .bend = bend_text, "\":", "\": "},
    {"octolux-newline", "a newline at the end", "inputs", .bend = bend_text, "}", "}\n"},
    {"octolux-order", "soc before v_bat", "inputs", .bend = bend_text, "\"v_bat\":49.4,\"soc\":53",
     "\"soc\":53,\"v_bat\":49.4"},
    {"octolux-no-zero", "2.0 is written 2", "inputs", .bend = bend_text, "2.0,", "2,"},
    {"octolux-two-decimals", "49.4 is written 49.40", "inputs", .bend = value, "v_bat", "49.40"},
    {"octolux-exponent", "550 is written 5.5e2", "inputs", .bend = value, "p_pv", "5.5e2"},
    {"octolux-text", "soc is a text", "inputs", .bend = value, "soc", "\"53\""},
    {"octolux-prose", "p_discharge is called p_dischg", "inputs", .bend = bend_text,
     "\"p_discharge\":", "\"p_dischg\":"},
    {"octolux-extra", "a member that the document does not know", "inputs", .bend = bend_text, "}",
     ",\"time\":1705320000}"},
    {"octolux-lacking", "soc is missing", "inputs", .bend = bend_text, "\"soc\":53,", ""},
    {"octolux-unscaled", "ten times the battery's voltage", "inputs", .bend = value, "v_bat", "494.0"},
    {"octolux-rounded", "the frequency is rounded", "inputs", .bend = value, "f_ac", "50.0"},
    {"octolux-soc-health", "soc with the high octet of its register", "inputs", .bend = value, "soc",
     "25653"},
    {"octolux-unsigned", "a temperature below zero is one above 65000", "inputs", .bend = value, "t_inner",
     "65535"},
    {"octolux-words", "the high word of a counter first", "inputs", .bend = value, "e_inv_all", "61859430.4"},
    {"octolux-tenths", "limits of the battery are tenths", "inputs", .bend = limits_in_tenths},
    {"octolux-filtered", "a battery status that is not published", "inputs", .bend = value, "bat_status_5",
     "0"},
    {"octolux-exchanged", "inputs/2 and inputs/3 are exchanged", "inputs", .bend = sets_exchanged},
    {"octolux-inputs-also", "on a topic of all inputs, too", "inputs", .bend = bend_to_also,
     .with = "octolux/inputs/all"},
    {"octolux-inputs-twice", "each message of inputs twice", "inputs", .bend = bend_to_twice},
    {"octolux-inputs-never", "no inputs at all", "inputs", .bend = bend_to_never},
    {"octolux-inputs-late", "inputs 2.5 s late", "inputs", .bend = bend_to_late, .by = 2500},
    {"octolux-inputs-retained", "inputs with the retain flag", "inputs", .bend = bend_to_retained},
    {"octolux-inputs-qos-0", "inputs with QoS 0", "inputs", .bend = bend_qos, .by = 0},
    {"octolux-hold-signed", "62420 is -3116", "hold", .bend = signed_number},
    {"octolux-hold-quoted", "a register's value is a JSON text", "hold", .bend = quoted},
    {"octolux-hold-zeros", "the register has zeros in front", "hold", .bend = register_with_zeros},
    {"octolux-hold-requested", "what was asked for, not what the inverter says", "hold",
     .bend = bend_if_text_is, "49", "50"},
    {"octolux-hold-twice", "each register twice", "hold", .bend = bend_to_twice},
    {"octolux-hold-never", "no register at all", "hold", .bend = bend_to_never},
    /* Both wait for what follows them. */
    {"octolux-hold-last", "a register that was read comes behind the result", "hold", .bend = bend_to_late,
     .by = 300},
    {"octolux-result-last", "the result behind the register that was written", "result", .bend = bend_to_late,
     .by = 300},
    {"octolux-result-lower-case", "ok and fail", "result", .bend = lower_case},
    {"octolux-result-quoted", "a result is a JSON text", "result", .bend = quoted},
    {"octolux-result-always-ok", "OK for everything", "result", .bend = bend_to_text, .with = "OK"},
    {"octolux-result-reason", "FAIL with a reason", "result", .bend = bend_if_text_is, "FAIL",
     "FAIL: refused"},
    {"octolux-result-silent", "no result of what failed", "result", .bend = silent_on_failure},
    {"octolux-result-never", "no result at all", "result", .bend = bend_to_never},
    {"octolux-result-twice", "each result twice", "result", .bend = bend_to_twice},
    {"octolux-result-topic", "one topic for the results of all commands", "result", .bend = on_one_topic},
    {"octolux-result-retained", "results with the retain flag", "result", .bend = bend_to_retained},
};

const struct deviation_table deviation_octolux = {TABLE_OF(rows), .of_text = true};
