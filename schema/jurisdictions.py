"""The root field `jurisdictions`, and what it answers."""

from collections.abc import Sequence

from gateway.db.reader import Row
from gateway.execution.listing import FIRST, MOST
from schema.annotations import Argument, Fields, Types, make_type, resolved
from schema.info import Info
from schema.scalars import fragment

_DESCRIPTION = (
    "The cities and counties that have rows of their own and that you may see, by code. What is at a path here, such "
    "as `/graphql` and `/tiles`, is for one of them at its `url` and that path."
)


def add_jurisdiction_types(types: Types) -> None:
    """Make the type of jurisdictions."""
    fields = {
        "code": resolved(types, lambda root: root.code, "String", "What URLs call it."),
        "name": resolved(types, lambda root: root.name, "String", "What people call it."),
        "url": resolved(types, _url, "String", "What its URLs begin with: GraphQL is at `url` and `/graphql`."),
        "outline": resolved(types, _outline, "MultiPolygon | None", "Where its rows lie; null where nobody said."),
    }
    make_type(types, "Jurisdiction", "A city or county with rows, keys and rights of its own.", fields)


def jurisdiction_query(types: Types) -> Fields:
    """The field `jurisdictions`."""
    arguments = {
        "first": Argument("Int", f"How many, at most {MOST}.", FIRST),
        "after": Argument("String | None", "Those behind this code."),
    }
    return {"jurisdictions": resolved(types, _jurisdictions, "list[Jurisdiction]", _DESCRIPTION, **arguments)}


async def _jurisdictions(root: None, info: Info, first: int, after: str | None = None) -> Sequence[Row]:  # noqa: ARG001
    return await info.context.jurisdictions.page(first, after)


def _url(root: Row, info: Info) -> str:
    return info.context.jurisdictions.url(root.code)


async def _outline(root: Row, info: Info) -> object:
    outline = await info.context.jurisdictions.outlines.load(root.code)
    return None if outline is None else fragment(outline)
