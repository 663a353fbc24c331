"""The columns of parcels and of zoning districts: record batches with the columns of the tables.

`attributes` is JSON text, `geom` EWKB, `year_built` and `assessed_value` have nulls.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from gateway.geo.shapes import Shapes
from gateway.management.sample.chance import Chance, Flags, Floats, Ints
from gateway.management.sample.districts import ISLANDS
from gateway.management.sample.ground import DATA, KINDS, METRES, TRAITS, kinds, spiral
from gateway.management.sample.outlines import outlines
from gateway.management.sample.sides import COURT, INSIDE, PLACES, WHOLE, Sides

_USES: Final = [use for group in DATA["uses"].values() for use in group]
_TRADE, _OPEN, _PUBLIC = (_USES.index(DATA["uses"][group][0]) for group in ("trades", "open", "public"))
_PARK, _CHURCH, _UTILITY = (_USES.index(use) for use in ("Park", "Church", "Utility"))
# (rows or whole, kind, percent): numbers of uses
_SHARES: Final = np.array(
    [
        [np.repeat([_USES.index(use) for use in DATA[cut][kind]], list(DATA[cut][kind].values())) for kind in KINDS]
        for cut in ("row_uses", "whole_uses")
    ]
)


def parcel_batch(sides: Sides, parcels: Ints, first: int, starts: Ints) -> pa.RecordBatch:
    """The parcels of these keys, the first of which is the county's `first`; `starts` has the first of each tract."""
    chance, number, shapes = sides.chance, first + np.arange(len(parcels)), outlines(sides, parcels)
    side, place, extra = parcels // PLACES, parcels % PLACES // 4, parcels % 4
    tract, kind, court = sides.tract[side], sides.kind[side], sides.cut[side] == COURT
    percent = chance.below(100, "use", number)
    use = _SHARES[(sides.cut[side] == WHOLE).astype(np.int64), kind, percent]
    use = np.where(extra == INSIDE, np.where(percent < 50, _UTILITY, _CHURCH), use)
    open_land = (use >= _OPEN) & (use < _PUBLIC)
    start, end = sides.front(side, place), sides.front(side, place + 1)
    along = np.where(sides.north[side] == 1, sides.length[side] - (start + end) / 2, (start + end) / 2)
    fronting = (extra == 0) & ~court
    corner = fronting & ((place == 0) | (place == sides.lots[side] - 1))
    frontage = np.where(fronting, np.rint(end - start), 0).astype(np.int64)
    sale, sold = 1985 + chance.below(41, "sale", number), chance.unit("sold", number) < 0.85
    address = _address(sides, side, along)
    columns = {
        "parcel_id": _join("-", _padded(tract + 1, 5), _padded(number - starts[tract] + 1, 3)),
        "address": address,
        "owner_name": _owner(chance, number, use),
        **_mailing(chance, address, number, use),
        "land_use": _words(_USES, use),
        "assessed_value": _value(chance, number, TRAITS["VALUE"][kind], (shapely.area(shapes), open_land)),
        "year_built": _year(chance, number, kind, open_land | (use == _PARK)),
        "attributes": _join(
            "",
            _words(['{"corner": false', '{"corner": true'], corner.astype(np.int64)),
            _words(["", ', "cul_de_sac": true'], court.astype(np.int64)),
            _join("", ', "frontage_m": ', _text(frontage)),
            pc.if_else(pa.array(sold), _join("", ', "last_sale": ', _text(sale)), ""),
            _join("", ', "neighborhood": "', _quarter(chance, sides.column[side], sides.row[side]), '"}'),
        ),
        "geom": _ewkb(shapes),
    }
    return pa.record_batch(columns)


def _address(sides: Sides, side: Ints, along: Floats) -> pa.Array:
    street, column, row = sides.street[side], sides.column[side], sides.row[side]
    first, last = street == 0, street == sides.streets[side]
    # The first street of a tract with turned streets is its eastern border. Local streets have keys of their own.
    border = np.where(sides.turned[side], [column + first, 0 * row], [row + last, 1 + 0 * row])
    main = first | last
    key = np.where(main, border, [sides.tract[side] * 64 + street, 2 + 0 * row])
    mains, locals_ = len(DATA["main_kinds"]), len(DATA["local_kinds"])
    kind = sides.chance.below(np.where(main, mains, locals_), "street kind", *key) + np.where(main, 0, mains)
    # House numbers grow by 800 a tract from the centre and by two every eight metres; street sides are odd and even.
    metres = sides.corner[side].real + along
    house = 100 + 800 * np.maximum(np.abs(column), np.abs(row)) + 2 * (metres // 8).astype(np.int64) + sides.north[side]
    way, name = (_drawn(sides.chance, name, *key) for name in ("sides", "streets"))
    return _join("", _text(house), " ", way, name, " ", _words(DATA["main_kinds"] + DATA["local_kinds"], kind))


def _owner(chance: Chance, number: Ints, use: Ints) -> pa.Array:
    person = _join(", ", *(_drawn(chance, name, number) for name in ("surnames", "first_names")))
    firm = _join(" ", *(_drawn(chance, name, number) for name in ("streets", "firms")))
    traded = (use >= _TRADE) & (use < _OPEN) & (chance.unit("traded", number) < 0.8)
    owner = pc.if_else(pa.array(traded), firm, person)
    owner = pc.if_else(pa.array(use >= _PUBLIC), _drawn(chance, "public", number), owner)
    return pc.if_else(pa.array(chance.unit("no owner", number) < 0.01), pa.scalar(None, pa.string()), owner)


def _mailing(chance: Chance, home: pa.Array, number: Ints, use: Ints) -> dict[str, pa.Array]:
    """Where owners have mail sent: home as a rule; a firm has one box for all of its parcels, and a few no address."""
    public, traded = use >= _PUBLIC, (use >= _TRADE) & (use < _OPEN)
    away = public | traded | (chance.unit("away", number) < 0.1)
    owner = np.where(public, *(chance.below(len(DATA[name]), name, number) for name in ("public", "streets")))
    box = np.where(away, 100 + chance.below(800, "box", owner, public), 0)
    unit = pa.array(~away & (chance.unit("unit", number) < 0.05))
    none = pa.scalar(None, pa.string())
    address = {
        "mailing_address": pc.if_else(pa.array(away), _join("", "PO Box ", _text(box)), home),
        "mailing_address_2": pc.if_else(unit, _join("", "Unit ", _text(1 + chance.below(8, "room", number))), none),
        "mailing_city": _words(["Fairmont", "Linden"], box % 2),
        "mailing_state": _words(["IA"], 0 * box),
        "mailing_zip": _join("", "50", _text(101 + box % 2)),
    }
    lost = pa.array(chance.unit("no address", number) < 0.02)
    return {name: pc.if_else(lost, none, value) for name, value in address.items()}


def _value(chance: Chance, number: Ints, rate: Floats, land: tuple[Floats, Flags]) -> pa.Array:
    area, open_land = land[0] * METRES.prod(), land[1]
    rate = rate * (0.6 + 0.8 * chance.unit("value", number)) * np.where(open_land, 0.35, 1.0)
    # The first 600 m2 carry the building; land beyond is worth a quarter.
    value = rate * (np.minimum(area, 600.0) + 0.25 * np.maximum(area - 600.0, 0.0))
    return pa.array(np.rint(value / 100).astype(np.int64) * 100, mask=chance.unit("no value", number) < 0.01)


def _year(chance: Chance, number: Ints, kind: Ints, bare: Flags) -> pa.Array:
    oldest, newest = TRAITS["OLDEST"][kind], TRAITS["NEWEST"][kind]
    year = (oldest + chance.below(newest - oldest + 1, "year", number)).astype(np.int32)
    return pa.array(year, mask=bare | (chance.unit("no year", number) < 0.04))


def district_batch(chance: Chance, shapes: Shapes, tract: Ints) -> pa.RecordBatch:
    """All districts of the county, and the tracts in their middles."""
    number, (column, row) = np.arange(len(shapes)), spiral(tract)
    places = [KINDS[kind] for kind in kinds(chance, column, row)]
    places = [*places[: len(shapes) - len(shapes) // ISLANDS], *["island"] * (len(shapes) // ISLANDS)]
    zones = [DATA["zones"][place][draw] for place, draw in zip(places, chance.below(6, "zone", number), strict=True)]
    titles, categories, heights, covers = zip(*(DATA["ordinance"][zone] for zone in zones), strict=True)
    rules = zip((1962 + chance.below(63, "adopted", number)).tolist(), heights, covers, strict=True)
    names = ("adopted", "max_height_m", "max_coverage_percent")
    name = _join(" ", _quarter(chance, column, row), pa.array(titles), "District")
    columns = {
        "code": _join("-", "Z", _padded(number + 1, 4)),
        "zone_code": pa.array(zones),
        "name": pc.if_else(pa.array(chance.unit("named", number) > 0.05), name, pa.scalar(None, pa.string())),
        "category": pa.array(categories),
        "attributes": pa.array([orjson.dumps(dict(zip(names, rule, strict=True))).decode() for rule in rules]),
        "geom": _ewkb(shapes),
    }
    return pa.record_batch(columns)


def _quarter(chance: Chance, column: Ints, row: Ints) -> pa.Array:
    """Names of neighbourhoods, which are squares of three by three tracts."""
    squares = column // 3, row // 3
    return _join(" ", *(_drawn(chance, name, *squares) for name in ("streets", "quarters")))


def _drawn(chance: Chance, name: str, *keys: Ints) -> pa.Array:
    return _words(DATA[name], chance.below(len(DATA[name]), name, *keys))


def _words(among: Sequence[str], which: Ints) -> pa.Array:
    return pc.take(pa.array(among), pa.array(which))


def _padded(number: Ints, digits: int) -> pa.Array:
    return pc.utf8_lpad(_text(number), digits, "0")


def _text(number: Ints) -> pa.Array:
    return pc.cast(pa.array(number), pa.string())


def _join(between: str, *columns: pa.Array | str) -> pa.Array:
    return pc.binary_join_element_wise(*columns, between)


def _ewkb(shapes: Shapes) -> pa.Array:
    return pa.array(shapely.to_wkb(shapely.set_srid(shapes, 4326), include_srid=True, byte_order=1), pa.binary())
