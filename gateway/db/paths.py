"""Whose tables a connection finds: that of its search_path; enters a path, leaves a connection that has it.

A jurisdiction is a schema of the database, and all that is sent names tables without one. A connection keeps the path
of its last work, so that only another jurisdiction's takes a round trip, and one jurisdiction none at all.
"""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection

from gateway.db.driver import literal

OWN: Final = ""  # that of the URL
UNKNOWN: Final = "?"  # while it is being set
_PLACED: Final = "search_path"
_MARKS: Final = '"~'
OPTION: Final = "gateway_path"  # of an engine, for its connections


def marked(schemas: Iterable[str]) -> str:
    """What stands in a path, as a schema that there is none of, to say which parts its views are to read."""
    return f"~{'~'.join(schemas)}~"


def schema_of(path: str) -> str:
    """The schema that a path of a jurisdiction names first, which is its code; empty for that of the URL."""
    return path.partition(",")[0].strip('"')


def path_of(connection: Connection) -> str:
    """The path that a connection was given last."""
    path: str = connection.info.get(_PLACED, OWN)
    return path


async def place(connection: Connection, behind: Any, path: str) -> None:
    """Give a connection that is in no transaction a path; `behind` is the driver's."""
    info = connection.info
    info[_PLACED] = UNKNOWN  # to whom a cancel leaves it
    await behind.execute(setting(path))
    info[_PLACED] = path


def setting(path: str) -> str:
    """The statements that give a session a path.

    One with marks is refused where its schema is not there, since its tables would then be those of the next one; and
    what was planned for other marks is planned again, which PostgreSQL does by itself only for other schemas.
    """
    if not path:
        return "RESET search_path"
    placing = f"SELECT set_config('search_path', {literal(path)}, false)"
    if _MARKS not in path:
        return placing
    return f"{placing}, {literal(schema_of(path))}::regnamespace; DISCARD PLANS"


def placed(connection: Connection) -> None:
    """Give a connection of an engine the path that the engine's options name."""
    path = connection.get_execution_options().get(OPTION, OWN)
    if path_of(connection) == path:
        return
    fairy: Any = connection.connection
    try:
        fairy.dbapi_connection.run_async(lambda behind: place(connection, behind, path))
    except BaseException:
        connection.invalidate()
        connection.close()
        raise
