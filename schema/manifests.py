"""Files of operations that are to be trusted; enters paths, leaves documents that the server would run.

Of a file of GraphQL with one operation the text as it stands is trusted; of one with several, each with the fragments
that it uses, as graphql-core prints it. Manifests hold texts as clients send them.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from graphql import GraphQLSyntaxError, OperationDefinitionNode, parse, print_ast
from graphql.utilities import separate_operations

from gateway.errors import CostLimit, SourceError
from gateway.settings import LimitSettings
from schema.documents import Documents
from schema.prices import check_cost
from schema.problems import Refusal, entry

_SHA256 = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_APOLLO = "apollo-persisted-query-manifest"


@dataclass(frozen=True)
class Candidate:
    """One document; `ids` are what its manifest calls it besides its hash."""

    source: str
    text: str
    ids: tuple[str, ...] = ()
    name: str = ""
    cost: int = 0

    @property
    def hash(self) -> str:
        """The SHA-256 of its text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read(path: Path) -> Iterator[Candidate]:
    """The documents in a file, or in the files of a folder."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.suffix in {".graphql", ".gql"}:
                yield from read(file)
        return
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read as text in UTF-8: {error}.") from error
    yield from _manifest(path, text) if path.suffix == ".json" else _operations(path, text)


def _operations(path: Path, text: str) -> Iterator[Candidate]:
    try:
        document = parse(text)
    except GraphQLSyntaxError as error:
        raise SourceError(f"{path} is no GraphQL: {error.message}") from error
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if len(operations) == 1:
        yield Candidate(str(path), text)
        return
    for name, separate in separate_operations(document).items():
        if not name:
            raise SourceError(f"{path} has several operations, and one of them has no name.")
        yield Candidate(str(path), print_ast(separate))


def _manifest(path: Path, text: str) -> Iterator[Candidate]:
    try:
        manifest = json.loads(text)
    except ValueError as error:
        raise SourceError(f"{path} is no JSON: {error}.") from error
    for given, body in _entries(path, manifest):
        if not isinstance(body, str) or not isinstance(given, str):
            raise SourceError(f"{path}: the document {given!r} is no text.")
        made = Candidate(f"{path}: {given}", body)
        match = _SHA256.fullmatch(given)
        if match and match[1] != made.hash:
            raise SourceError(f"{path}: the SHA-256 of the document {given} is {made.hash}. Make the manifest again.")
        yield made if match else replace(made, ids=(given,))


def _entries(path: Path, manifest: object) -> Sequence[tuple[object, object]]:
    """Ids and texts of a manifest of Apollo, or of a map such as Relay and GraphQL Code Generator write."""
    if isinstance(manifest, Mapping) and manifest.get("format") == _APOLLO:
        if manifest.get("version") != 1 or not isinstance(manifest.get("operations"), list):
            raise SourceError(f"{path} is no {_APOLLO} of version 1.")
        return [(each.get("id"), each.get("body")) for each in manifest["operations"] if isinstance(each, Mapping)]
    if not isinstance(manifest, Mapping):
        raise SourceError(f'{path} is no manifest: it holds neither {{"format": "{_APOLLO}"}} nor ids with texts.')
    return list(manifest.items())


def checked(candidates: Iterator[Candidate], documents: Documents, limits: LimitSettings) -> Sequence[Candidate]:
    """The documents with their names and estimated costs; raises SourceError with all that the server would refuse."""
    good: dict[str, Candidate] = {}
    wrong: list[str] = []
    for each in candidates:
        try:
            prepared = documents.prepare(each.text, None)
            cost = check_cost(prepared.priced.price, {}, limits)
        except CostLimit as error:
            wrong.append(f"{each.source}: {error.message}")
            continue
        except Refusal as refusal:
            wrong += [f"{each.source}: {entry(problem)['message']}" for problem in refusal.problems]
            continue
        name = prepared.operation.name
        ids = {*each.ids, *(good[each.hash].ids if each.hash in good else ())}
        good[each.hash] = replace(each, name=name.value if name else "", cost=cost, ids=tuple(sorted(ids)))
    if wrong:
        raise SourceError("The server would refuse: " + " ".join(wrong))
    return list(good.values())
