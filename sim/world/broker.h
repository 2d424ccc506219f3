/* The rules of an MQTT 3.1.1 broker, as mosquitto 2.0.11 keeps them: sessions, subscriptions, retained messages,
 * wills. No time and no wires: who owns it carries packets to and fro, and is told what to send.
 *
 * Measured against mosquitto, where the standard leaves room:
 * - A message that matches several subscriptions of a client is delivered once, with the QoS of the subscription
 *   that is found first: literal levels before +, + before #, "a/#" before "a" for topic a.
 * - Retained messages come once for each subscription, and again when it is made again.
 * - A denied publish is acknowledged and dropped; a topic with wildcards ends the connection.
 * - Nobody may publish below $SYS.
 * - A client that takes over another's id has the other's will published, unless both kept their session. */
#ifndef WP_BROKER_H
#define WP_BROKER_H

#include "sim/core/machine.h"
#include "sim/world/access.h"
#include "sim/world/blocks.h"

struct broker;
struct broker_client;

/* A message on its way; whoever keeps one holds a reference. */
struct broker_message {
    uint32_t refs;
    uint32_t payload_n;
    uint16_t topic_n;
    uint8_t qos;
    bool retain;
    wp_us expires; /* as a retained message; WP_NEVER */
    /* topic and payload follow */
};

/* What mosquitto and its library take as a string: UTF-8 without control characters and without the code points that
 * Unicode keeps free of characters (lib/utf8_mosq.c). */
bool broker_is_text(struct wp_slice s);

struct wp_slice broker_topic(const struct broker_message *m);
struct wp_slice broker_payload(const struct broker_message *m);

struct broker_delivery {
    struct broker_message *message;
    uint8_t qos;
    bool retain, dup;
    uint32_t ack; /* to be given to broker_acked when the client has it; 0: no need */
};

/* What the broker wants done. `owner` is what was given at login. */
struct broker_calls {
    void *ctx;
    void (*deliver)(void *ctx, void *owner, const struct broker_delivery *delivery);
    /* The broker closes the connection: another client took over. The client is gone. */
    void (*closed)(void *ctx, void *owner);
    /* A will is being published; its deliveries follow. */
    void (*will)(void *ctx, void *owner, struct broker_message *message);
};

/* All three outlive the broker. access NULL: everybody everything. */
struct broker *broker_new(const struct wp_access *access, struct wp_blocks *blocks,
                          const struct broker_calls *calls);
void broker_free(struct broker *b); /* NULL is fine */
size_t broker_memory(const struct broker *b);

/* One reference, the caller's. */
struct broker_message *broker_message_new(struct wp_blocks *blocks, const struct wp_publish *publish);
void broker_message_release(struct wp_blocks *blocks, struct broker_message *m); /* NULL is fine */

enum {
    BROKER_ACCEPTED = 0,
    BROKER_BAD_ID = 2,         /* CONNACK: identifier rejected */
    BROKER_NOT_AUTHORISED = 5, /* CONNACK: not authorised */
    BROKER_VIOLATION = 0xFF,   /* no CONNACK: the connection is closed */
};

/* *ret_client and *ret_present are written when it is accepted. After its CONNACK call broker_resume. */
uint8_t broker_login(struct broker *b, const struct wp_login *login, void *owner,
                     struct broker_client **ret_client, bool *ret_present);
/* A bridge of the broker's own, which no access rule concerns: it hears the filter at QoS 0. */
struct broker_client *broker_bridge(struct broker *b, struct wp_slice id, struct wp_slice filter,
                                    void *owner);
/* Delivers what waited for the client. */
void broker_resume(struct broker *b, struct broker_client *c);
/* The client's connection is gone: after a DISCONNECT (orderly) or without. A session that is kept lives on. */
void broker_logout(struct broker *b, struct broker_client *c, bool orderly);

/* The granted QoS, WP_SUBACK_REFUSED or BROKER_VIOLATION. After its SUBACK call broker_send_retained. */
uint8_t broker_subscribe(struct broker *b, struct broker_client *c, struct wp_slice filter, uint8_t qos);
void broker_send_retained(struct broker *b, struct broker_client *c, struct wp_slice filter, uint8_t qos,
                          wp_us now);
/* false: the connection is to be closed. */
bool broker_unsubscribe(struct broker *b, struct broker_client *c, struct wp_slice filter);

enum broker_verdict {
    BROKER_TAKEN,   /* acknowledge and route it (QoS 2: when it is released) */
    BROKER_DENIED,  /* acknowledge and drop it */
    BROKER_HANG_UP, /* close the connection */
};

enum broker_verdict broker_judge(const struct broker *b, const struct broker_client *c,
                                 const struct broker_message *m);
/* To every subscriber, and into the retained messages. Also for the broker's own. */
void broker_route(struct broker *b, struct broker_message *m);

void broker_acked(struct broker *b, struct broker_client *c, uint32_t ack);

/* The broker process ends in good order: it publishes the will of every client still connected. */
void broker_publish_wills(struct broker *b);

size_t broker_connected(const struct broker *b);
size_t broker_sessions(const struct broker *b); /* connected or kept */

#endif
