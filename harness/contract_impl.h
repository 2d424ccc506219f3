/* Private to the files of the contracts: an AsyncAPI document, read once. */
#ifndef WP_CONTRACT_IMPL_H
#define WP_CONTRACT_IMPL_H

#include "harness/contract.h"
#include "harness/schema.h"

/* A rule of a channel beyond its schemas: which statements it decides; n 0: the document has no such rule. */
struct rule {
    const uint16_t *statements; /* indices of contract_set.ids */
    size_t n;
};

/* A compiled schema, with the statements of each of its marks looked up once. */
struct judged_schema {
    const struct schema *schema; /* NULL: none */
    struct rule *marks;
    size_t n_marks;
};

struct contract_message {
    const char *name;
    struct judged_schema when, payload; /* no when: whatever no other message of the channel is */
    struct judged_schema text;          /* of a JSON payload as it is written */
    struct rule seen;                   /* a message of this kind came */
    bool is_plain;                      /* no JSON: its schema is of a string, the payload */
    bool is_empty;                      /* the channel's message whose payload has no bytes */
};

/* What a parameter of an address stands for. */
struct contract_parameter {
    size_t index;  /* which level of the topic, from 0 */
    bool is_rest;  /* that level and all behind it, one at least */
    bool has_name; /* it names somebody, and is no value such as the number of a register */
    struct judged_schema level;
    struct rule same;
    const char *same_path; /* payload member that equals the level; NULL: none */
};

enum contract_retain { CONTRACT_NOT_RETAINED, CONTRACT_RETAINED, CONTRACT_RETAINED_OR_NOT };

struct contract_channel {
    const char *name, *address;
    struct wp_slice filter; /* the address with + for its parameters, # for one that is the rest */
    struct rule seen, is_json, delivery, receive_only;
    struct contract_parameter *parameters;
    size_t n_parameters;
    uint8_t qos;
    enum contract_retain retain;
    bool has_delivery;
    bool is_received; /* the gateway only listens there */
    struct contract_message *messages;
    size_t n_messages;
};

struct contract {
    const char *api;
    struct contract_channel *channels;
    size_t n_channels;
    struct rule closed;     /* a topic of the API's own that no channel describes */
    struct wp_slice *roots; /* first levels of its addresses, each once: "ivy" */
    size_t n_roots;
    bool has_prefixes; /* other gateways' first levels are any */
    struct contract *next;
};

struct contract_set {
    struct arena arena;
    struct schema_set *schemas;
    struct contract *contracts;
    struct catalogue *catalogues;
    const char **ids; /* every statement id that a contract names, each once */
    size_t n_ids, cap_ids;
};

enum { CONTRACT_REMARKS_MAX = 100, CONTRACT_MARKS_MAX = 1024, CONTRACT_TEXT_MAX = 1 << 20 };

struct contract_tally {
    const struct contract_set *set;
    struct contract_news *news; /* NULL: nobody */
    const char *address;        /* of the channel at hand, "" for none */
    uint64_t messages;
    uint64_t apis;                             /* bit i: a message of the i-th contract */
    uint64_t reached[CONTRACT_MARKS_MAX / 64]; /* of the check at hand */
    uint32_t *good, *bad,
        *unseen;        /* by index of the statement's id; unseen: could not be decided from there */
    char (*first)[400]; /* sentence of the first failure */
    wp_us *first_at;
    uint64_t *first_record; /* its number */
    struct {
        char text[300];
        uint32_t count;
        wp_us at;
        uint64_t record;
    } remarks[CONTRACT_REMARKS_MAX]; /* undocumented topics and members, each once */
    size_t n_remarks;
};

/* Whose topic it is, and of which channel (NULL: none of its); api NULL: of any. One with prefixes takes what is nobody
 * else's. NULL: nobody's. */
const struct contract *contract_of(const struct contract_set *set, const char *api, struct wp_slice topic,
                                   const struct contract_channel **ret_channel);

/* What the parameter stands for in this topic; false: it has no such level. */
bool contract_level(const struct contract_parameter *p, struct wp_slice topic, struct wp_slice *out);

/* Index of the id, added when it is new. */
uint16_t contract_id(struct contract_set *set, const char *id);

#endif
