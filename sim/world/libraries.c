#include "sim/world/libraries.h"

#include <mosquitto.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <uv.h>

void wp_world_libraries(void (*visit)(void *ctx, const char *name, const char *version), void *ctx)
{
    char version[40];
    int major, minor, revision;

    mosquitto_lib_version(&major, &minor, &revision);
    snprintf(version, sizeof version, "%d.%d.%d", major, minor, revision);
    visit(ctx, "libmosquitto", version);
    visit(ctx, "libuv", uv_version_string());
    visit(ctx, "OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING));
}
