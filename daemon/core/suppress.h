/*
 * Suppression of small cells in a published table: which cells stay hidden
 * so that who has the rest, with its totals, cannot tell a count that is
 * under the threshold k (figure small-cell-count). Pure: no catalog, no
 * rules.
 *
 * Policy. A cell or total from 1 to k - 1 is hidden ("small"). Zeros tell of
 * nobody and are published, so who reads knows that what is hidden is at
 * least 1. Further cells are hidden until each small one might as well be k
 * larger than it is: among all tables of whole numbers, none hidden below 1,
 * that have what is published, there is one in which it is v + k or more. So
 * it cannot be derived, is not known to be under k, and the range in which
 * it must lie is at least k wide. Where a table is too small for that, all of
 * it is hidden, its zeros too, but a grand total the convention names, and
 * totals of lines all hidden with them. Of two ways to protect a cell the
 * one that hides less is taken, and cells before totals; that is by steps and
 * not always the best. Who knows the steps may at times exclude some of the
 * tables (minimality): not defended against.
 *
 * Two-dimensional tables are circulations (each cell lies in one row and one
 * column), so the largest value a hidden cell can have is a maximum flow, in
 * whole numbers (Cox, Network models for complementary cell suppression,
 * 1995).
 */
#ifndef DAEMON_CORE_SUPPRESS_H
#define DAEMON_CORE_SUPPRESS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SUPPRESS_SIDE_MAX 64 /* rows, or columns, without the total's */

/*
 * rows * cols counts, row by row. cols 1: a list with its total, without
 * totals of rows. exact: the grand total is published whatever it is.
 */
struct suppress_table {
	size_t rows, cols;
	const int64_t *v;
	int64_t k;
	int exact;
};
/* 1: hidden. Totals of rows (cols > 1 only), of columns (likewise), and the
 * grand total. The caller gives rows * cols, rows and cols bytes. */
struct suppress_mask {
	uint8_t *cell, *row, *col;
	uint8_t total;
	int all; /* nothing but, perhaps, the grand total is published */
};
/* ERR_INVALID: a side of 0 or over the limit, a count below 0. */
int suppress(const struct suppress_table *t, struct suppress_mask *m,
    struct err *e) NODISCARD;

#endif
