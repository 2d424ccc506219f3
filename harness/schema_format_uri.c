/* Addresses of documents and machines: URI, IRI, URI template, IP addresses. */
#include "harness/schema_format.h"

#include "harness/schema_uri.h"

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(uint8_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_hex(uint8_t c)
{
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* ---- IP addresses ----------------------------------------------------------------------------------- */

/* RFC 2673, 3.2: four decimal octets without leading zeros. */
bool format_is_ipv4(struct wp_slice s)
{
    size_t at = 0;

    for (int part = 0; part < 4; part++) {
        unsigned v = 0, digits = 0;

        if (part > 0 && (at == s.n || s.p[at++] != '.'))
            return false;
        for (; at < s.n && is_digit(s.p[at]) && digits < 4; at++, digits++)
            v = v * 10 + (unsigned)(s.p[at] - '0');
        if (digits == 0 || v > 255 || (digits > 1 && s.p[at - digits] == '0'))
            return false;
    }
    return at == s.n;
}

/* RFC 4291, 2.2: eight groups, :: for at least one group of zeros, the last two perhaps as an IPv4 address. */
bool format_is_ipv6(struct wp_slice s)
{
    unsigned groups = 0;
    bool gap = false;
    size_t at = 0;

    if (s.n >= 2 && s.p[0] == ':' && s.p[1] == ':') {
        gap = true;
        at = 2;
    }
    while (at < s.n) {
        size_t digits = 0;

        while (at + digits < s.n && is_hex(s.p[at + digits]))
            digits++;
        if (at + digits < s.n && s.p[at + digits] == '.')
            return groups + 2 <= (gap ? 7u : 8u) && (gap || groups == 6) &&
                   format_is_ipv4(wp_slice(s.p + at, s.n - at));
        if (digits == 0 || digits > 4)
            return false;
        groups++;
        at += digits;
        if (at == s.n)
            break;
        if (s.p[at++] != ':' || at == s.n)
            return false;
        if (s.p[at] == ':') {
            if (gap)
                return false;
            gap = true;
            at++;
        }
    }
    return gap ? groups <= 7 : groups == 8;
}

/* ---- URI and IRI ------------------------------------------------------------------------------------ */

enum { PART_USER, PART_PATH, PART_QUERY, PART_FRAGMENT };

/* ucschar and, in queries, iprivate of RFC 3987. */
static bool is_wide_allowed(struct wp_slice c, int part)
{
    uint32_t code = c.n == 2 ? c.p[0] & 0x1Fu : c.n == 3 ? c.p[0] & 0x0Fu : c.p[0] & 0x07u;

    for (size_t i = 1; i < c.n; i++)
        code = code << 6 | (c.p[i] & 0x3Fu);
    if ((code >= 0xE000 && code <= 0xF8FF) || code >= 0xF0000)
        return part == PART_QUERY;
    return code >= 0xA0 && !(code >= 0xFDD0 && code <= 0xFDEF) && (code & 0xFFFE) != 0xFFFE &&
           !(code >= 0xFFF0 && code <= 0xFFFF);
}

/* Only characters that the part allows, percent signs followed by two hex digits. */
static bool has_only(struct wp_slice s, int part, bool wide)
{
    static const char *const extra[] = {":", ":@/", ":@/?", ":@/?"};

    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];

        if (c == '%') {
            if (s.n - i < 3 || !is_hex(s.p[i + 1]) || !is_hex(s.p[i + 2]))
                return false;
            i += 2;
        } else if (c >= 0x80) {
            size_t n = wp_utf8_len(s.p + i, s.n - i);

            if (!wide || n == 0 || !is_wide_allowed(wp_slice(s.p + i, n), part))
                return false;
            i += n - 1;
        } else if (!c || (!is_alpha(c) && !is_digit(c) && !strchr("-._~!$&'()*+,;=", c) &&
                          !strchr(extra[part], c))) {
            return false;
        }
    }
    return true;
}

static bool is_scheme(struct wp_slice s)
{
    if (s.n == 0 || !is_alpha(s.p[0]))
        return false;
    for (size_t i = 1; i < s.n; i++)
        if (!is_alpha(s.p[i]) && !is_digit(s.p[i]) && !strchr("+-.", s.p[i]))
            return false;
    return true;
}

/* [v6], or vX.something. */
static bool is_ip_literal(struct wp_slice s)
{
    if (s.n > 2 && (s.p[0] | 0x20) == 'v') {
        size_t i = 1;

        while (i < s.n && is_hex(s.p[i]))
            i++;
        return i > 1 && i + 1 < s.n && s.p[i] == '.' &&
               has_only(wp_slice(s.p + i + 1, s.n - i - 1), PART_USER, false) && !memchr(s.p, '%', s.n);
    }
    return format_is_ipv6(s);
}

static bool is_authority(struct wp_slice s, bool wide)
{
    const uint8_t *at = memchr(s.p, '@', s.n), *end, *port;
    struct wp_slice host;

    if (at) {
        if (!has_only(wp_slice(s.p, (size_t)(at - s.p)), PART_USER, wide))
            return false;
        s = wp_slice(at + 1, s.n - (size_t)(at + 1 - s.p));
    }
    end = s.p + s.n;
    if (s.n > 0 && *s.p == '[') {
        port = memchr(s.p, ']', s.n);
        if (!port || !is_ip_literal(wp_slice(s.p + 1, (size_t)(port - s.p - 1))))
            return false;
        port++;
    } else {
        port = memchr(s.p, ':', s.n);
        port = port ? port : end;
        host = wp_slice(s.p, (size_t)(port - s.p));
        if (!has_only(host, PART_USER, wide))
            return false;
    }
    if (port < end && *port++ != ':')
        return false;
    for (; port < end; port++)
        if (!is_digit(*port))
            return false;
    return true;
}

static bool is_reference(struct wp_slice text, bool wide, bool absolute)
{
    struct uri u = uri_split(text);

    if (absolute && !u.scheme.p)
        return false;
    if (u.scheme.p && !is_scheme(u.scheme))
        return false;
    if (u.authority.p && !is_authority(u.authority, wide))
        return false;
    return has_only(u.path, PART_PATH, wide) && (!u.query.p || has_only(u.query, PART_QUERY, wide)) &&
           (!u.fragment.p || has_only(u.fragment, PART_FRAGMENT, wide));
}

bool format_is_uri(struct wp_slice s)
{
    return is_reference(s, false, true);
}

bool format_is_uri_reference(struct wp_slice s)
{
    return is_reference(s, false, false);
}

bool format_is_iri(struct wp_slice s)
{
    return is_reference(s, true, true);
}

bool format_is_iri_reference(struct wp_slice s)
{
    return is_reference(s, true, false);
}

/* ---- URI templates (RFC 6570) ----------------------------------------------------------------------- */

static size_t var_char(struct wp_slice s)
{
    if (s.n >= 3 && s.p[0] == '%' && is_hex(s.p[1]) && is_hex(s.p[2]))
        return 3;
    return s.n > 0 && (is_alpha(s.p[0]) || is_digit(s.p[0]) || s.p[0] == '_');
}

/* name, name:12 or name* */
static bool is_variable(struct wp_slice s)
{
    size_t n, digits = 0;
    bool dot = true; /* none may stand at the beginning, at the end or beside another */

    for (; s.n > 0 && s.p[0] != ':' && s.p[0] != '*'; s = wp_slice_from(s, n)) {
        n = s.p[0] == '.' && !dot ? 1 : var_char(s);
        dot = s.p[0] == '.';
        if (n == 0)
            return false;
    }
    if (dot)
        return false;
    if (s.n == 0 || wp_slice_is(s, "*"))
        return true;
    for (; 1 + digits < s.n && is_digit(s.p[1 + digits]); digits++)
        ;
    return s.p[0] == ':' && digits >= 1 && digits <= 4 && s.p[1] != '0' && 1 + digits == s.n;
}

static bool is_expression(struct wp_slice s)
{
    if (s.n > 0 && s.p[0] && strchr("+#./;?&=,!@|", s.p[0]))
        s = wp_slice_from(s, 1);
    for (;;) {
        const uint8_t *comma = s.n > 0 ? memchr(s.p, ',', s.n) : NULL;
        size_t n = comma ? (size_t)(comma - s.p) : s.n;

        if (!is_variable(wp_slice(s.p, n)))
            return false;
        if (!comma)
            return true;
        s = wp_slice(comma + 1, s.n - n - 1);
    }
}

bool format_is_uri_template(struct wp_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];

        if (c == '{') {
            const uint8_t *close = memchr(s.p + i, '}', s.n - i);

            if (!close || !is_expression(wp_slice(s.p + i + 1, (size_t)(close - s.p) - i - 1)))
                return false;
            i = (size_t)(close - s.p);
        } else if (c == '%') {
            if (s.n - i < 3 || !is_hex(s.p[i + 1]) || !is_hex(s.p[i + 2]))
                return false;
        } else if (c <= ' ' || c == 0x7F || strchr("\"<>\\^`|}", c)) {
            return false;
        }
    }
    return true;
}
