"""The nodes of a Citus cluster whose coordinator the database is; leaves messages, or none without Citus."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Final

from gateway.checks import rules
from gateway.checks.inspection import Inspection
from gateway.checks.messages import Message
from gateway.checks.server import parts
from gateway.checks.session import amount
from gateway.db.engine import connection_settings
from gateway.db.rows import AnyRow
from gateway.settings import DatabaseSettings
from gateway.sql import citus

MINIMUM: Final = (12, 1)
TRIGGERS: Final = "citus.enable_unsafe_triggers"
# Of the settings of a session those that a statement is planned and answered by.
_OF_SESSIONS: Final = (
    "enable_material",
    "jit",
    "max_parallel_workers_per_gather",
    "random_page_cost",
    "timezone",
    "work_mem",
)
# `SET LOCAL` reaches the nodes, so that histories know who made a change; and the catalogue is read without a function
# for each row, which takes asyncpg's question for a type from 0.1 to 5 s.
_OF_CITUS: Final = {"citus.override_table_visibility": "off", "citus.propagate_set_commands": "local"}


def wanted(settings: DatabaseSettings) -> Mapping[str, str]:
    """What sessions of each node should have, which Citus opens and the gateway sets nothing in."""
    ours = connection_settings(settings, timeout_ms=0)
    return {name: ours[name] for name in _OF_SESSIONS} | _OF_CITUS


async def nodes(at: Inspection) -> AsyncIterator[Message]:
    if (await at.row(citus.VERSION)).extension is None:
        return
    for message in judge_release(await at.reading.scalar(citus.RELEASE)):
        yield message
    seen = await at.rows(citus.NODES)
    for message in judge_nodes(seen):
        yield message
    expected = {**wanted(at.settings.database), TRIGGERS: "on"}
    for name, value in expected.items():
        for message in judge_setting(name, value, await at.rows(citus.SETTING, name=name)):
            yield message
    for message in judge_postgis(await at.rows(citus.POSTGIS)):
        yield message
    if count := sum(node.schemas for node in seen):
        yield rules.CLUSTER_LIMITS(
            f"{count} distributed: tiles of these are not kept, dead rows and plans are not judged, and /j/all/ reads "
            "whole tables of them.",
            hint="docs/howto/many-machines.md has the whole table.",
            about="Citus",
        )


def judge_release(release: str) -> Iterator[Message]:
    """Judge a release such as 13.2.2."""
    if parts(release) < MINIMUM:
        yield rules.CITUS_TOO_OLD(
            f"Citus is {release}.",
            hint="Install 12.1 or newer on all nodes: older ones move no schemas.",
            about="Citus",
        )


def judge_nodes(seen: Iterable[AnyRow]) -> Iterator[Message]:
    """Judge rows of citus.NODES."""
    for node in seen:
        if not node.active:
            yield rules.NODE_AWAY(
                f"The node is not active, and has {node.schemas} distributed schema(s).",
                hint=f"SELECT citus_activate_node('{node.host}', {node.port});",
                about=f"{node.host}:{node.port}",
            )


def judge_setting(name: str, value: str, seen: Iterable[AnyRow]) -> Iterator[Message]:
    """Judge rows of citus.SETTING."""
    same = {value, *(("Etc/UTC",) if value == "UTC" else ())}
    others = [
        node
        for node in seen
        if not node.success or amount(node.value, None) not in {amount(each, None) for each in same}
    ]
    if others:
        rule = rules.CITUS_TRIGGERS if name == TRIGGERS else rules.NODE_SETTING
        yield rule(
            f"{name} is not {value} in sessions of {', '.join(f'{node.node} ({node.value})' for node in others)}.",
            hint=f"In the database, on each of these nodes: ALTER DATABASE ... SET {name} = '{value}';",
            about=name,
        )


def judge_postgis(seen: Iterable[AnyRow]) -> Iterator[Message]:
    """Judge rows of citus.POSTGIS."""
    versions = {node.node: node.value if node.success else "missing" for node in seen}
    if len(set(versions.values())) > 1:
        yield rules.NODE_POSTGIS(
            f"PostGIS is {', '.join(f'{version} on node {node}' for node, version in versions.items())}.",
            hint="Install the same version everywhere, then on each node: CREATE EXTENSION postgis; or "
            "SELECT postgis_extensions_upgrade();",
            about="PostGIS",
        )
