/*
 * Faults on demand: the n-th allocation, write, sync or rename of the code
 * under test fails. The linker puts these wrappers in front of the calls
 * that our own objects make (--wrap); libraries are not touched.
 *
 * The usual sweep fails the first, then the second, … until the call gets
 * through, and looks after each failure at what is left:
 *
 *	for (n = 1;; n++) {
 *		fault_arm(FAULT_WRITE, n);
 *		r = call();
 *		if (fault_disarm() == 0)
 *			break;
 *		check(r);
 *	}
 */
#ifndef TESTS_FAULT_FAULT_H
#define TESTS_FAULT_FAULT_H

enum fault_kind {
	FAULT_NONE,
	FAULT_ALLOC,  /* malloc, calloc, realloc: ENOMEM */
	FAULT_WRITE,  /* write, writev, pwrite: ENOSPC, nothing written */
	FAULT_SHORT,  /* the same calls write about half, which is no error */
	FAULT_BROKEN, /* the same calls write about half, then EIO */
	FAULT_SYNC,   /* fsync, fdatasync: EIO, nothing synced */
	FAULT_RENAME, /* rename, renameat, renameat2: EIO, not renamed */
};

/* The nth call of this kind from now (the first is 1) fails, and no other. */
void fault_arm(enum fault_kind kind, unsigned nth);
/* The nth and all after it fail, as when the disk stays full. */
void fault_arm_from(enum fault_kind kind, unsigned nth);
/* No more faults. How many there were since fault_arm. */
unsigned fault_disarm(void);

#endif
