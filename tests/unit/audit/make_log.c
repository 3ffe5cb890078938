/*
 * Makes a log for check_log.py: grows it to each of the sizes given, with a
 * flush at each, and an export of the last; prints the vault's folder and
 * the verifier key. The caller removes the folder.
 *
 *   make-log SIZE...
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/audit/audit_fixture.h"

static void
grow(struct audit_fixture *f, uint64_t size)
{
	while (audit_size(f->a) < size)
		fixture_fill(f, size - audit_size(f->a) < 1000
				    ? size - audit_size(f->a)
				    : 1000);
	assert_int_equal(audit_flush(f->a, &f->e), 0);
}

static void export(struct audit_fixture *f)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(fd_closep) int fd = -1;
	char path[96];

	snprintf(path, sizeof(path), "%s/export", f->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(tx_read(f->c, &tx, &f->e), 0);
	assert_int_equal(audit_export(f->a, &tx, fd, &f->e), 0);
}

int
main(int argc, char **argv)
{
	AUTO(buf_done) struct buf key = { 0 };
	struct audit_fixture f;
	int i;

	fixture_init(&f);
	for (i = 1; i < argc; i++)
		grow(&f, strtoull(argv[i], NULL, 10));
	if (audit_size(f.a) > 0)
		export(&f);
	if (note_key_format(&f.agent.key, &key, NULL) < 0)
		return 1;
	printf("%s %s\n", f.dir, buf_str(&key));
	fixture_close(&f);
	return 0;
}
