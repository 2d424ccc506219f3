#include "sim/world/bus_seen.h"

#include "sim/codec/dbus_bus.h"

/* FNV-1a, 64 bits. */
static uint64_t mix(uint64_t hash, struct wp_slice bytes)
{
    for (size_t i = 0; i < bytes.n; i++)
        hash = (hash ^ bytes.p[i]) * UINT64_C(0x100000001B3);
    return (hash ^ 0xFF) * UINT64_C(0x100000001B3); /* no byte of a name */
}

bool bus_seen_key(struct wp_slice message, struct wp_slice sender, uint64_t *ret_key)
{
    struct dbus_message m;
    uint64_t key = UINT64_C(0xCBF29CE484222325);

    if (dbus_decode_seen(message, &m).status != WP_OK)
        return false;
    key = mix(mix(key, sender.p ? sender : m.sender), m.destination);
    for (unsigned shift = 0; shift < 32; shift += 8)
        key = mix(key, wp_slice(&(uint8_t){(uint8_t)(m.serial >> shift)}, 1));
    *ret_key = key ? key : 1;
    return true;
}

bool bus_seen_stamp(struct wp_writer *w, struct wp_slice message, struct wp_slice sender)
{
    struct dbus_message m;

    return dbus_decode_seen(message, &m).status == WP_OK && dbus_put_from(w, &m, sender);
}
