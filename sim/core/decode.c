#include "sim/core/decode.h"

const char *wp_fault_text(enum wp_fault fault)
{
    static const char *const text[] = {
#define X(name, text) text,
        WP_FAULTS(X)
#undef X
    };

    return fault < sizeof text / sizeof text[0] ? text[fault] : "unknown";
}
