"""Numbers in the prose that say the same as a table should: requests, disputes, normative documents.

Promises: a claim is made only where the clause says plainly what it counts; figures of a quarter, of several years, of
another year, comparisons, parts by channel or topic, caseloads of other procedures and contact lines are no claims.
Leaves alone: whether a claim fits the tables (monitor.rules.prose). Every kind has its module; all are offered here.

Metrics
  applications.received · new · handled · answered · carried_in · carried_out · none (value 0: "no request received")
  applications.granted · partly_granted · disclosed (both) · refused · unable · declined · closed (blocks of table 3)
  disputes.reconsideration · litigation · litigation_direct · litigation_after_reconsideration · all, each also with
    .upheld .corrected .other .pending · none (value 0) · none_lost · none_corrected
  normative.issued · repealed · in_force
  total (parts, exhaustive) · percentage (detail: numerator, denominators) · processing_fee.none (value 0)
  narrative.* the indicators of extract.spoken (detail: `others`, further numbers the text names for the same one)
Detail: `also` further verbs of the clause (received, handled, answered) · `applicant` a column of table 3 or
"organisations" · `includes_carry_in` · `new`, `carried_in`, `carried_out` stated in brackets · `row` the ground named ·
`by` the heading or the words before, where the sentence doesn't itself name what is counted · `routes` of
disputes.none · `part_metrics` of a total.
"""

from __future__ import annotations

from collections.abc import Iterable

from extract.applications import requests
from extract.clauses import sentences
from extract.disputes import disputes
from extract.fees import fee_claims, processing_fee
from extract.model import Claim, Section
from extract.narrative import narrative, narrative_claims, stated_period
from extract.normative import normative
from extract.totals import percentages, totals

__all__ = ["find_claims", "narrative", "processing_fee", "stated_period"]


def find_claims(parts: Iterable[Section], year: int | None) -> list[Claim]:
    """Every claim of the prose in order of place; `year` is the report's year, for directions and guards."""
    held = list(parts)
    prose = list(sentences(held))
    found: list[Claim] = []
    for sentence in prose:
        found += requests(sentence, year)
        found += disputes(sentence, year)
        found += normative(sentence, year)
    found += totals(prose, found)
    found += percentages(prose, found)
    found += fee_claims(held)
    found += narrative_claims(held, year)
    return sorted(found, key=lambda claim: (claim.section, claim.span))
