/* Aujourd'hui: what waits, by its day, one's own cases first. */
#include "client/web/web.h"
#include "client/words.h"

static void
write_line(struct web_call *c, const json_t *l)
{
	struct html *h = &c->h;
	char due[32];
	int late = json_is_true(json_object_get(l, "overdue"));

	html(h, "<li><span class=\"when%s\">%s%s</span> ", late ? " late" : "",
	    late ? _("en retard : ") : "", jlast_day(l, "due_at", due));
	html(h, "<span class=\"what\">%s</span> ",
	    *jstr(l, "title") != '\0' ? jstr(l, "title") : jstr(l, "what"));
	if (*jstr(l, "ref") != '\0')
		html(h, "<a href=\"/dossier/%s\">%s %s</a>", jstr(l, "ref"),
		    _("dossier"), jstr(l, "ref"));
	if (*jstr(l, "state") != '\0')
		html(h, " <span class=\"state\">%s</span>", jword(l, "state"));
	html_raw(h, "</li>");
}

static int
write_lines(struct web_call *c, const char *path, const char *heading,
    const char *none, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	json_t *l;
	size_t i;
	int r;

	if ((r = cli_call(&c->cli, "GET", path, NULL, NULL, &j, e)) < 0)
		return r;
	html(&c->h, "<section><h2>%s</h2>", heading);
	if (jcount(j, "due") == 0)
		web_none(c, none);
	else
		html_raw(&c->h, "<ul class=\"due\">");
	json_array_foreach(json_object_get(j, "due"), i, l) write_line(c, l);
	if (jcount(j, "due") > 0)
		html_raw(&c->h, "</ul>");
	if (jint(j, "left_off") > 0)
		html(&c->h, "<p class=\"none\">%s %lld</p>",
		    _("Échéances plus tardives, non montrées :"),
		    jint(j, "left_off"));
	html_raw(&c->h, "</section>");
	return 0;
}

static int
today_get(struct web_call *c, struct err *e)
{
	int r;

	snprintf(c->title, sizeof(c->title), "%s", _("Aujourd'hui"));
	c->place = "/";
	if ((r = write_lines(c, "/v1/due?mine=1", _("Mes dossiers"),
		 _("Rien n'attend dans vos dossiers."), e)) < 0)
		return r;
	return write_lines(
	    c, "/v1/due", _("Tout ce qui attend"), _("Rien n'attend."), e);
}

const struct web_route web_today[] = {
	{ "GET", "/", today_get, 0 },
	{ 0 },
};
