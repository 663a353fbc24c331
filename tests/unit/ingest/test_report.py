"""The accounts: each feature once."""

import pytest

from gateway.errors import ArgumentError
from gateway.ingest import Action, AreaChange, Counts, FeatureOutcome, IngestOptions, OnDuplicate, Reason, runs
from gateway.layers import PARCELS, ZONING_DISTRICTS


def outcome(action, index=1, **rest):
    return FeatureOutcome(index, "k", action, Reason.INVALID_GEOMETRY, "why", **rest)


def test_what_has_no_outcome_was_inserted():
    outcomes = [outcome(Action.REPAIRED), outcome(Action.SKIPPED), outcome(Action.INSERTED), outcome(Action.REJECTED)]
    counts = Counts.of(10, outcomes)
    assert counts == Counts(inserted=7, repaired=1, skipped=1, rejected=1)
    assert counts.read == 10
    assert (counts + counts).as_json()["read"] == 20


@pytest.mark.parametrize(
    "line",
    [
        outcome(Action.SKIPPED),
        outcome(Action.REPAIRED, where=(-71.5, 42.25), area=AreaChange(10.0, 12.5)),
        outcome(Action.REPAIRED, where=(-71.5, 42.25), area=AreaChange(0.0, 12.5)),
    ],
)
def test_a_line_is_read_back_as_it_was(line):
    assert FeatureOutcome.from_json(line.as_json()) == line


def test_the_change_of_area_is_absolute_and_a_share():
    assert AreaChange(10.0, 12.5).as_json() == {"beforeSqm": 10.0, "afterSqm": 12.5, "changeSqm": 2.5, "change": 0.25}
    assert AreaChange(0.0, 12.5).as_json()["change"] is None


@pytest.mark.parametrize("chunk", [0, 50_001])
def test_a_chunk_has_a_size(chunk):
    with pytest.raises(ArgumentError, match="1 to 50,000"):
        IngestOptions(chunk=chunk)


def test_a_run_is_known_by_layer_content_and_options_but_not_by_its_chunks():
    def identity(layer=PARCELS, content="x", **options):
        return runs.identity(layer, content, IngestOptions(**options))

    same = [identity(), identity(chunk=5), identity(on_duplicate=OnDuplicate.SKIP), identity(dry_run=True)]
    assert len(set(same)) == 1
    other = [identity(ZONING_DISTRICTS), identity(content="y"), identity(srid=1), identity(mapping={"a": "b"})]
    assert len({*same, *other}) == 5


@pytest.mark.parametrize(
    ("before", "now", "fits"),
    [("error", "error", True), ("error", "update", True), ("skip", "update", False), ("skip", "error", False)],
)
def test_a_run_goes_on_where_the_rows_so_far_would_be_the_same(before, now, fits):
    assert runs.continues(OnDuplicate(before), OnDuplicate(now)) is fits
