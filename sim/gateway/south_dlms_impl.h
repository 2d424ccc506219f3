/* Private to the files of south_dlms: what they do for each other. */
#ifndef WP_SOUTH_DLMS_IMPL_H
#define WP_SOUTH_DLMS_IMPL_H

#include "sim/gateway/south_dlms_state.h"

/* ---- south_dlms_setup.c ---------------------------------------------------------------------------- */

bool south_dlms_check(const struct wp_setup *setup, struct wp_writer *why);
void south_dlms_tell_keys(const struct wp_setup *setup, wp_take_key *take, void *ctx);
size_t south_dlms_size(const struct wp_setup *setup);
void south_dlms_init(const struct wp_setup *setup, void *memory);

/* ---- south_dlms_lists.c: options that are lists ----------------------------------------------------- */

/* "WHO=WHAT, ..": its parts, borrowed. */
struct dlms_pair {
    struct wp_slice who, what;
};

/* Cuts the first WHO=WHAT off a list, without the blanks around both. false: nothing is left, or it is no pair. */
bool south_dlms_next_pair(struct wp_slice *list, struct dlms_pair *out);
bool south_dlms_is_name(struct wp_slice text);
/* A system title: 16 hex digits. */
bool south_dlms_read_title(struct wp_slice text, uint8_t out[COSEM_TITLE]);
/* WHO's key; who has no title is `any`, or a meter. false: none of these, or digits that make no key. */
bool south_dlms_read_key(const struct dlms_pair *pair, struct wp_key *out);
/* The meter that the identities have for this title (NULL: none is known) or address. */
bool south_dlms_find_identity(struct wp_slice identities, const uint8_t *title, uint32_t ip,
                              struct wp_slice *ret_name);
struct wp_slice south_dlms_find_profile(struct wp_slice profiles, struct wp_slice name);

/* ---- south_dlms.c: sessions as a whole -------------------------------------------------------------- */

/* Counts it n times and notes it, with the meter or its address: each kind once a minute and session. */
void south_dlms_count(struct dlms_south *so, enum dlms_count what, struct dlms_session *s, uint64_t n);
void south_dlms_count_fault(struct dlms_south *so, enum wp_fault fault, struct dlms_session *s);
/* The connection is to end: closes it, tells that its meters have gone, gives everything back. Afterwards s->port is 0;
 * the cell is lent again by a later step at the earliest. */
void south_dlms_end(struct dlms_south *so, struct dlms_session *s);
/* Forgets it without a word to the norths; it has no meters any more. */
void south_dlms_release(struct dlms_south *so, struct dlms_session *s);

/* Sets the session's timer not later than the earliest of its deadlines. */
void south_dlms_arm(struct dlms_south *so, struct dlms_session *s);

/* ---- south_dlms_stream.c: bytes to payloads --------------------------------------------------------- */

void south_dlms_take_bytes(struct dlms_south *so, struct dlms_session *s, struct wp_slice in);
void south_dlms_take_datagram(struct dlms_south *so, struct dlms_session *s, struct wp_slice in);
/* What has waited for its rest for too long is dropped, what stands behind it is looked at again. */
void south_dlms_give_up_frame(struct dlms_south *so, struct dlms_session *s);

/* ---- south_dlms_frame.c: one frame of each transport ------------------------------------------------ */

/* Decodes what stands in front and acts on it; afterwards the session may be gone.
 * is_front  no frame is under way: it may also be an APDU by itself */
struct wp_decode south_dlms_take_frame(struct dlms_south *so, struct dlms_session *s, struct wp_slice in,
                                       bool is_front);
/* Could a frame of this session begin so? */
bool south_dlms_could_start(const struct dlms_session *s, uint8_t b, bool is_front);
/* Is it the head of a wrapper, beyond doubt? */
bool south_dlms_is_wrapper(struct wp_slice in);

/* ---- south_dlms_link.c: segments of HDLC and M-Bus -------------------------------------------------- */

struct wp_decode south_dlms_take_hdlc(struct dlms_south *so, struct dlms_session *s, struct wp_slice in);
struct wp_decode south_dlms_take_mbus(struct dlms_south *so, struct dlms_session *s, struct wp_slice in);
bool south_dlms_link_is_open(const struct dlms_session *s);
/* Drops unfinished segments. */
void south_dlms_link_drop(struct dlms_south *so, struct dlms_session *s);
void south_dlms_link_return(struct dlms_south *so, struct dlms_session *s);

/* ---- south_dlms_unit.c: payloads to plain APDUs ----------------------------------------------------- */

void south_dlms_take_payload(struct dlms_south *so, struct dlms_session *s, struct wp_slice payload);
/* Something is to be remembered from now on. false: there is no cell for it. */
bool south_dlms_keep_unit(struct dlms_south *so, struct dlms_session *s);
const struct wp_keys *south_dlms_keys(const struct dlms_south *so, const struct dlms_session *s);
void south_dlms_give_up_blocks(struct dlms_south *so, struct dlms_session *s);
void south_dlms_unit_return(struct dlms_south *so, struct dlms_session *s);

/* ---- south_dlms_counters.c: what was seen of whom --------------------------------------------------- */

void south_dlms_recall(const struct dlms_south *so, struct cosem_unit *unit, struct wp_slice payload);
void south_dlms_remember(struct dlms_south *so, const struct cosem_plain *plain);

/* ---- south_dlms_identity.c: whose is it? ------------------------------------------------------------ */

/* A login, heartbeat or last gasp has come, or something else in a wrapper that is no APDU. */
void south_dlms_take_sign_on(struct dlms_south *so, struct dlms_session *s, const struct ivy_frame *f);
/* The best of what a push says of its sender. title NULL: not known; push NULL: nothing. */
struct dlms_claim south_dlms_claim(const struct dlms_south *so, const struct dlms_session *s,
                                   const uint8_t *title, const struct cosem_push *push);
/* The meter that the claim means, online from now on. NULL: nobody can be meant, with a note. */
struct dlms_meter *south_dlms_meter(struct dlms_south *so, struct dlms_session *s,
                                    const struct dlms_claim *claim);
/* It signed on at another south, which hands it on. */
void south_dlms_adopt(struct dlms_south *so, struct dlms_session *s, struct wp_slice name);
void south_dlms_tell_presence(struct dlms_south *so, const struct dlms_meter *m, bool online);
/* The meter leaves its session; the cell is given back. */
void south_dlms_forget_meter(struct dlms_south *so, struct dlms_meter *m);
/* Another south has the device now. */
void south_dlms_take_presence(struct dlms_south *so, const struct wp_presence *presence);

static inline struct wp_slice dlms_name(const struct dlms_meter *m)
{
    return wp_slice(m->name, DLMS_NAME);
}

/* ---- south_dlms_push.c: what meters say of their own accord ------------------------------------------ */

void south_dlms_take_notification(struct dlms_south *so, struct dlms_session *s,
                                  const struct cosem_plain *plain);
void south_dlms_take_event(struct dlms_south *so, struct dlms_session *s, const struct cosem_plain *plain);

/* ---- south_dlms_reading.c: points of a reading ------------------------------------------------------- */

struct dlms_points {
    struct wp_point *at;
    size_t n;
    struct wp_writer text; /* what ids and values borrow from */
};

/* Empty, in the south's own memory. */
struct dlms_points south_dlms_points(struct dlms_south *so);
/* false: no value that could be told, or no room. */
bool south_dlms_add_point(struct dlms_points *points, const struct cosem_point *point);
void south_dlms_tell(struct dlms_south *so, const struct wp_reading *reading);

/* ---- south_dlms_time.c: when was it? ------------------------------------------------------------------ */

/* The moment of a message: its own time, else its clock, else now. Empty ones are passed over. */
wp_us south_dlms_moment(struct dlms_south *so, const struct dlms_meter *m, struct wp_slice time,
                        struct wp_slice clock);

/* ---- south_dlms_queue.c, south_dlms_association.c: asking meters, see south_dlms_talk.h ------------- */

struct dlms_talk;
struct dlms_request;

void south_dlms_take_command(struct dlms_south *so, const struct wp_command *command);
/* An APDU that answers something. */
void south_dlms_take_reply(struct dlms_south *so, struct dlms_session *s, const struct cosem_plain *plain);
/* A frame of HDLC, before the payload that it carries. */
void south_dlms_take_link_frame(struct dlms_south *so, struct dlms_session *s, const struct hdlc_frame *f);
wp_us south_dlms_talk_deadline(const struct dlms_session *s);
void south_dlms_talk_timer(struct dlms_south *so, struct dlms_session *s);
/* Forgets what is under way. */
void south_dlms_talk_drop(struct dlms_south *so, struct dlms_session *s);
/* Answers everything that waits or runs: the meter is not connected. */
void south_dlms_fail_all(struct dlms_south *so, struct dlms_session *s);
/* Hands the requests over to a newer connection of the same meter. */
void south_dlms_move_requests(struct dlms_south *so, struct dlms_session *from, struct dlms_session *to);
/* Memory of one request, of one talk. */
size_t south_dlms_request_size(bool poll);
size_t south_dlms_talk_size(void);

#endif
