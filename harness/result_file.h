/* A scenario's result as a file: what a worker process leaves for its parent, and what later runs compare with. */
#ifndef WP_RESULT_FILE_H
#define WP_RESULT_FILE_H

#include "harness/verdict.h"

struct cJSON;

/* Two files: result.json is the same every time for the same seed; times.json holds what the clock said. */
bool result_write(const struct scenario_result *r, const char *dir);
/* false: there is none, or it cannot be read. */
bool result_read(struct scenario_result *r, const char *dir);
/* One result as an object of such a file, or of run.json; `shown` is the verdict that it gets there. */
struct cJSON *result_json(const struct scenario_result *r, const char *shown);
/* `r` is initialised here; what is missing or of another type is as if it were empty, a strange verdict an error. */
void result_from_json(struct scenario_result *r, const struct cJSON *o);

/* A member's text, "" when there is none; a whole number, 0 when it is none from 0 to 2^53. */
const char *json_text_of(const struct cJSON *o, const char *name);
uint64_t json_whole_of(const struct cJSON *o, const char *name);

#endif
