/* How an id stands in bytes: "000000001234" is sent as twelve characters, or as 34 12 00 00 00 00, or as
 * 67 45 33 33 33 33. */
#ifndef WP_ANONYMISE_FORM_H
#define WP_ANONYMISE_FORM_H

#include "sim/core/bytes.h"

enum {
    FORM_PACKED = 1,   /* two hexadecimal digits a byte */
    FORM_REVERSED = 2, /* the last byte first */
    FORM_OFFSET = 4,   /* each byte with 0x33 added (DL/T 645 data) */
    FORM_PADDED = 8,   /* text with blanks or zero bytes before or behind it */
    FORMS = 16,
    /* Spelled out in text that tells of bytes: "341200000000", "34 12 00 00 00 00". Never what a codec's field says, so
     * form_find does not look for them. */
    FORM_SPELLED = 16,
    FORM_SPACED = 32, /* with FORM_SPELLED */
};

/* Puts the text in that form into the n bytes at `out`. A padded one leaves their padding as it is. false: it does not
 * fit exactly (an odd digit, no digit, another length); nothing is written. */
bool form_encode(unsigned form, struct wp_slice text, uint8_t *out, size_t n);
/* Bytes that the text needs; 0: it cannot be written so. */
size_t form_size(unsigned form, struct wp_slice text);
/* Bit f: the text in form f is these bytes. 0: in none. */
unsigned form_find(struct wp_slice text, struct wp_slice wire);
/* What text do bytes in that form say? Digits in upper case. */
bool form_decode(unsigned form, struct wp_slice wire, struct wp_writer *out);

#endif
