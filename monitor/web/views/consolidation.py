"""A government's consolidated report beside the sum of what its office and the bodies below report.

Promises: never an accusation: bodies without a report stand there with the reason, doubtful figures don't count, what
must not simply be added (consolidation.yaml) says so and has no difference. Leaves alone: whose figures go in
(exports/members.py), the workbook (exports/consolidated.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor import wording
from monitor.exceptions import UsageError
from monitor.exports import consolidated
from monitor.web import history, pages
from monitor.web.asked import AbsentError
from monitor.web.views import view
from monitor.web.views.bodies import body_asked, contents_of

if TYPE_CHECKING:
    from starlette.responses import Response

    from monitor.exports.consolidated import Draft, Item
    from monitor.web.asked import Asked
    from monitor.web.contents import Contents

Row = dict[str, Any]
KINDS = ("missing", "uncertain", "excluded")


@view("/consolidation/{key}")
def consolidation(asked: Asked) -> Response:
    body = body_asked(asked, asked.key)
    head = asked.roster.bodies.get(body)
    if head is None or "consolidated" not in head.scopes:
        raise AbsentError(body)
    contents = contents_of(asked, body)
    held = {year.standing.year: year for year in history.years(asked.connection, contents, body, "consolidated")}
    known = sorted({each.year for each in contents.standings.get(body, ()) if each.scope == "consolidated"})
    newest = max(held, default=max(known, default=None))
    year = asked.number("year", newest, least=1990, most=2100)
    content: Row = {"body": body, "name": head.name, "year": year, "years": known, "rows": [], "single": [],
                    "members": [], "left": [], "report": "", "nothing": "", "aside": 0,
                    "as_of": contents.view.as_of[:16]}
    if year is not None:
        try:
            draft = consolidated.compile_draft(asked.connection, asked.roster, head, year)
        except UsageError:
            content["nothing"] = asked.t("consolidation_nothing", year=str(year))
        else:
            content |= _compared(asked, contents, draft, held.get(year))
    else:
        content["nothing"] = asked.t("nothing")
    return asked.page("consolidation", content)


def _compared(asked: Asked, contents: Contents, draft: Draft, own: history.Year | None) -> Row:
    rows, single, aside = list[Row](), list[Row](), 0
    for key, item in draft.items.items():
        value = own.value(key) if own else None
        if not any(item.numbers) and not value and not item.unsure:
            aside += 1
            continue
        # Classes of applicants only on request: their totals stand among the rows.
        (single if key.startswith("applications.") and not key.endswith(".total") else rows).append(
            _row(asked, key, item, own))
    return {
        "rows": rows, "single": single, "aside": aside, "report": str(own.standing.report) if own else "",
        "members": [{"body": each.body.id, "name": each.body.name, "scope": each.scope, "report": each.report["id"],
                     "findings": "、".join(each.findings), "sees": asked.sees(each.body.id)} for each in draft.members],
        "left": [{"kind": wording.say(f"consolidated_kind_{each.kind}", asked.lang), "name": each.body.name,
                  "body": each.body.id,
                  "why": wording.say(f"consolidated_why_{each.why}", asked.lang, other=each.other),
                  "mark": pages.mark(each.status.status.value, asked.lang, each.status.days_late)
                  if each.status else None}
                 for each in sorted(draft.left, key=lambda one: KINDS.index(one.kind))]}


def _row(asked: Asked, key: str, item: Item, own: history.Year | None) -> Row:
    value = own.value(key) if own and own.sure(key) else None
    difference = None if value is None or item.sum is None else round(value - item.sum, 6)
    caution = (item.caution.zh if asked.lang == "zh" else item.caution.en) if item.caution else ""
    return {"name": wording.figure(key, asked.lang), "sum": "" if item.sum is None else wording.number(item.sum),
            "unsummed": item.sum is None and bool(item.numbers), "count": len(item.numbers),
            "blank": item.blank + item.absent, "unsure": len(item.unsure),
            "own": own.text(key, asked.lang) if own else "", "caution": caution,
            "difference": "" if difference is None else ("+" if difference > 0 else "−" if difference < 0 else "")
            + wording.number(abs(difference))}
