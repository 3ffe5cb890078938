#include "daemon/store/odb.h"

#include <git2.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>

struct backend {
	git_odb_backend parent; /* first: libgit2 hands it back */
	const uint8_t *named;	/* the blob a tree is about to name */
	git_oid oid;		/* of what was written last */
	git_object_t type;
	struct buf raw;
	int has;
};

struct odb {
	git_odb *db;
	git_repository *repo;
	git_treebuilder *tree;
	struct backend *b; /* owned by db */
};

/* libgit2's last error is unreliable after another call: copied at once. */
static int
fail(struct err *e, enum err_code code, const char *what)
{
	const git_error *last = git_error_last();

	return err_set(e, code, "%s: %s", what,
	    last != NULL && last->message != NULL ? last->message : "libgit2");
}

static int
is_last(const struct backend *b, const git_oid *oid)
{
	return b->has && git_oid_equal(&b->oid, oid);
}

static int
is_named(const struct backend *b, const git_oid *oid)
{
	return b->named != NULL && memcmp(b->named, oid->id, PACK_OID) == 0;
}

static int
backend_exists(git_odb_backend *p, const git_oid *oid)
{
	const struct backend *b = (const struct backend *)p;

	return is_named(b, oid) || is_last(b, oid);
}

static int
backend_header(
    size_t *len, git_object_t *type, git_odb_backend *p, const git_oid *oid)
{
	const struct backend *b = (const struct backend *)p;

	if (is_last(b, oid)) {
		*len = b->raw.len;
		*type = b->type;
		return 0;
	}
	if (!is_named(b, oid))
		return GIT_ENOTFOUND;
	/* Only its type is asked for. */
	*len = 0;
	*type = GIT_OBJECT_BLOB;
	return 0;
}

static int
backend_read(void **out, size_t *len, git_object_t *type, git_odb_backend *p,
    const git_oid *oid)
{
	const struct backend *b = (const struct backend *)p;

	if (!is_last(b, oid))
		return GIT_ENOTFOUND;
	if ((*out = git_odb_backend_data_alloc(p, b->raw.len)) == NULL)
		return -1;
	if (b->raw.len > 0)
		memcpy(*out, b->raw.p, b->raw.len);
	*len = b->raw.len;
	*type = b->type;
	return 0;
}

static int
backend_write(git_odb_backend *p, const git_oid *oid, const void *raw, size_t n,
    git_object_t type)
{
	struct backend *b = (struct backend *)p;

	b->has = 0;
	buf_reset(&b->raw);
	if (buf_add(&b->raw, raw, n, NULL) < 0)
		return -1;
	git_oid_cpy(&b->oid, oid);
	b->type = type;
	b->has = 1;
	return 0;
}

static void
backend_free(git_odb_backend *p)
{
	struct backend *b = (struct backend *)p;

	buf_done(&b->raw);
	free(b);
}

static int
attach_backend(struct odb *o, struct err *e)
{
	struct backend *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return err_set(e, ERR_NOMEM, "backend");
	git_odb_init_backend(&b->parent, GIT_ODB_BACKEND_VERSION);
	b->parent.exists = backend_exists;
	b->parent.read_header = backend_header;
	b->parent.read = backend_read;
	b->parent.write = backend_write;
	b->parent.free = backend_free;
	if (git_odb_add_backend(o->db, &b->parent, 1) < 0) {
		free(b);
		return fail(e, ERR_INTERNAL, "backend");
	}
	o->b = b;
	return 0;
}

int
odb_new(struct odb **out, struct err *e)
{
	AUTO(odb_freep) struct odb *o = calloc(1, sizeof(*o));
	int r;

	if (o == NULL)
		return err_set(e, ERR_NOMEM, "odb");
	if (git_odb_new(&o->db) < 0)
		return fail(e, ERR_INTERNAL, "odb");
	if ((r = attach_backend(o, e)) < 0)
		return r;
	if (git_repository_wrap_odb(&o->repo, o->db) < 0)
		return fail(e, ERR_INTERNAL, "odb");
	*out = TAKE(o);
	return 0;
}

void
odb_freep(struct odb **op)
{
	struct odb *o = *op;

	if (o == NULL)
		return;
	git_treebuilder_free(o->tree);
	git_repository_free(o->repo);
	git_odb_free(o->db);
	free(o);
	*op = NULL;
}

int
odb_tree_begin(struct odb *o, struct err *e)
{
	git_treebuilder_free(o->tree);
	o->tree = NULL;
	if (git_treebuilder_new(&o->tree, o->repo, NULL) < 0)
		return fail(e, ERR_INTERNAL, "tree");
	return 0;
}

int
odb_tree_add(
    struct odb *o, const char *name, const uint8_t oid[PACK_OID], struct err *e)
{
	git_oid id;
	int rc;

	memcpy(id.id, oid, PACK_OID);
	o->b->named = oid;
	rc =
	    git_treebuilder_insert(NULL, o->tree, name, &id, GIT_FILEMODE_BLOB);
	o->b->named = NULL;
	return rc < 0 ? fail(e, ERR_INTERNAL, "tree entry") : 0;
}

int
odb_tree_write(
    struct odb *o, struct buf *raw, uint8_t oid[PACK_OID], struct err *e)
{
	git_oid id;
	int r;

	if (git_treebuilder_write(&id, o->tree) < 0)
		return fail(e, ERR_INTERNAL, "tree");
	if (!is_last(o->b, &id))
		return err_set(e, ERR_INTERNAL, "tree: not written");
	buf_reset(raw);
	if ((r = buf_add(raw, o->b->raw.p, o->b->raw.len, e)) < 0)
		return r;
	memcpy(oid, id.id, PACK_OID);
	return 0;
}

static int
compare_commit(const git_commit *c, const uint8_t tree[PACK_OID],
    const uint8_t *parent, struct err *e)
{
	unsigned want = parent != NULL ? 1 : 0;

	if (memcmp(git_commit_tree_id(c)->id, tree, PACK_OID) != 0)
		return err_set(e, ERR_INTEGRITY, "commit: another tree");
	if (git_commit_parentcount(c) != want ||
	    (want &&
		memcmp(git_commit_parent_id(c, 0)->id, parent, PACK_OID) != 0))
		return err_set(e, ERR_INTEGRITY, "commit: other parents");
	return 0;
}

int
odb_commit_check(struct odb *o, const void *raw, size_t n,
    const uint8_t tree[PACK_OID], const uint8_t *parent, uint8_t oid[PACK_OID],
    struct err *e)
{
	git_commit *c = NULL;
	git_oid id;
	int r;

	if (git_odb_write(&id, o->db, raw, n, GIT_OBJECT_COMMIT) < 0)
		return fail(e, ERR_INTERNAL, "commit");
	if (git_commit_lookup(&c, o->repo, &id) < 0)
		return fail(e, ERR_INTEGRITY, "commit");
	r = compare_commit(c, tree, parent, e);
	git_commit_free(c);
	if (r == 0)
		memcpy(oid, id.id, PACK_OID);
	return r;
}
