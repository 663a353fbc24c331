"""Which server is taken, among those that a machine has."""

from pathlib import Path

import pytest

from gateway import errors
from gateway.db.embedded.binaries import EXTENSIONS, find_server


@pytest.fixture
def install(tmp_path):
    """Lay out a PostgreSQL as an installation looks; return its directory of programs."""

    def install(version, extensions=EXTENSIONS):
        root = tmp_path / version
        (root / "bin").mkdir(parents=True)
        (root / "share" / "extension").mkdir(parents=True)
        for name in ("initdb", "pg_ctl", "postgres", "psql"):
            (root / "bin" / name).touch()
        config = root / "bin" / "pg_config"
        config.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "PostgreSQL {version}" || echo "{root}/share"\n')
        config.chmod(0o755)
        for name in extensions:
            (root / "share" / "extension" / f"{name}.control").touch()
        return root / "bin"

    return install


def test_the_newest_server_with_postgis_is_taken(install):
    servers = [install("15.18"), install("17.2"), install("18.1", extensions=("pgstattuple", "pg_stat_statements"))]
    assert find_server(directories=servers).bin == servers[1]
    assert find_server(directories=servers).program("initdb") == str(servers[1] / "initdb")


def test_a_cluster_keeps_the_version_that_made_it(install):
    servers = [install("15.18"), install("17.2")]
    assert find_server(15, servers).bin == servers[0]


def test_a_cluster_whose_version_is_gone_says_what_to_install(install):
    with pytest.raises(
        errors.SetupError, match=r"made by PostgreSQL 14, and this machine has 17: install PostgreSQL 14"
    ):
        find_server(14, [install("17.2")])


def test_a_server_that_lacks_a_program_is_passed_over(install):
    broken = install("17.2")
    (broken / "initdb").unlink()
    with pytest.raises(errors.SetupError, match="PostGIS is not installed"):
        find_server(directories=[broken])


@pytest.mark.parametrize(
    ("tool", "advice"),
    [
        ("apt-get", "run `sudo apt-get install -y postgresql postgresql-postgis`"),
        ("dnf", "run `sudo dnf install -y postgresql-server postgresql-contrib postgis`"),
        ("brew", "run `brew install postgis`"),
        ("none", "install both"),
    ],
)
def test_where_nothing_is_installed_one_line_says_how_to(tool, advice, tmp_path, monkeypatch):
    (tmp_path / tool).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(errors.SetupError) as caught:
        find_server(directories=[Path("/nowhere")])
    assert caught.value.message == f"PostgreSQL with PostGIS is not installed: {advice}, or set GATEWAY_DATABASE_URL."
