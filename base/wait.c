#include "base/wait.h"

int
wait_cond_init(pthread_cond_t *c, struct err *e)
{
	pthread_condattr_t a;
	int failed;

	if (pthread_condattr_init(&a) != 0)
		return err_set(e, ERR_NOMEM, "condition");
	pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
	failed = pthread_cond_init(c, &a);
	pthread_condattr_destroy(&a);
	return failed ? err_set(e, ERR_NOMEM, "condition") : 0;
}

struct timespec
wait_until(int64_t ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}
