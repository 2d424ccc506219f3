/* Titles, keys and counters of a connection. */
#include "sim/codec/cosem_unit_impl.h"

#include <assert.h>

const char *cosem_freshness_text(enum cosem_freshness freshness)
{
    static const char *const text[] = {
#define X(name, text) text,
        COSEM_FRESHNESS(X)
#undef X
    };

    return text[freshness];
}

/* ---- titles ----------------------------------------------------------------------------------------- */

void cosem_unit_configure(struct cosem_unit *unit, enum cosem_role role, const uint8_t title[COSEM_TITLE])
{
    memcpy(unit->configured[role], title, COSEM_TITLE);
    unit->has_configured[role] = true;
}

void cosem_unit_learn(struct cosem_unit *unit, enum cosem_role role, const uint8_t title[COSEM_TITLE])
{
    memcpy(unit->title[role], title, COSEM_TITLE);
    unit->has_title[role] = true;
}

/* The one entry that has a title; NULL: none has, or several. */
static const struct wp_key *only_titled(const struct cosem_unit *unit)
{
    const struct wp_key *only = NULL;

    for (size_t i = 0; unit->keys && i < unit->keys->n; i++) {
        if (!unit->keys->at[i].has_title)
            continue;
        if (only)
            return NULL;
        only = &unit->keys->at[i];
    }
    return only;
}

/* Of the association, or configured; NULL: neither. */
static const uint8_t *agreed_title(const struct cosem_unit *unit, enum cosem_role role)
{
    if (unit->has_title[role])
        return unit->title[role];
    return unit->has_configured[role] ? unit->configured[role] : NULL;
}

const uint8_t *unit_title(const struct cosem_unit *unit, enum cosem_role role)
{
    const uint8_t *agreed = agreed_title(unit, role);
    const struct wp_key *only = agreed ? NULL : only_titled(unit);

    return only ? only->title : agreed;
}

/* A title that the APDU carries tells who sends it, else its tag does, but for those that both sides send. */
enum cosem_role unit_role(const struct cosem_unit *unit, uint8_t tag, struct wp_slice told, enum wp_side from)
{
    const uint8_t *client = agreed_title(unit, COSEM_CLIENT), *server = agreed_title(unit, COSEM_SERVER);

    if (told.n == COSEM_TITLE && client && memcmp(told.p, client, COSEM_TITLE) == 0)
        return COSEM_CLIENT;
    if (told.n == COSEM_TITLE && server && memcmp(told.p, server, COSEM_TITLE) == 0)
        return COSEM_SERVER;
    switch (tag) {
    case 0x21:
    case 0x25:
    case 0x26:
    case 0x36: /* glo- initiate, read, write, unconfirmed-write request */
    case 0x41:
    case 0x45:
    case 0x46:
    case 0x56:
    case 0xC8:
    case 0xC9:
    case 0xCB: /* get, set, action request */
    case 0xD0:
    case 0xD1:
    case 0xD3: return COSEM_CLIENT;
    case 0xDB:
    case 0xDC:
    case 0xDD: return from != WP_SIDE_UNKNOWN && from == unit->client_side ? COSEM_CLIENT : COSEM_SERVER;
    default: return COSEM_SERVER;
    }
}

/* ---- keys ------------------------------------------------------------------------------------------- */

/* The entry with this title, nearly always the one that was found last; NULL: there is none. title NULL: not known. */
static const struct wp_key *titled_entry(struct cosem_unit *unit, const uint8_t *title)
{
    const struct wp_keys *keys = unit->keys;

    for (size_t i = 0; title && i <= keys->n; i++) {
        const size_t k = i == 0 ? unit->hint : i - 1;

        if (k < keys->n && keys->at[k].has_title && memcmp(keys->at[k].title, title, COSEM_TITLE) == 0) {
            unit->hint = k;
            return &keys->at[k];
        }
    }
    return NULL;
}

static const struct wp_key *untitled_entry(const struct wp_keys *keys)
{
    for (size_t i = 0; i < keys->n; i++)
        if (!keys->at[i].has_title)
            return &keys->at[i];
    return NULL;
}

/* Keys belong to servers: a client protects what it sends by those of the one that it sends to. */
const struct wp_key *unit_find_key(struct cosem_unit *unit, enum cosem_role role, const uint8_t *title)
{
    const struct wp_key *entry;

    if (!unit->keys)
        return NULL;
    entry = titled_entry(unit, title);
    if (!entry && role == COSEM_CLIENT)
        entry = titled_entry(unit, agreed_title(unit, COSEM_SERVER));
    if (!entry)
        entry = untitled_entry(unit->keys);
    if (!entry && role == COSEM_CLIENT)
        entry = only_titled(unit);
    return entry;
}

bool unit_has_key(struct cosem_unit *unit, enum cosem_role role)
{
    const struct wp_key *key = unit_find_key(unit, role, unit_title(unit, role));

    return key && key->n_key > 0;
}

void cosem_unit_dedicate(struct cosem_unit *unit, struct wp_slice key)
{
    assert(key.n == 0 || key.n == 16 || key.n == 32);
    unit->n_dedicated = (uint8_t)key.n;
    if (key.n > 0)
        memcpy(unit->dedicated, key.p, key.n);
    for (size_t i = 0; i < COSEM_COUNTERS; i++)
        if (unit->counter[i].key == COSEM_KEY_DEDICATED)
            unit->counter[i].is_seen = false;
}

/* A dedicated or broadcast key that nobody told may be the one that was given for the sender: a tag tells. */
struct wp_slice unit_pick_key(const struct cosem_unit *unit, const struct wp_key *entry, enum cosem_key which)
{
    if (which == COSEM_KEY_DEDICATED && unit->n_dedicated > 0)
        return wp_slice(unit->dedicated, unit->n_dedicated);
    if (which == COSEM_KEY_BROADCAST && entry && entry->n_broadcast > 0)
        return wp_slice(entry->broadcast, entry->n_broadcast);
    return entry ? wp_slice(entry->key, entry->n_key) : wp_slice(NULL, 0);
}

/* ---- counters --------------------------------------------------------------------------------------- */

enum cosem_freshness cosem_counter_look(const struct cosem_counter *counter, uint32_t ic)
{
    if (counter->is_seen && ic == counter->highest)
        return COSEM_COUNTER_REPEATED;
    if (counter->is_seen && ic < counter->highest)
        return COSEM_COUNTER_LOWER;
    return ic == UINT32_MAX ? COSEM_COUNTER_SPENT : COSEM_COUNTER_FRESH;
}

bool cosem_counter_next(uint32_t *last, uint32_t *ret_ic)
{
    if (*last >= UINT32_MAX - 1)
        return false;
    *ret_ic = ++*last;
    return true;
}

struct cosem_counter *unit_find_counter(struct cosem_unit *unit, const struct cosem_layer *layer)
{
    for (size_t i = 0; i < COSEM_COUNTERS; i++) {
        struct cosem_counter *counter = &unit->counter[i];

        if (counter->is_seen && counter->key == layer->key &&
            memcmp(counter->title, layer->title, COSEM_TITLE) == 0)
            return counter;
    }
    return NULL;
}

static void see_counter(struct cosem_unit *unit, const struct cosem_layer *layer)
{
    struct cosem_counter *counter = unit_find_counter(unit, layer);

    if (!counter) {
        counter = &unit->counter[unit->counters++ % COSEM_COUNTERS];
        *counter = (struct cosem_counter){.key = (uint8_t)layer->key, .is_seen = true, .highest = layer->ic};
        memcpy(counter->title, layer->title, COSEM_TITLE);
    }
    if (layer->ic > counter->highest)
        counter->highest = layer->ic;
}

void unit_accept(struct cosem_unit *unit, const struct cosem_plain *out)
{
    if (out->n_layers > 0 && out->layer[out->n_layers - 1].has_title)
        see_counter(unit, &out->layer[out->n_layers - 1]);
}
