/* wattproof decode: explain bytes, a line, a tree or an object for each frame. */
#include "harness/cmd.h"

#include "harness/fields.h"
#include "harness/frames.h"
#include "harness/keys.h"
#include "sim/catalog.h"

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

/* Text for the largest frame, with a path for each of its values, and for everything as `trailing`. */
enum { INPUT_MAX = 65536, HEX_MAX = 4 * INPUT_MAX, TEXT_MAX = 8 << 20, SHOWN_MAX = 64 };

/* ---- what the user gave ----------------------------------------------------------------------------- */

static int usage(FILE *out)
{
    fputs("wattproof decode [OPTIONS] HEX...\n"
          "wattproof decode [OPTIONS] -          (HEX from standard input)\n\n"
          "  HEX     bytes as hexadecimal digits; blanks, colons and dashes between bytes are skipped\n"
          "  --codec one of:",
          out);
    for (size_t i = 0; i < wp_n_codecs; i++)
        fprintf(out, " %s", wp_codecs[i]->name);
    fputs("; without it the bytes decide\n"
          "  --json  one object for each frame, a line each\n"
          "  --line  one line for each frame, also where values stand in values (hdlc, wrapper, ...), which "
          "is a\n"
          "          tree without it\n" KEYS_HELP "\n"
          "Exit: 0 good frames (garbage around them is shown), 1 a bad or unfinished one, or\n"
          "      an unfinished chain of them, or none, 2 usage\n",
          out);
    return out == stdout ? EXIT_AS_EXPECTED : EXIT_USAGE;
}

struct request {
    const struct wp_codec *codec; /* NULL: the bytes decide */
    bool json, line;
    uint8_t bytes[INPUT_MAX];
    size_t n;
};

/* The arguments one after the other, or standard input for "-". The number of characters, HEX_MAX: too many. */
static size_t gather(int argc, char **argv, char *hex)
{
    size_t n = 0;

    if (argc == 1 && strcmp(argv[0], "-") == 0)
        return fread(hex, 1, HEX_MAX, stdin);
    for (int i = 0; i < argc; i++) {
        size_t len = strlen(argv[i]);

        if (len >= HEX_MAX - n)
            return HEX_MAX;
        memcpy(hex + n, argv[i], len);
        n += len;
    }
    return n;
}

static bool read_hex(struct request *r, int argc, char **argv)
{
    char *hex = malloc(HEX_MAX);
    size_t n, at;
    bool ok;

    if (!hex) {
        fputs("decode: no memory\n", stderr);
        return false;
    }
    n = gather(argc, argv, hex);
    ok = n < HEX_MAX && wp_hex_read(wp_slice(hex, n), r->bytes, sizeof r->bytes, &at);
    if (ok)
        r->n = at;
    else if (n >= HEX_MAX ||
             (at + 1 < n && isxdigit((unsigned char)hex[at]) && isxdigit((unsigned char)hex[at + 1])))
        fprintf(stderr, "decode: more than %d bytes\n", INPUT_MAX);
    else
        fprintf(stderr, "decode: not a byte at character %zu: '%.*s'\n", at, (int)(n - at < 8 ? n - at : 8),
                hex + at);
    free(hex);
    return ok;
}

/* -1: go on; else the exit code. */
static int read_arguments(struct request *r, int argc, char **argv)
{
    static const struct option options[] = {
        {"codec", required_argument, NULL, 'c'}, {"json", no_argument, NULL, 'j'},
        {"line", no_argument, NULL, 'l'},        KEYS_OPTIONS,
        {"help", no_argument, NULL, 'h'},        {0},
    };
    int option;

    optind = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            r->codec = wp_codec_find(optarg);
            if (!r->codec) {
                fprintf(stderr, "decode: there is no codec '%s'\n", optarg);
                return usage(stderr);
            }
            break;
        case 'j': r->json = true; break;
        case 'l': r->line = true; break;
        case 'h': return usage(stdout);
        default:
            if (!keys_is_option(option))
                return usage(stderr);
            if (!keys_take((enum keys_option)option, optarg))
                return EXIT_USAGE;
        }
    }
    if (optind == argc)
        return usage(stderr);
    if (!keys_take_environment())
        return EXIT_USAGE;
    return read_hex(r, argc - optind, argv + optind) ? -1 : EXIT_USAGE;
}

/* ---- whose bytes are these? ------------------------------------------------------------------------- */

struct fit {
    const struct wp_codec *codec;
    struct wp_slice in;
    size_t in_frames, in_sure; /* bytes; of them those of frames that the codec is sure of */
    bool begins;               /* with a whole frame */
    enum wp_probe claim;       /* without: that it begins one all the same; WP_PROBE_NO: it does not */
    size_t missing;            /* with a claim: bytes, at least */
    enum frames_likeness likeness;
};

/* The input ends in what may begin a frame, as almost any bytes may: less is there than is missing. */
static bool is_faint(const struct frames_part *gap)
{
    return gap->why.status == WP_MORE && gap->why.at > 0 && gap->at + gap->n - gap->why.at < gap->why.need;
}

static void measure(void *ctx, const struct frames_part *part)
{
    struct fit *fit = ctx;

    if (part->at == 0 && part->kind == FRAMES_GAP && part->why.status == WP_MORE && part->why.at == 0) {
        fit->claim = fit->codec->probe(fit->in);
        fit->missing = part->why.need;
    } else if (part->at == 0 && part->kind == FRAMES_GAP && fit->codec->probe(fit->in) == WP_PROBE_YES) {
        fit->claim = WP_PROBE_YES; /* one with a fault */
    }
    if (part->kind == FRAMES_FRAME) {
        enum wp_probe probe = fit->codec->probe(wp_slice_from(fit->in, part->at));

        fit->begins |= part->at == 0 && probe != WP_PROBE_NO;
        fit->in_frames += probe != WP_PROBE_NO ? part->n : 0;
        fit->in_sure += probe == WP_PROBE_YES ? part->n : 0;
    } else if (!fit->codec->is_bare && part->likeness > fit->likeness && !is_faint(part)) {
        fit->likeness = part->likeness;
    }
}

/* What `other` found stands inside what `fit` begins with: a bare frame, which begins where the input does or not at
 * all, or a few octets, which may be anything. */
static bool surrounds(const struct fit *fit, const struct fit *other)
{
    bool is_little = other->in_sure == 0 && other->in_frames < other->in.n / 2;

    if (other->in_frames == 0 || other->begins || other->claim > fit->claim)
        return false;
    if (other->codec->is_bare)
        return fit->begins || fit->claim != WP_PROBE_NO;
    return is_little && fit->in_frames == 0 && fit->claim != WP_PROBE_NO;
}

static bool fits_better(const struct fit *a, const struct fit *b)
{
    if (surrounds(a, b) || surrounds(b, a))
        return surrounds(a, b);
    if (a->in_frames != b->in_frames)
        return a->in_frames > b->in_frames;
    if (a->in_sure != b->in_sure)
        return a->in_sure > b->in_sure;
    if (a->in_frames == 0 && a->claim != b->claim)
        return a->claim > b->claim;
    if (a->in_frames == 0 && a->claim != WP_PROBE_NO && a->missing != b->missing)
        return a->missing < b->missing;
    return a->in_frames == 0 && a->likeness > b->likeness;
}

/* The codec that finds most of its frames in the input; without any, the one whose frame it begins; else the one that
 * comes nearest. */
static const struct wp_codec *find_codec(struct wp_slice in)
{
    const struct wp_codec *best = NULL;
    struct fit best_fit = {0};

    for (size_t i = 0; i < wp_n_codecs; i++) {
        struct fit fit = {.codec = wp_codecs[i], .in = in};

        if (!wp_codec_is_found(wp_codecs[i]))
            continue;
        frames_walk(wp_codecs[i], WP_SIDE_UNKNOWN, in, measure, &fit);
        if (!best || fits_better(&fit, &best_fit)) {
            best = wp_codecs[i];
            best_fit = fit;
        }
    }
    return best;
}

/* ---- what is printed -------------------------------------------------------------------------------- */

struct printer {
    const struct wp_codec *codec;
    struct wp_slice in;
    bool json, tree;
    size_t n_frames, n_bad;
    struct frames_part gap; /* before the next frame; n is 0 when there is none */
    bool is_open;           /* JSON: the last frame's object waits for what follows the frame */
    struct fields_json object;
    struct wp_writer w;
    char text[TEXT_MAX];
};

static void print_written(struct printer *p)
{
    fwrite(p->w.p, 1, p->w.n, stdout);
    putchar('\n');
    p->w = wp_writer(p->text, sizeof p->text);
}

static struct wp_slice gap_bytes(const struct printer *p)
{
    return wp_slice(p->in.p + p->gap.at, p->gap.n);
}

static void print_gap_line(struct printer *p)
{
    struct wp_slice bytes = gap_bytes(p);

    wp_put_text(&p->w, "skipped at=");
    wp_put_uint(&p->w, p->gap.at);
    wp_put_text(&p->w, " bytes=");
    wp_put_uint(&p->w, bytes.n);
    wp_put_text(&p->w, " reason=");
    wp_put_text(&p->w, frames_gap_text(&p->gap));
    wp_put_text(&p->w, " hex=");
    wp_put_hex(&p->w, wp_slice(bytes.p, bytes.n < SHOWN_MAX ? bytes.n : SHOWN_MAX));
    if (bytes.n > SHOWN_MAX)
        wp_put_text(&p->w, "...");
    print_written(p);
}

static void put_own_member(struct printer *p, const char *name, struct wp_value value)
{
    struct wp_field field = {.path = name, .value = value, .unit = ""};

    fields_json_visit(&p->object, &field);
}

static void close_object(struct printer *p)
{
    if (!p->is_open)
        return;
    fields_json_end(&p->object);
    print_written(p);
    p->is_open = false;
}

static void print_error_object(struct printer *p)
{
    fields_json_begin(&p->object, &p->w);
    put_own_member(p, "error", wp_text_value(wp_text(frames_gap_text(&p->gap))));
    p->is_open = true;
    close_object(p);
}

/* The sentence for people; the line and the object are for programs. */
static void complain(const struct printer *p)
{
    const struct frames_part *gap = &p->gap;

    if (gap->why.status == WP_MORE)
        fprintf(stderr, "decode: %s frame at offset %zu is unfinished: at least %zu more byte%s\n",
                p->codec->name, gap->why.at, gap->why.need, gap->why.need == 1 ? "" : "s");
    else
        fprintf(stderr, "decode: no %s frame in %zu byte%s at offset %zu: %s at offset %zu\n", p->codec->name,
                gap->n, gap->n == 1 ? "" : "s", gap->at, frames_gap_text(gap), gap->why.at);
}

/* What lay between two frames, or behind the last one. */
static void finish_gap(struct printer *p, bool is_last)
{
    bool is_bad = p->gap.n && (p->gap.likeness > FRAMES_GARBAGE || (is_last && p->n_frames == 0));

    if (p->json && p->is_open && p->gap.n && is_last && !is_bad)
        put_own_member(p, "trailing", wp_bytes_value(gap_bytes(p)));
    close_object(p);
    if (p->gap.n && !p->json)
        print_gap_line(p);
    if (is_bad && p->json)
        print_error_object(p);
    if (is_bad)
        complain(p);
    p->n_bad += is_bad;
}

/* A good frame whose content is not. */
static void complain_content(struct printer *p, const struct frames_part *part)
{
    struct wp_content content = {0};

    if (p->codec->content)
        p->codec->content(part->frame, &content);
    if (content.fault == WP_FAULT_NONE)
        return;
    fprintf(stderr, "decode: %s frame at offset %zu: %s", p->codec->name, part->at,
            wp_fault_text(content.fault));
    if (content.at > 0)
        fprintf(stderr, " at offset %zu", part->at + content.at);
    switch (content.fault) {
    case WP_FAULT_NO_KEY: fputs(": --key gives one\n", stderr); break;
    case WP_FAULT_SYSTEM_TITLE: fputs(": --system-title tells whose it is\n", stderr); break;
    case WP_FAULT_AUTH_TAG: fputs(": a wrong key, or changed octets\n", stderr); break;
    case WP_FAULT_DECIPHER: fputs(": a wrong key?\n", stderr); break;
    default: fputc('\n', stderr);
    }
    p->n_bad += frames_is_wrong(content.fault);
}

/* All frames are good, but what they carry together is not whole. */
static void complain_chain(struct printer *p)
{
    fprintf(stderr,
            "decode: %s: the input ends inside a chain of segments or blocks: at least 1 more is awaited\n",
            p->codec->name);
    p->n_bad++;
}

static void print_part(void *ctx, const struct frames_part *part)
{
    struct printer *p = ctx;

    if (part->kind == FRAMES_GAP) {
        p->gap = *part;
        return;
    }
    finish_gap(p, false);
    p->n_frames++;
    if (p->json) {
        fields_json_begin(&p->object, &p->w);
        if (p->gap.n)
            put_own_member(p, "skipped", wp_int((int64_t)p->gap.n));
        p->codec->fields(part->frame, fields_json_visit, &p->object);
        p->is_open = true;
    } else {
        (p->tree ? fields_put_tree : fields_put_line)(&p->w, p->codec, part->frame);
        print_written(p);
    }
    complain_content(p, part);
    p->gap.n = 0;
}

int cmd_decode(int argc, char **argv)
{
    static struct request r; /* too large for a stack, and a command runs once */
    static struct printer p;
    bool is_finished;
    int code;

    r = (struct request){0};
    code = read_arguments(&r, argc, argv);
    if (code >= 0)
        return code;
    p.json = r.json;
    p.in = wp_slice(r.bytes, r.n);
    p.codec = r.codec ? r.codec : find_codec(p.in);
    p.tree = p.codec->is_deep && !r.line;
    p.n_frames = p.n_bad = 0;
    p.gap.n = 0;
    p.w = wp_writer(p.text, sizeof p.text);
    is_finished = frames_walk(p.codec, WP_SIDE_UNKNOWN, p.in, print_part, &p);
    finish_gap(&p, true);
    if (!is_finished)
        complain_chain(&p);
    if (r.n == 0)
        fputs("decode: no bytes\n", stderr);
    return p.n_frames > 0 && p.n_bad == 0 ? EXIT_AS_EXPECTED : EXIT_FAILED;
}
