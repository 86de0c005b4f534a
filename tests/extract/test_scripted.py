"""Texts that stand only in a page's script reach the document, each once."""

import json

import pytest

from extract.model import Hints
from extract.readers.markup import read
from extract.scripted import hidden_article, with_article
from tests.documents.making import ReportText, figures_2021, html_body

REPORT = ReportText("示例市林业局2024年政府信息公开工作年度报告", "示例市林业局", 2024, figures_2021(7))
BODY = html_body(REPORT)


def page(content, visible="", attachment=()):
    detail = json.dumps({"title": REPORT.title, "content": content, "attachment": list(attachment)},
                        ensure_ascii=False).replace("/", "\\/")
    return (f"<html><body><table class='classify'><tr><td>发布日期</td><td>2025-01-20</td></tr></table>{visible}"
            f"<script>window._CONFIG = {{SID: '755041', DETAIL: {detail}, TREE: [], }};</script></body></html>")


@pytest.mark.parametrize("content", [BODY, BODY.replace("<", "&lt;").replace(">", "&gt;")])
def test_the_hidden_text_is_read_with_its_tables(content):
    document = read(page(content).encode(), Hints())
    assert sum(type(block).__name__ == "Grid" for block in document.blocks) >= 3
    assert "2025-01-20" in document.text


def test_a_text_that_is_shown_is_not_doubled():
    shown = page(BODY, visible=f"<div>{BODY}</div>")
    assert with_article(shown) == shown


def test_files_hang_on_the_article():
    attachment = [{"name": "年度报告.pdf", "url": "http://127.0.9.9/attachment/0/1/2.pdf", "type": "pdf"}]
    found = hidden_article(page("<p>见附件</p>", attachment=attachment))
    assert '<a href="http://127.0.9.9/attachment/0/1/2.pdf">年度报告.pdf</a>' in found


@pytest.mark.parametrize("text", ["<html><body>x</body></html>", "<script>window._CONFIG={DETAIL:null}</script>",
                                  "<script>window._CONFIG={DETAIL:{content:''}}</script>", ""])
def test_other_pages_stay_as_they_are(text):
    assert with_article(text) == text
