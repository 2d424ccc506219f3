/* Deviations of the Victron API: what is done to payloads as they are written, and to the requests that the gateway is
 * given. */
#include "tests/deviant/bend.h"

#include <stdio.h>
#include <string.h>

#define PORTAL "c0619ab12345"

/* ---- how values are written -------------------------------------------------------------------------- */

static void whole_number_as_real(struct message *m)
{
    if (!strstr(m->text, ".") && !strstr(m->text, "\"value\":\"") && !strstr(m->text, "null"))
        message_replace(m, "}", ".0}");
}

static void bare_value(struct message *m)
{
    if (message_replace(m, "{\"value\":", ""))
        message_replace(m, "}", "");
}

static void invalid_never(struct message *m)
{
    if (strstr(m->text, "null"))
        bend_to_never(m);
}

/* ---- what has left ----------------------------------------------------------------------------------- */

static bool is_left(const struct message *m)
{
    return message_is(m, "");
}

static void left_never(struct message *m)
{
    if (is_left(m))
        bend_to_never(m);
}

static void left_twice(struct message *m)
{
    if (is_left(m))
        bend_to_twice(m);
}

static void left_retained(struct message *m)
{
    if (is_left(m))
        bend_to_retained(m);
}

static void on_the_node_too(struct message *m)
{
    snprintf(m->also, sizeof m->also, "%s", m->topic);
    *strrchr(m->also, '/') = 0;
}

/* ---- the marker -------------------------------------------------------------------------------------- */

static void echo_lost(struct message *m)
{
    const char *value = strstr(m->text, "\"value\":");
    char text[100];

    if (!value)
        return;
    snprintf(text, sizeof text, "{%s", value);
    message_put_text(m, text);
}

static void echo_behind_the_value(struct message *m)
{
    const char *value = strstr(m->text, ",\"value\":");
    char text[300];

    if (!value)
        return;
    snprintf(text, sizeof text, "{%.*s,%.*s}", (int)strcspn(value + 1, "}"), value + 1,
             (int)(value - m->text - 1), m->text + 1);
    message_put_text(m, text);
}

static void echo_in_lower_case(struct message *m)
{
    for (char *c = strstr(m->text, "echo\":\""); c && *c && *c != ','; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
}

/* ---- requests ---------------------------------------------------------------------------------------- */

static bool is_write(const struct message *m)
{
    return m->topic[0] == 'W';
}

static void write_as_real(struct message *m)
{
    if (is_write(m))
        bend_text(m);
}

static void write_never(struct message *m)
{
    if (is_write(m))
        bend_to_never(m);
}

static void write_twice(struct message *m)
{
    if (is_write(m))
        bend_to_twice(m);
}

/* Once it knows its services, so that there is somebody to write to. */
static void stored_write_obeyed(struct message *m)
{
    if (m->retain)
        bend_to_late(m);
    bend_to_not_retained(m);
}

static void read_never(struct message *m)
{
    if (m->topic[0] == 'R' && strstr(m->topic, "/Ac/"))
        bend_to_never(m);
}

/* Whatever portal a request is for, it is for this one. */
static void any_portal(struct message *m)
{
    const char *second = strchr(m->topic, '/'), *third = second ? strchr(second + 1, '/') : NULL;
    char changed[sizeof m->topic];

    if (!third || strncmp(second + 1, PORTAL, strlen(PORTAL)) == 0)
        return;
    snprintf(changed, sizeof changed, "%c/" PORTAL "%s", m->topic[0], third);
    memcpy(m->topic, changed, sizeof changed);
}

/* ---- tables ------------------------------------------------------------------------------------------ */

#define DEVICE "pvinverter"
#define MARKER "full_publish_completed"

static const struct deviation rows[] = {
    {"venus-blank", "a blank behind the colon", "Ac", .bend = bend_text, "\"value\":", "\"value\": "},
    {"venus-newline", "a newline at the end", "Ac", .bend = bend_text, "}", "}\n"},
    {"venus-whole", "936.0 is written 936", "Ac", .bend = bend_text, ".0}", "}"},
    {"venus-real", "936 is written 936.0", "Ac", .bend = whole_number_as_real},
    {"venus-order", "value in front of max and min", "Position", .bend = bend_text,
     "{\"max\":2,\"min\":0,\"value\":0}", "{\"value\":0,\"max\":2,\"min\":0}"},
    {"venus-no-limits", "max and min are missing", "Position", .bend = bend_text, "\"max\":2,\"min\":0,", ""},
    {"venus-text", "a number is a text", "Ac", .bend = bend_text, "936.0", "\"936.0\""},
    {"venus-unit", "a member that the document does not know", "Ac", .bend = bend_text, "{",
     "{\"unit\":\"W\","},
    {"venus-bare", "the value without its object", "Ac", .bend = bare_value},
    {"venus-invalid-zero", "an invalid value is 0", "Ac", .bend = bend_text, "null", "0"},
    {"venus-invalid-list", "an invalid value is []", "Ac", .bend = bend_text, "null", "[]"},
    {"venus-invalid-never", "an invalid value is not published", "Ac", .bend = invalid_never},
    {"venus-left-null", "null for what has left", DEVICE, .bend = bend_if_text_is, "", "{\"value\":null}"},
    {"venus-left-never", "nothing for what has left", DEVICE, .bend = left_never},
    {"venus-left-twice", "two messages for what has left", DEVICE, .bend = left_twice},
    {"venus-left-retained", "what has left with the retain flag", DEVICE, .bend = left_retained},
    {"venus-instance", "the instance has a zero in front", DEVICE, .bend = bend_topic, "/20/", "/020/"},
    {"venus-type", "the type with the rest of the bus name", DEVICE, .bend = bend_topic, "/pvinverter/",
     "/pvinverter.cgwacs/"},
    {"venus-portal", "the portal ID in capitals", DEVICE, .bend = bend_topic, PORTAL, "C0619AB12345"},
    {"venus-lower-case", "the path in lower case", "Ac", .bend = bend_topic, "/Ac/Power", "/ac/power"},
    {"venus-slashes", "two slashes in front of the path", "Ac", .bend = bend_topic, "/20/Ac", "/20//Ac"},
    {"venus-node", "on the node's topic, too", "Ac", .bend = on_the_node_too},
    {"venus-twice", "each item twice", "Ac", .bend = bend_to_twice},
    {"venus-never", "no item at all", "Ac", .bend = bend_to_never},
    {"venus-late", "items 2.5 s late", "Ac", .bend = bend_to_late, .by = 2500},
    {"venus-retained", "items with the retain flag", "Ac", .bend = bend_to_retained},
    {"venus-qos-1", "items with QoS 1", "Ac", .bend = bend_qos, .by = 1},
    {"venus-marker-first", "items behind the marker", "Ac", .bend = bend_to_late, .by = 100},
    {"venus-marker-never", "no marker", MARKER, .bend = bend_to_never},
    {"venus-marker-twice", "two markers", MARKER, .bend = bend_to_twice},
    {"venus-marker-ms", "the marker in milliseconds", MARKER, .bend = bend_text, "}", "000}"},
    {"venus-marker-retained", "the marker with the retain flag", MARKER, .bend = bend_to_retained},
    {"venus-echo-lost", "no echo", MARKER, .bend = echo_lost},
    {"venus-echo-order", "the echo behind the value", MARKER, .bend = echo_behind_the_value},
    {"venus-echo-case", "the echo in lower case", MARKER, .bend = echo_in_lower_case},
};

static const struct deviation request_rows[] = {
    {"venus-write-real", "a whole number is written as a real one", "", .bend = write_as_real, "-100}",
     "-100.0}"},
    {"venus-write-never", "no write is executed", "", .bend = write_never},
    {"venus-write-twice", "each write twice", "", .bend = write_twice},
    {"venus-write-stored", "stored requests are obeyed", "", .bend = stored_write_obeyed, .by = 500},
    {"venus-read-never", "no read is answered", "", .bend = read_never},
    {"venus-keepalive-never", "keep-alives do nothing", "keepalive", .bend = bend_to_never},
    {"venus-suppress-always", "no full publish at all", "keepalive", .bend = bend_to_text,
     .with = "suppress-republish"},
    {"venus-any-portal", "requests for another portal are obeyed", "", .bend = any_portal, .filter = "/#"},
};

const struct deviation_table deviation_venus = {TABLE_OF(rows), .of_text = true};
const struct deviation_table deviation_requests = {TABLE_OF(request_rows), .of_text = true,
                                                   .of_requests = true};
