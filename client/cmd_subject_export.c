/* sceau subject export: what the vault holds about one person, as a folder
 * to hand over. */
#include "base/crypto.h"
#include "base/text.h"
#include "client/commands.h"
#include "client/folder.h"
#include "client/out.h"
#include "client/words.h"

struct pack {
	struct folder folder;
	struct buf sums; /* SHA256SUMS */
};

static void
pack_done(struct pack *p)
{
	folder_done(&p->folder);
	buf_done(&p->sums);
}

static int
pack_add(struct pack *p, const char *name, const struct buf *b, struct err *e)
{
	uint8_t sha256[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];
	int r;

	if ((r = digest_of(DIGEST_SHA256, b->p, b->len, sha256, e)) < 0 ||
	    (r = folder_write(&p->folder, name, b->p, b->len, 0600, e)) < 0)
		return r;
	hex_format(sha256, sizeof(sha256), hex);
	return buf_addf(&p->sums, e, "%s  %s\n", hex, name);
}

/* One cell. A spreadsheet takes what begins so for a formula: an apostrophe
 * before it keeps it text. */
static int
cell(struct buf *b, const char *s, int is_first, struct err *e)
{
	int r;

	if ((r = buf_addstr(b, is_first ? "\"" : ";\"", e)) < 0 ||
	    (*s != '\0' && strchr("=+-@\t\r", *s) != NULL &&
		(r = buf_addstr(b, "'", e)) < 0))
		return r;
	for (; *s != '\0'; s++)
		if ((*s == '"' && (r = buf_addstr(b, "\"", e)) < 0) ||
		    (r = buf_add(b, s, 1, e)) < 0)
			return r;
	return buf_addstr(b, "\"", e);
}

/* A member as text: a string, a number; else compact JSON. */
static int
member_cell(struct buf *b, const json_t *v, int is_first, struct err *e)
{
	char *text;
	int r;

	if (v == NULL || json_is_null(v))
		return cell(b, "", is_first, e);
	if (json_is_string(v))
		return cell(b, json_string_value(v), is_first, e);
	if ((text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY)) == NULL)
		return err_set(e, ERR_NOMEM, "csv");
	r = cell(b, text, is_first, e);
	free(text);
	return r;
}

static int
csv_line(
    struct buf *b, const json_t *row, const char *const *members, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; members[i] != NULL; i++)
		if ((r = row != NULL
			     ? member_cell(b, json_object_get(row, members[i]),
				   i == 0, e)
			     : cell(b, members[i], i == 0, e)) < 0)
			return r;
	return buf_addstr(b, "\r\n", e);
}

/* UTF-8 with its mark, which spreadsheets look for. */
static int
pack_csv(struct pack *p, const char *name, const json_t *rows,
    const char *const *members, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	json_t *row;
	size_t i;
	int r;

	if ((r = buf_addstr(&b, "\xef\xbb\xbf", e)) < 0 ||
	    (r = csv_line(&b, NULL, members, e)) < 0)
		return r;
	json_array_foreach(rows, i, row)
	{
		if ((r = csv_line(&b, row, members, e)) < 0)
			return r;
	}
	return pack_add(p, name, &b, e);
}

/* Every value of a record on a line of its own. */
static int
flatten(json_t *into, const json_t *record, const char *path, const json_t *v,
    struct err *e)
{
	char under[512];
	const char *name;
	json_t *one;
	size_t i;
	int r;

	if (json_is_object(v)) {
		json_object_foreach((json_t *)(uintptr_t)v, name, one)
		{
			snprintf(under, sizeof(under), "%s%s%s", path,
			    *path != '\0' ? "." : "", name);
			if ((r = flatten(into, record, under, one, e)) < 0)
				return r;
		}
		return 0;
	}
	if (json_is_array(v)) {
		json_array_foreach(v, i, one)
		{
			snprintf(under, sizeof(under), "%s[%zu]", path, i + 1);
			if ((r = flatten(into, record, under, one, e)) < 0)
				return r;
		}
		return 0;
	}
	one = json_pack("{s:O, s:O, s:O, s:s, s:O}", "document",
	    json_object_get(record, "document"), "version",
	    json_object_get(record, "version"), "kind",
	    json_object_get(record, "title"), "field", path, "value", v);
	if (one == NULL || json_array_append_new(into, one) < 0)
		return err_set(e, ERR_NOMEM, "csv");
	return 0;
}

static int
pack_records(struct pack *p, const json_t *j, struct err *e)
{
	static const char *const members[] = { "document", "version", "kind",
		"field", "value", NULL };
	AUTO(json_decrefp) json_t *rows = json_array();
	json_t *record;
	size_t i;
	int r;

	json_array_foreach(json_object_get(j, "records"), i, record)
	{
		if ((r = flatten(rows, record, "",
			 json_object_get(record, "data"), e)) < 0)
			return r;
	}
	return pack_csv(p, "donnees.csv", rows, members, e);
}

static int
pack_json(struct pack *p, const json_t *j, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	char *text = json_dumps(j, JSON_INDENT(2));
	int r;

	if (text == NULL)
		return err_set(e, ERR_NOMEM, "json");
	r = buf_addf(&b, e, "%s\n", text);
	free(text);
	return r < 0 ? r : pack_add(p, "donnees.json", &b, e);
}

/* The household reads French, whatever the language of who makes the copy. */
static int
pack_page(struct pack *p, const json_t *j, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	int r;

	r = buf_addf(&b, e,
	    "Vos données\n===========\n\n"
	    "Ce dossier répond aux articles 15 et 20 du RGPD.\n\n"
	    "donnees.csv        vos informations, une ligne par valeur\n"
	    "donnees.json       tout, pour un programme\n"
	    "originaux.csv      %zu documents, avec leurs empreintes SHA-256\n"
	    "consentements.csv  vos accords et vos refus : %zu\n"
	    "destinataires.csv  à qui vos informations ont été transmises : "
	    "%zu\n"
	    "durees.csv         combien de temps chaque document est gardé\n"
	    "acces.csv          qui a lu votre dossier : jour, fonction, "
	    "motif\n"
	    "retenu.csv         ce qui n'est pas ici, et pourquoi : %zu\n\n"
	    "Motifs de retenu.csv :\n"
	    "  others     une information sur une autre personne\n"
	    "  holder     une information sur le titulaire du bail\n"
	    "  sensitive  une information sensible d'un dossier de plusieurs\n"
	    "  several    un document qui peut parler d'autres personnes : "
	    "il est\n             examiné avant d'être remis\n"
	    "  unknown    une information que les règles ne décrivent plus\n\n"
	    "Le détail des accès est gardé %lld mois, puis effacé.\n%s"
	    "Les originaux vous sont remis avec ce dossier ; leurs empreintes "
	    "sont\ndans originaux.csv.\n\n"
	    "Une réclamation peut être adressée à la CNIL (www.cnil.fr).\n",
	    jcount(j, "originals"), jcount(j, "consents"),
	    jcount(j, "recipients"), jcount(j, "withheld"),
	    jint(j, "details_months"),
	    json_is_true(json_object_get(j, "accesses_more"))
		? "Seuls les accès les plus récents sont listés.\n"
		: "");
	return r < 0 ? r : pack_add(p, "LISEZMOI.txt", &b, e);
}

static int
fill(struct pack *p, const json_t *j, struct err *e)
{
	static const struct {
		const char *file, *member, *columns[8];
	} lists[] = {
		{ "originaux.csv", "originals",
		    { "document", "version", "title", "pages" } },
		{ "consentements.csv", "consents",
		    { "title", "state", "given_at", "until" } },
		{ "destinataires.csv", "recipients",
		    { "recipient_title", "purpose_title", "released_at",
			"pulled_at", "state", "sha256" } },
		{ "durees.csv", "kinds",
		    { "kind", "kept", "active_months", "intermediate_months",
			"from", "source" } },
		{ "acces.csv", "accesses",
		    { "day", "function", "what", "purpose", "outcome" } },
		{ "retenu.csv", "withheld",
		    { "document", "version", "kind", "path", "title", "why" } },
	};
	size_t i;
	int r;

	if ((r = pack_json(p, j, e)) < 0 || (r = pack_records(p, j, e)) < 0 ||
	    (r = pack_page(p, j, e)) < 0)
		return r;
	for (i = 0; i < NELEMS(lists); i++)
		if ((r = pack_csv(p, lists[i].file,
			 json_object_get(j, lists[i].member), lists[i].columns,
			 e)) < 0)
			return r;
	return folder_write(
	    &p->folder, "SHA256SUMS", p->sums.p, p->sums.len, 0600, e);
}

static int
export_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	AUTO(pack_done) struct pack p = { 0 };
	const char *person, *output;
	int r;

	(void)argc;
	if ((r = cli_required(c, "person", &person, e)) < 0 ||
	    (r = cli_required(c, "output", &output, e)) < 0 ||
	    (r = folder_begin(&p.folder, output, e)) < 0 ||
	    (r = cli_get(c, &j, e, "/v1/cases/%/persons/%/export", argv[0],
		 person)) < 0 ||
	    (r = fill(&p, j, e)) < 0 ||
	    (r = folder_commit(&p.folder, 0700, e)) < 0)
		return r;
	printf(_("Copie pour la personne : %s, inscription n° %lld\nRetenu : "
		 "%zu (retenu.csv) ; originaux à joindre : %zu\n"),
	    output, jint(j, "leaf"), jcount(j, "withheld"),
	    jcount(j, "originals"));
	return 0;
}

static const char *const export_options[] = { "person", "output", NULL };

const struct cmd cmd_subject_export = {
	.noun = "subject",
	.verb = "export",
	.usage = N_("DOSSIER"),
	.about = N_("la copie d'une personne : ses données, destinataires, "
		    "accès (--person, -o DOSSIER)"),
	.options = export_options,
	.min_args = 1,
	.max_args = 1,
	.run = export_run,
};
