/*
 * Syntax: one file of rules, people or tests -> a tree of sections and values
 * with their lines. The only file that knows libConfuse; which words exist
 * where is declared in its tables (the closed world of DESIGN.md).
 */
#ifndef POLICY_SYNTAX_H
#define POLICY_SYNTAX_H

#include "policy/arena.h"
#include "policy/problems.h"

enum syntax_file { SYNTAX_RULES, SYNTAX_PEOPLE, SYNTAX_TESTS };

struct value {
	const char *word;
	const char *const *v; /* n strings, then NULL */
	const int *lines;     /* of each */
	size_t n;
};

struct node {
	const char *word;  /* "kind"; "" for the file itself */
	const char *title; /* "" when it has none */
	const char *file;
	int line;
	struct value *values; /* those given, in the order of the tables */
	size_t nvalues;
	struct node *sub; /* grouped by word, each group in file order */
	size_t nsub;
};

/*
 * Parse p[0..n), the content of file. What is wrong goes to ps; then *out
 * is not set and 0 is returned as well. ERR_NOMEM. All memory is of a.
 */
int syntax_parse(enum syntax_file what, const char *file, const void *p,
    size_t n, struct arena *a, struct node **out, struct problems *ps,
    struct err *e) NODISCARD;

#endif
