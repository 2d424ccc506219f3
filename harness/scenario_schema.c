/* scenario.schema.json is enforced, and each error is told where it stands, with what was probably meant. */
#include "harness/obey.h"
#include "harness/scenario_impl.h"

bool scenario_obeys_schema(struct scenario *s, struct wp_writer *why)
{
    return obeys_schema("scenarios/scenario.schema.json", &s->arena, s->file, s->root, "the scenario", why);
}
