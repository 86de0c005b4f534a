"""Is this title an annual report's, of whom and of which year? One pure function over one line of text.

Promises: the issuing body's name is cut out first, so nothing in it accepts or rejects; a title is accepted only when
what remains is the report's own name; real reports wrapped in a notice are accepted, circulars about preparing reports
are not. Leaves alone: which roster body the printed name is (crawler.roster), and the content (see `needs_content`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from extract.model import Scope
from extract.sniffing import ENDINGS

Kind = Literal["report", "interpretation", "circular", "form", "meeting", "assessment", "rules", "correction",
               "other_report", "note", "other"]

_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
_CHINESE_DIGITS = str.maketrans("〇○零ＯO一二三四五六七八九", "00000123456789")
_WIDE = str.maketrans("()[]", "（）［］")
_SET_APART = re.compile(r"\s+[-—–－|]\s+")
_BLANK = re.compile(r"\s+|\u200b|\ufeff|&nbsp;")
_WAY = re.compile(r"[>＞»›]")
_PIECES = re.compile(r"[_|｜]+")
_SITE = re.compile(r"(?<=报告|年报)[-—–－]+[\u4e00-\u9fff]*(?:网|网站|门户|平台|政府)$")
_CHINESE_YEAR = re.compile(r"二[〇○零ＯO0][〇○零ＯO一二三四五六七八九]{2}(?=年)")
_YEAR = r"20\d\d(?:年度|年份|年|度)?"
_CORE = re.compile(
    r"(?:政府|政务)?信息公开"
    r"(?:工作|情况|年度|全年|[（(]" + _YEAR + r"[）)]|" + _YEAR + r"|的|年){0,8}?(?:报告|年报)(?!表|送)")
_ABOUT = re.compile(r"信息公开|政务公开|年度报告|年报")

# What a title is instead of a report: first hit wins. Looked for in lead and tail, never in the body's name.
_INSTEAD: tuple[tuple[Kind, str, re.Pattern[str]], ...] = (
    ("note", "note", re.compile(
        r"(?:新成立|新组建|新设立|机构改革|撤销|合并).{0,24}(?:无(?![锡为棣极])|不|未|没有).{0,16}(?:报告|年报)"
        r"|(?:无需|不需).{0,12}(?:编制|公布|发布|公开).{0,16}(?:报告|年报)"
        r"|(?:无|没有|暂无|不涉及)(?:20\d\d年度?)?(?:政府信息公开)?(?:工作)?(?:年度报告|年报)$")),
    ("correction", "correction", re.compile(r"更正(?:说明|公告|启事|的说明)|勘误")),
    ("interpretation", "interpretation", re.compile(
        r"解读|图解|一图[读看]?懂|一张图|图说|长图|[Hh]5|动漫|漫画|视频|划重点")),
    ("other_report", "another_report", re.compile(
        r"依法行政|预决算|预算|决算|统计年报|统计表|报表|季度|半年|月报")),
    ("form", "form", re.compile(r"格式|模板|样表|样本|范本|填报说明")),
    ("assessment", "assessment", re.compile(r"评估|测评")),
    ("circular", "summary_of_publication", re.compile(
        r"(?:公布|发布|公开|报送|编制|编发|上报|完成)(?:发布|公布|公开)?(?:工作)?的?情况|"
        r"通报")),
    ("meeting", "meeting", re.compile(r"会议|推进会|座谈会|部署会|培训|研讨|调度会|会(?=$)")),
    ("rules", "rules", re.compile(
        r"(?:制度|规定|办法|方案)(?=$|的)|征求意见|指南(?=$)|工作规程|工作要点")),
    ("circular", "preparation", re.compile(
        r"(?:做好|抓好|开展|组织|加强|规范|启动|部署|布置|落实|推进|填报|征集|催报|督促|准备|起草|明确|调整).*"
        r"|编制|编写|编报|报送工作|公布工作|发布工作|有关(?:事项|工作|问题)|相关(?:事项|工作|问题)")),
)
# These name another kind of report wherever they stand; no body's name holds them.
_OTHER_REPORTS = re.compile(
    r"学年|党务公开|政府网站(?:工作)?年度(?:工作)?报[表告]|网站工作年度报[表告]|政府工作报告|法治政府建设")
_BRACKET_TELLS = frozenset(("interpretation", "form", "correction", "assessment"))
_LETTER = re.compile(r"^》?的(?:通知|函|请示|报告)")
_SUBMIT = re.compile(r"关于.*?(?:报送|上报|呈报|提交|报请|提供)")
_ABOUT_VERB = re.compile(
    r"^(?:印发|公布|发布|公开|公示|刊发|报送|上报|呈报|提交|报请|提供|转发|下发|报告)+(?:《)?")
_TAIL_NOISE = re.compile(
    r"^(?:[》”\"’』」】）)\]。，,、：:；;·.\-—－~*\s]|的?(?:通知|公告|公示|函|公布|发布|公开|报告)(?=$|[（(》.])"
    r"|[（(【\[][^（()）】\]]*[）)】\]]|(?:" + ENDINGS + r"|html?|jpe?g|png)(?=$|[（(])"
    r"|正文|全文|图片版|文字版|电子版|扫描件|终稿|定稿|new!?|hot!?|[\d年度])*$", re.IGNORECASE)
_HOLDING = re.compile(r"[（(【\[](?:内?含|附|并附)[^（()）】\]]*[）)】\]]")
"""A bracket that tells what comes with the report (含图解) and not what the page is."""
_JOINED = re.compile(r"^》?(?:及|和|与|暨|、|[+＋&])(?!.*(?:通知|函|通报|会议?|培训)$)")
_BRACKETED = re.compile(r"[（(【\[]([^（()）】\]]*)[）)】\]]")
_PUBLISHED_NOTE = re.compile(r"[（(【\[][^（()）】\]]*(?:公布|发布|公开|修订|更新|上传)[^（()）】\]]*[）)】\]]")
_DOCUMENT_NUMBER = re.compile(r"[\u4e00-\u9fffA-Za-z]{0,12}[〔\[［【（(]\s*20\d\d\s*[〕\]］】）)]\s*第?\d+号")
_PERIOD = re.compile(
    r"(20\d\d)(?:年|[-./])0?1(?:月|[-./])0?1日?(?:至|到|[-—–－~～]+)(?:\1)?(?:年|[-./])?12(?:月|[-./])31日?")
_DAY = re.compile(r"20\d\d(?:年\d{1,2}月(?:\d{1,2}[日号])?|[-./]\d{1,2}[-./]\d{1,2})")
_LISTING = re.compile(
    r"^(?:(?:附件|附)\d*[:：.、]?|[（(]?[一二三四五六七八九十]{1,3}[）)、.]|\d{1,3}[.、)）]|【[^】]*】|\[[^\]]*\]|"
    r"[·•●■◆*])+")
_YEAR_TOKEN = re.compile(r"(?<!\d)(20\d\d)(?!\d)(?:年度|年份|年|度)?")
_PART_OF_YEAR = re.compile(r"(?:上|下)半年(?:度)?$|第?[一二三四1-4]季度$|(?<!\d)\d{1,2}(?:[-—–~至]\d{1,2})?月份?$")
"""What ends the words before a report on less than a year."""
_SALUTED = re.compile(r"^(?:现将|关于|根据|按照|我[局办委县区市镇乡院厅]|兹|特|依据)")
_VERB_TAIL = re.compile(
    r"(?:召开|举办|举行|组织|开展|印发|发布|公布|公开|编制|做好|报送|完成|部署|的|年度|关于)+$")
_PREPARING = re.compile(
    r"^(?:进一步|切实|认真|及时|扎实|全面|统筹|抓紧)*(?:做好|抓好|开展|组织|加强|规范|启动|部署|布置|落实|"
    r"推进|填报|征集|催报|督促|准备|编制|编写|编报|明确|调整)")
_LEAD = re.compile(
    r"^[【\[（(]?(?:政策|文字|视频|图文|图片)?"
    r"(?:图解|解读|一图[读看]?懂|一张图[读看]?懂?|图说|长图|[Hh]5|说明)[】\]）)]?[:：|｜—\-]*")
_SUBJECT = re.compile(
    r"(?:政府|政务)?信息公开|政务公开|党务公开|政府网站|法治政府|政府工作报告|预决算|年度报告|年报")
_BODY_END = re.compile(
    r"(?:政府|办|办公室|办公厅|局|委|委员会|厅|处|中心|镇|乡|街道|区|县|市|院|队|所|站|会)$")
_CONSOLIDATED = re.compile(
    r"[（(【](?:全[省市县区州盟旗镇乡]|本级政府|[^（(]{0,8}汇总)[）)】]|汇总(?:版|报告)|"
    r"全[省市县区州盟旗](?=20|政府信息|信息公开)")
_SIGNED = re.compile(r"(?:(?P<bracket>[（(])|[-—–－]+)(?P<name>[^（()）\-—–－]{2,30})(?(bracket)[）)])")
"""The body's name behind the report's: in brackets or after a dash."""
_TRUNCATED = re.compile(r"信息公开(?:工作)?(?:" + _YEAR + r"|年度?|工作){0,8}报?(?:…+|\.{2,})$")
_BARE_REPORT = re.compile(rf"(?:{_YEAR})?年?(?:工作)?(?:年报|年度报告)")
"""A report of a year without a word on what: in a column of such reports it may be one."""
_LONGEST = 500
"""No title is longer; what is compared beyond it would only cost time."""
_EDGES = " 《》“”\"'‘’、，,。:：;；-—－_·.|~〔〕「」"


@dataclass(frozen=True, slots=True)
class Title:
    """What a title says. `body` as printed or None; `reason` empty where accepted, else a key.

    `needs_content`: the title alone doesn't tell; the document is the report if it holds four of the six sections.
    """

    body: str | None
    year: int | None
    accepted: bool
    reason: str
    years: tuple[int, ...] = ()
    normalised: str = ""
    kind: Kind = "other"
    needs_content: bool = False
    scope: Scope = "unknown"


def normalise(title: str) -> str:
    """The title for comparing: no blanks, ASCII digits, full-width brackets, years in digits, no site name behind."""
    return _tidy(title).translate(_WIDE).strip(_EDGES)


def years_of(title: str) -> tuple[int, ...]:
    """The years a title names, in order: Title.years, in a third of the time."""
    return _years(_bare(_tidy(title)))


def parse(title: str) -> Title:
    """Everything one title says. Never raises; an empty title is kind `other`."""
    text = _tidy(title)
    bare = _bare(text)
    years = _years(bare)
    cores = list(_CORE.finditer(bare))
    if cores:
        # A column's name may lead the title, so the last mention is the report's own name, as long as no core stands
        # in front with a body between the two.
        core = cores[-1]
        before, after, named = bare[:core.start()], bare[core.end():], core.group()
        if before.endswith("人民") and named.startswith("政府"):
            before, named = before + "政府", named.removeprefix("政府")
    else:
        before, named, after = _split_without_core(bare)
    lead, body = _body(before)
    signed = _SIGNED.fullmatch(after) if cores and not body else None
    if signed and _BODY_END.search(signed["name"]):
        body, after = signed["name"], ""
    normalised = normalise(title)

    def answer(accepted: bool, reason: str, kind: Kind, needs_content: bool = False) -> Title:
        return Title(body or None, years[0] if years else None, accepted, reason, years, normalised, kind,
                     needs_content, _scope(bare))

    around = f"{lead}\n{after}" if cores else f"{lead}\n{named}{after}"
    if _OTHER_REPORTS.search(around) or "学年" in before or (cores and _PART_OF_YEAR.search(before)):
        return answer(False, "another_report", "other_report")
    if cores and _JOINED.match(after) and not any(
            pattern.search(lead) for kind, _, pattern in _INSTEAD if kind != "note"):
        return answer(False, "unknown_tail", "report", True)  # 年度报告及解读: the report may well be in it
    for kind, reason, pattern in _INSTEAD:
        # A bracket behind the report's name says what the page shows (解读, 模板), or merely what it holds (含统计表).
        place = bare if kind == "note" else around if kind in _BRACKET_TELLS else _BRACKETED.sub("", around)
        if pattern.search(place):
            if kind == "note":
                body = re.split(r"因|为|系|属", body)[0]
            return answer(False, reason, kind)
    if not cores:
        if _TRUNCATED.search(text):
            return answer(False, "truncated", "report", True)
        promising = ("公开" in bare and re.search(r"报告|年报|总结", bare)) or _BARE_REPORT.fullmatch(named)
        return answer(False, "no_report_title", "other", bool(promising))
    if re.search(r"(?:环境|财务|校务|村务|院务|厂务|信用|征地)$", body) and not named.startswith(("政府", "政务")):
        return answer(False, "another_report", "other_report")
    if _SUBMIT.search(lead) and _LETTER.match(after):
        return answer(False, "cover_letter", "circular", True)
    if "说明" in after or re.search(r"说明[:：]?$", lead):
        return answer(False, "explanation", "interpretation", True)
    if not _TAIL_NOISE.match(after):
        return answer(False, "unknown_tail", "report", True)
    if not years and "年" not in named and "年度" not in before:
        return answer(False, "no_year", "report", True)
    return answer(True, "", "report")


def _bare(text: str) -> str:
    """The title without numbers of documents, days, and what is noted or counted before or behind it."""
    bare = _PERIOD.sub(r"\1年", _DOCUMENT_NUMBER.sub("", _PUBLISHED_NOTE.sub("", text)))
    bare = _HOLDING.sub("", _DAY.sub("", bare))
    return _LISTING.sub("", bare.strip(_EDGES)) if not _leads_away(bare) else bare


def _years(bare: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(int(year) for year in _YEAR_TOKEN.findall(bare)))


def _leads_away(text: str) -> bool:
    """A bracketed lead such as 【图解】 says what the page is and must not be cut off as numbering."""
    match = _LISTING.match(text)
    return match is not None and any(pattern.search(match.group()) for _, _, pattern in _INSTEAD[:3])


def _tidy(title: str) -> str:
    title = title[:_LONGEST]
    text = _BLANK.sub("", _SET_APART.sub("_", title)).translate(_DIGITS)
    text = _CHINESE_YEAR.sub(lambda year: "2" + year.group()[1:].translate(_CHINESE_DIGITS), text)
    text = _WAY.split(text.rstrip(">＞»›"))[-1]  # the way to a page, printed above its title
    pieces = [piece for piece in _PIECES.split(text) if piece]
    if len(pieces) > 1:
        # "report_column_site": the report's own name comes first; a column's name is only 政府信息公开年报.
        dated = [piece for piece in pieces if _YEAR_TOKEN.search(piece) and _ABOUT.search(piece)]
        lead = pieces[0] if _LEAD.fullmatch(pieces[0]) else ""
        text = lead + (dated or [piece for piece in pieces if _CORE.search(piece)] or pieces)[0]
    return _SITE.sub("", text) if text else ""


def _split_without_core(text: str) -> tuple[str, str, str]:
    """(what stands before the subject, the subject, nothing): the body is looked for in the first."""
    year = _YEAR_TOKEN.search(text)
    subject = _SUBJECT.search(text)
    if year and year.start() and (not subject or year.start() < subject.start()):
        return text[:year.start()], text[year.start():], ""
    if subject:
        return text[:subject.start()], text[subject.start():], ""
    return "", text, ""


def _body(before: str) -> tuple[str, str]:
    """(lead words that say what the page is, printed body) of the text before the report's own name."""
    lead, text = "", before
    while match := _LEAD.match(text):
        lead, text = lead + match.group(), text[match.end():]
    colon = re.match(r"^(.{2,24}?)[:：](.*)$", text)
    if colon:
        first, rest = colon.groups()
        without = _YEAR_TOKEN.sub("", rest).strip(_EDGES)
        if _SALUTED.match(rest) or without:
            lead, text = lead + ("" if _BODY_END.search(first) else first), rest
        else:
            text = first
    text = re.sub(r"^现将", "", text)
    if "关于" in text:
        author, _, subject = text.rpartition("关于")
        verb = _ABOUT_VERB.match(subject)
        inner = _name(subject[verb.end():] if verb else subject)
        if _PREPARING.match(subject):
            return lead + subject, _name(author)
        lead += "关于" + (verb.group() if verb else "")
        if not verb and inner and any(pattern.match(inner) for _, _, pattern in _INSTEAD):
            lead, inner = lead + inner, ""
        return lead, inner or _name(author)
    activity = re.search(r"(?:召开|举办|举行|组织|开展|做好|部署).*$", text)
    name = _name(text)
    return lead + (activity.group() if activity and _VERB_TAIL.search(text.strip(_EDGES)) else ""), name


def _name(text: str) -> str:
    text = re.sub(r"[-—–~至]*学年度?", "", _YEAR_TOKEN.sub("", text)).strip(_EDGES)
    text = re.sub(r"^[（(]\s*[）)]|[（(]\s*[）)]$", "", text)
    text = _VERB_TAIL.sub("", text).strip(_EDGES)
    text = re.sub(r"(?<=.)政务公开(?:工作)?[和与及暨]$", "", text)
    return "" if re.fullmatch(r"(?:我|本)(?:局|办|委|县|区|市|镇|乡|院|厅|机关|单位|街道)?|.", text) else text


def _scope(text: str) -> Scope:
    if re.search(r"全系统|系统汇总", text):
        return "system"
    if _CONSOLIDATED.search(text):
        return "consolidated"
    if re.search(r"本机关|[（(【](?:办公室|办公厅)?本级[）)】]|机关本级", text):
        return "own"
    return "unknown"
