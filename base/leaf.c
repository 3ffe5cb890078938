#include "base/leaf.h"

#include <string.h>

#include "base/rw.h"

#define BIND_LABEL "sceau/bind/1"

static const char magic[8] = "sceauL1";

int
leaf_encode(const struct leaf *l, struct buf *out, struct err *e)
{
	size_t was = out->len;
	struct wr w;
	uint32_t i;
	int r;

	if (l->nclear > LEAF_CLEAR_MAX)
		return err_set(e, ERR_TOO_LARGE,
		    "leaf: more than %d clear entries", LEAF_CLEAR_MAX);
	wr_init(&w, out);
	wr_bytes(&w, magic, sizeof(magic));
	wr_u64(&w, l->seq);
	wr_u64(&w, (uint64_t)l->time_ms);
	wr_u16(&w, l->klass);
	wr_u16(&w, l->outcome);
	wr_u32(&w, l->policy);
	wr_bytes(&w, l->actor, sizeof(l->actor));
	wr_bytes(&w, l->object, sizeof(l->object));
	wr_bytes(&w, l->bind, sizeof(l->bind));
	wr_bytes(&w, l->detail, sizeof(l->detail));
	wr_bytes(&w, l->approvals, sizeof(l->approvals));
	wr_u32(&w, l->nclear);
	for (i = 0; i < l->nclear; i++) {
		wr_bytes(&w, l->clear[i].id.b, ID_LEN);
		wr_u64(&w, l->clear[i].key);
	}
	if ((r = wr_end(&w, e)) < 0)
		out->len = was;
	return r;
}

static int
clear_decode(struct rd *rd, uint32_t n, struct leaf_clear **out, struct err *e)
{
	struct leaf_clear *c = NULL;
	uint32_t i;

	if (n > 0 && (c = calloc(n, sizeof(*c))) == NULL)
		return err_set(e, ERR_NOMEM, "leaf");
	for (i = 0; i < n; i++) {
		rd_bytes(rd, c[i].id.b, ID_LEN);
		c[i].key = rd_u64(rd);
	}
	*out = c;
	return 0;
}

int
leaf_decode(const void *p, size_t n, struct leaf *out,
    struct leaf_clear **clear, struct err *e)
{
	AUTO(mem_freep) struct leaf_clear *c = NULL;
	struct leaf l = { 0 };
	char head[sizeof(magic)];
	struct rd rd;
	int r;

	rd_init(&rd, p, n);
	rd_bytes(&rd, head, sizeof(head));
	l.seq = rd_u64(&rd);
	l.time_ms = (int64_t)rd_u64(&rd);
	l.klass = rd_u16(&rd);
	l.outcome = rd_u16(&rd);
	l.policy = rd_u32(&rd);
	rd_bytes(&rd, l.actor, sizeof(l.actor));
	rd_bytes(&rd, l.object, sizeof(l.object));
	rd_bytes(&rd, l.bind, sizeof(l.bind));
	rd_bytes(&rd, l.detail, sizeof(l.detail));
	rd_bytes(&rd, l.approvals, sizeof(l.approvals));
	l.nclear = rd_u32(&rd);
	if (rd.bad || memcmp(head, magic, sizeof(magic)) != 0 ||
	    l.nclear > LEAF_CLEAR_MAX ||
	    rd.left != (size_t)l.nclear * LEAF_CLEAR)
		return err_set(e, ERR_INVALID, "not an audit leaf");
	if ((r = clear_decode(&rd, l.nclear, &c, e)) < 0 ||
	    (r = rd_end(&rd, "leaf", e)) < 0)
		return r;
	*out = l;
	out->clear = NULL;
	if (clear != NULL)
		out->clear = *clear = TAKE(c);
	return 0;
}

static const struct {
	uint16_t klass;
	const char *name;
} classes[] = {
	{ LEAF_VAULT_START, "vault-start" },
	{ LEAF_VAULT_STOP, "vault-stop" },
	{ LEAF_UNSEAL, "unseal" },
	{ LEAF_SEAL, "seal" },
	{ LEAF_KEY_ROTATE, "key-rotate" },
	{ LEAF_KEY_CEREMONY, "key-ceremony" },
	{ LEAF_POLICY, "policy" },
	{ LEAF_POLICY_PROPOSE, "policy-propose" },
	{ LEAF_APPROVAL, "approval" },
	{ LEAF_BREAK_GLASS, "break-glass" },
	{ LEAF_BREAK_GLASS_REVIEW, "break-glass-review" },
	{ LEAF_POLICY_READ, "policy-read" },
	{ LEAF_BREACH, "breach" },
	{ LEAF_CLOCK_SUSPECT, "clock-suspect" },
	{ LEAF_CLOCK_CONFIRM, "clock-confirm" },
	{ LEAF_CLOCK_READ, "clock-read" },
	{ LEAF_CASE_OPEN, "case-open" },
	{ LEAF_CASE_READ, "case-read" },
	{ LEAF_CASE_LIST, "case-list" },
	{ LEAF_CASE_EVENT, "case-event" },
	{ LEAF_CASE_CLOSE, "case-close" },
	{ LEAF_CASE_REOPEN, "case-reopen" },
	{ LEAF_SEARCH, "search" },
	{ LEAF_CASE_ARCHIVE, "case-archive" },
	{ LEAF_INTAKE, "intake" },
	{ LEAF_PERSON_ADD, "person-add" },
	{ LEAF_PERSON_READ, "person-read" },
	{ LEAF_DOC_FILE, "doc-file" },
	{ LEAF_DOC_READ, "doc-read" },
	{ LEAF_DOC_META, "doc-meta" },
	{ LEAF_DOC_MOVE, "doc-move" },
	{ LEAF_DOC_VOID, "doc-void" },
	{ LEAF_RECEIPT, "receipt" },
	{ LEAF_UPLOAD, "upload" },
	{ LEAF_DOC_CHECK, "doc-check" },
	{ LEAF_SCAN_CHECK, "scan-check" },
	{ LEAF_FORM_OPEN, "form-open" },
	{ LEAF_VISIT_DRAFT, "visit-draft" },
	{ LEAF_VISIT_DRAFT_READ, "visit-draft-read" },
	{ LEAF_CONSENT_GIVE, "consent-give" },
	{ LEAF_CONSENT_WITHDRAW, "consent-withdraw" },
	{ LEAF_CONSENT_READ, "consent-read" },
	{ LEAF_OBJECTION, "objection" },
	{ LEAF_EXTRACT_PREVIEW, "extract-preview" },
	{ LEAF_EXTRACT_RELEASE, "extract-release" },
	{ LEAF_EXTRACT_LIST, "extract-list" },
	{ LEAF_EXTRACT_PULL, "extract-pull" },
	{ LEAF_EXTRACT_ACK, "extract-ack" },
	{ LEAF_EXTRACT_REVOKE, "extract-revoke" },
	{ LEAF_NOTICE, "notice" },
	{ LEAF_REGISTER_READ, "register-read" },
	{ LEAF_EXTRACT_APPROVE, "extract-approve" },
	{ LEAF_EXTRACT_DELIVER, "extract-deliver" },
	{ LEAF_NOTICE_SETTLE, "notice-settle" },
	{ LEAF_SUBMISSION, "submission" },
	{ LEAF_SUBMISSION_READ, "submission-read" },
	{ LEAF_SUBMISSION_SETTLE, "submission-settle" },
	{ LEAF_PERSON_EDIT, "person-edit" },
	{ LEAF_REFUSAL, "refusal" },
	{ LEAF_OBJECTION_DECIDE, "objection-decide" },
	{ LEAF_EXPLAIN, "explain" },
	{ LEAF_REPLAY, "replay" },
	{ LEAF_DUE, "due" },
	{ LEAF_REPORT, "report" },
	{ LEAF_BILAN, "bilan" },
	{ LEAF_ERASE_PLAN, "erase-plan" },
	{ LEAF_ERASE_APPROVE, "erase-approve" },
	{ LEAF_ERASE_RUN, "erase-run" },
	{ LEAF_ERASE_DONE, "erase-done" },
	{ LEAF_HOLD, "hold" },
	{ LEAF_RESTRICT, "restrict" },
	{ LEAF_RIGHTS_REQUEST, "rights-request" },
	{ LEAF_RIGHTS_ANSWER, "rights-answer" },
	{ LEAF_SUBJECT_EXPORT, "subject-export" },
	{ LEAF_RESTRICT_LIFT, "restrict-lift" },
	{ LEAF_HOLD_RELEASE, "hold-release" },
	{ LEAF_RETENTION_ANALYSE, "retention-analyse" },
	{ LEAF_RETENTION_VISA, "retention-visa" },
	{ LEAF_RETENTION_ARCHIVE, "retention-archive" },
	{ LEAF_DETAIL_EXPIRE, "detail-expire" },
	{ LEAF_RETENTION_SETTLE, "retention-settle" },
	{ LEAF_AUDIT_READ, "audit-read" },
	{ LEAF_AUDIT_EXPORT, "audit-export" },
	{ LEAF_PUBLISH, "publish" },
	{ LEAF_SWEEP, "sweep" },
	{ LEAF_REQUEST, "request" },
	{ LEAF_FLOOD, "flood" },
};

const char *
leaf_class_name(uint16_t klass)
{
	size_t i;

	for (i = 0; i < NELEMS(classes); i++)
		if (classes[i].klass == klass)
			return classes[i].name;
	return "?";
}

int
leaf_class_from_name(const char *s, uint16_t *klass)
{
	size_t i;

	for (i = 0; i < NELEMS(classes); i++)
		if (strcmp(classes[i].name, s) == 0) {
			*klass = classes[i].klass;
			return 0;
		}
	return -(int)ERR_NOT_FOUND;
}

const char *
leaf_outcome_name(uint16_t outcome)
{
	static const char *const names[] = {
		[LEAF_OK] = "ok",
		[LEAF_DENIED] = "denied",
		[LEAF_REFUSED] = "refused",
		[LEAF_FAILED] = "failed",
		[LEAF_SEALED] = "sealed",
		[LEAF_NOT_FOUND] = "not-found",
	};

	return outcome < NELEMS(names) ? names[outcome] : "?";
}

int
leaf_bind(const uint8_t salt[32], const uint8_t sha256[32],
    const struct id *document, uint32_t version, uint8_t out[32], struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct wr w;
	int r;

	wr_init(&w, &b);
	wr_bytes(&w, BIND_LABEL, strlen(BIND_LABEL));
	wr_bytes(&w, salt, 32);
	wr_bytes(&w, sha256, 32);
	wr_bytes(&w, document->b, ID_LEN);
	wr_u32(&w, version);
	if ((r = wr_end(&w, e)) < 0)
		return r;
	return digest_of(DIGEST_SHA256, b.p, b.len, out, e);
}
