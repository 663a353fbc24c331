"""What spreadsheets take for a formula; enters nothing, leaves what exports quote and ingest takes off again.

A quote stands before a text that begins with a sign of FORMULA, quotes before that sign aside. So the text is given
back, whatever it is, by taking off one quote where QUOTED finds it.
"""

import re
from typing import Final

FORMULA: Final = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"  # the last four are the first in full width (OWASP)
QUOTED: Final = "^'('*(?:" + "|".join(map(re.escape, FORMULA)) + "))"
# The first and the last column of a CSV file of the gateway; GDAL knows the geometry by that name.
ID: Final = "id"
WKT: Final = "WKT"
_SEPARATORS: Final = ",;\t|"
_NAME = re.compile(r"[a-z][A-Za-z0-9]*")


def separator(first: str) -> str:
    """The sign between the fields of a CSV: the one that its first line has most often outside of quotes."""
    return max(_SEPARATORS, key=re.sub(r'"[^"]*"', "", first).count)


def exported(*head: str) -> bool:
    """Whether a file with this head is an export of the gateway."""
    return len(head) > 1 and (head[0], head[-1]) == (ID, WKT) and all(map(_NAME.fullmatch, head[1:-1]))


def inert(text: str) -> str:
    """The text with a quote before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.lstrip("'").startswith(tuple(FORMULA)) else text
