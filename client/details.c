#include "client/details.h"

#include <ctype.h>
#include <string.h>

#include "client/cli.h"

/* The longest first: the first that fits is taken. */
static const struct {
	const char *said, *shown;
} phrases[] = {
	{ "per cent of the vault would go: confirm this share",
	    N_("pour cent du coffre partiraient : confirmez cette part") },
	{ "reason: why does the case live again?", N_("le motif") },
	{ "reason: why was it abandoned?", N_("la raison") },
	{ "is null: leave it out instead", N_("est vide : ne l'écrivez pas") },
	{ "bytes, the limit of this kind", N_("octets, la limite de ce type") },
	{ "a member twice in one object", N_("deux fois le même élément") },
	{ "this kind has no such field", N_("ce type n'a pas ce champ") },
	{ "has more than two decimals", N_("a plus de deux décimales") },
	{ "must be a date, YYYY-MM-DD", N_("doit être une date, AAAA-MM-JJ") },
	{ "a record must be an object", N_("une fiche doit être un objet") },
	{ "this erasure is planned", N_("cet effacement n'est que proposé") },
	{ "is not one of the codes:", N_("n'est pas un des codes :") },
	{ "must be one of the codes", N_("doit être un des codes") },
	{ "that day is to come yet", N_("ce jour est à venir") },
	{ "must be a short string", N_("doit être un texte court") },
	{ "has control characters", N_("a des caractères de contrôle") },
	{ "must be a whole number", N_("doit être un nombre entier") },
	{ "is not a number from 1", N_("doit être un nombre à partir de 1") },
	{ "must be true or false", N_("doit être true ou false") },
	{ "is not a number up to", N_("doit être un nombre d'au plus") },
	{ "not a day YYYY-MM-DD",
	    N_("un jour s'écrit AAAA-MM-JJ ou JJ/MM/AAAA") },
	{ "steps are open still", N_("démarches encore ouvertes") },
	{ "an unknown field in", N_("un champ inconnu dans") },
	{ "has too many items", N_("a trop d'éléments") },
	{ "must be an object", N_("doit être un objet") },
	{ "refusal: reason:", N_("motifs :") },
	{ "must be a string", N_("doit être un texte") },
	{ "must be a number", N_("doit être un nombre") },
	{ "that day is over", N_("ce jour est à plus de") },
	{ "is out of range", N_("est hors des limites") },
	{ "must be a list", N_("doit être une liste") },
	{ "reason: why?", N_("le motif") },
	{ "is too long", N_("est trop long") },
	{ "is too deep", N_("est trop profond") },
	{ "is required", N_("est obligatoire") },
	{ "is missing", N_("manque") },
	{ "days back", N_("jours en arrière") },
	{ "more than", N_("plus de") },
	{ "parameter", N_("paramètre") },
	{ "outcome:", N_("issues :") },
	{ "not JSON", N_("ce n'est pas du JSON") },
	{ "ground:", N_("motifs :") },
	{ "event:", N_("événements :") },
	{ "column", N_("colonne") },
	{ "member", N_("élément") },
	{ "bytes", N_("octets") },
	{ "field", N_("champ") },
	{ "over", N_("plus de") },
	{ "line", N_("ligne") },
	{ "file", N_("fichier") },
};

/* A phrase ends where its last word does. */
static int
ends_here(const char *s, size_t n)
{
	return !isalnum((unsigned char)s[n - 1]) ||
	       (!isalnum((unsigned char)s[n]) && s[n] != '-' && s[n] != '_');
}

/* The phrase that begins here, or -1. */
static int
phrase_at(const char *s, size_t *n)
{
	size_t i;

	for (i = 0; i < NELEMS(phrases); i++) {
		*n = strlen(phrases[i].said);
		if (strncmp(s, phrases[i].said, *n) == 0 && ends_here(s, *n))
			return (int)i;
	}
	return -1;
}

int
details_add(struct buf *out, const char *detail, struct err *e)
{
	int begins = 1, i, r;
	size_t n;

	for (; *detail != '\0'; detail += n) {
		i = begins ? phrase_at(detail, &n) : -1;
		if (i >= 0)
			r = buf_addstr(out, _(phrases[i].shown), e);
		else if (strncmp(detail, ": ", n = 2) == 0)
			r = buf_addstr(out, _(" : "), e);
		else
			r = buf_add(out, detail, n = 1, e);
		if (r < 0)
			return r;
		begins = detail[n - 1] == ' ';
	}
	return 0;
}
