/* The value of one object as A-XDR: numbers by their type and scaler, texts, clock, states. */
#include "sim/device/dlms_meter_inside.h"

enum { TEXT_MAX = 48, STATUS_OCTETS = 16, STATUS_BITS = 128, DISCONNECTED = 0, CONNECTED = 1 };

/* ---- who it is ------------------------------------------------------------------------------------------------ */

/* The last `digits` digits, leading zeros too. */
void dlms_meter_put_digits(struct wp_writer *w, uint64_t number, unsigned digits)
{
    char text[20];

    for (unsigned i = digits; i > 0; i--, number /= 10)
        text[i - 1] = (char)('0' + number % 10);
    wp_put_slice(w, wp_slice(text, digits));
}

/* `text`, whose last digits are those of the address. */
static void put_numbered(struct wp_writer *w, const struct dlms_meter *m, const char *text, unsigned digits)
{
    const size_t n = strlen(text);

    wp_put_slice(w, wp_slice(text, n - digits));
    dlms_meter_put_digits(w, m->number, digits);
}

static void put_serial(struct wp_writer *w, const struct dlms_meter *m)
{
    struct wp_value given = dlms_meter_given(m->setup, METER_SERIAL);

    if (given.kind == WP_TEXT)
        wp_put_slice(w, given.bytes);
    else
        put_numbered(w, m, m->profile->serial, m->profile->serial_digits);
}

/* A name that ends in zeros ends in the address; any other stands as it is. */
static void put_device_name(struct wp_writer *w, const struct dlms_meter *m, const char *text)
{
    const size_t n = strlen(text);
    unsigned zeros = 0;

    while (zeros < n && zeros < 12 && text[n - 1 - zeros] == '0')
        zeros++;
    if (m->profile->device_name)
        wp_put_text(w, m->profile->device_name);
    else
        put_numbered(w, m, text, zeros);
}

void dlms_meter_title(const struct dlms_meter *m, uint8_t out[COSEM_TITLE])
{
    if (dlms_meter_given_octets(m->setup, METER_TITLE, out, COSEM_TITLE) == COSEM_TITLE)
        return;
    memcpy(out, m->profile->maker, 3);
    for (unsigned i = 0; i < 5; i++)
        out[3 + i] = (uint8_t)(m->number >> 8 * (4 - i));
}

/* ---- values ---------------------------------------------------------------------------------------------------- */

static void put_text(struct wp_writer *w, uint8_t tag, struct wp_slice text)
{
    if (tag == AXDR_VISIBLE_STRING)
        axdr_put_visible(w, text);
    else
        axdr_put_octets(w, text);
}

void dlms_meter_put_clock(struct wp_writer *w, const struct dlms_meter_view *view)
{
    const struct cosem_time t = dlms_meter_time(view->m, view->at, view->bend);
    uint8_t octets[COSEM_TIME_OCTETS];
    struct wp_writer o = wp_writer(octets, sizeof octets);

    cosem_time_put(&o, &t);
    axdr_put_octets(w, wp_written(&o));
}

/* What does not fit its type shows the most that does. */
static int64_t within(uint8_t tag, int64_t num)
{
    const int64_t most = tag == AXDR_U8    ? UINT8_MAX
                         : tag == AXDR_U16 ? UINT16_MAX
                         : tag == AXDR_I16 ? INT16_MAX
                         : tag == AXDR_U32 ? UINT32_MAX
                         : tag == AXDR_I32 ? INT32_MAX
                                           : INT64_MAX;
    const int64_t least = tag == AXDR_I16 ? INT16_MIN : tag == AXDR_I32 ? INT32_MIN : 0;

    return num > most ? most : num < least ? least : num;
}

static void put_number(struct wp_writer *w, const struct dlms_meter_view *view,
                       const struct dlms_meter_element *e)
{
    int64_t num = 0;
    int exp10 = 0;

    (void)dlms_meter_number(view->m, view->at, e->ln, &num, &exp10);
    axdr_put_scalar(w, (enum axdr_tag)e->tag,
                    (uint64_t)within(e->tag, dlms_meter_scaled(num, exp10, e->scaler)));
}

void dlms_meter_put_scaler_unit(struct wp_writer *w, const struct dlms_meter_view *view,
                                const struct dlms_meter_element *e)
{
    axdr_put_scaler_unit(w, (int8_t)(e->scaler + view->bend->scaler),
                         e->unit ? e->unit : dlms_meter_unit(e->ln));
}

/* Whatever says how its numbers read says the same, asked or pushed. */
uint8_t dlms_meter_unit(struct obis ln)
{
    static const uint8_t of_quantity[] = {255, 27, 27, 29, 29,  29, 29, 29, 29,
                                          28,  28, 33, 35, 255, 44, 27, 27};
    const unsigned c = ln.v[2] > 20 && ln.v[2] < 80 ? ln.v[2] % 20 : ln.v[2];

    if (ln.v[2] == 91)
        return 33;
    if (c >= sizeof of_quantity)
        return 255;
    return (uint8_t)(of_quantity[c] + (ln.v[3] == 8 && of_quantity[c] < 33 ? 3 : 0)); /* Wh, VAh, varh */
}

static void put_serial_value(struct wp_writer *w, const struct dlms_meter_view *view, uint8_t tag)
{
    char text[TEXT_MAX];
    struct wp_writer t = wp_writer(text, sizeof text);

    if (tag == AXDR_U32) {
        axdr_put_u32(w, (uint32_t)view->m->number);
        return;
    }
    put_serial(&t, view->m);
    put_text(w, tag, wp_written(&t));
}

static void put_name_value(struct wp_writer *w, const struct dlms_meter_view *view,
                           const struct dlms_meter_element *e)
{
    char text[TEXT_MAX];
    struct wp_writer t = wp_writer(text, sizeof text);

    put_device_name(&t, view->m, e->text);
    put_text(w, e->tag, wp_written(&t));
}

/* A number, or T1, T2 as Czech meters have it. */
static void put_tariff(struct wp_writer *w, const struct dlms_meter_view *view, uint8_t tag)
{
    const char text[2] = {'T', (char)('0' + view->m->tariff)};

    if (tag == AXDR_OCTET_STRING)
        axdr_put_octets(w, wp_slice(text, sizeof text));
    else
        axdr_put_u8(w, view->m->tariff);
}

static void put_status_bits(struct wp_writer *w, const struct dlms_meter *m)
{
    uint8_t octets[STATUS_OCTETS] = {0};
    const uint8_t bits[] = {m->status_bit, m->alarms & 1 ? METER_BIT_VOLTAGE_HIGH : 0,
                            m->alarms & 2 ? METER_BIT_VOLTAGE_LOW : 0};

    for (size_t i = 0; i < sizeof bits; i++)
        if (bits[i] > 0)
            octets[bits[i] / 8] = (uint8_t)(octets[bits[i] / 8] | 0x80 >> bits[i] % 8);
    axdr_put_bits(w, octets, STATUS_BITS);
}

static void put_relay(struct wp_writer *w, const struct dlms_meter *m, uint8_t tag)
{
    if (tag == AXDR_BOOLEAN)
        axdr_put_bool(w, !m->relay_open);
    else
        axdr_put_enum(w, m->relay_open ? DISCONNECTED : CONNECTED);
}

void dlms_meter_put_element(struct wp_writer *w, const struct dlms_meter_view *view,
                            const struct dlms_meter_element *e)
{
    const struct dlms_meter *m = view->m;

    switch ((enum dlms_meter_what)e->what) {
    case METER_NUMBER: put_number(w, view, e); break;
    case METER_TEXT: put_text(w, e->tag, wp_text(e->text)); break;
    case METER_SERIAL_NUMBER: put_serial_value(w, view, e->tag); break;
    case METER_DEVICE_NAME: put_name_value(w, view, e); break;
    case METER_CLOCK_VALUE: dlms_meter_put_clock(w, view); break;
    case METER_TARIFF_VALUE: put_tariff(w, view, e->tag); break;
    case METER_RELAY_STATE: put_relay(w, m, e->tag); break;
    case METER_SETUP_NAME: axdr_put_octets(w, wp_slice(view->list->setup.v, OBIS_OCTETS)); break;
    case METER_SCALER_UNIT: dlms_meter_put_scaler_unit(w, view, e); break;
    case METER_STATUS_BITS: put_status_bits(w, m); break;
    case METER_EVENT_CODE: axdr_put_u8(w, m->event_code); break;
    case METER_EVENT_COUNT: axdr_put_u16(w, m->n_events[dlms_meter_counter_of(e->ln)]); break;
    }
}
