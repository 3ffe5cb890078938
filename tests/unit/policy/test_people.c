#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/sshsig.h"
#include "rules.h"

static void
loaded(struct rules *r)
{
	rules_put(r, "00-common.conf", rules_small);
	rules_put(r, "people.conf", rules_people);
	if (rules_load(r) < 0)
		fail_msg("%s", buf_str(&r->problems));
}

static void
a_person_is_their_uid_and_their_account(void **state)
{
	struct rules *r = *state;
	const struct principal *who;

	loaded(r);
	who = policy_principal(r->p, 62001, "ines.exemple");
	assert_non_null(who);
	assert_string_equal(who->name, "Inès Exemple");
	assert_string_equal(who->role, "worker");
	assert_string_equal(who->team, "nord");
	assert_string_equal(who->organisation, "asso");
	assert_null(who->recipient);
}

static void
a_reused_uid_is_nobody(void **state)
{
	struct rules *r = *state;

	loaded(r);
	assert_null(policy_principal(r->p, 62001, "somebody.else"));
	assert_null(policy_principal(r->p, 62001, ""));
	assert_null(policy_principal(r->p, 62001, NULL));
	assert_null(policy_principal(r->p, 62001, "guichet"));
	assert_null(policy_principal(r->p, 62003, "ines.exemple"));
	assert_null(policy_principal(r->p, 0, "ines.exemple"));
	assert_null(policy_principal(r->p, 0, "root"));
}

static void
a_suspended_person_is_nobody_and_stays_on_the_list(void **state)
{
	struct rules *r = *state;
	const struct principal *all;

	loaded(r);
	assert_null(policy_principal(r->p, 62002, "paul.parti"));
	assert_int_equal(policy_people(r->p, &all), 3);
	assert_int_equal(all[1].status, POLICY_SUSPENDED);
}

static void
a_key_is_known_by_its_blob_and_only_while_its_owner_is_active(void **state)
{
	struct rules *r = *state;
	AUTO(buf_done) struct buf mine = { 0 }, theirs = { 0 };
	const struct principal *all, *who;
	struct err e;

	loaded(r);
	policy_people(r->p, &all);
	assert_int_equal(ssh_public_parse(all[0].keys[0], &mine, &e), 0);
	assert_int_equal(ssh_public_parse(all[1].keys[0], &theirs, &e), 0);
	who = policy_key_owner(r->p, mine.p, mine.len);
	assert_ptr_equal(who, &all[0]);
	assert_null(policy_key_owner(r->p, theirs.p, theirs.len));
	assert_null(policy_key_owner(r->p, mine.p, mine.len - 1));
	assert_null(policy_key_owner(r->p, mine.p, 0));
	mine.p[mine.len - 1] ^= 1;
	assert_null(policy_key_owner(r->p, mine.p, mine.len));
}

static void
without_a_people_file_everybody_is_nobody(void **state)
{
	struct rules *r = *state;
	const struct principal *all;

	rules_put(r, "00-common.conf", rules_small);
	assert_int_equal(rules_load(r), 0);
	assert_int_equal(policy_people(r->p, &all), 0);
	assert_null(policy_principal(r->p, 62001, "ines.exemple"));
}

static void
a_suspended_partner_may_have_a_successor(void **state)
{
	struct rules *r = *state;
	AUTO(buf_done) struct buf text = { 0 };
	int line;

	rules_put(r, "00-common.conf", rules_small);
	rules_edit(rules_people, "status = active\n	recipient",
	    "status = suspended\n	recipient", &text, &line);
	assert_int_equal(buf_addstr(&text,
			     "person \"guichet-deux\" { uid = 62004 "
			     "name = \"n\" role = partner "
			     "organisation = office status = active "
			     "recipient = office }\n",
			     NULL),
	    0);
	rules_put(r, "people.conf", buf_str(&text));
	assert_int_equal(rules_load(r), 0);
	assert_string_equal(
	    policy_recipient(r->p, "office")->account, "guichet-deux");
}

#define T(f) cmocka_unit_test_setup_teardown(f, rules_setup, rules_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_person_is_their_uid_and_their_account),
		T(a_reused_uid_is_nobody),
		T(a_suspended_person_is_nobody_and_stays_on_the_list),
		T(a_key_is_known_by_its_blob_and_only_while_its_owner_is_active),
		T(without_a_people_file_everybody_is_nobody),
		T(a_suspended_partner_may_have_a_successor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
