/* One APDU as a JSON object with the members of the published vectors (vectors/dlms.json, expect.apdus[]). Data stand in
 * their canonical text; a list of what has no vector follows the ones that have. */
#include "sim/codec/cosem_text.h"

void text_initiate(struct json_out *j, const struct cosem_initiate *i)
{
    json_int_member(j, "tag", i->tag);
    switch (i->tag) {
    case 0x01:
        if (i->dedicated_key.n)
            json_hex_member(j, "dedicated_key", i->dedicated_key);
        json_bool_member(j, "response_allowed", !i->is_response_not_allowed);
        break;
    case 0x08: break;
    case 0x0E:
        text_number(j, "confirmed_service_error",
                    (uint32_t)(i->error.service << 16 | i->error.category << 8 | i->error.value), 3);
        return;
    default:
        json_bool_member(j, "ciphered", true);
        json_int_member(j, "sc", i->ciphered.control);
        json_int_member(j, "ic", i->ciphered.counter);
        json_hex_member(j, "payload", i->ciphered.content);
        return;
    }
    if (i->has_quality)
        json_int_member(j, "qos", i->quality);
    json_int_member(j, "dlms_version", i->version);
    text_number(j, "conformance", i->conformance, 3);
    json_int_member(j, "max_pdu", i->max_pdu);
    if (i->tag == 0x08)
        text_number(j, "vaa_name", i->vaa_name, 2);
}

void text_association(struct json_out *j, const struct cosem_association *a)
{
    text_hex_if_any(j, "protocol_version", a->protocol_version);
    if (a->has_context)
        text_name(j, "context", cosem_context_text, a->context);
    if (a->has_result)
        json_int_member(j, "result", a->result);
    if (a->has_reason)
        json_int_member(j, "reason", a->reason);
    if (a->diagnostic_source != COSEM_DIAGNOSTIC_NONE) {
        text_text(j, "diagnostic_source",
                  a->diagnostic_source == COSEM_DIAGNOSTIC_USER ? "acse-service-user"
                                                                : "acse-service-provider");
        json_int_member(j, "diagnostic", a->diagnostic);
    }
    text_hex_if_any(j, "system_title", a->title);
    text_hex_if_any(j, "certificate", a->certificate);
    text_hex_if_any(j, "acse_requirements", a->requirements);
    if (a->has_mechanism)
        text_name(j, "mechanism", cosem_mechanism_text, a->mechanism);
    text_hex_if_any(j, "auth_value", a->auth_value);
    if (a->initiate.tag == 0)
        return;
    json_key(j, "initiate");
    json_open_object(j);
    text_initiate(j, &a->initiate);
    json_close_object(j);
}

/* ---- the others ------------------------------------------------------------------------------------------ */

static void notification_members(struct json_out *j, const struct cosem_apdu *apdu)
{
    const struct cosem_notification *n = &apdu->notification;

    text_number(j, "invoke", n->invoke, 4);
    text_time(j, "date_time", n->time);
    if (n->time_form != COSEM_TIME_STANDARD)
        text_text(j, "quirk", "tagged-date-time");
    if (apdu->form == COSEM_NOTIFICATION)
        text_data(j, "body", n->data);
}

/* A legacy one has the members of `legacy` in the vectors. */
static void event_members(struct json_out *j, const struct cosem_event *e)
{
    if (e->layout == COSEM_EVENT_STANDARD || e->time.n)
        text_time(j, "time", e->time);
    text_object(j, &e->attribute, "attr");
    if (e->layout == COSEM_EVENT_STANDARD)
        text_data(j, "body", e->data);
    else
        text_values(j, "values", e->values);
}

static void ciphered_members(struct json_out *j, const struct cosem_apdu *apdu)
{
    const struct cosem_ciphered *c = &apdu->ciphered;

    text_number(j, "sc", c->control, 1);
    json_int_member(j, "ic", c->counter);
    if (apdu->form == COSEM_GENERAL_GLO || apdu->form == COSEM_GENERAL_DED)
        json_hex_member(j, "system_title", c->title);
    json_int_member(j, "ciphertext_len", (int64_t)c->content.n);
}

static void key_info_member(struct json_out *j, const struct cosem_protection *p)
{
    static const char *const text[] = {"none", "identified:", "wrapped:", "agreed"};
    uint8_t memory[24];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    wp_put_text(&w, text[p->key_info]);
    if (p->key_info == COSEM_KEY_IDENTIFIED || p->key_info == COSEM_KEY_WRAPPED)
        wp_put_uint(&w, p->key_id);
    json_text_member(j, "key_info", wp_written(&w));
}

static void protection_members(struct json_out *j, const struct cosem_apdu *apdu)
{
    const struct cosem_protection *p = &apdu->protection;

    json_hex_member(j, "transaction_id", p->transaction);
    json_hex_member(j, "originator", p->originator);
    json_hex_member(j, "recipient", p->recipient);
    json_hex_member(j, "date_time", p->date_time);
    json_hex_member(j, "other_info", p->other);
    if (apdu->form == COSEM_GENERAL_CIPHERING) {
        key_info_member(j, p);
        json_hex_member(j, "content", p->ciphered.whole);
        return;
    }
    json_hex_member(j, "content", p->content);
    json_hex_member(j, "signature", p->signature);
}

static void transfer_members(struct json_out *j, const struct cosem_transfer *t)
{
    json_bool_member(j, "last", t->is_last);
    json_bool_member(j, "streaming", t->is_streaming);
    json_int_member(j, "window", t->window);
    json_int_member(j, "block", t->block);
    json_int_member(j, "ack", t->acknowledged);
    json_hex_member(j, "raw", t->data);
}

static void exception_members(struct json_out *j, const struct cosem_exception *e)
{
    json_int_member(j, "state", e->state);
    json_int_member(j, "service", e->service);
    if (e->has_counter)
        json_int_member(j, "ic", e->counter);
}

static void routed_members(struct json_out *j, const struct cosem_routed *r)
{
    json_int_member(j, "network", r->network);
    json_hex_member(j, "address", r->address);
    json_hex_member(j, "payload", r->apdu);
}

static void members(struct json_out *j, const struct cosem_apdu *apdu)
{
    switch (apdu->form) {
    case COSEM_NOTIFICATION:
    case COSEM_NOTIFICATION_CONFIRM: notification_members(j, apdu); break;
    case COSEM_EVENT: event_members(j, &apdu->event); break;
    case COSEM_EXCEPTION: exception_members(j, &apdu->exception); break;
    case COSEM_ACCESS_REQUEST:
    case COSEM_ACCESS_RESPONSE: text_access(j, apdu); break;
    case COSEM_AARQ:
    case COSEM_AARE:
    case COSEM_RLRQ:
    case COSEM_RLRE: text_association(j, &apdu->association); break;
    case COSEM_SERVICE_ERROR:
        json_int_member(j, "service", apdu->error.service);
        json_int_member(j, "category", apdu->error.category);
        json_int_member(j, "value", apdu->error.value);
        break;
    case COSEM_READ_REQUEST:
    case COSEM_READ_RESPONSE:
    case COSEM_WRITE_REQUEST:
    case COSEM_WRITE_RESPONSE:
    case COSEM_UNCONFIRMED_WRITE:
    case COSEM_INFORMATION_REPORT: text_variables(j, apdu); break;
    case COSEM_GENERAL_GLO:
    case COSEM_GENERAL_DED:
    case COSEM_GLO:
    case COSEM_DED: ciphered_members(j, apdu); break;
    case COSEM_GENERAL_CIPHERING:
    case COSEM_GENERAL_SIGNING: protection_members(j, apdu); break;
    case COSEM_BLOCK_TRANSFER: transfer_members(j, &apdu->transfer); break;
    case COSEM_GATEWAY_REQUEST:
    case COSEM_GATEWAY_RESPONSE: routed_members(j, &apdu->routed); break;
    default: text_service(j, apdu->form, &apdu->service); break;
    }
}

/* "get-request-normal"; of a ciphered service its tag: "glo-C8" */
static void form_member(struct json_out *j, const struct cosem_apdu *apdu)
{
    uint8_t memory[64];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    wp_put_text(&w, cosem_form_text(apdu->form));
    if (apdu->form == COSEM_GLO || apdu->form == COSEM_DED) {
        wp_put_char(&w, '-');
        wp_put_hex(&w, wp_slice(&apdu->tag, 1));
    }
    json_text_member(j, "apdu", wp_written(&w));
}

void cosem_apdu_text(struct wp_writer *w, const struct cosem_apdu *apdu)
{
    struct json_out j = json_out(w);
    bool is_initiate = apdu->form == COSEM_INITIATE_REQUEST || apdu->form == COSEM_INITIATE_RESPONSE;

    json_open_object(&j);
    if (is_initiate)
        text_initiate(&j, &apdu->initiate);
    form_member(&j, apdu);
    if (!is_initiate)
        members(&j, apdu);
    json_close_object(&j);
}
