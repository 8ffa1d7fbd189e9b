"""`polyseme prove`: the answers of the library, in JSON and in sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

import polyseme as ps
from polyseme.networks.saving.files import key_path
from support.cli import PROBLEM, Bench, assert_refused, call, done

FIELDS = {
    *("proved", "active", "method", "inputs", "wrong", "counterexample", "largest_active"),
    *("reading_error", "seconds", "certificate", "wrong_outputs", "undecided"),
}


@pytest.mark.parametrize(("active", "status"), [(1, 0), (3, 1)])
def test_prove_tells_what_the_library_finds(bench: Bench, active: int, status: int) -> None:
    told = done("prove", bench.weak, "--active", str(active), "--json", status=status).json()
    assert set(told) == FIELDS
    proof = ps.prove(ps.load(bench.weak, key=key_path(bench.weak)), active=active)
    assert told["proved"] is proof.proved is (status == 0)
    for name in FIELDS - {"seconds", "certificate"}:
        wanted = getattr(proof, name)
        assert told[name] == (list(wanted) if isinstance(wanted, tuple) else wanted)
    assert told["certificate"] is None


def test_a_refutation_names_an_input_that_run_gets_wrong(bench: Bench) -> None:
    shown = done("prove", bench.weak, status=1).stdout
    assert shown.startswith("refuted: the network is its circuit on all 1,333,501 inputs with at m")
    proof = ps.prove(ps.load(bench.weak, key=key_path(bench.weak)))
    assert proof.counterexample is not None
    on = ", ".join(proof.counterexample)
    assert f"input    {on} on, when run: {proof.wrong_outputs[0]}" in shown
    outputs = done("run", bench.weak, "--on", ",".join(proof.counterexample)).stdout.split()
    circuit = ps.read(PROBLEM)
    wanted = ps.compile(circuit, construction="monosemantic").run(list(proof.counterexample))
    assert set(outputs) ^ set(wanted) == set(proof.wrong_outputs)


@pytest.mark.parametrize("given", [PROBLEM, "key"])
def test_the_circuit_may_be_named(bench: Bench, given: str) -> None:
    source = key_path(bench.net) if given == "key" else given
    told = done("prove", bench.net, source, "--active", "1", "--json").json()
    assert (told["proved"], told["method"]) == (True, "branch-and-bound")


def test_every_input_may_be_run(bench: Bench) -> None:
    shown = done("prove", bench.net, "--active", "1", "--method", "exhaustive").stdout
    assert shown.startswith("proved: the network is its circuit on all 201 inputs")
    assert "method   exhaustive" in shown


def test_what_cannot_be_proved_is_bad_input(bench: Bench, tmp_path: Path) -> None:
    assert_refused(call("prove", bench.keyless), "no answer key keyless.key.safetensors is beside")
    other = "and2:features=100,gates=100"
    assert_refused(call("prove", bench.net, other), "has 200 features and", "has 100")
    assert_refused(call("prove", bench.net, "--method", "linear"), "try the method branch-and-bou")
    assert_refused(call("prove", bench.net, "--method", "line"), "did you mean 'linear'?")
    certificate = tmp_path / "certificate.json"
    named = call("prove", bench.net, PROBLEM, "-o", certificate)
    assert_refused(named, "a certificate is about JSON or an answer key")
    assert not certificate.exists()


FACTS = "country,capital,continent\nFrance,Paris,Europe\nPeru,Lima,\nItaly,Rome,Europe\n"


def test_wrong_pairs_beside_relations(tmp_path: Path) -> None:
    (tmp_path / "facts.csv").write_text(FACTS)
    net = tmp_path / "facts.safetensors"
    exact = ["--construction", "monosemantic", "--active"]
    done("compile", f"facts:{tmp_path / 'facts.csv'}", *exact, "3", "-o", net)
    shown = done("prove", net, "--pairs-beside", "capital,continent").stdout
    assert shown == (
        "proved: the network is its circuit on all 6 inputs of two features and one of capital, "
        "continent\n"
    )
    told = done("prove", net, "--pairs-beside", "capital", "--json").json()
    # The other relation is among the others then.
    assert told == {"beside": ["capital"], "inputs": 6, "wrong": 0, "listed": []}
    assert_refused(call("prove", net, "--pairs-beside", "capitol"), "did you mean 'capital'?")
    refused = call("prove", net, "--pairs-beside", "capital", "--time-limit", "3")
    assert_refused(refused, "leave out --time-limit")


def test_wrong_pairs_are_listed(bench: Bench) -> None:
    told = done("prove", bench.weak, "--pairs-beside", "x0,x1", "--json", status=1).json()
    network = ps.load(bench.weak, key=key_path(bench.weak))
    found = ps.wrong_pairs(network, beside=["x0", "x1"])
    assert told["wrong"] == found.wrong == len(told["listed"]) > 5
    assert told["listed"] == [list(names) for names in found.names()]
    shown = done(
        "prove", bench.weak, "--pairs-beside", "x0", "--pairs-beside", "x1", status=1
    ).stdout
    assert shown.startswith(
        f"refuted: the network is wrong on {found.wrong:,} of all 39,006 inputs of two features "
        f"and one of x0, x1\nwrong    {', '.join(found.names(1)[0])} on\n"
    )
    assert shown.endswith(f"left     {found.wrong - 5:,} more, which --json lists\n")
