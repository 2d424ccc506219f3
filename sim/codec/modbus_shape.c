/* Do these bytes read as a request of this function, or as its answer? And if not, why? */
#include "sim/codec/modbus.h"

enum { REFERENCE = 6, GROUP = 7, VALUES_MAX = 1 << 16 };

static unsigned u16(const uint8_t *p)
{
    return (unsigned)(p[0] << 8 | p[1]);
}

bool modbus_quantity_is_good(uint8_t function, unsigned quantity)
{
    unsigned max = UINT16_MAX;

    switch (function) {
    case MODBUS_READ_COILS:
    case MODBUS_READ_DISCRETE_INPUTS: max = 2000; break;
    case MODBUS_READ_HOLDING_REGISTERS:
    case MODBUS_READ_INPUT_REGISTERS:
    case MODBUS_READ_WRITE_REGISTERS: max = 125; break;
    case MODBUS_WRITE_COILS: max = 1968; break;
    case MODBUS_WRITE_REGISTERS: max = 123; break;
    default: return true;
    }
    return quantity >= 1 && quantity <= max;
}

/* The first byte counts the others. */
static bool is_counted(struct wp_slice d)
{
    return d.n > 0 && d.p[0] == d.n - 1;
}

static bool is_counted_registers(struct wp_slice d)
{
    return is_counted(d) && d.p[0] % 2 == 0;
}

static unsigned roles(bool request, bool response)
{
    return (request ? MODBUS_REQUEST : 0u) | (response ? MODBUS_RESPONSE : 0u);
}

/* Address and quantity, or counted coils: three bytes of coils are as long as a request. */
static unsigned read_bits_shape(uint8_t function, struct wp_slice d)
{
    bool request = d.n == 4;

    if (request && is_counted(d))
        request = modbus_quantity_is_good(function, u16(d.p + 2)) && u16(d.p) + u16(d.p + 2) <= VALUES_MAX;
    return roles(request, is_counted(d));
}

static unsigned write_many_shape(struct wp_slice d)
{
    return roles(d.n >= 5 && d.p[4] == d.n - 5, d.n == 4);
}

/* Groups of reference type, file, record, length, and with `with_data` that many registers. */
static bool are_groups(struct wp_slice d, bool with_data)
{
    size_t at = 1;

    if (!is_counted(d) || d.n == 1)
        return false;
    while (at < d.n) {
        if (d.n - at < GROUP || d.p[at] != REFERENCE)
            return false;
        at += GROUP + (with_data ? 2 * (size_t)u16(d.p + at + 5) : 0);
    }
    return at == d.n;
}

/* Answers of a file read: length, reference type, registers; the length counts what follows it. */
static bool are_file_answers(struct wp_slice d)
{
    size_t at = 1;

    if (!is_counted(d) || d.n == 1)
        return false;
    while (at < d.n) {
        if (d.n - at < 2 || d.p[at] % 2 == 0 || d.p[at + 1] != REFERENCE)
            return false;
        at += 1u + d.p[at];
    }
    return at == d.n;
}

static unsigned read_write_shape(struct wp_slice d)
{
    return roles(d.n >= 9 && d.p[8] == d.n - 9, is_counted_registers(d));
}

static bool is_fifo(struct wp_slice d)
{
    return d.n >= 4 && u16(d.p) == d.n - 2 && 2 * u16(d.p + 2) == d.n - 4;
}

/* MEI type, code, conformity, more follows, next object, number of objects; each object: id, length, bytes. */
static bool is_identification(struct wp_slice d)
{
    size_t at = 6;

    if (d.n < 6 || (d.p[3] != 0 && d.p[3] != 0xFF))
        return false;
    for (unsigned i = 0; i < d.p[5]; i++) {
        if (d.n - at < 2 || d.n - at - 2 < d.p[at + 1])
            return false;
        at += 2u + d.p[at + 1];
    }
    return at == d.n;
}

static unsigned transport_shape(struct wp_slice d)
{
    if (d.n == 0)
        return 0;
    if (d.p[0] != MODBUS_MEI_DEVICE_ID)
        return MODBUS_EITHER;
    return roles(d.n == 3, is_identification(d));
}

unsigned modbus_shape(uint8_t function, struct wp_slice d)
{
    if (function & MODBUS_EXCEPTION)
        return roles(false, d.n == 1);
    switch (function) {
    case MODBUS_READ_COILS:
    case MODBUS_READ_DISCRETE_INPUTS: return read_bits_shape(function, d);
    case MODBUS_READ_HOLDING_REGISTERS:
    case MODBUS_READ_INPUT_REGISTERS: return roles(d.n == 4, is_counted_registers(d));
    case MODBUS_WRITE_COIL:
    case MODBUS_WRITE_REGISTER: return d.n == 4 ? MODBUS_EITHER : 0;
    case MODBUS_READ_EXCEPTION_STATUS: return roles(d.n == 0, d.n == 1);
    case MODBUS_DIAGNOSTICS: return d.n >= 2 ? MODBUS_EITHER : 0;
    case MODBUS_EVENT_COUNTER: return roles(d.n == 0, d.n == 4);
    case MODBUS_EVENT_LOG: return roles(d.n == 0, is_counted(d) && d.n >= 7);
    case MODBUS_WRITE_COILS:
    case MODBUS_WRITE_REGISTERS: return write_many_shape(d);
    case MODBUS_REPORT_SERVER_ID: return roles(d.n == 0, is_counted(d));
    case MODBUS_READ_FILE: return roles(are_groups(d, false), are_file_answers(d));
    case MODBUS_WRITE_FILE: return are_groups(d, true) ? MODBUS_EITHER : 0;
    case MODBUS_MASK_WRITE: return d.n == 6 ? MODBUS_EITHER : 0;
    case MODBUS_READ_WRITE_REGISTERS: return read_write_shape(d);
    case MODBUS_READ_FIFO: return roles(d.n == 2, is_fifo(d));
    case MODBUS_TRANSPORT: return transport_shape(d);
    default: return MODBUS_EITHER;
    }
}

/* ---- why not ---------------------------------------------------------------------------------------- */

static enum modbus_error by_length(size_t n, size_t right)
{
    return n < right ? MODBUS_ERROR_TRUNCATED : MODBUS_ERROR_TRAILING;
}

/* `head` bytes, the last of which counts those that follow. */
static enum modbus_error by_count(struct wp_slice d, size_t head)
{
    return d.n < head ? MODBUS_ERROR_TRUNCATED : by_length(d.n, head + d.p[head - 1]);
}

static enum modbus_error request_misfit(uint8_t function, struct wp_slice d)
{
    switch (function) {
    case MODBUS_READ_EXCEPTION_STATUS:
    case MODBUS_EVENT_COUNTER:
    case MODBUS_EVENT_LOG:
    case MODBUS_REPORT_SERVER_ID: return MODBUS_ERROR_TRAILING;
    case MODBUS_WRITE_COILS:
    case MODBUS_WRITE_REGISTERS: return by_count(d, 5);
    case MODBUS_READ_FILE:
    case MODBUS_WRITE_FILE: return is_counted(d) ? MODBUS_ERROR_GROUPS : by_count(d, 1);
    case MODBUS_MASK_WRITE: return by_length(d.n, 6);
    case MODBUS_READ_WRITE_REGISTERS: return by_count(d, 9);
    case MODBUS_READ_FIFO:
    case MODBUS_DIAGNOSTICS: return by_length(d.n, 2);
    case MODBUS_TRANSPORT: return by_length(d.n, 3);
    default: return by_length(d.n, 4);
    }
}

static enum modbus_error response_misfit(uint8_t function, struct wp_slice d)
{
    switch (function) {
    case MODBUS_WRITE_COIL:
    case MODBUS_WRITE_REGISTER:
    case MODBUS_WRITE_COILS:
    case MODBUS_WRITE_REGISTERS:
    case MODBUS_EVENT_COUNTER: return by_length(d.n, 4);
    case MODBUS_READ_EXCEPTION_STATUS: return by_length(d.n, 1);
    case MODBUS_DIAGNOSTICS: return by_length(d.n, 2);
    case MODBUS_MASK_WRITE: return by_length(d.n, 6);
    case MODBUS_READ_FILE:
    case MODBUS_WRITE_FILE: return is_counted(d) ? MODBUS_ERROR_GROUPS : MODBUS_ERROR_COUNT;
    case MODBUS_TRANSPORT: return d.n < 6 ? MODBUS_ERROR_TRUNCATED : MODBUS_ERROR_OBJECTS;
    default: return d.n == 0 ? MODBUS_ERROR_TRUNCATED : MODBUS_ERROR_COUNT;
    }
}

enum modbus_error modbus_misfit(uint8_t function, unsigned role, struct wp_slice d)
{
    if (function & MODBUS_EXCEPTION)
        return by_length(d.n, 1);
    return role == MODBUS_RESPONSE ? response_misfit(function, d) : request_misfit(function, d);
}
