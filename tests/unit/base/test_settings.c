#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/settings.h"

#define GOOD                                                                   \
	"vault = abcdefghijklmnopqrstuvwxye\n"                                 \
	"origin = sceau.example/abcdefghijklmnopqrstuvwxye\n"                  \
	"uid-daemon = 61001\nuid-keys = 61002\nuid-inspect = 61003\n"

struct fixture {
	char dir[64], path[96];
	struct settings s;
	struct err e;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -1;
	snprintf(f->dir, sizeof(f->dir), "/tmp/sceau-set-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/vault.conf", f->dir);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	rmdir(f->dir);
	free(f);
	return 0;
}

static int
load(struct fixture *f, const char *text)
{
	assert_int_equal(
	    file_write(AT_FDCWD, f->path, text, strlen(text), 0644, &f->e), 0);
	return settings_load(f->dir, &f->s, &f->e);
}

static void
a_short_file_has_the_defaults(void **state)
{
	struct fixture *f = *state;
	char id[ID_TEXT];

	assert_int_equal(load(f, GOOD), 0);
	id_format(&f->s.vault, id);
	assert_string_equal(id, "abcdefghijklmnopqrstuvwxye");
	assert_string_equal(
	    f->s.origin, "sceau.example/abcdefghijklmnopqrstuvwxye");
	assert_int_equal(f->s.uid_daemon, 61001);
	assert_int_equal(f->s.gid_daemon, 61001);
	assert_int_equal(f->s.uid_inspect, 61003);
	assert_int_equal(f->s.inspect_max, 33554432);
	assert_int_equal(f->s.file_max, 1073741824);
	assert_int_equal(f->s.reserve, 67108864);
	assert_false(f->s.accept_swap);
	assert_string_equal(f->s.dir, f->dir);
}

static void
comments_blanks_and_a_missing_last_newline_are_fine(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, "# a vault\n\n  \t\n" GOOD
				 "\t swap =\taccept \n  # end\nreserve=0"),
	    0);
	assert_true(f->s.accept_swap);
	assert_int_equal(f->s.reserve, 0);
}

static void
an_account_is_found_by_its_name_with_its_group(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, "vault = abcdefghijklmnopqrstuvwxye\n"
				 "origin = o\nuid-daemon = root\n"
				 "uid-keys = 0\nuid-inspect = 61003\n"),
	    0);
	assert_int_equal(f->s.uid_daemon, 0);
	assert_int_equal(f->s.gid_daemon, 0);
}

static void
what_is_formatted_is_loaded_again(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct fixture *f = *state;
	struct settings was;

	assert_int_equal(
	    load(f, GOOD "swap = accept\nfile-max = 5\ninspect-max = 4\n"), 0);
	was = f->s;
	assert_int_equal(settings_format(&f->s, &b, &f->e), 0);
	memset(&f->s, 0, sizeof(f->s));
	assert_int_equal(load(f, buf_str(&b)), 0);
	assert_string_equal(f->s.dir, was.dir);
	assert_string_equal(f->s.origin, was.origin);
	assert_true(id_equal(&f->s.vault, &was.vault));
	assert_int_equal(f->s.uid_keys, was.uid_keys);
	assert_int_equal(f->s.gid_keys, was.gid_keys);
	assert_int_equal(f->s.inspect_max, 4);
	assert_int_equal(f->s.file_max, 5);
	assert_int_equal(f->s.reserve, was.reserve);
	assert_true(f->s.accept_swap);
}

/* Every refusal, with the line it must name and a word of its reason. */
static const struct {
	const char *text, *where, *why;
} refused[] = {
	{ GOOD "colour = red\n", ":6:", "unknown name" },
	{ GOOD "Swap = refuse\n", ":6:", "unknown name" },
	{ GOOD "\nswap\n", ":7:", "name = value" },
	{ GOOD "= refuse\n", ":6:", "unknown name" },
	{ GOOD "swap = refuse\nswap = refuse\n", ":7:", "given twice" },
	{ GOOD "uid-keys = 5\n", ":6:", "given twice" },
	{ GOOD "swap = yes\n", ":6:", "neither" },
	{ GOOD "swap =\n", ":6:", "no value" },
	{ GOOD "swap = refuse # not here\n", ":6:", "neither" },
	{ GOOD "swap = refuse\r\n", ":6:", "neither" },
	{ GOOD "reserve = -1\n", ":6:", "number" },
	{ GOOD "reserve = +1\n", ":6:", "number" },
	{ GOOD "reserve = 1k\n", ":6:", "number" },
	{ GOOD "reserve = 0x10\n", ":6:", "number" },
	{ GOOD "reserve = 18446744073709551616\n", ":6:", "number" },
	{ GOOD "reserve = 18446744073709551626\n", ":6:", "number" },
	{ GOOD "reserve = 1099511627777\n", ":6:", "between" },
	{ GOOD "inspect-max = 0\n", ":6:", "between" },
	{ GOOD "inspect-max = 134217729\n", ":6:", "between" },
	{ GOOD "file-max = 0\n", ":6:", "between" },
	{ "vault = abc\n", ":1:", "vault" },
	{ "vault = ABCDEFGHIJKLMNOPQRSTUVWXYE\n", ":1:", "vault" },
	{ "origin = a b\n", ":1:", "origin" },
	{ "origin = a+b\n", ":1:", "origin" },
	{ "origin = \xc3\xa9\n", ":1:", "origin" },
	{ "uid-keys = no-such-account-here\n", ":1:", "no such account" },
	{ "uid-keys = 4294967295\n", ":1:", "between" },
	{ "uid-keys = 4294967296\n", ":1:", "between" },
	{ "", "vault.conf:", "no \"vault\"" },
	{ "vault = abcdefghijklmnopqrstuvwxye\norigin = o\nuid-daemon = 1\n"
	  "uid-keys = 2\n",
	    "vault.conf:", "no \"uid-inspect\"" },
};

static void
what_is_not_understood_is_refused_with_its_line(void **state)
{
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < NELEMS(refused); i++) {
		memset(&f->s, 0x5a, sizeof(f->s));
		if (load(f, refused[i].text) != -ERR_INVALID ||
		    strstr(f->e.text, refused[i].where) == NULL ||
		    strstr(f->e.text, refused[i].why) == NULL)
			fail_msg("%s: %s", refused[i].text, f->e.text);
		/* Nothing of a refused file is taken over. */
		assert_int_equal(f->s.accept_swap, 0x5a5a5a5a);
	}
}

static void
a_long_origin_is_refused_and_the_longest_kept(void **state)
{
	struct fixture *f = *state;
	char text[512], origin[129];

	memset(origin, 'o', sizeof(origin));
	origin[128] = '\0';
	snprintf(text, sizeof(text), "origin = %s\n", origin);
	assert_int_equal(load(f, text), -ERR_INVALID);
	assert_non_null(strstr(f->e.text, "127"));
	snprintf(text, sizeof(text),
	    "vault = abcdefghijklmnopqrstuvwxye\nuid-daemon = 1\n"
	    "uid-keys = 2\nuid-inspect = 3\norigin = %s\n",
	    origin + 1);
	assert_int_equal(load(f, text), 0);
	assert_string_equal(f->s.origin, origin + 1);
}

static void
a_nul_byte_is_refused(void **state)
{
	static const char text[] = GOOD "swap = refuse\0 # hidden\n";
	struct fixture *f = *state;

	assert_int_equal(
	    file_write(AT_FDCWD, f->path, text, sizeof(text) - 1, 0644, &f->e),
	    0);
	assert_int_equal(settings_load(f->dir, &f->s, &f->e), -ERR_INVALID);
}

static void
a_folder_that_is_no_vault_is_not_found(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(settings_load(f->dir, &f->s, &f->e), -ERR_NOT_FOUND);
	assert_int_equal(
	    settings_load("/no/such/folder", &f->s, &f->e), -ERR_NOT_FOUND);
	assert_int_equal(
	    settings_load("/dev/null", &f->s, &f->e), -ERR_NOT_FOUND);
}

static void
a_huge_file_is_refused(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct fixture *f = *state;

	assert_int_equal(buf_reserve(&b, 70000, NULL), 0);
	memset(b.p, '#', 70000);
	assert_int_equal(
	    file_write(AT_FDCWD, f->path, b.p, 70000, 0644, &f->e), 0);
	assert_int_equal(settings_load(f->dir, &f->s, &f->e), -ERR_TOO_LARGE);
}

static void
the_folder_is_made_absolute(void **state)
{
	struct fixture *f = *state;
	AUTO(mem_freep) char *was = getcwd(NULL, 0);

	assert_int_equal(load(f, GOOD), 0);
	assert_int_equal(chdir(f->dir), 0);
	memset(&f->s, 0, sizeof(f->s));
	assert_int_equal(settings_load(".", &f->s, &f->e), 0);
	assert_int_equal(chdir(was), 0);
	assert_string_equal(f->s.dir, f->dir);
}

static void
a_path_in_the_vault_has_a_bound(void **state)
{
	struct fixture *f = *state;
	char out[SETTINGS_PATH_MAX] = "as it was", rel[SETTINGS_PATH_MAX];

	snprintf(f->s.dir, sizeof(f->s.dir), "/v");
	assert_int_equal(settings_path(&f->s, "run/api.sock", out, &f->e), 0);
	assert_string_equal(out, "/v/run/api.sock");
	memset(rel, 'a', sizeof(rel));
	rel[SETTINGS_PATH_MAX - 3] = '\0';
	assert_int_equal(settings_path(&f->s, rel, out, &f->e), -ERR_TOO_LARGE);
	assert_string_equal(out, "/v/run/api.sock");
	rel[SETTINGS_PATH_MAX - 4] = '\0';
	assert_int_equal(settings_path(&f->s, rel, out, &f->e), 0);
	assert_int_equal(strlen(out), SETTINGS_PATH_MAX - 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_short_file_has_the_defaults),
		T(comments_blanks_and_a_missing_last_newline_are_fine),
		T(an_account_is_found_by_its_name_with_its_group),
		T(what_is_formatted_is_loaded_again),
		T(what_is_not_understood_is_refused_with_its_line),
		T(a_long_origin_is_refused_and_the_longest_kept),
		T(a_nul_byte_is_refused),
		T(a_folder_that_is_no_vault_is_not_found),
		T(a_huge_file_is_refused),
		T(the_folder_is_made_absolute),
		T(a_path_in_the_vault_has_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
