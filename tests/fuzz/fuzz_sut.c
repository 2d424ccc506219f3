/* Any bytes as the descriptor of a system under test, as a file of devices and as a claim: refused with a sentence or
 * loaded, never a crash. */
#include "harness/sut_fit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_claim(const struct sut *sut, struct arena *a, const uint8_t *data, size_t size)
{
    const struct node requires = {.kind = NODE_SCALAR, .text = wp_text(arena_text(a, wp_slice(data, size)))};
    const char *lack;

    pics_hold(sut, &requires, a, &lack);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[65536];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct scenario_list list = {0};
    struct wp_addr gateway;
    struct arena a = {0};
    struct sut sut;

    sut_load_text(&sut, "fuzz.yaml", wp_slice(data, size), &why);
    read_claim(&sut, &a, data, size);
    sut_free(&sut);
    scenario_load_devices_text("fuzz.yaml", wp_slice(data, size), &list, &gateway, &why);
    scenario_list_free(&list);
    arena_free(&a);
    return 0;
}
