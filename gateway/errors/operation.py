"""What keeps a command from its work: files and the machine."""

from gateway.errors.base import GatewayError


class SourceError(GatewayError):
    """A file given to ingest cannot be loaded."""

    code = "BAD_SOURCE"
    status = 400


class BadMapping(SourceError):
    """The mapping names a field that the layer or the file does not have."""


class LayerNotLoadable(SourceError):
    """The layer is read only, or has no `attributes`: no file is loaded into it."""


class BadEncoding(SourceError):
    """The text of a file is not in the encoding that it is read in, or that encoding is not known."""


class DenseBody(SourceError):
    """Compressed bytes stand for more than the limit of times as many."""

    code = "RATIO_LIMIT"
    status = 413


class ReaderCrashed(SourceError):
    """The process that read the file crashed, or did not answer as it should."""


class ReaderMemory(SourceError):
    """The process that read the file needed more memory than a file may take."""


class ReaderTime(SourceError):
    """The process that read the file took longer than a file may take."""


class DuplicateFeature(SourceError):
    """Two features have the same key and on-duplicate is error."""


class MissingRefused(SourceError):
    """Rows that a file lacks are not deleted: too many of them, or some feature has no key."""


class OutputError(GatewayError):
    """A file cannot be written where a command was told to."""

    code = "BAD_OUTPUT"
    status = 400


class BadJurisdiction(GatewayError):
    """A jurisdiction can't have this code, or can't be dropped as things are."""

    code = "BAD_JURISDICTION"


class NoCluster(GatewayError):
    """The database is no Citus cluster that can hold a jurisdiction so, or not on the node that was named."""

    code = "NO_CLUSTER"


class CannotPartition(GatewayError):
    """The table of a layer can not be divided, or not so."""

    code = "CANNOT_PARTITION"


class SetupError(GatewayError):
    """The machine lacks something that the gateway needs."""

    code = "SETUP"
