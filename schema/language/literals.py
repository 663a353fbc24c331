"""Literals that no argument could take: infinite numbers, NUL, half characters, texts without end."""

import math
import re

from gateway import errors
from gateway.settings import LimitSettings

WKT_FACTOR = 10  # GATEWAY_LIMITS_TEXT_LENGTH: WKT has its own, tenfold, and no document says which texts are WKT
SURROGATE = re.compile("[\ud800-\udfff]")


def check_number(literal: str) -> None:
    """Refuse a literal that a double holds as infinity."""
    if not math.isfinite(float(literal)):
        shown = literal if len(literal) <= 40 else f"{literal[:40]}..."
        raise errors.NonFinite(f"The number {shown} is too large: a double cannot hold it.")


def check_text(text: str, limits: LimitSettings) -> None:
    """Refuse NUL, half a surrogate pair, and texts too long for any argument."""
    most = limits.text_length * WKT_FACTOR
    if len(text) > most:
        raise errors.BadText(f"A text has {len(text)} characters; the limit is {most}. Shorten it.", limit=most)
    if "\0" in text:
        raise errors.BadText("A text holds the character NUL, which PostgreSQL cannot store. Remove it.")
    if not text.isascii() and SURROGATE.search(text):
        raise errors.BadText("A text holds half a surrogate pair, which is no character. Remove or complete it.")
