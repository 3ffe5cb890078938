/* Finding: folding, beginnings, teams, and an index that is only a copy. */
#include "tests/unit/core/core_fixture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "daemon/core/search.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

static void
folding_takes_accents_and_case_away(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "" },
		{ "  - ", "" },
		{ "Éloïse", " eloise" },
		{ "É", " e" }, /* an accent of its own */
		{ "Lefèvre-Cœur", " lefevre coeur" },
		{ "ÇA L\xe2\x80\x99Œuvre", " ca l oeuvre" },
		{ "Łódź ŸÞß", " lodz ythss" },
		{ "4F7K-2Q8", " 4f7k 2q8" },
		{ "a×b÷c", " a b c" },
		{ "Ĳĳ ſ", " ijij s" },
		{ "Жук", " Жук" },
		{ "\xff\xc3", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(buf_done) struct buf b = { 0 };

		assert_int_equal(search_fold(rows[i].in, &b, NULL), 0);
		assert_string_equal(buf_str(&b), rows[i].out);
	}
}

static void
every_word_must_begin_something(void **state)
{
	static const char text[] = " eloise lefevre melun 1980";

	(void)state;
	assert_int_equal(search_score(text, " eloise"), 3);
	assert_int_equal(search_score(text, " elo"), 1);
	assert_int_equal(search_score(text, " lef elo"), 2);
	assert_int_equal(search_score(text, " lefevre melun"), 6);
	assert_int_equal(search_score(text, " evre"), 0);
	assert_int_equal(search_score(text, " eloise durand"), 0);
	assert_int_equal(search_score(text, " eloises"), 0);
	assert_int_equal(search_score("", " a"), 0);
}

static size_t
hits(struct core_fixture *f, enum person who, const char *words)
{
	struct caller c = core_fixture_caller(f, who);
	json_t *answer = NULL;
	size_t n;

	if (search_run(f->core, &c, words, 0, &answer, &f->e) < 0)
		fail_msg("%s: %s", words, f->e.text);
	n = json_array_size(json_object_get(answer, "results"));
	json_decref(answer);
	return n;
}

static void
a_case_is_found_by_its_team_alone(void **state)
{
	char kase[ID_TEXT], ref[REF_TEXT];
	struct id id;
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Éloïse Lefèvre", kase);
	assert_int_equal(id_parse(kase, &id, NULL), 0);
	id_ref(&id, ref);
	assert_int_equal(hits(f, CAMILLE, "eloise"), 1);
	assert_int_equal(hits(f, NOA, "LEF melun"), 1);
	assert_int_equal(hits(f, NOA, ref), 1);
	assert_int_equal(hits(f, NOA, "EX-2026-17 lef"), 1);
	assert_int_equal(hits(f, NOA, "1980 eloise"), 1);
	assert_int_equal(hits(f, NOA, "efevre"), 0);
	assert_int_equal(hits(f, SACHA, "eloise"), 0);
	assert_int_equal(hits(f, SACHA, ref), 0);
}

static void
a_new_person_is_found_at_once(void **state)
{
	struct case_person p = { .role = "occupant", .name = "Zoé Neuve" };
	char kase[ID_TEXT];
	json_t *answer = NULL;
	struct caller c;
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Ancien", kase);
	c = core_fixture_caller(f, CAMILLE);
	assert_int_equal(
	    person_add(f->core, &c, kase, &p, &f->object, &answer, &f->e), 0);
	json_decref(answer);
	assert_int_equal(hits(f, NOA, "zoe neuve ancien"), 1);
}

static void
lose(struct core_fixture *f, const char *name, int spoil)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/data/search/%s", f->agent.dir, name);
	if (spoil)
		assert_int_equal(
		    file_write(AT_FDCWD, path, "garbage", 7, 0600, &f->e), 0);
	else
		(void)unlink(path);
}

/* Missing, cut or spoilt: it is made again from the catalog. */
static void
the_index_is_rebuilt_when_it_is_gone(void **state)
{
	char kase[ID_TEXT];
	int i;
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Persistant", kase);
	for (i = 0; i < 4; i++) {
		core_fixture_close(f);
		if (i > 0) {
			lose(f, "delta", i == 2);
			lose(f, "index", i == 3);
		}
		core_fixture_open(f);
		assert_int_equal(hits(f, NOA, "persistant"), 1);
	}
	assert_int_equal(search_rekey(f->core, &f->e), 0);
	core_fixture_close(f);
	core_fixture_open(f);
	assert_int_equal(hits(f, NOA, "persistant"), 1);
}

static void
what_is_forgotten_is_not_found(void **state)
{
	char kase[ID_TEXT];
	struct id id;
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Effacee", kase);
	assert_int_equal(id_parse(kase, &id, NULL), 0);
	assert_int_equal(hits(f, NOA, "effacee"), 1);
	{
		AUTO(tx_end) struct tx tx = { 0 };

		assert_int_equal(tx_begin(f->core->catalog, &tx, &f->e), 0);
		assert_int_equal(case_forget(&tx, &id, &f->e), 0);
		assert_int_equal(tx_commit(&tx, &f->e), 0);
	}
	assert_int_equal(hits(f, NOA, "effacee"), 0);
	assert_int_equal(search_forget(f->core, &id, &f->e), 0);
	core_fixture_close(f);
	core_fixture_open(f);
	assert_int_equal(hits(f, NOA, "effacee"), 0);
}

/* No name is in clear anywhere under data/. */
static void
nothing_searchable_is_on_the_disk(void **state)
{
	char kase[ID_TEXT], command[512];
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Kanariensis", kase);
	assert_int_equal(hits(f, NOA, "kanariensis"), 1);
	snprintf(command, sizeof(command), "%s/data", f->agent.dir);
	{
		const char *const argv[] = { "grep", "-riq", "kanariensis",
			command, NULL };
		pid_t pid = fork();
		int status;

		assert_true(pid >= 0);
		if (pid == 0) {
			execv("/bin/grep", (char *const *)(uintptr_t)argv);
			_exit(127);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 1);
	}
}

static void
odd_queries_are_refused(void **state)
{
	char longest[SEARCH_WORDS_MAX + 2];
	json_t *answer = NULL;
	struct caller c;
	FIXTURE(f);

	c = core_fixture_caller(f, CAMILLE);
	assert_int_equal(
	    search_run(f->core, &c, " -", 0, &answer, &f->e), -ERR_INVALID);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(search_run(f->core, &c, longest, 0, &answer, &f->e),
	    -ERR_TOO_LARGE);
	c = core_fixture_caller(f, ADMIN);
	assert_int_equal(
	    search_run(f->core, &c, "a", 0, &answer, &f->e), -ERR_DENIED);
	c = core_fixture_caller(f, NOBODY);
	assert_int_equal(
	    search_run(f->core, &c, "a", 0, &answer, &f->e), -ERR_DENIED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folding_takes_accents_and_case_away),
		cmocka_unit_test(every_word_must_begin_something),
		cmocka_unit_test(a_case_is_found_by_its_team_alone),
		cmocka_unit_test(a_new_person_is_found_at_once),
		cmocka_unit_test(the_index_is_rebuilt_when_it_is_gone),
		cmocka_unit_test(what_is_forgotten_is_not_found),
		cmocka_unit_test(nothing_searchable_is_on_the_disk),
		cmocka_unit_test(odd_queries_are_refused),
	};

	return cmocka_run_group_tests(
	    tests, core_fixture_setup, core_fixture_teardown);
}
