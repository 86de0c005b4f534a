"""`export …`: one command for each kind of file that leaves the house.

Promises: every kind is a module of monitor/exports/ with `register(group)`, which adds its command and loads nothing
heavy before it is run; one more kind is one more name in KINDS. Leaves alone: what the files hold.
"""

from __future__ import annotations

from importlib import import_module

import typer

KINDS = ("ledger", "evidence", "papers", "data", "static_site", "consolidated", "templates", "archive",
         "pack", "feed", "due_days")
"""Modules of monitor/exports/, in the order in which the help lists their commands."""


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Write files for others: evidence and more.", no_args_is_help=True)
    for kind in KINDS:
        import_module(f"monitor.exports.{kind}").register(group)
    app.add_typer(group, name="export")
