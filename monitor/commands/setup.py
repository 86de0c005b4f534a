"""`init`, `doctor`, `config show`: making an installation and finding out what is wrong with it.

Promises: init never overwrites, and shuts a new folder to other users; doctor looks at everything and
changes nothing; secrets are never shown.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor import printing
from monitor.exceptions import SettingsError
from monitor.session import Session

if TYPE_CHECKING:
    from monitor.wording import Lang

AsJson = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]


def register(app: typer.Typer) -> None:
    app.command("init")(init)
    app.command("doctor")(doctor)
    configuration = typer.Typer(no_args_is_help=True, help="Look at the settings.")
    configuration.command("show")(show)
    app.add_typer(configuration, name="config")


def init(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(metavar="[DIR]", help="folder of the new installation")] = Path(),
    as_json: AsJson = False,
) -> None:
    """Set up a new installation: settings.toml and the office's own facts; nothing that exists is changed."""
    from monitor import wording

    session: Session = context.obj
    lang = session.language or "zh"
    written, kept = _write_installation(directory, lang)
    settings = directory / "settings.toml"
    if as_json:
        printing.document({"written": [str(path) for path in written], "kept": [str(path) for path in kept]})
        return
    for key, paths in (("init_written", written), ("init_kept", kept)):
        for path in paths:
            printing.line(wording.say(key, lang, path=path))
    printing.line(wording.say("init_next", lang, path=settings))


def _write_installation(directory: Path, lang: Lang) -> tuple[list[Path], list[Path]]:
    """The files written and those that stood there already. Raises SettingsError where the folder can't be made."""
    from extract.configuration import packaged_folder

    packaged = packaged_folder()
    examples = packaged / "examples"
    facts = directory / "facts"
    # The same files with what they say in Chinese beside each setting; a test holds them equal.
    spoken = packaged / "zh" if lang == "zh" else packaged
    texts = {
        directory / "settings.toml": re.sub(r'(?m)^folder = ""( *)', r'folder = "facts" ',
                                            (spoken / "settings.toml").read_text("utf-8")),
        facts / "bodies.csv": _roster_template(packaged / "bodies.csv"),
        facts / "alerts.yaml": (spoken / "alerts.yaml").read_text("utf-8"),
    }
    texts |= {facts / "portals" / path.name: path.read_text("utf-8") for path in (spoken / "portals").glob("*.yaml")}
    texts |= {facts / path.relative_to(examples): path.read_text("utf-8")
              for path in sorted(examples.rglob("*")) if path.is_file()}
    written, kept = [], []
    for path, text in texts.items():
        try:
            if not directory.exists():  # database, mails' recipients and secrets will lie in it
                directory.mkdir(mode=0o750, parents=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
            written.append(path)
        except FileExistsError:
            kept.append(path)
        except (NotADirectoryError, PermissionError) as fault:
            raise SettingsError(f"{path}: {fault.strerror}; choose a folder that can be written") from None
    return written, kept


def _roster_template(packaged: Path) -> str:
    """The packaged roster with its rows commented out: an office's list must not start with somebody else's bodies."""
    lines = packaged.read_text("utf-8-sig").splitlines()
    heading = next(number for number, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#"))
    rows = [line if line.lstrip().startswith("#") or not line.strip() else f"# {line}" for line in lines[heading + 1:]]
    return "\n".join([*lines[:heading + 1], *rows]) + "\n"


def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Check environment, settings, facts, database, disk, clock and mail; each line says how to mend."""
    from monitor import diagnosis, messages, wording

    session: Session = context.obj
    checks = list(diagnosis.examine(session.settings))
    texts = wording.vocabulary().doctor_texts
    counts = {level: sum(check.level == level for check in checks) for level in ("ok", "warn", "fail")}
    told: list[dict[str, Any]] = []
    for check in checks:
        values = {name: wording.shown(messages.said(str(value), session.lang), session.lang)
                  for name, value in check.values.items()}
        told.append({"check": check.name, "level": check.level,
                     "text": wording.fill(texts[check.text].say(session.lang), values)})
    if as_json:
        printing.document({"checks": told, "totals": counts})
    else:
        for each in told:
            level, name = (wording.term("doctor", each[part], session.lang) for part in ("level", "check"))
            printing.line(f"{wording.symbol('doctor', each['level'])} {level}  {name}  {each['text']}")
        printing.line(wording.say("doctor_summary", session.lang, **counts))
    if counts["fail"]:
        raise typer.Exit(2)


def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the settings that hold, from file and environment; secrets are masked."""
    session: Session = context.obj
    settings = session.settings
    shown = settings.shown()
    if as_json:
        printing.document({"path": str(settings.path) if settings.path else None, **shown})
        return
    if settings.path:
        printing.line(f"# {settings.path}")
    else:
        from monitor import wording

        printing.line(f"# {wording.say('packaged_defaults', session.lang)}")
    for section, values in shown.items():
        printing.line(f"\n[{section}]")
        for key, value in values.items():
            printing.line(f"{key} = {_toml(value)}")


def _toml(value: Any) -> str:
    if value is None:
        return '""'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_toml(each) for each in value)}]"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
