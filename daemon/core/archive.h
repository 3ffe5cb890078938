/*
 * The intermediate archive: a case whose active time is over (retention
 * "dossier" of the rules) goes there by itself, and only who has a reason
 * reads it from then on (CNIL délib. 2023-095 and 2021-028: access apart,
 * restricted and motivated). Nothing is destroyed by it; who takes the case
 * up again reopens it.
 */
#ifndef DAEMON_CORE_ARCHIVE_H
#define DAEMON_CORE_ARCHIVE_H

#include "daemon/core/core.h"

#define ARCHIVE_BATCH 200 /* cases in one change */

/*
 * Every open or closed case whose active time ended before today: state
 * "archived", a leaf each (case-archive); one that was never closed has its
 * end (moment "closing") on the last day of its active time. *n of them.
 * Nothing, and 0, while the vault is sealed, its clock is suspect, or when it
 * was done today already.
 */
int archive_pass(struct core *core, size_t *n, struct err *e) NODISCARD;

#endif
