/* One person: shown, and changed. */
#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/person.h"
#include "daemon/core/row.h"
#include "daemon/core/search.h"

/* --- finding -------------------------------------------------------------- */

struct found {
	struct id id, kase;
	uint64_t key;
	uint32_t version;
	int confidential;
	struct buf sealed;
};

static int
find(struct tx *tx, const struct id *kase, const char *text, struct found *out,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const void *p;
	size_t n;
	int r;

	/* Another case's person and none are one answer. */
	if (id_parse(text, &out->id, NULL) < 0)
		return err_tag(
		    e, ERR_NOT_FOUND, "not-found", "no such thing here");
	if ((r = sql_open(tx,
		 "SELECT key, version, confidential, sealed FROM person"
		 " WHERE id = ? AND dossier = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &out->id, e)) < 0 ||
	    (r = sql_id(q, 2, kase, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_tag(
		    e, ERR_NOT_FOUND, "not-found", "no such thing here");
	out->kase = *kase;
	out->key = (uint64_t)sql_get_int(q, 0);
	out->version = (uint32_t)sql_get_int(q, 1);
	out->confidential = sql_get_int(q, 2) != 0;
	p = sql_get_blob(q, 3, &n);
	buf_reset(&out->sealed);
	return buf_add(&out->sealed, p, n, e);
}

static int
open_row(struct core *core, const struct found *f, uint64_t leaf,
    struct secret *key, json_t **out, struct err *e)
{
	int r;

	if ((r = agent_get(core->agent, &f->key, 1, leaf, key, e)) < 0)
		return r;
	return row_open(core, key->p, &f->kase, &f->id, f->version, f->sealed.p,
	    f->sealed.len, out, e);
}

static int
read_leaf(struct core *core, const struct caller *caller, const struct found *f,
    const struct decision *d, uint64_t *leaf, struct err *e)
{
	char kase[ID_TEXT], person[ID_TEXT];
	json_t *detail;
	int r;

	id_format(&f->kase, kase);
	id_format(&f->id, person);
	detail = json_pack("{s:s, s:s, s:o}", "case", kase, "person", person,
	    "decision", decision_json(core, d));
	if (detail == NULL)
		return err_set(e, ERR_NOMEM, "person");
	r = core_read_leaf(
	    core, caller, LEAF_PERSON_READ, &f->id, detail, leaf, e);
	json_decref(detail);
	return r;
}

/* --- showing -------------------------------------------------------------- */

static int
answer_person(struct core *core, const struct found *f, uint64_t leaf,
    json_t **answer, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	AUTO(tx_end) struct tx tx = { 0 };
	char kase[ID_TEXT], person[ID_TEXT];
	json_t *j = NULL;
	int r;

	if ((r = open_row(core, f, leaf, &key, &j, e)) < 0)
		return r;
	id_format(&f->kase, kase);
	id_format(&f->id, person);
	if (json_object_set_new(j, "person", json_string(person)) < 0 ||
	    json_object_set_new(j, "case", json_string(kase)) < 0 ||
	    json_object_set_new(
		j, "confidential_address", json_boolean(f->confidential)) < 0 ||
	    json_object_set_new(j, "leaf", json_integer((json_int_t)leaf)) < 0)
		r = err_set(e, ERR_NOMEM, "person");
	if (r == 0 && (r = tx_read(core->catalog, &tx, e)) == 0)
		r = person_roles_json(
		    &tx, &f->id, civil_day(core_now(core)), j, e);
	if (r < 0) {
		json_decref(j);
		return r;
	}
	*answer = j;
	return 0;
}

int
person_show(struct core *core, const struct caller *caller, const char *kase,
    const char *person, struct id *object, json_t **answer, struct err *e)
{
	struct found f = { 0 };
	struct case_facts facts;
	struct decision d;
	uint64_t leaf = 0;
	int r;

	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = tx_read(core->catalog, &tx, e)) == 0 &&
		    (r = case_authorize(core, &tx, caller, kase, OP_CASE_READ,
			 NULL, core_now(core), &facts, object, &d, e)) == 0)
			r = find(&tx, &facts.id, person, &f, e);
	}
	if (r == 0 && (r = core_check_open(core, e)) == 0 &&
	    (r = read_leaf(core, caller, &f, &d, &leaf, e)) == 0)
		r = answer_person(core, &f, leaf, answer, e);
	buf_done(&f.sealed);
	return r;
}

/* --- changing ------------------------------------------------------------- */

struct changing {
	struct core *core;
	const struct caller *caller;
	const struct person_change *c;
	struct found found;
	struct decision d;
	int32_t from, until;
	struct buf sealed; /* empty: what is sealed stays */
	json_t *detail;
	uint64_t leaf;
};

static void
changing_done(struct changing *ch)
{
	buf_done(&ch->found.sealed);
	buf_done(&ch->sealed);
	json_decref(ch->detail);
}

static int
check_change(struct changing *ch, int64_t now_ms, struct err *e)
{
	const struct person_change *c = ch->c;
	int32_t today = civil_day(now_ms);
	int r;

	if (c->role == NULL && c->end == NULL && c->name == NULL &&
	    c->birth_year < 0 && c->confidential_address < 0)
		return err_tag(
		    e, ERR_INVALID, "change-empty", "nothing is to change");
	if ((c->role != NULL && !person_role_is_known(c->role)) ||
	    (c->end != NULL && !person_role_is_known(c->end)))
		return err_tag(e, ERR_INVALID, "role",
		    "role: titulaire, co-titulaire, occupant, mineur, "
		    "garant, bailleur");
	if ((r = person_day(c->from, today, now_ms, &ch->from, e)) < 0 ||
	    (r = person_day(c->until, today, now_ms, &ch->until, e)) < 0 ||
	    (c->birth_year > 0 &&
		(r = person_birth_year_check(c->birth_year, now_ms, e)) < 0))
		return r;
	if (c->name == NULL)
		return 0;
	if (c->name[0] == '\0')
		return err_tag(
		    e, ERR_INVALID, "member-missing", "name: is empty");
	return text_check(c->name, CASE_TEXT_MAX, "name", e);
}

/* The row as it will be, sealed under its own key as the next version. */
static int
seal_again(struct changing *ch, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	const struct person_change *c = ch->c;
	json_t *old = NULL, *j;
	const char *name;
	uint64_t leaf;
	int32_t year;
	int r;

	if (c->name == NULL && c->birth_year < 0)
		return 0;
	if ((r = read_leaf(
		 ch->core, ch->caller, &ch->found, &ch->d, &leaf, e)) < 0 ||
	    (r = open_row(ch->core, &ch->found, leaf, &key, &old, e)) < 0)
		return r;
	name = c->name != NULL
		   ? c->name
		   : json_string_value(json_object_get(old, "name"));
	year = c->birth_year >= 0 ? c->birth_year
				  : (int32_t)json_integer_value(
					json_object_get(old, "birth_year"));
	j = person_row_json(name, year);
	r = j == NULL
		? err_set(e, ERR_NOMEM, "person")
		: row_seal(ch->core, key.p, &ch->found.kase, &ch->found.id,
		      ch->found.version + 1, j, &ch->sealed, e);
	json_decref(j);
	json_decref(old);
	return r;
}

static json_t *
change_detail(const struct changing *ch)
{
	const struct person_change *c = ch->c;
	char kase[ID_TEXT], person[ID_TEXT];
	json_t *j;

	id_format(&ch->found.kase, kase);
	id_format(&ch->found.id, person);
	j = json_pack("{s:s, s:s, s:s*, s:s*, s:o}", "case", kase, "person",
	    person, "begins", c->role, "ends", c->end, "decision",
	    decision_json(ch->core, &ch->d));
	if (j != NULL && c->confidential_address >= 0)
		json_object_set_new(j, "confidential_address",
		    json_boolean(c->confidential_address));
	if (j != NULL && ch->sealed.len > 0)
		json_object_set_new(j, "rectified", json_true());
	return j;
}

/* Has the person this role, without an end or with one that is not over? */
static int
role_is_open(struct tx *tx, const struct id *person, const char *role,
    int32_t day, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT 1 FROM person_role WHERE person = ? AND role = ?"
		 " AND (ends IS NULL OR ends >= ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, person, e)) < 0 ||
	    (r = sql_text(q, 2, role, e)) < 0 ||
	    (r = sql_int(q, 3, day, e)) < 0)
		return r;
	return sql_step(q, e);
}

static int
begin_role(struct tx *tx, const struct changing *ch, struct err *e)
{
	int r;

	r = role_is_open(tx, &ch->found.id, ch->c->role, ch->from, e);
	if (r < 0)
		return r;
	if (r > 0)
		return err_tag(e, ERR_CONFLICT, "role-state",
		    "this person is %s on that day already", ch->c->role);
	return person_role_insert(tx, &ch->found.id, ch->c->role, ch->from, e);
}

static int
end_role(struct tx *tx, const struct changing *ch, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = role_is_open(tx, &ch->found.id, ch->c->end, INT32_MAX, e)) < 0)
		return r;
	if (r == 0)
		return err_tag(e, ERR_CONFLICT, "role-state",
		    "this person is not %s", ch->c->end);
	if ((r = sql_open(tx,
		 "UPDATE person_role SET ends = ?1 WHERE person = ?2"
		 " AND role = ?3 AND ends IS NULL"
		 " AND (begins IS NULL OR begins <= ?1)",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, ch->until, e)) < 0 ||
	    (r = sql_id(q, 2, &ch->found.id, e)) < 0 ||
	    (r = sql_text(q, 3, ch->c->end, e)) < 0 || (r = sql_run(q, e)) < 0)
		return r;
	if (sql_changes(tx) != 1)
		return err_tag(
		    e, ERR_REFUSED, "role-date", "a role ends after it began");
	return 0;
}

static int
set_confidential(struct tx *tx, const struct changing *ch, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "UPDATE person SET confidential = ? WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, ch->c->confidential_address, e)) < 0 ||
	    (r = sql_id(q, 2, &ch->found.id, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
set_sealed(struct tx *tx, const struct changing *ch, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE person SET sealed = ?1, version = version + 1"
		 " WHERE id = ?2 AND version = ?3",
		 &q, e)) < 0 ||
	    (r = sql_blob(q, 1, ch->sealed.p, ch->sealed.len, e)) < 0 ||
	    (r = sql_id(q, 2, &ch->found.id, e)) < 0 ||
	    (r = sql_int(q, 3, ch->found.version, e)) < 0 ||
	    (r = sql_run(q, e)) < 0)
		return r;
	if (sql_changes(tx) != 1)
		return err_tag(e, ERR_CONFLICT, "person-changed",
		    "somebody else has just changed this person");
	return 0;
}

/* A role that ends does so before another begins: occupant, then titulaire
 * from the same day on, is one change. */
static int
change_apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct changing *ch = arg;
	int r;

	if ((r = core_leaf(ch->core, tx, ch->caller, LEAF_PERSON_EDIT, LEAF_OK,
		 &ch->found.id, ch->detail, now_ms, &ch->leaf, e)) < 0 ||
	    (r = case_touch(tx, &ch->found.kase, ch->leaf, e)) < 0 ||
	    (ch->c->end != NULL && (r = end_role(tx, ch, e)) < 0) ||
	    (ch->c->role != NULL && (r = begin_role(tx, ch, e)) < 0) ||
	    (ch->c->confidential_address >= 0 &&
		(r = set_confidential(tx, ch, e)) < 0) ||
	    (ch->sealed.len > 0 && (r = set_sealed(tx, ch, e)) < 0))
		return r;
	return 0;
}

static int
find_for_change(struct changing *ch, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct case_facts facts;
	int r;

	if ((r = tx_read(ch->core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize(ch->core, &tx, ch->caller, ch->c->kase,
		 OP_PERSON_EDIT, NULL, core_now(ch->core), &facts, object,
		 &ch->d, e)) < 0)
		return r;
	return find(&tx, &facts.id, ch->c->person, &ch->found, e);
}

static int
answer_change(const struct changing *ch, json_t **answer, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	char kase[ID_TEXT], person[ID_TEXT];
	json_t *j;
	int r;

	id_format(&ch->found.kase, kase);
	id_format(&ch->found.id, person);
	j = json_pack("{s:s, s:s, s:b, s:I}", "person", person, "case", kase,
	    "confidential_address",
	    ch->c->confidential_address >= 0 ? ch->c->confidential_address
					     : ch->found.confidential,
	    "leaf", (json_int_t)ch->leaf);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "person");
	if ((r = tx_read(ch->core->catalog, &tx, e)) == 0)
		r = person_roles_json(
		    &tx, &ch->found.id, civil_day(core_now(ch->core)), j, e);
	if (r < 0) {
		json_decref(j);
		return r;
	}
	*answer = j;
	return 0;
}

int
person_change(struct core *core, const struct caller *caller,
    const struct person_change *c, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(changing_done)
	struct changing ch = { .core = core, .caller = caller, .c = c };
	struct change commit = {
		.apply = change_apply, .arg = &ch, .need_head = 1
	};
	int r;

	if ((r = find_for_change(&ch, object, e)) < 0 ||
	    (r = check_change(&ch, core_now(core), e)) < 0 ||
	    (r = core_check_open(core, e)) < 0 || (r = seal_again(&ch, e)) < 0)
		return r;
	if ((ch.detail = change_detail(&ch)) == NULL)
		return err_set(e, ERR_NOMEM, "person");
	if ((r = commit_run(core->committer, &commit, e)) < 0)
		return r;
	if ((r = search_update(core, &ch.found.kase, ch.leaf, e)) < 0)
		return err_wrap(e, "the person is changed; the search index");
	return answer_change(&ch, answer, e);
}
