/*
 * Step-up: one statement, one act. Whatever line is wrong, it is no
 * statement; whoever signed it, only the caller's own key counts.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/sshsig.h"
#include "base/text.h"
#include "daemon/core/step_up.h"
#include "tests/unit/core/core_fixture.h"

#define NEED(state)                                                            \
	struct core_fixture *f = *(state);                                     \
	if (f == NULL)                                                         \
	skip()

struct desk {
	char kase[ID_TEXT];
	struct id id;
	int64_t now;
	struct buf header;
	char fingerprint[64];
};

static void
desk_done(struct desk *d)
{
	buf_done(&d->header);
}

static void
desk_set(struct core_fixture *f, struct desk *d)
{
	core_fixture_case(f, CAMILLE, "Ménage fictif", d->kase);
	assert_int_equal(id_parse(d->kase, &d->id, NULL), 0);
	d->now = core_now(f->core);
}

static void
text_of(const struct statement *s, struct buf *out)
{
	buf_reset(out);
	assert_int_equal(statement_format(s, out, NULL), 0);
}

static int
check(struct core_fixture *f, struct desk *d, struct caller *c)
{
	return step_up_check(
	    f->core, c, OP_BREAK_GLASS, &d->id, d->now, d->fingerprint, &f->e);
}

/* Signed by who, sent by the DPO. */
static int
check_text(
    struct core_fixture *f, struct desk *d, enum person who, const char *text)
{
	struct caller c = core_fixture_caller(f, DPO);

	core_fixture_sign(who, text, &d->header);
	c.step_up = buf_str(&d->header);
	return check(f, d, &c);
}

static void
assert_refused(struct core_fixture *f, int r, const char *why)
{
	if (r != -ERR_DENIED || strcmp(err_name(&f->e), "step-up") != 0 ||
	    strstr(f->e.text, why) == NULL)
		fail_msg(
		    "%d %s: %s; not: %s", r, err_name(&f->e), f->e.text, why);
}

static void
a_statement_of_ones_own_counts(void **state)
{
	AUTO(desk_done) struct desk d = { 0 };
	struct caller c;

	NEED(state);
	desk_set(f, &d);
	c = core_fixture_stepped_up(f, DPO, OP_BREAK_GLASS, d.kase, &d.header);
	assert_int_equal(check(f, &d, &c), 1);
	assert_memory_equal(d.fingerprint, "SHA256:", 7);
}

/* The DPO's key becomes one of a token. */
static struct policy *
with_token(struct core_fixture *f, const uint8_t seed[32])
{
	AUTO(buf_done)
	struct buf key = { 0 }, b64 = { 0 }, line = { 0 }, text = { 0 },
		   new = { 0 };
	struct policy *p = NULL;
	char dir[512], path[600];
	uint8_t own[32], pub[32];
	const char *at;
	size_t n;

	core_fixture_seed(DPO, own);
	assert_int_equal(ed25519_public(own, pub, NULL), 0);
	assert_int_equal(ssh_public_line(pub, "x", &line, NULL), 0);
	n = strcspn(buf_str(&line), "\n") - 2; /* without the comment */
	line.len = n;
	core_fixture_token(seed, &key);
	assert_int_equal(base64_format(key.p, key.len, &b64, NULL), 0);
	snprintf(dir, sizeof(dir), "%s/policy", f->agent.dir);
	snprintf(path, sizeof(path), "%s/people.conf", dir);
	assert_int_equal(file_read(AT_FDCWD, path, 1u << 20, &text, NULL), 0);
	assert_non_null(at = strstr(buf_str(&text), buf_str(&line)));
	assert_int_equal(
	    buf_addf(&new, NULL, "%.*ssk-ssh-ed25519@openssh.com %s%s",
		(int)(at - (char *)text.p), (char *)text.p, buf_str(&b64),
		at + n),
	    0);
	assert_int_equal(
	    file_write(AT_FDCWD, path, new.p, new.len, 0644, NULL), 0);
	if (policy_load(dir, &p, NULL, &f->e) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(
	    file_write(AT_FDCWD, path, text.p, text.len, 0644, NULL), 0);
	return p;
}

static void
a_token_that_nobody_touched_signs_nothing(void **state)
{
	AUTO(desk_done) struct desk d = { 0 };
	struct statement st;
	struct caller c;
	struct policy *was, *p;
	uint8_t seed[32], flags;

	NEED(state);
	memset(seed, 0x77, sizeof(seed));
	desk_set(f, &d);
	c = core_fixture_caller(f, DPO);
	core_fixture_statement(f, OP_BREAK_GLASS, d.kase, &st);
	was = f->core->policy;
	f->core->policy = p = with_token(f, seed);
	for (flags = 0; flags < 2; flags++) {
		AUTO(buf_done) struct buf text = { 0 }, armored = { 0 };

		text_of(&st, &text);
		core_fixture_token_sign(
		    seed, flags, STEP_UP_NAMESPACE, buf_str(&text), &armored);
		buf_reset(&d.header);
		assert_int_equal(
		    statement_pack(&text, &armored, &d.header, NULL), 0);
		c.step_up = buf_str(&d.header);
		if (flags == 0)
			assert_refused(f, check(f, &d, &c), "not touched");
		else
			assert_int_equal(check(f, &d, &c), 1);
	}
	f->core->policy = was;
	policy_freep(&p);
}

static void
the_reference_names_the_case_too(void **state)
{
	AUTO(desk_done) struct desk d = { 0 };
	char ref[REF_TEXT];
	struct caller c;

	NEED(state);
	desk_set(f, &d);
	id_ref(&d.id, ref);
	c = core_fixture_stepped_up(f, DPO, OP_BREAK_GLASS, ref, &d.header);
	assert_int_equal(check(f, &d, &c), 1);
}

static void
none_is_no_error(void **state)
{
	AUTO(desk_done) struct desk d = { 0 };
	struct caller c;

	NEED(state);
	desk_set(f, &d);
	c = core_fixture_caller(f, DPO);
	assert_int_equal(check(f, &d, &c), 0);
}

/* Each line changed, the rest right, and signed again as it is then. */
static void
every_wrong_line_is_refused(void **state)
{
	static const struct {
		const char *from, *to, *why;
	} rows[] = {
		{ "sceau-step-up/1", "sceau-step-up/2", "sceau-step-up/1" },
		{ "vault ", "coffre ", "vault" },
		{ "operation break-glass", "operation publish",
		    "another operation" },
		{ "operation break-glass", "operation", "operation" },
		{ "operation break-glass", "operation break glass",
		    "operation" },
		{ "object ", "object x", "object" },
		{ "purpose -", "purpose accompagnement", "another purpose" },
		{ "purpose -\n", "", "purpose" },
		{ "purpose -\n", "purpose -\npurpose -\n", "log-size" },
		{ "log-size ", "log-size 0", "log-size" },
		{ "log-size ", "log-size 9", "of no log" },
		{ "log-size ", "log-size -", "log-size" },
		{ "nonce ", "nonce 0", "nonce" },
		{ "nonce ", "nonce ZZ", "nonce" },
		{ "Z\n", "Z", "expires" },
		{ "Z\n", "Z\n\n", "after expires" },
		{ "Z\n", "Z\nand this\n", "after expires" },
		{ "Z\n", "+00:00\n", "expires" },
		{ "\n", "\r\n", "sceau-step-up/1" },
	};
	AUTO(buf_done) struct buf text = { 0 }, wrong = { 0 };
	AUTO(desk_done) struct desk d = { 0 };
	struct statement s;
	const char *at;
	size_t i;

	NEED(state);
	desk_set(f, &d);
	for (i = 0; i < NELEMS(rows); i++) {
		core_fixture_statement(f, OP_BREAK_GLASS, d.kase, &s);
		text_of(&s, &text);
		at = strstr(buf_str(&text), rows[i].from);
		assert_non_null(at);
		buf_reset(&wrong);
		assert_int_equal(buf_addf(&wrong, NULL, "%.*s%s%s",
				     (int)(at - buf_str(&text)), buf_str(&text),
				     rows[i].to, at + strlen(rows[i].from)),
		    0);
		assert_refused(
		    f, check_text(f, &d, DPO, buf_str(&wrong)), rows[i].why);
	}
}

static void
another_vault_or_case_is_refused(void **state)
{
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(desk_done) struct desk d = { 0 };
	char other[ID_TEXT];
	struct statement s;

	NEED(state);
	desk_set(f, &d);
	core_fixture_statement(f, OP_BREAK_GLASS, d.kase, &s);
	s.vault.b[3] ^= 1;
	text_of(&s, &text);
	assert_refused(
	    f, check_text(f, &d, DPO, buf_str(&text)), "another vault");
	core_fixture_case(f, CAMILLE, "Autre ménage", other);
	core_fixture_statement(f, OP_BREAK_GLASS, other, &s);
	text_of(&s, &text);
	assert_refused(
	    f, check_text(f, &d, DPO, buf_str(&text)), "another object");
	core_fixture_statement(f, OP_BREAK_GLASS, NULL, &s);
	text_of(&s, &text);
	assert_refused(
	    f, check_text(f, &d, DPO, buf_str(&text)), "another object");
}

static void
its_time_has_two_ends(void **state)
{
	/* From now: the last instant that is too late, the first that is
	 * not, the last that is not too long, the first that is. */
	static const struct {
		int64_t from_now;
		const char *why;
	} rows[] = {
		{ -60000, "expired" },
		{ 0, "expired" },
		{ 1000, NULL },
		{ 600000, NULL },
		{ 601000, "too long" },
		{ 86400000, "too long" },
	};
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(desk_done) struct desk d = { 0 };
	struct statement s;
	size_t i;
	int r;

	NEED(state);
	desk_set(f, &d);
	/* Ahead of what the other tests showed it: it never goes back. */
	d.now = (d.now / 1000 + 3600) * 1000;
	for (i = 0; i < NELEMS(rows); i++) {
		core_fixture_statement(f, OP_BREAK_GLASS, d.kase, &s);
		s.expires_ms = d.now + rows[i].from_now;
		text_of(&s, &text);
		r = check_text(f, &d, DPO, buf_str(&text));
		if (rows[i].why != NULL)
			assert_refused(f, r, rows[i].why);
		else
			assert_int_equal(r, 1);
	}
	/* A clock that goes back gives no time again. */
	core_fixture_statement(f, OP_BREAK_GLASS, d.kase, &s);
	s.expires_ms = d.now - 1000;
	text_of(&s, &text);
	d.now -= 60000;
	assert_refused(f, check_text(f, &d, DPO, buf_str(&text)), "expired");
}

static void
the_key_is_the_callers_own(void **state)
{
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(desk_done) struct desk d = { 0 };
	struct statement s;

	NEED(state);
	desk_set(f, &d);
	core_fixture_statement(f, OP_BREAK_GLASS, d.kase, &s);
	text_of(&s, &text);
	assert_refused(
	    f, check_text(f, &d, DIRECTOR, buf_str(&text)), "the caller's");
	/* A key that nobody has. */
	assert_refused(
	    f, check_text(f, &d, SACHA, buf_str(&text)), "the caller's");
	assert_int_equal(check_text(f, &d, DPO, buf_str(&text)), 1);
}

static void
another_namespace_is_no_statement(void **state)
{
	AUTO(buf_done) struct buf text = { 0 }, armored = { 0 };
	AUTO(desk_done) struct desk d = { 0 };
	struct caller c;
	struct statement s;
	uint8_t seed[32];

	NEED(state);
	desk_set(f, &d);
	core_fixture_statement(f, OP_BREAK_GLASS, d.kase, &s);
	text_of(&s, &text);
	core_fixture_seed(DPO, seed);
	assert_int_equal(sshsig_sign(seed, "sceau-approval", text.p, text.len,
			     &armored, NULL),
	    0);
	assert_int_equal(statement_pack(&text, &armored, &d.header, NULL), 0);
	c = core_fixture_caller(f, DPO);
	c.step_up = buf_str(&d.header);
	assert_refused(f, check(f, &d, &c), "signature");
}

static void
a_header_of_another_form_is_refused(void **state)
{
	static const char *const forms[] = { "", ".", "a", "a.b",
		"YQ==", "YQ==.", ".YQ==", "YQ==.YQ==", "YQ==.YQ==.YQ==",
		"YQ.YQ==", "\xff.YQ==" };
	AUTO(buf_done) struct buf text = { 0 }, big = { 0 };
	AUTO(desk_done) struct desk d = { 0 };
	struct caller c;
	struct statement s;
	size_t i;

	NEED(state);
	desk_set(f, &d);
	c = core_fixture_caller(f, DPO);
	for (i = 0; i < NELEMS(forms); i++) {
		c.step_up = forms[i];
		assert_refused(f, check(f, &d, &c), "step-up");
	}
	while (big.len <= STEP_UP_HEADER_MAX)
		assert_int_equal(buf_addstr(&big, "YWJj", NULL), 0);
	c.step_up = buf_str(&big);
	assert_refused(f, check(f, &d, &c), "over 8192");
	/* One symbol of the signature. */
	core_fixture_statement(f, OP_BREAK_GLASS, d.kase, &s);
	text_of(&s, &text);
	core_fixture_sign(DPO, buf_str(&text), &d.header);
	d.header.p[0] ^= 1;
	c.step_up = buf_str(&d.header);
	assert_refused(f, check(f, &d, &c), "step-up");
}

static void
what_was_signed_before_the_start_is_refused(void **state)
{
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(desk_done) struct desk d = { 0 };
	struct statement s;

	NEED(state);
	desk_set(f, &d);
	core_fixture_statement(f, OP_BREAK_GLASS, d.kase, &s);
	text_of(&s, &text);
	assert_int_equal(check_text(f, &d, DPO, buf_str(&text)), 1);
	core_fixture_close(f);
	core_fixture_open(f);
	assert_refused(
	    f, check_text(f, &d, DPO, buf_str(&text)), "before the start");
	/* Also when leaves were added since. */
	desk_set(f, &d);
	assert_int_equal(id_parse(s.object, &d.id, NULL), 0);
	assert_refused(
	    f, check_text(f, &d, DPO, buf_str(&text)), "before the start");
}

static void
a_nonce_counts_once(void **state)
{
	AUTO(desk_done) struct desk d = { 0 };
	struct caller c, again;

	NEED(state);
	desk_set(f, &d);
	c = core_fixture_stepped_up(f, DPO, OP_BREAK_GLASS, d.kase, &d.header);
	assert_int_equal(step_up_use(f->core, &c, d.now, &f->e), 0);
	/* An act of several leaves spends it once. */
	assert_int_equal(step_up_use(f->core, &c, d.now, &f->e), 0);
	assert_int_equal(check(f, &d, &c), 1);
	again = c;
	again.request = ++f->requests;
	assert_refused(f, check(f, &d, &again), "has been used");
	assert_refused(
	    f, step_up_use(f->core, &again, d.now, &f->e), "has been used");
	/* Two who are nobody's request are two. */
	again.request = 0;
	assert_refused(f, check(f, &d, &again), "has been used");
}

static void
nonces_are_bounded_and_go_with_their_time(void **state)
{
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(desk_done) struct desk d = { 0 };
	struct caller c;
	struct statement s;
	int i, r = 0;

	NEED(state);
	/* Other tests used some. */
	core_fixture_close(f);
	core_fixture_open(f);
	desk_set(f, &d);
	for (i = 0; i <= STEP_UPS_MAX; i++) {
		core_fixture_statement(f, OP_BREAK_GLASS, d.kase, &s);
		s.expires_ms = d.now / 1000 * 1000 + 60000;
		text_of(&s, &text);
		core_fixture_sign(DPO, buf_str(&text), &d.header);
		c = core_fixture_caller(f, DPO);
		c.step_up = buf_str(&d.header);
		r = step_up_use(f->core, &c, d.now, &f->e);
		assert_int_equal(r, i < STEP_UPS_MAX ? 0 : -ERR_BUSY);
	}
	c = core_fixture_stepped_up(f, DPO, OP_BREAK_GLASS, d.kase, &d.header);
	assert_int_equal(step_up_use(f->core, &c, d.now + 60000, &f->e), 0);
}

/* What needs none does not look at it; what needs one tells what is wrong. */
static void
the_policy_asks_for_it(void **state)
{
	AUTO(desk_done) struct desk d = { 0 };
	struct case_facts kase = { 0 };
	struct decision dec;
	struct caller c;

	NEED(state);
	desk_set(f, &d);
	{
		AUTO(tx_end) struct tx tx = { 0 };

		assert_int_equal(tx_read(f->core->catalog, &tx, NULL), 0);
		assert_int_equal(case_by_id(&tx, &d.id, &kase, NULL), 0);
	}
	c = core_fixture_caller(f, DPO);
	assert_int_equal(core_authorize(f->core, &c, OP_BREAK_GLASS, NULL,
			     &kase, d.now, &dec, &f->e),
	    -ERR_DENIED);
	assert_string_equal(err_name(&f->e), "step-up");
	assert_false(dec.facts.stepped_up);
	c.step_up = "YQ==.YQ==";
	assert_int_equal(core_authorize(f->core, &c, OP_BREAK_GLASS, NULL,
			     &kase, d.now, &dec, &f->e),
	    -ERR_DENIED);
	assert_non_null(strstr(f->e.text, "sceau-step-up/1"));
	c = core_fixture_stepped_up(f, DPO, OP_BREAK_GLASS, d.kase, &d.header);
	assert_int_equal(core_authorize(f->core, &c, OP_BREAK_GLASS, NULL,
			     &kase, d.now, &dec, &f->e),
	    0);
	assert_true(dec.facts.stepped_up);
	/* A reader who needs none: a bad one is not looked at. */
	c = core_fixture_caller(f, CAMILLE);
	c.step_up = "YQ==.YQ==";
	assert_int_equal(core_authorize(f->core, &c, OP_CASE_READ, NULL, &kase,
			     d.now, &dec, &f->e),
	    0);
	assert_false(dec.facts.stepped_up);
}

/* The leaf of the act spends it, and keeps it as evidence. */
static void
the_leaf_spends_it(void **state)
{
	AUTO(desk_done) struct desk d = { 0 };
	AUTO(json_decrefp) json_t *detail = NULL, *list = NULL;
	struct decision dec = { .allowed = 1, .facts.stepped_up = 1 };
	const json_t *kept;
	uint64_t leaf, next;
	struct audit_query q = { .limit = 1 };
	struct caller c, again;

	NEED(state);
	desk_set(f, &d);
	c = core_fixture_stepped_up(f, DPO, OP_BREAK_GLASS, d.kase, &d.header);
	detail = json_pack("{s:o}", "decision", decision_json(f->core, &dec));
	assert_int_equal(core_read_leaf(f->core, &c, LEAF_BREAK_GLASS, &d.id,
			     detail, &leaf, &f->e),
	    0);
	again = c;
	again.request = ++f->requests;
	assert_refused(f,
	    core_read_leaf(
		f->core, &again, LEAF_BREAK_GLASS, &d.id, detail, &leaf, &f->e),
	    "has been used");
	{
		AUTO(tx_end) struct tx tx = { 0 };

		assert_int_equal(tx_read(f->core->catalog, &tx, NULL), 0);
		assert_int_equal(
		    audit_read(f->core->audit, &tx, &q, &list, &next, &f->e),
		    0);
	}
	kept = json_object_get(json_array_get(list, 0), "detail");
	assert_string_equal(
	    json_string_value(json_object_get(kept, "step_up")), c.step_up);
	/* The caller's own is as it was. */
	assert_null(json_object_get(detail, "step_up"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_statement_of_ones_own_counts),
		cmocka_unit_test(a_token_that_nobody_touched_signs_nothing),
		cmocka_unit_test(the_reference_names_the_case_too),
		cmocka_unit_test(none_is_no_error),
		cmocka_unit_test(every_wrong_line_is_refused),
		cmocka_unit_test(another_vault_or_case_is_refused),
		cmocka_unit_test(the_key_is_the_callers_own),
		cmocka_unit_test(another_namespace_is_no_statement),
		cmocka_unit_test(a_header_of_another_form_is_refused),
		cmocka_unit_test(what_was_signed_before_the_start_is_refused),
		cmocka_unit_test(a_nonce_counts_once),
		cmocka_unit_test(the_policy_asks_for_it),
		cmocka_unit_test(the_leaf_spends_it),
		cmocka_unit_test(nonces_are_bounded_and_go_with_their_time),
		cmocka_unit_test(its_time_has_two_ends),
	};

	return cmocka_run_group_tests(
	    tests, core_fixture_setup, core_fixture_teardown);
}
