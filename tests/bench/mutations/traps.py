"""Clean reports that look wrong: every "Trap" and guard of the domain, planted into reports that are in order.

Promises: nothing here may raise more than its `allowed` rules do, as I. Each function is one trap, named in `name`.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

from tests.bench.mutations import phrases
from tests.bench.mutations.building import chain, make, with_sentence
from tests.bench.mutations.faults import Fault, Planted, replaced, with_cells, without_numbers
from tests.bench.mutations.made import COLUMNS, LONG_TITLES, PARTS, Made, Value
from tests.bench.mutations.year_faults import county_with_members

TRAPS: list[Fault] = []


def trap(function: Fault) -> Fault:
    TRAPS.append(function)
    return function


def _counts(made: Made, **rows: int) -> Made:
    """These numbers of requests, all of natural persons: new, carried_in, granted, carried_out…; concluded follows."""
    cells: dict[str, Value] = {key: 0 for key in made.figures if key.startswith("applications.")}
    concluded = sum(value for name, value in rows.items() if name in PARTS)
    for name, value in {**rows, "concluded": concluded}.items():
        for column in ("natural_person", "total"):
            cells[f"applications.{name}.{column}"] = value
    assert rows.get("new", 0) + rows.get("carried_in", 0) == concluded + rows.get("carried_out", 0)
    return replace(without_numbers(made), figures={**made.figures, **cells})


def _says(rng: random.Random, made: Made, *texts: str, section: int = 1, allowed: tuple[str, ...] = ()) -> Planted:
    text = rng.choice(texts)
    return Planted(with_sentence(made, text.replace("{Y}", str(made.year)).replace("{L}", str(made.year - 1))
                                 .replace("{N}", str(made.year + 1)).replace("{we}", made.we or "我县"), rng, section),
                   name=text, allowed=allowed)


def _sentences_trap(*texts: str, kinds: tuple[str, ...] = ("department", "township", "county"), section: int = 1,
                    size: str = "few", allowed: tuple[str, ...] = ()) -> None:
    """Sentences that claim nothing about the tables, whatever these hold."""
    for text in texts:
        def plant(rng: random.Random, text: str = text) -> Planted:
            return _says(rng, make(rng, rng.choice(kinds), size=size), text, section=section, allowed=allowed)
        TRAPS.append(plant)


# ---------------------------------------------------------------- §3.5: what was measured
@trap
def carried_out_told_among_received(rng: random.Random) -> Planted:
    new, out = rng.randint(12, 60), rng.randint(2, 5)
    made = _counts(make(rng, size="few"), new=new, carried_in=1, granted=new + 1 - out, carried_out=out)
    return _says(rng, made, f"全年共收到政府信息公开申请{new}件，其中{out}件结转下年度办理，"
                            f"其余{new + 1 - out}件均已按时答复。",
                 allowed=("TXT-13",))


@trap
def received_counts_what_was_carried_in(rng: random.Random) -> Planted:
    new = rng.randint(3, 60)
    made = _counts(make(rng, size="few"), new=new, carried_in=1, granted=new + 1)
    return _says(rng, made, f"共收到政府信息公开申请{new + 1}件。",
                 f"本年度共受理政府信息公开申请{new + 1}件，全部答复。")


@trap
def handled_with_carry_in(rng: random.Random) -> Planted:
    new, carried = rng.randint(20, 200), rng.randint(1, 9)
    made = _counts(make(rng, size="few"), new=new, carried_in=carried, granted=new + carried - 2, carried_out=2)
    return _says(rng, made, f"共处理政府信息公开申请{new + carried}件（含上年度结转{carried}件），结转下年度2件。",
                 f"全年按时办理答复政府信息公开申请{new + carried}件（其中新收{new}件，上年结转{carried}件）。",
                 f"办理依申请公开{new + carried}件，包括上年结转{carried}件。")


@trap
def answered_with_both_carry_overs(rng: random.Random) -> Planted:
    new, carried, out = rng.randint(40, 200), rng.randint(2, 9), rng.randint(2, 9)
    done = new + carried - out
    made = _counts(make(rng, size="many"), new=new, carried_in=carried, granted=done, carried_out=out)
    return _says(rng, made, f"共受理政府信息公开申请{new}件，答复{done}件（含上年度结转{carried}件，"
                            f"另有{out}件结转下年度）。")


@trap
def rate_rounded_in_print(rng: random.Random) -> Planted:
    made = _counts(make(rng, "county", size="many"), new=284, granted=284)
    cells: dict[str, Value] = {key: 0 for key in made.figures if key.startswith("disputes.")}
    cells |= {"disputes.reconsideration.upheld": 15, "disputes.reconsideration.total": 15,
              "disputes.litigation_direct.upheld": 6, "disputes.litigation_direct.total": 6}
    made = replace(made, figures={**made.figures, **cells})
    return _says(rng, made, "全年收到政府信息公开申请284件，行政复议和行政诉讼共21件，复议诉讼率7.4%。",
                 "共收到政府信息公开申请284件，因政府信息公开引发的行政复议、行政诉讼共21件，复议诉讼率为7.39%。")


_sentences_trap(
    # (a) requests for something else
    "全年受理行政许可申请1234件，办结率100%。", "办理营业执照更正申请37件。",
    "市司法局全年收到行政复议申请312件，审结298件。",
    "受理不动产登记申请5621件，当日办结率98%。", "收到低保申请88件，审批通过79件。",
    "全年收到公租房申请156件，办结150件。",
    # (b) no claims
    "上年结转资金320万元全部执行完毕。", "尚在办理的人大建议3件正在推进。", "答复网民留言412条，平均用时3个工作日。",
    "依申请公开答复时限为20个工作日，平均办理时长压缩至12个工作日。", "办理12345热线工单936件，答复率100%。",
    "回复依申请公开咨询电话56次。", "办结人大代表建议和政协委员提案共计17件。",
    # (d) comparisons
    "政府信息公开申请数量比上年增加7件。", "依申请公开件较去年减少2件，下降8.6%。", "收到申请数与{L}年相比多4件。",
    "信息公开申请同比增长25%。",
    # (e) other periods
    "第一季度收到政府信息公开申请2件。", "{L}年以来累计受理政府信息公开申请1213件。",
    "上半年共答复政府信息公开申请1件。", "近三年来共收到依申请公开件321件。",
    "截至目前累计办理政府信息公开申请2046件。", "上年收到政府信息公开申请95件。",
    # (i) numbers that count nothing
    "对照国办公开办函〔2021〕30号文件和《条例》第27条要求办理申请公开事项。",
    "在26个领域编制基层政务公开标准目录，规范申请公开流程。",
    "于3月15日前完成依申请公开平台升级。", "依据条例第三十六条第（二）项答复申请人。",
    # parts that don't cover the whole
    "全年发布政务信息3694条，其中图片新闻45条、动态信息1438条、公示公告2032条。",
    "主动公开政府信息1.15万余条，其中政策文件320条。",
    "发布各类信息5200余条，其中微信3000条、微博2500条。",
    "共印发文件56件，其中主动公开30件、依申请公开10件。", "组织培训12场，培训人员860人次，其中专题讲座3场。",
    # rates with a base of their own
    "群众满意度达98.6%，信息公开事项办结率100%。", "网站访问量同比增长37.5%，栏目更新率达100%。",
    "申请人中自然人占九成以上。",
    # plans
    "力争申请公开办结率达到100%，预计全年举办培训4次。")
_sentences_trap(
    "全年办理政务服务事项12万件，其中网办率98%。", "{Y}年，累计办理“12345”热线工单3621件，办结率100%，满意率97.8%。",
    "共办理人大代表建议21件、政协委员提案33件，按期办结率、满意率均为100%。",
    "召开政务公开领导小组会议2次，专题研究依申请公开工作1次。",
    "共接待政府信息查阅群众126人次，提供查阅资料532份。", "依申请公开渠道包括信函、当面、网络3种方式。",
    "编发《政务公开工作简报》12期，刊发信息86条。", "依申请公开答复书制式文本共26种，涵盖5大类办理结果。",
    "全年共公开财政预决算信息132条，其中部门预算66条、部门决算66条。", "配合法院审理行政诉讼案件27件，出庭应诉率100%。",
    "更新公开指南2次，调整公开目录15项，新增栏目3个，合并栏目8个。", "网站全年访问量达326万次，独立用户86万个。",
    "受理领导信箱来信1026封，办结1018封，办结率99.2%。", "按照“谁公开谁审查、一事一审”的原则，全年审查信息3126条。",
    "其中，通过门户网站公开1236条，占比62%；通过微信公众号公开756条，占比38%。",
    "政府公报全年出刊12期，免费赠阅3.6万册。",
    "政府信息公开申请平均办理时限为8.6个工作日，较法定时限缩短11个工作日。",
    "《条例》第四十九条规定，1月31日前公布年度报告。",
    "依申请公开咨询电话接听126次，接待来访查询34人次。", "政府信息公开申请办结率100%，行政复议维持率100%。")
# (h) nobody of one class, channel or kind
_sentences_trap(
    "未收到法人或其他组织提出的政府信息公开申请。", "未收到网上提交的政府信息公开申请。",
    "全年未收到要求公开会议纪要的申请。", "未收到涉及重点建设项目的政府信息公开申请。",
    "未收到行政复议申请。", "未收到更正政府信息的申请。", "未收到科研机构的信息公开申请。",
    "没有收到传真方式的信息公开申请。")
_sentences_trap(
    "未因主动公开政府信息被申请行政复议。", "没有发生因自身原因导致政府信息公开行政复议、诉讼被纠错的情况。",
    "{L}年未发生因政府信息公开引发的行政复议、行政诉讼。",
    "未发生重大政府信息公开行政复议诉讼。", "全年办理行政复议案件468件，行政应诉案件92件。",
    "出庭应诉率100%，未因程序问题败诉。",
    "依法审理行政复议案件，其中涉及山林确权12件。", "严格办理因信息公开引起的行政复议答复工作，按时提交证据材料。",
    "持续降低政府信息公开行政复议纠错率和行政诉讼败诉率。",
    size="many")
# (g) another scope than the report's
_sentences_trap("全县共收到政府信息公开申请1562件。", "全市各级行政机关办结政府信息公开申请2213件。",
                "各镇街共受理依申请公开331件。",
                kinds=("department",), allowed=("TXT-01", "TXT-04"))
_sentences_trap("县政府办公室收到政府信息公开申请3件。", "其中，区政府办公室办理政府信息公开申请5件。",
                "市自然资源局本机关受理政府信息公开申请41件。",
                kinds=("county",), size="many", allowed=("TXT-01",))
_sentences_trap("市政府现行有效行政规范性文件259件。", "全年公开规范性文件31件，备案12件。",
                "开展规范性文件清理，涉及文件432件。",
                "解读规范性文件16件，公众意见征集9次。", allowed=("TXT-09",))


@trap
def last_years_carry_over_is_carried_in(rng: random.Random) -> Planted:
    new, carried = rng.randint(5, 60), rng.randint(1, 4)
    made = _counts(make(rng, size="few"), new=new, carried_in=carried, granted=new + carried)
    return _says(rng, made, f"{{L}}年结转下年度政府信息公开申请{carried}件，均已在本年度办结。",
                 f"{{L}}年度结转至{{Y}}年的政府信息公开申请{carried}件已全部答复。")


@trap
def an_applicant_is_compared_with_its_column(rng: random.Random) -> Planted:
    made = make(rng, size="many")
    n = made.numbers()
    return _says(rng, made, f"收到自然人提出的政府信息公开申请{n['np']}件，"
                            f"法人或其他组织提出的政府信息公开申请{n['org']}件。")


@trap
def approximate_numbers(rng: random.Random) -> Planted:
    new = rng.randint(1003, 1090)
    made = _counts(make(rng, "county", size="many"), new=new, granted=new)
    return _says(rng, made, "共受理政府信息公开申请1000余件。", "全年办理政府信息公开申请逾1000件。",
                 "收到政府信息公开申请约1000件。")


@trap
def everything_dealt_with_but_what_was_not_due(rng: random.Random) -> Planted:
    new = rng.randint(5, 30)
    made = _counts(make(rng, size="few"), new=new, granted=new - 1, carried_out=1)
    return _says(rng, made, f"收到政府信息公开申请{new}件，除1件未到答复期限外均已办结。",
                 f"收到政府信息公开申请{new}件，到期件全部按时答复，1件结转下年度。",
                 f"共收到政府信息公开申请{new}件，{new - 1}件已按时办结，剩余1件正在办理。")


@trap
def a_phrase_in_order(rng: random.Random) -> Planted:
    made = make(rng, size=rng.choice(("few", "many")))
    pool = rng.choice((phrases.REQUESTS, phrases.DISPUTES, phrases.NORMATIVE))
    fitting = [phrase for phrase in pool if phrase.suits(made)]
    return Planted(with_sentence(made, (phrase := rng.choice(fitting)).said(made, rng), rng), name=phrase.text) \
        if fitting else Planted(made, name="plain")


@trap
def none_received_and_none_is_printed(rng: random.Random) -> Planted:
    made = make(rng, size="none")
    text = rng.choice(phrases.NO_REQUESTS + phrases.NO_DISPUTES)
    return _says(rng, made, text)


@trap
def parts_that_cover_the_whole(rng: random.Random) -> Planted:
    a, b, c = (rng.randint(2, 300) for _ in range(3))
    text, _ = rng.choice(phrases.TOTALS)
    return _says(rng, make(rng), text.replace("{Y}", "本年度").format(t=a + b + c, a=a, b=b, c=c))


# ---------------------------------------------------------------- titles, periods, years
@trap
def year_of_publication_in_the_title(rng: random.Random) -> Planted:
    made = make(rng)
    return Planted(replace(made, title=f"{made.title}（{made.year + 1}年1月公布）"), allowed=("DOC-01",),
                   name=made.title)


@trap
def founded_in_the_year(rng: random.Random) -> Planted:
    made = make(rng)
    made = replace(made, roster={**made.roster, "since": made.year},
                   preamble=[f"本机关于{made.year}年3月组建。"
                             f"所列数据统计期限为{made.year}年3月1日至{made.year}年12月31日。"])
    return Planted(made, name="founded")


@trap
def an_old_page_was_used_again(rng: random.Random) -> Planted:
    made = make(rng)
    return Planted(replace(made, published=date(made.year - 2, 1, 20)), name="old page")


_sentences_trap(
    "落实《{L}年政务公开工作要点》任务分工。", "认真学习《国务院办公厅关于印发{L}年政务公开工作要点的通知》。",
    "与{L}年相比，公开数量稳步提升。",
    "{L}年底成立的工作专班继续运转。", "{L}年评估反馈的问题全部整改到位。", "自{L}年起施行的公开制度继续完善。",
    "{L}年度考核获评优秀等次。",
    "{L}年结转的事项均已办结。", "按照{L}年机构改革方案调整公开目录。")
_sentences_trap("{N}年，将进一步完善制度。", "{N}年我们将着力提升解读质量。",
                "针对{L}年存在的解读形式单一问题，已组织整改。",
                "{Y}年将政府信息公开纳入考核，仍有薄弱环节。", section=5)
_sentences_trap("{N}年将继续做好各项工作。", "{L}年省级评估指出的问题已整改完毕。",
                "{Y}年未收取信息处理费，{L}年同样未收取。", section=6)
# DOC-05, DOC-06: lawful names and words
_sentences_trap(
    "县委、县政府高度重视政府信息公开工作。", "在市政府办公室的指导下有序推进。", "会同市场监督管理局开展联合培训。",
    "赴邻县政务服务中心学习考察。",
    "县政务公开领导小组定期调度。", "局党组专题研究信息公开工作。", "市财政局多次指导我们规范预决算公开。",
    "与望海市档案馆共建查阅点。",
    "人民银行等中央驻地方单位配合提供数据。", "行政事业性收费金额按单位万元、保留4位小数填列。",
    "制定填报说明，统一公开目录体例。",
    "（以下简称XX平台除外）", "原农业局的存量文件一并移交公开。", "信息公开咨询电话：0000-12345678。")
_sentences_trap("各部门分别落实责任，县教育局、县民政局率先完成目录调整。",
                "县财政局坚持集中公开预决算，各镇同步推进。",
                "县自然资源局认真梳理征地信息，县住房和城乡建设局及时公开棚改进展。", kinds=("county",))
# LNG: doubled words, brackets, phones
_sentences_trap("逐条逐条核对目录。", "做到：1）及时更新；2）准确完整。", "一一对应、层层落实、常态常新。",
                "监督电话：13800138000。",
                "联系人：王某，联系电话13912345678。", "统一社会信用代码为11330000002482000X。",
                "天天更新、件件落实，事事有回音。",
                "截至12月31日全部完成。")


# ---------------------------------------------------------------- sections and tables
@trap
def section_1_has_headings_of_its_own(rng: random.Random) -> Planted:
    made = make(rng)
    paragraphs = list(made.parts[1])
    for place, title in ((1, "（一）主动公开政府信息情况"), (3, "（二）收到和处理政府信息公开申请情况"), (5,
        "（三）政府信息公开行政复议、行政诉讼情况")):
        paragraphs.insert(min(place, len(paragraphs)), title)
    return Planted(replaced(made, 1, paragraphs), name="sub-headings")


@trap
def a_counted_list_with_a_comma_in_a_title(rng: random.Random) -> Planted:
    made = make(rng)
    titles = "、".join(LONG_TITLES[number] for number in range(1, 7))
    text = rng.choice((f"本报告由{titles}六部分组成。", f"本报告包括{titles}等六个方面内容。",
                       f"全文分为六个部分：{titles}。"))
    return Planted(replace(made, preamble=[f"{text}数据统计期限自{made.year}年1月1日至{made.year}年12月31日。"]),
                   name=text)


@trap
def variants_of_titles(rng: random.Random) -> Planted:
    made = make(rng)
    number, title = rng.choice(((1, "总体工作情况"), (1, "概述"), (2, "政府信息主动公开情况"), (5,
        "政府信息公开工作存在的主要问题及改进情况"),
                                (5, "存在问题及改进情况"), (5, "存在的主要问题及改进措施"), (6, "其他报告的事项"), (6,
                                    "需要说明的事项"),
                                (6, "其他需要报告的事项"), (4, "因政府信息公开申请行政复议和提起行政诉讼的情况"), (3,
                                    "收到和处理政府信息公开申请的情况")))
    return Planted(replace(made, headings={**made.headings, number: title}), name=title)


@trap
def dashes_are_no_blanks(rng: random.Random) -> Planted:
    made = make(rng, size=rng.choice(("none", "few")))
    zeros = [key for key, value in made.figures.items() if value == 0 and not key.endswith(".total")]
    mark = rng.choice(("/", "—", "－", "-"))
    return Planted(replace(made, figures={**made.figures, **dict.fromkeys(rng.sample(zeros, 15), mark)}), name=mark)


@trap
def cells_printed_in_many_ways(rng: random.Random) -> Planted:
    made = make(rng, size="many")
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    key = "disclosure.licences.decided"
    cells: dict[str, Value] = {key: f"{made.value(key):,}" if made.value(key) > 999 else f" {made.value(key)} "}
    cells |= {each: str(made.value(each)).translate(wide) for each in
              ("disclosure.penalties.decided", "applications.new.total", "applications.granted.natural_person")}
    return Planted(replace(made, figures={**made.figures, **cells}), name="printed")


@trap
def changes_may_be_negative(rng: random.Random) -> Planted:
    made = make(rng, year=rng.choice((2019, 2020)))
    cells: dict[str, Value] = {"disclosure.licences.change": rng.choice((-7, "减7", "-7", "+12", "增12"))}
    return Planted(replace(made, figures={**made.figures, **cells}), allowed=("FMT-08",), name="change")


@trap
def decimals_of_the_fee(rng: random.Random) -> Planted:
    amount = rng.choice((4166.241619, 26828.74197, 0.5))
    return Planted(with_cells(make(rng, size="none"), disclosure__fees__amount=amount),
                   name="decimals")


@trap
def few_in_force_are_no_contradiction(rng: random.Random) -> Planted:
    made = with_cells(make(rng, "department"), disclosure__normative_documents__issued=6,
                disclosure__normative_documents__repealed=3, disclosure__normative_documents__in_force=4)
    return Planted(replaced(made, 1, [text.replace("规范性文件", "文件") for text in made.parts[1]]), name="in force")


@trap
def fee_words_that_suffice(rng: random.Random) -> Planted:
    made = make(rng, year=2023, size="none")
    return Planted(replaced(made, 6, [rng.choice((
        "未产生信息处理费。", "全年未发出收费通知。", "本年度政府信息公开未收费。", "依申请公开政府信息没有收取费用。",
        "收取信息处理费总额0元。", "发出收费通知的件数和总金额以及实际收取的总金额均为0。", "无收费通知，无其他事项。",
        "2023年度依申请公开信息处理费收取情况：无。"))]), name="fee")


@trap
def closed_unpaid_beside_nothing_taken(rng: random.Random) -> Planted:
    while True:
        made = make(rng, size="many")
        if made.value("applications.closed_unpaid.total"):
            return Planted(replaced(made, 6, [rng.choice((
                "本年度未收取信息处理费。", "发出收费通知2件，申请人逾期未缴，未收取费用。",
                "全年实际收取信息处理费0元。"))]), name="unpaid")


@trap
def all_fees_are_not_the_processing_fee(rng: random.Random) -> Planted:
    made = with_cells(make(rng, size="none"), disclosure__fees__amount=215.36)
    return Planted(replaced(made, 6, [f"{made.year}年未收取信息处理费。无其他需要报告的事项。"]), name="fees")


# ---------------------------------------------------------------- years
@trap
def two_years_in_order(rng: random.Random) -> Planted:
    before, made = chain(rng)
    return Planted(made, earlier=(before,), name="chain")


@trap
def disputes_rise_in_2024(rng: random.Random) -> Planted:
    before, made = chain(rng, "county", 2024, "many")
    cells: dict[str, Value] = {key: 0 for key in before.figures if key.startswith("disputes.")}
    few = replace(without_numbers(before), figures={**before.figures, **cells, "disputes.reconsideration.upheld": 3,
                                                      "disputes.reconsideration.total": 3})
    cells |= {"disputes.reconsideration.upheld": 80, "disputes.reconsideration.total": 80}
    made = replace(without_numbers(made), figures={**made.figures, **cells})
    return Planted(made, earlier=(few,), allowed=("ARI-16",), name="disputes")


@trap
def last_years_in_force_is_blank(rng: random.Random) -> Planted:
    before, made = chain(rng, "department")
    before = with_cells(before, disclosure__normative_documents__in_force=None)
    return Planted(with_cells(made, disclosure__normative_documents__in_force=77), earlier=(before,), name="blank",
                   allowed=("TXT-09",))


@trap
def a_blank_carry_over_accuses_nobody(rng: random.Random) -> Planted:
    before, made = chain(rng, "department", size="few")
    blank = {f"applications.carried_out.{column}": None for column in (*COLUMNS, "total")
             if not before.value(f"applications.carried_out.{column}")}
    return Planted(made, earlier=(replace(before, figures={**before.figures, **blank}),), name="blank carry-over")


@trap
def members_in_order(rng: random.Random) -> Planted:
    from tests.bench.mutations.faults import Planted

    whole, own, members = county_with_members(rng)
    key = "applications.new.total"
    members = tuple(replace(each, figures={**each.figures, key: min(each.value(key), whole.value(key) // 5)})
                    for each in members)
    own = replace(own, figures={**own.figures, key: min(own.value(key), whole.value(key) // 5)})
    return Planted(whole, own=own, members=members, name="members")


def plain(rng: random.Random) -> Planted:
    """A report in order, nothing added."""
    return Planted(make(rng), name="plain")
