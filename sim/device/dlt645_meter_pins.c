/* Registers held at a value, whatever the meter counts: by name, or any by its identifier.
 *
 *     register: "02010100=245.5, 04000402=000000000042, 04000501=x0180, 02010200="
 *
 * A value is read as the register's row says; x gives the bytes as they stand on the wire. Nothing behind = lets go.
 * Held values lie in the store as the bytes of a reply. */
#include "sim/device/dlt645_meter_inside.h"

static const uint32_t pinned_di[] = {
#define OPTION(...)
#define PIN(id, name, di, unit, min, max, help) di,
#define FAULT(...)
#include "sim/device/dlt645_meter.def"
#undef OPTION
#undef PIN
#undef FAULT
};

enum { VALUE_MAX = 256 };

/* One "DI=value" of a register row. bytes.p NULL: let go of it. */
struct item {
    uint32_t di;
    struct wp_slice bytes;
};

static bool get_di(struct wp_slice text, uint32_t *out)
{
    uint8_t di[4];
    size_t n;

    if (text.n != 8 || !wp_hex_read(text, di, sizeof di, &n) || n != sizeof di)
        return false;
    *out = (uint32_t)di[0] << 24 | (uint32_t)di[1] << 16 | (uint32_t)di[2] << 8 | di[3];
    return *out < METER_KEY_FIRST;
}

static bool get_bytes(uint32_t di, struct wp_slice text, struct wp_writer *w)
{
    const struct dlt645_register *row = dlt645_di_find(di);
    struct wp_value v;
    size_t n;

    if (text.n > 0 && text.p[0] == 'x') {
        if (!wp_hex_read(wp_slice_from(text, 1), w->p, w->cap, &n) || n == 0)
            return false;
        w->n = n;
        return true;
    }
    if (!row)
        return false;
    if (!wp_number_read(text, &v) || (row->form != DLT645_DECIMAL && row->form != DLT645_DEMAND))
        v = wp_text_value(text);
    return dlt645_value_encode(row, v, w) && !w->full;
}

/* Takes one item off the front. false: it is none; an empty text has none left. */
static bool next_item(struct wp_slice *text, uint8_t memory[VALUE_MAX], struct item *out)
{
    struct wp_writer w = wp_writer(memory, VALUE_MAX);
    size_t end = 0, equals = 0;

    while (end < text->n && text->p[end] != ',')
        end++;
    while (equals < end && text->p[equals] != '=')
        equals++;
    if (equals == end || !get_di(wp_slice(text->p, equals), &out->di))
        return false;
    out->bytes = (struct wp_slice){NULL, 0};
    if (equals + 1 < end && !get_bytes(out->di, wp_slice(text->p + equals + 1, end - equals - 1), &w))
        return false;
    if (w.n > 0)
        out->bytes = wp_written(&w);
    *text = wp_slice_from(*text, end + 1);
    while (text->n > 0 && text->p[0] == ' ')
        *text = wp_slice_from(*text, 1);
    return true;
}

void dlt645_meter_refuse(struct wp_outbox *out, const char *what, const char *name)
{
    if (out)
        wp_note(out, what, wp_text(name), 1);
}

static void hold(struct dlt645_meter *m, uint32_t di, struct wp_slice bytes, struct wp_outbox *out)
{
    if (!bytes.p)
        dlt645_meter_forget(m, di);
    else if (!dlt645_meter_keep(m, di, bytes))
        dlt645_meter_refuse(out, "memory-full", "register");
}

void dlt645_meter_pin(struct dlt645_meter *m, enum dlt645_meter_row row, struct wp_value v,
                      struct wp_outbox *out)
{
    uint32_t di = pinned_di[row - METER_FIRST_PIN];
    uint8_t memory[VALUE_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    if (v.kind == WP_NULL)
        hold(m, di, (struct wp_slice){NULL, 0}, out);
    else if (dlt645_value_encode(dlt645_di_find(di), v, &w))
        hold(m, di, wp_written(&w), out);
    else
        dlt645_meter_refuse(out, "value-refused", dlt645_meter_options[row].name);
}

void dlt645_meter_set_registers(struct dlt645_meter *m, struct wp_value v, struct wp_outbox *out)
{
    struct wp_slice text = v.kind == WP_TEXT ? v.bytes : (struct wp_slice){NULL, 0};
    uint8_t memory[VALUE_MAX];
    struct item item;

    if (v.kind == WP_NULL)
        dlt645_meter_forget_range(m, 0, METER_KEY_FIRST - 1);
    while (text.n > 0) {
        if (!next_item(&text, memory, &item)) {
            dlt645_meter_refuse(out, "value-refused", "register");
            return;
        }
        hold(m, item.di, item.bytes, out);
    }
}

/* What a given value takes of the store. */
size_t dlt645_meter_value_bytes(const struct wp_option_value *given)
{
    enum dlt645_meter_row row = (enum dlt645_meter_row)(given->option - dlt645_meter_options);
    struct wp_slice text = given->value.kind == WP_TEXT ? given->value.bytes : (struct wp_slice){NULL, 0};
    uint8_t memory[VALUE_MAX];
    struct item item;
    size_t n = 0;

    if (row == METER_REGISTER)
        while (text.n > 0 && next_item(&text, memory, &item))
            n += METER_STORE_HEAD + item.bytes.n;
    else if (row >= METER_FIRST_FAULT)
        n = METER_STORE_HEAD + dlt645_meter_fault_bytes(row, given->value, 0, memory);
    else if (row >= METER_FIRST_PIN)
        n = METER_STORE_HEAD + dlt645_di_find(pinned_di[row - METER_FIRST_PIN])->bytes;
    return n;
}

bool dlt645_meter_value_is_good(const struct wp_option_value *given, struct wp_writer *why)
{
    enum dlt645_meter_row row = (enum dlt645_meter_row)(given->option - dlt645_meter_options);
    struct wp_slice text = given->value.bytes;
    uint8_t memory[VALUE_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct item item;

    if (given->value.kind == WP_NULL)
        return true;
    if (row >= METER_FIRST_FAULT) {
        if (dlt645_meter_fault_is_good(row, given->value))
            return true;
        if (why) {
            wp_put_text(why, given->option->name);
            wp_put_text(
                why,
                " has the wrong size: identifiers have 8 digits, addresses 12, an error or control byte 2");
        }
        return false;
    }
    if (row >= METER_FIRST_PIN) {
        if (dlt645_value_encode(dlt645_di_find(pinned_di[row - METER_FIRST_PIN]), given->value, &w))
            return true;
        if (why) {
            wp_put_text(why, given->option->name);
            wp_put_text(why, " has more decimal places than its register");
        }
        return false;
    }
    while (row == METER_REGISTER && text.n > 0) {
        if (next_item(&text, memory, &item))
            continue;
        if (why)
            wp_put_text(why, "register is identifier=value of a known register, or identifier=x and bytes, "
                             "with commas between");
        return false;
    }
    return true;
}
