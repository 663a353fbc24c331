"""Patterns of LIKE; enters text that is meant literally, leaves it with wildcards around and none inside."""

LIKE: dict[str, str] = {"contains": "%{}%", "startsWith": "{}%", "endsWith": "%{}"}
ILIKE: dict[str, str] = {"iContains": "%{}%", "iStartsWith": "{}%", "iEndsWith": "%{}"}
_PATTERNS = LIKE | ILIKE
_ESCAPES = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})


def pattern(lookup: str, text: str) -> str:
    """The pattern of one of these lookups."""
    return _PATTERNS[lookup].format(text.translate(_ESCAPES))
