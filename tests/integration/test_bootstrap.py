"""`scripts/bootstrap` on machines that lack something: one line says what to install and how."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fixtures.cluster import ROOT

TOOLS = ("sh", "cat", "cksum", "cut", "dirname", "env", "id", "mktemp", "rm")
OLD_PYTHON = "exit 1"
PYTHON_WITHOUT_VENV = 'case "$2" in *ensurepip*) exit 1;; esac; [ "$1" = -c ] || exit 1'
SLOW_PYTHON = 'case "$2" in *enable-opt*) exit 1;; esac; [ "$1" = -c ] || exit 1'
PYTHON = '[ "$1" = -c ] || exit 1'


@pytest.fixture
def bootstrap(tmp_path):
    """Run it in an empty checkout on a machine that has these programs alone: {name: what its shell script does}."""
    checkout, programs = tmp_path / "checkout", tmp_path / "programs"
    (checkout / "scripts").mkdir(parents=True)
    programs.mkdir()
    script = (ROOT / "scripts" / "bootstrap").read_text().replace("/usr/bin/python3", str(programs / "system"))
    (checkout / "scripts" / "bootstrap").write_text(script)
    for name in ("uv.lock", "pyproject.toml"):
        (checkout / name).touch()
    for tool in TOOLS:
        (programs / tool).symlink_to(shutil.which(tool))

    def run(python="", *, what=(), expected=1, settings=(), **scripts):
        for name, script in scripts.items():
            program = programs / name.replace("_", "-")
            program.unlink(missing_ok=True)
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
        command = [shutil.which("sh"), "scripts/bootstrap", *what]
        environment = {"PATH": str(programs), "TMPDIR": str(tmp_path), "PYTHON": python, **dict(settings)}
        done = subprocess.run(
            command,
            cwd=checkout,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
        )
        assert done.returncode == expected
        assert done.stdout == ""
        return done.stderr

    return run


@pytest.mark.parametrize("programs", [{}, {"python3": OLD_PYTHON}])
def test_a_machine_without_a_new_enough_python(bootstrap, programs):
    assert bootstrap(**programs) == (
        "bootstrap: Python 3.11 or newer is missing: install it (Debian 12, Ubuntu 24.04: 'apt-get install python3')\n"
    )


def test_the_python_that_is_named_is_the_one_that_is_taken(bootstrap):
    said = bootstrap(python="other", python3=PYTHON, other=OLD_PYTHON)
    assert said == "bootstrap: PYTHON=other is no Python 3.11 or newer\n"
    assert "'other -m venv .venv'" in bootstrap(python="other", python3=PYTHON, other=PYTHON)


def test_a_python_built_without_optimizations_gives_way_to_that_of_the_system(bootstrap):
    taking = (
        r"bootstrap: taking \S+/system, since python3 was built without --enable-optimizations; PYTHON=python3 takes"
    )
    said = bootstrap(python3=SLOW_PYTHON, system=PYTHON)
    assert re.match(taking, said)
    assert "/system -m venv .venv'" in said
    assert "'python3 -m venv .venv'" in bootstrap(python="python3", python3=SLOW_PYTHON, system=PYTHON)


@pytest.mark.parametrize("system", [{}, {"system": OLD_PYTHON}, {"system": PYTHON_WITHOUT_VENV}])
def test_a_python_built_without_optimizations_is_taken_and_told_where_there_is_no_other(bootstrap, system):
    said = bootstrap(python3=SLOW_PYTHON, **system)
    assert said.startswith("bootstrap: python3 was built without --enable-optimizations")


def test_a_machine_without_a_package_manager(bootstrap):
    assert bootstrap(python3=PYTHON_WITHOUT_VENV) == (
        "bootstrap: Python's venv is missing, and neither apt-get, brew nor dnf is here to install it: "
        "install it and run this again\n"
    )


def test_a_user_who_may_not_install(bootstrap):
    said = bootstrap(python3=PYTHON_WITHOUT_VENV, apt_get="exit 1", id="echo 1000")
    install = "apt-get install -y --no-install-recommends python3-venv"
    assert said == f"bootstrap: Python's venv is missing: run '{install}' as root\n"
    said = bootstrap(python3=PYTHON_WITHOUT_VENV, apt_get="exit 1", id="echo 1000", sudo="exit 1")
    assert said == f"bootstrap: Python's venv is missing: run 'sudo {install}'\n"


def test_an_installation_that_fails_names_its_log(bootstrap, tmp_path):
    said = bootstrap(python3=PYTHON_WITHOUT_VENV, apt_get="echo no network; exit 100", id="echo 0").splitlines()
    assert len(said) == 2
    assert said[1].startswith("bootstrap: Python's venv could not be installed with ")
    (log,) = [word.removesuffix(";") for word in said[1].split() if word.startswith(str(tmp_path))]
    assert "no network" in Path(log).read_text()


def test_a_venv_that_cannot_be_made(bootstrap):
    assert bootstrap(python3=PYTHON).splitlines() == [
        "bootstrap: making .venv with the locked packages",
        "bootstrap: .venv could not be made with 'python3 -m venv .venv'",
    ]


@pytest.fixture
def tools(bootstrap, tmp_path):
    """`scripts/bootstrap tools` where all else is there: the packages that it installs. The driver is Playwright's."""
    venv = tmp_path / "checkout" / ".venv"
    driver = venv / "lib" / "python3.13" / "site-packages" / "playwright" / "driver" / "node"
    for program in (venv / "bin" / "python", driver):
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    command = "cat uv.lock pyproject.toml scripts/bootstrap | cksum"
    state = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path / "checkout", check=True, capture_output=True, timeout=120
    )
    (venv / ".bootstrapped").write_bytes(state.stdout)

    def installed(driver_says="exit 0", **programs):
        driver.write_text(f"#!/bin/sh\n{driver_says}\n")
        installer = {"apt_get": "exit 0", "id": "echo 0", "env": 'shift; exec "$@"'}
        said = bootstrap(
            python3=PYTHON, what=["tools"], expected=0, settings={"GATEWAY_DATABASE_URL": "x"}, **installer, **programs
        )
        return [line.partition(" --no-install-recommends ")[2].rstrip(")") for line in said.splitlines()]

    return installed


def test_a_machine_without_the_tools_of_the_tests_gets_them_all(tools):
    missing = tools(driver_says="exit 127")
    assert missing == ["chromium fonts-dejavu-core", "libatomic1", "gdal-bin", "curl", "redis-server"]


@pytest.mark.parametrize("browser", ["chromium", "chromium_browser", "google_chrome"])
def test_tools_that_are_there_are_not_installed_again(tools, browser):
    assert tools(**{browser: "exit 0", "ogrinfo": "exit 0", "curl": "exit 0", "redis_server": "exit 0"}) == []
