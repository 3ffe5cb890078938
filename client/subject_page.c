#include "client/subject_page.h"

#include <string.h>

#include "client/cli.h"
#include "client/words.h"

/* --- words ---------------------------------------------------------------- */

struct pair {
	const char *word, *shown;
};

static const char *
of_pairs(const struct pair *p, size_t n, const char *word)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(p[i].word, word) == 0)
			return p[i].shown;
	return word_french(word);
}

static const struct pair reasons[] = {
	{ "others", "une information sur une autre personne" },
	{ "holder", "une information sur le titulaire du bail" },
	{ "sensitive", "une information sensible d'un dossier de plusieurs" },
	{ "several", "peut parler d'autres personnes : examiné avant d'être "
		     "remis" },
	{ "unknown", "une information que les règles ne décrivent plus" },
};

static const char *
reason_words(const char *word)
{
	return of_pairs(reasons, NELEMS(reasons), word);
}

static const struct pair states[] = {
	{ "open", "à répondre" },
	{ "answered", "répondue" },
	{ "refused", "refusée" },
	{ "waiting", "à examiner" },
	{ "upheld", "retenue" },
	{ "rejected", "écartée" },
	{ "on", "en cours" },
	{ "announced", "levée annoncée" },
	{ "lifted", "levée" },
};

static const char *
right_state_words(const char *word)
{
	return of_pairs(states, NELEMS(states), word);
}

static const struct pair channels[] = {
	{ "ssh", "par la ligne chiffrée du destinataire" },
};

static const char *
channel_words(const char *word)
{
	return of_pairs(channels, NELEMS(channels), word);
}

/* --- records, one value a line -------------------------------------------- */

static int flatten(
    json_t *into, const json_t *record, const char *path, const json_t *v);

static int
flatten_object(
    json_t *into, const json_t *record, const char *path, const json_t *v)
{
	char under[512];
	const char *name;
	json_t *one;

	json_object_foreach((json_t *)(uintptr_t)v, name, one)
	{
		snprintf(under, sizeof(under), "%s%s%s", path,
		    *path != '\0' ? "." : "", name);
		if (flatten(into, record, under, one) < 0)
			return -1;
	}
	return 0;
}

static int
flatten(json_t *into, const json_t *record, const char *path, const json_t *v)
{
	char under[512];
	json_t *one;
	size_t i;

	if (json_is_object(v))
		return flatten_object(into, record, path, v);
	if (!json_is_array(v))
		return json_array_append_new(
		    into, json_pack("{s:O, s:O, s:O, s:s, s:O}", "document",
			      json_object_get(record, "document"), "version",
			      json_object_get(record, "version"), "kind",
			      json_object_get(record, "title"), "field", path,
			      "value", v));
	json_array_foreach(v, i, one)
	{
		snprintf(under, sizeof(under), "%s[%zu]", path, i + 1);
		if (flatten(into, record, under, one) < 0)
			return -1;
	}
	return 0;
}

static json_t *
make_records(const json_t *j)
{
	json_t *rows = json_array();
	const json_t *record;
	size_t i;

	json_array_foreach(json_object_get(j, "records"), i, record)
	{
		if (flatten(rows, record, "", json_object_get(record, "data")) <
		    0) {
			json_decref(rows);
			return NULL;
		}
	}
	return rows;
}

/* --- the person and the case ---------------------------------------------- */

static int
put(json_t *rows, const char *what, const json_t *value)
{
	return value == NULL || json_is_null(value)
		   ? 0
		   : json_array_append_new(rows,
			 json_pack("{s:s, s:O}", "what", what, "value", value));
}

/* Of a time, the day. */
static int
put_day(json_t *rows, const char *what, const char *time)
{
	AUTO(json_decrefp) json_t *day = NULL;
	size_t n = strlen(time);

	if (n == 0)
		return 0;
	day = json_stringn(time, n > 10 ? 10 : n);
	return day != NULL ? put(rows, what, day) : -1;
}

static int
put_roles(json_t *rows, const json_t *person)
{
	const json_t *role;
	size_t i;

	json_array_foreach(json_object_get(person, "roles"), i, role)
	{
		if (put(rows, "Rôle dans le dossier",
			json_object_get(role, "role")) < 0 ||
		    put(rows, "Rôle, depuis le",
			json_object_get(role, "from")) < 0 ||
		    put(rows, "Rôle, jusqu'au",
			json_object_get(role, "until")) < 0)
			return -1;
	}
	return 0;
}

static json_t *
make_identity(const json_t *j)
{
	static const struct pair origin[] = {
		{ "reference", "Référence du dossier" },
		{ "title", "Intitulé du dossier" },
		{ "source", "D'où viennent ces informations" },
		{ "commune", "Commune" },
		{ "stage", "Volet" },
	};
	const json_t *person = json_object_get(j, "person");
	json_t *rows = json_array();
	size_t i;

	if (put(rows, "Nom", json_object_get(person, "name")) < 0 ||
	    put(rows, "Année de naissance",
		json_object_get(person, "birth_year")) < 0 ||
	    put(rows, "Adresse confidentielle",
		json_object_get(person, "confidential_address")) < 0 ||
	    put_roles(rows, person) < 0)
		goto fail;
	if (put_day(rows, "Dossier ouvert le",
		jstr(json_object_get(j, "origin"), "opened_at")) < 0)
		goto fail;
	for (i = 0; i < NELEMS(origin); i++)
		if (put(rows, origin[i].shown,
			json_object_get(
			    json_object_get(j, "origin"), origin[i].word)) < 0)
			goto fail;
	return rows;
fail:
	json_decref(rows);
	return NULL;
}

/* --- rights that were used ------------------------------------------------ */

static int
put_right(json_t *rows, const char *what, const json_t *more, const json_t *on,
    const json_t *state, const json_t *until)
{
	return json_array_append_new(
	    rows, json_pack("{s:s, s:O?, s:O?, s:O?, s:O?}", "what", what,
		      "more", more, "on", on, "state", state, "until", until));
}

static json_t *
make_rights(const json_t *j)
{
	json_t *rows = json_array();
	const json_t *o;
	size_t i;

	json_array_foreach(json_object_get(j, "requests"), i, o)
	{
		if (put_right(rows, "Demande", json_object_get(o, "words"),
			json_object_get(o, "received_on"),
			json_object_get(o, "state"),
			json_object_get(o, "settled_on")) < 0)
			goto fail;
	}
	json_array_foreach(json_object_get(j, "objections"), i, o)
	{
		if (put_right(rows, "Opposition", NULL,
			json_object_get(o, "received_on"),
			json_object_get(o, "state"),
			json_object_get(o, "decided_on")) < 0)
			goto fail;
	}
	json_array_foreach(json_object_get(j, "restrictions"), i, o)
	{
		if (put_right(rows, "Limitation", json_object_get(o, "ground"),
			json_object_get(o, "since"),
			json_object_get(o, "state"),
			json_object_get(o, "lifted_at")) < 0)
			goto fail;
	}
	return rows;
fail:
	json_decref(rows);
	return NULL;
}

/* --- the tables ----------------------------------------------------------- */

const struct subject_list subject_originals = { "originaux.csv", NULL, NULL,
	{ { "Fichier", "file", NULL, 0 }, { "Document", "title", NULL, 0 },
	    { "Nom du fichier déposé", "name", NULL, 0 },
	    { "Déposé le", "filed_at", NULL, 1 },
	    { "Taille (octets)", "size", NULL, 0 },
	    { "SHA-256", "sha256", NULL, 0 },
	    { "Numéro du document", "document", NULL, 0 }, { 0 } } };

const struct subject_list subject_lists[] = {
	{ "identite.csv", NULL, make_identity,
	    { { "Information", "what", NULL, 0 },
		{ "Valeur", "value", NULL, 0 }, { 0 } } },
	{ "donnees.csv", NULL, make_records,
	    { { "Numéro du document", "document", NULL, 0 },
		{ "Version", "version", NULL, 0 }, { "Fiche", "kind", NULL, 0 },
		{ "Information", "field", NULL, 0 },
		{ "Valeur", "value", NULL, 0 }, { 0 } } },
	{ "evenements.csv", "events", NULL,
	    { { "Date", "occurred_on", NULL, 0 }, { "Fait", "title", NULL, 0 },
		{ "Précision", "note", NULL, 0 },
		{ "Numéro du document", "document", NULL, 0 }, { 0 } } },
	{ "consentements.csv", "consents", NULL,
	    { { "Ce qui était demandé", "title", NULL, 0 },
		{ "Réponse", "state", word_french, 0 },
		{ "Donné le", "given_at", NULL, 1 },
		{ "Valable jusqu'au", "valid_through", NULL, 0 }, { 0 } } },
	{ "destinataires.csv", "recipients", NULL,
	    { { "Destinataire", "recipient_title", NULL, 0 },
		{ "Pourquoi", "purpose_title", NULL, 0 },
		{ "Comment", "channel", channel_words, 0 },
		{ "Décidé le", "released_at", NULL, 1 },
		{ "Pris le", "pulled_at", NULL, 1 },
		{ "Reçu le", "acknowledged_at", NULL, 1 },
		{ "État", "state", word_french, 0 },
		{ "SHA-256", "sha256", NULL, 0 }, { 0 } } },
	{ "demandes.csv", NULL, make_rights,
	    { { "Quoi", "what", NULL, 0 }, { "Précision", "more", NULL, 0 },
		{ "Reçue ou posée le", "on", NULL, 1 },
		{ "État", "state", right_state_words, 0 },
		{ "Réglée le", "until", NULL, 1 }, { 0 } } },
	{ "finalites.csv", "purposes", NULL,
	    { { "Traitement", "title", NULL, 0 },
		{ "À quoi il sert", "purposes", NULL, 0 },
		{ "Ce qui l'autorise", "basis", NULL, 0 }, { 0 } } },
	{ "durees.csv", "kinds", NULL,
	    { { "Document", "kind", NULL, 0 }, { "Règle", "kept", NULL, 0 },
		{ "Mois de conservation", "active_months", NULL, 0 },
		{ "À partir de", "from_title", NULL, 0 },
		{ "Mois d'archive, d'accès restreint", "intermediate_months",
		    NULL, 0 },
		{ "Source", "source", NULL, 0 }, { 0 } } },
	{ "acces.csv", "accesses", NULL,
	    { { "Jour", "day", NULL, 0 }, { "Fonction", "function", NULL, 0 },
		{ "Ce qui a été fait", "what", NULL, 0 },
		{ "Pourquoi", "purpose", NULL, 0 },
		{ "Issue", "outcome", NULL, 0 }, { 0 } } },
	{ "retenu.csv", "withheld", NULL,
	    { { "Document", "kind_title", NULL, 0 },
		{ "Numéro du document", "document", NULL, 0 },
		{ "Version", "version", NULL, 0 },
		{ "Information", "title", NULL, 0 },
		{ "Pourquoi ce n'est pas ici", "why", reason_words, 0 },
		{ 0 } } },
	{ 0 },
};

/* --- the page ------------------------------------------------------------- */

static int
contents(const json_t *j, struct buf *out, struct err *e)
{
	return buf_addf(out, e,
	    "identite.csv       qui vous êtes dans ce dossier, et d'où il "
	    "vient\n"
	    "donnees.csv        vos informations, une ligne par valeur\n"
	    "originaux/         vos documents, tels qu'ils ont été déposés : "
	    "%zu\n"
	    "originaux.csv      la liste de ces fichiers\n"
	    "evenements.csv     les faits datés de la procédure : %zu\n"
	    "consentements.csv  vos accords et vos refus : %zu\n"
	    "consentements/     les reçus de vos accords, à lire (.txt) et "
	    "pour un\n                   programme (.jsonld)\n"
	    "destinataires.csv  à qui vos informations ont été transmises : "
	    "%zu\n"
	    "demandes.csv       ce que vous nous avez demandé, et la suite : "
	    "%zu\n"
	    "finalites.csv      à quoi servent vos informations\n"
	    "durees.csv         combien de temps chaque document est gardé\n"
	    "acces.csv          qui a vu votre dossier : jour, fonction, "
	    "raison\n"
	    "retenu.csv         ce qui n'est pas ici, et pourquoi : %zu\n"
	    "donnees.json       tout cela, pour un programme\n"
	    "SHA256SUMS         les empreintes de tous ces fichiers\n\n",
	    jcount(j, "originals"), jcount(j, "events"), jcount(j, "consents"),
	    jcount(j, "recipients"),
	    jcount(j, "requests") + jcount(j, "objections") +
		jcount(j, "restrictions"),
	    jcount(j, "withheld"));
}

static int
accesses(const json_t *j, struct buf *out, struct err *e)
{
	return buf_addf(out, e,
	    "Le détail des accès est gardé %lld mois, puis effacé.%s\n"
	    "acces.csv dit la fonction de chaque personne, et non son nom.\n\n",
	    jint(j, "details_months"),
	    json_is_true(json_object_get(j, "accesses_more"))
		? "\nSeuls les accès les plus récents sont listés."
		: "");
}

int
subject_page(const json_t *j, struct buf *out, struct err *e)
{
	const char *at = jstr(j, "made_at");
	char day[11] = "";
	int r;

	if (strlen(at) >= 10)
		snprintf(
		    day, sizeof(day), "%.2s/%.2s/%.4s", at + 8, at + 5, at);
	if ((r = buf_addf(out, e,
		 "Vos données\n===========\n\n"
		 "Copie faite le %s pour %s.\n"
		 "Elle répond aux articles 15 et 20 du règlement général sur "
		 "la protection\ndes données (RGPD).\n\n",
		 day, jstr(json_object_get(j, "person"), "name"))) < 0 ||
	    (r = contents(j, out, e)) < 0 || (r = accesses(j, out, e)) < 0)
		return r;
	return buf_addstr(out,
	    "Les tableaux (.csv) s'ouvrent avec un tableur. Pour vérifier que "
	    "rien n'a\nchangé : « sha256sum -c SHA256SUMS » dans ce dossier."
	    "\n\n"
	    "Vous pouvez demander qu'une information soit corrigée, effacée "
	    "ou limitée, et\nvous opposer à une transmission. Vos accords "
	    "peuvent être retirés à tout moment.\nAucune décision n'est prise "
	    "par un programme seul.\n"
	    "Une réclamation peut être adressée à la CNIL (www.cnil.fr).\n",
	    e);
}
