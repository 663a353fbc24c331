"""Floor 2. Numbers that a double cannot hold; enters what stands in JSON or a literal, leaves them to the last digit.

A text of the digits is taken as the number is: JavaScript rounds numbers above 2^53 before it writes them.
"""

import re
from typing import Any

_WHOLE = re.compile(r"-?[0-9]{1,40}")


def whole(value: Any) -> int | None:
    """A whole number, or a text of its digits; None where it is neither."""
    if isinstance(value, str):
        return int(value) if _WHOLE.fullmatch(value) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
