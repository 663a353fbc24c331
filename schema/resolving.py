"""Fields with resolvers of their own within a plan; enters rows, leaves what graphql-core makes of them."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import count

from graphql import Executor, GraphQLError, is_object_type
from graphql.execution.collect_fields import FieldDetails
from graphql.pyutils import Path

from gateway.planner.flaws import Flaw
from gateway.planner.reads import OwnRead


class Resolvers:
    """Calls resolvers for one request; `build` makes its executor, which is done when the first one is needed."""

    def __init__(self, build: Callable[[], Executor[object]]) -> None:
        self._build = build
        self._executor: Executor[object] | None = None
        self._numbers = count()

    async def values(self, own: OwnRead, rows: Iterable[object]) -> Sequence[object]:
        """The value of a field for each row; a Flaw where something in it failed. All rows are loaded as one."""
        executor = self._executor = self._executor or self._build()
        executor.collected_errors.errors.clear()
        schema = executor.schema
        kind = schema.query_type if own.layer is None else schema.get_type(own.layer.type_name)
        assert is_object_type(kind)
        details = [FieldDetails(node, None) for node in own.nodes]
        problems: dict[object, list[GraphQLError]] = defaultdict(list)

        async def value(number: int, row: object) -> object:
            path = Path(Path(None, number, None), own.key, kind.name)
            try:
                made = executor.execute_field(kind, row, details, path, None)
                return await made if executor.is_awaitable(made) else made
            except GraphQLError as error:
                problems[number].append(error)
                return None

        numbered = [(next(self._numbers), row) for row in rows]
        made = await asyncio.gather(*(value(number, row) for number, row in numbered))
        for error in executor.collected_errors.errors:
            problems[error.path[0] if error.path else None].append(error)
        numbers = (number for number, _ in numbered)
        return [Flaw(problems[n], each) if n in problems else each for n, each in zip(numbers, made, strict=True)]
