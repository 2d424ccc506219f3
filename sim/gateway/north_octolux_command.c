/* Topics and payloads to commands.
 *
 *     PREFIX/cmd/discharge_pct   50     ->   write "hold 65" 50
 *     PREFIX/cmd/ac_charge       on     ->   write "hold 21.7" true
 *     PREFIX/cmd/read_input      2      ->   read "input 40/40"
 *     PREFIX/cmd/read_hold       65     ->   read "hold 65"
 *
 * A payload that is none fails at once and nothing goes to the south. Other topics are ignored, and so is what the
 * broker has retained; both are counted. */
#include "sim/gateway/north_octolux_impl.h"

const char *const octolux_command_names[OCTOLUX_N_COMMANDS] = {
#define X(id, name) [OCTOLUX_##id] = name,
    OCTOLUX_COMMANDS(X)
#undef X
};

enum payload_form { BOOLEAN, INTEGER };

/* What each takes, and what it becomes. */
static const struct {
    enum payload_form form;
    uint16_t min, max;
    enum wp_operation operation;
    const char *id; /* NULL: it follows from the payload */
} commands[OCTOLUX_N_COMMANDS] = {
    [OCTOLUX_READ_INPUT] = {INTEGER, 1, 3, WP_READ, NULL},
    [OCTOLUX_AC_CHARGE] = {BOOLEAN, 0, 1, WP_WRITE, "hold 21.7"},
    [OCTOLUX_FORCED_DISCHARGE] = {BOOLEAN, 0, 1, WP_WRITE, "hold 21.10"},
    [OCTOLUX_DISCHARGE_PCT] = {INTEGER, 0, 100, WP_WRITE, "hold 65"},
    [OCTOLUX_CHARGE_PCT] = {INTEGER, 0, 100, WP_WRITE, "hold 64"},
    [OCTOLUX_CHARGE_AMOUNT_PCT] = {INTEGER, 0, 100, WP_WRITE, "hold 67"},
    [OCTOLUX_READ_HOLD] = {INTEGER, 0, UINT16_MAX, WP_READ, NULL},
    [OCTOLUX_CHARGE_PRIORITY] = {BOOLEAN, 0, 1, WP_WRITE, "hold 21.11"},
};

static const char *const input_sets[] = {"input 0/40", "input 40/40", "input 80/40"};

/* ---- payloads ------------------------------------------------------------------------------------- */

static bool is_word(struct wp_slice text, const char *word)
{
    size_t n = strlen(word);

    if (text.n != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = text.p[i];

        if ((c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) != word[i])
            return false;
    }
    return true;
}

enum { WORDS = 6 };

static bool is_one_of(struct wp_slice text, const char *const words[WORDS])
{
    for (size_t i = 0; i < WORDS; i++)
        if (is_word(text, words[i]))
            return true;
    return false;
}

/* The whole payload is one of the words; anything else is false, be it meant so or not. */
static bool read_boolean(struct octolux *no, struct wp_slice text)
{
    static const char *const yes[WORDS] = {"1", "t", "true", "y", "yes", "on"}, *const off[WORDS] = {
                                                                                    "0", "f",  "false",
                                                                                    "n", "no", "off"};

    if (is_one_of(text, yes))
        return true;
    if (!is_one_of(text, off))
        wp_note(no->out, "command-doubtful", wp_text("neither on nor off, so it is off"),
                (int64_t)++no->n_doubtful);
    return false;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct wp_slice without_blanks(struct wp_slice text)
{
    while (text.n > 0 && is_blank(text.p[0]))
        text = wp_slice_from(text, 1);
    while (text.n > 0 && is_blank(text.p[text.n - 1]))
        text.n--;
    return text;
}

enum { TOO_LARGE = 100000 }; /* beyond every range */

static uint32_t append_digit(uint32_t n, uint8_t c)
{
    n = n * 10 + (uint32_t)(c - '0');
    return n < TOO_LARGE ? n : TOO_LARGE;
}

/* Digits with blanks around. */
static bool read_strict(struct wp_slice text, uint32_t *out)
{
    uint32_t n = 0;

    text = without_blanks(text);
    if (text.n == 0)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (!is_digit(text.p[i]))
            return false;
        n = append_digit(n, text.p[i]);
    }
    *out = n;
    return true;
}

/* As Ruby's to_i: blanks, a sign, digits that may have single underscores between them; what stands behind does not
 * count, and no digits at all are 0. A number below 0 is in no range. */
static bool read_lenient(struct wp_slice text, uint32_t *out)
{
    uint32_t n = 0;
    bool negative = false;

    text = without_blanks(text);
    if (text.n > 0 && (text.p[0] == '-' || text.p[0] == '+')) {
        negative = text.p[0] == '-';
        text = wp_slice_from(text, 1);
    }
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '_' && i > 0 && is_digit(text.p[i - 1]) && i + 1 < text.n && is_digit(text.p[i + 1]))
            continue;
        if (!is_digit(text.p[i]))
            break;
        n = append_digit(n, text.p[i]);
    }
    *out = n;
    return n == 0 || !negative;
}

static bool read_integer(const struct octolux *no, enum octolux_command command, struct wp_slice text,
                         uint32_t *out)
{
    bool good = no->lenient ? read_lenient(text, out) : read_strict(text, out);

    return good && *out >= commands[command].min && *out <= commands[command].max;
}

/* ---- to the south --------------------------------------------------------------------------------- */

static struct wp_slice id_of(enum octolux_command command, uint32_t number, char *text, size_t cap)
{
    struct wp_writer w = wp_writer(text, cap);

    if (commands[command].id)
        return wp_text(commands[command].id);
    if (command == OCTOLUX_READ_INPUT)
        return wp_text(input_sets[number - 1]);
    wp_put_text(&w, "hold ");
    wp_put_uint(&w, number);
    return wp_written(&w);
}

/* The last thing that a step does: the answer may come at once. */
static void give(struct octolux *no, uint32_t inverter, enum octolux_command command, struct wp_value value)
{
    char text[sizeof "hold 65535"];
    struct wp_slice id = id_of(command, (uint32_t)value.num, text, sizeof text);
    const struct wp_command c = {
        .tag = octolux_tag(inverter, command),
        .device = wp_slice(no->inverter[inverter].serial, LXP_INVERTER_CHARS),
        .operation = commands[command].operation,
        .ids = &id,
        .n_ids = 1,
        .value = commands[command].operation == WP_WRITE ? value : wp_null(),
    };
    const struct wp_effect e = {.kind = WP_COMMAND, .command = &c};

    no->out->emit(no->out, &e);
}

static void take_command(struct octolux *no, uint32_t inverter, enum octolux_command command,
                         struct wp_slice payload)
{
    uint32_t number;

    if (commands[command].form == BOOLEAN)
        give(no, inverter, command, wp_bool(read_boolean(no, payload)));
    else if (read_integer(no, command, payload, &number))
        give(no, inverter, command, wp_int(number));
    else
        octolux_tell_result(no, inverter, command, false);
}

/* ---- topics --------------------------------------------------------------------------------------- */

static bool find_command(const struct octolux *no, struct wp_slice name, enum octolux_command *out)
{
    for (unsigned i = 0; i < no->n_commands; i++)
        if (wp_slice_is(name, octolux_command_names[i])) {
            *out = (enum octolux_command)i;
            return true;
        }
    return false;
}

/* "octolux/cmd/ac_charge" to the inverter of octolux and the command. */
static bool split_topic(const struct octolux *no, struct wp_slice topic, uint32_t *ret_inverter,
                        enum octolux_command *ret_command)
{
    static const char middle[] = "/cmd/";
    const size_t n_middle = sizeof middle - 1;
    size_t at = topic.n; /* behind the last slash */
    const struct octolux_inverter *inverter;

    while (at > 0 && topic.p[at - 1] != '/')
        at--;
    if (at < n_middle || memcmp(topic.p + at - n_middle, middle, n_middle) != 0)
        return false;
    inverter = wp_map_find(&no->by_prefix, wp_slice(topic.p, at - n_middle));
    if (!inverter)
        return false;
    *ret_inverter = (uint32_t)(inverter - no->inverter);
    return find_command(no, wp_slice_from(topic, at), ret_command);
}

void octolux_take_message(struct octolux *no, struct wp_slice topic, struct wp_slice payload, bool retained)
{
    enum octolux_command command;
    uint32_t inverter;

    if (!split_topic(no, topic, &inverter, &command))
        wp_note(no->out, "command-ignored", wp_text("no command has this topic"), (int64_t)++no->n_ignored);
    else if (retained && !no->accepts_retained)
        wp_note(no->out, "command-ignored", wp_text("it is a retained one"), (int64_t)++no->n_ignored);
    else
        take_command(no, inverter, command, payload);
}
