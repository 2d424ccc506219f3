#include "sim/codec/dlt645.h"

#include <endian.h>

enum { START = 0x68, END = 0x16, OFFSET = 0x33 };

/* Where things stand, counted from the first 68. */
enum { AT_ADDRESS = 1, AT_SECOND = 7, AT_CONTROL = 8, AT_LENGTH = 9, AT_DATA = 10 };

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static uint64_t load8(const uint8_t *p)
{
    uint64_t x;

    memcpy(&x, p, sizeof x);
    return le64toh(x);
}

static void store8(uint8_t *p, uint64_t x)
{
    x = htole64(x);
    memcpy(p, &x, sizeof x);
}

/* Is one of the eight bytes 0? */
static bool has_zero(uint64_t x)
{
    return (x - EACH(0x01)) & ~x & EACH(0x80);
}

/* Offset of the first byte from `at` on that could start a frame, in.n when there is none. */
static size_t next_start(struct wp_slice in, size_t at)
{
    while (in.n - at >= 8) {
        uint64_t x = load8(in.p + at);

        if (has_zero(x ^ EACH(START)) || has_zero(x ^ EACH(DLT645_WAKEUP)))
            break;
        at += 8;
    }
    while (at < in.n && in.p[at] != START && in.p[at] != DLT645_WAKEUP)
        at++;
    return at;
}

/* 0x33 off eight bytes at once, no borrow between them: adding 0xCD to each. */
static uint64_t less_offset(uint64_t x)
{
    return ((x & EACH(0x7F)) + EACH(0x4D)) ^ ((x ^ EACH(0xCD)) & EACH(0x80));
}

/* Eight bytes as four 16-bit sums; 128 of these fit before a lane could overflow. */
static uint64_t pair_sums(uint64_t x)
{
    const uint64_t low = UINT64_C(0x00FF00FF00FF00FF);

    return (x & low) + ((x >> 8) & low);
}

static uint8_t fold(uint64_t lanes)
{
    return (uint8_t)((lanes * UINT64_C(0x0001000100010001)) >> 48);
}

/* The rest of n bytes, n < 8, as the low bytes of a word; the others are 0.
 * room  how many bytes may be read at p: one load when it is at least 8 */
static uint64_t load_rest(const uint8_t *p, size_t n, size_t room)
{
    uint64_t x = 0;

    if (room >= 8)
        return load8(p) & ((UINT64_C(1) << (8 * n)) - 1);
    for (size_t i = 0; i < n; i++)
        x |= (uint64_t)p[i] << (8 * i);
    return x;
}

static uint8_t sum_of(const uint8_t *p, size_t n, size_t room)
{
    uint64_t lanes = 0;
    size_t i = 0;

    for (; i + 8 <= n; i += 8)
        lanes += pair_sums(load8(p + i));
    return fold(lanes + pair_sums(load_rest(p + i, n - i, room - i)));
}

/* The data with the 0x33 taken off; always whole words, out has room for 256 bytes. */
static void take_data(uint8_t *out, const uint8_t *p, size_t n, size_t room)
{
    size_t i = 0;

    for (; i + 8 <= n; i += 8)
        store8(out + i, less_offset(load8(p + i)));
    if (i < n)
        store8(out + i, less_offset(load_rest(p + i, n - i, room - i)));
}

static uint64_t take_address(const uint8_t *p)
{
    uint64_t address = 0;

    for (int i = 5; i >= 0; i--)
        address = address << 8 | p[i];
    return address;
}

struct wp_decode dlt645_decode(struct wp_slice in, struct dlt645_frame *out)
{
    size_t wakeup = 0, have, whole;
    const uint8_t *p;
    uint8_t n_data, sum;

    while (wakeup < in.n && in.p[wakeup] == DLT645_WAKEUP)
        wakeup++;
    have = in.n - wakeup;
    if (have == 0)
        return wp_more(DLT645_OVERHEAD);
    p = in.p + wakeup;
    if (p[0] != START)
        return wp_bad(WP_FAULT_START, wakeup, next_start(in, wakeup + 1));
    if (have > AT_SECOND && p[AT_SECOND] != START)
        return wp_bad(WP_FAULT_SECOND_START, wakeup + AT_SECOND, next_start(in, wakeup + 1));
    if (have <= AT_LENGTH)
        return wp_more(DLT645_OVERHEAD - have);
    n_data = p[AT_LENGTH];
    whole = (size_t)DLT645_OVERHEAD + n_data;
    if (have < whole)
        return wp_more(whole - have);
    if (p[whole - 1] != END)
        return wp_bad(WP_FAULT_END, wakeup + whole - 1, next_start(in, wakeup + 1));
    sum = sum_of(p, AT_DATA + n_data, have);
    if (sum != p[whole - 2])
        return wp_bad(WP_FAULT_CHECKSUM, wakeup + whole - 2, next_start(in, wakeup + 1));
    out->wakeup = wakeup;
    out->address = take_address(p + AT_ADDRESS);
    out->control = p[AT_CONTROL];
    out->n_data = n_data;
    out->checksum = sum;
    take_data(out->data, p + AT_DATA, n_data, have - AT_DATA);
    return wp_ok(wakeup + whole);
}

void dlt645_encode(struct wp_writer *w, const struct dlt645_frame *frame)
{
    uint8_t wire[DLT645_FRAME_MAX];
    size_t whole = (size_t)DLT645_OVERHEAD + frame->n_data;
    uint8_t sum = 0;

    wire[0] = START;
    for (int i = 0; i < 6; i++)
        wire[AT_ADDRESS + i] = (uint8_t)(frame->address >> (8 * i));
    wire[AT_SECOND] = START;
    wire[AT_CONTROL] = frame->control;
    wire[AT_LENGTH] = frame->n_data;
    for (size_t i = 0; i < frame->n_data; i++)
        wire[AT_DATA + i] = (uint8_t)(frame->data[i] + OFFSET);
    for (size_t i = 0; i < whole - 2; i++)
        sum = (uint8_t)(sum + wire[i]);
    wire[whole - 2] = sum;
    wire[whole - 1] = END;
    for (size_t i = 0; i < frame->wakeup && !w->full; i++)
        wp_put_u8(w, DLT645_WAKEUP);
    wp_put_slice(w, wp_slice(wire, whole));
}

bool dlt645_repair(uint8_t *frame, size_t n)
{
    size_t wakeup = 0;

    while (wakeup < n && frame[wakeup] == DLT645_WAKEUP)
        wakeup++;
    frame += wakeup;
    n -= wakeup;
    if (n < DLT645_OVERHEAD || n != (size_t)DLT645_OVERHEAD + frame[AT_LENGTH])
        return false;
    frame[n - 2] = sum_of(frame, n - 2, n);
    frame[n - 1] = END;
    return true;
}

bool dlt645_is_1997(const struct dlt645_frame *f)
{
    switch (dlt645_function(f)) {
    case 0x01: /* read */
    case 0x02: /* read follow-up */
    case 0x04: /* write */
    case 0x0A: /* write address */
    case 0x0C: /* change baud */
    case 0x0F: /* change password */
    case 0x10: /* clear demand */ return true;
    default: return false;
    }
}

const char *dlt645_function_text(const struct dlt645_frame *f)
{
    switch (dlt645_function(f)) {
#define X(name, code, text)                                                                                  \
    case code: return text;
        DLT645_FUNCTIONS(X)
#undef X
    case 0x01: return "read";
    case 0x02: return "read-follow";
    case 0x04: return "write";
    case 0x0A: return "write-address";
    case 0x0C: return "change-baud";
    case 0x0F: return "change-password";
    case 0x10: return "clear-demand";
    default: return "reserved";
    }
}

const char *dlt645_action_text(uint8_t n1)
{
    switch (n1) {
#define X(name, code, text)                                                                                  \
    case code: return text;
        DLT645_ACTIONS(X)
#undef X
    default: return NULL;
    }
}

const char *dlt645_error_text(unsigned bit)
{
    static const char *const text[] = {
#define X(name, mask, words) words,
        DLT645_ERRORS(X)
#undef X
    };

    return bit < sizeof text / sizeof text[0] ? text[bit] : NULL;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

bool dlt645_address_read(struct wp_slice text, uint64_t *out)
{
    uint64_t address = 0;

    if (text.n == 0 || text.n > 12)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        int digit = hex_digit(text.p[i]);

        if (digit < 0)
            return false;
        address = address << 4 | (unsigned)digit;
    }
    *out = address;
    return true;
}

void dlt645_put_address(struct wp_writer *w, uint64_t address)
{
    uint8_t bytes[6];

    for (int i = 0; i < 6; i++)
        bytes[i] = (uint8_t)(address >> (40 - 8 * i));
    wp_put_hex(w, wp_slice(bytes, sizeof bytes));
}

bool dlt645_address_is_own(uint64_t address)
{
    if (address > UINT64_C(0x999999999999) || address == DLT645_ADDRESS_BROADCAST)
        return false;
    for (int i = 0; i < 12; i++)
        if ((address >> (4 * i) & 0xF) > 9)
            return false;
    return true;
}

bool dlt645_address_match(uint64_t to, uint64_t own)
{
    for (int i = 0; i < 6; i++) {
        uint8_t a = (uint8_t)(to >> (8 * i)), b = (uint8_t)(own >> (8 * i));

        if (a != 0xAA && a != b)
            return false;
    }
    return true;
}
