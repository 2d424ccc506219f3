/* Association APDUs as they are built; cosem_acse.c draws them. */
#include "sim/codec/cosem_take.h"

enum { OID_OCTETS = 7, OID_CONTEXT = 1, OID_MECHANISM = 2 };

static const uint8_t oid_arc[] = {0x60, 0x85, 0x74, 0x05, 0x08};

/* Puts the length of what was put since `from` in front of it. */
static void close_length(struct wp_writer *w, size_t from)
{
    uint8_t memory[AXDR_LENGTH_OCTETS];
    struct wp_writer head = wp_writer(memory, sizeof memory);
    size_t n = w->n - from;

    axdr_put_length(&head, (uint32_t)n);
    if (w->full || w->cap - w->n < head.n) {
        w->full = true;
        return;
    }
    memmove(w->p + from + head.n, w->p + from, n);
    memcpy(w->p + from, memory, head.n);
    w->n += head.n;
}

static void put_head(struct wp_writer *w, uint8_t tag, size_t n)
{
    wp_put_u8(w, tag);
    axdr_put_length(w, (uint32_t)n);
}

static void put_string(struct wp_writer *w, uint8_t tag, uint8_t inner, struct wp_slice octets)
{
    size_t from;

    if (octets.n == 0)
        return;
    wp_put_u8(w, tag);
    from = w->n;
    put_head(w, inner, octets.n);
    wp_put_slice(w, octets);
    close_length(w, from);
}

static void put_oid(struct wp_writer *w, uint8_t kind, uint8_t number)
{
    wp_put_slice(w, wp_slice(oid_arc, sizeof oid_arc));
    wp_put_u8(w, kind);
    wp_put_u8(w, number);
}

static void put_context(struct wp_writer *w, const struct cosem_association *a)
{
    if (!a->has_context)
        return;
    if (a->is_context_integer) {
        put_head(w, 0xA1, 3);
        put_head(w, 0x02, 1);
        wp_put_u8(w, a->context);
        return;
    }
    put_head(w, 0xA1, 2 + OID_OCTETS);
    put_head(w, 0x06, OID_OCTETS);
    put_oid(w, OID_CONTEXT, a->context);
}

static void put_result(struct wp_writer *w, const struct cosem_association *a)
{
    if (a->has_result) {
        put_head(w, 0xA2, 3);
        put_head(w, 0x02, 1);
        wp_put_u8(w, a->result);
    }
    if (a->diagnostic_source != COSEM_DIAGNOSTIC_NONE) {
        put_head(w, 0xA3, 5);
        put_head(w, a->diagnostic_source == COSEM_DIAGNOSTIC_USER ? 0xA1 : 0xA2, 3);
        put_head(w, 0x02, 1);
        wp_put_u8(w, a->diagnostic);
    }
}

struct wp_slice cosem_requirements(void)
{
    static const uint8_t authentication[] = {0x07, 0x80};

    return wp_slice(authentication, sizeof authentication);
}

static void put_authentication(struct wp_writer *w, const struct cosem_association *a, bool is_request)
{
    if (a->requirements.n) {
        put_head(w, is_request ? 0x8A : 0x88, a->requirements.n);
        wp_put_slice(w, a->requirements);
    }
    if (a->has_mechanism) {
        put_head(w, is_request ? 0x8B : 0x89, OID_OCTETS);
        put_oid(w, OID_MECHANISM, a->mechanism);
    }
    put_string(w, is_request ? 0xAC : 0xAA, 0x80, a->auth_value);
}

static void put_user_information(struct wp_writer *w, const struct cosem_association *a)
{
    size_t outer, inner;

    if (!a->user_information.n && !a->initiate.tag)
        return;
    wp_put_u8(w, 0xBE);
    outer = w->n;
    wp_put_u8(w, 0x04);
    inner = w->n;
    if (a->user_information.n)
        wp_put_slice(w, a->user_information);
    else
        put_initiate(w, &a->initiate);
    close_length(w, inner);
    close_length(w, outer);
}

void put_association(struct wp_writer *w, const struct cosem_apdu *apdu)
{
    const struct cosem_association *a = &apdu->association;
    bool is_request = apdu->form == COSEM_AARQ;
    size_t from = w->n;

    if (a->protocol_version.n) {
        put_head(w, 0x80, a->protocol_version.n);
        wp_put_slice(w, a->protocol_version);
    }
    if (a->has_reason) {
        put_head(w, 0x80, 1);
        wp_put_u8(w, a->reason);
    }
    put_context(w, a);
    put_result(w, a);
    put_string(w, is_request ? 0xA6 : 0xA4, 0x04, a->title);
    put_string(w, is_request ? 0xA7 : 0xA5, 0x04, a->certificate);
    put_authentication(w, a, is_request);
    put_user_information(w, a);
    close_length(w, from);
}
