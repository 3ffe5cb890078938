/*
 * Visite: what comes back from a visit, on one page and as one change: met or
 * not, the documents, each adult's consents, the démarches. What is typed and
 * the files that were chosen are kept sealed in the vault until it is entered
 * (visitdraft.h): a closed browser, a console that ends, a vault that is
 * started again lose nothing of it.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "client/record_file.h"
#include "client/web/choices.h"
#include "client/web/control.h"
#include "client/web/visitdraft.h"
#include "client/words.h"

#define SLOTS LOT_VISIT_DOCUMENTS
#define STEPS 3 /* démarches */
#define PARCELS (SLOTS + STEPS + 1)
#define CONSENT_KIND "consentement"
#define WHAT "visite"

static const char *const said_names[] = { "day", "result", "channel", "note",
	"kind.0", "kind.1", "kind.2", "level.0", "level.1", "level.2",
	"consent", "method", "witness", "device.0", "device.1", "device.2",
	"until.0", "until.1", "until.2", "goal.0", "goal.1", "goal.2", "reason",
	NULL };

/* A visit on its way: its documents, the records among them. */
struct bag {
	struct parcel parcel[PARCELS];
	int slot[PARCELS]; /* of the page, from 0; -1: a record */
	size_t n;
	size_t sheet; /* what consents rest on, from 1; 0: none */
	json_t *body, *documents;
	char key[2 * SHA256_LEN + 1];
};

static void
bag_free(struct bag **bp)
{
	struct bag *b = *bp;
	size_t i;

	if (b == NULL)
		return;
	for (i = 0; i < b->n; i++)
		parcel_done(&b->parcel[i]);
	json_decref(b->body);
	free(b);
	*bp = NULL;
}

static const char *
slot_name(const char *what, int slot, char room[32])
{
	snprintf(room, 32, "%s.%d", what, slot);
	return room;
}

static const char *
slot_said(const struct lot *l, const char *what, int slot)
{
	char room[32];

	return lot_said(l, slot_name(what, slot, room));
}

/* --- what is entered ---------------------------------------------------------
 */

/* Named, described, and in the list of documents. */
static int
add_parcel(const struct lot *l, struct bag *b, int slot, const char *kase,
    struct err *e)
{
	struct parcel *p = &b->parcel[b->n - 1];
	json_t *o = json_object();
	int r;

	b->slot[b->n - 1] = slot;
	if (json_array_append_new(b->documents, o) < 0)
		return err_set(e, ERR_NOMEM, "visit");
	if ((r = parcel_name(p, kase, e)) < 0)
		return r;
	if (slot >= 0)
		r = lot_name_uploads(l, slot, p, e);
	else
		r = source_name_upload(
		    &p->page[0], p->kase, l->id, -2 - (int)b->n, e);
	return r < 0 ? r : parcel_body(p, o, e);
}

static int
add_slot(struct web_call *c, const struct lot *l, struct bag *b, int slot,
    struct err *e)
{
	struct parcel *p = &b->parcel[b->n];
	int r;

	if (lot_count(l, slot) == 0)
		return 0;
	b->n++;
	p->kind = slot_said(l, "kind", slot);
	p->level = slot_said(l, "level", slot);
	if (p->kind == NULL)
		return err_tag(
		    e, ERR_INVALID, "web-no-kind", "documents[%zu]", b->n);
	if ((r = lot_parcel(l, slot, p, e)) < 0)
		return err_wrap(e, "documents[%zu]", b->n);
	if (b->sheet == 0 || strcmp(p->kind, CONSENT_KIND) == 0)
		b->sheet = b->n;
	return add_parcel(l, b, slot, c->part[0], e);
}

static int
add_record(struct web_call *c, const struct lot *l, struct bag *b,
    const char *kind, const json_t *record, struct err *e)
{
	const char *name =
	    strcmp(kind, "contact") == 0 ? "contact.json" : "demarche.json";
	struct parcel *p = &b->parcel[b->n];
	int r;

	if ((r = record_source(&p->page[0], record, name, e)) < 0)
		return r;
	b->n++;
	p->pages = 1;
	p->kind = kind;
	return add_parcel(l, b, -1, c->part[0], e);
}

static int
add_contact(struct web_call *c, const struct lot *l, struct bag *b,
    const char *day, struct err *e)
{
	AUTO(json_decrefp) json_t *record = json_object();
	int r;

	if ((r = cli_member(record, "date", day, e)) < 0 ||
	    (r = cli_member(record, "canal", lot_said(l, "channel"), e)) < 0 ||
	    (r = cli_member(record, "resultat", lot_said(l, "result"), e)) <
		0 ||
	    (r = cli_member(record, "commentaire", lot_said(l, "note"), e)) < 0)
		return r;
	return add_record(c, l, b, "contact", record, e);
}

static int
add_step(struct web_call *c, const struct lot *l, struct bag *b, int i,
    const char *day, struct err *e)
{
	AUTO(json_decrefp) json_t *record = json_object();
	int r;

	if (slot_said(l, "device", i) == NULL)
		return 0;
	if ((r = cli_member(record, "date", day, e)) < 0 ||
	    (r = cli_member(record, "etat", "a-faire", e)) < 0 ||
	    (r = cli_member(
		 record, "dispositif", slot_said(l, "device", i), e)) < 0 ||
	    (r = cli_member(record, "echeance", slot_said(l, "until", i), e)) <
		0 ||
	    (r = cli_member(record, "objectif", slot_said(l, "goal", i), e)) <
		0)
		return r;
	return add_record(c, l, b, "demarche", record, e);
}

/* The sheet of a person, from the list; made when there is none. */
static json_t *
sheet_of(const struct lot *l, const struct bag *b, json_t *sheets,
    const char *person, const char *day)
{
	const char *method = lot_said(l, "method");
	json_t *o;
	size_t i;

	json_array_foreach(sheets, i, o)
	{
		if (strcmp(json_string_value(json_array_get(
			       json_object_get(o, "persons"), 0)),
			person) == 0)
			return o;
	}
	o = json_pack("{s:[s], s:[], s:s, s:s}", "persons", person, "purposes",
	    "method", method != NULL ? method : "handwritten", "given_on", day);
	if (o != NULL && lot_said(l, "witness") != NULL)
		json_object_set_new(
		    o, "witness", json_string(lot_said(l, "witness")));
	if (o != NULL && b->sheet > 0)
		json_object_set_new(
		    o, "evidence_document", json_integer((json_int_t)b->sheet));
	json_array_append_new(sheets, o);
	return o;
}

/* Boxes are PERSON/PURPOSE. */
static int
add_consents(
    const struct lot *l, const struct bag *b, const char *day, struct err *e)
{
	json_t *sheets = json_array(), *o;
	const char *box, *slash;
	char person[64];
	size_t i;

	for (i = 0; (box = lot_said_n(l, "consent", i)) != NULL; i++) {
		slash = strchr(box, '/');
		if (slash == NULL || (size_t)(slash - box) >= sizeof(person)) {
			json_decref(sheets);
			return err_tag(e, ERR_INVALID, "web-form", "consent");
		}
		snprintf(
		    person, sizeof(person), "%.*s", (int)(slash - box), box);
		o = sheet_of(l, b, sheets, person, day);
		if (json_array_append_new(json_object_get(o, "purposes"),
			json_string(slash + 1)) < 0) {
			json_decref(sheets);
			return err_set(e, ERR_NOMEM, "visit");
		}
	}
	if (i == 0) {
		json_decref(sheets);
		return 0;
	}
	return json_object_set_new(b->body, "consents", sheets) == 0
		   ? 0
		   : err_set(e, ERR_NOMEM, "visit");
}

static int
add_refusal(
    const struct lot *l, const struct bag *b, const char *day, struct err *e)
{
	json_t *o;
	int r;

	if (lot_said(l, "reason") == NULL)
		return 0;
	o = json_object();
	if (json_object_set_new(b->body, "refusal", o) < 0)
		return err_set(e, ERR_NOMEM, "visit");
	if ((r = cli_member(o, "reason", lot_said(l, "reason"), e)) < 0 ||
	    (r = cli_member(o, "channel", lot_said(l, "channel"), e)) < 0)
		return r;
	return cli_member(o, "refused_on", day, e);
}

/* The same visit sent twice has one key: who, where, and all of it. */
static int
derive_key(struct bag *b, const char *kase, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(mem_freep)
	char *dump = json_dumps(b->body, JSON_COMPACT | JSON_SORT_KEYS);
	uint8_t sum[SHA256_LEN];
	int r;

	if (dump == NULL)
		return err_set(e, ERR_NOMEM, "visit");
	if ((r = buf_addf(&text, e, "sceau/visit/1\n%u\n%s\n%s\n",
		 (unsigned)getuid(), kase, dump)) < 0 ||
	    (r = digest_of(DIGEST_SHA256, text.p, text.len, sum, e)) < 0)
		return r;
	hex_format(sum, sizeof(sum), b->key);
	return 0;
}

static int
pack(struct web_call *c, const struct lot *l, struct bag *b, struct err *e)
{
	const char *day = lot_said(l, "day");
	char today[11];
	int i, r = 0;

	cli_today(today);
	if (day == NULL)
		day = today;
	b->body = json_object();
	b->documents = json_array();
	if (json_object_set_new(b->body, "documents", b->documents) < 0)
		return err_set(e, ERR_NOMEM, "visit");
	if (lot_said(l, "result") == NULL)
		return err_tag(e, ERR_INVALID, "web-no-result", "%s", "");
	for (i = 0; r == 0 && i < SLOTS; i++)
		r = add_slot(c, l, b, i, e);
	if (r < 0 || (r = add_contact(c, l, b, day, e)) < 0)
		return r;
	for (i = 0; r == 0 && i < STEPS; i++)
		r = add_step(c, l, b, i, day, e);
	if (r < 0 || (r = add_consents(l, b, day, e)) < 0 ||
	    (r = add_refusal(l, b, day, e)) < 0 ||
	    (l->revision > 0 &&
		(r = cli_member(b->body, "draft", l->draft, e)) < 0))
		return r;
	return derive_key(b, c->part[0], e);
}

/* Cut, or not covered by a head yet: the same key gives the first answer. */
static int
post(struct web_call *c, struct bag *b, json_t **out, struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 };
	size_t i;
	int n, r;

	for (i = 0; i < b->n; i++)
		if ((r = parcel_send(&c->cli, &b->parcel[i], e)) < 0)
			return err_wrap(e, "documents[%zu]", i + 1);
	if ((r = cli_path(&path, e, "/v1/cases/%/visits", c->part[0])) < 0)
		return r;
	for (n = 1;; n++) {
		r = cli_call(
		    &c->cli, "POST", buf_str(&path), b->body, b->key, out, e);
		if (r == 0 || n == UPLOAD_TRIES ||
		    (r != -(int)ERR_PENDING && !upload_may_retry(&c->cli, e)))
			return r;
		upload_pause(n);
	}
}

/* *slot: the document of the page that is at fault, from 0; or -1. */
static int
enter(struct web_call *c, struct lot *l, int *slot, struct err *e)
{
	AUTO(bag_free) struct bag *b = calloc(1, sizeof(*b));
	AUTO(json_decrefp) json_t *j = NULL;
	unsigned at;
	int r;

	if (b == NULL)
		return err_set(e, ERR_NOMEM, "visit");
	if ((r = pack(c, l, b, e)) == 0)
		r = post(c, b, &j, e);
	if (r < 0) {
		if (sscanf(e->text, "documents[%u]", &at) == 1 && at > 0 &&
		    at <= b->n)
			*slot = b->slot[at - 1];
		return r;
	}
	while (l->n > 0)
		lot_remove(c, l, l->file[0].key);
	l->done = TAKE(j);
	return 0;
}

/* --- the form
 * --------------------------------------------------------------- */

static void
write_met(struct web_call *c, const struct policy *rules, const struct lot *l,
    const struct err *wrong)
{
	AUTO(json_decrefp)
	json_t *results = choices_codes(rules, "contact", "resultat");
	AUTO(json_decrefp)
	json_t *channels = choices_codes(rules, "contact", "canal");
	AUTO(json_decrefp)
	json_t *reasons = choices_codes(rules, "issue", "motif");
	const char *was = lot_said(l, "result");
	struct html *h = &c->h;
	struct web_control channel = { .name = "channel",
		.label = _("Comment"),
		.value = lot_said(l, "channel"),
		.required = 1 };
	struct web_control day = { .name = "day",
		.label = _("Jour"),
		.type = "date",
		.value = lot_said(l, "day"),
		.required = 1 };
	struct web_control reason = { .name = "reason",
		.label = _("Refus du diagnostic : pour quoi"),
		.value = lot_said(l, "reason"),
		.hint = _("À remplir seulement si le ménage refuse : aucune "
			  "fiche sociale ne sera gardée.") };
	struct web_control note = { .name = "note",
		.label = _("Note"),
		.type = "area",
		.rows = 2,
		.value = lot_said(l, "note"),
		.hint = _("N'écrivez rien sur la santé, l'origine ou les "
			  "opinions de quelqu'un : ce qui n'est pas écrit ne "
			  "peut pas fuir.") };
	int none =
	    wrong->tag != NULL && strcmp(wrong->tag, "web-no-result") == 0;
	json_t *v;
	size_t i;

	html(h, "<fieldset id=\"result\"><legend>%s</legend>",
	    _("Le ménage a-t-il été rencontré ?"));
	if (none)
		html(h, "<p class=\"wrong bad\">%s</p>",
		    _("Dites si le ménage a été rencontré."));
	json_array_foreach(results, i, v)
	{
		html(h,
		    "<label class=\"choice\"><input type=\"radio\" "
		    "name=\"result\" value=\"%s\"",
		    jstr(v, "v"));
		if (was != NULL && strcmp(was, jstr(v, "v")) == 0)
			html_raw(h, " checked");
		html(h, "> %s</label>", jstr(v, "t"));
	}
	html_raw(h, "</fieldset>");
	web_select_json(c, &channel, channels, "v", "t");
	web_input(c, &day);
	web_input(c, &note);
	if (json_array_size(reasons) > 0)
		web_select_json(c, &reason, reasons, "v", "t");
}

static void
write_slot(struct web_call *c, const struct lot *l, const json_t *kinds,
    const json_t *levels, int slot, int wrong)
{
	struct html *h = &c->h;
	char kind[32], level[32], size[32];
	struct web_control k = { .name = slot_name("kind", slot, kind),
		.label = _("Type de document"),
		.value = slot_said(l, "kind", slot) };
	struct web_control v = { .name = slot_name("level", slot, level),
		.label = _("Comment c'est signé"),
		.value = slot_said(l, "level", slot) };
	size_t i;

	if (wrong)
		k.wrong = _("Ce document est en cause : voyez la phrase en "
			    "haut de la page.");
	html(h, "<fieldset><legend>%s %d</legend>", _("Document"), slot + 1);
	web_select_json(c, &k, kinds, "v", "t");
	html(h,
	    "<div class=\"field\"><label for=\"fichiers.%d\">%s</label>"
	    "<input type=\"file\" id=\"fichiers.%d\" name=\"fichiers.%d\" "
	    "multiple></div>",
	    slot, _("Fichiers, ou photos dans l'ordre des pages"), slot, slot);
	html(h, "<div%s><p>%s</p><ul data-files=\"%d\">",
	    lot_count(l, slot) > 0 ? "" : " hidden", _("Déjà là :"), slot);
	for (i = 0; i < l->n; i++)
		if (l->file[i].part == slot)
			html(h,
			    "<li>%s (%s) <label class=\"choice\"><input "
			    "type=\"checkbox\" name=\"oter\" value=\"%s\"> "
			    "%s</label></li>",
			    l->file[i].name, human_size(l->file[i].size, size),
			    l->file[i].key, _("retirer"));
	html_raw(h, "</ul></div>");
	html(h, "<details><summary>%s</summary>", _("La signature"));
	web_select_json(c, &v, levels, "v", "t");
	html_raw(h, "</details></fieldset>");
}

static void
write_documents(struct web_call *c, const struct policy *rules,
    const struct lot *l, int wrong)
{
	AUTO(json_decrefp) json_t *kinds = choices_kinds(rules, 0);
	AUTO(json_decrefp) json_t *levels = choices_levels(rules);
	int i;

	html(&c->h, "<h2>%s</h2>", _("Documents rapportés"));
	for (i = 0; i < SLOTS; i++)
		write_slot(c, l, kinds, levels, i, wrong == i);
}

static void
write_person(struct web_call *c, const struct policy *rules,
    const struct lot *l, const json_t *p)
{
	const struct policy_consent *all;
	size_t i, n = policy_consents(rules, &all);
	struct html *h = &c->h;
	char box[160];

	html(h, "<fieldset><legend>%s</legend>", jstr(p, "name"));
	for (i = 0; i < n; i++) {
		snprintf(box, sizeof(box), "%s/%s", jstr(p, "person"),
		    all[i].purpose);
		html(h,
		    "<label class=\"choice\"><input type=\"checkbox\" "
		    "name=\"consent\" value=\"%s\"",
		    box);
		if (lot_says(l, "consent", box))
			html_raw(h, " checked");
		html(h, "> %s</label>", all[i].title);
	}
	html_raw(h, "</fieldset>");
}

static void
write_consents(struct web_call *c, const struct policy *rules,
    const struct lot *l, const json_t *kase)
{
	static const struct web_choice methods[] = {
		{ "handwritten", N_("manuscrite, sur papier") },
		{ "tablet", N_("au stylet, sur une tablette") },
		{ "oral", N_("orale, avec un témoin") }, { 0 }
	};
	const char *was = lot_said(l, "method");
	struct web_control method = { .name = "method",
		.label = _("Forme de l'accord"),
		.value = was != NULL ? was : "handwritten" };
	struct web_control witness = { .name = "witness",
		.label = _("Témoin, si l'accord est oral"),
		.value = lot_said(l, "witness") };
	json_t *p;
	size_t i;

	html(&c->h, "<h2>%s</h2><p class=\"hint\">%s</p>",
	    _("Accords de chaque adulte"),
	    _("Ils s'appuient sur la feuille de consentement rapportée ou, à "
	      "défaut, sur le premier document. Rien n'est coché d'avance : "
	      "un accord ne se présume pas."));
	json_array_foreach(json_object_get(kase, "persons"), i, p)
	{
		if (json_is_true(json_object_get(p, "adult")))
			write_person(c, rules, l, p);
	}
	html(&c->h, "<details><summary>%s</summary>",
	    _("Autrement que sur papier"));
	web_select(c, &method, methods);
	web_input(c, &witness);
	html_raw(&c->h, "</details>");
}

static void
write_step(
    struct web_call *c, const struct lot *l, const json_t *devices, int i)
{
	char a[32], b[32], d[32];
	struct web_control device = { .name = slot_name("device", i, a),
		.label = _("Dispositif"),
		.value = slot_said(l, "device", i) };
	struct web_control goal = { .name = slot_name("goal", i, b),
		.label = _("Objectif"),
		.value = slot_said(l, "goal", i) };
	struct web_control until = { .name = slot_name("until", i, d),
		.label = _("Au plus tard le"),
		.type = "date",
		.value = slot_said(l, "until", i) };

	html(&c->h, "<fieldset><legend>%s %d</legend>", _("Démarche"), i + 1);
	web_select_json(c, &device, devices, "v", "t");
	web_input(c, &goal);
	web_input(c, &until);
	html_raw(&c->h, "</fieldset>");
}

static void
write_steps(struct web_call *c, const struct policy *rules, const struct lot *l)
{
	AUTO(json_decrefp)
	json_t *devices = choices_codes(rules, "demarche", "dispositif");
	int i, any = 0;

	for (i = 0; i < STEPS; i++)
		any |= slot_said(l, "device", i) != NULL;
	html(&c->h, "<details%s><summary>%s</summary>", any ? " open" : "",
	    _("Démarches à faire"));
	for (i = 0; i < STEPS; i++)
		write_step(c, l, devices, i);
	html_raw(&c->h, "</details>");
}

/* The day and the channel of most visits, until something is said. */
static void
presume(struct lot *l)
{
	char today[11];

	cli_today(today);
	if (lot_said(l, "day") == NULL)
		json_object_set_new(l->said, "day", json_pack("[s]", today));
	if (lot_said(l, "channel") == NULL)
		json_object_set_new(
		    l->said, "channel", json_pack("[s]", "visite"));
	if (json_object_get(l->said, "result") == NULL)
		json_object_set_new(
		    l->said, "result", json_pack("[s]", "rencontre"));
	/* What a visit brings back first of all. */
	if (json_object_get(l->said, "kind.0") == NULL)
		json_object_set_new(
		    l->said, "kind.0", json_pack("[s]", "contrat-engagement"));
}

/* It was kept before; or elsewhere since, and then that can be taken up. */
static void
write_kept(struct web_call *c, const struct lot *l, const struct err *wrong)
{
	struct html *h = &c->h;

	if (wrong->tag != NULL &&
	    strcmp(wrong->tag, "visit-draft-changed") == 0) {
		web_form(c, 0, "/dossier/%/visite/%", c->part[0], l->id);
		html(h,
		    "<p class=\"actions\"><button name=\"faire\" "
		    "value=\"reprendre\">%s</button></p></form>",
		    _("Reprendre ce qui est au coffre"));
	} else if (l->revision > 0)
		html(h, "<p class=\"note\">%s</p>",
		    _("Brouillon gardé au coffre, scellé : vous seul le "
		      "retrouvez ici, sur tout poste."));
}

static int
show(struct web_call *c, struct lot *l, const struct err *wrong, int slot,
    struct err *e)
{
	AUTO(json_decrefp) json_t *kase = NULL;
	const struct policy *rules;
	int r;

	c->script = "draft.js";
	if ((r = web_rules(c, &rules, e)) < 0 ||
	    (r = cli_get(&c->cli, &kase, e, "/v1/cases/%", c->part[0])) < 0)
		return r;
	snprintf(
	    c->title, sizeof(c->title), _("Visite : dossier %s"), c->part[0]);
	if (wrong->code != ERR_OK) {
		web_error(c, wrong);
		c->status = 422;
	}
	write_kept(c, l, wrong);
	web_form(c, 1, "/dossier/%/visite/%", c->part[0], l->id);
	presume(l);
	write_met(c, rules, l, wrong);
	write_documents(c, rules, l, slot);
	write_consents(c, rules, l, kase);
	write_steps(c, rules, l);
	html(&c->h,
	    "<p data-kept role=\"status\" class=\"hint\" data-label=\"%s\" "
	    "data-alone=\"%s\" data-file=\"%s\">"
	    "</p><p class=\"actions\"><button name=\"faire\" "
	    "value=\"inscrire\">%s</button><button class=\"second\" "
	    "formnovalidate "
	    "name=\"faire\" value=\"garder\">%s</button><button "
	    "class=\"second\" formnovalidate name=\"faire\" "
	    "value=\"abandonner\">%s</button>"
	    "</p></form>",
	    _("Ce qui est écrit est gardé au coffre, scellé."),
	    _("Le coffre n'a pas gardé ce qui est écrit : il n'est que dans la "
	      "console."),
	    _("retirer"), _("Inscrire la visite"), _("Garder le brouillon"),
	    _("Abandonner"));
	return 0;
}

/* --- the requests
 * ------------------------------------------------------------ */

static int
begin_get(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *list = lot_list(c, c->part[0]);
	char id[ID_TEXT];
	json_t *l;
	size_t i;
	int r;

	/* What was begun is gone on with. */
	json_array_foreach(list, i, l)
	{
		if (strcmp(jstr(l, "what"), WHAT) == 0 &&
		    !json_is_true(json_object_get(l, "filed")))
			return web_redirect(c, e, "/dossier/%/visite/%",
			    c->part[0], jstr(l, "lot"));
	}
	if ((r = lot_new_id(id, e)) < 0)
		return r;
	return web_redirect(c, e, "/dossier/%/visite/%", c->part[0], id);
}

/* What the vault has of it comes in when it is not here. */
static int
take(struct web_call *c, int make, struct lot **l, struct err *e)
{
	int r = lot_take(c, c->part[0], c->part[1], make, l, e);

	if (r < 0)
		return r;
	snprintf((*l)->what, sizeof((*l)->what), "%s", WHAT);
	if ((*l)->loaded || (*l)->done != NULL)
		return 0;
	if ((r = visitdraft_load(c, *l, e)) < 0) {
		lot_forget(c, *l);
		lot_put(c, l);
	}
	return r;
}

static int
form_get(struct web_call *c, struct err *e)
{
	struct err none = { 0 };
	struct lot *l = NULL;
	int r;

	if ((r = take(c, 1, &l, e)) < 0)
		return r;
	r = l->done != NULL ? web_redirect(c, e, "/dossier/%/visite/%/inscrite",
				  c->part[0], l->id)
			    : show(c, l, &none, -1, e);
	lot_put(c, &l);
	return r;
}

/* What was chosen comes to what is there; what was crossed out goes. */
static int
take_files(struct web_call *c, struct lot *l, struct err *e)
{
	const char *key;
	char name[32];
	size_t i;
	int n, slot, r;

	l->saved = 0;
	for (n = 0; (key = web_field_n(c, "oter", n)) != NULL; n++)
		lot_remove(c, l, key);
	for (i = 0; i < c->nfiles; i++)
		for (slot = 0; slot < SLOTS; slot++)
			if (strcmp(c->files[i].field,
				slot_name("fichiers", slot, name)) == 0 &&
			    (r = lot_add(c, l, &c->files[i], slot, e)) < 0)
				return r;
	return 0;
}

/* It was kept elsewhere: that is gone on with. */
static int
take_up(struct web_call *c, struct lot *l, struct err *e)
{
	int r = visitdraft_load(c, l, e);

	return r < 0 ? r
		     : web_redirect(
			   c, e, "/dossier/%/visite/%", c->part[0], l->id);
}

static int
keep(struct web_call *c, struct lot *l, struct err *e)
{
	struct err wrong = { 0 };

	if (visitdraft_save(c, l, &wrong) < 0) {
		if (wrong.tag != NULL &&
		    strcmp(wrong.tag, "purpose-missing") == 0) {
			*e = wrong;
			return -(int)e->code;
		}
		return show(c, l, &wrong, -1, e);
	}
	web_tell(c, "%s",
	    _("Le brouillon est gardé au coffre, scellé. « Reprendre la visite "
	      "» "
	      "le retrouve, pour vous seul."));
	return web_redirect(c, e, "/dossier/%/visite/%", c->part[0], l->id);
}

static int
act(struct web_call *c, struct lot *l, struct err *e)
{
	struct err wrong = { 0 };
	int slot = -1, r;

	if (l->done != NULL)
		return web_redirect(
		    c, e, "/dossier/%/visite/%/inscrite", c->part[0], l->id);
	if (web_is(c, "faire", "reprendre"))
		return take_up(c, l, e);
	if (web_is(c, "faire", "abandonner")) {
		if ((r = visitdraft_drop(c, l, e)) < 0)
			return r;
		lot_forget(c, l);
		web_tell(c, "%s",
		    _("La visite est abandonnée : rien n'a été "
		      "inscrit."));
		return web_redirect(c, e, "/dossier/%", c->part[0]);
	}
	if ((r = lot_say(c, l, said_names, e)) < 0)
		return r;
	r = take_files(c, l, &wrong);
	if (r == 0 && web_is(c, "faire", "garder"))
		return keep(c, l, e);
	if (r == 0)
		r = enter(c, l, &slot, &wrong);
	/* Refused: what was typed and chosen lasts all the same. */
	if (r < 0)
		(void)!visitdraft_save(c, l, NULL);
	if (r < 0 && wrong.tag != NULL &&
	    strcmp(wrong.tag, "purpose-missing") == 0) {
		*e = wrong;
		return r;
	}
	if (r < 0)
		return show(c, l, &wrong, slot, e);
	return web_redirect(
	    c, e, "/dossier/%/visite/%/inscrite", c->part[0], l->id);
}

static int
form_post(struct web_call *c, struct err *e)
{
	struct lot *l = NULL;
	int r;

	if ((r = take(c, 1, &l, e)) < 0)
		return r;
	r = act(c, l, e);
	lot_put(c, &l);
	return r;
}

static json_t *
files_json(const struct lot *l)
{
	json_t *list = json_array();
	char size[32];
	size_t i;

	for (i = 0; i < l->n; i++)
		json_array_append_new(
		    list, json_pack("{s:s, s:s, s:s, s:i}", "key",
			      l->file[i].key, "name", l->file[i].name, "size",
			      human_size(l->file[i].size, size), "part",
			      l->file[i].part));
	return list;
}

/* The script's, while people type; files too, as they are chosen. */
static int
draft_post(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *files = NULL;
	struct err wrong = { 0 };
	struct lot *l = NULL;
	int r;

	if ((r = take(c, 1, &l, e)) < 0)
		return r;
	if (l->done == NULL && (r = lot_say(c, l, said_names, e)) == 0 &&
	    (r = take_files(c, l, e)) == 0)
		(void)!visitdraft_save(c, l, &wrong);
	files = files_json(l);
	lot_put(c, &l);
	if (r < 0)
		return r;
	return web_json(c, 200,
	    json_pack("{s:b, s:b, s:O}", "kept", 1, "vault",
		wrong.code == ERR_OK, "files", files),
	    e);
}

static void
write_entered(struct web_call *c, const struct policy *rules, const json_t *j)
{
	const struct policy_kind *k;
	json_t *d;
	size_t i, n = 0;

	html(&c->h, "<p class=\"told\" role=\"status\">%s</p>",
	    _("La visite est inscrite, tout entière : elle survit dès "
	      "maintenant à une coupure de courant."));
	web_table(c, _("Documents et fiches"), _("Document"), _("Type"),
	    _("Inscription n°"), NULL);
	json_array_foreach(json_object_get(j, "documents"), i, d)
	{
		k = policy_kind(rules, jstr(d, "kind"));
		html(&c->h,
		    "<tr><td><a href=\"/document/%s\">%s</a></td><td>%s</td>"
		    "<td>%lld</td></tr>",
		    jstr(d, "document"), jstr(d, "ref"),
		    k != NULL ? k->title : jstr(d, "kind"), jint(d, "leaf"));
	}
	web_table_end(c);
	json_array_foreach(json_object_get(j, "consents"), i, d) n +=
	    jcount(d, "consents");
	if (n > 0)
		html(&c->h, "<p>%s %zu</p>", _("Consentements inscrits :"), n);
	if (json_object_get(j, "refusal") != NULL)
		html(&c->h, "<p>%s</p>",
		    _("Refus du diagnostic inscrit : aucune fiche sociale ne "
		      "sera gardée."));
	html(&c->h, "<p class=\"actions\"><a href=\"/dossier/%s\">%s</a></p>",
	    c->part[0], _("Retour au dossier"));
}

static int
entered_get(struct web_call *c, struct err *e)
{
	const struct policy *rules;
	struct lot *l = NULL;
	int r;

	if ((r = web_rules(c, &rules, e)) < 0 || (r = take(c, 0, &l, e)) < 0)
		return r;
	snprintf(c->title, sizeof(c->title), _("Visite inscrite : dossier %s"),
	    c->part[0]);
	if (l->done != NULL)
		write_entered(c, rules, l->done);
	else
		r = web_redirect(
		    c, e, "/dossier/%/visite/%", c->part[0], l->id);
	lot_put(c, &l);
	return r;
}

const struct web_route web_visit[] = {
	{ "GET", "/dossier/%/visite", begin_get, 0 },
	{ "GET", "/dossier/%/visite/%", form_get, 0 },
	{ "POST", "/dossier/%/visite/%", form_post, WEB_FILES },
	{ "POST", "/dossier/%/visite/%/brouillon", draft_post, WEB_FILES },
	{ "GET", "/dossier/%/visite/%/inscrite", entered_get, 0 },
	{ 0 },
};
