/* The table of formats, and those that need no file of their own. */
#include "harness/schema_format.h"

#include "harness/schema_pattern.h"

static bool is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* RFC 9562: 8-4-4-4-12 hex digits. */
static bool is_uuid(struct wp_slice s)
{
    if (s.n != 36)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (i == 8 || i == 13 || i == 18 || i == 23 ? s.p[i] != '-' : !is_hex(s.p[i]))
            return false;
    return true;
}

/* RFC 6901. */
static bool is_json_pointer(struct wp_slice s)
{
    if (s.n > 0 && s.p[0] != '/')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '~' && (i + 1 == s.n || (s.p[i + 1] != '0' && s.p[i + 1] != '1')))
            return false;
    return true;
}

/* draft-bhutton-relative-json-pointer-00: how many levels up, then # or a pointer. */
static bool is_relative_json_pointer(struct wp_slice s)
{
    size_t n = 0;

    while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    if (n == 0 || (n > 1 && s.p[0] == '0'))
        return false;
    s = wp_slice(s.p + n, s.n - n);
    return wp_slice_is(s, "#") || is_json_pointer(s);
}

/* Is it a regular expression of ECMA-262, as far as PCRE2 can have it? */
static bool is_regex(struct wp_slice s)
{
    struct arena arena = {0};
    char room[200];
    struct wp_writer why = wp_writer(room, sizeof room);
    struct schema_pattern *p = schema_pattern_new(&arena, s, &why);

    if (p)
        schema_pattern_free(p);
    arena_free(&arena);
    return p != NULL;
}

const struct schema_format schema_formats[] = {
    {"date-time", format_is_date_time, false},
    {"date", format_is_date, false},
    {"time", format_is_time, false},
    {"duration", format_is_duration, true},
    {"email", format_is_email, false},
    {"idn-email", format_is_idn_email, false},
    {"hostname", format_is_hostname, false},
    {"idn-hostname", format_is_idn_hostname, false},
    {"ipv4", format_is_ipv4, false},
    {"ipv6", format_is_ipv6, false},
    {"uri", format_is_uri, false},
    {"uri-reference", format_is_uri_reference, false},
    {"iri", format_is_iri, false},
    {"iri-reference", format_is_iri_reference, false},
    {"uri-template", format_is_uri_template, false},
    {"uuid", is_uuid, true},
    {"json-pointer", is_json_pointer, false},
    {"relative-json-pointer", is_relative_json_pointer, false},
    {"regex", is_regex, false},
    {0},
};
