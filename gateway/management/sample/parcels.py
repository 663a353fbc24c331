"""The columns of parcels; enters lots, leaves one Arrow record batch with the columns of the table.

`attributes` is JSON text, `geom` EWKB, `year_built` and `assessed_value` have nulls.
"""

from itertools import accumulate
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gateway.management.sample import names, styles
from gateway.management.sample.blocks import Cut
from gateway.management.sample.chance import Chance, Flags, Floats, Ints
from gateway.management.sample.lots import Lots
from gateway.management.sample.styles import pick
from gateway.management.sample.tracts import Character

SCHEMA: Final = pa.schema(
    [
        pa.field("parcel_id", pa.string(), nullable=False),
        pa.field("address", pa.string()),
        pa.field("owner_name", pa.string()),
        pa.field("land_use", pa.string()),
        pa.field("assessed_value", pa.int64()),
        pa.field("year_built", pa.int32()),
        pa.field("attributes", pa.string(), nullable=False),
        pa.field("geom", pa.binary(), nullable=False),
    ]
)

_HOMES = ("Single-family", "Two-family", "Three-family", "Apartments", "Condominium")
_TRADES = ("Retail", "Office", "Mixed use", "Warehouse", "Manufacturing", "Farm")
_OPEN = ("Vacant", "Parking")
_PUBLIC = ("Park", "School", "Church", "Municipal", "Utility")
_USES = (*_HOMES, *_TRADES, *_OPEN, *_PUBLIC)
_FIRST_TRADE, _FIRST_OPEN, _FIRST_PUBLIC = (len(_HOMES), len(_HOMES + _TRADES), len(_HOMES + _TRADES + _OPEN))

# Percentages of the uses of lots in rows, and of lots that fill a block, by character.
_ROWS: Final[dict[Character, dict[str, int]]] = {
    Character.DOWNTOWN: {"Retail": 36, "Office": 24, "Mixed use": 20, "Apartments": 12, "Parking": 5, "Vacant": 3},
    Character.URBAN: {
        "Two-family": 34,
        "Single-family": 32,
        "Three-family": 14,
        "Apartments": 9,
        "Retail": 7,
        "Vacant": 4,
    },
    Character.SUBURBAN: {"Single-family": 87, "Two-family": 6, "Retail": 3, "Vacant": 4},
    Character.GARDEN: {"Single-family": 92, "Condominium": 4, "Vacant": 4},
    Character.ESTATE: {"Single-family": 90, "Vacant": 10},
    Character.INDUSTRIAL: {"Warehouse": 42, "Manufacturing": 30, "Office": 12, "Vacant": 10, "Utility": 6},
    Character.RURAL: {"Farm": 62, "Single-family": 28, "Vacant": 10},
}
_WHOLE: Final[dict[Character, dict[str, int]]] = {
    **{
        character: {"Park": 45, "School": 22, "Church": 12, "Municipal": 12, "Apartments": 9} for character in Character
    },
    Character.INDUSTRIAL: {"Manufacturing": 55, "Warehouse": 35, "Utility": 10},
    Character.RURAL: {"Farm": 85, "Park": 15},
}


def _hundredths(shares: dict[Character, dict[str, int]]) -> Ints:
    rows = []
    for character in Character:
        uses, weights = zip(*shares[character].items(), strict=True)
        ends = list(accumulate(weights))
        rows.append([_USES.index(uses[np.searchsorted(ends, percent, side="right")]) for percent in range(ends[-1])])
    return np.array(rows)


_ROW_USES, _WHOLE_USES = _hundredths(_ROWS), _hundredths(_WHOLE)


def parcel_batch(chance: Chance, lots: Lots, first: int, starts: Ints) -> pa.RecordBatch:
    """The parcels of `lots`, the first of which is the county's `first`; `starts` has the first of each tract."""
    number = first + np.arange(len(lots))
    patches = lots.blocks.patches
    patch = lots.blocks.patch[lots.block]
    character = patches.character[patch]
    tract = np.searchsorted(starts, number, side="right") - 1
    use = _use(chance, lots, character, number)
    columns = [
        _join("-", _padded(tract + 1, 5), _padded(number - starts[tract] + 1, 3)),
        _address(chance, lots, patch),
        _owner(chance, use, number),
        _words(_USES, use),
        _value(chance, lots, character, use, number),
        _year(chance, character, use, number),
        _attributes(chance, lots, patch, number),
        pa.array(lots.outlines.ewkb(), pa.binary()),
    ]
    return pa.record_batch(columns, schema=SCHEMA)


def _use(chance: Chance, lots: Lots, character: Ints, number: Ints) -> Ints:
    percent = chance.below(100, "use", number)
    use = np.where(lots.whole, _WHOLE_USES[character, percent], _ROW_USES[character, percent])
    inside = np.where(percent < 50, _USES.index("Utility"), _USES.index("Church"))
    return np.where(lots.enclosed, inside, use)


def _address(chance: Chance, lots: Lots, patch: Ints) -> pa.Array:
    blocks, patches = lots.blocks, lots.blocks.patches
    above = blocks.row[lots.block] + lots.north
    street = np.where(
        above == 0,
        patches.south[patch],
        np.where(above == blocks.rows[lots.block], patches.north[patch], patches.local_street(patch, above)),
    )
    main = (above == 0) | (above == blocks.rows[lots.block])
    kinds = np.where(
        main,
        chance.below(len(names.MAIN_KINDS), "street kind", street),
        len(names.MAIN_KINDS) + chance.below(len(names.LOCAL_KINDS), "street kind", street),
    )
    tract = patches.tract[patch]
    # House numbers grow by 800 a tract from the centre and by two every eight metres; street sides are odd and even.
    ring = np.maximum(np.abs(patches.tracts.column[tract]), np.abs(patches.tracts.row[tract]))
    metres = blocks.x[lots.block] + lots.along
    house = 100 + 800 * ring + 2 * np.floor(metres / 8).astype(np.int64) + lots.north
    return _join(
        "",
        pc.cast(house, pa.string()),
        " ",
        _words(names.SIDES, chance.below(len(names.SIDES), "street side", street)),
        _words(names.STREETS, chance.below(len(names.STREETS), "street name", street)),
        " ",
        _words(names.MAIN_KINDS + names.LOCAL_KINDS, kinds),
    )


def _owner(chance: Chance, use: Ints, number: Ints) -> pa.Array:
    surname = _words(names.SURNAMES, chance.below(len(names.SURNAMES), "surname", number))
    first = _words(names.FIRST_NAMES, chance.below(len(names.FIRST_NAMES), "first name", number))
    firm = _words(names.FIRMS, chance.below(len(names.FIRMS), "firm", number))
    street = _words(names.STREETS, chance.below(len(names.STREETS), "firm name", number))
    public = _words(names.PUBLIC, chance.below(len(names.PUBLIC), "public", number))
    traded = (use >= _FIRST_TRADE) & (use < _FIRST_OPEN) & (chance.unit("traded", number) < 0.8)
    owner = pc.if_else(pa.array(traded), _join(" ", street, firm), _join(", ", surname, first))
    owner = pc.if_else(pa.array(use >= _FIRST_PUBLIC), public, owner)
    return pc.if_else(pa.array(chance.unit("owner", number) < 0.01), pa.scalar(None, pa.string()), owner)


def _value(chance: Chance, lots: Lots, character: Ints, use: Ints, number: Ints) -> pa.Array:
    rate = pick(styles.VALUE, character) * (0.6 + 0.8 * chance.unit("value", number))
    # The first 600 m2 carry the building; land beyond is worth a quarter.
    weight: Floats = np.minimum(lots.area, 600.0) + 0.25 * np.maximum(lots.area - 600.0, 0.0)
    open_land: Flags = (use >= _FIRST_OPEN) & (use < _FIRST_PUBLIC)
    value = np.rint(rate * weight * np.where(open_land, 0.35, 1.0) / 100).astype(np.int64) * 100
    return pa.array(value, mask=chance.unit("unvalued", number) < 0.01)


def _year(chance: Chance, character: Ints, use: Ints, number: Ints) -> pa.Array:
    oldest, newest = pick(styles.OLDEST, character), pick(styles.NEWEST, character)
    year = np.floor(oldest + (newest - oldest + 1) * chance.unit("year", number)).astype(np.int32)
    bare = ((use >= _FIRST_OPEN) & (use < _FIRST_PUBLIC)) | (use == _USES.index("Park"))
    return pa.array(year, mask=bare | (chance.unit("unknown year", number) < 0.04))


def _attributes(chance: Chance, lots: Lots, patch: Ints, number: Ints) -> pa.Array:
    tracts, tract = lots.blocks.patches.tracts, lots.blocks.patches.tract[patch]
    quarter = (tracts.column[tract] // 3, tracts.row[tract] // 3)
    court = lots.blocks.cut[lots.block] == Cut.COURT
    sold = chance.unit("sold", number) < 0.85
    last_sale = _join("", ', "last_sale": ', pc.cast(_sale(chance, number), pa.string()))
    return _join(
        "",
        _words(('{"corner": false', '{"corner": true'), lots.corner.astype(np.int64)),
        _words(("", ', "cul_de_sac": true'), court.astype(np.int64)),
        ', "frontage_m": ',
        pc.cast(np.rint(lots.frontage).astype(np.int64), pa.string()),
        pc.if_else(pa.array(sold), last_sale, pa.scalar("")),
        ', "neighborhood": "',
        quarter_name(chance, *quarter),
        '"}',
    )


def _sale(chance: Chance, number: Ints) -> Ints:
    return 1985 + chance.below(41, "sale", number)


def quarter_name(chance: Chance, column: Ints, row: Ints) -> pa.Array:
    """Names of neighbourhoods, which are squares of three by three tracts."""
    word = _words(names.STREETS, chance.below(len(names.STREETS), "quarter", column, row))
    return _join(" ", word, _words(names.QUARTERS, chance.below(len(names.QUARTERS), "quarter kind", column, row)))


def _words(words: tuple[str, ...], which: Ints) -> pa.Array:
    return pc.take(pa.array(words), pa.array(which))


def _padded(number: Ints, digits: int) -> pa.Array:
    return pc.utf8_lpad(pc.cast(pa.array(number), pa.string()), digits, "0")


def _join(between: str, *columns: Any) -> pa.Array:
    return pc.binary_join_element_wise(*columns, between)
