/*
 * Submissions through the real core: what a partner hands in, who may look
 * at it, where it may go, and that it is gone when it is said to be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sshsig.h"
#include "base/text.h"
#include "daemon/core/door.h"
#include "daemon/core/submission.h"
#include "tests/unit/core/core_fixture.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

static struct caller
partner(struct core_fixture *f, enum person who)
{
	struct caller c = core_fixture_caller(f, who);

	c.partner_door = 1;
	return c;
}

static int
submit(struct core_fixture *f, enum person who, const char *upload,
    char id[ID_TEXT])
{
	struct caller c = partner(f, who);
	json_t *answer = NULL;
	int r;

	memset(&f->e, 0, sizeof(f->e));
	if ((r = submission_add(f->core, &c, upload, &answer, &f->e)) < 0)
		return r;
	assert_string_equal(
	    json_string_value(json_object_get(answer, "state")), "waiting");
	snprintf(id, ID_TEXT, "%s",
	    json_string_value(json_object_get(answer, "submission")));
	json_decref(answer);
	return 0;
}

static void
hand_in(struct core_fixture *f, enum person who, const void *p, size_t n,
    char id[ID_TEXT])
{
	char upload[ID_TEXT];

	core_fixture_send(f, who, p, n, upload);
	if (submit(f, who, upload, id) < 0)
		fail_msg("submit: %s", f->e.text);
}

static int
look(struct core_fixture *f, enum person who, const char *id, struct buf *out)
{
	struct caller c = core_fixture_caller(f, who);
	char media[INSPECT_TYPE_MAX];
	uint64_t leaf;

	buf_reset(out);
	memset(&f->e, 0, sizeof(f->e));
	return submission_content(
	    f->core, &c, id, &f->object, out, media, &leaf, &f->e);
}

static int
take(struct core_fixture *f, enum person who, const char *id, const char *kase,
    const char *kind, char document[ID_TEXT])
{
	struct caller c = core_fixture_caller(f, who);
	json_t *answer = NULL;
	int r;

	memset(&f->e, 0, sizeof(f->e));
	if ((r = submission_take(
		 f->core, &c, id, kase, kind, &f->object, &answer, &f->e)) < 0)
		return r;
	snprintf(document, ID_TEXT, "%s",
	    json_string_value(json_object_get(answer, "document")));
	json_decref(answer);
	return 0;
}

typedef int settle_fn(struct core *core, const struct caller *caller,
    const char *submission, struct id *object, json_t **answer, struct err *e);

static int
settle(struct core_fixture *f, enum person who, const char *id,
    settle_fn *settling)
{
	struct caller c = core_fixture_caller(f, who);
	json_t *answer = NULL;
	int r;

	memset(&f->e, 0, sizeof(f->e));
	r = settling(f->core, &c, id, &f->object, &answer, &f->e);
	json_decref(answer);
	return r;
}

static int
reject(
    struct core_fixture *f, enum person who, const char *id, const char *reason)
{
	struct caller c = core_fixture_caller(f, who);
	json_t *answer = NULL;
	int r;

	memset(&f->e, 0, sizeof(f->e));
	r = submission_reject(
	    f->core, &c, id, reason, &f->object, &answer, &f->e);
	json_decref(answer);
	return r;
}

/* A member of the partner's first line; "" when there is none. */
static void
own(struct core_fixture *f, enum person who, const char *name, char out[128])
{
	struct caller c = partner(f, who);
	json_t *a = NULL;
	const char *s;

	if (submission_own(f->core, &c, 0, &a, &f->e) < 0)
		fail_msg("%s", f->e.text);
	s = json_string_value(json_object_get(json_array_get(a, 0), name));
	snprintf(out, 128, "%s", s != NULL ? s : "");
	json_decref(a);
}

/* A value of the submission's row. */
static int64_t
value(struct core_fixture *f, const char *sql, const char *id)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	struct id raw;

	assert_int_equal(id_parse(id, &raw, NULL), 0);
	assert_int_equal(tx_read(f->core->catalog, &tx, NULL), 0);
	assert_int_equal(sql_open(&tx, sql, &q, NULL), 0);
	assert_int_equal(sql_id(q, 1, &raw, NULL), 0);
	assert_int_equal(sql_step(q, NULL), 1);
	return sql_get_int(q, 0);
}

static void
expect_content_gone(struct core_fixture *f, const char *id)
{
	assert_int_equal(
	    value(f, "SELECT content_key FROM submission WHERE id = ?", id), 0);
	assert_int_equal(
	    value(f, "SELECT count(*) FROM chunk WHERE owner = ?", id), 0);
	/* Its number stays a number that was given. */
	assert_true(
	    value(f, "SELECT drawn FROM submission WHERE id = ?", id) > 0);
}

/* --- handing in -------------------------------------------------------------
 */

static void
what_is_handed_in_waits_and_staff_read_the_same_bytes(void **state)
{
	AUTO(buf_done) struct buf pdf = { 0 }, got = { 0 };
	char id[ID_TEXT], text[128];
	FIXTURE(f);

	core_fixture_pdf(&pdf, "avis", 50000);
	hand_in(f, CCAPEX, pdf.p, pdf.len, id);
	own(f, CCAPEX, "submission", text);
	assert_string_equal(text, id);
	own(f, CCAPEX, "media", text); /* staff's word */
	assert_string_equal(text, "");
	own(f, CAF, "submission", text);
	assert_string_equal(text, "");
	assert_int_equal(look(f, CAMILLE, id, &got), 0);
	assert_int_equal(got.len, pdf.len);
	assert_memory_equal(got.p, pdf.p, pdf.len);
	/* Who handed it in does not read it back; nor do others. */
	assert_int_equal(look(f, CCAPEX, id, &got), -ERR_DENIED);
	assert_int_equal(look(f, ADMIN, id, &got), -ERR_DENIED);
	assert_int_equal(look(f, NOBODY, id, &got), -ERR_DENIED);
	assert_int_equal(look(f, CAMILLE, "aaaaaaaaaaaaaaaaaaaaaaaaaa", &got),
	    -ERR_NOT_FOUND);
	assert_int_equal(look(f, CAMILLE, "x", &got), -ERR_NOT_FOUND);
	assert_int_equal(got.len, 0);
}

static void
only_a_partner_hands_in_what_it_sent_itself(void **state)
{
	char id[ID_TEXT], upload[ID_TEXT];
	FIXTURE(f);

	core_fixture_send(f, CAF, "texte", 5, upload);
	assert_int_equal(submit(f, CCAPEX, upload, id), -ERR_NOT_FOUND);
	assert_int_equal(
	    submit(f, CAF, "aaaaaaaaaaaaaaaaaaaaaaaaaa", id), -ERR_NOT_FOUND);
	assert_int_equal(submit(f, CAF, upload, id), 0);
	/* Once: it is no upload any more. */
	assert_int_equal(submit(f, CAF, upload, id), -ERR_NOT_FOUND);
	core_fixture_send(f, CAMILLE, "texte", 5, upload);
	assert_int_equal(submit(f, CAMILLE, upload, id), -ERR_DENIED);
	core_fixture_send(f, CAF, "", 0, upload);
	assert_int_equal(submit(f, CAF, upload, id), -ERR_REFUSED);
	assert_string_equal(f->e.tag, "empty-file");
}

static void
too_much_is_refused_before_it_is_all_there(void **state)
{
	static uint8_t piece[1 << 20];
	struct upload *u = NULL;
	struct caller c;
	char id[ID_TEXT];
	struct id raw;
	int i, r = 0;
	FIXTURE(f);

	c = partner(f, CAF);
	assert_int_equal(uploads_max(f->core, &c), SUBMISSION_MAX);
	assert_int_equal(id_random(&raw, NULL), 0);
	id_format(&raw, id);
	/* Keys may be on their way: a client would come again. */
	while ((r = uploads_begin(f->core, &c, id, 0, &u, &f->e)) == -ERR_BUSY)
		usleep(1000);
	assert_int_equal(r, 0);
	for (i = 0; i < 16 && r == 0; i++)
		r = upload_write(u, piece, sizeof(piece), &f->e);
	assert_int_equal(r, 0);
	assert_int_equal(upload_write(u, piece, 1, &f->e), -ERR_TOO_LARGE);
	upload_pause(u);
}

static void
a_partner_has_few_uploads_open(void **state)
{
	struct upload *u = NULL;
	char id[ID_TEXT];
	struct caller c;
	struct id raw;
	int i;
	FIXTURE(f);

	for (i = 0; i < UPLOADS_PER_PARTNER; i++)
		core_fixture_send(f, CAF, "texte", 5, id);
	c = partner(f, CAF);
	assert_int_equal(id_random(&raw, NULL), 0);
	id_format(&raw, id);
	assert_int_equal(
	    uploads_begin(f->core, &c, id, 0, &u, &f->e), -ERR_BUSY);
	assert_string_equal(f->e.tag, "uploads-open");
}

static void
a_full_quarantine_takes_no_more_of_that_partner(void **state)
{
	char id[ID_TEXT], upload[ID_TEXT], text[128];
	int i;
	FIXTURE(f);

	for (i = 0; i < SUBMISSION_PER_PARTNER; i++)
		hand_in(f, CAF, "texte", 5, id);
	core_fixture_send(f, CAF, "texte", 5, upload);
	assert_int_equal(submit(f, CAF, upload, id), -ERR_CONFLICT);
	assert_string_equal(f->e.tag, "submission-quota");
	hand_in(f, CCAPEX, "texte", 5, id);
	own(f, CAF, "submission", text);
	assert_int_equal(reject(f, CAMILLE, text, "vide"), 0);
	assert_int_equal(submit(f, CAF, upload, id), 0);
}

/* --- settling ---------------------------------------------------------------
 */

static void
it_is_taken_into_a_case_once_and_leaves_the_quarantine(void **state)
{
	AUTO(buf_done) struct buf pdf = { 0 }, got = { 0 };
	char kase[ID_TEXT], id[ID_TEXT], document[ID_TEXT], text[128];
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Durand", kase);
	core_fixture_pdf(&pdf, "avis", 3000);
	hand_in(f, CCAPEX, pdf.p, pdf.len, id);
	/* Refused like any filing: it goes on waiting. */
	assert_int_equal(
	    take(f, CAMILLE, id, kase, "diagnostic", document), -ERR_REFUSED);
	assert_int_equal(
	    take(f, CAMILLE, id, kase, "no-such-kind", document), -ERR_DENIED);
	assert_int_equal(
	    take(f, SACHA, id, kase, "piece", document), -ERR_NOT_FOUND);
	assert_int_equal(
	    take(f, ADMIN, id, kase, "piece", document), -ERR_DENIED);
	own(f, CCAPEX, "state", text);
	assert_string_equal(text, "waiting");
	if (take(f, CAMILLE, id, kase, "piece", document) < 0)
		fail_msg("take: %s", f->e.text);
	assert_int_equal(core_fixture_get(f, CAMILLE, document, 0, 0, &got), 0);
	assert_int_equal(got.len, pdf.len);
	assert_memory_equal(got.p, pdf.p, pdf.len);
	own(f, CCAPEX, "state", text);
	assert_string_equal(text, "taken");
	expect_content_gone(f, id);
	assert_int_equal(look(f, CAMILLE, id, &got), -ERR_CONFLICT);
	assert_string_equal(f->e.tag, "submission-taken");
	assert_int_equal(
	    take(f, CAMILLE, id, kase, "piece", document), -ERR_CONFLICT);
	assert_int_equal(reject(f, CAMILLE, id, "non"), -ERR_CONFLICT);
}

static void
what_is_rejected_dies_and_the_partner_reads_why(void **state)
{
	AUTO(buf_done) struct buf got = { 0 };
	char id[ID_TEXT], text[128];
	FIXTURE(f);

	hand_in(f, CAF, "texte", 5, id);
	assert_int_equal(reject(f, CAMILLE, id, ""), -ERR_INVALID);
	assert_string_equal(f->e.tag, "submission-reason");
	assert_int_equal(reject(f, CAMILLE, id, "a\x01"), -ERR_INVALID);
	assert_int_equal(reject(f, ADMIN, id, "non"), -ERR_DENIED);
	assert_int_equal(reject(f, CAMILLE, id, "illisible"), 0);
	own(f, CAF, "state", text);
	assert_string_equal(text, "rejected");
	own(f, CAF, "reason", text);
	assert_string_equal(text, "illisible");
	expect_content_gone(f, id);
	assert_int_equal(look(f, CAMILLE, id, &got), -ERR_CONFLICT);
	assert_string_equal(f->e.tag, "submission-rejected");
	assert_int_equal(
	    settle(f, CAMILLE, id, submission_accept), -ERR_CONFLICT);
}

static void
what_is_accepted_stays_until_it_is_discarded(void **state)
{
	AUTO(buf_done) struct buf got = { 0 };
	char id[ID_TEXT];
	FIXTURE(f);

	hand_in(f, CCAPEX, "liste", 5, id);
	assert_int_equal(
	    settle(f, CAMILLE, id, submission_discard), -ERR_CONFLICT);
	assert_string_equal(f->e.tag, "submission-waiting");
	assert_int_equal(settle(f, CAMILLE, id, submission_accept), 0);
	assert_int_equal(look(f, CAMILLE, id, &got), 0);
	assert_memory_equal(got.p, "liste", 5);
	assert_int_equal(settle(f, CAMILLE, id, submission_discard), 0);
	expect_content_gone(f, id);
	assert_int_equal(look(f, CAMILLE, id, &got), -ERR_CONFLICT);
}

/* --- the key at the door
 * ------------------------------------------------------ */

static void
a_key_that_is_not_the_accounts_is_refused(void **state)
{
	static const char line[] =
	    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHSIku2Rivbe3HaSRvOm3vS69rhv"
	    "H0E/MUyb7D32Wnm7 guichet";
	static const char *const keys[] = { line, NULL };
	static const char *const none[] = { NULL };
	AUTO(buf_done) struct buf blob = { 0 };
	struct principal who = { .recipient = "caf", .keys = keys };
	struct caller c = { .who = &who, .partner_door = 1 };
	char print[64], other[64];

	(void)state;
	assert_int_equal(ssh_public_parse(line, &blob, NULL), 0);
	assert_int_equal(ssh_fingerprint(blob.p, blob.len, print, NULL), 0);
	c.door_key = print;
	assert_int_equal(door_check_key(&c, NULL), 0);
	assert_string_equal(door_key(&c), print);
	/* Another one; none told; more or less than a fingerprint. */
	snprintf(other, sizeof(other), "%s", print);
	other[20] = other[20] == 'A' ? 'B' : 'A';
	c.door_key = other;
	assert_int_equal(door_check_key(&c, NULL), -ERR_DENIED);
	c.door_key = NULL;
	assert_int_equal(door_check_key(&c, NULL), -ERR_DENIED);
	assert_string_equal(door_key(&c), "unknown");
	c.door_key = "SHA256:";
	assert_int_equal(door_check_key(&c, NULL), -ERR_DENIED);
	assert_string_equal(door_key(&c), "malformed");
	/* An account without keys in the rules: any key, and none told. */
	who.keys = none;
	assert_int_equal(door_check_key(&c, NULL), -ERR_DENIED);
	c.door_key = other;
	assert_int_equal(door_check_key(&c, NULL), 0);
	c.door_key = NULL;
	assert_int_equal(door_check_key(&c, NULL), 0);
}

#define TEST(t)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    t, core_fixture_setup, core_fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_handed_in_waits_and_staff_read_the_same_bytes),
		TEST(only_a_partner_hands_in_what_it_sent_itself),
		TEST(too_much_is_refused_before_it_is_all_there),
		TEST(a_partner_has_few_uploads_open),
		TEST(a_full_quarantine_takes_no_more_of_that_partner),
		TEST(it_is_taken_into_a_case_once_and_leaves_the_quarantine),
		TEST(what_is_rejected_dies_and_the_partner_reads_why),
		TEST(what_is_accepted_stays_until_it_is_discarded),
		cmocka_unit_test(a_key_that_is_not_the_accounts_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
