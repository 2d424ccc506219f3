#include "harness/capture_input.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    WINDOW_BYTES = 256 * 1024,
    RAW_BYTES = 64 * 1024,
    LOOK_AGAIN_MS = 50, /* a file that grows has no other way to say so everywhere */
    LAST_WORDS_MS = 500 /* of the program at the other end of a pipe, once we are to stop */
};

static void *get_memory(void *old, size_t n)
{
    void *p = realloc(old, n);

    if (!p) {
        fputs("wattproof: no memory to read a capture\n", stderr);
        abort();
    }
    return p;
}

static void fail(struct capture_input *in, const char *problem)
{
    snprintf(in->problem, sizeof in->problem, "%s", problem);
    in->is_over = true;
}

/* ---- waiting for more ------------------------------------------------------------------------------- */

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits until the file can be read, `ms` are over (-1: for ever), or it is asked to stop. */
static bool can_be_read(struct capture_input *in, int ms)
{
    struct pollfd fds[2] = {{in->fd, POLLIN, 0}, {in->stops ? -1 : in->follow->stop_fd, POLLIN, 0}};
    int n;

    do
        n = poll(fds, 2, ms);
    while (n < 0 && errno == EINTR);
    if (fds[1].revents) {
        in->stops = true;
        in->stop_ms = now_ms();
    }
    return fds[0].revents != 0;
}

/* A pipe: the last words of who writes it are still wanted after the stop. false: enough. */
static bool wait_for_pipe(struct capture_input *in)
{
    if (can_be_read(in, 0) && !in->stops)
        return true;
    in->follow->idle(in->follow->ctx);
    while (!in->stops)
        if (can_be_read(in, -1))
            return true;
    while (now_ms() - in->stop_ms < LAST_WORDS_MS)
        if (can_be_read(in, LAST_WORDS_MS / 10))
            return true;
    return false;
}

/* A file at whose end we are. After the stop it is looked at once more. false: enough. */
static bool wait_for_growth(struct capture_input *in)
{
    struct pollfd stop = {in->follow->stop_fd, POLLIN, 0};
    struct stat now;

    if (in->stops)
        return false;
    in->follow->idle(in->follow->ctx);
    in->stops = poll(&stop, 1, LOOK_AGAIN_MS) > 0;
    if (fstat(in->fd, &now) == 0 && now.st_size < lseek(in->fd, 0, SEEK_CUR)) {
        fail(in, "became shorter while it was followed");
        return false;
    }
    return true;
}

/* ---- bytes as they stand in the file ---------------------------------------------------------------- */

static size_t read_once(struct capture_input *in, uint8_t *to, size_t n)
{
    ssize_t got;

    if (in->fd < 0)
        return fread(to, 1, n, in->file);
    do
        got = read(in->fd, to, n);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        fail(in, strerror(errno));
    return got > 0 ? (size_t)got : 0;
}

/* At least one byte; 0: the end. */
static size_t read_raw(struct capture_input *in, uint8_t *to, size_t n)
{
    size_t got;

    if (!in->follow || in->fd < 0)
        return read_once(in, to, n);
    if (!in->is_regular)
        return wait_for_pipe(in) ? read_once(in, to, n) : 0;
    do
        got = read_once(in, to, n);
    while (got == 0 && !in->is_over && wait_for_growth(in));
    return got;
}

/* ---- compressed bytes (RFC 1952) --------------------------------------------------------------------- */

static void gz_begin(struct capture_input *in)
{
    in->gz.memory = get_memory(NULL, RAW_BYTES);
    in->gz.is_on = inflateInit2(&in->gz.z, 16 + MAX_WBITS) == Z_OK;
    assert(in->gz.is_on);
    assert(in->end <= RAW_BYTES);
    memcpy(in->gz.memory, in->memory, in->end);
    in->gz.z.next_in = in->gz.memory;
    in->gz.z.avail_in = (uInt)in->end;
    in->at = in->end = 0;
}

/* Behind a member: another one, zeros that fill up a block of a tape, or the end. */
static void gz_between(struct capture_input *in)
{
    z_stream *z = &in->gz.z;

    while (z->avail_in > 0 && *z->next_in == 0) {
        z->next_in++;
        z->avail_in--;
    }
    if (z->avail_in > 0) {
        in->gz.is_between = false;
        inflateReset(z);
    }
}

static bool gz_has_input(struct capture_input *in)
{
    if (in->gz.z.avail_in > 0)
        return true;
    in->gz.z.next_in = in->gz.memory;
    in->gz.z.avail_in = (uInt)read_raw(in, in->gz.memory, RAW_BYTES);
    if (in->gz.z.avail_in == 0 && !in->is_over && !in->gz.is_between && !in->stops)
        fail(in, "the compressed data end too early");
    return in->gz.z.avail_in > 0;
}

static void gz_step(struct capture_input *in)
{
    z_stream *z = &in->gz.z;
    char problem[120];
    int result;

    if (in->gz.is_between) {
        gz_between(in);
        return;
    }
    result = inflate(z, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
        in->gz.is_between = true;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
        snprintf(problem, sizeof problem, "the compressed data are damaged: %s",
                 z->msg ? z->msg : zError(result));
        fail(in, problem);
    }
}

/* At least one byte; 0: the end. */
static size_t read_gz(struct capture_input *in, uint8_t *to, size_t n)
{
    z_stream *z = &in->gz.z;

    z->next_out = to;
    z->avail_out = (uInt)n;
    while (z->avail_out == n && !in->is_over && gz_has_input(in))
        gz_step(in);
    return n - z->avail_out;
}

/* ---- the window ------------------------------------------------------------------------------------- */

static void make_room(struct capture_input *in, size_t n)
{
    if (in->at > 0) {
        memmove(in->memory, in->memory + in->at, capture_input_left(in));
        in->end -= in->at;
        in->at = 0;
    }
    if (n > in->cap) {
        in->cap = n + n / 2;
        in->memory = get_memory(in->memory, in->cap);
    }
}

const uint8_t *capture_input_fill(struct capture_input *in, size_t n)
{
    make_room(in, n);
    while (in->end < n && !in->is_over) {
        size_t got = (in->gz.is_on ? read_gz : read_raw)(in, in->memory + in->end, in->cap - in->end);

        in->end += got;
        in->is_over = in->is_over || got == 0;
    }
    return in->end >= n ? in->memory : NULL;
}

bool capture_input_skip(struct capture_input *in, uint64_t n)
{
    while (n > 0) {
        size_t part = capture_input_left(in) < n ? capture_input_left(in) : (size_t)n;

        capture_input_take(in, part);
        n -= part;
        if (n > 0 && !capture_input_fill(in, 1))
            return false;
    }
    return true;
}

void capture_input_init(struct capture_input *in, FILE *file, const struct capture_follow *follow)
{
    static const uint8_t gz_magic[] = {0x1F, 0x8B};
    struct stat what;

    *in = (struct capture_input){.file = file, .fd = fileno(file), .follow = follow, .cap = WINDOW_BYTES};
    in->memory = get_memory(NULL, in->cap);
    in->is_regular = in->fd >= 0 && fstat(in->fd, &what) == 0 && S_ISREG(what.st_mode);
    in->cap = RAW_BYTES; /* so that what is compressed fits there */
    if (capture_input_fill(in, sizeof gz_magic) && memcmp(in->memory, gz_magic, sizeof gz_magic) == 0)
        gz_begin(in);
    in->cap = WINDOW_BYTES;
}

void capture_input_free(struct capture_input *in)
{
    if (in->gz.is_on)
        inflateEnd(&in->gz.z);
    free(in->gz.memory);
    free(in->memory);
    if (in->file != stdin)
        fclose(in->file);
}
