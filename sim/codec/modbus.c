#include "sim/codec/modbus.h"

#include <assert.h>

enum { AT_PROTOCOL = 2, AT_LENGTH = 4, AT_UNIT = 6, AT_FUNCTION = 7 };

static uint16_t u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

/* ---- where a header could stand --------------------------------------------------------------------- */

static bool is_length(unsigned length)
{
    return length >= MODBUS_LENGTH_MIN && length <= MODBUS_LENGTH_MAX;
}

/* Could the bytes at p, as far as there are any, begin an ADU? Three zeros stand in every header. */
static bool is_header(const uint8_t *p, size_t n)
{
    for (size_t i = AT_PROTOCOL; i < AT_LENGTH + 1 && i < n; i++)
        if (p[i] != 0)
            return false;
    return n < MODBUS_HEADER || is_length(p[AT_LENGTH + 1]);
}

/* Offset of the next such place behind the first byte, in.n when there is none. A byte that is not 0 rules out all
 * places at which a zero would have to stand there. */
static size_t next_start(struct wp_slice in)
{
    size_t at = 1;

    while (at < in.n) {
        const uint8_t *p = in.p + at;

        if (in.n - at > AT_LENGTH && p[AT_LENGTH] != 0)
            at += AT_LENGTH - AT_PROTOCOL + 1;
        else if (is_header(p, in.n - at))
            return at;
        else
            at++;
    }
    return in.n;
}

static struct wp_decode bad_header(struct wp_slice in)
{
    if (in.p[AT_PROTOCOL] || (in.n > AT_PROTOCOL + 1 && in.p[AT_PROTOCOL + 1]))
        return wp_bad(WP_FAULT_START, AT_PROTOCOL, next_start(in));
    return wp_bad(WP_FAULT_LENGTH, AT_LENGTH, next_start(in));
}

/* ---- decoding --------------------------------------------------------------------------------------- */

static unsigned role_by_direction(const struct modbus_state *state, enum wp_side from)
{
    unsigned seen = state ? state->seen[from] : 0;

    if (seen == MODBUS_REQUEST || seen == MODBUS_RESPONSE)
        return seen;
    if (from == WP_SIDE_CLIENT)
        return MODBUS_REQUEST;
    return from == WP_SIDE_SERVER ? MODBUS_RESPONSE : MODBUS_EITHER;
}

/* Without any other hint: see the opening comment of the header. */
static unsigned role_by_rule(uint8_t function)
{
    return function == MODBUS_READ_COILS || function == MODBUS_READ_DISCRETE_INPUTS ? MODBUS_REQUEST
                                                                                    : MODBUS_EITHER;
}

/* An answer that is told from a request by its length alone: what asks may as well have bytes too many. */
static bool is_weak(uint8_t function)
{
    return function == MODBUS_READ_EXCEPTION_STATUS || function == MODBUS_EVENT_COUNTER;
}

/* The role that the bytes alone tell; MODBUS_EITHER when they do not. */
static unsigned role_by_shape(const struct modbus_frame *f, unsigned fits, unsigned direction)
{
    if (modbus_is_exception(f))
        return MODBUS_RESPONSE;
    if (fits == MODBUS_RESPONSE && direction == MODBUS_REQUEST && is_weak(f->function))
        return MODBUS_EITHER;
    return fits ? fits : MODBUS_EITHER;
}

static void tell_role(struct modbus_state *state, enum wp_side from, struct modbus_frame *f)
{
    unsigned fits = modbus_shape(f->function, f->data), direction = role_by_direction(state, from);
    unsigned role = role_by_shape(f, fits, direction);

    if (role != MODBUS_EITHER && state)
        state->seen[from] |= (uint8_t)role;
    if (role == MODBUS_EITHER)
        role = direction;
    if (role == MODBUS_EITHER && fits)
        role = role_by_rule(f->function);
    f->role = (uint8_t)role;
    f->error = fits & role ? MODBUS_ERROR_NONE : (uint8_t)modbus_misfit(f->function, role, f->data);
}

struct wp_decode modbus_decode(struct modbus_state *state, enum wp_side from, struct wp_slice in,
                               struct modbus_frame *out)
{
    const uint8_t *p = in.p;
    size_t whole;

    if (in.n < MODBUS_HEADER || p[AT_PROTOCOL] | p[AT_PROTOCOL + 1] | p[AT_LENGTH] ||
        !is_length(p[AT_LENGTH + 1])) {
        if (!is_header(p, in.n))
            return bad_header(in);
        return wp_more(MODBUS_HEADER + MODBUS_LENGTH_MIN - in.n);
    }
    whole = MODBUS_HEADER + (size_t)p[AT_LENGTH + 1];
    if (in.n < whole)
        return wp_more(whole - in.n);
    out->tid = u16(p);
    out->unit = p[AT_UNIT];
    out->function = p[AT_FUNCTION];
    out->data = wp_slice(p + MODBUS_AT_DATA, whole - MODBUS_AT_DATA);
    tell_role(state, from, out);
    return wp_ok(whole);
}

void modbus_encode(struct wp_writer *w, const struct modbus_frame *frame)
{
    assert(frame->data.n <= MODBUS_DATA_MAX);
    wp_put_u16be(w, frame->tid);
    wp_put_u16be(w, 0);
    wp_put_u16be(w, (uint16_t)(MODBUS_LENGTH_MIN + frame->data.n));
    wp_put_u8(w, frame->unit);
    wp_put_u8(w, frame->function);
    wp_put_slice(w, frame->data);
}

/* ---- names ------------------------------------------------------------------------------------------ */

bool modbus_function_is_known(uint8_t function)
{
    switch (function) {
#define X(name, code, text) case code:
        MODBUS_FUNCTIONS(X)
#undef X
        return true;
    default: return false;
    }
}

const char *modbus_function_text(uint8_t function)
{
    switch (function) {
#define X(name, code, text)                                                                                  \
    case code: return text;
        MODBUS_FUNCTIONS(X)
#undef X
    case 9:
    case 10:
    case 13:
    case 14:
    case 18:
    case 19:
    case 90:
    case 91:
    case 125:
    case 126:
    case 127: return "reserved";
    default: break;
    }
    if (function == 0)
        return "invalid";
    return (function >= 65 && function <= 72) || (function >= 100 && function <= 110) ? "user-defined"
                                                                                      : "unassigned";
}

const char *modbus_exception_text(uint8_t exception)
{
    switch (exception) {
#define X(name, code, text)                                                                                  \
    case code: return text;
        MODBUS_EXCEPTIONS(X)
#undef X
    default: return NULL;
    }
}

const char *modbus_error_text(enum modbus_error error)
{
    static const char *const word[] = {
#define X(name, text) text,
        MODBUS_ERRORS(X)
#undef X
    };

    assert(error < sizeof word / sizeof word[0]);
    return word[error];
}

/* ---- the catalog row -------------------------------------------------------------------------------- */

/* By transaction id, unit and function. */
static struct wp_turn turn(const void *frame)
{
    const struct modbus_frame *f = frame;
    uint8_t function = modbus_function(f);
    struct wp_turn out = {.kind = WP_TURN_ALONE, .who = f->unit, .what = (uint64_t)f->tid << 8 | function};

    if (f->role == MODBUS_REQUEST)
        out.kind = WP_TURN_ASKS;
    else if (f->role == MODBUS_RESPONSE)
        out.kind = WP_TURN_ANSWERS;
    return out;
}

static bool answers(const struct wp_turn *answer, const struct wp_turn *question)
{
    return answer->who == question->who && answer->what == question->what;
}

static bool is_sure_exception(const struct modbus_frame *f)
{
    uint8_t code = f->data.p[0];

    return code == MODBUS_IS_ILLEGAL_FUNCTION ||
           (modbus_exception_text(code) && modbus_function_is_known(modbus_function(f)));
}

/* Function and PDU agree, and say enough: a quantity that is allowed, a value, a count that counts something. */
static bool is_sure(const struct modbus_frame *f)
{
    const uint8_t *p = f->data.p;

    if (f->error != MODBUS_ERROR_NONE || f->data.n == 0)
        return false;
    if (modbus_is_exception(f))
        return is_sure_exception(f);
    switch (f->function) {
    case MODBUS_READ_COILS:
    case MODBUS_READ_DISCRETE_INPUTS:
    case MODBUS_READ_HOLDING_REGISTERS:
    case MODBUS_READ_INPUT_REGISTERS:
        if (f->role == MODBUS_RESPONSE)
            return p[0] > 0;
        return modbus_quantity_is_good(f->function, u16(p + 2)) && u16(p) + u16(p + 2) <= 1 << 16;
    case MODBUS_WRITE_COIL: return u16(p + 2) == 0 || u16(p + 2) == 0xFF00;
    case MODBUS_WRITE_COILS:
    case MODBUS_WRITE_REGISTERS: return modbus_quantity_is_good(f->function, u16(p + 2));
    case MODBUS_DIAGNOSTICS: return f->data.n == 4 && u16(p) <= 20;
    case MODBUS_READ_EXCEPTION_STATUS:
    case MODBUS_REPORT_SERVER_ID:
    case MODBUS_READ_FIFO: return f->data.n > 2;
    case MODBUS_TRANSPORT: return p[0] == MODBUS_MEI_DEVICE_ID;
    default: return modbus_function_is_known(f->function);
    }
}

/* One byte too many in an exception or in a request for the device identification.
 * seen: in every one of a test tool and its device, bro/modbus/modbus.pcap, frames 32, 34 and 91 to 99 */
static bool is_padded(const struct modbus_frame *f)
{
    const uint8_t *p = f->data.p;

    if (modbus_is_exception(f))
        return f->data.n == 2 && modbus_exception_text(p[0]) && modbus_function_is_known(modbus_function(f));
    return f->function == MODBUS_TRANSPORT && f->data.n == 4 && p[0] == MODBUS_MEI_DEVICE_ID && p[1] >= 1 &&
           p[1] <= 4;
}

/* Without an error that a device has by habit. */
static bool is_good(const struct modbus_frame *f)
{
    return f->error == MODBUS_ERROR_NONE || is_padded(f);
}

/* A whole ADU whose function and PDU agree. One that says little may be; of an unknown function, with what follows.
 * Where it is the last so far the other direction may tell, and must where its PDU is wrong: three zeros and a small
 * number stand in many protocols (DICOM begins with 01 00 00 00 00 CD 00 01). */
static enum wp_probe probe(struct wp_slice in)
{
    struct modbus_frame f;
    struct wp_decode d;
    uint8_t function;

    if (!is_header(in.p, in.n))
        return WP_PROBE_NO;
    d = modbus_decode(NULL, WP_SIDE_UNKNOWN, in, &f);
    if (d.status != WP_OK)
        return WP_PROBE_MORE;
    function = modbus_function(&f);
    if (is_sure(&f))
        return WP_PROBE_YES;
    if (is_good(&f) && modbus_function_is_known(function))
        return WP_PROBE_MAYBE;
    if (in.n == d.used)
        return WP_PROBE_MORE;
    return is_good(&f) && function != 0 ? WP_PROBE_MAYBE : WP_PROBE_NO;
}

static struct wp_decode decode(void *state, enum wp_side from, struct wp_slice in, void *frame)
{
    return modbus_decode(state, from, in, frame);
}

const struct wp_codec modbus_codec = {
    .name = "modbus",
    .print_version = 1,
    .frame_size = sizeof(struct modbus_frame),
    .state_size = sizeof(struct modbus_state),
    .probe = probe,
    .decode = decode,
    .fields = modbus_fields,
    .turn = turn,
    .answers = answers,
    .asker = "client",
    .answerer = "server",
};
