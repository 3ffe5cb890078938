/* Corriger: what its author put into the wrong case, moved or voided. */
#include "client/web/act.h"
#include "client/web/control.h"

static const struct web_fault faults[] = {
	{ "correction-late", "quoi" },
	{ "correction-same-case", "dossier" },
	{ "not-found", "dossier" },
	{ 0 },
};

static void
write_form(struct web_call *c, const json_t *j, const json_t *wrong)
{
	web_form(c, 0, "/document/%/corriger", jstr(j, "document"));
	html(&c->h, "<fieldset id=\"quoi\"><legend>%s</legend>",
	    _("Que faut-il faire ?"));
	if (web_wrong_of(wrong, "quoi") != NULL)
		html(&c->h,
		    "<div class=\"field\"><span class=\"wrong\">%s"
		    "</span></div>",
		    web_wrong_of(wrong, "quoi"));
	html_raw(&c->h, "<p>");
	web_box(c, "radio", "quoi", "deplacer",
	    _("Le déplacer dans le bon dossier"), 0, "quoi-deplacer");
	html_raw(&c->h, "</p><p>");
	web_box(c, "radio", "quoi", "annuler",
	    _("L'annuler : il est détruit, et ne revient pas"), 0,
	    "quoi-annuler");
	html_raw(&c->h, "</p></fieldset>");
	web_input(c, &(struct web_control){ .name = "dossier",
			 .label = _("Référence du bon dossier"),
			 .hint = _("pour le déplacer : par exemple 4F7K-2Q8"),
			 .wrong = web_wrong_of(wrong, "dossier") });
	web_input(c, &(struct web_control){ .name = "motif",
			 .label = _("Pourquoi"),
			 .hint = _("une phrase, gardée au journal ; pas de "
				   "donnée de santé"),
			 .wrong = web_wrong_of(wrong, "motif") });
	html(&c->h,
	    "<p class=\"actions\"><button>%s</button> "
	    "<a href=\"/document/%s\">%s</a></p></form>",
	    _("Corriger"), jstr(j, "document"), _("Renoncer"));
}

static int
write_page(struct web_call *c, const json_t *wrong, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	long long hours;
	int r;

	if ((r = web_figure(c, "correction-hours", &hours, e)) < 0 ||
	    (r = cli_get(&c->cli, &j, e, "/v1/documents/%", c->part[0])) < 0)
		return r;
	snprintf(c->title, sizeof(c->title), _("Corriger le document %s"),
	    jstr(j, "ref"));
	c->place = "/rechercher";
	web_summary(c, wrong);
	html(&c->h, "<p><strong>%s</strong></p><p>", jstr(j, "title"));
	html(&c->h,
	    _("Dans les %lld heures, qui a déposé un document dans le mauvais "
	      "dossier peut le déplacer ou l'annuler. Si quelqu'un d'autre "
	      "l'a lu entre-temps, la direction et le délégué en sont "
	      "avertis."),
	    hours);
	html_raw(&c->h, "</p>");
	write_form(c, j, wrong);
	return 0;
}

static int
correct_get(struct web_call *c, struct err *e)
{
	return write_page(c, NULL, e);
}

static void
tell(struct web_call *c, const char *what, const json_t *j)
{
	web_tell(c, "%s%s%s", what,
	    *jstr(j, "waits") != '\0'
		? _(" L'horloge du coffre n'est pas crue : la copie mal "
		    "classée sera détruite quand elle le sera.")
		: "",
	    *jstr(j, "breach") != '\0'
		? _(" Quelqu'un d'autre l'avait lu ou reçu : une violation "
		    "est inscrite, à traiter par la direction et le délégué.")
		: "");
}

static int
move(struct web_call *c, json_t *body, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if ((r = cli_member(body, "case", web_said(c, "dossier"), e)) < 0 ||
	    (r = cli_post(
		 &c->cli, body, &j, e, "/v1/documents/%/move", c->part[0])) < 0)
		return r;
	tell(c,
	    _("Le document est dans le bon dossier, sous un nouveau "
	      "numéro et avec un nouveau reçu."),
	    j);
	return web_redirect(c, e, "/document/%", jstr(j, "document"));
}

static int
annul(struct web_call *c, json_t *body, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r =
	    cli_post(&c->cli, body, &j, e, "/v1/documents/%/void", c->part[0]);

	if (r < 0)
		return r;
	tell(c, _("Le document est annulé."), j);
	return web_redirect(c, e, "/dossier/%", jstr(j, "case"));
}

static void
look(struct web_call *c, json_t *wrong)
{
	int moves = web_is(c, "quoi", "deplacer");

	if (!moves && !web_is(c, "quoi", "annuler"))
		web_wrong(
		    wrong, "quoi", _("Choisissez : déplacer ou annuler."));
	if (moves && web_said(c, "dossier") == NULL)
		web_wrong(wrong, "dossier",
		    _("Écrivez la référence du dossier où il va."));
	if (!moves && web_said(c, "motif") == NULL)
		web_wrong(wrong, "motif", _("Dites pourquoi il est annulé."));
}

static int
correct_post(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *wrong = json_object();
	struct err refused = { 0 };
	int r;

	look(c, wrong);
	if (json_object_size(wrong) > 0) {
		c->status = 422;
		return write_page(c, wrong, e);
	}
	if ((r = cli_member(body, "reason", web_said(c, "motif"), e)) < 0)
		return r;
	r = web_is(c, "quoi", "deplacer") ? move(c, body, &refused)
					  : annul(c, body, &refused);
	if (r == 0)
		return 0;
	/* Where it should go may be no case of theirs: they may mend that. */
	if (!web_is_theirs(&refused) && refused.code != ERR_NOT_FOUND) {
		*e = refused;
		return r;
	}
	web_refused(c, &refused, faults);
	return write_page(c, wrong, e);
}

const struct web_route web_correct[] = {
	{ "GET", "/document/%/corriger", correct_get, 0 },
	{ "POST", "/document/%/corriger", correct_post, 0 },
	{ 0 },
};
