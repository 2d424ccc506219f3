/* One APDU as a JSON object with the members of the published vectors (vectors/dlms.json, expect.apdus[]). Data stand in
 * their canonical text; a list of what has no vector follows the ones that have. */
#include "sim/codec/axdr.h"
#include "sim/codec/cosem_name.h"
#include "sim/codec/cosem_time.h"
#include "sim/core/json_out.h"

static void put_data(struct json_out *j, struct wp_slice data)
{
    json_put_raw(j, wp_text("\"")); /* not quoted as a value: it holds nothing to escape */
    axdr_put_canonical(j->w, data);
    wp_put_char(j->w, '"');
}

static void data_member(struct json_out *j, const char *key, struct wp_slice data)
{
    json_key(j, key);
    put_data(j, data);
}

static void text_member(struct json_out *j, const char *key, const char *text)
{
    json_text_member(j, key, wp_text(text));
}

static void name_member(struct json_out *j, const char *key, cosem_text *text, unsigned number)
{
    uint8_t memory[80];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    cosem_put_name(&w, text, number);
    json_text_member(j, key, wp_written(&w));
}

/* The low n octets of a number, in hex. */
static void number_member(struct json_out *j, const char *key, uint32_t number, size_t n)
{
    uint8_t octets[4];

    for (size_t i = 0; i < n; i++)
        octets[i] = (uint8_t)(number >> 8 * (n - 1 - i));
    json_hex_member(j, key, wp_slice(octets, n));
}

static void error_members(struct json_out *j, uint8_t error)
{
    const char *text = cosem_access_result_text(error);

    json_int_member(j, "error", error);
    text_member(j, "error_name", text ? text : "unknown");
}

static void time_member(struct json_out *j, const char *key, struct wp_slice octets)
{
    struct cosem_time t;

    json_key(j, key);
    if (octets.n == 0 || !cosem_time_read(octets, &t)) {
        json_put_null(j);
        return;
    }
    json_open_object(j);
    json_hex_member(j, "hex", octets);
    json_int_member(j, "year", t.year);
    json_int_member(j, "month", t.month);
    json_int_member(j, "day", t.day);
    json_int_member(j, "dow", t.weekday);
    json_int_member(j, "hour", t.hour);
    json_int_member(j, "minute", t.minute);
    json_int_member(j, "second", t.second);
    json_int_member(j, "hundredths", t.hundredths);
    json_key(j, "deviation");
    if (t.deviation == COSEM_ANY_DEVIATION)
        json_put_null(j);
    else
        json_put_int(j, t.deviation);
    json_int_member(j, "status", t.status);
    json_close_object(j);
}

static void object_members(struct json_out *j, const struct cosem_attribute *a, const char *id)
{
    uint8_t memory[OBIS_TEXT_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    obis_put(&w, a->obis);
    json_int_member(j, "class", a->class_id);
    json_text_member(j, "obis", wp_written(&w));
    json_int_member(j, id, a->id);
    if (a->is_selected) {
        json_int_member(j, "selector", a->selector);
        data_member(j, "selection", a->selection);
    }
}

/* ---- get, set, action ----------------------------------------------------------------------------------- */

static bool is_action(enum cosem_form form)
{
    return form >= COSEM_ACTION_REQUEST && form <= COSEM_ACTION_REQUEST_BLOCK;
}

static void result_members(struct json_out *j, const struct cosem_result *r, bool has_status)
{
    if (has_status)
        json_int_member(j, "result", r->status);
    if (r->outcome == COSEM_DATA)
        data_member(j, "data", r->data);
    else if (r->outcome == COSEM_ERROR)
        error_members(j, r->error);
}

static void objects_member(struct json_out *j, enum cosem_form form, struct cosem_list list)
{
    struct cosem_attribute a;

    json_key(j, "list");
    json_open_array(j);
    while (is_action(form) ? cosem_next_method(&list, &a) : cosem_next_attribute(&list, &a)) {
        json_open_object(j);
        object_members(j, &a, is_action(form) ? "method" : "attr");
        json_close_object(j);
    }
    json_close_array(j);
}

static void values_member(struct json_out *j, const char *key, struct cosem_list list)
{
    struct wp_slice data;

    json_key(j, key);
    json_open_array(j);
    while (cosem_next_data(&list, &data))
        put_data(j, data);
    json_close_array(j);
}

static void results_member(struct json_out *j, enum cosem_form form, struct cosem_list list)
{
    struct cosem_result r;

    json_key(j, "list");
    json_open_array(j);
    while (cosem_next_result(form, &list, &r)) {
        json_open_object(j);
        result_members(j, &r, form != COSEM_GET_RESPONSE_LIST);
        json_close_object(j);
    }
    json_close_array(j);
}

static void block_members(struct json_out *j, const struct cosem_block *b)
{
    json_bool_member(j, "last", b->is_last);
    json_int_member(j, "block", b->number);
    if (b->is_error)
        error_members(j, b->error);
    else
        json_hex_member(j, "raw", b->raw);
}

static void service_members(struct json_out *j, enum cosem_form form, const struct cosem_service *s)
{
    number_member(j, "invoke", s->invoke, 1);
    switch (form) {
    case COSEM_GET_REQUEST:
    case COSEM_SET_REQUEST: object_members(j, &s->attribute, "attr"); break;
    case COSEM_ACTION_REQUEST: object_members(j, &s->attribute, "method"); break;
    case COSEM_SET_REQUEST_FIRST: object_members(j, &s->attribute, "attr"); break;
    case COSEM_ACTION_REQUEST_FIRST: object_members(j, &s->attribute, "method"); break;
    case COSEM_GET_REQUEST_LIST:
    case COSEM_SET_REQUEST_LIST:
    case COSEM_SET_REQUEST_LIST_FIRST:
    case COSEM_ACTION_REQUEST_LIST:
    case COSEM_ACTION_REQUEST_LIST_FIRST: objects_member(j, form, s->attributes); break;
    case COSEM_GET_RESPONSE: result_members(j, &s->result, false); break;
    case COSEM_SET_RESPONSE:
    case COSEM_SET_RESPONSE_LAST:
    case COSEM_ACTION_RESPONSE: result_members(j, &s->result, true); break;
    case COSEM_GET_RESPONSE_LIST:
    case COSEM_SET_RESPONSE_LIST:
    case COSEM_SET_RESPONSE_LIST_LAST:
    case COSEM_ACTION_RESPONSE_LIST: results_member(j, form, s->results); break;
    default: break;
    }
    switch (form) {
    case COSEM_SET_REQUEST_LIST:
    case COSEM_ACTION_REQUEST_LIST: values_member(j, "values", s->values); break;
    case COSEM_SET_REQUEST_FIRST:
    case COSEM_SET_REQUEST_BLOCK:
    case COSEM_SET_REQUEST_LIST_FIRST:
    case COSEM_ACTION_REQUEST_FIRST:
    case COSEM_ACTION_REQUEST_LIST_FIRST:
    case COSEM_ACTION_REQUEST_BLOCK:
    case COSEM_GET_RESPONSE_BLOCK:
    case COSEM_ACTION_RESPONSE_BLOCK: block_members(j, &s->block); break;
    default:
        if (s->block.number)
            json_int_member(j, "block", s->block.number);
    }
    if (s->data.n)
        data_member(j, "data", s->data);
}

/* ---- association ---------------------------------------------------------------------------------------- */

static void initiate_members(struct json_out *j, const struct cosem_initiate *i)
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
        number_member(j, "confirmed_service_error",
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
    number_member(j, "conformance", i->conformance, 3);
    json_int_member(j, "max_pdu", i->max_pdu);
    if (i->tag == 0x08)
        number_member(j, "vaa_name", i->vaa_name, 2);
}

static void hex_member_if_any(struct json_out *j, const char *key, struct wp_slice octets)
{
    if (octets.n)
        json_hex_member(j, key, octets);
}

static void association_members(struct json_out *j, const struct cosem_association *a)
{
    hex_member_if_any(j, "protocol_version", a->protocol_version);
    if (a->has_context)
        name_member(j, "context", cosem_context_text, a->context);
    if (a->has_result)
        json_int_member(j, "result", a->result);
    if (a->has_reason)
        json_int_member(j, "reason", a->reason);
    if (a->diagnostic_source != COSEM_DIAGNOSTIC_NONE) {
        text_member(j, "diagnostic_source",
                    a->diagnostic_source == COSEM_DIAGNOSTIC_USER ? "acse-service-user"
                                                                  : "acse-service-provider");
        json_int_member(j, "diagnostic", a->diagnostic);
    }
    hex_member_if_any(j, "system_title", a->title);
    hex_member_if_any(j, "certificate", a->certificate);
    hex_member_if_any(j, "acse_requirements", a->requirements);
    if (a->has_mechanism)
        name_member(j, "mechanism", cosem_mechanism_text, a->mechanism);
    hex_member_if_any(j, "auth_value", a->auth_value);
    if (a->initiate.tag == 0)
        return;
    json_key(j, "initiate");
    json_open_object(j);
    initiate_members(j, &a->initiate);
    json_close_object(j);
}

/* ---- the others ----------------------------------------------------------------------------------------- */

static void notification_members(struct json_out *j, const struct cosem_apdu *apdu)
{
    const struct cosem_notification *n = &apdu->notification;

    number_member(j, "invoke", n->invoke, 4);
    time_member(j, "date_time", n->time);
    if (n->time_form != COSEM_TIME_STANDARD)
        text_member(j, "quirk", "tagged-date-time");
    if (apdu->form == COSEM_NOTIFICATION)
        data_member(j, "body", n->data);
}

/* A legacy one has the members of `legacy` in the vectors. */
static void event_members(struct json_out *j, const struct cosem_event *e)
{
    if (e->layout == COSEM_EVENT_STANDARD || e->time.n)
        time_member(j, "time", e->time);
    object_members(j, &e->attribute, "attr");
    if (e->layout == COSEM_EVENT_STANDARD)
        data_member(j, "body", e->data);
    else
        values_member(j, "values", e->values);
}

static void ciphered_members(struct json_out *j, const struct cosem_apdu *apdu)
{
    const struct cosem_ciphered *c = &apdu->ciphered;

    number_member(j, "sc", c->control, 1);
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

static void access_members(struct json_out *j, const struct cosem_apdu *apdu)
{
    const struct cosem_access *a = &apdu->access;
    struct cosem_list specifications = a->specifications, results = a->results;
    struct cosem_attribute object;
    enum cosem_access_kind kind;
    struct wp_slice pair;

    number_member(j, "invoke", a->invoke, 4);
    time_member(j, "date_time", a->time);
    json_key(j, "list");
    json_open_array(j);
    while (cosem_next_access(&specifications, &kind, &object)) {
        json_open_object(j);
        json_int_member(j, "access", kind);
        object_members(j, &object, kind == COSEM_ACCESS_ACTION ? "method" : "attr");
        json_close_object(j);
    }
    json_close_array(j);
    values_member(j, "values", a->values);
    if (apdu->form == COSEM_ACCESS_REQUEST)
        return;
    json_key(j, "results");
    json_open_array(j);
    while (cosem_next_octets(&results, 2, &pair)) {
        json_open_object(j);
        json_int_member(j, "access", pair.p[0]);
        json_int_member(j, "result", pair.p[1]);
        json_close_object(j);
    }
    json_close_array(j);
}

static void variable_members(struct json_out *j, const struct cosem_apdu *apdu)
{
    struct cosem_list specifications = apdu->variables.specifications, results = apdu->variables.results;
    struct cosem_variable v;
    struct cosem_variable_result r;

    json_key(j, "list");
    json_open_array(j);
    while (cosem_next_variable(&specifications, &v)) {
        json_open_object(j);
        json_int_member(j, "choice", v.choice);
        number_member(j, "name", v.name, 2);
        if (v.choice == COSEM_VARIABLE_SELECTED) {
            json_int_member(j, "selector", v.selector);
            data_member(j, "selection", v.data);
        }
        json_close_object(j);
    }
    while (cosem_next_variable_result(apdu->form, &results, &r)) {
        json_open_object(j);
        json_int_member(j, "choice", r.choice);
        if (r.choice == 1)
            error_members(j, r.error);
        if (r.choice == 0 && r.data.n)
            data_member(j, "data", r.data);
        else
            hex_member_if_any(j, "raw", r.data);
        json_close_object(j);
    }
    json_close_array(j);
    if (apdu->variables.values.n)
        values_member(j, "values", apdu->variables.values);
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
    case COSEM_ACCESS_RESPONSE: access_members(j, apdu); break;
    case COSEM_AARQ:
    case COSEM_AARE:
    case COSEM_RLRQ:
    case COSEM_RLRE: association_members(j, &apdu->association); break;
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
    case COSEM_INFORMATION_REPORT: variable_members(j, apdu); break;
    case COSEM_GENERAL_GLO:
    case COSEM_GENERAL_DED:
    case COSEM_GLO:
    case COSEM_DED: ciphered_members(j, apdu); break;
    case COSEM_GENERAL_CIPHERING:
    case COSEM_GENERAL_SIGNING: protection_members(j, apdu); break;
    case COSEM_BLOCK_TRANSFER: transfer_members(j, &apdu->transfer); break;
    case COSEM_GATEWAY_REQUEST:
    case COSEM_GATEWAY_RESPONSE: routed_members(j, &apdu->routed); break;
    default: service_members(j, apdu->form, &apdu->service); break;
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
        initiate_members(&j, &apdu->initiate);
    form_member(&j, apdu);
    if (!is_initiate)
        members(&j, apdu);
    json_close_object(&j);
}
