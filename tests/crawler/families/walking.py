"""Walks a list over answers held in memory: a dict of addresses, or a function of each request."""

import asyncio

from crawler.families.paging import Answer, Ask
from crawler.model import Outcome

STUB = ("", Outcome.SOFT_404, "a stub of 332 bytes")


def row(number, day="2022-01-10", title="示例{}局2021年政府信息公开工作年度报告"):
    return f'<li><a href="/nb/content_{number}.html">{title.format(number)}</a><span>{day}</span></li>'


def page(first, last, after=""):
    return f"<html><body><ul>{''.join(row(number) for number in range(first, last))}</ul>{after}</body></html>"


def getter(pages, asked):
    """`pages` by address, or a function of an Ask that returns a text, None for a stub, or an Outcome."""
    async def get(request):
        ask = request if isinstance(request, Ask) else Ask(request)
        asked.append(ask)
        given = pages(ask) if callable(pages) else pages.get(ask.url)
        if isinstance(given, Outcome):
            return Answer(ask.url, "", given, "said so")
        return Answer(ask.url, *STUB) if given is None else Answer(ask.url, given)
    return get


def walk(family, url, pages, max_pages=50):
    """(enumeration, requests asked) of a family over these pages."""
    asked = []
    get = getter(pages, asked)
    first = pages(Ask(url)) if callable(pages) else pages[url]
    return asyncio.run(family.enumerate_list(Answer(url, first), get, max_pages)), asked


def numbers(found):
    return sorted(int(item.url.rsplit("_", 1)[1].split(".")[0]) for item in found.items)
