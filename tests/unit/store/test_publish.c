/* Publication: stock git finds a sound repository, signed and complete. */
#include "tests/unit/store/vault.h"

#include <sys/stat.h>

static int
refs(struct vault *v)
{
	static const char *const argv[] = { "git", "for-each-ref", NULL };
	char out[65536], *p = out;
	int n = 0;

	assert_int_equal(vault_run(v, out, sizeof(out), argv), 0);
	while ((p = strchr(p, '\n')) != NULL) {
		n++;
		p++;
	}
	return n;
}

static int
commits(struct vault *v, const struct id *owner)
{
	char out[64], name[ID_TEXT], ref[64];
	const char *argv[] = { "git", "rev-list", "--count", ref, NULL };

	id_format(owner, name);
	snprintf(ref, sizeof(ref), "refs/documents/%s", name);
	if (vault_run(v, out, sizeof(out), argv) != 0)
		return -1;
	return (int)strtol(out, NULL, 10);
}

static void
an_empty_vault_is_a_repository(void **state)
{
	struct vault *v = *state;

	vault_fsck(v);
	vault_publish(v);
	vault_fsck(v);
	assert_int_equal(v->rep.versions, 0);
	assert_int_equal(v->rep.refs, 0);
	assert_int_equal(refs(v), 0);
}

static void
git_accepts_what_is_published(void **state)
{
	struct vault *v = *state;
	struct id a = vault_owner(1), b = vault_owner(2);

	vault_file(v, &a, 1, STORE_CONTENT, 1, 200000);
	vault_file(v, &a, 1, STORE_MANIFEST, 2, 900);
	vault_file(v, &a, 2, STORE_CONTENT, 3, STORE_BLOB_MAX + 1);
	vault_file(v, &b, 1, STORE_CONTENT, 4, 9u << 20);
	vault_publish(v);
	/* The vault's own commit, which HEAD names, is one of them. */
	assert_int_equal(v->rep.versions, 3);
	assert_int_equal(v->rep.refs, 3);
	assert_int_equal(commits(v, &a), 2);
	assert_int_equal(commits(v, &b), 1);
	vault_fsck(v);
	vault_check_signatures(v);
	vault_check_mirror(v, 3);
	vault_check_python(v);
	assert_int_equal(vault_read(v, &a, 1, STORE_CONTENT, 1, 200000), 0);
	assert_int_equal(vault_read(v, &b, 1, STORE_CONTENT, 4, 9u << 20), 0);
	vault_again(v);
	assert_int_equal(vault_read(v, &a, 1, STORE_CONTENT, 1, 200000), 0);
	vault_fsck(v);
}

static void
the_tree_names_chunks_and_manifest(void **state)
{
	struct vault *v = *state;
	struct id a = vault_owner(1);
	char out[256], name[ID_TEXT], spec[64];
	const char *argv[] = { "git", "ls-tree", "--name-only", spec, NULL };

	vault_file(v, &a, 1, STORE_CONTENT, 1, 2 * STORE_BLOB_MAX + 7);
	vault_file(v, &a, 1, STORE_MANIFEST, 2, 900);
	vault_publish(v);
	id_format(&a, name);
	snprintf(spec, sizeof(spec), "refs/documents/%s", name);
	assert_int_equal(vault_run(v, out, sizeof(out), argv), 0);
	assert_string_equal(out, "c00000000\nc00000001\nc00000002\nmanifest\n");
}

static void
packs_are_sound_to_verify_pack(void **state)
{
	struct vault *v = *state;
	const char *argv[] = { "sh", "-c",
		"git verify-pack objects/pack/*.idx && git show-index "
		"<$(ls objects/pack/*.idx | head -1) >/dev/null",
		NULL };
	char out[4096];
	unsigned i;

	for (i = 0; i < 300; i++) {
		struct id id = vault_owner(i);

		vault_file(v, &id, 1, STORE_CONTENT, i, 1 + i * 13);
	}
	vault_publish(v);
	assert_int_equal(v->rep.versions, 300);
	if (vault_run(v, out, sizeof(out), argv) != 0)
		fail_msg("%s", out);
	assert_int_equal(refs(v), 301);
	vault_fsck(v);
	vault_check_mirror(v, 301);
}

static void
publishing_again_does_nothing(void **state)
{
	struct vault *v = *state;
	struct id a = vault_owner(1);
	int packs;

	vault_file(v, &a, 1, STORE_CONTENT, 1, 100);
	vault_publish(v);
	packs = vault_files(v, "objects/pack", ".pack");
	vault_publish(v);
	assert_int_equal(v->rep.versions, 0);
	assert_int_equal(vault_files(v, "objects/pack", ".pack"), packs);
}

static void
a_later_version_has_the_earlier_as_its_parent(void **state)
{
	struct vault *v = *state;
	struct id a = vault_owner(1);
	unsigned i;

	for (i = 1; i <= 5; i++) {
		vault_file(v, &a, i, STORE_CONTENT, i, 100 * i);
		vault_publish(v);
		assert_int_equal(commits(v, &a), i);
	}
	vault_fsck(v);
	vault_check_signatures(v);
}

static void
a_part_that_comes_late_makes_a_new_tree(void **state)
{
	struct vault *v = *state;
	struct id a = vault_owner(1);

	vault_file(v, &a, 1, STORE_CONTENT, 1, 100);
	vault_file(v, &a, 2, STORE_CONTENT, 2, 100);
	vault_publish(v);
	vault_file(v, &a, 1, STORE_MANIFEST, 3, 50);
	vault_publish(v);
	assert_int_equal(v->rep.versions, 2);
	assert_int_equal(commits(v, &a), 2);
	/* The commits it replaces dangle until then. */
	vault_sweep(v, 0);
	vault_fsck(v);
}

static void
a_forgotten_document_has_no_ref(void **state)
{
	struct vault *v = *state;
	struct id a = vault_owner(1), b = vault_owner(2);

	vault_file(v, &a, 1, STORE_CONTENT, 1, 100);
	vault_file(v, &b, 1, STORE_CONTENT, 2, 100);
	vault_publish(v);
	vault_forget(v, &a, 0);
	vault_publish(v);
	assert_int_equal(commits(v, &a), -1);
	assert_int_equal(commits(v, &b), 1);
	assert_int_equal(
	    vault_read(v, &a, 1, STORE_CONTENT, 1, 100), -ERR_NOT_FOUND);
}

static void
a_document_partly_forgotten_is_rewritten(void **state)
{
	struct vault *v = *state;
	struct id a = vault_owner(1);
	unsigned gone, i;

	for (gone = 1; gone <= 3; gone++) {
		a = vault_owner(gone);
		for (i = 1; i <= 3; i++)
			vault_file(
			    v, &a, i, STORE_CONTENT, 10 * gone + i, 1000 + i);
	}
	vault_publish(v);
	for (gone = 1; gone <= 3; gone++) {
		a = vault_owner(gone);
		vault_forget(v, &a, gone);
	}
	vault_publish(v);
	for (gone = 1; gone <= 3; gone++) {
		a = vault_owner(gone);
		assert_int_equal(commits(v, &a), 2);
		for (i = 1; i <= 3; i++)
			assert_int_equal(vault_read(v, &a, i, STORE_CONTENT,
					     10 * gone + i, 1000 + i),
			    i == gone ? -ERR_NOT_FOUND : 0);
	}
	vault_check_signatures(v);
	vault_sweep(v, 0);
	vault_fsck(v);
	vault_check_signatures(v);
}

static void
forgotten_before_it_was_published(void **state)
{
	struct vault *v = *state;
	struct id a = vault_owner(1), b = vault_owner(2);

	vault_file(v, &a, 1, STORE_CONTENT, 1, 100);
	vault_file(v, &a, 2, STORE_CONTENT, 2, 100);
	vault_file(v, &b, 1, STORE_CONTENT, 3, 100);
	vault_forget(v, &a, 1);
	vault_forget(v, &b, 0);
	vault_publish(v);
	assert_int_equal(v->rep.versions, 1);
	assert_int_equal(commits(v, &a), 1);
	assert_int_equal(commits(v, &b), -1);
	vault_sweep(v, 0);
	assert_false(vault_holds(v, 1));
	assert_false(vault_holds(v, 3));
	vault_fsck(v);
}

static void
without_a_signature_nothing_is_published(void **state)
{
	struct vault *v = *state;
	struct id a = vault_owner(1);

	vault_file(v, &a, 1, STORE_CONTENT, 1, 100);
	v->fail_sign = 1;
	assert_int_equal(
	    store_publish(v->s, &v->hooks, &v->rep, &v->e), -ERR_SEALED);
	assert_int_equal(refs(v), 0);
	assert_int_equal(vault_read(v, &a, 1, STORE_CONTENT, 1, 100), 0);
	v->fail_sign = 0;
	vault_publish(v);
	assert_int_equal(v->rep.versions, 1);
	vault_fsck(v);
}

static int
sign_another_tree(void *arg, const uint8_t tree[20], const uint8_t *parent,
    uint32_t version, uint64_t hour, struct buf *commit, struct err *e)
{
	(void)arg;
	(void)tree;
	(void)parent;
	(void)hour;
	return buf_addf(commit, e,
	    "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
	    "author A <a@example.org> 0 +0000\n"
	    "committer A <a@example.org> 0 +0000\n\nversion %u\n",
	    version);
}

static void
a_commit_of_another_tree_is_refused(void **state)
{
	struct vault *v = *state;
	struct id a = vault_owner(1);

	vault_file(v, &a, 1, STORE_CONTENT, 1, 100);
	v->hooks.sign = sign_another_tree;
	assert_int_equal(
	    store_publish(v->s, &v->hooks, &v->rep, &v->e), -ERR_INTEGRITY);
	assert_int_equal(refs(v), 0);
}

static int
sign_nonsense(void *arg, const uint8_t tree[20], const uint8_t *parent,
    uint32_t version, uint64_t hour, struct buf *commit, struct err *e)
{
	(void)arg;
	(void)tree;
	(void)parent;
	(void)version;
	(void)hour;
	return buf_addstr(commit, "not a commit\n", e);
}

static void
bytes_that_are_no_commit_are_refused(void **state)
{
	struct vault *v = *state;
	struct id a = vault_owner(1);

	vault_file(v, &a, 1, STORE_CONTENT, 1, 100);
	v->hooks.sign = sign_nonsense;
	assert_int_equal(
	    store_publish(v->s, &v->hooks, &v->rep, &v->e), -ERR_INTEGRITY);
}

static struct id changed;

/* Wait for the commit that enters the branches. */
static void
forget_as_it_is_entered(struct vault *v)
{
	if (vault_count(v, "SELECT count(*) FROM due") == 0 &&
	    vault_count(v, "SELECT count(*) FROM branch WHERE dirty = 0") > 0)
		vault_forget(v, &changed, 1);
	else
		v->before_commit = forget_as_it_is_entered;
}

static void
what_changes_meanwhile_is_left_to_the_next_time(void **state)
{
	struct vault *v = *state;
	int i;

	changed = vault_owner(1);
	for (i = 1; i <= 3; i++)
		vault_file(
		    v, &changed, (uint32_t)i, STORE_CONTENT, (uint64_t)i, 100);
	v->before_commit = forget_as_it_is_entered;
	vault_publish(v);
	assert_null(v->before_commit);
	assert_int_equal(commits(v, &changed), -1);
	vault_publish(v);
	assert_int_equal(commits(v, &changed), 2);
	vault_sweep(v, 0);
	vault_fsck(v);
	assert_false(vault_holds(v, 1));
}

static void
stock_git_may_not_repack_it(void **state)
{
	static const char *const gc[] = { "git", "gc", "--prune=now", "--quiet",
		NULL };
	static const char *const repack[] = { "git", "repack", "-a", "-d", "-q",
		NULL };
	struct vault *v = *state;
	struct id a = vault_owner(1);
	char out[1024];
	int packs;

	vault_file(v, &a, 1, STORE_CONTENT, 1, 100);
	vault_publish(v);
	packs = vault_files(v, "objects/pack", ".pack");
	vault_run(v, out, sizeof(out), gc);
	assert_int_not_equal(vault_run(v, out, sizeof(out), repack), 0);
	assert_int_equal(vault_files(v, "objects/pack", ".pack"), packs);
	assert_int_equal(vault_read(v, &a, 1, STORE_CONTENT, 1, 100), 0);
	vault_again(v);
	assert_int_equal(vault_read(v, &a, 1, STORE_CONTENT, 1, 100), 0);
	vault_fsck(v);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, vault_setup, vault_teardown)
	const struct CMUnitTest tests[] = {
		T(an_empty_vault_is_a_repository),
		T(git_accepts_what_is_published),
		T(the_tree_names_chunks_and_manifest),
		T(packs_are_sound_to_verify_pack),
		T(publishing_again_does_nothing),
		T(a_later_version_has_the_earlier_as_its_parent),
		T(a_part_that_comes_late_makes_a_new_tree),
		T(a_forgotten_document_has_no_ref),
		T(a_document_partly_forgotten_is_rewritten),
		T(forgotten_before_it_was_published),
		T(without_a_signature_nothing_is_published),
		T(a_commit_of_another_tree_is_refused),
		T(bytes_that_are_no_commit_are_refused),
		T(what_changes_meanwhile_is_left_to_the_next_time),
		T(stock_git_may_not_repack_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
