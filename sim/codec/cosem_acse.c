/* Association: what AARQ, AARE, RLRQ and RLRE say, and the initiate APDU inside them. */
#include "sim/codec/cosem_take.h"

/* A length as BER writes it: one byte, or 81 nn, or 82 nnnn. */
static size_t get_ber_length(struct wp_reader *r)
{
    uint8_t n = wp_get_u8(r);

    if (n == 0x81)
        return wp_get_u8(r);
    if (n == 0x82)
        return wp_get_u16be(r);
    if (n > 0x82)
        r->ran_out = true;
    return n;
}

/* 06 07 60 85 74 05 08 01 nn: the application context nn; seen instead in a test of the original gateway: a plain
 * integer 02 01 nn. */
static bool take_context(struct apdu_reader *a)
{
    static const char *const name[] = {NULL, "LN", "SN", "LN-ciphered", "SN-ciphered"};
    static const uint8_t oid[] = {0x06, 0x07, 0x60, 0x85, 0x74, 0x05, 0x08, 0x01};
    size_t at = a->r.at;
    struct wp_slice rest = wp_slice_from(a->r.in, at);
    uint8_t context;

    if (rest.n >= 2 && rest.p[0] == 0x02 && rest.p[1] == 1) {
        wp_get_slice(&a->r, 2);
        take_uint(a, "apdu.applicationContext", 1, WP_ROLE_FIELD);
        return true;
    }
    if (!wp_slice_eq(wp_get_slice(&a->r, sizeof oid), wp_slice(oid, sizeof oid)))
        return false;
    context = wp_get_u8(&a->r);
    if (context == 0 || context >= sizeof name / sizeof name[0])
        return false;
    say(a, "apdu.applicationContext", wp_text_value(wp_text(name[context])), at, sizeof oid + 1,
        WP_ROLE_FIELD);
    return true;
}

/* 5F 1F 04 00 and three bytes: a BIT STRING of 24 bits with `unused` in front. */
static bool take_conformance(struct apdu_reader *a, bool say_unused)
{
    if (!skip(a, 0x5F) || !skip(a, 0x1F) || !skip(a, 0x04))
        return false;
    if (say_unused)
        take_uint(a, "apdu.unusedBits", 1, WP_ROLE_FIELD);
    else
        wp_get_u8(&a->r);
    take_bytes(a, "apdu.conformance", 3, WP_ROLE_FIELD);
    return true;
}

/* 01 | dedicated key | response allowed | quality of service | version | conformance | PDU size */
static bool take_initiate_request(struct apdu_reader *a)
{
    wp_get_u8(&a->r);
    if (wp_get_u8(&a->r) != 0)
        wp_get_slice(&a->r, get_ber_length(&a->r));
    if (wp_get_u8(&a->r) != 0)
        wp_get_u8(&a->r);
    if (wp_get_u8(&a->r) != 0)
        wp_get_u8(&a->r);
    wp_get_u8(&a->r); /* version 6 */
    if (!take_conformance(a, false))
        return false;
    take_uint(a, "apdu.clientMaxPdu", 2, WP_ROLE_FIELD);
    return true;
}

/* 08 | quality of service | version | conformance | PDU size | VAA name */
static bool take_initiate_response(struct apdu_reader *a)
{
    wp_get_u8(&a->r);
    if (wp_get_u8(&a->r) != 0)
        wp_get_u8(&a->r);
    take_uint(a, "apdu.dlmsVersion", 1, WP_ROLE_FIELD);
    if (!take_conformance(a, true))
        return false;
    take_uint(a, "apdu.serverMaxPdu", 2, WP_ROLE_FIELD);
    take_bytes(a, "apdu.vaaName", 2, WP_ROLE_FIELD);
    return true;
}

/* An OCTET STRING that holds an xDLMS initiate APDU. The bytes are named one by one where it reads. */
static bool take_user_information(struct apdu_reader *a)
{
    struct wp_slice bytes;
    struct apdu_reader inner = *a;
    bool ok = true;

    if (!skip(a, 0x04))
        return false;
    bytes = wp_slice_from(a->r.in, a->r.at + 1);
    if (get_ber_length(&a->r) != bytes.n || bytes.n == 0)
        return false;
    say(a, "apdu.userInformation", wp_bytes_value(bytes), 0, 0, WP_ROLE_FIELD);
    inner.r = wp_reader(bytes);
    inner.first = a->first + a->r.at;
    if (bytes.p[0] == 0x01)
        ok = take_initiate_request(&inner);
    else if (bytes.p[0] == 0x08)
        ok = take_initiate_response(&inner);
    else if (bytes.p[0] == 0x0E)
        take_bytes(&inner, "apdu.initiateError", bytes.n, WP_ROLE_FIELD);
    else
        return false; /* ciphered, or none of ours */
    wp_get_slice(&a->r, bytes.n);
    return ok && is_read(&inner);
}

/* A2 03 02 01 nn and, one level deeper, A3 05 A1 03 02 01 nn */
static bool take_result(struct apdu_reader *a)
{
    uint64_t result;

    if (!skip(a, 0x02) || !skip(a, 0x01))
        return false;
    result = take_uint(a, "apdu.result", 1, WP_ROLE_FIELD);
    say(a, "apdu.accepted", wp_bool(result == 0), 0, 0, WP_ROLE_FIELD);
    return true;
}

static bool take_diagnostic(struct apdu_reader *a)
{
    uint8_t source = wp_get_u8(&a->r); /* A1 the user, A2 the provider */

    if ((source != 0xA1 && source != 0xA2) || !skip(a, 0x03) || !skip(a, 0x02) || !skip(a, 0x01))
        return false;
    take_uint(a, "apdu.diagnostic", 1, WP_ROLE_FIELD);
    return true;
}

/* One element of an association APDU; `a` reads its content alone. */
static bool take_element(struct apdu_reader *a, uint8_t tag, uint8_t element)
{
    if (element == 0x80 && (tag == 0x62 || tag == 0x63)) {
        take_uint(a, "apdu.reason", 1, WP_ROLE_FIELD);
        return true;
    }
    switch (element) {
    case 0xA1: return take_context(a);
    case 0xA2: return tag == 0x61 && take_result(a);
    case 0xA3: return tag == 0x61 && take_diagnostic(a);
    case 0xBE: return take_user_information(a);
    default: return false;
    }
}

bool cosem_take_association(struct apdu_reader *a, uint8_t tag)
{
    size_t at = a->r.at;
    size_t length = get_ber_length(&a->r);

    say(a, "apdu.length", wp_int((int64_t)length), at, a->r.at - at, WP_ROLE_LENGTH);
    if (length != wp_left(&a->r))
        return false;
    while (wp_left(&a->r) > 0) {
        uint8_t element = wp_get_u8(&a->r);
        size_t n = get_ber_length(&a->r);
        struct apdu_reader inner = *a;

        if (a->r.ran_out || n > wp_left(&a->r))
            return false;
        inner.r.in.n = a->r.at + n;
        if (!take_element(&inner, tag, element) || !is_read(&inner))
            return false;
        a->r.at += n;
    }
    return is_read(a);
}
