#include "sim/world/mqtt_login.h"

struct mqtt_frame mqtt_login_frame(const struct wp_login *l, uint16_t keepalive_s)
{
    struct mqtt_frame f = {.type = MQTT_CONNECT, .version = MQTT_V311};

    f.connect = (struct mqtt_connect){.clean = l->clean,
                                      .keep_alive_s = keepalive_s,
                                      .client_id = l->client_id,
                                      .has_will = l->has_will,
                                      .has_user = l->user.p != NULL,
                                      .has_password = l->password.p != NULL,
                                      .user = l->user,
                                      .password = l->password};
    if (l->has_will)
        f.connect.will = (struct mqtt_will){
            .topic = l->will.topic, .payload = l->will.payload, .qos = l->will.qos, .retain = l->will.retain};
    return f;
}

struct wp_login mqtt_login_of(const struct mqtt_connect *c)
{
    static const struct wp_slice none;
    struct wp_login l = {.client_id = c->client_id,
                         .user = c->has_user ? c->user : none,
                         .password = c->has_password ? c->password : none,
                         .clean = c->clean,
                         .keepalive_s = c->keep_alive_s,
                         .has_will = c->has_will};

    l.will.topic = c->will.topic;
    l.will.payload = c->will.payload;
    l.will.qos = c->will.qos;
    l.will.retain = c->will.retain;
    return l;
}
