/* Whose word counts for which signature, and who may sign how. */
#include "policy/build.h"

#include <string.h>

#include "base/text.h"

#define ANCHORS "anchors.pem"
#define FOLDER "trust/"

/* The levels of DOMAIN 8 that a certificate stands behind. */
static const char *const certified[] = { "qualified", "advanced",
	"provider-seal", NULL };

/* --- the certificates ------------------------------------------------- */

static int
is_anchors_name(const char *s)
{
	size_t n = strlen(s);

	if (strcmp(s, ANCHORS) == 0)
		return 1;
	return strncmp(s, FOLDER, strlen(FOLDER)) == 0 &&
	       n > strlen(FOLDER) + 4 && strcmp(s + n - 4, ".pem") == 0 &&
	       strchr(s + strlen(FOLDER), '/') == NULL;
}

static void
check_anchors(
    struct build *b, const struct node *n, const struct policy_trust *t)
{
	if (!is_anchors_name(t->anchors))
		problem(b->ps, n->file, read_line(n, "anchors"),
		    "anchors of trust \"%s\": " ANCHORS " or " FOLDER
		    "NAME.pem",
		    t->name);
}

/* A file of certificates that no rule names would never count: a slip. */
static void
check_files(struct build *b)
{
	const struct policy_trust *t = b->p->trusts;
	size_t i, k;

	for (i = 0; i < b->p->nfiles; i++) {
		const char *name = b->p->files[i].name;

		if (strncmp(name, FOLDER, strlen(FOLDER)) != 0)
			continue;
		for (k = 0; k < b->p->ntrusts; k++)
			if (strcmp(t[k].anchors, name) == 0)
				break;
		if (k == b->p->ntrusts)
			problem(b->ps, name, 0,
			    "no trust names these certificates");
	}
}

/* --- trust ------------------------------------------------------------ */

/* A level that a certificate stands behind, or the word none: NULL. */
static const char *
read_level(struct build *b, const struct node *n)
{
	const char *s = read_name(b, n, "level", 1);

	if (s == NULL || strcmp(s, "none") == 0)
		return NULL;
	if (!model_has(certified, s))
		problem(b->ps, n->file, read_line(n, "level"),
		    "no certificate stands behind level \"%s\" of trust \"%s\"",
		    s, n->title);
	return s;
}

static void
read_kinds(struct build *b, const struct node *n, struct policy_trust *t)
{
	static const char *const none[] = { NULL };

	t->kinds = read_names_or_none(b, n, "kinds");
	if (t->kinds[0] == NULL || strcmp(t->kinds[0], "any") != 0 ||
	    t->kinds[1] != NULL)
		return;
	t->any_kind = 1;
	t->kinds = none;
}

static void
check_trust(struct build *b, const struct node *n, const struct policy_trust *t)
{
	int for_kinds = t->any_kind || t->kinds[0] != NULL;

	if (t->level == NULL && !t->time_stamps)
		problem(b->ps, n->file, n->line,
		    "trust \"%s\" vouches for nothing", t->name);
	if ((t->level != NULL) != (t->signers[0] != NULL) ||
	    (t->level != NULL) != for_kinds)
		problem(b->ps, n->file, read_line(n, "level"),
		    "trust \"%s\": level, signers and kinds are said of "
		    "signatures, all or none",
		    t->name);
	if (t->proof && t->level == NULL)
		problem(b->ps, n->file, read_line(n, "proof"),
		    "trust \"%s\" vouches for no signature: it asks for no "
		    "proof",
		    t->name);
}

static int
shares(const char *const *a, const char *const *b)
{
	for (; *a != NULL; a++)
		if (model_has(b, *a))
			return 1;
	return 0;
}

static void
check_kind(struct build *b, const struct node *n, const char *name,
    const char *const *levels, const char *const *signers)
{
	const struct policy_kind *k = policy_kind(b->p, name);
	int line = read_line(n, "kinds");

	if (k == NULL)
		problem(b->ps, n->file, line,
		    "unknown kind \"%s\" in %s \"%s\"", name, n->word,
		    n->title);
	else if (!shares(levels, k->levels) || !shares(signers, k->signers))
		problem(b->ps, n->file, line,
		    "%s \"%s\": kind \"%s\" takes no such signer at such a "
		    "level",
		    n->word, n->title, name);
}

static int
build_trusts(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_TRUST];
	struct policy_trust *v;
	size_t i, k;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++) {
		v[i].name = read_title(b, s->v[i]);
		v[i].title = read_text(b, s->v[i], "title", 1);
		v[i].source = read_text(b, s->v[i], "source", 1);
		v[i].anchors = read_text(b, s->v[i], "anchors", 1);
		v[i].level = read_level(b, s->v[i]);
		v[i].signers =
		    read_words_or_none(b, s->v[i], "signers", names_signers);
		read_kinds(b, s->v[i], &v[i]);
		v[i].time_stamps = read_flag_must(b, s->v[i], "time-stamps");
		v[i].proof = read_flag_must(b, s->v[i], "proof");
		read_window(b, s->v[i], &v[i].when);
		check_anchors(b, s->v[i], &v[i]);
		check_trust(b, s->v[i], &v[i]);
		for (k = 0; v[i].level != NULL && v[i].kinds[k] != NULL; k++)
			check_kind(b, s->v[i], v[i].kinds[k],
			    (const char *const[]){ v[i].level, NULL },
			    v[i].signers);
	}
	b->p->trusts = v;
	b->p->ntrusts = s->n;
	check_files(b);
	return 0;
}

/* --- signing ---------------------------------------------------------- */

static int
build_signings(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_SIGNING];
	struct policy_signing *v;
	size_t i, k;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++) {
		v[i].name = read_title(b, s->v[i]);
		v[i].title = read_text(b, s->v[i], "title", 1);
		v[i].source = read_text(b, s->v[i], "source", 1);
		v[i].kinds = read_list_must(b, s->v[i], "kinds");
		v[i].signers = read_list_must(b, s->v[i], "signers");
		v[i].levels = read_list_must(b, s->v[i], "levels");
		(void)read_words(b, s->v[i], "signers", names_signers);
		(void)read_words(b, s->v[i], "levels", names_levels);
		read_window(b, s->v[i], &v[i].when);
		for (k = 0; v[i].kinds[k] != NULL; k++)
			check_kind(b, s->v[i], v[i].kinds[k], v[i].levels,
			    v[i].signers);
	}
	b->p->signings = v;
	b->p->nsignings = s->n;
	return 0;
}

int
build_trust(struct build *b, struct err *e)
{
	int r = build_trusts(b, e);

	return r < 0 ? r : build_signings(b, e);
}

/* --- asked ------------------------------------------------------------ */

size_t
policy_trusts(const struct policy *p, const struct policy_trust **all)
{
	*all = p->trusts;
	return p->ntrusts;
}

size_t
policy_signings(const struct policy *p, const struct policy_signing **all)
{
	*all = p->signings;
	return p->nsignings;
}

/* Of a kind that says who signs, one of them; of another, anybody. */
static int
is_signer(const struct policy *p, const struct policy_trust *t,
    const char *kind, const char *signer)
{
	const struct policy_kind *k = policy_kind(p, kind);

	if (signer[0] != '\0')
		return model_has(t->signers, signer);
	return k == NULL || k->signers[0] == NULL ||
	       shares(t->signers, k->signers);
}

int
policy_trust_counts(const struct policy *p, const struct policy_trust *t,
    const char *kind, const char *signer, int32_t day)
{
	return t->level != NULL && policy_in_force(&t->when, day) &&
	       (t->any_kind || model_has(t->kinds, kind)) &&
	       is_signer(p, t, kind, signer);
}

int
policy_level_is_accepted(const struct policy *p, const struct policy_kind *k,
    const char *signer, const char *level, int32_t day)
{
	const struct policy_signing *v = p->signings;
	size_t i;

	if (!model_has(k->levels, level))
		return 0;
	for (i = 0; i < p->nsignings; i++)
		if (policy_in_force(&v[i].when, day) &&
		    model_has(v[i].kinds, k->name) &&
		    model_has(v[i].signers, signer) &&
		    !model_has(v[i].levels, level))
			return 0;
	return 1;
}
