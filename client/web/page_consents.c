/* Consentements: what is in force on any day, what was said and when, and the
 * acts on it: giving, withdrawing, the letter, the refusal, the receipt. */
#include "base/text.h"
#include "client/formcode.h"
#include "client/web/act.h"
#include "client/web/control.h"
#include "client/words.h"

#define HOME "/dossier/%/consentements"

static const char *
day_of_time(const json_t *j, const char *member, char out[32])
{
	/* The date alone of a local time. */
	if (*jtime(j, member, out) != '\0')
		out[strcspn(out, " ")] = '\0';
	return out;
}

static int
is_one_of(const char *s, const char *const *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(words[i], s) == 0)
			return 1;
	return 0;
}

static const char *
title_of(const json_t *j)
{
	return *jstr(j, "title") != '\0' ? jstr(j, "title")
					 : jstr(j, "purpose");
}

static int
is_valid(const json_t *consent)
{
	const char *s = jstr(consent, "state");

	return strcmp(s, "given") == 0 || strcmp(s, "renewed") == 0;
}

/* The case as the vault names it, and its title for the page. */
static int
get_case(struct web_call *c, const char *title, json_t **out, struct err *e)
{
	int r = cli_get(&c->cli, out, e, "/v1/cases/%", c->part[0]);

	if (r == 0)
		snprintf(c->title, sizeof(c->title), "%s · %s", title,
		    jstr(*out, "ref"));
	return r;
}

/* --- in force ------------------------------------------------------------ */

static void
write_adult(struct web_call *c, const json_t *a)
{
	static const char *const against[] = { "refused", "withdrawn",
		"expired", "invalidated" };
	static const char *const open[] = { "requested", "deferred" };
	const char *s = jstr(a, "state");
	char day[32];
	int good = strcmp(s, "given") == 0 || strcmp(s, "renewed") == 0;
	const char *class = is_one_of(s, against, NELEMS(against)) ? "bad"
			    : is_one_of(s, open, NELEMS(open))	   ? "warn"
								   : "muted";

	html(&c->h, "<td><span class=\"%s\">%s</span>", good ? "good" : class,
	    jword(a, "state"));
	if (strcmp(s, "unknown") != 0 &&
	    *day_of_time(a, "state_at", day) != '\0')
		html(&c->h, "<br><span class=\"muted\">%s</span>", day);
	if (*jstr(a, "since") != '\0')
		html(&c->h, "<br><span class=\"muted\">%s %s</span>",
		    _("depuis :"), jword(a, "since"));
	html_raw(&c->h, "</td>");
}

static void
write_line(struct web_call *c, const json_t *p)
{
	int in_force = json_is_true(json_object_get(p, "in_force"));
	json_t *a;
	size_t i;

	html(&c->h, "<tr><th scope=\"row\">%s</th>", title_of(p));
	json_array_foreach(json_object_get(p, "adults"), i, a)
	    write_adult(c, a);
	html(&c->h, "<td><span class=\"%s\">%s</span></td></tr>",
	    in_force ? "good" : "muted", in_force ? _("oui") : _("non"));
}

static void
write_in_force(struct web_call *c, const json_t *j)
{
	const json_t *all = json_object_get(j, "in_force");
	json_t *v;
	char at[32];
	size_t i;

	html_raw(&c->h, "<section><h2>");
	html(&c->h, _("En vigueur le %s"), jdate(j, "at", at));
	html_raw(&c->h, "</h2>");
	if (json_is_true(json_object_get(j, "objection")))
		html(&c->h, "<p class=\"note\">%s</p>",
		    _("Une opposition arrête tout envoi d'extrait."));
	html(&c->h,
	    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
	    "aria-label=\"%s\"><table><caption class=\"muted\">%s</caption>"
	    "<thead><tr><th scope=\"col\">%s</th>",
	    _("Consentements en vigueur"),
	    _("Une finalité est en vigueur quand tous les adultes sont "
	      "d'accord."),
	    _("Finalité"));
	json_array_foreach(json_object_get(json_array_get(all, 0), "adults"), i,
	    v) html(&c->h, "<th scope=\"col\">%s</th>",
	    *jstr(v, "name") != '\0' ? jstr(v, "name") : jstr(v, "role"));
	html(&c->h, "<th scope=\"col\">%s</th></tr></thead><tbody>",
	    _("En vigueur"));
	json_array_foreach(all, i, v) write_line(c, v);
	html_raw(&c->h, "</tbody></table></div></section>");
}

/* --- what was said ---------------------------------------------------------
 */

/* "visite, feuille signée à la main, amelie": what of it is known. */
static void
write_event(struct web_call *c, const json_t *ev)
{
	static const struct {
		const char *member, *label;
	} words[] = { { "channel", N_("par") },
		{ "caller_check", N_("appel :") },
		{ "method", N_("comment :") }, { "witness", N_("témoin :") },
		{ "interpreter", N_("interprète :") },
		{ "place", N_("lieu :") }, { "capacity", N_("par") },
		{ "acting", N_("agissant :") }, { "reason", N_("motif :") },
		{ "collected_by", N_("recueilli par") },
		{ "by", N_("inscrit par") } };
	const char *v, *shown;
	char day[32];
	size_t i;

	html(&c->h,
	    "<li><span class=\"when\">%s</span> <span class=\"what\">"
	    "%s</span>",
	    day_of_time(ev, "effective_at", day), jword(ev, "event"));
	for (i = 0; i < NELEMS(words); i++) {
		v = jstr(ev, words[i].member);
		if (*v == '\0' || strcmp(v, "self") == 0)
			continue;
		shown = word_for(v);
		html(&c->h, " · %s %s", _(words[i].label),
		    shown != v ? shown : formcode_words(v));
	}
	html(&c->h, " <span class=\"muted\">(%s %lld)</span></li>",
	    _("inscription n°"), jint(ev, "leaf"));
}

static void
write_acts(struct web_call *c, const char *ref, const json_t *g)
{
	const char *id = jstr(g, "consent");
	char due[32];

	if (*jlast_day(g, "letter_due_at", due) != '\0') {
		html_raw(&c->h, "<p class=\"note\">");
		html(&c->h,
		    _("Le courrier qui confirme ce retrait est à envoyer au "
		      "plus tard le %s."),
		    due);
		html_raw(&c->h, "</p>");
		web_form(c, 0, HOME "/courrier/%", ref, id);
		html(&c->h, "<p><button>%s</button></p></form>",
		    _("Le courrier est parti"));
	}
	if (!is_valid(g))
		return;
	html_raw(&c->h, "<div class=\"actions\">");
	web_form(c, 0, HOME "/recu/%", ref, id);
	html(&c->h, "<button class=\"second\">%s</button></form>",
	    _("Reçu pour le ménage"));
	html(&c->h,
	    "<a class=\"button second\" href=\"/dossier/%s/consentements/"
	    "retirer?c=%s\">%s</a></div>",
	    ref, id, _("Retirer"));
}

static void
write_record(struct web_call *c, const char *ref, const json_t *g)
{
	char day[32];
	json_t *ev;
	size_t i;

	html(&c->h,
	    "<details%s><summary>%s : %s <span class=\"state\">%s</span>",
	    *jstr(g, "letter_due_at") != '\0' ? " open" : "",
	    *jstr(g, "name") != '\0' ? jstr(g, "name") : jstr(g, "person"),
	    title_of(g), jword(g, "state"));
	if (is_valid(g) && *jdate(g, "valid_through", day) != '\0')
		html(&c->h, " %s %s", _("jusqu'au"), day);
	html_raw(&c->h, "</summary><ul class=\"timeline\">");
	json_array_foreach(json_object_get(g, "history"), i, ev)
	    write_event(c, ev);
	html_raw(&c->h, "</ul>");
	write_acts(c, ref, g);
	html_raw(&c->h, "</details>");
}

static void
write_records(struct web_call *c, const char *ref, const json_t *j)
{
	json_t *g;
	size_t i;

	html(&c->h, "<section><h2>%s</h2>", _("Ce qui a été dit"));
	if (jcount(j, "consents") == 0)
		web_none(c, _("Rien n'a encore été demandé ni dit."));
	json_array_foreach(json_object_get(j, "consents"), i, g)
	    write_record(c, ref, g);
	html_raw(&c->h, "</section>");
}

static void
write_ways(struct web_call *c, const char *ref, int diagnosis_refused)
{
	static const struct {
		const char *path, *label;
	} ways[] = { { "donner", N_("Enregistrer une réponse") },
		{ "retirer", N_("Enregistrer un retrait") },
		{ "refus", N_("Le ménage refuse le diagnostic") } };
	size_t i;

	html_raw(&c->h, "<p class=\"actions\">");
	for (i = 0; i < NELEMS(ways) - (diagnosis_refused ? 1 : 0); i++)
		html(&c->h,
		    "<a class=\"button%s\" href=\"/dossier/%s/consentements/"
		    "%s\">%s</a>",
		    i > 0 ? " second" : "", ref, ways[i].path,
		    _(ways[i].label));
	html_raw(&c->h, "</p>");
	if (diagnosis_refused)
		html(&c->h, "<p class=\"note\">%s</p>",
		    _("Le ménage a refusé le diagnostic : aucune fiche "
		      "sociale n'est gardée."));
}

static int
write_day(struct web_call *c, const char *ref, const char *day)
{
	html(&c->h,
	    "<form method=\"get\" action=\"/dossier/%s/consentements\">", ref);
	web_input(c, &(struct web_control){ .name = "le",
			 .label = _("Voir un autre jour"),
			 .type = "date",
			 .value = day,
			 .required = 1 });
	html(&c->h, "<p><button class=\"second\">%s</button></p></form>",
	    _("Voir ce jour-là"));
	return 0;
}

static int
consents_get(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *kase = NULL, *j = NULL;
	AUTO(buf_done) struct buf path = { 0 };
	const char *day = web_said(c, "le"), *ref;
	struct err wrong = { 0 };
	int r;

	if ((r = get_case(c, _("Consentements"), &kase, e)) < 0)
		return r;
	ref = jstr(kase, "ref");
	if ((r = cli_path(&path, e, "/v1/cases/%/consents", ref)) < 0 ||
	    (r = cli_query(&path, "at", day, e)) < 0)
		return r;
	r = cli_call(&c->cli, "GET", buf_str(&path), NULL, NULL, &j, &wrong);
	/* A day that is none: told, and today instead. */
	if (r < 0 && day != NULL && web_is_theirs(&wrong)) {
		web_refused(c, &wrong, NULL);
		r = cli_get(&c->cli, &j, e, "/v1/cases/%/consents", ref);
	} else if (r < 0)
		*e = wrong;
	if (r < 0)
		return r;
	web_back_to_case(c, ref);
	write_ways(c, ref, strcmp(jstr(kase, "diagnosis"), "refused") == 0);
	write_in_force(c, j);
	write_day(c, ref, jstr(j, "at"));
	write_records(c, ref, j);
	return 0;
}

/* --- giving ------------------------------------------------------------------
 */

static const struct web_fault give_faults[] = {
	{ "consent-purpose", "purposes" },
	{ "consent-person", "persons" },
	{ "consent-method", "method" },
	{ "consent-witness", "witness" },
	{ "consent-evidence", "evidence" },
	{ "consent-date", "given_on" },
	{ "consent-capacity", "capacity" },
	{ "consent-outcome", "outcome" },
	{ "consent-text", "place" },
	{ 0 },
};

/* The case's documents, with words to choose them by. */
static int
get_documents(struct web_call *c, const char *ref, json_t **out, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL, *list = json_array();
	AUTO(buf_done) struct buf label = { 0 };
	char at[32];
	json_t *d;
	size_t i;
	int r;

	if ((r = cli_get(&c->cli, &j, e, "/v1/cases/%/documents", ref)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "documents"), i, d)
	{
		if (strcmp(jstr(d, "state"), "filed") != 0)
			continue;
		buf_reset(&label);
		if ((r = buf_addf(&label, e, "%s%s%s · %s · %s",
			 jstr(d, "kind"),
			 *jstr(d, "title") != '\0' ? " : " : "",
			 jstr(d, "title"), jstr(d, "ref"),
			 jtime(d, "filed_at", at))) < 0)
			return r;
		if (json_array_append_new(list,
			json_pack("{s:s, s:s}", "document", jstr(d, "document"),
			    "label", buf_str(&label))) < 0)
			return err_set(e, ERR_NOMEM, "documents");
	}
	*out = TAKE(list);
	return 0;
}

static void
write_document(struct web_call *c, const json_t *documents, const char *name,
    const char *label, const char *hint, const char *wrong)
{
	web_select_json(c,
	    &(struct web_control){
		.name = name, .label = label, .hint = hint, .wrong = wrong },
	    documents, "document", "label");
}

static void
write_wrong(struct web_call *c, const char *sentence)
{
	if (sentence != NULL)
		html(&c->h, "<span class=\"wrong\">%s</span>", sentence);
}

static void
write_adults(struct web_call *c, const json_t *kase, const struct err *refused)
{
	char id[48];
	json_t *p;
	size_t i;

	html(&c->h, "<fieldset id=\"persons\"><legend>%s</legend>",
	    _("Qui répond ?"));
	write_wrong(c, web_fault_at(c, refused, give_faults, "persons"));
	json_array_foreach(json_object_get(kase, "persons"), i, p)
	{
		if (!json_is_true(json_object_get(p, "adult")))
			continue;
		snprintf(id, sizeof(id), "person-%zu", i);
		web_box(c, "checkbox", "persons", jstr(p, "person"),
		    jstr(p, "name"), 1, id);
	}
	html(&c->h, "<span class=\"hint\">%s</span></fieldset>",
	    _("Des réponses qui diffèrent s'enregistrent l'une après "
	      "l'autre."));
}

/* Each purpose with what the person is given to read before they answer. */
static int
write_purposes(struct web_call *c, const struct err *refused, struct err *e)
{
	const struct policy_consent *all;
	const struct policy *p;
	char id[48], today[11];
	int32_t day = 0;
	size_t i, n;
	int r;

	if ((r = web_rules(c, &p, e)) < 0)
		return r;
	cli_today(today);
	if ((r = date_parse(today, &day, e)) < 0)
		return r;
	html(&c->h, "<fieldset id=\"purposes\"><legend>%s</legend>",
	    _("Pour quoi ?"));
	write_wrong(c, web_fault_at(c, refused, give_faults, "purposes"));
	html(&c->h, "<p class=\"hint\">%s</p>",
	    _("Faites lire la notice, ou lisez-la, avant de demander. Chaque "
	      "finalité est un accord distinct."));
	for (i = 0, n = policy_consents(p, &all); i < n; i++) {
		if (!policy_in_force(&all[i].when, day))
			continue;
		snprintf(id, sizeof(id), "purpose-%zu", i);
		html_raw(&c->h, "<div class=\"field\">");
		web_box(c, "checkbox", "purposes", all[i].purpose, all[i].title,
		    0, id);
		html(&c->h, "<details><summary>%s</summary>",
		    _("Ce que la personne lit"));
		web_sheet(c, all[i].title, all[i].notice_text);
		html_raw(&c->h, "</details></div>");
	}
	html_raw(&c->h, "</fieldset>");
	return 0;
}

static const struct web_choice outcomes[] = { { "given", N_("d'accord") },
	{ "refused", N_("pas d'accord") },
	{ "requested", N_("la réponse est attendue") },
	{ "deferred", N_("la réponse est remise à plus tard") }, { 0 } };
static const struct web_choice methods[] = {
	{ "handwritten", N_("une feuille signée à la main") },
	{ "tablet", N_("une signature sur une tablette") },
	{ "oral", N_("de vive voix, devant un témoin") }, { 0 }
};
static const struct web_choice capacities[] = {
	{ "guardianship", N_("une tutelle ou une curatelle") },
	{ "mandate", N_("un mandat") }, { 0 }
};

static void
write_how(
    struct web_call *c, const json_t *documents, const struct err *refused)
{
	const struct web_fault *f = give_faults;
	char today[11];

	cli_today(today);
	html(&c->h, "<fieldset><legend>%s</legend>", _("Comment ?"));
	web_select(c,
	    &(struct web_control){ .name = "method",
		.label = _("La réponse est"),
		.wrong = web_fault_at(c, refused, f, "method"),
		.hint = _("pas utile quand la réponse est attendue ou remise "
			  "à plus tard") },
	    methods);
	write_document(c, documents, "evidence", _("La feuille signée"),
	    _("parmi les pièces déposées dans ce dossier"),
	    web_fault_at(c, refused, f, "evidence"));
	web_input(c, &(struct web_control){ .name = "witness",
			 .label = _("Témoin"),
			 .wrong = web_fault_at(c, refused, f, "witness"),
			 .hint = _("nécessaire quand la réponse est donnée de "
				   "vive voix") });
	web_input(c, &(struct web_control){ .name = "given_on",
			 .label = _("Le"),
			 .type = "date",
			 .value = today,
			 .required = 1,
			 .wrong = web_fault_at(c, refused, f, "given_on") });
	web_input(c, &(struct web_control){ .name = "place",
			 .label = _("Lieu"),
			 .wrong = web_fault_at(c, refused, f, "place"),
			 .hint = _("domicile, bureau, permanence…") });
	web_input(c, &(struct web_control){
			 .name = "interpreter", .label = _("Interprète") });
	web_input(c, &(struct web_control){ .name = "valid_through",
			 .label = _("Jusqu'au"),
			 .type = "date",
			 .hint = _("seulement si la personne a voulu moins "
				   "longtemps que la durée prévue") });
	html_raw(&c->h, "</fieldset>");
}

static void
write_capacity(
    struct web_call *c, const json_t *documents, const struct err *refused)
{
	const char *wrong = web_fault_at(c, refused, give_faults, "capacity");

	html(&c->h, "<details%s><summary>%s</summary>",
	    wrong != NULL || web_said(c, "acting") != NULL ? " open" : "",
	    _("Quelqu'un répond pour une personne protégée ou "
	      "représentée"));
	web_select(c,
	    &(struct web_control){
		.name = "capacity", .label = _("Par"), .wrong = wrong },
	    capacities);
	web_input(c, &(struct web_control){
			 .name = "acting", .label = _("Qui répond") });
	write_document(c, documents, "capacity_document",
	    _("Le jugement ou le mandat"), NULL, NULL);
	html_raw(&c->h, "</details>");
}

static int
write_giving(struct web_call *c, const struct err *refused, struct err *e)
{
	AUTO(json_decrefp) json_t *kase = NULL, *documents = NULL;
	const char *ref;
	int r;

	if ((r = get_case(c, _("Une réponse du ménage"), &kase, e)) < 0)
		return r;
	ref = jstr(kase, "ref");
	if ((r = get_documents(c, ref, &documents, e)) < 0)
		return r;
	if (refused != NULL)
		web_refused(c, refused, give_faults);
	web_form(c, 0, HOME "/donner", ref);
	web_once(c);
	write_adults(c, kase, refused);
	if ((r = write_purposes(c, refused, e)) < 0)
		return r;
	web_select(c,
	    &(struct web_control){ .name = "outcome",
		.label = _("Leur réponse"),
		.value = "given",
		.required = 1,
		.wrong = web_fault_at(c, refused, give_faults, "outcome") },
	    outcomes);
	write_how(c, documents, refused);
	write_capacity(c, documents, refused);
	html(&c->h,
	    "<p class=\"actions\"><button>%s</button> "
	    "<a href=\"/dossier/%s/consentements\">%s</a></p></form>",
	    _("Enregistrer"), ref, _("Annuler"));
	return 0;
}

static int
giving_get(struct web_call *c, struct err *e)
{
	return write_giving(c, NULL, e);
}

/* All boxes of a name that were ticked. */
static int
ticked(struct web_call *c, const char *name, json_t *body, struct err *e)
{
	json_t *a = json_array();
	const char *v;
	int i;

	if (json_object_set_new(body, name, a) < 0)
		return err_set(e, ERR_NOMEM, "request");
	for (i = 0; (v = web_field_n(c, name, i)) != NULL; i++)
		if (json_array_append_new(a, json_string(v)) < 0)
			return err_set(e, ERR_NOMEM, "request");
	return i > 0 ? 0 : err_tag(e, ERR_INVALID, "web-missing", "%s", name);
}

static int
give(struct web_call *c, json_t **out, struct err *e)
{
	static const char *const pairs[][2] = { { "!outcome", "outcome" },
		{ "method", "method" }, { "evidence", "evidence" },
		{ "witness", "witness" }, { "!given_on", "given_on" },
		{ "place", "place" }, { "interpreter", "interpreter" },
		{ "valid_through", "valid_through" },
		{ "capacity", "capacity" }, { "acting", "acting" },
		{ "capacity_document", "capacity_document" } };
	AUTO(json_decrefp) json_t *body = json_object();
	int r;

	if ((r = ticked(c, "persons", body, e)) < 0 ||
	    (r = ticked(c, "purposes", body, e)) < 0 ||
	    (r = web_fill(c, body, pairs, NELEMS(pairs), e)) < 0)
		return r;
	return web_post_once(
	    c, body, out, e, "/v1/cases/%/consents", c->part[0]);
}

static int
giving_post(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	struct err refused = { 0 };

	if (give(c, &j, &refused) < 0)
		return web_again(c, &refused, ERR_OK, write_giving, e);
	web_tell(c, _("Réponses enregistrées : %zu, inscription n° %lld."),
	    jcount(j, "consents"), jint(j, "leaf"));
	return web_redirect(c, e, HOME, c->part[0]);
}

/* --- withdrawing -------------------------------------------------------------
 */

static const struct web_fault withdraw_faults[] = {
	{ "caller-check", "caller_check" },
	{ "channel", "channel" },
	{ "consent-evidence", "document" },
	{ 0 },
};
static void
write_given(struct web_call *c, const json_t *j)
{
	AUTO(buf_done) struct buf label = { 0 };
	char id[48];
	int any = 0;
	json_t *g;
	size_t i;

	html(&c->h, "<fieldset id=\"consents\"><legend>%s</legend>",
	    _("Ce qui est retiré"));
	json_array_foreach(json_object_get(j, "consents"), i, g)
	{
		if (!is_valid(g))
			continue;
		buf_reset(&label);
		if (buf_addf(&label, NULL, "%s : %s", jstr(g, "name"),
			title_of(g)) < 0)
			c->h.failed = 1;
		snprintf(id, sizeof(id), "consent-%zu", i);
		html_raw(&c->h, "<div>");
		web_box(c, "checkbox", "consents", jstr(g, "consent"),
		    buf_str(&label), web_is(c, "c", jstr(g, "consent")), id);
		html_raw(&c->h, "</div>");
		any = 1;
	}
	if (!any)
		web_none(c, _("Aucun consentement n'est donné."));
	html_raw(&c->h, "</fieldset>");
}

static int
write_withdrawing(struct web_call *c, const struct err *refused, struct err *e)
{
	AUTO(json_decrefp) json_t *kase = NULL, *j = NULL, *documents = NULL;
	const struct web_fault *f = withdraw_faults;
	const char *ref;
	int r;

	if ((r = get_case(c, _("Un retrait"), &kase, e)) < 0)
		return r;
	ref = jstr(kase, "ref");
	if ((r = cli_get(&c->cli, &j, e, "/v1/cases/%/consents", ref)) < 0 ||
	    (r = get_documents(c, ref, &documents, e)) < 0)
		return r;
	if (refused != NULL)
		web_refused(c, refused, f);
	html(&c->h, "<p>%s</p>",
	    _("Un retrait compte aussitôt : ce qui attend d'être pris "
	      "s'arrête, et qui a déjà reçu est prévenu."));
	web_form(c, 0, HOME "/retirer", ref);
	write_given(c, j);
	web_select(c,
	    &(struct web_control){ .name = "channel",
		.label = _("Comment la personne l'a dit"),
		.required = 1,
		.wrong = web_fault_at(c, refused, f, "channel") },
	    web_channels);
	web_input(c, &(struct web_control){ .name = "caller_check",
			 .label = _("Comment elle a été reconnue"),
			 .wrong = web_fault_at(c, refused, f, "caller_check"),
			 .hint = _("par téléphone : « rappelée au numéro du "
				   "dossier », par exemple") });
	web_input(c, &(struct web_control){ .name = "reason",
			 .label = _("Pourquoi"),
			 .hint = _("la personne n'a pas à le dire") });
	write_document(c, documents, "document", _("Sa lettre"),
	    _("quand elle a écrit"), web_fault_at(c, refused, f, "document"));
	html(&c->h,
	    "<p class=\"actions\"><button>%s</button> "
	    "<a href=\"/dossier/%s/consentements\">%s</a></p></form>",
	    _("Retirer"), ref, _("Annuler"));
	return 0;
}

static int
withdrawing_get(struct web_call *c, struct err *e)
{
	return write_withdrawing(c, NULL, e);
}

/* What it stopped, who is told, what is to be sent. */
static void
tell_withdrawn(struct web_call *c, const json_t *j)
{
	AUTO(buf_done) struct buf said = { 0 };
	char due[32];
	int r;

	r = buf_addf(&said, NULL, _("Retrait enregistré, inscription n° %lld."),
	    jint(j, "leaf"));
	if (r == 0 && jcount(j, "cancelled") > 0)
		r = buf_addf(&said, NULL,
		    _(" Extraits arrêtés avant d'être pris : %zu."),
		    jcount(j, "cancelled"));
	if (r == 0 && jcount(j, "notices") > 0)
		r = buf_addf(&said, NULL,
		    _(" Destinataires à prévenir, parce qu'ils avaient déjà "
		      "pris leur extrait : %zu."),
		    jcount(j, "notices"));
	if (r == 0 && *jlast_day(j, "letter_due_at", due) != '\0')
		r = buf_addf(&said, NULL,
		    _(" Un courrier de confirmation est à envoyer au plus "
		      "tard le %s."),
		    due);
	if (r == 0)
		web_tell(c, "%s", buf_str(&said));
}

static int
withdraw(struct web_call *c, json_t **out, struct err *e)
{
	static const char *const pairs[][2] = { { "!channel", "channel" },
		{ "caller_check", "caller_check" }, { "reason", "reason" },
		{ "document", "document" } };
	AUTO(json_decrefp) json_t *body = json_object();
	int r;

	if ((r = ticked(c, "consents", body, e)) < 0 ||
	    (r = web_fill(c, body, pairs, NELEMS(pairs), e)) < 0)
		return r;
	return cli_post(&c->cli, body, out, e, "/v1/withdrawals");
}

static int
withdrawing_post(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	struct err refused = { 0 };

	if (withdraw(c, &j, &refused) < 0)
		return web_again(c, &refused, ERR_OK, write_withdrawing, e);
	tell_withdrawn(c, j);
	return web_redirect(c, e, HOME, c->part[0]);
}

static int
letter_post(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if ((r = cli_post(&c->cli, NULL, &j, e, "/v1/consents/%/letter",
		 c->part[1])) < 0)
		return r;
	web_tell(c, _("Courrier de confirmation envoyé, inscription n° %lld."),
	    jint(j, "leaf"));
	return web_redirect(c, e, HOME, c->part[0]);
}

/* --- the receipt -------------------------------------------------------------
 */

/* Making it is entered; looking again at what was made is not. */
static int
receipt_post(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if ((r = cli_post(&c->cli, NULL, &j, e, "/v1/consents/%/receipt",
		 c->part[1])) < 0 ||
	    (r = web_keep(c, "recu",
		 json_pack("{s:s, s:s}", "consent", c->part[1], "page",
		     jstr(j, "page")),
		 e)) < 0)
		return r;
	return web_redirect(c, e, HOME "/recu/%", c->part[0], c->part[1]);
}

static int
receipt_get(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *kept = web_kept(c, "recu");

	(void)e;
	snprintf(c->title, sizeof(c->title), "%s · %s",
	    _("Reçu de consentement"), c->part[0]);
	/* The sheet has its own title. */
	c->bare = 1;
	html(&c->h, "<h1 class=\"screen\">%s</h1>", c->title);
	html(&c->h,
	    "<p class=\"actions\"><a href=\"/dossier/%s/consentements\">%s"
	    "</a></p>",
	    c->part[0], _("Retour aux consentements"));
	if (strcmp(jstr(kept, "consent"), c->part[1]) != 0) {
		web_form(c, 0, HOME "/recu/%", c->part[0], c->part[1]);
		html(&c->h, "<p>%s</p><p><button>%s</button></p></form>",
		    _("Chaque reçu fait est inscrit à l'histoire du "
		      "consentement."),
		    _("Faire le reçu"));
		return 0;
	}
	c->printable = 1;
	html(&c->h, "<p class=\"actions hint\">%s</p>",
	    _("À imprimer et à remettre au ménage."));
	web_sheet(c, _("Le reçu du ménage"), jstr(kept, "page"));
	return 0;
}

/* --- the refusal -------------------------------------------------------------
 */

static const struct web_fault refusal_faults[] = {
	{ "refusal-reason", "reason" },
	{ "refusal-date", "refused_on" },
	{ "channel", "channel" },
	{ "consent-evidence", "document" },
	{ 0 },
};

static int
write_reasons(struct web_call *c, const struct err *refused, struct err *e)
{
	const struct policy_kind *kind;
	const struct policy_field *f;
	const struct policy *p;
	AUTO(json_decrefp) json_t *list = json_array();
	size_t i;
	int r;

	if ((r = web_rules(c, &p, e)) < 0)
		return r;
	kind = policy_kind(p, "issue");
	f = kind != NULL ? policy_field(kind, "motif") : NULL;
	for (i = 0; f != NULL && f->values != NULL && f->values[i] != NULL; i++)
		if (json_array_append_new(
			list, json_pack("{s:s, s:s}", "code", f->values[i],
				  "words", formcode_words(f->values[i]))) < 0)
			return err_set(e, ERR_NOMEM, "reasons");
	web_select_json(c,
	    &(struct web_control){ .name = "reason",
		.label = _("Motif"),
		.required = 1,
		.wrong = web_fault_at(c, refused, refusal_faults, "reason") },
	    list, "code", "words");
	return 0;
}

static int
write_refusing(struct web_call *c, const struct err *refused, struct err *e)
{
	AUTO(json_decrefp) json_t *kase = NULL, *documents = NULL;
	const struct web_fault *f = refusal_faults;
	const char *ref;
	char today[11];
	int r;

	cli_today(today);
	if ((r = get_case(c, _("Refus du diagnostic"), &kase, e)) < 0)
		return r;
	ref = jstr(kase, "ref");
	if ((r = get_documents(c, ref, &documents, e)) < 0)
		return r;
	if (refused != NULL)
		web_refused(c, refused, f);
	html(&c->h, "<p>%s</p>",
	    _("Seul le refus est gardé : aucune fiche sociale ne pourra être "
	      "déposée dans ce dossier tant que le ménage n'a pas changé "
	      "d'avis."));
	web_form(c, 0, HOME "/refus", ref);
	if ((r = write_reasons(c, refused, e)) < 0)
		return r;
	web_input(c, &(struct web_control){ .name = "refused_on",
			 .label = _("Le"),
			 .type = "date",
			 .value = today,
			 .required = 1,
			 .wrong = web_fault_at(c, refused, f, "refused_on") });
	web_select(c,
	    &(struct web_control){ .name = "channel",
		.label = _("Comment le ménage l'a dit"),
		.wrong = web_fault_at(c, refused, f, "channel") },
	    web_channels);
	write_document(c, documents, "document", _("Sa lettre"),
	    _("quand il a écrit"), web_fault_at(c, refused, f, "document"));
	html(&c->h,
	    "<p class=\"actions\"><button>%s</button> "
	    "<a href=\"/dossier/%s/consentements\">%s</a></p></form>",
	    _("Enregistrer le refus"), ref, _("Annuler"));
	return 0;
}

static int
refusing_get(struct web_call *c, struct err *e)
{
	return write_refusing(c, NULL, e);
}

static int
refuse(struct web_call *c, json_t **out, struct err *e)
{
	static const char *const pairs[][2] = { { "!reason", "reason" },
		{ "!refused_on", "refused_on" }, { "channel", "channel" },
		{ "document", "document" } };
	AUTO(json_decrefp) json_t *body = json_object();
	int r;

	if ((r = web_fill(c, body, pairs, NELEMS(pairs), e)) < 0)
		return r;
	return cli_post(
	    &c->cli, body, out, e, "/v1/cases/%/refusal", c->part[0]);
}

static int
refusing_post(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	struct err refused = { 0 };

	if (refuse(c, &j, &refused) < 0)
		return web_again(c, &refused, ERR_OK, write_refusing, e);
	web_tell(c,
	    _("Refus du diagnostic enregistré, inscription n° %lld : aucune "
	      "fiche sociale ne sera gardée."),
	    jint(j, "leaf"));
	return web_redirect(c, e, HOME, c->part[0]);
}

const struct web_route web_consents[] = {
	{ "GET", HOME, consents_get, 0 },
	{ "GET", HOME "/donner", giving_get, 0 },
	{ "POST", HOME "/donner", giving_post, 0 },
	{ "GET", HOME "/retirer", withdrawing_get, 0 },
	{ "POST", HOME "/retirer", withdrawing_post, 0 },
	{ "POST", HOME "/courrier/%", letter_post, 0 },
	{ "POST", HOME "/recu/%", receipt_post, 0 },
	{ "GET", HOME "/recu/%", receipt_get, 0 },
	{ "GET", HOME "/refus", refusing_get, 0 },
	{ "POST", HOME "/refus", refusing_post, 0 },
	{ 0 },
};
