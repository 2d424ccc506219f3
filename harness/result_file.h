/* A scenario's result as a file: what a worker process leaves for its parent, and what later runs compare with. */
#ifndef WP_RESULT_FILE_H
#define WP_RESULT_FILE_H

#include "harness/verdict.h"

struct cJSON;

/* Two files: result.json is the same every time for the same seed; times.json holds what the clock said. */
bool result_write(const struct scenario_result *r, const char *dir);
/* false: there is none, or it cannot be read. */
bool result_read(struct scenario_result *r, const char *dir);
/* One result as an object of such a file, or of run.json, which says less. */
void result_from_json(struct scenario_result *r, const struct cJSON *o);

#endif
