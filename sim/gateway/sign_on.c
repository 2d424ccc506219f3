#include "sim/gateway/sign_on.h"

#include "sim/codec/dlt645.h"
#include "sim/gateway/gateway.h"

/* ---- policy --------------------------------------------------------------------------------------- */

static bool read_ack(const struct wp_setup *setup, uint8_t *out, size_t *ret_n)
{
    struct wp_value bytes = gateway_given(setup, GATEWAY_METERS_ACK_BYTES);

    return bytes.kind == WP_TEXT && wp_hex_read(bytes.bytes, out, SIGN_ON_ACK_MAX, ret_n) && *ret_n > 0;
}

bool sign_on_check(const struct wp_setup *setup, struct wp_writer *why)
{
    uint8_t ack[SIGN_ON_ACK_MAX];
    size_t n;

    if (!wp_slice_is(gateway_given(setup, GATEWAY_METERS_ACK).bytes, "fixed") || read_ack(setup, ack, &n))
        return true;
    wp_put_text(why, "meters.ack: fixed needs meters.ack_bytes, 1 to 64 octets");
    return false;
}

struct sign_on_policy sign_on_policy(const struct wp_setup *setup)
{
    struct wp_slice ack = gateway_given(setup, GATEWAY_METERS_ACK).bytes;
    struct sign_on_policy p = {
        .accepts_zero = wp_slice_is(gateway_given(setup, GATEWAY_METERS_ZERO_ADDRESS).bytes, "accept"),
        .checks_crc = wp_slice_is(gateway_given(setup, GATEWAY_METERS_CRC).bytes, "strict"),
        .answers = !wp_slice_is(ack, "silent"),
    };
    size_t n = 0;

    if (wp_slice_is(ack, "fixed") && read_ack(setup, p.ack, &n))
        p.n_ack = (uint8_t)n;
    return p;
}

/* ---- messages ------------------------------------------------------------------------------------- */

/* Twelve ASCII digits. */
static bool read_digits(struct wp_slice text, struct sign_on *out)
{
    if (text.n != SIGN_ON_DIGITS)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        out->address = out->address << 4 | (uint64_t)(text.p[i] - '0');
    }
    memcpy(out->device, text.p, SIGN_ON_DIGITS);
    return true;
}

struct sign_on sign_on_read(const struct sign_on_policy *policy, const struct ivy_frame *f)
{
    struct sign_on s = {.verdict = SIGN_ON_OTHER};

    if (f->kind != IVY_SESSION)
        return s;
    if (f->session.control == IVY_LOGIN_ANSWER || f->session.control == IVY_HEARTBEAT_ANSWER) {
        s.verdict = SIGN_ON_ECHO;
        return s;
    }
    s.bad_crc = !ivy_crc_ok(&f->session);
    if (s.bad_crc && policy->checks_crc)
        s.verdict = SIGN_ON_DROPPED;
    else if (!read_digits(f->session.address, &s))
        s.verdict = SIGN_ON_HOSTILE;
    else
        s.verdict = f->session.control == IVY_LAST_GASP ? SIGN_ON_GASP : SIGN_ON_WELCOME;
    return s;
}

bool sign_on_is_meter(const struct sign_on_policy *policy, uint64_t address)
{
    return dlt645_address_is_own(address) && (address != 0 || policy->accepts_zero);
}

void sign_on_answer(const struct sign_on_policy *policy, const struct ivy_frame *f, struct wp_writer *w)
{
    struct ivy_session reply;

    if (!policy->answers)
        return;
    if (policy->n_ack > 0)
        wp_put_slice(w, wp_slice(policy->ack, policy->n_ack));
    else if (ivy_answer(&f->session, &reply))
        ivy_encode_session(w, f->destination, f->source, &reply);
}

/* ---- lists of meters ------------------------------------------------------------------------------ */

/* Cuts the first meter off a list; false: nothing is left, or it is no meter. */
static bool next_listed(struct wp_slice *list, struct wp_slice *ret_meter)
{
    const uint8_t *comma = memchr(list->p, ',', list->n);
    size_t n = comma ? (size_t)(comma - list->p) : list->n;
    struct sign_on read = {.address = 0};
    struct wp_slice meter = wp_slice(list->p, n);

    *list = wp_slice_from(*list, comma ? n + 1 : n);
    while (meter.n && meter.p[0] == ' ')
        meter = wp_slice_from(meter, 1);
    while (meter.n && meter.p[meter.n - 1] == ' ')
        meter.n--;
    *ret_meter = meter;
    return read_digits(meter, &read);
}

bool sign_on_is_list(struct wp_slice list)
{
    struct wp_slice meter;

    if (list.n == 0 || wp_slice_is(list, "*"))
        return true;
    if (list.p[list.n - 1] == ',')
        return false;
    while (list.n)
        if (!next_listed(&list, &meter))
            return false;
    return true;
}

bool sign_on_lists(struct wp_slice list, struct wp_slice device)
{
    struct wp_slice meter;

    if (wp_slice_is(list, "*"))
        return true;
    while (list.n)
        if (next_listed(&list, &meter) && wp_slice_eq(meter, device))
            return true;
    return false;
}
