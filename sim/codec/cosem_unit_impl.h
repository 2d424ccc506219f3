/* What the cosem_unit*.c files share. Included by them only. */
#ifndef WP_COSEM_UNIT_IMPL_H
#define WP_COSEM_UNIT_IMPL_H

#include "sim/codec/cosem_unit.h"

enum cosem_unit_result unit_refuse(struct cosem_plain *out, enum wp_fault fault, size_t at);

/* The system title of a side, where no APDU tells it; NULL: not known. */
const uint8_t *unit_title(const struct cosem_unit *unit, enum cosem_role role);
/* Who sends an APDU with this tag, and with this title in it (n 0: none). */
enum cosem_role unit_role(const struct cosem_unit *unit, uint8_t tag, struct wp_slice told,
                          enum wp_side from);

/* The keys of who sends as this side; NULL: not known. title NULL: not known. */
const struct wp_key *unit_find_key(struct cosem_unit *unit, enum cosem_role role, const uint8_t *title);
/* Is a key known of who sends as this side? */
bool unit_has_key(struct cosem_unit *unit, enum cosem_role role);
/* The key of that kind; empty: not known. */
struct wp_slice unit_pick_key(const struct cosem_unit *unit, const struct wp_key *entry,
                              enum cosem_key which);

/* NULL: nothing was seen of this title under this kind of key. */
struct cosem_counter *unit_find_counter(struct cosem_unit *unit, const struct cosem_layer *layer);
/* What the innermost layer held did read, so its counter was seen. */
void unit_accept(struct cosem_unit *unit, const struct cosem_plain *out);

/* Would a wrong key have gone unnoticed? */
bool unit_is_noise(const struct cosem_layer *layer);

/* Takes the shell out->apdu off. COSEM_UNIT_PLAIN: *in is what was in it, and out has a layer more. */
enum cosem_unit_result unit_decipher(struct cosem_unit *unit, const struct cosem_scratch *scratch,
                                     enum wp_side from, struct wp_slice *in, struct cosem_plain *out);
/* Learns what the association APDU out->apdu tells, and deciphers its initiate APDU. */
void unit_associate(struct cosem_unit *unit, const struct cosem_scratch *scratch, enum wp_side from,
                    struct cosem_plain *out);

#endif
