/* Which approvals count today, and what there is to show of them. */
#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/approval.h"

#define DAY_MS INT64_C(86400000)

/*
 * What the rules may ask more for, and never less: destruction and the rules
 * themselves take two people (DOMAIN, retention).
 */
static const struct {
	const char *what;
	uint32_t least;
} floors[] = {
	{ "erasure", 2 },
	{ "retention", 2 },
	{ "hold-release", 2 },
	{ "rules", 2 },
	{ "people", 2 },
	{ "clock", 2 },
};

uint32_t
approval_needed_by(const struct policy *p, const char *what)
{
	const struct policy_approval *a = policy_approval(p, what);
	uint32_t least = 1;
	size_t i;

	for (i = 0; i < NELEMS(floors); i++)
		if (strcmp(floors[i].what, what) == 0)
			least = floors[i].least;
	return a != NULL && a->count > least ? a->count : least;
}

uint32_t
approval_needed(const struct core *core, const char *what)
{
	return approval_needed_by(core->policy, what);
}

static int
among(const char *const *roles, const char *role)
{
	for (; roles != NULL && *roles != NULL; roles++)
		if (strcmp(*roles, role) == 0)
			return 1;
	return 0;
}

static const char *
heard(const struct policy_approval *a, const char *role, int *counts)
{
	*counts = among(a->roles, role);
	return *counts || among(a->opinions, role) ? role : NULL;
}

const char *
approval_role(const struct policy *p, const char *what,
    const struct principal *who, int32_t day, int *counts)
{
	const struct policy_approval *a = policy_approval(p, what);
	const char *roles[POLICY_ROLES_MAX + 1], *role;
	size_t i, n;

	if (a == NULL || !policy_in_force(&a->when, day))
		return NULL;
	n = policy_roles_of(p, who, day, roles);
	for (i = 0; i < n; i++)
		if ((role = heard(a, roles[i], counts)) != NULL)
			return role;
	return NULL;
}

/* --- counting ----------------------------------------------------------- */

struct tally {
	uint32_t have, old; /* that count; those that would, but are too old */
	struct buf all;	    /* the signatures that count, by fingerprint */
};

static void
tally_done(struct tally *t)
{
	buf_done(&t->all);
}

/*
 * Does this row still count: is the key still that person's, are they still
 * active, and does their role still count? Suspended means not heard.
 */
static int
still_counts(
    const struct policy *p, const char *what, struct sql *q, int32_t day)
{
	const struct principal *who;
	const void *key;
	int counts = 0;
	size_t n;

	key = sql_get_blob(q, 0, &n);
	who = policy_key_owner(p, key, n);
	return who != NULL && who->uid == (uint32_t)sql_get_int(q, 1) &&
	       strcmp(who->account, sql_get_text(q, 2)) == 0 &&
	       approval_role(p, what, who, day, &counts) != NULL && counts;
}

static int
tally(const struct policy *p, struct tx *tx, const struct approval_subject *s,
    int64_t now_ms, struct tally *t, struct err *e)
{
	const struct policy_approval *rule = policy_approval(p, s->what);
	AUTO(sql_done) struct sql *q = NULL;
	int64_t at;
	int r;

	if ((r = sql_open(tx,
		 "SELECT a.key, a.uid, a.account, a.at, a.signature"
		 " FROM approval a JOIN approval_subject s"
		 " ON a.subject = s.id AND a.round = s.round"
		 " WHERE a.subject = ? AND a.counts = 1"
		 " ORDER BY a.fingerprint",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &s->id, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if (!still_counts(p, s->what, q, civil_day(now_ms)))
			continue;
		at = sql_get_int(q, 3);
		if (at + (int64_t)rule->valid_days * DAY_MS < now_ms) {
			t->old++;
			continue;
		}
		t->have++;
		if ((r = buf_addstr(&t->all, sql_get_text(q, 4), e)) < 0)
			return r;
	}
	return r;
}

int
approval_count(struct core *core, struct tx *tx, const struct id *subject,
    int64_t now_ms, uint32_t *have, uint32_t *need, struct err *e)
{
	const struct policy *p = core->policy;
	AUTO(tally_done) struct tally t = { 0 };
	struct approval_subject s;
	int r;

	now_ms = audit_time(core->audit, now_ms);
	if ((r = approval_subject_get(tx, subject, &s, e)) < 0 ||
	    (r = tally(p, tx, &s, now_ms, &t, e)) < 0)
		return r;
	*have = t.have;
	*need = approval_needed_by(p, s.what);
	return 0;
}

int
approval_check(struct core *core, struct tx *tx, const struct id *subject,
    int64_t now_ms, uint8_t hash[32], struct err *e)
{
	const struct buf nothing = { 0 };

	return approval_check_spared(
	    core, tx, subject, now_ms, 0, &nothing, hash, e);
}

int
approval_check_spared(struct core *core, struct tx *tx,
    const struct id *subject, int64_t now_ms, uint32_t spared,
    const struct buf *words, uint8_t hash[32], struct err *e)
{
	const struct policy *p = core->policy;
	AUTO(tally_done) struct tally t = { 0 };
	struct approval_subject s;
	uint32_t need;
	int r;

	now_ms = audit_time(core->audit, now_ms);
	if ((r = approval_subject_get(tx, subject, &s, e)) < 0 ||
	    (r = tally(p, tx, &s, now_ms, &t, e)) < 0)
		return r;
	need = approval_needed_by(p, s.what);
	if (spared > 0)
		need = need > spared ? need - spared : 1;
	if (t.have + t.old < need)
		return err_tag(e, ERR_CONFLICT, "approvals-missing", "%u/%u",
		    t.have, need);
	if (t.have < need)
		return err_tag(e, ERR_CONFLICT, "approvals-expired",
		    "an approval is too old: ask again");
	if (s.policy != policy_version(p))
		return err_tag(e, ERR_CONFLICT, "policy-changed",
		    "the rules changed since this was asked for");
	if ((r = buf_add(&t.all, words->p, words->len, e)) < 0)
		return r;
	return digest_of(DIGEST_SHA256, t.all.p, t.all.len, hash, e);
}

/* --- showing ------------------------------------------------------------ */

static json_t *
approval_json(struct sql *q, const struct policy_approval *rule)
{
	int64_t at = sql_get_int(q, 4);
	char text[TIME_TEXT], until[TIME_TEXT];

	time_format(at, text);
	time_format(
	    at + (rule != NULL ? (int64_t)rule->valid_days * DAY_MS : 0),
	    until);
	return json_pack("{s:s, s:s, s:s, s:b, s:s, s:I, s:s}", "by",
	    sql_get_text(q, 0), "role", sql_get_text(q, 1), "fingerprint",
	    sql_get_text(q, 2), "counts", (int)sql_get_int(q, 3), "at", text,
	    "leaf", (json_int_t)sql_get_int(q, 5), "valid_until", until);
}

int
approval_list(struct tx *tx, const struct core *core, const struct id *subject,
    json_t **out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const struct policy_approval *rule;
	struct approval_subject s;
	json_t *a;
	int r;

	if ((r = approval_subject_get(tx, subject, &s, e)) < 0)
		return r;
	rule = policy_approval(core->policy, s.what);
	if ((r = sql_open(tx,
		 "SELECT a.account, a.role, a.fingerprint, a.counts, a.at,"
		 " a.leaf FROM approval a JOIN approval_subject s"
		 " ON a.subject = s.id AND a.round = s.round"
		 " WHERE a.subject = ? ORDER BY a.at, a.fingerprint",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, subject, e)) < 0)
		return r;
	if ((a = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "approvals");
	while ((r = sql_step(q, e)) > 0)
		if (json_array_append_new(a, approval_json(q, rule)) < 0)
			r = err_set(e, ERR_NOMEM, "approvals");
	if (r < 0) {
		json_decref(a);
		return r;
	}
	*out = a;
	return 0;
}

int
approval_each(struct tx *tx, const struct id *subject,
    int (*each)(void *arg, const struct approval_row *row, struct err *e),
    void *arg, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct approval_row row;
	int r;

	if ((r = sql_open(tx,
		 "SELECT a.account, a.role, a.fingerprint, a.signature, a.uid,"
		 " a.counts, a.at FROM approval a JOIN approval_subject s"
		 " ON a.subject = s.id AND a.round = s.round"
		 " WHERE a.subject = ? ORDER BY a.fingerprint",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, subject, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		row.account = sql_get_text(q, 0);
		row.role = sql_get_text(q, 1);
		row.fingerprint = sql_get_text(q, 2);
		row.armored = sql_get_text(q, 3);
		row.uid = (uint32_t)sql_get_int(q, 4);
		row.counts = (int)sql_get_int(q, 5);
		row.at_ms = sql_get_int(q, 6);
		if ((r = each(arg, &row, e)) < 0)
			return r;
	}
	return r;
}

static int
add_text(void *arg, const struct approval_row *row, struct err *e)
{
	return json_array_append_new(arg, json_string(row->armored)) < 0
		   ? err_set(e, ERR_NOMEM, "approvals")
		   : 0;
}

int
approval_texts(
    struct tx *tx, const struct id *subject, json_t **out, struct err *e)
{
	json_t *a = json_array();
	int r;

	if (a == NULL)
		return err_set(e, ERR_NOMEM, "approvals");
	if ((r = approval_each(tx, subject, add_text, a, e)) < 0) {
		json_decref(a);
		return r;
	}
	*out = a;
	return 0;
}
