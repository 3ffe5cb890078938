/*
 * The API's own words (states, reasons), as people read them.
 */
#ifndef CLIENT_WORDS_H
#define CLIENT_WORDS_H

#include <jansson.h>
#include <stdio.h>

/* In the reader's language; the word itself when it is not one of ours. */
const char *word_for(const char *word);
/* In French, whoever runs the command: for what a household reads. */
const char *word_french(const char *word);
/* A right of GDPR art. 15 to 21, and how a request for one stands. */
extern const char *const words_rights[][2]; /* {code, msgid}; {NULL} at end */
const char *right_for(const char *right);
const char *request_words(const json_t *request);
/* word_for a string member; "" when it is absent. */
const char *jword(const json_t *j, const char *name);

/* What a check of a signature found: the word, and in parentheses the
 * standard's own (ETSI EN 319 102-1) with its sub-indication, without a line
 * end. */
void verdict_print(FILE *f, const json_t *verdict);

#endif
