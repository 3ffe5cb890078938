/*
 * Durable appends of 200 KiB in groups of 1, 8 and 64, rows and all, against
 * a plain file (create, write, fsync, rename) in the same run, in turns, so
 * that a disk that drifts drifts for both. Prints the ratios.
 *
 *	bench-store [SECONDS [DIR]]
 */
#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/store/store.h"

#define SIZE (200u << 10)
#define GROUP_MAX 64
#define TURN_S 0.5

static const unsigned groups[] = { 1, 8, 64 };

struct bench {
	char dir[128];
	struct catalog *c;
	struct store *s;
	uint8_t body[SIZE];
	uint64_t made; /* documents, so that each has its own id */
	struct err e;
};

struct tally {
	double seconds;
	uint64_t documents;
};

static double
clock_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void
must(const struct bench *b, int r)
{
	if (r >= 0)
		return;
	fprintf(stderr, "bench-store: %s\n", b->e.text);
	exit(1);
}

/* Another body each time, as ciphertext would be. */
static const uint8_t *
next_body(struct bench *b)
{
	b->made++;
	memcpy(b->body, &b->made, sizeof(b->made));
	return b->body;
}

static void
file_group(struct bench *b, unsigned n)
{
	struct stage *g[GROUP_MAX] = { 0 };
	AUTO(tx_end) struct tx tx = { 0 };
	struct id id;
	unsigned i;

	for (i = 0; i < n; i++) {
		must(b, stage_new(b->s, &g[i], &b->e));
		must(b, stage_write(g[i], next_body(b), SIZE, &b->e));
		must(b, stage_finish(g[i], &b->e));
	}
	must(b, store_append(b->s, g, n, &b->e));
	must(b, tx_begin(b->c, &tx, &b->e));
	for (i = 0; i < n; i++) {
		must(b, id_random(&id, &b->e));
		must(b, store_place(&tx, g[i], STORE_DOCUMENTS, &id, 1,
			    STORE_CONTENT, 1, &b->e));
	}
	must(b, tx_commit(&tx, &b->e));
	for (i = 0; i < n; i++)
		stage_freep(&g[i]);
}

static void
plain_file(struct bench *b)
{
	AUTO(fd_closep) int fd = -1;
	char temp[192], path[192];

	snprintf(temp, sizeof(temp), "%s/plain/tmp", b->dir);
	snprintf(path, sizeof(path), "%s/plain/%llu", b->dir,
	    (unsigned long long)b->made);
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || fd_write_all(fd, next_body(b), SIZE, &b->e) < 0 ||
	    fsync(fd) < 0 || rename(temp, path) < 0) {
		perror("bench-store: plain file");
		exit(1);
	}
}

/* One turn; group 0 is the plain file. */
static void
turn(struct bench *b, unsigned group, struct tally *t)
{
	double start = clock_s(), now = start;

	while (now - start < TURN_S) {
		if (group == 0)
			plain_file(b);
		else
			file_group(b, group);
		t->documents += group == 0 ? 1 : group;
		now = clock_s();
	}
	t->seconds += now - start;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *f)
{
	(void)st;
	(void)kind;
	(void)f;
	return remove(path);
}

static void
begin(struct bench *b, const char *where)
{
	const char *const schema[] = { store_schema };
	char path[192];

	snprintf(b->dir, sizeof(b->dir), "%.100s/sceau-bench-XXXXXX", where);
	if (mkdtemp(b->dir) == NULL) {
		perror(b->dir);
		exit(1);
	}
	snprintf(path, sizeof(path), "%s/plain", b->dir);
	must(b, dir_make(AT_FDCWD, path, 0700, &b->e));
	snprintf(path, sizeof(path), "%s/catalog.db", b->dir);
	must(b, catalog_open(path, schema, 1, &b->c, &b->e));
	snprintf(path, sizeof(path), "%s/store", b->dir);
	must(b, store_open(path, b->c, 0, &b->s, &b->e));
}

int
main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 6, until, rate;
	struct tally floor_t = { 0 }, t[NELEMS(groups)] = { 0 };
	static struct bench b;
	size_t i;

	begin(&b, argc > 2 ? argv[2] : "/tmp");
	until = clock_s() + seconds;
	do {
		for (i = 0; i < NELEMS(groups); i++) {
			turn(&b, 0, &floor_t);
			turn(&b, groups[i], &t[i]);
		}
	} while (clock_s() < until);
	rate = (double)floor_t.documents / floor_t.seconds;
	printf("plain file + fsync + rename: %.0f/s\n", rate);
	for (i = 0; i < NELEMS(groups); i++)
		printf("groups of %2u: %.0f/s, %.2f of the plain file\n",
		    groups[i], (double)t[i].documents / t[i].seconds,
		    (double)t[i].documents / t[i].seconds / rate);
	store_freep(&b.s);
	catalog_freep(&b.c);
	nftw(b.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}
