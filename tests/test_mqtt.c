/* MQTT packets of all versions: read, written, refused.
 *
 * The packets are those of captures that others made (Suricata's and Zeek's test traffic: mosquitto, paho), and what is
 * written must be their bytes. What is refused was made from them, by the sentence of the standard that it breaks. */
#include "harness/fields.h"
#include "sim/codec/mqtt.h"

#include <check.h>
#include <stdlib.h>

static struct wp_slice hex(const char *digits)
{
    static uint8_t bytes[8][2048];
    static unsigned next;
    uint8_t *p = bytes[next++ % 8];
    size_t n;

    ck_assert_msg(wp_hex_read(wp_text(digits), p, sizeof bytes[0], &n), "%s", digits);
    return wp_slice(p, n);
}

static const char *line_of(const struct mqtt_frame *f)
{
    static char text[4096];
    struct wp_writer w = wp_writer(text, sizeof text);

    fields_put_line(&w, &mqtt_codec, f);
    ck_assert(!w.full);
    return wp_put_end(&w);
}

/* A connection whose CONNECT was of that version; 0: it was not seen. */
static struct mqtt_state speaks(unsigned version)
{
    if (!version)
        return (struct mqtt_state){0};
    return (struct mqtt_state){.possible = (uint8_t)(1u << version), .is_introduced = true};
}

static struct mqtt_frame decoded(unsigned version, const char *digits)
{
    struct mqtt_state state = speaks(version);
    struct mqtt_frame f;
    struct wp_slice in = hex(digits);
    struct wp_decode d = mqtt_decode(&state, WP_SIDE_UNKNOWN, in, &f);

    ck_assert_msg(d.status == WP_OK && d.used == in.n, "%s: %d %s at %zu", digits, d.status,
                  wp_fault_text(d.fault), d.at);
    return f;
}

/* Packets as they were captured, the version of their connection, and how they are printed. */
static const struct {
    unsigned version;
    const char *wire, *line;
} captured[] = {
    {3, "102500064D51497364700302000500177061686F2F333441414535344137354438333935363645",
     "mqtt type=CONNECT version=3.1 remainingLength=37 protocolName=MQIsdp protocolLevel=3 cleanSession=true "
     "keepAlive=5 clientId=paho/34AAE54A75D839566E"},
    {4, "102B00044D51545404C2003C00136D79766F69636569736D7970617373706F7274000475736572000470617373",
     "mqtt type=CONNECT version=3.1.1 remainingLength=43 protocolName=MQTT protocolLevel=4 cleanSession=true "
     "keepAlive=60 clientId=myvoiceismypassport user=user passwordLength=4 password=***"},
    {5,
     "10CC0100044D51545405C6003C3C2700002B672100DE110000022B22029A2600097573657270726F703100087573657276616C3"
     "126000975"
     "73657270726F703200087573657276616C3200136D79766F69636569736D7970617373706F72744B03000A6D7977696C6C74797"
     "065090007"
     "313233343536370200000085019008000F726573706F6E73655F746F706963312600097573657270726F7035000875736572766"
     "16C351800"
     "0000C8000977696C6C746F706963000B77696C6C6D657373616765000475736572000470617373",
     "mqtt type=CONNECT version=5 remainingLength=204 protocolName=MQTT protocolLevel=5 cleanStart=true "
     "keepAlive=60 "
     "propertiesLength=60 properties.maximumPacketSize=11111 properties.receiveMaximum=222 "
     "properties.sessionExpiryInterval=555 properties.topicAliasMaximum=666 "
     "properties.userProperty=userprop1,userval1,userprop2,userval2 clientId=myvoiceismypassport willQos=0 "
     "willRetain=false willPropertiesLength=75 willProperties.contentType=mywilltype "
     "willProperties.correlationData=31323334353637 willProperties.messageExpiryInterval=133 "
     "willProperties.payloadFormatIndicator=144 willProperties.responseTopic=response_topic1 "
     "willProperties.willDelayInterval=200 willProperties.userProperty=userprop5,userval5 "
     "willTopic=willtopic "
     "willPayload=willmessage user=user passwordLength=4 password=***"},
    {4, "20020000",
     "mqtt type=CONNACK version=3.1.1 remainingLength=2 sessionPresent=false reasonCode=00 "
     "reason=\"connection accepted\""},
    {5,
     "203500003222000A1200296175746F2D31373233363339332D423533322D303346322D363532362D46373131313542384134424"
     "5210014",
     "mqtt type=CONNACK version=5 remainingLength=53 sessionPresent=false reasonCode=00 reason=success "
     "propertiesLength=50 properties.topicAliasMaximum=10 "
     "properties.assignedClientIdentifier=auto-17236393-B532-03F2-6526-F71115B8A4BE "
     "properties.receiveMaximum=20"},
    {3, "3017000B53616D706C65546F70696348656C6C6F204D515454",
     "mqtt type=PUBLISH version=3.1 remainingLength=23 dup=false qos=0 retain=false topic=SampleTopic "
     "payloadLength=10 "
     "payload=\"Hello MQTT\""},
    {4, "32180011686F7573652F62756C62732F62756C623100014F4646",
     "mqtt type=PUBLISH version=3.1.1 remainingLength=24 dup=false qos=1 retain=false "
     "topic=house/bulbs/bulb1 "
     "packetId=1 payloadLength=3 payload=OFF"},
    {5,
     "325E0006746F706963580001430300066D79747970650900053132333435020000004D015808000F726573706F6E73655F746F7"
     "069633123"
     "00052600097573657270726F703300087573657276616C33626161626161626C61636B7368656570",
     "mqtt type=PUBLISH version=5 remainingLength=94 dup=false qos=1 retain=false topic=topicX packetId=1 "
     "propertiesLength=67 properties.contentType=mytype properties.correlationData=3132333435 "
     "properties.messageExpiryInterval=77 properties.payloadFormatIndicator=88 "
     "properties.responseTopic=response_topic1 properties.topicAlias=5 "
     "properties.userProperty=userprop3,userval3 "
     "payloadLength=16 payload=baabaablacksheep"},
    {4, "40020001", "mqtt type=PUBACK version=3.1.1 remainingLength=2 packetId=1"},
    {5, "4003000110",
     "mqtt type=PUBACK version=5 remainingLength=3 packetId=1 reasonCode=10 reason=\"no matching "
     "subscribers\""},
    {4, "50020003", "mqtt type=PUBREC version=3.1.1 remainingLength=2 packetId=3"},
    {5, "62020001", "mqtt type=PUBREL version=5 remainingLength=2 packetId=1 reasonCode=00 reason=success"},
    {4, "70020004", "mqtt type=PUBCOMP version=3.1.1 remainingLength=2 packetId=4"},
    {4, "82140002000F686F7573652F62756C62732F62617202",
     "mqtt type=SUBSCRIBE version=3.1.1 remainingLength=20 packetId=2 filters=house/bulbs/bar qos=2"},
    {5, "82150001000006746F70696358000006746F7069635900",
     "mqtt type=SUBSCRIBE version=5 remainingLength=21 packetId=1 propertiesLength=0 filters=topicX,topicY "
     "qos=0,0 "
     "noLocal=false,false retainAsPublished=false,false retainHandling=0,0"},
    {4, "9003000202",
     "mqtt type=SUBACK version=3.1.1 remainingLength=3 packetId=2 reasonCodes=02 reasons=\"granted QoS 2\""},
    {5, "90050001000000",
     "mqtt type=SUBACK version=5 remainingLength=5 packetId=1 propertiesLength=0 reasonCodes=00,00 "
     "reasons=\"granted QoS 0\",\"granted QoS 0\""},
    {3, "A20A00020006746F70696358",
     "mqtt type=UNSUBSCRIBE version=3.1 remainingLength=10 packetId=2 filters=topicX"},
    {3, "B0020003", "mqtt type=UNSUBACK version=3.1 remainingLength=2 packetId=3"},
    {3, "C000", "mqtt type=PINGREQ version=3.1 remainingLength=0"},
    {3, "D000", "mqtt type=PINGRESP version=3.1 remainingLength=0"},
    {4, "E000", "mqtt type=DISCONNECT version=3.1.1 remainingLength=0"},
    {5, "E01D041B110000007A2600097573657270726F703400087573657276616C34",
     "mqtt type=DISCONNECT version=5 remainingLength=29 reasonCode=04 reason=\"disconnect with will "
     "message\" "
     "propertiesLength=27 properties.sessionExpiryInterval=122 properties.userProperty=userprop4,userval4"},
};

enum { N_CAPTURED = sizeof captured / sizeof captured[0] };

START_TEST(captured_packets_mean_this)
{
    for (size_t i = 0; i < N_CAPTURED; i++) {
        struct mqtt_frame f = decoded(captured[i].version, captured[i].wire);

        ck_assert_str_eq(line_of(&f), captured[i].line);
    }
}
END_TEST

/* A DISCONNECT of success may leave its reason out, as the captured one might have and did not. */
START_TEST(captured_packets_are_written_byte_for_byte)
{
    for (size_t i = 0; i < N_CAPTURED; i++) {
        struct mqtt_frame f = decoded(captured[i].version, captured[i].wire);
        uint8_t memory[512];
        struct wp_writer w = wp_writer(memory, sizeof memory);

        mqtt_encode(&w, &f);
        ck_assert_msg(wp_slice_eq(wp_written(&w), f.wire), "%s", captured[i].wire);
        for (size_t cap = 0; cap < f.wire.n; cap++) {
            w = wp_writer(memory, cap);
            mqtt_encode(&w, &f);
            ck_assert(w.full);
        }
        w = wp_writer(memory, f.wire.n);
        mqtt_encode(&w, &f);
        ck_assert(!w.full);
    }
}
END_TEST

START_TEST(every_prefix_wants_more)
{
    for (size_t i = 0; i < N_CAPTURED; i++) {
        struct wp_slice whole = hex(captured[i].wire);

        for (size_t n = 0; n < whole.n; n++) {
            struct mqtt_state state = speaks(captured[i].version);
            struct mqtt_frame f;
            struct wp_decode d = mqtt_decode(&state, WP_SIDE_UNKNOWN, wp_slice(whole.p, n), &f);

            ck_assert_msg(d.status == WP_MORE && d.need >= 1 && d.need <= whole.n - n && d.used == 0,
                          "%s at %zu", captured[i].wire, n);
            ck_assert_msg(n < 3 || d.need == whole.n - n, "%s at %zu", captured[i].wire, n);
            ck_assert_uint_eq(state.possible, speaks(captured[i].version).possible);
        }
    }
}
END_TEST

/* ---- fields ----------------------------------------------------------------------------------------- */

struct places {
    const struct mqtt_frame *f;
    const char *password; /* where it may stand, and nowhere else */
};

static void look_place(void *ctx, const struct wp_field *field)
{
    struct places *p = ctx;

    ck_assert_msg(field->first + field->len <= p->f->wire.n, "%s", field->path);
    ck_assert(field->len > 0 || field->first == 0);
    if (field->len && field->value.kind == WP_TEXT && field->role != WP_ROLE_SECRET &&
        strcmp(field->path, "type") != 0 && strcmp(field->path, "version") != 0)
        ck_assert_msg(wp_slice_eq(wp_slice(p->f->wire.p + field->first, field->len), field->value.bytes),
                      "%s", field->path);
    if (field->role == WP_ROLE_SECRET)
        ck_assert(wp_slice_is(field->value.bytes, "***"));
    if (field->role == WP_ROLE_SECRET && field->len == 4)
        ck_assert(wp_slice_is(wp_slice(p->f->wire.p + field->first, 4), "pass"));
}

START_TEST(fields_stand_where_they_say)
{
    for (size_t i = 0; i < N_CAPTURED; i++) {
        struct mqtt_frame f = decoded(captured[i].version, captured[i].wire);
        struct places p = {.f = &f};

        mqtt_fields(&f, look_place, &p);
        ck_assert(!strstr(line_of(&f), "=pass"));
    }
}
END_TEST

START_TEST(a_payload_is_borrowed_whatever_its_size)
{
    enum { SIZE = 200000 };
    uint8_t *memory = malloc(SIZE + 64), *payload = malloc(SIZE);
    struct wp_writer w = wp_writer(memory, SIZE + 64), head = wp_writer(memory, 64);
    struct mqtt_frame f = {.type = MQTT_PUBLISH, .version = MQTT_V5, .topic = wp_text("a/b"), .retain = true},
                      back;
    struct mqtt_state state = speaks(5);
    struct wp_decode d;

    memset(payload, '.', SIZE);
    f.payload = wp_slice(payload, SIZE);
    mqtt_encode(&w, &f);
    d = mqtt_decode(&state, WP_SIDE_CLIENT, wp_written(&w), &back);
    ck_assert_int_eq(d.status, WP_OK);
    ck_assert_uint_eq(d.used, SIZE + 4 + 2 + 3 + 1);
    ck_assert_ptr_eq(back.payload.p, memory + d.used - SIZE);
    ck_assert(wp_slice_eq(back.payload, f.payload));
    ck_assert(back.retain);
    d = mqtt_decode(&state, WP_SIDE_CLIENT, wp_slice(memory, 5), &back);
    ck_assert_uint_eq(d.need, SIZE + 4 + 2 + 3 + 1 - 5);
    mqtt_encode_publish_head(&head, &f);
    ck_assert_uint_eq(head.n, 4 + 2 + 3 + 1);
    free(memory);
    free(payload);
}
END_TEST

/* Their length takes two bytes then: A4 01, as paho packs the same pair. */
START_TEST(properties_of_more_than_127_bytes)
{
    static char value[158];
    uint8_t packed[200], memory[300];
    struct wp_writer p = wp_writer(packed, sizeof packed), w = wp_writer(memory, sizeof memory);
    struct mqtt_frame f = {.type = MQTT_PUBLISH,
                           .version = MQTT_V5,
                           .topic = wp_text("a"),
                           .payload = wp_text("b")},
                      back;
    struct mqtt_state state = speaks(5);

    memset(value, 'v', sizeof value);
    mqtt_put_property(&p, &(struct mqtt_property){.id = MQTT_PROPERTY_USER_PROPERTY,
                                                  .text = wp_text("k"),
                                                  .value = wp_slice(value, sizeof value)});
    f.properties = wp_written(&p);
    mqtt_encode(&w, &f);
    ck_assert_uint_eq(w.n, 3 + 3 + 2 + 164 + 1);
    ck_assert(wp_slice_eq(wp_slice(memory, 14), hex("30AA01 000161 A401 26 00016B 009E")));
    ck_assert_int_eq(mqtt_decode(&state, WP_SIDE_CLIENT, wp_written(&w), &back).status, WP_OK);
    ck_assert(wp_slice_eq(back.properties, f.properties));
    ck_assert(wp_slice_is(back.payload, "b"));
}
END_TEST

/* The longest packet that can be announced is waited for, a longer one cannot be. */
START_TEST(lengths_end_at_256_mebibytes)
{
    struct mqtt_state state = speaks(4);
    struct mqtt_frame f = {.type = MQTT_PUBLISH, .version = MQTT_V311, .topic = wp_text("a")};
    uint8_t memory[16];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    ck_assert_uint_eq(mqtt_decode(&state, WP_SIDE_UNKNOWN, hex("30FFFFFF7F"), &f).need, MQTT_REMAINING_MAX);
    ck_assert_int_eq(mqtt_decode(&state, WP_SIDE_UNKNOWN, hex("30FFFFFFFF"), &f).fault, WP_FAULT_LENGTH);
    f = (struct mqtt_frame){.type = MQTT_PUBLISH, .version = MQTT_V311, .topic = wp_text("a")};
    f.payload = wp_slice(memory, MQTT_REMAINING_MAX - 3);
    mqtt_encode_publish_head(&w, &f);
    ck_assert(!w.full);
    ck_assert(wp_slice_eq(wp_written(&w), hex("30FFFFFF7F000161")));
    w = wp_writer(memory, sizeof memory);
    f.payload.n++;
    mqtt_encode_publish_head(&w, &f);
    ck_assert(w.full);
}
END_TEST

/* ---- refused ---------------------------------------------------------------------------------------- */

static const struct {
    unsigned version;
    const char *wire;
    enum wp_fault fault;
    size_t at;
    enum wp_side from;
} refused[] = {
    /* captured: a reserved type, QoS 3, properties longer than their packet */
    {4, "00180006746F70696358626161626161626C61636B7368656570", WP_FAULT_TYPE, 0, WP_SIDE_CLIENT},
    {4, "361A0006746F706963580001626161626161626C61636B7368656570", WP_FAULT_QOS, 0, WP_SIDE_CLIENT},
    {0, "102F00044D51545405C2003CFF21001400136D79766F69636569736D7970617373706F7274000475736572000470617373",
     WP_FAULT_LENGTH, 12, WP_SIDE_CLIENT},
    /* the fixed header */
    {4, "F000", WP_FAULT_TYPE, 0, WP_SIDE_UNKNOWN},  /* 15 is reserved before 5 */
    {4, "C100", WP_FAULT_FLAGS, 0, WP_SIDE_UNKNOWN}, /* 3.1.1 2.2.2 */
    {4, "8006000100016100", WP_FAULT_FLAGS, 0, WP_SIDE_UNKNOWN},
    {4, "60020001", WP_FAULT_FLAGS, 0, WP_SIDE_UNKNOWN},
    {4, "38030001 61", WP_FAULT_FLAGS, 0, WP_SIDE_UNKNOWN}, /* DUP at QoS 0: 3.3.1.1 */
    {5, "C08000", WP_FAULT_LENGTH, 2, WP_SIDE_UNKNOWN},     /* a 0 that takes two bytes: 5.0 1.5.5 */
    {4, "C00100", WP_FAULT_EXTRA, 2, WP_SIDE_UNKNOWN},
    {4, "E00100", WP_FAULT_EXTRA, 2, WP_SIDE_UNKNOWN},
    {4, "B003000200", WP_FAULT_EXTRA, 4, WP_SIDE_UNKNOWN},
    /* CONNECT */
    {0, "100C00044D51545406020000 0000", WP_FAULT_VERSION, 8, WP_SIDE_UNKNOWN},
    {4, "100C00044D51545304020000 0000", WP_FAULT_VERSION, 4, WP_SIDE_UNKNOWN},
    {0, "100C00064D514973647004020000", WP_FAULT_VERSION, 10, WP_SIDE_UNKNOWN},
    {4, "100300044D", WP_FAULT_LENGTH, 2, WP_SIDE_UNKNOWN},
    {0, "100C00044D51545404030000 0000", WP_FAULT_FLAGS, 9, WP_SIDE_UNKNOWN}, /* bit 0 */
    {0, "100C00044D515454040A0000 0000", WP_FAULT_FLAGS, 9, WP_SIDE_UNKNOWN}, /* will QoS without a will */
    {0, "100C00044D51545404220000 0000", WP_FAULT_FLAGS, 9, WP_SIDE_UNKNOWN}, /* will retain without a will */
    {0, "101200044D515454041E0000 0000 0001610001 62", WP_FAULT_QOS, 9, WP_SIDE_UNKNOWN},
    {0, "100E00044D51545404420000 00000000", WP_FAULT_FLAGS, 9,
     WP_SIDE_UNKNOWN}, /* a password, no user name */
    {0, "101000044D51545404060000 0000 00000000", WP_FAULT_TOPIC, 16, WP_SIDE_UNKNOWN},
    {0, "101200044D51545404060000 0000 0001230001 62", WP_FAULT_TOPIC, 16, WP_SIDE_UNKNOWN},
    {0, "100C00044D51545404820000 0000", WP_FAULT_LENGTH, 14, WP_SIDE_UNKNOWN}, /* the user name is missing */
    {0, "100D00044D51545404020000 000000", WP_FAULT_EXTRA, 14, WP_SIDE_UNKNOWN},
    {0, "100C00044D51545404020000 0000", WP_FAULT_DIRECTION, 0, WP_SIDE_SERVER},
    /* CONNACK */
    {4, "20020200", WP_FAULT_FLAGS, 2, WP_SIDE_UNKNOWN},
    {4, "20020006", WP_FAULT_REASON, 3, WP_SIDE_UNKNOWN},
    {4, "20020101", WP_FAULT_FLAGS, 2, WP_SIDE_UNKNOWN}, /* a session in a refusal: 3.1.1 3.2.2.2 */
    {5, "2003000100", WP_FAULT_REASON, 3, WP_SIDE_UNKNOWN},
    {5, "2003000002", WP_FAULT_LENGTH, 4, WP_SIDE_UNKNOWN},
    {4, "20020000", WP_FAULT_DIRECTION, 0, WP_SIDE_CLIENT},
    /* PUBLISH */
    {4, "3002 0000", WP_FAULT_TOPIC, 4, WP_SIDE_UNKNOWN},
    {4, "3003 00012B", WP_FAULT_TOPIC, 4, WP_SIDE_UNKNOWN},
    {4, "3005 0003 612F23", WP_FAULT_TOPIC, 4, WP_SIDE_UNKNOWN},
    {4, "3005 0003 610062", WP_FAULT_UTF8, 4, WP_SIDE_UNKNOWN}, /* U+0000 */
    {4, "3005 0003 EDA080", WP_FAULT_UTF8, 4, WP_SIDE_UNKNOWN}, /* a surrogate */
    {4, "3004 0002 C080", WP_FAULT_UTF8, 4, WP_SIDE_UNKNOWN},   /* U+0000 in two bytes */
    {4, "3004 0002 61C3", WP_FAULT_UTF8, 4, WP_SIDE_UNKNOWN},
    {4, "3003 000261", WP_FAULT_LENGTH, 2, WP_SIDE_UNKNOWN},
    {4, "3205 000161 0000", WP_FAULT_PACKET_ID, 5, WP_SIDE_UNKNOWN},
    {4, "3203 000161", WP_FAULT_LENGTH, 5, WP_SIDE_UNKNOWN},
    {5, "3003 0000 00", WP_FAULT_TOPIC, 4, WP_SIDE_UNKNOWN},             /* neither topic nor alias */
    {5, "3007 000161 03 230000", WP_FAULT_PROPERTY, 6, WP_SIDE_UNKNOWN}, /* alias 0 */
    {5, "3006 000161 02 0B00", WP_FAULT_PROPERTY, 6, WP_SIDE_UNKNOWN},
    {5, "3006 000161 02 0B01", WP_FAULT_DIRECTION, 6, WP_SIDE_CLIENT},
    {5, "3008 000161 04 08000123", WP_FAULT_TOPIC, 9, WP_SIDE_UNKNOWN},
    {5, "3005 000161 01 01", WP_FAULT_LENGTH, 7, WP_SIDE_UNKNOWN},
    {5, "3006 000161 02 0401", WP_FAULT_PROPERTY, 6, WP_SIDE_UNKNOWN}, /* 04 is nothing */
    {5, "3008 000161 04 01000100", WP_FAULT_PROPERTY, 8, WP_SIDE_UNKNOWN},
    {5, "3009 000161 05 1100000000", WP_FAULT_PROPERTY, 6, WP_SIDE_UNKNOWN}, /* out of place */
    {5, "3008 000161 04 09000561", WP_FAULT_LENGTH, 7, WP_SIDE_UNKNOWN},
    {5, "3006 000161 8000 62", WP_FAULT_LENGTH, 5, WP_SIDE_UNKNOWN},
    {5, "3007 000161 80808001", WP_FAULT_LENGTH, 5, WP_SIDE_UNKNOWN},
    /* acknowledgements */
    {4, "40020000", WP_FAULT_PACKET_ID, 2, WP_SIDE_UNKNOWN},
    {4, "4003000100", WP_FAULT_EXTRA, 4, WP_SIDE_UNKNOWN},
    {4, "400100", WP_FAULT_LENGTH, 2, WP_SIDE_UNKNOWN},
    {5, "4003000192", WP_FAULT_REASON, 4, WP_SIDE_UNKNOWN},
    {5, "6203000110", WP_FAULT_REASON, 4, WP_SIDE_UNKNOWN},
    /* SUBSCRIBE, UNSUBSCRIBE and their answers */
    {4, "82020001", WP_FAULT_LENGTH, 4, WP_SIDE_UNKNOWN}, /* no filter */
    {4, "820600000001 6100", WP_FAULT_PACKET_ID, 2, WP_SIDE_UNKNOWN},
    {4, "820600010001 6103", WP_FAULT_QOS, 7, WP_SIDE_UNKNOWN},
    {4, "820600010001 6104", WP_FAULT_FLAGS, 7, WP_SIDE_UNKNOWN},
    {4, "820500010001 61", WP_FAULT_LENGTH, 7, WP_SIDE_UNKNOWN},
    {4, "820500010000 00", WP_FAULT_TOPIC, 6, WP_SIDE_UNKNOWN},
    {4, "820700010002 612300", WP_FAULT_TOPIC, 6, WP_SIDE_UNKNOWN},
    {4, "820800010003 232F6100", WP_FAULT_TOPIC, 6, WP_SIDE_UNKNOWN},
    {4, "820700010002 2B6100", WP_FAULT_TOPIC, 6, WP_SIDE_UNKNOWN},
    {5, "820700010000 016140", WP_FAULT_FLAGS, 8, WP_SIDE_UNKNOWN},
    {5, "820700010000 016130", WP_FAULT_FIELD, 8, WP_SIDE_UNKNOWN},
    {5, "820F0001 00 0009 2473686172652F612F 00", WP_FAULT_TOPIC, 7, WP_SIDE_UNKNOWN},    /* $share/a/ */
    {5, "82100001 00 000A 2473686172652F2B2F61 00", WP_FAULT_TOPIC, 7, WP_SIDE_UNKNOWN},  /* $share/+/a */
    {5, "82100001 00 000A 2473686172652F612F62 04", WP_FAULT_FLAGS, 17, WP_SIDE_UNKNOWN}, /* no local */
    {5, "820B0001 04 0B010B02 000161 00", WP_FAULT_PROPERTY, 7, WP_SIDE_UNKNOWN}, /* once in a SUBSCRIBE */
    {4, "9003000103", WP_FAULT_REASON, 4, WP_SIDE_UNKNOWN},
    {4, "90020001", WP_FAULT_LENGTH, 4, WP_SIDE_UNKNOWN},
    {5, "9003000100", WP_FAULT_LENGTH, 5, WP_SIDE_UNKNOWN},
    {5, "9004000100A3", WP_FAULT_REASON, 5, WP_SIDE_UNKNOWN},
    {5, "B0020001", WP_FAULT_LENGTH, 4, WP_SIDE_UNKNOWN},
    {4, "A2020001", WP_FAULT_LENGTH, 4, WP_SIDE_UNKNOWN},
    {4, "9003000100", WP_FAULT_DIRECTION, 0, WP_SIDE_CLIENT},
    {4, "820600010001 6100", WP_FAULT_DIRECTION, 0, WP_SIDE_SERVER},
    /* DISCONNECT, AUTH */
    {5, "E00103", WP_FAULT_REASON, 2, WP_SIDE_UNKNOWN},
    {4, "E000", WP_FAULT_DIRECTION, 0, WP_SIDE_SERVER},
    {5, "E007 00 05 1100000001", WP_FAULT_DIRECTION, 4, WP_SIDE_SERVER},
    {5, "F00118", WP_FAULT_LENGTH, 3, WP_SIDE_UNKNOWN}, /* a step without its method */
    {5, "F006 18 04 16000161", WP_FAULT_PROPERTY, 3, WP_SIDE_UNKNOWN},
    {5, "F00200FF", WP_FAULT_LENGTH, 3, WP_SIDE_UNKNOWN},
};

START_TEST(what_is_wrong_is_named)
{
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct mqtt_state state = speaks(refused[i].version);
        struct wp_slice in = hex(refused[i].wire);
        struct mqtt_frame f;
        struct wp_decode d = mqtt_decode(&state, refused[i].from, in, &f);

        ck_assert_msg(d.status == WP_BAD && d.fault == refused[i].fault && d.at == refused[i].at &&
                          d.used == in.n,
                      "%s: status %d, %s at %zu of %zu", refused[i].wire, d.status, wp_fault_text(d.fault),
                      d.at, d.used);
    }
}
END_TEST

/* Before the first packet nobody knows where one begins; afterwards one with a fault in it is passed over whole. */
START_TEST(faults_are_passed_over)
{
    struct mqtt_state state = {0};
    struct mqtt_frame f;
    struct wp_slice in = hex("0005 C000 3003 000161");

    ck_assert_int_eq(mqtt_decode(&state, WP_SIDE_UNKNOWN, in, &f).fault, WP_FAULT_START);
    ck_assert_uint_eq(mqtt_decode(&state, WP_SIDE_UNKNOWN, in, &f).used, 2);
    ck_assert_uint_eq(mqtt_decode(&state, WP_SIDE_UNKNOWN, hex("3006 C000 3003 C0 00"), &f).used, 2);
    state = speaks(4);
    ck_assert_int_eq(mqtt_decode(&state, WP_SIDE_UNKNOWN, in, &f).fault, WP_FAULT_TYPE);
    ck_assert_uint_eq(mqtt_decode(&state, WP_SIDE_UNKNOWN, in, &f).used, 7);
    ck_assert_uint_eq(mqtt_decode(&state, WP_SIDE_UNKNOWN, hex("3006 C000 3003 C0 00"), &f).used, 8);
}
END_TEST

/* Behind a length that is none, one side is searched as before its first packet, until there is one. */
START_TEST(behind_a_malformed_length_the_next_packet_is_searched)
{
    struct mqtt_state state = speaks(4);
    struct mqtt_frame f;
    struct wp_slice type_0 = hex("0002 C000"), unfinished = hex("3010 4000");
    struct wp_decode d = mqtt_decode(&state, WP_SIDE_CLIENT, hex("C0 FFFFFFFFFF 3010 4000 C000"), &f);

    ck_assert_int_eq(d.fault, WP_FAULT_LENGTH);
    ck_assert_uint_eq(d.used, 10); /* no topic is as long as 4000 says */
    ck_assert_int_eq(mqtt_decode(&state, WP_SIDE_CLIENT, type_0, &f).fault, WP_FAULT_START);
    ck_assert_int_eq(mqtt_decode(&state, WP_SIDE_SERVER, type_0, &f).fault, WP_FAULT_TYPE);
    ck_assert_int_eq(mqtt_decode(&state, WP_SIDE_CLIENT, unfinished, &f).fault, WP_FAULT_START);
    ck_assert_int_eq(mqtt_decode(&state, WP_SIDE_SERVER, unfinished, &f).status, WP_MORE);
    ck_assert_int_eq(mqtt_decode(&state, WP_SIDE_CLIENT, hex("C000"), &f).status, WP_OK);
    ck_assert_int_eq(mqtt_decode(&state, WP_SIDE_CLIENT, type_0, &f).fault, WP_FAULT_TYPE);
}
END_TEST

/* Behind garbage the next place is one where some version has a packet with these first fields. */
START_TEST(what_cannot_begin_a_packet_is_passed_over)
{
    static const char *const none[] = {
        "1020 0003",      "2003 0030",      "200100",           "3020 2020",
        "3203 0001",      "3020 0003 6100", "3020 0010 41FF41", "8220 0001 0104",
        "4002 0000",      "4003 0001 41",   "4006 0001 00 41",  "8204 0001",
        "8220 0001 4141", "8220 0000",      "9003 0001 41",     "B003 0001 41",
        "C001",           "E001 41",        "F001 41",
    };
    static const char *const some[] = {
        "1020 0004 4D51",
        "1020 0006 4D51",
        "2002 0005",
        "2003 0085 00",
        "30",
        "3020",
        "3020 0003",
        "3020 0008 41F09F9880F09F",
        "3204 00",
        "4002 0001",
        "4003 0001 10",
        "4006 0001 00 02 1F",
        "8220 0001 0003",
        "8220 0001 02 0B",
        "9003 0001 80",
        "9020 0001 03 1F",
        "B002 0001",
        "C000",
        "E001 04",
        "F000",
        "F01000 03 15",
    };
    struct mqtt_state state = {0};
    struct mqtt_frame f;

    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        char wire[64] = "00 ";
        struct wp_slice in = hex(strcat(wire, none[i]));

        ck_assert_msg(mqtt_decode(&state, WP_SIDE_UNKNOWN, in, &f).used != 1, "%s", none[i]);
    }
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        char wire[64] = "00 ";
        struct wp_slice in = hex(strcat(wire, some[i]));

        ck_assert_msg(mqtt_decode(&state, WP_SIDE_UNKNOWN, in, &f).used == 1, "%s", some[i]);
    }
}
END_TEST

/* What looks odd and is allowed. */
START_TEST(what_is_unusual_is_read)
{
    static const struct {
        unsigned version;
        const char *wire, *part; /* of the line */
    } row[] = {
        {0, "101400064D51497364700382000A00066D6574657231",
         "clientId=meter1"},                                       /* 3.1: a user name flag, no user name */
        {0, "100C00044D51545484020000 0000", "protocolLevel=132"}, /* mosquitto's bridges */
        {0, "100D00044D515454050000000000 00", "clientId=\"\""},
        {0, "101000044D5154540540000000 0000 000161",
         "passwordLength=1 password=***"},               /* 5 needs no user name */
        {3, "8A0600010001 6100", "dup=true packetId=1"}, /* 3.1 sends it again */
        {3, "9003000180", "reasons=failure"},
        {4, "C08000", "remainingLength=0"}, /* only 5 wants the fewest bytes */
        {5, "3006 0000 03 230001", "topic=\"\" propertiesLength=3 properties.topicAlias=1"},
        {5, "3008 000161 04 0B010B02", "properties.subscriptionIdentifier=1,2"},
        {5, "E000", "reason=\"normal disconnection\""},
        {5, "F000", "type=AUTH version=5 remainingLength=0 reasonCode=00 reason=success"},
        {5, "20020001",
         "version=3.1.1 remainingLength=2 sessionPresent=false reasonCode=01 "
         "reason=\"unacceptable protocol version\""}, /* an old server */
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct mqtt_frame f = decoded(row[i].version, row[i].wire);

        ck_assert_msg(strstr(line_of(&f), row[i].part) != NULL, "%s: %s", row[i].wire, line_of(&f));
    }
}
END_TEST

/* ---- versions --------------------------------------------------------------------------------------- */

/* A connection that was joined later: each packet, and as what it is read. */
START_TEST(the_version_follows_from_what_is_seen)
{
    static const struct {
        const char *wire[4];
        const char *version[4];
    } row[] = {
        {{"9003000100"}, {"3.1.1"}},
        {{"B0020001"}, {"3.1.1"}},
        {{"200600000322000A", "40020001"}, {"5", "5"}},
        {{"8A0600010001 6100", "40020001"}, {"3.1", "3.1"}},
        {{"3005 000161 7B7D", "900400010000"}, {"3.1.1", "3.1.1"}},   /* {} begins no properties */
        {{"3006 000161 007B7D", "900400010000"}, {"5", "5"}},         /* 00 does */
        {{"900400010000"}, {"3.1.1"}},                                /* both would do */
        {{"3006 000161 007B7D", "3005 000161 7B7D"}, {"5", "3.1.1"}}, /* until one of them cannot be */
        {{"F000", "E000"}, {"5", "5"}},
        {{"8209000100 000361 2F62 00"}, {"5"}},
        {{"8208 0001 0003612F6200"}, {"3.1.1"}},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct mqtt_state state = {0};

        for (size_t k = 0; k < 4 && row[i].wire[k]; k++) {
            struct mqtt_frame f;
            struct wp_decode d = mqtt_decode(&state, WP_SIDE_UNKNOWN, hex(row[i].wire[k]), &f);

            ck_assert_msg(d.status == WP_OK, "%s: %s at %zu", row[i].wire[k], wp_fault_text(d.fault), d.at);
            ck_assert(f.is_inferred);
            ck_assert_msg(strcmp(mqtt_version_text(f.version), row[i].version[k]) == 0, "%s is read as %s",
                          row[i].wire[k], mqtt_version_text(f.version));
        }
    }
}
END_TEST

/* Also one with a fault in it says which version it is. */
START_TEST(a_connect_settles_the_version)
{
    struct mqtt_state state = {0};
    struct mqtt_frame f;

    mqtt_decode(&state, WP_SIDE_CLIENT, hex("100D00044D51545405020000 00 0000"), &f);
    ck_assert_int_eq(mqtt_decode(&state, WP_SIDE_CLIENT, hex("3005 000161 7B7D"), &f).fault, WP_FAULT_LENGTH);
    mqtt_decode(&state, WP_SIDE_CLIENT, hex("100C00044D51545404030000 0000"), &f);
    ck_assert_int_eq(mqtt_decode(&state, WP_SIDE_CLIENT, hex("3006 000161 007B7D"), &f).status, WP_OK);
    ck_assert_uint_eq(f.payload.n, 3);
    ck_assert(!f.is_inferred);
}
END_TEST

/* ---- turns ------------------------------------------------------------------------------------------ */

START_TEST(answers_are_paired_by_packet_identifier)
{
    static const struct {
        unsigned version;
        const char *question, *answer, *other;
    } row[] = {
        {4, "100C00044D51545404020000 0000", "20020000", "D000"},
        {4, "3205 000161 0007", "40020007", "40020008"},
        {4, "3405 000161 0007", "50020007", "40020007"},
        {4, "62020007", "70020007", "50020007"},
        {4, "820600010001 6100", "9003000100", "9003000200"},
        {4, "A205 0001 000161", "B0020001", "9003000100"},
        {4, "C000", "D000", "20020000"},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct mqtt_frame q = decoded(row[i].version, row[i].question),
                          a = decoded(row[i].version, row[i].answer),
                          o = decoded(row[i].version, row[i].other);
        struct wp_turn question = mqtt_turn(&q), answer = mqtt_turn(&a), other = mqtt_turn(&o);

        ck_assert_int_eq(question.kind, WP_TURN_ASKS);
        ck_assert_int_eq(answer.kind, WP_TURN_ANSWERS);
        ck_assert_msg(mqtt_answers(&answer, &question), "%s", row[i].question);
        ck_assert_msg(!mqtt_answers(&other, &question), "%s", row[i].question);
    }
}
END_TEST

START_TEST(some_packets_stand_alone)
{
    struct mqtt_frame publish = decoded(4, "3003000161"), disconnect = decoded(4, "E000"),
                      auth = decoded(5, "F000");

    ck_assert_int_eq(mqtt_turn(&publish).kind, WP_TURN_ALONE);
    ck_assert_int_eq(mqtt_turn(&disconnect).kind, WP_TURN_ALONE);
    ck_assert_int_eq(mqtt_turn(&auth).kind, WP_TURN_ALONE);
}
END_TEST

START_TEST(a_publish_carries_a_message)
{
    struct mqtt_frame publish = decoded(5, "3B0A 000361 2F62 0007 00 7B7D"),
                      alias = decoded(5, "3008 0000 03 230009 7B7D"), ping = decoded(5, "C000");
    struct wp_carried m;

    ck_assert(mqtt_message(&publish, &m));
    ck_assert(wp_slice_is(m.topic, "a/b"));
    ck_assert(wp_slice_is(m.payload, "{}"));
    ck_assert(m.dup);
    ck_assert(m.retain);
    ck_assert_uint_eq(m.qos, 1);
    ck_assert_uint_eq(m.alias, 0);
    ck_assert(mqtt_message(&alias, &m));
    ck_assert_uint_eq(m.topic.n, 0);
    ck_assert_uint_eq(m.alias, 9);
    ck_assert(!mqtt_message(&ping, &m));
    ck_assert_int_eq(mqtt_sender(&ping), WP_SIDE_CLIENT);
    ck_assert_int_eq(mqtt_sender(&publish), WP_SIDE_UNKNOWN);
}
END_TEST

/* ---- whose bytes ------------------------------------------------------------------------------------ */

START_TEST(streams_are_known_by_their_content)
{
    static const struct {
        const char *wire;
        enum wp_probe is;
    } row[] = {
        {"10", WP_PROBE_MORE},
        {"102B00044D", WP_PROBE_MORE},
        {"102B00044D515454", WP_PROBE_YES},
        {"10808001 00044D515454", WP_PROBE_YES},
        {"102500064D5149736470", WP_PROBE_YES},
        {"102B00044D515455", WP_PROBE_NO},
        {"1002 0001 0000", WP_PROBE_NO},
        {"1000 0004 4D515454", WP_PROBE_NO}, /* the name stands behind the packet */
        {"C000", WP_PROBE_MAYBE_MORE},       /* alone in its segment */
        {"D000D000", WP_PROBE_MAYBE_MORE},
        {"40020001", WP_PROBE_MAYBE_MORE},
        {"3003 000161", WP_PROBE_MAYBE_MORE},
        {"C000 C000 C000 C000 C000 C000 C000 C000", WP_PROBE_MAYBE_MORE},
        {"C000 C000 C000 C000 C000 C000 C000 C000 C000", WP_PROBE_MAYBE}, /* enough of that */
        {"3006 0004 612F6263", WP_PROBE_YES},
        {"C000 3006 0004 612F6263 00", WP_PROBE_YES},
        {"40020001 00", WP_PROBE_NO},
        {"82090001 0004 612F6263 00", WP_PROBE_YES},
        {"30", WP_PROBE_MORE},
        {"3020 0003 612F", WP_PROBE_MORE},
        {"3020 0003 6107", WP_PROBE_NO}, /* a topic of control characters */
        {"3003 000107", WP_PROBE_NO},
        {"820600010001 6100", WP_PROBE_MAYBE_MORE},
        {"C000 0000 0006 0103 0000 0001",
         WP_PROBE_NO}, /* Modbus: transactions C000, 4002, 2002, 2003, 3206 */
        {"4002 0000 0006 0103 0000 0001", WP_PROBE_NO},
        {"2002 0000 0006 0103 0000 0001", WP_PROBE_NO},
        {"2003 0000 0006 0103 0000 0001", WP_PROBE_NO},
        {"3206 0000 0006 0103 0000 0001", WP_PROBE_NO},
        {"E000 0000 0006 0103 0000 0001", WP_PROBE_NO},
        {"68AAAAAAAAAAAA6813 00DF16", WP_PROBE_NO}, /* DL/T 645 */
        {"FEFEFEFE68AAAAAAAAAAAA681300DF16", WP_PROBE_NO},
        {"680407000000", WP_PROBE_NO},                         /* IEC 60870-5-104 */
        {"474554202F20485454502F312E310D0A", WP_PROBE_NO},     /* GET / HTTP/1.1 */
        {"504F5354202F6120485454502F312E310D0A", WP_PROBE_NO}, /* POST */
        {"505554202F6120485454502F312E310D0A486F73743A20610D0A0D0A2020202020202020202020202020202020202020202"
         "02020202020"
         "20202020202020202020202020202020202020202020202020202020202020202020202020",
         WP_PROBE_NO},
        {"485454502F312E3120323030204F4B0D0A", WP_PROBE_NO}, /* HTTP/1.1 200 OK */
        {"16030100C8010000C40303", WP_PROBE_NO},             /* TLS */
        {"0001000100010012", WP_PROBE_NO},                   /* the wrapper of IEC 62056-47 */
        {"", WP_PROBE_MORE},
    };

    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        ck_assert_msg(mqtt_probe(hex(row[i].wire)) == row[i].is, "%s: %d", row[i].wire,
                      mqtt_probe(hex(row[i].wire)));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mqtt");
    TCase *t = tcase_create("mqtt");
    SRunner *r;
    int failed;

    tcase_add_test(t, captured_packets_mean_this);
    tcase_add_test(t, captured_packets_are_written_byte_for_byte);
    tcase_add_test(t, every_prefix_wants_more);
    tcase_add_test(t, fields_stand_where_they_say);
    tcase_add_test(t, a_payload_is_borrowed_whatever_its_size);
    tcase_add_test(t, properties_of_more_than_127_bytes);
    tcase_add_test(t, lengths_end_at_256_mebibytes);
    tcase_add_test(t, what_is_wrong_is_named);
    tcase_add_test(t, faults_are_passed_over);
    tcase_add_test(t, behind_a_malformed_length_the_next_packet_is_searched);
    tcase_add_test(t, what_cannot_begin_a_packet_is_passed_over);
    tcase_add_test(t, what_is_unusual_is_read);
    tcase_add_test(t, the_version_follows_from_what_is_seen);
    tcase_add_test(t, a_connect_settles_the_version);
    tcase_add_test(t, answers_are_paired_by_packet_identifier);
    tcase_add_test(t, some_packets_stand_alone);
    tcase_add_test(t, a_publish_carries_a_message);
    tcase_add_test(t, streams_are_known_by_their_content);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
