#include "policy/build.h"

#include <string.h>

#include "base/text.h"

static const char *const nothing[] = { NULL };
static const char *const flags[] = { "false", "true", NULL };

const struct value *
read_value(const struct node *n, const char *word)
{
	size_t i;

	for (i = 0; i < n->nvalues; i++)
		if (strcmp(n->values[i].word, word) == 0)
			return &n->values[i];
	return NULL;
}

int
read_line(const struct node *n, const char *word)
{
	const struct value *v = read_value(n, word);

	return v != NULL && v->n > 0 ? v->lines[0] : n->line;
}

static void
missing(struct build *b, const struct node *n, const char *word)
{
	problem(b->ps, n->file, n->line, "%s \"%s\" does not say its %s",
	    n->word, n->title, word);
}

static void
wrong(struct build *b, const struct node *n, const char *word, const char *what)
{
	problem(b->ps, n->file, read_line(n, word), "%s of %s \"%s\" %s", word,
	    n->word, n->title, what);
}

const char *
read_text(struct build *b, const struct node *n, const char *word, int must)
{
	const struct value *v = read_value(n, word);

	if (v != NULL && v->v[0][0] != '\0')
		return v->v[0];
	if (v != NULL && must)
		wrong(b, n, word, "is empty");
	else if (must)
		missing(b, n, word);
	return "";
}

const char *
read_name(struct build *b, const struct node *n, const char *word, int must)
{
	const char *s = read_text(b, n, word, must);

	if (*s == '\0')
		return NULL;
	if (names_is_name(s))
		return s;
	wrong(b, n, word, "is not a name");
	return NULL;
}

/* Digits only, no leading zero: nothing that reads as octal elsewhere. */
static int
parse_number(const char *s, uint64_t *out)
{
	uint64_t v = 0;

	if (*s == '\0' || (s[0] == '0' && s[1] != '\0'))
		return 0;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9' || v > (UINT64_MAX - 9) / 10)
			return 0;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	*out = v;
	return 1;
}

uint64_t
read_number(struct build *b, const struct node *n, const char *word,
    uint64_t min, uint64_t max, uint64_t otherwise)
{
	const struct value *v = read_value(n, word);
	uint64_t got;

	if (v == NULL)
		return otherwise;
	if (!parse_number(v->v[0], &got))
		wrong(b, n, word, "is not a decimal number");
	else if (got < min || got > max)
		problem(b->ps, n->file, read_line(n, word),
		    "%s of %s \"%s\" is not within %llu to %llu", word, n->word,
		    n->title, (unsigned long long)min, (unsigned long long)max);
	else
		return got;
	return otherwise;
}

uint64_t
read_number_must(struct build *b, const struct node *n, const char *word,
    uint64_t min, uint64_t max)
{
	if (read_value(n, word) == NULL)
		missing(b, n, word);
	return read_number(b, n, word, min, max, min);
}

int
read_flag(struct build *b, const struct node *n, const char *word)
{
	return read_word(b, n, word, flags, 0);
}

int
read_flag_must(struct build *b, const struct node *n, const char *word)
{
	return read_word(b, n, word, flags, -1);
}

int
read_word(struct build *b, const struct node *n, const char *word,
    const char *const *table, int otherwise)
{
	const struct value *v = read_value(n, word);
	int i;

	if (v == NULL) {
		if (otherwise < 0)
			missing(b, n, word);
		return otherwise < 0 ? 0 : otherwise;
	}
	if ((i = names_find(table, v->v[0])) >= 0)
		return i;
	problem(b->ps, n->file, v->lines[0], "unknown %s \"%s\" in %s \"%s\"",
	    word, v->v[0], n->word, n->title);
	return otherwise < 0 ? 0 : otherwise;
}

static void
check_once(
    struct build *b, const struct node *n, const struct value *v, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (strcmp(v->v[i], v->v[j]) == 0) {
			problem(b->ps, n->file, v->lines[i],
			    "\"%s\" twice in %s of %s \"%s\"", v->v[i], v->word,
			    n->word, n->title);
			return;
		}
}

const char *const *
read_names(struct build *b, const struct node *n, const char *word)
{
	const struct value *v = read_value(n, word);
	size_t i;

	if (v == NULL)
		return nothing;
	for (i = 0; i < v->n; i++) {
		if (!names_is_name(v->v[i]))
			problem(b->ps, n->file, v->lines[i],
			    "\"%s\" in %s of %s \"%s\" is not a name", v->v[i],
			    word, n->word, n->title);
		check_once(b, n, v, i);
	}
	return v->v;
}

const char *const *
read_names_or_none(struct build *b, const struct node *n, const char *word)
{
	const char *const *v = read_names(b, n, word);

	if (v[0] == NULL)
		missing(b, n, word);
	else if (strcmp(v[0], "none") == 0 && v[1] == NULL)
		return nothing;
	return v;
}

const char *const *
read_list(struct build *b, const struct node *n, const char *word)
{
	const struct value *v = read_value(n, word);
	size_t i;

	for (i = 0; v != NULL && i < v->n; i++)
		check_once(b, n, v, i);
	return v != NULL ? v->v : nothing;
}

const char *const *
read_list_must(struct build *b, const struct node *n, const char *word)
{
	const char *const *v = read_list(b, n, word);

	if (v[0] == NULL)
		missing(b, n, word);
	return v;
}

const char *const *
read_words(struct build *b, const struct node *n, const char *word,
    const char *const *table)
{
	const struct value *v = read_value(n, word);
	const char *const *names = read_names(b, n, word);
	size_t i;

	for (i = 0; names[i] != NULL; i++)
		if (names_find(table, names[i]) < 0)
			problem(b->ps, n->file, v->lines[i],
			    "unknown word \"%s\" in %s of %s \"%s\"", names[i],
			    word, n->word, n->title);
	return names;
}

const char *const *
read_words_or_none(struct build *b, const struct node *n, const char *word,
    const char *const *table)
{
	const char *const *v = read_names_or_none(b, n, word);

	return v[0] != NULL ? read_words(b, n, word, table) : v;
}

unsigned
read_bits(struct build *b, const struct node *n, const char *word,
    const char *const *table)
{
	const struct value *v = read_value(n, word);
	unsigned bits = 0;
	size_t i;
	int at;

	for (i = 0; v != NULL && i < v->n; i++) {
		check_once(b, n, v, i);
		if ((at = names_find(table, v->v[i])) >= 0)
			bits |= 1u << at;
		else
			problem(b->ps, n->file, v->lines[i],
			    "unknown word \"%s\" in %s of %s \"%s\"", v->v[i],
			    word, n->word, n->title);
	}
	return bits;
}

static int32_t
read_day(
    struct build *b, const struct node *n, const char *word, int32_t otherwise)
{
	const struct value *v = read_value(n, word);
	int32_t day;

	if (v == NULL)
		return otherwise;
	if (date_parse(v->v[0], &day, NULL) == 0)
		return day;
	wrong(b, n, word, "is not a date YYYY-MM-DD");
	return otherwise;
}

void
read_window(struct build *b, const struct node *n, struct policy_window *w)
{
	w->from = read_day(b, n, "effective-from", INT32_MIN);
	w->until = read_day(b, n, "effective-until", INT32_MAX);
	if (w->from > w->until)
		wrong(b, n, "effective-until", "is before effective-from");
}

void
read_window_must(struct build *b, const struct node *n, struct policy_window *w)
{
	static const char *const days[] = { "effective-from",
		"effective-until" };
	size_t i;

	read_window(b, n, w);
	for (i = 0; i < NELEMS(days); i++)
		if (read_value(n, days[i]) == NULL)
			missing(b, n, days[i]);
}

const char *
read_title(struct build *b, const struct node *n)
{
	if (!names_is_name(n->title))
		problem(b->ps, n->file, n->line, "%s \"%s\" is not a name",
		    n->word, n->title);
	return n->title;
}

void
read_source(struct build *b, const struct node *n)
{
	(void)read_text(b, n, "source", 1);
}
