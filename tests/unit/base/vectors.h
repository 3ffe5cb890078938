/*
 * Vectors for the tests of base/: hexadecimal literals, and the files of a
 * corpus outside the tree, named by SCEAU_CORPUS or found beside the
 * source. A test whose corpus is absent skips.
 */
#ifndef TESTS_UNIT_BASE_VECTORS_H
#define TESTS_UNIT_BASE_VECTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/buf.h"
#include "base/crypto.h"

/* A buf of the bytes that the hexadecimal text names. */
struct buf unhex(const char *hex);
/* Fails the test unless p[0..n) is what hex says. */
void assert_hex(const void *p, size_t n, const char *hex);
/* n bytes that repeat nothing for a long while. */
void pattern(uint8_t *p, size_t n, unsigned seed);
/* Run a shell command line; its exit status. */
int run(const char *fmt, ...) PRINTF(1, 2);

/* The path of a file of the corpus; skips the test when there is none. */
const char *corpus(const char *rel);
struct buf corpus_file(const char *rel);
json_t *corpus_json(const char *rel);
/* f for each line of a file of JSON lines; how many there were. */
size_t corpus_lines(const char *rel, void (*f)(json_t *line));

/* A member of an object, as text ("" if null) and as bytes of base64. */
const char *member(json_t *o, const char *name);
struct buf member_base64(json_t *o, const char *name);

#endif
