/* Which records a giving makes or moves, until when they are for, and their
 * entering. */
#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/consent_giving.h"
#include "daemon/core/row.h"

/* What becomes of a record in this state. */
static enum consent_state
target(const struct giving *gv, enum consent_state from)
{
	int was_given = consent_state_is_valid(from) || from == CONSENT_EXPIRED;

	if (was_given && gv->outcome == CONSENT_GIVEN)
		return CONSENT_RENEWED;
	if (was_given && gv->refusing)
		return CONSENT_WITHDRAWN;
	return gv->outcome;
}

/* The end of its term: the rules' months, or sooner if they said so. */
static int
set_term(const struct giving *gv, struct consent_made *m, struct err *e)
{
	int32_t last;

	if (m->from == CONSENT_UNKNOWN)
		m->row.given = gv->given_ms;
	if (!consent_state_is_valid(m->to))
		return 0;
	m->row.given = gv->given_ms;
	m->row.until = 0;
	if (m->purpose->valid_months != 0) {
		last =
		    civil_add_months(gv->given_day, m->purpose->valid_months);
		if (gv->has_through && gv->through_day > last)
			return err_tag(e, ERR_REFUSED, "consent-date",
			    "%s: at most %u months", m->purpose->purpose,
			    m->purpose->valid_months);
		m->row.until =
		    civil_term_ms(gv->given_day, m->purpose->valid_months);
	}
	if (gv->has_through)
		m->row.until = civil_start_ms(gv->through_day + 1);
	return 0;
}

/* What they said last stands: nothing is declared from before it. */
static int
check_order(struct tx *tx, const struct giving *gv,
    const struct consent_made *m, struct err *e)
{
	int64_t ended;
	int r;

	if ((r = consent_row_ended(tx, &gv->kase.id, &m->row.person,
		 m->row.purpose, &ended, e)) < 0)
		return r;
	if (gv->given_ms < ended ||
	    (m->from != CONSENT_UNKNOWN && gv->given_ms < m->row.given))
		return err_tag(e, ERR_REFUSED, "consent-date",
		    "they have said something else since that day");
	return 0;
}

static int
fill_made(struct giving *gv, struct tx *tx, struct consent_made *m,
    const struct id *person, struct err *e)
{
	int64_t now = core_now(gv->core);
	int r;

	r = consent_row_living(
	    tx, &gv->kase.id, person, m->purpose->purpose, &m->row, e);
	if (r < 0)
		return r;
	if (r == 0) {
		m->row.kase = gv->kase.id;
		m->row.person = *person;
		snprintf(m->row.purpose, sizeof(m->row.purpose), "%s",
		    m->purpose->purpose);
	}
	m->from = r == 0 ? CONSENT_UNKNOWN
			 : consent_state_at(m->row.state, m->row.until, now);
	m->to = target(gv, m->from);
	if (!consent_state_may_move(m->from, m->to))
		return err_tag(e, ERR_CONFLICT, "consent-state",
		    "%s is %s: it cannot be %s", m->row.purpose,
		    consent_state_name(m->from), consent_state_name(m->to));
	if ((r = check_order(tx, gv, m, e)) < 0)
		return r;
	m->row.sheet = gv->sheet;
	return set_term(gv, m, e);
}

/* Record ids are random UUIDs (RFC 9562, version 4): TS 27560 asks for it. */
static int
draw_id(struct id *out, struct err *e)
{
	int r;

	if ((r = id_random(out, e)) < 0)
		return r;
	out->b[6] = (uint8_t)((out->b[6] & 0x0f) | 0x40);
	out->b[8] = (uint8_t)((out->b[8] & 0x3f) | 0x80);
	return 0;
}

static int
add_made(struct giving *gv, struct tx *tx, const struct id *person,
    const char *purpose, struct err *e)
{
	struct consent_made *m = &gv->made[gv->n];
	int r;

	if (gv->n == CONSENT_MADE_MAX)
		return err_tag(e, ERR_TOO_LARGE, "consent-count",
		    "more than %d consents at once", CONSENT_MADE_MAX);
	m->purpose = policy_consent(gv->core->policy, purpose);
	if (m->purpose == NULL ||
	    !policy_in_force(&m->purpose->when, gv->given_day))
		return err_tag(e, ERR_REFUSED, "consent-purpose",
		    "no such purpose of consent on that day: %.64s", purpose);
	if ((r = fill_made(gv, tx, m, person, e)) < 0)
		return r;
	if (m->from == CONSENT_UNKNOWN) {
		if ((r = draw_id(&m->row.id, e)) < 0 ||
		    (r = keypool_take(gv->core->keys, &m->key, e)) < 0)
			return r;
		m->row.key = m->key.number;
		m->row.state = m->to;
	}
	gv->n++;
	return 0;
}

/* Every person named must be an adult of the case today. */
static int
check_person(const char *text, const struct person_adult *adults, size_t n,
    struct id *out, struct err *e)
{
	size_t i;

	if (id_parse(text, out, NULL) == 0)
		for (i = 0; i < n; i++)
			if (id_equal(&adults[i].id, out))
				return 0;
	return err_tag(e, ERR_REFUSED, "consent-person",
	    "not an adult of this case today");
}

static int
add_person(
    struct giving *gv, struct tx *tx, const struct id *person, struct err *e)
{
	size_t k;
	int r;

	for (k = 0; k < gv->g->npurposes; k++)
		if ((r = add_made(gv, tx, person, gv->g->purposes[k], e)) < 0)
			return r;
	return 0;
}

int
consent_made_prepare(struct giving *gv, struct tx *tx, struct err *e)
{
	struct person_adult adults[CASE_PERSONS_MAX];
	struct id person;
	size_t i, n;
	int r;

	if ((r = person_adults(tx, &gv->kase.id, civil_day(core_now(gv->core)),
		 adults, &n, e)) < 0)
		return r;
	if (n == 0 && !gv->refusing)
		return err_tag(e, ERR_REFUSED, "consent-person",
		    "the case has no adult whose consent counts");
	for (i = 0; i < gv->g->npersons; i++)
		if ((r = check_person(
			 gv->g->persons[i], adults, n, &person, e)) < 0 ||
		    (r = add_person(gv, tx, &person, e)) < 0)
			return r;
	for (i = 0; gv->g->npersons == 0 && i < n; i++)
		if ((r = add_person(gv, tx, &adults[i].id, e)) < 0)
			return r;
	return 0;
}

/* --- sealing -------------------------------------------------------------- */

static int
seal_made(struct giving *gv, struct consent_made *m, const uint8_t *key,
    struct err *e)
{
	json_t *words = consent_words(gv, m->purpose);
	int r;

	r = consent_seal(gv->core, key, &m->row, words, &m->seal, &m->words, e);
	json_decref(words);
	return r;
}

/* Keys of records that are there already: their leaf comes first. */
static int
old_keys(struct giving *gv, struct secret *keys, struct err *e)
{
	uint64_t numbers[CONSENT_MADE_MAX], leaf;
	size_t i, n = 0;
	int r;

	for (i = 0; i < gv->n; i++)
		if (gv->made[i].from != CONSENT_UNKNOWN)
			numbers[n++] = gv->made[i].row.key;
	if (n == 0)
		return 0;
	if ((r = core_read_leaf(gv->core, gv->caller, LEAF_CONSENT_READ,
		 &gv->kase.id, NULL, &leaf, e)) < 0)
		return r;
	return rows_keys(gv->core, numbers, n, leaf, keys, e);
}

int
consent_made_seal(struct giving *gv, struct err *e)
{
	AUTO(secret_done) struct secret keys = { 0 };
	const uint8_t *key;
	size_t i, k = 0;
	int r;

	if ((r = old_keys(gv, &keys, e)) < 0)
		return r;
	for (i = 0; i < gv->n; i++) {
		key = gv->made[i].from == CONSENT_UNKNOWN
			  ? gv->made[i].key.key.p
			  : (const uint8_t *)keys.p + SECRET_KEY_LEN * k++;
		if ((r = seal_made(gv, &gv->made[i], key, e)) < 0)
			return r;
	}
	return 0;
}

/* --- entering ------------------------------------------------------------- */

static int
apply_made(struct tx *tx, struct giving *gv, struct consent_made *m,
    int64_t now_ms, struct err *e)
{
	struct consent_event ev = {
		.what = consent_state_name(m->to),
		.effective = gv->given_ms,
		.at = audit_time(gv->core->audit, now_ms),
		.until = m->row.until,
		.leaf = gv->leaf,
		.seal = m->seal,
		.sealed = &m->words,
	};
	int r;

	if (m->from == CONSENT_UNKNOWN)
		r = consent_row_insert(tx, &m->row, e);
	else if ((r = consent_row_move(tx, &m->row, m->to, now_ms, e)) == 0 &&
		 consent_state_is_valid(m->to))
		r = consent_row_set_term(tx, &m->row, e);
	if (r < 0 ||
	    (r = consent_paper_add(tx, &m->row.id, &gv->evidence, e)) < 0 ||
	    (r = consent_paper_add(tx, &m->row.id, &gv->capacity_document, e)) <
		0)
		return r;
	return consent_event_append(tx, &m->row.id, &ev, e);
}

int
consent_made_apply(
    struct tx *tx, struct giving *gv, int64_t now_ms, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < gv->n; i++)
		if ((r = apply_made(tx, gv, &gv->made[i], now_ms, e)) < 0)
			return r;
	return 0;
}

void
consent_made_done(struct giving *gv)
{
	size_t i;

	for (i = 0; i < gv->n; i++) {
		fresh_key_done(&gv->made[i].key);
		buf_done(&gv->made[i].words);
	}
}
