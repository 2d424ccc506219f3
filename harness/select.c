#include "harness/select.h"
#include "harness/home.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { FOLDER_DEPTH = 8, PATH_LENGTH = 1024 };

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);

    return n >= m && strcmp(name + n - m, end) == 0;
}

static bool is_dir(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Every *.yaml below the folder; all wrong files are named, not only the first. */
static bool load_folder(const char *folder, int depth, struct scenario_list *list, struct wp_writer *why)
{
    struct dirent **entries;
    int n = depth < FOLDER_DEPTH ? scandir(folder, &entries, NULL, by_name) : -1;
    bool good = n >= 0;

    for (int i = 0; i < n; i++) {
        char path[PATH_LENGTH];

        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && is_dir(path) && strcmp(entries[i]->d_name, "programs") != 0)
            good = load_folder(path, depth + 1, list, why) && good;
        else if (ends_with(path, ".yaml") && is_file(path))
            good = scenario_load(path, list, why) && good;
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    else
        wp_put_text(why, "the folder cannot be read\n");
    return good;
}

static int by_api_and_name(const void *a, const void *b)
{
    const struct scenario *x = *(struct scenario *const *)a, *y = *(struct scenario *const *)b;
    int diff = strcmp(x->file, y->file);

    return diff != 0 ? diff : (x->order > y->order) - (x->order < y->order);
}

static bool names_are_unique(const struct scenario_list *list, struct wp_writer *why)
{
    for (size_t i = 0; i < list->n; i++) {
        for (size_t k = i + 1; k < list->n; k++) {
            if (strcmp(list->at[i]->name, list->at[k]->name) != 0 ||
                strcmp(list->at[i]->file, list->at[k]->file) == 0)
                continue;
            wp_put_text(why, list->at[k]->file);
            wp_put_text(why, ": the name '");
            wp_put_text(why, list->at[k]->name);
            wp_put_text(why, "' is taken by ");
            wp_put_text(why, list->at[i]->file);
            wp_put_text(why, "\n");
            return false;
        }
    }
    return true;
}

static bool is_selected(const struct scenario *s, const char *word)
{
    size_t n = strlen(word);

    if (fnmatch(word, s->name, 0) == 0 || scenario_proves(s, word))
        return true;
    if (s->sweep_case && strncmp(s->name, word, n) == 0 && s->name[n] == '[')
        return true; /* the sweep's own name selects all its cases */
    return s->api && strcmp(s->api, word) == 0;
}

/* Moves what the words name from `all` to `list`; what they do not name is freed with `all`. */
static bool pick(struct scenario_list *all, const char *const *words, size_t n, struct scenario_list *list,
                 struct wp_writer *why)
{
    bool *used = calloc(n, sizeof *used), good = true;

    list->at = calloc(all->n ? all->n : 1, sizeof *list->at);
    if (!used || !list->at)
        abort();
    list->cap = all->n;
    for (size_t i = 0; i < all->n; i++) {
        bool wanted = false;

        for (size_t k = 0; k < n; k++) {
            bool hit = is_selected(all->at[i], words[k]);

            wanted = wanted || hit;
            used[k] = used[k] || hit;
        }
        if (!wanted)
            continue;
        list->at[list->n++] = all->at[i];
        all->at[i] = NULL;
    }
    for (size_t k = 0; k < n; k++) {
        if (used[k])
            continue;
        wp_put_text(why, "nothing is selected by '");
        wp_put_text(why, words[k]);
        wp_put_text(why, "': no file, folder, scenario or statement of that name\n");
        good = false;
    }
    free(used);
    return good;
}

/* A folder that was named and holds none. */
static bool load_named_folder(const char *folder, struct scenario_list *list, struct wp_writer *why)
{
    size_t n = list->n;

    if (!load_folder(folder, 0, list, why))
        return false;
    if (list->n > n)
        return true;
    wp_put_text(why, "nothing is selected by '");
    wp_put_text(why, folder);
    wp_put_text(
        why, "': no scenario (*.yaml) below this folder; captures are played by `wattproof replay FILES`\n");
    return false;
}

bool select_scenarios(const char *const *words, size_t n, struct scenario_list *list, struct wp_writer *why)
{
    struct scenario_list all = {0};
    const char *names[64];
    size_t n_names = 0;
    char folder[PATH_LENGTH];
    bool good = true;

    for (size_t i = 0; i < n && good; i++) {
        if (is_dir(words[i]))
            good = load_named_folder(words[i], list, why);
        else if (is_file(words[i]))
            good = scenario_load(words[i], list, why);
        else if (n_names < sizeof names / sizeof names[0])
            names[n_names++] = words[i];
    }
    if (good && (n == 0 || n_names > 0)) {
        snprintf(folder, sizeof folder, "%s/scenarios", home_dir());
        good = load_folder(folder, 0, &all, why) && names_are_unique(&all, why);
    }
    if (good && n == 0) {
        *list = all;
        all = (struct scenario_list){0};
    } else if (good && n_names > 0) {
        struct scenario_list named = {0};

        good = pick(&all, names, n_names, &named, why);
        for (size_t i = 0; i < named.n; i++)
            scenario_list_add(list, named.at[i]);
        free(named.at);
    }
    scenario_list_free(&all);
    for (size_t i = 0; i < list->n; i++)
        list->at[i]->order = i;
    if (list->n > 1)
        qsort(list->at, list->n, sizeof *list->at, by_api_and_name);
    for (size_t i = 0; i < list->n; i++)
        list->at[i]->order = i;
    return good;
}
