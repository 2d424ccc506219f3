/* Texts for the numbers in APDUs, and the names of classes, attributes and methods. */
#include "sim/codec/cosem_name.h"

const char *cosem_form_text(enum cosem_form form)
{
    static const char *const text[] = {
#define X(name, tag, choice, its_text) its_text,
        COSEM_FORMS(X)
#undef X
    };

    return text[form];
}

const char *cosem_event_layout_text(enum cosem_event_layout layout)
{
    static const char *const text[] = {
#define X(name, its_text) its_text,
        COSEM_EVENT_LAYOUTS(X)
#undef X
    };

    return text[layout];
}

const char *cosem_apdu_name(uint8_t tag)
{
    switch (tag) {
    case 0x01: return "InitiateRequest";
    case 0x05: return "Read.request";
    case 0x06: return "Write.request";
    case 0x08: return "InitiateResponse";
    case 0x0C: return "Read.response";
    case 0x0D: return "Write.response";
    case 0x0E: return "ConfirmedServiceError";
    case 0x0F: return "DataNotification";
    case 0x10: return "DataNotificationConfirm";
    case 0x16: return "UnconfirmedWrite";
    case 0x18: return "InformationReport";
    case 0x21: return "glo-InitiateRequest";
    case 0x25: return "glo-Read.request";
    case 0x26: return "glo-Write.request";
    case 0x28: return "glo-InitiateResponse";
    case 0x2C: return "glo-Read.response";
    case 0x2D: return "glo-Write.response";
    case 0x2E: return "glo-ConfirmedServiceError";
    case 0x36: return "glo-UnconfirmedWrite";
    case 0x38: return "glo-InformationReport";
    case 0x41: return "ded-InitiateRequest";
    case 0x45: return "ded-Read.request";
    case 0x46: return "ded-Write.request";
    case 0x48: return "ded-InitiateResponse";
    case 0x4C: return "ded-Read.response";
    case 0x4D: return "ded-Write.response";
    case 0x4E: return "ded-ConfirmedServiceError";
    case 0x56: return "ded-UnconfirmedWrite";
    case 0x58: return "ded-InformationReport";
    case 0x60: return "AARQ";
    case 0x61: return "AARE";
    case 0x62: return "RLRQ";
    case 0x63: return "RLRE";
    case 0xC0: return "GET.request";
    case 0xC1: return "SET.request";
    case 0xC2: return "EventNotification";
    case 0xC3: return "ACTION.request";
    case 0xC4: return "GET.response";
    case 0xC5: return "SET.response";
    case 0xC7: return "ACTION.response";
    case 0xC8: return "glo-GET.request";
    case 0xC9: return "glo-SET.request";
    case 0xCA: return "glo-EventNotification";
    case 0xCB: return "glo-ACTION.request";
    case 0xCC: return "glo-GET.response";
    case 0xCD: return "glo-SET.response";
    case 0xCF: return "glo-ACTION.response";
    case 0xD0: return "ded-GET.request";
    case 0xD1: return "ded-SET.request";
    case 0xD2: return "ded-EventNotification";
    case 0xD3: return "ded-ACTION.request";
    case 0xD4: return "ded-GET.response";
    case 0xD5: return "ded-SET.response";
    case 0xD7: return "ded-ACTION.response";
    case 0xD8: return "ExceptionResponse";
    case 0xD9: return "ACCESS.request";
    case 0xDA: return "ACCESS.response";
    case 0xDB: return "general-glo-ciphering";
    case 0xDC: return "general-ded-ciphering";
    case 0xDD: return "general-ciphering";
    case 0xDF: return "general-signing";
    case 0xE0: return "general-block-transfer";
    case 0xE6: return "gateway-request";
    case 0xE7: return "gateway-response";
    default: return NULL;
    }
}

#define X(number, name, its_text)                                                                            \
    case number: return its_text;

/* A function that gives the texts of one list. */
#define TEXT(function, list)                                                                                 \
    const char *function(unsigned number)                                                                    \
    {                                                                                                        \
        switch (number) {                                                                                    \
            list(X);                                                                                         \
        default: return NULL;                                                                                \
        }                                                                                                    \
    }

TEXT(cosem_access_result_text, COSEM_ACCESS_RESULTS)
TEXT(cosem_context_text, COSEM_CONTEXTS)
TEXT(cosem_mechanism_text, COSEM_MECHANISMS)
TEXT(cosem_association_result_text, COSEM_ASSOCIATION_RESULTS)
TEXT(cosem_user_diagnostic_text, COSEM_USER_DIAGNOSTICS)
TEXT(cosem_provider_diagnostic_text, COSEM_PROVIDER_DIAGNOSTICS)
TEXT(cosem_exception_state_text, COSEM_EXCEPTION_STATES)
TEXT(cosem_exception_service_text, COSEM_EXCEPTION_SERVICES)
TEXT(cosem_conformance_text, COSEM_CONFORMANCE)

const char *cosem_action_result_text(unsigned number)
{
    switch (number) {
        COSEM_ACTION_RESULTS(X)
    case COSEM_RESULT_LONG_SET_ABORTED:
    case COSEM_RESULT_NO_LONG_SET:
    case COSEM_RESULT_BLOCK_NUMBER_INVALID: return NULL;
    default: return cosem_access_result_text(number);
    }
}

#undef X

const char *cosem_release_reason_text(unsigned reason)
{
    return reason == 1 ? "urgent" : cosem_response_reason_text(reason);
}

const char *cosem_response_reason_text(unsigned reason)
{
    switch (reason) {
    case 0: return "normal";
    case 1: return "not-finished";
    case 30: return "user-defined";
    default: return NULL;
    }
}

const char *cosem_service_category_text(unsigned category)
{
    static const char *const text[] = {"application-reference",
                                       "hardware-resource",
                                       "vde-state-error",
                                       "service",
                                       "definition",
                                       "access",
                                       "initiate",
                                       "load-data-set",
                                       NULL,
                                       "task"};

    return category < sizeof text / sizeof text[0] ? text[category] : NULL;
}

const char *cosem_service_error_text(unsigned category, unsigned value)
{
    enum { VALUES = 6 };
    static const char *const text[][VALUES] = {
        {"other", "time-elapsed", "application-unreachable", "application-reference-invalid",
         "application-context-unsupported", "provider-communication-error"},
        {"other", "memory-unavailable", "processor-resource-unavailable", "mass-storage-unavailable",
         "other-resource-unavailable"},
        {"other", "no-dlms-context", "loading-data-set", "status-no-change", "status-inoperable"},
        {"other", "pdu-size", "service-unsupported"},
        {"other", "object-undefined", "object-class-inconsistent", "object-attribute-inconsistent"},
        {"other", "scope-of-access-violated", "object-access-violated", "hardware-fault",
         "object-unavailable"},
        {"other", "dlms-version-too-low", "incompatible-conformance", "pdu-size-too-short",
         "refused-by-the-VDE-Handler"},
    };

    return category < sizeof text / sizeof text[0] && value < VALUES ? text[category][value] : NULL;
}

/* ---- classes -------------------------------------------------------------------------------------------- */

static const struct class_row {
    unsigned id;
    const char *name, *attributes, *methods;
} classes[] = {
#define X(id, name, attributes, methods) {id, name, attributes, methods},
#include "sim/codec/cosem_class.def"
#undef X
};

static const struct class_row *find_class(unsigned id)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (classes[i].id == id)
            return &classes[i];
    return NULL;
}

/* The nth of names with blanks between them, counted from 0. */
static struct wp_slice nth(const char *names, int n)
{
    for (; n > 0 && *names; n--) {
        names += strcspn(names, " ");
        names += *names == ' ';
    }
    return wp_slice(names, n == 0 ? strcspn(names, " ") : 0);
}

const char *cosem_class_text(unsigned class_id)
{
    const struct class_row *row = find_class(class_id);

    return row ? row->name : NULL;
}

struct wp_slice cosem_attribute_text(unsigned class_id, int attribute)
{
    const struct class_row *row = find_class(class_id);

    if (attribute == 1)
        return wp_text("logical_name");
    return row && attribute > 1 ? nth(row->attributes, attribute - 2) : wp_text("");
}

struct wp_slice cosem_method_text(unsigned class_id, int method)
{
    const struct class_row *row = find_class(class_id);

    return row && method > 0 ? nth(row->methods, method - 1) : wp_text("");
}

void cosem_put_name(struct wp_writer *w, cosem_text *text, unsigned number)
{
    const char *known = text(number);

    if (known) {
        wp_put_text(w, known);
        return;
    }
    wp_put_text(w, "unknown(");
    wp_put_uint(w, number);
    wp_put_char(w, ')');
}
