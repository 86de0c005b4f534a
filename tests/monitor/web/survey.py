"""A browser goes through every page of a served installation and says what it saw, as one JSON document on stdout.

Run as a program: `python survey.py CHROMIUM ADDRESS [FOLDER] [--login NAME:PASSWORD]`. Follows the links of each page,
a few of each kind, in both languages. Of each page: violations by axe (A, AA; light, dark), requests to other hosts,
what the console said, its width on a phone and at 200 % zoom, controls that the Tab key doesn't reach or that show no
focus, size. With FOLDER, pictures at desktop, phone, dark and print. Imports nothing of the product.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, deque
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import axe_playwright_python
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
OPTIONS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
DESKTOP, PHONE, ZOOMED = {"width": 1280, "height": 900}, {"width": 360, "height": 740}, {"width": 640, "height": 450}
EACH = 2
"""Pages of one kind looked at in one language."""
MOST = 120
# Links that give a file or do something, and kinds of which one address says enough.
SKIPPED = ("/export/", "/feed", "/due.ics", "/api/", "/style.css", "/download", "/files/", "/captured", "/reply-file",
           "/pack")
FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"


def kind_of(address: str) -> str:
    """The language and the first part of the path: what a page is."""
    path = urlsplit(address).path
    lang = "en" if path == "/en" or path.startswith("/en/") else "zh"
    first = (path.removeprefix("/en") if lang == "en" else path).strip("/").split("/")[0]
    return f"{lang} {first or 'overview'}" + (" ?" if urlsplit(address).query else "")


def links(page: Page, host: str) -> list[str]:
    found = page.eval_on_selector_all("a[href]", "all => all.map(each => [each.getAttribute('href'), each.download])")
    addresses = [urljoin(page.url, href) for href, _ in found if href and not href.startswith("#")]
    return [each.split("#")[0] for each in addresses if urlsplit(each).netloc == host
            and not any(part in urlsplit(each).path for part in SKIPPED)]


def tabbing(page: Page) -> list[str]:
    """What the Tab key never reaches, or reaches without showing it, or out of the order of the page."""
    faults = page.evaluate("""selector => {
        const seen = each => each.offsetParent !== null && !each.disabled && each.tabIndex >= 0
            && !each.closest('details:not([open]) > :not(summary)');
        window.__all = [...document.querySelectorAll(selector)].filter(seen);
        window.__met = [];
        return window.__all.filter(each => each.tabIndex > 0).map(each => 'tabindex: ' + each.outerHTML.slice(0, 120));
    }""", FOCUSABLE)
    page.evaluate("document.activeElement.blur()")
    steps = min(page.evaluate("window.__all.length"), 40)
    for _ in range(steps):
        page.keyboard.press("Tab")
        fault = page.evaluate("""() => {
            const one = document.activeElement, place = window.__all.indexOf(one);
            if (place < 0) return '';
            const last = window.__met.at(-1);
            window.__met.push(place);
            if (last !== undefined && place < last) return 'order: ' + one.outerHTML.slice(0, 120);
            const style = getComputedStyle(one);
            return style.outlineStyle === 'none' && style.boxShadow === 'none' ? 'focus: ' + one.outerHTML.slice(0, 120)
                : '';
        }""")
        if fault:
            faults.append(fault)
    return faults


def violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    told = page.evaluate("options => axe.run(document, options)", OPTIONS)
    return [f"{each['id']}: {node['html'][:160]}" for each in told["violations"] for node in each["nodes"][:3]]


def look(browser: Browser, state: dict, address: str, folder: Path | None) -> tuple[dict, list[str]] | None:
    """What was seen of one page, and where it leads; None for a file to download."""
    host = urlsplit(address).netloc
    context = browser.new_context(viewport=DESKTOP, storage_state=state, bypass_csp=True)
    page = context.new_page()
    elsewhere: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: elsewhere.append(request.url)
            if urlsplit(request.url).scheme in ("http", "https") and urlsplit(request.url).netloc != host else None)
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: (said.append("dialog"), dialog.dismiss()))
    try:
        response = page.goto(address)
    except BrowserError as fault:
        context.close()
        if "Download is starting" in str(fault):
            return None
        raise
    told = {"address": address, "status": response.status if response else 0, "axe": violations(page),
            "size": len(response.body()) if response else 0, "title": page.title()}
    page.emulate_media(color_scheme="dark")
    told["dark"] = violations(page)
    page.emulate_media(color_scheme="light")
    told["tabs"] = tabbing(page)
    further = links(page, host)
    told["widths"] = {}
    for name, size in (("phone", PHONE), ("zoomed", ZOOMED)):
        page.set_viewport_size(size)
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > size["width"]:
            told["widths"][name] = wide
    if folder is not None:
        pictures(page, folder, kind_of(address).replace(" ?", " query").replace(" ", "_"))
    told |= {"elsewhere": elsewhere, "said": said}
    context.close()
    return told, further


def pictures(page: Page, folder: Path, name: str) -> None:
    for label, size, scheme in (("desktop", DESKTOP, "light"), ("phone", PHONE, "light"), ("dark", DESKTOP, "dark")):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=folder / f"{name}.{label}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.pdf(path=folder / f"{name}.print.pdf", prefer_css_page_size=True)


def survey(browser: Browser, start: str, folder: Path | None, login: str) -> list[dict]:
    state: dict = {}
    if login:
        context = browser.new_context()
        page = context.new_page()
        page.goto(urljoin(start, "/login"))
        name, _, password = login.partition(":")
        page.fill("input[name=name]", name)
        page.fill("input[name=password]", password)
        page.click("main button[type=submit]")
        state = context.storage_state()
        context.close()
    waiting, met, told = deque([start, urljoin(start, "/en")]), set(), []
    counted: Counter[str] = Counter()
    while waiting and len(told) < MOST:
        address = waiting.popleft()
        kind = kind_of(address)
        if address in met or counted[kind] >= (1 if kind.endswith("?") or kind.startswith("en") else EACH):
            continue
        met.add(address)
        counted[kind] += 1
        seen = look(browser, state, address, folder if counted[kind] == 1 else None)
        if seen is not None:
            told.append(seen[0])
            waiting.extend(seen[1])
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("chromium")
    parser.add_argument("address")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--login", default="")
    options = parser.parse_args()
    if options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=FLAGS)
        print(json.dumps(survey(browser, options.address, options.folder, options.login), ensure_ascii=False))
        browser.close()


if __name__ == "__main__":
    main()
