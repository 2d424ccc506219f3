/* Labels of international host names: IDNA 2008 (RFC 5891 to 5893) and Punycode (RFC 3492). */
#ifndef WP_SCHEMA_IDNA_H
#define WP_SCHEMA_IDNA_H

#include "sim/core/bytes.h"

/* Is the UTF-8 label allowed? *ret_encoded is the length of its ASCII form, "xn--" included. */
bool idna_is_label(struct wp_slice label, size_t *ret_encoded);
/* The part behind "xn--": does it decode to an allowed label that is not ASCII, and encode to itself again? */
bool idna_is_encoded_label(struct wp_slice ascii);
/* The rule for names with letters written from right to left, over all labels (RFC 5893, 2). */
bool idna_is_bidi_name(struct wp_slice name);

#endif
