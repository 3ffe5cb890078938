/*
 * What a form brought home: opened with the agent under its leaf, or refused
 * with nothing left behind; entered once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/envelope.h"
#include "daemon/core/brought.h"
#include "daemon/core/visit.h"
#include "tests/unit/core/consent_scene.h"

#define NOW "2026-03-02T09:00:00Z"
#define CONTACT                                                                \
	"{\"date\":\"2026-03-02\",\"canal\":\"visite\",\"resultat\":"          \
	"\"rencontre\"}"
#define RECORD                                                                 \
	"{\"form\":1,\"kind\":\"visite\",\"documents\":["                      \
	"{\"kind\":\"contact\",\"pages\":[{\"name\":\"contact.json\","         \
	"\"size\":61}]},"                                                      \
	"{\"kind\":\"piece\",\"pages\":[{\"name\":\"a.txt\",\"size\":5},"      \
	"{\"name\":\"b.txt\",\"size\":40000}]}]}"

#define SCENE(s, f)                                                            \
	struct core_fixture *f = *state;                                       \
	struct scene s;                                                        \
	if (f == NULL)                                                         \
		skip();                                                        \
	scene_init(&s, f, NOW)

static void
put_text(struct buf *b, const char *record, size_t files)
{
	const size_t n = strlen(record);
	const uint8_t len[4] = { 0, 0, (uint8_t)(n >> 8), (uint8_t)n };
	size_t i;

	assert_int_equal(strlen(CONTACT), 61);
	assert_int_equal(buf_add(b, len, 4, NULL), 0);
	assert_int_equal(buf_add(b, record, n, NULL), 0);
	if (files > 0)
		assert_int_equal(buf_addstr(b, CONTACT, NULL), 0);
	for (i = 61; i < files; i++)
		assert_int_equal(buf_add(b, "z", 1, NULL), 0);
}

static void
wrap(struct core_fixture *f, const struct buf *text, struct buf *out)
{
	uint8_t pub[P256_PUB_LEN];

	assert_int_equal(agent_intake_key(f->core->agent, pub, &f->e), 0);
	assert_int_equal(envelope_seal(&f->core->settings.vault, pub, text->p,
			     text->len, out, &f->e),
	    0);
}

/* Upload and open; the tag of a refusal, or "". */
static const char *
bring(struct scene *s, const struct buf *file, struct brought *b)
{
	char upload[ID_TEXT];

	s->f->e = (struct err){ 0 };
	core_fixture_send(s->f, CAMILLE, file->p, file->len, upload);
	if (brought_open(s->f->core, &s->camille, s->kase, upload,
		&s->f->object, b, &s->f->e) == 0)
		return "";
	return s->f->e.tag;
}

static int64_t
count(struct scene *s, const char *sql)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;

	assert_int_equal(tx_read(s->f->core->catalog, &tx, &s->f->e), 0);
	assert_int_equal(sql_open(&tx, sql, &q, &s->f->e), 0);
	assert_int_equal(sql_step(q, &s->f->e), 1);
	return sql_get_int(q, 0);
}

/* The body as a visit. */
static void
visiting_of(struct scene *s, const struct brought *b, struct visiting *v)
{
	json_t *list = json_object_get(b->body, "documents"), *d, *page;
	size_t i, k;

	*v = (struct visiting){ .kase = s->kase, .envelope = &b->envelope };
	json_array_foreach(list, i, d)
	{
		struct filing *f = &v->documents[v->ndocuments++];

		f->kind = json_string_value(json_object_get(d, "kind"));
		f->level = f->title = f->replaces = "";
		json_array_foreach(json_object_get(d, "pages"), k, page)
		{
			f->pages[f->npages++] = (struct filing_page){
				json_string_value(
				    json_object_get(page, "upload")),
				json_string_value(
				    json_object_get(page, "name"))
			};
		}
	}
}

static int
enter(struct scene *s, const struct brought *b, const char *key,
    json_t **answer, int *again)
{
	struct caller c = s->camille;
	struct visiting v;

	c.idempotency = key;
	visiting_of(s, b, &v);
	s->f->e = (struct err){ 0 };
	return visit_enter(
	    s->f->core, &c, &v, &s->f->object, answer, again, &s->f->e);
}

static uint64_t
leaves(struct scene *s)
{
	return audit_size(s->f->core->audit);
}

static void
what_was_sealed_is_filed_whole_and_only_once(void **state)
{
	AUTO(buf_done) struct buf text = { 0 }, file = { 0 };
	struct brought b = { 0 }, second = { 0 };
	json_t *answer = NULL, *same = NULL;
	int64_t documents;
	int again = -1;
	SCENE(s, f);

	put_text(&text, RECORD, 61 + 5 + 40000);
	wrap(f, &text, &file);
	documents = count(&s, "SELECT count(*) FROM document");
	assert_string_equal(bring(&s, &file, &b), "");
	assert_int_equal(b.nfiles, 3);
	assert_null(json_object_get(b.body, "form"));
	if (enter(&s, &b, NULL, &answer, &again) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(again, 0);
	brought_entered(&b);
	brought_done(&b);
	assert_int_equal(
	    count(&s, "SELECT count(*) FROM document") - documents, 2);
	/* Brought again, under whatever key: the first answer. */
	assert_string_equal(bring(&s, &file, &second), "");
	assert_int_equal(enter(&s, &second, "another", &same, &again), 0);
	assert_int_equal(again, 1);
	assert_int_equal(json_integer_value(json_object_get(answer, "leaf")),
	    json_integer_value(json_object_get(same, "leaf")));
	brought_done(&second);
	assert_int_equal(
	    count(&s, "SELECT count(*) FROM document") - documents, 2);
	assert_int_equal(count(&s, "SELECT count(*) FROM visit_envelope"), 1);
	json_decref(answer);
	json_decref(same);
}

static void
it_does_not_go_into_a_second_case(void **state)
{
	AUTO(buf_done) struct buf text = { 0 }, file = { 0 };
	struct brought b = { 0 }, second = { 0 };
	json_t *answer = NULL;
	char other[ID_TEXT];
	int again;
	SCENE(s, f);

	put_text(&text, RECORD, 61 + 5 + 40000);
	wrap(f, &text, &file);
	assert_string_equal(bring(&s, &file, &b), "");
	assert_int_equal(enter(&s, &b, NULL, &answer, &again), 0);
	brought_done(&b);
	core_fixture_case(f, CAMILLE, "Autre", other);
	memcpy(s.kase, other, sizeof(other));
	assert_string_equal(bring(&s, &file, &second), "");
	json_decref(answer);
	answer = NULL;
	assert_int_equal(
	    enter(&s, &second, NULL, &answer, &again), -ERR_CONFLICT);
	assert_string_equal(f->e.tag, "form-entered");
	brought_done(&second);
}

/* Bytes, from the magic to the last tag, and cuts. */
static void
a_changed_or_cut_form_is_refused_and_leaves_nothing(void **state)
{
	static const struct {
		long at; /* from the end when negative */
		const char *tag;
	} rows[] = {
		{ 0, "form-file" },
		{ 12, "form-file" },
		{ 13, "form-key" },
		{ 28, "form-key" },
		{ 29, "form-file" },
		{ 30, "form-damaged" },
		{ 93, "form-damaged" },
		{ 94, "form-damaged" },
		{ 118, "form-damaged" },
		{ 150, "form-damaged" },
		{ 20000, "form-damaged" },
		{ -17, "form-damaged" },
		{ -1, "form-damaged" },
	};
	static const size_t cuts[] = { 1, 93, 94, 94 + 55, 94 + 56,
		94 + 56 + 16400, 94 + 56 + 2 * 16400, 30000 };
	AUTO(buf_done) struct buf text = { 0 }, file = { 0 };
	int64_t documents;
	size_t i, at, whole;
	SCENE(s, f);

	put_text(&text, RECORD, 61 + 5 + 40000);
	wrap(f, &text, &file);
	whole = file.len;
	documents = count(&s, "SELECT count(*) FROM document");
	for (i = 0; i < NELEMS(rows); i++) {
		struct brought b = { 0 };

		at = rows[i].at < 0 ? whole - (size_t)-rows[i].at
				    : (size_t)rows[i].at;
		file.p[at] ^= 1;
		assert_string_equal(bring(&s, &file, &b), rows[i].tag);
		brought_done(&b);
		file.p[at] ^= 1;
	}
	for (i = 0; i < NELEMS(cuts); i++) {
		struct brought b = { 0 };

		file.len = cuts[i];
		assert_string_equal(bring(&s, &file, &b),
		    cuts[i] < 94 ? "form-file" : "form-damaged");
		brought_done(&b);
	}
	assert_int_equal(count(&s, "SELECT count(*) FROM document"), documents);
}

/* Whole, and sealed to us, by somebody who wrote it himself. */
static void
what_is_no_form_inside_is_refused(void **state)
{
	static const struct {
		const char *record;
		size_t files;
	} rows[] = {
		{ "{", 0 },
		{ "[]", 0 },
		{ "{\"form\":2,\"kind\":\"v\",\"documents\":[]}", 0 },
		{ "{\"form\":1,\"documents\":[]}", 0 },
		{ "{\"form\":1,\"kind\":\"v\",\"documents\":{}}", 0 },
		{ "{\"form\":1,\"kind\":\"v\",\"documents\":[{}]}", 0 },
		{ "{\"form\":1,\"kind\":\"v\",\"form\":1,\"documents\":[]}",
		    0 },
		/* More than its files, and less. */
		{ RECORD, 61 + 5 + 40000 + 1 },
		{ RECORD, 61 + 5 + 40000 - 1 },
		{ RECORD, 61 },
		/* A page of nothing, of a lie, of somebody else's upload. */
		{ "{\"form\":1,\"kind\":\"v\",\"documents\":[{\"kind\":"
		  "\"piece\","
		  "\"pages\":[{\"name\":\"a\",\"size\":0}]}]}",
		    0 },
		{ "{\"form\":1,\"kind\":\"v\",\"documents\":[{\"kind\":"
		  "\"piece\","
		  "\"pages\":[{\"name\":\"a\",\"size\":99999999999}]}]}",
		    0 },
		{ "{\"form\":1,\"kind\":\"v\",\"documents\":[{\"kind\":"
		  "\"piece\","
		  "\"pages\":[{\"name\":\"a\",\"size\":61,"
		  "\"upload\":\"aaaaaaaaaaaaaaaaaaaaaaaaaa\"}]}]}",
		    61 },
		{ "{\"form\":1,\"kind\":\"v\",\"documents\":[{\"kind\":"
		  "\"piece\","
		  "\"replaces\":\"x\",\"pages\":[{\"name\":\"a\",\"size\":61}]}"
		  "]}",
		    61 },
	};
	size_t i;
	SCENE(s, f);

	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(buf_done) struct buf text = { 0 }, file = { 0 };
		struct brought b = { 0 };

		put_text(&text, rows[i].record, rows[i].files);
		wrap(f, &text, &file);
		assert_string_equal(bring(&s, &file, &b), "form-content");
		brought_done(&b);
	}
}

static void
another_vaults_form_is_not_opened(void **state)
{
	AUTO(buf_done) struct buf text = { 0 }, file = { 0 };
	uint8_t private[P256_KEY_LEN], pub[P256_PUB_LEN];
	struct brought b = { 0 };
	SCENE(s, f);

	put_text(&text, RECORD, 61 + 5 + 40000);
	assert_int_equal(p256_generate(private, pub, &f->e), 0);
	assert_int_equal(envelope_seal(&f->core->settings.vault, pub, text.p,
			     text.len, &file, &f->e),
	    0);
	assert_string_equal(bring(&s, &file, &b), "form-key");
	brought_done(&b);
	/* Our key, and another vault's name in the derivation. */
	buf_reset(&file);
	assert_int_equal(agent_intake_key(f->core->agent, pub, &f->e), 0);
	assert_int_equal(envelope_seal(&(struct id){ { 9 } }, pub, text.p,
			     text.len, &file, &f->e),
	    0);
	assert_string_equal(bring(&s, &file, &b), "form-damaged");
	brought_done(&b);
}

/* Whoever may not see the case learns nothing, and nothing is opened. */
static void
nobody_opens_it_for_a_case_that_is_not_theirs(void **state)
{
	AUTO(buf_done) struct buf text = { 0 }, file = { 0 };
	struct caller sacha;
	struct brought b = { 0 }, none = { 0 };
	char upload[ID_TEXT];
	uint64_t before;
	SCENE(s, f);

	put_text(&text, RECORD, 61 + 5 + 40000);
	wrap(f, &text, &file);
	core_fixture_send(f, SACHA, file.p, file.len, upload);
	sacha = core_fixture_caller(f, SACHA);
	before = leaves(&s);
	assert_int_equal(brought_open(f->core, &sacha, s.kase, upload,
			     &f->object, &b, &f->e),
	    -ERR_NOT_FOUND);
	assert_int_equal(
	    brought_open(f->core, &sacha, "aaaaaaaaaaaaaaaaaaaaaaaaaa", upload,
		&f->object, &none, &f->e),
	    -ERR_NOT_FOUND);
	assert_int_equal(leaves(&s), before);
	brought_done(&b);
	brought_done(&none);
}

/* The leaf is there before the key is: also of what did not open. */
static void
opening_has_its_leaf_first(void **state)
{
	AUTO(buf_done) struct buf text = { 0 }, file = { 0 };
	struct brought b = { 0 };
	uint64_t before;
	SCENE(s, f);

	put_text(&text, RECORD, 61 + 5 + 40000);
	wrap(f, &text, &file);
	file.p[file.len - 1] ^= 1;
	before = leaves(&s);
	assert_string_equal(bring(&s, &file, &b), "form-damaged");
	assert_int_equal(leaves(&s), before + 1);
	brought_done(&b);
}

int
main(void)
{
#define T(f)                                                                   \
	cmocka_unit_test_setup_teardown(f, scene_setup, core_fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(what_was_sealed_is_filed_whole_and_only_once),
		T(it_does_not_go_into_a_second_case),
		T(a_changed_or_cut_form_is_refused_and_leaves_nothing),
		T(what_is_no_form_inside_is_refused),
		T(another_vaults_form_is_not_opened),
		T(nobody_opens_it_for_a_case_that_is_not_theirs),
		T(opening_has_its_leaf_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
