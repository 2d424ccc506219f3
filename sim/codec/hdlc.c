#include "sim/codec/hdlc.h"

#include "sim/codec/crc16.h"

enum { FORMAT = 2, CHECK = 2 }; /* bytes of the format field, of HCS and FCS */

static uint16_t load_u16le(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static bool is_format(uint8_t first)
{
    return (first & 0xF0) == 0xA0;
}

static size_t length_of(const uint8_t *format)
{
    return (size_t)(format[0] & 7) << 8 | format[1];
}

/* Offset of the first flag from `at` on behind which a frame may begin, in.n when there is none. */
static size_t next_start(struct wp_slice in, size_t at)
{
    while (at < in.n) {
        const uint8_t *p = memchr(in.p + at, HDLC_FLAG, in.n - at);

        if (!p)
            return in.n;
        at = (size_t)(p - in.p);
        if (at + 1 == in.n || in.p[at + 1] == HDLC_FLAG || is_format(in.p[at + 1]))
            return at;
        at++;
    }
    return in.n;
}

/* ---- control ---------------------------------------------------------------------------------------- */

bool hdlc_control_type(uint8_t control, enum hdlc_type *out)
{
    uint8_t type = control & 1 ? control & 0xEF : 0;

    if ((type & 3) == 1)
        type &= 0x0F; /* RR and RNR have N(R) in the upper three bits */
    switch (type) {
#define X(name, code, text) case HDLC_##name:
        HDLC_TYPES(X)
#undef X
        *out = (enum hdlc_type)type;
        return true;
    default: return false;
    }
}

uint8_t hdlc_control(enum hdlc_type type, unsigned ns, unsigned nr, bool poll_final)
{
    unsigned control = (unsigned)type | (poll_final ? 0x10U : 0);

    if (type == HDLC_I)
        control |= (ns & 7) << 1;
    if (type == HDLC_I || type == HDLC_RR || type == HDLC_RNR)
        control |= (nr & 7) << 5;
    return (uint8_t)control;
}

const char *hdlc_type_text(enum hdlc_type type)
{
    switch (type) {
#define X(name, code, text)                                                                                  \
    case HDLC_##name: return text;
        HDLC_TYPES(X)
#undef X
    }
    return NULL;
}

bool hdlc_address_eq(const struct hdlc_address *a, const struct hdlc_address *b)
{
    return a->upper == b->upper && a->lower == b->lower && a->n == b->n;
}

/* ---- what stands between the flags ------------------------------------------------------------------ */

/* false: it does not end after 1, 2 or 4 bytes, or within the n bytes at p. */
static bool read_address(const uint8_t *p, size_t n, struct hdlc_address *out)
{
    size_t len = 0;

    while (len < n && len < 4 && !(p[len] & 1))
        len++;
    if (len == n || len >= 4 || len == 2)
        return false;
    *out = (struct hdlc_address){.upper = p[0] >> 1, .n = (uint8_t)(len + 1)};
    if (len == 1)
        out->lower = p[1] >> 1;
    if (len == 3) {
        out->upper = (uint16_t)((p[0] >> 1) << 7 | p[1] >> 1);
        out->lower = (uint16_t)((p[2] >> 1) << 7 | p[3] >> 1);
    }
    return true;
}

/* Addresses and control. `n` is what stands before the FCS; *ret_n the bytes up to and with control, or in case of a
 * fault those before it. */
static enum wp_fault read_head(const uint8_t *p, size_t n, struct hdlc_frame *out, size_t *ret_n)
{
    size_t at = FORMAT;

    *ret_n = at;
    if (!read_address(p + at, n - at, &out->destination))
        return WP_FAULT_HDLC_ADDRESS;
    at += out->destination.n;
    *ret_n = at;
    if (!read_address(p + at, n - at, &out->source))
        return WP_FAULT_HDLC_ADDRESS;
    at += out->source.n;
    *ret_n = at;
    if (at == n)
        return WP_FAULT_HDLC_LENGTH;
    out->control = p[at];
    if (!hdlc_control_type(p[at], &out->type))
        return WP_FAULT_HDLC_CONTROL;
    at++;
    if (n > at && n <= at + CHECK)
        return WP_FAULT_HDLC_LENGTH; /* neither HCS and information, nor nothing */
    *ret_n = at;
    return WP_FAULT_NONE;
}

/* The `length` bytes between the flags. A wrong FCS is told before all else that is wrong: it explains it.
 * *ret_at: where the fault is. */
static enum wp_fault read_content(const uint8_t *p, size_t length, struct hdlc_frame *out, size_t *ret_at)
{
    size_t n = length - CHECK, head;
    enum wp_fault fault;
    uint16_t crc, hcs, fcs;

    out->length = (uint16_t)length;
    out->more = p[0] & 8;
    out->fcs = load_u16le(p + n);
    fault = read_head(p, n, out, &head);
    crc = crc16_x25_add(CRC16_X25_START, wp_slice(p, head));
    hcs = (uint16_t)~crc;
    crc = crc16_x25_add(crc, wp_slice(p + head, n - head));
    fcs = (uint16_t)~crc;
    if (out->fcs != fcs) {
        *ret_at = n;
        return WP_FAULT_FCS;
    }
    *ret_at = head;
    if (fault != WP_FAULT_NONE || head == n)
        return fault;
    out->hcs = load_u16le(p + head);
    out->info = wp_slice(p + head + CHECK, n - head - CHECK);
    return out->hcs == hcs ? WP_FAULT_NONE : WP_FAULT_HCS;
}

/* ---- decoding --------------------------------------------------------------------------------------- */

/* The same with the stuffing taken out, up to the next flag. MORE: that has not come yet. */
static struct wp_decode decode_stuffed(uint8_t *room, struct wp_slice in, struct hdlc_frame *out)
{
    size_t max = in.n < HDLC_STUFFED_MAX ? in.n : HDLC_STUFFED_MAX, n = 0, at;
    const uint8_t *end = memchr(in.p, HDLC_FLAG, max);
    const uint8_t *stop = end ? end : in.p + max;

    if (!end && in.n < HDLC_STUFFED_MAX)
        return wp_more(1);
    for (const uint8_t *p = in.p; p < stop && n < HDLC_LENGTH_MAX; p++) {
        bool is_escaped = *p == HDLC_ESCAPE && p + 1 < stop;

        p += is_escaped;
        room[n++] = is_escaped ? *p ^ 0x20 : *p;
    }
    if (!end || n < HDLC_LENGTH_MIN || length_of(room) != n ||
        read_content(room, n, out, &at) != WP_FAULT_NONE)
        return wp_bad(WP_FAULT_FCS, 0, 1);
    out->is_stuffed = true;
    return wp_ok((size_t)(end - in.p) + 1);
}

/* From the format field on. */
static struct wp_decode decode_plain(struct wp_slice in, struct hdlc_frame *out)
{
    size_t length, at;
    enum wp_fault fault;

    if (!is_format(in.p[0]))
        return wp_bad(WP_FAULT_HDLC_FORMAT, 0, 1);
    if (in.n < FORMAT)
        return wp_more(HDLC_LENGTH_MIN + 1 - in.n);
    length = length_of(in.p);
    if (length < HDLC_LENGTH_MIN)
        return wp_bad(WP_FAULT_HDLC_LENGTH, 0, 1);
    if (in.n < length + 1)
        return wp_more(length + 1 - in.n);
    if (in.p[length] != HDLC_FLAG)
        return wp_bad(WP_FAULT_HDLC_FLAG, length, 1);
    fault = read_content(in.p, length, out, &at);
    return fault == WP_FAULT_NONE ? wp_ok(length + 1) : wp_bad(fault, at, 1);
}

/* Can the plain reading have failed because the frame is stuffed? */
static bool may_be_stuffed(const struct hdlc_line *line, struct wp_slice in, const struct wp_decode *plain)
{
    size_t length;

    if (plain->status != WP_BAD || !line || !line->unstuffed || in.n < FORMAT || !is_format(in.p[0]))
        return false;
    length = length_of(in.p);
    return length >= HDLC_LENGTH_MIN && memchr(in.p, HDLC_ESCAPE, length < in.n ? length : in.n);
}

static bool takes_llc(const struct hdlc_frame *f)
{
    const uint8_t *p = f->info.p;

    return hdlc_is_data(f) && f->is_first && f->info.n >= HDLC_LLC && p[0] == HDLC_LLC_COMMAND &&
           (p[1] == HDLC_LLC_COMMAND || p[1] == HDLC_LLC_RESPONSE) && p[2] == 0;
}

/* What the frame means for the payload that it is a part of, and for those behind it. */
static void place_in_chain(struct hdlc_line *line, struct hdlc_frame *f)
{
    f->is_first = !line || !line->in_chain || !hdlc_address_eq(&line->destination, &f->destination) ||
                  !hdlc_address_eq(&line->source, &f->source);
    f->payload = f->info;
    if (takes_llc(f)) {
        f->llc = (enum hdlc_llc)f->info.p[1];
        f->payload = wp_slice(f->info.p + HDLC_LLC, f->info.n - HDLC_LLC);
    }
    if (!line)
        return;
    line->in_flag = true;
    if (f->type == HDLC_RR || f->type == HDLC_RNR)
        return;
    line->in_chain = hdlc_is_data(f) && f->more;
    line->destination = f->destination;
    line->source = f->source;
}

static struct wp_decode bad(struct hdlc_line *line, struct wp_slice in, enum wp_fault fault, size_t at)
{
    if (line)
        line->in_flag = line->in_chain = false;
    return wp_bad(fault, at, next_start(in, 1));
}

struct wp_decode hdlc_decode(struct hdlc_line *line, struct wp_slice in, struct hdlc_frame *out)
{
    struct hdlc_frame f = {0};
    struct wp_decode d, stuffed;
    struct wp_slice rest;
    size_t flags = 0;

    while (flags < in.n && in.p[flags] == HDLC_FLAG)
        flags++;
    if (flags == in.n)
        return wp_more(flags || (line && line->in_flag) ? HDLC_LENGTH_MIN + 1 : HDLC_LENGTH_MIN + 2);
    rest = wp_slice(in.p + flags, in.n - flags);
    if (flags == 0 && !(line && line->in_flag && is_format(rest.p[0])))
        return bad(line, in, WP_FAULT_HDLC_FLAG, 0);
    d = decode_plain(rest, &f);
    if (may_be_stuffed(line, rest, &d)) {
        f = (struct hdlc_frame){0};
        stuffed = decode_stuffed(line->unstuffed, rest, &f);
        d = stuffed.status == WP_BAD ? d : stuffed;
    }
    if (d.status == WP_MORE)
        return d;
    if (d.status == WP_BAD)
        return bad(line, in, d.fault, flags + d.at);
    f.first = flags;
    place_in_chain(line, &f);
    *out = f;
    return wp_ok(flags + d.used);
}

size_t hdlc_idle(struct wp_slice in)
{
    size_t flags = 0;

    while (flags < in.n && in.p[flags] == HDLC_FLAG)
        flags++;
    return flags ? flags - 1 : 0;
}

/* ---- repair ----------------------------------------------------------------------------------------- */

static void store_crc(uint8_t *p, size_t n)
{
    uint16_t crc = crc16_x25(wp_slice(p, n));

    p[n] = (uint8_t)crc;
    p[n + 1] = (uint8_t)(crc >> 8);
}

bool hdlc_repair(uint8_t *frame, size_t n)
{
    struct hdlc_frame f = {0};
    size_t flags = 0, length, head;
    uint8_t *p;

    while (flags < n && frame[flags] == HDLC_FLAG)
        flags++;
    p = frame + flags;
    if (n - flags < HDLC_LENGTH_MIN + 1 || !is_format(p[0]))
        return false;
    length = length_of(p);
    if (length < HDLC_LENGTH_MIN || length + 1 != n - flags ||
        read_head(p, length - CHECK, &f, &head) != WP_FAULT_NONE)
        return false;
    if (head < length - CHECK)
        store_crc(p, head);
    store_crc(p, length - CHECK);
    p[length] = HDLC_FLAG;
    return true;
}
