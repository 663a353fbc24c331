"""One piece of advice, as commands print it."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Advice:
    """What was seen of an object, and what to do: statements of SQL, or a sentence."""

    topic: str  # statements, operations, indexes or upkeep
    about: str
    text: str
    todo: tuple[str, ...] = ()

    @property
    def as_json(self) -> dict[str, object]:
        """Its parts."""
        return asdict(self)
