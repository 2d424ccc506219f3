/* Parameters (04......): what was configured, what the state is, and which of them a master may write.
 *
 * Written ones are kept in the store under their identifier, except for those that are state of the meter itself:
 * clock, address, demand period, settlement day, slot table. */
#include "sim/device/dlt645_meter_inside.h"

/* Parameters that this meter has and that change nothing in it; bytes as on the wire. */
static const struct {
    uint32_t di;
    const char *bytes;
} constants[] = {
    {0x04000104, "\x01"},         {0x04000105, "\x80\x00"},     {0x04000201, "\x01"},
    {0x04000202, "\x01"},         {0x04000205, "\x00\x00"},     {0x04000206, "\x00"},
    {0x04000207, "\x00"},         {0x04000301, "\x05"},         {0x04000302, "\x05"},
    {0x04000303, "\x02"},         {0x04000304, "\x04"},         {0x04000305, "\x20"},
    {0x04000306, "\x01\x00\x00"}, {0x04000307, "\x01\x00\x00"}, {0x04000502, "\x00\x00"},
    {0x04000504, "\x00\x00"},     {0x04000505, "\x00\x00"},     {0x04000506, "\x00\x00"},
    {0x04000507, "\x00\x00"},     {0x04000701, "\x04"},         {0x04000702, "\x04"},
    {0x04000703, "\x08"},         {0x04000704, "\x08"},         {0x04000705, "\x08"},
    {0x04000801, "\x7F"},         {0x04000802, "\x01"},         {0x04000901, "\x3F"},
    {0x04000902, "\xFF"},         {0x04000903, "\xFF"},         {0x04000904, "\xFF"},
    {0x04000905, "\x03"},         {0x04000906, "\xFF"},         {0x04000B02, "\x99\x99"},
    {0x04000B03, "\x99\x99"},     {0x04001202, "\x60"},         {0x04001203, "\x00\x00"},
    {0x04001401, "\x05\x00"},
};

static const struct {
    uint32_t di;
    const char *text;
} texts[] = {
    {0x04000403, "WATTPROOF"}, {0x04000407, "1.0"},       {0x04000408, "2.0"},
    {0x0400040B, "WP-645"},    {0x0400040C, "2024-01"},   {0x0400040D, "DL/T 645-2007"},
    {0x04800001, "WATTPROOF"}, {0x04800002, "WATTPROOF"}, {0x04800003, "WATTPROOF"},
};

static bool put_constant(const struct dlt645_register *row, struct wp_writer *w)
{
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
        if (constants[i].di != row->di)
            continue;
        wp_put_slice(w, wp_slice(constants[i].bytes, row->bytes));
        return true;
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].di == row->di)
            return dlt645_value_encode(row, wp_text_value(wp_text(texts[i].text)), w);
    return false;
}

static void put_address(const struct dlt645_meter *m, struct wp_writer *w)
{
    wp_put_u32le(w, (uint32_t)m->address);
    wp_put_u16le(w, (uint16_t)(m->address >> 32));
}

static void put_date(const struct dlt645_meter *m, struct wp_writer *w)
{
    int64_t local = dlt645_meter_local_ms(m, m->settled_ms);
    struct dlt645_time t = dlt645_meter_date(local);

    wp_put_u8(w, dlt645_meter_bcd(dlt645_meter_weekday(local)));
    wp_put_u8(w, dlt645_meter_bcd(t.day));
    wp_put_u8(w, dlt645_meter_bcd(t.month));
    wp_put_u8(w, dlt645_meter_bcd(t.year));
}

static void put_clock(const struct dlt645_meter *m, struct wp_writer *w)
{
    struct dlt645_time t = dlt645_meter_date(dlt645_meter_local_ms(m, m->settled_ms));

    wp_put_u8(w, dlt645_meter_bcd(t.second));
    wp_put_u8(w, dlt645_meter_bcd(t.minute));
    wp_put_u8(w, dlt645_meter_bcd(t.hour));
}

/* Word 1: bit 4 active power flows back, bit 5 reactive power does. */
static uint16_t status_1(const struct dlt645_meter *m)
{
    struct dlt645_meter_flow f;

    dlt645_meter_flow(m, &f);
    return (uint16_t)((f.active[0] < 0) << 4 | (f.reactive[0] < 0) << 5);
}

/* Word 3: bit 3 programming, bit 4 relay open, bit 6 last relay command was a trip, bit 7 alarm before a trip. */
static uint16_t status_3(const struct dlt645_meter *m)
{
    return (uint16_t)(m->programming << 3 | m->relay_open << 4 | m->relay_commanded_open << 6 |
                      m->alarm << 7);
}

static bool put_given_text(const struct dlt645_meter *m, const struct dlt645_register *row,
                           enum dlt645_meter_row option, struct wp_writer *w)
{
    return dlt645_value_encode(row, dlt645_meter_given(m->setup, option), w);
}

static void put_given_octet(const struct dlt645_meter *m, enum dlt645_meter_row option, struct wp_writer *w)
{
    uint8_t octet[1];

    (void)dlt645_meter_given_octets(m->setup, option, octet, sizeof octet);
    wp_put_u8(w, octet[0]);
}

static bool put_number_of_meter(const struct dlt645_meter *m, const struct dlt645_register *row,
                                struct wp_writer *w)
{
    if (dlt645_meter_given(m->setup, METER_NUMBER).kind == WP_TEXT)
        return put_given_text(m, row, METER_NUMBER, w);
    put_address(m, w);
    return true;
}

static void put_profile_interval(const struct dlt645_meter *m, struct wp_writer *w)
{
    int64_t us = dlt645_meter_given(m->setup, METER_PROFILE_INTERVAL).num;

    dlt645_meter_put_number(w, us / 60000000, 2, false);
}

bool dlt645_meter_parameter(const struct dlt645_meter *m, const struct dlt645_register *row,
                            struct wp_writer *w)
{
    const struct wp_setup *s = m->setup;

    switch (row->di) {
    case 0x04000101: put_date(m, w); break;
    case 0x04000102: put_clock(m, w); break;
    case 0x0400010C:
        put_clock(m, w);
        put_date(m, w);
        break;
    case 0x04000103: dlt645_meter_put_number(w, m->demand_min, 1, false); break;
    case 0x04000203: dlt645_meter_put_number(w, m->n_slots ? m->n_slots : 1, 1, false); break;
    case 0x04000204: dlt645_meter_put_number(w, m->n_tariffs, 1, false); break;
    case 0x04000401: put_address(m, w); break;
    case 0x04000402: return put_number_of_meter(m, row, w);
    case 0x04000404: return put_given_text(m, row, METER_RATED_VOLTAGE, w);
    case 0x04000405: return put_given_text(m, row, METER_RATED_CURRENT, w);
    case 0x04000406: return put_given_text(m, row, METER_MAX_CURRENT, w);
    case 0x04000409:
        dlt645_meter_put_number(w, dlt645_meter_given(s, METER_PULSES_ACTIVE).num, 3, false);
        break;
    case 0x0400040A:
        dlt645_meter_put_number(w, dlt645_meter_given(s, METER_PULSES_REACTIVE).num, 3, false);
        break;
    case 0x04000501: wp_put_u16le(w, status_1(m)); break;
    case 0x04000503: wp_put_u16le(w, status_3(m)); break;
    case 0x04000601: put_given_octet(m, METER_MODE_ACTIVE, w); break;
    case 0x04000602: put_given_octet(m, METER_MODE_REACTIVE_1, w); break;
    case 0x04000603: put_given_octet(m, METER_MODE_REACTIVE_2, w); break;
    case 0x04000A02:
    case 0x04000A03:
    case 0x04000A04:
    case 0x04000A05:
    case 0x04000A06:
    case 0x04000A07: put_profile_interval(m, w); break;
    case 0x04000B01:
        wp_put_u8(w, dlt645_meter_bcd(m->settle_hour));
        wp_put_u8(w, dlt645_meter_bcd(m->settle_day));
        break;
    case 0x04010001:
        if (m->n_slots == 0)
            return false;
        dlt645_meter_put_slots(m, w);
        break;
    default: return put_constant(row, w);
    }
    return true;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

/* Digits of a time as they stand on the wire. */
static bool get_bcd(struct wp_reader *r, uint8_t *out)
{
    uint8_t b = wp_get_u8(r);

    *out = (uint8_t)((b >> 4) * 10 + (b & 0xF));
    return b >> 4 <= 9 && (b & 0xF) <= 9;
}

/* The parts that a date, a time or both change; the weekday is the meter's own to know. */
static uint8_t write_clock(struct dlt645_meter *m, wp_us now, uint32_t di, struct wp_slice bytes)
{
    struct dlt645_time t = dlt645_meter_date(dlt645_meter_local_ms(m, now / 1000));
    struct wp_reader r = wp_reader(bytes);
    bool good = true;
    int64_t local;
    uint8_t weekday;

    if (di != 0x04000101)
        good = get_bcd(&r, &t.second) && get_bcd(&r, &t.minute) && get_bcd(&r, &t.hour);
    if (good && di != 0x04000102)
        good = get_bcd(&r, &weekday) && get_bcd(&r, &t.day) && get_bcd(&r, &t.month) && get_bcd(&r, &t.year);
    if (!good || !dlt645_meter_moment(&t, &local))
        return DLT645_ERROR_OTHER;
    dlt645_meter_set_clock(m, now, local);
    dlt645_meter_count(m, 0x03300400);
    return 0;
}

static uint8_t write_settlement(struct dlt645_meter *m, wp_us now, struct wp_slice bytes)
{
    struct wp_reader r = wp_reader(bytes);
    uint8_t hour, day;

    if (!get_bcd(&r, &hour) || !get_bcd(&r, &day) || hour > 23 || day < 1 || day > 28)
        return DLT645_ERROR_OTHER;
    dlt645_meter_settle(m, now);
    m->settle_hour = hour;
    m->settle_day = day;
    dlt645_meter_count(m, 0x03300C00);
    return 0;
}

static uint8_t write_demand_period(struct dlt645_meter *m, wp_us now, struct wp_slice bytes)
{
    struct wp_reader r = wp_reader(bytes);
    uint8_t minutes;

    if (!get_bcd(&r, &minutes) || minutes < 1 || minutes > 60)
        return DLT645_ERROR_OTHER;
    dlt645_meter_settle(m, now);
    m->demand_min = minutes;
    m->demand[0].part = m->demand[1].part = 0;
    return 0;
}

static uint8_t write_address(struct dlt645_meter *m, struct wp_slice bytes)
{
    struct wp_reader r = wp_reader(bytes);
    uint64_t address = wp_get_u32le(&r);

    address |= (uint64_t)wp_get_u16le(&r) << 32;
    if (!dlt645_address_is_own(address))
        return DLT645_ERROR_OTHER;
    m->address = address;
    return 0;
}

/* Status words, passwords (18 changes them) and versions are not written; 0 or an error byte. */
static uint8_t may_write(const struct dlt645_register *row, size_t n)
{
    uint32_t item = row ? row->di >> 8 : 0;

    if (!row || row->di >> 24 != 0x04)
        return DLT645_ERROR_NO_DATA;
    if (item == 0x040005 || item == 0x04000C || item == 0x048000)
        return DLT645_ERROR_PASSWORD;
    return row->bytes && row->bytes != n ? DLT645_ERROR_OTHER : 0;
}

uint8_t dlt645_meter_write(struct dlt645_meter *m, wp_us now, uint32_t di, struct wp_slice bytes)
{
    const struct dlt645_register *row = dlt645_di_find(di);
    uint8_t error = may_write(row, bytes.n);

    if (error)
        return error;
    switch (di) {
    case 0x04000101:
    case 0x04000102:
    case 0x0400010C: return write_clock(m, now, di, bytes);
    case 0x04000103: return write_demand_period(m, now, bytes);
    case 0x04000401: return write_address(m, bytes);
    case 0x04000B01: return write_settlement(m, now, bytes);
    case 0x04010001: return dlt645_meter_write_slots(m, now, bytes);
    default: return dlt645_meter_keep(m, di, bytes) ? 0 : DLT645_ERROR_OTHER;
    }
}
