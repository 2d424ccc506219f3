#include "sim/codec/cosem_carried.h"

enum { PATH_MAX_LEN = 127, INVOKE_ID = 0x0F };

/* ---- listening -------------------------------------------------------------------------------------- */

/* State may have been copied since the last frame: unfinished chains are where it stands now. */
static void lend(struct cosem_gbt *chain, uint8_t *memory, size_t n)
{
    if (chain->room)
        chain->room = memory;
    else
        cosem_gbt_lend(chain, memory, n);
}

void cosem_listener_give_up(struct cosem_listener *listener)
{
    static const struct cosem_scratch none;

    cosem_unit_give_up(&listener->unit, &none);
}

void cosem_listen(struct cosem_listener *l, struct cosem_chains *chains, enum wp_side from,
                  struct wp_slice payload, size_t at, struct cosem_carried *out)
{
    struct cosem_scratch scratch = {
        .cipher = cosem_cipher_shared(), .room = out->room, .n_room = sizeof out->room};
    size_t llc = cosem_llc_length(payload);

    lend(&l->unit.chain[0], chains->client, sizeof chains->client);
    lend(&l->unit.chain[1], chains->server, sizeof chains->server);
    l->unit.tolerance = COSEM_TOLERANT;
    out->is_whole = true;
    out->payload = wp_slice_from(payload, llc);
    out->at = at == COSEM_NOWHERE ? at : at + llc;
    out->join_fault = WP_FAULT_NONE;
    out->result = cosem_unit_feed(&l->unit, &scratch, from, out->payload, &out->plain);
}

void cosem_listen_on(struct cosem_carried *out, enum wp_fault fault)
{
    out->is_whole = false;
    out->join_fault = fault;
}

/* Only its initiate is ciphered, and what came of that is no reason to refuse the association. */
static bool is_association(const struct cosem_carried *c)
{
    enum cosem_form form = c->plain.apdu.form;

    return c->result == COSEM_UNIT_PLAIN &&
           (form == COSEM_AARQ || form == COSEM_AARE || form == COSEM_RLRQ || form == COSEM_RLRE);
}

void cosem_carried_content(const struct cosem_carried *c, struct wp_content *out)
{
    const struct cosem_layer *inner;

    *out = (struct wp_content){.fault = c->join_fault};
    if (!c->is_whole)
        return;
    if (c->result == COSEM_UNIT_REFUSED) {
        out->fault = c->plain.fault;
        out->at = c->at == COSEM_NOWHERE ? 0 : c->at + c->plain.at;
    }
    if (c->plain.n_layers == 0 || is_association(c))
        return;
    inner = &c->plain.layer[c->plain.n_layers - 1];
    if (c->result == COSEM_UNIT_REFUSED)
        out->seal = WP_SEAL_CLOSED;
    else
        out->seal = inner->tag == COSEM_TAG_OK ? WP_SEAL_VERIFIED : WP_SEAL_UNCHECKED;
}

/* ---- fields ----------------------------------------------------------------------------------------- */

/* Fields of an APDU that stands elsewhere: under another name, and at no place of this frame. */
struct renamed {
    wp_visit *visit;
    void *ctx;
    const char *name;
};

static void say_renamed(void *ctx, const struct wp_field *field)
{
    const struct renamed *r = ctx;
    struct wp_field f = *field;
    char path[PATH_MAX_LEN + 1];
    struct wp_writer w = wp_writer(path, sizeof path);
    const char *dot = strchr(field->path, '.');

    wp_put_text(&w, r->name);
    wp_put_text(&w, dot ? dot : "");
    f.path = wp_put_end(&w);
    f.first = f.len = 0;
    r->visit(r->ctx, &f);
}

static void say_apdu(const struct renamed *r, struct wp_slice apdu)
{
    if (apdu.n > 0)
        cosem_apdu_fields(apdu, 0, say_renamed, (void *)(uintptr_t)r);
}

static void say(const struct renamed *r, const char *path, struct wp_value value, enum wp_role role)
{
    const struct wp_field field = {.path = path, .value = value, .unit = "", .role = role};

    r->visit(r->ctx, &field);
}

static void say_text(const struct renamed *r, const char *path, const char *text)
{
    say(r, path, wp_text_value(wp_text(text)), WP_ROLE_FIELD);
}

/* How the innermost one was protected; the outer ones stand in the APDU as it came. */
static void say_layer(const struct renamed *r, const struct cosem_layer *layer)
{
    static const char *const key[] = {"global", "dedicated", "broadcast"};

    if (layer->has_title)
        say(r, "plain.system_title", wp_bytes_value(wp_slice(layer->title, COSEM_TITLE)), WP_ROLE_ID);
    say(r, "plain.ic", wp_int(layer->ic), WP_ROLE_FIELD);
    say_text(r, "plain.key", key[layer->key]);
    say_text(r, "plain.seal", cosem_tag_text(layer->tag));
    if (layer->freshness != COSEM_COUNTER_FRESH)
        say_text(r, "plain.counter", cosem_freshness_text(layer->freshness));
}

static void say_refused(const struct renamed *r, enum wp_fault fault)
{
    if (fault != WP_FAULT_NONE)
        say_text(r, "refused", wp_fault_text(fault));
}

void cosem_carried_fields(const struct cosem_carried *c, wp_visit *visit, void *ctx)
{
    const struct renamed joined = {visit, ctx, "joined"}, plain = {visit, ctx, "plain"};
    bool is_plain = c->is_whole && c->result == COSEM_UNIT_PLAIN;

    if (!c->is_whole) {
        say_refused(&plain, c->join_fault);
        return;
    }
    if (c->at == COSEM_NOWHERE)
        say_apdu(&joined, c->payload);
    else if (is_plain && c->plain.blocks > 0 && c->plain.n_layers == 0)
        say_apdu(&joined, c->plain.apdu.bytes);
    if (is_plain && c->plain.n_layers > 0) {
        say_layer(&plain, &c->plain.layer[c->plain.n_layers - 1]);
        if (!is_association(c))
            say_apdu(&plain, c->plain.apdu.bytes);
    }
    if (is_plain && c->plain.initiate_fault != WP_FAULT_NONE)
        say_text(&plain, "plain.refused", wp_fault_text(c->plain.initiate_fault));
    if (c->result == COSEM_UNIT_REFUSED)
        say_refused(&plain, c->plain.fault);
}

/* ---- turns ------------------------------------------------------------------------------------------ */

enum service {
    SERVICE_NONE,
    SERVICE_ASSOCIATE,
    SERVICE_RELEASE,
    SERVICE_GET,
    SERVICE_SET,
    SERVICE_ACTION,
    SERVICE_ANY
};

static uint64_t hash(struct wp_slice bytes)
{
    uint64_t h = wp_slice_hash(bytes);

    return (h ^ h >> 32) & 0xFFFFFFFF;
}

static struct wp_turn turn(enum wp_turn_kind kind, enum service service, unsigned invoke, uint64_t what)
{
    return (struct wp_turn){.kind = kind, .who = invoke & INVOKE_ID, .what = (uint64_t)service << 32 | what};
}

/* What stands behind the invoke-id is what is asked. Also an unconfirmed request is answered by those that are seen. */
static struct wp_turn ask(const struct cosem_apdu *a, enum service service)
{
    enum { AT_REST = 3 };

    return turn(WP_TURN_ASKS, service, a->service.invoke, hash(wp_slice_from(a->bytes, AT_REST)));
}

struct wp_turn cosem_carried_turn(const struct cosem_carried *c)
{
    const struct cosem_apdu *a = &c->plain.apdu;

    if (!c->is_whole || c->result != COSEM_UNIT_PLAIN)
        return (struct wp_turn){.kind = WP_TURN_ALONE};
    switch (a->form) {
    case COSEM_AARQ: return turn(WP_TURN_ASKS, SERVICE_ASSOCIATE, 0, 0);
    case COSEM_AARE: return turn(WP_TURN_ANSWERS, SERVICE_ASSOCIATE, 0, 0);
    case COSEM_RLRQ: return turn(WP_TURN_ASKS, SERVICE_RELEASE, 0, 0);
    case COSEM_RLRE: return turn(WP_TURN_ANSWERS, SERVICE_RELEASE, 0, 0);
    case COSEM_GET_REQUEST:
    case COSEM_GET_REQUEST_NEXT:
    case COSEM_GET_REQUEST_LIST: return ask(a, SERVICE_GET);
    case COSEM_SET_REQUEST:
    case COSEM_SET_REQUEST_FIRST:
    case COSEM_SET_REQUEST_BLOCK:
    case COSEM_SET_REQUEST_LIST:
    case COSEM_SET_REQUEST_LIST_FIRST: return ask(a, SERVICE_SET);
    case COSEM_ACTION_REQUEST:
    case COSEM_ACTION_REQUEST_NEXT:
    case COSEM_ACTION_REQUEST_LIST:
    case COSEM_ACTION_REQUEST_FIRST:
    case COSEM_ACTION_REQUEST_LIST_FIRST:
    case COSEM_ACTION_REQUEST_BLOCK: return ask(a, SERVICE_ACTION);
    case COSEM_GET_RESPONSE:
    case COSEM_GET_RESPONSE_BLOCK:
    case COSEM_GET_RESPONSE_LIST: return turn(WP_TURN_ANSWERS, SERVICE_GET, a->service.invoke, 0);
    case COSEM_SET_RESPONSE:
    case COSEM_SET_RESPONSE_BLOCK:
    case COSEM_SET_RESPONSE_LAST:
    case COSEM_SET_RESPONSE_LIST_LAST:
    case COSEM_SET_RESPONSE_LIST: return turn(WP_TURN_ANSWERS, SERVICE_SET, a->service.invoke, 0);
    case COSEM_ACTION_RESPONSE:
    case COSEM_ACTION_RESPONSE_BLOCK:
    case COSEM_ACTION_RESPONSE_LIST:
    case COSEM_ACTION_RESPONSE_NEXT: return turn(WP_TURN_ANSWERS, SERVICE_ACTION, a->service.invoke, 0);
    case COSEM_EXCEPTION:
    case COSEM_SERVICE_ERROR: return turn(WP_TURN_ANSWERS, SERVICE_ANY, 0, 0);
    default: return (struct wp_turn){.kind = WP_TURN_ALONE};
    }
}

bool cosem_carried_answers(const struct wp_turn *answer, const struct wp_turn *question)
{
    uint64_t service = answer->what >> 32;

    return service == SERVICE_ANY ||
           (service == question->what >> 32 && ((answer->who ^ question->who) & INVOKE_ID) == 0);
}

bool cosem_carried_adopt(uint8_t *payload, size_t n, const struct wp_turn *question)
{
    enum { AT_INVOKE = 2, PRIORITY = 0xF0 };
    size_t llc = cosem_llc_length(wp_slice(payload, n));

    if (n < llc + AT_INVOKE + 1)
        return false;
    switch (payload[llc]) {
    case 0x61:
    case 0x63:
    case 0xD8: return true; /* these have none */
    case 0xC4:
    case 0xC5:
    case 0xC7: break;
    default: return false;
    }
    payload += llc;
    payload[AT_INVOKE] = (uint8_t)((payload[AT_INVOKE] & PRIORITY) | (question->who & INVOKE_ID));
    return true;
}
