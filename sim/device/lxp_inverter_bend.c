/* Faults of what a frame says: it is bent before it goes out.
 *
 * Whatever is changed under the checksum gets it anew, so that nothing but the fault is wrong. */
#include "sim/device/lxp_inverter_inside.h"

#include "sim/codec/lxp.h"

enum {
    AT_FRAME_LEN = 4,
    AT_FUNCTION = 7,
    AT_DATALOG = 8,
    AT_DATA_LEN = 18,
    AT_DEVICE_FUNCTION = 21,
    AT_INVERTER = 22,
    AT_REGISTER = 32,
    UNKNOWN_FUNCTION = 0xC5,
    UNKNOWN_DEVICE_FUNCTION = 5,
};

static void put_u16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static bool has_checksum(const uint8_t *frame)
{
    return frame[AT_FUNCTION] == LXP_DATA;
}

void lxp_inverter_bend_reply(struct lxp_inverter *m, uint8_t *frame, size_t n)
{
    struct lxp_inverter_fault fault;

    if (!has_checksum(frame))
        return;
    if (frame[AT_DEVICE_FUNCTION] == LXP_WRITE_SINGLE && lxp_inverter_fault(m, INVERTER_FAULT_ECHO, &fault))
        put_u16(frame + LXP_AT_PAYLOAD,
                (uint16_t)((frame[LXP_AT_PAYLOAD] | frame[LXP_AT_PAYLOAD + 1] << 8) + fault.number));
    if (lxp_inverter_fault(m, INVERTER_FAULT_REGISTER, &fault))
        put_u16(frame + AT_REGISTER, (uint16_t)fault.number);
    if (lxp_inverter_fault(m, INVERTER_FAULT_FUNCTION, &fault))
        frame[AT_DEVICE_FUNCTION] = (uint8_t)fault.number;
    (void)lxp_repair(frame, n);
}

static void bend_names(struct lxp_inverter *m, uint8_t *frame, size_t n)
{
    struct lxp_inverter_fault fault;

    if (lxp_inverter_fault(m, INVERTER_FAULT_DATALOG, &fault))
        memcpy(frame + AT_DATALOG, fault.octets, INVERTER_SERIAL_CHARS);
    if (has_checksum(frame) && lxp_inverter_fault(m, INVERTER_FAULT_SERIAL, &fault)) {
        memcpy(frame + AT_INVERTER, fault.octets, INVERTER_SERIAL_CHARS);
        (void)lxp_repair(frame, n);
    }
}

/* A frame without a device function has no unknown one; the fault waits for one that has. */
static void bend_function(struct lxp_inverter *m, uint8_t *frame, size_t n)
{
    struct lxp_inverter_fault fault;

    if (!lxp_inverter_look(m, INVERTER_FAULT_UNKNOWN, &fault))
        return;
    if (lxp_inverter_fault_is(&fault, "tcp")) {
        frame[AT_FUNCTION] = UNKNOWN_FUNCTION;
    } else if (has_checksum(frame)) {
        frame[AT_DEVICE_FUNCTION] = UNKNOWN_DEVICE_FUNCTION;
        (void)lxp_repair(frame, n);
    } else {
        return;
    }
    (void)lxp_inverter_fault(m, INVERTER_FAULT_UNKNOWN, &fault);
}

void lxp_inverter_bend(struct lxp_inverter *m, uint8_t *frame, size_t n)
{
    const bool checked = has_checksum(frame);
    struct lxp_inverter_fault fault;

    if (m->faults == 0)
        return;
    bend_names(m, frame, n);
    bend_function(m, frame, n);
    if (checked && lxp_inverter_fault(m, INVERTER_FAULT_CRC, &fault))
        frame[n - 2]++;
    if (checked && lxp_inverter_fault(m, INVERTER_FAULT_DATA_LENGTH, &fault))
        put_u16(frame + AT_DATA_LEN, (uint16_t)fault.number);
    if (lxp_inverter_fault(m, INVERTER_FAULT_LENGTH, &fault))
        put_u16(frame + AT_FRAME_LEN, (uint16_t)fault.number);
}
