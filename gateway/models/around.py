"""Layers in whose areas rows lie though no model says so; enters layers, leaves relations that are always computed."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from gateway.geo.kinds import AREAS
from gateway.models.declaration import Relation, RelationKind


class Related(Protocol):
    """A layer, as far as it is looked at here."""

    @property
    def name(self) -> str:
        """Which one it is."""

    @property
    def verbose_name_plural(self) -> str:
        """What its rows are called."""

    @property
    def relations(self) -> Sequence[Relation]:
        """Those of its rows."""

    @property
    def dimensions(self) -> frozenset[int]:
        """Of its rows: 2 where there are polygons."""


def around(layer: Related, others: Iterable[Related]) -> Iterator[Relation]:
    """The layers of polygons that a layer has no overlap with by declaration."""
    declared = {each.target for each in layer.relations if each.kind is RelationKind.OVERLAP}
    for other in others:
        if other.name not in {layer.name, *declared} and AREAS in other.dimensions:
            text = f"{other.verbose_name_plural.capitalize()} in which {layer.verbose_name_plural} lie."
            yield Relation(other.name, other.name, RelationKind.OVERLAP, text)
