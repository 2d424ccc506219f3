#include "sim/gateway/ivy_registers.h"

const struct ivy_register ivy_registers[IVY_N_REGISTERS] = {
#define X(name, di, unit, description, group, watch, phase)                                                  \
    {#name,                                                                                                  \
     #di,                                                                                                    \
     unit,                                                                                                   \
     description,                                                                                            \
     "{\"id\":\"" #di "\",\"name\":\"" #name "\",\"description\":\"" description "\"}",                      \
     0x##di,                                                                                                 \
     IVY_GROUP_##group,                                                                                      \
     IVY_WATCH_##watch,                                                                                      \
     phase},
#include "sim/gateway/ivy_registers.def"
#undef X
};

static const char *const group_names[] = {[IVY_GROUP_NO_GROUP] = NULL,
#define X(id, name) [IVY_GROUP_##id] = name,
                                          IVY_GROUPS(X)
#undef X
};

int ivy_register_find(struct wp_slice name)
{
    for (int i = 0; i < IVY_N_REGISTERS; i++)
        if (wp_slice_is(name, ivy_registers[i].name))
            return i;
    return -1;
}

int ivy_register_by_di(uint32_t di)
{
    switch (di) {
#define X(name, di, ...)                                                                                     \
    case 0x##di:                                                                                             \
        return IVY_REGISTER_##name;
#include "sim/gateway/ivy_registers.def"
#undef X
    default: return -1;
    }
}

enum ivy_group ivy_group_find(struct wp_slice name)
{
    for (unsigned i = IVY_GROUP_NO_GROUP + 1; i <= IVY_GROUP_ALL; i++)
        if (wp_slice_is(name, group_names[i]))
            return (enum ivy_group)i;
    return IVY_GROUP_NO_GROUP;
}

const char *ivy_group_name(enum ivy_group group)
{
    return group_names[group];
}

size_t ivy_group_ids(enum ivy_group group, struct wp_slice *out)
{
    size_t n = 0;

    if (group == IVY_GROUP_NO_GROUP)
        return 0;
    for (int i = 0; i < IVY_N_REGISTERS; i++)
        if (ivy_group_has(group, i))
            out[n++] = wp_text(ivy_registers[i].id);
    return n;
}
