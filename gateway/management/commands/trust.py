"""`manage.py trust`; enters files of operations, leaves them trusted: what clients may send by their hash."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

import schema
from gateway.errors import SetupError
from gateway.execution import trusted
from gateway.identity import Access
from gateway.layers import LAYERS
from gateway.management.output import err, out, print_table
from gateway.management.running import access_of, with_database
from gateway.models import TrustedDocument
from gateway.models.jurisdiction import ALL
from gateway.settings import Settings
from schema.documents import Documents
from schema.manifests import Candidate, checked, read


def command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files (.graphql, .gql), folders of them, and manifests (.json) of Apollo, Relay or Codegen."
        ),
    ] = None,
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Trust these and no others.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and price them; change nothing.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Show what is trusted.")] = False,
    remove: Annotated[str | None, typer.Option(help="Trust the document of this hash no longer.")] = None,
) -> None:
    """Trust operations: check and price them, and let clients send them by hash."""
    settings = Settings()
    if sum((bool(paths), listed, remove is not None)) != 1:
        raise SetupError("manage.py trust takes files, --list, or --remove with a hash: one of them.")
    if listed:
        _print(with_database(settings, trusted.listed))
    elif remove is not None:
        forgotten = with_database(settings, lambda database: trusted.forget(database, remove))
        out.print(f"{' '.join(forgotten)} is trusted no longer; workers notice within 5 s.", markup=False)
    else:
        _trust(settings, paths or [], replace=replace, dry_run=dry_run)


def _trust(settings: Settings, paths: Sequence[Path], *, replace: bool, dry_run: bool) -> None:
    layers = access_of(settings).layers
    every = Access.of(settings, LAYERS, ALL).layers  # as the server has one schema for all
    built = schema.build_schema(every)._schema  # noqa: SLF001 - Strawberry has no public name for it
    documents = Documents(built, layers, settings.limits, settings.http, plans=False)
    rows = [_row(each) for each in checked(chain.from_iterable(map(read, paths)), documents, settings.limits)]
    _print(rows)
    if dry_run:
        err.print(f"{len(rows)} documents would be trusted; nothing was changed.")
        return
    forgotten = with_database(settings, lambda database: trusted.trust(database, rows, replace=replace))
    others = f", and {forgotten} others no longer" if replace else ""
    err.print(f"{len(rows)} documents are trusted{others}; workers notice within 5 s.")


def _row(each: Candidate) -> TrustedDocument:
    return TrustedDocument(hash=each.hash, name=each.name, document=each.text, ids=list(each.ids), cost=each.cost)


def _print(documents: Sequence[TrustedDocument]) -> None:
    table = Table("name", "hash", "estimated cost", "ids")
    for each in documents:
        table.add_row(each.name or "(no name)", each.hash, str(each.cost), " ".join(each.ids))
    print_table(table, folded=False)  # hashes are copied
