#include "daemon/inspect/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sandbox.h"
#include "base/secret.h"
#include "base/text.h"
#include "daemon/inspect/launcher.h"

#define DAY_MS INT64_C(86400000)
#define PDF "application/pdf"
#define CMS "application/pkcs7-signature"
#define REPLY "application/timestamp-reply"
#define ASIC "application/vnd.etsi.asic-"
#define XMLDSIG "http://www.w3.org/2000/09/xmldsig#"

struct check {
	const struct check_options *o;
	struct buf file, signature, anchors;
	struct inspect_trust trust; /* over the anchors */
	int64_t at_ms;
	struct inspector *i;
	pid_t launcher;
};

static void
check_done(struct check *c)
{
	/* Its last connection gone, the launcher ends. */
	inspector_freep(&c->i);
	buf_done(&c->file);
	buf_done(&c->signature);
	buf_done(&c->anchors);
}

/* --- what is given --------------------------------------------------------
 */

static int
read_time(struct check *c, struct err *e)
{
	int32_t day;

	if (c->o->at == NULL) {
		c->at_ms = (int64_t)time(NULL) * 1000;
		return 0;
	}
	if (time_parse(c->o->at, &c->at_ms, NULL) == 0)
		return 0;
	if (date_parse(c->o->at, &day, NULL) == 0) {
		c->at_ms = day * DAY_MS;
		return 0;
	}
	return err_set(e, ERR_USAGE, "--at: %s", c->o->at);
}

/* The PEM blocks of this label; keys and text between them are left out. */
static int
take_blocks(
    const struct buf *text, const char *label, struct buf *out, struct err *e)
{
	const uint8_t *p = text->p, *end = text->p + text->len, *from, *to;
	char first[48], last[48];
	int nf = snprintf(first, sizeof(first), "-----BEGIN %s-----", label);
	int nl = snprintf(last, sizeof(last), "-----END %s-----", label);
	int r;

	while (p != NULL && (from = memmem(p, (size_t)(end - p), first,
				 (size_t)nf)) != NULL) {
		to = memmem(from, (size_t)(end - from), last, (size_t)nl);
		if (to == NULL)
			break;
		p = to + nl;
		if ((r = buf_add(out, from, (size_t)(p - from), e)) < 0 ||
		    (r = buf_addstr(out, "\n", e)) < 0)
			return r;
	}
	return 0;
}

/* Of a file in DER, by its name. */
static const char *
label_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (strcmp(dot, ".crl") == 0)
		return "X509 CRL";
	return strcmp(dot, ".ocsp") == 0 ? "OCSP RESPONSE" : "CERTIFICATE";
}

/* A file of the bundle: PEM, or one certificate, list or answer in DER. */
static int
add_anchors(struct check *c, int dir, const char *name, struct err *e)
{
	static const char *const labels[] = { "CERTIFICATE", "X509 CRL",
		"OCSP RESPONSE" };
	AUTO(buf_done) struct buf b = { 0 };
	const char *label;
	size_t i;
	int r;

	if ((r = file_read(dir, name, INSPECT_ANCHORS_MAX, &b, e)) < 0)
		return r;
	if (b.len > 0 && b.p[0] == 0x30) {
		label = label_of(name);
		if ((r = buf_addf(
			 &c->anchors, e, "-----BEGIN %s-----\n", label)) < 0 ||
		    (r = base64_format(b.p, b.len, &c->anchors, e)) < 0)
			return r;
		return buf_addf(&c->anchors, e, "\n-----END %s-----\n", label);
	}
	for (i = 0; i < NELEMS(labels); i++)
		if ((r = take_blocks(&b, labels[i], &c->anchors, e)) < 0)
			return r;
	return 0;
}

static int
is_anchors_name(const char *name)
{
	static const char *const ends[] = { ".pem", ".crt", ".cer", ".der",
		".crl", ".ocsp" };
	const char *dot = strrchr(name, '.');
	size_t i;

	for (i = 0; dot != NULL && i < NELEMS(ends); i++)
		if (strcmp(dot, ends[i]) == 0)
			return 1;
	return 0;
}

static void
dir_closep(DIR **d)
{
	if (*d != NULL)
		closedir(*d);
	*d = NULL;
}

static int
read_anchors_folder(struct check *c, struct err *e)
{
	AUTO(dir_closep) DIR *d = opendir(c->o->anchors);
	struct dirent *entry;
	int r;

	if (d == NULL)
		return err_sys(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
		    "%s", c->o->anchors);
	while ((entry = readdir(d)) != NULL)
		if (is_anchors_name(entry->d_name) &&
		    (r = add_anchors(c, dirfd(d), entry->d_name, e)) < 0)
			return r;
	return 0;
}

static int
read_anchors(struct check *c, struct err *e)
{
	struct stat st;
	int r;

	if (c->o->anchors == NULL)
		return 0;
	if (stat(c->o->anchors, &st) == 0 && S_ISREG(st.st_mode)) {
		if (!is_anchors_name(c->o->anchors))
			return err_set(
			    e, ERR_USAGE, "--anchors: %s", c->o->anchors);
		r = add_anchors(c, AT_FDCWD, c->o->anchors, e);
	} else {
		r = read_anchors_folder(c, e);
	}
	if (r == 0 && c->anchors.len > INSPECT_ANCHORS_MAX)
		return err_set(e, ERR_TOO_LARGE, "anchors over %u bytes",
		    INSPECT_ANCHORS_MAX);
	return r;
}

static int
read_all(struct check *c, struct err *e)
{
	int r;

	if ((r = read_time(c, e)) < 0 || (r = file_read(AT_FDCWD, c->o->file,
					      CHECK_FILE_MAX, &c->file, e)) < 0)
		return r;
	if (c->o->signature != NULL &&
	    (r = file_read(AT_FDCWD, c->o->signature, INSPECT_DER_MAX,
		 &c->signature, e)) < 0)
		return r;
	if ((r = read_anchors(c, e)) < 0)
		return r;
	c->trust = inspect_trust_of(c->anchors.p, c->anchors.len);
	return 0;
}

/* --- processes ------------------------------------------------------------
 */

/* No file any more, none of the system calls that neither process needs. */
static int
give_up(struct err *e)
{
	int r, got;

	if (sandbox_enforced() && (r = sandbox_paths(NULL, 0, &got, e)) < 0)
		return r;
	return sandbox_syscalls(SANDBOX_AGENT, e);
}

/* In the child: serve the one connection, and end with it. */
static int
serve(int *fd, struct err *e)
{
	AUTO(worker_kit_done) struct worker_kit kit = { 0 };
	AUTO(launcher_freep) struct launcher *l = NULL;
	int r;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return err_sys(e, ERR_INTERNAL, "launcher");
	if ((r = worker_kit_init(&kit, e)) < 0 || (r = give_up(e)) < 0 ||
	    (r = launcher_new(-1, -1, getuid(), &kit, &l, e)) < 0 ||
	    (r = launcher_adopt(l, fd, e)) < 0)
		return r;
	return launcher_run(l, e);
}

static int
start(struct check *c, struct err *e)
{
	AUTO(fd_closep) int ours = -1, theirs = -1;
	int ends[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(e, ERR_INTERNAL, "socketpair");
	ours = ends[0];
	theirs = ends[1];
	if ((c->launcher = fork()) < 0)
		return err_sys(e, ERR_INTERNAL, "fork");
	if (c->launcher == 0) {
		fd_closep(&ours);
		if (c->o->report_fd >= 0)
			close(c->o->report_fd);
		r = serve(&theirs, e);
		if (r < 0)
			fprintf(stderr, "sceau-inspect: %s\n", e->text);
		_exit(r < 0 ? err_exit(e->code) : 0);
	}
	if ((r = give_up(e)) < 0)
		return r;
	return inspector_adopt(&ours, &c->i, e);
}

/* --- the question ---------------------------------------------------------
 */

/* CMS as text, between lines: the DER of it. Anything else stays. */
static int
unarmour(struct buf *b, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 }, der = { 0 };
	static const char begin[] = "-----BEGIN ", end[] = "-----END ";
	const uint8_t *p, *to;
	int r;

	if (b->len < sizeof(begin) || memcmp(b->p, begin, 11) != 0)
		return 0;
	to = memmem(b->p, b->len, end, 9);
	p = memchr(b->p, '\n', b->len);
	if (to == NULL || p == NULL || p > to)
		return 0;
	for (; p < to; p++)
		if (*p > ' ' && (r = buf_add(&text, p, 1, e)) < 0)
			return r;
	if (base64_parse(buf_str(&text), text.len, &der, e) < 0)
		return 0;
	buf_reset(b);
	return buf_add(b, der.p, der.len, e);
}

/* One signature or time stamp over content. */
static int
judge_cms(struct check *c, enum inspect_filter filter, const struct buf *cms,
    const struct buf *content, struct check_report *out, struct err *e)
{
	AUTO(fd_closep) int fd = -1;
	int r;

	if ((r = memfd_of("content", content->p, content->len, &fd, e)) < 0 ||
	    (r = inspect_cms_as(c->i, filter, cms->p, cms->len, fd, &c->trust,
		 c->at_ms, &out->v[0], e)) < 0)
		return r;
	out->n = 1;
	if (filter == INSPECT_FILTER_TIMESTAMP ||
	    strcmp(out->v[0].reasons, "time-stamp-as-signature") != 0)
		return 0;
	return judge_cms(c, INSPECT_FILTER_TIMESTAMP, cms, content, out, e);
}

static int
is_media(const struct inspect_type *t, const char *media)
{
	return t->agreed && strcmp(t->media, media) == 0;
}

static int
type_of(struct check *c, const struct buf *b, struct inspect_type *t, int *fd,
    struct err *e)
{
	int r = memfd_of("file", b->p, b->len, fd, e);

	return r < 0 ? r : inspect_type(c->i, *fd, b->len, 1, t, e);
}

static int
judge_detached(struct check *c, struct check_report *out, struct err *e)
{
	AUTO(fd_closep) int fd = -1;
	struct inspect_type t;
	int r;

	if ((r = unarmour(&c->signature, e)) < 0 ||
	    (r = type_of(c, &c->signature, &t, &fd, e)) < 0)
		return r;
	return judge_cms(c,
	    is_media(&t, REPLY) ? INSPECT_FILTER_TIMESTAMP
				: INSPECT_FILTER_DETACHED,
	    &c->signature, &c->file, out, e);
}

static int
holds(const struct buf *b, const char *word)
{
	return b->len > 0 && memmem(b->p, b->len, word, strlen(word)) != NULL;
}

/* A ZIP that may hold signatures beside what they sign. */
static int
is_container(const struct check *c, const struct inspect_type *t)
{
	return strncmp(t->media, ASIC, sizeof(ASIC) - 1) == 0 ||
	       (strcmp(t->media, "application/zip") == 0 &&
		   holds(&c->file, "META-INF/") &&
		   (holds(&c->file, ".p7s") || holds(&c->file, ".tst") ||
		       holds(&c->file, "signatures")));
}

static int
judge_asic(struct check *c, int fd, struct check_report *out, struct err *e)
{
	int r;

	if (!out->type.agreed)
		return 0;
	if ((r = inspect_asic(c->i, fd, c->file.len, &c->trust, c->at_ms,
		 &out->asic, e)) < 0)
		return r;
	memcpy(out->v, out->asic.v, sizeof(out->v));
	out->n = out->asic.n;
	return 0;
}

/* What the file itself holds. */
static int
judge_file(struct check *c, int fd, struct check_report *out, struct err *e)
{
	static const struct buf nothing = { 0 };
	int r;

	if (is_media(&out->type, PDF))
		return inspect_pdf(c->i, fd, c->file.len, &out->type, &c->trust,
		    1, c->at_ms, out->v, &out->n, e);
	if (is_media(&out->type, CMS)) {
		if ((r = unarmour(&c->file, e)) < 0)
			return r;
		return judge_cms(
		    c, INSPECT_FILTER_INSIDE, &c->file, &nothing, out, e);
	}
	if (is_media(&out->type, REPLY))
		return judge_cms(
		    c, INSPECT_FILTER_TIMESTAMP, &c->file, &nothing, out, e);
	if (is_container(c, &out->type))
		return judge_asic(c, fd, out, e);
	return 0;
}

/* Signatures of formats that are not judged: said, and never passed. */
static int
is_unsupported(const struct check *c, const struct inspect_type *t)
{
	if (is_container(c, t))
		return 1;
	return (strcmp(t->media, "text/xml") == 0 ||
		   strcmp(t->media, "application/xml") == 0 ||
		   strcmp(t->media, "text/plain") == 0) &&
	       holds(&c->file, XMLDSIG);
}

/*
 * The word on the whole. A time stamp whose authority none of the anchors
 * given leads to says nothing at all: it is that authority's word.
 */
static void
conclude(struct check *c, struct check_report *out)
{
	const struct inspect_verdict *v = &out->v[0];

	out->why = "";
	inspect_summarise(&out->type, out->v, out->n, &out->sum);
	if (out->n == 1 && v->is_stamp && v->integrity == INTEGRITY_PASS &&
	    c->anchors.len > 0 && v->indication != INSPECT_PASSED &&
	    strcmp(v->sub, "NO_CERTIFICATE_CHAIN_FOUND") == 0) {
		out->sum.integrity = INTEGRITY_INDET;
		out->why = "time-stamp-authority-unknown";
	}
	if (out->n == 1 && v->integrity == INTEGRITY_ERROR &&
	    !is_media(&out->type, PDF) && out->asic.nmembers == 0)
		out->sum.integrity = INTEGRITY_ERROR;
	if (out->n > 0)
		return;
	if (is_unsupported(c, &out->type)) {
		out->sum.integrity = INTEGRITY_UNSUPPORTED;
		out->sum.verdict =
		    inspect_indication_name(INSPECT_INDETERMINATE);
		out->why = out->asic.why[0] != '\0' ? out->asic.why
			   : out->type.agreed	    ? "format-unsupported"
						    : out->type.reason;
	} else if (!out->type.agreed) {
		out->sum.integrity = INTEGRITY_ERROR;
		out->why = out->type.reason;
	} else if (out->type.encrypted) {
		/* What is in it, signatures too, cannot be read. */
		out->sum.integrity = INTEGRITY_ERROR;
		out->why = "encrypted";
	}
}

static int
look(struct check *c, struct check_report *out, struct err *e)
{
	AUTO(fd_closep) int fd = -1;
	int r;

	out->at_ms = c->at_ms;
	if ((r = digest_of(DIGEST_SHA256, c->anchors.p, c->anchors.len,
		 out->anchors_sha256, e)) < 0 ||
	    (r = type_of(c, &c->file, &out->type, &fd, e)) < 0)
		return r;
	r = c->o->signature != NULL ? judge_detached(c, out, e)
				    : judge_file(c, fd, out, e);
	if (r < 0)
		return r;
	conclude(c, out);
	return 0;
}

int
check_run(const struct check_options *o, struct err *e)
{
	AUTO(check_done) struct check c = { .o = o };
	AUTO(mem_freep)
	struct check_report *report = calloc(1, sizeof(*report));
	int r;

	if (report == NULL)
		return err_set(e, ERR_NOMEM, "check");
	if ((r = secret_harden_process(e)) < 0 || (r = crypto_init(e)) < 0 ||
	    (r = read_all(&c, e)) < 0 || (r = start(&c, e)) < 0 ||
	    (r = look(&c, report, e)) < 0)
		return r;
	return check_write(report, o->report_fd, e);
}
