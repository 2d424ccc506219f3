/* The meter's memory behind its struct: where each part lies, and the store of registers and faults by key.
 *
 *     struct | energy cells | records | slots | rx | long answer | store          sizes fixed by the setup
 *
 *     store:  key (4) | n (2) | n bytes | key | n | ...
 *
 * Few entries are there at a time, so they are searched in a row and removed by moving the rest down. */
#include "sim/device/dlt645_meter_inside.h"

static uint8_t *after_energy(const struct dlt645_meter *m)
{
    return (uint8_t *)(uintptr_t)(m->energy + dlt645_meter_n_energy(m->n_tariffs, m->phase_energy));
}

struct dlt645_meter_record *dlt645_meter_records(const struct dlt645_meter *m)
{
    return (struct dlt645_meter_record *)(void *)after_energy(m);
}

uint16_t *dlt645_meter_slots(const struct dlt645_meter *m)
{
    return (uint16_t *)(void *)(dlt645_meter_records(m) +
                                dlt645_meter_n_records(m->n_settlements, m->n_freezes));
}

uint8_t *dlt645_meter_rx(const struct dlt645_meter *m)
{
    return (uint8_t *)(dlt645_meter_slots(m) + dlt645_meter_slot_cells(m->n_tariffs));
}

uint8_t *dlt645_meter_long(const struct dlt645_meter *m)
{
    return dlt645_meter_rx(m) + m->rx_cap;
}

static uint8_t *store(const struct dlt645_meter *m)
{
    return dlt645_meter_long(m) + m->long_cap;
}

static uint32_t key_at(const uint8_t *entry)
{
    uint32_t key;

    memcpy(&key, entry, sizeof key);
    return key;
}

static uint16_t size_at(const uint8_t *entry)
{
    uint16_t n;

    memcpy(&n, entry + 4, sizeof n);
    return n;
}

static size_t next_entry(const uint8_t *entry)
{
    return METER_STORE_HEAD + (size_t)size_at(entry);
}

struct wp_slice dlt645_meter_recall(const struct dlt645_meter *m, uint32_t key)
{
    const uint8_t *p = store(m);

    for (size_t at = 0; at < m->n_store; at += next_entry(p + at))
        if (key_at(p + at) == key)
            return wp_slice(p + at + METER_STORE_HEAD, size_at(p + at));
    return (struct wp_slice){NULL, 0};
}

void dlt645_meter_forget_range(struct dlt645_meter *m, uint32_t from, uint32_t to)
{
    uint8_t *p = store(m);
    size_t kept = 0, n;

    for (size_t at = 0; at < m->n_store; at += n) {
        uint32_t key = key_at(p + at);

        n = next_entry(p + at);
        if (key >= from && key <= to)
            continue;
        memmove(p + kept, p + at, n);
        kept += n;
    }
    m->n_store = (uint16_t)kept;
}

void dlt645_meter_forget(struct dlt645_meter *m, uint32_t key)
{
    dlt645_meter_forget_range(m, key, key);
}

bool dlt645_meter_keep(struct dlt645_meter *m, uint32_t key, struct wp_slice bytes)
{
    uint16_t n = (uint16_t)bytes.n;
    uint8_t *p;

    dlt645_meter_forget(m, key);
    if (bytes.n > UINT16_MAX || m->n_store + METER_STORE_HEAD + bytes.n > m->store_cap)
        return false;
    p = store(m) + m->n_store;
    memcpy(p, &key, sizeof key);
    memcpy(p + 4, &n, sizeof n);
    if (n > 0)
        memcpy(p + METER_STORE_HEAD, bytes.p, n);
    m->n_store = (uint16_t)(m->n_store + METER_STORE_HEAD + n);
    return true;
}
