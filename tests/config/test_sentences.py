"""The lint of all that users read: words never to be used, signs, both languages, placeholders, keys in use."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor import wording
from monitor.model import Finding

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "config"
CHINESE = re.compile(r"[\u3400-\u9fff]")
FIELD = re.compile(r"\{(\w+)\}")
# Files whose Chinese is print to be recognised or names of places and forms, never a sentence of ours.
PATTERNS = {"phrases.yaml", "navigation.yaml", "roster.yaml", "indicators.yaml", "holidays.yaml", "alerts.yaml"}
FORBIDDEN = ("未公布", "造假", "伪造", "瞒报", "弄虚作假", "违反", "违规", "拒不", "敷衍", "抄袭", "套用", "不合格",
             "拖延", "按期", "发布日期", "发布时间", "错误", "漏报", "失败", "严重", "撤下", "雷同",
             "错报", "虚假", "隐瞒")
# What the law says in its own words, and the one statement that the office makes of itself.
SAID_BY_OTHERS = ("避免逐年雷同的要求", "尚未公布{a}份")
ACCUSING = re.compile(r"(?<!有)差(?:$|[。；，])|不力|不作为(?:$|[。；，])|应付|糊弄|恶意|故意")
HALF_WIDTH = re.compile(r"[\u3400-\u9fff][,;:!?]|[,;!?][\u3400-\u9fff]|[\u3400-\u9fff]\(|\)[\u3400-\u9fff]|\.\.\.")
SEPARATED = re.compile(r"\d,\d{3}(?!\d)")
ONLY_IN_ENGLISH = {"weekday", "until"}
# Set by wording for pages that show them; the pages hold the only use.
FOR_PAGES = {"blank_as_zero", "not_counted", "scope_mix", "break_2024", "historic_note", "holiday_note", "one_case",
             "report_wrong", "evidence_absence", "draft", "machine_only", "last_checked"}


def walk(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from walk(value, f"{path}.{key}" if path else str(key))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from walk(value, f"{path}[{number}]")
    elif isinstance(node, str) and CHINESE.search(node):
        yield path, node


@functools.cache
def loaded(name: str) -> Any:
    return yaml.safe_load((CONFIG / name).read_text("utf-8"))


FILES = sorted(path.name for path in CONFIG.glob("*.yaml") if path.name not in PATTERNS)
TEMPLATES = sorted(path for path in (ROOT / "monitor").rglob("*") if path.is_file() and "templates" in path.parts
                   and path.suffix in (".html", ".txt", ".xml", ".j2", ".jinja", ".md"))


@functools.cache
def sentences(name: str) -> list[tuple[str, str]]:
    """Every Chinese text of one file of facts that a user reads, by its place."""
    held = loaded(name)
    if isinstance(held, dict):
        held = {key: value for key, value in held.items() if key != "recognition"}
    return list(walk(held))


# ---------------------------------------------------------------- words and signs
@pytest.mark.parametrize("name", FILES)
def test_no_word_that_must_never_be_used(name):
    said = [(path, word) for path, text in sentences(name) for word in FORBIDDEN
            if word in functools.reduce(lambda held, quote: held.replace(quote, ""), SAID_BY_OTHERS, text)]
    assert said == []


@pytest.mark.parametrize("name", FILES)
def test_nobody_is_accused(name):
    assert [(path, text) for path, text in sentences(name) if ACCUSING.search(FIELD.sub("甲", text))] == []


@pytest.mark.parametrize("name", FILES)
def test_punctuation_is_full_width_and_numbers_have_no_separators(name):
    wrong = [(path, text) for path, text in sentences(name) if not path.endswith(".en")
             and (HALF_WIDTH.search(FIELD.sub("甲", text)) or SEPARATED.search(text))]
    assert wrong == []


@pytest.mark.parametrize("name", FILES)
def test_brackets_and_quotation_marks_close(name):
    for path, text in sentences(name):
        for opened, closed in ("（）", "“”", "《》", "【】", "〔〕", "{}"):
            assert text.count(opened) == text.count(closed), (path, text)


@pytest.mark.parametrize("name", FILES)
def test_everything_printed_exists_in_gbk(name):
    for path, text in sentences(name):
        assert text.encode("gbk", "ignore").decode("gbk") == text, path


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_keep_the_rules_of_writing(path):
    text = re.sub(r"\{#.*?#\}|<!--.*?-->", "", path.read_text("utf-8"), flags=re.DOTALL)
    assert not [word for word in FORBIDDEN if word in text]
    assert not re.search(r"[\u3400-\u9fff][,;!?](?!\w)", text)


def test_what_was_not_seen_is_said_as_not_seen():
    """截至…未见公布: absence is what we saw, never what somebody failed to do."""
    texts = [text for name in FILES for _, text in sentences(name)]
    absent = [text for text in texts if not any(each in text for each in SAID_BY_OTHERS)
              and re.search(r"(?<!尚)(?<!是否)(没有|没|未曾|尚未)(公布|发布|公开)", text)]
    assert absent == []
    assert wording.vocabulary().statuses["missing"].zh == "未见公布"


# ---------------------------------------------------------------- both languages
# Letters and the form's template are Chinese papers of a Chinese office; a link to the other language is in that one.
@pytest.mark.parametrize("name", [name for name in FILES if name not in (
    "rules.yaml", "messages.yaml", "papers.yaml", "report_template.yaml")])
def test_whatever_is_said_in_chinese_is_said_in_english_with_the_same_values(name):
    def both(node: Any, path: str) -> Iterator[str]:
        if isinstance(node, dict):
            # Commands and options have their English help in the code.
            if "zh" in node and not path.startswith((".commands", ".options", ".strings.other_language")):
                english = str(node.get("en", ""))
                if not english.strip() and node["zh"]:
                    yield f"{path}: no English"
                elif CHINESE.search(FIELD.sub("", re.sub(r"“[^”]*”|[（(][^)）]*[)）]", "", english))) and not re.search(
                        r"国办|单位名称|类别|名称|社会信用代码|层级|区划|号", english):
                    yield f"{path}: Chinese in the English"
                elif set(FIELD.findall(english)) - set(FIELD.findall(str(node["zh"]))) - ONLY_IN_ENGLISH:
                    yield f"{path}: English names more values"
            for key, value in node.items():
                yield from both(value, f"{path}.{key}")
        elif isinstance(node, list):
            for number, value in enumerate(node):
                yield from both(value, f"{path}[{number}]")

    assert list(both(loaded(name), "")) == []


def test_rules_say_everything_in_both_languages_and_short_enough():
    for key, entry in loaded("rules.yaml")["rules"].items():
        texts = [entry, *entry.get("variants", {}).values()]
        for text in texts:
            assert len(FIELD.sub("", text.get("short", ""))) <= 30, key
            assert not CHINESE.search(FIELD.sub("", re.sub(r"“[^”]*”", "", text.get("en", "")))), key


# ---------------------------------------------------------------- subjects and severities
def test_subjects_name_no_body():
    subjects = {path: text for path, text in sentences("vocabulary.yaml") if re.match(r"strings\.\w*subject", path)}
    assert subjects
    for path, text in subjects.items():
        assert not {"body", "names", "name", "you"} & set(FIELD.findall(text)), path
        assert len(FIELD.sub("", text)) <= 40, path


def test_only_issues_are_asked_to_be_corrected_without_doubt():
    """W asks to verify first; I asks nothing but what costs nobody a word."""
    for key, entry in loaded("rules.yaml")["rules"].items():
        ask = entry.get("ask", "")
        if entry["severity"] != "E":
            bare = re.sub(r"(?:核实|确有|属于)[^。]*更正", "", ask)
            assert "更正" not in bare, key


# ---------------------------------------------------------------- placeholders and keys
@functools.cache
def code() -> list[ast.Module]:
    return [ast.parse(path.read_text("utf-8")) for path in sorted((ROOT / "monitor").rglob("*.py"))]


@functools.cache
def constants() -> tuple[set[str], list[re.Pattern[str]]]:
    """Every text of the code, and every text with values in it as a pattern."""
    plain: set[str] = set()
    patterns: list[re.Pattern[str]] = []
    for module in code():
        for node in ast.walk(module):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                plain.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+"
                         for part in node.values]
                if any(len(part) >= 3 and re.fullmatch(r"\w+", part) for part in parts if part != r"\w+"):
                    patterns.append(re.compile("".join(parts)))
    for path in TEMPLATES:
        plain |= set(re.findall(r"['\"](\w+)['\"]", path.read_text("utf-8")))
    return plain, patterns


def test_no_string_of_the_vocabulary_is_unused():
    plain, patterns = constants()
    unused = [key for key in loaded("vocabulary.yaml")["strings"]
              if key not in plain and key not in FOR_PAGES and not any(each.fullmatch(key) for each in patterns)]
    assert unused == []


def calls(name: str) -> Iterator[tuple[str, set[str], bool]]:
    """Key, names of the values given and whether more may come, of each call of this name with a key as it stands."""
    for module in code():
        for node in ast.walk(module):
            if (isinstance(node, ast.Call) and ast.unparse(node.func) == name and node.args
                    and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)):
                given = {each.arg for each in node.keywords if each.arg}
                yield node.args[0].value, given, any(each.arg is None for each in node.keywords)


def test_every_string_the_code_asks_for_exists_and_gets_its_values():
    strings = wording.vocabulary().strings
    asked = list(calls("wording.say"))  # other rooms have a `say` of their own, over their own sentences
    assert len(asked) > 50
    assert sorted(key for key, _, _ in asked if key not in strings) == []
    lacking = {key: set(FIELD.findall(strings[key].zh)) - given for key, given, more in asked
               if not more and set(FIELD.findall(strings[key].zh)) - given}
    assert lacking == {}


@functools.cache
def supplied() -> set[str]:
    """Names of every parameter that some rule gives its sentences, and of what wording gives all of them."""
    names = {"body", "year", "report", "expr", "left", "right", "diff", "due_note", "cell_hint", "deadline", "pack",
             "threshold", *wording.vocabulary().measures}
    for path in (*(ROOT / "monitor" / "rules").glob("*.py"), ROOT / "monitor" / "judging.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Dict):
                names |= {str(key.value) for key in node.keys if isinstance(key, ast.Constant)}
            elif isinstance(node, ast.Call):
                names |= {each.arg for each in node.keywords if each.arg}
            elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
                names.add(str(node.slice.value))
    return names


def test_every_placeholder_of_a_rule_is_supplied_by_some_rule():
    lacking = [(path, name) for path, text in sentences("rules.yaml") for name in FIELD.findall(text)
               if name not in supplied() and not path.startswith(("case", "cell_hint"))]
    assert lacking == []


@pytest.mark.parametrize("value", ["None", "nan", "TODO", "XX"])
def test_nothing_unfinished_is_said(value):
    for name in FILES:
        for path, text in sentences(name):
            if value == "XX" and name == "rules.yaml":
                continue  # DOC-05 is about that very mark
            assert value not in text, (name, path)


# ---------------------------------------------------------------- sentences that were agreed on, with real figures
def said(rule: str, severity: str = "E", expression: str = "", left: Any = None, right: Any = None,
         **parameters: Any) -> str:
    scope = parameters.pop("scope", "own")
    year = parameters.pop("year", 2021)
    finding = Finding(rule, 1, severity, "fail", "b", scope, year, "", expression, left, right,  # type: ignore[arg-type]
                      None if left is None else left - right, [], parameters)
    return wording.fact_sentence(finding, "zh", "样例局")


@pytest.mark.parametrize(("sentence", "expected"), [
    (said("ARI-04", sum=11, printed=0, col="reconsideration", variant="zero_total", year=2023),
     "表四“行政复议”分项合计11件，总计栏为0（空白），请补填总计。"),
    (said("ARI-01", expression="1 + 0 = 1 + 1", left=1, right=2, col="total"),
     "表三“总计”列：新收＋上年结转＝1，办理结果总计＋结转下年度＝2，即1＋0≠1＋1，相差1件。"),
    (said("YOY-02", "I", y0=2024, prev=440, issued=58, repealed=45, sum=453, printed=546, scope="consolidated",
          year=2025),
     "按2024年现行有效440件，加本年制发58件、减本年废止45件，推算为453件；报告载546件。"),
    (said("TXT-13", "I", section=1, phrase="收到31件，其中3件结转、29件办结", sum=32, printed=31, left=32, right=31),
     "第一部分“收到31件，其中3件结转、29件办结”所列分项合计32，总数载31，相差1。")])
def test_agreed_sentences(sentence, expected):
    assert sentence == expected
