/* Whose meters these are: what their lists hold and how they come, as the published frames of such meters show it.
 *
 *     EL(C, D, E, TAG, scaler, unit)    1-0:C.D.E.255, class 3, attribute 2     B1(..): of channel 1, 1-1:C.D.E.255
 *     SC(C, D, E)                       its attribute 3                          AB(..): any other object
 *
 * A unit of 0 says that no scaler_unit stands behind a value; its scaler is applied all the same. */
#include "sim/device/dlms_meter_inside.h"

enum { A_ = 33, V_ = 35, W_ = 27, VAR_ = 29, VA_ = 28, HZ_ = 44, WH_ = 30, VARH_ = 32, NONE_ = 255 };

#define OBJECT(cls, a, b, c, d, e, attr, what_, tag_, scale, unit_, text_)                                   \
    {                                                                                                        \
        cls, {{a, b, c, d, e, 255}}, attr, METER_##what_, AXDR_##tag_, scale, unit_, text_                   \
    }
#define EL(c, d, e, tag, scale, unit)              OBJECT(3, 1, 0, c, d, e, 2, NUMBER, tag, scale, unit, NULL)
#define B1(c, d, e, tag, scale, unit)              OBJECT(3, 1, 1, c, d, e, 2, NUMBER, tag, scale, unit, NULL)
#define SC(c, d, e, scale, unit)                   OBJECT(3, 1, 0, c, d, e, 3, SCALER_UNIT, STRUCTURE, scale, unit, NULL)
#define AB(cls, b, c, d, e, attr, what, tag, text) OBJECT(cls, 0, b, c, d, e, attr, what, tag, 0, 0, text)
#define SERIAL(tag)                                AB(1, 0, 96, 1, 0, 2, SERIAL_NUMBER, tag, NULL)
#define CLOCK                                      AB(8, 0, 1, 0, 0, 2, CLOCK_VALUE, OCTET_STRING, NULL)
#define LIST(shape, every, hourly, b, elements)                                                              \
    {                                                                                                        \
        METER_##shape, every, hourly, {{0, b, 25, 9, 0, 255}}, elements,                                     \
            sizeof elements / sizeof elements[0]                                                             \
    }

typedef const struct dlms_meter_element element;

/* ---- EM114070: what the scan of a real one answered; how its pushes are laid out nobody has seen --------------- */

static element em114070[] = {
    EL(15, 8, 0, U32, 0, 0), /* Wh */
    EL(12, 7, 0, U32, -2, 0), EL(11, 7, 0, U32, -3, 0), EL(1, 7, 0, U32, 0, 0),
    EL(3, 7, 0, U32, 0, 0),   EL(9, 7, 0, U32, 0, 0),   EL(13, 7, 0, U16, -3, 0),
    EL(14, 7, 0, U16, -2, 0), EL(91, 7, 0, U32, -3, 0), AB(1, 0, 96, 14, 0, 2, TARIFF_VALUE, U8, NULL),
};

/* ---- Norway ------------------------------------------------------------------------------------------------------ */

#define AIDON_HEAD                                                                                           \
    OBJECT(1, 1, 1, 0, 2, 129, 2, TEXT, VISIBLE_STRING, 0, 0, "AIDON_V0001"), SERIAL(VISIBLE_STRING),        \
        AB(1, 0, 96, 1, 7, 2, TEXT, VISIBLE_STRING, "6534")
#define AIDON_NOW                                                                                            \
    EL(1, 7, 0, U32, 0, W_), EL(2, 7, 0, U32, 0, W_), EL(3, 7, 0, U32, 0, VAR_), EL(4, 7, 0, U32, 0, VAR_),  \
        EL(31, 7, 0, I16, -1, A_), EL(51, 7, 0, I16, -1, A_), EL(71, 7, 0, I16, -1, A_),                     \
        EL(32, 7, 0, U16, -1, V_), EL(52, 7, 0, U16, -1, V_), EL(72, 7, 0, U16, -1, V_)

static element aidon_1[] = {EL(1, 7, 0, U32, 0, W_)};
static element aidon_2[] = {AIDON_HEAD, AIDON_NOW};
static element aidon_3[] = {AIDON_HEAD,
                            AIDON_NOW,
                            CLOCK,
                            EL(1, 8, 0, U32, 1, WH_),
                            EL(2, 8, 0, U32, 1, WH_),
                            EL(3, 8, 0, U32, 1, VARH_),
                            EL(4, 8, 0, U32, 1, VARH_)};

#define KAIFA_HEAD(type)                                                                                     \
    OBJECT(1, 1, 0, 0, 2, 129, 2, TEXT, OCTET_STRING, 0, 0, "KFM_001"), SERIAL(OCTET_STRING),                \
        AB(1, 0, 96, 1, 7, 2, TEXT, OCTET_STRING, type)
#define KAIFA_POWERS                                                                                         \
    EL(1, 7, 0, U32, 0, W_), EL(2, 7, 0, U32, 0, W_), EL(3, 7, 0, U32, 0, VAR_), EL(4, 7, 0, U32, 0, VAR_)
#define KAIFA_ENERGIES                                                                                       \
    CLOCK, EL(1, 8, 0, U32, 0, WH_), EL(2, 8, 0, U32, 0, WH_), EL(3, 8, 0, U32, 0, VARH_),                   \
        EL(4, 8, 0, U32, 0, VARH_)
#define KAIFA_3P                                                                                             \
    KAIFA_HEAD("MA304H3E"), KAIFA_POWERS, EL(31, 7, 0, U32, -3, A_), EL(51, 7, 0, U32, -3, A_),              \
        EL(71, 7, 0, U32, -3, A_), EL(32, 7, 0, U32, -1, V_), EL(52, 7, 0, U32, -1, V_),                     \
        EL(72, 7, 0, U32, -1, V_)
#define KAIFA_1P KAIFA_HEAD("MA105H2E"), KAIFA_POWERS, EL(31, 7, 0, U32, -3, A_), EL(32, 7, 0, U32, -1, V_)

static element kaifa_1[] = {EL(1, 7, 0, U32, 0, W_)};
static element kaifa_13[] = {KAIFA_3P};
static element kaifa_18[] = {KAIFA_3P, KAIFA_ENERGIES};
static element kaifa_9[] = {KAIFA_1P};
static element kaifa_14[] = {KAIFA_1P, KAIFA_ENERGIES};

/* The first text has no OBIS code in front. */
#define KAMSTRUP_LIST_ID OBJECT(1, 1, 1, 0, 2, 129, 2, TEXT, VISIBLE_STRING, 0, 0, "Kamstrup_V0001")
#define KAMSTRUP_HEAD                                                                                        \
    KAMSTRUP_LIST_ID, OBJECT(1, 1, 1, 0, 0, 5, 2, SERIAL_NUMBER, VISIBLE_STRING, 0, 0, NULL),                \
        OBJECT(1, 1, 1, 96, 1, 1, 2, TEXT, VISIBLE_STRING, 0, 0, "6841131BN243101040")
#define KAMSTRUP_POWERS                                                                                      \
    B1(1, 7, 0, U32, 0, 0), B1(2, 7, 0, U32, 0, 0), B1(3, 7, 0, U32, 0, 0), B1(4, 7, 0, U32, 0, 0)
#define KAMSTRUP_CURRENTS B1(31, 7, 0, U32, -2, 0), B1(51, 7, 0, U32, -2, 0), B1(71, 7, 0, U32, -2, 0)
#define KAMSTRUP_VOLTAGES B1(32, 7, 0, U16, 0, 0), B1(52, 7, 0, U16, 0, 0), B1(72, 7, 0, U16, 0, 0)
#define KAMSTRUP_ENERGIES                                                                                    \
    B1(1, 8, 0, U32, 1, 0), B1(2, 8, 0, U32, 1, 0), B1(3, 8, 0, U32, 1, 0), B1(4, 8, 0, U32, 1, 0)
#define KAMSTRUP_CLOCK AB(8, 1, 1, 0, 0, 2, CLOCK_VALUE, OCTET_STRING, NULL)

static element kamstrup_no_1[] = {KAMSTRUP_HEAD, KAMSTRUP_POWERS, KAMSTRUP_CURRENTS, KAMSTRUP_VOLTAGES};
static element kamstrup_no_2[] = {KAMSTRUP_HEAD,     KAMSTRUP_POWERS, KAMSTRUP_CURRENTS,
                                  KAMSTRUP_VOLTAGES, KAMSTRUP_CLOCK,  KAMSTRUP_ENERGIES};
static element kamstrup_dk[] = {KAMSTRUP_LIST_ID,
                                KAMSTRUP_ENERGIES,
                                OBJECT(1, 1, 1, 0, 0, 1, 2, SERIAL_NUMBER, U32, 0, 0, NULL),
                                KAMSTRUP_POWERS,
                                KAMSTRUP_CLOCK,
                                KAMSTRUP_VOLTAGES,
                                KAMSTRUP_CURRENTS,
                                B1(21, 7, 0, U32, 0, 0),
                                B1(41, 7, 0, U32, 0, 0),
                                B1(61, 7, 0, U32, 0, 0),
                                B1(33, 7, 0, U16, -2, 0),
                                B1(53, 7, 0, U16, -2, 0),
                                B1(73, 7, 0, U16, -2, 0),
                                B1(13, 7, 0, U16, -2, 0),
                                B1(22, 7, 0, U32, 0, 0),
                                B1(42, 7, 0, U32, 0, 0),
                                B1(62, 7, 0, U32, 0, 0)};

/* ---- Switzerland, Austria ------------------------------------------------------------------------------------------ */

/* The list itself, then its name. */
#define LIST_ITSELF AB(40, 0, 25, 9, 0, 2, SETUP_NAME, NULL_DATA, NULL)
#define LIST_NAME   AB(40, 0, 25, 9, 0, 1, SETUP_NAME, OCTET_STRING, NULL)

static element iskra_ch[] = {LIST_ITSELF,
                             LIST_NAME,
                             SERIAL(OCTET_STRING),
                             EL(1, 7, 0, U32, 0, 0),
                             EL(2, 7, 0, U32, 0, 0),
                             B1(1, 8, 1, U32, 0, 0),
                             B1(1, 8, 2, U32, 0, 0),
                             B1(2, 8, 1, U32, 0, 0),
                             B1(2, 8, 2, U32, 0, 0),
                             EL(32, 7, 0, U16, -1, 0),
                             EL(52, 7, 0, U16, -1, 0),
                             EL(72, 7, 0, U16, -1, 0),
                             EL(31, 7, 0, U16, -2, 0),
                             EL(51, 7, 0, U16, -2, 0),
                             EL(71, 7, 0, U16, -2, 0)};
static element iskra_at[] = {SERIAL(OCTET_STRING),      AB(1, 0, 96, 1, 1, 2, TEXT, OCTET_STRING, "131304"),
                             B1(1, 7, 0, U32, 0, W_),   B1(2, 7, 0, U32, 0, W_),
                             B1(1, 8, 0, U32, 0, WH_),  B1(2, 8, 0, U32, 0, WH_),
                             EL(32, 7, 0, U16, -1, V_), EL(52, 7, 0, U16, -1, V_),
                             EL(72, 7, 0, U16, -1, V_), EL(31, 7, 0, U16, -2, A_),
                             EL(51, 7, 0, U16, -2, A_), EL(71, 7, 0, U16, -2, A_),
                             B1(1, 8, 1, U32, 0, WH_),  B1(1, 8, 2, U32, 0, WH_),
                             B1(2, 8, 1, U32, 0, WH_),  B1(2, 8, 2, U32, 0, WH_)};
static element lg_1[] = {LIST_ITSELF,
                         LIST_NAME,
                         SERIAL(OCTET_STRING),
                         EL(1, 7, 0, U32, 0, 0),
                         EL(2, 7, 0, U32, 0, 0),
                         B1(1, 8, 0, U32, 0, 0),
                         B1(2, 8, 0, U32, 0, 0),
                         B1(5, 8, 0, U32, 0, 0),
                         B1(6, 8, 0, U32, 0, 0),
                         B1(7, 8, 0, U32, 0, 0),
                         B1(8, 8, 0, U32, 0, 0),
                         EL(31, 7, 0, U16, -2, 0),
                         EL(51, 7, 0, U16, -2, 0),
                         EL(71, 7, 0, U16, -2, 0)};
static element lg_2[] = {LIST_ITSELF,
                         LIST_NAME,
                         SERIAL(OCTET_STRING),
                         EL(1, 7, 0, U32, 0, 0),
                         B1(1, 8, 0, U32, 0, 0),
                         EL(31, 7, 0, U16, -2, 0),
                         EL(51, 7, 0, U16, -2, 0),
                         EL(71, 7, 0, U16, -2, 0),
                         EL(32, 7, 0, U16, 0, 0),
                         EL(52, 7, 0, U16, 0, 0),
                         EL(72, 7, 0, U16, 0, 0),
                         EL(21, 7, 0, U32, 0, 0),
                         EL(41, 7, 0, U32, 0, 0),
                         EL(61, 7, 0, U32, 0, 0)};
static element austria[] = {CLOCK,
                            EL(1, 8, 0, U32, 0, WH_),
                            EL(2, 8, 0, U32, 0, WH_),
                            EL(1, 7, 0, U32, 0, W_),
                            EL(2, 7, 0, U32, 0, W_),
                            EL(32, 7, 0, U16, -1, V_),
                            EL(52, 7, 0, U16, -1, V_),
                            EL(72, 7, 0, U16, -1, V_),
                            EL(31, 7, 0, U16, -2, A_),
                            EL(51, 7, 0, U16, -2, A_),
                            EL(71, 7, 0, U16, -2, A_),
                            EL(13, 7, 0, U16, -3, NONE_),
                            SERIAL(OCTET_STRING)};
#define ZMF_ENERGY(c, unit) OBJECT(3, 0, 0, c, 8, 0, 2, NUMBER, U32, 0, unit, NULL)

static element zmf100[] = {OBJECT(1, 1, 1, 0, 2, 129, 2, TEXT, VISIBLE_STRING, 0, 0, "EMBRIQ_V1_1"),
                           SERIAL(VISIBLE_STRING),
                           AB(1, 0, 96, 1, 7, 2, TEXT, VISIBLE_STRING, "ZMF1"),
                           EL(1, 7, 0, U32, 0, W_),
                           EL(2, 7, 0, U32, 0, W_),
                           EL(3, 7, 0, U32, 0, VAR_),
                           EL(4, 7, 0, U32, 0, VAR_),
                           EL(31, 7, 0, I16, -2, A_),
                           EL(51, 7, 0, I16, -2, A_),
                           EL(71, 7, 0, I16, -2, A_),
                           EL(32, 7, 0, U16, -1, V_),
                           EL(52, 7, 0, U16, -1, V_),
                           EL(72, 7, 0, U16, -1, V_),
                           CLOCK,
                           ZMF_ENERGY(1, WH_),
                           ZMF_ENERGY(2, WH_),
                           ZMF_ENERGY(3, VARH_),
                           ZMF_ENERGY(4, VARH_)};

/* ---- India, Russia, Czechia ------------------------------------------------------------------------------------------ */

#define DEVICE AB(1, 0, 96, 1, 2, 2, SERIAL_NUMBER, OCTET_STRING, NULL)

static element india_instant[] = {DEVICE,
                                  LIST_NAME,
                                  CLOCK,
                                  EL(31, 7, 0, U16, -2, 0),
                                  EL(51, 7, 0, U16, -2, 0),
                                  EL(71, 7, 0, U16, -2, 0),
                                  EL(32, 7, 0, U16, -2, 0),
                                  EL(52, 7, 0, U16, -2, 0),
                                  EL(72, 7, 0, U16, -2, 0),
                                  EL(1, 8, 0, U32, 0, 0),
                                  EL(9, 8, 0, U32, 0, 0),
                                  EL(2, 8, 0, U32, 0, 0),
                                  EL(10, 8, 0, U32, 0, 0)};
static element india_alert[] = {DEVICE, LIST_NAME, CLOCK,
                                AB(1, 0, 94, 91, 18, 2, STATUS_BITS, BIT_STRING, NULL)};
static element spodes[] = {LIST_ITSELF,
                           AB(1, 0, 42, 0, 0, 2, DEVICE_NAME, OCTET_STRING, "SPD0000000000000"),
                           CLOCK,
                           EL(1, 8, 0, U32, 0, WH_),
                           SC(1, 8, 0, 0, WH_),
                           EL(2, 8, 0, U32, 0, WH_),
                           SC(2, 8, 0, 0, WH_),
                           EL(32, 7, 0, U16, -1, V_),
                           SC(32, 7, 0, -1, V_),
                           EL(31, 7, 0, U16, -2, A_),
                           SC(31, 7, 0, -2, A_),
                           AB(1, 0, 96, 11, 0, 2, EVENT_CODE, U8, NULL)};
static element egd[] = {AB(1, 0, 42, 0, 0, 2, DEVICE_NAME, OCTET_STRING, "EGD000000000"),
                        AB(40, 0, 25, 9, 0, 1, SETUP_NAME, OCTET_STRING, NULL),
                        SERIAL(OCTET_STRING),
                        AB(70, 0, 96, 3, 10, 3, RELAY_STATE, ENUM, NULL),
                        AB(1, 0, 96, 14, 0, 2, TARIFF_VALUE, OCTET_STRING, NULL),
                        EL(1, 7, 0, U32, 0, 0),
                        EL(21, 7, 0, U32, 0, 0),
                        EL(41, 7, 0, U32, 0, 0),
                        EL(61, 7, 0, U32, 0, 0),
                        EL(2, 7, 0, U32, 0, 0),
                        EL(22, 7, 0, U32, 0, 0),
                        EL(42, 7, 0, U32, 0, 0),
                        EL(62, 7, 0, U32, 0, 0),
                        EL(1, 8, 0, U32, 0, 0),
                        EL(1, 8, 1, U32, 0, 0),
                        EL(1, 8, 2, U32, 0, 0),
                        EL(2, 8, 0, U32, 0, 0)};

/* ---- whose ----------------------------------------------------------------------------------------------------------- */

#define MAKER(name_, title, serial_, digits)                                                                 \
    .name = name_, .maker = title, .serial = serial_, .serial_digits = digits
#define ONE(upper)                                                                                           \
    {                                                                                                        \
        upper, 0, 1                                                                                          \
    }
#define TWO(upper, lower)                                                                                    \
    {                                                                                                        \
        upper, lower, 2                                                                                      \
    }
/* Of a meter on another transport than HDLC; frames of the usual kind where one is given to it all the same. */
#define USUALLY(client_, data)                                                                               \
    .destination = ONE(103), .source = ONE(1), .hdlc_type = HDLC_UI, .hdlc_segment = 1024,                   \
    .mbus_data = data, .client = client_
#define FRAMES(destination_, source_, type, segment)                                                         \
    .transport = METER_HDLC, .destination = destination_, .source = source_, .hdlc_type = HDLC_##type,       \
    .hdlc_segment = segment, .mbus_data = 245, .client = 0x66
#define LOAD(phases_, millivolt_, milliampere_, permille, centihertz_)                                       \
    .phases = phases_, .millivolt = millivolt_, .milliampere = milliampere_, .factor_permille = permille,    \
    .centihertz = centihertz_
#define TIMES(form, zone_, hundredths_, status)                                                              \
    .time_form = form, .zone = METER_ZONE_##zone_, .hundredths = hundredths_, .clock_status = status
#define HOURLY(shape, b, elements) LIST(shape, 0, true, b, elements)

const struct dlms_meter_profile dlms_meter_profiles[] = {
    {MAKER("em114070", "YTL", "000000000000", 12), USUALLY(1, 245), .transport = METER_WRAPPER,
     .interval_ms = 60000, .logs_in = true, .events = METER_EVENTS_OBJECTS, TIMES('a', NONE, 0, 0xFF),
     LOAD(1, 236360, 500, 997, 5004), .is_bare_bones = true, .device_name = "YTL1020000000000",
     .manufacturer = "Zhejiang Yongtailong Electronic Co., LTD",
     .lists = {LIST(PAIRS, 1, false, 0, em114070)}},
    {MAKER("aidon-no-3p", "AID", "7359992890000000", 12), FRAMES(ONE(32), TWO(4, 65), UI, 1024),
     .interval_ms = 2500, .invoke = 0x40000000, TIMES('a', ZERO, 0xFF, 0), .no_weekday = true,
     LOAD(3, 233000, 5800, 990, 5000),
     .lists = {LIST(ARRAY, 1, false, 0, aidon_1), LIST(ARRAY, 4, false, 0, aidon_2),
               HOURLY(ARRAY, 0, aidon_3)}},
    {MAKER("kaifa-no-3p", "KFM", "6970631400000000", 12), FRAMES(ONE(0), TWO(1, 0), I, 1024),
     .interval_ms = 2000, .invoke = 0x40000000, TIMES('t', NONE, 0xFF, 0), LOAD(3, 239200, 5754, 995, 5000),
     .lists = {LIST(POSITIONAL, 1, false, 0, kaifa_1), LIST(POSITIONAL, 5, false, 0, kaifa_13),
               HOURLY(POSITIONAL, 0, kaifa_18)}},
    {MAKER("kaifa-no-1p", "KFM", "6970631400000000", 12), FRAMES(ONE(0), TWO(1, 0), I, 1024),
     .interval_ms = 2000, .invoke = 0x40000000, TIMES('t', NONE, 0xFF, 0), LOAD(1, 233700, 12056, 995, 5000),
     .lists = {LIST(POSITIONAL, 1, false, 0, kaifa_1), LIST(POSITIONAL, 5, false, 0, kaifa_9),
               HOURLY(POSITIONAL, 0, kaifa_14)}},
    {MAKER("kamstrup-no", "KAM", "5706567200000000", 12), FRAMES(ONE(21), ONE(16), UI, 1024),
     .interval_ms = 10000, TIMES('s', NONE, 0xFF, 0x80), LOAD(3, 232000, 9160, 980, 5000),
     .lists = {LIST(PAIRS, 1, false, 0, kamstrup_no_1), HOURLY(PAIRS, 0, kamstrup_no_2)}},
    {MAKER("kamstrup-dk", "KAM", "00000000", 8), FRAMES(ONE(32), ONE(1), UI, 1024), .security = 0x30,
     .interval_ms = 10000, TIMES('s', NONE, 0xFF, 0x80), LOAD(3, 234000, 1600, 920, 5000),
     .lists = {LIST(PAIRS, 1, false, 0, kamstrup_dk)}},
    {MAKER("iskra-ch", "ISK", "78000000", 8), FRAMES(ONE(103), TWO(1, 17), UI, 154), .interval_ms = 5000,
     .invoke = 0x4022C, .invoke_runs = true, TIMES('s', TOLD, 0, 0), LOAD(3, 233600, 4200, 985, 5000),
     .lists = {LIST(OBJECTS, 1, false, 0, iskra_ch)}},
    {MAKER("iskra-at", "ISK", "78000000", 8), FRAMES(ONE(103), TWO(1, 17), UI, 154), .interval_ms = 5000,
     .invoke = 0x4022C, .invoke_runs = true, TIMES('s', TOLD, 0, 0), LOAD(3, 233600, 4200, 985, 5000),
     .lists = {LIST(STRUCTS, 1, false, 0, iskra_at)}},
    {MAKER("lg-e450", "LGZ", "63000000", 8), FRAMES(TWO(103, 127), ONE(1), UI, 1024), .gbt_block = 112,
     .interval_ms = 5000, .invoke = 0x21A433, .invoke_runs = true, TIMES('s', NONE, 0xFF, 0x80),
     LOAD(3, 234000, 1050, 960, 5000), .lists = {LIST(OBJECTS, 1, false, 8, lg_1), HOURLY(OBJECTS, 8, lg_2)}},
    {MAKER("netz-noe", "KFM", "178210000000", 12), USUALLY(0x66, 245), .transport = METER_MBUS,
     .security = 0x20, .interval_ms = 5000, .invoke = 0x8070DD27, .invoke_runs = true, TIMES('s', TOLD, 0, 0),
     LOAD(3, 233400, 480, 940, 5000), .lists = {LIST(TRIPLES, 1, false, 0, austria)}},
    {MAKER("sagemcom-at", "SAG", "178210000000", 12), USUALLY(0x66, 252), .transport = METER_MBUS,
     .security = 0x20, .interval_ms = 5000, .invoke = 0x8070DD27, .invoke_runs = true, TIMES('s', TOLD, 0, 2),
     LOAD(3, 233400, 480, 940, 5000), .lists = {LIST(TRIPLES, 1, false, 0, austria)}},
    {MAKER("in-15959", "SIM", "SIM00000000", 8), USUALLY(0x40, 245), .transport = METER_WRAPPER,
     .security = 0x30, .interval_ms = 900000, .invoke = 1, .invoke_runs = true, TIMES('a', TOLD, 0, 0),
     .events = METER_EVENTS_STATUS, LOAD(3, 230500, 5170, 980, 5000),
     .lists = {LIST(IS15959, 1, false, 0, india_instant)}, .alert = LIST(IS15959, 1, false, 4, india_alert)},
    {MAKER("spodes", "SPD", "SPD0000000000000", 12), USUALLY(0x40, 245), .transport = METER_WRAPPER,
     .invoke = 1, .invoke_runs = true, TIMES('s', TOLD, 0, 0), .events = METER_EVENTS_LIST,
     LOAD(1, 229800, 3400, 970, 5000), .lists = {LIST(OBJECTS_6, 1, false, 0, spodes)}},
    {MAKER("egd-untagged", "EGD", "0120000000", 10), FRAMES(ONE(103), TWO(1, 17), UI, 1024),
     .interval_ms = 60000, TIMES('a', TOLD, 0, 0), LOAD(3, 231000, 2300, 970, 5000),
     .lists = {LIST(UNTAGGED, 1, false, 2, egd)}},
    {MAKER("zmf100-swapped", "LGZ", "40700000", 8), FRAMES(ONE(16), ONE(1), UI, 1024), .interval_ms = 10000,
     .invoke = 0x40000000, TIMES('a', ZERO, 0xFF, 0), .no_weekday = true, LOAD(3, 233000, 2440, 985, 5000),
     .lists = {LIST(SWAPPED, 1, false, 0, zmf100)}},
};

const size_t dlms_meter_n_profiles = sizeof dlms_meter_profiles / sizeof dlms_meter_profiles[0];

const struct dlms_meter_profile *dlms_meter_profile_find(struct wp_slice name)
{
    for (size_t i = 0; i < dlms_meter_n_profiles; i++)
        if (wp_slice_is(name, dlms_meter_profiles[i].name))
            return &dlms_meter_profiles[i];
    return NULL;
}
