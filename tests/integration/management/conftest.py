"""Commands with somebody at the terminal; enters answers, leaves a standard input that is one."""

import io
import shutil
import sys

import asyncpg
import pytest
from sqlalchemy import make_url

from gateway.db.sessions import Database
from gateway.management.commands import inspectdb
from gateway.management.declaring.tables import Choices
from tests.fixtures.cluster import ROOT


@pytest.fixture
def answered(monkeypatch):
    """`answered("y")`: the next question is answered so, on a terminal."""

    def answer(text):
        terminal = io.StringIO(f"{text}\n")
        terminal.isatty = lambda: True
        monkeypatch.setattr(sys, "stdin", terminal)

    return answer


@pytest.fixture
def checkout(tmp_path):
    """A copy of what a contributor changes, in which `manage.py` runs."""
    for name in ("gateway", "schema", "migrations"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "app"))
    for name in ("manage.py", "alembic.ini", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
async def execute(empty_database):
    """`await execute(sql)` as the owner of the tables."""
    url = make_url(empty_database)
    options = {"host": url.query["host"], "port": url.query["port"]}
    connection = await asyncpg.connect(user=url.username, database=url.database, **options)
    yield connection.execute
    await connection.close()


@pytest.fixture
async def database(empty_database, settings):
    made = Database(settings.database, empty_database, timeout_ms=0)
    yield made
    await made.dispose()


@pytest.fixture
def inspected(database):
    """`await inspected(*names, related=...)`: the module that inspectdb prints."""

    async def run(*names, related=(), **choices):
        return inspectdb.text(await inspectdb.run(database, names, Choices(**choices)), related)

    return run


@pytest.fixture
def served(settings, empty_database):
    return settings.model_copy(update={"database": settings.database.model_copy(update={"url": empty_database})})
