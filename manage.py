#!/usr/bin/env python3
"""The gateway's commands; `./manage.py --help` lists them.

The packages that they need are in `.venv`, where `make bootstrap` puts them: an interpreter that lacks them hands over
to the one there, so that nothing need be activated.
"""

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

VENV = Path(__file__).resolve().parent / ".venv"


def hand_over() -> None:
    """Go on with the interpreter of `.venv`; exits with what to do where there is none."""
    python = str(VENV / "bin" / "python")
    if Path(sys.prefix) == VENV or not os.access(python, os.X_OK):
        sys.exit(f"{sys.executable} lacks the gateway's packages; `make bootstrap` puts them in {VENV}.")
    os.execv(python, [python, *sys.argv])  # noqa: S606 - the arguments are the user's own


if __name__ == "__main__":
    if find_spec("typer") is None:
        hand_over()
    import_module("gateway.management").main()
