"""Puts the pages of web/ into wheels and source distributions, so that who installs the package needs no Node.js."""

import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PagesHook(BuildHookInterface):  # type: ignore[type-arg]
    """Builds the pages first; a source distribution has them built and has no web/."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's names
        """Build, unless a checkout is installed to be edited: `make` builds there."""
        if version != "editable" and Path(self.root, "web", "package.json").is_file():
            subprocess.run([Path(self.root, "scripts", "web")], check=True, cwd=self.root)
