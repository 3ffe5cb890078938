/* One pass over all cases, and the sweep that it proposes. */
#include "base/civil.h"
#include "base/term.h"
#include "base/text.h"
#include "daemon/audit/audit.h"
#include "daemon/core/approval.h"
#include "daemon/core/clock.h"
#include "daemon/core/erasure.h"
#include "daemon/core/json_of.h"
#include "daemon/core/sweep.h"

#define WHAT "retention"
#define JOURNAL_RULE "journal"
#define JOURNAL_MOMENT "entry"
/* Documents of one case that go with one sweep: each may take an extract
 * along in its plan. A larger case goes with several. */
#define CASE_DOCUMENTS_MAX (ERASURE_OBJECTS_MAX / 2 - 2)

struct pass {
	struct core *core;
	const struct caller *caller;
	const struct retention_asking *a;
	const struct policy *policy;
	struct decision d;
	int32_t day, today;
	struct sweep_new sweep;
	struct sweep_line *lines; /* SWEEP_OBJECTS_MAX */
	size_t nlines;
	int64_t living, destroy, conflict, keep, taken, left, months;
	json_t *counts, *objects;
	size_t told_kept; /* of those that are kept: lines, and more */
	struct buf page, listed, digests;
	uint8_t sha256[32], digest[32];
	struct erasure_new erasure;
	uint64_t leaf;
};

static void
pass_done(struct pass *p)
{
	free(p->lines);
	json_decref(p->counts);
	json_decref(p->objects);
	buf_done(&p->page);
	buf_done(&p->listed);
	buf_done(&p->digests);
	erasure_new_done(&p->erasure);
}

static const char *
rule_of(const struct retention_item *i)
{
	return i->f.rule != NULL ? i->f.rule->name : "none";
}

/* How many of each kind, rule, state and verdict. */
static int
count(struct pass *p, const struct retention_item *i, struct err *e)
{
	char key[256];
	json_t *n;

	snprintf(key, sizeof(key), "%s %s %s %s", i->kind, rule_of(i),
	    retention_state_name(i->f.state),
	    retention_verdict_name(i->f.verdict));
	p->living++;
	p->destroy += i->f.verdict == RETENTION_DESTROY;
	p->conflict += i->f.verdict == RETENTION_CONFLICT;
	p->keep += i->f.verdict == RETENTION_KEEP;
	if ((n = json_object_get(p->counts, key)) != NULL)
		return json_integer_set(n, json_integer_value(n) + 1);
	if (json_object_set_new(p->counts, key, json_integer(1)) < 0)
		return err_set(e, ERR_NOMEM, "analysis");
	return 0;
}

/* What is kept is told in half of the room: of what goes, or would go but for
 * a hold, nothing is left out for it. */
static int
tell(struct pass *p, const struct retention_case *c,
    const struct retention_item *i, struct err *e)
{
	size_t room = RETENTION_LINES_MAX;
	json_t *j;

	if (i->f.verdict == RETENTION_KEEP && p->told_kept++ >= room / 2)
		return 0;
	if (json_array_size(p->objects) >= room)
		return 0;
	j = json_pack("{s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:o}",
	    "kind", i->kind, "id", json_of_id(&i->id), "case",
	    json_of_id(&c->id), "verdict", retention_verdict_name(i->f.verdict),
	    "state", retention_state_name(i->f.state), "rule", rule_of(i),
	    "source", i->f.rule != NULL ? i->f.rule->source : "", "moment",
	    i->f.moment != NULL ? i->f.moment : "", "from",
	    json_of_day_or_null(i->f.from), "last",
	    json_of_day_or_null(i->f.last));
	if (j == NULL || json_array_append_new(p->objects, j) < 0)
		return err_set(e, ERR_NOMEM, "analysis");
	return 0;
}

static int32_t
year_of(int32_t day)
{
	return civil_date(day).year;
}

static int
list_line(struct pass *p, const struct retention_case *c,
    const struct retention_item *i, struct err *e)
{
	struct sweep_line *l = &p->lines[p->nlines];
	char id[ID_TEXT], last[11];

	*l = (struct sweep_line){ .kase = c->id };
	if (i->what == PLAN_DOCUMENT)
		l->document = i->id;
	snprintf(l->kind, sizeof(l->kind), "%s", i->kind);
	snprintf(l->rule, sizeof(l->rule), "%s", rule_of(i));
	l->year = year_of(i->f.from);
	p->nlines++;
	id_format(&i->id, id);
	date_format(i->f.last, last);
	return buf_addf(&p->listed, e, "object %s %s rule %s last %s\n",
	    i->kind, id, rule_of(i), last);
}

/* Its place in the digest: which objects with which keys. */
static int
add_digest(struct pass *p, struct tx *tx, const struct retention_case *c,
    int whole, size_t first, struct err *e)
{
	AUTO(plan_done) struct plan plan = { 0 };
	AUTO(buf_done) struct buf docs = { 0 };
	unsigned parts = 0;
	uint8_t digest[32];
	size_t i;
	int r;

	for (i = first; !whole && i < p->nlines; i++) {
		parts |= sweep_part(p->lines[i].kind);
		if (!id_is_zero(&p->lines[i].document) &&
		    (r = buf_add(&docs, p->lines[i].document.b, ID_LEN, e)) < 0)
			return r;
	}
	if ((r = plan_make_parts(tx, &c->id,
		 (const struct id *)(const void *)docs.p, docs.len / ID_LEN,
		 parts, &plan, e)) < 0 ||
	    (r = plan_digest(&plan, digest, e)) < 0)
		return r;
	return buf_add(&p->digests, digest, sizeof(digest), e);
}

/* What is due of a case, but no more documents than go into one plan. */
static size_t
due_of(const struct retention_case *c)
{
	size_t due = 0, i;

	for (i = 0; i < c->n; i++)
		due += c->v[i].f.verdict == RETENTION_DESTROY;
	return due;
}

/* All that is due of a case goes with one sweep, or waits for another; only of
 * a case that no plan can hold, some documents go before the rest. */
static int
take_case(struct pass *p, struct tx *tx, const struct retention_case *c,
    struct err *e)
{
	size_t first = p->nlines, due = due_of(c), taken = due, i;
	int large = due > CASE_DOCUMENTS_MAX, r;

	if (due == 0)
		return 0;
	if (large)
		taken = CASE_DOCUMENTS_MAX;
	if (p->nlines + taken > SWEEP_OBJECTS_MAX) {
		p->left += (int64_t)due;
		return 0;
	}
	for (i = 0; i < c->n && p->nlines < first + taken; i++)
		if (c->v[i].f.verdict == RETENTION_DESTROY &&
		    (!large || c->v[i].what == PLAN_DOCUMENT) &&
		    (r = list_line(p, c, &c->v[i], e)) < 0)
			return r;
	taken = p->nlines - first;
	p->taken += (int64_t)taken;
	p->left += (int64_t)(due - taken);
	return add_digest(p, tx, c, c->whole && !large, first, e);
}

static int
one_case(struct pass *p, struct tx *tx, const struct id *id,
    struct retention_case *c, struct err *e)
{
	size_t i;
	int r;

	if ((r = retention_case_judge(p->core, tx, id, p->day, c, e)) < 0)
		return r;
	for (i = 0; i < c->n; i++)
		if ((r = count(p, &c->v[i], e)) < 0 ||
		    ((p->a->dry_run || c->v[i].f.verdict != RETENTION_KEEP) &&
			(r = tell(p, c, &c->v[i], e)) < 0))
			return r;
	return take_case(p, tx, c, e);
}

static int
walk(struct pass *p, struct tx *tx, struct err *e)
{
	AUTO(retention_case_done) struct retention_case c = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	struct id id;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id FROM dossier WHERE state <> 'erased' ORDER BY id",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = one_case(p, tx, &id, &c, e)) < 0)
			return r;
	return r;
}

/* --- the log's details ---------------------------------------------------- */

static int
no_moment(void *arg, const char *name, int32_t *day)
{
	(void)arg;
	(void)name;
	(void)day;
	return 0;
}

/* The month's last day: its last entry counts from no later than that. */
static int32_t
last_day(uint32_t month)
{
	int32_t next = (int32_t)month + 1;

	return civil_days(next / 12, next % 12 + 1, 1) - 1;
}

static int
take_month(struct pass *p, uint32_t month, const struct retention_finding *f,
    struct err *e)
{
	struct sweep_line *l = &p->lines[p->nlines];
	char first[11], last[11];
	int r;

	date_format(civil_days((int)month / 12, (int)month % 12 + 1, 1), first);
	date_format(f->last, last);
	/* Also of a pass that only tells: the page is the same. */
	if ((r = buf_addf(&p->listed, e, "object %s %.7s rule %s last %s\n",
		 SWEEP_JOURNAL, first, f->rule->name, last)) < 0 ||
	    (r = sweep_add_month(month, &p->digests, e)) < 0)
		return r;
	*l = (struct sweep_line){ .year = (int32_t)month / 12, .month = month };
	snprintf(l->kind, sizeof(l->kind), "%s", SWEEP_JOURNAL);
	snprintf(l->rule, sizeof(l->rule), "%s", f->rule->name);
	p->nlines++;
	p->months++;
	return 0;
}

/* Details of log entries go by whole months, with the key of each. */
static int
walk_months(struct pass *p, struct tx *tx, struct err *e)
{
	struct retention_facts facts = {
		.day = p->day,
		.moment = no_moment,
		.own_moment = JOURNAL_MOMENT,
	};
	struct retention_finding f;
	uint32_t months[SWEEP_MONTHS_MAX];
	size_t n, i;
	int r;

	if ((r = audit_months(tx, months, &n, NELEMS(months), e)) < 0)
		return r;
	for (i = 0; i < n; i++) {
		facts.own_day = last_day(months[i]);
		retention_judge(p->policy, JOURNAL_RULE, &facts, &f);
		if (f.verdict != RETENTION_DESTROY)
			continue;
		if (p->nlines == SWEEP_OBJECTS_MAX)
			p->left++;
		else if ((r = take_month(p, months[i], &f, e)) < 0)
			return r;
	}
	return 0;
}

/* --- the sweep ------------------------------------------------------------ */

/* Per cent of the living objects, rounded up. */
static int64_t
share_of(const struct pass *p)
{
	return p->living > 0 ? (p->taken * 100 + p->living - 1) / p->living : 0;
}

static int
check_share(const struct pass *p, struct err *e)
{
	int64_t most;

	if (policy_figure_on(
		p->policy, "sweep-share-percent", p->day, &most, NULL) < 0)
		return err_tag(e, ERR_REFUSED, "figure-missing",
		    "the rules do not say how much one sweep may take");
	if (p->taken * 100 <= p->living * most || p->a->share == share_of(p))
		return 0;
	return err_tag(e, ERR_CONFLICT, "sweep-share",
	    "%lld per cent of the vault would go: confirm this share",
	    (long long)share_of(p));
}

static int
write_page(struct pass *p, struct err *e)
{
	char id[ID_TEXT], at[TIME_TEXT], rules[2 * 32 + 1];
	int r;

	id_format(&p->sweep.id, id);
	time_format(core_now(p->core), at);
	hex_format(policy_sha256(p->policy), 32, rules);
	if ((r = buf_addf(&p->page, e,
		 "sceau retention sweep 1\n"
		 "vault %s\nsweep %s\npolicy %u %s\nplanned %s by %s\n"
		 "living %lld\nobjects %lld\nleft for another sweep %lld\n"
		 "months of the log %lld\n"
		 "held or restricted %lld\nshare %lld per cent%s\n"
		 "archives visa %s\n",
		 p->core->settings.origin, id, policy_version(p->policy), rules,
		 at, p->caller->actor.account, (long long)p->living,
		 (long long)p->taken, (long long)p->left, (long long)p->months,
		 (long long)p->conflict, (long long)share_of(p),
		 p->a->share >= 0 ? " confirmed" : "",
		 p->sweep.visa ? "needed" : "not needed")) < 0 ||
	    (r = buf_add(&p->page, p->listed.p, p->listed.len, e)) < 0)
		return r;
	if (p->page.len > APPROVAL_PAGE_MAX)
		return err_tag(e, ERR_TOO_LARGE, "erasure-size",
		    "the page of this sweep is too long");
	if ((r = digest_of(
		 DIGEST_SHA256, p->page.p, p->page.len, p->sha256, e)) < 0)
		return r;
	return digest_of(
	    DIGEST_SHA256, p->digests.p, p->digests.len, p->digest, e);
}

static int
apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct pass *p = arg;
	char sha[2 * 32 + 1];
	json_t *detail;
	int r;

	hex_format(p->sha256, 32, sha);
	detail = json_pack("{s:o, s:s, s:I, s:I, s:b, s:o, s:o}", "sweep",
	    json_of_id(&p->sweep.id), "sha256", sha, "objects",
	    (json_int_t)p->taken, "conflicts", (json_int_t)p->conflict,
	    "dry_run", p->a->dry_run, "as_of", json_of_day(p->day), "decision",
	    decision_json(p->core, &p->d));
	r = core_leaf(p->core, tx, p->caller, LEAF_RETENTION_ANALYSE, LEAF_OK,
	    NULL, detail, now_ms, &p->leaf, e);
	json_decref(detail);
	if (r < 0 || p->a->dry_run)
		return r;
	p->erasure.leaf = p->leaf;
	if ((r = sweep_insert(tx, &p->sweep, p->lines, p->nlines, e)) < 0)
		return r;
	return erasure_insert(tx, p->caller, &p->erasure, WHAT, now_ms, e);
}

static int
answer_of(const struct pass *p, json_t **answer, struct err *e)
{
	struct buf *page = (struct buf *)(uintptr_t)&p->page;
	char sha[2 * 32 + 1];

	hex_format(p->sha256, 32, sha);
	*answer = json_pack("{s:s, s:o, s:s, s:s, s:O, s:O, s:I, s:I, s:I, s:I,"
			    " s:I, s:I, s:I, s:i, s:I}",
	    "state", p->a->dry_run ? "dry-run" : "planned", "as_of",
	    json_of_day(p->day), "sha256", sha, "plan", buf_str(page),
	    "objects", p->objects, "counts", p->counts, "living",
	    (json_int_t)p->living, "destroy", (json_int_t)p->destroy,
	    "conflicts", (json_int_t)p->conflict, "kept", (json_int_t)p->keep,
	    "left", (json_int_t)p->left, "months", (json_int_t)p->months,
	    "share", (json_int_t)share_of(p), "needed",
	    (int)approval_needed(p->core, WHAT), "leaf", (json_int_t)p->leaf);
	if (*answer == NULL)
		return err_set(e, ERR_NOMEM, "analysis");
	if (!p->a->dry_run)
		json_object_set_new(
		    *answer, "erasure", json_of_id(&p->sweep.id));
	return 0;
}

static int
prepare(struct pass *p, struct err *e)
{
	int64_t now = core_now(p->core);
	int r;

	p->policy = p->core->policy;
	p->today = p->day = civil_day(now);
	if ((r = core_check_open(p->core, e)) < 0 ||
	    (r = core_authorize(p->core, p->caller, OP_RETENTION_ANALYSE, NULL,
		 NULL, now, &p->d, e)) < 0 ||
	    (p->a->as_of[0] != '\0' &&
		(r = date_parse(p->a->as_of, &p->day, e)) < 0) ||
	    (!p->a->dry_run && (r = clock_check(p->core, e)) < 0))
		return r;
	if (p->day != p->today && !p->a->dry_run)
		return err_tag(e, ERR_REFUSED, "as-of-dry-run",
		    "of another day than today, only a dry run");
	/* Nobody said that the archives need not be asked: they are. */
	p->sweep.visa = policy_public_archives(p->policy) != ARCHIVES_NO;
	p->lines = calloc(SWEEP_OBJECTS_MAX, sizeof(*p->lines));
	p->counts = json_object();
	p->objects = json_array();
	if (p->lines == NULL || p->counts == NULL || p->objects == NULL)
		return err_set(e, ERR_NOMEM, "analysis");
	return id_random(&p->sweep.id, e);
}

static int
analyse(struct pass *p, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(p->core->catalog, &tx, e)) < 0 ||
	    (!p->a->journal && (r = walk(p, &tx, e)) < 0) ||
	    (r = walk_months(p, &tx, e)) < 0)
		return r;
	p->sweep.objects = p->taken;
	p->sweep.living = p->living;
	p->sweep.day = p->day;
	if (p->a->dry_run)
		return write_page(p, e);
	if (p->nlines == 0)
		return err_tag(
		    e, ERR_CONFLICT, "nothing-to-erase", "nothing is due");
	if ((r = check_share(p, e)) < 0 || (r = write_page(p, e)) < 0)
		return r;
	p->erasure.id = p->sweep.id;
	memcpy(p->erasure.sha256, p->sha256, 32);
	memcpy(p->erasure.objects, p->digest, 32);
	p->erasure.policy = policy_version(p->policy);
	return erasure_seal(
	    p->core, p->caller, &p->erasure, buf_str(&p->page), e);
}

int
retention_analyse(struct core *core, const struct caller *caller,
    const struct retention_asking *a, json_t **answer, struct err *e)
{
	AUTO(pass_done)
	struct pass p = { .core = core, .caller = caller, .a = a };
	struct change ch = { .apply = apply, .arg = &p, .need_head = 1 };
	int r;

	if ((r = prepare(&p, e)) < 0 || (r = analyse(&p, e)) < 0 ||
	    (r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	return answer_of(&p, answer, e);
}
