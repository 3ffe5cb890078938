/* The consents of a case, with their history, and what is in force on a day:
 * adult by adult and purpose by purpose, with the reason. */
#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/consent_row.h"
#include "daemon/core/json_of.h"
#include "daemon/core/objection.h"
#include "daemon/core/row.h"

struct listing {
	struct core *core;
	struct tx tx;
	struct id kase;
	int32_t day;
	int64_t at_ms, now_ms;
	struct consent_row *rows;
	size_t n;
	struct secret keys; /* of the living rows, in their order */
	json_t *persons;    /* as person_list gives them */
	json_t *consents, *in_force;
};

static void
listing_done(struct listing *l)
{
	tx_end(&l->tx);
	free(l->rows);
	secret_done(&l->keys);
	json_decref(l->persons);
	json_decref(l->consents);
	json_decref(l->in_force);
}

static const char *
name_of(const json_t *persons, const struct id *person)
{
	char text[ID_TEXT];
	const json_t *p;
	const char *id;
	size_t i;

	id_format(person, text);
	json_array_foreach(persons, i, p)
	{
		id = json_string_value(json_object_get(p, "person"));
		if (id != NULL && strcmp(id, text) == 0)
			return json_string_value(json_object_get(p, "name"));
	}
	return "";
}

/* --- the records ---------------------------------------------------------- */

static int
load_rows(struct listing *l, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct id id;
	size_t i;
	int r;

	if ((r = consent_row_ids(&l->tx, &l->kase, &ids, e)) < 0)
		return r;
	if ((l->rows = calloc(ids.len / ID_LEN + 1, sizeof(*l->rows))) == NULL)
		return err_set(e, ERR_NOMEM, "consents");
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = consent_row_by_id(&l->tx, &id, &l->rows[l->n], e)) < 0)
			return r;
		l->n++;
	}
	return 0;
}

static int
load_keys(struct listing *l, uint64_t leaf, struct err *e)
{
	uint64_t numbers[CONSENT_LIST_MAX];
	size_t i, k = 0;

	for (i = 0; i < l->n; i++)
		if (l->rows[i].key != 0)
			numbers[k++] = l->rows[i].key;
	return k == 0 ? 0 : rows_keys(l->core, numbers, k, leaf, &l->keys, e);
}

/* The words of the newest giving stand for the record. */
static int
put_words(json_t *into, const json_t *history)
{
	static const char *const of_event[] = { "event", "at", "effective_at",
		"valid_until", "leaf", "previous" };
	json_t *ev, *words;
	const char *what;
	size_t i;
	int r;

	for (i = json_array_size(history); i > 0; i--) {
		ev = json_array_get(history, i - 1);
		what = json_string_value(json_object_get(ev, "event"));
		if (strcmp(what, "given") == 0 || strcmp(what, "renewed") == 0)
			break;
	}
	if (i == 0)
		return 0;
	if ((words = json_copy(ev)) == NULL)
		return -1;
	for (i = 0; i < NELEMS(of_event); i++)
		json_object_del(words, of_event[i]);
	r = json_object_update_missing(into, words);
	json_decref(words);
	return r;
}

static json_t *
record_json(const struct listing *l, const struct consent_row *row,
    enum consent_state state, json_t *history)
{
	const struct policy_consent *p =
	    policy_consent(l->core->policy, row->purpose);

	return json_pack("{s:o, s:o, s:s, s:s, s:s*, s:s, s:o, s:o, s:o, s:o,"
			 " s:o, s:O}",
	    "consent", json_of_id(&row->id), "person", json_of_id(&row->person),
	    "name", name_of(l->persons, &row->person), "purpose", row->purpose,
	    "title", p != NULL ? p->title : NULL, "state",
	    consent_state_name(state), "given_at", json_of_time(row->given),
	    "valid_until", json_of_time(row->until), "valid_through",
	    consent_day_json(row->until), "sheet", json_of_id(&row->sheet),
	    "letter_due_at", json_of_time(row->letter), "history", history);
}

static int
add_record(struct listing *l, const struct consent_row *row, const uint8_t *key,
    struct err *e)
{
	enum consent_state state;
	json_t *history = NULL, *j;
	int64_t since;
	int r;

	if ((r = consent_event_check(&l->tx, &row->id, e)) < 0 ||
	    (r = consent_state_of(
		 &l->tx, &row->id, l->at_ms, &state, &since, e)) < 0)
		return r;
	if (state == CONSENT_UNKNOWN) /* nobody had said anything then */
		return 0;
	if ((r = consent_events(l->core, &l->tx, row, key, &history, e)) < 0)
		return r;
	j = record_json(l, row, state, history);
	if (j == NULL || put_words(j, history) < 0 ||
	    json_array_append(l->consents, j) < 0)
		r = err_set(e, ERR_NOMEM, "consents");
	json_decref(history);
	json_decref(j);
	return r;
}

static int
add_records(struct listing *l, struct err *e)
{
	const uint8_t *key;
	size_t i, k = 0;
	int r;

	for (i = 0; i < l->n; i++) {
		key = l->rows[i].key != 0
			  ? (const uint8_t *)l->keys.p + SECRET_KEY_LEN * k++
			  : NULL;
		if ((r = add_record(l, &l->rows[i], key, e)) < 0)
			return r;
	}
	return 0;
}

/* --- what is in force ----------------------------------------------------- */

/* This adult's state of this purpose at the instant: a valid record, or else
 * the one that spoke last. */
static int
state_of(struct listing *l, const struct id *person, const char *purpose,
    enum consent_state *state, int64_t *since, struct id *consent,
    struct err *e)
{
	enum consent_state one;
	int64_t from;
	size_t i;
	int r;

	*state = CONSENT_UNKNOWN;
	*since = 0;
	for (i = 0; i < l->n; i++) {
		if (!id_equal(&l->rows[i].person, person) ||
		    strcmp(l->rows[i].purpose, purpose) != 0)
			continue;
		if ((r = consent_state_of(
			 &l->tx, &l->rows[i].id, l->at_ms, &one, &from, e)) < 0)
			return r;
		if (one == CONSENT_UNKNOWN || (consent_state_is_valid(*state) &&
						  !consent_state_is_valid(one)))
			continue;
		if (!consent_state_is_valid(one) && from < *since)
			continue;
		*state = one;
		*since = from;
		*consent = l->rows[i].id;
	}
	return 0;
}

/* What became of it since, when it was in force then. */
static int
put_later(
    struct listing *l, const struct id *consent, json_t *into, struct err *e)
{
	enum consent_state later;
	int64_t since;
	int r;

	if (l->at_ms >= l->now_ms)
		return 0;
	if ((r = consent_state_of(
		 &l->tx, consent, l->now_ms, &later, &since, e)) < 0)
		return r;
	if (consent_state_is_valid(later))
		return 0;
	if (json_object_set_new(
		into, "since", json_string(consent_state_name(later))) < 0 ||
	    json_object_set_new(into, "since_at", json_of_time(since)) < 0)
		return err_set(e, ERR_NOMEM, "consents");
	return 0;
}

static int
add_adult(struct listing *l, const struct person_adult *adult,
    const char *purpose, json_t *into, int *agrees, struct err *e)
{
	enum consent_state state;
	struct id consent;
	int64_t since;
	json_t *j;
	int r;

	if ((r = state_of(
		 l, &adult->id, purpose, &state, &since, &consent, e)) < 0)
		return r;
	j = json_pack("{s:o, s:s, s:s, s:s, s:o}", "person",
	    json_of_id(&adult->id), "role", adult->role, "name",
	    name_of(l->persons, &adult->id), "state", consent_state_name(state),
	    "state_at", json_of_time(since));
	if (j == NULL || json_array_append_new(into, j) < 0)
		return err_set(e, ERR_NOMEM, "consents");
	*agrees = consent_state_is_valid(state);
	if (state == CONSENT_UNKNOWN)
		return 0;
	if (json_object_set_new(j, "consent", json_of_id(&consent)) < 0)
		return err_set(e, ERR_NOMEM, "consents");
	return *agrees ? put_later(l, &consent, j, e) : 0;
}

/* Why a purpose is in force or not: one word. */
static const char *
reason_of(const json_t *adults, size_t agree)
{
	size_t n = json_array_size(adults), i;
	const json_t *a;
	const char *state;

	if (n == 0)
		return "no-adult";
	if (agree == n)
		return "in-force";
	if (agree > 0)
		return "not-all-adults";
	json_array_foreach(adults, i, a)
	{
		state = json_string_value(json_object_get(a, "state"));
		if (strcmp(state, "unknown") != 0)
			return state;
	}
	return "never-asked";
}

static int
add_purpose(struct listing *l, const struct policy_consent *p,
    const struct person_adult *adults, size_t n, struct err *e)
{
	json_t *a = json_array(), *j;
	size_t i, agree = 0;
	int r, agrees = 0;

	if (a == NULL)
		return err_set(e, ERR_NOMEM, "consents");
	for (i = 0; i < n; i++) {
		if ((r = add_adult(l, &adults[i], p->purpose, a, &agrees, e)) <
		    0) {
			json_decref(a);
			return r;
		}
		agree += agrees != 0;
	}
	j = json_pack("{s:s, s:s*, s:b, s:s, s:o}", "purpose", p->purpose,
	    "title", p->title, "in_force", n > 0 && agree == n, "reason",
	    reason_of(a, agree), "adults", a);
	if (j == NULL || json_array_append_new(l->in_force, j) < 0)
		return err_set(e, ERR_NOMEM, "consents");
	return 0;
}

static int
add_in_force(struct listing *l, struct err *e)
{
	struct person_adult adults[CASE_PERSONS_MAX];
	const struct policy_consent *all;
	size_t i, n, count = policy_consents(l->core->policy, &all);
	int r;

	if ((r = person_adults(&l->tx, &l->kase, l->day, adults, &n, e)) < 0)
		return r;
	for (i = 0; i < count; i++)
		if ((r = add_purpose(l, &all[i], adults, n, e)) < 0)
			return r;
	return 0;
}

/* --- all of it ------------------------------------------------------------ */

/* A day that is over, or to come, is looked at from its last instant. */
static int
set_at(struct listing *l, const char *at, struct err *e)
{
	int r;

	l->now_ms = core_now(l->core);
	l->at_ms = l->now_ms;
	l->day = civil_day(l->now_ms);
	if (at == NULL || at[0] == '\0')
		return 0;
	if ((r = date_parse(at, &l->day, e)) < 0)
		return r;
	if (l->day != civil_day(l->now_ms))
		l->at_ms = civil_start_ms(l->day + 1) - 1;
	return 0;
}

static int
fill(struct listing *l, uint64_t leaf, struct err *e)
{
	int r;

	l->consents = json_array();
	l->in_force = json_array();
	if (l->consents == NULL || l->in_force == NULL)
		return err_set(e, ERR_NOMEM, "consents");
	if ((r = tx_read(l->core->catalog, &l->tx, e)) < 0 ||
	    (r = load_rows(l, e)) < 0 || (r = load_keys(l, leaf, e)) < 0 ||
	    (r = person_list(l->core, &l->tx, &l->kase, leaf, &l->persons, e)) <
		0 ||
	    (r = add_records(l, e)) < 0)
		return r;
	return add_in_force(l, e);
}

static int
answer_list(struct listing *l, uint64_t leaf, json_t **answer, struct err *e)
{
	char day[11];
	int on;

	if ((on = objection_is_on(&l->tx, &l->kase, e)) < 0)
		return on;
	date_format(l->day, day);
	*answer = json_pack("{s:s, s:O, s:O, s:b, s:I}", "at", day, "consents",
	    l->consents, "in_force", l->in_force, "objection", on, "leaf",
	    (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "consents");
}

static int
find_case(struct listing *l, const struct caller *caller, const char *kase,
    struct id *object, struct decision *d, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct case_facts facts;
	int r;

	if ((r = core_check_open(l->core, e)) < 0 ||
	    (r = tx_read(l->core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize(l->core, &tx, caller, kase, OP_CONSENT_LIST,
		 NULL, core_now(l->core), &facts, object, d, e)) < 0)
		return r;
	l->kase = facts.id;
	return 0;
}

int
consent_list_at(struct core *core, const struct caller *caller,
    const char *kase, const char *at, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(listing_done) struct listing l = { .core = core };
	char text[ID_TEXT];
	struct decision d;
	json_t *detail;
	uint64_t leaf;
	int r;

	if ((r = find_case(&l, caller, kase, object, &d, e)) < 0 ||
	    (r = set_at(&l, at, e)) < 0)
		return r;
	id_format(&l.kase, text);
	detail = json_pack("{s:s, s:s*, s:o}", "case", text, "at", at,
	    "decision", decision_json(core, &d));
	r = core_read_leaf(
	    core, caller, LEAF_CONSENT_READ, &l.kase, detail, &leaf, e);
	json_decref(detail);
	if (r < 0 || (r = fill(&l, leaf, e)) < 0)
		return r;
	return answer_list(&l, leaf, answer, e);
}

int
consent_list(struct core *core, const struct caller *caller, const char *kase,
    struct id *object, json_t **answer, struct err *e)
{
	return consent_list_at(core, caller, kase, "", object, answer, e);
}
