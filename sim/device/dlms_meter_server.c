/* What it is asked: one APDU at a time, deciphered, allowed or not, executed. */
#include "sim/device/dlms_meter_inside.h"

#include "sim/codec/cosem_name.h"

/* ---- deciphering ------------------------------------------------------------------------------------------------ */

/* What a client sent under EK. The counter must rise; a wrong key, tag or counter has its own fault. */
enum wp_fault dlms_meter_decipher(struct dlms_meter *m, const struct cosem_ciphered *ciphered, uint8_t *room,
                                  size_t n_room, struct wp_slice *plain)
{
    struct dlms_meter_keys keys;
    struct cosem_secret secret = dlms_meter_secret(m, &keys);
    struct cosem_content content;
    enum cosem_tag tag;
    enum wp_fault fault;

    secret.title =
        ciphered->title.n == COSEM_TITLE ? ciphered->title : wp_slice(m->client_title, COSEM_TITLE);
    if (cosem_content_decode(ciphered->whole, &content).status != WP_OK || content.text.n > n_room)
        return WP_FAULT_CIPHER_LENGTH;
    fault = cosem_decipher(cosem_cipher_shared(), &secret, &content, room, plain, &tag);
    if (fault != WP_FAULT_NONE)
        return fault;
    if (m->ic_client > 0 && content.ic <= m->ic_client)
        return WP_FAULT_REPLAY;
    m->ic_client = content.ic;
    return WP_FAULT_NONE;
}

static bool is_shell(const struct cosem_apdu *apdu)
{
    return apdu->form == COSEM_GLO || apdu->form == COSEM_GENERAL_GLO;
}

/* ---- GET ---------------------------------------------------------------------------------------------------------------- */

static void serve_get(struct dlms_meter *m, wp_us now, struct wp_slice plain, struct wp_outbox *out)
{
    if (plain.n > dlms_meter_held_cap(m)) {
        dlms_meter_exception(m, now, COSEM_STATE_SERVICE_NOT_ALLOWED, COSEM_SERVICE_PDU_TOO_LONG, out);
        return;
    }
    dlms_meter_hold(m, plain);
    if (dlms_meter_begin_job(m, now, METER_JOB_REQUEST, &m->answer))
        dlms_meter_send_answer(m, out);
}

static void refuse_block(struct dlms_meter *m, wp_us now, const struct cosem_apdu *request, uint8_t error,
                         struct wp_outbox *out)
{
    struct cosem_apdu apdu = {.form = COSEM_GET_RESPONSE_BLOCK, .tag = 0xC4};

    apdu.service.invoke = request->service.invoke;
    apdu.service.block = (struct cosem_block){
        .is_last = true, .number = request->service.block.number, .is_error = true, .error = error};
    dlms_meter_reply(m, now, METER_JOB_HELD, &apdu, out);
}

/* The block behind the one that the client has. */
static void serve_next(struct dlms_meter *m, wp_us now, const struct cosem_apdu *request,
                       struct wp_outbox *out)
{
    if (m->answer.kind != METER_JOB_REQUEST || m->answer.block == 0) {
        refuse_block(m, now, request, COSEM_RESULT_NO_LONG_GET, out);
        return;
    }
    if (request->service.block.number != m->answer.block) {
        refuse_block(m, now, request, COSEM_RESULT_BLOCK_NUMBER_INVALID, out);
        return;
    }
    m->answer.block++;
    m->answer.piece = 0;
    if (m->answer.bend.block > 0 && m->answer.block == m->answer.bend.block)
        m->answer.block++;
    if (dlms_meter_next_counter(m, &m->answer))
        dlms_meter_send_answer(m, out);
}

/* ---- all of them -------------------------------------------------------------------------------------------------------- */

bool dlms_meter_is_silent(struct dlms_meter *m, const char *request)
{
    struct wp_slice which;
    const struct dlms_meter_fault *slot = dlms_meter_fault_slot(m, METER_FAULT_SILENCE);

    if (!slot)
        return false;
    which = wp_slice(slot->bytes, slot->n);
    if (!wp_slice_is(which, "any") && !wp_slice_is(which, request))
        return false;
    return dlms_meter_fault(m, METER_FAULT_SILENCE, NULL);
}

static const char *name_of(uint8_t tag)
{
    switch (tag) {
    case 0x60: return "aarq";
    case 0x62: return "rlrq";
    case 0xC0: return "get";
    case 0xC1: return "set";
    case 0xC3: return "action";
    default: return "any";
    }
}

static bool is_handshake(const struct cosem_apdu *apdu)
{
    return apdu->form == COSEM_ACTION_REQUEST && apdu->service.attribute.class_id == 15;
}

/* Services of an association, protected as it is. */
static void serve_service(struct dlms_meter *m, wp_us now, const struct cosem_apdu *apdu, bool protected,
                          struct wp_outbox *out)
{
    const bool allowed =
        m->association == METER_ASSOCIATED || (m->association == METER_HLS_PENDING && is_handshake(apdu));

    if (!allowed || (m->is_ciphered && !protected)) {
        dlms_meter_exception(m, now, COSEM_STATE_SERVICE_NOT_ALLOWED, COSEM_SERVICE_OPERATION_NOT_POSSIBLE,
                             out);
        return;
    }
    switch (apdu->form) {
    case COSEM_GET_REQUEST:
    case COSEM_GET_REQUEST_LIST: serve_get(m, now, apdu->bytes, out); break;
    case COSEM_GET_REQUEST_NEXT: serve_next(m, now, apdu, out); break;
    case COSEM_SET_REQUEST: dlms_meter_serve_set(m, now, apdu, out); break;
    case COSEM_SET_REQUEST_LIST: dlms_meter_serve_set_list(m, now, apdu, out); break;
    case COSEM_ACTION_REQUEST: dlms_meter_serve_action(m, now, apdu, out); break;
    default:
        dlms_meter_exception(m, now, COSEM_STATE_SERVICE_UNKNOWN, COSEM_SERVICE_NOT_SUPPORTED, out);
        break;
    }
}

static void serve_plain(struct dlms_meter *m, wp_us now, const struct cosem_apdu *apdu, bool protected,
                        struct wp_outbox *out)
{
    struct wp_slice octets;

    if (dlms_meter_is_silent(m, name_of(apdu->tag)))
        return;
    if (apdu->tag != 0x60 && apdu->tag != 0x62 && dlms_meter_fault_octets(m, METER_FAULT_EXCEPTION, &octets))
        dlms_meter_exception(m, now, octets.p[0], octets.p[1], out);
    else if (apdu->form == COSEM_AARQ)
        dlms_meter_associate(m, now, &apdu->association, out);
    else if (apdu->form == COSEM_RLRQ)
        dlms_meter_release(m, now, out);
    else if (apdu->tag >= 0xC0 && apdu->tag <= 0xC3)
        serve_service(m, now, apdu, protected, out);
    else
        dlms_meter_exception(m, now, COSEM_STATE_SERVICE_UNKNOWN, COSEM_SERVICE_NOT_SUPPORTED, out);
}

/* What does not decipher is answered as the standard has it, and changes nothing. */
static void serve_sealed(struct dlms_meter *m, wp_us now, const struct cosem_apdu *shell,
                         struct wp_outbox *out)
{
    uint8_t room[METER_HELD_MAX];
    struct wp_slice plain;
    struct cosem_apdu apdu;
    const enum wp_fault fault = dlms_meter_decipher(m, &shell->ciphered, room, sizeof room, &plain);

    if (fault == WP_FAULT_REPLAY)
        dlms_meter_exception(m, now, COSEM_STATE_SERVICE_UNKNOWN, COSEM_SERVICE_INVOCATION_COUNTER, out);
    else if (fault != WP_FAULT_NONE || cosem_apdu_read(plain, COSEM_TOLERANT, &apdu).status != WP_OK)
        dlms_meter_exception(m, now, COSEM_STATE_SERVICE_UNKNOWN, COSEM_SERVICE_DECIPHERING_ERROR, out);
    else
        serve_plain(m, now, &apdu, true, out);
}

/* Responses, and what is pushed, ask for nothing. */
static bool is_answer(uint8_t tag)
{
    static const uint8_t tags[] = {0x08, 0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0x18, 0x61, 0x63, 0xC2, 0xC4,
                                   0xC5, 0xC7, 0xD8, 0xDA, 0x28, 0xCA, 0xCC, 0xCD, 0xCF, 0xE7};

    return memchr(tags, tag, sizeof tags) != NULL;
}

void dlms_meter_serve(struct dlms_meter *m, wp_us now, struct wp_slice in, struct wp_outbox *out)
{
    struct cosem_apdu apdu;

    if (in.n == 0 || is_answer(in.p[0]))
        return;
    if (cosem_apdu_read(in, COSEM_TOLERANT, &apdu).status != WP_OK)
        dlms_meter_exception(m, now, COSEM_STATE_SERVICE_UNKNOWN, COSEM_SERVICE_OTHER_REASON, out);
    else if (is_shell(&apdu))
        serve_sealed(m, now, &apdu, out);
    else
        serve_plain(m, now, &apdu, false, out);
}
