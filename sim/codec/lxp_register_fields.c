/* What the registers of a LuxPower frame hold, each by name, with its value and unit.
 *
 *     inputs.v_bat       49.4 V        of a read-input reply, exactly as the API publishes it; a sum has no place of its own
 *     inputs.254         7             a register without a name
 *     hold.65            100           every hold register by number, as it is
 *     settings.NAME      100 %         the same by name, scaled; of flags one field for each (settings.function_1.ac_charge)
 *
 * The inverter's serial stands in registers, too: there, and there alone, it is an id. */
#include "sim/codec/lxp_say.h"

#include "sim/codec/lxp_input.h"
#include "sim/codec/lxp_register.h"

enum { PATH_ROOM = 96, SERIAL_REGISTERS = LXP_SERIAL / 2, VALUES_MAX = LXP_FRAME_MAX / 2 };

struct path {
    char text[PATH_ROOM];
};

/* "settings." "function_1" "." "ac_charge"; parts that are NULL are left out. */
static struct path path_of(const char *group, const char *name, const char *part)
{
    struct path path;
    struct wp_writer w = wp_writer(path.text, sizeof path.text);

    wp_put_text(&w, group);
    wp_put_text(&w, name);
    wp_put_text(&w, part ? "." : "");
    wp_put_text(&w, part ? part : "");
    wp_put_end(&w);
    return path;
}

static struct path path_of_number(const char *group, uint32_t number)
{
    struct path path;
    struct wp_writer w = wp_writer(path.text, sizeof path.text);

    wp_put_text(&w, group);
    wp_put_uint(&w, number);
    wp_put_end(&w);
    return path;
}

static void say_measured(const struct lxp_visitor *v, const char *path, struct wp_value value,
                         const char *unit, struct wp_slice raw)
{
    struct wp_field field = {path, value, unit, 0, raw.n, raw.n ? WP_ROLE_VALUE : WP_ROLE_FIELD};

    if (raw.n)
        field.first = lxp_place(v, raw);
    v->visit(v->ctx, &field);
}

static bool is_within(uint32_t number, uint32_t first, uint32_t n)
{
    return number >= first && number - first < n;
}

/* As much of the serial, which begins at that register, as is there. */
static void say_serial(const struct lxp_visitor *v, const char *path, uint32_t serial)
{
    const struct lxp_frame *f = v->frame;
    size_t begin = f->count, end = 0;

    for (size_t i = 0; i < f->count; i++) {
        if (!is_within(f->first + (uint32_t)i, serial, SERIAL_REGISTERS))
            continue;
        begin = i < begin ? i : begin;
        end = i + 1;
    }
    if (begin < end) {
        struct wp_slice text = wp_slice(f->values.p + 2 * begin, 2 * (end - begin));

        say(v, path, lxp_text_or_bytes(text), lxp_place(v, text), text.n, WP_ROLE_ID);
    }
}

/* ---- input registers ---------------------------------------------------------------------------------- */

static bool is_serial_name(const char *name)
{
    return strcmp(name, "serial") == 0;
}

/* Sums are of registers that stand alone, too. */
static bool is_sum(const struct wp_point *p)
{
    return p->value.kind == WP_DECIMAL && p->raw.n > 4;
}

static void mark(uint8_t *named, const struct lxp_visitor *v, struct wp_slice raw)
{
    size_t begin = (size_t)(raw.p - v->frame->values.p) / 2;

    for (size_t i = begin; i < begin + raw.n / 2; i++)
        named[i] = 1;
}

/* Is the u32 in these two registers there? Then its bits are told by name. */
static void say_flags(const struct lxp_visitor *v, const char *path, uint32_t number,
                      const char *(*text)(unsigned bit))
{
    const struct lxp_frame *f = v->frame;

    for (unsigned bit = 0; bit < 32; bit++) {
        size_t i = number + bit / 16 - f->first;

        if (!is_within(number, f->first, f->count) || !is_within(number + 1, f->first, f->count))
            return;
        if (lxp_u16(f->values, i) >> bit % 16 & 1 && text(bit))
            say_derived(v, path, wp_text_value(wp_text(text(bit))));
    }
}

/* What codes mean, in words. */
static void say_codes(const struct lxp_visitor *v)
{
    const struct lxp_frame *f = v->frame;

    if (is_within(LXP_INPUT_status, f->first, f->count)) {
        size_t i = (size_t)LXP_INPUT_status - f->first;
        const char *text = lxp_status_text(lxp_u16(f->values, i));

        say_derived(v, "status_text", wp_text_value(wp_text(text ? text : "unknown")));
    }
    say_flags(v, "faults[]", LXP_INPUT_fault_code, lxp_fault_bit_text);
    say_flags(v, "warnings[]", LXP_INPUT_warning_code, lxp_warning_bit_text);
}

static void say_inputs(const struct lxp_visitor *v)
{
    const struct lxp_frame *f = v->frame;
    struct wp_point points[LXP_INPUT_POINTS_MAX];
    uint8_t named[VALUES_MAX] = {0};
    size_t n = lxp_input_points(f->first, f->values, (struct lxp_input_options){0}, points);

    for (size_t i = 0; i < n; i++) {
        const struct wp_point *p = &points[i];
        struct path path = path_of("inputs.", p->name, NULL);

        if (is_serial_name(p->name))
            continue;
        if (!is_sum(p))
            mark(named, v, p->raw);
        say_measured(v, path.text, p->value, p->unit, is_sum(p) ? wp_slice(NULL, 0) : p->raw);
    }
    say_serial(v, "inputs.serial", LXP_INPUT_serial);
    for (size_t i = 0; i < f->count; i++) {
        uint32_t number = f->first + (uint32_t)i;
        struct path path = path_of_number("inputs.", number);

        if (!named[i] && !is_within(number, LXP_INPUT_serial, SERIAL_REGISTERS))
            say_measured(v, path.text, wp_int(lxp_u16(f->values, i)), "", wp_slice(f->values.p + 2 * i, 2));
    }
    say_codes(v);
}

/* ---- hold registers ----------------------------------------------------------------------------------- */

static void say_time(const struct lxp_visitor *v, const char *path, uint16_t value)
{
    unsigned hour = value & 0xFF, minute = value >> 8;
    uint8_t memory[16];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    wp_put_text(&w, hour < 10 ? "0" : "");
    wp_put_uint(&w, hour);
    wp_put_text(&w, minute < 10 ? ":0" : ":");
    wp_put_uint(&w, minute);
    say_derived(v, path, wp_text_value(wp_written(&w)));
}

static void say_bits(const struct lxp_visitor *v, const struct lxp_register *row, uint16_t value)
{
    size_t n;
    const struct lxp_bit *bit = lxp_bits(row->number, &n);

    for (size_t i = 0; i < n; i++) {
        struct path path = path_of("settings.", row->name, bit[i].name);
        unsigned is = lxp_bit_of(&bit[i], value);

        say_derived(v, path.text, bit[i].width == 1 ? wp_bool(is) : wp_int(is));
    }
}

/* The row begins at register i of the frame, and all of it is there. */
static void say_setting(const struct lxp_visitor *v, const struct lxp_register *row, size_t i)
{
    struct path path = path_of("settings.", row->name, NULL), parts = path_of("settings.", row->name, NULL);
    uint16_t value = lxp_u16(v->frame->values, i);
    struct wp_slice raw = wp_slice(v->frame->values.p + 2 * i, 2 * (size_t)row->registers);

    switch (row->form) {
    case LXP_TEXT: say_derived(v, path.text, lxp_text_or_bytes(raw)); break;
    case LXP_BITS: say_bits(v, row, value); break;
    case LXP_TIME: say_time(v, path.text, value); break;
    case LXP_BYTES:
        strcat(parts.text, "[]");
        say_derived(v, parts.text, wp_int(value & 0xFF));
        say_derived(v, parts.text, wp_int(value >> 8));
        break;
    case LXP_I16:
        say_measured(v, path.text, wp_decimal((int16_t)value, row->exp10), row->unit, wp_slice(NULL, 0));
        break;
    case LXP_FACTOR:
        say_measured(v, path.text, wp_decimal(value > 1000 ? 1000 - value : value, row->exp10), row->unit,
                     wp_slice(NULL, 0));
        break;
    default: say_measured(v, path.text, wp_decimal(value, row->exp10), row->unit, wp_slice(NULL, 0)); break;
    }
}

static void say_holds(const struct lxp_visitor *v)
{
    const struct lxp_frame *f = v->frame;

    for (size_t i = 0; i < f->count; i++) {
        uint32_t number = f->first + (uint32_t)i;
        struct path path = path_of_number("hold.", number);
        struct wp_value value = wp_int(lxp_u16(f->values, i));

        if (is_within(number, LXP_HOLD_serial, SERIAL_REGISTERS))
            v->visit(v->ctx, &(struct wp_field){path.text, value, "", 0, 0, WP_ROLE_ID});
        else
            say_measured(v, path.text, value, "", wp_slice(f->values.p + 2 * i, 2));
    }
    for (size_t i = 0; i < f->count; i++) {
        uint32_t number = f->first + (uint32_t)i;
        const struct lxp_register *row = number <= UINT16_MAX ? lxp_hold_find((uint16_t)number) : NULL;

        if (row && number == row->number && row->number != LXP_HOLD_serial && i + row->registers <= f->count)
            say_setting(v, row, i);
    }
    say_serial(v, "settings.serial", LXP_HOLD_serial);
}

void lxp_say_registers(const struct lxp_visitor *v)
{
    if (v->frame->device_function == LXP_READ_INPUT)
        say_inputs(v);
    else
        say_holds(v);
}
