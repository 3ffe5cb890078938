/*
 * What one person gets of what the vault holds: theirs, with what was
 * withheld and why; the recipients by name; who saw it by function.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/core/subject_export.h"
#include "tests/unit/core/extract_scene.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

static int
export_of(struct scene *s, enum person who, const char *person, json_t **j)
{
	struct caller c = core_fixture_caller(s->f, who);

	c.purpose = "exercice-des-droits";
	*j = NULL;
	memset(&s->f->e, 0, sizeof(s->f->e));
	return subject_export(
	    s->f->core, &c, s->kase, person, &s->f->object, j, &s->f->e);
}

/* The first person of the case. */
static void
first(struct scene *s, char out[ID_TEXT])
{
	json_t *j = NULL;

	if (case_show(s->f->core, &s->camille, s->kase, &s->f->object, &j,
		&s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	snprintf(out, ID_TEXT, "%s",
	    json_string_value(json_object_get(
		json_array_get(json_object_get(j, "persons"), 0), "person")));
	json_decref(j);
}

static int
says(const json_t *j, const char *what)
{
	char *text = json_dumps(j, 0);
	int found = strstr(text, what) != NULL;

	free(text);
	return found;
}

static json_t *
must_export(struct scene *s)
{
	char person[ID_TEXT];
	json_t *j;

	first(s, person);
	if (export_of(s, DPO, person, &j) < 0)
		fail_msg("%s", s->f->e.text);
	return j;
}

static void
who_is_alone_gets_all(void **state)
{
	struct scene s;
	json_t *j, *record;
	FIXTURE(f);

	scene_init(&s, f);
	j = must_export(&s);
	assert_true(json_is_true(json_object_get(j, "alone")));
	record = json_array_get(json_object_get(j, "records"), 0);
	assert_string_equal(
	    json_string_value(json_object_get(record, "document")), s.record);
	assert_true(says(json_object_get(j, "originals"), s.evidence));
	assert_int_equal(json_array_size(json_object_get(j, "withheld")), 0);
	assert_true(json_array_size(json_object_get(j, "kinds")) > 0);
	json_decref(j);
}

static void
of_several_each_gets_their_own_and_the_list_of_the_rest(void **state)
{
	char other[ID_TEXT];
	struct scene s;
	json_t *j;
	FIXTURE(f);

	scene_init(&s, f);
	scene_person(&s, "co-titulaire", "Autrui Exemple", 0, other);
	j = must_export(&s);
	assert_false(json_is_true(json_object_get(j, "alone")));
	assert_false(says(j, "Autrui Exemple"));
	/* The form says nothing of whose it is: it stays, and is listed. */
	assert_false(says(json_object_get(j, "originals"), s.evidence));
	assert_true(says(json_object_get(j, "withheld"), s.evidence));
	assert_true(json_array_size(json_object_get(j, "withheld")) > 0);
	json_decref(j);
	/* The other is no holder of that name. */
	assert_int_equal(export_of(&s, DPO, other, &j), 0);
	assert_true(says(json_object_get(j, "withheld"), "\"holder\""));
	json_decref(j);
}

static void
recipients_are_named_and_readers_are_not(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char extract[ID_TEXT];
	struct scene s;
	json_t *j, *line;
	size_t i, n = 0;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(
	    scene_extract(&s, "ccapex", "examen-ccapex", extract), 0);
	assert_int_equal(scene_pull(&s, &s.ccapex, extract, &out), 0);
	j = must_export(&s);
	line = json_array_get(json_object_get(j, "recipients"), 0);
	assert_true(
	    json_string_length(json_object_get(line, "recipient_title")) > 0);
	assert_true(
	    json_string_length(json_object_get(line, "purpose_title")) > 0);
	json_array_foreach(json_object_get(j, "accesses"), i, line)
	{
		n++;
		assert_null(json_object_get(line, "account"));
		assert_int_equal(
		    json_string_length(json_object_get(line, "day")), 10);
	}
	assert_true(n > 2);
	assert_false(says(json_object_get(j, "accesses"), "camille"));
	json_decref(j);
}

static void
who_may_not_gets_nothing(void **state)
{
	char person[ID_TEXT];
	struct caller c;
	struct scene s;
	json_t *j = NULL;
	FIXTURE(f);

	scene_init(&s, f);
	first(&s, person);
	assert_int_equal(export_of(&s, CAMILLE, person, &j), -ERR_DENIED);
	assert_int_equal(export_of(&s, ADMIN, person, &j), -ERR_DENIED);
	assert_int_equal(export_of(&s, NOBODY, person, &j), -ERR_DENIED);
	/* Another case's id is no person of this one. */
	assert_int_equal(export_of(&s, DPO, s.kase, &j), -ERR_REFUSED);
	assert_string_equal(f->e.tag, "subject-person");
	assert_int_equal(export_of(&s, DPO, "nobody", &j), -ERR_REFUSED);
	/* Without the purpose there is no export. */
	c = core_fixture_caller(f, DPO);
	assert_int_equal(
	    subject_export(f->core, &c, s.kase, person, &f->object, &j, &f->e),
	    -ERR_DENIED);
	assert_string_equal(f->e.tag, "purpose-missing");
	assert_null(j);
}

#define T(test)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    test, extract_setup, core_fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(who_is_alone_gets_all),
		T(of_several_each_gets_their_own_and_the_list_of_the_rest),
		T(recipients_are_named_and_readers_are_not),
		T(who_may_not_gets_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
