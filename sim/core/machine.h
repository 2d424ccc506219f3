/* The machine: everything that lives in time. An event and the time go in, effects come out.
 *
 * A machine never asks the time, never sleeps, does no I/O, calls no malloc and keeps no pointer from an event.
 * Same events in, same effects out. A world (virtual or live) carries effects from machine to machine. */
#ifndef WP_MACHINE_H
#define WP_MACHINE_H

#include "sim/core/bytes.h"
#include "sim/core/option.h"
#include "sim/core/reading.h"
#include "sim/core/value.h"

/* Microseconds since the start of the run; durations too. WP_NEVER is later than every deadline. */
typedef int64_t wp_us;
#define WP_NEVER  INT64_MAX
#define WP_MS(n)  ((wp_us)(n)*1000)
#define WP_SEC(n) ((wp_us)(n)*1000000)

/* IPv4 address and port in host byte order. All zero: none. */
struct wp_addr {
    uint32_t ip;
    uint16_t port;
};

/* "127.0.2.1" or "127.0.2.1:8899"; false when it is neither. */
bool wp_addr_read(struct wp_slice text, struct wp_addr *out);
void wp_put_ip(struct wp_writer *w, uint32_t ip);
void wp_put_addr(struct wp_writer *w, struct wp_addr addr);

/* ---- endpoints: what a machine may open ----------------------------------------------------------
 *
 * WP_UDP has no connections, so the world keeps the ports. A listener has one for each peer address: OPEN at the peer's
 * first datagram, then BYTES with exactly one datagram each, the first one too. HANG_UP forgets the peer, and what it
 * sends later opens a new port; so does the world with the peer that has been silent for longest, with
 * WP_CLOSE_TIMEOUT, when there would be more than WP_DATAGRAM_PEERS_MAX at one endpoint. A dial succeeds at once, from a
 * source port of its own, whether anybody listens or not; its port hears its own peer alone. SEND is one datagram, an
 * empty one too; one longer than WP_DATAGRAM_MAX is a note and not sent. Nobody hears of a hang-up at the other side, and
 * a datagram to nobody vanishes: there is no ICMP.
 *
 * WP_BUS is one connection to the D-Bus message bus, and so one service; it is dialled, never listened at, and has no
 * address. The world authenticates and says Hello: OPEN has the unique name. From then on SEND is exactly one whole
 * message, low byte first, without SENDER (the bus sets it), and BYTES is one. Everything else that a bus offers is asked
 * by calls of the machine's own to org.freedesktop.DBus (codec/dbus_bus.h); the bus's signals, NameAcquired of the unique
 * name first, come as BYTES, too. A SEND that is no such message is not sent but a note, and closes the port with
 * WP_CLOSE_RESET: a bus disconnects who sends it one. With the end of a port its names and match rules go, whoever waits
 * for its reply gets NoReply, whoever asked for it NameOwnerChanged. WP_CLOSE_RESET from elsewhere: the bus is gone; a
 * dial is refused until it is back. No link delays or damages messages; a fault that closes or cuts a line ends the bus
 * ports of a machine without broker endpoint. */

enum {
    WP_DATAGRAM_MAX = 65507,      /* octets of one UDP datagram over IPv4 */
    WP_DATAGRAM_PEERS_MAX = 4096, /* remembered by one listening endpoint */
};

enum wp_transport { WP_TCP, WP_UDP, WP_SERIAL, WP_BUS, WP_BROKER };

struct wp_endpoint {
    const char
        *name; /* "meters", "gateway", "broker"; unique within the machine, alive as long as its setup */
    enum wp_transport transport;
    bool listen;         /* the world opens it at start; otherwise the machine dials or logs in by effect */
    struct wp_addr addr; /* listen: own address; dial: where to */
};

/* An open connection, bus name or broker session of one machine; never 0, never used twice in a run. */
typedef uint32_t wp_port;

enum wp_close_reason {
    WP_CLOSE_PEER,    /* the other side ended it in good order (FIN, DISCONNECT) */
    WP_CLOSE_RESET,   /* RST, or the broker went away */
    WP_CLOSE_OWN,     /* by our own hang up */
    WP_CLOSE_REFUSED, /* a dial or login that was turned down; code = CONNACK code for a broker */
    WP_CLOSE_TIMEOUT, /* nothing was heard for too long */
};

/* A connection that turned out to speak another south's protocol. Who hands it on forgets it without a word.
 * A device that signed on has been told online and stays so: from now on it is the next south's, which says
 * online once more, as its own, or offline. */
struct wp_handover {
    struct wp_addr peer, own; /* filled in by the gateway */
    struct wp_slice device;   /* who signed on: "000000000001"; empty: nobody yet */
    struct wp_slice bytes;    /* what came and was not understood */
    struct wp_slice rest;     /* what came behind it; to the next south it is the first WP_EV_BYTES */
};

/* ---- events --------------------------------------------------------------------------------------- */

enum wp_event_kind {
    WP_EV_START,   /* once, first; again after a restart (memory initialised anew, kept options SET before) */
    WP_EV_OPEN,    /* a client of ours was accepted, or our dial or login succeeded; udp: see above */
    WP_EV_CLOSE,   /* the port is gone; port 0: the dial or login of `endpoint` failed */
    WP_EV_BYTES,   /* tcp, serial: some bytes in order; udp: a datagram; bus: a message */
    WP_EV_MESSAGE, /* broker: a message for one of our subscriptions */
    WP_EV_ACKED,   /* broker: the publish with `tag` was taken over by the broker, or refused */
    WP_EV_SUBACKED, /* broker: the subscription with `tag` was answered */
    WP_EV_TIMER,    /* deadline() has come */
    WP_EV_SET,      /* an option changes while running */
    WP_EV_STOP,     /* orderly end: say goodbye now; the world closes what is still open afterwards */
    WP_EV_COMMAND,  /* inside a gateway: from a north (or the poller) to a south */
    WP_EV_ANSWER,   /* inside a gateway: from a south to who gave the command */
    WP_EV_READING,  /* inside a gateway: from a south to the norths */
    WP_EV_PRESENCE, /* inside a gateway: a device came or went; a south hears of other souths' devices */
    WP_EV_HANDED,   /* inside a gateway: another south hands on a connection, instead of its OPEN */
};

enum { WP_SUBACK_REFUSED = 0x80 }; /* MQTT 3.1.1, 3.9.3 */

/* Contents are borrowed for the call. */
struct wp_event {
    enum wp_event_kind kind;
    uint16_t endpoint; /* index in the setup's endpoints */
    wp_port port;
    wp_us now;
    union {
        struct {
            struct wp_addr peer, own;
            bool session_present;     /* broker */
            struct wp_slice bus_name; /* bus: our unique name, ":1.42" */
        } open;
        struct {
            enum wp_close_reason reason;
            uint8_t code;
            struct wp_addr peer; /* of a dial that failed: where to */
        } close;
        struct wp_slice bytes;
        struct {
            struct wp_slice topic, payload;
            uint8_t qos;
            bool retain, dup;
        } message;
        struct {
            uint32_t tag;
            bool ok;
        } acked;
        struct {
            uint32_t tag;
            uint8_t code; /* granted QoS 0..2, or WP_SUBACK_REFUSED */
        } subacked;
        struct {
            const struct wp_option *option;
            struct wp_value value;
            uint32_t times; /* faults: on how many occasions; 0: until cleared by a null value */
        } set;
        const struct wp_command *command;
        const struct wp_answer *answer;
        const struct wp_reading *reading;
        const struct wp_presence *presence;
        const struct wp_handover *handover;
    };
};

/* ---- effects -------------------------------------------------------------------------------------- */

enum wp_effect_kind {
    WP_DIAL,    /* endpoint; answered by OPEN or CLOSE with port 0; one at a time per endpoint and address */
    WP_HANG_UP, /* port */
    WP_SEND,    /* port; stream bytes, or one datagram, or one bus message */
    WP_LOGIN,   /* broker endpoint; answered like a dial */
    WP_SUBSCRIBE,
    WP_UNSUBSCRIBE,
    WP_PUBLISH, /* QoS > 0, or tag != 0: answered by ACKED with the tag; refused if the port closes before */
    WP_READING,
    WP_COMMAND,
    WP_ANSWER,
    WP_PRESENCE,
    WP_HAND_ON, /* inside a gateway: port; the next south with such an endpoint goes on with the connection */
    WP_NOTE,
};

struct wp_login {
    struct wp_slice client_id, user, password; /* user and password: p NULL when not given */
    bool clean;
    uint16_t keepalive_s;
    bool has_will;
    struct {
        struct wp_slice topic, payload;
        uint8_t qos;
        bool retain;
    } will;
};

struct wp_publish {
    struct wp_slice topic, payload;
    uint8_t qos;
    bool retain;
    uint32_t tag;
};

struct wp_effect {
    enum wp_effect_kind kind;
    uint16_t endpoint;
    wp_port port;
    union {
        struct {
            struct wp_addr to; /* zero: the endpoint's own addr */
            wp_us
                within; /* tcp: without an answer for so long it has failed; 0: as long as the world tries */
        } dial;
        bool abort; /* WP_HANG_UP: RST, or no DISCONNECT, instead of a goodbye */
        struct wp_slice bytes;
        const struct wp_login *login;
        struct {
            struct wp_slice filter;
            uint8_t qos;
            uint32_t tag;
        } subscribe; /* WP_UNSUBSCRIBE: filter only */
        struct wp_publish publish;
        const struct wp_reading *reading;
        const struct wp_command *command;
        const struct wp_answer *answer;
        const struct wp_presence *presence;
        const struct wp_handover *handover;
        struct {
            const char *what;     /* a fixed word: "echo", "garbage", "queue-full" */
            struct wp_slice text; /* the rest of the sentence */
            int64_t count;        /* how many so far */
        } note;
    };
};

/* Takes effects while a machine steps. What it needs after the call it copies; it never steps a machine. */
struct wp_outbox {
    void (*emit)(struct wp_outbox *outbox, const struct wp_effect *effect);
};

void wp_dial(struct wp_outbox *out, uint16_t endpoint);
void wp_hang_up(struct wp_outbox *out, wp_port port);
void wp_abort(struct wp_outbox *out, wp_port port);
void wp_send(struct wp_outbox *out, wp_port port, struct wp_slice bytes);
void wp_note(struct wp_outbox *out, const char *what, struct wp_slice text, int64_t count);

/* ---- setup and class ------------------------------------------------------------------------------ */

struct wp_class;

/* The souths and norths that a gateway is made of. They are classes like any other, stepped by the gateway: they get
 * its setup (options of every part in one list, endpoints of every part in another) and the events of their own
 * endpoints, and WP_EV_COMMAND, ANSWER, READING, PRESENCE and HANDED from each other, by way of the gateway. An endpoint
 * that several souths list is opened once: the first of them gets its connections. */
struct wp_parts {
    const struct wp_class *const *souths;
    size_t n_souths;
    const struct wp_class *const *norths;
    size_t n_norths;
};

/* What a machine is made from; it outlives the machine. */
struct wp_setup {
    const char *name; /* "m1", "gateway" */
    uint64_t seed;    /* for this machine: a hash of the run's seed and the name */
    int64_t epoch_us; /* Unix time of now = 0; UTC in payloads is epoch + now */
    int32_t utc_offset_s;
    uint32_t ip;                         /* own address: the source of dials, and of listeners without one */
    const struct wp_option_value *given; /* later ones win; machines of one kind may share the list */
    size_t n_given;
    const struct wp_option_value *own; /* one of this machine alone, an address: it wins; NULL: none */
    const struct wp_endpoint *endpoints;
    size_t n_endpoints;
    const struct wp_parts *parts; /* gateway only */
    const void *plan;             /* of a machine that the harness makes for itself: what it is to do */
};

struct wp_key; /* core/decode.h */

typedef void wp_take_key(void *ctx, const struct wp_key *key);

struct wp_class {
    const char *name; /* the `model` of scenario files: "dlt645-meter", "gateway" */
    const char *help; /* one line */
    const struct wp_option *options;
    size_t n_options;
    /* The endpoints that such a machine has by default; addr is filled in by who makes the setup. */
    const struct wp_endpoint *endpoints;
    size_t n_endpoints;
    /* May such a setup live? false: one sentence in `why`. NULL: always. */
    bool (*check)(const struct wp_setup *setup, struct wp_writer *why);
    size_t (*size)(const struct wp_setup *setup);
    void (*init)(const struct wp_setup *setup, void *memory);
    void (*step)(void *machine, const struct wp_event *event, struct wp_outbox *out);
    wp_us (*deadline)(const void *machine); /* O(1); WP_NEVER when it waits for nothing */
    bool (*done)(const void *machine);      /* NULL: never */
    /* Tells the keys of what such a machine says or hears, one call each. NULL: nothing is ciphered. */
    void (*keys)(const struct wp_setup *setup, wp_take_key *take, void *ctx);
};

/* The value given for an option, else its fallback (WP_NULL when there is none). `option` is of the class's table. */
struct wp_value wp_setup_value(const struct wp_setup *setup, const struct wp_option *option);

/* By name, for a class's own init: the name must be in the table (asserted). */
struct wp_value wp_setup_get(const struct wp_setup *setup, const struct wp_option *table, size_t n,
                             const char *name);

/* Index of the endpoint with that name in the setup; asserts that it is there. */
uint16_t wp_setup_endpoint(const struct wp_setup *setup, const char *name);

#endif
