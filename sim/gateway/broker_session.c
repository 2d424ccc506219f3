/* A north's session at the broker; see broker_session.h.
 *
 *     AWAY --log_in--> CONNECTING --opened--> READY         READY --closed--> AWAY
 *                      CONNECTING --closed--> AWAY          AWAY: log_in is due at reconnect_at */
#include "sim/gateway/broker_session.h"

static struct wp_slice text(const struct wp_setup *setup, const struct wp_option *option)
{
    struct wp_value v = wp_setup_value(setup, option);

    return v.kind == WP_TEXT ? v.bytes : (struct wp_slice){NULL, 0};
}

struct wp_login broker_account_login(const struct wp_setup *setup, const struct broker_account *account)
{
    return (struct wp_login){
        .client_id = text(setup, account->client_id),
        .user = text(setup, account->user),
        .password = text(setup, account->password),
        .clean = true,
        .keepalive_s = (uint16_t)(wp_setup_value(setup, account->keepalive).num / WP_SEC(1)),
    };
}

bool broker_account_check(const struct wp_setup *setup, const struct broker_account *account,
                          struct wp_writer *why)
{
    if (text(setup, account->user).p || !text(setup, account->password).p)
        return true;
    wp_put_text(why, account->password->name);
    wp_put_text(why, " needs ");
    wp_put_text(why, account->user->name);
    wp_put_text(why, ": MQTT 3.1.1 has no password without a user name");
    return false;
}

struct broker_session broker_session(uint16_t endpoint, wp_us reconnect_max)
{
    return (struct broker_session){
        .endpoint = endpoint,
        .reconnect_at = WP_NEVER,
        .reconnect_max = reconnect_max,
    };
}

void broker_session_log_in(struct broker_session *s, const struct wp_login *login, struct wp_outbox *out)
{
    const struct wp_effect e = {.kind = WP_LOGIN, .endpoint = s->endpoint, .login = login};

    s->reconnect_at = WP_NEVER;
    out->emit(out, &e);
}

void broker_session_opened(struct broker_session *s, wp_port port)
{
    s->port = port;
    s->tries = 0;
}

/* How long to wait after so many failures in a row: the steps of the original of octolux, and from there on evenly.
 * source: protocols/luxpower-and-octolux.md d.5 */
static wp_us reconnect_wait(const struct broker_session *s)
{
    static const wp_us waits[] = {WP_MS(100), WP_MS(500), WP_SEC(1),  WP_SEC(1),  WP_SEC(5), WP_SEC(5),
                                  WP_SEC(5),  WP_SEC(10), WP_SEC(15), WP_SEC(20), WP_SEC(30)};
    const unsigned n = sizeof waits / sizeof waits[0];
    wp_us wait = waits[s->tries < n ? s->tries : n - 1];

    return wait < s->reconnect_max ? wait : s->reconnect_max;
}

bool broker_session_closed(struct broker_session *s, const struct wp_event *event, struct wp_outbox *out)
{
    if (s->port && event->port != s->port)
        return false;
    wp_note(out, s->port ? "broker-lost" : "broker-refused", wp_text(""), event->close.code);
    s->port = 0;
    s->reconnect_at = event->now + reconnect_wait(s);
    s->tries++;
    return true;
}

void broker_session_subscribe(const struct broker_session *s, struct wp_slice filter, uint8_t qos,
                              uint32_t tag, struct wp_outbox *out)
{
    const struct wp_effect e = {
        .kind = WP_SUBSCRIBE,
        .endpoint = s->endpoint,
        .port = s->port,
        .subscribe = {.filter = filter, .qos = qos, .tag = tag},
    };

    out->emit(out, &e);
}

void broker_session_subacked(const struct wp_event *event, struct wp_outbox *out)
{
    if (event->subacked.code == WP_SUBACK_REFUSED)
        wp_note(out, "subscription-refused", wp_text(""), event->subacked.tag);
}
