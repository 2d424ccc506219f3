/* DLMS/COSEM over each of its transports: the rows of the catalog. A row is that of its transport (hdlc.h, wrapper.h,
 * mbus.h) with segments joined, blocks joined and content deciphered behind it.
 *
 *     hdlc       7E A?                      wrapper    00 01
 *     mbus       68 L L 68                  cosem      an APDU with nothing around it, or behind an LLC alone
 *
 * All are of one family with the meters' other protocols: a connection may go from one to the other, frame by frame. */
#ifndef WP_COSEM_OVER_H
#define WP_COSEM_OVER_H

#include "sim/core/decode.h"

extern const struct wp_codec cosem_over_hdlc;
extern const struct wp_codec cosem_over_wrapper;
extern const struct wp_codec cosem_over_mbus;
extern const struct wp_codec cosem_over_nothing;

#endif
