"""Finds config/ and loads its files once, with errors that name file and line.

Promises: a file of the office's own facts folder wins over the packaged file of the same name; folders (forms/,
portals/, packs/) are merged file by file. Order of search for the packaged facts: the repository this code stands in,
then the copy inside the wheel. Leaves alone: what the facts mean; each package declares pydantic models for its own.
"""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from extract.exceptions import ConfigurationError

if TYPE_CHECKING:
    # Loaded with the first fact: whoever only starts a guard or looks for a folder waits for neither.
    import yaml
    from pydantic import BaseModel

Model = TypeVar("Model", bound="BaseModel")
_HERE = Path(__file__).resolve().parent
_office: Path | None = None


def packaged_folder() -> Path:
    """The folder of the packaged facts. Raises ConfigurationError when neither place holds them."""
    for folder in (_HERE.parent / "config", _HERE / "packaged_config"):
        if (folder / "forms").is_dir():
            return folder
    raise ConfigurationError(f"config/ was found neither beside {_HERE} nor inside it; install nianbao again")


def use_office_folder(folder: Path | None) -> None:
    """Let files under `folder` win over the packaged ones of the same name; None takes that back."""
    global _office
    if folder is not None and not folder.is_dir():
        raise ConfigurationError(f"{folder}: the facts folder does not exist; run nianbao init, or mend [facts] folder")
    _office = folder.resolve() if folder else None
    load.cache_clear()


def office_folder() -> Path | None:
    """The office's own folder of facts; None where only the packaged facts count."""
    return _office


def path_of(name: str) -> Path:
    """The file `name` (e.g. "forms/2021.yaml"): the office's own, else the packaged one."""
    for folder in ([_office] if _office else []) + [packaged_folder()]:
        if (folder / name).is_file():
            return folder / name
    raise ConfigurationError(f"{name}: no such file in {_office or packaged_folder()}")


def names_in(folder: str) -> list[str]:
    """Names such as "portals/example.yaml" of all YAML files in one folder of facts, office and packaged merged."""
    found = {f"{folder}/{path.name}"
             for base in ([_office] if _office else []) + [packaged_folder()]
             for path in (base / folder).glob("*.yaml")}
    return sorted(found)


@functools.cache
def load(name: str, model: type[Model]) -> Model:
    """The YAML file `name` as `model`, loaded once. Raises ConfigurationError with file and line."""
    return load_path(path_of(name), model)


def load_path(path: Path, model: type[Model]) -> Model:
    """One YAML file as `model`. Raises ConfigurationError with file and line."""
    parsed: Model = _parsed(path, _read_text(path), model)
    return parsed


# By its text: the office's folder changes which file wins, and most are the packaged ones they were before.
@functools.lru_cache(maxsize=64)
def _parsed(path: Path, text: str, model: type[Model]) -> Model:
    import yaml
    from pydantic import ValidationError

    try:
        data = yaml.load(text, Loader=_loader())
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise ConfigurationError(f"{place}: {fault.problem or fault.context}") from None
    except yaml.YAMLError as fault:
        raise ConfigurationError(f"{path}: {fault}") from None
    try:
        return model.model_validate(data if data is not None else {})
    except ValidationError as fault:
        lines = [f"{path}:{_line_of(text, error['loc'])}: {_said(error)}" for error in fault.errors()]
        raise ConfigurationError("\n".join(lines)) from None


def read_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """A CSV file as (line number, row), utf-8 with or without BOM, else gb18030; lines starting with # are comments."""
    text = _read_text(path)
    lines = text.splitlines(keepends=True)
    kept = [(number, line) for number, line in enumerate(lines, 1) if not line.lstrip().startswith("#")]
    if not kept:
        raise ConfigurationError(f"{path}: the file is empty; its first line names the columns")
    reader = csv.DictReader(io.StringIO("".join(line for _, line in kept)), strict=True)
    rows = []
    try:
        for row in reader:
            number = kept[min(reader.line_num, len(kept)) - 1][0]
            if None in row:
                raise ConfigurationError(f"{path}:{number}: more cells than the heading line has columns")
            rows.append((number, {key.strip(): (value or "").strip() for key, value in row.items()}))
    except csv.Error as fault:
        raise ConfigurationError(f"{path}:{kept[min(reader.line_num, len(kept) - 1)][0]}: {fault}") from None
    return rows


def _read_text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as fault:
        raise ConfigurationError(f"{path}: {fault.strerror}") from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ConfigurationError(f"{path}: neither UTF-8 nor GB18030; save the file as UTF-8")


@functools.cache
def _loader() -> type[yaml.SafeLoader]:
    """A safe loader, libyaml's where it is at hand, that refuses a key that stands twice: YAML would keep the last, and
    a fact would silently replace another."""
    import yaml

    base: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class UniqueKeyLoader(base):  # type: ignore[valid-type,misc]
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            seen: set[Any] = set()
            for key_node, _ in node.value:
                key = self.construct_object(key_node, deep=True)
                if not isinstance(key, Hashable):
                    raise yaml.constructor.ConstructorError(None, None, "a key is a word, no list and no mapping",
                                                            key_node.start_mark)
                if key in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} stands twice",
                                                            key_node.start_mark)
                seen.add(key)
            held: dict[Any, Any] = super().construct_mapping(node, deep)
            return held

    return UniqueKeyLoader


def _said(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    given = error.get("input")
    shown = f" (value {given!r})" if isinstance(given, (str, int, float, bool)) else ""
    return f"{place}: {error['msg']}{shown}"


def _line_of(text: str, location: tuple[Any, ...]) -> int:
    """The line a pydantic location stands on, or of its nearest ancestor that stands in the file."""
    import yaml

    line = 1
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:  # libyaml takes some blanks that this loader doesn't
        return line
    for part in location:
        if isinstance(node, yaml.MappingNode):
            match = next(((key, value) for key, value in node.value if str(key.value) == str(part)), None)
            if match is None:
                continue
            line, node = match[0].start_mark.line + 1, match[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line
