/*
 * Why somebody opens what is not theirs by default: a closed case, another's.
 * When the vault asks, a page asks the person, and what they say holds for
 * that case until their session ends. Any page gets this without doing
 * anything for it.
 */
#include "base/text.h"
#include "client/web/control.h"
#include "client/web/engine.h"

#define KEPT "purposes"
#define KEPT_MAX 5000 /* cases and documents; then it begins anew */
#define SAID "pourquoi"
#define BACK "retour"

/* What may ask for a purpose, of what the console does. */
static const enum policy_op asking[] = { OP_CASE_LIST, OP_CASE_READ, OP_SEARCH,
	OP_DOC_LIST, OP_DOC_META, OP_DOC_READ, OP_DOC_FILE, OP_RECEIPT,
	OP_CONSENT_LIST, OP_EXTRACT_LIST, OP_SUBJECT_EXPORT };
static const char *const states[] = { "open", "closed", "archived",
	"restricted" };

/* What a purpose is said of: the id behind the first word of the path; a page
 * of no case is its own. */
static void
key_of(const char *path, char out[128])
{
	const char *id = *path == '/' ? strchr(path + 1, '/') : NULL;

	if (id != NULL && id[1] != '\0')
		snprintf(out, 128, "%.*s", (int)strcspn(id + 1, "/"), id + 1);
	else
		snprintf(out, 128, "%.127s", path);
}

static json_t *
kept_copy(struct web_call *c)
{
	AUTO(json_decrefp) json_t *was = web_kept(c, KEPT);

	if (was == NULL || json_object_size(was) > KEPT_MAX)
		return json_object();
	return json_copy(was);
}

/* purpose NULL: forgotten. */
static int
remember(
    struct web_call *c, const char *key, const char *purpose, struct err *e)
{
	json_t *all = kept_copy(c);

	if (purpose == NULL)
		json_object_del(all, key);
	else
		json_object_set_new(all, key, json_string(purpose));
	return all != NULL ? web_keep(c, KEPT, all, e)
			   : err_set(e, ERR_NOMEM, "purpose");
}

int
web_purpose_also(
    struct web_call *c, const json_t *list, const char *member, struct err *e)
{
	json_t *all, *v;
	size_t i;

	if (c->purpose[0] == '\0')
		return 0;
	if ((all = kept_copy(c)) == NULL)
		return err_set(e, ERR_NOMEM, "purpose");
	json_array_foreach(list, i, v) if (*jstr(v, member) != '\0')
	    json_object_set_new(all, jstr(v, member), json_string(c->purpose));
	return web_keep(c, KEPT, all, e);
}

static int
take_said(struct web_call *c, const char *key, struct err *e)
{
	const char *said = web_is_post(c) ? web_field(c, SAID) : NULL;
	const struct policy *p;
	int r;

	if (said == NULL)
		return 0;
	if (*said == '\0')
		return remember(c, key, NULL, e);
	if ((r = web_rules(c, &p, e)) < 0)
		return r;
	if (!policy_purpose_is_known(p, said))
		return err_tag(e, ERR_INVALID, "web-form", SAID);
	return remember(c, key, said, e);
}

int
web_purpose_take(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *kept = NULL;
	char key[128];
	int r;

	if (c->session == NULL)
		return 0;
	key_of(c->path, key);
	if ((r = take_said(c, key, e)) < 0)
		return r;
	kept = web_kept(c, KEPT);
	snprintf(c->purpose, sizeof(c->purpose), "%s", jstr(kept, key));
	if (c->purpose[0] != '\0')
		c->cli.purpose = c->purpose;
	return 0;
}

/* --- the page that asks --------------------------------------------------- */

struct offer {
	const struct policy *p;
	struct principal who;
	json_t *me;
};

static int32_t
today(void)
{
	int32_t day = 0;
	char text[11];

	cli_today(text);
	(void)!date_parse(text, &day, NULL);
	return day;
}

/* Would this purpose open something that none does not? */
static int
opens(const struct offer *o, struct access_facts *f, const char *purpose)
{
	struct decision d;

	f->purpose = NULL;
	policy_authorize(o->p, f, &d);
	if (d.allowed || d.tag == NULL || strcmp(d.tag, "purpose-missing") != 0)
		return 0;
	f->purpose = purpose;
	policy_authorize(o->p, f, &d);
	return d.allowed;
}

static int
opens_of_role(struct offer *o, const char *role, const char *purpose)
{
	const struct policy_kind *kinds;
	size_t n = policy_kinds(o->p, &kinds), i;
	struct access_facts f = { .who = &o->who,
		.team = o->who.team,
		.organisation = o->who.organisation,
		.kind = n > 0 ? kinds[0].name : NULL,
		.day = today() };

	o->who.role = role;
	for (i = 0; i < NELEMS(asking) * NELEMS(states) * 2; i++) {
		f.op = asking[i % NELEMS(asking)];
		f.case_state = states[i / NELEMS(asking) % NELEMS(states)];
		f.broken_glass = i >= NELEMS(asking) * NELEMS(states);
		if (opens(o, &f, purpose))
			return 1;
	}
	return 0;
}

static int
is_offered(struct offer *o, const char *purpose)
{
	json_t *role;
	size_t i;

	json_array_foreach(json_object_get(o->me, "roles"), i,
	    role) if (opens_of_role(o, json_string_value(role),
			  purpose)) return 1;
	return 0;
}

static int
begin_offer(struct web_call *c, struct offer *o, struct err *e)
{
	*o = (struct offer){ .who.status = POLICY_ACTIVE, .me = web_me(c) };
	o->who.account = jstr(o->me, "account");
	o->who.organisation = jstr(o->me, "organisation");
	/* Who is of no team still asks about cases that have one. */
	o->who.team = *jstr(o->me, "team") != '\0' ? jstr(o->me, "team") : "-";
	return web_rules(c, &o->p, e);
}

static int
may_as(struct offer *o, const char *role, struct access_facts *f)
{
	struct decision d;

	o->who.role = role;
	policy_authorize(o->p, f, &d);
	return d.allowed ||
	       (d.tag != NULL && (strcmp(d.tag, "step-up") == 0 ||
				     strcmp(d.tag, "purpose-missing") == 0));
}

int
web_may_kind(
    struct web_call *c, enum policy_op op, const char *kind, const char *kase)
{
	struct offer o;
	struct access_facts f = { .who = &o.who,
		.op = op,
		.kind = kind,
		.case_state = "open",
		.own_case = 1,
		.broken_glass = web_glass_is_kept(c, kase),
		.day = today() };
	json_t *role;
	int may = 0;
	size_t i;

	if (begin_offer(c, &o, NULL) == 0) {
		f.team = o.who.team;
		f.organisation = o.who.organisation;
		json_array_foreach(json_object_get(o.me, "roles"), i, role)
		    may |= may_as(&o, json_string_value(role), &f);
	}
	json_decref(o.me);
	return may;
}

static const char *
title_of(const struct offer *o, const char *purpose)
{
	const char *title = policy_purpose_title(o->p, purpose);

	return title != NULL ? title : purpose;
}

void
web_purpose_choices(struct web_call *c)
{
	const char *purpose;
	struct offer o;
	struct err e;
	size_t i;

	if (begin_offer(c, &o, &e) < 0) {
		web_error(c, &e);
		json_decref(o.me);
		return;
	}
	html(&c->h, "<fieldset><legend>%s</legend>", _("C'est pour"));
	for (i = 0; (purpose = policy_purpose_at(o.p, i)) != NULL; i++)
		if (is_offered(&o, purpose))
			html(&c->h,
			    "<p><label class=\"choice\"><input type=\"radio\" "
			    "name=\"" SAID "\" value=\"%s\" required%s>%s"
			    "</label></p>",
			    purpose,
			    strcmp(purpose, c->purpose) == 0 ? " checked" : "",
			    title_of(&o, purpose));
	html_raw(&c->h, "</fieldset>");
	json_decref(o.me);
}

void
web_purpose_select(struct web_call *c, const char *label)
{
	AUTO(json_decrefp) json_t *list = json_array();
	const char *purpose;
	struct offer o;
	size_t i;

	if (begin_offer(c, &o, NULL) == 0)
		for (i = 0; (purpose = policy_purpose_at(o.p, i)) != NULL; i++)
			if (is_offered(&o, purpose))
				json_array_append_new(list,
				    json_pack("{s:s, s:s}", "code", purpose,
					"title", title_of(&o, purpose)));
	json_decref(o.me);
	if (json_array_size(list) > 0)
		web_select_json(c,
		    &(struct web_control){
			.name = SAID, .label = label, .value = c->purpose },
		    list, "code", "title");
}

static void
write_form(struct web_call *c)
{
	static const char *const mine[] = { SAID, NULL };

	if (web_is_post(c)) {
		html(&c->h, "<form method=\"post\" action=\"%s\">", c->path);
		html(&c->h,
		    "<input type=\"hidden\" name=\"csrf\" value=\"%s\">",
		    web_csrf(c));
		web_carry(c, mine);
	} else {
		web_form(c, 0, "/pourquoi");
		html(&c->h,
		    "<input type=\"hidden\" name=\"" BACK "\" value=\"%s\">",
		    c->path);
	}
	web_purpose_choices(c);
	html(&c->h, "<p class=\"actions\"><button>%s</button></p></form>",
	    _("Continuer"));
}

static void
begin_page(struct web_call *c)
{
	web_page_anew(c);
	c->status = web_is_post(c) ? 422 : 200;
	snprintf(c->title, sizeof(c->title), "%s", _("Pourquoi ?"));
}

/* Another purpose may do where the one that was said does not. */
static int
is_asked(const struct web_call *c, const struct err *e)
{
	if (c->session == NULL || e->tag == NULL)
		return 0;
	return strcmp(e->tag, "purpose-missing") == 0 ||
	       strcmp(e->tag, "purpose-unknown") == 0 ||
	       (strcmp(e->tag, "no-rule") == 0 && c->purpose[0] != '\0');
}

int
web_purpose_ask(struct web_call *c, const struct err *e)
{
	if (!is_asked(c, e))
		return 0;
	begin_page(c);
	c->cli.purpose = NULL;
	if (c->purpose[0] != '\0')
		html(&c->h,
		    "<div class=\"error\" role=\"alert\"><p>%s</p></div>",
		    _("Ce que vous avez dit de ce dossier ne permet pas cela. "
		      "Dites une autre raison, ou renoncez."));
	html(&c->h, "<p>%s</p>",
	    _("Pour aller plus loin, il faut dire pourquoi. Votre réponse est "
	      "inscrite au journal avec votre nom ; elle vaut pour ce dossier "
	      "jusqu'à la fin de votre session."));
	if (c->nfiles > 0)
		html(&c->h, "<p class=\"note\">%s</p>",
		    _("Les fichiers que vous aviez joints seront à joindre de "
		      "nouveau."));
	write_form(c);
	if (c->purpose[0] != '\0')
		web_glass_offer(c);
	html(&c->h, "<p><a href=\"/\">%s</a></p>", _("Retour à l'accueil"));
	return 1;
}

/* --- its answer ----------------------------------------------------------- */

/* A path of ours: no host, no query, nothing that needs escaping. */
static int
is_ours(const char *path)
{
	return path != NULL && path[0] == '/' && path[1] != '/' &&
	       strstr(path, "/.") == NULL &&
	       path[strspn(path, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./")] ==
		   '\0' &&
	       strlen(path) < 200;
}

static int
answered(struct web_call *c, struct err *e)
{
	const char *back = web_field(c, BACK), *said = web_field(c, SAID);
	const struct policy *p;
	char key[128];
	int r;

	if (!is_ours(back))
		return err_tag(e, ERR_INVALID, "web-form", BACK);
	if ((r = web_rules(c, &p, e)) < 0)
		return r;
	if (said != NULL && !policy_purpose_is_known(p, said))
		return err_tag(e, ERR_INVALID, "web-form", SAID);
	key_of(back, key);
	if ((r = remember(c, key, said, e)) < 0)
		return r;
	return web_redirect(c, e, back);
}

/* What was said of the case at the page's top, with a way to say another. */
void
web_purpose_note(struct web_call *c)
{
	const struct policy *p;
	const char *title = NULL;
	struct err e;

	if (c->purpose[0] == '\0')
		return;
	if (web_rules(c, &p, &e) == 0)
		title = policy_purpose_title(p, c->purpose);
	html(&c->h, "<div class=\"note\"><p>%s <strong>%s</strong></p>",
	    _("Vous consultez ce dossier pour :"),
	    title != NULL ? title : c->purpose);
	web_form(c, 0, "/pourquoi");
	html(&c->h,
	    "<input type=\"hidden\" name=\"" BACK "\" value=\"%s\">"
	    "<button class=\"plain\">%s</button></form></div>",
	    c->path, _("Ne plus consulter pour cette raison"));
}

const struct web_route web_purpose[] = {
	{ "POST", "/pourquoi", answered, 0 },
	{ 0 },
};
