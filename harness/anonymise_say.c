/* What was done, in counts; and the owner's list of what became what. */
#include "harness/anonymise_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

static const char *const family_text[ANON_FAMILIES] = {"MAC addresses", "IPv4 addresses", "IPv6 addresses"};

static void say_kinds(const struct anon *a, FILE *out)
{
    for (size_t i = 0; i < a->ids.n_kinds; i++) {
        const struct anon_kind *kind = &a->ids.kind[i];

        if (kind->places)
            fprintf(out, "%-40s %6" PRIu64 " in %" PRIu64 " places\n", kind->name, kind->n_ids, kind->places);
    }
    for (size_t i = 0; i < ANON_FAMILIES; i++)
        if (a->counts.addresses[i])
            fprintf(out, "%-40s %6zu in %" PRIu64 " places\n", family_text[i], a->addresses.found[i].n,
                    a->counts.addresses[i]);
}

static size_t count_weak(const struct anon *a)
{
    size_t n = 0;

    for (size_t i = 0; i < a->ids.texts.n; i++)
        n += !a->ids.id[i].is_strong;
    return n;
}

/* What nobody can read, and so nobody can prove. */
static void say_rest(const struct anon *a, FILE *out)
{
    const struct anon_counts *c = &a->counts;
    bool keeps = a->setup->keeps_foreign;
    size_t weak = count_weak(a);

    if (c->foreign_bytes)
        fprintf(out, "%" PRIu64 " bytes of streams that nobody decodes %s\n", c->foreign_bytes,
                keeps ? "kept as they were: look at them yourself" : "became 0");
    if (c->bad_bytes)
        fprintf(out, "%" PRIu64 " bytes of broken frames %s\n", c->bad_bytes,
                keeps ? "kept but for known ids: look at them yourself" : "became blank");
    if (c->salvaged)
        fprintf(out,
                "%" PRIu64 " broken frames could be read all the same; what was wrong with them still is\n",
                c->salvaged);
    if (c->blanked)
        fprintf(out, "%" PRIu64 " payloads that nobody can read, or that are ciphered, became blank\n",
                c->blanked);
    if (c->kept)
        fprintf(out,
                "%" PRIu64 " payloads that nobody can read, or that are ciphered, kept: who has the keys "
                "reads the ids in them\n",
                c->kept);
    if (c->dropped)
        fprintf(out, "%" PRIu64 " packets that are neither TCP nor UDP were left out\n", c->dropped);
    if (weak)
        fprintf(
            out,
            "%zu ids are too short to be looked for elsewhere: replaced where the codec says that they are\n",
            weak);
}

void anon_say(const struct anon *a)
{
    FILE *out = a->setup->said;

    if (!out)
        return;
    say_kinds(a, out);
    say_rest(a, out);
    fprintf(out,
            "proven: %zu packets, %" PRIu64 " frames and %" PRIu64
            " findings decode as before but for that, and none "
            "of the old ids is left\n",
            a->out.n, a->expected.sum.n_frames, replay_findings(&a->expected.sum));
}

/* ---- the owner's list ------------------------------------------------------------------------------- */

static void put_cell(FILE *out, struct wp_slice text)
{
    fputc('"', out);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"')
            fputc('"', out);
        fputc(text.p[i], out);
    }
    fputc('"', out);
}

static void put_row(FILE *out, const char *kind, struct wp_slice was, struct wp_slice becomes)
{
    put_cell(out, wp_text(kind));
    fputc(',', out);
    put_cell(out, was);
    fputc(',', out);
    put_cell(out, becomes);
    fputc('\n', out);
}

static void put_addresses(const struct anon *a, FILE *out)
{
    for (enum anon_family family = 0; family < ANON_FAMILIES; family++)
        for (size_t i = 0; i < a->addresses.found[family].n; i++) {
            char text[2][64];
            struct wp_writer w[2] = {wp_writer(text[0], sizeof text[0]), wp_writer(text[1], sizeof text[1])};

            anon_put_address(&w[0], family, a->addresses.found[family].entry[i].text.p);
            anon_put_address(&w[1], family, a->addresses.becomes[family][i]);
            put_row(out, family_text[family], wp_written(&w[0]), wp_written(&w[1]));
        }
}

bool anon_write_map(const struct anon *a, struct wp_writer *why)
{
    FILE *out;
    bool good;

    if (!a->setup->map)
        return true;
    out = fopen(a->setup->map, "w");
    if (out) {
        fputs("kind,was,becomes\n", out);
        put_addresses(a, out);
        for (size_t i = 0; i < a->ids.texts.n; i++)
            if (!a->ids.id[i].is_fixed)
                put_row(out, a->ids.kind[a->ids.id[i].kind].name, a->ids.id[i].text, a->ids.id[i].becomes);
        good = !ferror(out);
        if (fclose(out) == 0 && good)
            return true;
    }
    wp_put_text(why, a->setup->map);
    wp_put_text(why, ": ");
    wp_put_text(why, out ? "could not be written whole" : strerror(errno));
    capture_image_drop(a->setup->out); /* without the list the owner asked for it is of no use */
    return false;
}
