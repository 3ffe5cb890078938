/* Filing and reading with the real agent and the real inspector. */
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
#include "base/receipt.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

static const char *
text(const json_t *j, const char *name)
{
	const char *s = json_string_value(json_object_get(j, name));

	assert_non_null(s);
	return s;
}

static void
refused(struct core_fixture *f, int r, enum err_code code, const char *tag)
{
	if (r != -(int)code || strcmp(err_name(&f->e), tag) != 0)
		fail_msg("%d %s: %s", r, err_name(&f->e), f->e.text);
}

static void
what_is_filed_is_read_back_byte_for_byte(void **state)
{
	AUTO(buf_done) struct buf pdf = { 0 }, got = { 0 };
	json_t *answer = NULL;
	char kase[ID_TEXT];
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Dupont", kase);
	core_fixture_pdf(&pdf, "contrat", 200000);
	if (core_fixture_file(f, CAMILLE, kase, "contrat-engagement", pdf.p,
		pdf.len, "stylus", NULL, &answer) < 0)
		fail_msg("%s", f->e.text);
	if (core_fixture_get(f, NOA, text(answer, "document"), 0, 0, &got) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(got.len, pdf.len);
	assert_memory_equal(got.p, pdf.p, pdf.len);
	assert_string_equal(text(answer, "level"), "stylus");
	assert_string_equal(text(answer, "indication"), "NOT-SIGNED");
	json_decref(answer);
}

static void
a_receipt_proves_the_very_file(void **state)
{
	AUTO(buf_done) struct buf pdf = { 0 };
	struct receipt *rc;
	json_t *answer = NULL;
	uint8_t sha[SHA256_LEN];
	char kase[ID_TEXT];
	const char *s;
	FIXTURE(f);

	rc = calloc(1, sizeof(*rc));
	assert_non_null(rc);
	core_fixture_case(f, CAMILLE, "Durand", kase);
	core_fixture_pdf(&pdf, "recu", 1000);
	assert_int_equal(core_fixture_file(f, CAMILLE, kase, "piece", pdf.p,
			     pdf.len, "", NULL, &answer),
	    0);
	s = text(answer, "receipt");
	assert_int_equal(receipt_parse(s, strlen(s), rc, &f->e), 0);
	if (receipt_check(rc, &f->core->public->log, &f->e) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(
	    digest_of(DIGEST_SHA256, pdf.p, pdf.len, sha, NULL), 0);
	assert_memory_equal(rc->sha256, sha, sizeof(sha));
	assert_int_equal(rc->pages[0].size, pdf.len);
	receipt_done(rc);
	free(rc);
	json_decref(answer);
}

static void
the_same_key_gives_the_first_receipt(void **state)
{
	AUTO(buf_done) struct buf pdf = { 0 };
	json_t *one = NULL, *two = NULL, *list = NULL;
	struct caller c;
	char kase[ID_TEXT];
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Martin", kase);
	core_fixture_pdf(&pdf, "une fois", 1000);
	assert_int_equal(core_fixture_file(f, CAMILLE, kase, "piece", pdf.p,
			     pdf.len, "", "key-1", &one),
	    0);
	if (core_fixture_file(f, CAMILLE, kase, "piece", pdf.p, pdf.len, "",
		"key-1", &two) < 0)
		fail_msg("%s", f->e.text);
	assert_string_equal(text(one, "document"), text(two, "document"));
	assert_int_equal(json_integer_value(json_object_get(one, "leaf")),
	    json_integer_value(json_object_get(two, "leaf")));
	c = core_fixture_caller(f, CAMILLE);
	assert_int_equal(
	    document_list(f->core, &c, kase, &f->object, &list, &f->e), 0);
	assert_int_equal(
	    json_array_size(json_object_get(list, "documents")), 1);
	json_decref(one);
	json_decref(two);
	json_decref(list);
}

/* The count of documents of a case, as its list has them. */
static size_t
count_documents(struct core_fixture *f, const char *kase)
{
	struct caller c = core_fixture_caller(f, CAMILLE);
	json_t *list = NULL;
	size_t n;

	assert_int_equal(
	    document_list(f->core, &c, kase, &f->object, &list, &f->e), 0);
	n = json_array_size(json_object_get(list, "documents"));
	json_decref(list);
	return n;
}

static int
look(struct core_fixture *f, enum person who, const struct filing *fl,
    json_t **out)
{
	struct caller c = core_fixture_caller(f, who);

	return document_look(f->core, &c, fl, &f->object, out, &f->e);
}

static void
a_look_says_what_a_filing_would_and_files_nothing(void **state)
{
	AUTO(buf_done) struct buf pdf = { 0 };
	struct filing fl = { .npages = 1,
		.level = "",
		.title = "",
		.replaces = "",
		.kind = "piece" };
	char kase[ID_TEXT], upload[ID_TEXT];
	json_t *seen = NULL, *filed = NULL;
	struct caller c;
	int again;
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Lemoine", kase);
	core_fixture_pdf(&pdf, "regard", 3000);
	core_fixture_send(f, CAMILLE, pdf.p, pdf.len, upload);
	fl.kase = kase;
	fl.pages[0] = (struct filing_page){ upload, "regard.pdf" };
	if (look(f, CAMILLE, &fl, &seen) < 0)
		fail_msg("%s", f->e.text);
	assert_string_equal(text(seen, "state"), "dry-run");
	assert_string_equal(text(seen, "indication"), "NOT-SIGNED");
	assert_true(json_integer_value(json_object_get(seen, "leaf")) > 0);
	assert_int_equal(count_documents(f, kase), 0);
	/* The upload is there still, and what is filed is what was seen. */
	c = core_fixture_caller(f, CAMILLE);
	if (document_file(f->core, &c, &fl, &f->object, &filed, &again, &f->e) <
	    0)
		fail_msg("%s", f->e.text);
	assert_string_equal(text(filed, "sha256"), text(seen, "sha256"));
	assert_int_equal(count_documents(f, kase), 1);
	json_decref(seen);
	json_decref(filed);
}

static void
a_look_refuses_what_a_filing_would_and_keeps_the_upload(void **state)
{
	AUTO(buf_done) struct buf pdf = { 0 };
	struct filing fl = { .npages = 1,
		.level = "",
		.title = "",
		.replaces = "",
		.kind = "diagnostic" };
	char kase[ID_TEXT], upload[ID_TEXT];
	json_t *seen = NULL;
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Lemaire", kase);
	core_fixture_pdf(&pdf, "essai", 3000);
	core_fixture_send(f, CAMILLE, pdf.p, pdf.len, upload);
	fl.kase = kase;
	fl.pages[0] = (struct filing_page){ upload, "essai.pdf" };
	refused(f, look(f, CAMILLE, &fl, &seen), ERR_REFUSED, "record-json");
	fl.kind = "contrat-engagement";
	refused(f, look(f, CAMILLE, &fl, &seen), ERR_REFUSED, "level");
	/* Another team's case, and somebody else's upload: no such thing. */
	refused(f, look(f, SACHA, &fl, &seen), ERR_NOT_FOUND, "not-found");
	refused(f, look(f, NOA, &fl, &seen), ERR_NOT_FOUND, "upload");
	assert_int_equal(count_documents(f, kase), 0);
	fl.kind = "piece";
	if (look(f, CAMILLE, &fl, &seen) < 0)
		fail_msg("%s", f->e.text);
	json_decref(seen);
}

static void
a_key_of_another_case_is_a_conflict(void **state)
{
	AUTO(buf_done) struct buf pdf = { 0 };
	char kase[ID_TEXT], other[ID_TEXT];
	json_t *one = NULL, *two = NULL;
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Petit", kase);
	core_fixture_case(f, CAMILLE, "Grand", other);
	core_fixture_pdf(&pdf, "x", 1000);
	assert_int_equal(core_fixture_file(f, CAMILLE, kase, "piece", pdf.p,
			     pdf.len, "", "key-2", &one),
	    0);
	refused(f,
	    core_fixture_file(
		f, CAMILLE, other, "piece", pdf.p, pdf.len, "", "key-2", &two),
	    ERR_CONFLICT, "idempotency-key");
	json_decref(one);
}

static void
a_new_version_replaces_and_the_old_one_stays(void **state)
{
	AUTO(buf_done) struct buf a = { 0 }, b = { 0 }, got = { 0 };
	char kase[ID_TEXT], upload[ID_TEXT];
	json_t *one = NULL, *two = NULL, *all = NULL;
	struct filing fl = { .npages = 1, .level = "", .title = "v2" };
	struct caller c;
	int again;
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Moreau", kase);
	core_fixture_pdf(&a, "un", 5000);
	core_fixture_pdf(&b, "deux", 9000);
	assert_int_equal(core_fixture_file(f, CAMILLE, kase, "piece", a.p,
			     a.len, "", NULL, &one),
	    0);
	core_fixture_send(f, CAMILLE, b.p, b.len, upload);
	fl.kase = kase;
	fl.kind = "piece";
	fl.replaces = text(one, "ref");
	fl.pages[0] = (struct filing_page){ upload, "b.pdf" };
	c = core_fixture_caller(f, CAMILLE);
	if (document_file(f->core, &c, &fl, &f->object, &two, &again, &f->e) <
	    0)
		fail_msg("%s", f->e.text);
	assert_int_equal(
	    json_integer_value(json_object_get(two, "version")), 2);
	assert_string_equal(text(one, "document"), text(two, "document"));
	assert_int_equal(
	    core_fixture_get(f, CAMILLE, text(one, "document"), 1, 0, &got), 0);
	assert_memory_equal(got.p, a.p, a.len);
	buf_reset(&got);
	assert_int_equal(
	    core_fixture_get(f, CAMILLE, text(one, "document"), 0, 0, &got), 0);
	assert_memory_equal(got.p, b.p, b.len);
	assert_int_equal(document_versions(f->core, &c, text(one, "document"),
			     &f->object, &all, &f->e),
	    0);
	assert_int_equal(json_array_size(json_object_get(all, "versions")), 2);
	json_decref(one);
	json_decref(two);
	json_decref(all);
}

static void
photographs_in_page_order_are_one_document(void **state)
{
	struct filing fl = { .kind = "contrat-engagement",
		.level = "",
		.title = "Contrat",
		.replaces = "",
		.npages = 3 };
	char kase[ID_TEXT], uploads[3][ID_TEXT];
	AUTO(buf_done) struct buf got = { 0 };
	json_t *answer = NULL;
	struct caller c;
	int i, again;
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Photos", kase);
	fl.kase = kase;
	for (i = 0; i < 3; i++) {
		core_fixture_send(f, CAMILLE, core_fixture_png,
		    core_fixture_png_len, uploads[i]);
		fl.pages[i] = (struct filing_page){ uploads[i], "p.png" };
	}
	c = core_fixture_caller(f, CAMILLE);
	if (document_file(
		f->core, &c, &fl, &f->object, &answer, &again, &f->e) < 0)
		fail_msg("%s", f->e.text);
	assert_string_equal(text(answer, "level"), "handwritten-scan");
	assert_int_equal(json_array_size(json_object_get(answer, "pages")), 3);
	assert_int_equal(
	    core_fixture_get(f, NOA, text(answer, "document"), 1, 2, &got), 0);
	assert_memory_equal(got.p, core_fixture_png, got.len);
	refused(f,
	    core_fixture_get(f, NOA, text(answer, "document"), 1, 3, &got),
	    ERR_NOT_FOUND, "page");
	json_decref(answer);
}

struct bad {
	const char *what, *kind, *bytes, *level;
	enum err_code code;
	const char *tag;
};

static void
bad_input_is_refused_and_nothing_is_kept(void **state)
{
	static const struct bad bad[] = {
		{ "empty", "piece", "", "", ERR_REFUSED, "empty-file" },
		{ "a text", "contrat-engagement", "bonjour\n", "stylus",
		    ERR_REFUSED, "media-type" },
		{ "a PDF not at 0", "contrat-engagement", "xx%PDF-1.4\n%%EOF\n",
		    "stylus", ERR_REFUSED, "media-type" },
		{ "no JSON", "diagnostic", "{", "", ERR_REFUSED,
		    "record-json" },
		{ "an unknown field", "diagnostic",
		    "{\"date\":\"2026-11-01\",\"surprise\":1}", "", ERR_REFUSED,
		    "record-field" },
		{ "a wrong type", "diagnostic", "{\"date\":17}", "",
		    ERR_REFUSED, "record-field" },
		{ "a duplicate", "diagnostic",
		    "{\"date\":\"2026-11-01\",\"date\":\"2026-11-02\"}", "",
		    ERR_REFUSED, "record-duplicate" },
		{ "a missing field", "diagnostic", "{}", "", ERR_REFUSED,
		    "record-incomplete" },
		{ "an unknown kind", "licorne", "x", "", ERR_DENIED,
		    "kind-unknown" },
	};
	json_t *answer = NULL, *list = NULL;
	struct caller c;
	char kase[ID_TEXT];
	size_t i;
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Mauvais", kase);
	for (i = 0; i < NELEMS(bad); i++) {
		print_message("%s\n", bad[i].what);
		refused(f,
		    core_fixture_file(f, CAMILLE, kase, bad[i].kind,
			bad[i].bytes, strlen(bad[i].bytes), bad[i].level, NULL,
			&answer),
		    bad[i].code, bad[i].tag);
	}
	c = core_fixture_caller(f, CAMILLE);
	assert_int_equal(
	    document_list(f->core, &c, kase, &f->object, &list, &f->e), 0);
	assert_int_equal(
	    json_array_size(json_object_get(list, "documents")), 0);
	json_decref(list);
}

static void
a_contract_without_a_level_is_refused(void **state)
{
	AUTO(buf_done) struct buf pdf = { 0 };
	json_t *answer = NULL;
	char kase[ID_TEXT];
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Niveau", kase);
	core_fixture_pdf(&pdf, "sans", 1000);
	refused(f,
	    core_fixture_file(f, CAMILLE, kase, "contrat-engagement", pdf.p,
		pdf.len, "", NULL, &answer),
	    ERR_REFUSED, "level");
	refused(f,
	    core_fixture_file(f, CAMILLE, kase, "contrat-engagement", pdf.p,
		pdf.len, "advanced", NULL, &answer),
	    ERR_REFUSED, "level");
}

/* One body for "no such" and "not yours": code, tag and text. */
static void
another_teams_case_answers_as_none(void **state)
{
	static const char none[] = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
	struct caller c;
	json_t *answer = NULL;
	struct err foreign;
	char kase[ID_TEXT];
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Secret", kase);
	c = core_fixture_caller(f, SACHA);
	refused(f, case_show(f->core, &c, kase, &f->object, &answer, &f->e),
	    ERR_NOT_FOUND, "not-found");
	foreign = f->e;
	refused(f, case_show(f->core, &c, none, &f->object, &answer, &f->e),
	    ERR_NOT_FOUND, "not-found");
	assert_string_equal(foreign.text, f->e.text);
	c = core_fixture_caller(f, NOBODY);
	refused(f, case_show(f->core, &c, kase, &f->object, &answer, &f->e),
	    ERR_DENIED, "nobody");
	refused(f, case_show(f->core, &c, none, &f->object, &answer, &f->e),
	    ERR_DENIED, "nobody");
	c = core_fixture_caller(f, ADMIN);
	refused(f, case_show(f->core, &c, kase, &f->object, &answer, &f->e),
	    ERR_DENIED, "no-rule");
	foreign = f->e;
	refused(f, case_show(f->core, &c, none, &f->object, &answer, &f->e),
	    ERR_DENIED, "no-rule");
	assert_string_equal(foreign.text, f->e.text);
}

static void
a_document_of_another_team_answers_as_none(void **state)
{
	static const char none[] = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
	AUTO(buf_done) struct buf pdf = { 0 }, got = { 0 };
	json_t *answer = NULL;
	char kase[ID_TEXT];
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Autre", kase);
	core_fixture_pdf(&pdf, "x", 1000);
	assert_int_equal(core_fixture_file(f, CAMILLE, kase, "piece", pdf.p,
			     pdf.len, "", NULL, &answer),
	    0);
	refused(f,
	    core_fixture_get(f, SACHA, text(answer, "document"), 0, 0, &got),
	    ERR_NOT_FOUND, "not-found");
	refused(f, core_fixture_get(f, SACHA, none, 0, 0, &got), ERR_NOT_FOUND,
	    "not-found");
	refused(f,
	    core_fixture_file(
		f, SACHA, kase, "piece", pdf.p, pdf.len, "", NULL, &answer),
	    ERR_NOT_FOUND, "not-found");
	json_decref(answer);
}

static void
references_and_beginnings_find_the_document(void **state)
{
	AUTO(buf_done) struct buf pdf = { 0 }, got = { 0 };
	json_t *answer = NULL;
	char kase[ID_TEXT], start[9];
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Refs", kase);
	core_fixture_pdf(&pdf, "r", 1000);
	assert_int_equal(core_fixture_file(f, CAMILLE, kase, "piece", pdf.p,
			     pdf.len, "", NULL, &answer),
	    0);
	assert_int_equal(
	    core_fixture_get(f, NOA, text(answer, "ref"), 0, 0, &got), 0);
	snprintf(start, sizeof(start), "%.8s", text(answer, "document"));
	buf_reset(&got);
	assert_int_equal(core_fixture_get(f, NOA, start, 0, 0, &got), 0);
	assert_int_equal(got.len, pdf.len);
	refused(f, core_fixture_get(f, NOA, "a/b", 0, 0, &got), ERR_INVALID,
	    "reference");
	json_decref(answer);
}

static void
a_sealed_vault_gives_nothing_and_comes_back(void **state)
{
	AUTO(buf_done) struct buf pdf = { 0 }, got = { 0 };
	json_t *answer = NULL;
	struct caller c;
	char kase[ID_TEXT];
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Scelle", kase);
	core_fixture_pdf(&pdf, "s", 1000);
	assert_int_equal(core_fixture_file(f, CAMILLE, kase, "piece", pdf.p,
			     pdf.len, "", NULL, &answer),
	    0);
	assert_int_equal(agent_fixture_seal(&f->agent), 0);
	core_sealed(f->core);
	refused(f,
	    core_fixture_get(f, NOA, text(answer, "document"), 0, 0, &got),
	    ERR_SEALED, "sealed");
	c = core_fixture_caller(f, CAMILLE);
	{
		struct upload *u;

		refused(f,
		    uploads_begin(f->core, &c, "aaaaaaaaaaaaaaaaaaaaaaaaaa", 0,
			&u, &f->e),
		    ERR_SEALED, "sealed");
	}
	agent_fixture_unseal(&f->agent);
	if (core_unsealed(f->core, &f->e) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(
	    core_fixture_get(f, NOA, text(answer, "document"), 0, 0, &got), 0);
	json_decref(answer);
}

static void
a_forgotten_document_is_a_tombstone(void **state)
{
	AUTO(buf_done) struct buf pdf = { 0 }, got = { 0 }, numbers = { 0 };
	json_t *answer = NULL, *shown = NULL;
	struct document_facts doc;
	struct caller c;
	char kase[ID_TEXT];
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Oubli", kase);
	core_fixture_pdf(&pdf, "o", 1000);
	assert_int_equal(core_fixture_file(f, CAMILLE, kase, "piece", pdf.p,
			     pdf.len, "", NULL, &answer),
	    0);
	{
		AUTO(tx_end) struct tx tx = { 0 };

		assert_int_equal(tx_begin(f->core->catalog, &tx, &f->e), 0);
		assert_int_equal(
		    document_find(&tx, text(answer, "document"), &doc, &f->e),
		    0);
		assert_int_equal(
		    document_key_numbers(&tx, &doc.id, &numbers, &f->e), 0);
		assert_int_equal(numbers.len, 2 * sizeof(uint64_t));
		assert_int_equal(document_forget(&tx, &doc.id, &f->e), 0);
		assert_int_equal(tx_commit(&tx, &f->e), 0);
	}
	refused(f,
	    core_fixture_get(f, NOA, text(answer, "document"), 0, 0, &got),
	    ERR_NOT_FOUND, "erased");
	c = core_fixture_caller(f, CAMILLE);
	assert_int_equal(document_show(f->core, &c, text(answer, "document"),
			     &f->object, &shown, &f->e),
	    0);
	assert_string_equal(text(shown, "state"), "erased");
	json_decref(answer);
	json_decref(shown);
}

/* --- a file that somebody signed -------------------------------------------
 */

#define EC "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"

/* In the vault's folder, quietly. */
static void
run(struct core_fixture *f, const char *const *argv)
{
	int status = -1, null;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (chdir(f->agent.dir) < 0 || null < 0 ||
		    dup2(null, STDERR_FILENO) < 0)
			_exit(126);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* An authority that the rules know, one that they do not, a signer of each,
 * and a document that each signed. */
static void
sign_documents(struct core_fixture *f)
{
	static const char script[] =
	    SCEAU_SOURCE "/tests/integration/material/sign_pdf.py";
	static const char *const names[][4] = {
		{ "policy/anchors.pem", "ca.key", "known", "known.pdf" },
		{ "other.pem", "other.key", "stranger", "stranger.pdf" },
	};
	char key[32], cert[32];
	size_t i;

	for (i = 0; i < NELEMS(names); i++) {
		const char *const *n = names[i];
		const char *const ca[] = { "openssl", "req", "-x509", EC,
			"-days", "30", "-subj", "/CN=Autorite", "-addext",
			"keyUsage=critical,keyCertSign,cRLSign", "-keyout",
			n[1], "-out", n[0], NULL };
		const char *const signer[] = { "openssl", "req", "-x509", EC,
			"-days", "30", "-subj", "/CN=Foyer exemple", "-CA",
			n[0], "-CAkey", n[1], "-addext",
			"basicConstraints=critical,CA:FALSE", "-addext",
			"keyUsage=critical,digitalSignature,nonRepudiation",
			"-keyout", key, "-out", cert, NULL };
		const char *const sign[] = { "python3", "-B", script, "--out",
			n[3], "--line", "Nous nous engageons.", "--key", key,
			"--cert", cert, "--cades", NULL };

		snprintf(key, sizeof(key), "%s.key", n[2]);
		snprintf(cert, sizeof(cert), "%s.pem", n[2]);
		run(f, ca);
		run(f, signer);
		run(f, sign);
	}
}

static int
signed_setup(void **state)
{
	struct core_fixture *f = calloc(1, sizeof(*f));

	if (f == NULL || !core_fixture_init(f)) {
		free(f);
		*state = NULL;
		return 0;
	}
	sign_documents(f);
	core_fixture_open(f);
	*state = f;
	return 0;
}

static int
signed_teardown(void **state)
{
	struct core_fixture *f = *state;

	if (f != NULL)
		core_fixture_done(f);
	free(f);
	return 0;
}

static void
read_signed(struct core_fixture *f, const char *name, struct buf *out)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", f->agent.dir, name);
	assert_int_equal(file_read(AT_FDCWD, path, 1u << 20, out, NULL), 0);
}

static const json_t *
first_verdict(const json_t *answer)
{
	const json_t *all = json_object_get(answer, "verdicts");

	assert_int_equal(json_array_size(all), 1);
	return json_array_get(all, 0);
}

/* No level is said: the signature is what it is worth. */
static void
a_signed_contract_is_filed_with_its_verdict(void **state)
{
	AUTO(buf_done) struct buf pdf = { 0 }, got = { 0 };
	json_t *answer = NULL;
	char kase[ID_TEXT];
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Foyer exemple", kase);
	read_signed(f, "known.pdf", &pdf);
	if (core_fixture_file(f, CAMILLE, kase, "contrat-engagement", pdf.p,
		pdf.len, "", NULL, &answer) < 0)
		fail_msg("%s", f->e.text);
	assert_string_equal(text(answer, "indication"), "TOTAL-PASSED");
	assert_non_null(
	    strstr(text(first_verdict(answer), "signer"), "Foyer exemple"));
	if (core_fixture_get(f, NOA, text(answer, "document"), 0, 0, &got) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(got.len, pdf.len);
	assert_memory_equal(got.p, pdf.p, pdf.len);
	json_decref(answer);
}

/* One byte of what was signed; then of what nobody's word is known for. */
static void
a_wrong_signature_is_refused_and_a_strangers_never_passes(void **state)
{
	AUTO(buf_done) struct buf pdf = { 0 }, other = { 0 };
	json_t *answer = NULL;
	char kase[ID_TEXT];
	uint8_t *at;
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Foyer exemple", kase);
	read_signed(f, "known.pdf", &pdf);
	at = memmem(pdf.p, pdf.len, "MediaBox [0 0 595", 17);
	assert_non_null(at);
	at[16] = '6';
	refused(f,
	    core_fixture_file(f, CAMILLE, kase, "contrat-engagement", pdf.p,
		pdf.len, "", NULL, &answer),
	    ERR_REFUSED, "signature-failed");
	assert_null(answer);
	read_signed(f, "stranger.pdf", &other);
	if (core_fixture_file(f, CAMILLE, kase, "piece", other.p, other.len, "",
		NULL, &answer) < 0)
		fail_msg("%s", f->e.text);
	assert_string_equal(text(answer, "indication"), "INDETERMINATE");
	assert_string_equal(text(first_verdict(answer), "sub_indication"),
	    "NO_CERTIFICATE_CHAIN_FOUND");
	json_decref(answer);
}

#define SIGNED(name)                                                           \
	cmocka_unit_test_setup_teardown(name, signed_setup, signed_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_filed_is_read_back_byte_for_byte),
		cmocka_unit_test(a_receipt_proves_the_very_file),
		cmocka_unit_test(the_same_key_gives_the_first_receipt),
		cmocka_unit_test(
		    a_look_says_what_a_filing_would_and_files_nothing),
		cmocka_unit_test(
		    a_look_refuses_what_a_filing_would_and_keeps_the_upload),
		cmocka_unit_test(a_key_of_another_case_is_a_conflict),
		cmocka_unit_test(a_new_version_replaces_and_the_old_one_stays),
		cmocka_unit_test(photographs_in_page_order_are_one_document),
		cmocka_unit_test(bad_input_is_refused_and_nothing_is_kept),
		cmocka_unit_test(a_contract_without_a_level_is_refused),
		cmocka_unit_test(another_teams_case_answers_as_none),
		cmocka_unit_test(a_document_of_another_team_answers_as_none),
		cmocka_unit_test(references_and_beginnings_find_the_document),
		cmocka_unit_test(a_sealed_vault_gives_nothing_and_comes_back),
		cmocka_unit_test(a_forgotten_document_is_a_tombstone),
		SIGNED(a_signed_contract_is_filed_with_its_verdict),
		SIGNED(
		    a_wrong_signature_is_refused_and_a_strangers_never_passes),
	};

	return cmocka_run_group_tests(
	    tests, core_fixture_setup, core_fixture_teardown);
}
