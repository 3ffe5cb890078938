/* Aujourd'hui: what waits, by its day, one's own cases first, and where each is
 * done. */
#include "client/due.h"
#include "client/web/web.h"
#include "client/words.h"

/* Where a line is settled: {ref} is its case, {object} what it is about. The
 * page of its case for all others. */
static const struct {
	const char *what, *path;
} places[] = {
	{ "information-art14", "/dossier/{ref}/deposer" },
	{ "regularite", "/dossier/{ref}/fiche/controle-regularite" },
	{ "draft", "/document/{object}" },
	{ "visit-draft", "/dossier/{ref}/visite" },
	{ "scan-check", "/document/{object}/numerisation" },
	{ "withdrawal-letter", "/dossier/{ref}/consentements" },
	{ "consent-expiry", "/dossier/{ref}/consentements" },
	{ "extract-approval", "/decider" },
	{ "rules-proposal", "/decider" },
	{ "clock-suspect", "/decider" },
	{ "break-glass-review", "/decider" },
	{ "destruction-approve", "/conservation/tri/{object}" },
	{ "destruction-run", "/conservation/tri/{object}" },
	{ "destruction-cut", "/conservation/tri/{object}" },
	{ "visa", "/conservation/tri/{object}" },
	{ "certificate-mirrors", "/conservation/tri/{object}" },
	{ "certificate-recovery", "/conservation/tri/{object}" },
	{ "certificate-backups", "/conservation/tri/{object}" },
	{ "hold-review", "/conservation/gel/{object}" },
	{ "retention-due", "/conservation" },
	{ "rights-request", "/droits/{ref}" },
	{ "restriction-letter", "/droits/{ref}" },
	{ "objection", "/droits/{ref}" },
	{ "bilan-freeze", "/rapports" },
	{ "breach", "/rapports" },
	{ "misfiling-breach", "/rapports" },
	{ "submission", "/arrivees" },
	{ "notice", "/arrivees" },
	{ "extract-unclaimed", "/dossier/{ref}/transmettre" },
};

/* The pattern of a line's page with its ids; "" when nothing answers there. */
static void
place_of(const json_t *l, char out[256])
{
	const char *pattern = "/dossier/{ref}", *s, *v;
	size_t i, at = 0, n;

	for (i = 0; i < NELEMS(places); i++)
		if (strcmp(places[i].what, jstr(l, "what")) == 0)
			pattern = places[i].path;
	for (s = pattern; *s != '\0'; s++) {
		v = "";
		if (strncmp(s, "{ref}", 5) == 0)
			v = jstr(l, "ref");
		else if (strncmp(s, "{object}", 8) == 0)
			v = jstr(l, "object");
		n = *v != '\0' ? strlen(v) : 1;
		if (at + n >= 256)
			break;
		memcpy(out + at, *v != '\0' ? v : s, n);
		at += n;
		if (*s == '{')
			s += strcspn(s, "}");
	}
	out[at] = '\0';
	if (!web_leads(out))
		out[0] = '\0';
}

static void
write_line(struct web_call *c, const json_t *l)
{
	struct html *h = &c->h;
	char due[32], path[256], what[DUE_WORDS];
	int late = json_is_true(json_object_get(l, "overdue"));

	place_of(l, path);
	html(h, "<li><span class=\"when%s\">%s%s</span> ", late ? " late" : "",
	    late ? _("en retard : ") : "", jlast_day(l, "due_at", due));
	if (path[0] != '\0')
		html(h, "<a class=\"what\" href=\"%s\">%s</a> ", path,
		    strcmp(jstr(l, "what"), "visit-draft") == 0
			? _("Reprendre la visite")
			: due_about(l, what));
	else
		html(h, "<span class=\"what\">%s</span> ", due_about(l, what));
	if (*jstr(l, "ref") != '\0')
		html(h, "<a href=\"/dossier/%s\">%s %s</a>", jstr(l, "ref"),
		    _("dossier"), jstr(l, "ref"));
	if (*jstr(l, "recipient") != '\0')
		html(h, " %s", jstr(l, "recipient"));
	if (*jstr(l, "state") != '\0')
		html(h, " <span class=\"state\">%s</span>", jword(l, "state"));
	html_raw(h, "</li>");
}

/* Is this line among those that stand above already? */
static int
is_told(const json_t *above, const json_t *line)
{
	json_t *l;
	size_t i;

	json_array_foreach(json_object_get(above, "due"), i, l)
	{
		if (json_equal(l, line))
			return 1;
	}
	return 0;
}

/* The lines of j but for those of above, which may be NULL. */
static void
write_lines(struct web_call *c, const json_t *j, const json_t *above,
    const char *heading, const char *none)
{
	size_t i, n = 0;
	json_t *l;

	web_section(c, heading);
	json_array_foreach(json_object_get(j, "due"), i, l)
	{
		if (is_told(above, l))
			continue;
		if (n++ == 0)
			html_raw(&c->h, "<ul class=\"due\">");
		write_line(c, l);
	}
	if (n > 0)
		html_raw(&c->h, "</ul>");
	else
		web_none(c, none);
	if (jint(j, "left_off") > 0)
		html(&c->h, "<p class=\"none\">%s %lld</p>",
		    _("Échéances plus tardives, non montrées :"),
		    jint(j, "left_off"));
	html_raw(&c->h, "</section>");
}

static int
today_get(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *mine = NULL;
	AUTO(json_decrefp) json_t *all = NULL;
	int r;

	snprintf(c->title, sizeof(c->title), "%s", _("Aujourd'hui"));
	c->place = "/";
	if ((r = cli_call(
		 &c->cli, "GET", "/v1/due?mine=1", NULL, NULL, &mine, e)) < 0 ||
	    (r = cli_call(&c->cli, "GET", "/v1/due", NULL, NULL, &all, e)) < 0)
		return r;
	web_clock_note(c);
	write_lines(c, mine, NULL, _("Mes dossiers"),
	    _("Rien n'attend dans vos dossiers."));
	write_lines(c, all, mine, _("Le reste de l'équipe"),
	    _("Rien d'autre n'attend."));
	return 0;
}

const struct web_route web_today[] = {
	{ "GET", "/", today_get, 0 },
	{ 0 },
};
