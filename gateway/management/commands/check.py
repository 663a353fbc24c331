"""`manage.py check`; enters settings, layers and the database, leaves findings and how to fix them."""

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from gateway import errors
from gateway.checks import rules
from gateway.checks.messages import Level, Message
from gateway.checks.registry import DATABASE_TAGS, DEPLOY_TAGS, Tag
from gateway.checks.running import Report, Run, unusable
from gateway.identity import Access, Backends, key_sets
from gateway.layers import LAYERS, Layers
from gateway.management.output import out, print_json, print_table
from gateway.management.running import placed, with_database
from gateway.models.jurisdiction import ALL
from gateway.settings import Settings
from schema import build_schema


class FailLevel(StrEnum):
    """From which level on the exit code is 1."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


_STYLES: Mapping[Level, str] = {Level.ERROR: "bold red", Level.WARNING: "yellow", Level.INFO: "blue"}


def run(settings: Settings, tags: frozenset[Tag]) -> Report:
    """Run the checks under `tags`; the database is opened only where one of them needs it."""
    taken = list(surface()) if Tag.LAYERS in tags else []
    checks = Run(placed(settings), LAYERS, tags - {Tag.LAYERS} if taken else tags)
    messages = [*checks.static(), *taken, *(credentials(settings) if Tag.SETTINGS in tags else ())]
    if tags & DATABASE_TAGS:
        try:
            messages += with_database(settings, checks.stored, make=True, pooled=True)
        except (errors.SetupError, errors.ServiceError) as error:
            messages.append(unusable(error))
    return Report.of(messages, settings.silenced_checks)


def surface(layers: Layers = LAYERS) -> Iterator[Message]:
    """Names that the schema would have twice."""
    try:
        build_schema(layers)
    except errors.SetupError as error:
        yield rules.NAME_TAKEN(error.message, hint="Rename what the message names.", about="schema")


def credentials(settings: Settings) -> Iterator[Message]:
    """What the server makes of the settings of identity when it starts; a key set is read where it is a file."""
    for make in (lambda: Backends(settings.auth), lambda: Access.of(settings, LAYERS, ALL)):
        try:
            make()
        except errors.SetupError as error:
            hint = "Correct the setting of GATEWAY_* that the message names; docs/settings.md has all of them."
            yield rules.NO_START(error.message, hint=hint, about="GATEWAY_AUTH")
    place = settings.auth.jwt_key_set
    if place and not key_sets.is_url(place):
        yield from _unusable_keys(place)


def _unusable_keys(place: str) -> Iterator[Message]:
    about = "GATEWAY_AUTH_JWT_KEY_SET"
    hint = "Take the key out, or have the provider sign with RSA, an elliptic curve (P-256, P-384, P-521) or EdDSA."
    try:
        unusable = key_sets.read(place).unusable
    except (OSError, ValueError, RecursionError):
        message = f"{place} can't be read as a JSON Web Key Set (RFC 7517)."
        yield rules.UNUSABLE_KEY(message, hint="Write the path of a file, or an https URL.", about=about)
        return
    for identity, reason in unusable:
        yield rules.UNUSABLE_KEY(f"The key {identity or 'without a kid'}: {reason}", hint=hint, about=about)


def chosen(asked: Collection[Tag], *, deploy: bool, database: bool) -> frozenset[Tag]:
    """The tags to run: those asked for, or all that the flags allow."""
    needed = {tag: "--deploy" for tag in DEPLOY_TAGS if not deploy} | {
        tag: "--database" for tag in DATABASE_TAGS if not database
    }
    for tag in asked:
        if tag in needed:
            raise typer.BadParameter(f"{tag} needs {needed[tag]}.", param_hint="--tag")
    return frozenset(asked) or frozenset(Tag) - needed.keys()


def show(report: Report) -> None:
    """Print a table of what was seen, then how to fix each, on lines that can be copied whole."""
    if report.messages:
        table = Table("Id", "Object", "Message", box=box.SIMPLE_HEAD)
        for message in report.messages:
            style = _STYLES[message.rule.level]
            table.add_row(Text(message.rule.id, style), Text(message.about), Text(message.text))
        print_table(table)
    for message in report.messages:
        if message.hint:
            out.print(_hint(message))
    count = len(report.issues)
    issues = f"{count or 'no'} issue{'' if count == 1 else 's'}"
    out.print(f"System check identified {issues} ({report.silenced} silenced).")


def _hint(message: Message) -> Text:
    return Text.assemble((message.rule.id, _STYLES[message.rule.level]), " HINT: ", message.hint)


def command(
    *,
    deploy: Annotated[bool, typer.Option("--deploy", help="Check also what production needs.")] = False,
    database: Annotated[bool, typer.Option("--database", help="Check also the database.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
    tag: Annotated[list[Tag] | None, typer.Option("--tag", "-t", help="Run only checks of this theme.")] = None,
    list_tags: Annotated[bool, typer.Option("--list-tags", help="List the themes and stop.")] = False,
    fail_level: Annotated[
        FailLevel, typer.Option(help="Exit with 1 from this level on.", case_sensitive=False)
    ] = FailLevel.ERROR,
) -> None:
    """Check settings and layers; with flags also what production and the database need. See docs/checks.md."""
    if list_tags:
        out.print("\n".join(Tag))
        return
    report = run(Settings(), chosen(tag or (), deploy=deploy, database=database))
    if json:
        print_json(
            {
                "messages": [message.as_json for message in report.messages],
                "issues": len(report.issues),
                "silenced": report.silenced,
            }
        )
    else:
        show(report)
    if report.fails(Level[fail_level.name]):
        raise typer.Exit(1)
