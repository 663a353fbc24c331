"""A search over layers; enters its arguments, leaves frozen terms."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway import errors
from gateway.layers import Layer, LayerField, Layers
from gateway.models.slots import Slot
from gateway.query import operands
from gateway.query.filters import Target
from gateway.query.geometry import parse_target
from gateway.settings import LimitSettings

FIRST, MOST = 10, 50  # rows of an answer


@dataclass(frozen=True, slots=True)
class Search:
    """Rows of layers that a text finds by one of these fields: those near a place first, or those within one alone."""

    fields: tuple[tuple[Layer, LayerField], ...]
    text: str | Slot[str]
    near: Target | None = None
    within: Target | None = None
    first: int | Slot[int] = FIRST


def searched_text(value: object, limits: LimitSettings, path: tuple[str | int, ...]) -> str:
    """A text that may be searched for."""
    return operands.text(value, limits.search_length, path)


def parse_search(
    layers: Layers,
    limits: LimitSettings,
    text: object,
    *,
    among: Sequence[str] | None = None,
    near: object = None,
    within: object = None,
    first: int | None = None,
) -> Search:
    """Read the arguments of `search`; `among` names layers, without it all of them are meant."""
    if first is not None and not 0 <= first <= MOST:
        raise errors.BadPage(f"first must be 0 to {MOST}, not {first}.", path=("first",), limit=MOST)
    places = {"near": near, "within": within}
    targets = {
        name: None if given is None else parse_target(given, layers, limits, path=(name,))
        for name, given in places.items()
    }
    return Search(
        tuple((layer, field) for layer in layers if among is None or layer.name in among for field in layer.searched),
        searched_text(text, limits, ("text",)),
        **targets,
        first=FIRST if first is None else first,
    )
