/* An APDU by its tag and choice; each service has a file of its own. */
#include "sim/codec/cosem_take.h"

/* C0 01 and the like: the choice decides what follows. */
static bool has_choice(uint8_t tag)
{
    return (tag >= 0xC0 && tag <= 0xC5 && tag != 0xC2) || tag == 0xC7;
}

/* glo- 21 25 26 28 2C 2D 2E 36 38, ded- 20 higher: of the short-name services and initiate */
static bool is_short_name_cipher(uint8_t low)
{
    switch (low) {
    case 0x01:
    case 0x05:
    case 0x06:
    case 0x08:
    case 0x0C:
    case 0x0D:
    case 0x0E:
    case 0x16:
    case 0x18: return true;
    default: return false;
    }
}

/* false: no APDU begins so, or none with this choice. */
static bool find_form(uint8_t tag, uint8_t choice, enum cosem_form *form)
{
    if (tag == 0)
        return false;
    switch (tag << 8 | choice) {
#define X(name, its_tag, its_choice, text)                                                                   \
    case its_tag << 8 | its_choice: *form = COSEM_##name; return true;
        COSEM_FORMS(X)
#undef X
    default: break;
    }
    if (tag >= 0xC8 && tag <= 0xCF && tag != 0xCE)
        *form = COSEM_GLO;
    else if (tag >= 0xD0 && tag <= 0xD7 && tag != 0xD6)
        *form = COSEM_DED;
    else if (tag >= 0x20 && tag < 0x40 && is_short_name_cipher((uint8_t)(tag - 0x20)))
        *form = COSEM_GLO;
    else if (tag >= 0x40 && tag < 0x60 && is_short_name_cipher((uint8_t)(tag - 0x40)))
        *form = COSEM_DED;
    else
        return false;
    return true;
}

bool cosem_is_tag(uint8_t tag)
{
    enum cosem_form form;

    return has_choice(tag) || find_form(tag, 0, &form);
}

static void take_exception(struct cosem_reader *r, struct cosem_apdu *out)
{
    enum { COUNTER_ERROR = 6 };
    struct cosem_exception *e = &out->exception;

    *e = (struct cosem_exception){.state = take_u8(r)};
    e->service = take_u8(r);
    e->has_counter = e->service == COUNTER_ERROR;
    if (e->has_counter)
        e->counter = take_u32(r);
}

static void put_exception(struct wp_writer *w, const struct cosem_exception *e)
{
    wp_put_u8(w, e->state);
    wp_put_u8(w, e->service);
    if (e->has_counter)
        wp_put_u32be(w, e->counter);
}

static void take_body(struct cosem_reader *r, struct cosem_apdu *out)
{
    switch (out->form) {
    case COSEM_NOTIFICATION:
    case COSEM_NOTIFICATION_CONFIRM: take_notification(r, out); break;
    case COSEM_EVENT: take_event(r, out); break;
    case COSEM_EXCEPTION: take_exception(r, out); break;
    case COSEM_ACCESS_REQUEST:
    case COSEM_ACCESS_RESPONSE: take_access(r, out); break;
    case COSEM_AARQ:
    case COSEM_AARE:
    case COSEM_RLRQ:
    case COSEM_RLRE: take_association(r, out); break;
    case COSEM_INITIATE_REQUEST:
    case COSEM_INITIATE_RESPONSE: take_initiate(r, out->tag, &out->initiate); break;
    case COSEM_SERVICE_ERROR: take_service_error(r, &out->error); break;
    case COSEM_READ_REQUEST:
    case COSEM_READ_RESPONSE:
    case COSEM_WRITE_REQUEST:
    case COSEM_WRITE_RESPONSE:
    case COSEM_UNCONFIRMED_WRITE:
    case COSEM_INFORMATION_REPORT: take_variables(r, out); break;
    case COSEM_GENERAL_GLO:
    case COSEM_GENERAL_DED:
    case COSEM_GLO:
    case COSEM_DED: take_ciphered(r, out); break;
    case COSEM_GENERAL_CIPHERING:
    case COSEM_GENERAL_SIGNING: take_protection(r, out); break;
    case COSEM_BLOCK_TRANSFER: take_transfer(r, out); break;
    case COSEM_GATEWAY_REQUEST:
    case COSEM_GATEWAY_RESPONSE: take_routed(r, out); break;
    default:
        switch (out->tag) {
        case 0xC0: take_get_request(r, out); break;
        case 0xC1: take_set_request(r, out); break;
        case 0xC3: take_action_request(r, out); break;
        case 0xC4: take_get_response(r, out); break;
        case 0xC5: take_set_response(r, out); break;
        default: take_action_response(r, out); break;
        }
    }
}

static void take_apdu(struct cosem_reader *r, struct cosem_apdu *out)
{
    uint8_t choice = 0;
    bool chosen;

    out->tag = take_u8(r);
    chosen = has_choice(out->tag);
    if (chosen)
        choice = take_u8(r);
    if (!reads_on(r))
        return;
    if (find_form(out->tag, choice, &out->form))
        take_body(r, out);
    else
        refuse(r, chosen ? WP_FAULT_CHOICE : WP_FAULT_APDU_TAG);
}

static struct wp_decode decode(struct wp_slice in, unsigned tolerance, bool is_whole, struct cosem_apdu *out)
{
    struct cosem_reader r = {.in = in, .tolerance = tolerance, .is_whole = is_whole};
    struct cosem_apdu apdu; /* what its form has is set by its take */

    take_apdu(&r, &apdu);
    if (r.need)
        return is_whole ? wp_bad(WP_FAULT_TRUNCATED, in.n, in.n ? in.n : 1) : wp_more(r.need);
    if (r.fault != WP_FAULT_NONE)
        return wp_bad(r.fault, r.fault_at, is_whole ? in.n : 1);
    if (is_whole && r.at != in.n)
        return wp_bad(WP_FAULT_TRAILING, r.at, in.n);
    apdu.quirks = r.quirks;
    apdu.bytes = wp_slice(in.p, r.at);
    *out = apdu;
    return wp_ok(r.at);
}

struct wp_decode cosem_apdu_decode(struct wp_slice in, unsigned tolerance, struct cosem_apdu *out)
{
    return decode(in, tolerance, false, out);
}

struct wp_decode cosem_apdu_read(struct wp_slice in, unsigned tolerance, struct cosem_apdu *out)
{
    return decode(in, tolerance, true, out);
}

/* ---- building ------------------------------------------------------------------------------------------- */

static const struct {
    uint8_t tag, choice;
} forms[] = {
#define X(name, tag, choice, text) {tag, choice},
    COSEM_FORMS(X)
#undef X
};

static void put_service(struct wp_writer *w, const struct cosem_apdu *apdu)
{
    wp_put_u8(w, forms[apdu->form].choice);
    wp_put_u8(w, apdu->service.invoke);
    switch (forms[apdu->form].tag) {
    case 0xC0:
    case 0xC4: put_get(w, apdu->form, &apdu->service); break;
    case 0xC1:
    case 0xC5: put_set(w, apdu->form, &apdu->service); break;
    default: put_action(w, apdu->form, &apdu->service); break;
    }
}

static void put_routed(struct wp_writer *w, const struct cosem_routed *routed)
{
    wp_put_u8(w, routed->network);
    cosem_put_octets(w, routed->address);
    wp_put_slice(w, routed->apdu);
}

void cosem_apdu_encode(struct wp_writer *w, const struct cosem_apdu *apdu)
{
    uint8_t tag = forms[apdu->form].tag;

    if (apdu->form == COSEM_INITIATE_REQUEST || apdu->form == COSEM_INITIATE_RESPONSE) {
        put_initiate(w, &apdu->initiate);
        return;
    }
    wp_put_u8(w, tag ? tag : apdu->tag);
    switch (apdu->form) {
    case COSEM_NOTIFICATION:
    case COSEM_NOTIFICATION_CONFIRM: put_notification(w, apdu); break;
    case COSEM_EVENT: put_event(w, &apdu->event); break;
    case COSEM_EXCEPTION: put_exception(w, &apdu->exception); break;
    case COSEM_ACCESS_REQUEST:
    case COSEM_ACCESS_RESPONSE: put_access(w, apdu); break;
    case COSEM_AARQ:
    case COSEM_AARE:
    case COSEM_RLRQ:
    case COSEM_RLRE: put_association(w, apdu); break;
    case COSEM_SERVICE_ERROR: put_service_error(w, &apdu->error); break;
    case COSEM_READ_REQUEST:
    case COSEM_READ_RESPONSE:
    case COSEM_WRITE_REQUEST:
    case COSEM_WRITE_RESPONSE:
    case COSEM_UNCONFIRMED_WRITE:
    case COSEM_INFORMATION_REPORT: put_variables(w, apdu); break;
    case COSEM_GENERAL_GLO:
    case COSEM_GENERAL_DED:
    case COSEM_GLO:
    case COSEM_DED: put_ciphered(w, apdu); break;
    case COSEM_GENERAL_CIPHERING:
    case COSEM_GENERAL_SIGNING: put_protection(w, apdu); break;
    case COSEM_BLOCK_TRANSFER: put_transfer(w, &apdu->transfer); break;
    case COSEM_GATEWAY_REQUEST:
    case COSEM_GATEWAY_RESPONSE: put_routed(w, &apdu->routed); break;
    default: put_service(w, apdu); break;
    }
}
