/*
 * What the modules of this room share: the store, its segments, its stages.
 *
 * Segments are files of packed objects, known by number. An open one lives
 * under segments/ and has a count of zero and no trailer; a closed one is a
 * pack under objects/pack/. Their places never move while they live, so a
 * reader only needs the number, an offset and a length.
 *
 * Locks, taken in this order: maintenance (publish, sweep, verify), a lane,
 * the table. No lock is held while a hook runs but maintenance.
 */
#ifndef DAEMON_STORE_INSIDE_H
#define DAEMON_STORE_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/uio.h>

#include "daemon/store/pack.h"
#include "daemon/store/store.h"

#define STORE_LANES 2		/* segments that fill alternately */
#define STORE_AHEAD (16u << 20) /* bytes allocated ahead */
#define STORE_CHUNKS_MAX 28000u /* a tree of them stays under 1 MiB */
#define STORE_SMALL (64u << 20) /* segments under it may be merged */
#define STORE_SMALL_MAX 8	/* so many small ones are left alone */
#define STORE_PIN_WAIT_S 5	/* for stages that are being entered */
#define STORE_PATH_MAX 80

enum segment_state { SEGMENT_OPEN = 0, SEGMENT_CLOSED = 1 };

struct segment {
	uint64_t id;
	enum segment_state state;
	char name[STORE_PATH_MAX]; /* pack name, without suffix; closed ones */
	uint64_t end;		   /* after the last object */
	uint64_t allocated;	   /* bytes the file has room for */
	int fd;			   /* open while pinned */
	unsigned pins;
	unsigned stages; /* of the pins: appended, rows perhaps to come */
	int gone;	 /* freed by the last unpin */
};

struct lane {
	pthread_mutex_t lock;
	struct segment *seg; /* pinned; NULL: the next append makes one */
};

struct store {
	struct catalog *c;
	int dir;
	uint64_t reserve;
	pthread_mutex_t maintenance;
	struct lane lane[STORE_LANES];
	atomic_uint turn;
	atomic_int broken;    /* a sync failed: nothing is written any more */
	pthread_mutex_t lock; /* the table below, and pins */
	pthread_cond_t unpinned;
	struct segment **seg; /* by growing id */
	size_t nseg, cap;
	uint64_t next_id;
	atomic_ulong next_stage;
};

/* Where an object lies. */
struct place {
	uint64_t segment, offset;
	uint32_t length; /* packed bytes */
	uint32_t crc;
	uint8_t oid[PACK_OID];
};

struct blob {
	struct place at;
	uint32_t size;	 /* bytes before packing */
	uint8_t *packed; /* NULL once they are in a file */
};

enum stage_state { STAGE_WRITING, STAGE_FINISHED, STAGE_APPENDED };

struct stage {
	struct store *s;
	enum stage_state state;
	uint64_t size;
	struct buf tail; /* of the blob that is being filled */
	struct blob *blob;
	size_t n, cap;
	size_t held; /* packed bytes in memory */
	int fd;	     /* under incoming/; -1 while all is in memory */
	uint64_t fd_end;
	char path[STORE_PATH_MAX];
	struct segment *seg; /* pinned once appended */
};

/* --- segment.c --- */

/* Path of the file, relative to the store. Under the table's lock. */
void segment_path(const struct segment *g, char out[STORE_PATH_MAX]);
/* Enter a known segment in the table (store_open). */
int segment_enter(struct store *s, uint64_t id, enum segment_state state,
    const char *name, uint64_t end, struct err *e) NODISCARD;
/* A new open one: pinned for the caller, its name durable. */
int segment_new(struct store *s, struct segment **out, struct err *e) NODISCARD;
/* Make the file path (of end bytes, durable) a segment; takes *fd. The
 * caller syncs the folder segments/. */
int segment_adopt(struct store *s, int *fd, const char *path, uint64_t end,
    struct segment **out, struct err *e) NODISCARD;
/* Hold it so that it can be read. ERR_NOT_FOUND: no such segment any more;
 * ERR_INCOMPLETE: its file is missing. */
int segment_pin(struct store *s, uint64_t id, struct segment **out,
    struct err *e) NODISCARD;
void segment_unpin(struct store *s, struct segment *g);
/* Pin once more, for a stage that lies in it; and let it go again. */
void segment_pin_stage(struct store *s, struct segment *g);
void segment_unpin_stage(struct store *s, struct segment *g);
/* Wait until no stage lies in it. ERR_BUSY after STORE_PIN_WAIT_S. */
int segment_wait(struct store *s, struct segment *g, struct err *e) NODISCARD;
/* Append n bytes in cnt pieces (iov is used up). Not durable. On failure
 * the file is as before, or the store is broken. */
int segment_append(struct store *s, struct segment *g, struct iovec *iov,
    size_t cnt, size_t n, struct err *e) NODISCARD;
int segment_sync(struct store *s, struct segment *g, struct err *e) NODISCARD;
/* Out of the table; its files go now, its bytes with the last reader. */
void segment_drop(struct store *s, struct segment *g);
/* Out of the table, the files left to the next store_open. */
void segment_free_all(struct store *s);
/* Read and check the packed object at; raw gets its bytes, packed is the
 * caller's room for PACK_PACKED_MAX bytes. ERR_INTEGRITY, ERR_INCOMPLETE. */
int segment_read(const struct segment *g, const struct place *at,
    uint8_t *packed, enum pack_type *type, struct buf *raw, struct err *e)
    NODISCARD;

/* --- close.c --- */

/*
 * Complete the file as a pack, with its index, and link both under
 * objects/pack/ as name: durable when it returns. Nothing of it counts until
 * the rows say so. May be repeated. *objects: how many it holds.
 */
int close_file(struct store *s, struct segment *g, char name[STORE_PATH_MAX],
    uint64_t *objects, struct err *e) NODISCARD;
/* The rows say closed: take the name, remove the old link. */
void close_done(struct store *s, struct segment *g, const char *name);
/*
 * Close every open segment but those in use by lanes, which are taken out
 * of them first: rows in one transaction. Empty ones are dropped.
 */
int close_all(struct store *s, const struct store_hooks *h, struct err *e)
    NODISCARD;
/* Close one that no append goes to any more. */
int close_segment(struct store *s, uint64_t id, const struct store_hooks *h,
    struct err *e) NODISCARD;
/* The row of a closed segment of size bytes of objects. */
int close_row(struct tx *tx, const struct segment *g, const char *name,
    struct err *e) NODISCARD;

/* --- refs.c --- */

/* Write packed-refs from the catalog, atomically; *refs: how many. */
int refs_write(struct store *s, uint64_t *refs, struct err *e) NODISCARD;

/* --- rows.c --- */

/* A row for the open segment id, unless it has one. */
int rows_segment(struct tx *tx, uint64_t id, struct err *e) NODISCARD;
/* Mark branch of owner for publication, making it when missing. */
int rows_touch(struct tx *tx, const struct id *owner, enum store_space space,
    struct err *e) NODISCARD;
/* The commits of owner from version on are no longer right; with tree set
 * neither is the tree of version itself. */
int rows_stale(struct tx *tx, const struct id *owner, uint32_t version,
    int tree, struct err *e) NODISCARD;

/* --- recover.c --- */

int recover(struct store *s, struct err *e) NODISCARD;

/* --- due.c --- */

/* Enter what is due; versions that come meanwhile are left for later. */
int due_take(const struct store_hooks *h, struct err *e) NODISCARD;

/* --- publish.c --- */

int publish(struct store *s, const struct store_hooks *h,
    struct store_report *rep, struct err *e) NODISCARD;

/* --- store.c --- */

int store_check(const struct store *s, struct err *e) NODISCARD;
/* A sync failed: say so and refuse everything from now on. */
int store_break(struct store *s, struct err *e, const char *what) NODISCARD;
/* ERR_FULL unless n more bytes leave the reserve free. */
int store_check_room(struct store *s, uint64_t n, struct err *e) NODISCARD;
/* fsync of a folder of the store. */
int store_sync_dir(struct store *s, const char *path, struct err *e) NODISCARD;

pthread_mutex_t *store_lock(pthread_mutex_t *m) NODISCARD;
void store_unlockp(pthread_mutex_t **m);
/* Lock m until the scope ends. The name is there to be released only. */
#define HOLD(m)                                                                \
	AUTO(store_unlockp)                                                    \
	__attribute__((unused)) pthread_mutex_t *held_lock = store_lock(m)

#endif
