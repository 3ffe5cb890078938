/*
 * sceau visit, sceau refus: what was brought back, as one request: documents
 * KIND=FILE[,FILE…], the contact, the consents signed, or the refusal.
 */
#include <jansson.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/receipt.h"
#include "base/text.h"
#include "client/commands.h"
#include "client/formfile.h"
#include "client/out.h"
#include "client/save.h"
#include "client/scan.h"
#include "client/upload.h"

#define DOCUMENTS_MAX 16
#define FILES_MAX 63
#define CONSENT_KIND "consentement"

struct visit {
	struct source file[FILES_MAX];
	int doc[FILES_MAX]; /* of which document, from 0 */
	int files;
	char *kind[DOCUMENTS_MAX]; /* "kind", then its files behind it */
	int documents;
	int sheet; /* the document that consents rest on, from 1; 0: none */
	json_t *body;
	char key[2 * SHA256_LEN + 1];
};

static void
visit_free(struct visit **vp)
{
	struct visit *v = *vp;
	int i;

	if (v == NULL)
		return;
	for (i = 0; i < v->files; i++)
		source_done(&v->file[i]);
	for (i = 0; i < v->documents; i++)
		free(v->kind[i]);
	json_decref(v->body);
	free(v);
	*vp = NULL;
}

static int
add_document(struct visit *v, const char *kind, struct err *e)
{
	if (v->documents == DOCUMENTS_MAX)
		return err_set(
		    e, ERR_USAGE, _("plus de %d documents"), DOCUMENTS_MAX);
	if ((v->kind[v->documents] = strdup(kind)) == NULL)
		return err_set(e, ERR_NOMEM, "visit");
	v->documents++;
	return 0;
}

static int
add_file(struct visit *v, const char *path, const char *name, struct err *e)
{
	struct source *s = &v->file[v->files];
	int r;

	if (v->files == FILES_MAX)
		return err_set(e, ERR_USAGE, _("plus de %d pages"), FILES_MAX);
	v->doc[v->files++] = v->documents - 1;
	if ((r = source_open(s, path, e)) < 0)
		return r;
	/* A record's path is of this call alone. */
	if (name != NULL)
		s->path = s->name = name;
	return name != NULL ? 0 : source_strip(s, 0, e);
}

/* KIND=FILE[,FILE…]: one document, its pages in order. */
static int
add_argument(struct visit *v, const char *arg, struct err *e)
{
	const char *eq = strchr(arg, '=');
	char *kind, *at, *end;
	int r;

	if (eq == NULL || eq == arg || eq[1] == '\0')
		return err_set(e, ERR_USAGE, "%s : %s", arg,
		    _("un document s'écrit TYPE=FICHIER[,FICHIER…]"));
	if ((r = add_document(v, arg, e)) < 0)
		return r;
	kind = v->kind[v->documents - 1];
	at = kind + (eq - arg);
	*at++ = '\0';
	if (strcmp(kind, CONSENT_KIND) == 0 && v->sheet == 0)
		v->sheet = v->documents;
	for (; at != NULL; at = end) {
		if ((end = strchr(at, ',')) != NULL)
			*end++ = '\0';
		if ((r = add_file(v, at, NULL, e)) < 0)
			return r;
	}
	return 0;
}

/* A record that was not a file: in anonymous memory, never on a disk. */
static int
add_record(struct visit *v, const char *kind, const char *name,
    const json_t *record, struct err *e)
{
	AUTO(mem_freep)
	char *text = json_dumps(record, JSON_COMPACT | JSON_SORT_KEYS);
	AUTO(fd_closep) int fd = memfd_create("sceau", MFD_CLOEXEC);
	char path[64];
	size_t n;
	int r;

	if (text == NULL || fd < 0)
		return err_set(e, ERR_NOMEM, "record");
	n = strlen(text);
	if (write(fd, text, n) != (ssize_t)n)
		return err_sys(e, ERR_IO, "record");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if ((r = add_document(v, kind, e)) < 0)
		return r;
	return add_file(v, path, name, e);
}

/* The day of the visit: what is said, or today. */
static int
set_day(const struct cli *c, json_t *record, struct err *e)
{
	const char *on = cli_option(c, "on");
	char today[11];

	cli_today(today);
	return cli_member(record, "date", on != NULL ? on : today, e);
}

/* --demarche DEVICE or DEVICE=YYYY-MM-DD: a step to be done, until then. */
static int
add_step(const struct cli *c, struct visit *v, const char *said, struct err *e)
{
	AUTO(json_decrefp) json_t *record = json_object();
	const char *until = strchr(said, '=');
	char device[64];
	int r;

	snprintf(device, sizeof(device), "%.*s",
	    (int)(until != NULL ? (size_t)(until - said) : strlen(said)), said);
	if ((r = set_day(c, record, e)) < 0 ||
	    (r = cli_member(record, "dispositif", device, e)) < 0 ||
	    (r = cli_member(record, "etat", "a-faire", e)) < 0 ||
	    (r = cli_member(
		 record, "echeance", until != NULL ? until + 1 : NULL, e)) < 0)
		return r;
	return add_record(v, "demarche", "demarche.json", record, e);
}

static int
add_steps(const struct cli *c, struct visit *v, struct err *e)
{
	const char *said;
	int i, r;

	for (i = 0; (said = cli_option_n(c, "demarche", i)) != NULL; i++)
		if ((r = add_step(c, v, said, e)) < 0)
			return r;
	return 0;
}

/* The contact, when anything is said of it. */
static int
add_contact(
    const struct cli *c, struct visit *v, const char *result, struct err *e)
{
	const char *channel = cli_option(c, "channel");
	AUTO(json_decrefp) json_t *record = json_object();
	int r;

	if (result == NULL && channel == NULL)
		return 0;
	if ((r = set_day(c, record, e)) < 0 ||
	    (r = cli_member(record, "canal",
		 channel != NULL ? channel : "visite", e)) < 0 ||
	    (r = cli_member(record, "resultat",
		 result != NULL ? result : "rencontre", e)) < 0)
		return r;
	return add_record(v, "contact", "contact.json", record, e);
}

/* --- the request ---------------------------------------------------------- */

static int
is_draft(const struct cli *c, const char *kind)
{
	const char *said;
	int i;

	for (i = 0; (said = cli_option_n(c, "draft", i)) != NULL; i++)
		if (strcmp(said, kind) == 0)
			return 1;
	return 0;
}

static int
document_json(const struct cli *c, const struct visit *v, int d, json_t *list,
    struct err *e)
{
	json_t *o = json_object(), *pages = json_array(), *page;
	int i, r, record = 0;

	json_array_append_new(list, o);
	if (json_object_set_new(o, "pages", pages) < 0)
		return err_set(e, ERR_NOMEM, "visit");
	for (i = 0; i < v->files; i++) {
		if (v->doc[i] != d)
			continue;
		page = json_pack("{s:s, s:s}", "upload", v->file[i].upload,
		    "name", v->file[i].name);
		if (page == NULL || json_array_append_new(pages, page) < 0)
			return err_set(e, ERR_USAGE, "%s",
			    _("ce texte n'est pas en UTF-8"));
		record = strlen(v->file[i].name) > 5 &&
			 strcmp(v->file[i].name + strlen(v->file[i].name) - 5,
			     ".json") == 0;
	}
	/* A record is not signed by hand: its level is nobody's to say. */
	if (!record &&
	    (r = cli_member(o, "level", cli_option(c, "level"), e)) < 0)
		return r;
	if (is_draft(c, v->kind[d]) &&
	    json_object_set_new(o, "draft", json_true()) < 0)
		return err_set(e, ERR_NOMEM, "visit");
	return cli_member(o, "kind", v->kind[d], e);
}

/* Each --draft is of a record that was brought. */
static int
check_drafts(const struct cli *c, const struct visit *v, struct err *e)
{
	const char *kind;
	int i, d;

	for (i = 0; (kind = cli_option_n(c, "draft", i)) != NULL; i++) {
		for (d = 0; d < v->documents && strcmp(v->kind[d], kind) != 0;
		     d++)
			;
		if (d == v->documents)
			return err_set(e, ERR_USAGE,
			    _("--draft %s : cette visite n'apporte pas de "
			      "document de ce type"),
			    kind);
	}
	return 0;
}

/* Every adult, these purposes, on the sheet that came with the visit. */
static int
consents_json(const struct cli *c, struct visit *v, struct err *e)
{
	const char *method = cli_option(c, "method");
	json_t *o, *list;
	int r;

	if (cli_option(c, "consent") == NULL)
		return 0;
	o = json_object();
	list = json_pack("[o]", o);
	if (list == NULL || json_object_set_new(v->body, "consents", list) < 0)
		return err_set(e, ERR_NOMEM, "visit");
	if ((r = cli_members(c, "consent", o, "purposes", e)) < 0 ||
	    (r = cli_members(c, "person", o, "persons", e)) < 0 ||
	    (r = cli_member(o, "method",
		 method != NULL ? method : "handwritten", e)) < 0 ||
	    (r = cli_member(o, "witness", cli_option(c, "witness"), e)) < 0 ||
	    (r = cli_member(o, "given_on", cli_option(c, "on"), e)) < 0)
		return r;
	if (v->sheet > 0)
		json_object_set_new(
		    o, "evidence_document", json_integer(v->sheet));
	return 0;
}

static int
refusal_json(const struct cli *c, struct visit *v, struct err *e)
{
	const char *channel = cli_option(c, "channel"), *reason;
	json_t *o = json_object();
	int r;

	if (json_object_set_new(v->body, "refusal", o) < 0)
		return err_set(e, ERR_NOMEM, "refusal");
	if ((r = cli_required(c, "reason", &reason, e)) < 0 ||
	    (r = cli_member(o, "reason", reason, e)) < 0 ||
	    (r = cli_member(
		 o, "channel", channel != NULL ? channel : "visite", e)) < 0)
		return r;
	return cli_member(o, "refused_on", cli_option(c, "on"), e);
}

/* A photograph of paper, or said to be a scan of it. */
static int
is_scan(const struct cli *c, const struct source *s)
{
	const char *level = cli_option(c, "level");
	size_t n = strlen(s->name);

	if (source_is_picture(s))
		return 1;
	return level != NULL && strcmp(level, "handwritten-scan") == 0 &&
	       (n < 5 || strcmp(s->name + n - 5, ".json") != 0);
}

/* The digest of a document of scans alone, and how many; 0: it is none. */
static int
hash_scans(const struct cli *c, const struct visit *v, int d,
    uint8_t out[SHA256_LEN], int *n, struct err *e)
{
	struct receipt_page pages[FILES_MAX];
	int i;

	*n = 0;
	for (i = 0; i < v->files; i++) {
		if (v->doc[i] != d)
			continue;
		if (!is_scan(c, &v->file[i])) {
			*n = 0;
			return 0;
		}
		memcpy(pages[*n].sha256, v->file[i].sha256, SHA256_LEN);
		pages[(*n)++].size = v->file[i].size;
	}
	return *n > 0 ? receipt_document_sha256(pages, (size_t)*n, out, e) : 0;
}

/* Each document of scans says where it comes from, signed: the paper of one
 * visit is kept in one place. */
static int
add_provenance(struct cli *c, struct visit *v, struct err *e)
{
	json_t *list = json_object_get(v->body, "documents");
	uint8_t sum[SHA256_LEN];
	int d, n, said = 0, r;

	if (cli_option(c, "sign-key") == NULL)
		return 0;
	for (d = 0; d < v->documents; d++) {
		if ((r = hash_scans(c, v, d, sum, &n, e)) < 0)
			return r;
		if (n == 0)
			continue;
		said++;
		if ((r = scan_member(
			 c, json_array_get(list, (size_t)d), sum, n, e)) < 0)
			return r;
	}
	if (said == 0)
		return err_set(e, ERR_USAGE, "--sign-key : %s",
		    _("cette visite n'apporte rien de numérisé"));
	return 0;
}

/* Names of uploads, the list of documents; the Idempotency-Key is the
 * SHA-256 of who, where, and the request itself, whose uploads are named by
 * what they are, but for the provenance, which has the time in it. */
static int
finish_body(struct cli *c, struct visit *v, const char *kase, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(mem_freep) char *dump = NULL;
	json_t *list = json_array();
	uint8_t sum[SHA256_LEN];
	int i, r;

	if (json_object_set_new(v->body, "documents", list) < 0)
		return err_set(e, ERR_NOMEM, "visit");
	for (i = 0; i < v->files; i++)
		if ((r = source_name_upload(
			 &v->file[i], kase, v->kind[v->doc[i]], i, e)) < 0)
			return r;
	for (i = 0; i < v->documents; i++)
		if ((r = document_json(c, v, i, list, e)) < 0)
			return r;
	if ((dump = json_dumps(v->body, JSON_COMPACT | JSON_SORT_KEYS)) == NULL)
		return err_set(e, ERR_NOMEM, "visit");
	if ((r = buf_addf(&text, e, "sceau/visit/1\n%u\n%s\n%s\n",
		 (unsigned)getuid(), kase, dump)) < 0 ||
	    (r = scan_options_lines(c, &text, e)) < 0 ||
	    (r = digest_of(DIGEST_SHA256, text.p, text.len, sum, e)) < 0)
		return r;
	hex_format(sum, sizeof(sum), v->key);
	return add_provenance(c, v, e);
}

static int
send_all(struct cli *c, struct visit *v, struct err *e)
{
	int i, r;

	for (i = 0; i < v->files; i++)
		if ((r = upload_send(c, &v->file[i], e)) < 0)
			return r;
	return 0;
}

/* Cut, or not covered by a head yet: the same key gives the first answer. */
static int
post(struct cli *c, struct visit *v, const char *kase, json_t **out,
    struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 };
	int n, r;

	if ((r = cli_path(&path, e, "/v1/cases/%/visits", kase)) < 0 ||
	    (r = send_all(c, v, e)) < 0)
		return r;
	for (n = 1;; n++) {
		r = cli_call(
		    c, "POST", buf_str(&path), v->body, v->key, out, e);
		if (r == 0 || n == UPLOAD_TRIES ||
		    (r != -(int)ERR_PENDING && !upload_may_retry(c, e)))
			return r;
		upload_pause(n);
	}
}

/* Which file was it? */
static void
tell_part(const struct visit *v, const struct err *e)
{
	unsigned d;
	int i;

	if (sscanf(e->text, "documents[%u]", &d) != 1)
		return;
	for (i = 0; i < v->files; i++)
		if (v->doc[i] + 1 == (int)d)
			fprintf(stderr, _("En cause : %s (%s)\n"),
			    v->file[i].name, v->kind[d - 1]);
}

static int
run(struct cli *c, struct visit *v, const char *kase, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if ((r = finish_body(c, v, kase, e)) < 0)
		return r;
	if ((r = post(c, v, kase, &j, e)) < 0) {
		tell_part(v, e);
		return r;
	}
	if (!cli_print_json(c, j))
		formfile_print_visit(j);
	return 0;
}

static int
begin(struct visit **out, struct err *e)
{
	struct visit *v = calloc(1, sizeof(*v));

	if (v == NULL || (v->body = json_object()) == NULL) {
		free(v);
		return err_set(e, ERR_NOMEM, "visit");
	}
	*out = v;
	return 0;
}

static const char *const visit_options[] = { "level", "channel", "result", "on",
	"consent", "person", "method", "witness", "demarche", "draft",
	SCAN_OPTIONS, NULL };

static int
visit_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(visit_free) struct visit *v = NULL;
	int i, r;

	if (argc == 2 && formfile_is(argv[1]))
		return formfile_run(c, argv[0], argv[1], visit_options, e);
	if ((r = begin(&v, e)) < 0 || (r = scan_options_check(c, e)) < 0)
		return r;
	for (i = 1; i < argc; i++)
		if ((r = add_argument(v, argv[i], e)) < 0)
			return r;
	if ((r = check_drafts(c, v, e)) < 0 ||
	    (r = add_contact(c, v, cli_option(c, "result"), e)) < 0 ||
	    (r = add_steps(c, v, e)) < 0 || (r = consents_json(c, v, e)) < 0)
		return r;
	return run(c, v, argv[0], e);
}

static int
refus_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(visit_free) struct visit *v = NULL;
	int r;

	(void)argc;
	if ((r = begin(&v, e)) < 0 || (r = refusal_json(c, v, e)) < 0 ||
	    (r = add_contact(c, v, "refus", e)) < 0)
		return r;
	return run(c, v, argv[0], e);
}

static const char *const refus_options[] = { "reason", "channel", "on", NULL };

const struct cmd cmd_visit = {
	.noun = "visit",
	.usage = N_("DOSSIER TYPE=FICHIER… | FORMULAIRE.sceau"),
	.about = N_("une visite en une fois : documents, contact (--channel, "
		    "--result), consentements (--consent), démarches "
		    "(--demarche fsl=AAAA-MM-JJ), ou rien ; --draft TYPE : "
		    "cette fiche reste à compléter ; --sign-key : d'où vient "
		    "ce qui est numérisé ; ou un formulaire scellé "
		    "rempli en visite (sceau form)"),
	.options = visit_options,
	.min_args = 1,
	.max_args = -1,
	.run = visit_run,
};
const struct cmd cmd_refus = {
	.noun = "refus",
	.usage = N_("DOSSIER"),
	.about = N_("le refus à la porte : le contact et le refus du "
		    "diagnostic (--reason MOTIF)"),
	.options = refus_options,
	.min_args = 1,
	.max_args = 1,
	.run = refus_run,
};
