#include "base/secret.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/crypto.h"

static size_t
page_round(size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (len + page - 1) / page * page;
}

int
secret_init(struct secret *s, size_t len, struct err *e)
{
	size_t map = page_round(len > 0 ? len : 1);
	void *p;

	p = mmap(NULL, map, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	    -1, 0);
	if (p == MAP_FAILED)
		return err_sys(e, ERR_NOMEM, "secret of %zu bytes", len);
	/*
	 * The lock may fail where the limit is small (an unprivileged test):
	 * the page still leaves no trace in dumps and children.
	 */
	(void)!mlock(p, map);
	(void)!madvise(p, map, MADV_DONTDUMP);
	(void)!madvise(p, map, MADV_WIPEONFORK);
	s->p = p;
	s->len = len;
	s->map = map;
	return 0;
}

int
secret_random(struct secret *s, size_t len, struct err *e)
{
	int r;

	if ((r = secret_init(s, len, e)) < 0)
		return r;
	if ((r = crypto_random(s->p, len, e)) < 0)
		secret_done(s);
	return r;
}

int
secret_copy(struct secret *s, const void *p, size_t n, struct err *e)
{
	int r;

	if ((r = secret_init(s, n, e)) < 0)
		return r;
	if (n > 0)
		memcpy(s->p, p, n);
	return 0;
}

void
secret_done(struct secret *s)
{
	if (s->p != NULL) {
		secret_wipe(s->p, s->map);
		munmap(s->p, s->map);
	}
	memset(s, 0, sizeof(*s));
}

void
secret_move(struct secret *to, struct secret *from)
{
	*to = *from;
	memset(from, 0, sizeof(*from));
}

int
secret_equal(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *x = a, *y = b;
	uint8_t d = 0;
	size_t i;

	for (i = 0; i < len; i++)
		d |= x[i] ^ y[i];
	return d == 0;
}

void
secret_wipe(void *p, size_t n)
{
	if (n > 0)
		explicit_bzero(p, n);
}

int
secret_harden_process(struct err *e)
{
	struct rlimit none = { 0, 0 }, lock;

	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return err_sys(e, ERR_INTERNAL, "forbid core dumps");
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return err_sys(e, ERR_INTERNAL, "forbid tracing");
	if (getrlimit(RLIMIT_MEMLOCK, &lock) == 0) {
		/* Privileged: no limit; otherwise as far as we may. */
		struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

		lock.rlim_cur = lock.rlim_max;
		if (setrlimit(RLIMIT_MEMLOCK, &all) < 0)
			(void)!setrlimit(RLIMIT_MEMLOCK, &lock);
	}
	return 0;
}
