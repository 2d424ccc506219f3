/* The first levels of all APIs' topics, without loading a contract: what is not below one of them needs none. */
#include "harness/contract.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATH_LENGTH = 4096 };

/* "    address: ivy/v1/meters/{meterId}/telemetry": all addresses of a document begin alike, so the first one will do.
 * "x-prefixes: ..." stands before it, and any other first level may be one of the API's, too. */
static bool put_root(FILE *document, struct wp_writer *out)
{
    static const char key[] = "address: ", prefixes[] = "x-prefixes:";
    char line[1024];

    while (fgets(line, sizeof line, document)) {
        const char *text = line + strspn(line, " ");

        if (strncmp(line, prefixes, sizeof prefixes - 1) == 0)
            wp_put_text(out, out->n ? " +" : "+");
        if (strncmp(text, key, sizeof key - 1) != 0)
            continue;
        text += sizeof key - 1;
        if (out->n)
            wp_put_char(out, ' ');
        wp_put_slice(out, wp_slice(text, strcspn(text, "/\n")));
        return !out->full;
    }
    return false;
}

static bool put_root_of(const char *folder, const char *api, struct wp_writer *out)
{
    char path[PATH_LENGTH + sizeof "/asyncapi.yaml"];
    FILE *document;
    bool good;

    snprintf(path, sizeof path, "%s/%s/asyncapi.yaml", folder, api);
    document = fopen(path, "r");
    if (!document) /* a device protocol: it has statements, and no topics */
        return true;
    good = put_root(document, out);
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
            good = put_root_of(folder, entries[i]->d_name, out);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return good;
}
