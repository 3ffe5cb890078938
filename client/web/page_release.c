/* Transmettre: what would go, field by field, and what stays behind and why;
 * the release; the register of what left, with what becomes of each. */
#include "base/crypto.h"
#include "base/text.h"
#include "client/formcode.h"
#include "client/web/act.h"
#include "client/web/control.h"
#include "client/words.h"

#define HOME "/dossier/%/transmettre"

/* What is wrong with it is told with the form: also that rules say no. */
static int
is_told(const struct err *e)
{
	return web_is_theirs(e) || e->code == ERR_DENIED;
}

static int
get_case(struct web_call *c, const char *title, json_t **out, struct err *e)
{
	int r = cli_get(&c->cli, out, e, "/v1/cases/%", c->part[0]);

	if (r == 0)
		snprintf(c->title, sizeof(c->title), "%s · %s", title,
		    jstr(*out, "ref"));
	return r;
}

static const char *
or_code(const char *title, const char *code)
{
	return title != NULL ? title : code;
}

static const char *
recipient_title(const struct policy *p, const char *name)
{
	const struct policy_recipient *r = policy_recipient(p, name);

	return r != NULL ? r->title : name;
}

static const char *
kind_title(const struct policy *p, const char *name)
{
	const struct policy_kind *k = policy_kind(p, name);

	return k != NULL ? or_code(k->title, name) : name;
}

/* "retiré" alone would be taken for "pris". */
static const char *
state_of(const json_t *x)
{
	return strcmp(jstr(x, "state"), "withdrawn") == 0
		   ? word_for("consent-withdrawn")
		   : jword(x, "state");
}

static const char *
rule_title(const struct policy *p, const char *name)
{
	const struct disclosure_rule *all;
	size_t i, n = policy_disclosures(p, &all);

	for (i = 0; i < n; i++)
		if (strcmp(all[i].name, name) == 0)
			return or_code(all[i].title, name);
	return name;
}

static const char *
channel_of(const json_t *x)
{
	return strcmp(jstr(x, "channel"), "ssh") == 0
		   ? _("à la porte du partenaire (ssh)")
		   : jword(x, "channel");
}

/* --- to whom, for what ------------------------------------------------------
 */

/* Each recipient and purpose of the rules of today, once: {code, words}. */
static int
add_way(json_t *list, const struct policy *p, const struct disclosure_rule *d,
    struct err *e)
{
	AUTO(buf_done) struct buf code = { 0 }, words = { 0 };
	json_t *was;
	size_t i;
	int r;

	if ((r = buf_addf(&code, e, "%s/%s", d->recipient, d->purpose)) < 0 ||
	    (r = buf_addf(&words, e, "%s : %s",
		 recipient_title(p, d->recipient),
		 or_code(policy_purpose_title(p, d->purpose), d->purpose))) < 0)
		return r;
	json_array_foreach(list, i, was)
	{
		if (strcmp(jstr(was, "code"), buf_str(&code)) == 0)
			return 0;
	}
	return json_array_append_new(
		   list, json_pack("{s:s, s:s}", "code", buf_str(&code),
			     "words", buf_str(&words))) < 0
		   ? err_set(e, ERR_NOMEM, "recipients")
		   : 0;
}

static int
ways_of(const struct policy *p, json_t **out, struct err *e)
{
	AUTO(json_decrefp) json_t *list = json_array();
	const struct disclosure_rule *all;
	char today[11];
	size_t i, n = policy_disclosures(p, &all);
	int32_t day = 0;
	int r;

	cli_today(today);
	if ((r = date_parse(today, &day, e)) < 0)
		return r;
	for (i = 0; i < n; i++)
		if (policy_in_force(&all[i].when, day) &&
		    (r = add_way(list, p, &all[i], e)) < 0)
			return r;
	*out = TAKE(list);
	return 0;
}

static const struct web_choice channels[] = {
	{ "ssh", N_("à la porte du partenaire (ssh)") },
	{ "hand", N_("en main propre, un fichier scellé") },
	{ "paper", N_("sur papier") }, { 0 }
};

static const struct web_fault ask_faults[] = { { "recipient-unknown", "to" },
	{ "no-rule", "to" }, { "extract-channel", "channel" }, { 0 } };

static int
write_ask(struct web_call *c, const char *ref, const struct policy *p,
    const struct err *refused, struct err *e)
{
	AUTO(json_decrefp) json_t *ways = NULL;
	int r;

	if ((r = ways_of(p, &ways, e)) < 0)
		return r;
	web_form(c, 0, HOME "/apercu", ref);
	web_select_json(c,
	    &(struct web_control){ .name = "to",
		.label = _("À qui, pour quoi"),
		.required = 1,
		.wrong = web_fault_at(c, refused, ask_faults, "to") },
	    ways, "code", "words");
	web_select(c,
	    &(struct web_control){ .name = "channel",
		.label = _("Par quelle voie"),
		.hint = _("sinon, la voie habituelle du destinataire"),
		.wrong = web_fault_at(c, refused, ask_faults, "channel") },
	    channels);
	html(&c->h, "<p><button>%s</button></p></form>",
	    _("Voir ce qui partirait"));
	return 0;
}

/* --- the register ------------------------------------------------------------
 */

static void
write_row(struct web_call *c, const char *ref, const struct policy *p,
    const json_t *x)
{
	struct html *h = &c->h;

	html(h, "<tr><th scope=\"row\"><a href=\"/dossier/%s/transmettre/%s\">",
	    ref, jstr(x, "extract"));
	web_time(h, x, "released_at");
	html(h, "</a></th><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>",
	    recipient_title(p, jstr(x, "recipient")),
	    or_code(policy_purpose_title(p, jstr(x, "purpose")),
		jstr(x, "purpose")),
	    channel_of(x), state_of(x));
	web_time(h, x, "expires_at");
	html_raw(h, "</td></tr>");
}

static int
write_register(
    struct web_call *c, const char *ref, const struct policy *p, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	json_t *x;
	size_t i;
	int r;

	if ((r = cli_get(&c->cli, &j, e, "/v1/cases/%/extracts", ref)) < 0)
		return r;
	html(&c->h, "<section><h2>%s</h2>", _("Ce qui a été transmis"));
	if (jcount(j, "extracts") == 0)
		web_none(c, _("Rien n'a été transmis de ce dossier."));
	else {
		web_table(c, _("Registre des transmissions"), _("Remis le"),
		    _("Destinataire"), _("Finalité"), _("Voie"), _("État"),
		    _("Expire le"), NULL);
		json_array_foreach(json_object_get(j, "extracts"), i, x)
		    write_row(c, ref, p, x);
		web_table_end(c);
	}
	html_raw(&c->h, "</section>");
	return 0;
}

static int
write_home(struct web_call *c, const struct err *refused, struct err *e)
{
	AUTO(json_decrefp) json_t *kase = NULL;
	const struct policy *p;
	const char *ref;
	int r;

	if ((r = get_case(c, _("Transmettre"), &kase, e)) < 0 ||
	    (r = web_rules(c, &p, e)) < 0)
		return r;
	ref = jstr(kase, "ref");
	web_back_to_case(c, ref);
	if (refused != NULL)
		web_refused(c, refused, ask_faults);
	if (json_is_true(json_object_get(kase, "objection")))
		html(&c->h, "<p class=\"note\">%s</p>",
		    _("Une opposition arrête tout envoi d'extrait."));
	if ((r = write_ask(c, ref, p, refused, e)) < 0)
		return r;
	return write_register(c, ref, p, e);
}

static int
home_get(struct web_call *c, struct err *e)
{
	return write_home(c, NULL, e);
}

/* --- the preview -------------------------------------------------------------
 */

/* {recipient, purpose, channel} of the form; purpose: for who acts. */
static int
build_ask(struct web_call *c, json_t *body, char purpose[65], struct err *e)
{
	const char *to = web_said(c, "to"), *slash;
	char recipient[65];
	int r;

	if (to == NULL || (slash = strchr(to, '/')) == NULL ||
	    slash - to > 64 || strlen(slash + 1) > 64)
		return err_tag(e, ERR_INVALID, "web-missing", "to");
	snprintf(recipient, sizeof(recipient), "%.*s", (int)(slash - to), to);
	snprintf(purpose, 65, "%s", slash + 1);
	if ((r = cli_member(body, "recipient", recipient, e)) < 0 ||
	    (r = cli_member(body, "purpose", purpose, e)) < 0)
		return r;
	return cli_member(body, "channel", web_said(c, "channel"), e);
}

static void
write_people(struct web_call *c, const json_t *missing)
{
	json_t *m;
	size_t i;

	json_array_foreach(missing, i, m)
	    html(&c->h, "%s%s (%s)", i > 0 ? ", " : "",
		*jstr(m, "name") != '\0' ? jstr(m, "name") : jstr(m, "person"),
		word_for(jstr(m, "role")));
}

/* Does it rest on a consent, and who has not given it? */
static void
write_consent(struct web_call *c, const char *ref, const struct policy *p,
    const json_t *j)
{
	const json_t *consent = json_object_get(j, "consent"),
		     *missing = json_object_get(j, "missing");
	const struct policy_consent *k;
	int allowed = json_is_true(json_object_get(j, "allowed"));

	if (!json_is_object(consent)) {
		html(&c->h, "<p>%s</p>",
		    _("Aucun consentement n'est nécessaire : la transmission "
		      "a une base légale."));
		return;
	}
	k = policy_consent(p, jstr(consent, "purpose"));
	html(&c->h, "<p class=\"%s\">%s « %s » : %s.</p>",
	    allowed ? "good" : "bad", _("Consentement"),
	    k != NULL ? k->title : jstr(consent, "purpose"),
	    json_is_true(json_object_get(consent, "in_force")) ? _("en vigueur")
	    : allowed ? _("de certains seulement")
		      : _("manquant"));
	if (json_array_size(missing) > 0) {
		html(&c->h, "<p>%s ", _("Il manque l'accord de :"));
		write_people(c, missing);
		html_raw(&c->h, ".</p>");
	}
	if (!allowed)
		html(&c->h,
		    "<p><a class=\"button second\" href=\"/dossier/%s/"
		    "consentements/donner\">%s</a></p>",
		    ref, _("Enregistrer une réponse"));
}

static void
write_facts(struct web_call *c, const struct policy *p, const json_t *j)
{
	char at[32];

	html_raw(&c->h, "<dl class=\"facts\">");
	web_fact(
	    c, _("Destinataire"), recipient_title(p, jstr(j, "recipient")));
	web_fact(c, _("Finalité"),
	    or_code(policy_purpose_title(p, jstr(j, "purpose")),
		jstr(j, "purpose")));
	web_fact(c, _("Règle"), rule_title(p, jstr(j, "rule")));
	web_fact(c, _("Base"), jstr(j, "basis"));
	web_fact(c, _("Texte"), jstr(j, "citation"));
	web_fact(c, _("Voie"), channel_of(j));
	web_fact(c, _("Expire le"), jtime(j, "expires_at", at));
	html_raw(&c->h, "</dl>");
}

/* A code is said in words, and then as it goes. */
static int
write_code(struct web_call *c, const struct policy *p, const json_t *f)
{
	const struct policy_kind *k = policy_kind(p, jstr(f, "kind"));
	const struct policy_field *field =
	    k != NULL ? policy_field(k, jstr(f, "path")) : NULL;
	const char *v = jstr(f, "value");

	if (field == NULL || field->type != FIELD_CODE || *v == '\0' ||
	    strcmp(formcode_words(v), v) == 0)
		return 0;
	html(&c->h, "<td>%s <span class=\"code\">%s</span></td>",
	    formcode_words(v), v);
	return 1;
}

/* As the page says it; an older vault gives the value alone. */
static void
write_value(struct web_call *c, const struct policy *p, const json_t *f)
{
	const json_t *v = json_object_get(f, "text");
	AUTO(mem_freep) char *text = NULL;

	if (write_code(c, p, f))
		return;
	if (v == NULL)
		v = json_object_get(f, "value");
	if (!json_is_string(v) && v != NULL)
		text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
	html_raw(&c->h, "<td>");
	html_lines(&c->h, json_is_string(v) ? json_string_value(v) : text);
	html_raw(&c->h, "</td>");
}

static void
write_goes(struct web_call *c, const struct policy *p, const json_t *j)
{
	json_t *f;
	size_t i;

	html(&c->h, "<section><h2>%s</h2>", _("Ce qui part"));
	if (jcount(j, "fields") == 0)
		web_none(c, _("Aucun champ ne serait remis."));
	else {
		web_table(c, _("Champs remis"), _("Champ"), _("Valeur"),
		    _("Tiré de"), NULL);
		json_array_foreach(json_object_get(j, "fields"), i, f)
		{
			html(&c->h,
			    "<tr><th scope=\"row\">%s<br><span "
			    "class=\"code\">%s</span></th>",
			    jstr(f, "title"), jstr(f, "label"));
			write_value(c, p, f);
			html(&c->h, "<td>%s</td></tr>",
			    kind_title(p, jstr(f, "kind")));
		}
		web_table_end(c);
	}
	json_array_foreach(json_object_get(j, "attachments"), i, f)
	    html(&c->h, "<p>%s %s (%lld %s)</p>", _("Document joint :"),
		kind_title(p, jstr(f, "kind")), jint(f, "pages"), _("page(s)"));
	html_raw(&c->h, "</section>");
}

/* What the rule never took, or what is not there: nobody can change that. */
static int
is_ordinary(const json_t *w)
{
	static const char *const whys[] = { "not in the rule",
		"sensitive, not in the rule", "never disclosed",
		"not filled in", "no such record in the case" };
	size_t i;

	for (i = 0; i < NELEMS(whys); i++)
		if (strcmp(jstr(w, "why"), whys[i]) == 0)
			return 1;
	return 0;
}

static void
write_why(struct web_call *c, const struct policy *p, const json_t *w)
{
	html(&c->h, "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s",
	    *jstr(w, "label") != '\0' ? jstr(w, "label") : jstr(w, "path"),
	    kind_title(p, jstr(w, "kind")), jword(w, "why"));
	if (json_object_get(w, "missing") != NULL) {
		html_raw(&c->h, " : ");
		write_people(c, json_object_get(w, "missing"));
	}
	if (*jstr(w, "citation") != '\0')
		html(&c->h, "<br><span class=\"muted\">%s</span>",
		    jstr(w, "citation"));
	html_raw(&c->h, "</td></tr>");
}

static size_t
write_whys(struct web_call *c, const struct policy *p, const json_t *j,
    int ordinary, const char *caption)
{
	size_t i, n = 0;
	json_t *w;

	json_array_foreach(json_object_get(j, "withheld"), i, w)
	{
		if (is_ordinary(w) != ordinary)
			continue;
		if (n++ == 0)
			web_table(c, caption, _("Champ"), _("Fiche"),
			    _("Pourquoi"), NULL);
		write_why(c, p, w);
	}
	if (n > 0)
		web_table_end(c);
	return n;
}

static void
write_stays(struct web_call *c, const struct policy *p, const json_t *j)
{
	html(&c->h, "<section><h2>%s</h2>", _("Ce qui ne part pas"));
	if (jcount(j, "withheld") == 0)
		web_none(c, _("Rien n'est retenu."));
	write_whys(c, p, j, 0, _("Retenu par une règle ou faute d'accord"));
	html(&c->h, "<details><summary>%s</summary>",
	    _("Ce que cet extrait ne prend jamais, et ce qui n'est pas "
	      "rempli"));
	if (write_whys(c, p, j, 1, _("Hors de cet extrait")) == 0)
		web_none(c, _("Rien."));
	html_raw(&c->h, "</details></section>");
}

static void
write_release(struct web_call *c, const char *ref, const json_t *j)
{
	if (json_is_true(json_object_get(j, "urgent")))
		html(&c->h, "<p class=\"note\">%s</p>",
		    _("C'est urgent : l'extrait part aussitôt ; une seconde "
		      "personne devra signer ensuite."));
	else if (json_is_true(json_object_get(j, "four_eyes")))
		html(&c->h, "<p class=\"note\">%s</p>",
		    _("Rien ne partira avant qu'une seconde personne ait "
		      "signé."));
	web_form(c, 0, HOME "/remettre", ref);
	web_once(c);
	html(&c->h,
	    "<input type=\"hidden\" name=\"to\" value=\"%s/%s\">"
	    "<input type=\"hidden\" name=\"channel\" value=\"%s\">"
	    "<p class=\"actions\"><button>%s</button> "
	    "<a href=\"/dossier/%s/transmettre\">%s</a></p></form>",
	    jstr(j, "recipient"), jstr(j, "purpose"), jstr(j, "channel"),
	    _("Transmettre"), ref, _("Annuler"));
}

static int
write_preview(struct web_call *c, const json_t *kase, const json_t *j,
    const struct err *refused, struct err *e)
{
	const char *ref = jstr(kase, "ref");
	const struct policy *p;
	int r;

	if ((r = web_rules(c, &p, e)) < 0)
		return r;
	web_back_to_case(c, ref);
	if (refused != NULL)
		web_refused(c, refused, ask_faults);
	write_facts(c, p, j);
	write_consent(c, ref, p, j);
	if (!json_is_true(json_object_get(j, "allowed"))) {
		html(&c->h,
		    "<p class=\"note\">%s</p><p><a href=\"/dossier/%s/"
		    "transmettre\">%s</a></p>",
		    _("Rien ne partirait."), ref, _("Retour"));
		return 0;
	}
	write_goes(c, p, j);
	write_stays(c, p, j);
	write_release(c, ref, j);
	return 0;
}

/* The preview again, with what the vault said of the release; what has no
 * preview is told over the first form. */
static int
show_preview(struct web_call *c, const struct err *refused, struct err *e)
{
	AUTO(json_decrefp)
	json_t *kase = NULL, *j = NULL, *body = json_object();
	const char *was = c->cli.purpose;
	struct err wrong = { 0 };
	char purpose[65];
	int r;

	if ((r = build_ask(c, body, purpose, &wrong)) == 0) {
		c->cli.purpose = purpose;
		r = cli_post(&c->cli, body, &j, &wrong,
		    "/v1/cases/%/extract-preview", c->part[0]);
		c->cli.purpose = was;
	}
	if (r < 0) {
		if (is_told(&wrong))
			return write_home(
			    c, refused != NULL ? refused : &wrong, e);
		*e = wrong;
		return r;
	}
	if ((r = get_case(c, _("Ce qui partirait"), &kase, e)) < 0)
		return r;
	return write_preview(c, kase, j, refused, e);
}

static int
preview_post(struct web_call *c, struct err *e)
{
	return show_preview(c, NULL, e);
}

/* --- the release -------------------------------------------------------------
 */

static int
release(struct web_call *c, json_t **out, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object();
	const char *was = c->cli.purpose;
	char purpose[65];
	int r;

	if ((r = build_ask(c, body, purpose, e)) < 0)
		return r;
	/* Whoever releases acts for what the extract is for. */
	c->cli.purpose = purpose;
	if ((r = web_step_up(c, "extract-release", c->part[0], e)) == 0)
		r = web_post_once(
		    c, body, out, e, "/v1/cases/%/extracts", c->part[0]);
	c->cli.purpose = was;
	return r;
}

static int
release_post(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	struct err refused = { 0 };

	if (release(c, &j, &refused) < 0)
		return web_again(c, &refused, ERR_DENIED, show_preview, e);
	if (strcmp(jstr(j, "state"), "awaiting") == 0)
		web_tell(c,
		    _("Extrait prêt, inscription n° %lld. Il part quand une "
		      "autre personne a signé."),
		    jint(j, "leaf"));
	else if (strcmp(jstr(j, "channel"), "ssh") == 0)
		web_tell(c,
		    _("Extrait remis, inscription n° %lld. Le destinataire le "
		      "prend à sa porte."),
		    jint(j, "leaf"));
	else
		web_tell(c,
		    _("Extrait prêt, inscription n° %lld. Il est à remettre."),
		    jint(j, "leaf"));
	return web_redirect(c, e, HOME "/%", c->part[0], jstr(j, "extract"));
}

/* --- one of the register
 * -------------------------------------------------------
 */

static int
find_extract(struct web_call *c, const char *id, json_t **out, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	json_t *x;
	size_t i;
	int r;

	if ((r = cli_get(&c->cli, &j, e, "/v1/cases/%/extracts", c->part[0])) <
	    0)
		return r;
	json_array_foreach(json_object_get(j, "extracts"), i, x)
	{
		if (strcmp(jstr(x, "extract"), id) == 0) {
			*out = json_incref(x);
			return 0;
		}
	}
	return err_tag(e, ERR_NOT_FOUND, "not-found", "extract");
}

/* What became of it, where its state needs a sentence. */
static const char *
told_of(const json_t *x)
{
	static const struct {
		const char *state, *sentence;
	} all[] = {
		{ "awaiting", N_("Rien ne part avant qu'une autre personne ait "
				 "signé sa page.") },
		{ "rectified",
		    N_("Une fiche dont il est tiré a été rectifiée : "
		       "il est annulé, et son destinataire est "
		       "prévenu s'il l'avait pris.") },
		{ "withdrawn", N_("Le consentement a été retiré : il ne peut "
				  "plus être pris.") },
		{ "expired", N_("Personne ne l'a pris à temps : il n'existe "
				"plus pour son destinataire.") },
		{ "revoked", N_("Il a été révoqué : il ne peut plus être "
				"pris.") },
		{ "erased", N_("Il a été effacé ; seule sa ligne reste.") },
	};
	size_t i;

	for (i = 0; i < NELEMS(all); i++)
		if (strcmp(jstr(x, "state"), all[i].state) == 0)
			return _(all[i].sentence);
	return NULL;
}

static void
write_record(struct web_call *c, const struct policy *p, const json_t *x)
{
	char released[32], expires[32], pulls[32], ack[32], fields[2048],
	    second[32], second_due[32];

	snprintf(pulls, sizeof(pulls), "%lld", jint(x, "pulls"));
	html_raw(&c->h, "<dl class=\"facts\">");
	web_fact(
	    c, _("Destinataire"), recipient_title(p, jstr(x, "recipient")));
	web_fact(c, _("Finalité"),
	    or_code(policy_purpose_title(p, jstr(x, "purpose")),
		jstr(x, "purpose")));
	web_fact(c, _("État"), state_of(x));
	web_fact(c, _("Voie"), channel_of(x));
	web_fact(c, _("Remis le"), jtime(x, "released_at", released));
	web_fact(c, _("Par"), jstr(x, "released_by"));
	web_fact(c, _("Expire le"), jtime(x, "expires_at", expires));
	web_fact(c, _("Seconde signature"), jtime(x, "second_at", second));
	web_fact(c, _("Seconde signature due le"),
	    *second == '\0' ? jtime(x, "second_due_at", second_due) : NULL);
	web_fact(c, _("Pris (fois)"), pulls);
	web_fact(c, _("Réception"), jtime(x, "acknowledged_at", ack));
	web_fact(c, _("Reçu par"), jstr(x, "acknowledged_by"));
	web_fact(c, _("Base"), jstr(x, "basis"));
	web_fact(c, _("Texte"), jstr(x, "citation"));
	web_fact(c, _("Champs"), jlist(x, "fields", fields, sizeof(fields)));
	web_fact(c, "SHA-256", jstr(x, "sha256"));
	html_raw(&c->h, "</dl>");
}

static void
write_notices(struct web_call *c, const json_t *x)
{
	json_t *n;
	size_t i;

	if (jcount(x, "notices") == 0)
		return;
	html(&c->h, "<h2>%s</h2>",
	    _("Ce que le destinataire apprend (RGPD, art. 19)"));
	html_raw(&c->h, "<ul class=\"timeline\">");
	json_array_foreach(json_object_get(x, "notices"), i, n)
	{
		html_raw(&c->h, "<li>");
		web_time(&c->h, n, "at");
		html(&c->h,
		    " <span class=\"what\">%s</span> <span class=\"state\">%s"
		    "</span></li>",
		    jword(n, "reason"), jword(n, "state"));
	}
	html_raw(&c->h, "</ul>");
}

static int
is_living(const json_t *x)
{
	const char *s = jstr(x, "state");

	return strcmp(s, "released") == 0 || strcmp(s, "pulled") == 0;
}

static void
write_hand(struct web_call *c, const char *ref, const json_t *x)
{
	int paper = strcmp(jstr(x, "channel"), "paper") == 0;

	html(&c->h, "<section><h2>%s</h2>", _("Le remettre"));
	web_form(c, 0, HOME "/%/prendre", ref, jstr(x, "extract"));
	html(&c->h, "<p>%s</p><p><button>%s</button></p></form>",
	    paper ? _("Des feuilles numérotées, à imprimer. Chaque prise est "
		      "inscrite.")
		  : _("Un fichier que seul le destinataire peut ouvrir. Chaque "
		      "prise est inscrite."),
	    paper ? _("Faire les feuilles") : _("Prendre le fichier scellé"));
}

static const struct web_fault ack_faults[] = { { "extract-ack-date", "on" },
	{ "extract-ack", "by" }, { 0 } };
static const struct web_fault revoke_faults[] = { { "revocation", "reason" },
	{ 0 } };

static void
write_ack(struct web_call *c, const char *ref, const json_t *x,
    const struct err *refused)
{
	char today[11];

	cli_today(today);
	web_form(c, 0, HOME "/%/recu", ref, jstr(x, "extract"));
	web_input(c, &(struct web_control){ .name = "by",
			 .label = _("Reçu par"),
			 .required = 1,
			 .wrong = web_fault_at(c, refused, ack_faults, "by"),
			 .hint = _("qui l'a eu en main") });
	web_input(c, &(struct web_control){ .name = "on",
			 .label = _("Le"),
			 .type = "date",
			 .value = today,
			 .required = 1,
			 .wrong = web_fault_at(c, refused, ack_faults, "on") });
	html(&c->h,
	    "<p><button class=\"second\">%s</button></p></form>"
	    "</section>",
	    _("Inscrire la réception"));
}

static void
write_revoke(struct web_call *c, const char *ref, const json_t *x,
    const struct err *refused)
{
	html(&c->h, "<section><h2>%s</h2>", _("Le révoquer"));
	web_form(c, 0, HOME "/%/revoquer", ref, jstr(x, "extract"));
	web_input(
	    c, &(struct web_control){ .name = "reason",
		   .label = _("Motif"),
		   .required = 1,
		   .wrong = web_fault_at(c, refused, revoke_faults, "reason"),
		   .hint = _("ce qui a été pris l'a été ; le destinataire "
			     "est alors prévenu") });
	html(&c->h,
	    "<p><button class=\"second\">%s</button></p></form>"
	    "</section>",
	    _("Révoquer"));
}

static int
show_extract(struct web_call *c, const struct err *refused, struct err *e)
{
	AUTO(json_decrefp) json_t *kase = NULL, *x = NULL;
	const struct policy *p;
	const char *ref, *told;
	int r, hand;

	if ((r = get_case(c, _("Une transmission"), &kase, e)) < 0 ||
	    (r = find_extract(c, c->part[1], &x, e)) < 0 ||
	    (r = web_rules(c, &p, e)) < 0)
		return r;
	ref = jstr(kase, "ref");
	hand = strcmp(jstr(x, "channel"), "ssh") != 0;
	if (refused != NULL)
		web_refused(c, refused, ack_faults);
	html(&c->h,
	    "<p class=\"back\"><a href=\"/dossier/%s/transmettre\">%s"
	    "</a></p>",
	    ref, _("Retour aux transmissions"));
	if ((told = told_of(x)) != NULL)
		html(&c->h, "<p class=\"note\">%s</p>", told);
	if (strcmp(jstr(x, "state"), "awaiting") == 0)
		html(&c->h, "<p><a href=\"/decider/extrait/%s\">%s</a></p>",
		    jstr(x, "extract"), _("Sa page à signer"));
	write_record(c, p, x);
	write_notices(c, x);
	if (is_living(x) && hand) {
		write_hand(c, ref, x);
		write_ack(c, ref, x, refused);
	}
	if (is_living(x) || strcmp(jstr(x, "state"), "awaiting") == 0)
		write_revoke(c, ref, x, refused);
	return 0;
}

static int
extract_get(struct web_call *c, struct err *e)
{
	return show_extract(c, NULL, e);
}

/* --- by hand, on paper
 * ---------------------------------------------------------
 */

/* What arrived against what the vault said it sent. */
static int
check_bytes(const struct http_exchange *x, struct err *e)
{
	char hex[2 * SHA256_LEN + 1];
	uint8_t got[SHA256_LEN];
	int r;

	if ((r = digest_of(DIGEST_SHA256, x->text.p, x->text.len, got, e)) < 0)
		return r;
	hex_format(got, sizeof(got), hex);
	return strcmp(hex, x->sha256) == 0
		   ? 0
		   : err_tag(e, ERR_INTEGRITY, "content-changed", "SHA-256");
}

static int
fetch(struct web_call *c, struct http_exchange *x, struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 };
	int r;

	if ((r = cli_path(&path, e, "/v1/extracts/%/content", c->part[1])) < 0)
		return r;
	x->path = buf_str(&path);
	r = http_run(c->cli.http, x, e);
	x->path = NULL;
	return r < 0 ? r : check_bytes(x, e);
}

static int
give_file(struct web_call *c, struct http_exchange *x, struct err *e)
{
	char name[64];

	snprintf(name, sizeof(name), "extrait-%.26s.cms", c->part[1]);
	return web_download(c, name, "application/cms", &x->text, e);
}

static int
take_post(struct web_call *c, struct err *e)
{
	AUTO(http_exchange_done)
	struct http_exchange x = { .method = "GET",
		.fd = -1,
		.out_fd = -1,
		.purpose = c->cli.purpose };
	AUTO(json_decrefp) json_t *line = NULL;
	struct err refused = { 0 };
	int r;

	if ((r = find_extract(c, c->part[1], &line, e)) < 0)
		return r;
	if (fetch(c, &x, &refused) < 0)
		return web_again(c, &refused, ERR_DENIED, show_extract, e);
	if (strcmp(jstr(line, "channel"), "paper") != 0)
		return give_file(c, &x, e);
	if ((r = web_keep(c, "feuilles",
		 json_pack("{s:s, s:s}", "extract", c->part[1], "text",
		     buf_str(&x.text)),
		 e)) < 0)
		return r;
	return web_redirect(c, e, HOME "/%/feuilles", c->part[0], c->part[1]);
}

/* Sheet by sheet, as they were cut. */
static int
write_sheets(struct web_call *c, const char *text, struct err *e)
{
	AUTO(buf_done) struct buf one = { 0 };
	char label[64];
	size_t n;
	int i, r;

	for (i = 1; *text != '\0'; i++) {
		n = strcspn(text, "\f");
		buf_reset(&one);
		if ((r = buf_add(&one, text, n, e)) < 0)
			return r;
		snprintf(label, sizeof(label), _("Feuille %d"), i);
		web_sheet(c, label, buf_str(&one));
		text += n + (text[n] == '\f');
	}
	return 0;
}

static int
sheets_get(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *kept = web_kept(c, "feuilles");

	if (strcmp(jstr(kept, "extract"), c->part[1]) != 0)
		return web_redirect(c, e, HOME "/%", c->part[0], c->part[1]);
	snprintf(c->title, sizeof(c->title), "%s · %s",
	    _("Feuilles à remettre"), c->part[0]);
	c->printable = 1;
	c->bare = 1;
	html(&c->h,
	    "<h1 class=\"screen\">%s</h1><p class=\"actions\"><a href=\"/"
	    "dossier/%s/transmettre/%s\">%s</a> <span class=\"hint\">%s"
	    "</span></p>",
	    c->title, c->part[0], c->part[1], _("Retour"),
	    _("À imprimer telles quelles : leur empreinte est au registre."));
	return write_sheets(c, jstr(kept, "text"), e);
}

/* --- afterwards
 * ----------------------------------------------------------------
 */

static int
move(struct web_call *c, const char *const pairs[][2], size_t n,
    const char *path, const char *told, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	struct err refused = { 0 };

	if (web_fill(c, body, pairs, n, &refused) < 0 ||
	    cli_post(&c->cli, body, &j, &refused, path, c->part[1]) < 0)
		return web_again(c, &refused, ERR_DENIED, show_extract, e);
	web_tell(c, "%s %s %lld.", told, _("Inscription n°"), jint(j, "leaf"));
	return web_redirect(c, e, HOME "/%", c->part[0], c->part[1]);
}

static int
ack_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "!by", "by" },
		{ "!on", "on" } };

	return move(c, pairs, NELEMS(pairs), "/v1/extracts/%/ack",
	    _("Réception enregistrée."), e);
}

static int
revoke_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "!reason", "reason" } };

	return move(c, pairs, NELEMS(pairs), "/v1/extracts/%/revocation",
	    _("Extrait révoqué."), e);
}

const struct web_route web_release[] = {
	{ "GET", HOME, home_get, 0 },
	{ "POST", HOME "/apercu", preview_post, 0 },
	{ "POST", HOME "/remettre", release_post, 0 },
	{ "GET", HOME "/%", extract_get, 0 },
	{ "POST", HOME "/%/prendre", take_post, 0 },
	{ "GET", HOME "/%/feuilles", sheets_get, 0 },
	{ "POST", HOME "/%/recu", ack_post, 0 },
	{ "POST", HOME "/%/revoquer", revoke_post, 0 },
	{ 0 },
};
