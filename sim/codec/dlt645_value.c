/* Values of registers: BCD, text and times, as bytes and as exact values. */
#include "sim/codec/dlt645_di.h"

enum { DEMAND_BYTES = 3, MINUTE_BYTES = 5, BCD_BYTES_MAX = 9, REGISTER_BYTES_MAX = 32 };

/* ---- BCD -------------------------------------------------------------------------------------------- */

static bool is_bcd(uint8_t b)
{
    return b <= 0x99 && (b & 0xF) <= 9;
}

static unsigned from_bcd(uint8_t b)
{
    return (b >> 4) * 10u + (b & 0xF);
}

static uint8_t to_bcd(unsigned n)
{
    return (uint8_t)((n / 10) << 4 | n % 10);
}

bool dlt645_bcd_read(struct wp_slice bytes, bool is_signed, int64_t *ret_num)
{
    int64_t num = 0;
    bool negative = is_signed && bytes.n && (bytes.p[bytes.n - 1] & 0x80);

    if (bytes.n > BCD_BYTES_MAX)
        return false;
    for (size_t i = bytes.n; i-- > 0;) {
        uint8_t b = bytes.p[i];

        if (is_signed && i == bytes.n - 1)
            b &= 0x7F;
        if (!is_bcd(b))
            return false;
        num = num * 100 + from_bcd(b);
    }
    *ret_num = negative ? -num : num;
    return true;
}

bool dlt645_bcd_write(struct wp_writer *w, int64_t num, unsigned n_bytes, bool is_signed)
{
    uint64_t rest = num < 0 ? 0 - (uint64_t)num : (uint64_t)num;
    uint8_t bytes[BCD_BYTES_MAX];

    if (n_bytes == 0 || n_bytes > BCD_BYTES_MAX || (num < 0 && !is_signed))
        return false;
    for (unsigned i = 0; i < n_bytes; i++) {
        bytes[i] = to_bcd((unsigned)(rest % 100));
        rest /= 100;
    }
    if (rest > 0 || (is_signed && bytes[n_bytes - 1] >= 0x80))
        return false;
    if (num < 0)
        bytes[n_bytes - 1] |= 0x80;
    wp_put_slice(w, wp_slice(bytes, n_bytes));
    return true;
}

/* ---- times ------------------------------------------------------------------------------------------ */

/* The parts of each form as they are printed, and where each one's byte stands on the wire:
 * Y year, M month, D day, w weekday, h hour, m minute, s second; the rest is punctuation. */
struct time_form {
    enum dlt645_form form;
    const char *text, *wire;
};

static const struct time_form time_forms[] = {
    {DLT645_DATE, "Y-M-D w", "wDMY"},
    {DLT645_CLOCK, "h:m:s", "smh"},
    {DLT645_DATE_TIME, "Y-M-D h:m:s w", "smhwDMY"},
    {DLT645_MINUTE, "Y-M-D h:m", "mhDMY"},
    {DLT645_SECOND, "Y-M-D h:m:s", "smhDMY"},
};

static const struct time_form *time_form(unsigned form)
{
    for (size_t i = 0; i < sizeof time_forms / sizeof time_forms[0]; i++)
        if (time_forms[i].form == form)
            return &time_forms[i];
    return NULL;
}

static bool part_in_range(char part, unsigned n)
{
    switch (part) {
    case 'M': return n >= 1 && n <= 12;
    case 'D': return n >= 1 && n <= 31;
    case 'w': return n <= 6;
    case 'h': return n <= 23;
    case 'm':
    case 's': return n <= 59;
    default: return n <= 99;
    }
}

static bool time_decode(const struct time_form *f, struct wp_slice bytes, struct wp_writer *text)
{
    for (const char *c = f->wire; *c; c++) {
        uint8_t b = bytes.p[c - f->wire];

        if (!is_bcd(b) || !part_in_range(*c, from_bcd(b)))
            return false;
    }
    for (const char *c = f->text; *c; c++) {
        const char *at = strchr(f->wire, *c);
        unsigned n;

        if (!at) {
            wp_put_char(text, *c);
            continue;
        }
        n = from_bcd(bytes.p[at - f->wire]);
        if (*c == 'Y')
            wp_put_text(text, "20");
        if (*c != 'w')
            wp_put_char(text, (char)('0' + n / 10));
        wp_put_char(text, (char)('0' + n % 10));
    }
    return true;
}

/* n decimal digits, which must be there. */
static bool get_number(struct wp_reader *r, unsigned n_digits, unsigned *out)
{
    unsigned n = 0;

    for (unsigned i = 0; i < n_digits; i++) {
        uint8_t c = wp_get_u8(r);

        if (c < '0' || c > '9')
            return false;
        n = n * 10 + (c - '0');
    }
    *out = n;
    return true;
}

static bool time_encode(const struct time_form *f, struct wp_slice text, uint8_t *out)
{
    struct wp_reader r = wp_reader(text);

    for (const char *c = f->text; *c; c++) {
        const char *at = strchr(f->wire, *c);
        unsigned n;

        if (!at) {
            if (wp_get_u8(&r) != (uint8_t)*c)
                return false;
            continue;
        }
        if (!get_number(&r, *c == 'Y' ? 4 : *c == 'w' ? 1 : 2, &n))
            return false;
        if (*c == 'Y' && (n < 2000 || n > 2099))
            return false;
        n %= 100;
        if (!part_in_range(*c, n))
            return false;
        out[at - f->wire] = to_bcd(n);
    }
    return wp_left(&r) == 0;
}

/* ---- text ------------------------------------------------------------------------------------------- */

/* The last character comes first; 00 pads either end. */
static bool ascii_decode(struct wp_slice bytes, struct wp_writer *text)
{
    while (bytes.n && bytes.p[bytes.n - 1] == 0)
        bytes.n--;
    while (bytes.n && bytes.p[0] == 0)
        bytes = wp_slice_from(bytes, 1);
    for (size_t i = bytes.n; i-- > 0;) {
        if (bytes.p[i] < 0x20 || bytes.p[i] > 0x7E)
            return false;
        wp_put_char(text, (char)bytes.p[i]);
    }
    return true;
}

static bool ascii_encode(struct wp_slice text, uint8_t *out, size_t n)
{
    if (text.n > n)
        return false;
    memset(out, 0, n - text.n);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < 0x20 || text.p[i] > 0x7E)
            return false;
        out[n - 1 - i] = text.p[i];
    }
    return true;
}

/* Two digits a byte, high byte first. */
static bool digits_decode(struct wp_slice bytes, bool hexadecimal, struct wp_writer *text)
{
    for (size_t i = 0; i < bytes.n; i++)
        if (!hexadecimal && !is_bcd(bytes.p[i]))
            return false;
    for (size_t i = bytes.n; i-- > 0;)
        wp_put_hex(text, wp_slice(&bytes.p[i], 1));
    return true;
}

static bool digits_encode(struct wp_slice text, bool hexadecimal, uint8_t *out, size_t n)
{
    uint8_t bytes[REGISTER_BYTES_MAX];
    size_t got;

    if (text.n != 2 * n || !wp_hex_read(text, bytes, sizeof bytes, &got) || got != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!hexadecimal && !is_bcd(bytes[i]))
            return false;
        out[n - 1 - i] = bytes[i];
    }
    return true;
}

/* ---- registers -------------------------------------------------------------------------------------- */

static bool all_are(struct wp_slice bytes, uint8_t b)
{
    for (size_t i = 0; i < bytes.n; i++)
        if (bytes.p[i] != b)
            return false;
    return true;
}

/* FF is a value of its own in words of bits and in records. */
static bool has_fill(unsigned form)
{
    return form != DLT645_BITS && form != DLT645_OPAQUE;
}

static bool decimal_decode(const struct dlt645_register *row, struct wp_slice bytes, struct wp_value *out)
{
    int64_t num;

    if (!dlt645_bcd_read(bytes, row->is_signed, &num))
        return false;
    *out = wp_decimal(num, -(int)row->decimals);
    return true;
}

static bool form_decode(const struct dlt645_register *row, struct wp_slice bytes, struct wp_writer *text,
                        struct wp_value *out)
{
    size_t before = text->n;
    bool ok;

    switch ((enum dlt645_form)row->form) {
    case DLT645_DECIMAL: return decimal_decode(row, bytes, out);
    case DLT645_DEMAND: return decimal_decode(row, wp_slice(bytes.p, DEMAND_BYTES), out);
    case DLT645_OPAQUE: *out = wp_bytes_value(bytes); return true;
    case DLT645_DIGITS:
    case DLT645_BITS: ok = digits_decode(bytes, row->form == DLT645_BITS, text); break;
    case DLT645_ASCII: ok = ascii_decode(bytes, text); break;
    default: ok = time_decode(time_form(row->form), bytes, text); break;
    }
    if (ok && !text->full)
        *out = wp_text_value(wp_slice(text->p + before, text->n - before));
    return ok && !text->full;
}

enum dlt645_quality dlt645_value_decode(const struct dlt645_register *row, struct wp_slice bytes,
                                        struct wp_writer *text, struct wp_value *out)
{
    *out = wp_null();
    if (row->bytes && bytes.n != row->bytes)
        return DLT645_LENGTH;
    if (has_fill(row->form) && all_are(bytes, 0xFF))
        return DLT645_FILL;
    return form_decode(row, bytes, text, out) ? DLT645_GOOD : DLT645_INVALID;
}

enum dlt645_quality dlt645_demand_time(struct wp_slice bytes, struct wp_writer *text, struct wp_value *out)
{
    struct wp_slice minute = wp_slice_from(bytes, DEMAND_BYTES);
    size_t before = text->n;

    *out = wp_null();
    if (minute.n != MINUTE_BYTES)
        return DLT645_LENGTH;
    if (all_are(minute, 0xFF) || all_are(minute, 0))
        return DLT645_FILL;
    if (!time_decode(time_form(DLT645_MINUTE), minute, text) || text->full)
        return DLT645_INVALID;
    *out = wp_text_value(wp_slice(text->p + before, text->n - before));
    return DLT645_GOOD;
}

static bool decimal_encode(const struct dlt645_register *row, struct wp_value value, struct wp_writer *w)
{
    int64_t num;
    unsigned n_bytes = row->form == DLT645_DEMAND ? DEMAND_BYTES : row->bytes;

    return wp_decimal_at(value, row->decimals, &num) && dlt645_bcd_write(w, num, n_bytes, row->is_signed);
}

static bool text_encode(const struct dlt645_register *row, struct wp_slice text, uint8_t *out)
{
    switch ((enum dlt645_form)row->form) {
    case DLT645_DIGITS:
    case DLT645_BITS: return digits_encode(text, row->form == DLT645_BITS, out, row->bytes);
    case DLT645_ASCII: return ascii_encode(text, out, row->bytes);
    default: return time_encode(time_form(row->form), text, out);
    }
}

bool dlt645_value_encode(const struct dlt645_register *row, struct wp_value value, struct wp_writer *w)
{
    static const uint8_t never[MINUTE_BYTES];
    uint8_t bytes[REGISTER_BYTES_MAX];

    if (row->form == DLT645_OPAQUE) {
        if (value.kind != WP_BYTES || (row->bytes && value.bytes.n != row->bytes))
            return false;
        wp_put_slice(w, value.bytes);
        return true;
    }
    if (value.kind == WP_NULL) {
        if (!has_fill(row->form))
            return false;
        memset(bytes, 0xFF, row->bytes);
        wp_put_slice(w, wp_slice(bytes, row->bytes));
        return true;
    }
    if (row->form == DLT645_DECIMAL)
        return decimal_encode(row, value, w);
    if (row->form == DLT645_DEMAND) {
        if (!decimal_encode(row, value, w))
            return false;
        wp_put_slice(w, wp_slice(never, sizeof never));
        return true;
    }
    if (value.kind != WP_TEXT || !text_encode(row, value.bytes, bytes))
        return false;
    wp_put_slice(w, wp_slice(bytes, row->bytes));
    return true;
}
