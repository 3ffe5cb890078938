#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "rules.h"

/* One change to a good file, and what is said of it: so many lines after
 * the change begins (WHOLE: of the file). */
#define WHOLE INT_MIN
struct row {
	const char *from, *to;
	int after;
	const char *what;
};

static const struct row syntax_rows[] = {
	{ "format = 1", "format = 2", 0, "not within 1 to 1" },
	{ "format = 1\n", "", 0, "does not say its format" },
	{ "version = 7\n", "", -1, "does not say its version" },
	{ "version = 7", "version = 007", 0, "not a decimal number" },
	{ "version = 7", "version = 0x7", 0, "not a decimal number" },
	{ "version = 7", "version = -7", 0, "not a decimal number" },
	{ "version = 7", "version = 99999999999999999999", 0,
	    "not a decimal number" },
	{ "version = 7", "version = 4294967296", 0, "not within" },
	{ "version = 7", "version = 7\nversion = 8", 1,
	    "version is given twice" },
	{ "version = 7", "versoin = 7", 0, "no such option 'versoin'" },
	{ "version = 7", "version 7", 0, "missing equal sign" },
	{ "version = 7", "include(\"x\")", 0, "unexpected character '('" },
	{ "version = 7", "kind|title = x", 0, "unexpected character '|'" },
	{ "version = 7", "version += 7", 0, "unexpected character '+'" },
	{ "version = 7", "version = 7 // x", 0, "unexpected character '/'" },
	{ "version = 7", "version = '7'", 0, "unexpected character '''" },
	{ "version = 7", "version = ${HOME}", 0, "unexpected character '$'" },
	{ "version = 7", "version = 7\r", 0, "unexpected byte" },
	{ "version = 7", "version = \"${HOME}\"", 0,
	    "nothing is expanded here" },
	{ "version = 7", "version = \"\\x41\"", 0, "no escapes" },
	{ "version = 7", "version = \"a\tb\"", 0, "control character" },
	{ "version = 7", "version = \"7", 0, "does not end on its line" },
	{ "version = 7", "version = 7 }", 0, "} closes nothing" },
	{ "version = 7", "{ version = 7 }", 0, "unexpected token" },
	{ "version = 7",
	    "version = "
	    "1111111111111111111111111111111111111111111111111111111111111111",
	    0, "longer than 63 bytes" },
	{ "role \"worker\"", "roel \"worker\"", 0, "no such option 'roel'" },
	{ "role \"worker\" {", "role {", 0, "missing title" },
	{ "role \"worker\" {", "role \"Worker\" {", 0, "is not a name" },
	{ "role \"partner\"", "role \"worker\"", 0, "duplicate title" },
	{ "title = \"Intervenant\"", "title = \"\"", 0, "is empty" },
	{ "title = \"Intervenant\"\n", "", -1, "does not say its title" },
	{ "	source = \"s\"\n}\nrole", "}\nrole", -2,
	    "does not say its source" },
	{ "hours source = \"s\" }", "hours source = \"s\"", 0,
	    "{ is never closed" },
	{ "causes.code\" { type = code values = { a, b }",
	    "causes.code\" { type = code values = { a, { b } }", 0,
	    "{ without a word" },
	{ "values = { a, b }", "values = { a, a }", 0, "\"a\" twice" },
	{ "format = 1", "format = 1 \xff", WHOLE, "not UTF-8" },
};

/* Moments, deadlines, and retention by moments: in the small rules. */
static const struct row moment_rows[] = {
	{ "	by-vault = false\n", "", -2, "does not say its by-vault" },
	{ "	first = false\n", "", -3, "does not say its first" },
	{ "	otherwise = entry\n", "", -4, "does not say its otherwise" },
	{ "	kinds = { scan }\n", "", -6, "does not say its kinds" },
	{ "	records-count = 1\n", "", -7,
	    "does not say its records-count" },
	{ "	records-count = 1\n", "	records-count = 2\n", 0,
	    "says another number" },
	{ "	record \"note:state\" { values = { met } date = \"day\" }\n",
	    "", -1, "says another number" },
	{ "	otherwise = entry\n", "	otherwise = birth\n", 0,
	    "unknown moment \"birth\" in otherwise" },
	{ "	otherwise = entry\n", "	otherwise = last-contact\n", 0,
	    "would stand in its own place" },
	{ "	first = true\n	otherwise = none\n",
	    "	first = true\n	otherwise = last-contact\n", 1,
	    "moment \"entry\" would stand in its own place" },
	{ "kinds = { scan }", "kinds = { photo }", 0, "unknown kind" },
	{ "	by-vault = false\n	first = false\n	otherwise = "
	  "entry\n	events = none",
	    "	by-vault = false\n	first = false\n	otherwise = "
	    "entry\n	events = { storm }",
	    3, "unknown event \"storm\"" },
	{ "	by-vault = false\n", "	by-vault = true\n", 0,
	    "the vault itself enters no moment \"last-contact\"" },
	{ "	by-vault = true\n", "	by-vault = false\n", -2,
	    "nothing ever makes moment \"entry\"" },
	{ "values = { met }", "values = { gone }", 0,
	    "is not a value that note:state can have" },
	{ "values = { met } ", "", 0, "does not say which values" },
	{ "date = \"day\"", "", 0, "does not say its date" },
	{ "date = \"day\"", "date = \"name\"", 0, "is no date of kind" },
	{ "record \"note:state\"", "record \"note:name\"", 0,
	    "is no code of kind" },
	{ "record \"note:state\"", "record \"note:causes.code\"", 0,
	    "is inside a list" },
	{ "record \"note:state\"", "record \"note\"", 0,
	    "names no field that has values" },
	{ "record \"note:state\"", "record \"scan:state\"", 0,
	    "is no kind of record" },
	/* Deadlines. */
	{ "	after = entry\n", "", -2, "does not say its after" },
	{ "	after = entry\n", "	after = dawn\n", 0,
	    "unknown moment \"dawn\" in after" },
	{ "	after = entry\n", "	after = none\n", 1,
	    "it has no before" },
	{ "	before = false\n", "", -3, "does not say its before" },
	{ "	figure = correction-hours\n", "", -4,
	    "does not say its figure" },
	{ "	figure = correction-hours\n", "	figure = luck\n", 0,
	    "unknown figure \"luck\"" },
	{ "value = 24 unit = hours", "value = 24 unit = percent", 26,
	    "is no period" },
	{ "	no-later-than = none\n", "", -5,
	    "does not say its no-later-than" },
	{ "	settled-by = { last-contact }\n", "", -6,
	    "nothing settles deadline" },
	{ "settled-by = { last-contact }", "settled-by = { entry }", 0,
	    "settled by what begins it" },
	{ "settled-by = { last-contact }", "settled-by = { dawn }", 0,
	    "unknown moment \"dawn\" in settled-by" },
	{ "	stages = { amont }\n	states = { open }\n	roles",
	    "	states = { open }\n	roles", -7, "does not say its stages" },
	{ "	states = { open }\n	roles", "	roles", -8,
	    "does not say its states" },
	{ "	roles = { worker }\n	source = \"s\"\n",
	    "	source = \"s\"\n", -9, "is nobody's" },
	{ "	roles = { worker }\n	source = \"s\"\n",
	    "	roles = { king }\n	source = \"s\"\n", 0,
	    "unknown role \"king\" in deadline" },
	/* Retention. */
	{ "title = \"Court\" ", "", -1, "does not say its title" },
	{ "from = last-contact", "from = last-contact instead-of = short", -2,
	    "instead-of and once go together" },
	{ "from = last-contact",
	    "from = last-contact instead-of = long once = entry", 0,
	    "unknown retention \"long\"" },
	{ "from = last-contact",
	    "from = last-contact instead-of = short once = entry", 0,
	    "would stand in its own place" },
	{ "from = last-contact",
	    "from = last-contact instead-of = short once = dawn", 0,
	    "unknown moment \"dawn\" in once" },
};

static const struct row kind_rows[] = {
	{ "retention = short\n	field", "field", -5,
	    "does not say its retention" },
	{ "retention = short\n	field", "retention = long\n	field", 0,
	    "unknown retention \"long\"" },
	{ "from = last-contact", "from = last-year", 0,
	    "unknown moment \"last-year\"" },
	{ "active-months = 24", "active-months = 2000", 0, "not within" },
	{ "active-months = 24\n", "", -1, "does not say its active-months" },
	{ "record = true", "record = yes", 0, "unknown record \"yes\"" },
	{ "record = true\n", "", 2, "is a file: it has no fields" },
	{ "media = { \"application/json\" }", "media = { \"application/pdf\" }",
	    0, "application/json alone" },
	{ "media = { \"application/json\" }\n", "", -4,
	    "accepts no media type" },
	{ "\"image/png\"", "\"image/*\"", 0, "not a media type" },
	{ "record = true", "record = true signed = true", 0,
	    "is a record: it has no signed" },
	{ "type = string required", "type = sting required", 0,
	    "unknown type \"sting\"" },
	{ "required = true max", "required = maybe max", 0,
	    "unknown required" },
	{ "max = 50", "max = 0", 0, "not within" },
	{ "type = amount }", "type = amount max = 3 }", 0,
	    "max is for strings" },
	{ "type = amount }", "type = amount values = { a } }", 0,
	    "a code has values" },
	{ "type = code values = { a, b }", "type = code", 0,
	    "a code has values" },
	{ "label = sensitive", "label = secret", 0, "unknown label" },
	{ "field \"debt\" { type = group }\n", "", 0,
	    "not under a group or list" },
	{ "field \"debt\" { type = group }", "field \"debt\" { type = date }",
	    1, "not under a group or list" },
	{ "field \"causes.code\" { type = code values = { a, b } }\n", "", -1,
	    "has no fields under it" },
	{ "field \"name\" { type", "field \"na..me\" { type", 0,
	    "is not a path" },
	{ "field \"health\"", "field \"name\"", 0, "duplicate title" },
	{ "levels = { advanced, stylus }", "levels = { advanced, wax }", 0,
	    "unknown level \"wax\"" },
	{ "levels = { advanced, stylus }\n", "", -7,
	    "levels are for what is signed" },
	{ "signed = true\n", "", -5, "does not say its signed" },
	{ "strict = false\n", "", -6, "does not say its strict" },
	{ "signed = true\n	strict = false",
	    "signed = false\n	strict = true", 1,
	    "strict is about signatures" },
	{ "\"application/pdf\"", "\"application/zip\"", 0,
	    "\"application/zip\" is an archive" },
	{ "\"application/pdf\"", "\"application/vnd.etsi.asic-e+zip\"", 0,
	    "is an archive: what is in it is not inspected" },
	{ "pages-max = 4", "pages-max = 0", 0, "not within" },
	{ "pages-max = 4", "pages-max = 4 uninspected = true", 0,
	    "what is signed is inspected" },
	{ "pages-max = 4", "pages-max = 4 provenance = required", 0,
	    "provenance is of scans, and it accepts none" },
	{ "pages-max = 4", "pages-max = 4 provenance = perhaps", 0,
	    "unknown provenance \"perhaps\"" },
};

static const struct row access_rows[] = {
	{ "roles = { worker }", "roles = { boss }", 0,
	    "unknown role \"boss\"" },
	{ "roles = { worker }\n", "", -2, "is for no role" },
	{ "{ case-list, doc-read, doc-file }", "{ case-list, doc-shred }", 0,
	    "unknown operation \"doc-shred\"" },
	{ "{ case-list, doc-read, doc-file }", "{ case-list, case-list }", 0,
	    "operation \"case-list\" twice" },
	{ "operations = { case-list, doc-read, doc-file }\n", "", -3,
	    "allows no operation" },
	{ "kinds = { note, scan }", "kinds = { note, scam }", 0,
	    "unknown kind \"scam\"" },
	{ "kinds = { note, scan }\n", "", -4, "names no kind" },
	{ "{ case-list, doc-read, doc-file }", "{ case-list }", 1,
	    "no operation of it has one" },
	{ "scope = own-team\n", "", -5, "does not say its scope" },
	{ "scope = own-team", "scope = all", 0, "unknown scope \"all\"" },
	{ "scope = own-team", "scope = none", 1, "states go with a scope" },
	{ "states = { open }\n", "", -6, "states go with a scope" },
	{ "states = { open }", "states = { ajar }", 0,
	    "unknown word \"ajar\"" },
	{ "states = { open }", "states = { open, closed }", 2,
	    "for open cases alone" },
	{ "purposes = { work }", "purposes = { play }", 0,
	    "unknown purpose \"play\"" },
	{ "break-glass = false\n", "", -9, "does not say its break-glass" },
	{ "break-glass = false", "break-glass = maybe", 0,
	    "unknown break-glass \"maybe\"" },
	{ "break-glass = false", "break-glass = false step-up = true", 0,
	    "no operation of it takes a signed statement" },
	{ "case-list, doc-read, doc-file }",
	    "case-list, doc-read, doc-file, break-glass }", -3,
	    "does not say its step-up" },
	{ "own = false\n", "", -4, "does not say its own" },
	{ "own = false", "own = false opinions = { boss }", 0,
	    "unknown role \"boss\" in approval" },
	{ "own = false", "own = false opinions = { worker }", 0,
	    "either counts or gives an opinion" },
	{ "purposes = { work }\n", "", -7, "does not say its purposes" },
	{ "purposes = { work }", "purposes = none", 1,
	    "is not one of its purposes" },
	{ "default-purpose = work", "default-purpose = share", 0,
	    "is not one of its purposes" },
	{ "access \"team\" {\n	source = \"s\"\n",
	    "access \"team\" {\n	source = \"s\"\n"
	    "	effective-from = \"2026-13-01\"\n",
	    2, "is not a date" },
	{ "access \"team\" {\n	source = \"s\"\n",
	    "access \"team\" {\n	source = \"s\"\n"
	    "	effective-from = \"2026-12-02\"\n"
	    "	effective-until = \"2026-12-01\"\n",
	    3, "is before effective-from" },
	{ "recipient \"office\" {\n",
	    "access \"again\" {\n	source = \"s\"\n	roles = { "
	    "worker }\n"
	    "	operations = { doc-read }\n	kinds = { scan }\n"
	    "	scope = own-team\n	states = { open }\n"
	    "	purposes = { work }\n}\nrecipient \"office\" {\n",
	    0, "never decides: \"team\" before it covers it" },
	{ "roles = { worker }\n	count", "roles = { boss }\n	count", 0,
	    "unknown role \"boss\" in approval" },
	{ "roles = { worker }\n	count", "count", -1, "counts no role" },
	{ "approval \"erasure\"", "approval \"party\"", 0,
	    "nothing called \"party\"" },
	{ "count = 2", "count = 0", 0, "not within" },
	{ "unit = hours", "unit = moons", 0, "unknown unit \"moons\"" },
	{ "value = 24 ", "", 0, "does not say its value" },
};

static const struct row disclosure_rows[] = {
	{ "channel = ssh", "channel = fax", 0, "unknown channel \"fax\"" },
	{ "landlord-facing = false\n", "", -3,
	    "does not say its landlord-facing" },
	{ "channel = ssh", "channel = ssh certificate = \"/etc/x.pem\"", 0,
	    "not under the policy folder" },
	{ "channel = ssh", "channel = ssh certificate = \"../x.pem\"", 0,
	    "not under the policy folder" },
	{ "channel = ssh", "channel = ssh account = \"a b\"", 0,
	    "is not an account name" },
	{ "recipient = office\n	valid", "recipient = bank\n	valid", 0,
	    "unknown recipient \"bank\" in consent" },
	{ "recipient = office\n	valid", "valid", 11,
	    "is not one to share with \"office\"" },
	{ "recipient = office\n	purpose", "recipient = bank\n	purpose", 0,
	    "unknown recipient \"bank\" in disclosure" },
	{ "purpose = share", "purpose = play", 0,
	    "unknown purpose \"play\" in disclosure" },
	{ "basis = \"b\"\n", "", -4, "does not say its basis" },
	{ "consent = share:office", "consent = share:bank", 0,
	    "unknown consent \"share:bank\"" },
	{ "consent = share:office\n", "", -6, "does not say its consent" },
	{ "stages = { amont }\n", "", -7, "does not say its stages" },
	{ "stages = { amont }", "stages = { later }", 0,
	    "unknown word \"later\" in stages" },
	{ "four-eyes = false\n", "", -9, "does not say its four-eyes" },
	{ "four-eyes = false", "four-eyes = true", 0, "asks for four eyes" },
	{ "expires-days = 30", "expires-days = 4000", 0, "not within" },
	{ "four-eyes = false", "four-eyes = false attach = { memo }", 0,
	    "unknown kind \"memo\" in disclosure" },
	{ "from = \"note:name\"", "from = \"memo:name\"", 0,
	    "unknown kind in \"memo:name\"" },
	{ "from = \"note:name\"", "from = \"note:nom\"", 0,
	    "unknown field in \"note:nom\"" },
	{ "from = \"note:name\"", "from = \"name\"", 0, "not KIND:FIELD" },
	{ "from = \"note:name\"", "from = \"note:story\"", 0,
	    "note:story, which is never disclosed" },
	{ "from = \"note:name\"", "from = \"note:health\"", 0,
	    "note:health, which is sensitive and not on its list" },
	{ "from = \"note:name\"", "from = \"note:causes.code\"", 0,
	    "is inside a list: disclose the list" },
	{ "four-eyes = false", "four-eyes = false sensitive = { note:health }",
	    0, "is not a sensitive field that disclosure" },
	{ "field \"sum\"", "field \"name.x\"", 0, "lies under \"name\"" },
	{ "field \"sum\"", "field \"name\"", 0, "duplicate title" },
	{ "	field \"name\" { from = \"note:name\" }\n"
	  "	field \"sum\" { from = \"note:debt.amount\" }\n",
	    "", -10, "gives nothing" },
	{ "field \"debt\" { type = group }",
	    "field \"debt\" { type = group label = never }", 53,
	    "note:debt.amount, which is never disclosed" },
	{ "approval \"erasure\"",
	    "disclosure \"twin\" { title = \"t\" recipient = office "
	    "purpose = share basis = \"b\" source = \"s\" consent = none "
	    "stages = { amont } expires-days = 1 four-eyes = false "
	    "diagnosis = { unknown } events = none channels = { ssh } "
	    "field \"n\" { from = \"note:name\" } }\napproval \"erasure\"",
	    0, "same recipient, purpose and days" },
};

static const struct row more_rows[] = {
	/* Each section has its words and no others. */
	{ "event \"ruling\" {", "event \"ruling\" { zork = 1", 0,
	    "no such option 'zork'" },
	{ "block \"hold\" {", "block \"hold\" { zork = 1", 0,
	    "no such option 'zork'" },
	{ "{ value = any }", "{ value = any zork = 1 }", 0,
	    "no such option 'zork'" },
	{ "disclosure \"later\" {", "disclosure \"later\" { zork = 1", 0,
	    "no such option 'zork'" },
	{ "about = titulaire }", "about = titulaire zork = 1 }", 0,
	    "no such option 'zork'" },
	{ "recipient \"landlord\" {", "recipient \"landlord\" { zork = 1", 0,
	    "no such option 'zork'" },
	{ "kind \"paper\" {", "kind \"paper\" { zork = 1", 0,
	    "no such option 'zork'" },
	{ "access \"boss\" {", "access \"boss\" { zork = 1", 0,
	    "no such option 'zork'" },
	{ "approval \"release\" {", "approval \"release\" { zork = 1", 0,
	    "no such option 'zork'" },
	{ "role \"boss\" {", "role \"boss\" { zork = 1", 0,
	    "no such option 'zork'" },
	{ "purpose \"check\" {", "purpose \"check\" { zork = 1", 0,
	    "no such option 'zork'" },
	{ "format = 1", "format = 1\nretention \"x\" { zork = 1 }", 1,
	    "no such option 'zork'" },
	{ "format = 1", "format = 1\nconsent \"x\" { zork = 1 }", 1,
	    "no such option 'zork'" },
	{ "format = 1", "format = 1\nadapt-recipient \"office\" { zork = 1 }",
	    1, "no such option 'zork'" },
	{ "format = 1", "format = 1\nfigure \"x\" { zork = 1 }", 1,
	    "no such option 'zork'" },
	/* Events. */
	{ "	document = true\n", "", -2, "does not say its document" },
	{ "	title = \"Audience\"\n", "", -1, "does not say its title" },
	{ "stage = aval", "stage = never", 0, "unknown stage \"never\"" },
	/* Blocks. */
	{ "	landlord-facing = true\n	recipients = none",
	    "	recipients = none", -2, "does not say its landlord-facing" },
	{ "	recipients = none\n", "", -3, "does not say its recipients" },
	{ "landlord-facing = true\n	recipients = none",
	    "landlord-facing = false\n	recipients = none", -2,
	    "is for no recipient" },
	{ "recipients = none", "recipients = { bank }", 0,
	    "unknown recipient \"bank\" in block" },
	{ "until-event = ruling", "until-event = rain", 0,
	    "unknown event \"rain\" in block" },
	{ "	until-event = ruling\n", "", -4,
	    "does not say its until-event" },
	{ "	field \"note:causes\" { value = any }\n", "", -2,
	    "has 2 fields, and says another number" },
	{ "	fields-count = 3\n", "", -6, "does not say its fields-count" },
	{ "\"note:causes\" { value = any }", "\"note:causes\" { }", 0,
	    "does not say its value" },
	{ "\"note:causes\" { value = any }", "\"note:causes\" { value = a }", 0,
	    "is not a value that note:causes can have" },
	{ "value = a }", "value = z }", 0,
	    "is not a value that note:causes.code can have" },
	{ "field \"note:causes\" { value", "field \"note:case\" { value", 0,
	    "unknown field in \"note:case\"" },
	/* Kinds. */
	{ "	social = false\n	retention = short\n}",
	    "	retention = short\n}", -5, "does not say its social" },
	{ "signed = false", "signed = false signers = { titulaire }", 0,
	    "signers are for what is signed" },
	{ "signed = false", "signed = true strict = false levels = { stylus }",
	    -4, "signers are for what is signed" },
	{ "signed = false",
	    "signed = true strict = false levels = { stylus }\n"
	    "signers = { uncle }",
	    1, "unknown word \"uncle\" in signers" },
	{ "signed = false", "signed = false by-vault = true", 0,
	    "what the vault writes itself is a record" },
	/* Recipients. */
	{ "channels = { paper, hand }", "channels = { hand }", 0,
	    "the usual channel of \"landlord\" is not one of its" },
	{ "channels = { paper, hand }", "channels = { paper, pigeon }", 0,
	    "unknown word \"pigeon\" in channels" },
	/* Disclosures. */
	{ "	events = none\n	channels = { paper }",
	    "	channels = { paper }", -9, "does not say its events" },
	{ "	channels = { paper }\n", "", -10, "does not say its channels" },
	{ "	diagnosis = { unknown, accepted }\n", "", -8,
	    "does not say its diagnosis" },
	{ "diagnosis = { unknown, accepted }", "diagnosis = { maybe }", 0,
	    "unknown word \"maybe\" in diagnosis" },
	{ "channels = { paper }", "channels = { ssh }", 0,
	    "\"ssh\" is no channel of \"landlord\"" },
	{ "events = { hearing }", "events = { rain }", 0,
	    "unknown event \"rain\" in disclosure" },
	{ "attach = { paper }", "attach = { note }", 0,
	    "attaches \"note\", which is a record" },
	{ "attach = { paper }", "attach = { scan }", 0,
	    "would give kind \"scan\" of who refused the diagnosis" },
	{ "attach = { paper }", "field \"name\" { from = \"note:name\" }", 0,
	    "would give a field of \"note\" of who refused" },
	{ "	attach = { paper }\n", "", -14, "gives nothing" },
	{ "about = titulaire", "about = uncle", 0, "unknown about \"uncle\"" },
	{ "about = titulaire", "", -1, "and no field of it says whom" },
	{ "	consent = share:office", "	consent = none", 8,
	    "nobody can agree to a part" },
	{ "four-eyes = true\n	urgent", "four-eyes = false\n	urgent", 1,
	    "has no second signature" },
	{ "figure \"urgent-second", "figure \"other-second", -69,
	    "says until when" },
	{ "approval \"release\"", "approval \"people\"", -62,
	    "no approval \"release\" says whose" },
	/* Access. */
	{ "{ case-read }\n	scope = any\n	states = { open }\n"
	  "	purposes = { check }\n	break-glass = false",
	    "{ case-read, doc-file }\n	kinds = { outcome }\n	scope = any\n"
	    "	states = { open }\n	purposes = { check }\n"
	    "	break-glass = false",
	    1, "which the vault writes itself" },
	{ "	step-up = true\n", "", -7, "does not say its step-up" },
	{ "step-up = true", "step-up = false", 0,
	    "always takes a signed statement" },
	{ "	break-glass = true\n", "", -7, "does not say its break-glass" },
	{ "step-up = true", "step-up = true break-glass = true", 0,
	    "behind glass is what reads a case" },
	{ "	own = false\n", "", -4, "does not say its own" },
};

static const struct row together_rows[] = {
	{ "event \"hearing\" {",
	    "event \"hearing\" { effective-until = \"2020-01-01\"", 33,
	    "\"later\" is never in force together with event \"hearing\"" },
	{ "recipient \"landlord\" {",
	    "recipient \"landlord\" { effective-until = \"2020-01-01\"", 21,
	    "is never in force together with recipient \"landlord\"" },
	{ "purpose \"check\" {",
	    "purpose \"check\" { effective-until = \"2020-01-01\"", 26,
	    "is never in force together with purpose \"check\"" },
	{ "kind \"paper\" {",
	    "kind \"paper\" { effective-until = \"2020-01-01\"", -31,
	    "is never in force together with kind \"paper\"" },
	{ "role \"boss\" {", "role \"boss\" { effective-until = \"2020-01-01\"",
	    109, "is never in force together with role \"boss\"" },
	{ "event \"ruling\" {",
	    "event \"ruling\" { effective-until = \"2020-01-01\"", 67,
	    "is never in force together with event \"ruling\"" },
};

/* A record that prepares a paper: in the small rules, before "scan". */
#define DRAFT(flags, fields)                                                   \
	"kind \"draft\" { title = \"T\" source = \"s\" retention = short "     \
	"record = true media = { \"application/json\" } " flags " " fields     \
	" }\nkind \"scan\" {"
#define A_FIELD "field \"a\" { type = string }"
#define A_CODE(of)                                                             \
	"field \"a\" { type = list }\nfield \"a.b\" { type = code " of " }"
static const struct row paper_rows[] = {
	{ "kind \"scan\" {", DRAFT("social = true prepares = note", A_FIELD), 0,
	    "prepares \"note\", which is no kind that people sign" },
	{ "kind \"scan\" {", DRAFT("social = true prepares = rain", A_FIELD), 0,
	    "prepares \"rain\", which is no kind that people sign" },
	{ "kind \"scan\" {", DRAFT("social = false prepares = scan", A_FIELD),
	    0, "social and retention are those of \"scan\"" },
	{ "kind \"scan\" {",
	    DRAFT("social = true by-vault = true prepares = scan", A_FIELD), 0,
	    "what prepares a paper is a record that people fill" },
	{ "	pages-max = 4\n", "	pages-max = 4 prepares = scan\n", 0,
	    "what prepares a paper is a record that people fill" },
	{ "	pages-max = 4\n",
	    "	pages-max = 4 field \"a\" { type = date }\n", 0,
	    "kind \"scan\" is a file: it has no fields" },
	{ "kind \"scan\" {",
	    DRAFT("social = true notice = n notice-version = \"1\"", A_FIELD),
	    0, "a notice is for what prepares a paper" },
	{ "kind \"scan\" {",
	    DRAFT("social = true prepares = scan notice = n", A_FIELD), 0,
	    "does not say its notice-version" },
	{ "kind \"scan\" {",
	    DRAFT("social = true prepares = scan notice = n "
		  "notice-version = \"9\"",
		A_FIELD),
	    0, "the notice of kind \"draft\" is not there" },
	{ "kind \"scan\" {",
	    DRAFT("social = true prepares = scan", A_CODE("values-of = rain")),
	    1, "values-of is consents" },
	{ "kind \"scan\" {",
	    DRAFT("social = true prepares = scan",
		A_CODE("values-of = consents values = { a }")),
	    1, "values-of is consents" },
	{ "kind \"scan\" {",
	    DRAFT("social = true prepares = scan",
		"field \"a\" { type = date values-of = consents }"),
	    0, "a code has values, and nothing else has" },
	/* Whatever its label, nothing of it can be given. */
	{ "	record = true\n", "	record = true prepares = scan\n", 56,
	    "never disclosed" },
};

static const struct row loan_rows[] = {
	{ "loan \"summer\" {", "loan \"summer\" { zork = 1", 0,
	    "no such option 'zork'" },
	{ "	effective-from = \"2026-12-30\"\n", "", -4,
	    "does not say its effective-from" },
	{ "	effective-until = \"2027-01-02\"\n", "", -5,
	    "does not say its effective-until" },
	{ "effective-until = \"2027-01-02\"",
	    "effective-until = \"2026-12-29\"", 0, "is before effective-from" },
	{ "role = boss\n	from", "role = worker\n	from", 0,
	    "\"alma.exemple\" is no worker" },
	{ "	role = boss\n	from", "	from", -1,
	    "does not say its role" },
	{ "from = \"alma.exemple\"", "from = \"nobody\"", 0,
	    "names somebody who is not here" },
	{ "to = \"ines.exemple\"", "to = \"nobody\"", 0,
	    "names somebody who is not here" },
	{ "to = \"ines.exemple\"", "to = \"alma.exemple\"", 0,
	    "\"alma.exemple\" is boss already" },
	{ "to = \"ines.exemple\"", "to = \"guichet\"", -3,
	    "a partner neither lends nor borrows" },
	{ "loan \"summer\" {",
	    "loan \"again\" { role = boss from = \"alma.exemple\" "
	    "to = \"ines.exemple\" effective-from = \"2027-01-02\" "
	    "effective-until = \"2027-01-09\" source = \"s\" }\n"
	    "loan \"summer\" {",
	    1, "lends what \"again\" lends on the same days" },
};

static const struct row people_rows[] = {
	{ "uid = 62002", "uid = 62001", 0,
	    "uid 62001 of \"paul.parti\" is already that of" },
	{ "uid = 62002", "uid = 0", 0, "not within" },
	{ "uid = 62002\n", "", -1, "does not say its uid" },
	{ "uid = 62002", "uid = 4294967295", 0, "not within" },
	{ "\"paul.parti\"", "\"ines.exemple\"", 0, "duplicate title" },
	{ "\"paul.parti\"", "\"Paul Parti\"", 0, "not an account name" },
	{ "role = worker", "role = boss", 0, "unknown role \"boss\"" },
	{ "team = nord\n", "", -4, "is worker and has no team" },
	{ "organisation = asso\n", "", -5, "does not say its organisation" },
	{ "status = suspended", "status = asleep", 0, "unknown status" },
	{ "status = suspended\n", "", -6, "does not say its status" },
	{ "recipient = office\n", "", -6, "has no recipient" },
	{ "recipient = office", "recipient = bank", 0,
	    "unknown recipient \"bank\"" },
	{ "role = worker", "role = worker recipient = office", 0,
	    "is no partner and has a recipient" },
	{ "AAAAC3NzaC1lZDI1NTE5AAAAIAya4tvQQLVr/8aYGG4wo6HhPftS/"
	  "tFPBrvObufiQXn3",
	    "AAAAC3NzaC1lZDI1NTE5AAAAIHSIku2Rivbe3HaSRvOm3vS69rhvH0E/"
	    "MUyb7D32Wnm7",
	    0, "is also that of \"ines.exemple\"" },
	{ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAya", "ssh-ed25519 AAAA!", 0,
	    "a key of \"paul.parti\"" },
	{ "format = 1", "format = 1\nversion = 2", 1, "no such option" },
	{ "format = 1", "format = 1\nrole \"x\" { }", 1, "no such option" },
};

/* Does problems hold a line "file:line: …what…"? */
static int
is_said(struct buf *problems, const char *file, int line, const char *what)
{
	char prefix[64];
	const char *p, *end;

	if (line > 0)
		snprintf(prefix, sizeof(prefix), "%s:%d: ", file, line);
	else
		snprintf(prefix, sizeof(prefix), "%s: ", file);
	for (p = buf_str(problems); *p != '\0'; p = end + 1) {
		const char *at = strstr(p, what);

		if ((end = strchr(p, '\n')) == NULL)
			return 0;
		if (strncmp(p, prefix, strlen(prefix)) == 0 && at != NULL &&
		    at < end)
			return 1;
	}
	return 0;
}

/* A good set of files, of which one is changed by each row. */
struct base {
	const char *file, *text;
	int is_large; /* with the overlay and the loan */
};

static void
put_base(struct rules *r, int is_large)
{
	AUTO(buf_done) struct buf people = { 0 };

	rules_put(r, "00-common.conf", rules_small);
	rules_put(r, "50-more.conf", is_large ? rules_more : "format = 1\n");
	assert_int_equal(buf_addf(&people, NULL, "%s%s", rules_people,
			     is_large ? rules_loans : ""),
	    0);
	rules_put(r, "people.conf", buf_str(&people));
}

static void
try_rows(
    struct rules *r, const struct row *rows, size_t n, const struct base *base)
{
	AUTO(buf_done) struct buf text = { 0 };
	int line, missed = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		put_base(r, base->is_large);
		rules_edit(base->text, rows[i].from, rows[i].to, &text, &line);
		rules_put(r, base->file, buf_str(&text));
		if (rules_load(r) != -ERR_INVALID)
			fail_msg("accepted: %s", rows[i].to);
		assert_null(r->p);
		assert_string_equal(err_name(&r->e), "policy");
		line = rows[i].after == WHOLE ? 0 : line + rows[i].after;
		if (is_said(&r->problems, base->file, line, rows[i].what))
			continue;
		print_error("\"%s\" for \"%s\", line %d: got\n%s", rows[i].what,
		    rows[i].to, line, buf_str(&r->problems));
		missed++;
	}
	buf_done(&text);
	assert_int_equal(missed, 0);
}

static const struct base small = { "00-common.conf", rules_small, 0 };
static const struct base more = { "50-more.conf", rules_more, 1 };

static void
the_small_policy_is_good(void **state)
{
	struct rules *r = *state;

	rules_put(r, "00-common.conf", rules_small);
	rules_put(r, "people.conf", rules_people);
	if (rules_load(r) < 0)
		fail_msg("%s", buf_str(&r->problems));
	assert_int_equal(policy_version(r->p), 7);
	assert_int_equal(r->problems.len, 0);
}

static void
what_is_not_the_language_is_refused_with_its_line(void **state)
{
	try_rows(*state, syntax_rows, NELEMS(syntax_rows), &small);
}

static void
a_wrong_kind_is_refused_with_its_line(void **state)
{
	try_rows(*state, kind_rows, NELEMS(kind_rows), &small);
}

static void
a_wrong_moment_or_deadline_is_refused_with_its_line(void **state)
{
	try_rows(*state, moment_rows, NELEMS(moment_rows), &small);
}

/* Sections behind the other rules: what of them never is, or never ends. */
#define MOMENT(name, otherwise, events, kinds, more)                           \
	"moment \"" name                                                       \
	"\" { title = \"T\" source = \"s\" by-vault = false\n"                 \
	"first = false otherwise = " otherwise "\n"                            \
	"events = " events "\nkinds = " kinds "\nrecords-count = 0 " more      \
	"}\n"
#define DEADLINE(after, settled, stages, more)                                 \
	"deadline \"d\" { title = \"T\" source = \"s\" roles = { worker }\n"   \
	"states = { open }\n"                                                  \
	"after = " after "\n"                                                  \
	"settled-by = " settled "\n"                                           \
	"stages = " stages "\n" more "}\n"
#define PLAIN "before = false figure = none no-later-than = none"
#define RETENTION(name, more)                                                  \
	"retention \"" name                                                    \
	"\" { title = \"T\" source = \"s\" active-months = 1\n" more "}\n"
#define APPROVAL(what, roles)                                                  \
	"approval \"" what "\" { source = \"s\" count = 1 own = true\n"        \
	"valid-days = 30\nroles = { " roles " } }\n"

static const struct {
	const char *text, *what; /* NULL: it is good */
} term_rows[] = {
	/* A moment that nothing makes. */
	{ MOMENT("m", "none", "{ ruling }", "none", ""), NULL },
	{ MOMENT("m", "none", "none", "{ paper }", ""),
	    "2: moment \"m\" can never happen" },
	{ MOMENT("m", "none", "none", "{ outcome }", ""), NULL },
	{ MOMENT("m", "none", "none", "{ paper, scan }", ""), NULL },
	{ MOMENT("m", "entry", "none", "{ paper }", ""), NULL },
	{ MOMENT("m", "n", "none", "{ paper }", "")
		MOMENT("n", "none", "none", "{ paper }", ""),
	    "7: moment \"n\" can never happen" },
	{ "event \"old\" { title = \"T\" source = \"s\" document = false\n"
	  "effective-until = \"2020-01-01\" }\n" MOMENT("m", "none", "{ old }",
	      "none", "effective-from = \"2021-01-01\""),
	    "4: moment \"m\" can never happen" },
	/* A deadline on it. */
	{ DEADLINE("entry", "{ last-contact }", "{ amont }", PLAIN), NULL },
	{ MOMENT("m", "none", "none", "{ paper }", "")
		DEADLINE("m", "{ last-contact }", "{ amont }", PLAIN),
	    "9: deadline \"d\" waits for moment \"m\", which can never" },
	{ MOMENT("m", "none", "none", "{ paper }", "")
		DEADLINE("entry", "{ last-contact, m }", "{ amont }", PLAIN),
	    "10: deadline \"d\" waits for moment \"m\", which can never" },
	{ MOMENT("m", "none", "none", "{ paper }", "") DEADLINE(
	      "entry", "{ last-contact }", "{ amont }", PLAIN "\nonce = m"),
	    "13: deadline \"d\" waits for moment \"m\", which can never" },
	{ MOMENT("m", "none", "none", "{ paper }", "")
		DEADLINE("entry", "{ last-contact }", "{ amont }",
		    "before = false figure = correction-hours\n"
		    "no-later-than = none figure-on = m"),
	    "13: deadline \"d\" waits for moment \"m\", which can never" },
	{ MOMENT("m", "none", "none", "{ paper }", "")
		DEADLINE("entry", "{ last-contact }", "{ amont }",
		    "before = false figure = none\nno-later-than = m"),
	    "13: deadline \"d\" waits for moment \"m\", which can never" },
	{ MOMENT("m", "none", "{ ruling }", "none",
	      "effective-until = \"2020-01-01\"")
		DEADLINE("m", "{ last-contact }", "{ amont }",
		    PLAIN " effective-from = \"2021-01-01\""),
	    "9: deadline \"d\" is never in force together with moment \"m\"" },
	/* One that never stands. */
	{ MOMENT("m", "none", "{ hearing }", "none", "")
		DEADLINE("m", "{ last-contact }", "{ amont }", PLAIN),
	    "11: deadline \"d\" never stands: from moment \"m\" on a case is "
	    "in stage aval" },
	{ MOMENT("m", "none", "{ hearing }", "none", "")
		DEADLINE("m", "{ last-contact }", "{ amont, aval }", PLAIN),
	    NULL },
	{ MOMENT("m", "none", "{ hearing, ruling }", "none", "")
		DEADLINE("m", "{ last-contact }", "{ amont }", PLAIN),
	    NULL },
	{ DEADLINE("entry", "{ last-contact }", "{ amont }",
	      "before = false figure = none\nno-later-than = entry"),
	    "8: deadline \"d\" would be due when it begins" },
	{ DEADLINE("entry", "{ last-contact }", "{ amont }",
	      "before = true figure = correction-hours no-later-than = none\n"
	      "once = last-contact"),
	    "8: deadline \"d\" never stands: what it waits for settles it" },
	/* The words of terms, where they mean nothing. */
	{ DEADLINE("entry", "{ last-contact }", "{ amont }",
	      "before = true figure = correction-hours no-later-than = none\n"
	      "truce = true"),
	    "8: deadline \"d\" is before something: no truce moves it" },
	{ DEADLINE("entry", "{ last-contact }", "{ amont }",
	      PLAIN "\nfigure-on = last-contact"),
	    "8: deadline \"d\" has no figure to choose" },
	{ DEADLINE("entry", "{ last-contact }", "{ amont }",
	      "before = false figure = correction-hours no-later-than = none\n"
	      "figure-on = dawn"),
	    "8: unknown moment \"dawn\" in figure-on" },
	{ "deadline \"d\" { title = \"T\" source = \"s\" roles = { worker }\n"
	  "after = none figure = none\ntruce = true }\n",
	    "4: deadline \"d\" runs from no moment: it has no truce" },
	{ "deadline \"d\" { title = \"T\" source = \"s\" roles = { worker }\n"
	  "after = none figure = none\nfigure-on = entry }\n",
	    "4: deadline \"d\" runs from no moment: it has no figure-on" },
	/* Retention. */
	{ MOMENT("m", "none", "none", "{ paper }", "")
		RETENTION("r", "from = m "),
	    "8: retention \"r\" waits for moment \"m\", which can never" },
	{ MOMENT("m", "none", "none", "{ paper }", "")
		RETENTION("r", "from = entry\nactive-until = m "),
	    "9: retention \"r\" waits for moment \"m\", which can never" },
	{ RETENTION("r", "from = entry\nactive-until = dawn "),
	    "4: unknown moment \"dawn\" in active-until" },
	{ RETENTION("r", "from = entry intermediate-until = last-contact "),
	    "2: retention \"r\" has no intermediate archive" },
	{ RETENTION("r", "from = entry instead-of = t once = entry ")
		RETENTION("t", "from = entry instead-of = r once = entry "),
	    "3: retention \"r\" would stand in its own place" },
	{ RETENTION("r", "from = entry instead-of = t once = entry ")
		RETENTION("t", "from = entry instead-of = short once = entry "),
	    NULL },
	{ RETENTION("r", "from = entry instead-of = short once = entry ")
		RETENTION("t", "from = entry instead-of = short once = entry "),
	    "4: retention \"t\" never counts: \"r\" stands in that place" },
	{ RETENTION("r", "from = entry instead-of = short once = entry ")
		RETENTION("t",
		    "from = entry instead-of = short once = last-contact "),
	    NULL },
	/* Approvals that no role that counts may give. */
	{ APPROVAL("clock", "worker"),
	    "4: role \"worker\" of approval \"clock\" can never give it: no "
	    "access allows it clock-confirm" },
	{ APPROVAL("people", "worker"), "no access allows it rules-approve" },
	{ APPROVAL("retention", "boss"),
	    "no access allows it retention-approve" },
	{ APPROVAL("hold-release", "boss"),
	    "no access allows it hold-release" },
};

static void
what_never_is_or_never_ends_is_refused_with_its_line(void **state)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct rules *r = *state;
	size_t i, missed = 0;
	const char *said;
	int rc;

	for (i = 0; i < NELEMS(term_rows); i++) {
		put_base(r, 1);
		buf_reset(&text);
		assert_int_equal(
		    buf_addf(&text, NULL, "format = 1\n%s", term_rows[i].text),
		    0);
		rules_put(r, "60-terms.conf", buf_str(&text));
		rc = rules_load(r);
		said = rc == 0 ? "" : buf_str(&r->problems);
		if (term_rows[i].what == NULL
			? rc == 0
			: strstr(said, term_rows[i].what) != NULL &&
			      strstr(said, "60-terms.conf:") != NULL)
			continue;
		print_error("row %zu: \"%s\": got\n%s", i,
		    term_rows[i].what != NULL ? term_rows[i].what : "(good)",
		    said);
		missed++;
	}
	assert_int_equal(missed, 0);
}

static void
a_wrong_access_rule_is_refused_with_its_line(void **state)
{
	try_rows(*state, access_rows, NELEMS(access_rows), &small);
}

static void
a_wrong_disclosure_is_refused_with_its_line(void **state)
{
	try_rows(*state, disclosure_rows, NELEMS(disclosure_rows), &small);
}

static void
wrong_people_are_refused_with_their_line(void **state)
{
	AUTO(buf_done) struct buf people = { 0 };
	struct base base = { "people.conf", rules_people, 0 };

	assert_int_equal(
	    buf_addf(&people, NULL, "%s%s", rules_people, rules_loans), 0);
	try_rows(*state, people_rows, NELEMS(people_rows), &base);
	base = (struct base){ "people.conf", buf_str(&people), 1 };
	try_rows(*state, loan_rows, NELEMS(loan_rows), &base);
}

static void
the_other_sections_are_refused_with_their_line(void **state)
{
	try_rows(*state, more_rows, NELEMS(more_rows), &more);
}

static void
what_prepares_a_paper_is_refused_with_its_line(void **state)
{
	try_rows(*state, paper_rows, NELEMS(paper_rows), &small);
}

static void
what_is_never_in_force_together_is_refused(void **state)
{
	try_rows(*state, together_rows, NELEMS(together_rows), &more);
}

static void
the_other_sections_are_good(void **state)
{
	struct rules *r = *state;

	put_base(r, 1);
	if (rules_load(r) < 0)
		fail_msg("%s", buf_str(&r->problems));
}

/* --- files ------------------------------------------------------------ */

static void
expect(struct rules *r, const char *what)
{
	assert_int_equal(rules_load(r), -ERR_INVALID);
	assert_null(r->p);
	if (strstr(buf_str(&r->problems), what) == NULL)
		fail_msg("\"%s\" is not in\n%s", what, buf_str(&r->problems));
}

static void
files_are_known_by_their_names(void **state)
{
	struct rules *r = *state;

	rules_put(r, "00-common.conf", rules_small);
	rules_put(r, "notes.txt", "not read");
	rules_put(r, "people.example.conf", "not read");
	assert_int_equal(rules_load(r), 0);
	rules_put(r, "extra.conf", "format = 1\n");
	expect(r, "extra.conf: a rule file is called NN-name.conf");
	rules_remove(r, "extra.conf");
	rules_put(r, "10-empty.conf", "");
	expect(r, "10-empty.conf: empty");
	rules_remove(r, "10-empty.conf");
	rules_remove(r, "00-common.conf");
	expect(r, "no rule files");
}

static void
a_folder_that_is_not_there_is_not_found(void **state)
{
	struct rules *r = *state;

	assert_int_equal(
	    policy_load("/tmp/sceau-no-such-folder", &r->p, NULL, &r->e),
	    -ERR_NOT_FOUND);
	assert_null(r->p);
}

static void
a_file_over_a_mebibyte_is_refused_by_name(void **state)
{
	struct rules *r = *state;
	AUTO(buf_done) struct buf text = { 0 };

	while (text.len <= 1u << 20)
		assert_int_equal(buf_addstr(&text, "# comment\n", NULL), 0);
	rules_put(r, "00-common.conf", buf_str(&text));
	expect(r, "00-common.conf: larger than 1048576 bytes");
}

static void
a_link_is_not_followed(void **state)
{
	struct rules *r = *state;
	char path[128];

	rules_put(r, "real.txt", rules_small);
	snprintf(path, sizeof(path), "%s/00-common.conf", r->dir);
	assert_int_equal(symlink("real.txt", path), 0);
	expect(r, "00-common.conf: cannot be read");
}

static void
a_string_over_its_limit_is_refused(void **state)
{
	struct rules *r = *state;
	AUTO(buf_done) struct buf to = { 0 }, text = { 0 };
	int i, line;

	assert_int_equal(buf_addstr(&to, "title = \"", NULL), 0);
	for (i = 0; i < 2049; i++)
		assert_int_equal(buf_addstr(&to, "a", NULL), 0);
	assert_int_equal(buf_addstr(&to, "\"", NULL), 0);
	rules_edit(
	    rules_small, "title = \"Intervenant\"", buf_str(&to), &text, &line);
	rules_put(r, "00-common.conf", buf_str(&text));
	expect(r, "00-common.conf:4: a string is longer than 2048 bytes");
}

static void
sixty_four_problems_are_told_at_most(void **state)
{
	struct rules *r = *state;
	AUTO(buf_done) struct buf text = { 0 };
	size_t lines = 0;
	const char *p;
	int i;

	assert_int_equal(buf_addstr(&text, rules_small, NULL), 0);
	for (i = 0; i < 100; i++)
		assert_int_equal(
		    buf_addf(&text, NULL, "purpose \"p%d\" { }\n", i), 0);
	rules_put(r, "00-common.conf", buf_str(&text));
	assert_int_equal(rules_load(r), -ERR_INVALID);
	for (p = buf_str(&r->problems); *p != '\0'; p++)
		lines += *p == '\n';
	assert_int_equal(lines, 64);
}

static void
the_error_is_the_first_problem(void **state)
{
	struct rules *r = *state;
	AUTO(buf_done) struct buf text = { 0 };
	int line;

	rules_edit(rules_small, "unit = hours", "unit = moons", &text, &line);
	rules_put(r, "00-common.conf", buf_str(&text));
	expect(r, r->e.text);
	assert_true(r->e.text[0] != '\0');
	assert_int_equal(policy_load(r->dir, &r->p, NULL, &r->e), -ERR_INVALID);
	assert_non_null(strstr(r->e.text, "unknown unit"));
}

/* --- overlays --------------------------------------------------------- */

static void
an_overlay_adds_and_adapts(void **state)
{
	struct rules *r = *state;
	const struct policy_recipient *office;

	rules_put(r, "00-common.conf", rules_small);
	rules_put(r, "77-here.conf",
	    "format = 1\nadapt-recipient \"office\" { title = \"Ici\" "
	    "account = \"door\" source = \"s\" }\n"
	    "figure \"more\" { value = 1 unit = days source = \"s\" }\n");
	assert_int_equal(rules_load(r), 0);
	office = policy_recipient(r->p, "office");
	assert_non_null(office);
	assert_string_equal(office->title, "Ici");
	assert_string_equal(office->account, "door");
	assert_string_equal(office->channel, "ssh");
}

static void
an_overlay_does_not_replace(void **state)
{
	struct rules *r = *state;

	rules_put(r, "00-common.conf", rules_small);
	rules_put(r, "77-here.conf",
	    "format = 1\n\nfigure \"correction-hours\" { value = 99 "
	    "unit = hours source = \"s\" }\n");
	expect(r, "77-here.conf:3: figure \"correction-hours\" is already "
		  "declared at 00-common.conf:");
	rules_put(r, "77-here.conf", "format = 1\nversion = 8\n");
	expect(r, "77-here.conf:2: only the first file gives the version");
	rules_put(r, "77-here.conf",
	    "format = 1\nadapt-recipient \"bank\" { title = \"x\" }\n");
	expect(r, "77-here.conf:2: unknown recipient \"bank\"");
}

static void
a_door_is_the_same_in_rules_and_people(void **state)
{
	struct rules *r = *state;

	rules_put(r, "00-common.conf", rules_small);
	rules_put(r, "people.conf", rules_people);
	assert_int_equal(rules_load(r), 0);
	assert_string_equal(
	    policy_recipient(r->p, "office")->account, "guichet");
	rules_put(r, "77-here.conf",
	    "format = 1\nadapt-recipient \"office\" { account = \"door\" }\n");
	expect(r, "the door of \"office\" is account \"door\", not "
		  "\"guichet\"");
}

static void
the_digest_is_of_the_rules_and_not_of_the_people(void **state)
{
	struct rules *r = *state;
	uint8_t rules[32], people[32];

	rules_put(r, "00-common.conf", rules_small);
	rules_put(r, "people.conf", rules_people);
	assert_int_equal(rules_load(r), 0);
	memcpy(rules, policy_sha256(r->p), 32);
	memcpy(people, policy_people_sha256(r->p), 32);
	rules_put(r, "people.conf", "format = 1\n");
	assert_int_equal(rules_load(r), 0);
	assert_memory_equal(rules, policy_sha256(r->p), 32);
	assert_memory_not_equal(people, policy_people_sha256(r->p), 32);
	rules_put(r, "77-here.conf", "format = 1\n");
	assert_int_equal(rules_load(r), 0);
	assert_memory_not_equal(rules, policy_sha256(r->p), 32);
}

/* --- beside the rules, and from memory -------------------------------- */

static void
what_lies_beside_the_rules_is_of_the_digest(void **state)
{
	static const char *const names[] = { "notices/n-1.txt",
		"notices/n-2.txt", "tests/a.tests", "certificates/a.pem",
		"anchors.pem" };
	struct rules *r = *state;
	const struct policy_file *all, *one;
	uint8_t before[32];
	size_t i, n;

	rules_put(r, "00-common.conf", rules_small);
	for (i = 0; i < NELEMS(names); i++) {
		rules_put(r, names[i], "before");
		assert_int_equal(rules_load(r), 0);
		memcpy(before, policy_sha256(r->p), 32);
		rules_put(r, names[i], "after");
		assert_int_equal(rules_load(r), 0);
		assert_memory_not_equal(before, policy_sha256(r->p), 32);
		one = policy_file(r->p, names[i]);
		assert_non_null(one);
		assert_int_equal(one->n, 5);
		assert_memory_equal(one->p, "after", 5);
	}
	n = policy_files(r->p, &all);
	assert_int_equal(n, NELEMS(names) + 1);
	for (i = 1; i < n; i++)
		assert_true(strcmp(all[i - 1].name, all[i].name) < 0);
	assert_null(policy_file(r->p, "people.conf"));
	assert_null(policy_file(r->p, ""));
}

static void
what_does_not_belong_is_not_read(void **state)
{
	static const char *const names[] = { "notices/.hidden.txt",
		"notices/n-1.txt~", "tests/README", "certificates/.x",
		"other/x.txt", "notes.txt" };
	struct rules *r = *state;
	uint8_t before[32];
	size_t i;

	rules_put(r, "00-common.conf", rules_small);
	assert_int_equal(rules_load(r), 0);
	memcpy(before, policy_sha256(r->p), 32);
	for (i = 0; i < NELEMS(names); i++)
		rules_put(r, names[i], "x");
	assert_int_equal(rules_load(r), 0);
	assert_memory_equal(before, policy_sha256(r->p), 32);
	rules_put(r, "notices/a b.txt", "x");
	expect(r, "notices/a b.txt: a file here is called by");
}

static void
a_consent_has_a_notice_that_is_text(void **state)
{
	struct rules *r = *state;
	const struct policy_consent *c;

	rules_put(r, "00-common.conf", rules_small);
	assert_int_equal(rules_load(r), 0);
	c = policy_consent(r->p, "share:office");
	assert_string_equal(c->notice_text, "Lisez ceci.\n");
	assert_int_equal(c->notice_sha256[0], 0xe1);
	assert_int_equal(c->notice_sha256[31], 0x63);
	rules_put(r, "notices/n-1.txt", "");
	expect(r, "the notice of consent \"share:office\" is no text");
	rules_put(r, "notices/n-1.txt", "\xff");
	expect(r, "the notice of consent \"share:office\" is no text");
	rules_remove(r, "notices/n-1.txt");
	expect(r, "00-common.conf:60: the notice of consent "
		  "\"share:office\" is not there: notices/n-1.txt");
}

/* The rules with this added at their end. */
static void
with(struct rules *r, const char *added)
{
	AUTO(buf_done) struct buf text = { 0 };

	assert_int_equal(buf_addstr(&text, rules_small, NULL), 0);
	assert_int_equal(buf_addstr(&text, added, NULL), 0);
	rules_put(r, "00-common.conf", buf_str(&text));
}

#define LETTER(mentions)                                                       \
	"letter \"rights-refusal\" {\n\ttitle = \"Refus\"\n"                   \
	"\tnotice = l\n\tnotice-version = \"1\"\n"                             \
	"\tmentions = { " mentions " }\n\tsource = \"RGPD\"\n}\n"

/* GDPR art. 12(4): a letter of refusal that leaves one out is no letter. */
static void
a_refusal_without_its_three_mentions_is_no_rule(void **state)
{
	struct rules *r = *state;
	const struct policy_letter *l;

	rules_put(r, "notices/l-1.txt", "Motifs\nLa CNIL en\nappel\nRecours\n");
	with(r, LETTER("Motifs, \"La CNIL en appel\", Recours"));
	assert_int_equal(rules_load(r), 0);
	l = policy_letter(r->p, POLICY_LETTER_REFUSAL);
	assert_non_null(l);
	assert_string_equal(l->mentions[1], "La CNIL en appel");
	assert_null(policy_letter(r->p, "other"));
	with(r, LETTER("Motifs, Recours"));
	expect(r, "letter \"rights-refusal\" has fewer than 3 mentions");
	with(r, LETTER("Motifs, Recours, Recours"));
	assert_int_not_equal(rules_load(r), 0); /* one, said twice */
	/* Whichever is left out of the text. */
	with(r, LETTER("\"Raisons\", \"La CNIL\", Recours"));
	expect(r, "letter \"rights-refusal\" does not say \"Raisons\"");
	with(r, LETTER("Motifs, \"Le médiateur\", Recours"));
	expect(r, "letter \"rights-refusal\" does not say \"Le médiateur\"");
	with(r, LETTER("Motifs, \"La CNIL\", \"Un juge\""));
	expect(r, "letter \"rights-refusal\" does not say \"Un juge\"");
	rules_remove(r, "notices/l-1.txt");
	expect(r, "the notice of letter \"rights-refusal\" is not there");
}

static void
grounds_and_shares_name_what_there_is(void **state)
{
	struct rules *r = *state;

	with(r, "ground \"a\" {\n\ttitle = \"A\"\n"
		"\tfor = { restriction, erasure }\n\tsource = \"S\"\n}\n");
	assert_int_equal(rules_load(r), 0);
	assert_int_equal(policy_ground(r->p, "a")->uses,
	    1u << GROUND_RESTRICTION | 1u << GROUND_ERASURE_REFUSAL);
	assert_null(policy_ground(r->p, "b"));
	with(r, "ground \"a\" {\n\ttitle = \"A\"\n"
		"\tfor = { everything }\n\tsource = \"S\"\n}\n");
	expect(r, "\"everything\"");
	with(r, "ground \"a\" {\n\ttitle = \"A\"\n\tsource = \"S\"\n}\n");
	expect(r, "ground \"a\" is for nothing");
	with(r, "subject \"nothing\" {\n\tsource = \"S\"\n}\n");
	expect(r, "unknown kind \"nothing\"");
}

#define OPERATOR(more)                                                         \
	"operator \"us\" {\n\ttitle = \"Nous\"\n\taddress = \"Ici\"\n"         \
	"\tcontact = \"c\"\n\tdpo = \"d\"\n\tsource = \"RGPD\"\n" more "}\n"

/* Code du patrimoine L214-3: who does not know does as if they were. */
static void
an_operator_says_whether_its_files_are_public_archives(void **state)
{
	struct rules *r = *state;

	with(r, "");
	assert_int_equal(rules_load(r), 0);
	assert_null(policy_operator(r->p));
	assert_int_equal(policy_public_archives(r->p), ARCHIVES_UNKNOWN);
	with(r, OPERATOR("\tpublic-archives = no\n"));
	assert_int_equal(rules_load(r), 0);
	assert_string_equal(policy_operator(r->p)->title, "Nous");
	assert_string_equal(policy_operator(r->p)->representative, "");
	assert_int_equal(policy_public_archives(r->p), ARCHIVES_NO);
	with(r, OPERATOR("\tpublic-archives = yes\n"));
	assert_int_equal(rules_load(r), 0);
	assert_int_equal(policy_public_archives(r->p), ARCHIVES_YES);
	with(r, OPERATOR(""));
	expect(r, "operator \"us\" does not say its public-archives");
	with(r, OPERATOR("\tpublic-archives = perhaps\n"));
	expect(r, "unknown public-archives \"perhaps\"");
	with(r, OPERATOR("\tpublic-archives = no\n") "operator \"them\" {\n"
						     "\ttitle = \"Eux\"\n}\n");
	expect(r, "there is one operator, and \"us\" is it");
}

#define PROCESSING(more)                                                       \
	"processing \"p\" {\n\ttitle = \"P\"\n\tbasis = \"B\"\n"               \
	"\tpersons = { \"Locataires\" }\n\ttransfers = \"Aucun\"\n"            \
	"\tsecurity = { \"Clés\" }\n\tsource = \"RGPD\"\n" more "}\n"

static void
an_activity_of_the_register_names_what_there_is(void **state)
{
	struct rules *r = *state;
	const struct policy_processing *v;

	with(r, PROCESSING("\trecipients = { none }\n\tdata = { \"Qui\" }\n"
			   "\tduration = \"Un an\"\n"));
	/* Once there are activities, what is kept belongs to one of them. */
	expect(r, "kind \"note\" is in no processing of the register");
	with(r, PROCESSING("\trecipients = { none }\n\tkinds = { note }\n"));
	expect(r, "kind \"scan\" is in no processing of the register");
	with(r, PROCESSING("\teffective-until = \"2020-01-01\"\n"
			   "\trecipients = { none }\n"
			   "\tkinds = { note, scan }\n"));
	assert_int_equal(rules_load(r), 0); /* some day, both */
	with(r, PROCESSING("\trecipients = { none }\n\tdata = { \"Qui\" }\n"
			   "\tkinds = { note, scan }\n"));
	if (rules_load(r) < 0)
		fail_msg("%s", buf_str(&r->problems));
	assert_int_equal(policy_processings(r->p, &v), 1);
	assert_null(v[0].recipients[0]);
	assert_string_equal(v[0].persons[0], "Locataires");
	with(r, PROCESSING("\tkinds = { nothing }\n\trecipients = { none }\n"));
	expect(r, "unknown kinds \"nothing\" in processing \"p\"");
	with(r, PROCESSING("\trecipients = { nobody }\n"));
	expect(r, "unknown recipients \"nobody\"");
	with(r, PROCESSING("\trecipients = { none }\n"));
	expect(r, "it must say its data and its duration");
	with(r, PROCESSING(""));
	expect(r, "does not say its recipients");
}

#define INDICATOR(code, more)                                                  \
	"indicator \"" code "\" {\n\ttitle = \"I\"\n\tsource = \"S\"\n" more   \
	"}\n"

static void
only_what_is_counted_is_an_indicator(void **state)
{
	struct rules *r = *state;

	with(r, INDICATOR("met", "\texact = true\n\tdimensions = { Ici }\n"));
	assert_int_equal(rules_load(r), 0);
	assert_int_equal(policy_indicator(r->p, "met")->is_exact, 1);
	assert_null(policy_indicator(r->p, "closed"));
	with(r, INDICATOR("mett", "\texact = true\n"));
	expect(r, "nothing is counted as \"mett\"");
	with(r, INDICATOR("met", ""));
	expect(r, "indicator \"met\" does not say its exact");
	with(r,
	    INDICATOR("met", "\texact = true\n\tdimensions = { a, b, c }\n"));
	expect(r, "has more than 2 dimensions");
}

static int
load_files(struct rules *r, const struct policy_file *files, size_t n)
{
	policy_freep(&r->p);
	buf_reset(&r->problems);
	return policy_load_files(files, n, &r->p, &r->problems, &r->e);
}

#define TEXT(name, s)                                                          \
	{                                                                      \
		name, s, sizeof(s) - 1                                         \
	}

static void
memory_gives_the_policy_of_the_folder(void **state)
{
	struct rules *r = *state;
	struct policy_file files[] = { TEXT("people.conf", "format = 1\n"),
		TEXT("notices/n-1.txt", "Lisez ceci.\n"),
		{ "00-common.conf", rules_small, strlen(rules_small) } };
	uint8_t rules[32], people[32];

	rules_put(r, "00-common.conf", rules_small);
	rules_put(r, "people.conf", "format = 1\n");
	assert_int_equal(rules_load(r), 0);
	memcpy(rules, policy_sha256(r->p), 32);
	memcpy(people, policy_people_sha256(r->p), 32);
	assert_int_equal(load_files(r, files, NELEMS(files)), 0);
	assert_memory_equal(rules, policy_sha256(r->p), 32);
	assert_memory_equal(people, policy_people_sha256(r->p), 32);
	assert_int_equal(policy_version(r->p), 7);
}

static void
memory_takes_names_it_knows_and_each_once(void **state)
{
	static const char *const bad[] = { "", "/etc/passwd", "../00-a.conf",
		"a.conf", "00-.conf", "00-a.example.conf",
		"people.example.conf", "00-a/b.conf", "notices/",
		"notices/.txt", "notices/a", "notices/../a.txt",
		"notices/a/b.txt", "notices/a\nb.txt", "tests/a.txt",
		"certificates/", "certificates/..", "certificates/a/b",
		"Notices/a.txt", "00-common.conf ", "vault.conf",
		"00-\xc3\xa9.conf" };
	struct rules *r = *state;
	struct policy_file files[] = { { "00-common.conf", rules_small,
					   strlen(rules_small) },
		TEXT("notices/n-1.txt", "x"), TEXT("", "x") };
	size_t i;

	for (i = 0; i < NELEMS(bad); i++) {
		files[2].name = bad[i];
		if (load_files(r, files, 3) != -ERR_INVALID)
			fail_msg("taken: \"%s\"", bad[i]);
		assert_non_null(strstr(r->e.text, "is not the name of"));
		assert_string_equal(err_name(&r->e), "policy");
		assert_null(r->p);
	}
	files[2].name = "notices/n-1.txt";
	assert_int_equal(load_files(r, files, 3), -ERR_INVALID);
	assert_non_null(strstr(r->e.text, "notices/n-1.txt: is given twice"));
	assert_int_equal(load_files(r, files, 0), -ERR_INVALID);
	assert_non_null(strstr(r->e.text, "no rule files"));
}

static void
memory_has_its_limits(void **state)
{
	struct rules *r = *state;
	struct policy_file *files = calloc(300, sizeof(*files));
	char names[300][32];
	void *big = calloc(1, POLICY_FILES_BYTES_MAX);
	size_t i;

	assert_non_null(files);
	assert_non_null(big);
	files[0] = (struct policy_file){ "00-common.conf", rules_small,
		strlen(rules_small) };
	files[1] = (struct policy_file){ "notices/n-1.txt", "x", 1 };
	for (i = 2; i < 300; i++) {
		snprintf(names[i], sizeof(names[i]), "certificates/c%zu", i);
		files[i] = (struct policy_file){ names[i], "x", 1 };
	}
	assert_int_equal(load_files(r, files, POLICY_FILES_MAX), 0);
	assert_int_equal(
	    load_files(r, files, POLICY_FILES_MAX + 1), -ERR_INVALID);
	assert_non_null(strstr(r->e.text, "more than 256 files"));
	files[2].p = big;
	files[2].n = POLICY_FILES_BYTES_MAX - strlen(rules_small) - 1;
	assert_int_equal(load_files(r, files, 3), 0);
	files[2].n++;
	assert_int_equal(load_files(r, files, 3), -ERR_INVALID);
	assert_non_null(strstr(r->e.text, "all files are larger than"));
	free(big);
	free(files);
}

/* libConfuse's lexer is global: what a broken file leaves behind must not
 * reach the next. */
static void
a_broken_file_does_not_spoil_the_next_load(void **state)
{
	static const char *const broken[] = { "format = \"", "format = {",
		"role \"a\" {", "# x", "format", "=", "}", "\"x\"",
		"format = 1\nrole \"a\" { title = \"b\" zork = 1 }" };
	struct rules *r = *state;
	size_t i;

	for (i = 0; i < NELEMS(broken); i++) {
		rules_put(r, "00-common.conf", broken[i]);
		assert_int_equal(rules_load(r), -ERR_INVALID);
		the_small_policy_is_good(state);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, rules_setup, rules_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_small_policy_is_good),
		T(what_is_not_the_language_is_refused_with_its_line),
		T(a_wrong_kind_is_refused_with_its_line),
		T(a_wrong_moment_or_deadline_is_refused_with_its_line),
		T(what_never_is_or_never_ends_is_refused_with_its_line),
		T(a_wrong_access_rule_is_refused_with_its_line),
		T(a_wrong_disclosure_is_refused_with_its_line),
		T(wrong_people_are_refused_with_their_line),
		T(the_other_sections_are_good),
		T(the_other_sections_are_refused_with_their_line),
		T(what_prepares_a_paper_is_refused_with_its_line),
		T(what_is_never_in_force_together_is_refused),
		T(files_are_known_by_their_names),
		T(a_folder_that_is_not_there_is_not_found),
		T(a_file_over_a_mebibyte_is_refused_by_name),
		T(a_link_is_not_followed),
		T(a_string_over_its_limit_is_refused),
		T(sixty_four_problems_are_told_at_most),
		T(the_error_is_the_first_problem),
		T(an_overlay_adds_and_adapts),
		T(an_overlay_does_not_replace),
		T(a_door_is_the_same_in_rules_and_people),
		T(the_digest_is_of_the_rules_and_not_of_the_people),
		T(what_lies_beside_the_rules_is_of_the_digest),
		T(what_does_not_belong_is_not_read),
		T(a_consent_has_a_notice_that_is_text),
		T(a_refusal_without_its_three_mentions_is_no_rule),
		T(grounds_and_shares_name_what_there_is),
		T(an_operator_says_whether_its_files_are_public_archives),
		T(an_activity_of_the_register_names_what_there_is),
		T(only_what_is_counted_is_an_indicator),
		T(memory_gives_the_policy_of_the_folder),
		T(memory_takes_names_it_knows_and_each_once),
		T(memory_has_its_limits),
		T(a_broken_file_does_not_spoil_the_next_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
