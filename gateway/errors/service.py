"""What keeps the service from answering, now or by its own fault."""

from collections.abc import Sequence
from typing import ClassVar

from gateway.errors.base import GatewayError


class ServiceError(GatewayError):
    """The service cannot answer now."""

    code = "SERVICE"
    status = 503


class Timeout(ServiceError):
    """The work took longer than its limit and was cancelled."""

    status = 504


class RateLimited(ServiceError):
    """The client has spent its budget, or has as many requests under way as it may."""

    status = 429
    retryable = True

    def __init__(self, message: str, after: int, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
        super().__init__(message, retryAfter=after)
        self.retry_after = after
        self.headers = headers


class ClusterCannot(ServiceError):
    """The cluster that the rows are on refuses what one server would do."""

    status = 501


class Locked(ServiceError):
    """Another transaction holds a lock that was not released in time."""

    retryable = True


class Overloaded(ServiceError):
    """Every connection is in use."""

    retryable = True


class BodiesLimit(ServiceError):
    """As many bytes of request bodies are on their way as may be, in all or of one client."""

    retryable = True
    retry_after = 5


class ConnectionLimit(ServiceError):
    """As many connections are open as may be, in all or of one address."""

    retryable = True
    retry_after = 5


class ExportLimit(ServiceError):
    """As many exports run as may run at a time."""

    retryable = True
    retry_after = 10


class BulkLimit(ServiceError):
    """As many bulk loads wait or run as may."""

    retryable = True
    retry_after = 30


class AnalysisJobs(ServiceError):
    """As many analyses of one principal wait or run as may."""

    retryable = True
    retry_after = 30


class SpoolFull(ServiceError):
    """The disk has no room for the body of a bulk load."""

    retryable = True
    retry_after = 60


class Interrupted(ServiceError):
    """A job ended with its process several times in a row and came no further in between."""


class Unavailable(ServiceError):
    """The database cannot be reached, or is starting or stopping.

    `undone` says that it ended a transaction before its commit, which can begin again.
    """

    retryable = True
    undone = False


class Storage(ServiceError):
    """The database is out of disk or memory."""


class Conflict(ServiceError):
    """The change collides with another one or with a constraint."""

    status = 409


class IncomparableGeometries(ServiceError):
    """PostGIS cannot say how two geometries lie to each other."""

    status = 409


class UnknownOutcome(ServiceError):
    """The connection was lost during a commit: the change was made, or it was not."""


class ConcurrentChange(ServiceError):
    """Transactions that ran at the same time collided, and this one gave way each time it was tried again."""

    status = 409
    retryable = True


class LayerNotEmpty(ServiceError):
    """A layer that was to be filled has rows already, and they were not to be replaced."""

    status = 409


class SamplePresent(ServiceError):
    """Rows of a city were to be loaded beside the sample county, and nobody said whether that is meant."""

    status = 409


class NotMigrated(ServiceError):
    """The database lacks a table or column of this version: run manage.py migrate."""


class Internal(GatewayError):
    """Something unforeseen; the log has the error under the id that the client was given."""

    MASK: ClassVar[str] = (
        "Something went wrong here, not in your request. Give the operator the id: the log has the cause."
    )
