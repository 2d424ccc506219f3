/* Commands of norths, and what services make of them:
 *
 *     read      /Ac/Power     GetValue: kept and told, also of an item that nobody listed; then the answer
 *               /Ac  or  /    the same of everything below that the service has there
 *     write     /Mode         SetValue of an item that is known; the answer has the service's word
 *     execute   mirror        everything that is known of the device is told, without a call
 *
 * Of services that are the same device the one that spoke last is meant, unless another one has the item.
 * source: protocols/victron-dbus-and-vrm b.8, b.9, D14 */
#include "sim/gateway/south_venus_impl.h"

#include "sim/codec/venus_text.h"

enum { WRITE_HEAD = VENUS_PATH_MAX + 1024 }; /* bytes of a SetValue beside its value */

/* ---- answers ------------------------------------------------------------------------------------------ */

static void answer_command(struct venus_south *so, const struct wp_command *command, const char *fault)
{
    const struct wp_answer a = {.tag = command->tag,
                                .from = command->from,
                                .device = command->device,
                                .ok = fault == NULL,
                                .fault = wp_text(fault)};

    south_venus_answer(so, &a);
}

/* fault empty: it is done. */
static void answer_call(struct venus_south *so, const struct venus_call *call, struct wp_slice fault)
{
    const struct venus_device *d = call->service->device;
    const struct wp_answer a = {.tag = call->tag,
                                .from = call->from,
                                .device = d ? venus_device_name(d) : wp_slice(NULL, 0),
                                .ok = fault.n == 0,
                                .fault = fault};

    south_venus_answer(so, &a);
}

void south_venus_call_failed(struct venus_south *so, const struct venus_call *call, struct wp_slice fault)
{
    answer_call(so, call, fault);
}

static void answer_fault(struct venus_south *so, const struct venus_call *call, const struct dbus_message *m)
{
    char memory[512];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    south_venus_put_fault(&w, m);
    answer_call(so, call, wp_written(&w));
}

/* ---- replies ------------------------------------------------------------------------------------------ */

static void enter_variants(struct dbus_iter *it)
{
    while (dbus_next_type(it) == 'v')
        dbus_enter(it);
}

static void read_item(struct venus_south *so, struct venus_service *s, struct venus_item *item,
                      struct dbus_iter *it)
{
    struct venus_batch b;

    south_venus_take(so, s, &item->value, it);
    south_venus_batch(&b, s->device, WP_ASKED);
    south_venus_tell(so, &b, item);
    south_venus_tell_end(so, &b);
}

/* A dictionary where no item is known is a node; anything else an item that was not listed. */
static const char *take_read(struct venus_south *so, struct venus_service *s, struct wp_slice path,
                             const struct dbus_message *m)
{
    struct venus_item *item = south_venus_find(so, s, path);
    struct dbus_iter it;

    dbus_iter(&it, m);
    enter_variants(&it);
    if (dbus_next_type(&it) == 0)
        return "its reply is of another type";
    if (!item && south_venus_merge_values(so, s, &it, path, WP_ASKED))
        return NULL;
    if (!item && dbus_is_empty_array(&it))
        return "there is nothing below it";
    if (!item)
        item = south_venus_item(so, s, path);
    if (!item)
        return "there is no room for it";
    read_item(so, s, item, &it);
    return NULL;
}

void south_venus_read_done(struct venus_south *so, const struct venus_call *call,
                           const struct dbus_message *m)
{
    if (m && m->type == DBUS_RETURN)
        answer_call(so, call, wp_text(take_read(so, call->service, wp_slice(call->path, call->n_path), m)));
    else
        answer_fault(so, call, m);
}

void south_venus_write_done(struct venus_south *so, const struct venus_call *call,
                            const struct dbus_message *m)
{
    char memory[64];
    struct wp_writer w = wp_writer(memory, sizeof memory);
    struct wp_value code = {0};
    struct dbus_iter it;

    if (!m || m->type != DBUS_RETURN) {
        answer_fault(so, call, m);
        return;
    }
    dbus_iter(&it, m);
    if (!dbus_get_value(&it, &code) || code.kind != WP_DECIMAL) {
        wp_put_text(&w, "its reply is of another type");
    } else if (code.num != 0) {
        wp_put_text(&w, "the service refuses it: ");
        wp_put_value(&w, code);
    }
    answer_call(so, call, wp_written(&w));
}

/* ---- commands ----------------------------------------------------------------------------------------- */

static struct venus_call *call_for(struct venus_south *so, const struct wp_command *command,
                                   struct venus_service *s, enum venus_call_kind kind)
{
    struct venus_call *call = south_venus_call(so, kind, s);

    if (call) {
        call->tag = command->tag;
        call->from = command->from;
    } else {
        south_venus_count(so, VENUS_N_CALLS_FULL, command->device);
    }
    return call;
}

/* Who of the device is meant: the one that has the item, of several the one that spoke last. */
static struct venus_service *service_with(const struct venus_south *so, const struct venus_device *d,
                                          struct wp_slice path)
{
    for (struct venus_service *s = d->last; s; s = s->prev)
        if (south_venus_find(so, s, path))
            return s;
    return NULL;
}

static const char *read_path(struct venus_south *so, const struct wp_command *command,
                             const struct venus_device *d)
{
    const struct wp_slice path = command->ids[0];
    struct venus_service *s = service_with(so, d, path);
    struct venus_call *call = call_for(so, command, s ? s : d->last, VENUS_CALL_READ);

    if (!call)
        return "Too many calls are under way";
    call->path = text_store_borrow(&so->text, path.n);
    if (!call->path) {
        south_venus_forget_call(so, call);
        return "The memory for texts is full";
    }
    memcpy(call->path, path.p, path.n);
    call->n_path = (uint16_t)path.n;
    return south_venus_ask(so, call, "GetValue", path) ? NULL : "This path cannot be asked for";
}

static bool put_write(struct wp_writer *w, const struct venus_call *call, const struct wp_command *command)
{
    struct dbus_out out;

    dbus_begin_call(&out, w, call->serial, venus_service_name(call->service), command->ids[0],
                    wp_text(VENUS_BUS_ITEM), wp_text("SetValue"), "v");
    dbus_put_variant(&out, command->value);
    return dbus_end(&out);
}

static size_t value_size(struct wp_value v)
{
    return v.kind == WP_TEXT || v.kind == WP_BYTES || v.kind == WP_TREE ? v.bytes.n : 0;
}

static const char *write_path(struct venus_south *so, const struct wp_command *command,
                              const struct venus_device *d)
{
    const size_t n = WRITE_HEAD + value_size(command->value);
    struct venus_service *s = service_with(so, d, command->ids[0]);
    struct venus_call *call = s ? call_for(so, command, s, VENUS_CALL_WRITE) : NULL;
    uint8_t *memory;
    struct wp_writer w;
    bool is_sent;

    if (!s)
        return "There is no such item";
    if (!call)
        return "Too many calls are under way";
    memory = text_store_borrow(&so->text, n);
    if (!memory) {
        south_venus_forget_call(so, call);
        return "The memory for texts is full";
    }
    w = wp_writer(memory, n);
    is_sent = south_venus_send(so, call, &w, put_write(&w, call, command));
    text_store_return(&so->text, memory, n);
    return is_sent ? NULL : "This value cannot be written";
}

/* Each path once: of services that both have it, as the one that spoke last has it. */
static void tell_mirror(struct venus_south *so, const struct venus_device *d)
{
    struct venus_batch b;

    south_venus_batch(&b, d, WP_ASKED);
    for (const struct venus_service *s = d->first; s; s = s->next)
        for (const struct venus_item *item = s->first; item; item = item->next)
            if (s == d->last || service_with(so, d, venus_item_path(item)) == s)
                south_venus_tell(so, &b, item);
    south_venus_tell_end(so, &b);
}

/* NULL: it has its answer, or will have. */
static const char *take(struct venus_south *so, const struct wp_command *command,
                        const struct venus_device *d)
{
    if (command->n_ids != 1 || command->poll)
        return "Not supported";
    if (!d || !d->last || !so->port)
        return "Device not connected";
    if (command->operation == WP_EXECUTE) {
        if (!wp_slice_is(command->ids[0], WP_MIRROR))
            return "Not supported";
        tell_mirror(so, d);
        answer_command(so, command, NULL);
        return NULL;
    }
    if (command->ids[0].n > VENUS_PATH_MAX || !dbus_is_path(command->ids[0]))
        return "This is not a path";
    return command->operation == WP_READ ? read_path(so, command, d) : write_path(so, command, d);
}

void south_venus_command(struct venus_south *so, const struct wp_command *command)
{
    const struct venus_device *d = so->is_awake ? wp_map_find(&so->by_device, command->device) : NULL;
    const char *fault = take(so, command, d);

    if (fault)
        answer_command(so, command, fault);
}
