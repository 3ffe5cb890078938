/*
 * sceau verify: receipts, certificates, logs and signed months of the bilan,
 * checked offline and without a secret. What is trusted is the verifier key
 * that was had elsewhere (--key), and nothing in the files.
 */
#include <fcntl.h>
#include <jansson.h>

#include "base/file.h"
#include "base/receipt.h"
#include "base/text.h"
#include "client/commands.h"
#include "client/logfolder.h"
#include "client/out.h"
#include "client/outside.h"
#include "client/upload.h"

/* The verdict: a word for people, and the reason when it is bad. */
static int
say(const struct cli *c, json_t *j, int r, const struct err *e)
{
	if (r == -(int)ERR_INTEGRITY && !c->json)
		printf("%s\n", _("FAUX"));
	if (r < 0 && r != -(int)ERR_INTEGRITY)
		return r;
	json_object_set_new(
	    j, "verdict", json_string(r < 0 ? "FORGED" : "GENUINE"));
	if (r < 0)
		json_object_set_new(j, "why", json_string(e->text));
	cli_print_json(c, j);
	return r;
}

/* What is not well formed was not made by a vault. */
static int
as_forged(int r, struct err *e)
{
	if (r != -(int)ERR_INVALID && r != -(int)ERR_INTEGRITY)
		return r;
	e->code = ERR_INTEGRITY;
	e->tag = "forged";
	return -(int)ERR_INTEGRITY;
}

static int
given_key(const struct cli *c, struct note_key *key, struct err *e)
{
	const char *s;
	int r;

	if ((r = cli_required(c, "key", &s, e)) < 0)
		return r;
	if (note_key_parse(s, key, e) < 0)
		return err_set(e, ERR_USAGE, "--key: %s",
		    _("une clé de vérification est attendue"));
	return 0;
}

static int
read_text(const char *path, size_t max, struct buf *out, struct err *e)
{
	int r = file_read(AT_FDCWD, path, max, out, e);

	return r == -(int)ERR_TOO_LARGE
		   ? err_tag(e, ERR_INTEGRITY, "forged", "%s", path)
		   : r;
}

/* --- receipts ----------------------------------------------------------- */

static int
check_file(const char *path, const struct receipt_page *p, struct err *e)
{
	AUTO(source_done) struct source s = { .fd = -1 };
	int r;

	if ((r = source_open(&s, path, e)) < 0)
		return r;
	if (s.size != p->size || memcmp(s.sha256, p->sha256, SHA256_LEN) != 0)
		return err_tag(e, ERR_INTEGRITY, "forged-file", "%s", path);
	return 0;
}

/* The key of the command line, or the receipt's own word for it. */
static int
receipt_key(const struct cli *c, const struct receipt *r, struct note_key *key,
    struct err *e)
{
	const char *s = cli_option(c, "key");
	int ret;

	if (s == NULL)
		return as_forged(note_key_parse(r->vkey, key, e), e);
	if ((ret = given_key(c, key, e)) < 0)
		return ret;
	if (strcmp(s, r->vkey) != 0)
		return err_tag(e, ERR_INTEGRITY, "forged", "key");
	return 0;
}

static int
check_receipt(const struct cli *c, struct receipt *receipt, char **files,
    int nfiles, struct err *e)
{
	struct note_key key;
	int i, r;

	if ((r = receipt_key(c, receipt, &key, e)) < 0 ||
	    (r = as_forged(receipt_check(receipt, &key, e), e)) < 0)
		return r;
	if ((size_t)nfiles != receipt->npages)
		return err_tag(e, ERR_INCOMPLETE, "verify-pages", "%d, %zu",
		    nfiles, receipt->npages);
	for (i = 0; i < nfiles; i++)
		if ((r = check_file(files[i], &receipt->pages[i], e)) < 0)
			return r;
	return 0;
}

/* --- their time stamps ---------------------------------------------------- */

/* One stamp, judged: a line of the answer, and what it comes to. */
static int
check_stamp(const struct cli *c, const struct buf *text, size_t len,
    const struct buf *stamp, json_t *into, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	const json_t *v;
	int r;

	if ((r = outside_check_bytes(text->p, len, stamp->p, stamp->len,
		 cli_option(c, "anchors"), cli_option(c, "at"), &j, e)) < 0)
		return r;
	v = json_array_get(json_object_get(j, "signatures"), 0);
	if (json_array_append_new(into,
		json_pack("{s:s, s:s, s:s, s:s}", "integrity",
		    jstr(j, "integrity"), "verdict", jstr(v, "indication"),
		    "at", jstr(v, "time"), "authority", jstr(v, "signer"))) < 0)
		return err_set(e, ERR_NOMEM, "answer");
	if (strcmp(jstr(v, "indication"), "TOTAL-FAILED") == 0 ||
	    strcmp(jstr(j, "integrity"), "ERROR") == 0 ||
	    strcmp(jstr(v, "kind"), "time-stamp") != 0)
		return err_tag(e, ERR_INTEGRITY, "forged-stamp", "%s",
		    jstr(v, "sub_indication"));
	if (strcmp(jstr(v, "indication"), "TOTAL-PASSED") != 0)
		return err_tag(e, ERR_INCOMPLETE, "verify-stamp", "%s",
		    jstr(v, "sub_indication"));
	return 0;
}

/* By the anchors given; without, they are counted and nothing is said. */
static int
check_stamps(const struct cli *c, const struct buf *text,
    const struct receipt *receipt, json_t *into, struct err *e)
{
	size_t i, len;
	int r;

	if (cli_option(c, "anchors") == NULL)
		return 0;
	if ((r = as_forged(
		 receipt_stamped((const char *)text->p, text->len, &len, e),
		 e)) < 0)
		return r;
	for (i = 0; i < receipt->nstamps; i++)
		if ((r = check_stamp(
			 c, text, len, &receipt->stamps[i], into, e)) < 0)
			return r;
	return 0;
}

static void
print_stamps(const struct cli *c, const struct receipt *r, const json_t *stamps)
{
	char at[32];
	json_t *v;
	size_t i;

	json_array_foreach(stamps, i, v)
	{
		printf(_("Horodaté le %s"), jtime(v, "at", at));
		putchar('\n');
		out_line(stdout, _("Autorité"), jstr(v, "authority"));
	}
	if (r->nstamps > 0 && cli_option(c, "anchors") == NULL)
		fprintf(stderr, "sceau: %s\n",
		    _("le reçu est horodaté : pour vérifier l'horodatage, "
		      "donnez --anchors"));
}

static void
print_receipt(const struct cli *c, const struct receipt *r)
{
	char id[ID_TEXT], at[TIME_TEXT];

	id_format(&r->document, id);
	time_format(r->filed_ms, at);
	printf("%s\n", _("AUTHENTIQUE"));
	printf(_("Déposé le %s au coffre %s : document %s, version %u\n"), at,
	    r->origin, id, r->version);
	/* The kind is the receipt's word: no leaf holds it. */
	printf(_("Le reçu dit qu'il s'agit de : %s\n"), r->kind);
	if (cli_option(c, "key") == NULL)
		fprintf(stderr, "sceau: %s\n",
		    _("la clé est celle que dit le reçu : comparez-la avec "
		      "celle du coffre, ou donnez --key"));
}

static int
verify_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(receipt_done) struct receipt receipt = { 0 };
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(json_decrefp) json_t *j = NULL, *stamps = json_array();
	char id[ID_TEXT], at[TIME_TEXT];
	int r;

	if (stamps == NULL)
		return err_set(e, ERR_NOMEM, "answer");
	r = read_text(argv[0], RECEIPT_MAX, &text, e);
	if (r == 0)
		r = as_forged(
		    receipt_parse((const char *)text.p, text.len, &receipt, e),
		    e);
	if (r == 0)
		r = check_receipt(c, &receipt, argv + 1, argc - 1, e);
	if (r == 0)
		r = check_stamps(c, &text, &receipt, stamps, e);
	id_format(&receipt.document, id);
	time_format(receipt.filed_ms, at);
	j = r < 0 ? json_object()
		  : json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:b, s:i, s:O}",
			"vault", receipt.origin, "document", id, "version",
			(int)receipt.version, "kind", receipt.kind, "filed_at",
			at, "key", receipt.vkey, "key_given",
			cli_option(c, "key") != NULL, "stamped",
			(int)receipt.nstamps, "stamps", stamps);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "answer");
	if ((r = say(c, j, r, e)) == 0 && !c->json) {
		print_receipt(c, &receipt);
		print_stamps(c, &receipt, stamps);
	}
	return r;
}

/* --- logs --------------------------------------------------------------- */

static void
print_log(const struct logfolder_report *r, int since)
{
	char from[TIME_TEXT], until[TIME_TEXT];

	time_format(r->first_ms, from);
	time_format(r->last_ms, until);
	printf("%s\n", _("AUTHENTIQUE"));
	printf(_("Journal %s : %llu inscriptions"), r->head.origin,
	    (unsigned long long)r->head.size);
	if (r->head.size > 0)
		printf(_(", du %s au %s"), from, until);
	putchar('\n');
	if (since)
		printf(_("Il prolonge la tête de %llu inscriptions.\n"),
		    (unsigned long long)r->since.size);
	if (r->bilans > 0)
		printf(_("Bilans signés et inscrits au journal : %zu mois, de "
			 "%s à %s\n"),
		    r->bilans, r->bilan_first, r->bilan_last);
}

static int
log_run(struct cli *c, int argc, char **argv, struct err *e)
{
	const char *path = cli_option(c, "since");
	struct logfolder_report report = { 0 };
	AUTO(buf_done) struct buf since = { 0 };
	AUTO(json_decrefp) json_t *j = NULL;
	char root[2 * HASH_LEN + 1];
	struct note_key key;
	int r;

	(void)argc;
	if ((r = given_key(c, &key, e)) < 0 ||
	    (path != NULL && (r = read_text(path, NOTE_MAX, &since, e)) < 0))
		return r;
	r = logfolder_check(
	    argv[0], &key, path != NULL ? &since : NULL, &report, e);
	hex_format(report.head.root.b, HASH_LEN, root);
	j = r < 0
		? json_object()
		: json_pack("{s:s, s:I, s:s, s:I, s:I}", "vault",
		      report.head.origin, "size", (json_int_t)report.head.size,
		      "root", root, "tiles", (json_int_t)report.tiles, "bilans",
		      (json_int_t)report.bilans);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "answer");
	if ((r = say(c, j, r, e)) == 0 && !c->json)
		print_log(&report, path != NULL);
	return r;
}

/* --- what a restored vault has forgotten --------------------------------- */

static const char *
lost_words(uint16_t klass)
{
	switch (klass) {
	case LEAF_RESTRICT:
		return _("limitation d'un dossier");
	case LEAF_OBJECTION:
		return _("opposition");
	case LEAF_CONSENT_WITHDRAW:
		return _("retrait d'un consentement");
	case LEAF_HOLD:
		return _("gel");
	default:
		return _("effacement");
	}
}

/* The first of its ids, and how many more. An objection and a restriction
 * name themselves first, then their case. */
static int
take_lost(void *arg, const struct leaf *l, struct err *e)
{
	json_t *ids = json_array(), *line;
	char at[TIME_TEXT], id[ID_TEXT];
	uint32_t i;

	time_format(l->time_ms, at);
	for (i = 0; i < l->nclear && ids != NULL; i++) {
		id_format(&l->clear[i].id, id);
		json_array_append_new(ids, json_string(id));
	}
	line = json_pack("{s:I, s:s, s:s, s:o}", "leaf", (json_int_t)l->seq,
	    "at", at, "what", leaf_class_name(l->klass), "objects", ids);
	return line == NULL || json_array_append_new(arg, line) < 0
		   ? err_set(e, ERR_NOMEM, "answer")
		   : 0;
}

static void
print_lost(const json_t *lost, unsigned long long from)
{
	const json_t *line, *ids;
	uint16_t klass;
	size_t i, k;

	printf(_("Le journal plus récent continue autrement à l'inscription "
		 "n° %llu.\n"),
	    from);
	json_array_foreach(lost, i, line)
	{
		if (leaf_class_from_name(jstr(line, "what"), &klass) < 0)
			continue;
		printf("n° %lld  %s  %s\n", jint(line, "leaf"),
		    jstr(line, "at"), lost_words(klass));
		ids = json_object_get(line, "objects");
		for (k = 0; k < json_array_size(ids); k++)
			printf("    %s\n",
			    json_string_value(json_array_get(ids, k)));
	}
}

static int
lost_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *lost = json_array(), *j = NULL;
	struct note_key key;
	uint64_t from = 0;
	int r;

	(void)argc;
	if (lost == NULL)
		return err_set(e, ERR_NOMEM, "answer");
	if ((r = given_key(c, &key, e)) < 0)
		return r;
	r = logfolder_lost(argv[0], argv[1], &key, take_lost, lost, &from, e);
	j = r < 0 ? json_object()
		  : json_pack(
			"{s:I, s:O}", "from", (json_int_t)from, "lost", lost);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "answer");
	if ((r = say(c, j, r, e)) < 0)
		return r;
	if (json_array_size(lost) == 0) {
		if (!c->json)
			printf("%s\n",
			    _("Rien à refaire : aucune limitation, opposition, "
			      "retrait, gel ni effacement depuis."));
		return 0;
	}
	if (!c->json)
		print_lost(lost, (unsigned long long)from);
	return err_tag(
	    e, ERR_INCOMPLETE, "log-lost", "%zu", json_array_size(lost));
}

/* --- erasure certificates ----------------------------------------------- */

#define CERTIFICATE_TITLE "sceau erasure certificate 1\n"

static int
check_certificate(const struct buf *note, const struct note_key *key,
    size_t *text, struct err *e)
{
	static const char title[] = CERTIFICATE_TITLE "vault ";
	size_t n = strlen(key->name);
	const char *p = (const char *)note->p;
	int r;

	r = note_verify(p, note->len, key, 1, text, NULL, e);
	if (r < 0)
		return as_forged(r, e);
	/* Another note of the same key is no certificate. */
	if (*text <= sizeof(title) + n ||
	    memcmp(p, title, sizeof(title) - 1) != 0 ||
	    memcmp(p + sizeof(title) - 1, key->name, n) != 0 ||
	    p[sizeof(title) - 1 + n] != '\n')
		return err_tag(e, ERR_INTEGRITY, "forged", "vault");
	return 0;
}

/* Its JSON, to the byte: the text that was signed ends with its digest. */
static int
check_json(const struct buf *note, size_t text, const char *path, struct err *e)
{
	AUTO(buf_done) struct buf json = { 0 };
	uint8_t digest[32];
	char hex[2 * 32 + 1], line[2 * 32 + 16];
	int n, r;

	if ((r = read_text(path, NOTE_MAX, &json, e)) < 0 ||
	    (r = digest_of(DIGEST_SHA256, json.p, json.len, digest, e)) < 0)
		return r;
	hex_format(digest, 32, hex);
	n = snprintf(line, sizeof(line), "\njson sha256 %s\n", hex);
	if (text < (size_t)n ||
	    memcmp(note->p + text - (size_t)n, line, (size_t)n) != 0)
		return err_tag(e, ERR_INTEGRITY, "forged", "json");
	return 0;
}

static int
certificate_run(struct cli *c, int argc, char **argv, struct err *e)
{
	const char *json = cli_option(c, "with");
	AUTO(buf_done) struct buf note = { 0 };
	AUTO(json_decrefp) json_t *j = NULL;
	struct note_key key;
	size_t text = 0;
	int r;

	(void)argc;
	if ((r = given_key(c, &key, e)) < 0)
		return r;
	if ((r = read_text(argv[0], NOTE_MAX, &note, e)) == 0)
		r = check_certificate(&note, &key, &text, e);
	if (r == 0 && json != NULL)
		r = check_json(&note, text, json, e);
	j = r < 0 ? json_object()
		  : json_pack("{s:s, s:s%}", "vault", key.name, "certificate",
			(const char *)note.p, text);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "answer");
	if ((r = say(c, j, r, e)) == 0 && !c->json) {
		printf("%s\n\n", _("AUTHENTIQUE"));
		buf_str(&note);
		note.p[text] = '\0';
		out_page(stdout, (const char *)note.p);
	}
	return r;
}

/* --- signed months of the bilan ------------------------------------------ */

static int
add_total(void *arg, const char *code, uint64_t n, struct err *e)
{
	json_t *totals = arg;

	return json_object_set_new(totals, code, json_integer((json_int_t)n)) <
		       0
		   ? err_set(e, ERR_NOMEM, "answer")
		   : 0;
}

static int
check_bilan(const struct note_key *key, const char *path, struct buf *note,
    struct bilan_note *b, json_t *list, struct err *e)
{
	json_t *one, *totals = json_object();
	int r;

	if ((r = read_text(path, NOTE_MAX, note, e)) < 0 ||
	    (r = bilan_note_check(note, key, b, e)) < 0 ||
	    (r = bilan_note_totals(note, b, add_total, totals, e)) < 0) {
		json_decref(totals);
		return r;
	}
	one = json_pack("{s:s, s:I, s:o}", "month", b->month, "leaf",
	    (json_int_t)b->leaf, "totals", totals);
	return json_array_append_new(list, one) < 0
		   ? err_set(e, ERR_NOMEM, "answer")
		   : 0;
}

/* Each is told as soon as it is checked; the first bad one ends it. */
static int
bilan_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL, *list = json_array();
	struct note_key key;
	int i, r;

	if ((r = given_key(c, &key, e)) < 0)
		return r;
	for (i = 0; r == 0 && i < argc; i++) {
		AUTO(buf_done) struct buf note = { 0 };
		struct bilan_note b;

		r = check_bilan(&key, argv[i], &note, &b, list, e);
		if (r < 0 || c->json)
			continue;
		printf("%s\n\n", _("AUTHENTIQUE"));
		buf_str(&note);
		note.p[b.text] = '\0';
		out_page(stdout, (const char *)note.p);
		printf("\n");
	}
	j = r < 0 ? json_object()
		  : json_pack("{s:s, s:O}", "vault", key.name, "bilans", list);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "answer");
	return say(c, j, r, e);
}

static const char *const key_options[] = { "key", NULL };
static const char *const certificate_options[] = { "key", "with", NULL };
static const char *const log_options[] = { "key", "since", NULL };

static const char *const lost_options[] = { "key", NULL };

const struct cmd cmd_verify_lost = {
	.noun = "verify",
	.verb = "lost",
	.usage = N_("JOURNAL JOURNAL-PLUS-RÉCENT"),
	.about = N_("ce qu'un coffre restauré a oublié et qu'il faut refaire : "
		    "limitations, oppositions, retraits, gels, effacements "
		    "(--key)"),
	.options = lost_options,
	.min_args = 2,
	.max_args = 2,
	.run = lost_run,
};

const struct cmd cmd_verify_log = {
	.noun = "verify",
	.verb = "log",
	.usage = N_("DOSSIER-DU-JOURNAL"),
	.about = N_("contrôler un journal exporté, entier et hors ligne"),
	.options = log_options,
	.min_args = 1,
	.max_args = 1,
	.run = log_run,
};
const struct cmd cmd_verify_certificate = {
	.noun = "verify",
	.verb = "certificate",
	.usage = N_("FICHIER"),
	.about = N_("contrôler un certificat d'effacement, hors ligne ; --with "
		    "FICHIER : et son JSON"),
	.options = certificate_options,
	.min_args = 1,
	.max_args = 1,
	.run = certificate_run,
};
const struct cmd cmd_verify_bilan = {
	.noun = "verify",
	.verb = "bilan",
	.usage = N_("FICHIER…"),
	.about = N_("contrôler les bilans signés de mois arrêtés, hors ligne"),
	.options = key_options,
	.min_args = 1,
	.max_args = -1,
	.run = bilan_run,
};
static const char *const receipt_options[] = { "key", "anchors", "at", NULL };

const struct cmd cmd_verify = {
	.noun = "verify",
	.usage = N_("REÇU FICHIER…"),
	.about = N_("ces fichiers sont-ils ceux du reçu ? (hors ligne)"),
	.options = receipt_options,
	.min_args = 2,
	.max_args = 1 + RECEIPT_PAGES_MAX,
	.run = verify_run,
};
