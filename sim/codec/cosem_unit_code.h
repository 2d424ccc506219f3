/* Units of COSEM (attribute scaler_unit: structure{integer scaler, enum unit}) and scaling by powers of ten.
 * source: IEC 62056-6-2, table of enumerated units */
#ifndef WP_COSEM_UNIT_CODE_H
#define WP_COSEM_UNIT_CODE_H

#include "sim/core/value.h"

enum {
    COSEM_SCALER_MAX = 12, /* -12..12; what lies beyond is ignored */
    COSEM_UNIT_NONE = 255,
    COSEM_UNIT_TEXT_MAX = 24,
};

/* "Wh", "V"; "" for 255 (a count); NULL for a code that the table does not have. */
const char *cosem_unit_text(uint8_t code);

/* The same, "unit(N)" for a code that the table does not have. */
void cosem_unit_put(struct wp_writer *w, uint8_t code);

/* The lowest code with this text; "" is 255. false: none. */
bool cosem_unit_find(struct wp_slice text, uint8_t *ret_code);

/* value * 10^scaler: decimals exact (2330, -1: 233.0), reals as doubles; all else, and with a scaler beyond -12..12,
 * unchanged. A uint64 above int64 stays exact where int64 and a power of ten hold it, else it becomes a double. */
struct wp_value cosem_scale(struct wp_value value, int scaler);

#endif
