#include "tests/unit/core/extract_scene.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

#define SIAO_UID 62090

const char scene_record[] =
    "{\"date\":\"2026-11-02\",\"identite\":{\"nom\":\"Durand\","
    "\"prenom\":\"Alix\",\"numero-allocataire\":\"0000001\","
    "\"adresse\":\"1 rue des Essais\","
    "\"titulaires\":[{\"nom\":\"Durand\",\"prenom\":\"Alix\"}]},"
    "\"dette\":{\"montant\":2150.40},"
    "\"recit\":\"CANARI-RECIT ne part jamais\"}";
const size_t scene_record_len = sizeof(scene_record) - 1;

int
scene_run(struct core_fixture *f, const char *const *argv)
{
	int status, null;
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
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* --- the rules of the scene ----------------------------------------------- */

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
	assert_int_equal(scene_run(f, req), 0);
}

static void
add_partner(struct core_fixture *f)
{
	static const char person[] =
	    "person \"siao.exemple\" {\n uid = 62090\n name = \"Guichet\"\n"
	    " role = partner\n organisation = asso\n status = active\n"
	    " recipient = siao\n}\n";
	AUTO(buf_done) struct buf people = { 0 };
	char path[512];

	snprintf(path, sizeof(path), "%s/policy/people.conf", f->agent.dir);
	assert_int_equal(file_read(AT_FDCWD, path, 1u << 20, &people, NULL), 0);
	assert_int_equal(buf_addstr(&people, person, NULL), 0);
	assert_int_equal(
	    file_write(AT_FDCWD, path, people.p, people.len, 0644, NULL), 0);
}

/* The siao gets a certificate, as the ccapex has one. */
static void
certify_siao(struct core_fixture *f)
{
	static const char at[] = "title = \"SIAO de Seine-et-Marne\"\n";
	AUTO(buf_done) struct buf text = { 0 }, out = { 0 };
	char path[512];
	const char *found;

	snprintf(path, sizeof(path), "%s/policy/77-seine-et-marne.conf",
	    f->agent.dir);
	assert_int_equal(file_read(AT_FDCWD, path, 1u << 20, &text, NULL), 0);
	found = strstr(buf_str(&text), at);
	assert_non_null(found);
	found += sizeof(at) - 1;
	assert_int_equal(
	    buf_add(&out, text.p, (size_t)(found - buf_str(&text)), NULL), 0);
	assert_int_equal(
	    buf_addf(&out, NULL,
		"\tcertificate = \"certificates/siao.pem\"\n%s", found),
	    0);
	assert_int_equal(
	    file_write(AT_FDCWD, path, out.p, out.len, 0644, NULL), 0);
}

int
extract_setup(void **state)
{
	struct core_fixture *f = calloc(1, sizeof(*f));

	if (f == NULL || !core_fixture_init(f)) {
		free(f);
		*state = NULL;
		return 0;
	}
	make_certificate(f, "caf", "rsa");
	make_certificate(f, "ccapex", "ec");
	make_certificate(f, "siao", "ec");
	add_partner(f);
	certify_siao(f);
	core_fixture_open(f);
	*state = f;
	return 0;
}

/* --- the case ------------------------------------------------------------- */

void
scene_file(struct scene *s, const char *kind, const void *p, size_t n,
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

static struct caller
partner(struct core_fixture *f, enum person who)
{
	struct caller c = core_fixture_caller(f, who);

	c.partner_door = 1;
	return c;
}

static struct caller
siao_caller(struct core_fixture *f)
{
	struct caller c = partner(f, CAF);

	c.actor.uid = SIAO_UID;
	snprintf(c.actor.account, sizeof(c.actor.account), "siao.exemple");
	c.who = policy_principal(f->core->policy, SIAO_UID, "siao.exemple");
	assert_non_null(c.who);
	return c;
}

void
scene_init(struct scene *s, struct core_fixture *f)
{
	memset(s, 0, sizeof(*s));
	s->f = f;
	core_fixture_case(f, CAMILLE, "Durand", s->kase);
	scene_file(s, "consentement", core_fixture_png, core_fixture_png_len,
	    "handwritten-scan", s->evidence);
	scene_file(
	    s, "diagnostic", scene_record, scene_record_len, "", s->record);
	s->camille = core_fixture_caller(f, CAMILLE);
	s->noa = core_fixture_caller(f, NOA);
	s->director = core_fixture_caller(f, DIRECTOR);
	s->caf = partner(f, CAF);
	s->ccapex = partner(f, CCAPEX);
	s->siao = siao_caller(f);
}

int
scene_rectify(struct scene *s, uint64_t *leaf)
{
	struct filing g = {
		.kase = s->kase,
		.kind = "diagnostic",
		.level = "",
		.title = "",
		.replaces = s->record,
		.npages = 1,
	};
	char upload[ID_TEXT];
	json_t *answer = NULL;
	int again, r;

	core_fixture_send(
	    s->f, CAMILLE, scene_record, scene_record_len, upload);
	g.pages[0].upload = upload;
	g.pages[0].name = "diagnostic.json";
	r = document_file(s->f->core, &s->camille, &g, &s->f->object, &answer,
	    &again, &s->f->e);
	if (r == 0 && leaf != NULL)
		*leaf = (uint64_t)json_integer_value(
		    json_object_get(answer, "leaf"));
	json_decref(answer);
	return r;
}

void
scene_person(struct scene *s, const char *role, const char *name,
    int confidential, char person[ID_TEXT])
{
	const struct case_person p = {
		.role = role, .name = name, .confidential_address = confidential
	};
	json_t *answer = NULL;

	if (person_add(s->f->core, &s->camille, s->kase, &p, &s->f->object,
		&answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	snprintf(person, ID_TEXT, "%s",
	    json_string_value(json_object_get(answer, "person")));
	json_decref(answer);
}

int
scene_give(struct scene *s, const char *purpose, const char *person,
    char consent[ID_TEXT])
{
	struct consent_giving g = {
		.kase = s->kase,
		.purposes = { purpose },
		.npurposes = 1,
		.persons = { person },
		.npersons = person != NULL,
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

/* --- what is done --------------------------------------------------------- */

int
scene_preview(struct scene *s, const char *to, json_t **answer)
{
	const struct extract_asking a = { .kase = s->kase, .recipient = to };

	return extract_preview(
	    s->f->core, &s->camille, &a, &s->f->object, answer, &s->f->e);
}

int
scene_release(struct scene *s, const char *to, const char *purpose,
    const char *channel, json_t **answer)
{
	const struct extract_asking a = { .kase = s->kase,
		.recipient = to,
		.channel = channel,
		.purpose = purpose };
	struct caller camille = s->camille;

	camille.purpose = purpose;
	return extract_release(
	    s->f->core, &camille, &a, &s->f->object, answer, &s->f->e);
}

int
scene_extract(
    struct scene *s, const char *to, const char *purpose, char extract[ID_TEXT])
{
	json_t *answer = NULL;
	int r = scene_release(s, to, purpose, NULL, &answer);

	if (r == 0)
		snprintf(extract, ID_TEXT, "%s",
		    json_string_value(json_object_get(answer, "extract")));
	json_decref(answer);
	return r;
}

int
scene_pull(struct scene *s, const struct caller *who, const char *extract,
    struct buf *out)
{
	uint64_t leaf;

	return partner_pull(
	    s->f->core, who, extract, &s->f->object, out, &leaf, &s->f->e);
}

json_t *
scene_open_stock(struct scene *s, const struct buf *container, const char *who)
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
	assert_int_equal(scene_run(s->f, x509), 0);
	assert_int_equal(scene_run(s->f, decrypt), 0);
	assert_int_equal(scene_run(s->f, verify), 0);
	snprintf(path, sizeof(path), "%s/payload.json", s->f->agent.dir);
	assert_int_equal(
	    file_read(AT_FDCWD, path, 64u << 20, &payload, NULL), 0);
	assert_null(strstr(buf_str(&payload), "CANARI-RECIT"));
	j = json_loadb((const char *)payload.p, payload.len, 0, NULL);
	assert_non_null(j);
	return j;
}

const json_t *
scene_withheld(const json_t *preview, const char *path, const char *why)
{
	const json_t *line;
	size_t i;

	json_array_foreach(json_object_get(preview, "withheld"), i, line)
	{
		if (strcmp(json_string_value(json_object_get(line, "path")),
			path) == 0 &&
		    strcmp(json_string_value(json_object_get(line, "why")),
			why) == 0)
			return line;
	}
	return NULL;
}

int
scene_withdraw(struct scene *s, const char *consent, json_t **answer)
{
	return consent_withdraw(s->f->core, &s->camille, consent, "visite", "",
	    &s->f->object, answer, &s->f->e);
}
