/* Taking one protection off, and what an association tells. */
#include "sim/codec/cosem_unit_impl.h"

/* ---- one protection --------------------------------------------------------------------------------- */

bool unit_is_noise(const struct cosem_layer *layer)
{
    return layer->sc & COSEM_SC_ENCRYPTED && layer->tag != COSEM_TAG_OK;
}

/* The first five octet-strings of general-ciphering, as they stand. */
static struct wp_slice protected_header(struct wp_slice apdu)
{
    struct wp_reader r = wp_reader(wp_slice_from(apdu, 1));

    for (int i = 0; i < 5; i++) {
        size_t n = wp_get_u8(&r), octets = n > 0x80 ? n & 0x0F : 0;

        for (n = octets > 0 ? 0 : n; octets > 0; octets--)
            n = n << 8 | wp_get_u8(&r);
        wp_get_slice(&r, n);
    }
    return wp_slice(apdu.p + 1, r.ran_out ? 0 : r.at);
}

static enum cosem_key key_of(const struct cosem_apdu *apdu, uint8_t sc)
{
    if (apdu->form == COSEM_GENERAL_DED || apdu->form == COSEM_DED)
        return COSEM_KEY_DEDICATED;
    if (sc & COSEM_SC_BROADCAST)
        return COSEM_KEY_BROADCAST;
    if (apdu->form == COSEM_GENERAL_CIPHERING && apdu->protection.key_info == COSEM_KEY_IDENTIFIED &&
        apdu->protection.key_id == 1)
        return COSEM_KEY_BROADCAST;
    return COSEM_KEY_GLOBAL;
}

static enum wp_fault demand(const struct cosem_unit *unit, const struct cosem_layer *layer)
{
    const bool is_protected = layer->sc & (COSEM_SC_AUTHENTICATED | COSEM_SC_ENCRYPTED);

    if (unit->policy & COSEM_REQUIRE_TAG && !(layer->sc & COSEM_SC_AUTHENTICATED))
        return WP_FAULT_DOWNGRADE;
    if (unit->policy & COSEM_REFUSE_PLAIN && !is_protected)
        return WP_FAULT_DOWNGRADE;
    if (unit->policy & COSEM_STRICT_COUNTER && is_protected && layer->freshness != COSEM_COUNTER_FRESH)
        return WP_FAULT_REPLAY;
    return WP_FAULT_NONE;
}

/* Where the text goes: where it stands when that is the room already, since libcrypto wants all or no overlap. */
static uint8_t *destination(const struct cosem_scratch *scratch, struct wp_slice text)
{
    const uintptr_t at = (uintptr_t)text.p - (uintptr_t)scratch->room;

    if (at < scratch->n_room)
        return scratch->room + at;
    return text.n <= scratch->n_room ? scratch->room : NULL;
}

/* Deciphers content whose layer is filled in but for what comes of it. */
static enum wp_fault take_off(struct cosem_unit *unit, const struct cosem_scratch *scratch,
                              struct wp_slice header, const struct cosem_content *content,
                              struct cosem_layer *layer, struct wp_slice *out)
{
    const uint8_t *title = layer->has_title ? layer->title : NULL;
    const struct wp_key *entry = unit_find_key(unit, layer->role, title);
    const struct cosem_counter *counter = title ? unit_find_counter(unit, layer) : NULL;
    uint8_t *room = destination(scratch, content->text);
    const struct cosem_secret secret = {
        .key = unit_pick_key(unit, entry, layer->key),
        .auth = entry ? wp_slice(entry->auth, entry->n_auth) : wp_slice(NULL, 0),
        .title = wp_slice(title, title ? COSEM_TITLE : 0),
        .header = header,
    };
    enum wp_fault fault;

    if (counter)
        layer->freshness = cosem_counter_look(counter, layer->ic);
    else if (layer->ic == UINT32_MAX)
        layer->freshness = COSEM_COUNTER_SPENT;
    fault = demand(unit, layer);
    if (fault == WP_FAULT_NONE &&
        ((!room && content->sc & COSEM_SC_ENCRYPTED) || header.n > COSEM_HEADER_MAX))
        fault = WP_FAULT_TOO_LARGE;
    if (fault == WP_FAULT_NONE)
        fault = cosem_decipher(scratch->cipher, &secret, content, room, out, &layer->tag);
    if (fault == WP_FAULT_NONE && unit->policy & COSEM_REQUIRE_TAG && layer->tag != COSEM_TAG_OK)
        fault = WP_FAULT_NO_KEY;
    return fault;
}

static bool is_repeated_kind(const struct cosem_plain *out)
{
    for (size_t i = 0; i < out->n_layers; i++)
        if (out->layer[i].apdu_tag == out->apdu.tag)
            return true;
    return out->n_layers == COSEM_LAYERS_MAX;
}

/* told: the title in the APDU, n 0: none. */
static void name_sender(const struct cosem_unit *unit, enum wp_side from, struct wp_slice told,
                        struct cosem_layer *layer)
{
    const uint8_t *title;

    layer->role = unit_role(unit, layer->apdu_tag, told, from);
    title = told.n == COSEM_TITLE ? told.p : unit_title(unit, layer->role);
    layer->has_title = title != NULL;
    if (title)
        memcpy(layer->title, title, COSEM_TITLE);
}

static struct cosem_layer begin_layer(const struct cosem_content *content, uint8_t tag, enum cosem_key key)
{
    return (struct cosem_layer){
        .apdu_tag = tag,
        .sc = content->sc,
        .ic = content->ic,
        .tag = content->tag.n > 0 ? COSEM_TAG_UNCHECKED : COSEM_TAG_NONE,
        .key = key,
    };
}

enum cosem_unit_result unit_decipher(struct cosem_unit *unit, const struct cosem_scratch *scratch,
                                     enum wp_side from, struct wp_slice *in, struct cosem_plain *out)
{
    const struct cosem_apdu *apdu = &out->apdu;
    const bool is_general = apdu->form == COSEM_GENERAL_CIPHERING;
    const struct cosem_ciphered *ciphered = is_general ? &apdu->protection.ciphered : &apdu->ciphered;
    struct cosem_layer *layer = &out->layer[out->n_layers];
    struct cosem_content content;
    enum wp_fault fault;

    if (is_repeated_kind(out))
        return unit_refuse(out, WP_FAULT_NESTING, 0);
    if (is_general && apdu->protection.key_info != COSEM_KEY_NONE &&
        apdu->protection.key_info != COSEM_KEY_IDENTIFIED)
        return unit_refuse(out, WP_FAULT_UNSUPPORTED, 0);
    if (cosem_content_decode(ciphered->whole, &content).status != WP_OK)
        return unit_refuse(out, WP_FAULT_CIPHER_LENGTH, 0);
    *layer = begin_layer(&content, apdu->tag, key_of(apdu, content.sc));
    name_sender(unit, from, is_general ? apdu->protection.originator : ciphered->title, layer);
    out->n_layers++;
    fault = take_off(unit, scratch, is_general ? protected_header(apdu->bytes) : wp_slice(NULL, 0), &content,
                     layer, in);
    return fault == WP_FAULT_NONE ? COSEM_UNIT_PLAIN : unit_refuse(out, fault, 0);
}

/* ---- associations ----------------------------------------------------------------------------------- */

/* An AARQ begins anew: what an earlier association agreed on is void. */
static void learn(struct cosem_unit *unit, enum wp_side from, const struct cosem_apdu *apdu)
{
    const struct cosem_association *association = &apdu->association;

    if (apdu->form == COSEM_AARQ) {
        unit->has_title[COSEM_CLIENT] = unit->has_title[COSEM_SERVER] = false;
        unit->client_side = (uint8_t)from;
        cosem_unit_dedicate(unit, wp_slice(NULL, 0));
    }
    if (association->title.n != COSEM_TITLE)
        return;
    if (apdu->form == COSEM_AARQ)
        cosem_unit_learn(unit, COSEM_CLIENT, association->title.p);
    if (apdu->form == COSEM_AARE)
        cosem_unit_learn(unit, COSEM_SERVER, association->title.p);
}

static enum wp_fault decipher_initiate(struct cosem_unit *unit, const struct cosem_scratch *scratch,
                                       struct cosem_plain *out)
{
    const struct cosem_initiate *shell = &out->apdu.association.initiate;
    struct cosem_layer *layer = &out->layer[out->n_layers];
    struct cosem_content content;
    struct cosem_apdu inner;
    struct wp_slice text;
    enum wp_fault fault;

    if (out->n_layers == COSEM_LAYERS_MAX)
        return WP_FAULT_NESTING;
    if (cosem_content_decode(shell->ciphered.whole, &content).status != WP_OK)
        return WP_FAULT_CIPHER_LENGTH;
    *layer = begin_layer(&content, shell->tag,
                         content.sc & COSEM_SC_BROADCAST ? COSEM_KEY_BROADCAST : COSEM_KEY_GLOBAL);
    name_sender(unit, WP_SIDE_UNKNOWN, wp_slice(NULL, 0), layer);
    out->n_layers++;
    fault = take_off(unit, scratch, wp_slice(NULL, 0), &content, layer, &text);
    if (fault != WP_FAULT_NONE)
        return fault;
    if (cosem_apdu_read(text, unit->tolerance, &inner).status != WP_OK ||
        (inner.form != COSEM_INITIATE_REQUEST && inner.form != COSEM_INITIATE_RESPONSE))
        return WP_FAULT_DECIPHER;
    unit_accept(unit, out);
    out->initiate = inner.initiate;
    return WP_FAULT_NONE;
}

void unit_associate(struct cosem_unit *unit, const struct cosem_scratch *scratch, enum wp_side from,
                    struct cosem_plain *out)
{
    const struct cosem_initiate *given = &out->apdu.association.initiate;
    size_t n_key;

    learn(unit, from, &out->apdu);
    if (given->tag == 0x21 || given->tag == 0x28)
        out->initiate_fault = decipher_initiate(unit, scratch, out);
    else
        out->initiate = *given;
    n_key = out->initiate.dedicated_key.n;
    if (out->apdu.form == COSEM_AARQ && out->initiate.tag == 0x01 && (n_key == 16 || n_key == 32))
        cosem_unit_dedicate(unit, out->initiate.dedicated_key);
}
