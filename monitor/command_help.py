"""The help of every command: in Chinese its texts and the parser's own headings around them, in both languages usage
lines as people write them.

Promises: a whole tree of commands is changed in place, so that `--help`, a call without arguments and the usage line of
an error read alike, whatever it spoke before; what the vocabulary doesn't hold stays in the code's English. Leaves
alone: errors (messages.py), which language is spoken (cli.py).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import Any

from monitor import wording
from monitor.wording import Lang

_HEADINGS = {"Arguments": "help_arguments", "Options": "help_options", "Commands": "help_commands"}
_BRACED = ((re.compile(r"\{([^{}]*\.\.\.[^{}]*)\}(?:\.\.\.)?"), r"\1"), (re.compile(r"\{([^{}]*)\}"), r"\1"),
           (re.compile(r"\[(\[[^\[\]]*\][^\[\]]*)\](?:\.\.\.)?"), r"\1"))
"""The parser's marks around arguments that are named with marks of their own: {FILE...}... is FILE..."""
_TYPE = re.compile(r" <[^<>]*>$")
_METAVARS = {"[OPTIONS]": "help_any_option", "COMMAND": "help_a_command", "[ARGS]...": "help_its_arguments"}


def in_language(command: Any, lang: Lang) -> Any:
    """The command and all below it, with their help in that language."""
    words = wording.vocabulary()

    def translate(each: Any, path: str) -> None:
        each.help, each.short_help = vars(each).setdefault("in_english", (each.help, each.short_help))
        if path in words.commands and lang == "zh":
            each.help = words.commands[path].zh.replace("\\b", "\b")
            each.short_help = words.commands[path].zh.splitlines()[0]
        for parameter in each.params:
            if hasattr(parameter, "help"):
                known = words.options.get(f"{path} {parameter.name}".strip()) or words.options.get(parameter.name or "")
                english = vars(parameter).setdefault("in_english", parameter.help)
                parameter.help = known.zh if known and lang == "zh" else english
        each.context_class = _context(_unspoken(each.context_class), lang)  # type: ignore[arg-type] # classes are hashable
        for name, child in getattr(each, "commands", {}).items():
            translate(child, f"{path} {name}".strip())

    translate(command, "")
    return command


def speak(context: Any, lang: Lang) -> None:
    """Let a context that was made before its tree was translated write its usage and help in that language."""
    while context is not None:
        context.formatter_class = _formatter(_unspoken(type(context)).formatter_class, lang)
        context = context.parent


@functools.cache
def _context(base: type[Any], lang: Lang) -> type[Any]:
    return type("SpeakingContext", (base,), {"formatter_class": _formatter(base.formatter_class, lang),
                                             "unspoken": base})


def _unspoken(context_class: type[Any]) -> type[Any]:
    """What a class of contexts was before it learnt a language."""
    return getattr(context_class, "unspoken", context_class)


@functools.cache
def _formatter(base: type[Any], lang: Lang) -> type[Any]:
    """The parser's formatter with usage lines as people write them and, in Chinese, its own few words replaced."""

    class Formatter(base):  # type: ignore[misc]
        def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
            for pattern, kept in _BRACED:
                args = pattern.sub(kept, args)
            super().write_usage(prog, args, prefix)

        def write_dl(self, rows: Sequence[tuple[str, str]], *args: Any, **options: Any) -> None:
            super().write_dl([(_TYPE.sub("", first), second) for first, second in rows], *args, **options)

    class ChineseFormatter(Formatter):
        def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
            for english, key in _METAVARS.items():
                args = args.replace(english, _say(key))
            super().write_usage(prog, args, prefix or _say("help_usage"))

        def write_heading(self, heading: str) -> None:
            key = _HEADINGS.get(heading)
            self.write(f"{'':>{self.current_indent}}{_say(key)}\n" if key else f"{heading}:\n")

        def write_dl(self, rows: Sequence[tuple[str, str]], *args: Any, **options: Any) -> None:
            super().write_dl([(first, remark(second)) for first, second in rows], *args, **options)

    return ChineseFormatter if lang == "zh" else Formatter


def remark(second: str) -> str:
    """An option's help with the parser's additions to it, such as its default, in Chinese."""
    second = second.replace("Show this message and exit.", wording.vocabulary().options["help"].zh)
    second = re.sub(r"\s*\[default: ([^\];]*)", lambda found: f"  [{_say('help_default', value=found[1])}", second)
    return re.sub(r"(?<=[\[; ])required(?=\])", _say("help_required"), second)


def _say(key: str, **values: object) -> str:
    return wording.say(key, "zh", **values)
