/* An APDU as fields: its tag, its name, and what stands behind them. */
#include "sim/codec/cosem_crypt.h"
#include "sim/codec/cosem_push_fields.h"
#include "sim/codec/cosem_show.h"

#include "sim/codec/cosem_time.h"

/* ---- notifications ----------------------------------------------------------------------------------------- */

static void show_notification(struct cosem_show *s, const struct cosem_apdu *apdu)
{
    enum { ID = 0xFFFFFF, SELF_DESCRIPTIVE = 1 << 28, BREAK_ON_ERROR = 1 << 29, CONFIRMED = 1 << 30 };
    const struct cosem_notification *n = &apdu->notification;
    uint32_t invoke = take_u32(&s->r);
    size_t at = s->r.at - 4;

    show(s, "longInvokeId", wp_int(invoke & ID), at + 1, 3, WP_ROLE_FIELD);
    if (invoke & ~(uint32_t)ID) {
        show(s, "priorityHigh", wp_bool(invoke >> 31), at, 1, WP_ROLE_FIELD);
        show(s, "confirmed", wp_bool(invoke & CONFIRMED), at, 1, WP_ROLE_FIELD);
        show(s, "breakOnError", wp_bool(invoke & BREAK_ON_ERROR), at, 1, WP_ROLE_FIELD);
        show(s, "selfDescriptive", wp_bool(invoke & SELF_DESCRIPTIVE), at, 1, WP_ROLE_FIELD);
    }
    take_slice(&s->r, n->time_form == COSEM_TIME_AS_STRING ? 2 : 1);
    show_time(s, "dateTime", n->time.n);
    if (n->time_form != COSEM_TIME_STANDARD)
        show_text(s, "quirk", wp_text("tagged-date-time"));
    if (apdu->form != COSEM_NOTIFICATION)
        return;
    show_data(s, "data");
    if (s->visit)
        cosem_push_fields(n->data, s->path, s->visit, s->ctx);
}

static void show_event(struct cosem_show *s, const struct cosem_event *e)
{
    uint32_t class_id;
    int id;
    size_t list;

    if (e->layout != COSEM_EVENT_STANDARD)
        show_text(s, "layout", wp_text(cosem_event_layout_text(e->layout)));
    else
        take_slice(&s->r, e->time.n ? 2 : 1); /* flag, length */
    if (e->time.n)
        show_time(s, "dateTime", e->time.n);
    s->has_obis_length =
        e->layout == COSEM_EVENT_LEGACY_LENGTH || e->layout == COSEM_EVENT_LEGACY_TIME_LENGTH;
    show_object(s, false, &class_id, &id);
    if (e->values.n == 1) {
        show_data(s, "data");
        return;
    }
    list = show_enter(s, "values");
    for (uint32_t i = 0; i < e->values.n; i++)
        show_data_element(s, i);
    show_leave(s, list);
}

/* ---- shells ------------------------------------------------------------------------------------------------ */

static void show_security(struct cosem_show *s, uint8_t control)
{
    static const struct {
        uint8_t bit;
        const char *text;
    } bits[] = {{0x10, "authenticated"}, {0x20, "encrypted"}, {0x40, "broadcast-key"}, {0x80, "compressed"}};

    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++)
        if (control & bits[i].bit)
            show_text(s, "security[]", wp_text(bits[i].text));
}

void show_ciphered(struct cosem_show *s, bool has_title)
{
    size_t at;
    uint32_t n;
    struct wp_slice control;

    if (has_title)
        show_octets(s, "systemTitle", WP_ROLE_ID);
    at = s->r.at;
    n = take_length(&s->r);
    show(s, "cipheredLength", wp_int(n), at, s->r.at - at, WP_ROLE_LENGTH);
    control = show_slice(s, "securityControl", 1, WP_ROLE_FIELD);
    show_security(s, control.p[0]);
    show_u32(s, "invocationCounter", WP_ROLE_FIELD);
    show(s, "remaining", wp_int((int64_t)n - 5), 0, 0, WP_ROLE_FIELD); /* behind SC and IC */
    show_slice(s, "content", n - 5, control.p[0] & COSEM_SC_ENCRYPTED ? WP_ROLE_CIPHER : WP_ROLE_FIELD);
}

static void show_key_info(struct cosem_show *s)
{
    static const char *const kinds[] = {"identified", "wrapped", "agreed"};
    uint8_t kind;

    if (!take_optional(&s->r))
        return;
    kind = take_u8(&s->r);
    show(s, "keyInfo", wp_text_value(wp_text(kinds[kind])), s->r.at - 1, 1, WP_ROLE_FIELD);
    if (kind < 2)
        show_u8(s, "keyId", WP_ROLE_FIELD);
    if (kind > 0)
        show_octets(s, kind == 1 ? "wrappedKey" : "keyParameters", WP_ROLE_VALUE);
    if (kind == 2)
        show_octets(s, "keyCiphered", WP_ROLE_VALUE);
}

static void show_protection(struct cosem_show *s, const struct cosem_apdu *apdu)
{
    show_octets(s, "transactionId", WP_ROLE_FIELD);
    show_octets(s, "originator", WP_ROLE_ID);
    show_octets(s, "recipient", WP_ROLE_ID);
    show_octets(s, "dateTime", WP_ROLE_FIELD);
    show_octets(s, "otherInformation", WP_ROLE_FIELD);
    if (apdu->form == COSEM_GENERAL_CIPHERING) {
        show_key_info(s);
        show_ciphered(s, false);
        return;
    }
    show_octets(s, "content", WP_ROLE_VALUE);
    show_octets(s, "signature", WP_ROLE_CHECKSUM);
}

static void show_transfer(struct cosem_show *s, const struct cosem_transfer *t)
{
    size_t at = s->r.at;

    take_u8(&s->r);
    show(s, "lastBlock", wp_bool(t->is_last), at, 1, WP_ROLE_FIELD);
    show(s, "streaming", wp_bool(t->is_streaming), at, 1, WP_ROLE_FIELD);
    show(s, "window", wp_int(t->window), at, 1, WP_ROLE_FIELD);
    show_u16(s, "block", WP_ROLE_FIELD);
    show_u16(s, "acknowledged", WP_ROLE_FIELD);
    show_octets(s, "raw", WP_ROLE_VALUE);
}

static void show_exception(struct cosem_show *s, const struct cosem_exception *e)
{
    show_name(s, "stateName", cosem_exception_state_text, show_u8(s, "stateError", WP_ROLE_VALUE));
    show_name(s, "serviceName", cosem_exception_service_text, show_u8(s, "serviceError", WP_ROLE_VALUE));
    if (e->has_counter)
        show_u32(s, "invocationCounter", WP_ROLE_FIELD);
}

static void fields_at(struct wp_slice apdu, const char *path, size_t first, wp_visit *visit, void *ctx);

/* No gateway behind a gateway: it is refused, so this does not go deeper than once. */
static void show_routed(struct cosem_show *s, const struct cosem_routed *routed)
{
    show_u8(s, "network", WP_ROLE_FIELD);
    show_octets(s, "address", WP_ROLE_ID);
    fields_at(routed->apdu, "apdu.routed", s->first + s->r.at, s->visit, s->ctx);
}

/* ---- the APDU ---------------------------------------------------------------------------------------------- */

static void show_body(struct cosem_show *s, const struct cosem_apdu *apdu)
{
    switch (apdu->form) {
    case COSEM_NOTIFICATION:
    case COSEM_NOTIFICATION_CONFIRM: show_notification(s, apdu); break;
    case COSEM_EVENT: show_event(s, &apdu->event); break;
    case COSEM_EXCEPTION: show_exception(s, &apdu->exception); break;
    case COSEM_ACCESS_REQUEST:
    case COSEM_ACCESS_RESPONSE: show_access(s, apdu); break;
    case COSEM_AARQ:
    case COSEM_AARE:
    case COSEM_RLRQ:
    case COSEM_RLRE: show_association(s, apdu); break;
    case COSEM_INITIATE_REQUEST:
    case COSEM_INITIATE_RESPONSE:
    case COSEM_SERVICE_ERROR: show_initiate(s, apdu->tag); break;
    case COSEM_READ_REQUEST:
    case COSEM_READ_RESPONSE:
    case COSEM_WRITE_REQUEST:
    case COSEM_WRITE_RESPONSE:
    case COSEM_UNCONFIRMED_WRITE:
    case COSEM_INFORMATION_REPORT: show_variables(s, apdu); break;
    case COSEM_GENERAL_GLO:
    case COSEM_GENERAL_DED: show_ciphered(s, true); break;
    case COSEM_GLO:
    case COSEM_DED: show_ciphered(s, false); break;
    case COSEM_GENERAL_CIPHERING:
    case COSEM_GENERAL_SIGNING: show_protection(s, apdu); break;
    case COSEM_BLOCK_TRANSFER: show_transfer(s, &apdu->transfer); break;
    case COSEM_GATEWAY_REQUEST:
    case COSEM_GATEWAY_RESPONSE: show_routed(s, &apdu->routed); break;
    default: show_service(s, apdu); break;
    }
}

static void show_tag(struct cosem_show *s, uint8_t tag)
{
    show_slice(s, "tag", 1, WP_ROLE_KEY);
    show_text(s, "apdu", wp_text(cosem_apdu_name(tag)));
}

/* `path`: "apdu", or where an APDU stands inside another one */
static struct cosem_show begin(struct wp_slice apdu, const char *path, size_t first, wp_visit *visit,
                               void *ctx)
{
    struct cosem_show s = {
        .r = {.in = apdu, .tolerance = COSEM_TOLERANT}, .first = first, .visit = visit, .ctx = ctx};

    s.n_path = strlen(path);
    memcpy(s.path, path, s.n_path + 1);
    return s;
}

static void visit_at(const struct cosem_apdu *apdu, const char *path, size_t first, wp_visit *visit,
                     void *ctx)
{
    struct cosem_show s = begin(apdu->bytes, path, first, visit, ctx);

    show_tag(&s, apdu->tag);
    show_body(&s, apdu);
}

void cosem_apdu_visit(const struct cosem_apdu *apdu, size_t first, wp_visit *visit, void *ctx)
{
    visit_at(apdu, "apdu", first, visit, ctx);
}

/* What does not read may be an AARQ with a password in it: of an association only the length is told. */
static void show_broken(struct cosem_show *s, struct wp_decode d)
{
    uint8_t tag = s->r.in.p[0];
    size_t n;

    show_tag(s, tag);
    n = octets_left(&s->r);
    if (tag == 0x60 || tag == 0x61)
        show_secret(s, "payload", n);
    else
        show_slice(s, "payload", n, WP_ROLE_VALUE);
    show_text(s, "fault", wp_text(wp_fault_text(d.fault)));
    show(s, "faultAt", wp_int((int64_t)d.at), 0, 0, WP_ROLE_FIELD);
}

static void fields_at(struct wp_slice apdu, const char *path, size_t first, wp_visit *visit, void *ctx)
{
    struct cosem_apdu read;
    struct wp_decode d = cosem_apdu_read(apdu, COSEM_TOLERANT, &read);
    struct cosem_show s = begin(apdu, path, first, visit, ctx);

    if (d.status == WP_OK)
        visit_at(&read, path, first, visit, ctx);
    else
        show_broken(&s, d);
}

void cosem_apdu_fields(struct wp_slice apdu, size_t first, wp_visit *visit, void *ctx)
{
    fields_at(apdu, "apdu", first, visit, ctx);
}
