/* Visiting what is taken: an APDU that reads is walked again, and each part said with its place. Included by the
 * cosem_*fields.c files only. */
#ifndef WP_COSEM_SHOW_H
#define WP_COSEM_SHOW_H

#include "sim/codec/cosem_name.h"
#include "sim/codec/cosem_take.h"

enum { SHOW_PATH_MAX = 95 };

struct cosem_show {
    struct cosem_reader r; /* over the whole APDU, which is known to read */
    size_t first;          /* of its first octet in the frame */
    wp_visit *visit;
    void *ctx;
    bool has_obis_length; /* 06 in front of the OBIS code, as legacy events have it */
    size_t n_path;
    char path[SHOW_PATH_MAX + 1]; /* "apdu", "apdu.list.0" */
};

/* The field `name` below the path; len 0: derived from others. */
void show(struct cosem_show *s, const char *name, struct wp_value value, size_t at, size_t len,
          enum wp_role role);
void show_text(struct cosem_show *s, const char *name,
               struct wp_slice text); /* derived; nothing when empty */
void show_name(struct cosem_show *s, const char *name, cosem_text *text, unsigned number);

/* Goes below "name", or to the element `index` of it; show_leave with what was returned goes back. */
size_t show_enter(struct cosem_show *s, const char *name);
size_t show_enter_element(struct cosem_show *s, uint32_t index);
void show_leave(struct cosem_show *s, size_t n_path);

/* The next octets are taken and said. */
uint8_t show_u8(struct cosem_show *s, const char *name, enum wp_role role);
uint16_t show_u16(struct cosem_show *s, const char *name, enum wp_role role);
uint32_t show_u32(struct cosem_show *s, const char *name, enum wp_role role);
bool show_bool(struct cosem_show *s, const char *name);
struct wp_slice show_slice(struct cosem_show *s, const char *name, size_t n,
                           enum wp_role role); /* n octets */
struct wp_slice show_octets(struct cosem_show *s, const char *name,
                            enum wp_role role);                     /* with a length before them */
void show_secret(struct cosem_show *s, const char *name, size_t n); /* n octets, whose value is not said */
void show_time(struct cosem_show *s, const char *name, size_t n);   /* 0 or 12 octets */
void show_data(struct cosem_show *s, const char *name);             /* a Data, as a tree */
void show_data_element(struct cosem_show *s, uint32_t index);
void show_object(struct cosem_show *s, bool is_method, uint32_t *ret_class_id, int *ret_id);
void show_selection(struct cosem_show *s);

/* Values that open a meter: the password of an association, keys that are brought to it. */
bool is_secret_object(bool is_method, uint32_t class_id, int id);
void show_values(struct cosem_show *s, bool hide);        /* a count and Data */
void show_error(struct cosem_show *s);                    /* data-access-result of what failed */
void show_status(struct cosem_show *s, cosem_text *text); /* result, which may be success */
void show_raw(struct cosem_show *s, bool hide);           /* of a block */

void show_association(struct cosem_show *s, const struct cosem_apdu *apdu);
void show_initiate(struct cosem_show *s, uint8_t tag);
void show_service(struct cosem_show *s, const struct cosem_apdu *apdu);
void show_access(struct cosem_show *s, const struct cosem_apdu *apdu);
void show_variables(struct cosem_show *s, const struct cosem_apdu *apdu);
void show_ciphered(struct cosem_show *s, bool has_title); /* [title,] content */

#endif
