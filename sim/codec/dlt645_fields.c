/* Every field of a DL/T 645 frame by name, in a fixed order; the row of the codec catalog.
 *
 * Where a byte of the data field is named by a finer field (di, password, value), that one says where it stands;
 * `data`, `payload` and what is derived from bits have length 0. The two 68 and the 16 are constants, no fields. */
#include "sim/codec/dlt645.h"
#include "sim/codec/dlt645_di.h"

enum { TEXT_MAX = 96, AT_ADDRESS = 1, AT_CONTROL = 8, AT_LENGTH = 9, AT_DATA = 10 };

struct visitor {
    const struct dlt645_frame *frame;
    wp_visit *visit;
    void *ctx;
};

static void say(const struct visitor *v, const char *path, struct wp_value value, const char *unit,
                size_t first, size_t len, enum wp_role role)
{
    struct wp_field field = {path, value, unit, len ? first : 0, len, role};

    v->visit(v->ctx, &field);
}

static void say_derived(const struct visitor *v, const char *path, struct wp_value value)
{
    say(v, path, value, "", 0, 0, WP_ROLE_FIELD);
}

static void say_text(const struct visitor *v, const char *path, const char *text)
{
    say_derived(v, path, wp_text_value(wp_text(text)));
}

/* A field of the data: `at` and `len` count from D0. */
static void say_data(const struct visitor *v, const char *path, struct wp_value value, size_t at, size_t len,
                     enum wp_role role)
{
    say(v, path, value, "", v->frame->wakeup + AT_DATA + at, len, role);
}

/* The data bytes themselves, as hexadecimal digits. */
static void say_bytes(const struct visitor *v, const char *path, size_t at, size_t len, enum wp_role role)
{
    say_data(v, path, wp_bytes_value(wp_slice(v->frame->data + at, len)), at, len, role);
}

/* n digits of a number, high byte first. */
static void say_number(const struct visitor *v, const char *path, uint32_t number, size_t n, size_t at,
                       enum wp_role role)
{
    uint8_t high_first[4];

    for (size_t i = 0; i < n; i++)
        high_first[i] = (uint8_t)(number >> (8 * (n - 1 - i)));
    say_data(v, path, wp_bytes_value(wp_slice(high_first, n)), at, n, role);
}

static void put_two(struct wp_writer *w, char before, unsigned n)
{
    if (before)
        wp_put_char(w, before);
    wp_put_char(w, (char)('0' + n / 10 % 10));
    wp_put_char(w, (char)('0' + n % 10));
}

enum time_parts { WITH_YEAR = 1, WITH_SECOND = 2 };

static void say_time(const struct visitor *v, const char *path, const struct dlt645_time *t, unsigned parts,
                     size_t at, size_t len)
{
    uint8_t memory[32];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    if (parts & WITH_YEAR) {
        wp_put_text(&w, "20");
        put_two(&w, 0, t->year);
        wp_put_char(&w, '-');
    }
    put_two(&w, 0, t->month);
    put_two(&w, '-', t->day);
    put_two(&w, ' ', t->hour);
    put_two(&w, ':', t->minute);
    if (parts & WITH_SECOND)
        put_two(&w, ':', t->second);
    say_data(v, path, wp_text_value(wp_written(&w)), at, len, WP_ROLE_VALUE);
}

/* ---- the link layer --------------------------------------------------------------------------------- */

static void say_head(const struct visitor *v)
{
    const struct dlt645_frame *f = v->frame;
    uint8_t memory[12];
    struct wp_writer address = wp_writer(memory, sizeof memory);

    dlt645_put_address(&address, f->address);
    say(v, "preamble", wp_int((int64_t)f->wakeup), "", 0, f->wakeup, WP_ROLE_FIELD);
    say(v, "address", wp_text_value(wp_written(&address)), "", f->wakeup + AT_ADDRESS, 6, WP_ROLE_ID);
    say(v, "control", wp_bytes_value(wp_slice(&f->control, 1)), "", f->wakeup + AT_CONTROL, 1, WP_ROLE_KEY);
    say_text(v, "direction", dlt645_is_from_meter(f) ? "meter-to-master" : "master-to-meter");
    say_text(v, "function", dlt645_function_text(f));
    say_derived(v, "abnormal", wp_bool(dlt645_is_abnormal(f)));
    say_derived(v, "followUp", wp_bool(dlt645_has_more(f)));
    say(v, "length", wp_int(f->n_data), "", f->wakeup + AT_LENGTH, 1, WP_ROLE_LENGTH);
    if (dlt645_is_1997(f))
        say_text(v, "standard", "DL/T 645-1997");
}

/* `data` stands on the wire only where no finer field does. */
static void say_tail(const struct visitor *v, bool opaque)
{
    const struct dlt645_frame *f = v->frame;

    if (opaque)
        say_bytes(v, "data", 0, f->n_data, WP_ROLE_VALUE);
    else
        say_derived(v, "data", wp_bytes_value(wp_slice(f->data, f->n_data)));
    say(v, "checksum", wp_bytes_value(wp_slice(&f->checksum, 1)), "", f->wakeup + AT_DATA + f->n_data, 1,
        WP_ROLE_CHECKSUM);
}

/* ---- register values -------------------------------------------------------------------------------- */

static const char *note_of(enum dlt645_quality quality)
{
    switch (quality) {
    case DLT645_FILL: return "all-FF fill = quantity not supported";
    case DLT645_INVALID: return "non-BCD digits";
    default: return NULL;
    }
}

static void say_mismatch(const struct visitor *v, const char *what, size_t standard, size_t got)
{
    uint8_t memory[TEXT_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    wp_put_text(&w, what);
    wp_put_uint(&w, standard);
    wp_put_text(&w, ", got ");
    wp_put_uint(&w, got);
    say_derived(v, "data_len_mismatch", wp_text_value(wp_written(&w)));
}

/* A text says itself; a number is said as value, and as text with all its places. */
static void say_good(const struct visitor *v, const struct dlt645_register *row, struct wp_value value,
                     size_t at, size_t len)
{
    uint8_t memory[TEXT_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    if (!wp_is_number(value)) {
        say_data(v, "text", value, at, len, WP_ROLE_VALUE);
        return;
    }
    say(v, "value", value, row->unit, v->frame->wakeup + AT_DATA + at, len, WP_ROLE_VALUE);
    wp_put_value(&w, value);
    say_derived(v, "text", wp_text_value(wp_written(&w)));
}

/* The payload of one register, from D(at). */
static void say_register(const struct visitor *v, const struct dlt645_register *row, struct wp_slice payload,
                         size_t at)
{
    uint8_t memory[TEXT_MAX];
    struct wp_writer text = wp_writer(memory, sizeof memory);
    bool is_number = row->form == DLT645_DECIMAL || row->form == DLT645_DEMAND;
    size_t len = row->form == DLT645_DEMAND ? 3 : payload.n;
    struct wp_value value;
    enum dlt645_quality quality = dlt645_value_decode(row, payload, &text, &value);

    if (is_number)
        say_text(v, "unit", row->unit);
    if (quality == DLT645_LENGTH) {
        say_bytes(v, "payload", at, payload.n, WP_ROLE_VALUE);
        say_mismatch(v, "standard length ", row->bytes, payload.n);
        return;
    }
    if (row->form == DLT645_OPAQUE) {
        say_bytes(v, "payload", at, payload.n, WP_ROLE_VALUE);
        return;
    }
    say_derived(v, "payload", wp_bytes_value(payload));
    if (quality == DLT645_GOOD) {
        say_good(v, row, value, at, len);
    } else {
        say_data(v, "value", wp_null(), at, len, WP_ROLE_VALUE);
        say_text(v, "note", note_of(quality));
    }
    if (row->form == DLT645_DEMAND) {
        dlt645_demand_time(payload, &text, &value);
        say_data(v, "time", value, at + 3, payload.n - 3, WP_ROLE_VALUE);
    }
}

/* One member of a block; its bytes, or 0 when what is left is too short for it. */
static size_t say_member(const struct visitor *v, const struct dlt645_register *row, struct wp_slice rest,
                         size_t at)
{
    uint8_t memory[TEXT_MAX];
    struct wp_writer text = wp_writer(memory, sizeof memory);
    size_t len = row->bytes ? row->bytes : rest.n;
    struct wp_value value;

    if (len == 0 || rest.n < len)
        return 0;
    dlt645_value_decode(row, wp_slice(rest.p, len), &text, &value);
    say_data(v, "values[]", value, at, len, WP_ROLE_VALUE);
    return len;
}

/* The payload of a block, member by member as far as it goes: a meter with one phase sends one. */
static void say_block(const struct visitor *v, uint32_t block, struct wp_slice payload, size_t at)
{
    uint32_t di = block;
    size_t used = 0;

    say_derived(v, "payload", wp_bytes_value(payload));
    while (used < payload.n && dlt645_di_next(block, &di)) {
        size_t len = say_member(v, dlt645_di_find(di), wp_slice_from(payload, used), at + used);

        if (len == 0)
            break;
        used += len;
    }
    if (used < payload.n) {
        say_bytes(v, "rest", at + used, payload.n - used, WP_ROLE_VALUE);
        say_mismatch(v, "block of whole members ends at ", used, payload.n);
    }
}

/* A freeze record holds the total and every tariff, all alike. */
static void say_tariffs(const struct visitor *v, const struct dlt645_register *row, struct wp_slice payload,
                        size_t at)
{
    size_t used = 0;

    say_derived(v, "payload", wp_bytes_value(payload));
    for (; payload.n - used >= row->bytes; used += row->bytes)
        say_member(v, row, wp_slice(payload.p + used, row->bytes), at + used);
    if (used < payload.n)
        say_bytes(v, "rest", at + used, payload.n - used, WP_ROLE_VALUE);
}

static void say_reading(const struct visitor *v, const struct dlt645_body *body)
{
    const struct dlt645_register *row = dlt645_di_find(body->di);
    size_t at = (size_t)(body->payload.p - v->frame->data);
    bool is_piece = dlt645_has_more(v->frame) || dlt645_function(v->frame) == DLT645_READ_FOLLOW;
    uint8_t memory[TEXT_MAX];
    struct wp_writer name = wp_writer(memory, sizeof memory);

    dlt645_di_put_name(&name, body->di);
    if (name.n)
        say_derived(v, "quantity", wp_text_value(wp_written(&name)));
    if (dlt645_di_is_block(body->di))
        say_block(v, body->di, body->payload, at);
    else if (!row || body->payload.n == 0 || (is_piece && body->payload.n != row->bytes))
        say_bytes(v, "payload", at, body->payload.n, WP_ROLE_VALUE);
    else if (row->family == DLT645_LAST_TARIFFS)
        say_tariffs(v, row, body->payload, at);
    else
        say_register(v, row, body->payload, at);
}

/* ---- the data field --------------------------------------------------------------------------------- */

static void say_password(const struct visitor *v, const char *level, const char *password, size_t at)
{
    say_bytes(v, level, at, 1, WP_ROLE_FIELD);
    say_bytes(v, password, at + 1, 3, WP_ROLE_ID);
}

/* What stands in front of the payload; the offset behind it. Level, password and operator follow the identifier,
 * except in the clearing of events, where they come first. */
static size_t say_access(const struct visitor *v, const struct dlt645_body *b, size_t at)
{
    if (b->has & DLT645_HAS_AUTH) {
        say_password(v, "passwordLevel", "password", at);
        at += 4;
    }
    if (b->has & DLT645_HAS_NEW_AUTH) {
        say_password(v, "newPasswordLevel", "newPassword", at);
        at += 4;
    }
    if (b->has & DLT645_HAS_OPERATOR) {
        say_bytes(v, "operator", at, 4, WP_ROLE_ID);
        at += 4;
    }
    return at;
}

static size_t say_identity(const struct visitor *v, const struct dlt645_body *b)
{
    size_t at = 0;

    if (dlt645_function(v->frame) == DLT645_CLEAR_EVENTS)
        at = say_access(v, b, 0);
    if (b->has & DLT645_HAS_DI) {
        say_number(v, "di", b->di, 4, at, WP_ROLE_KEY);
        at += 4;
    }
    if (b->has & DLT645_HAS_DI2) {
        say_number(v, "di2", b->di2, 2, at, WP_ROLE_KEY);
        at += 2;
    }
    if (dlt645_function(v->frame) != DLT645_CLEAR_EVENTS)
        at = say_access(v, b, at);
    return at;
}

static void say_relay(const struct visitor *v, const struct dlt645_body *b, size_t at)
{
    const char *action = dlt645_action_text(b->n1);

    say_bytes(v, "n1", at, 1, WP_ROLE_VALUE);
    if (action)
        say_text(v, "action", action);
    say_bytes(v, "n2", at + 1, 1, WP_ROLE_VALUE);
    say_time(v, "validUntil", &b->time, WITH_YEAR | WITH_SECOND, at + 2, 6);
}

static void say_times(const struct visitor *v, const struct dlt645_body *b, size_t at)
{
    if (b->has & DLT645_HAS_COUNT) {
        say_data(v, "count", wp_int(b->count), at, 1, WP_ROLE_VALUE);
        at++;
    }
    if (!(b->has & DLT645_HAS_TIME))
        return;
    switch (dlt645_function(v->frame)) {
    case DLT645_BROADCAST_TIME: say_time(v, "time", &b->time, WITH_YEAR | WITH_SECOND, at, 6); break;
    case DLT645_FREEZE: say_time(v, "when", &b->time, 0, at, 4); break;
    case DLT645_READ: say_time(v, "from", &b->time, WITH_YEAR, at, 5); break;
    default: break;
    }
}

static void say_baud(const struct visitor *v, const struct dlt645_body *b)
{
    unsigned baud = dlt645_baud(b->baud);

    say_bytes(v, "baudMask", 0, 1, WP_ROLE_VALUE);
    say_derived(v, "baud", baud ? wp_int(baud) : wp_null());
}

static void say_meter_address(const struct visitor *v, const struct dlt645_body *b)
{
    uint8_t memory[12];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    dlt645_put_address(&w, b->address);
    say_data(v, "meterAddress", wp_text_value(wp_written(&w)), 0, 6, WP_ROLE_ID);
}

static void say_output(const struct visitor *v, const struct dlt645_body *b)
{
    static const char *const text[] = {"time-pulse", "demand-period", "zone-switch"};

    say_bytes(v, "output", 0, 1, WP_ROLE_VALUE);
    if (b->output < sizeof text / sizeof text[0])
        say_text(v, "signal", text[b->output]);
}

/* The 1997 edition has its own first bits; NULL for a reserved one. */
static const char *error_text(const struct dlt645_frame *f, unsigned bit)
{
    static const char *const of_1997[] = {"illegal-data", "wrong-identifier", "password-or-unauthorised",
                                          NULL};

    return dlt645_is_1997(f) && bit < 4 ? of_1997[bit] : dlt645_error_text(bit);
}

static void say_errors(const struct visitor *v, const struct dlt645_body *b)
{
    say_bytes(v, "errorByte", 0, 1, WP_ROLE_VALUE);
    for (unsigned bit = 0; bit < 8; bit++)
        if (b->error >> bit & 1 && error_text(v->frame, bit))
            say_text(v, "errors[]", error_text(v->frame, bit));
}

static void say_body(const struct visitor *v, const struct dlt645_body *b)
{
    size_t at = say_identity(v, b);

    say_times(v, b, at);
    if (b->has & DLT645_HAS_RELAY)
        say_relay(v, b, at);
    if (b->has & DLT645_HAS_SEQ)
        say_data(v, "seq", wp_int(b->seq), v->frame->n_data - 1u, 1, WP_ROLE_FIELD);
    if (b->has & DLT645_HAS_BAUD)
        say_baud(v, b);
    if (b->has & DLT645_HAS_ADDRESS)
        say_meter_address(v, b);
    if (b->has & DLT645_HAS_OUTPUT)
        say_output(v, b);
    if (b->has & DLT645_HAS_ERROR)
        say_errors(v, b);
    if (b->has & DLT645_HAS_SECURITY)
        say_number(v, "securityError", b->security, 2, 0, WP_ROLE_VALUE);
    if (!(b->has & DLT645_HAS_PAYLOAD))
        return;
    if (b->has & DLT645_HAS_DI && dlt645_is_from_meter(v->frame))
        say_reading(v, b);
    else
        say_bytes(v, "payload", at, b->payload.n, WP_ROLE_VALUE);
}

static void dlt645_fields(const void *frame, wp_visit *visit, void *ctx)
{
    struct visitor v = {frame, visit, ctx};
    struct dlt645_body body;
    bool known = dlt645_body(v.frame, &body) && (body.has || v.frame->n_data == 0);

    say_head(&v);
    if (known)
        say_body(&v, &body);
    say_tail(&v, !known);
}

/* ---- the catalog row -------------------------------------------------------------------------------- */

static struct wp_decode decode(void *state, enum wp_side from, struct wp_slice in, void *frame)
{
    (void)state;
    (void)from;
    return dlt645_decode(in, frame);
}

/* Only a whole frame whose checksum verifies: IEC 60870-5-104 begins with 68 too. */
static enum wp_probe probe(struct wp_slice in)
{
    struct dlt645_frame frame;

    switch (dlt645_decode(in, &frame).status) {
    case WP_OK: return WP_PROBE_YES;
    case WP_MORE: return WP_PROBE_MORE;
    default: return WP_PROBE_NO;
    }
}

const struct wp_codec dlt645_codec = {
    .name = "dlt645",
    .print_version = 1,
    .frame_size = sizeof(struct dlt645_frame),
    .probe = probe,
    .decode = decode,
    .fields = dlt645_fields,
};
