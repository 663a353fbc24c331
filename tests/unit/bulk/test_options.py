"""Options of a bulk load in a URL, and the formats of bodies."""

import pytest

from gateway import errors
from gateway.ingest import IngestOptions, OnDuplicate, OnInvalid, OnMissing, Start
from gateway.ingest.bulk.formats import choose
from gateway.ingest.bulk.options import parse, restored, stored
from gateway.ingest.bulk.work import message_of
from gateway.layers import PARCELS

REPAIR = b"repair-seconds=2.5&repair-tolerance=1"


def test_options_bear_the_names_of_the_command_line():
    query = b"map=parcel_id=id&map=address=&srid=2249&on-invalid=skip&on-duplicate=update&dry-run&chunk=5&restart=1"
    options, form = parse(
        PARCELS, query + b"&format=fgb&encoding=1252&missing=delete&max-missing=5&repair-seconds=2.5&repair-tolerance=1"
    )
    assert form == "fgb"
    assert options == IngestOptions(
        mapping={"parcel_id": "id", "address": ""},
        srid=2249,
        on_invalid=OnInvalid.SKIP,
        on_duplicate=OnDuplicate.UPDATE,
        dry_run=True,
        chunk=5,
        start=Start.RESTART,
        account=True,
        encoding="windows-1252",
        missing=OnMissing.DELETE,
        max_missing=5,
        repair_seconds=2.5,
        repair_tolerance=1,
    )
    assert restored(stored(options)) == options
    assert parse(PARCELS, b"") == (IngestOptions(account=True), None)


@pytest.mark.parametrize(
    ("query", "place"),
    [
        (b"nope=1", "nope"),
        (b"missing=all", "missing"),
        (b"max-missing=101", "max-missing"),
        (b"repair-seconds=0", "repair-seconds"),
        (b"repair-seconds=61", "repair-seconds"),
        (b"repair-tolerance=-1", "repair-tolerance"),
        (b"repair-tolerance=101", "repair-tolerance"),
        (b"chunk=1&chunk=2", "chunk"),
        (b"chunk=ten", "chunk"),
        (b"chunk=0", "chunk"),
        (b"chunk=9999999", "chunk"),
        (b"srid=EPSG:4326", "srid"),
        (b"srid=99999", "srid"),
        (b"encoding=klingon", "encoding"),
        (b"on-invalid=mend", "on-invalid"),
        (b"on-duplicate=", "on-duplicate"),
        (b"dry-run=maybe", "dry-run"),
        (b"resume&restart", "restart"),
        (b"map=parcel_id", "map"),
        (b"map=nope=x", "map"),
        (b"map=geom=x", "map"),
    ],
)
def test_what_is_wrong_with_an_option_is_told_with_its_name(query, place):
    with pytest.raises(errors.GatewayError) as caught:
        parse(PARCELS, query)
    assert caught.value.path == (place,)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("content_type", "name", "form"),
    [
        (b"application/geo+json-seq", None, "geojsonl"),
        (b"Application/GeoJSON; charset=utf-8", "geojson", "geojson"),
        (b"application/json; charset=utf-8", None, "geojson"),
        (b"application/vnd.flatgeobuf", None, "fgb"),
        (b"application/octet-stream", "fgb", "fgb"),
    ],
)
def test_a_format_is_known_by_its_type_or_by_name(content_type, name, form):
    assert choose(content_type, name).name == form


@pytest.mark.parametrize("content_type", [None, b"text/plain", b"application/x-www-form-urlencoded; a=b"])
def test_what_any_page_may_send_is_no_file_whatever_is_named_for_it(content_type):
    with pytest.raises(errors.UnsupportedMediaType):
        choose(content_type, "geojson")


def test_messages_of_ingest_name_parameters():
    message = "Add --map parcel_id=FIELD. Give --srid, for example --srid 4326. Use --on-duplicate skip to keep it."
    assert message_of(errors.SourceError(message)) == (
        "Add map parcel_id=FIELD. Give srid, for example srid=4326. Use on-duplicate=skip to keep it."
    )
