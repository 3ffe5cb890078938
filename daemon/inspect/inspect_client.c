#include "daemon/inspect/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/ipc.h"
#include "base/text.h"
#include "daemon/inspect/client_inside.h"
#include "daemon/inspect/range.h"

#define IDLE_MAX 16   /* connections kept while nobody asks */
#define TURNS_MAX 128 /* taken at once: more than there are handlers */
#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)

/* Who waits for a turn, on its own stack; given: it has it. */
struct waiter {
	uid_t uid;
	int given;
	pthread_cond_t cond;
	struct waiter *next;
};

struct inspector {
	char path[IPC_PATH_MAX + 1];
	uid_t uid;
	pthread_mutex_t lock; /* over all below */
	int idle[IDLE_MAX];
	size_t nidle;
	uid_t at[TURNS_MAX]; /* whose turns are taken */
	size_t nat;
	struct waiter *waiting; /* in the order in which they came */
};

int
inspector_open(
    const char *path, uid_t uid_inspect, struct inspector **out, struct err *e)
{
	struct inspector *i;

	if (strlen(path) > IPC_PATH_MAX)
		return err_set(e, ERR_TOO_LARGE, "%s: path too long", path);
	if ((i = calloc(1, sizeof(*i))) == NULL)
		return err_set(e, ERR_NOMEM, "inspector");
	memcpy(i->path, path, strlen(path) + 1);
	i->uid = uid_inspect;
	if (pthread_mutex_init(&i->lock, NULL) != 0) {
		free(i);
		return err_set(e, ERR_NOMEM, "inspector");
	}
	*out = i;
	return 0;
}

void
inspector_freep(struct inspector **i)
{
	size_t k;

	if (*i == NULL)
		return;
	for (k = 0; k < (*i)->nidle; k++)
		close((*i)->idle[k]);
	pthread_mutex_destroy(&(*i)->lock);
	free(*i);
	*i = NULL;
}

/* --- turns ---------------------------------------------------------------- */

static size_t
turns_of(const struct inspector *i, uid_t uid)
{
	size_t k, n = 0;

	for (k = 0; k < i->nat; k++)
		n += i->at[k] == uid;
	return n;
}

static int
may_go(const struct inspector *i, uid_t uid)
{
	return i->nat < TURNS_MAX && turns_of(i, uid) < INSPECT_PER_UID;
}

/*
 * At the end of those that wait, until it is given: of one uid, whoever came
 * first goes first.
 */
static void
wait_for_turn(struct inspector *i, uid_t uid)
{
	struct waiter w = { .uid = uid, .cond = PTHREAD_COND_INITIALIZER };
	struct waiter **last = &i->waiting;

	while (*last != NULL)
		last = &(*last)->next;
	*last = &w;
	while (!w.given)
		pthread_cond_wait(&w.cond, &i->lock);
	pthread_cond_destroy(&w.cond);
}

/*
 * The turn that was given back goes to the first that may have it, and only
 * that one is woken: there may be as many waiting as there are handlers.
 */
static void
pass_on(struct inspector *i)
{
	struct waiter **at = &i->waiting, *w;

	while (*at != NULL && !may_go(i, (*at)->uid))
		at = &(*at)->next;
	if ((w = *at) == NULL)
		return;
	*at = w->next;
	i->at[i->nat++] = w->uid;
	w->given = 1;
	pthread_cond_signal(&w->cond);
}

void
inspect_turn_take(struct inspector *i, uid_t uid, struct inspect_turn *out)
{
	pthread_mutex_lock(&i->lock);
	if (may_go(i, uid))
		i->at[i->nat++] = uid;
	else
		wait_for_turn(i, uid);
	pthread_mutex_unlock(&i->lock);
	*out = (struct inspect_turn){ i, uid };
}

void
inspect_turn_done(struct inspect_turn *t)
{
	struct inspector *i = t->of;
	size_t k = 0;

	if (i == NULL)
		return;
	pthread_mutex_lock(&i->lock);
	while (i->at[k] != t->uid)
		k++;
	i->at[k] = i->at[--i->nat];
	pass_on(i);
	pthread_mutex_unlock(&i->lock);
	t->of = NULL;
}

/* --- asking --------------------------------------------------------------- */

/* A kept connection, or -1. */
static int
take_idle(struct inspector *i)
{
	int fd = -1;

	pthread_mutex_lock(&i->lock);
	if (i->nidle > 0)
		fd = i->idle[--i->nidle];
	pthread_mutex_unlock(&i->lock);
	return fd;
}

static void
keep_idle(struct inspector *i, int *fd)
{
	pthread_mutex_lock(&i->lock);
	if (i->nidle < IDLE_MAX) {
		i->idle[i->nidle++] = *fd;
		*fd = -1;
	}
	pthread_mutex_unlock(&i->lock);
}

int
inspector_adopt(int *fd, struct inspector **out, struct err *e)
{
	int r = inspector_open("", getuid(), out, e);

	if (r == 0)
		keep_idle(*out, fd);
	return r;
}

/* The verdict comes from whoever listens there: it must be the right uid. */
static int
connect_checked(const struct inspector *i, int *out, struct err *e)
{
	AUTO(fd_closep) int fd = -1;
	struct peer peer;
	int r;

	if ((r = ipc_connect(i->path, SOCK_SEQPACKET, &fd, e)) < 0 ||
	    (r = ipc_peer(fd, &peer, e)) < 0)
		return r;
	if (peer.uid != i->uid)
		return err_set(e, ERR_UNAVAILABLE,
		    "inspect.sock is served by another account");
	*out = fd;
	fd = -1;
	return 0;
}

static int
failed(struct err *e, const char *what)
{
	return err_tag(
	    e, ERR_REFUSED, "inspection-failed", "inspection: %s", what);
}

/* One request and its answer over fd. */
static int
exchange(int fd, const struct buf *req, const int *fds, size_t nfds,
    struct buf *answer, struct err *e)
{
	size_t none = 0;
	int r;

	if ((r = ipc_send(fd, req->p, req->len, fds, nfds, e)) < 0)
		return r;
	r = ipc_recv(fd, answer, NULL, &none, INSPECT_DEADLINE_MS, e);
	if (r == -(int)ERR_BUSY)
		return failed(e, "out of time");
	return r;
}

/*
 * Ask over a kept connection if there is one. It may be that of a process
 * that has gone since: asking has no effect there, so ask again over a new
 * one. A connection that failed is not kept.
 */
static int
ask(struct inspector *i, const struct buf *req, const int *fds, size_t nfds,
    struct buf *answer, struct err *e)
{
	AUTO(fd_closep) int fd = -1;
	int r = -(int)ERR_UNAVAILABLE;

	while (r == -(int)ERR_UNAVAILABLE && (fd = take_idle(i)) >= 0) {
		r = exchange(fd, req, fds, nfds, answer, e);
		if (r < 0)
			fd_closep(&fd);
	}
	if (r == -(int)ERR_UNAVAILABLE) {
		if ((r = connect_checked(i, &fd, e)) < 0)
			return r;
		r = exchange(fd, req, fds, nfds, answer, e);
	}
	if (r < 0)
		return r;
	keep_idle(i, &fd);
	return 0;
}

/*
 * The part of an answer that the worker wrote. Whatever ended the worker, the
 * file is refused: that is the same for a crash and for a time limit.
 */
static int
unwrap(struct buf *answer, struct err *e)
{
	uint8_t end = answer->len > 0 ? answer->p[0] : WIRE_BAD;

	if (end == WIRE_BAD)
		return err_set(e, ERR_INTERNAL, "inspection: bad request");
	if (end == WIRE_LATE)
		return failed(e, "out of time");
	if (end != WIRE_DONE)
		return failed(e, "the worker died");
	buf_drop(answer, 1);
	return 0;
}

/* A worker's answer that makes no sense is a worker that was taken over. */
int
client_distrust(int r, struct err *e)
{
	return r < 0 ? failed(e, "the answer makes no sense") : 0;
}

int
client_ask(struct inspector *i, const struct wire_request *q, const int *fds,
    struct buf *answer, struct err *e)
{
	AUTO(buf_done) struct buf req = { 0 };
	int r;

	if ((r = wire_request_encode(q, &req, e)) < 0 ||
	    (r = ask(i, &req, fds, wire_request_fds(q), answer, e)) < 0)
		return r;
	return unwrap(answer, e);
}

/*
 * From here on nobody writes in the memfd. Sealed already is fine.
 */
int
client_freeze(int fd, uint64_t size, struct err *e)
{
	struct stat st;
	int got;

	if (fcntl(fd, F_ADD_SEALS, SEALS) < 0 && errno != EPERM)
		return err_sys(e, ERR_INTERNAL, "seal a memfd");
	got = fcntl(fd, F_GET_SEALS);
	if (got < 0 || (got & SEALS) != SEALS)
		return err_set(e, ERR_INTERNAL, "the memfd is not sealed");
	if (fstat(fd, &st) < 0 || (uint64_t)st.st_size != size)
		return err_set(e, ERR_INTERNAL, "the memfd has another size");
	return 0;
}

int
inspect_type(struct inspector *i, int fd, uint64_t size, int whole,
    struct inspect_type *out, struct err *e)
{
	const struct wire_request q = {
		.op = WIRE_TYPE, .size = size, .whole = whole != 0
	};
	AUTO(buf_done) struct buf answer = { 0 };
	int r;

	if ((r = client_freeze(fd, size, e)) < 0 ||
	    (r = client_ask(i, &q, &fd, &answer, e)) < 0)
		return r;
	return client_distrust(
	    wire_type_decode(answer.p, answer.len, out, e), e);
}

/* Room that a worker writes to; nobody makes it smaller or larger. */
int
client_room(int *out, struct err *e)
{
	AUTO(fd_closep) int fd = -1;
	int r;

	if ((r = memfd_new("room", &fd, e)) < 0)
		return r;
	if (ftruncate(fd, INSPECT_HINTS_MAX) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0)
		return err_sys(e, ERR_INTERNAL, "room for a worker");
	*out = fd;
	fd = -1;
	return 0;
}

int
client_take(int room, size_t n, struct buf *out, struct err *e)
{
	int r;

	if ((r = buf_reserve(out, n, e)) < 0 ||
	    (r = fd_pread_all(room, out->p, n, 0, e)) < 0)
		return r;
	out->len = n;
	return 0;
}

/*
 * The validation data that stage 1 finds in a PDF, in a sealed memfd; *len = 0
 * and *out = -1: none. Nothing of it is read here. A copy, because who wrote
 * it may write on.
 */
static int
ask_hints(struct inspector *i, int fd, uint64_t size, int *out, uint32_t *len,
    struct err *e)
{
	const struct wire_request q = { .op = WIRE_HINTS, .size = size };
	AUTO(buf_done) struct buf answer = { 0 }, copy = { 0 };
	AUTO(fd_closep) int room = -1;
	uint32_t n;
	int r;

	if ((r = client_room(&room, e)) < 0 ||
	    (r = client_ask(i, &q, (const int[]){ fd, room }, &answer, e)) <
		0 ||
	    (r = client_distrust(
		 wire_hints_decode(answer.p, answer.len, &n, e), e)) < 0)
		return r;
	*len = n;
	if (n == 0)
		return 0;
	if ((r = client_take(room, n, &copy, e)) < 0)
		return r;
	return memfd_of("hints", copy.p, n, out, e);
}

/* Those for time stamps once, when they are those for signatures. */
static int
is_one_trust(const struct inspect_trust *t)
{
	return t->p == t->stamps && t->n == t->nstamps;
}

static int
trust_memfd(const struct inspect_trust *t, int *out, struct err *e)
{
	size_t nstamps = is_one_trust(t) ? 0 : t->nstamps;
	AUTO(fd_closep) int fd = -1;
	int r;

	/* Each alone first: the sum of any three sizes may wrap. */
	if (t->n > INSPECT_ANCHORS_MAX || nstamps > INSPECT_ANCHORS_MAX ||
	    t->nknown > INSPECT_ANCHORS_MAX ||
	    t->n + nstamps + t->nknown > INSPECT_ANCHORS_MAX)
		return err_set(e, ERR_TOO_LARGE, "anchors over %u bytes",
		    INSPECT_ANCHORS_MAX);
	if ((r = memfd_new("anchors", &fd, e)) < 0 ||
	    (r = fd_write_all(fd, t->p, t->n, e)) < 0 ||
	    (r = fd_write_all(fd, t->stamps, nstamps, e)) < 0 ||
	    (r = fd_write_all(fd, t->known, t->nknown, e)) < 0 ||
	    (r = client_freeze(fd, t->n + nstamps + t->nknown, e)) < 0)
		return r;
	*out = fd;
	fd = -1;
	return 0;
}

int
client_ask_cms(struct inspector *i, const struct cms_question *c,
    struct inspect_verdict *out, struct err *e)
{
	struct wire_request q = { .op = WIRE_CMS,
		.size = c->der_len,
		.anchors_len = (uint32_t)c->trust->n,
		.stamps_len =
		    is_one_trust(c->trust) ? 0 : (uint32_t)c->trust->nstamps,
		.known_len = (uint32_t)c->trust->nknown,
		.one_trust = is_one_trust(c->trust),
		.hints_len = c->hints_len,
		.now_ms = c->now_ms,
		.filter = c->filter,
		.content = *c->content,
		.query_len = c->query_len };
	AUTO(buf_done) struct buf answer = { 0 };
	AUTO(fd_closep) int der = -1, anchors = -1;
	struct inspect_verdict v;
	int r;

	if (c->der_len > wire_der_max(c->filter))
		return err_set(e, ERR_TOO_LARGE, "signature over %u bytes",
		    wire_der_max(c->filter));
	if (c->query_len > 0)
		memcpy(q.query, c->query, c->query_len);
	if ((r = memfd_of("signature", c->der, c->der_len, &der, e)) < 0 ||
	    (r = trust_memfd(c->trust, &anchors, e)) < 0 ||
	    (r = client_ask(i, &q, (const int[]){ der, anchors, c->hints },
		 &answer, e)) < 0)
		return r;
	if ((r = client_distrust(
		 wire_verdict_decode(answer.p, answer.len, &v, e), e)) < 0)
		return r;
	/* What is a time stamp is not for the worker to say. */
	if (v.is_stamp != (c->filter == INSPECT_FILTER_TIMESTAMP))
		return failed(e, "the answer makes no sense");
	*out = v;
	return 0;
}

void
client_view_done(struct client_view *v)
{
	if (v->p != NULL)
		munmap(v->p, v->n);
	v->p = NULL;
}

int
client_view_init(struct client_view *v, int fd, uint64_t size, struct err *e)
{
	void *p;

	if (size == 0)
		return 0;
	p = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return err_sys(e, ERR_NOMEM, "map a memfd");
	v->p = p;
	v->n = (size_t)size;
	return 0;
}

/*
 * A time stamp may be asked for with a query, and its token be checked against
 * that: the one content that the worker needs itself. TimeStampReq (RFC 3161,
 * 2.4.1): a sequence of all these bytes that begins with version 1.
 */
static int
is_query(const struct client_view *v)
{
	static const uint8_t begin[] = { 0x02, 0x01, 0x01, 0x30 };
	size_t head = 2, len;

	if (v->n < 8 || v->n > WIRE_QUERY_MAX || v->p[0] != 0x30)
		return 0;
	len = v->p[1];
	if (len == 0x81) {
		len = v->p[2];
		head = 3;
	} else if (len == 0x82) {
		len = (size_t)v->p[2] << 8 | v->p[3];
		head = 4;
	} else if (len > 0x7f) {
		return 0;
	}
	return head + len == v->n &&
	       memcmp(v->p + head, begin, sizeof(begin)) == 0;
}

/* What the worker gets of the content: nothing when it is inside. */
static int
digest_content(const struct client_view *content, struct cms_question *c,
    struct digests *out, struct err *e)
{
	if (c->filter == INSPECT_FILTER_INSIDE)
		return digests_of("", 0, 0, out, e);
	if (c->filter == INSPECT_FILTER_TIMESTAMP && is_query(content)) {
		c->query = content->p;
		c->query_len = content->n;
	}
	return digests_of(
	    content->p, content->n, digests_named(c->der, c->der_len), out, e);
}

int
inspect_cms_as(struct inspector *i, enum inspect_filter filter, const void *der,
    size_t n, int fd, const struct inspect_trust *trust, int64_t now_ms,
    struct inspect_verdict *out, struct err *e)
{
	struct cms_question c = { .der = der,
		.der_len = n,
		.trust = trust,
		.now_ms = now_ms,
		.filter = filter };
	AUTO(client_view_done) struct client_view content = { 0 };
	struct digests d;
	struct inspect_verdict v;
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return err_sys(e, ERR_INTERNAL, "the signed bytes");
	if ((r = client_freeze(fd, (uint64_t)st.st_size, e)) < 0 ||
	    (r = client_view_init(&content, fd, (uint64_t)st.st_size, e)) < 0 ||
	    (r = digest_content(&content, &c, &d, e)) < 0)
		return r;
	c.content = &d;
	if ((r = client_ask_cms(i, &c, &v, e)) < 0)
		return r;
	v.covers = filter == INSPECT_FILTER_INSIDE ? n : content.n;
	*out = v;
	return 0;
}

int
inspect_cms(struct inspector *i, const void *der, size_t n, int fd,
    const struct inspect_trust *trust, int64_t now_ms,
    struct inspect_verdict *out, struct err *e)
{
	return inspect_cms_as(
	    i, INSPECT_FILTER_DETACHED, der, n, fd, trust, now_ms, out, e);
}

static uint8_t
nibble(uint8_t c)
{
	return (uint8_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* The bytes written in hexadecimal in the gap of a sound range. */
static int
cut_signature(const struct client_view *file, const struct inspect_range *r,
    struct buf *der, struct err *e)
{
	const uint8_t *hex = file->p + r->b + 1;
	size_t i, n = (size_t)(r->c - r->b - 2) / 2;
	int ret;

	if ((ret = buf_reserve(der, n, e)) < 0)
		return ret;
	for (i = 0; i < n; i++)
		der->p[i] =
		    (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
	der->len = n;
	return 0;
}

struct anchors {
	const struct inspect_trust *trust; /* of one range */
	int hints;			   /* as of struct cms_question */
	uint32_t hints_len;
	int64_t now_ms;
};

static void
anchors_done(struct anchors *a)
{
	fd_closep(&a->hints);
}

/* A file's signatures, cut, and the digests of what each is over. */
struct cut {
	struct client_view file;
	int sound[INSPECT_SIGS_MAX];
	struct buf der[INSPECT_SIGS_MAX];
	struct digests content[INSPECT_SIGS_MAX];
};

static void
cut_freep(struct cut **c)
{
	size_t k;

	if (*c == NULL)
		return;
	for (k = 0; k < INSPECT_SIGS_MAX; k++)
		buf_done(&(*c)->der[k]);
	client_view_done(&(*c)->file);
	free(*c);
	*c = NULL;
}

static int
cut_all(struct cut *c, const struct inspect_type *t, struct err *e)
{
	unsigned which = 0;
	size_t k;
	int r;

	for (k = 0; k < t->nranges; k++) {
		if (!c->sound[k])
			continue;
		if ((r = cut_signature(
			 &c->file, &t->ranges[k], &c->der[k], e)) < 0)
			return r;
		which |= digests_named(c->der[k].p, c->der[k].len);
	}
	return digests_of_ranges(
	    c->file.p, t->ranges, c->sound, t->nranges, which, c->content, e);
}

static int
judge_range(struct inspector *i, const struct cut *cut, size_t k,
    const struct inspect_range *r, const struct anchors *a,
    struct inspect_verdict *out, struct err *e)
{
	const struct cms_question c = { .der = cut->der[k].p,
		.der_len = cut->der[k].len,
		.content = &cut->content[k],
		.trust = a->trust,
		.hints = a->hints,
		.hints_len = a->hints_len,
		.now_ms = a->now_ms,
		.filter = r->filter };
	int ret;

	if ((ret = client_ask_cms(i, &c, out, e)) < 0)
		return ret;
	out->covers = range_end(r);
	return 0;
}

void
client_reason(struct inspect_verdict *v, const char *word)
{
	size_t len = strlen(v->reasons);

	snprintf(v->reasons + len, sizeof(v->reasons) - len, "%s%s",
	    len > 0 ? " " : "", word);
}

void
client_hold_back(struct inspect_verdict *v, const char *sub, const char *word)
{
	client_reason(v, word);
	if (v->indication != INSPECT_PASSED)
		return;
	v->indication = INSPECT_INDETERMINATE;
	snprintf(v->sub, sizeof(v->sub), "%s", sub);
}

static void
hold_back(struct inspect_verdict *v, const char *word)
{
	client_hold_back(v, "SIG_CONSTRAINTS_FAILURE", word);
}

/*
 * Sound ranges follow one another: each signature came with a revision that
 * was added after the whole of the one before.
 */
static size_t
check_ranges(const struct client_view *file, const struct inspect_type *t,
    int sound[INSPECT_SIGS_MAX])
{
	uint64_t before = 0;
	size_t k, bad = 0;

	for (k = 0; k < t->nranges; k++) {
		sound[k] =
		    file->p != NULL && t->ranges[k].b > before &&
		    inspect_range_is_sound(file->p, file->n, &t->ranges[k]);
		if (sound[k])
			before = range_end(&t->ranges[k]);
		else
			bad++;
	}
	return bad;
}

/*
 * The worst of what came after signature k. That nothing came is seen here;
 * the rest is the word of the worker that read the file.
 */
static enum inspect_after
after_signature(
    const struct inspect_type *t, size_t k, const struct client_view *file)
{
	enum inspect_after worst = AFTER_NOTHING, step;

	for (; k < t->nranges; k++) {
		step = t->steps[k];
		if (range_end(&t->ranges[k]) == file->n)
			step = AFTER_NOTHING;
		else if (step == AFTER_NOTHING)
			step = AFTER_UNKNOWN;
		if (step > worst)
			worst = step;
	}
	return worst;
}

static const char *
after_word(enum inspect_after a)
{
	switch (a) {
	case AFTER_CHANGES:
		return "changed-after-signature";
	case AFTER_FORBIDDEN:
		return "content-changed-after-signature";
	default:
		return "added-after-signature";
	}
}

static void
warn(struct inspect_verdict *v, const struct inspect_type *t)
{
	if (t->warnings & INSPECT_WARN_SCRIPT)
		client_reason(v, "document-has-scripts");
	if (t->warnings & INSPECT_WARN_LAYERS)
		client_reason(v, "document-has-layers");
	if (t->warnings & INSPECT_WARN_OVERLAY)
		client_reason(v, "document-has-overlays");
	if (t->warnings & INSPECT_WARN_CERTIFIED)
		client_reason(v, "certified-with-changes-allowed");
	if ((t->warnings & INSPECT_WARN_UNLOCATED) == 0)
		return;
	hold_back(v, "signature-not-located");
	if (v->integrity == INTEGRITY_PASS)
		v->integrity = INTEGRITY_INDET;
}

static void
temper(struct inspect_verdict *v, const struct inspect_type *t, size_t bad)
{
	if (v->after > AFTER_SIGNATURES)
		hold_back(v, after_word(v->after));
	else if (v->after != AFTER_NOTHING)
		client_reason(v, v->after == AFTER_VALIDATION
				     ? "validation-data-added"
				     : "signature-added");
	if (bad > 0)
		hold_back(v, "unsound-range-in-file");
	if (t->encrypted)
		hold_back(v, "encrypted");
	warn(v, t);
}

/*
 * A document time stamp that passes was there before nothing that it covers
 * changed: earlier signatures are judged as of then.
 */
static void
take_proof(const struct inspect_verdict *v, struct anchors *a, int64_t *proved)
{
	if (!v->is_stamp || v->indication != INSPECT_PASSED ||
	    v->proved_time_ms >= a->now_ms)
		return;
	a->now_ms = v->proved_time_ms;
	*proved = v->proved_time_ms;
}

int
inspect_pdf(struct inspector *i, int fd, uint64_t size,
    const struct inspect_type *t, const struct inspect_trust *trust,
    size_t ntrust, int64_t now_ms, struct inspect_verdict out[INSPECT_SIGS_MAX],
    size_t *n, struct err *e)
{
	AUTO(anchors_done)
	struct anchors a = { NULL, -1, 0, now_ms };
	int64_t proved = 0;
	struct inspect_verdict v[INSPECT_SIGS_MAX] = { 0 };
	AUTO(cut_freep) struct cut *c = calloc(1, sizeof(*c));
	size_t k, bad;
	int r;

	if (c == NULL)
		return err_set(e, ERR_NOMEM, "inspection");
	if (t->nranges > INSPECT_SIGS_MAX)
		return err_set(e, ERR_INTERNAL, "too many ranges");
	if ((r = client_freeze(fd, size, e)) < 0 ||
	    (r = client_view_init(&c->file, fd, size, e)) < 0)
		return r;
	bad = check_ranges(&c->file, t, c->sound);
	if ((r = cut_all(c, t, e)) < 0)
		return r;
	if ((t->warnings & INSPECT_HAS_HINTS) != 0 && bad < t->nranges &&
	    (r = ask_hints(i, fd, size, &a.hints, &a.hints_len, e)) < 0)
		return r;
	/* From the last to the first: what is later proves a time. */
	for (k = t->nranges; k-- > 0;) {
		if (!c->sound[k]) {
			v[k].indication = INSPECT_FAILED;
			v[k].integrity = INTEGRITY_FAIL;
			snprintf(v[k].sub, sizeof(v[k].sub), "FORMAT_FAILURE");
			client_reason(&v[k], "unsound-range");
			continue;
		}
		a.trust = &trust[k < ntrust ? k : ntrust - 1];
		if ((r = judge_range(i, c, k, &t->ranges[k], &a, &v[k], e)) < 0)
			return r;
		if (v[k].proved_time_ms == 0)
			v[k].proved_time_ms = proved;
		v[k].after = after_signature(t, k, &c->file);
		take_proof(&v[k], &a, &proved);
		temper(&v[k], t, bad);
	}
	memcpy(out, v, sizeof(v[0]) * t->nranges);
	*n = t->nranges;
	return 0;
}
