"""A row by any of its unique columns, not by the natural key alone."""

import pytest
from sqlalchemy import text

from gateway.asgi import create_app
from gateway.db.sessions import Database
from tests.fixtures.buildings import added
from tests.fixtures.door import on, opened

SQUARE = "ST_Multi(ST_ForcePolygonCCW(ST_MakeEnvelope(-71.1, 42.3, -71.0, 42.4, 4326)))"


@pytest.fixture(params=["on", "off"])
async def door(settings, empty_database, request):
    """A gateway whose buildings have a second unique column, planned or with resolvers."""

    def with_unique(source):
        return source.replace(
            "floors: Mapped[int | None] = mapped_column(", "floors: Mapped[int | None] = mapped_column(unique=True, "
        )

    with added(with_unique) as addition:
        database = Database(settings.database, empty_database)
        await addition.migrate(database.engine)
        async with database.engine.begin() as connection:
            insert = f"INSERT INTO buildings (building_id, floors, geom) VALUES ('A', 3, {SQUARE}), ('B', 4, {SQUARE})"
            await connection.execute(text(insert))
        await database.dispose()
        given = on(settings, empty_database).model_copy(update={"planner": request.param})
        async with opened(create_app(given, layers=addition.layers)) as made:
            yield made


async def test_a_row_is_found_by_any_unique_column_and_refused_by_two(door):
    answer = await door.post('{ a: building(buildingId: "A") { floors } b: building(floors: 4) { buildingId } }')
    assert answer.json["data"] == {"a": {"floors": 3}, "b": {"buildingId": "B"}}
    assert (await door.post("{ building(floors: 5) { id } }")).json["data"] == {"building": None}
    assert (await door.post('{ building(floors: 3, buildingId: "A") { id } }')).code == "BAD_ARGUMENT"
