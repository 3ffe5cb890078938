/* sceau consent give|withdraw|list. */
#include <time.h>

#include "base/text.h"
#include "client/commands.h"
#include "client/out.h"
#include "client/upload.h"
#include "client/words.h"

#define GIVE_TRIES 3

/* Options that become a member of the body, as they are. */
struct pair {
	const char *option, *member;
};

static int
members_of(const struct cli *c, const struct pair *p, size_t n, json_t *body,
    struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < n; i++)
		if ((r = cli_member(
			 body, p[i].member, cli_option(c, p[i].option), e)) < 0)
			return r;
	return 0;
}

/* The words of argv as an array. */
static int
array_of(int argc, char **argv, const char *member, json_t *body, struct err *e)
{
	json_t *a = json_array();
	int i;

	if (json_object_set_new(body, member, a) < 0)
		return err_set(e, ERR_NOMEM, "request");
	for (i = 0; i < argc; i++)
		if (json_array_append_new(a, json_string(argv[i])) < 0)
			return err_set(e, ERR_USAGE, "%s",
			    _("ce texte n'est pas en UTF-8"));
	return 0;
}

/* --- give --------------------------------------------------------------- */

/* The name of a person of the case, when the caller may see it. */
static const char *
name_of(const json_t *kase, const json_t *g)
{
	const char *person = jstr(g, "person");
	const json_t *p;
	size_t i;

	if (*jstr(g, "name") != '\0')
		return jstr(g, "name");
	json_array_foreach(json_object_get(kase, "persons"), i, p)
	{
		if (strcmp(jstr(p, "person"), person) == 0 &&
		    *jstr(p, "name") != '\0')
			return jstr(p, "name");
	}
	return person;
}

static int
print_given(const json_t *kase, const json_t *j, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	char until[32];
	json_t *g;
	size_t i;
	int r;

	if ((r = table_head(&t, e, _("Consentement"), _("Personne"),
		 _("Finalité"), _("État"), _("Jusqu'au"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "consents"), i, g)
	{
		if ((r = table_row(&t, e, jstr(g, "consent"), name_of(kase, g),
			 jstr(g, "purpose"), jword(g, "state"),
			 jdate(g, "valid_through", until), NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Aucun consentement."));
	return 0;
}

/*
 * The same sheet on the same day has one key: what was cut is asked again
 * and entered once. --again is for who means it a second time.
 */
static int
key_of(const struct cli *c, const char *kase, const json_t *body,
    char out[2 * SHA256_LEN + 1], struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	uint8_t sha256[SHA256_LEN];
	char *text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
	char day[11];
	int r;

	cli_today(day);
	r = text == NULL ? err_set(e, ERR_NOMEM, "request")
			 : buf_addf(&b, e, "consent %s %s %s", kase, day, text);
	free(text);
	if (r == 0 && cli_option(c, "again") != NULL)
		r = buf_addf(&b, e, " %lld", (long long)time(NULL));
	if (r < 0 || (r = digest_of(DIGEST_SHA256, b.p, b.len, sha256, e)) < 0)
		return r;
	hex_format(sha256, sizeof(sha256), out);
	return 0;
}

static int
give(struct cli *c, const char *kase, const json_t *body, json_t **out,
    struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 };
	char key[2 * SHA256_LEN + 1];
	int i, r;

	if ((r = cli_path(&path, e, "/v1/cases/%/consents", kase, NULL)) < 0 ||
	    (r = key_of(c, kase, body, key, e)) < 0)
		return r;
	for (i = 1;; i++) {
		r = cli_call(c, "POST", buf_str(&path), body, key, out, e);
		if (r == 0 || i == GIVE_TRIES)
			return r;
		if (r != -ERR_PENDING && !upload_may_retry(c, e))
			return r;
	}
}

/* And what comes next: the household gets its receipt. */
static int
print_entered(struct cli *c, const char *kase, const json_t *j, struct err *e)
{
	AUTO(json_decrefp) json_t *known = NULL;
	int r;

	/* Without the names their identifiers are shown. */
	(void)!cli_get(c, &known, NULL, "/v1/cases/%", kase);
	if ((r = print_given(known, j, e)) < 0)
		return r;
	printf(_("Inscription n° %lld\n"), jint(j, "leaf"));
	if (strcmp(jstr(jat(j, "consents", 0), "state"), "given") == 0)
		printf(_("Le reçu pour le ménage : sceau consent receipt %s "
			 "--page\n"),
		    jstr(jat(j, "consents", 0), "consent"));
	return 0;
}

static int
give_run(struct cli *c, int argc, char **argv, struct err *e)
{
	static const struct pair pairs[] = { { "method", "method" },
		{ "evidence", "evidence" }, { "on", "given_on" },
		{ "until", "valid_through" }, { "language", "language" },
		{ "interpreter", "interpreter" }, { "witness", "witness" },
		{ "place", "place" }, { "outcome", "outcome" },
		{ "capacity", "capacity" }, { "acting", "acting" },
		{ "mandate", "capacity_document" }, { "reason", "reason" } };
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *method;
	int r;

	if ((cli_option(c, "outcome") == NULL &&
		(r = cli_required(c, "method", &method, e)) < 0) ||
	    (r = array_of(argc - 1, argv + 1, "purposes", body, e)) < 0 ||
	    (r = members_of(c, pairs, NELEMS(pairs), body, e)) < 0 ||
	    (r = cli_members(c, "person", body, "persons", e)) < 0 ||
	    (r = give(c, argv[0], body, &j, e)) < 0)
		return r;
	return cli_print_json(c, j) ? 0 : print_entered(c, argv[0], j, e);
}

/* --- withdraw ----------------------------------------------------------- */

/* What the withdrawal stopped, and who is told. */
static void
print_withdrawn(const json_t *j)
{
	char due[32];
	json_t *n;
	size_t i;

	json_array_foreach(json_object_get(j, "consents"), i, n)
	{
		printf("%s", _("Retiré : "));
		out_text(stdout, jstr(n, "purpose"));
		printf(_(", inscription n° %lld\n"), jint(j, "leaf"));
	}
	json_array_foreach(json_object_get(j, "cancelled"), i, n)
	{
		printf(_("Extrait %s annulé avant d'être pris.\n"),
		    json_string_value(n));
	}
	json_array_foreach(json_object_get(j, "notices"), i, n)
	{
		printf(_("Extrait %s déjà pris ; une notice attend : "),
		    jstr(n, "extract"));
		out_text(stdout, jstr(n, "recipient"));
		putchar('\n');
	}
	if (*jlast_day(j, "letter_due_at", due) != '\0')
		printf(_("Un courrier de confirmation est à envoyer au plus "
			 "tard le %s ;\nparti, il s'inscrit : sceau consent "
			 "letter %s\n"),
		    due, jstr(jat(j, "consents", 0), "consent"));
}

static int
withdraw_run(struct cli *c, int argc, char **argv, struct err *e)
{
	static const struct pair pairs[] = { { "channel", "channel" },
		{ "reason", "reason" }, { "caller-check", "caller_check" },
		{ "document", "document" } };
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *channel;
	int r;

	if ((r = cli_required(c, "channel", &channel, e)) < 0 ||
	    (r = array_of(argc, argv, "consents", body, e)) < 0 ||
	    (r = members_of(c, pairs, NELEMS(pairs), body, e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/withdrawals")) < 0)
		return r;
	if (!cli_print_json(c, j))
		print_withdrawn(j);
	return 0;
}

/* --- list --------------------------------------------------------------- */

/* All adults said the same, on no particular day. */
static int
is_unanimous(const json_t *p)
{
	const char *state = jstr(jat(p, "adults", 0), "state");
	json_t *a;
	size_t i;

	json_array_foreach(json_object_get(p, "adults"), i, a)
	{
		if (strcmp(jstr(a, "state"), state) != 0 ||
		    *jstr(a, "since") != '\0')
			return 0;
	}
	return 1;
}

/* "Durand : donné ; Exemple : retiré"; nothing where nobody was asked. */
static int
who_said_what(const json_t *p, struct buf *out, struct err *e)
{
	json_t *a;
	size_t i;
	int r;

	if (is_unanimous(p)) {
		if (jcount(p, "adults") < 2 ||
		    strcmp(jstr(p, "reason"), "never-asked") == 0)
			return 0;
		return buf_addf(out, e, "%s : %s", _("tous"),
		    jword(jat(p, "adults", 0), "state"));
	}
	json_array_foreach(json_object_get(p, "adults"), i, a)
	{
		if ((r = buf_addf(out, e, "%s%s : %s", i > 0 ? " ; " : "",
			 jstr(a, "name"), jword(a, "state"))) < 0)
			return r;
		if (*jstr(a, "since") != '\0' &&
		    (r = buf_addf(
			 out, e, _(" (depuis : %s)"), jword(a, "since"))) < 0)
			return r;
	}
	return 0;
}

static int
print_in_force(const json_t *j, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	char at[32];
	json_t *p;
	size_t i;
	int r;

	printf(_("En vigueur le %s :\n"), jdate(j, "at", at));
	if ((r = table_head(
		 &t, e, _("Finalité"), _("État"), _("Adultes"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "in_force"), i, p)
	{
		AUTO(buf_done) struct buf who = { 0 };

		if ((r = who_said_what(p, &who, e)) < 0 ||
		    (r = table_row(&t, e, jstr(p, "purpose"),
			 jword(p, "reason"), buf_str(&who), NULL)) < 0)
			return r;
	}
	table_print(&t, stdout,
	    _("Les règles ne connaissent aucun "
	      "consentement."));
	if (json_is_true(json_object_get(j, "objection")))
		printf(
		    "%s\n", _("Une opposition arrête tout envoi d'extrait."));
	putchar('\n');
	return 0;
}

static int
list_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	AUTO(buf_done) struct buf path = { 0 };
	int r;

	(void)argc;
	if ((r = cli_path(&path, e, "/v1/cases/%/consents", argv[0], NULL)) <
		0 ||
	    (r = cli_query(&path, "at", cli_option(c, "at"), e)) < 0 ||
	    (r = cli_call(c, "GET", buf_str(&path), NULL, NULL, &j, e)) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	if ((r = print_in_force(j, e)) < 0)
		return r;
	return print_given(NULL, j, e);
}

static const char *const give_options[] = { "method", "person", "evidence",
	"on", "until", "language", "interpreter", "witness", "place", "outcome",
	"capacity", "acting", "mandate", "reason", "again!", NULL };
static const char *const withdraw_options[] = { "channel", "reason",
	"caller-check", "document", NULL };
static const char *const list_options[] = { "at", NULL };

const struct cmd cmd_consent_give = {
	.noun = "consent",
	.verb = "give",
	.usage = N_("DOSSIER FINALITÉ…"),
	.about = N_("enregistrer une feuille signée : chaque adulte (ou "
		    "--person), chaque finalité (--method handwritten, "
		    "tablet ou oral ; --evidence DOCUMENT ; --outcome "
		    "requested, deferred ou refused)"),
	.options = give_options,
	.min_args = 2,
	.max_args = -1,
	.run = give_run,
};
const struct cmd cmd_consent_withdraw = {
	.noun = "consent",
	.verb = "withdraw",
	.usage = N_("CONSENTEMENT…"),
	.about = N_("retirer des consentements d'un dossier : effet immédiat "
		    "(--channel telephone demande --caller-check)"),
	.options = withdraw_options,
	.min_args = 1,
	.max_args = 32,
	.run = withdraw_run,
};
const struct cmd cmd_consent_list = {
	.noun = "consent",
	.verb = "list",
	.usage = N_("DOSSIER"),
	.about = N_("les consentements d'un dossier et ce qui est en vigueur "
		    "(--at DATE : ce jour-là)"),
	.options = list_options,
	.min_args = 1,
	.max_args = 1,
	.run = list_run,
};
