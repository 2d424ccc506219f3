/* Daily slots: which tariff a moment belongs to, and how long each tariff ran between two moments.
 *
 *     |..last..| slot 1 ....... | slot 2 ... | ... | slot n ....|      a day; before the first slot the last one runs
 *     0        07:00            10:00              23:00      24:00
 *
 * The slot table is the same every day. A meter with one tariff keeps none. */
#include "sim/device/dlt645_meter_inside.h"

enum { TARIFF_BITS = 3 };

size_t dlt645_meter_slot_cells(unsigned n_tariffs)
{
    return n_tariffs > 1 ? METER_SLOTS_MAX : 0;
}

static int64_t slot_start(uint16_t slot)
{
    return (slot >> TARIFF_BITS) * METER_MS_MINUTE;
}

static unsigned slot_tariff(const struct dlt645_meter *m, uint16_t slot)
{
    unsigned tariff = slot & ((1u << TARIFF_BITS) - 1);

    return tariff > m->n_tariffs ? m->n_tariffs : tariff;
}

static uint16_t slot_of(unsigned hour, unsigned minute, unsigned tariff)
{
    return (uint16_t)((hour * 60 + minute) << TARIFF_BITS | tariff);
}

static bool get_number(struct wp_reader *r, uint8_t end, unsigned *out)
{
    size_t start = r->at;

    *out = 0;
    for (; wp_left(r) > 0 && r->in.p[r->at] >= '0' && r->in.p[r->at] <= '9' && r->at - start < 2; r->at++)
        *out = *out * 10 + (r->in.p[r->at] - (unsigned)'0');
    return r->at > start && (wp_left(r) == 0 ? end == ' ' : wp_get_u8(r) == end);
}

/* In ascending order, times and tariffs of this kind of meter? */
static bool is_good(const uint16_t *slots, unsigned n, unsigned hour, unsigned minute, unsigned tariff)
{
    if (hour > 23 || minute > 59 || tariff < 1 || tariff > METER_TARIFFS_MAX || n == METER_SLOTS_MAX)
        return false;
    return n == 0 || slots[n - 1] >> TARIFF_BITS < (int)(hour * 60 + minute);
}

bool dlt645_meter_read_slots(struct wp_slice text, uint16_t out[METER_SLOTS_MAX], uint8_t *ret_n)
{
    struct wp_reader r = wp_reader(text);
    unsigned hour, minute, tariff, n = 0;

    while (wp_left(&r) > 0) {
        if (!get_number(&r, ':', &hour) || !get_number(&r, '=', &minute) || !get_number(&r, ' ', &tariff))
            return false;
        if (!is_good(out, n, hour, minute, tariff))
            return false;
        out[n++] = slot_of(hour, minute, tariff);
    }
    *ret_n = (uint8_t)n;
    return n > 0;
}

static unsigned from_bcd(uint8_t b)
{
    return (b >> 4) * 10u + (b & 0xFu);
}

uint8_t dlt645_meter_write_slots(struct dlt645_meter *m, wp_us now, struct wp_slice bytes)
{
    uint16_t slots[METER_SLOTS_MAX];
    unsigned n = 0;

    if (bytes.n == 0 || bytes.n % 3 != 0 || m->n_tariffs == 1)
        return DLT645_ERROR_OTHER;
    if (bytes.n > 3 * METER_SLOTS_MAX)
        return DLT645_ERROR_DAILY_SLOTS;
    for (size_t at = 0; at < bytes.n; at += 3) {
        unsigned tariff = from_bcd(bytes.p[at]), minute = from_bcd(bytes.p[at + 1]),
                 hour = from_bcd(bytes.p[at + 2]);

        if (tariff > m->n_tariffs)
            return DLT645_ERROR_TARIFFS;
        if (n > 0 && slots[n - 1] == slot_of(hour, minute, tariff))
            continue; /* an unused slot repeats the last one */
        if (!is_good(slots, n, hour, minute, tariff))
            return DLT645_ERROR_OTHER;
        slots[n++] = slot_of(hour, minute, tariff);
    }
    dlt645_meter_settle(m, now);
    m->n_slots = (uint8_t)n;
    memcpy(dlt645_meter_slots(m), slots, n * sizeof slots[0]);
    return 0;
}

void dlt645_meter_put_slots(const struct dlt645_meter *m, struct wp_writer *w)
{
    const uint16_t *slots = dlt645_meter_slots(m);

    for (unsigned i = 0; i < METER_SLOTS_MAX && m->n_slots > 0; i++) {
        uint16_t slot = slots[i < m->n_slots ? i : m->n_slots - 1u];
        unsigned minute = slot >> TARIFF_BITS;

        wp_put_u8(w, dlt645_meter_bcd(slot_tariff(m, slot)));
        wp_put_u8(w, dlt645_meter_bcd(minute % 60));
        wp_put_u8(w, dlt645_meter_bcd(minute / 60));
    }
}

unsigned dlt645_meter_tariff(const struct dlt645_meter *m, int64_t local_ms, int64_t *ret_slot_end)
{
    const uint16_t *slots = dlt645_meter_slots(m);
    int64_t of_day = local_ms % METER_MS_DAY, midnight = local_ms - of_day;
    unsigned i = 0;

    *ret_slot_end = midnight + METER_MS_DAY;
    if (m->n_slots == 0)
        return 1;
    while (i < m->n_slots && slot_start(slots[i]) <= of_day)
        i++;
    if (i < m->n_slots)
        *ret_slot_end = midnight + slot_start(slots[i]);
    return slot_tariff(m, slots[i > 0 ? i - 1 : m->n_slots - 1u]);
}

/* Milliseconds of a tariff from midnight to `end`, at most a day. */
static int64_t of_day(const struct dlt645_meter *m, int64_t end, unsigned tariff)
{
    const uint16_t *slots = dlt645_meter_slots(m);
    int64_t sum = 0, start = 0, stop;
    unsigned running = m->n_slots > 0 ? slot_tariff(m, slots[m->n_slots - 1u]) : 1;

    for (unsigned i = 0; start < end; i++) {
        stop = i < m->n_slots ? slot_start(slots[i]) : METER_MS_DAY;
        if (running == tariff)
            sum += (stop < end ? stop : end) - start;
        start = stop;
        if (i < m->n_slots)
            running = slot_tariff(m, slots[i]);
    }
    return sum;
}

static int64_t since_1970(const struct dlt645_meter *m, int64_t local, unsigned tariff)
{
    return local / METER_MS_DAY * of_day(m, METER_MS_DAY, tariff) + of_day(m, local % METER_MS_DAY, tariff);
}

int64_t dlt645_meter_tariff_ms(const struct dlt645_meter *m, int64_t from, int64_t to, unsigned tariff)
{
    return since_1970(m, to, tariff) - since_1970(m, from, tariff);
}
