/*
 * Conditions that wait by CLOCK_MONOTONIC: setting the machine's clock neither
 * ends a wait nor makes it last.
 */
#ifndef BASE_WAIT_H
#define BASE_WAIT_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"

int wait_cond_init(pthread_cond_t *c, struct err *e) NODISCARD;
/* ms from now, for pthread_cond_timedwait on such a condition. */
struct timespec wait_until(int64_t ms);

#endif
