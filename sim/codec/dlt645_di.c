#include "sim/codec/dlt645_di.h"

const struct dlt645_register dlt645_registers[] = {
#define X(di, family, form, bytes, decimals, is_signed, unit, quantity)                                      \
    {di, quantity, unit, DLT645_##family, DLT645_##form, bytes, decimals, is_signed},
#include "sim/codec/dlt645_di.def"
#undef X
};

const size_t dlt645_n_registers = sizeof dlt645_registers / sizeof dlt645_registers[0];

static unsigned byte_of(uint32_t di, unsigned at)
{
    return di >> (8 * at) & 0xFF;
}

/* The last row that is not above di: the only one that can hold it, because a row's members follow it closely. */
static const struct dlt645_register *row_below(uint32_t di)
{
    size_t low = 0, high = dlt645_n_registers;

    while (high - low > 1) {
        size_t middle = (low + high) / 2;

        if (dlt645_registers[middle].di <= di)
            low = middle;
        else
            high = middle;
    }
    return &dlt645_registers[low]; /* row 0 is 00000000, so there is always one */
}

static bool row_has(const struct dlt645_register *row, uint32_t di)
{
    unsigned di1 = byte_of(di, 1), di0 = byte_of(di, 0);
    bool same_type = row->di >> 16 == di >> 16, same_item = row->di >> 8 == di >> 8;

    switch ((enum dlt645_family)row->family) {
    case DLT645_ONE: return row->di == di;
    case DLT645_ENERGY: return same_type && di1 <= DLT645_TARIFF_MAX && di0 <= DLT645_SETTLEMENT_MAX;
    case DLT645_SETTLED: return same_item && di0 <= DLT645_SETTLEMENT_MAX;
    case DLT645_TOTAL_ABC: return same_type && di1 <= 3 && di0 == 0;
    case DLT645_ABC: return same_type && di1 >= 1 && di1 <= 3 && di0 == 0;
    case DLT645_HARMONIC: return same_type && di1 >= 1 && di1 <= 3 && di0 >= 1 && di0 <= DLT645_HARMONIC_MAX;
    case DLT645_LAST:
    case DLT645_LAST_TARIFFS: return same_item && di0 >= 1 && di0 < 0xFF;
    case DLT645_LOAD: return same_item && di0 <= 2;
    }
    return false;
}

const struct dlt645_register *dlt645_di_find(uint32_t di)
{
    const struct dlt645_register *row = row_below(di);

    return row_has(row, di) ? row : NULL;
}

/* Which byte stands for all: 0, 1 or 2; -1 when none or more than one does. DI3 never does. */
static int wild_byte(uint32_t di)
{
    int found = -1;

    for (int at = 0; at < 3; at++) {
        if (byte_of(di, (unsigned)at) != 0xFF)
            continue;
        if (found >= 0)
            return -1;
        found = at;
    }
    return found;
}

bool dlt645_di_next(uint32_t block, uint32_t *di)
{
    int wild = wild_byte(block);
    uint32_t rest;
    unsigned from;

    if (wild < 0)
        return false;
    rest = block & ~(UINT32_C(0xFF) << (8 * wild));
    from = *di == block ? 0 : byte_of(*di, (unsigned)wild) + 1;
    for (unsigned v = from; v < 0xFF; v++) {
        uint32_t member = rest | v << (8 * wild);

        if (dlt645_di_find(member)) {
            *di = member;
            return true;
        }
    }
    return false;
}

bool dlt645_di_is_block(uint32_t di)
{
    uint32_t member = di;

    return dlt645_di_next(di, &member);
}

static void put_numbered(struct wp_writer *w, const char *before, unsigned n)
{
    wp_put_text(w, before);
    wp_put_uint(w, n);
}

static void put_settlement(struct wp_writer *w, unsigned n)
{
    if (n > 0)
        put_numbered(w, ", settlement day -", n);
}

static void put_register_name(struct wp_writer *w, const struct dlt645_register *row, uint32_t di)
{
    static const char *const phase[] = {" total", " A", " B", " C"};
    static const char *const block[] = {", earliest", ", from a given minute", ", latest"};
    unsigned di1 = byte_of(di, 1), di0 = byte_of(di, 0);

    wp_put_text(w, row->quantity);
    switch ((enum dlt645_family)row->family) {
    case DLT645_ONE: break;
    case DLT645_ENERGY:
        if (di1 == 0)
            wp_put_text(w, " total");
        else
            put_numbered(w, " tariff ", di1);
        put_settlement(w, di0);
        break;
    case DLT645_SETTLED: put_settlement(w, di0); break;
    case DLT645_TOTAL_ABC:
    case DLT645_ABC: wp_put_text(w, phase[di1]); break;
    case DLT645_HARMONIC:
        wp_put_text(w, phase[di1]);
        put_numbered(w, " order ", di0);
        break;
    case DLT645_LAST:
    case DLT645_LAST_TARIFFS: put_numbered(w, " -", di0); break;
    case DLT645_LOAD: wp_put_text(w, block[di0]); break;
    }
}

/* What a block is called: by its kind, not by its quantity, because the members are named one by one. */
static void put_block_name(struct wp_writer *w, const struct dlt645_register *first, uint32_t block)
{
    if (first->family == DLT645_ENERGY && byte_of(block, 1) == 0xFF) {
        wp_put_text(w, first->form == DLT645_DEMAND ? "maximum demand" : "energy");
        wp_put_text(w, " block (total then tariffs)");
        put_settlement(w, byte_of(block, 0));
        return;
    }
    if ((first->family == DLT645_TOTAL_ABC || first->family == DLT645_ABC) && byte_of(block, 1) == 0xFF) {
        wp_put_text(w, first->quantity);
        wp_put_text(w, first->family == DLT645_ABC ? " block (A, B, C)" : " block (total, A, B, C)");
        return;
    }
    wp_put_text(w, "block from ");
    put_register_name(w, first, first->di);
}

void dlt645_di_put_name(struct wp_writer *w, uint32_t di)
{
    const struct dlt645_register *row = dlt645_di_find(di);
    uint32_t member = di;

    if (row)
        put_register_name(w, row, di);
    else if (dlt645_di_next(di, &member))
        put_block_name(w, dlt645_di_find(member), di);
}
