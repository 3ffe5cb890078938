/* A document: its versions, its signatures in words, where it came from, and
 * its bytes, which are saved and never shown, but for photographs. */
#include <stdlib.h>

#include "base/text.h"
#include "client/messages.h"
#include "client/record_file.h"
#include "client/web/act.h"
#include "client/web/case_view.h"
#include "client/web/recordhelp.h"
#include "client/web/stream.h"
#include "client/words.h"

static int
is_picture(const json_t *page)
{
	const char *media = jstr(page, "media");

	return strcmp(media, "image/jpeg") == 0 ||
	       strcmp(media, "image/png") == 0;
}

static size_t
pictures_of(const json_t *j)
{
	size_t i, n = 0;
	json_t *p;

	json_array_foreach(json_object_get(j, "pages"), i, p) n +=
	    (size_t)is_picture(p);
	return n;
}

/* --- verdicts ---------------------------------------------------------------
 */

/* "a, b": tags, each in its sentence. */
static void
write_reasons(struct html *h, const char *reasons)
{
	char tag[80];
	const char *sentence;
	size_t n;

	while (*reasons != '\0') {
		n = strcspn(reasons, ", ");
		snprintf(tag, sizeof(tag), "%.*s", (int)n, reasons);
		sentence = message_for(tag);
		html(h, "%s", sentence != NULL ? _(sentence) : word_for(tag));
		reasons += n;
		reasons += strspn(reasons, ", ");
		if (*reasons != '\0')
			html_raw(h, " ; ");
	}
}

static void
write_verdict(struct web_call *c, const json_t *v, size_t i)
{
	char covers[32], at[32];

	html(&c->h, "<h3>");
	html(&c->h, _("Signature %zu : "), i + 1);
	case_view_verdict(&c->h, v);
	html_raw(&c->h, "</h3><dl class=\"facts\">");
	web_fact(c, _("Signataire"), jstr(v, "signer"));
	web_fact(c, _("Signé le"), jtime(v, "signed_at", at));
	web_fact(
	    c, _("Heure prouvée par un horodatage"), jtime(v, "proved_at", at));
	web_fact(c, _("Jugée le"), jtime(v, "judged_at", at));
	web_fact(c, _("Couvre"),
	    human_size((unsigned long long)jint(v, "covers"), covers));
	web_fact(c, _("Verdict de la norme"), jstr(v, "indication"));
	web_fact(c, _("Précision de la norme"), jstr(v, "sub_indication"));
	if (*jstr(v, "reasons") != '\0') {
		html(&c->h, "<dt>%s</dt><dd>", _("Parce que"));
		write_reasons(&c->h, jstr(v, "reasons"));
		html_raw(&c->h, "</dd>");
	}
	html_raw(&c->h, "</dl>");
}

static void
write_verdicts(struct web_call *c, const json_t *j)
{
	char at[32];
	json_t *v;
	size_t i;

	html(&c->h, "<section><h2>%s</h2>", _("Ses signatures"));
	if (jcount(j, "verdicts") == 0)
		web_none(c, _("Ce document ne porte pas de signature "
			      "électronique."));
	json_array_foreach(json_object_get(j, "verdicts"), i, v)
	    write_verdict(c, v, i);
	json_array_foreach(json_object_get(j, "checks"), i, v)
	{
		html_raw(&c->h, "<p>");
		html(&c->h, _("Jugé de nouveau le %s : "), jtime(v, "at", at));
		case_view_verdict(&c->h, v);
		html(&c->h, " (%s)</p>", jstr(v, "by"));
	}
	html_raw(&c->h, "</section>");
}

/* --- where a scan came from
 * --------------------------------------------------- */

static void
write_provenance(struct web_call *c, const json_t *p)
{
	char number[32], at[32];
	json_t *who;
	size_t i;

	if (p == NULL) {
		web_none(c, _("Sa provenance n'a pas été dite."));
		return;
	}
	html_raw(&c->h, "<dl class=\"facts\">");
	web_fact(c, _("Numérisé par"), jstr(p, "scanned_by"));
	web_fact(c, _("Le"), jtime(p, "scanned_at", at));
	web_fact(c, _("Appareil"), jstr(p, "device"));
	snprintf(number, sizeof(number), "%lld", jint(p, "resolution"));
	web_fact(
	    c, _("Résolution (ppp)"), jint(p, "resolution") > 0 ? number : "");
	web_fact(c, _("Papier gardé"), jstr(p, "paper_at"));
	snprintf(number, sizeof(number), "%lld", jint(p, "originals"));
	web_fact(c, _("Originaux"), number);
	json_array_foreach(json_object_get(p, "given_to"), i, who)
	    web_fact(c, _("Remis à"), json_string_value(who));
	html_raw(&c->h, "</dl>");
}

static void
write_scan(struct web_call *c, const json_t *j)
{
	const json_t *s = json_object_get(j, "scan_check");
	const char *state = jstr(s, "state");
	char at[32];

	if (s == NULL && json_object_get(j, "provenance") == NULL)
		return;
	html(&c->h, "<section><h2>%s</h2>", _("Le papier et sa numérisation"));
	write_provenance(c, json_object_get(j, "provenance"));
	if (strcmp(state, "unchecked") == 0)
		html(&c->h,
		    "<p class=\"note\">%s</p><p class=\"actions\">"
		    "<a class=\"button second\" "
		    "href=\"/document/%s/numerisation\">%s</a></p>",
		    _("Numérisation non vérifiée : une deuxième personne la "
		      "compare au papier."),
		    jstr(j, "document"), _("Comparer au papier"));
	else if (*state != '\0') {
		html(&c->h, "<p class=\"%s\">",
		    strcmp(state, "faithful") == 0 ? "good" : "bad");
		html(&c->h,
		    strcmp(state, "faithful") == 0
			? _("Comparée au papier, fidèle, le %s par %s")
			: _("Comparée au papier, PAS fidèle, le %s par %s"),
		    jtime(s, "checked_at", at), jstr(s, "checked_by"));
		html_raw(&c->h, "</p>");
	}
	html_raw(&c->h, "</section>");
}

/* --- its bytes
 * ---------------------------------------------------------------- */

static int
may_read(struct web_call *c, const json_t *j)
{
	return web_may_kind(c, OP_DOC_READ, jstr(j, "kind"), jstr(j, "case"));
}

static void
write_pages(struct web_call *c, const json_t *j)
{
	struct html *h = &c->h;
	char size[32];
	json_t *p;
	int reads = may_read(c, j);
	size_t i;

	html(h, "<section><h2>%s</h2><ul class=\"plain\">", _("Ses fichiers"));
	json_array_foreach(json_object_get(j, "pages"), i, p)
	{
		html_raw(h, "<li>");
		if (reads)
			html(h,
			    "<a href=\"/document/%s/contenu/%lld/%zu\" "
			    "aria-label=\"%s %s\">%s</a> ",
			    jstr(j, "document"), jint(j, "version"), i + 1,
			    _("Télécharger"), jstr(p, "name"),
			    _("Télécharger"));
		html(h, "%s <span class=\"muted\">(%s, %s)</span></li>",
		    jstr(p, "name"), jstr(p, "media"),
		    human_size((unsigned long long)jint(p, "size"), size));
	}
	html_raw(h, "</ul><p class=\"actions\">");
	html(h,
	    "<a class=\"button second\" href=\"/document/%s/recu/%lld\">%s</a>",
	    jstr(j, "document"), jint(j, "version"), _("Le reçu du dépôt"));
	if (pictures_of(j) > 0 && reads)
		html(h,
		    " <a class=\"button second\" href=\"/document/%s/photos\">"
		    "%s</a>",
		    jstr(j, "document"), _("Voir les photographies"));
	html_raw(h, "</p></section>");
}

static void
write_versions(struct web_call *c, const json_t *j, const json_t *versions)
{
	struct html *h = &c->h;
	char size[32];
	json_t *v;
	int reads = may_read(c, j);
	size_t i;

	html(h, "<section><h2>%s</h2>", _("Ses versions"));
	web_table(c, _("De la plus ancienne à la plus récente"), _("Version"),
	    _("Déposée le"), _("Par"), _("Taille"), _("Fichier"), NULL);
	json_array_foreach(json_object_get(versions, "versions"), i, v)
	{
		html(h, "<tr><th scope=\"row\">%lld</th><td>",
		    jint(v, "version"));
		web_time(h, v, "filed_at");
		html(h, "</td><td>%s</td><td>%s</td><td>", jstr(v, "filed_by"),
		    human_size((unsigned long long)jint(v, "size"), size));
		if (reads)
			html(h,
			    "<a href=\"/document/%s/contenu/%lld/1\" "
			    "aria-label=\"%s %lld\">%s</a>",
			    jstr(j, "document"), jint(v, "version"),
			    _("Télécharger la version"), jint(v, "version"),
			    _("Télécharger"));
		html_raw(h, "</td></tr>");
	}
	web_table_end(c);
	html_raw(h, "</section>");
}

static void
write_facts(struct web_call *c, const json_t *j, const struct policy *p)
{
	const struct policy_kind *k = policy_kind(p, jstr(j, "kind"));
	char at[32], size[32];

	html(&c->h,
	    "<p><strong>%s</strong> <span class=\"state\">%s</span></p>",
	    jstr(j, "title"),
	    json_is_true(json_object_get(j, "draft")) ? _("brouillon")
						      : jword(j, "state"));
	html_raw(&c->h, "<dl class=\"facts\">");
	web_fact(c, _("Type"),
	    k != NULL && k->title != NULL ? k->title : jstr(j, "kind"));
	web_fact(c, _("Niveau"), jword(j, "level"));
	web_fact(c, _("Déposé le"), jtime(j, "filed_at", at));
	web_fact(c, _("Déposé par"), jstr(j, "filed_by"));
	web_fact(c, _("Taille"),
	    jint(j, "size") > 0
		? human_size((unsigned long long)jint(j, "size"), size)
		: "");
	web_fact(c, "SHA-256", jstr(j, "sha256"));
	html_raw(&c->h, "</dl>");
}

static int
load(struct web_call *c, json_t **j, struct err *e)
{
	int r = cli_get(&c->cli, j, e, "/v1/documents/%", c->part[0]);

	if (r < 0)
		return r;
	snprintf(c->title, sizeof(c->title), _("Document %s"), jstr(*j, "ref"));
	c->place = "/rechercher";
	return 0;
}

static void
write_ways(struct web_call *c, const json_t *j, const struct policy_kind *k)
{
	char path[WEB_PATH];

	html(&c->h,
	    "<nav class=\"actions\" aria-label=\"%s\">"
	    "<a href=\"/dossier/%s\">%s</a> ",
	    _("Autour de ce document"), jstr(j, "case"),
	    _("Retour au dossier"));
	if (k != NULL && k->is_record && web_may(c, "doc-read") &&
	    strcmp(jstr(j, "state"), "erased") != 0)
		html(&c->h, "<a href=\"/document/%s/lire\">%s</a> ",
		    jstr(j, "document"), _("Lire la fiche"));
	if (web_may(c, "doc-correct") &&
	    web_leads_to("/document/%/corriger", jstr(j, "document"), path))
		html(&c->h, "<a href=\"%s\">%s</a>", path,
		    _("Déposé par erreur ?"));
	html_raw(&c->h, "</nav>");
}

static int
document_get(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL, *versions = NULL;
	const struct policy *p;
	int r;

	if ((r = web_rules(c, &p, e)) < 0 || (r = load(c, &j, e)) < 0)
		return r;
	web_purpose_note(c);
	write_facts(c, j, p);
	write_ways(c, j, policy_kind(p, jstr(j, "kind")));
	if (strcmp(jstr(j, "state"), "erased") == 0) {
		html(&c->h, "<p class=\"note\">%s</p>",
		    _("Ce document est effacé : il ne reste que son numéro."));
		return 0;
	}
	if ((r = cli_get(&c->cli, &versions, e, "/v1/documents/%/versions",
		 c->part[0])) < 0)
		return r;
	write_pages(c, j);
	write_verdicts(c, j);
	write_scan(c, j);
	write_versions(c, j, versions);
	return 0;
}

/* What a record says, all of it: a reading like any other, with its leaf. */
static int
record_page(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL, *record = NULL;
	const struct policy_kind *k;
	const struct policy *p;
	int r;

	if ((r = web_rules(c, &p, e)) < 0 || (r = load(c, &j, e)) < 0)
		return r;
	k = policy_kind(p, jstr(j, "kind"));
	if (k == NULL || !k->is_record ||
	    strcmp(jstr(j, "state"), "erased") == 0)
		return err_tag(e, ERR_NOT_FOUND, "web-page", "page");
	if ((r = record_get(&c->cli, jstr(j, "document"), &record, e)) < 0)
		return r;
	web_purpose_note(c);
	html(&c->h,
	    "<p class=\"actions\"><a href=\"/document/%s\">%s</a></p>"
	    "<p><strong>%s</strong>, %s %lld</p><p class=\"hint\">%s</p>",
	    jstr(j, "document"), _("Retour au document"), k->title,
	    _("version"), jint(j, "version"),
	    _("Cette lecture est inscrite au journal."));
	recordhelp_print(&c->h, k, record, 1);
	return 0;
}

/* --- download
 * ------------------------------------------------------------------- */

/* A number of the path, as the vault takes it. */
static int
number(const char *s, struct err *e)
{
	uint64_t v;

	return text_decimal(s, strlen(s), &v, NULL) < 0 || v < 1 ||
		       v > INT32_MAX
		   ? err_tag(e, ERR_NOT_FOUND, "web-page", "page")
		   : 0;
}

static int
content_path(struct web_call *c, struct buf *path, struct err *e)
{
	int r;

	if ((r = number(c->part[1], e)) < 0 ||
	    (r = number(c->part[2], e)) < 0 ||
	    (r = cli_path(path, e, "/v1/documents/%/content", c->part[0])) <
		0 ||
	    (r = cli_query(path, "version", c->part[1], e)) < 0)
		return r;
	return cli_query(path, "page", c->part[2], e);
}

static int
content_get(struct web_call *c, struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 };
	int r;

	if ((r = content_path(c, &path, e)) < 0)
		return r;
	return web_stream(c, buf_str(&path), e);
}

static int
receipt_get(struct web_call *c, struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 }, text = { 0 };
	int r;

	if ((r = number(c->part[1], e)) < 0 ||
	    (r = cli_path(&path, e, "/v1/documents/%/receipt", c->part[0])) <
		0 ||
	    (r = cli_query(&path, "version", c->part[1], e)) < 0 ||
	    (r = cli_get_text(&c->cli, buf_str(&path), &text, e)) < 0)
		return r;
	return web_download(
	    c, "recu.txt", "text/plain; charset=utf-8", &text, e);
}

/* --- photographs
 * ------------------------------------------------------------------ */

static int
photos_get(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	json_t *p;
	size_t i;
	int r;

	if ((r = load(c, &j, e)) < 0)
		return r;
	html(&c->h, "<p><a href=\"/document/%s\">%s</a></p>",
	    jstr(j, "document"), _("Retour au document"));
	if (pictures_of(j) == 0)
		web_none(c, _("Aucune photographie."));
	json_array_foreach(json_object_get(j, "pages"), i, p)
	{
		if (!is_picture(p))
			continue;
		html_raw(&c->h, "<figure><figcaption>");
		html(&c->h, _("Page %zu : "), i + 1);
		html(&c->h,
		    "%s</figcaption><img loading=\"lazy\" "
		    "src=\"/document/%s/image/%lld/%zu\" alt=\"",
		    jstr(p, "name"), jstr(j, "document"), jint(j, "version"),
		    i + 1);
		html(&c->h, _("Photographie de la page %zu"), i + 1);
		html_raw(&c->h, "\"></figure>");
	}
	return 0;
}

/* What the vault's inspection said of this page decides whether it is shown. */
static int
image_get(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	AUTO(buf_done) struct buf path = { 0 };
	const json_t *p;
	int r;

	if ((r = content_path(c, &path, e)) < 0 || (r = load(c, &j, e)) < 0)
		return r;
	p = jat(j, "pages", strtoul(c->part[2], NULL, 10) - 1);
	if (p == NULL || strtoll(c->part[1], NULL, 10) != jint(j, "version"))
		return err_tag(e, ERR_NOT_FOUND, "web-page", "page");
	return web_stream_picture(c, buf_str(&path), jstr(p, "media"), e);
}

const struct web_route web_document[] = {
	{ "GET", "/document/%", document_get, 0 },
	{ "GET", "/document/%/contenu/%/%", content_get, 0 },
	{ "GET", "/document/%/lire", record_page, 0 },
	{ "GET", "/document/%/recu/%", receipt_get, 0 },
	{ "GET", "/document/%/photos", photos_get, 0 },
	{ "GET", "/document/%/image/%/%", image_get, 0 },
	{ 0 },
};
