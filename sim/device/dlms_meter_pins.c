/* Objects held at a value: by their names in the table, or any number by "object=value, ...". */
#include "sim/device/dlms_meter_inside.h"

struct pin_row {
    enum dlms_meter_row row;
    uint8_t c, d, e;
    int8_t exponent; /* of the row's unit in the meter's */
};

static const struct pin_row rows[] = {
#define OPTION(id, name, type, use, unit, fallback, min, max, choices, kept, help)
#define PIN(id, name, c, d, e, unit, exponent, min, max, help) {METER_PIN_##id, c, d, e, exponent},
#define FAULT(id, name, type, min, max, choices, help)
#include "sim/device/dlms_meter.def"
#undef OPTION
#undef PIN
#undef FAULT
};

static union dlms_meter_cell *find(const struct dlms_meter *m, struct obis ln)
{
    for (unsigned i = 0; i < m->n_cells; i++) {
        const union dlms_meter_cell *cell = &m->cells[i];

        if (cell->kind == METER_CELL_PIN && cell->pin.c == ln.v[2] && cell->pin.d == ln.v[3] &&
            cell->pin.e == ln.v[4])
            return (union dlms_meter_cell *)(uintptr_t)cell;
    }
    return NULL;
}

const struct dlms_meter_pin *dlms_meter_pinned(const struct dlms_meter *m, struct obis ln)
{
    const union dlms_meter_cell *cell = find(m, ln);

    return cell ? &cell->pin : NULL;
}

bool dlms_meter_pin(struct dlms_meter *m, struct obis ln, int64_t num, int exp10)
{
    union dlms_meter_cell *cell = find(m, ln);

    if (!cell)
        cell = dlms_meter_free_cell(m);
    if (!cell || exp10 < INT8_MIN || exp10 > INT8_MAX)
        return false;
    cell->pin = (struct dlms_meter_pin){
        .kind = METER_CELL_PIN, .num = num, .exp10 = (int8_t)exp10, .c = ln.v[2], .d = ln.v[3], .e = ln.v[4]};
    return true;
}

/* NULL: it runs again. */
static void hold(struct dlms_meter *m, struct obis ln, struct wp_value v, int exponent, const char *name,
                 struct wp_outbox *out)
{
    union dlms_meter_cell *cell = find(m, ln);

    if (v.kind == WP_NULL && cell)
        cell->kind = METER_CELL_FREE;
    if (v.kind == WP_NULL)
        return;
    if ((v.kind != WP_DECIMAL || !dlms_meter_pin(m, ln, v.num, v.exp10 + exponent)) && out)
        wp_note(out, "memory-full", wp_text(name), 1);
}

void dlms_meter_set_pin(struct dlms_meter *m, enum dlms_meter_row row, struct wp_value v,
                        struct wp_outbox *out)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].row == row)
            hold(m, obis(1, 0, rows[i].c, rows[i].d, rows[i].e, 255), v, rows[i].exponent,
                 dlms_meter_options[row].name, out);
}

/* ---- any object -------------------------------------------------------------------------------------------------- */

static struct wp_slice trimmed(struct wp_slice s)
{
    while (s.n > 0 && s.p[0] == ' ')
        s = wp_slice_from(s, 1);
    while (s.n > 0 && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

static struct wp_slice until(struct wp_slice s, char end)
{
    const uint8_t *found = s.n > 0 ? memchr(s.p, end, s.n) : NULL;

    return found ? wp_slice(s.p, (size_t)(found - s.p)) : s;
}

/* One "object=value" off the front; no value is WP_NULL. false: it does not read. */
static bool next_register(struct wp_slice *text, struct obis *ln, struct wp_value *v)
{
    const struct wp_slice item = until(*text, ','), name = until(item, '=');
    const struct wp_slice value = trimmed(wp_slice_from(item, name.n + 1));

    *text = wp_slice_from(*text, item.n + 1);
    *v = wp_null();
    return name.n < item.n && obis_read(trimmed(name), ln) &&
           (value.n == 0 || (wp_number_read(value, v) && v->kind == WP_DECIMAL));
}

bool dlms_meter_registers_read(struct wp_slice text)
{
    struct obis ln;
    struct wp_value v;

    while (text.n > 0)
        if (!next_register(&text, &ln, &v))
            return false;
    return true;
}

size_t dlms_meter_count_pins(const struct wp_option_value *given)
{
    const enum dlms_meter_row row = (enum dlms_meter_row)(given->option - dlms_meter_options);
    size_t n = 1;

    if (row >= METER_FIRST_PIN && row < METER_FIRST_FAULT)
        return 1;
    if (row != METER_REGISTER || given->value.kind != WP_TEXT)
        return 0;
    for (size_t i = 0; i < given->value.bytes.n; i++)
        n += given->value.bytes.p[i] == ',';
    return n;
}

void dlms_meter_set_registers(struct dlms_meter *m, struct wp_value v, struct wp_outbox *out)
{
    const char *name = dlms_meter_options[METER_REGISTER].name;
    struct wp_slice text = v.kind == WP_TEXT ? v.bytes : wp_slice(NULL, 0);
    struct obis ln;
    struct wp_value number;

    if (v.kind == WP_NULL)
        for (unsigned i = 0; i < m->n_cells; i++)
            if (m->cells[i].kind == METER_CELL_PIN)
                m->cells[i].kind = METER_CELL_FREE;
    if (!dlms_meter_registers_read(text)) {
        if (out)
            wp_note(out, "value-refused", wp_text(name), 1);
        return;
    }
    while (text.n > 0 && next_register(&text, &ln, &number))
        hold(m, ln, number, 0, name, out);
}
