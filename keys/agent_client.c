/*
 * The daemon's end of agent.sock. Every call is one request and one answer
 * under a lock; events wait on a second connection, so that nothing else
 * waits for them. A connection that broke is made anew at the next call.
 */
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/ipc.h"
#include "base/rw.h"
#include "keys/agent.h"
#include "keys/proto.h"

#define ANSWER_MS 120000     /* an agent silent for so long is gone */
#define EVENT_GRACE_MS 10000 /* over the time it was asked to wait */
#define CERTIFICATE_MAX 8192 /* bytes of the extracts' certificate */

/* One connection and the lock of its users. */
struct line {
	pthread_mutex_t lock;
	int fd; /* -1 when there is none */
};

struct agent {
	char path[IPC_PATH_MAX + 1];
	uid_t uid_keys;
	struct line calls, events;
};

/* A request being made and its answer being read. */
struct call {
	struct buf req, ans;
	struct wr w;
	struct rd r;
	int pass; /* descriptor that goes with the request, or -1 */
	int timeout_ms;
};

static void
call_done(struct call *c)
{
	buf_done(&c->req);
	buf_done(&c->ans);
}

static void
call_init(struct call *c, enum agent_op op)
{
	memset(c, 0, sizeof(*c));
	c->pass = -1;
	c->timeout_ms = ANSWER_MS;
	wr_init(&c->w, &c->req);
	wr_u8(&c->w, (uint8_t)op);
}

static int
dial(const struct agent *a, int *fd, struct err *e)
{
	AUTO(fd_closep) int made = -1;
	struct peer peer;
	int r;

	if ((r = ipc_connect(a->path, SOCK_SEQPACKET, &made, e)) < 0)
		return err_set(
		    e, ERR_UNAVAILABLE, "the key agent does not answer");
	if ((r = ipc_peer(made, &peer, e)) < 0)
		return r;
	if (peer.uid != a->uid_keys)
		return err_set(e, ERR_UNAVAILABLE,
		    "someone else listens in the key agent's place");
	*fd = made;
	made = -1;
	return 0;
}

static int
line_send(
    const struct agent *a, struct line *l, const struct call *c, struct err *e)
{
	size_t nfds = c->pass >= 0 ? 1 : 0;
	int r;

	if (l->fd >= 0) {
		r = ipc_send(l->fd, c->req.p, c->req.len, &c->pass, nfds, e);
		if (r != -(int)ERR_UNAVAILABLE)
			return r;
		/* The agent was started anew: it never saw the request. */
		fd_closep(&l->fd);
	}
	if ((r = dial(a, &l->fd, e)) < 0)
		return r;
	return ipc_send(l->fd, c->req.p, c->req.len, &c->pass, nfds, e);
}

static int
line_exchange(
    const struct agent *a, struct line *l, struct call *c, struct err *e)
{
	int r;

	if ((r = line_send(a, l, c, e)) == 0)
		r = ipc_recv(l->fd, &c->ans, NULL, NULL, c->timeout_ms, e);
	if (r == 0)
		return 0;
	/* A late answer must not be taken for that of the next request. */
	fd_closep(&l->fd);
	return err_set(e, ERR_UNAVAILABLE, "the key agent does not answer");
}

/* The head of the answer: an error of the agent's becomes ours. */
static int
answer_check(struct call *c, struct err *e)
{
	char text[PROTO_TEXT_MAX];
	uint32_t code;

	rd_init(&c->r, c->ans.p, c->ans.len);
	code = rd_u32(&c->r);
	rd_str(&c->r, text, sizeof(text));
	if (c->r.bad || code >= ERR_CODES)
		return err_set(e, ERR_INTERNAL, "answer of the key agent");
	if (code != ERR_OK)
		return err_set(e, (enum err_code)code, "%s", text);
	return 0;
}

static int
call_on(struct agent *a, struct line *l, struct call *c, struct err *e)
{
	int r;

	if ((r = wr_end(&c->w, e)) < 0)
		return r;
	pthread_mutex_lock(&l->lock);
	r = line_exchange(a, l, c, e);
	pthread_mutex_unlock(&l->lock);
	return r < 0 ? r : answer_check(c, e);
}

static int
call_run(struct agent *a, struct call *c, struct err *e)
{
	return call_on(a, &a->calls, c, e);
}

/* Nothing may be left over; the agent's faults are not the caller's. */
static int
call_end(const struct call *c, struct err *e)
{
	if (rd_end(&c->r, "answer of the key agent", e) < 0)
		return err_set(e, ERR_INTERNAL, "answer of the key agent");
	return 0;
}

int
agent_open(const char *path, uid_t uid_keys, struct agent **out, struct err *e)
{
	AUTO(agent_freep) struct agent *a = NULL;
	size_t n = strlen(path);
	int r;

	if (n > IPC_PATH_MAX)
		return err_set(e, ERR_TOO_LARGE,
		    "path of a socket over %d bytes", IPC_PATH_MAX);
	if ((a = calloc(1, sizeof(*a))) == NULL)
		return err_set(e, ERR_NOMEM, "connection to the key agent");
	memcpy(a->path, path, n + 1);
	a->uid_keys = uid_keys;
	a->calls.fd = a->events.fd = -1;
	pthread_mutex_init(&a->calls.lock, NULL);
	pthread_mutex_init(&a->events.lock, NULL);
	if ((r = dial(a, &a->calls.fd, e)) < 0)
		return r;
	*out = TAKE(a);
	return 0;
}

void
agent_freep(struct agent **ap)
{
	struct agent *a = *ap;

	*ap = NULL;
	if (a == NULL)
		return;
	fd_closep(&a->calls.fd);
	fd_closep(&a->events.fd);
	pthread_mutex_destroy(&a->calls.lock);
	pthread_mutex_destroy(&a->events.lock);
	free(a);
}

int
agent_status(struct agent *a, struct agent_status *out, struct err *e)
{
	AUTO(call_done) struct call c;
	struct agent_status s;
	int r;

	call_init(&c, AGENT_OP_STATUS);
	if ((r = call_run(a, &c, e)) < 0)
		return r;
	memset(&s, 0, sizeof(s));
	s.sealed = rd_u8(&c.r);
	s.slots = (int)rd_u32(&c.r);
	s.given = rd_u64(&c.r);
	s.reserve = rd_u64(&c.r);
	s.generation = rd_u32(&c.r);
	s.head_size = rd_u64(&c.r);
	rd_bytes(&c.r, s.head_root.b, HASH_LEN);
	rd_str(&c.r, s.custodians, sizeof(s.custodians));
	if ((r = call_end(&c, e)) < 0)
		return r;
	*out = s;
	return 0;
}

int
agent_public(struct agent *a, struct agent_public *out, struct err *e)
{
	AUTO(call_done) struct call c;
	AUTO(buf_done) struct buf cert = { 0 };
	uint8_t log[ED25519_LEN], store[ED25519_LEN];
	char name[NOTE_NAME_MAX];
	struct note_key key;
	const uint8_t *der;
	size_t n;
	int r;

	call_init(&c, AGENT_OP_PUBLIC);
	if ((r = call_run(a, &c, e)) < 0)
		return r;
	rd_str(&c.r, name, sizeof(name));
	rd_bytes(&c.r, log, sizeof(log));
	rd_bytes(&c.r, store, sizeof(store));
	der = rd_blob(&c.r, CERTIFICATE_MAX, &n);
	if ((r = call_end(&c, e)) < 0 ||
	    (r = note_key_make(name, NOTE_ED25519, log, &key, e)) < 0 ||
	    (r = buf_add(&cert, der, n, e)) < 0)
		return r;
	out->log = key;
	memcpy(out->store, store, sizeof(store));
	out->certificate = cert;
	memset(&cert, 0, sizeof(cert));
	return 0;
}

void
agent_public_done(struct agent_public *p)
{
	buf_done(&p->certificate);
}

int
agent_floor(struct agent *a, uint64_t first_unused, struct err *e)
{
	AUTO(call_done) struct call c;
	int r;

	call_init(&c, AGENT_OP_FLOOR);
	wr_u64(&c.w, first_unused);
	if ((r = call_run(a, &c, e)) < 0)
		return r;
	return call_end(&c, e);
}

/* n keys from the answer into *keys, which must be the last field. */
static int
take_keys(struct call *c, size_t n, struct secret *keys, struct err *e)
{
	const uint8_t *p = rd_borrow(&c->r, n * SECRET_KEY_LEN);
	int r;

	if ((r = call_end(c, e)) < 0)
		return r;
	return secret_copy(keys, p, n * SECRET_KEY_LEN, e);
}

int
agent_draw(struct agent *a, uint64_t *first, uint32_t *count,
    struct secret *keys, struct err *e)
{
	AUTO(call_done) struct call c;
	uint64_t from;
	uint32_t n;
	int r;

	call_init(&c, AGENT_OP_DRAW);
	if ((r = call_run(a, &c, e)) < 0)
		return r;
	from = rd_u64(&c.r);
	n = rd_u32(&c.r);
	if (n == 0 || n > AGENT_BLOCK)
		c.r.bad = 1;
	if ((r = take_keys(&c, n, keys, e)) < 0)
		return r;
	*first = from;
	*count = n;
	return 0;
}

int
agent_get(struct agent *a, const uint64_t *numbers, size_t n, uint64_t leaf,
    struct secret *keys, struct err *e)
{
	AUTO(call_done) struct call c;
	size_t i;
	int r;

	if (n == 0 || n > AGENT_GET_MAX)
		return err_set(
		    e, ERR_TOO_LARGE, "1 to %d keys at once", AGENT_GET_MAX);
	call_init(&c, AGENT_OP_GET);
	wr_u64(&c.w, leaf);
	wr_u32(&c.w, (uint32_t)n);
	for (i = 0; i < n; i++)
		wr_u64(&c.w, numbers[i]);
	if ((r = call_run(a, &c, e)) < 0)
		return r;
	return take_keys(&c, n, keys, e);
}

int
agent_detail_key(
    struct agent *a, uint32_t month, struct secret *key, struct err *e)
{
	AUTO(call_done) struct call c;
	int r;

	call_init(&c, AGENT_OP_DETAIL);
	wr_u32(&c.w, month);
	if ((r = call_run(a, &c, e)) < 0)
		return r;
	return take_keys(&c, 1, key, e);
}

int
agent_search_key(
    struct agent *a, struct secret *key, uint32_t *generation, struct err *e)
{
	AUTO(call_done) struct call c;
	uint32_t g;
	int r;

	call_init(&c, AGENT_OP_SEARCH);
	if ((r = call_run(a, &c, e)) < 0)
		return r;
	g = rd_u32(&c.r);
	if ((r = take_keys(&c, 1, key, e)) < 0)
		return r;
	*generation = g;
	return 0;
}

int
agent_intake_key(struct agent *a, uint8_t pub[P256_PUB_LEN], struct err *e)
{
	AUTO(call_done) struct call c;
	uint8_t got[P256_PUB_LEN];
	int r;

	call_init(&c, AGENT_OP_INTAKE);
	if ((r = call_run(a, &c, e)) < 0)
		return r;
	rd_bytes(&c.r, got, sizeof(got));
	if ((r = call_end(&c, e)) < 0)
		return r;
	memcpy(pub, got, sizeof(got));
	return 0;
}

int
agent_open_envelope(struct agent *a, const struct envelope_head *h,
    uint64_t leaf, struct secret *key, struct err *e)
{
	AUTO(call_done) struct call c;
	int r;

	call_init(&c, AGENT_OP_ENVELOPE);
	wr_u64(&c.w, leaf);
	wr_bytes(&c.w, h->key.b, ID_LEN);
	wr_bytes(&c.w, h->ephemeral, P256_PUB_LEN);
	if ((r = call_run(a, &c, e)) < 0)
		return r;
	return take_keys(&c, 1, key, e);
}

/* Run c, whose answer is one blob of text, signed: append it to out. */
static int
run_for_blob(struct agent *a, struct call *c, struct buf *out, struct err *e)
{
	const uint8_t *p;
	size_t n;
	int r;

	if ((r = call_run(a, c, e)) < 0)
		return r;
	p = rd_blob(&c->r, IPC_MAX, &n);
	if ((r = call_end(c, e)) < 0)
		return r;
	return buf_add(out, p, n, e);
}

int
agent_sign_head(struct agent *a, uint64_t size, const struct hash *root,
    const struct hash *proof, size_t nproof, struct buf *note, struct err *e)
{
	AUTO(call_done) struct call c;
	size_t i;

	if (nproof > MERKLE_PROOF_MAX)
		return err_set(
		    e, ERR_TOO_LARGE, "proof over %d hashes", MERKLE_PROOF_MAX);
	call_init(&c, AGENT_OP_HEAD);
	wr_u64(&c.w, size);
	wr_bytes(&c.w, root->b, HASH_LEN);
	wr_u32(&c.w, (uint32_t)nproof);
	for (i = 0; i < nproof; i++)
		wr_bytes(&c.w, proof[i].b, HASH_LEN);
	return run_for_blob(a, &c, note, e);
}

int
agent_sign_commit(struct agent *a, const uint8_t tree[20],
    const uint8_t *parent, uint32_t version, uint64_t hour, struct buf *commit,
    struct err *e)
{
	AUTO(call_done) struct call c;

	call_init(&c, AGENT_OP_COMMIT);
	wr_bytes(&c.w, tree, SHA1_LEN);
	wr_u8(&c.w, parent != NULL);
	if (parent != NULL)
		wr_bytes(&c.w, parent, SHA1_LEN);
	wr_u32(&c.w, version);
	wr_u64(&c.w, hour);
	return run_for_blob(a, &c, commit, e);
}

int
agent_sign_extract(struct agent *a, const struct id *extract, uint64_t leaf,
    const uint8_t recipient_sha256[32], const uint8_t sha256[32],
    int64_t time_ms, struct buf *signer_info, struct err *e)
{
	AUTO(call_done) struct call c;

	call_init(&c, AGENT_OP_EXTRACT);
	wr_bytes(&c.w, extract->b, ID_LEN);
	wr_u64(&c.w, leaf);
	wr_bytes(&c.w, recipient_sha256, SHA256_LEN);
	wr_bytes(&c.w, sha256, SHA256_LEN);
	wr_u64(&c.w, (uint64_t)time_ms);
	return run_for_blob(a, &c, signer_info, e);
}

int
agent_sign_certificate(struct agent *a, const char *text, size_t n,
    uint64_t leaf, struct buf *note, struct err *e)
{
	AUTO(call_done) struct call c;

	if (n > PROTO_CERTIFICATE_MAX)
		return err_set(e, ERR_TOO_LARGE, "certificate over %d bytes",
		    PROTO_CERTIFICATE_MAX);
	call_init(&c, AGENT_OP_CERTIFICATE);
	wr_u64(&c.w, leaf);
	wr_blob(&c.w, text, n);
	return run_for_blob(a, &c, note, e);
}

/* The delete set as the agent reads it: numbers, then months. */
static int
delete_set_memfd(const uint64_t *numbers, size_t n, const uint32_t *months,
    size_t nmonths, int *fd, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct wr w;
	size_t i;
	int r;

	wr_init(&w, &b);
	if ((r = buf_reserve(&b, n * 8 + nmonths * 4, e)) < 0)
		return r;
	for (i = 0; i < n; i++)
		wr_u64(&w, numbers[i]);
	for (i = 0; i < nmonths; i++)
		wr_u32(&w, months[i]);
	if ((r = wr_end(&w, e)) < 0)
		return r;
	return memfd_of("delete-set", b.p, b.len, fd, e);
}

int
agent_rotate(struct agent *a, const uint64_t *numbers, size_t n,
    const uint32_t *months, size_t nmonths, uint64_t leaf, uint64_t size,
    const struct hash *root, uint64_t *destroyed, struct err *e)
{
	AUTO(call_done) struct call c;
	AUTO(fd_closep) int fd = -1;
	uint64_t count;
	int r;

	call_init(&c, AGENT_OP_ROTATE);
	if (n > PROTO_ROTATE_MAX || nmonths > PROTO_MONTHS_MAX)
		return err_set(e, ERR_TOO_LARGE, "delete set");
	r = delete_set_memfd(numbers, n, months, nmonths, &fd, e);
	if (r < 0)
		return r;
	wr_u64(&c.w, leaf);
	wr_u64(&c.w, size);
	wr_bytes(&c.w, root->b, HASH_LEN);
	wr_u64(&c.w, n);
	wr_u32(&c.w, (uint32_t)nmonths);
	c.pass = fd;
	if ((r = call_run(a, &c, e)) < 0)
		return r;
	count = rd_u64(&c.r);
	if ((r = call_end(&c, e)) < 0)
		return r;
	*destroyed = count;
	return 0;
}

int
agent_event(
    struct agent *a, int timeout_ms, struct agent_event *out, struct err *e)
{
	AUTO(call_done) struct call c;
	struct agent_event ev;
	int r;

	if (timeout_ms < 0 || timeout_ms > PROTO_WAIT_MAX_MS)
		timeout_ms = PROTO_WAIT_MAX_MS;
	call_init(&c, AGENT_OP_EVENT);
	wr_u32(&c.w, (uint32_t)timeout_ms);
	/* The agent itself says when the time is up: no answer comes late. */
	c.timeout_ms = timeout_ms + EVENT_GRACE_MS;
	if ((r = call_on(a, &a->events, &c, e)) < 0)
		return r;
	memset(&ev, 0, sizeof(ev));
	ev.number = rd_u64(&c.r);
	ev.kind = (enum agent_event_kind)rd_u8(&c.r);
	ev.uid = rd_u32(&c.r);
	rd_str(&c.r, ev.account, sizeof(ev.account));
	rd_bytes(&c.r, ev.digest, sizeof(ev.digest));
	if (ev.kind < AGENT_UNSEALED || ev.kind > AGENT_ATTEST_FAILED)
		c.r.bad = 1;
	if ((r = call_end(&c, e)) < 0)
		return r;
	*out = ev;
	return 0;
}

int
agent_event_done(struct agent *a, uint64_t number, struct err *e)
{
	AUTO(call_done) struct call c;
	int r;

	call_init(&c, AGENT_OP_EVENT_DONE);
	wr_u64(&c.w, number);
	if ((r = call_run(a, &c, e)) < 0)
		return r;
	return call_end(&c, e);
}
