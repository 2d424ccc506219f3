/* Any capture made fit to be shared. An odd first byte says that the rest is a file as it is, an even one that it is a
 * recipe. Whatever the result, it is proven or not given out; what is given out has as many packets as were not left out,
 * each as long as it was. */
#include "harness/anonymise.h"
#include "harness/home.h"
#include "tests/fuzz/pcap_recipe.h"

#include <assert.h>
#include <stdlib.h>

static const struct contract_set *contracts(void)
{
    static const struct contract_set *set;
    char why_text[512];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);

    if (!set)
        set = contracts_load(home_dir(), &why);
    return set;
}

static bool read_image(struct wp_slice in, struct capture_image *out)
{
    char why_text[1024];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    struct capture *capture = capture_open_file(fmemopen((void *)(uintptr_t)in.p, in.n, "rb"), "input", &why);

    *out = (struct capture_image){0};
    return capture && capture_image_read(out, capture, &why);
}

static void check(const struct capture_image *in, const struct capture_image *out)
{
    size_t i = 0;

    for (size_t k = 0; k < out->n; k++) {
        while (i < in->n &&
               (in->packet[i].time_ns != out->packet[k].time_ns || in->packet[i].n != out->packet[k].n ||
                in->packet[i].n_wire != out->packet[k].n_wire))
            i++;
        assert(i < in->n);
        i++;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why_text[1024];
    struct wp_writer why = wp_writer(why_text, sizeof why_text);
    struct wp_slice in = wp_slice(data + 1, size ? size - 1 : 0);
    struct anonymise_setup setup = {.key = wp_text("key"), .contracts = contracts()};
    struct capture_image was, becomes;

    if (size < 2)
        return 0;
    setup.keeps_foreign = data[0] & 2;
    if (read_image(data[0] % 2 ? in : cook(in), &was) &&
        anonymise_image(&setup, &was, &becomes, &why) == ANONYMISE_DONE) {
        check(&was, &becomes);
        capture_image_free(&becomes);
    }
    capture_image_free(&was);
    return 0;
}
