/*
 * Inside the audit log. The tree and the head are guarded by lock: only the
 * committer changes them, so it reads them without. Leaves from committed on
 * are of a transaction still open.
 */
#ifndef DAEMON_AUDIT_LOG_H
#define DAEMON_AUDIT_LOG_H

#include <pthread.h>
#include <stdatomic.h>

#include "daemon/audit/audit.h"

#define AUDIT_WAITING 256	   /* actors kept while sealed */
#define AUDIT_WAITING_DETAIL 1024  /* bytes of a detail kept with one */
#define AUDIT_PAD 256		   /* details are padded to a multiple */
#define AUDIT_DETAIL_MAX (1 << 20) /* bytes of a detail, sealed */
#define AUDIT_SLACK_MS 1000	   /* clocks of threads differ by less */
#define AUDIT_HEADS 64		   /* kept in the catalog */
#define AUDIT_READ_MAX 1000	   /* leaves in one answer */
#define TILE_WIDTH 256
#define TILE_LEVELS 8 /* 256^8 leaves */

/* An act entered without detail, to be told later. */
struct waiting {
	uint64_t seq;
	int64_t time_ms;
	enum leaf_class klass;
	enum leaf_outcome outcome;
	int acted; /* is there an actor? */
	struct actor actor;
	struct id object;
	json_t *detail;
};

struct queue {
	struct waiting w[AUDIT_WAITING];
	size_t n;
	uint64_t lost, lost_first;   /* leaves that found it full */
	uint64_t told_at, told_lost; /* the leaf that tells it */
	int told;
};

/* The keys of one month: details, actor tags, object tags. */
struct month_keys {
	struct secret detail, actor, object;
};

struct audit {
	struct catalog *c;
	struct agent *agent;
	struct id vault;
	int dirfd;
	atomic_uint policy;
	atomic_llong ahead_ms; /* of the machine's clock, over vault time */

	pthread_rwlock_t lock;
	struct merkle *tree;
	uint64_t committed;
	uint64_t head_size;
	struct buf head; /* the note; empty before the first */

	/* The committer's own. */
	/* Time of the last committed leaf; INT64_MIN: there is none. */
	atomic_llong committed_ms;
	int64_t *pending_ms; /* times of those after it */
	size_t pending_room;
	struct queue queue;
	int agent_known; /* the next two are what the agent has */
	uint64_t agent_size;
	struct buf text, sealed, entry; /* kept to spare allocations */

	pthread_mutex_t keys_lock;
	uint32_t month; /* 0: none */
	struct month_keys keys;

	pthread_mutex_t flush_lock;
	uint64_t flushed; /* size of the log the folder shows */
	uint64_t kept;	  /* the head that is in the catalog */
	int rebuilt;	  /* the folder was looked through since open */
};

/* What the sealed detail says of the act itself. */
struct facts {
	enum leaf_class klass;
	enum leaf_outcome outcome;
	const struct actor *actor;
	struct id object;
	json_t *detail;
};

/* The checkpoint in a note, not verified. */
int note_checkpoint(
    const struct buf *note, struct checkpoint *cp, struct err *e) NODISCARD;
/* Is note a head of size leaves of our tree? ERR_INCONSISTENT. */
int head_matches(const struct audit *a, const struct buf *note, uint64_t size,
    struct err *e) NODISCARD;

/* detail.c */
uint32_t month_of(int64_t ms);
/* ERR_SEALED, ERR_UNAVAILABLE, ERR_NOT_FOUND (expired). */
int month_keys_load(struct agent *agent, uint32_t month, struct month_keys *k,
    struct err *e) NODISCARD;
void month_keys_done(struct month_keys *k);
int tag_actor(const struct month_keys *k, const struct actor *actor,
    uint8_t out[32], struct err *e) NODISCARD;
int tag_object(const struct month_keys *k, const struct id *object,
    uint8_t out[32], struct err *e) NODISCARD;
/* A new object of the facts. */
int facts_json(const struct facts *f, json_t **out, struct err *e) NODISCARD;
int detail_text(const json_t *j, struct buf *out, struct err *e) NODISCARD;
int detail_seal(const struct month_keys *k, const struct id *vault,
    uint32_t month, uint64_t seq, const struct buf *text, struct buf *out,
    struct err *e) NODISCARD;
int detail_open(const struct month_keys *k, const struct id *vault,
    uint32_t month, uint64_t seq, const void *p, size_t n, json_t **out,
    struct err *e) NODISCARD;
void json_freep(json_t **j);

/* queue.c */
void queue_put(struct queue *q, uint64_t seq, int64_t time_ms,
    const struct audit_entry *en);
/* Add to j what waits, once; seq is the leaf that tells it. */
int queue_tell(struct queue *q, uint64_t seq, json_t *j, struct err *e)
    NODISCARD;
void queue_rewind(struct queue *q, uint64_t mark);
void queue_settle(struct queue *q);
void queue_done(struct queue *q);

/* tiles.c: the folder as C2SP tlog-tiles. */
struct tiles {
	struct audit *a;
	struct tx *tx;
	int dirfd;
	uint64_t from, size; /* leaves that are new in it */
	int keep;	     /* a full tile that is there is right */
	int durable;	     /* sync full tiles */
};
int tiles_write(const struct tiles *t, struct err *e) NODISCARD;
int tiles_put(int dirfd, const char *path, const void *p, size_t n, int durable,
    struct err *e) NODISCARD;
/* Remove the partial tiles of a log of size old that size has not. */
void tiles_drop(int dirfd, uint64_t old, uint64_t size);
/* Remove every partial tile but those of size, and temporary files. */
int tiles_tidy(int dirfd, uint64_t size, struct err *e) NODISCARD;

#endif
