/* What comes in: session messages are taken at once. */
#include "sim/device/dlms_meter_inside.h"

#include "sim/codec/ivy.h"

void dlms_meter_forget_session(struct dlms_meter *m)
{
    m->n_rx = m->n_busy = m->n_held = 0;
    m->answer.kind = METER_JOB_NONE;
    m->association = METER_CLOSED;
    m->is_linked = false;
}

void dlms_meter_receive(struct dlms_meter *m, wp_us now, struct wp_slice in, struct wp_outbox *out)
{
    struct ivy_frame frame;

    (void)now;
    (void)out;
    if (ivy_decode(in, &frame).status == WP_OK)
        dlms_meter_understood(m);
}

void dlms_meter_rx_due(struct dlms_meter *m, wp_us now, struct wp_outbox *out)
{
    (void)now;
    (void)out;
    m->due[METER_DUE_RX] = WP_NEVER;
}
