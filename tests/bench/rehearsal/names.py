"""Names of the invented nation: provinces' worth of cities, counties, departments and towns, none of them real.

Promises: the same number gives the same name; the names of one county are distinct. Leaves alone: what its bodies do.
"""

from __future__ import annotations

_FIRST = "青岚云松石柳白望临清南北安长双永新和丰景泰宁平昌兴嘉德广吉瑞华明春秋金银铜玉龙凤鹤鹿雁鹭荷兰竹梅枫桂"
_SECOND = "河溪湖岭山川原坪塘泉浦渡桥关口湾洲岩峰谷源陵丘台堰坝渠潭泽沙滩屏阳阴城堡营店集铺镇坊庄园林田"
_CITY = "濛澜沅泺浠涟滉洺溆泸漳滁淅渭湟"
_CITY_END = "州阳江陵海安"
DEPARTMENTS = (
    "财政局", "教育局", "民政局", "司法局", "水利局", "审计局", "统计局", "商务局", "自然资源局", "生态环境局",
    "卫生健康局", "农业农村局", "交通运输局", "应急管理局", "市场监督管理局", "人力资源和社会保障局",
    "住房和城乡建设局", "文化广电和旅游局", "发展和改革局", "退役军人事务局", "医疗保障局", "城市管理局", "信访局",
    "科学技术局", "工业和信息化局", "林业局", "公安局", "体育局", "乡村振兴局", "行政审批服务局", "民族宗教事务局",
    "气象服务局", "粮食和物资储备局", "机关事务管理局", "大数据管理局", "地方金融工作局", "投资促进局",
    "国有资产管理局",
    "供销合作事务局", "畜牧兽医局", "人民防空办公室", "档案管理局", "公路管理局", "能源局", "海洋渔业局", "知识产权局")
_TOWN_FIRST = "东西南北上下大小前后中高古新老金银玉红白黑青黄"
_TOWN_SECOND = "石柳杨槐桑枣杏桃李梨竹茶麻棉稻麦粟豆瓜苇"


def city(number: int) -> str:
    return f"{_CITY[number % len(_CITY)]}{_CITY_END[number // len(_CITY) % len(_CITY_END)]}市" + (
        "" if number < len(_CITY) * len(_CITY_END) else "第" + str(number // (len(_CITY) * len(_CITY_END))))


def county(number: int) -> str:
    """Two characters and an ending; distinct for the first 10,000 numbers."""
    end = "县区旗市"[number // (len(_FIRST) * len(_SECOND)) % 4]
    rest = number % (len(_FIRST) * len(_SECOND))
    return f"{_FIRST[rest % len(_FIRST)]}{_SECOND[(rest // len(_FIRST) + rest) % len(_SECOND)]}{end}"


def department(number: int) -> str:
    return DEPARTMENTS[number]


def town(number: int) -> str:
    first, second = number % len(_TOWN_FIRST), number // len(_TOWN_FIRST) + 7 * number
    return f"{_TOWN_FIRST[first]}{_TOWN_SECOND[second % len(_TOWN_SECOND)]}{'镇乡'[number % 2]}人民政府"
