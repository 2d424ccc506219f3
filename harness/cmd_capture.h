/* The commands behind `wattproof capture WORD`; argv[0] is the word. Each returns the exit code of cmd.h. */
#ifndef WP_CMD_CAPTURE_H
#define WP_CMD_CAPTURE_H

int cmd_capture_info(int argc, char **argv);
int cmd_capture_import(int argc, char **argv);
int cmd_capture_anonymise(int argc, char **argv);
int cmd_capture_minimise(int argc, char **argv);

#endif
