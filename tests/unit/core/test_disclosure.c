/*
 * Consent and disclosure through the real core: what goes, what stays, and
 * what a withdrawal stops. Containers are opened with stock openssl.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "daemon/core/consent.h"
#include "daemon/core/cut.h"
#include "daemon/core/disclosure.h"
#include "daemon/core/notice.h"
#include "tests/unit/core/core_fixture.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

static const char record[] =
    "{\"date\":\"2026-11-02\",\"identite\":{\"nom\":\"Durand\","
    "\"prenom\":\"Alix\",\"numero-allocataire\":\"0000001\","
    "\"titulaires\":[{\"nom\":\"Durand\",\"prenom\":\"Alix\"}]},"
    "\"dette\":{\"montant\":2150.40},"
    "\"recit\":\"CANARI-RECIT ne part jamais\"}";

/* Run a program with these words in the vault's folder; its exit status. */
static int
run(struct core_fixture *f, const char *const *argv)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (chdir(f->agent.dir) < 0)
			_exit(126);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
make_certificate(struct core_fixture *f, const char *name, const char *kind)
{
	char key[64], cert[64], path[512];
	const char *const req[] = { "openssl", "req", "-x509", "-newkey", kind,
		"-pkeyopt",
		strcmp(kind, "ec") == 0 ? "ec_paramgen_curve:P-256"
					: "rsa_keygen_bits:2048",
		"-nodes", "-subj", "/CN=partenaire fictif", "-days", "30",
		"-keyout", key, "-out", cert, NULL };

	snprintf(path, sizeof(path), "%s/policy/certificates", f->agent.dir);
	assert_int_equal(dir_make(AT_FDCWD, path, 0755, NULL), 0);
	snprintf(key, sizeof(key), "%s.key", name);
	snprintf(cert, sizeof(cert), "policy/certificates/%s.pem", name);
	assert_int_equal(run(f, req), 0);
}

struct scene {
	struct core_fixture *f;
	char kase[ID_TEXT], evidence[ID_TEXT], record[ID_TEXT];
	struct caller camille, caf, ccapex;
};

static void
file(struct scene *s, const char *kind, const void *p, size_t n,
    const char *level, char out[ID_TEXT])
{
	json_t *answer = NULL;

	if (core_fixture_file(
		s->f, CAMILLE, s->kase, kind, p, n, level, NULL, &answer) < 0)
		fail_msg("%s: %s", kind, s->f->e.text);
	snprintf(out, ID_TEXT, "%s",
	    json_string_value(json_object_get(answer, "document")));
	json_decref(answer);
}

static void
scene_init(struct scene *s, struct core_fixture *f)
{
	s->f = f;
	make_certificate(f, "caf", "rsa");
	make_certificate(f, "ccapex", "ec");
	core_fixture_case(f, CAMILLE, "Durand", s->kase);
	file(s, "consentement", core_fixture_png, core_fixture_png_len,
	    "handwritten-scan", s->evidence);
	file(s, "diagnostic", record, sizeof(record) - 1, "", s->record);
	s->camille = core_fixture_caller(f, CAMILLE);
	s->caf = core_fixture_caller(f, CAF);
	s->caf.partner_door = 1;
	s->ccapex = core_fixture_caller(f, CCAPEX);
	s->ccapex.partner_door = 1;
}

static int
give(struct scene *s, const char *purpose, char consent[ID_TEXT])
{
	struct consent_giving g = {
		.kase = s->kase,
		.purposes = { purpose },
		.npurposes = 1,
		.method = "handwritten",
		.evidence = s->evidence,
		.given_on = "",
		.language = "fr",
		.interpreter = "",
		.witness = "",
		.place = "",
	};
	json_t *answer = NULL;
	int r;

	r = consent_give(
	    s->f->core, &s->camille, &g, &s->f->object, &answer, &s->f->e);
	if (r == 0)
		snprintf(consent, ID_TEXT, "%s",
		    json_string_value(json_object_get(
			json_array_get(json_object_get(answer, "consents"), 0),
			"consent")));
	json_decref(answer);
	return r;
}

static int
release(
    struct scene *s, const char *to, const char *purpose, char extract[ID_TEXT])
{
	const struct extract_asking a = { .kase = s->kase, .recipient = to };
	json_t *answer = NULL;
	int r;

	s->camille.purpose = purpose;
	r = extract_release(
	    s->f->core, &s->camille, &a, &s->f->object, &answer, &s->f->e);
	s->camille.purpose = NULL;
	if (r == 0)
		snprintf(extract, ID_TEXT, "%s",
		    json_string_value(json_object_get(answer, "extract")));
	json_decref(answer);
	return r;
}

static int
pull(struct scene *s, struct caller *who, const char *extract, struct buf *out)
{
	uint64_t leaf;

	return partner_pull(
	    s->f->core, who, extract, &s->f->object, out, &leaf, &s->f->e);
}

static int
withdraw(struct scene *s, const char *consent, json_t **answer)
{
	return consent_withdraw(s->f->core, &s->camille, consent, "visite", "",
	    &s->f->object, answer, &s->f->e);
}

/* The payload as stock openssl opens and verifies it. */
static json_t *
open_stock(struct scene *s, const struct buf *container, const char *who)
{
	AUTO(buf_done) struct buf payload = { 0 };
	char key[64], cert[96], path[512];
	const char *const decrypt[] = { "openssl", "cms", "-decrypt", "-inform",
		"DER", "-in", "c.p7m", "-inkey", key, "-recip", cert, "-binary",
		"-out", "signed.der", NULL };
	const char *const verify[] = { "openssl", "cms", "-verify", "-cades",
		"-inform", "DER", "-in", "signed.der", "-CAfile", "vault.pem",
		"-purpose", "any", "-binary", "-out", "payload.json", NULL };
	const char *const x509[] = { "openssl", "x509", "-inform", "DER", "-in",
		"vault.der", "-out", "vault.pem", NULL };
	const struct buf *vault = &s->f->core->public->certificate;
	json_t *j;

	snprintf(key, sizeof(key), "%s.key", who);
	snprintf(cert, sizeof(cert), "policy/certificates/%s.pem", who);
	snprintf(path, sizeof(path), "%s/c.p7m", s->f->agent.dir);
	assert_int_equal(file_write(AT_FDCWD, path, container->p,
			     container->len, 0600, NULL),
	    0);
	snprintf(path, sizeof(path), "%s/vault.der", s->f->agent.dir);
	assert_int_equal(
	    file_write(AT_FDCWD, path, vault->p, vault->len, 0600, NULL), 0);
	assert_int_equal(run(s->f, x509), 0);
	assert_int_equal(run(s->f, decrypt), 0);
	assert_int_equal(run(s->f, verify), 0);
	snprintf(path, sizeof(path), "%s/payload.json", s->f->agent.dir);
	assert_int_equal(
	    file_read(AT_FDCWD, path, 1u << 20, &payload, NULL), 0);
	assert_null(strstr(buf_str(&payload), "CANARI-RECIT"));
	j = json_loadb((const char *)payload.p, payload.len, 0, NULL);
	assert_non_null(j);
	return j;
}

/* --- the tests ----------------------------------------------------------- */

static void
without_consent_the_caf_gets_nothing_and_the_rule_is_named(void **state)
{
	char extract[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(
	    release(&s, "caf", "maintien-aide-logement", extract), -ERR_DENIED);
	assert_string_equal(err_name(&f->e), "consent-missing");
	assert_non_null(strstr(f->e.text, "caf-aide-logement"));
}

static void
the_ccapex_extract_goes_on_its_legal_basis(void **state)
{
	AUTO(buf_done) struct buf container = { 0 };
	char extract[ID_TEXT];
	json_t *j, *fields;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	if (release(&s, "ccapex", "examen-ccapex", extract) < 0)
		fail_msg("%s", f->e.text);
	if (pull(&s, &s.ccapex, extract, &container) < 0)
		fail_msg("%s", f->e.text);
	j = open_stock(&s, &container, "ccapex");
	fields = json_object_get(json_object_get(j, "content"), "fields");
	assert_true(
	    json_real_value(json_object_get(fields, "dette.montant")) > 2150);
	assert_null(json_object_get(fields, "allocataire.numero"));
	json_decref(j);
}

static void
a_given_consent_lets_exactly_the_rules_fields_go(void **state)
{
	AUTO(buf_done) struct buf container = { 0 };
	char consent[ID_TEXT], extract[ID_TEXT];
	json_t *j, *fields, *preview = NULL, *held;
	struct scene s;
	size_t i, seen = 0;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(give(&s, "partage:caf", consent), 0);
	if (extract_preview(f->core, &s.camille,
		&(struct extract_asking){ .kase = s.kase, .recipient = "caf" },
		&f->object, &preview, &f->e) < 0)
		fail_msg("%s", f->e.text);
	json_array_foreach(json_object_get(preview, "withheld"), i,
	    held) if (strcmp(json_string_value(json_object_get(held, "path")),
			  "recit") == 0) seen =
	    strstr(json_string_value(json_object_get(held, "why")), "never") !=
	    NULL;
	assert_int_equal(seen, 1);
	json_decref(preview);
	if (release(&s, "caf", "maintien-aide-logement", extract) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(pull(&s, &s.caf, extract, &container), 0);
	j = open_stock(&s, &container, "caf");
	fields = json_object_get(json_object_get(j, "content"), "fields");
	assert_string_equal(
	    json_string_value(json_object_get(fields, "allocataire.numero")),
	    "0000001");
	assert_int_equal(json_object_size(fields), 4);
	json_decref(j);
}

static void
a_withdrawal_stops_the_next_pull_at_once(void **state)
{
	AUTO(buf_done) struct buf one = { 0 }, two = { 0 };
	char consent[ID_TEXT], pulled[ID_TEXT], waiting[ID_TEXT];
	json_t *answer = NULL, *notices = NULL;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(give(&s, "partage:caf", consent), 0);
	assert_int_equal(
	    release(&s, "caf", "maintien-aide-logement", pulled), 0);
	assert_int_equal(
	    release(&s, "caf", "maintien-aide-logement", waiting), 0);
	assert_int_equal(pull(&s, &s.caf, pulled, &one), 0);
	/* Lines break: the same bytes again. */
	assert_int_equal(pull(&s, &s.caf, pulled, &two), 0);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.p, two.p, one.len);
	if (withdraw(&s, consent, &answer) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(
	    json_array_size(json_object_get(answer, "cancelled")), 1);
	assert_int_equal(
	    json_array_size(json_object_get(answer, "notices")), 1);
	json_decref(answer);
	assert_int_equal(pull(&s, &s.caf, waiting, &two), -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "extract-withdrawn");
	assert_int_equal(pull(&s, &s.caf, pulled, &two), -ERR_CONFLICT);
	assert_int_equal(
	    release(&s, "caf", "maintien-aide-logement", waiting), -ERR_DENIED);
	assert_int_equal(notice_deliver(f->core, &s.caf, &notices, &f->e), 0);
	assert_int_equal(
	    json_array_size(json_object_get(notices, "notices")), 1);
	json_decref(notices);
	answer = NULL;
	assert_int_equal(withdraw(&s, consent, &answer), -ERR_CONFLICT);
}

static void
another_partners_extract_is_like_one_that_is_not(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char extract[ID_TEXT], unknown[ID_TEXT];
	struct err first;
	struct scene s;
	struct id id;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(release(&s, "ccapex", "examen-ccapex", extract), 0);
	assert_int_equal(pull(&s, &s.caf, extract, &out), -ERR_NOT_FOUND);
	first = f->e;
	assert_int_equal(id_random(&id, NULL), 0);
	id_format(&id, unknown);
	assert_int_equal(pull(&s, &s.caf, unknown, &out), -ERR_NOT_FOUND);
	assert_string_equal(first.text, f->e.text);
	assert_int_equal(out.len, 0);
}

static void
acknowledged_is_the_end(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char extract[ID_TEXT];
	json_t *answer = NULL;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(release(&s, "ccapex", "examen-ccapex", extract), 0);
	/* Not before it was pulled. */
	assert_int_equal(partner_ack(f->core, &s.ccapex, extract, &f->object,
			     &answer, &f->e),
	    -ERR_CONFLICT);
	assert_int_equal(pull(&s, &s.ccapex, extract, &out), 0);
	assert_int_equal(partner_ack(f->core, &s.ccapex, extract, &f->object,
			     &answer, &f->e),
	    0);
	json_decref(answer);
	assert_int_equal(pull(&s, &s.ccapex, extract, &out), -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "extract-acknowledged");
}

/* A new version of a document of the scene. */
static void
rectify(struct scene *s, const char *document)
{
	struct filing g = {
		.kase = s->kase,
		.kind = "diagnostic",
		.level = "",
		.title = "",
		.replaces = document,
		.npages = 1,
	};
	char upload[ID_TEXT];
	json_t *answer = NULL;
	int again;

	core_fixture_send(s->f, CAMILLE, record, sizeof(record) - 1, upload);
	g.pages[0].upload = upload;
	g.pages[0].name = "diagnostic.json";
	if (document_file(s->f->core, &s->camille, &g, &s->f->object, &answer,
		&again, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	assert_int_equal(
	    json_integer_value(json_object_get(answer, "version")), 2);
	json_decref(answer);
}

static void
a_rectified_source_cancels_what_waits(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char waiting[ID_TEXT], pulled[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(release(&s, "ccapex", "examen-ccapex", waiting), 0);
	assert_int_equal(release(&s, "ccapex", "examen-ccapex", pulled), 0);
	assert_int_equal(pull(&s, &s.ccapex, pulled, &out), 0);
	rectify(&s, s.record);
	assert_int_equal(pull(&s, &s.ccapex, waiting, &out), -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "extract-rectified");
	/* Nor may what was pulled before be pulled again. */
	assert_int_equal(pull(&s, &s.ccapex, pulled, &out), -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "extract-rectified");
}

static void
a_group_given_whole_does_not_carry_what_is_never_given(void **state)
{
	json_t *r = json_loads("{\"a\":{\"b\":1}}", 0, NULL);

	(void)state;
	assert_int_equal(json_integer_value(cut_value(r, "a.b")), 1);
	assert_null(cut_value(r, "a.c"));
	assert_null(cut_value(r, "b"));
	json_decref(r);
}

static void
a_consent_needs_its_form(void **state)
{
	char consent[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(give(&s, "partage:inconnu", consent), -ERR_REFUSED);
	assert_string_equal(err_name(&f->e), "consent-purpose");
	s.evidence[0] = '\0';
	assert_int_equal(give(&s, "partage:caf", consent), -ERR_REFUSED);
	assert_string_equal(err_name(&f->e), "consent-evidence");
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    name, core_fixture_setup, core_fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(without_consent_the_caf_gets_nothing_and_the_rule_is_named),
		T(the_ccapex_extract_goes_on_its_legal_basis),
		T(a_given_consent_lets_exactly_the_rules_fields_go),
		T(a_withdrawal_stops_the_next_pull_at_once),
		T(another_partners_extract_is_like_one_that_is_not),
		T(acknowledged_is_the_end),
		T(a_rectified_source_cancels_what_waits),
		T(a_consent_needs_its_form),
		cmocka_unit_test(
		    a_group_given_whole_does_not_carry_what_is_never_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
