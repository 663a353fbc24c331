"""The ground: square tracts on a spiral, what each is built of, and the bend that makes straight streets curved.

Tract 0 is the centre and the others wind around it, so a small county is the middle of a large one. All is drawn on a
flat plane in metres and bent at last, so that neighbours have the same place for a point that they share.
"""

import tomllib
from pathlib import Path
from typing import Any, Final

import numpy as np

from gateway.management.sample.chance import Chance, Floats, Ints, Points

PITCH: Final = 520.0  # metres between main streets
METRES: Final = np.array([82_853.0, 111_072.0])  # of a degree at 42 N; literals: cosines differ between machines
_UNITS: Final = 10_000_000  # coordinates are whole numbers of 1e-7 degrees, about a centimetre

_FILE: Final = tomllib.loads(Path(__file__).with_name("county.toml").read_text(encoding="utf-8"))
DATA: Final[dict[str, Any]] = {
    name: value.split() if isinstance(value, str) else value for name, value in _FILE.items()
}
_NAMES, _ROWS = DATA["traits"][:13], np.array(DATA["traits"][13:]).reshape(-1, 14)
KINDS: Final = _ROWS[:, 0].tolist()
TRAITS: Final = dict(zip(_NAMES, _ROWS[:, 1:].T.astype(np.float64), strict=True))
_LADDER: Final = np.array(
    [KINDS.index(each) for each in ("rural", "estate", "garden", "suburban", "urban", "downtown")]
)


def spiral(number: Ints) -> tuple[Ints, Ints]:
    """Column and row of the tract on a square spiral around (0, 0)."""
    ring = np.floor((np.sqrt(number) + 1) / 2).astype(np.int64)
    side, step = np.divmod(number - (2 * ring - 1) ** 2, np.maximum(2 * ring, 1))
    ways = ring, ring - 1 - step, -ring, step - ring + 1
    column, row = (np.choose((side + turn) % 4, ways) for turn in (0, 3))
    return np.where(number == 0, 0, column), np.where(number == 0, 0, row)


def kinds(chance: Chance, column: Ints, row: Ints) -> Ints:
    """What tracts are built of, as numbers of `KINDS`."""
    # The first tracts are a town whatever the seed, so that the smallest county has streets of houses.
    centre = np.maximum(0, 1 - np.maximum(abs(column), abs(row)) / 5)
    urban = chance.noise("urban", column + 1j * row, 6).real * 0.9 * (1 - 0.7 * centre)
    levels = urban + 0.45 * centre + 0.25 * chance.around("plot", column, row)
    industry = chance.noise("industry", column + 1j * row, 4).real + 0.2 * chance.around("works", column, row)
    steps = _LADDER[np.searchsorted([-0.45, -0.3, -0.12, 0.2, 0.5], levels)]
    return np.where((industry > 0.5) & (centre < 0.7), KINDS.index("industrial"), steps)


def degrees(chance: Chance, flat: Points) -> Floats:
    """Longitudes and latitudes of points of the flat plane, rounded to 7 decimals.

    Streets curve to a radius of 300 m at the least: borders of lots, straight from point to point, do not cut across.
    """
    curves = 48 * (1 + chance.noise("curves", flat, 5 * PITCH).real)
    bent = flat + 280 * chance.noise("bend", flat, 7 * PITCH) + curves * chance.noise("curve", flat, 1.3 * PITCH)
    return np.rint((np.stack([bent.real, bent.imag], axis=1) / METRES + [-93.3, 42.0]) * _UNITS) / _UNITS
