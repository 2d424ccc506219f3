/* One builder for each frame; lengths and CRC are theirs to set. lxp.c is the other direction. */
#include "sim/codec/lxp.h"

#include "sim/codec/crc16.h"

#include <assert.h>

enum { AT_FRAME_LEN = 4, AT_FUNCTION = 7, CRC = 2, DATA_MIN = LXP_AT_PAYLOAD + CRC };

/* n: bytes of the whole frame */
static void put_header(struct wp_writer *w, size_t n, uint16_t protocol, uint8_t function,
                       struct wp_slice datalog)
{
    assert(n >= LXP_HEADER + LXP_FRAME_LEN_MIN);
    assert(n <= LXP_FRAME_MAX);
    assert(datalog.n == LXP_SERIAL);
    wp_put_u8(w, 0xA1);
    wp_put_u8(w, 0x1A);
    wp_put_u16le(w, protocol);
    wp_put_u16le(w, (uint16_t)(n - LXP_HEADER));
    wp_put_u8(w, 0x01);
    wp_put_u8(w, function);
    wp_put_slice(w, datalog);
}

/* ---- C1 --------------------------------------------------------------------------------------------- */

void lxp_put_heartbeat(struct wp_writer *w, uint16_t protocol, const char *datalog, uint8_t tail)
{
    put_header(w, LXP_HEARTBEAT_BYTES, protocol, LXP_HEARTBEAT, wp_slice(datalog, LXP_SERIAL));
    wp_put_u8(w, tail);
}

/* ---- C2 --------------------------------------------------------------------------------------------- */

/* Up to the register; the payload of n bytes follows, then the CRC over all from the address on. */
static void open_data(struct wp_writer *w, const struct lxp_head *head, uint8_t device_function,
                      uint16_t first, size_t n)
{
    put_header(w, DATA_MIN + n, head->protocol, LXP_DATA, wp_slice(head->datalog, LXP_SERIAL));
    wp_put_u16le(w, (uint16_t)(DATA_MIN + n - LXP_AT_DATA));
    wp_put_u8(w, head->address);
    wp_put_u8(w, device_function);
    wp_put_slice(w, wp_slice(head->inverter, LXP_SERIAL));
    wp_put_u16le(w, first);
}

/* n: bytes of the payload, as opened with. */
static void close_data(struct wp_writer *w, size_t n)
{
    size_t covered = LXP_AT_PAYLOAD - LXP_AT_DATA + n;

    if (w->full)
        return;
    assert(w->n >= covered);
    wp_put_u16le(w, crc16_modbus(wp_slice(w->p + w->n - covered, covered)));
}

static void put_number(struct wp_writer *w, const struct lxp_head *head, uint8_t device_function,
                       uint16_t first, uint16_t number)
{
    open_data(w, head, device_function, first, 2);
    wp_put_u16le(w, number);
    close_data(w, 2);
}

static bool is_registers(struct wp_slice values)
{
    return values.n > 0 && values.n % 2 == 0 && values.n / 2 <= LXP_COUNT_MAX;
}

void lxp_put_read(struct wp_writer *w, const struct lxp_head *head, uint8_t function, uint16_t first,
                  uint16_t count)
{
    assert(function == LXP_READ_HOLD || function == LXP_READ_INPUT);
    put_number(w, head, function, first, count);
}

void lxp_put_read_reply(struct wp_writer *w, const struct lxp_head *head, uint8_t function, uint16_t first,
                        struct wp_slice values)
{
    bool has_length = head->protocol != 1;

    assert(function == LXP_READ_HOLD || function == LXP_READ_INPUT);
    assert(is_registers(values));
    open_data(w, head, function, first, has_length + values.n);
    if (has_length)
        wp_put_u8(w, (uint8_t)values.n);
    wp_put_slice(w, values);
    close_data(w, has_length + values.n);
}

void lxp_put_write(struct wp_writer *w, const struct lxp_head *head, uint16_t first, uint16_t value)
{
    put_number(w, head, LXP_WRITE_SINGLE, first, value);
}

void lxp_put_write_multi(struct wp_writer *w, const struct lxp_head *head, uint16_t first,
                         struct wp_slice values)
{
    assert(is_registers(values));
    open_data(w, head, LXP_WRITE_MULTI, first, 3 + values.n);
    wp_put_u16le(w, (uint16_t)(values.n / 2));
    wp_put_u8(w, (uint8_t)values.n);
    wp_put_slice(w, values);
    close_data(w, 3 + values.n);
}

void lxp_put_write_multi_reply(struct wp_writer *w, const struct lxp_head *head, uint16_t first,
                               uint16_t count)
{
    put_number(w, head, LXP_WRITE_MULTI, first, count);
}

void lxp_put_exception(struct wp_writer *w, const struct lxp_head *head, uint8_t function, uint16_t first,
                       uint8_t error_code)
{
    open_data(w, head, function | LXP_EXCEPTION, first, 1);
    wp_put_u8(w, error_code);
    close_data(w, 1);
}

/* ---- C3, C4 ----------------------------------------------------------------------------------------- */

/* n: bytes behind the param */
static void put_param(struct wp_writer *w, const struct lxp_head *head, uint8_t function, uint16_t param,
                      size_t n)
{
    put_header(w, LXP_AT_BODY + 2 + n, head->protocol, function, wp_slice(head->datalog, LXP_SERIAL));
    wp_put_u16le(w, param);
}

static void put_param_value(struct wp_writer *w, const struct lxp_head *head, uint8_t function,
                            uint16_t param, struct wp_slice value)
{
    put_param(w, head, function, param, 2 + value.n);
    wp_put_u16le(w, (uint16_t)value.n);
    wp_put_slice(w, value);
}

void lxp_put_param_read(struct wp_writer *w, const struct lxp_head *head, uint16_t param)
{
    put_param(w, head, LXP_READ_PARAM, param, 0);
}

void lxp_put_param_read_reply(struct wp_writer *w, const struct lxp_head *head, uint16_t param,
                              struct wp_slice value)
{
    put_param_value(w, head, LXP_READ_PARAM, param, value);
}

void lxp_put_param_write(struct wp_writer *w, const struct lxp_head *head, uint16_t param,
                         struct wp_slice value)
{
    put_param_value(w, head, LXP_WRITE_PARAM, param, value);
}

void lxp_put_param_write_reply(struct wp_writer *w, const struct lxp_head *head, uint16_t param,
                               uint8_t status)
{
    put_param(w, head, LXP_WRITE_PARAM, param, 1);
    wp_put_u8(w, status);
}

/* ---- a frame whose values were changed --------------------------------------------------------------- */

bool lxp_repair(uint8_t *frame, size_t n)
{
    uint16_t crc;

    if (n < DATA_MIN || frame[0] != 0xA1 || frame[1] != 0x1A || frame[AT_FUNCTION] != LXP_DATA ||
        (size_t)(frame[AT_FRAME_LEN] | frame[AT_FRAME_LEN + 1] << 8) + LXP_HEADER != n)
        return false;
    crc = crc16_modbus(wp_slice(frame + LXP_AT_DATA, n - LXP_AT_DATA - CRC));
    frame[n - 2] = (uint8_t)crc;
    frame[n - 1] = (uint8_t)(crc >> 8);
    return true;
}
