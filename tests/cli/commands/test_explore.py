"""`polyseme explore`: exports a page, or serves until it is interrupted."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

import polyseme as ps
from polyseme.cli.main import main
from polyseme.explorer.page import exported_page


@pytest.fixture
def saved(tmp_path):
    circuit = ps.build_circuit("ab", [(ps.GateKind.AND, (0, 1))], [2])
    path = tmp_path / "net.safetensors"
    ps.compile(circuit, active=2).save(path, key=True)
    return path


def test_export_writes_one_page(saved, tmp_path, capsys):
    target = tmp_path / "net.html"
    assert main(["explore", str(saved), "--export", str(target), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"page": str(target), "bytes": target.stat().st_size}
    assert target.read_text("utf-8") == exported_page(ps.load(saved))


def test_export_to_something_else_than_a_page_is_refused(saved, tmp_path, capsys):
    assert main(["explore", str(saved), "--export", str(tmp_path / "net.txt")]) == 2
    assert "must end in .html" in capsys.readouterr().err
    assert not (tmp_path / "net.txt").exists()


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_a_port_that_is_none_is_refused(saved, port, capsys):
    assert main(["explore", str(saved), "--port", port]) == 2
    assert "65535" in capsys.readouterr().err


@contextlib.contextmanager
def ended(process):
    """End a process that a failing test would wait for."""
    try:
        yield
    finally:
        process.kill()


@pytest.mark.slow
def test_it_serves_on_loopback_until_it_is_interrupted(saved):
    pytest.importorskip("uvicorn")
    command = [sys.executable, "-m", "polyseme", "explore", str(saved), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process, ended(process):
        address = json.loads(process.stdout.readline())["address"]
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(address + "network.bin") as answer:
            served = answer.read()
        # The network by itself: the file beside a key names the key too.
        alone = saved.with_name("alone.safetensors")
        ps.load(saved).save(alone)
        assert served == alone.read_bytes()
        for path in ("../net.safetensors", "%2e%2e/net.safetensors", "nothing"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(address + path)
        request = urllib.request.Request(address, headers={"Host": "evil.example"})
        with pytest.raises(urllib.error.HTTPError, match="421"):
            urllib.request.urlopen(request)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) in (0, 130)
