/* Documents: filing, reading, receipts; and how far an upload is. */
#include "base/sshsig.h"
#include "base/text.h"
#include "daemon/api/api.h"
#include "daemon/core/correct.h"
#include "daemon/core/document.h"
#include "daemon/core/recheck.h"
#include "daemon/core/stamp.h"
#include "daemon/core/subject_export.h"
#include "daemon/core/upload.h"

static int
wrong_member(const char *what, struct err *e)
{
	return err_tag(e, ERR_INVALID, "member-type", "%s", what);
}

/* {upload, name} and nothing else. */
static int
parse_page(json_t *o, struct filing_page *p, struct err *e)
{
	json_t *upload = json_object_get(o, "upload");
	json_t *name = json_object_get(o, "name");

	if (!json_is_object(o) || !json_is_string(upload) ||
	    !json_is_string(name) || json_object_size(o) != 2)
		return wrong_member(
		    "a file is {\"upload\": ID, \"name\": NAME}", e);
	p->upload = json_string_value(upload);
	p->name = json_string_value(name);
	return 0;
}

static int
parse_pages(const struct api_call *c, struct filing *f, struct err *e)
{
	json_t *pages = json_object_get(c->body, "pages");
	json_t *signature = json_object_get(c->body, "signature");
	json_t *proof = json_object_get(c->body, "proof");
	size_t i, n = json_array_size(pages);
	int r;

	if (!json_is_array(pages) || n == 0 || n > DOCUMENT_PAGES_MAX)
		return err_tag(e, ERR_INVALID, "pages",
		    "pages: a list of 1 to %d files", DOCUMENT_PAGES_MAX);
	for (i = 0; i < n; i++)
		if ((r = parse_page(
			 json_array_get(pages, i), &f->pages[i], e)) < 0)
			return r;
	f->npages = n;
	if (signature != NULL &&
	    (r = parse_page(signature, &f->signature, e)) < 0)
		return r;
	return proof != NULL ? parse_page(proof, &f->proof, e) : 0;
}

/* {signer, level, signature}: who signed, and how. */
static int
parse_signer(json_t *o, struct trust_signer *s, struct err *e)
{
	json_t *n = json_object_get(o, "signature");

	s->signer = json_string_value(json_object_get(o, "signer"));
	s->level = json_string_value(json_object_get(o, "level"));
	s->signature = (uint32_t)json_integer_value(n);
	if (s->signer == NULL || s->level == NULL || strlen(s->signer) > 32 ||
	    strlen(s->level) > 32 ||
	    json_object_size(o) != (n != NULL ? 3u : 2u) ||
	    (n != NULL && (!json_is_integer(n) || json_integer_value(n) < 1 ||
			      json_integer_value(n) > UINT16_MAX)))
		return wrong_member("a signer is {\"signer\": ROLE, \"level\": "
				    "LEVEL, \"signature\": N}",
		    e);
	return 0;
}

static int
parse_signers(const struct api_call *c, struct filing *f, struct err *e)
{
	json_t *list = json_object_get(c->body, "signers");
	size_t i, n = json_array_size(list);
	int r;

	if (list == NULL)
		return 0;
	if (!json_is_array(list) || n == 0 || n > SIGNERS_MAX)
		return err_tag(e, ERR_INVALID, "member-type",
		    "signers: a list of 1 to %d", SIGNERS_MAX);
	for (i = 0; i < n; i++)
		if ((r = parse_signer(
			 json_array_get(list, i), &f->signers[i], e)) < 0)
			return r;
	f->nsigners = n;
	return 0;
}

/* A number from 0; absent: 0. */
static int
scan_number(const json_t *o, const char *name, uint32_t *out, struct err *e)
{
	json_t *v = json_object_get(o, name);

	*out = 0;
	if (v == NULL)
		return 0;
	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    json_integer_value(v) > UINT16_MAX)
		return err_tag(e, ERR_INVALID, "provenance",
		    "provenance: %s is not a number", name);
	*out = (uint32_t)json_integer_value(v);
	return 0;
}

static int
scan_holders(const json_t *list, struct scan_page *p, struct err *e)
{
	size_t i, n = json_array_size(list);

	if (list == NULL)
		return 0;
	if (!json_is_array(list) || n > SCAN_ORIGINALS_MAX)
		return err_tag(e, ERR_INVALID, "provenance",
		    "provenance: given_to: at most %d texts",
		    SCAN_ORIGINALS_MAX);
	for (i = 0; i < n; i++) {
		p->given_to[i] = json_string_value(json_array_get(list, i));
		if (p->given_to[i] == NULL)
			return err_tag(e, ERR_INVALID, "provenance",
			    "provenance: given_to: texts");
	}
	p->ngiven = n;
	return 0;
}

/* Where a scan comes from, as who scanned signed it. */
static int
parse_scan(const struct api_call *c, struct scan_said *s, struct err *e)
{
	static const char *const members[] = { "!scanned_at", "!device",
		"resolution", "!pages", "!paper_at", "!originals", "given_to",
		"!signature", NULL };
	json_t *o = json_object_get(c->body, "provenance");
	struct api_call sub = *c;
	struct scan_page *p = &s->page;
	int r;

	if (o == NULL)
		return 0;
	if (!json_is_object(o))
		return wrong_member("member \"provenance\" is no object", e);
	sub.body = o;
	if ((r = api_members(members, o, e)) < 0 ||
	    (r = api_string(&sub, "scanned_at", 32, &s->scanned_at, e)) < 0 ||
	    (r = api_string(&sub, "device", SCAN_TEXT_MAX, &p->device, e)) <
		0 ||
	    (r = api_string(&sub, "paper_at", SCAN_TEXT_MAX, &p->paper_at, e)) <
		0 ||
	    (r = scan_number(o, "resolution", &p->resolution, e)) < 0 ||
	    (r = scan_number(o, "pages", &p->pages, e)) < 0 ||
	    (r = scan_number(o, "originals", &p->originals, e)) < 0 ||
	    (r = scan_holders(json_object_get(o, "given_to"), p, e)) < 0)
		return r;
	return api_string(&sub, "signature", SSHSIG_MAX, &s->signature, e);
}

int
api_filing(const struct api_call *c, struct filing *f, struct err *e)
{
	json_t *draft = json_object_get(c->body, "draft");
	int r;

	if (draft != NULL && !json_is_boolean(draft))
		return wrong_member("member \"draft\" is not true or false", e);
	f->draft = json_is_true(draft);
	if ((r = api_string(c, "kind", 64, &f->kind, e)) < 0 ||
	    (r = api_string_or(c, "level", 32, "", &f->level, e)) < 0 ||
	    (r = api_string_or(
		 c, "title", DOCUMENT_TITLE_MAX, "", &f->title, e)) < 0 ||
	    (r = parse_scan(c, &f->scan, e)) < 0 ||
	    (r = parse_signers(c, f, e)) < 0 ||
	    (r = api_string_or(c, "replaces", 32, "", &f->replaces, e)) < 0)
		return r;
	return parse_pages(c, f, e);
}

static int
documents_post(struct api_call *c, struct err *e)
{
	struct filing f = { .kase = c->param[0] };
	int r, again = 0;

	if ((r = api_filing(c, &f, e)) < 0)
		return r;
	if (c->dry_run)
		return document_look(
		    c->core, &c->caller, &f, &c->object, &c->answer, e);
	r = document_file(
	    c->core, &c->caller, &f, &c->object, &c->answer, &again, e);
	c->status = again ? 200 : 201;
	return r;
}

static int
documents_get(struct api_call *c, struct err *e)
{
	return document_list(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static int
document_get(struct api_call *c, struct err *e)
{
	return document_show(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static int
versions_get(struct api_call *c, struct err *e)
{
	return document_versions(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

/* A number from 1 in the query; absent: the value given. */
static int
query_number(const struct api_call *c, const char *name, uint32_t absent,
    uint32_t *out, struct err *e)
{
	const char *s = http_query(c->rq, name);
	uint64_t v;

	*out = absent;
	if (s == NULL)
		return 0;
	if (text_decimal(s, strlen(s), &v, NULL) < 0 || v == 0 ||
	    v > UINT32_MAX - 1)
		return err_tag(e, ERR_INVALID, "query",
		    "parameter %s is not a number from 1", name);
	*out = (uint32_t)v;
	return 0;
}

/* --- contents ------------------------------------------------------------ */

static int
next_piece(void *arg, struct buf *out, struct err *e)
{
	return content_next(arg, out, e);
}

static void
end_piece(void *arg)
{
	struct content_stream *s = arg;

	content_freep(&s);
}

/* RFC 3986 unreserved characters stay; every other byte is %XX. */
static void
percent(const char *s, char *out, size_t size)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = 0;
	unsigned char c;

	for (; (c = (unsigned char)*s) != '\0' && n + 4 < size; s++) {
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || strchr("-._~", c) != NULL) {
			out[n++] = (char)c;
			continue;
		}
		out[n++] = '%';
		out[n++] = hex[c >> 4];
		out[n++] = hex[c & 15];
	}
	out[n] = '\0';
}

static int
set_number(
    struct http_response *rs, const char *name, uint64_t v, struct err *e)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)v);
	return http_set_header(rs, name, text, e);
}

static int
set_headers(
    struct http_response *rs, const struct content *found, struct err *e)
{
	char hex[2 * SHA256_LEN + 1];
	char name[sizeof(rs->headers[0].value)];
	int r;

	hex_format(found->sha256, SHA256_LEN, hex);
	percent(found->name, name, sizeof(name));
	if ((r = set_number(rs, "Sceau-Leaf", found->leaf, e)) < 0 ||
	    (r = http_set_header(rs, "Sceau-Sha256", hex, e)) < 0 ||
	    (r = set_number(rs, "Sceau-Pages", found->pages, e)) < 0 ||
	    (r = http_set_header(rs, "X-Content-Type-Options", "nosniff", e)) <
		0 ||
	    (r = http_set_header(rs, "Content-Disposition", "attachment", e)) <
		0)
		return r;
	return http_set_header(rs, "Sceau-Name", name, e);
}

/* found's stream is taken. */
static int
give(struct api_call *c, struct content *found, struct err *e)
{
	struct http_response *rs = c->rs;
	int r;

	if ((r = set_headers(rs, found, e)) < 0) {
		content_freep(&found->stream);
		return r;
	}
	snprintf(rs->type, sizeof(rs->type), "application/octet-stream");
	rs->next = next_piece;
	rs->done = end_piece;
	rs->arg = TAKE(found->stream);
	rs->size = found->size;
	return 0;
}

static int
stream(struct api_call *c, uint32_t version, uint32_t page, struct err *e)
{
	struct content found = { 0 };
	int r;

	if ((r = content_open(c->core, &c->caller, c->param[0], version, page,
		 &c->object, &found, e)) < 0)
		return r;
	return give(c, &found, e);
}

/* What a signature covers: of which one, or of the last that is right. */
static int
stream_signed(struct api_call *c, uint32_t version, struct err *e)
{
	const char *which = http_query(c->rq, "signed-prefix");
	struct content found = { 0 };
	uint32_t n = CONTENT_LAST;
	int r;

	if (strcmp(which, "last") != 0 &&
	    (r = query_number(c, "signed-prefix", 1, &n, e)) < 0)
		return r;
	if ((r = content_open_signed(c->core, &c->caller, c->param[0], version,
		 n, &c->object, &found, e)) < 0)
		return r;
	return give(c, &found, e);
}

static int
content_get(struct api_call *c, struct err *e)
{
	uint32_t version, page;
	int r;

	if ((r = query_number(c, "version", 0, &version, e)) < 0 ||
	    (r = query_number(c, "page", 1, &page, e)) < 0)
		return r;
	if (http_query(c->rq, "signed-prefix") == NULL)
		return stream(c, version, page - 1, e);
	if (page != 1)
		return err_tag(e, ERR_INVALID, "query",
		    "signed-prefix is of the first page");
	return stream_signed(c, version, e);
}

static int
signature_get(struct api_call *c, struct err *e)
{
	uint32_t version;
	int r;

	if ((r = query_number(c, "version", 0, &version, e)) < 0)
		return r;
	return stream(c, version, CONTENT_SIGNATURE, e);
}

static int
proof_get(struct api_call *c, struct err *e)
{
	uint32_t version;
	int r;

	if ((r = query_number(c, "version", 0, &version, e)) < 0)
		return r;
	return stream(c, version, CONTENT_PROOF, e);
}

/* --- for the copy of a person ----------------------------------------------
 */

static int
original(struct api_call *c, uint32_t page, struct err *e)
{
	struct subject_piece piece = {
		.kase = c->param[0],
		.person = c->param[1],
		.document = c->param[2],
		.page = page,
	};
	struct content found = { 0 };
	int r;

	if ((r = query_number(c, "version", 1, &piece.version, e)) < 0 ||
	    (r = subject_original(
		 c->core, &c->caller, &piece, &c->object, &found, e)) < 0)
		return r;
	return give(c, &found, e);
}

static int
original_get(struct api_call *c, struct err *e)
{
	uint32_t page;
	int r;

	if ((r = query_number(c, "page", 1, &page, e)) < 0)
		return r;
	return original(c, page - 1, e);
}

static int
original_signature_get(struct api_call *c, struct err *e)
{
	return original(c, CONTENT_SIGNATURE, e);
}

static int
original_proof_get(struct api_call *c, struct err *e)
{
	return original(c, CONTENT_PROOF, e);
}

static int
receipt_get(struct api_call *c, struct err *e)
{
	uint32_t version;
	uint64_t leaf;
	int r;

	if ((r = query_number(c, "version", 0, &version, e)) < 0 ||
	    (r = document_receipt(c->core, &c->caller, c->param[0], version,
		 &c->object, &leaf, &c->rs->body, e)) < 0)
		return r;
	snprintf(c->rs->type, sizeof(c->rs->type), "text/plain; charset=utf-8");
	return set_number(c->rs, "Sceau-Leaf", leaf, e);
}

/* --- signatures, judged again ----------------------------------------------
 */

/* Absent: 0, the newest. */
static int
version_member(const struct api_call *c, uint32_t *out, struct err *e)
{
	json_t *version = json_object_get(c->body, "version");
	json_int_t n = json_integer_value(version);

	if (version != NULL && (n < 1 || n > UINT32_MAX - 1))
		return wrong_member(
		    "member \"version\" is not a number from 1", e);
	*out = (uint32_t)n;
	return 0;
}

static int
stamp_post(struct api_call *c, struct err *e)
{
	struct stamping s = { .document = c->param[0] };
	int r;

	if ((r = version_member(c, &s.version, e)) < 0 ||
	    (r = api_string(c, "token", RECEIPT_STAMP_MAX * 2, &s.token, e)) <
		0)
		return r;
	c->status = 201;
	return stamp_import(c->core, &c->caller, &s, &c->object, &c->answer, e);
}

/* [{kind, der}] */
static int
parse_lists(const struct api_call *c, struct recheck *rc, struct err *e)
{
	json_t *list = json_object_get(c->body, "lists"), *o;
	size_t i, n = json_array_size(list);

	if (list == NULL)
		return 0;
	if (!json_is_array(list) || n > RECHECK_LISTS_MAX)
		return err_tag(e, ERR_INVALID, "member-type",
		    "lists: at most %d", RECHECK_LISTS_MAX);
	for (i = 0; i < n; i++) {
		o = json_array_get(list, i);
		rc->lists[i].kind =
		    json_string_value(json_object_get(o, "kind"));
		rc->lists[i].der = json_string_value(json_object_get(o, "der"));
		if (rc->lists[i].kind == NULL || rc->lists[i].der == NULL ||
		    json_object_size(o) != 2)
			return wrong_member(
			    "a list is {\"kind\": KIND, \"der\": BASE64}", e);
	}
	rc->nlists = n;
	return 0;
}

static int
check_post(struct api_call *c, struct err *e)
{
	struct recheck rc = { .document = c->param[0] };
	int r;

	if ((r = version_member(c, &rc.version, e)) < 0)
		return r;
	if ((r = api_string_or(c, "at", TIME_TEXT, "", &rc.at, e)) < 0 ||
	    (r = parse_lists(c, &rc, e)) < 0)
		return r;
	c->status = 201;
	return recheck(c->core, &c->caller, &rc, &c->object, &c->answer, e);
}

/* --- misfilings ----------------------------------------------------------- */

static int
move_post(struct api_call *c, struct err *e)
{
	struct correcting m = { .document = c->param[0] };
	int r;

	if ((r = api_string(c, "case", 64, &m.to, e)) < 0 ||
	    (r = api_string_or(
		 c, "reason", CORRECTION_REASON_MAX, "", &m.reason, e)) < 0)
		return r;
	c->status = 201;
	return correct(c->core, &c->caller, &m, &c->object, &c->answer, e);
}

static int
void_post(struct api_call *c, struct err *e)
{
	struct correcting v = { .document = c->param[0] };
	int r;

	if ((r = api_string(c, "reason", CORRECTION_REASON_MAX, &v.reason, e)) <
	    0)
		return r;
	return correct(c->core, &c->caller, &v, &c->object, &c->answer, e);
}

/* --- scans ---------------------------------------------------------------- */

static int
scan_check_post(struct api_call *c, struct err *e)
{
	struct scan_checking x = { .document = c->param[0] };
	int r;

	if ((r = api_string(c, "finding", 16, &x.finding, e)) < 0 ||
	    (r = api_string(c, "signature", SSHSIG_MAX, &x.signature, e)) < 0)
		return r;
	return scan_check(c->core, &c->caller, &x, &c->object, &c->answer, e);
}

/* --- uploads -------------------------------------------------------------- */

static int
upload_get(struct api_call *c, struct err *e)
{
	uint64_t offset;
	int r;

	if ((r = uploads_offset(c->core, &c->caller, c->param[0], &offset, e)) <
	    0)
		return r;
	c->answer = json_pack(
	    "{s:s, s:I}", "upload", c->param[0], "offset", (json_int_t)offset);
	return c->answer != NULL ? 0 : err_set(e, ERR_NOMEM, "answer");
}

static const char *const filing_members[] = { "!kind", "!pages", "signature",
	"level", "title", "replaces", "draft", "provenance", "signers", "proof",
	NULL };
static const char *const scan_check_members[] = { "!finding", "!signature",
	NULL };

static const char *const move_members[] = { "!case", "reason", NULL };
static const char *const check_members[] = { "at", "version", "lists", NULL };
static const char *const stamp_members[] = { "!token", "version", NULL };
static const char *const void_members[] = { "!reason", NULL };

const struct route routes_document[] = {
	{ "GET", "/v1/uploads/{upload}", API_DOOR_STAFF, LEAF_UPLOAD,
	    upload_get, NULL },
	{ "POST", "/v1/cases/{case}/documents", API_DOOR_STAFF, LEAF_DOC_FILE,
	    documents_post, filing_members },
	{ "GET", "/v1/cases/{case}/documents", API_DOOR_STAFF, LEAF_DOC_META,
	    documents_get, NULL },
	{ "GET", "/v1/documents/{doc}", API_DOOR_STAFF, LEAF_DOC_META,
	    document_get, NULL },
	{ "GET", "/v1/documents/{doc}/versions", API_DOOR_STAFF, LEAF_DOC_META,
	    versions_get, NULL },
	{ "GET", "/v1/documents/{doc}/content", API_DOOR_STAFF, LEAF_DOC_READ,
	    content_get, NULL },
	{ "GET", "/v1/documents/{doc}/signature", API_DOOR_STAFF, LEAF_DOC_READ,
	    signature_get, NULL },
	{ "GET", "/v1/documents/{doc}/proof", API_DOOR_STAFF, LEAF_DOC_READ,
	    proof_get, NULL },
	{ "GET", "/v1/documents/{doc}/receipt", API_DOOR_STAFF, LEAF_RECEIPT,
	    receipt_get, NULL },
	{ "POST", "/v1/documents/{doc}/checks", API_DOOR_STAFF, LEAF_DOC_CHECK,
	    check_post, check_members },
	{ "POST", "/v1/documents/{doc}/stamps", API_DOOR_STAFF, LEAF_RECEIPT,
	    stamp_post, stamp_members },
	{ "GET", "/v1/cases/{case}/persons/{person}/documents/{doc}/content",
	    API_DOOR_STAFF, LEAF_SUBJECT_EXPORT, original_get, NULL },
	{ "GET", "/v1/cases/{case}/persons/{person}/documents/{doc}/signature",
	    API_DOOR_STAFF, LEAF_SUBJECT_EXPORT, original_signature_get, NULL },
	{ "GET", "/v1/cases/{case}/persons/{person}/documents/{doc}/proof",
	    API_DOOR_STAFF, LEAF_SUBJECT_EXPORT, original_proof_get, NULL },
	{ "POST", "/v1/documents/{doc}/move", API_DOOR_STAFF, LEAF_DOC_MOVE,
	    move_post, move_members },
	{ "POST", "/v1/documents/{doc}/void", API_DOOR_STAFF, LEAF_DOC_VOID,
	    void_post, void_members },
	{ "POST", "/v1/documents/{doc}/scan-check", API_DOOR_STAFF,
	    LEAF_SCAN_CHECK, scan_check_post, scan_check_members },
	{ 0 },
};
