"""Python that a command wrote; enters files, leaves them as `make check` demands."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path


def tidy(files: Iterable[Path]) -> None:
    """Format the files, where a checkout has the linter."""
    paths = list(map(str, files))
    ruff = shutil.which("ruff", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))))
    if ruff is not None and paths:
        for step in (("check", "--fix"), ("format",)):
            subprocess.run([ruff, *step, "--quiet", *paths], check=False, stdout=subprocess.DEVNULL)  # noqa: S603
