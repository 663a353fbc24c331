"""Text that PostgreSQL can hold; enters a text argument, leaves nothing or BAD_TEXT."""

import re
from typing import Final

from gateway import errors
from gateway.models.base import KEY_BYTES

SURROGATE: Final = re.compile("[\ud800-\udfff]")


def check_text(text: str, longest: int, path: tuple[str | int, ...] = ()) -> None:
    """Refuse NUL, halves of surrogate pairs and overlong text."""
    if len(text) > longest:
        message = f"The text has {len(text)} characters; at most {longest} are taken."
        raise errors.BadText(message, path=path, limit=longest)
    if "\x00" in text:
        raise errors.BadText("The text holds NUL (U+0000), which PostgreSQL cannot store. Remove it.", path=path)
    if not text.isascii() and SURROGATE.search(text):
        raise errors.BadText(
            "The text holds half a surrogate pair, which is no character. Remove or complete it.", path=path
        )


def check_key(key: str, path: tuple[str | int, ...]) -> None:
    """Refuse a key that no index can hold."""
    if len(key) * 4 > KEY_BYTES and (size := len(key.encode())) > KEY_BYTES:
        message = f"The key has {size} bytes in UTF-8; at most {KEY_BYTES} fit into its index. Shorten it."
        raise errors.BadText(message, path=path, limit=KEY_BYTES)
