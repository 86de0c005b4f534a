"""Claims on requests: received, handled, answered, carried over, by block of outcome, or none at all.

Promises and metrics: extract.claims. A number is read by its own clause; the sentence and its heading only tell that
requests for information are meant. Leaves alone: whether it fits table 3.
"""

from __future__ import annotations

import re

from extract.clauses import Quantity, Sentence
from extract.model import Claim
from extract.statements import (
    CARRIED,
    COMPARISON,
    PART_OF_YEAR,
    WHOLE_YEAR,
    claim_of,
    of_others,
    of_this_year,
    say_why,
    speaks_of,
    statement_of,
)

_COUNTED = frozenset(("件", "条", "份", "起", "宗", "例", "个", "项", "件次", "人次", "次"))
_VAGUE = frozenset(("个", "项", "次", "人次"))
_COUNTS_REQUESTS = re.compile(r"申请(?:件|表|书|事项)?(?:数量?|总数|总量)?(?:共|共计|总计|合计|为)?$")
_THEIR_NUMBER = re.compile(
    r"信息公开申请(?:件|表|书|事项)?(?:数量?|总数|总量|共|共计|总计|合计)(?:共|共计|总计|合计|为)?$")
_REQUEST = re.compile(r"申请|依申请|公开件")
_ABOUT_REQUESTS = re.compile(r"信息公开申请|依申请公开|申请公开|公开申请|政府信息申请|信息依申请|信息公开答复|公开答复")
_OTHER_MATTER = re.compile(
    r"许可|更正|咨询|来信|来访|来电|热线|工单|诉求|留言|信箱|邮箱|网民|提案|建议|议案|意见|预算|资金|补贴|登记|证照|"
    r"网站|公众号|微博|新媒体|解读|规范性文件|听证|政务服务|办件|执行申请|审批|仲裁|鉴定|救助|低保|专利|商标|贷款|档案|案卷|公文|协助|协查|会商")
_OTHER_REQUEST = re.compile(
    r"(?:房|证|照|金|款|户|贷|入学|工伤|失业|认定|鉴定|裁定|职称|注册|变更|退税|迁移|户籍|收养|立案|保险|补助|项目)申请")
_OTHER_KIND = re.compile(_OTHER_REQUEST.pattern + r"|许可|提案|议案|人大|政协|热线|工单|留言|来信|诉求")
_PLANNED = re.compile(r"力争|争取|计划|确保|预计|目标|下一步|今后")
_WHOLE = re.compile(r"共|合计|总计|全[省市县区州盟旗镇乡]")
_CHANNEL = re.compile(
    r"网络|网上|线上|线下|信函|邮寄|邮件|挂号|快递|当面|现场|传真|平台|在线|窗口|互联网|来函|微信|系统|转办|转来|转交|交办|直接")
_EVERYBODY = re.compile(
    r"(?:自然人|公民)(?:个人)?[、,，和或及与]*(?:法人)?(?:[、和或及与]|或者|以及)*(?:其他|其它)?组织")
_APPLICANTS = (
    ("legal_service", re.compile(r"法律服务机构|律师")), ("research", re.compile(r"科研机构")),
    ("public_interest", re.compile(r"社会公益组织|公益组织")), ("business", re.compile(r"商业企业|企业")),
    ("organisations", re.compile(r"法人(?:[、和或及与]|或者|以及)*(?:其他|其它)组织|法人|单位申请")),
    ("other_organisation", re.compile(r"其他组织|其它组织")), ("natural_person", re.compile(r"自然人|公民|个人")),
)
_TOGETHER = re.compile(
    r"(?:自然人|公民|个人|群众|居民|市民)(?:[、和及与或]|以及|或者)(?:法人|企业|单位|组织|机构)"
    r"|(?:法人|企业|单位|组织|机构)(?:[、和及与或]|以及|或者)(?:自然人|公民|个人|群众|居民|市民)")
"""公民、法人: everybody who asked."""
_ASKED_FOR = re.compile(r"(?:收到|受理|接收)了?依申请公开信息$")
_NAMES_APPLICANTS = re.compile(
    r"^(?:其中|包括|含|[、和及与])*(?:自然人|公民(?:个人)?|个人|商业企业|企业|科研机构|(?:社会)?公益组织|法律服务机构"
    r"|法人(?:[、和或及与]|或者|以及)*(?:其他|其它)组织)(?:的|提出的?|提交的?)?(?:信息公开)?(?:申请)?(?:的|为|共)?$")
"""其中自然人9件: nothing but the applicants is named, so their requests are counted."""
_OF_A_TOPIC = re.compile(r"(?:申请件?|事项|其)中[，,]?(?:有|涉及|关于|属于|通过|要求)")
"""新收申请中涉及土地的5件: a part of them."""
_PARTIAL_ANSWER = re.compile(r"延期|逾期|超期|延长|提前|当场|当日|当天|书面|电话|口头|邮寄|在线")
_VERBS = (
    ("new", re.compile(r"新收|新受理|新接|本年度?新|当年新|新增")),
    ("received", re.compile(r"收到|受理|接收|接到|收悉|登记申请")),
    ("answered", re.compile(r"办结|答复|回复|办复|办理完毕|处理完毕")),
    ("handled", re.compile(r"办理|处理")),
)
_DONE = re.compile(r"^[^，,。;；\d未不待没]{0,24}?(?:办结|答复|回复|办理完毕|办复)(?!期|时限|工作|函|率)")
_NO_VERB = re.compile(
    r"(?:答复|办理|办结|处理|受理)(?:期限|时限|工作|过程|质量|平台|渠道|流程|率|期间)|处理费|未(?:答复|办结|受理)|不予受理")
_JUST_COUNTED = re.compile(
    r"(?:信息公开|依申请公开)[^，,。;；]{0,8}申请[^，,。;；]{0,6}[\d一二两三四五六七八九十百]")
_TELLS_RESULTS = re.compile(r"答复|办结|结转|予以公开|部分公开|不予公开|无法提供|不予处理|其他处理")
_DOWN = re.compile(r"[下次翌来明][一]?年|下一?年度|以后年度|继续办理")
_UP = re.compile(r"上一?年|上一?年度|往年|去年|历年|以前年度|前一?年|上期")
_COUNTED_APART = re.compile(
    r"收到|接收|合计|(?:机关|本级|办公室|下属|所属|直属|局属|中心|分局)[^，,。;；]{0,10}(?:受理|办理)")
_OPEN = re.compile(r"(?:尚在|正在|仍在|在)(?:依法|抓紧)?(?:办理|处理)(?:之?中|过程中)?|未办结|待办结|在办")
_ELSE_OPEN = re.compile(
    r"(?:尚在|正在|仍在|处于|在)(?:补正|征求|听取|中止|延期|延长|检验|检测|鉴定|评审|申请人补正|等待)[^，,。;；]{0,12}"
    r"(?:期|中|过程|阶段|状态|意见)")
"""Requests that wait for something else are carried over too: beside them those being dealt with are only a part."""
_BLOCKS = (("granted", "予以公开"), ("partly_granted", "部分公开"), ("refused", "不予公开"), ("unable", "无法提供"),
           ("declined", "不予处理"), ("closed", "其他处理"))
_RESULTS = tuple(f".{name}" for name in ("disclosed", *(name for name, _ in _BLOCKS)))
_LABEL = re.compile(r"(?:按|以|为|系|属于?|作出?)?(?:予以公开|部分公开|不予公开|无法提供|不予处理|其他处理)")
_JOINT = re.compile(r"(?:公开|提供|处理)(?:的)?(?:[、和及与]|以及)$")
_GROUNDS = (
    ("refused_state_secret", "国家秘密"), ("refused_third_party", "第三方"), ("refused_internal_affairs", "内部事务"),
    ("refused_deliberative", "过程性"), ("refused_enforcement_file", "执法案卷"), ("refused_inquiry", "行政查询"),
    ("refused_other_law", "其他法律"), ("refused_security_stability", "三安全"),
    ("unable_not_held", "不掌握"), ("unable_needs_creation", "没有现成|另行制作|需要制作"),
    ("unable_unclear", "补正后|不明确"), ("declined_petition", "信访|举报|投诉"), ("declined_duplicate", "重复"),
    ("declined_publication", "出版物"), ("declined_excessive", "大量反复"), ("declined_reconfirmation", "重新出具"),
    ("closed_uncorrected", "不补正|未补正"), ("closed_unpaid", "缴费|缴纳"),
)
# Whom a "none received" may name: everybody or nobody. A class of applicants, a channel or a topic says less.
_WHOM = (r"(?:任何|有关|关于|相关|公众|社会公众|社会各界|群众|"
         r"(?:公民|自然人)[、,，]?法人(?:和|或者?|及|以及|与|、)(?:其他|其它)组织|"
         r"单位(?:和|或者?|、)(?:任何)?个人|企业(?:和|或|、)群众|群众(?:和|或|、)企业|(?:对|向)(?:我|本)(?:局|办|委|镇|乡|院|机关|单位|街道)|申请人|提出|提交|提起|的)*")
_NONE_RECEIVED = re.compile(
    rf"(?:未收到过?|没有收到过?|未接到过?|没有接到|未受理|无人提出|没有(?:发生)?|未发生"
    rf"|(?:未有|无)(?=公民|自然人|群众|任何|单位|企业|社会公众)){_WHOM}"
    rf"(?:申请公开政府信息|(?:政府|政务)?信息(?:依申请)?公开(?:的)?申请|依申请公开(?:(?:政府)?信息)?(?:的)?(?:申请|事项)|"
    rf"要求公开政府信息的申请)(?:表|件|书|事项|情况)?(?=[，,。;；、]|$)"
    rf"|(?:政府|政务)?信息公开申请(?:数量|总数|数|量)?(?:均)?为(?:0|零)(?:件|条|份)?(?=[，,。;；]|$)"
    r"|(?:^|[，,。;；])(?:全年|本年度?|20\d\d年度?)?[，,]?(?:我[局办委镇乡院]|本[局办机关]+)?(?:无|没有)"
    r"(?:(?:政府|政务)?信息公开申请|依申请公开)(?:件|事项|情况)?(?=[，,。;；]|$)")
_ALL_DONE = re.compile(
    r"(?:均已|全部|已全部|都已|已经全部|均)(?:依法|按时|按期|及时|依规|按规定|在规定期限内|在法定期限内)*"
    r"(?:办结|办理完毕|办理完结)(?=[，,。;；]|$)")
_NO_CARRY = re.compile(
    r"(?:无|没有|未有|不存在)(?P<in>上一?年度?)?(?:结转|转结)(?P<out>(?:到|至|于)?(?:下一?|次)年度?)?"
    r"|(?P<in2>上一?年度?)(?:无|没有)(?:结转|转结)|(?P<out2>无需)(?:结转|转结)(?:到|至)?下一?年度?")


def requests(sentence: Sentence, year: int | None) -> list[Claim]:
    """Claims applications.* of one sentence."""
    about = bool(_ABOUT_REQUESTS.search(sentence.context)) or _goes_on(sentence)
    found: list[Claim] = []
    foreign = False
    if about:
        for quantity in sentence.quantities:
            # 收到公租房申请156件，办结150件: what goes on without a noun of its own counts the same other matter.
            foreign = bool(_OTHER_KIND.search(quantity.clause)) or (foreign and not _REQUEST.search(quantity.clause))
            if not foreign and quantity.unit in _COUNTED and not _disputed(quantity) \
                    and of_this_year(sentence, quantity, year):
                claim = _request(sentence, quantity, year, found)
                if claim is not None:
                    found.append(claim)
        _brackets(sentence, found)
        found = _whole_of_several(sentence, found)
    found += _request_statements(sentence, year, about, found)
    return say_why(found, sentence, _ABOUT_REQUESTS)


def _goes_on(sentence: Sentence) -> bool:
    """Whether the sentence goes on telling the requests that the one before it counted."""
    return bool(_JUST_COUNTED.search(sentence.previous) and _TELLS_RESULTS.search(sentence.text))


def _whole_of_several(sentence: Sentence, found: list[Claim]) -> list[Claim]:
    """Of several received numbers in one sentence (the office's, the departments', all) only the whole is a claim."""
    received = [claim for claim in found
                if claim.metric == "applications.received" and "applicant" not in claim.detail]
    told = [quantity for quantity in sentence.quantities
            if quantity.unit in _COUNTED and _COUNTED_APART.search(quantity.left)
            and not _OTHER_MATTER.search(quantity.clause) and not _CHANNEL.search(quantity.left)
            and "其中" not in sentence.text[:quantity.start]]
    if max(len(received), len(told)) < 2:
        return found
    whole = [claim for claim in received if _WHOLE.search(claim.phrase)]
    keep = whole[-1:]
    return [claim for claim in found if claim not in received or claim in keep]


def _request(sentence: Sentence, quantity: Quantity, year: int | None, earlier: list[Claim]) -> Claim | None:
    left, right, clause = quantity.left, quantity.right, quantity.clause
    if re.search(r"复议|诉讼|起诉", sentence.text[:quantity.start]) and not _REQUEST.search(clause):
        return None
    if _OTHER_MATTER.search(clause) or _OTHER_REQUEST.search(clause) or _PLANNED.search(clause) \
            or COMPARISON.search(left) or "主动公开" in left or _OF_A_TOPIC.search(left):
        return None
    if quantity.unit == "条" and left.endswith("公开信息") and not _ASKED_FOR.search(left):
        return None  # what was disclosed, not what was asked
    if quantity.unit in _VAGUE and not _COUNTS_REQUESTS.search(left) \
            and not right.startswith(("申请", "政府信息", "信息公开", "依申请")):
        return None  # channels, columns and rounds are counted so too
    direction = _carried(left, quantity.right, year)
    if direction:
        return claim_of(sentence, quantity, f"applications.{direction}")
    if direction is None and (CARRIED.search(left) or CARRIED.match(right)):
        return None
    if (_OPEN.search(left[-12:]) or _OPEN.match(right)) and not re.search(r"转办|督办", clause):
        if _ELSE_OPEN.search(sentence.text):
            return None
        return claim_of(sentence, quantity, "applications.carried_out")
    # 5件予以公开、1件部分公开: what stands before such a number names the one before it.
    named = right if _JOINT.search(left) or _LABEL.match(right) else left
    block = _block(named) if named is left else _block(named) if _LABEL.match(named) else ""
    if block:
        if _of_carried_in(sentence, quantity, earlier):
            return None
        detail = {"row": row, "and_others": "等" in named} if (row := _ground(named)) else {}
        return claim_of(sentence, quantity, f"applications.{block}", **detail)
    verbs = _verbs_before(_NO_VERB.sub("", left))
    if not verbs and _DONE.match(right):
        verbs = ["answered"]
    if not verbs and quantity.value and _THEIR_NUMBER.search(left):
        verbs = ["received"]
    listed = re.search(r"其中|包括|含", sentence.text[:quantity.start])
    among = listed and any(other.end <= listed.start() for other in sentence.quantities)
    if not verbs and among and _NAMES_APPLICANTS.search(left) and not right.strip("、和及与").startswith("答") \
            and any(claim.metric in ("applications.received", "applications.new") for claim in earlier):
        verbs = ["received"]
    if not verbs or COMPARISON.search(clause):
        return None
    if verbs[0] in ("received", "handled"):
        if among:
            applicant = _applicant(left)
            if applicant and not _CHANNEL.search(left):
                return claim_of(sentence, quantity, "applications.received", applicant=applicant)
            return None
        near = clause if verbs[0] == "handled" else clause + sentence.text[:quantity.start]
        if not _REQUEST.search(near) and "依申请" not in sentence.topic:
            return None
        if any(claim.metric in ("applications.received", "applications.handled") for claim in earlier) \
                and not _REQUEST.search(clause) and not _WHOLE.search(left):
            return None
    if verbs[0] == "new" and not _REQUEST.search(clause) and not re.search(r"新收|新受理|新接", left):
        return None
    if verbs[0] == "answered" and (
            _PARTIAL_ANSWER.search(clause) or re.search(r"延期|逾期|转办|转交|移交", sentence.text)):
        return None
    if _CHANNEL.search(left) and not re.search(r"共|合计|总计|等", left):
        return None
    detail2: dict[str, object] = {"also": verbs[1:]} if verbs[1:] else {}
    applicant = _applicant(left)
    if applicant:
        if verbs[0] not in ("received", "new"):
            return None
        detail2["applicant"] = applicant
    if re.search(r"涉及|关于|方面|类(?!型)", _EVERYBODY.sub("", left)) and among:
        return None
    return claim_of(sentence, quantity, f"applications.{verbs[0]}", **detail2)


def _carried(left: str, right: str, year: int | None) -> str | None:
    """carried_in, carried_out, "" where nothing is carried, None where the direction isn't said."""
    near = re.split(r"含|其中|包括|另|、|以及|并", right)[0]
    for text in (left, near):
        hit = CARRIED.search(text)
        if not hit or (text is near and hit.start() > 14):
            continue
        before, behind = text[:hit.start()], text[hit.end():]
        target = re.match(r"(?:至|到|于|入|转至)?(20\d\d)年", behind)
        base = re.findall(r"(20\d\d)年", before)
        if target:
            return None if year is None else {1: "carried_out", 0: "carried_in"}.get(int(target[1]) - year)
        shift = 0
        if base:
            if year is None:
                return None
            shift = int(base[-1]) - year
        if _UP.search(before) or re.match(r"(?:自|从)?(?:上一?年|往年|去年)", behind):
            return "carried_in" if shift == 0 else None
        if re.search(r"[下次翌来明]一?年|下一?年度", before + behind) or (behind.startswith("继续办理") and not base):
            return {0: "carried_out", -1: "carried_in"}.get(shift)
        return "carried_in" if shift == -1 else None
    return ""


def _verbs_before(left: str) -> list[str]:
    """Verbs that govern the number, the leading one first: 收到…并办结 → received, answered."""
    tail = re.split(r"[、]", left)[-1] if re.search(r"[、]", left) and not _EVERYBODY.search(left) else left
    if not any(pattern.search(tail) for _, pattern in _VERBS):
        tail = left
    found = [name for name, pattern in _VERBS if pattern.search(tail)]
    if "new" in found:
        return ["new", *(name for name in found if name == "answered")]
    return found


def _of_carried_in(sentence: Sentence, quantity: Quantity, earlier: list[Claim]) -> bool:
    """上年结转2件，其中1件予以公开: whether the number tells only what became of requests carried in."""
    told = [claim for claim in earlier if not claim.metric.endswith(_RESULTS)]
    return bool(told and told[-1].metric == "applications.carried_in"
                and re.search(r"其中|均|分别", sentence.text[:quantity.start]))


def _block(left: str) -> str:
    if re.search(r"(?<!不予)公开(?:和|及|与|或|或者|、)(?:予以)?部分公开", left):
        return "disclosed"
    hits = [name for name, label in _BLOCKS if label in left]
    if hits == ["granted", "partly_granted"]:
        return "disclosed"
    return hits[0] if len(hits) == 1 else ""


def _ground(left: str) -> str:
    hits = [row for row, label in _GROUNDS if re.search(label, left)]
    return hits[0] if len(hits) == 1 else ""


def _applicant(left: str) -> str:
    bare = _EVERYBODY.sub("", left)
    if _TOGETHER.search(bare):
        return ""
    return next((name for name, pattern in _APPLICANTS if pattern.search(bare)), "")


def _brackets(sentence: Sentence, found: list[Claim]) -> None:
    """（含上年结转2件）: what a bracket behind a number says of it goes into that claim's detail."""
    by_end = {claim.detail.pop("_end"): claim for claim in found if "_end" in claim.detail}
    starts = {claim.detail.pop("_start", -1): claim for claim in found}
    for end, claim in by_end.items():
        bracket = re.match(r"(?:申请|件)?[（(]([^（()）]*)[）)]", sentence.text[end:])
        behind = re.match(r"[^，,。;；（(\d]{0,6}[，,](?:其中)?[^，,。;；\d]{0,4}(?:含|包括|包含)[^。;；]*",
                          sentence.text[end:])
        text = bracket or behind
        if not text:
            continue
        inside = range(end + text.start(), end + text.end())
        for start, other in starts.items():
            kind = other.metric.removeprefix("applications.")
            if start in inside and other is not claim and kind in ("new", "carried_in", "carried_out"):
                claim.detail[kind] = other.value
        if re.search(r"结转|转结|上一?年", text.group()) and re.search(r"含|包括|包含|其中|上", text.group()):
            claim.detail["includes_carry_in"] = True


def _request_statements(sentence: Sentence, year: int | None, about: bool, found: list[Claim]) -> list[Claim]:
    text = sentence.text
    said: list[Claim] = []
    if (none := _NONE_RECEIVED.search(text)) and not PART_OF_YEAR.search(WHOLE_YEAR.sub("", text[:none.start()])) \
            and speaks_of(text[:none.start()], year) and not any(claim.metric.endswith("received") for claim in found) \
            and not of_others(text[:none.start()]):
        said.append(statement_of(sentence, none, "applications.none"))
    if not about:
        return said
    for match in _NO_CARRY.finditer(text):
        if match["in"] or match["in2"]:
            said.append(statement_of(sentence, match, "applications.carried_in"))
        elif match["out"] or match["out2"]:
            said.append(statement_of(sentence, match, "applications.carried_out"))
    done = _ALL_DONE.search(text)
    if done:
        clause = re.split(r"[，,。;；]", text[:done.start()])[-1]
        main = any(claim.metric in ("applications.received", "applications.new") for claim in found)
        if main and not re.search(r"\d|其余|上年|结转|其中|除|诉讼|复议", clause + text[done.end():]) \
                and not any(claim.metric == "applications.carried_out" for claim in found):
            said.append(statement_of(sentence, done, "applications.carried_out"))
    return said


def _disputed(quantity: Quantity) -> bool:
    return bool(re.search(r"复议|诉讼|起诉|应诉", quantity.left + re.split(r"[、]", quantity.right)[0]))
