/* Which objects it has: what its lists push, and what every one of its kind can be asked for besides. */
#include "sim/device/dlms_meter_inside.h"

#define TEXT_OBJECT(c, d, e, what_, text_)                                                                   \
    {                                                                                                        \
        1, {{0, 0, c, d, e, 255}}, 2, METER_##what_, AXDR_OCTET_STRING, 0, 0, text_                          \
    }

typedef const struct dlms_meter_element element;

static element clock_object = {8,   {{0, 0, 1, 0, 0, 255}}, 2, METER_CLOCK_VALUE, AXDR_OCTET_STRING, 0, 0,
                               NULL};
static element serial_object = TEXT_OBJECT(96, 1, 0, SERIAL_NUMBER, NULL);
static element name_object = TEXT_OBJECT(42, 0, 0, DEVICE_NAME, "MTR0000000000000");
static element relay_object = {70, {{0, 0, 96, 3, 10, 255}}, 2, METER_RELAY_STATE, AXDR_BOOLEAN, 0, 0, NULL};

#define COUNT_OBJECT(e)                                                                                      \
    {                                                                                                        \
        1, {{0, 0, 96, 7, e, 255}}, 2, METER_EVENT_COUNT, AXDR_U16, 0, 0, NULL                               \
    }

/* In the order of enum dlms_meter_event. */
static element event_objects[] = {
    COUNT_OBJECT(20),
    COUNT_OBJECT(19),
    COUNT_OBJECT(21),
    {1, {{0, 0, 96, 11, 1, 255}}, 2, METER_EVENT_CODE, AXDR_U8, 0, 0, NULL},
};

enum { EVENT_OBJECTS = sizeof event_objects / sizeof event_objects[0] };

enum dlms_meter_event dlms_meter_counter_of(struct obis ln)
{
    for (unsigned i = 0; i < EVENT_OBJECTS; i++)
        if (obis_eq(ln, event_objects[i].ln))
            return (enum dlms_meter_event)i;
    return METER_EVENT_TAMPER;
}

struct obis dlms_meter_event_object(enum dlms_meter_event event)
{
    return event_objects[event].ln;
}

element *dlms_meter_find_event(struct obis ln)
{
    for (unsigned i = 0; i < EVENT_OBJECTS; i++)
        if (obis_eq(ln, event_objects[i].ln))
            return &event_objects[i];
    return NULL;
}

static element *find_in_lists(const struct dlms_meter_profile *p, struct obis ln)
{
    for (unsigned l = 0; l < METER_LISTS_MAX; l++)
        for (size_t i = 0; i < p->lists[l].n; i++)
            if (p->lists[l].elements[i].attribute == 2 && p->lists[l].elements[i].what != METER_SETUP_NAME &&
                obis_eq(p->lists[l].elements[i].ln, ln))
                return &p->lists[l].elements[i];
    return NULL;
}

/* Its device name has the maker's letters: the profile's own list may say them otherwise. */
element *dlms_meter_find(const struct dlms_meter *m, struct obis ln)
{
    static element *const common[] = {&clock_object, &serial_object, &name_object};
    element *e = find_in_lists(m->profile, ln);

    if (e)
        return e;
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        if (obis_eq(common[i]->ln, ln))
            return common[i];
    if (m->profile->is_bare_bones)
        return NULL;
    return obis_eq(relay_object.ln, ln) ? &relay_object : dlms_meter_find_event(ln);
}
