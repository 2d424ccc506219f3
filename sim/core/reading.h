/* What passes between the souths and the norths of a gateway: readings, commands, answers, presence.
 *
 * A south turns frames into readings; a north turns readings into topics, and topics into commands; every
 * command gets exactly one answer. A north never touches a south. */
#ifndef WP_READING_H
#define WP_READING_H

#include "sim/core/value.h"

enum wp_quality {
    WP_GOOD,
    WP_NO_VALUE, /* the device says that it has none (FF fill) */
    WP_INVALID,  /* digits or bits that are no value */
    WP_REFUSED,  /* the device or the south said no; `fault` says why */
};

struct wp_point {
    struct wp_slice id; /* the protocol's own words: "00010000", "1-0:12.7.0.255", "hold 21", "/Ac/Power" */
    const char *name;   /* standard's name of the quantity, NULL when unknown */
    const char *unit;   /* "" when none or unknown */
    bool is_scaled;     /* the device itself said how its value is scaled, and in which unit */
    uint16_t class_id;  /* DLMS/COSEM: of the object; 0 elsewhere */
    int8_t attribute;
    struct wp_value value;
    enum wp_quality quality;
    const struct wp_value *min, *max; /* limits that the device announced with it; NULL: none */
    struct wp_slice raw;              /* data bytes as on the wire, link layer taken off */
    struct wp_slice fault;            /* WP_REFUSED: text for people */
};

enum wp_reason { WP_POLLED, WP_ASKED, WP_PUSHED };

/* The `event` of a device that has gone: every point that it had, without a value; its presence offline follows. */
#define WP_EVENT_LEFT "left"

/* One moment of one device: one frame, or one poll session. With `event` it is no moment of registers, but something
 * that the device told: its points, or where nothing in it was understood, the bytes of the message. A device with
 * many points may be told in several readings. */
struct wp_reading {
    struct wp_slice device; /* "000000000001", "pvinverter/20" */
    const char *protocol;   /* the south's stem: "dlt645" */
    enum wp_reason reason;
    int64_t at; /* microseconds of the run (wp_us) */
    const struct wp_point *points;
    size_t n_points;
    const char *event;   /* NULL, or the protocol's name of the message: "event-notification" */
    struct wp_slice raw; /* of an event: the message, link layer taken off */
};

enum wp_operation { WP_READ, WP_WRITE, WP_EXECUTE };

/* The id of a WP_EXECUTE that asks a south that mirrors its devices for what it has of this one: readings, asked for,
 * that take no frame; then the answer. All of it within the giver's own step. */
#define WP_MIRROR "mirror"

struct wp_command {
    uint32_t tag;  /* the giver's; comes back in the answer */
    uint16_t from; /* which north gave it; the gateway's own numbering */
    bool poll;     /* of the poller: waits behind commands, is tried again */
    struct wp_slice device;
    enum wp_operation operation;
    const struct wp_slice *ids; /* in the protocol's own words */
    size_t n_ids;
    struct wp_value value; /* WP_WRITE, WP_EXECUTE */
};

struct wp_answer {
    uint32_t tag;
    uint16_t from;
    struct wp_slice device;
    bool ok;               /* at least one point has a value; without a reading: it is done */
    struct wp_slice fault; /* not ok: text for people, such as "Meter not connected" */
    /* One point per id of the command, in its order; those without value say why. None when the command was
     * refused as a whole, none for a poll, and none where what was read or written goes out as readings (lxp). */
    const struct wp_reading *reading;
};

struct wp_presence {
    struct wp_slice device;
    const char *protocol;
    bool online;
    uint32_t ip; /* of the peer; host byte order */
    int64_t at;
};

#endif
