#include "daemon/core/approval.h"

#include <string.h>

#include "base/civil.h"
#include "base/text.h"

/*
 * round: each page that was asked for. What was signed for one round counts
 * in that round alone, and stays as history.
 */
const char *const approval_schema =
    "CREATE TABLE approval_subject ("
    " id BLOB PRIMARY KEY, what TEXT NOT NULL, kase BLOB NOT NULL,"
    " page BLOB NOT NULL, uid INTEGER NOT NULL, account TEXT NOT NULL,"
    " asked INTEGER NOT NULL, policy INTEGER NOT NULL,"
    " round INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE approval ("
    " subject BLOB NOT NULL REFERENCES approval_subject (id),"
    " round INTEGER NOT NULL, fingerprint TEXT NOT NULL,"
    " key BLOB NOT NULL, flags INTEGER NOT NULL, uid INTEGER NOT NULL,"
    " account TEXT NOT NULL, role TEXT NOT NULL, counts INTEGER NOT NULL,"
    " at INTEGER NOT NULL, leaf INTEGER NOT NULL, signature TEXT NOT NULL,"
    " PRIMARY KEY (subject, round, fingerprint),"
    " UNIQUE (subject, round, uid), UNIQUE (subject, round, account))"
    " STRICT, WITHOUT ROWID;";

/* --- subjects ----------------------------------------------------------- */

static int
next_round(struct tx *tx, const struct id *id, int64_t *round, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "SELECT round FROM approval_subject WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	*round = r > 0 ? sql_get_int(q, 0) + 1 : 1;
	return 0;
}

int
approval_ask(struct tx *tx, const struct approval_subject *s, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int64_t round = 0;
	int r;

	if ((r = next_round(tx, &s->id, &round, e)) < 0 ||
	    (r = sql_open(tx,
		 "INSERT INTO approval_subject (id, what, kase, page, uid,"
		 " account, asked, policy, round)"
		 " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
		 " ON CONFLICT (id) DO UPDATE SET what = excluded.what,"
		 " kase = excluded.kase, page = excluded.page,"
		 " uid = excluded.uid, account = excluded.account,"
		 " asked = excluded.asked, policy = excluded.policy,"
		 " round = excluded.round",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &s->id, e)) < 0 ||
	    (r = sql_text(q, 2, s->what, e)) < 0 ||
	    (r = sql_id(q, 3, &s->kase, e)) < 0 ||
	    (r = sql_blob(q, 4, s->page, sizeof(s->page), e)) < 0 ||
	    (r = sql_int(q, 5, s->asked_uid, e)) < 0 ||
	    (r = sql_text(q, 6, s->asked_by, e)) < 0 ||
	    (r = sql_int(q, 7, s->asked_ms, e)) < 0 ||
	    (r = sql_int(q, 8, s->policy, e)) < 0 ||
	    (r = sql_int(q, 9, round, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
approval_subject_get(struct tx *tx, const struct id *id,
    struct approval_subject *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct approval_subject s = { .id = *id };
	const void *page;
	size_t n;
	int r;

	if ((r = sql_open(tx,
		 "SELECT what, kase, page, uid, account, asked, policy"
		 " FROM approval_subject WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_set(e, ERR_NOT_FOUND, "nothing to approve");
	if ((r = sql_get_id(q, 1, &s.kase, e)) < 0)
		return r;
	page = sql_get_blob(q, 2, &n);
	if (n != sizeof(s.page))
		return err_set(e, ERR_INTEGRITY, "approval: page");
	memcpy(s.page, page, sizeof(s.page));
	snprintf(s.what, sizeof(s.what), "%s", sql_get_text(q, 0));
	s.asked_uid = (uint32_t)sql_get_int(q, 3);
	snprintf(s.asked_by, sizeof(s.asked_by), "%s", sql_get_text(q, 4));
	s.asked_ms = sql_get_int(q, 5);
	s.policy = (uint32_t)sql_get_int(q, 6);
	*out = s;
	return 0;
}

#define WITHOUT_MAX 1000 /* subjects of one list */

int
approval_without_opinion(struct tx *tx,
    int (*each)(void *arg, const struct approval_subject *s, struct err *e),
    void *arg, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct approval_subject s;
	struct id id;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id FROM approval_subject s"
		 " WHERE page <> zeroblob(32) AND NOT EXISTS (SELECT 1"
		 " FROM approval a WHERE a.subject = s.id AND"
		 " a.round = s.round AND a.counts = 0)"
		 " ORDER BY asked DESC LIMIT ?",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, WITHOUT_MAX, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = approval_subject_get(tx, &id, &s, e)) < 0 ||
		    (r = each(arg, &s, e)) < 0)
			return r;
	return r;
}

int
approval_void(struct tx *tx, const struct id *subject, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	/* No page has this digest: nothing can be signed until the next one
	 * is asked for. */
	if ((r = sql_open(tx,
		 "UPDATE approval_subject SET round = round + 1,"
		 " page = zeroblob(32) WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, subject, e)) < 0)
		return r;
	return sql_run(q, e);
}

/* --- whose signature ---------------------------------------------------- */

static int
check_signature(const char *armored, const void *page, size_t n,
    struct buf *key, uint8_t *flags, struct err *e)
{
	struct err why = { 0 };

	if (sshsig_verify(armored, strlen(armored), APPROVAL_NAMESPACE, page, n,
		key, flags, &why) < 0)
		return err_tag(e, ERR_REFUSED, "approval-signature",
		    "not a signature of this page in the namespace %s: %.100s",
		    APPROVAL_NAMESPACE, why.text);
	if (!sshsig_was_touched(key, *flags))
		return err_tag(e, ERR_REFUSED, "approval-signature",
		    "the token was not touched for this signature");
	return 0;
}

/* The page and the rules are those that were asked about. */
static int
check_bound(const struct approval_subject *s, const struct policy *p,
    const void *page, size_t n, struct err *e)
{
	uint8_t sum[SHA256_LEN];
	int r;

	if (n > APPROVAL_PAGE_MAX)
		return err_set(e, ERR_TOO_LARGE, "page");
	if ((r = digest_of(DIGEST_SHA256, page, n, sum, e)) < 0)
		return r;
	if (memcmp(sum, s->page, sizeof(sum)) != 0)
		return err_tag(e, ERR_CONFLICT, "plan-changed",
		    "the page changed since it was asked for");
	if (s->policy != policy_version(p))
		return err_tag(e, ERR_CONFLICT, "policy-changed",
		    "the rules changed since this was asked for");
	return 0;
}

static int
check_signer(const struct approval_subject *s, const struct policy *p,
    const struct buf *key, int64_t now_ms, struct approval *a, struct err *e)
{
	const struct policy_approval *rule = policy_approval(p, s->what);
	const char *role;

	a->signer = policy_key_owner(p, key->p, key->len);
	if (a->signer == NULL)
		return err_tag(e, ERR_REFUSED, "approval-key",
		    "this key belongs to nobody of the vault");
	role =
	    approval_role(p, s->what, a->signer, civil_day(now_ms), &a->counts);
	if (role == NULL)
		return err_tag(e, ERR_REFUSED, "approval-role",
		    "the approval of a %s does not count", a->signer->role);
	if (a->counts && !rule->own &&
	    (a->signer->uid == s->asked_uid ||
		strcmp(a->signer->account, s->asked_by) == 0))
		return err_tag(e, ERR_REFUSED, "approval-own",
		    "who asked for it does not approve it");
	snprintf(a->role, sizeof(a->role), "%s", role);
	return ssh_fingerprint(key->p, key->len, a->fingerprint, e);
}

int
approval_verify(struct core *core, const struct approval_subject *s,
    const void *page, size_t n, const char *armored, int64_t now_ms,
    struct approval *out, struct err *e)
{
	const struct policy *p = core->policy;
	AUTO(buf_done) struct buf key = { 0 };
	struct approval a = { .subject = s->id, .armored = armored };
	int r;

	if ((r = check_bound(s, p, page, n, e)) < 0 ||
	    (r = check_signature(armored, page, n, &key, &a.flags, e)) < 0 ||
	    (r = check_signer(s, p, &key, now_ms, &a, e)) < 0)
		return r;
	a.at_ms = now_ms;
	memcpy(a.page, s->page, sizeof(a.page));
	*out = a;
	return 0;
}

/* --- entering ----------------------------------------------------------- */

static int
enter_leaf(struct core *core, struct tx *tx, const struct caller *caller,
    const struct approval_subject *s, struct approval *a, enum leaf_class klass,
    const struct decision *d, int64_t now_ms, struct err *e)
{
	uint8_t hash[SHA256_LEN];
	struct audit_entry en = {
		.klass = klass != 0 ? klass : LEAF_APPROVAL,
		.actor = &caller->actor,
		.object = id_is_zero(&s->kase) ? s->id : s->kase,
		.approvals = hash,
	};
	char id[ID_TEXT];
	int r;

	if ((r = digest_of(
		 DIGEST_SHA256, a->armored, strlen(a->armored), hash, e)) < 0)
		return r;
	id_format(&s->id, id);
	en.detail = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:i, s:o*}",
	    "subject", id, "what", s->what, "signer", a->signer->account,
	    "role", a->role, "fingerprint", a->fingerprint, "counts", a->counts,
	    "flags", (int)a->flags, "decision",
	    d != NULL ? decision_json(core, d) : NULL);
	if (en.detail == NULL)
		return err_set(e, ERR_NOMEM, "approval");
	r = core_enter(core, tx, caller, &en, now_ms, &a->leaf, e);
	json_decref(en.detail);
	return r;
}

static int
insert(struct tx *tx, const struct approval *a, const struct buf *key,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO approval (subject, round, fingerprint, key,"
		 " flags, uid, account, role, counts, at, leaf, signature)"
		 " SELECT ?1, round, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11"
		 " FROM approval_subject WHERE id = ?1",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &a->subject, e)) < 0 ||
	    (r = sql_text(q, 2, a->fingerprint, e)) < 0 ||
	    (r = sql_blob(q, 3, key->p, key->len, e)) < 0 ||
	    (r = sql_int(q, 4, a->flags, e)) < 0 ||
	    (r = sql_int(q, 5, a->signer->uid, e)) < 0 ||
	    (r = sql_text(q, 6, a->signer->account, e)) < 0 ||
	    (r = sql_text(q, 7, a->role, e)) < 0 ||
	    (r = sql_int(q, 8, a->counts, e)) < 0 ||
	    (r = sql_int(q, 9, a->at_ms, e)) < 0 ||
	    (r = sql_int(q, 10, (int64_t)a->leaf, e)) < 0 ||
	    (r = sql_text(q, 11, a->armored, e)) < 0)
		return r;
	r = sql_run(q, e);
	if (r == -(int)ERR_CONFLICT)
		return err_tag(e, ERR_CONFLICT, "approval-twice",
		    "this person or this key has approved already");
	return r;
}

/* The key that a signature says it is of. */
static int
key_of(const char *fingerprint, const struct principal *who, struct buf *out,
    struct err *e)
{
	char other[64];
	const char *const *k;

	for (k = who->keys; k != NULL && *k != NULL; k++) {
		buf_reset(out);
		if (ssh_public_parse(*k, out, NULL) == 0 &&
		    ssh_fingerprint(out->p, out->len, other, NULL) == 0 &&
		    strcmp(other, fingerprint) == 0)
			return 0;
	}
	return err_set(e, ERR_INTERNAL, "approval: no such key");
}

/* Between the signature's verification and its row, somebody may have asked
 * anew: what was signed for one page must not count for another. */
static int
check_same_page(
    const struct approval_subject *s, const struct approval *a, struct err *e)
{
	if (memcmp(s->page, a->page, sizeof(s->page)) == 0)
		return 0;
	return err_tag(e, ERR_CONFLICT, "plan-changed",
	    "another page was asked for since");
}

int
approval_enter(struct core *core, struct tx *tx, const struct caller *caller,
    struct approval *a, enum leaf_class klass, const struct decision *d,
    int64_t now_ms, struct err *e)
{
	AUTO(buf_done) struct buf key = { 0 };
	struct approval_subject s;
	int r;

	a->at_ms = audit_time(core->audit, now_ms);
	if ((r = approval_subject_get(tx, &a->subject, &s, e)) < 0 ||
	    (r = check_same_page(&s, a, e)) < 0 ||
	    (r = key_of(a->fingerprint, a->signer, &key, e)) < 0 ||
	    (r = enter_leaf(core, tx, caller, &s, a, klass, d, now_ms, e)) < 0)
		return r;
	return insert(tx, a, &key, e);
}
