/* Which consents are in force now, for decisions. */
#include "base/civil.h"
#include "daemon/core/case.h"
#include "daemon/core/consent_row.h"
#include "daemon/core/objection.h"

static int
adult_consents(struct core *core, struct tx *tx, const struct id *kase,
    const struct person_adult *adult, int64_t now_ms,
    struct adult_consents *out, struct err *e)
{
	const struct policy_consent *all;
	size_t i, n = 0, count = policy_consents(core->policy, &all);
	int r;

	out->person = adult->id;
	snprintf(out->role, sizeof(out->role), "%s", adult->role);
	for (i = 0; i < count && n < NELEMS(out->ids); i++) {
		r = consent_in_force(tx, kase, &adult->id, all[i].purpose,
		    now_ms, &out->ids[n], e);
		if (r < 0)
			return r;
		if (r > 0)
			out->purposes[n++] = all[i].purpose;
	}
	return 0;
}

/* Where this adult has purpose in their list; -1: they have not. */
static int
place(const struct adult_consents *a, const char *purpose)
{
	int i;

	for (i = 0; a->purposes[i] != NULL; i++)
		if (strcmp(a->purposes[i], purpose) == 0)
			return i;
	return -1;
}

/* What every adult agrees to: the id is one of theirs. */
static void
common(struct consents_in_force *f)
{
	size_t i, k, n = 0;

	for (i = 0; f->nadults > 0 && f->adults[0].purposes[i] != NULL; i++) {
		for (k = 1; k < f->nadults; k++)
			if (place(&f->adults[k], f->adults[0].purposes[i]) < 0)
				break;
		if (k < f->nadults)
			continue;
		f->purposes[n] = f->adults[0].purposes[i];
		f->ids[n++] = f->adults[0].ids[i];
	}
}

int
consents_of_case(struct core *core, struct tx *tx, const struct id *kase,
    int64_t now_ms, struct consents_in_force *out, struct err *e)
{
	AUTO(mem_freep) struct consents_in_force *f = calloc(1, sizeof(*f));
	struct person_adult adults[CASE_PERSONS_MAX];
	size_t i, n;
	int r;

	if (f == NULL)
		return err_set(e, ERR_NOMEM, "consents");
	if ((r = person_adults(tx, kase, civil_day(now_ms), adults, &n, e)) < 0)
		return r;
	/* An adult left out would be one who was not asked. */
	if (n > NELEMS(f->adults))
		return err_tag(e, ERR_TOO_LARGE, "persons",
		    "more than %zu adults in one household", NELEMS(f->adults));
	for (i = 0; i < n; i++)
		if ((r = adult_consents(core, tx, kase, &adults[i], now_ms,
			 &f->adults[i], e)) < 0)
			return r;
	f->nadults = n;
	common(f);
	if ((r = objection_is_on(tx, kase, e)) < 0)
		return r;
	f->objection = r;
	*out = *f;
	return 0;
}
