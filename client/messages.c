#include "client/messages.h"

#include "client/cli.h"

/* In the order of the tags. */
static const struct {
	const char *tag, *sentence;
} messages[] = {
	{ "agent-other",
	    N_("ce n'est pas l'agent des clés de ce coffre qui écoute là") },
	{ "agent-unknown", N_("rien ne dit quel compte est l'agent des clés de "
			      "ce coffre : nommez son dossier par SCEAU_DIR") },
	{ "another-store", N_("ce dépôt n'est pas celui de ce coffre") },
	{ "answer", N_("ce qui répond là n'est pas un coffre, ou la réponse "
		       "est incompréhensible") },
	{ "approval-key", N_("cette clé n'est celle de personne dans les "
			     "règles") },
	{ "approval-own", N_("qui a fait la demande ne l'approuve pas") },
	{ "approval-role", N_("ce rôle n'approuve pas cet acte") },
	{ "approval-signature",
	    N_("la signature n'est pas celle de cette page") },
	{ "approval-twice", N_("cette personne ou cette clé a déjà "
			       "approuvé") },
	{ "approvals-expired", N_("les approbations sont trop anciennes") },
	{ "approvals-missing", N_("il manque des approbations") },
	{ "approvers", N_("il faut dans people.conf au moins deux personnes "
			  "dont la clé approuve") },
	{ "authorized-keys",
	    N_("les clés autorisées ne sont pas celles des règles") },
	{ "bilan-empty",
	    N_("rien n'avait encore été compté à la fin de ce mois") },
	{ "bilan-frozen", N_("le bilan de ce mois est déjà arrêté") },
	{ "bilan-missing",
	    N_("le bilan signé d'un mois manque entre d'autres") },
	{ "bilan-month", N_("ce mois n'est pas achevé") },
	{ "bilan-order", N_("un mois précédent n'est pas encore arrêté") },
	{ "birth-year", N_("l'année de naissance n'est pas possible") },
	{ "body-json", N_("la demande n'est pas du JSON correct") },
	{ "body-unexpected", N_("cette demande n'a pas de corps") },
	{ "breach-host",
	    N_("le journal ne connaît pas les postes : donnez avec "
	       "--actor chaque compte qui s'en est servi ; la "
	       "machine du coffre est --host coffre") },
	{ "breach-known",
	    N_("on ne peut avoir connu une violation dans le futur") },
	{ "breach-outcome",
	    N_("dites si elle est notifiée (--notified) ou sans "
	       "risque (--no-risk)") },
	{ "breach-settled", N_("cette violation est déjà traitée") },
	{ "breach-subject",
	    N_("il faut un compte (--actor), une clé (--key) ou "
	       "une machine (--host) que des règles de cette "
	       "période connaissent") },
	{ "busy", N_("trop de demandes : réessayez dans un instant") },
	{ "caller-check", N_("par téléphone, dites comment la personne a été "
			     "reconnue : --caller-check") },
	{ "case-erased",
	    N_("ce dossier a été effacé : rien ne peut plus y être consenti") },
	{ "case-restricted",
	    N_("le dossier est limité (RGPD art. 18) : il ne se lit "
	       "que pour la personne ou pour le juge") },
	{ "case-state", N_("l'état du dossier ne le permet pas") },
	{ "catalog-setting", N_("un réglage du catalogue n'est pas en "
				"vigueur") },
	{ "catalog-stopped", N_("le catalogue s'est arrêté après une erreur "
				"du disque") },
	{ "certificate", N_("le certificat ne convient pas") },
	{ "change-empty", N_("rien n'est à changer") },
	{ "channel", N_("le canal est visite, telephone, courrier, courriel, "
			"sms, rendez-vous ou guichet") },
	{ "check-failed", N_("le fichier n'a pas pu être examiné") },
	{ "check-result", N_("lisez le résultat avant de vous fier à ce "
			     "fichier") },
	{ "check-time", N_("il faut une date ou une heure (AAAA-MM-JJ), et pas "
			   "une date à venir") },
	{ "clock-changed", N_("l'horloge a sauté depuis cette page : "
			      "demandez-en une autre (sceau clock confirm)") },
	{ "clock-suspect", N_("l'horloge de la machine n'est pas crue : rien "
			      "n'est détruit tant qu'elle n'est pas confirmée "
			      "(sceau clock confirm) ou remise à l'heure") },
	{ "clock-trusted", N_("l'horloge est crue : il n'y a rien à "
			      "confirmer") },
	{ "clock-unasked", N_("aucune page n'attend de signature : sceau "
			      "clock confirm d'abord") },
	{ "closing-date", N_("la date de la clôture n'est pas possible") },
	{ "closing-outcome", N_("les issues sont celles des règles") },
	{ "conflict", N_("l'état des choses ne le permet pas") },
	{ "consent-capacity",
	    N_("dites qui consent pour qui, et quel document le permet") },
	{ "consent-cases",
	    N_("les consentements d'un seul dossier à la fois") },
	{ "consent-changed", N_("un autre consentement de cette personne vient "
				"d'être inscrit : recommencez") },
	{ "consent-count", N_("trop de consentements en une fois") },
	{ "consent-date", N_("la date du consentement n'est pas possible : à "
			     "venir, trop ancienne, déjà expirée, ou avant "
			     "une autre réponse de la personne") },
	{ "consent-evidence",
	    N_("un consentement écrit a sa preuve (--evidence) : "
	       "un document de ce dossier") },
	{ "consent-method", N_("le consentement se recueille par écrit "
			       "(handwritten), sur tablette (tablet) ou "
			       "oralement (oral)") },
	{ "consent-missing", N_("le consentement nécessaire n'est pas en "
				"vigueur") },
	{ "consent-outcome",
	    N_("ce que la personne a dit n'est pas d'une sorte connue") },
	{ "consent-person", N_("cette personne ne peut pas consentir dans ce "
			       "dossier") },
	{ "consent-purpose", N_("il n'y a pas de consentement de cette "
				"finalité : sceau consent list les donne") },
	{ "consent-state",
	    N_("l'état de ce consentement ne le permet pas : voyez "
	       "sceau consent list") },
	{ "consent-witness", N_("un consentement oral demande un témoin") },
	{ "container", N_("ce fichier n'est pas pour cette clé, ou ce n'est "
			  "pas celui que le coffre a remis") },
	{ "content-changed", N_("le contenu reçu n'est pas celui que le coffre "
				"annonce") },
	{ "content-differs",
	    N_("ce qui est conservé n'est pas ce que dit le manifeste du "
	       "dépôt : rien n'est jugé") },
	{ "content-size", N_("la taille du contenu n'est pas celle qui est "
			     "inscrite") },
	{ "csv-cell", N_("une case de la liste est trop longue") },
	{ "csv-columns", N_("la liste a trop de colonnes") },
	{ "csv-encoding", N_("la liste n'est ni en UTF-8 ni en Windows-1252") },
	{ "csv-lines", N_("la liste a trop de lignes") },
	{ "csv-nul", N_("ce fichier n'est pas une liste en CSV (UTF-8 ou "
			"Windows-1252)") },
	{ "csv-quote", N_("un guillemet de la liste n'est pas à sa place ou ne "
			  "se ferme pas") },
	{ "csv-size", N_("la liste est trop grande") },
	{ "correction-late",
	    N_("le délai de correction est passé : demandez un effacement") },
	{ "correction-same-case", N_("le document est déjà dans ce dossier") },
	{ "custodian",
	    N_("votre compte n'est pas un dépositaire de ce coffre") },
	{ "cut", N_("la connexion a été coupée ; la même commande reprendra "
		    "où elle en était") },
	{ "days", N_("un nombre de jours de 1 à 3660 est attendu") },
	{ "demarche-open",
	    N_("une démarche est encore ouverte (--force MOTIF)") },
	{ "demarche-proof",
	    N_("la preuve n'est pas un document de ce dossier") },
	{ "demarche-reason",
	    N_("une démarche abandonnée a sa raison (--reason)") },
	{ "denied", N_("les règles ne le permettent pas") },
	{ "detail-damaged", N_("le détail de cette inscription n'est pas le "
			       "sien") },
	{ "detail-expired", N_("le détail de cette inscription a expiré : sa "
			       "clé est détruite") },
	{ "diagnosis", N_("la règle n'est pas pour un ménage qui a "
			  "répondu ainsi au diagnostic") },
	{ "diagnosis-made", N_("le dossier contient déjà des fiches sociales : "
			       "un refus du diagnostic vient trop tard") },
	{ "diagnosis-refused", N_("le ménage a refusé le diagnostic : aucune "
				  "donnée sociale n'est gardée") },
	{ "disk-reserve", N_("le disque du coffre est plein : plus aucun dépôt "
			     "n'est accepté") },
	{ "document-draft", N_("cette fiche est un brouillon : complétez-la "
			       "d'abord (sceau file … --replaces)") },
	{ "document-in-use",
	    N_("un consentement ou un événement repose sur ce document") },
	{ "document-replaced", N_("ce document a une version plus récente") },
	{ "door-key",
	    N_("cette clé ssh n'est pas une de celles de ce compte") },
	{ "draft-kind", N_("seule une fiche peut être un brouillon, pas un "
			   "fichier") },
	{ "draft-over-final", N_("cette fiche est complète : un brouillon ne "
				 "la remplace pas") },
	{ "empty-file", N_("le fichier est vide") },
	{ "erased", N_("ce document a été effacé") },
	{ "erasure-cases", N_("un effacement porte sur un seul dossier") },
	{ "erasure-size", N_("trop d'objets pour un seul effacement") },
	{ "erasure-state", N_("l'état de cet effacement ne le permet pas") },
	{ "as-of-dry-run", N_("pour un autre jour qu'aujourd'hui : un essai "
			      "seulement (--dry-run)") },
	{ "awaiting-visa", N_("le visa des archives est attendu (sceau "
			      "retention visa)") },
	{ "evidence-full", N_("cette version a déjà autant de verdicts ou "
			      "d'horodatages qu'il peut y en avoir") },
	{ "forged-stamp", N_("un horodatage du reçu n'est pas juste") },
	{ "form-content", N_("ce fichier s'ouvre, mais ce qu'il contient n'est "
			     "pas ce qu'un formulaire rapporte") },
	{ "form-damaged", N_("ce formulaire a été abîmé ou coupé en route : "
			     "reprenez le fichier sur la tablette") },
	{ "form-entered", N_("ce formulaire a déjà été déposé, dans un autre "
			     "dossier : corrigez plutôt ce dépôt") },
	{ "form-field",
	    N_("ce qui a été envoyé ne vient pas de ce formulaire : "
	       "rouvrez la page") },
	{ "form-file", N_("ce fichier n'est pas un formulaire scellé") },
	{ "form-key", N_("ce formulaire a été scellé pour un autre coffre : "
			 "refaites la page avec celui-ci") },
	{ "form-size", N_("ce formulaire est trop lourd : moins de "
			  "photographies, ou en plusieurs fois") },
	{ "session-full", N_("cette session garde déjà trop de choses : "
			     "terminez ce qui est commencé") },
	{ "settle-date", N_("cette date n'est pas entre la fin des clés et "
			    "aujourd'hui") },
	{ "settle-what", N_("mirrors, recovery ou backups") },
	{ "settled", N_("cette date est déjà inscrite au certificat") },
	{ "proof", N_("le fichier de preuve est déjà une page ou la "
		      "signature, ou cette version n'en a pas") },
	{ "proof-failed",
	    N_("une signature du fichier de preuve n'est pas juste") },
	{ "proof-level", N_("personne n'a signé ici par un service dont on "
			    "garde le fichier de preuve") },
	{ "proof-missing", N_("le fichier de preuve du prestataire est gardé "
			      "avec ce qu'il a cacheté (--proof PDF)") },
	{ "proof-size", N_("le fichier de preuve est trop grand") },
	{ "proof-type", N_("un fichier de preuve est un PDF qui se lit") },
	{ "revocation-format",
	    N_("ce n'est ni une liste de révocation ni la réponse d'un "
	       "répondeur OCSP") },
	{ "revocation-size", N_("les listes de révocation sont trop longues") },
	{ "signer", N_("les règles ne font pas signer ce genre de document "
		       "par cette personne") },
	{ "signer-signature", N_("le fichier n'a pas la signature de ce "
				 "signataire") },
	{ "stamp-authority",
	    N_("aucune autorité des règles ne mène à celle qui a "
	       "horodaté") },
	{ "stamp-format", N_("ce n'est pas la réponse juste d'une autorité "
			     "d'horodatage") },
	{ "stamp-imprint", N_("cet horodatage n'est pas celui de ce reçu") },
	{ "stamp-indeterminate", N_("on ne peut pas conclure sur cet "
				    "horodatage") },
	{ "stamp-known", N_("cet horodatage est déjà gardé") },
	{ "stamp-size", N_("la réponse de l'autorité est trop longue") },
	{ "stamp-usage", N_("le certificat n'est pas fait pour horodater") },
	{ "sweep-share", N_("ce tri prend une trop grande part du coffre : "
			    "la confirmer (--confirm-share)") },
	{ "verify-stamp", N_("on ne peut pas conclure sur l'horodatage du "
			     "reçu avec ces autorités, à cette date") },
	{ "visa-date", N_("la date du visa n'est pas possible") },
	{ "visa-state", N_("aucun visa n'est attendu pour ce tri") },
	{ "extract-open",
	    N_("un extrait attend encore d'être pris (--force MOTIF)") },
	{ "held", N_("gelé : rien n'en est détruit avant la levée du gel") },
	{ "hold-not-asked",
	    N_("personne n'a demandé la levée de ce gel (--reason)") },
	{ "hold-review-date", N_("un gel se revoit après aujourd'hui, dans le "
				 "délai que disent les règles") },
	{ "hold-state", N_("l'état de ce gel ne le permet pas") },
	{ "holds-max", N_("trop de gels à la fois dans ce dossier") },
	{ "canary-found", N_("une copie de ce qui fut détruit est encore là : "
			     "pas de certificat") },
	{ "event-date", N_("la date de l'événement n'est pas possible") },
	{ "event-document", N_("cet événement s'inscrit avec sa décision, un "
			       "document de ce dossier") },
	{ "event-missing", N_("un événement que la règle attend n'a "
			      "pas eu lieu") },
	{ "event-unknown", N_("les règles ne connaissent que ces événements") },
	{ "events", N_("le dossier a trop d'événements") },
	{ "extract-ack-date", N_("la réception est entre la remise et "
				 "aujourd'hui") },
	{ "extract-acknowledged", N_("l'accusé de réception de cet extrait "
				     "est déjà donné") },
	{ "extract-awaiting", N_("cet extrait attend la seconde signature") },
	{ "extract-channel", N_("cet extrait ne peut pas partir par cette "
				"voie : voyez sceau extract preview") },
	{ "extract-empty", N_("rien ne partirait dans cet extrait") },
	{ "extract-erased", N_("cet extrait a été effacé") },
	{ "extract-expired", N_("cet extrait a expiré") },
	{ "extract-forged", N_("le contenu de cet extrait n'est pas celui que "
			       "le coffre a inscrit") },
	{ "extract-one-signature", N_("la règle de cet extrait ne demande pas "
				      "de seconde signature") },
	{ "extract-pulled", N_("cet extrait a déjà été pris") },
	{ "extract-rectified", N_("une donnée de cet extrait a été rectifiée : "
				  "il est annulé") },
	{ "extract-released", N_("cet extrait est déjà remis") },
	{ "extract-revoked", N_("cet extrait a été révoqué") },
	{ "extract-rule",
	    N_("une autre règle s'applique à présent : refaites l'aperçu") },
	{ "extract-rules-changed", N_("les règles ont changé depuis la "
				      "remise : refaites l'extrait") },
	{ "extract-seconded", N_("cet extrait a déjà sa seconde signature") },
	{ "extract-size", N_("l'extrait est trop grand") },
	{ "extract-sources", N_("l'extrait se compose de trop de documents") },
	{ "extract-state", N_("l'état de cet extrait ne le permet pas") },
	{ "extract-suspended",
	    N_("cet extrait ne peut pas être remis pour l'instant") },
	{ "extract-withdrawn", N_("le consentement de cet extrait a été "
				  "retiré") },
	{ "figure-missing",
	    N_("les règles ne disent pas jusqu'à quand remonter : seule la "
	       "date du jour est acceptée") },
	{ "file-changed", N_("le fichier a changé pendant l'envoi") },
	{ "file-exists", N_("ce fichier existe déjà : --force pour le "
			    "remplacer") },
	{ "file-max", N_("le fichier dépasse la taille acceptée") },
	{ "file-name", N_("le nom du fichier n'est pas acceptable") },
	{ "filed-other", N_("le coffre n'a pas inscrit ce qui a été "
			    "envoyé") },
	{ "files", N_("la liste des fichiers de règles n'est pas correcte") },
	{ "finding", N_("l'examen conclut : justified (justifié) ou "
			"unjustified (injustifié)") },
	{ "folder-exists", N_("ce dossier existe déjà et n'est pas vide") },
	{ "forged", N_("ce n'est pas ce qu'un coffre de cette clé a fait") },
	{ "forged-bilan",
	    N_("un bilan signé n'est pas ce que ce coffre a fait, "
	       "ou son journal n'en dit rien") },
	{ "forged-file", N_("ce fichier n'est pas celui du reçu") },
	{ "full", N_("plus de place") },
	{ "generation",
	    N_("ce numéro de génération des règles n'est pas possible") },
	{ "glass-reviewed", N_("ce bris de glace est déjà examiné") },
	{ "http-form", N_("la demande n'est pas du HTTP correct") },
	{ "idempotency-key", N_("cette clé d'idempotence a servi à autre "
				"chose") },
	{ "in-flight", N_("la même demande est déjà en cours") },
	{ "incomplete", N_("il manque quelque chose qui devrait être là") },
	{ "inconsistent", N_("deux têtes du journal se contredisent") },
	{ "inspection-failed", N_("l'examen du fichier n'a pas abouti") },
	{ "inspection-memory", N_("trop de dépôts à la fois : réessayez dans "
				  "un instant") },
	{ "instant", N_("un jour s'écrit AAAA-MM-JJ, un instant "
			"AAAA-MM-JJTHH:MM:SSZ (UTC)") },
	{ "intake-column", N_("une colonne de la liste n'est pas de celles que "
			      "les règles connaissent") },
	{ "intake-column-missing",
	    N_("une colonne obligatoire manque à la liste") },
	{ "intake-column-twice",
	    N_("une colonne de la liste y est deux fois") },
	{ "intake-empty", N_("la liste est vide") },
	{ "intake-meanwhile",
	    N_("une autre liste vient d'être prise : recommencez") },
	{ "intake-source",
	    N_("les règles ne connaissent pas de liste de cette origine") },
	{ "intake-type", N_("ce fichier n'est pas une liste en texte") },
	{ "integrity", N_("un contrôle d'intégrité a échoué") },
	{ "internal", N_("le coffre a échoué ; son journal système dit "
			 "pourquoi") },
	{ "invalid", N_("la demande est mal formée") },
	{ "io", N_("lecture ou écriture impossible") },
	{ "keys", N_("pas de clé prête : réessayez dans un instant") },
	{ "keys-init", N_("les clés du coffre n'ont pas été créées") },
	{ "kind-size", N_("le fichier dépasse la taille de ce type de "
			  "document") },
	{ "kind-unknown", N_("ce type de document n'est pas connu : sceau "
			     "policy show --public les donne") },
	{ "letter-mentions",
	    N_("la lettre ne dirait pas tout ce que la loi demande") },
	{ "letter-missing",
	    N_("les règles n'ont pas de texte pour cette lettre") },
	{ "letter-state", N_("aucun courrier de confirmation n'est attendu "
			     "pour ce consentement") },
	{ "letter-word",
	    N_("le texte de la lettre demande un mot qui n'existe pas ici") },
	{ "level", N_("ce niveau de signature n'est pas accepté pour ce type "
		      "de document") },
	{ "log-changed", N_("le journal a été changé") },
	{ "log-forged", N_("le journal n'est pas celui que sa tête signe") },
	{ "log-growing",
	    N_("le journal grandit trop vite pour être copié : réessayez") },
	{ "log-incomplete", N_("il manque une partie du journal") },
	{ "log-inconsistent",
	    N_("ce journal n'est pas la suite de cette tête") },
	{ "log-rolled-back", N_("le journal est revenu en arrière") },
	{ "media-type", N_("ce format de fichier n'est pas accepté pour ce "
			   "type de document") },
	{ "member-missing", N_("il manque un élément à la demande") },
	{ "member-size", N_("un élément de la demande est trop long") },
	{ "member-text", N_("un texte de la demande n'est pas acceptable") },
	{ "member-type", N_("un élément de la demande n'est pas de la bonne "
			    "sorte") },
	{ "member-unknown", N_("la demande contient un élément inconnu") },
	{ "method", N_("le coffre ne fait pas cela") },
	{ "month", N_("un mois s'écrit AAAA-MM") },
	{ "no-access", N_("votre compte n'a pas accès à ce coffre") },
	{ "no-agent", N_("l'agent des clés ne répond pas") },
	{ "no-decision", N_("cette inscription ne tient à aucune décision") },
	{ "no-memory", N_("plus de mémoire") },
	{ "no-rule", N_("aucune règle ne le permet") },
	{ "no-team", N_("votre compte n'est d'aucune équipe") },
	{ "no-tests", N_("ces règles n'ont pas d'essais") },
	{ "no-vault", N_("le coffre ne répond pas") },
	{ "nobody", N_("votre compte n'est personne pour ce coffre") },
	{ "not-author", N_("seul l'auteur d'un dépôt le corrige") },
	{ "not-found", N_("cela n'existe pas, ou n'est pas à vous") },
	{ "not-signed", N_("rien n'a été signé") },
	{ "nothing-to-erase", N_("il n'y a rien à effacer") },
	{ "notice-acknowledged",
	    N_("la réception de cette notice est déjà confirmée") },
	{ "notice-delivered", N_("cette notice est déjà remise") },
	{ "notice-door",
	    N_("ce destinataire a sa porte : il confirme lui-même") },
	{ "notice-how",
	    N_("une notice est delivered, acknowledged ou impossible") },
	{ "notice-impossible",
	    N_("cette notice est déclarée impossible à remettre") },
	{ "notice-queued", N_("cette notice n'est pas encore remise") },
	{ "notice-state", N_("l'état de cette notice ne le permet pas") },
	{ "notice-words",
	    N_("il faut dire pourquoi c'est impossible (--words)") },
	{ "objection", N_("une opposition attend le délégué à la protection "
			  "des données") },
	{ "objection-date", N_("la date de l'opposition n'est pas possible") },
	{ "objection-decision",
	    N_("une opposition est retenue (upheld) ou écartée (rejected)") },
	{ "objection-person", N_("cette personne n'est pas de ce dossier") },
	{ "objection-state", N_("cette opposition est déjà tranchée") },
	{ "offset", N_("l'envoi ne reprend pas au bon endroit") },
	{ "other-team", N_("ce dossier est d'une autre équipe") },
	{ "own-review", N_("nul n'examine son propre bris de glace") },
	{ "page", N_("ce document n'a pas cette page") },
	{ "pages", N_("le nombre de pages n'est pas accepté") },
	{ "partner-command", N_("cette porte connaît cinq demandes") },
	{ "passphrase", N_("la phrase secrète n'est pas la bonne") },
	{ "path", N_("le chemin de la demande n'est pas acceptable") },
	{ "pdf-encrypted", N_("ce PDF est chiffré : déposez-le sans mot de "
			      "passe") },
	{ "pending", N_("c'est inscrit, mais pas encore signé : redemandez "
			"dans un instant") },
	{ "period",
	    N_("la période va d'un mois à un autre, 120 mois au plus") },
	{ "person-changed",
	    N_("quelqu'un vient de changer cette personne : recommencez") },
	{ "persons", N_("le dossier a trop de personnes") },
	{ "plan-changed", N_("le dossier a changé depuis ce plan : préparez-en "
			     "un autre") },
	{ "plan-other", N_("le plan reçu n'est pas celui que le coffre "
			   "annonce") },
	{ "policy", N_("les règles ont des erreurs") },
	{ "policy-changed", N_("les règles ont changé depuis : recommencez") },
	{ "policy-tests", N_("les essais de ces règles ne passent pas") },
	{ "prefix-missing", N_("ce document n'a pas cette signature") },
	{ "prefix-not-signed", N_("cette signature n'a pas été trouvée juste "
				  "au dépôt : elle ne délimite rien") },
	{ "prefix-pages",
	    N_("ce document a plusieurs fichiers : --page N donne "
	       "chacun entier") },
	{ "purpose-missing", N_("dites pour quelle finalité : --purpose (sceau "
				"policy show --public les donne)") },
	{ "purpose-unknown", N_("cette finalité n'est pas connue : sceau "
				"policy show --public les donne") },
	{ "query", N_("un paramètre de la demande n'est pas correct") },
	{ "recipient-certificate", N_("le certificat de ce destinataire "
				      "manque ou ne convient pas") },
	{ "recipient-unknown", N_("ce destinataire n'est pas connu : sceau "
				  "policy show --public les donne") },
	{ "record-date", N_("la date de cette fiche n'est pas possible") },
	{ "record-depth", N_("la fiche est imbriquée trop profondément") },
	{ "record-duplicate", N_("la fiche dit deux fois le même champ") },
	{ "record-field", N_("un champ de la fiche ne convient pas") },
	{ "record-incomplete",
	    N_("il manque un champ à la fiche : complétez-la, ou déposez-la "
	       "comme brouillon (--draft)") },
	{ "record-json", N_("la fiche n'est pas du JSON correct") },
	{ "record-size", N_("la fiche est trop grande") },
	{ "reference", N_("ce n'est ni un identifiant, ni une référence, ni "
			  "un début de l'un d'eux") },
	{ "reference-ambiguous", N_("ce début en désigne plusieurs") },
	{ "reference-check", N_("la référence est mal recopiée : son symbole "
				"de contrôle ne convient pas") },
	{ "refusal-date", N_("la date du refus n'est pas possible") },
	{ "refusal-reason", N_("les motifs de refus sont ceux des règles") },
	{ "refused", N_("refusé") },
	{ "relay", N_("la session ssh vers le coffre ne s'est pas faite") },
	{ "replaces", N_("le document à remplacer n'est pas de ce dossier") },
	{ "replaces-kind", N_("le document à remplacer est d'un autre "
			      "type") },
	{ "request-answer",
	    N_("il faut dire ce qui a été répondu (--document ou --words)") },
	{ "request-date", N_("la date de réception n'est pas possible") },
	{ "request-document", N_("ce document n'est pas de ce dossier") },
	{ "request-extended",
	    N_("cette demande a déjà été prolongée une fois") },
	{ "request-ground",
	    N_("ce motif de refus n'est pas dans la liste des règles") },
	{ "request-identity",
	    N_("il faut dire comment la personne est connue (--identity)") },
	{ "request-late",
	    N_("le premier mois est passé : il est trop tard pour prolonger") },
	{ "request-linked", N_("cette opposition a déjà sa demande") },
	{ "request-objection", N_("une demande d'opposition nomme l'opposition "
				  "inscrite avant (--objection)") },
	{ "request-person", N_("cette personne n'est pas de ce dossier") },
	{ "request-right", N_("cette demande porte sur un autre droit") },
	{ "request-state", N_("cette demande a déjà sa réponse") },
	{ "requests", N_("ce dossier a trop de demandes") },
	{ "restricted", N_("ce dossier est limité : rien n'en est effacé") },
	{ "restriction-date",
	    N_("la personne est informée entre l'annonce et aujourd'hui") },
	{ "restriction-ground",
	    N_("ce motif de limitation n'est pas dans la liste des règles") },
	{ "restriction-state", N_("ce dossier n'est pas limité") },
	{ "restriction-untold", N_("la personne est informée d'abord : "
				   "annoncez la levée (--reason)") },
	{ "role", N_("ce rôle n'est pas connu") },
	{ "role-date", N_("les dates du rôle ne sont pas possibles") },
	{ "role-state", N_("la personne a déjà ce rôle, ou ne l'a pas") },
	{ "route", N_("ce coffre ne connaît pas cette demande") },
	{ "rules-edited",
	    N_("les règles ont été modifiées sans les signatures qu'il faut") },
	{ "rules-same", N_("ce sont les règles déjà en vigueur") },
	{ "rules-size", N_("les règles sont trop volumineuses") },
	{ "rules-state", N_("cette proposition a déjà été appliquée") },
	{ "rules-version",
	    N_("les règles changent : leur version doit augmenter") },
	{ "schema", N_("ce catalogue est d'une autre version") },
	{ "sealed", N_("le coffre est scellé : un dépositaire doit l'ouvrir "
		       "(sceau status dit qui)") },
	{ "signature", N_("il n'y a pas de signature, ou pas celle qu'il "
			  "faut") },
	{ "signature-failed", N_("une signature de ce document est fausse") },
	{ "signature-indeterminate", N_("une signature de ce document n'a pas "
					"pu être vérifiée") },
	{ "signature-pages", N_("une signature détachée est celle d'un seul "
				"fichier") },
	{ "signature-size", N_("la signature est trop grande") },
	{ "stage", N_("la phase est amont ou aval, et la règle n'est pas de "
		      "celle-ci") },
	{ "step-up", N_("cet acte demande une déclaration signée à "
			"l'instant par votre clé") },
	{ "stopped", N_("le coffre s'arrête") },
	{ "store-missing", N_("il manque un fichier du dépôt") },
	{ "subject-person", N_("cette personne n'est pas de ce dossier") },
	{ "subject-size",
	    N_("ces données sont trop grandes pour une seule copie") },
	{ "log-lost",
	    N_("le journal plus récent a des actes que ce coffre n'a pas : à "
	       "refaire") },
	{ "pack-file", N_("ce fichier est trop grand pour la copie") },
	{ "subject-withheld",
	    N_("ce document peut parler d'autres personnes : il est examiné "
	       "avant d'être remis") },
	{ "submission-accepted", N_("ce dépôt est déjà accepté") },
	{ "submission-discarded",
	    N_("ce dépôt a été retiré de la quarantaine") },
	{ "submission-quota",
	    N_("trop de dépôts attendent déjà d'être examinés") },
	{ "submission-reason",
	    N_("il faut dire pourquoi (--reason) : le partenaire le lit") },
	{ "submission-rejected", N_("ce dépôt a été refusé") },
	{ "submission-size", N_("un dépôt ne dépasse pas 16 Mio") },
	{ "submission-state", N_("l'état de ce dépôt ne le permet pas") },
	{ "submission-taken", N_("ce dépôt est déjà versé à un dossier") },
	{ "submission-waiting", N_("ce dépôt attend encore d'être examiné") },
	{ "terminal", N_("ce document ne s'affiche pas sur un terminal : "
			 "enregistrez-le") },
	{ "tests-failed", N_("des essais échouent") },
	{ "tile-path", N_("il n'y a pas de telle partie du journal") },
	{ "timeout", N_("le coffre n'a rien dit pendant trop longtemps") },
	{ "too-large", N_("c'est trop grand") },
	{ "unavailable", N_("un service du coffre ne répond pas") },
	{ "unseal-wait",
	    N_("on vient d'essayer une autre phrase secrète : attendez") },
	{ "unsealed", N_("le coffre est déjà ouvert") },
	{ "upload", N_("cet envoi n'existe plus") },
	{ "upload-busy", N_("cet envoi est déjà en cours") },
	{ "upload-finished", N_("cet envoi est déjà complet") },
	{ "upload-id", N_("l'identifiant de l'envoi n'est pas correct") },
	{ "uploads-open", N_("trop d'envois ouverts à la fois") },
	{ "usage", N_("la commande est mal écrite") },
	{ "vault-in-use", N_("un autre service tient déjà ce coffre") },
	{ "verify-pages", N_("le reçu est celui d'un document d'un autre "
			     "nombre de fichiers") },
	{ "picture-malformed",
	    N_("cette photo est abîmée : ce qui dit où elle a "
	       "été prise ne peut pas en être retiré") },
	{ "picture-signed", N_("une signature couvre cette photo : ce qui dit "
			       "où elle a été prise ne peut pas en être "
			       "retiré") },
	{ "picture-turn", N_("cette image ne se tourne pas sans être "
			     "enregistrée de nouveau : tournez-la avant de la "
			     "choisir") },
	{ "pdf-place",
	    N_("une photo de ce PDF est abîmée : ce qui dit où elle a "
	       "été prise ne peut pas en être effacé. Numérisez de "
	       "nouveau, ou déposez les photos elles-mêmes") },
	{ "picture-size", N_("cette photo est trop grande") },
	{ "provenance", N_("la provenance de la numérisation est incomplète ou "
			   "mal formée") },
	{ "provenance-level", N_("une provenance se dit d'un papier numérisé "
				 "(--level handwritten-scan)") },
	{ "provenance-missing",
	    N_("les règles demandent d'où vient la numérisation (--sign-key, "
	       "--device, --paper-at, --originals)") },
	{ "provenance-pages", N_("le nombre de pages n'est pas celui des "
				 "images") },
	{ "provenance-signature", N_("la provenance n'est pas signée par une "
				     "clé à vous") },
	{ "provenance-time", N_("la numérisation serait postérieure au "
				"dépôt") },
	{ "scan-checked", N_("cette numérisation a déjà été vérifiée") },
	{ "scan-finding", N_("la vérification dit faithful ou not") },
	{ "scan-none", N_("cette version n'attend pas de vérification") },
	{ "scan-own",
	    N_("qui a numérisé ne vérifie pas : une autre personne le fait") },
	{ "scan-signature", N_("la vérification n'est pas signée par une clé "
			       "à vous") },
	{ "version", N_("ce document n'a pas cette version") },
	{ "visit-draft", N_("pas de brouillon de visite à reprendre dans ce "
			    "dossier") },
	{ "visit-draft-changed",
	    N_("ce brouillon de visite a été gardé, abandonné ou inscrit "
	       "ailleurs : reprenez ce qui est au coffre") },
	{ "visit-draft-size",
	    N_("ce brouillon de visite est trop gros : inscrivez la visite, ou "
	       "retirez des fichiers") },
	{ "visit-empty", N_("une visite rapporte au moins une pièce, un "
			    "consentement ou un refus") },
	{ "visit-evidence", N_("un consentement repose sur un document de la "
			       "visite qui n'y est pas") },
	{ "web-code", N_("ce n'est pas le code qui est à l'écran ; après cinq "
			 "erreurs il y en a un autre") },
	{ "web-foreign",
	    N_("cette demande vient d'un autre site : rien n'a été fait") },
	{ "web-forged",
	    N_("ce formulaire n'est pas de cette session : rechargez la page "
	       "et recommencez ; rien n'a été fait") },
	{ "web-cut",
	    N_("un fichier n'est arrivé qu'en partie : choisissez-le de "
	       "nouveau, l'envoi reprendra où il en était") },
	{ "web-form", N_("le formulaire est arrivé incomplet, trop grand ou "
			 "illisible : rien n'a été fait") },
	{ "web-lot", N_("ce dépôt n'attend plus dans la console : plus d'une "
			"journée a passé, il a été abandonné, ou la console a "
			"redémarré ; rien n'en a été déposé, recommencez") },
	{ "web-lot-full",
	    N_("la console ne garde pas autant de fichiers à la "
	       "fois : déposez ou abandonnez ceux qui attendent") },
	{ "web-lots", N_("trop de dépôts attendent dans la console : déposez "
			 "ou abandonnez-en un") },
	{ "web-method", N_("cette page ne se demande pas ainsi") },
	{ "web-missing", N_("il manque une réponse") },
	{ "web-no-file", N_("aucun fichier n'a été choisi") },
	{ "web-no-kind", N_("le type de document n'est pas choisi") },
	{ "web-no-record",
	    N_("ce dossier n'a pas encore de fiche de ce type") },
	{ "web-no-result", N_("il manque de dire si le ménage a été "
			      "rencontré") },
	{ "web-page", N_("cette page n'existe pas") },
	{ "web-picture", N_("ce fichier n'est pas une photographie : "
			    "téléchargez-le") },
	{ "web-piece", N_("ce morceau de fichier n'est pas celui qui était "
			  "attendu") },
	{ "web-session", N_("la session s'est fermée entre-temps : rien n'a "
			    "été fait ; entrez et recommencez") },
	{ "web-statement",
	    N_("la signature remise n'est pas celle de cette déclaration : "
	       "téléchargez-la, signez-la, et remettez le fichier .sig") },
	{ "web-statement-late",
	    N_("cette déclaration a expiré : signez celle-ci") },
	{ "words", N_("il faut au moins une lettre ou un chiffre") },
	{ "wrong-door", N_("ce compte a une autre porte") },
};

/*
 * Tags whose sentence says it all: what the vault adds to them, in English
 * and for its log, names no field, no file and no value that the person does
 * not have before them.
 */
static const char *const whole[] = { "breach-host", "breach-known",
	"breach-outcome", "breach-subject", "instant", "breach-settled",
	"correction-late", "correction-same-case", "document-draft",
	"document-in-use", "document-replaced", "not-author",
	"provenance-level", "provenance-pages", "provenance-signature",
	"scan-signature", "provenance-missing", "provenance-time",
	"scan-checked", "scan-finding", "scan-none", "scan-own", "approval-key",
	"approval-own", "approval-role", "approval-twice", "approvals-expired",
	"caller-check", "case-erased", "case-restricted", "case-state",
	"check-time", "content-differs", "evidence-full", "stamp-imprint",
	"stamp-known", "change-empty", "channel", "consent-cases",
	"consent-changed", "consent-date", "consent-evidence", "consent-method",
	"consent-missing", "consent-outcome", "consent-person",
	"consent-purpose", "consent-state", "consent-witness", "custodian",
	"denied", "diagnosis", "diagnosis-made", "draft-kind",
	"draft-over-final", "diagnosis-refused", "erased", "event-document",
	"event-missing", "extract-ack-date", "extract-acknowledged",
	"extract-awaiting", "extract-channel", "extract-empty",
	"extract-erased", "extract-expired", "extract-one-signature",
	"clock-changed", "clock-suspect", "clock-trusted", "clock-unasked",
	"extract-pulled", "extract-rectified", "extract-released",
	"extract-revoked", "extract-rule", "extract-rules-changed",
	"extract-seconded", "extract-size", "extract-state",
	"extract-suspended", "extract-withdrawn", "figure-missing", "finding",
	"bilan-empty", "bilan-frozen", "bilan-month", "bilan-order", "month",
	"period", "generation", "glass-reviewed", "in-flight", "kind-unknown",
	"letter-state", "no-decision", "no-rule", "no-team", "nobody",
	"not-found", "notice-acknowledged", "notice-delivered", "notice-door",
	"notice-how", "notice-impossible", "notice-queued", "notice-state",
	"notice-words", "objection", "objection-decision", "objection-person",
	"objection-state", "other-team", "own-review", "passphrase",
	"person-changed", "plan-changed", "policy-changed", "purpose-missing",
	"purpose-unknown", "recipient-unknown", "reference",
	"reference-ambiguous", "replaces", "role-date", "role-state",
	"rules-same", "rules-state", "signature-failed",
	"signature-indeterminate", "stage", "submission-accepted",
	"submission-discarded", "submission-quota", "submission-reason",
	"submission-rejected", "submission-state", "submission-taken",
	"submission-waiting", "unsealed", "words", "wrong-door",
	"as-of-dry-run", "awaiting-visa", "body-unexpected", "csv-encoding",
	"demarche-proof", "demarche-reason", "erasure-cases", "extract-open",
	"hold-not-asked", "hold-review-date", "hold-state", "intake-empty",
	"intake-meanwhile", "intake-source", "intake-type", "keys",
	"nothing-to-erase", "page", "pdf-encrypted", "reference-check",
	"request-answer", "request-document", "request-extended",
	"request-identity", "request-late", "request-linked",
	"request-objection", "request-person", "request-state", "restricted",
	"restriction-date", "restriction-state", "restriction-untold",
	"settle-date", "settled", "settle-what", "subject-person",
	"subject-withheld", "upload", "upload-busy", "upload-finished",
	"upload-id", "visa-state", "visit-empty", "visit-draft",
	"visit-draft-changed", "visit-draft-size", "letter-word",
	"inspection-memory", "another-store", "detail-expired", "vault-in-use",
	"disk-reserve", "erasure-state", "session-full", "web-code",
	"web-foreign", "web-forged", "web-form", "web-page", "web-session",
	"web-statement", "web-statement-late" };

int
message_is_whole(const char *tag)
{
	size_t i;

	for (i = 0; i < NELEMS(whole); i++)
		if (strcmp(whole[i], tag) == 0)
			return 1;
	return 0;
}

const char *
message_for(const char *tag)
{
	size_t i;

	for (i = 0; i < NELEMS(messages); i++)
		if (strcmp(messages[i].tag, tag) == 0)
			return messages[i].sentence;
	return NULL;
}

const char *
message_tag(const char *tag)
{
	size_t i;

	for (i = 0; i < NELEMS(messages); i++)
		if (strcmp(messages[i].tag, tag) == 0)
			return messages[i].tag;
	return NULL;
}

const char *
message_words(const char *tag)
{
	const char *sentence = message_for(tag);

	return sentence != NULL ? _(sentence) : tag;
}
