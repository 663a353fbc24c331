"""Units of length that clients may name."""

from enum import StrEnum
from typing import Final

METRES: Final = {"FEET": 0.3048, "METERS": 1.0}


class Unit(StrEnum):
    """In what a distance is given, and told."""

    FEET = "FEET"
    METERS = "METERS"

    def of(self, metres: float) -> float:
        """A length in this unit."""
        return metres / METRES[self]
