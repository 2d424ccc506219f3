/* Items that a scenario holds: "TYPE/INSTANCE PATH TYPE JSON; ..." of any of its services. The physics go on and show them
 * no more until all are let go; what is held of an item that decides something decides. */
#include "sim/device/venus_system_inside.h"

bool venus_pins_has(const struct venus_system *m, const struct venus_item *item)
{
    for (uint32_t i = 0; i < m->n_pins; i++)
        if (m->pin[i].item == item)
            return true;
    return false;
}

/* The service off the front of the text; NULL: there is none, or the text is empty. */
static struct venus_system_service *take_service(struct venus_system *m, struct wp_slice *text,
                                                 bool *ret_empty)
{
    size_t n = 0;
    struct wp_slice name;

    while (text->n > 0 && (text->p[0] == ' ' || text->p[0] == ';' || text->p[0] == '\n'))
        *text = wp_slice_from(*text, 1);
    *ret_empty = text->n == 0;
    while (n < text->n && text->p[n] != ' ')
        n++;
    name = wp_slice(text->p, n);
    *text = wp_slice_from(*text, n);
    return venus_system_find(m, name);
}

static bool refuse(struct wp_writer *why, const char *sentence)
{
    if (why) {
        wp_put_text(why, "value: ");
        wp_put_text(why, sentence);
    }
    return false;
}

#define FORM "each is TYPE/INSTANCE PATH TYPE JSON of a service of the site, as vebus/257 /Mode u 3"

bool venus_pins_check(struct venus_system *m, struct wp_slice text, struct wp_writer *why)
{
    struct venus_system_service *s;
    struct venus_words words;
    const char *sentence;
    bool is_empty;

    while ((s = take_service(m, &text, &is_empty)) != NULL)
        if (!venus_words_next(&text, &words, &sentence))
            return refuse(why, sentence[0] ? sentence : FORM);
    return is_empty || refuse(why, FORM);
}

static void pin(struct venus_system *m, const struct venus_system_service *s, const struct venus_item *item,
                struct wp_outbox *out)
{
    const uint32_t most = (uint32_t)venus_system_given(m->setup, SYSTEM_PINS).num;

    if (venus_pins_has(m, item))
        return;
    if (m->n_pins == most)
        wp_note(out, "no-memory", wp_text("more items are held than option memory.pins allows"), 1);
    else
        m->pin[m->n_pins++] = (struct venus_system_pin){s, item};
}

static void hold(struct venus_system *m, struct wp_slice text, struct wp_outbox *out)
{
    struct venus_system_service *s;
    struct venus_words words;
    const char *why = FORM;
    bool is_empty;

    while ((s = take_service(m, &text, &is_empty)) != NULL) {
        const struct venus_item *item;

        if (!venus_words_next(&text, &words, &why) || !venus_items_assign_one(s->items, &words, &why)) {
            wp_note(out, "refused-value", wp_text(why), 1);
            return;
        }
        item = venus_items_find_slice(s->items, words.path);
        assert(item);
        pin(m, s, item, out);
        venus_controls_take(s, item, item->value);
    }
    if (!is_empty)
        wp_note(out, "refused-value", wp_text(FORM), 1);
}

void venus_pins_set(struct venus_system *m, struct wp_value text, bool is_quiet, struct wp_outbox *out)
{
    if (text.kind != WP_TEXT) {
        m->n_pins = 0;
        return;
    }
    hold(m, text.bytes, out);
    for (uint32_t i = 0; i < m->n_services; i++) {
        if (is_quiet)
            venus_items_quiet(m->service[i].items);
        else
            venus_items_signal(m->service[i].items, out);
    }
}
