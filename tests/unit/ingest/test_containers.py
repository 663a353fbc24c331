"""Files are read as they come: packed, in folders, beside others, from other systems."""

import gzip
import json
import shutil
import struct
import tempfile
import zipfile

import pytest
import zstandard

from gateway.errors import SourceError
from tests.fixtures import formats
from tests.fixtures.direct import FileSource


def keys(path, layer=None, field="pin"):
    source = FileSource(path, layer=layer)
    return [value for batch in source.batches(0, 100, set()) for value in values(batch, field)]


def values(batch, field):
    """The values of a field; those of GeoJSON stand as JSON."""
    given = batch.fields[field].to_pylist()
    return [json.loads(value) for value in given] if field in batch.json else given


def packed(folder, name, *, inside="", beside=()):
    """A zip of the file `name` and all beside it, in the folder `inside` of the zip."""
    data = folder / "data"
    data.mkdir()
    first = formats.write(data, name)
    path = folder / f"{first.stem}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(data.rglob("*")):
            if file.is_file():
                archive.write(file, inside + file.relative_to(data).as_posix())
        for other in beside:
            archive.writestr(other, "about")
    return path


BESIDE = ("readme.txt", "LICENSE.pdf", "__MACOSX/._city.shp", "docs/fields.xml", ".DS_Store")


@pytest.mark.parametrize("inside", ["", "export 2026/"])
@pytest.mark.parametrize("name", ["city.shp", "city.gdb", "city.gpkg", "city.geojson", "city.tab", "city.csv"])
def test_a_zip_may_have_folders_and_a_readme(tmp_path, name, inside):
    assert keys(packed(tmp_path, name, inside=inside, beside=BESIDE)) == formats.KEYS


def test_a_zip_of_the_files_of_a_geodatabase_without_its_folder_is_read(tmp_path):
    folder = formats.write(tmp_path, "city.gdb")
    path = tmp_path / "city.gdb.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, file.name)
    assert keys(path) == formats.KEYS


def test_of_several_files_in_a_zip_one_is_named_by_its_path_or_its_layer(tmp_path):
    path = packed(tmp_path, "city.shp", inside="a/")
    formats.write(tmp_path, "city.gpkg")
    with zipfile.ZipFile(path, "a") as archive:
        archive.write(tmp_path / "city.gpkg", "b/zones.gpkg")
    with pytest.raises(
        SourceError, match=r"holds 2 files of data: a/city.shp, b/zones.gpkg\. Name one of them as city"
    ):
        FileSource(path)
    assert keys(path / "a" / "city.shp") == keys(path / "a") == keys(path, "city") == formats.KEYS
    assert FileSource(path / "b/zones.gpkg").description.name == "city.zip/b/zones.gpkg:city"
    with pytest.raises(SourceError, match="nothing called roads"):
        FileSource(path / "roads")


def test_a_folder_of_one_dataset_is_read_as_that(tmp_path):
    formats.write(tmp_path, "city.shp")
    (tmp_path / "readme.txt").write_text("about")
    assert keys(tmp_path) == formats.KEYS


@pytest.mark.parametrize("name", ["city.geojson", "city.geojsonl", "city.csv", "city.gpkg"])
def test_compressed_files_are_read(tmp_path, name):
    content = formats.write(tmp_path, name).read_bytes()
    for suffix, pack in ((".gz", gzip.compress), (".zst", zstandard.compress)):
        (tmp_path / (name + suffix)).write_bytes(pack(content))
        assert keys(tmp_path / (name + suffix)) == formats.KEYS


@pytest.mark.parametrize("pack", ["zip", "gz", "zst"])
def test_what_is_packed_and_damaged_or_cut_is_refused(tmp_path, pack):
    whole = packed(tmp_path, "city.geojson").read_bytes()
    if pack != "zip":
        data = formats.write(tmp_path, "city.geojson").read_bytes()
        whole = gzip.compress(data) if pack == "gz" else zstandard.ZstdCompressor(write_checksum=True).compress(data)
    path = tmp_path / f"x.geojson.{pack}"
    changed = bytearray(whole)
    changed[len(whole) // 2] ^= 0xFF
    for content in (whole[: len(whole) // 2], whole[:-3], bytes(changed)):
        path.write_bytes(content)
        with pytest.raises(SourceError, match=r"damaged or was cut off|cannot be read"):
            keys(path)


def test_nothing_that_was_unpacked_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    assert keys(packed(tmp_path, "city.shp")) == formats.KEYS
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_folder_of_the_same_name_beside_a_file_is_no_part_of_it(tmp_path):
    path = formats.write(tmp_path, "city.shp")
    (tmp_path / "city.gdb").mkdir()
    assert len(FileSource(path).fingerprint()) == 64


PARTS = [
    (name, suffix)
    for name, suffixes in {
        "city.shp": (".shp", ".shx", ".dbf", ".prj", ".cpg"),
        "city.tab": (".tab", ".dat", ".map", ".id"),
        "city.mif": (".mif", ".mid"),
        "city.gml": (".gml", ".xsd"),
    }.items()
    for suffix in suffixes
]


@pytest.mark.parametrize(("name", "part"), PARTS)
@pytest.mark.parametrize("stem", ["city", "a[1]"])
def test_a_fingerprint_is_of_all_files_of_a_dataset(tmp_path, name, part, stem):
    for file in (formats.write(tmp_path, name), *tmp_path.iterdir()):
        if file.exists():
            file.rename(file.with_name(stem + file.suffix))
    path = tmp_path / f"{stem}{name[-4:]}"
    before = FileSource(path).fingerprint()
    assert FileSource(path).fingerprint() == before
    file = path.with_suffix(part)
    content = bytearray(file.read_bytes())
    if part in {".shp", ".shx", ".dbf", ".map", ".dat"}:
        content[-1] ^= 1
    elif part == ".mid":
        content = content.replace(b"P1", b"Q1")
    else:
        content += b"\0" if part == ".id" else b" \n"
    file.write_bytes(content)
    assert FileSource(path).fingerprint() != before


def test_a_fingerprint_of_a_geodatabase_is_of_its_tables(tmp_path):
    path = formats.write(tmp_path, "city.gdb")
    before = FileSource(path).fingerprint()
    with (path / "timestamps").open("ab") as file:
        file.write(b"x")
    assert FileSource(path).fingerprint() != before


@pytest.mark.parametrize("name", ["city.geojson", "city.csv", "city.fgb", "city.shp", "city.parquet"])
def test_a_file_that_goes_while_it_is_read_is_no_fault_of_the_database(tmp_path, name):
    path = formats.write(tmp_path, name)
    source = FileSource(path)
    assert source.description.features == len(formats.KEYS)
    path.unlink()
    with pytest.raises(SourceError, match=rf"^{path.name} cannot be read"):
        source.fingerprint()
    if name != "city.parquet":  # which is open
        with pytest.raises(SourceError, match=rf"^{path.name} cannot be read"):
            list(source.batches(0, 10, set()))


def test_endings_may_be_capitals(tmp_path):
    formats.write(tmp_path, "city.shp")
    for file in list(tmp_path.iterdir()):
        file.rename(file.with_name(file.name.upper()))
    assert keys(tmp_path / "CITY.SHP") == formats.KEYS


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
@pytest.mark.parametrize("name", ["city.geojson", "city.geojsonl", "city.csv"])
def test_a_byte_order_mark_is_no_part_of_the_data(tmp_path, name, mark):
    path = formats.write(tmp_path, name)
    path.write_bytes(mark + path.read_bytes())
    assert keys(path) == formats.KEYS
    path.write_bytes(path.read_bytes().removeprefix(mark).decode().encode("utf-16"))
    assert keys(path) == formats.KEYS


def test_reading_a_gml_leaves_no_file_beside_it_and_reads_a_newer_one_anew(tmp_path):
    path = formats.write(tmp_path, "city.gml")
    path.with_suffix(".xsd").unlink()
    assert keys(path) == formats.KEYS
    assert [file.name for file in tmp_path.iterdir()] == ["city.gml"]
    path.with_suffix(".gfs").write_text("<GMLFeatureClassList/>")
    path.write_text(path.read_text().replace("ogr:pin>", "ogr:plot>"))
    assert keys(path, field="plot") == formats.KEYS


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("city.dbf", "Name the .shp file that stands beside it"),
        ("city.xlsx", "Save the sheet as CSV"),
        ("city.vrt", "Name the file itself"),
        ("city.dwg", "Save it as DXF"),
        ("city.7z", "Unpack it"),
        ("city.abc", "ogr2ogr -f FlatGeobuf -nlt PROMOTE_TO_MULTI out.fgb city.abc"),
    ],
)
def test_what_cannot_be_read_is_told_with_what_to_do(tmp_path, name, told):
    (tmp_path / name).write_bytes(b"<OGRVRTDataSource/>" if name == "city.vrt" else b"something")
    with pytest.raises(SourceError, match="its format is not known here") as caught:
        FileSource(tmp_path / name)
    assert told in caught.value.message
    assert "GeoParquet" in caught.value.message


def test_deleted_rows_of_a_shapefile_are_left_out_and_counted_as_gone(tmp_path):
    path = formats.write(tmp_path, "city.shp")
    table = path.with_suffix(".dbf")
    content = bytearray(table.read_bytes())
    (head,) = struct.unpack_from("<H", content, 8)
    content[head] = ord("*")
    table.write_bytes(content)
    source = FileSource(path)
    assert source.description.features == 2
    assert keys(path) == formats.KEYS[1:]
    assert [batch.fields["pin"].to_pylist() for batch in source.batches(1, 10, set())] == [formats.KEYS[2:]]
    assert list(source.batches(2, 10, set())) == []


def test_a_file_of_nobody_s_is_told_by_name(tmp_path):
    target = tmp_path / "gone.gpkg"
    (tmp_path / "city.gpkg").symlink_to(target)
    with pytest.raises(SourceError, match="There is no file"):
        FileSource(tmp_path / "city.gpkg")
    shutil.copy(formats.write(tmp_path, "city.csv"), target)
    with pytest.raises(SourceError, match=r"city\.gpkg cannot be read: its format is not known"):
        FileSource(tmp_path / "city.gpkg")
