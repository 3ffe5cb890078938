/* The door of the console, its way out, and its static files. */
#include "client/web/engine.h"
#include "client/web/lot.h"

static int
set_cookie(struct web_call *c, struct err *e)
{
	char line[128];

	if ((c->session = web_session_new(c->web, e)) == NULL)
		return -(int)e->code;
	snprintf(line, sizeof(line),
	    "sceau=%s; HttpOnly; SameSite=Strict; Path=/",
	    web_session_cookie(c->session));
	return web_header(c, "Set-Cookie", line, e);
}

static void
write_entry(struct web_call *c)
{
	snprintf(c->title, sizeof(c->title), "%s", _("Entrer"));
	web_form(c, 0, "/entree");
	if (web_wants_code(c->web)) {
		web_code_wanted(c->web);
		html(&c->h, "<p>%s</p>",
		    _("Quand plus aucune session n'est ouverte, la console "
		      "demande de nouveau qui est là."));
		html(&c->h,
		    "<p>%s</p><p><label for=\"code\">%s</label>"
		    "<input id=\"code\" name=\"code\" required "
		    "autocomplete=\"off\" autocapitalize=\"none\" "
		    "spellcheck=\"false\" size=\"26\"></p>",
		    _("Le code est à l'écran où « sceau web » a été lancé. Il "
		      "sert une fois. Si cet écran n'est plus là, relancez "
		      "« sceau web »."),
		    _("Code"));
	} else
		html(&c->h, "<p>%s</p>",
		    _("La session s'est fermée : rien n'a été demandé pendant "
		      "un moment, ou cette page a été ouverte depuis un autre "
		      "site."));
	html(&c->h, "<p><button>%s</button></p></form>", _("Entrer"));
}

static int
entry_get(struct web_call *c, struct err *e)
{
	if (c->session != NULL)
		return web_redirect(c, e, "/");
	write_entry(c);
	return 0;
}

static int
entry_post(struct web_call *c, struct err *e)
{
	struct err wrong = { 0 };
	int r;

	if (web_wants_code(c->web) &&
	    web_code_is(c->web, web_field(c, "code"), &wrong) < 0) {
		if (wrong.code != ERR_DENIED) {
			*e = wrong;
			return -(int)e->code;
		}
		web_error(c, &wrong);
		write_entry(c);
		c->status = 403;
		return 0;
	}
	if (c->session == NULL && (r = set_cookie(c, e)) < 0)
		return r;
	return web_redirect(c, e, "/");
}

static int
leave_post(struct web_call *c, struct err *e)
{
	int r;

	web_session_end(c->web, c->session);
	lots_leave(c->web);
	if ((r = web_header(c, "Set-Cookie",
		 "sceau=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0", e)) <
	    0)
		return r;
	return web_redirect(c, e, "/au-revoir");
}

static int
left_get(struct web_call *c, struct err *e)
{
	(void)e;
	snprintf(c->title, sizeof(c->title), "%s", _("Au revoir"));
	html(&c->h, "<p>%s</p><p><a href=\"/\">%s</a></p>",
	    _("La session est fermée. Rien n'est resté dans ce navigateur, "
	      "sauf ce que vous avez téléchargé."),
	    _("Entrer de nouveau"));
	return 0;
}

static int
static_get(struct web_call *c, struct err *e)
{
	const struct web_static *s;

	for (s = web_statics; s->path != NULL; s++)
		if (strcmp(s->path, c->part[0]) == 0)
			break;
	if (s->path == NULL)
		return err_tag(e, ERR_NOT_FOUND, "web-page", "page");
	c->whole = 1;
	c->rs->status = 200;
	snprintf(c->rs->type, sizeof(c->rs->type), "%s", s->type);
	return buf_add(&c->rs->body, s->p, s->n, e);
}

const struct web_route web_entry[] = {
	{ "GET", "/entree", entry_get, WEB_OPEN },
	{ "POST", "/entree", entry_post, WEB_OPEN },
	{ "POST", "/sortie", leave_post, 0 },
	{ "GET", "/au-revoir", left_get, WEB_OPEN },
	{ "GET", "/s/%", static_get, WEB_OPEN },
	{ 0 },
};
