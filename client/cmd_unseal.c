/* sceau unseal|seal|status: the custodians, and whoever wants to know. */
#include <jansson.h>
#include <stdio.h>

#include "client/clock.h"
#include "client/commands.h"
#include "client/custody.h"
#include "client/out.h"

static int
open_door(struct cli *c, struct custody *door, struct err *e)
{
	const char *named = cli_option(c, "unseal-socket");
	AUTO(buf_done) struct buf path = { 0 };
	int r;

	if (named == NULL && (r = cli_socket(c, "unseal.sock", &path, e)) < 0)
		return r;
	return custody_open(door, named != NULL ? named : buf_str(&path), e);
}

static int
say(const struct cli *c, const char *state, const char *sentence, struct err *e)
{
	AUTO(json_decrefp) json_t *j = json_pack("{s:s}", "state", state);

	if (j == NULL)
		return err_set(e, ERR_NOMEM, "answer");
	if (!cli_print_json(c, j))
		printf("%s\n", sentence);
	return 0;
}

static int
unseal_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(custody_done) struct custody door = { .fd = -1 };
	AUTO(secret_done) struct secret pass = { 0 };
	long long fd = -1;
	int r;

	(void)argc;
	(void)argv;
	if ((r = cli_descriptor(c, "passphrase-fd", &fd, e)) < 0 ||
	    (r = open_door(c, &door, e)) < 0)
		return r;
	/* run/ is open to all: whoever listens there may not be the agent. */
	if (!door.known)
		return err_tag(e, ERR_DENIED, "agent-unknown", "vault.conf");
	if ((r = cli_passphrase(
		 (int)fd, _("Phrase secrète du coffre : "), &pass, e)) < 0 ||
	    (r = custody_unseal(&door, &pass, e)) < 0)
		return r;
	return say(c, "open", _("Le coffre est ouvert."), e);
}

static int
seal_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(custody_done) struct custody door = { .fd = -1 };
	int r;

	(void)argc;
	(void)argv;
	if ((r = open_door(c, &door, e)) < 0 ||
	    (r = custody_seal(&door, e)) < 0)
		return r;
	return say(c, "sealed", _("Le coffre est scellé."), e);
}

/* --- status ----------------------------------------------------------- */

static json_t *
agent_json(const struct custody_status *s)
{
	json_t *names = json_array();
	const char *at = s->custodians;
	size_t n;

	while (*at != '\0') {
		n = strcspn(at, " ");
		json_array_append_new(names, json_stringn(at, n));
		at += n + (at[n] == ' ');
	}
	return json_pack("{s:b, s:I, s:I, s:I, s:I, s:o}", "sealed", s->sealed,
	    "slots", (json_int_t)s->slots, "reserve", (json_int_t)s->reserve,
	    "given", (json_int_t)s->given, "generation",
	    (json_int_t)s->generation, "custodians", names);
}

static void
print_agent(const struct custody_status *s)
{
	printf("%s\n", s->sealed ? _("Le coffre est scellé.")
				 : _("Le coffre est ouvert."));
	out_line(stdout, _("Dépositaires"), s->custodians);
	printf(_("Clés prêtes : %llu ; données : %llu ; génération %u\n"),
	    (unsigned long long)s->reserve, (unsigned long long)s->given,
	    s->generation);
}

static void
print_vault(const json_t *j)
{
	char size[32];

	snprintf(size, sizeof(size), "%lld", jint(j, "head_size"));
	out_line(stdout, _("Coffre"), jstr(j, "vault"));
	out_line(stdout, _("Version"), jstr(j, "version"));
	out_line(stdout, _("Inscriptions au journal"), size);
	out_line(stdout, _("Clé du journal"), jstr(j, "log_key"));
	out_line(stdout, _("Clé du dépôt"), jstr(j, "store_key"));
	if (json_is_true(
		json_object_get(json_object_get(j, "clock"), "suspect"))) {
		printf("%s\n",
		    _("L'horloge de la machine n'est pas crue : rien n'est "
		      "détruit tant qu'elle n'est pas confirmée (sceau clock "
		      "confirm) ou remise à l'heure."));
		clock_print(stdout, json_object_get(j, "clock"));
	}
}

/* What the agent says of itself, at the door on this machine. */
static int
ask_agent(struct cli *c, json_t *all, struct err *e)
{
	AUTO(custody_done) struct custody door = { .fd = -1 };
	struct custody_status s;
	int r;

	if ((r = open_door(c, &door, e)) < 0 ||
	    (r = custody_status(&door, &s, e)) < 0)
		return r;
	if (!c->json)
		print_agent(&s);
	if (json_object_set_new(all, "keys", agent_json(&s)) < 0)
		return err_set(e, ERR_NOMEM, "status");
	return 0;
}

/* Each of the two may be away; both away is a failure. */
static int
status_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *all = json_object(), *j = NULL;
	struct err why = { 0 };
	int agent = -(int)ERR_USAGE, r;

	(void)argc;
	(void)argv;
	if (c->host == NULL && (agent = ask_agent(c, all, &why)) < 0 &&
	    agent != -(int)ERR_UNAVAILABLE) {
		*e = why;
		return agent;
	}
	r = cli_get(c, &j, e, "/v1/status");
	if (r < 0 && agent < 0)
		return r;
	if (r == 0) {
		json_object_update(all, j);
		if (!c->json && agent < 0)
			printf(
			    "%s\n", json_is_true(json_object_get(j, "sealed"))
					? _("Le coffre est scellé.")
					: _("Le coffre est ouvert."));
		if (!c->json)
			print_vault(j);
	} else if (r != -(int)ERR_UNAVAILABLE) {
		return r;
	} else if (!c->json) {
		printf("%s\n", _("Le service du coffre ne répond pas."));
	}
	if (agent == -(int)ERR_UNAVAILABLE && !c->json)
		printf("%s\n", _("L'agent des clés ne répond pas."));
	cli_print_json(c, all);
	return 0;
}

static const char *const unseal_options[] = { "passphrase-fd", "unseal-socket",
	NULL };
static const char *const door_options[] = { "unseal-socket", NULL };

const struct cmd cmd_unseal = {
	.noun = "unseal",
	.about = N_("ouvrir le coffre (dépositaires)"),
	.options = unseal_options,
	.run = unseal_run,
};
const struct cmd cmd_seal = {
	.noun = "seal",
	.about = N_("sceller le coffre (dépositaires)"),
	.options = door_options,
	.run = seal_run,
};
const struct cmd cmd_status = {
	.noun = "status",
	.about = N_("l'état du coffre, et qui peut l'ouvrir"),
	.options = door_options,
	.run = status_run,
};
