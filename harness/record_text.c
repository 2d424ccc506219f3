/* One line about a record for people, in failures and listings. */
#include "harness/fields.h"
#include "harness/pattern.h"

enum { SHOWN_MAX = 160 }; /* of a payload */

static void put_short(struct wp_writer *w, struct wp_slice text)
{
    if (!wp_slice_is_utf8(text)) {
        wp_put_hex(w, wp_slice(text.p, text.n > SHOWN_MAX / 2 ? SHOWN_MAX / 2 : text.n));
        return;
    }
    wp_put_slice(w, wp_slice(text.p, text.n > SHOWN_MAX ? SHOWN_MAX : text.n));
    wp_put_text(w, text.n > SHOWN_MAX ? "..." : "");
}

void pattern_put_record(struct wp_writer *w, const struct wp_record *r)
{
    char line[600];
    struct wp_writer l = wp_writer(line, sizeof line);

    wp_put_text(w, wp_record_text(r->kind));
    wp_put_char(w, ' ');
    switch (r->kind) {
    case WP_REC_PUBLISH:
    case WP_REC_DELIVER:
        wp_put_slice(w, r->message.topic);
        wp_put_char(w, ' ');
        put_short(w, r->message.payload);
        break;
    case WP_REC_FRAME:
        if (r->frame.frame)
            fields_put_line(&l, r->frame.codec, r->frame.frame);
        else
            wp_put_text(&l, wp_fault_text(r->frame.bad.fault));
        put_short(w, wp_written(&l));
        break;
    case WP_REC_NOTE:
        wp_put_text(w, r->machine);
        wp_put_char(w, ' ');
        wp_put_text(w, r->note.what);
        wp_put_char(w, ' ');
        put_short(w, r->note.text);
        break;
    case WP_REC_CONNACK:
        wp_put_text(w, r->machine);
        wp_put_text(w, " code ");
        wp_put_uint(w, r->connack.code);
        break;
    case WP_REC_SUBACK:
        wp_put_text(w, r->machine);
        wp_put_char(w, ' ');
        wp_put_slice(w, r->subscribe.filter);
        wp_put_text(w, " code ");
        wp_put_uint(w, r->subscribe.qos);
        break;
    case WP_REC_CLOSE:
        wp_put_text(w, r->machine);
        if (r->close.peer.port != 0) {
            wp_put_text(w, " dial to ");
            wp_put_addr(w, r->close.peer);
        }
        break;
    default: wp_put_text(w, r->machine); break;
    }
}
