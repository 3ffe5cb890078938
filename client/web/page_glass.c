/*
 * Bris de glace: a case whose content is not theirs, opened in an emergency:
 * a reason, a signed statement, a few minutes, and somebody else's review.
 */
#include <time.h>

#include "base/text.h"
#include "client/web/act.h"
#include "client/web/control.h"

#define KEPT "glass" /* cases whose glass they broke: {id: true} */

static const struct web_fault faults[] = {
	{ "member-missing", "motif" },
	{ "member-text", "motif" },
	{ 0 },
};

static int
write_what_follows(struct web_call *c, struct err *e)
{
	long long minutes, days;
	int r;

	if ((r = web_figure(c, "break-glass-minutes", &minutes, e)) < 0 ||
	    (r = web_figure(c, "break-glass-review-days", &days, e)) < 0)
		return r;
	html(&c->h, "<p>%s</p><ul><li>",
	    _("Le bris de glace ouvre, dans l'urgence, ce que votre fonction "
	      "n'ouvre pas. Ce qui suit :"));
	html(&c->h,
	    _("Le contenu de ce dossier, et de lui seul, vous est ouvert "
	      "pendant %lld minutes."),
	    minutes);
	html(&c->h, "</li><li>%s</li><li>%s</li><li>",
	    _("Toute l'équipe du dossier voit votre nom et l'heure, sur la "
	      "page du dossier."),
	    _("Votre motif est inscrit au journal, avec tout ce que vous "
	      "ouvrez."));
	html(&c->h,
	    _("Une autre personne que vous dit, dans les %lld jours, si "
	      "c'était justifié."),
	    days);
	html(&c->h, "</li><li>%s</li></ul>",
	    _("Vous signez une déclaration avec votre clé : le bouton la "
	      "prépare."));
	return 0;
}

static int
write_page(struct web_call *c, const struct err *refused, struct err *e)
{
	int r;

	snprintf(c->title, sizeof(c->title), "%s · %s", _("Bris de glace"),
	    c->part[0]);
	c->place = "/rechercher";
	if (refused != NULL)
		web_refused(c, refused, faults);
	if ((r = write_what_follows(c, e)) < 0)
		return r;
	web_form(c, 0, "/dossier/%/urgence", c->part[0]);
	web_input(c,
	    &(struct web_control){ .name = "motif",
		.type = "area",
		.label = _("Pourquoi il faut l'ouvrir maintenant"),
		.hint = _("une ou deux phrases, pour qui l'examinera ; pas de "
			  "donnée de santé"),
		.wrong = web_fault_at(c, refused, faults, "motif"),
		.required = 1 });
	html(&c->h, "<p class=\"actions\"><button>%s</button></p></form>",
	    _("Préparer la déclaration"));
	web_back_to_case(c, c->part[0]);
	return 0;
}

static int
glass_get(struct web_call *c, struct err *e)
{
	return write_page(c, NULL, e);
}

/* From a document that is refused nobody is told whose it is. */
static int
which_get(struct web_call *c, struct err *e)
{
	(void)e;
	snprintf(c->title, sizeof(c->title), "%s", _("Bris de glace"));
	c->place = "/rechercher";
	web_form(c, 0, "/urgence");
	web_input(c, &(struct web_control){ .name = "dossier",
			 .label = _("Référence du dossier à ouvrir"),
			 .hint = _("par exemple 4F7K-2Q8"),
			 .required = 1 });
	html(&c->h, "<p class=\"actions\"><button>%s</button></p></form>",
	    _("Continuer"));
	return 0;
}

static int
which_post(struct web_call *c, struct err *e)
{
	const char *ref = web_said(c, "dossier");
	char path[WEB_PATH];

	if (ref != NULL && strlen(ref) < 64 &&
	    web_leads_to("/dossier/%/urgence", ref, path))
		return web_redirect(c, e, "/dossier/%/urgence", ref);
	web_refused(c,
	    &(struct err){
		.code = ERR_INVALID, .tag = "web-missing", .text = "dossier" },
	    NULL);
	return which_get(c, e);
}

/* Those that this person broke, of this case, and that still stand. */
static int
is_broken(struct web_call *c, const json_t *kase)
{
	AUTO(json_decrefp) json_t *me = web_me(c);
	char now[TIME_TEXT];
	json_t *g;
	size_t i;

	time_format((int64_t)time(NULL) * 1000, now);
	json_array_foreach(json_object_get(kase, "break_glass"), i, g)
	{
		if (strcmp(jstr(g, "by"), jstr(me, "account")) == 0 &&
		    strcmp(jstr(g, "state"), "unreviewed") == 0 &&
		    strcmp(jstr(g, "until"), now) > 0)
			return 1;
	}
	return 0;
}

int
web_glass_keep(struct web_call *c, const json_t *kase, struct err *e)
{
	AUTO(json_decrefp) json_t *was = web_kept(c, KEPT);
	int broken = is_broken(c, kase), r;
	json_t *all;

	if (!broken && json_object_get(was, jstr(kase, "case")) == NULL)
		return 0;
	all = was != NULL ? json_copy(was) : json_object();
	if (broken)
		r = json_object_set_new(all, jstr(kase, "case"), json_true());
	else
		r = json_object_del(all, jstr(kase, "case"));
	if (r < 0) {
		json_decref(all);
		return err_set(e, ERR_NOMEM, "glass");
	}
	return web_keep(c, KEPT, all, e);
}

int
web_glass_is_kept(struct web_call *c, const char *kase)
{
	AUTO(json_decrefp) json_t *kept = web_kept(c, KEPT);

	return json_object_get(kept, kase) != NULL;
}

void
web_glass_offer(struct web_call *c)
{
	static const char of_case[] = "/dossier/";
	int on_case = strncmp(c->path, of_case, strlen(of_case)) == 0;
	const char *words = _("Le bris de glace ouvre un dossier quelques "
			      "minutes, au vu de tous"),
		   *ref = c->path + strlen(of_case);
	char id[64];

	if (c->session == NULL || web_is_post(c) ||
	    (!on_case && strncmp(c->path, "/document/", 10) != 0) ||
	    !web_may(c, "break-glass"))
		return;
	html(&c->h, "<p>%s ", _("C'est une urgence ?"));
	if (on_case) {
		snprintf(id, sizeof(id), "%.*s", (int)strcspn(ref, "/"), ref);
		web_link(c, "", "/dossier/%/urgence", id, words);
	} else
		html(&c->h, "<a href=\"/urgence\">%s</a>", words);
	html_raw(&c->h, "</p>");
}

static int
glass_post(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *reason = web_said(c, "motif");
	struct err refused = { 0 };
	char until[32];

	if (reason == NULL)
		err_tag(&refused, ERR_INVALID, "web-missing", "motif");
	else if (cli_member(body, "reason", reason, &refused) == 0 &&
		 web_step_up(c, "break-glass", c->part[0], &refused) == 0)
		(void)!cli_post(&c->cli, body, &j, &refused,
		    "/v1/cases/%/break-glass", c->part[0]);
	if (refused.code != ERR_OK)
		return web_again(c, &refused, ERR_OK, write_page, e);
	web_tell(c,
	    _("Le dossier vous est ouvert jusqu'au %s, inscription n° %lld. "
	      "Toute l'équipe du dossier le voit ; une autre personne "
	      "l'examinera."),
	    jtime(j, "until", until), jint(j, "leaf"));
	return web_redirect(c, e, "/dossier/%", jstr(j, "ref"));
}

const struct web_route web_glass[] = {
	{ "GET", "/urgence", which_get, 0 },
	{ "POST", "/urgence", which_post, 0 },
	{ "GET", "/dossier/%/urgence", glass_get, 0 },
	{ "POST", "/dossier/%/urgence", glass_post, 0 },
	{ 0 },
};
