#include "tests/unit/catalog/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

void
scratch_init(struct scratch *s)
{
	snprintf(s->dir, sizeof(s->dir), "/tmp/sceau-catalog-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->path, sizeof(s->path), "%s/catalog.db", s->dir);
}

void
scratch_done(struct scratch *s)
{
	DIR *d = opendir(s->dir);
	struct dirent *de;

	assert_non_null(d);
	while ((de = readdir(d)) != NULL)
		if (de->d_name[0] != '.')
			unlinkat(dirfd(d), de->d_name, 0);
	closedir(d);
	rmdir(s->dir);
}

int
scratch_holds(const struct scratch *s, const char *needle)
{
	DIR *d = opendir(s->dir);
	struct dirent *de;
	int found = 0;

	assert_non_null(d);
	while ((de = readdir(d)) != NULL) {
		AUTO(buf_done) struct buf b = { 0 };

		if (de->d_name[0] == '.')
			continue;
		assert_int_equal(
		    file_read(dirfd(d), de->d_name, 1u << 28, &b, NULL), 0);
		if (b.len > 0 &&
		    memmem(b.p, b.len, needle, strlen(needle)) != NULL)
			found = 1;
	}
	closedir(d);
	return found;
}
