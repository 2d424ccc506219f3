/* Options that are lists in one text, such as "garage=5555555556:BA55555556, house=...". */
#ifndef WP_LIST_TEXT_H
#define WP_LIST_TEXT_H

#include "sim/core/bytes.h"

/* Without blanks and ends of lines around it. */
struct wp_slice list_trim(struct wp_slice s);

/* What stands before the first `c`, trimmed; it is taken off *in with the c. All of it when there is none. */
struct wp_slice list_cut(struct wp_slice *in, char c);

#endif
