/* The report as one HTML page that needs nothing else: no server, no network, no other file.
 *
 * What is shown is written by harness/page in the browser; here the page is filled with what a run left. Records are
 * deflated and opened when somebody looks at them. The page holds no moment of the clock: same run, same bytes. */
#ifndef WP_REPORT_HTML_H
#define WP_REPORT_HTML_H

#include "harness/contract.h"
#include "harness/scenario.h"

struct report_html {
    const char
        *dir; /* has run.json, s/<world>/<scenario>/ and perhaps previous.json; report.html goes there */
    const struct contract_set *contracts;
    const struct scenario_list
        *scenarios; /* every one that there is, for what a statement could be decided by */
};

/* false: `why` has the sentence. */
bool report_html(const struct report_html *setup, struct wp_writer *why);

/* The same with the contracts and scenarios of the project. */
bool report_html_of(const char *dir, struct wp_writer *why);

#endif
