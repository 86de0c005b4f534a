"""One installation's settings: settings.toml and the environment, checked, with every path made absolute.

Promises: unknown keys are refused; each complaint names file, line, value and how to mend; secrets come from the
environment or a file of their own, never from settings.toml, and `shown()` masks them. `load` only reads; `activate`
makes the process follow (facts folder, clock). Leaves alone: the facts themselves (extract/configuration.py).
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from datetime import time
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from crawler import clock, proxies
from crawler.exceptions import ClockError
from extract import configuration
from monitor.exceptions import SettingsError
from monitor.timetable import DayTime, OptionalDayTime, OptionalWeeklyTime, Season, Span, Weekly, WeeklyTime

ENVIRONMENT = "NIANBAO_CONFIG"
FILE_NAME = "settings.toml"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class General(_Section):
    language: Literal["zh", "en"] = "zh"
    office: str = ""
    contact: str = ""
    link: str = Field(default="", pattern=r"^(https?://\S+)?$")


class Facts(_Section):
    folder: Path | None = None

    @field_validator("folder", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return value or None


class StoreSettings(_Section):
    database: Path = Path("nianbao.db")
    evidence: Path = Path("evidence")


class Clock(_Section):
    at: str | None = None

    @field_validator("at", mode="before")
    @classmethod
    def _moment(cls, value: Any) -> str | None:
        if not value:
            return None
        try:
            return clock.parse(str(value)).isoformat()
        except ClockError as fault:
            raise ValueError(str(fault)) from None


class Scan(_Section):
    contact: str = ""
    delay: float = Field(default=1.2, ge=0)
    timeout: float = Field(default=30.0, gt=0, le=600)
    retries: int = Field(default=2, ge=0, le=10)
    allow_private_addresses: bool = False
    proxy: str = ""
    proxy_secrets: Path | None = None
    proxies: dict[str, str] = {}

    @field_validator("proxy_secrets", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return value or None

    @field_validator("proxies")
    @classmethod
    def _addresses(cls, value: dict[str, str]) -> dict[str, str]:
        for name, address in value.items():
            fault = proxies.fault_of(address)
            if fault or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
                raise ValueError(f"{name}: {fault or 'a proxy is named with small letters, digits and _'}")
        return value

    @model_validator(mode="after")
    def _known_proxy(self) -> Scan:
        if self.proxy not in ("", proxies.DIRECT, *self.proxies):
            raise ValueError(f"proxy is {self.proxy!r}; name one under [scan.proxies], known are "
                             f"{', '.join(sorted(self.proxies)) or 'none'}")
        return self

    @model_validator(mode="after")
    def _polite(self) -> Scan:
        if self.delay < 1 and not self.allow_private_addresses:
            raise ValueError(f"delay is {self.delay} s; public hosts are asked at most once a second, write 1 or more")
        return self


class Monitoring(_Section):
    since: int = Field(default=2021, ge=2008, le=2100)
    require_confirmation: bool = True


class Reading(_Section):
    workers: int = Field(default=0, ge=0, le=256)
    cluster: str = Field(default="", pattern=r"^((tcp|tls)://[^\s/:]+:\d{1,5}|(tcp|tls)://\[[0-9a-fA-F:]+\]:\d{1,5})?$")
    """Address of a Dask scheduler; see monitor/cluster.py."""
    cluster_ca_file: Path | None = None
    cluster_certificate: Path | None = None
    cluster_key: Path | None = None
    cluster_unprotected: bool = False
    cluster_patience: float = Field(default=30.0, ge=0, le=86400)

    @field_validator("cluster_ca_file", "cluster_certificate", "cluster_key", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return value or None

    @model_validator(mode="after")
    def _has_certificates(self) -> Reading:
        if self.cluster.startswith("tls:") and not (self.cluster_ca_file and self.cluster_certificate
                                                    and self.cluster_key):
            raise ValueError(f"cluster is {self.cluster!r}; tls:// needs cluster_ca_file, cluster_certificate and "
                             "cluster_key, three PEM files")
        return self

    @property
    def processes(self) -> int:
        """The number of reading processes to start: as set, or one for each processor."""
        return self.workers or len(os.sched_getaffinity(0))


class Watch(_Section):
    """When `nianbao watch` does what; all times in Asia/Shanghai."""

    scan: WeeklyTime = Weekly(0, time(2))
    seasons: tuple[Span, ...] = (Season((1, 5), (2, 5)), Season((3, 10), (3, 31)))
    season_time: DayTime = time(2)
    digest: WeeklyTime = Weekly(0, time(8, 30))
    backup_time: OptionalDayTime = time(4)
    tidy: OptionalWeeklyTime = Weekly(6, time(5))
    stop_within: float = Field(default=120.0, gt=0, le=3600)
    metrics: Path | None = None

    @field_validator("metrics", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return value or None


class Backup(_Section):
    folder: Path = Path("backups")
    daily: int = Field(default=7, ge=1, le=366)
    weekly: int = Field(default=8, ge=0, le=520)


class Retention(_Section):
    """Ages in days; see crawler/retention.py."""

    daily_after: int = Field(default=30, ge=7)
    weekly_after: int = Field(default=180, ge=30)
    monthly_after: int = Field(default=365, ge=90)
    unchanged_after: int = Field(default=35, ge=0)
    evidence: int = 1095

    @field_validator("evidence")
    @classmethod
    def _a_season_stays(cls, value: int) -> int:
        if 0 < value < 400 or value < 0:
            raise ValueError("pages must be kept for 400 days or more, so that a whole season can be proven; "
                             "0 keeps them for ever")
        return value


class Mail(_Section):
    host: str = ""
    port: int = Field(default=25, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "none"
    user: str = ""
    password: SecretStr | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    """Certificates (PEM) of an authority of the office's own, believed beside the system's."""
    sender: str = Field(default="nianbao@localhost", alias="from", pattern=r"^[^@\s]+@[^@\s]+$")
    reply_to: str = Field(default="", pattern=r"^([^@\s]+@[^@\s]+)?$")
    list_id: str = Field(default="nianbao.localhost", pattern=r"^[A-Za-z0-9.-]+$")
    unsubscribe: str = ""
    timeout: float = Field(default=30.0, gt=0, le=600)
    attempts: int = Field(default=8, ge=1, le=100)
    patience: int = Field(default=14, ge=0, le=365)

    @field_validator("password_file", "ca_file", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return value or None

    def secret(self) -> str:
        """The password, from the environment or its file; empty where there is none. Raises SettingsError."""
        if self.password is not None:
            return self.password.get_secret_value()
        if self.password_file is None:
            return ""
        try:
            return self.password_file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as fault:
            raise SettingsError(f"{self.password_file}: [mail] password_file can't be read: {fault}") from None


class Chat(_Section):
    secrets: Path = Path("secrets")
    """Folder of the robots' addresses: `<recipient id>.webhook`."""


class Web(_Section):
    """Who may look at `nianbao serve`, and how; see docs/web.md."""

    accounts: Path | None = None
    trusted_proxies: tuple[str, ...] = ()
    user_header: str = Field(default="", pattern=r"^([A-Za-z0-9-]+)?$")
    role_header: str = Field(default="", pattern=r"^([A-Za-z0-9-]+)?$")
    public: bool = False
    session_hours: float = Field(default=12, gt=0, le=24 * 31)
    idle_minutes: float = Field(default=120, gt=0, le=60 * 24 * 7)
    hosts: tuple[str, ...] = ()
    sign_off: bool = False
    reply_days: int = Field(default=30, ge=1, le=366)

    @field_validator("accounts", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return value or None

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            try:
                ipaddress.ip_network(each, strict=False)
            except ValueError:
                raise ValueError(f"{each!r} is no address; write one like 10.0.0.5 or 10.0.0.0/24") from None
        return value

    @model_validator(mode="after")
    def _somebody_vouches(self) -> Web:
        if self.user_header and not self.trusted_proxies:
            raise ValueError("user_header needs trusted_proxies; anybody could send that header otherwise")
        if self.role_header and not self.user_header:
            raise ValueError("role_header means nothing without user_header")
        return self


class Settings(BaseSettings):
    """Everything an installation can set. Paths are absolute after `load`."""

    model_config = SettingsConfigDict(extra="forbid", env_prefix="NIANBAO_", env_nested_delimiter="__",
                                      hide_input_in_errors=False)

    general: General = General()
    facts: Facts = Facts()
    store: StoreSettings = StoreSettings()
    clock: Clock = Clock()
    scan: Scan = Scan()
    monitoring: Monitoring = Monitoring()
    reading: Reading = Reading()
    watch: Watch = Watch()
    backup: Backup = Backup()
    retention: Retention = Retention()
    mail: Mail = Mail()
    chat: Chat = Chat()
    web: Web = Web()
    _path: Path | None = PrivateAttr(default=None)

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource, dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    @property
    def path(self) -> Path | None:
        """The settings file that was read; None where the packaged defaults hold."""
        return self._path

    def shown(self) -> dict[str, Any]:
        """The effective settings as plain data, secrets masked."""
        shown = self.model_dump(mode="json", by_alias=True)
        shown["scan"]["proxies"] = proxies.shown(self.scan.proxies, self.scan.proxy_secrets)
        shown["mail"]["password"] = "********" if self.mail.password is not None else None
        return shown


def find(option: Path | None = None) -> Path | None:
    """The settings file that holds: --config, NIANBAO_CONFIG, ./settings.toml; None for the packaged defaults."""
    if option is not None:
        return option
    if os.environ.get(ENVIRONMENT):
        return Path(os.environ[ENVIRONMENT])
    here = Path(FILE_NAME)
    return here if here.is_file() else None


def load(path: Path | None = None) -> Settings:
    """The settings of the file at `path`, or the packaged defaults with paths under the working folder.

    Raises SettingsError, one line for each fault with file, line, value and how to mend.
    """
    source = path if path is not None else configuration.packaged_folder() / FILE_NAME
    text = _text_of(source)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        place = re.search(r"\(at line (\d+), column \d+\)|\(at end of document\)", str(fault))
        line = place.group(1) if place and place.group(1) else str(text.count("\n") + 1)
        said = str(fault).split(" (at ")[0]
        raise SettingsError(f"{source}:{line}: {said}; the file must be TOML, texts stand in quotes") from None
    if "password" in (data.get("mail") or {}):
        line = str(_line_of(text, ("mail", "password")))
        raise SettingsError(f"{source}:{line}: a password never stands in the settings; set NIANBAO_MAIL__PASSWORD "
                            "or name a password_file")
    try:
        settings = Settings(**data)
    except ValidationError as fault:
        raise SettingsError("\n".join(_said(source, text, data, error) for error in fault.errors())) from None
    except Exception as fault:  # pydantic-settings wraps what the environment holds in errors of its own
        if type(fault).__name__ != "SettingsError":
            raise
        raise SettingsError(f"environment: {fault}") from None
    settings._path = path.resolve() if path is not None else None
    _anchor(settings, path.resolve().parent if path is not None else Path.cwd())
    return settings


def activate(settings: Settings) -> None:
    """Let this process follow the settings: the office's facts folder, who signs what and, where one is set, the
    simulated clock.

    NIANBAO_NOW in the environment outweighs `[clock] at`.
    """
    from monitor import signing

    configuration.use_office_folder(settings.facts.folder)
    if settings.clock.at and not os.environ.get(clock.ENVIRONMENT):
        clock.simulate(settings.clock.at)
    else:
        clock.now()
    signing.require(settings.web.sign_off)


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such settings file; run `nianbao init` or name one with --config") from None
    except OSError as fault:
        raise SettingsError(f"{path}: {fault.strerror}") from None
    except UnicodeDecodeError as fault:
        raise SettingsError(f"{path}: not UTF-8 at byte {fault.start}; save the file as UTF-8") from None


def _anchor(settings: Settings, base: Path) -> None:
    settings.store.database = base / settings.store.database.expanduser()
    settings.store.evidence = base / settings.store.evidence.expanduser()
    settings.backup.folder = base / settings.backup.folder.expanduser()
    settings.chat.secrets = base / settings.chat.secrets.expanduser()
    if settings.watch.metrics is not None:
        settings.watch.metrics = base / settings.watch.metrics.expanduser()
    if settings.facts.folder is not None:
        settings.facts.folder = base / settings.facts.folder.expanduser()
    if settings.scan.proxy_secrets is not None:
        settings.scan.proxy_secrets = base / settings.scan.proxy_secrets.expanduser()
    for name in ("cluster_ca_file", "cluster_certificate", "cluster_key"):
        if (path := getattr(settings.reading, name)) is not None:
            setattr(settings.reading, name, base / path.expanduser())
    if settings.web.accounts is not None:
        settings.web.accounts = base / settings.web.accounts.expanduser()
    if settings.mail.password_file is not None:
        settings.mail.password_file = base / settings.mail.password_file.expanduser()
    if settings.mail.ca_file is not None:
        settings.mail.ca_file = base / settings.mail.ca_file.expanduser()


def _said(source: Path, text: str, data: dict[str, Any], error: Any) -> str:
    """One pydantic error as file, line, key, value and how to mend."""
    location = tuple(str(part) for part in error["loc"])
    key = ".".join(location)
    variable = "NIANBAO_" + "__".join(part.upper() for part in location)
    # An error without a key of its own stands on the section (delay against allow_private_addresses).
    place = f"environment {variable}" if variable in os.environ else f"{source}:{_line_of(text, location)}"
    given = error.get("input")
    shown = f" (value {given!r})" if isinstance(given, (str, int, float, bool)) and location[-1] != "password" else ""
    if error["type"] == "extra_forbidden":
        return f"{place}: {key}: no such setting; known here: {', '.join(_known(location))}"
    return f"{place}: {key}: {error['msg'].removeprefix('Value error, ')}{shown}"


def _known(location: tuple[str, ...]) -> list[str]:
    model: Any = Settings
    for part in location[:-1]:
        field = model.model_fields.get(part)
        model = field.annotation if field else model
    return sorted(field.alias or name for name, field in model.model_fields.items() if name != "password")


def _line_of(text: str, location: tuple[str, ...]) -> int:
    """The line on which the key at `location` stands in the TOML text, or the nearest above it."""
    section: tuple[str, ...] = ()
    best = 1
    for number, line in enumerate(text.splitlines(), 1):
        if heading := re.match(r"\s*\[\s*([\w.\s\"'-]+?)\s*\]", line):
            section = tuple(part.strip(" \"'") for part in heading.group(1).split("."))
            if section == location[:len(section)]:
                best = number
        elif key := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            place = section + tuple(part.strip(" \"'") for part in key.group(1).split("."))
            if place == location[:len(place)] and len(place) > len(section):
                best = number
                if place == location:
                    return number
    return best
