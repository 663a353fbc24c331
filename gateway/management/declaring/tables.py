"""Tables that someone else made; enters a session and names, leaves what a declaration of each needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway import errors
from gateway.db.rows import AnyRow
from gateway.db.sessions import RequestSession
from gateway.management.declaring import columns
from gateway.management.declaring.columns import FoundColumn
from gateway.sql import described

_VIEWS: Final = frozenset("vmf")  # and tables of other servers: none of them has a key
# What keys are called, the likeliest first.
LIKELY: Final = ("id", "gid", "fid", "ogc_fid", "objectid", "uuid", "guid", "globalid", "code", "key")
_LINEAR: Final = {
    "CIRCULARSTRING": "LINESTRING",
    "COMPOUNDCURVE": "LINESTRING",
    "CURVEPOLYGON": "POLYGON",
    "MULTICURVE": "MULTILINESTRING",
    "MULTISURFACE": "MULTIPOLYGON",
}
_SOLID: Final = frozenset({"POLYHEDRALSURFACE", "TIN", "TRIANGLE"})


@dataclass(frozen=True, slots=True)
class GeometryColumn:
    """The geometry column, and what is in it."""

    column: FoundColumn
    source: str  # the type that is stored
    served: str  # and the one that is served
    srid: int
    right_handed: bool
    assigned: bool = False  # the SRID is none of the coordinates'

    @property
    def plain(self) -> bool:
        """Whether it is served as it is stored."""
        return self.srid == 4326 and self.source == self.served and self.right_handed


@dataclass(frozen=True, slots=True)
class FoundTable:
    """One table or view."""

    schema: str
    name: str
    view: bool
    comment: str
    columns: Sequence[FoundColumn]
    key: FoundColumn
    key_is_guessed: bool
    numbers: Sequence[str]  # keys that are integers
    shape: GeometryColumn
    references: Sequence[AnyRow]

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Choices:
    """What a user says of the tables, where they don't say it themselves."""

    schema: str = "public"
    key: str | None = None
    geometry: str | None = None
    srid: int | None = None


async def inspect(session: RequestSession, names: Sequence[str], choices: Choices) -> Sequence[FoundTable]:
    """The tables of these names; without names those of the schema that can be served.

    Raises SetupError where one of the names can't be.
    """
    rows = await session.rows(described.TABLES, {"names": list(names), "schema": choices.schema})
    there = {row.name for row in rows} | {f"{row.schema}.{row.name}" for row in rows}
    if missing := [name for name in names if name not in there]:
        raise errors.SetupError(
            f"There is no table {missing[0]} in schema {choices.schema}. Name another schema with --schema."
        )
    made = []
    for row in rows:
        try:
            made.append(await _table(session, row, choices))
        except errors.SetupError:
            if names:
                raise
    return made


async def _table(session: RequestSession, row: AnyRow, choices: Choices) -> FoundTable:
    parameters = {"table": row.oid}
    all_columns = [FoundColumn(**each._asdict()) for each in await session.rows(described.COLUMNS, parameters)]
    by_name = {each.name: each for each in all_columns}
    keys = [by_name[each.name] for each in await session.rows(described.KEYS, parameters)]
    known = [each for each in keys if each.type in columns.KEYS and each.readable]
    key = await _key(session, row, all_columns, known, choices.key)
    return FoundTable(
        schema=row.schema,
        name=row.name,
        view=row.kind in _VIEWS,
        comment=row.comment,
        columns=all_columns,
        key=key,
        key_is_guessed=key not in known,
        numbers=[each.name for each in (*known, key) if each.type in columns.INTEGERS],
        shape=await _shape(session, row, all_columns, choices),
        references=await session.rows(described.REFERENCES, parameters),
    )


async def _key(
    session: RequestSession, row: AnyRow, those: Sequence[FoundColumn], known: Sequence[FoundColumn], asked: str | None
) -> FoundColumn:
    """The key that is asked for, or is one, or whose values all differ now."""
    may = [each for each in those if each.type in columns.KEYS and each.readable]
    if asked is not None:
        may = [each for each in may if each.name == asked]
        if not may:
            raise errors.SetupError(f"{row.name} has no column {asked} of integers, uuids or texts to be its key.")
    elif known:
        return known[0]
    likely = sorted((each for each in may if _rank(each) < len(LIKELY) or asked), key=_rank)
    counted: Sequence[int] = (
        await session.rows(described.distinct(row.schema, row.name, [each.name for each in likely]))
    )[0]
    for each, different in zip(likely, counted[1:], strict=True):
        if different == counted[0]:
            return each
    raise errors.SetupError(
        f"{row.schema}.{row.name} has no key: a column of integers, uuids or texts in which each row has a value of "
        "its own. Name one with --key, or make one: ALTER TABLE ... ADD COLUMN gid bigint GENERATED ALWAYS AS IDENTITY "
        "PRIMARY KEY."
    )


def _rank(column: FoundColumn) -> int:
    name = column.name.lower()
    if name in LIKELY:
        return LIKELY.index(name)
    return len(LIKELY) - 1 if name.endswith(("id", "code", "key", "uuid")) else len(LIKELY)


async def _shape(
    session: RequestSession, row: AnyRow, those: Sequence[FoundColumn], choices: Choices
) -> GeometryColumn:
    may = [each for each in those if each.type in columns.SHAPES and each.readable]
    column = next((each for each in may if choices.geometry in {None, each.name}), None)
    if column is None:
        wanted = "geometry column" if choices.geometry is None else f"geometry column {choices.geometry}"
        raise errors.SetupError(f"{row.schema}.{row.name} has no {wanted} that the gateway's role may read.")
    seen = await session.rows(described.shapes(row.schema, row.name, column.name))
    kinds = {each.kind for each in seen if each.kind}
    srids = {each.srid for each in seen} - {0} or {column.srid or 0}
    if srids == {0}:
        if choices.srid is None:
            raise errors.SetupError(
                f"{row.schema}.{row.name} does not say its coordinate reference system. Give its EPSG code with --srid."
            )
        srids = {choices.srid}
    if len(srids) > 1:
        raise errors.SetupError(f"{row.schema}.{row.name} has coordinates in several systems: EPSG {sorted(srids)}.")
    (srid,) = srids
    if not await session.rows(described.SYSTEMS, {"srid": srid}):
        raise errors.SetupError(f"The database does not know EPSG:{srid}: add it to spatial_ref_sys.")
    source = "GEOGRAPHY" if column.type == "geography" else column.shape or "GEOMETRY"
    flat = (column.shape or "GEOMETRY").removesuffix("M").removesuffix("Z")
    if solids := (kinds | {flat}) & _SOLID:
        raise errors.SetupError(f"{row.schema}.{row.name} has solids ({', '.join(solids)}), which are not served.")
    assigned = choices.srid is not None and not (column.srid or 0)
    right = all(each.right_handed for each in seen)
    return GeometryColumn(column, source, _served(flat, kinds), srid, right, assigned)


def _served(declared: str, kinds: set[str]) -> str:
    """The type that holds all that is stored."""
    named = {_LINEAR.get(kind, kind) for kind in ({declared} if declared != "GEOMETRY" else kinds)}
    if len(named) == 2 and len({kind.removeprefix("MULTI") for kind in named}) == 1:
        return max(named, key=len)
    return named.pop() if len(named) == 1 else "GEOMETRY"
