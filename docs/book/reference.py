"""Reference pages written from code and config: commands, settings, outcomes, statuses, the database, the API.

Promises: nothing here is told twice – help comes from the commands and config/vocabulary.yaml, defaults from
config/settings.toml, types from the settings' model, tables from a freshly made database; both languages from the same
facts; the same code gives the same pages. What words.yaml has no words for stands without them, and in `lacking`, which
a test wants empty.
Leaves alone: the English rules.md (monitor/catalogue_page.py), the pages people write.
"""

from __future__ import annotations

import re
import sqlite3
import tempfile
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

import typer
import yaml

from crawler.store import Store
from extract import configuration
from monitor import catalogue_page, command_help, wording
from monitor.cli import app
from monitor.records import monitor_schema
from monitor.settings import Settings
from monitor.web import openapi
from monitor.wording import Lang

Words = dict[str, Any]
lacking: list[str] = []
"""Places in words.yaml where the pages written last found nothing."""
_KEY = re.compile(r"""(\w+)\s*=\s*("[^"]*"|\[[^\]]*\]|\{[^}]*\}|[^\s#]+)\s*(?:#\s*(.*))?""")


def pages(words: Words) -> dict[str, str]:
    """Every generated page by its name in the book, `x.zh.md` and `x.en.md`."""
    written = {}
    lacking.clear()
    for name, write in (("commands", commands), ("settings", settings), ("outcomes", outcomes),
                        ("statuses", statuses), ("schema", schema), ("api", interface)):
        for lang in ("zh", "en"):
            written[f"reference/{name}.{lang}.md"] = write(words, lang)  # type: ignore[arg-type]
    written["rules.zh.md"] = rules(words)
    return written


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return re.sub(r"`[^`]*`|\|", lambda found: found[0] if found[0] != "|" else "\\|",
                  re.sub(r"\s*\n\s*", " ", text)).strip()


def _head(words: Words, page: str, lang: Lang) -> str:
    said = words["pages"][page]
    return f"# {said['title'][lang]}\n\n{said['lead'][lang]}\n"


# ---------------------------------------------------------------- commands
def commands(words: Words, lang: Lang) -> str:
    """Every command with its arguments and options, groups after their own help."""
    said = words["terms"]
    parts = [_head(words, "commands", lang)]
    for path, command in _commands(_tree(lang)):
        parts.append(f"## nianbao {path}\n" if path else f"## {said['global'][lang]}\n")
        if path:
            parts.append(_kept_lines(command.help or ""))
            usage = command.context_class(command, info_name=f"nianbao {path}").get_usage()
            parts.append(f"```text\n{' '.join(usage.split()).partition('nianbao')[2].join(['nianbao', ''])}\n```\n")
        context = typer.Context(command)
        records = [each.get_help_record(context) for each in command.params if each.name != "help"]
        rows = [[f"`{name.partition(' <')[0]}`", command_help.remark(text) if lang == "zh" else text]
                for name, text in filter(None, records)]
        if rows:
            parts.append(_table([said["option"][lang], said["meaning"][lang]], rows))
    parts.append(f"## {said['exit_codes'][lang]}\n")
    parts.append(_table([said["code"][lang], said["meaning"][lang]],
                        [[str(code), each[lang]] for code, each in words["exit_codes"].items()]))
    return "\n".join(parts)


def _tree(lang: Lang) -> Any:
    tree = typer.main.get_command(app)
    return command_help.in_language(tree, lang)


def _commands(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from _commands(child, f"{path} {name}".strip())


def _kept_lines(help_text: str) -> str:
    """A help text whose blocks marked with a backspace keep their line breaks."""
    first, *blocks = help_text.split("\b\n")
    return "\n\n".join([first.strip(), *(f"```text\n{block.rstrip()}\n```" for block in blocks)]) + "\n"


# ---------------------------------------------------------------- settings
def settings(words: Words, lang: Lang) -> str:
    """Every setting with its default and what it may be, by section."""
    said = words["terms"]
    folder = configuration.packaged_folder()
    text = (folder / "settings.toml" if lang == "en" else folder / "zh" / "settings.toml").read_text("utf-8")
    comments, defaults = _comments(text), tomllib.loads(text)
    parts = [_head(words, "settings", lang)]
    for section, field in Settings.model_fields.items():
        parts.append(f"## [{section}]\n")
        rows = []
        for name, setting in field.annotation.model_fields.items():  # type: ignore[union-attr]
            key = setting.alias or name
            place = f"{section}.{key}"
            meaning = comments.get(place, "")
            if lang == "zh" and not meaning and key in defaults.get(section, {}):
                lacking.append(f"settings: {place}")
            value = defaults.get(section, {}).get(key, setting.default)
            rows.append([f"`{key}`", f"`{_toml(value)}`", _allowed(setting), meaning])
        parts.append(_table([said["setting"][lang], said["default"][lang], said["allowed"][lang],
                             said["meaning"][lang]], rows))
    parts.append(f"## {said['whole_file'][lang]}\n\n```toml\n{text.rstrip()}\n```\n")
    return "\n".join(parts)


def _comments(text: str) -> dict[str, str]:
    """section.key → its comment: what stands behind it, in indented lines below, and in whole lines above."""
    found: dict[str, str] = {}
    section, above, place = "", "", ""
    for line in text.splitlines():
        if heading := re.match(r"\[(\w+)\]", line):
            section, above, place = heading[1], "", ""
        elif line.startswith("#"):
            above, place = f"{above} {line.strip('# ')}".strip(), ""
        elif re.match(r"\s+#", line) and place:
            found[place] = f"{found[place]} {line.strip(' #')}".strip()
        elif key := _KEY.match(line):
            place = f"{section}.{key[1]}"
            found[place], above = "; ".join(filter(None, (above, key[3] or ""))), ""
        else:
            above, place = "", ""
    return found


def _toml(value: Any) -> str:
    if value is None or value == "":
        return '""'
    return str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')


def _allowed(setting: Any) -> str:
    """The type and its bounds: `whole number ≥ 1 ≤ 366`; the words of a choice."""
    choices = [each for each in get_args(setting.annotation) if isinstance(each, str)]
    if choices:
        return " · ".join(f"`{each}`" for each in choices)
    kind = getattr(setting.annotation, "__name__", "") if isinstance(setting.annotation, type) else ""
    bounds = [f"{sign} {getattr(each, name):g}" for each in setting.metadata
              for name, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<")) if hasattr(each, name)]
    return " ".join([{"int": "123", "float": "1.5", "bool": "true · false"}.get(kind, '"…"'), *bounds])


# ---------------------------------------------------------------- outcomes and statuses
def outcomes(words: Words, lang: Lang) -> str:
    """What a fetch may come to, whose job it is, how to mend it."""
    facts = yaml.safe_load((configuration.packaged_folder() / "outcomes.yaml").read_text("utf-8"))
    said = words["terms"]
    rows = [[f"`{key}`", each[lang], facts["jobs"][each["job"]][lang], each["mend"][lang]]
            for key, each in facts["outcomes"].items()]
    return f"{_head(words, 'outcomes', lang)}\n" + _table(
        [said["key"][lang], said["meaning"][lang], said["job"][lang], said["mend"][lang]], rows)


def statuses(words: Words, lang: Lang) -> str:
    """The words of matrix, findings and review: statuses, reasons, verdicts, severities, states, tiers, scopes."""
    vocabulary, said = wording.vocabulary(), words["terms"]
    parts = [_head(words, "statuses", lang)]
    for group in ("statuses", "reasons", "verdicts", "severities", "states", "tiers", "duties", "scopes",
                  "date_sources", "figure_states"):
        terms: dict[str, wording.Term] = getattr(vocabulary, group)
        meanings = words["meanings"].get(group, {})
        rows = []
        for key, term in terms.items():
            meaning = term.meaning if lang == "zh" else meanings.get(key)
            if meaning is None and term.meaning:
                lacking.append(f"meanings: {group}.{key}")
            row = [f"`{key}`", *([term.symbol] if group == "statuses" else []), term.say(lang)]
            rows.append([*row, meaning or ""])
        heads = [said["key"][lang], *([said["symbol"][lang]] if group == "statuses" else []), said["word"][lang],
                 said["meaning"][lang]]
        if not any(row[-1] for row in rows):
            heads, rows = heads[:-1], [row[:-1] for row in rows]
        parts.append(f"## {words['groups'][group][lang]}\n\n{_table(heads, rows)}")
    return "\n".join(parts)


# ---------------------------------------------------------------- rules
def rules(words: Words) -> str:
    """Every rule as its Chinese readers are told of it; the English page is monitor/catalogue_page.py's."""
    said, parts, changes, group = words["terms"], [_head(words, "rules", "zh")], [], ""
    for each in catalogue_page.data():
        if (prefix := each["id"].partition("-")[0]) != group:
            group = prefix
            parts.append(f"## {group}\n")
        facts = [f"{wording.term('severities', each['severity'], 'zh')}（{each['severity']}）",
                 wording.term("categories", each["category"], "zh"), said["rule_over"][each["over"]]["zh"],
                 f"{said['version']['zh']} {each['version']}"]
        facts += [said[key]["zh"] for key in ("person_only", "operator_only") if each[key]]
        lines = [f"### {each['id']} {each['short']}\n", f"- {' · '.join(facts)}"]
        lines += [f"- {said[label]['zh']}：{each[key]}" for key, label in (
            ("fact", "says"), ("ask", "asks"), ("room", "leaves_room")) if each[key]]
        if each["basis"]:
            lines.append(f"- {said['basis']['zh']}：{'；'.join(each['basis'])}")
        parts.append("\n".join(lines) + "\n")
        changes += [(change["since"], each["id"], change) for change in each["history"]]
    parts.append(f"## {said['changes']['zh']}\n")
    parts += [f"- {since} · {key} {said['version']['zh']} {change['version']}：{change['zh']}"
              for since, key, change in sorted(changes, key=lambda told: told[:2], reverse=True)]
    return "\n".join(parts) + "\n"


# ---------------------------------------------------------------- the database
def schema(words: Words, lang: Lang) -> str:
    """Every table of a freshly made database with its columns, keys and references."""
    said = words["terms"]
    parts = [_head(words, "schema", lang)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        Store(path).migrate(monitor_schema)
        connection = sqlite3.connect(path)
        try:
            names = [name for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%' "
                "AND name NOT LIKE '\\_%' ESCAPE '\\' ORDER BY name")]
            shadow = re.compile(rf"(?:{'|'.join(map(re.escape, names))})_(?:data|idx|content|docsize|config)")
            for name in names:
                if shadow.fullmatch(name):  # a full text index keeps tables of its own
                    continue
                if name not in words["tables"]:
                    lacking.append(f"tables: {name}")
                meaning = words["tables"].get(name, {"zh": "", "en": ""})[lang]
                parts.append(f"## {name}\n\n{meaning}\n\n{_columns(connection, name, said, lang)}")
        finally:
            connection.close()
    return "\n".join(parts)


def _columns(connection: sqlite3.Connection, table: str, said: Words, lang: Lang) -> str:
    leads = {row[3]: f"→ {row[2]}" for row in connection.execute(f'PRAGMA foreign_key_list("{table}")')}
    rows = []
    for _, name, kind, not_null, default, key, hidden in connection.execute(f'PRAGMA table_xinfo("{table}")'):
        notes = [said["primary_key"][lang]] * bool(key) + [leads.get(name, "")] * (name in leads)
        notes += [f"{said['default'][lang]} {default}"] * (default is not None)
        notes += [said["computed"][lang]] * (hidden in (2, 3))
        rows.append([f"`{name}`", kind, "" if not_null or key else said["may_be_null"][lang], " · ".join(notes)])
    return _table([said["column"][lang], said["type"][lang], "NULL", said["notes"][lang]], rows)


# ---------------------------------------------------------------- the interface for programs
def interface(words: Words, lang: Lang) -> str:
    """Every operation of the web's interface with its parameters and answers, from its OpenAPI document."""
    said, document = words["terms"], openapi.document(lang, version("nianbao"))
    parts = [_head(words, "api", lang), document["info"]["description"] + "\n"]
    root = document["servers"][0]["url"]
    for path, operations in document["paths"].items():
        for method, each in operations.items():
            parts.append(f"## {method.upper()} {root}{path}\n\n{each['summary']}\n")
            if rows := [[f"`{name['name']}`", _shape(name["schema"]), name["description"]]
                        for name in each.get("parameters", [])]:
                parts.append(_table([said["option"][lang], said["allowed"][lang], said["meaning"][lang]], rows))
            rows = [[code, answer["description"], _schema_of(answer)] for code, answer in each["responses"].items()]
            parts.append(_table(["HTTP", said["meaning"][lang], said["schema"][lang]], rows))
    for name, schema_ in document["components"]["schemas"].items():
        parts.append(f"## {name}\n")
        parts.append(_table([said["field"][lang], said["type"][lang], said["meaning"][lang]],
                            [[f"`{key}`", _shape(field), field.get("description", "")]
                             for key, field in schema_["properties"].items()]))
    return "\n".join(parts)


def _shape(field: dict[str, Any]) -> str:
    """A JSON schema in a word or a few: its choices, else its types with bounds."""
    if choices := field.get("enum"):
        return " · ".join(f"`{each}`" for each in choices)
    kinds = field.get("type", "")
    bounds = [f"{sign} {field[key]}" for key, sign in (("minimum", "≥"), ("maximum", "≤")) if key in field]
    return " ".join([" · ".join(kinds if isinstance(kinds, list) else [kinds]), *bounds])


def _schema_of(answer: dict[str, Any]) -> str:
    """The schemas an answer's JSON is made of, with links to them."""
    found = dict.fromkeys(re.findall(r"#/components/schemas/(\w+)", repr(answer)))
    return " · ".join(f"[{name}](#{name})" for name in found)
