#include "daemon/catalog/catalog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/catalog/conn.h"

/*
 * The lock is an open-file-description lock: it ends with the process, and
 * two openers in one process exclude each other too.
 */
static int
lock_take(const char *path, int *out, struct err *e)
{
	AUTO(mem_freep) char *name = NULL;
	AUTO(fd_closep) int fd = -1;
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (asprintf(&name, "%s.lock", path) < 0) {
		name = NULL;
		return err_set(e, ERR_NOMEM, "out of memory");
	}
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(e, ERR_IO, "lock file");
	if (fcntl(fd, F_OFD_SETLK, &fl) < 0) {
		if (errno == EAGAIN || errno == EACCES)
			return err_tag(e, ERR_CONFLICT, "vault-in-use",
			    "another daemon has this vault open");
		return err_sys(e, ERR_IO, "lock");
	}
	*out = fd;
	fd = -1;
	return 0;
}

/* Ours before SQLite sees it: private, and no symbolic link. */
static int
file_make(const char *path, struct err *e)
{
	AUTO(fd_closep) int fd = -1;
	struct stat st;

	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, ERR_IO, "catalog");
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_CONFLICT, "catalog: not a file");
	return 0;
}

static void
locks_init(struct catalog *c)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&c->mutex, NULL);
	pthread_mutex_init(&c->checkpoint, NULL);
	pthread_cond_init(&c->free, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->returned, &attr);
	pthread_condattr_destroy(&attr);
}

int
catalog_open(const char *path, const char *const *schema, size_t n,
    struct catalog **out, struct err *e)
{
	AUTO(catalog_freep) struct catalog *c = NULL;
	int r;

	if (!sqlite3_threadsafe())
		return err_set(e, ERR_INTERNAL, "SQLite without threads");
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return err_set(e, ERR_NOMEM, "out of memory");
	c->lock = -1;
	locks_init(c);
	if ((c->path = strdup(path)) == NULL)
		return err_set(e, ERR_NOMEM, "out of memory");
	if ((r = lock_take(path, &c->lock, e)) < 0 ||
	    (r = file_make(path, e)) < 0 ||
	    (r = conn_open(c, CONN_WRITER, &c->writer, e)) < 0 ||
	    (r = schema_apply(c, schema, n, e)) < 0)
		return r;
	*out = TAKE(c);
	return 0;
}

void
catalog_freep(struct catalog **pp)
{
	struct catalog *c = TAKE(*pp);
	struct catalog_conn *conn;

	if (c == NULL)
		return;
	while ((conn = c->idle) != NULL) {
		c->idle = conn->next;
		conn_freep(&conn);
	}
	conn_freep(&c->checkpointer);
	conn_freep(&c->writer);
	/* Last: until here the files are ours. */
	fd_closep(&c->lock);
	pthread_cond_destroy(&c->returned);
	pthread_cond_destroy(&c->free);
	pthread_mutex_destroy(&c->checkpoint);
	pthread_mutex_destroy(&c->mutex);
	free(c->path);
	free(c);
}

int
catalog_writer_take(struct catalog *c, struct catalog_conn **out, struct err *e)
{
	int r;

	pthread_mutex_lock(&c->mutex);
	if (c->writing && pthread_equal(c->writing_thread, pthread_self())) {
		pthread_mutex_unlock(&c->mutex);
		return err_set(
		    e, ERR_INTERNAL, "catalog: this thread is writing already");
	}
	while (c->writing)
		pthread_cond_wait(&c->free, &c->mutex);
	if ((r = catalog_usable(c, e)) == 0) {
		c->writing = 1;
		c->writing_thread = pthread_self();
		*out = c->writer;
	} else {
		pthread_cond_signal(&c->free); /* the next one hears it too */
	}
	pthread_mutex_unlock(&c->mutex);
	return r;
}

void
catalog_writer_give(struct catalog *c)
{
	pthread_mutex_lock(&c->mutex);
	c->writing = 0;
	pthread_cond_signal(&c->free);
	pthread_mutex_unlock(&c->mutex);
}

int
catalog_reader_take(struct catalog *c, struct catalog_conn **out, struct err *e)
{
	struct catalog_conn *conn = NULL;
	int r;

	if ((r = catalog_usable(c, e)) < 0)
		return r;
	pthread_mutex_lock(&c->mutex);
	if (c->nreaders >= CATALOG_READERS) {
		pthread_mutex_unlock(&c->mutex);
		return err_set(e, ERR_BUSY, "more than %d readers at once",
		    CATALOG_READERS);
	}
	c->nreaders++;
	if ((conn = c->idle) != NULL) {
		c->idle = conn->next;
		c->nidle--;
	}
	pthread_mutex_unlock(&c->mutex);
	if (conn == NULL && (r = conn_open(c, CONN_READER, &conn, e)) < 0) {
		catalog_reader_give(c, NULL);
		return r;
	}
	*out = conn;
	return 0;
}

void
catalog_reader_give(struct catalog *c, struct catalog_conn *conn)
{
	pthread_mutex_lock(&c->mutex);
	c->nreaders--;
	c->returns++;
	pthread_cond_broadcast(&c->returned);
	if (conn != NULL && c->nidle < CATALOG_READERS_IDLE) {
		conn->next = c->idle;
		c->idle = TAKE(conn);
		c->nidle++;
	}
	pthread_mutex_unlock(&c->mutex);
	conn_freep(&conn);
}

static int
checkpoint(struct catalog *c, int full, struct err *e)
{
	int rc, r, left = 0, done = 0;

	if ((r = catalog_usable(c, e)) < 0)
		return r;
	if (c->checkpointer == NULL &&
	    (r = conn_open(c, CONN_CHECKPOINT, &c->checkpointer, e)) < 0)
		return r;
	rc = sqlite3_wal_checkpoint_v2(c->checkpointer->db, NULL,
	    full ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE,
	    &left, &done);
	if (rc == SQLITE_BUSY && !full)
		return 0; /* another one is folding: as good */
	if (rc != SQLITE_OK)
		return conn_error(c->checkpointer, rc, e);
	return 0;
}

/* With the writer out; ERR_BUSY while readers need the WAL. */
static int
truncate_once(struct catalog *c, struct err *e)
{
	struct catalog_conn *unused;
	int r;

	if ((r = catalog_writer_take(c, &unused, e)) < 0)
		return r;
	r = checkpoint(c, 1, e);
	catalog_writer_give(c);
	return r;
}

/* Wait until a reader returned since seen; 0 when the deadline is past. */
static int
reader_returned(struct catalog *c, uint64_t seen, const struct timespec *until)
{
	int r = 0, did;

	pthread_mutex_lock(&c->mutex);
	while (c->returns == seen && r == 0)
		r = pthread_cond_timedwait(&c->returned, &c->mutex, until);
	did = c->returns != seen;
	pthread_mutex_unlock(&c->mutex);
	return did;
}

static uint64_t
returns_now(struct catalog *c)
{
	uint64_t n;

	pthread_mutex_lock(&c->mutex);
	n = c->returns;
	pthread_mutex_unlock(&c->mutex);
	return n;
}

/*
 * The writer is let in between two tries: a reader may be waiting for what
 * the writer is to do, and would never return otherwise.
 */
static int
checkpoint_full(struct catalog *c, struct err *e)
{
	struct timespec until;
	uint64_t seen;
	int r;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += CATALOG_FULL_MS / 1000;
	do {
		seen = returns_now(c);
		pthread_mutex_lock(&c->checkpoint);
		r = truncate_once(c, e);
		pthread_mutex_unlock(&c->checkpoint);
	} while (r == -ERR_BUSY && reader_returned(c, seen, &until));
	return r;
}

int
catalog_checkpoint(struct catalog *c, int full, struct err *e)
{
	int r;

	if (full)
		return checkpoint_full(c, e);
	pthread_mutex_lock(&c->checkpoint);
	r = checkpoint(c, 0, e);
	pthread_mutex_unlock(&c->checkpoint);
	return r;
}

/* By a connection of its own: its settings end with it. */
static int
rewrite(struct catalog *c, struct err *e)
{
	AUTO(conn_freep) struct catalog_conn *conn = NULL;
	struct catalog_conn *unused;
	int r;

	if ((r = catalog_writer_take(c, &unused, e)) < 0)
		return r;
	if ((r = conn_open(c, CONN_WRITER, &conn, e)) == 0)
		r = conn_vacuum(conn, e);
	catalog_writer_give(c);
	return r;
}

int
catalog_rewrite(struct catalog *c, struct err *e)
{
	int r = rewrite(c, e);

	return r < 0 ? r : catalog_checkpoint(c, 1, e);
}
