"""The parts of a Plan: what must be read, and what is made of it, as frozen values.

A Plan knows no values: where a field has arguments it keeps the number of an Ask, which reads them into a term when the
operation is bound. `key` is always the response key.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, GraphQLField

from gateway.layers import Layer, LayerField
from gateway.models.declaration import Relation
from gateway.planner.selection import Selected
from gateway.query.connection import QueryParser
from gateway.query.values import EdgeValue


@dataclass(frozen=True, slots=True)
class Ask:
    """The arguments of one field, and of the field `above` it, if need be: how they are read into a term.

    `moment` is the number of the `asOf` that it is read under.
    """

    node: FieldNode
    definition: GraphQLField
    read: Callable[[QueryParser, Mapping[str, Any]], Any]
    above: tuple[GraphQLField, FieldNode] | None = None
    moment: int | None = None


@dataclass(frozen=True, slots=True)
class Constant:
    """`__typename`, or null in place of what is withheld."""

    key: str
    value: str | None


@dataclass(frozen=True, slots=True)
class GlobalId:
    """The global id of a row."""

    key: str
    layer: Layer


@dataclass(frozen=True, slots=True)
class Plain:
    """A column as it is."""

    key: str
    field: LayerField


@dataclass(frozen=True, slots=True)
class Computed:
    """A computed value; `ask` is an Expression, and `embed` says that it is JSON text."""

    key: str
    ask: int
    embed: bool


@dataclass(frozen=True, slots=True)
class Quotient:
    """A column divided by a number, which `ask` is."""

    key: str
    field: LayerField
    ask: int


@dataclass(frozen=True, slots=True)
class Projected:
    """A geometry in another CRS; `members` are response keys of `crs`, `geometry` and `__typename`."""

    key: str
    ask: int
    members: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OneFeature:
    """A row as a GeoJSON Feature; `ask` is FeatureOptions."""

    key: str
    ask: int


@dataclass(frozen=True, slots=True)
class Related:
    """Rows related to a row; `ask` is a Query."""

    key: str
    relation: Relation
    ask: int
    connection: "ConnectionPlan"


@dataclass(frozen=True, slots=True)
class Own:
    """A field that its own resolver answers, of the rows of a layer or of the root.

    `whole` says that the resolver gets all plain columns of the row, else the id alone.
    """

    key: str
    nodes: tuple[FieldNode, ...]
    layer: Layer | None = None
    whole: bool = False


FeatureOutput = Constant | GlobalId | Plain | Computed | Quotient | Projected | OneFeature | Related | Own


@dataclass(frozen=True, slots=True)
class FeaturePlan:
    """What is made of each row of a layer."""

    layer: Layer
    outputs: tuple[FeatureOutput, ...]


@dataclass(frozen=True, slots=True)
class Cursor:
    """The cursor of an edge."""

    key: str


@dataclass(frozen=True, slots=True)
class Distance:
    """The distance of an edge."""

    key: str


@dataclass(frozen=True, slots=True)
class Node:
    """The row of an edge."""

    key: str
    feature: FeaturePlan


@dataclass(frozen=True, slots=True)
class OfEdge:
    """A value of the edge of a relation."""

    key: str
    value: EdgeValue


EdgeOutput = Constant | Cursor | Distance | Node | OfEdge


@dataclass(frozen=True, slots=True)
class Edges:
    """The edges of a page."""

    key: str
    outputs: tuple[EdgeOutput, ...]


@dataclass(frozen=True, slots=True)
class Nodes:
    """The rows of a page."""

    key: str
    feature: FeaturePlan


@dataclass(frozen=True, slots=True)
class PageInfo:
    """Where a page lies; `members` are response keys and names."""

    key: str
    members: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Total:
    """How many rows there are; `ask` is a Count."""

    key: str
    ask: int


@dataclass(frozen=True, slots=True)
class Extent:
    """The box around all rows."""

    key: str


@dataclass(frozen=True, slots=True)
class Collection:
    """The rows of a page as a GeoJSON FeatureCollection; `ask` is FeatureOptions."""

    key: str
    ask: int


@dataclass(frozen=True, slots=True)
class Urls:
    """URLs of all rows; `ask` has them by field, `members` are response keys and names."""

    key: str
    type_name: str
    ask: int
    members: tuple[tuple[str, str], ...]


ConnectionOutput = Constant | Edges | Nodes | PageInfo | Total | Extent | Collection | Urls


@dataclass(frozen=True, slots=True)
class ConnectionPlan:
    """What is made of a page, a count and an extent."""

    layer: Layer
    outputs: tuple[ConnectionOutput, ...]
    paged: str | None  # the key of the first field for which its page must be read


@dataclass(frozen=True, slots=True)
class One:
    """One row of a layer; `ask` is a Key, `moment` the number of its `asOf`."""

    key: str
    ask: int
    feature: FeaturePlan
    moment: int | None = None


@dataclass(frozen=True, slots=True)
class Many:
    """A connection of a layer; `ask` is a Query, `moment` the number of its `asOf`."""

    key: str
    ask: int
    connection: ConnectionPlan
    moment: int | None = None


@dataclass(frozen=True, slots=True)
class ByIds:
    """Rows of any layers by global ids; `ask` is the ids, and `single` says that there is one."""

    key: str
    ask: int
    features: tuple[FeaturePlan, ...]
    single: bool


RootOutput = Constant | One | Many | ByIds | Own


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole operation; `asks` are the fields with arguments, in the order of their numbers.

    `moments` are the fields with `asOf`, `selection` what was asked for: one for each output.
    """

    outputs: tuple[RootOutput, ...]
    asks: tuple[Ask, ...]
    moments: tuple[Ask, ...]
    selection: tuple[Selected, ...]
