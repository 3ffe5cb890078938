/*
 * What a new people.conf changes: the fewer people it takes, the narrower
 * what it may hold. Whatever is not known to be harmless takes all.
 */
#include <string.h>

#include "policy/policy.h"

#define CASEWORKER "caseworker"

static int
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static int
same_keys(const char *const *a, const char *const *b)
{
	static const char *const none[] = { NULL };

	a = a != NULL ? a : none;
	b = b != NULL ? b : none;
	for (; *a != NULL && same(*a, *b); a++, b++)
		;
	return *a == NULL && *b == NULL;
}

/* The same person in all but keys, and whether they are active. */
static int
same_but_keys(const struct principal *a, const struct principal *b)
{
	return a->uid == b->uid && same(a->account, b->account) &&
	       same(a->name, b->name) && same(a->role, b->role) &&
	       same(a->team, b->team) &&
	       same(a->organisation, b->organisation) &&
	       same(a->recipient, b->recipient);
}

static int
same_person(const struct principal *a, const struct principal *b)
{
	return same_but_keys(a, b) && same_keys(a->keys, b->keys);
}

/* Has this person, active before and after, other keys, and some? */
static int
got_keys(const struct principal *a, const struct principal *b)
{
	return same_but_keys(a, b) && !same_keys(a->keys, b->keys) &&
	       a->status == POLICY_ACTIVE && b->status == POLICY_ACTIVE &&
	       a->recipient == NULL && b->keys != NULL && b->keys[0] != NULL;
}

static const struct principal *
find(const struct principal *all, size_t n, const char *account)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(all[i].account, account) == 0)
			return &all[i];
	return NULL;
}

static int
same_loans(const struct policy *a, const struct policy *b)
{
	const struct policy_loan *x, *y;
	size_t i, n = policy_loans(a, &x);

	if (policy_loans(b, &y) != n)
		return 0;
	for (i = 0; i < n; i++)
		if (!same(x[i].name, y[i].name) ||
		    !same(x[i].role, y[i].role) ||
		    !same(x[i].from_account, y[i].from_account) ||
		    !same(x[i].to_account, y[i].to_account) ||
		    x[i].when.from != y[i].when.from ||
		    x[i].when.until != y[i].when.until)
			return 0;
	return 1;
}

struct tally {
	size_t suspended, caseworkers_suspended;
	size_t added, caseworkers_added, rekeyed, other;
};

/* Each person there was, and what became of them. */
static void
compare_known(const struct principal *now, size_t nnow,
    const struct principal *next, size_t nnext, struct tally *t)
{
	const struct principal *b;
	size_t i;

	for (i = 0; i < nnow; i++) {
		b = find(next, nnext, now[i].account);
		if (b != NULL && got_keys(&now[i], b)) {
			t->rekeyed++;
		} else if (b == NULL || !same_person(&now[i], b) ||
			   (now[i].status != b->status &&
			       b->status != POLICY_SUSPENDED)) {
			t->other++;
		} else if (now[i].status != b->status) {
			t->suspended++;
			t->caseworkers_suspended += same(b->role, CASEWORKER);
		}
	}
}

enum people_change
policy_people_change(const struct policy *now, const struct policy *candidate)
{
	const struct principal *a, *b;
	size_t na = policy_people(now, &a), nb = policy_people(candidate, &b);
	struct tally t = { 0 };
	size_t i;

	compare_known(a, na, b, nb, &t);
	for (i = 0; i < nb; i++)
		if (find(a, na, b[i].account) == NULL) {
			t.added++;
			t.caseworkers_added += same(b[i].role, CASEWORKER) &&
					       b[i].recipient == NULL;
		}
	if (t.other > 0 || !same_loans(now, candidate))
		return PEOPLE_OTHER;
	if (t.rekeyed > 0)
		return t.rekeyed == 1 && t.added == 0 && t.suspended == 0
			   ? PEOPLE_KEY
			   : PEOPLE_OTHER;
	if (t.added == 0)
		return t.suspended > 0 ? PEOPLE_SUSPENSION : PEOPLE_SAME;
	return t.added == t.caseworkers_added &&
		       t.suspended == t.caseworkers_suspended
		   ? PEOPLE_CASEWORKER
		   : PEOPLE_OTHER;
}
