/* Deviations of the Victron API: what is done to payloads as they are written, and to the requests that the gateway is
 * given. */
#include "tests/deviant/deviation_impl.h"

#define DEVIATION(function) static void function(struct message *m, struct deviation_memory *memory)
#define UNUSED              (void)memory
#define PORTAL              "c0619ab12345"

static bool is_left(const struct message *m)
{
    return m->text[0] == 0;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* The first `from` of the topic becomes `to`. */
static bool change_topic(struct message *m, const char *from, const char *to)
{
    char changed[sizeof m->topic];
    const char *at = strstr(m->topic, from);

    if (!at)
        return false;
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - m->topic), m->topic, to, at + strlen(from));
    memcpy(m->topic, changed, sizeof changed);
    return true;
}

/* ---- how values are written -------------------------------------------------------------------------- */

DEVIATION(blank_behind_the_colon)
{
    UNUSED;
    deviation_replace(m, "\"value\":", "\"value\": ");
}

DEVIATION(newline_at_the_end)
{
    UNUSED;
    if (!is_left(m))
        deviation_replace(m, "}", "}\n");
}

DEVIATION(real_as_whole_number)
{
    UNUSED;
    deviation_replace(m, ".0}", "}");
}

DEVIATION(whole_number_as_real)
{
    UNUSED;
    if (!strstr(m->text, ".") && !strstr(m->text, "\"value\":\"") && !strstr(m->text, "null"))
        deviation_replace(m, "}", ".0}");
}

DEVIATION(value_first)
{
    UNUSED;
    deviation_replace(m, "{\"max\":2,\"min\":0,\"value\":0}", "{\"value\":0,\"max\":2,\"min\":0}");
}

DEVIATION(no_limits)
{
    UNUSED;
    deviation_replace(m, "\"max\":2,\"min\":0,", "");
}

DEVIATION(number_as_text)
{
    UNUSED;
    deviation_replace(m, "936.0", "\"936.0\"");
}

DEVIATION(unit_as_well)
{
    UNUSED;
    if (!is_left(m))
        deviation_replace(m, "{", "{\"unit\":\"W\",");
}

DEVIATION(bare_value)
{
    UNUSED;
    if (deviation_replace(m, "{\"value\":", ""))
        deviation_replace(m, "}", "");
}

DEVIATION(invalid_as_zero)
{
    UNUSED;
    deviation_replace(m, "null", "0");
}

DEVIATION(invalid_as_empty_list)
{
    UNUSED;
    deviation_replace(m, "null", "[]");
}

DEVIATION(invalid_never)
{
    UNUSED;
    if (strstr(m->text, "null"))
        m->copies = 0;
}

DEVIATION(left_as_null)
{
    UNUSED;
    if (is_left(m))
        deviation_put_text(m, "{\"value\":null}");
}

DEVIATION(left_never)
{
    UNUSED;
    if (is_left(m))
        m->copies = 0;
}

DEVIATION(left_twice)
{
    UNUSED;
    if (is_left(m))
        m->copies = 2;
}

DEVIATION(left_retained)
{
    UNUSED;
    m->retain = m->retain || is_left(m);
}

/* ---- where they are published ------------------------------------------------------------------------ */

DEVIATION(instance_with_zero)
{
    UNUSED;
    change_topic(m, "/20/", "/020/");
}

DEVIATION(type_with_suffix)
{
    UNUSED;
    change_topic(m, "/pvinverter/", "/pvinverter.cgwacs/");
}

DEVIATION(portal_in_capitals)
{
    UNUSED;
    change_topic(m, PORTAL, "C0619AB12345");
}

DEVIATION(path_in_lower_case)
{
    UNUSED;
    change_topic(m, "/Ac/Power", "/ac/power");
}

DEVIATION(two_slashes)
{
    UNUSED;
    change_topic(m, "/20/Ac", "/20//Ac");
}

DEVIATION(on_the_node_too)
{
    char *slash;

    UNUSED;
    snprintf(m->also, sizeof m->also, "%s", m->topic);
    slash = strrchr(m->also, '/');
    *slash = 0;
}

/* ---- any message ------------------------------------------------------------------------------------- */

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

DEVIATION(late)
{
    UNUSED;
    m->late_ms = 2500;
}

DEVIATION(behind_the_marker)
{
    UNUSED;
    m->late_ms = 100;
}

DEVIATION(retained)
{
    UNUSED;
    m->retain = true;
}

DEVIATION(qos_1)
{
    UNUSED;
    m->qos = 1;
}

/* ---- the marker -------------------------------------------------------------------------------------- */

DEVIATION(milliseconds)
{
    UNUSED;
    deviation_replace(m, "}", "000}");
}

DEVIATION(echo_lost)
{
    const char *value = strstr(m->text, "\"value\":");
    char text[100];

    UNUSED;
    if (!value)
        return;
    snprintf(text, sizeof text, "{%s", value);
    deviation_put_text(m, text);
}

DEVIATION(echo_behind_the_value)
{
    const char *value = strstr(m->text, ",\"value\":");
    char text[300];

    UNUSED;
    if (!value)
        return;
    snprintf(text, sizeof text, "{%.*s,%.*s}", (int)strcspn(value + 1, "}"), value + 1,
             (int)(value - m->text - 1), m->text + 1);
    deviation_put_text(m, text);
}

DEVIATION(echo_in_lower_case)
{
    UNUSED;
    for (char *c = strstr(m->text, "echo\":\""); c && *c && *c != ','; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
}

/* ---- requests ---------------------------------------------------------------------------------------- */

DEVIATION(write_as_real)
{
    UNUSED;
    if (m->topic[0] == 'W')
        deviation_replace(m, "-100}", "-100.0}");
}

DEVIATION(write_never)
{
    UNUSED;
    if (m->topic[0] == 'W')
        m->copies = 0;
}

DEVIATION(write_twice)
{
    UNUSED;
    if (m->topic[0] == 'W')
        m->copies = 2;
}

/* Once it knows its services, so that there is somebody to write to. */
DEVIATION(stored_write_obeyed)
{
    UNUSED;
    if (m->retain)
        m->late_ms = 500;
    m->retain = false;
}

DEVIATION(read_never)
{
    UNUSED;
    if (m->topic[0] == 'R' && strstr(m->topic, "/Ac/"))
        m->copies = 0;
}

DEVIATION(keepalive_never)
{
    UNUSED;
    m->copies = 0;
}

DEVIATION(always_suppressed)
{
    UNUSED;
    deviation_put_text(m, "suppress-republish");
}

/* Whatever portal a request is for, it is for this one. */
DEVIATION(any_portal)
{
    const char *second = strchr(m->topic, '/'), *third = second ? strchr(second + 1, '/') : NULL;
    char changed[sizeof m->topic];

    UNUSED;
    if (!third || begins(second + 1, PORTAL))
        return;
    snprintf(changed, sizeof changed, "%c/" PORTAL "%s", m->topic[0], third);
    memcpy(m->topic, changed, sizeof changed);
}

const struct deviation deviation_venus[] = {
    {"venus-blank", "a blank behind the colon", "Ac", blank_behind_the_colon},
    {"venus-newline", "a newline at the end", "Ac", newline_at_the_end},
    {"venus-whole", "936.0 is written 936", "Ac", real_as_whole_number},
    {"venus-real", "936 is written 936.0", "Ac", whole_number_as_real},
    {"venus-order", "value in front of max and min", "Position", value_first},
    {"venus-no-limits", "max and min are missing", "Position", no_limits},
    {"venus-text", "a number is a text", "Ac", number_as_text},
    {"venus-unit", "a member that the document does not know", "Ac", unit_as_well},
    {"venus-bare", "the value without its object", "Ac", bare_value},
    {"venus-invalid-zero", "an invalid value is 0", "Ac", invalid_as_zero},
    {"venus-invalid-list", "an invalid value is []", "Ac", invalid_as_empty_list},
    {"venus-invalid-never", "an invalid value is not published", "Ac", invalid_never},
    {"venus-left-null", "null for what has left", "pvinverter", left_as_null},
    {"venus-left-never", "nothing for what has left", "pvinverter", left_never},
    {"venus-left-twice", "two messages for what has left", "pvinverter", left_twice},
    {"venus-left-retained", "what has left with the retain flag", "pvinverter", left_retained},
    {"venus-instance", "the instance has a zero in front", "pvinverter", instance_with_zero},
    {"venus-type", "the type with the rest of the bus name", "pvinverter", type_with_suffix},
    {"venus-portal", "the portal ID in capitals", "pvinverter", portal_in_capitals},
    {"venus-lower-case", "the path in lower case", "Ac", path_in_lower_case},
    {"venus-slashes", "two slashes in front of the path", "Ac", two_slashes},
    {"venus-node", "on the node's topic, too", "Ac", on_the_node_too},
    {"venus-twice", "each item twice", "Ac", twice},
    {"venus-never", "no item at all", "Ac", never},
    {"venus-late", "items 2.5 s late", "Ac", late},
    {"venus-retained", "items with the retain flag", "Ac", retained},
    {"venus-qos-1", "items with QoS 1", "Ac", qos_1},
    {"venus-marker-first", "items behind the marker", "Ac", behind_the_marker},
    {"venus-marker-never", "no marker", "full_publish_completed", never},
    {"venus-marker-twice", "two markers", "full_publish_completed", twice},
    {"venus-marker-ms", "the marker in milliseconds", "full_publish_completed", milliseconds},
    {"venus-marker-retained", "the marker with the retain flag", "full_publish_completed", retained},
    {"venus-echo-lost", "no echo", "full_publish_completed", echo_lost},
    {"venus-echo-order", "the echo behind the value", "full_publish_completed", echo_behind_the_value},
    {"venus-echo-case", "the echo in lower case", "full_publish_completed", echo_in_lower_case},
};

const unsigned deviation_n_venus = sizeof deviation_venus / sizeof deviation_venus[0];

const struct deviation deviation_requests[] = {
    {"venus-write-real", "a whole number is written as a real one", "", write_as_real},
    {"venus-write-never", "no write is executed", "", write_never},
    {"venus-write-twice", "each write twice", "", write_twice},
    {"venus-write-stored", "stored requests are obeyed", "", stored_write_obeyed},
    {"venus-read-never", "no read is answered", "", read_never},
    {"venus-keepalive-never", "keep-alives do nothing", "keepalive", keepalive_never},
    {"venus-suppress-always", "no full publish at all", "keepalive", always_suppressed},
    {"venus-any-portal", "requests for another portal are obeyed", "", any_portal},
};

const unsigned deviation_n_requests = sizeof deviation_requests / sizeof deviation_requests[0];
