"""Faults between years and between bodies: carry-overs, jumps, copies, sums of members (YOY, AGG).

Leaves alone: what one report alone tells (faults.py, form_faults.py).
"""

from __future__ import annotations

import random
from dataclasses import replace

from tests.bench.mutations import phrases
from tests.bench.mutations.building import chain, make
from tests.bench.mutations.faults import OF_REQUESTS, Planted, fault, replaced, sentences, with_cells, without_numbers
from tests.bench.mutations.made import Made, Value


@fault("YOY-01")
def _carry(rng: random.Random) -> Planted:
    before, made = chain(rng, rng.choice(("department", "township", "street")), size="few")
    by = rng.choice((1, 2, 4))
    cells = {f"applications.{row}.{column}": made.value(f"applications.{row}.{column}") + by
             for row in ("carried_in", "granted", "concluded") for column in ("natural_person", "total")}
    return Planted(replace(without_numbers(made), figures={**made.figures, **cells}), "YOY-01", "total", "E",
                   earlier=(before,), implied=("YOY-01", "YOY-04", *OF_REQUESTS))


@fault("YOY-02")
def _force(rng: random.Random) -> Planted:
    before, made = chain(rng, rng.choice(("department", "county")))
    key = "disclosure.normative_documents.in_force"
    for number, paragraphs in made.parts.items():
        made.parts[number] = ["".join(each for each in sentences(text) if "规范性文件" not in each)
                              for text in paragraphs]
    made.parts[1].append("落实公文公开属性源头认定，严格信息管理。")
    return Planted(replace(made, figures={**made.figures, key: made.value(key) + rng.choice((-3, -1, 2, 15))}),
                   "YOY-02", severity="I" if made.kind == "county" else "W", earlier=(before,), implied=("ARI-07",))


@fault("YOY-03")
def _pending(rng: random.Random) -> Planted:
    before, made = chain(rng, "department")
    before = with_cells(before, disputes__reconsideration__pending=4, disputes__reconsideration__total=4
                  + before.disputes("upheld", "reconsideration") + before.disputes("corrected", "reconsideration")
                  + before.disputes("other", "reconsideration"))
    cells: dict[str, Value] = {f"disputes.reconsideration.{name}": 0 for name in ("upheld", "corrected", "other",
                                                                                  "pending", "total")}
    return Planted(replace(made, figures={**made.figures, **cells}), "YOY-03", "reconsideration", "I",
                   earlier=(before,), implied=("YOY-04",))


@fault("YOY-04")
def _jump(rng: random.Random) -> Planted:
    before, made = chain(rng, "department")
    if rng.random() < 0.5:
        before = with_cells(before, disclosure__fees__amount=35.2)
        return Planted(with_cells(made, disclosure__fees__amount=352000), "YOY-04", "fees", "W", earlier=(before,))
    before = with_cells(before, disclosure__penalties__decided=12)
    return Planted(with_cells(made, disclosure__penalties__decided=rng.randint(70, 900)), "YOY-04", "table.2", "I",
                   earlier=(before,))


@fault("YOY-05")
def _same_text(rng: random.Random) -> Planted:
    before, made = chain(rng)
    again = {number: [text.replace(str(before.year + 1), str(made.year + 1)).replace(str(before.year), str(made.year))
                      for text in before.parts[number]] for number in (1, 5)}
    return Planted(replace(made, parts={**made.parts, **again}), "YOY-05", severity="W", earlier=(before,),
                   implied=("YOY-06", *OF_REQUESTS))


@fault("YOY-06")
def _same_problems(rng: random.Random) -> Planted:
    before, made = chain(rng)
    again = [text.replace(str(before.year + 1), str(made.year + 1)).replace(str(before.year), str(made.year))
             for text in before.parts[5]]
    return Planted(replaced(made, 5, again), "YOY-06", severity="W", earlier=(before,))


@fault("YOY-08")
def _same_tables(rng: random.Random) -> Planted:
    before, made = chain(rng)
    return Planted(replace(without_numbers(made), figures=dict(before.figures)), "YOY-08", severity="W",
                   earlier=(before,), implied=("YOY-01", "YOY-02", "YOY-03", "ARI-15", *OF_REQUESTS))


@fault("YOY-09")
def _anybody(rng: random.Random) -> Planted:
    made = make(rng, "department")
    pool = [each for texts in phrases.TOPICS.values() for each in texts if not any(sign.isdigit() for sign in each)]
    text = "".join((*rng.sample(pool, 14), "主动公开政府信息，畅通依申请公开渠道，规范信息管理，建好网站平台，",
                    "强化监督保障。"))
    return Planted(replaced(made, 1, [text]), "YOY-09", severity="W")


@fault("YOY-10")
def _items(rng: random.Random) -> Planted:
    before = make(rng, "department", 2019, "none")
    made = make(rng, "department", 2020, "none", before=_as_2021(before))
    cells = {}
    for row in ("licences", "other_services", "penalties", "coercive_measures", "fees"):
        key = f"disclosure.{row}.items_last_year"
        cells[key] = before.value(key) + before.value(f"disclosure.{row}.change")
    wrong = rng.choice(list(cells))
    cells[wrong] += rng.choice((1, 5, 12))
    return Planted(replace(made, figures={**made.figures, **cells}), "YOY-10", wrong.split(".")[1], "I",
                   earlier=(before,), implied=("YOY-04",))


def _as_2021(before: Made) -> Made:
    """The same report with the cells that tying on asks for."""
    return replace(before, figures={**before.figures, "disclosure.fees.amount": 0})


def county_with_members(rng: random.Random) -> tuple[Made, Made, tuple[Made, ...]]:
    whole = make(rng, "county", 2023, "many")
    while not whole.row("new") > 20:
        whole = make(rng, "county", 2023, "many")
    place = whole.body.removesuffix("人民政府")
    own = replace(make(rng, "department", 2023, "few"), body=f"{whole.body}办公室")
    members = []
    for number in range(3):
        member = make(rng, "department", 2023, "few")
        members.append(replace(member, body=f"{place}{'甲乙丙'[number]}局"))
    return whole, own, tuple(members)


@fault("AGG-01")
def _less_than_members(rng: random.Random) -> Planted:
    whole, own, members = county_with_members(rng)
    large = make(rng, "department", 2023, "many")
    while large.row("new") <= whole.row("new"):
        large = make(rng, "department", 2023, "many")
    return Planted(whole, "AGG-01", severity="I", own=own, members=(*members, large))


@fault("AGG-02")
def _not_consolidated(rng: random.Random) -> Planted:
    whole, own, members = county_with_members(rng)
    members = (*members, make(rng, "department", 2023, "many"))
    return Planted(without_numbers(replace(whole, figures=dict(own.figures))), "AGG-02", severity="W",
                   own=own, members=members, implied=("AGG-01",))
