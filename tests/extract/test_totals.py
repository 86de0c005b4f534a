from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.claims import find_claims
from extract.model import Claim, Section
from extract.totals import fits


def found(text: str, metric: str = "total") -> list[Claim]:
    return [claim for claim in find_claims([Section(1, "一、总体情况", text)], 2023) if claim.metric == metric]


@pytest.mark.parametrize(("text", "total", "parts", "exhaustive"), [
    ("开设新媒体12个，其中微信7个，微博3个，其他2个。", 12, [7, 3, 2], False),
    ("公开信息共计1200条，分别为网站800条、公众号300条、其他200条。", 1200, [800, 300, 200], True),
    ("收到申请31件，其中3件结转下年办理，其余29件已依法答复。", 31, [3, 29], True),
    ("办理申请20件（包括新收17件，上年结转3件），全部办结。", 20, [17, 3], False),
    ("收到申请10件（其中自然人9件、企业1件）。", 10, [9, 1], False),
    ("公开信息3694条，其中概况45条，动态1438条，目录2032条；公众号发布632条。", 3694, [45, 1438, 2032], False),
    ("公开信息100条，其中网站60条，内容涉及多个方面。动态20条，公众号15条，其他方式5条。", 100, [60, 20, 15, 5], False),
    ("公开信息800条。其中，机关单位600条，占75%。各镇200条，占25%。", 800, [600, 200], False),
    ("举办活动12场，其中市级8场，县级4场，发布信息300条。", 12, [8, 4], False),
    ("发放材料1,200份，其中手册800份，折页400份。", 1200, [800, 400], False),
])
def test_parts_are_listed_with_their_total(text: str, total: int, parts: list[int], exhaustive: bool) -> None:
    claim = found(text)[0]
    assert (claim.value, claim.parts, claim.exhaustive) == (total, parts, exhaustive)


@pytest.mark.parametrize("text", [
    # a single part, other units, approximate numbers, comparisons
    "收到申请31件，其中3件结转。", "公开信息120条，其中解读20篇，图解30个。",
    "公开信息120余条，其中动态80条，公告50条。", "公开信息120条，其中动态80条，较去年增加50条。",
    "公开信息120条，比上年增加20条。", "完成率98%，其中一月90%，二月95%。",
    # a new statement, not a part: its own verb, or more than the total
    "发布信息100条，其中动态60条，通过公众号推送70条。", "召开会议12次，其中专题会3次，下发通报50次。",
    "公开信息100条，其中网站60条，公众号发布630条。",
    # after a full stop only where the sum is exact
    "公开信息100条，其中网站60条。公众号50条，其他20条。",
    "公开信息800条。其中，机关单位600条，占75%。各镇190条，占24%。",
    # a bracket that ends before the list begins
    "结转5件），其中复议1件，诉讼3件。",
    # two numbers and a third that isn't their sum
    "全区21个部门、6个街道配备58名负责人。",
])
def test_doubtful_lists_are_no_claims(text: str) -> None:
    assert found(text) == []


def test_parts_in_inner_brackets_belong_to_their_part() -> None:
    claim = found("公开信息100条，其中动态60条（视频10条、图片50条），公告40条。")[0]
    assert claim.parts == [60, 40]


def test_a_second_list_ends_the_first() -> None:
    claims = found("答复申请100件，其中予以公开50件，不予公开50件，其中国家秘密5件，商业秘密6件。")
    assert claims[0].parts == [50, 50]


def test_a_sum_told_in_persons_is_seen_only_where_it_holds() -> None:
    claim = found("全区21个部门、6个街道都落实了责任，共配备27名负责人。")[0]
    assert (claim.value, claim.parts, claim.detail["implicit"]) == (27, [21, 6], True)


def test_parts_know_what_they_were_read_as() -> None:
    claim = found("收到政府信息公开申请31件，其中3件结转下年办理，其余29件已依法答复。")[0]
    assert claim.detail["part_metrics"] == ["applications.carried_out", "applications.answered"]


def test_a_rate_takes_its_named_pair() -> None:
    text = "全年受理政府信息公开申请284件。因政府信息公开引起的行政复议和行政诉讼21件，复议诉讼率7.4%。"
    claim = found(text, "percentage")[0]
    assert (claim.value, claim.detail["numerator"], claim.detail["denominators"]) == (7.4, 21, [284])


def test_a_share_counts_only_when_another_proves_its_base() -> None:
    listed = "答复申请200件。予以公开50件，占25%；不予公开20件，占11%；无法提供130件，占65%。"
    assert [(claim.value, claim.detail["denominators"]) for claim in found(listed, "percentage")] == [
        (25, [200]), (11, [200]), (65, [200])]
    assert found("答复申请200件。予以公开50件，占比为33%。", "percentage") == []
    assert found("申请数量同比增长12.5%，满意率达99.2%。", "percentage") == []


@pytest.mark.parametrize(("percent", "part", "whole", "decimals", "holds"), [
    (7.4, 21, 284, 1, True), (4.34, 35, 805, 2, True), (33.9, 258, 805, 1, False), (32, 258, 805, 0, True),
    (33, 258, 805, 0, True), (34, 258, 805, 0, False), (50, 1, 0, 0, False)])
def test_tolerance_is_a_tenth_or_one_unit_of_the_last_place(percent: float, part: int, whole: int, decimals: int,
                                                           holds: bool) -> None:
    assert fits(percent, part, whole, decimals) is holds


@given(st.lists(st.integers(1, 999), min_size=2, max_size=5))
def test_exact_lists_always_come_out_exact(parts: list[int]) -> None:
    names = "甲乙丙丁戊"
    listed = "，".join(f"{name}类{part}份" for name, part in zip(names, parts, strict=False))
    claim = found(f"发放材料{sum(parts)}份，其中{listed}。")[0]
    assert sum(claim.parts) == claim.value


@pytest.mark.parametrize(("text", "shares"), [
    ("办结申请20件，其中予以公开13件，占比40%。", [(13, [20], 40)]),
    ("收到的20件政府信息公开申请中，予以公开10件，占30%，部分公开5件，占25%。", [(10, [20], 30), (5, [20], 25)]),
    ("发布信息3000条，其中政策文件320条，占文件总数的90%。", []), ("发布信息3000条，政策文件320条，占90%。", []),
    ("发布信息约3000条，其中政策文件320条，占90%。", []), ("公开信息120条，其中解读20篇，占比60%。", []),
])
def test_a_share_of_the_whole_just_told_needs_no_other_proof(
        text: str, shares: list[tuple[int, list[int], float]]) -> None:
    assert [(claim.detail["numerator"], claim.detail["denominators"], claim.value)
            for claim in found(text, "percentage")] == shares


def test_words_of_the_whole_and_names_of_applicants_are_no_verbs_of_the_parts() -> None:
    (applicants,) = found("收到依申请公开件10件，其中自然人申请9件、法人和其他组织申请4件。")
    (kinds,) = found("发布解读材料20篇（其中文字解读12篇、图片解读9篇）。")
    assert (applicants.parts, kinds.parts) == ([9, 4], [12, 9])


def test_a_list_that_ends_in_the_rest_counts_whole() -> None:
    (claim,) = found("现有账号共24个，其中微信12个，微博12个，其余2个为其他账号。")
    assert (claim.parts, claim.exhaustive) == ([12, 12, 2], True)
