/*
 * Scans of paper: their provenance is signed by who files them, kept with the
 * version and shown; a second person of the team checks, at once or later,
 * and until then it is due to everybody else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/sshsig.h"
#include "base/text.h"
#include "daemon/core/due.h"
#include "daemon/core/plan.h"
#include "tests/unit/core/extract_scene.h"

#define CANARY "CANARI-ARMOIRE"

#define SCENE(s, f)                                                            \
	struct core_fixture *f = *state;                                       \
	struct scene s;                                                        \
	if (f == NULL)                                                         \
		skip();                                                        \
	scene_init(&s, f);                                                     \
	core_fixture_case(f, CAMILLE, "Exemple", s.kase)

static void
refused(struct core_fixture *f, int r, enum err_code code, const char *tag)
{
	if (r != -(int)code || strcmp(err_name(&f->e), tag) != 0)
		fail_msg(
		    "%d %s: %s, not %s", r, err_name(&f->e), f->e.text, tag);
	f->e = (struct err){ 0 };
}

static void
sign(enum person who, const char *ns, const struct buf *text, struct buf *out)
{
	uint8_t seed[32];

	core_fixture_seed(who, seed);
	buf_reset(out);
	assert_int_equal(
	    sshsig_sign(seed, ns, text->p, text->len, out, NULL), 0);
}

/* --- filing --------------------------------------------------------------- */

struct said {
	struct scan_page page;
	char at[TIME_TEXT];
	const char *ns, *level, *kind;
	enum person key;
	int other;	 /* of another file */
	const char *lie; /* what is said of the device once it is signed */
};

static struct said
good(struct core_fixture *f)
{
	struct said s = {
		.page = { .by = "jade.exemple",
		    .at_ms = core_now(f->core) / 1000 * 1000,
		    .device = "Photocopieur du premier",
		    .paper_at = CANARY " 3",
		    .resolution = 300,
		    .pages = 1,
		    .originals = 2,
		    .given_to = { "le ménage" },
		    .ngiven = 1 },
		.ns = SCAN_NAMESPACE,
		.level = "handwritten-scan",
		.kind = "contrat-engagement",
		.key = JURIST,
	};

	return s;
}

static void
sign_said(struct core_fixture *f, struct said *s, struct buf *signature)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct receipt_page p = { .size = core_fixture_png_len };

	assert_int_equal(
	    digest_of(DIGEST_SHA256, core_fixture_png,
		core_fixture_png_len - (size_t)s->other, p.sha256, NULL),
	    0);
	assert_int_equal(
	    receipt_document_sha256(&p, 1, s->page.sha256, NULL), 0);
	if (scan_page_format(&s->page, &text, &f->e) < 0)
		assert_int_equal(buf_addstr(&text, "?", NULL), 0);
	f->e = (struct err){ 0 };
	sign(s->key, s->ns, &text, signature);
	time_format(s->page.at_ms, s->at);
}

/* The picture, by the jurist; s NULL: nothing is said of it. */
static int
file(struct scene *s, struct said *said, const char *replaces,
    char document[ID_TEXT])
{
	AUTO(buf_done) struct buf signature = { 0 };
	struct core_fixture *f = s->f;
	struct caller c = core_fixture_caller(f, JURIST);
	struct filing g = {
		.kase = s->kase,
		.kind = said != NULL ? said->kind : "contrat-engagement",
		.level = said != NULL ? said->level : "handwritten-scan",
		.title = "",
		.replaces = replaces,
		.npages = 1,
	};
	char upload[ID_TEXT];
	json_t *answer = NULL;
	int again, r;

	core_fixture_send(
	    f, JURIST, core_fixture_png, core_fixture_png_len, upload);
	g.pages[0] = (struct filing_page){ upload, "page.png" };
	if (said != NULL) {
		sign_said(f, said, &signature);
		g.scan.page = said->page;
		g.scan.page.by = NULL;
		if (said->lie != NULL)
			g.scan.page.device = said->lie;
		memset(g.scan.page.sha256, 0, SHA256_LEN);
		g.scan.scanned_at = said->at;
		g.scan.signature = buf_str(&signature);
	}
	r = document_file(f->core, &c, &g, &f->object, &answer, &again, &f->e);
	if (r == 0)
		snprintf(document, ID_TEXT, "%s",
		    json_string_value(json_object_get(answer, "document")));
	json_decref(answer);
	return r;
}

static void
must_file(struct scene *s, struct said *said, const char *replaces,
    char document[ID_TEXT])
{
	if (file(s, said, replaces, document) < 0)
		fail_msg("%s: %s", err_name(&s->f->e), s->f->e.text);
}

static json_t *
show(struct scene *s, const char *document)
{
	struct caller c = core_fixture_caller(s->f, CAMILLE);
	json_t *j = NULL;

	if (document_show(
		s->f->core, &c, document, &s->f->object, &j, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	return j;
}

static const char *
state_of(struct scene *s, const char *document)
{
	static char text[32];
	json_t *j = show(s, document);
	const char *state = json_string_value(
	    json_object_get(json_object_get(j, "scan_check"), "state"));

	snprintf(text, sizeof(text), "%s", state != NULL ? state : "-");
	json_decref(j);
	return text;
}

static void
provenance_is_kept_with_the_very_page_that_was_signed(void **state)
{
	AUTO(buf_done) struct buf key = { 0 };
	char document[ID_TEXT];
	struct said said;
	const char *text, *armored;
	json_t *j, *p;
	SCENE(s, f);

	said = good(f);
	must_file(&s, &said, "", document);
	j = show(&s, document);
	p = json_object_get(j, "provenance");
	text = json_string_value(json_object_get(p, "text"));
	armored = json_string_value(json_object_get(p, "signature"));
	assert_non_null(text);
	assert_int_equal(sshsig_verify(armored, strlen(armored), SCAN_NAMESPACE,
			     text, strlen(text), &key, NULL, NULL),
	    0);
	assert_non_null(strstr(text, "\npaper-at " CANARY " 3\n"));
	assert_non_null(strstr(text, "\noriginals 2\noriginal-to le ménage\n"));
	assert_non_null(
	    strstr(text, json_string_value(json_object_get(j, "sha256"))));
	assert_string_equal(json_string_value(json_object_get(p, "scanned_by")),
	    "jade.exemple");
	json_decref(j);
}

static void
what_is_not_so_is_refused(void **state)
{
	char document[ID_TEXT], text[SCAN_TEXT_MAX + 2];
	struct said said;
	size_t i;
	SCENE(s, f);

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (i = 0; i < 16; i++) {
		static const struct {
			enum err_code code;
			const char *tag;
		} want[] = {
			{ ERR_REFUSED, "provenance-signature" },
			{ ERR_REFUSED, "provenance-signature" },
			{ ERR_REFUSED, "provenance-signature" },
			{ ERR_REFUSED, "provenance-signature" },
			{ ERR_REFUSED, "provenance-signature" },
			{ ERR_REFUSED, "provenance-level" },
			{ ERR_REFUSED, "provenance-level" },
			{ ERR_REFUSED, "provenance-pages" },
			{ ERR_REFUSED, "provenance-time" },
			{ ERR_INVALID, "provenance" },
			{ ERR_INVALID, "provenance" },
			{ ERR_INVALID, "provenance" },
			{ ERR_INVALID, "provenance" },
			{ ERR_INVALID, "provenance" },
			{ ERR_INVALID, "provenance" },
			{ ERR_INVALID, "provenance" },
		};
		said = good(f);
		switch (i) {
		case 0: /* somebody else's key */
			said.key = DIRECTOR;
			break;
		case 1: /* nobody's */
			said.key = NOBODY;
			break;
		case 2: /* of another file */
			said.other = 1;
			break;
		case 3: /* what was signed for something else */
			said.ns = "sceau-approval";
			break;
		case 4: /* other words than those that were signed */
			said.lie = "Autre appareil";
			break;
		case 5:
			said.level = "stylus";
			break;
		case 6: /* a kind that is not signed */
			said.kind = "piece";
			said.level = "oral-witnessed";
			break;
		case 7:
			said.page.pages = 2;
			break;
		case 8:
			said.page.at_ms += 2 * 3600 * 1000;
			break;
		case 9: /* a second line in a text */
			said.page.device = "a\noriginals 9";
			break;
		case 10:
			said.page.paper_at = "";
			break;
		case 11:
			said.page.paper_at = text;
			break;
		case 12:
			said.page.originals = 0;
			break;
		case 13: /* more are given than there are */
			said.page.originals = 1;
			said.page.given_to[1] = "le bailleur";
			said.page.ngiven = 2;
			break;
		case 14:
			said.page.resolution = SCAN_RESOLUTION_MAX + 1;
			break;
		case 15:
			said.page.device = "\xff";
			break;
		}
		refused(f, file(&s, &said, "", document), want[i].code,
		    want[i].tag);
	}
}

static void
nothing_of_it_is_in_clear_in_the_catalog(void **state)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	char document[ID_TEXT];
	struct said said;
	const char *sealed;
	size_t n;
	SCENE(s, f);

	said = good(f);
	must_file(&s, &said, "", document);
	assert_int_equal(tx_read(f->core->catalog, &tx, NULL), 0);
	assert_int_equal(
	    sql_open(&tx, "SELECT sealed FROM version", &q, NULL), 0);
	while (sql_step(q, NULL) > 0) {
		sealed = sql_get_blob(q, 0, &n);
		assert_null(memmem(sealed, n, CANARY, strlen(CANARY)));
	}
}

/* --- checking ------------------------------------------------------------- */

static int
check_by(struct scene *s, enum person who, enum person key,
    const char *document, const char *finding, uint32_t version)
{
	AUTO(buf_done) struct buf text = { 0 }, signature = { 0 };
	struct core_fixture *f = s->f;
	struct caller c = core_fixture_caller(f, who);
	json_t *j = show(s, document), *answer = NULL;
	struct scan_check_page p = {
		.version = version,
		.finding = finding,
		.by = c.actor.account,
	};
	struct scan_checking x = { document, finding, NULL };
	int r;

	assert_int_equal(id_parse(document, &p.document, NULL), 0);
	assert_int_equal(
	    hex_parse(json_string_value(json_object_get(j, "sha256")), p.sha256,
		SHA256_LEN, NULL),
	    0);
	json_decref(j);
	if (scan_check_page_format(&p, &text, NULL) < 0)
		assert_int_equal(buf_addstr(&text, "?", NULL), 0);
	sign(key, SCAN_CHECK_NAMESPACE, &text, &signature);
	x.signature = buf_str(&signature);
	r = scan_check(f->core, &c, &x, &f->object, &answer, &f->e);
	json_decref(answer);
	return r;
}

/* A scan that Camille filed, of whose provenance she said nothing. */
static void
camille_files(struct scene *s, char document[ID_TEXT])
{
	scene_file(s, "contrat-engagement", core_fixture_png,
	    core_fixture_png_len, "handwritten-scan", document);
}

/* How many lines of it, in this state, this person has to do. */
static size_t
due_lines(struct scene *s, enum person who, const char *state)
{
	struct caller c = core_fixture_caller(s->f, who);
	json_t *answer = NULL, *l;
	size_t i, n = 0;

	assert_int_equal(due(s->f->core, &c, 0, &answer, &s->f->e), 0);
	json_array_foreach(json_object_get(answer, "due"), i, l)
	{
		if (strcmp(json_string_value(json_object_get(l, "what")),
			"scan-check") == 0 &&
		    strcmp(json_string_value(json_object_get(l, "case")),
			s->kase) == 0)
			n += strcmp(
				 json_string_value(json_object_get(l, "state")),
				 state) == 0;
	}
	json_decref(answer);
	return n;
}

static void
a_scan_waits_for_somebody_else(void **state)
{
	char document[ID_TEXT];
	SCENE(s, f);

	camille_files(&s, document);
	assert_string_equal(state_of(&s, document), "unchecked");
	assert_int_equal(due_lines(&s, CAMILLE, "unchecked"), 0);
	assert_int_equal(due_lines(&s, JURIST, "unchecked"), 1);
	assert_int_equal(due_lines(&s, NOA, "unchecked"), 1);
	assert_int_equal(due_lines(&s, SACHA, "unchecked"), 0);
	if (check_by(&s, JURIST, JURIST, document, "faithful", 1) < 0)
		fail_msg("%s: %s", err_name(&f->e), f->e.text);
	assert_string_equal(state_of(&s, document), "faithful");
	assert_int_equal(due_lines(&s, JURIST, "unchecked"), 0);
	/* The same again is the first; another finding is too late. */
	assert_int_equal(
	    check_by(&s, JURIST, JURIST, document, "faithful", 1), 0);
	refused(f, check_by(&s, JURIST, JURIST, document, "not", 1),
	    ERR_CONFLICT, "scan-checked");
}

static void
an_unfaithful_one_is_due_until_it_is_scanned_again(void **state)
{
	char document[ID_TEXT], again[ID_TEXT];
	SCENE(s, f);

	camille_files(&s, document);
	assert_int_equal(check_by(&s, JURIST, JURIST, document, "not", 1), 0);
	assert_int_equal(due_lines(&s, CAMILLE, "not"), 1);
	must_file(&s, NULL, document, again);
	assert_string_equal(again, document);
	assert_int_equal(due_lines(&s, CAMILLE, "not"), 0);
	/* By the jurist this time: it is Camille's to look at. */
	assert_int_equal(due_lines(&s, CAMILLE, "unchecked"), 1);
	assert_int_equal(due_lines(&s, JURIST, "unchecked"), 0);
}

static void
who_may_not_check_is_told_why(void **state)
{
	char document[ID_TEXT], own[ID_TEXT], none[ID_TEXT];
	struct said said;
	SCENE(s, f);

	camille_files(&s, document);
	said = good(f);
	must_file(&s, &said, "", own);
	refused(f, check_by(&s, JURIST, JURIST, own, "faithful", 1),
	    ERR_REFUSED, "scan-own");
	refused(f, check_by(&s, NOA, JURIST, document, "faithful", 1),
	    ERR_REFUSED, "scan-signature");
	refused(f, check_by(&s, JURIST, DIRECTOR, document, "faithful", 1),
	    ERR_REFUSED, "scan-signature");
	/* Signed for another version. */
	refused(f, check_by(&s, JURIST, JURIST, document, "faithful", 2),
	    ERR_REFUSED, "scan-signature");
	refused(f, check_by(&s, JURIST, JURIST, document, "peut-être", 1),
	    ERR_INVALID, "scan-finding");
	refused(f, check_by(&s, SACHA, JURIST, document, "faithful", 1),
	    ERR_NOT_FOUND, "not-found");
	scene_file(
	    &s, "piece", core_fixture_png, core_fixture_png_len, "", none);
	assert_string_equal(state_of(&s, none), "-");
	refused(f, check_by(&s, JURIST, JURIST, none, "faithful", 1),
	    ERR_CONFLICT, "scan-none");
	assert_string_equal(state_of(&s, document), "unchecked");
}

static void
it_goes_with_the_document(void **state)
{
	AUTO(sql_done) struct sql *q = NULL;
	AUTO(tx_end) struct tx tx = { 0 };
	char document[ID_TEXT];
	struct id id;
	SCENE(s, f);

	camille_files(&s, document);
	assert_int_equal(id_parse(document, &id, NULL), 0);
	assert_int_equal(tx_begin(f->core->catalog, &tx, NULL), 0);
	assert_int_equal(document_forget(&tx, &id, NULL), 0);
	assert_int_equal(
	    sql_open(&tx, "SELECT 1 FROM scan WHERE document = ?", &q, NULL),
	    0);
	assert_int_equal(sql_id(q, 1, &id, NULL), 0);
	assert_int_equal(sql_step(q, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    provenance_is_kept_with_the_very_page_that_was_signed),
		cmocka_unit_test(what_is_not_so_is_refused),
		cmocka_unit_test(nothing_of_it_is_in_clear_in_the_catalog),
		cmocka_unit_test(a_scan_waits_for_somebody_else),
		cmocka_unit_test(
		    an_unfaithful_one_is_due_until_it_is_scanned_again),
		cmocka_unit_test(who_may_not_check_is_told_why),
		cmocka_unit_test(it_goes_with_the_document),
	};

	return cmocka_run_group_tests(
	    tests, extract_setup, core_fixture_teardown);
}
