/* Protection of what it sends: keys, the invocation counter, which shell. */
#include "sim/device/dlms_meter_inside.h"

#include "sim/codec/cosem_unit.h"

struct cosem_secret dlms_meter_secret(const struct dlms_meter *m, struct dlms_meter_keys *memory)
{
    (void)dlms_meter_given_octets(m->setup, METER_EK, memory->ek, METER_KEY);
    (void)dlms_meter_given_octets(m->setup, METER_AK, memory->ak, METER_KEY);
    dlms_meter_title(m, memory->title);
    return (struct cosem_secret){
        .key = wp_slice(memory->ek, METER_KEY),
        .auth = wp_slice(memory->ak, METER_KEY),
        .title = wp_slice(memory->title, COSEM_TITLE),
    };
}

/* A ciphered association is both authenticated and encrypted where nothing else was asked for. */
uint8_t dlms_meter_control(const struct dlms_meter *m)
{
    return m->security > 0 ? m->security : COSEM_SC_AUTHENTICATED | COSEM_SC_ENCRYPTED;
}

/* Pushes as the profile or the option has it, answers as their association was asked for. */
static bool is_protected(const struct dlms_meter *m, enum dlms_meter_job_kind kind)
{
    if (kind == METER_JOB_PUSH)
        return m->security != 0;
    return kind != METER_JOB_PLAIN && m->is_ciphered && m->association != METER_CLOSED;
}

bool dlms_meter_next_counter(struct dlms_meter *m, struct dlms_meter_job *job)
{
    if (!is_protected(m, (enum dlms_meter_job_kind)job->kind))
        return true;
    if (m->ic == UINT32_MAX)
        return false;
    if (dlms_meter_fault(m, METER_FAULT_COUNTER, NULL))
        job->ic = m->ic > 0 ? m->ic - 1 : 0;
    else
        job->ic = m->ic++;
    return true;
}

static struct dlms_meter_bend bend_of(struct dlms_meter *m, enum dlms_meter_job_kind kind)
{
    struct dlms_meter_bend bend = {0};
    int64_t n;

    if (dlms_meter_fault(m, METER_FAULT_SCALER, &n))
        bend.scaler = (int8_t)n;
    if (kind == METER_JOB_PUSH && dlms_meter_fault(m, METER_FAULT_SHAPE, &n))
        bend.shape = (uint8_t)(n + 1);
    if (kind != METER_JOB_PUSH && dlms_meter_fault(m, METER_FAULT_INVOKE, &n))
        bend.invoke = (uint8_t)n;
    if (kind == METER_JOB_REQUEST && dlms_meter_fault(m, METER_FAULT_RESULT, &n))
        bend.result = (uint8_t)n;
    if (dlms_meter_fault(m, METER_FAULT_BLOCK, &n))
        bend.block = (uint8_t)n;
    if (kind == METER_JOB_PUSH && dlms_meter_fault(m, METER_FAULT_SWAP, &n))
        bend.swap = (uint8_t)n;
    bend.deviation = dlms_meter_fault(m, METER_FAULT_DEVIATION, NULL);
    bend.key = dlms_meter_fault(m, METER_FAULT_KEY, NULL);
    bend.half = dlms_meter_fault(m, METER_FAULT_HALF, NULL);
    return bend;
}

bool dlms_meter_begin_job(struct dlms_meter *m, wp_us now, enum dlms_meter_job_kind kind,
                          struct dlms_meter_job *job)
{
    *job = (struct dlms_meter_job){.kind = (uint8_t)kind, .at = now};
    if (!dlms_meter_next_counter(m, job)) {
        job->kind = METER_JOB_NONE;
        return false;
    }
    job->bend = bend_of(m, kind);
    return true;
}

void dlms_meter_protect(struct wp_writer *w, const struct dlms_meter *m, const struct dlms_meter_job *job,
                        struct wp_slice plain)
{
    struct dlms_meter_keys keys;
    struct cosem_secret secret;
    enum cosem_form shell = COSEM_GENERAL_GLO;

    if (!is_protected(m, (enum dlms_meter_job_kind)job->kind) || plain.n == 0) {
        wp_put_slice(w, plain);
        return;
    }
    secret = dlms_meter_secret(m, &keys);
    if (job->bend.key)
        keys.ek[0] ^= 0xFF;
    if (dlms_meter_given_is(m->setup, METER_SECURITY_FORM, "glo") && cosem_shell_tag(COSEM_GLO, plain.p[0]))
        shell = COSEM_GLO;
    (void)cosem_seal(w, cosem_cipher_shared(), &secret, shell, dlms_meter_control(m), job->ic, plain);
}
