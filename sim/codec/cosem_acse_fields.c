/* Fields of association APDUs and of the initiate inside them, in the order in which they stand. */
#include "sim/codec/cosem_show.h"

enum { AARQ = 0x60, AARE = 0x61, RLRE = 0x63, OID_HEAD = 6, OID_OCTETS = 7 };

/* ---- initiate ------------------------------------------------------------------------------------------- */

static void show_conformance(struct cosem_show *s)
{
    uint32_t bits = 0;
    struct wp_slice octets;

    if (take_u8(&s->r) == 0x5F && s->r.in.p[s->r.at] == 0x1F)
        take_u8(&s->r);
    take_u8(&s->r);
    show_u8(s, "unusedBits", WP_ROLE_FIELD);
    octets = show_slice(s, "conformance", 3, WP_ROLE_FIELD);
    for (size_t i = 0; i < octets.n; i++)
        bits = bits << 8 | octets.p[i];
    for (unsigned bit = 0; bit < 24; bit++)
        if (bits & 0x800000U >> bit && cosem_conformance_text(bit))
            show_text(s, "services[]", wp_text(cosem_conformance_text(bit)));
}

static void show_quality(struct cosem_show *s)
{
    if (take_optional(&s->r)) {
        int8_t quality = (int8_t)take_u8(&s->r);

        show(s, "quality", wp_int(quality), s->r.at - 1, 1, WP_ROLE_FIELD);
    }
}

static void show_request(struct cosem_show *s)
{
    if (take_optional(&s->r))
        show_secret(s, "dedicatedKey", take_length(&s->r));
    if (take_optional(&s->r))
        show_bool(s, "responseAllowed");
    show_quality(s);
    show_u8(s, "dlmsVersion", WP_ROLE_FIELD);
    show_conformance(s);
    show_u16(s, "clientMaxPdu", WP_ROLE_FIELD);
}

static void show_response(struct cosem_show *s)
{
    show_quality(s);
    show_u8(s, "dlmsVersion", WP_ROLE_FIELD);
    show_conformance(s);
    show_u16(s, "serverMaxPdu", WP_ROLE_FIELD);
    show_slice(s, "vaaName", 2, WP_ROLE_FIELD);
}

static void show_service_error(struct cosem_show *s)
{
    uint8_t category, value;

    show_u8(s, "errorService", WP_ROLE_FIELD);
    category = show_u8(s, "errorCategory", WP_ROLE_FIELD);
    show_text(s, "categoryName", wp_text(cosem_service_category_text(category)));
    value = show_u8(s, "error", WP_ROLE_VALUE);
    show_text(s, "errorName", wp_text(cosem_service_error_text(category, value)));
}

void show_initiate(struct cosem_show *s, uint8_t tag)
{
    switch (tag) {
    case 0x01: show_request(s); break;
    case 0x08: show_response(s); break;
    case 0x0E: show_service_error(s); break;
    case 0xDB:
    case 0xDC: show_ciphered(s, true); break;
    default: show_ciphered(s, false); break;
    }
}

/* ---- elements ------------------------------------------------------------------------------------------- */

static void show_context(struct cosem_show *s)
{
    size_t at = s->r.at;
    uint8_t context;

    if (take_u8(&s->r) == 0x02) {
        take_u8(&s->r);
        show_u8(s, "applicationContext", WP_ROLE_FIELD);
        return;
    }
    take_length(&s->r);
    take_slice(&s->r, OID_HEAD);
    context = take_u8(&s->r);
    if (cosem_context_text(context))
        show(s, "applicationContext", wp_text_value(wp_text(cosem_context_text(context))), at, s->r.at - at,
             WP_ROLE_FIELD);
    else
        show(s, "applicationContext", wp_int(context), s->r.at - 1, 1, WP_ROLE_FIELD);
}

static void show_mechanism(struct cosem_show *s)
{
    take_slice(&s->r, OID_HEAD);
    show_name(s, "mechanismName", cosem_mechanism_text, show_u8(s, "mechanism", WP_ROLE_FIELD));
}

static uint8_t show_integer(struct cosem_show *s, const char *name)
{
    take_u8(&s->r);
    take_length(&s->r);
    return show_u8(s, name, WP_ROLE_FIELD);
}

static void show_result(struct cosem_show *s)
{
    uint8_t result = show_integer(s, "result");

    show(s, "accepted", wp_bool(result == COSEM_ASSOCIATION_ACCEPTED), 0, 0, WP_ROLE_FIELD);
    if (result != COSEM_ASSOCIATION_ACCEPTED)
        show_name(s, "resultName", cosem_association_result_text, result);
}

static void show_diagnostic(struct cosem_show *s)
{
    bool is_user = take_u8(&s->r) == 0xA1;
    uint8_t diagnostic;

    take_length(&s->r);
    diagnostic = show_integer(s, "diagnostic");
    if (diagnostic == 0)
        return;
    show_text(s, "diagnosticSource", wp_text(is_user ? "acse-service-user" : "acse-service-provider"));
    show_name(s, "diagnosticName", is_user ? cosem_user_diagnostic_text : cosem_provider_diagnostic_text,
              diagnostic);
}

/* tag LL octets */
static void show_string(struct cosem_show *s, const char *name, enum wp_role role)
{
    take_u8(&s->r);
    show_octets(s, name, role);
}

static void show_auth_value(struct cosem_show *s, bool is_password)
{
    take_u8(&s->r);
    show_secret(s, is_password ? "password" : "challenge", take_length(&s->r));
}

static void show_user_information(struct cosem_show *s, const struct cosem_initiate *i)
{
    uint32_t n;

    take_u8(&s->r);
    n = take_length(&s->r);
    if (i->dedicated_key.n == 0) /* else it holds a key */
        show(s, "userInformation", wp_bytes_value(wp_slice(s->r.in.p + s->r.at, n)), 0, 0, WP_ROLE_FIELD);
    if (i->tag == 0x0E)
        show(s, "initiateError", wp_bytes_value(wp_slice(s->r.in.p + s->r.at, n)), s->r.at, n, WP_ROLE_VALUE);
    take_u8(&s->r);
    show_initiate(s, i->tag);
}

static void show_element(struct cosem_show *s, uint8_t tag, uint8_t element, size_t n,
                         const struct cosem_association *a)
{
    bool is_request = tag == AARQ;

    if (tag > AARE && element == 0x80)
        show_name(s, "reasonName", tag == RLRE ? cosem_response_reason_text : cosem_release_reason_text,
                  show_u8(s, "reason", WP_ROLE_FIELD));
    else if (element == 0xBE)
        show_user_information(s, &a->initiate);
    else if (tag > AARE)
        take_slice(&s->r, n);
    else if (element == 0x80)
        show_slice(s, "protocolVersion", n, WP_ROLE_FIELD);
    else if (element == 0xA1)
        show_context(s);
    else if (element == 0xA2 && !is_request)
        show_result(s);
    else if (element == 0xA3 && !is_request)
        show_diagnostic(s);
    else if (element == (is_request ? 0xA6 : 0xA4))
        show_string(s, "systemTitle", WP_ROLE_ID);
    else if (element == (is_request ? 0xA7 : 0xA5))
        show_string(s, "certificate", WP_ROLE_FIELD);
    else if (element == (is_request ? 0x8A : 0x88)) {
        show(s, "authRequested", wp_bool(true), s->r.at, n, WP_ROLE_FIELD);
        take_slice(&s->r, n);
    } else if (element == (is_request ? 0x8B : 0x89))
        show_mechanism(s);
    else if (element == (is_request ? 0xAC : 0xAA))
        show_auth_value(s, a->mechanism == COSEM_MECHANISM_LLS);
    else
        take_slice(&s->r, n);
}

void show_association(struct cosem_show *s, const struct cosem_apdu *apdu)
{
    size_t at = s->r.at;
    uint32_t length = take_length(&s->r);

    show(s, "length", wp_int(length), at, s->r.at - at, WP_ROLE_LENGTH);
    while (octets_left(&s->r) > 0) {
        uint8_t element = take_u8(&s->r);
        uint32_t n;

        if ((element & 0x1F) == 0x1F) { /* a tag of several octets: none of ours */
            while (take_u8(&s->r) >= 0x80)
                ;
            element = 0;
        }
        n = take_length(&s->r);
        show_element(s, apdu->tag, element, n, &apdu->association);
    }
}
