/* Where the project's own files are: scenarios, contracts, captures. */
#ifndef WP_HOME_H
#define WP_HOME_H

/* WATTPROOF_HOME, else the folder that was built from. */
const char *home_dir(void);

/* A path below home as it stands there ("scenarios/ivy/x.yaml"): results name files like this, so that they are the same
 * wherever the project lies. Other paths as they are. */
const char *home_relative(const char *path);

/* The running program's own file. */
const char *home_program(void);

/* The broker's access plugin: WATTPROOF_PLUGIN, else the one that was built beside this program. */
const char *home_plugin(void);

#endif
