/* The receipt as JSON-LD. */
#include "base/text.h"
#include "daemon/core/consent_receipt.h"
#include "daemon/core/json_of.h"

#define UUID_TEXT 37

/* Consents' ids are UUIDs of version 4 (RFC 9562). */
static void
uuid_format(const struct id *id, char out[UUID_TEXT])
{
	const uint8_t *b = id->b;

	snprintf(out, UUID_TEXT,
	    "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x%02x%02x%02x%02x",
	    b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10],
	    b[11], b[12], b[13], b[14], b[15]);
}

static json_t *
urn(const char *what, const struct id *id)
{
	char text[ID_TEXT];

	id_format(id, text);
	return json_sprintf("urn:sceau:%s:%s", what, text);
}

static json_t *
context(void)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "dct",
	    "http://purl.org/dc/terms/", "dpv", "https://w3id.org/dpv#",
	    "eu-gdpr", "https://w3id.org/dpv/legal/eu/gdpr#", "loc",
	    "https://w3id.org/dpv/loc#", "rdf",
	    "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "schema",
	    "https://schema.org/", "skos",
	    "http://www.w3.org/2004/02/skos/core#", "spdx",
	    "http://spdx.org/rdf/terms#");
}

static const char *
word(const struct receipt_item *it, const char *name)
{
	const char *s = json_string_value(json_object_get(it->words, name));

	return s != NULL ? s : "";
}

/* --- the process ---------------------------------------------------------- */

static json_t *
recipients(const struct receipt_facts *f, const struct receipt_item *it)
{
	json_t *a = json_pack("[s]", f->controller);

	if (it->recipient != NULL)
		json_array_append_new(a, json_string(it->recipient->title));
	return a;
}

static json_t *
classes(const struct receipt_item *it)
{
	json_t *a = json_array();
	const char *const *c =
	    it->purpose != NULL ? it->purpose->classes : NULL;

	for (; c != NULL && *c != NULL; c++)
		json_array_append_new(
		    a, json_pack("{s:s, s:s}", "@type", "dpv:PersonalData",
			   "dct:title", *c));
	return a;
}

static json_t *
storage(const struct receipt_facts *f)
{
	json_t *a = json_pack("[{s:s, s:s}]", "@type", "dpv:StorageLocation",
	    "dpv:hasLocation", "loc:FR");

	if (f->retention != NULL)
		json_array_append_new(
		    a, json_pack("{s:s, s:s}", "@type", "dpv:StorageDuration",
			   "dpv:hasDuration", f->retention));
	return a;
}

static json_t *
process(const struct receipt_facts *f, const struct receipt_item *it)
{
	const char *title = it->purpose != NULL ? it->purpose->title : NULL;
	const char *basis = it->purpose != NULL ? it->purpose->basis : NULL;

	return json_pack("{s:s, s:o, s:{s:s, s:s, s:s*}, s:o, s:{s:[s,s],"
			 " s:s*}, s:o}",
	    "@type", "dpv:Process", "dpv:hasRecipient", recipients(f, it),
	    "dpv:hasPurpose", "@type", "dpv:Purpose", "dct:identifier",
	    it->row.purpose, "dct:title", title, "dpv:hasPersonalData",
	    classes(it), "dpv:hasLegalBasis", "@type", "dpv:Consent",
	    "eu-gdpr:A6-1-a", "dct:title", basis, "dpv:hasStorageCondition",
	    storage(f));
}

/* --- the notice ----------------------------------------------------------- */

static json_t *
notice(const struct receipt_item *it)
{
	json_t *j = json_pack("{s:s, s:s, s:s, s:s}", "@type",
	    "dpv:ConsentNotice", "dct:identifier", word(it, "notice"),
	    "dct:hasVersion", word(it, "notice_version"), "dct:language",
	    word(it, "language"));

	if (j != NULL && word(it, "notice_sha256")[0] != '\0')
		json_object_set_new(j, "spdx:checksum",
		    json_pack("{s:s, s:s, s:s}", "@type", "spdx:Checksum",
			"spdx:algorithm", "spdx:checksumAlgorithm_sha256",
			"spdx:checksumValue", word(it, "notice_sha256")));
	if (j != NULL && word(it, "interpreter")[0] != '\0')
		json_object_set_new(
		    j, "dct:contributor", json_string(word(it, "interpreter")));
	return j;
}

/* --- the states ----------------------------------------------------------- */

/* Terms of DPV; one ended by the controller is a revoked one there. */
static const char *
term(const char *state)
{
	static const struct {
		const char *state, *term;
	} terms[] = {
		{ "requested", "dpv:ConsentRequested" },
		{ "deferred", "dpv:ConsentRequestDeferred" },
		{ "given", "dpv:ConsentGiven" },
		{ "renewed", "dpv:RenewedConsentGiven" },
		{ "refused", "dpv:ConsentRefused" },
		{ "withdrawn", "dpv:ConsentWithdrawn" },
		{ "expired", "dpv:ConsentExpired" },
		{ "terminated", "dpv:ConsentRevoked" },
		{ "invalidated", "dpv:ConsentInvalidated" },
	};
	size_t i;

	for (i = 0; i < NELEMS(terms); i++)
		if (strcmp(terms[i].state, state) == 0)
			return terms[i].term;
	return NULL;
}

/* Who said it: the person, whoever acts for them, or the controller. */
static json_t *
by(const struct receipt_facts *f, const char *state, const char *acting)
{
	if (strcmp(state, "terminated") == 0 ||
	    strcmp(state, "invalidated") == 0)
		return json_string(f->controller);
	if (acting != NULL && acting[0] != '\0')
		return json_pack("{s:s, s:s}", "@type", "dpv:Representative",
		    "schema:name", acting);
	return json_string("dpv:DataSubject");
}

static json_t *
status(const struct receipt_facts *f, const json_t *ev, const char *state)
{
	const char *method = json_string_value(json_object_get(ev, "method"));
	const char *channel = json_string_value(json_object_get(ev, "channel"));
	const char *acting = json_string_value(json_object_get(ev, "acting"));
	int expressed =
	    strcmp(state, "given") == 0 || strcmp(state, "renewed") == 0;
	json_t *type = json_pack("[s]", term(state)), *j;

	if (type != NULL && expressed)
		json_array_append_new(
		    type, json_string("dpv:ExplicitlyExpressedConsent"));
	j = json_pack("{s:o, s:o, s:s*, s:O}", "@type", type,
	    "dpv:isIndicatedBy", by(f, state, acting),
	    "dpv:hasIndicationMethod", method != NULL ? method : channel,
	    "dpv:isIndicatedAtTime", json_object_get(ev, "effective_at"));
	if (j != NULL && json_is_string(json_object_get(ev, "valid_until")))
		json_object_set(
		    j, "dct:valid", json_object_get(ev, "valid_until"));
	return j;
}

static json_t *
statuses(const struct receipt_facts *f, const struct receipt_item *it)
{
	json_t *a = json_array(), *ev;
	const char *what;
	size_t i;

	json_array_foreach(it->history, i, ev)
	{
		what = json_string_value(json_object_get(ev, "event"));
		if (term(what) != NULL) /* receipts and letters are none */
			json_array_append_new(a, status(f, ev, what));
	}
	if (it->state == CONSENT_EXPIRED)
		json_array_append_new(a,
		    json_pack("{s:[s], s:o}", "@type", "dpv:ConsentExpired",
			"dpv:isIndicatedAtTime", json_of_time(it->row.until)));
	return a;
}

/* --- the record and its receipt ------------------------------------------- */

#define HOW                                                                       \
	"auprès de tout membre de l'équipe : par téléphone, par lettre, par " \
	"courriel ou sur place, sans motif"

static json_t *
record(const struct receipt_facts *f, const struct receipt_item *it)
{
	char uuid[UUID_TEXT];
	json_t *j;

	uuid_format(&it->row.id, uuid);
	j = json_pack(
	    "{s:o, s:s, s:s, s:s, s:{s:o, s:s, s:s}, s:s, s:s, s:s, s:o, s:o,"
	    " s:{s:[s,s], s:s}, s:{s:[s,s], s:s, s:s}, s:o}",
	    "@id", json_sprintf("urn:uuid:%s", uuid), "@type",
	    "dpv:ConsentRecord", "dct:identifier", uuid, "dct:conformsTo",
	    "https://w3id.org/dpv/schema/dpv-27560#record",
	    "dpv:hasDataSubject", "@id", urn("person", &it->row.person),
	    "@type", "dpv:DataSubject", "schema:name", it->name,
	    "dpv:hasDataController", f->controller, "dpv:hasJurisdiction",
	    "loc:FR", "dpv:hasApplicableLaw", "eu-gdpr:GDPR", "dpv:hasProcess",
	    process(f, it), "dpv:hasNotice", notice(it),
	    "dpv:hasConsentControl", "@type", "dpv:ProvideConsent",
	    "dpv:WithdrawConsent", "dpv:isExercisedAt", HOW, "dpv:hasRight",
	    "@type", "dpv:DataSubjectRight", "eu-gdpr:A7-3", "dct:title",
	    "Droit de retirer son consentement", "dpv:isExercisedAt", HOW,
	    "dpv:hasConsentStatus", statuses(f, it));
	if (j != NULL && word(it, "evidence")[0] != '\0')
		json_object_set_new(j, "dct:source",
		    json_sprintf(
			"urn:sceau:document:%s", word(it, "evidence")));
	return j;
}

json_t *
receipt_jsonld(const struct receipt_facts *f)
{
	json_t *records = json_array(), *j, *one;
	char now[TIME_TEXT];
	size_t i;

	if (records == NULL)
		return NULL;
	for (i = 0; i < f->n; i++)
		if ((one = record(f, &f->items[i])) == NULL ||
		    json_array_append_new(records, one) < 0) {
			json_decref(records);
			return NULL;
		}
	time_format(f->now_ms, now);
	j = json_pack("{s:o, s:o, s:s, s:o, s:s, s:s, s:s, s:s, s:I, s:o}",
	    "@context", context(), "@id", urn("receipt", &f->sheet), "@type",
	    "dpv:ConsentReceipt", "dct:identifier", urn("receipt", &f->sheet),
	    "dct:conformsTo", "https://w3id.org/dpv/schema/dpv-27560#receipt",
	    "dct:created", now, "dct:publisher", f->controller,
	    "schema:recipient", "dpv:DataSubject", "schema:position",
	    (json_int_t)f->leaf, "dpv:hasRecordOfActivity", records);
	return j;
}
