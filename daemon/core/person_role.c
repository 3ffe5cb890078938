/* Roles of a person and their days; whose consent counts on a day. */
#include <string.h>

#include "base/text.h"
#include "daemon/core/person.h"

/* Those of adults first, and the one that counts most before others. */
static const struct {
	const char *name;
	int adult;
} roles[] = {
	{ "titulaire", 1 },
	{ "co-titulaire", 1 },
	{ "occupant", 1 },
	{ "mineur", 0 },
	{ "garant", 0 },
	{ "bailleur", 0 },
};

int
person_role_is_known(const char *role)
{
	size_t i;

	for (i = 0; i < NELEMS(roles); i++)
		if (strcmp(roles[i].name, role) == 0)
			return 1;
	return 0;
}

int
person_role_is_adult(const char *role)
{
	size_t i;

	for (i = 0; i < NELEMS(roles); i++)
		if (strcmp(roles[i].name, role) == 0)
			return roles[i].adult;
	return 0;
}

int
person_role_insert(struct tx *tx, const struct id *person, const char *role,
    int32_t from, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO person_role (person, n, role, begins)"
		 " SELECT ?1, count(*), ?2, ?3 FROM person_role"
		 " WHERE person = ?1",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, person, e)) < 0 ||
	    (r = sql_text(q, 2, role, e)) < 0 ||
	    (r = from == PERSON_ALWAYS ? sql_null(q, 3, e)
				       : sql_int(q, 3, from, e)) < 0)
		return r;
	return sql_run(q, e);
}

/* The place of a role in the table above: what counts most comes first. */
static size_t
rank(const char *role)
{
	size_t i;

	for (i = 0; i < NELEMS(roles); i++)
		if (strcmp(roles[i].name, role) == 0)
			break;
	return i;
}

static void
keep_adult(
    struct person_adult *out, size_t *n, const struct id *id, const char *role)
{
	struct person_adult *last = *n > 0 ? &out[*n - 1] : NULL;

	if (last == NULL || !id_equal(&last->id, id)) {
		if (*n == CASE_PERSONS_MAX)
			return; /* check_room: there are no more */
		last = &out[(*n)++];
		last->id = *id;
	} else if (rank(role) >= rank(last->role)) {
		return;
	}
	snprintf(last->role, sizeof(last->role), "%s", role);
}

int
person_adults(struct tx *tx, const struct id *kase, int32_t day,
    struct person_adult out[CASE_PERSONS_MAX], size_t *n, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	size_t found = 0;
	struct id id;
	int r;

	if ((r = sql_open(tx,
		 "SELECT person.id, role FROM person"
		 " JOIN person_role ON person_role.person = person.id"
		 " WHERE dossier = ?1 AND (begins IS NULL OR begins <= ?2)"
		 " AND (ends IS NULL OR ends >= ?2)"
		 " ORDER BY person.rowid, n",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 || (r = sql_int(q, 2, day, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if (!person_role_is_adult(sql_get_text(q, 1)))
			continue;
		if ((r = sql_get_id(q, 0, &id, e)) < 0)
			return r;
		keep_adult(out, &found, &id, sql_get_text(q, 1));
	}
	if (r < 0)
		return r;
	*n = found;
	return 0;
}

int
person_is_alone(struct tx *tx, const struct id *kase, const struct id *person,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int alone = 1, found = 0, r;
	struct id id;

	if ((r = sql_open(tx,
		 "SELECT person.id, role FROM person"
		 " JOIN person_role ON person_role.person = person.id"
		 " WHERE dossier = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if ((r = sql_get_id(q, 0, &id, e)) < 0)
			return r;
		if (id_equal(&id, person))
			found = 1;
		else if (person_role_is_adult(sql_get_text(q, 1)))
			alone = 0;
	}
	if (r < 0)
		return r;
	return found ? alone
		     : err_tag(e, ERR_REFUSED, "subject-person",
			   "not a person of this case");
}

int
person_address_is_confidential(
    struct tx *tx, const struct id *kase, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT 1 FROM person WHERE dossier = ? AND confidential <> 0"
		 " LIMIT 1",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0)
		return r;
	return sql_step(q, e);
}

int
person_count(struct tx *tx, const struct id *kase, uint64_t *persons,
    uint64_t *confidential, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT count(*), count(*) FILTER (WHERE confidential <> 0)"
		 " FROM person WHERE dossier = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	*persons = (uint64_t)sql_get_int(q, 0);
	*confidential = (uint64_t)sql_get_int(q, 1);
	return 0;
}

static json_t *
day_json(struct sql *q, int column)
{
	char text[11];

	if (sql_is_null(q, column))
		return json_null();
	date_format((int32_t)sql_get_int(q, column), text);
	return json_string(text);
}

static int
is_on(struct sql *q, int32_t today)
{
	return (sql_is_null(q, 1) || sql_get_int(q, 1) <= today) &&
	       (sql_is_null(q, 2) || sql_get_int(q, 2) >= today);
}

int
person_roles_json(struct tx *tx, const struct id *person, int32_t today,
    json_t *into, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	json_t *list = json_array();
	char best[32] = "", last[32] = "";
	const char *role;
	int r, adult = 0;

	if (list == NULL || json_object_set_new(into, "roles", list) < 0)
		return err_set(e, ERR_NOMEM, "roles");
	if ((r = sql_open(tx,
		 "SELECT role, begins, ends FROM person_role WHERE person = ?"
		 " ORDER BY n",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, person, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		role = sql_get_text(q, 0);
		snprintf(last, sizeof(last), "%s", role);
		if (is_on(q, today)) {
			adult |= person_role_is_adult(role);
			if (best[0] == '\0' || rank(role) < rank(best))
				snprintf(best, sizeof(best), "%s", role);
		}
		if (json_array_append_new(
			list, json_pack("{s:s, s:o, s:o}", "role", role, "from",
				  day_json(q, 1), "until", day_json(q, 2))) < 0)
			return err_set(e, ERR_NOMEM, "roles");
	}
	if (r == 0 &&
	    (json_object_set_new(into, "role",
		 json_string(best[0] != '\0' ? best : last)) < 0 ||
		json_object_set_new(into, "adult", json_boolean(adult)) < 0))
		r = err_set(e, ERR_NOMEM, "roles");
	return r;
}
