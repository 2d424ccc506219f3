/* Who may ask: AARQ, the HLS handshake, RLRQ.
 *
 *     CLOSED --AARQ: AARE 0/0--> ASSOCIATED --RLRQ: RLRE, DISC--> CLOSED
 *     CLOSED --AARQ with GMAC: AARE 0/14--> HLS-PENDING --reply_to_HLS, right--> ASSOCIATED
 *     CLOSED --AARQ: AARE 1/2 context, 1/11 mechanism, 1/12 no mechanism, 1/13 wrong password--> CLOSED */
#include "sim/device/dlms_meter_inside.h"

#include "sim/codec/cosem_name.h"

#include "sim/codec/cosem_unit.h"
#include "sim/core/random.h"

/* block-get, multiple-references, get, set, selective-access, action; data- and event-notification. */
enum {
    CONFORMANCE = 0x800000 >> 11 | 0x800000 >> 14 | 0x800000 >> 16 | 0x800000 >> 19 | 0x800000 >> 20 |
                  0x800000 >> 21 | 0x800000 >> 22 | 0x800000 >> 23,
    GENERAL_PROTECTION = 0x800000 >> 1,
    VAA_NAME = 7,
    VERSION = 6,
    PDU_LEAST = 64,
    SEALED_INITIATE_MAX = 64,
};

void dlms_meter_forget_association(struct dlms_meter *m)
{
    m->association = METER_CLOSED;
    m->is_ciphered = m->is_joining = false;
    m->answer = (struct dlms_meter_job){.kind = METER_JOB_NONE};
    m->n_held = 0;
}

/* ---- what it says ------------------------------------------------------------------------------------------------- */

/* Its own challenge: the same until the next association. */
void dlms_meter_challenge(const struct dlms_meter *m, uint8_t out[METER_OWN_CHALLENGE])
{
    struct wp_random r = wp_random(m->setup->seed + m->n_associations);

    for (unsigned i = 0; i < METER_OWN_CHALLENGE; i++)
        out[i] = (uint8_t)wp_random_next(&r);
}

static void put_initiate(struct wp_writer *w, const struct dlms_meter *m)
{
    struct cosem_apdu apdu = {.form = COSEM_INITIATE_RESPONSE, .tag = 0x08};

    apdu.initiate = (struct cosem_initiate){
        .tag = 0x08,
        .version = VERSION,
        .conformance = m->conformance,
        .max_pdu = (uint16_t)dlms_meter_given(m->setup, METER_PDU_MAX).num,
        .vaa_name = VAA_NAME,
    };
    cosem_apdu_encode(w, &apdu);
}

/* In a ciphered association the initiate is too. */
static struct wp_slice user_information(struct dlms_meter *m, uint8_t memory[SEALED_INITIATE_MAX])
{
    uint8_t plain[32];
    struct wp_writer p = wp_writer(plain, sizeof plain), w = wp_writer(memory, SEALED_INITIATE_MAX);
    struct dlms_meter_keys keys;
    struct cosem_secret secret;

    put_initiate(&p, m);
    if (!m->is_ciphered || m->ic == UINT32_MAX) {
        wp_put_slice(&w, wp_written(&p));
        return wp_written(&w);
    }
    secret = dlms_meter_secret(m, &keys);
    (void)cosem_seal(&w, cosem_cipher_shared(), &secret, COSEM_GLO, dlms_meter_control(m), m->ic++,
                     wp_written(&p));
    return wp_written(&w);
}

static void answer(struct dlms_meter *m, wp_us now, const struct cosem_association *aarq, uint8_t result,
                   uint8_t diagnostic, struct wp_outbox *out)
{
    uint8_t information[SEALED_INITIATE_MAX], title[COSEM_TITLE], challenge[METER_OWN_CHALLENGE];
    struct cosem_apdu apdu = {.form = COSEM_AARE, .tag = 0x61};
    struct cosem_association *a = &apdu.association;

    *a = (struct cosem_association){
        .has_context = true,
        .context = aarq->context,
        .has_result = true,
        .result = result,
        .diagnostic_source = COSEM_DIAGNOSTIC_USER,
        .diagnostic = diagnostic,
    };
    if (result == COSEM_ASSOCIATION_ACCEPTED)
        a->user_information = user_information(m, information);
    if (m->is_ciphered && result == COSEM_ASSOCIATION_ACCEPTED) {
        dlms_meter_title(m, title);
        a->title = wp_slice(title, sizeof title);
    }
    if (diagnostic == COSEM_USER_AUTHENTICATION_REQUIRED) {
        dlms_meter_challenge(m, challenge);
        a->requirements = cosem_requirements();
        a->has_mechanism = true;
        a->mechanism = COSEM_MECHANISM_HLS_GMAC;
        a->auth_value = wp_slice(challenge, sizeof challenge);
    }
    dlms_meter_reply(m, now, METER_JOB_PLAIN, &apdu, out);
}

/* ---- what it is asked ----------------------------------------------------------------------------------------------- */

/* 0: it may associate; COSEM_USER_AUTHENTICATION_REQUIRED: once it has proved who it is. */
static uint8_t judge_lls(const struct dlms_meter *m, const struct cosem_association *a)
{
    if (!a->has_mechanism)
        return COSEM_USER_MECHANISM_REQUIRED;
    if (a->mechanism != COSEM_MECHANISM_LLS)
        return COSEM_USER_MECHANISM_NOT_RECOGNISED;
    return wp_slice_eq(a->auth_value, dlms_meter_given(m->setup, METER_PASSWORD).bytes)
               ? COSEM_USER_NONE
               : COSEM_USER_AUTHENTICATION_FAILURE;
}

static uint8_t judge_gmac(const struct dlms_meter *m, const struct cosem_association *a)
{
    (void)m;
    if (!a->has_mechanism)
        return COSEM_USER_MECHANISM_REQUIRED;
    if (a->mechanism != COSEM_MECHANISM_HLS_GMAC)
        return COSEM_USER_MECHANISM_NOT_RECOGNISED;
    if (a->title.n != COSEM_TITLE || a->auth_value.n == 0 || a->auth_value.n > METER_CHALLENGE)
        return COSEM_USER_AUTHENTICATION_FAILURE;
    return COSEM_USER_AUTHENTICATION_REQUIRED;
}

static uint8_t judge(const struct dlms_meter *m, const struct cosem_association *a)
{
    const bool ciphered = a->has_context && a->context == COSEM_CONTEXT_LN_CIPHERED;

    if (!a->has_context || (a->context != COSEM_CONTEXT_LN && !ciphered) ||
        (ciphered && (m->profile->is_bare_bones || a->title.n != COSEM_TITLE)))
        return COSEM_USER_CONTEXT_NOT_SUPPORTED;
    if (dlms_meter_given_is(m->setup, METER_AUTHENTICATION, "lls"))
        return judge_lls(m, a);
    if (dlms_meter_given_is(m->setup, METER_AUTHENTICATION, "gmac"))
        return judge_gmac(m, a);
    return COSEM_USER_NONE;
}

/* The initiate of a ciphered context is in a shell of its own; what is said there counts like any other. */
static bool read_initiate(struct dlms_meter *m, const struct cosem_association *a, struct cosem_initiate *out)
{
    uint8_t room[METER_HELD_MAX];
    struct wp_slice plain;
    struct cosem_apdu apdu;

    *out = a->initiate;
    if (out->tag != 0x21)
        return out->tag == 0x01;
    if (dlms_meter_decipher(m, &a->initiate.ciphered, room, sizeof room, &plain) != WP_FAULT_NONE ||
        cosem_apdu_read(plain, COSEM_TOLERANT, &apdu).status != WP_OK || apdu.form != COSEM_INITIATE_REQUEST)
        return false;
    *out = apdu.initiate;
    return true;
}

static void agree(struct dlms_meter *m, const struct cosem_initiate *initiate)
{
    const uint32_t own = (uint32_t)CONFORMANCE | (m->is_ciphered ? (uint32_t)GENERAL_PROTECTION : 0);
    const uint16_t most = (uint16_t)dlms_meter_given(m->setup, METER_PDU_MAX).num;
    const uint16_t theirs = initiate->max_pdu;

    m->conformance = own & initiate->conformance;
    m->pdu_max = theirs > 0 && theirs < most ? theirs : most;
    if (m->pdu_max < PDU_LEAST)
        m->pdu_max = PDU_LEAST;
}

void dlms_meter_associate(struct dlms_meter *m, wp_us now, const struct cosem_association *aarq,
                          struct wp_outbox *out)
{
    struct cosem_initiate initiate;
    uint8_t diagnostic = judge(m, aarq);
    int64_t fault;

    dlms_meter_forget_association(m);
    m->is_ciphered = aarq->context == COSEM_CONTEXT_LN_CIPHERED;
    if (aarq->title.n == COSEM_TITLE)
        memcpy(m->client_title, aarq->title.p, COSEM_TITLE);
    if (dlms_meter_fault(m, METER_FAULT_REJECT, &fault))
        diagnostic = (uint8_t)fault;
    else if (diagnostic == COSEM_USER_NONE || diagnostic == COSEM_USER_AUTHENTICATION_REQUIRED) {
        if (read_initiate(m, aarq, &initiate)) {
            agree(m, &initiate);
            m->n_associations++;
            m->n_challenge = (uint8_t)(aarq->auth_value.n <= METER_CHALLENGE ? aarq->auth_value.n : 0);
            if (m->n_challenge > 0)
                memcpy(m->challenge, aarq->auth_value.p, m->n_challenge);
            m->association = diagnostic == COSEM_USER_NONE ? METER_ASSOCIATED : METER_HLS_PENDING;
            answer(m, now, aarq, COSEM_ASSOCIATION_ACCEPTED, diagnostic, out);
            return;
        }
        diagnostic = COSEM_USER_NO_REASON;
    }
    m->is_ciphered = false;
    answer(m, now, aarq, COSEM_ASSOCIATION_REJECTED_PERMANENT, diagnostic, out);
}

void dlms_meter_release(struct dlms_meter *m, wp_us now, struct wp_outbox *out)
{
    uint8_t information[SEALED_INITIATE_MAX];
    struct cosem_apdu apdu = {.form = COSEM_RLRE, .tag = 0x63};

    apdu.association.has_reason = true;
    if (m->is_ciphered && m->association != METER_CLOSED)
        apdu.association.user_information = user_information(m, information);
    dlms_meter_forget_association(m);
    dlms_meter_reply(m, now, METER_JOB_PLAIN, &apdu, out);
}

/* ---- reply_to_HLS -------------------------------------------------------------------------------------------------------- */

bool dlms_meter_prove(struct dlms_meter *m, struct wp_slice f, uint8_t out[COSEM_GMAC])
{
    uint8_t own[METER_OWN_CHALLENGE];
    struct dlms_meter_keys keys;
    struct cosem_secret secret = dlms_meter_secret(m, &keys), theirs = secret;
    uint32_t ic;

    theirs.title = wp_slice(m->client_title, COSEM_TITLE);
    dlms_meter_challenge(m, own);
    if (m->ic == UINT32_MAX ||
        cosem_gmac_check(cosem_cipher_shared(), &theirs, wp_slice(own, sizeof own), f, &ic) != WP_FAULT_NONE)
        return false;
    cosem_gmac(cosem_cipher_shared(), &secret, m->ic++, wp_slice(m->challenge, m->n_challenge), out);
    m->association = METER_ASSOCIATED;
    return true;
}
