#!/usr/bin/env python3
"""Who gets what, read a second time.

This is the table of recipients written down from the law and the domain by
hand, and a few lines that say what follows from it. It knows nothing of the
rule files nor of the program: test_matrix.c asks the program every question
and compares with matrix.txt, which this writes.

usage: matrix.py > matrix.txt      matrix.py --check matrix.txt
"""

import io
import itertools
import sys

# --- what the domain calls a thing, and where it stands in a record -----------

NAME = ["identite.nom", "identite.prenom"]
BIRTH = ["identite.naissance"]
ADDRESS = ["identite.adresse", "identite.code-postal", "identite.commune"]
PHONE = ["identite.telephone"]
NUMBER = ["identite.numero-allocataire"]
FAMILY = ["identite.situation-familiale"]
HOLDERS = ["identite.titulaires"]
COUNTS = ["composition.adultes", "composition.mineurs"]
AGES = ["composition.tranches-age"]
INCOME_TOTAL = ["emploi-revenus.total-mensuel"]
CHARGE_TOTAL = ["charges.total-mensuel"]
INCOME_TABLE = ["emploi-revenus.ressources"]
CHARGE_TABLE = ["charges.postes"]
OCCUPATION = ["emploi-revenus.situation"]
LEFT_TO_LIVE = ["reste-a-vivre.mensuel"]
DWELLING = ["logement.adresse", "logement.type", "logement.surface",
            "logement.pieces"]
LANDLORD = ["bailleur.nom"]
LANDLORD_ADDRESS = ["bailleur.adresse"]
LANDLORD_TYPE = ["bailleur.type"]
LEASE = ["bail.date", "bail.loyer", "bail.charges", "bail.aide-logement"]
AID_PAID_TO = ["bail.aide-versee-a"]
DEBT = ["dette.montant", "dette.depuis"]
DEBT_END = ["dette.jusqu-au"]
RESUMED = ["dette.reprise", "dette.reprise-date"]
CAUSES = ["dette.causes"]
PLAN = ["plan.montant", "plan.nombre", "plan.premiere-date"]
DECISIONS = ["decisions"]
STAGE_AND_DATES = ["procedure"]
STAGE = ["procedure.stade"]
DEVICES = ["dispositifs"]
ADVICE = ["preconisations"]
WORKER = ["referent"]
MET = ["rencontre"]

RECORD = {"amont": "diagnostic", "aval": "evaluation"}
MOVE = {"amont": ["orientation.choix"], "aval": ["relogement.besoin"]}
ALL = {"unknown", "accepted", "refused"}
WILLING = {"unknown", "accepted"}


class Row:
    """One thing that may go: to whom, what for, and on which conditions."""

    def __init__(self, recipient, purpose, rule, stage, fields, own=(),
                 consent=True, partial=True, diagnosis=WILLING, after=(),
                 objection_stops=True, later=None):
        self.recipient, self.purpose, self.rule = recipient, purpose, rule
        self.stage, self.fields, self.own = stage, set(fields), set(own)
        self.consent, self.partial = consent, partial and consent
        self.diagnosis, self.after = diagnosis, set(after)
        self.objection_stops, self.later = objection_stops, later or rule


def of(stage, paths):
    return ["%s:%s" % (RECORD[stage], p) for p in paths]


def with_consent(recipient, purpose, rule, own, shared, **kw):
    """The titulaire's own fields, and what is the household's, from the
    record of the stage."""
    for stage, suffix in (("amont", ""), ("aval", "-aval")):
        more = MOVE[stage] if kw.get("moves") else []
        rest = {k: v for k, v in kw.items() if k not in ("moves", "own_too")}
        yield Row(recipient, purpose, rule + suffix, stage,
                  of(stage, own + shared + more), of(stage, own), **rest)


# --- the table ----------------------------------------------------------------

ROWS = []

# Law and public interest, no consent: strictly what the commission assesses.
CCAPEX = (HOLDERS + DWELLING + LANDLORD + LANDLORD_TYPE + LEASE + AID_PAID_TO +
          DEBT + DEBT_END + CAUSES + RESUMED + STAGE_AND_DATES + COUNTS +
          INCOME_TOTAL + CHARGE_TOTAL + LEFT_TO_LIVE + DEVICES + ADVICE + MET)
for stage in ("amont", "aval"):
    ROWS.append(Row("ccapex", "examen-ccapex", "ccapex-" + stage, stage,
                    of(stage, CCAPEX), consent=False,
                    later="ccapex-%s-2027" % stage))
    # Who refused the diagnosis: the outcome, and nothing else.
    ROWS.append(Row("ccapex", "examen-ccapex", "ccapex-refus", stage,
                    ["issue:resultat", "issue:motif", "issue:date"],
                    consent=False, diagnosis={"refused"},
                    later="ccapex-refus-2027"))

ROWS += with_consent(
    "caf", "maintien-aide-logement", "caf-aide-logement",
    NUMBER + NAME + ADDRESS,
    LANDLORD + LANDLORD_ADDRESS + DEBT + DEBT_END + RESUMED + PLAN +
    DECISIONS + WORKER)

# The debtor lodges it: their identity, never other members' data.
ROWS += with_consent(
    "banque-de-france", "traitement-surendettement",
    "banque-de-france-surendettement", NAME + BIRTH + ADDRESS,
    FAMILY + COUNTS + INCOME_TABLE + INCOME_TOTAL + CHARGE_TABLE +
    CHARGE_TOTAL + LANDLORD + LANDLORD_ADDRESS + DEBT + STAGE + WORKER +
    ["surendettement.numero"])

ROWS += with_consent(
    "conseil-departemental", "coordination-sociale", "conseil-departemental",
    NAME + ADDRESS,
    COUNTS + INCOME_TOTAL + CHARGE_TOTAL + LEFT_TO_LIVE + DEBT + DEBT_END +
    STAGE_AND_DATES + DEVICES + ADVICE + WORKER)
ROWS += with_consent(
    "fsl", "aide-fsl", "fsl", NAME + BIRTH + ADDRESS,
    COUNTS + INCOME_TABLE + CHARGE_TABLE + DWELLING + LEASE + LANDLORD +
    DEBT + DEBT_END + RESUMED + PLAN + WORKER)
SIAO = COUNTS + AGES + INCOME_TOTAL + STAGE + WORKER
# The police may come any day: before the other rule, and at once.
ROWS.append(Row("siao", "hebergement", "siao-urgence", "aval",
                of("aval", NAME + BIRTH + PHONE + SIAO + MOVE["aval"]),
                of("aval", NAME + BIRTH + PHONE),
                after=["concours-force-publique"]))
ROWS += with_consent("siao", "hebergement", "siao", NAME + BIRTH + PHONE, SIAO,
                     moves=True)
ROWS += with_consent(
    "commission-dalo", "recours-dalo", "commission-dalo",
    NAME + BIRTH + ADDRESS,
    COUNTS + INCOME_TOTAL + DWELLING + LEASE + STAGE_AND_DATES + DEVICES +
    WORKER)
ROWS += with_consent(
    "action-logement", "aide-action-logement", "action-logement",
    NAME + ADDRESS + PHONE,
    OCCUPATION + INCOME_TOTAL + CHARGE_TOTAL + DWELLING + LEASE + DEBT +
    DEBT_END + PLAN + WORKER)
# Another team takes over: all or nothing.
ROWS += with_consent(
    "operateur", "relais-operateur", "operateur", NAME + ADDRESS + PHONE,
    COUNTS + INCOME_TOTAL + CHARGE_TOTAL + LEFT_TO_LIVE + DWELLING + LEASE +
    LANDLORD + DEBT + DEBT_END + PLAN + STAGE_AND_DATES + DEVICES + ADVICE +
    WORKER, partial=False)

# Counts only.
for stage, suffix in (("amont", ""), ("aval", "-aval")):
    ROWS.append(Row("prefet", "decompte", "prefet-decompte" + suffix, stage,
                    of(stage, COUNTS), consent=False))

# The diagnostic social et financier: fifteen headings, to the judge and the
# commission, once there is a hearing to come. Landlord-side facts alone of
# who took no part.
HEADINGS = ["date", "redacteur", "locataire-present", "mention-transmission",
            "identite", "situation-familiale", "accompagnement", "bail",
            "bailleur", "logement", "dette", "plan", "traitement-dette",
            "capacite-remboursement", "preconisations", "observations",
            "relogement", "saisine-ccapex"]
LANDLORD_SIDE = ["date", "redacteur", "locataire-present",
                 "mention-transmission", "bail", "bailleur", "logement",
                 "dette", "observations.bailleur", "saisine-ccapex"]
# A party, and a creditor: no word that is sensitive.
TO_LANDLORD = ["date", "redacteur", "locataire-present",
               "mention-transmission", "identite.nom", "identite.prenom",
               "identite.titulaires", "bail", "bailleur", "logement", "dette",
               "plan", "traitement-dette", "capacite-remboursement",
               "preconisations", "observations.bailleur", "relogement",
               "saisine-ccapex"]


def dsf(paths):
    return ["dsf:" + p for p in paths]


for who in ("tribunal", "ccapex"):
    ROWS.append(Row(who, "instance-judiciaire", who + "-dsf", "aval",
                    dsf(HEADINGS), consent=False, after=["assignation"],
                    objection_stops=False))
    ROWS.append(Row(who, "instance-judiciaire", who + "-dsf-refus", "aval",
                    dsf(LANDLORD_SIDE), consent=False, diagnosis={"refused"},
                    after=["assignation"], objection_stops=False))
ROWS.append(Row("bailleur", "instance-judiciaire", "bailleur-dsf", "aval",
                dsf(TO_LANDLORD), consent=False, after=["assignation"]))
ROWS.append(Row("bailleur", "instance-judiciaire", "bailleur-dsf-refus",
                "aval", dsf(LANDLORD_SIDE), consent=False,
                diagnosis={"refused"}, after=["assignation"]))
# Papers, and no field at all.
for stage in ("amont", "aval"):
    ROWS.append(Row("bailleur", "mediation-bailleur", "bailleur-mediation",
                    stage, [], consent=False))
    ROWS.append(Row("bailleur", "mediation-bailleur", "bailleur-information",
                    stage, [], consent=False, diagnosis={"refused"}))

# Everything of theirs but the narrative; of who refused, what is not social.
THEIRS = {
    "diagnostic": ["date", "lieu", "rencontre", "origine", "tentatives",
                   "identite", "composition", "emploi-revenus", "charges",
                   "autres-dettes", "reste-a-vivre", "bail", "bailleur",
                   "logement", "dette", "plan", "procedure", "decisions",
                   "dispositifs", "surendettement", "regularite-acte",
                   "droits-non-recourus", "autonomie", "orientation",
                   "preconisations", "referent"],
    "evaluation": ["date", "rencontre", "identite", "composition",
                   "emploi-revenus", "charges", "autres-dettes",
                   "reste-a-vivre", "bail", "bailleur", "logement", "dette",
                   "plan", "procedure", "decisions", "dispositifs",
                   "surendettement", "capacite-remboursement", "relogement",
                   "preconisations", "referent"],
    "dsf": HEADINGS,
    "preconisations": ["date", "preconisations", "referent", "commentaire"],
    "controle-regularite": ["date", "acte", "date-acte", "date-bail", "delai",
                            "delai-respecte", "regulier", "vices", "suite",
                            "avis"],
    "demarche": ["date", "dispositif", "objectif", "qui", "echeance", "etat",
                 "decision", "montant", "commentaire"],
    "veille": ["date", "canal", "resultat", "prochaine", "commentaire"],
    "contact": ["date", "canal", "resultat", "par", "commentaire"],
}


def theirs(kinds):
    return ["%s:%s" % (k, p) for k in kinds for p in THEIRS[k]]


for stage in ("amont", "aval", "none"):
    ROWS.append(Row("locataire", "exercice-des-droits", "locataire", stage,
                    theirs(THEIRS), consent=False, objection_stops=False))
    ROWS.append(Row("locataire", "exercice-des-droits", "locataire-refus",
                    stage, theirs(["dsf", "controle-regularite", "contact"]) +
                    ["issue:date", "issue:resultat", "issue:motif"],
                    consent=False, diagnosis={"refused"},
                    objection_stops=False))

# Creditors learn nothing that could tell of a filing before it is admissible.
CREDITORS = {"bailleur", "action-logement", "fsl"}
TELLS = {k + ":" + p for k in ("diagnostic", "evaluation") for p in
         ("surendettement", "dispositifs", "preconisations", "decisions")}

# --- what follows -------------------------------------------------------------

STAGES = ["amont", "aval", "none"]
ANSWERS = ["unknown", "accepted", "refused"]
EVENTS = ["assignation", "concours-force-publique", "recevabilite"]
# Of two adults, a titulaire and an occupant: none consents; the titulaire; the
# other; both; both, to everything but this.
CONSENTS = ["none", "titulaire", "other", "all", "elsewhere"]


def judge(row, stage, answer, events, consent, objection):
    """How far the row goes, and the letter of the verdict."""
    if row.stage != stage:
        return 1, "s"
    if answer not in row.diagnosis:
        return 2, "d"
    stopped = objection and row.objection_stops
    if not row.after <= events:
        return 3, "o" if stopped else "e"
    if not row.consent or consent == "all":
        return 6, "o" if stopped else "a"
    if row.partial and consent == "titulaire":
        return 5, "o" if stopped else "p"
    return 4, "o" if stopped else "c"


def given(row, letter, events):
    fields = row.own if letter == "p" else row.fields
    if row.recipient in CREDITORS and "recevabilite" not in events:
        fields = {f for f in fields if f not in TELLS}
    return " ".join(sorted(fields)) or "-"


def cells(rows, stage, answer, events):
    """The verdicts, and the row that decides where anything may go."""
    verdicts, best = "", None
    for objection in (False, True):
        for consent in CONSENTS:
            tried = [(judge(r, stage, answer, events, consent, objection), r)
                     for r in rows]
            # The furthest; of two as far, the first.
            (_, letter), row = max(tried, key=lambda t: t[0][0])
            verdicts += letter
            if letter == "a" or best is None:
                best = row
    return verdicts, best


def lines():
    yield "# fields: = number path..."
    yield ("# recipient purpose stage diagnosis events verdicts rule "
           "rule-2027 all some")
    yield ("# verdicts: of consents %s, without and then with an objection" %
           "|".join(CONSENTS))
    lists = {"-": "-"}
    pairs = sorted({(r.recipient, r.purpose) for r in ROWS})
    for recipient, purpose in pairs:
        rows = [r for r in ROWS
                if (r.recipient, r.purpose) == (recipient, purpose)]
        for stage, answer in itertools.product(STAGES, ANSWERS):
            for mask in range(1 << len(EVENTS)):
                events = {e for i, e in enumerate(EVENTS) if mask >> i & 1}
                verdicts, best = cells(rows, stage, answer, events)
                columns = [recipient, purpose, stage, answer,
                           ",".join(sorted(events)) or "-", verdicts,
                           best.rule, best.later]
                for letter in "ap":
                    fields = "-"
                    if letter in verdicts:
                        fields = given(best, letter, events)
                    if fields not in lists:
                        lists[fields] = str(len(lists))
                        yield "= %s %s" % (lists[fields], fields)
                    columns.append(lists[fields])
                yield " ".join(columns)


def main():
    text = "".join(line + "\n" for line in lines())
    if sys.argv[1:2] == ["--check"]:
        with io.open(sys.argv[2], encoding="utf-8") as f:
            if f.read() != text:
                print("%s is not what matrix.py says" % sys.argv[2])
                return 1
        return 0
    sys.stdout.write(text)
    return 0


sys.exit(main())
