/* Details: what a leaf says to those who may read it, under a month's key. */
#include <errno.h>

#include "base/rw.h"
#include "base/seal.h"
#include "base/text.h"
#include "daemon/audit/log.h"

void
json_freep(json_t **j)
{
	json_decref(*j);
	*j = NULL;
}

/* year * 12 + month - 1, UTC */
uint32_t
month_of(int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	if (ms < 0 || gmtime_r(&t, &tm) == NULL)
		return 1970 * 12;
	return (uint32_t)(tm.tm_year + 1900) * 12 + (uint32_t)tm.tm_mon;
}

static int
derive(const struct secret *from, const char *label, struct secret *out,
    struct err *e)
{
	int r;

	if ((r = secret_init(out, SECRET_KEY_LEN, e)) < 0)
		return r;
	return hkdf_sha256(from->p, from->len, NULL, 0, label, strlen(label),
	    out->p, out->len, e);
}

int
month_keys_load(
    struct agent *agent, uint32_t month, struct month_keys *k, struct err *e)
{
	int r;

	if (agent == NULL)
		return err_set(e, ERR_UNAVAILABLE, "there is no key agent");
	if ((r = agent_detail_key(agent, month, &k->detail, e)) < 0)
		return r;
	if ((r = derive(&k->detail, "sceau/actor", &k->actor, e)) < 0 ||
	    (r = derive(&k->detail, "sceau/object", &k->object, e)) < 0)
		month_keys_done(k);
	return r;
}

void
month_keys_done(struct month_keys *k)
{
	secret_done(&k->detail);
	secret_done(&k->actor);
	secret_done(&k->object);
}

/* HMAC over uid, big-endian, and the account's name. */
int
tag_actor(const struct month_keys *k, const struct actor *actor,
    uint8_t out[32], struct err *e)
{
	uint8_t b[4 + sizeof(actor->account)];
	size_t n = strnlen(actor->account, sizeof(actor->account));
	uint32_t uid = actor->uid;
	int i;

	for (i = 3; i >= 0; i--, uid >>= 8)
		b[i] = (uint8_t)uid;
	memcpy(b + 4, actor->account, n);
	return hmac_sha256(k->actor.p, k->actor.len, b, 4 + n, out, e);
}

int
tag_object(const struct month_keys *k, const struct id *object, uint8_t out[32],
    struct err *e)
{
	return hmac_sha256(
	    k->object.p, k->object.len, object->b, ID_LEN, out, e);
}

static int
put(json_t *j, const char *name, json_t *value, struct err *e)
{
	if (json_object_set_new(j, name, value) == 0)
		return 0;
	return err_set(e, ERR_INVALID, "audit: no %s could be made", name);
}

/* An account's name is bytes of the system's: UTF-8 or it is not shown. */
static json_t *
name_json(const char *s, size_t room)
{
	size_t n = strnlen(s, room);

	return utf8_is_valid(s, n) ? json_stringn(s, n) : json_string("?");
}

static json_t *
actor_json(const struct actor *a)
{
	AUTO(json_freep) json_t *j = json_object();
	struct err e;

	if (j == NULL ||
	    put(j, "account", name_json(a->account, sizeof(a->account)), &e) <
		0 ||
	    put(j, "uid", json_integer((json_int_t)a->uid), &e) < 0 ||
	    put(j, "role", name_json(a->role, sizeof(a->role)), &e) < 0)
		return NULL;
	return TAKE(j);
}

int
facts_json(const struct facts *f, json_t **out, struct err *e)
{
	AUTO(json_freep) json_t *j = json_object();
	char id[ID_TEXT];
	int r;

	if (j == NULL)
		return err_set(e, ERR_NOMEM, "out of memory");
	if ((r = put(j, "class", json_string(leaf_class_name(f->klass)), e)) <
		0 ||
	    (r = put(j, "outcome", json_string(leaf_outcome_name(f->outcome)),
		 e)) < 0)
		return r;
	if (f->actor != NULL &&
	    (r = put(j, "actor", actor_json(f->actor), e)) < 0)
		return r;
	if (!id_is_zero(&f->object)) {
		id_format(&f->object, id);
		if ((r = put(j, "object", json_string(id), e)) < 0)
			return r;
	}
	if (f->detail != NULL &&
	    (r = put(j, "detail", json_incref(f->detail), e)) < 0)
		return r;
	*out = TAKE(j);
	return 0;
}

static int
to_buf(const char *p, size_t n, void *arg)
{
	return buf_add(arg, p, n, NULL) < 0 ? -1 : 0;
}

/* Padded with spaces, so that its length says little. */
int
detail_text(const json_t *j, struct buf *out, struct err *e)
{
	size_t more;
	int r;

	buf_reset(out);
	if (json_dump_callback(j, to_buf, out, JSON_COMPACT | JSON_SORT_KEYS) <
	    0)
		return err_set(e, ERR_NOMEM, "audit: a detail was not made");
	more = (AUDIT_PAD - out->len % AUDIT_PAD) % AUDIT_PAD;
	if ((r = buf_reserve(out, more, e)) < 0)
		return r;
	memset(out->p + out->len, ' ', more);
	out->len += more;
	if (seal_length(out->len) > AUDIT_DETAIL_MAX)
		return err_set(e, ERR_TOO_LARGE, "audit: a detail over %d",
		    AUDIT_DETAIL_MAX);
	return 0;
}

/* document = month and sequence, each 8 bytes, big-endian. */
static struct seal_context
place(const struct id *vault, uint32_t month, uint64_t seq)
{
	struct seal_context c = { .type = SEAL_DETAIL, .vault = *vault };
	uint64_t m = month, s = seq;
	int i;

	for (i = 7; i >= 0; i--, m >>= 8, s >>= 8) {
		c.document.b[i] = (uint8_t)m;
		c.document.b[8 + i] = (uint8_t)s;
	}
	c.version = (uint32_t)seq;
	return c;
}

int
detail_seal(const struct month_keys *k, const struct id *vault, uint32_t month,
    uint64_t seq, const struct buf *text, struct buf *out, struct err *e)
{
	struct seal_context c = place(vault, month, seq);

	buf_reset(out);
	return seal_bytes(k->detail.p, &c, text->p, text->len, out, e);
}

int
detail_open(const struct month_keys *k, const struct id *vault, uint32_t month,
    uint64_t seq, const void *p, size_t n, json_t **out, struct err *e)
{
	struct seal_context c = place(vault, month, seq);
	AUTO(buf_done) struct buf text = { 0 };
	json_t *j;
	int r;

	if ((r = open_bytes(k->detail.p, &c, p, n, &text, e)) < 0)
		return r;
	j = json_loadb(
	    (const char *)text.p, text.len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(j)) {
		json_decref(j);
		return err_set(e, ERR_INTEGRITY,
		    "audit: the detail of leaf %llu is no record",
		    (unsigned long long)seq);
	}
	*out = j;
	return 0;
}
