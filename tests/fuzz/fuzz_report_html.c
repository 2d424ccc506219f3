/* Any line of a transcript: what the page gets is JSON, whatever the line says and however little of it is shown. */
#include "harness/report_html_impl.h"
#include "sim/core/json_in.h"

#include <assert.h>

enum { OUT = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct record_printer *printer;
    static uint8_t out[OUT];
    static struct json_token tokens[OUT / 2 + 1];
    struct json_tape tape = {.at = tokens, .cap = OUT / 2 + 1};

    if (!printer)
        printer = record_printer_new();
    for (size_t limit = 1; limit <= 4096; limit *= 64) {
        struct wp_writer w = wp_writer(out, sizeof out);

        if (record_print(printer, wp_slice(data, size), limit, &w))
            assert(json_read(&tape, wp_written(&w), JSON_DEPTH, NULL) == JSON_FAULT_NONE);
    }
    record_printer_forget(printer);
    return 0;
}
