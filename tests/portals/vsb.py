"""A VSB portal: /zfxxgk/zfxxgknb.htm, older pages zfxxgknb/11.htm … 1.htm counting down, articles /info/….

Promises: addresses relative to each page's own folder; the pager names only the neighbours and the last page, in one
dialect nothing but its script call; download.jsp wants a Referer of this host, and after `DOWNLOADS` files answers a
captcha page with status 200 (in the dialect CAPTCHA). Leaves alone: what the articles say.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from html import escape
from urllib.parse import quote

from tests.portals.serving import Request, Response
from tests.portals.sites import (
    Entry,
    Site,
    disclosure_page,
    document,
    file_response,
    filled,
    furniture_foot,
    furniture_top,
    home,
    missing_page,
    robots,
)

COLUMN = "/zfxxgk/zfxxgknb.htm"
CALL_ONLY, CAPTCHA = "call_only", "captcha"
DOWNLOADS = 1
TREE = 8141
_TAKEN: Counter[str] = Counter()
"""Files handed out, by host and port."""


def column(site: Site) -> str:
    return COLUMN


def answer(site: Site, request: Request, today: date) -> Response:
    path = request.path
    if path == "/robots.txt":
        return robots(site)
    if path in ("/", "/index.htm"):
        return home(site, COLUMN)
    if path == "/zwgk/":
        return disclosure_page(site, COLUMN)
    pages = site.pages(today)
    if path == COLUMN:
        return _list(site, request, pages, 1)
    if older := re.fullmatch(r"/zfxxgk/zfxxgknb/(\d+)\.htm", path):
        number = len(pages) - int(older.group(1)) + 1
        return _list(site, request, pages, number) if 1 < number <= len(pages) else missing_page(site)
    if article := re.fullmatch(rf"/info/{TREE}/(\d+)\.htm", path):
        entry = site.find(int(article.group(1)), today)
        return _article(site, request, entry, today) if entry else missing_page(site)
    if path == "/system/_content/download.jsp":
        return _download(site, request, today)
    if named := re.fullmatch(r"/__local/(\d+)_(\d+)\.\w+", path):
        entry = site.find(int(named.group(1)), today)
        if entry:
            return file_response(entry.content(today).images[int(named.group(2))])
    return missing_page(site)


def _list(site: Site, request: Request, pages: list[list[Entry]], number: int) -> Response:
    last, up = len(pages), "../" if number == 1 else "../../"
    rows = "".join(f'<li id="line_u8_{place}"><a href="{entry.elsewhere or f"{up}info/{TREE}/{entry.number}.htm"}" '
                   f'title="{escape(entry.title)}">{escape(entry.title)}</a><span>{entry.day:%Y/%m/%d}</span>'
                   f'<script>_showDynClicks("wbnews", 1276, {entry.number})</script></li>'
                   for place, entry in enumerate(pages[number - 1]))
    folder = "zfxxgknb/" if number == 1 else ""

    def file(page: int) -> str:
        return f"{folder}{last - page + 1}.htm" if page > 1 else "../zfxxgknb.htm"

    links = "" if site.dialect == CALL_ONLY else (
        f'<span class="p_no_d">{number}</span>'
        + (f'<span class="p_no"><a href="{file(number + 1)}">{number + 1}</a></span>' if number < last else "")
        + (f'<span class="p_next p_fun"><a href="{file(number + 1)}">下页</a></span><span class="p_last p_fun">'
           f'<a href="{file(last)}">尾页</a></span>' if number < last else ""))
    body = (f"{furniture_top(site.name)}<div class='list'><ul>{rows}</ul><div class='pb_sys_common'>{links}"
            f"<span class='p_t'>到第</span><input id='u8_goto' onkeydown=\"if(event.keyCode==13){{"
            f"_simple_list_gotopage_fun({last},'u8_goto',2)}}\"><a href='javascript:;' "
            f"onclick='_simple_list_gotopage_fun({last},\"u8_goto\",2)'>跳转</a></div></div>"
            f"{furniture_foot(site.name, request.count)}")
    return Response.page(document(f"{site.column_name}-{site.name}", body,
                                  '<script src="/system/resource/js/gotopage.js"></script>\n'))


def _article(site: Site, request: Request, entry: Entry, today: date) -> Response:
    content = entry.content(today)
    text = filled(content, [f"/__local/{entry.number}_{place}.{part.suffix}"
                            for place, part in enumerate(content.images)], [""] * len(content.attachments))
    text = re.sub(r'<p><a href="" target="_blank">.*?</a></p>', "", text)
    files = "".join(f'<li>附件【<a href="/system/_content/download.jsp?urltype=news.DownloadAttachUrl&owner=1496113&'
                    f'wbfileid={entry.number}{place}" target="_blank">{escape(part.name)}</a>】已下载<span>'
                    f'{request.count}</span>次</li>' for place, part in enumerate(content.attachments))
    body = (f"{furniture_top(site.name)}<form name='_newscontent_fromname'><h2>{escape(entry.title)}</h2>"
            f"<div class='conti'>发布日期：{entry.day:%Y年%m月%d日} 点击：[<script>_showDynClicks(\"wbnews\", 1276, "
            f"{entry.number})</script>]</div><div id='vsb_content'><div class='v_news_content'>{text}</div></div>"
            f"<ul style='list-style-type:none;'>{files}</ul></form>{furniture_foot(site.name, request.count)}")
    return Response.page(document(f"{entry.title}-{site.name}", body,
                                  f'<meta name="pageTitle" content="{escape(entry.title)}">\n'))


def _download(site: Site, request: Request, today: date) -> Response:
    number = request.query.get("wbfileid", "")
    entry = site.find(int(number[:-1] or 0), today) if number.isdigit() else None
    parts = entry.content(today).attachments if entry else ()
    if not entry or int(number[-1]) >= len(parts):
        return missing_page(site)
    if "/info/" not in request.headers.get("referer", ""):
        return Response.page("<script>alert('非法访问');history.back();</script>")
    if site.dialect == CAPTCHA and _TAKEN[f"{site.host}:{request.port}"] >= DOWNLOADS:
        return Response.page("<html><head><title>附件下载</title></head><body><form action='/system/resource/code/"
                             "download.jsp'>验证码：<input name='codeValue'><img src='/system/resource/code/img.jsp'>"
                             "<p>请输入验证码后继续下载</p></form></body></html>")
    _TAKEN[f"{site.host}:{request.port}"] += 1
    part = parts[int(number[-1])]
    return Response(part.data, 200, "application/octet-stream;charset=UTF-8",
                    {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(part.name)}"})
