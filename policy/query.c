/* What a loaded policy says when asked by name. */
#include <string.h>

#include "policy/model.h"

int
policy_in_force(const struct policy_window *w, int32_t day)
{
	return w->from <= day && day <= w->until;
}

int
model_has(const char *const *list, const char *s)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, s) == 0)
			return 1;
	return 0;
}

int
model_is_at_or_under(const char *path, const char *top)
{
	size_t n = strlen(top);

	return strncmp(path, top, n) == 0 &&
	       (path[n] == '\0' || path[n] == '.');
}

static const struct named *
find_named(const struct named *v, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(v[i].name, name) == 0)
			return &v[i];
	return NULL;
}

const struct named *
model_role(const struct policy *p, const char *name)
{
	return find_named(p->roles, p->nroles, name);
}

const struct named *
model_purpose(const struct policy *p, const char *name)
{
	return find_named(p->purposes, p->npurposes, name);
}

size_t
policy_files(const struct policy *p, const struct policy_file **all)
{
	*all = p->files;
	return p->nfiles;
}

const struct policy_file *
policy_file(const struct policy *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->nfiles; i++)
		if (strcmp(p->files[i].name, name) == 0)
			return &p->files[i];
	return NULL;
}

uint32_t
policy_version(const struct policy *p)
{
	return p->version;
}

const uint8_t *
policy_sha256(const struct policy *p)
{
	return p->sha256;
}

const uint8_t *
policy_people_sha256(const struct policy *p)
{
	return p->people_sha256;
}

int
policy_purpose_is_known(const struct policy *p, const char *purpose)
{
	return model_purpose(p, purpose) != NULL;
}

const char *
policy_purpose_at(const struct policy *p, size_t i)
{
	return i < p->npurposes ? p->purposes[i].name : NULL;
}

const char *
policy_purpose_title(const struct policy *p, const char *purpose)
{
	const struct named *n = model_purpose(p, purpose);

	return n != NULL ? n->title : NULL;
}

const char *
policy_role_title(const struct policy *p, const char *role)
{
	const struct named *n = model_role(p, role);

	return n != NULL ? n->title : NULL;
}

int
policy_access_words(const struct policy *p, const char *rule,
    const char **title, const char **source)
{
	size_t i;

	for (i = 0; i < p->naccess; i++)
		if (strcmp(p->access[i].name, rule) == 0) {
			*title = p->access[i].title;
			*source = p->access[i].source;
			return 1;
		}
	return 0;
}

const struct policy_kind *
policy_kind(const struct policy *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->nkinds; i++)
		if (strcmp(p->kinds[i].name, name) == 0)
			return &p->kinds[i];
	return NULL;
}

size_t
policy_kinds(const struct policy *p, const struct policy_kind **all)
{
	*all = p->kinds;
	return p->nkinds;
}

const struct policy_kind *
policy_preparation(const struct policy *p, const char *kind)
{
	size_t i;

	for (i = 0; i < p->nkinds; i++)
		if (p->kinds[i].prepares != NULL &&
		    strcmp(p->kinds[i].prepares, kind) == 0)
			return &p->kinds[i];
	return NULL;
}

const struct policy_field *
policy_field(const struct policy_kind *k, const char *path)
{
	size_t i;

	for (i = 0; i < k->nfields; i++)
		if (strcmp(k->fields[i].path, path) == 0)
			return &k->fields[i];
	return NULL;
}

const struct policy_recipient *
policy_recipient(const struct policy *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->nrecipients; i++)
		if (strcmp(p->recipients[i].name, name) == 0)
			return &p->recipients[i];
	return NULL;
}

size_t
policy_recipients(const struct policy *p, const struct policy_recipient **all)
{
	*all = p->recipients;
	return p->nrecipients;
}

const struct policy_consent *
policy_consent(const struct policy *p, const char *purpose)
{
	size_t i;

	for (i = 0; i < p->nconsents; i++)
		if (strcmp(p->consents[i].purpose, purpose) == 0)
			return &p->consents[i];
	return NULL;
}

size_t
policy_consents(const struct policy *p, const struct policy_consent **all)
{
	*all = p->consents;
	return p->nconsents;
}

const struct policy_event *
policy_event(const struct policy *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->nevents; i++)
		if (strcmp(p->events[i].name, name) == 0)
			return &p->events[i];
	return NULL;
}

size_t
policy_events(const struct policy *p, const struct policy_event **all)
{
	*all = p->events;
	return p->nevents;
}

const struct policy_ground *
policy_ground(const struct policy *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->ngrounds; i++)
		if (strcmp(p->grounds[i].name, name) == 0)
			return &p->grounds[i];
	return NULL;
}

size_t
policy_grounds(const struct policy *p, const struct policy_ground **all)
{
	*all = p->grounds;
	return p->ngrounds;
}

const struct policy_letter *
policy_letter(const struct policy *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->nletters; i++)
		if (strcmp(p->letters[i].name, name) == 0)
			return &p->letters[i];
	return NULL;
}

const struct policy_subject *
policy_subject(const struct policy *p, const char *kind)
{
	size_t i;

	for (i = 0; i < p->nsubjects; i++)
		if (strcmp(p->subjects[i].kind, kind) == 0)
			return &p->subjects[i];
	return NULL;
}

const struct policy_intake *
policy_intake(const struct policy *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->nintakes; i++)
		if (strcmp(p->intakes[i].name, name) == 0)
			return &p->intakes[i];
	return NULL;
}

size_t
policy_blocks(const struct policy *p, const struct policy_block **all)
{
	*all = p->blocks;
	return p->nblocks;
}

size_t
policy_disclosures(const struct policy *p, const struct disclosure_rule **all)
{
	*all = p->disclosures;
	return p->ndisclosures;
}

const struct policy_retention *
policy_retention(const struct policy *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->nretentions; i++)
		if (strcmp(p->retentions[i].name, name) == 0)
			return &p->retentions[i];
	return NULL;
}

const struct policy_retention *
policy_retention_for(const struct policy *p, const char *name, int32_t day,
    int (*has_moment)(void *arg, const char *moment), void *arg)
{
	const struct policy_retention *v = p->retentions;
	size_t i;

	for (i = 0; i < p->nretentions; i++)
		if (v[i].instead_of != NULL &&
		    strcmp(v[i].instead_of, name) == 0 &&
		    policy_in_force(&v[i].when, day) &&
		    has_moment(arg, v[i].once))
			return &v[i];
	return policy_retention(p, name);
}

size_t
policy_retentions(const struct policy *p, const struct policy_retention **all)
{
	*all = p->retentions;
	return p->nretentions;
}

const struct policy_moment *
policy_moment(const struct policy *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->nmoments; i++)
		if (strcmp(p->moments[i].name, name) == 0)
			return &p->moments[i];
	return NULL;
}

size_t
policy_moments(const struct policy *p, const struct policy_moment **all)
{
	*all = p->moments;
	return p->nmoments;
}

const struct policy_deadline *
policy_deadline(const struct policy *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->ndeadlines; i++)
		if (strcmp(p->deadlines[i].name, name) == 0)
			return &p->deadlines[i];
	return NULL;
}

size_t
policy_deadlines(const struct policy *p, const struct policy_deadline **all)
{
	*all = p->deadlines;
	return p->ndeadlines;
}

const struct policy_approval *
policy_approval(const struct policy *p, const char *what)
{
	size_t i;

	for (i = 0; i < p->napprovals; i++)
		if (strcmp(p->approvals[i].what, what) == 0)
			return &p->approvals[i];
	return NULL;
}

/* "notice-days", or "notice-days:2027" that succeeds it. */
static int
is_figure(const struct figure *f, const char *name)
{
	size_t n = strlen(name);

	return strncmp(f->name, name, n) == 0 &&
	       (f->name[n] == '\0' || f->name[n] == ':');
}

int
policy_figure_on(const struct policy *p, const char *name, int32_t day,
    int64_t *value, struct err *e)
{
	size_t i;

	for (i = 0; i < p->nfigures; i++)
		if (is_figure(&p->figures[i], name) &&
		    policy_in_force(&p->figures[i].when, day)) {
			*value = p->figures[i].value;
			return 0;
		}
	return err_set(e, ERR_NOT_FOUND, "the rules in force have no figure %s",
	    names_shown(name));
}

int
policy_period_on(const struct policy *p, const char *figure, int32_t day,
    uint32_t *n, enum term_unit *unit, struct err *e)
{
	const struct figure *f = p->figures;
	size_t i;

	for (i = 0; i < p->nfigures; i++) {
		if (!is_figure(&f[i], figure) ||
		    !policy_in_force(&f[i].when, day))
			continue;
		if (f[i].unit > TERM_YEARS)
			return err_set(e, ERR_INVALID, "figure %s is no period",
			    names_shown(figure));
		*n = (uint32_t)f[i].value;
		*unit = (enum term_unit)f[i].unit;
		return 0;
	}
	return err_set(e, ERR_NOT_FOUND, "the rules in force have no figure %s",
	    names_shown(figure));
}

int
policy_figure(
    const struct policy *p, const char *name, int64_t *value, struct err *e)
{
	size_t i;

	for (i = 0; i < p->nfigures; i++)
		if (strcmp(p->figures[i].name, name) == 0) {
			*value = p->figures[i].value;
			return 0;
		}
	return err_set(
	    e, ERR_NOT_FOUND, "the rules have no figure %s", names_shown(name));
}

const struct principal *
policy_principal(const struct policy *p, uint32_t uid, const char *account)
{
	const struct principal *v = p->people;
	size_t i;

	for (i = 0; account != NULL && i < p->npeople; i++)
		if (v[i].uid == uid && strcmp(v[i].account, account) == 0)
			return v[i].status == POLICY_ACTIVE ? &v[i] : NULL;
	return NULL;
}

const struct principal *
policy_key_owner(const struct policy *p, const void *blob, size_t n)
{
	const struct principal *who;
	size_t i;

	for (i = 0; n > 0 && i < p->nkeys; i++) {
		if (p->keys[i].len != n ||
		    memcmp(p->keys[i].blob, blob, n) != 0)
			continue;
		who = &p->people[p->keys[i].person];
		return who->status == POLICY_ACTIVE ? who : NULL;
	}
	return NULL;
}

size_t
policy_loans(const struct policy *p, const struct policy_loan **all)
{
	*all = p->loans;
	return p->nloans;
}

static int
is_suspended(const struct policy *p, const char *account)
{
	size_t i;

	for (i = 0; i < p->npeople; i++)
		if (strcmp(p->people[i].account, account) == 0)
			return p->people[i].status != POLICY_ACTIVE;
	return 1;
}

static int
is_lent(const struct policy *p, const struct policy_loan *l,
    const char *account, int32_t day)
{
	return policy_in_force(&l->when, day) &&
	       strcmp(l->to_account, account) == 0 &&
	       !is_suspended(p, l->from_account) && !is_suspended(p, account);
}

const struct policy_loan *
model_loan(
    const struct policy *p, const char *account, const char *role, int32_t day)
{
	size_t i;

	for (i = 0; i < p->nloans; i++)
		if (strcmp(p->loans[i].role, role) == 0 &&
		    is_lent(p, &p->loans[i], account, day))
			return &p->loans[i];
	return NULL;
}

size_t
policy_roles_of(const struct policy *p, const struct principal *who,
    int32_t day, const char *out[POLICY_ROLES_MAX + 1])
{
	size_t i, n = 0;

	if (who != NULL && who->status == POLICY_ACTIVE && who->role != NULL) {
		out[n++] = who->role;
		for (i = 0; i < p->nloans && n < POLICY_ROLES_MAX; i++)
			if (is_lent(p, &p->loans[i], who->account, day))
				out[n++] = p->loans[i].role;
	}
	out[n] = NULL;
	return n;
}

size_t
policy_people(const struct policy *p, const struct principal **all)
{
	*all = p->people;
	return p->npeople;
}
