/* Host names and e-mail addresses, ASCII and international (RFC 1123, 5321, 5890 to 5893, 6531). */
#include "harness/schema_format.h"

#include "harness/schema_idna.h"

enum { NAME_MAX = 253, LABEL_MAX = 63, LOCAL_MAX = 64 };

static bool is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool begins_xn(struct wp_slice s)
{
    return s.n >= 4 && (s.p[0] | 0x20) == 'x' && (s.p[1] | 0x20) == 'n' && s.p[2] == '-' && s.p[3] == '-';
}

/* Letters, digits and inner hyphens; one that says it is encoded must be so well. */
static bool is_ascii_label(struct wp_slice s)
{
    if (s.n == 0 || s.n > LABEL_MAX || s.p[0] == '-' || s.p[s.n - 1] == '-')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]) && s.p[i] != '-')
            return false;
    return !begins_xn(s) || idna_is_encoded_label(wp_slice(s.p + 4, s.n - 4));
}

bool format_is_hostname(struct wp_slice s)
{
    if (s.n == 0 || s.n > NAME_MAX)
        return false;
    for (size_t from = 0, i = 0; i <= s.n; i++)
        if (i == s.n || s.p[i] == '.') {
            if (!is_ascii_label(wp_slice(s.p + from, i - from)))
                return false;
            from = i + 1;
        }
    return true;
}

/* A dot, or one of the full stops that IDNA takes for it: its length, else 0. */
static size_t dot_len(const uint8_t *p, size_t n)
{
    if (*p == '.')
        return 1;
    return n >= 3 && (memcmp(p, "\xE3\x80\x82", 3) == 0 || memcmp(p, "\xEF\xBC\x8E", 3) == 0 ||
                      memcmp(p, "\xEF\xBD\xA1", 3) == 0)
               ? 3
               : 0;
}

static bool is_ascii(struct wp_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= 0x80)
            return false;
    return true;
}

bool format_is_idn_hostname(struct wp_slice s)
{
    size_t total = 0, labels = 0;

    for (size_t from = 0, i = 0; i <= s.n; i++) {
        size_t dot = i < s.n ? dot_len(s.p + i, s.n - i) : 1, encoded;
        struct wp_slice label = wp_slice(s.p + from, i - from);

        if (dot == 0)
            continue;
        if (is_ascii(label)) {
            if (!is_ascii_label(label))
                return false;
            encoded = label.n;
        } else if (!idna_is_label(label, &encoded)) {
            return false;
        }
        if (encoded > LABEL_MAX)
            return false;
        total += encoded + (labels++ > 0);
        i += dot - 1;
        from = i + 1;
    }
    return total > 0 && total <= NAME_MAX && idna_is_bidi_name(s);
}

/* ---- e-mail ----------------------------------------------------------------------------------------- */

static bool is_atom_char(uint8_t c, bool wide)
{
    return is_alnum(c) || (c >= 0x80 ? wide : c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* Atoms with single dots between them. */
static bool is_dot_atom(struct wp_slice s, bool wide)
{
    bool dot = true;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.' ? dot : !is_atom_char(s.p[i], wide))
            return false;
        dot = s.p[i] == '.';
    }
    return !dot;
}

/* Length of the quoted string at the front; 0: it is none. */
static size_t quoted_len(struct wp_slice s, bool wide)
{
    for (size_t i = 1; i < s.n; i++) {
        uint8_t c = s.p[i];

        if (c == '"')
            return i + 1;
        if (c == '\\')
            i++;
        else if (c < ' ' || c == 0x7F || (c >= 0x80 && !wide))
            return 0;
    }
    return 0;
}

static bool is_address_literal(struct wp_slice s)
{
    static const char tag[] = "IPv6:";

    if (s.n >= 5 && memcmp(s.p, tag, 5) == 0)
        return format_is_ipv6(wp_slice(s.p + 5, s.n - 5));
    return format_is_ipv4(s);
}

static bool is_email(struct wp_slice s, bool wide)
{
    size_t n = s.n > 0 && s.p[0] == '"' ? quoted_len(s, wide) : 0;
    struct wp_slice domain;

    if (n == 0) {
        const uint8_t *at = s.n > 0 ? memchr(s.p, '@', s.n) : NULL;

        n = at ? (size_t)(at - s.p) : 0;
        if (!is_dot_atom(wp_slice(s.p, n), wide))
            return false;
    }
    if (n == 0 || n > LOCAL_MAX || n >= s.n || s.p[n] != '@')
        return false;
    domain = wp_slice(s.p + n + 1, s.n - n - 1);
    if (domain.n >= 2 && domain.p[0] == '[' && domain.p[domain.n - 1] == ']')
        return is_address_literal(wp_slice(domain.p + 1, domain.n - 2));
    return wide ? format_is_idn_hostname(domain) : format_is_hostname(domain);
}

bool format_is_email(struct wp_slice s)
{
    return is_email(s, false);
}

bool format_is_idn_email(struct wp_slice s)
{
    return is_email(s, true);
}
