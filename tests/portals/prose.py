"""Words for the made reports: sections 1, 5 and 6, chosen anew for every body and year, agreeing with the figures.

Promises: all numbers about requests, disputes and normative documents are those of the tables; section 1 touches the
five topics the form asks for; governments report on assessment; no two reports read alike. Leaves alone: planted faults
(world.py replaces sections where it wants one).
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from tests.documents.making import Figures

AREAS: Mapping[str, tuple[str, ...]] = {
    "government": ("重大建设项目", "公共资源配置", "养老服务", "城市更新", "粮食安全", "减税降费", "乡村振兴",
                   "营商环境", "义务教育招生", "保障性住房", "河湖治理", "就业创业扶持", "应急避难场所",
                   "食品抽检", "便民停车"),
    "office": ("常务会议议定事项", "政策文件库维护", "建议提案复文", "政务公开培训", "公报编印", "民生实事进展",
               "新闻发布安排", "热线办件分析", "权责清单调整", "专栏改版", "公众开放日", "基层目录修订"),
    "education": ("义务教育划片", "学区调整方案", "校外培训治理", "教师招聘公示", "助学资助名单", "校园食堂检查",
                  "体育场馆开放", "中考政策问答", "校车线路", "课后服务收费", "学前教育普惠园目录"),
    "finance": ("部门预算", "专项资金目录", "政府采购意向", "债务限额", "惠农补贴发放", "会计师事务所检查",
                "绩效评价结果", "非税收入项目", "彩票公益金使用", "资产处置公告", "转移支付安排"),
    "justice": ("行政复议案例", "法律援助网点", "公证收费标准", "人民调解名册", "律师执业公示", "立法草案意见",
                "社区矫正流程", "行政执法人员名录", "合法性审查指引", "普法活动预告", "仲裁服务窗口"),
    "civil": ("最低生活保障标准", "养老机构备案", "婚姻登记预约", "社会组织年检", "地名更名", "临时救助名单",
              "殡葬服务价格", "儿童福利项目", "慈善信托备案", "助餐点布局", "居家适老化改造"),
    "statistics": ("经济运行数据", "人口抽样调查", "统计调查制度", "企业一套表培训", "价格指数", "统计执法检查",
                   "年鉴目录", "居民收支调查", "投资项目入库", "数据解读文章", "农业产量核定"),
    "water": ("水库调度", "用水定额", "河长巡查", "农村供水工程", "防汛预案", "水土保持验收", "取水许可名录",
              "灌区改造", "水费调整听证", "病险堤防整治", "节水型单位名单"),
    "forestry": ("松材线虫防治", "公益林补偿", "古树名木名录", "林地占用审批", "湿地保护", "防火巡护", "苗木检疫",
                 "林下经济扶持", "国土绿化进度", "野生动物损害补偿", "自然保护地边界"),
    "agriculture": ("种粮补贴", "农机购置名录", "高标准农田", "耕地轮作", "动物防疫", "宅基地审批", "农产品抽检",
                    "禁渔期安排", "家庭农场名录", "农资打假", "土地流转指导价"),
    "market": ("商场促销备案", "外贸企业名录", "菜市场改造", "成品油经营许可", "家政信用", "展会计划", "老字号认定",
               "消费券规则", "再生资源网点", "电商培训", "汽车以旧换新"),
    "health": ("医疗机构校验", "疫苗接种点", "家庭医生签约", "医师注册", "公共场所监测", "托育机构备案", "药品集采落地",
               "献血点分布", "院前急救布局", "职业病防治", "健康体检安排"),
    "township": ("惠民补贴发放", "村庄规划", "低保评议", "征地补偿公示", "危房改造", "村级财务", "防汛值守", "环境整治",
                 "农村道路养护", "文化礼堂活动", "救灾物资", "高龄津贴", "公益岗位招聘"),
    "street": ("老旧小区改造", "物业监管", "社区养老", "垃圾分类点位", "网格员招聘", "飞线充电整治", "充电桩布局",
               "社区议事", "市容巡查", "退役军人服务", "楼道清理", "暑期托管班"),
}

_OPENINGS = (
    "{year}年，{you}把群众想知道什么放在前面，以{a}、{b}为重点，完善公开清单，补齐过去的空缺。",
    "过去一年，{you}结合{a}和{b}的实际需要推进政务公开，全年工作有序开展，具体情况如下。",
    "{year}年是{you}政务公开工作提质的一年。年初列出任务，年中回头看，年底逐项核对，{a}、{b}等领域的公开内容更加充实。",
    "围绕企业和居民关心的{a}、{b}、{c}，{you}在{year}年调整了公开顺序，先公开影响面大的，再完善日常内容。",
    "{you}按照年度要点安排{year}年工作，分管负责人每季度听取汇报，重点解决{a}信息分散、{b}表述难懂的问题。",
    "{year}年度，{you}认真履行公开职责，从{a}入手，带动{b}和{c}两个方面一并改进。",
)
_PROACTIVE = (
    "主动公开方面，通过网站发布信息{web}条，政务新媒体推送{media}条，其中{a}类内容更新最勤，{b}类内容新增了办事图示。",
    "做好主动公开。{a}的标准、流程和结果全部上网，{b}按月更新；网站全年发布{web}条，公众号发布{media}条。",
    "一是主动公开更及时。对{a}、{b}建立“谁制作、谁发布”的责任表，网站更新{web}条，新媒体更新{media}条，"
    "配发问答{qa}篇。",
    "在主动公开上，把{a}做成专题，把{c}做成地图，方便查找。门户网站全年上载{web}条，另有{media}条经新媒体发布。",
    "主动公开信息以{a}、{c}为主，网站刊发{web}条。针对{b}举办开放活动{qa}场，现场发放资料并回答提问。",
    "推进主动公开标准化，修订事项目录，{b}由按年公布改为按季公布。本年度网站发布{web}条，微信平台发布{media}条。",
)
_DOCUMENTS = (
    "全年制发行政规范性文件{issued}件，废止{repealed}件，现行有效{in_force}件。",
    "行政规范性文件方面，本年制发{issued}件、废止{repealed}件，年末现行有效{in_force}件，均在文件库集中展示。",
    "对规范性文件作了清理，本年制发{issued}件，废止{repealed}件，截至年底现行有效规范性文件{in_force}件。",
)
_REQUESTS = (
    "依申请公开方面，本年新收政府信息公开申请{new}件，上年结转{carried_in}件，办结{concluded}件，结转下年度继续办理{carried_out}件。",
    "依申请公开渠道保持畅通。全年新收政府信息公开申请{new}件，加上上年结转{carried_in}件，共办结{concluded}件，"
    "另有{carried_out}件结转下年度办理。",
    "规范办理依申请公开，登记、会商、审核、送达各环节留痕。本年度新收到政府信息公开申请{new}件，上年结转{carried_in}件，"
    "已办结{concluded}件，结转下年度{carried_out}件。",
    "二是依申请公开更规范。新收政府信息公开申请{new}件、上年结转{carried_in}件；到年底办结{concluded}件，结转下年度{carried_out}件。"
    "答复前主动与申请人电话沟通，了解真实需要。",
    "政府信息公开申请的办理实行专人跟踪：上年结转{carried_in}件，本年新收{new}件，全年办结{concluded}件，"
    "结转下年度继续办理{carried_out}件。依申请公开答复文书统一使用新模板。",
)
_DISPUTES = (
    "因政府信息公开被申请行政复议{reconsideration}件，被提起行政诉讼{litigation}件。",
    "本年度政府信息公开类行政复议{reconsideration}件、行政诉讼{litigation}件，均已按程序应对。",
    "涉及政府信息公开的行政复议案件{reconsideration}件，行政诉讼案件{litigation}件。",
)
_NO_DISPUTES = (
    "全年未发生因政府信息公开引起的行政复议和行政诉讼。",
    "本年度没有因政府信息公开被申请行政复议、提起行政诉讼的情形。",
)
_MANAGEMENT = (
    "政府信息管理方面，落实先审后发，{a}类信息由业务科室初审、办公室复核，发布后一周内抽查，对过期内容作标注。",
    "加强政府信息管理，公文起草时同步确定公开属性；不予公开的写明理由。清理失效链接{fix}处，补录缺失要素。",
    "对历年政府信息开展梳理，按{a}、{b}等主题重新归类，涉及个人隐私的名单作遮盖处理，管理台账随时可查。",
    "政府信息管理实行“三审三校”，配置错敏词检查工具，全年提醒改正表述{fix}处，保密审查单随文归档。",
    "信息管理上，建立发布、更正、撤下三本台账；{b}调整后当日更新旧页面，避免新旧口径并存。",
)
_PLATFORM = (
    "平台建设方面，网站增设{c}检索入口，手机端页面完成适老改造，政务新媒体账号由{acc}个归并后统一值守。",
    "公开平台建设取得进展：专栏按五级目录重排，{a}页面增加下载按钮，线下查阅点配备自助终端{acc}台。",
    "完善平台建设，公众号菜单新增“{b}”栏目，与门户网站数据同源；图书馆、便民中心的查阅场所照常开放。",
    "在平台方面，升级站内搜索，支持按{a}、{c}筛选；新媒体停更账号已注销，其余账号每周至少更新一次。",
    "平台运维采用每日巡检，全年未出现长时间无法访问。{c}专题加入无障碍朗读，公报电子版同步上线。",
)
_OVERSIGHT = (
    "监督保障方面，明确一名副职分管、两名干部专办，开展培训{train}次，并请居民代表试用网站提意见。",
    "强化监督保障：每季度通报一次栏目更新情况，对逾期的科室发提示单；培训{train}场，参训人员随堂测试。",
    "为做好监督保障，公布投诉电话和信箱，收到意见均在五个工作日内回复。组织学习条例{train}次。",
    "监督保障措施进一步落实。{a}、{b}两个领域请第三方检查，问题清单限期销号；年内集中培训{train}次。",
    "监督保障有力，年初预算安排专项经费，年中督查一轮，年末把结果反馈各科室；业务培训共{train}期。",
)
_ASSESSMENT = (
    "政务公开继续纳入年度考核，占比与上年持平；社会评议结果总体良好，没有发生责任追究情形。",
    "考核上，把公开质量列为单位评优的参考项，并开展社会评议一次；全年无责任追究。",
    "年度考核设政务公开分值，评议采用问卷与电话访问相结合的办法，本年没有需要追究责任的情况。",
)
_PROBLEMS = (
    "{a}类信息专业术语较多，居民看不明白",
    "部分科室报送{b}信息不够主动，常在催办之后才补",
    "公开栏目的{c}内容层级偏深，查找要点击多次",
    "解读以文字为主，{a}缺少短视频和图示",
    "个别申请答复未充分说明依据，{b}类申请尤为明显",
    "基层人员流动快，新接手的同志对{c}的公开要求不熟",
    "新媒体与网站在{a}上的更新不同步",
    "{b}的历史资料数字化进度慢，旧件检索困难",
    "对评论留言的回应偏慢，{c}方面的提问有时隔周才答",
)
_MEASURES = (
    "一是编写{a}常用语对照，请居民先读后发",
    "二是给{b}设定发布时点，到期自动提示",
    "三是压缩栏目层级，把{c}放到首页入口",
    "四是与融媒体中心合作，每季制作{a}短片",
    "五是整理{b}答复范例，疑难件集体讨论",
    "六是为新同志安排跟班学习，{c}由老同志带教",
    "七是统一后台发布，{a}一次录入、多端更新",
    "八是分年扫描{b}旧档，先近后远",
    "九是设留言值班表，{c}类提问当日转办",
)
_BRIDGES = ("对照群众期待，仍有不足：", "工作中还存在以下问题：", "回看全年，短板主要有：", "存在的主要问题是：")
_TURNS = ("下一步改进：", "针对上述问题，{next}年拟采取以下措施：", "改进情况和打算：", "{next}年将从以下方面着手：")
_FEES = (
    "本年度未收取政府信息公开信息处理费。没有其他需要报告的事项。",
    "按照国务院办公厅关于信息处理费的管理办法，本年度没有发出收费通知，未收取信息处理费。",
    "信息处理费收取情况：本年度未向申请人收取费用。其他需要报告的事项：无。",
    "{year}年未产生政府信息公开信息处理费，收费金额为0元。",
)
_PREAMBLES = (
    "根据《中华人民共和国政府信息公开条例》有关规定，由{body}编制本报告。所列数据的统计期限为{start}至{end}。",
    "本报告依照《中华人民共和国政府信息公开条例》第五十条编写，数据统计时间自{start}起至{end}止，公众可在{body}网站查阅。",
    "现公布{body}{year}年度政府信息公开工作年度报告。报告中数据统计期为{start}至{end}。如有疑问，请与{body}联系。",
)


def chance_for(body: str, year: int) -> random.Random:
    """The same choices for the same body and year, whatever else the world holds."""
    return random.Random(f"{body}/{year}")


def preamble(body: str, year: int, period: tuple[str, str] | None = None) -> str:
    start, end = period or (f"{year}年1月1日", f"{year}年12月31日")
    return chance_for(body, year).choice(_PREAMBLES).format(body=body, year=year, start=start, end=end)


def sections(body: str, year: int, area: str, figures: Figures, *, government: bool) -> dict[int, str]:
    """Sections 1, 5 and 6 of one report; 2 to 4 hold tables only."""
    chance = chance_for(body, year)
    you = "本级政府" if area == "government" else chance.choice(("本机关", "我单位", body))
    return {1: _first(chance, you, year, area, figures, government), 2: "", 3: "", 4: "",
            5: _fifth(chance, year, area), 6: chance.choice(_FEES).format(year=year)}


def _first(chance: random.Random, you: str, year: int, area: str, figures: Figures, government: bool) -> str:
    def number(key: str) -> int:
        return int(figures.get(key) or 0)

    counts = {
        "new": number("applications.new.total"), "carried_in": number("applications.carried_in.total"),
        "concluded": number("applications.concluded.total"), "carried_out": number("applications.carried_out.total"),
        "issued": number("disclosure.normative_documents.issued"),
        "repealed": number("disclosure.normative_documents.repealed"),
        "in_force": number("disclosure.normative_documents.in_force"),
        "reconsideration": number("disputes.reconsideration.total"),
        "litigation": number("disputes.litigation_direct.total")
        + number("disputes.litigation_after_reconsideration.total")}
    quiet = counts["reconsideration"] == counts["litigation"] == 0
    kinds = [_PROACTIVE, _DOCUMENTS, _REQUESTS, _NO_DISPUTES if quiet else _DISPUTES, _MANAGEMENT, _PLATFORM,
             _OVERSIGHT]
    if "disclosure.normative_documents.in_force" not in figures:
        kinds.remove(_DOCUMENTS)
    if government:
        kinds.append(_ASSESSMENT)
    lines = [_say(chance, _OPENINGS, area, year, counts, you)]
    lines += [_say(chance, kind, area, year, counts, you) for kind in kinds]
    return "\n".join(lines)


def _say(chance: random.Random, kind: tuple[str, ...], area: str, year: int, counts: dict[str, int], you: str) -> str:
    a, b, c = chance.sample(AREAS[area], 3)
    return chance.choice(kind).format(
        a=a, b=b, c=c, year=year, you=you, web=chance.randint(180, 2400), media=chance.randint(90, 900),
        qa=chance.randint(3, 28), fix=chance.randint(4, 60), acc=chance.randint(2, 9), train=chance.randint(2, 7),
        **counts)


def _fifth(chance: random.Random, year: int, area: str) -> str:
    chosen = chance.sample(range(len(_PROBLEMS)), 3)
    problems = "；".join(_with_areas(chance, _PROBLEMS[place], area) for place in chosen)
    measures = "；".join(_with_areas(chance, _MEASURES[place], area).split("是", 1)[1] for place in chosen)
    return (f"{chance.choice(_BRIDGES)}{problems}。\n{chance.choice(_TURNS).format(next=year + 1)}{measures}。")


def _with_areas(chance: random.Random, text: str, area: str) -> str:
    a, b, c = chance.sample(AREAS[area], 3)
    return text.format(a=a, b=b, c=c)
