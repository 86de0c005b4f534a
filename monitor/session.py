"""One call of the command line: which settings hold, which language, which database.

Promises: settings are read and activated once, and only when something of them is needed, so that reading a document
starts fast and works anywhere. Leaves alone: what a setting means (settings.py).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.exceptions import UsageError

if TYPE_CHECKING:
    from crawler.roster import Roster
    from crawler.store import Store
    from monitor.settings import Settings
    from monitor.wording import Lang


@dataclass
class Session:
    """What the global options say; see `settings` for what they lead to."""

    config: Path | None = None
    language: Lang | None = None

    @cached_property
    def settings(self) -> Settings:
        from monitor import settings

        loaded = settings.load(settings.find(self.config))
        settings.activate(loaded)
        return loaded

    @property
    def lang(self) -> Lang:
        return self.language or self.settings.general.language

    def use_facts(self) -> None:
        """Let the office's facts hold, without reading any settings where none are named."""
        named = self.config or os.environ.get("NIANBAO_CONFIG") or Path("settings.toml").is_file()
        if named or self._told_by_environment():
            _ = self.settings

    @staticmethod
    def _told_by_environment() -> bool:
        """Whether settings come from NIANBAO_<SECTION>__<KEY>, as in a container without a settings file."""
        return any(name.startswith("NIANBAO_") and "__" in name for name in os.environ)

    def roster(self) -> Roster:
        from crawler.roster import Roster

        _ = self.settings
        return Roster.load()

    def store(self, *, create: bool = False) -> Store:
        """The database, migrated. Raises UsageError where there is none yet and none is to be made, or where nobody
        said which installation is meant: a scan must not start a database in any folder somebody stands in."""
        from crawler.store import RESTORING, Store
        from monitor.records import monitor_schema

        path = self.settings.store.database
        if self.settings.path is None and not path.is_file() and not self._told_by_environment():
            raise UsageError(f"{Path.cwd()}: there is no settings.toml here; go to the installation's folder, name its "
                             "settings file with --config, or make an installation with `nianbao init DIR`")
        if not create and not path.is_file() and not path.with_name(path.name + RESTORING).exists():
            raise UsageError(f"{path}: there is no database yet; run `nianbao scan` first, or name the settings file "
                             "of an installation with --config")
        store = Store(path)
        store.migrate(monitor_schema)
        return store
