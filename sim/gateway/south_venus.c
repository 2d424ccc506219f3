/* The Victron south as a whole: one connection to the D-Bus, and what is mirrored over it.
 *
 *     AWAY --start, timer--> DIALLING --open--> THERE: names, scans, signals, commands
 *      ^                      |                   |
 *      '------ failed --------'                   |      the wait doubles, until a dial succeeds
 *      '--------------------- close --------------'      every device has left
 *
 * A message that cannot be decoded is ignored: the bus passes none on.
 *
 * Parts of one job: setup (memory), call (serials, replies, time-outs), scan (names, GetItems), signal (changes),
 * mirror (services, devices, items), command (norths), tell (readings). */
#include "sim/gateway/south_venus_impl.h"

#include <assert.h>

static const struct wp_endpoint endpoints[] = {{.name = "bus", .transport = WP_BUS}};

/* ---- the connection ----------------------------------------------------------------------------------- */

static void dial(struct venus_south *so)
{
    so->is_dialling = true;
    so->dial_at = WP_NEVER;
    wp_dial(so->out, so->endpoint);
}

static void wait_for_dial(struct venus_south *so)
{
    if (so->stopped)
        return;
    so->dial_at = so->now + so->wait;
    so->wait = so->wait > so->reconnect_max / 2 ? so->reconnect_max : 2 * so->wait;
}

/* The devices go first, so that norths are told all the same. */
static void gone(struct venus_south *so)
{
    so->port = 0;
    south_venus_remove_all(so);
    south_venus_end_all_calls(so, "The bus has gone");
    wait_for_dial(so);
}

void south_venus_hang_up(struct venus_south *so)
{
    wp_hang_up(so->out, so->port);
    gone(so);
}

static void on_open(struct venus_south *so, const struct wp_event *event)
{
    if (so->stopped || so->port || !so->is_dialling) {
        wp_hang_up(so->out, event->port);
        return;
    }
    so->is_dialling = false;
    so->port = event->port;
    so->wait = so->reconnect;
    so->serial = 0;
    south_venus_begin(so);
}

static void on_close(struct venus_south *so, const struct wp_event *event)
{
    static const char *const reasons[] = {[WP_CLOSE_PEER] = "closed",
                                          [WP_CLOSE_RESET] = "reset",
                                          [WP_CLOSE_OWN] = "ended",
                                          [WP_CLOSE_REFUSED] = "refused",
                                          [WP_CLOSE_TIMEOUT] = "no answer"};

    if (event->port && event->port == so->port) {
        gone(so);
    } else if (event->port == 0 && so->is_dialling) {
        so->is_dialling = false;
        south_venus_count(so, VENUS_N_DIAL, wp_text(reasons[event->close.reason]));
        wait_for_dial(so);
    }
}

/* ---- messages ----------------------------------------------------------------------------------------- */

/* We offer nothing. */
static void refuse_call(struct venus_south *so, const struct dbus_message *m)
{
    uint8_t memory[1024];
    struct wp_writer w = wp_writer(memory, sizeof memory);

    if (m->flags & DBUS_NO_REPLY)
        return;
    if (dbus_put_error(&w, so->serial + 1, m, DBUS_FAULT("UnknownMethod"),
                       wp_text("There are no objects here"))) {
        so->serial++;
        wp_send(so->out, so->port, wp_written(&w));
    }
}

static void on_bytes(struct venus_south *so, const struct wp_event *event)
{
    struct dbus_owner_change change;
    struct dbus_message m;

    if (event->port != so->port || dbus_decode(event->bytes, &m).status != WP_OK)
        return;
    if (m.type == DBUS_RETURN || m.type == DBUS_ERROR)
        south_venus_reply(so, &m);
    else if (m.type == DBUS_CALL)
        refuse_call(so, &m);
    else if (dbus_read_owner_change(&m, &change))
        south_venus_owner_change(so, &change);
    else if (m.type == DBUS_SIGNAL && wp_slice_is(m.interface, VENUS_BUS_ITEM))
        south_venus_signal(so, &m);
}

/* ---- the class ---------------------------------------------------------------------------------------- */

static void on_timer(struct venus_south *so)
{
    if (so->dial_at <= so->now)
        dial(so);
    south_venus_late_signals(so);
    south_venus_late_calls(so);
}

/* No device leaves by that: it is this gateway that goes. */
static void on_stop(struct venus_south *so)
{
    so->stopped = true;
    so->dial_at = WP_NEVER;
    if (so->port)
        wp_hang_up(so->out, so->port);
    so->port = 0;
    south_venus_end_all_calls(so, "The gateway stops");
}

static void south_step(void *machine, const struct wp_event *event, struct wp_outbox *out)
{
    struct venus_south *so = machine;

    so->out = out;
    so->now = event->now;
    if (event->kind == WP_EV_COMMAND)
        south_venus_command(so, event->command);
    if (!so->is_awake)
        return;
    switch (event->kind) {
    case WP_EV_START: dial(so); break;
    case WP_EV_OPEN: on_open(so, event); break;
    case WP_EV_CLOSE: on_close(so, event); break;
    case WP_EV_BYTES: on_bytes(so, event); break;
    case WP_EV_TIMER: on_timer(so); break;
    case WP_EV_STOP: on_stop(so); break;
    default: break;
    }
    if (so->port)
        south_venus_go_on(so);
}

static wp_us south_deadline(const void *machine)
{
    const struct venus_south *so = machine;
    wp_us at = so->dial_at;

    if (so->first_call && so->first_call->due < at)
        at = so->first_call->due;
    if (so->first_signal && so->first_signal->due < at)
        at = so->first_signal->due;
    return at;
}

const struct wp_class south_venus_class = {
    .name = "venus",
    .help = "Victron's services on the D-Bus message bus",
    .options = south_venus_options,
    .n_options = VENUS_N_OPTIONS,
    .endpoints = endpoints,
    .n_endpoints = sizeof endpoints / sizeof endpoints[0],
    .check = south_venus_check,
    .size = south_venus_size,
    .init = south_venus_init,
    .step = south_step,
    .deadline = south_deadline,
};
