/* Commands in the words of the south:
 *
 *     read   input 0/40     input registers, the first one and how many
 *            hold 65        one hold register; hold 0/40: several
 *     write  hold 65        a number from 0 to 65535
 *            hold 21.7      a bit of a hold register: true or false */
#include "sim/gateway/south_lxp_impl.h"

enum { REGISTERS = 65536, BITS = 16 };

/* ---- identifiers ---------------------------------------------------------------------------------- */

static bool take_text(struct wp_slice *in, const char *text)
{
    struct wp_slice t = wp_text(text);

    if (in->n < t.n || memcmp(in->p, t.p, t.n) != 0)
        return false;
    *in = wp_slice_from(*in, t.n);
    return true;
}

/* Digits, up to five of them. */
static bool take_number(struct wp_slice *in, uint32_t max, uint32_t *out)
{
    size_t n = 0;

    *out = 0;
    for (; n < in->n && n < 5 && in->p[n] >= '0' && in->p[n] <= '9'; n++)
        *out = 10 * *out + (uint32_t)(in->p[n] - '0');
    *in = wp_slice_from(*in, n);
    return n > 0 && *out <= max;
}

/* "65", "0/40" behind the word. */
static bool read_range(struct wp_slice id, struct lxp_request *out)
{
    uint32_t first, count = 1;

    if (!take_number(&id, REGISTERS - 1, &first))
        return false;
    if (take_text(&id, "/") && !take_number(&id, REGISTERS - 1, &count))
        return false;
    out->first = (uint16_t)first;
    out->left = (uint16_t)count;
    return id.n == 0 && count > 0 && first + count <= REGISTERS;
}

static bool read_read(struct wp_slice id, struct lxp_request *out)
{
    if (take_text(&id, "input ")) {
        out->kind = LXP_ASK_INPUT;
        return read_range(id, out);
    }
    out->kind = LXP_ASK_HOLD;
    return take_text(&id, "hold ") && read_range(id, out);
}

static bool read_bit(struct wp_slice id, struct wp_value value, struct lxp_request *out)
{
    uint32_t bit;

    if (!take_number(&id, BITS - 1, &bit) || id.n > 0 || value.kind != WP_BOOL)
        return false;
    out->kind = LXP_SET_BIT;
    out->bit = (uint8_t)bit;
    out->on = value.yes;
    return true;
}

static bool read_value(struct wp_value value, struct lxp_request *out)
{
    int64_t number;

    if (value.kind != WP_DECIMAL || !wp_decimal_at(value, 0, &number) || number < 0 || number >= REGISTERS)
        return false;
    out->kind = LXP_SET_VALUE;
    out->is_writing = true;
    out->value = (uint16_t)number;
    return true;
}

static bool read_write(struct wp_slice id, struct wp_value value, struct lxp_request *out)
{
    uint32_t number;

    if (!take_text(&id, "hold ") || !take_number(&id, REGISTERS - 1, &number))
        return false;
    out->first = (uint16_t)number;
    out->left = 1;
    if (take_text(&id, "."))
        return read_bit(id, value, out);
    return id.n == 0 && read_value(value, out);
}

/* ---- commands ------------------------------------------------------------------------------------- */

static void refuse(struct lxp_south *so, const struct wp_command *command, const char *fault)
{
    const struct wp_answer a = {
        .tag = command->tag, .from = command->from, .device = command->device, .fault = wp_text(fault)};
    const struct wp_effect effect = {.kind = WP_ANSWER, .answer = &a};

    so->out->emit(so->out, &effect);
}

/* NULL: *out may go into the queue. */
static const char *read_command(const struct wp_command *command, struct lxp_request *out)
{
    bool good = false;

    *out = (struct lxp_request){.tag = command->tag, .from = command->from};
    if (command->n_ids != 1 || command->poll)
        return "Not supported";
    if (command->operation == WP_READ)
        good = read_read(command->ids[0], out);
    else if (command->operation == WP_WRITE)
        good = read_write(command->ids[0], command->value, out);
    return good ? NULL : "Unknown register or value";
}

void south_lxp_take_command(struct lxp_south *so, const struct wp_command *command)
{
    struct lxp_session *s = so->n ? wp_map_find(&so->by_serial, command->device) : NULL;
    struct lxp_request made;
    const char *fault = read_command(command, &made);

    if (!s || !s->port)
        fault = GATEWAY_NO_INVERTER;
    if (!fault)
        fault = south_lxp_append(so, s, &made);
    if (fault)
        refuse(so, command, fault);
    else
        south_lxp_go_on(so, s);
}
