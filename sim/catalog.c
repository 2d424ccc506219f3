#include "sim/catalog.h"

#include "sim/codec/dlt645.h"
#include "sim/codec/ivy.h"

const struct wp_codec *const wp_codecs[] = {
    &dlt645_codec,
    &ivy_codec,
};

const size_t wp_n_codecs = sizeof wp_codecs / sizeof wp_codecs[0];

const struct wp_codec *wp_codec_find(const char *name)
{
    for (size_t i = 0; i < wp_n_codecs; i++)
        if (strcmp(wp_codecs[i]->name, name) == 0)
            return wp_codecs[i];
    return NULL;
}
