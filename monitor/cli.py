"""The command `nianbao`: global options, the commands by name, exit codes and one clear message for each fault.

Promises: exit 0 done · 1 findings (only with --fail-on) · 2 usage, configuration or input · 3 incomplete · 4 own
fault; no traceback unless NIANBAO_DEBUG is set. Leaves alone: what the commands do (commands/).
"""

from __future__ import annotations

import errno
import functools
import gc
import itertools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor import printing
from monitor.commands import (
    accounts,
    alerting,
    documents,
    evaluating,
    exploring,
    exporting,
    keeping,
    oversight,
    rostering,
    scanning,
    serving,
    setup,
    watching,
    working,
)
from monitor.session import Session

if TYPE_CHECKING:
    from monitor.wording import Lang

DEBUG = "NIANBAO_DEBUG"
DONE, FOUND, USAGE, INCOMPLETE, FAULT = range(5)

app = typer.Typer(name="nianbao", add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
                  rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]})


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        printing.line(f"nianbao {version('nianbao')}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option("--config", metavar="FILE", help="settings file (or NIANBAO_CONFIG); "
                                                "without it ./settings.toml, else the defaults")] = None,
    lang: Annotated[str | None, typer.Option("--lang", metavar="zh|en", help="language of the output")] = None,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True,
                                          help="version and exit")] = False,
) -> None:
    """Watch whether public bodies publish their annual disclosure reports on time, complete, free of contradictions."""
    if lang not in (None, "zh", "en"):
        raise typer.BadParameter(f"{lang!r} is neither zh nor en", param_hint="--lang")
    context.obj = Session(config, lang)  # type: ignore[arg-type]


for room in (setup, rostering, scanning, documents, oversight, evaluating, exporting, keeping, alerting, watching,
             serving, exploring, accounts, working):
    room.register(app)


COLLECTOR = (20_000, 20, 50)
"""When Python looks for rings of dead objects. Records and rosters are very many objects that die by themselves: with
Python's own 700 a judgement spends a seventh of its time on looking."""


def main() -> None:
    gc.set_threshold(*COLLECTOR)
    if os.environ.get("NIANBAO_KEEPER"):
        from monitor.watch import end_with_parent

        end_with_parent()
    sys.exit(run(sys.argv[1:]))


@functools.cache
def tree() -> Any:
    """All commands as the parser wants them. Made once: that takes longer than most commands."""
    return typer.main.get_command(app)


def run(arguments: list[str]) -> int:
    """The exit code of one call, after everything was printed."""
    printing.tolerate_encodings()
    command = tree()
    if {"-h", "--help"} & set(arguments) or not arguments:
        from monitor import command_help

        command_help.in_language(command, _spoken(arguments))
    try:
        code = command.main(args=arguments, prog_name="nianbao", standalone_mode=False)
        sys.stdout.flush()
    except BaseException as fault:
        if os.environ.get(DEBUG) and not _of_click(fault) and not isinstance(fault, KeyboardInterrupt):
            raise
        return _tell(fault, arguments)
    return code if isinstance(code, int) else DONE


def _tell(fault: BaseException, arguments: list[str]) -> int:
    """Say what went wrong on stderr; the exit code it means."""
    from monitor import messages

    if _of_click(fault):
        lang, context = _spoken(arguments), getattr(fault, "ctx", None)
        if context:
            from monitor import command_help

            command_help.in_language(context.find_root().command, lang)
            command_help.speak(context, lang)
        if type(fault).__name__ == "NoArgsIsHelpError":
            printing.note(context.get_help())  # type: ignore[union-attr]
        else:
            usage = f"{context.get_usage()}\n" if context else ""
            said = fault.format_message()  # type: ignore[attr-defined]
            printing.note(f"{usage}nianbao: {messages.said(said + _given(fault, arguments), lang)}")
        return USAGE
    if isinstance(fault, BrokenPipeError) or isinstance(fault.__context__, BrokenPipeError):
        # The reader of our output went away (`| head`): that's no fault, but Python would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    if isinstance(fault, (KeyboardInterrupt, typer.Abort)):
        printing.complain(messages.said("interrupted", _spoken(arguments)))
        return 130
    if isinstance(fault, SystemExit):
        return fault.code if isinstance(fault.code, int) else FAULT
    printing.complain(messages.said(_message(fault), _spoken(arguments)))
    return _code(fault)


def _spoken(arguments: list[str]) -> Lang:
    """The language errors are told in: the one asked for, else the settings' own where they can be read."""
    given = {name: value for name, value in itertools.pairwise([*arguments, ""]) if name in ("--lang", "--config")}
    given |= dict(each.split("=", 1) for each in arguments if each.startswith(("--lang=", "--config=")))
    if given.get("--lang") in ("zh", "en"):
        return given["--lang"]  # type: ignore[return-value]
    from monitor import settings

    try:
        return settings.load(settings.find(Path(given["--config"]) if "--config" in given else None)).general.language
    except Exception:  # whatever is wrong with the settings is being told already
        return "zh"


def _given(fault: BaseException, arguments: list[str]) -> str:
    """The value of the option that was refused, where the parser's own message doesn't show it."""
    names = getattr(getattr(fault, "param", None), "opts", [])
    count = max(getattr(getattr(fault, "param", None), "nargs", 1), 1)
    for place, name in enumerate(arguments):
        option, _, joined = name.partition("=")
        given = (joined or " ".join(arguments[place + 1:place + 1 + count])) if option in names else ""
        if given and given not in str(fault):
            return f" (value {given!r})"
    return ""


def _of_click(fault: BaseException) -> bool:
    """Whether the parser of the command line said no. Typer may carry its own copy of click."""
    return callable(getattr(fault, "format_message", None))


def _code(fault: BaseException) -> int:
    from crawler.exceptions import ClockError, ImportingError, RosterError
    from extract.exceptions import ExtractError
    from monitor.exceptions import SettingsError, UsageError

    return USAGE if isinstance(fault, (ExtractError, ClockError, ImportingError, RosterError, SettingsError,
                                       UsageError)) else FAULT


def _message(fault: BaseException) -> str:
    import sqlite3

    from crawler.exceptions import CrawlerError
    from crawler.store import damage
    from extract.exceptions import ExtractError
    from monitor.exceptions import MonitorError

    if isinstance(fault, (ExtractError, CrawlerError, MonitorError)):
        return str(fault)
    if isinstance(fault, sqlite3.DatabaseError) and (said := damage(fault)):
        return said
    if fault.args and isinstance(fault.args[0], OSError):  # what a library made of a full disk
        fault = fault.args[0]
    if isinstance(fault, OSError):
        place = f"{fault.filename}: " if fault.filename else ""
        full = fault.errno == errno.ENOSPC
        mend = "; free some space and run the command again, earlier data is intact" if full else ""
        return f"{place}{fault.strerror or fault}{mend}"
    if isinstance(fault, MemoryError):
        return "out of memory; close other programs or lower [reading] workers"
    return f"fault of nianbao itself: {type(fault).__name__}: {fault} (NIANBAO_DEBUG=1 shows where)"


if __name__ == "__main__":
    main()
