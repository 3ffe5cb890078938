#!/usr/bin/env python3
"""
Every deadline and every retention of the shipped rules from many days on,
with the last day that the law gives: written from the law and the domain,
knowing nothing of the rule files nor of base/term.c. Holidays and changes of
clocks are lists for the years that are needed, not computed.

The law is that of Seine-et-Marne. Out of scope, and counted nowhere: the two
more holidays of Alsace-Moselle, those of the overseas departements, their
other hours, and the prolongation of a term that ends on a holiday (code de
procedure civile, art. 642): who must act is told the earlier day.

  boundaries.py > boundaries.txt       boundaries.py --check boundaries.txt
"""
import io
import sys
from calendar import monthrange
from datetime import date, timedelta

DAY = timedelta(days=1)

# Days on which terms begin: ordinary, ends of months, around 29 February,
# the changes of clocks, holidays, the ends of the year and of the truce.
STARTS = [date.fromisoformat(s) for s in """
2026-11-23 2026-01-31 2027-01-31 2028-01-31 2024-02-28 2024-02-29 2028-02-28
2028-02-29 2026-02-28 2026-03-28 2026-03-29 2026-03-30 2026-10-24 2026-10-25
2026-10-26 2026-04-02 2026-04-30 2026-05-07 2026-05-13 2027-05-05 2026-12-24
2026-12-31 2026-10-31 2026-11-01 2027-03-31 2027-04-01 2026-08-31 2026-08-30
2026-09-01 2027-01-30 2027-01-01 2028-07-13 2028-12-31
""".split()]

# Code du travail, art. L3133-1; Easter Monday, Ascension and Whit Monday as
# printed in the calendars of these years.
FIXED = ["01-01", "05-01", "05-08", "07-14", "08-15", "11-01", "11-11",
         "12-25"]
MOVING = """
2023-04-10 2023-05-18 2023-05-29 2024-04-01 2024-05-09 2024-05-20
2025-04-21 2025-05-29 2025-06-09 2026-04-06 2026-05-14 2026-05-25
2027-03-29 2027-05-06 2027-05-17 2028-04-17 2028-05-25 2028-06-05
2029-04-02 2029-05-10 2029-05-21
""".split()
HOLIDAYS = {date.fromisoformat(s) for s in MOVING} | {
    date.fromisoformat("%d-%s" % (y, md))
    for y in range(2023, 2030) for md in FIXED}

# Directive 2000/84/CE: summer time from and until, at 01:00 UTC.
SUMMER = {2023: ("03-26", "10-29"), 2024: ("03-31", "10-27"),
          2025: ("03-30", "10-26"), 2026: ("03-29", "10-25"),
          2027: ("03-28", "10-31"), 2028: ("03-26", "10-29"),
          2029: ("03-25", "10-28")}


def is_worked(d):
    if not 2023 <= d.year <= 2029:
        raise ValueError("no holidays are listed for %s" % d)
    return d.weekday() < 5 and d not in HOLIDAYS


def days(d, n):
    return d + n * DAY


def working(d, n):
    while n > 0:
        d += DAY
        n -= is_worked(d)
    return d


def working_before(d, n):
    while n > 0:
        d -= DAY
        n -= is_worked(d)
    return d


def months(d, n):
    """Code de procedure civile, art. 641: the same day, or the last."""
    y, m = divmod(d.year * 12 + d.month - 1 + n, 12)
    return date(y, m + 1, min(d.day, monthrange(y, m + 1)[1]))


def truce(d):
    """CPCEx L412-6: from 1 November to 31 March."""
    if (d.month, d.day) >= (11, 1):
        return date(d.year + 1, 3, 31)
    return date(d.year, 3, 31) if (d.month, d.day) <= (3, 31) else d


def utc(d, hhmm):
    """Milliseconds since 1970 of an hour of Paris that no clock repeats."""
    h, m = hhmm.split(":")
    begin, end = (date.fromisoformat("%d-%s" % (d.year, md))
                  for md in SUMMER[d.year])
    # On the days of change: before three o'clock the old hour holds.
    hour = int(h)
    summer = (begin < d < end or (d == begin and hour >= 3) or
              (d == end and hour < 2))
    ms = (d - date(1970, 1, 1)).days * 86400 + hour * 3600 + int(m) * 60
    return (ms - (7200 if summer else 3600)) * 1000


def line(*words):
    return " | ".join(str(w) for w in words)


# --- deadlines that run from a moment ----------------------------------

def computed():
    """name, stage, moments, the day it begins to wait, its last day."""
    for d in STARTS:
        yield "information-art14", "amont", "entry %s" % d, d, months(d, 1)
        yield ("information-art14", "amont",
               "entry %s first-contact %s" % (d, days(d, 9)), d,
               days(d, 9))
        yield "veille", "amont", "exchange %s" % d, d, days(d, 15)
        yield "regularite", "amont", "acte %s" % d, d, working(d, 5)
        yield ("dsf-entretien", "aval", "saisine-dsf %s" % d, d,
               working(d, 15))
        yield ("dsf-transmission", "aval",
               "audience %s saisine-dsf %s" % (d, d - 90 * DAY),
               d - 90 * DAY, working_before(d, 5))
        yield "plan-caf", "amont", "plan %s" % d, d, months(d, 6)
        # Cass. avis 13/06/2024: by the day the lease was signed.
        yield ("commandement", "amont",
               "payment-order %s lease 2023-07-28" % d, d, months(d, 2))
        yield ("commandement", "amont",
               "payment-order %s lease 2023-07-29" % d, d, days(d, 42))
        yield ("commandement", "amont",
               "payment-order %s lease 1998-02-28" % d, d, months(d, 2))
        yield ("commandement", "amont", "payment-order %s" % d, d,
               days(d, 42))
        yield ("assignation-delai", "aval",
               "audience %s litigation %s" % (d, d - 50 * DAY),
               d - 50 * DAY, d - 42 * DAY)
        # Summoned too late: it is past its day at once.
        yield ("assignation-delai", "aval",
               "audience %s litigation %s" % (d, d - 41 * DAY),
               d - 41 * DAY, d - 42 * DAY)
        yield "depart", "aval", "leave-order %s" % d, d, truce(months(d, 2))
        yield ("force-publique", "aval", "police-request %s" % d, d,
               months(d, 2))
        yield "expulsion-possible", "aval", "police-grant %s" % d, d, truce(d)


# --- terms of modules, from an instant ----------------------------------

MODULES = {
    "notice": lambda d: days(d, 30),
    "extract-approval": lambda d: working(d, 2),
    "extract-unclaimed": lambda d: days(d, 15),
    "objection": lambda d: months(d, 1),
    "break-glass-review": lambda d: days(d, 7),
    "withdrawal-letter": lambda d: working(d, 5),
    "submission": lambda d: working(d, 5),
    "hold-review": lambda d: months(d, 6),
    "rights-request": lambda d: months(d, 1),
    "visa": lambda d: days(d, 60),
    "scan-check": lambda d: days(d, 15),
    "visit-draft": lambda d: days(d, 15),
    "certificate-mirrors": lambda d: days(d, 30),
    "certificate-recovery": lambda d: days(d, 7),
    "certificate-backups": lambda d: days(d, 90),
}
HOURS = {"misfiling-breach": 72, "breach": 72}
BEFORE = {"consent-expiry": lambda d: days(d, -30)}
# Their days are their modules' own: at once, a day that was declared, or
# that of another figure.
NO_TERM = ["rules-proposal", "demarche", "restriction-letter",
           "retention-due", "draft", "intake-over-quota", "intake-reopen",
           "clock-suspect", "bilan-freeze", "destruction-approve",
           "destruction-run", "destruction-cut"]


def modules():
    for name, last in MODULES.items():
        for d in STARTS:
            # Late in the evening and early in the morning: the same day of
            # Paris, and two days of UTC.
            for hhmm in ("00:30", "12:00", "23:30"):
                end = utc(last(d) + DAY, "00:00")
                yield line("M", name, utc(d, hhmm), end)
    for name, hours in HOURS.items():
        for d in STARTS:
            for hhmm in ("00:30", "23:30"):
                at = utc(d, hhmm)
                yield line("M", name, at, at + hours * 3600000)
    for name, first in BEFORE.items():
        for d in STARTS:
            yield line("B", name, d, first(d))
    for name in NO_TERM:
        yield line("N", name)


# --- retention ----------------------------------------------------------

def retention():
    """rule, moments, the last active day, the last day it is kept."""
    for d in STARTS:
        two = months(d, 24)
        t0 = "last-contact %s" % d
        for rule in ("suivi", "acte", "dossier"):
            yield rule, t0, two, two
        # Before a court: until the final decision, five years at most.
        late, soon = days(d, 400), days(d, 900)
        yield ("suivi", "%s litigation %s" % (t0, late), two,
               months(late, 60))
        yield ("suivi-contentieux", "%s litigation %s" % (t0, late), two,
               months(late, 60))
        yield ("suivi", "%s litigation %s final-decision %s" %
               (t0, late, soon), two, soon)
        yield ("suivi", "%s litigation %s final-decision %s" %
               (t0, d, days(d, 300)), two, two)
        # Five years after the end of the contract.
        yield ("contrat", "%s end-of-contract %s" % (t0, late), two,
               months(late, 60))
        # Active to the last instalment, two years after T0 at least.
        yield ("plan", "%s last-instalment %s" % (t0, late), two,
               months(late, 60))
        yield ("plan", "%s last-instalment %s" % (t0, soon), soon,
               months(soon, 60))
        yield "dossier", "%s last-instalment %s" % (t0, soon), soon, soon
        yield "dossier", "%s last-instalment %s" % (t0, late), two, two
        yield "consentement", "end-of-processing %s" % d, d, months(d, 60)
        yield "mandat", "end-of-mandate %s" % d, d, months(d, 60)
        yield "piece", "step-done %s" % d, d, d
        yield ("demarche", "%s step-done %s" % (t0, late), two,
               months(late, 60))
        yield ("divulgation", "%s disclosure %s" % (t0, late), two,
               months(late, 60))
        # Never met, or refused.
        yield "jamais-rencontre", "entry %s" % d, months(d, 6), months(d, 6)
        # CNIL 2021-122: six to twelve months; decret 2016-1673.
        yield "journal", "entry %s" % d, months(d, 12), months(d, 12)
        yield "numerisation", "end-of-copy %s" % d, d, d


FIGURES = """
correction-hours 24 hours
delay-class-1 7 days
delay-class-2 15 days
delay-class-3 30 days
delay-class-4 90 days
declared-days-back 30 days
veille-days 15 days
information-months 1 months
rights-answer-months 1 months
rights-extension-months 2 months
breach-hours 72 hours
dsf-interview-days 15 working-days
dsf-transmission-days 5 working-days
plan-caf-months 6 months
assignation-weeks 6 weeks
leave-order-months 2 months
police-silence-months 2 months
object-removal-days 30 days
backup-expiry-days 90 days
recovery-refresh-days 7 days
audit-detail-months 12 months
break-glass-minutes 30 minutes
step-up-minutes 10 minutes
break-glass-review-days 7 days
notice-days 30 days
scan-check-days 15 days
visit-draft-days 15 days
urgent-second-signature-days 2 working-days
withdrawal-letter-days 5 working-days
extract-unclaimed-days 15 days
submission-days 5 working-days
objection-decision-months 1 months
hold-review-months 6 months
regularity-days 5 working-days
consent-expiry-days 30 days
retention-visa-days 60 days
clock-jump-days 45 days
clock-drift-minutes 2 minutes
publication-minutes 60 minutes
commandement-delay 2 months
commandement-delay:2023 6 weeks
bilan-table-months 6 months
bilan-freeze-days 10 days
left-to-live-days 30 days
odd-night-from 21 hours
odd-night-until 6 hours
""".split("\n")
# What is no period: a share, a number.
COUNTS = """
sweep-share-percent 10
small-cell-count 5
recovery-quorum 2
odd-cases-a-day 25
visit-draft-files 40
visit-draft-mebibytes 128
intake-ccapex-month 40
intake-ccapex-year 480
intake-services-sociaux-month 10
intake-services-sociaux-year 120
""".split("\n")


def lines():
    yield "# Made by boundaries.py."
    yield "# D deadline | stage | moments | waits from | last day"
    yield "# M deadline | from this instant | to this one (ms)"
    yield "# B deadline | this day | reminded from"
    yield "# N deadline without a term of the rules"
    yield "# R retention | moments | last active day | last day"
    yield "# F figure | value | unit"
    for name, stage, moments, begin, last in computed():
        yield line("D", name, stage, moments, begin, last)
    yield from modules()
    for rule, moments, active, last in retention():
        yield line("R", rule, moments, active, last)
    for f in FIGURES + COUNTS:
        if f:
            words = f.split() + ["-"]
            yield line("F", words[0], words[1], words[2])


def main():
    text = "".join(s + "\n" for s in lines())
    if sys.argv[1:2] == ["--check"]:
        with io.open(sys.argv[2], encoding="utf-8") as f:
            if f.read() != text:
                print("%s is not what boundaries.py says" % sys.argv[2])
                return 1
        return 0
    sys.stdout.write(text)
    return 0


sys.exit(main())
