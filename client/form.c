#include "client/form.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/term.h"
#include "base/text.h"
#include "base/workday.h"
#include "client/cli.h"
#include "client/formfields.h"
#include "client/markup.h"
#include "client/words.h"

#define CONSENT_KIND "consentement"
#define CONTRACT_KIND "contrat-engagement"
#define STEP_KIND "demarche"
#define CONTACT_KIND "contact"
#define PAPER_KIND "piece"

#define LEASES_FROM "1990-01-01" /* the oldest lease that a help is for */
#define HOLIDAYS_DAYS 1200	 /* how far ahead working days are known */

struct page {
	const struct form_spec *s;
	struct buf *out;
	int sections; /* of photographs, so far */
};

/* --- sections ---------------------------------------------------------------
 */

static int
fields(struct page *g, const struct policy_kind *k, const char *prefix,
    struct err *e)
{
	const struct formfields f = { .kind = k, .prefix = prefix };

	return formfields_html(&f, g->out, e);
}

static const struct policy_kind *
kind_of(const struct page *g, const char *name)
{
	return policy_kind(g->s->policy, name);
}

/* A record; optional: nothing is filed when nothing is filled. */
static int
record_section(struct page *g, const char *name, int optional, struct err *e)
{
	const struct policy_kind *k = kind_of(g, name);
	int r;

	if (k == NULL)
		return 0;
	if ((r = markup_add(g->out, e,
		 optional ? "<section data-record=\"%\" data-prefix=\"%.\""
			    " data-optional data-today><h2>%</h2>\n"
			  : "<section data-record=\"%\" data-prefix=\"%.\">"
			    "<h2>%</h2>\n",
		 k->name, optional ? "c" : "r", k->title, NULL)) < 0 ||
	    (r = fields(g, k, optional ? "c." : "r.", e)) < 0)
		return r;
	if (!optional &&
	    (r = markup_add(g->out, e,
		 "<label class=\"box\"><input type=\"checkbox\" data-draft"
		 " autocomplete=\"off\"> %</label>\n",
		 _("Ce n'est pas fini : garder cette fiche comme brouillon"),
		 NULL)) < 0)
		return r;
	return buf_addstr(g->out, "</section>\n", e);
}

/* What is printed and signed: nothing of it is filed when nothing is filled,
 * for who signed a paper that was printed before. */
static int
paper_section(struct page *g, const struct policy_kind *k, struct err *e)
{
	int r;

	if ((r = markup_add(g->out, e,
		 "<section data-record=\"%\" data-prefix=\"r.\" data-optional"
		 " data-today data-paper><h2>%</h2>\n<p class=\"hint\">%</p>\n",
		 k->name, k->title,
		 _("À imprimer et à signer. Si le papier est déjà imprimé, "
		   "laissez vide et photographiez-le signé. Ce qui se calcule "
		   "(la fin, la dernière échéance) peut rester vide."),
		 NULL)) < 0 ||
	    (r = fields(g, k, "r.", e)) < 0)
		return r;
	return markup_add(g->out, e,
	    "<p id=\"paper-live\" aria-live=\"polite\"></p>\n"
	    "<button type=\"button\" class=\"second\" id=\"paper-print\">%"
	    "</button></section>\n",
	    _("Imprimer, pour la signature"), NULL);
}

static int
levels(
    struct page *g, const struct policy_kind *k, const char *id, struct err *e)
{
	const char *const *l;
	int r;

	if ((r = markup_add(g->out, e,
		 "<label for=\"%-level\">%</label><select id=\"%-level\""
		 " data-level autocomplete=\"off\">",
		 id, _("Comment c'est signé"), id, NULL)) < 0)
		return r;
	/* What a photograph can show. */
	for (l = k->levels; *l != NULL; l++)
		if ((strcmp(*l, "handwritten-scan") == 0 ||
			strcmp(*l, "stylus") == 0) &&
		    (r = markup_add(g->out, e,
			 strcmp(*l, "handwritten-scan") == 0
			     ? "<option value=\"%\" selected>%</option>"
			     : "<option value=\"%\">%</option>",
			 *l, word_for(*l), NULL)) < 0)
			return r;
	return buf_addstr(g->out, "</select>\n", e);
}

/* Photographs that become the pages of one document. */
static int
photo_section(struct page *g, const char *name, int required, struct err *e)
{
	const struct policy_kind *k = kind_of(g, name);
	char id[16], max[16];
	int r;

	if (k == NULL)
		return 0;
	snprintf(id, sizeof(id), "p%d", ++g->sections);
	snprintf(max, sizeof(max), "%u",
	    k->pages_max < FORM_PAGES_MAX ? k->pages_max : FORM_PAGES_MAX);
	if ((r = markup_add(g->out, e,
		 "<fieldset id=\"%\" data-photos=\"%\" data-max=\"%\""
		 " tabindex=\"-1\"",
		 id, k->name, max, NULL)) < 0 ||
	    (r = buf_addstr(g->out, required ? " data-required" : "", e)) < 0 ||
	    (r = markup_add(g->out, e,
		 "><legend>%<span class=\"mark\"> %</span></legend>\n"
		 "<p class=\"hint\">%</p><p class=\"error\" id=\"%-e\"></p>\n"
		 "<label for=\"%-t\">%</label><input type=\"file\" id=\"%-t\""
		 " accept=\"image/*\" capture=\"environment\""
		 " autocomplete=\"off\">\n"
		 "<label for=\"%-c\">%</label><input type=\"file\" id=\"%-c\""
		 " accept=\"image/*\" multiple autocomplete=\"off\">\n"
		 "<ol></ol>\n",
		 k->title, _("photographies"),
		 _("Une photographie par page, dans l'ordre. Elles sont "
		   "redessinées ici : le lieu et l'appareil n'y sont plus."),
		 id, id, _("Prendre une photographie"), id, id,
		 _("Ajouter des photographies déjà prises"), id, NULL)) < 0)
		return r;
	if (k->is_signed && (r = levels(g, k, id, e)) < 0)
		return r;
	return buf_addstr(g->out, "</fieldset>\n", e);
}

/* Steps: a record each. */
static int
step_section(struct page *g, struct err *e)
{
	const struct policy_kind *k = kind_of(g, STEP_KIND);
	int r;

	if (k == NULL)
		return 0;
	if ((r = markup_add(g->out, e,
		 "<fieldset><legend>%</legend>\n<template data-rows=\"m\""
		 " data-max=\"%\"><div class=\"row\" role=\"group\""
		 " aria-label=\"% ##\" data-record=\"%\" "
		 "data-prefix=\"m##.\" data-today>\n",
		 _("Démarches"), "10", k->title, k->name, NULL)) < 0 ||
	    (r = fields(g, k, "m##.", e)) < 0)
		return r;
	return buf_addstr(g->out, "</div></template></fieldset>\n", e);
}

static int
purposes(struct page *g, struct err *e)
{
	const struct policy_consent *c;
	size_t i, n = policy_consents(g->s->policy, &c);
	int r;

	for (i = 0; i < n; i++) {
		if (!policy_in_force(&c[i].when, g->s->today))
			continue;
		if ((r = markup_add(g->out, e,
			 "<label class=\"box\"><input type=\"checkbox\""
			 " data-purpose value=\"%\" autocomplete=\"off\"> %"
			 "</label>\n",
			 c[i].purpose, c[i].title, NULL)) < 0)
			return r;
	}
	return 0;
}

static int
consent_section(struct page *g, struct err *e)
{
	int r;

	if ((r = markup_add(g->out, e,
		 "<fieldset id=\"consents\" data-consents=\"%\" "
		 "tabindex=\"-1\">"
		 "<legend>%</legend>\n<p class=\"hint\">%</p>\n"
		 "<p class=\"error\" id=\"consents-e\"></p>\n",
		 CONSENT_KIND, _("Ce que la feuille accorde"),
		 _("Seulement ce que tous les adultes du ménage ont signé sur "
		   "la feuille photographiée. Si l'un d'eux refuse ou manque, "
		   "ne cochez rien : la feuille sera déposée et les accords "
		   "s'entrent au bureau."),
		 NULL)) < 0 ||
	    (r = purposes(g, e)) < 0)
		return r;
	return markup_add(g->out, e,
	    "<label class=\"box\"><input type=\"checkbox\" id=\"everybody\""
	    " data-everybody autocomplete=\"off\"> %</label>\n"
	    "<p class=\"error\" id=\"everybody-e\"></p>\n"
	    "<label for=\"given\">%</label><p class=\"error\" id=\"given-e\">"
	    "</p><input type=\"date\" id=\"given\" data-type=\"date\""
	    " data-given autocomplete=\"off\">\n"
	    "<label for=\"method\">%</label><select id=\"method\" data-method"
	    " autocomplete=\"off\"><option value=\"handwritten\" selected>%"
	    "</option><option "
	    "value=\"tablet\">%</option></select></fieldset>\n",
	    _("Tous les adultes du ménage ont signé cette feuille"),
	    _("Signée le (vide : le jour du dépôt)"), _("Comment"),
	    _("Sur papier"), _("Au stylet sur une tablette"), NULL);
}

/* --- helps ------------------------------------------------------------------
 */

static int
help_section(struct page *g, struct err *e)
{
	return markup_add(g->out, e,
	    "<details><summary>%</summary>\n"
	    "<p class=\"hint\">%</p>\n"
	    "<h3>%</h3><p id=\"help-live\" aria-live=\"polite\"></p>"
	    "<button type=\"button\" class=\"second\" id=\"help-take\" hidden>%"
	    "</button>\n"
	    "<h3>%</h3><label for=\"help-lease\">%</label>"
	    "<input type=\"date\" id=\"help-lease\" autocomplete=\"off\">"
	    "<label for=\"help-act\">%</label>"
	    "<input type=\"date\" id=\"help-act\" autocomplete=\"off\">"
	    "<p id=\"help-delay\" aria-live=\"polite\"></p>\n"
	    "<h3>%</h3><label for=\"help-hearing\">%</label>"
	    "<input type=\"date\" id=\"help-hearing\" autocomplete=\"off\">"
	    "<p id=\"help-send\" aria-live=\"polite\"></p></details>\n",
	    _("Aides au calcul"),
	    _("Rien d'ici n'entre dans le fichier, sauf ce que vous reportez."),
	    _("Reste à vivre"), _("Reporter dans la fiche"),
	    _("Délai du commandement de payer"), _("Date du bail"),
	    _("Date du commandement"), _("Avant l'audience"),
	    _("Date de l'audience"), NULL);
}

static const char *
unit_word(enum term_unit u)
{
	switch (u) {
	case TERM_WEEKS:
		return "weeks";
	case TERM_MONTHS:
		return "months";
	default:
		return "days";
	}
}

/* The delays a commandement leaves, by the day of the lease: from when which
 * counts. Figures of the rules, asked of them day by day. */
static json_t *
delays_json(const struct form_spec *s)
{
	enum term_unit unit, last_unit = TERM_DAYS;
	uint32_t n, last = 0;
	json_t *list = json_array();
	int32_t day, from;
	char text[11];

	if (date_parse(LEASES_FROM, &from, NULL) < 0)
		return list;
	for (day = from; day <= s->today; day++) {
		if (policy_period_on(s->policy, "commandement-delay", day, &n,
			&unit, NULL) < 0 ||
		    (n == last && unit == last_unit))
			continue;
		date_format(day, text);
		json_array_append_new(
		    list, json_pack("{s:s, s:i, s:s}", "from",
			      day == from ? "0000-01-01" : text, "n", (int)n,
			      "unit", unit_word(unit)));
		last = n;
		last_unit = unit;
	}
	return list;
}

/* Days of the week on which nobody works, for some years. */
static json_t *
holidays_json(const struct form_spec *s)
{
	json_t *list = json_array();
	char text[11];
	int32_t day;

	for (day = s->today; day < s->today + HOLIDAYS_DAYS; day++) {
		/* 1970-01-01 was a Thursday. */
		if ((day + 3) % 7 >= 5 || workday_is(day))
			continue;
		date_format(day, text);
		json_array_append_new(list, json_string(text));
	}
	return list;
}

static json_t *
help_json(const struct form_spec *s)
{
	uint32_t send = 0, month = 0;
	enum term_unit unit;

	if (policy_period_on(s->policy, "dsf-transmission-days", s->today,
		&send, &unit, NULL) < 0)
		send = 0;
	if (policy_period_on(s->policy, "left-to-live-days", s->today, &month,
		&unit, NULL) < 0)
		month = 0;
	return json_pack("{s:o, s:o, s:I, s:I}", "delays", delays_json(s),
	    "holidays", holidays_json(s), "transmission", (json_int_t)send,
	    "month", (json_int_t)month);
}

/* --- words of the script -----------------------------------------------------
 */

struct script_word {
	const char *name, *text;
};
static const struct script_word script_words[] = {
	{ "add", N_("Ajouter : {title}") },
	{ "remove", N_("Retirer") },
	{ "up", N_("Avant la précédente") },
	{ "turn", N_("Tourner") },
	{ "page", N_("Page {n}") },
	{ "kilobytes", N_("{n} ko") },
	{ "megabytes", N_("{n} Mo") },
	{ "required", N_("À remplir.") },
	{ "integer", N_("Écrivez un nombre entier, par exemple 3.") },
	{ "amount", N_("Écrivez un montant en euros, par exemple 512,40.") },
	{ "date", N_("Écrivez une date, par exemple 23/11/2026.") },
	{ "long", N_("C'est trop long : raccourcissez.") },
	{ "plain", N_("Enlevez les caractères qui ne s'affichent pas.") },
	{ "faults", N_("À corriger avant de continuer :") },
	{ "picture", N_("Cette image ne s'ouvre pas : reprenez-la.") },
	{ "enough", N_("Il y a assez de pages pour un document.") },
	{ "photographs", N_("Photographiez au moins une page.") },
	{ "sheet", N_("Photographiez la feuille signée : ces accords reposent "
		      "sur elle.") },
	{ "everybody", N_("Cochez si tous ont signé ; sinon, ne cochez aucun "
			  "accord.") },
	{ "nothing", N_("Rien n'est rempli.") },
	{ "many", N_("C'est trop en une fois : faites deux fichiers.") },
	{ "heavy", N_("C'est trop lourd : moins de photographies, ou deux "
		      "fichiers.") },
	{ "sealed", N_("Scellé : {name}, {size}. Le fichier est avec vos "
		       "téléchargements ; seul le coffre l'ouvre. La page est "
		       "vide à nouveau.") },
	{ "failed", N_("Le fichier n'a pas pu être scellé. Rien n'est perdu : "
		       "essayez encore.") },
	{ "browser", N_("Ce navigateur ne peut pas sceller ici : ouvrez cette "
			"page avec Firefox, Chrome ou Edge.") },
	{ "help_live", N_("Remplissez les ressources et les charges.") },
	{ "live", N_("{left} par mois") },
	{ "daily", N_(", soit {daily} par personne et par jour") },
	{ "delay_days", N_("{n} jours") },
	{ "delay_weeks", N_("{n} semaines") },
	{ "delay_months", N_("{n} mois") },
	{ "until", N_(", jusqu'au {day}") },
	{ "send", N_("À transmettre au plus tard le {day}.") },
};

static const struct script_word paper_words[] = {
	{ "positive", N_("Écrivez un montant plus grand que zéro.") },
	{ "count", N_("Écrivez un nombre entier, au moins 1.") },
	{ "instalments", N_("{n} échéances de {each} ne font pas la dette : "
			    "il en faut {enough}, ou un autre montant pour la "
			    "dernière.") },
	{ "lacks", N_("Les échéances font {sum} : il manque {rest} pour la "
		      "dette.") },
	{ "exceeds", N_("Les échéances font {sum} : c'est {rest} de plus que "
			"la dette.") },
	{ "first", N_("La première échéance est avant la date du plan.") },
	{ "last", N_("Une échéance par mois : la dernière est le {day}. "
		     "Corrigez, ou laissez vide.") },
	{ "end", N_("Ce nombre de mois finit le {day}. Corrigez, ou laissez "
		    "vide.") },
	{ "within", N_("Ce jour n'est pas dans le contrat, qui va du {from} "
		       "au {to}.") },
	{ "witness", N_("Un accord de vive voix se donne devant un témoin : "
			"écrivez son nom.") },
	{ "plan_live", N_("Dernière échéance : {day}. Total : {sum}, dont "
			  "{last} à la dernière.") },
	{ "end_live", N_("Fin du contrat : {day}.") },
	{ "paper_to", N_("À qui : {to}") },
	{ "paper_what", N_("Quoi : {classes}") },
	{ "paper_months", N_("Combien de temps : {n} mois au plus") },
	{ "paper_read", N_("À lire : {notice} {version}") },
	{ "paper_answer", N_("☐ J'accepte   ☐ Je n'accepte pas") },
	{ "paper_free", N_("Je suis libre d'accepter ou non, accord par "
			   "accord. Ne pas accepter ne me sera pas reproché. "
			   "Je peux changer d'avis quand je veux, en le disant "
			   "à n'importe quelle personne de l'équipe.") },
	{ "paper_know", N_("À savoir") },
	{ "paper_sign", N_("Signatures") },
	{ "paper_made", N_("Fait à ………………………………, le ………………………") },
	{ "paper_box", N_("Date et signature :") },
	{ "paper_by", N_("a établi et remis ce papier") },
	{ "paper_dpo", N_("Délégué à la protection des données : {dpo}") },
};

static void
add_words(json_t *o, const struct script_word *w, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		json_object_set_new(o, w[i].name, json_string(_(w[i].text)));
}

static json_t *
words_json(const struct form_spec *s)
{
	json_t *o = json_object();

	add_words(o, script_words, NELEMS(script_words));
	if (policy_preparation(s->policy, s->kind) != NULL)
		add_words(o, paper_words, NELEMS(paper_words));
	return o;
}

/* Whose names stand in the boxes of a paper: places in its record. */
static json_t *
signers_json(const struct policy_kind *k)
{
	static const char *const places[] = { "parties.menage", "locataires",
		"bailleur.nom", "adulte", "parties.referent" };
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < NELEMS(places); i++)
		if (policy_field(k, places[i]) != NULL)
			json_array_append_new(list, json_string(places[i]));
	return list;
}

/* What each consent says, by its purpose. */
static json_t *
asked_json(const struct policy *p)
{
	const struct policy_recipient *to;
	const struct policy_consent *c;
	char sum[2 * SHA256_LEN + 1];
	json_t *all = json_object(), *classes;
	size_t i, j, n = policy_consents(p, &c);

	for (i = 0; i < n; i++) {
		classes = json_array();
		for (j = 0; c[i].classes[j] != NULL; j++)
			json_array_append_new(
			    classes, json_string(c[i].classes[j]));
		to = c[i].recipient != NULL
			 ? policy_recipient(p, c[i].recipient)
			 : NULL;
		hex_format(c[i].notice_sha256, SHA256_LEN, sum);
		json_object_set_new(all, c[i].purpose,
		    json_pack("{s:s, s:s, s:o, s:I, s:s, s:s, s:s, s:s}",
			"title", c[i].title, "to",
			to != NULL ? to->title
				   : _("à l'équipe, et à elle seule"),
			"classes", classes, "months",
			(json_int_t)c[i].valid_months, "notice", c[i].notice,
			"version", c[i].notice_version, "sha256", sum, "text",
			c[i].notice_text));
	}
	return all;
}

/* For the paper of a kind that is filled and printed; null: it is none. */
static json_t *
paper_json(const struct form_spec *s)
{
	const struct policy_kind *k = policy_preparation(s->policy, s->kind);
	const struct policy_operator *o = policy_operator(s->policy);

	if (k == NULL)
		return json_null();
	return json_pack("{s:o, s:s, s:o, s:s, s:s, s:s}", "signers",
	    signers_json(k), "notice",
	    k->notice_text != NULL ? k->notice_text : "", "asked",
	    policy_field(k, "accords.objet") != NULL ? asked_json(s->policy)
						     : json_null(),
	    "operator", o != NULL ? o->title : "", "address",
	    o != NULL ? o->address : "", "dpo", o != NULL ? o->dpo : "");
}

static json_t *
data_json(const struct form_spec *s)
{
	char vault[2 * ID_LEN + 1], public[2 * P256_PUB_LEN + 1];
	/* What sealing adds: a head, and 16 bytes of each 16 384. */
	uint64_t text = s->size_max - s->size_max / 512 - 256;

	hex_format(s->vault.b, ID_LEN, vault);
	hex_format(s->public, P256_PUB_LEN, public);
	return json_pack("{s:s, s:s, s:s, s:I, s:i, s:i, s:o, s:o, s:o}",
	    "kind", s->kind, "vault", vault, "public", public, "size",
	    (json_int_t)text, "documents", FORM_DOCUMENTS_MAX, "side",
	    FORM_SIDE_MAX, "words", words_json(s), "help", help_json(s),
	    "paper", paper_json(s));
}

/* JSON within a script element: no "<" of it may end the element. */
static int
add_data(struct page *g, struct err *e)
{
	AUTO(json_decrefp) json_t *j = data_json(g->s);
	AUTO(mem_freep)
	char *text = json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS);
	const char *p;
	int r;

	if (text == NULL)
		return err_set(e, ERR_NOMEM, "form");
	if ((r = buf_addstr(g->out,
		 "<script type=\"application/json\" id=\"form-data\">", e)) < 0)
		return r;
	for (p = text; *p != '\0'; p++)
		if ((r = *p == '<' ? buf_addstr(g->out, "\\u003c", e)
				   : buf_add(g->out, p, 1, e)) < 0)
			return r;
	return buf_addstr(g->out, "</script>\n", e);
}

/* --- the page ----------------------------------------------------------------
 */

/* The page's one script: of a paper, what that needs stands before it. */
static int
add_script(const struct page *g, struct buf *out, struct err *e)
{
	int r;

	if (policy_preparation(g->s->policy, g->s->kind) != NULL &&
	    (r = buf_addstr(out, form_paper, e)) < 0)
		return r;
	return buf_addstr(out, form_script, e);
}

static int
source_of(const char *text, struct buf *out, struct err *e)
{
	uint8_t sum[SHA256_LEN];
	int r;

	if ((r = digest_of(DIGEST_SHA256, text, strlen(text), sum, e)) < 0 ||
	    (r = buf_addstr(out, "'sha256-", e)) < 0 ||
	    (r = base64_format(sum, sizeof(sum), out, e)) < 0)
		return r;
	return buf_addstr(out, "'", e);
}

static int
add_policy(struct page *g, struct err *e)
{
	AUTO(buf_done) struct buf script = { 0 }, style = { 0 }, text = { 0 };
	int r;

	if ((r = add_script(g, &text, e)) < 0 ||
	    (r = source_of(buf_str(&text), &script, e)) < 0 ||
	    (r = source_of(form_style, &style, e)) < 0)
		return r;
	return buf_addf(g->out, e,
	    "<meta http-equiv=\"Content-Security-Policy\" content=\""
	    "default-src 'none'; script-src %s; style-src %s; img-src blob:; "
	    "form-action 'none'; base-uri 'none'\">\n",
	    buf_str(&script), buf_str(&style));
}

static const char *
title_of(const struct page *g)
{
	const struct policy_kind *k = kind_of(g, g->s->kind);

	return k != NULL ? k->title : _("Une visite");
}

static int
add_head(struct page *g, struct err *e)
{
	int r;

	if ((r = markup_add(g->out, e,
		 "<!DOCTYPE html>\n<html lang=\"%\" translate=\"no\">\n<head>"
		 "<meta charset=\"utf-8\">\n",
		 _("fr"), NULL)) < 0 ||
	    (r = add_policy(g, e)) < 0 ||
	    (r = markup_add(g->out, e,
		 "<meta name=\"referrer\" content=\"no-referrer\">\n"
		 "<meta name=\"google\" content=\"notranslate\">\n"
		 "<meta name=\"viewport\" content=\"width=device-width, "
		 "initial-scale=1\">\n<title>%</title>\n<style>",
		 title_of(g), NULL)) < 0 ||
	    (r = buf_addstr(g->out, form_style, e)) < 0)
		return r;
	return buf_addstr(g->out, "</style></head>\n<body><main>\n", e);
}

static int
add_top(struct page *g, struct err *e)
{
	struct civil_date today = civil_date(g->s->today);
	char day[16], version[16];

	snprintf(day, sizeof(day), "%02d/%02d/%04d", today.day, today.month,
	    today.year);
	snprintf(version, sizeof(version), "%u",
	    (unsigned)policy_version(g->s->policy));
	return markup_add(g->out, e,
	    "<h1>%</h1>\n<p class=\"note\">%</p>\n<p class=\"hint\">% % · % %"
	    "</p>\n<noscript><p class=\"told bad\">%</p></noscript>\n"
	    "<div id=\"summary\" role=\"alert\" tabindex=\"-1\" hidden></div>\n"
	    "<form autocomplete=\"off\" novalidate>\n",
	    title_of(g),
	    _("Rien ne part d'ici et rien n'est gardé par le navigateur : ce "
	      "que vous remplissez est scellé en un fichier que seul le coffre "
	      "ouvre. Avant cela, fermer la page efface tout. Les "
	      "photographies prises par l'appareil photo restent dans sa "
	      "galerie : effacez-les."),
	    _("Page du"), day, _("règles"), version,
	    _("Cette page a besoin de JavaScript pour sceller."), NULL);
}

static int
add_end(struct page *g, struct err *e)
{
	int r;

	if ((r = markup_add(g->out, e,
		 "<p><button type=\"submit\" id=\"seal\">%</button></p>\n"
		 "</form>\n<div id=\"paper\" hidden></div>\n<p id=\"state\" "
		 "role=\"status\" "
		 "tabindex=\"-1\"></p>\n"
		 "<a class=\"button\" id=\"again\" hidden>%</a>\n</main>\n",
		 _("Sceller et enregistrer le fichier"),
		 _("Enregistrer le fichier scellé encore une fois"), NULL)) <
		0 ||
	    (r = add_data(g, e)) < 0 ||
	    (r = buf_addstr(g->out, "<script>", e)) < 0 ||
	    (r = add_script(g, g->out, e)) < 0)
		return r;
	return buf_addstr(g->out, "</script>\n</body></html>\n", e);
}

static int
visit_sections(struct page *g, struct err *e)
{
	int r;

	if ((r = record_section(g, CONTACT_KIND, 1, e)) < 0 ||
	    (r = photo_section(g, CONTRACT_KIND, 0, e)) < 0 ||
	    (r = photo_section(g, CONSENT_KIND, 0, e)) < 0 ||
	    (r = consent_section(g, e)) < 0 ||
	    (r = photo_section(g, PAPER_KIND, 0, e)) < 0)
		return r;
	return step_section(g, e);
}

/* A document: its photographs, and what comes with it. */
static int
document_sections(struct page *g, const struct policy_kind *k, struct err *e)
{
	const struct policy_kind *paper =
	    policy_preparation(g->s->policy, k->name);
	int r;

	if (paper != NULL && (r = paper_section(g, paper, e)) < 0)
		return r;
	if ((r = photo_section(g, k->name, paper == NULL, e)) < 0)
		return r;
	if (strcmp(k->name, CONSENT_KIND) == 0)
		return consent_section(g, e);
	return strcmp(k->name, CONTRACT_KIND) == 0 ? step_section(g, e) : 0;
}

static int
record_sections(struct page *g, const struct policy_kind *k, struct err *e)
{
	int r;

	if ((r = record_section(g, k->name, 0, e)) < 0 ||
	    (r = help_section(g, e)) < 0)
		return r;
	return photo_section(g, PAPER_KIND, 0, e);
}

static int
accepts_pictures(const struct policy_kind *k)
{
	const char *const *m;

	for (m = k->media; *m != NULL; m++)
		if (strcmp(*m, "image/jpeg") == 0)
			return 1;
	return 0;
}

static int
check_kind(const struct form_spec *s, struct err *e)
{
	const struct policy_kind *k = policy_kind(s->policy, s->kind);

	if (strcmp(s->kind, FORM_VISIT) == 0)
		return 0;
	if (k == NULL || !policy_in_force(&k->when, s->today))
		return err_set(e, ERR_USAGE,
		    _("%.63s : les règles n'ont pas ce type"), s->kind);
	if (k->prepares != NULL)
		return err_set(e, ERR_USAGE,
		    _("%.63s : cette fiche se remplit avec le papier signé ; "
		      "demandez %.63s"),
		    s->kind, k->prepares);
	if (k->by_vault || (!k->is_record && !accepts_pictures(k)))
		return err_set(e, ERR_USAGE,
		    _("%.63s : ce type ne se remplit pas à la main"), s->kind);
	return 0;
}

int
form_page(const struct form_spec *s, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf made = { 0 };
	struct page g = { .s = s, .out = &made };
	const struct policy_kind *k = policy_kind(s->policy, s->kind);
	int r;

	if ((r = check_kind(s, e)) < 0 || (r = add_head(&g, e)) < 0 ||
	    (r = add_top(&g, e)) < 0)
		return r;
	if (k == NULL)
		r = visit_sections(&g, e);
	else
		r = k->is_record ? record_sections(&g, k, e)
				 : document_sections(&g, k, e);
	if (r < 0 || (r = add_end(&g, e)) < 0)
		return r;
	return buf_add(out, made.p, made.len, e);
}

/* --- for whom it is made -----------------------------------------------------
 */

static int
bad_answer(struct err *e)
{
	return err_tag(e, ERR_INTEGRITY, "answer", "intake key");
}

/* The vault's key, and that its name is its own. */
static int
take_key(struct cli *c, struct form_spec *s, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	const char *public;
	int r;

	if ((r = cli_get(c, &j, e, "/v1/intake-key", NULL)) < 0)
		return r;
	public = jstr(j, "public");
	if (id_parse(jstr(j, "vault"), &s->vault, NULL) < 0 ||
	    strlen(public) != 2 * P256_PUB_LEN ||
	    hex_parse(public, s->public, P256_PUB_LEN, NULL) < 0 ||
	    jint(j, "size_max") < 1024)
		return bad_answer(e);
	s->size_max = (uint64_t)jint(j, "size_max");
	return 0;
}

int
form_prepare(struct cli *c, struct form_spec *s, struct err *e)
{
	char today[11];
	int r;

	cli_today(today);
	if ((r = date_parse(today, &s->today, e)) < 0)
		return r;
	return take_key(c, s, e);
}
