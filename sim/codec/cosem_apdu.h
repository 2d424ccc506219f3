/* One APDU of DLMS/COSEM: read in place, built, shown.
 *                          source: IEC 62056-5-3 (ASN.1 module COSEMpdu), IEC 62056-6-2; vectors dlms
 *
 *     0F | long-invoke-id u32 | date-time 00 or 0C+12 | Data                           data-notification
 *     C2 | 00, or 01 0C+12 | class u16 | OBIS 6 | attribute i8 | Data                  event-notification
 *     C0 | choice | invoke u8 | class u16 | OBIS 6 | attribute i8 | 00, or 01 sel Data get-request; C1, C3 alike
 *     C4 | choice | invoke u8 | 00 Data, or 01 data-access-result                      get-response; C5, C7 alike
 *     60 61 62 63 | BER length | elements                                              association
 *     E0 | last, streaming, window | block u16 | acknowledged u16 | octet-string       general-block-transfer
 *     DB DC | title | octet-string: SC u8, IC u32, content                             general-glo-, -ded-ciphering
 *     C8..CF, D0..D7, 21.., 41.. | octet-string: SC u8, IC u32, content                glo-, ded-
 *
 * Everything is big-endian. An APDU has no length of its own, decoding its front tells how much of a stream it takes.
 * Slices borrow from the input; a Data is given as its octets, walked with axdr.h, and is known to be well formed. */
#ifndef WP_COSEM_APDU_H
#define WP_COSEM_APDU_H

#include "sim/codec/cosem_form.h"
#include "sim/codec/obis.h"
#include "sim/core/decode.h"

/* ---- what stands in them ---------------------------------------------------------------------------- */

/* One attribute of one object, or one of its methods. */
struct cosem_attribute {
    uint16_t class_id;
    struct obis obis;
    int8_t id;
    bool is_selected; /* selective access: only a part of it, as the selector says */
    uint8_t selector;
    struct wp_slice selection; /* Data */
};

/* n items one behind the other, each known to be well formed; cosem_next_* takes them off the front. */
struct cosem_list {
    uint32_t n;
    struct wp_slice items;
};

enum cosem_outcome { COSEM_NOTHING, COSEM_DATA, COSEM_ERROR };

/* Of a get: data or error. Of a set: the status alone. Of an action: its status, and what it returned, if anything. */
struct cosem_result {
    uint8_t status; /* set: data-access-result, action: action-result; 0 is success */
    enum cosem_outcome outcome;
    uint8_t error;        /* COSEM_ERROR: data-access-result */
    struct wp_slice data; /* COSEM_DATA */
};

struct cosem_block {
    bool is_last;
    uint32_t number; /* the first is 1 */
    bool is_error;   /* get-response: there is an error in place of data */
    uint8_t error;
    struct wp_slice raw;
};

/* get, set and action, requests and responses. What a form has no use for is zero.
 *     normal            attribute, data | result           next, response to a block   block.number
 *     with list         attributes, values | results       block, last block           block, and result or results
 *     first block       attribute or attributes, block */
struct cosem_service {
    uint8_t invoke;                   /* bits 0..3 id, 6 confirmed, 7 high priority */
    struct cosem_attribute attribute; /* of an action its method */
    struct wp_slice data;             /* empty: none */
    struct cosem_list attributes;     /* of struct cosem_attribute */
    struct cosem_list values;         /* of Data */
    struct cosem_result result;
    struct cosem_list results; /* of struct cosem_result */
    struct cosem_block block;
};

enum cosem_time_form {
    COSEM_TIME_STANDARD,  /* 00, or 0C and twelve octets */
    COSEM_TIME_AS_STRING, /* 09 0C: with a type in front. seen: Kaifa, Kamstrup before 2018 */
    COSEM_TIME_AS_DATA,   /* 19, and twelve octets. not seen, others accept it */
};

struct cosem_notification {
    uint32_t
        invoke; /* bits 0..23 id, 28 self-descriptive, 29 break-on-error, 30 confirmed, 31 high priority */
    struct wp_slice time; /* twelve octets, or none */
    enum cosem_time_form time_form;
    struct wp_slice data; /* of a confirmation: none */
};

/* How an event-notification is laid out. The legacy ones are those of IVY gateways before the standard's: no optional
 * flag, and several values to the end. */
#define COSEM_EVENT_LAYOUTS(X)                                                                               \
    X(STANDARD, "standard")                                                                                  \
    X(LEGACY, "upstream-no-time-byte")       /* C2 | class | OBIS | attribute | values */                    \
    X(LEGACY_LENGTH, "upstream-length-byte") /* the same with 06 in front of the OBIS code */                \
    X(LEGACY_TIME, "upstream-bare-time")     /* C2 | date-time 12 | class ... */                             \
    X(LEGACY_TIME_LENGTH, "upstream-bare-time-and-length-byte")

enum cosem_event_layout {
#define X(name, text) COSEM_EVENT_##name,
    COSEM_EVENT_LAYOUTS(X)
#undef X
};

struct cosem_event {
    enum cosem_event_layout layout;
    struct wp_slice time; /* twelve octets, or none */
    struct cosem_attribute attribute;
    struct wp_slice data;     /* the first value */
    struct cosem_list values; /* all of them; the standard layout has one */
};

/* An access-request lists what to do (kind, attribute) and the values for it; the response a value and a result each. */
struct cosem_access {
    uint32_t invoke;
    struct wp_slice time;
    struct cosem_list specifications; /* cosem_next_access; of a response: none or as in the request */
    struct cosem_list values;         /* of Data */
    struct cosem_list results;        /* response: kind u8, result u8 each */
    bool has_specifications;
};

enum cosem_access_kind {
    COSEM_ACCESS_GET = 1,
    COSEM_ACCESS_SET = 2,
    COSEM_ACCESS_ACTION = 3,
    COSEM_ACCESS_GET_SELECTED = 4,
    COSEM_ACCESS_SET_SELECTED = 5,
};

/* What is ciphered with one key: the outer shell. */
struct cosem_ciphered {
    struct wp_slice title; /* general-: eight octets or none; glo-, ded-: none */
    uint8_t
        control; /* security control: bits 0..3 suite, 10 authenticated, 20 encrypted, 40 broadcast, 80 compressed */
    uint32_t counter;        /* invocation counter */
    struct wp_slice content; /* behind SC and IC: the octets, and when authenticated a tag of 12 */
    struct wp_slice whole;   /* the same from SC on */
};

enum cosem_key_info { COSEM_KEY_NONE, COSEM_KEY_IDENTIFIED, COSEM_KEY_WRAPPED, COSEM_KEY_AGREED };

/* general-ciphering and general-signing */
struct cosem_protection {
    struct wp_slice transaction, originator, recipient, date_time, other;
    enum cosem_key_info key_info;
    uint8_t key_id;                     /* identified: key-id, wrapped: kek-id */
    struct wp_slice key, key_cipher;    /* wrapped: the key; agreed: parameters and the ciphered data */
    struct cosem_ciphered ciphered;     /* ciphering */
    struct wp_slice content, signature; /* signing */
};

struct cosem_transfer {
    bool is_last, is_streaming;
    uint8_t window;
    uint16_t block, acknowledged;
    struct wp_slice data;
};

struct cosem_exception {
    uint8_t state, service;
    bool has_counter; /* service 6 */
    uint32_t counter;
};

struct cosem_service_error {
    uint8_t service, category, value;
};

/* initiate-request and -response, alone or in an association; also what stands in their place there. */
struct cosem_initiate {
    uint8_t tag;                   /* 01, 08, 0E; ciphered: 21, 28, 41, 48; 0: there is none */
    struct wp_slice dedicated_key; /* request */
    bool is_response_not_allowed;  /* request */
    bool has_quality;
    int8_t quality;
    uint8_t version;      /* 6 */
    uint32_t conformance; /* 24 bits; bit 0 of the standard is 800000 */
    uint16_t max_pdu;
    uint16_t vaa_name;                /* response: 0007, of short names FA00 */
    struct cosem_service_error error; /* 0E */
    struct cosem_ciphered ciphered;
};

enum cosem_diagnostic { COSEM_DIAGNOSTIC_NONE, COSEM_DIAGNOSTIC_USER, COSEM_DIAGNOSTIC_PROVIDER };

struct cosem_association {
    struct wp_slice protocol_version; /* the BIT STRING's octets */
    bool has_context, has_mechanism, has_result, has_reason;
    bool is_context_integer; /* seen: 02 01 nn in place of an object identifier */
    uint8_t context;         /* 1 LN, 2 SN, 3 LN ciphered, 4 SN ciphered */
    uint8_t mechanism;       /* 0 none, 1 LLS, 2 HLS, 3 MD5, 4 SHA-1, 5 GMAC, 6 SHA-256, 7 ECDSA */
    uint8_t result, diagnostic, reason;
    enum cosem_diagnostic diagnostic_source;
    struct wp_slice title;        /* system title of who sends it */
    struct wp_slice certificate;  /* AE qualifier of who sends it */
    struct wp_slice requirements; /* 07 80: with authentication */
    struct wp_slice auth_value;   /* a password or a challenge: a secret */
    struct wp_slice
        user_information; /* the octets that `initiate` was read from; encoded as they are when given */
    struct cosem_initiate initiate;
};

/* Short names: what is read or written. */
enum cosem_variable_choice {
    COSEM_VARIABLE_NAME = 2,
    COSEM_VARIABLE_SELECTED = 4,    /* name, selector, data */
    COSEM_VARIABLE_BLOCK = 5,       /* number */
    COSEM_VARIABLE_READ_BLOCK = 6,  /* is_last, number, raw */
    COSEM_VARIABLE_WRITE_BLOCK = 7, /* is_last, number */
};

struct cosem_variable {
    enum cosem_variable_choice choice;
    uint16_t name; /* or the number of a block */
    uint8_t selector;
    bool is_last;
    struct wp_slice data; /* or raw data */
};

/* What came of it: of a read data, error, block (is_last, number, raw) or number, of a write success, error, number. */
struct cosem_variable_result {
    uint8_t
        choice; /* as on the wire: read 0 data, 1 error, 2 block, 3 number; write 0 success, 1 error, 2 number */
    uint8_t error;
    uint16_t number;
    bool is_last;
    struct wp_slice data;
};

struct cosem_variables {
    struct wp_slice time;             /* information-report */
    struct cosem_list specifications; /* cosem_next_variable */
    struct cosem_list values;         /* of Data */
    struct cosem_list results;        /* cosem_next_variable_result */
};

/* An APDU for, or of, a device behind the one that is spoken to. */
struct cosem_routed {
    uint8_t network;
    struct wp_slice address;
    struct wp_slice apdu;
};

struct cosem_apdu {
    enum cosem_form form;
    uint8_t tag;
    unsigned quirks;       /* COSEM_* of enum cosem_tolerance that reading it took */
    struct wp_slice bytes; /* all of it, from its tag on */
    union {
        struct cosem_notification notification;
        struct cosem_event event;
        struct cosem_service service;
        struct cosem_access access;
        struct cosem_association association;
        struct cosem_initiate initiate;
        struct cosem_service_error error;
        struct cosem_exception exception;
        struct cosem_transfer transfer;
        struct cosem_ciphered ciphered;
        struct cosem_protection protection;
        struct cosem_variables variables;
        struct cosem_routed routed;
    };
};

/* ---- reading ---------------------------------------------------------------------------------------- */

/* What may be read although no standard says so. */
enum cosem_tolerance {
    COSEM_STRICT = 0,
    COSEM_LEGACY_EVENT = 1 << 0,      /* the layouts above, and then only plausible classes and attributes */
    COSEM_SHORT_ACTION = 1 << 1,      /* an action-response that ends behind its result */
    COSEM_SHORT_CONFORMANCE = 1 << 2, /* 5F 04 00: 1F is missing. seen: old stacks with short names */
    COSEM_INTEGER_CONTEXT = 1 << 3,   /* is_context_integer */
    COSEM_TOLERANT = (1 << 4) - 1,
    COSEM_ODD_BODY =
        1 << 4, /* the Data of a whole data-notification may be anything: for makers whose lists are no
                              * A-XDR, see cosem_push.h. Not part of COSEM_TOLERANT: it hides what is broken */
};

/* Decode the APDU that begins a stream. out is written only on WP_OK; used tells where the next one begins.
 * WP_MORE need     at least so many more octets
 * WP_BAD           APDU_TAG | CHOICE | OPTIONAL | DATE_TIME | EVENT | LENGTH_FORM | SYSTEM_TITLE | CIPHER_LENGTH | FIELD |
 *                  BLOCK | NESTING, and what axdr_decode says; used = 1
 * A stream does not tell how many values a legacy event has: one is taken. */
struct wp_decode cosem_apdu_decode(struct wp_slice in, unsigned tolerance, struct cosem_apdu *out);

/* Decode octets that are one whole APDU: what a frame or block transfer delivered.
 * WP_BAD           also TRUNCATED, TRAILING; never WP_MORE */
struct wp_decode cosem_apdu_read(struct wp_slice in, unsigned tolerance, struct cosem_apdu *out);

/* Is there an APDU that begins with this octet? */
bool cosem_is_tag(uint8_t tag);

/* The results of a get-response-with-list that came in blocks: a count and that many; one whole buffer. */
bool cosem_results_read(struct wp_slice in, struct cosem_list *out);

/* The first item is taken off the list; false: there is none. */
bool cosem_next_attribute(struct cosem_list *list, struct cosem_attribute *out); /* get, set */
bool cosem_next_method(struct cosem_list *list, struct cosem_attribute *out);
bool cosem_next_data(struct cosem_list *list, struct wp_slice *out);
bool cosem_next_result(enum cosem_form form, struct cosem_list *list, struct cosem_result *out);
bool cosem_next_access(struct cosem_list *list, enum cosem_access_kind *kind, struct cosem_attribute *out);
bool cosem_next_variable(struct cosem_list *list, struct cosem_variable *out);
bool cosem_next_variable_result(enum cosem_form form, struct cosem_list *list,
                                struct cosem_variable_result *out);
bool cosem_next_octets(struct cosem_list *list, size_t n, struct wp_slice *out); /* items of n octets each */

/* ---- building --------------------------------------------------------------------------------------- */

/* Puts the APDU. `tag` is looked at for COSEM_GLO and COSEM_DED alone, `bytes` never. Lists hold their items as put by
 * the functions below. */
void cosem_apdu_encode(struct wp_writer *w, const struct cosem_apdu *apdu);

void cosem_put_octets(struct wp_writer *w, struct wp_slice octets); /* length and octets */
void cosem_put_attribute(struct wp_writer *w,
                         const struct cosem_attribute *attribute); /* with the selection */
void cosem_put_method(struct wp_writer *w, const struct cosem_attribute *method);
void cosem_put_access(struct wp_writer *w, enum cosem_access_kind kind,
                      const struct cosem_attribute *attribute);
/* The `requirements` of an association with authentication: 07 80. */
struct wp_slice cosem_requirements(void);
/* form: of the response that the result stands in */
void cosem_put_result(struct wp_writer *w, enum cosem_form form, const struct cosem_result *result);

/* ---- showing ---------------------------------------------------------------------------------------- */

/* "AARQ", "GET.response", "glo-GET.response", ...; NULL when no APDU has this tag. */
const char *cosem_apdu_name(uint8_t tag);

/* Visit the fields of one whole APDU as "apdu.tag", "apdu.apdu", ... An APDU that does not read as it should is shown
 * as its tag, name and payload, with "apdu.fault" and where. Of passwords, challenges and keys the place is told alone.
 * apdu   at least one byte
 * first  where it begins, counted from the first byte of the frame */
void cosem_apdu_fields(struct wp_slice apdu, size_t first, wp_visit *visit, void *ctx);

/* The same of one that was read. */
void cosem_apdu_visit(const struct cosem_apdu *apdu, size_t first, wp_visit *visit, void *ctx);

/* One JSON object with the members of the published vectors, passwords and challenges too: for tests, not for users.
 * {"apdu":"get-response-normal","invoke":"C1","data":"u32:5009"} */
void cosem_apdu_text(struct wp_writer *w, const struct cosem_apdu *apdu);

#endif
