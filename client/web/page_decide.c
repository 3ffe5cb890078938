/*
 * À décider: what waits for somebody's word. A page is read here, signed with
 * a key that the console never sees, and the signature handed in; the review
 * of a broken glass is a form.
 */
#include "base/text.h"
#include "client/approve.h"
#include "client/web/act.h"
#include "client/web/control.h"
#include "client/words.h"

#define SHOWN_MAX 40000 /* bytes of a page to sign that the page shows */

/* What is signed: where its page is, and where the signature goes. */
struct decision_kind {
	const char *slug; /* in targets and file names */
	const char *title;
	const char *page, *member, *approvals; /* paths of the API */
	int alone;			       /* there is but one: no id */
};
static const struct decision_kind kinds[] = {
	{ "extrait", N_("Seconde signature d'un extrait"),
	    "/v1/extracts/%/page", "page", "/v1/extracts/%/approvals", 0 },
	{ "effacement", N_("Une destruction à approuver"), "/v1/erasures/%",
	    "plan", "/v1/erasures/%/approvals", 0 },
	{ "regles", N_("Des règles ou des personnes à approuver"),
	    "/v1/policy/proposals/%", "page",
	    "/v1/policy/proposals/%/approvals", 0 },
	{ "gel", N_("La levée d'un gel"), "/v1/holds/%/release", "page",
	    "/v1/holds/%/release/approvals", 0 },
	{ "horloge", N_("L'horloge de la machine"), "/v1/clock", "page",
	    "/v1/clock/approvals", 1 },
};

static const struct decision_kind *
kind_of(const char *slug)
{
	size_t i;

	for (i = 0; i < NELEMS(kinds); i++)
		if (strcmp(kinds[i].slug, slug) == 0)
			return &kinds[i];
	return NULL;
}

/* --- what waits -------------------------------------------------------------
 */

/* Lines of what is due that are somebody's word, and where to say it. */
static const struct {
	const char *what, *slug;
	const char *state; /* only in this one; NULL: any */
	const char *act;
} waiting[] = {
	{ "extract-approval", "extrait", NULL, N_("Lire et signer") },
	{ "destruction-approve", "effacement", NULL, N_("Lire et signer") },
	{ "destruction-run", "effacement", NULL, N_("Voir, puis exécuter") },
	{ "destruction-cut", "effacement", NULL, N_("Voir, puis reprendre") },
	{ "rules-proposal", "regles", NULL, N_("Lire et signer") },
	{ "hold-review", "gel", "release-asked", N_("Lire et signer") },
	{ "clock-suspect", "horloge", NULL, N_("Voir et confirmer") },
	{ "break-glass-review", "bris", NULL, N_("Examiner") },
	{ "restriction-letter", "limitation", NULL, N_("Voir") },
};

static void
write_way(struct web_call *c, size_t k, const json_t *l)
{
	struct html *h = &c->h;

	if (strcmp(waiting[k].slug, "limitation") == 0)
		html(h, "<a href=\"/droits/%s\">%s</a>", jstr(l, "ref"),
		    _(waiting[k].act));
	else if (strcmp(waiting[k].slug, "horloge") == 0)
		html(h, "<a href=\"/decider/horloge\">%s</a>",
		    _(waiting[k].act));
	else
		html(h, "<a href=\"/decider/%s/%s\">%s</a>", waiting[k].slug,
		    jstr(l, "object"), _(waiting[k].act));
}

static void
write_line(struct web_call *c, size_t k, const json_t *l)
{
	struct html *h = &c->h;
	char due[32];
	int late = json_is_true(json_object_get(l, "overdue"));

	html(h, "<li><span class=\"when%s\">%s%s</span> ", late ? " late" : "",
	    late ? _("en retard : ") : "", jlast_day(l, "due_at", due));
	html(h, "<span class=\"what\">%s</span> ",
	    waiting[k].state != NULL	? word_for(waiting[k].state)
	    : *jstr(l, "title") != '\0' ? jstr(l, "title")
					: jword(l, "what"));
	if (*jstr(l, "ref") != '\0')
		html(h, "· %s <a href=\"/dossier/%s\">%s</a> ", _("dossier"),
		    jstr(l, "ref"), jstr(l, "ref"));
	if (*jstr(l, "reason") != '\0')
		html(h, "· %s ", jword(l, "reason"));
	if (*jstr(l, "state") != '\0' && waiting[k].state == NULL)
		html(h, "<span class=\"state\">%s</span> ", jword(l, "state"));
	write_way(c, k, l);
	html_raw(h, "</li>");
}

/* Which of ours a line is; NELEMS(waiting): none. */
static size_t
which(const json_t *l)
{
	size_t k;

	for (k = 0; k < NELEMS(waiting); k++)
		if (strcmp(waiting[k].what, jstr(l, "what")) == 0 &&
		    (waiting[k].state == NULL ||
			strcmp(waiting[k].state, jstr(l, "state")) == 0))
			break;
	return k;
}

static int
decide_get(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	size_t i, k, n = 0;
	json_t *l;
	int r;

	snprintf(c->title, sizeof(c->title), "%s", _("À décider"));
	c->place = "/decider";
	if ((r = cli_get(&c->cli, &j, e, "/v1/due")) < 0)
		return r;
	web_clock_note(c);
	json_array_foreach(json_object_get(j, "due"), i, l)
	{
		if ((k = which(l)) == NELEMS(waiting))
			continue;
		if (n++ == 0)
			html_raw(&c->h, "<ul class=\"due\">");
		write_line(c, k, l);
	}
	if (n > 0)
		html_raw(&c->h, "</ul>");
	else
		web_none(c, _("Rien n'attend votre décision."));
	if (jint(j, "left_off") > 0)
		html(&c->h, "<p class=\"none\">%s %lld</p>",
		    _("Échéances plus tardives, non montrées :"),
		    jint(j, "left_off"));
	return 0;
}

/* --- a page to sign
 * -----------------------------------------------------------
 */

/* The page as the vault has it, checked against what it says of it. */
static int
get_page(struct web_call *c, const struct decision_kind *k, const char *id,
    json_t **out, struct err *e)
{
	json_t *j = NULL;
	int r;

	r = k->alone ? cli_get(&c->cli, &j, e, k->page)
		     : cli_get(&c->cli, &j, e, k->page, id);
	if (r == 0 && *jstr(j, k->member) != '\0' &&
	    (r = approve_check(j, k->member, e)) < 0)
		json_decref(j);
	if (r == 0)
		*out = j;
	return r;
}

static void
file_name(const struct decision_kind *k, const char *id, char out[96])
{
	if (k->alone)
		snprintf(out, 96, "%s.txt", k->slug);
	else
		snprintf(out, 96, "%s-%.32s.txt", k->slug, id);
}

static size_t
signed_by(const json_t *j)
{
	size_t i, n = 0;
	json_t *a;

	json_array_foreach(json_object_get(j, "approvals"), i, a) n +=
	    !json_is_false(json_object_get(a, "counts"));
	return n;
}

static void
write_approvals(struct web_call *c, const json_t *j)
{
	json_t *a;
	size_t i;

	if (jcount(j, "approvals") == 0)
		return;
	web_table(c, _("Qui a signé"), _("Par"), _("Rôle"), _("Le"), _("Clé"),
	    _("Ce qu'elle vaut"), NULL);
	json_array_foreach(json_object_get(j, "approvals"), i, a)
	{
		html(&c->h, "<tr><th scope=\"row\">%s</th><td>%s</td><td>",
		    *jstr(a, "name") != '\0' ? jstr(a, "name") : jstr(a, "by"),
		    jword(a, "role"));
		web_time(&c->h, a, "at");
		html(&c->h, "</td><td class=\"code\">%s</td><td>%s</td></tr>",
		    jstr(a, "fingerprint"),
		    json_is_false(json_object_get(a, "counts"))
			? _("un avis, qui ne compte pas")
			: _("compte pour une"));
	}
	web_table_end(c);
}

static void
write_state(struct web_call *c, const json_t *j)
{
	long long needed = jint(j, "needed");
	size_t have = signed_by(j);
	char text[96];

	html_raw(&c->h, "<dl class=\"facts\">");
	web_fact(c, _("État"), jword(j, "state"));
	snprintf(text, sizeof(text), _("%zu sur %lld"), have, needed);
	web_fact(c, _("Signatures"), text);
	web_fact(c, "SHA-256", jstr(j, "sha256"));
	html_raw(&c->h, "</dl>");
	if (needed > (long long)have) {
		html_raw(&c->h, "<p class=\"note\">");
		html(&c->h, _("Signatures qui manquent encore : %lld."),
		    needed - (long long)have);
		html_raw(&c->h, "</p>");
	}
	write_approvals(c, j);
}

/* As much as a page of the console bears; all of it is in the file. */
static int
write_text(struct web_call *c, const char *text, struct err *e)
{
	AUTO(buf_done) struct buf shown = { 0 };
	size_t n = strlen(text);
	int r;

	if (n <= SHOWN_MAX) {
		web_sheet(c, _("La page à signer"), text);
		return 0;
	}
	for (n = SHOWN_MAX; n > 0 && text[n - 1] != '\n'; n--)
		;
	if ((r = buf_add(&shown, text, n, e)) < 0)
		return r;
	web_sheet(c, _("Le début de la page à signer"), buf_str(&shown));
	html(&c->h, "<p class=\"note\">%s</p>",
	    _("La page est longue : la suite est dans le fichier. Lisez-le en "
	      "entier avant de signer."));
	return 0;
}

static const struct web_fault sign_faults[] = {
	{ "approval-signature", "text" },
	{ "approval-key", "text" },
	{ 0 },
};

static void
write_target(struct web_call *c, const struct decision_kind *k, const char *id,
    const char *act, char out[160])
{
	(void)c;
	snprintf(out, 160, "/decider/%s%s%.32s%s%s", k->slug,
	    k->alone ? "" : "/", k->alone ? "" : id, *act != '\0' ? "/" : "",
	    act);
}

static void
write_sign(struct web_call *c, const struct decision_kind *k, const char *id,
    const struct err *refused)
{
	char name[96], target[160];
	struct html *h = &c->h;

	file_name(k, id, name);
	write_target(c, k, id, "page", target);
	web_sign_begin(c, target, name, "sceau-approval");
	write_target(c, k, id, "signature", target);
	html(h,
	    "<form method=\"post\" action=\"%s\" enctype=\"multipart/"
	    "form-data\"><input type=\"hidden\" name=\"csrf\" value=\"%s\">",
	    target, web_csrf(c));
	web_sign_end(c, "file", "text",
	    web_fault_at(c, refused, sign_faults, "text"),
	    _("Remettre la signature"));
}

/* What may be done once enough have signed; or how it is asked for. */
static void
write_next(struct web_call *c, const struct decision_kind *k, const json_t *j,
    const char *id)
{
	int enough = signed_by(j) >= (size_t)jint(j, "needed"),
	    open = strcmp(jstr(j, "state"), "applied") != 0 &&
		   strcmp(jstr(j, "state"), "void") != 0;

	if (strcmp(k->slug, "regles") == 0 && enough && open) {
		web_form(c, 0, "/decider/regles/%/appliquer", id);
		html(&c->h, "<p>%s</p><p><button>%s</button></p></form>",
		    _("Assez de personnes ont signé."), _("Mettre en vigueur"));
	}
	if (strcmp(k->slug, "effacement") == 0 && enough)
		html(&c->h,
		    "<p><a class=\"button\" href=\"/conservation/tri/%s\">%s"
		    "</a></p>",
		    id, _("Voir et exécuter"));
}

/* The clock: until somebody says that it is right there is nothing to sign. */
static void
write_clock(struct web_call *c, const json_t *j)
{
	char since[32], vault[32], clock[32];

	html_raw(&c->h, "<dl class=\"facts\">");
	web_fact(c, _("Horloge"), jword(j, "state"));
	web_fact(c, _("Raison"), jword(j, "why"));
	web_fact(c, _("Depuis"), jtime(j, "since", since));
	web_fact(c, _("Heure du coffre"), jtime(j, "vault_at", vault));
	web_fact(c, _("Heure de la machine"), jtime(j, "clock_at", clock));
	html_raw(&c->h, "</dl>");
	if (!json_is_true(json_object_get(j, "suspect")) ||
	    *jstr(j, "page") != '\0')
		return;
	html(&c->h, "<p>%s</p>",
	    _("Rien n'est détruit tant qu'elle n'est pas confirmée ou remise à "
	      "l'heure."));
	web_form(c, 0, "/decider/horloge/confirmer");
	html(&c->h, "<p><button>%s</button></p></form>",
	    _("L'heure de la machine est juste"));
}

static int
show(struct web_call *c, const struct err *refused, struct err *e)
{
	const struct decision_kind *k = kind_of(c->part[0]);
	const char *id = c->part[1];
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if (k == NULL || k->alone != (*id == '\0'))
		return err_tag(e, ERR_NOT_FOUND, "web-page", "page");
	if ((r = get_page(c, k, id, &j, e)) < 0)
		return r;
	snprintf(c->title, sizeof(c->title), "%s", _(k->title));
	c->place = "/decider";
	html(&c->h, "<p class=\"back\"><a href=\"/decider\">%s</a></p>",
	    _("Retour à ce qui est à décider"));
	if (refused != NULL)
		web_refused(c, refused, sign_faults);
	if (k->alone)
		write_clock(c, j);
	if (*jstr(j, k->member) == '\0')
		return 0;
	write_state(c, j);
	write_next(c, k, j, id);
	html(&c->h, "<h2>%s</h2>", _("Ce qui est à signer"));
	if ((r = write_text(c, jstr(j, k->member), e)) < 0)
		return r;
	write_sign(c, k, id, refused);
	return 0;
}

static int
page_get(struct web_call *c, struct err *e)
{
	return show(c, NULL, e);
}

static int
text_get(struct web_call *c, struct err *e)
{
	const struct decision_kind *k = kind_of(c->part[0]);
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(json_decrefp) json_t *j = NULL;
	char name[96];
	int r;

	if (k == NULL)
		return err_tag(e, ERR_NOT_FOUND, "web-page", "page");
	if ((r = get_page(c, k, c->part[1], &j, e)) < 0)
		return r;
	if (*jstr(j, k->member) == '\0')
		return err_tag(e, ERR_NOT_FOUND, "web-page", "page");
	file_name(k, c->part[1], name);
	if ((r = buf_addstr(&text, jstr(j, k->member), e)) < 0)
		return r;
	return web_download(c, name, "text/plain; charset=utf-8", &text, e);
}

/* --- the signature
 * ------------------------------------------------------------
 */

static int
sign(struct web_call *c, const struct decision_kind *k, json_t **out,
    struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object();
	AUTO(buf_done) struct buf signature = { 0 };
	int r;

	if ((r = web_signature(c, "file", "text", &signature, e)) < 0 ||
	    (r = cli_member(body, "signature", buf_str(&signature), e)) < 0)
		return r;
	return k->alone
		   ? cli_post(&c->cli, body, out, e, k->approvals)
		   : cli_post(&c->cli, body, out, e, k->approvals, c->part[1]);
}

static void
tell_signed(struct web_call *c, const json_t *j)
{
	const char *state = jstr(j, "state");

	if (jcount(j, "approvals") > 0 || jint(j, "needed") > 0)
		web_tell(c,
		    _("Signature enregistrée, inscription n° %lld. Signatures "
		      ": %zu sur %lld. État : %s."),
		    jint(j, "leaf"), signed_by(j), jint(j, "needed"),
		    word_for(state));
	else
		web_tell(c, _("Signature enregistrée, inscription n° %lld."),
		    jint(j, "leaf"));
}

static int
sign_post(struct web_call *c, struct err *e)
{
	const struct decision_kind *k = kind_of(c->part[0]);
	AUTO(json_decrefp) json_t *j = NULL;
	struct err refused = { 0 };

	if (k == NULL)
		return err_tag(e, ERR_NOT_FOUND, "web-page", "page");
	if (sign(c, k, &j, &refused) < 0)
		return web_again(c, &refused, ERR_DENIED, show, e);
	tell_signed(c, j);
	/* What is still there is shown again; an extract that is gone is
	 * not. */
	if (strcmp(k->slug, "regles") == 0 ||
	    strcmp(k->slug, "effacement") == 0)
		return web_redirect(
		    c, e, "/decider/%/%", c->part[0], c->part[1]);
	return web_redirect(c, e, "/decider");
}

static int
apply_post(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	struct err refused = { 0 };

	if (web_step_up(c, "rules-apply", NULL, &refused) < 0 ||
	    cli_post(&c->cli, NULL, &j, &refused,
		"/v1/policy/proposals/%/application", c->part[0]) < 0) {
		memmove(c->part[1], c->part[0], sizeof(c->part[1]));
		snprintf(c->part[0], sizeof(c->part[0]), "regles");
		return web_again(c, &refused, ERR_DENIED, show, e);
	}
	web_tell(c,
	    _("En vigueur : règles version %lld, génération %lld, inscription "
	      "n° %lld."),
	    jint(j, "version"), jint(j, "generation"), jint(j, "leaf"));
	return web_redirect(c, e, "/decider");
}

/* One word is enough, or there is a page to sign then. */
static int
clock_post(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	struct err refused = { 0 };

	if (web_step_up(c, "clock-confirm", NULL, &refused) < 0 ||
	    cli_post(&c->cli, NULL, &j, &refused, "/v1/clock/confirmation") <
		0) {
		snprintf(c->part[0], sizeof(c->part[0]), "horloge");
		return web_again(c, &refused, ERR_DENIED, show, e);
	}
	if (*jstr(j, "page") == '\0') {
		web_tell(c, _("Horloge confirmée, inscription n° %lld."),
		    jint(j, "leaf"));
		return web_redirect(c, e, "/decider");
	}
	web_tell(
	    c, "%s", _("Une personne ne suffit pas : la page est à signer."));
	return web_redirect(c, e, "/decider/horloge");
}

/* The clock has no id: its paths are one word shorter. */
static int
clock_get(struct web_call *c, struct err *e)
{
	snprintf(c->part[0], sizeof(c->part[0]), "horloge");
	return show(c, NULL, e);
}

static int
clock_text_get(struct web_call *c, struct err *e)
{
	snprintf(c->part[0], sizeof(c->part[0]), "horloge");
	return text_get(c, e);
}

static int
clock_sign_post(struct web_call *c, struct err *e)
{
	snprintf(c->part[0], sizeof(c->part[0]), "horloge");
	return sign_post(c, e);
}

/* --- a broken glass
 * -----------------------------------------------------------
 */

static const struct web_choice findings[] = { { "justified", N_("justifié") },
	{ "unjustified", N_("injustifié") }, { 0 } };

static int
show_glass(struct web_call *c, const struct err *refused, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	json_t *g = NULL;
	char at[32], until[32];
	size_t i;
	int r;

	if ((r = cli_get(&c->cli, &j, e, "/v1/break-glass")) < 0)
		return r;
	json_array_foreach(json_object_get(j, "break_glass"), i, g)
	{
		if (strcmp(jstr(g, "break_glass"), c->part[0]) == 0)
			break;
	}
	if (i == jcount(j, "break_glass"))
		return err_tag(e, ERR_NOT_FOUND, "not-found", "break-glass");
	snprintf(c->title, sizeof(c->title), "%s · %s", _("Bris de glace"),
	    jstr(g, "ref"));
	c->place = "/decider";
	if (refused != NULL)
		web_refused(c, refused, NULL);
	html_raw(&c->h, "<dl class=\"facts\">");
	web_fact(c, _("Dossier"), jstr(g, "ref"));
	web_fact(c, _("Par"), jstr(g, "by"));
	web_fact(c, _("Le"), jtime(g, "at", at));
	web_fact(c, _("Jusqu'au"), jtime(g, "until", until));
	html(&c->h,
	    "<dt>%s</dt><dd><a href=\"/acces/%lld\">%s %lld</a></dd></dl>",
	    _("Motif"), jint(g, "leaf"), _("au journal, inscription n°"),
	    jint(g, "leaf"));
	web_form(c, 0, "/decider/bris/%", c->part[0]);
	web_select(c,
	    &(struct web_control){ .name = "finding",
		.label = _("Ce bris de glace était"),
		.required = 1,
		.wrong = web_fault_at(c, refused, NULL, "finding") },
	    findings);
	web_input(c, &(struct web_control){ .name = "words",
			 .type = "area",
			 .label = _("Pourquoi"),
			 .required = 1,
			 .wrong = web_fault_at(c, refused, NULL, "words") });
	html(&c->h, "<p><button>%s</button></p></form>",
	    _("Enregistrer l'examen"));
	return 0;
}

static int
glass_get(struct web_call *c, struct err *e)
{
	return show_glass(c, NULL, e);
}

static int
glass_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "!finding", "finding" },
		{ "!words", "words" } };
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	struct err refused = { 0 };

	if (web_fill(c, body, pairs, NELEMS(pairs), &refused) < 0 ||
	    cli_post(&c->cli, body, &j, &refused, "/v1/break-glass/%/review",
		c->part[0]) < 0)
		return web_again(c, &refused, ERR_DENIED, show_glass, e);
	web_tell(c, _("Bris de glace examiné : %s, inscription n° %lld."),
	    jword(j, "state"), jint(j, "review_leaf"));
	return web_redirect(c, e, "/decider");
}

const struct web_route web_decide[] = {
	{ "GET", "/decider", decide_get, 0 },
	{ "GET", "/decider/horloge", clock_get, 0 },
	{ "GET", "/decider/horloge/page", clock_text_get, 0 },
	{ "POST", "/decider/horloge/signature", clock_sign_post, WEB_FILES },
	{ "POST", "/decider/horloge/confirmer", clock_post, 0 },
	{ "GET", "/decider/bris/%", glass_get, 0 },
	{ "POST", "/decider/bris/%", glass_post, 0 },
	{ "POST", "/decider/regles/%/appliquer", apply_post, 0 },
	{ "GET", "/decider/%/%", page_get, 0 },
	{ "GET", "/decider/%/%/page", text_get, 0 },
	{ "POST", "/decider/%/%/signature", sign_post, WEB_FILES },
	{ 0 },
};
