"""Methods as they are asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")

import polyseme as ps
from polyseme.interpret.benchmark.running.asked import asked, everything, found, source_hash

OWN = Path(__file__).parents[1] / "own_method.py"


def test_everything_is_every_method_and_every_control():
    from polyseme.interpret.benchmark.controls.listing import CONTROLS
    from polyseme.interpret.benchmark.methods.listing import METHODS

    assert [one.name for one in everything()] == [*METHODS, *CONTROLS]
    assert all(one.shared for one in everything())


def test_a_function_of_a_file_is_a_method_that_is_told_nothing_unless_it_says_so():
    one = asked(f"{OWN}:axes")
    assert (one.name, one.shared) == ("axes", True)
    assert found(one.reference).told == "nothing"
    assert found(asked(f"{OWN}:told").reference).told == "features"
    assert len(source_hash(one.reference)) == 64
    assert source_hash("oracle") == ""


def test_a_function_of_python_is_a_method_of_this_process():
    def mine(network, sampler, budget):
        return ps.bench.claims.Claims()

    one = asked(mine)
    assert (one.name, one.shared) == ("mine", False)
    assert found(one.reference).fit is mine


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("orakle", "did you mean 'oracle'"),
        ("", "no method is named"),
        ("a\nb", "no method is named"),
        ("nowhere.py:axes", "no such file"),
        (f"{OWN}", "no method is named"),
        (f"{OWN}:", "cannot be imported"),
        (f"{OWN}:missing", "cannot be imported"),
        (f"{OWN}:number", "is no function"),
        (f"{OWN}:oracle", "cannot be named oracle"),
        ("os:system", "no method is named"),
        ("/etc/passwd:x", "no method is named"),
        ("a\0.py:x", "no such file"),
        (5, "must be a name"),
        (int, "must be a name"),
        (lambda: None, "a method is named"),
    ],
)
def test_others_are_refused_in_one_line(given, told):
    with pytest.raises(ps.OptionError, match=told) as error:
        asked(given)
    assert "\n" not in str(error.value)


def test_a_file_that_fails_when_it_is_read_is_refused(tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text("raise RuntimeError('two\\nlines')")
    with pytest.raises(ps.OptionError, match="cannot be imported: two lines"):
        asked(f"{broken}:fit")
