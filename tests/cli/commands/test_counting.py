"""`polyseme counting`: every number, in JSON and in words."""

from __future__ import annotations

import contextlib
import io
import json

import pytest

from polyseme.circuits import problems
from polyseme.cli.main import main
from polyseme.counting_argument.run import CountingRun, run_counting_argument


def call(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(["counting", *arguments])
    return status, out.getvalue(), err.getvalue()


def test_the_command_prints_every_number() -> None:
    arguments = ("and2:features=60,gates=60", "--seed", "2", "--active", "3")
    status, printed, _ = call(*arguments, "--json")
    assert status == 0
    fields = json.loads(printed)
    assert printed.count("\n") == 1
    run: CountingRun = run_counting_argument(problems.pairwise_and(60, 60), active=3, seed=2)
    expected = json.loads(json.dumps(run.as_json()))
    assert {**fields, "seconds": 0} == {**expected, "seconds": 0}
    assert fields["ratio"] == fields["bytes_message"] / (fields["bits_bound"] / 8)
    assert fields["exact"] is True
    assert (fields["seed"], fields["problem_seed"]) == (2, 0)


def test_the_command_says_it_in_words() -> None:
    status, printed, _ = call("permutation:features=150", "--neurons", "100")
    assert status == 0
    assert "round trip: exact" in printed
    assert "seeds: network 0 (--seed), problem 0 (seed= in SOURCE)\n" in printed
    assert "the seed gives the encoder and which neurons outputs read, and their signs" in printed
    run = run_counting_argument(problems.permutation(150), neurons=100)
    assert f"{run.bytes_message:,}" in printed
    assert f"{run.bytes_message / run.bytes_bound:.1f}" in printed


@pytest.mark.parametrize("json_option", [(), ("--json",)])
def test_a_network_too_small_fails(json_option: tuple[str, ...]) -> None:
    status, printed, errors = call("and2:features=60,gates=60", "--neurons", "52", *json_option)
    run = run_counting_argument(problems.pairwise_and(60, 60), neurons=52)
    assert status == 1
    assert 0 < run.wrong < 60
    assert errors.endswith(f"polyseme: {run.wrong} of 60 outputs came back wrong\n")
    if json_option:
        assert json.loads(printed)["wrong"] == run.wrong
    else:
        assert f"round trip: {run.wrong} of 60 outputs wrong" in printed
    assert len(run.tried) == 1


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("and:k=3,features=30",), "permutations"),
        (("permutation:features=50", "--active", "0"), "active"),
        (("and2:features=60", "--active", "1"), "active is 1"),
        (("and2:features=60,gates=60", "--neurons", "5"), "5 neurons"),
        (("layered:width=20,depth=2",), "one hidden layer"),
        (("nothing.csv",), "nothing.csv"),
    ],
)
def test_bad_input_is_told_in_one_line(arguments: tuple[str, ...], part: str) -> None:
    status, printed, errors = call(*arguments)
    assert (status, printed) == (2, "")
    last = errors.splitlines()[-1]
    assert last.startswith("polyseme: ")
    assert part in last
