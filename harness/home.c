#include "harness/home.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *home_dir(void)
{
    const char *home = getenv("WATTPROOF_HOME");

    return home && *home ? home : WATTPROOF_SOURCE_DIR;
}

const char *home_plugin(void)
{
    static char path[4200];
    const char *plugin = getenv("WATTPROOF_PLUGIN");
    char self[4096], *slash;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    if (plugin && *plugin)
        return plugin;
    if (n <= 0)
        return NULL;
    self[n] = 0;
    slash = strrchr(self, '/');
    snprintf(path, sizeof path, "%.*s/wattproof_access.so", slash ? (int)(slash - self) : 0, self);
    return path;
}
