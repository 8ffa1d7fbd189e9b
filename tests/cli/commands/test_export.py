"""`polyseme export`: files that other programs load."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import polyseme as ps
from support.cli import Bench, assert_refused, call, done


def test_export_to_torch_is_a_state_dict_that_loads_into_the_same_layers(
    bench: Bench, tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch")
    target = tmp_path / "torch.safetensors"
    fields = done("export", bench.net, "--to", "torch", "-o", target, "--json").json()
    assert fields == {"file": str(target), "format": "torch", "bytes": target.stat().st_size}
    wanted = ps.load(bench.net).to_torch().state_dict()
    saved = load_file(target)
    assert set(saved) == set(wanted)
    for name, tensor in saved.items():
        assert torch.equal(torch.from_numpy(tensor), wanted[name])


def test_export_to_torch_is_what_torch_opens(bench: Bench, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    target = tmp_path / "net.pt"
    done("export", bench.facts_net, "--to", "torch", "-o", target)
    network = ps.load(bench.facts_net)
    opened = torch.load(target, weights_only=True)
    assert opened["feature_names"] == list(network.encoder.features)
    network.to_torch(tmp_path / "again.pt")
    assert (tmp_path / "again.pt").read_bytes() == target.read_bytes()


def test_export_to_onnx_runs_elsewhere(bench: Bench, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    target = tmp_path / "net.onnx"
    said = done("export", bench.facts_net, "--to", "onnx", "-o", target)
    assert said.stdout == f"{target}: {target.stat().st_size:,} bytes written\n"
    network = ps.load(bench.facts_net)
    row = np.zeros((1, len(network.encoder.features)), np.float32)
    row[0, [network.encoder.features.position(x) for x in ("Peru", "capital")]] = 1
    on = runtime.InferenceSession(target).run(["on"], {"features": row})[0]
    assert [network.readout.outputs[int(i)] for i in np.flatnonzero(on[0])] == ["capital=Lima"]


def test_export_to_card_is_what_the_file_says_of_itself(bench: Bench, tmp_path: Path) -> None:
    target = tmp_path / "README.md"
    done("export", bench.facts_net, "--to", "card", "-o", target)
    assert target.read_text(encoding="utf-8") == ps.load(bench.facts_net).card()


@pytest.mark.parametrize("extra", ["torch", "onnx"])
def test_export_names_the_extra_that_is_missing(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, extra, None)
    outcome = call("export", bench.net, "--to", extra, "-o", tmp_path / "out")
    assert_refused(outcome, f"polyseme[{extra}]")
    assert not list(tmp_path.iterdir())


def test_export_to_a_dataset_is_a_folder_of_networks_and_keys(bench: Bench, tmp_path: Path) -> None:
    target = tmp_path / "set"
    said = done(
        "export",
        bench.net,
        bench.facts_net,
        "--to",
        "dataset",
        "--licence",
        "mit",
        "-o",
        target,
        "--json",
    )
    assert said.json()["folder"] == str(target)
    networks = {
        path.name.removesuffix(".safetensors"): ps.load(path)
        for path in map(Path, (bench.net, bench.facts_net))
    }
    assert {path.name for path in (target / "networks").iterdir()} == set(networks)
    ps.export_suite(networks, tmp_path / "again", licence="mit")
    for path in target.rglob("*"):
        other = tmp_path / "again" / path.relative_to(target)
        assert path.is_dir() or path.read_bytes() == other.read_bytes()
    again = call("export", bench.net, "--to", "dataset", "-o", target)
    assert_refused(again, "is there already")


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        (("--to", "dataset"), "of network files or of a --suite; name one of the two"),
        (("NET", "--suite", "small", "--to", "dataset"), "name one of the two"),
        (("--suite", "smal", "--to", "dataset"), "did you mean"),
        (("--suite", "small", "--to", "torch"), "--suite and --licence go with dataset"),
        (("NET", "NET", "--to", "torch"), "torch is of one network file, and 2 are named"),
        (("--to", "torch"), "torch is of one network file, and 0 are named"),
        (("NET", "NET", "--to", "dataset"), "two network files are named"),
        (("NET", "--to", "dataset", "--licence", "mine"), "licence is 'mine'"),
        (("--suite", "small", "--licence", "mit", "--to", "dataset"), "a suite is under mit"),
    ],
)
def test_options_of_a_dataset_that_do_not_go_together(
    bench: Bench, tmp_path: Path, options: tuple[str, ...], rule: str
) -> None:
    given = [str(bench.net) if option == "NET" else option for option in options]
    assert_refused(call("export", *given, "-o", tmp_path / "out"), rule)
    assert not (tmp_path / "out").exists()


def test_a_dataset_is_no_stream(bench: Bench) -> None:
    assert_refused(call("export", bench.net, "--to", "dataset", "-o", "-"), "is a folder")
