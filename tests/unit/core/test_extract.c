/*
 * Extracts in their other ways: two signatures, by hand, on paper, in part,
 * blocked, refused, and after the rules changed.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/file.h"
#include "base/sshsig.h"
#include "base/text.h"
#include "daemon/core/approval.h"
#include "daemon/core/disclosing.h"
#include "daemon/core/due.h"
#include "daemon/core/event.h"
#include "daemon/core/notice.h"
#include "daemon/core/objection.h"
#include "daemon/core/page.h"
#include "tests/unit/core/extract_scene.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

#define CAF_FOR "maintien-aide-logement"
#define CCAPEX_FOR "examen-ccapex"
#define SIAO_FOR "hebergement"
#define DALO_FOR "recours-dalo"
#define COURT_FOR "instance-judiciaire"

static const char evaluation[] =
    "{\"date\":\"2026-11-02\",\"identite\":{\"nom\":\"Durand\"},"
    "\"composition\":{\"adultes\":1,\"mineurs\":2},"
    "\"dette\":{\"montant\":12448}}";

static const char *
text_of(const json_t *j, const char *name)
{
	const char *s = json_string_value(json_object_get(j, name));

	return s != NULL ? s : "";
}

static void
extract_of(const json_t *answer, char out[ID_TEXT])
{
	snprintf(out, ID_TEXT, "%s", text_of(answer, "extract"));
}

static void
must(struct scene *s, int r)
{
	if (r < 0)
		fail_msg("%s: %s", err_name(&s->f->e), s->f->e.text);
}

static void
refused(struct scene *s, int r, const char *tag)
{
	assert_true(r < 0);
	assert_string_equal(err_name(&s->f->e), tag);
}

static void
happens(struct scene *s, const char *event, const char *document)
{
	const struct event_entry en = { .kase = s->kase,
		.name = event,
		.occurred_on = "",
		.document = document,
		.note = "" };
	json_t *answer = NULL;

	must(s, event_add(s->f->core, &s->camille, &en, &s->f->object, &answer,
		    &s->f->e));
	json_decref(answer);
}

/* Every line of the register of the case. */
static json_t *
register_of(struct scene *s)
{
	json_t *answer = NULL;
	json_t *lines;

	must(s, extract_list(s->f->core, &s->noa, s->kase, &s->f->object,
		    &answer, &s->f->e));
	lines = json_incref(json_object_get(answer, "extracts"));
	json_decref(answer);
	return lines;
}

static json_t *
line_of(struct scene *s, const char *extract)
{
	json_t *lines = register_of(s), *line, *found = NULL;
	size_t i;

	json_array_foreach(lines, i, line)
	{
		if (strcmp(text_of(line, "extract"), extract) == 0)
			found = json_incref(line);
	}
	json_decref(lines);
	assert_non_null(found);
	return found;
}

/* --- the second signature ------------------------------------------------- */

static int
sign(struct scene *s, const char *extract, enum person who, json_t **answer)
{
	AUTO(buf_done) struct buf sig = { 0 };
	json_t *page = NULL;
	const char *text;
	uint8_t seed[32];
	int r;

	must(s, extract_page(s->f->core, &s->camille, extract, &s->f->object,
		    &page, &s->f->e));
	text = text_of(page, "page");
	core_fixture_seed(who, seed);
	assert_int_equal(sshsig_sign(seed, APPROVAL_NAMESPACE, text,
			     strlen(text), &sig, NULL),
	    0);
	json_decref(page);
	r = extract_approve(s->f->core, &s->director, extract, buf_str(&sig),
	    &s->f->object, answer, &s->f->e);
	return r;
}

/* For the siao: its rule wants four eyes. */
static void
release_siao(struct scene *s, const char *channel, char extract[ID_TEXT])
{
	char consent[ID_TEXT];
	json_t *answer = NULL;

	must(s, scene_give(s, "partage:siao", NULL, consent));
	must(s, scene_release(s, "siao", SIAO_FOR, channel, &answer));
	assert_string_equal(text_of(answer, "state"), "awaiting");
	extract_of(answer, extract);
	json_decref(answer);
}

static void
nobody_outside_knows_of_what_awaits_a_second_signature(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char extract[ID_TEXT];
	json_t *list = NULL;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	release_siao(&s, "ssh", extract);
	assert_int_equal(
	    scene_pull(&s, &s.siao, extract, &out), -ERR_NOT_FOUND);
	assert_string_equal(f->e.text, "no such extract");
	must(&s, partner_list(f->core, &s.siao, &list, &f->e));
	assert_int_equal(json_array_size(json_object_get(list, "extracts")), 0);
	json_decref(list);
	assert_int_equal(out.len, 0);
}

static void
somebody_elses_signature_releases_it(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	json_t *answer = NULL, *j, *line;
	char extract[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	release_siao(&s, "ssh", extract);
	must(&s, sign(&s, extract, JURIST, &answer));
	assert_string_equal(text_of(answer, "state"), "released");
	assert_int_equal(
	    json_array_size(json_object_get(answer, "approvals")), 1);
	json_decref(answer);
	must(&s, scene_pull(&s, &s.siao, extract, &out));
	j = scene_open_stock(&s, &out, "siao");
	assert_string_equal(
	    text_of(json_object_get(j, "content"), "channel"), "ssh");
	json_decref(j);
	line = line_of(&s, extract);
	assert_true(*text_of(line, "second_at") != '\0');
	json_decref(line);
	answer = NULL;
	refused(&s, sign(&s, extract, DIRECTOR, &answer), "extract-seconded");
}

static void
ones_own_signature_does_not_count(void **state)
{
	AUTO(buf_done) struct buf sig = { 0 };
	char extract[ID_TEXT], consent[ID_TEXT];
	struct extract_asking a = { .recipient = "siao" };
	json_t *answer = NULL, *page = NULL;
	struct caller jurist;
	uint8_t seed[32];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	must(&s, scene_give(&s, "partage:siao", NULL, consent));
	jurist = core_fixture_caller(f, JURIST);
	jurist.purpose = SIAO_FOR;
	a.kase = s.kase;
	must(&s,
	    extract_release(f->core, &jurist, &a, &f->object, &answer, &f->e));
	extract_of(answer, extract);
	json_decref(answer);
	must(&s,
	    extract_page(f->core, &jurist, extract, &f->object, &page, &f->e));
	core_fixture_seed(JURIST, seed);
	assert_int_equal(
	    sshsig_sign(seed, APPROVAL_NAMESPACE, text_of(page, "page"),
		strlen(text_of(page, "page")), &sig, NULL),
	    0);
	json_decref(page);
	refused(&s,
	    extract_approve(f->core, &jurist, extract, buf_str(&sig),
		&f->object, &answer, &f->e),
	    "approval-own");
}

static void
what_was_withdrawn_meanwhile_is_not_released_by_a_signature(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char extract[ID_TEXT], consent[ID_TEXT];
	json_t *answer = NULL;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	must(&s, scene_give(&s, "partage:siao", NULL, consent));
	must(&s, scene_release(&s, "siao", SIAO_FOR, "ssh", &answer));
	extract_of(answer, extract);
	json_decref(answer);
	answer = NULL;
	must(&s, scene_withdraw(&s, consent, &answer));
	json_decref(answer);
	answer = NULL;
	refused(&s, sign(&s, extract, DIRECTOR, &answer), "extract-withdrawn");
	/* It was never released: outside there is still no such extract. */
	assert_int_equal(
	    scene_pull(&s, &s.siao, extract, &out), -ERR_NOT_FOUND);
	assert_string_equal(f->e.text, "no such extract");
	must(&s, partner_list(f->core, &s.siao, &answer, &f->e));
	assert_int_equal(
	    json_array_size(json_object_get(answer, "extracts")), 0);
	json_decref(answer);
}

static void
a_rule_with_one_signature_takes_no_second(void **state)
{
	char extract[ID_TEXT];
	json_t *answer = NULL;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	must(&s, scene_extract(&s, "ccapex", CCAPEX_FOR, extract));
	refused(
	    &s, sign(&s, extract, DIRECTOR, &answer), "extract-one-signature");
}

/* Lines of what is due, of one kind. */
static size_t
due_lines(struct scene *s, const char *what)
{
	json_t *answer = NULL, *line;
	size_t i, n = 0;

	must(s, due(s->f->core, &s->noa, 0, &answer, &s->f->e));
	json_array_foreach(json_object_get(answer, "due"), i, line) n +=
	    strcmp(text_of(line, "what"), what) == 0;
	json_decref(answer);
	return n;
}

static void
what_is_urgent_goes_and_its_signature_is_due(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char extract[ID_TEXT], consent[ID_TEXT], doc[ID_TEXT];
	json_t *answer = NULL, *line;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	happens(&s, "concours-force-publique", "");
	scene_file(
	    &s, "evaluation", evaluation, sizeof(evaluation) - 1, "", doc);
	must(&s, scene_give(&s, "partage:siao", NULL, consent));
	must(&s, scene_release(&s, "siao", SIAO_FOR, "ssh", &answer));
	assert_string_equal(text_of(answer, "state"), "released");
	assert_string_equal(text_of(answer, "rule"), "siao-urgence");
	assert_true(*text_of(answer, "second_due_at") != '\0');
	extract_of(answer, extract);
	json_decref(answer);
	must(&s, scene_pull(&s, &s.siao, extract, &out));
	assert_int_equal(due_lines(&s, "extract-approval"), 1);
	answer = NULL;
	must(&s, sign(&s, extract, DIRECTOR, &answer));
	assert_string_equal(text_of(answer, "state"), "pulled");
	json_decref(answer);
	assert_int_equal(due_lines(&s, "extract-approval"), 0);
	line = line_of(&s, extract);
	assert_true(*text_of(line, "second_at") != '\0');
	json_decref(line);
}

/* The vault's clock, where a test says so. */
static int64_t there_ms;

static int64_t
there(void)
{
	return there_ms;
}

static void
go_to(struct scene *s, int64_t ms)
{
	there_ms = ms;
	core_fixture_set_clock(s->f, there);
}

/* The only line of this sort in what is due; the caller's. */
static json_t *
due_line(struct scene *s, const char *what)
{
	json_t *answer = NULL, *l, *line = NULL;
	size_t i;

	must(s, due(s->f->core, &s->noa, 0, &answer, &s->f->e));
	json_array_foreach(json_object_get(answer, "due"), i, l)
	{
		if (strcmp(text_of(l, "what"), what) != 0)
			continue;
		assert_null(line);
		line = json_incref(l);
	}
	json_decref(answer);
	assert_non_null(line);
	return line;
}

static void
is_overdue(struct scene *s, const char *what, const char *extract, int overdue)
{
	json_t *line = due_line(s, what);

	assert_string_equal(text_of(line, "object"), extract);
	assert_string_equal(text_of(line, "case"), s->kase);
	assert_int_equal(
	    json_is_true(json_object_get(line, "overdue")), overdue);
	json_decref(line);
}

static void
an_urgent_signature_is_overdue_after_its_last_working_day(void **state)
{
	char extract[ID_TEXT], consent[ID_TEXT], doc[ID_TEXT];
	json_t *answer = NULL;
	int64_t due_ms;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	happens(&s, "concours-force-publique", "");
	scene_file(
	    &s, "evaluation", evaluation, sizeof(evaluation) - 1, "", doc);
	must(&s, scene_give(&s, "partage:siao", NULL, consent));
	must(&s, scene_extract(&s, "siao", SIAO_FOR, extract));
	due_ms = due_after(
	    f->core, "urgent-second-signature-days", core_now(f->core));
	go_to(&s, due_ms - 1);
	is_overdue(&s, "extract-approval", extract, 0);
	go_to(&s, due_ms + 1);
	is_overdue(&s, "extract-approval", extract, 1);
	must(&s, sign(&s, extract, DIRECTOR, &answer));
	json_decref(answer);
	assert_int_equal(due_lines(&s, "extract-approval"), 0);
}

static void
who_never_comes_for_an_extract_is_told_of(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char extract[ID_TEXT];
	int64_t from, expires;
	json_t *line;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	must(&s, scene_extract(&s, "ccapex", CCAPEX_FOR, extract));
	from = due_after(f->core, "extract-unclaimed-days", core_now(f->core));
	line = line_of(&s, extract);
	assert_int_equal(
	    time_parse(text_of(line, "expires_at"), &expires, NULL), 0);
	json_decref(line);
	assert_true(from < expires);
	go_to(&s, from - 1);
	assert_int_equal(due_lines(&s, "extract-unclaimed"), 0);
	go_to(&s, from);
	is_overdue(&s, "extract-unclaimed", extract, 0);
	go_to(&s, expires - 1);
	must(&s, scene_pull(&s, &s.ccapex, extract, &out));
	assert_int_equal(due_lines(&s, "extract-unclaimed"), 0);
}

static void
an_extract_that_ended_waits_for_nobody(void **state)
{
	char extract[ID_TEXT];
	int64_t expires;
	json_t *line;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	must(&s, scene_extract(&s, "ccapex", CCAPEX_FOR, extract));
	line = line_of(&s, extract);
	assert_int_equal(
	    time_parse(text_of(line, "expires_at"), &expires, NULL), 0);
	json_decref(line);
	go_to(&s, expires + 1000); /* the line tells whole seconds */
	assert_int_equal(due_lines(&s, "extract-unclaimed"), 0);
}

/* --- documents that go along ---------------------------------------------- */

static void
documents_that_go_along_have_a_cover_sheet(void **state)
{
	char extract[ID_TEXT], consent[ID_TEXT], doc[ID_TEXT];
	AUTO(buf_done) struct buf out = { 0 }, pdf = { 0 };
	uint8_t sum[SHA256_LEN];
	char sha[2 * SHA256_LEN + 1];
	const char *cover;
	json_t *j, *content;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	core_fixture_pdf(&pdf, "plan", 2000);
	scene_file(
	    &s, "plan-apurement", pdf.p, pdf.len, "handwritten-scan", doc);
	must(&s, scene_give(&s, "partage:caf", NULL, consent));
	must(&s, scene_extract(&s, "caf", CAF_FOR, extract));
	must(&s, scene_pull(&s, &s.caf, extract, &out));
	j = scene_open_stock(&s, &out, "caf");
	content = json_object_get(j, "content");
	assert_int_equal(
	    digest_of(DIGEST_SHA256, pdf.p, pdf.len, sum, NULL), 0);
	hex_format(sum, sizeof(sum), sha);
	cover = text_of(content, "cover");
	assert_non_null(strstr(cover, "BORDEREAU DES DOCUMENTS JOINTS"));
	assert_non_null(strstr(cover, extract));
	assert_non_null(
	    strstr(cover, policy_recipient(f->core->policy, "caf")->title));
	assert_non_null(strstr(cover, "1. Plan d'apurement"));
	assert_non_null(strstr(cover, "(application/pdf)"));
	assert_non_null(strstr(cover, sha));
	/* What it says is joined is joined; what the fields say is not there.
	 */
	assert_int_equal(
	    json_array_size(json_object_get(content, "attachments")), 1);
	assert_null(strstr(cover, "Durand"));
	assert_non_null(strstr(text_of(content, "page"), sha));
	json_decref(j);
}

static void
without_documents_there_is_no_cover_sheet(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char extract[ID_TEXT];
	struct scene s;
	json_t *j;
	FIXTURE(f);

	scene_init(&s, f);
	must(&s, scene_extract(&s, "ccapex", CCAPEX_FOR, extract));
	must(&s, scene_pull(&s, &s.ccapex, extract, &out));
	j = scene_open_stock(&s, &out, "ccapex");
	assert_null(json_object_get(json_object_get(j, "content"), "cover"));
	json_decref(j);
}

/* --- channels ------------------------------------------------------------- */

static int
deliver(struct scene *s, const char *extract, struct buf *out, int *paper)
{
	struct extract_delivery d = { 0 };
	int r;

	r = extract_deliver(
	    s->f->core, &s->camille, extract, &s->f->object, out, &d, &s->f->e);
	*paper = d.is_paper;
	return r;
}

static int
acknowledge(
    struct scene *s, const char *extract, const char *by, const char *on)
{
	const struct extract_receipt c = { .by = by, .on = on };
	json_t *answer = NULL;
	int r;

	r = extract_ack(s->f->core, &s->camille, extract, &c, &s->f->object,
	    &answer, &s->f->e);
	json_decref(answer);
	return r;
}

static void
by_hand_staff_take_the_container_and_enter_who_received_it(void **state)
{
	AUTO(buf_done) struct buf out = { 0 }, none = { 0 };
	json_t *answer = NULL, *j, *line;
	char extract[ID_TEXT];
	struct scene s;
	int paper;
	FIXTURE(f);

	scene_init(&s, f);
	must(&s, scene_release(&s, "ccapex", CCAPEX_FOR, "hand", &answer));
	assert_string_equal(text_of(answer, "channel"), "hand");
	extract_of(answer, extract);
	json_decref(answer);
	/* Not by the door: there it is not. */
	assert_int_equal(
	    scene_pull(&s, &s.ccapex, extract, &none), -ERR_NOT_FOUND);
	/* Nobody received what nobody took. */
	refused(
	    &s, acknowledge(&s, extract, "Guichet", ""), "extract-released");
	must(&s, deliver(&s, extract, &out, &paper));
	assert_int_equal(paper, 0);
	j = scene_open_stock(&s, &out, "ccapex");
	assert_string_equal(
	    text_of(json_object_get(j, "content"), "channel"), "hand");
	json_decref(j);
	refused(&s, acknowledge(&s, extract, "Guichet", "2199-01-01"),
	    "extract-ack-date");
	refused(&s, acknowledge(&s, extract, "Guichet", "2020-01-01"),
	    "extract-ack-date");
	must(&s, acknowledge(&s, extract, "Guichet de la CCAPEX", ""));
	line = line_of(&s, extract);
	assert_string_equal(
	    text_of(line, "acknowledged_by"), "Guichet de la CCAPEX");
	assert_string_equal(text_of(line, "state"), "acknowledged");
	assert_int_equal(json_integer_value(json_object_get(line, "pulls")), 1);
	json_decref(line);
	refused(
	    &s, deliver(&s, extract, &none, &paper), "extract-acknowledged");
	assert_int_equal(none.len, 0);
}

/* The text of the sheets without their last four lines, as page.h says. */
static void
text_of_sheets(const struct buf *sheets, struct buf *text, char sha[65])
{
	AUTO(mem_freep)
	char *copy = strndup((const char *)sheets->p, sheets->len);
	char *sheet, *rest = copy, *foot;
	int i;

	while ((sheet = strsep(&rest, "\f")) != NULL) {
		assert_true(sheet[strlen(sheet) - 1] == '\n');
		for (i = 0, foot = sheet + strlen(sheet) - 1; i < 4; foot--)
			i += foot[-1] == '\n' || foot == sheet;
		foot++;
		assert_int_equal(
		    buf_add(text, sheet, (size_t)(foot - sheet), NULL), 0);
		foot = strstr(foot, "SHA-256 du texte : ");
		assert_non_null(foot);
		snprintf(sha, 65, "%s", strchr(foot, ':') + 2);
	}
}

static void
on_paper_there_are_numbered_sheets_with_their_digest(void **state)
{
	AUTO(buf_done) struct buf out = { 0 }, text = { 0 };
	char extract[ID_TEXT], consent[ID_TEXT], sha[65], got[65];
	uint8_t digest[SHA256_LEN];
	json_t *answer = NULL;
	struct scene s;
	int paper;
	FIXTURE(f);

	scene_init(&s, f);
	must(&s, scene_give(&s, "partage:commission-dalo", NULL, consent));
	/* It has no certificate: paper, though by hand is its usual one. */
	refused(&s,
	    scene_release(&s, "commission-dalo", DALO_FOR, "hand", &answer),
	    "recipient-certificate");
	must(&s,
	    scene_release(&s, "commission-dalo", DALO_FOR, "paper", &answer));
	extract_of(answer, extract);
	json_decref(answer);
	must(&s, deliver(&s, extract, &out, &paper));
	assert_int_equal(paper, 1);
	assert_non_null(strstr(buf_str(&out), extract));
	assert_non_null(strstr(buf_str(&out), "page 1/1"));
	assert_non_null(strstr(buf_str(&out), "Durand"));
	assert_null(strstr(buf_str(&out), "CANARI"));
	text_of_sheets(&out, &text, sha);
	assert_int_equal(
	    digest_of(DIGEST_SHA256, text.p, text.len, digest, NULL), 0);
	hex_format(digest, sizeof(digest), got);
	assert_string_equal(got, sha);
}

static void
a_channel_that_the_rule_does_not_have_is_refused(void **state)
{
	json_t *answer = NULL;
	char extract[ID_TEXT];
	struct buf none = { 0 };
	struct scene s;
	int paper;
	FIXTURE(f);

	scene_init(&s, f);
	refused(&s, scene_release(&s, "ccapex", CCAPEX_FOR, "paper", &answer),
	    "extract-channel");
	refused(&s, scene_release(&s, "ccapex", CCAPEX_FOR, "pigeon", &answer),
	    "extract-channel");
	must(&s, scene_extract(&s, "ccapex", CCAPEX_FOR, extract));
	refused(&s, deliver(&s, extract, &none, &paper), "extract-channel");
	refused(&s, acknowledge(&s, extract, "Guichet", ""), "extract-channel");
}

static void
the_same_key_releases_once(void **state)
{
	json_t *one = NULL, *two = NULL, *lines;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	s.camille.idempotency = "deux-fois";
	must(&s, scene_release(&s, "ccapex", CCAPEX_FOR, NULL, &one));
	must(&s, scene_release(&s, "ccapex", CCAPEX_FOR, NULL, &two));
	assert_true(json_equal(one, two));
	lines = register_of(&s);
	assert_int_equal(json_array_size(lines), 1);
	json_decref(lines);
	json_decref(one);
	json_decref(two);
}

static void
a_key_of_another_case_releases_nothing(void **state)
{
	json_t *answer = NULL;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	s.camille.idempotency = "un-seul";
	must(&s, scene_release(&s, "ccapex", CCAPEX_FOR, NULL, &answer));
	json_decref(answer);
	answer = NULL;
	core_fixture_case(f, CAMILLE, "Martin", s.kase);
	refused(&s, scene_release(&s, "ccapex", CCAPEX_FOR, NULL, &answer),
	    "idempotency-key");
	assert_null(answer);
}

/* --- the register --------------------------------------------------------- */

#define MANY 1003

struct many {
	struct id kase;
	size_t keys, listed;
	struct id newest, last;
	struct buf terms;
};

/* Over and out: what was entered is rolled back. */
static int
enter_many(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	AUTO(buf_done) struct buf keys = { 0 }, ids = { 0 }, sealed = { 0 };
	struct extract_row row = { .released = now_ms, .key = 1u << 20 };
	struct many *m = arg;
	size_t i;
	int r;

	row.kase = m->kase;
	snprintf(row.recipient, sizeof(row.recipient), "caf");
	snprintf(row.state, sizeof(row.state), "released");
	if ((r = buf_addstr(&sealed, "-", e)) < 0)
		return r;
	for (i = 0; i < MANY; i++) {
		row.released++;
		row.key++;
		if ((r = id_random(&row.id, e)) < 0 ||
		    (r = register_insert(tx, &row, "", &sealed, NULL, 0, e)) <
			0)
			return r;
	}
	if ((r = disclosure_key_numbers(tx, &m->kase, NULL, &keys, e)) < 0 ||
	    (r = register_select(tx, NULL, "caf", "", NULL, &ids, e)) < 0)
		return r;
	m->keys = keys.len / sizeof(uint64_t);
	m->listed = ids.len / ID_LEN;
	m->newest = row.id;
	memcpy(m->last.b, ids.p + ids.len - ID_LEN, ID_LEN);
	return err_set(e, ERR_BUSY, "enough");
}

static void
an_erasure_misses_none_of_many_extracts_and_lists_end_with_the_newest(
    void **state)
{
	struct many m = { 0 };
	struct change ch = { .apply = enter_many, .arg = &m };
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(id_parse(s.kase, &m.kase, NULL), 0);
	assert_int_equal(commit_run(f->core->committer, &ch, &f->e), -ERR_BUSY);
	assert_int_equal(m.keys, MANY);
	assert_int_equal(m.listed, 1000);
	assert_true(id_equal(&m.last, &m.newest));
}

static int
forget_all(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	AUTO(buf_done) struct buf numbers = { 0 };
	struct many *m = arg;
	int r;

	if ((r = disclosure_forget(tx, &m->kase, NULL, now_ms, &numbers, e)) <
	    0)
		return r;
	return register_terms(tx, &m->newest, &m->terms, e);
}

static void
an_erased_extract_does_not_tell_that_an_address_was_to_be_hidden(void **state)
{
	char extract[ID_TEXT], person[ID_TEXT];
	struct many m = { 0 };
	struct change ch = { .apply = forget_all, .arg = &m };
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	scene_person(&s, "mineur", "Petit", 1, person);
	must(&s, scene_extract(&s, "ccapex", CCAPEX_FOR, extract));
	assert_int_equal(id_parse(s.kase, &m.kase, NULL), 0);
	assert_int_equal(id_parse(extract, &m.newest, NULL), 0);
	must(&s, commit_run(f->core->committer, &ch, &f->e));
	assert_int_equal(m.terms.len, 0);
	buf_done(&m.terms);
}

/* --- who agrees ----------------------------------------------------------- */

static void
a_preview_without_consent_names_who_is_missing(void **state)
{
	json_t *preview = NULL, *missing;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	must(&s, scene_preview(&s, "caf", &preview));
	assert_true(json_is_false(json_object_get(preview, "allowed")));
	missing = json_object_get(preview, "missing");
	assert_int_equal(json_array_size(missing), 1);
	assert_string_equal(
	    text_of(json_array_get(missing, 0), "name"), "Durand");
	assert_int_equal(
	    json_array_size(json_object_get(preview, "fields")), 0);
	json_decref(preview);
}

static void
of_those_who_agree_their_own_fields_go(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char consent[ID_TEXT], person[ID_TEXT], extract[ID_TEXT];
	json_t *preview = NULL, *j, *fields;
	const json_t *held;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	must(&s, scene_give(&s, "partage:caf", NULL, consent));
	/* Another adult comes, who said nothing. */
	scene_person(&s, "occupant", "Martin", 0, person);
	must(&s, scene_preview(&s, "caf", &preview));
	assert_true(json_is_true(json_object_get(preview, "allowed")));
	held = scene_withheld(preview, "dette.montant", "not all agree");
	assert_non_null(held);
	assert_string_equal(
	    text_of(
		json_array_get(json_object_get(held, "missing"), 0), "name"),
	    "Martin");
	json_decref(preview);
	must(&s, scene_extract(&s, "caf", CAF_FOR, extract));
	must(&s, scene_pull(&s, &s.caf, extract, &out));
	j = scene_open_stock(&s, &out, "caf");
	fields = json_object_get(json_object_get(j, "content"), "fields");
	assert_string_equal(text_of(fields, "allocataire.nom"), "Durand");
	assert_null(json_object_get(fields, "dette.montant"));
	/* The recipient is not told what was kept from it. */
	assert_null(json_object_get(json_object_get(j, "content"), "withheld"));
	assert_null(
	    strstr(text_of(json_object_get(j, "content"), "page"), "Martin"));
	json_decref(j);
}

/* A plan names the whole household: it cannot be cut by whom it is about. */
static void
what_not_all_agree_to_is_not_attached_either(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char consent[ID_TEXT], person[ID_TEXT], plan[ID_TEXT], extract[ID_TEXT];
	json_t *preview = NULL, *j;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	scene_file(&s, "plan-apurement", core_fixture_png, core_fixture_png_len,
	    "handwritten-scan", plan);
	must(&s, scene_give(&s, "partage:caf", NULL, consent));
	must(&s, scene_preview(&s, "caf", &preview));
	assert_int_equal(
	    json_array_size(json_object_get(preview, "attachments")), 1);
	json_decref(preview);
	preview = NULL;
	scene_person(&s, "occupant", "Martin", 0, person);
	must(&s, scene_preview(&s, "caf", &preview));
	assert_int_equal(
	    json_array_size(json_object_get(preview, "attachments")), 0);
	json_decref(preview);
	must(&s, scene_extract(&s, "caf", CAF_FOR, extract));
	must(&s, scene_pull(&s, &s.caf, extract, &out));
	j = scene_open_stock(&s, &out, "caf");
	assert_int_equal(json_array_size(json_object_get(
			     json_object_get(j, "content"), "attachments")),
	    0);
	json_decref(j);
}

static void
who_comes_later_and_said_nothing_stops_what_was_everybodys(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char consent[ID_TEXT], person[ID_TEXT], extract[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	must(&s, scene_give(&s, "partage:caf", NULL, consent));
	must(&s, scene_extract(&s, "caf", CAF_FOR, extract));
	scene_person(&s, "co-titulaire", "Martin", 0, person);
	assert_true(scene_pull(&s, &s.caf, extract, &out) < 0);
	assert_int_equal(out.len, 0);
}

static void
a_confidential_address_does_not_go(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char consent[ID_TEXT], person[ID_TEXT], before[ID_TEXT], after[ID_TEXT];
	json_t *preview = NULL, *j, *fields;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	must(&s, scene_give(&s, "partage:caf", NULL, consent));
	must(&s, scene_extract(&s, "caf", CAF_FOR, before));
	scene_person(&s, "mineur", "Petit", 1, person);
	/* What was made before has it: it may not leave any more. */
	refused(&s, scene_pull(&s, &s.caf, before, &out), "extract-suspended");
	must(&s, scene_preview(&s, "caf", &preview));
	assert_non_null(scene_withheld(
	    preview, "identite.adresse", "confidential address"));
	json_decref(preview);
	must(&s, scene_extract(&s, "caf", CAF_FOR, after));
	must(&s, scene_pull(&s, &s.caf, after, &out));
	j = scene_open_stock(&s, &out, "caf");
	fields = json_object_get(json_object_get(j, "content"), "fields");
	assert_null(json_object_get(fields, "allocataire.adresse"));
	assert_null(strstr(
	    text_of(json_object_get(j, "content"), "page"), "rue des Essais"));
	json_decref(j);
}

/* --- blocks, refusals, objections ----------------------------------------- */

static void
file_dsf(struct scene *s, const char *code)
{
	char dsf[512], doc[ID_TEXT], today[11];
	int n;

	date_format(civil_day(core_now(s->f->core)), today);
	n = snprintf(dsf, sizeof(dsf),
	    "{\"date\":\"%s\",\"identite\":{\"nom\":\"Durand\"},"
	    "\"dette\":{\"montant\":900},"
	    "\"traitement-dette\":[{\"code\":\"%s\"}]}",
	    today, code);
	scene_file(s, "dsf", dsf, (size_t)n, "", doc);
}

static void
a_filing_of_debts_does_not_reach_the_landlord_before_it_is_admissible(
    void **state)
{
	json_t *preview = NULL, *answer = NULL;
	struct extract_asking a = { .recipient = "bailleur",
		.purpose = COURT_FOR };
	const json_t *held;
	char decision[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	happens(&s, "assignation", "");
	file_dsf(&s, "surendettement");
	a.kase = s.kase;
	must(&s, extract_preview(
		     f->core, &s.camille, &a, &f->object, &preview, &f->e));
	held = scene_withheld(preview, "dette", "the record is blocked");
	assert_non_null(held);
	assert_non_null(strstr(text_of(held, "citation"), "L721-3"));
	assert_int_equal(
	    json_array_size(json_object_get(preview, "fields")), 0);
	json_decref(preview);
	refused(&s, scene_release(&s, "bailleur", COURT_FOR, "paper", &answer),
	    "extract-empty");
	scene_file(
	    &s, "acte", core_fixture_png, core_fixture_png_len, "", decision);
	happens(&s, "recevabilite", decision);
	must(&s, scene_release(&s, "bailleur", COURT_FOR, "paper", &answer));
	json_decref(answer);
}

static void
who_refused_the_diagnosis_leaves_an_outcome_and_nothing_else(void **state)
{
	struct refusing r = { .reason = "ne-souhaite-pas",
		.channel = "visite",
		.refused_on = "",
		.document = "" };
	AUTO(buf_done) struct buf out = { 0 };
	json_t *answer = NULL, *j, *fields;
	char extract[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	core_fixture_case(f, CAMILLE, "Petit", s.kase);
	r.kase = s.kase;
	must(&s,
	    refusal_enter(f->core, &s.camille, &r, &f->object, &answer, &f->e));
	json_decref(answer);
	must(&s, scene_extract(&s, "ccapex", CCAPEX_FOR, extract));
	must(&s, scene_pull(&s, &s.ccapex, extract, &out));
	j = scene_open_stock(&s, &out, "ccapex");
	fields = json_object_get(json_object_get(j, "content"), "fields");
	assert_string_equal(text_of(fields, "resultat"), "refus");
	assert_string_equal(text_of(fields, "motif"), "ne-souhaite-pas");
	assert_int_equal(json_object_size(fields), 3);
	json_decref(j);
	assert_true(scene_extract(&s, "caf", CAF_FOR, extract) < 0);
}

static void
an_objection_stops_it_and_the_partner_is_not_told_why(void **state)
{
	struct objecting o = { .person = "",
		.channel = "telephone",
		.words = "",
		.received_on = "" };
	AUTO(buf_done) struct buf out = { 0 };
	char extract[ID_TEXT];
	json_t *answer = NULL;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	must(&s, scene_extract(&s, "ccapex", CCAPEX_FOR, extract));
	o.kase = s.kase;
	must(&s, objection_enter(
		     f->core, &s.camille, &o, &f->object, &answer, &f->e));
	json_decref(answer);
	s.ccapex.told = json_object();
	refused(
	    &s, scene_pull(&s, &s.ccapex, extract, &out), "extract-suspended");
	assert_null(strstr(f->e.text, "objection"));
	/* The leaf of the refusal has all of it. */
	assert_string_equal(
	    text_of(json_object_get(s.ccapex.told, "disclosure"), "tag"),
	    "objection");
	json_decref(s.ccapex.told);
	refused(
	    &s, scene_extract(&s, "ccapex", CCAPEX_FOR, extract), "objection");
}

static void
object(struct scene *s, char objection[ID_TEXT])
{
	struct objecting o = { .kase = s->kase,
		.person = "",
		.channel = "telephone",
		.words = "",
		.received_on = "" };
	json_t *answer = NULL;

	must(s, objection_enter(s->f->core, &s->camille, &o, &s->f->object,
		    &answer, &s->f->e));
	snprintf(objection, ID_TEXT, "%s", text_of(answer, "objection"));
	json_decref(answer);
}

/* How many recipients are told. */
static size_t
settle(struct scene *s, const char *objection, const char *decision)
{
	struct caller dpo = core_fixture_caller(s->f, DPO);
	json_t *answer = NULL;
	size_t n;

	must(s, objection_decide(s->f->core, &dpo, objection, decision,
		    "vérifié", &s->f->object, &answer, &s->f->e));
	n = json_array_size(json_object_get(answer, "notices"));
	json_decref(answer);
	return n;
}

/* The notices of an extract, as the register tells them. */
static size_t
notices(struct scene *s, const char *extract, const char *reason)
{
	json_t *line = line_of(s, extract), *n;
	size_t i, count;

	json_array_foreach(json_object_get(line, "notices"), i, n)
	{
		assert_string_equal(text_of(n, "reason"), reason);
		assert_string_equal(text_of(n, "state"), "queued");
		assert_true(*text_of(n, "due_at") != '\0');
		assert_null(json_object_get(n, "extract"));
		assert_null(json_object_get(n, "words"));
	}
	assert_true(json_is_array(json_object_get(line, "notices")));
	count = json_array_size(json_object_get(line, "notices"));
	json_decref(line);
	return count;
}

static void
who_pulled_is_told_once_of_objections_that_are_upheld(void **state)
{
	char pulled[ID_TEXT], left[ID_TEXT], first[ID_TEXT], second[ID_TEXT];
	AUTO(buf_done) struct buf out = { 0 };
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	must(&s, scene_extract(&s, "ccapex", CCAPEX_FOR, pulled));
	must(&s, scene_pull(&s, &s.ccapex, pulled, &out));
	must(&s, scene_extract(&s, "ccapex", CCAPEX_FOR, left));
	object(&s, first);
	object(&s, second);
	assert_int_equal(notices(&s, pulled, ""), 0);
	assert_int_equal(settle(&s, first, "upheld"), 1);
	assert_int_equal(notices(&s, pulled, "objection"), 1);
	assert_int_equal(notices(&s, left, ""), 0);
	assert_int_equal(due_lines(&s, "notice"), 1);
	assert_int_equal(settle(&s, second, "upheld"), 0);
	assert_int_equal(notices(&s, pulled, "objection"), 1);
}

static void
nobody_is_told_of_an_objection_that_is_rejected(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char extract[ID_TEXT], objection[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	must(&s, scene_extract(&s, "ccapex", CCAPEX_FOR, extract));
	must(&s, scene_pull(&s, &s.ccapex, extract, &out));
	object(&s, objection);
	assert_int_equal(settle(&s, objection, "rejected"), 0);
	assert_int_equal(notices(&s, extract, ""), 0);
}

/* The register of each extract has its own notices. */
static void
notices_stand_with_their_own_extract(void **state)
{
	char a[ID_TEXT], b[ID_TEXT];
	AUTO(buf_done) struct buf out = { 0 };
	json_t *answer = NULL;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	must(&s, scene_extract(&s, "ccapex", CCAPEX_FOR, a));
	must(&s, scene_extract(&s, "ccapex", CCAPEX_FOR, b));
	must(&s, scene_pull(&s, &s.ccapex, b, &out));
	must(&s, extract_revoke(f->core, &s.camille, b, "erreur", &f->object,
		     &answer, &f->e));
	json_decref(answer);
	assert_int_equal(notices(&s, a, ""), 0);
	assert_int_equal(notices(&s, b, "revoked"), 1);
	/* A partner's own list tells nothing of them. */
	answer = NULL;
	must(&s, partner_list(f->core, &s.ccapex, &answer, &f->e));
	assert_null(json_object_get(
	    json_array_get(json_object_get(answer, "extracts"), 0), "notices"));
	json_decref(answer);
}

/* --- rules that change ---------------------------------------------------- */

/* The first place in a file of the rules; 0: it is not there. */
static int
edit_rules(const char *dir, const char *name, const char *from, const char *to)
{
	AUTO(buf_done) struct buf text = { 0 }, new = { 0 };
	char path[600];
	const char *at;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(file_read(AT_FDCWD, path, 1u << 20, &text, NULL), 0);
	if ((at = strstr(buf_str(&text), from)) == NULL)
		return 0;
	assert_int_equal(
	    buf_add(&new, text.p, (size_t)(at - (char *)text.p), NULL), 0);
	assert_int_equal(
	    buf_addf(&new, NULL, "%s%s", to, at + strlen(from)), 0);
	assert_int_equal(
	    file_write(AT_FDCWD, path, new.p, new.len, 0644, NULL), 0);
	return 1;
}

/* Other rules, as long as the test lasts: text from becomes to, in those of
 * today and in those of 2027, whichever are in force. */
static const struct policy *
use_rules(struct scene *s, const char *from, const char *to)
{
	const struct policy *was = s->f->core->policy;
	struct policy *p = NULL;
	char dir[512];
	int n;

	snprintf(dir, sizeof(dir), "%s/policy", s->f->agent.dir);
	n = edit_rules(dir, "00-common.conf", from, to);
	n += edit_rules(dir, "10-2027.conf", from, to);
	assert_true(n > 0);
	must(s, policy_load(dir, &p, NULL, &s->f->e));
	s->f->core->policy = p;
	return was;
}

static void
rules_back(struct scene *s, const struct policy *was)
{
	struct policy *p = s->f->core->policy;

	s->f->core->policy = (struct policy *)(uintptr_t)was;
	policy_freep(&p);
}

static void
rules_that_give_less_stop_what_was_released(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	char extract[ID_TEXT];
	const struct policy *was;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	must(&s, scene_extract(&s, "ccapex", CCAPEX_FOR, extract));
	was = use_rules(&s,
	    "	field \"logement.surface\" { from = "
	    "\"diagnostic:logement.surface\" }\n",
	    "");
	refused(&s, scene_pull(&s, &s.ccapex, extract, &out),
	    "extract-rules-changed");
	rules_back(&s, was);
	must(&s, scene_pull(&s, &s.ccapex, extract, &out));
}

/* What was encrypted to a key that was taken out of the rules stays here. */
static void
another_certificate_stops_what_was_released(void **state)
{
	AUTO(buf_done) struct buf out = { 0 }, other = { 0 };
	char extract[ID_TEXT], path[600];
	const struct policy *was;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	must(&s, scene_extract(&s, "ccapex", CCAPEX_FOR, extract));
	snprintf(path, sizeof(path), "%s/policy/certificates/siao.pem",
	    f->agent.dir);
	assert_int_equal(file_read(AT_FDCWD, path, 1u << 20, &other, NULL), 0);
	snprintf(path, sizeof(path), "%s/policy/certificates/ccapex.pem",
	    f->agent.dir);
	assert_int_equal(
	    file_write(AT_FDCWD, path, other.p, other.len, 0644, NULL), 0);
	was = use_rules(&s, "disclosure", "disclosure");
	assert_int_equal(
	    scene_pull(&s, &s.ccapex, extract, &out), -ERR_CONFLICT);
	rules_back(&s, was);
	assert_string_equal(err_name(&f->e), "extract-rules-changed");
	assert_int_equal(out.len, 0);
	must(&s, scene_pull(&s, &s.ccapex, extract, &out));
}

/* More of them than there is room for is no reason to leave one out. */
static void
no_block_is_left_out_because_there_are_many(void **state)
{
	static const char at[] = "block \"surendettement-avant-recevabilite\"";
	AUTO(buf_done) struct buf text = { 0 };
	json_t *preview = NULL;
	const struct policy *was;
	struct scene s;
	int i, r;
	FIXTURE(f);

	scene_init(&s, f);
	for (i = 0; i <= DISCLOSING_BLOCKS_MAX; i++)
		assert_int_equal(buf_addf(&text, NULL,
				     "block \"trop-%d\" {\n"
				     "title = \"Essai\"\n"
				     "landlord-facing = false\n"
				     "recipients = { ccapex }\n"
				     "until-event = recevabilite\n"
				     "source = \"Essai\"\n"
				     "fields-count = 1\n"
				     "field \"diagnostic:surendettement\""
				     " { value = any }\n}\n",
				     i),
		    0);
	assert_int_equal(buf_addstr(&text, at, NULL), 0);
	was = use_rules(&s, at, buf_str(&text));
	r = scene_preview(&s, "ccapex", &preview);
	rules_back(&s, was);
	json_decref(preview);
	assert_int_equal(r, -ERR_TOO_LARGE);
}

static void
rules_that_give_more_do_not(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	static const char first[] = "disclosure \"ccapex-amont\" {";
	char extract[ID_TEXT];
	const struct policy *was;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	was = use_rules(&s,
	    "	field \"logement.surface\" { from = "
	    "\"diagnostic:logement.surface\" }\n",
	    "");
	must(&s, scene_extract(&s, "ccapex", CCAPEX_FOR, extract));
	rules_back(&s, was);
	must(&s, scene_pull(&s, &s.ccapex, extract, &out));
	(void)first;
}

/* --- the page ------------------------------------------------------------- */

static void
a_page_says_amounts_and_days_as_people_do(void **state)
{
	static const struct {
		struct policy_field f;
		const char *json, *text;
	} rows[] = {
		{ { .type = FIELD_AMOUNT }, "2448",
		    "2\xc2\xa0"
		    "448,00\xc2\xa0€" },
		{ { .type = FIELD_AMOUNT }, "2150.4",
		    "2\xc2\xa0"
		    "150,40\xc2\xa0€" },
		{ { .type = FIELD_AMOUNT }, "0.29", "0,29\xc2\xa0€" },
		{ { .type = FIELD_AMOUNT }, "-1234567.995",
		    "-1\xc2\xa0"
		    "234\xc2\xa0"
		    "568,00\xc2\xa0€" },
		{ { .type = FIELD_AMOUNT }, "999", "999,00\xc2\xa0€" },
		{ { .type = FIELD_DATE }, "\"2026-10-31\"", "31 octobre 2026" },
		{ { .type = FIELD_DATE }, "\"2026-08-01\"", "1er août 2026" },
		{ { .type = FIELD_DATE }, "\"hier\"", "hier" },
		{ { .type = FIELD_BOOLEAN }, "true", "oui" },
		{ { .type = FIELD_BOOLEAN }, "false", "non" },
		{ { .type = FIELD_CODE }, "\"perte-emploi\"", "perte emploi" },
		{ { .type = FIELD_CODE }, "\"0-2\"", "0-2" },
		{ { .type = FIELD_INTEGER }, "17", "17" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(buf_done) struct buf out = { 0 };
		json_t *v = json_loads(rows[i].json, JSON_DECODE_ANY, NULL);

		assert_int_equal(page_value(&rows[i].f, v, &out, NULL), 0);
		assert_string_equal(buf_str(&out), rows[i].text);
		json_decref(v);
	}
}

static void
many_lines_make_numbered_sheets(void **state)
{
	AUTO(buf_done) struct buf text = { 0 }, sheets = { 0 }, back = { 0 };
	static const struct id extract = { .b = { 1 } };
	char sha[65];
	int i;

	(void)state;
	for (i = 0; i < 3 * PAGE_LINES; i++)
		assert_int_equal(buf_addf(&text, NULL, "ligne %d\n", i), 0);
	assert_int_equal(page_sheets(&text, &extract, 7, &sheets, NULL), 0);
	assert_non_null(strstr(buf_str(&sheets), "page 1/3"));
	assert_non_null(strstr(buf_str(&sheets), "page 3/3"));
	assert_null(strstr(buf_str(&sheets), "page 4"));
	text_of_sheets(&sheets, &back, sha);
	assert_int_equal(back.len, text.len);
	assert_memory_equal(back.p, text.p, text.len);
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    name, extract_setup, core_fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(nobody_outside_knows_of_what_awaits_a_second_signature),
		T(somebody_elses_signature_releases_it),
		T(ones_own_signature_does_not_count),
		T(what_was_withdrawn_meanwhile_is_not_released_by_a_signature),
		T(a_rule_with_one_signature_takes_no_second),
		T(what_is_urgent_goes_and_its_signature_is_due),
		T(an_urgent_signature_is_overdue_after_its_last_working_day),
		T(who_never_comes_for_an_extract_is_told_of),
		T(an_extract_that_ended_waits_for_nobody),
		T(documents_that_go_along_have_a_cover_sheet),
		T(without_documents_there_is_no_cover_sheet),
		T(by_hand_staff_take_the_container_and_enter_who_received_it),
		T(on_paper_there_are_numbered_sheets_with_their_digest),
		T(a_channel_that_the_rule_does_not_have_is_refused),
		T(the_same_key_releases_once),
		T(a_key_of_another_case_releases_nothing),
		T(an_erasure_misses_none_of_many_extracts_and_lists_end_with_the_newest),
		T(an_erased_extract_does_not_tell_that_an_address_was_to_be_hidden),
		T(a_preview_without_consent_names_who_is_missing),
		T(of_those_who_agree_their_own_fields_go),
		T(what_not_all_agree_to_is_not_attached_either),
		T(who_comes_later_and_said_nothing_stops_what_was_everybodys),
		T(a_confidential_address_does_not_go),
		T(a_filing_of_debts_does_not_reach_the_landlord_before_it_is_admissible),
		T(who_refused_the_diagnosis_leaves_an_outcome_and_nothing_else),
		T(an_objection_stops_it_and_the_partner_is_not_told_why),
		T(who_pulled_is_told_once_of_objections_that_are_upheld),
		T(nobody_is_told_of_an_objection_that_is_rejected),
		T(notices_stand_with_their_own_extract),
		T(rules_that_give_less_stop_what_was_released),
		T(another_certificate_stops_what_was_released),
		T(no_block_is_left_out_because_there_are_many),
		T(rules_that_give_more_do_not),
		cmocka_unit_test(a_page_says_amounts_and_days_as_people_do),
		cmocka_unit_test(many_lines_make_numbered_sheets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
