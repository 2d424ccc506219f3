/* Names of OBIS codes: single objects first, then quantity, processing, phase and tariff put together. */
#include "sim/codec/obis.h"

enum {
    ANY = 256, /* group B of a row that stands for every channel */
    QUANTITIES = 20,
    PHASES = 3,
    TARIFF_MAX = 63,
    HARMONIC_TOTAL = 124,
};

enum source { POWER, ENERGY };

static const struct quantity {
    const char *power, *energy;
} quantities[QUANTITIES + 1] = {
#define QUANTITY(c, power, energy) [c] = {power, energy},
#include "sim/codec/obis.def"
#undef QUANTITY
};

static const struct process {
    uint8_t d;
    const char *before;
    enum source of;
    bool has_tariffs;
} processes[] = {
#define PROCESS(d, before, of, tariffs) {d, before, of, tariffs},
#include "sim/codec/obis.def"
#undef PROCESS
};

static const struct object {
    uint8_t a;
    uint16_t b;
    uint8_t c, d, first, last;
    const char *name;
} objects[] = {
#define OBJECT(a, b, c, d, first, last, name) {a, b, c, d, first, last, name},
#include "sim/codec/obis.def"
#undef OBJECT
};

static const struct object *find_object(struct obis o)
{
    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++) {
        const struct object *row = &objects[i];

        if (row->a == o.v[0] && (row->b == ANY || row->b == o.v[1]) && row->c == o.v[2] && row->d == o.v[3] &&
            row->first <= o.v[4] && o.v[4] <= row->last)
            return row;
    }
    return NULL;
}

static const struct process *find_process(uint8_t d)
{
    for (size_t i = 0; i < sizeof processes / sizeof processes[0]; i++)
        if (processes[i].d == d)
            return &processes[i];
    return NULL;
}

static void put_numbered(struct wp_writer *w, const char *what, unsigned number)
{
    wp_put_text(w, what);
    wp_put_uint(w, number);
}

/* Electricity: C is one of the quantities, of all phases (1..20), or of one (20 more for each). */
static bool put_quantity(struct wp_writer *w, struct obis o)
{
    const unsigned phase = o.v[2] == 0 ? 0 : (o.v[2] - 1u) / QUANTITIES, e = o.v[4];
    const struct process *process = find_process(o.v[3]);
    const struct quantity *quantity;
    const char *name;

    if (o.v[0] != 1 || o.v[2] == 0 || phase > PHASES || !process)
        return false;
    quantity = &quantities[(o.v[2] - 1u) % QUANTITIES + 1];
    name = process->of == ENERGY ? quantity->energy : quantity->power;
    if (!name || e > (process->has_tariffs ? TARIFF_MAX : process->d == 7 ? HARMONIC_TOTAL : 0u))
        return false;
    if (process->before) {
        wp_put_text(w, process->before);
        wp_put_text(w, ": ");
    }
    wp_put_text(w, name);
    if (phase > 0)
        put_numbered(w, " L", phase);
    if (e > 0 && process->has_tariffs)
        put_numbered(w, " tariff ", e);
    else if (e == HARMONIC_TOTAL)
        wp_put_text(w, " total harmonic distortion");
    else if (e > 0)
        put_numbered(w, " harmonic ", e);
    return true;
}

bool obis_put_name(struct wp_writer *w, struct obis o)
{
    const struct object *object = find_object(o);

    if (!object)
        return put_quantity(w, o);
    wp_put_text(w, object->name);
    if (object->first < object->last)
        put_numbered(w, " ", o.v[4]);
    return true;
}
