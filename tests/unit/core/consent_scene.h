/*
 * A household for the tests of consents: a couple and their child, a sheet
 * they signed, and a vault whose clock the test sets.
 */
#ifndef TESTS_UNIT_CORE_CONSENT_SCENE_H
#define TESTS_UNIT_CORE_CONSENT_SCENE_H

#include "daemon/core/consent.h"
#include "tests/unit/core/core_fixture.h"

extern int64_t scene_clock_ms;
void scene_set_clock(const char *at);

struct scene {
	struct core_fixture *f;
	char kase[ID_TEXT], first[ID_TEXT], second[ID_TEXT], evidence[ID_TEXT];
	struct caller camille;
};

/* cmocka: as core_fixture_setup, but the vault begins with the scene: its
 * first leaf is not of today. Ends with core_fixture_teardown. */
int scene_setup(void **state);
/* The core is opened under the clock, at this instant. */
/* As the days pass: a clock that only jumps there is not believed. */
void scene_live_until(struct scene *s, const char *at);
/* Another run of the daemon, begun then. */
void scene_restart(struct scene *s, const char *at);
void scene_init(struct scene *s, struct core_fixture *f, const char *at);
void scene_file(
    struct scene *s, const char *kase, const char *kind, char out[ID_TEXT]);
void scene_person_at(struct scene *s, size_t i, char out[ID_TEXT]);
void scene_add_person(struct scene *s, const char *role, const char *name);
/* Three purposes, every adult, handwritten. */
struct consent_giving scene_sheet(struct scene *s);
int scene_give(
    struct scene *s, const struct consent_giving *g, json_t **answer);
void scene_must_give(struct scene *s, const struct consent_giving *g, size_t n);
void scene_refused(struct scene *s, const struct consent_giving *g,
    enum err_code code, const char *tag);
/* What the list says of a purpose on a day; "": now. The caller's. */
json_t *scene_in_force(struct scene *s, const char *purpose, const char *at);
void scene_stands(struct scene *s, const char *purpose, const char *at, int on,
    const char *reason);
size_t scene_records(struct scene *s);
/* Id of the living record of a person and purpose. */
void scene_living(struct scene *s, const char *person, const char *purpose,
    char out[ID_TEXT]);
void scene_withdraw_of(
    struct scene *s, const char *person, const char *purpose);
/* The whole case, by the lead, two others having approved. */
void scene_erase(struct scene *s);

#endif
