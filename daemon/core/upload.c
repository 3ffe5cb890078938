#include "daemon/core/upload.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/seal.h"
#include "daemon/core/keypool.h"
#include "daemon/core/submission.h"

#define ZEROS 65536 /* bytes of padding written at once */

enum upload_state { UPLOAD_IDLE, UPLOAD_WRITING, UPLOAD_TAKEN };

/*
 * The list, states and charges are guarded by uploads.lock; the rest belongs
 * to whoever is writing or has taken the upload.
 */
struct upload {
	struct upload *next;
	struct core *core;
	struct id id;
	uint32_t uid;
	enum upload_state state;
	int doomed;	 /* dropped when it is given back */
	int64_t used_ms; /* last given back */
	uint64_t charge; /* bytes in the memfd */

	struct fresh_key key;
	struct sealer *sealer;
	struct stage *stage;
	struct digest *digest;
	struct buf out; /* sealed bytes on their way to the stage */
	uint64_t size;
	uint64_t max; /* bytes */
	int fd, whole, broken, finished;
	uint8_t sha256[SHA256_LEN];
};

struct uploads {
	pthread_mutex_t lock;
	struct upload *first;
	size_t n;
	uint64_t charged; /* bytes of all memfds together */
};

int
uploads_open(struct uploads **out, struct err *e)
{
	struct uploads *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return err_set(e, ERR_NOMEM, "uploads");
	pthread_mutex_init(&u->lock, NULL);
	*out = u;
	return 0;
}

static void
upload_free(struct upload *u)
{
	if (u == NULL)
		return;
	fresh_key_done(&u->key);
	sealer_freep(&u->sealer);
	stage_freep(&u->stage);
	digest_freep(&u->digest);
	buf_done(&u->out);
	fd_closep(&u->fd);
	free(u);
}

/* Under the lock: out of the list, its memory back. */
static void
unlink_upload(struct uploads *us, struct upload *u)
{
	struct upload **at;

	for (at = &us->first; *at != NULL && *at != u; at = &(*at)->next)
		;
	if (*at == NULL)
		return;
	*at = u->next;
	us->n--;
	us->charged -= u->charge;
	upload_free(u);
}

void
uploads_freep(struct uploads **up)
{
	struct uploads *us = TAKE(*up);

	if (us == NULL)
		return;
	while (us->first != NULL)
		unlink_upload(us, us->first);
	pthread_mutex_destroy(&us->lock);
	free(us);
}

void
uploads_reset(struct uploads *us)
{
	struct upload *u, *next;

	pthread_mutex_lock(&us->lock);
	for (u = us->first; u != NULL; u = next) {
		next = u->next;
		u->doomed = 1;
		if (u->state == UPLOAD_IDLE)
			unlink_upload(us, u);
	}
	pthread_mutex_unlock(&us->lock);
}

/* Under the lock: what nobody used for longer than age goes. */
static void
expire(struct uploads *us, int64_t now_ms, int64_t age_ms)
{
	struct upload *u, *next;

	for (u = us->first; u != NULL; u = next) {
		next = u->next;
		if (u->state == UPLOAD_IDLE && now_ms - u->used_ms > age_ms)
			unlink_upload(us, u);
	}
}

static struct upload *
find(struct uploads *us, uint32_t uid, const struct id *id)
{
	struct upload *u;

	for (u = us->first; u != NULL; u = u->next)
		if (u->uid == uid && id_equal(&u->id, id))
			return u;
	return NULL;
}

static size_t
count_of(const struct uploads *us, uint32_t uid)
{
	const struct upload *u;
	size_t n = 0;

	for (u = us->first; u != NULL; u = u->next)
		n += u->uid == uid;
	return n;
}

uint64_t
uploads_max(const struct core *c, const struct caller *caller)
{
	uint64_t max = c->settings.file_max;

	if (caller->who == NULL || caller->who->recipient == NULL)
		return max;
	return max < SUBMISSION_MAX ? max : SUBMISSION_MAX;
}

/* --- begin --------------------------------------------------------------- */

static struct seal_context
context(const struct upload *u)
{
	return (struct seal_context){ .type = SEAL_CONTENT,
		.vault = u->core->settings.vault,
		.document = u->id };
}

static int
start(struct upload *u, struct err *e)
{
	struct seal_context c = context(u);
	int r;

	if ((r = keypool_try(u->core->keys, &u->key, e)) < 0 ||
	    (r = stage_new(u->core->store, &u->stage, e)) < 0 ||
	    (r = digest_new(DIGEST_SHA256, &u->digest, e)) < 0 ||
	    (r = memfd_new("upload", &u->fd, e)) < 0 ||
	    (r = sealer_new(u->key.key.p, &c, &u->out, &u->sealer, e)) < 0)
		return r;
	/* The stage needs the key no more than we do: the sealer has it. */
	secret_done(&u->key.key);
	r = stage_write(u->stage, u->out.p, u->out.len, e);
	u->out.len = 0;
	return r;
}

static int
make(struct core *core, const struct caller *caller, const struct id *id,
    struct upload **out, struct err *e)
{
	int partner = caller->who->recipient != NULL, r;
	struct uploads *us = core->uploads;
	uint32_t uid = caller->actor.uid;
	struct upload *u;
	size_t most = partner ? UPLOADS_PER_PARTNER : UPLOADS_PER_UID;

	if (count_of(us, uid) >= most)
		return err_tag(e, ERR_BUSY, "uploads-open",
		    "more than %zu uploads open: file or wait", most);
	if (us->n >= UPLOADS_MAX)
		return err_tag(
		    e, ERR_BUSY, "uploads-open", "too many uploads at once");
	if (store_room(core->store) == 0)
		return err_tag(e, ERR_FULL, "disk-reserve",
		    "the disk reserve is reached: nothing can be filed");
	if ((u = calloc(1, sizeof(*u))) == NULL)
		return err_set(e, ERR_NOMEM, "upload");
	u->core = core;
	u->uid = uid;
	u->id = *id;
	u->fd = -1;
	u->whole = 1;
	u->max = uploads_max(core, caller);
	if ((r = start(u, e)) < 0) {
		upload_free(u);
		return r;
	}
	u->next = us->first;
	us->first = u;
	us->n++;
	*out = u;
	return 0;
}

static int
check_resume(const struct upload *u, uint64_t offset, struct err *e)
{
	if (u->state != UPLOAD_IDLE)
		return err_tag(e, ERR_BUSY, "upload-busy",
		    "this upload is in use at this moment");
	if (u->finished)
		return err_tag(e, ERR_CONFLICT, "upload-finished",
		    "this upload was finished");
	if (offset != u->size)
		return err_tag(e, ERR_CONFLICT, "offset",
		    "%llu bytes of this upload are here",
		    (unsigned long long)u->size);
	return 0;
}

static int
begin(struct core *core, const struct caller *caller, const struct id *id,
    uint64_t offset, struct upload **out, struct err *e)
{
	struct upload *u;
	int r;

	expire(core->uploads, core_now(core), UPLOAD_IDLE_MS);
	if ((u = find(core->uploads, caller->actor.uid, id)) != NULL)
		r = check_resume(u, offset, e);
	else if (offset != 0)
		r = err_tag(e, ERR_CONFLICT, "offset",
		    "0 bytes of this upload are here");
	else
		r = make(core, caller, id, &u, e);
	if (r < 0)
		return r;
	u->state = UPLOAD_WRITING;
	*out = u;
	return 0;
}

static int
check_who(struct core *core, const struct caller *caller, const char *id_text,
    struct id *id, struct err *e)
{
	if (caller->who == NULL)
		return err_tag(e, ERR_DENIED, "nobody",
		    "nobody in this vault has this account");
	if (id_parse(id_text, id, NULL) < 0)
		return err_tag(e, ERR_INVALID, "upload-id",
		    "an upload's id has 26 characters a-z2-7");
	return core_check_open(core, e);
}

int
uploads_begin(struct core *c, const struct caller *caller, const char *id_text,
    uint64_t offset, struct upload **out, struct err *e)
{
	struct id id;
	int r;

	if ((r = check_who(c, caller, id_text, &id, e)) < 0)
		return r;
	pthread_mutex_lock(&c->uploads->lock);
	r = begin(c, caller, &id, offset, out, e);
	pthread_mutex_unlock(&c->uploads->lock);
	return r;
}

/* --- the body ------------------------------------------------------------ */

static uint64_t
inspect_max(const struct upload *u)
{
	return u->core->settings.inspect_max;
}

/* Too large to be inspected whole: only its beginning stays. */
static int
shorten(struct upload *u, struct err *e)
{
	struct uploads *us = u->core->uploads;
	uint64_t keep = UPLOAD_HEAD_MAX < u->size ? UPLOAD_HEAD_MAX : u->size;

	if (ftruncate(u->fd, (off_t)keep) < 0)
		return err_sys(e, ERR_INTERNAL, "upload's memory");
	pthread_mutex_lock(&us->lock);
	us->charged -= u->charge - keep;
	u->charge = keep;
	pthread_mutex_unlock(&us->lock);
	u->whole = 0;
	return 0;
}

/* Memory for n more bytes; idle uploads of others may have to go. */
static int
charge(struct upload *u, uint64_t n, struct err *e)
{
	struct uploads *us = u->core->uploads;
	int full;

	pthread_mutex_lock(&us->lock);
	if (us->charged + n > UPLOAD_MEMORY_MAX)
		expire(us, core_now(u->core), UPLOAD_YIELD_MS);
	full = us->charged + n > UPLOAD_MEMORY_MAX;
	if (!full) {
		us->charged += n;
		u->charge += n;
	}
	pthread_mutex_unlock(&us->lock);
	if (full)
		return err_tag(e, ERR_BUSY, "inspection-memory",
		    "too much is being filed at once: go on in a moment");
	return 0;
}

/* The copy for inspection: all of it, or the first MiB of what is large. */
static int
copy(struct upload *u, const uint8_t *p, size_t n, struct err *e)
{
	uint64_t room;
	int r;

	if (u->whole && u->size + n > inspect_max(u) && (r = shorten(u, e)) < 0)
		return r;
	if (!u->whole) {
		room = UPLOAD_HEAD_MAX - u->charge;
		n = n < room ? n : (size_t)room;
	}
	if (n == 0)
		return 0;
	if ((r = charge(u, n, e)) < 0)
		return r;
	return fd_write_all(u->fd, p, n, e);
}

static int
seal(struct upload *u, const void *p, size_t n, struct err *e)
{
	int r;

	if ((r = sealer_write(u->sealer, p, n, &u->out, e)) < 0)
		return r;
	r = stage_write(u->stage, u->out.p, u->out.len, e);
	u->out.len = 0;
	return r;
}

int
upload_write(struct upload *u, const void *p, size_t n, struct err *e)
{
	uint64_t max = u->max;
	int r;

	if (u->broken)
		return err_set(e, ERR_INTERNAL, "the upload failed before");
	if (n > max || u->size > max - n) {
		u->broken = 1;
		return err_tag(e, ERR_TOO_LARGE, "file-max",
		    "a file over %llu bytes", (unsigned long long)max);
	}
	/* Only this may fail and leave the upload good: nothing is in yet. */
	if ((r = copy(u, p, n, e)) < 0) {
		u->broken = r != -ERR_BUSY;
		return r;
	}
	if ((r = digest_add(u->digest, p, n, e)) < 0 ||
	    (r = seal(u, p, n, e)) < 0) {
		u->broken = 1;
		return r;
	}
	u->size += n;
	return 0;
}

uint64_t
upload_offset(const struct upload *u)
{
	return u->size;
}

/* --- given back ---------------------------------------------------------- */

static void
give_back(struct upload *u, int drop)
{
	struct uploads *us;

	if (u == NULL)
		return;
	us = u->core->uploads;
	pthread_mutex_lock(&us->lock);
	u->state = UPLOAD_IDLE;
	u->used_ms = core_now(u->core);
	if (drop || u->broken || u->doomed)
		unlink_upload(us, u);
	pthread_mutex_unlock(&us->lock);
}

void
upload_pause(struct upload *u)
{
	give_back(u, 0);
}

void
upload_put(struct upload **u)
{
	give_back(TAKE(*u), 0);
}

void
upload_drop(struct upload **u)
{
	give_back(TAKE(*u), 1);
}

int
uploads_offset(struct core *c, const struct caller *caller, const char *id_text,
    uint64_t *offset, struct err *e)
{
	struct upload *u;
	struct id id;
	int r;

	if ((r = check_who(c, caller, id_text, &id, e)) < 0)
		return r;
	pthread_mutex_lock(&c->uploads->lock);
	expire(c->uploads, core_now(c), UPLOAD_IDLE_MS);
	u = find(c->uploads, caller->actor.uid, &id);
	if (u == NULL)
		r = err_tag(e, ERR_NOT_FOUND, "upload", "no such upload");
	else if (u->state == UPLOAD_WRITING)
		r = err_tag(e, ERR_BUSY, "upload-busy",
		    "this upload is in use at this moment");
	else
		*offset = u->size;
	pthread_mutex_unlock(&c->uploads->lock);
	return r;
}

/* --- for filing ---------------------------------------------------------- */

/* Padmé: the size on disk must not tell the document. */
static int
pad(struct upload *u, struct err *e)
{
	AUTO(mem_freep) uint8_t *zeros = NULL;
	uint64_t left = seal_padme(u->size) - u->size;
	size_t n;
	int r;

	if (left == 0)
		return 0;
	if ((zeros = calloc(1, ZEROS)) == NULL)
		return err_set(e, ERR_NOMEM, "padding");
	for (; left > 0; left -= n) {
		n = left < ZEROS ? (size_t)left : ZEROS;
		if ((r = seal(u, zeros, n, e)) < 0)
			return r;
	}
	return 0;
}

static int
finish(struct upload *u, struct err *e)
{
	int r;

	if (u->finished)
		return 0;
	if ((r = digest_final(u->digest, u->sha256, e)) < 0 ||
	    (r = pad(u, e)) < 0 ||
	    (r = sealer_finish(u->sealer, &u->out, e)) < 0 ||
	    (r = stage_write(u->stage, u->out.p, u->out.len, e)) < 0 ||
	    (r = stage_finish(u->stage, e)) < 0)
		return r;
	u->out.len = 0;
	if (fcntl(u->fd, F_ADD_SEALS,
		F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return err_sys(e, ERR_INTERNAL, "sealing an upload's memory");
	u->finished = 1;
	return 0;
}

static struct upload_facts
facts_of(const struct upload *u)
{
	struct upload_facts f = { .id = u->id,
		.stage = u->stage,
		.key = u->key.number,
		.size = u->size,
		.fd = u->fd,
		.whole = u->whole,
		.held = u->charge };

	memcpy(f.sha256, u->sha256, sizeof(f.sha256));
	return f;
}

int
uploads_take(struct core *c, const struct caller *caller, const char *id_text,
    struct upload **out, struct upload_facts *facts, struct err *e)
{
	struct upload *u;
	struct id id;
	int r;

	if ((r = check_who(c, caller, id_text, &id, e)) < 0)
		return r;
	pthread_mutex_lock(&c->uploads->lock);
	expire(c->uploads, core_now(c), UPLOAD_IDLE_MS);
	u = find(c->uploads, caller->actor.uid, &id);
	if (u == NULL)
		r = err_tag(e, ERR_NOT_FOUND, "upload",
		    "no such upload: send the file first");
	else if (u->state != UPLOAD_IDLE)
		r = err_tag(e, ERR_BUSY, "upload-busy",
		    "this upload is in use at this moment");
	else
		u->state = UPLOAD_TAKEN;
	pthread_mutex_unlock(&c->uploads->lock);
	if (r < 0)
		return r;
	if ((r = finish(u, e)) < 0) {
		upload_drop(&u);
		return r;
	}
	*facts = facts_of(u);
	*out = u;
	return 0;
}
