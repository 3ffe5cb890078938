/*
 * A whole core for a test: the real sceau-keys and sceau-inspect, the
 * shipped rules with people who do not exist, a vault in /tmp.
 */
#ifndef TESTS_UNIT_CORE_CORE_FIXTURE_H
#define TESTS_UNIT_CORE_CORE_FIXTURE_H

#include "base/statement.h"
#include "daemon/core/case.h"
#include "daemon/core/document.h"
#include "daemon/core/upload.h"
#include "tests/unit/fixture/agent_fixture.h"

struct core_fixture {
	struct agent_fixture agent;
	pid_t inspect;
	struct core *core;
	struct err e;
	struct id object;
	uint64_t requests; /* each caller is another */
};

/* The vault and its processes, unsealed; the core is not open. 0: skip. */
int core_fixture_init(struct core_fixture *f);
void core_fixture_open(struct core_fixture *f);
/* The clock that it is opened with. */
int64_t core_fixture_now(void);
/* It says what that says, until the core is closed. */
void core_fixture_set_clock(struct core_fixture *f, int64_t (*now_ms)(void));
/*
 * The vault lives on until that instant: clock, which its now_ms reads, is
 * moved in steps that are believed, with a leaf at each.
 */
void core_fixture_live(struct core_fixture *f, int64_t *clock, int64_t until);
void core_fixture_close(struct core_fixture *f);
void core_fixture_done(struct core_fixture *f);
/* cmocka: init and open; *state is NULL when the test is to be skipped. */
int core_fixture_setup(void **state);
int core_fixture_teardown(void **state);

/* People: two of team nord, one of team sud, one with no rights in cases,
 * those who approve, two partners, the DPO, and nobody. */
enum person {
	CAMILLE,
	NOA,
	SACHA,
	ADMIN,
	DIRECTOR,
	JURIST,
	CAF,
	CCAPEX,
	DPO,
	NOBODY
};
/* The seed of this person's SSH key (DIRECTOR, JURIST, DPO). */
void core_fixture_seed(enum person who, uint8_t seed[32]);
struct caller core_fixture_caller(struct core_fixture *f, enum person who);
/* A good statement for this act, now; object NULL: none. */
void core_fixture_statement(struct core_fixture *f, enum policy_op op,
    const char *object, struct statement *out);
/* Text signed by this person, as the header's value (DIRECTOR, JURIST, DPO). */
void core_fixture_sign(enum person who, const char *text, struct buf *header);
/* The key of a token with this seed, as a blob; and text signed by it in
 * namespace ns (flags 1: touched, 4: the person verified), armored. */
void core_fixture_token(const uint8_t seed[32], struct buf *blob);
void core_fixture_token_sign(const uint8_t seed[32], uint8_t flags,
    const char *ns, const char *text, struct buf *armored);
/* Both: a caller with a statement of their own. */
struct caller core_fixture_stepped_up(struct core_fixture *f, enum person who,
    enum policy_op op, const char *object, struct buf *header);

/* A case with one adult; its id as text. */
void core_fixture_case(struct core_fixture *f, enum person who,
    const char *name, char id[ID_TEXT]);
/* Send bytes; the upload's id as text. */
void core_fixture_send(struct core_fixture *f, enum person who, const void *p,
    size_t n, char id[ID_TEXT]);
/* File one page; 0 or the negative code. *answer is the caller's. */
int core_fixture_file(struct core_fixture *f, enum person who, const char *kase,
    const char *kind, const void *p, size_t n, const char *level,
    const char *key, json_t **answer);
/* The content of a page, whole. */
int core_fixture_get(struct core_fixture *f, enum person who, const char *doc,
    uint32_t version, uint32_t page, struct buf *out);

/* A small PDF of n bytes or a little more: text makes it different. */
void core_fixture_pdf(struct buf *out, const char *text, size_t n);
extern const uint8_t core_fixture_png[];
extern const size_t core_fixture_png_len;

#endif
