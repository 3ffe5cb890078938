/*
 * Any bytes as a file of tests. What is not accepted must say why and try
 * nothing; what is accepted must be tried the same way twice, and each never
 * that fails must say in which situation.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/trial.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const char rules[] =
    "format = 1\n"
    "version = 7\n"
    "role \"worker\" { title = \"W\" source = \"s\" }\n"
    "role \"partner\" { title = \"P\" source = \"s\" }\n"
    "purpose \"work\" { title = \"W\" source = \"s\" }\n"
    "purpose \"share\" { title = \"S\" source = \"s\" }\n"
    "moment \"entry\" { title = \"E\" by-vault = true first = true\n"
    "	otherwise = none events = none kinds = none records-count = 0\n"
    "	source = \"s\" }\n"
    "retention \"short\" { title = \"S\" active-months = 24 from = entry\n"
    "	source = \"s\" }\n"
    "kind \"note\" {\n"
    "	title = \"N\" source = \"s\" record = true\n"
    "	media = { \"application/json\" } retention = short\n"
    "	social = true\n"
    "	field \"name\" { type = string required = true max = 50 }\n"
    "	field \"debt\" { type = group }\n"
    "	field \"debt.amount\" { type = amount }\n"
    "	field \"health\" { type = string label = sensitive }\n"
    "	field \"story\" { type = text label = never }\n"
    "}\n"
    "access \"team\" {\n"
    "	source = \"s\" roles = { worker }\n"
    "	operations = { case-list, doc-read, doc-file }\n"
    "	kinds = { note } scope = own-team states = { open }\n"
    "	purposes = { work } default-purpose = work break-glass = false\n"
    "}\n"
    "recipient \"office\" { title = \"O\" channel = ssh\n"
    "	landlord-facing = false source = \"s\" }\n"
    "consent \"share:office\" { title = \"S\" recipient = office\n"
    "	valid-months = 12 notice = \"n\" notice-version = \"1\"\n"
    "	source = \"s\" basis = \"b\" classes = { \"c\" } }\n"
    "disclosure \"to-office\" {\n"
    "	title = \"E\" recipient = office purpose = share basis = \"b\"\n"
    "	source = \"s\" consent = share:office stages = { amont }\n"
    "	expires-days = 30 four-eyes = false diagnosis = { unknown }\n"
    "	events = none channels = { ssh }\n"
    "	field \"name\" { from = \"note:name\" }\n"
    "	field \"sum\" { from = \"note:debt.amount\" }\n"
    "}\n";

static void
must(int holds)
{
	if (!holds)
		abort();
}

/* Loaded once: it is the tests that are any bytes. */
static const struct policy *
the_rules(void)
{
	static struct policy *p;
	const struct policy_file files[] = {
		{ "00-a.conf", rules, sizeof(rules) - 1 },
		{ "notices/n-1.txt", "n\n", 2 },
	};
	struct err e;

	if (p == NULL)
		must(policy_load_files(files, 2, &p, NULL, &e) == 0);
	return p;
}

static int
check_failure(void *arg, const struct trial_failure *f, struct err *e)
{
	uint64_t *told = arg;

	(void)e;
	++*told;
	must(f->file != NULL && f->line > 0 && f->title[0] != '\0');
	must(f->why != NULL && f->facts != NULL);
	if (f->what == TRIAL_NEVER && f->got != NULL)
		must(f->rule != NULL && f->facts[0] != '\0');
	else if (f->what != TRIAL_NEVER)
		must(f->expected != NULL || f->got != NULL);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(buf_done) struct buf first = { 0 }, second = { 0 };
	const struct policy_file f = { "t", p, n };
	struct trial_counts a, b;
	struct err e = { 0 };
	uint64_t told = 0;
	int r = policy_trial(the_rules(), &f, 1, &first, &a, &e);

	must(policy_trial(the_rules(), &f, 1, &second, &b, NULL) == r);
	must(strcmp(buf_str(&first), buf_str(&second)) == 0);
	must(memcmp(&a, &b, sizeof(a)) == 0);
	must(r == 0 || r == -ERR_INVALID || r == -ERR_TOO_LARGE);
	if (r == -ERR_INVALID)
		must(first.len > 0 && e.text[0] != '\0' && a.decisions == 0);
	if (r < 0)
		return 0;
	must(a.tests + a.nevers > 0 && a.failed <= a.tests + a.nevers);
	must((a.failed > 0) == (first.len > 0));
	must(policy_trial_each(
		 the_rules(), &f, 1, check_failure, &told, NULL, &b, &e) == 0);
	must(told >= a.failed);
	return 0;
}
