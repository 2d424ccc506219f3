/* The fields of a reply's payload: one register, a block of them, or a freeze record. */
#include "sim/codec/dlt645_di.h"
#include "sim/codec/dlt645_say.h"

enum { TEXT_MAX = 96 };

static const char *note_of(enum dlt645_quality quality)
{
    switch (quality) {
    case DLT645_FILL: return "all-FF fill = quantity not supported";
    case DLT645_INVALID: return "non-BCD digits";
    default: return NULL;
    }
}

static void say_mismatch(const struct dlt645_visitor *v, const char *what, size_t standard, size_t got)
{
    uint8_t memory[TEXT_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    wp_put_text(&w, what);
    wp_put_uint(&w, standard);
    wp_put_text(&w, ", got ");
    wp_put_uint(&w, got);
    say_derived(v, "data_len_mismatch", wp_text_value(wp_written(&w)));
}

/* 04000401..03: address, number and asset code of the meter. */
static bool is_identity(uint32_t di)
{
    return di >= 0x04000401 && di <= 0x04000403;
}

/* A text says itself; a number is said as value, and as text with all its places. */
static void say_good(const struct dlt645_visitor *v, const struct dlt645_register *row, struct wp_value value,
                     size_t at, size_t len)
{
    uint8_t memory[TEXT_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    if (!wp_is_number(value)) {
        say_data(v, "text", value, at, len, is_identity(row->di) ? WP_ROLE_ID : WP_ROLE_VALUE);
        return;
    }
    say(v, "value", value, row->unit, v->frame->wakeup + DLT645_AT_DATA + at, len, WP_ROLE_VALUE);
    wp_put_value(&w, value);
    say_derived(v, "text", wp_text_value(wp_written(&w)));
}

/* The payload of one register, from D(at). */
static void say_register(const struct dlt645_visitor *v, const struct dlt645_register *row,
                         struct wp_slice payload, size_t at)
{
    uint8_t memory[TEXT_MAX];
    struct wp_writer text = wp_writer(memory, sizeof memory);
    bool is_number = row->form == DLT645_DECIMAL || row->form == DLT645_DEMAND;
    size_t len = row->form == DLT645_DEMAND ? 3 : payload.n;
    struct wp_value value;
    enum dlt645_quality quality = dlt645_value_decode(row, payload, &text, &value);

    if (is_number)
        say_text(v, "unit", row->unit);
    if (quality == DLT645_LENGTH) {
        say_bytes(v, "payload", at, payload.n, WP_ROLE_VALUE);
        say_mismatch(v, "standard length ", row->bytes, payload.n);
        return;
    }
    if (row->form == DLT645_OPAQUE) {
        say_bytes(v, "payload", at, payload.n, WP_ROLE_VALUE);
        return;
    }
    say_derived(v, "payload", wp_bytes_value(payload));
    if (quality == DLT645_GOOD) {
        say_good(v, row, value, at, len);
    } else {
        say_data(v, "value", wp_null(), at, len, WP_ROLE_VALUE);
        say_text(v, "note", note_of(quality));
    }
    if (row->form == DLT645_DEMAND) {
        dlt645_demand_time(payload, &text, &value);
        say_data(v, "time", value, at + 3, payload.n - 3, WP_ROLE_VALUE);
    }
}

/* One member of a block; its bytes, or 0 when what is left is too short for it. */
static size_t say_member(const struct dlt645_visitor *v, const struct dlt645_register *row,
                         struct wp_slice rest, size_t at)
{
    uint8_t memory[TEXT_MAX];
    struct wp_writer text = wp_writer(memory, sizeof memory);
    size_t len = row->bytes ? row->bytes : rest.n;
    struct wp_value value;

    if (len == 0 || rest.n < len)
        return 0;
    dlt645_value_decode(row, wp_slice(rest.p, len), &text, &value);
    say_data(v, "values[]", value, at, len, WP_ROLE_VALUE);
    return len;
}

/* The payload of a block, member by member as far as it goes: a meter with one phase sends one. */
static void say_block(const struct dlt645_visitor *v, uint32_t block, struct wp_slice payload, size_t at)
{
    uint32_t di = block;
    size_t used = 0;

    say_derived(v, "payload", wp_bytes_value(payload));
    while (used < payload.n && dlt645_di_next(block, &di)) {
        size_t len = say_member(v, dlt645_di_find(di), wp_slice_from(payload, used), at + used);

        if (len == 0)
            break;
        used += len;
    }
    if (used < payload.n) {
        say_bytes(v, "rest", at + used, payload.n - used, WP_ROLE_VALUE);
        say_mismatch(v, "block of whole members ends at ", used, payload.n);
    }
}

/* A freeze record holds the total and every tariff, all alike. */
static void say_tariffs(const struct dlt645_visitor *v, const struct dlt645_register *row,
                        struct wp_slice payload, size_t at)
{
    size_t used = 0;

    say_derived(v, "payload", wp_bytes_value(payload));
    for (; payload.n - used >= row->bytes; used += row->bytes)
        say_member(v, row, wp_slice(payload.p + used, row->bytes), at + used);
    if (used < payload.n)
        say_bytes(v, "rest", at + used, payload.n - used, WP_ROLE_VALUE);
}

void dlt645_say_reading(const struct dlt645_visitor *v, const struct dlt645_body *body)
{
    const struct dlt645_register *row = dlt645_di_find(body->di);
    size_t at = (size_t)(body->payload.p - v->frame->data);
    bool is_piece = dlt645_has_more(v->frame) || dlt645_function(v->frame) == DLT645_READ_FOLLOW;
    uint8_t memory[TEXT_MAX];
    struct wp_writer name = wp_writer(memory, sizeof memory);

    dlt645_di_put_name(&name, body->di);
    if (name.n)
        say_derived(v, "quantity", wp_text_value(wp_written(&name)));
    if (dlt645_di_is_block(body->di))
        say_block(v, body->di, body->payload, at);
    else if (!row || body->payload.n == 0 || (is_piece && body->payload.n != row->bytes))
        say_bytes(v, "payload", at, body->payload.n, WP_ROLE_VALUE);
    else if (row->family == DLT645_LAST_TARIFFS)
        say_tariffs(v, row, body->payload, at);
    else
        say_register(v, row, body->payload, at);
}
