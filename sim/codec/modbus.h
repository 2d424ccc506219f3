/* Modbus TCP: one ADU, which is an MBAP header and a PDU.
 *
 *     tid  | 00 00 | length | unit | function | data[length - 2]            2 2 2 1 1 bytes, high byte first
 *
 * - length: unit, function and data: 2..254. Nothing else ends an ADU, so a stream is cut by it alone, and a PDU that
 *   does not fit into its ADU is a frame with an `error`, as its server sees it (it answers exception 3).
 * - function: 1..127; bit 7 set in an exception, whose data is one byte, the code.
 *
 * Nothing in an ADU says whether it asks or answers. It is told, in this order,
 * 1. by its shape, where only one of the two readings fits: a read request has 4 bytes of data, a read answer a byte
 *    count and that many bytes; an exception answers. Lengths that nothing confirms (7, 11) are not enough against 2 and 3;
 * 2. by what the same direction has shown so far, as long as that was always the same: a device that dials in sends
 *    answers although it opened the connection;
 * 3. by the side: who opened the connection asks;
 * 4. else a request or answer that is the same bytes (5, 6, 8, 21, 22, unknown functions) is `either`, and three bytes
 *    of coils that read as a valid address and quantity (1, 2) are a request.
 * A PDU that fits neither is told by 2 and 3; one with bit 7 set in its function always answers.
 * sources: MODBUS Application Protocol V1.1b3; MODBUS Messaging on TCP/IP V1.0b, 3.1.3; vectors modbus-tcp */
#ifndef WP_MODBUS_H
#define WP_MODBUS_H

#include "sim/core/decode.h"

enum {
    MODBUS_HEADER = 6, /* up to and with the length */
    MODBUS_LENGTH_MIN = 2,
    MODBUS_LENGTH_MAX = 254,
    MODBUS_FRAME_MAX = MODBUS_HEADER + MODBUS_LENGTH_MAX,
    MODBUS_AT_DATA = 8, /* of the first byte behind the function */
    MODBUS_DATA_MAX = MODBUS_LENGTH_MAX - MODBUS_LENGTH_MIN,
    MODBUS_EXCEPTION = 0x80,
    MODBUS_MEI_CANOPEN = 13,
    MODBUS_MEI_DEVICE_ID = 14,
};

#define MODBUS_FUNCTIONS(X)                                                                                  \
    X(READ_COILS, 1, "read-coils")                                                                           \
    X(READ_DISCRETE_INPUTS, 2, "read-discrete-inputs")                                                       \
    X(READ_HOLDING_REGISTERS, 3, "read-holding-registers")                                                   \
    X(READ_INPUT_REGISTERS, 4, "read-input-registers")                                                       \
    X(WRITE_COIL, 5, "write-single-coil")                                                                    \
    X(WRITE_REGISTER, 6, "write-single-register")                                                            \
    X(READ_EXCEPTION_STATUS, 7, "read-exception-status")                                                     \
    X(DIAGNOSTICS, 8, "diagnostics")                                                                         \
    X(EVENT_COUNTER, 11, "get-comm-event-counter")                                                           \
    X(EVENT_LOG, 12, "get-comm-event-log")                                                                   \
    X(WRITE_COILS, 15, "write-multiple-coils")                                                               \
    X(WRITE_REGISTERS, 16, "write-multiple-registers")                                                       \
    X(REPORT_SERVER_ID, 17, "report-server-id")                                                              \
    X(READ_FILE, 20, "read-file-record")                                                                     \
    X(WRITE_FILE, 21, "write-file-record")                                                                   \
    X(MASK_WRITE, 22, "mask-write-register")                                                                 \
    X(READ_WRITE_REGISTERS, 23, "read-write-multiple-registers")                                             \
    X(READ_FIFO, 24, "read-fifo-queue")                                                                      \
    X(TRANSPORT, 43, "encapsulated-interface-transport")

enum modbus_function {
#define X(name, code, text) MODBUS_##name = code,
    MODBUS_FUNCTIONS(X)
#undef X
};

#define MODBUS_EXCEPTIONS(X)                                                                                 \
    X(ILLEGAL_FUNCTION, 1, "illegal-function")                                                               \
    X(ILLEGAL_ADDRESS, 2, "illegal-data-address")                                                            \
    X(ILLEGAL_VALUE, 3, "illegal-data-value")                                                                \
    X(DEVICE_FAILURE, 4, "server-device-failure")                                                            \
    X(ACKNOWLEDGE, 5, "acknowledge")                                                                         \
    X(BUSY, 6, "server-device-busy")                                                                         \
    X(NEGATIVE_ACKNOWLEDGE, 7, "negative-acknowledge")                                                       \
    X(MEMORY_PARITY, 8, "memory-parity-error")                                                               \
    X(NO_PATH, 10, "gateway-path-unavailable")                                                               \
    X(NO_RESPONSE, 11, "gateway-target-failed-to-respond")

enum modbus_exception {
#define X(name, code, text) MODBUS_IS_##name = code,
    MODBUS_EXCEPTIONS(X)
#undef X
};

/* Also bits of a set: the readings that fit. */
enum modbus_role {
    MODBUS_REQUEST = 1,
    MODBUS_RESPONSE = 2,
    MODBUS_EITHER = 3,
};

/* What is wrong with the PDU of a whole ADU. */
#define MODBUS_ERRORS(X)                                                                                     \
    X(NONE, "")                                                                                              \
    X(TRUNCATED, "truncated")       /* the PDU has less than its function needs */                           \
    X(TRAILING, "trailing_bytes")   /* and here more */                                                      \
    X(COUNT, "byte_count_mismatch") /* an answer's byte count is not what follows it */                      \
    X(GROUPS, "bad_groups")         /* the groups of a file record do not fill the data */                   \
    X(OBJECTS, "bad_objects")       /* the objects of a device identification neither */

enum modbus_error {
#define X(name, text) MODBUS_ERROR_##name,
    MODBUS_ERRORS(X)
#undef X
};

/* The slice borrows from the decoded input. */
struct modbus_frame {
    uint16_t tid;
    uint8_t unit;
    uint8_t function; /* as on the wire, with bit 7 */
    uint8_t role;     /* enum modbus_role */
    uint8_t error;    /* enum modbus_error */
    struct wp_slice data;
};

/* What the directions of a connection have shown, each by its enum wp_side: the roles of all frames that tell it. */
struct modbus_state {
    uint8_t seen[WP_SIDE_UNKNOWN_TOO + 1];
};

/* Decode one ADU from the front of `in`.
 * state  of the connection; may be NULL: nothing is remembered
 * WP_MORE need = bytes still missing, exact once the length is there
 * WP_BAD START (no 00 00), LENGTH (not 2..254); used = bytes up to the next place where a header could begin, at
 *        least 1 */
struct wp_decode modbus_decode(struct modbus_state *state, enum wp_side from, struct wp_slice in,
                               struct modbus_frame *out);

/* tid, unit, function and at most MODBUS_DATA_MAX bytes of data; role and error play no part. */
void modbus_encode(struct wp_writer *w, const struct modbus_frame *frame);

static inline bool modbus_is_exception(const struct modbus_frame *f)
{
    return f->function & MODBUS_EXCEPTION;
}

/* Without the exception's bit. */
static inline uint8_t modbus_function(const struct modbus_frame *f)
{
    return f->function & (uint8_t)~MODBUS_EXCEPTION;
}

/* Of the function without bit 7: its name, else "user-defined", "reserved", "unassigned" or, for 0, "invalid". */
const char *modbus_function_text(uint8_t function);
bool modbus_function_is_known(uint8_t function);
/* NULL for a code that is none. */
const char *modbus_exception_text(uint8_t code);
const char *modbus_error_text(enum modbus_error error);

/* Which readings fit these bytes behind the function: a set of enum modbus_role. */
unsigned modbus_shape(uint8_t function, struct wp_slice data);
/* Why this reading, which does not fit, does not. */
enum modbus_error modbus_misfit(uint8_t function, unsigned role, struct wp_slice data);

/* Is this a quantity that the function allows? Functions without one: yes. */
bool modbus_quantity_is_good(uint8_t function, unsigned quantity);

void modbus_fields(const void *frame, wp_visit *visit, void *ctx);

extern const struct wp_codec modbus_codec;

#endif
