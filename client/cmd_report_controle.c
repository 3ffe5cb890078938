/*
 * sceau report controle: one folder for a visit of the CNIL, whole or not at
 * all. Numbers, opaque ids, words of the rules, proofs: no content, and no
 * name of anybody of a case.
 */
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/id.h"
#include "base/text.h"
#include "client/cmd_policy_public.h"
#include "client/commands.h"
#include "client/logexport.h"
#include "client/out.h"
#include "client/report.h"
#include "client/ruleset.h"
#include "client/words.h"

#define JOURNAL "journal/"
#define INDEX "SHA256SUMS"
#define FILE_MAX (64u << 20) /* bytes of one file of it */

struct visit {
	struct cli *c;
	struct folder folder;
	json_t *numbers, *activities;
	struct log_exported log;
	size_t files;
};

static void
visit_done(struct visit *v)
{
	folder_done(&v->folder);
	json_decref(v->numbers);
	json_decref(v->activities);
}

/* --- files ---------------------------------------------------------------- */

static int
put(struct visit *v, const char *name, const void *p, size_t n, struct err *e)
{
	return folder_write(&v->folder, name, p, n, 0644, e);
}

static int
put_json(struct visit *v, const char *name, const json_t *j, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	AUTO(mem_freep) char *text = json_dumps(j, JSON_INDENT(2));
	int r;

	if (text == NULL)
		return err_set(e, ERR_NOMEM, "json");
	if ((r = buf_addf(&b, e, "%s\n", text)) < 0)
		return r;
	return put(v, name, b.p, b.len, e);
}

/* What a function prints, as a file. */
static int
put_page(struct visit *v, const char *name,
    int (*print)(const struct visit *v, FILE *f, struct err *e), struct err *e)
{
	AUTO(mem_freep) char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	int r, bad;

	if (f == NULL)
		return err_set(e, ERR_NOMEM, "page");
	r = print(v, f, e);
	bad = ferror(f);
	if (fclose(f) != 0 || bad)
		return err_set(e, ERR_NOMEM, "page");
	return r < 0 ? r : put(v, name, text, n, e);
}

/* --- pages ---------------------------------------------------------------- */

static int
register_csv(const struct visit *v, FILE *f, struct err *e)
{
	fputs("\xef\xbb\xbf", f);
	report_register_csv(f, v->activities, e);
	return 0;
}

static int
register_page(const struct visit *v, FILE *f, struct err *e)
{
	report_register_page(f, v->activities, e);
	return 0;
}

static void
number_csv(FILE *f, const json_t *j, const char *member, int is_last)
{
	char n[24];

	snprintf(n, sizeof(n), "%lld", jint(j, member));
	report_csv(f, n, is_last);
}

static int
retention_csv(const struct visit *v, FILE *f, struct err *e)
{
	json_t *x;
	size_t i;

	(void)e;
	fputs("\xef\xbb\xbf", f);
	report_csv(f, _("règle"), 0);
	report_csv(f, _("à conserver"), 0);
	report_csv(f, _("échu, à détruire"), 0);
	report_csv(f, _("échu, gelé ou limité"), 0);
	report_csv(f, _("en attente d'un moment"), 0);
	report_csv(f, _("source"), 1);
	json_array_foreach(json_object_get(v->numbers, "retention"), i, x)
	{
		report_csv(f, jstr(x, "title"), 0);
		number_csv(f, x, "keep", 0);
		number_csv(f, x, "destroy", 0);
		number_csv(f, x, "conflict", 0);
		number_csv(f, x, "waiting", 0);
		report_csv(f, jstr(x, "source"), 1);
	}
	return 0;
}

static int
requests_csv(const struct visit *v, FILE *f, struct err *e)
{
	json_t *x;
	size_t i;

	(void)e;
	fputs("\xef\xbb\xbf", f);
	report_csv(f, _("droit"), 0);
	report_csv(f, _("en cours"), 0);
	report_csv(f, _("en retard"), 0);
	report_csv(f, _("répondues"), 0);
	report_csv(f, _("refusées"), 0);
	report_csv(f, _("prolongées"), 0);
	report_csv(f, _("délai le plus long (jours)"), 0);
	report_csv(f, _("répondues après le délai"), 1);
	json_array_foreach(json_object_get(v->numbers, "requests"), i, x)
	{
		report_csv(f, jword(x, "right"), 0);
		number_csv(f, x, "open", 0);
		number_csv(f, x, "overdue", 0);
		number_csv(f, x, "answered", 0);
		number_csv(f, x, "refused", 0);
		number_csv(f, x, "extended", 0);
		number_csv(f, x, "days_most", 0);
		number_csv(f, x, "late", 1);
	}
	return 0;
}

/* --- what an impact assessment needs (GDPR art. 35(7)) ---------------------
 */

static void
line(FILE *f, const char *label, const json_t *j, const char *member)
{
	fprintf(f, "  %s : %lld\n", label, jint(j, member));
}

static void
counts_by_name(FILE *f, const json_t *by_name)
{
	const char *name;
	json_t *n;

	json_object_foreach((json_t *)(uintptr_t)by_name, name, n)
	{
		fprintf(f, "  %s : %lld\n", word_for(name),
		    (long long)json_integer_value(n));
	}
}

static void
volumes(const struct visit *v, FILE *f)
{
	const json_t *x = json_object_get(v->numbers, "volumes");
	json_t *k;
	size_t i;

	fprintf(f, "\n%s\n", _("VOLUMES"));
	line(f, _("dossiers"), x, "cases");
	line(f, _("personnes"), x, "persons");
	line(f, _("  dont l'adresse est confidentielle"), x, "confidential");
	line(f, _("documents et fiches"), x, "documents");
	line(f, _("  d'un type qui a des champs sensibles"), x, "sensitive");
	json_array_foreach(json_object_get(x, "kinds"), i, k)
	{
		fprintf(f, "  - %s : %lld%s\n", jstr(k, "title"),
		    jint(k, "documents"),
		    json_is_true(json_object_get(k, "sensitive"))
			? _(" (sensible)")
			: "");
	}
	fprintf(f, "\n%s\n", _("DOSSIERS PAR ÉTAT"));
	counts_by_name(f, json_object_get(v->numbers, "cases"));
	fprintf(f, "\n%s\n", _("COMPTES HABILITÉS, PAR RÔLE"));
	counts_by_name(f, json_object_get(v->numbers, "people"));
}

static void
sent(const struct visit *v, FILE *f)
{
	json_t *x;
	size_t i;

	fprintf(f, "\n%s\n",
	    _("DESTINATAIRES : extraits mis à disposition, "
	      "retirés"));
	json_array_foreach(json_object_get(v->numbers, "recipients"), i, x)
	{
		fprintf(f, "  %s : %lld, %lld\n",
		    *jstr(x, "title") != '\0' ? jstr(x, "title")
					      : jstr(x, "recipient"),
		    jint(x, "extracts"), jint(x, "pulled"));
	}
	if (i == 0)
		fprintf(f, "  %s\n", _("Aucun."));
}

static int
listed(const json_t *list, const char *s)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (strcmp(json_string_value(one), s) == 0)
			return 1;
	}
	return 0;
}

static void
measures(const struct visit *v, FILE *f)
{
	AUTO(json_decrefp) json_t *told = json_array();
	json_t *a, *m;
	size_t i, k;

	fprintf(f, "\n%s\n", _("MESURES"));
	json_array_foreach(json_object_get(v->activities, "activities"), i, a)
	{
		json_array_foreach(json_object_get(a, "security"), k, m)
		{
			if (listed(told, json_string_value(m)))
				continue;
			json_array_append(told, m);
			fprintf(f, "  - ");
			out_wrapped(f, json_string_value(m), 4, 4);
		}
	}
}

static void
incidents(const struct visit *v, FILE *f)
{
	json_t *b;
	size_t i;

	fprintf(f, "\n%s\n", _("VIOLATIONS INSCRITES (RGPD art. 33(5))"));
	json_array_foreach(json_object_get(v->numbers, "breaches"), i, b)
	{
		fprintf(f, "  %s, %s : %lld\n", jword(b, "what"),
		    *jstr(b, "outcome") != '\0' ? jword(b, "outcome")
						: jword(b, "state"),
		    jint(b, "n"));
	}
	if (i == 0)
		fprintf(f, "  %s\n", _("Aucune."));
}

static int
assessment(const struct visit *v, FILE *f, struct err *e)
{
	char at[32];

	(void)e;
	fprintf(f,
	    _("ÉLÉMENTS POUR L'ANALYSE D'IMPACT (RGPD art. 35), au "
	      "%s\n"),
	    jtime(v->numbers, "at", at));
	out_wrapped(f,
	    _("Ce qui est traité, pourquoi et combien de temps : registre.txt. "
	      "Ici, des nombres."),
	    0, 0);
	volumes(v, f);
	sent(v, f);
	incidents(v, f);
	measures(v, f);
	return 0;
}

static void
totals(const struct visit *v, FILE *f)
{
	const json_t *log = json_object_get(v->numbers, "log");

	fprintf(f, "%s : %zu\n", _("Tris et effacements"),
	    jcount(v->numbers, "destructions"));
	fprintf(f, "%s : %zu\n", _("Certificats de destruction"),
	    jcount(v->numbers, "certificates"));
	fprintf(
	    f, "%s : %lld\n", _("Gels en place"), jint(v->numbers, "holds"));
	fprintf(f, "%s : %llu\n", _("Inscriptions au journal"),
	    (unsigned long long)v->log.report.head.size);
	fprintf(f, "%s : %lld\n",
	    _("Mois pendant lesquels le journal garde qui et pourquoi"),
	    jint(log, "detail_months"));
}

static int
readme(const struct visit *v, FILE *f, struct err *e)
{
	AUTO(buf_done) struct buf key = { 0 };
	char at[32];
	const char *k;
	int r;

	if ((r = note_key_format(&v->log.key, &key, e)) < 0)
		return r;
	k = buf_str(&key);
	fprintf(f, _("DOSSIER DE CONTRÔLE, coffre %s, au %s\n\n"),
	    v->log.key.name, jtime(v->numbers, "at", at));
	fprintf(f, "%s\n\n",
	    _("Aucun contenu de dossier et aucun nom de ménage n'est ici."));
	fprintf(f, "%s",
	    _("registre.txt .csv .json  registre des traitements (RGPD art. "
	      "30)\n"
	      "regles.txt               les règles, leurs durées et leurs "
	      "sources\n"
	      "aipd.txt                 éléments pour l'analyse d'impact "
	      "(art. 35)\n"
	      "conservation.csv         ce qui est à garder, échu, gelé, par "
	      "règle\n"
	      "demandes.csv             demandes des personnes et délais\n"
	      "certificats/             certificats de destruction, signés\n"
	      "journal/                 le journal entier, sans détails ; "
	      "journal/bilan : bilans signés\n"
	      "chiffres.json            les nombres, pour un programme\n"
	      "SHA256SUMS               l'empreinte de chaque fichier\n\n"));
	fprintf(f,
	    "%s\n\n  sha256sum -c SHA256SUMS\n"
	    "  sceau verify log journal --key '%s'\n"
	    "  sceau verify certificate certificats/….txt --key '%s'\n\n",
	    _("À vérifier sans le coffre :"), k, k);
	totals(v, f);
	return 0;
}

/* --- certificates, rules -------------------------------------------------- */

/* An id of the vault's is the name of a file: nothing else may be one. */
static int
put_certificate(struct visit *v, const json_t *x, struct err *e)
{
	const char *id = jstr(x, "erasure"), *text = jstr(x, "text"),
		   *json = jstr(x, "json");
	struct id parsed;
	char name[64];
	int r;

	if (id_parse(id, &parsed, NULL) < 0)
		return err_set(e, ERR_INTEGRITY, "certificate");
	snprintf(name, sizeof(name), "certificats/%.26s.txt", id);
	if ((r = put(v, name, text, strlen(text), e)) < 0 || *json == '\0')
		return r;
	snprintf(name, sizeof(name), "certificats/%.26s.json", id);
	return put(v, name, json, strlen(json), e);
}

static int
put_certificates(struct visit *v, struct err *e)
{
	json_t *x;
	size_t i;
	int r;

	json_array_foreach(json_object_get(v->numbers, "certificates"), i, x)
	{
		if ((r = put_certificate(v, x, e)) < 0)
			return r;
	}
	return 0;
}

static int
put_rules(struct visit *v, struct err *e)
{
	AUTO(policy_freep) struct policy *p = NULL;
	AUTO(buf_done) struct buf page = { 0 };
	int r;

	if ((r = ruleset_fetch(v->c, &p, e)) < 0 ||
	    (r = policy_public_page(p, &page, e)) < 0)
		return r;
	return put(v, "regles.txt", page.p, page.len, e);
}

/* --- the index ------------------------------------------------------------ */

static int
by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int
index_file(struct visit *v, const char *path, struct buf *sums, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	uint8_t sha[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];
	int r;

	if ((r = file_read(AT_FDCWD, path, FILE_MAX, &b, e)) < 0 ||
	    (r = digest_of(DIGEST_SHA256, b.p, b.len, sha, e)) < 0)
		return r;
	hex_format(sha, sizeof(sha), hex);
	v->files++;
	return buf_addf(
	    sums, e, "%s  %s\n", hex, path + strlen(v->folder.temporary) + 1);
}

/* Every file that is there, and not those that were meant to be. */
static int
put_index(struct visit *v, struct err *e)
{
	char *const roots[] = { v->folder.temporary, NULL };
	AUTO(buf_done) struct buf sums = { 0 };
	FTSENT *one;
	FTS *walk;
	int r = 0;

	walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	if (walk == NULL)
		return err_sys(e, ERR_IO, "%s", v->folder.path);
	while (r == 0 && (one = fts_read(walk)) != NULL)
		if (one->fts_info == FTS_F)
			r = index_file(v, one->fts_path, &sums, e);
	fts_close(walk);
	return r < 0 ? r : put(v, INDEX, sums.p, sums.len, e);
}

/* The log comes last: what was asked for before is in it. */
static int
fill(struct visit *v, struct err *e)
{
	int r;

	if ((r = cli_get(v->c, &v->numbers, e, "/v1/reports/controle")) < 0 ||
	    (r = cli_get(v->c, &v->activities, e, "/v1/reports/register")) <
		0 ||
	    (r = put_json(v, "registre.json", v->activities, e)) < 0 ||
	    (r = put_page(v, "registre.csv", register_csv, e)) < 0 ||
	    (r = put_page(v, "registre.txt", register_page, e)) < 0 ||
	    (r = put_rules(v, e)) < 0 ||
	    (r = put_json(v, "chiffres.json", v->numbers, e)) < 0 ||
	    (r = put_page(v, "aipd.txt", assessment, e)) < 0 ||
	    (r = put_page(v, "conservation.csv", retention_csv, e)) < 0 ||
	    (r = put_page(v, "demandes.csv", requests_csv, e)) < 0 ||
	    (r = put_certificates(v, e)) < 0 ||
	    (r = log_export(v->c, &v->folder, JOURNAL, cli_option(v->c, "key"),
		 &v->log, e)) < 0 ||
	    (r = put_page(v, "LISEZMOI.txt", readme, e)) < 0)
		return r;
	return put_index(v, e);
}

static int
controle_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(visit_done) struct visit v = { .c = c };
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	if ((r = folder_begin(&v.folder, argv[0], e)) < 0 ||
	    (r = fill(&v, e)) < 0 ||
	    (r = folder_commit(&v.folder, 0755, e)) < 0)
		return r;
	j = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "folder", v.folder.path,
	    "files", (json_int_t)v.files, "log",
	    (json_int_t)v.log.report.head.size, "bilans",
	    (json_int_t)v.log.report.bilans, "certificates",
	    (json_int_t)jcount(v.numbers, "certificates"), "leaf",
	    jint(v.numbers, "leaf"));
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "answer");
	if (!cli_print_json(c, j))
		printf(_("Dossier de contrôle : %s, %zu fichiers, inscription "
			 "n° %lld\n"),
		    v.folder.path, v.files, jint(v.numbers, "leaf"));
	return 0;
}

static const char *const options[] = { "key", NULL };

const struct cmd cmd_report_controle = {
	.noun = "report",
	.verb = "controle",
	.usage = N_("DOSSIER"),
	.about = N_("un dossier pour un contrôle de la CNIL, sans contenu : "
		    "registre, règles, conservation, journal"),
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = controle_run,
};
