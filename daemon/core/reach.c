#include "daemon/core/reach.h"

#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "daemon/core/door.h"
#include "daemon/core/rules_rows.h"

#define DAYS_MAX 8    /* on which one set is asked */
#define MEMO_MAX 256  /* sorts of case that were asked already */
#define KINDS_MAX 128 /* of the rules */

struct set {
	const struct policy *p;
	int32_t from, until; /* days it was in force, within the period */
};
struct actor_of {
	const struct policy *p;
	const struct principal *who;
	int32_t days[DAYS_MAX];
	size_t ndays;
};
/* Cases that differ in nothing the rules ask about have one answer. */
struct memo {
	char team[64], organisation[64], state[16];
	unsigned own; /* bit of each actor: they opened it */
	int sheet;
	uint64_t kinds[KINDS_MAX / 64];
};
struct reach {
	struct core *core;
	int all, cut;
	int64_t since_ms, until_ms;
	struct set sets[REACH_SETS_MAX];
	size_t nsets;
	struct actor_of v[REACH_ACCOUNTS_MAX * REACH_SETS_MAX];
	size_t n;
	const struct principal *newest[REACH_ACCOUNTS_MAX];
	size_t naccounts;
	struct memo memo[MEMO_MAX];
	size_t nmemo;
};

/* --- the sets of a period ------------------------------------------------- */

/* Newest first, until one that was in force when the period began. */
static int
collect_sets(struct core *core, int64_t since_ms, int64_t until_ms,
    struct set *sets, size_t *n, int *cut, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int64_t end_ms = until_ms;
	uint32_t g;
	int r;

	*n = 0;
	*cut = 0;
	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = rules_newest(&tx, &g, e)) < 0)
		return r;
	for (; g > 0 && end_ms > since_ms; g--) {
		AUTO(rules_row_done) struct rules_row row = { 0 };
		int64_t from;

		if ((r = rules_row_of(&tx, g, &row, e)) < 0)
			return r;
		/* What was before the vault began, the first set had. */
		from = g > 1 ? row.applied_ms : 0;
		if (from >= end_ms)
			continue;
		if (*n == REACH_SETS_MAX) {
			*cut = 1;
			return 0;
		}
		if ((r = rules_at(core, g, &sets[*n].p, e)) < 0)
			return r;
		sets[*n].from = civil_day(from > since_ms ? from : since_ms);
		sets[*n].until = civil_day(end_ms - 1);
		++*n;
		end_ms = from;
	}
	return 0;
}

static const struct principal *
account_of(const struct policy *p, const char *account)
{
	const struct principal *all;
	size_t i, n = policy_people(p, &all);

	for (i = 0; i < n; i++)
		if (strcmp(all[i].account, account) == 0)
			return &all[i];
	return NULL;
}

/* --- who ------------------------------------------------------------------ */

static void
add_day(struct actor_of *a, int32_t day, const struct set *s)
{
	size_t i;

	if (day < s->from || day > s->until || a->ndays == DAYS_MAX)
		return;
	for (i = 0; i < a->ndays; i++)
		if (a->days[i] == day)
			return;
	a->days[a->ndays++] = day;
}

/* The set's first and last day, and those on which a loan to them counts. */
static void
set_days(struct actor_of *a, const struct set *s)
{
	const struct policy_loan *loans;
	size_t i, n = policy_loans(s->p, &loans);

	add_day(a, s->until, s);
	add_day(a, s->from, s);
	for (i = 0; i < n; i++)
		if (strcmp(loans[i].to_account, a->who->account) == 0) {
			add_day(a, loans[i].when.from, s);
			add_day(a, loans[i].when.until, s);
		}
}

static int
add_account(struct reach *r, const char *account)
{
	const struct principal *newest = NULL, *who;
	size_t i;

	for (i = 0; i < r->nsets; i++) {
		if ((who = account_of(r->sets[i].p, account)) == NULL)
			continue;
		if (newest == NULL)
			newest = who;
		if (who->status != POLICY_ACTIVE)
			continue;
		r->v[r->n] = (struct actor_of){
			.p = r->sets[i].p,
			.who = who,
		};
		set_days(&r->v[r->n], &r->sets[i]);
		r->n++;
	}
	if (newest == NULL)
		return 0;
	r->newest[r->naccounts++] = newest;
	return 1;
}

static int
fill(struct reach *r, const struct reach_asking *a, struct err *e)
{
	size_t i;
	int ret;

	if ((ret = collect_sets(r->core, a->since_ms, a->until_ms, r->sets,
		 &r->nsets, &r->cut, e)) < 0)
		return ret;
	for (i = 0; a->accounts != NULL && a->accounts[i] != NULL; i++) {
		if (r->naccounts == REACH_ACCOUNTS_MAX)
			return err_tag(e, ERR_INVALID, "breach-subject",
			    "at most %d accounts", REACH_ACCOUNTS_MAX);
		if (!add_account(r, a->accounts[i]))
			return err_tag(e, ERR_REFUSED, "breach-subject",
			    "no rules of that time know the account");
	}
	return 0;
}

int
reach_new(struct core *core, const struct reach_asking *a, struct reach **out,
    struct err *e)
{
	struct reach *r = calloc(1, sizeof(*r));
	int ret;

	if (r == NULL)
		return err_set(e, ERR_NOMEM, "reach");
	r->core = core;
	r->all = a->all;
	r->since_ms = a->since_ms;
	r->until_ms = a->until_ms;
	if ((ret = fill(r, a, e)) < 0) {
		free(r);
		return ret;
	}
	*out = r;
	return 0;
}

void
reach_freep(struct reach **r)
{
	free(*r);
	*r = NULL;
}

/* --- what ----------------------------------------------------------------- */

static int
is_within(const struct decision *d)
{
	return d->allowed ||
	       (d->tag != NULL && (strcmp(d->tag, "purpose-missing") == 0 ||
				      strcmp(d->tag, "step-up") == 0));
}

static int
may(const struct actor_of *a, const struct memo *m, unsigned own,
    enum policy_op op, const char *kind)
{
	const char *const states[] = { m->state, "open" };
	struct access_facts f = {
		.who = a->who,
		.op = op,
		.kind = kind,
		.team = m->team,
		.organisation = m->organisation,
		.own_case = own != 0,
	};
	struct decision d;
	size_t i, j;

	for (i = 0; i < a->ndays; i++)
		for (j = 0; j < NELEMS(states); j++) {
			f.day = a->days[i];
			f.case_state = states[j];
			policy_authorize(a->p, &f, &d);
			if (is_within(&d))
				return 1;
		}
	return 0;
}

static int
may_any(const struct reach *r, const struct memo *m, enum policy_op op,
    const char *kind)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (may(&r->v[i], m, m->own & (1u << i % 32), op, kind))
			return 1;
	return 0;
}

static void
ask(const struct reach *r, struct memo *m)
{
	const struct policy_kind *all;
	size_t i, n = policy_kinds(r->core->policy, &all);
	/* A person's copy has the whole case, whoever may not read it else. */
	int copy = may_any(r, m, OP_SUBJECT_EXPORT, NULL);

	m->sheet = copy || may_any(r, m, OP_CASE_READ, NULL);
	memset(m->kinds, 0, sizeof(m->kinds));
	for (i = 0; i < n && i < KINDS_MAX; i++)
		if (copy || may_any(r, m, OP_DOC_READ, all[i].name))
			m->kinds[i / 64] |= UINT64_C(1) << i % 64;
}

static const struct memo *
memo_of(struct reach *r, const struct case_facts *c)
{
	struct memo m = { .own = 0 }, *at;
	size_t i;

	memcpy(m.team, c->team, sizeof(m.team));
	memcpy(m.organisation, c->organisation, sizeof(m.organisation));
	memcpy(m.state, c->state, sizeof(m.state));
	for (i = 0; i < r->n; i++)
		if (r->v[i].who->uid == c->opened_by)
			m.own |= 1u << i % 32;
	for (i = 0; i < r->nmemo; i++) {
		at = &r->memo[i];
		if (at->own == m.own && strcmp(at->state, m.state) == 0 &&
		    strcmp(at->team, m.team) == 0 &&
		    strcmp(at->organisation, m.organisation) == 0)
			return at;
	}
	/* The last place is for all that there is no room for. */
	at = &r->memo[r->nmemo < MEMO_MAX - 1 ? r->nmemo++ : MEMO_MAX - 1];
	ask(r, &m);
	*at = m;
	return at;
}

int
reach_case(struct reach *r, const struct case_facts *kase)
{
	return r->all || (r->n > 0 && memo_of(r, kase)->sheet);
}

int
reach_kind(struct reach *r, const struct case_facts *kase, const char *kind)
{
	const struct policy_kind *all;
	size_t i, n = policy_kinds(r->core->policy, &all);
	const struct memo *m;

	if (r->all || r->n == 0)
		return r->all;
	m = memo_of(r, kase);
	for (i = 0; i < n && i < KINDS_MAX; i++)
		if (strcmp(all[i].name, kind) == 0)
			return (m->kinds[i / 64] >> i % 64 & 1) != 0;
	return m->sheet; /* of older rules: who had the case had it */
}

int
reach_recipient(const struct reach *r, const char *recipient)
{
	const char *own;
	size_t i;

	for (i = 0; i < r->naccounts; i++) {
		own = r->newest[i]->recipient;
		if (own != NULL && strcmp(own, recipient) == 0)
			return 1;
	}
	return 0;
}

int
reach_is_partner(const struct reach *r)
{
	size_t i;

	for (i = 0; i < r->naccounts; i++)
		if (r->newest[i]->recipient != NULL)
			return 1;
	return 0;
}

int
reach_is_cut(const struct reach *r)
{
	return r->cut;
}

/* --- telling -------------------------------------------------------------- */

static const char *
status_now(const struct reach *r, const char *account)
{
	const struct principal *who = account_of(r->core->policy, account);

	if (who == NULL)
		return "removed";
	return who->status == POLICY_ACTIVE ? "active" : "suspended";
}

json_t *
reach_json(const struct reach *r)
{
	json_t *list = json_array();
	const struct principal *w;
	size_t i;

	for (i = 0; list != NULL && i < r->naccounts; i++) {
		w = r->newest[i];
		if (json_array_append_new(list,
			json_pack("{s:s, s:I, s:s, s:s, s:s*, s:s*, s:s*, s:s}",
			    "account", w->account, "uid", (json_int_t)w->uid,
			    "name", w->name, "role", w->role, "team", w->team,
			    "organisation", w->organisation, "recipient",
			    w->recipient, "status",
			    status_now(r, w->account))) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

int
reach_key_owner(struct core *core, const char *fingerprint, int64_t since_ms,
    int64_t until_ms, char out[64], struct err *e)
{
	struct set sets[REACH_SETS_MAX];
	const struct principal *all;
	size_t i, j, n, nsets;
	int cut, r;

	if ((r = collect_sets(
		 core, since_ms, until_ms, sets, &nsets, &cut, e)) < 0)
		return r;
	for (i = 0; i < nsets; i++) {
		n = policy_people(sets[i].p, &all);
		for (j = 0; j < n; j++)
			if (door_key_is_of(&all[j], fingerprint)) {
				snprintf(out, 64, "%s", all[j].account);
				return 0;
			}
	}
	return err_tag(e, ERR_REFUSED, "breach-subject",
	    "no rules of that time have this key");
}
