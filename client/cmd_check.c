/*
 * sceau check FILE: what a file outside the vault is and what its signatures
 * are worth, by the sandboxed workers of sceau-inspect and without a daemon.
 * sceau check DOCUMENT --signatures: those of a document of the vault, judged
 * again by the daemon, beside the verdict of the day it was filed.
 */
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "client/commands.h"
#include "client/out.h"
#include "client/outside.h"
#include "client/words.h"

/* The word on the whole, the sentence for it, and the exit status of it. */
static const struct {
	const char *word, *sentence;
	enum err_code code;
} words[] = {
	{ "PASS", N_("chaque signature est juste et porte sur tout le fichier"),
	    ERR_OK },
	{ "NOSIG", N_("aucune signature"), ERR_OK },
	{ "FAIL", N_("signature fausse, ou fichier changé après la signature"),
	    ERR_INTEGRITY },
	{ "INDET", N_("on ne peut pas conclure : lisez les raisons"),
	    ERR_INCOMPLETE },
	{ "UNSUPPORTED", N_("format ou algorithme qui n'est pas jugé ici"),
	    ERR_INCOMPLETE },
	{ "ERROR", N_("fichier illisible, ou d'un type qui n'est pas admis"),
	    ERR_REFUSED },
};

static size_t
find_word(const json_t *j)
{
	size_t i;

	for (i = 0; i < NELEMS(words) - 1; i++)
		if (strcmp(words[i].word, jstr(j, "integrity")) == 0)
			break;
	return i;
}

static void
print_signature(size_t i, const json_t *v)
{
	char reasons[1024], at[32], covers[32];
	int is_stamp = strcmp(jstr(v, "kind"), "time-stamp") == 0;

	printf(
	    is_stamp ? _("Horodatage %zu : ") : _("Signature %zu : "), i + 1);
	verdict_print(stdout, v);
	putchar('\n');
	human_size((unsigned long long)jint(v, "covers"), covers);
	jlist(v, "reasons", reasons, sizeof(reasons));
	out_line(stdout, _("    signataire"), jstr(v, "signer"));
	out_line(stdout,
	    json_is_true(json_object_get(v, "time_proven"))
		? _("    prouvée à la date du")
		: _("    date déclarée"),
	    jtime(v, "time", at));
	out_line(stdout, _("    couvre"), covers);
	out_line(stdout, _("    parce que"), reasons);
}

static const char *
after_words(const char *after)
{
	if (strcmp(after, "changes") == 0)
		return _("des changements, qui ne sont pas signés");
	if (strcmp(after, "validation-data") == 0)
		return _("seulement des preuves de validation");
	return _("rien");
}

/* Of a container: what is in it, and what of that is signed. */
static void
print_members(const json_t *list)
{
	json_t *m;
	size_t i;

	if (json_array_size(list) > 0)
		printf("%s\n", _("Le conteneur renferme :"));
	json_array_foreach(list, i, m)
	{
		fputs("    ", stdout);
		out_text(stdout, jstr(m, "name"));
		printf(" : %s\n", json_is_true(json_object_get(m, "signed"))
				      ? _("signé")
				      : _("pas signé"));
	}
}

static void
print_report(const json_t *j)
{
	size_t i, k = find_word(j);
	json_t *v;

	printf("%s : %s\n", words[k].word, _(words[k].sentence));
	out_line(stdout, _("type"), jstr(j, "type"));
	out_line(stdout, _("raison"), jstr(j, "why"));
	out_line(stdout, _("verdict"), jstr(j, "verdict"));
	json_array_foreach(json_object_get(j, "signatures"), i, v)
	{
		print_signature(i, v);
	}
	if (i > 0)
		out_line(stdout, _("après la dernière signature"),
		    after_words(jstr(j, "after_last_signature")));
	print_members(json_object_get(j, "members"));
}

/* --- in the vault --------------------------------------------------------- */

static const struct {
	const char *what, *words;
} differences[] = {
	{ "anchors", N_("autorités de confiance (empreinte)") },
	{ "engine", N_("moteur d'inspection") },
	{ "time", N_("jugé à la date du") },
	{ "revocation", N_("révocation du certificat") },
	{ "reasons", N_("raisons") },
	{ "indication", N_("verdict") },
};

static void
print_judgement(const char *title, const json_t *j)
{
	const json_t *by = json_object_get(j, "evidence");
	char at[32];
	json_t *v;
	size_t i;

	printf("%s : ", title);
	out_text(stdout, jword(j, "indication"));
	putchar('\n');
	if (json_is_object(by))
		out_line(stdout, _("    jugé à la date du"),
		    jtime(by, "judged_at", at));
	json_array_foreach(json_object_get(j, "verdicts"), i, v)
	{
		printf(_("    Signature %zu : "), i + 1);
		verdict_print(stdout, v);
		putchar('\n');
		out_line(stdout, _("    signataire"), jstr(v, "signer"));
		out_line(stdout, _("    parce que"), jstr(v, "reasons"));
	}
}

static void
print_difference(const json_t *d)
{
	const char *what = jstr(d, "what");
	size_t i;

	for (i = 0; i < NELEMS(differences); i++)
		if (strcmp(differences[i].what, what) == 0)
			what = _(differences[i].words);
	fputs("    ", stdout);
	out_text(stdout, what);
	fputs(" : ", stdout);
	out_text(stdout, jstr(d, "was"));
	fputs(" → ", stdout);
	out_text(stdout, jstr(d, "is"));
	putchar('\n');
}

static void
print_sides(const json_t *j)
{
	json_t *d;
	size_t i;

	printf(_("Document %s, version %lld\n"), jstr(j, "ref"),
	    jint(j, "version"));
	print_judgement(_("Au dépôt"), json_object_get(j, "filing"));
	print_judgement(_("Jugé de nouveau"), json_object_get(j, "check"));
	if (jcount(j, "differs") > 0)
		printf("%s\n", _("Ce qui diffère :"));
	json_array_foreach(json_object_get(j, "differs"), i, d)
	{
		print_difference(d);
	}
	printf(_("Verdict ajouté, inscription n° %lld : aucun autre n'est "
		 "remplacé.\n"),
	    jint(j, "leaf"));
}

/* The exit status is that of a file with this verdict. */
static int
status_of(const json_t *check, struct err *e)
{
	const char *word = jstr(check, "indication");

	if (strcmp(word, "TOTAL-FAILED") == 0)
		return err_tag(e, ERR_INTEGRITY, "check-result", "%s", word);
	if (strcmp(word, "INDETERMINATE") == 0 ||
	    strcmp(word, "NOT-INSPECTED") == 0)
		return err_tag(e, ERR_INCOMPLETE, "check-result", "%s", word);
	return 0;
}

#define LIST_MAX (256u << 10) /* bytes of a file */

static int
add_list(
    json_t *lists, const char *kind, const void *p, size_t n, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	int r;

	if ((r = base64_format(p, n, &text, e)) < 0)
		return r;
	return json_array_append_new(lists, json_pack("{s:s, s:s}", "kind",
						kind, "der", buf_str(&text))) ==
		       0
		   ? 0
		   : err_set(e, ERR_NOMEM, "check");
}

/* One block of PEM, its lines joined. */
static int
add_block(
    json_t *lists, const char *kind, const char *p, size_t n, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 }, der = { 0 };
	size_t i;
	int r;

	for (i = 0; i < n; i++)
		if (strchr("\r\n\t ", p[i]) == NULL &&
		    (r = buf_add(&text, &p[i], 1, e)) < 0)
			return r;
	if (base64_parse(buf_str(&text), text.len, &der, NULL) < 0)
		return err_tag(e, ERR_REFUSED, "revocation-format", "PEM");
	return add_list(lists, kind, der.p, der.len, e);
}

static int
add_blocks(json_t *lists, const char *text, const char *label, const char *kind,
    struct err *e)
{
	const char *p = text, *end;
	char first[48], last[48];
	int r;

	snprintf(first, sizeof(first), "-----BEGIN %s-----", label);
	snprintf(last, sizeof(last), "-----END %s-----", label);
	while ((p = strstr(p, first)) != NULL) {
		p += strlen(first);
		if ((end = strstr(p, last)) == NULL)
			break;
		if ((r = add_block(lists, kind, p, (size_t)(end - p), e)) < 0)
			return r;
		p = end;
	}
	return 0;
}

/* An answer begins with how the request went (RFC 6960, 4.2.1), a list with
 * what was signed. */
static const char *
kind_of(const struct buf *der)
{
	size_t head = 2;

	if (der->len > 1 && der->p[1] > 0x80)
		head += der->p[1] & 0x7f;
	return der->len > head && der->p[head] == 0x0a ? "ocsp" : "crl";
}

/* --revocation FILE: what came since; PEM, or one in DER. */
static int
lists_member(const struct cli *c, json_t *body, struct err *e)
{
	AUTO(json_decrefp) json_t *lists = json_array();
	const char *path;
	int i, r;

	for (i = 0; (path = cli_option_n(c, "revocation", i)) != NULL; i++) {
		AUTO(buf_done) struct buf b = { 0 };
		size_t before = json_array_size(lists);

		if ((r = file_read(AT_FDCWD, path, LIST_MAX, &b, e)) < 0)
			return r;
		if (b.len > 0 && b.p[0] == 0x30)
			r = add_list(lists, kind_of(&b), b.p, b.len, e);
		else if ((r = add_blocks(
			      lists, buf_str(&b), "X509 CRL", "crl", e)) == 0)
			r = add_blocks(
			    lists, buf_str(&b), "OCSP RESPONSE", "ocsp", e);
		if (r < 0)
			return r;
		if (json_array_size(lists) == before)
			return err_tag(
			    e, ERR_REFUSED, "revocation-format", "%s", path);
	}
	return i == 0 || json_object_set(body, "lists", lists) == 0
		   ? 0
		   : err_set(e, ERR_NOMEM, "check");
}

static int
check_document(struct cli *c, const char *document, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL, *body = json_object();
	long long version = 0;
	int r;

	if (body == NULL)
		return err_set(e, ERR_NOMEM, "check");
	if (cli_option(c, "signature") != NULL ||
	    cli_option(c, "anchors") != NULL)
		return err_set(e, ERR_USAGE, "%s",
		    _("--signatures juge un document du coffre, avec les "
		      "règles du coffre"));
	if ((r = cli_number(c, "version", INT32_MAX, &version, e)) < 0 ||
	    (r = cli_member(body, "at", cli_option(c, "at"), e)) < 0 ||
	    (r = lists_member(c, body, e)) < 0)
		return r;
	if (version > 0 &&
	    json_object_set_new(body, "version", json_integer(version)) < 0)
		return err_set(e, ERR_NOMEM, "check");
	if ((r = cli_post(c, body, &j, e, "/v1/documents/%/checks", document)) <
	    0)
		return r;
	if (!cli_print_json(c, j))
		print_sides(j);
	return status_of(json_object_get(j, "check"), e);
}

static int
check_run(struct cli *c, int argc, char **argv, struct err *e)
{
	struct outside o = {
		.file = argv[0],
		.signature = cli_option(c, "signature"),
		.anchors = cli_option(c, "anchors"),
		.at = cli_option(c, "at"),
	};
	AUTO(json_decrefp) json_t *j = NULL;
	enum err_code code;
	int r;

	(void)argc;
	if (cli_option(c, "signatures") != NULL)
		return check_document(c, argv[0], e);
	if (cli_option(c, "version") != NULL ||
	    cli_option(c, "revocation") != NULL)
		return err_set(
		    e, ERR_USAGE, "--version, --revocation: --signatures");
	if ((r = outside_check(&o, &j, e)) < 0)
		return r;
	if (!cli_print_json(c, j))
		print_report(j);
	code = words[find_word(j)].code;
	return code == ERR_OK ? 0
			      : err_tag(e, code, "check-result", "%s",
				    jstr(j, "integrity"));
}

static const char *const options[] = { "signature", "anchors", "at",
	"signatures!", "version", "revocation", NULL };

const struct cmd cmd_check = {
	.noun = "check",
	.usage = N_("FICHIER | DOCUMENT --signatures"),
	.about = N_("ce qu'est un fichier et ce que valent ses signatures, "
		    "hors du coffre ; ou les signatures d'un document, jugées "
		    "de nouveau"),
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = check_run,
};
