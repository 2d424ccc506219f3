/* Every field of a Modbus ADU by name, in a fixed order. Names are those of the published vectors.
 *
 * Registers are values of 16 bits as they stand; what they mean is the device's. Coils are `data`, low bit first, and
 * `bits` where the quantity is told. What no function gives a name to is `data`. */
#include "sim/codec/modbus.h"

struct visitor {
    const struct modbus_frame *frame;
    struct wp_slice d; /* the frame's data */
    wp_visit *visit;
    void *ctx;
};

static unsigned u16(const struct visitor *v, size_t at)
{
    return (unsigned)(v->d.p[at] << 8 | v->d.p[at + 1]);
}

static void say(const struct visitor *v, const char *path, struct wp_value value, size_t first, size_t len,
                enum wp_role role)
{
    struct wp_field field = {path, value, "", len ? first : 0, len, role};

    v->visit(v->ctx, &field);
}

static void say_derived(const struct visitor *v, const char *path, struct wp_value value)
{
    say(v, path, value, 0, 0, WP_ROLE_FIELD);
}

/* Numbers and texts are most of what is said, registers by the hundred: written where they stand, for a value that is
 * handed on whole has to be waited for. */
static void say_int(const struct visitor *v, const char *path, int64_t num, size_t first, size_t len,
                    enum wp_role role)
{
    struct wp_field field;

    field.path = path;
    field.value.kind = WP_DECIMAL;
    field.value.exp10 = 0;
    field.value.num = num;
    field.unit = "";
    field.first = first;
    field.len = len;
    field.role = role;
    v->visit(v->ctx, &field);
}

static void say_text(const struct visitor *v, const char *path, const char *text)
{
    struct wp_field field;

    field.path = path;
    field.value.kind = WP_TEXT;
    field.value.exp10 = 0;
    field.value.bytes.p = (const uint8_t *)text;
    field.value.bytes.n = strlen(text);
    field.unit = "";
    field.first = field.len = 0;
    field.role = WP_ROLE_FIELD;
    v->visit(v->ctx, &field);
}

/* `at` counts from the first byte behind the function. */
static void say_u8(const struct visitor *v, const char *path, size_t at, enum wp_role role)
{
    say_int(v, path, v->d.p[at], MODBUS_AT_DATA + at, 1, role);
}

static void say_u16(const struct visitor *v, const char *path, size_t at, enum wp_role role)
{
    say_int(v, path, u16(v, at), MODBUS_AT_DATA + at, 2, role);
}

static void say_bytes(const struct visitor *v, const char *path, size_t at, size_t n)
{
    say(v, path, wp_bytes_value(wp_slice(v->d.p + at, n)), MODBUS_AT_DATA + at, n, WP_ROLE_VALUE);
}

/* All that is left, from `at` on. */
static void say_data(const struct visitor *v, size_t at)
{
    say_bytes(v, "data", at, v->d.n - at);
}

static void say_registers(const struct visitor *v, size_t at, size_t n_bytes)
{
    for (size_t i = 0; i + 1 < n_bytes; i += 2)
        say_u16(v, "values[]", at + i, WP_ROLE_VALUE);
}

/* A quantity stands at `at`, its address before it. */
static void say_range(const struct visitor *v, const char *address, const char *quantity, size_t at)
{
    say_u16(v, address, at, WP_ROLE_KEY);
    say_u16(v, quantity, at + 2, WP_ROLE_KEY);
}

static void say_doubts(const struct visitor *v, unsigned address, unsigned quantity)
{
    if (!modbus_quantity_is_good(v->frame->function, quantity))
        say_derived(v, "qty_out_of_range", wp_bool(true));
    else if (address + quantity > 1u + UINT16_MAX)
        say_derived(v, "addr_out_of_range", wp_bool(true));
}

/* ---- reads and writes ------------------------------------------------------------------------------- */

static void say_addressed(const struct visitor *v)
{
    say_range(v, "addr", "qty", 0);
    say_doubts(v, u16(v, 0), u16(v, 2));
}

static void say_read_bits(const struct visitor *v)
{
    if (v->frame->role == MODBUS_REQUEST) {
        say_addressed(v);
        return;
    }
    say_u8(v, "byte_count", 0, WP_ROLE_LENGTH);
    say_data(v, 1);
}

static void say_read_registers(const struct visitor *v)
{
    if (v->frame->role == MODBUS_REQUEST) {
        say_addressed(v);
        return;
    }
    say_u8(v, "byte_count", 0, WP_ROLE_LENGTH);
    say_registers(v, 1, v->d.n - 1);
}

static void say_write_one(const struct visitor *v)
{
    say_u16(v, "addr", 0, WP_ROLE_KEY);
    say_u16(v, "value", 2, WP_ROLE_VALUE);
    if (v->frame->function != MODBUS_WRITE_COIL)
        return;
    if (v->d.p[3] == 0 && (v->d.p[2] == 0 || v->d.p[2] == 0xFF))
        say_text(v, "coil", v->d.p[2] ? "on" : "off");
    else
        say_derived(v, "value_out_of_range", wp_bool(true));
}

static void say_bits(const struct visitor *v, size_t at, unsigned quantity)
{
    for (unsigned i = 0; i < quantity; i++)
        say_derived(v, "bits[]", wp_int(v->d.p[at + i / 8] >> i % 8 & 1));
}

static void say_write_many(const struct visitor *v)
{
    bool coils = v->frame->function == MODBUS_WRITE_COILS;
    unsigned quantity = u16(v, 2);

    say_range(v, "addr", "qty", 0);
    if (v->frame->role == MODBUS_REQUEST) {
        say_u8(v, "byte_count", 4, WP_ROLE_LENGTH);
        if (v->d.p[4] != (coils ? (quantity + 7) / 8 : 2 * quantity)) {
            say_data(v, 5);
            say_derived(v, "byte_count_mismatch", wp_bool(true));
        } else if (coils) {
            say_data(v, 5);
            say_bits(v, 5, quantity);
        } else {
            say_registers(v, 5, v->d.n - 5);
        }
    }
    say_doubts(v, u16(v, 0), quantity);
}

static void say_mask_write(const struct visitor *v)
{
    say_u16(v, "addr", 0, WP_ROLE_KEY);
    say_u16(v, "and_mask", 2, WP_ROLE_VALUE);
    say_u16(v, "or_mask", 4, WP_ROLE_VALUE);
}

static void say_read_write(const struct visitor *v)
{
    unsigned quantity;

    if (v->frame->role != MODBUS_REQUEST) {
        say_read_registers(v);
        return;
    }
    quantity = u16(v, 6);
    say_range(v, "read_addr", "read_qty", 0);
    say_range(v, "write_addr", "write_qty", 4);
    say_u8(v, "byte_count", 8, WP_ROLE_LENGTH);
    if (v->d.p[8] == 2 * quantity) {
        say_registers(v, 9, v->d.n - 9);
    } else {
        say_data(v, 9);
        say_derived(v, "byte_count_mismatch", wp_bool(true));
    }
    if (quantity < 1 || quantity > 121)
        say_derived(v, "qty_out_of_range", wp_bool(true));
    else
        say_doubts(v, u16(v, 0), u16(v, 2));
}

static void say_fifo(const struct visitor *v)
{
    if (v->frame->role == MODBUS_REQUEST) {
        say_u16(v, "addr", 0, WP_ROLE_KEY);
        return;
    }
    say_u16(v, "byte_count", 0, WP_ROLE_LENGTH);
    say_u16(v, "fifo_count", 2, WP_ROLE_LENGTH);
    say_registers(v, 4, v->d.n - 4);
}

/* ---- diagnostics ------------------------------------------------------------------------------------ */

static const char *diagnostic_text(unsigned code)
{
    static const char *const low[] = {"return-query-data", "restart-communications",
                                      "return-diagnostic-register", "change-ascii-delimiter",
                                      "force-listen-only"};
    static const char *const high[] = {"clear-counters",
                                       "bus-message-count",
                                       "bus-communication-error-count",
                                       "bus-exception-error-count",
                                       "server-message-count",
                                       "server-no-response-count",
                                       "server-nak-count",
                                       "server-busy-count",
                                       "bus-character-overrun-count"};

    if (code < sizeof low / sizeof low[0])
        return low[code];
    if (code >= 10 && code - 10 < sizeof high / sizeof high[0])
        return high[code - 10];
    return code == 20 ? "clear-overrun-counter" : "reserved";
}

static void say_diagnostics(const struct visitor *v)
{
    say_u16(v, "subfc", 0, WP_ROLE_KEY);
    say_text(v, "subfunction", diagnostic_text(u16(v, 0)));
    say_data(v, 2);
}

static void say_event_counter(const struct visitor *v)
{
    if (v->frame->role == MODBUS_REQUEST)
        return;
    say_u16(v, "status", 0, WP_ROLE_VALUE);
    say_u16(v, "event_count", 2, WP_ROLE_VALUE);
}

static void say_event_log(const struct visitor *v)
{
    if (v->frame->role == MODBUS_REQUEST)
        return;
    say_u8(v, "byte_count", 0, WP_ROLE_LENGTH);
    say_u16(v, "status", 1, WP_ROLE_VALUE);
    say_u16(v, "event_count", 3, WP_ROLE_VALUE);
    say_u16(v, "message_count", 5, WP_ROLE_VALUE);
    say_data(v, 7);
}

static void say_counted(const struct visitor *v)
{
    if (v->frame->role == MODBUS_REQUEST)
        return;
    say_u8(v, "byte_count", 0, WP_ROLE_LENGTH);
    say_data(v, 1);
}

/* ---- file records ----------------------------------------------------------------------------------- */

/* Groups of 06, file, record, length; with their registers in a write. One array for each of them. */
static void say_groups(const struct visitor *v, bool with_data)
{
    static const char *const path[] = {"files[]", "records[]", "lengths[]"};

    say_u8(v, "byte_count", 0, WP_ROLE_LENGTH);
    for (size_t part = 0; part <= 3; part++)
        for (size_t at = 1; at < v->d.n; at += 7 + (with_data ? 2 * u16(v, at + 5) : 0))
            if (part < 3)
                say_u16(v, path[part], at + 1 + 2 * part, WP_ROLE_KEY);
            else if (with_data)
                say_registers(v, at + 7, 2 * u16(v, at + 5));
}

static void say_file_answers(const struct visitor *v)
{
    say_u8(v, "byte_count", 0, WP_ROLE_LENGTH);
    for (size_t at = 1; at < v->d.n; at += 1u + v->d.p[at])
        say_u8(v, "group_bytes[]", at, WP_ROLE_LENGTH);
    for (size_t at = 1; at < v->d.n; at += 1u + v->d.p[at])
        say_registers(v, at + 2, v->d.p[at] - 1u);
}

static void say_read_file(const struct visitor *v)
{
    if (v->frame->role == MODBUS_REQUEST)
        say_groups(v, false);
    else
        say_file_answers(v);
}

/* ---- device identification -------------------------------------------------------------------------- */

static void say_object(const struct visitor *v, size_t at)
{
    struct wp_slice s = wp_slice(v->d.p + at + 2, v->d.p[at + 1]);

    say(v, "objects[]", wp_slice_is_printable(s) ? wp_text_value(s) : wp_bytes_value(s),
        MODBUS_AT_DATA + at + 2, s.n, WP_ROLE_ID);
}

static void say_objects(const struct visitor *v)
{
    for (size_t at = 6; at < v->d.n; at += 2u + v->d.p[at + 1])
        say_u8(v, "object_ids[]", at, WP_ROLE_KEY);
    for (size_t at = 6; at < v->d.n; at += 2u + v->d.p[at + 1])
        say_object(v, at);
}

static void say_identification(const struct visitor *v)
{
    say_u8(v, "code", 1, WP_ROLE_KEY);
    if (v->frame->role == MODBUS_REQUEST) {
        say_u8(v, "object_id", 2, WP_ROLE_KEY);
        return;
    }
    say_u8(v, "conformity", 2, WP_ROLE_VALUE);
    say(v, "more_follows", wp_bool(v->d.p[3]), MODBUS_AT_DATA + 3, 1, WP_ROLE_FIELD);
    say_u8(v, "next_object_id", 4, WP_ROLE_FIELD);
    say_u8(v, "n_objects", 5, WP_ROLE_LENGTH);
    say_objects(v);
}

/* `data` is all behind the MEI type; where finer fields name it, it stands nowhere. */
static void say_transport(const struct visitor *v)
{
    say_u8(v, "mei", 0, WP_ROLE_KEY);
    if (v->d.p[0] != MODBUS_MEI_DEVICE_ID || v->frame->error) {
        say_data(v, 1);
        return;
    }
    say_identification(v);
    say_derived(v, "data", wp_bytes_value(wp_slice(v->d.p + 1, v->d.n - 1)));
}

/* ---- the whole -------------------------------------------------------------------------------------- */

static void say_body(const struct visitor *v)
{
    switch (v->frame->function) {
    case MODBUS_READ_COILS:
    case MODBUS_READ_DISCRETE_INPUTS: say_read_bits(v); break;
    case MODBUS_READ_HOLDING_REGISTERS:
    case MODBUS_READ_INPUT_REGISTERS: say_read_registers(v); break;
    case MODBUS_WRITE_COIL:
    case MODBUS_WRITE_REGISTER: say_write_one(v); break;
    case MODBUS_READ_EXCEPTION_STATUS:
        if (v->frame->role != MODBUS_REQUEST)
            say_u8(v, "status", 0, WP_ROLE_VALUE);
        break;
    case MODBUS_DIAGNOSTICS: say_diagnostics(v); break;
    case MODBUS_EVENT_COUNTER: say_event_counter(v); break;
    case MODBUS_EVENT_LOG: say_event_log(v); break;
    case MODBUS_WRITE_COILS:
    case MODBUS_WRITE_REGISTERS: say_write_many(v); break;
    case MODBUS_REPORT_SERVER_ID: say_counted(v); break;
    case MODBUS_READ_FILE: say_read_file(v); break;
    case MODBUS_WRITE_FILE: say_groups(v, true); break;
    case MODBUS_MASK_WRITE: say_mask_write(v); break;
    case MODBUS_READ_WRITE_REGISTERS: say_read_write(v); break;
    case MODBUS_READ_FIFO: say_fifo(v); break;
    case MODBUS_TRANSPORT: say_transport(v); break;
    default: say_data(v, 0); break;
    }
}

static void say_exception(const struct visitor *v)
{
    const char *text = modbus_exception_text(v->d.p[0]);

    say_u8(v, "exception", 0, WP_ROLE_VALUE);
    say_text(v, "exception_name", text ? text : "unassigned");
}

/* A PDU that does not fit its function: what the first bytes would have been is not said. */
static void say_misfit(const struct visitor *v, size_t said)
{
    if (v->frame->function == MODBUS_TRANSPORT && v->d.n)
        say_transport(v);
    else
        say_data(v, said);
    say_text(v, "error", modbus_error_text(v->frame->error));
}

static const char *role_text(unsigned role)
{
    return role == MODBUS_REQUEST ? "request" : role == MODBUS_RESPONSE ? "response" : "either";
}

static void say_head(const struct visitor *v)
{
    const struct modbus_frame *f = v->frame;
    uint8_t function = modbus_function(f);

    say_int(v, "tid", f->tid, 0, 2, WP_ROLE_KEY);
    say_int(v, "length", (int64_t)(MODBUS_LENGTH_MIN + f->data.n), 4, 2, WP_ROLE_LENGTH);
    say_int(v, "unit", f->unit, 6, 1, WP_ROLE_KEY);
    say_int(v, "fc", function, 7, 1, WP_ROLE_KEY);
    say_text(v, "function", modbus_function_text(function));
    say_text(v, "role", role_text(f->role));
}

void modbus_fields(const void *frame, wp_visit *visit, void *ctx)
{
    const struct modbus_frame *f = frame;
    struct visitor v = {f, f->data, visit, ctx};

    bool is_exception = modbus_is_exception(f) && f->data.n > 0;

    say_head(&v);
    if (is_exception)
        say_exception(&v);
    else if (!f->error)
        say_body(&v);
    if (f->error)
        say_misfit(&v, is_exception);
}
