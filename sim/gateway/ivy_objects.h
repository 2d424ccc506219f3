/* What the IVY API calls the objects of a DLMS/COSEM meter, and how their values get its units. */
#ifndef WP_IVY_OBJECTS_H
#define WP_IVY_OBJECTS_H

#include "sim/core/reading.h"

struct ivy_object {
    const char *key, *obis; /* "VOLTAGE_TOTAL", "1-0:12.7.0.255" */
    const char *unit;       /* "" for none */
    int8_t exp10;           /* of a value that comes without scaler and unit */
    int8_t register_index;  /* the DL/T 645 register that it answers for, enum ivy_register_index; -1: none */
    int8_t register_exp10;  /* from the object's unit to the register's: W to kW is -3 */
};

enum ivy_object_index {
#define X(key, ...) IVY_OBJECT_##key,
#include "sim/gateway/ivy_objects.def"
#undef X
    IVY_N_OBJECTS
};

extern const struct ivy_object ivy_objects[IVY_N_OBJECTS];

/* Index of the object; -1: the document has none such. */
int ivy_object_find(struct wp_slice key);
int ivy_object_by_obis(struct wp_slice obis);
/* The object that answers for the register; -1: "No DLMS mapping". */
int ivy_object_of_register(int register_index);

/* The point's value in the document's unit, or in the meter's for an object that the document does not list
 * (index -1): with the meter's own scaler when it sent one, else with the document's. */
struct wp_value ivy_object_value(int index, const struct wp_point *p);
/* The unit of that value. */
const char *ivy_object_unit(int index, const struct wp_point *p);

/* Does a JSON number give it to everybody? Whole numbers beyond 2^53 change in readers that have only doubles. */
bool ivy_value_is_exact(struct wp_value v);

/* The OBIS codes of all of them, which is what a poll reads. Room for IVY_N_OBJECTS. Returns how many. */
size_t ivy_object_ids(struct wp_slice *out);

#endif
