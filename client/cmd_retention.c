/* sceau retention hold|hold-list|hold-review|release: legal holds. */
#include <jansson.h>

#include "client/approve.h"
#include "client/commands.h"
#include "client/out.h"
#include "client/stepup.h"
#include "client/words.h"

/* What is no document has a word of ours, not a kind of the rules. */
static const char *
object_word(const json_t *object)
{
	const char *kind = jstr(object, "kind");

	return strcmp(kind, "case") == 0 || strcmp(kind, "consents") == 0
		   ? word_for(kind)
		   : kind;
}

static const char *
hold_state(const json_t *j)
{
	return strcmp(jstr(j, "state"), "released") == 0 ? _("levé")
							 : jword(j, "state");
}

static void
print_hold(const json_t *j)
{
	char day[32];

	out_line(stdout, _("Gel"), jstr(j, "hold"));
	out_line(stdout, _("Dossier"), jstr(j, "case"));
	out_line(stdout, _("État"), hold_state(j));
	out_line(stdout, _("À revoir avant le"), jdate(j, "review", day));
}

static int
hold_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *document = cli_option(c, "document"), *reason, *review;
	int r;

	if ((argc == 1) == (document != NULL))
		return err_set(
		    e, ERR_USAGE, "%s", _("un DOSSIER, ou --document"));
	if ((r = cli_required(c, "reason", &reason, e)) < 0 ||
	    (r = cli_required(c, "review", &review, e)) < 0 ||
	    (r = cli_member(body, "case", argc == 1 ? argv[0] : NULL, e)) < 0 ||
	    (r = cli_member(body, "document", document, e)) < 0 ||
	    (r = cli_member(body, "reason", reason, e)) < 0 ||
	    (r = cli_member(body, "review", review, e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/holds")) < 0)
		return r;
	if (!cli_print_json(c, j))
		print_hold(j);
	return 0;
}

static int
list_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	AUTO(buf_done) struct buf path = { 0 };
	AUTO(json_decrefp) json_t *j = NULL;
	char day[32];
	json_t *h;
	size_t i;
	int r;

	if ((r = buf_addstr(&path, "/v1/holds", e)) < 0 ||
	    (r = cli_query(&path, "case", argc > 0 ? argv[0] : NULL, e)) < 0 ||
	    (r = cli_call(c, "GET", buf_str(&path), NULL, NULL, &j, e)) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	if ((r = table_head(&t, e, _("Gel"), _("Dossier"), _("Document"),
		 _("État"), _("À revoir avant le"), _("Motif"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "holds"), i, h)
	{
		if ((r = table_row(&t, e, jstr(h, "hold"), jstr(h, "case"),
			 jstr(h, "document"), hold_state(h),
			 jdate(h, "review", day), jstr(h, "reason"), NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Aucun gel."));
	return 0;
}

static int
review_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *reason, *review;
	int r;

	(void)argc;
	if ((r = cli_required(c, "reason", &reason, e)) < 0 ||
	    (r = cli_required(c, "review", &review, e)) < 0 ||
	    (r = cli_member(body, "reason", reason, e)) < 0 ||
	    (r = cli_member(body, "review", review, e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/holds/%/review", argv[0])) < 0)
		return r;
	if (!cli_print_json(c, j))
		print_hold(j);
	return 0;
}

struct page_of {
	struct cli *c;
	const char *hold;
};

static int
page_text(void *arg, struct buf *page, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	struct page_of *p = arg;
	int r;

	if ((r = cli_get(p->c, &j, e, "/v1/holds/%/release", p->hold)) < 0 ||
	    (r = approve_check(j, "page", e)) < 0)
		return r;
	return buf_addstr(page, jstr(j, "page"), e);
}

static int
print_release(struct cli *c, const json_t *j, struct err *e)
{
	if (cli_print_json(c, j))
		return 0;
	print_hold(j);
	printf(_("Approbations : %zu sur %lld\n"), jcount(j, "approvals"),
	    jint(j, "needed"));
	return approve_print(json_object_get(j, "approvals"), e);
}

/* With a reason: ask. With a key or a signature: sign what was asked. */
static int
release_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	AUTO(buf_done) struct buf signature = { 0 };
	struct page_of page = { c, argv[0] };
	const char *reason = cli_option(c, "reason");
	int r;

	(void)argc;
	if (reason != NULL) {
		if ((r = cli_member(body, "reason", reason, e)) < 0 ||
		    (r = cli_post(
			 c, body, &j, e, "/v1/holds/%/release", argv[0])) < 0)
			return r;
		if (cli_print_json(c, j))
			return 0;
		out_page(stdout, jstr(j, "page"));
		fprintf(stderr, "%s\n",
		    _("Levée demandée : deux personnes la signent, chacune "
		      "par sceau retention release GEL --key CLÉ."));
		return 0;
	}
	if (cli_option(c, "page") != NULL) {
		AUTO(buf_done) struct buf text = { 0 };

		if ((r = page_text(&page, &text, e)) == 0)
			fputs(buf_str(&text), stdout);
		return r;
	}
	if ((r = approve_signature(c, _("Signer cette levée ? [oui/non]"),
		 page_text, &page, &signature, e)) < 0 ||
	    (r = cli_member(body, "signature", buf_str(&signature), e)) < 0 ||
	    (r = cli_post(
		 c, body, &j, e, "/v1/holds/%/release/approvals", argv[0])) < 0)
		return r;
	return print_release(c, j, e);
}

/* --- sweeps ---------------------------------------------------------- */

/* Each rule once, with what it stands on. */
static void
print_sources(const json_t *j)
{
	AUTO(json_decrefp) json_t *told = json_object();
	json_t *o;
	size_t i;

	if (jcount(j, "objects") > 0)
		printf("\n%s\n", _("Sources des règles"));
	json_array_foreach(json_object_get(j, "objects"), i, o)
	{
		if (json_object_get(told, jstr(o, "rule")) != NULL)
			continue;
		json_object_set_new(told, jstr(o, "rule"), json_true());
		out_line(stdout, jstr(o, "rule"), jstr(o, "source"));
	}
}

static int
print_analysis(const json_t *j, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	char day[32];
	json_t *o;
	size_t i;
	int r;

	if (*jstr(j, "erasure") != '\0')
		out_line(stdout, _("Tri"), jstr(j, "erasure"));
	if (jint(j, "months") > 0)
		printf(_("Mois du journal dont les détails expirent : %lld\n"),
		    jint(j, "months"));
	if (jint(j, "left") > 0)
		printf(_("Pour un autre tri, après celui-ci : %lld\n"),
		    jint(j, "left"));
	out_line(stdout, _("Au"), jdate(j, "as_of", day));
	out_line(stdout, "SHA-256", jstr(j, "sha256"));
	printf(_("À détruire : %lld ; en conflit : %lld ; gardés : %lld ; "
		 "part : %lld %%\n"),
	    jint(j, "destroy"), jint(j, "conflicts"), jint(j, "kept"),
	    jint(j, "share"));
	if ((r = table_head(&t, e, _("Sort"), _("Objet"), _("Identifiant"),
		 _("Règle"), _("Jusqu'au"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "objects"), i, o)
	{
		if ((r = table_row(&t, e, jword(o, "verdict"), object_word(o),
			 jstr(o, "id"), jstr(o, "rule"), jdate(o, "last", day),
			 NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Rien n'est échu."));
	print_sources(j);
	return 0;
}

static int
analyse_run(struct cli *c, int argc, char **argv, struct err *e)
{
	const char *as_of = cli_option(c, "as-of"),
		   *share = cli_option(c, "confirm-share");
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	char *end = NULL;
	int r;

	(void)argc;
	(void)argv;
	if ((r = cli_member(body, "as_of", as_of, e)) < 0)
		return r;
	if (share != NULL) {
		long n = strtol(share, &end, 10);

		if (*share == '\0' || *end != '\0')
			return err_set(e, ERR_USAGE, "%s", _("un pourcentage"));
		json_object_set_new(body, "confirm_share", json_integer(n));
	}
	if ((r = cli_post(c, body, &j, e,
		 cli_option(c, "dry-run") != NULL ? "/v1/sweeps?dry-run=1"
						  : "/v1/sweeps")) < 0)
		return r;
	return cli_print_json(c, j) ? 0 : print_analysis(j, e);
}

/* The log's details alone: the same pass, the same two people, the same run. */
static int
expire_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	int r;

	(void)argc;
	(void)argv;
	json_object_set_new(body, "journal", json_true());
	if ((r = cli_member(body, "as_of", cli_option(c, "as-of"), e)) < 0 ||
	    (r = cli_post(c, body, &j, e,
		 cli_option(c, "dry-run") != NULL ? "/v1/sweeps?dry-run=1"
						  : "/v1/sweeps")) < 0)
		return r;
	return cli_print_json(c, j) ? 0 : print_analysis(j, e);
}

static const char *const expire_options[] = { "as-of", "dry-run!", NULL };
const struct cmd cmd_audit_expire = {
	.noun = "audit",
	.verb = "expire",
	.usage = "",
	.about = N_("préparer l'expiration des détails du journal qui ont fait "
		    "leur temps : un tri, approuvé et exécuté comme un autre "
		    "(--dry-run, --as-of DATE)"),
	.options = expire_options,
	.run = expire_run,
};

static int
bordereau_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	if ((r = cli_get(c, &j, e, "/v1/sweeps/%/bordereau", argv[0])) < 0)
		return r;
	if (!cli_print_json(c, j))
		fputs(jstr(j, "text"), stdout);
	return 0;
}

static int
visa_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *reference;
	char day[32];
	int r;

	(void)argc;
	if ((r = cli_required(c, "reference", &reference, e)) < 0 ||
	    (r = cli_member(body, "reference", reference, e)) < 0 ||
	    (r = cli_member(body, "date", cli_option(c, "date"), e)) < 0 ||
	    (r = stepup_sign(c, "retention-visa", NULL, e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/sweeps/%/visa", argv[0])) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Visa %s du %s, inscription n° %lld\n"),
		    jstr(j, "reference"), jdate(j, "date", day),
		    jint(j, "leaf"));
	return 0;
}

static const char *const analyse_options[] = { "as-of", "confirm-share",
	"dry-run!", NULL };
static const char *const visa_options[] = { "reference", "date", STEPUP_OPTION,
	NULL };
const struct cmd cmd_retention_analyse = {
	.noun = "retention",
	.verb = "analyse",
	.usage = "",
	.about = N_("juger tout ce que le coffre garde, et préparer le tri de "
		    "ce qui est échu (--as-of DATE --dry-run : un essai ; "
		    "--confirm-share N)"),
	.options = analyse_options,
	.run = analyse_run,
};
const struct cmd cmd_retention_bordereau = {
	.noun = "retention",
	.verb = "bordereau",
	.usage = N_("TRI"),
	.about = N_("le bordereau d'élimination d'un tri, pour les archives"),
	.min_args = 1,
	.max_args = 1,
	.run = bordereau_run,
};
const struct cmd cmd_retention_visa = {
	.noun = "retention",
	.verb = "visa",
	.usage = N_("TRI"),
	.about = N_("inscrire le visa des archives (--reference RÉF --date "
		    "AAAA-MM-JJ)"),
	.options = visa_options,
	.min_args = 1,
	.max_args = 1,
	.run = visa_run,
};

static const char *const hold_options[] = { "document", "reason", "review",
	NULL };
static const char *const review_options[] = { "reason", "review", NULL };
static const char *const release_options[] = { "reason", "signature", "key",
	"yes!", "page!", NULL };

const struct cmd cmd_retention_hold = {
	.noun = "retention",
	.verb = "hold",
	.usage = N_("[DOSSIER]"),
	.about = N_("geler un dossier ou --document DOCUMENT : rien n'est "
		    "détruit avant la levée (--reason MOTIF --review "
		    "AAAA-MM-JJ)"),
	.options = hold_options,
	.max_args = 1,
	.run = hold_run,
};
const struct cmd cmd_retention_hold_list = {
	.noun = "retention",
	.verb = "hold-list",
	.usage = N_("[DOSSIER]"),
	.about = N_("les gels d'un dossier, ou tous ceux en place"),
	.max_args = 1,
	.run = list_run,
};
const struct cmd cmd_retention_hold_review = {
	.noun = "retention",
	.verb = "hold-review",
	.usage = N_("GEL"),
	.about = N_("revoir un gel et le garder (--reason MOTIF --review "
		    "AAAA-MM-JJ)"),
	.options = review_options,
	.min_args = 1,
	.max_args = 1,
	.run = review_run,
};
const struct cmd cmd_retention_release = {
	.noun = "retention",
	.verb = "release",
	.usage = N_("GEL"),
	.about = N_("demander la levée d'un gel (--reason MOTIF), ou la signer "
		    "(--key CLÉ, --signature FICHIER) ; --page : le texte "
		    "exact à signer"),
	.options = release_options,
	.min_args = 1,
	.max_args = 1,
	.run = release_run,
};
