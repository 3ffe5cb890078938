/*
 * Policy: rules -> decision + explanation. Pure: no clock, no database, no
 * file but the rules themselves. Deny by default; a closed world: an unknown
 * word in a rule file is an error with file and line.
 *
 * A loaded policy is immutable and may be shared by threads. All pointers it
 * gives are borrowed and live as long as it does.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/term.h"

#define POLICY_NAME_MAX 63 /* bytes of any name in the rules */
#define POLICY_EXPLAIN_MAX 1024

struct policy;

/*
 * The days, both included, on which something is in force. A rule without
 * dates is always in force.
 */
struct policy_window {
	int32_t from, until;
};
int policy_in_force(const struct policy_window *w, int32_t day);

/*
 * Load every *.conf of dir in the order of their names (common first by its
 * number: 00-common.conf, 77-seine-et-marne.conf) and people.conf, which may
 * be absent: then everybody is nobody; and beside them anchors.pem,
 * certificates/, notices/NAME.txt, tests/NAME.tests and trust/NAME.pem. Names
 * ending in .example.conf are not read; any other .conf that does not begin
 * with two digits and - is an error. At most 64 errors, "file:line: what", one
 * a line, are appended to problems (may be NULL); the first is also in *e
 * (ERR_INVALID, tag "policy"). ERR_NOT_FOUND when there is no such folder.
 */
int policy_load(const char *dir, struct policy **out, struct buf *problems,
    struct err *e) NODISCARD;
void policy_freep(struct policy **p);
/*
 * The same from memory, for rules that come from elsewhere than a folder:
 * file names are "NN-name.conf", "people.conf", "certificates/NAME",
 * "notices/NAME.txt", "tests/NAME.tests", "trust/NAME.pem", "anchors.pem";
 * others are refused. The bytes are copied.
 */
#define POLICY_FILES_MAX 256
#define POLICY_FILE_NAME_MAX 128	  /* bytes */
#define POLICY_FILES_BYTES_MAX (4u << 20) /* of all files together */
struct policy_file {
	const char *name;
	const void *p;
	size_t n;
};
int policy_load_files(const struct policy_file *files, size_t n,
    struct policy **out, struct buf *problems, struct err *e) NODISCARD;
/* Every file the policy was loaded from, people.conf included, by name. */
size_t policy_files(const struct policy *p, const struct policy_file **all);
const struct policy_file *policy_file(const struct policy *p, const char *name);
/* The rules' own version number, and the SHA-256 over all their files but
 * people.conf: certificates, notices, tests and anchors included. */
uint32_t policy_version(const struct policy *p);
const uint8_t *policy_sha256(const struct policy *p); /* 32 bytes */
/* The same over people.conf alone, which changes on its own; zeros: none. */
const uint8_t *policy_people_sha256(const struct policy *p);

/* --- people ----------------------------------------------------------- */

enum policy_status { POLICY_ACTIVE, POLICY_SUSPENDED };
struct principal {
	uint32_t uid;
	const char *account, *name, *role, *team, *organisation;
	enum policy_status status;
	const char *const *keys; /* public key lines; NULL at the end */
	const char *recipient;	 /* partners: which recipient; else NULL */
};
/*
 * The principal of this uid AND account name; NULL when nobody: a reused
 * uid is nobody, a suspended person is nobody.
 */
const struct principal *policy_principal(
    const struct policy *p, uint32_t uid, const char *account);
/* The principal who owns this public key blob, suspended ones excepted. */
const struct principal *policy_key_owner(
    const struct policy *p, const void *blob, size_t n);
size_t policy_people(const struct policy *p, const struct principal **all);

/*
 * A role lent to somebody for dated days (people.conf): the lender is away.
 * The borrower then acts in either role; decisions name the one that
 * counted.
 */
struct policy_loan {
	const char *name, *role, *from_account, *to_account;
	struct policy_window when;
};
size_t policy_loans(const struct policy *p, const struct policy_loan **all);
#define POLICY_ROLES_MAX 8
/* The roles of who on this day, own first; NULL at the end; their number. */
size_t policy_roles_of(const struct policy *p, const struct principal *who,
    int32_t day, const char *out[POLICY_ROLES_MAX + 1]);

/* What a new people.conf changes, for how many signatures it takes. */
enum people_change {
	PEOPLE_SAME,
	PEOPLE_SUSPENSION, /* nothing but persons suspended */
	PEOPLE_CASEWORKER, /* caseworkers added or suspended, nothing else */
	PEOPLE_KEY,  /* one person of the staff has other keys, nothing else */
	PEOPLE_OTHER /* all else: roles, keys, partners, loans… */
};
enum people_change policy_people_change(
    const struct policy *now, const struct policy *candidate);

/* --- operations ------------------------------------------------------- */

/* Every operation the vault knows; names are the words of the rules. */
enum policy_op {
	OP_STATUS,
	OP_CASE_OPEN,
	OP_CASE_LIST,
	OP_CASE_READ,
	OP_CASE_EVENT,
	OP_CASE_CLOSE,
	OP_PERSON_ADD,
	OP_DOC_FILE,
	OP_DOC_LIST,
	OP_DOC_META,
	OP_DOC_READ,
	OP_RECEIPT,
	OP_SEARCH,
	OP_CONSENT_GIVE,
	OP_CONSENT_WITHDRAW,
	OP_CONSENT_LIST,
	OP_EXTRACT_PREVIEW,
	OP_EXTRACT_RELEASE,
	OP_EXTRACT_LIST,
	OP_EXTRACT_REVOKE,
	OP_EXTRACT_PULL,
	OP_EXTRACT_ACK,
	OP_NOTICE_READ,
	OP_REGISTER_READ,
	OP_ERASE_PLAN,
	OP_ERASE_APPROVE,
	OP_ERASE_RUN,
	OP_ERASE_READ,
	OP_AUDIT_READ,
	OP_AUDIT_CHECKPOINT,
	OP_PUBLISH,
	OP_POLICY_READ,
	OP_CHANGE_READ,
	OP_PERSON_EDIT,	      /* end a role, mark an address confidential */
	OP_REFUSAL,	      /* the household refuses the diagnosis */
	OP_OBJECTION,	      /* enter an objection (GDPR art. 21) */
	OP_OBJECTION_DECIDE,  /* the DPO settles it */
	OP_EXTRACT_APPROVE,   /* the second signature */
	OP_EXTRACT_DELIVER,   /* hand or paper: staff take it to deliver it */
	OP_NOTICE_SETTLE,     /* staff enter what a recipient answered */
	OP_DUE,		      /* what is waiting */
	OP_PARTNER_SUBMIT,    /* a partner hands something in */
	OP_SUBMISSION_READ,   /* staff look at the quarantine */
	OP_SUBMISSION_SETTLE, /* take or reject it */
	OP_RULES_PROPOSE,
	OP_RULES_APPROVE,
	OP_RULES_APPLY,
	OP_EXPLAIN,
	OP_REPLAY,
	OP_BREAK_GLASS,
	OP_BREAK_GLASS_REVIEW,
	OP_CASE_REOPEN,
	OP_DOC_CORRECT, /* move or void what one filed in the wrong case */
	OP_INTAKE,	/* a list, or a signal, of households */
	OP_HOLD,	/* a legal hold on a case or a document */
	OP_HOLD_RELEASE,
	OP_RETENTION_ANALYSE,
	OP_RETENTION_APPROVE,
	OP_RETENTION_RUN,
	OP_RETENTION_READ,
	OP_RETENTION_VISA,   /* what the public archives answered */
	OP_RETENTION_SETTLE, /* a date of a certificate came true */
	OP_RIGHTS_REQUEST,   /* enter what a person asks (GDPR art. 15 to 21) */
	OP_RIGHTS_ANSWER,
	OP_RESTRICT, /* GDPR art. 18 */
	OP_RESTRICT_LIFT,
	OP_SUBJECT_EXPORT, /* GDPR art. 15 and 20 */
	OP_REPORT_READ,	   /* register, bilan */
	OP_REPORT_BREACH,
	OP_REPORT_CONTROLE, /* the DPO's page, the folder of a CNIL visit */
	OP_BILAN_FREEZE,
	OP_CLOCK_CONFIRM,  /* that a suspect clock is right */
	OP_OBJECTION_LIFT, /* the person takes their objection back */
	OP_COUNT
};
const char *policy_op_name(enum policy_op op); /* "case-open" … */
int policy_op_from_name(const char *s, enum policy_op *op);

/* What a decision is taken on. Everything is given; nothing is looked up. */
struct access_facts {
	const struct principal *who; /* NULL: nobody */
	enum policy_op op;
	const char *kind;    /* of the document; NULL when none */
	const char *purpose; /* asked for; NULL: the default, if any */
	const char *team;    /* of the case; NULL when no case */
	const char *organisation;
	const char *case_state; /* "open", "closed", "restricted",
				"erased", "archived"; or NULL */
	int own_case;		/* the caller opened it or is assigned */
	int32_t day;		/* days since 1970: effective from/until */
	int broken_glass; /* the caller has broken the glass of this case */
	int stepped_up;	  /* a signed statement for this very act is there */
};
/* The facts as values, so that a decision can be kept and taken again. */
struct access_kept {
	uint32_t uid;
	char account[64], role[64], team[64], organisation[64]; /* who */
	int is_nobody, is_suspended, is_partner;
	enum policy_op op;
	int has_kind, has_purpose, has_case; /* "" and NULL are not the same */
	char kind[64], purpose[64];
	char case_team[64], case_organisation[64], case_state[16];
	int own_case, broken_glass, stepped_up;
	int32_t day;
};
struct decision {
	int allowed;
	int purpose_is_default;
	const char *rule;    /* name of the rule, or NULL: none matched */
	const char *purpose; /* the one that counts, or NULL */
	const char *tag;     /* when denied: "nobody", "no-rule",
				"other-team", "purpose-missing",
				"purpose-unknown", "kind-unknown",
				"case-restricted", "step-up" */
	const char *role;    /* that counted: own, or lent; or NULL */
	const char *loan;    /* name of the loan when it was lent */
	int broken_glass;    /* allowed for that reason only */
	char why[POLICY_EXPLAIN_MAX]; /* one sentence, English, with names */
	struct access_kept facts;     /* what it was decided on */
	const struct policy *policy;  /* by which rules */
};
/* Never fails: what cannot be decided is denied. */
void policy_authorize(
    const struct policy *p, const struct access_facts *f, struct decision *d);

/* An access rule's French title and its source, for people. 0: there is no
 * such rule. */
int policy_access_words(const struct policy *p, const char *rule,
    const char **title, const char **source);

/* The same decision from kept facts: under the same files, the same bits. */
void policy_authorize_kept(
    const struct policy *p, const struct access_kept *f, struct decision *d);

/* --- kinds and fields ------------------------------------------------- */

enum field_type {
	FIELD_STRING,
	FIELD_TEXT,
	FIELD_INTEGER,
	FIELD_AMOUNT,
	FIELD_DATE,
	FIELD_BOOLEAN,
	FIELD_CODE,
	FIELD_GROUP,
	FIELD_LIST
}; /* amount: a number with at most 2 decimals, in euros; code: one of
      values; group and list have fields under them (path "a.b"): a list is
      an array of objects, always. The label is the strictest of the field's
      own and of those above it. */
enum field_label { LABEL_ORDINARY, LABEL_SENSITIVE, LABEL_NEVER };
struct policy_field {
	const char *path; /* "logement.bail.date" within the record */
	enum field_type type;
	enum field_label label;
	int required; /* wherever what it lies in is; at the top: always */
	const char *const *values; /* codes; NULL at the end */
	uint32_t max;		   /* bytes of a string; items of a list */
	const char *title;	   /* for people, French */
	/* What people read for each value, where the rules say it (the codes
	 * are those of the consents); else NULL. */
	const char *const *value_titles;
};
/* Of a scan of paper: is its provenance asked for? */
enum provenance { PROVENANCE_NONE, PROVENANCE_WELCOME, PROVENANCE_REQUIRED };
struct policy_kind {
	const char *name;
	int is_record;		  /* JSON with fields; else a file */
	const char *const *media; /* accepted types; NULL at the end */
	uint64_t size_max;	  /* bytes; 0: the vault's file-max */
	uint32_t pages_max;	  /* files in one document; at least 1 */
	/* Accepted signature levels (DOMAIN.md 8); empty: none required. */
	const char *const *levels;
	/* 1: a verdict other than PASSED is refused when a signature is
	 * there; INDETERMINATE is accepted and labelled when 0. FAILED is
	 * always refused when signed is 1. */
	int strict, is_signed;
	int uninspected; /* may be kept NOT-INSPECTED */
	/* Of what is filed at level handwritten-scan (C. civ. art. 1379);
	 * other than none, a second person also checks the scan. */
	enum provenance provenance;
	int by_vault; /* a record the vault makes of a case's own facts
			 ("issue"): never filed by anybody */
	/* A record that is printed for people to sign: the kind of the signed
	 * document, which alone binds anybody; NULL: it is no such record.
	 * Its fields are all LABEL_NEVER, whatever the rules say. */
	const char *prepares;
	/* notices/NOTICE-VERSION.txt, which its paper ends with; all four, or
	 * none: NULL. */
	const char *notice, *notice_version, *notice_text;
	const uint8_t *notice_sha256; /* 32 bytes */
	int is_social; /* never kept of who refused the diagnosis */
	const char *const *signers; /* roles of who signs; NULL at the end */
	const struct policy_field *fields;
	size_t nfields;
	const char *retention; /* name of its retention rule */
	const char *title;     /* for people, French */
	struct policy_window when;
};
const struct policy_kind *policy_kind(const struct policy *p, const char *name);
size_t policy_kinds(const struct policy *p, const struct policy_kind **all);
/* The record that prepares documents of this kind; NULL: none does. */
const struct policy_kind *policy_preparation(
    const struct policy *p, const char *kind);
const struct policy_field *policy_field(
    const struct policy_kind *k, const char *path);
int policy_purpose_is_known(const struct policy *p, const char *purpose);
/* The French title of a purpose or a role; NULL when there is none such. */
const char *policy_purpose_title(const struct policy *p, const char *purpose);
/* The code of the purpose number i; NULL after the last. */
const char *policy_purpose_at(const struct policy *p, size_t i);
const char *policy_role_title(const struct policy *p, const char *role);

/* --- signatures --------------------------------------------------------- */

/*
 * Whose word counts for which signature: certificates in a file beside the
 * rules. The first that fits gives the signature its level. Where there is
 * no trust at all, anchors.pem vouches for every signature and time stamp.
 */
struct policy_trust {
	const char *name, *title, *source;
	const char *anchors; /* a file of the rules; it may not be there: then
				nobody vouches */
	const char *level;   /* NULL: it vouches for no signature */
	const char *const *signers, *const *kinds; /* NULL at the end */
	int any_kind;
	int time_stamps;
	int proof; /* the provider's proof file comes with the document */
	struct policy_window when;
};
size_t policy_trusts(const struct policy *p, const struct policy_trust **all);
/* Does it vouch for signatures of this signer ("": of any that the kind has)
 * on documents of this kind? */
int policy_trust_counts(const struct policy *p, const struct policy_trust *t,
    const char *kind, const char *signer, int32_t day);

/* Of these kinds these signers sign at these levels alone, of those that the
 * kind accepts. */
struct policy_signing {
	const char *name, *title, *source;
	const char *const *kinds, *const *signers, *const *levels;
	struct policy_window when;
};
size_t policy_signings(
    const struct policy *p, const struct policy_signing **all);
/* Does the kind accept this level, of this signer? */
int policy_level_is_accepted(const struct policy *p,
    const struct policy_kind *k, const char *signer, const char *level,
    int32_t day);

/* --- recipients, consent, disclosure ---------------------------------- */

struct policy_recipient {
	const char *name;	     /* "caf", "ccapex", "banque-de-france" */
	const char *title;	     /* for people, French */
	const char *account;	     /* Unix account of its door, or "" */
	const char *channel;	     /* "ssh", "hand", "paper": the usual one */
	const char *const *channels; /* all it may have; NULL at the end */
	const char *certificate; /* file under the policy folder, PEM, or "" */
	int landlord_facing;
	struct policy_window when;
};
const struct policy_recipient *policy_recipient(
    const struct policy *p, const char *name);
size_t policy_recipients(
    const struct policy *p, const struct policy_recipient **all);

/* A consent that may be given: "partage:caf". */
struct policy_consent {
	const char *purpose;   /* code */
	const char *title;     /* French */
	const char *recipient; /* or NULL */
	uint32_t valid_months; /* at most so long; 0: life of the processing */
	const char *notice, *notice_version;
	/* notices/NOTICE-VERSION.txt: what the person was given to read. */
	const char *notice_text;
	const uint8_t *notice_sha256; /* 32 bytes */
	const char *basis;	    /* for people, French: RGPD art. 6(1)(a) */
	const char *const *classes; /* of fields it allows, French words */
	const char *source;
	struct policy_window when;
};
const struct policy_consent *policy_consent(
    const struct policy *p, const char *purpose);
size_t policy_consents(
    const struct policy *p, const struct policy_consent **all);

struct disclosed_field {
	const char *kind;  /* source record */
	const char *path;  /* source field */
	const char *label; /* member in the extract, "a.b" within groups */
	const char *title; /* for people, French */
	/* Whose it is: NULL is the household's, and needs the consent of all;
	 * a role ("titulaire"): of persons in that role alone. */
	const char *about;
};
enum policy_diagnosis {
	DIAGNOSIS_UNKNOWN, /* nobody was asked yet */
	DIAGNOSIS_ACCEPTED,
	DIAGNOSIS_REFUSED
};
/* An event of a case that rules can name: "recevabilite". */
struct policy_event {
	const char *name, *title, *source;
	int with_document; /* its decision is filed with it */
	int in_future;	   /* "audience": its day may lie ahead */
	const char *stage; /* the case is in this stage from then on; or NULL */
	struct policy_window when;
};
const struct policy_event *policy_event(
    const struct policy *p, const char *name);
size_t policy_events(const struct policy *p, const struct policy_event **all);

struct disclosure_rule {
	const char *name, *recipient, *purpose, *basis, *citation;
	const char *consent; /* consent purpose that must be in force, or
				NULL: a legal basis without consent */
	const struct disclosed_field *fields;
	size_t nfields;
	const char *const *attach; /* kinds of documents; NULL at the end */
	const char *const *stages; /* "amont", "aval"; empty: any */
	uint32_t expires_days;
	int four_eyes;
	int urgent;	       /* goes now; the second signature comes after */
	int despite_objection; /* the person's own copy, what a law orders */
	int partial;	       /* may go with the fields of those who agree */
	unsigned diagnosis;    /* bit of each enum policy_diagnosis it is for */
	const char *const
	    *events; /* that must have happened; NULL at the end */
	const char *const *channels; /* of the recipient's, this rule's */
	const char *title;	     /* for people, French */
	struct policy_window when;
};
/* One adult of the case, and the consents of theirs that are in force. */
struct disclosure_adult {
	const char *role;
	const char *const *consents; /* NULL at the end */
};
struct disclosure_facts {
	/* purpose NULL: the only one of the rules that fit these facts */
	const char *recipient, *purpose;
	const char *stage, *case_state;
	/* Consent purposes in force for every adult of the case today. */
	const char *const *consents; /* NULL at the end */
	int objection; /* an objection waits for the DPO, or was upheld */
	int32_t day;
	enum policy_diagnosis diagnosis;
	const char *const *events; /* of the case up to that day; or NULL */
	const struct disclosure_adult *adults;
	size_t nadults;
};
struct disclosure_decision {
	int allowed;
	const struct disclosure_rule *rule; /* also when denied for consent */
	const char *tag;		    /* "consent-missing", "no-rule",
					       "recipient-unknown", "case-restricted",
					       "stage" … */
	const struct policy *policy;	    /* by which rules */
	char why[POLICY_EXPLAIN_MAX];
};
void policy_disclose(const struct policy *p, const struct disclosure_facts *f,
    struct disclosure_decision *d);

/*
 * A block: what must not reach some recipients until an event has happened,
 * whatever other rules say (C. conso. L721-3).
 */
struct policy_blocked {
	const char *kind, *path;
	/*
	 * NULL: the field stays behind, and any group with it. Else: a record
	 * in which it has this value does not go at all, which only who
	 * reads the record can see: policy_field_verdict does not.
	 */
	const char *value;
};
struct policy_block {
	const char *name, *citation, *title;
	int landlord_facing;	       /* every recipient facing the landlord */
	const char *const *recipients; /* and these; NULL at the end */
	const char *until_event;
	const struct policy_blocked *blocked;
	size_t nblocked;
	struct policy_window when;
};
size_t policy_blocks(const struct policy *p, const struct policy_block **all);
/* Is the block on, for this recipient and these events, on this day? */
int policy_block_is_on(const struct policy *p, const struct policy_block *b,
    const struct disclosure_facts *f);
enum field_verdict {
	FIELD_GIVEN,
	FIELD_BLOCKED,	     /* *block says which */
	FIELD_NOT_ALL_AGREE, /* shared, and an adult's consent is missing */
	FIELD_THEY_DISAGREE  /* of somebody whose consent is missing */
};
/*
 * One field of the rule that policy_disclose chose, under the same facts.
 * *block (may be NULL) is set where the verdict is FIELD_BLOCKED.
 */
enum field_verdict policy_field_verdict(const struct policy *p,
    const struct disclosure_facts *f, const struct disclosure_rule *r,
    const struct disclosed_field *x, const struct policy_block **block);
size_t policy_disclosures(
    const struct policy *p, const struct disclosure_rule **all);

/* --- moments, deadlines ------------------------------------------------- */

/*
 * A dated moment of a case that law counts from: "last-contact",
 * "end-of-contract". It happens when an event is entered, when a record is
 * filed in which a code has one of some values, when a document of a kind is
 * filed, or by an act of the vault itself ("entry": the case is opened;
 * "closing"). The closed list of what counts is here, not in a program.
 */
struct policy_moment_source {
	const char *event;	   /* its day counts; else NULL */
	const char *kind;	   /* filed; else NULL */
	const char *path;	   /* of kind, a code; NULL: the kind alone */
	const char *const *values; /* of the code; NULL at the end */
	const char
	    *date; /* path of the day in the record; NULL: that of filing */
};
struct policy_moment {
	const char *name, *title, *source;
	int by_vault;	       /* the vault's own acts enter it */
	int is_first;	       /* of several the first counts, else the last */
	const char *otherwise; /* that moment when this never was; NULL: none */
	const struct policy_moment_source *from;
	size_t nfrom;
	struct policy_window when;
};
const struct policy_moment *policy_moment(
    const struct policy *p, const char *name);
size_t policy_moments(const struct policy *p, const struct policy_moment **all);

/*
 * What somebody has to do by some day. Either it runs from a moment of a
 * case until another settles it, and the vault computes it; or a module has
 * lines of this name (after is NULL), and the rules say whose they are and,
 * by figure, how long it takes.
 */
struct policy_deadline {
	const char *name, *title, *source;
	const char *after;  /* the moment it runs from; NULL: a module's */
	int before;	    /* counted back from it: before a hearing */
	const char *figure; /* the period; NULL: at once, or the module's */
	/* Of figures that succeed one another, the one in force on the day of
	 * this moment (a lease); NULL, or it never was: of the one it runs
	 * from. */
	const char *figure_on;
	int truce; /* a last day in the winter truce moves to its end */
	/* It falls due at the latest when this moment comes; NULL. */
	const char *no_later_than;
	/* Only in a case in which this moment was; NULL: in any. */
	const char *once;
	/* Moments that settle it, dated no earlier than where it began; of
	 * one counted back, whenever they were. */
	const char *const *settled_by;
	const char *const *stages; /* of the case; empty: any */
	/* Of the case: "open"…; empty where a module has the lines. */
	const char *const *states;
	const char *const *roles; /* whose it is to do; NULL at the end */
	struct policy_window when;
};
const struct policy_deadline *policy_deadline(
    const struct policy *p, const char *name);
size_t policy_deadlines(
    const struct policy *p, const struct policy_deadline **all);

/* A figure that is a period, in force on that day. ERR_NOT_FOUND; ERR_INVALID
 * when it is none (a count, a share). */
int policy_period_on(const struct policy *p, const char *figure, int32_t day,
    uint32_t *n, enum term_unit *unit, struct err *e) NODISCARD;

/* --- retention and approvals ------------------------------------------ */

/*
 * How long a kind is kept: active_months after a moment, then, where there
 * are intermediate months, in the intermediate archive until so many months
 * after another. A moment that never was (and has no other in its place)
 * waits: what hangs on it is kept, and said to be waiting for it.
 */
struct policy_retention {
	const char *name, *title, *source;
	uint32_t active_months, intermediate_months;
	const char *from; /* a moment */
	/* Active at least until this moment, when it comes later; or NULL. */
	const char *active_until;
	/* The intermediate archive ends intermediate_months after this
	 * moment; from where the rules do not say. 0 months: there is none. */
	const char *intermediate_from;
	/* It ends sooner when this moment comes: the months are the most. */
	const char *intermediate_until;
	/* Instead of it, once this moment has come: a file before a court is
	 * kept as "suivi-contentieux" says. */
	const char *instead_of, *once;
	struct policy_window when;
};
const struct policy_retention *policy_retention(
    const struct policy *p, const char *name);
size_t policy_retentions(
    const struct policy *p, const struct policy_retention **all);
/* The rule of this name; or the one that stands in its place for a case in
 * which its moment has come: has_moment is asked. */
const struct policy_retention *policy_retention_for(const struct policy *p,
    const char *name, int32_t day,
    int (*has_moment)(void *arg, const char *moment), void *arg);

/* Who may approve what, and how many different keys it takes. */
struct policy_approval {
	const char *what;	     /* "erasure" */
	const char *const *roles;    /* that count */
	const char *const *opinions; /* that are recorded and never counted */
	uint32_t count, valid_days;
	int own; /* may the one who asks be among them? */
	struct policy_window when;
};
const struct policy_approval *policy_approval(
    const struct policy *p, const char *what);

/* --- the rights of the person ------------------------------------------ */

/*
 * Why somebody's right may be limited, or a restriction asked for: a closed
 * list, each with its article. Bits of the uses.
 */
enum policy_ground_use {	/* in the order of names_ground_uses */
	GROUND_RESTRICTION,	/* GDPR art. 18(1): why it is asked for */
	GROUND_ERASURE_REFUSAL, /* art. 17(3) */
	GROUND_REFUSAL		/* of any request: art. 12(5), 15(4), 23 */
};
struct policy_ground {
	const char *name, *title, *source;
	unsigned uses; /* bit of each enum policy_ground_use */
	struct policy_window when;
};
const struct policy_ground *policy_ground(
    const struct policy *p, const char *name);
size_t policy_grounds(const struct policy *p, const struct policy_ground **all);

/*
 * A letter that the vault writes: notices/NAME-VERSION.txt, in which words
 * in braces are replaced. Each of its mentions stands in the text: what a
 * letter must say by law cannot be left out of it (GDPR art. 12(4)).
 */
#define POLICY_LETTER_REFUSAL "rights-refusal" /* three mentions at least */
#define POLICY_LETTER_EXTENSION                                                \
	"rights-extension"		      /* art. 12(3): the reasons       \
					       */
#define POLICY_LETTER_LIFT "restriction-lift" /* art. 18(3) */
#define POLICY_LETTER_MENTIONS 3	      /* of the first: art. 12(4) */
struct policy_letter {
	const char *name, *title, *source, *version;
	const char *text;
	size_t size;	       /* bytes of text */
	const uint8_t *sha256; /* 32 bytes */
	const char *const *mentions;
	struct policy_window when;
};
const struct policy_letter *policy_letter(
    const struct policy *p, const char *name);

/*
 * A kind whose documents may go to one of several adults (GDPR art. 15(4)):
 * all of it but the fields of the holder, which go to who holds the lease,
 * those of others, and sensitive ones. A kind that has none stays behind
 * when a case has several adults, until somebody has looked at it.
 */
struct policy_subject {
	const char *kind, *source;
	const char *const *holder; /* paths; NULL at the end */
	const char *const *others;
	struct policy_window when;
};
const struct policy_subject *policy_subject(
    const struct policy *p, const char *kind);

/* --- lists of households -------------------------------------------------- */

/* What a column of a list says; in the order of names_intake_targets. */
enum policy_intake_target {
	INTAKE_IGNORED, /* known, and nothing of it is kept */
	INTAKE_REFERENCE,
	INTAKE_COMMUNE,
	INTAKE_TITLE,
	INTAKE_HOLDER_NAME,
	INTAKE_HOLDER_FIRST_NAME,
	INTAKE_HOLDER_BIRTH_YEAR,
	INTAKE_SECOND_NAME,
	INTAKE_SECOND_FIRST_NAME,
	INTAKE_SECOND_BIRTH_YEAR,
	INTAKE_LANDLORD_NAME,
	INTAKE_TARGETS /* how many there are */
};
#define POLICY_INTAKE_HEADER_MAX 200 /* bytes */
struct policy_intake_column {
	const char *header; /* in the first line of the list */
	enum policy_intake_target to;
	int required;
};
/*
 * How a list of households of one source is read. A column that is not here
 * is in no list: what is handed in and not wanted is said to be ignored.
 */
struct policy_intake {
	const char *name, *title, *source;
	char separator;
	const char *case_source, *stage;      /* of the cases that it opens */
	const char *quota_month, *quota_year; /* figures: how many at most */
	const struct policy_intake_column *columns;
	size_t ncolumns;
	struct policy_window when;
};
const struct policy_intake *policy_intake(
    const struct policy *p, const char *name);

/* --- what reports say --------------------------------------------------- */

/*
 * Whether the operator's files are public archives, which nobody destroys
 * without the archives' visa (Code du patrimoine L214-3): who does not know
 * does as if they were.
 */
enum policy_archives { /* in the order of names_archives */
	ARCHIVES_UNKNOWN,
	ARCHIVES_NO,
	ARCHIVES_YES
};
struct policy_operator { /* the controller: GDPR art. 30(1)(a) */
	const char *name, *title, *address, *contact, *dpo, *source;
	const char *representative; /* "": none */
	enum policy_archives archives;
};
/* NULL: the rules do not say. */
const struct policy_operator *policy_operator(const struct policy *p);
/* ARCHIVES_UNKNOWN, too, when the rules do not say who the operator is. */
enum policy_archives policy_public_archives(const struct policy *p);

/* An activity of the register (GDPR art. 30(1)). */
struct policy_processing {
	const char *name, *title, *basis, *source;
	const char *const *purposes;   /* of the rules; may be empty */
	const char *const *persons;    /* categories, French */
	const char *const *kinds;      /* of documents; may be empty */
	const char *const *data;       /* further categories, French */
	const char *const *recipients; /* of the rules; may be empty */
	const char *transfers;	       /* outside the Union, French */
	const char *duration;	       /* of what is no document; or "" */
	const char *const *security;   /* measures, French */
	struct policy_window when;
};
size_t policy_processings(
    const struct policy *p, const struct policy_processing **all);

/* What is counted, and how it is shown (indicator.h). */
#define POLICY_DIMENSIONS_MAX 2
struct policy_indicator {
	const char *code, *title, *source;
	const char *const *dimensions; /* French words; at most two */
	int is_exact; /* the convention names its total: given as it is */
	struct policy_window when;
};
size_t policy_indicators(
    const struct policy *p, const struct policy_indicator **all);
const struct policy_indicator *policy_indicator(
    const struct policy *p, const char *code);

/* Is this what some act is counted as (names_indicators)? */
int policy_is_indicator(const char *code);

/* A named figure of the rules with its source: "correction-hours". 0 and
 * *value, or ERR_NOT_FOUND. */
int policy_figure(const struct policy *p, const char *name, int64_t *value,
    struct err *e) NODISCARD;
/* The same, in force on that day: "NAME:WORD" in the rules succeeds NAME. */
int policy_figure_on(const struct policy *p, const char *name, int32_t day,
    int64_t *value, struct err *e) NODISCARD;

#endif
