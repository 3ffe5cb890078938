/*
 * Fiches: a record of the rules as a form, with what can be computed from it,
 * kept while it is typed (lot.h), filed or kept as a draft of the vault, and
 * printed so that the household signs the paper that was filled.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "client/formcode.h"
#include "client/formfields.h"
#include "client/record_file.h"
#include "client/web/control.h"
#include "client/web/lot.h"
#include "client/web/paper.h"
#include "client/web/recordhelp.h"

#define PREFIX "f."
#define KEPT "record"
#define REPLACES "replaces"

static void
set_title(struct web_call *c, const struct policy_kind *k)
{
	snprintf(c->title, sizeof(c->title), _("%.80s : dossier %s"), k->title,
	    c->part[0]);
}

/* The kind of the path: a record that people fill. What is signed is filled
 * under its own name too: it has a record that prepares it. */
static int
find_kind(struct web_call *c, const struct policy_kind **out, struct err *e)
{
	const struct policy *rules;
	int r;

	if ((r = web_rules(c, &rules, e)) < 0)
		return r;
	*out = policy_preparation(rules, c->part[1]);
	if (*out == NULL)
		*out = policy_kind(rules, c->part[1]);
	else
		snprintf(c->part[1], sizeof(c->part[1]), "%s", (*out)->name);
	if (*out == NULL || !(*out)->is_record || (*out)->by_vault)
		return err_tag(e, ERR_NOT_FOUND, "web-page", "page");
	return 0;
}

/* The one lot of a case's record of this kind. */
static int
take(struct web_call *c, int make, struct lot **out, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	uint8_t sum[SHA256_LEN];
	char id[ID_TEXT];
	struct id bits;
	int r;

	if ((r = buf_addf(&text, e, "sceau/fiche\n%s\n%s", c->part[0],
		 c->part[1])) < 0 ||
	    (r = digest_of(DIGEST_SHA256, text.p, text.len, sum, e)) < 0)
		return r;
	memcpy(bits.b, sum, ID_LEN);
	id_format(&bits, id);
	if ((r = lot_take(c, c->part[0], id, make, out, e)) == 0)
		snprintf((*out)->what, sizeof((*out)->what), "fiche");
	return r;
}

/* The newest document of the kind in the case; NULL. *draft: it is one. */
static json_t *
newest(struct web_call *c, int *draft, struct err *e, int *r)
{
	AUTO(json_decrefp) json_t *j = NULL;
	json_t *d, *found = NULL;
	size_t i;

	*r = cli_get(&c->cli, &j, e, "/v1/cases/%/documents", c->part[0]);
	json_array_foreach(json_object_get(j, "documents"), i, d)
	{
		if (strcmp(jstr(d, "kind"), c->part[1]) == 0 &&
		    strcmp(jstr(d, "state"), "filed") == 0)
			found = d;
	}
	*draft = json_is_true(json_object_get(found, "draft"));
	return json_incref(found);
}

/* --- the form ---------------------------------------------------------------
 */

struct form {
	const struct policy_kind *kind;
	json_t *record, *errors;
	char replaces[ID_TEXT];
	int kept; /* typed before, and not filed */
};

static void
form_done(struct form *f)
{
	json_decref(f->record);
	json_decref(f->errors);
}

static int
write_fields(struct web_call *c, const struct form *f, struct err *e)
{
	struct formfields ff = { .kind = f->kind,
		.prefix = PREFIX,
		.values = f->record,
		.errors = f->errors,
		.spare = 1,
		.fixed = 1 };

	return formfields_html(&ff, &c->h.out, e);
}

static int
write_summary(struct web_call *c, const struct form *f, struct err *e)
{
	struct formfields ff = {
		.kind = f->kind, .prefix = PREFIX, .errors = f->errors
	};

	return formfields_summary(&ff, &c->h.out, e);
}

static void
write_links(struct web_call *c, const struct form *f)
{
	struct html *h = &c->h;

	if (f->kept)
		html(h, "<p class=\"note\">%s</p>",
		    _("Ce qui était écrit et n'est pas encore déposé est "
		      "repris ici."));
	html_raw(h, "<p class=\"actions\">");
	if (f->replaces[0] != '\0')
		html(h,
		    "<a href=\"/dossier/%s/fiche/%s/imprimer\">%s</a>"
		    "<a href=\"/dossier/%s/fiche/%s?neuve=1\">%s</a>",
		    c->part[0], c->part[1], _("Imprimer ce qui est déposé"),
		    c->part[0], c->part[1], _("Commencer une fiche neuve"));
	html(h, "<a href=\"/dossier/%s\">%s</a></p>", c->part[0],
	    _("Retour au dossier"));
	if (f->kind->prepares != NULL)
		html(h, "<p>%s</p>",
		    policy_field(f->kind, "duree.fin") != NULL ||
			    policy_field(f->kind, "echeances.derniere") != NULL
			? _("Ceci est imprimé puis signé. Laissez vide ce qui "
			    "se calcule : la fin, la dernière échéance et son "
			    "montant.")
			: _("Ceci est imprimé puis signé."));
}

static void
write_buttons(struct web_call *c, const struct form *f)
{
	html(&c->h,
	    "<p data-kept role=\"status\" class=\"hint\" data-label=\"%s\"></p>"
	    "<p class=\"actions\"><button name=\"faire\" value=\"deposer\">%s"
	    "</button><button class=\"second\" name=\"faire\" "
	    "value=\"brouillon\">%s</button><button class=\"second\" "
	    "name=\"faire\" value=\"calculer\">%s</button><button "
	    "class=\"second\" name=\"faire\" value=\"abandonner\">%s</button>"
	    "</p></form>",
	    _("Ce qui est écrit est gardé dans la console."),
	    f->kind->prepares != NULL ? _("Enregistrer, pour l'imprimer")
				      : _("Déposer la fiche"),
	    _("Garder comme brouillon, au coffre"),
	    _("Calculer, et ajouter des lignes"), _("Abandonner"));
}

static int
show(struct web_call *c, const struct form *f, const struct err *wrong,
    struct err *e)
{
	AUTO(json_decrefp) json_t *kase = NULL;
	const struct policy *rules;
	int r;

	set_title(c, f->kind);
	c->script = "draft.js";
	/* Without the case its hearing is not known; the form is. */
	(void)!cli_get(&c->cli, &kase, NULL, "/v1/cases/%", c->part[0]);
	if ((r = web_rules(c, &rules, e)) < 0 ||
	    (r = write_summary(c, f, e)) < 0)
		return r;
	if (json_object_size(f->errors) > 0)
		c->status = 422;
	if (wrong->code != ERR_OK) {
		web_error(c, wrong);
		c->status = 422;
	}
	write_links(c, f);
	if (f->kind->prepares != NULL)
		paper_html(&c->h, f->kind, f->record);
	else
		recordhelp_html(&c->h, rules, f->kind, f->record, kase);
	html_raw(&c->h, "<div class=\"fiche\">");
	web_form(c, 0, "/dossier/%/fiche/%", c->part[0], c->part[1]);
	html(&c->h, "<input type=\"hidden\" name=\"replaces\" value=\"%s\">",
	    f->replaces);
	if ((r = write_fields(c, f, e)) < 0)
		return r;
	write_buttons(c, f);
	html_raw(&c->h, "</div>");
	return 0;
}

/* Nothing is filled yet: what the case knows of a paper. */
static int
begin(struct web_call *c, struct form *f, struct err *e)
{
	AUTO(json_decrefp) json_t *kase = NULL;
	const struct policy *rules;
	char today[11];
	int r;

	if (f->kind->prepares == NULL)
		return 0;
	cli_today(today);
	if ((r = web_rules(c, &rules, e)) < 0 ||
	    (r = cli_get(&c->cli, &kase, e, "/v1/cases/%", c->part[0])) < 0)
		return r;
	return paper_begin(
	    rules, f->kind, kase, web_account(c), today, &f->record, e);
}

/* What was typed before, or what is filed. */
static int
load(struct web_call *c, struct form *f, struct err *e)
{
	AUTO(json_decrefp) json_t *d = NULL;
	struct lot *l = NULL;
	int draft, r;

	if (take(c, 0, &l, NULL) == 0) {
		f->record = json_incref(json_object_get(l->said, KEPT));
		snprintf(f->replaces, sizeof(f->replaces), "%s",
		    jstr(l->said, REPLACES));
		lot_put(c, &l);
		f->kept = f->record != NULL;
		if (f->kept)
			return 0;
	}
	if (web_field(c, "neuve") != NULL)
		return begin(c, f, e);
	d = newest(c, &draft, e, &r);
	if (r < 0)
		return r;
	if (d == NULL)
		return begin(c, f, e);
	snprintf(f->replaces, sizeof(f->replaces), "%s", jstr(d, "document"));
	return record_get(&c->cli, f->replaces, &f->record, e);
}

static int
form_get(struct web_call *c, struct err *e)
{
	AUTO(form_done) struct form f = { 0 };
	struct err none = { 0 };
	int r;

	if ((r = find_kind(c, &f.kind, e)) < 0 || (r = load(c, &f, e)) < 0)
		return r;
	return show(c, &f, &none, e);
}

/* --- what was filled --------------------------------------------------------
 */

static int
read_form(struct web_call *c, struct form *f, int draft, struct err *e)
{
	AUTO(mem_freep) struct formfields_pair *pairs = NULL;
	struct formfields ff = { .kind = f->kind, .prefix = PREFIX };
	const char *replaces = web_field(c, REPLACES);
	size_t i, n = 0;

	if ((pairs = calloc(WEB_FIELDS_MAX, sizeof(*pairs))) == NULL)
		return err_set(e, ERR_NOMEM, "form");
	for (i = 0; i < WEB_FIELDS_MAX; i++) {
		pairs[n].value = web_pair(c, i, &pairs[n].name);
		if (pairs[n].value == NULL)
			break;
		n++;
	}
	if (replaces != NULL)
		snprintf(f->replaces, sizeof(f->replaces), "%s", replaces);
	return formfields_record(
	    &ff, pairs, n, draft, &f->record, &f->errors, e);
}

/* It waits in the console until it is filed. */
static int
keep(struct web_call *c, const struct form *f, struct err *e)
{
	struct lot *l = NULL;
	int r;

	if ((r = take(c, 1, &l, e)) < 0)
		return r;
	if (json_object_set(l->said, KEPT, f->record) < 0 ||
	    json_object_set_new(l->said, REPLACES, json_string(f->replaces)) <
		0)
		r = err_set(e, ERR_NOMEM, "form");
	lot_put(c, &l);
	return r;
}

static void
forget(struct web_call *c)
{
	struct lot *l = NULL;

	if (take(c, 0, &l, NULL) < 0)
		return;
	lot_forget(c, l);
	lot_put(c, &l);
}

static int
file(struct web_call *c, const struct form *f, int draft, json_t **out,
    struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object();
	AUTO(mem_freep) struct parcel *p = calloc(1, sizeof(*p));
	char name[POLICY_NAME_MAX + 8];
	int r;

	if (p == NULL)
		return err_set(e, ERR_NOMEM, "parcel");
	snprintf(name, sizeof(name), "%s.json", f->kind->name);
	p->kind = f->kind->name;
	p->draft = draft;
	p->replaces = f->replaces[0] != '\0' ? f->replaces : NULL;
	if ((r = record_source(&p->page[0], f->record, name, e)) == 0) {
		p->pages = 1;
		if ((r = parcel_name(p, c->part[0], e)) == 0 &&
		    (r = parcel_body(p, body, e)) == 0)
			r = parcel_file(&c->cli, p, c->part[0], body, out, e);
	}
	parcel_done(p);
	return r;
}

static int
file_and_tell(struct web_call *c, struct form *f, int draft, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	struct err wrong = { 0 };

	if (json_object_size(f->errors) > 0)
		return show(c, f, &wrong, e);
	if (file(c, f, draft, &j, &wrong) < 0) {
		if (wrong.tag != NULL &&
		    strcmp(wrong.tag, "purpose-missing") == 0) {
			*e = wrong;
			return -(int)e->code;
		}
		return show(c, f, &wrong, e);
	}
	forget(c);
	if (draft)
		web_tell(c,
		    _("Brouillon gardé au coffre : document %s. Il reste à "
		      "compléter ; rien ne s'appuie sur lui."),
		    jstr(j, "ref"));
	else
		web_tell(c, _("Fiche déposée : document %s, version %lld."),
		    jstr(j, "ref"), jint(j, "version"));
	return web_redirect(
	    c, e, "/dossier/%/fiche/%/deposee", c->part[0], c->part[1]);
}

/* What follows from what is filled, and what of it cannot be. */
static int
complete(struct form *f, int final, struct err *e)
{
	int r;

	if ((r = paper_check(f->kind, f->record, f->errors, e)) < 0 ||
	    json_object_size(f->errors) > 0)
		return r;
	if (!final && (r = recordhelp_fill(f->kind, f->record, e)) < 0)
		return r;
	return paper_fill(f->kind, f->record, e);
}

static int
form_post(struct web_call *c, struct err *e)
{
	AUTO(form_done) struct form f = { 0 };
	int final = web_is(c, "faire", "deposer");
	struct err none = { 0 };
	int r;

	if ((r = find_kind(c, &f.kind, e)) < 0)
		return r;
	if (web_is(c, "faire", "abandonner")) {
		forget(c);
		web_tell(
		    c, "%s", _("Ce qui était écrit et pas déposé est oublié."));
		return web_redirect(c, e, "/dossier/%", c->part[0]);
	}
	if ((r = read_form(c, &f, !final, e)) < 0 || (r = keep(c, &f, e)) < 0)
		return r;
	if (!web_is(c, "faire", "brouillon") &&
	    (r = complete(&f, final, e)) < 0)
		return r;
	if (final || web_is(c, "faire", "brouillon"))
		return file_and_tell(c, &f, !final, e);
	return show(c, &f, &none, e);
}

/* The script's, while people type. */
static int
draft_post(struct web_call *c, struct err *e)
{
	AUTO(form_done) struct form f = { 0 };
	int r;

	if ((r = find_kind(c, &f.kind, e)) < 0 ||
	    (r = read_form(c, &f, 1, e)) < 0 || (r = keep(c, &f, e)) < 0)
		return r;
	return web_json(c, 200, json_pack("{s:b}", "kept", 1), e);
}

/* --- filed, and on paper
 * ------------------------------------------------------
 */

/* On to where the signed paper is filed, its kind said. */
static void
write_bring_paper(struct web_call *c, const struct policy_kind *k)
{
	web_form(c, 0, "/dossier/%/fiche/%/papier", c->part[0], k->name);
	html(&c->h,
	    "<p class=\"actions\"><button class=\"second\" name=\"vers\" "
	    "value=\"deposer\">%s</button><button class=\"second\" "
	    "name=\"vers\" value=\"visite\">%s</button></p></form>",
	    _("Déposer le papier signé"), _("L'inscrire avec une visite"));
}

static int
filed_get(struct web_call *c, struct err *e)
{
	const struct policy_kind *k;
	int r;

	if ((r = find_kind(c, &k, e)) < 0)
		return r;
	set_title(c, k);
	html(&c->h,
	    "<p class=\"actions\"><a class=\"button\" href=\"/dossier/%s/fiche/"
	    "%s/imprimer\">%s</a><a href=\"/dossier/%s/fiche/%s\">%s</a>"
	    "<a href=\"/dossier/%s\">%s</a></p>",
	    c->part[0], c->part[1], _("Imprimer, pour la signature"),
	    c->part[0], c->part[1], _("Corriger : une nouvelle version"),
	    c->part[0], _("Retour au dossier"));
	if (k->prepares == NULL) {
		html(&c->h, "<p>%s</p>",
		    _("Une fois signé, le papier se photographie et se "
		      "dépose."));
		return 0;
	}
	html(&c->h, "<p>%s</p>",
	    _("Rien n'est signé encore : seul le papier signé engage. "
	      "Imprimez-le ; une fois signé, photographiez-le ou "
	      "numérisez-le, et déposez-le."));
	write_bring_paper(c, k);
	return 0;
}

/* How paper is signed, when the kind takes that. */
static const char *
usual_level(const struct policy_kind *k)
{
	const char *const *l;

	for (l = k->levels; l != NULL && *l != NULL; l++)
		if (strcmp(*l, "handwritten-scan") == 0)
			return *l;
	return NULL;
}

static int
say(struct lot *l, const char *name, const char *value, struct err *e)
{
	if (value != NULL &&
	    json_object_set_new(l->said, name, json_pack("[s]", value)) < 0)
		return err_set(e, ERR_NOMEM, "lot");
	return 0;
}

/* The first document of a visit that nothing was said of; -1. */
static int
free_slot(const struct lot *l, const char *kind)
{
	char name[16];
	int i;

	for (i = 0; i < LOT_VISIT_DOCUMENTS; i++) {
		snprintf(name, sizeof(name), "kind.%d", i);
		if (lot_said(l, name) == NULL ||
		    strcmp(lot_said(l, name), kind) == 0)
			return i;
	}
	return -1;
}

static int
say_paper(struct lot *l, int visit, const struct policy_kind *to, struct err *e)
{
	int slot = visit ? free_slot(l, to->name) : 0;
	char kind[16] = "kind", level[16] = "level";
	int r;

	/* A visit that has its documents already is gone on with as it is. */
	if (slot < 0)
		return 0;
	if (visit) {
		snprintf(kind, sizeof(kind), "kind.%d", slot);
		snprintf(level, sizeof(level), "level.%d", slot);
		snprintf(l->what, sizeof(l->what), "visite");
	}
	if ((r = say(l, kind, to->name, e)) < 0)
		return r;
	return say(l, level, usual_level(to), e);
}

/* The visit of this case that was begun; or a new lot. */
static int
lot_for(struct web_call *c, int visit, char id[ID_TEXT], struct err *e)
{
	AUTO(json_decrefp) json_t *list = lot_list(c, c->part[0]);
	json_t *l;
	size_t i;

	json_array_foreach(list, i, l)
	{
		if (visit && strcmp(jstr(l, "what"), "visite") == 0 &&
		    !json_is_true(json_object_get(l, "filed"))) {
			snprintf(id, ID_TEXT, "%s", jstr(l, "lot"));
			return 0;
		}
	}
	return lot_new_id(id, e);
}

static int
paper_post(struct web_call *c, struct err *e)
{
	int visit = web_is(c, "vers", "visite");
	const struct policy *rules;
	const struct policy_kind *k;
	struct lot *l = NULL;
	char id[ID_TEXT];
	int r;

	if ((r = find_kind(c, &k, e)) < 0 || (r = web_rules(c, &rules, e)) < 0)
		return r;
	if (k->prepares == NULL)
		return err_tag(e, ERR_NOT_FOUND, "web-page", "page");
	if ((r = lot_for(c, visit, id, e)) < 0 ||
	    (r = lot_take(c, c->part[0], id, 1, &l, e)) < 0)
		return r;
	r = say_paper(l, visit, policy_kind(rules, k->prepares), e);
	lot_put(c, &l);
	if (r < 0)
		return r;
	return visit ? web_redirect(c, e, "/dossier/%/visite/%", c->part[0], id)
		     : web_redirect(c, e, "/dossier/%/deposer/%/ajouter",
			   c->part[0], id);
}

static void
write_signers(struct web_call *c, const json_t *kase)
{
	struct html *h = &c->h;
	json_t *p;
	size_t i;

	html(h, "<section><h2>%s</h2><p>%s</p><ul class=\"signers\">",
	    _("Signatures"),
	    _("Lu et approuvé, fait à ……………………………, le ……………………"));
	json_array_foreach(json_object_get(kase, "persons"), i, p)
	{
		if (json_is_true(json_object_get(p, "adult")))
			html(h, "<li>%s</li>", jstr(p, "name"));
	}
	html(h, "<li>%s</li></ul></section>", web_account(c));
}

/* The paper is called what it will be once it is signed. */
static void
set_paper_title(
    struct web_call *c, const struct policy *rules, const struct policy_kind *k)
{
	set_title(c, k->prepares != NULL ? policy_kind(rules, k->prepares) : k);
}

static int
print_get(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *d = NULL, *record = NULL, *kase = NULL;
	const struct policy_kind *k;
	const struct policy *rules;
	int draft, r;

	if ((r = find_kind(c, &k, e)) < 0)
		return r;
	d = newest(c, &draft, e, &r);
	if (r < 0)
		return r;
	if (d == NULL)
		return err_tag(
		    e, ERR_NOT_FOUND, "web-no-record", "%s", k->name);
	if ((r = record_get(&c->cli, jstr(d, "document"), &record, e)) < 0 ||
	    (r = cli_get(&c->cli, &kase, e, "/v1/cases/%", c->part[0])) < 0 ||
	    (r = web_rules(c, &rules, e)) < 0)
		return r;
	set_paper_title(c, rules, k);
	c->printable = 1;
	html(&c->h,
	    "<p>%s %s, %s %lld</p><p class=\"actions\"><a href=\"/dossier/%s/"
	    "fiche/%s\">%s</a></p>",
	    _("Document"), jstr(d, "ref"), _("version"), jint(d, "version"),
	    c->part[0], c->part[1], _("Retour à la fiche"));
	if (draft)
		html(&c->h, "<p class=\"note\">%s</p>",
		    _("Brouillon : à compléter avant toute signature."));
	if (k->prepares != NULL) {
		const struct paper p = { rules, k, record, kase,
			web_account(c) };

		paper_print(&c->h, &p);
		return 0;
	}
	recordhelp_print(&c->h, k, record, 0);
	write_signers(c, kase);
	return 0;
}

/* --- all of them -------------------------------------------------------------
 */

static const json_t *
newest_of(const json_t *list, const char *kind)
{
	const json_t *d, *found = NULL;
	size_t i;

	json_array_foreach(list, i, d)
	{
		if (strcmp(jstr(d, "kind"), kind) == 0 &&
		    strcmp(jstr(d, "state"), "filed") == 0)
			found = d;
	}
	return found;
}

static void
write_kind(struct web_call *c, const struct policy_kind *k, const json_t *list)
{
	const json_t *found = newest_of(list, k->name), *paper = NULL;
	struct html *h = &c->h;
	char at[32];

	if (k->prepares != NULL)
		paper = newest_of(list, k->prepares);
	html(h, "<tr><td><a href=\"/dossier/%s/fiche/%s\">%s</a></td><td>",
	    c->part[0], k->name, k->title);
	if (found == NULL)
		html(h, "%s", _("pas encore"));
	else
		html(h, "%s, %s", jtime(found, "filed_at", at),
		    json_is_true(json_object_get(found, "draft"))
			? _("brouillon à compléter")
		    : k->prepares != NULL ? _("à imprimer et à signer")
					  : _("déposée"));
	if (paper != NULL) {
		html(h, " ; %s ", _("papier signé déposé le"));
		web_time(h, paper, "filed_at");
	}
	html_raw(h, "</td></tr>");
}

static int
kinds_get(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	const struct policy_kind *k;
	const struct policy *rules;
	size_t i, n;
	int r;

	if ((r = web_rules(c, &rules, e)) < 0 ||
	    (r = cli_get(&c->cli, &j, e, "/v1/cases/%/documents", c->part[0])) <
		0)
		return r;
	snprintf(
	    c->title, sizeof(c->title), _("Fiches : dossier %s"), c->part[0]);
	web_table(c, _("Fiches de ce dossier"), _("Fiche"), _("Où elle en est"),
	    NULL);
	for (n = policy_kinds(rules, &k), i = 0; i < n; i++)
		if (k[i].is_record && !k[i].by_vault)
			write_kind(c, &k[i], json_object_get(j, "documents"));
	web_table_end(c);
	html(&c->h, "<p class=\"actions\"><a href=\"/dossier/%s\">%s</a></p>",
	    c->part[0], _("Retour au dossier"));
	return 0;
}

const struct web_route web_record[] = {
	{ "GET", "/dossier/%/fiches", kinds_get, 0 },
	{ "GET", "/dossier/%/fiche/%", form_get, 0 },
	{ "POST", "/dossier/%/fiche/%", form_post, 0 },
	{ "POST", "/dossier/%/fiche/%/brouillon", draft_post, 0 },
	{ "GET", "/dossier/%/fiche/%/deposee", filed_get, 0 },
	{ "POST", "/dossier/%/fiche/%/papier", paper_post, 0 },
	{ "GET", "/dossier/%/fiche/%/imprimer", print_get, 0 },
	{ 0 },
};
