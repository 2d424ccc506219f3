/* initiate-request and initiate-response, and what may stand in their place inside an association APDU.
 *
 *     01 | 00, or 01 dedicated key | 00, or 01 response allowed | 00, or 01 quality | version | conformance | PDU size u16
 *     08 | 00, or 01 quality | version | conformance | PDU size u16 | VAA name u16
 *     0E | service | category | value
 *     conformance: 5F 1F 04 00 and three octets */
#include "sim/codec/cosem_take.h"

/* The choices that ASN.1 has for a confirmed-service-error: 1 initiateError .. 19, of 0 application-reference .. 10. */
enum { SERVICE_MIN = 1, SERVICE_MAX = 19, CATEGORY_MAX = 10 };

enum { CONFORMANCE_CLASS = 0x5F, CONFORMANCE_TAG = 0x1F, CONFORMANCE_OCTETS = 4 };

static uint32_t take_conformance(struct cosem_reader *r)
{
    uint8_t next, first;

    if (take_u8(r) != CONFORMANCE_CLASS)
        refuse(r, WP_FAULT_FIELD);
    next = take_u8(r);
    if (next == CONFORMANCE_OCTETS && (r->tolerance & COSEM_SHORT_CONFORMANCE))
        r->quirks |= COSEM_SHORT_CONFORMANCE;
    else if (next != CONFORMANCE_TAG || take_u8(r) != CONFORMANCE_OCTETS)
        refuse(r, WP_FAULT_FIELD);
    if (take_u8(r) != 0) /* unused bits of 24 */
        refuse(r, WP_FAULT_FIELD);
    first = take_u8(r);
    return (uint32_t)first << 16 | take_u16(r);
}

static void put_conformance(struct wp_writer *w, uint32_t bits)
{
    static const uint8_t head[] = {CONFORMANCE_CLASS, CONFORMANCE_TAG, CONFORMANCE_OCTETS, 0};

    wp_put_slice(w, wp_slice(head, sizeof head));
    wp_put_u8(w, (uint8_t)(bits >> 16));
    wp_put_u16be(w, (uint16_t)bits);
}

static void take_quality(struct cosem_reader *r, struct cosem_initiate *out)
{
    out->has_quality = take_optional(r);
    if (out->has_quality)
        out->quality = (int8_t)take_u8(r);
}

static void put_quality(struct wp_writer *w, const struct cosem_initiate *i)
{
    wp_put_u8(w, i->has_quality);
    if (i->has_quality)
        wp_put_u8(w, (uint8_t)i->quality);
}

static void take_request(struct cosem_reader *r, struct cosem_initiate *out)
{
    if (take_optional(r))
        out->dedicated_key = take_octets(r);
    if (take_optional(r))
        out->is_response_not_allowed = take_u8(r) == 0;
    take_quality(r, out);
    out->version = take_u8(r);
    out->conformance = take_conformance(r);
    out->max_pdu = take_u16(r);
}

static void put_request(struct wp_writer *w, const struct cosem_initiate *i)
{
    wp_put_u8(w, i->dedicated_key.n > 0);
    if (i->dedicated_key.n)
        cosem_put_octets(w, i->dedicated_key);
    wp_put_u8(w, i->is_response_not_allowed);
    if (i->is_response_not_allowed)
        wp_put_u8(w, 0);
    put_quality(w, i);
    wp_put_u8(w, i->version);
    put_conformance(w, i->conformance);
    wp_put_u16be(w, i->max_pdu);
}

static void take_response(struct cosem_reader *r, struct cosem_initiate *out)
{
    take_quality(r, out);
    out->version = take_u8(r);
    out->conformance = take_conformance(r);
    out->max_pdu = take_u16(r);
    out->vaa_name = take_u16(r);
}

static void put_response(struct wp_writer *w, const struct cosem_initiate *i)
{
    put_quality(w, i);
    wp_put_u8(w, i->version);
    put_conformance(w, i->conformance);
    wp_put_u16be(w, i->max_pdu);
    wp_put_u16be(w, i->vaa_name);
}

void take_service_error(struct cosem_reader *r, struct cosem_service_error *out)
{
    out->service = take_u8(r);
    if (out->service < SERVICE_MIN || out->service > SERVICE_MAX)
        refuse(r, WP_FAULT_CHOICE);
    out->category = take_u8(r);
    if (out->category > CATEGORY_MAX)
        refuse(r, WP_FAULT_CHOICE);
    out->value = take_u8(r);
}

void put_service_error(struct wp_writer *w, const struct cosem_service_error *error)
{
    wp_put_u8(w, error->service);
    wp_put_u8(w, error->category);
    wp_put_u8(w, error->value);
}

void take_initiate(struct cosem_reader *r, uint8_t tag, struct cosem_initiate *out)
{
    *out = (struct cosem_initiate){.tag = tag};
    switch (tag) {
    case 0x01: take_request(r, out); break;
    case 0x08: take_response(r, out); break;
    case 0x0E: take_service_error(r, &out->error); break;
    case 0x21:
    case 0x28:
    case 0x2E:
    case 0x41:
    case 0x48:
    case 0x4E: take_content(r, &out->ciphered); break;
    case 0xDB:
    case 0xDC: take_titled(r, &out->ciphered); break;
    default: refuse(r, WP_FAULT_CHOICE);
    }
}

void put_initiate(struct wp_writer *w, const struct cosem_initiate *i)
{
    wp_put_u8(w, i->tag);
    switch (i->tag) {
    case 0x01: put_request(w, i); break;
    case 0x08: put_response(w, i); break;
    case 0x0E: put_service_error(w, &i->error); break;
    case 0xDB:
    case 0xDC:
        cosem_put_octets(w, i->ciphered.title);
        put_content(w, &i->ciphered);
        break;
    default: put_content(w, &i->ciphered); break;
    }
}
