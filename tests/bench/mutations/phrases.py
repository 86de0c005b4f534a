"""What annual reports say, in many wordings: fillers by topic, and sentences whose numbers must agree with the tables.

A slot `{kind:name}` prints the number `name` of `Made.numbers()`; `kind` says in which readings that number is right
(domain.md §3.5), worked out here and not taken from the product. `{Y}` is the report's year, `{we}` how it names
itself.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from tests.bench.mutations.made import Made

_SLOT = re.compile(r"\{(\w+):([\w/]+)\}")
RULES = {"received": "TXT-01", "new": "TXT-01", "np": "TXT-01", "org": "TXT-01", "in": "TXT-02", "out": "TXT-03",
         "answered": "TXT-04", "answered_incl": "TXT-04", "g": "TXT-05", "pg": "TXT-05", "gpg": "TXT-05",
         "ref": "TXT-05", "una": "TXT-05", "dec": "TXT-05", "clo": "TXT-05", "rec": "TXT-06", "rec_upheld": "TXT-06",
         "rec_corrected": "TXT-06", "rec_pending": "TXT-06", "lit": "TXT-07", "lit_upheld": "TXT-07",
         "lit_corrected": "TXT-07", "lit_pending": "TXT-07", "lit_direct": "TXT-07", "lit_after": "TXT-07",
         "dis": "TXT-08", "issued": "TXT-09", "repealed": "TXT-09", "force": "TXT-09", "percent": "TXT-12"}


@dataclass(frozen=True)
class Phrase:
    """One sentence with slots. `needs`: names of numbers that must be above 0, with "!" before it exactly 0, and with
    ">1" or the like behind it at least that many."""

    text: str
    needs: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    """Kinds of body that say so; all where empty."""

    def suits(self, made: Made) -> bool:
        numbers = made.numbers()
        if self.kinds and made.kind not in self.kinds:
            return False
        return all(numbers[need[1:]] == 0 if need[0] == "!" else
                   numbers[need.partition(">")[0]] > int(need.partition(">")[2] or 0) for need in self.needs)

    @property
    def slots(self) -> list[tuple[str, str]]:
        return _SLOT.findall(self.text)

    def said(self, made: Made, rng: random.Random, wrong: int | None = None) -> str:
        """The sentence; the slot number `wrong` gets a number that no reading allows."""
        numbers, place = made.numbers(), iter(range(99))
        style = rng.choice(("plain", "plain", "plain", "wide", "spaced", "chinese"))

        def fill(slot: re.Match[str]) -> str:
            kind, name = slot[1], slot[2]
            index = next(place)
            if kind == "percent":
                part, whole = (numbers[each] for each in name.split("/"))
                decimals = rng.choice((0, 1, 2, 2))
                share = part * 100 / whole if whole else 0
                if index == wrong:
                    share += rng.choice((-1, 1)) * rng.uniform(3, 20)
                return f"{abs(share):.{decimals}f}"
            value = numbers[name]
            if index == wrong:
                value = _off(value, readings(kind, numbers), rng)
            return _printed(value, style)

        text = _SLOT.sub(fill, self.text)
        return text.replace("{Y}", str(made.year)).replace("{we}", made.we).replace("{L}", str(made.year - 1)) \
            .replace("{N}", str(made.year + 1))


def readings(kind: str, n: dict[str, int]) -> set[int]:
    """Every number the domain allows for this kind of phrase."""
    received = {n["new"], n["all"], n["done"], n["done"] + n["out"], n["new"] - n["out"]}
    answered = {n["done"], n["new"], n["new"] - n["out"], n["done"] - n["clo"]}
    return {
        "received": received, "answered": answered | received, "answered_incl": answered | received | {n["all"]},
        "g": {n["g"], n["gpg"]}, "rec": {n["rec"], n["rec"] - n["rec_pending"], n["rec_upheld"] + n["rec_corrected"]},
        "lit": {n["lit"], n["lit"] - n["lit_pending"], n["lit_direct"], n["lit_after"]},
        "dis": {n["dis"], n["dis"] - n["rec_pending"] - n["lit_pending"]},
    }.get(kind, {n.get(kind, 0)})


def _off(value: int, allowed: set[int], rng: random.Random) -> int:
    """A slip of the pen: near the true number, but right in no reading."""
    for _ in range(200):
        slip = value + rng.choice((-3, -2, -1, 1, 2, 3, 7, 9, 10, 18, 30))
        if slip > 0 and slip not in allowed:
            return slip
    return value + 1000


_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_WORDS = "零一二三四五六七八九十"


def _printed(value: int, style: str) -> str:
    if style == "wide":
        return str(value).translate(_WIDE)
    if style == "spaced":
        return f" {value} "
    if style == "chinese" and 2 < value <= 10:
        return _WORDS[value]
    return str(value)


def _p(text: str, *needs: str, kinds: tuple[str, ...] = ()) -> Phrase:
    return Phrase(text, needs, kinds)


REQUESTS = (
    _p("{Y}年，{we}共收到政府信息公开申请{received:new}件，上年结转{in:in}件，办结{answered:done}件，"
       "结转下年度继续办理{out:out}件。", "new"),
    _p("{Y}年度{we}新收政府信息公开申请{new:new}件，上年度结转{in:in}件，全年共办结{answered:done}件，"
       "其余{out:out}件结转下年度办理。", "new", "out"),
    _p("全年共受理政府信息公开申请{received:new}件，均在法定期限内答复申请人。", "new", "!out"),
    _p("全年收到依申请公开件{received:new}件，其中自然人申请{np:np}件、法人和其他组织申请{org:org}件。", "np", "org"),
    _p("共收到公民、法人和其他组织提出的政府信息公开申请{received:new}件，同比增长12.5%，均依法依规办理。", "new"),
    _p("依申请公开方面，通过网络、信函、当面等渠道共收到信息公开申请{received:new}件，办理答复{answered:done}件。",
       "new", "done"),
    _p("本年度新收政府信息公开申请{new:new}件，较上年减少3件；上年结转{in:in}件；结转至下一年度{out:out}件。", "new"),
    _p("本年度共处理政府信息公开申请{received:all}件（含上年结转{in:in}件），其中予以公开{g:g}件，部分公开{pg:pg}件，"
       "不予公开{ref:ref}件，无法提供{una:una}件，不予处理{dec:dec}件，其他处理{clo:clo}件，结转下年度{out:out}件。",
       "in", "done"),
    _p("{we}共收到政府信息公开申请{received:new}件，按期办结率100%。答复结果中，予以公开{g:g}件，不予公开{ref:ref}件，"
       "无法提供{una:una}件。", "new", "g"),
    _p("{Y}年，{we}政府信息公开申请数量共{received:new}件，已办结{answered:done}件，尚在办理中{out:out}件。", "new",
       "out"),
    _p("全年接收政府信息公开申请{received:new}份，答复{answered:done}份。", "new", "done"),
    _p("截至12月31日，{we}共办理政府信息公开申请{received:done}件，无一例超期。", "done"),
    _p("年内累计收到政府信息公开申请{received:new}宗，全部按时答复。", "new", "!out"),
    _p("{we}严格落实登记、审核、办理、答复、归档制度，{Y}年收到政府信息公开申请{received:new}件，"
       "予以公开和部分公开共{gpg:gpg}件。", "new", "gpg"),
    _p("对收到的{received:new}件政府信息公开申请，逐件登记、逐件会商。", "new"),
    _p("{Y}年共收到政府信息公开申请{received:new}件，其中，自然人{np:np}件，占{percent:np/new}%。", "new>3", "np",
       "org"),
    _p("{we}全年办结政府信息公开申请{answered:done}件，其中予以公开{g:g}件，占比{percent:g/done}%。", "done>3", "g"),
    _p("{Y}年1月1日至12月31日，{we}收到政府信息公开申请{received:new}件，上年结转{in:in}件；答复{answered:done}件。",
       "new"),
    _p("{Y}年度政府信息公开申请中，结转下年度办理的有{out:out}件。", "new", "out"),
    _p("全市各级行政机关共收到政府信息公开申请{received:new}件，其中结转下年度办理{out:out}件。", "new", "out",
       kinds=("county",)),
    _p("全县新收政府信息公开申请{new:new}件，办结{answered:done}件，结转{N}年继续办理{out:out}件。", "new",
       kinds=("county",)),
    _p("{we}本年新收政府信息公开申请{new:new}件，由{L}年结转{in:in}件。", "new", "in"),
    _p("申请办理情况：新收申请{new:new}件，结转上年度申请{in:in}件，作出政府信息公开答复{answered:done}件。", "new",
       "in"),
    _p("{Y}年，{we}共收到政府信息公开申请{received:new}件，已依法答复{answered:done}件，"
       "{out:out}件结转下年度继续办理。", "out"),
    _p("{we}共收到信息公开申请{received:new}件，全部为自然人申请；没有上年结转，也没有结转下年。", "new", "!org", "!in",
       "!out"),
    _p("依申请公开工作平稳，全年受理并答复政府信息公开申请{received:new}件。", "new", "!out"),
    _p("政府信息公开申请办理结果为：不予公开{ref:ref}件，无法提供{una:una}件，不予处理{dec:dec}件。", "ref", "una"),
)
REQUESTS += (
    _p("{Y}年，{we}共收到依申请公开件{received:new}件，其中当面申请1件、网络申请2件，其余为信函申请。", "new>4"),
    _p("全年受理依申请公开政府信息{received:new}件，办结{answered:done}件，按期答复率100%。", "new", "done"),
    _p("截至{Y}年12月31日，{we}共收到政府信息公开申请{received:new}件，同比减少10%，上年结转{in:in}件，"
       "答复{answered:done}件，"
       "结转下年{out:out}件。", "new", "done"),
    _p("全年共办理依申请公开事项{received:all}件（含{L}年结转{in:in}件），其中{answered:done}件已办结，"
       "{out:out}件结转至{N}年办理。",
       "in", "done", "out"),
    _p("{we}收到政府信息公开申请{received:new}件，均为自然人申请，均已按照要求答复。", "new", "!org"),
    _p("{Y}年度收到政府信息公开申请表共计{received:new}份。", "new"),
    _p("政府信息公开申请总数为{received:new}件，答复中予以公开{g:g}件，部分公开{pg:pg}件，不予公开{ref:ref}件，"
       "无法提供{una:una}件，不予处理{dec:dec}件，其他处理{clo:clo}件。", "new", "g"),
    _p("本年度共接收依申请公开申请{received:new}件次，其中自然人申请{np:np}件。", "new", "np", "org"),
    _p("收到的{received:new}件政府信息公开申请中，予以公开{g:g}件，占{percent:g/new}%。", "new>4", "g"),
    _p("依申请公开：共收到申请{received:new}件，{answered:done}件按时答复，{out:out}件结转下年度。", "new", "done",
       "out"),
    _p("全年共收到政府信息公开申请{received:new}件，办结{answered:done}件，{out:out}件尚在办理期限内。", "done", "out"),
    _p("答复政府信息公开申请{answered:done}件，其中予以公开{g:g}件。", "done", "g"),
    _p("{Y}年共收到政府信息公开申请{received:new}件，其中{out:out}件正在办理，余下已答复。", "new", "out", "!in"),
)
NO_REQUESTS = (
    "{Y}年，{we}未收到政府信息公开申请。", "全年未收到公民、法人和其他组织提出的政府信息公开申请。",
    "本年度{we}没有收到依申请公开政府信息的申请，无上年结转。", "{Y}年度政府信息公开申请为0件，无结转下年度办理事项。",
    "依申请公开渠道畅通，本年度未接到政府信息公开申请件。", "全年没有收到任何政府信息公开申请。",
    "{we}全年未收到任何单位和个人提出的政府信息公开申请。", "{Y}年{we}政府信息公开申请数为零。",
    "本年度共收到政府信息公开申请0件。", "{Y}年无政府信息公开申请。")
DISPUTES = (
    _p("因政府信息公开被申请行政复议{rec:rec}件、被提起行政诉讼{lit:lit}件。", "rec", "lit"),
    _p("全年涉及政府信息公开的行政复议案件{rec:rec}件，其中结果维持{rec_upheld:rec_upheld}件，"
       "结果纠正{rec_corrected:rec_corrected}件。", "rec"),
    _p("{Y}年，{we}政府信息公开类行政复议{rec:rec}起，行政诉讼{lit:lit}起。", "rec", "lit"),
    _p("因信息公开引发的行政复议、行政诉讼共{dis:dis}件。", "dis"),
    _p("涉及政府信息公开的行政诉讼{lit:lit}件，其中维持{lit_upheld:lit_upheld}件。", "lit"),
    _p("本年度政府信息公开行政复议案件共{rec:rec}件，尚未审结{rec_pending:rec_pending}件。", "rec"),
    _p("{we}因政府信息公开工作被提起行政诉讼{lit:lit}件，结果纠正{lit_corrected:lit_corrected}件，"
       "尚未审结{lit_pending:lit_pending}件。", "lit"),
    _p("因不服{we}政府信息公开答复，当事人申请行政复议{rec:rec}件。", "rec"),
    _p("政府信息公开行政复议和行政诉讼合计{dis:dis}件，均积极应诉答辩。", "dis"),
    _p("政府信息公开行政诉讼案件中，未经复议直接起诉{lit_direct:lit_direct}件，复议后起诉{lit_after:lit_after}件。",
       "lit_direct", "lit_after"),
)
DISPUTES += (
    _p("{Y}年，涉及政府信息公开的行政复议{rec:rec}件、行政诉讼{lit:lit}件。", "rec", "lit"),
    _p("因依申请公开被提起行政复议{rec:rec}件，行政诉讼{lit:lit}件。", "rec", "lit"),
    _p("因政府信息公开引发行政复议{rec:rec}件，其中结果维持{rec_upheld:rec_upheld}件、"
       "结果纠正{rec_corrected:rec_corrected}件、"
       "尚未审结{rec_pending:rec_pending}件；行政诉讼{lit:lit}件。", "rec", "lit"),
    _p("政府信息公开行政诉讼案件{lit:lit}件（含未经复议直接起诉{lit_direct:lit_direct}件，"
       "复议后起诉{lit_after:lit_after}件）。", "lit_direct"),
    _p("收到政府信息公开行政复议申请{rec:rec}件，均已按时答辩。", "rec"),
)
NO_DISPUTES = ("全年政府信息公开类行政复议、诉讼案件零发生。", "没有因政府信息公开工作引发行政复议、提起行政诉讼情况。",
               "无因政府信息公开申请行政复议、提起行政诉讼情况。", *(
    "全年未发生因政府信息公开引起的行政复议、"
    "行政诉讼案件。", "本年度没有因政府信息公开被申请行政复议或被提起行政诉讼的情况。",
    "{Y}年，{we}无政府信息公开行政复议、行政诉讼案件。", "未出现因信息公开引发的行政复议和行政诉讼。",
    "{we}{Y}年政府信息公开工作未被申请行政复议、未被提起行政诉讼。",
    "不存在因政府信息公开提起行政复议、行政诉讼的情形。"))
NORMATIVE = (
    _p("全年制发行政规范性文件{issued:issued}件，废止{repealed:repealed}件，现行有效{force:force}件。"),
    _p("{Y}年制定行政规范性文件{issued:issued}件。", "issued"),
    _p("截至{Y}年底，{we}现行有效的行政规范性文件共{force:force}件。", "force"),
    _p("年内废止行政规范性文件{repealed:repealed}件，制定并印发规范性文件{issued:issued}件。", "repealed", "issued"),
    _p("对现行有效的{force:force}件规范性文件实行目录管理。", "force"),
    _p("清理后现行有效行政规范性文件{force:force}件。", "force"),
    _p("{Y}年，出台规范性文件{issued:issued}件，均已公开并解读。", "issued"),
    _p("经清理，废止行政规范性文件{repealed:repealed}件。", "repealed"),
)
TOTALS = (
    # text, whether the list says that it is complete
    ("全年通过各类渠道主动公开政府信息{t}条，其中政府网站{a}条、政务新媒体{b}条、其他方式{c}条。", False),
    ("{Y}年共主动公开政府信息{t}条，其中网站公开{a}条，微信公众号公开{b}条，公告栏公开{c}条。", False),
    ("全年组织政务公开业务培训、专题研讨共{t}场次，分别为业务培训{a}场次、专题研讨{b}场次、现场观摩{c}场次。", True),
    ("现有政务新媒体账号共{t}个，其中微信公众号{a}个，微博{b}个，其余{c}个为短视频账号。", True),
    ("发布政策解读材料{t}篇（其中文字解读{a}篇、图片解读{b}篇、视频解读{c}篇）。", False),
    ("全年发布民生类信息{t}条，包括教育{a}条、医疗{b}条、就业{c}条。", False),
    ("共回应公众留言{t}条，分别是咨询{a}条、建议{b}条、投诉{c}条。", True),
)
TOPICS = {
    "主动公开": (
        "围绕重点工作，及时公开机构职能、财政预决算、行政执法结果等信息。",
        "聚焦群众关心的教育、医疗、养老等领域，主动公开办事指南和政策文件。",
        "按照《政府信息公开条例》要求，主动公开政府信息，做到应公开尽公开。",
        "结合权责清单动态更新主动公开目录，明确公开时限和责任股室。",
        "对涉及民生的重要政策，同步起草、同步审批、同步发布解读材料。",
        "在政务大厅设置政府信息查阅点，主动公开惠企政策汇编。",
        "将优化营商环境、乡村振兴等重点领域信息作为主动公开的重中之重。",
        "发布政府信息时注重通俗易懂，配发图表和问答。",
        "主动公开重大建设项目批准和实施信息，接受社会查询。", "把政策文件库建设成果嵌入主动公开专栏，"
                                                              "方便公众检索下载。"),
    "依申请公开": (
        "依申请公开工作制度进一步健全，答复文书统一使用规范文本。",
        "畅通依申请公开网上提交入口，安排专人负责登记转办。",
        "主动与申请人沟通，准确了解其真实需求。", "对疑难申请召开会商会，由法律顾问出具意见后答复申请人。",
        "建立申请公开台账，实现来件可查、去向可追。", "完善依申请公开内部流转程序，压实承办股室责任。"),
    "政府信息管理": (
        "严格执行政府信息发布审核制度，坚持先审后发。", "落实公文公开属性源头认定，不予公开的说明理由。",
        "开展历史文件集中清理，及时标注规范性文件有效性。", "健全政府信息管理动态调整机制，定期评估已公开内容。",
        "强化保密审查，确保涉密信息不上网。", "对行政规范性文件统一登记、统一编号、统一公布。"),
    "平台": (
        "优化门户网站栏目设置，调整层级过深的页面。", "规范政务新媒体运营管理，清理长期不更新的账号。",
        "完善信息公开专栏检索功能，适配移动终端。", "加强网站日常巡检，及时修复错链断链。",
        "打造线下公开专区，为群众提供平台查询和打印服务。", "推进公众号与网站内容同源发布。"),
    "监督保障": (
        "将政府信息公开纳入年度绩效考核，分值权重不低于4%。", "组织业务骨干参加信息公开培训，提升业务能力。",
        "主动接受社会评议，公布监督电话。", "对落实不到位的单位予以通报，全年没有需要责任追究的情形。",
        "配齐配强工作人员，落实经费保障，社会评议结果良好。", "建立责任追究制度，定期督查信息公开任务落实情况。"),
}
GOVERNMENT = ("健全工作考核制度，把公开工作纳入综合考评；开展社会评议，满意度较高；严格责任追究，全年无追责情形。",
              "坚持考核、社会评议、责任追究一体推进，当年未发生责任追究情况。")
PROBLEMS = (
    "公开内容的针对性还不够强，部分信息与群众期待有差距", "政策解读形式较为单一，以文字解读为主",
    "个别股室主动公开意识有待增强，报送不够及时",
    "信息公开业务人员更换频繁，业务水平参差不齐", "栏目更新频次不均衡，少数栏目内容偏少",
    "公开渠道的影响力有限，线下查阅点利用率不高",
    "基层政务公开标准目录对照执行不够细致", "依申请公开答复的说理性需要加强", "政务新媒体原创内容比例偏低",
    "与公众互动交流的深度不足，意见征集参与人数少", "历史文件数字化进度偏慢", "跨部门信息共享衔接不够顺畅",
    "数据开放的质量和时效有待提高", "公文属性认定把握尺度不够统一", "重点领域信息的颗粒度较粗")
MEASURES = (
    "进一步梳理群众需求清单，精准推送政策信息", "丰富图解、短视频、问答等解读方式",
    "制定季度任务清单，实行到期提醒和销号管理",
    "定期举办业务轮训，建立岗位交接指引", "开展栏目季度体检，合并内容交叉的栏目",
    "在便民服务中心增设查阅终端，提供帮办服务",
    "对照标准目录逐项自查，补齐缺项", "编写答复文书参考样例，加强法制审核", "建立素材共享库，鼓励一线科室供稿",
    "开设民意直通专栏，及时反馈采纳情况", "分批完成存量文件上网和有效性标注", "完善会商机制，明确牵头和配合职责",
    "规范数据目录，提升数据更新频率", "统一公开属性审查标准，开展案例研讨", "细化重点领域公开指引，突出实施结果公开")
FEE_SENTENCES = (
    "本年度未收取政府信息公开信息处理费。", "按照《政府信息公开信息处理费管理办法》，{Y}年未产生信息处理费。",
    "{Y}年度未发出收费通知，收取信息处理费总金额为0元。", "本机关依申请提供政府信息未收取任何费用，未发出收费通知。",
    "收取信息处理费情况：{Y}年没有收取信息处理费。", "{we}未对政府信息公开申请收费。")
OTHER_MATTERS = ("无其他需要报告的事项。", "年度重点工作任务已按要求落实，台账齐备。",
                 "承办建议提案的答复情况已在网站公开。",
                 "本机关工作要点落实情况良好，没有其他需要报告的事项。")
