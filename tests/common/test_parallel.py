"""Work in several threads changes no result, and errors come through."""

from __future__ import annotations

import numpy as np
import pytest

from polyseme.codes import row_kernels
from polyseme.common import parallel
from polyseme.verification.sampling import wrong_samples
from support.large import CIRCUIT, rows_of, tight


def test_threads_change_nothing(tmp_path, monkeypatch):
    files, wrong, steps = [], [], []
    for count in ("1", "2"):
        monkeypatch.setenv("OMP_NUM_THREADS", count)
        monkeypatch.setattr(row_kernels, "_WORTHWHILE", 0)
        assert parallel.threads() == int(count)
        network, seen = tight(300), list[int]()
        network.save(tmp_path / count)
        network.key.save(tmp_path / f"{count}.key")
        files.append([(tmp_path / name).read_bytes() for name in (count, f"{count}.key")])

        def note(done: int, of: int, seen: list[int] = seen) -> None:
            seen.append(done)

        wrong.append(wrong_samples(network, CIRCUIT, rows_of(1300), note))
        steps.append(seen)
    assert files[0] == files[1]
    assert 0 < wrong[0].sum() < 1300
    assert np.array_equal(wrong[0], wrong[1])
    assert steps[0] == steps[1] == sorted(steps[0])
    assert steps[0][-1] == 1300


@pytest.mark.parametrize("asked", ["", "0", "no"])
def test_without_a_number_of_threads_there_is_one_a_core_up_to_four(asked, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert 1 <= parallel.threads() <= 4


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_pieces_come_in_order_and_errors_come_through(workers):
    assert list(parallel.in_order(lambda piece: piece**2, range(50), workers)) == [
        piece**2 for piece in range(50)
    ]
    assert list(parallel.in_order(str, [], workers)) == []
    with pytest.raises(ZeroDivisionError):
        list(parallel.in_order(lambda piece: 1 / piece, [2, 1, 0, 3], workers))
    endless = parallel.in_order(lambda piece: piece, iter(int, 1), workers)
    assert next(endless) == 0
    endless.close()
