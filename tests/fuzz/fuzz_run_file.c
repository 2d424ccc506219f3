/* Any bytes as a run.json: read, or refused with a sentence; what was read is written and compared. */
#include "harness/changes.h"
#include "harness/merge.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void use(struct run_file *run)
{
    struct changes c = changes_find(&run->summary, &run->summary);
    char text[400];
    struct wp_writer why = wp_writer(text, sizeof text);

    assert(c.n == 0 || c.same_scope || run->summary.results != NULL);
    changes_free(&c);
    assert(report_json(&run->summary, "/dev/null"));
    assert(report_junit(&run->summary, "/dev/null"));
    if (merge_fits(run, 1, &why))
        run->summary = merge_results(run, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static int fd = -1;
    static char path[64];
    char text[2000];
    struct wp_writer why = wp_writer(text, sizeof text);
    struct run_file run;

    if (fd < 0) {
        fd = memfd_create("run.json", 0);
        assert(fd >= 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    assert(ftruncate(fd, 0) == 0);
    assert(pwrite(fd, data, n, 0) == (ssize_t)n);
    if (run_file_read(&run, path, &why)) {
        use(&run);
        run_file_free(&run);
    } else {
        assert(why.n > 0);
    }
    return 0;
}
