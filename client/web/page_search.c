/* Rechercher: a case by words, and the list of those one may see. */
#include "client/web/control.h"
#include "client/words.h"

#define KEPT "recherche"
#define PAGE_CASES 50 /* of the list, on one page */

static void
write_row(struct web_call *c, const json_t *k, const char *names)
{
	struct html *h = &c->h;

	html(h, "<tr><th scope=\"row\"><a href=\"/dossier/%s\">%s</a></th>",
	    jstr(k, "ref"), jstr(k, "ref"));
	html(h, "<td>%s</td>", jstr(k, "title"));
	if (names != NULL)
		html(h, "<td>%s</td>", names);
	html(h, "<td>%s</td><td>", jstr(k, "commune"));
	if (names == NULL)
		web_time(h, k, "opened_at");
	else if (jint(k, "birth_year") > 0)
		html(h, "%lld", jint(k, "birth_year"));
	html(h, "</td><td>%s, %s</td></tr>", jword(k, "state"),
	    jword(k, "stage"));
}

static void
write_found(struct web_call *c, const json_t *kept)
{
	const json_t *found = json_object_get(kept, "results");
	char names[512];
	json_t *k;
	size_t i;

	html(&c->h, "<section aria-labelledby=\"trouves\"><h2 id=\"trouves\">");
	html(&c->h,
	    json_array_size(found) == 1 ? _("%zu dossier trouvé")
					: _("%zu dossiers trouvés"),
	    json_array_size(found));
	html_raw(&c->h, "</h2>");
	if (json_array_size(found) == 0) {
		web_none(
		    c, _("Rien de tel dans vos dossiers. Essayez le début d'un "
			 "nom, ou la commune."));
		html_raw(&c->h, "</section>");
		return;
	}
	web_table(c, _("Dossiers trouvés"), _("Dossier"), _("Intitulé"),
	    _("Noms"), _("Commune"), _("Né en"), _("État"), NULL);
	json_array_foreach(found, i, k)
	    write_row(c, k, jlist(k, "names", names, sizeof(names)));
	web_table_end(c);
	html_raw(&c->h, "</section>");
}

static void
write_form(struct web_call *c, const char *words, const char *wrong)
{
	html_raw(&c->h, "<search>");
	web_form(c, 0, "/rechercher");
	web_input(c, &(struct web_control){ .name = "mots",
			 .label = _("Nom, commune ou référence"),
			 .type = "search",
			 .value = words,
			 .hint = _("Le début des mots suffit ; les accents ne "
				   "comptent pas."),
			 .wrong = wrong,
			 .required = 1 });
	web_purpose_select(c, _("Chercher aussi dans les dossiers clos, pour"));
	html(&c->h,
	    "<p class=\"actions\"><button>%s</button></p></form></search>",
	    _("Chercher"));
}

/* --- the list ------------------------------------------------------------- */

static void
write_pages(struct web_call *c, size_t n, size_t page)
{
	size_t pages = (n + PAGE_CASES - 1) / PAGE_CASES;

	if (pages < 2)
		return;
	html(&c->h, "<nav class=\"actions\" aria-label=\"%s\">",
	    _("Pages de la liste"));
	if (page > 1)
		html(&c->h, "<a href=\"/rechercher?rang=%zu\">%s</a>", page - 1,
		    _("Plus récents"));
	html(&c->h, "<span>");
	html(&c->h, _("page %zu sur %zu"), page, pages);
	html(&c->h, "</span>");
	if (page < pages)
		html(&c->h, "<a href=\"/rechercher?rang=%zu\">%s</a>", page + 1,
		    _("Plus anciens"));
	html_raw(&c->h, "</nav>");
}

/* ?rang=N, from 1; whatever else is the first page. */
static size_t
page_asked(struct web_call *c, size_t n)
{
	const char *s = web_is_post(c) ? NULL : web_field(c, "rang");
	unsigned long v = s != NULL ? strtoul(s, NULL, 10) : 1;

	return v >= 1 && v <= (n + PAGE_CASES - 1) / PAGE_CASES ? v : 1;
}

static int
write_list(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	size_t n, page, i;
	int r;

	if ((r = cli_get(&c->cli, &j, e, "/v1/cases")) < 0)
		return r;
	n = jcount(j, "cases");
	page = page_asked(c, n);
	html(&c->h, "<section aria-labelledby=\"tous\"><h2 id=\"tous\">%s</h2>",
	    _("Les dossiers que vous pouvez voir"));
	if (n == 0)
		web_none(c, _("Aucun dossier."));
	else {
		web_table(c, _("Du plus récent au plus ancien"), _("Dossier"),
		    _("Intitulé"), _("Commune"), _("Ouvert le"), _("État"),
		    NULL);
		for (i = (page - 1) * PAGE_CASES;
		     i < n && i < page * PAGE_CASES; i++)
			write_row(c, jat(j, "cases", i), NULL);
		web_table_end(c);
	}
	write_pages(c, n, page);
	html_raw(&c->h, "</section>");
	return 0;
}

static int
write_page(struct web_call *c, const char *wrong, struct err *e)
{
	AUTO(json_decrefp) json_t *kept = web_kept(c, KEPT);

	snprintf(c->title, sizeof(c->title), "%s", _("Rechercher"));
	c->place = "/rechercher";
	if (web_may(c, "search"))
		write_form(c, jstr(kept, "words"), wrong);
	if (kept != NULL && wrong == NULL)
		write_found(c, kept);
	if (web_may(c, "case-open"))
		html(&c->h,
		    "<p class=\"actions\"><a class=\"button second\" "
		    "href=\"/ouvrir\">%s</a></p>",
		    _("Ouvrir un dossier"));
	return write_list(c, e);
}

static int
search_get(struct web_call *c, struct err *e)
{
	return write_page(c, NULL, e);
}

/* What was found is kept in the session and shown by the next page: the words
 * are in no target, and "back" from a case shows it again. */
static int
keep_found(struct web_call *c, const char *words, json_t *j, struct err *e)
{
	json_t *kept = json_pack("{s:s, s:O}", "words", words, "results",
	    json_object_get(j, "results"));

	return kept != NULL ? web_keep(c, KEPT, kept, e)
			    : err_set(e, ERR_NOMEM, "search");
}

static int
search_post(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *words = web_said(c, "mots");
	int r;

	if (words == NULL) {
		c->status = 422;
		return write_page(
		    c, _("Écrivez au moins le début d'un nom."), e);
	}
	if ((r = cli_member(body, "words", words, e)) < 0)
		return r;
	r = cli_post(&c->cli, body, &j, e, "/v1/search");
	if (r == -(int)ERR_TOO_LARGE || r == -(int)ERR_INVALID) {
		c->status = 422;
		web_error(c, e);
		return write_page(c, _("Raccourcissez la recherche."), e);
	}
	if (r < 0 || (r = keep_found(c, words, j, e)) < 0)
		return r;
	return web_redirect(c, e, "/rechercher");
}

const struct web_route web_search[] = {
	{ "GET", "/rechercher", search_get, 0 },
	{ "POST", "/rechercher", search_post, 0 },
	{ 0 },
};
