/*
 * Build: trees of sections -> the model, and the checks between its parts.
 * What is wrong in a section is reported and the section still built, so
 * that one load shows all problems. Private to policy/.
 */
#ifndef POLICY_BUILD_H
#define POLICY_BUILD_H

#include "policy/model.h"
#include "policy/problems.h"
#include "policy/syntax.h"

enum word {
	WORD_PURPOSE,
	WORD_ROLE,
	WORD_KIND,
	WORD_RETENTION,
	WORD_ACCESS,
	WORD_RECIPIENT,
	WORD_ADAPT,
	WORD_CONSENT,
	WORD_EVENT,
	WORD_DISCLOSURE,
	WORD_BLOCK,
	WORD_APPROVAL,
	WORD_FIGURE,
	WORD_MOMENT,
	WORD_DEADLINE,
	WORD_GROUND,
	WORD_LETTER,
	WORD_SUBJECT,
	WORD_INTAKE,
	WORD_OPERATOR,
	WORD_PROCESSING,
	WORD_INDICATOR,
	WORD_TRUST,
	WORD_SIGNING,
	WORD_PERSON,
	WORD_LOAN,
	WORD_COUNT
};

/* Sections of one word over all files; the i-th is the i-th of the model. */
struct sections {
	const struct node **v;
	size_t n;
};

struct build {
	struct policy *p;
	struct problems *ps;
	struct sections of[WORD_COUNT];
};

/* The whole model from the trees of the rule files and of people.conf
 * (NULL: none). 0 also when there are problems; ERR_NOMEM. */
int build_policy(struct build *b, struct node *const *files, size_t nfiles,
    struct node *people, struct err *e) NODISCARD;

/* Parts of it, each over the sections of its words. */
int build_kinds(struct build *b, struct err *e) NODISCARD;
int build_access(struct build *b, struct err *e) NODISCARD;
int build_recipients(struct build *b, struct err *e) NODISCARD;
int build_events(struct build *b, struct err *e) NODISCARD;
int build_blocks(struct build *b, struct err *e) NODISCARD;
int build_disclosure(struct build *b, struct err *e) NODISCARD;
int build_rights(struct build *b, struct err *e) NODISCARD;
int build_moments(struct build *b, struct err *e) NODISCARD;
/* After the kinds. */
int build_trust(struct build *b, struct err *e) NODISCARD;
/* After the figures. */
int build_intakes(struct build *b, struct err *e) NODISCARD;

int build_reports(struct build *b, struct err *e) NODISCARD;
int build_people(struct build *b, struct err *e) NODISCARD;

/* References and contradictions, once everything is built. */
void check_policy(struct build *b);
void check_access(struct build *b);
void check_moments(struct build *b);
void check_terms(struct build *b);
void check_disclosure(struct build *b);
void check_people(struct build *b);

/*
 * "diagnostic:dette.montant", which stands at word of n, line line: its kind
 * and field. NULL: a problem, which is reported.
 */
const struct policy_field *build_source(struct build *b, const struct node *n,
    const char *word, const char *from, int line,
    const struct policy_kind **kind);
/* The text notices/NAME-VERSION.txt that a section names, and its SHA-256 (32
 * bytes); what is wrong with it is a problem. */
struct build_page {
	const char *name, *version, *text;
	const uint8_t *sha256;
	size_t n;
};
int build_page(struct build *b, const struct node *n, struct build_page *page,
    struct err *e) NODISCARD;
/* Do they share a day? */
int build_meet(const struct policy_window *a, const struct policy_window *b);

/* --- reading values of a section -------------------------------------- */

/* The value of word, or NULL: not given. */
const struct value *read_value(const struct node *n, const char *word);
/* The line of word in n, or n's own. */
int read_line(const struct node *n, const char *word);
/* A string; a missing one is a problem and "" where must is set. */
const char *read_text(
    struct build *b, const struct node *n, const char *word, int must);
/* The same for a name; NULL when absent or wrong. */
const char *read_name(
    struct build *b, const struct node *n, const char *word, int must);
/* Decimal, min to max; absent is otherwise. */
uint64_t read_number(struct build *b, const struct node *n, const char *word,
    uint64_t min, uint64_t max, uint64_t otherwise);
/* As read_number; absent is a problem. */
uint64_t read_number_must(struct build *b, const struct node *n,
    const char *word, uint64_t min, uint64_t max);
/* "true" or "false"; what would loosen the rules by being left out must be
 * said. */
int read_flag_must(struct build *b, const struct node *n, const char *word);
int read_flag(struct build *b, const struct node *n, const char *word);
/* Position in a table of words; absent is otherwise (-1: a problem). */
int read_word(struct build *b, const struct node *n, const char *word,
    const char *const *table, int otherwise);
/* A list of names, each once; never NULL; empty when absent. */
const char *const *read_names(
    struct build *b, const struct node *n, const char *word);
/* As read_names, but given always: the word none alone is the empty list. */
const char *const *read_names_or_none(
    struct build *b, const struct node *n, const char *word);
/* As read_names for what is no name: media types, keys. */
const char *const *read_list(
    struct build *b, const struct node *n, const char *word);
/* The same, and never empty. */
const char *const *read_list_must(
    struct build *b, const struct node *n, const char *word);
/* As read_names, each a word of the table; as read_names_or_none. */
const char *const *read_words_or_none(struct build *b, const struct node *n,
    const char *word, const char *const *table);
/* As read_names, each a word of the table. */
const char *const *read_words(struct build *b, const struct node *n,
    const char *word, const char *const *table);
/* As read_names, each a word of the table: a bit for each. */
unsigned read_bits(struct build *b, const struct node *n, const char *word,
    const char *const *table);
void read_window(
    struct build *b, const struct node *n, struct policy_window *w);
/* Both days are said. */
void read_window_must(
    struct build *b, const struct node *n, struct policy_window *w);
/* The section's title, which must be a name. */
const char *read_title(struct build *b, const struct node *n);
/* A rule says where it comes from. */
void read_source(struct build *b, const struct node *n);

#endif
