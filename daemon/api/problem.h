/*
 * Problem details (RFC 9457): how every refusal and failure is told. The
 * member "code" is the stable tag; "audit" the number of the leaf that
 * entered it. Never personal data: internal errors say only that.
 */
#ifndef DAEMON_API_PROBLEM_H
#define DAEMON_API_PROBLEM_H

#include "base/httpd.h"

/* Fill rs from why; audit 0: no leaf. */
void problem_answer(
    struct http_response *rs, const struct err *why, uint64_t audit);

#endif
