/* A candidate becomes a proposal: whole, checked, compared, a page. */
#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/rules_rows.h"
#include "policy/trial.h"

struct proposing {
	struct core *core;
	const struct caller *caller;
	const struct rules_candidate *c;
	int dry_run;
	struct decision decision;
	uint32_t base;		 /* generation */
	const struct policy *pa; /* of the base */
	struct policy *pb;	 /* the candidate's */
	struct rules_row a, b;
	struct rules_files files;
	struct buf problems;
	int known; /* proposed before: b is that one */
	uint64_t leaf;
};

static void
proposing_done(struct proposing **pp)
{
	struct proposing *p = *pp;

	if (p == NULL)
		return;
	policy_freep(&p->pb);
	rules_row_done(&p->a);
	rules_row_done(&p->b);
	rules_files_done(&p->files);
	buf_done(&p->problems);
	free(p);
	*pp = NULL;
}

/* --- the candidate, whole ------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	const struct policy_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void
remove_file(struct rules_files *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->n && strcmp(f->v[i].name, name) != 0; i++)
		;
	if (i < f->n)
		memmove(&f->v[i], &f->v[i + 1], (--f->n - i) * sizeof(f->v[0]));
}

/* One change. All strings stay the caller's, or those of the set in force. */
static int
change_file(struct rules_files *f, const struct policy_file *c, struct err *e)
{
	if (c->p == NULL && rules_file_named(f, c->name) == NULL)
		return err_tag(e, ERR_REFUSED, "policy",
		    "there is no file %.100s to remove", c->name);
	remove_file(f, c->name);
	if (c->p == NULL)
		return 0;
	if (f->n == POLICY_FILES_MAX)
		return err_tag(e, ERR_TOO_LARGE, "rules-size",
		    "more than %d files of rules", POLICY_FILES_MAX);
	f->v[f->n++] = *c;
	return 0;
}

static int
complete(struct proposing *p, struct err *e)
{
	const struct rules_candidate *c = p->c;
	size_t i, k;
	int r;

	rules_files_of(p->pa, &p->files);
	for (i = 0; i < c->n; i++) {
		for (k = 0; k < i; k++)
			if (strcmp(c->files[k].name, c->files[i].name) == 0)
				return err_tag(e, ERR_INVALID, "member-type",
				    "file %.100s is there twice",
				    c->files[i].name);
		if ((r = change_file(&p->files, &c->files[i], e)) < 0)
			return r;
	}
	qsort(p->files.v, p->files.n, sizeof(p->files.v[0]), by_name);
	return 0;
}

/* --- checks ----------------------------------------------------------------
 */

static int
check_language(struct proposing *p, struct err *e)
{
	struct err why = { 0 };
	int64_t jump;
	int r;

	r = policy_load_files(
	    p->files.v, p->files.n, &p->pb, &p->problems, &why);
	if (r == -(int)ERR_INVALID || r == -(int)ERR_REFUSED)
		return err_tag(e, ERR_REFUSED, "policy", "%.200s", why.text);
	if (r < 0) {
		*e = why;
		return r;
	}
	/* What the daemon itself cannot do without. */
	if (policy_figure(p->pb, "clock-jump-days", &jump, NULL) < 0)
		return err_tag(e, ERR_REFUSED, "policy",
		    "figure \"clock-jump-days\" is missing");
	return 0;
}

static int
check_tests(struct proposing *p, struct err *e)
{
	struct trial_counts counts = { 0 };
	struct err why = { 0 };
	const char *line;
	int r;

	r = policy_trial_own(p->pb, &p->problems, &counts, &why);
	if (r == 0 && counts.failed == 0)
		return 0;
	if (r < 0 && !err_is_public(why.code)) {
		*e = why;
		return r;
	}
	line = p->problems.len > 0 ? buf_str(&p->problems) : why.text;
	return err_tag(e, ERR_REFUSED, "policy-tests", "%.*s",
	    (int)(strcspn(line, "\n") < 200 ? strcspn(line, "\n") : 200), line);
}

/* How many people's approval of what would count from now on. */
static uint32_t
count_approvers(const struct policy *p, const char *what, int32_t day)
{
	const struct principal *all;
	size_t i, n = policy_people(p, &all);
	uint32_t found = 0;
	int counts;

	for (i = 0; i < n; i++)
		if (all[i].status == POLICY_ACTIVE && all[i].keys != NULL &&
		    all[i].keys[0] != NULL &&
		    approval_role(p, what, &all[i], day, &counts) != NULL &&
		    counts)
			found++;
	return found;
}

/* Rules that nobody could ever change again are not put in force, not even
 * when enough people sign them. */
static int
check_approvers(const struct policy *p, int32_t day, struct err *e)
{
	static const char *const all[] = { "erasure", "rules", "people" };
	uint32_t found, need;
	size_t i;

	for (i = 0; i < NELEMS(all); i++) {
		if (policy_approval(p, all[i]) == NULL &&
		    strcmp(all[i], "people") == 0)
			continue;
		found = count_approvers(p, all[i], day);
		need = approval_needed_by(p, all[i]);
		if (found < need)
			return err_tag(e, ERR_REFUSED, "approvers",
			    "%s takes %u, and %u would be left", all[i], need,
			    found);
	}
	return 0;
}

static int
check_change(const struct proposing *p, struct err *e)
{
	if (memcmp(p->a.set, p->b.set, 32) == 0)
		return err_tag(e, ERR_REFUSED, "rules-same",
		    "these are the rules in force");
	if (memcmp(p->a.sha256, p->b.sha256, 32) != 0 &&
	    p->b.version <= p->a.version)
		return err_tag(e, ERR_REFUSED, "rules-version",
		    "the rules change, so their version must be over %u",
		    p->a.version);
	return 0;
}

/* --- the proposal -----------------------------------------------------------
 */

static int
load_base(struct proposing *p, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(p->core->catalog, &tx, e)) < 0 ||
	    (r = rules_newest(&tx, &p->base, e)) < 0 ||
	    (r = rules_row_of(&tx, p->base, &p->a, e)) < 0)
		return r;
	return rules_at(p->core, p->base, &p->pa, e);
}

/* The same candidate over the same set is the same proposal. */
static int
find_known(struct proposing *p, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct id id;
	int r;

	if ((r = tx_read(p->core->catalog, &tx, e)) < 0 ||
	    (r = rules_row_find(&tx, p->base, p->b.set, &id, e)) <= 0)
		return r;
	p->known = 1;
	return rules_row_load(&tx, &id, &p->b, e);
}

static int
prepare(struct proposing *p, struct err *e)
{
	int64_t now = core_now(p->core);
	int r;

	if ((r = load_base(p, e)) < 0 || (r = complete(p, e)) < 0 ||
	    (r = check_language(p, e)) < 0 ||
	    (r = rules_row_fill(&p->b, p->pb, &p->files, e)) < 0 ||
	    (r = check_change(p, e)) < 0 || (r = check_tests(p, e)) < 0 ||
	    (r = check_approvers(p->pb, civil_day(now), e)) < 0)
		return r;
	p->b.base = p->base;
	p->b.uid = p->caller->actor.uid;
	snprintf(
	    p->b.account, sizeof(p->b.account), "%s", p->caller->actor.account);
	snprintf(p->b.what, sizeof(p->b.what), "%s", rules_takes(p->pa, p->pb));
	if ((r = rules_page(p->core, &p->a, p->pa, &p->b, p->pb, e)) < 0 ||
	    (r = id_random(&p->b.id, e)) < 0)
		return r;
	return p->dry_run ? 0 : find_known(p, e);
}

static int
ask_approval(
    struct tx *tx, const struct proposing *p, int64_t now_ms, struct err *e)
{
	struct approval_subject s = {
		.id = p->b.id,
		.asked_uid = p->b.uid,
		.asked_ms = now_ms,
		.policy = p->a.version,
	};
	int r;

	snprintf(s.what, sizeof(s.what), "%s", p->b.what);
	snprintf(s.asked_by, sizeof(s.asked_by), "%s", p->b.account);
	if ((r = digest_of(
		 DIGEST_SHA256, p->b.page.p, p->b.page.len, s.page, e)) < 0)
		return r;
	return approval_ask(tx, &s, e);
}

static int
enter_leaf(struct proposing *p, struct tx *tx, int64_t now_ms, struct err *e)
{
	char id[ID_TEXT], set[2 * SHA256_LEN + 1];
	json_t *detail;
	int r;

	id_format(&p->b.id, id);
	hex_format(p->b.set, SHA256_LEN, set);
	detail =
	    json_pack("{s:s, s:s, s:s, s:i, s:i, s:b, s:b, s:o}", "proposal",
		id, "what", p->b.what, "set", set, "version", (int)p->b.version,
		"over", (int)p->base, "known", p->known, "dry_run", p->dry_run,
		"decision", decision_json(p->core, &p->decision));
	if (detail == NULL)
		return err_set(e, ERR_NOMEM, "rules");
	r = core_leaf(p->core, tx, p->caller, LEAF_POLICY_PROPOSE, LEAF_OK,
	    &p->b.id, detail, now_ms, &p->leaf, e);
	json_decref(detail);
	return r;
}

static int
apply_proposal(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct proposing *p = arg;
	uint32_t newest;
	int r;

	if ((r = enter_leaf(p, tx, now_ms, e)) < 0 || p->dry_run || p->known)
		return r;
	if ((r = rules_newest(tx, &newest, e)) < 0)
		return r;
	if (newest != p->base)
		return err_tag(e, ERR_CONFLICT, "policy-changed",
		    "other rules came into force meanwhile");
	p->b.at_ms = audit_time(p->core->audit, now_ms);
	p->b.leaf = p->leaf;
	if ((r = ask_approval(tx, p, p->b.at_ms, e)) < 0)
		return r;
	r = rules_insert(tx, &p->b, &p->files, e);
	if (r == -(int)ERR_CONFLICT)
		return err_tag(e, ERR_CONFLICT, "in-flight",
		    "somebody proposes the same at this moment");
	return r;
}

/* --- answers -----------------------------------------------------------------
 */

static json_t *
lines_json(struct buf *text)
{
	const char *s = buf_str(text), *line;
	size_t left = text->len, n;
	json_t *a = json_array();

	while (text_line(&s, &left, &line, &n))
		json_array_append_new(a, json_stringn(line, n));
	return a;
}

/* What is wrong is the answer of a dry run. */
static int
answer_problems(
    struct proposing *p, const struct err *why, json_t **answer, struct err *e)
{
	if (p->problems.len == 0 &&
	    buf_addf(&p->problems, e, "%s\n", why->text) < 0)
		return -(int)e->code;
	*answer = json_pack("{s:s, s:s, s:o}", "state", "dry-run", "code",
	    err_name(why), "problems", lines_json(&p->problems));
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "rules");
}

static int
answer_dry(struct proposing *p, json_t **answer, struct err *e)
{
	char sha[2 * SHA256_LEN + 1];
	uint8_t sum[SHA256_LEN];
	int r;

	if ((r = digest_of(DIGEST_SHA256, p->b.page.p, p->b.page.len, sum, e)) <
	    0)
		return r;
	hex_format(sum, sizeof(sum), sha);
	*answer = json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:[], s:I}",
	    "state", "dry-run", "page", buf_str(&p->b.page), "sha256", sha,
	    "what", p->b.what, "needed",
	    (int)approval_needed_by(p->pa, p->b.what), "version",
	    (int)p->b.version, "problems", "leaf", (json_int_t)p->leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "rules");
}

static int
answer_kept(struct proposing *p, json_t **answer, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(p->core->catalog, &tx, e)) < 0)
		return r;
	return rules_proposal_json(p->core, &tx, &p->b.id, p->leaf, answer, e);
}

static int
propose(struct proposing *p, struct id *object, json_t **answer, struct err *e)
{
	struct change ch = {
		.apply = apply_proposal,
		.arg = p,
		.need_head = 1,
	};
	struct err why;
	int r;

	if ((r = core_check_open(p->core, e)) < 0 ||
	    (r = core_authorize(p->core, p->caller, OP_RULES_PROPOSE, NULL,
		 NULL, core_now(p->core), &p->decision, e)) < 0)
		return r;
	r = prepare(p, e);
	if (r == -(int)ERR_REFUSED && p->dry_run) {
		why = *e;
		return answer_problems(p, &why, answer, e);
	}
	if (r < 0)
		return r;
	*object = p->b.id;
	if ((r = commit_run(p->core->committer, &ch, e)) < 0)
		return r;
	return p->dry_run ? answer_dry(p, answer, e)
			  : answer_kept(p, answer, e);
}

int
rules_propose(struct core *core, const struct caller *caller,
    const struct rules_candidate *c, int dry_run, struct id *object,
    json_t **answer, struct err *e)
{
	AUTO(proposing_done) struct proposing *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return err_set(e, ERR_NOMEM, "rules");
	p->core = core;
	p->caller = caller;
	p->c = c;
	p->dry_run = dry_run;
	return propose(p, object, answer, e);
}
