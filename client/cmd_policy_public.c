/*
 * sceau policy show --public: the rules as a page that anybody can read:
 * what is kept and how long, what goes to whom on which basis, and what
 * never does. All of it from the rules' own titles and sources.
 */
#include <string.h>

#include "base/text.h"
#include "client/cmd_policy_public.h"
#include "client/out.h"
#include "client/ruleset.h"
#include "client/words.h"

struct page {
	const struct policy *p;
	struct buf *out;
	struct err *e;
	int r; /* of the first line that could not be added */
};

static void add(struct page *g, const char *fmt, ...) PRINTF(2, 3);

static void
add(struct page *g, const char *fmt, ...)
{
	char text[8192];
	va_list ap;

	if (g->r < 0)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	g->r = buf_addstr(g->out, text, g->e);
}

static const char *
or_name(const char *title, const char *name)
{
	return title != NULL && title[0] != '\0' ? title : name;
}

static void
heading(struct page *g, const char *s)
{
	add(g, "\n%s\n", s);
}

/* " du 1er … au …": only what is not for ever. */
static void
window(struct page *g, const struct policy_window *w)
{
	char from[11], until[11];

	date_format(w->from, from);
	date_format(w->until, until);
	if (w->from != INT32_MIN && w->until != INT32_MAX)
		add(g, _("  En vigueur du %s au %s.\n"), from, until);
	else if (w->from != INT32_MIN)
		add(g, _("  En vigueur à partir du %s.\n"), from);
	else if (w->until != INT32_MAX)
		add(g, _("  En vigueur jusqu'au %s.\n"), until);
}

static void
list(struct page *g, const char *before, const char *const *v)
{
	size_t i;

	if (v == NULL || v[0] == NULL)
		return;
	add(g, "%s", before);
	for (i = 0; v[i] != NULL; i++)
		add(g, "%s%s", i > 0 ? ", " : "", word_for(v[i]));
	add(g, "\n");
}

/* --- what is kept ----------------------------------------------------- */

static const struct {
	const char *word, *shown;
} starts[] = {
	{ "last-contact", N_("le dernier contact") },
	{ "end-of-contract", N_("la fin du contrat") },
	{ "last-instalment", N_("la dernière échéance") },
	{ "end-of-processing", N_("la fin du traitement") },
	{ "end-of-mandate", N_("la fin du mandat") },
	{ "step-done", N_("la fin de la démarche") },
	{ "end-of-copy", N_("la fin de la copie") },
	{ "final-decision", N_("la décision définitive") },
	{ "entry", N_("l'entrée") },
	{ "disclosure", N_("la communication") },
};

static const char *
start(const struct policy *p, const char *word)
{
	const struct policy_moment *m = policy_moment(p, word);
	size_t i;

	for (i = 0; i < NELEMS(starts); i++)
		if (strcmp(starts[i].word, word) == 0)
			return _(starts[i].shown);
	return m != NULL ? m->title : word;
}

static void
retention(struct page *g, const char *name)
{
	const struct policy_retention *x = policy_retention(g->p, name);

	if (x == NULL)
		return;
	if (x->active_months > 0)
		add(g, _("  Conservé %u mois après %s"), x->active_months,
		    start(g->p, x->from));
	else
		add(g, _("  Conservé jusqu'à ce moment : %s"),
		    start(g->p, x->from));
	if (x->active_until != NULL)
		add(g, _(", et au moins jusqu'à ce moment : %s"),
		    start(g->p, x->active_until));
	if (x->intermediate_months > 0)
		add(g, _(", puis archivé, d'accès restreint, %u mois après %s"),
		    x->intermediate_months, start(g->p, x->intermediate_from));
	if (x->intermediate_until != NULL)
		add(g, _(" (moins si vient ce moment : %s)"),
		    start(g->p, x->intermediate_until));
	add(g, " (%s).\n", x->source);
}

static void
field(struct page *g, const struct policy_field *f)
{
	static const char *const labels[] = { "", N_(" [sensible]"),
		N_(" [jamais communiqué]") };
	const char *s;

	add(g, "  ");
	for (s = f->path; *s != '\0'; s++)
		if (*s == '.')
			add(g, "  ");
	add(g, "- %s%s%s\n", or_name(f->title, f->path),
	    f->required ? _(" (obligatoire)") : "",
	    f->label == LABEL_ORDINARY ? "" : _(labels[f->label]));
	if (f->values != NULL)
		list(g, _("      critères : "), f->values);
}

static void
kinds(struct page *g)
{
	const struct policy_kind *k;
	size_t i, j, n = policy_kinds(g->p, &k);

	heading(g, _("CE QUI EST CONSERVÉ"));
	for (i = 0; i < n; i++) {
		add(g, "\n%s (%s, %s)\n", or_name(k[i].title, k[i].name),
		    k[i].name, k[i].is_record ? _("fiche") : _("fichier"));
		window(g, &k[i].when);
		retention(g, k[i].retention);
		if (k[i].is_signed)
			list(g, _("  Signé : "), k[i].levels);
		for (j = 0; j < k[i].nfields; j++)
			field(g, &k[i].fields[j]);
	}
}

/* --- whose word counts for a signature ---------------------------------- */

static void
trust(struct page *g, const struct policy_trust *t)
{
	add(g, "\n%s\n", or_name(t->title, t->name));
	window(g, &t->when);
	if (t->level != NULL) {
		add(g, _("  Niveau donné à la signature : %s\n"),
		    word_for(t->level));
		list(g, _("  Signataires : "), t->signers);
		list(g, _("  Pour : "), t->kinds);
	}
	if (t->time_stamps)
		add(g, "%s", _("  Fait foi pour les horodatages.\n"));
	if (t->proof)
		add(g, "%s",
		    _("  Avec le fichier de preuve du prestataire.\n"));
	add(g, _("  Certificats : %s%s\n"), t->anchors,
	    policy_file(g->p, t->anchors) != NULL
		? ""
		: _(" (aucun : personne n'est cru à ce titre)"));
	add(g, _("  Source : %s\n"), t->source);
}

static void
trusts(struct page *g)
{
	const struct policy_trust *t;
	const struct policy_signing *s;
	size_t i, n = policy_trusts(g->p, &t);

	if (n == 0)
		return;
	heading(g, _("QUI FAIT FOI POUR UNE SIGNATURE"));
	for (i = 0; i < n; i++)
		trust(g, &t[i]);
	n = policy_signings(g->p, &s);
	for (i = 0; i < n; i++) {
		add(g, "\n%s\n", or_name(s[i].title, s[i].name));
		window(g, &s[i].when);
		list(g, _("  Pour : "), s[i].kinds);
		list(g, _("  Signataires : "), s[i].signers);
		list(g, _("  Niveaux acceptés : "), s[i].levels);
		add(g, _("  Source : %s\n"), s[i].source);
	}
}

/* --- what goes to whom ------------------------------------------------ */

static const char *
source_title(const struct policy *p, const struct disclosed_field *x)
{
	const struct policy_kind *k = policy_kind(p, x->kind);
	const struct policy_field *f =
	    k != NULL ? policy_field(k, x->path) : NULL;

	if (x->title != NULL && x->title[0] != '\0')
		return x->title;
	return f != NULL ? or_name(f->title, f->path) : x->label;
}

static void
conditions(struct page *g, const struct disclosure_rule *d)
{
	const struct policy_consent *c =
	    d->consent != NULL ? policy_consent(g->p, d->consent) : NULL;
	const struct policy_event *ev;
	size_t i;

	if (c != NULL)
		add(g, _("  Avec l'accord de chaque adulte : %s.\n"),
		    or_name(c->title, c->purpose));
	else
		add(g, "%s",
		    _("  Sans accord : la loi le prévoit ; le ménage en est "
		      "informé et peut s'y opposer.\n"));
	list(g, _("  Étapes : "), d->stages);
	for (i = 0; d->events != NULL && d->events[i] != NULL; i++) {
		ev = policy_event(g->p, d->events[i]);
		add(g, _("  Après : %s.\n"),
		    ev != NULL ? or_name(ev->title, ev->name) : d->events[i]);
	}
	if (d->four_eyes)
		add(g, "%s", _("  Avec deux signatures.\n"));
	if (d->expires_days > 0)
		add(g, _("  À prendre dans les %u jours.\n"), d->expires_days);
}

static void
attached(struct page *g, const char *const *names)
{
	const struct policy_kind *k;
	size_t i;

	for (i = 0; names[i] != NULL; i++) {
		k = policy_kind(g->p, names[i]);
		add(g, _("  - le document lui-même : %s\n"),
		    k != NULL ? or_name(k->title, k->name) : names[i]);
	}
}

static void
disclosure(struct page *g, const struct disclosure_rule *d)
{
	size_t i;

	add(g, "\n  %s : %s\n", or_name(d->title, d->name),
	    or_name(policy_purpose_title(g->p, d->purpose), d->purpose));
	add(g, _("  Base : %s\n"), d->basis);
	if (d->citation != NULL && d->citation[0] != '\0')
		add(g, _("  Source : %s\n"), d->citation);
	window(g, &d->when);
	conditions(g, d);
	for (i = 0; i < d->nfields; i++)
		add(g, "  - %s\n", source_title(g->p, &d->fields[i]));
	attached(g, d->attach);
}

static void
recipients(struct page *g)
{
	const struct policy_recipient *r;
	const struct disclosure_rule *d;
	size_t i, j, found, n = policy_recipients(g->p, &r);
	size_t nd = policy_disclosures(g->p, &d);

	heading(g, _("CE QUI EST COMMUNIQUÉ, ET À QUI"));
	add(g, "%s",
	    _("Rien d'autre n'est communiqué, ni à personne d'autre.\n"));
	for (i = 0; i < n; i++) {
		add(g, "\n%s (%s)\n", or_name(r[i].title, r[i].name),
		    r[i].name);
		window(g, &r[i].when);
		for (j = 0, found = 0; j < nd; j++)
			if (strcmp(d[j].recipient, r[i].name) == 0) {
				disclosure(g, &d[j]);
				found++;
			}
		if (found == 0)
			add(g, "%s", _("  Rien.\n"));
	}
}

/* With the code that --purpose takes. */
static void
purposes(struct page *g)
{
	const char *code;
	size_t i;

	heading(g, _("POUR QUELLES FINALITÉS"));
	for (i = 0; (code = policy_purpose_at(g->p, i)) != NULL; i++)
		add(g, "- %s (%s)\n",
		    or_name(policy_purpose_title(g->p, code), code), code);
}

static void
consents(struct page *g)
{
	const struct policy_consent *c;
	const struct policy_recipient *r;
	size_t i, n = policy_consents(g->p, &c);

	heading(g, _("LES ACCORDS QUE L'ON PEUT DONNER, ET RETIRER"));
	for (i = 0; i < n; i++) {
		r = c[i].recipient != NULL
			? policy_recipient(g->p, c[i].recipient)
			: NULL;
		add(g, "- %s", or_name(c[i].title, c[i].purpose));
		if (r != NULL)
			add(g, _(", pour %s"), or_name(r->title, r->name));
		if (c[i].valid_months > 0)
			add(g, _(", %u mois au plus"), c[i].valid_months);
		add(g, "\n");
	}
}

static void
never(struct page *g)
{
	const struct policy_kind *k;
	const struct policy_block *b;
	const struct policy_event *ev;
	size_t i, j, n = policy_kinds(g->p, &k);

	heading(g, _("CE QUI N'EST JAMAIS COMMUNIQUÉ"));
	for (i = 0; i < n; i++) {
		if (k[i].prepares != NULL)
			add(g,
			    _("- %s : tout, ce n'est que le papier à "
			      "signer\n"),
			    or_name(k[i].title, k[i].name));
		for (j = 0; j < k[i].nfields && k[i].prepares == NULL; j++)
			if (k[i].fields[j].label == LABEL_NEVER)
				add(g, "- %s : %s\n",
				    or_name(k[i].title, k[i].name),
				    or_name(k[i].fields[j].title,
					k[i].fields[j].path));
	}
	n = policy_blocks(g->p, &b);
	for (i = 0; i < n; i++) {
		ev = policy_event(g->p, b[i].until_event);
		add(g, _("- avant « %s » : %s (%s)\n"),
		    ev != NULL ? or_name(ev->title, ev->name)
			       : b[i].until_event,
		    or_name(b[i].title, b[i].name), b[i].citation);
	}
}

int
policy_public_page(const struct policy *p, struct buf *out, struct err *e)
{
	struct page g = { .p = p, .out = out, .e = e };
	char hex[65];

	hex_format(policy_sha256(p), 32, hex);
	add(&g, _("RÈGLES DU COFFRE, version %u\nSHA-256 %s\n"),
	    policy_version(p), hex);
	kinds(&g);
	trusts(&g);
	recipients(&g);
	never(&g);
	purposes(&g);
	consents(&g);
	return g.r;
}

int
policy_show_public(struct cli *c, const char *dir, struct err *e)
{
	AUTO(policy_freep) struct policy *p = NULL;
	AUTO(buf_done) struct buf page = { 0 };
	int r;

	r = dir != NULL ? ruleset_load(c, dir, &p, e) : ruleset_fetch(c, &p, e);
	if (r < 0 || (r = policy_public_page(p, &page, e)) < 0)
		return r;
	if (!c->json && cli_option(c, "output") == NULL) {
		out_page(stdout, buf_str(&page));
		return 0;
	}
	return cli_give_text(c, "page", &page, e);
}
