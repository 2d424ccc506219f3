/* Load: what the sensors see becomes power, in whole numbers.
 *
 *     voltage, current, factor --> P, Q, S of a phase, rounded once to 0.1 W, var, VA as the registers show them
 *     P, Q of the total = sum of the phases       S = root of P P + Q Q       factor = P / S
 *
 *     quadrant    1 P+ Q+      2 P- Q+      3 P- Q-      4 P+ Q-       a negative current turns both signs */
#include "sim/device/dlt645_meter_inside.h"

enum {
    UVA_PER_UNIT = 100000, /* microwatt in 0.1 W */
    MILLIAMPERE_MAX = 1000000,
};

uint32_t dlt645_meter_root(uint64_t square)
{
    uint64_t root = 0;

    if (square == 0)
        return 0;
    for (uint64_t bit = UINT64_C(1) << (63 - __builtin_clzll(square)) / 2; bit > 0; bit >>= 1)
        if ((root | bit) * (root | bit) <= square)
            root |= bit;
    return (uint32_t)root;
}

static int32_t rounded(uint64_t micro)
{
    return (int32_t)((micro + UVA_PER_UNIT / 2) / UVA_PER_UNIT);
}

static void phase_flow(const struct dlt645_meter_load *load, unsigned i, struct dlt645_meter_flow *out)
{
    int64_t current = load->milliampere[i] * (int64_t)load->scale_permille / 1000;
    bool back = (current < 0) != (load->quadrant == 2 || load->quadrant == 3);
    bool leading = (current < 0) != (load->quadrant >= 3);
    uint64_t amount = (uint64_t)(current < 0 ? -current : current);
    uint64_t uva = amount * load->millivolt[i], factor = load->factor_permille[i];
    uint64_t sine_ppm = dlt645_meter_root((1000000 - factor * factor) * 1000000);
    int32_t p = rounded(uva / 1000 * factor + uva % 1000 * factor / 1000);
    int32_t q = rounded(uva / 1000000 * sine_ppm + uva % 1000000 * sine_ppm / 1000000);

    out->milliampere[i + 1] = (int32_t)(back ? -(int64_t)amount : (int64_t)amount);
    out->active[i + 1] = back ? -p : p;
    out->reactive[i + 1] = leading ? -q : q;
    out->apparent[i + 1] = rounded(uva);
}

/* The neutral carries the sum of the phase currents as vectors, A at 0, B at 240, C at 120 degrees. In microampere,
 * so that a balanced load leaves nothing; beyond what a register shows nobody needs it. */
int32_t dlt645_meter_neutral(const struct dlt645_meter *m, const struct dlt645_meter_flow *flow)
{
    static const int64_t cosine_ppm[] = {1000000, -500000, -500000}, sine_ppm[] = {0, -866025, 866025};
    int64_t re = 0, im = 0;

    for (unsigned i = 0; i < m->n_phases; i++) {
        int64_t factor = m->load.factor_permille[i], amount = flow->milliampere[i + 1], x, y;

        amount = amount < 0 ? -amount : amount;
        amount = amount < MILLIAMPERE_MAX ? amount : MILLIAMPERE_MAX;
        x = amount * factor;
        y = amount * dlt645_meter_root((uint64_t)(1000000 - factor * factor) * 1000000) / 1000;
        x = flow->active[i + 1] < 0 ? -x : x;
        y = flow->reactive[i + 1] < 0 ? y : -y;
        re += (x * cosine_ppm[i] - y * sine_ppm[i]) / 1000000;
        im += (x * sine_ppm[i] + y * cosine_ppm[i]) / 1000000;
    }
    return (int32_t)((dlt645_meter_root((uint64_t)(re * re + im * im)) + 500u) / 1000);
}

static void flow_of(const struct dlt645_meter_load *load, unsigned n_phases, struct dlt645_meter_flow *out)
{
    uint64_t p, q;

    *out = (struct dlt645_meter_flow){0};
    for (unsigned i = 0; i < n_phases; i++) {
        phase_flow(load, i, out);
        out->active[0] += out->active[i + 1];
        out->reactive[0] += out->reactive[i + 1];
    }
    p = (uint64_t)(out->active[0] < 0 ? -out->active[0] : out->active[0]);
    q = (uint64_t)(out->reactive[0] < 0 ? -out->reactive[0] : out->reactive[0]);
    out->apparent[0] = n_phases == 1 ? out->apparent[1] : (int32_t)dlt645_meter_root(p * p + q * q);
}

void dlt645_meter_flow(const struct dlt645_meter *m, struct dlt645_meter_flow *out)
{
    if (m->relay_open || m->state == METER_OFF)
        *out = (struct dlt645_meter_flow){0};
    else
        flow_of(&m->load, m->n_phases, out);
}

void dlt645_meter_first_flow(const struct dlt645_meter *m, struct dlt645_meter_flow *out)
{
    struct dlt645_meter_load load;

    dlt645_meter_first_load(m, &load);
    flow_of(&load, m->n_phases, out);
}

/* CORDIC: turn the vector onto the axis by arc tangents of halves, and add up how far it was turned. */
int dlt645_meter_angle(int32_t active, int32_t reactive)
{
    static const int32_t turn_udeg[] = {45000000, 26565051, 14036243, 7125016, 3576334, 1789911, 895174,
                                        447614,   223811,   111906,   55953,   27976,   13988};
    int64_t x = active * INT64_C(65536), y = reactive * INT64_C(65536), angle = 0, old;

    if (active == 0 && reactive == 0)
        return 0;
    if (x < 0) {
        x = -x;
        y = -y;
        angle = 180000000;
    }
    for (unsigned i = 0; i < sizeof turn_udeg / sizeof turn_udeg[0]; i++) {
        int64_t half = INT64_C(1) << i;

        old = x;
        if (y > 0) {
            x += y / half;
            y -= old / half;
            angle += turn_udeg[i];
        } else {
            x -= y / half;
            y += old / half;
            angle -= turn_udeg[i];
        }
    }
    return (int)((angle + 360050000) / 100000 % 3600);
}
