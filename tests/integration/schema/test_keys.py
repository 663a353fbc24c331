"""Natural keys may be integers and UUIDs, and a layer takes what it wants of versions, history and attributes."""

import json
from urllib.parse import quote

import pytest
import shapely
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import BigInteger, Integer, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.asgi import create_app
from gateway.checks.inspection import Bounds
from gateway.checks.messages import Level
from gateway.checks.registry import Tag
from gateway.checks.running import Run
from gateway.db.sessions import Database
from gateway.errors import LayerNotLoadable
from gateway.ingest import IngestOptions, OnDuplicate, OnMissing, ingest
from gateway.layers import PARCELS, Layers
from gateway.models import Base, Extra, Feature, Parcel, Tracked, ZoningDistrict
from gateway.models.base import geometry_column
from gateway.models.declaration import Meta, Relation, RelationKind, Reverse
from gateway.settings import AuthSettings, BudgetSettings, DatabaseSettings
from migrations.operations import FollowChanges
from tests.fixtures.door import on, opened
from tests.fixtures.exported import FORMATS, read
from tests.fixtures.mapping import Map, columns


class Apart(Feature):
    """Tables of this test, which migrations must not see."""

    __abstract__ = True
    metadata = MetaData(naming_convention=Base.metadata.naming_convention)


def relation(name):
    return Relation("parcels", "parcels", RelationKind.OVERLAP, "Parcels under it.", reverse=Reverse(name, "On it."))


def keyed(type_name, table, kind):
    """A model whose natural key is of a kind."""
    columns = {
        "number": mapped_column(kind, unique=True, nullable=False, comment="Its number."),
        "flow": mapped_column(Integer, comment="Litres a minute."),
        "secret": mapped_column(Text, comment="What no client sees."),
        "geom": geometry_column("POINT", "Where it is."),
    }
    declared = Meta(natural_key="number", hidden={"secret"}, relations=(relation(table),))
    return type(type_name, (Apart, Tracked, Extra), {"__tablename__": table, "__layer__": declared, **columns})


Hydrant = keyed("Hydrant", "hydrants", Integer)
Meter = keyed("Meter", "meters", BigInteger)
Sensor = keyed("Sensor", "sensors", Uuid)


class Bench(Apart):
    """A bench: a place with a number."""

    __tablename__ = "benches"
    __layer__ = Meta(natural_key="number", relations=(relation("benches"),))

    number: Mapped[int] = mapped_column(unique=True, comment="Its number.")
    geom = geometry_column("POINT", "Where it is.")


class Kiosk(Apart):
    """A kiosk, in a table of somebody else."""

    __tablename__ = "kiosks"
    __layer__ = Meta(natural_key="number", managed=False, relations=(relation("kiosks"),))

    id: Mapped[int] = mapped_column("objectid", Integer, primary_key=True, comment="Its row.")
    number: Mapped[int] = mapped_column(unique=True, comment="Its number.")
    version: Mapped[str] = mapped_column(Text, comment="Of its till.")
    details: Mapped[dict | None] = mapped_column(JSONB, comment="What else is known of it.")
    geom = geometry_column("POINT", "Where it is.")


KIOSKS = """
    CREATE TABLE kiosks (objectid integer PRIMARY KEY, number integer NOT NULL UNIQUE, version text NOT NULL,
                         details jsonb, geom geometry(Point, 4326) NOT NULL);
    INSERT INTO kiosks VALUES (5, 1, 'v2', '{"sells": "ice"}', 'SRID=4326;POINT(0.0002 42.0002)')
"""
LAYERS = Layers.of(Parcel, ZoningDistrict, Hydrant, Meter, Sensor, Bench, Kiosk)
TABLES = [each.__table__ for each in (Hydrant, Meter, Sensor, Bench)]
KEYS = {
    "hydrants": (7, 30, 200),
    "meters": (7, 30, 2**40),
    "sensors": tuple(f"{n}23e4567-e89b-12d3-a456-426614174000" for n in "137"),
}
PLACES = [(0.0002, 42.0002), (0.0004, 42.0004), (0.0015, 42.0002)]


def write(path, keys, flow=5):
    rows = zip(keys, PLACES, strict=False)
    features = [
        {
            "type": "Feature",
            "properties": {"number": key, "flow": flow, "make": "cast"},
            "geometry": {"type": "Point", "coordinates": place},
        }
        for key, place in rows
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def make(connection):
    Apart.metadata.create_all(connection, tables=[*TABLES, *(each.history for each in LAYERS.tracked[2:])])
    operations = Operations(MigrationContext.configure(connection))
    for layer in LAYERS.tracked[2:]:
        operations.invoke(FollowChanges(layer.name, layer.history.name))


async def fill(url, folder):
    database = Database(DatabaseSettings(), url)
    async with database.engine.begin() as connection:
        await connection.run_sync(make)
        for statement in KIOSKS.split(";\n"):
            await connection.exec_driver_sql(statement)
        await connection.exec_driver_sql(
            "INSERT INTO benches (number, geom) VALUES (1, 'SRID=4326;POINT(0.0002 42.0002)')"
        )
    lot = {"type": "Feature", "properties": {"parcel_id": "P0"}, "geometry": shapely.box(0, 42, 0.001, 42.001)}
    lot["geometry"] = shapely.geometry.mapping(lot["geometry"])
    (folder / "lots.json").write_text(json.dumps({"type": "FeatureCollection", "features": [lot]}))
    await ingest(database.engine, PARCELS, folder / "lots.json")
    for name, keys in KEYS.items():
        report = await ingest(database.engine, LAYERS[name], write(folder / f"{name}.json", keys))
        assert report.counts.inserted == 3, report
    await database.dispose()


@pytest.fixture(scope="module")
def filled(cluster, migrated, tmp_path_factory):
    """Name of a database with all layers and their rows."""
    folder = tmp_path_factory.mktemp("files")
    with cluster.filled(migrated, lambda url: fill(url, folder)) as name:
        yield name


@pytest.fixture
async def built(filled, cluster, settings):
    with cluster.copy(filled) as url:
        auth, budget = AuthSettings(anonymous=("read", "write", "bulk")), BudgetSettings(enabled=False)
        database = Database(settings.database, url)
        yield on(settings, url).model_copy(update={"auth": auth, "budget": budget}), database
        await database.dispose()


@pytest.fixture
async def ask(built):
    """`await ask(document, name=value)`: the data, which must be the same with planner and with resolvers."""
    settings, _ = built
    apps = [create_app(settings.model_copy(update={"planner": each}), layers=LAYERS) for each in ("on", "off")]
    async with opened(apps[0]) as planning, opened(apps[1]) as resolving:

        async def run(query, **variables):
            answers = [(await door.post(query, variables)).json for door in (planning, resolving)]
            assert "errors" not in answers[0], answers[0]["errors"]
            assert answers[0]["data"] == answers[1]["data"]
            return answers[0]["data"]

        run.door = planning
        yield run


async def test_rows_are_read_filtered_ordered_paged_and_related_by_keys_that_are_no_text(ask):
    for name, keys in KEYS.items():
        layer = LAYERS[name]
        kind = {"hydrants": "Int", "meters": "BigInt", "sensors": "UUID"}[name]
        query = f"""query ($key: {kind}!, $keys: [{kind}!]!) {{
          one: {layer.singular}(number: $key) {{ number flow version attributes parcels {{ nodes {{ parcelId }} }} }}
          some: {name}(filters: {{number: {{inList: $keys}}}}, order: [{{number: DESC}}]) {{ nodes {{ number }} }}
          not: {name}(filters: {{not: {{number: {{exact: $key}}}}}}) {{ totalCount }}
          features: {name} {{ featureCollection(properties: [NUMBER]) }}
          parcels {{ nodes {{ {name}(order: [{{number: ASC}}]) {{ nodes {{ number }} }} }} }}
          page: {name}(first: 1, order: [{{number: ASC}}]) {{ nodes {{ number }} pageInfo {{ endCursor }} }}
        }}"""
        found = await ask(query, key=keys[0], keys=[keys[0], keys[2]])
        one = {"number": keys[0], "flow": 5, "version": 1, "attributes": {"make": "cast"}}
        assert found["one"] == {**one, "parcels": {"nodes": [{"parcelId": "P0"}]}}
        assert [node["number"] for node in found["some"]["nodes"]] == [keys[2], keys[0]]
        assert found["not"] == {"totalCount": 2}
        assert [each["properties"] for each in found["features"]["featureCollection"]["features"]] == [
            {"number": key} for key in keys
        ]
        assert [node["number"] for node in found["parcels"]["nodes"][0][name]["nodes"]] == list(keys[:2])
        after = (
            f"query ($after: String!) {{ {name}(after: $after, order: [{{number: ASC}}]) {{ nodes {{ number }} }} }}"
        )
        rest = await ask(after, after=found["page"]["pageInfo"]["endCursor"])
        assert [node["number"] for node in rest[name]["nodes"]] == list(keys[1:])


async def test_rows_are_written_by_keys_that_are_no_text(ask):
    for name, keys in KEYS.items():
        layer = LAYERS[name]
        new = 8 if isinstance(keys[0], int) else "923e4567-e89b-12d3-a456-426614174000"
        kind = layer.type_name
        query = f"""mutation ($new: {kind}Input!, $there: {kind}Input!) {{
          create{kind}(input: $new) {{ outcome {layer.singular} {{ number }} }}
          upsert{kind}s(inputs: [$there, $new]) {{ results {{ outcome {layer.singular} {{ number flow }} }} }}
        }}"""
        place = {"geojson": {"type": "Point", "coordinates": PLACES[0]}}
        fresh, there = ({"number": key, "flow": 9, "geometry": place} for key in (new, keys[0]))
        done = (await ask.door.post(query, {"new": fresh, "there": there})).json
        assert "errors" not in done, done
        assert done["data"][f"create{kind}"] == {"outcome": "CREATED", layer.singular: {"number": new}}
        assert [each["outcome"] for each in done["data"][f"upsert{kind}s"]["results"]] == ["UPDATED", "UNCHANGED"]
        again = (await ask.door.post(query, {"new": fresh, "there": there})).json
        assert again["errors"][0]["extensions"]["code"] == "KEY_TAKEN"


async def test_rows_leave_in_exports_and_tiles_with_keys_that_are_no_text(ask, tmp_path):
    for name, keys in KEYS.items():
        for form in FORMATS:
            query = quote(f'filters={{"number":{{"inList":{json.dumps(keys[1:])}}}}}&properties=number', safe="=&")
            answer = await ask.door.request("GET", f"/export/{name}.{form}?{query}")
            told = read(tmp_path / f"out.{form}", answer.body)[1]["number"].to_pylist()
            assert list(map(str, told)) == list(map(str, keys[1:]))
        (place,) = columns(0.0002, 42.0002, 0.0002, 42.0002, 12)
        shown = (await Map(ask.door).tile(name, place))[name]
        assert sorted(each.properties["number"] for each in shown.features) == sorted(keys)


async def test_files_find_rows_by_keys_that_are_no_text(built, ask, tmp_path):
    for name, keys in KEYS.items():
        _, database = built
        layer = LAYERS[name]
        path = write(tmp_path / "again.json", [str(key).upper() for key in keys[:2]], flow=6)
        options = IngestOptions(on_duplicate=OnDuplicate.UPDATE, missing=OnMissing.REPORT)
        report = await ingest(database.engine, layer, path, options)
        assert (report.counts.updated, report.counts.inserted) == (2, 0)
        assert report.missing == 1
        headers = {"content-type": "application/geo+json", "prefer": "wait=50"}
        body = write(tmp_path / "more.json", keys[:1], flow=7).read_bytes()
        job = (await ask.door.request("POST", f"/bulk/{name}?on-duplicate=update", headers=headers, body=body)).json
        assert (job["state"], job["counts"]["updated"]) == ("complete", 1), job
        bad = write(tmp_path / "bad.json", ["none"])
        assert (await ingest(database.engine, layer, bad)).counts.rejected == 1


async def test_what_is_no_key_of_the_kind_is_refused_where_it_stands(ask):
    answer = (await ask.door.post('{ sensor(number: "12") { flow } }')).json
    assert "UUID must be a text such as" in answer["errors"][0]["message"]
    answer = await ask.door.request("GET", "/export/sensors.csv?" + quote('filters={"number":{"exact":"12"}}', "=&"))
    assert (answer.status, answer.json["errors"][0]["extensions"]["argument"][:2]) == (400, ["filters", "number"])


async def test_a_hidden_column_is_nowhere_that_clients_look(built, ask, tmp_path):
    _, database = built
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE hydrants SET secret = 'canary'")
    assert "secret" not in (await ask.door.request("GET", "/schema.graphql")).body.decode().lower()
    every = "{ hydrants { nodes { feature history { nodes { before { number } } } } featureCollection } }"
    assert "canary" not in json.dumps(await ask(every))
    for path in ("/export/hydrants.geojson", "/export/hydrants.csv", "/tiles/hydrants.json", "/styles/hydrants.json"):
        answer = await ask.door.request("GET", path)
        assert answer.status == 200
        assert b"canary" not in answer.body
        assert b"secret" not in answer.body
    path = write(tmp_path / "mine.json", [900])
    path.write_text(path.read_text().replace("make", "secret"))
    await ingest(database.engine, LAYERS["hydrants"], path)
    found = await ask("{ hydrant(number: 900) { attributes } }")
    assert found["hydrant"] == {"attributes": {"secret": "cast"}}


async def test_a_layer_without_versions_and_attributes_has_neither_and_says_so_where_they_are_needed(built, ask):
    _, database = built
    found = await ask("{ bench(number: 1) { number bbox parcels { nodes { parcelId } } feature } benches { extent } }")
    assert found["bench"]["parcels"]["nodes"] == [{"parcelId": "P0"}]
    text = (await ask.door.request("GET", "/schema.graphql")).body.decode()
    assert "benchHistory" not in text
    assert "createBench" not in text
    assert "BenchState" not in text
    async with database.engine.begin() as connection:
        now = (await connection.exec_driver_sql("SELECT clock_timestamp()::text")).scalar().replace(" ", "T")
    past = "query ($at: DateTime) { parcels(asOf: $at) { nodes { benches { nodes { number } } } } }"
    answer = (await ask.door.post(past, {"at": now})).json
    assert answer["errors"][0]["extensions"]["code"] == "BAD_MOMENT"
    refused = await ask.door.request(
        "POST", "/bulk/benches", headers={"content-type": "application/geo+json"}, body=b"{}"
    )
    assert (refused.status, refused.json["errors"][0]["extensions"]["code"]) == (400, "LAYER_NOT_LOADABLE")
    with pytest.raises(LayerNotLoadable):
        await ingest(database.engine, LAYERS["benches"], "/nowhere.json")


async def test_a_table_of_somebody_else_is_read_under_its_own_columns_and_never_written_to(built, ask):
    settings, database = built
    query = """{
      kiosk(number: 1) { featureId number version details feature parcels { nodes { parcelId } } }
      kiosks(order: [{version: ASC}], filters: {details: {hasKey: "sells"}}) { totalCount nodes { number } }
      parcels { nodes { kiosks { nodes { details } } } }
    }"""
    found = await ask(query)
    assert found["kiosk"]["parcels"]["nodes"] == [{"parcelId": "P0"}]
    assert (found["kiosk"]["featureId"], found["kiosk"]["version"]) == (5, "v2")
    assert found["kiosk"]["details"] == {"sells": "ice"}
    assert found["kiosk"]["feature"]["properties"] == {"number": 1, "version": "v2"}
    assert found["kiosks"] == {"totalCount": 1, "nodes": [{"number": 1}]}
    for form in ("geojson", "csv"):
        answer = await ask.door.request("GET", f"/export/kiosks.{form}")
        assert (answer.status, b"v2" in answer.body) == (200, True)
    (place,) = columns(0.0002, 42.0002, 0.0002, 42.0002, 12)
    assert (await Map(ask.door).tile("kiosks", place))["kiosks"].ids == [5]
    text = (await ask.door.request("GET", "/schema.graphql")).body.decode()
    assert "createKiosk" not in text
    with pytest.raises(LayerNotLoadable, match="read only"):
        await ingest(database.engine, LAYERS["kiosks"], "/nowhere.json")
    told = await Run(settings, LAYERS, frozenset({Tag.TABLES, Tag.UPKEEP}), Bounds()).stored(database)
    assert [each.rule.id for each in told if each.about.startswith("kiosks") and each.rule.level >= Level.ERROR] == []
