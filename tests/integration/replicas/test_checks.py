"""What `check` says of replicas."""

from gateway.checks.registry import CHECKS, Tag
from gateway.checks.running import Run
from gateway.db.sessions import Database
from gateway.layers import LAYERS
from gateway.settings import ReplicaSettings
from tests.fixtures.replicas import replica_settings

FOLLOWS = {"gateway.W211"}  # which standbys of the tests are told


async def told(settings):
    """What is said of each replica."""
    database = Database(settings.database, settings.database.url)
    try:
        messages = await Run(settings, LAYERS, frozenset({Tag.SERVER})).stored(database)
    finally:
        await database.dispose()
    found = {}
    for message in messages:
        if message.about.startswith("replica"):
            found.setdefault(message.about, set()).add(message.rule.id)
    return found


async def test_replicas_that_follow_are_told_how_to_end_no_reads(settings, replication, replicated):
    given = replica_settings(settings, replication, replicated)
    assert await told(given) == {"replica 1": FOLLOWS, "replica 2": FOLLOWS}
    first, _ = replication.standbys
    first.execute("ALTER SYSTEM SET hot_standby_feedback = on", "SELECT pg_reload_conf()")
    first._until("SELECT setting = 'on' FROM pg_settings WHERE name = 'hot_standby_feedback'")
    assert await told(given) == {"replica 2": FOLLOWS}
    first.execute("ALTER SYSTEM RESET hot_standby_feedback", "SELECT pg_reload_conf()")


async def test_a_replica_that_is_away_behind_or_none_is_told(settings, replication, replicated, cluster):
    first, second = replication.standbys
    first.stop()
    second.pause()
    replication.primary.execute(
        "SELECT pg_logical_emit_message(false, 'test', repeat(md5(n::text), 2000)) FROM generate_series(1, 400) n",
        "SELECT pg_switch_wal()",
    )
    nodes = [first, second, cluster, replication.primary]
    found = await told(replica_settings(settings, replication, replicated, nodes))
    first.start()
    assert found["replica 1"] == {"gateway.W209"}
    assert found["replica 2"] == FOLLOWS | {"gateway.W210"}
    assert found["replica 4"] == {"gateway.E210"}
    assert found["replica 3"] & {"gateway.E210", "gateway.W209"}  # it has no such database


async def test_connections_and_what_the_role_may_see_are_looked_at(settings, replication, replicated):
    replication.primary.execute("DROP ROLE IF EXISTS plain", "CREATE ROLE plain LOGIN")
    replication.primary.execute("GRANT USAGE ON SCHEMA public TO plain", database=replicated)
    replication.caught_up()
    given = replica_settings(settings, replication, replicated, database={"pool_size": 200})
    plain = tuple(url.replace("gateway@", "plain@") for url in given.replica.urls)
    given = given.model_copy(update={"replica": ReplicaSettings(urls=plain)})
    expected = FOLLOWS | {"gateway.W205", "gateway.W212"}
    assert await told(given) == {"replica 1": expected, "replica 2": expected}
    replication.primary.execute("DROP OWNED BY plain", database=replicated)
    replication.primary.execute("DROP ROLE plain")


def test_replicas_need_a_database_that_they_follow(settings):
    named = settings.model_copy(update={"replica": ReplicaSettings(urls="postgresql://gateway@db2/gis")})
    found = {message.rule.id for tag, check in CHECKS.settings if tag is Tag.SETTINGS for message in check(named)}
    assert found == {"gateway.E014"}
