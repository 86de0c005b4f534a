"""Claims on normative documents: issued, repealed, in force.

Promises: only where the verb stands right beside the noun; numbers published, cleared, filed or interpreted are none.
Leaves alone: whose documents they are (office or district), so they never weigh more than a note.
"""

from __future__ import annotations

import re

from extract.clauses import Sentence
from extract.model import Claim
from extract.statements import COMPARISON, claim_of, of_this_year, speaks_of

_IN_FORCE = re.compile(r"现行有效")
_NOUN = r"(?:区|县|市)?(?:政府)?(?:行政)?规范性文件(?:共|共计)?"
_ISSUING = re.compile(r"(?:制定|制发|出台|印发)了?$")
_ISSUED = re.compile(rf"(?:制定|制发|出台|印发)(?:并)?(?:印发|出台|发布|公布|公开)?(?:了)?{_NOUN}$")
_REPEALED = re.compile(rf"(?:废止|宣布失效|废止和?失效)(?:了)?{_NOUN}$|规范性文件(?:共)?(?:废止)$")
_GOES_ON = re.compile(
    r"(?:其中)?(?:已|共|年内)?(?:(?:废止|宣布失效|废止和?失效)了?|(?P<stock>现行有效))(?:文件)?(?:共|为)?")
"""制发…规范性文件5件，废止2件，现行有效30件: the noun is said once."""


def normative(sentence: Sentence, year: int | None) -> list[Claim]:
    """Claims normative.* of one sentence."""
    found: list[Claim] = []
    for quantity in sentence.quantities:
        if quantity.unit not in ("件", "个", "份", "部", "项"):
            continue
        left, right = quantity.left, quantity.right
        before = re.match(r"(?:现行有效)(?:的)?[^，,。]{0,8}规范性文件", right) \
            or (re.search(r"现行有效的?$", left) and re.match(r"(?:行政)?规范性文件", right))
        if before and re.search(r"公开|解读|审查|上传|备案", right):
            continue
        named = re.search(r"规范性文件", left)
        if before or (named and _IN_FORCE.search(left) and not re.search(r"清理(?!后)|公开|发布|审查|备案", left)):
            metric = "in_force"
        elif _ISSUED.search(left) or (right.startswith("规范性文件") and _ISSUING.search(left)):
            metric = "issued"
        elif _REPEALED.search(left) or (right.startswith("规范性文件") and re.search(r"废止了?$", left)):
            metric = "repealed"
        elif found and quantity.unit == found[-1].unit and (on := _GOES_ON.fullmatch(left)):
            metric = "in_force" if on["stock"] else "repealed"
        else:
            continue
        # What is in force is a stock that grew over many years; issued and repealed must be this year's.
        if COMPARISON.search(quantity.clause) or not (
                speaks_of(sentence.text[:quantity.start], year) if metric == "in_force"
                else of_this_year(sentence, quantity, year)):
            continue
        claim = claim_of(sentence, quantity, f"normative.{metric}")
        claim.detail.clear()
        found.append(claim)
    return found
