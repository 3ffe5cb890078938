#include "tests/unit/base/vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"

#define FILE_MAX (8u << 20)

struct buf
unhex(const char *hex)
{
	struct buf b = { 0 };
	size_t n = strlen(hex) / 2;
	struct err e;

	assert_int_equal(buf_reserve(&b, n, &e), 0);
	assert_int_equal(hex_parse(hex, b.p, n, &e), 0);
	b.len = n;
	return b;
}

void
assert_hex(const void *p, size_t n, const char *hex)
{
	AUTO(buf_done) struct buf want = unhex(hex);

	assert_int_equal(n, want.len);
	assert_memory_equal(p, want.p, n);
}

void
pattern(uint8_t *p, size_t n, unsigned seed)
{
	uint32_t x = seed * 2654435761u + 1;
	size_t i;

	for (i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		p[i] = (uint8_t)(x >> 24);
	}
}

int
run(const char *fmt, ...)
{
	char line[4096];
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, line, NULL };
	int status = -1;
	va_list ap;
	pid_t pid;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if ((pid = fork()) == 0) {
		execv("/bin/sh", argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

const char *
corpus(const char *rel)
{
	static char path[1024];
	const char *dir = getenv("SCEAU_CORPUS");

	if (dir == NULL)
		dir = SCEAU_SOURCE "/../shared/corpus";
	snprintf(path, sizeof(path), "%s/%s", dir, rel);
	if (access(path, R_OK) != 0) {
		print_message("no corpus: %s\n", rel);
		skip();
	}
	return path;
}

struct buf
corpus_file(const char *rel)
{
	FILE *f = fopen(corpus(rel), "rb");
	struct buf b = { 0 };
	struct err e;

	assert_non_null(f);
	assert_int_equal(buf_reserve(&b, FILE_MAX, &e), 0);
	b.len = fread(b.p, 1, FILE_MAX, f);
	fclose(f);
	return b;
}

json_t *
corpus_json(const char *rel)
{
	json_t *j = json_load_file(corpus(rel), JSON_ALLOW_NUL, NULL);

	assert_non_null(j);
	return j;
}

size_t
corpus_lines(const char *rel, void (*f)(json_t *))
{
	AUTO(buf_done) struct buf b = corpus_file(rel);
	const char *s = (const char *)b.p, *line;
	size_t left = b.len, n, count = 0;
	json_t *j;

	while (text_line(&s, &left, &line, &n)) {
		j = json_loadb(
		    line, n, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
		assert_non_null(j);
		f(j);
		json_decref(j);
		count++;
	}
	return count;
}

const char *
member(json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

struct buf
member_base64(json_t *o, const char *name)
{
	const char *s = member(o, name);
	struct buf b = { 0 };
	struct err e;

	assert_int_equal(base64_parse(s, strlen(s), &b, &e), 0);
	return b;
}
