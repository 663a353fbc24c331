"""What a principal may see; enters settings and layers, leaves the layers with what is withheld marked.

Parsers, plans, tiles and exports work on the layers that they are given: a withheld column is null in all of them, a
withheld member of `attributes` is left out, and no filter or order takes either.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import combinations

from gateway.errors import SetupError
from gateway.identity.backends import parse_scopes
from gateway.identity.principal import Principal, Scope
from gateway.layers import Layer, Layers
from gateway.models.members import Members, exactly, expression
from gateway.settings import AuthSettings

Column = tuple[str, str]  # layer and attribute
Patterns = Mapping[str, Mapping[str, Scope]]  # by layer: patterns of members, each with the scope that shows it

NAMED = Scope.WRITE  # shows members that ingest was told to hide


class Access:
    """Private columns and members of `attributes` of one gateway, and who sees them."""

    def __init__(self, settings: AuthSettings, layers: Layers) -> None:
        self._scopes = _declared(layers) if settings.private is None else _set(settings.private, layers)
        self._patterns = _patterns(settings.private_members, layers)
        self._named: Mapping[str, frozenset[str]] = {}
        self.asked = asyncio.Event()  # by someone from whom named members are withheld
        self.layers = Layers(tuple(self._with_private(layer) for layer in layers))
        self._seen = lru_cache(maxsize=None)(self._seen_with)  # bounded by the sets of scopes and of relations

    def seen_by(self, principal: Principal, kept: frozenset[str] = frozenset()) -> Layers:
        """The layers as the principal may see them; `kept` names the tables of pairs that relations are read from."""
        if not principal.may(NAMED):
            self.asked.set()
        return self._seen(principal.scopes, kept)

    def views(self, scope: Scope) -> Sequence[Layers]:
        """The layers as each principal sees them that has a scope, with whatever else it has."""
        others = [each for each in Scope if each not in {scope, Scope.ADMIN}]
        sets = (frozenset({scope, *more}) for count in range(len(others) + 1) for more in combinations(others, count))
        return [self._seen(granted, frozenset()) for granted in (*sets, frozenset({Scope.ADMIN}))]

    def learn(self, named: Mapping[str, frozenset[str]]) -> None:
        """Take the names of members by layer that the table `private_members` holds now."""
        if named != self._named:
            self._named = named
            self._seen.cache_clear()

    def scope(self, layer: str, attribute: str) -> Scope:
        """The scope that shows a private column."""
        return self._scopes[layer, attribute]

    def member_scope(self, layer: str) -> Scope:
        """The scope that shows all members of `attributes`."""
        scopes = {NAMED, *self._patterns[layer].values()}
        return NAMED if scopes == {NAMED} else Scope.ADMIN

    def _with_private(self, layer: Layer) -> Layer:
        private = frozenset(attribute for name, attribute in self._scopes if name == layer.name)
        return replace(layer, private=private, private_members=tuple(self._patterns[layer.name]))

    def _seen_with(self, scopes: frozenset[Scope], kept: frozenset[str]) -> Layers:
        granted = frozenset(Scope) if Scope.ADMIN in scopes else scopes
        return Layers(tuple(self._layer_with(granted, layer) for layer in self.layers), kept)

    def _layer_with(self, granted: frozenset[Scope], layer: Layer) -> Layer:
        withheld = frozenset(name for name in layer.private if self._scopes[layer.name, name] not in granted)
        patterns = [pattern for pattern, scope in self._patterns[layer.name].items() if scope not in granted]
        named = NAMED not in granted
        names = sorted(self._named.get(layer.name, ())) if named else ()
        whole = "|".join([*filter(None, [expression(patterns)]), *map(exactly, names)])
        members = Members(layer.name, whole, named) if whole or named else None
        return replace(layer, withheld=withheld, members=members)


def _declared(layers: Layers) -> Mapping[Column, Scope]:
    return {(layer.name, name): Scope.WRITE for layer in layers for name in layer.private}


def _set(private: Mapping[str, str], layers: Layers) -> Mapping[Column, Scope]:
    scopes: dict[Column, Scope] = {}
    for column, scope in private.items():
        layer, _, attribute = column.partition(".")
        if layer not in layers.by_name or attribute not in layers[layer].concealable:
            message = f"GATEWAY_AUTH_PRIVATE names {column!r}. Write layer.column, as parcels.owner_name; "
            raise SetupError(f"{message}keys, versions, times and geometries can't be private.")
        (scopes[layer, attribute],) = parse_scopes([scope])
    return scopes


def _patterns(private: Mapping[str, str] | None, layers: Layers) -> Patterns:
    """The patterns of each layer: those that are set, of all layers or its own, else those that it declares."""
    if private is None:
        return {layer.name: dict.fromkeys(layer.private_members, Scope.WRITE) for layer in layers}
    scopes: dict[str, dict[str, Scope]] = {layer.name: {} for layer in layers}
    for given, word in private.items():
        head, _, tail = given.partition(".")
        names, pattern = ([head], tail) if head in scopes else (list(scopes), given)
        if not pattern.strip("*"):
            raise SetupError(f"GATEWAY_AUTH_PRIVATE_MEMBERS names {given!r}. Write a name, as *owner*, or layer.name.")
        (scope,) = parse_scopes([word])
        for name in names:
            scopes[name][pattern] = scope
    return scopes
