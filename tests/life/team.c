/* Acts of a team, through the core. */
#include "team.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/sshsig.h"
#include "daemon/core/approval.h"
#include "daemon/core/closing.h"
#include "daemon/core/consent.h"
#include "daemon/core/erasure.h"
#include "daemon/core/event.h"
#include "daemon/core/hold.h"
#include "daemon/core/objection.h"
#include "daemon/core/request.h"
#include "daemon/core/restriction.h"

static int64_t clock_ms;

int64_t
team_clock(void)
{
	return clock_ms;
}

void
team_begin(struct team *t, int32_t day)
{
	struct core_fixture *f = t->f;

	t->today = day;
	clock_ms = life_midnight(day);
	if (core_open(&f->agent.settings, team_clock, &f->core, &f->e) < 0 ||
	    core_unsealed(f->core, &f->e) < 0)
		fail_msg("%s", f->e.text);
}

void
team_live(struct team *t, int32_t day, int64_t ms)
{
	int64_t until = life_midnight(ms < 0 ? day + 1 : day) + ms;

	t->today = day;
	if (until > clock_ms)
		core_fixture_live(t->f, &clock_ms, until);
}

void
team_take(json_t *answer, const char *member, char out[LIFE_ID])
{
	const char *s = json_string_value(json_object_get(answer, member));

	assert_non_null(s);
	assert_int_equal(strlen(s), LIFE_ID - 1);
	memcpy(out, s, LIFE_ID);
}

void
team_sign(enum person who, const char *text, struct buf *out)
{
	uint8_t seed[32];

	core_fixture_seed(who, seed);
	assert_int_equal(sshsig_sign(seed, APPROVAL_NAMESPACE, text,
			     strlen(text), out, NULL),
	    0);
}

static void
must(struct team *t, int r, const struct life *l, const char *what)
{
	char day[11];

	life_day_text(t->today, day);
	if (r < 0)
		fail_msg("%s: life %u, %s: %s", day, l->n, what, t->f->e.text);
}

/* --- the case ---------------------------------------------------------------
 */

static void
open_case(struct team *t, struct life *l)
{
	struct caller c = core_fixture_caller(t->f, CAMILLE);
	char name[32];
	struct case_person p = { .role = "titulaire",
		.name = name,
		.birth_year = 1950 + (int)(l->n % 50) };
	struct case_opening o = { .stage = "amont",
		.source = l->source,
		.title = "Ménage fictif",
		.commune = "Melun",
		.reference = "",
		.persons = &p,
		.npersons = 1 };
	json_t *answer = NULL;

	snprintf(name, sizeof(name), "Fictif %u", l->n);
	must(t, case_open(t->f->core, &c, &o, &answer, &t->f->e), l, "open");
	team_take(answer, "case", l->id);
	json_decref(answer);
}

static void
close_case(struct team *t, struct life *l, const struct life_act *a)
{
	struct caller c = core_fixture_caller(t->f, CAMILLE);
	char day[11];
	struct closing_entry x = { l->id, a->word, day, "",
		"ce qui est ouvert le reste" };
	json_t *answer = NULL;

	life_day_text(a->said, day);
	must(t,
	    closing_enter(t->f->core, &c, &x, &t->f->object, &answer, &t->f->e),
	    l, "close");
	json_decref(answer);
}

static void
reopen(struct team *t, struct life *l)
{
	struct caller c = core_fixture_caller(t->f, NOA);
	json_t *answer = NULL;

	must(t,
	    closing_reopen(t->f->core, &c, l->id, "sur la liste de l'année",
		&t->f->object, &answer, &t->f->e),
	    l, "reopen");
	json_decref(answer);
}

static void
enter_event(struct team *t, struct life *l, const struct life_act *a)
{
	struct caller c = core_fixture_caller(t->f, CAMILLE);
	char day[11];
	struct event_entry en = { .kase = l->id,
		.name = a->word,
		.occurred_on = day,
		.document = "",
		.note = "" };
	json_t *answer = NULL;

	life_day_text(a->said, day);
	must(t,
	    event_add(t->f->core, &c, &en, &t->f->object, &answer, &t->f->e), l,
	    a->word);
	json_decref(answer);
}

static void
refuse(struct team *t, struct life *l, const struct life_act *a)
{
	struct caller c = core_fixture_caller(t->f, CAMILLE);
	struct refusing r = { .kase = l->id,
		.reason = a->word,
		.channel = "visite",
		.refused_on = "",
		.document = "" };
	json_t *answer = NULL;

	must(t,
	    refusal_enter(t->f->core, &c, &r, &t->f->object, &answer, &t->f->e),
	    l, "refuse");
	json_decref(answer);
}

/* --- documents and records --------------------------------------------------
 */

static const char *
device(const struct life *l, int doc)
{
	int i;

	for (i = 0; i < l->nacts; i++)
		if (l->acts[i].what == LIFE_STEP && l->acts[i].doc == doc)
			return l->acts[i].word;
	return "";
}

/* The record of this act, as short as it may be. */
static void
write_record(const struct life *l, const struct life_act *a, struct buf *out)
{
	const char *kind = l->docs[a->doc].kind;
	char day[11];
	int r;

	life_day_text(a->said, day);
	if (a->channel != NULL)
		r = buf_addf(out, NULL,
		    "{\"date\":\"%s\",\"canal\":\"%s\",\"resultat\":\"%s\"}",
		    day, a->channel, a->word);
	else if (strcmp(kind, "demarche") == 0)
		r = buf_addf(out, NULL,
		    "{\"date\":\"%s\",\"dispositif\":\"%s\","
		    "\"etat\":\"%s\"%s%s%s}",
		    day, device(l, a->doc),
		    a->what == LIFE_STEP ? "en-cours" : "faite",
		    a->what == LIFE_STEP ? "" : ",\"decision\":\"",
		    a->what == LIFE_STEP ? "" : a->word,
		    a->what == LIFE_STEP ? "" : "\"");
	else if (strcmp(kind, "controle-regularite") == 0)
		r = buf_addf(out, NULL,
		    "{\"date\":\"%s\",\"acte\":\"commandement-de-payer\"}",
		    day);
	else
		r = buf_addf(out, NULL, "{\"date\":\"%s\"}", day);
	assert_int_equal(r, 0);
}

static void
send(struct team *t, enum person who, const struct life *l,
    const struct life_act *a, const struct policy_kind *kind, char *upload)
{
	AUTO(buf_done) struct buf bytes = { 0 };

	if (kind->is_record) {
		write_record(l, a, &bytes);
		core_fixture_send(t->f, who, bytes.p, bytes.len, upload);
	} else if (strcmp(kind->media[0], "application/pdf") == 0 &&
		   kind->media[1] == NULL) {
		core_fixture_pdf(&bytes, l->id, 600);
		core_fixture_send(t->f, who, bytes.p, bytes.len, upload);
	} else {
		core_fixture_send(
		    t->f, who, core_fixture_png, core_fixture_png_len, upload);
	}
}

static void
file_it(struct team *t, struct life *l, const struct life_act *a)
{
	struct life_doc *d = &l->docs[a->doc];
	const struct policy_kind *kind =
	    policy_kind(t->f->core->policy, d->kind);
	enum person who =
	    strcmp(d->kind, "controle-regularite") == 0 ? NOA : CAMILLE;
	struct caller c = core_fixture_caller(t->f, who);
	char upload[ID_TEXT];
	struct filing fl = { .kase = l->id,
		.kind = d->kind,
		.level = kind->is_signed ? "handwritten-scan" : "",
		.title = "",
		.replaces = a->what == LIFE_STEP_DONE ? d->id : "",
		.npages = 1 };
	json_t *answer = NULL;
	int again;

	send(t, who, l, a, kind, upload);
	fl.pages[0] = (struct filing_page){ upload, "fichier" };
	must(t,
	    document_file(
		t->f->core, &c, &fl, &t->f->object, &answer, &again, &t->f->e),
	    l, d->kind);
	team_take(answer, "document", d->id);
	json_decref(answer);
	if (d->filed == LIFE_NOT_YET)
		d->filed = t->today;
	t->filed++;
}

static void
consent(struct team *t, struct life *l, const struct life_act *a)
{
	struct caller c = core_fixture_caller(t->f, CAMILLE);
	struct consent_giving g = {
		.kase = l->id,
		.purposes = { "diagnostic", a->word },
		.npurposes = 2,
		.method = "handwritten",
		.evidence = l->docs[a->doc].id,
		.given_on = "",
		.language = "fr",
		.interpreter = "",
		.witness = "",
		.place = "domicile",
	};
	json_t *answer = NULL;

	must(t,
	    consent_give(t->f->core, &c, &g, &t->f->object, &answer, &t->f->e),
	    l, "consent");
	json_decref(answer);
}

/* --- what stands in the way of destroying -----------------------------------
 */

static void
hold(struct team *t, struct life *l, const struct life_act *a)
{
	struct caller c = core_fixture_caller(t->f, JURIST);
	char review[11];
	struct hold_asking q = {
		.kase = a->doc == LIFE_ALL ? l->id : NULL,
		.document = a->doc == LIFE_ALL ? NULL : l->docs[a->doc].id,
		.reason = "litige fictif",
		.review = review,
	};
	json_t *answer = NULL;

	life_day_text(life_add_months(t->today, 3), review);
	must(t, hold_set(t->f->core, &c, &q, &t->f->object, &answer, &t->f->e),
	    l, "hold");
	team_take(answer, "hold", l->hold);
	json_decref(answer);
}

static void
release_by(struct team *t, struct life *l, enum person who, const char *page)
{
	struct caller c = core_fixture_caller(t->f, who);
	AUTO(buf_done) struct buf sig = { 0 };
	json_t *answer = NULL;

	team_sign(who, page, &sig);
	must(t,
	    hold_release_approve(t->f->core, &c, l->hold, buf_str(&sig),
		&t->f->object, &answer, &t->f->e),
	    l, "release");
	json_decref(answer);
}

static void
release(struct team *t, struct life *l)
{
	struct caller c = core_fixture_caller(t->f, NOA);
	json_t *answer = NULL;
	const char *page;

	must(t,
	    hold_release_ask(t->f->core, &c, l->hold, "litige fini",
		&t->f->object, &answer, &t->f->e),
	    l, "release");
	page = json_string_value(json_object_get(answer, "page"));
	assert_non_null(page);
	release_by(t, l, JURIST, page);
	release_by(t, l, DIRECTOR, page);
	json_decref(answer);
}

static void
restrict_it(struct team *t, struct life *l, const struct life_act *a)
{
	struct caller c = core_fixture_caller(t->f, CAMILLE);
	struct restricting q = {
		.kase = l->id, .ground = a->word, .words = "", .request = ""
	};
	json_t *answer = NULL;

	must(t,
	    restriction_set(
		t->f->core, &c, &q, &t->f->object, &answer, &t->f->e),
	    l, "restrict");
	json_decref(answer);
}

static void
lift(struct team *t, struct life *l)
{
	struct caller c = core_fixture_caller(t->f, NOA);
	json_t *answer = NULL;

	must(t,
	    restriction_announce(t->f->core, &c, l->id, "tout est vérifié",
		&t->f->object, &answer, &t->f->e),
	    l, "announce");
	json_decref(answer);
	answer = NULL;
	c = core_fixture_caller(t->f, NOA);
	must(t,
	    restriction_lift(t->f->core, &c, l->id, "", "courrier",
		&t->f->object, &answer, &t->f->e),
	    l, "lift");
	json_decref(answer);
}

/* --- what the household asks ------------------------------------------------
 */

static void
ask(struct team *t, struct life *l, const char *right, char request[LIFE_ID])
{
	struct caller c = core_fixture_caller(t->f, CAMILLE);
	struct requesting q = { .kase = l->id,
		.right = right,
		.channel = "courrier",
		.identity = "carte vue",
		.person = "",
		.received_on = "",
		.words = "",
		.objection = "" };
	json_t *answer = NULL;

	must(t,
	    request_enter(t->f->core, &c, &q, &t->f->object, &answer, &t->f->e),
	    l, right);
	team_take(answer, "request", request);
	json_decref(answer);
}

static void
ask_and_answer(struct team *t, struct life *l, const struct life_act *a)
{
	struct caller c = core_fixture_caller(t->f, NOA);
	char request[LIFE_ID];
	json_t *answer = NULL;

	ask(t, l, a->word, request);
	must(t,
	    request_answer(t->f->core, &c, request, "", "remise en main propre",
		&t->f->object, &answer, &t->f->e),
	    l, "answer");
	json_decref(answer);
}

static void
approve_erasure(
    struct team *t, struct life *l, const json_t *planned, enum person who)
{
	struct caller c = core_fixture_caller(t->f, who);
	AUTO(buf_done) struct buf sig = { 0 };
	json_t *answer = NULL;

	team_sign(
	    who, json_string_value(json_object_get(planned, "plan")), &sig);
	must(t,
	    erasure_approve(t->f->core, &c,
		json_string_value(json_object_get(planned, "erasure")),
		buf_str(&sig), &t->f->object, &answer, &t->f->e),
	    l, "approve");
	json_decref(answer);
}

/* Art. 17: before any term, whole, at once. */
static void
erase(struct team *t, struct life *l, const struct life_act *a)
{
	struct caller c = core_fixture_caller(t->f, NOA);
	json_t *planned = NULL, *answer = NULL;
	char request[LIFE_ID];
	int i;

	ask(t, l, "erasure", request);
	must(t,
	    request_erase(t->f->core, &c, request, a->word, &t->f->object,
		&planned, &t->f->e),
	    l, "erase");
	approve_erasure(t, l, planned, DIRECTOR);
	approve_erasure(t, l, planned, JURIST);
	c = core_fixture_caller(t->f, DIRECTOR);
	must(t,
	    erasure_run(t->f->core, &c,
		json_string_value(json_object_get(planned, "erasure")),
		&t->f->object, &answer, &t->f->e),
	    l, "erase");
	json_decref(planned);
	json_decref(answer);
	for (i = 0; i < l->ndocs; i++)
		if (l->docs[i].filed != LIFE_NOT_YET &&
		    l->docs[i].gone == LIFE_NOT_YET)
			l->docs[i].gone = t->today;
	l->gone = t->today;
	t->asked++;
}

/* --- a day ------------------------------------------------------------------
 */

static void
do_act(struct team *t, struct life *l, const struct life_act *a)
{
	switch (a->what) {
	case LIFE_OPEN:
		open_case(t, l);
		break;
	case LIFE_REOPEN:
		reopen(t, l);
		break;
	case LIFE_EVENT:
		enter_event(t, l, a);
		break;
	case LIFE_REFUSE:
		refuse(t, l, a);
		break;
	case LIFE_CLOSE:
		close_case(t, l, a);
		break;
	case LIFE_HOLD:
		hold(t, l, a);
		break;
	case LIFE_ASK:
		ask_and_answer(t, l, a);
		break;
	case LIFE_ERASE:
		erase(t, l, a);
		break;
	case LIFE_CONSENT:
		consent(t, l, a);
		break;
	case LIFE_RELEASE:
		release(t, l);
		break;
	case LIFE_RESTRICT:
		restrict_it(t, l, a);
		break;
	case LIFE_LIFT:
		lift(t, l);
		break;
	default:
		file_it(t, l, a);
	}
}

static void
live_one(struct team *t, struct life *l)
{
	struct life_act *a;

	for (; l->next < l->nacts && l->acts[l->next].day <= t->today;
	     l->next++) {
		a = &l->acts[l->next];
		if (!life_may(l, a, t->today)) {
			t->skipped++;
			continue;
		}
		do_act(t, l, a);
		tally_act(&t->tally, l, a);
		a->done = 1;
		t->acts++;
		clock_ms += 1000;
	}
}

void
team_day(struct team *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		live_one(t, &t->lives[i]);
}

int32_t
team_next(const struct team *t)
{
	int32_t next = LIFE_NEVER;
	const struct life *l;
	size_t i;

	for (i = 0; i < t->n; i++) {
		l = &t->lives[i];
		if (l->next < l->nacts && l->acts[l->next].day < next)
			next = l->acts[l->next].day;
	}
	return next;
}
