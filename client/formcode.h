/*
 * The codes of the rules' fields as people read them. The rules say which
 * codes there are; a code that is not known here is shown as it is.
 */
#ifndef CLIENT_FORMCODE_H
#define CLIENT_FORMCODE_H

/* In the reader's language. */
const char *formcode_words(const char *code);

#endif
