/* People: who holds which uid, account, role and keys. */
#include "policy/build.h"

#include <string.h>

#include "base/sshsig.h"

#define PARTNER "partner"

static void
read_person(struct build *b, const struct node *n, struct principal *v)
{
	const char *team;

	if (!names_is_account(n->title))
		problem(b->ps, n->file, n->line,
		    "\"%s\" is not an account name", n->title);
	v->account = n->title;
	/* Not root, and not the uid that means nobody. */
	v->uid = (uint32_t)read_number_must(b, n, "uid", 1, UINT32_MAX - 1);
	v->name = read_text(b, n, "name", 1);
	v->role = read_name(b, n, "role", 1);
	v->organisation = read_name(b, n, "organisation", 1);
	team = read_name(b, n, "team", 0);
	v->team = team;
	v->status =
	    (enum policy_status)read_word(b, n, "status", names_status, -1);
	v->keys = read_list(b, n, "keys");
	v->recipient = read_name(b, n, "recipient", 0);
}

static void
check_key_is_new(struct build *b, const struct node *n, int line,
    const struct person_key *key)
{
	const struct person_key *k = b->p->keys;
	size_t i;

	for (i = 0; i < b->p->nkeys; i++)
		if (k[i].len == key->len &&
		    memcmp(k[i].blob, key->blob, key->len) == 0)
			problem(b->ps, n->file, line,
			    "this key of \"%s\" is also that of \"%s\"",
			    n->title, b->p->people[k[i].person].account);
}

static int
read_key(struct build *b, const struct node *n, size_t person, const char *text,
    int line, struct err *e)
{
	AUTO(buf_done) struct buf blob = { 0 };
	struct person_key *k = &b->p->keys[b->p->nkeys];
	struct err why = { 0 };
	uint8_t *copy;

	if (ssh_public_parse(text, &blob, &why) < 0) {
		problem(b->ps, n->file, line, "a key of \"%s\": %s", n->title,
		    why.text);
		return why.code == ERR_NOMEM ? err_set(e, ERR_NOMEM, "key") : 0;
	}
	if ((copy = arena_get(&b->p->arena, blob.len, e)) == NULL)
		return -ERR_NOMEM;
	memcpy(copy, blob.p, blob.len);
	*k = (struct person_key){ copy, blob.len, person };
	check_key_is_new(b, n, line, k);
	b->p->nkeys++;
	return 0;
}

static int
read_keys(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_PERSON];
	const struct value *v;
	size_t i, j, n = 0;
	int r;

	for (i = 0; i < s->n; i++)
		if ((v = read_value(s->v[i], "keys")) != NULL)
			n += v->n;
	b->p->keys = arena_array(&b->p->arena, n, sizeof(*b->p->keys), e);
	if (b->p->keys == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++) {
		v = read_value(s->v[i], "keys");
		for (j = 0; v != NULL && j < v->n; j++)
			if ((r = read_key(
				 b, s->v[i], i, v->v[j], v->lines[j], e)) < 0)
				return r;
	}
	return 0;
}

static int
build_loans(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_LOAN];
	struct policy_loan *v;
	size_t i;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++) {
		v[i].name = read_title(b, s->v[i]);
		v[i].role = read_name(b, s->v[i], "role", 1);
		v[i].from_account = read_text(b, s->v[i], "from", 1);
		v[i].to_account = read_text(b, s->v[i], "to", 1);
		read_source(b, s->v[i]);
		read_window_must(b, s->v[i], &v[i].when);
	}
	b->p->loans = v;
	b->p->nloans = s->n;
	return 0;
}

int
build_people(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_PERSON];
	struct principal *v;
	size_t i;
	int r;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++)
		read_person(b, s->v[i], &v[i]);
	b->p->people = v;
	b->p->npeople = s->n;
	if ((r = build_loans(b, e)) < 0)
		return r;
	return read_keys(b, e);
}

/* --- contradictions --------------------------------------------------- */

static void
check_uid(struct build *b, size_t i)
{
	const struct node *n = b->of[WORD_PERSON].v[i];
	const struct principal *v = b->p->people;
	size_t j;

	for (j = 0; j < i; j++)
		if (v[i].uid == v[j].uid)
			problem(b->ps, n->file, read_line(n, "uid"),
			    "uid %u of \"%s\" is already that of \"%s\"",
			    v[i].uid, v[i].account, v[j].account);
}

/* Somebody whose rules speak of their own team must have one. */
static void
check_role_team(struct build *b, const struct node *n,
    const struct principal *v, const char *role)
{
	size_t i;

	for (i = 0; v->team == NULL && i < b->p->naccess; i++)
		if (b->p->access[i].scope == SCOPE_OWN_TEAM &&
		    model_has(b->p->access[i].roles, role)) {
			problem(b->ps, n->file, n->line,
			    "\"%s\" is %s and has no team", v->account, role);
			return;
		}
}

/* A partner's door: one account per recipient, the same in both files. */
static void
check_door(struct build *b, const struct node *n, const struct principal *v)
{
	struct policy_recipient *r = NULL;
	size_t i;

	for (i = 0; i < b->p->nrecipients; i++)
		if (strcmp(b->p->recipients[i].name, v->recipient) == 0)
			r = &b->p->recipients[i];
	if (r == NULL)
		problem(b->ps, n->file, read_line(n, "recipient"),
		    "unknown recipient \"%s\" of \"%s\"", v->recipient,
		    v->account);
	else if (v->status != POLICY_ACTIVE)
		return;
	else if (*r->account == '\0')
		r->account = v->account;
	else if (strcmp(r->account, v->account) != 0)
		problem(b->ps, n->file, read_line(n, "recipient"),
		    "the door of \"%s\" is account \"%s\", not \"%s\"", r->name,
		    r->account, v->account);
}

static void
check_partner(struct build *b, const struct node *n, const struct principal *v)
{
	int is_partner = strcmp(v->role, PARTNER) == 0;

	if (is_partner && v->recipient == NULL)
		problem(b->ps, n->file, n->line,
		    "partner \"%s\" has no recipient", v->account);
	else if (!is_partner && v->recipient != NULL)
		problem(b->ps, n->file, read_line(n, "recipient"),
		    "\"%s\" is no partner and has a recipient", v->account);
	else if (is_partner)
		check_door(b, n, v);
}

static const struct principal *
find_person(const struct policy *p, const char *account)
{
	size_t i;

	for (i = 0; i < p->npeople; i++)
		if (strcmp(p->people[i].account, account) == 0)
			return &p->people[i];
	return NULL;
}

/* How many roles this account is lent besides its own, and once each. */
static void
check_lent_once(struct build *b, size_t i)
{
	const struct node *n = b->of[WORD_LOAN].v[i];
	const struct policy_loan *v = b->p->loans;
	size_t j, count = 1;

	for (j = 0; j < i; j++) {
		if (strcmp(v[i].to_account, v[j].to_account) != 0)
			continue;
		count++;
		if (v[i].role != NULL && v[j].role != NULL &&
		    strcmp(v[i].role, v[j].role) == 0 &&
		    build_meet(&v[i].when, &v[j].when))
			problem(b->ps, n->file, n->line,
			    "loan \"%s\" lends what \"%s\" lends on the same "
			    "days",
			    v[i].name, v[j].name);
	}
	if (count == POLICY_ROLES_MAX)
		problem(b->ps, n->file, n->line,
		    "\"%s\" is lent more than %d roles", v[i].to_account,
		    POLICY_ROLES_MAX - 1);
}

/* A role is lent by who holds it, to who may hold it as well. */
static void
check_loan(struct build *b, size_t i)
{
	const struct node *n = b->of[WORD_LOAN].v[i];
	const struct policy_loan *v = &b->p->loans[i];
	const struct principal *from = find_person(b->p, v->from_account);
	const struct principal *to = find_person(b->p, v->to_account);

	if (from == NULL || to == NULL) {
		problem(b->ps, n->file,
		    read_line(n, from == NULL ? "from" : "to"),
		    "loan \"%s\" names somebody who is not here", v->name);
		return;
	}
	if (v->role == NULL || from->role == NULL || to->role == NULL)
		return;
	if (strcmp(from->role, v->role) != 0)
		problem(b->ps, n->file, read_line(n, "role"),
		    "loan \"%s\": \"%s\" is no %s", v->name, from->account,
		    v->role);
	if (strcmp(to->role, v->role) == 0)
		problem(b->ps, n->file, read_line(n, "to"),
		    "loan \"%s\": \"%s\" is %s already", v->name, to->account,
		    v->role);
	if (strcmp(v->role, PARTNER) == 0 || strcmp(to->role, PARTNER) == 0)
		problem(b->ps, n->file, n->line,
		    "loan \"%s\": a partner neither lends nor borrows",
		    v->name);
	check_role_team(b, n, to, v->role);
	check_lent_once(b, i);
}

void
check_people(struct build *b)
{
	const struct sections *s = &b->of[WORD_PERSON];
	const struct principal *v;
	size_t i;

	for (i = 0; i < s->n; i++) {
		v = &b->p->people[i];
		check_uid(b, i);
		if (v->role == NULL)
			continue;
		if (model_role(b->p, v->role) == NULL)
			problem(b->ps, s->v[i]->file,
			    read_line(s->v[i], "role"),
			    "unknown role \"%s\" of \"%s\"", v->role,
			    v->account);
		check_role_team(b, s->v[i], v, v->role);
		check_partner(b, s->v[i], v);
	}
	for (i = 0; i < b->p->nloans; i++)
		check_loan(b, i);
}
