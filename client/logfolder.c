#include "client/logfolder.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/leaf.h"
#include "base/rw.h"

#define LEVELS 8 /* of tiles: more leaves than a u64 counts */

struct reading {
	int fd;
	const struct note_key *key;
	struct merkle *tree;
	int root_is_right; /* of the entries, once they are all read */
	struct buf frozen; /* u64: leaves that say that a month was frozen */
	struct logfolder_report report;
	struct keeping *keeping; /* or NULL */
};

/* For logfolder_lost: hashes of one log, and what the other has besides. */
struct keeping {
	struct buf hashes; /* of own's leaves */
	int comparing;	   /* newer's are read now */
	uint64_t from;	   /* the first that differs; UINT64_MAX: none yet */
	struct buf lost;   /* entries: u32 of their length, bytes */
};

static int
forged(struct err *e, const char *what)
{
	return err_tag(e, ERR_INTEGRITY, "log-forged", "%s", what);
}

int
logfolder_head(const struct buf *note, const struct note_key *key,
    struct checkpoint *out, struct err *e)
{
	struct checkpoint got;
	size_t len;

	if (note_verify((const char *)note->p, note->len, key, 1, &len, NULL,
		NULL) < 0 ||
	    checkpoint_parse((const char *)note->p, len, &got, NULL) < 0)
		return forged(e, "checkpoint");
	/* C2SP tlog-checkpoint: a log's key has the name of its origin. */
	if (strcmp(got.origin, key->name) != 0)
		return forged(e, "checkpoint");
	*out = got;
	return 0;
}

int
logfolder_tiles(uint64_t size, logfolder_fn *each, void *arg, struct err *e)
{
	uint64_t nodes, n;
	int level, r = 0;

	for (level = -1; level < LEVELS && r == 0; level++) {
		nodes = level <= 0 ? size : size >> 8 * level;
		for (n = 0; n * TILE_WIDTH < nodes && r == 0; n++)
			r = each(arg, level, n,
			    nodes - n * TILE_WIDTH < TILE_WIDTH
				? (unsigned)(nodes - n * TILE_WIDTH)
				: TILE_WIDTH,
			    e);
	}
	return r;
}

static int
read_file(
    const struct reading *in, const char *path, struct buf *out, struct err *e)
{
	int r = file_read(in->fd, path, TILE_BYTES_MAX, out, e);

	if (r == -(int)ERR_NOT_FOUND)
		return err_tag(e, ERR_INCOMPLETE, "log-incomplete", "%s", path);
	if (r == -(int)ERR_TOO_LARGE)
		return forged(e, path);
	return r;
}

static int
bad_leaf(struct err *e, const char *path, uint64_t seq)
{
	return err_tag(
	    e, ERR_INTEGRITY, "log-forged", "%s, n° %" PRIu64, path, seq);
}

/* Acts that protect somebody, done, with what they are about in clear. */
static int
is_protective(const struct leaf *l)
{
	return l->outcome == LEAF_OK && l->nclear > 0 &&
	       (l->klass == LEAF_RESTRICT || l->klass == LEAF_OBJECTION ||
		   l->klass == LEAF_CONSENT_WITHDRAW || l->klass == LEAF_HOLD ||
		   l->klass == LEAF_ERASE_RUN);
}

static int
keep(struct keeping *k, const struct leaf *l, const void *p, size_t n,
    const struct hash *h, struct err *e)
{
	uint32_t len = (uint32_t)n;
	size_t at;
	int r;

	if (!k->comparing)
		return buf_add(&k->hashes, h->b, HASH_LEN, e);
	at = (size_t)l->seq * HASH_LEN;
	if (k->from == UINT64_MAX &&
	    (at >= k->hashes.len ||
		memcmp(k->hashes.p + at, h->b, HASH_LEN) != 0))
		k->from = l->seq;
	if (k->from == UINT64_MAX || !is_protective(l))
		return 0;
	if ((r = buf_add(&k->lost, &len, sizeof(len), e)) < 0)
		return r;
	return buf_add(&k->lost, p, n, e);
}

/* One leaf: a record of ours, in its place, not before the one before it. */
static int
take_leaf(struct reading *in, const char *path, uint64_t seq, const void *p,
    size_t n, struct err *e)
{
	struct leaf leaf = { 0 };
	struct hash hash;
	int r;

	if (leaf_decode(p, n, &leaf, NULL, NULL) < 0 || leaf.seq != seq ||
	    (seq > 0 && leaf.time_ms < in->report.last_ms))
		return bad_leaf(e, path, seq);
	if (seq == 0)
		in->report.first_ms = leaf.time_ms;
	in->report.last_ms = leaf.time_ms;
	if (leaf.klass == LEAF_BILAN && leaf.outcome == LEAF_OK &&
	    (r = buf_add(&in->frozen, &seq, sizeof(seq), e)) < 0)
		return r;
	if ((r = merkle_leaf_hash(p, n, &hash, e)) < 0 ||
	    (in->keeping != NULL &&
		(r = keep(in->keeping, &leaf, p, n, &hash, e)) < 0))
		return r;
	return merkle_append(in->tree, &hash, e);
}

static int
check_entries(struct reading *in, const char *path, uint64_t n, unsigned width,
    const struct buf *b, struct err *e)
{
	const uint8_t *p;
	struct rd rd;
	unsigned i;
	size_t len;
	int r;

	rd_init(&rd, b->p, b->len);
	for (i = 0; i < width; i++) {
		len = rd_u16(&rd);
		p = rd_borrow(&rd, len);
		if (p == NULL)
			return bad_leaf(e, path, n * TILE_WIDTH + i);
		if ((r = take_leaf(in, path, n * TILE_WIDTH + i, p, len, e)) <
		    0)
			return r;
	}
	return rd_end(&rd, path, NULL) < 0 ? forged(e, path) : 0;
}

/* Which of the two is wrong, the signed root tells. */
static int
blame(const struct reading *in, const char *path, int level, uint64_t n,
    unsigned width, uint64_t leaf, struct err *e)
{
	char entries[96];

	if (in->root_is_right || level > 0)
		return bad_leaf(e, path, leaf);
	tile_path(-1, n, width, entries);
	return bad_leaf(e, entries, leaf);
}

static int
check_hashes(struct reading *in, const char *path, int level, uint64_t n,
    unsigned width, const struct buf *b, struct err *e)
{
	struct hash hash;
	unsigned i;
	int r;

	if (b->len != (size_t)width * HASH_LEN)
		return forged(e, path);
	for (i = 0; i < width; i++) {
		if ((r = merkle_node(in->tree, 8 * (unsigned)level,
			 n * TILE_WIDTH + i, &hash, e)) < 0)
			return r;
		if (memcmp(hash.b, b->p + (size_t)i * HASH_LEN, HASH_LEN) != 0)
			return blame(in, path, level, n, width,
			    (n * TILE_WIDTH + i) << 8 * level, e);
	}
	return 0;
}

static int
compare_root(struct reading *in, struct err *e)
{
	struct hash root;
	int r;

	if ((r = merkle_root(in->tree, in->report.head.size, &root, e)) < 0)
		return r;
	in->root_is_right =
	    memcmp(root.b, in->report.head.root.b, HASH_LEN) == 0;
	return 0;
}

static int
check_tile(void *arg, int level, uint64_t n, unsigned width, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct reading *in = arg;
	char path[96];
	int r;

	if (level == 0 && n == 0 && (r = compare_root(in, e)) < 0)
		return r;
	tile_path(level, n, width, path);
	if ((r = read_file(in, path, &b, e)) < 0)
		return r;
	in->report.tiles++;
	return level < 0 ? check_entries(in, path, n, width, &b, e)
			 : check_hashes(in, path, level, n, width, &b, e);
}

/* Is the log that note signed a beginning of this one? */
static int
check_since(struct reading *in, const struct buf *note, struct err *e)
{
	struct checkpoint *old = &in->report.since;
	struct hash root;
	int r;

	if ((r = logfolder_head(note, in->key, old, NULL)) < 0)
		return forged(e, "--since");
	if (old->size > in->report.head.size)
		return err_tag(e, ERR_INCONSISTENT, "log-inconsistent",
		    "%" PRIu64 " > %" PRIu64, old->size, in->report.head.size);
	if (old->size > 0 &&
	    (r = merkle_root(in->tree, old->size, &root, e)) < 0)
		return r;
	if (old->size > 0 && memcmp(root.b, old->root.b, HASH_LEN) != 0)
		return err_tag(e, ERR_INCONSISTENT, "log-inconsistent",
		    "%" PRIu64, old->size);
	return 0;
}

static int
is_frozen(const struct reading *in, uint64_t leaf)
{
	uint64_t seq;
	size_t i;

	for (i = 0; i + sizeof(seq) <= in->frozen.len; i += sizeof(seq)) {
		memcpy(&seq, in->frozen.p + i, sizeof(seq));
		if (seq == leaf)
			return 1;
	}
	return 0;
}

/* The leaf of each signed month is in this log, and says that. */
static int
check_bilans(struct reading *in, struct err *e)
{
	AUTO(mem_freep)
	struct bilan_note *v = calloc(BILAN_NOTES_MAX, sizeof(*v));
	size_t i, n;
	int r;

	if (v == NULL)
		return err_set(e, ERR_NOMEM, "bilans");
	if ((r = bilan_notes_check(in->fd, LOG_BILANS, in->key, v, &n, e)) < 0)
		return r;
	for (i = 0; i < n; i++)
		if (!is_frozen(in, v[i].leaf))
			return err_tag(
			    e, ERR_INTEGRITY, "forged-bilan", "%s", v[i].month);
	in->report.bilans = n;
	if (n > 0) {
		memcpy(in->report.bilan_first, v[0].month, 8);
		memcpy(in->report.bilan_last, v[n - 1].month, 8);
	}
	return 0;
}

static int
check_all(struct reading *in, const struct buf *since, struct err *e)
{
	AUTO(buf_done) struct buf note = { 0 };
	int r;

	if ((r = read_file(in, "checkpoint", &note, e)) < 0 ||
	    (r = logfolder_head(&note, in->key, &in->report.head, e)) < 0 ||
	    (r = logfolder_tiles(in->report.head.size, check_tile, in, e)) < 0)
		return r;
	if ((r = compare_root(in, e)) < 0)
		return r;
	if (!in->root_is_right)
		return forged(e, "checkpoint");
	if (since != NULL && (r = check_since(in, since, e)) < 0)
		return r;
	return check_bilans(in, e);
}

static int
check_folder(const char *dir, const struct note_key *key,
    const struct buf *since, struct keeping *keeping,
    struct logfolder_report *out, struct err *e)
{
	AUTO(merkle_freep) struct merkle *tree = NULL;
	AUTO(fd_closep) int fd = -1;
	struct reading in = { .key = key, .keeping = keeping };
	int r;

	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_tag(e, ERR_INCOMPLETE, "log-incomplete", "%s", dir);
	if ((r = merkle_new(&tree, e)) < 0)
		return r;
	in.fd = fd;
	in.tree = tree;
	r = check_all(&in, since, e);
	buf_done(&in.frozen);
	if (r < 0)
		return r;
	*out = in.report;
	return 0;
}

int
logfolder_check(const char *dir, const struct note_key *key,
    const struct buf *since, struct logfolder_report *out, struct err *e)
{
	return check_folder(dir, key, since, NULL, out, e);
}

/* Nothing is given out before the whole log is known to be genuine. */
static int
give_lost(
    const struct buf *lost, logfolder_leaf_fn *each, void *arg, struct err *e)
{
	struct leaf leaf;
	uint32_t len;
	size_t at;
	int r;

	for (at = 0; at < lost->len; at += sizeof(len) + len) {
		AUTO(mem_freep) struct leaf_clear *clear = NULL;

		memcpy(&len, lost->p + at, sizeof(len));
		if ((r = leaf_decode(lost->p + at + sizeof(len), len, &leaf,
			 &clear, e)) < 0 ||
		    (r = each(arg, &leaf, e)) < 0)
			return r;
	}
	return 0;
}

int
logfolder_lost(const char *own, const char *newer, const struct note_key *key,
    logfolder_leaf_fn *each, void *arg, uint64_t *from, struct err *e)
{
	struct keeping k = { .from = UINT64_MAX };
	struct logfolder_report report = { 0 };
	int r;

	if ((r = check_folder(own, key, NULL, &k, &report, e)) == 0) {
		k.comparing = 1;
		r = check_folder(newer, key, NULL, &k, &report, e);
	}
	if (r == 0)
		r = give_lost(&k.lost, each, arg, e);
	if (r == 0)
		*from = k.from != UINT64_MAX ? k.from : report.head.size;
	buf_done(&k.hashes);
	buf_done(&k.lost);
	return r;
}
