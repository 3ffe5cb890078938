/*
 * sceau-inspect --check: one file looked at outside a vault, without a
 * daemon, by the same workers in the same sandbox. This process and the
 * launcher that it forks give up everything before a hostile byte is parsed.
 */
#ifndef DAEMON_INSPECT_CHECK_H
#define DAEMON_INSPECT_CHECK_H

#include "daemon/inspect/inspect.h"

#define CHECK_FILE_MAX (128u << 20) /* bytes */

struct check_options {
	const char *file;
	const char *signature; /* NULL: none */
	const char *anchors;   /* a folder or a file, NULL: none */
	const char *at;	       /* a time or a day, NULL: now */
	int report_fd;	       /* one JSON value goes there */
};

struct check_report {
	struct inspect_type type;
	struct inspect_verdict v[INSPECT_SIGS_MAX];
	size_t n;
	struct inspect_summary sum;
	struct inspect_asic asic; /* of a container: its members */
	int64_t at_ms;
	uint8_t anchors_sha256[32];
	const char *why; /* a stable word on the whole, or "" */
};

/* 0 when the report was written, whatever it says. ERR_USAGE, ERR_TOO_LARGE,
 * ERR_NOT_FOUND, ERR_IO; "inspection-failed": the file broke its worker. */
int check_run(const struct check_options *o, struct err *e) NODISCARD;

/* The report as JSON: check_json.c. */
int check_write(const struct check_report *r, int fd, struct err *e) NODISCARD;

#endif
