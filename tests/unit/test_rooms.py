"""The rooms of the gateway: few, on few floors, each held by every contract that is about it, and drawn in the docs."""

import re
import tomllib
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "architecture.md"
CONTRACTS = {
    contract["name"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}
FLOORS = next(contract["layers"] for contract in CONTRACTS.values() if "floors" in contract["name"])
PLACES = {room: number for number, floor in enumerate(FLOORS) for room in re.findall(r"[\w.]+", floor)}
# A folder that holds no module is what an older checkout left behind.
ENTRIES = [entry for entry in (ROOT / "gateway").iterdir() if entry.suffix == ".py" or any(entry.rglob("*.py"))]
ROOMS = sorted({f"gateway.{entry.stem}" for entry in ENTRIES if entry.stem != "__init__"} | {"schema"})
# The rooms that a contract is not about; a new room is held by each of them, or is named here.
EXEMPT = {
    "only http and server speak HTTP": {"gateway.http", "gateway.server", "gateway.asgi", "gateway.management"},
    "only schema speaks Strawberry": {"schema", "gateway.asgi", "gateway.management"},
    "shapely lives in geo, sources and ingest": {
        "gateway.geo",
        "gateway.sources",
        "gateway.ingest",
        "gateway.asgi",
        "gateway.management",
    },
}


def room_of(module):
    return module.split(".")[0] if module.startswith("schema") else ".".join(module.split(".")[:2])


def uses():
    """room -> the rooms that it imports, without those that it also reaches through another one."""
    graph = grimp.build_graph("gateway", "schema")
    direct = {room: set() for room in ROOMS}
    for module in graph.modules - {"gateway"}:
        for other in graph.find_modules_directly_imported_by(module):
            if room_of(other) in direct and room_of(other) != room_of(module):
                direct[room_of(module)].add(room_of(other))
    return {room: found - {far for near in found for far in below(near, direct)} for room, found in direct.items()}


def below(room, direct):
    found, rest = set(), list(direct[room])
    while rest:
        if (one := rest.pop()) not in found:
            found.add(one)
            rest.extend(direct[one])
    return found


def drawing():
    lines = ["```mermaid", "flowchart TD"]
    for number, floor in enumerate(FLOORS):
        lines.append(f'  subgraph floor{number}[" "]')
        lines.extend(f'    {name(room)}["{room.removeprefix("gateway.")}"]' for room in re.findall(r"[\w.]+", floor))
        lines.append("  end")
    edges = uses()
    lines.extend(f"  {name(room)} --> {name(other)}" for room in PLACES for other in sorted(edges[room]))
    return "\n".join([*lines, "```"])


def name(room):
    return room.replace(".", "_")


def test_the_gateway_has_at_most_22_entries_on_at_most_10_floors():
    assert len(ENTRIES) <= 22
    assert len(FLOORS) <= 10


def test_every_room_stands_on_a_floor():
    assert sorted(PLACES) == ROOMS


@pytest.mark.parametrize("contract", EXEMPT)
def test_every_room_is_held_by_each_contract_or_is_exempt(contract):
    assert set(CONTRACTS[contract]["source_modules"]) == set(ROOMS) - EXEMPT[contract]


def test_the_page_has_a_line_for_every_room_and_draws_them_as_they_are(request):
    page = PAGE.read_text()
    drawn = re.search(r"```mermaid\n.*?```", page, re.DOTALL)
    assert [room for room in ROOMS if f"| `{room.replace('.', '/')}" not in page] == []
    if request.config.getoption("--bless"):
        PAGE.write_text(page.replace(drawn[0], drawing()))
    else:
        assert drawn[0] == drawing(), "bless it: pytest --bless tests/unit/test_rooms.py"
