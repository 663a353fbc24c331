"""Session settings in effect against those wanted; enters an inspection, leaves messages."""

from collections.abc import AsyncIterator, Mapping

from gateway.checks import rules
from gateway.checks.inspection import Inspection
from gateway.checks.messages import Message
from gateway.db.engine import connection_settings
from gateway.sql import catalog

_BYTES: Mapping[str, int] = {"B": 1, "kB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}


def amount(setting: str, unit: str | None) -> float | str:
    """A setting as a number in bytes or in its own unit, so that 64MB, 65536 kB and 8192 of 8kB are equal.

    `unit` is that of pg_settings, which holds for a setting that is written without one.
    """
    digits = setting.rstrip("BkMGT")
    suffix = setting[len(digits) :] or unit or ""
    try:
        number = float(digits)
    except ValueError:
        return setting
    scale = suffix.lstrip("0123456789")
    times = int(suffix[: len(suffix) - len(scale)] or 1)
    return number * times * _BYTES.get(scale, 1)


async def settings_in_effect(at: Inspection) -> AsyncIterator[Message]:
    database = at.settings.database
    behind_pooler = database.pooler != "none"
    # Behind a pooler one role serves reads, writes and this check, so it is the timeout of reads that must be on it.
    timeout = database.read_timeout_ms if behind_pooler else database.maintenance_timeout_ms
    wanted = dict(connection_settings(database, timeout_ms=timeout))
    del wanted["application_name"]
    role = (await at.row(catalog.CONNECTIONS)).name
    for row in sorted(await at.rows(catalog.SETTINGS, names=list(wanted)), key=lambda row: str(row.name)):
        if amount(row.setting, row.unit) != amount(wanted[row.name], row.unit):
            seen = f"{row.setting} {row.unit}" if row.unit else row.setting
            yield rules.SESSION_SETTING(
                f"{row.name} is {seen} in our session, not {wanted[row.name]}.",
                hint=f"ALTER ROLE {role} SET {row.name} = '{wanted[row.name]}'; and reconnect.",
                about=row.name,
            )
