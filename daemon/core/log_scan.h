/*
 * The log over a period, leaf by leaf, for reports: what it tells and, as
 * plainly, what it no longer tells.
 */
#ifndef DAEMON_CORE_LOG_SCAN_H
#define DAEMON_CORE_LOG_SCAN_H

#include "daemon/core/core.h"

#define LOG_SCAN_MAX 200000 /* leaves of one report, the newest */

struct log_scanned {
	uint64_t leaves;	/* looked at */
	uint64_t expired;	/* whose detail is gone: nobody knows whose */
	uint64_t sealed;	/* entered without a detail */
	uint64_t damaged;	/* the detail is not what the leaf names */
	char expired_until[32]; /* the newest such leaf; "" */
	int cut;		/* older ones were left out: LOG_SCAN_MAX */
};
/*
 * Each leaf of since_ms <= time < until_ms whose detail can be read, newest
 * first, as audit_read gives it. The caller has entered their own leaf.
 */
int log_scan(struct core *core, int64_t since_ms, int64_t until_ms,
    int (*each)(void *arg, const json_t *entry, struct err *e), void *arg,
    struct log_scanned *out, struct err *e) NODISCARD;
/* {leaves, expired, expired_until, sealed, damaged, cut, detail_months}; NULL:
 * no memory. */
json_t *log_scanned_json(const struct core *core, const struct log_scanned *s);

#endif
