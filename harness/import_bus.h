/* The message bus of a capture, read for import: which Victron services were there, and what their items became when.
 *
 *     struct import_bus *bus = import_bus_new(im);
 *     import_bus_hear(bus, event);       each D-Bus frame
 *     im->services, im->changes          are as they were up to then
 *
 * A service is whoever owns a name com.victronenergy.*, told by the bus, by its own RequestName, or by who answers what was
 * asked of the name. Its first values are those of a GetItems reply, or of GetValue on a leaf; signals, and later replies
 * that say something else, are changes. */
#ifndef WP_IMPORT_BUS_H
#define WP_IMPORT_BUS_H

#include "harness/import.h"
#include "harness/replay.h"

struct import_bus;

struct import_bus *import_bus_new(struct import *im); /* in its arena */
void import_bus_hear(struct import_bus *bus, const struct replay_event *event);

/* What there is no south for, when the codec has none of its own: a bus has one for names com.victronenergy.*, and NULL says
 * that it was for these. */
const char *import_bus_lack(const struct import *im, const char *codec);

/* Requests of a client of ours, where no client of the capture asks anything: a bridge speaks only when somebody listens. */
void import_bus_keep_alive(struct import *im);

/* As lines below `devices:`. */
void import_bus_put_devices(const struct import *im, struct import_text *out);
/* As a step. */
void import_bus_put_change(const struct import_change *c, struct import_text *out);

#endif
