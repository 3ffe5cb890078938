/*
 * The search index: in locked memory while the vault is open, on disk one
 * file sealed under the search key and a sealed delta (data/search/). Words
 * are compared without accents and case, by their beginnings.
 */
#ifndef DAEMON_CORE_SEARCH_H
#define DAEMON_CORE_SEARCH_H

#include "daemon/core/core.h"

#define SEARCH_WORDS_MAX 200 /* bytes of a query */
#define SEARCH_LIMIT_MAX 100 /* results */
#define SEARCH_DELTA_MAX 512 /* entries before the whole is rewritten */

int search_open(const char *dir, const struct id *vault, struct search **out,
    struct err *e) NODISCARD;
void search_freep(struct search **s);
/* After an unseal: read index and delta, take in what the catalog has since;
 * rebuilt whole when missing or of another generation. */
int search_load(struct core *core, struct err *e) NODISCARD;
/* Sealed: forget what is open. */
void search_drop(struct search *s);
/* A case or its persons changed: enter it again, under leaf. */
int search_update(struct core *core, const struct id *kase, uint64_t leaf,
    struct err *e) NODISCARD;
/* {results:[…], leaf} */
int search_run(struct core *core, const struct caller *caller,
    const char *words, size_t limit, json_t **answer, struct err *e) NODISCARD;

/*
 * Every case of the index, whoever may see it: kase, and shown as {names,
 * title, commune, reference, birth_year}. Under the index's lock: each must
 * not come back here.
 */
int search_each(struct core *core,
    int (*each)(
	void *arg, const struct id *kase, const json_t *shown, struct err *e),
    void *arg, struct err *e) NODISCARD;

/* Fold: lower case, no accents, ligatures as two letters; other than letters
 * and digits become one space. Appended to out, a space first. */
int search_fold(const char *s, struct buf *out, struct err *e) NODISCARD;
/* Score of folded words in a folded text: 0 when one word has no match. */
unsigned search_score(const char *text, const char *words);

#endif
