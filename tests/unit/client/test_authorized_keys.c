/* authorized_keys from people, and how a file differs from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client/authorized_keys.h"

#define KEY_A                                                                  \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHSIku2Rivbe3HaSRvOm3vS69rhvH0E"  \
	"/MUyb7D32Wnm7"
#define KEY_B                                                                  \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAya4tvQQLVr/8aYGG4wo6HhPftS/tF"  \
	"PBrvObufiQXn3"
#define PARTNER                                                                \
	"restrict,command=\"/bin/sceau partner --socket "                      \
	"/run/s/partner.sock\" "
#define STAFF                                                                  \
	"restrict,port-forwarding,permitopen=\"[/run/s/api.sock]:*\","         \
	"permitopen=\"[/run/s/web/47.sock]:*\",permitlisten=\"localhost:1\","  \
	"command=\"/bin/sceau relay --socket /run/s/api.sock\" "

static const struct authorized_places places = { "/bin/sceau", "/run/s" };
static const char *const two[] = { KEY_A " poste 1", KEY_B, NULL };

static void
each_key_has_one_line_and_one_command(void **state)
{
	struct principal who = {
		.account = "caf",
		.recipient = "caf",
		.keys = two,
	};
	AUTO(buf_done) struct buf out = { 0 };

	(void)state;
	assert_int_equal(authorized_lines(&who, &places, &out, NULL), 0);
	assert_string_equal(
	    buf_str(&out), PARTNER KEY_A " caf\n" PARTNER KEY_B " caf\n");
	buf_reset(&out);
	who.recipient = NULL;
	who.account = "noa";
	who.uid = 47;
	assert_int_equal(authorized_lines(&who, &places, &out, NULL), 0);
	assert_string_equal(
	    buf_str(&out), STAFF KEY_A " noa\n" STAFF KEY_B " noa\n");
}

static void
who_is_suspended_or_has_no_key_has_no_line(void **state)
{
	struct principal who = {
		.account = "caf",
		.recipient = "caf",
		.keys = two,
		.status = POLICY_SUSPENDED,
	};
	AUTO(buf_done) struct buf out = { 0 };

	(void)state;
	assert_int_equal(authorized_lines(&who, &places, &out, NULL), 0);
	who.status = POLICY_ACTIVE;
	who.keys = NULL;
	assert_int_equal(authorized_lines(&who, &places, &out, NULL), 0);
	assert_int_equal(out.len, 0);
}

static void
a_place_holds_nothing_that_sshd_could_read_otherwise(void **state)
{
	static const char *const bad[] = { "", "sceau", "./sceau", "/a b",
		"/a\"b", "/a,b", "/a\nb", "/a\\b", "/a:b", "/a$b", "/a]b",
		"/é" };
	struct authorized_places at = places;
	size_t i;

	(void)state;
	assert_int_equal(authorized_check_places(&at, NULL), 0);
	for (i = 0; i < NELEMS(bad); i++) {
		at = (struct authorized_places){ bad[i], "/run" };
		assert_int_equal(
		    authorized_check_places(&at, NULL), -ERR_USAGE);
		at = (struct authorized_places){ "/bin/sceau", bad[i] };
		assert_int_equal(
		    authorized_check_places(&at, NULL), -ERR_USAGE);
	}
}

struct seen {
	char text[256];
};

static int
see(void *arg, enum authorized_drift what, const char *line, const char *key)
{
	static const char letters[] = {
		[AUTHORIZED_EXTRA] = 'x',
		[AUTHORIZED_MISSING] = 'm',
		[AUTHORIZED_CHANGED] = 'c',
		[AUTHORIZED_UNREADABLE] = 'u',
	};
	struct seen *s = arg;
	size_t n = strlen(s->text);

	assert_true(*line != '\0');
	assert_int_equal(*key == '\0', what == AUTHORIZED_UNREADABLE);
	s->text[n] = letters[what];
	return 0;
}

static void
every_difference_is_told_and_nothing_else(void **state)
{
	static const struct {
		const char *file, *drift;
	} rows[] = {
		{ PARTNER KEY_A " caf\n" PARTNER KEY_B " caf\n", "" },
		{ PARTNER KEY_B "\n\n# x\n  " PARTNER KEY_A " other words\n",
		    "" },
		{ PARTNER KEY_A "\n" PARTNER KEY_B, "" },
		{ "", "mm" },
		{ "# nothing\n", "mm" },
		{ PARTNER KEY_A "\n", "m" },
		/* The same key with more, or without anything. */
		{ KEY_A "\n" PARTNER KEY_B "\n", "c" },
		{ "restrict " KEY_A "\n" PARTNER KEY_B "\n", "c" },
		{ "pty," PARTNER KEY_A "\n" PARTNER KEY_B "\n", "c" },
		{ STAFF KEY_A "\n" PARTNER KEY_B "\n", "c" },
		{ "command=\"a b\",environment=\"X=\\\"y z\\\"\" " KEY_A
		  "\n" PARTNER KEY_B "\n",
		    "c" },
		/* One too many: of a stranger, or twice the same. */
		{ PARTNER KEY_A "\n" PARTNER KEY_B "\n" PARTNER KEY_B "\n",
		    "x" },
		{ PARTNER KEY_A "\n" KEY_A "\n" PARTNER KEY_B "\n", "x" },
		{ PARTNER KEY_A "\nssh-ed25519 AAAA\n" PARTNER KEY_B "\n",
		    "u" },
		{ PARTNER KEY_A "\ncert-authority\n" PARTNER KEY_B "\n", "u" },
		{ PARTNER KEY_A "\n" PARTNER "\n" PARTNER KEY_B "\n", "u" },
	};
	AUTO(buf_done)
	struct buf wanted = { 0 };
	struct seen s;
	size_t i;

	(void)state;
	assert_int_equal(
	    buf_addstr(
		&wanted, PARTNER KEY_A " caf\n" PARTNER KEY_B " caf\n", NULL),
	    0);
	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(buf_done) struct buf file = { 0 };

		memset(&s, 0, sizeof(s));
		assert_int_equal(buf_addstr(&file, rows[i].file, NULL), 0);
		assert_int_equal(
		    authorized_compare(&file, &wanted, see, &s, NULL), 0);
		if (strcmp(s.text, rows[i].drift) != 0)
			fail_msg("row %zu: %s", i, s.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_has_one_line_and_one_command),
		cmocka_unit_test(who_is_suspended_or_has_no_key_has_no_line),
		cmocka_unit_test(
		    a_place_holds_nothing_that_sshd_could_read_otherwise),
		cmocka_unit_test(every_difference_is_told_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
