/* Where ids stand in one frame, by what its codec says of its fields. */
#ifndef WP_ANONYMISE_FRAME_H
#define WP_ANONYMISE_FRAME_H

#include "harness/anonymise_find.h"
#include "harness/anonymise_ids.h"

/* Bytes first to first + n of the frame.
 * text   the id that they say; nothing: nobody can say what these bytes are, they are to be blanked
 * forms  bits of anonymise_form.h in which the bytes may say it; more than one for a palindrome */
struct anon_place {
    size_t first, n;
    struct wp_slice text;
    unsigned forms;
    size_t kind; /* of the ids */
};

typedef void anon_place_visit(void *ctx, const struct anon_place *place);

/* A field whose octets stand behind a tag and a length, as if it were they alone. */
struct wp_field anon_narrow(const struct wp_field *field, struct wp_slice wire);

/* `ids` gets the kinds. `wire` are the frame's bytes, perhaps the first ones only. */
void anon_frame_places(const struct anon_finder *finder, struct anon_ids *ids, const struct wp_codec *codec,
                       const void *frame, struct wp_slice wire, anon_place_visit *visit, void *ctx);

#endif
