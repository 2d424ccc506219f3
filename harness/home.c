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

const char *home_relative(const char *path)
{
    size_t n = strlen(home_dir());

    return strncmp(path, home_dir(), n) == 0 && path[n] == '/' ? path + n + 1 : path;
}

const char *home_program(void)
{
    static char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    self[n > 0 ? n : 0] = 0;
    return self;
}

const char *home_plugin(void)
{
    static char path[4200];
    const char *plugin = getenv("WATTPROOF_PLUGIN"), *slash = strrchr(home_program(), '/');

    if (plugin && *plugin)
        return plugin;
    if (!slash)
        return NULL;
    snprintf(path, sizeof path, "%.*s/wattproof_access.so", (int)(slash - home_program()), home_program());
    return path;
}
