/* sceau policy diff: what a candidate changes, in the words of the rules, and
 * what it would have decided otherwise. */
#include <jansson.h>
#include <string.h>

#include "base/text.h"
#include "client/commands.h"
#include "client/out.h"
#include "client/ruleset.h"
#include "policy/compare.h"

#define REPLAY_DAYS_MAX 3650

struct telling {
	const struct cli *c;
	json_t *all;
	size_t n;
	char section[64], name[256];
};

static const struct {
	const char *section, *shown;
} sections[] = {
	{ "rules", N_("Les règles elles-mêmes") },
	{ "role", N_("Rôle") },
	{ "purpose", N_("Finalité") },
	{ "kind", N_("Type") },
	{ "retention", N_("Durée de conservation") },
	{ "access", N_("Règle d'accès") },
	{ "recipient", N_("Destinataire") },
	{ "adapt-recipient", N_("Destinataire, précisions locales") },
	{ "consent", N_("Consentement") },
	{ "disclosure", N_("Règle de communication") },
	{ "event", N_("Événement") },
	{ "block", N_("Ce qui est retenu") },
	{ "approval", N_("Approbation") },
	{ "figure", N_("Chiffre") },
	{ "moment", N_("Moment d'un dossier") },
	{ "deadline", N_("Échéance") },
	{ "ground", N_("Motif admis") },
	{ "letter", N_("Lettre") },
	{ "subject", N_("Part d'une personne") },
	{ "intake", N_("Liste reçue") },
	{ "operator", N_("Responsable du traitement") },
	{ "processing", N_("Activité de traitement") },
	{ "indicator", N_("Indicateur") },
	{ "person", N_("Personne") },
	{ "loan", N_("Rôle prêté") },
	{ "file", N_("Fichier") },
};

static const char *
section_title(const char *section)
{
	size_t i;

	for (i = 0; i < NELEMS(sections); i++)
		if (strcmp(sections[i].section, section) == 0)
			return _(sections[i].shown);
	return section;
}

/* A heading where another section begins: they come side by side. */
static void
print_heading(struct telling *t, const struct policy_difference *d)
{
	if (t->n > 0 && strcmp(t->section, d->section) == 0 &&
	    strcmp(t->name, d->name) == 0)
		return;
	snprintf(t->section, sizeof(t->section), "%s", d->section);
	snprintf(t->name, sizeof(t->name), "%s", d->name);
	out_text(stdout, section_title(d->section));
	if (d->name[0] != '\0') {
		fputs(" « ", stdout);
		out_text(stdout, d->name);
		fputs(" »", stdout);
	}
	putchar('\n');
}

static void
print_value(const char *before, const char *value, const char *none)
{
	fputs(before, stdout);
	out_text(stdout, value[0] != '\0' ? value : none);
}

static void
print_difference(const struct policy_difference *d)
{
	static const char *const kinds[] = { N_("ajouté"), N_("retiré"),
		N_("changé"), N_("déplacé") };

	printf("  %s", _(kinds[d->kind]));
	if (d->inner != NULL) {
		printf(" %s « ", d->inner);
		out_text(stdout, d->inner_name);
		fputs(" »", stdout);
	}
	if (d->word != NULL)
		printf(" %s :", d->kind == POLICY_MOVED ? _("après") : d->word);
	if (d->from != NULL)
		print_value(" ", d->from, _("(en tête)"));
	if (d->to != NULL)
		print_value(
		    d->from != NULL ? " → " : " ", d->to, _("(en tête)"));
	putchar('\n');
}

static int
tell(void *arg, const struct policy_difference *d, struct err *e)
{
	struct telling *t = arg;
	json_t *j;

	if (!t->c->json) {
		print_heading(t, d);
		print_difference(d);
		t->n++;
		return 0;
	}
	t->n++;
	j = json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:s?, s:s?, s:s?}", "change",
	    policy_difference_name(d->kind), "section", d->section, "name",
	    d->name, "inner", d->inner, "inner-name", d->inner_name, "word",
	    d->word, "from", d->from, "to", d->to);
	if (j == NULL || json_array_append_new(t->all, j) < 0)
		return err_set(e, ERR_NOMEM, "answer");
	return 0;
}

/* Whether two sets are the same files; people.conf has its own digest. */
static int
are_same_files(const struct policy *a, const struct policy *b)
{
	return memcmp(policy_sha256(a), policy_sha256(b), 32) == 0 &&
	       memcmp(policy_people_sha256(a), policy_people_sha256(b), 32) ==
		   0;
}

static void
print_end(
    const struct telling *t, const struct policy *a, const struct policy *b)
{
	if (t->n > 0)
		printf(_("Différences : %zu\n"), t->n);
	else if (are_same_files(a, b))
		puts(_("Aucune différence : ce sont les mêmes fichiers."));
	else
		puts(_("Aucune différence de sens : la forme des fichiers "
		       "seule change."));
}

/* --- the past under the candidate ------------------------------------- */

/* "180d": days. */
static int
replay_days(const struct cli *c, uint64_t *days, struct err *e)
{
	const char *s = cli_option(c, "replay");
	size_t n;

	*days = 0;
	if (s == NULL)
		return 0;
	n = strlen(s);
	if (n < 2 || (s[n - 1] != 'd' && s[n - 1] != 'j') ||
	    text_decimal(s, n - 1, days, NULL) < 0 || *days == 0 ||
	    *days > REPLAY_DAYS_MAX)
		return err_set(
		    e, ERR_USAGE, _("--replay : des jours, comme 180d"));
	return 0;
}

/* The decisions are the vault's, and so are the files beneath. */
static int
replay(struct cli *c, const struct policy *candidate, uint64_t days,
    json_t **out, struct err *e)
{
	AUTO(policy_freep) struct policy *now = NULL;
	AUTO(json_decrefp) json_t *body = NULL;
	json_t *files;
	int r;

	if ((r = ruleset_fetch(c, &now, e)) < 0 ||
	    (r = ruleset_files(now, candidate, &files, e)) < 0)
		return r;
	body =
	    json_pack("{s:o, s:I}", "files", files, "days", (json_int_t)days);
	if (body == NULL)
		return err_set(e, ERR_NOMEM, "policy");
	return cli_post(c, body, out, e, "/v1/policy/replay");
}

static void
print_list(const json_t *j, const char *member, const char *title)
{
	char at[32];
	json_t *x;
	size_t i;

	if (jcount(j, member) == 0)
		return;
	puts(title);
	json_array_foreach(json_object_get(j, member), i, x)
	{
		printf("  %s %lld  %s  ", _("n°"), jint(x, "leaf"),
		    jtime(x, "at", at));
		out_text(stdout, jstr(x, "what"));
		if (*jstr(x, "recipient") != '\0') {
			fputs(" → ", stdout);
			out_text(stdout, jstr(x, "recipient"));
		}
		fputs("  ", stdout);
		out_text(stdout, jstr(x, "who"));
		fputs("\n      ", stdout);
		out_text(stdout, jstr(x, "why"));
		putchar('\n');
	}
}

/* All are counted, and the first of them named. */
static long long
count(const json_t *j, const char *member)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_count", member);
	return json_object_get(j, name) != NULL ? jint(j, name)
						: (long long)jcount(j, member);
}

static void
print_replay(const json_t *j, uint64_t days)
{
	printf(_("\nSur les %lld décisions des %llu derniers jours, ces règles "
		 "en autoriseraient\n%lld de plus, en refuseraient %lld de "
		 "plus, et en prendraient %lld autrement.\n"),
	    jint(j, "decisions"), (unsigned long long)days,
	    count(j, "newly_allowed"), count(j, "newly_denied"),
	    count(j, "changed"));
	if (jint(j, "unreadable") > 0)
		printf(_("%lld ne se lisent plus : leur détail a expiré.\n"),
		    jint(j, "unreadable"));
	if (json_is_false(json_object_get(j, "complete")))
		puts(_("Il y en a davantage : les plus récentes seules sont "
		       "comptées."));
	print_list(j, "newly_allowed", _("Autorisées en plus :"));
	print_list(j, "newly_denied", _("Refusées en plus :"));
	print_list(j, "changed", _("Autrement :"));
}

/* --- the command ------------------------------------------------------ */

static int
compare(struct cli *c, const struct policy *a, const struct policy *b,
    uint64_t days, struct err *e)
{
	AUTO(json_decrefp) json_t *all = json_array();
	AUTO(json_decrefp) json_t *past = NULL;
	AUTO(json_decrefp) json_t *j = NULL;
	struct telling t = { .c = c, .all = all };
	int r;

	if ((r = policy_compare(a, b, tell, &t, e)) < 0 ||
	    (days > 0 && (r = replay(c, b, days, &past, e)) < 0))
		return r;
	j = json_pack("{s:O, s:b, s:O?}", "differences", all, "same",
	    t.n == 0 && are_same_files(a, b), "replay", past);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "answer");
	if (cli_print_json(c, j))
		return 0;
	print_end(&t, a, b);
	if (past != NULL)
		print_replay(past, days);
	return 0;
}

static int
diff_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(policy_freep) struct policy *a = NULL;
	AUTO(policy_freep) struct policy *b = NULL;
	uint64_t days;
	int r;

	if ((r = replay_days(c, &days, e)) < 0 ||
	    (r = ruleset_load(c, argv[argc - 1], &b, e)) < 0)
		return r;
	r = argc > 1 ? ruleset_load(c, argv[0], &a, e)
		     : ruleset_fetch(c, &a, e);
	if (r < 0 || (r = ruleset_keep_people(c, a, &b, e)) < 0)
		return r;
	return compare(c, a, b, days, e);
}

static const char *const options[] = { "replay", NULL };

const struct cmd cmd_policy_diff = {
	.noun = "policy",
	.verb = "diff",
	.usage = N_("[DOSSIER-DE-RÈGLES] CANDIDAT [--replay 180d]"),
	.about = N_("ce qu'un jeu de règles change à un autre, ou à celui du "
		    "coffre"),
	.options = options,
	.min_args = 1,
	.max_args = 2,
	.run = diff_run,
};
