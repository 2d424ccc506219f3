/* A certificate authority for one run and a server's certificate of it: made when they are needed, kept nowhere else.
 *
 *     DIR/ca.pem        what clients trust
 *     DIR/server.pem    of localhost and 127.0.0.1, signed by it
 *     DIR/server.key    its key; the authority's own is forgotten, so nobody can make a second one */
#ifndef WP_CERTIFICATE_H
#define WP_CERTIFICATE_H

#include "sim/core/bytes.h"

/* EC P-256, valid from an hour ago for a year. `dir` is private; false: the sentence is in `why`. */
bool certificate_make(const char *dir, struct wp_writer *why);
void certificate_remove(const char *dir);

#endif
