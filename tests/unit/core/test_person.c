/*
 * Persons of a case: roles with their days, whose consent counts on which
 * day, a confidential address, a rectified name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/text.h"
#include "tests/unit/core/consent_scene.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

static struct person_change
nothing(struct scene *s, const char *person)
{
	return (struct person_change){ .kase = s->kase,
		.person = person,
		.birth_year = -1,
		.confidential_address = -1 };
}

static int
change(struct scene *s, const struct person_change *c)
{
	json_t *answer = NULL;
	int r = person_change(
	    s->f->core, &s->camille, c, &s->f->object, &answer, &s->f->e);

	json_decref(answer);
	return r;
}

static void
refused(struct scene *s, const struct person_change *c, enum err_code code,
    const char *tag)
{
	int r = change(s, c);

	if (r != -(int)code || strcmp(err_name(&s->f->e), tag) != 0)
		fail_msg("%d %s, not %s: %s", r, err_name(&s->f->e), tag,
		    s->f->e.text);
}

static size_t
adults_on(struct scene *s, const char *day, struct person_adult *out)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct id kase;
	int32_t d;
	size_t n;

	assert_int_equal(date_parse(day, &d, NULL), 0);
	assert_int_equal(id_parse(s->kase, &kase, NULL), 0);
	assert_int_equal(tx_read(s->f->core->catalog, &tx, NULL), 0);
	assert_int_equal(person_adults(&tx, &kase, d, out, &n, NULL), 0);
	return n;
}

static void
a_change_has_its_form(void **state)
{
	struct person_change c;
	char other[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	c = nothing(&s, s.first);
	refused(&s, &c, ERR_INVALID, "change-empty");
	c.role = "cousin";
	refused(&s, &c, ERR_INVALID, "role");
	c = nothing(&s, s.first);
	c.end = "cousin";
	refused(&s, &c, ERR_INVALID, "role");
	c.end = "occupant";
	refused(&s, &c, ERR_CONFLICT, "role-state"); /* is none */
	c.end = "titulaire";
	c.until = "2026-11-24";
	refused(&s, &c, ERR_REFUSED, "role-date"); /* to come */
	c.until = "2026-13-01";
	refused(&s, &c, ERR_INVALID, "invalid");
	c = nothing(&s, s.first);
	c.role = "titulaire";
	refused(&s, &c, ERR_CONFLICT, "role-state"); /* is one */
	c = nothing(&s, s.first);
	c.name = "";
	refused(&s, &c, ERR_INVALID, "member-missing");
	c.name = "a\x01";
	refused(&s, &c, ERR_INVALID, "member-text");
	c = nothing(&s, s.first);
	c.birth_year = 2027;
	refused(&s, &c, ERR_INVALID, "birth-year");
	/* Another case's person is none. */
	core_fixture_case(f, CAMILLE, "Autre", other);
	c = nothing(&s, s.first);
	c.kase = other;
	c.confidential_address = 1;
	refused(&s, &c, ERR_NOT_FOUND, "not-found");
	c = nothing(&s, "x");
	c.confidential_address = 1;
	refused(&s, &c, ERR_NOT_FOUND, "not-found");
	/* Another team's case is none either. */
	s.camille = core_fixture_caller(f, SACHA);
	c = nothing(&s, s.first);
	c.confidential_address = 1;
	refused(&s, &c, ERR_NOT_FOUND, "not-found");
}

static void
a_role_counts_from_its_first_day_to_its_last(void **state)
{
	struct person_adult adults[CASE_PERSONS_MAX];
	struct person_change c;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	assert_int_equal(adults_on(&s, "1999-01-01", adults), 2);
	c = nothing(&s, s.second);
	c.end = "co-titulaire";
	c.until = "2026-10-31";
	assert_int_equal(change(&s, &c), 0);
	assert_int_equal(adults_on(&s, "2026-10-31", adults), 2);
	assert_int_equal(adults_on(&s, "2026-11-01", adults), 1);
	assert_string_equal(adults[0].role, "titulaire");
	refused(&s, &c, ERR_CONFLICT, "role-state"); /* once */
	/* Comes back, as an occupant. */
	c = nothing(&s, s.second);
	c.role = "occupant";
	c.from = "2026-11-20";
	assert_int_equal(change(&s, &c), 0);
	assert_int_equal(adults_on(&s, "2026-11-19", adults), 1);
	assert_int_equal(adults_on(&s, "2026-11-20", adults), 2);
	assert_string_equal(adults[1].role, "occupant");
	/* An end before the beginning. */
	c = nothing(&s, s.second);
	c.end = "occupant";
	c.until = "2026-11-19";
	refused(&s, &c, ERR_REFUSED, "role-date");
	/* Two roles on one day: the one that counts most is told. */
	c = nothing(&s, s.second);
	c.role = "titulaire";
	assert_int_equal(change(&s, &c), 0);
	assert_int_equal(adults_on(&s, "2026-11-23", adults), 2);
	assert_string_equal(adults[1].role, "titulaire");
}

static void
who_left_is_not_asked_and_who_came_is(void **state)
{
	struct consent_giving g;
	struct person_change c;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	g = scene_sheet(&s);
	g.persons[g.npersons++] = s.first;
	scene_must_give(&s, &g, 3);
	scene_stands(&s, "partage:caf", "", 0, "not-all-adults");
	c = nothing(&s, s.second);
	c.end = "co-titulaire";
	c.until = "2026-11-22";
	assert_int_equal(change(&s, &c), 0);
	scene_stands(&s, "partage:caf", "", 1, "in-force");
	g.persons[0] = s.second;
	scene_refused(&s, &g, ERR_REFUSED, "consent-person");
	/* A new adult has not agreed yet. */
	scene_add_person(&s, "occupant", "Nouveau");
	scene_stands(&s, "partage:caf", "", 0, "not-all-adults");
}

static void
one_confidential_address_is_the_cases(void **state)
{
	struct person_change c;
	char child[ID_TEXT];
	struct scene s;
	struct id kase;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	assert_int_equal(id_parse(s.kase, &kase, NULL), 0);
	{
		AUTO(tx_end) struct tx tx = { 0 };

		assert_int_equal(tx_read(f->core->catalog, &tx, NULL), 0);
		assert_int_equal(
		    person_address_is_confidential(&tx, &kase, NULL), 0);
	}
	scene_person_at(&s, 2, child);
	c = nothing(&s, child);
	c.confidential_address = 1;
	assert_int_equal(change(&s, &c), 0);
	{
		AUTO(tx_end) struct tx tx = { 0 };

		assert_int_equal(tx_read(f->core->catalog, &tx, NULL), 0);
		assert_int_equal(
		    person_address_is_confidential(&tx, &kase, NULL), 1);
	}
	c.confidential_address = 0;
	assert_int_equal(change(&s, &c), 0);
	{
		AUTO(tx_end) struct tx tx = { 0 };

		assert_int_equal(tx_read(f->core->catalog, &tx, NULL), 0);
		assert_int_equal(
		    person_address_is_confidential(&tx, &kase, NULL), 0);
	}
}

static void
a_rectified_name_keeps_the_rest(void **state)
{
	struct case_person p = {
		.role = "garant", .name = "Faute", .birth_year = 1970
	};
	struct person_change c;
	json_t *answer = NULL;
	char id[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	assert_int_equal(person_add(f->core, &s.camille, s.kase, &p, &f->object,
			     &answer, &f->e),
	    0);
	snprintf(id, ID_TEXT, "%s",
	    json_string_value(json_object_get(answer, "person")));
	json_decref(answer);
	c = nothing(&s, id);
	c.name = "Juste";
	assert_int_equal(change(&s, &c), 0);
	answer = NULL;
	if (person_show(f->core, &s.camille, s.kase, id, &f->object, &answer,
		&f->e) < 0)
		fail_msg("%s", f->e.text);
	assert_string_equal(
	    json_string_value(json_object_get(answer, "name")), "Juste");
	assert_int_equal(
	    json_integer_value(json_object_get(answer, "birth_year")), 1970);
	assert_string_equal(
	    json_string_value(json_object_get(answer, "role")), "garant");
	assert_false(json_is_true(json_object_get(answer, "adult")));
	json_decref(answer);
	c = nothing(&s, id);
	c.birth_year = 1971;
	assert_int_equal(change(&s, &c), 0);
	answer = NULL;
	assert_int_equal(person_show(f->core, &s.camille, s.kase, id,
			     &f->object, &answer, &f->e),
	    0);
	assert_string_equal(
	    json_string_value(json_object_get(answer, "name")), "Juste");
	assert_int_equal(
	    json_integer_value(json_object_get(answer, "birth_year")), 1971);
	json_decref(answer);
	answer = NULL;
	assert_int_equal(person_show(f->core, &s.camille, s.kase, s.kase,
			     &f->object, &answer, &f->e),
	    -ERR_NOT_FOUND);
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    name, scene_setup, core_fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(a_change_has_its_form),
		T(a_role_counts_from_its_first_day_to_its_last),
		T(who_left_is_not_asked_and_who_came_is),
		T(one_confidential_address_is_the_cases),
		T(a_rectified_name_keeps_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
