/* A badge that says how a run came out: an SVG of our own, or what shields.io draws one from. */
#ifndef WP_REPORT_BADGE_H
#define WP_REPORT_BADGE_H

#include "harness/report.h"

/* A file that ends in .json gets the endpoint form of shields.io, every other one the SVG. false: a sentence went to
 * stderr. "-" is standard output, and gets the SVG. */
bool report_badge(const struct run_summary *run, const char *file);

#endif
