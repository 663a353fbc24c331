"""Files of a city into the tables of a layer; enters a source, leaves rows and an account of every feature.

source -> prepare (geometry, columns, attributes, payload) -> write, with plain values between: `SourceBatch`,
`PreparedBatch`, `FeatureOutcome`. `engine.ingest` is the whole way.
"""

from gateway.ingest.engine import ingest
from gateway.ingest.options import IngestOptions, OnDuplicate, OnInvalid, OnMissing, Start
from gateway.ingest.report import Action, AreaChange, Counts, FeatureOutcome, Listener, Reason, Report, Silent
from gateway.ingest.source import FileSource
from gateway.sources.batches import Description, Source, SourceBatch
