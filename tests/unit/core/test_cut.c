/*
 * Nothing leaves a record but what its rule names: ten thousand random
 * records, most of them hostile, through the pure cut, against a check that
 * shares no code with it. Each text and number of a record is there once, so
 * that what came out can be told from what had to stay.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "daemon/core/cut.h"

#define RECORDS 10000
#define SEGMENTS 24
#define CANARIES 8192

/* --- chance --------------------------------------------------------------- */

static uint64_t seed = 20261123;

static uint32_t
chance(uint32_t n)
{
	uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ z >> 31) % n);
}

static uint32_t next_canary;

static const char *const tails[] = { "", " \xe2\x80\xae", "\n", "\\u0000",
	"\",\"x\":\"", "\xf0\x9f\x8f\xa0", "\x7f", " : ", "</script>",
	"e\xcc\x81" };

static json_t *
canary(void)
{
	char text[80];

	next_canary++;
	if (chance(4) == 0)
		return json_integer(100000000 + (json_int_t)next_canary);
	snprintf(text, sizeof(text), "CANARI-%u.%s", next_canary,
	    tails[chance(NELEMS(tails))]);
	return json_string(text);
}

/* Names that look like something else. */
static const char *const hostile[] = { "", ".", "..", "a.b", "__proto__",
	"constructor", "toString", "label", "value", "fields", "path", "kind",
	"identite.nom", "nom.", ".nom", "titulaires.nom", "dette.montant",
	"allocataire.numero", "Identite", "identite ", " identite",
	"identit\xc3\xa9", "identite\xe2\x80\xae", "recit\xcc\x81",
	"\xef\xbb\xbfnom", "nom\n", "nom\t", "*", "%s%n", "$ref", "0", "-1",
	"\xf0\x9f\x94\x91", "recit", "nom", "montant", "code", "date", "numero",
	"observations" };

static json_t *hostile_value(int depth);

static void
add_hostile(json_t *o, int depth)
{
	char longest[400];
	uint32_t n = chance(4);

	for (; n > 0; n--)
		json_object_set_new_nocheck(
		    o, hostile[chance(NELEMS(hostile))], hostile_value(depth));
	if (chance(40) == 0) {
		memset(longest, 'a', sizeof(longest) - 1);
		longest[sizeof(longest) - 1] = '\0';
		json_object_set_new(o, longest, hostile_value(depth));
	}
}

static json_t *
hostile_value(int depth)
{
	json_t *v;
	uint32_t n;

	switch (depth > 0 ? chance(6) : 0) {
	case 1:
		v = json_object();
		add_hostile(v, depth - 1);
		return v;
	case 2:
		v = json_array();
		for (n = chance(4); n > 0; n--)
			json_array_append_new(v, hostile_value(depth - 1));
		return v;
	case 3:
		return chance(2) ? json_null() : json_true();
	default:
		return canary();
	}
}

/* A tower of objects and lists, deeper than any declaration. */
static json_t *
tower(void)
{
	json_t *v = canary(), *o;
	int i;

	for (i = 0; i < 200; i++) {
		if (i % 3 == 0) {
			o = json_array();
			json_array_append_new(o, v);
		} else {
			o = json_object();
			json_object_set_new(o, i % 2 ? "nom" : "identite", v);
		}
		v = o;
	}
	return v;
}

/* --- records -------------------------------------------------------------- */

static const char *
last_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot != NULL ? dot + 1 : path;
}

/* Declared directly under path ("" is the record)? */
static int
is_child(const char *path, const char *child)
{
	size_t n = strlen(path);

	if (n == 0)
		return strchr(child, '.') == NULL;
	return strncmp(child, path, n) == 0 && child[n] == '.' &&
	       strchr(child + n + 1, '.') == NULL;
}

static json_t *object_of(const struct policy_kind *kind, const char *path);

static json_t *
value_of(const struct policy_kind *kind, const struct policy_field *f)
{
	json_t *v;
	uint32_t n;

	if (chance(12) == 0)
		return chance(8) == 0 ? tower() : hostile_value(3);
	switch (f->type) {
	case FIELD_GROUP:
		return object_of(kind, f->path);
	case FIELD_LIST:
		v = json_array();
		for (n = chance(4); n > 0; n--)
			json_array_append_new(v, object_of(kind, f->path));
		return v;
	case FIELD_INTEGER:
	case FIELD_AMOUNT:
		return json_integer(100000000 + (json_int_t)++next_canary);
	case FIELD_BOOLEAN:
		return json_boolean((int)chance(2));
	default:
		if (chance(3) == 0 && f->values != NULL)
			return json_string(f->values[0]);
		return canary();
	}
}

static json_t *
object_of(const struct policy_kind *kind, const char *path)
{
	json_t *o = json_object();
	size_t i;

	for (i = 0; i < kind->nfields; i++)
		if (is_child(path, kind->fields[i].path) && chance(4) > 0)
			json_object_set_new(o, last_of(kind->fields[i].path),
			    value_of(kind, &kind->fields[i]));
	if (chance(2) == 0)
		add_hostile(o, 2);
	return o;
}

/* --- the other opinion ---------------------------------------------------- */

/* Where a value stands: names from the top, and which of them hold lists. */
struct place {
	const char *name[SEGMENTS];
	int list[SEGMENTS];
	int n;
};

struct opinion {
	const struct cutting *c;
	const struct policy_kind *kind;
	uint8_t may[CANARIES]; /* by number from first */
	uint32_t first;
};

static int
names_are(const struct place *p, int n, const char *path)
{
	int i;
	size_t len;

	for (i = 0; i < n; i++) {
		len = strlen(p->name[i]);
		if (len == 0 || strchr(p->name[i], '.') != NULL ||
		    strncmp(path, p->name[i], len) != 0)
			return 0;
		path += len;
		if (i + 1 < n && *path++ != '.')
			return 0;
	}
	return *path == '\0';
}

static const struct policy_field *
declared(const struct policy_kind *k, const struct place *p, int n)
{
	size_t i;

	for (i = 0; i < k->nfields; i++)
		if (names_are(p, n, k->fields[i].path))
			return &k->fields[i];
	return NULL;
}

static int
is_held(const struct opinion *o, const struct place *p)
{
	const struct policy_block *b;
	size_t i, k;
	int n;

	for (i = 0; i < o->c->nblocks; i++) {
		b = o->c->blocks[i];
		for (k = 0; k < b->nblocked; k++)
			for (n = 1; n <= p->n; n++)
				if (b->blocked[k].value == NULL &&
				    strcmp(b->blocked[k].kind, o->kind->name) ==
					0 &&
				    names_are(p, n, b->blocked[k].path))
					return 1;
	}
	for (n = 0; o->c->hides_addresses && n < p->n; n++)
		if (strcmp(p->name[n], "adresse") == 0 ||
		    strcmp(p->name[n], "code-postal") == 0 ||
		    strcmp(p->name[n], "commune") == 0)
			return 1;
	return 0;
}

/* May a value at this place go with the field that its first at names are? */
static int
may_go_with(const struct opinion *o, const struct place *p, int at)
{
	const struct policy_field *f = NULL;
	int n;

	for (n = 1; n <= p->n; n++) {
		f = declared(o->kind, p, n);
		if (f == NULL || f->label == LABEL_NEVER ||
		    (n > at && f->label != LABEL_ORDINARY) ||
		    (n < p->n && f->type != FIELD_GROUP &&
			f->type != FIELD_LIST) ||
		    (f->type == FIELD_LIST) != (p->list[n - 1] > 0) ||
		    p->list[n - 1] > 1)
			return 0;
	}
	return f != NULL && f->type != FIELD_GROUP && f->type != FIELD_LIST;
}

/* By any field of the rule? */
static int
may_leave(const struct opinion *o, const struct place *p)
{
	const struct disclosure_rule *rule = o->c->rule;
	size_t i;
	int n;

	if (is_held(o, p))
		return 0;
	for (i = 0; i < rule->nfields; i++)
		for (n = 1; n <= p->n; n++)
			if (strcmp(rule->fields[i].kind, o->kind->name) == 0 &&
			    o->c->verdicts[i].why == CUT_GIVEN &&
			    names_are(p, n, rule->fields[i].path) &&
			    may_go_with(o, p, n))
				return 1;
	return 0;
}

static uint32_t
number_of(const json_t *v)
{
	const char *s = json_string_value(v);

	if (s != NULL && strncmp(s, "CANARI-", 7) == 0)
		return (uint32_t)strtoul(s + 7, NULL, 10);
	if (json_is_integer(v) && json_integer_value(v) > 100000000)
		return (uint32_t)(json_integer_value(v) - 100000000);
	return 0;
}

static void
look(struct opinion *o, const json_t *v, struct place *p)
{
	const char *key;
	json_t *item;
	size_t i;

	if (number_of(v) > 0 && p->n > 0)
		o->may[number_of(v) - o->first] = (uint8_t)may_leave(o, p);
	if (json_is_array(v) && p->n > 0) {
		p->list[p->n - 1]++;
		json_array_foreach(v, i, item) look(o, item, p);
		p->list[p->n - 1]--;
	}
	if (p->n == SEGMENTS)
		return;
	json_object_foreach((json_t *)(uintptr_t)v, key, item)
	{
		p->name[p->n] = key;
		p->list[p->n++] = 0;
		look(o, item, p);
		p->n--;
	}
}

/* --- what came out -------------------------------------------------------- */

static size_t
count_out(const struct opinion *o, const json_t *v)
{
	uint32_t n = number_of(v);
	const char *key;
	json_t *item;
	size_t i, count = n > 0;

	if (n > 0 && (n < o->first || !o->may[n - o->first]))
		fail_msg("rule %s, kind %s: canary %u went out",
		    o->c->rule->name, o->kind->name, n);
	json_array_foreach(v, i, item) count += count_out(o, item);
	json_object_foreach((json_t *)(uintptr_t)v, key, item) count +=
	    count_out(o, item);
	return count;
}

static void
check_line(const struct disclosure_rule *rule, const json_t *line)
{
	const char *label = json_string_value(json_object_get(line, "label"));
	const char *kind = json_string_value(json_object_get(line, "kind"));
	const char *path = json_string_value(json_object_get(line, "path"));
	size_t i;

	for (i = 0; i < rule->nfields; i++)
		if (strcmp(rule->fields[i].label, label) == 0 &&
		    strcmp(rule->fields[i].kind, kind) == 0 &&
		    strcmp(rule->fields[i].path, path) == 0)
			return;
	fail_msg("rule %s gives no %s", rule->name, label);
}

static void
check_withheld(const json_t *withheld)
{
	char *text = json_dumps(withheld, 0);

	/* Names of fields and reasons; never a value. */
	assert_null(strstr(text, "CANARI"));
	assert_null(strstr(text, "1000000"));
	free(text);
}

/* --- one record ----------------------------------------------------------- */

static const enum cut_why held[] = { CUT_BLOCKED, CUT_NOT_ALL_AGREE,
	CUT_THEY_DISAGREE };

static void
random_verdicts(const struct disclosure_rule *rule, struct cut_verdict *v)
{
	uint32_t one_in = 2 + chance(8);
	size_t i;

	for (i = 0; i < rule->nfields; i++)
		v[i] = (struct cut_verdict){
			.why = chance(one_in) == 0 ? held[chance(NELEMS(held))]
						   : CUT_GIVEN
		};
}

/* A block over some declared field, and perhaps an address. */
struct withheld {
	struct policy_blocked what[2];
	struct policy_block block;
	const struct policy_block *list[1];
};

static const char *
some_path(const struct policy_kind *kind)
{
	return kind->fields[chance((uint32_t)kind->nfields)].path;
}

static void
random_holds(
    struct cutting *c, const struct policy_kind *kind, struct withheld *w)
{
	memset(w, 0, sizeof(*w));
	if (chance(3) == 0) {
		w->what[0].kind = kind->name;
		w->what[0].path = some_path(kind);
		w->block = (struct policy_block){ .name = "essai",
			.citation = "texte",
			.blocked = w->what,
			.nblocked = 1 };
		w->list[0] = &w->block;
		c->blocks = w->list;
		c->nblocks = 1;
	}
	c->hides_addresses = chance(4) == 0;
}

static const struct policy_kind *
source_kind(const struct policy *p, const struct disclosure_rule *rule)
{
	return rule->nfields == 0
		   ? NULL
		   : policy_kind(
			 p, rule->fields[chance((uint32_t)rule->nfields)].kind);
}

static size_t
one_record(const struct policy *p, const struct disclosure_rule *rule)
{
	struct cut_source source = { .kind = source_kind(p, rule),
		.version = 1 };
	struct cut_verdict *v = calloc(rule->nfields + 1, sizeof(*v));
	struct cutting c = {
		.rule = rule, .verdicts = v, .sources = &source, .nsources = 1
	};
	static struct opinion o;
	json_t *fields = NULL, *withheld = NULL, *record, *line;
	struct place place = { 0 };
	struct withheld w;
	size_t i, count;

	if (source.kind == NULL) {
		free(v);
		return 0;
	}
	memset(&o, 0, sizeof(o));
	o.first = next_canary;
	record = object_of(source.kind, "");
	assert_true(next_canary - o.first < CANARIES);
	source.record = record;
	random_verdicts(rule, v);
	random_holds(&c, source.kind, &w);
	o.c = &c;
	o.kind = source.kind;
	look(&o, record, &place);
	assert_int_equal(cut(&c, &fields, &withheld, NULL), 0);
	json_array_foreach(fields, i, line) check_line(rule, line);
	count = count_out(&o, fields);
	check_withheld(withheld);
	json_decref(fields);
	json_decref(withheld);
	json_decref(record);
	free(v);
	return count;
}

/* A rule that names any fields of a kind: groups, sensitive ones, never. */
static void
random_rule(const struct policy *p, struct disclosure_rule *rule,
    struct disclosed_field f[12], char labels[12][32])
{
	const struct policy_kind *all, *kind;
	size_t i, n = policy_kinds(p, &all);

	do
		kind = &all[chance((uint32_t)n)];
	while (!kind->is_record || kind->nfields == 0);
	*rule = (struct disclosure_rule){
		.name = "random", .fields = f, .nfields = 1 + chance(12)
	};
	for (i = 0; i < rule->nfields; i++) {
		snprintf(labels[i], sizeof(labels[i]), "label-%zu", i);
		f[i] = (struct disclosed_field){ .kind = kind->name,
			.path = some_path(kind),
			.label = labels[i] };
	}
}

static const struct policy *shipped;

static int
load(void **state)
{
	struct policy *p = NULL;
	struct err e = { 0 };

	(void)state;
	if (policy_load(SCEAU_SOURCE "/policy/rules", &p, NULL, &e) < 0) {
		print_error("%s\n", e.text);
		return -1;
	}
	shipped = p;
	return 0;
}

static int
unload(void **state)
{
	struct policy *p = (struct policy *)(uintptr_t)shipped;

	(void)state;
	policy_freep(&p);
	return 0;
}

static void
no_extract_holds_a_field_outside_its_rule(void **state)
{
	const struct disclosure_rule *rules;
	size_t n = policy_disclosures(shipped, &rules), i, out = 0;
	struct disclosed_field fields[12];
	struct disclosure_rule any;
	char labels[12][32];

	(void)state;
	assert_true(n > 0);
	for (i = 0; i < RECORDS; i++) {
		random_rule(shipped, &any, fields, labels);
		out += one_record(shipped, i % 2 ? &rules[i / 2 % n] : &any);
	}
	print_message("%zu values went out of %u\n", out, next_canary);
	/* Cutting everything away is not what is asked. */
	assert_true(out > RECORDS);
}

/* --- by name -------------------------------------------------------------- */

static const struct policy_field note_fields[] = {
	{ .path = "a", .type = FIELD_GROUP },
	{ .path = "a.b", .type = FIELD_STRING },
	{ .path = "a.c", .type = FIELD_STRING, .label = LABEL_SENSITIVE },
	{ .path = "a.g", .type = FIELD_GROUP },
	{ .path = "a.g.x", .type = FIELD_STRING },
	{ .path = "l", .type = FIELD_LIST },
	{ .path = "l.code", .type = FIELD_CODE },
	{ .path = "l.sum", .type = FIELD_AMOUNT },
	{ .path = "n", .type = FIELD_TEXT, .label = LABEL_NEVER },
	{ .path = "s", .type = FIELD_STRING, .label = LABEL_SENSITIVE },
};
static const struct disclosed_field note_gives[] = {
	{ .kind = "x", .path = "a", .label = "A" },
	{ .kind = "x", .path = "l", .label = "L" },
	{ .kind = "x", .path = "s", .label = "S" },
	{ .kind = "x", .path = "n", .label = "N" },
};

static const struct policy_kind note = {
	.name = "x",
	.is_record = 1,
	.fields = note_fields,
	.nfields = NELEMS(note_fields),
};
static const struct disclosure_rule note_rule = {
	.name = "r",
	.fields = note_gives,
	.nfields = NELEMS(note_gives),
};

struct note_case {
	const char *record;
	struct cut_verdict verdicts[NELEMS(note_gives)];
	const struct policy_block *block;
	const char *fields; /* {label: value}, expected */
};

/* A small record through cut: what goes, by label, as text. */
static void
check_note(const struct note_case *t, json_t **withheld)
{
	json_t *record = json_loads(t->record, 0, NULL), *fields = NULL;
	json_t *given = json_object(), *line;
	const struct cut_source source = { .kind = &note, .record = record };
	const struct cutting c = { .rule = &note_rule,
		.verdicts = t->verdicts,
		.sources = &source,
		.nsources = 1,
		.blocks = &t->block,
		.nblocks = t->block != NULL };
	char *text;
	size_t i;

	assert_non_null(record);
	assert_int_equal(cut(&c, &fields, withheld, NULL), 0);
	json_array_foreach(fields, i, line) json_object_set(given,
	    json_string_value(json_object_get(line, "label")),
	    json_object_get(line, "value"));
	text = json_dumps(given, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text, t->fields);
	free(text);
	json_decref(given);
	json_decref(fields);
	json_decref(record);
}

static int
is_told(const json_t *withheld, const char *path, enum cut_why why)
{
	const json_t *line;
	size_t i;

	json_array_foreach(withheld, i, line)
	{
		if (strcmp(json_string_value(json_object_get(line, "path")),
			path) == 0 &&
		    strcmp(json_string_value(json_object_get(line, "why")),
			cut_words(why)) == 0)
			return 1;
	}
	return 0;
}

static void
what_a_group_holds_goes_only_as_declared(void **state)
{
	static const struct note_case cases[] = {
		{ "{\"a\":{\"b\":\"1\",\"c\":\"2\",\"d\":\"3\"}}", { { 0 } },
		    NULL, "{\"A\":{\"b\":\"1\"}}" },
		/* A name that reads like a path is no member of the group. */
		{ "{\"a\":{\"g.x\":\"0\",\"a.b\":\"1\",\".b\":\"2\",\"\":\"3\"}"
		  "}",
		    { { 0 } }, NULL, "{\"A\":{}}" },
		{ "{\"a.b\":\"1\",\"l\":[{\"code\":\"k\",\"x\":1}]}", { { 0 } },
		    NULL, "{\"L\":[{\"code\":\"k\"}]}" },
		/* Not of the declared type: nothing of it. */
		{ "{\"a\":\"text\",\"l\":{\"code\":\"k\"},\"s\":{\"b\":\"1\"}}",
		    { { 0 } }, NULL, "{}" },
		{ "{\"l\":[{\"code\":[\"k\"],\"sum\":\"12\"}]}", { { 0 } },
		    NULL, "{\"L\":[{}]}" },
		{ "{\"l\":[[{\"code\":\"k\"}]]}", { { 0 } }, NULL, "{}" },
		/* The rule names a sensitive field: it goes; "never" never. */
		{ "{\"s\":\"yes\",\"n\":\"no\"}", { { 0 } }, NULL,
		    "{\"S\":\"yes\"}" },
	};
	json_t *withheld;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(cases); i++) {
		withheld = NULL;
		check_note(&cases[i], &withheld);
		json_decref(withheld);
	}
}

static void
what_is_held_back_is_told_with_its_reason(void **state)
{
	const struct note_case t = {
		"{\"a\":{\"b\":\"1\"},\"l\":[],\"s\":\"x\",\"n\":\"no\"}",
		{ { .why = CUT_NOT_ALL_AGREE }, { 0 },
		    { .why = CUT_THEY_DISAGREE }, { 0 } },
		NULL,
		"{\"L\":[]}",
	};
	json_t *withheld = NULL;

	(void)state;
	check_note(&t, &withheld);
	assert_true(is_told(withheld, "a", CUT_NOT_ALL_AGREE));
	assert_true(is_told(withheld, "s", CUT_THEY_DISAGREE));
	assert_true(is_told(withheld, "n", CUT_NEVER));
	json_decref(withheld);
}

static void
a_block_holds_a_field_or_what_lies_under_it(void **state)
{
	static const struct policy_blocked under[] = {
		{ .kind = "x", .path = "a.b" },
		{ .kind = "y", .path = "l" },
	};
	static const struct policy_blocked above[] = {
		{ .kind = "x", .path = "l" },
	};
	static const struct policy_block b1 = {
		.name = "b1", .blocked = under, .nblocked = 2
	};
	static const struct policy_block b2 = {
		.name = "b2", .blocked = above, .nblocked = 1
	};
	const struct note_case t1 = { "{\"a\":{\"b\":\"1\"},\"l\":[]}",
		{ { 0 } }, &b1, "{\"A\":{},\"L\":[]}" };
	const struct note_case t2 = { "{\"a\":{\"b\":\"1\"},\"l\":[]}",
		{ { 0 } }, &b2, "{\"A\":{\"b\":\"1\"}}" };
	json_t *withheld = NULL;

	(void)state;
	check_note(&t1, &withheld);
	json_decref(withheld);
	withheld = NULL;
	check_note(&t2, &withheld);
	assert_true(is_told(withheld, "l", CUT_BLOCKED));
	json_decref(withheld);
}

static void
a_value_that_is_blocked_stops_the_whole_record(void **state)
{
	static const struct policy_blocked what[] = {
		{ .kind = "x", .path = "l.code", .value = "surendettement" },
	};
	static const struct policy_block block = { .name = "b",
		.citation = "C. conso. L721-3",
		.blocked = what,
		.nblocked = 1 };
	const struct note_case stopped = {
		"{\"a\":{\"b\":\"1\"},\"l\":[{\"code\":\"fsl\"},"
		"{\"code\":\"surendettement\"}],\"s\":\"x\"}",
		{ { 0 } }, &block, "{}"
	};
	const struct note_case goes = {
		"{\"a\":{\"b\":\"surendettement\"},\"l\":[{\"code\":\"fsl\"}]}",
		{ { 0 } }, &block,
		"{\"A\":{\"b\":\"surendettement\"},\"L\":[{\"code\":\"fsl\"}]}"
	};
	json_t *withheld = NULL;

	(void)state;
	check_note(&stopped, &withheld);
	assert_true(is_told(withheld, "a", CUT_STOPPED));
	assert_true(is_told(withheld, "s", CUT_STOPPED));
	json_decref(withheld);
	withheld = NULL;
	check_note(&goes, &withheld);
	json_decref(withheld);
}

static void
no_address_goes_of_who_must_not_be_found(void **state)
{
	static const struct policy_field fields[] = {
		{ .path = "identite", .type = FIELD_GROUP },
		{ .path = "identite.adresse", .type = FIELD_STRING },
		{ .path = "identite.nom", .type = FIELD_STRING },
		{ .path = "commune", .type = FIELD_STRING },
	};
	static const struct policy_kind kind = { .name = "x",
		.is_record = 1,
		.fields = fields,
		.nfields = NELEMS(fields) };
	static const struct disclosed_field gives[] = {
		{ .kind = "x", .path = "identite", .label = "A" },
		{ .kind = "x", .path = "commune", .label = "B" },
	};
	static const struct disclosure_rule rule = {
		.name = "r", .fields = gives, .nfields = NELEMS(gives)
	};
	static const struct cut_verdict v[NELEMS(gives)];
	json_t *record = json_loads("{\"identite\":{\"adresse\":\"ici\","
				    "\"nom\":\"N\"},\"commune\":\"C\"}",
	    0, NULL);
	const struct cut_source source = { .kind = &kind, .record = record };
	const struct cutting c = { .rule = &rule,
		.verdicts = v,
		.sources = &source,
		.nsources = 1,
		.hides_addresses = 1 };
	json_t *given = NULL, *withheld = NULL;
	char *text;

	(void)state;
	assert_int_equal(cut(&c, &given, &withheld, NULL), 0);
	text = json_dumps(given, JSON_COMPACT);
	assert_null(strstr(text, "ici"));
	assert_null(strstr(text, "\"C\""));
	assert_non_null(strstr(text, "\"nom\":\"N\""));
	assert_true(is_told(withheld, "commune", CUT_ADDRESS));
	free(text);
	json_decref(given);
	json_decref(withheld);
	json_decref(record);
}

static void
no_record_is_told_once(void **state)
{
	const struct cut_source source = { .kind = &note };
	const struct cut_verdict v[NELEMS(note_gives)] = { { 0 } };
	const struct cutting c = { .rule = &note_rule,
		.verdicts = v,
		.sources = &source,
		.nsources = 1 };
	json_t *fields = NULL, *withheld = NULL;

	(void)state;
	assert_int_equal(cut(&c, &fields, &withheld, NULL), 0);
	assert_int_equal(json_array_size(fields), 0);
	assert_int_equal(json_array_size(withheld), 1);
	assert_true(is_told(withheld, "", CUT_NO_RECORD));
	json_decref(fields);
	json_decref(withheld);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    no_extract_holds_a_field_outside_its_rule, load, unload),
		cmocka_unit_test(what_a_group_holds_goes_only_as_declared),
		cmocka_unit_test(what_is_held_back_is_told_with_its_reason),
		cmocka_unit_test(a_block_holds_a_field_or_what_lies_under_it),
		cmocka_unit_test(
		    a_value_that_is_blocked_stops_the_whole_record),
		cmocka_unit_test(no_address_goes_of_who_must_not_be_found),
		cmocka_unit_test(no_record_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
