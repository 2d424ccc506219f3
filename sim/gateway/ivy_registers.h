/* What the IVY API calls the registers of a DL/T 645 meter, and its groups of them. */
#ifndef WP_IVY_REGISTERS_H
#define WP_IVY_REGISTERS_H

#include "sim/core/bytes.h"

/* The groups that readGroup takes; `all` has every register, the others those that name them in their row. */
#define IVY_GROUPS(X)                                                                                        \
    X(ENERGY, "energy")                                                                                      \
    X(POWER, "power")                                                                                        \
    X(VOLTAGE, "voltage")                                                                                    \
    X(CURRENT, "current")                                                                                    \
    X(POWER_FACTOR, "powerFactor")                                                                           \
    X(ALL, "all")

enum ivy_group {
    IVY_GROUP_NO_GROUP, /* a register in no group but `all`; a name of no group */
#define X(id, name) IVY_GROUP_##id,
    IVY_GROUPS(X)
#undef X
};

/* Which limits a register is held against. */
enum ivy_watch { IVY_WATCH_NOTHING, IVY_WATCH_VOLTAGE, IVY_WATCH_CURRENT, IVY_WATCH_POWER_FACTOR };

struct ivy_register {
    const char *name, *id; /* "voltageA", "02010100" */
    const char *unit, *description;
    const char *json; /* the telemetry's register object, ready to send */
    uint32_t di;
    uint8_t group, watch;
    const char *phase; /* "" for totals */
};

enum ivy_register_index {
#define X(name, ...) IVY_REGISTER_##name,
#include "sim/gateway/ivy_registers.def"
#undef X
    IVY_N_REGISTERS
};

extern const struct ivy_register ivy_registers[IVY_N_REGISTERS];

/* Index of the register; -1: the document has none such. Names are compared case and all. */
int ivy_register_find(struct wp_slice name);
int ivy_register_by_di(uint32_t di);

enum ivy_group ivy_group_find(struct wp_slice name);
/* NULL for IVY_GROUP_NO_GROUP. */
const char *ivy_group_name(enum ivy_group group);
static inline bool ivy_group_has(enum ivy_group group, int index)
{
    return group == IVY_GROUP_ALL || ivy_registers[index].group == group;
}
/* The group's identifiers in the document's order; room for IVY_N_REGISTERS. Returns how many. */
size_t ivy_group_ids(enum ivy_group group, struct wp_slice *out);

#endif
