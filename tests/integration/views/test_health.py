"""The probes of a process: alive, ready, counted."""

import asyncio
from contextlib import nullcontext

from gateway.db import migrations
from gateway.db.sessions import Database
from gateway.http.views.health import Ready
from gateway.server.drain import Drain


async def test_a_process_lives_whatever_its_database_does(door):
    answer = await door.request("GET", "/healthz")
    assert (answer.status, answer.json) == (200, {"status": "ok"})


async def test_a_migrated_database_is_ready_and_no_version_is_told(door):
    answer = await door.request("GET", "/readyz")
    assert (answer.status, answer.json) == (200, {"status": "ready"})


class Session:
    """A session whose database answers as `answers` does, and the database itself."""

    def __init__(self, answers):
        self.rows = answers

    def session(self):
        return nullcontext(self)


async def _probe(answers, *, draining=False):
    sent = []

    async def send(message):
        sent.append(message)

    ready = Ready(frozenset({"a"}), draining=lambda: draining)
    await ready({"state": {"probes": Session(answers)}}, None, send)
    return sent[0]["status"], sent[1]["body"].decode()


async def test_a_server_that_stops_is_not_ready_whatever_its_database_says():
    status, body = await _probe(None, draining=True)
    assert status == 503
    assert "stopping" in body


async def test_a_database_that_does_not_answer_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("gateway.http.views.health._SECONDS", 0.01)
    status, body = await _probe(lambda _: asyncio.sleep(60))
    assert status == 503
    assert "did not answer" in body


async def test_a_database_that_answers_oddly_is_not_ready():
    async def odd(_):
        raise ZeroDivisionError

    status, body = await _probe(odd)
    assert status == 503
    assert "ZeroDivision" not in body


async def test_a_database_at_another_migration_is_not_ready(cluster, migrated, settings):
    with cluster.copy(migrated) as url:
        cluster.execute(
            "UPDATE alembic_version SET version_num = 'older'", database=url.rpartition("/")[2].partition("?")[0]
        )
        database = Database(settings.database, url)
        sent = []

        async def send(message):
            sent.append(message)

        await Ready(migrations.heads(), draining=Drain(0).begun)({"state": {"probes": database}}, None, send)
        await database.dispose()
    assert sent[0]["status"] == 503
    assert b"NOT_MIGRATED" in sent[1]["body"]


async def test_workers_add_up_where_they_share_a_directory(closed_door, monkeypatch, tmp_path):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    answer = await closed_door.request("GET", "/metrics")
    assert (answer.status, answer.media) == (200, "text/plain")


async def test_probes_that_come_together_share_one_question_and_one_that_leaves_ends_it_for_nobody():
    asked = []

    async def slow(_):
        asked.append(1)
        await asyncio.sleep(0.05)
        raise ZeroDivisionError

    ready, sent = Ready(frozenset(), draining=lambda: False), []

    async def send(message):
        sent.append(message)

    probes = [asyncio.create_task(ready({"state": {"probes": Session(slow)}}, None, send)) for _ in range(5)]
    await asyncio.sleep(0.01)
    probes[0].cancel()
    await asyncio.gather(*probes, return_exceptions=True)
    assert (len(asked), len(sent)) == (1, 8)
