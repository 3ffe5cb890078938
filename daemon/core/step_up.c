#include "daemon/core/step_up.h"

#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/sshsig.h"
#include "base/text.h"

/* A nonce that was used, until nobody could use it any more. */
struct spent {
	uint8_t nonce[STATEMENT_NONCE_LEN];
	int64_t expires_ms;
	uint64_t request; /* that used it */
};

struct step_ups {
	pthread_mutex_t lock;
	uint64_t log_size; /* at the start */
	/* The greatest clock seen: one that goes back revives nothing. */
	int64_t latest_ms;
	struct spent spent[STEP_UPS_MAX];
	size_t n;
};

int
step_ups_new(uint64_t log_size, struct step_ups **out, struct err *e)
{
	struct step_ups *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return err_set(e, ERR_NOMEM, "step-up");
	pthread_mutex_init(&s->lock, NULL);
	s->log_size = log_size;
	*out = s;
	return 0;
}

void
step_ups_freep(struct step_ups **sp)
{
	struct step_ups *s = TAKE(*sp);

	if (s == NULL)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static int
refuse(struct err *e, const char *why)
{
	return err_tag(e, ERR_DENIED, "step-up", "step-up: %s", why);
}

/* The statement, its text and its signature, not judged. */
struct signed_statement {
	struct statement s;
	struct buf text, armored;
};

static void
signed_done(struct signed_statement *s)
{
	buf_done(&s->text);
	buf_done(&s->armored);
}

static int
unpack(const char *header, struct signed_statement *out, struct err *e)
{
	struct err why = { 0 };

	if (statement_unpack(header, &out->text, &out->armored, &why) < 0 ||
	    statement_parse(out->text.p, out->text.len, &out->s, &why) < 0)
		return why.code == ERR_NOMEM ? err_set(e, ERR_NOMEM, "step-up")
					     : err_tag(e, ERR_DENIED, "step-up",
						   "step-up: %.200s", why.text);
	return 0;
}

/* Whose key? Only the caller's own counts. */
static int
check_signature(const struct policy *p, const struct caller *caller,
    const struct signed_statement *s, char fingerprint[64], struct err *e)
{
	AUTO(buf_done) struct buf key = { 0 };
	const struct principal *who;
	uint8_t flags = 0;

	if (sshsig_verify(buf_str((struct buf *)(uintptr_t)&s->armored),
		s->armored.len, STEP_UP_NAMESPACE, s->text.p, s->text.len, &key,
		&flags, NULL) < 0)
		return refuse(e, "the signature is not right");
	if (!sshsig_was_touched(&key, flags))
		return refuse(e, "the token was not touched");
	who = policy_key_owner(p, key.p, key.len);
	if (who == NULL || who->uid != caller->actor.uid ||
	    strcmp(who->account, caller->actor.account) != 0)
		return refuse(e, "it is not signed by a key of the caller's");
	return ssh_fingerprint(key.p, key.len, fingerprint, e);
}

/* By its id, or by the reference that the client was given. */
static int
names_object(const struct statement *s, const struct id *object)
{
	char id[ID_TEXT], ref[REF_TEXT];

	if (object == NULL)
		return strcmp(s->object, "-") == 0;
	id_format(object, id);
	id_ref(object, ref);
	return strcmp(s->object, id) == 0 || strcmp(s->object, ref) == 0;
}

static int
check_act(const struct core *core, const struct caller *caller,
    const struct statement *s, enum policy_op op, const struct id *object,
    struct err *e)
{
	const char *purpose = caller->purpose != NULL ? caller->purpose : "-";

	if (!id_equal(&s->vault, &core->settings.vault))
		return refuse(e, "it is for another vault");
	if (strcmp(s->operation, policy_op_name(op)) != 0)
		return refuse(e, "it is for another operation");
	if (!names_object(s, object))
		return refuse(e, "it is for another object");
	if (strcmp(s->purpose, purpose) != 0)
		return refuse(e, "it is for another purpose");
	return 0;
}

static int64_t
never_back(struct step_ups *s, int64_t now_ms)
{
	int64_t latest;

	pthread_mutex_lock(&s->lock);
	if (now_ms > s->latest_ms)
		s->latest_ms = now_ms;
	latest = s->latest_ms;
	pthread_mutex_unlock(&s->lock);
	return latest;
}

static int
check_time(struct core *core, const struct policy *p, const struct statement *s,
    int64_t clock_ms, struct err *e)
{
	int64_t now_ms = never_back(core->step_ups, clock_ms);
	int64_t minutes, longest;

	if (policy_figure_on(
		p, "step-up-minutes", civil_day(now_ms), &minutes, NULL) < 0)
		return refuse(e, "the rules have no step-up-minutes");
	longest = minutes < STATEMENT_SECONDS_MAX / 60
		      ? minutes * 60000
		      : STATEMENT_SECONDS_MAX * INT64_C(1000);
	if (s->expires_ms <= now_ms)
		return refuse(e, "it has expired");
	if (s->expires_ms - now_ms > longest)
		return refuse(e, "it would hold for too long");
	/* The daemon's start is a leaf: what was signed before names less. */
	if (s->log_size <= core->step_ups->log_size)
		return refuse(e, "its log size is from before the start");
	if (s->log_size > audit_size(core->audit))
		return refuse(e, "its log size is of no log of this vault");
	return 0;
}

/* --- nonces and their time
 * ----------------------------------------------------------- */

static struct spent *
find_spent(struct step_ups *s, const uint8_t nonce[STATEMENT_NONCE_LEN])
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (memcmp(s->spent[i].nonce, nonce, STATEMENT_NONCE_LEN) == 0)
			return &s->spent[i];
	return NULL;
}

static void
drop_expired(struct step_ups *s)
{
	size_t i = 0;

	while (i < s->n)
		if (s->spent[i].expires_ms <= s->latest_ms)
			s->spent[i] = s->spent[--s->n];
		else
			i++;
}

/* A request may use its own statement again, for its other leaves. */
static int
is_others(const struct spent *sp, const struct caller *caller)
{
	return caller->request == 0 || sp->request != caller->request;
}

static int
used(struct err *e)
{
	return refuse(e, "it has been used");
}

static int
check_nonce(struct step_ups *s, const struct caller *caller,
    const struct statement *st, struct err *e)
{
	const struct spent *sp;
	int bad;

	pthread_mutex_lock(&s->lock);
	sp = find_spent(s, st->nonce);
	bad = sp != NULL && is_others(sp, caller);
	pthread_mutex_unlock(&s->lock);
	return bad ? used(e) : 0;
}

int
step_up_check(struct core *core, const struct caller *caller, enum policy_op op,
    const struct id *object, int64_t now_ms, char fingerprint[64],
    struct err *e)
{
	AUTO(signed_done) struct signed_statement s = { 0 };
	const struct policy *p = core->policy;
	int r;

	if (caller->step_up == NULL)
		return 0;
	if ((r = unpack(caller->step_up, &s, e)) < 0 ||
	    (r = check_signature(p, caller, &s, fingerprint, e)) < 0 ||
	    (r = check_act(core, caller, &s.s, op, object, e)) < 0 ||
	    (r = check_time(core, p, &s.s, now_ms, e)) < 0 ||
	    (r = check_nonce(core->step_ups, caller, &s.s, e)) < 0)
		return r;
	return 1;
}

static int
spend(struct step_ups *s, const struct caller *caller,
    const struct statement *st, struct err *e)
{
	struct spent *sp = find_spent(s, st->nonce);

	if (sp != NULL)
		return is_others(sp, caller) ? used(e) : 0;
	/* Forgetting one before its time would let it count again. */
	if (st->expires_ms <= s->latest_ms)
		return refuse(e, "it has expired");
	drop_expired(s);
	if (s->n == STEP_UPS_MAX)
		return err_set(e, ERR_BUSY, "too many signed statements");
	sp = &s->spent[s->n++];
	memcpy(sp->nonce, st->nonce, sizeof(sp->nonce));
	sp->expires_ms = st->expires_ms;
	sp->request = caller->request;
	return 0;
}

int
step_up_use(struct core *core, const struct caller *caller, int64_t now_ms,
    struct err *e)
{
	AUTO(signed_done) struct signed_statement s = { 0 };
	int r;

	if (caller->step_up == NULL)
		return refuse(e, "there is no statement");
	if ((r = unpack(caller->step_up, &s, e)) < 0)
		return r;
	(void)never_back(core->step_ups, now_ms);
	pthread_mutex_lock(&core->step_ups->lock);
	r = spend(core->step_ups, caller, &s.s, e);
	pthread_mutex_unlock(&core->step_ups->lock);
	return r;
}
