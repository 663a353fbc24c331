"""Floor 3. What a principal may see; enters settings and layers, leaves the layers with what is withheld marked.

Parsers, plans, tiles and exports work on the layers that they are given: a withheld column is null in all of them, and
no filter or order takes it.
"""

from collections.abc import Mapping
from functools import lru_cache

from gateway.errors import SetupError
from gateway.identity.backends import parse_scopes
from gateway.layers import Layers
from gateway.principal import Principal, Scope
from gateway.settings import AuthSettings

Column = tuple[str, str]  # layer and attribute


class Access:
    """Private columns of one gateway, and who sees them."""

    def __init__(self, settings: AuthSettings, layers: Layers) -> None:
        self._scopes = _declared(layers) if settings.private is None else _set(settings.private, layers)
        private = frozenset(self._scopes)
        self.layers = layers.with_private(private)
        self._seen = lru_cache(maxsize=None)(self.layers.withholding)  # bounded by the sets of scopes

    def seen_by(self, principal: Principal) -> Layers:
        """The layers as the principal may see them."""
        return self._seen(frozenset(name for name, scope in self._scopes.items() if not principal.may(scope)))

    def scope(self, layer: str, attribute: str) -> Scope:
        """The scope that shows a private column."""
        return self._scopes[layer, attribute]


def _declared(layers: Layers) -> Mapping[Column, Scope]:
    return {(layer.name, name): Scope.WRITE for layer in layers for name in layer.private}


def _set(private: Mapping[str, str], layers: Layers) -> Mapping[Column, Scope]:
    found: dict[Column, Scope] = {}
    for column, scope in private.items():
        layer, _, attribute = column.partition(".")
        if layer not in layers.by_name or attribute not in layers[layer].concealable:
            message = f"GATEWAY_AUTH_PRIVATE names {column!r}. Write layer.column, as parcels.owner_name; "
            raise SetupError(f"{message}keys, versions, times and geometries can't be private.")
        (found[layer, attribute],) = parse_scopes([scope])
    return found
