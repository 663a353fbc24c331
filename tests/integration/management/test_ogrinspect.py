"""A file becomes a layer by what ogrinspect prints: the declaration imports, and its command loads the file."""

import json
import re
import shlex
from itertools import pairwise

import pytest

from gateway.ingest import IngestOptions, ingest
from gateway.management.commands import ogrinspect
from gateway.models import Base
from tests.fixtures import flood_zones


def feature(number, **properties):
    ring = [[number, 0], [number + 1, 0], [number + 1, 1], [number, 0]]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


@pytest.fixture
def file(tmp_path):
    features = [
        feature(1, **{"ZoneCode": "A", "Flood Zone": "AE", "class": 1, "area": 1.5, "large": 2**40, "tags": ["x"]}),
        feature(2, **{"ZoneCode": "B", "Flood Zone": "AE", "class": None, "area": 2, "large": 1, "tags": None}),
    ]
    path = tmp_path / "Flood Zones 2020.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_a_file_is_declared_with_its_key_types_and_mapping(file):
    text = ogrinspect.text(file, "flood_zones")
    for line in (
        "class FloodZone(Feature, Tracked, Extra):",
        '__tablename__ = "flood_zones"',
        "# Guessed to be the key: each of the first 2 features has its own ZoneCode.",
        'zone_code: Mapped[str] = mapped_column(Text, unique=True, comment="Key of the flood zone in the source.")',
        'flood_zone: Mapped[str | None] = mapped_column(Text, comment="Flood zone.")',
        'source_class: Mapped[int | None] = mapped_column(comment="Class.")',
        'source_area: Mapped[float | None] = mapped_column(comment="Area.")',
        'large: Mapped[int | None] = mapped_column(BigInteger, comment="Large.")',
        'geom: Mapped[WKBElement] = geometry_column("MULTIPOLYGON", "Outline of the flood zone.")',
        "#     --map 'flood_zone=Flood Zone'",
    ):
        assert line in text
    assert "tags" not in text  # goes to attributes
    assert "--map zone_code" not in text  # ingest finds it by itself


async def test_the_printed_command_loads_the_file(file, empty_database, database):
    text = ogrinspect.text(file, "flood_zones")
    command = shlex.split(
        re.sub(r"^# ?", "", text.partition("# Load it:\n")[2], flags=re.MULTILINE).replace("\\\n", " ")
    )
    assert command[:3] == ["manage.py", "ingest", "flood_zones"]
    mapping = dict(each.split("=", 1) for flag, each in pairwise(command) if flag == "--map")
    with flood_zones.declared(text) as layers:
        async with database.engine.begin() as connection:
            await connection.run_sync(_create)
        report = await ingest(empty_database, layers["flood_zones"], file, IngestOptions(mapping=mapping))
    assert report.counts.inserted == 2


def _create(connection):
    Base.metadata.tables["flood_zones"].create(connection)


def test_a_file_without_a_key_has_the_number_of_the_feature(tmp_path):
    path = tmp_path / "trees.geojson"
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature(1, kind="oak"), feature(2, kind="oak")]})
    )
    text = ogrinspect.text(path)
    assert "tree_id: Mapped[int]" in text
    assert "--map tree_id=fid" in text


def test_a_field_called_as_the_geometry_column_has_another_name(tmp_path):
    path = tmp_path / "trees.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature(1, geom="a"), feature(2, geom="a")]}))
    text = ogrinspect.text(path)
    assert "source_geom: Mapped[str | None]" in text
    assert "--map source_geom=geom" in text
