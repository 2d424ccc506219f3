/* A login of a machine and the CONNECT packet that it is. */
#ifndef WP_MQTT_LOGIN_H
#define WP_MQTT_LOGIN_H

#include "sim/codec/mqtt.h"
#include "sim/core/machine.h"

/* Slices of either borrow from the other. Version 3.1.1, as our own clients speak it. */
struct mqtt_frame mqtt_login_frame(const struct wp_login *login, uint16_t keepalive_s);
struct wp_login mqtt_login_of(const struct mqtt_connect *connect);

#endif
