#include "keys/ops.h"

#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/ipc.h"
#include "base/rw.h"
#include "keys/proto.h"

void
ops_failed(const struct err *err, struct buf *answer)
{
	struct wr w;

	buf_reset(answer);
	wr_init(&w, answer);
	wr_u32(&w, err->code);
	wr_str(
	    &w, err_is_public(err->code) ? err->text : "the key agent failed");
	/* Out of memory even for this: the peer sees the connection close. */
	if (wr_end(&w, NULL) < 0)
		buf_reset(answer);
}

static int
begin_answer(struct buf *answer, struct err *e)
{
	struct wr w;

	wr_init(&w, answer);
	wr_u32(&w, ERR_OK);
	wr_str(&w, "");
	return wr_end(&w, e);
}

static const char request[] = "request to the key agent";

static int
op_status(struct ops *o, struct rd *r, struct buf *out, struct err *e)
{
	const struct safe *s = o->safe;
	char names[sizeof(((struct agent_status *)0)->custodians)];
	struct wr w;
	int ret;

	if ((ret = rd_end(r, request, e)) < 0)
		return ret;
	custodians_names(o->custodians, names, sizeof(names));
	wr_init(&w, out);
	wr_u8(&w, !s->open);
	wr_u32(&w, s->nslots);
	wr_u64(&w, s->mark);
	wr_u64(&w, safe_reserve(s));
	wr_u32(&w, s->generation);
	wr_u64(&w, s->head.size);
	wr_bytes(&w, s->head.root.b, HASH_LEN);
	wr_str(&w, names);
	return wr_end(&w, e);
}

static int
op_public(struct ops *o, struct rd *r, struct buf *out, struct err *e)
{
	int ret;

	if ((ret = rd_end(r, request, e)) < 0)
		return ret;
	return safe_public(o->safe, out, e);
}

static int
op_floor(struct ops *o, struct rd *r, struct buf *out, struct err *e)
{
	uint64_t first = rd_u64(r);
	int ret;

	(void)out;
	if ((ret = rd_end(r, request, e)) < 0)
		return ret;
	return safe_floor(o->safe, first, e);
}

static int
op_draw(struct ops *o, struct rd *r, struct buf *out, struct err *e)
{
	AUTO(secret_done) struct secret keys = { 0 };
	uint64_t first;
	uint32_t count;
	struct wr w;
	int ret;

	if ((ret = rd_end(r, request, e)) < 0 ||
	    (ret = safe_draw(o->safe, &first, &count, &keys, e)) < 0)
		return ret;
	o->drew = 1;
	wr_init(&w, out);
	wr_u64(&w, first);
	wr_u32(&w, count);
	wr_bytes(&w, keys.p, keys.len);
	return wr_end(&w, e);
}

static int
op_get(struct ops *o, struct rd *r, struct buf *out, struct err *e)
{
	AUTO(secret_done) struct secret keys = { 0 };
	uint64_t numbers[AGENT_GET_MAX], leaf = rd_u64(r);
	uint32_t n = rd_u32(r), i;
	int ret;

	if (n == 0 || n > AGENT_GET_MAX)
		r->bad = 1;
	for (i = 0; !r->bad && i < n; i++)
		numbers[i] = rd_u64(r);
	if ((ret = rd_end(r, request, e)) < 0)
		return ret;
	ret = safe_get(o->safe, numbers, n, leaf, o->now_ms, &keys, e);
	return ret < 0 ? ret : buf_add(out, keys.p, keys.len, e);
}

static int
op_detail(struct ops *o, struct rd *r, struct buf *out, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	uint32_t month = rd_u32(r);
	int ret;

	if ((ret = rd_end(r, request, e)) < 0 ||
	    (ret = safe_detail(o->safe, month, &key, e)) < 0)
		return ret;
	return buf_add(out, key.p, key.len, e);
}

static int
op_search(struct ops *o, struct rd *r, struct buf *out, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	uint32_t generation;
	struct wr w;
	int ret;

	if ((ret = rd_end(r, request, e)) < 0 ||
	    (ret = safe_search(o->safe, &key, &generation, e)) < 0)
		return ret;
	wr_init(&w, out);
	wr_u32(&w, generation);
	wr_bytes(&w, key.p, key.len);
	return wr_end(&w, e);
}

static int
op_intake(struct ops *o, struct rd *r, struct buf *out, struct err *e)
{
	int ret;

	if ((ret = rd_end(r, request, e)) < 0)
		return ret;
	return safe_intake_key(o->safe, out, e);
}

static int
op_envelope(struct ops *o, struct rd *r, struct buf *out, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	struct envelope_head h;
	uint64_t leaf = rd_u64(r);
	int ret;

	rd_bytes(r, h.key.b, ID_LEN);
	rd_bytes(r, h.ephemeral, P256_PUB_LEN);
	if ((ret = rd_end(r, request, e)) < 0 ||
	    (ret = safe_open_envelope(o->safe, &h, leaf, o->now_ms, &key, e)) <
		0)
		return ret;
	return buf_add(out, key.p, key.len, e);
}

/* Append text that was signed, as one field. */
static int
put_blob(const struct buf *signed_text, struct buf *out, struct err *e)
{
	struct wr w;

	wr_init(&w, out);
	wr_blob(&w, signed_text->p, signed_text->len);
	return wr_end(&w, e);
}

static int
op_head(struct ops *o, struct rd *r, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf note = { 0 };
	struct hash root, hashes[MERKLE_PROOF_MAX];
	struct head_proof proof = { hashes, 0 };
	uint64_t size = rd_u64(r);
	uint32_t n, i;
	int ret;

	rd_bytes(r, root.b, HASH_LEN);
	if ((n = rd_u32(r)) > MERKLE_PROOF_MAX)
		r->bad = 1;
	for (i = 0; !r->bad && i < n; i++)
		rd_bytes(r, hashes[i].b, HASH_LEN);
	proof.n = n;
	if ((ret = rd_end(r, request, e)) < 0 ||
	    (ret = safe_sign_head(o->safe, size, &root, &proof, o->now_ms,
		 &o->broken, &note, e)) < 0)
		return ret;
	return put_blob(&note, out, e);
}

static int
op_commit(struct ops *o, struct rd *r, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf commit = { 0 };
	struct commit_spec c = { 0 };
	int ret;

	rd_bytes(r, c.tree, SHA1_LEN);
	if ((c.has_parent = rd_u8(r)) > 1)
		r->bad = 1;
	if (c.has_parent)
		rd_bytes(r, c.parent, SHA1_LEN);
	c.version = rd_u32(r);
	c.hour = rd_u64(r);
	if ((ret = rd_end(r, request, e)) < 0 ||
	    (ret = safe_sign_commit(o->safe, &c, &commit, e)) < 0)
		return ret;
	return put_blob(&commit, out, e);
}

static int
op_extract(struct ops *o, struct rd *r, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf der = { 0 };
	struct extract_spec x;
	int ret;

	rd_bytes(r, x.extract.b, ID_LEN);
	x.leaf = rd_u64(r);
	rd_bytes(r, x.recipient, SHA256_LEN);
	rd_bytes(r, x.sha256, SHA256_LEN);
	x.time_ms = (int64_t)rd_u64(r);
	if ((ret = rd_end(r, request, e)) < 0 ||
	    (ret = safe_sign_extract(o->safe, &x, o->now_ms, &der, e)) < 0)
		return ret;
	return put_blob(&der, out, e);
}

static int
op_certificate(struct ops *o, struct rd *r, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf note = { 0 };
	uint64_t leaf = rd_u64(r);
	const uint8_t *text;
	size_t n;
	int ret;

	text = rd_blob(r, PROTO_CERTIFICATE_MAX, &n);
	if ((ret = rd_end(r, request, e)) < 0 ||
	    (ret = safe_sign_certificate(o->safe, (const char *)text, n, leaf,
		 o->now_ms, &note, e)) < 0)
		return ret;
	return put_blob(&note, out, e);
}

/* What a delete set is read into, from the memfd. */
struct delete_set {
	struct buf bytes;
	uint64_t *numbers;
	uint32_t *months;
};

static void
delete_set_done(struct delete_set *d)
{
	buf_done(&d->bytes);
	free(d->numbers);
	free(d->months);
}

/* The file's bytes, copied once, so that the sender cannot change them. */
static int
delete_set_read(int memfd, size_t want, struct buf *out, struct err *e)
{
	struct stat st;
	int r;

	if (memfd < 0 || fstat(memfd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size != want)
		return err_set(e, ERR_INVALID, "delete set: its length");
	if ((r = buf_reserve(out, want, e)) < 0)
		return r;
	if (fd_pread_all(memfd, out->p, want, 0, e) < 0)
		return err_set(e, ERR_INVALID, "delete set: its length");
	out->len = want;
	return 0;
}

static int
delete_set_decode(struct delete_set *d, uint64_t n, uint32_t nmonths,
    struct rotate_set *set, struct err *e)
{
	struct rd r;
	size_t i;

	d->numbers = calloc(n + 1, sizeof(*d->numbers));
	d->months = calloc((size_t)nmonths + 1, sizeof(*d->months));
	if (d->numbers == NULL || d->months == NULL)
		return err_set(e, ERR_NOMEM, "delete set");
	rd_init(&r, d->bytes.p, d->bytes.len);
	for (i = 0; i < n; i++)
		d->numbers[i] = rd_u64(&r);
	for (i = 0; i < nmonths; i++)
		d->months[i] = rd_u32(&r);
	set->numbers = d->numbers;
	set->n = n;
	set->months = d->months;
	set->nmonths = nmonths;
	return rd_end(&r, "delete set", e);
}

static int
rotate_with(
    struct ops *o, int memfd, struct rd *r, struct buf *out, struct err *e)
{
	AUTO(delete_set_done) struct delete_set d = { { 0 }, NULL, NULL };
	struct safe_rotate q = { .leaf = rd_u64(r), .size = 0 };
	uint64_t n, destroyed;
	uint32_t nmonths;
	struct wr w;
	int ret;

	q.size = rd_u64(r);
	rd_bytes(r, q.root.b, HASH_LEN);
	n = rd_u64(r);
	nmonths = rd_u32(r);
	if (n > PROTO_ROTATE_MAX || nmonths > PROTO_MONTHS_MAX)
		r->bad = 1;
	if ((ret = rd_end(r, request, e)) < 0 ||
	    (ret = delete_set_read(
		 memfd, n * 8 + (size_t)nmonths * 4, &d.bytes, e)) < 0 ||
	    (ret = delete_set_decode(&d, n, nmonths, &q.set, e)) < 0 ||
	    (ret = safe_rotate(o->safe, &q, &destroyed, e)) < 0)
		return ret;
	wr_init(&w, out);
	wr_u64(&w, destroyed);
	return wr_end(&w, e);
}

static int
put_event(const struct agent_event *ev, struct buf *out, struct err *e)
{
	struct wr w;

	wr_init(&w, out);
	wr_u64(&w, ev->number);
	wr_u8(&w, (uint8_t)ev->kind);
	wr_u32(&w, ev->uid);
	wr_str(&w, ev->account);
	wr_bytes(&w, ev->digest, sizeof(ev->digest));
	return wr_end(&w, e);
}

static int
op_event(struct ops *o, struct rd *r, struct buf *out, struct err *e)
{
	uint32_t timeout_ms = rd_u32(r);
	int ret;

	if (timeout_ms > PROTO_WAIT_MAX_MS)
		r->bad = 1;
	if ((ret = rd_end(r, request, e)) < 0)
		return ret;
	if (events_first(o->events) != NULL)
		return put_event(events_first(o->events), out, e);
	o->wait_ms = (int)timeout_ms;
	return OPS_WAIT;
}

static int
op_event_done(struct ops *o, struct rd *r, struct buf *out, struct err *e)
{
	uint64_t number = rd_u64(r);
	int ret;

	(void)out;
	if ((ret = rd_end(r, request, e)) < 0)
		return ret;
	return events_drop(o->events, number, e);
}

static const struct op {
	uint8_t op;
	int (*run)(struct ops *o, struct rd *r, struct buf *out, struct err *e);
} table[] = {
	{ AGENT_OP_STATUS, op_status },
	{ AGENT_OP_PUBLIC, op_public },
	{ AGENT_OP_FLOOR, op_floor },
	{ AGENT_OP_DRAW, op_draw },
	{ AGENT_OP_GET, op_get },
	{ AGENT_OP_DETAIL, op_detail },
	{ AGENT_OP_SEARCH, op_search },
	{ AGENT_OP_HEAD, op_head },
	{ AGENT_OP_COMMIT, op_commit },
	{ AGENT_OP_EXTRACT, op_extract },
	{ AGENT_OP_CERTIFICATE, op_certificate },
	{ AGENT_OP_EVENT, op_event },
	{ AGENT_OP_EVENT_DONE, op_event_done },
	{ AGENT_OP_INTAKE, op_intake },
	{ AGENT_OP_ENVELOPE, op_envelope },
};

static int
dispatch(struct ops *o, struct rd *r, int memfd, struct buf *out, struct err *e)
{
	uint8_t op = rd_u8(r);
	size_t i;

	/* The one operation that something comes with. */
	if (op == AGENT_OP_ROTATE)
		return rotate_with(o, memfd, r, out, e);
	if (memfd >= 0)
		return err_set(e, ERR_INVALID, "%s: a file with it", request);
	for (i = 0; i < NELEMS(table); i++)
		if (table[i].op == op)
			return table[i].run(o, r, out, e);
	return err_set(e, ERR_INVALID, "%s: no such operation", request);
}

int
ops_answer(
    struct ops *o, const void *req, size_t n, int memfd, struct buf *answer)
{
	struct err e = { .code = ERR_OK };
	struct rd r;
	int ret;

	o->broken = o->drew = 0;
	o->err = e;
	rd_init(&r, req, n);
	if ((ret = begin_answer(answer, &e)) == 0)
		ret = dispatch(o, &r, memfd, answer, &e);
	if (ret < 0) {
		o->err = e;
		ops_failed(&e, answer);
		return 0;
	}
	if (ret == OPS_WAIT)
		buf_reset(answer);
	return ret;
}

void
ops_event(struct ops *o, struct buf *answer)
{
	const struct agent_event *ev = events_first(o->events);
	struct err e = { .code = ERR_OK };
	int r;

	buf_reset(answer);
	if (ev == NULL)
		r = err_set(&e, ERR_BUSY, "no event");
	else if ((r = begin_answer(answer, &e)) == 0)
		r = put_event(ev, answer, &e);
	if (r < 0)
		ops_failed(&e, answer);
}
