"""What resolvers are handed: Strawberry's Info with our context."""

from typing import TypeAlias

import strawberry

from gateway.execution.context import Context

Info: TypeAlias = strawberry.Info[Context, None]
