"""Names for what is read and written: the type of a value is known where it is used, by the field that it is of."""

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias

Plain: TypeAlias = Any  # what JSON has, of an argument or of an answer: mappings, lists, texts, numbers
Arguments: TypeAlias = Mapping[str, Plain]  # of a field or of an input, by their GraphQL names


class LayerRow(Protocol):
    """A row of a layer, as it is, was at a moment, or was before a change (an entry of the history)."""

    @property
    def id(self) -> int:
        """Its integer id."""
