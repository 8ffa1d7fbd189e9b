"""Files that commands write: never over their source, and checked before any work."""

from __future__ import annotations

from pathlib import Path

import pytest

from polyseme.networks.saving.files import key_path
from support.cli import PROBLEM, Bench, assert_refused, call, done


def test_compile_never_writes_over_its_source(bench: Bench, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_bytes(bench.facts.read_bytes())
    as_key = tmp_path / "net.key.safetensors"
    as_key.write_bytes(bench.facts.read_bytes())
    (tmp_path / "again.csv").symlink_to(table)
    for source, target in (
        (table, table),
        (f"facts:{table}", table),
        (table, tmp_path / "again.csv"),
        (table, tmp_path / ".." / tmp_path.name / "table.csv"),
        (f"facts:{as_key}", tmp_path / "net.safetensors"),
    ):
        assert_refused(call("compile", source, "-o", target), "overwritten")
    assert table.read_bytes() == as_key.read_bytes() == bench.facts.read_bytes()
    assert len(list(tmp_path.iterdir())) == 3


def test_compile_looks_at_its_output_before_it_works(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "polyseme.cli.commands.compile.read", lambda source: pytest.fail("has begun")
    )
    for target, rule in (
        (bench.folder / "absent" / "net", "there is no directory"),
        (bench.facts / "net", "there is no directory"),
        (bench.folder, "is a directory"),
        (bench.folder / ("x" * 300), "File name too long"),
        (bench.folder / ("x" * 245), "File name too long"),
        ("", "not the name of a file"),
        ("..", "not the name of a file"),
        (f"{bench.folder}/absent/", "not the name of a file"),
    ):
        assert_refused(call("compile", PROBLEM, "-o", target), rule)


def test_export_never_writes_over_the_network_or_its_key(bench: Bench) -> None:
    before = bench.contents()
    for target in (bench.net, key_path(bench.net)):
        assert_refused(call("export", bench.net, "--to", "onnx", "-o", target), "overwritten")
    assert bench.contents() == before


def test_convert_never_writes_over_its_source(c17: Path, tmp_path: Path) -> None:
    target = tmp_path / "net.aag"
    done("convert", c17, "-o", target)
    before = target.read_bytes()
    assert_refused(call("convert", target, "-o", target), "overwritten")
    assert target.read_bytes() == before
