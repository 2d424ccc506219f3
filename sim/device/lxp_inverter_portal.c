/* What is done at the portal or in the app: the dongle is asked over its own line to the cloud, and answers everybody. */
#include "sim/device/lxp_inverter_inside.h"

#include "sim/codec/lxp.h"

enum { VALUES_MAX = 64 };

/* A request that no client sent. */
static void ask(struct lxp_inverter *m, wp_us now, struct lxp_frame *request, const uint16_t *values,
                unsigned n, struct wp_outbox *out)
{
    uint8_t octets[2 * VALUES_MAX];
    struct wp_writer w = wp_writer(octets, sizeof octets);

    for (unsigned i = 0; i < n; i++)
        wp_put_u16le(&w, values[i]);
    request->values = wp_written(&w);
    lxp_inverter_serve(m, now, request, false, out);
}

static bool write(struct lxp_inverter *m, wp_us now, bool is_multi, struct wp_slice text,
                  struct wp_outbox *out)
{
    struct lxp_frame request = {.shape = is_multi ? LXP_IS_WRITE_MULTI_REQUEST : LXP_IS_WRITE_SINGLE,
                                .device_function = is_multi ? LXP_WRITE_MULTI : LXP_WRITE_SINGLE};
    uint16_t value[VALUES_MAX];
    const unsigned n = lxp_inverter_read_values(text, is_multi ? VALUES_MAX : 1, &request.first, value);

    if (n == 0)
        return false;
    request.count = (uint16_t)n;
    ask(m, now, &request, value, n, out);
    return true;
}

static bool read(struct lxp_inverter *m, wp_us now, struct wp_slice text, struct wp_outbox *out)
{
    struct lxp_frame request = {.shape = LXP_IS_READ_REQUEST};
    bool is_input;

    if (!lxp_inverter_read_block(text, &is_input, &request.first, &request.count))
        return false;
    request.device_function = is_input ? LXP_READ_INPUT : LXP_READ_HOLD;
    ask(m, now, &request, NULL, 0, out);
    return true;
}

static bool set_param(struct lxp_inverter *m, wp_us now, struct wp_slice text, struct wp_outbox *out)
{
    struct lxp_frame request = {.shape = LXP_IS_PARAM_WRITE_REQUEST};
    uint16_t value;

    if (lxp_inverter_read_values(text, 1, &request.param, &value) == 0)
        return false;
    ask(m, now, &request, &value, 1, out);
    return true;
}

/* Without power the cloud does not reach the dongle. */
bool lxp_inverter_portal(struct lxp_inverter *m, wp_us now, enum lxp_inverter_row row, struct wp_slice text,
                         struct wp_outbox *out)
{
    if (m->is_off)
        return true;
    switch (row) {
    case INVERTER_PORTAL_WRITE: return write(m, now, false, text, out);
    case INVERTER_PORTAL_WRITE_MULTI: return write(m, now, true, text, out);
    case INVERTER_PORTAL_READ: return read(m, now, text, out);
    default: return set_param(m, now, text, out);
    }
}
