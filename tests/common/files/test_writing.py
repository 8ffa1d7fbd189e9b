"""Files written whole: what stands at the target decides; nothing is left over."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from polyseme.common.files import write_whole
from polyseme.common.files.targets import check_output
from polyseme.errors import PolysemeError

ROOT = os.geteuid() == 0 if hasattr(os, "geteuid") else False
CONTENT = b"new content"


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_pieces_are_written_one_behind_the_other(tmp_path):
    write_whole(tmp_path / "file", b"ab", memoryview(b"cd"))
    assert (tmp_path / "file").read_bytes() == b"abcd"
    assert left(tmp_path) == ["file"]


def test_what_cannot_be_written_leaves_nothing_and_is_named(tmp_path):
    with pytest.raises(PolysemeError, match=r"missing/file: cannot be written: No such file"):
        write_whole(tmp_path / "missing" / "file", b"")
    with pytest.raises(PolysemeError, match="cannot be written: it is a directory"):
        write_whole(tmp_path, b"")
    with pytest.raises(PolysemeError, match="null byte"):
        write_whole("a\0b", b"")
    assert not list(tmp_path.iterdir())


def test_a_link_is_followed_and_stays(tmp_path):
    (tmp_path / "there").mkdir()
    target, link, dangling = tmp_path / "there" / "file", tmp_path / "link", tmp_path / "dangling"
    target.write_bytes(b"old")
    link.symlink_to(target)
    dangling.symlink_to(tmp_path / "there" / "new")
    for path in (link, dangling):
        write_whole(path, CONTENT)
        assert path.is_symlink()
        assert path.read_bytes() == CONTENT
    assert target.read_bytes() == CONTENT
    assert left(tmp_path / "there") == ["file", "new"]


def test_a_loop_of_links_is_named(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    for act in (lambda path: write_whole(path, b""), lambda path: check_output(str(path), ())):
        with pytest.raises(PolysemeError, match="Too many levels of symbolic links"):
            act(tmp_path / "a")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o755])
def test_a_replaced_file_keeps_its_permissions(mode, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(mode)
    write_whole(path, CONTENT)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.read_bytes() == CONTENT


def test_a_new_file_has_the_permissions_of_any_other(tmp_path):
    write_whole(tmp_path / "ours", CONTENT)
    (tmp_path / "other").touch()
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.skipif(not ROOT, reason="only the superuser gives files away")
def test_a_replaced_file_keeps_its_owner(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    os.chown(path, 1234, 2345)
    path.chmod(0o4755)
    write_whole(path, CONTENT)
    found = path.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (1234, 2345, 0o4755)


def test_a_read_only_file_is_refused_to_the_superuser_too(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o444)
    for act in (lambda: write_whole(path, CONTENT), lambda: check_output(str(path), ())):
        with pytest.raises(PolysemeError, match="file: cannot be written: it is read-only"):
            act()
    assert path.read_bytes() == b"old"


def test_a_device_is_written_through_and_stays(tmp_path):
    write_whole("/dev/null", CONTENT)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    (tmp_path / "null").symlink_to("/dev/null")
    write_whole(tmp_path / "null", CONTENT)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    with pytest.raises(PolysemeError, match="full: cannot be written: No space left"):
        write_whole("/dev/full", CONTENT)


@pytest.mark.skipif(not ROOT, reason="only the superuser makes devices")
def test_a_device_node_of_ones_own_is_never_replaced(tmp_path):
    character, block = tmp_path / "null", tmp_path / "block"
    try:
        os.mknod(character, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        os.mknod(block, stat.S_IFBLK | 0o600, os.makedev(7, 250))
    except OSError as error:
        pytest.skip(f"no devices can be made here: {error.strerror}")
    write_whole(character, CONTENT)
    assert stat.S_ISCHR(character.stat().st_mode)
    with pytest.raises(PolysemeError, match="block: cannot be written: it is a block device"):
        write_whole(block, CONTENT)
    assert stat.S_ISBLK(block.stat().st_mode)
    assert left(tmp_path) == ["block", "null"]


def test_a_fifo_that_nobody_reads_is_refused_at_once_and_one_that_is_read_is_written(tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    with pytest.raises(PolysemeError, match="fifo: cannot be written: No such device or address"):
        write_whole(path, CONTENT)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    write_whole(path, CONTENT)
    assert os.read(reader, 100) == CONTENT
    os.close(reader)
    assert stat.S_ISFIFO(path.stat().st_mode)


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_is_written_to_where_it_stands(name, tmp_path):
    # Into a file that already has a line: replacing it would lose that.
    program = f"from polyseme.common.files import write_whole; write_whole({name!r}, b'ab', b'cd')"
    with (tmp_path / "out").open("wb", buffering=0) as out:
        out.write(b"before\n")
        subprocess.run([sys.executable, "-c", program], check=True, stdout=out)
        out.write(b"\nbehind\n")
    assert (tmp_path / "out").read_bytes() == b"before\nabcd\nbehind\n"
    assert left(tmp_path) == ["out"]


def test_a_closed_stream_is_named():
    with pytest.raises(PolysemeError, match="/dev/fd/987: cannot be written: Bad file descriptor"):
        write_whole("/dev/fd/987", CONTENT)


def test_what_a_killed_run_left_is_swept_and_what_another_writes_now_stays(tmp_path):
    from polyseme.common.files.temporaries import Temporary

    with Temporary(tmp_path) as living:
        (tmp_path / ".polyseme.0123456789abcdef.part").write_bytes(b"left over")
        (tmp_path / ".polyseme.note").write_bytes(b"not ours")
        write_whole(tmp_path / "file", CONTENT)
        assert left(tmp_path) == sorted([living.path.name, ".polyseme.note", "file"])
        living.fill([CONTENT])
        living.move(tmp_path / "other")
    assert left(tmp_path) == [".polyseme.note", "file", "other"]
