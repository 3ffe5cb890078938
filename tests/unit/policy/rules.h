/*
 * Folders of rules for tests: written from text, or the shipped ones with
 * people who do not exist.
 */
#ifndef TESTS_UNIT_POLICY_RULES_H
#define TESTS_UNIT_POLICY_RULES_H

#include "base/buf.h"
#include "policy/policy.h"

struct rules {
	char dir[64];
	struct policy *p; /* of the last load that went well */
	struct buf problems;
	struct err e;
};

/* cmocka setup and teardown: *state is a struct rules. */
int rules_setup(void **state);
int rules_setup_shipped(void **state); /* loaded */
int rules_teardown(void **state);

void rules_put(struct rules *r, const char *name, const char *text);
void rules_remove(struct rules *r, const char *name);
/* policy_load; the former policy goes. */
int rules_load(struct rules *r);
/* A file of the source, by its path from the top; asserts. */
void rules_source(const char *path, struct buf *out);
/* A shipped file's text; asserts. */
void rules_shipped(const char *name, struct buf *out);
/* text with the first from replaced by to; asserts that it is there. *line:
 * where it was. */
void rules_edit(const char *text, const char *from, const char *to,
    struct buf *out, int *line);

/* A small but complete policy, and people for it. */
extern const char rules_small[];
extern const char rules_people[];
/* An overlay with the other sections, and people one of whom is away. */
extern const char rules_more[];
extern const char rules_loans[];

#endif
