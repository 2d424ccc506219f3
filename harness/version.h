/* What this program is made of: what a report of a problem should begin with. */
#ifndef WP_VERSION_H
#define WP_VERSION_H

#include <stdio.h>

/* The program's version, that of each library as it is loaded, and of each codec the number of its printed form. */
void version_put(FILE *out);

#endif
