"""Home-made JSP, PHP and ASP lists: list.jsp?node_id=12&cur_page=2, rows that jumpToDetail('./….html') opens, GBK.

Promises: recognised by their addresses, so that an operator is told what the portal is; rows and further pages are read
as static lists are – by links, else by the address, chooser or form that the page's script turns pages with
(numbering.py). Leaves alone: encodings (outcomes.decode), what opens an article by script (rows.target_of).
"""

from __future__ import annotations

import re

from crawler.families.numbering import NAMES
from crawler.families.static import enumerate_list, listing

__all__ = ["enumerate_list", "listing", "recognise"]

_MARKS = re.compile(r"""\.(jsp|php|asp|do|action)\?[^"'\s<>]{0,500}\b(node_?id|cat_?id|class_?id|column_?id|"""
                    rf"""{NAMES})=|\bjumpToDetail\(|<(input|form)\b[^<>]{0,500}\bname\s*=\s*["']?cur_?page""", re.I)


def recognise(text: str) -> bool:
    return bool(_MARKS.search(text))
