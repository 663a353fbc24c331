"""`manage.py prune`; enters the database, leaves it without the idempotency keys that have expired."""

from gateway.execution.writing import idempotency
from gateway.management.output import out
from gateway.management.running import with_database
from gateway.settings import Settings


def command() -> None:
    """Delete idempotency keys that have expired, with the answers that they kept."""
    settings = Settings()
    seconds = settings.limits.idempotency_seconds
    gone = with_database(settings, lambda database: idempotency.forget(database, seconds))
    out.print(f"{gone:,} idempotency keys older than {seconds:g} s are gone.", markup=False)
