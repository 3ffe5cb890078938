/*
 * A sceau-inspect of our own for a test: a vault's folder in /tmp with a
 * vault.conf under our uid, the program started there, and a client of it.
 */
#ifndef TESTS_UNIT_INSPECT_SERVED_H
#define TESTS_UNIT_INSPECT_SERVED_H

#include "base/settings.h"
#include "daemon/inspect/inspect.h"

struct served {
	struct settings s;
	pid_t pid;
	char socket[SETTINGS_PATH_MAX];
	struct inspector *inspector;
};

/* Aborts with a message when it cannot: a test has nothing to do then. */
void served_start(struct served *v, const char *program);
/* The same with this uid as the inspection account; for root only. */
void served_start_as(struct served *v, const char *program, uid_t uid);
/* Kill it without mercy, and start it again at the same place. */
void served_restart(struct served *v, const char *program);
/* SIGTERM; returns its wait status. Removes the folder. */
int served_stop(struct served *v);

#endif
