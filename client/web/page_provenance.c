#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/scanpage.h"
#include "base/text.h"
#include "client/web/act.h"
#include "client/web/control.h"
#include "client/web/provenance.h"

#define FILE_NAME "provenance.txt"

static const char *const names[] = { "prov.device", "prov.resolution",
	"prov.pages", "prov.originals", "prov.paper_at", "prov.given_to",
	NULL };
#define AT "prov.at"
#define SIGNATURE "prov.signature"

int
provenance_is_signed(const struct lot *l)
{
	return lot_said(l, SIGNATURE) != NULL;
}

void
provenance_forget(struct lot *l)
{
	size_t i;

	for (i = 0; names[i] != NULL; i++)
		json_object_del(l->said, names[i]);
	json_object_del(l->said, AT);
	json_object_del(l->said, SIGNATURE);
}

static int
say(struct lot *l, const char *name, const char *value, struct err *e)
{
	return json_object_set_new(l->said, name, json_pack("[s]", value)) < 0
		   ? err_set(e, ERR_NOMEM, "provenance")
		   : 0;
}

/* --- what was typed, as the page has it ------------------------------------
 */

/* A page, and the text that its strings are of. */
struct said {
	struct scan_page page;
	char *given; /* lines, cut apart */
};

static void
said_done(struct said *s)
{
	free(s->given);
}

static int
number(const struct lot *l, const char *name, uint64_t absent, uint32_t most,
    uint32_t *out, struct err *e)
{
	const char *v = lot_said(l, name);
	uint64_t n = absent;

	if (v != NULL && (text_decimal(v, strlen(v), &n, NULL) < 0 || n > most))
		return err_tag(
		    e, ERR_INVALID, "provenance", "%s", name + strlen("prov."));
	*out = (uint32_t)n;
	return 0;
}

/* One line, one who was given an original. */
static int
read_given(const struct lot *l, struct said *s, struct err *e)
{
	const char *v = lot_said(l, "prov.given_to");
	char *line, *rest = NULL;

	if (v == NULL)
		return 0;
	if ((s->given = strdup(v)) == NULL)
		return err_set(e, ERR_NOMEM, "provenance");
	for (line = strtok_r(s->given, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (strspn(line, " ") == strlen(line))
			continue;
		if (s->page.ngiven == SCAN_ORIGINALS_MAX)
			return err_tag(
			    e, ERR_INVALID, "provenance", "given_to");
		s->page.given_to[s->page.ngiven++] = line;
	}
	return 0;
}

static int
read_said(const struct lot *l, struct said *s, struct err *e)
{
	struct scan_page *p = &s->page;
	int r;

	p->device = lot_said(l, "prov.device");
	p->paper_at = lot_said(l, "prov.paper_at");
	if ((r = number(l, "prov.resolution", 0, SCAN_RESOLUTION_MAX,
		 &p->resolution, e)) < 0 ||
	    (r = number(l, "prov.pages", lot_count(l, 0), SCAN_PAGES_MAX,
		 &p->pages, e)) < 0 ||
	    (r = number(l, "prov.originals", 0, SCAN_ORIGINALS_MAX,
		 &p->originals, e)) < 0 ||
	    (r = read_given(l, s, e)) < 0)
		return r;
	if (lot_said(l, AT) == NULL)
		return err_tag(e, ERR_INVALID, "provenance", "scanned_at");
	return time_parse(lot_said(l, AT), &p->at_ms, e);
}

/* The digest of the document as it would be filed now. */
static int
digest_now(struct web_call *c, const struct lot *l, uint8_t out[SHA256_LEN],
    struct err *e)
{
	AUTO(mem_freep) struct parcel *p = calloc(1, sizeof(*p));
	int r;

	if (p == NULL)
		return err_set(e, ERR_NOMEM, "parcel");
	if (!lot_is_whole(l))
		return err_tag(e, ERR_INCOMPLETE, "web-cut", "%s", "");
	p->kind = "";
	if ((r = lot_parcel(l, 0, p, e)) == 0 &&
	    (r = parcel_name(p, c->part[0], e)) == 0)
		memcpy(out, p->sha256, SHA256_LEN);
	parcel_done(p);
	return r;
}

static int
page_text(
    struct web_call *c, const struct lot *l, struct buf *out, struct err *e)
{
	AUTO(json_decrefp) json_t *me = web_me(c);
	AUTO(said_done) struct said s = { 0 };
	int r;

	s.page.by = jstr(me, "account");
	if ((r = read_said(l, &s, e)) < 0 ||
	    (r = digest_now(c, l, s.page.sha256, e)) < 0)
		return r;
	return scan_page_format(&s.page, out, e);
}

int
provenance_lines(const struct lot *l, struct buf *more, struct err *e)
{
	static const char *const options[][2] = { { "prov.device", "device" },
		{ "prov.resolution", "resolution" }, { "prov.pages", "sheets" },
		{ "prov.paper_at", "paper-at" },
		{ "prov.originals", "originals" } };
	AUTO(said_done) struct said s = { 0 };
	size_t i;
	int r;

	if (!provenance_is_signed(l))
		return 0;
	for (i = 0; i < NELEMS(options); i++)
		if (lot_said(l, options[i][0]) != NULL &&
		    (r = buf_addf(more, e, "%s %s\n", options[i][1],
			 lot_said(l, options[i][0]))) < 0)
			return r;
	if ((r = read_given(l, &s, e)) < 0)
		return r;
	for (i = 0; i < s.page.ngiven; i++)
		if ((r = buf_addf(
			 more, e, "given-to %s\n", s.page.given_to[i])) < 0)
			return r;
	return 0;
}

int
provenance_member(const struct lot *l, json_t *body, struct err *e)
{
	AUTO(json_decrefp) json_t *o = NULL;
	json_t *given = json_array();
	AUTO(said_done) struct said s = { 0 };
	size_t i;
	int r;

	if (!provenance_is_signed(l)) {
		json_decref(given);
		return 0;
	}
	if ((r = read_said(l, &s, e)) < 0) {
		json_decref(given);
		return r;
	}
	for (i = 0; i < s.page.ngiven; i++)
		json_array_append_new(given, json_string(s.page.given_to[i]));
	o = json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:o}", "scanned_at",
	    lot_said(l, AT), "device", s.page.device, "paper_at",
	    s.page.paper_at, "signature", lot_said(l, SIGNATURE), "resolution",
	    (int)s.page.resolution, "pages", (int)s.page.pages, "originals",
	    (int)s.page.originals, "given_to", given);
	return o == NULL || json_object_set(body, "provenance", o) < 0
		   ? err_set(e, ERR_NOMEM, "provenance")
		   : 0;
}

/* --- in the page that is confirmed -----------------------------------------
 */

void
provenance_write(struct web_call *c, const struct lot *l)
{
	struct html *h = &c->h;

	html(h, "<section><h2>%s</h2>", _("D'où vient le papier"));
	if (provenance_is_signed(l))
		html(h,
		    "<p class=\"good\">%s</p><p class=\"actions\">"
		    "<a href=\"/dossier/%s/deposer/%s/provenance\">%s</a>"
		    "<button class=\"second\" formnovalidate "
		    "name=\"sans-provenance\" value=\"1\">%s</button></p>",
		    _("La provenance de la numérisation est dite et signée."),
		    c->part[0], l->id, _("La dire de nouveau"),
		    _("Déposer sans elle"));
	else
		html(h,
		    "<p>%s</p><p class=\"actions\">"
		    "<a href=\"/dossier/%s/deposer/%s/provenance\">%s</a></p>",
		    _("D'un papier numérisé ou photographié, on peut dire et "
		      "signer qui l'a numérisé, avec quoi, et où est "
		      "l'original."),
		    c->part[0], l->id, _("Dire la provenance"));
	html_raw(h, "</section>");
}

/* --- the pages -------------------------------------------------------------
 */

static const struct web_fault faults[] = {
	{ "approval-signature", "text" },
	{ "provenance-signature", "text" },
	{ "web-missing", "text" },
	{ 0 },
};

static void
begin(struct web_call *c, const struct lot *l)
{
	snprintf(c->title, sizeof(c->title), _("Provenance : dossier %s"),
	    c->part[0]);
	html(&c->h,
	    "<p class=\"back\"><a href=\"/dossier/%s/deposer/%s\">%s</a></p>",
	    c->part[0], l->id, _("Retour au dépôt"));
}

static void
write_form(struct web_call *c, const struct lot *l)
{
	char pages[16];
	const char *was = lot_said(l, "prov.pages");
	const struct web_control controls[] = {
		{ .name = "prov.device",
		    .label = _("Appareil"),
		    .hint = _("Le numériseur ou le téléphone, tel que l'équipe "
			      "le nomme."),
		    .value = lot_said(l, "prov.device"),
		    .required = 1 },
		{ .name = "prov.resolution",
		    .label = _("Résolution, en points par pouce"),
		    .type = "number",
		    .hint = _("Rien pour une photographie."),
		    .value = lot_said(l, "prov.resolution") },
		{ .name = "prov.pages",
		    .label = _("Pages du papier"),
		    .type = "number",
		    .value = was != NULL ? was : pages,
		    .required = 1 },
		{ .name = "prov.originals",
		    .label = _("Nombre d'originaux"),
		    .type = "number",
		    .value = lot_said(l, "prov.originals"),
		    .required = 1 },
		{ .name = "prov.paper_at",
		    .label = _("Où le papier est gardé"),
		    .value = lot_said(l, "prov.paper_at"),
		    .required = 1 },
		{ .name = "prov.given_to",
		    .label = _("À qui un original a été remis"),
		    .type = "area",
		    .hint = _("Une ligne par personne."),
		    .value = lot_said(l, "prov.given_to") },
	};
	size_t i;

	snprintf(pages, sizeof(pages), "%zu", lot_count(l, 0));
	web_form(c, 0, "/dossier/%/deposer/%/provenance", c->part[0], l->id);
	for (i = 0; i < NELEMS(controls); i++)
		web_input(c, &controls[i]);
	html(&c->h, "<p><button>%s</button></p></form>",
	    _("Préparer la page à signer"));
}

static int
show_form(struct web_call *c, const struct lot *l, const struct err *wrong)
{
	begin(c, l);
	if (wrong != NULL) {
		web_error(c, wrong);
		c->status = 422;
	}
	html(&c->h, "<p>%s</p>",
	    _("Qui numérise le dit et le signe, de sa clé : vous."));
	write_form(c, l);
	return 0;
}

static int
show_page(struct web_call *c, const struct lot *l, const struct err *wrong,
    struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	char target[256];
	int r;

	if ((r = page_text(c, l, &text, e)) < 0)
		return r;
	begin(c, l);
	if (wrong != NULL)
		web_refused(c, wrong, faults);
	html(&c->h, "<h2>%s</h2>", _("Ce qui est à signer"));
	web_sheet(c, _("La page à signer"), buf_str(&text));
	snprintf(target, sizeof(target),
	    "/dossier/%s/deposer/%s/provenance/"
	    "page",
	    c->part[0], l->id);
	web_sign_begin(c, target, FILE_NAME, SCAN_NAMESPACE);
	html(&c->h,
	    "<form method=\"post\" action=\"/dossier/%s/deposer/%s/provenance/"
	    "signer\" enctype=\"multipart/form-data\">"
	    "<input type=\"hidden\" name=\"csrf\" value=\"%s\">",
	    c->part[0], l->id, web_csrf(c));
	web_sign_end(c, "file", "text", web_fault_at(c, wrong, faults, "text"),
	    _("Remettre la signature"));
	return 0;
}

/* The lot while there is still something to say of it; *gone: it is filed. */
static int
take(struct web_call *c, struct lot **l, int *gone, struct err *e)
{
	int r = lot_take(c, c->part[0], c->part[1], 0, l, e);

	*gone = r == 0 && ((*l)->done != NULL || lot_count(*l, 0) == 0);
	if (!*gone)
		return r;
	r = web_redirect(c, e, "/dossier/%/deposer/%", c->part[0], (*l)->id);
	lot_put(c, l);
	return r;
}

static int
form_get(struct web_call *c, struct err *e)
{
	struct lot *l = NULL;
	int gone, r;

	if ((r = take(c, &l, &gone, e)) < 0 || gone)
		return r;
	r = show_form(c, l, NULL);
	lot_put(c, &l);
	return r;
}

/* What was signed before is not of what is said now. */
static int
prepare(struct web_call *c, struct lot *l, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct err wrong = { 0 };
	char at[TIME_TEXT];
	int r;

	provenance_forget(l);
	time_format((int64_t)time(NULL) * 1000, at);
	if ((r = lot_say(c, l, names, e)) < 0 || (r = say(l, AT, at, e)) < 0)
		return r;
	if (page_text(c, l, &text, &wrong) < 0)
		return show_form(c, l, &wrong);
	return web_redirect(
	    c, e, "/dossier/%/deposer/%/provenance/signer", c->part[0], l->id);
}

static int
form_post(struct web_call *c, struct err *e)
{
	struct lot *l = NULL;
	int gone, r;

	if ((r = take(c, &l, &gone, e)) < 0 || gone)
		return r;
	r = prepare(c, l, e);
	lot_put(c, &l);
	return r;
}

static int
sign_get(struct web_call *c, struct err *e)
{
	struct lot *l = NULL;
	int gone, r;

	if ((r = take(c, &l, &gone, e)) < 0 || gone)
		return r;
	r = lot_said(l, AT) != NULL
		? show_page(c, l, NULL, e)
		: web_redirect(c, e, "/dossier/%/deposer/%/provenance",
		      c->part[0], l->id);
	lot_put(c, &l);
	return r;
}

static int
text_get(struct web_call *c, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct lot *l = NULL;
	int gone, r;

	if ((r = take(c, &l, &gone, e)) < 0 || gone)
		return r;
	r = page_text(c, l, &text, e);
	lot_put(c, &l);
	return r < 0 ? r
		     : web_download(
			   c, FILE_NAME, "text/plain; charset=utf-8", &text, e);
}

static int
sign_post(struct web_call *c, struct err *e)
{
	AUTO(buf_done) struct buf signature = { 0 };
	struct err wrong = { 0 };
	struct lot *l = NULL;
	int gone, r;

	if ((r = take(c, &l, &gone, e)) < 0 || gone)
		return r;
	if (web_signature(c, "file", "text", &signature, &wrong) < 0)
		r = show_page(c, l, &wrong, e);
	else if ((r = say(l, SIGNATURE, buf_str(&signature), e)) == 0)
		r = web_redirect(
		    c, e, "/dossier/%/deposer/%", c->part[0], l->id);
	lot_put(c, &l);
	return r;
}

const struct web_route web_provenance[] = {
	{ "GET", "/dossier/%/deposer/%/provenance", form_get, 0 },
	{ "POST", "/dossier/%/deposer/%/provenance", form_post, 0 },
	{ "GET", "/dossier/%/deposer/%/provenance/signer", sign_get, 0 },
	{ "POST", "/dossier/%/deposer/%/provenance/signer", sign_post,
	    WEB_FILES },
	{ "GET", "/dossier/%/deposer/%/provenance/page", text_get, 0 },
	{ 0 },
};
