"""Colours that tell kinds of rows apart; enters what kinds are called and their places, leaves `#rrggbb`.

Planners know a use of land by its hue (Land-Based Classification Standards of the American Planning Association): homes
are yellow to brown, trade is red, industry purple, open land green, institutions blue. Within the hues of its use each
kind has a hue and a lightness of its own, by its place among the kinds of that use. Consecutive places lie far apart,
and a kind that is added changes no other. Colours are computed in OKLCh, where equal steps look equal.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import takewhile
from typing import Final, TypeAlias

Range: TypeAlias = tuple[float, float]

THEMES: Final = ("light", "dark")
_DIMMED: Final = {"light": 1.0, "dark": 0.72}  # on dark paper lightness is less, by this factor
# Multiples of these, less their whole parts, fill the unit square evenly, however many there are (the R2 sequence).
_STEPS: Final = (0.7548776662466927, 0.5698402909980532)


@dataclass(frozen=True, slots=True)
class Kind:
    """A value that tells rows apart, as the database has it.

    `words` is all that is said of such rows, to know their use by; `about` is what is said of every one of them.
    """

    value: str
    count: int
    words: str = ""
    about: str | None = None

    @property
    def overlay(self) -> bool:
        """Whether it lies over other kinds, and says what holds besides."""
        return "overlay" in self.words.lower()


@dataclass(frozen=True, slots=True)
class _Family:
    """Hues in degrees and lightness, each from one end to the other, and where in them the first kind lies.

    `words` tell a use by names, and `codes` by the letters of a code that has no name.
    """

    hues: Range
    lightness: Range
    chroma: float
    first: Range
    words: str
    codes: str


class Use(Enum):
    """What land is for, in the order of a legend. Names that tell several uses, or a plan of its own, are MIXED."""

    RESIDENTIAL = _Family(
        (108, 58), (0.95, 0.55), 0.125, (0.248, 0.072), "resid|famil|dwelling|apartm|hous|estate", "R|RS|RM|RE|SF|MF|MH"
    )
    COMMERCIAL = _Family(
        (5, 38), (0.85, 0.55), 0.14, (0.0, 0.17), "commerc|business|retail|shop|downtown|office", "C|B|O|CB|NB|GB"
    )
    MIXED = _Family(
        (330, 362), (0.9, 0.5), 0.12, (0.289, 0.81), "mixed|mxd|planned|special|redevelop|revital", "MX|MU|PUD|PD|SD"
    )
    INDUSTRIAL = _Family((290, 318), (0.86, 0.5), 0.12, (0.51, 0.74), "indust|manufact|warehous", "I|M|LI|HI|GI")
    INSTITUTIONAL = _Family(
        (232, 265), (0.88, 0.5), 0.1, (0.5, 0.4), "institut|public|civic|govern|school|hospital", "PI|G|P"
    )
    OPEN = _Family((135, 160), (0.9, 0.58), 0.12, (0.74, 0.4), "open|recreat|conserv|parkland|parks", "OS|PK|REC")
    FARMING = _Family((115, 125), (0.9, 0.6), 0.09, (0.5, 0.4), "agric|farm|forest|ranch", "A|AG|FR")
    OTHER = _Family((180, 215), (0.9, 0.52), 0.07, (0.01, 0.23), "(?!)", "(?!)")

    @property
    def title(self) -> str:
        """`open`, as a legend has it."""
        return self.name.lower()


def use_of(kind: Kind) -> Use:
    """What rows of a kind are for: by the words that describe them, else by the letters of their code."""
    words = kind.words.lower()
    told = [use for use in Use if re.search(use.value.words, words)]
    if not told:
        letters = "".join(takewhile(str.isalpha, kind.value)).upper()
        return next((use for use in Use if re.fullmatch(use.value.codes, letters)), Use.OTHER)
    for use in (Use.MIXED, Use.OPEN, Use.FARMING):
        if use in told:
            return use
    return told[0] if len(told) == 1 else Use.MIXED


def colors(kinds: Sequence[Kind], theme: str) -> Mapping[str, str]:
    """The colour of each kind, by its value; the oldest kinds come first."""
    places: Counter[Use] = Counter()
    made = {}
    for kind in kinds:
        use = use_of(kind)
        made[kind.value] = _color(use, places[use], theme)
        places[use] += 1
    return made


def _color(use: Use, place: int, theme: str) -> str:
    family = use.value
    across, along = ((first + step * place) % 1 for first, step in zip(family.first, _STEPS, strict=True))
    lightness = _between(family.lightness, along)
    return _hex(lightness * _DIMMED[theme], family.chroma, _between(family.hues, across))


def _between(ends: Range, part: float) -> float:
    return ends[0] + (ends[1] - ends[0]) * part


def _hex(lightness: float, chroma: float, hue: float) -> str:
    """OKLCh as `#rrggbb`, less colourful where a screen has no such colour (https://bottosson.github.io/posts/oklab)."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    if not all(-0.001 <= part <= 1.001 for part in linear):
        return _hex(lightness, chroma - 0.005, hue)
    return "#" + "".join(f"{round(255 * _gamma(part)):02x}" for part in linear)


def _gamma(linear: float) -> float:
    part = min(max(linear, 0.0), 1.0)
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
