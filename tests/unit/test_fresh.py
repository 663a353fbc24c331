"""`make fresh`, short of the systems that it makes: who may run it, and what it takes from the host."""

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent.parent.parent / "scripts" / "fresh"


@pytest.fixture(scope="module")
def patch():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def load(patch):
    """Import one of its files, which Python otherwise runs as a folder."""
    patch.syspath_prepend(str(SCRIPTS))

    def loaded(name):
        spec = importlib.util.spec_from_file_location(f"fresh_{name.strip('_')}", SCRIPTS / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        patch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        return module

    yield loaded
    sys.modules.pop("host", None)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("fresh")


@pytest.fixture(scope="module")
def host(load, place):
    """The host as it is read where these variables and files are set."""
    (place / "home" / ".config" / "pip").mkdir(parents=True)
    (place / "index" / "simple").mkdir(parents=True)
    index = f"[global]\nextra-index-url = file://{place}/index/simple\n"
    (place / "home" / ".config" / "pip" / "pip.conf").write_text(index)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(place / "home"))
        patch.setenv("https_proxy", "http://proxy.example:3128")
        patch.setenv("PIP_INDEX_URL", "https://index.example/simple")
        patch.setenv("PIP_CACHE_DIR", str(place))
        patch.setenv("AWS_SECRET", "not for others")
        return load("host").Host.read()


def test_a_user_who_is_not_root_is_told_what_it_needs(load, monkeypatch, capsys):
    main = load("__main__")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "argv", ["fresh", "--systems", "trixie"])
    assert main.main() == 1
    assert capsys.readouterr().err == (
        "fresh: needs root on Linux, for debootstrap, mounts and chroot: run `sudo make fresh`, "
        "or `make fresh` in a container that may mount\n"
    )


def test_systems_that_nobody_knows_are_refused(load, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["fresh", "--systems", "trixie sarge"])
    with pytest.raises(SystemExit, match="2"):
        load("__main__").main()
    assert "no such system: sarge; there are bookworm, trixie" in capsys.readouterr().err


def test_the_ways_to_packages_are_carried_over_and_nothing_else(host):
    carried = dict(line.split("=", 1) for line in host.environment)
    assert carried["https_proxy"] == "http://proxy.example:3128"
    assert carried["PIP_INDEX_URL"] == "https://index.example/simple"
    assert carried["HOME"] == "/root"
    assert {"PIP_CACHE_DIR", "AWS_SECRET"}.isdisjoint(carried)


def test_files_of_settings_and_the_folders_that_they_name_come_with_them(host, place, tmp_path):
    root = tmp_path / "root"
    for folder in ("apt.conf.d", "preferences.d"):
        (root / "etc" / "apt" / folder).mkdir(parents=True)
    host.configure(root, "trixie")
    assert "file://" in (root / "root" / ".config" / "pip" / "pip.conf").read_text()
    assert (root / "etc" / "hosts").read_bytes() == Path("/etc/hosts").read_bytes()
    sources = (root / "etc" / "apt" / "sources.list").read_text().splitlines()
    assert [line.split()[2:] for line in sources] == [
        [suite, "main"] for suite in ("trixie", "trixie-updates", "trixie-security")
    ]
    # An index links to packages beside it.
    assert place / "index" in host.named


def test_the_table_has_a_line_for_each_system_and_what_was_left_out(load, tmp_path):
    main = load("__main__")
    machine = main.Machine("trixie", tmp_path, None, ["tests of the city skip"])
    assert list(main.table([machine], [("Debian 13 (trixie)", "3.13.5", "17.12 / 3.5.2", "48", "ok", "9 passed")])) == [
        "system              Python  PostgreSQL / PostGIS  s to serve  first query  make test",
        "Debian 13 (trixie)  3.13.5  17.12 / 3.5.2         48          ok           9 passed",
        "trixie: tests of the city skip",
    ]
