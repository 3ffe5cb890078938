/* A catalog and an audit log in a scratch folder, with the fake agent. */
#ifndef TESTS_UNIT_AUDIT_AUDIT_FIXTURE_H
#define TESTS_UNIT_AUDIT_AUDIT_FIXTURE_H

#include "daemon/audit/audit.h"
#include "tests/unit/audit/fake_agent.h"

#define NOW INT64_C(1790000000000) /* September 2026 */
#define DAY INT64_C(86400000)

struct audit_fixture {
	char dir[64], db[96], log[96];
	struct catalog *c;
	struct audit *a;
	struct agent agent;
	struct id vault;
	struct err e;
};

void fixture_init(struct audit_fixture *f);
void fixture_done(struct audit_fixture *f);
void fixture_close(struct audit_fixture *f);
/* Open again; the result of audit_open. */
int fixture_open(struct audit_fixture *f);

/* One leaf in one transaction; its number. Not settled. */
uint64_t fixture_add(
    struct audit_fixture *f, const struct audit_entry *en, int64_t now);
/* n plain leaves in one transaction, settled. */
void fixture_fill(struct audit_fixture *f, uint64_t n);
/* Run one constant statement on the catalog. */
void fixture_sql(struct audit_fixture *f, const char *text);

#endif
