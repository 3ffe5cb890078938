/* Who of a list is known: in the index of cases, and in the list itself. */
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "daemon/core/intake_lines.h"
#include "daemon/core/objection.h"
#include "daemon/core/search.h"

/* A line by its reference, or by name and commune. */
struct key {
	char *text;
	size_t line;
	int second; /* by its second holder, whose year no list says */
};
struct known {
	struct core *core;
	const struct caller *caller;
	struct tx *tx;
	struct intake_lines *l;
	struct key *keys;
	size_t n;
};

static void
known_done(struct known *k)
{
	size_t i;

	for (i = 0; i < k->n; i++) {
		secret_wipe(k->keys[i].text, strlen(k->keys[i].text));
		free(k->keys[i].text);
	}
	free(k->keys);
}

static int
by_text(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int r = strcmp(x->text, y->text);

	if (r != 0)
		return r;
	return x->line < y->line ? -1 : x->line > y->line;
}

static int
by_word(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* --- keys ----------------------------------------------------------------- */

/* The folded words of a name in their alphabetical order: who writes the
 * family name first means the same person. */
#define WORDS_MAX 64
static int
add_sorted(const char *name, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf folded = { 0 };
	char *words[WORDS_MAX], *word, *rest = NULL;
	size_t n = 0, i;
	int r;

	if ((r = search_fold(name, &folded, e)) < 0 ||
	    (r = buf_add(&folded, "", 1, e)) < 0)
		return r;
	for (word = strtok_r((char *)folded.p, " ", &rest);
	     word != NULL && n < WORDS_MAX; word = strtok_r(NULL, " ", &rest))
		words[n++] = word;
	qsort(words, n, sizeof(*words), by_word);
	for (i = 0; i < n; i++)
		if ((r = buf_addf(out, e, " %s", words[i])) < 0)
			return r;
	return 0;
}

static int
name_key(const char *name, const char *commune, struct buf *out, struct err *e)
{
	int r;

	if ((r = buf_addstr(out, "n", e)) < 0 ||
	    (r = add_sorted(name, out, e)) < 0 ||
	    (r = buf_addstr(out, "|", e)) < 0)
		return r;
	return search_fold(commune, out, e);
}

/* Empty when there is none. */
static int
reference_key(const char *reference, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf folded = { 0 };
	int r;

	if ((r = search_fold(reference, &folded, e)) < 0 || folded.len == 0)
		return r;
	return buf_addf(out, e, "r%s", buf_str(&folded));
}

static int
push(struct known *k, struct buf *text, size_t line, int second, struct err *e)
{
	char *copy;

	if (text->len == 0)
		return 0;
	if ((copy = strdup(buf_str(text))) == NULL)
		return err_set(e, ERR_NOMEM, "list");
	k->keys[k->n++] = (struct key){ copy, line, second };
	buf_reset(text);
	return 0;
}

static int
make_keys(struct known *k, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	const struct intake_line *line;
	size_t i;
	int r;

	k->keys = calloc(3 * k->l->n + 1, sizeof(*k->keys));
	if (k->keys == NULL)
		return err_set(e, ERR_NOMEM, "list");
	for (i = 0; i < k->l->n; i++) {
		line = &k->l->v[i];
		if (line->fate == INTAKE_REJECTED)
			continue;
		if ((r = reference_key(
			 line->text[INTAKE_REFERENCE], &text, e)) < 0 ||
		    (r = push(k, &text, i, 0, e)) < 0 ||
		    (r = name_key(line->holder, line->text[INTAKE_COMMUNE],
			 &text, e)) < 0 ||
		    (r = push(k, &text, i, 0, e)) < 0)
			return r;
		if (line->second[0] != '\0' &&
		    ((r = name_key(line->second, line->text[INTAKE_COMMUNE],
			  &text, e)) < 0 ||
			(r = push(k, &text, i, 1, e)) < 0))
			return r;
	}
	qsort(k->keys, k->n, sizeof(*k->keys), by_text);
	return 0;
}

/* The first key with this text, or n. */
static size_t
first_of(const struct known *k, const char *text)
{
	size_t low = 0, high = k->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (strcmp(k->keys[mid].text, text) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* --- in the list itself --------------------------------------------------- */

/* 1: the same, 0: another, -1: who knows. */
static int
same_year(int32_t a, int32_t b)
{
	if (a == 0 || b == 0)
		return -1;
	return a == b;
}

/* Runs of one key; lines are in their order within it. */
static void
known_within(struct known *k)
{
	size_t i, j;

	for (i = 0; i < k->n; i++) {
		struct intake_line *line = &k->l->v[k->keys[i].line];

		for (j = i; j-- > 0 &&
			    strcmp(k->keys[j].text, k->keys[i].text) == 0;) {
			const struct intake_line *a = &k->l->v[k->keys[j].line];
			int same = *k->keys[i].text == 'r'
				       ? 1
				       : same_year(a->year, line->year);

			if (k->keys[i].second || k->keys[j].second)
				same = -1;
			if (a == line || same == 0 || line->fate != INTAKE_GOOD)
				continue;
			line->fate =
			    same > 0 ? INTAKE_DUPLICATE : INTAKE_REJECTED;
			line->reason = same > 0 ? NULL : "maybe-twice";
		}
	}
}

/* --- in the index --------------------------------------------------------- */

/*
 * What the caller could not find is unknown to them; but a household that
 * their own team has, in whatever state, is not opened twice: neither behind
 * an archive's door nor beside a restriction.
 */
static int
is_known(struct known *k, const struct id *kase, struct case_facts *f)
{
	struct caller quiet = *k->caller;
	struct decision d;

	quiet.decided = NULL;
	if (case_by_id(k->tx, kase, f, NULL) < 0 ||
	    strcmp(f->state, "erased") == 0)
		return 0;
	if (strcmp(f->team, quiet.who->team) == 0 &&
	    strcmp(f->organisation, quiet.who->organisation) == 0)
		return 1;
	return core_authorize(k->core, &quiet, OP_SEARCH, NULL, f,
		   core_now(k->core), &d, NULL) == 0;
}

static int
may_reopen(struct known *k, const struct case_facts *f)
{
	struct caller quiet = *k->caller;
	struct decision d;

	quiet.decided = NULL;
	return core_authorize(k->core, &quiet, OP_CASE_REOPEN, NULL, f,
		   core_now(k->core), &d, NULL) == 0 &&
	       objection_is_on(k->tx, &f->id, NULL) == 0;
}

static void
mark(struct known *k, struct intake_line *line, const struct id *kase, int same)
{
	struct case_facts f;
	int over;

	if (same == 0 || !is_known(k, kase, &f))
		return;
	over =
	    strcmp(f.state, "closed") == 0 || strcmp(f.state, "archived") == 0;
	if (same > 0 && line->fate == INTAKE_REJECTED &&
	    strcmp(line->reason, "maybe-known") != 0)
		return;
	/* What is sure counts more, and a case that is open most. */
	if (same > 0 && !(over && line->fate == INTAKE_DUPLICATE)) {
		line->fate = over ? INTAKE_REOPEN : INTAKE_DUPLICATE;
		line->reason = NULL;
		line->known = *kase;
		line->may_reopen = over && may_reopen(k, &f);
	} else if (same < 0 && line->fate == INTAKE_GOOD) {
		line->fate = INTAKE_REJECTED;
		line->reason = "maybe-known";
		line->known = *kase;
	}
}

static void
mark_key(struct known *k, const char *text, const struct id *kase, int32_t year,
    int theirs)
{
	struct intake_line *line;
	size_t i;

	for (i = first_of(k, text);
	     i < k->n && strcmp(k->keys[i].text, text) == 0; i++) {
		line = &k->l->v[k->keys[i].line];
		mark(k, line, kase,
		    *text == 'r'		   ? 1
		    : theirs && !k->keys[i].second ? same_year(line->year, year)
						   : -1);
	}
}

static const char *
word(const json_t *shown, const char *name)
{
	const char *s = json_string_value(json_object_get(shown, name));

	return s != NULL ? s : "";
}

static int
one_case(void *arg, const struct id *kase, const json_t *shown, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct known *k = arg;
	int32_t year =
	    (int32_t)json_integer_value(json_object_get(shown, "birth_year"));
	json_t *names = json_object_get(shown, "names"), *name;
	size_t i;
	int r;

	if ((r = reference_key(word(shown, "reference"), &text, e)) < 0)
		return r;
	if (text.len > 0)
		mark_key(k, buf_str(&text), kase, year, 1);
	json_array_foreach(names, i, name)
	{
		buf_reset(&text);
		if ((r = name_key(json_string_value(name),
			 word(shown, "commune"), &text, e)) < 0)
			return r;
		/* The year is the first one's, who holds the lease. */
		mark_key(k, buf_str(&text), kase, year, i == 0);
	}
	return 0;
}

int
intake_lines_known(struct core *core, const struct caller *caller,
    struct intake_lines *l, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(known_done)
	struct known k = { .core = core, .caller = caller, .tx = &tx, .l = l };
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = make_keys(&k, e)) < 0)
		return r;
	known_within(&k);
	return search_each(core, one_case, &k, e);
}
