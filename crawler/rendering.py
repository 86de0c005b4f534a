"""Pages that only a script draws, in a real browser: the last resort, for portals whose YAML asks for it with a reason.

Promises: the browser has no network of its own – every request of a page is made by the scan (`send`), with its delay,
robots.txt, registered hosts and evidence, whatever isn't needed to draw a list is not asked for at all; one page at a
time, each step within STEP_SECONDS; a check is met, not passed. A browser that is absent is told, never taken for an
empty list. Leaves alone: what is stored (spiders/portal.py) and rows without an address, which nobody could capture.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import re
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from crawler.exceptions import BrowserError
from crawler.families import static
from crawler.families.paging import Ask, Enumeration, Walk
from crawler.families.rows import names_report, parse
from crawler.model import Outcome
from crawler.outcomes import Received, Verdict, of_response

STEP_SECONDS = 90.0
"""For one step – loading a page, turning to the next – including the delays between its requests."""
SCRIPT_SECONDS = 20.0
"""Within which a page must tell what stands on it; one whose script never ends is given up."""
QUIET_SECONDS = 1.0
"""Without any request under way for so long, a page counts as drawn."""
MOST_REQUESTS = 80
"""Requests of one page; a page that wants more is cut off and said to be."""
PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync",
         "--disable-component-update", "--no-default-browser-check", "--disable-dev-shm-usage",
         "--force-webrtc-ip-handling-policy=disable_non_proxied_udp")
# Nothing listens there: what would slip past the interception of requests ends at once.
_NOWHERE = {"server": "http://127.0.0.1:9", "bypass": "<-loopback>"}
_ASKED = frozenset({"document", "script", "xhr", "fetch"})
_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_NOT_PASSED_ON = re.compile(r"^(:.*|host|connection|content-length|cookie|user-agent|accept-encoding|accept-language"
                            r"|referer|origin|sec-.*|upgrade-insecure-requests|cache-control|pragma)$", re.I)
_NEXT_CONTROL = r"""(number) => {
  const words = /^[\s<>«»‹›]*(下一?页|后一?页|下页|next(\s+page)?|(点击)?(加载|查看|显示|载入)更多)[\s<>«»‹›…]*$/i;
  const arrows = /^[>›»]{1,2}$/;
  const classes = /(^|[-_ ])(next|nextpage)([-_ ]|$)/i;
  const around = /swiper|slick|carousel|banner|slider|calendar|picker|player/i;
  const off = /(^|[-_ ])(disabled|disable|is-disabled|layui-disabled|noclick|end)([-_ ]|$)/i;
  const shown = (node) => { const box = node.getBoundingClientRect(); return box.width > 0 && box.height > 0; };
  const nodes = [...document.querySelectorAll('a,button,li,span,div,i,em')].filter((node) =>
    node.children.length <= 2 && (node.textContent || '').trim().length <= 12 && shown(node) &&
    !around.test([node, ...parents(node)].map((one) => String(one.className || '')).join(' ')));
  function parents(node) { const found = []; for (let at = node.parentElement; at && found.length < 4;
    at = at.parentElement) found.push(at); return found; }
  const text = (node) => (node.textContent || '').trim();
  const paging = (node) => [node, ...parents(node)].some((one) => /pag(e|ing|ination|er)|laypage|fenye|page-?turn/i
    .test(String(one.className || '') + ' ' + (one.id || '')));
  const named = nodes.filter((node) => words.test(text(node)));
  const pick = (found) => found.find((node) => ![...node.children].some((child) => found.includes(child)));
  let control = pick(named)
    || pick(nodes.filter((node) => arrows.test(text(node)) && paging(node)))
    || pick(nodes.filter((node) => classes.test(String(node.className || '')) && paging(node)));
  if (!control) {
    const digits = nodes.filter((node) => text(node) === String(number + 1));
    control = digits.find((node) => parents(node).slice(0, 2).some((one) =>
      [...one.querySelectorAll('a,button,li,span')].some((other) => text(other) === String(number))));
  }
  if (!control) return 'none';
  const closest = [control, control.parentElement];
  const stopped = closest.some((one) => one && (one.disabled || one.getAttribute('aria-disabled') === 'true'
    || one.hasAttribute('disabled') || off.test(String(one.className || ''))));
  if (stopped) return 'disabled';
  control.click();
  return 'clicked';
}"""


_SCROLL = """() => { window.scrollTo(0, 0); window.dispatchEvent(new Event('scroll'));
  window.scrollTo(0, document.documentElement.scrollHeight); window.dispatchEvent(new Event('scroll')); }"""
_NO_MORE = re.compile(r"没有更多|已(经)?(全部)?加载(完|全部)|已(经)?到底|到底(了|啦)|无更多")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the scan brought for a request of the page; `data` None where nothing usable came, `verdict` says why."""

    verdict: Verdict
    data: Received | None = None


Send = Callable[[Ask, str], Awaitable[Reply]]
"""Fetches for the page: the request and its Referer."""


@dataclass(slots=True)
class Drawn:
    """A page as the browser drew it, one text of markup for every page of its list; `end` says how turning pages
    ended: none (there is no control), disabled, gone, unchanged, limit, scrolled (scrolling brought nothing more)."""

    url: str
    pages: list[str] = field(default_factory=list)
    end: str = "none"
    failed: list[tuple[str, Verdict]] = field(default_factory=list)
    """Requests for data or scripts that brought nothing usable."""

    @property
    def failure(self) -> tuple[str, Verdict] | None:
        """The most telling failure: a check or a refusal before a missing file."""
        lesser = (Outcome.GONE, Outcome.SOFT_404, Outcome.REDIRECT_OFFSITE)
        return min(self.failed, key=lambda one: one[1].outcome in lesser, default=None)


def program() -> str | None:
    """Path of the browser, None where there is none."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


def missing() -> str:
    """What is missing for rendering, in English technical terms with how to mend it; empty where nothing is."""
    if find_spec("playwright") is None:
        return "playwright is not installed; install nianbao with its extra: pip install 'nianbao[browser]'"
    if program() is None:
        return "no browser was found; install Debian's package chromium"
    return ""


class Browser:
    """One browser a scan, started when it is first needed. Use `close()` at the end; killed with its process else."""

    def __init__(self, user_agent: str) -> None:
        self._user_agent = user_agent
        self._turn = asyncio.Lock()
        self._playwright: Any = None
        self._browser: Any = None

    async def draw(self, url: str, send: Send, most: int = 1) -> Drawn:
        """The page drawn, its list turned to the end or to `most` pages. Raises BrowserError where no browser runs."""
        async with self._turn:
            browser = await self._started()
            try:
                context = await browser.new_context(user_agent=self._user_agent, service_workers="block",
                                                    accept_downloads=False, locale="zh-CN",
                                                    timezone_id="Asia/Shanghai")
            except Exception as fault:
                raise BrowserError(f"the browser ended: {_first_line(fault)}") from fault
            try:
                return await _Visit(context, url, send).walk(most)
            finally:
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(context.close(), 10)

    async def close(self) -> None:
        """End the browser and its driver; what doesn't end in time ends with this process."""
        for ending in (self._browser and self._browser.close, self._playwright and self._playwright.stop):
            if ending:
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(ending(), 10)
        self._browser = self._playwright = None

    async def _started(self) -> Any:
        if self._browser is not None and self._browser.is_connected():
            return self._browser
        if lacking := missing():
            raise BrowserError(lacking)
        await self.close()
        from playwright.async_api import async_playwright

        try:
            self._playwright = await async_playwright().start()
            # No sandbox only for root, where Chromium has none to offer. The profile is a fresh folder of its own.
            self._browser = await self._playwright.chromium.launch(
                executable_path=program(), headless=True, chromium_sandbox=os.geteuid() != 0, args=list(FLAGS),
                proxy=_NOWHERE, handle_sigint=False, handle_sigterm=False, handle_sighup=False)
        except Exception as fault:
            await self.close()
            raise BrowserError(f"the browser {program()} does not start: {_first_line(fault)}") from fault
        return self._browser


class _Visit:
    """One page in a context of its own."""

    def __init__(self, context: Any, url: str, send: Send) -> None:
        self.context, self.send = context, send
        self.drawn = Drawn(url)
        self._pending = 0
        self._asked = 0
        self._moved = 0.0
        self._scrolled = False

    async def walk(self, most: int) -> Drawn:
        await self.context.route("**/*", self._answer)
        await self.context.route_web_socket("**/*", lambda socket: socket.close())
        page = await self.context.new_page()
        page.on("dialog", lambda dialog: asyncio.ensure_future(_quietly(dialog.dismiss())))
        page.on("popup", lambda popup: asyncio.ensure_future(_quietly(popup.close())))
        self._moved = asyncio.get_running_loop().time()
        try:
            await page.goto(self.drawn.url, wait_until="commit", timeout=STEP_SECONDS * 1000)
        except Exception as fault:
            if not self.drawn.failed:
                self.drawn.failed.append((self.drawn.url, Verdict(Outcome.TIMEOUT, _first_line(fault))))
            return self.drawn
        await self._settle()
        while True:
            frame = await self._frame(page)
            shown = await self._content(page, frame)
            if not shown or (self.drawn.pages and _rows(shown) == _rows(self.drawn.pages[-1])):
                self.drawn.end = "unchanged"
                return self.drawn
            self.drawn.pages.append(shown)
            if len(self.drawn.pages) >= most:
                self.drawn.end = "limit"
                return self.drawn
            turned = await self._turn(page, frame)
            if turned != "clicked":
                self.drawn.end = turned if turned != "none" or len(self.drawn.pages) == 1 else (
                    "scrolled" if self._scrolled else "gone")
                return self.drawn

    async def _turn(self, page: Any, frame: Any) -> str:
        """Go to the next page of the list, by its control or by scrolling where it has none."""
        before = len(_rows(await self._content(page, frame)))
        with contextlib.suppress(Exception):
            turned = str(await asyncio.wait_for(frame.evaluate(_NEXT_CONTROL, len(self.drawn.pages)), SCRIPT_SECONDS))
            if turned == "none":
                await asyncio.wait_for(frame.evaluate(_SCROLL), SCRIPT_SECONDS)
            if turned != "disabled":
                await self._settle()
            if turned == "none" and len(_rows(await self._content(page, frame))) > before:
                self._scrolled = True
                return "clicked"
            return turned
        return "unchanged"

    async def _frame(self, page: Any) -> Any:
        """The frame that shows the list: the page itself, or the first of its frames with reports where it has none."""
        for frame in page.frames:
            if any(names_report(title) for title in _rows(await self._content(page, frame)).values()):
                return frame
        return page.main_frame

    async def _content(self, page: Any, frame: Any) -> str:
        for _ in range(3):
            # A page that is just leaving for another has no content for a moment.
            try:
                if frame is page.main_frame:
                    self.drawn.url = frame.url if frame.url.startswith("http") else self.drawn.url
                return _with_base(str(await asyncio.wait_for(frame.content(), SCRIPT_SECONDS)), str(frame.url))
            except TimeoutError:
                self.drawn.failed.append((self.drawn.url, Verdict(
                    Outcome.TIMEOUT, f"the page's script holds it up for more than {SCRIPT_SECONDS:g} s")))
                return ""
            except Exception:
                await asyncio.sleep(0.3)
        return ""

    async def _settle(self) -> None:
        """Wait until nothing was under way for QUIET_SECONDS."""
        loop = asyncio.get_running_loop()
        self._moved = loop.time()
        deadline = self._moved + STEP_SECONDS
        while loop.time() < deadline and (self._pending or loop.time() - self._moved < QUIET_SECONDS):
            await asyncio.sleep(0.1)
        if self._pending:
            self.drawn.failed.append((self.drawn.url, Verdict(
                Outcome.TIMEOUT, f"{self._pending} requests of the page were not answered in {STEP_SECONDS:g} s")))

    async def _answer(self, route: Any) -> None:
        self._pending += 1
        try:
            await self._serve(route)
        except asyncio.CancelledError:
            raise
        except Exception as fault:
            self.drawn.failed.append((route.request.url, Verdict(Outcome.SERVER_ERROR, _first_line(fault))))
            with contextlib.suppress(Exception):
                await route.abort()
        finally:
            self._pending -= 1
            self._moved = asyncio.get_running_loop().time()

    async def _serve(self, route: Any) -> None:
        request = route.request
        kind = request.resource_type
        if kind == "image":
            await route.fulfill(status=200, body=_PIXEL, content_type="image/gif")
            return
        if kind == "stylesheet":
            # Scripts wait for their style sheets; an empty one does.
            await route.fulfill(status=200, body="", content_type="text/css")
            return
        if request.method == "OPTIONS":
            await route.fulfill(status=204, headers=_open_to(request))
            return
        if kind not in _ASKED or request.method not in ("GET", "POST"):
            await route.abort()
            return
        self._asked += 1
        if self._asked > MOST_REQUESTS:
            if self._asked == MOST_REQUESTS + 1:
                self.drawn.failed.append((request.url, Verdict(
                    Outcome.TOO_LARGE, f"the page wants more than {MOST_REQUESTS} requests")))
            await route.abort()
            return
        headers = {name: value for name, value in request.headers.items() if not _NOT_PASSED_ON.match(name)}
        ask = Ask(request.url.split("#")[0], raw=request.post_data_buffer or b"" if request.method == "POST" else None,
                  headers=headers, expect="page" if kind == "document" else "data")
        reply = await self.send(ask, request.headers.get("referer", ""))
        if reply.data is None:
            self.drawn.failed.append((request.url, reply.verdict))
            await route.abort()
            return
        if kind == "document" and reply.data.final_url.split("#")[0] != ask.url:
            # A redirect given here would be followed past the interception; a page that leaves for there is not.
            target = json.dumps(reply.data.final_url).replace("<", "\\u003c")
            await route.fulfill(status=200, content_type="text/html",
                                body=f"<html><script>location.replace({target})</script></html>")
            return
        await route.fulfill(
            status=200, body=reply.data.body, headers={
                **_open_to(request), "content-type": reply.data.headers.get("content-type", "text/html")})


def enumerate_drawn(drawn: Drawn, max_pages: int) -> Enumeration:
    """What the drawn pages list, and whether that is proven to be all: by the stated count of rows or pages, or by a
    next control that is switched off, gone, or never was there."""
    walk = Walk(max_pages)
    listings = [static.listing(page, drawn.url) for page in drawn.pages]
    for listing in listings:
        walk.add(listing)
    failure = drawn.failure
    told = f"; {failure[1].outcome} {failure[1].reason} ({failure[0]})".replace("  ", " ") if failure else ""
    opening = listings[0] if listings else None
    if opening is None or not walk.main:
        if failure and failure[1].outcome not in (Outcome.GONE, Outcome.SOFT_404, Outcome.REDIRECT_OFFSITE):
            return Enumeration([], failure[1].outcome, f"the browser drew no list{told}")
        seen = "the browser drew no list"
        if drawn.pages and names_report(parse(drawn.pages[0]).text_content()):
            seen = "the browser drew reports, but their rows carry no address to follow"
        return walk.conclude(False, known_shape=bool(opening and opening.known_shape and not failure),
                             seen=f"{seen}{told}")
    total, pages = opening.total, opening.pages
    if total is not None:
        whole, said = walk.reaches(total), f"{walk.printed} rows of {total} stated"
    elif pages is not None:
        whole, said = len(listings) >= pages, f"{len(listings)} pages of {pages} stated"
    elif opening.preview_of:
        whole, said = False, f"the page shows only the newest rows of {opening.preview_of}"
    else:
        # Scrolling that brings nothing more proves nothing, unless the page says that this is the end.
        whole = drawn.end in ("disabled", "gone", "none") or (
            drawn.end == "scrolled" and bool(_NO_MORE.search(drawn.pages[-1])))
        said = f"the list did not turn to its end ({drawn.end} after {len(listings)} pages)"
    return walk.conclude(whole, "" if whole else f"{said}{told}")


def needs_browser(text: str) -> bool:
    """Whether a page without rows looks like one that its script draws: a template, or a shell around scripts."""
    root = parse(text)
    scripts = len(root.xpath("//script[@src]"))
    template = re.search(r"\bv-for\s*=|\bng-repeat\s*=|\{\{\s*\w|<%=|\bv-cloak\b", text)
    shell = root.xpath("//*[@id='app' or @id='root' or @id='__next' or @id='__nuxt' or @ng-app or @data-reactroot]")
    words = re.sub(r"\s+", "", "".join(root.xpath("//body//text()[not(ancestor::script) and not(ancestor::style) and "
                                                  "not(ancestor::noscript)]")))
    return bool(scripts or root.xpath("//script")) and bool(template or shell or (scripts and len(words) < 200))


def _rows(text: str) -> dict[str, str]:
    """Titles by address of the rows that a page shows."""
    return {item.url: item.title for item in static.listing(text, "http://localhost/").items} if text else {}


def _with_base(text: str, url: str) -> str:
    """The markup with its own address, so that it reads the same wherever it is kept."""
    if not url.startswith("http") or re.search(r"<base\b[^<>]*href", text, re.I):
        return text
    base = f'<base href="{url.split("#")[0]}">'
    return re.sub(r"(<head\b[^<>]*>)", lambda match: match.group(1) + base, text, count=1, flags=re.I)


def _open_to(request: Any) -> dict[str, str]:
    """Registered hosts answer each other: the scan has checked where the request goes."""
    return {"access-control-allow-origin": request.headers.get("origin", "*"),
            "access-control-allow-credentials": "true", "access-control-allow-methods": "GET, POST",
            "access-control-allow-headers": request.headers.get("access-control-request-headers", "*")}


def verdict_of(text: str, url: str) -> Verdict:
    """What a drawn page is: a script may draw a check or a notice as well as a list; one that says its list is empty
    is none of them, however little stands on it."""
    verdict = of_response(Received(url, url, 200, text.encode()), "page")
    says_empty = verdict.outcome in (Outcome.SOFT_404, Outcome.UNKNOWN_SHAPE) and static.listing(text, url).known_shape
    return Verdict(Outcome.OK, "", text) if says_empty else verdict


async def _quietly(doing: Awaitable[Any]) -> None:
    with contextlib.suppress(Exception):
        await doing


def _first_line(fault: BaseException) -> str:
    return (str(fault).strip().splitlines() or [type(fault).__name__])[0][:200]
