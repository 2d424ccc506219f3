/* Which of the 128 VRM brokers an installation uses.
 *
 *     portal ID, trimmed and lower-cased -> sum of its characters' codes -> modulo 128
 *     "mqtt<index>.victronenergy.com", for web sockets "webmqtt<index>.victronenergy.com"
 *
 * source: API document, Determining the broker URL for a given installation. Its list takes the ID as it stands, its
 * sample code trims and lower-cases: the code is followed. */
#ifndef WP_VENUS_BROKER_H
#define WP_VENUS_BROKER_H

#include "sim/core/bytes.h"

enum { VENUS_PORTAL_MAX = 64, VENUS_BROKERS = 128 };

struct venus_broker {
    char portal[VENUS_PORTAL_MAX + 1]; /* trimmed, in lower case */
    uint32_t sum, index;
    char mqtt[40], webmqtt[40];
};

/* false: `why` says what is wrong with the ID: empty, longer than VENUS_PORTAL_MAX, or not of visible ASCII. */
bool venus_broker_find(struct wp_slice portal, struct venus_broker *out, struct wp_writer *why);

#endif
