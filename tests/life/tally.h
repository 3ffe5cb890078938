/*
 * What a team counts for its convention, counted by hand while a simulated
 * one lives: month, indicator, dimensions, number. Knows nothing of how the
 * vault counts.
 */
#ifndef TESTS_LIFE_TALLY_H
#define TESTS_LIFE_TALLY_H

#include "life.h"

struct tally_row {
	int32_t month;
	char code[32], a[48], b[48];
	int64_t n;
};
struct tally {
	struct tally_row *v;
	size_t n, cap;
};

void tally_done(struct tally *t);
/* This act was done today: before it is marked so. */
void tally_act(struct tally *t, const struct life *l, const struct life_act *a);
/* Of these months, both included; a, b NULL: any. */
int64_t tally_sum(const struct tally *t, int32_t first, int32_t last,
    const char *code, const char *a, const char *b);

#endif
