"""What a process inside the walls may do: read its file, compute, and write to its pipe."""

import pytest

from gateway.sources.jail import walls

HELD = pytest.mark.skipif(len(walls.standing()) < 2, reason="needs Linux with Landlock and seccomp")


@HELD
def test_the_file_that_was_given_is_read_and_no_other(inside, tmp_path):
    given, other = tmp_path / "given", tmp_path / "other"
    given.write_text("mine")
    other.write_text("secret")
    (tmp_path / "link").symlink_to(other)
    found = inside(
        given,
        mine="open(given['file']).read()",
        other=f"open({str(other)!r}).read()",
        link=f"open({str(tmp_path / 'link')!r}).read()",
        listed=f"os.listdir({str(tmp_path)!r})",
        password="open('/etc/passwd').read()",
        environment="open(f\"/proc/{given['parent']}/environ\", 'rb').read()",
        memory="open('/proc/self/mem', 'rb').read(1)",
        own="open('/proc/self/environ', 'rb').read()",
    )
    assert found.pop("mine") == "'mine'"
    assert set(found.values()) == {"PermissionError"}


@HELD
def test_nothing_is_written_renamed_removed_or_changed(inside, tmp_path):
    given = tmp_path / "given"
    given.write_text("mine")
    found = inside(
        given,
        new=f"open({str(tmp_path / 'new')!r}, 'w')",
        over="open(given['file'], 'w')",
        more="open(given['file'], 'r+')",
        hidden=f"os.open({str(tmp_path)!r}, os.O_TMPFILE | os.O_RDWR)",
        folder=f"os.mkdir({str(tmp_path / 'folder')!r})",
        gone="os.unlink(given['file'])",
        renamed=f"os.rename(given['file'], {str(tmp_path / 'b')!r})",
        linked=f"os.link(given['file'], {str(tmp_path / 'b')!r})",
        symbolic=f"os.symlink(given['file'], {str(tmp_path / 'b')!r})",
        mode="os.chmod(given['file'], 0o777)",
        times="os.utime(given['file'])",
        memory="os.memfd_create('x')",
    )
    assert set(found.values()) <= {"PermissionError", "OSError"}
    assert given.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["given"]


@HELD
def test_no_network_no_program_and_no_word_to_other_processes(inside, tmp_path, listener):
    given = tmp_path / "given"
    given.write_text("mine")
    found = inside(
        given,
        tcp=f"socket.create_connection(('127.0.0.1', {listener.port}), 1)",
        udp="socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        unix="socket.socket(socket.AF_UNIX)",
        pair="socket.socketpair()",
        program="os.execv('/bin/true', ['true'])",
        fork="os.fork()",
        spawned="subprocess.run(['/bin/true'])",
        signal="os.kill(given['parent'], 0)",
        trace="called(101, 16, given['parent'], 0, 0)",
        limits="resource.prlimit(given['parent'], resource.RLIMIT_CPU)",
        ring="called(425, 1, 0)",
        keys="called(250, 0, 0)",
    )
    assert set(found.values()) <= {"PermissionError", "OSError"}
    assert not listener.accepted


@HELD
def test_threads_run_and_are_held_as_well(inside, tmp_path):
    given = tmp_path / "given"
    given.write_text("mine")
    work = "threading.Thread(target=lambda: attempt('thread', lambda: open('/etc/passwd').read()))"
    found = inside(given, started=f"[thread := {work}, thread.start(), thread.join()]")
    assert found["thread"] == "PermissionError"


def test_memory_is_bounded_and_no_core_is_left(inside, tmp_path):
    given = tmp_path / "given"
    given.write_text("mine")
    found = inside(given, memory="len(bytearray(2**31))", core="resource.getrlimit(resource.RLIMIT_CORE)")
    assert found["memory"] == "MemoryError"
    assert found["core"] in {"(0, 0)", "PermissionError"}
