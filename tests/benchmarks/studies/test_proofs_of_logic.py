"""The table of files of logic that are proved."""

from __future__ import annotations

from pathlib import Path

import pytest

from studies.proofs_of_logic import main


def test_a_file_is_proved_with_and_without_a_solver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "majority.eqn"
    path.write_text("y = (a & b) | (c & (a ^ b)); z = a ^ b ^ c\n")
    monkeypatch.setattr("sys.argv", ["proofs_of_logic.py", str(path)])
    main()
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("| majority.eqn | 3 | ")
    assert "| 0 of 2 open, " in last
    assert "| proved | " in last
