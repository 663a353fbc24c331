"""A role that owns its database and no more, as docs/deploy/database.sql makes it, is enough for all of the gateway."""

import os
import subprocess
import sys
from contextlib import suppress
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import make_url

from tests.fixtures.cluster import ROOT

SCRIPT = ROOT / "docs" / "deploy" / "database.sql"


@pytest.fixture
def least(cluster, tmp_path):
    """The URL of a fresh database and its owner; `least(script)` runs a script of SQL there first, as the superuser."""
    name = f"copy_{os.getpid()}_{uuid4().hex[:8]}"
    cluster.create(name, "template0")

    def make(script):
        file = tmp_path / "database.sql"
        file.write_text(script.replace(" gateway", f" {name}"))  # the superuser of the tests is called so
        url = make_url(cluster.url(name))
        command = ["psql", "-X", "-v", "ON_ERROR_STOP=1", "-h", url.query["host"], "-p", url.query["port"]]
        command += ["-U", url.username, "-d", name, "-f", file]
        subprocess.run(
            command,
            check=True,
            capture_output=True,
            env={**os.environ, "GATEWAY_DATABASE_PASSWORD": "x'y"},
            timeout=120,
        )
        return url.set(username=name).render_as_string(hide_password=False)

    yield make
    cluster.drop(name)
    with suppress(asyncpg.UndefinedObjectError):
        cluster.execute(f"DROP ROLE {name}")


@pytest.fixture
def manage(tmp_path):
    def run(url, *arguments):
        settings = {"GATEWAY_DATABASE_URL": url.replace("+asyncpg", ""), "GATEWAY_DATA_DIR": str(tmp_path)}
        return subprocess.run(
            [sys.executable, ROOT / "manage.py", *arguments],
            env=os.environ | settings | {"GATEWAY_ENVIRONMENT": "production"},
            cwd=tmp_path,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def test_the_role_migrates_fills_and_checks_its_database(cluster, least, manage):
    url = least(SCRIPT.read_text())
    name = make_url(url).username
    (role,) = cluster.execute(f"SELECT * FROM pg_roles WHERE rolname = '{name}'")
    powers = ("rolsuper", "rolcreaterole", "rolcreatedb", "rolreplication", "rolbypassrls")
    assert not any(role[power] for power in powers)
    for command in (["migrate"], ["sample", "--parcels", "50"], ["check", "--database"]):
        done = manage(url, *command)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "W220" not in done.stdout
    (open_to_all,) = cluster.execute(f"SELECT datacl::text FROM pg_database WHERE datname = '{name}'")
    assert "{=" not in open_to_all["datacl"]


def test_a_superuser_in_production_is_told(cluster, served_database, manage):
    done = manage(served_database, "check", "--database", "--tag", "server", "--json")
    assert "gateway has SUPERUSER, CREATEROLE, CREATEDB, REPLICATION, BYPASSRLS" in done.stdout


def test_without_postgis_the_role_is_told_what_a_superuser_must_do(least, manage):
    url = least(
        "CREATE ROLE gateway LOGIN;\nSELECT current_database() AS database \\gset\n"
        'ALTER DATABASE :"database" OWNER TO gateway;'
    )
    done = manage(url, "migrate")
    assert done.returncode == 1
    assert done.stderr.startswith("SETUP This database has no PostGIS, and the role of GATEWAY_DATABASE_URL may not ")
    assert done.stderr.endswith("As a superuser, once, in this database: CREATE EXTENSION postgis;\n")
