#include "sim/world/live_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char prefix[] = "wattproof-live-";

enum { MAKING_SECONDS_MAX = 60 };

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    remove(path);
    return 0;
}

static void remove_tree(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* A sweep must never meet an owner file that is not locked yet, so it gets its name after its lock. */
static int lock_owner(const char *dir)
{
    char fresh[LIVE_PATH_BYTES + 16], owner[LIVE_PATH_BYTES + 16];
    int fd;

    snprintf(fresh, sizeof fresh, "%s/owner.new", dir);
    snprintf(owner, sizeof owner, "%s/owner", dir);
    fd = open(fresh, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0 ||
        rename(fresh, owner) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

bool live_dir_make(struct live_dir *dir, const char *parent, struct wp_writer *why)
{
    int n = snprintf(dir->path, sizeof dir->path, "%s/%sXXXXXX", parent, prefix);

    dir->lock = -1;
    if (n < 0 || (size_t)n >= sizeof dir->path || !mkdtemp(dir->path)) {
        wp_put_text(why, "cannot make a private directory under ");
        wp_put_text(why, parent);
        wp_put_text(why, ": ");
        wp_put_text(why, strerror(errno));
        dir->path[0] = 0;
        return false;
    }
    dir->lock = lock_owner(dir->path);
    if (dir->lock >= 0)
        return true;
    wp_put_text(why, "cannot lock ");
    wp_put_text(why, dir->path);
    wp_put_text(why, ": ");
    wp_put_text(why, strerror(errno));
    remove_tree(dir->path);
    dir->path[0] = 0;
    return false;
}

void live_dir_remove(struct live_dir *dir)
{
    if (!dir->path[0])
        return;
    remove_tree(dir->path);
    dir->path[0] = 0;
    if (dir->lock >= 0)
        close(dir->lock);
    dir->lock = -1;
}

/* A directory without the file is one that is being made, or whose making was killed a while ago. */
static bool is_abandoned(const char *dir)
{
    struct stat st;

    return stat(dir, &st) == 0 && st.st_mtime < time(NULL) - MAKING_SECONDS_MAX;
}

static bool is_ours(const char *dir)
{
    struct stat st;

    return lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

static bool owner_is_gone(const char *dir)
{
    char owner[LIVE_PATH_BYTES + 16];
    bool gone;
    int fd;

    snprintf(owner, sizeof owner, "%s/owner", dir);
    fd = open(owner, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT && is_abandoned(dir);
    gone = flock(fd, LOCK_EX | LOCK_NB) == 0;
    close(fd);
    return gone;
}

unsigned live_sweep(const char *parent)
{
    DIR *d = opendir(parent);
    unsigned swept = 0;

    if (!d)
        return 0;
    for (struct dirent *e = readdir(d); e; e = readdir(d)) {
        char path[LIVE_PATH_BYTES];
        int n = snprintf(path, sizeof path, "%s/%s", parent, e->d_name);

        if (strncmp(e->d_name, prefix, sizeof prefix - 1) != 0 || n < 0 || (size_t)n >= sizeof path)
            continue;
        if (!is_ours(path) || !owner_is_gone(path))
            continue;
        remove_tree(path);
        swept++;
    }
    closedir(d);
    return swept;
}
