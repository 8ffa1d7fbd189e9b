"""`polyseme run`: outputs that are on, and names it takes."""

from __future__ import annotations

import pytest

import polyseme as ps
from support.cli import (
    PROBLEM,
    Bench,
    Outcome,
    assert_refused,
    call,
    done,
    loaded_by_every_command,
)


def test_run_prints_the_outputs_that_are_on_one_a_line(bench: Bench) -> None:
    circuit = ps.read(PROBLEM)
    pairs = circuit.fan_in.reshape(-1, 2)
    for gate in (0, 7, 199):
        on = [circuit.features[int(feature)] for feature in pairs[gate]]
        both = done("run", bench.net, "--on", ",".join(on))
        apart = done("run", bench.net, "--on", on[1], "--on", on[0], "--on", on[1])
        assert both == apart == Outcome(0, f"g{gate}\n", "")
        fields = done("run", bench.net, "--on", ", ".join(on), "--json").json()
        assert fields == {"on": on, "outputs": [f"g{gate}"]}


def test_run_takes_a_name_with_a_comma_whole(bench: Bench) -> None:
    said = done("run", bench.facts_net, "--on", "Korea, South", "--on", "capital")
    assert (said.stdout, said.stderr) == ("capital=Seoul\n", "")
    odd = done("run", bench.facts_net, "--on", "[bold]Italy", "--on", "capital")
    assert odd.stdout == "capital=Rome\n"


@pytest.mark.parametrize(
    "quoted",
    [
        '"Korea, South",capital,continent',
        'capital, "Korea, South", continent',
        '"capital","continent","Korea, South"',
    ],
)
def test_run_takes_names_quoted_as_in_csv(bench: Bench, quoted: str) -> None:
    said = done("run", bench.facts_net, "--on", quoted)
    assert set(said.stdout.splitlines()) == {"capital=Seoul", "continent=Asia"}


@pytest.mark.parametrize("broken", ['"Korea, South', '"Korea, South"x,capital', '"'])
def test_run_says_how_to_quote(bench: Bench, broken: str) -> None:
    assert_refused(call("run", bench.facts_net, "--on", broken), "a quote inside is doubled")


def test_run_takes_names_with_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    features = ['5" pipe', '"so-called", he said', "plain"]
    kinds = [(ps.GateKind.AND, (0, 1)), (ps.GateKind.AND, (0, 2))]
    circuit = ps.build_circuit(features, kinds, [3, 4], output_names=["both", "pipe"])
    loaded_by_every_command(ps.compile(circuit, active=2), monkeypatch)
    for on in (['5" pipe', '"so-called", he said'], ['5" pipe,"""so-called"", he said"']):
        given = [word for name in on for word in ("--on", name)]
        assert done("run", "any", *given, "--json").json() == {
            "on": features[:2],
            "outputs": ["both"],
        }
    assert done("run", "any", "--on", '5" pipe,plain').stdout == "pipe\n"


def test_run_with_nothing_to_say_prints_nothing(bench: Bench) -> None:
    said = done("run", bench.facts_net, "--on", "Peru,continent")
    assert (said.stdout, said.stderr) == ("", "no output is on\n")
    fields = done("run", bench.facts_net, "--on", "Peru,continent", "--json").json()
    assert fields == {"on": ["Peru", "continent"], "outputs": []}


def test_run_warns_of_a_broken_promise(bench: Bench) -> None:
    kept = done("run", bench.facts_net, "--on", "Peru,Peru,capital")
    assert kept.stderr == ""
    broken = done("run", bench.facts_net, "--on", "Peru,France,capital,continent")
    assert "4 features are on, more than the 2" in broken.stderr
    assert len(broken.stderr.splitlines()) == 1


def test_run_names_the_feature_it_does_not_know(bench: Bench) -> None:
    assert_refused(call("run", bench.facts_net, "--on", "france"), "did you mean 'France'")
    assert_refused(call("run", bench.facts_net, "--on", "Korea, South,capital"), "'Korea'")
    assert_refused(call("run", bench.facts_net, "--on", '"Korea,South",capital'), "Korea,South")
    assert_refused(call("run", bench.net, "--on", "x0,x200"), "'x200'")
    assert_refused(call("run", bench.net, "--on", ""), "''")


def test_run_without_features_asks_about_rest(bench: Bench, deep: ps.Network) -> None:
    assert done("run", "any") == Outcome(0, "z\n", "")
    assert done("run", "any", "--json").json() == {"on": [], "outputs": ["z"]}


def test_run_prints_outputs_that_rest_on(deep: ps.Network) -> None:
    # z is on while x and y are off; a and c switch x on.
    assert done("run", "any", "--on", "a").stdout == "z\n"
    assert done("run", "any", "--on", "a,c").stdout == "x\n"
    assert done("run", "any", "--on", "a", "--json").json()["outputs"] == ["z"]
