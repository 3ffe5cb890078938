#include "client/words.h"

#include "client/cli.h"
#include "client/out.h"

static const struct {
	const char *word, *shown;
} words[] = {
	/* cases and documents */
	{ "open", N_("ouvert") },
	{ "closed", N_("clos") },
	{ "archived", N_("archivé") },
	{ "restricted", N_("limité") },
	{ "filed", N_("déposé") },
	{ "erased", N_("effacé") },
	{ "set", N_("en place") },
	{ "amont", N_("amont") },
	{ "aval", N_("aval") },
	/* levels of signatures */
	{ "qualified", N_("signature qualifiée") },
	{ "advanced", N_("signature avancée") },
	{ "provider-seal", N_("cachet du prestataire de signature") },
	{ "stylus", N_("au stylet sur une tablette") },
	{ "handwritten-scan", N_("manuscrite numérisée") },
	{ "oral-witnessed", N_("orale avec témoin") },
	/* consents */
	{ "given", N_("donné") },
	{ "renewed", N_("renouvelé") },
	{ "withdrawn", N_("retiré") },
	{ "expired", N_("expiré") },
	{ "requested", N_("demandé") },
	{ "deferred", N_("remis à plus tard") },
	{ "refused", N_("refusé") },
	{ "terminated", N_("terminé") },
	{ "invalidated", N_("sans valeur") },
	{ "unknown", N_("jamais demandé") },
	{ "in-force", N_("en vigueur") },
	{ "not-all-adults", N_("pas tous les adultes") },
	{ "never-asked", N_("jamais demandé") },
	{ "no-adult", N_("aucun adulte") },
	{ "receipt", N_("reçu remis au ménage") },
	{ "letter", N_("courrier de confirmation envoyé") },
	{ "handwritten", N_("feuille signée à la main") },
	{ "tablet", N_("signature sur une tablette") },
	{ "oral", N_("de vive voix") },
	{ "guardianship", N_("tutelle ou curatelle") },
	{ "mandate", N_("mandat") },
	/* extracts */
	{ "released", N_("remis") },
	{ "pulled", N_("pris") },
	{ "acknowledged", N_("réception confirmée") },
	{ "revoked", N_("révoqué") },
	{ "rectified", N_("source rectifiée") },
	/* notices */
	{ "queued", N_("à remettre") },
	{ "delivered", N_("remise") },
	{ "impossible", N_("impossible") },
	{ "consent-withdrawn", N_("consentement retiré") },
	{ "objection", N_("opposition") },
	/* what partners handed in */
	{ "waiting", N_("à examiner") },
	{ "taken", N_("versé au dossier") },
	{ "accepted", N_("accepté") },
	{ "rejected", N_("refusé") },
	{ "discarded", N_("retiré") },
	/* what a verdict on a signature says (ETSI EN 319 102-1) */
	{ "TOTAL-PASSED", N_("valide") },
	{ "TOTAL-FAILED", N_("non valide") },
	{ "INDETERMINATE", N_("incertaine") },
	{ "NOT-SIGNED", N_("non signé") },
	{ "NOT-INSPECTED", N_("non examiné") },
	{ "revocation-not-checked",
	    N_("la révocation du certificat n'a pas été vérifiée") },
	/* contacts and steps, whose codes have no accents */
	{ "sans-reponse", N_("sans réponse") },
	{ "rencontre", N_("rencontré") },
	{ "a-faire", N_("à faire") },
	{ "en-cours", N_("en cours") },
	{ "abandonnee", N_("abandonnée") },
	/* outcomes of the log */
	{ "ok", N_("fait") },
	{ "denied", N_("non autorisé") },
	{ "failed", N_("en échec") },
	{ "sealed", N_("coffre scellé") },
	{ "not-found", N_("introuvable") },
	/* what an analysis says of an object */
	{ "DESTROY", N_("détruire") },
	{ "KEEP", N_("garder") },
	{ "CONFLICT", N_("conflit") },
	{ "case", N_("dossier") },
	{ "consents", N_("consentements") },
	{ "extracts", N_("communications aux destinataires") },
	/* the later dates of a certificate */
	{ "mirrors", N_("miroirs purgés") },
	{ "recovery", N_("copie de secours refaite") },
	{ "backups", N_("dernière sauvegarde d'avant expirée") },
	/* rights of the person */
	{ "access", N_("accès") },
	{ "portability", N_("portabilité") },
	{ "rectification", N_("rectification") },
	{ "restriction", N_("limitation") },
	/* what is due */
	{ "release-asked", N_("levée d'un gel, à signer") },
	{ "hold-review", N_("gel à revoir") },
	{ "visa", N_("visa des archives attendu") },
	{ "retention-due", N_("durées échues : un tri à préparer") },
	{ "destruction-approve", N_("destruction à approuver") },
	{ "destruction-run", N_("destruction à exécuter") },
	{ "destruction-cut", N_("destruction interrompue, à reprendre") },
	{ "certificate-mirrors", N_("miroirs à purger") },
	{ "certificate-recovery", N_("copie de secours à refaire") },
	{ "certificate-backups", N_("sauvegarde d'avant à laisser expirer") },
	{ "notice", N_("notice (art. 19)") },
	{ "extract-approval", N_("extrait à cosigner") },
	{ "demarche", N_("démarche à faire") },
	{ "draft", N_("fiche à compléter") },
	{ "extract-unclaimed", N_("extrait jamais retiré") },
	{ "break-glass-review", N_("bris de glace à revoir") },
	{ "withdrawal-letter", N_("courrier de confirmation") },
	{ "submission", N_("dépôt d'un partenaire") },
	{ "bilan-freeze", N_("bilan du mois à arrêter") },
	{ "intake-over-quota", N_("liste reçue au-delà du volume convenu") },
	{ "intake-reopen",
	    N_("ménage signalé de nouveau : dossier à rouvrir") },
	/* lines of a list that were refused */
	{ "columns", N_("le nombre de colonnes n'est pas celui de "
			"la première ligne") },
	{ "missing", N_("une case obligatoire est vide") },
	{ "birth-year", N_("année de naissance illisible ou impossible") },
	{ "characters", N_("caractères de contrôle dans une case") },
	{ "too-long", N_("une case est trop longue") },
	{ "maybe-known", N_("peut-être déjà connu : à vérifier") },
	{ "maybe-twice", N_("peut-être deux fois dans la liste : à vérifier") },
	{ "rules-proposal", N_("règles proposées") },
	{ "misfiling-breach", N_("violation : erreur de classement vue") },
	{ "rights-request", N_("demande d'une personne") },
	{ "restriction-letter", N_("lettre de levée de limitation") },
	{ "clock-suspect", N_("horloge à confirmer") },
	/* the clock */
	{ "trusted", N_("crue") },
	{ "suspect", N_("douteuse") },
	{ "confirmed", N_("confirmée") },
	{ "before-last-leaf", N_("avant la dernière inscription au journal") },
	{ "far-ahead", N_("trop loin après la dernière inscription") },
	{ "jumped", N_("a sauté pendant que le coffre tournait") },
	/* breaking the glass */
	{ "unchecked", N_("à comparer au papier") },
	{ "unreviewed", N_("à examiner") },
	{ "justified", N_("justifié") },
	{ "unjustified", N_("injustifié") },
	/* erasures */
	{ "planned", N_("proposé") },
	{ "approved", N_("approuvé") },
	{ "running", N_("en cours") },
	{ "done", N_("fait") },
	{ "proposed", N_("à signer") },
	{ "applied", N_("en vigueur ou appliquée") },
	{ "void", N_("caduque") },
	{ "dry-run", N_("essai à blanc") },
	/* why a field stays behind */
	{ "not in the rule", N_("hors de la règle") },
	{ "sensitive, not in the rule", N_("sensible, hors de la règle") },
	{ "never disclosed", N_("jamais communiqué") },
	{ "not filled in", N_("non rempli") },
	{ "no such record in the case", N_("aucune fiche dans le dossier") },
	{ "blocked", N_("bloqué par la loi") },
	{ "the record is blocked", N_("fiche bloquée par la loi") },
	{ "not all agree", N_("tous n'y consentent pas") },
	{ "they do not agree", N_("la personne n'y consent pas") },
	{ "confidential address", N_("adresse confidentielle") },
	{ "a record does not go whole", N_("une fiche ne part pas entière") },
	{ "awaiting", N_("attend la seconde signature") },
	/* roles */
	{ "caseworker", N_("intervenant") },
	{ "lead", N_("responsable d'équipe") },
	{ "jurist", N_("juriste") },
	{ "director", N_("direction") },
	{ "dpo", N_("délégué à la protection des données") },
	{ "administrator", N_("administrateur") },
	{ "partner", N_("partenaire") },
	/* what is approved */
	{ "erasure", N_("effacement") },
	{ "retention", N_("tri") },
	{ "rules", N_("règles") },
	{ "people", N_("personnes habilitées") },
	{ "misfiling", N_("erreur de classement") },
	{ "incident", N_("incident") },
	/* breaches */
	{ "confidentiality",
	    N_("confidentialité : lues par qui ne devait pas") },
	{ "integrity", N_("intégrité : des inscriptions ont été faites") },
	{ "availability", N_("disponibilité : des pièces ont été retirées") },
	{ "notified", N_("notifiée à la CNIL") },
	{ "no-risk", N_("jugée sans risque") },
	{ "actor", N_("compte") },
	{ "key", N_("clé") },
	{ "host", N_("machine") },
	/* channels */
	{ "hand", N_("en main propre") },
	{ "paper", N_("sur papier") },
};

const char *
word_french(const char *word)
{
	size_t i;

	for (i = 0; i < NELEMS(words); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].shown;
	return word;
}

const char *
word_for(const char *word)
{
	const char *shown = word_french(word);

	return shown != word ? _(shown) : word;
}

const char *
jword(const json_t *j, const char *name)
{
	return word_for(jstr(j, name));
}

void
verdict_print(FILE *f, const json_t *verdict)
{
	const char *found = jstr(verdict, "indication"),
		   *more = jstr(verdict, "sub_indication");

	out_text(f, word_for(found));
	if (word_french(found) != found) {
		fputs(" (", f);
		out_text(f, found);
	}
	if (*more != '\0') {
		fputs(" / ", f);
		out_text(f, more);
	}
	if (word_french(found) != found)
		fputc(')', f);
}

const char *const words_rights[][2] = {
	{ "access", N_("accès") },
	{ "portability", N_("portabilité") },
	{ "rectification", N_("rectification") },
	{ "erasure", N_("effacement") },
	{ "restriction", N_("limitation") },
	{ "objection", N_("opposition") },
	{ NULL, NULL },
};

const char *
right_for(const char *right)
{
	size_t i;

	for (i = 0; words_rights[i][0] != NULL; i++)
		if (strcmp(words_rights[i][0], right) == 0)
			return _(words_rights[i][1]);
	return right;
}

const char *
request_words(const json_t *request)
{
	const char *state = jstr(request, "state");

	if (strcmp(state, "answered") == 0)
		return _("répondue");
	if (strcmp(state, "refused") == 0)
		return _("refusée");
	return json_is_true(json_object_get(request, "overdue"))
		   ? _("en retard")
		   : _("à répondre");
}
