"""What a harness is, and the register of all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[1]
TESTS = HERE.parent
ADDRESS = "http://www.county.example/zwgk/ndbg/index.html"


@dataclass(frozen=True, slots=True)
class Harness:
    """`run` raises nothing but `refusals`; `seeds` are well-formed inputs, `words` what a change may insert."""

    name: str
    run: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...]
    seeds: Callable[[], list[bytes]]
    words: str

    def __call__(self, data: bytes) -> None:
        try:
            self.run(data)
        except self.refusals:
            return

    @property
    def kept(self) -> list[Path]:
        """Inputs that broke it once."""
        return sorted((HERE / "kept" / self.name).glob("*"))


HARNESSES: dict[str, Harness] = {}


def harness(name: str, *seeds: str | bytes | Callable[[], bytes], refusals: tuple[type[Exception], ...] = (),
            words: str = "prose", more: Callable[[], list[bytes]] = list) -> Callable[[Callable[[bytes], object]], Any]:
    """Register a function of bytes. A seed may be made when it is asked for; `more` gives further ones."""

    def made() -> list[bytes]:
        given = [seed() if callable(seed) else seed.encode() if isinstance(seed, str) else seed for seed in seeds]
        return given + more()

    def register(function: Callable[[bytes], object]) -> Callable[[bytes], object]:
        HARNESSES[name] = Harness(name, function, refusals, made, words)
        return function

    return register


def text_of(data: bytes) -> str:
    return data.decode("utf-8", "replace")
