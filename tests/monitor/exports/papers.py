"""What the tests of Word papers share: an office with confirmed findings, and how a paper is read back."""

from __future__ import annotations

import io
from pathlib import Path

from docx import Document

from monitor import review
from monitor.exports import letters
from monitor.model import Finding
from monitor.session import Session
from tests.monitor.office import ARITHMETIC, NEXT_WEEK, UNSEEN, Office

LATE = Finding("PUB-02", 1, "E", "fail", "culture", "own", 2025, "", parameters={
    "published": "2026-02-01", "due": "2026-01-31", "days": 1, "date_source": "meta:PubDate", "tier": "statutory"})
PHRASE = Finding("TXT-01", 1, "W", "fail", "health", "own", 2025, "x", "", 8, 7, 1, [], {
    "section": "1", "phrase": "全年收到申请8件", "value_text": 8, "value_table": 7, "table": 3,
    "row": "applications.new"})
ELSEWHERE = Finding("PUB-17", 1, "W", "fail", "water", "own", 2025, "", parameters={
    "url": "http://www.city.example/w", "channel": "集中公布", "t1": NEXT_WEEK})
ALL = [ARITHMETIC, UNSEEN, LATE, PHRASE]


def office(folder: Path, *found: Finding, named: bool = True) -> Office:
    """An office judged with these findings, in the state open."""
    made = Office(folder)
    if named:
        text = made.settings.read_text("utf-8")
        made.settings.write_text(text.replace("[facts]", '[general]\noffice = "示例市人民政府办公室"\n'
                                                         'contact = "政务公开科 0100-1234567"\n[facts]'), "utf-8")
    made.judge(NEXT_WEEK, list(found or ALL))
    return made


def decide(city: Office, action: str, *found: Finding, **said: str) -> None:
    with city.store.write() as connection:
        for each in found:
            review.decide(connection, each.id, action, author="张三", **said)


def set_state(city: Office, state: str, *found: Finding) -> None:
    """As a run does it: overdue, not_fixed, verified."""
    with city.store.write() as connection:
        for each in found:
            connection.execute("UPDATE finding SET state = ? WHERE id = ?", (state, each.id))


def session(city: Office) -> Session:
    return Session(config=city.settings)


def texts(data: bytes | Path) -> list[str]:
    """Every paragraph of a paper's body, in tables too."""
    document = Document(io.BytesIO(data) if isinstance(data, bytes) else str(data))
    return [paragraph.text for paragraph in document.element.body.iter(
        "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}p") for paragraph in [_paragraph(paragraph)]]


def _paragraph(element):
    from docx.text.paragraph import Paragraph

    return Paragraph(element, None)


def said(data: bytes | Path) -> str:
    return "\n".join(texts(data))


def tables(data: bytes | Path) -> list[list[list[str]]]:
    document = Document(io.BytesIO(data) if isinstance(data, bytes) else str(data))
    return [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables]


def sample(known: dict[str, letters.Known], text: str = "文字") -> dict[str, object]:
    """A context with every field a paper knows; lists have two items."""
    return {name: [_item(field.of, text)] * 2 if field.of else [text] if name in (
        "corrections", "notes", "packs", "papers", "accounts", "places") else text for name, field in known.items()}


def _item(known: dict[str, letters.Known], text: str) -> dict[str, object]:
    return {name: [_item(field.of, text)] if field.of else [text] if name == "lines" else text
            for name, field in known.items()}
