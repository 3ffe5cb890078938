#include "daemon/inspect/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sandbox.h"
#include "daemon/inspect/cms_judge.h"
#include "daemon/inspect/pdf_hints.h"

#define CPU_S 5
#define MEMORY (128u << 20) /* bytes, besides the file itself */
#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK)
/* PITFALLS of libmagic: these parsers open files, run programs, or crash. */
#define MAGIC_FLAGS                                                            \
	(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_ENCODING | \
	    MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_CDF | MAGIC_NO_CHECK_TAR |     \
	    MAGIC_NO_CHECK_CSV | MAGIC_NO_CHECK_JSON | MAGIC_NO_CHECK_TOKENS)

/* What no worker may ever do: tried once, before the first file. */

static void
probe_open(void)
{
	(void)!open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void
probe_socket(void)
{
	(void)!socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void
probe_fork(void)
{
	if (fork() == 0)
		_exit(0);
}

static void
probe_run(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p != MAP_FAILED)
		munmap(p, 4096);
}

static int
probe(const struct sandbox_filter *f, void (*act)(void))
{
	pid_t pid = fork(), got;
	int status = 0;

	if (pid == 0) {
		if (sandbox_filter_apply(f, NULL) == 0)
			act();
		_exit(1);
	}
	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	return pid > 0 && got == pid && WIFSIGNALED(status) &&
	       WTERMSIG(status) == SIGSYS;
}

/* A filter that does not kill is none: then nothing is looked at at all. */
static int
probe_all(const struct sandbox_filter *f, struct err *e)
{
	static void (*const acts[])(
	    void) = { probe_open, probe_socket, probe_fork, probe_run };
	size_t i;

	for (i = 0; sandbox_enforced() && i < NELEMS(acts); i++)
		if (!probe(f, acts[i]))
			return err_set(e, ERR_INTERNAL,
			    "the sandbox lets act %zu through", i);
	return 0;
}

int
worker_kit_init(struct worker_kit *k, struct err *e)
{
	magic_t m = magic_open(MAGIC_FLAGS);
	int r;

	if (m == NULL)
		return err_sys(e, ERR_INTERNAL, "libmagic");
	/* Also makes it build what it would build at the first question. */
	if (magic_load(m, NULL) < 0 || magic_buffer(m, "%PDF-", 5) == NULL) {
		r = err_set(e, ERR_INTERNAL, "libmagic: %s", magic_error(m));
		magic_close(m);
		return r;
	}
	if ((r = cms_judge_prepare(e)) < 0 || (r = cms_judge_known(e)) < 0 ||
	    (r = sandbox_filter_new(SANDBOX_PARSER, &k->filter, e)) < 0 ||
	    (r = probe_all(k->filter, e)) < 0) {
		magic_close(m);
		return r;
	}
	k->magic = m;
	return 0;
}

void
worker_kit_done(struct worker_kit *k)
{
	if (k->magic != NULL)
		magic_close(k->magic);
	k->magic = NULL;
	sandbox_filter_freep(&k->filter);
}

struct view {
	const uint8_t *p;
	size_t n;
	uint8_t *room; /* to be written; NULL but in the room for hints */
};

/*
 * The bytes of a memfd. Sealed, they cannot change under the parsers; mapped
 * before the sandbox, they need no copy.
 */
static int
map_sealed(int fd, uint64_t size, struct view *out)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);
	void *p;

	if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &st) < 0 ||
	    (uint64_t)st.st_size != size)
		return -1;
	*out = (struct view){ (const uint8_t *)"", 0, NULL };
	if (size == 0)
		return 0;
	/* All of it is in memory, and is read: one fault less for each part. */
	p = mmap(
	    NULL, (size_t)size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (p == MAP_FAILED)
		return -1;
	*out = (struct view){ p, (size_t)size, NULL };
	return 0;
}

/* Of its size for ever, so that writing there cannot fault. */
static int
map_room(int fd, struct view *out)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW;
	struct stat st;
	void *p;
	int got = fcntl(fd, F_GET_SEALS);

	if (got < 0 || (got & seals) != seals || fstat(fd, &st) < 0 ||
	    st.st_size != INSPECT_HINTS_MAX)
		return -1;
	p = mmap(
	    NULL, INSPECT_HINTS_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -1;
	*out = (struct view){ p, INSPECT_HINTS_MAX, p };
	return 0;
}

static int
map_all(const struct wire_request *q, const int fds[WIRE_FDS_MAX],
    struct view v[WIRE_FDS_MAX])
{
	if (map_sealed(fds[0], q->size, &v[0]) < 0)
		return -1;
	if (wire_has_room(q))
		return map_room(fds[1], &v[1]);
	if (q->op != WIRE_CMS)
		return 0;
	if (map_sealed(fds[1], wire_trust_len(q), &v[1]) < 0)
		return -1;
	return q->hints_len > 0 ? map_sealed(fds[2], q->hints_len, &v[2]) : 0;
}

static void
reset_signals(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGPIPE };
	sigset_t none;
	size_t i;

	for (i = 0; i < NELEMS(signals); i++)
		signal(signals[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * The pipe becomes descriptor 0 and every other one is closed: those of the
 * daemon's connections above all, which came with the fork. With the
 * sanitizers standard error stays: their reports go there.
 */
static int
keep_only(int pipe)
{
	if (dup2(pipe, 0) < 0)
		return -1;
	if (!sandbox_enforced())
		(void)close_range(1, 1, 0);
	return close_range(sandbox_enforced() ? 1 : 3, ~0U, 0);
}

/* From here on hostile bytes may be looked at. */
static int
confine(const struct worker_kit *k, int pipe, const struct wire_request *q)
{
	uint64_t mapped = q->size + wire_trust_len(q) + q->hints_len;
	struct err e;

	reset_signals();
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -1;
	if (wire_has_room(q))
		mapped += INSPECT_HINTS_MAX;
	if (keep_only(pipe) < 0 ||
	    sandbox_limits(CPU_S, MEMORY + (size_t)mapped, 1, &e) < 0 ||
	    sandbox_filter_apply(k->filter, &e) < 0)
		return -1;
	return 0;
}

static int
answer_type(const struct worker_kit *k, const struct wire_request *q,
    const struct view *v, struct buf *out)
{
	struct inspect_type t;
	const char *magic = magic_buffer(k->magic, v->p, v->n);

	worker_type(v->p, v->n, q->whole, magic != NULL ? magic : "", &t);
	return wire_type_encode(&t, out, NULL);
}

static int
answer_members(const struct view *v, struct buf *out)
{
	struct container_member members[CONTAINER_MEMBERS_MAX];
	struct wire_members m = { 0 };
	const char *why = container_list(v->p, v->n, m.entries, &m.n);

	if (why == NULL)
		why = container_check(v->p, v->n, m.entries, m.n, members);
	if (why != NULL) {
		m.n = 0;
		snprintf(m.why, sizeof(m.why), "%s", why);
	}
	return wire_members_encode(&m, out, NULL);
}

static int
answer_manifest(const struct view v[WIRE_FDS_MAX], struct buf *out)
{
	struct asic_manifest *m = calloc(1, sizeof(*m));
	struct buf text = { 0 };

	if (m == NULL)
		return -1;
	if (asic_manifest_read(v[0].p, v[0].n, m) &&
	    (wire_manifest_encode(m, &text, NULL) < 0 || text.len > v[1].n))
		return -1;
	if (text.len > 0)
		memcpy(v[1].room, text.p, text.len);
	return wire_hints_encode((uint32_t)text.len, out, NULL);
}

static int
answer_inflate(const struct wire_request *q, const struct view v[WIRE_FDS_MAX],
    struct buf *out)
{
	struct inflated i;

	if (container_inflate(
		v[0].p, v[0].n, q->inflated, q->which, v[1].room, &i, NULL) < 0)
		return -1;
	return wire_inflated_encode(&i, out, NULL);
}

static int
answer_cms(const struct wire_request *q, const struct view v[WIRE_FDS_MAX],
    struct buf *out)
{
	const char *pem = (const char *)v[1].p;
	struct cms_trust signatures = { pem, q->anchors_len };
	struct cms_trust stamps = { pem + q->anchors_len, q->stamps_len };
	struct cms_trust known = { pem + q->anchors_len,
		q->stamps_len + q->known_len };
	int is_stamp = q->filter == INSPECT_FILTER_TIMESTAMP;
	struct cms_case c = { .der = v[0].p,
		.der_len = v[0].n,
		.content = &q->content,
		.query = q->query,
		.query_len = q->query_len,
		.hints = v[2].p,
		.hints_len = v[2].n,
		.now_ms = q->now_ms,
		.filter = q->filter };
	struct inspect_verdict verdict;

	if (q->one_trust)
		stamps = signatures;
	c.trust = is_stamp ? stamps : signatures;
	c.known = is_stamp ? signatures : known;
	c.stamps = stamps;
	cms_judge(&c, &verdict);
	return wire_verdict_encode(&verdict, out, NULL);
}

static int
answer(const struct worker_kit *k, const struct wire_request *q,
    const struct view v[WIRE_FDS_MAX], struct buf *out)
{
	switch (q->op) {
	case WIRE_TYPE:
		return answer_type(k, q, &v[0], out);
	case WIRE_HINTS:
		return wire_hints_encode(
		    (uint32_t)pdf_hints(v[0].p, v[0].n, v[1].room, v[1].n), out,
		    NULL);
	case WIRE_MEMBERS:
		return answer_members(&v[0], out);
	case WIRE_MANIFEST:
		return answer_manifest(v, out);
	case WIRE_INFLATE:
		return answer_inflate(q, v, out);
	case WIRE_CMS:
		return answer_cms(q, v, out);
#ifdef SCEAU_TEST
	case WIRE_MISBEHAVE:
		worker_misbehave(q->act);
		return buf_addstr(out, "still here", NULL);
#endif
	default:
		return -1;
	}
}

void
worker_run(const struct worker_kit *k, const struct wire_request *q,
    const int fds[WIRE_FDS_MAX], int pipe)
{
	struct view v[WIRE_FDS_MAX] = { 0 };
	struct buf out = { 0 };

	if (map_all(q, fds, v) < 0 || confine(k, pipe, q) < 0)
		_exit(2);
	/* One write: the launcher reads the whole answer or none. */
	if (answer(k, q, v, &out) < 0 || out.len > WIRE_ANSWER_MAX ||
	    write(0, out.p, out.len) != (ssize_t)out.len)
		_exit(3);
	_exit(0);
}
