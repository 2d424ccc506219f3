/* The formats that strings may have, as `format` names them. */
#ifndef WP_SCHEMA_FORMAT_H
#define WP_SCHEMA_FORMAT_H

#include "sim/core/bytes.h"

struct schema_format {
    const char *name;
    bool (*check)(struct wp_slice text);
    bool only_2020; /* draft-07 does not know it */
};

extern const struct schema_format schema_formats[]; /* name NULL at the end */

bool format_is_date(struct wp_slice text);
bool format_is_time(struct wp_slice text);
bool format_is_date_time(struct wp_slice text);
bool format_is_duration(struct wp_slice text);
bool format_is_ipv4(struct wp_slice text);
bool format_is_ipv6(struct wp_slice text);
bool format_is_hostname(struct wp_slice text);
bool format_is_idn_hostname(struct wp_slice text);
bool format_is_email(struct wp_slice text);
bool format_is_idn_email(struct wp_slice text);
bool format_is_uri(struct wp_slice text);
bool format_is_uri_reference(struct wp_slice text);
bool format_is_iri(struct wp_slice text);
bool format_is_iri_reference(struct wp_slice text);
bool format_is_uri_template(struct wp_slice text);

#endif
