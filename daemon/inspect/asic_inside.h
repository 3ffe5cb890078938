/*
 * What the files that judge a container share: its members, checked, and the
 * verdicts on it. Only they include this.
 */
#ifndef DAEMON_INSPECT_ASIC_INSIDE_H
#define DAEMON_INSPECT_ASIC_INSIDE_H

#include "daemon/inspect/client_inside.h"

#define ASIC_UNSUPPORTED "format-unsupported"

struct asic {
	struct inspector *i;
	const struct inspect_trust *trust;
	int64_t now_ms;
	struct client_view file;
	size_t n;
	struct container_member m[CONTAINER_MEMBERS_MAX];
	enum container_role role[CONTAINER_MEMBERS_MAX];
	struct inspect_asic *out;
};

/* The next one; there is room: signatures are counted before. */
struct inspect_verdict *asic_verdict(struct asic *a);
/* TOTAL-FAILED. */
void asic_fail(struct inspect_verdict *v, const char *sub, const char *word);
/* What was right till now is no longer: people must be told. */
void asic_doubt(struct inspect_verdict *v, const char *sub, const char *word);
/* A container that contradicts itself is one signature that fails; else why
 * is a word for what is not judged. */
void asic_not_judged(struct asic *a, const char *why);

size_t asic_count(const struct asic *a, enum container_role role);
/* The member of this name: an index, or a->n. */
size_t asic_find(const struct asic *a, const char *name);
/* Is the member small enough to be parsed by some worker? */
int asic_is_small(const struct asic *a, size_t k);
/*
 * The digests of member k (which: as of digests_of), and its bytes where keep
 * is not NULL. *fits = 0: it is not what its headers announce.
 */
int asic_read(const struct asic *a, size_t k, unsigned which, struct buf *keep,
    struct digests *out, int *fits, struct err *e) NODISCARD;
/*
 * One signature or time stamp over the digests of what it is over, of which
 * there are so many bytes.
 */
int asic_judge_der(struct asic *a, const struct buf *der,
    const struct digests *content, int is_stamp, struct inspect_verdict *v,
    struct err *e) NODISCARD;

/* ASiC-E: asic_extended.c. */
int asic_judge_extended(struct asic *a, struct err *e) NODISCARD;

#endif
