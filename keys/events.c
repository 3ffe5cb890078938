#include "keys/events.h"

#include <string.h>

#include "base/file.h"
#include "base/rw.h"

#define MAGIC_LEN 8
#define FILE_MAX                                                               \
	(64 + EVENTS_MAX * (8 + 1 + 4 + 4 + AGENT_ACCOUNT_MAX + SHA256_LEN))

static const char events_name[] = "events";
static const uint8_t magic[MAGIC_LEN] = "sceauE2";

int
events_encode(const struct events *v, struct buf *out, struct err *e)
{
	struct wr w;
	size_t i;

	wr_init(&w, out);
	wr_bytes(&w, magic, MAGIC_LEN);
	wr_u64(&w, v->next);
	wr_u32(&w, (uint32_t)v->n);
	for (i = 0; i < v->n; i++) {
		wr_u64(&w, v->queue[i].number);
		wr_u8(&w, (uint8_t)v->queue[i].kind);
		wr_u32(&w, v->queue[i].uid);
		wr_str(&w, v->queue[i].account);
		wr_bytes(&w, v->queue[i].digest, SHA256_LEN);
	}
	return wr_end(&w, e);
}

static void
decode_one(struct rd *r, uint64_t *last, struct agent_event *out)
{
	memset(out, 0, sizeof(*out));
	out->number = rd_u64(r);
	out->kind = (enum agent_event_kind)rd_u8(r);
	out->uid = rd_u32(r);
	rd_str(r, out->account, sizeof(out->account));
	rd_bytes(r, out->digest, sizeof(out->digest));
	if (out->kind < AGENT_UNSEALED || out->kind > AGENT_ATTEST_FAILED ||
	    out->number <= *last)
		r->bad = 1;
	*last = out->number;
}

int
events_decode(const void *p, size_t n, struct events *v, struct err *e)
{
	uint8_t start[MAGIC_LEN];
	uint64_t next, last = 0;
	uint32_t count, i;
	struct rd r;

	rd_init(&r, p, n);
	rd_bytes(&r, start, MAGIC_LEN);
	next = rd_u64(&r);
	count = rd_u32(&r);
	if (count > EVENTS_MAX)
		r.bad = 1;
	for (i = 0; !r.bad && i < count; i++)
		decode_one(&r, &last, &v->queue[i]);
	if (rd_end(&r, "events", e) < 0 || next <= last ||
	    memcmp(start, magic, MAGIC_LEN) != 0)
		return err_set(e, ERR_INTEGRITY, "keys/events: its form");
	v->next = next;
	v->n = count;
	return 0;
}

int
events_open(int dir, struct events *v, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	AUTO(events_close) struct events got = { .dir = dir, .next = 1 };
	int r = 0;

	got.queue = calloc(EVENTS_MAX, sizeof(*got.queue));
	if (got.queue == NULL)
		return err_set(e, ERR_NOMEM, "events");
	if (dir >= 0)
		r = file_read(dir, events_name, FILE_MAX, &b, e);
	if (r == 0 && dir >= 0)
		r = events_decode(b.p, b.len, &got, e);
	else if (r == -(int)ERR_NOT_FOUND)
		r = 0;
	if (r < 0)
		return r;
	*v = got;
	got.queue = NULL;
	return 0;
}

void
events_close(struct events *v)
{
	free(v->queue);
	v->queue = NULL;
	v->n = 0;
}

static int
save(const struct events *v, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	int r;

	if (v->dir < 0)
		return 0;
	if ((r = events_encode(v, &b, e)) < 0)
		return r;
	return file_write(v->dir, events_name, b.p, b.len, 0600, e);
}

static void
take_out(struct events *v, size_t i)
{
	memmove(&v->queue[i], &v->queue[i + 1],
	    (v->n - i - 1) * sizeof(v->queue[0]));
	v->n--;
}

/* The first refusal that waits, of uid (or of anyone): its index, or n. */
static size_t
find_refusal(const struct events *v, const uid_t *uid)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		if (v->queue[i].kind == AGENT_REFUSED_PEER &&
		    (uid == NULL || v->queue[i].uid == *uid))
			return i;
	return v->n;
}

int
events_add(struct events *v, enum agent_event_kind kind, uid_t uid,
    const char *account, struct err *e)
{
	return events_add_digest(v, kind, uid, account, NULL, e);
}

int
events_add_digest(struct events *v, enum agent_event_kind kind, uid_t uid,
    const char *account, const uint8_t *digest, struct err *e)
{
	struct agent_event *ev;
	size_t i;
	int r;

	if (kind == AGENT_REFUSED_PEER && find_refusal(v, &uid) < v->n)
		return 0;
	if (v->n == EVENTS_MAX) {
		i = find_refusal(v, NULL);
		if (i == v->n || kind == AGENT_REFUSED_PEER)
			return err_set(e, ERR_BUSY,
			    "%d events wait for the daemon to enter them",
			    EVENTS_MAX);
		take_out(v, i);
	}
	ev = &v->queue[v->n];
	memset(ev, 0, sizeof(*ev));
	ev->number = v->next;
	ev->kind = kind;
	ev->uid = uid;
	if (strlen(account) < sizeof(ev->account))
		memcpy(ev->account, account, strlen(account));
	if (digest != NULL)
		memcpy(ev->digest, digest, SHA256_LEN);
	v->n++;
	v->next++;
	/* Not durable: it stays in memory, and the caller is told. */
	if ((r = save(v, e)) < 0)
		return r;
	return 0;
}

const struct agent_event *
events_first(const struct events *v)
{
	return v->n > 0 ? &v->queue[0] : NULL;
}

int
events_drop(struct events *v, uint64_t number, struct err *e)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		if (v->queue[i].number == number) {
			take_out(v, i);
			return save(v, e);
		}
	return err_set(e, ERR_NOT_FOUND, "no such event");
}
