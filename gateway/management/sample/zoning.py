"""The columns of zoning districts; enters districts, leaves one Arrow record batch."""

from typing import Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from gateway.management.sample.chance import Chance
from gateway.management.sample.districts import Districts
from gateway.management.sample.parcels import quarter_name
from gateway.management.sample.tracts import Character, Tracts

SCHEMA: Final = pa.schema(
    [
        pa.field("code", pa.string(), nullable=False),
        pa.field("zone_code", pa.string(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("category", pa.string()),
        pa.field("attributes", pa.string(), nullable=False),
        pa.field("geom", pa.binary(), nullable=False),
    ]
)

# zone: title, category, highest building in metres, largest share of a lot that may be built on in percent
_ZONES: Final = {
    "R1": ("Single-Family Residence", "residential", 9, 35),
    "R2": ("Two-Family Residence", "residential", 11, 45),
    "R3": ("Multifamily Residence", "residential", 18, 60),
    "RE": ("Estate Residence", "residential", 9, 20),
    "C1": ("Neighborhood Business", "commercial", 12, 70),
    "C2": ("General Business", "commercial", 36, 90),
    "MX": ("Mixed Use", "mixed", 24, 80),
    "I1": ("Light Industry", "industrial", 15, 60),
    "I2": ("General Industry", "industrial", 24, 70),
    "A1": ("Agriculture", "agricultural", 12, 10),
    "OS": ("Open Space", "open space", 6, 5),
    "P": ("Public Use", "public", 18, 50),
    "PUD": ("Planned Unit Development", "planned", 24, 50),
}
_BY_CHARACTER: Final = {
    Character.DOWNTOWN: ("C2", "C2", "MX", "C1", "R3", "P"),
    Character.URBAN: ("R2", "R3", "R2", "C1", "MX", "PUD"),
    Character.SUBURBAN: ("R1", "R1", "R1", "R2", "C1", "OS"),
    Character.GARDEN: ("R1", "R1", "PUD", "R1", "R1", "OS"),
    Character.ESTATE: ("RE", "RE", "RE", "R1", "OS", "P"),
    Character.INDUSTRIAL: ("I1", "I1", "I2", "I2", "C1", "PUD"),
    Character.RURAL: ("A1", "A1", "A1", "OS", "RE", "P"),
}
_ISLANDS: Final = ("PUD", "OS", "P", "C1", "MX", "PUD")


def district_batch(chance: Chance, districts: Districts, tracts: Tracts) -> pa.RecordBatch:
    """All districts of the county; `tracts` are the county's, from its first."""
    number = np.arange(len(districts.tract))
    draw = chance.below(6, "zone", number).tolist()
    character = tracts.character[districts.tract].tolist()
    zones = [
        _ISLANDS[choice] if island else _BY_CHARACTER[Character(kind)][choice]
        for choice, kind, island in zip(draw, character, districts.island.tolist(), strict=True)
    ]
    quarters = quarter_name(chance, tracts.column[districts.tract] // 3, tracts.row[districts.tract] // 3)
    named = (chance.unit("named", number) > 0.05).tolist()
    names = [
        f"{quarter} {_ZONES[zone][0]} District" if has_name else None
        for quarter, zone, has_name in zip(quarters.to_pylist(), zones, named, strict=True)
    ]
    adopted = (1962 + chance.below(63, "adopted", number)).tolist()
    columns = [
        pc.binary_join_element_wise("Z", pc.utf8_lpad(pc.cast(pa.array(number + 1), pa.string()), 4, "0"), "-"),
        pa.array(zones),
        pa.array(names, pa.string()),
        pa.array([_ZONES[zone][1] for zone in zones]),
        pa.array([_attributes(zone, year) for zone, year in zip(zones, adopted, strict=True)]),
        pa.array(districts.outlines.ewkb(), pa.binary()),
    ]
    return pa.record_batch(columns, schema=SCHEMA)


def _attributes(zone: str, adopted: int) -> str:
    _, _, height, cover = _ZONES[zone]
    return orjson.dumps({"adopted": adopted, "max_height_m": height, "max_coverage_percent": cover}).decode()
