#include "daemon/core/log_reading.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"

#define TILE_MAX (256u * (2 + 65535))

/* An id as it is, or what a case or a document answers to. */
static int
resolve(struct core *core, const char *text, struct id *out, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct document_facts doc;
	struct case_facts kase;
	int r;

	if (id_parse(text, out, NULL) == 0)
		return 0;
	if ((r = tx_read(core->catalog, &tx, e)) < 0)
		return r;
	if (document_find(&tx, text, &doc, NULL) == 0) {
		*out = doc.id;
		return 0;
	}
	if ((r = case_find(&tx, text, &kase, e)) < 0)
		return r;
	*out = kase.id;
	return 0;
}

/* The conditions asked for: part of the leaf's detail. */
static json_t *
query_json(const struct audit_query *q)
{
	char object[ID_TEXT] = "";

	if (q->object != NULL)
		id_format(q->object, object);
	return json_pack("{s:s, s:s, s:s}", "account",
	    q->account != NULL ? q->account : "", "object", object, "class",
	    q->klass != 0 ? leaf_class_name(q->klass) : "");
}

int
log_read(struct core *core, const struct caller *caller, struct audit_query *q,
    const char *object, json_t **out, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct id id;
	struct decision d;
	json_t *entries = NULL, *detail;
	uint64_t leaf, next;
	int r;

	if ((r = core_check_open(core, e)) < 0 ||
	    (r = core_authorize(core, caller, OP_AUDIT_READ, NULL, NULL,
		 core_now(core), &d, e)) < 0)
		return r;
	if (object != NULL) {
		if ((r = resolve(core, object, &id, e)) < 0)
			return r;
		q->object = &id;
	}
	detail = json_pack("{s:o, s:o}", "query", query_json(q), "decision",
	    decision_json(core, &d));
	r = core_read_leaf(
	    core, caller, LEAF_AUDIT_READ, q->object, detail, &leaf, e);
	json_decref(detail);
	if (r < 0 || (r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = audit_read(core->audit, &tx, q, &entries, &next, e)) < 0)
		return r;
	*out = json_pack("{s:o, s:I, s:I}", "entries", entries, "next",
	    (json_int_t)next, "leaf", (json_int_t)leaf);
	return *out != NULL ? 0 : err_set(e, ERR_NOMEM, "audit log");
}

static int
may_check(struct core *core, const struct caller *caller, struct err *e)
{
	struct decision d;

	return core_authorize(core, caller, OP_AUDIT_CHECKPOINT, NULL, NULL,
	    core_now(core), &d, e);
}

int
log_checkpoint(struct core *core, const struct caller *caller, struct buf *note,
    struct err *e)
{
	uint64_t leaf;
	int r;

	if ((r = may_check(core, caller, e)) < 0 ||
	    (r = core_read_leaf_headed(
		 core, caller, LEAF_AUDIT_EXPORT, NULL, NULL, &leaf, e)) < 0 ||
	    (r = audit_flush(core->audit, e)) < 0)
		return r;
	return audit_checkpoint(core->audit, note, e);
}

int
log_proof(struct core *core, const struct caller *caller, uint64_t leaf,
    struct buf *out, struct err *e)
{
	AUTO(tlog_proof_done) struct tlog_proof p = { 0 };
	int r;

	if ((r = may_check(core, caller, e)) < 0 ||
	    (r = audit_proof(core->audit, leaf, &p, e)) < 0)
		return r;
	return tlog_proof_format(&p, out, e);
}

/* Only what a tile's path is made of: no dots but ".p", no double slash. */
static int
path_is_tile(const char *s)
{
	if (strncmp(s, "tile/", 5) != 0 || strlen(s) > 90 ||
	    strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789/.") != strlen(s))
		return 0;
	return strstr(s, "..") == NULL && strstr(s, "//") == NULL &&
	       strstr(s, "/.") == NULL;
}

int
log_tile(struct core *core, const struct caller *caller, const char *path,
    struct buf *out, struct err *e)
{
	char dir[SETTINGS_PATH_MAX];
	AUTO(fd_closep) int fd = -1;
	int r;

	if ((r = may_check(core, caller, e)) < 0)
		return r;
	if (!path_is_tile(path))
		return err_tag(
		    e, ERR_INVALID, "tile-path", "not the path of a tile");
	if ((r = settings_path(&core->settings, "data/audit", dir, e)) < 0)
		return r;
	if ((fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return err_sys(e, ERR_IO, "audit folder");
	return file_read(fd, path, TILE_MAX, out, e);
}
