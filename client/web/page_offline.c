/* Des pages à remplir sans réseau: saved here, filled on a tablet; what comes
 * back goes through Déposer. */
#include "client/form.h"
#include "client/web/act.h"

/* What is filled away from the desk, in this order. */
static const char *const kinds[] = { FORM_VISIT, "diagnostic", "evaluation",
	"dsf", "contrat-engagement", "controle-regularite", "plan-apurement",
	"consentement" };

static void
write_pages(struct web_call *c)
{
	const struct policy *p = NULL;
	const struct policy_kind *k;
	struct err e;
	size_t i;

	if (web_rules(c, &p, &e) < 0)
		return;
	html(&c->h, "<p>%s</p><ul>",
	    _("Enregistrez la page, portez-la sur la tablette, ouvrez-la avec "
	      "Firefox, Chrome ou Edge. Refaites-la quand les règles "
	      "changent."));
	for (i = 0; i < NELEMS(kinds); i++) {
		k = policy_kind(p, kinds[i]);
		if (k == NULL && i > 0)
			continue;
		html(&c->h, "<li><a href=\"/formulaires/%s\">%s</a></li>",
		    kinds[i], k != NULL ? k->title : _("Une visite"));
	}
	html_raw(&c->h, "</ul>");
}

/* To save, and never to show: it is a page of a tablet's, not of ours. */
static int
page_get(struct web_call *c, struct err *e)
{
	AUTO(buf_done) struct buf page = { 0 };
	struct form_spec s = { .kind = c->part[0] };
	char name[80];
	size_t i;
	int r;

	for (i = 0; i < NELEMS(kinds); i++)
		if (strcmp(kinds[i], c->part[0]) == 0)
			break;
	if (i == NELEMS(kinds))
		return err_tag(e, ERR_NOT_FOUND, "route", "no such page");
	if ((r = web_rules(c, &s.policy, e)) < 0 ||
	    (r = form_prepare(&c->cli, &s, e)) < 0 ||
	    (r = form_page(&s, &page, e)) < 0)
		return r;
	snprintf(name, sizeof(name), "%s.html", kinds[i]);
	return web_download(c, name, "application/octet-stream", &page, e);
}

static int
pages_get(struct web_call *c, struct err *e)
{
	(void)e;
	snprintf(
	    c->title, sizeof(c->title), "%s", _("Pages à remplir sans réseau"));
	write_pages(c);
	html(&c->h,
	    "<p>%s</p><p class=\"actions\"><a href=\"/dossier/%s/deposer\">%s"
	    "</a></p>",
	    _("Ce qui y est rempli revient en un fichier .sceau, que seul le "
	      "coffre ouvre : déposez-le comme un autre fichier, puis "
	      "effacez-le de la tablette."),
	    c->part[0], _("Déposer"));
	web_back_to_case(c, c->part[0]);
	return 0;
}

const struct web_route web_offline[] = {
	{ "GET", "/dossier/%/pages", pages_get, 0 },
	{ "GET", "/formulaires/%", page_get, 0 },
	{ 0 },
};
