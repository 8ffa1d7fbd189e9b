"""Signals end the process with 128 + their number, quietly, and with nothing left behind."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from support.processes import signalled

# Every program waits for the signal in another way.
_READY = "print('ready', flush=True)"
_HANDLED = f"from polyseme.cli.signals import end_on_signals; end_on_signals(); {_READY}"
_ENTRY = """
import sys
import polyseme.cli.main as main
from polyseme.cli.entry import entry
def wait():
    {body}
main.main = wait
sys.exit(entry())
"""


def _program(body: str) -> str:
    return _ENTRY.format(body=body.replace("\n", "\n    "))


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_what_is_half_done_is_undone(number: signal.Signals, status: int, tmp_path: Path) -> None:
    if signal.getsignal(number) == signal.SIG_IGN:
        pytest.skip("the signal is ignored here, as SIGHUP is under nohup")
    body = f"""import time
with open("half", "w"):
    try:
        {_READY}
        time.sleep(60)
    finally:
        import os; os.unlink("half")"""
    assert signalled(_program(body), number, tmp_path) == (status, "", "")
    assert list(tmp_path.iterdir()) == []


def test_an_import_ends_at_once(tmp_path: Path) -> None:
    # As libraries may do, the module takes every exception for its own.
    module = f"""import time
{_READY}
try:
    time.sleep(60)
except BaseException:
    raise ImportError("no module") from None
"""
    (tmp_path / "slow.py").write_text(module)
    program = _program("import slow")
    assert signalled(program, signal.SIGINT, tmp_path) == (130, "", "")


def test_a_computation_that_hears_nothing_ends_after_a_grace(tmp_path: Path) -> None:
    deaf = f"import hashlib; {_READY}; hashlib.pbkdf2_hmac('sha256', b'', b'', 10**9)"
    assert signalled(_program(deaf), signal.SIGTERM, tmp_path) == (143, "", "")


def test_an_exception_that_is_swallowed_ends_after_a_grace(tmp_path: Path) -> None:
    stubborn = f"""import time
{_READY}
while True:
    try:
        time.sleep(60)
    except BaseException:
        pass"""
    assert signalled(_program(stubborn), signal.SIGTERM, tmp_path) == (143, "", "")


def test_a_signal_that_the_parent_ignores_is_ignored(tmp_path: Path) -> None:
    program = f"""
import signal, time
signal.signal(signal.SIGHUP, signal.SIG_IGN)
{_HANDLED}
time.sleep(0.2)
print('still here')
"""
    assert signalled(program, signal.SIGHUP, tmp_path) == (0, "still here\n", "")


def test_the_command_itself_ends_so(tmp_path: Path) -> None:
    program = """
import sys, threading
sys.argv[1:] = ["compile", "and2:features=3000,gates=3000", "-o", "net.safetensors"]
threading.Timer(1.0, print, ["ready"], {"flush": True}).start()
from polyseme.cli.entry import entry
sys.exit(entry())
"""
    assert signalled(program, signal.SIGINT, tmp_path) == (130, "", "")
    assert list(tmp_path.iterdir()) == []
