/* Association: AARQ, AARE, RLRQ, RLRE, a tree in BER.
 *
 *     60 LL                                           61 LL
 *       80 02 02 84        protocol version             80 protocol version
 *       A1 09 06 07 OID    application context          A1 application context
 *       A6 0A 04 08 ...    system title                 A2 03 02 01 r   result
 *       A7 .. 04 ..        certificate                  A3 05 A1 03 02 01 d   diagnostic, A2 in A1's place: of the provider
 *       8A 02 07 80        authentication is used       A4 system title, A5 certificate
 *       8B 07 OID          mechanism                    88, 89 as 8A, 8B
 *       AC LL 80 LL ...    password or challenge        AA as AC
 *       BE LL 04 LL ...    initiate                     BE
 *     62, 63 LL: 80 01 reason, BE
 *
 * OID is 60 85 74 05 08 and 01 context, or 02 mechanism. Elements that are not listed are passed over, no element may
 * come twice. Lengths are definite; nothing may reach beyond what it stands in.
 * source: IEC 62056-5-3 (ACSE, ISO/IEC 8650-1) */
#include "sim/codec/cosem_take.h"

enum {
    AARQ = 0x60,
    AARE = 0x61,
    RLRQ = 0x62,
    RLRE = 0x63,
    OID_OCTETS = 7,
    OID_CONTEXT = 1,
    OID_MECHANISM = 2,
    TAG_OCTETS_MAX = 4,
};

static const uint8_t oid_arc[] = {0x60, 0x85, 0x74, 0x05, 0x08};

/* What stands inside [at, at + n) of the same octets. */
static struct cosem_reader inside(const struct cosem_reader *r, size_t n)
{
    struct cosem_reader inner = *r;

    inner.in.n = r->at + n;
    inner.is_whole = true;
    return inner;
}

/* Goes on behind what `inner` has read to its end. */
static void leave(struct cosem_reader *r, const struct cosem_reader *inner)
{
    r->quirks |= inner->quirks;
    if (inner->need)
        refuse_at(r, WP_FAULT_LENGTH_FORM, inner->at);
    else if (inner->fault != WP_FAULT_NONE)
        refuse_at(r, inner->fault, inner->fault_at);
    else if (inner->at != inner->in.n)
        refuse_at(r, WP_FAULT_TRAILING, inner->at);
    else
        r->at = inner->at;
}

/* The first octet of a tag; of a longer one 0, for none of those is ours. */
static uint8_t take_tag(struct cosem_reader *r)
{
    uint8_t first = take_u8(r);

    if ((first & 0x1F) != 0x1F)
        return first;
    for (int i = 1; i < TAG_OCTETS_MAX; i++)
        if (take_u8(r) < 0x80)
            return 0;
    refuse(r, WP_FAULT_FIELD);
    return 0;
}

/* tag LL content, as a reader over the content; on a tag that is another one `r` is refused. */
static struct cosem_reader take_tagged(struct cosem_reader *r, uint8_t tag)
{
    uint32_t n;

    if (take_u8(r) != tag)
        refuse(r, WP_FAULT_FIELD);
    n = take_length(r);
    has_octets(r, n);
    return inside(r, reads_on(r) ? n : 0);
}

static uint8_t take_integer(struct cosem_reader *r)
{
    struct cosem_reader number = take_tagged(r, 0x02);
    uint8_t value = take_u8(&number);

    leave(r, &number);
    return value;
}

static struct wp_slice take_rest(struct cosem_reader *r)
{
    return take_slice(r, octets_left(r));
}

/* 04 LL octets */
static struct wp_slice take_string(struct cosem_reader *r, uint8_t tag)
{
    struct cosem_reader content = take_tagged(r, tag);
    struct wp_slice octets = take_rest(&content);

    leave(r, &content);
    return octets;
}

static uint8_t take_oid(struct cosem_reader *r, uint8_t kind)
{
    struct wp_slice arc = take_slice(r, sizeof oid_arc);

    if (arc.n && !wp_slice_eq(arc, wp_slice(oid_arc, sizeof oid_arc)))
        refuse(r, WP_FAULT_FIELD);
    if (take_u8(r) != kind)
        refuse(r, WP_FAULT_FIELD);
    return take_u8(r);
}

static void take_context(struct cosem_reader *r, struct cosem_association *out)
{
    struct cosem_reader oid;

    out->has_context = true;
    if (octets_left(r) > 0 && r->in.p[r->at] == 0x02 && (r->tolerance & COSEM_INTEGER_CONTEXT)) {
        out->is_context_integer = true;
        r->quirks |= COSEM_INTEGER_CONTEXT;
        out->context = take_integer(r);
        return;
    }
    oid = take_tagged(r, 0x06);
    out->context = take_oid(&oid, OID_CONTEXT);
    leave(r, &oid);
}

/* A1, the user, or A2, the provider, around an integer. */
static void take_diagnostic(struct cosem_reader *r, struct cosem_association *out)
{
    uint8_t source = octets_left(r) > 0 ? r->in.p[r->at] : 0;
    struct cosem_reader inner;

    if (source != 0xA1 && source != 0xA2)
        refuse_at(r, WP_FAULT_CHOICE, r->at);
    inner = take_tagged(r, source);
    out->diagnostic_source = source == 0xA1 ? COSEM_DIAGNOSTIC_USER : COSEM_DIAGNOSTIC_PROVIDER;
    out->diagnostic = take_integer(&inner);
    leave(r, &inner);
}

static void take_user_information(struct cosem_reader *r, struct cosem_association *out)
{
    struct cosem_reader inner = take_tagged(r, 0x04);

    out->user_information = wp_slice(inner.in.p + inner.at, inner.in.n - inner.at);
    take_initiate(&inner, take_u8(&inner), &out->initiate);
    leave(r, &inner);
}

static void take_of_request(struct cosem_reader *r, uint8_t element, struct cosem_association *out)
{
    switch (element) {
    case 0xA6: out->title = take_string(r, 0x04); break;
    case 0xA7: out->certificate = take_string(r, 0x04); break;
    case 0x8A: out->requirements = take_rest(r); break;
    case 0x8B:
        out->has_mechanism = true;
        out->mechanism = take_oid(r, OID_MECHANISM);
        break;
    case 0xAC: out->auth_value = take_string(r, 0x80); break;
    default: take_rest(r);
    }
}

static void take_of_response(struct cosem_reader *r, uint8_t element, struct cosem_association *out)
{
    switch (element) {
    case 0xA2:
        out->has_result = true;
        out->result = take_integer(r);
        break;
    case 0xA3: take_diagnostic(r, out); break;
    case 0xA4: out->title = take_string(r, 0x04); break;
    case 0xA5: out->certificate = take_string(r, 0x04); break;
    case 0x88: out->requirements = take_rest(r); break;
    case 0x89:
        out->has_mechanism = true;
        out->mechanism = take_oid(r, OID_MECHANISM);
        break;
    case 0xAA: out->auth_value = take_string(r, 0x80); break;
    default: take_rest(r);
    }
}

static void take_element(struct cosem_reader *r, uint8_t tag, uint8_t element, struct cosem_association *out)
{
    bool is_release = tag == RLRQ || tag == RLRE;

    if (element == 0xBE) {
        take_user_information(r, out);
    } else if (element == 0x80 && is_release) {
        out->has_reason = true;
        out->reason = take_u8(r);
    } else if (element == 0x80) {
        out->protocol_version = take_rest(r);
    } else if (element == 0xA1 && !is_release) {
        take_context(r, out);
    } else if (tag == AARQ) {
        take_of_request(r, element, out);
    } else if (tag == AARE) {
        take_of_response(r, element, out);
    } else {
        take_rest(r);
    }
}

void take_association(struct cosem_reader *r, struct cosem_apdu *out)
{
    struct cosem_association *a = &out->association;
    uint32_t n = take_length(r);
    uint32_t seen = 0; /* by the number of the element */
    struct cosem_reader all;

    *a = (struct cosem_association){0};
    if (!has_octets(r, n))
        return;
    all = inside(r, n);
    while (octets_left(&all) > 0) { /* each turn takes an octet */
        size_t at = all.at;
        uint8_t element = take_tag(&all);
        uint32_t length = take_length(&all);
        struct cosem_reader content;

        if (!has_octets(&all, length))
            break;
        if (element && (seen & 1U << (element & 0x1F)))
            refuse_at(&all, WP_FAULT_FIELD, at);
        seen |= element ? 1U << (element & 0x1F) : 0;
        content = inside(&all, length);
        take_element(&content, out->tag, element, a);
        leave(&all, &content);
    }
    leave(r, &all);
}
