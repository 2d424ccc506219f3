/* The memory behind its struct, and what is kept there: registers away from their default, octets by key.
 *
 *     struct with clients | cells | rx of each client | store             sizes fixed by the setup
 *
 *     store:  key (1) | n (2) | n octets | key | n | ...
 *
 * Few entries are there at a time, so they are searched in a row and removed by moving the rest down. */
#include "sim/device/lxp_inverter_inside.h"

enum { HEAD = 3 };

/* ---- registers ------------------------------------------------------------------------------------------------ */

static struct lxp_inverter_cell *cells(const struct lxp_inverter *m)
{
    return (struct lxp_inverter_cell *)(uintptr_t)(m->client + m->n_clients);
}

const struct lxp_inverter_cell *lxp_inverter_cells(const struct lxp_inverter *m)
{
    return cells(m);
}

bool lxp_inverter_put_cell(struct lxp_inverter *m, uint16_t key, uint16_t value)
{
    struct lxp_inverter_cell *cell = cells(m);
    unsigned i = 0;

    while (i < m->n_cells && cell[i].key != key)
        i++;
    if (i == m->cell_cap)
        return false;
    cell[i] = (struct lxp_inverter_cell){key, value};
    m->n_cells = (uint16_t)(i == m->n_cells ? i + 1 : m->n_cells);
    return true;
}

void lxp_inverter_drop_cells(struct lxp_inverter *m, uint16_t from, uint16_t to)
{
    struct lxp_inverter_cell *cell = cells(m);
    unsigned kept = 0;

    for (unsigned i = 0; i < m->n_cells; i++)
        if (cell[i].key < from || cell[i].key > to)
            cell[kept++] = cell[i];
    m->n_cells = (uint16_t)kept;
}

/* ---- octets ----------------------------------------------------------------------------------------------------- */

uint8_t *lxp_inverter_rx(const struct lxp_inverter *m, unsigned place)
{
    return (uint8_t *)(cells(m) + m->cell_cap) + (size_t)place * m->rx_cap;
}

static uint8_t *store(const struct lxp_inverter *m)
{
    return lxp_inverter_rx(m, m->n_clients);
}

static size_t size_at(const uint8_t *entry)
{
    return (size_t)(entry[1] | entry[2] << 8);
}

struct wp_slice lxp_inverter_recall(const struct lxp_inverter *m, uint8_t key)
{
    const uint8_t *p = store(m);

    for (size_t at = 0; at < m->n_store; at += HEAD + size_at(p + at))
        if (p[at] == key)
            return wp_slice(p + at + HEAD, size_at(p + at));
    return (struct wp_slice){NULL, 0};
}

void lxp_inverter_forget(struct lxp_inverter *m, uint8_t key)
{
    const struct wp_slice found = lxp_inverter_recall(m, key);
    uint8_t *p = store(m);
    size_t at;

    if (!found.p)
        return;
    at = (size_t)(found.p - p) - HEAD;
    m->n_store = (uint16_t)(m->n_store - HEAD - found.n);
    memmove(p + at, p + at + HEAD + found.n, m->n_store - at);
}

bool lxp_inverter_keep(struct lxp_inverter *m, uint8_t key, struct wp_slice octets)
{
    uint8_t *p = store(m);

    lxp_inverter_forget(m, key);
    if (m->n_store + HEAD + octets.n > m->store_cap)
        return false;
    p += m->n_store;
    p[0] = key;
    p[1] = (uint8_t)octets.n;
    p[2] = (uint8_t)(octets.n >> 8);
    if (octets.n > 0)
        memcpy(p + HEAD, octets.p, octets.n);
    m->n_store = (uint16_t)(m->n_store + HEAD + octets.n);
    return true;
}
