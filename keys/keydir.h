/*
 * The folder keys/: which generation is current, the mark, and the safe
 * removal of what is not current. Files and their formats: DESIGN.md here.
 *
 * A generation is a folder gen-N; the file current names the one that
 * counts, and replacing it is the commit point of a rotate. Whatever else
 * lies in keys/ under a generation's or a temporary name is overwritten and
 * removed by keydir_sweep.
 */
#ifndef KEYS_KEYDIR_H
#define KEYS_KEYDIR_H

#include <stdint.h>

#include "base/err.h"
#include "base/id.h"
#include "base/settings.h"

#define KEYDIR_NAME_MAX 32 /* "gen-4294967295" and room */

struct keydir {
	int fd;	  /* the folder; -1 when not open */
	int lock; /* held as long as the folder is */
	struct id vault;
	/* For tests: told the name of each step of a rotate before it. */
	void (*step)(void *arg, const char *what);
	void *step_arg;
};

/*
 * Hold the folder. ERR_NOT_FOUND when it is not there, ERR_DENIED when it
 * is not ours alone, ERR_CONFLICT when another process holds it.
 */
int keydir_open(struct keydir *d, const char *path, const struct id *vault,
    struct err *e) NODISCARD;
void keydir_close(struct keydir *d); /* usable with AUTO; d zeroed is fine */

void keydir_step(const struct keydir *d, const char *what);

/* The current generation. ERR_NOT_FOUND before init. */
int keydir_current(const struct keydir *d, uint32_t *generation, struct err *e)
    NODISCARD;
/* Durable when it returns: the commit point. */
int keydir_set_current(
    const struct keydir *d, uint32_t generation, struct err *e) NODISCARD;

/* The folder of a generation, opened; made first if make is set. */
int keydir_generation(const struct keydir *d, uint32_t generation, int make,
    int *fd, struct err *e) NODISCARD;

/*
 * Remove every generation but keep (0 keeps none), and temporary files:
 * each file is overwritten with random bytes, synced and unlinked.
 */
int keydir_sweep(const struct keydir *d, uint32_t keep, struct err *e)
    NODISCARD;

/* The first number not yet given. Durable when save returns. */
int keydir_mark_load(const struct keydir *d, uint64_t *mark, struct err *e)
    NODISCARD;
int keydir_mark_save(const struct keydir *d, uint64_t mark, struct err *e)
    NODISCARD;

#endif
