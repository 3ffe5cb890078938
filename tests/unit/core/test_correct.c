/*
 * A misfiling, corrected: by its author alone, in time, all or nothing; the
 * misfiled copy is gone also from an old copy of the data; whoever saw it
 * meanwhile is a breach. Cut anywhere, it is taken up.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/leaf.h"
#include "base/text.h"
#include "daemon/core/breach.h"
#include "daemon/core/clock.h"
#include "daemon/core/consent.h"
#include "daemon/core/correct.h"
#include "daemon/core/event.h"
#include "daemon/core/hold.h"
#include "daemon/core/objection.h"
#include "tests/unit/core/core_fixture.h"

#define HOUR_MS INT64_C(3600000)
#define KILLS 12

#define SCENE(s)                                                               \
	struct scene *s = *state;                                              \
	if (s == NULL)                                                         \
	skip()

static int64_t clock_ms;

static int64_t
the_clock(void)
{
	return clock_ms;
}

struct scene {
	struct core_fixture *f;
	char wrong[ID_TEXT], right[ID_TEXT], doc[ID_TEXT];
	struct caller camille, noa;
	struct buf pdf;
};

static void
open_core(struct scene *s)
{
	if (core_open(&s->f->agent.settings, the_clock, &s->f->core, &s->f->e) <
	    0)
		fail_msg("core: %s", s->f->e.text);
	/* They point into the rules of this core. */
	s->camille = core_fixture_caller(s->f, CAMILLE);
	s->noa = core_fixture_caller(s->f, NOA);
}

static void
file_as(struct scene *s, enum person who, const char *kase, char out[ID_TEXT])
{
	json_t *answer = NULL;

	if (core_fixture_file(s->f, who, kase, "piece", s->pdf.p, s->pdf.len,
		"", NULL, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	snprintf(out, ID_TEXT, "%s",
	    json_string_value(json_object_get(answer, "document")));
	json_decref(answer);
}

static int
setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->f = calloc(1, sizeof(*s->f));
	assert_non_null(s->f);
	*state = NULL;
	if (!core_fixture_init(s->f)) {
		free(s->f);
		free(s);
		return 0;
	}
	clock_ms = core_fixture_now();
	open_core(s);
	core_fixture_case(s->f, CAMILLE, "Martin", s->wrong);
	core_fixture_case(s->f, CAMILLE, "Martine", s->right);
	core_fixture_pdf(&s->pdf, "quittance", 70000);
	file_as(s, CAMILLE, s->wrong, s->doc);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct scene *s = *state;

	if (s == NULL)
		return 0;
	core_fixture_done(s->f);
	free(s->f);
	buf_done(&s->pdf);
	free(s);
	return 0;
}

static int
run(struct scene *s, const struct caller *who, const char *to, json_t **answer)
{
	struct correcting c = {
		.document = s->doc,
		.to = to,
		.reason = to == NULL ? "homonyme" : "",
	};

	s->f->e = (struct err){ 0 };
	return correct(s->f->core, who, &c, &s->f->object, answer, &s->f->e);
}

static json_t *
must(struct scene *s, const char *to)
{
	json_t *answer = NULL;

	if (run(s, &s->camille, to, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	return answer;
}

static void
refused(struct scene *s, const struct caller *who, const char *to,
    enum err_code code, const char *tag)
{
	json_t *answer = NULL;

	assert_int_equal(run(s, who, to, &answer), -(int)code);
	assert_string_equal(err_name(&s->f->e), tag);
	assert_null(answer);
}

static int
get(struct scene *s, const char *doc, struct buf *out)
{
	buf_reset(out);
	return core_fixture_get(s->f, CAMILLE, doc, 0, 0, out);
}

static void
is_there(struct scene *s, const char *doc)
{
	AUTO(buf_done) struct buf got = { 0 };

	if (get(s, doc, &got) < 0)
		fail_msg("%s", s->f->e.text);
	assert_int_equal(got.len, s->pdf.len);
	assert_memory_equal(got.p, s->pdf.p, got.len);
}

static void
is_gone(struct scene *s, const char *doc)
{
	AUTO(buf_done) struct buf got = { 0 };

	assert_int_equal(get(s, doc, &got), -ERR_NOT_FOUND);
}

/* A number of the catalog. */
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

static int
exec_apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	(void)now_ms;
	if ((r = sql_open(tx, arg, &q, e)) < 0)
		return r;
	return sql_run(q, e);
}

static void
exec(struct scene *s, const char *sql)
{
	char text[256];
	struct change ch = { .apply = exec_apply, .arg = text };

	snprintf(text, sizeof(text), "%s", sql);
	if (commit_run(s->f->core->committer, &ch, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
}

static void
reopen(struct scene *s)
{
	core_fixture_close(s->f);
	open_core(s);
	assert_int_equal(core_check_open(s->f->core, &s->f->e), 0);
}

/* Every key number of the misfiled copy, as its leaf tells them. */
static void
numbers_of(struct scene *s, uint64_t leaf, struct buf *out)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(buf_done) struct buf entry = { 0 };
	AUTO(mem_freep) struct leaf_clear *clear = NULL;
	char id[ID_TEXT];
	struct leaf l;
	uint32_t i;

	assert_int_equal(tx_read(s->f->core->catalog, &tx, &s->f->e), 0);
	assert_int_equal(audit_leaf(&tx, leaf, &entry, &s->f->e), 0);
	assert_int_equal(
	    leaf_decode(entry.p, entry.len, &l, &clear, &s->f->e), 0);
	for (i = 0; i < l.nclear; i++) {
		id_format(&clear[i].id, id);
		assert_string_equal(id, s->doc);
		assert_int_equal(
		    buf_add(out, &clear[i].key, sizeof(clear[i].key), NULL), 0);
	}
}

/* Does the agent still open one of them? */
static int
opens_any(struct scene *s, const struct buf *numbers, uint64_t leaf)
{
	const uint64_t *v = (const uint64_t *)(const void *)numbers->p;
	size_t i, n = numbers->len / sizeof(*v);
	int any = 0;

	for (i = 0; i < n; i++) {
		AUTO(secret_done) struct secret key = { 0 };

		any |= agent_get(
			   s->f->core->agent, &v[i], 1, leaf, &key, NULL) == 0;
	}
	return any;
}

/* --- moved, voided -------------------------------------------------------- */

static void
what_is_moved_is_there_anew_and_gone_here(void **state)
{
	AUTO(buf_done) struct buf numbers = { 0 };
	char moved[ID_TEXT];
	const char *receipt;
	struct receipt *rc = calloc(1, sizeof(*rc));
	json_t *answer;
	uint64_t leaf;
	SCENE(s);

	answer = must(s, s->right);
	snprintf(moved, sizeof(moved), "%s",
	    json_string_value(json_object_get(answer, "document")));
	assert_string_not_equal(moved, s->doc);
	assert_string_equal(
	    json_string_value(json_object_get(answer, "case")), s->right);
	assert_true(json_is_null(json_object_get(answer, "breach")));
	is_there(s, moved);
	is_gone(s, s->doc);
	/* A receipt of its own, that proves what it says. */
	receipt = json_string_value(json_object_get(answer, "receipt"));
	assert_int_equal(
	    receipt_parse(receipt, strlen(receipt), rc, &s->f->e), 0);
	assert_int_equal(
	    receipt_check(rc, &s->f->core->public->log, &s->f->e), 0);
	receipt_done(rc);
	free(rc);
	/* Two keys died: of the row and of the page; no new one is theirs. */
	leaf = (uint64_t)json_integer_value(json_object_get(answer, "leaf"));
	numbers_of(s, leaf, &numbers);
	assert_int_equal(numbers.len, 2 * sizeof(uint64_t));
	assert_false(opens_any(s, &numbers, leaf));
	assert_int_equal(count(s, "SELECT count(*) FROM correction_key"), 0);
	assert_int_equal(count(s, "SELECT count(*) FROM breach"), 0);
	json_decref(answer);
}

static void
the_same_again_is_the_first_answer(void **state)
{
	json_t *first, *again;
	SCENE(s);

	first = must(s, s->right);
	again = must(s, s->right);
	assert_true(json_equal(first, again));
	json_decref(first);
	json_decref(again);
	/* Another thing with what is gone is no answer of it. */
	refused(s, &s->camille, NULL, ERR_CONFLICT, "erased");
	refused(s, &s->noa, s->right, ERR_CONFLICT, "erased");
	assert_int_equal(count(s, "SELECT count(*) FROM document WHERE state ="
				  " 'filed'"),
	    1);
}

static void
what_is_voided_is_nowhere(void **state)
{
	AUTO(buf_done) struct buf numbers = { 0 };
	json_t *answer;
	uint64_t leaf;
	SCENE(s);

	answer = must(s, NULL);
	leaf = (uint64_t)json_integer_value(json_object_get(answer, "leaf"));
	is_gone(s, s->doc);
	numbers_of(s, leaf, &numbers);
	assert_int_equal(numbers.len, 2 * sizeof(uint64_t));
	assert_false(opens_any(s, &numbers, leaf));
	assert_int_equal(count(s, "SELECT count(*) FROM document WHERE state ="
				  " 'filed'"),
	    0);
	json_decref(answer);
}

/* A record of today in a case; s->doc is it. */
static void
file_record(
    struct scene *s, const char *kase, const char *kind, const char *rest)
{
	char date[11], text[300];
	json_t *answer = NULL;

	date_format(civil_day(clock_ms), date);
	snprintf(text, sizeof(text), "{\"date\":\"%s\",%s}", date, rest);
	if (core_fixture_file(s->f, CAMILLE, kase, kind, text, strlen(text), "",
		NULL, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	snprintf(s->doc, ID_TEXT, "%s",
	    json_string_value(json_object_get(answer, "document")));
	json_decref(answer);
}

#define COUNTED(code)                                                          \
	"SELECT coalesce(sum(n), 0) FROM indicator WHERE code = '" code "'"

/* What a misfiling was counted for is counted where it belongs, once. */
static void
what_is_moved_is_counted_once(void **state)
{
	SCENE(s);

	file_record(s, s->wrong, "demarche",
	    "\"dispositif\":\"fsl\",\"etat\":\"faite\","
	    "\"decision\":\"accord\"");
	json_decref(must(s, s->right));
	assert_int_equal(count(s, COUNTED("demarche")), 1);
	assert_int_equal(count(s, COUNTED("demarche-outcome")), 1);
	file_record(s, s->wrong, "contact",
	    "\"canal\":\"visite\",\"resultat\":\"rencontre\"");
	json_decref(must(s, s->right));
	assert_int_equal(count(s, COUNTED("contact-attempt")), 1);
	assert_int_equal(count(s, COUNTED("met")), 1);
	assert_int_equal(count(s, COUNTED("contacted")), 1);
	assert_int_equal(count(s, COUNTED("delay-first-contact")), 1);
	/* The other case is not marked: it is counted when they are met. */
	file_record(s, s->wrong, "contact",
	    "\"canal\":\"visite\",\"resultat\":\"rencontre\"");
	assert_int_equal(count(s, COUNTED("met")), 2);
	/* Met twice, one of the two a slip: still met. */
	file_record(s, s->wrong, "contact",
	    "\"canal\":\"telephone\",\"resultat\":\"rencontre\"");
	json_decref(must(s, NULL));
	assert_int_equal(count(s, COUNTED("met")), 2);
	assert_int_equal(count(s, COUNTED("contact-attempt")), 2);
}

static void
what_is_voided_is_not_counted(void **state)
{
	SCENE(s);

	file_record(s, s->wrong, "contact",
	    "\"canal\":\"visite\",\"resultat\":\"rencontre\"");
	assert_int_equal(count(s, COUNTED("met")), 1);
	json_decref(must(s, NULL));
	assert_int_equal(count(s, COUNTED("contact-attempt")), 0);
	assert_int_equal(count(s, COUNTED("met")), 0);
	assert_int_equal(count(s, COUNTED("contacted")), 0);
	assert_int_equal(count(s, COUNTED("delay-first-contact")), 0);
	assert_int_equal(count(s, "SELECT count(*) FROM document_counted"), 0);
}

/* --- refused -------------------------------------------------------------- */

static void
nobody_but_the_author(void **state)
{
	struct caller sacha, admin, other;
	SCENE(s);

	refused(s, &s->noa, s->right, ERR_DENIED, "not-author");
	refused(s, &s->noa, NULL, ERR_DENIED, "not-author");
	sacha = core_fixture_caller(s->f, SACHA);
	refused(s, &sacha, NULL, ERR_NOT_FOUND, "not-found");
	admin = core_fixture_caller(s->f, ADMIN);
	admin.idempotency = NULL;
	assert_int_not_equal(run(s, &admin, NULL, &(json_t *){ NULL }), 0);
	/* The uid again, by another name: the policy knows nobody. */
	other = s->camille;
	snprintf(other.actor.account, sizeof(other.actor.account), "autrement");
	refused(s, &other, NULL, ERR_DENIED, "not-author");
	is_there(s, s->doc);
}

/* Another run of the daemon, whose clock is not believed. */
static void
restart_at(struct scene *s, int64_t at)
{
	core_fixture_close(s->f);
	clock_ms = at;
	open_core(s);
	assert_int_equal(core_check_open(s->f->core, &s->f->e), 0);
}

/* Out of the wrong case at once; destroyed when somebody believes the clock
 * again; and told so, each time it is asked. */
static void
while_the_clock_is_suspect_it_is_moved_and_its_copy_waits(void **state)
{
	int64_t now;
	json_t *answer;
	char moved[ID_TEXT];
	SCENE(s);

	now = clock_ms;
	restart_at(s, now - 400 * 24 * HOUR_MS);
	assert_true(core_clock_suspect(s->f->core));
	answer = must(s, s->right);
	assert_string_equal(json_string_value(json_object_get(answer, "waits")),
	    "clock-suspect");
	snprintf(moved, sizeof(moved), "%s",
	    json_string_value(json_object_get(answer, "document")));
	json_decref(answer);
	is_gone(s, s->doc);
	is_there(s, moved);
	assert_int_equal(count(s, "SELECT count(*) FROM correction_key"), 2);
	answer = must(s, s->right);
	assert_string_equal(json_string_value(json_object_get(answer, "waits")),
	    "clock-suspect");
	assert_string_equal(
	    json_string_value(json_object_get(answer, "document")), moved);
	json_decref(answer);
	restart_at(s, now + HOUR_MS);
	assert_false(core_clock_suspect(s->f->core));
	answer = must(s, s->right);
	assert_null(json_object_get(answer, "waits"));
	json_decref(answer);
	assert_int_equal(count(s, "SELECT count(*) FROM correction_key"), 0);
	is_there(s, moved);
}

static void
within_24_hours_and_not_later(void **state)
{
	json_t *answer;
	SCENE(s);

	clock_ms += 24 * HOUR_MS + 2000;
	refused(s, &s->camille, s->right, ERR_CONFLICT, "correction-late");
	is_there(s, s->doc);
	clock_ms += HOUR_MS;
	file_as(s, CAMILLE, s->wrong, s->doc);
	clock_ms += 24 * HOUR_MS - 2000;
	answer = must(s, s->right);
	json_decref(answer);
}

static void
not_where_it_is_nor_where_it_may_not_go(void **state)
{
	char other[ID_TEXT];
	SCENE(s);

	refused(s, &s->camille, s->wrong, ERR_CONFLICT, "correction-same-case");
	/* Another team's case and none: one answer. */
	core_fixture_case(s->f, SACHA, "Ailleurs", other);
	refused(s, &s->camille, other, ERR_NOT_FOUND, "not-found");
	other[0] = other[0] == 'a' ? 'b' : 'a';
	refused(s, &s->camille, other, ERR_NOT_FOUND, "not-found");
	is_there(s, s->doc);
}

static void
not_what_a_consent_or_an_event_rests_on(void **state)
{
	struct consent_giving g = {
		.kase = NULL,
		.purposes = { "diagnostic" },
		.npurposes = 1,
		.method = "oral",
		.witness = "Voisine",
	};
	struct event_entry ev = {
		.name = "plan-apurement",
		.occurred_on = "",
		.note = "",
	};
	json_t *answer = NULL;
	SCENE(s);

	g.kase = s->wrong;
	g.evidence = s->doc;
	if (consent_give(s->f->core, &s->camille, &g, &s->f->object, &answer,
		&s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(answer);
	refused(s, &s->camille, s->right, ERR_CONFLICT, "document-in-use");
	file_as(s, CAMILLE, s->right, s->doc);
	ev.kase = s->right;
	ev.document = s->doc;
	answer = NULL;
	if (event_add(s->f->core, &s->camille, &ev, &s->f->object, &answer,
		&s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(answer);
	refused(s, &s->camille, NULL, ERR_CONFLICT, "document-in-use");
	is_there(s, s->doc);
}

static void
not_what_has_a_newer_version(void **state)
{
	struct filing fl = {
		.kind = "piece",
		.level = "",
		.title = "",
		.npages = 1,
	};
	char upload[ID_TEXT];
	json_t *answer = NULL;
	int again;
	SCENE(s);

	core_fixture_send(s->f, CAMILLE, s->pdf.p, s->pdf.len, upload);
	fl.kase = s->wrong;
	fl.replaces = s->doc;
	fl.pages[0] = (struct filing_page){ upload, "f.pdf" };
	if (document_file(s->f->core, &s->camille, &fl, &s->f->object, &answer,
		&again, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(answer);
	refused(s, &s->camille, s->right, ERR_CONFLICT, "document-replaced");
	is_there(s, s->doc);
}

static void
not_where_the_household_refused_it(void **state)
{
	struct refusing rf = {
		.reason = "defiance",
		.channel = "",
		.refused_on = "",
		.document = "",
	};
	json_t *answer = NULL;
	SCENE(s);

	/* A signed plan is of the household: not kept of who refused. */
	if (core_fixture_file(s->f, CAMILLE, s->wrong, "plan-apurement",
		s->pdf.p, s->pdf.len, "handwritten-scan", NULL, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	snprintf(s->doc, ID_TEXT, "%s",
	    json_string_value(json_object_get(answer, "document")));
	json_decref(answer);
	answer = NULL;
	rf.kase = s->right;
	if (refusal_enter(s->f->core, &s->camille, &rf, &s->f->object, &answer,
		&s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(answer);
	refused(s, &s->camille, s->right, ERR_CONFLICT, "diagnosis-refused");
	is_there(s, s->doc);
}

static void
not_what_is_held(void **state)
{
	struct hold_asking h = { .reason = "contentieux" };
	char review[11];
	json_t *answer = NULL;
	SCENE(s);

	date_format(civil_day(clock_ms) + 30, review);
	h.document = s->doc;
	h.review = review;
	if (hold_set(
		s->f->core, &s->noa, &h, &s->f->object, &answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(answer);
	refused(s, &s->camille, s->right, ERR_CONFLICT, "held");
	refused(s, &s->camille, NULL, ERR_CONFLICT, "held");
	is_there(s, s->doc);
}

/* --- who saw it ----------------------------------------------------------- */

static void
who_read_it_meanwhile_is_a_breach(void **state)
{
	AUTO(buf_done) struct buf got = { 0 };
	struct caller dpo, director;
	json_t *answer, *list = NULL, *one, *seen, *line, *due_list = NULL;
	const char *breach;
	char id[ID_TEXT];
	size_t i;
	int lines = 0;
	SCENE(s);

	clock_ms += HOUR_MS;
	assert_int_equal(core_fixture_get(s->f, NOA, s->doc, 0, 0, &got), 0);
	/* The author's own reading is none. */
	is_there(s, s->doc);
	clock_ms += HOUR_MS;
	answer = must(s, s->right);
	breach = json_string_value(json_object_get(answer, "breach"));
	assert_non_null(breach);
	snprintf(id, sizeof(id), "%s", breach);
	json_decref(answer);
	dpo = core_fixture_caller(s->f, DPO);
	if (breach_list(s->f->core, &dpo, &list, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	one = json_array_get(json_object_get(list, "breaches"), 0);
	assert_string_equal(
	    json_string_value(json_object_get(one, "breach")), id);
	seen = json_object_get(json_object_get(one, "words"), "seen");
	assert_int_equal(json_array_size(seen), 1);
	assert_string_equal(json_string_value(json_object_get(
				json_array_get(seen, 0), "account")),
	    s->noa.actor.account);
	json_decref(list);
	/* 72 hours from when it was known. */
	director = core_fixture_caller(s->f, DIRECTOR);
	if (due(s->f->core, &director, 0, &due_list, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_array_foreach(json_object_get(due_list, "due"), i, line)
	{
		if (strcmp(json_string_value(json_object_get(line, "what")),
			"misfiling-breach") == 0)
			lines++;
	}
	assert_int_equal(lines, 1);
	json_decref(due_list);
	/* Not the team's to see. */
	list = NULL;
	assert_int_not_equal(
	    breach_list(s->f->core, &s->camille, &list, &s->f->e), 0);
	/* Settled by a note, once. */
	answer = NULL;
	assert_int_equal(breach_settle(s->f->core, &director, id, "", "",
			     &s->f->object, &answer, &s->f->e),
	    -ERR_INVALID);
	assert_int_equal(breach_settle(s->f->core, &s->camille, id, "", "rien",
			     &s->f->object, &answer, &s->f->e),
	    -ERR_DENIED);
	if (breach_settle(s->f->core, &director, id, "no-risk",
		"lu par une collègue de la même équipe : pas de risque",
		&s->f->object, &answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(answer);
	answer = NULL;
	assert_int_equal(breach_settle(s->f->core, &director, id, "", "encore",
			     &s->f->object, &answer, &s->f->e),
	    -ERR_CONFLICT);
	assert_int_equal(
	    count(s, "SELECT count(*) FROM breach WHERE settled = 0"), 0);
}

/* --- cut ------------------------------------------------------------------ */

/* At each of its steps: what was before stays, or it goes on to its end. */
static void
cut_at_any_step_it_is_taken_up(void **state)
{
	static const char *const steps[] = {
		"CREATE TRIGGER cut BEFORE INSERT ON correction_key BEGIN"
		" SELECT RAISE(ABORT, 'cut'); END",
		"CREATE TRIGGER cut BEFORE INSERT ON breach BEGIN"
		" SELECT RAISE(ABORT, 'cut'); END",
		"CREATE TRIGGER cut BEFORE UPDATE ON correction"
		" WHEN NEW.state = 'looked' BEGIN"
		" SELECT RAISE(ABORT, 'cut'); END",
		"CREATE TRIGGER cut BEFORE UPDATE ON correction"
		" WHEN NEW.state = 'done' BEGIN"
		" SELECT RAISE(ABORT, 'cut'); END",
	};
	json_t *answer;
	char moved[ID_TEXT];
	size_t i;
	SCENE(s);

	for (i = 0; i < NELEMS(steps); i++) {
		AUTO(buf_done) struct buf numbers = { 0 }, got = { 0 };
		uint64_t leaf;

		file_as(s, CAMILLE, s->wrong, s->doc);
		assert_int_equal(
		    core_fixture_get(s->f, NOA, s->doc, 0, 0, &got), 0);
		exec(s, steps[i]);
		answer = NULL;
		assert_int_not_equal(run(s, &s->camille, s->right, &answer), 0);
		reopen(s);
		exec(s, "DROP TRIGGER cut");
		if (i == 0) {
			/* All or nothing: nothing. */
			is_there(s, s->doc);
			assert_int_equal(
			    count(s, "SELECT count(*) FROM correction"), 0);
		} else {
			is_gone(s, s->doc);
			assert_int_equal(
			    count(s, "SELECT count(*) FROM correction"
				     " WHERE state <> 'done'"),
			    1);
		}
		/* By the vault itself, or by who began it. */
		if (i % 2 == 1 && correct_take_up(s->f->core, &s->f->e) < 0)
			fail_msg("%s", s->f->e.text);
		answer = must(s, s->right);
		leaf = (uint64_t)json_integer_value(
		    json_object_get(answer, "leaf"));
		snprintf(moved, sizeof(moved), "%s",
		    json_string_value(json_object_get(answer, "document")));
		assert_true(json_is_string(json_object_get(answer, "breach")));
		json_decref(answer);
		is_there(s, moved);
		is_gone(s, s->doc);
		numbers_of(s, leaf, &numbers);
		assert_int_equal(numbers.len, 2 * sizeof(uint64_t));
		assert_false(opens_any(s, &numbers, leaf));
		assert_int_equal(
		    count(s, "SELECT count(*) FROM breach"), (int64_t)i + 1);
		assert_int_equal(
		    count(s, "SELECT count(*) FROM correction_key"), 0);
	}
}

/* Killed at any moment: one document there, here or there, never both, never
 * none; and when it was entered, it ends. */
static void
killed_at_any_moment_it_is_one_document(void **state)
{
	unsigned wait_us, entered = 0, untouched = 0;
	int i, status;
	pid_t pid;
	SCENE(s);

	for (i = 0; i < KILLS; i++) {
		json_t *answer = NULL;

		file_as(s, CAMILLE, s->wrong, s->doc);
		core_fixture_close(s->f);
		wait_us = 2000u + (unsigned)i * 9000u;
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			open_core(s);
			run(s, &s->camille, s->right, &answer);
			for (;;)
				pause();
		}
		usleep(wait_us);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		open_core(s);
		if (count(s, "SELECT count(*) FROM correction WHERE state <>"
			     " 'done'") > 0)
			entered++;
		else
			untouched++;
		if (correct_take_up(s->f->core, &s->f->e) < 0)
			fail_msg("%s", s->f->e.text);
		assert_int_equal(count(s, "SELECT count(*) FROM correction"
					  " WHERE state <> 'done'"),
		    0);
		assert_int_equal(
		    count(s, "SELECT count(*) FROM document WHERE state ="
			     " 'filed'"),
		    i + 2);
		answer = must(s, s->right);
		is_there(
		    s, json_string_value(json_object_get(answer, "document")));
		is_gone(s, s->doc);
		json_decref(answer);
	}
	print_message(
	    "cut while entered: %u, before or after: %u\n", entered, untouched);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(what_is_moved_is_there_anew_and_gone_here),
		T(the_same_again_is_the_first_answer),
		T(what_is_voided_is_nowhere),
		T(what_is_moved_is_counted_once),
		T(what_is_voided_is_not_counted),
		T(nobody_but_the_author),
		T(while_the_clock_is_suspect_it_is_moved_and_its_copy_waits),
		T(within_24_hours_and_not_later),
		T(not_where_it_is_nor_where_it_may_not_go),
		T(not_what_a_consent_or_an_event_rests_on),
		T(not_what_has_a_newer_version),
		T(not_where_the_household_refused_it),
		T(not_what_is_held),
		T(who_read_it_meanwhile_is_a_breach),
		T(cut_at_any_step_it_is_taken_up),
		T(killed_at_any_moment_it_is_one_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
