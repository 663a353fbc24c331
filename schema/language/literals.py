"""Literals that no argument could take: infinite numbers, NUL, lone surrogates, texts that are too long."""

import math

from gateway import errors
from gateway.query import text as text_rules
from gateway.settings import LimitSettings

WKT_FACTOR = 10  # GATEWAY_LIMITS_TEXT_LENGTH: WKT has its own, tenfold, and no document says which texts are WKT


def check_number(literal: str) -> None:
    """Refuse a literal that a double holds as infinity."""
    if not math.isfinite(float(literal)):
        shown = literal if len(literal) <= 40 else f"{literal[:40]}..."
        raise errors.NonFinite(f"The number {shown} is too large: a double cannot hold it.")


def check_text(text: str, limits: LimitSettings) -> None:
    """Refuse texts that no argument could take."""
    text_rules.check_text(text, limits.text_length * WKT_FACTOR)
