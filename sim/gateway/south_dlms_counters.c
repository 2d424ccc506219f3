/* The invocation counters of senders, by their system titles: they outlive connections, so that what was recorded from
 * one is not believed on the next.
 *
 * A payload that is ciphered under a title is told to its unit with what that title was last seen at, and what it came
 * to is remembered. */
#include "sim/gateway/south_dlms_impl.h"

enum { GENERAL_GLO = 0xDB, GENERAL_CIPHERING = 0xDD, BLOCK_TRANSFER = 0xE0, TITLE_AT = 2 };

/* What is ciphered names its sender in front, also when only its beginning is there. */
static const uint8_t *title_in_front(struct wp_slice in)
{
    return in.n > TITLE_AT + COSEM_TITLE && in.p[0] == GENERAL_GLO && in.p[1] == COSEM_TITLE ? in.p + TITLE_AT
                                                                                             : NULL;
}

/* In the first of several blocks it stands, too; what comes behind it finds the counter in the unit. */
static const uint8_t *title_of(struct wp_slice payload)
{
    struct wp_slice in = wp_slice_from(payload, cosem_llc_length(payload));
    struct cosem_apdu apdu;

    if (in.n == 0 || (in.p[0] != BLOCK_TRANSFER && in.p[0] != GENERAL_CIPHERING))
        return title_in_front(in);
    if (cosem_apdu_read(in, COSEM_STRICT, &apdu).status != WP_OK)
        return NULL;
    if (apdu.form == COSEM_BLOCK_TRANSFER)
        return apdu.transfer.block == 1 ? title_in_front(apdu.transfer.data) : NULL;
    return apdu.protection.originator.n == COSEM_TITLE ? apdu.protection.originator.p : NULL;
}

static bool is_of(const struct cosem_counter *c, const struct cosem_counter *other)
{
    return c->is_seen && c->key == other->key && memcmp(c->title, other->title, COSEM_TITLE) == 0;
}

void south_dlms_recall(const struct dlms_south *so, struct cosem_unit *unit, struct wp_slice payload)
{
    const uint8_t *title = title_of(payload);
    const struct dlms_sender *sender =
        title ? wp_map_find(&so->by_title, wp_slice(title, COSEM_TITLE)) : NULL;

    if (!sender)
        return;
    for (size_t i = 0; i < COSEM_COUNTERS; i++)
        if (is_of(&unit->counter[i], &sender->counter)) {
            unit->counter[i].highest = sender->counter.highest;
            return;
        }
    unit->counter[unit->counters++ % COSEM_COUNTERS] = sender->counter;
}

/* With no cell left, one more sender is only known to its connection. */
static struct dlms_sender *sender_of(struct dlms_south *so, const struct cosem_layer *layer)
{
    struct wp_slice title = wp_slice(layer->title, COSEM_TITLE);
    struct dlms_sender *sender = wp_map_find(&so->by_title, title);

    if (sender)
        return sender;
    sender = wp_pool_borrow(&so->senders);
    if (!sender)
        return NULL;
    sender->counter = (struct cosem_counter){.key = COSEM_KEY_GLOBAL, .is_seen = true};
    memcpy(sender->counter.title, title.p, COSEM_TITLE);
    wp_map_add(&so->by_title, wp_slice(sender->counter.title, COSEM_TITLE), sender);
    return sender;
}

void south_dlms_remember(struct dlms_south *so, const struct cosem_plain *plain)
{
    for (size_t i = 0; i < plain->n_layers; i++) {
        const struct cosem_layer *layer = &plain->layer[i];
        struct dlms_sender *sender =
            layer->has_title && layer->key == COSEM_KEY_GLOBAL && layer->role == COSEM_SERVER
                ? sender_of(so, layer)
                : NULL;

        if (sender && layer->ic > sender->counter.highest)
            sender->counter.highest = layer->ic;
    }
}
