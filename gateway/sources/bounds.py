"""How much compressed bytes may stand for; enters sizes as they grow, raises DenseBody past the bound."""

from typing import Final

from gateway.errors import DenseBody

_FREE: Final = 64 * 2**20  # what a small file may always make


class Bounds:
    """Counts what is made of `packed` bytes: `ratio` for each of them at most, and 64 MB at least."""

    def __init__(self, ratio: int, packed: int = 0) -> None:
        self.packed = packed
        self._ratio = ratio
        self._made = 0

    def take(self, size: int) -> None:
        """Count `size` bytes more. Raises DenseBody."""
        self._made += size
        if self._made > max(_FREE, self._ratio * self.packed):
            raise DenseBody(
                f"The file is {self.packed:,} bytes that stand for more than {self._ratio} times as many, which no map "
                "does. Send it in parts, or plain. The operator sets GATEWAY_FILES_RATIO.",
                limit=self._ratio,
            )
