/* Any bytes as the configuration of the service: refused with sentences or taken, never a crash. */
#include "harness/service_config.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[65536], shown[1024];
    struct wp_writer why = wp_writer(text, sizeof text), w = wp_writer(shown, sizeof shown);
    struct service_config c;

    if (service_config_read_text(&c, "fuzz.yaml", wp_slice(data, size), &why))
        service_config_put(&c, &w);
    else
        assert(why.n > 0);
    service_config_free(&c);
    return 0;
}
