/* Visiting the fields of an APDU. */
#include "sim/codec/cosem_name.h"

/* A read that visits as it goes. Each APDU is read twice: first without a visitor, to learn whether it reads. */
struct apdu_reader {
    struct wp_reader r;
    size_t first; /* of r's byte 0 */
    wp_visit *visit;
    void *ctx;
};

static inline void say(const struct apdu_reader *a, const char *path, struct wp_value value, size_t at,
                       size_t len, enum wp_role role)
{
    struct wp_field field = {path, value, "", len ? a->first + at : 0, len, role};

    if (a->visit)
        a->visit(a->ctx, &field);
}

static inline void say_text(const struct apdu_reader *a, const char *path, const char *text)
{
    say(a, path, wp_text_value(wp_text(text)), 0, 0, WP_ROLE_FIELD);
}

/* The next n bytes as hexadecimal digits. */
static inline struct wp_slice take_bytes(struct apdu_reader *a, const char *path, size_t n, enum wp_role role)
{
    size_t at = a->r.at;
    struct wp_slice bytes = wp_get_slice(&a->r, n);

    say(a, path, wp_bytes_value(bytes), at, bytes.n, role);
    return bytes;
}

/* The next n <= 8 bytes as an unsigned number, high byte first. */
static inline uint64_t take_uint(struct apdu_reader *a, const char *path, size_t n, enum wp_role role)
{
    size_t at = a->r.at;
    uint64_t number = 0;

    for (size_t i = 0; i < n; i++)
        number = number << 8 | wp_get_u8(&a->r);
    say(a, path, wp_uint(number), at, n, role);
    return number;
}

static inline bool skip(struct apdu_reader *a, uint8_t expected)
{
    return wp_get_u8(&a->r) == expected && !a->r.ran_out;
}

static inline bool is_read(const struct apdu_reader *a)
{
    return !a->r.ran_out && wp_left(&a->r) == 0;
}

/* A length as BER writes it: one byte, or 81 nn, or 82 nnnn. */
static size_t get_ber_length(struct wp_reader *r)
{
    uint8_t n = wp_get_u8(r);

    if (n == 0x81)
        return wp_get_u8(r);
    if (n == 0x82)
        return wp_get_u16be(r);
    if (n > 0x82)
        r->ran_out = true;
    return n;
}

/* 06 07 60 85 74 05 08 01 nn: the application context nn; seen instead in a test of the original gateway: a plain
 * integer 02 01 nn. */
static bool take_context(struct apdu_reader *a)
{
    static const char *const name[] = {NULL, "LN", "SN", "LN-ciphered", "SN-ciphered"};
    static const uint8_t oid[] = {0x06, 0x07, 0x60, 0x85, 0x74, 0x05, 0x08, 0x01};
    size_t at = a->r.at;
    struct wp_slice rest = wp_slice_from(a->r.in, at);
    uint8_t context;

    if (rest.n >= 2 && rest.p[0] == 0x02 && rest.p[1] == 1) {
        wp_get_slice(&a->r, 2);
        take_uint(a, "apdu.applicationContext", 1, WP_ROLE_FIELD);
        return true;
    }
    if (!wp_slice_eq(wp_get_slice(&a->r, sizeof oid), wp_slice(oid, sizeof oid)))
        return false;
    context = wp_get_u8(&a->r);
    if (context == 0 || context >= sizeof name / sizeof name[0])
        return false;
    say(a, "apdu.applicationContext", wp_text_value(wp_text(name[context])), at, sizeof oid + 1,
        WP_ROLE_FIELD);
    return true;
}

/* 5F 1F 04 00 and three bytes: a BIT STRING of 24 bits with `unused` in front. */
static bool take_conformance(struct apdu_reader *a, bool say_unused)
{
    if (!skip(a, 0x5F) || !skip(a, 0x1F) || !skip(a, 0x04))
        return false;
    if (say_unused)
        take_uint(a, "apdu.unusedBits", 1, WP_ROLE_FIELD);
    else
        wp_get_u8(&a->r);
    take_bytes(a, "apdu.conformance", 3, WP_ROLE_FIELD);
    return true;
}

/* 01 | dedicated key | response allowed | quality of service | version | conformance | PDU size */
static bool take_initiate_request(struct apdu_reader *a)
{
    wp_get_u8(&a->r);
    if (wp_get_u8(&a->r) != 0)
        wp_get_slice(&a->r, get_ber_length(&a->r));
    if (wp_get_u8(&a->r) != 0)
        wp_get_u8(&a->r);
    if (wp_get_u8(&a->r) != 0)
        wp_get_u8(&a->r);
    wp_get_u8(&a->r); /* version 6 */
    if (!take_conformance(a, false))
        return false;
    take_uint(a, "apdu.clientMaxPdu", 2, WP_ROLE_FIELD);
    return true;
}

/* 08 | quality of service | version | conformance | PDU size | VAA name */
static bool take_initiate_response(struct apdu_reader *a)
{
    wp_get_u8(&a->r);
    if (wp_get_u8(&a->r) != 0)
        wp_get_u8(&a->r);
    take_uint(a, "apdu.dlmsVersion", 1, WP_ROLE_FIELD);
    if (!take_conformance(a, true))
        return false;
    take_uint(a, "apdu.serverMaxPdu", 2, WP_ROLE_FIELD);
    take_bytes(a, "apdu.vaaName", 2, WP_ROLE_FIELD);
    return true;
}

/* An OCTET STRING that holds an xDLMS initiate APDU. The bytes are named one by one where it reads. */
static bool take_user_information(struct apdu_reader *a)
{
    struct wp_slice bytes;
    struct apdu_reader inner = *a;
    bool ok = true;

    if (!skip(a, 0x04))
        return false;
    bytes = wp_slice_from(a->r.in, a->r.at + 1);
    if (get_ber_length(&a->r) != bytes.n || bytes.n == 0)
        return false;
    say(a, "apdu.userInformation", wp_bytes_value(bytes), 0, 0, WP_ROLE_FIELD);
    inner.r = wp_reader(bytes);
    inner.first = a->first + a->r.at;
    if (bytes.p[0] == 0x01)
        ok = take_initiate_request(&inner);
    else if (bytes.p[0] == 0x08)
        ok = take_initiate_response(&inner);
    else if (bytes.p[0] == 0x0E)
        take_bytes(&inner, "apdu.initiateError", bytes.n, WP_ROLE_FIELD);
    else
        return false; /* ciphered, or none of ours */
    wp_get_slice(&a->r, bytes.n);
    return ok && is_read(&inner);
}

/* A2 03 02 01 nn and, one level deeper, A3 05 A1 03 02 01 nn */
static bool take_result(struct apdu_reader *a)
{
    uint64_t result;

    if (!skip(a, 0x02) || !skip(a, 0x01))
        return false;
    result = take_uint(a, "apdu.result", 1, WP_ROLE_FIELD);
    say(a, "apdu.accepted", wp_bool(result == 0), 0, 0, WP_ROLE_FIELD);
    return true;
}

static bool take_diagnostic(struct apdu_reader *a)
{
    uint8_t source = wp_get_u8(&a->r); /* A1 the user, A2 the provider */

    if ((source != 0xA1 && source != 0xA2) || !skip(a, 0x03) || !skip(a, 0x02) || !skip(a, 0x01))
        return false;
    take_uint(a, "apdu.diagnostic", 1, WP_ROLE_FIELD);
    return true;
}

/* One element of an association APDU; `a` reads its content alone. */
static bool take_element(struct apdu_reader *a, uint8_t tag, uint8_t element)
{
    if (element == 0x80 && (tag == 0x62 || tag == 0x63)) {
        take_uint(a, "apdu.reason", 1, WP_ROLE_FIELD);
        return true;
    }
    switch (element) {
    case 0xA1: return take_context(a);
    case 0xA2: return tag == 0x61 && take_result(a);
    case 0xA3: return tag == 0x61 && take_diagnostic(a);
    case 0xBE: return take_user_information(a);
    default: return false;
    }
}

static bool cosem_take_association(struct apdu_reader *a, uint8_t tag)
{
    size_t at = a->r.at;
    size_t length = get_ber_length(&a->r);

    say(a, "apdu.length", wp_int((int64_t)length), at, a->r.at - at, WP_ROLE_LENGTH);
    if (length != wp_left(&a->r))
        return false;
    while (wp_left(&a->r) > 0) {
        uint8_t element = wp_get_u8(&a->r);
        size_t n = get_ber_length(&a->r);
        struct apdu_reader inner = *a;

        if (a->r.ran_out || n > wp_left(&a->r))
            return false;
        inner.r.in.n = a->r.at + n;
        if (!take_element(&inner, tag, element) || !is_read(&inner))
            return false;
        a->r.at += n;
    }
    return is_read(a);
}

/* ---- A-XDR data ------------------------------------------------------------------------------------- */

static const char *type_name(uint8_t type)
{
    static const char *const name[] = {
        [0x00] = "null",           [0x01] = "array",     [0x02] = "structure", [0x03] = "boolean",
        [0x04] = "bit-string",     [0x05] = "int32",     [0x06] = "uint32",    [0x09] = "octet-string",
        [0x0A] = "visible-string", [0x0C] = "utf8",      [0x0D] = "bcd",       [0x0F] = "int8",
        [0x10] = "int16",          [0x11] = "uint8",     [0x12] = "uint16",    [0x13] = "compact-array",
        [0x14] = "int64",          [0x15] = "uint64",    [0x16] = "enum",      [0x17] = "float32",
        [0x18] = "float64",        [0x19] = "date-time", [0x1A] = "date",      [0x1B] = "time",
    };

    return type < sizeof name / sizeof name[0] ? name[type] : NULL;
}

static size_t scalar_size(uint8_t type)
{
    switch (type) {
    case 0x03:
    case 0x0F:
    case 0x11:
    case 0x16: return 1;
    case 0x10:
    case 0x12: return 2;
    case 0x05:
    case 0x06:
    case 0x17: return 4;
    case 0x14:
    case 0x15:
    case 0x18: return 8;
    default: return 0;
    }
}

static struct wp_value scalar_value(uint8_t type, uint64_t bits)
{
    float f32;
    double f64;
    uint32_t low = (uint32_t)bits;

    switch (type) {
    case 0x03: return wp_bool(bits != 0);
    case 0x0F: return wp_int((int8_t)bits);
    case 0x10: return wp_int((int16_t)bits);
    case 0x05: return wp_int((int32_t)bits);
    case 0x14: return wp_int((int64_t)bits);
    case 0x17: memcpy(&f32, &low, sizeof f32); return wp_real((double)f32);
    case 0x18: memcpy(&f64, &bits, sizeof f64); return wp_real(f64);
    default: return wp_uint(bits);
    }
}

/* One value to the end of the APDU: a scalar as such, everything that is nested or long as its bytes. */
static bool take_data(struct apdu_reader *a)
{
    size_t at = a->r.at;
    uint8_t type = wp_get_u8(&a->r);
    size_t size = scalar_size(type);
    uint64_t bits = 0;

    if (a->r.ran_out || !type_name(type))
        return false;
    say(a, "apdu.data.type", wp_text_value(wp_text(type_name(type))), at, 1, WP_ROLE_KEY);
    if (type == 0x00)
        return is_read(a);
    if (size == 0) {
        take_bytes(a, "apdu.data.hex", wp_left(&a->r), WP_ROLE_VALUE);
        return true;
    }
    for (size_t i = 0; i < size; i++)
        bits = bits << 8 | wp_get_u8(&a->r);
    say(a, "apdu.data.value", scalar_value(type, bits), at + 1, size, WP_ROLE_VALUE);
    return is_read(a);
}

/* ---- services --------------------------------------------------------------------------------------- */

/* C4 01 | invoke-id and priority | 00 data, or 01 data-access-result */
static bool take_get_response(struct apdu_reader *a)
{
    size_t at = a->r.at;
    uint8_t invoke, result;

    if (!skip(a, 0x01))
        return false; /* blocks and lists are not read here */
    say(a, "apdu.service", wp_text_value(wp_text("normal")), at, 1, WP_ROLE_KEY);
    at = a->r.at;
    invoke = wp_get_u8(&a->r);
    say(a, "apdu.invokeId", wp_int(invoke & 0xF), at, 1, WP_ROLE_FIELD);
    switch (wp_get_u8(&a->r)) {
    case 0x00: return take_data(a);
    case 0x01: break;
    default: return false;
    }
    result = (uint8_t)take_uint(a, "apdu.error", 1, WP_ROLE_VALUE);
    if (cosem_access_result_text(result))
        say_text(a, "apdu.errorName", cosem_access_result_text(result));
    return is_read(a);
}

static void take_obis(struct apdu_reader *a)
{
    static const char after[] = {'-', ':', '.', '.', '.', 0};
    uint8_t memory[24];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    size_t at = a->r.at;

    for (int i = 0; i < 6; i++) {
        wp_put_uint(&w, wp_get_u8(&a->r));
        if (after[i])
            wp_put_char(&w, after[i]);
    }
    say(a, "apdu.obis", wp_text_value(wp_written(&w)), at, 6, WP_ROLE_KEY);
}

static bool take_attribute(struct apdu_reader *a)
{
    take_uint(a, "apdu.classId", 2, WP_ROLE_KEY);
    take_obis(a);
    take_uint(a, "apdu.attribute", 1, WP_ROLE_KEY);
    return !a->r.ran_out && take_data(a);
}

/* C2 | 00, or 01 and a date-time of 12 bytes with its length | class | OBIS | attribute | data. The OBIS code's last
 * byte is FF, which tells this layout from the one without the leading byte. */
static bool take_event(struct apdu_reader *a)
{
    size_t at = a->r.at;
    size_t obis_end = at + 1 + 2 + 6;
    bool has_time = wp_get_u8(&a->r) == 1;

    say_text(a, "apdu.apdu", cosem_apdu_name(0xC2));
    if (has_time) {
        if (!skip(a, 12))
            return false;
        take_bytes(a, "apdu.dateTime", 12, WP_ROLE_VALUE);
        obis_end += 13;
    }
    if (a->r.in.n < obis_end || a->r.in.p[obis_end - 1] != 0xFF || a->r.in.p[at] > 1)
        return false;
    return take_attribute(a);
}

/* seen: the original gateway's meters leave the time-presence byte out, vectors ivy-wrapper */
static bool take_event_without_time(struct apdu_reader *a)
{
    say_text(a, "apdu.layout", "upstream-no-time-byte");
    return a->r.in.n > 8 && a->r.in.p[8] == 0xFF && take_attribute(a);
}

/* ---- the APDU --------------------------------------------------------------------------------------- */

typedef bool take_fn(struct apdu_reader *a);

static bool take_acse(struct apdu_reader *a)
{
    uint8_t tag = a->r.in.p[0];

    say_text(a, "apdu.apdu", cosem_apdu_name(tag));
    return cosem_take_association(a, tag);
}

static bool take_get(struct apdu_reader *a)
{
    say_text(a, "apdu.apdu", cosem_apdu_name(0xC4));
    return take_get_response(a);
}

static bool take_payload(struct apdu_reader *a)
{
    const char *name = cosem_apdu_name(a->r.in.p[0]);

    if (name)
        say_text(a, "apdu.apdu", name);
    take_bytes(a, "apdu.payload", wp_left(&a->r), WP_ROLE_VALUE);
    return true;
}

/* Does the APDU read this way to its last byte? */
static bool reads_as(take_fn *take, struct wp_slice apdu)
{
    struct apdu_reader dry = {.r = wp_reader(apdu)};

    wp_get_u8(&dry.r);
    return take(&dry);
}

static take_fn *choose(struct wp_slice apdu)
{
    switch (apdu.p[0]) {
    case 0x60:
    case 0x61:
    case 0x62:
    case 0x63: return reads_as(take_acse, apdu) ? take_acse : take_payload;
    case 0xC4: return reads_as(take_get, apdu) ? take_get : take_payload;
    case 0xC2:
        if (reads_as(take_event, apdu))
            return take_event;
        return reads_as(take_event_without_time, apdu) ? take_event_without_time : take_payload;
    default: return take_payload;
    }
}

void cosem_apdu_fields(struct wp_slice apdu, size_t first, wp_visit *visit, void *ctx)
{
    struct apdu_reader a = {wp_reader(apdu), first, visit, ctx};
    take_fn *take = choose(apdu);

    take_bytes(&a, "apdu.tag", 1, WP_ROLE_KEY);
    take(&a);
}
