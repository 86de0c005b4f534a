"""A reviewer's way through the pages in a browser without JavaScript; what was seen, as JSON on stdout.

Run as a program: `python journey.py CHROMIUM ADDRESS BODY FOLDER act` from the overview over the evidence of a missing
report to the recorded letter; `… closed` afterwards, when the report has been published. Imports nothing of the
product.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from urllib.parse import urljoin

from playwright.sync_api import Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]


def act(page: Page, start: str, body: str, folder: Path) -> dict:
    told: dict = {}
    page.goto(start)
    page.select_option("select[name=status]", "missing")
    page.click("main form:has(select[name=status]) button")
    told["solid"] = page.locator("td.solid").all_inner_texts()
    page.click(f"table.matrix a:has-text('{body}')")
    told["body"] = page.locator("h1").inner_text()
    page.click("a[href*='/finding/']:has-text('未见公布')")
    told["finding"] = page.url
    told["machine"] = page.locator("section.verdicts").inner_text()
    told["looks"] = page.locator("table[class]:has(a[href*='/look']), table:has(a[href*='/look'])").first.locator(
        "tbody tr").count()
    page.click("main a[href*='/look/'], main a[href*='/looked/']")
    told["snapshot"] = page.locator("main").inner_text()[:2000]
    page.goto(told["finding"])
    page.click("details.act:has(input[value=confirm]) summary")
    page.click("form:has(input[name=action][value=confirm]) button[type=submit]")
    told["confirmed"] = page.locator("main").inner_text()
    page.goto(urljoin(start, "/letters"))
    page.click(f"main a:has-text('{body}')")
    with page.expect_download() as download:
        page.click("button[value=draft]")
    path = folder / "letter.docx"
    download.value.save_as(path)
    told["letter"] = str(path)
    page.fill("input[name=number]", "示政公开函〔2026〕3号")
    page.click("button[value=notify]")
    told["recorded"] = page.locator("[role=status]").inner_text()
    page.goto(told["finding"])
    told["notified"] = page.locator("section.verdicts").inner_text()
    return told


def closed(page: Page, start: str, body: str, folder: Path) -> dict:
    finding = (folder / "finding.txt").read_text("utf-8")
    page.goto(urljoin(start, finding))
    told = {"finding": page.locator("section.verdicts").inner_text()}
    page.goto(urljoin(start, "/rectification"))
    told["rectification"] = page.locator("main").inner_text()
    page.goto(start)
    told["row"] = page.locator(f"table.matrix tr:has-text('{body}')").first.inner_text()
    page.goto(urljoin(start, re.sub("/finding/", "/decide/", finding)))
    told["trail"] = page.locator("main").inner_text()
    return told


def main() -> None:
    chromium, start, body, folder, step = sys.argv[1:]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
        context.set_default_timeout(20_000)
        page = context.new_page()
        try:
            told = {"act": act, "closed": closed}[step](page, start, body, Path(folder))
        except Exception:
            print(page.url, page.locator("body").inner_text()[:3000], file=sys.stderr)
            raise
        print(json.dumps(told, ensure_ascii=False))
        browser.close()


if __name__ == "__main__":
    main()
