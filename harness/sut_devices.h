/* Devices that listen, below a gateway that dials them: where they really are for one that is somebody else's. */
#ifndef WP_SUT_DEVICES_H
#define WP_SUT_DEVICES_H

#include "harness/scenario.h"
#include "harness/sut.h"
#include "sim/world/world.h"

/* One place for each TCP endpoint at which a device of the scenario listens, in the scenario's order, fleets whole. */
struct sut_devices {
    struct wp_world_place *at;
    size_t n;
};

/* Does some device of the scenario wait to be dialled; does some dial? */
bool sut_is_dialled(const struct scenario *s);
bool sut_is_to_listen(const struct scenario *s);
/* Is the device one, or some device of the scenario, that has services on a message bus? */
bool sut_is_service(const struct scenario_device *d);
bool sut_is_on_bus(const struct scenario *s);

/* The first one is where the descriptor says. With port 0 a free one is taken for all; on this machine every device
 * keeps the IP that it has in the scenario (the first one only with port 0), so that places which count up still do.
 * Elsewhere all are at the descriptor's IP, each with a port of its own. false: the sentence is in `why`. */
bool sut_find_devices(const struct sut *sut, const struct scenario *s, struct arena *a,
                      struct sut_devices *out, struct wp_writer *why);

/* The value of a gateway option in which every place of the scenario is the real one: ADDRESS:PORT, or an address alone,
 * which then has the port `standard`. The same text when it names none. */
const char *sut_real_text(struct arena *a, const struct sut_devices *d, const char *text, uint16_t standard);

#endif
