/* The system under test, when it is somebody else's: its descriptor, read strictly. */
#ifndef WP_SUT_H
#define WP_SUT_H

#include "harness/serial_hub.h"
#include "harness/yaml.h"
#include "sim/core/machine.h"

enum sut_role { SUT_GATEWAY, SUT_DEVICE, SUT_CLOUD_CLIENT };

enum sut_line { SUT_NO_LINE, SUT_TCP, SUT_LISTEN, SUT_SERIAL };

/* Where its devices reach it, or, of a device, where our gateway dials it (tcp) or is dialled (listen). A gateway may dial
 * devices, too, or alone. */
struct sut_south {
    enum sut_line line;
    struct wp_addr addr; /* tcp, listen of a device; port 0: a free one */
    struct serial_line serial;
    bool dials;             /* a gateway that dials our devices */
    struct wp_addr devices; /* where it finds the first of them; port 0: a free one */
    bool has_bus;           /* it meets services on a message bus, or is one */
    const char *bus;        /* which, as in world.h; NULL: ours */
};

struct sut_north {
    bool is_ours;
    uint16_t port;                    /* of ours; 0: a free one */
    const char *url;                  /* with {port}, perhaps */
    const char *user, *password, *ca; /* NULL: not given */
};

struct sut_start {
    const struct node *command; /* NULL: it runs already */
    const struct node *environment;
    bool for_each_scenario;
    const char *ready_line, *ready_topic; /* NULL: not asked for */
    bool ready_south;
    wp_us within;
};

/* A deviation that is known. */
struct sut_deviation {
    const char *statement, *reason;
};

struct sut {
    struct arena arena;
    const char *file, *folder; /* paths of the descriptor are from its folder */
    const char *name;
    enum sut_role role;
    bool is_strict;
    struct sut_south south;
    struct sut_north north;
    const struct node *pics, *options, *meters, *inverters; /* lists and a map; NULL: nothing is given */
    const char *portal; /* its portal ID; NULL: it has that of the scenarios */
    wp_us slack, settle;
    bool is_configured; /* by a file, anew for each scenario */
    struct sut_start start;
    const struct node *stop_command; /* NULL: SIGTERM */
    wp_us stop_within;
    const struct sut_deviation *deviations;
    size_t n_deviations;
};

/* false: `why` has "file:line:column: sentence" for each thing that is wrong. sut_free is due either way. */
bool sut_load(struct sut *sut, const char *file, struct wp_writer *why);
bool sut_load_text(struct sut *sut, const char *file, struct wp_slice text, struct wp_writer *why);
void sut_free(struct sut *sut);

const char *sut_role_text(enum sut_role role);
/* Must its plays wait for each other, because there is one of it, or of its ports? */
bool sut_is_alone(const struct sut *sut);
/* Does it claim this? "north.ivy"; its role is a claim too, "role.gateway", and what is ours beside it is there: above a
 * device every north, below a client every south. "broker.observed" holds where an observer of ours is one of its
 * broker's clients. */
bool sut_claims(const struct sut *sut, struct wp_slice claim);
/* Why a known deviation of the statement is one; NULL: none is known. */
const char *sut_deviation(const struct sut *sut, const char *statement);

#endif
