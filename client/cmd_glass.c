/* sceau case break-glass|glass-review|glass-list. */
#include <jansson.h>

#include "client/commands.h"
#include "client/out.h"
#include "client/stepup.h"
#include "client/words.h"

static int
break_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *reason, *key;
	char until[32];
	int r;

	(void)argc;
	if ((r = cli_required(c, "reason", &reason, e)) < 0 ||
	    (r = cli_required(c, STEPUP_OPTION, &key, e)) < 0 ||
	    (r = cli_member(body, "reason", reason, e)) < 0 ||
	    (r = stepup_sign(c, "break-glass", argv[0], e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/cases/%/break-glass", argv[0])) <
		0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	printf(_("Glace brisée pour le dossier %s jusqu'au %s, inscription "
		 "n° %lld\n"),
	    jstr(j, "ref"), jtime(j, "until", until), jint(j, "leaf"));
	printf(_("Toute l'équipe du dossier le voit ; une autre personne "
		 "l'examinera : %s\n"),
	    jstr(j, "break_glass"));
	return 0;
}

static int
review_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *finding, *words;
	int r;

	(void)argc;
	if ((r = cli_required(c, "finding", &finding, e)) < 0 ||
	    (r = cli_required(c, "words", &words, e)) < 0 ||
	    (r = cli_member(body, "finding", finding, e)) < 0 ||
	    (r = cli_member(body, "words", words, e)) < 0 ||
	    (r = cli_post(
		 c, body, &j, e, "/v1/break-glass/%/review", argv[0])) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	printf(_("Bris de glace examiné : %s, inscription n° %lld\n"),
	    jword(j, "state"), jint(j, "review_leaf"));
	return 0;
}

static int
print_waiting(const json_t *list, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	char at[32], until[32], leaf[32];
	json_t *g;
	size_t i;
	int r;

	if ((r = table_head(&t, e, _("Bris de glace"), _("Dossier"), _("Par"),
		 _("Le"), _("Jusqu'au"), _("N°"), NULL)) < 0)
		return r;
	json_array_foreach(list, i, g)
	{
		snprintf(leaf, sizeof(leaf), "%lld", jint(g, "leaf"));
		if ((r = table_row(&t, e, jstr(g, "break_glass"),
			 jstr(g, "ref"), jstr(g, "by"), jtime(g, "at", at),
			 jtime(g, "until", until), leaf, NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Aucun bris de glace à examiner."));
	return 0;
}

static int
list_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	(void)argv;
	if ((r = cli_get(c, &j, e, "/v1/break-glass")) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	return print_waiting(json_object_get(j, "break_glass"), e);
}

static const char *const break_options[] = { "reason", STEPUP_OPTION, NULL };
static const char *const review_options[] = { "finding", "words", NULL };

const struct cmd cmd_case_break_glass = {
	.noun = "case",
	.verb = "break-glass",
	.usage = N_("DOSSIER"),
	.about = N_("ouvrir un dossier dans l'urgence (--reason MOTIF "
		    "--step-up CLÉ) : visible, et examiné ensuite"),
	.options = break_options,
	.min_args = 1,
	.max_args = 1,
	.run = break_run,
};
const struct cmd cmd_case_glass_review = {
	.noun = "case",
	.verb = "glass-review",
	.usage = N_("BRIS-DE-GLACE"),
	.about = N_("dire si un bris de glace était fondé (--finding "
		    "justified|unjustified --words MOTS)"),
	.options = review_options,
	.min_args = 1,
	.max_args = 1,
	.run = review_run,
};
const struct cmd cmd_case_glass_list = {
	.noun = "case",
	.verb = "glass-list",
	.about = N_("les bris de glace à examiner"),
	.run = list_run,
};
