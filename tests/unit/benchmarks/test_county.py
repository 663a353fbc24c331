"""The databases of benchmarks, as they are found on a machine."""

from benchmarks.county import County


def test_the_server_is_found_where_its_socket_stands_elsewhere(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "postmaster.pid").write_text(f"4711\n{tmp_path}/data\n")
    url = "postgresql+asyncpg://gateway@/gateway?host=/tmp/spatial-gateway-0123456789abcdef&port=5432"
    assert County(500, url, tmp_path).postmaster == 4711
