/* What all pages have: the frame, the menu, forms, errors in sentences. */
#include <stdarg.h>

#include "base/secret.h"
#include "client/web/engine.h"

/* Entries of the menu, each offered to who may do its operation at all. */
static const struct {
	const char *path, *label, *operation;
} menu[] = {
	{ "/", N_("Aujourd'hui"), "due" },
	{ "/rechercher", N_("Rechercher"), "case-list" },
	{ "/decider", N_("À décider"), "rules-approve" },
	{ "/arrivees", N_("Arrivées"), "submission-read" },
	{ "/acces", N_("Accès"), "audit-read" },
	{ "/conservation", N_("Conservation"), "retention-read" },
	{ "/droits", N_("Droits"), "rights-answer" },
	{ "/registre", N_("Registre"), "report-read" },
	{ "/rapports", N_("Rapports"), "report-read" },
};

static void
write_menu(struct html *h, struct web_call *c)
{
	size_t i;
	int here;

	html(h, "<nav aria-label=\"%s\"><ul>", _("Menu principal"));
	for (i = 0; i < NELEMS(menu); i++) {
		if (!web_may(c, menu[i].operation))
			continue;
		here = c->place != NULL && strcmp(c->place, menu[i].path) == 0;
		html(h, "<li><a href=\"%s\"", menu[i].path);
		if (here)
			html_raw(h, " aria-current=\"page\"");
		html(h, ">%s</a></li>", _(menu[i].label));
	}
	html_raw(h, "</ul></nav>");
	html(h, "<div class=\"me\"><span>%s</span>", web_account(c));
	html(h,
	    "<form method=\"post\" action=\"/sortie\">"
	    "<input type=\"hidden\" name=\"csrf\" value=\"%s\">"
	    "<button class=\"plain\">%s</button></form></div>",
	    web_csrf(c), _("Quitter"));
}

static void
write_top(struct html *h, struct web_call *c)
{
	AUTO(mem_freep) char *told = web_told(c);

	/* The language that the messages are in translates itself. */
	html(h,
	    "<!doctype html><html lang=\"%s\"><head><meta charset=\"utf-8\">"
	    "<meta name=\"viewport\" content=\"width=device-width\">"
	    "<title>%s · Sceau</title>"
	    "<link rel=\"icon\" href=\"/s/icon.svg\">"
	    "<link rel=\"stylesheet\" href=\"/s/style.css\">"
	    "<script src=\"/s/base.js\" defer></script>",
	    _("fr"), c->title);
	if (c->script != NULL)
		html(h, "<script src=\"/s/%s\" defer></script>", c->script);
	html(h, "</head><body%s>", c->printable ? " class=\"printable\"" : "");
	html(h, "<a class=\"skip\" href=\"#content\">%s</a><header>",
	    _("Aller au contenu"));
	html_raw(h, "<p class=\"brand\"><a href=\"/\">Sceau</a></p>");
	if (c->session != NULL && !c->printable)
		write_menu(h, c);
	html_raw(h, "</header><main id=\"content\" tabindex=\"-1\">");
	if (!c->bare)
		html(h, "<h1>%s</h1>", c->title);
	if (told != NULL) {
		html(h, "<p class=\"told\" role=\"status\">%s</p>", told);
		secret_wipe(told, strlen(told));
	}
}

int
web_frame(struct web_call *c, struct err *e)
{
	struct html top = { 0 };
	int r;

	write_top(&top, c);
	html_raw(&c->h, "</main></body></html>\n");
	if ((r = html_check(&c->h, e)) == 0 && (r = html_check(&top, e)) == 0 &&
	    (r = buf_add(&top.out, c->h.out.p, c->h.out.len, e)) == 0) {
		c->rs->status = c->status != 0 ? c->status : 200;
		snprintf(c->rs->type, sizeof(c->rs->type),
		    "text/html; charset=utf-8");
		buf_done(&c->rs->body);
		c->rs->body = top.out;
		memset(&top, 0, sizeof(top));
	}
	html_done(&top);
	return r;
}

/* --- forms ---------------------------------------------------------------- */

void
web_form(struct web_call *c, int files, const char *pattern, ...)
{
	AUTO(buf_done) struct buf path = { 0 };
	va_list ap;

	va_start(ap, pattern);
	for (; *pattern != '\0'; pattern++)
		if ((*pattern == '%'
			    ? http_escape(va_arg(ap, const char *), &path, NULL)
			    : buf_add(&path, pattern, 1, NULL)) < 0)
			c->h.failed = 1;
	va_end(ap);
	html(&c->h, "<form method=\"post\" action=\"%s\"", buf_str(&path));
	if (files)
		html_raw(&c->h, " enctype=\"multipart/form-data\"");
	html(&c->h, "><input type=\"hidden\" name=\"csrf\" value=\"%s\">",
	    web_csrf(c));
}

static int
is_among(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return 1;
	return 0;
}

void
web_carry(struct web_call *c, const char *const *but)
{
	size_t i;

	for (i = 0; i < c->nfields; i++)
		if (strcmp(c->fields[i].name, "csrf") != 0 &&
		    !is_among(c->fields[i].name, but))
			html(&c->h,
			    "<input type=\"hidden\" name=\"%s\" value=\"%s\">",
			    c->fields[i].name, buf_str(&c->fields[i].value));
}

void
web_section(struct web_call *c, const char *heading)
{
	c->sections++;
	html(&c->h,
	    "<section aria-labelledby=\"section-%d\">"
	    "<h2 id=\"section-%d\">%s</h2>",
	    c->sections, c->sections, heading);
}

void
web_section_end(struct web_call *c)
{
	html_raw(&c->h, "</section>");
}

void
web_none(struct web_call *c, const char *sentence)
{
	html(&c->h, "<p class=\"none\">%s</p>", sentence);
}

void
web_clock_note(struct web_call *c)
{
	AUTO(json_decrefp) json_t *j = NULL;
	const json_t *clock;
	char vault[32], machine[32];

	if (cli_get(&c->cli, &j, NULL, "/v1/status") < 0)
		return;
	clock = json_object_get(j, "clock");
	if (!json_is_true(json_object_get(clock, "suspect")))
		return;
	html(&c->h, "<div class=\"note\"><p><strong>%s</strong> %s</p><p>",
	    _("L'horloge de la machine n'est pas crue."),
	    _("Tant qu'elle ne l'est pas, rien n'est détruit, rien n'échoit "
	      "et rien ne revit ; lire et déposer restent possibles."));
	html(&c->h, _("Le coffre compte %s ; la machine dit %s."),
	    jtime(clock, "vault_at", vault), jtime(clock, "clock_at", machine));
	html_raw(&c->h, "</p>");
	if (web_may(c, "clock-confirm"))
		html(&c->h, "<p><a href=\"/decider/horloge\">%s</a></p>",
		    _("Voir et confirmer l'heure"));
	html_raw(&c->h, "</div>");
}

void
web_time(struct html *h, const json_t *j, const char *member)
{
	char at[32];

	if (*jtime(j, member, at) != '\0')
		html(h, "<time datetime=\"%s\">%s</time>", jstr(j, member), at);
}

void
web_day(struct html *h, const json_t *j, const char *member)
{
	char on[32];

	if (*jdate(j, member, on) != '\0')
		html(h, "<time datetime=\"%s\">%s</time>", jstr(j, member), on);
}

/* --- errors -----------------------------------------------------------------
 */

/* From the blank before it on, n bytes leave s. */
static void
leave_out(char *at, size_t n)
{
	memmove(at, at + n, strlen(at + n) + 1);
}

const char *
web_sentence(const struct err *e, char out[WEB_SENTENCE_MAX])
{
	const char *sentence = cli_sentence(e);
	char *at = out, *end, *option;

	snprintf(out, WEB_SENTENCE_MAX, "%s",
	    sentence != NULL ? sentence : _("cela n'a pas pu être fait"));
	while ((at = strstr(at, " (")) != NULL &&
	       (end = strchr(at, ')')) != NULL) {
		option = strstr(at, "--");
		if ((option != NULL && option < end) ||
		    strncmp(at, " (sceau ", strlen(" (sceau ")) == 0)
			leave_out(at, (size_t)(end + 1 - at));
		else
			at = end;
	}
	if ((at = strstr(out, " : --")) != NULL)
		*at = '\0';
	return out;
}

void
web_error(struct web_call *c, const struct err *e)
{
	char sentence[WEB_SENTENCE_MAX];

	web_step_up_note(c, e);
	html_raw(&c->h, "<div class=\"error\" role=\"alert\"><p>");
	html_text(&c->h, web_sentence(e, sentence));
	html_raw(&c->h, "</p>");
	if (e->text[0] != '\0' && err_is_public(e->code))
		html(&c->h, "<p class=\"detail\">%s</p>", e->text);
	html_raw(&c->h, "</div>");
}

/* What a person does next. */
static const char *
advice(const struct err *e)
{
	switch (e->code) {
	case ERR_SEALED:
		return _(
		    "Une dépositaire doit ouvrir le coffre (sceau unseal).");
	case ERR_UNAVAILABLE:
		return _("Rien n'a été perdu : vérifiez la liaison, puis "
			 "rechargez la page.");
	case ERR_NOT_FOUND:
		return _("Revenez à l'accueil, ou cherchez le dossier.");
	case ERR_BUSY:
		return _("Attendez un moment, puis rechargez la page.");
	default:
		return NULL;
	}
}

void
web_page_anew(struct web_call *c)
{
	html_done(&c->h);
	memset(&c->h, 0, sizeof(c->h));
	c->bare = 0;
	c->script = NULL;
	c->whole = 0;
	c->printable = 0;
	c->redirect[0] = '\0';
}

void
web_error_page(struct web_call *c, const struct err *e)
{
	const char *next = advice(e);

	web_page_anew(c);
	c->status = err_http(e->code);
	snprintf(c->title, sizeof(c->title), "%s", _("Cela n'a pas été fait"));
	web_error(c, e);
	if (next != NULL)
		html(&c->h, "<p>%s</p>", next);
	if (e->code == ERR_DENIED && e->tag != NULL &&
	    (strcmp(e->tag, "no-rule") == 0 ||
		strcmp(e->tag, "other-team") == 0))
		web_glass_offer(c);
	html(&c->h, "<p><a href=\"/\">%s</a></p>", _("Retour à l'accueil"));
}
