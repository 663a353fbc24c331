"""Places of values in a statement that is compiled once; enters a value's number, leaves what stands for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Slot(Generic[T]):
    """Stands in the shape of a read for the value at `index` of the values that are bound; it is none itself."""

    index: int

    @property
    def name(self) -> str:
        """What the parameter is called in a statement."""
        return f"slot_{self.index}"


Moment: TypeAlias = datetime | Slot[datetime | None] | None  # or the slot of it in a prepared statement; None is now


def slots(first: int, count: int) -> Iterator[Slot[object]]:
    """The places of so many values of any type."""
    return (Slot(index) for index in range(first, first + count))


def known(value: T | Slot[T]) -> T:
    """A value of a read that is no shape."""
    assert not isinstance(value, Slot)
    return value
