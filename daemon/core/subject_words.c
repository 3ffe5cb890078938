/* What was done with a case, in the words of who it is about. The household
 * reads French, whatever the language of who makes the copy. */
#include <string.h>

#include "daemon/core/subject_export.h"

static const struct {
	const char *klass, *words;
} classes[] = {
	{ "policy", "les règles ont changé" },
	{ "policy-propose", "un changement des règles a été proposé" },
	{ "policy-read", "les règles ont été lues" },
	{ "approval", "une signature a été donnée" },
	{ "break-glass", "accès d'urgence ouvert" },
	{ "break-glass-review", "accès d'urgence examiné" },
	{ "breach", "incident de sécurité examiné" },
	{ "case-open", "dossier ouvert" },
	{ "case-read", "dossier consulté" },
	{ "case-list", "dossier vu dans une liste" },
	{ "case-event", "fait inscrit au dossier" },
	{ "case-close", "dossier clos" },
	{ "case-reopen", "dossier rouvert" },
	{ "case-archive", "dossier passé aux archives" },
	{ "intake", "signalement reçu" },
	{ "search", "dossier trouvé par une recherche" },
	{ "person-add", "personne inscrite au dossier" },
	{ "person-read", "fiche d'une personne consultée" },
	{ "person-edit", "fiche d'une personne modifiée" },
	{ "doc-file", "document déposé" },
	{ "doc-read", "document lu" },
	{ "doc-meta", "liste ou description des documents consultée" },
	{ "doc-move", "document reclassé" },
	{ "doc-void", "document retiré" },
	{ "doc-check", "document vérifié" },
	{ "receipt", "reçu d'un document établi" },
	{ "upload", "envoi d'un fichier" },
	{ "consent-give", "accord ou refus inscrit" },
	{ "consent-withdraw", "retrait d'un accord inscrit" },
	{ "consent-read", "accords et refus consultés" },
	{ "objection", "opposition inscrite" },
	{ "objection-decide", "suite donnée à une opposition" },
	{ "refusal", "refus du diagnostic inscrit" },
	{ "rights-request", "demande d'une personne inscrite ou consultée" },
	{ "rights-answer", "réponse à une demande" },
	{ "subject-export", "copie préparée pour une personne" },
	{ "restrict", "dossier limité" },
	{ "restrict-lift", "limitation levée, ou levée annoncée" },
	{ "extract-preview", "transmission préparée" },
	{ "extract-release", "transmission décidée" },
	{ "extract-list", "transmissions consultées" },
	{ "extract-pull", "transmission prise par son destinataire" },
	{ "extract-ack", "transmission reçue" },
	{ "extract-revoke", "transmission annulée" },
	{ "extract-approve", "transmission signée une seconde fois" },
	{ "extract-deliver", "transmission remise" },
	{ "notice", "destinataire prévenu d'un changement" },
	{ "notice-settle", "réponse d'un destinataire prévenu" },
	{ "register-read", "registre des transmissions consulté" },
	{ "submission", "envoi d'un partenaire reçu" },
	{ "submission-read", "envoi d'un partenaire consulté" },
	{ "submission-settle", "envoi d'un partenaire traité" },
	{ "erase-plan", "effacement proposé" },
	{ "erase-approve", "effacement approuvé" },
	{ "erase-run", "effacement commencé" },
	{ "erase-done", "effacement achevé" },
	{ "hold", "gel posé, revu ou consulté" },
	{ "hold-release", "gel levé" },
	{ "retention-analyse", "durées de conservation examinées" },
	{ "retention-visa", "avis des archives inscrit" },
	{ "retention-archive", "dossier passé aux archives" },
	{ "retention-settle", "étape d'un effacement inscrite" },
	{ "detail-expire", "détail ancien du journal effacé" },
	{ "audit-read", "journal des accès consulté" },
	{ "audit-export", "journal des accès copié" },
	{ "explain", "décision d'accès expliquée" },
	{ "replay", "décisions d'accès rejouées" },
	{ "due", "échéances consultées" },
	{ "report", "rapport établi" },
	{ "bilan", "bilan du mois arrêté" },
	{ "publish", "copie chiffrée du dépôt" },
	{ "sweep", "rangement du dépôt" },
	{ "request", "demande mal formée, refusée" },
	{ "flood", "demandes refusées en nombre" },
	{ "vault-start", "coffre démarré" },
	{ "vault-stop", "coffre arrêté" },
	{ "unseal", "coffre ouvert" },
	{ "seal", "coffre fermé" },
	{ "key-rotate", "clés renouvelées" },
	{ "key-ceremony", "cérémonie des clés" },
	{ "clock-suspect", "horloge douteuse" },
	{ "clock-confirm", "horloge confirmée" },
	{ "clock-read", "horloge consultée" },
};

const char *
subject_access_words(const char *klass)
{
	size_t i;

	for (i = 0; i < NELEMS(classes); i++)
		if (strcmp(classes[i].klass, klass) == 0)
			return classes[i].words;
	/* Never a name of ours. */
	return "autre opération du coffre";
}

const char *
subject_outcome_words(const char *outcome)
{
	static const struct {
		const char *outcome, *words;
	} all[] = {
		{ "ok", "fait" },
		{ "denied", "refusé : non autorisé" },
		{ "refused", "refusé" },
		{ "failed", "n'a pas abouti" },
		{ "sealed", "refusé : coffre fermé" },
		{ "not-found", "refusé : rien de tel" },
	};
	size_t i;

	for (i = 0; i < NELEMS(all); i++)
		if (strcmp(all[i].outcome, outcome) == 0)
			return all[i].words;
	return NULL;
}
