"""`manage.py shell`; enters Python, leaves what it prints. `await` works at the prompt."""

import ast
import asyncio
import code
import inspect
import sys
from types import CodeType, FunctionType
from typing import Annotated, Any

import sqlalchemy
import typer

from gateway.db.embedded import database_url
from gateway.db.sessions import Database
from gateway.layers import LAYERS
from gateway.management.running import past_pooler
from gateway.settings import Settings

BANNER = """Python {version} with the gateway's settings, LAYERS, database, session, select, func, text and
{models}. `await` works:  await session.rows(select({model}.id).limit(3))"""


class Console(code.InteractiveConsole):
    """A prompt whose `await`s all run in one event loop."""

    def __init__(self, names: dict[str, object], runner: asyncio.Runner) -> None:
        super().__init__(names)
        self.compile.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self.failed = False
        self._runner = runner

    def runcode(self, code: CodeType) -> None:
        """Run one statement; what it awaits is run to its end first."""
        try:
            result = FunctionType(code, self.locals)()
            if inspect.iscoroutine(result):
                self._runner.run(result)
        except SystemExit:
            raise
        except BaseException:  # noqa: BLE001 - the prompt shows every error and goes on
            self.failed = True
            self.showtraceback()


def names(settings: Settings, database: Database) -> dict[str, Any]:
    """What the prompt knows."""
    models = {layer.type_name: layer.model for layer in LAYERS}
    tools = {"select": sqlalchemy.select, "func": sqlalchemy.func, "text": sqlalchemy.text}
    return {
        "settings": settings,
        "LAYERS": LAYERS,
        "database": database,
        "session": database.session(),
        **models,
        **tools,
    }


def command(
    statement: Annotated[str | None, typer.Option("--command", "-c", help="Run this instead of a prompt.")] = None,
) -> None:
    """Open Python with the gateway's models, settings and a session."""
    settings = past_pooler(Settings())
    with database_url(settings) as url, asyncio.Runner() as runner:
        database = Database(settings.database, url)
        known = names(settings, database)
        console = Console(known, runner)
        try:
            if statement is not None:
                console.runsource(statement, "<command>", "exec")
            else:
                models = [layer.type_name for layer in LAYERS]
                version = sys.version.split()[0]
                console.interact(BANNER.format(version=version, models=", ".join(models), model=models[0]), exitmsg="")
        finally:
            runner.run(known["session"].close())
            runner.run(database.dispose())
    sys.exit(int(statement is not None and console.failed))
