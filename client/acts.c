#include "client/acts.h"

#include <string.h>

#include "client/cli.h"

static const struct {
	const char *klass, *shown;
} acts[] = {
	{ "approval", N_("signature donnée") },
	{ "audit-export", N_("journal exporté") },
	{ "audit-read", N_("journal lu") },
	{ "bilan", N_("bilan d'un mois arrêté") },
	{ "breach", N_("violation inscrite ou traitée") },
	{ "break-glass", N_("bris de glace") },
	{ "break-glass-review", N_("bris de glace examiné") },
	{ "case-archive", N_("dossier passé aux archives") },
	{ "case-close", N_("dossier clos") },
	{ "case-event", N_("événement d'un dossier") },
	{ "case-list", N_("liste des dossiers lue") },
	{ "case-open", N_("dossier ouvert") },
	{ "case-read", N_("dossier lu") },
	{ "case-reopen", N_("dossier rouvert") },
	{ "clock-confirm", N_("horloge confirmée") },
	{ "clock-read", N_("état de l'horloge lu") },
	{ "clock-suspect", N_("horloge douteuse") },
	{ "consent-give", N_("consentement inscrit") },
	{ "consent-read", N_("consentements lus") },
	{ "consent-withdraw", N_("consentement retiré") },
	{ "detail-expire", N_("détails du journal expirés") },
	{ "doc-check", N_("document vérifié") },
	{ "doc-file", N_("document déposé") },
	{ "doc-meta", N_("fiche d'un document lue") },
	{ "doc-move", N_("document reclassé") },
	{ "doc-read", N_("document ouvert") },
	{ "doc-void", N_("document annulé") },
	{ "due", N_("liste des échéances lue") },
	{ "erase-approve", N_("effacement approuvé") },
	{ "erase-done", N_("effacement achevé") },
	{ "erase-plan", N_("effacement demandé") },
	{ "erase-run", N_("effacement exécuté") },
	{ "explain", N_("décision expliquée") },
	{ "extract-ack", N_("extrait accusé") },
	{ "extract-approve", N_("extrait contresigné") },
	{ "extract-deliver", N_("extrait remis") },
	{ "extract-list", N_("extraits listés") },
	{ "extract-preview", N_("aperçu d'un extrait") },
	{ "extract-pull", N_("extrait retiré par un partenaire") },
	{ "extract-release", N_("extrait mis à disposition") },
	{ "extract-revoke", N_("extrait révoqué") },
	{ "flood", N_("refus en nombre") },
	{ "hold", N_("gel posé, revu ou lu") },
	{ "hold-release", N_("levée d'un gel") },
	{ "intake", N_("liste de ménages reçue") },
	{ "key-ceremony", N_("cérémonie des clés") },
	{ "key-rotate", N_("clés renouvelées") },
	{ "notice", N_("notice à un destinataire") },
	{ "notice-settle", N_("suite d'une notice") },
	{ "objection", N_("opposition inscrite") },
	{ "objection-decide", N_("opposition tranchée") },
	{ "person-add", N_("personne ajoutée") },
	{ "person-edit", N_("personne modifiée") },
	{ "person-read", N_("personne lue") },
	{ "policy", N_("règles appliquées") },
	{ "policy-propose", N_("règles proposées") },
	{ "policy-read", N_("règles lues") },
	{ "publish", N_("dépôt chiffré publié") },
	{ "receipt", N_("reçu relu") },
	{ "refusal", N_("refus du ménage inscrit") },
	{ "register-read", N_("registre lu") },
	{ "replay", N_("décisions rejouées") },
	{ "report", N_("rapport lu") },
	{ "request", N_("demande mal formée") },
	{ "restrict", N_("dossier limité") },
	{ "restrict-lift", N_("levée d'une limitation") },
	{ "retention-analyse", N_("analyse de conservation") },
	{ "retention-archive", N_("dossier passé aux archives") },
	{ "retention-settle", N_("étape d'un effacement inscrite") },
	{ "retention-visa", N_("visa des archives inscrit") },
	{ "rights-answer", N_("réponse à une personne") },
	{ "rights-request", N_("demande d'une personne") },
	{ "seal", N_("coffre scellé") },
	{ "search", N_("recherche") },
	{ "subject-export", N_("copie pour la personne") },
	{ "submission", N_("dépôt d'un partenaire reçu") },
	{ "submission-read", N_("dépôt d'un partenaire lu") },
	{ "submission-settle", N_("dépôt d'un partenaire traité") },
	{ "sweep", N_("rangement du dépôt") },
	{ "unseal", N_("coffre ouvert") },
	{ "upload", N_("fichier envoyé") },
	{ "vault-start", N_("coffre démarré") },
	{ "vault-stop", N_("coffre arrêté") },
	{ "visit-draft", N_("brouillon de visite gardé ou oublié") },
	{ "visit-draft-read", N_("brouillon de visite repris") },
};

const char *
act_for(const char *klass)
{
	size_t i;

	for (i = 0; i < NELEMS(acts); i++)
		if (strcmp(acts[i].klass, klass) == 0)
			return _(acts[i].shown);
	return klass;
}
