/* The contracts: AsyncAPI documents with their schemas, and what they say of messages.
 *
 * A message of the SUT must match exactly one message of one channel. Each schema names the statements that its
 * keywords decide (x-statement); one that was looked at and held is a pass, one that did not is a fail. */
#ifndef WP_CONTRACT_H
#define WP_CONTRACT_H

#include "harness/statements.h"
#include "harness/verdict.h"
#include "sim/core/json_in.h"
#include "sim/core/transcript.h"

struct contract_set;
struct contract_tally;

/* Everything below HOME/harness/contracts; NULL: `why` has the sentence. */
struct contract_set *contracts_load(const char *home, struct wp_writer *why);
void contracts_free(struct contract_set *set);
const struct catalogue *contracts_catalogues(const struct contract_set *set);

/* What a run's messages have decided so far. */
struct contract_tally *contract_tally_new(const struct contract_set *set);
void contract_tally_free(struct contract_tally *t);

/* A publication of the SUT (or of whoever a capture says it was). */
void contract_take(const struct contract_set *set, struct contract_tally *t, const struct wp_record *publish);

/* A publication of a client under test: it has to be a request that the document knows. */
void contract_take_request(const struct contract_set *set, struct contract_tally *t,
                           const struct wp_record *publish);

/* Only how it was published: QoS and retain flag. For who learns them later than the message. */
void contract_take_delivery(const struct contract_set *set, struct contract_tally *t,
                            const struct wp_record *publish);

/* What one message does not keep to; texts are borrowed for the call.
 * place  where in the payload: a JSON pointer; "" for the payload or the message itself
 * rule   what it breaks: the schema's keyword ("telemetry.schema.json#/properties/value/type"), or the contract's own
 *        ("x-delivery"); with `address` and `place` it tells faults apart, where it names several members the sentence
 *        too */
struct contract_fault {
    const char *id;      /* NULL: a remark */
    const char *address; /* of the channel, "" when there is none */
    const char *place, *rule;
    const char *sentence; /* what came and what was expected */
    bool names_member;    /* the sentence says which of several members it is about */
    const struct wp_record *record;
};

/* Who wants to know at once what the tally holds against the SUT: each statement that fails for the first time, each
 * remark when it is new (id NULL). Once for each; `sentence` is borrowed for the call. */
struct contract_news {
    void (*tell)(struct contract_news *news, const char *id, const char *sentence, const struct wp_record *r);
    /* NULL: nobody. Every single one. */
    void (*each)(struct contract_news *news, const struct contract_fault *fault);
};
void contract_tell(struct contract_tally *t, struct contract_news *news);

/* Has a message on a topic of this API's been taken? */
bool contract_has_seen(const struct contract_set *set, const struct contract_tally *t, const char *api);

/* All of which messages have been taken: "ivy", "ivy venus". */
void contract_put_apis(const struct contract_set *set, const struct contract_tally *t, struct wp_writer *w);
bool contract_has_api(const struct contract_set *set, const char *api);

/* Is the topic one of the API's own, documented or not? api NULL: of any API. */
bool contract_owns(const struct contract_set *set, const char *api, struct wp_slice topic);

/* Whose messages a topic is for. */
enum contract_way {
    CONTRACT_NOBODYS,      /* of no API */
    CONTRACT_SENT,         /* the gateway publishes there */
    CONTRACT_RECEIVED,     /* only clients do */
    CONTRACT_UNDOCUMENTED, /* below an API's root, and no channel describes it */
};
enum contract_way contract_way(const struct contract_set *set, const char *api, struct wp_slice topic);

/* "ivy octolux venus" */
void contract_put_names(const struct contract_set *set, struct wp_writer *w);

/* The first levels of all APIs' topics, read without loading the contracts, as "ivy + octolux N R W": who sees none of
 * them needs no contracts. "+" stands for any level. false: a document cannot be read, or has none. */
bool contracts_roots(const char *home, struct wp_writer *out);

/* Calls `visit` with the topic filter of each channel of the API; NULL: of every API. */
void contract_each_filter(const struct contract_set *set, const char *api,
                          void (*visit)(void *ctx, struct wp_slice filter), void *ctx);

/* Does the payload obey the named schema ("ivy/telemetry")? false: `why` has the first error. */
bool contract_obeys(const struct contract_set *set, const char *name, const struct json_tape *tape,
                    struct wp_writer *why);

/* The level of the topic that a parameter of its channel stands for, the first that names somebody. false: no channel,
 * or it has none. */
bool contract_topic_parameter(const struct contract_set *set, struct wp_slice topic,
                              struct wp_slice *ret_level);

/* Turns the tally into findings: one for all that held, one for each statement that did not, one for each topic or
 * member that the document does not know. */
void contract_finish(const struct contract_set *set, const struct contract_tally *t,
                     struct scenario_result *result, wp_us now);

/* Calls `visit` for every statement that some schema or channel names. */
void contract_each_statement(const struct contract_set *set,
                             void (*visit)(void *ctx, const char *id, const char *where), void *ctx);

#endif
