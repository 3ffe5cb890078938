/*
 * inspect-file --program P [--signature P7S] [--anchors PEM] [--now MS]
 *              FILE…
 *
 * Has each file looked at by a real sceau-inspect (the program P, started for
 * this) and prints one line of JSON for each: what a test checks.
 */
#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/unit/inspect/served.h"

#define FILE_LIMIT (1u << 27)

struct question {
	const char *program, *signature;
	struct buf p7s, anchors;
	int64_t now_ms;
};

static void
die(const char *what, const struct err *e)
{
	fprintf(stderr, "inspect-file: %s: %s\n", what, e->text);
	exit(1);
}

static json_t *
verdict_json(const struct inspect_verdict *v)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s}",
	    "indication", inspect_indication_name(v->indication), "integrity",
	    inspect_integrity_name(v->integrity), "sub", v->sub, "signer",
	    v->signer, "signing_time_ms", (json_int_t)v->signing_time_ms,
	    "proved_time_ms", (json_int_t)v->proved_time_ms, "covers",
	    (json_int_t)v->covers, "reasons", v->reasons);
}

static int
is_container(const struct inspect_type *t)
{
	return strcmp(t->media, "application/zip") == 0 ||
	       strncmp(t->media, "application/vnd.etsi.asic-", 26) == 0;
}

/* *n verdicts, or why there are none. */
static int
look_inside(struct inspector *i, const struct question *q, int fd,
    uint64_t size, struct inspect_verdict *v, size_t *n, json_t *line,
    struct err *e)
{
	AUTO(mem_freep) struct inspect_asic *a = calloc(1, sizeof(*a));
	struct inspect_trust trust =
	    inspect_trust_of(q->anchors.p, q->anchors.len);
	int r;

	if (a == NULL)
		return err_set(e, ERR_NOMEM, "container");
	if ((r = inspect_asic(i, fd, size, &trust, q->now_ms, a, e)) < 0)
		return r;
	json_object_set_new(line, "why", json_string(a->why));
	memcpy(v, a->v, sizeof(a->v));
	*n = a->n;
	return 0;
}

static void
look(struct inspector *i, const struct question *q, const char *path,
    json_t *line)
{
	AUTO(buf_done) struct buf file = { 0 };
	AUTO(fd_closep) int fd = -1;
	struct inspect_verdict v[INSPECT_SIGS_MAX];
	json_t *list = json_array();
	struct inspect_summary sum;
	struct inspect_type t;
	struct inspect_trust trust =
	    inspect_trust_of(q->anchors.p, q->anchors.len);
	struct err e;
	size_t k, n = 0;
	int r;

	if (file_read(AT_FDCWD, path, FILE_LIMIT, &file, &e) < 0 ||
	    memfd_of("file", file.p, file.len, &fd, &e) < 0)
		die(path, &e);
	json_object_set_new(line, "signatures", list);
	if ((r = inspect_type(i, fd, file.len, 1, &t, &e)) < 0) {
		json_object_set_new(line, "error", json_string(err_name(&e)));
		return;
	}
	json_object_set_new(line, "media", json_string(t.media));
	json_object_set_new(line, "agreed", json_boolean(t.agreed));
	json_object_set_new(line, "reason", json_string(t.reason));
	json_object_set_new(line, "encrypted", json_boolean(t.encrypted));
	if (q->signature != NULL) {
		r = inspect_cms(
		    i, q->p7s.p, q->p7s.len, fd, &trust, q->now_ms, v, &e);
		n = 1;
	} else if (t.agreed && t.nranges > 0) {
		r = inspect_pdf(
		    i, fd, file.len, &t, &trust, 1, q->now_ms, v, &n, &e);
	} else if (t.agreed && is_container(&t)) {
		r = look_inside(i, q, fd, file.len, v, &n, line, &e);
	}
	if (r < 0) {
		json_object_set_new(line, "error", json_string(err_name(&e)));
		return;
	}
	for (k = 0; k < n; k++)
		json_array_append_new(list, verdict_json(&v[k]));
	inspect_summarise(&t, v, n, &sum);
	json_object_set_new(line, "integrity",
	    json_string(inspect_integrity_name(sum.integrity)));
}

static void
parse(int argc, char **argv, struct question *q)
{
	static const struct option longs[] = {
		{ "program", required_argument, NULL, 'p' },
		{ "signature", required_argument, NULL, 's' },
		{ "anchors", required_argument, NULL, 'a' },
		{ "now", required_argument, NULL, 'n' },
		{ 0 },
	};
	struct err e;
	int c;

	q->now_ms = (int64_t)time(NULL) * 1000;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'p')
			q->program = optarg;
		else if (c == 'n')
			q->now_ms = strtoll(optarg, NULL, 10);
		else if (c == 's' || c == 'a') {
			if (c == 's')
				q->signature = optarg;
			if (file_read(AT_FDCWD, optarg, FILE_LIMIT,
				c == 's' ? &q->p7s : &q->anchors, &e) < 0)
				die(optarg, &e);
		} else
			exit(2);
	}
	if (q->program == NULL) {
		fprintf(stderr, "inspect-file: --program is missing\n");
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	struct question q = { 0 };
	struct served served;
	int i;

	parse(argc, argv, &q);
	served_start(&served, q.program);
	for (i = optind; i < argc; i++) {
		json_t *line = json_object();

		json_object_set_new(line, "file", json_string(argv[i]));
		look(served.inspector, &q, argv[i], line);
		json_dumpf(line, stdout, JSON_PRESERVE_ORDER);
		putchar('\n');
		json_decref(line);
	}
	buf_done(&q.p7s);
	buf_done(&q.anchors);
	return served_stop(&served) == 0 ? 0 : 1;
}
