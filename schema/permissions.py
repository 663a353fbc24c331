"""Permission classes of Strawberry; enters a scope, leaves the class that refuses those without it."""

from strawberry.permission import BasePermission

from gateway.identity.principal import Scope
from schema.info import Info


def needs(scope: Scope, deed: str) -> type[BasePermission]:
    """The permission class of a field that needs a scope; `deed` begins the sentence that refuses others."""

    class Needs(BasePermission):
        def has_permission(self, source: object, info: Info, **kwargs: object) -> bool:  # noqa: ARG002
            info.context.principal.require(scope, deed)
            return True

    return Needs
