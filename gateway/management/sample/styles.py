"""How each character is built; enters nothing, leaves one number a character for each trait."""

from typing import Final

import numpy as np

from gateway.management.sample.chance import Floats, Ints

# downtown, urban, suburban, garden, estate, industrial, rural: the order of Character
DEPTH: Final = (64.0, 66.0, 74.0, 112.0, 92.0, 150.0, 240.0)  # metres of a block from street to street
LENGTH: Final = (105.0, 150.0, 170.0, 122.0, 200.0, 230.0, 260.0)  # metres of a block along the street
STREET: Final = (15.0, 12.0, 12.0, 12.0, 11.0, 16.0, 14.0)  # metres between blocks
NARROWEST: Final = (9.0, 11.0, 16.0, 17.0, 24.0, 45.0, 90.0)  # metres of frontage
WIDEST: Final = (17.0, 17.0, 24.0, 25.0, 36.0, 95.0, 260.0)
BEND: Final = (0.01, 0.05, 0.11, 0.02, 0.11, 0.02, 0.03)  # how far streets may curve, as a share of the patch

WHOLE: Final = (0.06, 0.05, 0.04, 0.04, 0.03, 0.14, 0.2)  # share of blocks that are one lot: a park, a school, a works
COURT: Final = (0.0, 0.0, 0.0, 0.8, 0.0, 0.0, 0.0)  # share of blocks around a cul-de-sac
FLAG: Final = (0.0, 0.0, 0.14, 0.16, 0.22, 0.08, 0.1)  # share of sides with a flag lot
ENCLOSED: Final = (0.0, 0.01, 0.03, 0.04, 0.05, 0.05, 0.08)  # share of sides with a lot inside a lot
SPLIT: Final = (0.04, 0.04, 0.05, 0.05, 0.05, 0.08, 0.12)  # share of blocks with a lot on both sides of a street

VALUE: Final = (900.0, 480.0, 330.0, 300.0, 260.0, 110.0, 6.0)  # currency a square metre
OLDEST: Final = (1880.0, 1890.0, 1945.0, 1970.0, 1950.0, 1920.0, 1900.0)
NEWEST: Final = (2022.0, 1960.0, 2005.0, 2020.0, 2018.0, 2022.0, 2015.0)


def pick(trait: tuple[float, ...], character: Ints) -> Floats:
    """The trait of each character."""
    return np.array(trait, dtype=np.float64)[character]
