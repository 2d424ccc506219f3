/* Requests of clients to commands for the south.
 *
 * Validated in this order, each with its own text: is it a JSON object (else it is ignored), requestId,
 * command, what to read; whether the meter is there, the gateway and the south say in their answer. Texts
 * of the request are echoed as they were sent, escapes and all: the reader has found them well-formed. */
#include "sim/codec/obis.h"
#include "sim/gateway/ivy_objects.h"
#include "sim/gateway/north_ivy_impl.h"

enum { ID_DIGITS = 8 };

struct request {
    struct north_question q;
    uint32_t root;
    uint32_t di_token; /* read by dataId */
    struct wp_slice ids[NORTH_ITEMS_MAX];
    size_t n_ids;
    char di[ID_DIGITS];
    bool is_dlms; /* the meter reads objects, not data identifiers */
};

void north_ivy_ignore(struct north *no, const char *why)
{
    wp_note(no->out, "request-ignored", wp_text(why), (int64_t)++no->n_ignored);
}

/* ---- looking at members --------------------------------------------------------------------------- */

/* The member; 0: not there, or null. */
static uint32_t member(const struct north *no, const char *key)
{
    uint32_t i = json_member(&no->tape, 0, wp_text(key));

    return i > 0 && no->tape.at[i].kind != JSON_NULL ? i : 0;
}

static bool is_text(const struct north *no, uint32_t i)
{
    return i > 0 && no->tape.at[i].kind == JSON_STRING && no->tape.at[i].n > 0;
}

/* How the value is named in an error: its text, as part of a JSON string. */
static struct wp_slice shown(const struct north *no, uint32_t i)
{
    switch ((enum json_kind)no->tape.at[i].kind) {
    case JSON_ARRAY: return wp_text("array");
    case JSON_OBJECT: return wp_text("object");
    default: return json_text(&no->tape, i);
    }
}

static bool refuse(struct north *no, const struct request *r, const char *text, struct wp_slice tail)
{
    north_ivy_respond_error(no, r->q.meter, r->q.request_id, text, tail);
    return false;
}

static const struct wp_slice nothing = {NULL, 0};

/* ---- what to read --------------------------------------------------------------------------------- */

/* Index of the register with that name; -1: none, or it is no text. */
static int find_register(const struct north *no, uint32_t i)
{
    if (no->tape.at[i].kind != JSON_STRING)
        return -1;
    if (!no->tape.at[i].escaped)
        return ivy_register_find(json_text(&no->tape, i));
    for (int k = 0; k < IVY_N_REGISTERS; k++)
        if (json_string_is(&no->tape, i, wp_text(ivy_registers[k].name)))
            return k;
    return -1;
}

static void add_bad(struct request *r, uint8_t item, struct wp_slice name)
{
    r->q.item[r->q.n_items++] = item;
    r->q.bad[r->q.n_bad++] = name;
}

static void add_register(struct request *r, int index)
{
    int object = r->is_dlms ? ivy_object_of_register(index) : -1;

    if (r->is_dlms && object < 0) {
        add_bad(r, NORTH_ITEM_UNMAPPED, wp_text(ivy_registers[index].name));
        return;
    }
    r->q.item[r->q.n_items++] = (uint8_t)index;
    r->ids[r->n_ids++] = wp_text(r->is_dlms ? ivy_objects[object].obis : ivy_registers[index].id);
}

/* By the key of the document's table or by any OBIS code, of a meter that has objects. */
static bool add_object(const struct north *no, struct request *r, uint32_t i)
{
    struct wp_slice text = json_text(&no->tape, i);
    struct obis code;
    int index;

    if (!r->is_dlms || no->tape.at[i].kind != JSON_STRING || no->tape.at[i].escaped)
        return false;
    index = ivy_object_find(text);
    if (index < 0 && !obis_read(text, &code))
        return false;
    r->q.item[r->q.n_items++] = NORTH_ITEM_OBJECT;
    r->ids[r->n_ids++] = index >= 0 ? wp_text(ivy_objects[index].obis) : text;
    return true;
}

/* A name in a request: of a register, or of an object. false: nothing goes by it. */
static bool add_named(const struct north *no, struct request *r, uint32_t i)
{
    int index = find_register(no, i);

    if (index >= 0)
        add_register(r, index);
    return index >= 0 || add_object(no, r, i);
}

static bool is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Eight hex digits; upper case goes out. */
static bool take_data_id(const struct north *no, struct request *r, uint32_t i)
{
    struct wp_slice text = json_text(&no->tape, i);

    if (no->tape.at[i].kind != JSON_STRING || text.n != ID_DIGITS)
        return false;
    for (size_t k = 0; k < ID_DIGITS; k++) {
        if (!is_hex(text.p[k]))
            return false;
        r->di[k] = (char)(text.p[k] >= 'a' ? text.p[k] - 'a' + 'A' : text.p[k]);
    }
    r->q.item[r->q.n_items++] = NORTH_ITEM_BY_DI;
    r->ids[r->n_ids++] = wp_slice(r->di, ID_DIGITS);
    return true;
}

static bool read_one(struct north *no, struct request *r)
{
    uint32_t name = member(no, "register"), di = member(no, "dataId");

    if (name > 0)
        return add_named(no, r, name) || refuse(no, r, NORTH_UNKNOWN_REGISTER, shown(no, name));
    if (di == 0)
        return refuse(no, r, "Missing register or dataId parameter", nothing);
    if (add_object(no, r, di))
        return true;
    if (!take_data_id(no, r, di))
        return refuse(no, r, "Invalid dataId: ", shown(no, di));
    return !r->is_dlms || refuse(no, r, NORTH_NO_MAPPING, shown(no, di));
}

static bool read_multiple(struct north *no, struct request *r)
{
    const struct json_token *at = no->tape.at;
    uint32_t list = member(no, "registers");

    r->q.is_list = true;
    if (list == 0 || at[list].kind != JSON_ARRAY || at[list].count == 0)
        return refuse(no, r, "Missing registers parameter", nothing);
    if (at[list].count > NORTH_ITEMS_MAX)
        return refuse(no, r, "Too many registers", nothing);
    for (uint32_t i = list + 1; i < at[list].next; i = at[i].next)
        if (!add_named(no, r, i))
            add_bad(r, NORTH_ITEM_BAD, shown(no, i));
    return true;
}

static bool read_group(struct north *no, struct request *r)
{
    uint32_t i = member(no, "group");
    enum ivy_group group = IVY_GROUP_NO_GROUP;

    r->q.is_list = true;
    if (i == 0)
        return refuse(no, r, "Unknown group: none given", nothing);
    for (unsigned g = IVY_GROUP_ENERGY; g <= IVY_GROUP_ALL && no->tape.at[i].kind == JSON_STRING; g++)
        if (json_string_is(&no->tape, i, wp_text(ivy_group_name((enum ivy_group)g))))
            group = (enum ivy_group)g;
    if (group == IVY_GROUP_NO_GROUP)
        return refuse(no, r, "Unknown group: ", shown(no, i));
    for (int k = 0; k < IVY_N_REGISTERS; k++)
        if (ivy_group_has(group, k))
            add_register(r, k);
    return true;
}

/* ---- the request ---------------------------------------------------------------------------------- */

static bool is_command(const struct north *no, uint32_t i, const char *name)
{
    return json_string_is(&no->tape, i, wp_text(name));
}

static bool read_what(struct north *no, struct request *r, uint32_t command)
{
    if (is_command(no, command, "read"))
        return read_one(no, r);
    if (is_command(no, command, "readMultiple"))
        return read_multiple(no, r);
    if (is_command(no, command, "readGroup"))
        return read_group(no, r);
    return refuse(no, r, "Unknown command: ", shown(no, command));
}

/* Nothing in it can be read: the first item says why. */
static bool refuse_item(struct north *no, const struct request *r)
{
    return refuse(no, r, r->q.item[0] == NORTH_ITEM_UNMAPPED ? NORTH_NO_MAPPING : NORTH_UNKNOWN_REGISTER,
                  r->q.bad[0]);
}

/* false: refused, with a response. */
static bool validate(struct north *no, struct request *r)
{
    uint32_t id = member(no, "requestId"), command = member(no, "command");

    if (!is_text(no, id))
        return refuse(no, r, "Missing requestId", nothing);
    r->q.request_id = json_text(&no->tape, id);
    if (!is_text(no, command))
        return refuse(no, r, "Missing command", nothing);
    return read_what(no, r, command) && (r->n_ids > 0 || refuse_item(no, r));
}

static void give_command(struct north *no, const struct request *r, uint32_t tag)
{
    const struct wp_command command = {
        .tag = tag, .device = r->q.meter, .operation = WP_READ, .ids = r->ids, .n_ids = r->n_ids};
    const struct wp_effect e = {.kind = WP_COMMAND, .endpoint = no->endpoint, .command = &command};

    no->out->emit(no->out, &e);
}

void north_ivy_take_request(struct north *no, struct wp_slice id, struct wp_slice payload)
{
    const struct north_meter *m = north_ivy_meter(no, id);
    struct request r = {.q = {.meter = id}, .is_dlms = m && m->is_dlms};
    enum json_fault fault;
    uint32_t tag;

    if (payload.n > no->request_max) {
        north_ivy_ignore(no, "too long");
        return;
    }
    fault = json_read(&no->tape, payload, JSON_DEPTH, NULL);
    if (fault != JSON_FAULT_NONE || no->tape.at[0].kind != JSON_OBJECT) {
        north_ivy_ignore(no, fault == JSON_FAULT_NONE ? "not an object" : json_fault_text(fault));
        return;
    }
    if (!validate(no, &r))
        return;
    if (north_ivy_remember(no, &r.q, &tag))
        give_command(no, &r, tag);
    else
        (void)refuse(no, &r, "Command queue full", nothing);
}
