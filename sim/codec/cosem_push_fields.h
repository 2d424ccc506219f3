/* The readings of a push whose elements do not name their objects, as fields: for who looks at a frame. */
#ifndef WP_COSEM_PUSH_FIELDS_H
#define WP_COSEM_PUSH_FIELDS_H

#include "sim/core/decode.h"

/* Visits "<path>.shape", ".table" and ".readings.N.obis | name | value | unit", all derived; nothing for a body that
 * names its objects, and nothing for one that no table knows. */
void cosem_push_fields(struct wp_slice body, const char *path, wp_visit *visit, void *ctx);

#endif
