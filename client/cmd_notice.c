/* sceau notice list|settle, sceau due. */
#include <jansson.h>
#include <string.h>

#include "client/commands.h"
#include "client/due.h"
#include "client/formcode.h"
#include "client/out.h"
#include "client/words.h"

static const char *
overdue(const json_t *j)
{
	return json_is_true(json_object_get(j, "overdue")) ? _("EN RETARD")
							   : "";
}

static int
print_notices(const json_t *j, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	char at[32], due[32];
	json_t *n;
	size_t i;
	int r;

	if ((r = table_head(&t, e, _("Notice"), _("Destinataire"), _("Motif"),
		 _("Extrait"), _("État"), _("Du"), _("Échéance"), "",
		 _("Pourquoi"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "notices"), i, n)
	{
		if ((r = table_row(&t, e, jstr(n, "notice"),
			 jstr(n, "recipient"), jword(n, "reason"),
			 jstr(n, "extract"), jword(n, "state"),
			 jtime(n, "at", at), jlast_day(n, "due_at", due),
			 overdue(n), jstr(n, "words"), NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Aucune notice."));
	return 0;
}

static int
list_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 };
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if ((r = buf_addstr(&path, "/v1/notices", e)) < 0 ||
	    (r = cli_query(&path, "case", argc > 0 ? argv[0] : NULL, e)) < 0 ||
	    (r = cli_call(c, "GET", buf_str(&path), NULL, NULL, &j, e)) < 0)
		return r;
	return cli_print_json(c, j) ? 0 : print_notices(j, e);
}

static int
settle_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *how;
	int r;

	(void)argc;
	if ((r = cli_required(c, "how", &how, e)) < 0 ||
	    (r = cli_member(body, "how", how, e)) < 0 ||
	    (r = cli_member(body, "words", cli_option(c, "words"), e)) < 0 ||
	    (r = cli_post(
		 c, body, &j, e, "/v1/notices/%/settlement", argv[0])) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Notice %s : %s, inscription n° %lld\n"),
		    jstr(j, "notice"), jword(j, "state"), jint(j, "leaf"));
	return 0;
}

/* Our own words where there are some, so that they are translated; else the
 * title of the rules. */
static const char *
what_of(const json_t *l)
{
	const char *what = jstr(l, "what"), *word = word_for(what);

	if (strcmp(word, what) != 0 || jstr(l, "title")[0] == '\0')
		return word;
	return jstr(l, "title");
}

const char *
due_about(const json_t *l, char out[DUE_WORDS])
{
	static const char *const members[] = { "kind_title", "source",
		"month" };
	const char *of = jstr(l, "device");
	size_t i;

	if (*of != '\0')
		of = formcode_words(of);
	for (i = 0; i < NELEMS(members) && *of == '\0'; i++)
		of = jstr(l, members[i]);
	snprintf(
	    out, DUE_WORDS, "%s%s%s", what_of(l), *of != '\0' ? " : " : "", of);
	return out;
}

/* What to type for each sort of thing that waits; once each. */
static void
print_next(const json_t *lines)
{
	static const struct {
		const char *what, *command;
	} next[] = {
		{ "information-art14",
		    N_("sceau file DOSSIER notice-art14 FICHIER") },
		{ "veille", N_("sceau veille DOSSIER --result RÉSULTAT") },
		{ "regularite",
		    N_("sceau file DOSSIER controle-regularite FICHE") },
		{ "demarche", N_("sceau demarche set DOSSIER OBJET --state "
				 "ÉTAT") },
		{ "intake-reopen", N_("sceau case reopen DOSSIER --reason "
				      "MOTIF") },
		{ "withdrawal-letter", N_("sceau consent letter OBJET") },
		{ "notice", N_("sceau notice settle OBJET --how delivered") },
		{ "objection", N_("sceau subject objection-decide OBJET") },
		{ "break-glass-review", N_("sceau case glass-review OBJET") },
		{ "extract-approval", N_("sceau extract approve OBJET "
					 "--key CLÉ") },
		{ "hold-review", N_("sceau retention hold-review OBJET "
				    "--reason MOTIF --review AAAA-MM-JJ") },
		{ "retention-due", N_("sceau retention analyse --dry-run") },
		{ "visa", N_("sceau retention visa OBJET --reference RÉF") },
		{ "destruction-approve", N_("sceau retention approve OBJET "
					    "--key CLÉ") },
		{ "destruction-run", N_("sceau retention run OBJET") },
		{ "destruction-cut", N_("sceau retention run OBJET") },
		{ "certificate-mirrors",
		    N_("sceau retention settle OBJET mirrors") },
		{ "certificate-recovery",
		    N_("sceau retention settle OBJET recovery") },
		{ "certificate-backups",
		    N_("sceau retention settle OBJET backups") },
		{ "misfiling-breach", N_("sceau report breach-settle OBJET "
					 "--note TEXTE") },
		{ "draft", N_("sceau file DOSSIER TYPE FICHE "
			      "--replaces OBJET") },
		{ "submission", N_("sceau submission get OBJET -o FICHIER") },
		{ "bilan-freeze", N_("sceau report bilan-freeze "
				     "--month AAAA-MM") },
		{ "rules-proposal", N_("sceau policy sign OBJET --key CLÉ") },
		{ "clock-suspect", N_("sceau clock confirm --key CLÉ") },
	};
	const json_t *l = NULL;
	size_t i, k;

	for (k = 0; k < NELEMS(next); k++) {
		json_array_foreach(lines, i, l)
		{
			if (strcmp(jstr(l, "what"), next[k].what) == 0)
				break;
		}
		if (i < json_array_size(lines))
			out_line(stdout, what_of(l), _(next[k].command));
	}
}

static int
print_due(const json_t *j, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	char due[32], what[DUE_WORDS];
	json_t *l;
	size_t i;
	int r;

	if ((r = table_head(&t, e, _("Échéance"), "", _("Quoi"), _("Dossier"),
		 _("Objet"), _("Destinataire"), _("État"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "due"), i, l)
	{
		if ((r = table_row(&t, e, jlast_day(l, "due_at", due),
			 overdue(l), due_about(l, what), jstr(l, "ref"),
			 jstr(l, "object"), jstr(l, "recipient"),
			 jword(l, "state"), NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Rien n'attend."));
	if (jcount(j, "due") > 0)
		putchar('\n');
	print_next(json_object_get(j, "due"));
	if (jint(j, "left_off") > 0)
		printf(_("%lld autres échéances, plus tardives, ne sont pas "
			 "montrées.\n"),
		    jint(j, "left_off"));
	return 0;
}

static int
due_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 };
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	(void)argv;
	if ((r = buf_addstr(&path, "/v1/due", e)) < 0 ||
	    (cli_option(c, "mine") != NULL &&
		(r = cli_query(&path, "mine", "1", e)) < 0) ||
	    (r = cli_query(&path, "as_of", cli_option(c, "as-of"), e)) < 0 ||
	    (r = cli_call(c, "GET", buf_str(&path), NULL, NULL, &j, e)) < 0)
		return r;
	return cli_print_json(c, j) ? 0 : print_due(j, e);
}

static const char *const settle_options[] = { "how", "words", NULL };
static const char *const due_options[] = { "mine!", "as-of", NULL };

const struct cmd cmd_notice_list = {
	.noun = "notice",
	.verb = "list",
	.usage = N_("[DOSSIER]"),
	.about = N_("les notices aux destinataires (RGPD art. 19)"),
	.max_args = 1,
	.run = list_run,
};
const struct cmd cmd_notice_settle = {
	.noun = "notice",
	.verb = "settle",
	.usage = N_("NOTICE"),
	.about = N_("la suite d'une notice (--how delivered, acknowledged ou "
		    "impossible ; --words TEXTE)"),
	.options = settle_options,
	.min_args = 1,
	.max_args = 1,
	.run = settle_run,
};
const struct cmd cmd_due = {
	.noun = "due",
	.about =
	    N_("ce qui attend, par échéance (--mine : mes dossiers ; --as-of "
	       "AAAA-MM-JJ : tel qu'à ce jour)"),
	.options = due_options,
	.run = due_run,
};
