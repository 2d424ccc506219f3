/* Calls to the bus and to services: each has a serial, and waits for the reply with it no longer than venus.timeout. */
#include "sim/gateway/south_venus_impl.h"

enum { CALL_MAX = VENUS_PATH_MAX + 1024 }; /* bytes of a call without values */

static struct wp_slice serial_key(const uint32_t *serial)
{
    return wp_slice(serial, sizeof *serial);
}

/* ---- the table ---------------------------------------------------------------------------------------- */

/* 0 is no serial; after four thousand million of them they begin again. */
static uint32_t next_serial(struct venus_south *so)
{
    do
        so->serial++;
    while (so->serial == 0 || wp_map_find(&so->by_serial, serial_key(&so->serial)));
    return so->serial;
}

struct venus_call *south_venus_call(struct venus_south *so, enum venus_call_kind kind,
                                    struct venus_service *s)
{
    struct venus_call *call = wp_pool_borrow(&so->calls);

    if (!call)
        return NULL;
    *call = (struct venus_call){.prev = so->last_call,
                                .service = s,
                                .due = so->now + so->timeout,
                                .serial = next_serial(so),
                                .kind = kind};
    if (so->last_call)
        so->last_call->next = call;
    else
        so->first_call = call;
    so->last_call = call;
    wp_map_add(&so->by_serial, serial_key(&call->serial), call);
    return call;
}

/* Out of the table; what it was about is the caller's now. */
static struct venus_call take(struct venus_south *so, struct venus_call *call)
{
    const struct venus_call was = *call;

    if (call->prev)
        call->prev->next = call->next;
    else
        so->first_call = call->next;
    if (call->next)
        call->next->prev = call->prev;
    else
        so->last_call = call->prev;
    wp_map_remove(&so->by_serial, serial_key(&call->serial));
    wp_pool_return(&so->calls, call);
    return was;
}

static void free_path(struct venus_south *so, const struct venus_call *call)
{
    text_store_return(&so->text, call->path, call->n_path);
}

void south_venus_forget_call(struct venus_south *so, struct venus_call *call)
{
    const struct venus_call was = take(so, call);

    free_path(so, &was);
}

bool south_venus_send(struct venus_south *so, struct venus_call *call, struct wp_writer *w, bool is_written)
{
    if (is_written)
        wp_send(so->out, so->port, wp_written(w));
    else
        south_venus_forget_call(so, call);
    return is_written;
}

bool south_venus_ask(struct venus_south *so, struct venus_call *call, const char *member,
                     struct wp_slice path)
{
    uint8_t memory[CALL_MAX];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct dbus_out out;

    dbus_begin_call(&out, &w, call->serial, venus_service_name(call->service), path, wp_text(VENUS_BUS_ITEM),
                    wp_text(member), "");
    return south_venus_send(so, call, &w, dbus_end(&out));
}

/* ---- replies ------------------------------------------------------------------------------------------ */

void south_venus_put_fault(struct wp_writer *w, const struct dbus_message *m)
{
    enum { TEXT_MAX = 160 };
    struct dbus_iter it;
    struct wp_slice text;

    if (!m || m->type != DBUS_ERROR) {
        wp_put_text(w, m ? "its reply is of another type" : "no reply in time");
        return;
    }
    wp_put_slice(w, m->error_name);
    dbus_iter(&it, m);
    text = dbus_next_type(&it) == 's' ? dbus_get_text(&it) : wp_slice(NULL, 0);
    if (text.n == 0 || text.n > TEXT_MAX)
        return;
    wp_put_text(w, ": ");
    wp_put_slice(w, text);
}

/* Without names or the match rules there is nothing: the connection begins anew. */
static void bus_failed(struct venus_south *so, const struct dbus_message *m)
{
    char memory[512];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    south_venus_put_fault(&w, m);
    south_venus_count(so, VENUS_N_BUS, wp_written(&w));
    south_venus_hang_up(so);
}

static void bus_replied(struct venus_south *so, const struct venus_call *call, const struct dbus_message *m)
{
    if (!m || m->type == DBUS_ERROR)
        bus_failed(so, m);
    else if (call->kind == VENUS_CALL_NAMES && wp_slice_is(m->signature, "as"))
        south_venus_names(so, m);
    else if (call->kind == VENUS_CALL_NAMES)
        bus_failed(so, m);
}

/* m NULL: none in time. */
static void finish(struct venus_south *so, const struct venus_call *call, const struct dbus_message *m)
{
    switch (call->kind) {
    case VENUS_CALL_MATCH:
    case VENUS_CALL_NAMES: bus_replied(so, call, m); break;
    case VENUS_CALL_OWNER:
    case VENUS_CALL_ITEMS:
    case VENUS_CALL_VALUES: south_venus_scanned(so, call, m); break;
    case VENUS_CALL_READ: south_venus_read_done(so, call, m); break;
    case VENUS_CALL_WRITE: south_venus_write_done(so, call, m); break;
    }
    free_path(so, call);
}

/* The bus answers for who is not there. */
static bool is_asked(const struct venus_call *call, struct wp_slice sender)
{
    const struct venus_service *s = call->service;

    if (wp_slice_is(sender, DBUS_BUS))
        return true;
    return s && call->kind != VENUS_CALL_OWNER && wp_slice_eq(sender, wp_slice(s->owner, s->n_owner));
}

void south_venus_reply(struct venus_south *so, const struct dbus_message *m)
{
    struct venus_call *call = wp_map_find(&so->by_serial, serial_key(&m->reply_serial)), was;

    if (!call) {
        south_venus_count(so, VENUS_N_LATE, m->sender);
    } else if (!is_asked(call, m->sender)) {
        south_venus_count(so, VENUS_N_FOREIGN, m->sender);
    } else {
        was = take(so, call);
        finish(so, &was, m);
    }
}

/* ---- no replies --------------------------------------------------------------------------------------- */

static bool is_command(const struct venus_call *call)
{
    return call->kind == VENUS_CALL_READ || call->kind == VENUS_CALL_WRITE;
}

void south_venus_late_calls(struct venus_south *so)
{
    while (so->first_call && so->first_call->due <= so->now) {
        const struct venus_call was = take(so, so->first_call);

        south_venus_count(so, VENUS_N_TIMEOUT,
                          was.service ? venus_service_name(was.service) : wp_text(DBUS_BUS));
        finish(so, &was, NULL);
    }
}

static void end_call(struct venus_south *so, struct venus_call *call, const char *fault)
{
    const struct venus_call was = take(so, call);

    if (is_command(&was))
        south_venus_call_failed(so, &was, wp_text(fault));
    free_path(so, &was);
}

/* An answer may bring the next command, at the end of the list: each call that was there when it began is looked at. */
void south_venus_end_calls(struct venus_south *so, const struct venus_service *s, const char *fault)
{
    const struct venus_call *last = so->last_call;
    struct venus_call *call = so->first_call;
    bool is_last = call == NULL;

    while (!is_last) {
        struct venus_call *next = call->next;

        is_last = call == last;
        if (call->service == s)
            end_call(so, call, fault);
        call = next;
    }
}

void south_venus_end_all_calls(struct venus_south *so, const char *fault)
{
    while (so->first_call)
        end_call(so, so->first_call, fault);
}
