/* wattproof decode [--codec NAME] [--json] HEX... */
#ifndef WP_CMD_DECODE_H
#define WP_CMD_DECODE_H

enum decode_exit {
    DECODE_GOOD = 0, /* whole good frames; garbage around them is shown */
    DECODE_BAD = 1,  /* a bad or unfinished frame, or none */
    DECODE_USAGE = 2,
};

/* argv[0] is the command's name. Prints to stdout, says what is wrong on stderr; the exit code. */
int cmd_decode(int argc, char **argv);

#endif
