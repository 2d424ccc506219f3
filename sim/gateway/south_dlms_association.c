/* One association: from the link to its release.
 *
 *     LINKING --UA--> ASSOCIATING        --silence, 3 times--> failed: timeout      --DM--> failed: rejected
 *     ASSOCIATING --AARE accepted--> ASKING; gmac: PROVING     --refused, exception--> failed: rejected
 *                 --silence, 1 + association_retries times--> failed: timeout
 *     PROVING --the meter's own proof is right--> ASKING       --else--> failed: rejected
 *     RELEASING --RLRE, or release_timeout--> UNLINKING, over
 *
 * LINKING and UNLINKING are HDLC's. It is released whatever came of it, but for what was never granted. */
#include "sim/gateway/south_dlms_talk.h"

#include "sim/codec/cosem_name.h"

enum { VERSION_6 = 6, PDU_MAX = 0xFFFF };
enum { CLASS_ASSOCIATION = 15, REPLY_TO_HLS = 1 };

static const uint32_t wanted = COSEM_CAN_BLOCK_GET | COSEM_CAN_BLOCK_SET | COSEM_CAN_BLOCK_ACTION |
                               COSEM_CAN_MULTIPLE_REFERENCES | COSEM_CAN_GET | COSEM_CAN_SET |
                               COSEM_CAN_SELECTIVE_ACCESS | COSEM_CAN_ACTION;

/* Nothing was granted, so there is nothing to release but the link. */
static void fail(struct dlms_south *so, struct dlms_session *s, const char *why)
{
    south_dlms_answer_request(so, s, why);
    south_dlms_released(so, s);
}

/* ---- association ------------------------------------------------------------------------------------ */

/* A plain initiate, or in a ciphered association one that is sealed in `room`. */
static bool put_initiate(struct dlms_south *so, struct dlms_session *s, struct cosem_association *a,
                         struct wp_writer *room)
{
    struct cosem_apdu initiate = {.form = COSEM_INITIATE_REQUEST};
    uint8_t plain[64];
    struct wp_writer w = wp_writer(plain, sizeof plain);

    initiate.initiate =
        (struct cosem_initiate){.tag = 0x01, .version = VERSION_6, .conformance = wanted, .max_pdu = PDU_MAX};
    if (!s->talk->is_ciphered) {
        a->initiate = initiate.initiate;
        return true;
    }
    cosem_apdu_encode(&w, &initiate);
    if (!south_dlms_seal(so, s, wp_written(&w), room))
        return false;
    a->user_information = wp_written(room);
    return true;
}

static void authenticate(struct dlms_south *so, struct dlms_session *s, struct cosem_association *a)
{
    struct dlms_talk *t = s->talk;

    if (so->mechanism == COSEM_MECHANISM_NONE)
        return;
    a->has_mechanism = true;
    a->mechanism = so->mechanism;
    a->requirements = cosem_requirements();
    a->auth_value = so->password;
    if (so->mechanism != COSEM_MECHANISM_HLS_GMAC)
        return;
    for (size_t i = 0; i < DLMS_CHALLENGE; i++)
        t->challenge[i] = (uint8_t)wp_random_next(&so->random);
    a->auth_value = wp_slice(t->challenge, DLMS_CHALLENGE);
    a->title = wp_slice(so->client_title, COSEM_TITLE);
}

static void associate(struct dlms_south *so, struct dlms_session *s)
{
    uint8_t room[128];
    struct wp_writer w = wp_writer(room, sizeof room);
    struct cosem_apdu aarq = {.form = COSEM_AARQ};
    struct cosem_association *a = &aarq.association;

    s->talk->stage = DLMS_ASSOCIATING;
    *a = (struct cosem_association){
        .has_context = true, .context = s->talk->is_ciphered ? COSEM_CONTEXT_LN_CIPHERED : COSEM_CONTEXT_LN};
    authenticate(so, s, a);
    if (put_initiate(so, s, a, &w))
        south_dlms_send(so, s, &aarq, so->timeout);
    else
        fail(so, s, "DLMS association failed: no key");
}

static void link_or_associate(struct dlms_south *so, struct dlms_session *s)
{
    struct dlms_talk *t = s->talk;

    t->ns = t->nr = 0;
    if (s->transport != DLMS_HDLC) {
        associate(so, s);
        return;
    }
    t->stage = DLMS_LINKING;
    t->info_max = HDLC_INFO_DEFAULT;
    south_dlms_send_link(so, s, HDLC_SNRM, so->frame_timeout);
}

void south_dlms_begin(struct dlms_south *so, struct dlms_session *s)
{
    struct cosem_secret secret;

    s->talk->is_ciphered = so->mechanism == COSEM_MECHANISM_HLS_GMAC;
    if (s->talk->is_ciphered && (!south_dlms_keep_unit(so, s) || !south_dlms_secret(so, s, &secret))) {
        south_dlms_answer_request(so, s, "DLMS association failed: no key");
        south_dlms_talk_end(so, s);
        return;
    }
    if (s->talk->is_ciphered)
        cosem_unit_learn(s->unit, COSEM_CLIENT, so->client_title);
    link_or_associate(so, s);
}

bool south_dlms_associate_again(struct dlms_south *so, struct dlms_session *s)
{
    if (s->talk->was_lost)
        return false;
    s->talk->was_lost = true;
    s->talk->tries = s->talk->associations = 0;
    link_or_associate(so, s);
    return true;
}

/* f(StoC), by the key that authenticates. */
static void prove(struct dlms_south *so, struct dlms_session *s, struct wp_slice challenge)
{
    struct cosem_apdu action = {.form = COSEM_ACTION_REQUEST};
    uint8_t f[2 + COSEM_GMAC] = {0x09, COSEM_GMAC};
    struct cosem_secret secret;

    if (!south_dlms_secret(so, s, &secret) || !south_dlms_next_counter(so, s)) {
        fail(so, s, "DLMS association failed: no key");
        return;
    }
    cosem_gmac(so->scratch.cipher, &secret, s->talk->counter, challenge, f + 2);
    s->talk->stage = DLMS_PROVING;
    action.service = (struct cosem_service){
        .invoke = south_dlms_next_invoke(s),
        .attribute = {.class_id = CLASS_ASSOCIATION, .obis = obis(0, 0, 40, 0, 0, 255), .id = REPLY_TO_HLS},
        .data = wp_slice(f, sizeof f)};
    south_dlms_send(so, s, &action, so->timeout);
}

/* Who was asked for a proof and wants none has not shown who it is. */
static bool is_accepted(const struct dlms_south *so, const struct cosem_plain *plain)
{
    const struct cosem_association *a = &plain->apdu.association;
    const uint8_t expected =
        so->mechanism == COSEM_MECHANISM_HLS_GMAC ? COSEM_USER_AUTHENTICATION_REQUIRED : COSEM_USER_NONE;

    return a->has_result && a->result == COSEM_ASSOCIATION_ACCEPTED && a->diagnostic == expected &&
           plain->initiate_fault == WP_FAULT_NONE;
}

void south_dlms_take_aare(struct dlms_south *so, struct dlms_session *s, const struct cosem_plain *plain)
{
    if (plain->initiate_fault != WP_FAULT_NONE)
        south_dlms_count_fault(so, plain->initiate_fault, s);
    if (!is_accepted(so, plain)) {
        south_dlms_count(so, DLMS_REJECTED, s, 1);
        fail(so, s, "DLMS association failed: rejected");
    } else if (so->mechanism == COSEM_MECHANISM_HLS_GMAC) {
        prove(so, s, plain->apdu.association.auth_value);
    } else {
        south_dlms_ask(so, s);
    }
}

void south_dlms_take_proof(struct dlms_south *so, struct dlms_session *s, const struct cosem_service *reply)
{
    struct wp_slice f = wp_slice_from(reply->result.data, 2); /* 09 and its length */
    struct cosem_secret secret;
    uint32_t ic;

    if (reply->result.status != COSEM_RESULT_SUCCESS || !south_dlms_secret(so, s, &secret) ||
        !s->unit->has_title[COSEM_SERVER]) {
        fail(so, s, "DLMS association failed: rejected");
        return;
    }
    secret.title = wp_slice(s->unit->title[COSEM_SERVER], COSEM_TITLE);
    if (cosem_gmac_check(so->scratch.cipher, &secret, wp_slice(s->talk->challenge, DLMS_CHALLENGE), f, &ic) ==
        WP_FAULT_NONE)
        south_dlms_ask(so, s);
    else
        fail(so, s, "DLMS association failed: meter not authentic");
}

/* ---- what the meter says in its place --------------------------------------------------------------- */

void south_dlms_take_exception(struct dlms_south *so, struct dlms_session *s, const struct cosem_apdu *apdu)
{
    const char *why = apdu->form == COSEM_EXCEPTION
                          ? cosem_exception_service_text(apdu->exception.service)
                          : cosem_service_error_text(apdu->error.category, apdu->error.value);
    bool is_gone = apdu->form == COSEM_EXCEPTION &&
                   apdu->exception.state == COSEM_STATE_SERVICE_NOT_ALLOWED &&
                   apdu->exception.service == COSEM_SERVICE_OPERATION_NOT_POSSIBLE;

    south_dlms_count(so, DLMS_EXCEPTION, s, 1);
    if (s->talk->stage != DLMS_ASKING) {
        fail(so, s, "DLMS association failed: rejected");
        return;
    }
    if (!is_gone || !south_dlms_associate_again(so, s))
        south_dlms_get_failed(so, s, why ? why : "exception");
}

/* ---- HDLC ------------------------------------------------------------------------------------------- */

static void linked(struct dlms_south *so, struct dlms_session *s, const struct hdlc_frame *f)
{
    struct hdlc_parameters p;

    if (f->info.n > 0 && hdlc_parameters_read(f->info, &p) && p.info_receive >= HDLC_LLC + 1)
        s->talk->info_max = p.info_receive;
    s->talk->tries = 0;
    associate(so, s);
}

void south_dlms_take_link_frame(struct dlms_south *so, struct dlms_session *s, const struct hdlc_frame *f)
{
    struct dlms_talk *t = s->talk;

    if (!t)
        return;
    if (f->type == HDLC_UA && t->stage == DLMS_LINKING) {
        linked(so, s, f);
    } else if ((f->type == HDLC_UA || f->type == HDLC_DM) && t->stage == DLMS_UNLINKING) {
        south_dlms_talk_end(so, s);
    } else if ((f->type == HDLC_DM || f->type == HDLC_FRMR) && t->request) {
        t->stage = DLMS_UNLINKING; /* there is no link any more */
        fail(so, s, "DLMS association failed: rejected");
    } else if (f->type == HDLC_I) {
        t->nr = (uint8_t)((hdlc_ns(f->control) + 1) & 7);
        if (f->more)
            south_dlms_send_link(so, s, HDLC_RR, so->timeout);
    }
}

/* ---- the end ---------------------------------------------------------------------------------------- */

void south_dlms_release_association(struct dlms_south *so, struct dlms_session *s)
{
    struct cosem_apdu rlrq = {.form = COSEM_RLRQ};
    uint8_t room[128];
    struct wp_writer w = wp_writer(room, sizeof room);

    rlrq.association.has_reason = true;
    if (s->talk->is_ciphered)
        (void)put_initiate(so, s, &rlrq.association, &w);
    s->talk->stage = DLMS_RELEASING;
    south_dlms_send(so, s, &rlrq, so->release_timeout);
}

void south_dlms_released(struct dlms_south *so, struct dlms_session *s)
{
    if (s->transport != DLMS_HDLC || s->talk->stage == DLMS_UNLINKING) {
        south_dlms_talk_end(so, s);
        return;
    }
    s->talk->stage = DLMS_UNLINKING;
    south_dlms_send_link(so, s, HDLC_DISC, so->release_timeout);
}

void south_dlms_association_timeout(struct dlms_south *so, struct dlms_session *s)
{
    struct dlms_talk *t = s->talk;

    switch ((enum dlms_stage)t->stage) {
    case DLMS_LINKING:
        if (++t->tries < DLMS_LINK_TRIES)
            link_or_associate(so, s);
        else
            fail(so, s, "DLMS association failed: timeout");
        break;
    case DLMS_ASSOCIATING:
        south_dlms_count(so, DLMS_TIMEOUT, s, 1);
        if (t->associations++ < so->association_retries) {
            link_or_associate(so, s);
            break;
        }
        south_dlms_answer_request(so, s, "DLMS association failed: timeout");
        south_dlms_release_association(so, s);
        break;
    case DLMS_PROVING:
        south_dlms_count(so, DLMS_TIMEOUT, s, 1);
        south_dlms_answer_request(so, s, "DLMS association failed: timeout");
        south_dlms_release_association(so, s);
        break;
    case DLMS_ASKING: break; /* see south_dlms_get.c */
    case DLMS_RELEASING:
    case DLMS_UNLINKING: south_dlms_released(so, s); break;
    }
}
