/* Who is on the bus, and what it has: each service is scanned once when it gets its name, all of them at a time.
 *
 *     ListNames, NameOwnerChanged --> GetNameOwner --> GetItems on / --UnknownMethod--> GetValue on /
 *
 * A service has all of its items before it asks for its name, so one look is enough. What fails for another reason is
 * forgotten until its name gets an owner anew. source: protocols/victron-dbus-and-vrm a.5, a.6, T2, T5 */
#include "sim/gateway/south_venus_impl.h"

#include "sim/codec/venus_text.h"
#include "sim/codec/venus_topic.h"

static const char items_rule[] = "type='signal',interface='" VENUS_BUS_ITEM "'";
static const char owners_rule[] = "type='signal',sender='" DBUS_BUS "',interface='" DBUS_BUS
                                  "',member='NameOwnerChanged',arg0namespace='com.victronenergy'";

/* ---- the beginning ------------------------------------------------------------------------------------ */

static void add_match(struct venus_south *so, const char *rule)
{
    uint8_t memory[512];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct venus_call *call = south_venus_call(so, VENUS_CALL_MATCH, NULL);

    if (call)
        (void)south_venus_send(so, call, &w, dbus_put_add_match(&w, call->serial, wp_text(rule)));
}

/* Signals before names: who comes between the two is heard of twice, and not missed. */
void south_venus_begin(struct venus_south *so)
{
    uint8_t memory[256];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct venus_call *call;

    add_match(so, items_rule);
    add_match(so, owners_rule);
    call = south_venus_call(so, VENUS_CALL_NAMES, NULL);
    if (call)
        (void)south_venus_send(so, call, &w, dbus_put_list_names(&w, call->serial));
}

/* ---- scans -------------------------------------------------------------------------------------------- */

static void wait_for_call(struct venus_south *so, struct venus_service *s)
{
    if (s->is_waiting)
        return;
    s->is_waiting = true;
    s->waiting = NULL;
    if (so->last_waiting)
        so->last_waiting->waiting = s;
    else
        so->first_waiting = s;
    so->last_waiting = s;
}

static void ask_owner(struct venus_south *so, struct venus_call *call, struct wp_slice name)
{
    uint8_t memory[512];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    (void)south_venus_send(so, call, &w, dbus_put_get_name_owner(&w, call->serial, name));
}

/* The call that the service's state is about. */
static void go_on(struct venus_south *so, struct venus_service *s)
{
    static const enum venus_call_kind kinds[] = {
        [VENUS_ASK_OWNER] = VENUS_CALL_OWNER,
        [VENUS_ASK_ITEMS] = VENUS_CALL_ITEMS,
        [VENUS_ASK_VALUES] = VENUS_CALL_VALUES,
    };
    struct venus_call *call;

    if (s->is_waiting || so->calls.n_free == 0) {
        wait_for_call(so, s);
        return;
    }
    call = south_venus_call(so, kinds[s->state], s);
    if (s->state == VENUS_ASK_OWNER)
        ask_owner(so, call, venus_service_name(s));
    else
        (void)south_venus_ask(so, call, s->state == VENUS_ASK_ITEMS ? "GetItems" : "GetValue", wp_text("/"));
}

void south_venus_go_on(struct venus_south *so)
{
    while (so->first_waiting && so->calls.n_free > 0) {
        struct venus_service *s = so->first_waiting;

        so->first_waiting = s->waiting;
        if (!so->first_waiting)
            so->last_waiting = NULL;
        s->is_waiting = false;
        s->waiting = NULL;
        go_on(so, s);
    }
}

static void scan(struct venus_south *so, struct venus_service *s, struct wp_slice owner)
{
    south_venus_set_owner(so, s, owner);
    s->state = VENUS_ASK_ITEMS;
    go_on(so, s);
}

static void give_up(struct venus_south *so, struct venus_service *s, const struct dbus_message *m)
{
    char memory[512];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    south_venus_put_fault(&w, m);
    south_venus_count_of(so, VENUS_N_SCAN, s, wp_written(&w));
    south_venus_remove(so, s);
}

/* ---- names -------------------------------------------------------------------------------------------- */

static bool is_service(struct wp_slice name)
{
    struct wp_slice type;

    return venus_service_type(name, &type) && dbus_is_well_known(name);
}

void south_venus_names(struct venus_south *so, const struct dbus_message *m)
{
    struct dbus_iter it;

    dbus_iter(&it, m);
    dbus_enter(&it);
    while (dbus_next_type(&it)) {
        const struct wp_slice name = dbus_get_text(&it);
        struct venus_service *s;

        if (!is_service(name) || wp_map_find(&so->by_name, name))
            continue;
        s = south_venus_add(so, name);
        if (s)
            go_on(so, s);
    }
}

/* From one owner to the next it does not leave; what was asked of the old one is not waited for. */
void south_venus_owner_change(struct venus_south *so, const struct dbus_owner_change *change)
{
    struct venus_service *s = is_service(change->name) ? wp_map_find(&so->by_name, change->name) : NULL;

    if (!is_service(change->name))
        return;
    if (change->after.n == 0) {
        if (s)
            south_venus_remove(so, s);
        return;
    }
    if (s) {
        south_venus_drop_signals(so, s);
        south_venus_end_calls(so, s, "The service has changed hands");
    } else {
        s = south_venus_add(so, change->name);
    }
    if (s && dbus_is_bus_name(change->after))
        scan(so, s, change->after);
}

/* ---- what came ---------------------------------------------------------------------------------------- */

/* The two items that name the device. */
struct identity {
    struct wp_value instance, identifier;
    bool has_instance, has_identifier;
};

/* The next value of `it`, unless it is an array: no name is made of one. */
static void take_identity(struct identity *id, struct wp_slice path, struct dbus_iter *it)
{
    struct wp_writer none = wp_writer(NULL, 0);
    struct wp_value v;

    if (path.n > 0 && path.p[0] == '/')
        path = wp_slice_from(path, 1);
    if (wp_slice_is(path, "DeviceInstance")) {
        id->has_instance = true;
        id->instance = venus_take_value(it, &none, &v) ? v : wp_null();
    } else if (wp_slice_is(path, "Identifier")) {
        id->has_identifier = true;
        id->identifier = venus_take_value(it, &none, &v) ? v : wp_null();
    }
}

/* Of GetItems. */
static void look_into_items(struct dbus_iter *it, struct identity *id)
{
    dbus_enter(it);
    while (dbus_next_type(it)) {
        struct wp_slice path;

        dbus_enter(it);
        path = dbus_get_text(it);
        dbus_enter(it);
        while (dbus_next_type(it)) {
            dbus_enter(it);
            if (wp_slice_is(dbus_get_text(it), "Value"))
                take_identity(id, path, it);
            dbus_leave(it);
        }
        dbus_leave(it);
        dbus_leave(it);
    }
}

/* Of GetValue on "/". */
static void look_into_values(struct dbus_iter *it, struct identity *id)
{
    dbus_enter(it);
    while (dbus_next_type(it)) {
        struct wp_slice path;

        dbus_enter(it);
        path = dbus_get_text(it);
        take_identity(id, path, it);
        dbus_leave(it);
    }
}

static bool join(struct venus_south *so, struct venus_service *s, const struct identity *id)
{
    char memory[2 * DBUS_NAME_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct wp_slice type;

    (void)venus_service_type(venus_service_name(s), &type);
    wp_put_slice(&w, type);
    wp_put_char(&w, '/');
    venus_put_instance(&w, id->has_instance ? &id->instance : NULL,
                       id->has_identifier ? &id->identifier : NULL);
    return !w.full && south_venus_join(so, s, wp_written(&w));
}

static bool take_items(struct venus_south *so, struct venus_service *s, const struct dbus_message *m)
{
    struct identity id = {0};
    struct dbus_iter it;

    if (!wp_slice_is(m->signature, "a{sa{sv}}"))
        return false;
    dbus_iter(&it, m);
    look_into_items(&it, &id);
    return join(so, s, &id) && south_venus_merge(so, s, m, WP_POLLED);
}

static void enter_variants(struct dbus_iter *it)
{
    while (dbus_next_type(it) == 'v')
        dbus_enter(it);
}

static bool is_dictionary(const struct dbus_iter *it)
{
    const struct wp_slice type = dbus_next_signature(it);

    return type.n > 3 && memcmp(type.p, "a{s", 3) == 0;
}

/* A service without items has an empty array there, of whatever type. */
static bool take_values(struct venus_south *so, struct venus_service *s, const struct dbus_message *m)
{
    struct identity id = {0};
    struct dbus_iter it;

    dbus_iter(&it, m);
    enter_variants(&it);
    if (!is_dictionary(&it))
        return dbus_next_type(&it) == 'a' && dbus_is_empty_array(&it) && join(so, s, &id);
    look_into_values(&it, &id);
    if (!join(so, s, &id))
        return false;
    dbus_iter(&it, m);
    enter_variants(&it);
    return south_venus_merge_values(so, s, &it, wp_text("/"), WP_POLLED);
}

static void take_owner(struct venus_south *so, struct venus_service *s, const struct dbus_message *m)
{
    struct dbus_iter it;
    struct wp_slice owner;

    dbus_iter(&it, m);
    owner = dbus_get_text(&it);
    if (it.wrong || !dbus_is_bus_name(owner))
        give_up(so, s, m);
    else
        scan(so, s, owner);
}

static void take_scan(struct venus_south *so, struct venus_service *s, const struct dbus_message *m)
{
    const bool is_taken = s->state == VENUS_ASK_ITEMS ? take_items(so, s, m) : take_values(so, s, m);

    if (!is_taken) {
        give_up(so, s, m);
        return;
    }
    s->state = VENUS_MIRRORED;
    south_venus_wake_signals(so, s);
}

void south_venus_scanned(struct venus_south *so, const struct venus_call *call, const struct dbus_message *m)
{
    struct venus_service *s = call->service;

    if (m && m->type == DBUS_ERROR && s->state == VENUS_ASK_ITEMS &&
        wp_slice_is(m->error_name, DBUS_FAULT("UnknownMethod"))) {
        s->state = VENUS_ASK_VALUES;
        go_on(so, s);
    } else if (!m || m->type == DBUS_ERROR) {
        give_up(so, s, m);
    } else if (call->kind == VENUS_CALL_OWNER) {
        take_owner(so, s, m);
    } else {
        take_scan(so, s, m);
    }
}
