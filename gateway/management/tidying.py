"""Python that a command wrote; enters files or text, leaves them as `make check` demands.

Without the linter, as in an installed wheel, they stay as they are.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import gateway

_ROOT = Path(gateway.__file__).parent.parent


def tidy(files: Iterable[Path]) -> None:
    """Format the files."""
    paths = [str(file.resolve()) for file in files]
    if paths:
        _ruff("", "check", "--fix", *paths)
        _ruff("", "format", *paths)


def tidied(source: str) -> str:
    """The source, formatted."""
    as_model = ("--stdin-filename", "gateway/models/layer.py", "-")
    return _ruff(_ruff(source, "check", "--select", "I", "--fix", *as_model), "format", *as_model)


def _ruff(source: str, *arguments: str) -> str:
    """What the linter leaves of the source."""
    places: Sequence[str] = (str(Path(sys.executable).parent), os.environ.get("PATH", ""))
    ruff = shutil.which("ruff", path=os.pathsep.join(places))
    if ruff is None:
        return source
    command = [ruff, *arguments, "--quiet"]
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=False, cwd=_ROOT)  # noqa: S603
    return done.stdout or source
