"""`manage.py prune`."""

import asyncio

import asyncpg
from typer.testing import CliRunner

from gateway.management import application

FILL = """
INSERT INTO idempotency_keys (digest, fingerprint, answer, created_at)
SELECT sha256(n::text::bytea), '', '', now() - n * interval '1 hour' FROM generate_series(0, 47) n
"""


async def test_expired_idempotency_keys_are_deleted_and_others_stay(empty_database, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATEWAY_DATABASE_URL", empty_database)
    monkeypatch.setattr("gateway.execution.writing.idempotency._AT_A_TIME", 10)
    connection = await asyncpg.connect(empty_database.replace("+asyncpg", ""))
    await connection.execute(FILL)
    outcome = await asyncio.to_thread(CliRunner().invoke, application(["prune"]), ["prune"])
    assert outcome.exit_code == 0, outcome.output
    assert outcome.stdout == "24 idempotency keys older than 86400 s are gone.\n"
    assert await connection.fetchval("SELECT count(*) FROM idempotency_keys") == 24
    await connection.close()
