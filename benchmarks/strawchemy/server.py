"""strawchemy on the tables of one database, served as bare.py is: `uvicorn benchmarks.strawchemy.server:app`.

Types come from the models. Resolvers narrow its statements with `filter_statement`, as its docs have it where its
filters lack a lookup: of geometries those are `containsGeometry`, `withinGeometry` and `isNull` alone. Geometry is
text from PostGIS to the socket: its own GeoJSON scalar, which reads WKB with Shapely, is slower. The socket of the
database is in BENCH_SOCKET.
"""

import os
from collections.abc import AsyncIterator
from typing import Any

import orjson
import strawberry
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, SchemaExtension, ValidationCache
from strawchemy import Strawchemy, StrawchemyAsyncRepository, StrawchemyConfig
from strawchemy.schema.scalars.geo import GEO_SCALAR_OVERRIDES

from benchmarks.strawchemy.models import GeoJSON, Overlap, Parcel, ZoningDistrict

_engine = create_async_engine(
    "postgresql+asyncpg://gateway@/gateway",
    connect_args={"host": os.environ["BENCH_SOCKET"]},
    pool_size=10,
    max_overflow=0,
    isolation_level="AUTOCOMMIT",  # reads of one statement need no BEGIN
    skip_autocommit_rollback=True,
)
_strawchemy = Strawchemy(
    StrawchemyConfig(
        "postgresql",
        repository_type=StrawchemyAsyncRepository,
        auto_is_type_of=False,  # without unions and interfaces there is nothing to tell apart
    )
)


@_strawchemy.type(Overlap, include="all", scope="schema")
class OverlapType:
    """An edge between a parcel and a district."""


@_strawchemy.type(ZoningDistrict, include="all", paginate="all", scope="schema")
class ZoningDistrictType:
    """A district; its parcels have pages."""


@_strawchemy.type(Parcel, include="all", override=True)
class ParcelType:
    """A parcel."""


@strawberry.type
class Query:
    """The roots of the works."""

    @_strawchemy.field
    async def parcel(self, info: strawberry.Info, parcel_id: str) -> ParcelType | None:
        """One parcel by the key of its source."""
        chosen = select(Parcel).where(Parcel.parcel_id == parcel_id)
        found = StrawchemyAsyncRepository(ParcelType, info, filter_statement=chosen)
        return (await found.get_one_or_none()).graphql_type_or_none()

    @_strawchemy.field
    async def parcels(self, info: strawberry.Info, box: list[float], first: int) -> list[ParcelType]:
        """The first parcels whose boxes overlap a box, by id."""
        found = StrawchemyAsyncRepository(
            ParcelType, info, filter_statement=_in_box(Parcel, box), deterministic_ordering=True
        )
        return (await found.list(limit=first)).graphql_list()

    @_strawchemy.field
    async def zoning_districts(self, info: strawberry.Info, box: list[float], first: int) -> list[ZoningDistrictType]:
        """The first districts whose boxes overlap a box, by id."""
        found = StrawchemyAsyncRepository(
            ZoningDistrictType, info, filter_statement=_in_box(ZoningDistrict, box), deterministic_ordering=True
        )
        return (await found.list(limit=first)).graphql_list()


def _in_box(model: type[Parcel | ZoningDistrict], box: list[float]) -> Select[Any]:
    return select(model).where(model.geom.bool_op("&&")(func.ST_MakeEnvelope(*box, 4326)))


class _Session(SchemaExtension):
    """A session for each request, where strawchemy looks for it."""

    async def on_operation(self) -> AsyncIterator[None]:
        async with AsyncSession(_engine, expire_on_commit=False) as session:
            self.execution_context.context["session"] = session
            yield


class _Server(GraphQL[dict[str, Any], None]):
    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)


_schema = strawberry.Schema(
    query=Query,
    scalar_overrides=GEO_SCALAR_OVERRIDES | {GeoJSON: strawberry.scalar(name="GeoJSONText", serialize=orjson.Fragment)},
    extensions=[_Session, ParserCache, ValidationCache],
)
app = _Server(_schema, graphql_ide=None)
