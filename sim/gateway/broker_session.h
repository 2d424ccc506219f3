/* A north's session at the broker: it logs in, and does so again when the session is gone, at first soon, then ever
 * more slowly. What is subscribed to and published in it is the north's own. */
#ifndef WP_BROKER_SESSION_H
#define WP_BROKER_SESSION_H

#include "sim/core/machine.h"

/* The north's options that say who logs in. */
struct broker_account {
    const struct wp_option *client_id, *user, *password, *keepalive;
};

/* A login as these options have it, without a will. The texts are the setup's; p is NULL where none is given. */
struct wp_login broker_account_login(const struct wp_setup *setup, const struct broker_account *account);

/* May they be so together? false: one sentence in `why`. */
bool broker_account_check(const struct wp_setup *setup, const struct broker_account *account,
                          struct wp_writer *why);

struct broker_session {
    uint16_t endpoint;
    wp_port port;       /* 0: none */
    unsigned tries;     /* logins that failed since the last session */
    wp_us reconnect_at; /* WP_NEVER: no login is due */
    wp_us reconnect_max;
};

/* No session, no login due. */
struct broker_session broker_session(uint16_t endpoint, wp_us reconnect_max);

void broker_session_log_in(struct broker_session *s, const struct wp_login *login, struct wp_outbox *out);
void broker_session_opened(struct broker_session *s, wp_port port);
/* The session is gone, or the login was refused: a note, and the next login is due later. false: this was another
 * connection's end, and nothing has changed. */
bool broker_session_closed(struct broker_session *s, const struct wp_event *event, struct wp_outbox *out);

void broker_session_subscribe(const struct broker_session *s, struct wp_slice filter, uint8_t qos,
                              uint32_t tag, struct wp_outbox *out);
/* A note if the broker refuses the subscription. */
void broker_session_subacked(const struct wp_event *event, struct wp_outbox *out);

#endif
