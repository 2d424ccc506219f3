/* Any bytes as a scenario file: refused with a sentence or loaded, never a crash. */
#include "harness/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[65536];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct scenario_list list = {0};

    scenario_load_text("fuzz.yaml", wp_slice(data, size), &list, &why);
    scenario_list_free(&list);
    return 0;
}
