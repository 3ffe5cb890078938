/*
 * The draft of a visit through the real core: its own person finds it again,
 * also after a restart; nobody else does; nothing of it is in clear on the
 * disk; and it goes when it is entered, given up, too old, or with its case.
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/text.h"
#include "daemon/core/due.h"
#include "daemon/core/visit.h"
#include "daemon/core/visit_draft.h"
#include "tests/unit/core/consent_scene.h"

#define NOW "2026-03-02T09:00:00Z"
#define CANARY "Canari-7f3a-les-volets-bleus"

#define SCENE(s, f)                                                            \
	struct core_fixture *f = *state;                                       \
	struct scene s;                                                        \
	if (f == NULL)                                                         \
		skip();                                                        \
	scene_init(&s, f, NOW)

static char uploads[VISIT_DRAFT_PAGES_MAX][ID_TEXT];

static int
keep(struct scene *s, enum person who, struct visit_draft_saying *d,
    const char *note, json_t **answer)
{
	struct caller c = core_fixture_caller(s->f, who);
	json_t *said = json_pack(
	    "{s:[s], s:[s,s]}", "note", note, "consent", "a/caf", "b/caf");
	int r;

	d->said = said;
	if (d->kase == NULL)
		d->kase = s->kase;
	s->f->e = (struct err){ 0 };
	*answer = NULL;
	r = visit_draft_keep(
	    s->f->core, &c, d, &s->f->object, answer, &s->f->e);
	json_decref(said);
	return r;
}

static void
must_keep(struct scene *s, struct visit_draft_saying *d, const char *note,
    char page[ID_TEXT])
{
	json_t *j = NULL;
	const char *id;

	if (keep(s, CAMILLE, d, note, &j) < 0)
		fail_msg("%s: %s", err_name(&s->f->e), s->f->e.text);
	assert_int_equal(
	    json_integer_value(json_object_get(j, "revision")), d->over + 1);
	id = json_string_value(json_object_get(
	    json_array_get(json_object_get(j, "pages"), 0), "page"));
	if (page != NULL && id != NULL)
		memcpy(page, id, ID_TEXT);
	json_decref(j);
}

static void
refused(struct scene *s, int r, enum err_code code, const char *tag)
{
	assert_int_equal(r, -(int)code);
	assert_string_equal(err_name(&s->f->e), tag);
}

static void
not_kept(struct scene *s, enum person who, struct visit_draft_saying *d,
    enum err_code code, const char *tag)
{
	json_t *j = NULL;

	refused(s, keep(s, who, d, "rien", &j), code, tag);
	assert_null(j);
}

static void
add_file(struct scene *s, struct visit_draft_saying *d, const void *p, size_t n)
{
	size_t i = d->npages++;

	core_fixture_send(s->f, CAMILLE, p, n, uploads[i]);
	d->pages[i] = (struct visit_draft_page){
		.upload = uploads[i], .name = "page.png", .part = 1, .turns = 3
	};
}

static int
look(struct scene *s, enum person who, json_t **answer)
{
	struct caller c = core_fixture_caller(s->f, who);

	*answer = NULL;
	s->f->e = (struct err){ 0 };
	return visit_draft_read(
	    s->f->core, &c, s->kase, &s->f->object, answer, &s->f->e);
}

static void
is_there(struct scene *s, const char *note, uint64_t revision, size_t pages)
{
	json_t *j;

	if (look(s, CAMILLE, &j) < 0)
		fail_msg("%s: %s", err_name(&s->f->e), s->f->e.text);
	assert_string_equal(
	    json_string_value(json_array_get(
		json_object_get(json_object_get(j, "said"), "note"), 0)),
	    note);
	assert_int_equal(
	    json_integer_value(json_object_get(j, "revision")), revision);
	assert_int_equal(json_array_size(json_object_get(j, "pages")), pages);
	json_decref(j);
}

/* For this person there is none, and nothing of one. */
static void
has_none(struct scene *s, enum person who)
{
	json_t *j;

	if (look(s, who, &j) < 0)
		fail_msg("%s: %s", err_name(&s->f->e), s->f->e.text);
	assert_true(json_is_null(json_object_get(j, "draft")));
	assert_int_equal(json_integer_value(json_object_get(j, "revision")), 0);
	assert_int_equal(json_object_size(j), 4);
	json_decref(j);
}

static void
is_gone(struct scene *s)
{
	has_none(s, CAMILLE);
}

static int
content(struct scene *s, enum person who, const char *page, struct buf *out)
{
	struct caller c = core_fixture_caller(s->f, who);
	uint64_t leaf;

	s->f->e = (struct err){ 0 };
	return visit_draft_content(
	    s->f->core, &c, s->kase, page, &s->f->object, out, &leaf, &s->f->e);
}

static int
give_up(struct scene *s, enum person who)
{
	struct caller c = core_fixture_caller(s->f, who);
	json_t *j = NULL;
	int r;

	s->f->e = (struct err){ 0 };
	r = visit_draft_drop(
	    s->f->core, &c, s->kase, &s->f->object, &j, &s->f->e);
	json_decref(j);
	return r;
}

static int64_t
count(struct scene *s, const char *sql)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;

	assert_int_equal(tx_read(s->f->core->catalog, &tx, NULL), 0);
	assert_int_equal(sql_open(&tx, sql, &q, NULL), 0);
	assert_int_equal(sql_step(q, NULL), 1);
	return sql_get_int(q, 0);
}

/* No row, and nothing of it in the store. */
static void
no_row_is_left(struct scene *s)
{
	assert_int_equal(count(s, "SELECT count(*) FROM visit_draft"), 0);
	assert_int_equal(count(s, "SELECT count(*) FROM visit_draft_page"), 0);
	assert_int_equal(count(s, "SELECT count(*) FROM branch WHERE ref LIKE"
				  " 'refs/drafts/%'"),
	    0);
}

static size_t
due_lines(struct scene *s, enum person who)
{
	struct caller c = core_fixture_caller(s->f, who);
	json_t *answer = NULL, *l;
	size_t i, n = 0;

	assert_int_equal(due(s->f->core, &c, 0, &answer, &s->f->e), 0);
	json_array_foreach(json_object_get(answer, "due"), i, l) n +=
	    strcmp(json_string_value(json_object_get(l, "what")),
		"visit-draft") == 0;
	json_decref(answer);
	return n;
}

/* --- its own person --------------------------------------------------------
 */

static void
its_own_person_finds_it_again(void **state)
{
	AUTO(buf_done) struct buf got = { 0 };
	struct visit_draft_saying d = { 0 };
	char page[ID_TEXT];
	SCENE(s, f);

	is_gone(&s);
	add_file(&s, &d, core_fixture_png, core_fixture_png_len);
	must_keep(&s, &d, CANARY, page);
	is_there(&s, CANARY, 1, 1);
	assert_int_equal(content(&s, CAMILLE, page, &got), 0);
	assert_int_equal(got.len, core_fixture_png_len);
	assert_memory_equal(got.p, core_fixture_png, got.len);
	/* Saved again: the file stays by its name, one more comes. */
	d.over = 1;
	d.pages[0].upload = NULL;
	d.pages[0].page = page;
	add_file(&s, &d, "deux", 4);
	must_keep(&s, &d, "autre", NULL);
	is_there(&s, "autre", 2, 2);
	/* One that is not named any more goes. */
	d.over = 2;
	d.npages = 1;
	must_keep(&s, &d, "autre", NULL);
	is_there(&s, "autre", 3, 1);
	assert_int_equal(count(&s, "SELECT count(*) FROM visit_draft_page"), 1);
	buf_reset(&got);
	assert_int_equal(content(&s, CAMILLE, page, &got), 0);
	assert_int_equal(got.len, core_fixture_png_len);
}

static void
a_restart_loses_nothing(void **state)
{
	AUTO(buf_done) struct buf got = { 0 };
	struct visit_draft_saying d = { 0 };
	char page[ID_TEXT];
	SCENE(s, f);

	add_file(&s, &d, core_fixture_png, core_fixture_png_len);
	must_keep(&s, &d, CANARY, page);
	scene_restart(&s, NOW);
	is_there(&s, CANARY, 1, 1);
	assert_int_equal(content(&s, CAMILLE, page, &got), 0);
	assert_memory_equal(got.p, core_fixture_png, core_fixture_png_len);
}

static void
nobody_else_is_told_of_it(void **state)
{
	AUTO(buf_done) struct buf got = { 0 };
	struct visit_draft_saying d = { 0 }, other = { .over = 1 };
	char page[ID_TEXT];
	json_t *j;
	SCENE(s, f);

	add_file(&s, &d, core_fixture_png, core_fixture_png_len);
	must_keep(&s, &d, CANARY, page);
	/* The team's lead sees the case, and no draft. */
	has_none(&s, NOA);
	refused(&s, content(&s, NOA, page, &got), ERR_NOT_FOUND, "visit-draft");
	refused(&s, give_up(&s, NOA), ERR_NOT_FOUND, "visit-draft");
	refused(&s, look(&s, SACHA, &j), ERR_NOT_FOUND, "not-found");
	refused(&s, give_up(&s, SACHA), ERR_NOT_FOUND, "not-found");
	not_kept(&s, SACHA, &other, ERR_NOT_FOUND, "not-found");
	/* Nor is theirs hers: there is none to follow. */
	not_kept(&s, NOA, &other, ERR_CONFLICT, "visit-draft-changed");
	assert_int_equal(due_lines(&s, CAMILLE), 1);
	assert_int_equal(due_lines(&s, NOA), 0);
	assert_int_equal(due_lines(&s, SACHA), 0);
	assert_int_equal(got.len, 0);
	is_there(&s, CANARY, 1, 1);
	/* A file that is asked for under another name, or no name. */
	refused(
	    &s, content(&s, CAMILLE, "x", &got), ERR_NOT_FOUND, "not-found");
	refused(
	    &s, content(&s, CAMILLE, s.kase, &got), ERR_NOT_FOUND, "not-found");
}

static void
the_same_uid_under_another_name_is_somebody_else(void **state)
{
	struct visit_draft_saying d = { 0 };
	struct caller c;
	json_t *j = NULL;
	SCENE(s, f);

	must_keep(&s, &d, CANARY, NULL);
	c = core_fixture_caller(f, CAMILLE);
	snprintf(c.actor.account, sizeof(c.actor.account), "autre");
	f->e = (struct err){ 0 };
	if (visit_draft_read(f->core, &c, s.kase, &f->object, &j, &f->e) < 0)
		fail_msg("%s", f->e.text);
	assert_true(json_is_null(json_object_get(j, "draft")));
	json_decref(j);
}

static void
what_was_saved_elsewhere_is_not_overwritten(void **state)
{
	struct visit_draft_saying d = { 0 };
	SCENE(s, f);

	must_keep(&s, &d, "un", NULL);
	not_kept(&s, CAMILLE, &d, ERR_CONFLICT, "visit-draft-changed");
	d.over = 1;
	must_keep(&s, &d, "deux", NULL);
	not_kept(&s, CAMILLE, &d, ERR_CONFLICT, "visit-draft-changed");
	d.over = 3;
	not_kept(&s, CAMILLE, &d, ERR_CONFLICT, "visit-draft-changed");
	is_there(&s, "deux", 2, 0);
	/* A file that is not of this draft. */
	d.over = 2;
	d.npages = 1;
	d.pages[0] = (struct visit_draft_page){ .page = s.kase, .name = "x" };
	not_kept(&s, CAMILLE, &d, ERR_CONFLICT, "visit-draft-changed");
	is_there(&s, "deux", 2, 0);
}

static void
it_holds_what_the_rules_let_it(void **state)
{
	struct visit_draft_saying d = { 0 };
	char name[64 << 10];
	json_t *j = NULL;
	size_t i;
	SCENE(s, f);

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	refused(&s, keep(&s, CAMILLE, &d, name, &j), ERR_TOO_LARGE,
	    "visit-draft-size");
	d.npages = 41;
	for (i = 0; i < d.npages; i++)
		d.pages[i] =
		    (struct visit_draft_page){ .upload = s.kase, .name = "x" };
	not_kept(&s, CAMILLE, &d, ERR_TOO_LARGE, "visit-draft-size");
	d.npages = 2;
	not_kept(&s, CAMILLE, &d, ERR_INVALID, "visit-draft");
	d.npages = 1;
	not_kept(&s, CAMILLE, &d, ERR_NOT_FOUND, "upload");
	d.pages[0].name = "../x";
	not_kept(&s, CAMILLE, &d, ERR_INVALID, "file-name");
	d.pages[0].name = "x";
	d.pages[0].turns = 4;
	not_kept(&s, CAMILLE, &d, ERR_INVALID, "visit-draft");
	d.npages = 0;
	add_file(&s, &d, "", 0);
	not_kept(&s, CAMILLE, &d, ERR_REFUSED, "empty-file");
	no_row_is_left(&s);
	/* A refusal cost nothing: the next one is kept. */
	d.npages = 0;
	add_file(&s, &d, "un", 2);
	must_keep(&s, &d, "un", NULL);
}

static void
only_texts_are_words(void **state)
{
	static const char *const bodies[] = { "[]", "{\"a\": \"b\"}",
		"{\"a\": [1]}", "{\"a\": [[\"b\"]]}", "{\"\": [\"b\"]}" };
	struct visit_draft_saying d = { 0 };
	json_t *said, *j = NULL;
	struct caller c;
	size_t i;
	SCENE(s, f);

	c = core_fixture_caller(f, CAMILLE);
	d.kase = s.kase;
	for (i = 0; i < NELEMS(bodies); i++) {
		said = json_loads(bodies[i], 0, NULL);
		assert_non_null(said);
		d.said = said;
		f->e = (struct err){ 0 };
		refused(&s,
		    visit_draft_keep(f->core, &c, &d, &f->object, &j, &f->e),
		    ERR_INVALID, "visit-draft");
		json_decref(said);
	}
}

/* --- nothing in clear ------------------------------------------------------
 */

static size_t
found_in(const char *path, const char *words)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct err e = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t piece[65536];
	ssize_t n;

	assert_true(fd >= 0);
	while ((n = read(fd, piece, sizeof(piece))) > 0)
		assert_int_equal(buf_add(&b, piece, (size_t)n, &e), 0);
	close(fd);
	return b.len > 0 && memmem(b.p, b.len, words, strlen(words)) != NULL;
}

static size_t
found_under(const char *dir, const char *words, size_t *files)
{
	struct dirent *d;
	char path[512];
	size_t n = 0;
	DIR *all = opendir(dir);

	assert_non_null(all);
	while ((d = readdir(all)) != NULL) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, d->d_name);
		if (d->d_type == DT_DIR)
			n += found_under(path, words, files);
		else if (d->d_type == DT_REG) {
			n += found_in(path, words);
			(*files)++;
		}
	}
	closedir(all);
	return n;
}

static void
nothing_of_it_is_in_clear_on_the_disk(void **state)
{
	struct visit_draft_saying d = { 0 };
	size_t files = 0;
	SCENE(s, f);

	add_file(&s, &d, CANARY, strlen(CANARY));
	must_keep(&s, &d, CANARY, NULL);
	d.over = 1;
	d.npages = 0;
	must_keep(&s, &d, CANARY, NULL);
	assert_int_equal(found_under(f->agent.dir, CANARY, &files), 0);
	assert_true(files > 5);
	/* The search can fail: what stands in clear is found. */
	assert_true(found_under(f->agent.dir, "visit_draft_mark", &files) > 0);
}

/* --- it goes ---------------------------------------------------------------
 */

static void
given_up_it_is_gone(void **state)
{
	struct visit_draft_saying d = { 0 };
	int64_t drawn;
	SCENE(s, f);

	refused(&s, give_up(&s, CAMILLE), ERR_NOT_FOUND, "visit-draft");
	add_file(&s, &d, core_fixture_png, core_fixture_png_len);
	must_keep(&s, &d, CANARY, NULL);
	drawn = count(&s, "SELECT max(key) FROM (SELECT key FROM visit_draft"
			  " UNION SELECT key FROM visit_draft_page)");
	assert_int_equal(give_up(&s, CAMILLE), 0);
	is_gone(&s);
	no_row_is_left(&s);
	/* A restored keystore does not give its keys again. */
	assert_int_equal(
	    count(&s, "SELECT drawn FROM visit_draft_mark"), drawn);
	refused(&s, give_up(&s, CAMILLE), ERR_NOT_FOUND, "visit-draft");
	assert_int_equal(due_lines(&s, CAMILLE), 0);
	d.npages = 0;
	must_keep(&s, &d, "une autre visite", NULL);
}

static int
enter_visit(struct scene *s, const struct id *draft)
{
	static const char contact[] =
	    "{\"date\":\"2026-03-02\",\"canal\":\"visite\","
	    "\"resultat\":\"rencontre\"}";
	struct visiting v = { .kase = s->kase, .ndocuments = 1 };
	json_t *j = NULL;
	int again, r;

	core_fixture_send(s->f, CAMILLE, contact, strlen(contact), uploads[9]);
	v.documents[0] = (struct filing){ .kind = "contact",
		.level = "",
		.title = "",
		.replaces = "",
		.npages = 1 };
	v.documents[0].pages[0] =
	    (struct filing_page){ uploads[9], "contact.json" };
	v.draft = draft;
	s->f->e = (struct err){ 0 };
	r = visit_enter(
	    s->f->core, &s->camille, &v, &s->f->object, &j, &again, &s->f->e);
	json_decref(j);
	return r;
}

static void
entered_it_is_gone_in_the_same_change(void **state)
{
	struct visit_draft_saying d = { 0 };
	struct id draft, other;
	json_t *j = NULL;
	SCENE(s, f);

	add_file(&s, &d, core_fixture_png, core_fixture_png_len);
	must_keep(&s, &d, CANARY, NULL);
	assert_int_equal(look(&s, CAMILLE, &j), 0);
	assert_int_equal(
	    id_parse(
		json_string_value(json_object_get(j, "draft")), &draft, NULL),
	    0);
	json_decref(j);
	/* Another visit of the same day, from a command: it was not this. */
	assert_int_equal(enter_visit(&s, NULL), 0);
	is_there(&s, CANARY, 1, 1);
	assert_int_equal(id_random(&other, NULL), 0);
	assert_int_equal(enter_visit(&s, &other), 0);
	is_there(&s, CANARY, 1, 1);
	assert_int_equal(enter_visit(&s, &draft), 0);
	is_gone(&s);
	no_row_is_left(&s);
	/* A draft that went already is no mistake. */
	assert_int_equal(enter_visit(&s, &draft), 0);
}

static void
too_old_it_is_not_offered_and_then_gone(void **state)
{
	struct visit_draft_saying d = { 0 };
	size_t n;
	SCENE(s, f);

	add_file(&s, &d, core_fixture_png, core_fixture_png_len);
	must_keep(&s, &d, CANARY, NULL);
	scene_live_until(&s, "2026-03-17T20:00:00Z");
	is_there(&s, CANARY, 1, 1);
	assert_int_equal(visit_draft_pass(f->core, &n, &f->e), 0);
	assert_int_equal(n, 0);
	is_there(&s, CANARY, 1, 1);
	scene_live_until(&s, "2026-03-18T08:00:00Z");
	is_gone(&s);
	assert_int_equal(due_lines(&s, CAMILLE), 0);
	refused(&s, give_up(&s, CAMILLE), ERR_NOT_FOUND, "visit-draft");
	assert_int_equal(visit_draft_pass(f->core, &n, &f->e), 0);
	assert_int_equal(n, 1);
	no_row_is_left(&s);
	/* Once a day. */
	assert_int_equal(visit_draft_pass(f->core, &n, &f->e), 0);
	assert_int_equal(n, 0);
}

static void
one_that_is_too_old_gives_its_place_to_another(void **state)
{
	struct visit_draft_saying d = { 0 };
	SCENE(s, f);

	add_file(&s, &d, core_fixture_png, core_fixture_png_len);
	must_keep(&s, &d, "vieux", NULL);
	scene_live_until(&s, "2026-03-18T08:00:00Z");
	d.npages = 0;
	must_keep(&s, &d, "neuf", NULL);
	is_there(&s, "neuf", 1, 0);
	assert_int_equal(count(&s, "SELECT count(*) FROM visit_draft_page"), 0);
}

static int
key_is_there(struct scene *s, int64_t number)
{
	AUTO(secret_done) struct secret key = { 0 };
	struct caller c = core_fixture_caller(s->f, CAMILLE);
	uint64_t n = (uint64_t)number, leaf;

	assert_int_equal(core_read_leaf(s->f->core, &c, LEAF_CASE_READ, NULL,
			     NULL, &leaf, &s->f->e),
	    0);
	return agent_get(s->f->core->agent, &n, 1, leaf, &key, &s->f->e) == 0;
}

static void
it_goes_with_its_case(void **state)
{
	struct visit_draft_saying d = { 0 };
	int64_t numbers[2];
	size_t i;
	SCENE(s, f);

	add_file(&s, &d, core_fixture_png, core_fixture_png_len);
	must_keep(&s, &d, CANARY, NULL);
	numbers[0] = count(&s, "SELECT key FROM visit_draft");
	numbers[1] = count(&s, "SELECT key FROM visit_draft_page");
	for (i = 0; i < NELEMS(numbers); i++)
		assert_int_equal(key_is_there(&s, numbers[i]), 1);
	scene_erase(&s);
	no_row_is_left(&s);
	/* Both keys died with the case. */
	for (i = 0; i < NELEMS(numbers); i++)
		assert_int_equal(key_is_there(&s, numbers[i]), 0);
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    name, scene_setup, core_fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(its_own_person_finds_it_again),
		T(a_restart_loses_nothing),
		T(nobody_else_is_told_of_it),
		T(the_same_uid_under_another_name_is_somebody_else),
		T(what_was_saved_elsewhere_is_not_overwritten),
		T(it_holds_what_the_rules_let_it),
		T(only_texts_are_words),
		T(nothing_of_it_is_in_clear_on_the_disk),
		T(given_up_it_is_gone),
		T(entered_it_is_gone_in_the_same_change),
		T(too_old_it_is_not_offered_and_then_gone),
		T(one_that_is_too_old_gives_its_place_to_another),
		T(it_goes_with_its_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
