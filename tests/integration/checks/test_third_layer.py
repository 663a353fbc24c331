"""A layer that the gateway did not ship is checked as its own are, from its declaration alone."""

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import CheckConstraint, MetaData, Text, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import declared_attr, mapped_column

from gateway.checks.registry import DATABASE_TAGS, Tag
from gateway.layers import Layers
from gateway.models import Base, Extra, Feature, Parcel, Tracked, ZoningDistrict
from gateway.models.base import geometry_column
from gateway.models.declaration import Meta
from migrations.operations import FollowChanges
from tests.integration.checks.conftest import execute


class Apart(Feature, Tracked, Extra):
    """Tables of this test, which migrations must not see."""

    __abstract__ = True
    metadata = MetaData(naming_convention=Base.metadata.naming_convention)


class Building(Apart):
    __tablename__ = "Old buildings"
    __layer__ = Meta(natural_key="number")

    number = mapped_column(Text, unique=True)
    use = mapped_column(Text)
    geom = geometry_column("POINT", "Where it stands.")

    @declared_attr.directive
    @classmethod
    def __table_args__(cls):
        *constraints, options = super().__table_args__
        return (*constraints, CheckConstraint("use IN ('home', 'work')", name="use_known"), options)


LAYERS = Layers.of(Parcel, ZoningDistrict, Building)


def make(connection):
    Building.metadata.create_all(connection, tables=[Building.__table__, Building.history])
    Operations(MigrationContext.configure(connection)).invoke(FollowChanges("Old buildings", "building_history"))


@pytest.fixture
async def built(database):
    """A healthy database that has the third table as well."""
    engine = create_async_engine(make_url(database))
    async with engine.begin() as connection:
        await connection.run_sync(make)
    await engine.dispose()
    await execute(
        database,
        """INSERT INTO "Old buildings" (number, geom)
           SELECT n, ST_SetSRID(ST_MakePoint(n / 1e5, 42), 4326) FROM generate_series(1, 5000) AS n""",
        'VACUUM ANALYZE "Old buildings"',
    )
    return database


async def test_a_third_layer_without_its_table_is_told(database, findings):
    assert await findings(database, layers=LAYERS) == {"gateway.E301"}


async def test_a_third_layer_as_declared_has_no_finding(built, findings):
    assert await findings(built, layers=LAYERS) == set()


async def test_damages_of_a_third_layer_are_told_and_their_hints_mend_them(built, check, findings):
    await execute(
        built,
        'DROP INDEX "ix_Old buildings_geom"',
        'DROP INDEX "ix_Old buildings_geog"',
        'DROP INDEX "ix_Old buildings_attributes"',
        'ALTER TABLE "Old buildings" DROP CONSTRAINT "ck_Old buildings_geom_valid"',
        'ALTER TABLE "Old buildings" DROP CONSTRAINT "ck_Old buildings_use_known"',
        'ALTER TABLE "Old buildings" DROP CONSTRAINT "uq_Old buildings_number"',
        'ALTER TABLE "Old buildings" RESET (autovacuum_analyze_scale_factor)',
        'DROP TRIGGER tell_change ON "Old buildings"',
    )
    told = await check(built, layers=LAYERS, tags=DATABASE_TAGS - {Tag.PLANS})
    hints = [
        (each.rule.id, command)
        for each in told
        if each.about.startswith('"Old buildings"')
        for command in each.hint.split("; ")
    ]
    assert {rule for rule, _ in hints} == {
        "gateway.E304",
        "gateway.E401",
        "gateway.E402",
        "gateway.E403",
        "gateway.W302",
        "gateway.W303",
        "gateway.W401",
    }
    await execute(built, *(command for _, command in hints))
    assert await findings(built, layers=LAYERS) == set()
