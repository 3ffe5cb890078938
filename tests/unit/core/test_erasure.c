/*
 * Erasure through the real core and the real agent: who may approve, what
 * is gone afterwards, and what an old copy of the data still opens.
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/sshsig.h"
#include "daemon/core/erasure.h"
#include "tests/unit/core/core_fixture.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

#define CANARY "CANARI-EFFACEMENT-7c1f"

struct scene {
	struct core_fixture *f;
	char kase[ID_TEXT], one[ID_TEXT], two[ID_TEXT], erasure[ID_TEXT];
	struct caller noa, camille, director;
	char *plan;
};

static void
file_pdf(struct scene *s, const char *text, char out[ID_TEXT])
{
	AUTO(buf_done) struct buf pdf = { 0 };
	json_t *answer = NULL;

	core_fixture_pdf(&pdf, text, 3000);
	if (core_fixture_file(s->f, CAMILLE, s->kase, "piece", pdf.p, pdf.len,
		"", NULL, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	snprintf(out, ID_TEXT, "%s",
	    json_string_value(json_object_get(answer, "document")));
	json_decref(answer);
}

static void
scene_init(struct scene *s, struct core_fixture *f)
{
	memset(s, 0, sizeof(*s));
	s->f = f;
	core_fixture_case(f, CAMILLE, CANARY "-nom", s->kase);
	file_pdf(s, CANARY "-un", s->one);
	file_pdf(s, "ce qui reste", s->two);
	s->noa = core_fixture_caller(f, NOA);
	s->noa.purpose = "exercice-des-droits";
	s->camille = core_fixture_caller(f, CAMILLE);
	s->director = core_fixture_caller(f, DIRECTOR);
}

static void
scene_done(struct scene *s)
{
	free(s->plan);
	s->plan = NULL;
}

static void
plan(struct scene *s, const char *document)
{
	struct erasure_asking a = {
		.kase = document == NULL ? s->kase : NULL,
		.documents = { document },
		.ndocuments = document != NULL,
		.reason = "demande de la personne",
		.basis = "RGPD art. 17(1)(b)",
	};
	json_t *answer = NULL;

	if (erasure_plan(
		s->f->core, &s->noa, &a, &s->f->object, &answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	snprintf(s->erasure, ID_TEXT, "%s",
	    json_string_value(json_object_get(answer, "erasure")));
	free(s->plan);
	s->plan = strdup(json_string_value(json_object_get(answer, "plan")));
	json_decref(answer);
}

static int
approve(struct scene *s, enum person who, const char *ns)
{
	AUTO(buf_done) struct buf sig = { 0 };
	json_t *answer = NULL;
	uint8_t seed[32];
	int r;

	core_fixture_seed(who, seed);
	assert_int_equal(
	    sshsig_sign(seed, ns, s->plan, strlen(s->plan), &sig, NULL), 0);
	r = erasure_approve(s->f->core, &s->director, s->erasure, buf_str(&sig),
	    &s->f->object, &answer, &s->f->e);
	json_decref(answer);
	return r;
}

static int
run(struct scene *s, json_t **answer)
{
	return erasure_run(s->f->core, &s->director, s->erasure, &s->f->object,
	    answer, &s->f->e);
}

static int
get(struct scene *s, const char *doc)
{
	AUTO(buf_done) struct buf out = { 0 };

	return core_fixture_get(s->f, CAMILLE, doc, 0, 0, &out);
}

/* Is the canary in any file under the folder? */
static int
holds_canary(int dirfd, const char *name)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct dirent *d;
	struct stat st;
	int fd, found = 0;
	DIR *dir;

	assert_int_equal(fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	if (S_ISREG(st.st_mode)) {
		assert_int_equal(
		    file_read(dirfd, name, 1u << 30, &text, NULL), 0);
		return memmem(text.p, text.len, CANARY, strlen(CANARY)) != NULL;
	}
	if (!S_ISDIR(st.st_mode))
		return 0;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY);
	dir = fdopendir(fd);
	assert_non_null(dir);
	while ((d = readdir(dir)) != NULL)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			found |= holds_canary(fd, d->d_name);
	closedir(dir);
	return found;
}

/* --- the tests ----------------------------------------------------------- */

static void
two_approvals_and_the_document_is_gone(void **state)
{
	json_t *answer = NULL;
	struct scene s;
	const char *certificate;
	FIXTURE(f);

	scene_init(&s, f);
	plan(&s, s.one);
	assert_int_equal(approve(&s, DIRECTOR, ERASURE_NAMESPACE), 0);
	assert_int_equal(run(&s, &answer), -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "approvals-missing");
	assert_int_equal(get(&s, s.one), 0);
	assert_int_equal(approve(&s, JURIST, ERASURE_NAMESPACE), 0);
	if (run(&s, &answer) < 0)
		fail_msg("%s", f->e.text);
	certificate = json_string_value(json_object_get(answer, "certificate"));
	assert_non_null(certificate);
	assert_int_equal(
	    note_verify(certificate, strlen(certificate), &f->core->public->log,
		1, &(size_t){ 0 }, NULL, &f->e),
	    0);
	assert_true(
	    json_integer_value(json_object_get(answer, "destroyed")) >= 2);
	json_decref(answer);
	assert_int_equal(get(&s, s.one), -ERR_NOT_FOUND);
	if (get(&s, s.two) < 0)
		fail_msg("%s", f->e.text);
	/* Run again: the same certificate, nothing more. */
	answer = NULL;
	assert_int_equal(run(&s, &answer), 0);
	json_decref(answer);
	scene_done(&s);
}

static void
the_whole_case_leaves_no_word_of_it(void **state)
{
	json_t *answer = NULL;
	char third[ID_TEXT], kase[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	snprintf(kase, sizeof(kase), "%s", s.kase);
	core_fixture_case(f, CAMILLE, "Autre ménage", s.kase);
	file_pdf(&s, "un autre dossier", third);
	snprintf(s.kase, sizeof(s.kase), "%s", kase);
	plan(&s, NULL);
	assert_int_equal(approve(&s, DIRECTOR, ERASURE_NAMESPACE), 0);
	assert_int_equal(approve(&s, JURIST, ERASURE_NAMESPACE), 0);
	if (run(&s, &answer) < 0)
		fail_msg("%s", f->e.text);
	json_decref(answer);
	assert_int_equal(get(&s, s.one), -ERR_NOT_FOUND);
	assert_int_equal(get(&s, s.two), -ERR_NOT_FOUND);
	if (get(&s, third) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(holds_canary(AT_FDCWD, f->agent.dir), 0);
	scene_done(&s);
}

/* A file left behind on purpose: what is in the named file of data/, or in
 * any file under that folder. */
static void
gather(int dirfd, const char *name, struct buf *out)
{
	struct dirent *d;
	struct stat st;
	int fd;
	DIR *dir;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		fail_msg("%s", name);
	if (S_ISREG(st.st_mode))
		assert_int_equal(
		    file_read(dirfd, name, 1u << 30, out, NULL), 0);
	if (!S_ISDIR(st.st_mode))
		return;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY);
	dir = fdopendir(fd);
	assert_non_null(dir);
	while ((d = readdir(dir)) != NULL)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			gather(fd, d->d_name, out);
	closedir(dir);
}

static void
leave_behind(struct core_fixture *f, const char *what)
{
	AUTO(buf_done) struct buf all = { 0 };
	char path[300];

	snprintf(path, sizeof(path), "%s/data/%s", f->agent.dir, what);
	gather(AT_FDCWD, path, &all);
	snprintf(path, sizeof(path), "%s/data/left", f->agent.dir);
	assert_int_equal(
	    file_write(AT_FDCWD, path, all.p, all.len, 0600, NULL), 0);
}

static void
remove_left(struct core_fixture *f)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/data/left", f->agent.dir);
	assert_int_equal(unlink(path), 0);
}

static void
a_copy_left_behind_refuses_the_certificate(void **state)
{
	static const char *const whats[] = { "store", "catalog.db",
		"catalog.db-wal" };
	json_t *answer = NULL;
	struct scene s;
	size_t i;
	FIXTURE(f);

	scene_init(&s, f);
	for (i = 0; i < NELEMS(whats); i++) {
		/* The catalog's file has it only once the log is in it. */
		if (i == 1)
			assert_int_equal(
			    catalog_checkpoint(f->core->catalog, 0, &f->e), 0);
		if (i == 2)
			file_pdf(&s, "pour le journal", s.two);
		plan(&s, i == 0 ? s.one : s.two);
		assert_int_equal(approve(&s, DIRECTOR, ERASURE_NAMESPACE), 0);
		assert_int_equal(approve(&s, JURIST, ERASURE_NAMESPACE), 0);
		leave_behind(f, whats[i]);
		assert_int_equal(run(&s, &answer), -ERR_CONFLICT);
		assert_string_equal(err_name(&f->e), "canary-found");
		assert_non_null(strstr(f->e.text, "data/left"));
		/* Again: no certificate still. */
		assert_int_equal(run(&s, &answer), -ERR_CONFLICT);
		assert_string_equal(err_name(&f->e), "canary-found");
		remove_left(f);
		if (run(&s, &answer) < 0)
			fail_msg("%s", f->e.text);
		assert_non_null(strstr(
		    json_string_value(json_object_get(answer, "certificate")),
		    "found 0"));
		json_decref(answer);
		answer = NULL;
	}
	scene_done(&s);
}

static void
a_run_cut_in_the_middle_is_taken_up(void **state)
{
	json_t *answer = NULL;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	plan(&s, s.one);
	assert_int_equal(approve(&s, DIRECTOR, ERASURE_NAMESPACE), 0);
	assert_int_equal(approve(&s, JURIST, ERASURE_NAMESPACE), 0);
	agent_fixture_kill(&f->agent);
	assert_int_equal(run(&s, &answer), -ERR_PENDING);
	agent_fixture_start(&f->agent);
	agent_fixture_unseal(&f->agent);
	core_sealed(f->core);
	assert_int_equal(core_unsealed(f->core, &f->e), 0);
	/* The document is out of sight since the first leaf. */
	assert_int_equal(get(&s, s.one), -ERR_NOT_FOUND);
	if (run(&s, &answer) < 0)
		fail_msg("%s", f->e.text);
	assert_string_equal(
	    json_string_value(json_object_get(answer, "state")), "done");
	assert_true(
	    json_integer_value(json_object_get(answer, "destroyed")) >= 2);
	json_decref(answer);
	if (get(&s, s.two) < 0)
		fail_msg("%s", f->e.text);
	scene_done(&s);
}

static void
an_approval_is_somebody_elses_once_for_this_plan(void **state)
{
	AUTO(buf_done) struct buf sig = { 0 };
	json_t *answer = NULL;
	struct scene s;
	uint8_t seed[32];
	FIXTURE(f);

	scene_init(&s, f);
	plan(&s, s.one);
	assert_int_equal(approve(&s, DIRECTOR, "git"), -ERR_REFUSED);
	assert_string_equal(err_name(&f->e), "approval-signature");
	/* A key that nobody has. */
	assert_int_equal(approve(&s, SACHA, ERASURE_NAMESPACE), -ERR_REFUSED);
	assert_string_equal(err_name(&f->e), "approval-key");
	assert_int_equal(approve(&s, DIRECTOR, ERASURE_NAMESPACE), 0);
	assert_int_equal(
	    approve(&s, DIRECTOR, ERASURE_NAMESPACE), -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "approval-twice");
	/* Another text. */
	core_fixture_seed(JURIST, seed);
	assert_int_equal(
	    sshsig_sign(seed, ERASURE_NAMESPACE, "autre", 5, &sig, NULL), 0);
	assert_int_equal(erasure_approve(f->core, &s.director, s.erasure,
			     buf_str(&sig), &f->object, &answer, &f->e),
	    -ERR_REFUSED);
	assert_int_equal(run(&s, &answer), -ERR_CONFLICT);
	assert_int_equal(get(&s, s.one), 0);
	scene_done(&s);
}

static void
a_case_that_changed_is_planned_again(void **state)
{
	json_t *answer = NULL;
	char more[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	plan(&s, NULL);
	assert_int_equal(approve(&s, DIRECTOR, ERASURE_NAMESPACE), 0);
	assert_int_equal(approve(&s, JURIST, ERASURE_NAMESPACE), 0);
	file_pdf(&s, "arrivé entre-temps", more);
	assert_int_equal(run(&s, &answer), -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "plan-changed");
	assert_int_equal(get(&s, s.one), 0);
	assert_int_equal(get(&s, more), 0);
	scene_done(&s);
}

static void
a_caseworker_neither_approves_nor_runs(void **state)
{
	json_t *answer = NULL;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	plan(&s, s.one);
	assert_int_equal(erasure_run(f->core, &s.camille, s.erasure, &f->object,
			     &answer, &f->e),
	    -ERR_DENIED);
	assert_int_equal(erasure_approve(f->core, &s.camille, s.erasure, "x",
			     &f->object, &answer, &f->e),
	    -ERR_DENIED);
	scene_done(&s);
}

/* Keys are made from the SHA-256 of what is filed: who has the file could ask
 * the catalog whether it was here. */
static int64_t
keys_kept(struct core_fixture *f)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;

	assert_int_equal(tx_read(f->core->catalog, &tx, &f->e), 0);
	assert_int_equal(
	    sql_open(&tx, "SELECT count(*) FROM idempotency", &q, &f->e), 0);
	assert_int_equal(sql_step(q, &f->e), 1);
	return sql_get_int(q, 0);
}

static void
no_key_of_a_request_stays(void **state)
{
	AUTO(buf_done) struct buf pdf = { 0 };
	json_t *answer = NULL;
	char doc[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	core_fixture_pdf(&pdf, "avec une clé", 3000);
	assert_int_equal(core_fixture_file(f, CAMILLE, s.kase, "piece", pdf.p,
			     pdf.len, "", "clé", &answer),
	    0);
	snprintf(doc, ID_TEXT, "%s",
	    json_string_value(json_object_get(answer, "document")));
	json_decref(answer);
	answer = NULL;
	assert_int_equal(keys_kept(f), 1);
	plan(&s, doc);
	assert_int_equal(approve(&s, DIRECTOR, ERASURE_NAMESPACE), 0);
	assert_int_equal(approve(&s, JURIST, ERASURE_NAMESPACE), 0);
	assert_int_equal(run(&s, &answer), 0);
	json_decref(answer);
	assert_int_equal(keys_kept(f), 0);
	scene_done(&s);
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    name, core_fixture_setup, core_fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(two_approvals_and_the_document_is_gone),
		T(no_key_of_a_request_stays),
		T(the_whole_case_leaves_no_word_of_it),
		T(a_copy_left_behind_refuses_the_certificate),
		T(a_run_cut_in_the_middle_is_taken_up),
		T(an_approval_is_somebody_elses_once_for_this_plan),
		T(a_case_that_changed_is_planned_again),
		T(a_caseworker_neither_approves_nor_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
