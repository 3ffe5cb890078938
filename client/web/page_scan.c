/*
 * The visual check of a scan by a second person: the pictures beside the
 * paper, what they found, and the page that says so, signed with a key that
 * the console never sees. Whoever scanned it is not who checks it.
 */
#include <string.h>

#include "base/scanpage.h"
#include "client/scan.h"
#include "client/web/act.h"
#include "client/web/control.h"
#include "client/words.h"

static const struct {
	const char *finding, *slug, *words;
} findings[] = {
	{ "faithful", "fidele", N_("Fidèle au papier") },
	{ "not", "pas-fidele", N_("PAS fidèle au papier") },
};

/* Which of ours the path says; NELEMS(findings): none. */
static size_t
finding_of(const char *slug)
{
	size_t i;

	for (i = 0; i < NELEMS(findings); i++)
		if (strcmp(findings[i].slug, slug) == 0)
			break;
	return i;
}

static void
file_name(size_t i, char out[96])
{
	snprintf(out, 96, "numerisation-%s.txt", findings[i].slug);
}

static const struct web_fault faults[] = {
	{ "scan-signature", "text" },
	{ "approval-signature", "text" },
	{ "web-missing", "text" },
	{ 0 },
};

/* A document whose scan waits for its check. */
static int
load(struct web_call *c, json_t **j, struct err *e)
{
	int r = cli_get(&c->cli, j, e, "/v1/documents/%", c->part[0]);

	if (r < 0)
		return r;
	snprintf(c->title, sizeof(c->title), _("Numérisation : document %s"),
	    jstr(*j, "ref"));
	c->place = "/rechercher";
	html(&c->h, "<p class=\"back\"><a href=\"/document/%s\">%s</a></p>",
	    jstr(*j, "document"), _("Retour au document"));
	return 0;
}

static int
waits(const json_t *j)
{
	return strcmp(jstr(json_object_get(j, "scan_check"), "state"),
		   "unchecked") == 0;
}

static int
is_own(struct web_call *c, const json_t *j)
{
	AUTO(json_decrefp) json_t *me = web_me(c);

	return me != NULL && *jstr(me, "account") != '\0' &&
	       strcmp(jstr(me, "account"), jstr(j, "filed_by")) == 0;
}

/* Why there is nothing to do here; 0: there is. */
static int
write_not_here(struct web_call *c, const json_t *j)
{
	if (!waits(j))
		html(&c->h, "<p class=\"note\">%s</p>",
		    _("Cette version n'attend pas de vérification."));
	else if (is_own(c, j))
		html(&c->h, "<p class=\"note\">%s</p>",
		    _("Vous avez déposé cette numérisation : une autre "
		      "personne la compare au papier."));
	else
		return 0;
	return 1;
}

static int
is_picture(const json_t *page)
{
	return strcmp(jstr(page, "media"), "image/jpeg") == 0 ||
	       strcmp(jstr(page, "media"), "image/png") == 0;
}

/* The pages as they were filed: photographs shown, the rest to save. */
static void
write_pages(struct web_call *c, const json_t *j)
{
	const char *id = jstr(j, "document");
	long long version = jint(j, "version");
	int reads =
	    web_may_kind(c, OP_DOC_READ, jstr(j, "kind"), jstr(j, "case"));
	struct html *h = &c->h;
	json_t *p;
	size_t i;

	html(h, "<section><h2>%s</h2><p>%s</p>", _("1. Comparer"),
	    _("Prenez le papier, et comparez chaque page : tout y est, rien "
	      "n'est coupé, rien n'a changé."));
	json_array_foreach(json_object_get(j, "pages"), i, p)
	{
		html_raw(h, "<figure><figcaption>");
		html(h, _("Page %zu : "), i + 1);
		if (reads)
			html(h,
			    "<a href=\"/document/%s/contenu/%lld/%zu\" "
			    "aria-label=\"%s %s\">",
			    id, version, i + 1, _("Télécharger"),
			    jstr(p, "name"));
		html_text(h, jstr(p, "name"));
		html_raw(h, reads ? "</a></figcaption>" : "</figcaption>");
		if (is_picture(p) && reads) {
			html(h,
			    "<img loading=\"lazy\" "
			    "src=\"/document/%s/image/%lld/%zu\" alt=\"",
			    id, version, i + 1);
			html(h, _("Photographie de la page %zu"), i + 1);
			html_raw(h, "\">");
		}
		html_raw(h, "</figure>");
	}
	html_raw(h, "</section>");
}

static void
write_said(struct web_call *c, const json_t *j)
{
	const json_t *p = json_object_get(j, "provenance");
	char number[32], at[32];

	if (p == NULL) {
		html(&c->h, "<p class=\"note\">%s</p>",
		    _("Sa provenance n'a pas été dite : demandez où est le "
		      "papier à qui l'a déposée."));
		return;
	}
	html_raw(&c->h, "<dl class=\"facts\">");
	web_fact(c, _("Numérisé par"), jstr(p, "scanned_by"));
	web_fact(c, _("Le"), jtime(p, "scanned_at", at));
	snprintf(number, sizeof(number), "%lld", jint(p, "pages"));
	web_fact(c, _("Pages du papier"), number);
	web_fact(c, _("Papier gardé"), jstr(p, "paper_at"));
	html_raw(&c->h, "</dl>");
}

static int
choose_get(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	size_t i;
	int r;

	if ((r = load(c, &j, e)) < 0)
		return r;
	if (write_not_here(c, j))
		return 0;
	write_said(c, j);
	write_pages(c, j);
	html(&c->h, "<section><h2>%s</h2><p>%s</p><p class=\"actions\">",
	    _("2. Dire ce que vous avez constaté"),
	    _("L'étape suivante donne la page à signer."));
	for (i = 0; i < NELEMS(findings); i++)
		html(&c->h,
		    "<a class=\"button second\" "
		    "href=\"/document/%s/numerisation/%s\">%s</a> ",
		    jstr(j, "document"), findings[i].slug,
		    _(findings[i].words));
	html_raw(&c->h, "</p></section>");
	return 0;
}

/* --- the page, its signature -----------------------------------------------
 */

static int
show(struct web_call *c, const struct err *refused, struct err *e)
{
	size_t i = finding_of(c->part[1]);
	char name[96], page[160], post[160];
	AUTO(json_decrefp) json_t *j = NULL;
	AUTO(buf_done) struct buf text = { 0 };
	int r;

	if (i == NELEMS(findings))
		return err_tag(e, ERR_NOT_FOUND, "web-page", "page");
	if ((r = load(c, &j, e)) < 0)
		return r;
	if (refused != NULL)
		web_refused(c, refused, faults);
	if (write_not_here(c, j))
		return 0;
	if ((r = scan_check_text(&c->cli, jstr(j, "document"),
		 findings[i].finding, &text, e)) < 0)
		return r;
	html(&c->h, "<h2>%s</h2><p><strong>%s</strong></p>",
	    _("Ce qui est à signer"), _(findings[i].words));
	web_sheet(c, _("La page à signer"), buf_str(&text));
	file_name(i, name);
	snprintf(post, sizeof(post), "/document/%s/numerisation/%s",
	    jstr(j, "document"), findings[i].slug);
	snprintf(page, sizeof(page), "/document/%s/numerisation/%s/page",
	    jstr(j, "document"), findings[i].slug);
	web_sign_begin(c, page, name, SCAN_CHECK_NAMESPACE);
	html(&c->h,
	    "<form method=\"post\" action=\"%s\" enctype=\"multipart/"
	    "form-data\"><input type=\"hidden\" name=\"csrf\" value=\"%s\">",
	    post, web_csrf(c));
	web_sign_end(c, "file", "text",
	    web_fault_at(c, refused, faults, "text"),
	    _("Inscrire la vérification"));
	return 0;
}

static int
finding_get(struct web_call *c, struct err *e)
{
	return show(c, NULL, e);
}

static int
text_get(struct web_call *c, struct err *e)
{
	size_t i = finding_of(c->part[1]);
	AUTO(buf_done) struct buf text = { 0 };
	char name[96];
	int r;

	if (i == NELEMS(findings))
		return err_tag(e, ERR_NOT_FOUND, "web-page", "page");
	if ((r = scan_check_text(
		 &c->cli, c->part[0], findings[i].finding, &text, e)) < 0)
		return r;
	file_name(i, name);
	return web_download(c, name, "text/plain; charset=utf-8", &text, e);
}

static int
sign(struct web_call *c, const char *finding, json_t **out, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object();
	AUTO(buf_done) struct buf signature = { 0 };
	int r;

	if ((r = web_signature(c, "file", "text", &signature, e)) < 0 ||
	    (r = cli_member(body, "finding", finding, e)) < 0 ||
	    (r = cli_member(body, "signature", buf_str(&signature), e)) < 0)
		return r;
	return cli_post(
	    &c->cli, body, out, e, "/v1/documents/%/scan-check", c->part[0]);
}

static int
finding_post(struct web_call *c, struct err *e)
{
	size_t i = finding_of(c->part[1]);
	AUTO(json_decrefp) json_t *j = NULL;
	struct err wrong = { 0 };

	if (i == NELEMS(findings))
		return err_tag(e, ERR_NOT_FOUND, "web-page", "page");
	if (sign(c, findings[i].finding, &j, &wrong) < 0) {
		if (!web_is_theirs(&wrong)) {
			*e = wrong;
			return -(int)wrong.code;
		}
		return show(c, &wrong, e);
	}
	web_tell(c, _("Vérification inscrite, inscription n° %lld."),
	    jint(j, "leaf"));
	return web_redirect(c, e, "/document/%", c->part[0]);
}

const struct web_route web_scan[] = {
	{ "GET", "/document/%/numerisation", choose_get, 0 },
	{ "GET", "/document/%/numerisation/%", finding_get, 0 },
	{ "GET", "/document/%/numerisation/%/page", text_get, 0 },
	{ "POST", "/document/%/numerisation/%", finding_post, WEB_FILES },
	{ 0 },
};
