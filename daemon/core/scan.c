#include "daemon/core/scan.h"

#include <string.h>

#include "base/sshsig.h"
#include "base/text.h"
#include "daemon/core/document.h"
#include "daemon/core/due.h"
#include "daemon/core/json_of.h"

#define DUE_DAYS "scan-check-days"
#define AHEAD_MS (INT64_C(3600) * 1000) /* a desk's clock may be wrong */

const char *const scan_schema =
    "CREATE TABLE scan ("
    " document BLOB NOT NULL CHECK (length(document) = 16),"
    " version INTEGER NOT NULL,"
    " author INTEGER NOT NULL," /* uid of who filed it */
    " filed INTEGER NOT NULL,"
    " state TEXT NOT NULL CHECK (state IN ('unchecked', 'faithful', 'not')),"
    " checker INTEGER, at INTEGER, leaf INTEGER, signature TEXT,"
    " PRIMARY KEY (document, version)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX scan_waiting ON scan (filed) WHERE state <> 'faithful';";

/* --- whose signature ------------------------------------------------------ */

/* Of this page, by a key of the caller's own; the text says why not. */
static int
check_signature(const struct core *core, const struct caller *caller,
    const char *ns, const char *armored, const struct buf *page,
    char fingerprint[64], struct err *e)
{
	AUTO(buf_done) struct buf key = { 0 };
	const struct principal *who;
	struct err why = { 0 };
	uint8_t flags = 0;

	if (sshsig_verify(armored, strlen(armored), ns, page->p, page->len,
		&key, &flags, &why) < 0)
		return err_set(e, ERR_REFUSED,
		    "not a signature of this page in the namespace %s: %.100s",
		    ns, why.text);
	if (!sshsig_was_touched(&key, flags))
		return err_set(e, ERR_REFUSED,
		    "the token was not touched for this signature");
	who = policy_key_owner(core->policy, key.p, key.len);
	if (who == NULL || who->uid != caller->actor.uid ||
	    strcmp(who->account, caller->actor.account) != 0)
		return err_set(e, ERR_REFUSED,
		    "it is not signed by a key of the caller's");
	return ssh_fingerprint(key.p, key.len, fingerprint, e);
}

/* --- provenance ----------------------------------------------------------- */

static int
check_said(const struct scan_said *said, const struct scan_filed *f,
    struct scan_page *page, struct err *e)
{
	if (strcmp(f->level, SCAN_LEVEL) != 0)
		return err_tag(e, ERR_REFUSED, "provenance-level",
		    "provenance is of a scan of paper: level " SCAN_LEVEL);
	if (time_parse(said->scanned_at, &page->at_ms, NULL) < 0)
		return err_tag(e, ERR_INVALID, "provenance",
		    "provenance: scanned-at: a time in UTC");
	if (page->at_ms > f->now_ms + AHEAD_MS)
		return err_tag(e, ERR_REFUSED, "provenance-time",
		    "it would have been scanned after its filing");
	if (f->all_images && page->pages != f->files)
		return err_tag(e, ERR_REFUSED, "provenance-pages",
		    "%u pages are said, and there are %zu pictures",
		    page->pages, f->files);
	return 0;
}

static json_t *
given_json(const struct scan_page *p)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < p->ngiven; i++)
		if (json_array_append_new(list, json_string(p->given_to[i])) <
		    0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

int
scan_provenance(struct core *core, const struct caller *caller,
    const struct scan_said *said, const struct scan_filed *f, json_t **out,
    struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct scan_page page = said->page;
	struct err why = { 0 };
	char fingerprint[64];
	int r;

	*out = NULL;
	if (said->signature == NULL) {
		if (f->kind->provenance != PROVENANCE_REQUIRED ||
		    strcmp(f->level, SCAN_LEVEL) != 0)
			return 0;
		return err_tag(e, ERR_REFUSED, "provenance-missing",
		    "the kind %.40s needs to know where a scan comes from",
		    f->kind->name);
	}
	page.by = caller->actor.account;
	memcpy(page.sha256, f->sha256, SHA256_LEN);
	if ((r = check_said(said, f, &page, e)) < 0 ||
	    (r = scan_page_format(&page, &text, e)) < 0)
		return r;
	if (check_signature(core, caller, SCAN_NAMESPACE, said->signature,
		&text, fingerprint, &why) < 0)
		return err_tag(
		    e, ERR_REFUSED, "provenance-signature", "%.200s", why.text);
	*out = json_pack("{s:s, s:o, s:s, s:i, s:i, s:s, s:i, s:o, s:s, s:s,"
			 " s:s}",
	    "scanned_by", page.by, "scanned_at", json_of_time(page.at_ms),
	    "device", page.device, "resolution", (int)page.resolution, "pages",
	    (int)page.pages, "paper_at", page.paper_at, "originals",
	    (int)page.originals, "given_to", given_json(&page), "fingerprint",
	    fingerprint, "text", buf_str(&text), "signature", said->signature);
	return *out != NULL ? 0 : err_set(e, ERR_NOMEM, "provenance");
}

/* --- rows ----------------------------------------------------------------- */

int
scan_place(struct tx *tx, const struct policy_kind *kind, const char *level,
    const struct id *document, uint32_t version, uint32_t author,
    int64_t filed_ms, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if (kind->provenance == PROVENANCE_NONE ||
	    strcmp(level, SCAN_LEVEL) != 0)
		return 0;
	if ((r = sql_open(tx,
		 "INSERT INTO scan (document, version, author, filed, state)"
		 " VALUES (?, ?, ?, ?, 'unchecked')",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, document, e)) < 0 ||
	    (r = sql_int(q, 2, version, e)) < 0 ||
	    (r = sql_int(q, 3, author, e)) < 0 ||
	    (r = sql_int(q, 4, filed_ms, e)) < 0)
		return r;
	return sql_run(q, e);
}

struct scan_row {
	uint32_t author, checker;
	int64_t filed_ms, at_ms;
	uint64_t leaf;
	char state[16];
};

/* 1 and *out, or 0: no check of it is asked for. */
static int
load(struct tx *tx, const struct id *document, uint32_t version,
    struct scan_row *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct scan_row row = { 0 };
	int r;

	if ((r = sql_open(tx,
		 "SELECT author, checker, filed, at, leaf, state FROM scan"
		 " WHERE document = ? AND version = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, document, e)) < 0 ||
	    (r = sql_int(q, 2, version, e)) < 0 || (r = sql_step(q, e)) <= 0)
		return r;
	row.author = (uint32_t)sql_get_int(q, 0);
	row.checker = (uint32_t)sql_get_int(q, 1);
	row.filed_ms = sql_get_int(q, 2);
	row.at_ms = sql_get_int(q, 3);
	row.leaf = (uint64_t)sql_get_int(q, 4);
	snprintf(row.state, sizeof(row.state), "%s", sql_get_text(q, 5));
	*out = row;
	return 1;
}

static int
update(struct tx *tx, const struct id *document, uint32_t version,
    const struct scan_row *row, const char *signature, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE scan SET state = ?, checker = ?, at = ?, leaf = ?,"
		 " signature = ? WHERE document = ? AND version = ?",
		 &q, e)) < 0 ||
	    (r = sql_text(q, 1, row->state, e)) < 0 ||
	    (r = sql_int(q, 2, row->checker, e)) < 0 ||
	    (r = sql_int(q, 3, row->at_ms, e)) < 0 ||
	    (r = sql_int(q, 4, (int64_t)row->leaf, e)) < 0 ||
	    (r = sql_text(q, 5, signature, e)) < 0 ||
	    (r = sql_id(q, 6, document, e)) < 0 ||
	    (r = sql_int(q, 7, version, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
scan_forget_document(struct tx *tx, const struct id *document, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "DELETE FROM scan WHERE document = ?", &q, e)) <
		0 ||
	    (r = sql_id(q, 1, document, e)) < 0)
		return r;
	return sql_run(q, e);
}

/* Who has left the team is nobody's name any more. */
static const char *
account_of(const struct policy *p, uint32_t uid)
{
	const struct principal *all;
	size_t i, n = policy_people(p, &all);

	for (i = 0; i < n; i++)
		if (all[i].uid == uid)
			return all[i].account;
	return "";
}

int
scan_state(struct core *core, struct tx *tx, const struct id *document,
    uint32_t version, json_t **out, struct err *e)
{
	struct scan_row row;
	int r = load(tx, document, version, &row, e);

	*out = NULL;
	if (r <= 0)
		return r;
	if (strcmp(row.state, "unchecked") == 0)
		*out = json_pack("{s:s, s:o}", "state", row.state, "since",
		    json_of_time(row.filed_ms));
	else
		*out =
		    json_pack("{s:s, s:o, s:s, s:o, s:I}", "state", row.state,
			"since", json_of_time(row.filed_ms), "checked_by",
			account_of(core->policy, row.checker), "checked_at",
			json_of_time(row.at_ms), "leaf", (json_int_t)row.leaf);
	return *out != NULL ? 0 : err_set(e, ERR_NOMEM, "scan");
}

/* --- checking ------------------------------------------------------------- */

struct checking {
	struct core *core;
	const struct caller *caller;
	const struct scan_checking *c;
	struct document_facts doc;
	struct decision d;
	struct scan_row row;
	uint8_t signature[SHA256_LEN];
	int again;
};

static int
is_mine(const struct checking *x, const struct scan_row *row)
{
	return row->checker == x->caller->actor.uid &&
	       strcmp(row->state, x->c->finding) == 0;
}

/* Does it wait still, and is it theirs to check? */
static int
check_row(struct tx *tx, struct checking *x, struct err *e)
{
	int r = load(tx, &x->doc.id, x->doc.versions, &x->row, e);

	if (r < 0)
		return r;
	if (r == 0)
		return err_tag(e, ERR_CONFLICT, "scan-none",
		    "this version waits for no check of a scan");
	if (x->row.author == x->caller->actor.uid)
		return err_tag(e, ERR_REFUSED, "scan-own",
		    "who scanned it is not who checks it");
	x->again = strcmp(x->row.state, "unchecked") != 0;
	if (x->again && !is_mine(x, &x->row))
		return err_tag(e, ERR_CONFLICT, "scan-checked",
		    "it was checked: %s", x->row.state);
	return 0;
}

static int
check_page(struct checking *x, const json_t *manifest, struct err *e)
{
	const char *hex =
	    json_string_value(json_object_get(manifest, "sha256"));
	struct scan_check_page page = {
		.document = x->doc.id,
		.version = x->doc.versions,
		.finding = x->c->finding,
		.by = x->caller->actor.account,
	};
	AUTO(buf_done) struct buf text = { 0 };
	struct err why = { 0 };
	char fingerprint[64];
	int r;

	if (hex == NULL || strlen(hex) != (size_t)2 * SHA256_LEN ||
	    hex_parse(hex, page.sha256, SHA256_LEN, NULL) < 0)
		return err_set(e, ERR_INTEGRITY, "a manifest without a digest");
	if ((r = scan_check_page_format(&page, &text, e)) < 0)
		return r;
	if (check_signature(x->core, x->caller, SCAN_CHECK_NAMESPACE,
		x->c->signature, &text, fingerprint, &why) < 0)
		return err_tag(
		    e, ERR_REFUSED, "scan-signature", "%.200s", why.text);
	return digest_of(DIGEST_SHA256, x->c->signature,
	    strlen(x->c->signature), x->signature, e);
}

/* What was signed names the document's digest: that is in its manifest. */
static int
check_signed(struct checking *x, struct err *e)
{
	json_t *detail, *manifest = NULL;
	uint64_t leaf;
	int r;

	detail = document_detail(
	    x->core, &x->doc.kase, &x->doc.id, x->doc.versions, &x->d);
	r = core_read_leaf(
	    x->core, x->caller, LEAF_DOC_META, &x->doc.id, detail, &leaf, e);
	json_decref(detail);
	if (r < 0 || (r = document_manifest(x->core, &x->doc.id,
			  x->doc.versions, leaf, &manifest, e)) < 0)
		return r;
	r = check_page(x, manifest, e);
	json_decref(manifest);
	return r;
}

static int
enter(struct tx *tx, struct checking *x, int64_t now_ms, struct err *e)
{
	struct audit_entry en = {
		.klass = LEAF_SCAN_CHECK,
		.outcome = LEAF_OK,
		.actor = &x->caller->actor,
		.object = x->doc.id,
		.approvals = x->signature,
	};
	int r;

	en.detail = document_detail(
	    x->core, &x->doc.kase, &x->doc.id, x->doc.versions, &x->d);
	if (en.detail == NULL || json_object_set_new(en.detail, "finding",
				     json_string(x->c->finding)) < 0)
		r = err_set(e, ERR_NOMEM, "scan");
	else
		r = core_enter(
		    x->core, tx, x->caller, &en, now_ms, &x->row.leaf, e);
	json_decref(en.detail);
	return r;
}

static int
apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct checking *x = arg;
	struct document_facts now;
	int r;

	if ((r = document_by_id(tx, &x->doc.id, &now, e)) < 0)
		return r;
	if (strcmp(now.state, "filed") != 0 || now.versions != x->doc.versions)
		return err_tag(e, ERR_CONFLICT, "version",
		    "another version was filed meanwhile");
	if ((r = check_row(tx, x, e)) < 0 || x->again)
		return r;
	x->row.checker = x->caller->actor.uid;
	x->row.at_ms = audit_time(x->core->audit, now_ms);
	snprintf(x->row.state, sizeof(x->row.state), "%s", x->c->finding);
	if ((r = enter(tx, x, now_ms, e)) < 0)
		return r;
	return update(
	    tx, &x->doc.id, x->doc.versions, &x->row, x->c->signature, e);
}

static int
begin(struct checking *x, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct case_facts kase;
	int r;

	/* Who may file such a document may say that it is a faithful copy. */
	if ((r = core_check_open(x->core, e)) < 0 ||
	    (r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = document_authorize(x->core, &tx, x->caller, x->c->document,
		 OP_DOC_FILE, core_now(x->core), &x->doc, &kase, object, &x->d,
		 e)) < 0)
		return r;
	if (!scan_finding_is_known(x->c->finding))
		return err_tag(
		    e, ERR_INVALID, "scan-finding", "finding: faithful or not");
	if (strcmp(x->doc.state, "filed") != 0)
		return err_tag(
		    e, ERR_CONFLICT, "erased", "this document was erased");
	return check_row(&tx, x, e);
}

int
scan_check(struct core *core, const struct caller *caller,
    const struct scan_checking *c, struct id *object, json_t **answer,
    struct err *e)
{
	struct checking x = { .core = core, .caller = caller, .c = c };
	struct change ch = { .apply = apply, .arg = &x, .need_head = 1 };
	int r;

	if ((r = begin(&x, object, e)) < 0 || (r = check_signed(&x, e)) < 0)
		return r;
	if (!x.again && (r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	*answer = json_pack("{s:o, s:i, s:s, s:s, s:o, s:I}", "document",
	    json_of_id(&x.doc.id), "version", (int)x.doc.versions, "finding",
	    x.row.state, "checked_by", caller->actor.account, "checked_at",
	    json_of_time(x.row.at_ms), "leaf", (json_int_t)x.row.leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "scan");
}

/* --- what is due ---------------------------------------------------------- */

/* Of a version that another replaced, nothing waits. */
#define WAITING_SQL                                                            \
	"SELECT s.document, d.dossier, s.filed, s.author, s.state, d.kind"     \
	" FROM scan s INDEXED BY scan_waiting"                                 \
	" JOIN document d ON d.id = s.document AND d.versions = s.version"     \
	"  AND d.state = 'filed'"                                              \
	" JOIN dossier c ON c.id = d.dossier AND c.state = 'open'"             \
	" WHERE s.state <> 'faithful' ORDER BY s.filed LIMIT 2000"

/* Not the check of one's own scan; one found unfaithful is everybody's. */
static int
add(struct due_list *d, struct sql *q, struct err *e)
{
	const struct policy_kind *k =
	    policy_kind(d->core->policy, sql_get_text(q, 5));
	const char *state = sql_get_text(q, 4);
	int64_t filed = sql_get_int(q, 2);
	struct id document, kase;
	int r;

	if (d->tally == NULL && strcmp(state, "unchecked") == 0 &&
	    (uint32_t)sql_get_int(q, 3) == d->caller->actor.uid)
		return 0;
	if ((r = sql_get_id(q, 0, &document, e)) < 0 ||
	    (r = sql_get_id(q, 1, &kase, e)) < 0)
		return r;
	return due_add(d, "scan-check", &kase, &document, filed,
	    due_after(d->core, DUE_DAYS, filed),
	    json_pack("{s:s, s:s, s:s}", "kind", sql_get_text(q, 5),
		"kind_title", k != NULL ? k->title : sql_get_text(q, 5),
		"state", state),
	    e);
}

int
scan_due(struct due_list *d, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(d->tx, WAITING_SQL, &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = add(d, q, e)) < 0)
			return r;
	return r;
}
