/*
 * Any bytes as a rule file and as a people file. What is accepted must be
 * whole (every name it uses resolves), never disclose what is never
 * disclosed, and deny what cannot be decided; what is not accepted must say
 * why; a good file must load the same after it.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/build.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(int holds)
{
	if (!holds)
		abort();
}

static void
check_disclosures(const struct policy *p)
{
	const struct disclosure_rule *d;
	size_t i, f, n = policy_disclosures(p, &d);

	for (i = 0; i < n; i++) {
		must(policy_recipient(p, d[i].recipient) != NULL);
		must(policy_purpose_is_known(p, d[i].purpose));
		must(d[i].consent == NULL ||
		     policy_consent(p, d[i].consent) != NULL);
		must(d[i].nfields > 0 || d[i].attach[0] != NULL);
		must(d[i].diagnosis != 0 && d[i].channels[0] != NULL);
		must(!d[i].urgent || d[i].four_eyes);
		must(!d[i].partial || d[i].consent != NULL);
		for (f = 0; f < d[i].nfields; f++) {
			const struct policy_kind *k =
			    policy_kind(p, d[i].fields[f].kind);
			const struct policy_field *g;

			must(k != NULL && k->is_record);
			g = policy_field(k, d[i].fields[f].path);
			must(g != NULL && g->label != LABEL_NEVER);
		}
	}
}

static void
check_kinds(const struct policy *p)
{
	const struct policy_kind *k;
	size_t i, n = policy_kinds(p, &k);

	for (i = 0; i < n; i++) {
		must(k[i].pages_max > 0 && k[i].media[0] != NULL);
		must(policy_retention(p, k[i].retention) != NULL);
		must(k[i].is_record == (k[i].nfields > 0));
	}
}

/* Facts under which each rule would be asked about its fields. */
static void
check_verdicts(const struct policy *p)
{
	static const char *const none[] = { NULL };
	const struct disclosure_rule *d;
	const struct policy_block *b;
	size_t i, f, n = policy_disclosures(p, &d);

	for (i = 0; i < n; i++) {
		struct disclosure_facts q = { .recipient = d[i].recipient,
			.purpose = d[i].purpose,
			.case_state = "open",
			.consents = none };
		struct disclosure_decision got;

		policy_disclose(p, &q, &got);
		must(!got.allowed || got.rule->consent == NULL);
		must(got.allowed || got.tag != NULL);
		for (f = 0; f < d[i].nfields; f++) {
			enum field_verdict v = policy_field_verdict(
			    p, &q, &d[i], &d[i].fields[f], &b);

			must((v == FIELD_BLOCKED) == (b != NULL));
			must(v != FIELD_GIVEN || d[i].consent == NULL);
		}
	}
}

static void
check_blocks(const struct policy *p)
{
	const struct policy_block *b;
	size_t i, f, n = policy_blocks(p, &b);

	for (i = 0; i < n; i++) {
		must(policy_event(p, b[i].until_event) != NULL);
		must(b[i].landlord_facing || b[i].recipients[0] != NULL);
		for (f = 0; f < b[i].nblocked; f++)
			must(policy_field(policy_kind(p, b[i].blocked[f].kind),
				 b[i].blocked[f].path) != NULL);
	}
}

static void
check_loans(const struct policy *p)
{
	const char *roles[POLICY_ROLES_MAX + 1];
	const struct principal *who;
	size_t i, n = policy_people(p, &who);

	for (i = 0; i < n; i++)
		must(policy_roles_of(p, &who[i], 20780, roles) <=
		     POLICY_ROLES_MAX);
}

static void
check_denials(const struct policy *p)
{
	struct principal ghost = { .account = "x",
		.role = "no-such-role",
		.team = "t",
		.organisation = "o" };
	struct access_facts f = {
		.team = "t", .organisation = "o", .case_state = "open"
	};
	struct decision d, again;
	int op;

	for (op = 0; op <= OP_COUNT; op++) {
		f.op = (enum policy_op)op;
		f.who = NULL;
		policy_authorize(p, &f, &d);
		must(!d.allowed && d.tag != NULL);
		f.who = &ghost;
		policy_authorize(p, &f, &d);
		must(!d.allowed || model_role(p, ghost.role) != NULL);
		/* Taken again from what it kept, the same. */
		policy_authorize_kept(p, &d.facts, &again);
		must(memcmp(&d, &again, sizeof(d)) == 0);
	}
}

/* 1 when accepted. */
static int
load(enum syntax_file what, const void *bytes, size_t n)
{
	/* So that a consent can name a notice that is there. */
	static const struct policy_file notice = { "notices/n-1.txt", "n", 1 };
	struct policy p = { .files = &notice, .nfiles = 1 };
	struct problems ps = { .out = NULL };
	struct build b = { .p = &p, .ps = &ps };
	struct node *node = NULL;
	struct err e = { .code = ERR_OK };
	int is_people = what == SYNTAX_PEOPLE, r;

	r = syntax_parse(what, "f.conf", bytes, n, &p.arena, &node, &ps, &e);
	must(r == 0);
	must((node == NULL) == (ps.count > 0));
	if (node != NULL) {
		must(build_policy(&b, &node, is_people ? 0 : 1,
			 is_people ? node : NULL, &e) == 0);
		if (ps.count == 0) {
			check_kinds(&p);
			check_disclosures(&p);
			check_denials(&p);
			check_verdicts(&p);
			check_blocks(&p);
			check_loans(&p);
		} else
			must(ps.first.text[0] != '\0');
	}
	arena_done(&p.arena);
	return ps.count == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char good[] = "format = 1\nversion = 1\n";

	(void)load(SYNTAX_RULES, p, n);
	(void)load(SYNTAX_PEOPLE, p, n);
	must(load(SYNTAX_RULES, good, sizeof(good) - 1));
	return 0;
}
