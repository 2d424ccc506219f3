/* The commands behind `wattproof WORD`; argv[0] is the word. Each returns the exit code. */
#ifndef WP_CMD_H
#define WP_CMD_H

enum exit_code {
    EXIT_AS_EXPECTED = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2, /* or a file that cannot be read as what it should be */
    EXIT_HARNESS = 3,
    EXIT_NOTHING_RAN = 4,
    EXIT_STALE = 5,  /* an expected deviation that did not occur */
    EXIT_INCONC = 6, /* under --strict */
    EXIT_INTERRUPTED = 130,
};

int cmd_run(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_lint(int argc, char **argv);
int cmd_decode(int argc, char **argv);
int cmd_validate(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_capture(int argc, char **argv);
int cmd_spec(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_report_merge(int argc, char **argv); /* argv[0] is "merge" */
int cmd_gateway(int argc, char **argv);
int cmd_device(int argc, char **argv);
int cmd_monitor(int argc, char **argv);

#endif
