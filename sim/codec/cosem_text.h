/* The members that texts of APDUs are made of. Included by the cosem_*text.c files only. */
#ifndef WP_COSEM_TEXT_H
#define WP_COSEM_TEXT_H

#include "sim/codec/cosem_name.h"
#include "sim/core/json_out.h"

void text_put_data(struct json_out *j, struct wp_slice data); /* its canonical text, as a string */
void text_data(struct json_out *j, const char *key, struct wp_slice data);
void text_values(struct json_out *j, const char *key, struct cosem_list list);
void text_text(struct json_out *j, const char *key, const char *text);
void text_name(struct json_out *j, const char *key, cosem_text *text, unsigned number);
void text_number(struct json_out *j, const char *key, uint32_t number,
                 size_t n); /* its low n octets in hex */
void text_hex_if_any(struct json_out *j, const char *key, struct wp_slice octets);
void text_error(struct json_out *j, uint8_t error); /* data-access-result */
void text_time(struct json_out *j, const char *key, struct wp_slice octets);
void text_object(struct json_out *j, const struct cosem_attribute *a,
                 const char *id); /* id: "attr", "method" */

void text_service(struct json_out *j, enum cosem_form form, const struct cosem_service *s);
void text_access(struct json_out *j, const struct cosem_apdu *apdu);
void text_variables(struct json_out *j, const struct cosem_apdu *apdu);
void text_association(struct json_out *j, const struct cosem_association *a);
void text_initiate(struct json_out *j, const struct cosem_initiate *i);

#endif
