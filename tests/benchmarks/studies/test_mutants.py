"""The study of mutants, on few of them: exact methods catch all that are wrong, and no others."""

from __future__ import annotations

from studies.mutants import KINDS, METHODS, Mutants, tallied, tried

COUNT = 7


def test_exact_methods_catch_every_wrong_mutant_without_a_false_alarm() -> None:
    found = list(tried(COUNT, lambda line: None))
    assert {one["kind"] for one in found} == set(KINDS)
    assert {bool(one["wrong"]) for one in found} == {True, False}
    for one in found:
        right = one["wrong"] == 0
        assert one["branch-and-bound"] is right
        assert one["checker"] is right
        assert one["linear"] in (right, None)
        # A sample that is wrong is proof enough.
        assert not right or (one["satisfied"] and one["uniform"])
    text = "\n".join(Mutants().section({"mutants": tallied(found)}))
    assert all(f"| {kind} | {COUNT // len(KINDS)} |" in text for kind in KINDS)
    assert all(method in text for method in METHODS)
