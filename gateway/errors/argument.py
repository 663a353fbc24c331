"""Arguments of fields, geometries among them, that cannot be used."""

from gateway.errors.base import GatewayError


class ArgumentError(GatewayError):
    """An argument of a field cannot be used."""

    code = "BAD_ARGUMENT"
    status = 400


class NoValue(ArgumentError):
    """Something is named in a filter and has no value."""


class BadText(ArgumentError):
    """A text holds NUL or half a surrogate pair, or is too long."""


class NonFinite(ArgumentError):
    """A number is NaN or infinite."""


class OutOfRange(ArgumentError):
    """A number or coordinate is outside the range that has a meaning."""


class ListLimit(ArgumentError):
    """A list has too many items."""


class AnalysisLimit(ArgumentError):
    """An analysis would be of too many rows or vertices, of rows too far apart, or take too long."""


class PredicateLimit(ArgumentError):
    """A filter has too many lookups or is nested too deeply."""


class PrivateField(ArgumentError):
    """A private column stands in a filter, an order or a write, where it would give itself away."""

    status = 403


class BadPage(ArgumentError):
    """first, last, after and before do not make a page."""


class BadCursor(ArgumentError):
    """A cursor was changed, or belongs to another field or another order."""


class BadFilterToken(ArgumentError):
    """A filter in a URL was changed or cut, or is not of this server and layer."""


class FilterExpired(ArgumentError):
    """A filter in a URL was good for a while, which is over."""

    status = 403


class NotSigned(ArgumentError):
    """A URL that speaks for someone asks for more than was signed."""

    status = 403


class FilterTooLong(ArgumentError):
    """A filter is too long to stand in a URL."""


class BadMoment(ArgumentError):
    """A time is to come, or lies before what the history keeps; or what is asked for is there for now alone."""


class BadId(ArgumentError):
    """An id is not a global id of this server, or of another type."""


class AmbiguousKey(ArgumentError):
    """Several jurisdictions have a row with this key, and a read of all of them asks for one."""


class BadCrs(ArgumentError):
    """A coordinate reference system is unknown or may not be named here."""


class GeometryError(ArgumentError):
    """A geometry cannot be read."""

    code = "BAD_GEOMETRY"


class InvalidGeometry(GeometryError):
    """A geometry is well formed but not valid in the sense of OGC Simple Features; `wkb` is what it was read as."""

    wkb = b""


class RingNotClosed(GeometryError):
    """The last position of a ring is not its first."""


class BadDimension(GeometryError):
    """A position does not have two ordinates."""

    code = "DIMENSION"


class GeometryDepth(GeometryError):
    """A geometry collection is nested too deeply."""


class VertexLimit(GeometryError):
    """A geometry has too many vertices."""


class GeometryTooIntricate(GeometryError):
    """A geometry has so many edges side by side, or rings in one point, that working with it would take too long."""


class GeometryTypeError(GeometryError):
    """A geometry is of a type that the layer's column does not hold."""

    code = "GEOMETRY_TYPE"


class RepairFailed(GeometryError):
    """A geometry that is not valid could not be repaired, or not in time."""


class AmbiguousRepair(GeometryError):
    """The rings of a geometry that is not valid can be read in two ways, which differ by too much of its area."""


class WriteError(ArgumentError):
    """A row cannot be written as it was asked for."""

    code = "BAD_WRITE"


class RowNotFound(WriteError):
    """The row that was to be changed is not there."""

    status = 404


class KeyTaken(WriteError):
    """Another row has the key already."""

    status = 409


class VersionConflict(WriteError):
    """The row was changed since the version that the client expected."""

    status = 409


class ConstraintViolated(WriteError):
    """A row breaks a constraint of its table."""

    code = "CONSTRAINT"
    status = 409
