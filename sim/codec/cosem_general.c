/* Shells around other APDUs: ciphering, protection with a signature, block transfer, routing through a gateway.
 *
 *     DB, DC         | title 0 or 8 octets | content            DD | five octet-strings | 00, or 01 key-info | content
 *     glo-, ded-tags | content                                  DF | five octet-strings | octet-string | signature
 *     content: length | SC u8 | IC u32 | octets [| tag 12]      E0 | control | block u16 | acknowledged u16 | octet-string
 *     E6, E7 | network u8 | address | APDU
 *
 * Deciphering is cosem_crypt's, joining of blocks cosem_gbt's. */
#include "sim/codec/cosem_take.h"

enum {
    HEAD_OCTETS = 5, /* SC, IC */
    TAG_OCTETS = 12,
    AUTHENTICATED = 0x10,
    LAST = 0x80,
    STREAMING = 0x40,
    WINDOW = 0x3F,
};

void take_content(struct cosem_reader *r, struct cosem_ciphered *out)
{
    size_t at = r->at;
    uint32_t n = take_length(r);

    if (reads_on(r) && n < HEAD_OCTETS)
        refuse_at(r, WP_FAULT_CIPHER_LENGTH, at);
    out->whole = take_slice(r, n);
    if (!reads_on(r))
        return;
    out->control = out->whole.p[0];
    out->counter = (uint32_t)out->whole.p[1] << 24 | (uint32_t)out->whole.p[2] << 16 |
                   (uint32_t)out->whole.p[3] << 8 | out->whole.p[4];
    out->content = wp_slice(out->whole.p + HEAD_OCTETS, n - HEAD_OCTETS);
    if ((out->control & AUTHENTICATED) && out->content.n < TAG_OCTETS)
        refuse_at(r, WP_FAULT_CIPHER_LENGTH, at);
}

void put_content(struct wp_writer *w, const struct cosem_ciphered *c)
{
    axdr_put_length(w, (uint32_t)(HEAD_OCTETS + c->content.n));
    wp_put_u8(w, c->control);
    wp_put_u32be(w, c->counter);
    wp_put_slice(w, c->content);
}

void take_titled(struct cosem_reader *r, struct cosem_ciphered *out)
{
    size_t at = r->at;
    uint32_t n = take_length(r);

    if (n != 0 && n != COSEM_TITLE_OCTETS)
        refuse_at(r, WP_FAULT_SYSTEM_TITLE, at);
    out->title = take_slice(r, n);
    take_content(r, out);
}

void take_ciphered(struct cosem_reader *r, struct cosem_apdu *out)
{
    out->ciphered = (struct cosem_ciphered){0};
    if (out->form == COSEM_GENERAL_GLO || out->form == COSEM_GENERAL_DED)
        take_titled(r, &out->ciphered);
    else
        take_content(r, &out->ciphered);
}

void put_ciphered(struct wp_writer *w, const struct cosem_apdu *apdu)
{
    if (apdu->form == COSEM_GENERAL_GLO || apdu->form == COSEM_GENERAL_DED)
        cosem_put_octets(w, apdu->ciphered.title);
    put_content(w, &apdu->ciphered);
}

/* ---- general-ciphering, general-signing ------------------------------------------------------------------ */

/* 00 key-id | 01 kek-id, octet-string | 02 octet-string, octet-string */
static void take_key_info(struct cosem_reader *r, struct cosem_protection *out)
{
    if (!take_optional(r))
        return;
    switch (take_u8(r)) {
    case 0:
        out->key_info = COSEM_KEY_IDENTIFIED;
        out->key_id = take_u8(r);
        break;
    case 1:
        out->key_info = COSEM_KEY_WRAPPED;
        out->key_id = take_u8(r);
        out->key = take_octets(r);
        break;
    case 2:
        out->key_info = COSEM_KEY_AGREED;
        out->key = take_octets(r);
        out->key_cipher = take_octets(r);
        break;
    default: refuse(r, WP_FAULT_CHOICE);
    }
}

static void put_key_info(struct wp_writer *w, const struct cosem_protection *p)
{
    wp_put_u8(w, p->key_info != COSEM_KEY_NONE);
    if (p->key_info == COSEM_KEY_NONE)
        return;
    wp_put_u8(w, (uint8_t)(p->key_info - COSEM_KEY_IDENTIFIED));
    if (p->key_info != COSEM_KEY_AGREED)
        wp_put_u8(w, p->key_id);
    if (p->key_info != COSEM_KEY_IDENTIFIED)
        cosem_put_octets(w, p->key);
    if (p->key_info == COSEM_KEY_AGREED)
        cosem_put_octets(w, p->key_cipher);
}

void take_protection(struct cosem_reader *r, struct cosem_apdu *out)
{
    struct cosem_protection *p = &out->protection;

    *p = (struct cosem_protection){0};
    p->transaction = take_octets(r);
    p->originator = take_octets(r);
    p->recipient = take_octets(r);
    p->date_time = take_octets(r);
    p->other = take_octets(r);
    if (out->form == COSEM_GENERAL_CIPHERING) {
        take_key_info(r, p);
        take_content(r, &p->ciphered);
        return;
    }
    p->content = take_octets(r);
    p->signature = take_octets(r);
}

void put_protection(struct wp_writer *w, const struct cosem_apdu *apdu)
{
    const struct cosem_protection *p = &apdu->protection;

    cosem_put_octets(w, p->transaction);
    cosem_put_octets(w, p->originator);
    cosem_put_octets(w, p->recipient);
    cosem_put_octets(w, p->date_time);
    cosem_put_octets(w, p->other);
    if (apdu->form == COSEM_GENERAL_CIPHERING) {
        put_key_info(w, p);
        put_content(w, &p->ciphered);
        return;
    }
    cosem_put_octets(w, p->content);
    cosem_put_octets(w, p->signature);
}

/* ---- block transfer, routing ------------------------------------------------------------------------------ */

void take_transfer(struct cosem_reader *r, struct cosem_apdu *out)
{
    struct cosem_transfer *t = &out->transfer;
    uint8_t control = take_u8(r);

    t->is_last = control & LAST;
    t->is_streaming = control & STREAMING;
    t->window = control & WINDOW;
    t->block = take_u16(r);
    t->acknowledged = take_u16(r);
    t->data = take_octets(r);
}

void put_transfer(struct wp_writer *w, const struct cosem_transfer *t)
{
    wp_put_u8(w,
              (uint8_t)((t->is_last ? LAST : 0) | (t->is_streaming ? STREAMING : 0) | (t->window & WINDOW)));
    wp_put_u16be(w, t->block);
    wp_put_u16be(w, t->acknowledged);
    cosem_put_octets(w, t->data);
}

static bool is_routed(uint8_t tag)
{
    return tag == 0xE6 || tag == 0xE7;
}

void take_routed(struct cosem_reader *r, struct cosem_apdu *out)
{
    struct cosem_apdu inner;
    struct wp_slice rest;
    struct wp_decode d;

    out->routed = (struct cosem_routed){.network = take_u8(r)};
    out->routed.address = take_octets(r);
    if (!has_octets(r, 1))
        return;
    if (out->routed.address.n == 0) {
        refuse(r, WP_FAULT_FIELD); /* E6 E6 00 and E6 E7 00 are the LLC of HDLC, left in front */
        return;
    }
    rest = wp_slice(r->in.p + r->at, r->in.n - r->at);
    if (is_routed(rest.p[0])) {
        refuse_at(r, WP_FAULT_NESTING, r->at);
        return;
    }
    d = r->is_whole ? cosem_apdu_read(rest, r->tolerance, &inner)
                    : cosem_apdu_decode(rest, r->tolerance, &inner);
    if (d.status == WP_MORE)
        r->need = d.need;
    else if (d.status == WP_BAD)
        refuse_at(r, d.fault, r->at + d.at);
    else
        out->routed.apdu = take_slice(r, d.used);
}
