"""What every part of a benchmark is given, and what it leaves: figures for JSON and tables for people."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.rounds import Rounds


@dataclass(frozen=True, slots=True)
class Run:
    """One call of `make bench`; `only` says whether a name was asked for, `kept` whether reads find kept relations."""

    rounds: Rounds
    scratch: Path
    console: Console
    only: Callable[[str], bool]
    kept: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the benchmark: what it is called, what may be asked of it by name, and what measures it."""

    name: str
    names: tuple[str, ...]
    measure: Callable[[Run], Mapping[str, Any]]
