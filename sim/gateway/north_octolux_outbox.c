/* What goes out: one bounded, ordered ring of messages.
 *
 *     | sent, not acknowledged | waiting for a session | free |
 *       first ..                 first + n_sent ..       first + n
 *
 * A message stands here until the broker acknowledges it, so what was under way when a session broke goes out once
 * more in the next one, as MQTT 3.1.1 (4.4) asks of a client: at least once, in order. Acknowledgements come in the
 * order of the messages (4.6), so each one frees all before it. While a session is open nothing waits. When the ring
 * is full the oldest message makes room: one that was sent is the broker's affair by then, one that was not is
 * dropped and counted. */
#include "sim/gateway/north_octolux_impl.h"

static const char *const leaves[] = {
    [OCTOLUX_INPUTS] = "/inputs/",
    [OCTOLUX_HOLD] = "/hold/",
    [OCTOLUX_RESULT] = "/result/",
};

static struct octolux_message *message_at(const struct octolux *no, uint32_t i)
{
    uint32_t at = no->first + i;

    return &no->message[at < no->cap ? at : at - no->cap];
}

static struct wp_slice topic_of(const struct octolux *no, const struct octolux_message *m, char *text,
                                size_t cap)
{
    struct wp_writer w = wp_writer(text, cap);

    wp_put_slice(&w, octolux_prefix(no, m->inverter));
    wp_put_text(&w, leaves[m->kind]);
    if (m->kind == OCTOLUX_RESULT)
        wp_put_text(&w, octolux_command_names[m->number]);
    else
        wp_put_uint(&w, m->number);
    return wp_written(&w);
}

static void publish(struct octolux *no, const struct octolux_message *m, uint32_t tag)
{
    char topic[OCTOLUX_TOPIC_MAX];
    const struct wp_effect e = {
        .kind = WP_PUBLISH,
        .endpoint = no->session.endpoint,
        .port = no->session.port,
        .publish =
            {
                .topic = topic_of(no, m, topic, sizeof topic),
                .payload = wp_slice(m->payload, m->n),
                .qos = 1,
                .tag = tag,
            },
    };

    no->out->emit(no->out, &e);
}

static void forget_first(struct octolux *no, uint32_t count)
{
    no->first = (uint32_t)(message_at(no, count) - no->message);
    no->first_tag += count;
    no->n -= count;
    no->n_sent -= count < no->n_sent ? count : no->n_sent;
    if (no->n == 0) /* the same few cells serve as long as the broker keeps up */
        no->first = 0;
}

static void drop_oldest(struct octolux *no)
{
    if (no->n_sent == 0 && no->n_dropped++ == 0)
        wp_note(no->out, "publish-dropped", wp_text("the broker is away, the oldest message is lost"), 1);
    forget_first(no, 1);
}

struct octolux_message *octolux_begin(struct octolux *no, uint32_t inverter, enum octolux_kind kind,
                                      uint16_t number)
{
    struct octolux_message *m;

    if (no->n == no->cap)
        drop_oldest(no);
    m = message_at(no, no->n);
    m->inverter = inverter;
    m->kind = (uint8_t)kind;
    m->number = number;
    m->n = 0;
    return m;
}

void octolux_end(struct octolux *no, struct octolux_message *m)
{
    uint32_t tag = no->first_tag + no->n++;

    if (!no->session.port)
        return;
    no->n_sent++;
    publish(no, m, tag);
}

void octolux_send_waiting(struct octolux *no)
{
    if (no->n_dropped > 0)
        wp_note(no->out, "publish-dropped", wp_text("while the broker was away"), (int64_t)no->n_dropped);
    no->n_dropped = 0;
    for (; no->n_sent < no->n; no->n_sent++)
        publish(no, message_at(no, no->n_sent), no->first_tag + no->n_sent);
}

void octolux_unsend(struct octolux *no)
{
    no->n_sent = 0;
}

void octolux_acked(struct octolux *no, uint32_t tag)
{
    uint32_t behind = tag - no->first_tag; /* of one that has left the ring already: very large */

    if (behind < no->n_sent)
        forget_first(no, behind + 1);
}
