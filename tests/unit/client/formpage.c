/*
 * The page of a form on standard output, for the key whose public half is a
 * file of 65 bytes: formpage RULES KIND PUBLIC. The vault is 16 times 0x11,
 * the day 2026-03-02.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "client/form.h"

int
main(int argc, char **argv)
{
	AUTO(policy_freep) struct policy *p = NULL;
	AUTO(buf_done) struct buf page = { 0 };
	struct form_spec s = { .size_max = UINT64_C(32) << 20 };
	struct err e = { 0 };
	FILE *f;

	if (argc != 4 || (f = fopen(argv[3], "rb")) == NULL)
		return 2;
	if (fread(s.public, 1, sizeof(s.public), f) != sizeof(s.public))
		return 2;
	fclose(f);
	memset(s.vault.b, 0x11, ID_LEN);
	s.kind = argv[2];
	if (date_parse("2026-03-02", &s.today, &e) < 0 ||
	    policy_load(argv[1], &p, NULL, &e) < 0)
		goto failed;
	s.policy = p;
	if (form_page(&s, &page, &e) < 0)
		goto failed;
	return fwrite(page.p, 1, page.len, stdout) == page.len ? 0 : 1;
failed:
	fprintf(stderr, "%s\n", e.text);
	return 1;
}
