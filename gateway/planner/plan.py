"""The parts of a Plan: what must be read, and what is made of it, as frozen values.

A Plan knows no values: where a field has arguments it keeps the number of an Ask, which reads them into a term when the
operation is bound. `key` is always the response key.
"""

from collections.abc import Callable
from dataclasses import dataclass

from graphql import FieldNode, GraphQLField

from gateway.layers import Layer, LayerField
from gateway.models.declaration import Relation
from gateway.planner.selection import Selected
from gateway.query.connection import QueryParser
from gateway.query.values import EdgeValue, Given


@dataclass(frozen=True, slots=True)
class Ask:
    """The arguments of one field, and of the field `above` it, if need be: how they are read into a term.

    `moment` is the number of the `asOf` that it is read under.
    """

    node: FieldNode
    definition: GraphQLField
    read: Callable[[QueryParser, Given], object]
    above: tuple[GraphQLField, FieldNode] | None = None
    moment: int | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """Something that is made under a response key."""

    key: str


@dataclass(frozen=True, slots=True)
class Asked(Output):
    """An output with arguments: `ask` is the number of its Ask."""

    ask: int


@dataclass(frozen=True, slots=True)
class Constant(Output):
    """`__typename`, or null in place of what is withheld."""

    value: str | None


@dataclass(frozen=True, slots=True)
class GlobalId(Output):
    """The global id of a row."""

    layer: Layer


@dataclass(frozen=True, slots=True)
class Plain(Output):
    """A column as it is."""

    field: LayerField


@dataclass(frozen=True, slots=True)
class Computed(Asked):
    """A computed value; `ask` is an Expression, and `embed` says that it is JSON text."""

    embed: bool


@dataclass(frozen=True, slots=True)
class Quotient(Output):
    """A column divided by a number, which `ask` is."""

    field: LayerField
    ask: int


@dataclass(frozen=True, slots=True)
class Projected(Asked):
    """A geometry in another CRS; `members` are response keys of `crs`, `geometry` and `__typename`."""

    members: tuple[tuple[str, str], ...]


class OneFeature(Asked):
    """A row as a GeoJSON Feature; `ask` is FeatureOptions."""


@dataclass(frozen=True, slots=True)
class Related(Output):
    """Rows related to a row; `ask` is a Query."""

    relation: Relation
    ask: int
    connection: "ConnectionPlan"


@dataclass(frozen=True, slots=True)
class Own(Output):
    """A field that its own resolver answers, of the rows of a layer or of the root.

    `whole` says that the resolver gets all plain columns of the row, else the id alone.
    """

    nodes: tuple[FieldNode, ...]
    layer: Layer | None = None
    whole: bool = False


FeatureOutput = Constant | GlobalId | Plain | Computed | Quotient | Projected | OneFeature | Related | Own


@dataclass(frozen=True, slots=True)
class FeaturePlan:
    """What is made of each row of a layer."""

    layer: Layer
    outputs: tuple[FeatureOutput, ...]


class Cursor(Output):
    """The cursor of an edge."""


class Distance(Output):
    """The distance of an edge."""


@dataclass(frozen=True, slots=True)
class Node(Output):
    """The row of an edge."""

    feature: FeaturePlan


@dataclass(frozen=True, slots=True)
class OfEdge(Output):
    """A value of the edge of a relation."""

    value: EdgeValue


EdgeOutput = Constant | Cursor | Distance | Node | OfEdge


@dataclass(frozen=True, slots=True)
class Edges(Output):
    """The edges of a page."""

    outputs: tuple[EdgeOutput, ...]


@dataclass(frozen=True, slots=True)
class Nodes(Output):
    """The rows of a page."""

    feature: FeaturePlan


@dataclass(frozen=True, slots=True)
class PageInfo(Output):
    """Where a page lies; `members` are response keys and names."""

    members: tuple[tuple[str, str], ...]


class Total(Asked):
    """How many rows there are; `ask` is a Count."""


class Extent(Output):
    """The box around all rows."""


@dataclass(frozen=True, slots=True)
class Aggregate(Output):
    """What all rows have together, or one function of it with its columns; `ask` of a Computed is a Measure.

    Of a relation, `share` is the number of the Ask that says how a row counts; `edges` says that it is of their values.
    """

    outputs: tuple["Constant | Computed | Aggregate", ...]
    share: int | None = None
    edges: bool = False


@dataclass(frozen=True, slots=True)
class Member(Output):
    """A field that is known by its name, with what is selected of it."""

    name: str
    outputs: tuple["Constant | Member | RelatedKey | Aggregate", ...] = ()


@dataclass(frozen=True, slots=True)
class RelatedKey(Output):
    """The row of a relation that is the key of a group."""

    name: str
    feature: FeaturePlan


@dataclass(frozen=True, slots=True)
class Grouped(Asked):
    """Groups of all rows; `ask` is Groups."""

    outputs: tuple[Constant | Member, ...]


class Collection(Asked):
    """The rows of a page as a GeoJSON FeatureCollection; `ask` is FeatureOptions."""


@dataclass(frozen=True, slots=True)
class Urls(Output):
    """URLs of all rows; `ask` has them by field, `members` are response keys and names."""

    type_name: str
    ask: int
    members: tuple[tuple[str, str], ...]


ConnectionOutput = Constant | Edges | Nodes | PageInfo | Total | Extent | Aggregate | Grouped | Collection | Urls


@dataclass(frozen=True, slots=True)
class ConnectionPlan:
    """What is made of a page, a count and an extent."""

    layer: Layer
    outputs: tuple[ConnectionOutput, ...]
    paged: str | None  # the key of the first field for which its page must be read


@dataclass(frozen=True, slots=True)
class One(Asked):
    """One row of a layer; `ask` is a RowKey, `moment` the number of its `asOf`."""

    feature: FeaturePlan
    moment: int | None = None


@dataclass(frozen=True, slots=True)
class Many(Asked):
    """A connection of a layer; `ask` is a Query, `moment` the number of its `asOf`."""

    connection: ConnectionPlan
    moment: int | None = None


@dataclass(frozen=True, slots=True)
class ByIds(Asked):
    """Rows of any layers by global ids; `ask` is the ids, and `single` says that there is one."""

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
