#include "tests/unit/core/retention_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/sshsig.h"
#include "daemon/core/approval.h"
#include "daemon/core/erasure.h"
#include "daemon/core/retention.h"

int64_t retention_now;

int64_t
retention_clock(void)
{
	return retention_now;
}

void
retention_reopen(struct retention_scene *s)
{
	core_fixture_close(s->f);
	if (core_open(&s->f->agent.settings, retention_clock, &s->f->core,
		&s->f->e) < 0 ||
	    core_unsealed(s->f->core, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	s->director = core_fixture_caller(s->f, DIRECTOR);
	s->noa = core_fixture_caller(s->f, NOA);
	s->camille = core_fixture_caller(s->f, CAMILLE);
	s->jurist = core_fixture_caller(s->f, JURIST);
}

void
retention_days(struct retention_scene *s, int days)
{
	core_fixture_live(
	    s->f, &retention_now, retention_now + days * INT64_C(86400000));
}

void
retention_due_time(struct retention_scene *s)
{
	retention_days(s, 214);
}

void
retention_file(struct retention_scene *s, const char *text, char out[ID_TEXT])
{
	AUTO(buf_done) struct buf pdf = { 0 };
	json_t *answer = NULL;

	core_fixture_pdf(&pdf, text, 3000);
	if (core_fixture_file(s->f, CAMILLE, s->kase, "fiche-transfert", pdf.p,
		pdf.len, "", NULL, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	snprintf(out, ID_TEXT, "%s",
	    json_string_value(json_object_get(answer, "document")));
	json_decref(answer);
}

int
retention_get(struct retention_scene *s, const char *doc)
{
	AUTO(buf_done) struct buf out = { 0 };

	return core_fixture_get(s->f, CAMILLE, doc, 0, 0, &out);
}

int
retention_analysis(struct retention_scene *s, const struct caller *who,
    const char *as_of, int dry, int64_t share, json_t **answer)
{
	struct retention_asking a = {
		.as_of = as_of,
		.dry_run = dry,
		.share = share,
	};

	return retention_analyse(s->f->core, who, &a, answer, &s->f->e);
}

void
retention_plan(struct retention_scene *s, int64_t share)
{
	json_t *answer = NULL;

	if (retention_analysis(s, &s->noa, "", 0, share, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	snprintf(s->sweep, ID_TEXT, "%s",
	    json_string_value(json_object_get(answer, "erasure")));
	free(s->page);
	s->page = strdup(json_string_value(json_object_get(answer, "plan")));
	json_decref(answer);
}

int
retention_approve(struct retention_scene *s, enum person who)
{
	AUTO(buf_done) struct buf sig = { 0 };
	json_t *answer = NULL;
	uint8_t seed[32];
	int r;

	core_fixture_seed(who, seed);
	assert_int_equal(sshsig_sign(seed, APPROVAL_NAMESPACE, s->page,
			     strlen(s->page), &sig, NULL),
	    0);
	r = erasure_approve(s->f->core, &s->director, s->sweep, buf_str(&sig),
	    &s->f->object, &answer, &s->f->e);
	json_decref(answer);
	return r;
}

int
retention_visa_by(struct retention_scene *s, const struct caller *who)
{
	struct sweep_visa v = { s->sweep, "2027-AD77-014", "" };
	json_t *answer = NULL;
	int r;

	r = retention_visa(s->f->core, who, &v, &answer, &s->f->e);
	json_decref(answer);
	return r;
}

int
retention_run(struct retention_scene *s, json_t **answer)
{
	return erasure_run(s->f->core, &s->director, s->sweep, &s->f->object,
	    answer, &s->f->e);
}

void
retention_ready(struct retention_scene *s)
{
	retention_due_time(s);
	retention_plan(s, 100);
	assert_int_equal(retention_approve(s, DIRECTOR), 0);
	assert_int_equal(retention_approve(s, JURIST), 0);
	assert_int_equal(retention_visa_by(s, &s->director), 0);
}

const char *
retention_tag(const struct retention_scene *s)
{
	return err_name(&s->f->e);
}

int
retention_setup(void **state)
{
	struct retention_scene *s = calloc(1, sizeof(*s));

	*state = NULL;
	assert_non_null(s);
	s->f = calloc(1, sizeof(*s->f));
	assert_non_null(s->f);
	if (!core_fixture_init(s->f)) {
		free(s->f);
		free(s);
		return 0;
	}
	retention_now = core_fixture_now();
	retention_reopen(s);
	core_fixture_case(s->f, CAMILLE, "Jamais vus", s->kase);
	retention_file(s, "fiche", s->doc);
	*state = s;
	return 0;
}

int
retention_teardown(void **state)
{
	struct retention_scene *s = *state;

	if (s == NULL)
		return 0;
	free(s->page);
	core_fixture_close(s->f);
	core_fixture_done(s->f);
	free(s->f);
	free(s);
	return 0;
}
