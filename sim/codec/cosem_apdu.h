/* Names of what stands in a DLMS/COSEM APDU, as far as a session over a wrapper shows it in clear: association
 * (AARQ, AARE, RLRQ, RLRE), GET.response, EventNotification; every other APDU by its tag.
 * source: IEC 62056-53, vectors ivy-wrapper */
#ifndef WP_COSEM_APDU_H
#define WP_COSEM_APDU_H

#include "sim/core/decode.h"

/* "AARQ", "GET.response", ...; NULL when no APDU has this tag. */
const char *cosem_apdu_name(uint8_t tag);

/* "object-undefined", ...; NULL for a number without a meaning. */
const char *cosem_access_result_text(uint8_t result);

/* Visit the fields of one whole APDU as "apdu.tag", "apdu.apdu", ... An APDU that does not read as it should, or of
 * another kind, is shown as its tag, name and payload.
 * apdu   at least one byte
 * first  where it begins, counted from the first byte of the frame */
void cosem_apdu_fields(struct wp_slice apdu, size_t first, wp_visit *visit, void *ctx);

#endif
