/*
 * Durable filings of 200 KiB through the API, against a plain file (create,
 * write, fsync, rename, fsync of the folder) by the same number of client
 * processes, in turns and in the same run: a disk that drifts drifts for
 * both, and only the ratio means something.
 *
 *	bench-api [--full] [--clients N]… [--body FILE] [--inspect PROGRAM]
 *
 * --body: this file each time instead of one made here, as large as it is.
 * --inspect: this program in place of sceau-inspect (inspect-stub: what the
 * inspection costs; inspection.py).
 *
 * A real vault in a folder of its own under /tmp ($TMPDIR), every program the
 * current uid: sceau-keys, sceau-inspect and sceaud of this build (a release
 * build for figures: meson setup --buildtype=release). Each client is a
 * process with one connection: PUT of the body, POST of the document, and the
 * answer read to its end: its receipt is durable then. Windows last 6 s
 * (--full: 30 s), two of each kind; filings/s are told over the first 2 s,
 * the whole, and the last two thirds.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/ipc.h"
#include "tests/unit/fixture/agent_fixture.h"

#define SIZE (200u << 10)
#define BODY_MAX (1u << 20)
#define CLIENTS_MAX 96
#define SLOTS_PER_S 4
#define SLOTS (40 * SLOTS_PER_S)
#define LATENCIES 16384
#define ROUNDS 2
#define ANSWER_MAX (64u << 10)

enum kind { FLOOR, API, KINDS };
static const char *const kind_names[KINDS] = { "file", "api" };

/* What the processes share: a client writes its own part only. */
struct shared {
	atomic_int ready, go;
	double start, end;
	struct client {
		uint32_t done[SLOTS]; /* by quarter of a second */
		uint32_t latency_us[LATENCIES], put_us[LATENCIES];
		uint32_t n;
	} clients[CLIENTS_MAX];
};

struct bench {
	struct agent_fixture v;
	pid_t inspect, daemon;
	char socket[160], plain[160];
	uint8_t *body;
	size_t size;
	int is_given; /* the body is a file's: it stays as it is */
	const char *inspector;
	struct shared *shared;
	double window_s;
	/* Who files: we, or when we are root, who may be nobody in a vault,
	 * the account "daemon" that every Debian has. */
	uid_t uid;
	char account[64];
};

struct tally {
	double first, whole, last; /* seconds */
	uint64_t nfirst, nwhole, nlast;
	uint32_t p50_us, p99_us, put_p50_us;
};

static double
clock_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void
die(const char *what)
{
	fprintf(stderr, "bench-api: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
must(int r, const struct err *e)
{
	if (r >= 0)
		return;
	fprintf(stderr, "bench-api: %s\n", e->text);
	exit(1);
}

/* --- the vault -------------------------------------------------------- */

static void
write_people(struct bench *b)
{
	AUTO(buf_done) struct buf text = { 0 };
	char path[160];
	struct err e;

	must(buf_addf(&text, &e,
		 "format = 1\nperson \"%s\" {\n\tuid = %u\n"
		 "\tname = \"Personne Exemple\"\n\trole = caseworker\n"
		 "\tteam = equipe\n\torganisation = association\n"
		 "\tstatus = active\n}\n",
		 b->account, (unsigned)b->uid),
	    &e);
	snprintf(path, sizeof(path), "%s/policy/people.conf", b->v.dir);
	must(file_write(AT_FDCWD, path, text.p, text.len, 0644, &e), &e);
}

static void
choose_account(struct bench *b)
{
	struct passwd *pw =
	    getuid() != 0 ? getpwuid(getuid()) : getpwnam("daemon");

	if (pw == NULL)
		die("an account");
	b->uid = pw->pw_uid;
	snprintf(b->account, sizeof(b->account), "%s", pw->pw_name);
}

static void
copy_rule(struct bench *b, const char *name)
{
	AUTO(buf_done) struct buf text = { 0 };
	char path[512];
	struct err e;

	snprintf(path, sizeof(path), SCEAU_RULES "/%s", name);
	must(file_read(AT_FDCWD, path, 1u << 20, &text, &e), &e);
	snprintf(path, sizeof(path), "%s/policy/%s", b->v.dir, name);
	must(file_write(AT_FDCWD, path, text.p, text.len, 0644, &e), &e);
}

static void
copy_rules(struct bench *b)
{
	char path[512], name[300];
	struct dirent *d;
	struct err e;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/policy", b->v.dir);
	must(dir_make(AT_FDCWD, path, 0755, &e), &e);
	copy_rule(b, "00-common.conf");
	snprintf(path, sizeof(path), "%s/policy/notices", b->v.dir);
	must(dir_make(AT_FDCWD, path, 0755, &e), &e);
	if ((dir = opendir(SCEAU_RULES "/notices")) == NULL)
		die("notices");
	while ((d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "notices/%s", d->d_name);
		copy_rule(b, name);
	}
	closedir(dir);
}

/* Start a program of ours and wait until it says that it serves. */
static pid_t
start(struct bench *b, const char *program)
{
	int fds[2];
	pid_t pid = -1;
	char c;

	if (pipe2(fds, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		die("fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (fds[1] == 3 ? fcntl(3, F_SETFD, 0) < 0
				: dup2(fds[1], 3) < 0)
			_exit(126);
		execl(program, program, "-d", b->v.dir, "--ready-fd", "3",
		    (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	if (read(fds[0], &c, 1) != 1) {
		fprintf(stderr, "bench-api: %s did not start\n", program);
		exit(1);
	}
	close(fds[0]);
	return pid;
}

static void
stop(pid_t *pid)
{
	if (*pid <= 0)
		return;
	kill(*pid, SIGTERM);
	waitpid(*pid, NULL, 0);
	*pid = 0;
}

/* --- a client --------------------------------------------------------- */

struct wire {
	int fd;
	char answer[ANSWER_MAX];
	size_t len;
};

static void
wire_open(struct wire *w, const char *path)
{
	struct err e;

	must(ipc_connect(path, SOCK_STREAM, &w->fd, &e), &e);
}

/* One request; the status. The body of the answer is at *body. */
static int
ask(struct wire *w, const char *method, const char *target, const void *p,
    size_t n, const char **body)
{
	char head[512], *end, *length;
	struct iovec v[2] = { { .iov_base = head },
		{ .iov_base = (void *)(uintptr_t)p, .iov_len = n } };
	size_t want = SIZE_MAX;
	ssize_t r;
	int i = 0;

	v[0].iov_len = (size_t)snprintf(head, sizeof(head),
	    "%s %s HTTP/1.1\r\nHost: sceau\r\nContent-Length: %zu\r\n\r\n",
	    method, target, n);
	while (i < 2) {
		if ((r = writev(w->fd, v + i, 2 - i)) < 0)
			die("send");
		for (; i < 2 && (size_t)r >= v[i].iov_len; i++)
			r -= (ssize_t)v[i].iov_len;
		if (i < 2) {
			v[i].iov_base = (char *)v[i].iov_base + r;
			v[i].iov_len -= (size_t)r;
		}
	}
	for (w->len = 0; w->len < want; w->len += (size_t)r) {
		r = read(w->fd, w->answer + w->len, ANSWER_MAX - 1 - w->len);
		if (r <= 0)
			die("answer");
		w->answer[w->len + (size_t)r] = '\0';
		if (want != SIZE_MAX ||
		    (end = strstr(w->answer, "\r\n\r\n")) == NULL)
			continue;
		length = strcasestr(w->answer, "\r\nContent-Length: ");
		if (length == NULL || length > end)
			die("an answer without its length");
		*body = end + 4;
		want = (size_t)(end + 4 - w->answer) +
		       strtoul(length + 18, NULL, 10);
	}
	return (int)strtol(w->answer + 9, NULL, 10);
}

/* ask, and the answer must be what is wanted. */
static const char *
ask_for(struct wire *w, int status, const char *method, const char *target,
    const void *p, size_t n)
{
	const char *body = "";

	if (ask(w, method, target, p, n, &body) == status)
		return body;
	fprintf(stderr, "bench-api: %s %s: %s\n", method, target, w->answer);
	exit(1);
}

static void
member(const char *text, const char *name, char *out, size_t size)
{
	json_t *j = json_loads(text, 0, NULL);
	const char *s = json_string_value(json_object_get(j, name));

	if (s == NULL) {
		fprintf(stderr, "bench-api: no %s in %s\n", name, text);
		exit(1);
	}
	snprintf(out, size, "%s", s);
	json_decref(j);
}

/* A valid PDF of SIZE bytes whose padding is comments that do not shrink. */
static void
make_body(struct bench *b)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ+/";
	static const char head[] = "%PDF-1.4\n";
	char tail[512];
	size_t at[4], n, i;
	struct err e;

	if ((b->body = malloc(SIZE)) == NULL)
		die("memory");
	b->size = SIZE;
	must(crypto_random(b->body, SIZE, &e), &e);
	for (i = 0; i < SIZE; i++)
		b->body[i] = i % 64 == 0    ? '%'
			     : i % 64 == 63 ? '\n'
					    : (uint8_t)digits[b->body[i] % 64];
	memcpy(b->body, head, sizeof(head) - 1);
	/* Its objects are the last 320 bytes; their places are known. */
	n = SIZE - 320;
	b->body[n - 1] = '\n';
	at[0] = n;
	at[1] = at[0] + 45;
	at[2] = at[1] + 52;
	at[3] = at[2] + 58;
	snprintf(tail, sizeof(tail),
	    "1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
	    "2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
	    "3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>\nendobj\n"
	    "xref\n0 4\n0000000000 65535 f \n%010zu 00000 n \n"
	    "%010zu 00000 n \n%010zu 00000 n \n"
	    "trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%zu\n%%%%EOF\n",
	    at[0], at[1], at[2], at[3]);
	memset(b->body + n, '\n', 320);
	memcpy(b->body + n, tail, strlen(tail) < 320 ? strlen(tail) : 320);
}

static void
take_body(struct bench *b, const char *path)
{
	AUTO(buf_done) struct buf file = { 0 };
	struct err e;

	must(file_read(AT_FDCWD, path, BODY_MAX, &file, &e), &e);
	free(b->body);
	if ((b->body = malloc(file.len + 1)) == NULL)
		die("memory");
	memcpy(b->body, file.p, file.len);
	b->size = file.len;
	b->is_given = 1;
}

/* Another file each time. */
static void
renew(struct bench *b, unsigned client, uint32_t n)
{
	char text[40];

	if (b->is_given)
		return;
	snprintf(
	    text, sizeof(text), "%%%d-%u-%u\n%%", (int)getpid(), client, n);
	memcpy(b->body + 9, text, strlen(text));
}

struct place {
	struct wire wire;
	char kase[64];
	uint32_t put_us;
};

static void
file_one(struct bench *b, struct place *p)
{
	char id[ID_TEXT], target[128], text[256];
	double t = clock_s();
	struct id upload;
	struct err e;
	int n;

	must(id_random(&upload, &e), &e);
	id_format(&upload, id);
	snprintf(target, sizeof(target), "/v1/uploads/%s/content?offset=0", id);
	ask_for(&p->wire, 200, "PUT", target, b->body, b->size);
	p->put_us = (uint32_t)((clock_s() - t) * 1e6);
	n = snprintf(text, sizeof(text),
	    "{\"kind\":\"piece\",\"pages\":[{\"upload\":\"%s\","
	    "\"name\":\"a.pdf\"}]}",
	    id);
	snprintf(target, sizeof(target), "/v1/cases/%s/documents", p->kase);
	ask_for(&p->wire, 201, "POST", target, text, (size_t)n);
}

static void
write_plain(struct bench *b, unsigned client, uint32_t n)
{
	AUTO(fd_closep) int fd = -1;
	AUTO(fd_closep) int dir = -1;
	char temp[224], path[224];
	struct err e;

	snprintf(temp, sizeof(temp), "%s/%u.tmp", b->plain, client);
	snprintf(path, sizeof(path), "%s/%u-%u", b->plain, client, n);
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	dir = open(b->plain, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || dir < 0)
		die("plain file");
	must(fd_write_all(fd, b->body, b->size, &e), &e);
	if (fsync(fd) < 0 || rename(temp, path) < 0 || fsync(dir) < 0)
		die("plain file");
}

static void
note(struct client *c, const struct shared *s, double from, double to,
    uint32_t put_us)
{
	size_t slot = (size_t)((to - s->start) * SLOTS_PER_S);

	if (to > s->end || slot >= SLOTS)
		return;
	c->done[slot]++;
	c->latency_us[c->n % LATENCIES] = (uint32_t)((to - from) * 1e6);
	c->put_us[c->n % LATENCIES] = put_us;
	c->n++;
}

static _Noreturn void
client_main(struct bench *b, enum kind kind, unsigned number)
{
	static const char opening[] = "{\"stage\":\"amont\","
				      "\"source\":\"ccapex\"}";
	struct shared *s = b->shared;
	struct place *p = calloc(1, sizeof(*p));
	double from, to;
	uint32_t i;

	if (p == NULL)
		die("memory");
	if (kind == API && getuid() == 0 && setuid(b->uid) < 0)
		die("setuid");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (kind == API) {
		wire_open(&p->wire, b->socket);
		member(ask_for(&p->wire, 201, "POST", "/v1/cases", opening,
			   sizeof(opening) - 1),
		    "case", p->kase, sizeof(p->kase));
	}
	atomic_fetch_add(&s->ready, 1);
	while (!atomic_load(&s->go))
		usleep(1000);
	for (i = 0, from = clock_s(); from < s->end; i++, from = to) {
		renew(b, number, i);
		if (kind == API)
			file_one(b, p);
		else
			write_plain(b, number, i);
		to = clock_s();
		note(&s->clients[number], s, from, to, p->put_us);
	}
	_exit(0);
}

/* --- a window --------------------------------------------------------- */

static int
by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static uint32_t
quantile(const struct bench *b, unsigned clients, size_t offset, double q)
{
	uint32_t *all = malloc((size_t)CLIENTS_MAX * LATENCIES * sizeof(*all));
	uint32_t i, m, r;
	unsigned k;
	size_t n = 0;

	if (all == NULL)
		die("memory");
	for (k = 0; k < clients; k++) {
		const struct client *c = &b->shared->clients[k];

		m = c->n < LATENCIES ? c->n : LATENCIES;
		for (i = 0; i < m; i++)
			memcpy(&all[n++], (const char *)c + offset + i * 4, 4);
	}
	qsort(all, n, sizeof(*all), by_value);
	r = n > 0 ? all[(size_t)((double)(n - 1) * q)] : 0;
	free(all);
	return r;
}

static void
add_up(const struct bench *b, unsigned clients, struct tally *t)
{
	size_t slot, slots = (size_t)(b->window_s * SLOTS_PER_S), n;
	unsigned k;

	for (slot = 0; slot < slots; slot++) {
		for (n = 0, k = 0; k < clients; k++)
			n += b->shared->clients[k].done[slot];
		t->nwhole += n;
		if (slot < 2 * SLOTS_PER_S)
			t->nfirst += n;
		if (slot >= slots / 3)
			t->nlast += n;
	}
	t->first += 2;
	t->whole += b->window_s;
	t->last += (double)(slots - slots / 3) / SLOTS_PER_S;
	t->p50_us =
	    quantile(b, clients, offsetof(struct client, latency_us), 0.5);
	t->p99_us =
	    quantile(b, clients, offsetof(struct client, latency_us), 0.99);
	t->put_p50_us =
	    quantile(b, clients, offsetof(struct client, put_us), 0.5);
}

static void
window(struct bench *b, enum kind kind, unsigned clients, struct tally *t)
{
	struct shared *s = b->shared;
	int status, failed = 0;
	unsigned k;

	memset(s, 0, sizeof(*s));
	sync();
	fflush(stdout);
	for (k = 0; k < clients; k++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0)
			client_main(b, kind, k);
	}
	while (atomic_load(&s->ready) < (int)clients)
		usleep(1000);
	s->start = clock_s();
	s->end = s->start + b->window_s;
	atomic_store(&s->go, 1);
	for (k = 0; k < clients; k++)
		if (wait(&status) < 0 || status != 0)
			failed = 1;
	if (failed) {
		fprintf(stderr, "bench-api: a client failed\n");
		exit(1);
	}
	add_up(b, clients, t);
}

static void
clear_plain(struct bench *b, unsigned clients)
{
	char path[224];
	unsigned k;
	uint32_t i;

	for (k = 0; k < clients; k++)
		for (i = 0;; i++) {
			snprintf(
			    path, sizeof(path), "%s/%u-%u", b->plain, k, i);
			if (unlink(path) < 0)
				break;
		}
}

/* --- a vault of its own for each number of clients ---------------------- */

static void
wait_until_open(struct bench *b)
{
	struct wire *w = calloc(1, sizeof(*w));
	int open = 0;
	json_t *j;

	if (w == NULL)
		die("memory");
	wire_open(w, b->socket);
	while (!open) {
		j = json_loads(
		    ask_for(w, 200, "GET", "/v1/status", "", 0), 0, NULL);
		open = json_is_false(json_object_get(j, "sealed"));
		json_decref(j);
		usleep(10000);
	}
	close(w->fd);
	free(w);
}

static void
vault_open(struct bench *b)
{
	struct err e;

	if (!agent_fixture_init(&b->v))
		exit(77);
	copy_rules(b);
	write_people(b);
	snprintf(b->socket, sizeof(b->socket), "%s/run", b->v.dir);
	if (chmod(b->v.dir, 0711) < 0 || chmod(b->socket, 0711) < 0)
		die("chmod");
	snprintf(b->socket, sizeof(b->socket), "%s/run/api.sock", b->v.dir);
	snprintf(b->plain, sizeof(b->plain), "%s/plain", b->v.dir);
	must(dir_make(AT_FDCWD, b->plain, 0700, &e), &e);
	agent_fixture_start(&b->v);
	b->inspect = start(b, b->inspector);
	b->daemon = start(b, SCEAU_DAEMON);
	agent_fixture_unseal(&b->v);
	wait_until_open(b);
}

static void
vault_close(struct bench *b)
{
	stop(&b->daemon);
	stop(&b->inspect);
	agent_fixture_done(&b->v);
}

static void
print(enum kind kind, unsigned clients, const struct tally *t,
    const struct tally *floor)
{
	double first = (double)t->nfirst / t->first,
	       whole = (double)t->nwhole / t->whole,
	       last = (double)t->nlast / t->last;

	printf("%7u  %-5s %8.0f %8.0f %8.0f   %7.2f %7.2f %7.2f", clients,
	    kind_names[kind], first, whole, last, t->p50_us / 1e3,
	    t->p99_us / 1e3, t->put_p50_us / 1e3);
	if (floor != NULL)
		printf("   %.2f %.2f %.2f",
		    first / ((double)floor->nfirst / floor->first),
		    whole / ((double)floor->nwhole / floor->whole),
		    last / ((double)floor->nlast / floor->last));
	printf("\n");
}

static void
measure(struct bench *b, unsigned clients)
{
	struct tally t[KINDS] = { 0 };
	int round, kind;

	vault_open(b);
	for (round = 0; round < ROUNDS; round++)
		for (kind = 0; kind < KINDS; kind++) {
			window(b, (enum kind)kind, clients, &t[kind]);
			if (kind == FLOOR)
				clear_plain(b, clients);
		}
	print(FLOOR, clients, &t[FLOOR], NULL);
	print(API, clients, &t[API], &t[FLOOR]);
	vault_close(b);
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "full", no_argument, NULL, 'f' },
		{ "clients", required_argument, NULL, 'c' },
		{ "body", required_argument, NULL, 'b' },
		{ "inspect", required_argument, NULL, 'i' },
		{ 0 },
	};
	unsigned clients[8] = { 1, 8, 64 }, n = 0, i;
	struct bench b = { .window_s = 6, .inspector = SCEAU_INSPECT };
	const char *body = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'f')
			b.window_s = 30;
		else if (c == 'b')
			body = optarg;
		else if (c == 'i')
			b.inspector = optarg;
		else if (c == 'c' && n < NELEMS(clients))
			clients[n++] = (unsigned)strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	b.shared = mmap(NULL, sizeof(*b.shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (b.shared == MAP_FAILED)
		die("mmap");
	choose_account(&b);
	make_body(&b);
	if (body != NULL)
		take_body(&b, body);
	printf("%zu KiB, windows of %.0f s, filings/s; milliseconds of the "
	       "last window\n"
	       "clients  what  first 2s    whole last 2/3       p50     p99 "
	       "put p50   api/file\n",
	    b.size >> 10, b.window_s);
	for (i = 0; i < (n > 0 ? n : 3); i++)
		if (clients[i] > 0 && clients[i] <= CLIENTS_MAX)
			measure(&b, clients[i]);
	munmap(b.shared, sizeof(*b.shared));
	free(b.body);
	return 0;
}
