/* scenario.schema.json is enforced, and each error is told where it stands, with what was probably meant. */
#include "harness/obey.h"
#include "harness/scenario_impl.h"

bool scenario_obeys_schema(struct scenario *s, struct wp_writer *why)
{
    if (node_get(s->root, "sut") && !node_get(s->root, "steps"))
        return scenario_fail(s, s->root, why,
                             "describes a system under test, which is named by `run --sut %s`", s->file);
    return obeys_schema("scenarios/scenario.schema.json", &s->arena, s->file, s->root, "the scenario", why);
}
