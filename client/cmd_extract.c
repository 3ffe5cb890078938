/* sceau extract preview|release|list|revoke. */
#include <jansson.h>

#include "base/text.h"
#include "client/commands.h"
#include "client/out.h"
#include "client/stepup.h"
#include "client/upload.h"
#include "client/words.h"

#define KEY_LEN 16 /* random bytes that name one release */

/* Any JSON value in one line for a person. */
static void
value_text(const json_t *v, struct buf *out)
{
	AUTO(mem_freep) char *text = NULL;

	buf_reset(out);
	if (json_is_string(v)) {
		(void)!buf_addstr(out, json_string_value(v), NULL);
		return;
	}
	if (v != NULL)
		text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
	(void)!buf_addstr(out, text != NULL ? text : "", NULL);
}

static int
print_fields(const json_t *j, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	AUTO(buf_done) struct buf value = { 0 };
	json_t *f;
	size_t i;
	int r;

	if ((r = table_head(
		 &t, e, _("Champ remis"), _("Valeur"), _("Tiré de"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "fields"), i, f)
	{
		/* As the page says it; an older vault gives the value alone. */
		value_text(
		    json_object_get(f,
			json_object_get(f, "text") != NULL ? "text" : "value"),
		    &value);
		if ((r = table_row(&t, e, jstr(f, "label"), buf_str(&value),
			 jstr(f, "kind"), NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Aucun champ ne serait remis."));
	return 0;
}

static int
print_withheld(const json_t *j, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	json_t *f;
	size_t i;
	int r;

	if ((r = table_head(&t, e, _("Retenu"), _("Champ"), _("Pourquoi"),
		 _("Texte"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "withheld"), i, f)
	{
		if ((r = table_row(&t, e, jstr(f, "kind"), jstr(f, "path"),
			 jword(f, "why"), jstr(f, "citation"), NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Rien n'est retenu."));
	return 0;
}

/* Whose consent is missing: the people whom the caseworker has to see. */
static void
print_missing(const json_t *missing)
{
	const json_t *p;
	size_t i;

	json_array_foreach(missing, i, p)
	{
		printf("%s : ", _("Consentement manquant"));
		out_text(stdout, jstr(p, "name"));
		printf(" (");
		out_text(stdout, jstr(p, "role"));
		printf(")\n");
	}
}

/* The first line that waits for somebody names them all. */
static const json_t *
missing_of(const json_t *j)
{
	const json_t *f, *m = json_object_get(j, "missing");
	size_t i;

	json_array_foreach(json_object_get(j, "withheld"), i, f)
	{
		if (m == NULL)
			m = json_object_get(f, "missing");
	}
	return m;
}

static void
print_consent(const json_t *j)
{
	const json_t *consent = json_object_get(j, "consent");

	if (!json_is_object(consent)) {
		printf(
		    "%s\n", _("Consentement : pas nécessaire (base légale)"));
		return;
	}
	if (json_is_true(json_object_get(consent, "in_force")))
		fputs(_("Consentement : en vigueur, "), stdout);
	else if (json_is_true(json_object_get(j, "allowed")))
		fputs(_("Consentement : de certains seulement, "), stdout);
	else
		fputs(_("Consentement : MANQUANT, "), stdout);
	out_text(stdout, jstr(consent, "purpose"));
	putchar('\n');
}

static int
print_preview(const json_t *j, struct err *e)
{
	char at[32];
	json_t *a;
	size_t i;
	int r;

	out_line(stdout, _("Destinataire"), jstr(j, "title"));
	out_line(stdout, _("Finalité"), jstr(j, "purpose"));
	out_line(stdout, _("Règle"), jstr(j, "rule"));
	out_line(stdout, _("Base"), jstr(j, "basis"));
	out_line(stdout, _("Texte"), jstr(j, "citation"));
	print_consent(j);
	print_missing(missing_of(j));
	if (!json_is_true(json_object_get(j, "allowed")))
		return 0;
	out_line(stdout, _("Voie"), jword(j, "channel"));
	out_line(stdout, _("Expire le"), jtime(j, "expires_at", at));
	if (json_is_true(json_object_get(j, "four_eyes")) ||
	    json_is_true(json_object_get(j, "urgent")))
		printf("%s\n", _("Une seconde personne devra signer."));
	putchar('\n');
	if ((r = print_fields(j, e)) < 0)
		return r;
	putchar('\n');
	if ((r = print_withheld(j, e)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "attachments"), i, a)
	{
		printf(_("Document joint : %s, "), jstr(a, "document"));
		out_text(stdout, jstr(a, "kind"));
		putchar('\n');
	}
	return 0;
}

/* {recipient, purpose}: the purpose of the rule, when the recipient has
 * several; --purpose is what the caller acts for. */
static int
build_ask(struct cli *c, char **argv, json_t *body, struct err *e)
{
	int r;

	if ((r = cli_member(body, "recipient", argv[1], e)) < 0 ||
	    (r = cli_member(body, "purpose", cli_option(c, "for"), e)) < 0)
		return r;
	return cli_member(body, "channel", cli_option(c, "channel"), e);
}

static int
preview_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	int r;

	(void)argc;
	if ((r = build_ask(c, argv, body, e)) < 0 ||
	    (r = cli_post(
		 c, body, &j, e, "/v1/cases/%/extract-preview", argv[0])) < 0 ||
	    (!cli_print_json(c, j) && (r = print_preview(j, e)) < 0))
		return r;
	/* What would be refused ends as a refusal does. */
	if (!json_is_true(json_object_get(j, "allowed")))
		return err_tag(e, ERR_DENIED, "consent-missing",
		    _("inscription n° %lld"), jint(j, "leaf"));
	return 0;
}

/* A statement counts once: each try signs its own. */
static int
try_release(struct cli *c, const char *kase, const char *key,
    const json_t *body, json_t **out, struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 };
	int r;

	if ((r = stepup_sign(c, "extract-release", kase, e)) < 0 ||
	    (r = cli_path(&path, e, "/v1/cases/%/extracts", kase)) < 0)
		return r;
	return cli_call(c, "POST", buf_str(&path), body, key, out, e);
}

/*
 * One command is one release: its key is drawn here, so that the same
 * request can be made again when its answer was lost, and the next command
 * is another release.
 */
static int
release(struct cli *c, const char *kase, const json_t *body, json_t **out,
    struct err *e)
{
	char key[2 * KEY_LEN + 1];
	uint8_t random[KEY_LEN];
	int n, r;

	if ((r = crypto_random(random, sizeof(random), e)) < 0)
		return r;
	hex_format(random, sizeof(random), key);
	for (n = 1;; n++) {
		r = try_release(c, kase, key, body, out, e);
		if (r == 0 || n == UPLOAD_TRIES ||
		    (r != -ERR_PENDING && !upload_may_retry(c, e)))
			return r;
		upload_pause(n);
	}
}

/* What comes next, by the state and the channel. */
static void
print_next(const json_t *j)
{
	const char *id = jstr(j, "extract");

	if (strcmp(jstr(j, "state"), "awaiting") == 0)
		printf(_("Une autre personne signe : sceau extract approve %s "
			 "--key CLÉ\n"),
		    id);
	else if (strcmp(jstr(j, "channel"), "ssh") == 0)
		puts(_("Le destinataire le prend à sa porte."));
	else
		printf(_("À remettre : sceau extract deliver %s -o FICHIER\n"),
		    id);
}

static int
release_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	char at[32];
	int r;

	(void)argc;
	if ((r = build_ask(c, argv, body, e)) < 0 ||
	    (r = release(c, argv[0], body, &j, e)) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	printf(strcmp(jstr(j, "state"), "awaiting") == 0
		   ? _("Extrait %s prêt, inscription n° %lld\n")
		   : _("Extrait %s remis, inscription n° %lld\n"),
	    jstr(j, "extract"), jint(j, "leaf"));
	out_line(stdout, _("Destinataire"), jstr(j, "recipient"));
	out_line(stdout, _("Voie"), jword(j, "channel"));
	out_line(stdout, _("État"), jword(j, "state"));
	out_line(stdout, _("Règle"), jstr(j, "rule"));
	out_line(stdout, _("Base"), jstr(j, "basis"));
	out_line(stdout, "SHA-256", jstr(j, "sha256"));
	out_line(stdout, _("Expire le"), jtime(j, "expires_at", at));
	print_next(j);
	return 0;
}

/* "retiré" alone would be taken for "pris". */
static const char *
state_of(const json_t *x)
{
	return strcmp(jstr(x, "state"), "withdrawn") == 0
		   ? word_for("consent-withdrawn")
		   : jword(x, "state");
}

static int
notice_rows(struct table *t, const json_t *extract, struct err *e)
{
	char at[32], due[32];
	json_t *n;
	size_t i;
	int r;

	json_array_foreach(json_object_get(extract, "notices"), i, n)
	{
		if ((r = table_row(t, e, jstr(extract, "extract"),
			 jstr(extract, "recipient"), jword(n, "reason"),
			 jword(n, "state"), jtime(n, "at", at),
			 jtime(n, "due_at", due),
			 json_is_true(json_object_get(n, "overdue"))
			     ? _("EN RETARD")
			     : "",
			 jstr(n, "notice"), NULL)) < 0)
			return r;
	}
	return 0;
}

/* Under the extracts, when recipients are told something of them. */
static int
print_notices(const json_t *j, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	size_t i, n = 0;
	json_t *x;
	int r;

	if ((r = table_head(&t, e, _("Extrait"), _("Destinataire"), _("Motif"),
		 _("État"), _("Du"), _("Échéance"), "", _("Notice"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "extracts"), i, x)
	{
		n += jcount(x, "notices");
		if ((r = notice_rows(&t, x, e)) < 0)
			return r;
	}
	if (n == 0)
		return 0;
	putchar('\n');
	table_print(&t, stdout, "");
	return 0;
}

static int
list_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	AUTO(table_done) struct table t = { 0 };
	char released[32], expires[32], fields[512], pulls[32], ack[32];
	json_t *x;
	size_t i;
	int r;

	(void)argc;
	if ((r = cli_get(c, &j, e, "/v1/cases/%/extracts", argv[0])) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	if ((r = table_head(&t, e, _("Extrait"), _("Destinataire"),
		 _("Finalité"), _("État"), _("Remis le"), _("Expire le"),
		 _("Voie"), _("Pris"), _("Accusé le"), _("Champs"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "extracts"), i, x)
	{
		snprintf(pulls, sizeof(pulls), "%lld", jint(x, "pulls"));
		if ((r = table_row(&t, e, jstr(x, "extract"),
			 jstr(x, "recipient"), jstr(x, "purpose"), state_of(x),
			 jtime(x, "released_at", released),
			 jtime(x, "expires_at", expires), jword(x, "channel"),
			 pulls, jtime(x, "acknowledged_at", ack),
			 jlist(x, "fields", fields, sizeof(fields)), NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Aucun extrait."));
	return print_notices(j, e);
}

static int
revoke_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *reason;
	int r;

	(void)argc;
	if ((r = cli_required(c, "reason", &reason, e)) < 0 ||
	    (r = cli_member(body, "reason", reason, e)) < 0 ||
	    (r = cli_post(
		 c, body, &j, e, "/v1/extracts/%/revocation", argv[0])) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Extrait %s révoqué, inscription n° %lld\n"),
		    jstr(j, "extract"), jint(j, "leaf"));
	return 0;
}

static const char *const ask_options[] = { "for", "channel", NULL };
static const char *const release_options[] = { "for", "channel", STEPUP_OPTION,
	NULL };
static const char *const revoke_options[] = { "reason", NULL };

const struct cmd cmd_extract_preview = {
	.noun = "extract",
	.verb = "preview",
	.usage = N_("DOSSIER DESTINATAIRE"),
	.about = N_("ce qui serait remis, ce qui serait retenu, et par "
		    "quelle règle"),
	.options = ask_options,
	.min_args = 2,
	.max_args = 2,
	.run = preview_run,
};
const struct cmd cmd_extract_release = {
	.noun = "extract",
	.verb = "release",
	.usage = N_("DOSSIER DESTINATAIRE"),
	.about = N_("remettre un extrait (avec --purpose FINALITÉ) : figé, "
		    "signé, chiffré"),
	.options = release_options,
	.min_args = 2,
	.max_args = 2,
	.run = release_run,
};
const struct cmd cmd_extract_list = {
	.noun = "extract",
	.verb = "list",
	.usage = N_("DOSSIER"),
	.about = N_("les extraits remis d'un dossier"),
	.min_args = 1,
	.max_args = 1,
	.run = list_run,
};
const struct cmd cmd_extract_revoke = {
	.noun = "extract",
	.verb = "revoke",
	.usage = N_("EXTRAIT"),
	.about = N_("révoquer un extrait (--reason MOTIF)"),
	.options = revoke_options,
	.min_args = 1,
	.max_args = 1,
	.run = revoke_run,
};
