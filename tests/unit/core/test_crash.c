/*
 * Killed at any moment, the vault honours every receipt it gave, and nothing
 * is half done. A child files and tells each receipt through a pipe as soon
 * as it has it; it is killed; another opens the vault again and looks.
 */
#include "tests/unit/core/core_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/receipt.h"

#define ROUNDS 8
#define FILERS 4
#define PER_ROUND_MAX 400

struct told {
	char document[ID_TEXT];
	uint32_t number; /* of the file: its content follows from it */
	uint64_t leaf;
};

static void
content_of(uint32_t number, struct buf *out)
{
	char text[64];

	snprintf(text, sizeof(text), "file %u", number);
	core_fixture_pdf(out, text, 500 + number * 7919 % 60000);
}

struct filer {
	struct core_fixture *f;
	const char *kase;
	uint32_t first;
	int fd;
};

static void *
file_for_ever(void *arg)
{
	struct filer *w = arg;
	struct core_fixture *f = w->f;
	uint32_t n;

	for (n = w->first; n < w->first + PER_ROUND_MAX; n++) {
		AUTO(buf_done) struct buf pdf = { 0 };
		struct filing fl = { .kase = w->kase,
			.kind = "piece",
			.level = "",
			.title = "",
			.replaces = "",
			.npages = 1 };
		char upload[ID_TEXT];
		struct caller c = core_fixture_caller(f, CAMILLE);
		struct told t = { .number = n };
		struct err e = { 0 };
		json_t *answer = NULL;
		struct id object;
		int again;

		content_of(n, &pdf);
		core_fixture_send(f, CAMILLE, pdf.p, pdf.len, upload);
		fl.pages[0] = (struct filing_page){ upload, "f.pdf" };
		if (document_file(
			f->core, &c, &fl, &object, &answer, &again, &e) < 0) {
			fprintf(stderr, "filing: %s\n", e.text);
			_exit(3);
		}
		snprintf(t.document, sizeof(t.document), "%s",
		    json_string_value(json_object_get(answer, "document")));
		t.leaf = (uint64_t)json_integer_value(
		    json_object_get(answer, "leaf"));
		json_decref(answer);
		if (write(w->fd, &t, sizeof(t)) != sizeof(t))
			_exit(4);
	}
	return NULL;
}

/* The child's life: open, file from several threads, be killed. */
static void
file_until_killed(
    struct core_fixture *f, const char *kase, uint32_t base, int fd)
{
	struct filer w[FILERS];
	pthread_t threads[FILERS];
	int i;

	core_fixture_open(f);
	for (i = 0; i < FILERS; i++) {
		w[i] = (struct filer){ f, kase,
			base + (uint32_t)i * PER_ROUND_MAX, fd };
		if (pthread_create(&threads[i], NULL, file_for_ever, &w[i]) !=
		    0)
			_exit(5);
	}
	for (i = 0; i < FILERS; i++)
		pthread_join(threads[i], NULL);
	for (;;)
		pause();
}

static size_t
run_and_kill(struct core_fixture *f, const char *kase, uint32_t base,
    unsigned wait_us, struct told *told, size_t room)
{
	size_t n = 0;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		file_until_killed(f, kase, base, fds[1]);
	}
	close(fds[1]);
	/* The first receipt tells that it runs; then some time more. */
	if (read(fds[0], &told[n], sizeof(*told)) == sizeof(*told))
		n++;
	usleep(wait_us);
	kill(pid, SIGKILL);
	while (
	    n < room && read(fds[0], &told[n], sizeof(*told)) == sizeof(*told))
		n++;
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		fail_msg("the filer ended by itself: %d", status);
	return n;
}

static void
honours(struct core_fixture *f, const struct told *t)
{
	AUTO(buf_done) struct buf want = { 0 }, got = { 0 }, text = { 0 };
	struct caller c = core_fixture_caller(f, NOA);
	struct receipt *rc = calloc(1, sizeof(*rc));
	uint64_t leaf;

	assert_non_null(rc);
	content_of(t->number, &want);
	if (core_fixture_get(f, NOA, t->document, 0, 0, &got) < 0)
		fail_msg("file %u: %s", t->number, f->e.text);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.p, want.p, want.len);
	if (document_receipt(f->core, &c, t->document, 0, &f->object, &leaf,
		&text, &f->e) < 0)
		fail_msg("receipt %u: %s", t->number, f->e.text);
	assert_int_equal(receipt_parse(buf_str(&text), text.len, rc, &f->e), 0);
	if (receipt_check(rc, &f->core->public->log, &f->e) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(rc->proof.index, t->leaf);
	receipt_done(rc);
	free(rc);
}

/* Whatever is listed is there whole, told or not; the store agrees. */
static void
nothing_is_half_done(struct core_fixture *f, const char *kase, size_t least)
{
	struct caller c = core_fixture_caller(f, NOA);
	json_t *list = NULL, *docs, *d;
	uint64_t blobs;
	size_t i;

	if (document_list(f->core, &c, kase, &f->object, &list, &f->e) < 0)
		fail_msg("%s", f->e.text);
	docs = json_object_get(list, "documents");
	assert_true(json_array_size(docs) >= least);
	json_array_foreach(docs, i, d)
	{
		AUTO(buf_done) struct buf got = { 0 };

		if (core_fixture_get(f, NOA,
			json_string_value(json_object_get(d, "document")), 0, 0,
			&got) < 0)
			fail_msg("%s", f->e.text);
		assert_int_equal(
		    got.len, json_integer_value(json_object_get(d, "size")));
	}
	json_decref(list);
	if (store_verify(f->core->store, &blobs, &f->e) < 0)
		fail_msg("%s", f->e.text);
}

/* In a child, so that the next filer is forked from a process without
 * threads. */
static void
look(
    struct core_fixture *f, const char *kase, const struct told *told, size_t n)
{
	int status;
	pid_t pid = fork();
	size_t i;

	assert_true(pid >= 0);
	if (pid == 0) {
		core_fixture_open(f);
		for (i = 0; i < n; i++)
			honours(f, &told[i]);
		nothing_is_half_done(f, kase, n);
		core_fixture_close(f);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
make_case(struct core_fixture *f, char kase[ID_TEXT])
{
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		core_fixture_open(f);
		core_fixture_case(f, CAMILLE, "Coupure", kase);
		core_fixture_close(f);
		_exit(write(fds[1], kase, ID_TEXT) != ID_TEXT);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(read(fds[0], kase, ID_TEXT), ID_TEXT);
	close(fds[0]);
	close(fds[1]);
}

static void
every_receipt_given_before_a_kill_is_honoured(void **state)
{
	size_t room = ROUNDS * FILERS * PER_ROUND_MAX, n = 0;
	struct told *told = calloc(room, sizeof(*told));
	struct core_fixture f;
	char kase[ID_TEXT];
	unsigned i;

	(void)state;
	assert_non_null(told);
	if (!core_fixture_init(&f)) {
		free(told);
		skip();
	}
	make_case(&f, kase);
	for (i = 0; i < ROUNDS; i++) {
		n += run_and_kill(&f, kase, i * FILERS * PER_ROUND_MAX,
		    1000u + i * 23459u % 150000u, told + n, room - n);
		look(&f, kase, told, n);
	}
	print_message("%zu receipts over %d kills\n", n, ROUNDS);
	assert_true(n >= ROUNDS);
	core_fixture_done(&f);
	free(told);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_receipt_given_before_a_kill_is_honoured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
