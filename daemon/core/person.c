#include "daemon/core/person.h"

#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/row.h"
#include "daemon/core/search.h"

#define BIRTH_YEAR_MIN 1900

const char *const person_schema =
    "CREATE TABLE person ("
    " id BLOB PRIMARY KEY CHECK (length(id) = 16),"
    " dossier BLOB NOT NULL REFERENCES dossier (id),"
    " confidential INTEGER NOT NULL," /* address */
    " key INTEGER NOT NULL UNIQUE,"
    " version INTEGER NOT NULL," /* of what is sealed */
    " sealed BLOB NOT NULL) STRICT;"
    "CREATE INDEX person_dossier ON person (dossier);"
    "CREATE TABLE person_role ("
    " person BLOB NOT NULL REFERENCES person (id),"
    " n INTEGER NOT NULL,"
    " role TEXT NOT NULL,"
    " begins INTEGER," /* first day; NULL: always had it */
    " ends INTEGER,"   /* last day; NULL: has it still */
    " PRIMARY KEY (person, n)) STRICT, WITHOUT ROWID;";

void
person_row_done(struct person_row *p)
{
	fresh_key_done(&p->key);
	buf_done(&p->sealed);
}

int
person_birth_year_check(int32_t year, int64_t now_ms, struct err *e)
{
	int32_t this_year = civil_date(civil_day(now_ms)).year;

	if (year != 0 && (year < BIRTH_YEAR_MIN || year > this_year))
		return err_tag(e, ERR_INVALID, "birth-year",
		    "birth_year: from %d to %d", BIRTH_YEAR_MIN, this_year);
	return 0;
}

int
person_day(const char *text, int32_t absent, int64_t now_ms, int32_t *out,
    struct err *e)
{
	int32_t day = absent;
	int r;

	if (text != NULL && text[0] != '\0' &&
	    (r = date_parse(text, &day, e)) < 0)
		return r;
	if (day > civil_day(now_ms))
		return err_tag(e, ERR_REFUSED, "role-date",
		    "a role is entered when it is there, or is over");
	*out = day;
	return 0;
}

int
person_check(const struct case_person *p, int64_t now_ms, struct err *e)
{
	int32_t day;
	int r;

	if (!person_role_is_known(p->role))
		return err_tag(e, ERR_INVALID, "role",
		    "role: titulaire, co-titulaire, occupant, mineur, "
		    "garant, bailleur");
	if (p->name[0] == '\0')
		return err_tag(
		    e, ERR_INVALID, "member-missing", "name: is empty");
	if ((r = person_birth_year_check(p->birth_year, now_ms, e)) < 0 ||
	    (r = person_day(p->from, PERSON_ALWAYS, now_ms, &day, e)) < 0)
		return r;
	return text_check(p->name, CASE_TEXT_MAX, "name", e);
}

json_t *
person_row_json(const char *name, int32_t birth_year)
{
	json_t *j = json_pack("{s:s}", "name", name);

	if (j != NULL && birth_year != 0 &&
	    json_object_set_new(j, "birth_year", json_integer(birth_year)) <
		0) {
		json_decref(j);
		return NULL;
	}
	return j;
}

int
person_prepare(struct core *core, const struct id *kase,
    const struct case_person *p, struct person_row *out, struct err *e)
{
	struct person_row row = { .confidential = p->confidential_address };
	json_t *j = person_row_json(p->name, p->birth_year);
	int r;

	if (j == NULL)
		return err_set(e, ERR_NOMEM, "person");
	snprintf(row.role, sizeof(row.role), "%s", p->role);
	if ((r = person_day(
		 p->from, PERSON_ALWAYS, core_now(core), &row.from, e)) == 0 &&
	    (r = id_random(&row.id, e)) == 0 &&
	    (r = keypool_take(core->keys, &row.key, e)) == 0)
		r = row_seal(
		    core, row.key.key.p, kase, &row.id, 0, j, &row.sealed, e);
	json_decref(j);
	if (r < 0) {
		person_row_done(&row);
		return r;
	}
	*out = row;
	return 0;
}

static int
check_room(struct tx *tx, const struct id *kase, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "SELECT count(*) FROM person WHERE dossier = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (sql_get_int(q, 0) >= CASE_PERSONS_MAX)
		return err_tag(e, ERR_TOO_LARGE, "persons",
		    "more than %d persons", CASE_PERSONS_MAX);
	return 0;
}

int
person_insert(struct tx *tx, const struct id *kase, const struct person_row *p,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = check_room(tx, kase, e)) < 0 ||
	    (r = sql_open(tx,
		 "INSERT INTO person"
		 " (id, dossier, confidential, key, version, sealed)"
		 " VALUES (?, ?, ?, ?, 0, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &p->id, e)) < 0 ||
	    (r = sql_id(q, 2, kase, e)) < 0 ||
	    (r = sql_int(q, 3, p->confidential, e)) < 0 ||
	    (r = sql_int(q, 4, (int64_t)p->key.number, e)) < 0 ||
	    (r = sql_blob(q, 5, p->sealed.p, p->sealed.len, e)) < 0 ||
	    (r = sql_run(q, e)) < 0)
		return r;
	return person_role_insert(tx, &p->id, p->role, p->from, e);
}

int
person_forget(struct tx *tx, const struct id *kase, struct err *e)
{
	AUTO(sql_done) struct sql *roles = NULL, *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "DELETE FROM person_role WHERE person IN"
		 " (SELECT id FROM person WHERE dossier = ?)",
		 &roles, e)) < 0 ||
	    (r = sql_id(roles, 1, kase, e)) < 0 ||
	    (r = sql_run(roles, e)) < 0 ||
	    (r = sql_open(tx, "DELETE FROM person WHERE dossier = ?", &q, e)) <
		0 ||
	    (r = sql_id(q, 1, kase, e)) < 0)
		return r;
	return sql_run(q, e);
}

/* --- reading -------------------------------------------------------------- */

static int
take_row(struct sql *q, struct tx *tx, const struct id *kase, int32_t today,
    struct sealed_rows *rows, struct err *e)
{
	struct sealed_row row = { .kase = *kase };
	char text[ID_TEXT];
	json_t *clear;
	int r;

	if ((r = sql_get_id(q, 0, &row.id, e)) < 0)
		return r;
	row.key = (uint64_t)sql_get_int(q, 2);
	row.version = (uint32_t)sql_get_int(q, 3);
	row.p = (uint8_t *)(uintptr_t)sql_get_blob(q, 4, &row.n);
	id_format(&row.id, text);
	clear = json_pack("{s:s, s:b}", "person", text, "confidential_address",
	    sql_get_int(q, 1) != 0);
	if (clear == NULL)
		return err_set(e, ERR_NOMEM, "persons");
	if ((r = person_roles_json(tx, &row.id, today, clear, e)) < 0) {
		json_decref(clear);
		return r;
	}
	return rows_add(rows, &row, clear, e);
}

static int
take_rows(struct tx *tx, const struct id *kase, int32_t today,
    struct sealed_rows *rows, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id, confidential, key, version, sealed FROM person"
		 " WHERE dossier = ? ORDER BY rowid",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = take_row(q, tx, kase, today, rows, e)) < 0)
			return r;
	return r;
}

static int
list_one(void *arg, const struct sealed_row *row, json_t *opened, struct err *e)
{
	if (json_object_update(row->clear, opened) < 0 ||
	    json_array_append(arg, row->clear) < 0)
		return err_set(e, ERR_NOMEM, "persons");
	return 0;
}

int
person_list(struct core *core, struct tx *tx, const struct id *kase,
    uint64_t leaf, json_t **out, struct err *e)
{
	AUTO(rows_done) struct sealed_rows rows = { 0 };
	json_t *list;
	int r;

	if ((r = take_rows(tx, kase, civil_day(core_now(core)), &rows, e)) < 0)
		return r;
	if ((list = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "persons");
	if ((r = rows_open(core, &rows, leaf, list_one, list, e)) < 0) {
		json_decref(list);
		return r;
	}
	*out = list;
	return 0;
}

/* --- one more ------------------------------------------------------------- */

struct adding {
	struct core *core;
	const struct caller *caller;
	struct id kase;
	struct person_row row;
	json_t *detail;
	uint64_t leaf;
};

static void
adding_done(struct adding *a)
{
	person_row_done(&a->row);
	json_decref(a->detail);
}

static int
add_apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct adding *a = arg;
	int r;

	if ((r = core_leaf(a->core, tx, a->caller, LEAF_PERSON_ADD, LEAF_OK,
		 &a->row.id, a->detail, now_ms, &a->leaf, e)) < 0 ||
	    (r = case_touch(tx, &a->kase, a->leaf, e)) < 0)
		return r;
	return person_insert(tx, &a->kase, &a->row, e);
}

static int
add(struct adding *a, const struct case_person *p, const struct decision *d,
    struct err *e)
{
	struct change ch = { .apply = add_apply, .arg = a, .need_head = 1 };
	char kase[ID_TEXT], person[ID_TEXT];
	int r;

	if ((r = person_prepare(a->core, &a->kase, p, &a->row, e)) < 0)
		return r;
	id_format(&a->kase, kase);
	id_format(&a->row.id, person);
	a->detail = json_pack("{s:s, s:s, s:s, s:o}", "case", kase, "person",
	    person, "role", p->role, "decision", decision_json(a->core, d));
	if (a->detail == NULL)
		return err_set(e, ERR_NOMEM, "person");
	return commit_run(a->core->committer, &ch, e);
}

int
person_add(struct core *core, const struct caller *caller, const char *ref,
    const struct case_person *p, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(adding_done)
	struct adding a = { .core = core, .caller = caller };
	int64_t now = core_now(core);
	char kase[ID_TEXT], person[ID_TEXT];
	struct case_facts f;
	struct decision d;
	int r;

	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
		    (r = case_authorize(core, &tx, caller, ref, OP_PERSON_ADD,
			 NULL, now, &f, object, &d, e)) < 0)
			return r;
	}
	a.kase = f.id;
	if ((r = person_check(p, now, e)) < 0 ||
	    (r = core_check_open(core, e)) < 0 || (r = add(&a, p, &d, e)) < 0)
		return r;
	if ((r = search_update(core, &f.id, a.leaf, e)) < 0)
		return err_wrap(e, "the person is entered; the search index");
	id_format(&f.id, kase);
	id_format(&a.row.id, person);
	*answer = json_pack("{s:s, s:s, s:s, s:I}", "person", person, "case",
	    kase, "role", p->role, "leaf", (json_int_t)a.leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "person");
}
