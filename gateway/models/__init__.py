"""The tables as SQLAlchemy models; enters nothing, leaves metadata and typed columns."""

from gateway.models.analysis_job import AnalysisJob, AnalysisResult
from gateway.models.api_key import ApiKey
from gateway.models.base import Base, Extra, Feature, Tracked
from gateway.models.idempotency_key import IdempotencyKey
from gateway.models.ingest_run import IngestChunk, IngestRun
from gateway.models.job import Job
from gateway.models.jurisdiction import Jurisdiction
from gateway.models.layer_change import LAYER_CHANGES
from gateway.models.parcel import Parcel
from gateway.models.private_member import PrivateMember
from gateway.models.relation_state import RelationCell, RelationMark
from gateway.models.sample_load import SampleLoad
from gateway.models.trusted_document import TrustedDocument
from gateway.models.zoning_district import ZoningDistrict
