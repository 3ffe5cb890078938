#include <fcntl.h>
#include <git2.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/store/inside.h"

/*
 * segment    a file of packed objects. state 0 open, 1 closed (a pack, name
 *            without suffix); size: bytes of a closed one up to its trailer.
 *            Its dead bytes are what no row of chunk and history claims.
 * chunk      the blobs of an object's parts, in order
 * due        versions entered since the last publication; only appended to,
 *            so that a filing touches one page of random ids, not four
 * published  versions that have, or will have, a tree and a commit
 * branch     the ref of an object: head is a commit in a closed segment, or
 *            NULL; dirty: to be worked on; turn: grows with every change
 * history    trees (kind 2) and commits (kind 1)
 *
 * The indexes on places hold the length too: the living bytes of a segment
 * are summed without touching the rows.
 */
const char *const store_schema =
    "CREATE TABLE store_identity ("
    "  one INTEGER PRIMARY KEY CHECK (one = 1),"
    "  id BLOB NOT NULL CHECK (length(id) = 16)) STRICT;"
    "CREATE TABLE segment ("
    "  id INTEGER PRIMARY KEY,"
    "  state INTEGER NOT NULL,"
    "  name TEXT NOT NULL,"
    "  size INTEGER NOT NULL) STRICT;"
    "CREATE TABLE chunk ("
    "  owner BLOB NOT NULL CHECK (length(owner) = 16),"
    "  version INTEGER NOT NULL,"
    "  part INTEGER NOT NULL,"
    "  idx INTEGER NOT NULL,"
    "  segment INTEGER NOT NULL REFERENCES segment (id),"
    "  offset INTEGER NOT NULL,"
    "  length INTEGER NOT NULL,"
    "  size INTEGER NOT NULL,"
    "  crc INTEGER NOT NULL,"
    "  oid BLOB NOT NULL CHECK (length(oid) = 20),"
    "  PRIMARY KEY (owner, version, part, idx)) STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX chunk_place ON chunk (segment, offset, length);"
    "CREATE TABLE due ("
    "  seq INTEGER PRIMARY KEY,"
    "  owner BLOB NOT NULL CHECK (length(owner) = 16),"
    "  version INTEGER NOT NULL,"
    "  space INTEGER NOT NULL,"
    "  hour INTEGER NOT NULL) STRICT;"
    "CREATE TABLE published ("
    "  owner BLOB NOT NULL CHECK (length(owner) = 16),"
    "  version INTEGER NOT NULL,"
    "  space INTEGER NOT NULL,"
    "  hour INTEGER NOT NULL,"
    "  tree BLOB,"
    "  head BLOB,"
    "  PRIMARY KEY (owner, version)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE branch ("
    "  owner BLOB PRIMARY KEY CHECK (length(owner) = 16),"
    "  ref TEXT NOT NULL UNIQUE,"
    "  head BLOB,"
    "  turn INTEGER NOT NULL,"
    "  dirty INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX branch_dirty ON branch (owner) WHERE dirty = 1;"
    "CREATE TABLE history ("
    "  owner BLOB NOT NULL CHECK (length(owner) = 16),"
    "  version INTEGER NOT NULL,"
    "  kind INTEGER NOT NULL,"
    "  segment INTEGER NOT NULL REFERENCES segment (id),"
    "  offset INTEGER NOT NULL,"
    "  length INTEGER NOT NULL,"
    "  crc INTEGER NOT NULL,"
    "  oid BLOB NOT NULL CHECK (length(oid) = 20),"
    "  PRIMARY KEY (owner, version, kind)) STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX history_place ON history (segment, offset, length);";

/*
 * preciousObjects: stock git then refuses to repack or prune here, which
 * would move objects away from where the catalog says they are.
 */
static const char config_text[] = "[core]\n"
				  "\trepositoryformatversion = 1\n"
				  "\tbare = true\n"
				  "\tfilemode = true\n"
				  "\tsharedRepository = umask\n"
				  "[extensions]\n"
				  "\tpreciousObjects = true\n"
				  "[gc]\n"
				  "\tauto = 0\n"
				  "[maintenance]\n"
				  "\tauto = false\n"
				  "[receive]\n"
				  "\tautogc = false\n"
				  "[gpg]\n"
				  "\tformat = ssh\n"
				  "[gpg \"ssh\"]\n"
				  "\tallowedSignersFile = allowed_signers\n";

static const char head_text[] = "ref: refs/heads/vault\n";

pthread_mutex_t *
store_lock(pthread_mutex_t *m)
{
	pthread_mutex_lock(m);
	return m;
}

void
store_unlockp(pthread_mutex_t **m)
{
	if (*m != NULL)
		pthread_mutex_unlock(*m);
}

int
store_check(const struct store *s, struct err *e)
{
	if (s->broken)
		return err_set(
		    e, ERR_IO, "the store stopped after a failed sync");
	return 0;
}

int
store_break(struct store *s, struct err *e, const char *what)
{
	s->broken = 1;
	err_sys(e, ERR_IO, "%s", what);
	/* Whatever errno says, nothing can be trusted any more. */
	if (e != NULL)
		e->code = ERR_IO;
	return -ERR_IO;
}

int
store_sync_dir(struct store *s, const char *path, struct err *e)
{
	int r;

	if ((r = dir_sync(s->dir, path, e)) < 0) {
		s->broken = 1;
		return r;
	}
	return 0;
}

uint64_t
store_room(struct store *s)
{
	struct statvfs v;
	uint64_t left;

	if (fstatvfs(s->dir, &v) < 0)
		return 0;
	left = (uint64_t)v.f_bavail * v.f_frsize;
	return left > s->reserve ? left - s->reserve : 0;
}

int
store_check_room(struct store *s, uint64_t n, struct err *e)
{
	if (store_room(s) <= n)
		return err_tag(e, ERR_FULL, "disk-reserve",
		    "the reserve of the disk is reached");
	return 0;
}

/* libgit2 must not read anybody's configuration but ours. */
static int
git_begin(struct err *e)
{
	static const int levels[] = { GIT_CONFIG_LEVEL_SYSTEM,
		GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
		GIT_CONFIG_LEVEL_PROGRAMDATA };
	size_t i;

	if (git_libgit2_init() < 0 ||
	    git_libgit2_opts(GIT_OPT_ENABLE_CACHING, 0) < 0)
		return err_set(e, ERR_INTERNAL, "libgit2 does not start");
	for (i = 0; i < NELEMS(levels); i++)
		if (git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "") <
		    0)
			return err_set(e, ERR_INTERNAL, "libgit2: paths");
	return 0;
}

static int
make_folders(struct store *s, struct err *e)
{
	static const char *const names[] = { "objects", "objects/info",
		"objects/pack", "refs", "refs/heads", "segments", "incoming" };
	size_t i;
	int r;

	for (i = 0; i < NELEMS(names); i++)
		if ((r = dir_make(s->dir, names[i], 0700, e)) < 0)
			return r;
	return 0;
}

/* HEAD last: with it the folder is a repository. */
static int
make_repository(struct store *s, struct err *e)
{
	int r;

	if ((r = make_folders(s, e)) < 0)
		return r;
	if (faccessat(s->dir, "HEAD", F_OK, 0) == 0)
		return 0;
	if ((r = file_write(s->dir, "config", config_text,
		 sizeof(config_text) - 1, 0600, e)) < 0)
		return r;
	return file_write(
	    s->dir, "HEAD", head_text, sizeof(head_text) - 1, 0600, e);
}

static int
init_locks(struct store *s, struct err *e)
{
	size_t i;
	int bad = 0;

	bad |= pthread_mutex_init(&s->maintenance, NULL);
	bad |= pthread_mutex_init(&s->lock, NULL);
	bad |= pthread_cond_init(&s->unpinned, NULL);
	for (i = 0; i < STORE_LANES; i++)
		bad |= pthread_mutex_init(&s->lane[i].lock, NULL);
	if (bad)
		return err_set(e, ERR_NOMEM, "locks");
	return 0;
}

int
store_open(const char *dir, struct catalog *c, uint64_t reserve,
    struct store **out, struct err *e)
{
	AUTO(store_freep) struct store *s = calloc(1, sizeof(*s));
	int r;

	if (s == NULL)
		return err_set(e, ERR_NOMEM, "store");
	s->c = c;
	s->dir = -1;
	s->reserve = reserve;
	s->next_id = 1;
	if ((r = git_begin(e)) < 0 || (r = init_locks(s, e)) < 0 ||
	    (r = dir_make(AT_FDCWD, dir, 0700, e)) < 0)
		return r;
	s->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir < 0)
		return err_sys(e, ERR_IO, "%s", dir);
	if ((r = make_repository(s, e)) < 0 || (r = recover(s, e)) < 0)
		return r;
	*out = TAKE(s);
	return 0;
}

void
store_freep(struct store **sp)
{
	struct store *s = *sp;
	size_t i;

	if (s == NULL)
		return;
	segment_free_all(s);
	fd_closep(&s->dir);
	for (i = 0; i < STORE_LANES; i++)
		pthread_mutex_destroy(&s->lane[i].lock);
	pthread_mutex_destroy(&s->lock);
	pthread_mutex_destroy(&s->maintenance);
	pthread_cond_destroy(&s->unpinned);
	git_libgit2_shutdown();
	free(s);
	*sp = NULL;
}
