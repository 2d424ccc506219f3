#include "sim/catalog.h"

#include "sim/codec/axdr.h"
#include "sim/codec/cosem_over.h"
#include "sim/codec/dbus.h"
#include "sim/codec/dlt645.h"
#include "sim/codec/ivy.h"
#include "sim/codec/lxp.h"
#include "sim/codec/modbus.h"
#include "sim/codec/mqtt.h"
#include "sim/device/dlms_meter.h"
#include "sim/device/dlt645_meter.h"
#include "sim/device/lxp_inverter.h"
#include "sim/device/venus_service.h"
#include "sim/device/venus_system.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/north_ivy.h"
#include "sim/gateway/north_octolux.h"
#include "sim/gateway/north_venus.h"
#include "sim/gateway/south_dlms.h"
#include "sim/gateway/south_dlt645.h"
#include "sim/gateway/south_lxp.h"
#include "sim/gateway/south_venus.h"

const struct wp_codec *const wp_codecs[] = {
    &dlt645_codec, &ivy_codec, &cosem_over_wrapper, &cosem_over_hdlc, &cosem_over_mbus, &cosem_over_nothing,
    &modbus_codec, &lxp_codec, &mqtt_codec,         &dbus_codec,      &axdr_codec,
};

const size_t wp_n_codecs = sizeof wp_codecs / sizeof wp_codecs[0];

const struct wp_codec *wp_codec_find(const char *name)
{
    for (size_t i = 0; i < wp_n_codecs; i++)
        if (strcmp(wp_codecs[i]->name, name) == 0)
            return wp_codecs[i];
    return NULL;
}

bool wp_codec_is_found(const struct wp_codec *codec)
{
    return codec->probe(wp_slice(NULL, 0)) != WP_PROBE_NO;
}

const struct wp_class *const wp_devices[] = {
    &dlt645_meter_class,
    &dlms_meter_class,
    &lxp_inverter_class,
    &venus_service_class,
    &venus_system_class,
};

const size_t wp_n_devices = sizeof wp_devices / sizeof wp_devices[0];

const struct wp_class *wp_device_find(const char *name)
{
    for (size_t i = 0; i < wp_n_devices; i++)
        if (strcmp(wp_devices[i]->name, name) == 0)
            return wp_devices[i];
    return NULL;
}

const struct wp_class *const wp_souths[] = {
    &south_dlt645_class,
    &south_dlms_class,
    &south_lxp_class,
    &south_venus_class,
};

const size_t wp_n_souths = sizeof wp_souths / sizeof wp_souths[0];

const struct wp_class *const wp_norths[] = {
    &north_ivy_class,
    &north_octolux_class,
    &north_venus_class,
};

const size_t wp_n_norths = sizeof wp_norths / sizeof wp_norths[0];

const struct wp_class *wp_north_find(const char *name)
{
    for (size_t i = 0; i < wp_n_norths; i++)
        if (strcmp(wp_norths[i]->name, name) == 0)
            return wp_norths[i];
    return NULL;
}

static bool is_on_bus(const struct wp_class *class)
{
    for (size_t i = 0; i < class->n_endpoints; i++)
        if (class->endpoints[i].transport == WP_BUS)
            return true;
    return false;
}

bool wp_south_sleeps(const struct wp_class *south, const struct wp_class *const *norths, size_t n_norths)
{
    for (size_t i = 0; i < n_norths; i++)
        if (strcmp(norths[i]->name, south->name) == 0)
            return false;
    return is_on_bus(south);
}
