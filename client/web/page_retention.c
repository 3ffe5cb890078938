/*
 * Échéances et conservation: what the rules would do with all that is kept,
 * sweeps from the plan to the certificate, and what is held.
 */
#include "base/id.h"
#include "client/web/control.h"
#include "client/words.h"

#define SHOWN 500 /* objects of each verdict in a page */

/* --- the judgement ---------------------------------------------------------
 */

/* The title of the rules for a kind; our own word for what is no document. */
static const char *
what_is(const struct policy *p, const char *kind)
{
	const struct policy_kind *k = policy_kind(p, kind);

	return k != NULL && k->title != NULL ? k->title : word_for(kind);
}

static const char *
rule_title(const struct policy *p, const char *name)
{
	const struct policy_retention *r = policy_retention(p, name);

	return r != NULL && r->title != NULL ? r->title : name;
}

/* The short reference that people use; what is no id, as it stands. */
static void
write_ref(struct html *h, const char *text)
{
	char ref[REF_TEXT];
	struct err ignored;
	struct id id;

	if (id_parse(text, &id, &ignored) < 0) {
		html_text(h, text);
		return;
	}
	id_ref(&id, ref);
	html_text(h, ref);
}

static void
write_object(struct web_call *c, const struct policy *p, const json_t *o)
{
	html(&c->h, "<tr><td>%s</td>", what_is(p, jstr(o, "kind")));
	html_raw(&c->h, "<td>");
	write_ref(&c->h, jstr(o, "case"));
	if (strcmp(jstr(o, "id"), jstr(o, "case")) != 0)
		html(
		    &c->h, "<br><span class=\"code\">%s</span>", jstr(o, "id"));
	html(&c->h, "</td><td>%s<br><span class=\"muted\">%s</span></td><td>",
	    rule_title(p, jstr(o, "rule")), jstr(o, "source"));
	web_day(&c->h, o, "last");
	html_raw(&c->h, "</td></tr>");
}

/* One table for each verdict, what is destroyed first. */
static void
write_verdict(struct web_call *c, const struct policy *p, const json_t *j,
    const char *verdict, const char *caption)
{
	size_t i, n = 0, all = 0;
	json_t *o;

	json_array_foreach(json_object_get(j, "objects"), i, o)
	{
		all += strcmp(jstr(o, "verdict"), verdict) == 0;
	}
	if (all == 0)
		return;
	web_table(c, caption, _("Objet"), _("Dossier"), _("Règle et source"),
	    _("Jusqu'au"), NULL);
	json_array_foreach(json_object_get(j, "objects"), i, o)
	{
		if (strcmp(jstr(o, "verdict"), verdict) == 0 && n++ < SHOWN)
			write_object(c, p, o);
	}
	web_table_end(c);
	if (all > SHOWN)
		html(&c->h, "<p class=\"none\">%s %zu</p>",
		    _("Lignes non montrées :"), all - SHOWN);
}

static void
write_sums(struct web_call *c, const json_t *j)
{
	static const struct {
		const char *member, *label;
	} sums[] = {
		{ "destroy", N_("À détruire") },
		{ "conflicts", N_("En conflit (gelés ou limités)") },
		{ "kept", N_("Gardés") },
		{ "left", N_("Pour un autre tri, après celui-ci") },
		{ "months", N_("Mois du journal dont les détails expirent") },
		{ "share", N_("Part de ce que le coffre garde, en %") },
	};
	char n[32];
	size_t i;

	html_raw(&c->h, "<dl class=\"facts\">");
	for (i = 0; i < NELEMS(sums); i++) {
		snprintf(n, sizeof(n), "%lld", jint(j, sums[i].member));
		web_fact(c, _(sums[i].label), n);
	}
	html(&c->h, "<dt>%s</dt><dd>", _("Au"));
	web_day(&c->h, j, "as_of");
	html_raw(&c->h, "</dd></dl>");
}

static void
write_judgement(struct web_call *c, const struct policy *p, const json_t *j)
{
	web_section(c, _("Ce que disent les règles"));
	write_sums(c, j);
	write_verdict(c, p, j, "DESTROY", _("À détruire"));
	write_verdict(
	    c, p, j, "CONFLICT", _("En conflit : rien n'est détruit"));
	write_verdict(c, p, j, "KEEP", _("Gardés"));
	html_raw(&c->h, "</section>");
}

static void
write_ask(struct web_call *c)
{
	web_section(c, _("Juger"));
	html(&c->h, "<p>%s</p>",
	    _("Un essai ne garde rien. Un tri préparé attend deux personnes, "
	      "et rien n'est détruit avant."));
	web_form(c, 0, "/conservation");
	web_input(c, &(struct web_control){ .name = "as_of",
			 .quiet = 1,
			 .label = _("Tel qu'au"),
			 .type = "date",
			 .hint = _("un autre jour qu'aujourd'hui n'est jamais "
				   "qu'un essai") });
	web_input(c, &(struct web_control){ .name = "share",
			 .label = _("Part confirmée, en %"),
			 .hint = _("demandée quand un tri emporterait plus que "
				   "ce que les règles tiennent pour "
				   "ordinaire") });
	html(&c->h,
	    "<p class=\"actions\"><button name=\"do\" value=\"try\">%s"
	    "</button>",
	    _("Essayer"));
	if (web_may(c, "retention-analyse"))
		html(&c->h,
		    "<button class=\"second\" name=\"do\" value=\"plan\">%s"
		    "</button>",
		    _("Préparer le tri d'aujourd'hui"));
	html_raw(&c->h, "</p>");
	html_raw(&c->h, "</form></section>");
}

/* --- holds ------------------------------------------------------------------
 */

static void
write_holds(struct web_call *c, const json_t *j)
{
	json_t *h;
	size_t i;

	web_section(c, _("Ce qui est gelé"));
	if (jcount(j, "holds") == 0) {
		web_none(c, _("Aucun gel."));
		html_raw(&c->h, "</section>");
		return;
	}
	web_table(c, _("Gels en place, le plus tôt à revoir d'abord"), _("Gel"),
	    _("Dossier"), _("Document"), _("À revoir avant le"), _("Motif"),
	    NULL);
	json_array_foreach(json_object_get(j, "holds"), i, h)
	{
		html(&c->h,
		    "<tr><td><a href=\"/conservation/gel/%s\">%s</a></td>"
		    "<td>",
		    jstr(h, "hold"), jstr(h, "hold"));
		write_ref(&c->h, jstr(h, "case"));
		html_raw(&c->h, "</td><td>");
		write_ref(&c->h, jstr(h, "document"));
		html_raw(&c->h, "</td><td>");
		web_day(&c->h, h, "review");
		html(&c->h, "</td><td>%s</td></tr>", jstr(h, "reason"));
	}
	web_table_end(c);
	html_raw(&c->h, "</section>");
}

static void
write_reason_and_review(struct web_call *c)
{
	web_input(c, &(struct web_control){ .name = "reason",
			 .label = _("Motif"),
			 .type = "area",
			 .required = 1 });
	web_input(c, &(struct web_control){ .name = "review",
			 .label = _("À revoir avant le"),
			 .type = "date",
			 .required = 1 });
}

static void
write_new_hold(struct web_call *c)
{
	if (!web_may(c, "hold"))
		return;
	web_section(c, _("Geler"));
	web_form(c, 0, "/conservation/gels");
	web_input(c, &(struct web_control){ .name = "case",
			 .label = _("Dossier"),
			 .hint = _("référence ; ou laisser vide et nommer un "
				   "document") });
	web_input(c, &(struct web_control){
			 .name = "document", .label = _("Document") });
	write_reason_and_review(c);
	html(&c->h, "<button>%s</button></form></section>", _("Geler"));
}

/* --- the page ---------------------------------------------------------------
 */

static int
write_page(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	struct err hidden = { 0 };

	(void)e;
	snprintf(
	    c->title, sizeof(c->title), "%s", _("Échéances et conservation"));
	c->place = "/conservation";
	web_clock_note(c);
	if (web_may(c, "retention-analyse"))
		write_ask(c);
	web_form(c, 0, "/conservation/tri");
	web_input(c, &(struct web_control){ .name = "sweep",
			 .quiet = 1,
			 .label = _("Voir un tri ou un effacement"),
			 .hint = _("son identifiant") });
	html(&c->h, "<button class=\"second\">%s</button></form>", _("Voir"));
	/* Who may not read holds sees the rest. */
	if (cli_get(&c->cli, &j, &hidden, "/v1/holds") == 0)
		write_holds(c, j);
	write_new_hold(c);
	return 0;
}

static int
retention_get(struct web_call *c, struct err *e)
{
	return write_page(c, e);
}

static int
body_of_judgement(struct web_call *c, json_t *body, struct err *e)
{
	const char *share = web_said(c, "share");
	char *end = NULL;
	long n;
	int r;

	if ((r = cli_member(body, "as_of", web_said(c, "as_of"), e)) < 0)
		return r;
	if (share == NULL)
		return 0;
	n = strtol(share, &end, 10);
	if (*end != '\0' || n < 0 || n > 100)
		return err_tag(e, ERR_INVALID, "web-missing", "0–100 %%");
	json_object_set_new(body, "confirm_share", json_integer(n));
	return 0;
}

static int
retention_post(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	int plan = web_is(c, "do", "plan"), r;
	const struct policy *p;

	if ((r = body_of_judgement(c, body, e)) == 0)
		r = cli_post(&c->cli, body, &j, e,
		    plan ? "/v1/sweeps" : "/v1/sweeps?dry-run=1");
	if (r < 0) {
		c->status = err_http(e->code);
		web_error(c, e);
		return write_page(c, e);
	}
	if (plan && *jstr(j, "erasure") != '\0') {
		web_tell(c, "%s",
		    _("Tri préparé : deux personnes l'approuvent avant qu'il "
		      "ne soit exécuté."));
		return web_redirect(
		    c, e, "/conservation/tri/%", jstr(j, "erasure"));
	}
	if ((r = web_rules(c, &p, e)) < 0)
		return r;
	write_judgement(c, p, j);
	return write_page(c, e);
}

static int
find_sweep(struct web_call *c, struct err *e)
{
	const char *id = web_said(c, "sweep");

	if (id == NULL)
		return web_redirect(c, e, "/conservation");
	return web_redirect(c, e, "/conservation/tri/%", id);
}

/* --- one sweep or erasure
 * ----------------------------------------------------- */

static void
write_approvals(struct web_call *c, const json_t *j)
{
	char n[64];
	json_t *a;
	size_t i;

	snprintf(n, sizeof(n), _("%zu sur %lld"), jcount(j, "approvals"),
	    jint(j, "needed"));
	web_section(c, _("Approbations"));
	html(&c->h, "<p>%s</p>", n);
	if (jcount(j, "approvals") > 0) {
		web_table(c, _("Qui a signé le plan"), _("Compte"), _("Rôle"),
		    _("Le"), _("Compte dans le nombre"), NULL);
		json_array_foreach(json_object_get(j, "approvals"), i, a)
		{
			html(&c->h, "<tr><td>%s</td><td>%s</td><td>",
			    jstr(a, "name"), jword(a, "role"));
			web_time(&c->h, a, "at");
			html(&c->h, "</td><td>%s</td></tr>",
			    json_is_true(json_object_get(a, "counts"))
				? _("oui")
				: _("avis"));
		}
		web_table_end(c);
	}
	html_raw(&c->h, "</section>");
}

static void
write_text(struct web_call *c, const char *heading, const char *text)
{
	if (*text == '\0')
		return;
	html(&c->h,
	    "<section><h2>%s</h2><pre class=\"scroll\" tabindex=\"0\" "
	    "role=\"region\" aria-label=\"%s\">%s</pre></section>",
	    heading, heading, text);
}

static void
write_visa(struct web_call *c)
{
	web_section(c, _("Visa des archives"));
	web_form(c, 0, "/conservation/tri/%/visa", c->part[0]);
	web_input(c, &(struct web_control){ .name = "reference",
			 .label = _("Référence du visa"),
			 .required = 1 });
	web_input(c, &(struct web_control){
			 .name = "date", .label = _("Du"), .type = "date" });
	html(&c->h,
	    "<p class=\"actions\"><button>%s</button>"
	    "<a class=\"button second\" "
	    "href=\"/conservation/tri/%s/bordereau\">"
	    "%s</a></p></form></section>",
	    _("Inscrire le visa"), c->part[0],
	    _("Bordereau d'élimination, à imprimer"));
}

static void
write_run(struct web_call *c)
{
	web_section(c, _("Exécuter"));
	html(&c->h, "<p>%s</p>",
	    _("Les clés sont détruites aussitôt : rien ne les rend."));
	web_form(c, 0, "/conservation/tri/%/executer", c->part[0]);
	html(&c->h,
	    "<p><label class=\"choice\"><input type=\"checkbox\" name=\"sure\" "
	    "value=\"1\" required>%s</label></p><button>%s</button></form>"
	    "</section>",
	    _("J'ai lu le plan"), _("Détruire ce que dit le plan"));
}

static void
write_settle(struct web_call *c)
{
	static const struct web_choice dates[] = {
		{ "mirrors", N_("les miroirs sont nettoyés") },
		{ "recovery", N_("la copie de secours est refaite") },
		{ "backups", N_("la plus ancienne sauvegarde a expiré") },
		{ 0 },
	};

	web_section(c, _("Une date du certificat"));
	web_form(c, 0, "/conservation/tri/%/date", c->part[0]);
	web_select(c,
	    &(struct web_control){
		.name = "what", .label = _("Ce qui est fait"), .required = 1 },
	    dates);
	web_input(c, &(struct web_control){
			 .name = "date", .label = _("Le"), .type = "date" });
	html(&c->h, "<button>%s</button></form></section>", _("Inscrire"));
}

/* A sweep is of no case: its id is all zeros. */
static int
is_sweep(const json_t *j)
{
	struct id kase;

	return id_parse(jstr(j, "case"), &kase, NULL) == 0 && id_is_zero(&kase);
}

static int
sweep_get(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	const char *state;
	char n[32];
	int r;

	snprintf(c->title, sizeof(c->title), "%s", _("Tri ou effacement"));
	c->place = "/conservation";
	if ((r = cli_get(&c->cli, &j, e, "/v1/erasures/%", c->part[0])) < 0)
		return r;
	state = jstr(j, "state");
	html_raw(&c->h, "<dl class=\"facts\">");
	web_fact(c, _("Identifiant"), jstr(j, "erasure"));
	web_fact(c, _("État"), jword(j, "state"));
	if (!is_sweep(j))
		web_fact(c, _("Dossier"), jstr(j, "case"));
	web_fact(c, _("SHA-256 du plan"), jstr(j, "sha256"));
	snprintf(n, sizeof(n), "%lld", jint(j, "destroyed"));
	web_fact(c, _("Clés détruites"), strcmp(state, "done") == 0 ? n : "");
	html_raw(&c->h, "</dl>");
	write_text(c, _("Certificat"), jstr(j, "certificate"));
	write_approvals(c, j);
	if (strcmp(state, "done") == 0 && web_may(c, "retention-settle"))
		write_settle(c);
	/* What the erasure of a case has not: archives judge sweeps. */
	if (strcmp(state, "done") != 0 && is_sweep(j) &&
	    web_may(c, "retention-visa"))
		write_visa(c);
	if (strcmp(state, "done") != 0 &&
	    (web_may(c, "retention-run") || web_may(c, "erase-run")))
		write_run(c);
	write_text(c, _("Le plan"), jstr(j, "plan"));
	return 0;
}

static int
bordereau_get(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	snprintf(
	    c->title, sizeof(c->title), "%s", _("Bordereau d'élimination"));
	c->printable = 1;
	if ((r = cli_get(
		 &c->cli, &j, e, "/v1/sweeps/%/bordereau", c->part[0])) < 0)
		return r;
	html(&c->h, "<pre>%s</pre>", jstr(j, "text"));
	return 0;
}

/* A POST whose refusal is shown above the same sweep. */
static int
act(struct web_call *c, const char *path, json_t *body, const char *done,
    struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	struct err refused = { 0 };
	int r;

	if (cli_post(&c->cli, body, &j, &refused, path, c->part[0]) < 0) {
		c->status = err_http(refused.code);
		web_error(c, &refused);
		if ((r = sweep_get(c, e)) < 0)
			*e = refused;
		return r;
	}
	web_tell(c, "%s", done);
	return web_redirect(c, e, "/conservation/tri/%", c->part[0]);
}

static int
visa_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "!reference", "reference" },
		{ "date", "date" } };
	AUTO(json_decrefp) json_t *body = json_object();
	int r;

	if ((r = web_fill(c, body, pairs, NELEMS(pairs), e)) < 0 ||
	    (r = web_step_up(c, "retention-visa", NULL, e)) < 0)
		return r;
	return act(c, "/v1/sweeps/%/visa", body, _("Le visa est inscrit."), e);
}

/* Of a sweep, which is of no case, it is another operation. */
static int
sign_run(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if ((r = cli_get(&c->cli, &j, e, "/v1/erasures/%", c->part[0])) < 0)
		return r;
	return web_step_up(
	    c, is_sweep(j) ? "retention-run" : "erase-run", NULL, e);
}

static int
run_post(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object();
	int r;

	if (!web_is(c, "sure", "1"))
		return err_tag(
		    e, ERR_INVALID, "web-missing", "%s", _("J'ai lu le plan"));
	if ((r = sign_run(c, e)) < 0)
		return r;
	return act(c, "/v1/erasures/%/run", body,
	    _("C'est fait : le certificat est ci-dessous."), e);
}

static int
settle_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "!what", "what" },
		{ "date", "date" } };
	AUTO(json_decrefp) json_t *body = json_object();
	int r;

	if ((r = web_fill(c, body, pairs, NELEMS(pairs), e)) < 0)
		return r;
	return act(c, "/v1/erasures/%/dates", body,
	    _("La date est inscrite, le certificat est signé de nouveau."), e);
}

/* --- one hold
 * ------------------------------------------------------------------ */

static int
hold_new_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "case", "case" },
		{ "document", "document" }, { "!reason", "reason" },
		{ "!review", "review" } };
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	struct err refused = { 0 };

	if (web_fill(c, body, pairs, NELEMS(pairs), &refused) < 0 ||
	    cli_post(&c->cli, body, &j, &refused, "/v1/holds") < 0) {
		c->status = err_http(refused.code);
		web_error(c, &refused);
		return write_page(c, e);
	}
	web_tell(c, "%s", _("Gelé : rien n'en est détruit avant la levée."));
	return web_redirect(c, e, "/conservation");
}

static int
hold_get(struct web_call *c, struct err *e)
{
	(void)e;
	snprintf(c->title, sizeof(c->title), "%s", _("Un gel"));
	c->place = "/conservation";
	html_raw(&c->h, "<dl class=\"facts\">");
	web_fact(c, _("Gel"), c->part[0]);
	html_raw(&c->h, "</dl>");
	web_section(c, _("Le revoir et le garder"));
	web_form(c, 0, "/conservation/gel/%/revoir", c->part[0]);
	write_reason_and_review(c);
	html(&c->h, "<button>%s</button></form></section>", _("Garder"));
	web_section(c, _("Le lever"));
	html(&c->h, "<p>%s</p>",
	    _("Deux personnes signent la levée, sur la page « À décider »."));
	web_form(c, 0, "/conservation/gel/%/lever", c->part[0]);
	web_input(c, &(struct web_control){ .name = "why",
			 .label = _("Motif de la levée"),
			 .type = "area",
			 .required = 1 });
	html(&c->h, "<button class=\"second\">%s</button></form></section>",
	    _("Demander la levée"));
	return 0;
}

static int
hold_act(struct web_call *c, const char *path, const char *const pairs[][2],
    size_t n, const char *done, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	struct err refused = { 0 };

	if (web_fill(c, body, pairs, n, &refused) < 0 ||
	    cli_post(&c->cli, body, &j, &refused, path, c->part[0]) < 0) {
		c->status = err_http(refused.code);
		web_error(c, &refused);
		return hold_get(c, e);
	}
	web_tell(c, "%s", done);
	return web_redirect(c, e, "/conservation");
}

static int
hold_review_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "!reason", "reason" },
		{ "!review", "review" } };

	return hold_act(c, "/v1/holds/%/review", pairs, NELEMS(pairs),
	    _("Revu, et gardé."), e);
}

static int
hold_release_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "!why", "reason" } };

	return hold_act(c, "/v1/holds/%/release", pairs, NELEMS(pairs),
	    _("Levée demandée : deux personnes la signent."), e);
}

const struct web_route web_retention[] = {
	{ "GET", "/conservation", retention_get, 0 },
	{ "POST", "/conservation", retention_post, 0 },
	{ "POST", "/conservation/tri", find_sweep, 0 },
	{ "GET", "/conservation/tri/%", sweep_get, 0 },
	{ "GET", "/conservation/tri/%/bordereau", bordereau_get, 0 },
	{ "POST", "/conservation/tri/%/visa", visa_post, 0 },
	{ "POST", "/conservation/tri/%/executer", run_post, 0 },
	{ "POST", "/conservation/tri/%/date", settle_post, 0 },
	{ "POST", "/conservation/gels", hold_new_post, 0 },
	{ "GET", "/conservation/gel/%", hold_get, 0 },
	{ "POST", "/conservation/gel/%/revoir", hold_review_post, 0 },
	{ "POST", "/conservation/gel/%/lever", hold_release_post, 0 },
	{ 0 },
};
