/* The first levels of all APIs' topics, without loading a contract: what is not below one of them needs none. */
#include "harness/contract.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATH_LENGTH = 4096 };

/* Adds the root unless it stands there already. */
static void put_once(struct wp_writer *out, const char *root, size_t n)
{
    for (size_t i = 0; i < out->n;) {
        size_t length = 0;

        while (i + length < out->n && out->p[i + length] != ' ')
            length++;
        if (length == n && memcmp(out->p + i, root, n) == 0)
            return;
        i += length + 1;
    }
    if (out->n)
        wp_put_char(out, ' ');
    wp_put_slice(out, wp_slice(root, n));
}

/* "    address: ivy/v1/meters/{meterId}/telemetry", for every channel. "x-prefixes: ..." stands before them, and any
 * other first level may be one of the API's, too. */
static bool put_roots(FILE *document, struct wp_writer *out)
{
    static const char key[] = "address: ", prefixes[] = "x-prefixes:";
    char line[1024];
    bool found = false;

    while (fgets(line, sizeof line, document)) {
        const char *text = line + strspn(line, " ");

        if (strncmp(line, prefixes, sizeof prefixes - 1) == 0)
            put_once(out, "+", 1);
        if (strncmp(text, key, sizeof key - 1) != 0)
            continue;
        text += sizeof key - 1;
        put_once(out, text, strcspn(text, "/\n"));
        found = true;
    }
    return found && !out->full;
}

static bool put_roots_of(const char *folder, const char *api, struct wp_writer *out)
{
    char path[PATH_LENGTH + sizeof "/asyncapi.yaml"];
    FILE *document;
    bool good;

    snprintf(path, sizeof path, "%s/%s/asyncapi.yaml", folder, api);
    document = fopen(path, "r");
    if (!document) /* a device protocol: it has statements, and no topics */
        return true;
    good = put_roots(document, out);
    fclose(document);
    return good;
}

bool contracts_roots(const char *home, struct wp_writer *out)
{
    char folder[PATH_LENGTH - 256];
    struct dirent **entries;
    bool good;
    int n;

    snprintf(folder, sizeof folder, "%s/harness/contracts", home);
    n = scandir(folder, &entries, NULL, alphasort);
    good = n >= 0;
    for (int i = 0; i < n; i++) {
        if (good && entries[i]->d_name[0] != '.')
            good = put_roots_of(folder, entries[i]->d_name, out);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return good;
}
