#include "harness/version.h"
#include "harness/replay.h"
#include "harness/run_file.h"
#include "sim/catalog.h"
#include "sim/world/libraries.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <cjson/cJSON.h>
#include <pcre2.h>
#include <yaml.h>
#include <zlib.h>

static void put(void *out, const char *name, const char *version)
{
    fprintf(out, "  %-13s %s\n", name, version);
}

void version_put(FILE *out)
{
    char pcre2[80] = "?";

    fprintf(out, "wattproof %s\nlibraries:\n", WATTPROOF_VERSION);
    wp_world_libraries(put, out);
    pcre2_config(PCRE2_CONFIG_VERSION, pcre2);
    put(out, "PCRE2", pcre2);
    put(out, "libyaml", yaml_get_version_string());
    put(out, "cJSON", cJSON_Version());
    put(out, "zlib", zlibVersion());
    fputs("printed forms:", out);
    for (size_t i = 0; i < wp_n_codecs; i++)
        fprintf(out, " %s %d", wp_codecs[i]->name, wp_codecs[i]->print_version);
    fprintf(out, ", replay %d, run.json %d\n", REPLAY_PRINT_VERSION, RUN_JSON_VERSION);
}
