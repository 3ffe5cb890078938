/* The receipt as a page in French for the household. */
#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/consent_receipt.h"

#define WIDTH 78 /* columns */

/* Characters, not bytes, of UTF-8. */
static size_t
columns(const char *s, size_t n)
{
	size_t i, c = 0;

	for (i = 0; i < n; i++)
		c += ((unsigned char)s[i] & 0xc0) != 0x80;
	return c;
}

/* text, broken between words, each line after so many blanks. */
static int
wrap(struct buf *out, const char *indent, const char *text, struct err *e)
{
	size_t room = WIDTH - strlen(indent), used = 0, n;
	int r;

	while (*text != '\0') {
		n = strcspn(text, " ");
		if (used > 0 && used + 1 + columns(text, n) > room) {
			if ((r = buf_addstr(out, "\n", e)) < 0)
				return r;
			used = 0;
		}
		if ((r = buf_addf(out, e, "%s%.*s", used > 0 ? " " : indent,
			 (int)n, text)) < 0)
			return r;
		used += columns(text, n) + (used > 0);
		text += n + strspn(text + n, " ");
	}
	return buf_addstr(out, "\n", e);
}

static int
wrapf(struct buf *out, const char *indent, struct err *e, const char *label,
    const char *text)
{
	AUTO(buf_done) struct buf line = { 0 };
	int r;

	if ((r = buf_addf(&line, e, "%s %s", label, text)) < 0)
		return r;
	return wrap(out, indent, buf_str(&line), e);
}

/* 15/02/2027, as people write it. */
static void
french_day(int32_t day, char out[16])
{
	struct civil_date c = civil_date(day);

	snprintf(out, 16, "%02d/%02d/%04d", c.day, c.month, c.year);
}

/* --- one purpose ---------------------------------------------------------- */

static const char *
state_words(enum consent_state s)
{
	switch (s) {
	case CONSENT_GIVEN:
		return "d'accord";
	case CONSENT_RENEWED:
		return "d'accord (renouvelé)";
	case CONSENT_REFUSED:
		return "pas d'accord";
	case CONSENT_WITHDRAWN:
		return "accord retiré";
	case CONSENT_EXPIRED:
		return "accord expiré";
	case CONSENT_REQUESTED:
		return "réponse attendue";
	case CONSENT_DEFERRED:
		return "réponse remise à plus tard";
	case CONSENT_UNKNOWN:
	case CONSENT_TERMINATED:
	case CONSENT_INVALIDATED:
	case CONSENT_STATES:
		break;
	}
	return "accord qui n'est plus valable";
}

static int
add_who(struct buf *out, const struct receipt_item *it, struct err *e)
{
	AUTO(buf_done) struct buf line = { 0 };
	char from[16], until[16];
	int r;

	french_day(civil_day(it->row.given), from);
	if ((r = buf_addf(
		 &line, e, "%s : %s", it->name, state_words(it->state))) < 0)
		return r;
	if (consent_state_is_valid(it->state) && it->row.until == 0)
		r = buf_addf(
		    &line, e, ", depuis le %s, tant que dure le suivi", from);
	else if (consent_state_is_valid(it->state)) {
		french_day(civil_day(it->row.until - 1), until);
		r = buf_addf(&line, e, ", du %s au %s inclus", from, until);
	}
	return r < 0 ? r : wrap(out, "     ", buf_str(&line), e);
}

static int
add_classes(struct buf *out, const struct policy_consent *p, struct err *e)
{
	AUTO(buf_done) struct buf line = { 0 };
	const char *const *c;
	int r;

	if (p == NULL || p->classes == NULL || p->classes[0] == NULL)
		return 0;
	for (c = p->classes; *c != NULL; c++)
		if ((r = buf_addf(&line, e, "%s%s", c == p->classes ? "" : ", ",
			 *c)) < 0)
			return r;
	return wrapf(out, "   ", e, "Informations :", buf_str(&line));
}

/* Is an item before i of the same purpose? Then it was told with that one. */
static int
was_told(const struct receipt_facts *f, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (strcmp(f->items[k].row.purpose, f->items[i].row.purpose) ==
		    0)
			return 1;
	return 0;
}

static int
add_purpose(
    struct buf *out, const struct receipt_facts *f, size_t i, struct err *e)
{
	const struct receipt_item *it = &f->items[i];
	size_t k;
	int r;

	if (was_told(f, i))
		return 0;
	if ((r = wrapf(out, "", e, " *",
		 it->purpose != NULL ? it->purpose->title : it->row.purpose)) <
		0 ||
	    (r = wrapf(out, "   ", e, "Partagé avec :",
		 it->recipient != NULL ? it->recipient->title
				       : "personne d'autre que l'équipe")) <
		0 ||
	    (r = add_classes(out, it->purpose, e)) < 0)
		return r;
	for (k = i; k < f->n; k++)
		if (strcmp(f->items[k].row.purpose, it->row.purpose) == 0 &&
		    (r = add_who(out, &f->items[k], e)) < 0)
			return r;
	return 0;
}

/* --- the page ------------------------------------------------------------- */

static int
add_head(struct buf *out, const struct receipt_facts *f, struct err *e)
{
	char today[16];

	french_day(civil_day(f->now_ms), today);
	return buf_addf(out, e,
	    "REÇU DE CONSENTEMENT\n\n"
	    "%s\nDossier %s                         établi le %s\n\n"
	    "Ce que vous nous avez dit :\n\n",
	    f->controller, f->ref, today);
}

static int
add_foot(struct buf *out, const struct receipt_facts *f, struct err *e)
{
	char sheet[ID_TEXT];
	int r;

	if ((r = buf_addstr(out, "\nComment changer d'avis\n", e)) < 0 ||
	    (r = wrap(out, "  ",
		 "Vous pouvez retirer votre accord à tout moment, pour une "
		 "seule de ces choses ou pour toutes, sans dire pourquoi et "
		 "sans que cela change l'aide que vous recevez.",
		 e)) < 0 ||
	    (r = wrap(out, "  ",
		 "Dites-le à n'importe quel membre de l'équipe : par "
		 "téléphone, par lettre, par courriel ou de vive voix. C'est "
		 "fait aussitôt. Ce qui a déjà été transmis l'a été "
		 "régulièrement ; ceux qui l'ont reçu sont prévenus.",
		 e)) < 0 ||
	    (r = wrap(out, "  ",
		 "Vous pouvez aussi voir vos informations, les faire corriger "
		 "ou effacer, vous opposer à leur usage, et vous plaindre à la "
		 "CNIL (www.cnil.fr).",
		 e)) < 0)
		return r;
	id_format(&f->sheet, sheet);
	return buf_addf(out, e, "\nReçu %s, inscription n° %llu\n", sheet,
	    (unsigned long long)f->leaf);
}

int
receipt_page(const struct receipt_facts *f, struct buf *out, struct err *e)
{
	size_t i;
	int r;

	if ((r = add_head(out, f, e)) < 0)
		return r;
	for (i = 0; i < f->n; i++)
		if ((r = add_purpose(out, f, i, e)) < 0)
			return r;
	return add_foot(out, f, e);
}
