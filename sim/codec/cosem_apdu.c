/* APDUs by tag; the association ones are in cosem_acse.c. */
#include "sim/codec/cosem_apdu.h"

#include "sim/codec/cosem_take.h"

const char *cosem_apdu_name(uint8_t tag)
{
    switch (tag) {
    case 0x0F: return "DataNotification";
    case 0x60: return "AARQ";
    case 0x61: return "AARE";
    case 0x62: return "RLRQ";
    case 0x63: return "RLRE";
    case 0xC0: return "GET.request";
    case 0xC1: return "SET.request";
    case 0xC2: return "EventNotification";
    case 0xC3: return "ACTION.request";
    case 0xC4: return "GET.response";
    case 0xC5: return "SET.response";
    case 0xC7: return "ACTION.response";
    case 0xC8: return "glo-GET.request";
    case 0xC9: return "glo-SET.request";
    case 0xCA: return "glo-EventNotification";
    case 0xCB: return "glo-ACTION.request";
    case 0xCC: return "glo-GET.response";
    case 0xCD: return "glo-SET.response";
    case 0xCF: return "glo-ACTION.response";
    case 0xD8: return "ExceptionResponse";
    case 0xDB: return "general-glo-ciphering";
    default: return NULL;
    }
}

const char *cosem_access_result_text(uint8_t result)
{
    switch (result) {
    case 0: return "success";
    case 1: return "hardware-fault";
    case 2: return "temporary-failure";
    case 3: return "read-write-denied";
    case 4: return "object-undefined";
    case 9: return "object-class-inconsistent";
    case 11: return "object-unavailable";
    case 12: return "type-unmatched";
    case 13: return "scope-of-access-violated";
    case 14: return "data-block-unavailable";
    case 15: return "long-get-aborted";
    case 16: return "no-long-get-in-progress";
    case 17: return "long-set-aborted";
    case 18: return "no-long-set-in-progress";
    case 19: return "data-block-number-invalid";
    case 250: return "other-reason";
    default: return NULL;
    }
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
