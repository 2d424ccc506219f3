/* Every field of a DL/T 645 frame by name, in a fixed order; the row of the codec catalog.
 *
 * Where a byte of the data field is named by a finer field (di, password, value), that one says where it stands;
 * `data`, `payload` and what is derived from bits have length 0. The two 68 and the 16 are constants, no fields. */
#include "sim/codec/dlt645_say.h"

enum { AT_ADDRESS = 1, AT_CONTROL = 8, AT_LENGTH = 9 };

static void put_two(struct wp_writer *w, char before, unsigned n)
{
    if (before)
        wp_put_char(w, before);
    wp_put_char(w, (char)('0' + n / 10 % 10));
    wp_put_char(w, (char)('0' + n % 10));
}

enum time_parts { WITH_YEAR = 1, WITH_SECOND = 2 };

static void say_time(const struct dlt645_visitor *v, const char *path, const struct dlt645_time *t,
                     unsigned parts, size_t at, size_t len)
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

static void say_head(const struct dlt645_visitor *v)
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
static void say_tail(const struct dlt645_visitor *v, bool opaque)
{
    const struct dlt645_frame *f = v->frame;

    if (opaque)
        say_bytes(v, "data", 0, f->n_data, WP_ROLE_VALUE);
    else
        say_derived(v, "data", wp_bytes_value(wp_slice(f->data, f->n_data)));
    say(v, "checksum", wp_bytes_value(wp_slice(&f->checksum, 1)), "", f->wakeup + DLT645_AT_DATA + f->n_data,
        1, WP_ROLE_CHECKSUM);
}

/* ---- the data field --------------------------------------------------------------------------------- */

static void say_password(const struct dlt645_visitor *v, const char *level, const char *password, size_t at)
{
    say_bytes(v, level, at, 1, WP_ROLE_FIELD);
    say_bytes(v, password, at + 1, 3, WP_ROLE_ID);
}

/* What stands in front of the payload; the offset behind it. Level, password and operator follow the identifier,
 * except in the clearing of events, where they come first. */
static size_t say_access(const struct dlt645_visitor *v, const struct dlt645_body *b, size_t at)
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

static size_t say_identity(const struct dlt645_visitor *v, const struct dlt645_body *b)
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

static void say_relay(const struct dlt645_visitor *v, const struct dlt645_body *b, size_t at)
{
    const char *action = dlt645_action_text(b->n1);

    say_bytes(v, "n1", at, 1, WP_ROLE_VALUE);
    if (action)
        say_text(v, "action", action);
    say_bytes(v, "n2", at + 1, 1, WP_ROLE_VALUE);
    say_time(v, "validUntil", &b->time, WITH_YEAR | WITH_SECOND, at + 2, 6);
}

static void say_times(const struct dlt645_visitor *v, const struct dlt645_body *b, size_t at)
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

static void say_baud(const struct dlt645_visitor *v, const struct dlt645_body *b)
{
    unsigned baud = dlt645_baud(b->baud);

    say_bytes(v, "baudMask", 0, 1, WP_ROLE_VALUE);
    say_derived(v, "baud", baud ? wp_int(baud) : wp_null());
}

static void say_meter_address(const struct dlt645_visitor *v, const struct dlt645_body *b)
{
    uint8_t memory[12];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    dlt645_put_address(&w, b->address);
    say_data(v, "meterAddress", wp_text_value(wp_written(&w)), 0, 6, WP_ROLE_ID);
}

static void say_output(const struct dlt645_visitor *v, const struct dlt645_body *b)
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

static void say_errors(const struct dlt645_visitor *v, const struct dlt645_body *b)
{
    say_bytes(v, "errorByte", 0, 1, WP_ROLE_VALUE);
    for (unsigned bit = 0; bit < 8; bit++)
        if (b->error >> bit & 1 && error_text(v->frame, bit))
            say_text(v, "errors[]", error_text(v->frame, bit));
}

static void say_body(const struct dlt645_visitor *v, const struct dlt645_body *b)
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
        dlt645_say_reading(v, b);
    else
        say_bytes(v, "payload", at, b->payload.n, WP_ROLE_VALUE);
}

static void dlt645_fields(const void *frame, wp_visit *visit, void *ctx)
{
    struct dlt645_visitor v = {frame, visit, ctx};
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
    .family = "meter",
    .turn = dlt645_turn,
    .answers = dlt645_answers,
    .asker = "gateway",
    .answerer = "meter",
    .repair = dlt645_repair,
};
