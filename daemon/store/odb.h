/*
 * Trees and commits, made by libgit2 through an object database that has one
 * backend, ours: it answers for the object that is being named, and keeps
 * what is written until the caller takes it. libgit2 checks the form.
 */
#ifndef DAEMON_STORE_ODB_H
#define DAEMON_STORE_ODB_H

#include "daemon/store/pack.h"

struct odb;

int odb_new(struct odb **out, struct err *e) NODISCARD;
void odb_freep(struct odb **o);

/*
 * A tree: begin, add each entry (a blob that the caller knows to exist),
 * then write. raw gets the tree object's bytes.
 */
int odb_tree_begin(struct odb *o, struct err *e) NODISCARD;
int odb_tree_add(struct odb *o, const char *name, const uint8_t oid[PACK_OID],
    struct err *e) NODISCARD;
int odb_tree_write(struct odb *o, struct buf *raw, uint8_t oid[PACK_OID],
    struct err *e) NODISCARD;

/*
 * Check that the n bytes at raw are a commit of tree with the one parent, or
 * none when it is NULL. oid gets its id. ERR_INTEGRITY.
 */
int odb_commit_check(struct odb *o, const void *raw, size_t n,
    const uint8_t tree[PACK_OID], const uint8_t *parent, uint8_t oid[PACK_OID],
    struct err *e) NODISCARD;

#endif
