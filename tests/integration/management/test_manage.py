"""manage.py, started as a user starts it: by an interpreter that may lack the packages."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BARE = getattr(sys, "_base_executable", sys.executable)


@pytest.fixture
def started(tmp_path):
    """Start a copy of manage.py with an interpreter that has no packages."""
    shutil.copy(ROOT / "manage.py", tmp_path)
    for floor in ("gateway", "schema"):
        (tmp_path / floor).symlink_to(ROOT / floor)

    def start(*arguments):
        command = [BARE, "-IS", str(tmp_path / "manage.py"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    return tmp_path, start


def test_an_interpreter_without_the_packages_hands_over_to_that_of_the_venv(started):
    place, start = started
    (place / ".venv").symlink_to(sys.prefix)
    done = start("diffsettings", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "diffsettings" in done.stdout


def test_without_a_venv_it_is_told_which_command_makes_one(started):
    place, start = started
    done = start("check")
    assert done.returncode == 1
    assert done.stderr == f"{BARE} lacks the gateway's packages; `make bootstrap` puts them in {place / '.venv'}.\n"
