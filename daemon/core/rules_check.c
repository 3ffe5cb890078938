/*
 * The chain of the rules at the start: each generation is what its leaf
 * says, and was signed by enough people of the one before.
 */
#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/rules_rows.h"

#define DAY_MS INT64_C(86400000)
#define SIGNERS_MAX 64

static int
edited(struct err *e, uint32_t generation, const char *what)
{
	return err_tag(e, ERR_INCONSISTENT, "rules-edited",
	    "generation %u of the rules in the catalog: %s", generation, what);
}

/* --- leaves ----------------------------------------------------------------
 */

struct trace {
	struct leaf leaf;
	size_t n;
};

static int
take_leaf(void *arg, const struct leaf *l, struct err *e)
{
	struct trace *t = arg;

	(void)e;
	t->leaf = *l;
	t->n++;
	return 0;
}

static int
check_leaf(struct tx *tx, const struct rules_row *row, const uint8_t hash[32],
    struct err *e)
{
	struct trace t = { 0 };
	int r;

	if ((r = audit_trace(tx, LEAF_POLICY, row->applied_leaf,
		 row->applied_leaf + 1, take_leaf, &t, e)) < 0)
		return r == -(int)ERR_INTEGRITY
			   ? edited(e, row->generation, "its leaf is damaged")
			   : r;
	if (t.n != 1)
		return edited(e, row->generation, "no leaf tells it");
	if (memcmp(t.leaf.bind, row->set, 32) != 0)
		return edited(e, row->generation, "its leaf tells another set");
	if (memcmp(t.leaf.approvals, hash, 32) != 0)
		return edited(
		    e, row->generation, "its leaf tells other signatures");
	if (t.leaf.time_ms != row->applied_ms)
		return edited(
		    e, row->generation, "its leaf is of another time");
	return 0;
}

/* Rules that came into force after these, and that no row knows. */
static int
check_nothing_after(struct tx *tx, const struct rules_row *row, struct err *e)
{
	struct trace t = { 0 };
	int r;

	if ((r = audit_trace(tx, LEAF_POLICY, row->applied_leaf + 1, UINT64_MAX,
		 take_leaf, &t, e)) < 0)
		return r == -(int)ERR_INTEGRITY
			   ? edited(e, row->generation, "the log is damaged")
			   : r;
	if (t.n > 0)
		return edited(
		    e, row->generation, "newer rules came into force after it");
	return 0;
}

/* --- signatures -------------------------------------------------------------
 */

struct signers {
	const struct policy *before;
	const struct rules_row *row;
	const struct principal *who[SIGNERS_MAX];
	size_t n;
	struct buf all;
};

/* Valid when the set was applied, by the rules of then. */
static int
take_signature(void *arg, const struct approval_row *a, struct err *e)
{
	struct signers *s = arg;
	const struct policy_approval *rule =
	    policy_approval(s->before, s->row->what);
	AUTO(buf_done) struct buf key = { 0 };
	const struct principal *who;
	int counts = 0;
	size_t i;

	if (!a->counts || rule == NULL ||
	    a->at_ms + (int64_t)rule->valid_days * DAY_MS < s->row->applied_ms)
		return 0;
	if (sshsig_verify(a->armored, strlen(a->armored), APPROVAL_NAMESPACE,
		s->row->page.p, s->row->page.len, &key, NULL, NULL) < 0)
		return edited(e, s->row->generation, "a signature is wrong");
	who = policy_key_owner(s->before, key.p, key.len);
	if (who == NULL ||
	    approval_role(s->before, s->row->what, who,
		civil_day(s->row->applied_ms), &counts) == NULL ||
	    !counts)
		return edited(
		    e, s->row->generation, "somebody signed who may not");
	for (i = 0; i < s->n; i++)
		if (s->who[i] == who)
			return edited(
			    e, s->row->generation, "somebody signed twice");
	if (s->n == SIGNERS_MAX)
		return edited(e, s->row->generation, "too many signatures");
	s->who[s->n++] = who;
	return buf_addstr(&s->all, a->armored, e);
}

static int
check_signatures(struct tx *tx, const struct policy *before,
    const struct policy *after, const struct rules_row *row, uint8_t hash[32],
    struct err *e)
{
	struct signers s = { .before = before, .row = row };
	AUTO(buf_done) struct buf all = { 0 };
	int r, spared = 0;

	r = approval_each(tx, &row->id, take_signature, &s, e);
	if (r == 0)
		r = spared = rules_spared(tx, before, after, row, &s.all, e);
	all = s.all;
	if (r < 0)
		return r;
	if (s.n == 0 ||
	    s.n + (size_t)spared < approval_needed_by(before, row->what))
		return edited(e, row->generation, "signatures are missing");
	return digest_of(DIGEST_SHA256, all.p, all.len, hash, e);
}

/* --- generations ------------------------------------------------------------
 */

/* The bytes are what the row says, and the row is what they say. */
static int
load_set(struct tx *tx, const struct rules_row *row, struct policy **out,
    struct err *e)
{
	AUTO(rules_files_done) struct rules_files f = { 0 };
	AUTO(policy_freep) struct policy *p = NULL;
	struct rules_row is = { 0 };
	int r;

	if ((r = rules_files_load(tx, &row->id, &f, e)) < 0 ||
	    (r = policy_load_files(f.v, f.n, &p, NULL, e)) < 0)
		return r == -(int)ERR_INTEGRITY || r == -(int)ERR_INVALID
			   ? edited(e, row->generation, "its files")
			   : r;
	if ((r = rules_row_fill(&is, p, &f, e)) < 0)
		return r;
	if (is.version != row->version || memcmp(is.set, row->set, 32) != 0 ||
	    memcmp(is.sha256, row->sha256, 32) != 0 ||
	    memcmp(is.people, row->people, 32) != 0)
		return edited(e, row->generation, "its files are others");
	*out = TAKE(p);
	return 0;
}

/* What was signed is this change, and no other. */
static int
check_page(const struct core *core, const struct rules_row *a,
    const struct policy *pa, const struct rules_row *b, const struct policy *pb,
    struct err *e)
{
	AUTO(buf_done) struct buf head = { 0 };
	int r;

	if (b->base != a->generation)
		return edited(e, b->generation, "it takes another's place");
	if (strcmp(b->what, rules_takes(pa, pb)) != 0)
		return edited(e, b->generation, "it takes other signatures");
	if ((r = rules_page_head(core, a, b, &head, e)) < 0)
		return r;
	if (b->page.len < head.len || memcmp(b->page.p, head.p, head.len) != 0)
		return edited(e, b->generation, "its page tells other rules");
	return 0;
}

static int
check_one(struct core *core, struct tx *tx, const struct rules_row *before,
    struct rules_row *row, struct err *e)
{
	uint8_t hash[32] = { 0 };
	const struct policy *was;
	struct policy *p = NULL;
	int r;

	if ((r = load_set(tx, row, &p, e)) < 0 ||
	    (r = rules_keep(core, row->generation, p, e)) < 0)
		return r;
	if (row->generation == 1) {
		if (row->applied_leaf != 0)
			return edited(e, 1, "the log begins with others");
	} else if ((r = rules_at(core, before->generation, &was, e)) < 0 ||
		   (r = check_page(core, before, was, row, p, e)) < 0 ||
		   (r = check_signatures(tx, was, p, row, hash, e)) < 0) {
		return r;
	}
	return check_leaf(tx, row, hash, e);
}

static int
check_all(struct core *core, struct tx *tx, struct rules_row *before,
    struct rules_row *row, uint32_t newest, struct err *e)
{
	struct rules_row other;
	uint32_t g;
	int r;

	for (g = 1; g <= newest; g++) {
		if ((r = rules_row_of(tx, g, row, e)) < 0)
			return r == -(int)ERR_NOT_FOUND
				   ? edited(e, g, "it is missing")
				   : r;
		if ((r = check_one(core, tx, before, row, e)) < 0)
			return r;
		other = *before;
		*before = *row;
		*row = other;
	}
	return check_nothing_after(tx, before, e);
}

int
rules_check(struct core *core, struct tx *tx, uint32_t newest, struct err *e)
{
	AUTO(rules_row_done) struct rules_row before = { 0 };
	AUTO(rules_row_done) struct rules_row row = { 0 };

	return check_all(core, tx, &before, &row, newest, e);
}
